/*
 * balance.c
 *		SQL functions: are the arms equal before the exposure, and are outcomes
 *		missing equally often in all of them?
 */
#include "types/moments.h"

#include <math.h>

#include "access/htup_details.h"
#include "drift/result.h"
#include "funcapi.h"
#include "kernel/categories/gof.h"
#include "kernel/categories/sparse.h"
#include "kernel/categories/twobytwo.h"
#include "kernel/groups/anova.h"
#include "miscadmin.h"
#include "types/contingency.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/tuplestore.h"

MLOPS_FUNCTION(mlops_balance_test);
MLOPS_FUNCTION(mlops_attrition_test);

#define BALANCE_COLUMNS 15
#define ATTRITION_COLUMNS 18

/* The moments of the arms, all of the same variables. */
typedef struct arm_moments
{
	const mlops_moments **arm;
	int			n;
	int			variables;
	int64		excluded;		/* rows with a NULL, NaN or infinity */
} arm_moments;

static void
open_arms(ArrayType *array, arm_moments *a)
{
	int16		length;
	bool		byval;
	char		align;
	Datum	   *item;
	bool	   *isnull;

	get_typlenbyvalalign(ARR_ELEMTYPE(array), &length, &byval, &align);
	deconstruct_array(array, ARR_ELEMTYPE(array), length, byval, align, &item, &isnull, &a->n);
	a->arm = palloc(sizeof(*a->arm) * Max(a->n, 1));
	a->variables = 0;
	a->excluded = 0;
	for (int i = 0; i < a->n; i++)
	{
		if (isnull[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("arms must not contain nulls")));
		a->arm[i] = mlops_moments_from_datum(item[i]);
		a->excluded += a->arm[i]->null_rows + a->arm[i]->nonfinite_rows;
		if (a->arm[i]->variables == 0)
			continue;
		if (a->variables == 0)
			a->variables = a->arm[i]->variables;
		else if (a->variables != a->arm[i]->variables)
			ereport(ERROR,
					(errcode(ERRCODE_DATATYPE_MISMATCH),
					 errmsg("moments of different variables cannot be compared"),
					 errdetail("One arm has %d variables, another %d.", a->variables, a->arm[i]->variables),
					 errhint("Aggregate all arms with the same arguments of mlops.moments().")));
	}
}

typedef struct balance
{
	mlops_group_test test;
	double		difference;		/* largest between two arms, in standard deviations within the arms */
	int			high;			/* the two, from 1 */
	int			low;
	double		p_adjusted;
} balance;

static void
test_variable(const arm_moments *a, int variable, mlops_mean3 *group, balance *b)
{
	double		within = 0;
	double		df = 0;

	*b = (balance) {.difference = (double) NAN, .p_adjusted = (double) NAN};
	for (int i = 0; i < a->n; i++)
	{
		const mlops_moments *m = a->arm[i];

		group[i] = (mlops_mean3) {0};
		if (m->variables == 0 || m->n == 0)
			continue;
		group[i].base.n = m->n;
		group[i].base.mean.hi = mlops_moments_mean(m)[variable];
		group[i].base.m2.hi = mlops_moments_comoment(m)[mlops_comoment_at(m->variables, variable, variable)];
		within += group[i].base.m2.hi;
		df += (double) (m->n - 1);
		if (b->high == 0 || group[i].base.mean.hi > group[b->high - 1].base.mean.hi)
			b->high = i + 1;
		if (b->low == 0 || group[i].base.mean.hi < group[b->low - 1].base.mean.hi)
			b->low = i + 1;
	}
	/* moments hold no cubes: Welch's F as it is */
	mlops_welch_anova(group, a->n, &b->test);
	if (within > 0 && df > 0 && isfinite(within))
		b->difference = (group[b->high - 1].base.mean.hi - group[b->low - 1].base.mean.hi) / sqrt(within / df);
}

