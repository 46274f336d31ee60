/*
 * special.c
 *		Normal, gamma, beta, chi-square, Student t and F distributions.
 */
#include "kernel/special.h"

#include <float.h>
#include <math.h>

#define MAX_ITERATIONS 2000000
/* From here on the contour of ncx2.c costs less than series and fraction. */
#define LARGE_SHAPE 50.0

static double deviance(double a, double ratio, double excess);

/* ---------------------------------------------------------------- normal */

/* P(Z <= x). */
double
mlops_normal_cdf(double x)
{
	return 0.5 * erfc(-x / MLOPS_SQRT2);
}

/* P(Z > x). */
double
mlops_normal_sf(double x)
{
	return 0.5 * erfc(x / MLOPS_SQRT2);
}

/* ln P(Z > x); beyond 30 from the asymptotic series of the Mills ratio (DLMF 7.12.1). */
double
mlops_normal_ln_sf(double x)
{
	double		term = 1.0;
	double		sum = 1.0;

	if (x < 0)
		return log1p(-mlops_normal_sf(-x));
	if (x < 30)
		return log(mlops_normal_sf(x));
	if (isinf(x))
		return -INFINITY;
	for (int j = 1; j < 20; j++)
	{
		term *= -(2 * j - 1) / (x * x);
		sum += term;
		if (fabs(term) < DBL_EPSILON / 4)
			break;
	}
	return -0.5 * x * x - log(x) - 0.5 * MLOPS_LN_2PI + log(sum);
}

/* x > 0 with ln P(Z > x) = ln_q, q <= 0.5: Newton on the logarithm of the tail. */
static double
normal_tail_quantile(double ln_q)
{
	double		r = sqrt(-2.0 * ln_q);
	double		x;

	/* Abramowitz and Stegun 26.2.23, error below 4.5e-4 */
	x = r - (2.515517 + 0.802853 * r + 0.010328 * r * r) /
		(1 + 1.432788 * r + 0.189269 * r * r + 0.001308 * r * r * r);
	for (int i = 0; i < 8; i++)
	{
		double		ln_sf = mlops_normal_ln_sf(x);
		double		hazard = exp(-0.5 * x * x - 0.5 * MLOPS_LN_2PI - ln_sf);
		double		step = (ln_sf - ln_q) / hazard;

		x += step;
		if (fabs(step) < 1e-9 * x)
			break;
	}
	return x;
}

/* The x with P(Z > x) = q; +-infinity at 0 and 1, NaN outside. */
double
mlops_normal_quantile_upper(double q)
{
	double		y = 1.0 - 2.0 * q;
	double		z;

	if (isnan(q) || q < 0 || q > 1)
		return NAN;
	if (q == 0)
		return INFINITY;
	if (q == 1)
		return -INFINITY;
	if (q < 0.2)
		return normal_tail_quantile(log(q));
	if (q > 0.8)
		return -normal_tail_quantile(log1p(-q));

	/* the middle: Newton on erf, whose relative accuracy holds at zero */
	z = y * 0.5 * sqrt(MLOPS_PI);
	for (int i = 0; i < 30; i++)
	{
		double		step = (erf(z) - y) * 0.5 * sqrt(MLOPS_PI) * exp(z * z);

		z -= step;
		if (fabs(step) <= 1e-9 * fabs(z))
			break;
	}
	return z * MLOPS_SQRT2;
}

/* The x with P(Z <= x) = p. */
double
mlops_normal_quantile(double p)
{
	return -mlops_normal_quantile_upper(p);
}

/* ---------------------------------------------------------------- helpers */

/*
 * ln(1 + x) - x.  With r = x / (2 + x), ln(1 + x) = 2 artanh(r) and
 * x - 2 r = x r, so the difference is -x r + 2 (r^3/3 + r^5/5 + ...).
 */
double
mlops_log1pmx(double x)
{
	double		r,
				r2,
				power,
				sum = 0;

	if (x < -0.5 || x > 1.0)
		return log1p(x) - x;
	r = x / (2.0 + x);
	r2 = r * r;
	power = r * r2;
	for (int j = 3; j < 80; j += 2)
	{
		double		term = power / j;

		sum += term;
		power *= r2;
		if (fabs(term) <= fabs(sum) * (DBL_EPSILON / 8))
			break;
	}
	return 2.0 * sum - x * r;
}

/*
 * ln Gamma(a + 1) - [(a + 1/2) ln a - a + ln(2 pi) / 2], the error of
 * Stirling's formula (DLMF 5.11.1).
 */
