/*
 * evidence_codec.c
 *		Bytes and text of mlops.evidence.  See evidence_codec.h and
 *		doc/formats.md.
 */
#include "types/evidence_codec.h"

#include <string.h>

/* Bytes of a phase on the wire. */
#define WIRE_PHASE 56

#define BAD_PHASES "there are not 1 to 1000 phases"

_Static_assert(sizeof(mlops_evidence_state) == 64 && sizeof(mlops_evidence) == 72 && sizeof(mlops_evidence_phase) == 56,
			   "the image of evidence is a file format");
_Static_assert(MLOPS_EVIDENCE_MAX_PHASES == 1000, "message out of step");

static const char *const method_name[] = {NULL, "asymptotic", "msprt", "counts", "e-value"};
static const char *const metric_name[] = {"none", "mean", "proportion", "ratio"};
static const char *const alternative_name[] = {"two-sided", "greater", "less"};

static uint32_t
by_name(const char *name, const char *const *list, uint32_t last)
{
	for (uint32_t i = 1; i <= last; i++)
		if (strcmp(name, list[i]) == 0)
			return i;
	return 0;
}

uint32_t
mlops_evidence_method_by_name(const char *name)
{
	return by_name(name, method_name, MLOPS_EVIDENCE_E_VALUE);
}

const char *
mlops_evidence_method_name(uint32_t method)
{
	return method_name[method];
}

uint32_t
mlops_evidence_metric_by_name(const char *name)
{
	return by_name(name, metric_name, MLOPS_EVIDENCE_RATIO);
}

const char *
mlops_evidence_metric_name(uint32_t metric)
{
	return metric_name[metric];
}

const char *
mlops_evidence_alternative_name(uint32_t alternative)
{
	return alternative_name[alternative];
}

void
mlops_evidence_prepare(mlops_evidence *e, uint32_t phases)
{
	memset(e, 0, mlops_evidence_size(phases));
	e->version = MLOPS_EVIDENCE_VERSION;
	e->state.phases = phases;
}

const char *
mlops_evidence_validate(mlops_evidence *e)
{
	mlops_evidence_state *s = &e->state;
	const char *why;

	s->null_value += 0.0;		/* -0 has other bytes */
	s->tuning += 0.0;
	s->max_ln_e += 0.0;
	why = mlops_evidence_check(s);
	for (uint32_t i = 0; i < s->phases && why == NULL; i++)
	{
		e->phase[i].share += 0.0;
		e->phase[i].estimate += 0.0;
		e->phase[i].variance += 0.0;
		why = mlops_evidence_check_phase(s, &e->phase[i]);
	}
	return why;
}

/*
 * Bytes: u8 version, u8 method, u8 metric, u8 alternative, f64 confidence, f64
 * null value, f64 tuning, i64 minimum of units, i64 looks, f64 largest ln E, u32
 * phases, (f64 share, i64 units[2], i64 events[2], f64 estimate, f64 variance)[phases].
 */

static const char *
read_head(mlops_reader *r, mlops_evidence_state *s)
{
	uint8_t		version = mlops_read_u8(r);

	if (r->bad || version != MLOPS_EVIDENCE_VERSION)
		return "the version of the evidence is not known";
	memset(s, 0, sizeof(*s));
	s->method = mlops_read_u8(r);
	s->metric = mlops_read_u8(r);
	s->alternative = mlops_read_u8(r);
	s->confidence = mlops_read_f64(r);
	s->null_value = mlops_read_f64(r);
	s->tuning = mlops_read_f64(r);
	s->min_units = mlops_read_i64(r);
	s->looks = mlops_read_i64(r);
	s->max_ln_e = mlops_read_f64(r);
	s->phases = mlops_read_u32(r);
	if (r->bad)
		return "the value is too short";
	if (s->phases < 1 || s->phases > MLOPS_EVIDENCE_MAX_PHASES)
		return BAD_PHASES;
	if (s->phases > mlops_reader_left(r) / WIRE_PHASE)
		return "the value is too short";
	return NULL;
}

