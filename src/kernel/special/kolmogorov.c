/*
 * kolmogorov.c
 *		The Kolmogorov distribution and the exact two-sample p-value.
 */
#include "kernel/special/special.h"

#include <float.h>
#include <math.h>

/* Shares of paths are counted in parts of this. */
#define UNIT 0x1p900
#define UNIT_ROOT 0x1p450

/*
 * Limiting distribution of sqrt(n m / (n + m)) D (Kolmogorov 1933): two theta
 * series, each used where three or four of its terms are enough.
 */
mlops_status
mlops_kolmogorov_tails(double x, mlops_tails *out)
{
	double		sum = 0;

	if (isnan(x))
		return MLOPS_DOMAIN;
	if (x <= 0)
	{
		*out = (mlops_tails) {0, 1, -INFINITY, 0};
		return MLOPS_OK;
	}
	if (x < 0.8)
	{
		double		a = MLOPS_PI * MLOPS_PI / (8 * x * x);

		for (int j = 3; j <= 9; j += 2)
			sum += exp(-a * (j * j - 1));
		out->ln_lower = -a + 0.5 * MLOPS_LN_2PI - log(x) + log1p(sum);
		out->lower = exp(out->ln_lower);
		out->upper = 1 - out->lower;
		out->ln_upper = log1p(-out->lower);
	}
	else
	{
		double		a = 2 * x * x;

		for (int j = 2; j <= 7; j++)
			sum += (j % 2 ? 1 : -1) * exp(-a * (j * j - 1));
		out->ln_upper = MLOPS_LN2 - a + log1p(sum);
		out->upper = exp(out->ln_upper);
		out->lower = 1 - out->upper;
		out->ln_lower = log1p(-out->upper);
	}
	return MLOPS_OK;
}

/*
 * The x with P(K > x) = q (upper) or P(K <= x) = q: Newton on the logarithm of the
 * smaller tail, both tails are log-concave, in a bracket.
 */
mlops_status
mlops_kolmogorov_quantile(double q, bool upper, double *out)
{
	double		lo = 0.04;		/* P(K <= 0.04) is below 1e-300 */
	double		hi = 40;		/* P(K > 40) too */
	bool		use_upper = upper == (q <= 0.5);
	double		ln_target = q <= 0.5 ? log(q) : log1p(-q);
	/* from the leading term of either series */
	double		x = use_upper ? sqrt(0.5 * (MLOPS_LN2 - ln_target)) : MLOPS_PI / sqrt(8 * (1 - ln_target));

	if (!(q > 0 && q < 1))
		return MLOPS_DOMAIN;
	for (int i = 0; i < 200; i++)
	{
		mlops_tails t;
		double		eps = 1e-6 * x;
		mlops_tails t2;
		double		gap;
		double		slope;
		double		next;

		mlops_kolmogorov_tails(x, &t);
		mlops_kolmogorov_tails(x + eps, &t2);
		gap = (use_upper ? t.ln_upper : t.ln_lower) - ln_target;
		slope = ((use_upper ? t2.ln_upper - t.ln_upper : t2.ln_lower - t.ln_lower)) / eps;
		if ((gap > 0) == use_upper)
			lo = x;
		else
			hi = x;
		next = x - gap / slope;
		if (!(next > lo && next < hi))
			next = 0.5 * (lo + hi);
		if (fabs(next - x) <= 1e-14 * x || hi - lo <= 4 * DBL_EPSILON * x)
		{
			*out = next;
			return MLOPS_OK;
		}
		x = next;
	}
	*out = x;					/* the bracket is at rounding level */
	return MLOPS_OK;
}

/* The x with P(K > x) = q. */
mlops_status
mlops_kolmogorov_quantile_upper(double q, double *out)
{
	return mlops_kolmogorov_quantile(q, true, out);
}

size_t
mlops_ks_exact_work(int64_t n, int64_t m)
{
	return (size_t) (n < m ? n : m) + 1;
}

