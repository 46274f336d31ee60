/*
 * off_policy.c
 *		Aggregate off_policy(reward, probability, propensity [, model's values] [, cap]).
 *
 * The state is mlops.moments of the variables of kernel/experiment/policy.h, so that it merges and is
 * stored as moments are.  A row with a NULL is counted as such, one that cannot be used (a propensity outside
 * (0, 1], NaN) as not finite.
 */
#include "types/moments.h"

#include <math.h>

#include "kernel/experiment/policy.h"

MLOPS_FUNCTION(mlops_off_policy_accum);
MLOPS_FUNCTION(mlops_off_policy_model_accum);

static void
count_row(int64_t *count)
{
	if (*count == INT64_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("number of rows of moments is out of range")));
	(*count)++;
}

static mlops_moments *
get_state(FunctionCallInfo fcinfo, int k)
{
	if (!AggCheckCallContext(fcinfo, NULL))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("support function of the aggregate off_policy called outside of an aggregate"),
				 errhint("Use mlops.off_policy(reward, probability, propensity, ...).")));
	if (PG_ARGISNULL(0))
		return mlops_moments_empty(k);
	if (likely(!VARATT_IS_EXTENDED(PG_GETARG_POINTER(0))))
		return (mlops_moments *) PG_GETARG_POINTER(0);
	return (mlops_moments *) PG_GETARG_MLOPS_MOMENTS(0);
}

/* Arguments: state, reward, probability, propensity, then 0 or 2 of the model, then perhaps the cap. */
static Datum
accumulate(FunctionCallInfo fcinfo, int model)
{
	int			k = MLOPS_LOG_VARIABLES + (model > 0);
	mlops_moments *m = get_state(fcinfo, k);
	double		cap = INFINITY;
	double		x[MLOPS_LOG_VARIABLES_MODEL];
	double		value[5];

	if (PG_NARGS() > 4 + model && !PG_ARGISNULL(4 + model))
	{
		cap = PG_GETARG_FLOAT8(4 + model);
		if (!(cap > 0))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("the cap of the weights must be positive"),
					 errhint("It is the largest weight of a row, NULL for no cap.")));
	}
	if (m->variables != k)
		elog(ERROR, "moments of %d variables cannot take a row of %d", m->variables, k);
	for (int i = 0; i < 3 + model; i++)
	{
		if (PG_ARGISNULL(i + 1))
		{
			count_row(&m->null_rows);
			PG_RETURN_POINTER(m);
		}
		value[i] = PG_GETARG_FLOAT8(i + 1);
	}
	if (mlops_log_row(value[0], value[1], value[2], cap, model > 0 ? &value[3] : NULL, x))
	{
		mlops_comoments_add(k, m->n, mlops_moments_mean(m), mlops_moments_comoment(m), x);
		count_row(&m->n);
	}
	else
		count_row(&m->nonfinite_rows);
	PG_RETURN_POINTER(m);
}

/* off_policy_accum(moments, reward, probability, propensity [, cap]) */
Datum
mlops_off_policy_accum(PG_FUNCTION_ARGS)
{
	return accumulate(fcinfo, 0);
}

/* off_policy_accum(moments, reward, probability, propensity, policy_value, action_value [, cap]) */
Datum
mlops_off_policy_model_accum(PG_FUNCTION_ARGS)
{
	return accumulate(fcinfo, 2);
}