/* The p-values that exist, adjusted for their number. */
static void
adjust(balance *b, int n, mlops_adjustment method)
{
	double	   *p = palloc(sizeof(double) * n);
	double	   *adjusted = palloc(sizeof(double) * n);
	double	   *work = palloc(sizeof(double) * n);
	size_t	   *order = palloc(sizeof(size_t) * 2 * n);
	int			used = 0;

	for (int i = 0; i < n; i++)
		if (!isnan(b[i].test.p))
			p[used++] = fmin(b[i].test.p, 1);
	if (mlops_adjust_p(method, p, used, adjusted, order, work) != MLOPS_OK)
		elog(ERROR, "p-values could not be adjusted");
	used = 0;
	for (int i = 0; i < n; i++)
		if (!isnan(b[i].test.p))
			b[i].p_adjusted = adjusted[used++];
}

/* balance_test(moments[], adjustment): one row a variable */
Datum
mlops_balance_test(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	mlops_adjustment method = mlops_adjustment_argument(text_to_cstring(PG_GETARG_TEXT_PP(1)));
	arm_moments a;
	mlops_mean3 *group;
	balance    *b;

	InitMaterializedSRF(fcinfo, 0);
	open_arms(PG_GETARG_ARRAYTYPE_P(0), &a);
	group = palloc(sizeof(mlops_mean3) * Max(a.n, 1));
	b = palloc(sizeof(balance) * Max(a.variables, 1));
	for (int v = 0; v < a.variables; v++)
	{
		CHECK_FOR_INTERRUPTS();
		test_variable(&a, v, group, &b[v]);
	}
	adjust(b, a.variables, method);
	for (int v = 0; v < a.variables; v++)
	{
		const mlops_group_test *t = &b[v].test;
		const double number[] = {t->statistic, t->df1, t->df2, t->p, t->ln_p, b[v].p_adjusted};
		Datum		value[BALANCE_COLUMNS];
		bool		isnull[BALANCE_COLUMNS] = {false};
		int			at = 0;

		value[at++] = Int32GetDatum(v + 1);
		value[at++] = CStringGetTextDatum("balance_test, Welch");
		for (int i = 0; i < lengthof(number); i++, at++)
			value[at] = mlops_float8_or_null(number[i], &isnull[at]);
		value[at++] = Int64GetDatum((int64) t->n);
		value[at++] = Int32GetDatum((int32) t->groups);
		value[at] = mlops_float8_or_null(b[v].difference, &isnull[at]);
		at++;
		isnull[at] = isnull[at + 1] = isnan(b[v].difference);
		value[at++] = Int32GetDatum(b[v].high);
		value[at++] = Int32GetDatum(b[v].low);
		value[at++] = Int64GetDatum(a.excluded);
		isnull[at] = t->reason == NULL;
		value[at++] = t->reason ? CStringGetTextDatum(t->reason) : (Datum) 0;
		Assert(at == BALANCE_COLUMNS);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, value, isnull);
	}
	return (Datum) 0;
}

/* Units with an outcome and without, per arm; NULL arms are left out. */
typedef struct attrition
{
	double	   *kept;
	double	   *missing;
	int			k;
	double		n_kept;
	double		n_missing;
	int			most;			/* arm with the largest share of missing ones */
	int			least;
} attrition;

static void
open_attrition(const mlops_category_list *list, attrition *a)
{
	*a = (attrition) {.kept = palloc(sizeof(double) * Max(list->n, 2)), .missing = palloc(sizeof(double) * Max(list->n, 2)),
		.k = (int) list->n};
	for (int i = 0; i < a->k; i++)
	{
		double		share;

		a->kept[i] = (double) list->item[i].count[MLOPS_REFERENCE];
		a->missing[i] = (double) list->item[i].count[MLOPS_CURRENT];
		a->n_kept += a->kept[i];
		a->n_missing += a->missing[i];
		share = a->missing[i] / (a->kept[i] + a->missing[i]);
		if (share > a->missing[a->most] / (a->kept[a->most] + a->missing[a->most]))
			a->most = i;
		if (share < a->missing[a->least] / (a->kept[a->least] + a->missing[a->least]))
			a->least = i;
	}
}

