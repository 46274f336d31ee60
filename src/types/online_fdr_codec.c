/*
 * online_fdr_codec.c
 *		Bytes and text of mlops.online_fdr.  See online_fdr_codec.h and
 *		doc/formats.md.
 */
#include "types/online_fdr_codec.h"

#include <string.h>

/* Bytes of a run on the wire. */
#define WIRE_RUN 16

#define BAD_RUNS "there are more than 262144 runs of rejections"

_Static_assert(sizeof(mlops_online_stream) == 80 && sizeof(mlops_online_fdr) == 88,
			   "the image of an online FDR state is a file format");
_Static_assert(MLOPS_ONLINE_FDR_MAX_RUNS == 262144, "message out of step");

static const char *const method_name[] = {NULL, "lord++", "saffron", "addis"};

uint32_t
mlops_online_method_by_name(const char *name)
{
	for (uint32_t m = MLOPS_LORD_PLUS_PLUS; m <= MLOPS_ADDIS; m++)
		if (strcmp(name, method_name[m]) == 0)
			return m;
	return 0;
}

const char *
mlops_online_method_name(uint32_t method)
{
	return method_name[method];
}

static bool
has_lambda(const mlops_online_stream *s)
{
	return s->method != MLOPS_LORD_PLUS_PLUS;
}

static bool
has_tau(const mlops_online_stream *s)
{
	return s->method == MLOPS_ADDIS;
}

static const char *
check_parameters(const mlops_online_stream *s)
{
	if (!(s->alpha > 0 && s->alpha < 1))
		return "alpha is not between 0 and 1";
	if (!(s->w0 > 0 && s->w0 <= s->alpha))
		return "w0 is not above 0 and at most alpha";
	if (has_tau(s))
	{
		if (!(s->tau > 0 && s->tau <= 1))
			return "tau is not above 0 and at most 1";
		if (!(s->lambda > 0 && s->lambda < s->tau))
			return "lambda is not between 0 and tau";
	}
	else if (s->tau != 0)
		return "only addis has a tau";
	else if (has_lambda(s))
	{
		if (!(s->lambda > 0 && s->lambda < 1))
			return "lambda is not between 0 and 1";
	}
	else if (s->lambda != 0)
		return "lord++ has no lambda";
	return NULL;
}

const char *
mlops_online_fdr_begin(mlops_online_fdr *f, uint32_t method, double alpha,
					   const double *w0, const double *lambda, const double *tau)
{
	mlops_online_stream *s = &f->stream;

	memset(f, 0, sizeof(mlops_online_fdr));
	f->version = MLOPS_ONLINE_FDR_VERSION;
	s->method = method;
	s->alpha = alpha;
	/* the publications' own experiments; see doc/statistics/online_fdr.md */
	s->w0 = w0 != NULL ? *w0 : alpha / (method == MLOPS_LORD_PLUS_PLUS ? 10 : 2);
	if (lambda != NULL && !has_lambda(s))
		return "lord++ has no lambda";
	if (tau != NULL && !has_tau(s))
		return "only addis has a tau";
	if (has_tau(s))
		s->tau = tau != NULL ? *tau : 0.5;
	if (has_lambda(s))
		s->lambda = lambda != NULL ? *lambda : method == MLOPS_SAFFRON ? 0.5 : 0.25;
	return check_parameters(s);
}

/* The clock and the runs: what some sequence of tests leaves behind. */
static const char *
check_runs(mlops_online_fdr *f)
{
	mlops_online_stream *s = &f->stream;
	bool		lord = s->method == MLOPS_LORD_PLUS_PLUS;
	int64_t		next = lord ? 1 : 0;	/* smallest reading of the next run */
	int64_t		last = -1;				/* reading at the last rejection */

	s->rejections = 0;
	for (uint32_t i = 0; i < s->runs; i++)
	{
		const mlops_online_run *r = &f->run[i];

		if (r->first < next || r->first > s->clock)
			return "the runs of rejections are not in ascending order";
		if (r->length < 1 || r->length > (lord ? s->clock - r->first + 1 : s->tests - s->rejections))
			return "the length of a run of rejections is out of range";
		s->rejections += r->length;
		last = r->first + (lord ? r->length - 1 : 0);
		next = last + (lord ? 2 : 1);
	}
	if (lord ? s->clock != s->tests : s->clock > s->tests - s->rejections)
		return "the clock does not fit the number of tests";
	if (s->last_rejected ? last != s->clock : lord && last == s->clock)
		return "the last test does not fit the rejections";
	return NULL;
}

