/*
 * histogram.c
 *		Aggregates histogram(value, binning) and merge(histogram).
 *
 * The transition state is a histogram (see histogram_state.h), changed in
 * place.  Counts are integers, so order, plan and splits do not matter and
 * the inverse transition is exact.
 */
#include "agg/histogram_state.h"

#include "access/detoast.h"
#include "nodes/execnodes.h"
#include "utils/timestamp.h"
#include "utils/timestamp.h"

MLOPS_FUNCTION(mlops_histogram_accum_float8);
MLOPS_FUNCTION(mlops_histogram_accum_text);
MLOPS_FUNCTION(mlops_histogram_accum_bool);
MLOPS_FUNCTION(mlops_histogram_accum_timestamptz);
MLOPS_FUNCTION(mlops_histogram_remove_float8);
MLOPS_FUNCTION(mlops_histogram_remove_text);
MLOPS_FUNCTION(mlops_histogram_remove_bool);
MLOPS_FUNCTION(mlops_histogram_remove_timestamptz);
MLOPS_FUNCTION(mlops_histogram_merge);
MLOPS_FUNCTION(mlops_histogram_unmerge);
MLOPS_FUNCTION(mlops_histogram_final);

/*
 * Is this the binning of the state?  Only its fingerprint, kind and size are
 * compared, so that a binning that lies in a row with a short header need not
 * be copied for every row; merging compares all of it.
 */
static inline bool
is_binning_of(const mlops_histogram *h, const mlops_binning *b)
{
	return b->fingerprint == h->binning.fingerprint && b->items == h->binning.items &&
		b->kind == h->binning.kind;
}

static bool
is_toasted_binning_of(const mlops_histogram *h, struct varlena *v)
{
	const size_t skip = offsetof(mlops_binning, version);
	mlops_binning head;

	if (VARATT_IS_EXTERNAL(v) || VARATT_IS_COMPRESSED(v))
		v = pg_detoast_datum_slice(v, 0, sizeof(mlops_binning) - skip);
	if (VARSIZE_ANY_EXHDR(v) < sizeof(mlops_binning) - skip)
		return false;
	memcpy((char *) &head + skip, VARDATA_ANY(v), sizeof(mlops_binning) - skip);
	return is_binning_of(h, &head);
}

static inline bool
in_aggregate(FunctionCallInfo fcinfo)
{
	return fcinfo->context != NULL &&
		(IsA(fcinfo->context, AggState) || IsA(fcinfo->context, WindowAggState));
}

/*
 * The working state of this row: made by the first row of a group, exchanged
 * for one with a lookup table when that pays.  The executor copies a new state
 * into the aggregate's memory.
 */
static pg_noinline mlops_histogram *
begin_row_slowly(FunctionCallInfo fcinfo, mlops_binning_kind kind)
{
	mlops_histogram *h;

	if (!in_aggregate(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("support function of the aggregate histogram called outside of an aggregate"),
				 errhint("Use mlops.histogram(value, binning).")));
	if (PG_ARGISNULL(2))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the binning of a histogram must not be NULL")));
	if (PG_ARGISNULL(0))
	{
		const mlops_binning *b = PG_GETARG_MLOPS_BINNING(2);

		mlops_histogram_check_kind(b, kind);
		return mlops_histogram_begin(b);
	}
	h = (mlops_histogram *) PG_GETARG_POINTER(0);
	if (VARATT_IS_EXTENDED(h) || !h->working)
		h = mlops_histogram_work(mlops_histogram_from_datum(PG_GETARG_DATUM(0)), false);
	if (!is_toasted_binning_of(h, (struct varlena *) PG_GETARG_POINTER(2)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the binning changes within a group"),
				 errhint("Give every row of a group the same binning, or group by what it depends on.")));
	mlops_histogram_check_kind(&h->binning, kind);
	if (mlops_histogram_wants_table(h))
		h = mlops_histogram_work(h, true);
	return h;
}

/* The same for all but the first rows, with as few steps as possible. */
static pg_attribute_always_inline mlops_histogram *
begin_row(FunctionCallInfo fcinfo, mlops_binning_kind kind)
{
	if (likely(in_aggregate(fcinfo) && !PG_ARGISNULL(0) && !PG_ARGISNULL(2)))
	{
		mlops_histogram *h = (mlops_histogram *) PG_GETARG_POINTER(0);
		const mlops_binning *b = (const mlops_binning *) PG_GETARG_POINTER(2);

		if (likely(!VARATT_IS_EXTENDED(h) && h->working && !VARATT_IS_EXTENDED(b) &&
				   is_binning_of(h, b) && b->kind == kind &&
				   mlops_histogram_get_scratch(h)->slots != 0))
			return h;
	}
	return begin_row_slowly(fcinfo, kind);
}

/* histogram_accum(histogram, float8, binning) */
Datum
mlops_histogram_accum_float8(PG_FUNCTION_ARGS)
{
	mlops_histogram *h = begin_row(fcinfo, MLOPS_BINNING_NUMERIC);

	mlops_histogram_increment(PG_ARGISNULL(1) ? &h->null_count :
							  mlops_histogram_number_counter(h, PG_GETARG_FLOAT8(1)));
	PG_RETURN_POINTER(h);
}

