/*
 * ncf.c
 *		Non-central F distribution: (X / df1) / (W / df2) with X a non-central
 *		and W a central chi-square.
 *
 *		P(F <= f) = int g_W(w) P(X <= f df1 w / df2) dw
 *				  = int g_X(x) P(W >= df2 x / (df1 f)) dx
 *
 * by the trapezoidal rule in the logarithm of w or x, whichever spreads less on
 * that scale: the other's tail is then smooth from one node to the next.  The
 * integrand is analytic and falls at least exponentially, so the rule converges
 * geometrically; the number of nodes (some 40 to 400) grows neither with lambda
 * nor with the degrees of freedom.  Weights are divided by their sum, which
 * saves the constants of the density.
 */
#include "kernel/special/ncf.h"

#include <math.h>

#include "kernel/special/special.h"

#define NEGLIGIBLE 1e-18
#define MAX_NODES 2000
#define MAX_ITERATIONS 200

typedef struct sums
{
	double		weight;
	double		lower;
	double		upper;
} sums;

/* e^u - 1 - u without cancellation. */
static double
expm1_minus(double u)
{
	if (fabs(u) > 0.02)
		return expm1(u) - u;
	return 0.5 * u * u * (1 + u / 3 * (1 + u / 4 * (1 + u / 5 * (1 + u / 6 * (1 + u / 7)))));
}

/* Node u = ln(w / df2). */
static mlops_status
central_node(double f, double df1, double df2, double lambda, double u, sums *s, double *weight)
{
	mlops_tails t;
	mlops_status status = mlops_ncx2_tails(f * df1 * exp(u), df1, lambda, &t, NULL);

	*weight = exp(-0.5 * df2 * expm1_minus(u));
	s->weight += *weight;
	s->lower += *weight * t.lower;
	s->upper += *weight * t.upper;
	return status;
}

/* Node u = ln(x / (df1 + lambda)). */
static mlops_status
noncentral_node(double f, double df1, double df2, double lambda, double u, sums *s, double *weight)
{
	mlops_tails t;
	double		x = (df1 + lambda) * exp(u);
	mlops_status status = mlops_ncx2_tails(x, df1, lambda, &t, weight);

	if (status != MLOPS_OK)
		return status;
	*weight *= x;
	status = mlops_chi2_tails(x * (df2 / (df1 * f)), df2, &t);
	s->weight += *weight;
	s->lower += *weight * t.upper;
	s->upper += *weight * t.lower;
	return status;
}

mlops_status
mlops_ncf_tails(double f, double df1, double df2, double lambda, double *lower, double *upper)
{
	double		spread_w = sqrt(2 / df2);
	double		spread_x = sqrt(2 * (df1 + 2 * lambda)) / (df1 + lambda);
	bool		central = spread_w <= spread_x;
	double		h = fmin(0.25, 0.5 * (central ? spread_w : spread_x));
	double		largest = 0;
	sums		s = {0, 0, 0};

	if (!(f >= 0) || !(df1 > 0) || !(df2 > 0) || !(lambda >= 0) || isinf(df1) || isinf(df2) || isinf(lambda))
		return MLOPS_DOMAIN;
	if (f == 0 || isinf(f))
	{
		*lower = f > 0;
		*upper = !(f > 0);
		return MLOPS_OK;
	}
	for (int side = -1; side <= 1; side += 2)
		for (int i = side > 0 ? 1 : 0; i < MAX_NODES; i++)
		{
			double		weight;
			mlops_status status = (central ? central_node : noncentral_node)
				(f, df1, df2, lambda, side * i * h, &s, &weight);

			if (status != MLOPS_OK)
				return status;
			largest = fmax(largest, weight);
			if (weight < NEGLIGIBLE * largest)
				break;
		}
	*lower = fmin(s.lower / s.weight, 1);
	*upper = fmin(s.upper / s.weight, 1);
	return MLOPS_OK;
}

/* Normal score of the lower tail minus the target: nearly a line in sqrt(lambda), falling. */
static mlops_status
gap_at(double root, double f, double df1, double df2, double target, double *gap)
{
	double		lower;
	double		upper;
	mlops_status status = mlops_ncf_tails(f, df1, df2, root * root, &lower, &upper);

	if (status != MLOPS_OK)
		return status;
	lower = fmax(lower, 1e-300);
	upper = fmax(upper, 1e-300);
	*gap = (lower < upper ? mlops_normal_quantile(lower) : mlops_normal_quantile_upper(upper)) - target;
	return MLOPS_OK;
}

/* Regula falsi with the Illinois rule between a (gap > 0) and b (gap < 0). */
static mlops_status
find_root(double a, double gap_a, double b, double gap_b, double f, double df1, double df2,
		  double target, double *root)
{
	int			kept = 0;

	for (int i = 0; i < MAX_ITERATIONS; i++)
	{
		double		c = b - gap_b * (b - a) / (gap_b - gap_a);
		double		gap;
		mlops_status status = gap_at(c, f, df1, df2, target, &gap);

		if (status != MLOPS_OK)
			return status;
		*root = c;
		if (fabs(gap) < 1e-10 || fabs(b - a) < 1e-11 * b)
			return MLOPS_OK;
		if (gap > 0)
		{
			a = c;
			gap_a = gap;
			if (kept == 1)
				gap_b *= 0.5;
			kept = 1;
		}
		else
		{
			b = c;
			gap_b = gap;
			if (kept == -1)
				gap_a *= 0.5;
			kept = -1;
		}
	}
	return MLOPS_NOCONVERGE;
}

mlops_status
mlops_ncf_lambda(double f, double df1, double df2, double p, bool upper, double *lambda)
{
	double		target = upper ? mlops_normal_quantile_upper(p) : mlops_normal_quantile(p);
	double		a = 0;
	double		b;
	double		gap_a;
	double		gap_b;
	double		root = 0;
	mlops_status status;

	if (!(p > 0 && p < 1) || isinf(f))
		return MLOPS_DOMAIN;
	status = gap_at(0, f, df1, df2, target, &gap_a);
	if (status != MLOPS_OK)
		return status;
	*lambda = 0;
	if (!(gap_a > 0))
		return MLOPS_OK;
	b = sqrt(fmax(df1 * f - df1, 0)) + 2;
	for (;;)
	{
		status = gap_at(b, f, df1, df2, target, &gap_b);
		if (status != MLOPS_OK)
			return status;
		if (gap_b < 0)
			break;
		a = b;
		gap_a = gap_b;
		b *= 1.5;
		if (b > 1e150)
			return MLOPS_NOCONVERGE;
	}
	status = find_root(a, gap_a, b, gap_b, f, df1, df2, target, &root);
	*lambda = root * root;
	return status;
}
