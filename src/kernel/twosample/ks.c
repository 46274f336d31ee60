/*
 * ks.c
 *		The Kolmogorov-Smirnov and the Kuiper test from the pooled sorted values.
 */
#include "kernel/twosample/ks.h"

#include <math.h>

/*
 * m A - n B, where A and B are the rows up to a value, is n m (F - G) without a
 * division: whole numbers, which doubles hold exactly up to n m = 2^53 (beyond
 * that D is right to 2e-16).
 */
typedef struct ks_state
{
	double		n;
	double		m;
	double		a;				/* reference rows so far */
	double		b;				/* current rows so far */
	double		highest;		/* of m A - n B */
	double		lowest;
	double		values;			/* distinct ones */
	bool		exact;
	bool		keeps_ends;
	/* if it keeps them: bits of the ends of tied rows; if exact: work space of p */
	uint64_t	ends[];
} ks_state;

static bool
is_exact(double n, double m)
{
	return n >= 1 && m >= 1 && n * m <= MLOPS_KS_EXACT_CELLS && n + m <= MLOPS_KS_EXACT_ROWS;
}

static size_t
end_words(double n, double m)
{
	return (size_t) (n + m) / 64 + 1;
}

static size_t
ks_size(double n, double m, const mlops_twosample_options *options)
{
	size_t		size = sizeof(ks_state);

	(void) options;
	if (is_exact(n, m))
		size += end_words(n, m) * sizeof(uint64_t)
			+ mlops_ks_exact_work((int64_t) n, (int64_t) m) * sizeof(double);
	return size;
}

static size_t
kuiper_size(double n, double m, const mlops_twosample_options *options)
{
	size_t		size = sizeof(ks_state);

	(void) options;
	if (is_exact(n, m))
		size += mlops_kuiper_exact_work((int64_t) n, (int64_t) m) * sizeof(double);
	return size;
}

static void
kuiper_begin(void *state, double n, double m, const mlops_twosample_options *options)
{
	ks_state   *s = state;

	(void) options;
	s->n = n;
	s->m = m;
	s->exact = is_exact(n, m);
}

static void
ks_begin(void *state, double n, double m, const mlops_twosample_options *options)
{
	ks_state   *s = state;

	kuiper_begin(state, n, m, options);
	s->keeps_ends = s->exact;
}

/* Sets the bit of the last row of every value. */
static void
mark_ends(ks_state *s, const mlops_runs *runs)
{
	double		rows = s->a + s->b;

	for (size_t i = 0; i < runs->n; i++)
	{
		size_t		last;

		rows += runs->reference[i] + runs->current[i];
		last = (size_t) rows - 1;
		s->ends[last / 64] |= UINT64_C(1) << (last % 64);
	}
}

static inline double
larger(double x, double y)
{
	return x > y ? x : y;
}

static inline double
smaller(double x, double y)
{
	return x < y ? x : y;
}

/*
 * Four values at a time: sums of whole numbers are exact in any order, and what
 * takes the time is the chain of additions from one value to the next.
 */
static void
ks_step(void *state, const mlops_runs *runs)
{
	ks_state   *s = state;
	const double *r = runs->reference;
	const double *c = runs->current;
	const double n = s->n;
	const double m = s->m;
	double		a = s->a;
	double		b = s->b;
	double		highest = s->highest;
	double		lowest = s->lowest;
	size_t		i = 0;

	if (s->keeps_ends)
		mark_ends(s, runs);
	for (; i + 4 <= runs->n; i += 4)
	{
		double		a2 = r[i] + r[i + 1];
		double		b2 = c[i] + c[i + 1];
		double		d0 = m * (a + r[i]) - n * (b + c[i]);
		double		d1 = m * (a + a2) - n * (b + b2);
		double		d2 = m * (a + (a2 + r[i + 2])) - n * (b + (b2 + c[i + 2]));
		double		d3;

		a += a2 + (r[i + 2] + r[i + 3]);
		b += b2 + (c[i + 2] + c[i + 3]);
		d3 = m * a - n * b;
		highest = larger(highest, larger(larger(d0, d1), larger(d2, d3)));
		lowest = smaller(lowest, smaller(smaller(d0, d1), smaller(d2, d3)));
	}
	for (; i < runs->n; i++)
	{
		double		d;

		a += r[i];
		b += c[i];
		d = m * a - n * b;
		highest = larger(highest, d);
		lowest = smaller(lowest, d);
	}
	s->a = a;
	s->b = b;
	s->highest = highest;
	s->lowest = lowest;
	s->values += (double) runs->n;
}

