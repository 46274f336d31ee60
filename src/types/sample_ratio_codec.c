/*
 * sample_ratio_codec.c
 *		Bytes and text of mlops.sample_ratio_evidence.  See
 *		sample_ratio_codec.h and doc/formats.md.
 */
#include "types/sample_ratio_codec.h"

#include <math.h>
#include <string.h>

/* Bytes of an arm on the wire. */
#define WIRE_ARM 16

#define BAD_ARMS "the number of arms is not between 2 and 1024"

_Static_assert(sizeof(mlops_sample_ratio_evidence) == 56, "the image of this type is a file format");
_Static_assert(MLOPS_SAMPLE_RATIO_MAX_ARMS == 1024, "message out of step");

bool
mlops_sample_ratio_evidence_ln(const mlops_sample_ratio_evidence *e, double *work, double *ln_e)
{
	double	   *weight = work + e->arms;

	for (uint32_t i = 0; i < e->arms; i++)
	{
		/* what a double cannot count is out of range below */
		work[i] = (double) e->arm[i].count;
		weight[i] = e->arm[i].weight;
	}
	if (mlops_sample_ratio_ln_bayes(work, weight, e->arms, e->concentration, ln_e) != MLOPS_OK)
		return false;
	*ln_e += e->ln_closed;
	return true;
}

const char *
mlops_sample_ratio_evidence_check(mlops_sample_ratio_evidence *e, double *work)
{
	double		largest = 0;
	double		ln_e;

	if (e->arms < 2 || e->arms > MLOPS_SAMPLE_RATIO_MAX_ARMS)
		return BAD_ARMS;
	if (!(e->concentration > 0) || isinf(e->concentration))
		return "the concentration is not above 0";
	if (e->phases < 1)
		return "there is no phase";
	if (isnan(e->ln_closed) || e->ln_closed == -INFINITY || (e->phases == 1 && e->ln_closed != 0))
		return "the evidence of the phases before is out of range";
	if (!(e->ln_max >= 0) || (isinf(e->ln_closed) && !isinf(e->ln_max)))
		return "the largest evidence is out of range";
	if (e->looks < 0)
		return "the number of looks is negative";
	if (e->closed_units < 0 || (double) e->closed_units > MLOPS_SAMPLE_RATIO_MAX_UNITS ||
		(e->phases == 1 && e->closed_units != 0))
		return "the units of the phases before are out of range";
	for (uint32_t i = 0; i < e->arms; i++)
	{
		if (!(e->arm[i].weight >= 0) || isinf(e->arm[i].weight))
			return "a weight is negative or not finite";
		if (e->arm[i].count < 0)
			return "a count is negative";
		e->arm[i].weight += 0.0;	/* -0 has other bytes */
		largest = fmax(largest, e->arm[i].weight);
	}
	if (largest == 0)
		return "no arm has a weight above 0";
	if (!mlops_sample_ratio_evidence_ln(e, work, &ln_e))
		return "counts or weights are out of range";
	e->ln_closed += 0.0;
	e->ln_max += 0.0;
	return NULL;
}

/*
 * Bytes: u8 version, u32 arms, u32 phases, f64 concentration, f64 ln closed,
 * f64 ln max, i64 closed units, i64 looks, (f64 weight, i64 count)[arms].
 */
static const char *
read_head(mlops_reader *r, mlops_sample_ratio_evidence *e)
{
	uint8_t		version = mlops_read_u8(r);

	if (r->bad || version != MLOPS_SAMPLE_RATIO_VERSION)
		return "the version of the value is not known";
	memset(e, 0, sizeof(*e));
	e->version = version;
	e->arms = mlops_read_u32(r);
	e->phases = mlops_read_u32(r);
	e->concentration = mlops_read_f64(r);
	e->ln_closed = mlops_read_f64(r);
	e->ln_max = mlops_read_f64(r);
	e->closed_units = mlops_read_i64(r);
	e->looks = mlops_read_i64(r);
	if (r->bad)
		return "the value is too short";
	if (e->arms < 2 || e->arms > MLOPS_SAMPLE_RATIO_MAX_ARMS)
		return BAD_ARMS;
	if (e->arms > mlops_reader_left(r) / WIRE_ARM)
		return "the value is too short";
	return NULL;
}

const char *
mlops_sample_ratio_read_size(mlops_reader r, uint32_t *arms)
{
	mlops_sample_ratio_evidence head;
	const char *why = read_head(&r, &head);

	*arms = head.arms;
	return why;
}

