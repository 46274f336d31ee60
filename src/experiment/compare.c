/*
 * compare.c
 *		compare(control, treatment, ...): the effect of a treatment from the
 *		moments of two arms, or of two arms in each stratum.
 */
#include "experiment/arms.h"
#include "experiment/comparison.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "kernel/experiment/bayes.h"
#include "kernel/experiment/proportions.h"
#include "kernel/experiment/strata.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

MLOPS_FUNCTION(mlops_sql_compare);
MLOPS_FUNCTION(mlops_sql_compare_strata);

/* GrowthBook's defaults, with its least number of units for a result. */
#define DEFAULT_PLANNED_N 5000
#define DEFAULT_MIN_UNITS 100

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
	ARG_DAYS,
	ARG_PLANNED_N,
	ARG_MIXING_VARIANCE,
	ARG_MIN_UNITS,
	ARG_PRIOR_MEAN,
	ARG_PRIOR_SD,
	ARG_SHARES
};

typedef enum inference_kind
{
	FIXED,
	SEQUENTIAL,
	BAYESIAN
} inference_kind;

/* What is asked, and how it is answered. */
typedef struct request
{
	mlops_metric metric;
	inference_kind inference;
	mlops_question question;
	mlops_theta theta;
	mlops_sequence sequence;
	double		prior_mean;		/* of the relative effect */
	double		prior_sd;
} request;

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
get_hypothesis(FunctionCallInfo fcinfo, inference_kind inference, mlops_question *q)
{
	static const char *const alternative_word[] = {"two-sided", "greater", "less"};
	const char *margins = "non-inferiority and equivalence";

	q->hypothesis = choice(fcinfo, ARG_HYPOTHESIS, "hypothesis", -1, 3, hypothesis_word,
						   "Hypotheses are \"superiority\", \"non-inferiority\" and \"equivalence\".");
	q->alternative = choice(fcinfo, ARG_ALTERNATIVE, "alternative", MLOPS_TWO_SIDED, 3, alternative_word,
							"Alternatives are \"two-sided\", \"greater\" and \"less\".");
	if (inference == BAYESIAN)
		refuse(fcinfo, ARG_ALTERNATIVE, "alternative", "fixed and sequential inference");
	if (inference == BAYESIAN && q->hypothesis != MLOPS_SUPERIORITY)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s has no Bayesian answer", hypothesis_word[q->hypothesis]),
				 errhint("Take the fixed or the sequential inference.")));
	if (q->hypothesis == MLOPS_SUPERIORITY)
		refuse(fcinfo, ARG_MARGIN, "margin", margins);
	else
	{
		refuse(fcinfo, ARG_ALTERNATIVE, "alternative", "superiority");
		q->margin = positive(fcinfo, ARG_MARGIN, "margin", margins);
	}
	if (q->hypothesis != MLOPS_NON_INFERIORITY && inference != BAYESIAN)
		refuse(fcinfo, ARG_HIGHER_IS_BETTER, "higher_is_better", "non-inferiority and Bayesian inference");
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

/* The arguments of the sequential inference: of a mixture that stays the same over all looks. */
static void
get_sequence(FunctionCallInfo fcinfo, request *r)
{
	const char *when = "inference => 'sequential'";

	if (r->inference != SEQUENTIAL)
	{
		refuse(fcinfo, ARG_PLANNED_N, "planned_n", when);
		refuse(fcinfo, ARG_MIXING_VARIANCE, "mixing_variance", when);
		refuse(fcinfo, ARG_MIN_UNITS, "min_units", when);
		return;
	}
	if (!PG_ARGISNULL(ARG_MIXING_VARIANCE))
	{
		refuse(fcinfo, ARG_PLANNED_N, "planned_n", "the sequence without a mixing_variance");
		r->sequence.method = MLOPS_SEQUENCE_MSPRT;
		r->sequence.tuning = positive(fcinfo, ARG_MIXING_VARIANCE, "mixing_variance", when);
	}
	else
		r->sequence.tuning = PG_ARGISNULL(ARG_PLANNED_N) ? DEFAULT_PLANNED_N :
			positive(fcinfo, ARG_PLANNED_N, "planned_n", when);
	r->sequence.min_units = PG_ARGISNULL(ARG_MIN_UNITS) ? DEFAULT_MIN_UNITS : PG_GETARG_FLOAT8(ARG_MIN_UNITS);
	if (!(r->sequence.min_units >= 0) || isinf(r->sequence.min_units))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("min_units must not be negative")));
}

