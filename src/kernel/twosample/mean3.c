/*
 * mean3.c
 *		Sums of cubed deviations beside mean2.c: the update of Terriberry (2007)
 *		and the join of Chan, Golub and LeVeque carried on to cubes (Pebay,
 *		"Formulas for robust, one-pass parallel computation of covariances and
 *		arbitrary-order statistical moments", 2008).
 *
 * Terms are doubles, their sum has twice the digits, so that the rounding
 * errors of many rows do not add up.
 */
#include "kernel/twosample/mean3.h"

#include <math.h>

/* Sums of squares below this belong to cubes that a double may have lost. */
#define SMALLEST_SQUARES 1e-180

/* The largest skewness of a difference of means that Welch's tests are left alone with. */
#define SKEWNESS_ALLOWED 0.1

/* A skewness within so many standard errors of zero, were the rows normal, is none. */
#define STANDARD_ERRORS 4

/* Cubes out of range stay so. */
static inline void
settle(mlops_mean3 *m)
{
	if (!isfinite(m->m3.hi) || !isfinite(m->m3.lo) || !isfinite(m->base.m2.hi))
		m->m3 = (mlops_dd) {INFINITY, 0};
}

void
mlops_mean3_add(mlops_mean3 *m, double x)
{
	const double n = (double) m->base.n + 1;
	const double m2 = m->base.m2.hi;
	mlops_dd	d = mlops_dd_two_sum(x, -m->base.mean.hi);
	double		from_mean = d.hi + (d.lo - m->base.mean.lo);
	double		step = from_mean / n;

	mlops_mean2_add(&m->base, x);
	if (n < 2)
		return;
	m->m3 = mlops_dd_add(m->m3, mlops_dd_two_sum(from_mean * step * (n - 1) * step * (n - 2), -3 * step * m2));
	settle(m);
}

void
mlops_mean3_merge(mlops_mean3 *into, const mlops_mean3 *from)
{
	const mlops_mean2 a = into->base;
	const mlops_mean2 b = from->base;
	double		n = (double) a.n + (double) b.n;
	double		share = (double) a.n / n;
	double		other = (double) b.n / n;
	double		d = mlops_dd_sub(b.mean, a.mean).hi;

	if (b.n == 0)
		return;
	if (a.n == 0)
	{
		*into = *from;
		return;
	}
	mlops_mean2_merge(&into->base, &b, NULL);
	into->m3 = mlops_dd_add(mlops_dd_add(into->m3, from->m3),
							mlops_dd_two_sum(d * d * d * (double) a.n * other * (share - other),
											 3 * d * (share * b.m2.hi - other * a.m2.hi)));
	settle(into);
}

double
mlops_mean3_skewness(const mlops_mean3 *m)
{
	double		m2 = m->base.m2.hi;

	if (!isfinite(m2) || !isfinite(m->m3.hi) || m2 < SMALLEST_SQUARES)
		return NAN;
	return m->m3.hi / m2 / sqrt(m2) * sqrt((double) m->base.n);
}

/*
 * g, the skewness of the rows around the means of their own groups, so that a
 * difference of the means is not taken for one.  The mean of n of N rows less that
 * of the others has the skewness g (N - 2n) / sqrt(n (N - n) N).
 */
bool
mlops_means_skewed(const mlops_mean3 *group, size_t k)
{
	mlops_mean3 within = {0};
	double		total;
	double		g;

	for (size_t i = 0; i < k; i++)
	{
		if (group[i].base.n > 1 && !(group[i].base.m2.hi > 0))
			return true;
		within.base.n += group[i].base.n;
		within.base.m2 = mlops_dd_add(within.base.m2, group[i].base.m2);
		within.m3 = mlops_dd_add(within.m3, group[i].m3);
	}
	g = fabs(mlops_mean3_skewness(&within));
	if (isnan(g))
		return true;
	total = (double) within.base.n;
	if (g <= STANDARD_ERRORS * sqrt(6 / total))
		return false;
	for (size_t i = 0; i < k; i++)
	{
		double		n = (double) group[i].base.n;

		if (n > 0 && n < total && g * fabs(total - 2 * n) > SKEWNESS_ALLOWED * sqrt(n * total) * sqrt(total - n))
			return true;
	}
	return false;
}
