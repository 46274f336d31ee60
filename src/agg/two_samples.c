/*
 * two_samples.c
 *		Aggregates over rows of two sides: the reconstruction errors of a PCA, and
 *		random Fourier features for the maximum mean discrepancy.
 *
 * The transition state is the value itself, changed in place.  For features it
 * also holds the frequencies, which follow from seed and dimension: combine, final,
 * output and send leave them out.
 */
#include "types/two_samples.h"

#include <math.h>

#include "types/features.h"
#include "types/pca.h"

MLOPS_FUNCTION(mlops_pca_accum);
MLOPS_FUNCTION(mlops_mmd_accum);
MLOPS_FUNCTION(mlops_two_samples_merge);
MLOPS_FUNCTION(mlops_two_samples_final);

static void
count_row(int64_t *count)
{
	if (*count == INT64_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("number of rows of two samples is out of range")));
	(*count)++;
}

/* An empty state; frequencies of `dimension` dimensions have their room. */
static mlops_two_samples *
empty(int kind, uint32 dimension)
{
	Size		size = mlops_two_samples_size(kind, dimension);
	mlops_two_samples *s = palloc(size);

	mlops_two_samples_prepare(s, kind);
	SET_VARSIZE(s, size);
	return s;
}

/* The state of argument 0, or NULL; error outside of an aggregate. */
static mlops_two_samples *
get_state(FunctionCallInfo fcinfo, const char *aggregate)
{
	if (!AggCheckCallContext(fcinfo, NULL))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("support function of the aggregate %s called outside of an aggregate", aggregate)));
	if (PG_ARGISNULL(0))
		return NULL;
	if (likely(!VARATT_IS_EXTENDED(PG_GETARG_POINTER(0))))
		return (mlops_two_samples *) PG_GETARG_POINTER(0);
	return (mlops_two_samples *) PG_GETARG_MLOPS_TWO_SAMPLES(0);
}

/* pca_accum(two_samples, model pca, features float8[] or real[], is_current boolean) */
Datum
mlops_pca_accum(PG_FUNCTION_ARGS)
{
	mlops_two_samples *s = get_state(fcinfo, "pca_test");
	mlops_pca_view view;
	double	   *x;
	double		residual[MLOPS_COMOMENTS_MAX];
	double		error;
	mlops_row_kind kind;
	mlops_moments *m;

	if (s == NULL)
		s = empty(MLOPS_SAMPLES_NUMBERS, 0);
	if (PG_ARGISNULL(3))
	{
		count_row(&s->unassigned);
		PG_RETURN_POINTER(s);
	}
	m = mlops_two_samples_side(s, PG_GETARG_BOOL(3));
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
	{
		count_row(&m->null_rows);
		PG_RETURN_POINTER(s);
	}
	view = mlops_pca_view_of(PG_GETARG_MLOPS_PCA(1));
	kind = mlops_features_expect(PG_GETARG_ARRAYTYPE_P(2), view.k, &x);
	error = kind == MLOPS_ROW_FINITE ? mlops_pca_error(&view, x, residual) : 0;
	if (kind == MLOPS_ROW_NULL)
		count_row(&m->null_rows);
	else if (kind == MLOPS_ROW_NONFINITE || isnan(error))
		count_row(&m->nonfinite_rows);
	else
	{
		mlops_comoments_add(1, m->n, mlops_moments_mean(m), mlops_moments_comoment(m), &error);
		count_row(&m->n);
	}
	PG_RETURN_POINTER(s);
}

/*
 * Bandwidth and seed of this row: those of the first row become those of the
 * state, all others must be the same.
 */
static mlops_two_samples *
same_kernel(FunctionCallInfo fcinfo, mlops_two_samples *s)
{
	double		bandwidth = PG_ARGISNULL(3) ? NAN : PG_GETARG_FLOAT8(3);
	int64		seed = PG_NARGS() > 4 && !PG_ARGISNULL(4) ? PG_GETARG_INT64(4) : 0;

	if (!(bandwidth > 0) || isinf(bandwidth))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the bandwidth must be a positive number"),
				 errhint("The median distance of two reference rows is a good one: mlops.mmd_bandwidth().")));
	if (PG_NARGS() > 4 && PG_ARGISNULL(4))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the seed must not be NULL")));
	if (s == NULL)
	{
		s = empty(MLOPS_SAMPLES_FOURIER, 0);
		s->bandwidth = bandwidth;
		s->seed = seed;
	}
	else if (s->bandwidth != bandwidth || s->seed != seed)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("bandwidth and seed must be the same for all rows")));
	return s;
}

