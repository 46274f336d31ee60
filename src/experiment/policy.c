/*
 * policy.c
 *		SQL functions: comparisons on the same rows, off-policy value,
 *		interleaving.
 */
#include "experiment/arms.h"
#include "experiment/arrays.h"
#include "experiment/comparison.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "drift/result.h"
#include "funcapi.h"
#include "kernel/experiment/compare.h"
#include "kernel/experiment/policy.h"
#include "utils/builtins.h"

MLOPS_FUNCTION(mlops_compare_paired);
MLOPS_FUNCTION(mlops_off_policy_value);
MLOPS_FUNCTION(mlops_compare_off_policy);
MLOPS_FUNCTION(mlops_interleaving_counts);
MLOPS_FUNCTION(mlops_interleaving_preferences);
MLOPS_FUNCTION(mlops_interleave_team_draft);
MLOPS_FUNCTION(mlops_transformed_outcome);

/* Items of a ranking; teams look them up one by one. */
#define RANKING_MAX 1000

static const char *const effect_word[] = {"absolute", "relative"};
static const char *const hypothesis_word[] = {"superiority", "non-inferiority", "equivalence"};
static const char *const relative_word[] = {"auto", "log-ratio", "fieller", "delta"};

static void
require(bool holds, const char *message, const char *hint)
{
	if (!holds)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s", message),
				 errhint("%s", hint)));
}

static int
choice(FunctionCallInfo fcinfo, int arg, int n, const char *const *word, const char *what, const char *hint)
{
	char	   *name = text_to_cstring(PG_GETARG_TEXT_PP(arg));

	for (int i = 0; i < n; i++)
		if (strcmp(name, word[i]) == 0)
			return i;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unrecognized %s \"%s\"", what, name),
			 errhint("%s", hint)));
}

/*
 * Arguments from `arg` on: effect, alternative, confidence, hypothesis, margin (NULL for
 * superiority), higher_is_better, relative_method.
 */
static mlops_question
get_question(FunctionCallInfo fcinfo, int arg)
{
	mlops_question q = {.factor = 1};

	for (int i = 0; i < 7; i++)
		if (i != 4 && PG_ARGISNULL(arg + i))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("argument %d must not be NULL", arg + i + 1),
					 errhint("Leave it out to get its default.")));
	q.scale = choice(fcinfo, arg, 2, effect_word, "effect", "Effects are \"absolute\" and \"relative\".");
	q.alternative = mlops_alternative_argument(text_to_cstring(PG_GETARG_TEXT_PP(arg + 1)));
	q.confidence = mlops_confidence_argument(PG_GETARG_FLOAT8(arg + 2));
	q.hypothesis = choice(fcinfo, arg + 3, 3, hypothesis_word, "hypothesis", "Hypotheses are \"superiority\", \"non-inferiority\" and \"equivalence\".");
	q.higher_is_better = PG_GETARG_BOOL(arg + 5);
	q.relative = choice(fcinfo, arg + 6, 4, relative_word, "relative method", "Methods are \"auto\", \"log-ratio\", \"fieller\" and \"delta\".");
	require(q.relative == MLOPS_RELATIVE_AUTO || q.scale == MLOPS_RELATIVE, "relative_method is for effect => 'relative' only", "Leave it out.");
	if (q.hypothesis == MLOPS_SUPERIORITY)
	{
		require(PG_ARGISNULL(arg + 4), "margin is for non-inferiority and equivalence only", "Leave it out.");
		return q;
	}
	require(q.alternative == MLOPS_TWO_SIDED, "alternative is for superiority only", "Leave it out.");
	require(!PG_ARGISNULL(arg + 4) && PG_GETARG_FLOAT8(arg + 4) > 0 && isfinite(PG_GETARG_FLOAT8(arg + 4)),
			"margin must be positive", "It is the effect that does not matter, on the scale of the effect.");
	q.margin = PG_GETARG_FLOAT8(arg + 4);
	require(q.hypothesis != MLOPS_EQUIVALENCE || q.confidence > 0.5, "confidence of an equivalence must be above 0.5",
			"Its interval has a confidence of 2 confidence - 1.");
	return q;
}

