/*
 * group_moments.c
 *		Aggregates group_moments(value, group) and merge(group_moments), and the
 *		transition functions of every test of means.
 *
 * Sums have twice the digits of a double, so order, plan and splits change
 * the last digits of the state but not what is made of it.
 */
#include "types/group_moments.h"

#include <math.h>

#include "access/detoast.h"
#include "nodes/execnodes.h"

MLOPS_FUNCTION(mlops_group_moments_accum_text);
MLOPS_FUNCTION(mlops_group_moments_accum_bool);
MLOPS_FUNCTION(mlops_group_moments_merge);
MLOPS_FUNCTION(mlops_group_moments_final);

/* The working state of this row, made by the first row of a group. */
static pg_noinline mlops_group_moments_work *
begin_row_slowly(FunctionCallInfo fcinfo)
{
	if (!AggCheckCallContext(fcinfo, NULL))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("support function of the aggregate group_moments called outside of an aggregate"),
				 errhint("Use mlops.group_moments(value, \"group\").")));
	if (PG_ARGISNULL(0))
		return mlops_group_moments_begin();
	return mlops_group_moments_load(PG_GETARG_DATUM(0));
}

static pg_attribute_always_inline mlops_group_moments_work *
begin_row(FunctionCallInfo fcinfo)
{
	if (likely(!PG_ARGISNULL(0) && fcinfo->context != NULL &&
			   (IsA(fcinfo->context, AggState) || IsA(fcinfo->context, WindowAggState))))
	{
		mlops_group_moments_work *w = (mlops_group_moments_work *) PG_GETARG_POINTER(0);

		if (likely(!VARATT_IS_EXTENDED(w) && w->head.working))
			return w;
	}
	return begin_row_slowly(fcinfo);
}

/* Rows without a label or without a finite value; false if this row has both. */
static pg_attribute_always_inline bool
left_out(FunctionCallInfo fcinfo, mlops_group_moments_work *w)
{
	mlops_left_out why;

	if (PG_ARGISNULL(2))
		why = MLOPS_LEFT_OUT_UNASSIGNED;
	else if (PG_ARGISNULL(1))
		why = MLOPS_LEFT_OUT_NULL;
	else
	{
		double		x = PG_GETARG_FLOAT8(1);

		if (likely(isfinite(x)))
			return false;
		why = isnan(x) ? MLOPS_LEFT_OUT_NAN : x > 0 ? MLOPS_LEFT_OUT_POSITIVE : MLOPS_LEFT_OUT_NEGATIVE;
	}
	mlops_group_moments_increment(&w->head.left_out[why]);
	return true;
}

static pg_attribute_always_inline void
add_value(mlops_mean3 *m, double x)
{
	if (unlikely(m->base.n == INT64_MAX))
		mlops_group_moments_out_of_range();
	mlops_mean3_add(m, x);
}

/* group_moments_accum(group_moments, float8, text) */
Datum
mlops_group_moments_accum_text(PG_FUNCTION_ARGS)
{
	mlops_group_moments_work *w = begin_row(fcinfo);
	struct varlena *raw;
	struct varlena *t;

	if (left_out(fcinfo, w))
		PG_RETURN_POINTER(w);
	raw = t = (struct varlena *) PG_GETARG_POINTER(2);
	if (VARATT_IS_EXTERNAL(raw) || VARATT_IS_COMPRESSED(raw))
		t = detoast_attr(raw);
	add_value(mlops_group_moments_find(&w, VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t)), PG_GETARG_FLOAT8(1));
	if (t != raw)
		pfree(t);
	PG_RETURN_POINTER(w);
}

/* group_moments_accum(group_moments, float8, is_current): groups "reference" and "current" */
Datum
mlops_group_moments_accum_bool(PG_FUNCTION_ARGS)
{
	mlops_group_moments_work *w = begin_row(fcinfo);

	if (left_out(fcinfo, w))
		PG_RETURN_POINTER(w);
	add_value(PG_GETARG_BOOL(2) ? mlops_group_moments_find(&w, "current", 7)
			  : mlops_group_moments_find(&w, "reference", 9), PG_GETARG_FLOAT8(1));
	PG_RETURN_POINTER(w);
}

/*
 * merge(group_moments, group_moments): the rows of both.  Also the combine
 * function of the aggregates and the transition function of
 * merge(group_moments); then the first argument is ours to change.
 */
Datum
mlops_group_moments_merge(PG_FUNCTION_ARGS)
{
	mlops_group_moments_work *w = (mlops_group_moments_work *) PG_GETARG_POINTER(0);
	bool		ours = AggCheckCallContext(fcinfo, NULL) != 0;
	mlops_group_list list;

	if (!ours || VARATT_IS_EXTENDED(w) || !w->head.working)
		w = mlops_group_moments_load(PG_GETARG_DATUM(0));
	mlops_group_moments_add(&w, PG_GETARG_DATUM(1));
	if (ours)
		PG_RETURN_POINTER(w);
	mlops_group_moments_open(PointerGetDatum(w), &list);
	PG_RETURN_POINTER(mlops_group_moments_make(&list));
}

/* The canonical form of a state, which stays as it is. */
Datum
mlops_group_moments_final(PG_FUNCTION_ARGS)
{
	mlops_group_list list;

	mlops_group_moments_open(PG_GETARG_DATUM(0), &list);
	PG_RETURN_POINTER(mlops_group_moments_make(&list));
}