static void
test_attrition(const attrition *a, mlops_test *t)
{
	double		n = a->n_kept + a->n_missing;
	mlops_status status;

	*t = MLOPS_NO_TEST(a->n_kept, a->n_missing);
	if (a->k < 2)
	{
		t->reason = a->k < 1 ? "no units" : "one arm";
		return;
	}
	if (a->n_missing == 0 || a->n_kept == 0)
	{
		t->reason = a->n_missing == 0 ? "no outcome is missing" : "every outcome is missing";
		return;
	}
	status = mlops_chi2_test(a->kept, a->missing, a->k, NULL, t);
	if (status == MLOPS_OK && a->k == 2 && n <= MLOPS_FISHER_MAX_ROWS &&
		mlops_table_is_sparse(a->kept, a->missing, a->k, a->n_kept, a->n_missing))
	{
		mlops_test	exact;

		if (mlops_fisher_test(&(mlops_twobytwo) {a->kept[1], a->kept[0], a->missing[1], a->missing[0]}, &exact) == MLOPS_OK)
		{
			t->p = exact.p;
			t->ln_p = exact.ln_p;
			t->variant = "Fisher";
		}
	}
	else if (t->variant == NULL)
		t->variant = "chi-square";
}

/* attrition_test(contingency): arm x (outcome is there, is missing) */
Datum
mlops_attrition_test(PG_FUNCTION_ARGS)
{
	mlops_category_list list;
	attrition	a;
	mlops_test	t;
	TupleDesc	desc;
	Datum		value[ATTRITION_COLUMNS];
	bool		isnull[ATTRITION_COLUMNS] = {false};
	int			at = 0;

	mlops_contingency_open(PG_GETARG_DATUM(0), &list);
	open_attrition(&list, &a);
	test_attrition(&a, &t);
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE || desc->natts != ATTRITION_COLUMNS)
		elog(ERROR, "return type must be mlops.attrition_result");
	desc = BlessTupleDesc(desc);

	value[at++] = CStringGetTextDatum(t.variant ? psprintf("attrition_test, %s", t.variant) : "attrition_test");
	value[at] = mlops_float8_or_null(t.statistic, &isnull[at]);
	at++;
	value[at] = mlops_float8_or_null(t.df, &isnull[at]);
	at++;
	value[at] = mlops_float8_or_null(t.p, &isnull[at]);
	at++;
	value[at] = mlops_float8_or_null(t.ln_p, &isnull[at]);
	at++;
	value[at++] = Int64GetDatum((int64) (a.n_kept + a.n_missing));
	value[at++] = Int64GetDatum((int64) a.n_missing);
	value[at++] = Int32GetDatum(a.k);
	value[at] = mlops_float8_or_null(t.effect, &isnull[at]);
	at++;
	value[at] = mlops_float8_or_null(t.effect_lower, &isnull[at]);
	at++;
	value[at] = mlops_float8_or_null(t.effect_upper, &isnull[at]);
	at++;
	isnull[at] = t.measure == NULL;
	value[at++] = t.measure ? CStringGetTextDatum(t.measure) : (Datum) 0;
	for (int i = 0; i < 2; i++)
	{
		int			arm = i == 0 ? a.most : a.least;

		isnull[at] = isnull[at + 1] = a.k < 1;
		if (a.k > 0)
		{
			value[at] = PointerGetDatum(cstring_to_text_with_len(list.item[arm].label, list.item[arm].length));
			value[at + 1] = Float8GetDatum(a.missing[arm] / (a.kept[arm] + a.missing[arm]));
		}
		at += 2;
	}
	/* rows without an arm, and those of which is not known whether the outcome is missing */
	value[at++] = Int64GetDatum(list.null_count[0] + list.null_count[1] + list.unassigned);
	isnull[at] = t.reason == NULL;
	value[at] = t.reason ? CStringGetTextDatum(t.reason) : (Datum) 0;
	Assert(at + 1 == ATTRITION_COLUMNS);
	return HeapTupleGetDatum(heap_form_tuple(desc, value, isnull));
}
