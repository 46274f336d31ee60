/*
 * quantile_effect.c
 *		The difference of a quantile between two arms.
 */
#include "kernel/experiment/quantile_effect.h"

#include "kernel/summary/comoments.h"

/* upper 2.5 % of the normal distribution */
#define Z 1.959963984540054

/*
 * By how much the variance of a share grows because rows come in clusters:
 * that of the ratio of means, over that of independent rows.
 */
static double
design_effect(double rows, const mlops_arm *a)
{
	double		k = (double) a->n;
	double		share = a->mean[0] / a->mean[1];
	double		v = a->comoment[mlops_comoment_at(2, 0, 0)] - 2 * share * a->comoment[mlops_comoment_at(2, 0, 1)] +
		share * share * a->comoment[mlops_comoment_at(2, 1, 1)];

	v = fmax(0, v) / (k - 1) / (k * a->mean[1] * a->mean[1]);
	return v / (share * (1 - share) / rows);
}

mlops_status
mlops_quantile_neighbours(double share, double rows, const mlops_arm *clusters, double *lower, double *upper,
						  const char **reason)
{
	double		effect = 1;
	double		half;

	if (clusters != NULL)
	{
		if (clusters->n < 2)
		{
			*reason = "an arm has fewer than two units";
			return MLOPS_EMPTY;
		}
		if (!(clusters->mean[0] > 0 && clusters->mean[0] < clusters->mean[1]))
		{
			*reason = "all values of an arm lie on one side of the quantile";
			return MLOPS_EMPTY;
		}
		effect = design_effect(rows, clusters);
	}
	half = Z * sqrt(effect * share * (1 - share) / rows);
	*lower = share - half;
	*upper = share + half;
	if (*lower > 0 && *upper < 1)
		return MLOPS_OK;
	*reason = "an arm has too few rows for this quantile";
	return MLOPS_EMPTY;
}

mlops_status
mlops_quantile_effect(const mlops_quantile_arm *control, const mlops_quantile_arm *treatment, bool relative,
					  mlops_comparison *out, double *df)
{
	double		se_control = (control->upper - control->lower) / (2 * Z);
	double		se_treatment = (treatment->upper - treatment->lower) / (2 * Z);
	double		share;
	double		total;

	*out = MLOPS_NO_COMPARISON(control->units, treatment->units);
	out->control = control->quantile;
	out->treatment = treatment->quantile;
	out->estimate = treatment->quantile - control->quantile;
	if (relative)
	{
		if (!(control->quantile > 0 && treatment->quantile > 0))
		{
			out->estimate = (double) NAN;
			out->reason = "a relative effect needs positive quantiles";
			return MLOPS_DOMAIN;
		}
		se_control /= control->quantile;
		se_treatment /= treatment->quantile;
		out->estimate = log(treatment->quantile) - log(control->quantile);
	}
	total = hypot(se_control, se_treatment);
	out->standard_error = total;
	*df = (double) NAN;
	if (!(total > 0) || isinf(total))
	{
		out->standard_error = (double) NAN;
		out->reason = isinf(total) ? "the standard error is beyond the range of numbers" :
			"the values around the quantile are all the same";
		return MLOPS_DEGENERATE;
	}
	/* of the variance; squares of the standard errors themselves may be out of range */
	share = se_control / total * (se_control / total);
	*df = 1 / (share * share / (control->units - 1) + (1 - share) * (1 - share) / (treatment->units - 1));
	return MLOPS_OK;
}

void
mlops_quantile_to_relative(mlops_comparison *out)
{
	out->standard_error *= exp(out->estimate);	/* delta method, of the change itself */
	out->estimate = expm1(out->estimate);
	out->lower = isinf(out->lower) ? -1 : expm1(out->lower);
	out->upper = expm1(out->upper);
}
