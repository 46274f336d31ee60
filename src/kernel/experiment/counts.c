/*
 * counts.c
 *		E-values of counts.
 */
#include "kernel/experiment/counts.h"

#include "kernel/special/special.h"

#define MOST_COUNT 9007199254740992.0

static bool
is_count(double x)
{
	return x >= 0 && x <= MOST_COUNT && x == floor(x);
}

/* The part of a law on the alternative's side, in logarithms; 0 two-sided. */
static double
ln_part(const mlops_tails *tails, mlops_alternative alternative)
{
	return alternative == MLOPS_GREATER ? tails->ln_upper : alternative == MLOPS_LESS ? tails->ln_lower : 0;
}

/* ln Gamma, x > 0 */
static double
ln_gamma(double x)
{
	return (x - 0.5) * log(x) - x + MLOPS_LN_2PI / 2 + mlops_stirling_error(x);
}

/* x ln(x / expected) + expected - x, x > 0: what is left of Stirling's large terms, without their cancellation. */
static double
surplus(double x, double expected)
{
	return mlops_deviance(x, expected / x, (expected - x) / x);
}

mlops_status
mlops_bernoulli_ln_e(double hits, double misses, mlops_odds against, double a, double b,
					 mlops_alternative alternative, double *ln_e)
{
	double		all = hits + misses;
	double		k = a + hits;
	double		l = b + misses;
	mlops_tails prior;
	mlops_tails posterior;
	double		value;

	if (!is_count(hits) || !is_count(misses) || !is_count(all) || !(against.p > 0) || !(against.q > 0) ||
		!(a > 0) || !(b > 0) ||
		!isfinite(a + b))
		return MLOPS_DOMAIN;
	if (all == 0)
	{
		*ln_e = 0;
		return MLOPS_OK;
	}
	value = surplus(k, (k + l) * against.p) + surplus(l, (k + l) * against.q) + (MLOPS_LN_2PI - log(k / (k + l)) - log(l)) / 2 +
		mlops_stirling_error(k) + mlops_stirling_error(l) - mlops_stirling_error(k + l) +
		a * log(against.p) + b * log(against.q) - (ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b));
	if (alternative != MLOPS_TWO_SIDED)
	{
		mlops_status status = mlops_beta_tails(against.p, against.q, a, b, &prior);

		if (status == MLOPS_OK)
			status = mlops_beta_tails(against.p, against.q, a + hits, b + misses, &posterior);
		if (status != MLOPS_OK)
			return status;
		value += ln_part(&posterior, alternative) - ln_part(&prior, alternative);
	}
	*ln_e = value;
	return MLOPS_OK;
}

mlops_status
mlops_poisson_ln_e(double events, double exposure, double rate, double shape, double mean,
				   mlops_alternative alternative, double *ln_e)
{
	double		scale = shape / mean;	/* of the prior: exposure that it stands for */
	double		k = shape + events;
	mlops_tails prior;
	mlops_tails posterior;
	double		value;

	if (!is_count(events) || !(exposure >= 0) || !(rate > 0) || !(shape > 0) || !(mean > 0) ||
		!isfinite(exposure) || !isfinite(rate) || !isfinite(shape) || !isfinite(mean) || !(scale > 0) || !isfinite(scale))
		return MLOPS_DOMAIN;
	if (events == 0 && exposure == 0)
	{
		*ln_e = 0;
		return MLOPS_OK;
	}
	/* scale^shape / Gamma(shape) Gamma(k) / (scale + exposure)^k / rate^events e^(rate exposure), k = shape + events */
	value = surplus(k, (scale + exposure) * rate) + (MLOPS_LN_2PI - log(k)) / 2 + mlops_stirling_error(k) +
		shape * log(scale * rate) - scale * rate - ln_gamma(shape);
	if (alternative != MLOPS_TWO_SIDED)
	{
		mlops_status status = mlops_gamma_tails(shape, scale * rate, &prior);

		if (status == MLOPS_OK)
			status = mlops_gamma_tails(shape + events, (scale + exposure) * rate, &posterior);
		if (status != MLOPS_OK)
			return status;
		value += ln_part(&posterior, alternative) - ln_part(&prior, alternative);
	}
	*ln_e = value;
	return MLOPS_OK;
}