double
mlops_stirling_error(double a)
{
	static const double c[] = {
		1.0 / 12, -1.0 / 360, 1.0 / 1260, -1.0 / 1680, 1.0 / 1188,
		-691.0 / 360360, 1.0 / 156, -3617.0 / 122400
	};
	double		sum = 0;
	double		inv2;

	if (a < 12)
		return lgamma(a + 1) - (a + 0.5) * log(a) + a - 0.5 * MLOPS_LN_2PI;
	inv2 = 1.0 / (a * a);
	for (int j = 7; j >= 0; j--)
		sum = sum * inv2 + c[j];
	return sum / a;
}

/*
 * a * (ratio - 1 - ln ratio) with excess = ratio - 1 given exactly: the
 * exponent of Loader's saddle point form of a binomial probability ("Fast and
 * accurate computation of binomial probabilities", 2000).
 */
static double
deviance(double a, double ratio, double excess)
{
	if (excess < -0.5)
		return a * (excess - log(ratio));
	return -a * mlops_log1pmx(excess);
}

/* Fill all four from the tail that was computed, ln_p = its logarithm. */
static void
tails_from(mlops_tails *out, double ln_p, bool upper)
{
	double		p;
	double		q;
	double		ln_q;

	if (ln_p > 0)
		ln_p = 0;				/* rounding */
	p = exp(ln_p);
	q = -expm1(ln_p);
	ln_q = p < 0.5 ? log1p(-p) : log(q);
	out->lower = upper ? q : p;
	out->ln_lower = upper ? ln_q : ln_p;
	out->upper = upper ? p : q;
	out->ln_upper = upper ? ln_p : ln_q;
}

/* ---------------------------------------------------------------- gamma */

/* ln P(a, x) by the series DLMF 8.11.4; ln_f = ln(x^a e^-x / Gamma(a + 1)). */
static mlops_status
gamma_series(double a, double x, double ln_f, mlops_tails *out)
{
	double		term = 1.0;
	double		sum = 1.0;

	for (int i = 1; i < MAX_ITERATIONS; i++)
	{
		term *= x / (a + i);
		sum += term;
		if (term < sum * (DBL_EPSILON / 4))
		{
			tails_from(out, ln_f + log(sum), false);
			return MLOPS_OK;
		}
	}
	return MLOPS_NOCONVERGE;
}

/* ln Q(a, x) by the continued fraction DLMF 8.9.2 (modified Lentz). */
static mlops_status
gamma_fraction(double a, double x, double ln_f, mlops_tails *out)
{
	double		b = x + 1 - a;
	double		c = 1e300;
	double		d = 1 / b;
	double		h = d;

	for (int i = 1; i < MAX_ITERATIONS; i++)
	{
		double		an = -i * (i - a);
		double		delta;

		b += 2;
		d = an * d + b;
		if (fabs(d) < 1e-300)
			d = 1e-300;
		c = b + an / c;
		if (fabs(c) < 1e-300)
			c = 1e-300;
		d = 1 / d;
		delta = d * c;
		h *= delta;
		if (fabs(delta - 1) < DBL_EPSILON)
		{
			tails_from(out, ln_f + log(a) + log(h), true);
			return MLOPS_OK;
		}
	}
	return MLOPS_NOCONVERGE;
}

/*
 * Q(a, x) for small a and x, where P is close to 1:
 * 1 - x^a / Gamma(1 + a) * sum, every factor as 1 + something small.
 */
static void
gamma_small(double a, double x, mlops_tails *out)
{
	double		term = 1.0;
	double		sum = 0.0;		/* sum_{i>0} (-x)^i a / ((a + i) i!) */
	double		ln_front = a * log(x) - lgamma(1 + a);
	double		q;

	for (int i = 1; i < 200; i++)
	{
		term *= -x / i;
		sum += term * a / (a + i);
		if (fabs(term) < DBL_EPSILON / 16)
			break;
	}
	q = -expm1(ln_front) - exp(ln_front) * sum;
	tails_from(out, ln_front + log1p(sum), false);
	if (out->lower > 0.5 && q > 0)
	{
		out->upper = q;
		out->ln_upper = log(q);
	}
}