/* ln(exp(a) + exp(b)) */
static double
ln_add(double a, double b)
{
	double		big = a > b ? a : b;

	if (isinf(big))
		return big;
	return big + log1p(exp(-fabs(a - b)));
}

/* The i inside the band |i m - j n| < c, 0 <= i <= n; empty if lo > hi. */
static void
band(int64_t n, int64_t m, int64_t c, int64_t j, int64_t *lo, int64_t *hi)
{
	*lo = j * n - c < 0 ? 0 : (j * n - c) / m + 1;
	*hi = (j * n + c - 1) / m;
	if (*hi > n)
		*hi = n;
}

/*
 * UNIT times the share of the monotone paths (0,0) -> (n,m) that reach |i m - j n| >= c.
 * For a node inside, share(i,j) = i/(i+j) share(i-1,j) + j/(i+j) share(i,j-1): only
 * additions, so that a tiny share keeps its relative accuracy.  n <= m; work has
 * n + 1 entries and holds one row of j, UNIT everywhere outside the band that is
 * visited.
 */
static double
share_of_paths(int64_t n, int64_t m, int64_t c, double *work)
{
	for (int64_t i = 0; i <= n; i++)
		work[i] = UNIT;
	for (int64_t j = 0; j <= m; j++)
	{
		int64_t		lo;
		int64_t		hi;

		band(n, m, c, j, &lo, &hi);
		if (lo > hi)
			return UNIT;
		if (lo > 0)
			work[lo - 1] = UNIT;
		for (int64_t i = lo; i <= hi; i++)
		{
			double		left = i > 0 ? work[i - 1] : 0;
			double		up = j > 0 ? work[i] : 0;

			work[i] = i + j == 0 ? 0 : ((double) i * left + (double) j * up) / (double) (i + j);
		}
	}
	return work[n];
}

/*
 * ln of the share of the paths that never do, by the same recursion from 1 at the origin
 * and 0 outside.  Rows are scaled up again when they come near the smallest double.
 */
static double
ln_share_inside(int64_t n, int64_t m, int64_t c, double *work)
{
	double		ln_scale = 0;

	for (int64_t i = 0; i <= n; i++)
		work[i] = 0;
	for (int64_t j = 0; j <= m; j++)
	{
		int64_t		lo;
		int64_t		hi;
		double		largest = 0;

		band(n, m, c, j, &lo, &hi);
		if (lo > hi)
			return -INFINITY;
		if (lo > 0)
			work[lo - 1] = 0;
		for (int64_t i = lo; i <= hi; i++)
		{
			double		left = i > 0 ? work[i - 1] : 0;
			double		up = j > 0 ? work[i] : 0;

			work[i] = i + j == 0 ? 1 : ((double) i * left + (double) j * up) / (double) (i + j);
			largest = fmax(largest, work[i]);
		}
		if (largest < 1 / UNIT_ROOT)
		{
			for (int64_t i = lo; i <= hi; i++)
				work[i] *= UNIT_ROOT;
			ln_scale -= log(UNIT_ROOT);
		}
	}
	return log(work[n]) + ln_scale;
}

/* ln of the number of monotone paths over i and j steps. */
static double
ln_paths(int64_t i, int64_t j)
{
	return lgamma((double) (i + j) + 1) - lgamma((double) i + 1) - lgamma((double) j + 1);
}

/*
 * ln of the same share where it is below the range of double: a sum over the
 * steps that leave the band for the first time, of (paths inside up to the
 * step) * (paths from there to the end).  work holds the share of paths to a node
 * that stay inside, which is large where it matters.
 */
