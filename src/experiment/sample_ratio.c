/*
 * sample_ratio.c
 *		SQL functions: sample ratio tests of counts, of arms counted in a query,
 *		and of evidence that is looked at again and again.
 */
#include "types/sample_ratio.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "drift/result.h"
#include "funcapi.h"
#include "types/contingency.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

MLOPS_FUNCTION(mlops_sample_ratio_test_counts);
MLOPS_FUNCTION(mlops_sample_ratio_test_arms);
MLOPS_FUNCTION(mlops_sample_ratio_test_evidence);

#define SAMPLE_RATIO_COLUMNS 16

static Datum
text_or_null(const char *s, bool *isnull)
{
	*isnull = s == NULL;
	return s ? CStringGetTextDatum(s) : (Datum) 0;
}

/* A row of type mlops.sample_ratio_result; arm is NULL or the name of t->arm. */
static Datum
result_row(FunctionCallInfo fcinfo, const mlops_sample_ratio *t, const char *arm, int64 n_excluded)
{
	const double number[] = {t->statistic, t->df, t->p, t->ln_p};
	const double effect[] = {t->effect, t->effect_lower, t->effect_upper};
	const double share[] = {t->observed, t->planned};
	TupleDesc	desc;
	Datum		value[SAMPLE_RATIO_COLUMNS];
	bool		isnull[SAMPLE_RATIO_COLUMNS] = {false};
	int			at = 0;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE || desc->natts != SAMPLE_RATIO_COLUMNS)
		elog(ERROR, "return type must be mlops.sample_ratio_result");
	desc = BlessTupleDesc(desc);
	value[at++] = CStringGetTextDatum(t->variant ? psprintf("sample_ratio_test, %s", t->variant) : "sample_ratio_test");
	for (int i = 0; i < lengthof(number); i++, at++)
		value[at] = mlops_float8_or_null(number[i], &isnull[at]);
	value[at++] = Int64GetDatum((int64) t->n);
	value[at++] = Int32GetDatum((int32) t->arms);
	for (int i = 0; i < lengthof(effect); i++, at++)
		value[at] = mlops_float8_or_null(effect[i], &isnull[at]);
	value[at] = text_or_null(isnan(t->effect) ? NULL : "Cohen's w", &isnull[at]);
	at++;
	value[at] = text_or_null(isnan(t->observed) ? NULL : arm, &isnull[at]);
	at++;
	for (int i = 0; i < lengthof(share); i++, at++)
		value[at] = mlops_float8_or_null(share[i], &isnull[at]);
	value[at++] = Int64GetDatum(n_excluded);
	value[at] = text_or_null(t->reason, &isnull[at]);
	Assert(at + 1 == SAMPLE_RATIO_COLUMNS);
	return HeapTupleGetDatum(heap_form_tuple(desc, value, isnull));
}

static mlops_sample_ratio_method
method_argument(text *name)
{
	static const char *const method[] = {"auto", "chi-square", "exact", "corrected"};
	char	   *s = text_to_cstring(name);

	for (int i = 0; i < lengthof(method); i++)
		if (strcmp(s, method[i]) == 0)
			return (mlops_sample_ratio_method) i;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unrecognized method \"%s\"", s),
			 errhint("Methods are \"auto\", \"chi-square\", \"exact\" and \"corrected\".")));
}

static _Noreturn void
bad_arguments(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid sample ratio"),
			 errdetail("Counts are not negative and at most 1e15 in all, weights finite and not negative, one of them above 0; there are 1 to %d arms.",
					   MLOPS_SAMPLE_RATIO_MAX_ARMS),
			 errhint("Weights are planned shares, one for each arm; they need not sum to 1.")));
}

static void
run_test(const double *count, const double *weight, int k, mlops_sample_ratio_method method, mlops_sample_ratio *t)
{
	mlops_status status = mlops_sample_ratio_test(count, weight, k, method, palloc(3 * sizeof(double) * Max(k, 1)), t);

	if (status == MLOPS_DOMAIN)
		bad_arguments();
	if (status == MLOPS_NOCONVERGE)
		elog(ERROR, "sample ratio test did not converge");
}

/* sample_ratio_test(counts, weights, method): weights NULL are equal ones */
Datum
mlops_sample_ratio_test_counts(PG_FUNCTION_ARGS)
{
	int			k;
	int			weights;
	double	   *count;
	double	   *weight;
	mlops_sample_ratio t;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(2))
		PG_RETURN_NULL();
	count = mlops_sample_ratio_numbers(PG_GETARG_ARRAYTYPE_P(0), "counts", &k);
	if (PG_ARGISNULL(1))
	{
		weights = k;
		weight = palloc(sizeof(double) * Max(k, 1));
		for (int i = 0; i < k; i++)
			weight[i] = 1;
	}
	else
		weight = mlops_sample_ratio_numbers(PG_GETARG_ARRAYTYPE_P(1), "weights", &weights);
	if (weights != k)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("number of weights does not fit the number of counts"),
				 errdetail("There are %d weights and %d counts.", weights, k),
				 errhint("Give the arms in the same order in both; an arm that nobody is to see has the weight 0.")));
	run_test(count, weight, k, method_argument(PG_GETARG_TEXT_PP(2)), &t);
	return result_row(fcinfo, &t, psprintf("%d", (int) t.arm + 1), 0);
}