/* histogram_accum(histogram, timestamptz, binning): bins in seconds since 1970 */
Datum
mlops_histogram_accum_timestamptz(PG_FUNCTION_ARGS)
{
	mlops_histogram *h = begin_row(fcinfo, MLOPS_BINNING_NUMERIC);

	mlops_histogram_increment(PG_ARGISNULL(1) ? &h->null_count :
							  mlops_histogram_number_counter(h, mlops_timestamptz_seconds(PG_GETARG_TIMESTAMPTZ(1))));
	PG_RETURN_POINTER(h);
}

/* histogram_accum(histogram, text, binning) */
Datum
mlops_histogram_accum_text(PG_FUNCTION_ARGS)
{
	mlops_histogram *h = begin_row(fcinfo, MLOPS_BINNING_CATEGORICAL);

	mlops_histogram_increment(PG_ARGISNULL(1) ? &h->null_count :
							  mlops_histogram_text_counter(h, PG_GETARG_DATUM(1)));
	PG_RETURN_POINTER(h);
}

/* histogram_accum(histogram, boolean, binning): labels false and true */
Datum
mlops_histogram_accum_bool(PG_FUNCTION_ARGS)
{
	mlops_histogram *h = begin_row(fcinfo, MLOPS_BINNING_CATEGORICAL);

	mlops_histogram_increment(PG_ARGISNULL(1) ? &h->null_count :
							  mlops_histogram_bool_counter(h, PG_GETARG_BOOL(1)));
	PG_RETURN_POINTER(h);
}

/* The inverse of accum: the row was counted before, so its counter is not 0. */
static void
decrement(int64_t *count)
{
	if (*count <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a row is removed from a histogram that does not hold it")));
	(*count)--;
}

Datum
mlops_histogram_remove_float8(PG_FUNCTION_ARGS)
{
	mlops_histogram *h = begin_row(fcinfo, MLOPS_BINNING_NUMERIC);

	decrement(PG_ARGISNULL(1) ? &h->null_count :
			  mlops_histogram_number_counter(h, PG_GETARG_FLOAT8(1)));
	PG_RETURN_POINTER(h);
}

Datum
mlops_histogram_remove_timestamptz(PG_FUNCTION_ARGS)
{
	mlops_histogram *h = begin_row(fcinfo, MLOPS_BINNING_NUMERIC);

	decrement(PG_ARGISNULL(1) ? &h->null_count :
			  mlops_histogram_number_counter(h, mlops_timestamptz_seconds(PG_GETARG_TIMESTAMPTZ(1))));
	PG_RETURN_POINTER(h);
}

Datum
mlops_histogram_remove_text(PG_FUNCTION_ARGS)
{
	mlops_histogram *h = begin_row(fcinfo, MLOPS_BINNING_CATEGORICAL);

	decrement(PG_ARGISNULL(1) ? &h->null_count : mlops_histogram_text_counter(h, PG_GETARG_DATUM(1)));
	PG_RETURN_POINTER(h);
}

Datum
mlops_histogram_remove_bool(PG_FUNCTION_ARGS)
{
	mlops_histogram *h = begin_row(fcinfo, MLOPS_BINNING_CATEGORICAL);

	decrement(PG_ARGISNULL(1) ? &h->null_count : mlops_histogram_bool_counter(h, PG_GETARG_BOOL(1)));
	PG_RETURN_POINTER(h);
}

/*
 * Argument 0 as something that may be changed: the state itself inside an
 * aggregate, a copy outside.  After a parallel hop it can have a short header.
 */
static mlops_histogram *
get_target(FunctionCallInfo fcinfo)
{
	const mlops_histogram *h = PG_GETARG_MLOPS_HISTOGRAM(0);

	if ((Pointer) h == PG_GETARG_POINTER(0) && !AggCheckCallContext(fcinfo, NULL))
		return mlops_histogram_copy(h);
	return (mlops_histogram *) h;
}

/*
 * merge(histogram, histogram): the sum of both.  Also the combine function of
 * histogram() and the transition function of merge(histogram).
 */
Datum
mlops_histogram_merge(PG_FUNCTION_ARGS)
{
	mlops_histogram *a = get_target(fcinfo);
	const mlops_histogram *b = PG_GETARG_MLOPS_HISTOGRAM(1);

	mlops_histogram_check_same_binning(&a->binning, &b->binning);
	if (!mlops_histogram_add(a, b))
		mlops_histogram_out_of_range();
	if ((Pointer) b != PG_GETARG_POINTER(1))
		pfree((void *) b);
	PG_RETURN_POINTER(a);
}

/* The inverse of merge, for moving frames: every count of b is within a's. */
Datum
mlops_histogram_unmerge(PG_FUNCTION_ARGS)
{
	mlops_histogram *a = get_target(fcinfo);
	const mlops_histogram *b = PG_GETARG_MLOPS_HISTOGRAM(1);

	mlops_histogram_check_same_binning(&a->binning, &b->binning);
	if (!mlops_histogram_subtract(a, b))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a histogram is subtracted from one that does not hold it"),
				 errhint("Subtract only what was merged before.")));
	if ((Pointer) b != PG_GETARG_POINTER(1))
		pfree((void *) b);
	PG_RETURN_POINTER(a);
}

/* The result: the state without its scratch area. */
Datum
mlops_histogram_final(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(mlops_histogram_copy(PG_GETARG_MLOPS_HISTOGRAM(0)));
}