static double
ln_share_of_paths(int64_t n, int64_t m, int64_t c, double *work)
{
	double		sum = -INFINITY;
	int64_t		before_lo = 0;
	int64_t		before_hi = -1;

	for (int64_t j = 0; j <= m; j++)
	{
		int64_t		lo;
		int64_t		hi;

		band(n, m, c, j, &lo, &hi);
		/* up and out, from the row before */
		for (int64_t i = before_lo; i <= before_hi && i < lo; i++)
			sum = ln_add(sum, log(work[i]) + ln_paths(i, j - 1) + ln_paths(n - i, m - j));
		if (lo > hi)
			break;
		for (int64_t i = lo; i <= hi; i++)
		{
			double		left = i > lo ? work[i - 1] : 0;
			double		up = i <= before_hi ? work[i] : 0;

			work[i] = i + j == 0 ? 1 : ((double) i * left + (double) j * up) / (double) (i + j);
		}
		/* right and out */
		if (hi < n)
			sum = ln_add(sum, log(work[hi]) + ln_paths(hi, j) + ln_paths(n - hi - 1, m - j));
		before_lo = lo;
		before_hi = hi;
	}
	return sum - ln_paths(n, m);
}

/* The whole number c with D = c / (n m), at least d; d went through floating point. */
static mlops_status
check_exact(double d, int64_t n, int64_t m, size_t work_len, double *c)
{
	double		nm;

	if (n < 1 || m < 1 || n > INT32_MAX || m > INT32_MAX || isnan(d) || d > 1 + 1e-12)
		return MLOPS_DOMAIN;
	if (work_len < mlops_ks_exact_work(n, m))
		return MLOPS_NOSPACE;
	nm = (double) n * (double) m;
	*c = ceil(d * nm - fmax(1e-6, 4 * DBL_EPSILON * nm));
	return MLOPS_OK;
}

/* p = P(D >= c / (n m)) and its logarithm, n <= m. */
static void
exact_upper(int64_t n, int64_t m, int64_t c, double *work, double *p, double *ln_p)
{
	double		share = share_of_paths(n, m, c, work);

	if (share > 1e-280)
	{
		*p = share / UNIT;
		*ln_p = *p > 1e-300 ? log(*p) : log(share) - log(UNIT);
	}
	else
	{
		*ln_p = ln_share_of_paths(n, m, c, work);
		*p = exp(*ln_p);
	}
}

/*
 * Exact P(D >= d) of the two-sample, two-sided Kolmogorov-Smirnov statistic
 * when all n + m values are distinct (Hodges, "The significance probability of
 * the Smirnov two-sample test", 1957).  With ties it is an upper bound:
 * conservative.  Time is n m (twice that when p is below 1e-500); the
 * caller limits it.  n + m must stay below 2^31.
 */
mlops_status
mlops_ks_exact_p(double d, int64_t n, int64_t m, double *work, size_t work_len,
				 double *p, double *ln_p)
{
	double		c;
	mlops_status status = check_exact(d, n, m, work_len, &c);

	if (status != MLOPS_OK)
		return status;
	*p = 1;
	*ln_p = 0;
	if (c > 0)
		exact_upper(n < m ? n : m, n < m ? m : n, (int64_t) c, work, p, ln_p);
	return MLOPS_OK;
}

/*
 * The same with P(D < d) as well (lower), each with its own relative accuracy; ln_upper
 * too is right when P(D >= d) is next to 1.
 */
mlops_status
mlops_ks_exact_tails(double d, int64_t n, int64_t m, double *work, size_t work_len,
					 mlops_tails *out)
{
	double		c;
	mlops_status status = check_exact(d, n, m, work_len, &c);

	if (status != MLOPS_OK)
		return status;
	*out = (mlops_tails) {0, 1, -INFINITY, 0};
	if (c <= 0)
		return MLOPS_OK;
	if (n > m)
	{
		int64_t		swap = n;

		n = m;
		m = swap;
	}
	exact_upper(n, m, (int64_t) c, work, &out->upper, &out->ln_upper);
	out->lower = 1 - out->upper;
	out->ln_lower = log1p(-out->upper);
	if (out->upper > 0.5)
	{
		out->ln_lower = ln_share_inside(n, m, (int64_t) c, work);
		out->lower = exp(out->ln_lower);
		out->ln_upper = log1p(-out->lower);
	}
	return MLOPS_OK;
}
