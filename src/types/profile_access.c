/*
 * profile_access.c
 *		What SQL can ask a profile.
 *
 * Points in time are numbers here: seconds since 1970-01-01 UTC, which
 * to_timestamp() turns back.
 */
#include "types/profile.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "common/shortest_dec.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "types/profile_print.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

MLOPS_FUNCTION(mlops_profile_quantile_one);
MLOPS_FUNCTION(mlops_profile_quantile_many);
MLOPS_FUNCTION(mlops_profile_cdf_number);
MLOPS_FUNCTION(mlops_profile_cdf_time);
MLOPS_FUNCTION(mlops_profile_row_count);
MLOPS_FUNCTION(mlops_profile_null_count);
MLOPS_FUNCTION(mlops_profile_rank_error);
MLOPS_FUNCTION(mlops_profile_distinct_count);
MLOPS_FUNCTION(mlops_profile_describe);
MLOPS_FUNCTION(mlops_profile_top_values);

/* Quantiles and the distribution function need an order. */
static mlops_profile_view *
open_ordered(Datum datum)
{
	mlops_profile_view *view = mlops_profile_open(datum);

	if (view->kind == MLOPS_PROFILE_TEXT)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("a profile of text has no quantiles"),
				 errhint("Use mlops.top_values(), or profile a number.")));
	return view;
}

static void
check_probability(float8 q)
{
	if (!(q >= 0 && q <= 1))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("a quantile needs a number between 0 and 1")));
}

