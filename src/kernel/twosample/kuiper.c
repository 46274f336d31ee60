/*
 * kuiper.c
 *		Distribution of Kuiper's V: the limit, and exactly for two samples.
 */
#include "kernel/twosample/ks.h"

#include <math.h>

/*
 * Limiting distribution of sqrt(n m / (n + m)) V (Kuiper 1960), that of the range
 * of a Brownian bridge: two series that Poisson's summation turns into each
 * other, each used where its first terms are enough.
 */
mlops_status
mlops_kuiper_tails(double x, mlops_tails *out)
{
	double		sum = 0;

	if (isnan(x))
		return MLOPS_DOMAIN;
	if (x <= 0)
	{
		*out = (mlops_tails) {0, 1, -INFINITY, 0};
		return MLOPS_OK;
	}
	if (x < 1.2)
	{
		double		a = MLOPS_PI * MLOPS_PI / (2 * x * x);

		for (int k = 2; k <= 5; k++)
			sum += k * k * exp(-a * (k * k - 1));
		out->ln_lower = -a + 0.5 * MLOPS_LN_2PI + 2 * log(MLOPS_PI) - 3 * log(x) + log1p(sum);
		out->lower = exp(out->ln_lower);
		out->upper = 1 - out->lower;
		out->ln_upper = log1p(-out->lower);
	}
	else
	{
		double		a = 2 * x * x;
		double		first = 2 * a - 1;

		for (int j = 2; j <= 5; j++)
			sum += (2 * a * j * j - 1) / first * exp(-a * (j * j - 1));
		out->ln_upper = MLOPS_LN2 + log(first) - a + log1p(sum);
		out->upper = exp(out->ln_upper);
		out->lower = 1 - out->upper;
		out->ln_lower = log1p(-out->upper);
	}
	return MLOPS_OK;
}

/* Four numbers for every i of a row of nodes (i, j). */
#define LANES 4

size_t
mlops_kuiper_exact_work(int64_t n, int64_t m)
{
	return LANES * ((size_t) (n < m ? n : m) + 1);
}

static int64_t
common_divisor(int64_t a, int64_t b)
{
	while (b != 0)
	{
		int64_t		rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/*
 * One row of nodes from the row before; v[i] holds shares of all paths to (i, j),
 * see below, and zero where i m < j n.
 */
static void
kuiper_row(int64_t c, int64_t n, int64_t m, int64_t g, int64_t j, double (*v)[LANES])
{
	int64_t		first = (j * n + m - 1) / m;
	const double from_below = (double) j;

	for (int64_t i = 0; i < first; i++)
		v[i][0] = v[i][1] = v[i][2] = v[i][3] = 0;
	for (int64_t i = first; i <= n; i++)
	{
		int64_t		d = i * m - j * n;
		double		rows = (double) (i + j);

		if (i + j == 0)
		{
			v[i][0] = 1;
			v[i][1] = v[i][2] = v[i][3] = 0;
			continue;
		}
		for (int lane = 0; lane < LANES; lane++)
		{
			double		left = i > 0 ? v[i - 1][lane] : 0;
			double		up = j > 0 ? v[i][lane] : 0;

			v[i][lane] = ((double) i * left + from_below * up) / rows;
		}
		if (d >= c)
		{
			v[i][2] += v[i][0];
			v[i][3] += v[i][1];
			v[i][0] = v[i][1] = 0;
		}
		else if (d == 0)
		{
			double		k = (double) (j / (m / g));

			v[i][1] += k * v[i][0];
			v[i][3] += k * v[i][2];
			v[i][0] = v[i][2] = 0;
		}
	}
}

/* Multiplies the counts of a row by a power of two where they have become small. */
static double
enlarge(double (*v)[LANES], int64_t n)
{
	double		largest = 0;
	int			exponent;

	for (int64_t i = 0; i <= n; i++)
		largest = fmax(largest, fmax(v[i][2], v[i][3]));
	if (!(largest > 0 && largest < 1e-50))
		return 0;
	frexp(largest, &exponent);
	for (int64_t i = 0; i <= n; i++)
	{
		v[i][2] = ldexp(v[i][2], -exponent);
		v[i][3] = ldexp(v[i][3], -exponent);
	}
	return exponent;
}

/*
 * Exact P(V >= c / (n m)) when all n + m values are distinct; with ties an upper
 * bound.  V is the range of the path i m - j n, a closed one, and does not change
 * when the path is begun at another of its N steps.  Begun at a lowest point it
 * stays at or above zero, and is one of q such paths, if it comes to its
 * lowest point q times.  So
 *
 *		P = N sum of 1/q over the paths >= 0 that reach c, / C(N, n),
 *
 * and because the lengths of the q parts between zeros add up to N, the mean of
 * 1/q over the ways to begin is that of (length of the first part) / N.  With g =
 * gcd(n, m) zeros are at most at k n/g, k m/g: every path is counted k times if
 * its first return is the k-th of these, and P = N/g times their share.
 *
 * Counted are four kinds, as shares of all paths to a node, so that there are
 * only means and sums and a tiny p keeps its relative accuracy: paths in the
 * first part and past it (times k) that have not reached c, and the same two
 * that have.  Once no node can reach c any more, the latter are rescaled.
 * Time is n m.
 */
mlops_status
mlops_kuiper_exact_p(int64_t c, int64_t n, int64_t m, double *work, size_t work_len,
					 double *p, double *ln_p)
{
	double		(*v)[LANES] = (double (*)[LANES]) work;
	double		exponent = 0;
	int64_t		g;

	if (n < 1 || m < 1 || n > INT32_MAX || m > INT32_MAX || c > n * m)
		return MLOPS_DOMAIN;
	if (work_len < mlops_kuiper_exact_work(n, m))
		return MLOPS_NOSPACE;
	if (n > m)
	{
		int64_t		swap = n;

		n = m;
		m = swap;
	}
	*p = 1;
	*ln_p = 0;
	/* any path leaves zero by the larger step */
	if (c <= m)
		return MLOPS_OK;
	g = common_divisor(n, m);
	for (int64_t j = 0; j <= m; j++)
	{
		kuiper_row(c, n, m, g, j, v);
		if (n * m - j * n < c)
			exponent += enlarge(v, n);
	}
	*ln_p = fmin(0, log(v[n][3]) + log((double) (n + m) / (double) g) + exponent * MLOPS_LN2);
	*p = exp(*ln_p);
	if (exponent > -900)
		*p = fmin(1, v[n][3] * ((double) (n + m) / (double) g) * ldexp(1, (int) exponent));
	return MLOPS_OK;
}