static void
get_prior(FunctionCallInfo fcinfo, request *r)
{
	if (r->inference != BAYESIAN)
	{
		refuse(fcinfo, ARG_PRIOR_MEAN, "prior_mean", "inference => 'bayesian'");
		refuse(fcinfo, ARG_PRIOR_SD, "prior_sd", "inference => 'bayesian'");
		return;
	}
	r->prior_mean = PG_ARGISNULL(ARG_PRIOR_MEAN) ? MLOPS_PRIOR_MEAN : PG_GETARG_FLOAT8(ARG_PRIOR_MEAN);
	r->prior_sd = PG_ARGISNULL(ARG_PRIOR_SD) ? MLOPS_PRIOR_SD : PG_GETARG_FLOAT8(ARG_PRIOR_SD);
	if (!isfinite(r->prior_mean) || !(r->prior_sd > 0))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the prior needs a finite mean and a positive standard deviation"),
				 errhint("An infinite prior_sd is no prior at all.")));
}

static void
get_request(FunctionCallInfo fcinfo, request *r)
{
	static const char *const inference_word[] = {"fixed", "sequential", "bayesian"};

	memset(r, 0, sizeof(*r));
	if (PG_ARGISNULL(ARG_METRIC))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("metric must not be null")));
	r->metric = mlops_metric_argument(text_to_cstring(PG_GETARG_TEXT_PP(ARG_METRIC)));
	r->inference = choice(fcinfo, ARG_INFERENCE, "inference", -1, 3, inference_word,
						  "Inferences are \"fixed\", \"sequential\" and \"bayesian\".");
	get_scale(fcinfo, &r->question);
	if (r->inference != FIXED && r->question.relative != MLOPS_RELATIVE_AUTO && r->question.relative != MLOPS_DELTA)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the log-ratio and Fieller's method are for inference => 'fixed' only"),
				 errhint("The other inferences take the delta method.")));
	get_hypothesis(fcinfo, r->inference, &r->question);
	get_sequence(fcinfo, r);
	get_prior(fcinfo, r);
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

static mlops_status
bayesian(const request *r, const mlops_effect *e, mlops_status status, mlops_comparison *c)
{
	double		mean = r->prior_mean;
	double		sd = r->prior_sd;

	status = mlops_compare_estimate(e, status, &r->question, c);
	if (status != MLOPS_OK)
		return status;
	if (r->question.scale != MLOPS_RELATIVE && !(isinf(sd) && mean == 0))
	{
		double		factor = r->question.scale == MLOPS_SCALED ? r->question.factor : 1;

		if (mlops_prior_to_absolute(e->control_raw, &mean, &sd) != MLOPS_OK)
		{
			c->reason = "the control's level is 0: a prior of the relative effect says nothing";
			return MLOPS_DEGENERATE;
		}
		mean *= factor;
		sd *= factor;
	}
	return mlops_compare_bayesian(mean, sd, r->question.higher_is_better, r->question.confidence, c);
}

