/*
 * moments.c
 *		Aggregates moments(x1 [, ... x8]) and merge(moments).
 *
 * The transition state is the value itself, changed in place.  Sums of
 * products are floating point: another order or split of the rows changes the
 * last digits, so there is no moving-aggregate mode.
 */
#include "types/moments.h"

#include <math.h>

MLOPS_FUNCTION(mlops_moments_accum);
MLOPS_FUNCTION(mlops_moments_merge);
MLOPS_FUNCTION(mlops_moments_final);

static void
count_row(int64_t *count)
{
	if (*count == INT64_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("number of rows of moments is out of range")));
	(*count)++;
}

/*
 * moments_accum(moments, float8 x 1..8): a row with a NULL or with NaN or
 * infinity in any variable is only counted (complete cases).
 */
Datum
mlops_moments_accum(PG_FUNCTION_ARGS)
{
	int			k = PG_NARGS() - 1;
	mlops_moments *m;
	double		x[MLOPS_COMOMENTS_MAX];
	bool		has_null = false;
	bool		finite = true;

	if (!AggCheckCallContext(fcinfo, NULL))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("support function of the aggregate moments called outside of an aggregate"),
				 errhint("Use mlops.moments(x1, ...).")));
	if (PG_ARGISNULL(0))
		m = mlops_moments_empty(k);
	else if (likely(!VARATT_IS_EXTENDED(PG_GETARG_POINTER(0))))
		m = (mlops_moments *) PG_GETARG_POINTER(0);
	else
		m = (mlops_moments *) PG_GETARG_MLOPS_MOMENTS(0);
	if (k < 1 || k != m->variables)
		elog(ERROR, "moments of %d variables cannot take a row of %d", m->variables, k);
	for (int i = 0; i < k; i++)
	{
		if (PG_ARGISNULL(i + 1))
			has_null = true;
		else
		{
			x[i] = PG_GETARG_FLOAT8(i + 1);
			finite &= isfinite(x[i]) != 0;
		}
	}
	if (has_null)
		count_row(&m->null_rows);
	else if (!finite)
		count_row(&m->nonfinite_rows);
	else
	{
		mlops_comoments_add(k, m->n, mlops_moments_mean(m), mlops_moments_comoment(m), x);
		count_row(&m->n);
	}
	PG_RETURN_POINTER(m);
}

/*
 * merge(moments, moments): the rows of both.  Also the combine function of
 * moments() and the transition function of merge(moments).
 */
Datum
mlops_moments_merge(PG_FUNCTION_ARGS)
{
	const mlops_moments *arg = PG_GETARG_MLOPS_MOMENTS(0);
	const mlops_moments *b = PG_GETARG_MLOPS_MOMENTS(1);
	mlops_moments *a = (mlops_moments *) arg;

	/* Outside of an aggregate the argument belongs to somebody else. */
	if ((Pointer) arg == PG_GETARG_POINTER(0) && !AggCheckCallContext(fcinfo, NULL))
	{
		a = palloc(VARSIZE(arg));
		memcpy(a, arg, VARSIZE(arg));
	}
	if (a->variables != b->variables)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("moments of %d and of %d variables cannot be merged", a->variables, b->variables),
				 errhint("Merge only moments of the same variables, in the same order.")));
	if (!mlops_moments_add(a, b))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("number of rows of moments is out of range")));
	PG_RETURN_POINTER(a);
}

/* The result: a plain copy, since the state may go on (window frames). */
Datum
mlops_moments_final(PG_FUNCTION_ARGS)
{
	const mlops_moments *m = PG_GETARG_MLOPS_MOMENTS(0);
	mlops_moments *copy = palloc(VARSIZE(m));

	memcpy(copy, m, VARSIZE(m));
	PG_RETURN_POINTER(copy);
}
