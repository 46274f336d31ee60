/*
 * gamma.c
 *		Gamma and chi-square distributions.
 */
#include "kernel/special/special.h"

#include <float.h>
#include <math.h>

#define MAX_ITERATIONS 2000000
/* From here on the contour of ncx2.c costs less than series and fraction. */
#define LARGE_SHAPE 50.0

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
			mlops_tails_from(out, ln_f + log(sum), false);
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
			mlops_tails_from(out, ln_f + log(a) + log(h), true);
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
	double		ln_front = a * log(x) - mlops_lgamma1p(a);
	double		q;

	for (int i = 1; i < 200; i++)
	{
		term *= -x / i;
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

/* Regularised incomplete gamma functions P(a, x) (lower) and Q(a, x) (upper); a > 0. */
mlops_status
mlops_gamma_tails(double a, double x, mlops_tails *out)
{
	double		ln_f;			/* ln(x^a e^-x / Gamma(a + 1)) */

	if (!(a > 0) || isinf(a) || isnan(x))
		return MLOPS_DOMAIN;
	if (x <= 0)
	{
		mlops_tails_from(out, -INFINITY, false);
		return MLOPS_OK;
	}
	if (x > 1e100 && x > 1e30 * a)
	{
		/* what follows the exponent cannot be seen beside it */
		mlops_tails_from(out, -x, true);
		return MLOPS_OK;
	}
	if (a >= LARGE_SHAPE && x > 0.1 * a)
		return mlops_ncx2_tails(2 * x, 2 * a, 0, out, NULL);
	if (x < 1e-280 && a >= 1)
	{
		/* the leading term: x / a may be below the range of double */
		mlops_tails_from(out, a * log(x) - lgamma(a + 1), false);
		return MLOPS_OK;
	}
	if (a < 1 && x < 1.1)
	{
		gamma_small(a, x, out);
		return MLOPS_OK;
	}
	if (a < 1)
		ln_f = a * log(x) - x - lgamma(a + 1);
	else
		ln_f = -0.5 * (log(a) + MLOPS_LN_2PI) - mlops_stirling_error(a)
			- mlops_deviance(a, x / a, (x - a) / a);
	return x < a + 1 ? gamma_series(a, x, ln_f, out) : gamma_fraction(a, x, ln_f, out);
}

/* Chi-square with df > 0 degrees of freedom (not necessarily whole). */
mlops_status
mlops_chi2_tails(double x, double df, mlops_tails *out)
{
	return mlops_gamma_tails(0.5 * df, 0.5 * x, out);
}