const char *
mlops_sample_ratio_read(mlops_reader *r, mlops_sample_ratio_evidence *e)
{
	const char *why = read_head(r, e);

	if (why != NULL)
		return why;
	for (uint32_t i = 0; i < e->arms; i++)
	{
		e->arm[i].weight = mlops_read_f64(r);
		e->arm[i].count = mlops_read_i64(r);
	}
	return mlops_reader_done(r) ? NULL : "there is something after the end of the value";
}

void
mlops_sample_ratio_write(mlops_writer *w, const mlops_sample_ratio_evidence *e)
{
	mlops_write_u8(w, e->version);
	mlops_write_u32(w, e->arms);
	mlops_write_u32(w, e->phases);
	mlops_write_f64(w, e->concentration);
	mlops_write_f64(w, e->ln_closed);
	mlops_write_f64(w, e->ln_max);
	mlops_write_i64(w, e->closed_units);
	mlops_write_i64(w, e->looks);
	for (uint32_t i = 0; i < e->arms; i++)
	{
		mlops_write_f64(w, e->arm[i].weight);
		mlops_write_i64(w, e->arm[i].count);
	}
}

/*
 * Text: concentration 10000 phases 1 closed 0 of 0 max 1.5 looks 3 arms (1 10, 1 12),
 * each arm its weight and its units.
 */
static void
expect_word(mlops_scanner *s, const char *word, const char *why)
{
	if (s->why == NULL && !mlops_scan_word(s, word))
		mlops_scan_fail(s, why);
}

static void
scan_head(mlops_scanner *s, mlops_sample_ratio_evidence *e)
{
	int64_t		phases;

	memset(e, 0, sizeof(*e));
	e->version = MLOPS_SAMPLE_RATIO_VERSION;
	expect_word(s, "concentration", "\"concentration\" is expected");
	e->concentration = mlops_scan_float(s);
	expect_word(s, "phases", "\"phases\" is expected");
	phases = mlops_scan_int(s);
	if (phases < 1 || phases > UINT32_MAX)
		mlops_scan_fail(s, "the number of phases is out of range");
	e->phases = (uint32_t) phases;
	expect_word(s, "closed", "\"closed\" is expected");
	e->ln_closed = mlops_scan_any_float(s);
	expect_word(s, "of", "\"of\" is expected");
	e->closed_units = mlops_scan_int(s);
	expect_word(s, "max", "\"max\" is expected");
	e->ln_max = mlops_scan_any_float(s);
	expect_word(s, "looks", "\"looks\" is expected");
	e->looks = mlops_scan_int(s);
	expect_word(s, "arms", "\"arms\" is expected");
}

/* The arms; with arm NULL they are only counted. */
static uint32_t
scan_arms(mlops_scanner *s, mlops_sample_ratio_arm *arm)
{
	uint32_t	n = 0;

	mlops_scan_expect(s, '(', "an opening parenthesis is expected");
	do
	{
		mlops_sample_ratio_arm a;

		a.weight = mlops_scan_float(s);
		a.count = mlops_scan_int(s);
		if (n >= MLOPS_SAMPLE_RATIO_MAX_ARMS)
			mlops_scan_fail(s, BAD_ARMS);
		if (s->why != NULL)
			return 0;
		if (arm != NULL)
			arm[n] = a;
		n++;
	} while (mlops_scan_accept(s, ','));
	mlops_scan_expect(s, ')', "a comma or a closing parenthesis is expected");
	return n;
}

const char *
mlops_sample_ratio_scan_size(mlops_scanner s, uint32_t *arms)
{
	mlops_sample_ratio_evidence head;

	scan_head(&s, &head);
	*arms = s.why == NULL ? scan_arms(&s, NULL) : 0;
	return s.why;
}

const char *
mlops_sample_ratio_scan(mlops_scanner *s, mlops_sample_ratio_evidence *e)
{
	scan_head(s, e);
	if (s->why == NULL)
		e->arms = scan_arms(s, e->arm);
	return mlops_scan_end(s) ? NULL : s->why;
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
mlops_sample_ratio_print(mlops_writer *w, const mlops_sample_ratio_evidence *e)
{
	print_float(w, "concentration ", e->concentration);
	print_int(w, " phases ", e->phases);
	print_float(w, " closed ", e->ln_closed);
	print_int(w, " of ", e->closed_units);
	print_float(w, " max ", e->ln_max);
	print_int(w, " looks ", e->looks);
	mlops_write_cstring(w, " arms (");
	for (uint32_t i = 0; i < e->arms; i++)
	{
		print_float(w, i > 0 ? ", " : "", e->arm[i].weight);
		print_int(w, " ", e->arm[i].count);
	}
	mlops_write_cstring(w, ")");
}
