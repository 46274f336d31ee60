/*
 * ranges.c
 *		SQL functions: ranges of positions, which one holds a position, and how
 *		large they are.
 *
 * Ranges are float8[] of n rows and two columns: {{lower, upper}, ...}.
 */
#include "compat.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "experiment/bucket.h"
#include "kernel/experiment/ranges.h"
#include "utils/array.h"
#include "utils/builtins.h"

MLOPS_FUNCTION(mlops_bucket_ranges_sql);
MLOPS_FUNCTION(mlops_launchdarkly_ranges_sql);
MLOPS_FUNCTION(mlops_optimizely_ranges_sql);
MLOPS_FUNCTION(mlops_statsig_ranges_sql);
MLOPS_FUNCTION(mlops_choose_variation_sql);
MLOPS_FUNCTION(mlops_in_ranges);
MLOPS_FUNCTION(mlops_range_shares_sql);

/* The doubles of a ranges argument, in place; *n ranges. */
static const double *
ranges_of(ArrayType *array, int *n)
{
	const double *ranges = (const double *) ARR_DATA_PTR(array);

	*n = 0;
	if (ARR_NDIM(array) == 0)
		return ranges;
	if (ARR_NDIM(array) != 2 || ARR_DIMS(array)[1] != 2 || ARR_DIMS(array)[0] > MLOPS_MAX_VARIATIONS || array_contains_nulls(array))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("ranges must be an array of pairs without NULL"),
				 errdetail("At most %d pairs.", MLOPS_MAX_VARIATIONS),
				 errhint("For example: '{{0, 0.5}, {0.5, 1}}', or mlops.bucket_ranges(1, '{0.5, 0.5}').")));
	*n = ARR_DIMS(array)[0];
	for (int i = 0; i < 2 * *n; i++)
		if (isnan(ranges[i]))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("the borders of a range must be numbers"),
					 errhint("For example: '{{0, 0.5}, {0.5, 1}}'.")));
	return ranges;
}

static Datum
ranges_datum(const double *ranges, int n)
{
	int			dims[2] = {n, 2};
	int			lower[2] = {1, 1};
	Datum	   *items = palloc(sizeof(Datum) * Max(2 * n, 1));

	for (int i = 0; i < 2 * n; i++)
		items[i] = Float8GetDatum(ranges[i]);
	return PointerGetDatum(construct_md_array(items, NULL, 2, dims, lower,
											  FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

/* Number of items of a plain list; refuses what is none. */
static int
plain_length(ArrayType *array, const char *what, const char *example)
{
	if (ARR_NDIM(array) != 1 || ARR_DIMS(array)[0] > MLOPS_MAX_VARIATIONS || array_contains_nulls(array))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" must be a list of numbers, one a variation", what),
				 errdetail("At least 1, at most %d, and none of them NULL.", MLOPS_MAX_VARIATIONS),
				 errhint("For example: %s => '%s'.", what, example)));
	return ARR_DIMS(array)[0];
}

/* bucket_ranges(coverage, weights, variations) */
Datum
mlops_bucket_ranges_sql(PG_FUNCTION_ARGS)
{
	double		ranges[2 * MLOPS_MAX_VARIATIONS];
	const double *weights = NULL;
	int			n;

	if (PG_ARGISNULL(0) || (PG_ARGISNULL(1) && PG_ARGISNULL(2)))
		PG_RETURN_NULL();
	n = PG_ARGISNULL(1) ? PG_GETARG_INT32(2) : plain_length(PG_GETARG_ARRAYTYPE_P(1), "weights", "{0.5, 0.5}");
	if (!PG_ARGISNULL(1))
		weights = (const double *) ARR_DATA_PTR(PG_GETARG_ARRAYTYPE_P(1));
	if (!PG_ARGISNULL(2) && PG_GETARG_INT32(2) != n)
	{
		/* a list of another length counts as none, as in the platform's clients */
		n = PG_GETARG_INT32(2);
		weights = NULL;
	}
	if (n < 1 || n > MLOPS_MAX_VARIATIONS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"variations\" must be from 1 to %d", MLOPS_MAX_VARIATIONS),
				 errhint("For example: mlops.bucket_ranges(1, NULL, 2).")));
	if (mlops_bucket_ranges(PG_GETARG_FLOAT8(0), weights, n, ranges) != MLOPS_OK)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("coverage and weights must be numbers, and no weight below 0"),
				 errhint("For example: mlops.bucket_ranges(0.1, '{0.5, 0.5}').")));
	PG_RETURN_DATUM(ranges_datum(ranges, n));
}