static const char *
check(mlops_online_fdr *f)
{
	mlops_online_stream *s = &f->stream;
	const char *why = check_parameters(s);
	double		most = has_lambda(s) ? s->lambda : s->alpha;

	if (why != NULL)
		return why;
	if (s->tests < 0 || s->tests > MLOPS_ONLINE_MAX_TESTS)
		return "the number of tests is out of range";
	if (s->clock < 0 || s->clock > s->tests)
		return "the clock does not fit the number of tests";
	if (!(s->last_level >= 0 && s->last_level <= most) || s->last_rejected > 1 ||
		(s->tests == 0 && (s->last_level != 0 || s->last_rejected != 0)))
		return "the last test does not fit the parameters";
	s->last_level += 0.0;		/* -0 has other bytes */
	s->lambda += 0.0;
	s->tau += 0.0;
	return check_runs(f);
}

/*
 * Bytes: u8 version, u8 method, f64 alpha, f64 w0, f64 lambda, f64 tau, i64
 * tests, i64 clock, f64 last level, u8 last rejected, u32 runs, (i64 first,
 * i64 length)[runs].
 */

static const char *
read_head(mlops_reader *r, mlops_online_stream *s)
{
	uint8_t		version = mlops_read_u8(r);

	if (r->bad || version != MLOPS_ONLINE_FDR_VERSION)
		return "the version of the state is not known";
	memset(s, 0, sizeof(*s));
	s->method = mlops_read_u8(r);
	s->alpha = mlops_read_f64(r);
	s->w0 = mlops_read_f64(r);
	s->lambda = mlops_read_f64(r);
	s->tau = mlops_read_f64(r);
	s->tests = mlops_read_i64(r);
	s->clock = mlops_read_i64(r);
	s->last_level = mlops_read_f64(r);
	s->last_rejected = mlops_read_u8(r);
	s->runs = mlops_read_u32(r);
	if (r->bad)
		return "the value is too short";
	if (s->method < MLOPS_LORD_PLUS_PLUS || s->method > MLOPS_ADDIS)
		return "the method is not known";
	if (s->runs > MLOPS_ONLINE_FDR_MAX_RUNS)
		return BAD_RUNS;
	if (s->runs > mlops_reader_left(r) / WIRE_RUN)
		return "the value is too short";
	return NULL;
}

const char *
mlops_online_fdr_read_size(mlops_reader r, size_t *size)
{
	mlops_online_stream s;
	const char *why = read_head(&r, &s);

	if (why == NULL)
		*size = mlops_online_fdr_size(s.runs);
	return why;
}

const char *
mlops_online_fdr_read(mlops_reader *r, mlops_online_fdr *f)
{
	const char *why;

	memset(f, 0, sizeof(mlops_online_fdr));
	f->version = MLOPS_ONLINE_FDR_VERSION;
	why = read_head(r, &f->stream);
	if (why != NULL)
		return why;
	for (uint32_t i = 0; i < f->stream.runs; i++)
	{
		f->run[i].first = mlops_read_i64(r);
		f->run[i].length = mlops_read_i64(r);
	}
	if (!mlops_reader_done(r))
		return "there is something after the end of the value";
	return check(f);
}

void
mlops_online_fdr_write(mlops_writer *w, const mlops_online_fdr *f)
{
	const mlops_online_stream *s = &f->stream;

	mlops_write_u8(w, f->version);
	mlops_write_u8(w, (uint8_t) s->method);
	mlops_write_f64(w, s->alpha);
	mlops_write_f64(w, s->w0);
	mlops_write_f64(w, s->lambda);
	mlops_write_f64(w, s->tau);
	mlops_write_i64(w, s->tests);
	mlops_write_i64(w, s->clock);
	mlops_write_f64(w, s->last_level);
	mlops_write_u8(w, (uint8_t) s->last_rejected);
	mlops_write_u32(w, s->runs);
	for (uint32_t i = 0; i < s->runs; i++)
	{
		mlops_write_i64(w, f->run[i].first);
		mlops_write_i64(w, f->run[i].length);
	}
}

/*
 * Text: addis alpha 0.05 w0 0.025 lambda 0.25 tau 0.5 tests 9 clock 3 last
 * 0.0028 rejected 1 runs (0 2, 3 1).  The method alone is a state before its
 * first test, with the default parameters.
 */

static void
expect_word(mlops_scanner *s, const char *word, const char *why)
{
	if (s->why == NULL && !mlops_scan_word(s, word))
		mlops_scan_fail(s, why);
}

