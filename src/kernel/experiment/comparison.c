/*
 * comparison.c
 *		Interval and p of an effect with a known standard error.
 */
#include "kernel/experiment/comparison.h"

#include "kernel/special/special.h"

mlops_status
mlops_critical_t(double q, double df, double *out)
{
	if (isfinite(df))
		return mlops_t_quantile(q, true, df, out);
	*out = mlops_normal_quantile_upper(q);
	return MLOPS_OK;
}

/* ln P(T > t), each tail computed directly. */
static mlops_status
ln_upper_tail(double t, double df, double *ln_sf)
{
	mlops_tails tails;
	mlops_status status;

	if (!isfinite(df))
	{
		*ln_sf = mlops_normal_ln_sf(t);
		return MLOPS_OK;
	}
	status = mlops_t_tails(t, df, &tails);
	*ln_sf = tails.ln_upper;
	return status;
}

mlops_status
mlops_compare_by_t(double df, double null_value, mlops_alternative alternative, double confidence,
				   mlops_comparison *out)
{
	double		alpha = 1 - confidence;
	double		t;
	double		critical;
	double		half;
	double		ln_sf;
	mlops_status status;

	if (!(confidence > 0 && confidence < 1) || !(df > 0) || !isfinite(null_value))
		return MLOPS_DOMAIN;
	if (!isfinite(out->estimate) || !(out->standard_error > 0) || !isfinite(out->standard_error))
	{
		out->reason = isfinite(out->estimate) && out->standard_error == 0 ?
			"the values do not vary" : "the standard error is beyond the range of numbers";
		return MLOPS_DEGENERATE;
	}

	t = (out->estimate - null_value) / out->standard_error;
	status = ln_upper_tail(alternative == MLOPS_TWO_SIDED ? fabs(t) : alternative == MLOPS_GREATER ? t : -t,
						   df, &ln_sf);
	if (status != MLOPS_OK)
		return status;
	if (alternative == MLOPS_TWO_SIDED)
		ln_sf = fmin(0, ln_sf + MLOPS_LN2);
	out->statistic = t;
	out->df = isfinite(df) ? df : (double) NAN;
	out->ln_p = ln_sf;
	out->p = exp(ln_sf);

	status = mlops_critical_t(alternative == MLOPS_TWO_SIDED ? alpha / 2 : alpha, df, &critical);
	if (status != MLOPS_OK)
		return status;
	half = critical * out->standard_error;
	out->confidence = confidence;
	out->lower = alternative == MLOPS_LESS ? -INFINITY : out->estimate - half;
	out->upper = alternative == MLOPS_GREATER ? INFINITY : out->estimate + half;
	return MLOPS_OK;
}
