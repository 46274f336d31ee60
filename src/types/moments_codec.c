/*
 * moments_codec.c
 *		Bytes and text of mlops.moments.  See moments_codec.h, doc/formats.md.
 */
#include "types/moments_codec.h"

#include <math.h>
#include <string.h>

#include "kernel/summary/bins.h"

#define BAD_VARIABLES "the number of variables is not between 0 and 128"

_Static_assert(sizeof(mlops_moments) == 32, "the image of moments is a file format");
_Static_assert(MLOPS_COMOMENTS_MAX == 128, "message out of step");

void
mlops_moments_prepare(mlops_moments *m, int variables)
{
	memset(m, 0, mlops_moments_size(variables));
	m->version = MLOPS_MOMENTS_VERSION;
	m->variables = (uint8_t) variables;
}

bool
mlops_moments_add(mlops_moments *a, const mlops_moments *b)
{
	int64_t		rows[6] = {a->n, a->null_rows, a->nonfinite_rows, b->n, b->null_rows, b->nonfinite_rows};
	int64_t		sum;

	if (!mlops_counts_sum(rows, 6, &sum))
		return false;
	if (b->variables > 0)
		mlops_comoments_merge(a->variables, a->n, mlops_moments_mean(a), mlops_moments_comoment(a),
						  b->n, mlops_moments_mean(b), mlops_moments_comoment(b));
	a->n += b->n;
	a->null_rows += b->null_rows;
	a->nonfinite_rows += b->nonfinite_rows;
	return true;
}

const char *
mlops_moments_take(mlops_moments *a, const mlops_moments *b)
{
	if (b->n > a->n || b->null_rows > a->null_rows || b->nonfinite_rows > a->nonfinite_rows)
		return "there would be fewer than no rows";
	if (b->variables > 0 &&
		mlops_comoments_subtract(a->variables, a->n, mlops_moments_mean(a), mlops_moments_comoment(a),
								 b->n, mlops_moments_mean(b), mlops_moments_comoment(b)) != MLOPS_OK)
		return "no rows have the moments that would be left";
	a->n -= b->n;
	a->null_rows -= b->null_rows;
	a->nonfinite_rows -= b->nonfinite_rows;
	return NULL;
}

/*
 * What every value of ours fulfils.  Sums of squares may have overflowed to
 * infinity or NaN; a sum of squares is never negative.
 */
static const char *
check(mlops_moments *m)
{
	int			k = m->variables;
	int64_t		rows[3] = {m->n, m->null_rows, m->nonfinite_rows};
	int64_t		sum;
	double	   *c = mlops_moments_comoment(m);

	if (!mlops_counts_sum(rows, 3, &sum))
		return "a count is negative, or their sum is out of range";
	if (k == 0 && m->null_rows != sum)
		return "there is a row, but no variable";
	for (int i = 0; i < k + mlops_comoment_count(k); i++)
	{
		/* one NaN, one zero: equal values have equal bytes */
		m->value[i] = isnan(m->value[i]) ? (double) NAN : m->value[i] + 0.0;
		if (m->n == 0 && m->value[i] != 0)
			return "there is a mean or co-moment without a row";
	}
	for (int i = 0; i < k; i++)
		if (c[mlops_comoment_at(k, i, i)] < 0)
			return "a sum of squares is negative";
	return NULL;
}

/*
 * Bytes: u8 version, u8 variables, i64 n, i64 null rows, i64 non-finite rows,
 * f64 means, f64 co-moments (upper triangle by rows).
 */

const char *
mlops_moments_read_size(mlops_reader r, size_t *size)
{
	uint8_t		version = mlops_read_u8(&r);
	uint8_t		variables = mlops_read_u8(&r);

	if (r.bad || version != MLOPS_MOMENTS_VERSION)
		return "the version of the moments is not known";
	if (variables > MLOPS_COMOMENTS_MAX)
		return BAD_VARIABLES;
	*size = mlops_moments_size(variables);
	return NULL;
}

const char *
mlops_moments_read(mlops_reader *r, mlops_moments *m)
{
	size_t		size;
	const char *why = mlops_moments_read_size(*r, &size);
	int			k;

	if (why != NULL)
		return why;
	mlops_read_u8(r);
	k = mlops_read_u8(r);
	mlops_moments_prepare(m, k);
	m->n = mlops_read_i64(r);
	m->null_rows = mlops_read_i64(r);
	m->nonfinite_rows = mlops_read_i64(r);
	for (int i = 0; i < k + mlops_comoment_count(k); i++)
		m->value[i] = mlops_read_f64(r);
	if (r->bad)
		return "the value is too short";
	return check(m);
}