/* launchdarkly_ranges(weights) */
Datum
mlops_launchdarkly_ranges_sql(PG_FUNCTION_ARGS)
{
	double		ranges[2 * MLOPS_MAX_VARIATIONS];
	ArrayType  *weights = PG_GETARG_ARRAYTYPE_P(0);
	int			n = plain_length(weights, "weights", "{50000, 50000}");

	if (mlops_launchdarkly_ranges((const int32_t *) ARR_DATA_PTR(weights), n, ranges) != MLOPS_OK)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("no weight may be below 0"),
				 errhint("Weights are 100000ths: '{50000, 50000}'.")));
	PG_RETURN_DATUM(ranges_datum(ranges, n));
}

/* optimizely_ranges(ends) */
Datum
mlops_optimizely_ranges_sql(PG_FUNCTION_ARGS)
{
	double		ranges[2 * MLOPS_MAX_VARIATIONS];
	ArrayType  *ends = PG_GETARG_ARRAYTYPE_P(0);
	int			n = plain_length(ends, "ends", "{5000, 10000}");

	(void) mlops_optimizely_ranges((const int32_t *) ARR_DATA_PTR(ends), n, ranges);
	PG_RETURN_DATUM(ranges_datum(ranges, n));
}

/* statsig_ranges(pass_percentage) */
Datum
mlops_statsig_ranges_sql(PG_FUNCTION_ARGS)
{
	double		range[2];

	if (mlops_statsig_range(PG_GETARG_FLOAT8(0), range) != MLOPS_OK)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"pass_percentage\" must be a number"),
				 errhint("From 0 to 100, for example 12.5.")));
	PG_RETURN_DATUM(ranges_datum(range, 1));
}

/* choose_variation(position, ranges): from 1 on */
Datum
mlops_choose_variation_sql(PG_FUNCTION_ARGS)
{
	int			n;
	const double *ranges = ranges_of(PG_GETARG_ARRAYTYPE_P(1), &n);
	int			i = mlops_choose_variation(PG_GETARG_FLOAT8(0), ranges, n);

	if (i < 0)
		PG_RETURN_NULL();
	PG_RETURN_INT32(i + 1);
}

/* in_ranges(position, ranges) */
Datum
mlops_in_ranges(PG_FUNCTION_ARGS)
{
	int			n;
	const double *ranges = ranges_of(PG_GETARG_ARRAYTYPE_P(1), &n);

	PG_RETURN_BOOL(mlops_choose_variation(PG_GETARG_FLOAT8(0), ranges, n) >= 0);
}

/* range_shares(ranges, method) */
Datum
mlops_range_shares_sql(PG_FUNCTION_ARGS)
{
	int			n;
	const double *ranges = ranges_of(PG_GETARG_ARRAYTYPE_P(0), &n);
	const mlops_bucket_method *method = mlops_require_bucket_method(PG_GETARG_TEXT_PP(1));
	double		borders[2 * MLOPS_MAX_VARIATIONS + 2];
	double		shares[MLOPS_MAX_VARIATIONS];
	Datum	   *items = palloc(sizeof(Datum) * Max(n, 1));

	mlops_range_shares(ranges, n, method->scale == MLOPS_SCALE_MODULO ? method->buckets : 0, borders, shares);
	for (int i = 0; i < n; i++)
		items[i] = Float8GetDatum(shares[i]);
	PG_RETURN_ARRAYTYPE_P(construct_array(items, n, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}