/* The answer from an effect, with what method says. */
static Datum
answer(FunctionCallInfo fcinfo, const request *r, const mlops_effect *e, mlops_status status, const char *strata,
	   int64 excluded)
{
	static const char *const fixed_name[] = {"Welch t", "Welch t", "Welch t of ratios"};
	static const char *const other_name[] = {"means", "proportions", "ratios"};
	const mlops_question *q = &r->question;
	const char *name = r->inference == FIXED ? fixed_name[r->metric] : other_name[r->metric];
	const char *kind = r->inference == BAYESIAN ? "Bayesian" : NULL;
	const char *delta = r->inference != FIXED && q->scale == MLOPS_RELATIVE ? "delta" : NULL;
	mlops_comparison c;

	if (r->inference == SEQUENTIAL)
		status = mlops_compare_sequence(e, status, q, &r->sequence, &c);
	else if (r->inference == BAYESIAN)
		status = bayesian(r, e, status, &c);
	else
		status = mlops_compare_effect(e, status, q, &c);
	if (status == MLOPS_DOMAIN)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("margin must be below 1 for the log-ratio method")));
	c.variant = describe(7, (const char *const[]) {kind, strata, e->variant, delta, c.variant, e->caution,
		q->hypothesis == MLOPS_SUPERIORITY ? NULL : hypothesis_word[q->hypothesis]});
	return mlops_comparison_row(fcinfo, name, effect_word[q->scale], &c, excluded);
}

/* Looks at a few events one after the other find a variance that is too small some day. */
static mlops_status
need_events(const request *r, const mlops_moments *const *control, const mlops_moments *const *treatment, int strata,
			mlops_status status, mlops_effect *e)
{
	if (status != MLOPS_OK || r->inference != SEQUENTIAL || r->metric == MLOPS_METRIC_RATIO ||
		!mlops_arms_too_few_events(control, treatment, strata))
		return status;
	e->reason = "fewer than 10 units with the event, or without it, are expected in an arm";
	return MLOPS_EMPTY;
}

/* Of an arm whose values are 0 and 1. */
static double
events(const mlops_moments *m)
{
	return m == NULL || m->n == 0 ? 0 : rint(mlops_moments_mean(m)[0] * (double) m->n);
}

/* Without covariates, and with intervals of proportions. */
static Datum
answer_proportions(FunctionCallInfo fcinfo, const request *r, const mlops_moments *const *m)
{
	const mlops_question *q = &r->question;
	mlops_comparison c;

	if (mlops_compare_proportions(&(mlops_proportions) {events(m[0]), m[0] ? m[0]->n : 0, events(m[1]), m[1] ? m[1]->n : 0},
								  q, &c) == MLOPS_DOMAIN)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("margin must be below 1 for proportions"),
				 errhint("A margin of one percentage point is 0.01.")));
	c.variant = describe(2, (const char *const[]) {c.variant,
		q->hypothesis == MLOPS_SUPERIORITY ? NULL : hypothesis_word[q->hypothesis]});
	return mlops_comparison_row(fcinfo, "proportions", effect_word[q->scale], &c,
								mlops_arm_excluded(m[0]) + mlops_arm_excluded(m[1]));
}

/* compare(control moments, treatment moments, ...) */
Datum
mlops_sql_compare(PG_FUNCTION_ARGS)
{
	const mlops_moments *m[2];
	mlops_arm	arm[2];
	request		r;
	mlops_effect e;
	mlops_status status;
	int			variables = 0;

	for (int i = 0; i < 2; i++)
	{
		m[i] = PG_ARGISNULL(i) ? NULL : PG_GETARG_MLOPS_MOMENTS(i);
		arm[i] = mlops_arm_of(m[i]);
		variables = Max(variables, arm[i].variables);
	}
	get_request(fcinfo, &r);
	r.theta = get_theta(fcinfo, r.metric, variables);
	mlops_check_arms(m[0], m[1], r.metric);
	if (r.metric == MLOPS_METRIC_PROPORTION && r.inference == FIXED && variables <= 1 &&
		(r.question.scale != MLOPS_RELATIVE || r.question.relative == MLOPS_RELATIVE_AUTO))
		return answer_proportions(fcinfo, &r, m);
	status = mlops_effect_of(&arm[0], &arm[1], r.metric, r.theta,
							 palloc(mlops_effect_work(variables) * sizeof(double) + 1), &e);
	status = need_events(&r, &m[0], &m[1], 1, status, &e);
	return answer(fcinfo, &r, &e, status, NULL, mlops_arm_excluded(m[0]) + mlops_arm_excluded(m[1]));
}

