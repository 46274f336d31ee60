/*
 * dunnett.c
 *		Dunnett's distribution: the largest of several effects that share one
 *		control.  See simultaneous.h.
 *
 * Given the control's noise z and the estimate s of the common standard deviation the effects
 * are independent: P(T_i > c) is the normal tail of (c s - lambda_i z) / sqrt(1 -
 * lambda_i^2).  What is left are two integrals, over z (normal) and ln s (chi), by
 * Gauss and Legendre's rule on panels as wide as the integrand is smooth.
 * Complements are summed as logarithms, so that small probabilities keep
 * their digits.
 */
#include "kernel/experiment/simultaneous.h"

#include "kernel/special/root.h"
#include "kernel/special/special.h"

#define NODES 32

/* The positive half. */
static const double node[NODES / 2] = {
	0.0483076656877383162, 0.144471961582796493, 0.239287362252137075, 0.33186860228212765, 0.421351276130635345,
	0.50689990893222939, 0.587715757240762329, 0.663044266930215201, 0.73218211874028968, 0.794483795967942407,
	0.84936761373256997, 0.896321155766052124, 0.934906075937739689, 0.964762255587506431, 0.985611511545268335,
	0.997263861849481564
};
static const double node_weight[NODES / 2] = {
	0.0965400885147278006, 0.0956387200792748594, 0.0938443990808045656, 0.0911738786957638847, 0.0876520930044038111,
	0.0833119242269467552, 0.0781938957870703065, 0.0723457941088485062, 0.0658222227763618468, 0.0586840934785355471,
	0.0509980592623761762, 0.0428358980222266807, 0.0342738629130214331, 0.0253920653092620595, 0.0162743947309056706,
	0.0070186100094700966
};

/* A correlation nearer to 1 would be a step. */
#define MAX_LAMBDA (1 - 1e-6)

typedef struct dunnett
{
	const double *lambda;
	size_t		k;
	double		df;
	bool		two_sided;
	double		largest;		/* lambda */
	double		h;				/* bound of the effects, for the inner integral */
	double		ln_target;		/* of the quantile */
} dunnett;

typedef double (*integrand) (const dunnett *d, double x);

/* Integral of f from low to high on panels of about that width. */
static double
integrate(integrand f, const dunnett *d, double low, double high, double width)
{
	int			panels = (int) fmax(1, ceil((high - low) / width));
	double		half = (high - low) / (2 * panels);
	double		sum = 0;

	for (int i = 0; i < panels; i++)
	{
		double		middle = low + (2 * i + 1) * half;

		for (int j = 0; j < NODES / 2; j++)
			sum += node_weight[j] * (f(d, middle - half * node[j]) + f(d, middle + half * node[j]));
	}
	return sum * half;
}

/* Density of z times the probability that some effect is beyond h. */
static double
given_noise(const dunnett *d, double z)
{
	double		sum = 0;
	double		last = -1;
	double		ln_within = 0;

	for (size_t i = 0; i < d->k; i++)
	{
		double		lambda = d->lambda[i];

		/* arms of one size are the rule */
		if (lambda != last)
		{
			double		rest = sqrt((1 - lambda) * (1 + lambda));
			double		tail = mlops_normal_sf((d->h - lambda * z) / rest);

			if (d->two_sided)
				tail += mlops_normal_sf((d->h + lambda * z) / rest);
			ln_within = tail < 1 ? log1p(-tail) : -INFINITY;
			last = lambda;
		}
		sum += ln_within;
	}
	return -expm1(sum) * exp(-0.5 * z * z - 0.5 * MLOPS_LN_2PI);
}

/* Probability that some effect is beyond h when the standard deviation is known. */
static double
known_sd(const dunnett *d)
{
	double		rest = sqrt((1 - d->largest) * (1 + d->largest));
	double		width = fmin(4, 6 * rest / fmax(d->largest, 0.01));
	double		reach = 9 + d->largest * fabs(d->h);

	if (d->two_sided)
		return d->h <= 0 ? 1 : 2 * integrate(given_noise, d, 0, reach, width);
	return integrate(given_noise, d, -reach, reach, width);
}

