/*
 * special.c
 *		Normal distribution, and what the other distribution functions share.
 */
#include "kernel/special/special.h"

#include <float.h>
#include <math.h>

/* sqrt(1/2) = SQRT_HALF + SQRT_HALF_LOW */
#define SQRT_HALF		0.70710678118654752440
#define SQRT_HALF_LOW	-4.8336466567264567e-17

/* ---------------------------------------------------------------- normal */

/*
 * P(Z > x).  Far out the rounding of x / sqrt(2) would cost x^2 ulp: what it left out
 * comes back to first order.
 */
double
mlops_normal_sf(double x)
{
	double		z = x * SQRT_HALF;
	double		p = 0.5 * erfc(z);

	if (z > 1 && p > 0)
		p -= p * 2 * z * (fma(x, SQRT_HALF, -z) + x * SQRT_HALF_LOW);
	return p;
}

/* P(Z <= x). */
double
mlops_normal_cdf(double x)
{
	return mlops_normal_sf(-x);
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

/* x > 0 with ln P(Z > x) = ln_q, q < 0.5: Newton on the logarithm of the tail. */
static double
normal_tail_quantile(double ln_q)
{
	double		r = sqrt(-2.0 * ln_q);
	double		x;

	/* Abramowitz and Stegun 26.2.23, error below 4.5e-4 */
	x = r - (2.515517 + 0.802853 * r + 0.010328 * r * r) /
		(1 + 1.432788 * r + 0.189269 * r * r + 0.001308 * r * r * r);
	for (int i = 0; i < 20; i++)
	{
		double		ln_sf = mlops_normal_ln_sf(x);
		double		hazard = x < 30 ? exp(-0.5 * x * x - 0.5 * MLOPS_LN_2PI - ln_sf) : x + 1 / x;
		double		step = (ln_sf - ln_q) / hazard;

		x += step;
		if (!(fabs(step) > 1e-9 * x))
			break;
	}
	return x;
}

/* z with erf(z) = y, |y| <= 0.6: Newton, whose relative accuracy holds at zero. */
static double
erf_inverse(double y)
{
	double		z = y * 0.5 * sqrt(MLOPS_PI);

	for (int i = 0; i < 30; i++)
	{
		double		step = (erf(z) - y) * 0.5 * sqrt(MLOPS_PI) * exp(z * z);

		z -= step;
		if (fabs(step) <= 1e-9 * fabs(z))
			break;
	}
	return z;
}

/* The x with P(Z > x) = q; +-infinity at 0 and 1, NaN outside. */
double
mlops_normal_quantile_upper(double q)
{
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
	return erf_inverse(1.0 - 2.0 * q) * MLOPS_SQRT2;
}

/* The x with ln P(Z > x) = ln_q <= 0, also where the tail is below the range of double. */
double
mlops_normal_quantile_upper_ln(double ln_q)
{
	if (isnan(ln_q) || ln_q > 0)
		return NAN;
	if (isinf(ln_q))
		return INFINITY;
	if (ln_q == 0)
		return -INFINITY;
	if (ln_q < -1.6)
		return normal_tail_quantile(ln_q);
	if (ln_q > -0.2)
		return -normal_tail_quantile(log(-expm1(ln_q)));
	/* 1 - 2 q */
	return erf_inverse(-expm1(ln_q + MLOPS_LN2)) * MLOPS_SQRT2;
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
 * ln Gamma(1 + a) for 0 < a < 1, whose relative accuracy holds at zero (DLMF
 * 5.7.3): 1 + a would round a away.
 */
double
mlops_lgamma1p(double a)
{
	/* (-1)^k (zeta(k) - 1) / k from k = 2 on */
	static const double c[] = {
		0.322467033424113218, -0.0673523010531980951, 0.0205808084277845479,
		-0.00738555102867398527, 0.00289051033074152329, -0.00119275391170326098,
		0.000509669524743042422, -0.00022315475845357938, 0.0000994575127818085337,
		-0.0000449262367381331417, 0.0000205072127756706916, -9.4394882752683959e-6,
		4.3748667899074878e-6, -2.03921575380136624e-6, 9.55141213040741983e-7,
		-4.49246919876456604e-7, 2.12071848055546659e-7, -1.00432248239680996e-7,
		4.76981016936398057e-8, -2.27110946089431649e-8, 1.08386592148969541e-8,
		-5.18347504197004666e-9, 2.48367454380247832e-9, -1.19214014058609121e-9
	};
	double		sum = 0;

	if (a >= 0.5)
		return lgamma(1 + a);
	for (int k = (int) (sizeof(c) / sizeof(c[0])) - 1; k >= 0; k--)
		sum = sum * a + c[k];
	return -log1p(a) + a * (0.42278433509846713939 + a * sum);
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
double
mlops_deviance(double a, double ratio, double excess)
{
	if (excess < -0.5)
		return a * (excess - log(ratio));
	return -a * mlops_log1pmx(excess);
}

/* Fill all four from the tail that was computed, ln_p = its logarithm. */
void
mlops_tails_from(mlops_tails *out, double ln_p, bool upper)
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
