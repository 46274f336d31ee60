/*
 * quantiles.c
 *		Quantiles of the gamma, chi-square, beta, t and F distributions.
 *
 * The logarithms of gamma and beta variables (of the odds, for beta) have log-concave
 * densities for every shape, so the logarithm of either tail is concave in
 * u = ln x and Halley's rule on it behaves.  The smaller tail is solved for, inside
 * a bracket that shrinks with every step.  Toward u = -infinity the lower tail is a power
 * of x: that gives a start below the solution, and the solution itself where x
 * is next to or below the smallest double.
 */
#include "kernel/special/special.h"

#include <float.h>
#include <math.h>

#define MAX_ITERATIONS 400
#define LN_SMALLEST (-700.0)
/* The power law's own relative error is about (shapes) times this. */
#define LN_POWER_LAW (-100.0)

typedef struct target
{
	double		ln;				/* of the smaller tail, <= ln 1/2 */
	bool		upper;
} target;

/* Gamma (b = 0) or beta odds. */
typedef struct shape
{
	double		a;
	double		b;
} shape;

static bool
target_from_q(double q, bool upper, target *out)
{
	if (!(q > 0) || !(q < 1))
		return false;
	*out = q <= 0.5 ? (target) {log(q), upper} : (target) {log1p(-q), !upper};
	return true;
}

static bool
target_from_ln_q(double ln_q, bool upper, target *out)
{
	if (!(ln_q < 0) || isinf(ln_q))
		return false;
	*out = ln_q <= -MLOPS_LN2 ? (target) {ln_q, upper} : (target) {log(-expm1(ln_q)), !upper};
	return true;
}

/* ln Gamma(1 + a) and, with b, ln(a B(a, b)): P(X <= x) tends to exp(a u - this) for u -> -infinity. */
static double
ln_power_constant(const shape *s)
{
	double		a = s->a;
	double		b = s->b;
	double		n = a + b;

	if (b == 0)
		return a < 12 ? lgamma(a + 1)
			: (a + 0.5) * log(a) - a + 0.5 * MLOPS_LN_2PI + mlops_stirling_error(a);
	/* Gamma(a + 1) Gamma(b) / Gamma(a + b), by Stirling's formula about a, b and n */
	return mlops_stirling_error(a) + mlops_stirling_error(b) - mlops_stirling_error(n)
		+ 0.5 * (MLOPS_LN_2PI + log(a) + log(n) - log(b)) - a * log1p(b / a) - b * log1p(a / b);
}

/* Tails at x, the log density of ln x and the derivative of that. */
static mlops_status
tails_and_density(const shape *s, double x, mlops_tails *t, double *ln_density, double *slope)
{
	double		a = s->a;

	if (s->b > 0)
		return mlops_beta_odds_tails(x, a, s->b, t, ln_density, slope);
	*slope = a - x;
	*ln_density = 0.5 * (log(a) - MLOPS_LN_2PI) - mlops_stirling_error(a)
		- mlops_deviance(a, x / a, (x - a) / a);
	return mlops_gamma_tails(a, x, t);
}

/* ln x to begin with. */
static double
start(const shape *s, const target *want)
{
	double		z = mlops_normal_quantile_upper_ln(want->ln);
	double		u;

	if (!want->upper)
		z = -z;
	if (s->b == 0 && s->a >= 0.5)
	{
		/* cube root of Wilson and Hilferty 1931 */
		double		c = 1 / (9 * s->a);
		double		root = 1 - c + z * sqrt(c);

		return log(s->a) + 3 * log(fmax(root, 0.01));
	}
	if (s->b > 0 && s->a >= 0.5 && s->b >= 0.5)
	{
		u = log(s->a / s->b) + z * sqrt(1 / s->a + 1 / s->b);
		return fmin(fmax(u, log(s->a / s->b) - 30), log(s->a / s->b) + 30);
	}
	if (!want->upper)
		return (want->ln + ln_power_constant(s)) / s->a;
	if (s->b == 0)
		return log(1 - want->ln);
	return -(want->ln + ln_power_constant(&(shape) {s->b, s->a})) / s->b;
}

