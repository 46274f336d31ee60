/*
 * rates.c
 *		SQL functions over counts: change of a share, Student's two-sided p.
 */
#include "compat.h"

#include "access/htup_details.h"
#include "funcapi.h"

#include "kernel/categories/rates.h"
#include "kernel/special/special.h"

MLOPS_FUNCTION(mlops_sql_rate_change);
MLOPS_FUNCTION(mlops_sql_student_t_p);

/*
 * rate_change(k_reference, n_reference, k_current, n_current, confidence): one
 * row (difference, lower, upper, p_value); all NULL when a side is empty.
 */
Datum
mlops_sql_rate_change(PG_FUNCTION_ARGS)
{
	mlops_rate_change r;
	TupleDesc	desc;
	Datum		values[4] = {0};
	bool		nulls[4] = {true, true, true, true};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");

	switch (mlops_rate_change_of(PG_GETARG_INT64(0), PG_GETARG_INT64(1),
								 PG_GETARG_INT64(2), PG_GETARG_INT64(3),
								 PG_GETARG_FLOAT8(4), &r))
	{
		case MLOPS_OK:
			values[0] = Float8GetDatum(r.difference);
			values[1] = Float8GetDatum(r.lower);
			values[2] = Float8GetDatum(r.upper);
			values[3] = Float8GetDatum(r.p_value);
			memset(nulls, false, sizeof(nulls));
			break;
		case MLOPS_EMPTY:
			break;
		default:
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("invalid counts or confidence for a change of rate"),
					 errdetail("Each count must lie between 0 and its number of rows, and the confidence between 0 and 1.")));
	}
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}

/* student_t_p(t, df): two-sided tail of Student's t; NULL for NaN. */
Datum
mlops_sql_student_t_p(PG_FUNCTION_ARGS)
{
	mlops_tails tails;
	double		t = PG_GETARG_FLOAT8(0);
	double		df = PG_GETARG_FLOAT8(1);

	if (!(df > 0))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("degrees of freedom must be positive")));
	if (mlops_t_tails(t < 0 ? -t : t, df, &tails) != MLOPS_OK)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(Min(1.0, 2 * tails.upper));
}