/* The answer, as a row; parts of the name that are NULL are left out. */
static Datum
answer_row(FunctionCallInfo fcinfo, const char *name, const mlops_effect *e, mlops_status status, const mlops_question *q,
		   const char *note, int64 n_excluded)
{
	mlops_comparison c;
	const char *part[3];
	char	   *variant = NULL;

	require(mlops_compare_effect(e, status, q, &c) != MLOPS_DOMAIN, "margin must be below 1 for the log-ratio method", "Use another relative_method.");
	part[0] = note;
	part[1] = c.variant;
	part[2] = q->hypothesis == MLOPS_SUPERIORITY ? NULL : hypothesis_word[q->hypothesis];
	for (int i = 0; i < lengthof(part); i++)
		if (part[i])
			variant = variant ? psprintf("%s, %s", variant, part[i]) : pstrdup(part[i]);
	c.variant = variant;
	return mlops_comparison_row(fcinfo, name, effect_word[q->scale], &c, n_excluded);
}

/* compare_paired(moments(treatment, control), effect, ...): both values are of the same rows */
Datum
mlops_compare_paired(PG_FUNCTION_ARGS)
{
	const mlops_moments *m = PG_ARGISNULL(0) ? NULL : PG_GETARG_MLOPS_MOMENTS(0);
	mlops_arm	rows = mlops_arm_of(m);
	mlops_question q = get_question(fcinfo, 1);
	mlops_effect e;
	mlops_status status;

	require(rows.variables == 0 || rows.variables == 2, "a paired comparison takes moments of two variables",
			"They are the treatment's and the control's value of the same row: mlops.moments(challenger_loss, champion_loss).");
	status = mlops_paired_effect(&rows, &e);
	return answer_row(fcinfo, "paired t", &e, status, &q, NULL, mlops_arm_excluded(m));
}

/* ---------------------------------------------------------------- off-policy */

static const char *const method_word[] = {"ips", "snips", "dr"};
static const char *const method_name[] = {"inverse propensity score", "self-normalised inverse propensity score", "doubly robust"};

/* By the method of an argument; NULL is the best there is a variable for. */
static mlops_off_policy_method
get_method(FunctionCallInfo fcinfo, int arg, const mlops_arm *log)
{
	int			method;

	require(log->variables == 0 || log->variables == MLOPS_LOG_VARIABLES || log->variables == MLOPS_LOG_VARIABLES_MODEL,
			"these moments are not of a log of a policy", "Make them with mlops.off_policy(reward, probability, propensity, ...).");
	if (PG_ARGISNULL(arg))
		return log->variables == MLOPS_LOG_VARIABLES_MODEL ? MLOPS_DR : MLOPS_SNIPS;
	method = choice(fcinfo, arg, 3, method_word, "method", "Methods are \"ips\", \"snips\" and \"dr\".");
	require(method != MLOPS_DR || log->variables != MLOPS_LOG_VARIABLES, "there are no values of a model for the doubly robust method",
			"Give mlops.off_policy() the model's value of the new policy and of the logged action.");
	return method;
}

static mlops_status
get_effect(mlops_off_policy_method method, const mlops_arm *log, mlops_log_weights *weights, mlops_effect *e)
{
	mlops_status status = mlops_off_policy_effect(method, log, weights, e);

	require(status != MLOPS_DOMAIN || e->reason != NULL, "the states have different caps, or are not of a log", "Merge only states of the same cap.");
	return status;
}

static const char *
cap_note(const mlops_log_weights *weights)
{
	return isfinite(weights->cap) ? psprintf("weights capped at %g", weights->cap) : NULL;
}

