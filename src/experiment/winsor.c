/*
 * winsor.c
 *		Winsorising: limits from a profile, and the values within them.
 */
#include "compat.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "types/profile.h"
#include "types/profile_print.h"
#include "utils/array.h"

MLOPS_FUNCTION(mlops_winsor_limits);
MLOPS_FUNCTION(mlops_winsorize);
MLOPS_FUNCTION(mlops_winsorize_array);

static float8
limited(float8 value, float8 lower, float8 upper)
{
	if (isnan(lower) || isnan(upper) || lower > upper)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the lower limit must not be above the upper one"),
				 errhint("An end without a limit is -Infinity or Infinity.")));
	return value < lower ? lower : value > upper ? upper : value;
}

/* winsor_limits(profile, lower_share, upper_share) */
Datum
mlops_winsor_limits(PG_FUNCTION_ARGS)
{
	mlops_profile_view *view = mlops_profile_open(PG_GETARG_DATUM(0));
	float8		share[2] = {PG_GETARG_FLOAT8(1), PG_GETARG_FLOAT8(2)};
	Datum		limit[2];

	if (view->kind == MLOPS_PROFILE_TEXT)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("a profile of text has no limits"),
				 errhint("Profile a number.")));
	if (!(share[0] >= 0 && share[0] < share[1] && share[1] <= 1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the shares must be between 0 and 1, the lower one first")));
	if (view->n == 0)
		PG_RETURN_NULL();
	limit[0] = Float8GetDatum(share[0] == 0 ? -INFINITY : mlops_profile_number(view, mlops_profile_quantile(view, share[0])));
	limit[1] = Float8GetDatum(share[1] == 1 ? INFINITY : mlops_profile_number(view, mlops_profile_quantile(view, share[1])));
	PG_RETURN_ARRAYTYPE_P(construct_array(limit, 2, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

/* winsorize(value, lower, upper) */
Datum
mlops_winsorize(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(limited(PG_GETARG_FLOAT8(0), PG_GETARG_FLOAT8(1), PG_GETARG_FLOAT8(2)));
}

/* winsorize(value, limits) */
Datum
mlops_winsorize_array(PG_FUNCTION_ARGS)
{
	ArrayType  *a = PG_GETARG_ARRAYTYPE_P(1);
	float8		limit[2];

	if (ARR_NDIM(a) != 1 || ARR_DIMS(a)[0] != 2 || array_contains_nulls(a))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("limits must be an array of two numbers, the lower and the upper one"),
				 errhint("See mlops.winsor_limits().")));
	memcpy(limit, ARR_DATA_PTR(a), sizeof(limit));
	PG_RETURN_FLOAT8(limited(PG_GETARG_FLOAT8(0), limit[0], limit[1]));
}
