/*
 * two_samples_codec.c
 *		Bytes and text of mlops.two_samples.  See two_samples_codec.h,
 *		doc/formats.md.
 */
#include "types/two_samples_codec.h"

#include <math.h>
#include <string.h>

#include "kernel/summary/bins.h"

_Static_assert(sizeof(mlops_two_samples) == 40, "the image of two_samples is a file format");
_Static_assert(MLOPS_MMD_FREQUENCIES == 64, "so are its features");

static const char *const kind_name[2] = {"numbers", "fourier"};
static const char *const side_name[2] = {"reference", "current"};

void
mlops_two_samples_prepare(mlops_two_samples *s, int kind)
{
	int			k = mlops_two_samples_variables(kind);

	memset(s, 0, sizeof(*s));
	s->version = MLOPS_TWO_SAMPLES_VERSION;
	s->kind = (uint8_t) kind;
	s->variables = (uint8_t) k;
	for (int side = 0; side < 2; side++)
		mlops_moments_prepare(mlops_two_samples_side(s, side), k);
}

/* All rows of n values; false if they do not fit an i64. */
static bool
rows_fit(const mlops_two_samples *const *s, int n)
{
	int64_t		rows[14];
	int64_t		sum;
	int			at = 0;

	for (int i = 0; i < n; i++)
	{
		rows[at++] = s[i]->unassigned;
		for (int side = 0; side < 2; side++)
		{
			const mlops_moments *m = mlops_two_samples_side(s[i], side);

			rows[at++] = m->n;
			rows[at++] = m->null_rows;
			rows[at++] = m->nonfinite_rows;
		}
	}
	return mlops_counts_sum(rows, at, &sum);
}

const char *
mlops_two_samples_add(mlops_two_samples *a, const mlops_two_samples *b)
{
	if (a->kind != b->kind)
		return "one is of numbers, the other of random Fourier features";
	if (a->bandwidth != b->bandwidth)
		return "they have different bandwidths";
	if (a->seed != b->seed)
		return "they have different seeds";
	if (a->dimension != b->dimension && a->dimension > 0 && b->dimension > 0)
		return "their rows differ in length";
	if (!rows_fit((const mlops_two_samples *[2]) {a, b}, 2))
		return "the number of rows is out of range";
	if (a->dimension == 0)
		a->dimension = b->dimension;
	a->unassigned += b->unassigned;
	for (int side = 0; side < 2; side++)
		mlops_moments_add(mlops_two_samples_side(a, side), mlops_two_samples_side(b, side));
	return NULL;
}

/* What every value of ours fulfils; the moments themselves were checked. */
static const char *
check(mlops_two_samples *s)
{
	bool		fourier = s->kind == MLOPS_SAMPLES_FOURIER;

	if (fourier ? !(s->bandwidth > 0 && isfinite(s->bandwidth)) : s->bandwidth != 0)
		return "the bandwidth is not a positive number";
	if (s->dimension > MLOPS_TWO_SAMPLES_MAX_DIMENSION)
		return "the dimension is out of range";
	if (!rows_fit((const mlops_two_samples *[1]) {s}, 1))
		return "a count is negative, or their sum is out of range";
	for (int side = 0; side < 2; side++)
	{
		const mlops_moments *m = mlops_two_samples_side(s, side);

		if (m->variables != s->variables)
			return "the number of variables is not that of this kind";
		if (fourier && s->dimension == 0 && m->n + m->nonfinite_rows > 0)
			return "there is a row, but no dimension";
		for (int i = 0; fourier && i < s->variables; i++)
			/* sine and cosine over 8, and rounding */
			if (!(fabs(mlops_moments_mean(m)[i]) < 0.1251))
				return "a mean is out of the range of the features";
	}
	return NULL;
}

/*
 * Bytes: u8 version, u8 kind, and for random Fourier features u32 dimension,
 * f64 bandwidth, i64 seed; i64 unassigned, moments of the reference, moments of
 * the current rows.
 */

const char *
mlops_two_samples_read_size(mlops_reader r, size_t *size)
{
	uint8_t		version = mlops_read_u8(&r);
	uint8_t		kind = mlops_read_u8(&r);

	if (r.bad || version != MLOPS_TWO_SAMPLES_VERSION)
		return "the version of the samples is not known";
	if (kind > MLOPS_SAMPLES_FOURIER)
		return "the kind is not known";
	*size = mlops_two_samples_size(kind, 0);
	return NULL;
}

/* The next moments, if they have the number of variables there is room for. */
static const char *
read_side(mlops_reader *r, mlops_moments *m)
{
	size_t		size;
	const char *why = mlops_moments_read_size(*r, &size);

	if (why == NULL && size != mlops_moments_size(m->variables))
		why = "the number of variables is not that of this kind";
	return why != NULL ? why : mlops_moments_read(r, m);
}