const char *
mlops_evidence_read_size(mlops_reader r, size_t *size)
{
	mlops_evidence_state s;
	const char *why = read_head(&r, &s);

	if (why == NULL)
		*size = mlops_evidence_size(s.phases);
	return why;
}

const char *
mlops_evidence_read(mlops_reader *r, mlops_evidence *e)
{
	mlops_evidence_state s;
	const char *why = read_head(r, &s);

	if (why != NULL)
		return why;
	mlops_evidence_prepare(e, s.phases);
	e->state = s;
	for (uint32_t i = 0; i < s.phases; i++)
	{
		mlops_evidence_phase *p = &e->phase[i];

		p->share = mlops_read_f64(r);
		p->n_control = mlops_read_i64(r);
		p->n_treatment = mlops_read_i64(r);
		p->events_control = mlops_read_i64(r);
		p->events_treatment = mlops_read_i64(r);
		p->estimate = mlops_read_f64(r);
		p->variance = mlops_read_f64(r);
	}
	if (!mlops_reader_done(r))
		return "there is something after the end of the value";
	return mlops_evidence_validate(e);
}

void
mlops_evidence_write(mlops_writer *w, const mlops_evidence *e)
{
	const mlops_evidence_state *s = &e->state;

	mlops_write_u8(w, e->version);
	mlops_write_u8(w, (uint8_t) s->method);
	mlops_write_u8(w, (uint8_t) s->metric);
	mlops_write_u8(w, (uint8_t) s->alternative);
	mlops_write_f64(w, s->confidence);
	mlops_write_f64(w, s->null_value);
	mlops_write_f64(w, s->tuning);
	mlops_write_i64(w, s->min_units);
	mlops_write_i64(w, s->looks);
	mlops_write_f64(w, s->max_ln_e);
	mlops_write_u32(w, s->phases);
	for (uint32_t i = 0; i < s->phases; i++)
	{
		const mlops_evidence_phase *p = &e->phase[i];

		mlops_write_f64(w, p->share);
		mlops_write_i64(w, p->n_control);
		mlops_write_i64(w, p->n_treatment);
		mlops_write_i64(w, p->events_control);
		mlops_write_i64(w, p->events_treatment);
		mlops_write_f64(w, p->estimate);
		mlops_write_f64(w, p->variance);
	}
}

/*
 * Text: counts none greater confidence 0.95 null 1 tuning 2 minimum 0 looks 4
 * max 1.5 phases (share 0.05 units 950 50 events 20 0 estimate 0 variance 0, ...)
 */

static void
expect_word(mlops_scanner *s, const char *word, const char *why)
{
	if (s->why == NULL && !mlops_scan_word(s, word))
		mlops_scan_fail(s, why);
}

static uint32_t
scan_name(mlops_scanner *s, const char *const *list, uint32_t first, uint32_t last, const char *why)
{
	for (uint32_t i = first; i <= last; i++)
		if (s->why == NULL && mlops_scan_word(s, list[i]))
			return i;
	mlops_scan_fail(s, why);
	return first;
}

static void
scan_head(mlops_scanner *s, mlops_evidence_state *t)
{
	memset(t, 0, sizeof(*t));
	t->method = scan_name(s, method_name, 1, MLOPS_EVIDENCE_E_VALUE,
						  "the method is expected first: \"asymptotic\", \"msprt\", \"counts\" or \"e-value\"");
	t->metric = scan_name(s, metric_name, 0, MLOPS_EVIDENCE_RATIO, "\"none\", \"mean\", \"proportion\" or \"ratio\" is expected");
	t->alternative = scan_name(s, alternative_name, 0, MLOPS_LESS, "\"two-sided\", \"greater\" or \"less\" is expected");
	expect_word(s, "confidence", "\"confidence\" is expected");
	t->confidence = mlops_scan_float(s);
	expect_word(s, "null", "\"null\" is expected");
	t->null_value = mlops_scan_float(s);
	expect_word(s, "tuning", "\"tuning\" is expected");
	t->tuning = mlops_scan_float(s);
	expect_word(s, "minimum", "\"minimum\" is expected");
	t->min_units = mlops_scan_int(s);
	expect_word(s, "looks", "\"looks\" is expected");
	t->looks = mlops_scan_int(s);
	expect_word(s, "max", "\"max\" is expected");
	t->max_ln_e = mlops_scan_float(s);
	expect_word(s, "phases", "\"phases\" is expected");
}

