/*
 * compare.c
 *		compare(control, treatment, ...): the effect of a treatment from the
 *		moments of two arms.
 */
#include "experiment/arms.h"
#include "experiment/comparison.h"

#include "fmgr.h"
#include "utils/builtins.h"

MLOPS_FUNCTION(mlops_sql_compare);

/* Where the arguments of compare() are. */
enum
{
	ARG_CONTROL,
	ARG_TREATMENT,
	ARG_METRIC,
	ARG_EFFECT,
	ARG_INFERENCE,
	ARG_ALTERNATIVE,
	ARG_CONFIDENCE,
	ARG_HYPOTHESIS,
	ARG_MARGIN,
	ARG_HIGHER_IS_BETTER,
	ARG_RELATIVE_METHOD,
	ARG_THETA,
	ARG_TOTAL_USERS,
	ARG_TRAFFIC,
	ARG_DAYS
};

/* One of the words, by its place; the default for NULL where there is one (>= 0). */
static int
choice(FunctionCallInfo fcinfo, int arg, const char *what, int when_null, int n, const char *const *word,
	   const char *hint)
{
	char	   *name;

	if (PG_ARGISNULL(arg))
	{
		if (when_null >= 0)
			return when_null;
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not be null", what),
				 errhint("%s", hint)));
	}
	name = text_to_cstring(PG_GETARG_TEXT_PP(arg));
	for (int i = 0; i < n; i++)
		if (strcmp(name, word[i]) == 0)
			return i;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unrecognized %s \"%s\"", what, name),
			 errhint("%s", hint)));
}

/* An argument that has no meaning here. */
static void
refuse(FunctionCallInfo fcinfo, int arg, const char *name, const char *when)
{
	if (!PG_ARGISNULL(arg))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s is for %s only", name, when),
				 errhint("Leave it out.")));
}

static double
positive(FunctionCallInfo fcinfo, int arg, const char *name, const char *when)
{
	double		x;

	if (PG_ARGISNULL(arg))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s is needed for %s", name, when)));
	x = PG_GETARG_FLOAT8(arg);
	if (!(x > 0) || isinf(x))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be positive and finite", name)));
	return x;
}

static const char *const effect_word[] = {"absolute", "relative", "scaled"};
static const char *const hypothesis_word[] = {"superiority", "non-inferiority", "equivalence"};

static void
get_scale(FunctionCallInfo fcinfo, mlops_question *q)
{
	static const char *const relative_word[] = {"auto", "log-ratio", "fieller", "delta"};
	const char *scaled = "effect => 'scaled'";

	q->scale = choice(fcinfo, ARG_EFFECT, "effect", -1, 3, effect_word,
					  "Effects are \"absolute\", \"relative\" and \"scaled\".");
	q->relative = choice(fcinfo, ARG_RELATIVE_METHOD, "relative method", MLOPS_RELATIVE_AUTO, 4, relative_word,
						 "Methods are \"auto\", \"log-ratio\", \"fieller\" and \"delta\".");
	if (q->scale != MLOPS_RELATIVE)
		refuse(fcinfo, ARG_RELATIVE_METHOD, "relative_method", "effect => 'relative'");
	if (q->scale == MLOPS_SCALED)
	{
		double		traffic = positive(fcinfo, ARG_TRAFFIC, "traffic", scaled);

		if (traffic > 1)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("traffic must be a share between 0 and 1")));
		q->factor = positive(fcinfo, ARG_TOTAL_USERS, "total_users", scaled) / traffic /
			positive(fcinfo, ARG_DAYS, "days", scaled);
	}
	else
	{
		refuse(fcinfo, ARG_TOTAL_USERS, "total_users", scaled);
		refuse(fcinfo, ARG_TRAFFIC, "traffic", scaled);
		refuse(fcinfo, ARG_DAYS, "days", scaled);
	}
}