void
mlops_moments_write(mlops_writer *w, const mlops_moments *m)
{
	int			k = m->variables;

	mlops_write_u8(w, m->version);
	mlops_write_u8(w, m->variables);
	mlops_write_i64(w, m->n);
	mlops_write_i64(w, m->null_rows);
	mlops_write_i64(w, m->nonfinite_rows);
	for (int i = 0; i < k + mlops_comoment_count(k); i++)
		mlops_write_f64(w, m->value[i]);
}

/*
 * Text: n 10 null 1 nonfinite 0 mean (1, 2) comoment (3, 0, 4)
 */

static const char *const count_name[3] = {"n", "null", "nonfinite"};

static void
expect_word(mlops_scanner *s, const char *word, const char *why)
{
	if (s->why == NULL && !mlops_scan_word(s, word))
		mlops_scan_fail(s, why);
}

/* "(number, ...)" with n numbers, or as many as there are (n < 0, at most max) */
static int
scan_list(mlops_scanner *s, double *value, int n, int max)
{
	int			i = 0;

	mlops_scan_expect(s, '(', "an opening parenthesis is expected");
	if (n <= 0 && mlops_scan_accept(s, ')'))
		return 0;
	do
	{
		double		v = mlops_scan_any_float(s);

		if (i >= max || (n >= 0 && i >= n))
			mlops_scan_fail(s, "there are too many numbers");
		else if (value != NULL && s->why == NULL)
			value[i] = v;
		i++;
	} while (s->why == NULL && mlops_scan_accept(s, ','));
	mlops_scan_expect(s, ')', "a comma or a closing parenthesis is expected");
	if (s->why == NULL && n >= 0 && i != n)
		mlops_scan_fail(s, "there are too few numbers");
	return i;
}

static void
scan_counts(mlops_scanner *s, int64_t *count)
{
	for (int i = 0; i < 3; i++)
	{
		expect_word(s, count_name[i], "\"n\", \"null\" and \"nonfinite\" are expected");
		count[i] = mlops_scan_int(s);
	}
	expect_word(s, "mean", "\"mean\" is expected");
}

const char *
mlops_moments_scan_size(mlops_scanner s, size_t *size)
{
	int64_t		count[3];
	int			k;

	scan_counts(&s, count);
	k = scan_list(&s, NULL, -1, MLOPS_COMOMENTS_MAX);
	if (s.why == NULL)
		*size = mlops_moments_size(k);
	return s.why;
}

const char *
mlops_moments_scan_part(mlops_scanner *s, mlops_moments *m)
{
	mlops_scanner first = *s;
	int64_t		count[3];
	int			k;

	scan_counts(&first, count);
	k = scan_list(&first, NULL, -1, MLOPS_COMOMENTS_MAX);
	if (first.why != NULL)
		return first.why;
	mlops_moments_prepare(m, k);
	scan_counts(s, count);
	m->n = count[0];
	m->null_rows = count[1];
	m->nonfinite_rows = count[2];
	scan_list(s, mlops_moments_mean(m), k, k);
	expect_word(s, "comoment", "\"comoment\" is expected");
	scan_list(s, mlops_moments_comoment(m), mlops_comoment_count(k), mlops_comoment_count(k));
	if (s->why != NULL)
		return s->why;
	return check(m);
}

const char *
mlops_moments_scan(mlops_scanner *s, mlops_moments *m)
{
	const char *why = mlops_moments_scan_part(s, m);

	if (why == NULL && !mlops_scan_end(s))
		why = s->why;
	return why;
}

static void
print_list(mlops_writer *w, const double *value, int n)
{
	mlops_write_cstring(w, "(");
	for (int i = 0; i < n; i++)
	{
		if (i > 0)
			mlops_write_cstring(w, ", ");
		mlops_write_float_text(w, value[i]);
	}
	mlops_write_cstring(w, ")");
}

void
mlops_moments_print(mlops_writer *w, const mlops_moments *m)
{
	int64_t		count[3] = {m->n, m->null_rows, m->nonfinite_rows};

	for (int i = 0; i < 3; i++)
	{
		mlops_write_cstring(w, count_name[i]);
		mlops_write_cstring(w, " ");
		mlops_write_int_text(w, count[i]);
		mlops_write_cstring(w, " ");
	}
	mlops_write_cstring(w, "mean ");
	print_list(w, mlops_moments_mean(m), m->variables);
	mlops_write_cstring(w, " comoment ");
	print_list(w, mlops_moments_comoment(m), mlops_comoment_count(m->variables));
}