/* The state with the frequencies for rows of this dimension, moved to have room for them. */
static mlops_two_samples *
draw_frequencies(mlops_two_samples *s, uint32 dimension)
{
	mlops_two_samples *larger = empty(MLOPS_SAMPLES_FOURIER, dimension);
	Size		head = mlops_two_samples_size(MLOPS_SAMPLES_FOURIER, 0);
	double	   *work = palloc((Size) dimension * MLOPS_MMD_FREQUENCIES * sizeof(double));

	memcpy((char *) larger + VARHDRSZ, (char *) s + VARHDRSZ, head - VARHDRSZ);
	larger->working = 1;
	larger->dimension = dimension;
	mlops_mmd_frequencies((uint64) s->seed, dimension, mlops_two_samples_omega(larger), work);
	pfree(work);
	return larger;
}

/*
 * mmd_accum(two_samples, features float8[] or real[], is_current boolean,
 * bandwidth float8 [, seed bigint])
 */
Datum
mlops_mmd_accum(PG_FUNCTION_ARGS)
{
	mlops_two_samples *s = same_kernel(fcinfo, get_state(fcinfo, "mmd_test"));
	ArrayType  *features = PG_ARGISNULL(1) ? NULL : PG_GETARG_ARRAYTYPE_P(1);
	double		feature[2 * MLOPS_MMD_FREQUENCIES];
	mlops_row_kind kind = MLOPS_ROW_NULL;
	mlops_moments *m;

	if (PG_ARGISNULL(2))
	{
		count_row(&s->unassigned);
		PG_RETURN_POINTER(s);
	}
	if (features != NULL)
	{
		uint32		dimension = mlops_features_count(features, MLOPS_FEATURES_MAX);
		double	   *x;

		if (s->dimension > 0 && s->dimension != dimension)
			mlops_features_mismatch(dimension, s->dimension);
		if (!s->working)
			s = draw_frequencies(s, dimension);
		kind = mlops_features_expect(features, dimension, &x);
		if (kind == MLOPS_ROW_FINITE &&
			!mlops_mmd_features(dimension, mlops_two_samples_omega(s), s->bandwidth, x, feature))
			kind = MLOPS_ROW_NONFINITE;
	}
	m = mlops_two_samples_side(s, PG_GETARG_BOOL(2));
	if (kind == MLOPS_ROW_NULL)
		count_row(&m->null_rows);
	else if (kind == MLOPS_ROW_NONFINITE)
		count_row(&m->nonfinite_rows);
	else
	{
		mlops_comoments_add(m->variables, m->n, mlops_moments_mean(m), mlops_moments_comoment(m), feature);
		count_row(&m->n);
	}
	PG_RETURN_POINTER(s);
}

/* A copy without the frequencies. */
static mlops_two_samples *
plain_copy(const mlops_two_samples *s)
{
	mlops_two_samples *copy = empty(s->kind, 0);
	Size		size = VARSIZE(copy);

	memcpy(copy, s, size);
	SET_VARSIZE(copy, size);
	copy->working = 0;
	return copy;
}

/*
 * merge(two_samples, two_samples): the rows of both.  Also the combine function of
 * the aggregates and the transition function of merge(two_samples).
 */
Datum
mlops_two_samples_merge(PG_FUNCTION_ARGS)
{
	const mlops_two_samples *arg = PG_GETARG_MLOPS_TWO_SAMPLES(0);
	const mlops_two_samples *b = PG_GETARG_MLOPS_TWO_SAMPLES(1);
	mlops_two_samples *a = (mlops_two_samples *) arg;
	const char *why;

	/* Outside of an aggregate the argument belongs to somebody else. */
	if (arg->working || ((Pointer) arg == PG_GETARG_POINTER(0) && !AggCheckCallContext(fcinfo, NULL)))
		a = plain_copy(arg);
	why = mlops_two_samples_add(a, b);
	if (why != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("these samples cannot be merged"),
				 errdetail("In the two values, %s.", why)));
	PG_RETURN_POINTER(a);
}

/* The result: a plain copy, since the state may go on (window frames). */
Datum
mlops_two_samples_final(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(plain_copy(PG_GETARG_MLOPS_TWO_SAMPLES(0)));
}