/* Is ln x so far out that the power law is exact?  Then this is it. */
static bool
by_power_law(const shape *s, const target *want, double *ln_x)
{
	double		far = LN_POWER_LAW - log1p(s->a + s->b);

	if (!want->upper)
	{
		*ln_x = (want->ln + ln_power_constant(s)) / s->a;
		return *ln_x < far;
	}
	if (s->b == 0)
		return false;
	*ln_x = -(want->ln + ln_power_constant(&(shape) {s->b, s->a})) / s->b;
	return *ln_x > -far;
}

/* A point inside the bracket where Halley's step left it. */
static double
inside(double lo, double hi)
{
	if (lo > 0)
		return isinf(hi) ? fmin(lo * 1e3, DBL_MAX) : sqrt(lo) * sqrt(hi);
	return hi * 1e-3;
}

/* ln x with the wanted tail. */
static mlops_status
solve(const shape *s, const target *want, double *ln_x)
{
	double		lo = 0;
	double		hi = INFINITY;
	double		x;

	if (by_power_law(s, want, ln_x))
		return MLOPS_OK;
	x = exp(fmin(fmax(start(s, want), LN_SMALLEST), -LN_SMALLEST));
	for (int i = 0; i < MAX_ITERATIONS; i++)
	{
		mlops_tails t;
		double		ln_density;
		double		slope;
		double		gap;		/* > 0: x is too small */
		double		rate;		/* - d gap / d ln x */
		double		curve;
		double		step;
		double		next;
		mlops_status status = tails_and_density(s, x, &t, &ln_density, &slope);

		if (status != MLOPS_OK)
			return status;
		gap = want->upper ? t.ln_upper - want->ln : want->ln - t.ln_lower;
		if (gap > 0)
			lo = x;
		else
			hi = x;
		rate = exp(ln_density - (want->upper ? t.ln_upper : t.ln_lower));
		step = gap / rate;
		/* second order, where it is a correction */
		curve = 0.5 * step * (slope + (want->upper ? rate : -rate));
		if (fabs(curve) < 0.5)
			step /= 1 + curve;
		if (fabs(step) <= 1e-7 || hi - lo <= 4 * DBL_EPSILON * x)
		{
			*ln_x = log(x) + (fabs(step) <= 1e-7 ? step : 0);
			return MLOPS_OK;
		}
		next = x * exp(step);
		if (!isfinite(step) || !(next > lo) || !(next < hi) || next == 0)
			next = inside(lo, hi);
		if (next == x)
		{
			*ln_x = log(x);
			return MLOPS_OK;
		}
		x = next;
	}
	return MLOPS_NOCONVERGE;
}

/* ---------------------------------------------------------------- gamma */

static mlops_status
gamma_quantile(bool valid, const target *want, double a, double scale, double *out)
{
	double		u;
	mlops_status status;

	if (!valid || !(a > 0) || isinf(a))
		return MLOPS_DOMAIN;
	status = solve(&(shape) {a, 0}, want, &u);
	if (status == MLOPS_OK)
		*out = scale * exp(u);
	return status;
}

mlops_status
mlops_gamma_quantile(double q, bool upper, double a, double *out)
{
	target		want;

	return gamma_quantile(target_from_q(q, upper, &want), &want, a, 1, out);
}

mlops_status
mlops_gamma_quantile_ln(double ln_q, bool upper, double a, double *out)
{
	target		want;

	return gamma_quantile(target_from_ln_q(ln_q, upper, &want), &want, a, 1, out);
}

mlops_status
mlops_chi2_quantile(double q, bool upper, double df, double *out)
{
	target		want;

	return gamma_quantile(target_from_q(q, upper, &want), &want, 0.5 * df, 2, out);
}

mlops_status
mlops_chi2_quantile_ln(double ln_q, bool upper, double df, double *out)
{
	target		want;

	return gamma_quantile(target_from_ln_q(ln_q, upper, &want), &want, 0.5 * df, 2, out);
}

/* ---------------------------------------------------------------- beta, F */

