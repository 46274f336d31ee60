/*
 * mean2.c
 *		Mean and sum of squares in double-double: Welford's update, joined with
 *		the pairwise formula of Chan, Golub and LeVeque (1979).
 *
 * Every term that enters m2 is positive, so nothing cancels.
 */
#include "kernel/twosample/mean2.h"

#include <math.h>

/*
 * Something left the range of a double.  Squares did: m2 is infinite for
 * ever.  The mean need not have.
 */
static void
out_of_range(mlops_mean2 *into, const mlops_mean2 *a, const mlops_mean2 *b)
{
	into->m2 = (mlops_dd) {INFINITY, 0};
	if (!isfinite(into->mean.hi) || !isfinite(into->mean.lo))
		into->mean = mlops_dd_two_sum(a->mean.hi * ((double) a->n / (double) into->n),
									  b->mean.hi * ((double) b->n / (double) into->n));
}

void
mlops_mean2_add(mlops_mean2 *m, double x)
{
	const mlops_mean2 before = *m;
	mlops_dd	d;				/* from the old mean */
	mlops_dd	step;

	if (m->n == 0)
	{
		*m = (mlops_mean2) {1, {x + 0.0, 0}, {0, 0}};	/* -0 is 0 */
		return;
	}
	m->n++;
	d = mlops_dd_two_sum(x, -m->mean.hi);
	d = mlops_dd_normal(d.hi, d.lo - m->mean.lo);
	step = mlops_dd_div(d, (double) m->n);
	m->mean = mlops_dd_add(m->mean, step);
	m->m2 = mlops_dd_add(m->m2, mlops_dd_mul(d, mlops_dd_sub(d, step)));
	if (!isfinite(m->m2.hi) || !isfinite(m->mean.hi))
	{
		const mlops_mean2 one = {1, {x, 0}, {0, 0}};

		out_of_range(m, &before, &one);
	}
}

void
mlops_mean2_add_rows(mlops_mean2 *m, double x, int64_t rows)
{
	const mlops_mean2 more = {rows, {x + 0.0, 0}, {0, 0}};

	mlops_mean2_merge(m, &more, NULL);
}

void
mlops_mean2_merge(mlops_mean2 *into, const mlops_mean2 *from, mlops_dd *between)
{
	const mlops_mean2 a = *into;
	const mlops_mean2 b = *from;
	mlops_dd	d;
	mlops_dd	step;
	mlops_dd	apart;

	if (between)
		*between = (mlops_dd) {0, 0};
	if (b.n == 0)
		return;
	if (a.n == 0)
	{
		*into = b;
		return;
	}
	into->n = a.n + b.n;
	d = mlops_dd_sub(b.mean, a.mean);
	step = mlops_dd_div(mlops_dd_mul(d, (mlops_dd) {(double) b.n, 0}), (double) into->n);
	apart = mlops_dd_mul(mlops_dd_mul(d, step), (mlops_dd) {(double) a.n, 0});
	into->mean = mlops_dd_add(a.mean, step);
	into->m2 = mlops_dd_add(mlops_dd_add(a.m2, b.m2), apart);
	if (!isfinite(into->m2.hi) || !isfinite(into->mean.hi))
		out_of_range(into, &a, &b);
	if (between)
		*between = isfinite(apart.hi) ? apart : (mlops_dd) {INFINITY, 0};
}

double
mlops_mean2_variance(const mlops_mean2 *m)
{
	return m->n < 2 ? NAN : m->m2.hi / (double) (m->n - 1);
}
