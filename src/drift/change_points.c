/*
 * change_points.c
 *		Where the mean of an ordered series of values changes.
 */
#include "compat.h"

#include "catalog/pg_type_d.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/float.h"

#include "kernel/stream/adwin.h"

#define INTERRUPT_EVERY 4096

/*
 * change_points(values float8[], delta, clock, max_buckets, min_window, grace):
 * one row for each look that found a cut.
 */
MLOPS_FUNCTION(mlops_change_points);
Datum
mlops_change_points(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	ArrayType  *values = PG_GETARG_ARRAYTYPE_P(0);
	mlops_adwin *a = palloc(sizeof(mlops_adwin));
	Datum	   *value;
	bool	   *isnull;
	int			n;

	if (ARR_NDIM(values) > 1)
		ereport(ERROR,
				errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				errmsg("values must be a one-dimensional array"));
	if (mlops_adwin_init(a, PG_GETARG_FLOAT8(1), PG_GETARG_INT32(2), PG_GETARG_INT32(3),
						 PG_GETARG_INT32(4), PG_GETARG_INT32(5)) != MLOPS_OK)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("parameter of change_points is out of range"),
				errdetail("delta is between 0 and 1, clock and min_window are at least 1, max_buckets is 1 to %d, and grace is not negative.",
						  MLOPS_ADWIN_MAX_BUCKETS));
	InitMaterializedSRF(fcinfo, 0);
	deconstruct_array(values, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &value, &isnull, &n);
	for (int i = 0; i < n; i++)
	{
		if (i % INTERRUPT_EVERY == 0)
			CHECK_FOR_INTERRUPTS();
		if (mlops_adwin_update(a, isnull[i] ? get_float8_nan() : DatumGetFloat8(value[i])))
		{
			Datum		row[4];
			bool		none[4] = {false};
			double		mean,
						variance;

			row[0] = Int32GetDatum(i + 1);
			row[1] = Float8GetDatum(a->before);
			row[2] = Float8GetDatum(a->after);
			row[3] = Int64GetDatum(mlops_adwin_window(a, &mean, &variance));
			tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, row, none);
		}
	}
	return (Datum) 0;
}