static inline bool
is_end(const uint64_t *ends, int64_t rows)
{
	return rows > 0 && (ends[(rows - 1) / 64] >> ((rows - 1) % 64) & 1) != 0;
}

/* Whether D >= c / (n m) is seen after i and j rows. */
static inline bool
is_outside(const uint64_t *ends, int64_t c, int64_t n, int64_t m, int64_t i, int64_t j)
{
	int64_t		d = i * m - j * n;

	return (d >= c || d <= -c) && is_end(ends, i + j);
}

/* ln of the number of monotone paths over i and j steps. */
static double
ln_paths(int64_t i, int64_t j)
{
	return lgamma((double) (i + j) + 1) - lgamma((double) i + 1) - lgamma((double) j + 1);
}

/*
 * ln of the share where it is below the range of double: sum over the nodes
 * at which a path is outside for the first time.  work is the share of the paths
 * to a node that were not outside before, which is large where it matters.
 */
static double
ln_share_with_ties(int64_t c, int64_t n, int64_t m, const uint64_t *ends, double *work)
{
	double		sum = -INFINITY;

	for (int64_t j = 0; j <= m; j++)
		for (int64_t i = 0; i <= n; i++)
		{
			double		left = i > 0 ? work[i - 1] : 0;
			double		up = j > 0 ? work[i] : 0;
			double		ln_term;
			double		big;

			work[i] = i + j == 0 ? 1 : ((double) i * left + (double) j * up) / (double) (i + j);
			if (!is_outside(ends, c, n, m, i, j))
				continue;
			if (work[i] > 0)
			{
				ln_term = log(work[i]) + ln_paths(i, j) + ln_paths(n - i, m - j);
				big = fmax(sum, ln_term);
				sum = big + log(exp(sum - big) + exp(ln_term - big));
			}
			work[i] = 0;
		}
	return sum - ln_paths(n, m);
}

/*
 * As mlops_ks_exact_p, but a path counts as outside only where a value ends
 * (Schroeer & Trenkler, "Exact and randomization distributions of
 * Kolmogorov-Smirnov tests two or three samples", 1995).  The share of the paths
 * to a node that were outside is a mean of those of its two predecessors: only
 * additions, so that a tiny share keeps its relative accuracy.
 */
mlops_status
mlops_ks_exact_ties_p(int64_t c, int64_t n, int64_t m, const uint64_t *ends, double *work,
					  double *p, double *ln_p)
{
	if (n < 1 || m < 1 || n > INT32_MAX || m > INT32_MAX || c > n * m)
		return MLOPS_DOMAIN;
	if (n > m)
	{
		int64_t		swap = n;

		n = m;
		m = swap;
	}
	if (c <= 0)
	{
		*p = 1;
		*ln_p = 0;
		return MLOPS_OK;
	}
	for (int64_t j = 0; j <= m; j++)
		for (int64_t i = 0; i <= n; i++)
		{
			double		left = i > 0 ? work[i - 1] : 0;
			double		up = j > 0 ? work[i] : 0;

			if (is_outside(ends, c, n, m, i, j))
				work[i] = 1;
			else
				work[i] = i + j == 0 ? 0
					: ((double) i * left + (double) j * up) / (double) (i + j);
		}
	*p = work[n];
	*ln_p = log(*p);
	if (*p < 1e-290)
	{
		*ln_p = ln_share_with_ties(c, n, m, ends, work);
		*p = exp(*ln_p);
	}
	return MLOPS_OK;
}

