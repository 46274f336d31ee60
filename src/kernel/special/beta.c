/*
 * beta.c
 *		Beta, Student t and F distributions.
 *
 * Everything depends on how far x is from a / (a + b): diff = b x - a y, with y = 1 - x, is
 * handed down by whoever knows it without cancellation.
 */
#include "kernel/special/special.h"

#include <float.h>
#include <math.h>

#include "kernel/special/dd.h"

#define MAX_ITERATIONS 2000000
/* Both shapes from here on: the contour below, otherwise the fraction. */
#define LARGE_SHAPE 30.0
#define MAX_NODES 400

/*
 * ln of x^a y^b / B(a, b), the density of the log odds: Stirling's formula and
 * Loader's deviances, so that nothing of the order of a or b is left to cancel.
 */
static double
ln_front(double x, double y, double a, double b, double diff)
{
	double		n = a + b;

	return 0.5 * (log(a) + log(b) - log(n) - MLOPS_LN_2PI)
		+ mlops_stirling_error(n) - mlops_stirling_error(a) - mlops_stirling_error(b)
		- mlops_deviance(a, n * x / a, diff / a) - mlops_deviance(b, n * y / b, -diff / b);
}

/*
 * The even part of the continued fraction DLMF 8.17.22 (DiDonato and Morris,
 * "Significant digit computation of the incomplete beta function ratios",
 * 1992, eq. 9), by modified Lentz.  I_x(a, b) is x^a y^b / B(a, b) times the
 * result.
 */
static mlops_status
beta_fraction(double x, double y, double a, double b, double diff, double *out)
{
	double		f = a * (1 - diff) / (a + 1);
	double		c;
	double		d = 0;

	if (fabs(f) < 1e-300)
		f = 1e-300;
	c = f;
	for (int i = 1; i < MAX_ITERATIONS; i++)
	{
		double		m = i;
		double		a2m = a + 2 * m;
		double		num = (a + m - 1) / (a2m - 1) * ((a + b + m - 1) / (a2m - 1)) * m * (b - m) * x * x;
		double		den = m + m * (b - m) * x / (a2m - 1)
			+ (a + m) * (1 - diff + m * (1 + y)) / (a2m + 1);
		double		delta;

		d = den + num * d;
		c = den + num / c;
		if (fabs(d) < 1e-300)
			d = 1e-300;
		if (fabs(c) < 1e-300)
			c = 1e-300;
		d = 1 / d;
		delta = d * c;
		f *= delta;
		if (fabs(delta - 1) < DBL_EPSILON)
		{
			*out = 1 / f;
			return MLOPS_OK;
		}
	}
	return MLOPS_NOCONVERGE;
}

/* ln Gamma(b + a) - ln Gamma(b), 0 < a < 1: with an error that is small against a. */
static double
ln_gamma_step(double a, double b)
{
	double		below = 0;

	for (; b < 12; b += 1)
		below += log1p(a / b);
	return a * log(b) + (b + a - 0.5) * log1p(a / b) - a
		+ mlops_stirling_error(b + a) - mlops_stirling_error(b) - below;
}

/*
 * a < 1 and x below the mean, where P(X <= x) may be next to 1: by the power series
 * DLMF 8.17.7, x^a / (a B(a, b)) (1 + sum), and the other tail as the sum of what each
 * factor is short of 1.
 */
static void
beta_small(double x, double a, double b, mlops_tails *out)
{
	double		term = 1.0;
	double		sum = 0.0;		/* sum_{i>0} (1-b)(2-b)...(i-b) a x^i / (i! (a + i)) */
	double		ln_front = a * log(x) + ln_gamma_step(a, b) - mlops_lgamma1p(a);
	double		q;

	for (int i = 1; i < 2000; i++)
	{
		term *= (i - b) / i * x;
		sum += term * a / (a + i);
		if (fabs(term) < DBL_EPSILON / 16)
			break;
	}
	q = -expm1(ln_front) - exp(ln_front) * sum;
	mlops_tails_from(out, ln_front + log1p(sum), false);
	if (out->lower > 0.5 && q > 0)
	{
		out->upper = q;
		out->ln_upper = log(q);
		out->lower = 1 - q;
		out->ln_lower = log1p(-q);
	}
}

/* The two tails change places. */
static void
swap_tails(mlops_tails *t)
{
	*t = (mlops_tails) {t->upper, t->lower, t->ln_upper, t->ln_lower};
}

/* atan(z) - z */
static double
atan_excess(double z)
{
	double		z2 = z * z;
	double		sum = 0;

	if (fabs(z) > 0.15)
		return atan(z) - z;
	for (int k = 19; k >= 3; k -= 2)
		sum = sum * -z2 + 1.0 / k;
	return -z * z2 * sum;
}

