/*
 * mean3.c
 *		Sums of cubed deviations beside mean2.c: the update of Terriberry (2007)
 *		and the join of Chan, Golub and LeVeque carried on to cubes (Pebay,
 *		"Formulas for robust, one-pass parallel computation of covariances and
 *		arbitrary-order statistical moments", 2008).
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

static inline mlops_dd
times(mlops_dd a, double x)
{
	return mlops_dd_mul(a, (mlops_dd) {x, 0});
}

void
mlops_mean3_add(mlops_mean3 *m, double x)
{
	const double n = (double) m->base.n + 1;
	const mlops_dd m2 = m->base.m2;
	mlops_dd	d = mlops_dd_two_sum(x, -m->base.mean.hi);
	mlops_dd	step;
	mlops_dd	grown;

	d = mlops_dd_normal(d.hi, d.lo - m->base.mean.lo);
	mlops_mean2_add(&m->base, x);
	if (n < 2)
		return;
	step = mlops_dd_div(d, n);
	grown = times(mlops_dd_mul(mlops_dd_mul(d, times(step, n - 1)), step), n - 2);
	m->m3 = mlops_dd_add(m->m3, mlops_dd_sub(grown, times(mlops_dd_mul(step, m2), 3)));
	settle(m);
}

void
mlops_mean3_merge(mlops_mean3 *into, const mlops_mean3 *from)
{
	const mlops_mean2 a = into->base;
	const mlops_mean2 b = from->base;
	const double na = (double) a.n;
	const double nb = (double) b.n;
	const double n = na + nb;
	mlops_dd	d = mlops_dd_sub(b.mean, a.mean);
	mlops_dd	apart;
	mlops_dd	within;

	if (b.n == 0)
		return;
	if (a.n == 0)
	{
		*into = *from;
		return;
	}
	mlops_mean2_merge(&into->base, &b, NULL);
	apart = mlops_dd_mul(mlops_dd_mul(d, d), times(d, na));
	apart = times(mlops_dd_div(times(mlops_dd_div(apart, n), nb), n), na - nb);
	within = times(mlops_dd_mul(d, mlops_dd_div(mlops_dd_sub(times(b.m2, na), times(a.m2, nb)), n)), 3);
	into->m3 = mlops_dd_add(mlops_dd_add(into->m3, from->m3), mlops_dd_add(apart, within));
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