static void
get_hypothesis(FunctionCallInfo fcinfo, mlops_question *q)
{
	static const char *const alternative_word[] = {"two-sided", "greater", "less"};

	q->hypothesis = choice(fcinfo, ARG_HYPOTHESIS, "hypothesis", -1, 3, hypothesis_word,
						   "Hypotheses are \"superiority\", \"non-inferiority\" and \"equivalence\".");
	q->alternative = choice(fcinfo, ARG_ALTERNATIVE, "alternative", MLOPS_TWO_SIDED, 3, alternative_word,
							"Alternatives are \"two-sided\", \"greater\" and \"less\".");
	if (q->hypothesis == MLOPS_SUPERIORITY)
		refuse(fcinfo, ARG_MARGIN, "margin", "non-inferiority and equivalence");
	else
	{
		refuse(fcinfo, ARG_ALTERNATIVE, "alternative", "superiority");
		q->margin = positive(fcinfo, ARG_MARGIN, "margin", "non-inferiority and equivalence");
	}
	if (q->hypothesis != MLOPS_NON_INFERIORITY)
		refuse(fcinfo, ARG_HIGHER_IS_BETTER, "higher_is_better", "non-inferiority");
	q->higher_is_better = PG_ARGISNULL(ARG_HIGHER_IS_BETTER) || PG_GETARG_BOOL(ARG_HIGHER_IS_BETTER);
	if (PG_ARGISNULL(ARG_CONFIDENCE))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("confidence must not be null")));
	q->confidence = mlops_confidence_argument(PG_GETARG_FLOAT8(ARG_CONFIDENCE));
	if (q->hypothesis == MLOPS_EQUIVALENCE && !(q->confidence > 0.5))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("confidence of an equivalence must be above 0.5"),
				 errdetail("Its interval has a confidence of 2 confidence - 1.")));
}

/* theta has a meaning with covariates only. */
static mlops_theta
get_theta(FunctionCallInfo fcinfo, mlops_metric metric, int variables)
{
	static const char *const theta_word[] = {"within", "pooled"};
	mlops_theta theta = choice(fcinfo, ARG_THETA, "theta", MLOPS_THETA_WITHIN, 2, theta_word,
							   "theta is \"within\" or \"pooled\".");

	if (variables > 0 && variables <= (metric == MLOPS_METRIC_RATIO ? 2 : 1))
		refuse(fcinfo, ARG_THETA, "theta", "moments with covariates");
	return theta;
}

/* "name, part, part": what was done, in the order of doing it */
static const char *
describe(int n, const char *const *part)
{
	char	   *all = NULL;

	for (int i = 0; i < n; i++)
		if (part[i])
			all = all ? psprintf("%s, %s", all, part[i]) : pstrdup(part[i]);
	return all;
}

/* compare(control moments, treatment moments, ...) */
Datum
mlops_sql_compare(PG_FUNCTION_ARGS)
{
	static const char *const inference_word[] = {"fixed"};
	const mlops_moments *m[2];
	mlops_arm	arm[2];
	mlops_question q = {0};
	mlops_metric metric;
	mlops_theta theta;
	mlops_effect e;
	mlops_comparison c;
	mlops_status status;
	int			variables = 0;

	for (int i = 0; i < 2; i++)
	{
		m[i] = PG_ARGISNULL(i) ? NULL : PG_GETARG_MLOPS_MOMENTS(i);
		arm[i] = mlops_arm_of(m[i]);
		variables = Max(variables, arm[i].variables);
	}
	if (PG_ARGISNULL(ARG_METRIC))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("metric must not be null")));
	metric = mlops_metric_argument(text_to_cstring(PG_GETARG_TEXT_PP(ARG_METRIC)));
	choice(fcinfo, ARG_INFERENCE, "inference", -1, 1, inference_word, "The inference is \"fixed\".");
	get_scale(fcinfo, &q);
	get_hypothesis(fcinfo, &q);
	theta = get_theta(fcinfo, metric, variables);
	mlops_check_arms(m[0], m[1], metric);
	if (metric == MLOPS_METRIC_PROPORTION)
		metric = MLOPS_METRIC_MEAN;

	status = mlops_effect_of(&arm[0], &arm[1], metric, theta, palloc(mlops_effect_work(variables) * sizeof(double) + 1), &e);
	status = mlops_compare_effect(&e, status, &q, &c);
	if (status == MLOPS_DOMAIN)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("margin must be below 1 for the log-ratio method")));
	c.variant = describe(4, (const char *const[]) {e.variant, c.variant, e.caution,
		q.hypothesis == MLOPS_SUPERIORITY ? NULL : hypothesis_word[q.hypothesis]});
	return mlops_comparison_row(fcinfo, metric == MLOPS_METRIC_RATIO ? "Welch t of ratios" : "Welch t",
								effect_word[q.scale], &c, mlops_arm_excluded(m[0]) + mlops_arm_excluded(m[1]));
}