/* The growth of ln |g| below from 0 to i y, minus what the rule gains: the step that y allows. */
static double
step_for(double y, double a, double r1, double b, double r2)
{
	double		growth = -a * (log1p(y * r1) - y * r1) - b * (log1p(-y * r2) + y * r2);

	return 2 * MLOPS_PI * y / (38 + growth);
}

/*
 * ln P(B > x) for zeta >= 0 and large shapes.  With independent gamma variables, B > x
 * says that y G_a - x G_b is positive, so
 *
 *		P(B > x) = 1/(2 pi i) int (1 - y s)^-a (1 + x s)^-b / s ds
 *
 * left to right of the pole.  The saddle point is s = diff / ((a + b) x y); in units of the
 * integrand's width the path is zeta + i t, and relative to its value at the saddle
 * point, exp(-deviance), the integrand is g(t) / (zeta + i t),
 *
 *		g(t) = (1 - i t r1)^-a (1 + i t r2)^-b,		a r1 = b r2.
 *
 * The trapezoidal rule on the nodes (j + 1/2) h converges geometrically; what
 * it makes of the pole is known exactly (Rice 1973; see also ncx2.c).
 */
static mlops_status
ln_upper_contour(double a, double b, double zeta, double deviance, double *out)
{
	static const double depth[] = {8.7, 7.5, 6.3, 5.2, 4.2, 3.4};
	double		n = a + b;
	double		r1 = sqrt(b / n / a);
	double		r2 = sqrt(a / n / b);
	double		h = 0;			/* step allowed by the side of the pole */
	double		h_other = 0;
	double		strip = 0;		/* how far the path could be moved to that side */
	double		sum = 0;

	for (int i = 0; i < 6; i++)
	{
		double		y = depth[i];
		double		allowed;

		if (y * r2 < 0.96 && (allowed = step_for(y, a, r1, b, r2)) > h)
		{
			h = allowed;
			strip = y;
		}
		if (y * r1 < 0.96)
			h_other = fmax(h_other, step_for(y, b, r2, a, r1));
	}
	h = fmin(h, h_other);
	for (int j = 0; j < MAX_NODES; j++)
	{
		double		t = (j + 0.5) * h;
		double		z1 = t * r1;
		double		z2 = t * r2;
		double		size = exp(-0.5 * (a * log1p(z1 * z1) + b * log1p(z2 * z2)));
		double		angle = a * atan_excess(z1) - b * atan_excess(z2);

		if (size < 1e-18)
		{
			sum *= h / MLOPS_PI;
			if (zeta < strip)
				sum += exp(deviance) / (1 + exp(2 * MLOPS_PI * zeta / h));
			*out = log(sum) - deviance;
			return sum > 0 ? MLOPS_OK : MLOPS_NOCONVERGE;
		}
		sum += size * (cos(angle) * zeta + sin(angle) * t) / (zeta * zeta + t * t);
	}
	return MLOPS_NOCONVERGE;
}

/* Both tails; x, y > 0. */
static mlops_status
tails_at(double x, double y, double a, double b, double diff, mlops_tails *out)
{
	double		n = a + b;
	double		result;
	mlops_status status;
	bool		upper;

	if (a >= LARGE_SHAPE && b >= LARGE_SHAPE)
	{
		double		deviance = mlops_deviance(a, n * x / a, diff / a) + mlops_deviance(b, n * y / b, -diff / b);
		double		zeta = diff / sqrt(a) * sqrt(n / b);

		upper = diff >= 0;
		status = upper ? ln_upper_contour(a, b, zeta, deviance, &result)
			: ln_upper_contour(b, a, -zeta, deviance, &result);
		if (status == MLOPS_OK)
			mlops_tails_from(out, result, upper);
		return status;
	}
	upper = x > (a + 1) / (n + 2);
	if (upper ? b < 1 : a < 1)
	{
		beta_small(upper ? y : x, upper ? b : a, upper ? a : b, out);
		if (upper)
			swap_tails(out);
		return MLOPS_OK;
	}
	status = upper ? beta_fraction(y, x, b, a, -diff, &result)
		: beta_fraction(x, y, a, b, diff, &result);
	if (status == MLOPS_OK)
		mlops_tails_from(out, ln_front(x, y, a, b, diff) + log(result), upper);
	return status;
}

static bool
shapes_ok(double a, double b)
{
	return a > 0 && b > 0 && !isinf(a + b);
}

/* own least + other least - own, as good as rounded once. */
static double
exact_difference(double least, double own, double other)
{
	double		p = own * least;
	double		q = other * least;
	mlops_dd	sum = mlops_dd_two_sum(q, -own);
	mlops_dd	all = mlops_dd_two_sum(sum.hi, p);

	return all.hi + (all.lo + sum.lo + fma(own, least, -p) + fma(other, least, -q));
}