/* An array of moments, one for each stratum; elements that are NULL stay so. */
static int
get_strata(FunctionCallInfo fcinfo, int arg, const mlops_moments ***out)
{
	ArrayType  *a;
	Datum	   *item;
	bool	   *isnull;
	int			n;

	if (PG_ARGISNULL(arg))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("arrays of moments must not be null")));
	a = PG_GETARG_ARRAYTYPE_P(arg);
	if (ARR_NDIM(a) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("an array of moments must have one dimension, one element for each stratum")));
	deconstruct_array(a, ARR_ELEMTYPE(a), -1, false, TYPALIGN_DOUBLE, &item, &isnull, &n);
	*out = palloc((n + 1) * sizeof(**out));
	for (int i = 0; i < n; i++)
		(*out)[i] = isnull[i] ? NULL : mlops_moments_from_datum(item[i]);
	return n;
}

/* Known shares of the strata, or NULL. */
static const double *
get_shares(FunctionCallInfo fcinfo, int n)
{
	ArrayType  *a;
	double	   *share;
	double		sum = 0;

	if (PG_ARGISNULL(ARG_SHARES))
		return NULL;
	a = PG_GETARG_ARRAYTYPE_P(ARG_SHARES);
	if (ARR_NDIM(a) != 1 || ARR_DIMS(a)[0] != n || array_contains_nulls(a))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("shares needs one number for each of the %d strata", n)));
	share = (double *) ARR_DATA_PTR(a);
	for (int i = 0; i < n; i++)
	{
		if (!(share[i] >= 0))
			sum = NAN;
		sum += share[i];
	}
	if (!(fabs(sum - 1) <= 1e-6))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("shares must not be negative, and add up to 1")));
	return share;
}

/* compare(control moments[], treatment moments[], ..., shares) */
Datum
mlops_sql_compare_strata(PG_FUNCTION_ARGS)
{
	const mlops_moments **m[2];
	mlops_arm  *arm[2];
	mlops_strata s;
	request		r;
	mlops_effect e;
	mlops_status status;
	const mlops_moments *like = NULL;
	const char *how;
	int			merged;
	int64		excluded = 0;

	s.count = get_strata(fcinfo, ARG_CONTROL, &m[0]);
	if (get_strata(fcinfo, ARG_TREATMENT, &m[1]) != s.count)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("control and treatment need as many strata, in the same order")));
	get_request(fcinfo, &r);
	for (int a = 0; a < 2; a++)
	{
		arm[a] = palloc((s.count + 1) * sizeof(mlops_arm));
		for (int i = 0; i < s.count; i++)
		{
			arm[a][i] = mlops_arm_of(m[a][i]);
			excluded += mlops_arm_excluded(m[a][i]);
			if (like == NULL && arm[a][i].variables > 0)
				like = m[a][i];
			mlops_check_arms(like, m[a][i], r.metric);
		}
	}
	r.theta = get_theta(fcinfo, r.metric, like ? like->variables : 0);
	s.control = arm[0];
	s.treatment = arm[1];
	s.share = get_shares(fcinfo, s.count);
	/* the mean of 0 and 1, with the variance that estimates itself in every stratum */
	if (r.metric == MLOPS_METRIC_PROPORTION)
		r.metric = MLOPS_METRIC_MEAN;
	status = mlops_effect_of_strata(&s, r.metric, r.theta,
									palloc(mlops_strata_work(like ? like->variables : 0) * sizeof(double) + 1), &e, &merged);
	status = need_events(&r, m[0], m[1], s.count, status, &e);
	how = merged == 0 ? "post-stratified" : psprintf("post-stratified with %d thin strata merged", merged);
	return answer(fcinfo, &r, &e, status, how, excluded);
}