/* quantile(profile, float8) -> float8; NULL without values. */
Datum
mlops_profile_quantile_one(PG_FUNCTION_ARGS)
{
	mlops_profile_view *view = open_ordered(PG_GETARG_DATUM(0));
	float8		q = PG_GETARG_FLOAT8(1);

	check_probability(q);
	if (view->n == 0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(mlops_profile_number(view, mlops_profile_quantile(view, q)));
}

/* quantile(profile, float8[]) -> float8[]; a NULL stays NULL. */
Datum
mlops_profile_quantile_many(PG_FUNCTION_ARGS)
{
	mlops_profile_view *view = open_ordered(PG_GETARG_DATUM(0));
	ArrayType  *array = PG_GETARG_ARRAYTYPE_P(1);
	Datum	   *value;
	bool	   *isnull;
	int			n;

	if (ARR_NDIM(array) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("the quantiles must be a one-dimensional array")));
	deconstruct_array(array, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE,
					  &value, &isnull, &n);
	for (int i = 0; i < n; i++)
	{
		if (isnull[i])
			continue;
		check_probability(DatumGetFloat8(value[i]));
		isnull[i] = view->n == 0;
		if (!isnull[i])
			value[i] = Float8GetDatum(mlops_profile_number(view,
														   mlops_profile_quantile(view, DatumGetFloat8(value[i]))));
	}
	PG_RETURN_ARRAYTYPE_P(construct_md_array(value, isnull, ARR_NDIM(array), ARR_DIMS(array),
											 ARR_LBOUND(array), FLOAT8OID, sizeof(float8),
											 FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

/*
 * cdf(profile, float8) -> share of the finite values that are <= x; NULL
 * without values or for NaN.
 */
Datum
mlops_profile_cdf_number(PG_FUNCTION_ARGS)
{
	mlops_profile_view *view = open_ordered(PG_GETARG_DATUM(0));
	float8		x = PG_GETARG_FLOAT8(1);

	if (view->n == 0 || isnan(x))
		PG_RETURN_NULL();
	if (view->kind == MLOPS_PROFILE_TIMESTAMPTZ)
		x = mlops_profile_from_epoch(x);
	PG_RETURN_FLOAT8(mlops_profile_cdf(view, x));
}

/* cdf(profile, timestamptz) */
Datum
mlops_profile_cdf_time(PG_FUNCTION_ARGS)
{
	mlops_profile_view *view = open_ordered(PG_GETARG_DATUM(0));
	TimestampTz t = PG_GETARG_TIMESTAMPTZ(1);

	if (view->kind != MLOPS_PROFILE_TIMESTAMPTZ)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("the profile is one of %s, not of timestamptz",
						mlops_profile_kind_name(view->kind))));
	if (view->n == 0)
		PG_RETURN_NULL();
	if (TIMESTAMP_NOT_FINITE(t))
		PG_RETURN_FLOAT8(TIMESTAMP_IS_NOEND(t) ? 1 : 0);
	PG_RETURN_FLOAT8(mlops_profile_cdf(view, (double) t));
}

/* row_count(profile) -> all rows, NULL included */
Datum
mlops_profile_row_count(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64((int64) mlops_profile_open(PG_GETARG_DATUM(0))->rows);
}

/* null_count(profile) */
Datum
mlops_profile_null_count(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64((int64) mlops_profile_open(PG_GETARG_DATUM(0))->nulls);
}

/* rank_error(profile) -> bound of a quantile's rank error, 0 if exact, NULL for text */
Datum
mlops_profile_rank_error(PG_FUNCTION_ARGS)
{
	mlops_profile_view *view = mlops_profile_open(PG_GETARG_DATUM(0));

	if (view->kind == MLOPS_PROFILE_TEXT)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(view->rank_error);
}

/* distinct_count(profile) -> number of distinct values, exact or estimated */
Datum
mlops_profile_distinct_count(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(rint(mlops_profile_open(PG_GETARG_DATUM(0))->distinct));
}

/* A row under construction: one value after the other. */
typedef struct row
{
	Datum		value[40];
	bool		isnull[40];
	int			n;
} row;

static void
put_null(row *r)
{
	r->isnull[r->n] = true;
	r->value[r->n++] = (Datum) 0;
}

static void
put(row *r, Datum value)
{
	r->isnull[r->n] = false;
	r->value[r->n++] = value;
}

static void
put_number(row *r, bool exists, double x)
{
	if (exists && isfinite(x))
		put(r, Float8GetDatum(x));
	else
		put_null(r);
}

static void
put_moments(row *r, const mlops_profile_view *view)
{
	bool		text = view->kind == MLOPS_PROFILE_TEXT;
	bool		numbers = view->n > 0 && !text;
	mlops_profile_shape s = mlops_profile_shape_of(view);

	put_number(r, numbers, mlops_profile_number(view, view->m.mean));
	put_number(r, numbers, s.stddev);
	put_number(r, numbers, s.skewness);
	put_number(r, numbers, s.kurtosis);
	put_number(r, numbers, mlops_profile_number(view, view->m.min));
	put_number(r, numbers, mlops_profile_number(view, view->m.max));
	for (int i = 0; i < MLOPS_PROFILE_NQUANTILES; i++)
		put_number(r, numbers, mlops_profile_number(view,
													mlops_profile_quantile(view, mlops_profile_quantiles[i].q)));
	put_number(r, text && view->n > 0, view->m.min);
	put_number(r, text && view->n > 0, view->m.max);
	put_number(r, text && view->n > 0, view->m.mean);
	put_number(r, text && view->n > 0, s.stddev);
}

/*
 * describe(profile) -> one row with everything.  What does not exist (no
 * values, zero variance, a sum of powers that overflowed) is NULL.
 */
Datum
mlops_profile_describe(PG_FUNCTION_ARGS)
{
	mlops_profile_view *view = mlops_profile_open(PG_GETARG_DATUM(0));
	TupleDesc	desc;
	row			r = {.n = 0};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "describe must return a row");
	desc = BlessTupleDesc(desc);
	put(&r, CStringGetTextDatum(mlops_profile_kind_name(view->kind)));
	put(&r, Int64GetDatum((int64) view->rows));
	put(&r, Int64GetDatum((int64) view->nulls));
	put_number(&r, view->rows > 0, (double) view->nulls / (double) view->rows);
	put(&r, Int64GetDatum((int64) view->nan));
	put(&r, Int64GetDatum((int64) view->pos_inf));
	put(&r, Int64GetDatum((int64) view->neg_inf));
	put(&r, Int64GetDatum((int64) view->zeros));
	put_moments(&r, view);
	put(&r, Float8GetDatum(rint(view->distinct)));
	put(&r, Float8GetDatum(view->distinct_error));
	put_number(&r, view->kind != MLOPS_PROFILE_TEXT, view->rank_error);
	put(&r, BoolGetDatum(view->exact));
	put(&r, BoolGetDatum(view->sampled));
	if (desc->natts != r.n)
		elog(ERROR, "describe must return %d columns", r.n);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(desc, r.value, r.isnull)));
}

/*
 * top_values(profile, count) -> set of (value, count_lower, count_upper, share),
 * most frequent first; share is count_lower / rows.
 */
Datum
mlops_profile_top_values(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	mlops_profile_view *view = mlops_profile_open(PG_GETARG_DATUM(0));
	int32		count = PG_GETARG_INT32(1);

	if (count < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the number of values must not be negative")));
	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < view->nvalues && i < count; i++)
	{
		const mlops_profile_value *v = &view->values[i];
		row			r = {.n = 0};

		put(&r, CStringGetTextDatum(mlops_profile_value_text(view, v)));
		put(&r, Int64GetDatum((int64) v->lower));
		put(&r, Int64GetDatum((int64) v->upper));
		put(&r, Float8GetDatum((double) v->lower / (double) view->rows));
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, r.value, r.isnull);
	}
	return (Datum) 0;
}