/*
 * Regularised incomplete beta: I_x(a, b) (lower) and 1 - I_x(a, b) (upper).
 * y = 1 - x is given by the caller; the smaller of the two is taken as exact.
 */
mlops_status
mlops_beta_tails(double x, double y, double a, double b, mlops_tails *out)
{
	double		diff;

	if (!shapes_ok(a, b) || !(x >= 0) || !(y >= 0) || fabs(x + y - 1) > 1e-9)
		return MLOPS_DOMAIN;
	if (x == 0 || y == 0)
	{
		mlops_tails_from(out, -INFINITY, y == 0);
		return MLOPS_OK;
	}
	diff = x <= y ? exact_difference(x, a, b) : -exact_difference(y, b, a);
	return tails_at(x, y, a, b, diff, out);
}

/*
 * The same with x / y = odds: ln_density is that of ln odds, slope its
 * derivative (both may be NULL).  An odds of 0 or infinity is an end of the range.
 */
mlops_status
mlops_beta_odds_tails(double odds, double a, double b, mlops_tails *out,
					  double *ln_density, double *slope)
{
	double		x = isinf(odds) ? 1 : odds / (1 + odds);
	double		y = 1 / (1 + odds);
	double		diff;

	if (!shapes_ok(a, b) || !(odds >= 0))
		return MLOPS_DOMAIN;
	if (x == 0 || y == 0)
	{
		mlops_tails_from(out, -INFINITY, y == 0);
		if (ln_density)
			*ln_density = -INFINITY;
		if (slope)
			*slope = x == 0 ? a : -b;
		return MLOPS_OK;
	}
	diff = odds < 1e100 ? fma(b, odds, -a) * y : b * x;
	if (ln_density)
		*ln_density = ln_front(x, y, a, b, diff);
	if (slope)
		*slope = -diff;
	return tails_at(x, y, a, b, diff, out);
}

/* Student's t with df > 0; an infinite df is the normal distribution. */
mlops_status
mlops_t_tails(double t, double df, mlops_tails *out)
{
	mlops_tails half;
	double		size = fabs(t);
	double		ratio = df / size / size;	/* odds of x */
	double		ln_tail;		/* ln P(T > |t|) */
	mlops_status status;

	if (!(df > 0) || isnan(t))
		return MLOPS_DOMAIN;
	if (isinf(df))
		ln_tail = mlops_normal_ln_sf(size);
	else if (isinf(t))
		ln_tail = -INFINITY;
	else if (ratio < 1e-100)
	{
		/* the leading term, also where the odds are below the range of double */
		double		a = 0.5 * df;

		ln_tail = a * log(df) - df * log(size) - MLOPS_LN2 - log(a)
			- (mlops_stirling_error(a) - mlops_stirling_error(a + 0.5)
			   - 0.5 * log(a) - a * log1p(0.5 / a) + 0.5 * log(MLOPS_PI) + 0.5);
	}
	else
	{
		double		x = isinf(ratio) ? 1 : ratio / (1 + ratio);
		double		y = 1 / (1 + ratio);

		if (y == 0)
			ln_tail = -MLOPS_LN2;
		else
		{
			/* diff = (df - df t^2) / 2 / (df + t^2) */
			status = tails_at(x, y, 0.5 * df, 0.5, 0.5 * x * (1 - size) * (1 + size), &half);
			if (status != MLOPS_OK)
				return status;
			ln_tail = half.ln_lower - MLOPS_LN2;
		}
	}
	mlops_tails_from(out, ln_tail, t >= 0);
	return MLOPS_OK;
}

/* F with df1 and df2 degrees of freedom, both > 0 and finite. */
mlops_status
mlops_f_tails(double f, double df1, double df2, mlops_tails *out)
{
	double		x;
	double		y;
	double		odds;

	if (!shapes_ok(df1, df2) || isnan(f))
		return MLOPS_DOMAIN;
	if (f <= 0 || isinf(f))
	{
		mlops_tails_from(out, -INFINITY, f > 0);
		return MLOPS_OK;
	}
	if (f < 1)
	{
		odds = df1 / df2 * f;
		x = odds / (1 + odds);
		y = 1 / (1 + odds);
	}
	else
	{
		odds = df2 / df1 / f;	/* of y */
		x = 1 / (1 + odds);
		y = odds / (1 + odds);
	}
	if (x == 0 || y == 0)
	{
		mlops_tails_from(out, -INFINITY, y == 0);
		return MLOPS_OK;
	}
	/* b x - a y, from f - 1, which is exact near 1 */
	return tails_at(x, y, 0.5 * df1, 0.5 * df2,
					f < 1 ? 0.5 * df1 * y * (f - 1) : 0.5 * df2 * x * ((f - 1) / f), out);
}