static mlops_status
ln_odds_quantile(bool valid, const target *want, double a, double b, double *ln_odds)
{
	if (!valid || !(a > 0) || !(b > 0) || isinf(a + b))
		return MLOPS_DOMAIN;
	return solve(&(shape) {a, b}, want, ln_odds);
}

static mlops_status
beta_quantile(bool valid, const target *want, double a, double b, double *x, double *y)
{
	double		u;
	mlops_status status = ln_odds_quantile(valid, want, a, b, &u);

	if (status != MLOPS_OK)
		return status;
	*x = 1 / (1 + exp(-u));
	if (y)
		*y = 1 / (1 + exp(u));
	return MLOPS_OK;
}

/* x and, unless NULL, y = 1 - x. */
mlops_status
mlops_beta_quantile(double q, bool upper, double a, double b, double *x, double *y)
{
	target		want;

	return beta_quantile(target_from_q(q, upper, &want), &want, a, b, x, y);
}

mlops_status
mlops_beta_quantile_ln(double ln_q, bool upper, double a, double b, double *x, double *y)
{
	target		want;

	return beta_quantile(target_from_ln_q(ln_q, upper, &want), &want, a, b, x, y);
}

static mlops_status
f_quantile(bool valid, const target *want, double df1, double df2, double *out)
{
	double		u;
	mlops_status status = ln_odds_quantile(valid, want, 0.5 * df1, 0.5 * df2, &u);

	if (status == MLOPS_OK)
		*out = exp(u + log(df2 / df1));
	return status;
}

mlops_status
mlops_f_quantile(double q, bool upper, double df1, double df2, double *out)
{
	target		want;

	return f_quantile(target_from_q(q, upper, &want), &want, df1, df2, out);
}

mlops_status
mlops_f_quantile_ln(double ln_q, bool upper, double df1, double df2, double *out)
{
	target		want;

	return f_quantile(target_from_ln_q(ln_q, upper, &want), &want, df1, df2, out);
}

/* ---------------------------------------------------------------- t */

/*
 * |t| with tail exp(ln): twice the tail is P(X <= x) of a beta variable X with
 * shapes df / 2 and 1 / 2 and odds df / t^2.  Near t = 0 twice_short = 1 - 2 q is its
 * other tail.
 */
static mlops_status
t_size(double ln, double twice_short, double df, double *size)
{
	double		u;
	bool		middle = twice_short < 0.5;
	mlops_status status;

	if (twice_short <= 0)
	{
		*size = 0;
		return MLOPS_OK;
	}
	status = ln_odds_quantile(true, &(target) {middle ? log(twice_short) : ln + MLOPS_LN2, middle},
							  0.5 * df, 0.5, &u);
	if (status == MLOPS_OK)
		*size = exp(0.5 * (log(df) - u));
	return status;
}

/* The t with P(T > t) = q (upper) or P(T <= t) = q; an infinite df is the normal distribution. */
mlops_status
mlops_t_quantile(double q, bool upper, double df, double *out)
{
	target		want;
	double		size;
	mlops_status status;

	if (!(df > 0) || !target_from_q(q, upper, &want))
		return MLOPS_DOMAIN;
	if (isinf(df))
	{
		*out = upper ? mlops_normal_quantile_upper(q) : mlops_normal_quantile(q);
		return MLOPS_OK;
	}
	status = t_size(want.ln, fabs(1 - 2 * q), df, &size);
	*out = want.upper ? size : 0 - size;
	return status;
}

mlops_status
mlops_t_quantile_ln(double ln_q, bool upper, double df, double *out)
{
	target		want;
	double		size;
	mlops_status status;

	if (!(df > 0) || !target_from_ln_q(ln_q, upper, &want))
		return MLOPS_DOMAIN;
	if (isinf(df))
	{
		*out = mlops_normal_quantile_upper_ln(ln_q) * (upper ? 1 : -1);
		return MLOPS_OK;
	}
	status = t_size(want.ln, fabs(expm1(ln_q + MLOPS_LN2)), df, &size);
	*out = want.upper ? size : 0 - size;
	return status;
}
