/*
 * contingency.c
 *		Aggregates contingency(value, is_current) and merge(contingency), and
 *		the transition functions of every two-sample test of categories.
 *
 * Counts are integers, so order, plan and splits do not matter: the result is
 * the same bytes.
 */
#include "types/contingency.h"

#include "access/detoast.h"
#include "nodes/execnodes.h"

MLOPS_FUNCTION(mlops_contingency_accum_text);
MLOPS_FUNCTION(mlops_contingency_accum_bool);
MLOPS_FUNCTION(mlops_contingency_accum_one);
MLOPS_FUNCTION(mlops_contingency_merge);
MLOPS_FUNCTION(mlops_contingency_final);

/* The working state of this row, made by the first row of a group. */
static pg_noinline mlops_contingency_work *
begin_row_slowly(FunctionCallInfo fcinfo)
{
	if (!AggCheckCallContext(fcinfo, NULL))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("support function of the aggregate contingency called outside of an aggregate"),
				 errhint("Use mlops.contingency(value, is_current).")));
	if (PG_ARGISNULL(0))
		return mlops_contingency_begin();
	return mlops_contingency_load(PG_GETARG_DATUM(0));
}

static pg_attribute_always_inline mlops_contingency_work *
begin_row(FunctionCallInfo fcinfo)
{
	if (likely(!PG_ARGISNULL(0) && fcinfo->context != NULL &&
			   (IsA(fcinfo->context, AggState) || IsA(fcinfo->context, WindowAggState))))
	{
		mlops_contingency_work *w = (mlops_contingency_work *) PG_GETARG_POINTER(0);

		if (likely(!VARATT_IS_EXTENDED(w) && w->head.working))
			return w;
	}
	return begin_row_slowly(fcinfo);
}

/* Rows without a value or without a side; false if this row has both. */
static pg_attribute_always_inline bool
count_without_value(FunctionCallInfo fcinfo, mlops_contingency_work *w)
{
	if (likely(!PG_ARGISNULL(1) && !PG_ARGISNULL(2)))
		return false;
	mlops_contingency_increment(PG_ARGISNULL(2) ? &w->head.unassigned :
								&w->head.null_count[PG_GETARG_BOOL(2) ? MLOPS_CURRENT : MLOPS_REFERENCE]);
	return true;
}

static pg_attribute_always_inline mlops_contingency_work *
count_label(mlops_contingency_work *w, struct varlena *raw, int side)
{
	struct varlena *t = raw;
	int64_t    *count;

	if (VARATT_IS_EXTERNAL(raw) || VARATT_IS_COMPRESSED(raw))
		t = detoast_attr(raw);
	count = mlops_contingency_counts(&w, VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t));
	mlops_contingency_increment(&count[side]);
	if (t != raw)
		pfree(t);
	return w;
}

/* contingency_accum(contingency, text, is_current) */
Datum
mlops_contingency_accum_text(PG_FUNCTION_ARGS)
{
	mlops_contingency_work *w = begin_row(fcinfo);

	if (count_without_value(fcinfo, w))
		PG_RETURN_POINTER(w);
	PG_RETURN_POINTER(count_label(w, (struct varlena *) PG_GETARG_POINTER(1),
								  PG_GETARG_BOOL(2) ? MLOPS_CURRENT : MLOPS_REFERENCE));
}

/* arm_counts_accum(contingency, text): all rows are current */
Datum
mlops_contingency_accum_one(PG_FUNCTION_ARGS)
{
	mlops_contingency_work *w = begin_row(fcinfo);

	if (PG_ARGISNULL(1))
		mlops_contingency_increment(&w->head.null_count[MLOPS_CURRENT]);
	else
		w = count_label(w, (struct varlena *) PG_GETARG_POINTER(1), MLOPS_CURRENT);
	PG_RETURN_POINTER(w);
}

/* contingency_accum(contingency, boolean, is_current): categories "false" and "true" */
Datum
mlops_contingency_accum_bool(PG_FUNCTION_ARGS)
{
	mlops_contingency_work *w = begin_row(fcinfo);
	int64_t    *count;

	if (count_without_value(fcinfo, w))
		PG_RETURN_POINTER(w);
	count = PG_GETARG_BOOL(1) ? mlops_contingency_counts(&w, "true", 4)
		: mlops_contingency_counts(&w, "false", 5);
	mlops_contingency_increment(&count[PG_GETARG_BOOL(2) ? MLOPS_CURRENT : MLOPS_REFERENCE]);
	PG_RETURN_POINTER(w);
}

/*
 * merge(contingency, contingency): the rows of both.  Also the combine function
 * of the aggregates and the transition function of merge(contingency); then
 * the first argument is ours to change.
 */
Datum
mlops_contingency_merge(PG_FUNCTION_ARGS)
{
	mlops_contingency_work *w = (mlops_contingency_work *) PG_GETARG_POINTER(0);
	bool		ours = AggCheckCallContext(fcinfo, NULL) != 0;
	mlops_category_list list;

	if (!ours || VARATT_IS_EXTENDED(w) || !w->head.working)
		w = mlops_contingency_load(PG_GETARG_DATUM(0));
	mlops_contingency_add(&w, PG_GETARG_DATUM(1));
	if (ours)
		PG_RETURN_POINTER(w);
	mlops_contingency_open(PointerGetDatum(w), &list);
	PG_RETURN_POINTER(mlops_contingency_make(&list));
}

/* The canonical form of a state, which stays as it is. */
Datum
mlops_contingency_final(PG_FUNCTION_ARGS)
{
	mlops_category_list list;

	mlops_contingency_open(PG_GETARG_DATUM(0), &list);
	PG_RETURN_POINTER(mlops_contingency_make(&list));
}