/* The same at s = exp(u), times the density of u. */
static double
given_sd(const dunnett *d, double u)
{
	dunnett		at = *d;
	double		half_df = 0.5 * d->df;
	double		s2 = exp(2 * u);
	/* 2 (df / 2)^(df / 2) / Gamma(df / 2) s^df exp(-df s^2 / 2), by Stirling's formula */
	double		ln_density = 0.5 * log(half_df) - 0.5 * MLOPS_LN_2PI - mlops_stirling_error(half_df)
		- mlops_deviance(half_df, s2, s2 - 1) + MLOPS_LN2;

	if (ln_density < -700)
		return 0;
	at.h = d->h * exp(u);
	return exp(ln_density) * known_sd(&at);
}

static bool
prepare(dunnett *d, const double *lambda, size_t k, double df, bool two_sided)
{
	*d = (dunnett) {.lambda = lambda, .k = k, .df = df, .two_sided = two_sided};
	if (k < 1 || !(df >= 1))
		return false;
	for (size_t i = 0; i < k; i++)
	{
		if (!(lambda[i] >= 0 && lambda[i] <= MAX_LAMBDA))
			return false;
		d->largest = fmax(d->largest, lambda[i]);
	}
	return true;
}

static double
ln_sf(dunnett *d, double c)
{
	double		sf;

	d->h = c;
	if (isinf(d->df))
		sf = known_sd(d);
	else
	{
		/* where the product of the density of s and a normal tail at c s is largest */
		double		mode = -0.5 * log1p(c > 0 ? c * c / d->df : 0);
		double		spread = 1 / sqrt(2 * d->df);
		double		low = mode - 30 / d->df - 8 * spread;
		double		high = 0.5 * log1p(12 / sqrt(d->df) + 90 / d->df);

		sf = integrate(given_sd, d, low, high, fmin(1.5, 6 * spread));
	}
	if (sf > 0)
		return fmin(0, log(sf));
	/* beyond the range of double: Bonferroni's bound, which is sharp there */
	return fmin(0, mlops_normal_ln_sf(c) + log((double) d->k) + (d->two_sided ? MLOPS_LN2 : 0));
}

mlops_status
mlops_dunnett_ln_sf(double c, const double *lambda, size_t k, double df, bool two_sided, double *result)
{
	dunnett		d;

	if (!isfinite(c) || !prepare(&d, lambda, k, df, two_sided))
		return MLOPS_DOMAIN;
	*result = ln_sf(&d, c);
	return MLOPS_OK;
}

static mlops_status
above_target(void *context, double c, double *value)
{
	dunnett    *d = context;

	*value = d->ln_target - ln_sf(d, c);
	return MLOPS_OK;
}

mlops_status
mlops_dunnett_quantile(double alpha, const double *lambda, size_t k, double df, bool two_sided, double *c)
{
	dunnett		d;
	double		each;
	mlops_status status;
	mlops_root_search search = {.step = 0.1, .low = two_sided ? 1e-9 : -40, .high = 1e9, .tolerance = 1e-11};

	if (!(alpha > 0 && alpha < 1) || !prepare(&d, lambda, k, df, two_sided))
		return MLOPS_DOMAIN;
	d.ln_target = log(alpha);
	/* what one effect alone would need at its part of alpha: a little too much */
	each = fmin(alpha / (double) k / (two_sided ? 2 : 1), 0.49);
	if (isinf(df))
		search.start = mlops_normal_quantile_upper(each);
	else
	{
		status = mlops_t_quantile(each, true, df, &search.start);
		if (status != MLOPS_OK)
			return status;
	}
	return mlops_root(above_target, &d, &search, c);
}
