/*
 * bayes.c
 *		Normal posterior of an effect: conjugate, in closed form.
 */
#include "kernel/experiment/bayes.h"

#include "kernel/special/special.h"

/* phi(z); the square is split so that its rounding does not cost z^2 ulp. */
static double
normal_density(double z)
{
	double		square = z * z;
	double		low = fma(z, z, -square);

	return exp(-0.5 * square) * (1 - 0.5 * low) * 0.39894228040143267794;
}

double
mlops_normal_loss(double z)
{
	double		k = 0;

	if (isinf(z))
		return z > 0 ? 0 : INFINITY;
	if (z < 3)
		return normal_density(z) - z * mlops_normal_sf(z);
	/* P(Z > z) = phi(z) / (z + K), K = 1 / (z + 2 / (z + 3 / (z + ...))) (DLMF 7.9.1) */
	for (int j = 80; j >= 1; j--)
		k = j / (z + k);
	return normal_density(z) * (k / (z + k));
}

mlops_status
mlops_prior_to_absolute(double level, double *mean, double *sd)
{
	if (!isfinite(level))
		return MLOPS_DOMAIN;
	if (level == 0)
		return MLOPS_DEGENERATE;
	*mean *= fabs(level);
	*sd *= fabs(level);
	return MLOPS_OK;
}

mlops_status
mlops_compare_bayesian(double prior_mean, double prior_sd, bool higher_is_better, double confidence,
					   mlops_comparison *out)
{
	double		half;
	double		z;
	double		gain;			/* E[max(0, effect)] */
	double		loss;

	if (!(confidence > 0 && confidence < 1) || !(prior_sd > 0) || !isfinite(prior_mean))
		return MLOPS_DOMAIN;
	if (!isfinite(out->estimate) || !(out->standard_error > 0) || !isfinite(out->standard_error))
	{
		out->reason = isfinite(out->estimate) && out->standard_error == 0 ?
			"the values do not vary" : "the standard error is beyond the range of numbers";
		return MLOPS_DEGENERATE;
	}
	if (isfinite(prior_sd))
	{
		double		ratio = out->standard_error / prior_sd;

		/* weight of the data is 1 / (1 + ratio^2); each mean is weighted by the smaller form */
		if (ratio < 1)
			out->estimate += (prior_mean - out->estimate) * (ratio * ratio / (1 + ratio * ratio));
		else
			out->estimate = prior_mean + (out->estimate - prior_mean) / (ratio * ratio + 1);
		out->standard_error /= hypot(1, ratio);
	}
	half = mlops_normal_quantile_upper((1 - confidence) / 2) * out->standard_error;
	out->confidence = confidence;
	out->lower = out->estimate - half;
	out->upper = out->estimate + half;
	z = out->estimate / out->standard_error;
	gain = out->standard_error * mlops_normal_loss(-z);
	loss = out->standard_error * mlops_normal_loss(z);
	out->chance_to_win = mlops_normal_sf(higher_is_better ? -z : z);
	out->risk_control = higher_is_better ? gain : loss;
	out->risk_treatment = higher_is_better ? loss : gain;
	return MLOPS_OK;
}