/* The phases; with phase NULL they are only counted. */
static uint32_t
scan_phases(mlops_scanner *s, mlops_evidence_phase *phase)
{
	uint32_t	n = 0;

	mlops_scan_expect(s, '(', "an opening parenthesis is expected");
	do
	{
		mlops_evidence_phase p = {0};

		expect_word(s, "share", "\"share\" is expected");
		p.share = mlops_scan_float(s);
		expect_word(s, "units", "\"units\" is expected");
		p.n_control = mlops_scan_int(s);
		p.n_treatment = mlops_scan_int(s);
		expect_word(s, "events", "\"events\" is expected");
		p.events_control = mlops_scan_int(s);
		p.events_treatment = mlops_scan_int(s);
		expect_word(s, "estimate", "\"estimate\" is expected");
		p.estimate = mlops_scan_any_float(s);
		expect_word(s, "variance", "\"variance\" is expected");
		p.variance = mlops_scan_float(s);
		if (n >= MLOPS_EVIDENCE_MAX_PHASES)
			mlops_scan_fail(s, BAD_PHASES);
		if (s->why != NULL)
			return 0;
		if (phase != NULL)
			phase[n] = p;
		n++;
	} while (mlops_scan_accept(s, ','));
	mlops_scan_expect(s, ')', "a comma or a closing parenthesis is expected");
	return n;
}

const char *
mlops_evidence_scan_size(mlops_scanner s, size_t *size)
{
	mlops_evidence_state t;
	uint32_t	phases = 0;

	scan_head(&s, &t);
	if (s.why == NULL)
		phases = scan_phases(&s, NULL);
	mlops_scan_end(&s);
	if (s.why == NULL)
		*size = mlops_evidence_size(phases);
	return s.why;
}

const char *
mlops_evidence_scan(mlops_scanner *s, mlops_evidence *e)
{
	mlops_scanner ahead = *s;
	mlops_evidence_state t;
	uint32_t	phases;

	scan_head(&ahead, &t);
	phases = ahead.why == NULL ? scan_phases(&ahead, NULL) : 0;
	if (ahead.why != NULL)
		return ahead.why;
	mlops_evidence_prepare(e, phases);
	scan_head(s, &t);
	e->state = t;
	e->state.phases = scan_phases(s, e->phase);
	mlops_scan_end(s);
	return s->why != NULL ? s->why : mlops_evidence_validate(e);
}

static void
print_word(mlops_writer *w, const char *word)
{
	mlops_write_cstring(w, word);
}

static void
print_float(mlops_writer *w, const char *before, double v)
{
	mlops_write_cstring(w, before);
	mlops_write_float_text(w, v);
}

static void
print_int(mlops_writer *w, const char *before, int64_t v)
{
	mlops_write_cstring(w, before);
	mlops_write_int_text(w, v);
}

void
mlops_evidence_print(mlops_writer *w, const mlops_evidence *e)
{
	const mlops_evidence_state *s = &e->state;

	print_word(w, method_name[s->method]);
	print_word(w, " ");
	print_word(w, metric_name[s->metric]);
	print_word(w, " ");
	print_word(w, alternative_name[s->alternative]);
	print_float(w, " confidence ", s->confidence);
	print_float(w, " null ", s->null_value);
	print_float(w, " tuning ", s->tuning);
	print_int(w, " minimum ", s->min_units);
	print_int(w, " looks ", s->looks);
	print_float(w, " max ", s->max_ln_e);
	for (uint32_t i = 0; i < s->phases; i++)
	{
		const mlops_evidence_phase *p = &e->phase[i];

		print_float(w, i == 0 ? " phases (share " : ", share ", p->share);
		print_int(w, " units ", p->n_control);
		print_int(w, " ", p->n_treatment);
		print_int(w, " events ", p->events_control);
		print_int(w, " ", p->events_treatment);
		print_float(w, " estimate ", p->estimate);
		print_float(w, " variance ", p->variance);
	}
	print_word(w, ")");
}