/* off_policy_value(moments, method, confidence) */
Datum
mlops_off_policy_value(PG_FUNCTION_ARGS)
{
	const mlops_moments *m = PG_ARGISNULL(0) ? NULL : PG_GETARG_MLOPS_MOMENTS(0);
	mlops_arm	log = mlops_arm_of(m);
	mlops_off_policy_method method = get_method(fcinfo, 1, &log);
	double		confidence;
	mlops_log_weights weights;
	mlops_effect e;
	mlops_comparison c;
	const char *note;
	TupleDesc	desc;
	Datum		value[11];
	bool		isnull[11] = {0};
	int			at = 0;

	require(!PG_ARGISNULL(2), "confidence must not be NULL", "Leave it out to get its default.");
	confidence = mlops_confidence_argument(PG_GETARG_FLOAT8(2));
	get_effect(method, &log, &weights, &e);
	/* the value itself, whatever the difference does */
	c = MLOPS_NO_COMPARISON(e.n_control, e.n_treatment);
	c.estimate = e.treatment;
	c.standard_error = sqrt(e.v_treatment / (double) log.n);
	c.reason = isnan(e.treatment) || isnan(e.v_treatment) ? e.reason : NULL;
	if (c.reason == NULL)
		mlops_compare_by_t((double) log.n - 1, 0, MLOPS_TWO_SIDED, confidence, &c);
	note = cap_note(&weights);
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE || desc->natts != lengthof(value))
		elog(ERROR, "return type must be a row of %d columns", (int) lengthof(value));
	value[at++] = CStringGetTextDatum(note ? psprintf("%s, %s", method_name[method], note) : method_name[method]);
	for (const double *x = (double[]) {c.estimate, c.lower, c.upper, c.standard_error}; at < 5; x++, at++)
		value[at] = mlops_float8_or_null(*x, &isnull[at]);
	value[at++] = Int64GetDatum(log.n);
	for (const double *x = (double[]) {weights.effective_rows, weights.mean}; at < 8; x++, at++)
		value[at] = mlops_float8_or_null(*x, &isnull[at]);
	isnull[at] = isnan(weights.capped);
	value[at++] = Int64GetDatum(isnan(weights.capped) ? 0 : (int64) weights.capped);
	value[at++] = Int64GetDatum(mlops_arm_excluded(m));
	isnull[at] = c.reason == NULL;
	value[at] = c.reason ? CStringGetTextDatum(c.reason) : (Datum) 0;
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), value, isnull));
}

/* compare_off_policy(moments, method, effect, ...): the new policy against the logged one */
Datum
mlops_compare_off_policy(PG_FUNCTION_ARGS)
{
	const mlops_moments *m = PG_ARGISNULL(0) ? NULL : PG_GETARG_MLOPS_MOMENTS(0);
	mlops_arm	log = mlops_arm_of(m);
	mlops_off_policy_method method = get_method(fcinfo, 1, &log);
	mlops_question q = get_question(fcinfo, 2);
	mlops_log_weights weights;
	mlops_effect e;
	mlops_status status = get_effect(method, &log, &weights, &e);

	return answer_row(fcinfo, method_name[method], &e, status, &q, cap_note(&weights), mlops_arm_excluded(m));
}

/* ---------------------------------------------------------------- interleaving */

/* interleaving_test(wins_control, wins_treatment, ties, alternative, confidence) */
Datum
mlops_interleaving_counts(PG_FUNCTION_ARGS)
{
	int64		control = PG_GETARG_INT64(0);
	int64		treatment = PG_GETARG_INT64(1);
	int64		ties = PG_GETARG_INT64(2);
	mlops_alternative alternative = mlops_alternative_argument(text_to_cstring(PG_GETARG_TEXT_PP(3)));
	double		confidence = mlops_confidence_argument(PG_GETARG_FLOAT8(4));
	mlops_comparison c;
	mlops_status status;

	require(control >= 0 && treatment >= 0 && ties >= 0 && control <= INT64CONST(500000000000000) && treatment <= INT64CONST(500000000000000),
			"wins and ties must be counts", "They are numbers of queries or users, at most 5e14.");
	status = mlops_sign_comparison((double) control, (double) treatment, alternative, confidence, &c);
	if (status != MLOPS_OK && status != MLOPS_EMPTY)
		elog(ERROR, "sign test failed");
	return mlops_comparison_row(fcinfo, "sign test", "preference", &c, ties);
}