/* The runs; with run NULL they are only counted. */
static uint32_t
scan_runs(mlops_scanner *s, mlops_online_run *run)
{
	uint32_t	n = 0;

	mlops_scan_expect(s, '(', "an opening parenthesis is expected");
	if (s->why == NULL && mlops_scan_accept(s, ')'))
		return 0;
	do
	{
		mlops_online_run r;

		r.first = mlops_scan_int(s);
		r.length = mlops_scan_int(s);
		if (n >= MLOPS_ONLINE_FDR_MAX_RUNS)
			mlops_scan_fail(s, BAD_RUNS);
		if (s->why != NULL)
			return 0;
		if (run != NULL)
			run[n] = r;
		n++;
	} while (mlops_scan_accept(s, ','));
	mlops_scan_expect(s, ')', "a comma or a closing parenthesis is expected");
	return n;
}

static uint32_t
scan_method(mlops_scanner *s)
{
	for (uint32_t m = MLOPS_LORD_PLUS_PLUS; m <= MLOPS_ADDIS; m++)
		if (mlops_scan_word(s, method_name[m]))
			return m;
	mlops_scan_fail(s, "the method is expected first: \"lord++\", \"saffron\" or \"addis\"");
	return 0;
}

/* Everything before the runs; true if runs follow, false at the end or on an error. */
static bool
scan_head(mlops_scanner *s, mlops_online_fdr *f)
{
	uint32_t	method = scan_method(s);
	mlops_online_stream *t = &f->stream;
	mlops_scanner end = *s;
	int64_t		rejected;

	if (s->why != NULL)
		return false;
	mlops_online_fdr_begin(f, method, 0.05, NULL, NULL, NULL);
	if (mlops_scan_end(&end))
	{
		*s = end;
		return false;
	}
	expect_word(s, "alpha", "\"alpha\" is expected");
	t->alpha = mlops_scan_float(s);
	expect_word(s, "w0", "\"w0\" is expected");
	t->w0 = mlops_scan_float(s);
	if (has_lambda(t))
	{
		expect_word(s, "lambda", "\"lambda\" is expected");
		t->lambda = mlops_scan_float(s);
	}
	if (has_tau(t))
	{
		expect_word(s, "tau", "\"tau\" is expected");
		t->tau = mlops_scan_float(s);
	}
	expect_word(s, "tests", "\"tests\" is expected");
	t->tests = mlops_scan_int(s);
	expect_word(s, "clock", "\"clock\" is expected");
	t->clock = mlops_scan_int(s);
	expect_word(s, "last", "\"last\" is expected");
	t->last_level = mlops_scan_float(s);
	expect_word(s, "rejected", "\"rejected\" is expected");
	rejected = mlops_scan_int(s);
	if (rejected < 0 || rejected > 1)
		mlops_scan_fail(s, "0 or 1 is expected after \"rejected\"");
	t->last_rejected = rejected == 1;
	expect_word(s, "runs", "\"runs\" is expected");
	return s->why == NULL;
}

const char *
mlops_online_fdr_scan_size(mlops_scanner s, size_t *size)
{
	mlops_online_fdr head;
	uint32_t	runs = 0;

	if (scan_head(&s, &head))
		runs = scan_runs(&s, NULL);
	*size = mlops_online_fdr_size(runs);
	return s.why;
}

const char *
mlops_online_fdr_scan(mlops_scanner *s, mlops_online_fdr *f)
{
	if (scan_head(s, f))
		f->stream.runs = scan_runs(s, f->run);
	if (!mlops_scan_end(s))
		return s->why;
	return check(f);
}

static void
print_float(mlops_writer *w, const char *name, double value)
{
	mlops_write_cstring(w, name);
	mlops_write_float_text(w, value);
}

static void
print_int(mlops_writer *w, const char *name, int64_t value)
{
	mlops_write_cstring(w, name);
	mlops_write_int_text(w, value);
}

void
mlops_online_fdr_print(mlops_writer *w, const mlops_online_fdr *f)
{
	const mlops_online_stream *s = &f->stream;

	mlops_write_cstring(w, method_name[s->method]);
	print_float(w, " alpha ", s->alpha);
	print_float(w, " w0 ", s->w0);
	if (has_lambda(s))
		print_float(w, " lambda ", s->lambda);
	if (has_tau(s))
		print_float(w, " tau ", s->tau);
	print_int(w, " tests ", s->tests);
	print_int(w, " clock ", s->clock);
	print_float(w, " last ", s->last_level);
	print_int(w, " rejected ", s->last_rejected);
	mlops_write_cstring(w, " runs (");
	for (uint32_t i = 0; i < s->runs; i++)
	{
		print_int(w, i > 0 ? ", " : "", f->run[i].first);
		print_int(w, " ", f->run[i].length);
	}
	mlops_write_cstring(w, ")");
}
