/*
 * nct.c
 *		Non-central t distribution.
 *
 * Given s = sqrt(chi2 / df) the variable is normal, so that with u = ln s
 *
 *		P(T > t) = int f(u) Phi(delta - t e^u) du
 *		f(u) = 2 sqrt(a / (2 pi)) exp(-S(a) + a (ln e^2u - e^2u + 1)),	a = df / 2,
 *
 * S the error of Stirling's formula.  The integrand is analytic, has one maximum
 * and falls at least exponentially on both sides, so the trapezoidal rule
 * converges geometrically when its step is halved.  It is positive: nothing
 * cancels, and a tail is as accurate at 1e-300 as at 0.1.
 */
#include "kernel/special/nct.h"

#include <float.h>
#include <math.h>

#include "kernel/special/root.h"

/* Integrand below the maximum by this much is nothing: exp(-46) is 1e-20. */
#define NEGLIGIBLE 46.0
#define MAX_NODES 131072

typedef struct integrand
{
	double		t;
	double		a;				/* df / 2 */
	double		gap;			/* t - delta, exact where both are large */
} integrand;

/* Logarithm of the integrand of the upper tail, without the constant. */
static double
ln_integrand(const integrand *g, double u)
{
	double		x = g->gap + g->t * expm1(u);	/* t e^u - delta */
	double		growth = expm1(2 * u);	/* its ln(1 + ...) is 2 u, but rounding */

	return g->a * (u < -0.3 ? 2 * u - growth : mlops_log1pmx(growth)) + mlops_normal_ln_sf(x);
}

/* Its derivative. */
static double
slope(const integrand *g, double u)
{
	double		x = g->gap + g->t * expm1(u);
	double		hazard = exp(-0.5 * x * x - 0.5 * MLOPS_LN_2PI - mlops_normal_ln_sf(x));

	if (x > 1e8)
		hazard = x;
	return -2 * g->a * expm1(2 * u) - g->t * exp(u) * hazard;
}

/* Where the integrand is largest: the slope changes its sign once. */
static double
maximum(const integrand *g)
{
	double		step = 1 / sqrt(4 * g->a + 1);
	double		inside = 0;
	double		outside = 0;

	/* away from 0 on the side on which the integrand rises */
	if (!(slope(g, 0) > 0))
		step = -step;
	do
	{
		inside = outside;
		outside += step;
		step *= 2;
	} while (fabs(outside) < 700 && (step > 0) == (slope(g, outside) > 0));
	for (int i = 0; i < 60 && fabs(outside - inside) > 1e-6 / sqrt(g->a + 1); i++)
	{
		double		middle = 0.5 * (inside + outside);

		if ((step > 0) == (slope(g, middle) > 0))
			inside = middle;
		else
			outside = middle;
	}
	return inside;
}

/* The point on one side of the maximum beyond which nothing counts. */
static double
edge(const integrand *g, double mode, double top, double step)
{
	double		inside = mode;
	double		outside = mode;

	do
	{
		inside = outside;
		outside += step;
		step *= 2;
	} while (fabs(step) < 1e6 && ln_integrand(g, outside) > top - NEGLIGIBLE);
	for (int i = 0; i < 6; i++)
	{
		double		middle = 0.5 * (inside + outside);

		if (ln_integrand(g, middle) > top - NEGLIGIBLE)
			inside = middle;
		else
			outside = middle;
	}
	return outside;
}

