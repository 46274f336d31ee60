/*
 * uplift.c
 *		SQL functions: uplift curve and the areas below it.
 */
#include "experiment/arms.h"
#include "experiment/comparison.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "drift/result.h"
#include "funcapi.h"
#include "kernel/experiment/uplift.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"

MLOPS_FUNCTION(mlops_uplift_curve_rows);
MLOPS_FUNCTION(mlops_uplift_summary_row);

typedef struct uplift
{
	mlops_uplift_group *group;
	int			groups;
	int64		n_excluded;
} uplift;

static int
by_score(const void *x, const void *y)
{
	double		a = ((const mlops_uplift_group *) x)->score;
	double		b = ((const mlops_uplift_group *) y)->score;

	return (a < b) - (a > b);
}

static mlops_outcomes
outcomes_of(const mlops_moments *m)
{
	if (m == NULL || m->n == 0)
		return (mlops_outcomes) {0};
	if (m->variables != 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("outcomes are moments of one variable, not of %d", m->variables),
				 errhint("Use mlops.moments(outcome).")));
	return (mlops_outcomes) {(double) m->n, mlops_moments_mean(m)[0], mlops_moments_comoment(m)[0]};
}

/* Arguments: scores, control, treatment: one element for each group of units with the same score. */
static uplift
get_groups(FunctionCallInfo fcinfo)
{
	uplift		u = {0};
	Datum	   *item[3];
	bool	   *isnull[3];
	int			n[3];

	for (int i = 0; i < 3; i++)
	{
		ArrayType  *a = PG_GETARG_ARRAYTYPE_P(i);

		if (ARR_NDIM(a) > 1)
			ereport(ERROR,
					(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
					 errmsg("arrays of groups must have one dimension"),
					 errhint("Give one element for each score.")));
		deconstruct_array(a, ARR_ELEMTYPE(a), i == 0 ? (int) sizeof(float8) : -1, i == 0 ? FLOAT8PASSBYVAL : false, TYPALIGN_DOUBLE,
						  &item[i], &isnull[i], &n[i]);
		if (n[i] != n[0])
			ereport(ERROR,
					(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
					 errmsg("the arrays differ in length: %d and %d", n[0], n[i]),
					 errhint("Give one element for each score, NULL for an arm that has no units there.")));
	}
	u.group = palloc(Max(n[0], 1) * sizeof(*u.group));
	for (int i = 0; i < n[0]; i++)
	{
		const mlops_moments *c = isnull[1][i] ? NULL : mlops_moments_from_datum(item[1][i]);
		const mlops_moments *t = isnull[2][i] ? NULL : mlops_moments_from_datum(item[2][i]);
		mlops_uplift_group g = {isnull[0][i] ? NAN : DatumGetFloat8(item[0][i]), outcomes_of(c), outcomes_of(t)};

		u.n_excluded += mlops_arm_excluded(c) + mlops_arm_excluded(t);
		if (!isfinite(g.score))
			u.n_excluded += (int64) (g.control.n + g.treatment.n);
		else if (g.control.n + g.treatment.n > 0)
			u.group[u.groups++] = g;
	}
	CHECK_FOR_INTERRUPTS();
	qsort(u.group, u.groups, sizeof(*u.group), by_score);
	u.groups = mlops_uplift_join(u.groups, u.group);
	return u;
}

/* uplift_curve(scores, control, treatment, confidence) */
Datum
mlops_uplift_curve_rows(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *set = (ReturnSetInfo *) fcinfo->resultinfo;
	double		confidence = mlops_confidence_argument(PG_GETARG_FLOAT8(3));
	uplift		u = get_groups(fcinfo);
	mlops_uplift_point *point = palloc(Max(u.groups, 1) * sizeof(*point));

	if (mlops_uplift_curve(u.groups, u.group, confidence, point) != MLOPS_OK)
		elog(ERROR, "uplift curve failed");
	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < u.groups; i++)
	{
		const mlops_uplift_point *p = &point[i];
		const mlops_comparison *e = &p->effect;
		const double number[] = {e->control, e->treatment, e->estimate, e->lower, e->upper, e->standard_error, p->gain, p->qini};
		Datum		value[13];
		bool		isnull[13] = {0};
		int			at = 0;

		value[at++] = Float8GetDatum(p->score);
		value[at++] = Float8GetDatum(p->share);
		value[at++] = Int64GetDatum((int64) e->n_control);
		value[at++] = Int64GetDatum((int64) e->n_treatment);
		for (int j = 0; j < lengthof(number); j++, at++)
			value[at] = mlops_float8_or_null(number[j], &isnull[at]);
		isnull[at] = e->reason == NULL;
		value[at] = e->reason ? CStringGetTextDatum(e->reason) : (Datum) 0;
		tuplestore_putvalues(set->setResult, set->setDesc, value, isnull);
	}
	return (Datum) 0;
}

/* uplift_summary(scores, control, treatment) */
Datum
mlops_uplift_summary_row(PG_FUNCTION_ARGS)
{
	uplift		u = get_groups(fcinfo);
	mlops_uplift_point *point = palloc(Max(u.groups, 1) * sizeof(*point));
	mlops_uplift_summary s;
	TupleDesc	desc;
	Datum		value[9];
	bool		isnull[9] = {0};
	const char *reason = NULL;
	int			at = 0;

	if (mlops_uplift_curve(u.groups, u.group, 0.95, point) != MLOPS_OK)
		elog(ERROR, "uplift curve failed");
	if (mlops_uplift_areas(u.groups, point, &s) != MLOPS_OK)
		reason = u.groups == 0 ? "no units" : point[u.groups - 1].effect.reason;
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE || desc->natts != lengthof(value))
		elog(ERROR, "return type must be a row of %d columns", (int) lengthof(value));
	for (const double *x = (double[]) {s.uplift, s.auuc, s.auuc_random, s.qini}; at < 4; x++, at++)
		value[at] = mlops_float8_or_null(*x, &isnull[at]);
	value[at++] = Int64GetDatum(u.groups > 0 ? (int64) point[u.groups - 1].effect.n_control : 0);
	value[at++] = Int64GetDatum(u.groups > 0 ? (int64) point[u.groups - 1].effect.n_treatment : 0);
	value[at++] = Int32GetDatum(u.groups);
	value[at++] = Int64GetDatum(u.n_excluded);
	isnull[at] = reason == NULL;
	value[at] = reason ? CStringGetTextDatum(reason) : (Datum) 0;
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), value, isnull));
}