/*
 * Both empirical distribution functions are, each with probability sqrt(0.95),
 * nowhere further from the true ones than their eps (Dvoretzky, Kiefer and
 * Wolfowitz with the constant of Massart 1990), so that each of `sides` one-sided
 * distances is within the sum of both: conservative, whatever the distribution.
 */
static void
interval(mlops_test *out, double sides)
{
	double		ln_ratio = log(2 / (1 - sqrt(MLOPS_EFFECT_CONFIDENCE)));
	double		eps = sides * (sqrt(ln_ratio / (2 * out->n)) + sqrt(ln_ratio / (2 * out->m)));

	out->effect_lower = fmax(0, out->effect - eps);
	out->effect_upper = fmin(1, out->effect + eps);
}

/* The row without its p-value; false if a side has no rows. */
static bool
begin_row(const ks_state *s, double c, const char *measure, double sides, mlops_test *out)
{
	*out = MLOPS_NO_TEST(s->n, s->m);
	if (!(s->n > 0) || !(s->m > 0))
	{
		out->reason = s->n > 0 ? MLOPS_REASON_NO_CURRENT : MLOPS_REASON_NO_REFERENCE;
		return false;
	}
	out->statistic = out->effect = c / (s->n * s->m);
	out->measure = measure;
	interval(out, sides);
	return true;
}

static void
limiting(mlops_status (*law) (double, mlops_tails *), mlops_test *out)
{
	mlops_tails tails;

	law(out->statistic * sqrt(out->n / (out->n + out->m) * out->m), &tails);
	out->variant = "limiting";
	out->p = tails.upper;
	out->ln_p = tails.ln_upper;
}

static void
ks_finish(void *state, mlops_test *out)
{
	ks_state   *s = state;
	double		c = larger(s->highest, -s->lowest);
	int64_t		n;
	int64_t		m;
	double	   *work;

	if (!begin_row(s, c, "D", 1, out))
		return;
	if (!s->exact)
	{
		limiting(mlops_kolmogorov_tails, out);
		return;
	}
	n = (int64_t) s->n;
	m = (int64_t) s->m;
	work = (double *) (s->ends + end_words(s->n, s->m));
	out->variant = "exact";
	/* when every value has one row, the band of the paths is a simple one */
	if (s->values == s->n + s->m)
		mlops_ks_exact_p(out->statistic, n, m, work, mlops_ks_exact_work(n, m), &out->p,
						 &out->ln_p);
	else
		mlops_ks_exact_ties_p((int64_t) c, n, m, s->ends, work, &out->p, &out->ln_p);
}

static void
kuiper_finish(void *state, mlops_test *out)
{
	ks_state   *s = state;
	double		c = s->highest - s->lowest;

	if (!begin_row(s, c, "V", 2, out))
		return;
	if (!s->exact)
	{
		limiting(mlops_kuiper_tails, out);
		return;
	}
	out->variant = s->values == s->n + s->m ? "exact" : "upper bound";
	mlops_kuiper_exact_p((int64_t) c, (int64_t) s->n, (int64_t) s->m, (double *) s->ends,
						 mlops_kuiper_exact_work((int64_t) s->n, (int64_t) s->m),
						 &out->p, &out->ln_p);
}

const mlops_twosample_method mlops_ks_method = {
	.name = "ks_test",
	.state_size = ks_size,
	.begin = ks_begin,
	.step = ks_step,
	.again = NULL,
	.finish = ks_finish
};

const mlops_twosample_method mlops_kuiper_method = {
	.name = "kuiper_test",
	.state_size = kuiper_size,
	.begin = kuiper_begin,
	.step = ks_step,
	.again = NULL,
	.finish = kuiper_finish
};