/* Regularised incomplete gamma functions P(a, x) (lower) and Q(a, x) (upper); a > 0. */
mlops_status
mlops_gamma_tails(double a, double x, mlops_tails *out)
{
	double		ln_f;

	if (!(a > 0) || isinf(a) || isnan(x))
		return MLOPS_DOMAIN;
	if (x <= 0)
	{
		tails_from(out, -INFINITY, false);
		return MLOPS_OK;
	}
	if (isinf(x))
	{
		tails_from(out, -INFINITY, true);
		return MLOPS_OK;
	}
	if (a >= LARGE_SHAPE)
		return mlops_ncx2_tails(2 * x, 2 * a, 0, out, NULL);
	if (a < 1 && x < 1.1)
	{
		gamma_small(a, x, out);
		return MLOPS_OK;
	}
	ln_f = a * log(x) - x - lgamma(a + 1);
	return x < a + 1 ? gamma_series(a, x, ln_f, out) : gamma_fraction(a, x, ln_f, out);
}

/* Chi-square with df > 0 degrees of freedom (not necessarily whole). */
mlops_status
mlops_chi2_tails(double x, double df, mlops_tails *out)
{
	return mlops_gamma_tails(0.5 * df, 0.5 * x, out);
}

/* ---------------------------------------------------------------- beta */

/*
 * The even part of the continued fraction DLMF 8.17.22 (DiDonato and Morris,
 * "Significant digit computation of the incomplete beta function ratios",
 * 1992, eq. 9), by modified Lentz.  I_x(a, b) is x^a y^b / B(a, b) times the
 * result; diff = b x - a y.
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

/*
 * Regularised incomplete beta: I_x(a, b) (lower) and 1 - I_x(a, b) (upper).
 * y = 1 - x is given by the caller, who often knows it better than 1 - x.
 */
mlops_status
mlops_beta_tails(double x, double y, double a, double b, mlops_tails *out)
{
	double		n = a + b;
	double		diff = b * x - a * y;	/* n x - a */
	double		ln_f;
	double		fraction;
	mlops_status status;
	bool		upper = x > (a + 1) / (n + 2);

	if (!(a > 0) || !(b > 0) || isinf(n) || !(x >= 0) || !(y >= 0) || fabs(x + y - 1) > 1e-9)
		return MLOPS_DOMAIN;
	if (x == 0 || y == 0)
	{
		tails_from(out, -INFINITY, y == 0);
		return MLOPS_OK;
	}
	/* ln of x^a y^b / B(a, b) */
	ln_f = 0.5 * (log(a) + log(b) - log(n) - MLOPS_LN_2PI)
		+ mlops_stirling_error(n) - mlops_stirling_error(a) - mlops_stirling_error(b)
		- deviance(a, n * x / a, diff / a) - deviance(b, n * y / b, -diff / b);
	status = upper ? beta_fraction(y, x, b, a, -diff, &fraction)
		: beta_fraction(x, y, a, b, diff, &fraction);
	if (status != MLOPS_OK)
		return status;
	tails_from(out, ln_f + log(fraction), upper);
	return MLOPS_OK;
}

/* Student's t with df > 0; an infinite df is the normal distribution. */
mlops_status
mlops_t_tails(double t, double df, mlops_tails *out)
{
	mlops_tails half;
	double		t2 = t * t;
	double		ln_tail;		/* ln P(T > |t|) */
	mlops_status status;

	if (!(df > 0) || isnan(t))
		return MLOPS_DOMAIN;
	if (isinf(df))
		ln_tail = mlops_normal_ln_sf(fabs(t));
	else if (isinf(t2))
	{
		/* x = df / t^2 is below the range: leading term of the tail */
		if (isinf(t))
			ln_tail = -INFINITY;
		else
			ln_tail = 0.5 * df * log(df) - df * log(fabs(t)) - log(df)
				- (lgamma(0.5 * df) + lgamma(0.5) - lgamma(0.5 * df + 0.5));
	}
	else
	{
		status = mlops_beta_tails(df / (df + t2), t2 / (df + t2), 0.5 * df, 0.5, &half);
		if (status != MLOPS_OK)
			return status;
		ln_tail = half.ln_lower - MLOPS_LN2;
	}
	tails_from(out, ln_tail, t >= 0);
	return MLOPS_OK;
}

/* F with df1 and df2 degrees of freedom, both > 0 and finite. */
mlops_status
mlops_f_tails(double f, double df1, double df2, mlops_tails *out)
{
	double		s;

	if (!(df1 > 0) || !(df2 > 0) || isnan(f))
		return MLOPS_DOMAIN;
	if (f <= 0 || isinf(f))
	{
		tails_from(out, -INFINITY, f > 0);
		return MLOPS_OK;
	}
	s = df1 * f + df2;
	if (isinf(s))
		return MLOPS_DOMAIN;
	return mlops_beta_tails(df1 * f / s, df2 / s, 0.5 * df1, 0.5 * df2, out);
}
