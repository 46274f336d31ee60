/*
 * moments.c
 *		Aggregates moments(x1 [, ... x8]), moments(array) and merge(moments).
 *
 * The transition state is the value itself, changed in place.  Sums of
 * products are floating point: another order or split of the rows changes the
 * last digits, so there is no moving-aggregate mode.
 */
#include "types/moments.h"

#include <math.h>

#include "types/features.h"

MLOPS_FUNCTION(mlops_moments_accum);
MLOPS_FUNCTION(mlops_moments_accum_array);
MLOPS_FUNCTION(mlops_moments_merge);
MLOPS_FUNCTION(mlops_moments_subtract);
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

/* The state of argument 0, or an empty one of k variables; an error outside of an aggregate. */
static mlops_moments *
get_state(FunctionCallInfo fcinfo, int k)
{
	if (!AggCheckCallContext(fcinfo, NULL))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("support function of the aggregate moments called outside of an aggregate"),
				 errhint("Use mlops.moments(x1, ...).")));
	if (PG_ARGISNULL(0))
		return mlops_moments_empty(k);
	if (likely(!VARATT_IS_EXTENDED(PG_GETARG_POINTER(0))))
		return (mlops_moments *) PG_GETARG_POINTER(0);
	return (mlops_moments *) PG_GETARG_MLOPS_MOMENTS(0);
}

/*
 * moments_accum(moments, float8 x 1..8): a row with a NULL or with NaN or
 * infinity in any variable is only counted (complete cases).
 */
Datum
mlops_moments_accum(PG_FUNCTION_ARGS)
{
	int			k = PG_NARGS() - 1;
	mlops_moments *m = get_state(fcinfo, k);
	double		x[MLOPS_COMOMENTS_MAX];
	bool		has_null = false;
	bool		finite = true;

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

/* A state of no variables, which knows only NULL rows, gets to know how many there are. */
static mlops_moments *
give_variables(mlops_moments *m, int k)
{
	mlops_moments *larger = mlops_moments_empty(k);

	larger->null_rows = m->null_rows;
	return larger;
}

/*
 * moments_accum(moments, float8[] or real[]): one array a row, all of one
 * length; NULL instead of an array is a row with a NULL.
 */
Datum
mlops_moments_accum_array(PG_FUNCTION_ARGS)
{
	mlops_moments *m = get_state(fcinfo, 0);
	double		x[MLOPS_COMOMENTS_MAX];
	ArrayType  *a;
	int			k;

	if (PG_ARGISNULL(1))
	{
		count_row(&m->null_rows);
		PG_RETURN_POINTER(m);
	}
	a = PG_GETARG_ARRAYTYPE_P(1);
	k = mlops_features_count(a, MLOPS_COMOMENTS_MAX);
	if (m->variables == 0)
		m = give_variables(m, k);
	else if (k != m->variables)
		mlops_features_mismatch(k, m->variables);
	switch (mlops_features_get(a, x))
	{
		case MLOPS_ROW_NULL:
			count_row(&m->null_rows);
			break;
		case MLOPS_ROW_NONFINITE:
			count_row(&m->nonfinite_rows);
			break;
		case MLOPS_ROW_FINITE:
			mlops_comoments_add(k, m->n, mlops_moments_mean(m), mlops_moments_comoment(m), x);
			count_row(&m->n);
			break;
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
	if (a->variables == 0 && b->variables > 0)
		a = give_variables(a, b->variables);
	if (a->variables != b->variables && b->variables > 0)
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

/* subtract(moments, moments): the rows of the first without those of the second. */
Datum
mlops_moments_subtract(PG_FUNCTION_ARGS)
{
	const mlops_moments *from = PG_GETARG_MLOPS_MOMENTS(0);
	const mlops_moments *b = PG_GETARG_MLOPS_MOMENTS(1);
	mlops_moments *a = palloc(VARSIZE(from));
	const char *why;

	memcpy(a, from, VARSIZE(from));
	if (a->variables != b->variables && b->variables > 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("moments of %d variables cannot be subtracted from those of %d", b->variables, a->variables),
				 errhint("Subtract only moments of the same variables, in the same order.")));
	why = mlops_moments_take(a, b);
	if (why)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the moments to be subtracted are not of a part of the rows"),
				 errdetail("After that, %s.", why),
				 errhint("Only rows that were added before can be subtracted.")));
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