/* ln P(T > t); finite t and df. */
static mlops_status
ln_upper_tail(double t, double df, double delta, double *out)
{
	integrand	g = {t, 0.5 * df, t - delta};
	double		mode = maximum(&g);
	double		top = ln_integrand(&g, mode);
	double		width = 1 / sqrt(4 * g.a + 1);
	double		low = edge(&g, mode, top, -width);
	double		high = edge(&g, mode, top, width);
	double		sum = 0;		/* over the nodes, in units of the maximum */
	double		before = 0;

	for (int nodes = 32; nodes <= MAX_NODES; nodes *= 2)
	{
		double		h = (high - low) / nodes;
		double		area;

		/* after the first round only the nodes in between are new */
		for (int i = 1; i < nodes; i += nodes == 32 ? 1 : 2)
			sum += exp(ln_integrand(&g, low + i * h) - top);
		area = sum * h;
		if (nodes > 32 && fabs(area - before) <= 1e-10 * area)
		{
			/* the error is squared with every halving: this one is below rounding */
			*out = fmin(0, top + log(area) + MLOPS_LN2 + 0.5 * (log(g.a) - MLOPS_LN_2PI)
						- mlops_stirling_error(g.a));
			return MLOPS_OK;
		}
		before = area;
	}
	return MLOPS_NOCONVERGE;
}

/* All four from one tail, which is not the larger one. */
static void
fill(mlops_tails *out, double ln_p, bool upper)
{
	double		p = exp(ln_p);

	if (upper)
		*out = (mlops_tails) {-expm1(ln_p), p, log1p(-p), ln_p};
	else
		*out = (mlops_tails) {p, -expm1(ln_p), ln_p, log1p(-p)};
}

mlops_status
mlops_nct_tails(double t, double df, double delta, mlops_tails *out)
{
	bool		upper = t >= delta;
	double		ln_p;
	mlops_status status;

	if (isnan(t) || !(df > 0) || isnan(delta) || isinf(delta))
		return MLOPS_DOMAIN;
	if (isinf(t))
	{
		*out = t > 0 ? (mlops_tails) {1, 0, 0, -INFINITY} : (mlops_tails) {0, 1, -INFINITY, 0};
		return MLOPS_OK;
	}
	if (isinf(df))
	{
		fill(out, mlops_normal_ln_sf(fabs(t - delta)), upper);
		return MLOPS_OK;
	}
	/* P(T <= t; delta) = P(T > -t; -delta) */
	status = upper ? ln_upper_tail(t, df, delta, &ln_p) : ln_upper_tail(-t, df, -delta, &ln_p);
	if (status == MLOPS_OK && ln_p > -MLOPS_LN2)
	{
		/* delta is not the median: the other tail is the small one */
		upper = !upper;
		status = upper ? ln_upper_tail(t, df, delta, &ln_p) : ln_upper_tail(-t, df, -delta, &ln_p);
		ln_p = fmin(ln_p, -MLOPS_LN2);
	}
	if (status == MLOPS_OK)
		fill(out, ln_p, upper);
	return status;
}

typedef struct delta_search
{
	double		t;
	double		df;
	double		z;				/* normal score of the tail that is wanted */
} delta_search;

/* How far the normal score of the upper tail is from z: nearly linear in delta. */
static mlops_status
score(void *context, double delta, double *out)
{
	const delta_search *s = context;
	mlops_tails tails;
	mlops_status status = mlops_nct_tails(s->t, s->df, delta, &tails);

	if (status != MLOPS_OK)
		return status;
	*out = tails.upper < 0.5 ? -mlops_normal_quantile_upper(fmax(tails.upper, DBL_MIN))
		: mlops_normal_quantile_upper(fmax(tails.lower, DBL_MIN));
	*out -= s->z;
	return MLOPS_OK;
}

mlops_status
mlops_nct_delta(double t, double df, double p, bool upper, double *delta)
{
	delta_search s = {t, df, upper ? mlops_normal_quantile(p) : mlops_normal_quantile_upper(p)};
	double		scale = sqrt(1 + 0.5 * t * t / df);
	mlops_root_search search = {t + s.z * scale, 0.1 * scale, -INFINITY, INFINITY, 1e-13};

	if (!(p > 0 && p < 1) || isnan(t) || isinf(t) || !(df > 0))
		return MLOPS_DOMAIN;
	return mlops_root(score, &s, &search, delta);
}