const char *
mlops_two_samples_read(mlops_reader *r, mlops_two_samples *s)
{
	size_t		size;
	const char *why = mlops_two_samples_read_size(*r, &size);

	if (why != NULL)
		return why;
	mlops_read_u8(r);
	mlops_two_samples_prepare(s, mlops_read_u8(r));
	if (s->kind == MLOPS_SAMPLES_FOURIER)
	{
		s->dimension = mlops_read_u32(r);
		s->bandwidth = mlops_read_f64(r);
		s->seed = mlops_read_i64(r);
	}
	s->unassigned = mlops_read_i64(r);
	if (r->bad)
		return "the value is too short";
	for (int side = 0; side < 2 && why == NULL; side++)
		why = read_side(r, mlops_two_samples_side(s, side));
	return why != NULL ? why : check(s);
}

void
mlops_two_samples_write(mlops_writer *w, const mlops_two_samples *s)
{
	mlops_write_u8(w, s->version);
	mlops_write_u8(w, s->kind);
	if (s->kind == MLOPS_SAMPLES_FOURIER)
	{
		mlops_write_u32(w, s->dimension);
		mlops_write_f64(w, s->bandwidth);
		mlops_write_i64(w, s->seed);
	}
	mlops_write_i64(w, s->unassigned);
	for (int side = 0; side < 2; side++)
		mlops_moments_write(w, mlops_two_samples_side(s, side));
}

/*
 * Text: numbers unassigned 0 reference (moments) current (moments), or
 * fourier dimension 2 bandwidth 1.5 seed 0 unassigned 0 reference ...
 */

static void
expect_word(mlops_scanner *s, const char *word, const char *why)
{
	if (s->why == NULL && !mlops_scan_word(s, word))
		mlops_scan_fail(s, why);
}

static int
scan_kind(mlops_scanner *s)
{
	for (int kind = 0; kind < 2; kind++)
		if (mlops_scan_word(s, kind_name[kind]))
			return kind;
	mlops_scan_fail(s, "\"numbers\" or \"fourier\" is expected");
	return 0;
}

const char *
mlops_two_samples_scan_size(mlops_scanner s, size_t *size)
{
	*size = mlops_two_samples_size(scan_kind(&s), 0);
	return s.why;
}

static const char *
scan_side(mlops_scanner *s, mlops_moments *m)
{
	size_t		size;
	const char *why;

	mlops_scan_expect(s, '(', "an opening parenthesis is expected");
	if (s->why != NULL)
		return s->why;
	why = mlops_moments_scan_size(*s, &size);
	if (why == NULL && size != mlops_moments_size(m->variables))
		why = "the number of variables is not that of this kind";
	if (why == NULL)
		why = mlops_moments_scan_part(s, m);
	if (why == NULL)
	{
		mlops_scan_expect(s, ')', "a closing parenthesis is expected");
		why = s->why;
	}
	return why;
}

const char *
mlops_two_samples_scan(mlops_scanner *s, mlops_two_samples *v)
{
	const char *why = NULL;

	mlops_two_samples_prepare(v, scan_kind(s));
	if (v->kind == MLOPS_SAMPLES_FOURIER)
	{
		int64_t		dimension;

		expect_word(s, "dimension", "\"dimension\" is expected");
		dimension = mlops_scan_int(s);
		if (dimension < 0 || dimension > MLOPS_TWO_SAMPLES_MAX_DIMENSION)
			mlops_scan_fail(s, "the dimension is out of range");
		v->dimension = (uint32_t) dimension;
		expect_word(s, "bandwidth", "\"bandwidth\" is expected");
		v->bandwidth = mlops_scan_float(s);
		expect_word(s, "seed", "\"seed\" is expected");
		v->seed = mlops_scan_int(s);
	}
	expect_word(s, "unassigned", "\"unassigned\" is expected");
	v->unassigned = mlops_scan_int(s);
	for (int side = 0; side < 2 && why == NULL; side++)
	{
		expect_word(s, side_name[side], "\"reference\" and then \"current\" are expected");
		why = s->why != NULL ? s->why : scan_side(s, mlops_two_samples_side(v, side));
	}
	if (why == NULL && !mlops_scan_end(s))
		why = s->why;
	return why != NULL ? why : check(v);
}

void
mlops_two_samples_print(mlops_writer *w, const mlops_two_samples *s)
{
	mlops_write_cstring(w, kind_name[s->kind]);
	if (s->kind == MLOPS_SAMPLES_FOURIER)
	{
		mlops_write_cstring(w, " dimension ");
		mlops_write_int_text(w, s->dimension);
		mlops_write_cstring(w, " bandwidth ");
		mlops_write_float_text(w, s->bandwidth);
		mlops_write_cstring(w, " seed ");
		mlops_write_int_text(w, s->seed);
	}
	mlops_write_cstring(w, " unassigned ");
	mlops_write_int_text(w, s->unassigned);
	for (int side = 0; side < 2; side++)
	{
		mlops_write_cstring(w, " ");
		mlops_write_cstring(w, side_name[side]);
		mlops_write_cstring(w, " (");
		mlops_moments_print(w, mlops_two_samples_side(s, side));
		mlops_write_cstring(w, ")");
	}
}