/* interleaving_test(moments of one preference a user, alternative, confidence) */
Datum
mlops_interleaving_preferences(PG_FUNCTION_ARGS)
{
	const mlops_moments *m = PG_GETARG_MLOPS_MOMENTS(0);
	mlops_alternative alternative = mlops_alternative_argument(text_to_cstring(PG_GETARG_TEXT_PP(1)));
	double		confidence = mlops_confidence_argument(PG_GETARG_FLOAT8(2));
	double		n = (double) m->n;
	mlops_comparison c = MLOPS_NO_COMPARISON(n, n);

	require(m->variables <= 1, "preferences are moments of one variable", "One row is one user: (wins of the treatment - wins of the control) / queries.");
	if (m->n >= 1)
		c.estimate = mlops_moments_mean(m)[0];
	if (m->n < 2)
		c.reason = m->n == 0 ? "no users" : "fewer than two users";
	else
	{
		c.standard_error = sqrt(mlops_moments_comoment(m)[0] / (n - 1) / n);
		mlops_compare_by_t(n - 1, 0, alternative, confidence, &c);
	}
	return mlops_comparison_row(fcinfo, "t of preferences", "preference", &c, mlops_arm_excluded(m));
}

/* Numbers for the items of a text[]: their first place in `items`, to which new ones are added. */
static int *
number_items(ArrayType *array, const char *name, text **items, int *n_items, int *n)
{
	Datum	   *item;
	bool	   *isnull;
	int		   *id;

	if (ARR_NDIM(array) > 1)
		mlops_array_length(array, name);	/* the error */
	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &item, &isnull, n);
	if (*n > RANKING_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("a ranking of %d items is too long", *n),
				 errdetail("At most %d are possible.", RANKING_MAX)));
	id = palloc(Max(*n, 1) * sizeof(int));
	for (int i = 0; i < *n; i++)
	{
		text	   *t;
		int			j = 0;

		if (isnull[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("%s has a NULL element", name),
					 errhint("Each element is an item, the best first.")));
		t = DatumGetTextPP(item[i]);
		while (j < *n_items && (VARSIZE_ANY_EXHDR(items[j]) != VARSIZE_ANY_EXHDR(t) ||
								memcmp(VARDATA_ANY(items[j]), VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t)) != 0))
			j++;
		if (j == *n_items)
			items[(*n_items)++] = t;
		id[i] = j;
	}
	return id;
}

/* team_draft(ranking_a, ranking_b, seed, length) */
Datum
mlops_interleave_team_draft(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *set = (ReturnSetInfo *) fcinfo->resultinfo;
	text	  **items = palloc(2 * RANKING_MAX * sizeof(text *));
	int			n_items = 0;
	int			na;
	int			nb;
	int		   *a = number_items(PG_GETARG_ARRAYTYPE_P(0), "ranking_a", items, &n_items, &na);
	int		   *b = number_items(PG_GETARG_ARRAYTYPE_P(1), "ranking_b", items, &n_items, &nb);
	int			length = PG_GETARG_INT32(3);
	int		   *item = palloc(Max(n_items, 1) * sizeof(int));
	int		   *team = palloc(Max(n_items, 1) * sizeof(int));
	int			places;

	require(length >= 0, "length must not be negative", "It is the number of places to fill.");
	places = mlops_team_draft(na, a, nb, b, n_items, (uint64) PG_GETARG_INT64(2), Min(length, n_items), palloc(Max(n_items, 1) * sizeof(bool)), item, team);
	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < places; i++)
	{
		Datum		value[3] = {Int32GetDatum(i + 1), PointerGetDatum(items[item[i]]), CStringGetTextDatum(team[i] == 0 ? "a" : "b")};
		bool		isnull[3] = {0};

		tuplestore_putvalues(set->setResult, set->setDesc, value, isnull);
	}
	return (Datum) 0;
}

/* transformed_outcome(outcome, treated, propensity): its mean given x is the effect of the treatment given x */
Datum
mlops_transformed_outcome(PG_FUNCTION_ARGS)
{
	double		y = PG_GETARG_FLOAT8(0);
	bool		treated = PG_GETARG_BOOL(1);
	double		e = PG_GETARG_FLOAT8(2);

	require(e > 0 && e < 1, "the propensity must be between 0 and 1", "It is the probability with which this unit was treated.");
	PG_RETURN_FLOAT8(treated ? y / e : -y / (1 - e));
}
