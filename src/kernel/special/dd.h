/*
 * dd.h
 *		Sums and products of doubles with about 106 bits: a number is the
 *		unevaluated sum hi + lo, |lo| at most half a unit in the last place of hi.
 *
 * Dekker, "A floating-point technique for extending the available precision"
 * (1971); Knuth's two-sum.  An infinity or NaN in hi makes lo meaningless:
 * the caller looks at hi.  Needs a compiler that neither contracts nor
 * reorders (-ffp-contract=off, no -ffast-math).
 */
#ifndef MLOPS_DD_H
#define MLOPS_DD_H

#include <math.h>

typedef struct mlops_dd
{
	double		hi;
	double		lo;
} mlops_dd;

/* a + b exactly. */
static inline mlops_dd
mlops_dd_two_sum(double a, double b)
{
	double		s = a + b;
	double		part = s - a;

	return (mlops_dd) {s, (a - (s - part)) + (b - part)};
}

/* a + b for |a| >= |b| or nearly so. */
static inline mlops_dd
mlops_dd_normal(double a, double b)
{
	double		s = a + b;

	return (mlops_dd) {s, b - (s - a)};
}

static inline mlops_dd
mlops_dd_add(mlops_dd a, mlops_dd b)
{
	mlops_dd	s = mlops_dd_two_sum(a.hi, b.hi);

	return mlops_dd_normal(s.hi, s.lo + (a.lo + b.lo));
}

static inline mlops_dd
mlops_dd_sub(mlops_dd a, mlops_dd b)
{
	return mlops_dd_add(a, (mlops_dd) {-b.hi, -b.lo});
}

static inline mlops_dd
mlops_dd_mul(mlops_dd a, mlops_dd b)
{
	double		p = a.hi * b.hi;

	return mlops_dd_normal(p, fma(a.hi, b.hi, -p) + (a.hi * b.lo + a.lo * b.hi));
}

/* a / d for a plain double d. */
static inline mlops_dd
mlops_dd_div(mlops_dd a, double d)
{
	double		q = a.hi / d;

	return mlops_dd_normal(q, (fma(-q, d, a.hi) + a.lo) / d);
}

#endif