typedef struct arm_list
{
	const char **name;
	int		   *length;
	double	   *count;
	double	   *weight;
	int			n;
	int			room;
} arm_list;

static int
add_arm(arm_list *a, const char *name, int length)
{
	if (a->n == a->room)
	{
		a->room = Max(8, 2 * a->room);
		a->name = a->n ? repalloc(a->name, a->room * sizeof(char *)) : palloc(a->room * sizeof(char *));
		a->length = a->n ? repalloc(a->length, a->room * sizeof(int)) : palloc(a->room * sizeof(int));
		a->count = a->n ? repalloc(a->count, a->room * sizeof(double)) : palloc(a->room * sizeof(double));
		a->weight = a->n ? repalloc(a->weight, a->room * sizeof(double)) : palloc(a->room * sizeof(double));
	}
	a->name[a->n] = name;
	a->length[a->n] = length;
	a->count[a->n] = a->weight[a->n] = 0;
	return a->n++;
}

static _Noreturn void
bad_weights(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("weights must be an object of numbers"),
			 errhint("Write the planned shares by arm: '{\"control\": 0.5, \"treatment\": 0.5}'.")));
}

/* The arms and weights of {"control": 0.5, ...}. */
static void
read_weights(Jsonb *json, arm_list *a)
{
	JsonbIterator *it = JsonbIteratorInit(&json->root);
	JsonbValue	v;
	JsonbIteratorToken token;

	if (!JB_ROOT_IS_OBJECT(json))
		bad_weights();
	while ((token = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
			add_arm(a, v.val.string.val, v.val.string.len);
		else if (token == WJB_VALUE)
		{
			if (v.type != jbvNumeric)
				bad_weights();
			a->weight[a->n - 1] = DatumGetFloat8(DirectFunctionCall1(numeric_float8, NumericGetDatum(v.val.numeric)));
		}
	}
	if (a->n == 0)
		bad_weights();
}

/* sample_ratio_test(contingency, weights, method): the current rows; arms without a weight are planned at 0 */
Datum
mlops_sample_ratio_test_arms(PG_FUNCTION_ARGS)
{
	mlops_category_list list;
	arm_list	a = {0};
	mlops_sample_ratio t;
	int64		excluded;

	mlops_contingency_open(PG_GETARG_DATUM(0), &list);
	read_weights(PG_GETARG_JSONB_P(1), &a);
	excluded = list.null_count[MLOPS_CURRENT];
	for (uint32_t i = 0; i < list.n; i++)
	{
		const mlops_category *c = &list.item[i];
		int			at = 0;

		if (c->count[MLOPS_CURRENT] == 0)
			continue;
		while (at < a.n && !(a.length[at] == c->length && memcmp(a.name[at], c->label, c->length) == 0))
			at++;
		if (at == a.n)
			at = add_arm(&a, c->label, c->length);
		a.count[at] = (double) c->count[MLOPS_CURRENT];
		if (a.n > MLOPS_SAMPLE_RATIO_MAX_ARMS)
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("too many arms"),
					 errdetail("At most %d are possible.", MLOPS_SAMPLE_RATIO_MAX_ARMS),
					 errhint("Count the arm of each unit, not the unit: mlops.arm_counts(arm).")));
	}
	run_test(a.count, a.weight, a.n, method_argument(PG_GETARG_TEXT_PP(2)), &t);
	return result_row(fcinfo, &t, isnan(t.observed) ? NULL : pnstrdup(a.name[t.arm], a.length[t.arm]), excluded);
}

/* sample_ratio_test(evidence): p that may be looked at any time; statistic is ln of the evidence now */
Datum
mlops_sample_ratio_test_evidence(PG_FUNCTION_ARGS)
{
	const mlops_sample_ratio_evidence *e = mlops_sample_ratio_from_datum(PG_GETARG_DATUM(0));
	double	   *count = palloc(sizeof(double) * e->arms);
	double	   *weight = palloc(sizeof(double) * e->arms);
	mlops_sample_ratio t;

	for (uint32_t i = 0; i < e->arms; i++)
	{
		count[i] = (double) e->arm[i].count;
		weight[i] = e->arm[i].weight;
	}
	/* shares and effect of this phase; the evidence is of all of them */
	run_test(count, weight, e->arms, MLOPS_SAMPLE_RATIO_CHI2, &t);
	t.statistic = mlops_sample_ratio_ln_now(e);
	t.df = (double) NAN;
	t.ln_p = -e->ln_max;
	t.p = exp(t.ln_p);
	t.n += (double) e->closed_units;
	t.variant = "sequential";
	if (t.n == 0)
		t.statistic = t.p = t.ln_p = (double) NAN;
	else if (!isinf(e->ln_max))
		t.reason = NULL;
	else
		t.reason = "units in an arm that is planned to have none";
	return result_row(fcinfo, &t, isnan(t.observed) ? NULL : psprintf("%d", (int) t.arm + 1), 0);
}
