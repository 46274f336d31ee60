/*
 * planning.c
 *		SQL functions: sample size, power, smallest effect, units still needed.
 *
 * All have the same arguments after the first ones, which are the baseline and
 * its standard deviation, or the moments of the past.
 */
#include "experiment/arms.h"

#include <math.h>

#include "access/htup_details.h"
#include "drift/result.h"
#include "experiment/comparison.h"
#include "funcapi.h"
#include "kernel/experiment/planning.h"
#include "utils/builtins.h"

MLOPS_FUNCTION(mlops_plan_sample_size);
MLOPS_FUNCTION(mlops_plan_power_of);
MLOPS_FUNCTION(mlops_plan_detectable);
MLOPS_FUNCTION(mlops_plan_units_still_needed);

#define PLAN_COLUMNS 16

typedef enum plan_kind
{
	SAMPLE_SIZE,
	POWER,
	DETECTABLE
} plan_kind;

/* What the arguments say besides the plan itself. */
typedef struct plan_request
{
	mlops_plan	plan;
	double		effect;
	double		n_control;
	double		power;			/* of every test, after the division of beta */
	int			treatments;
	bool		down;
	double		raw_variance;	/* with what covariates take away */
	const char *reason;			/* the past has no answer */
} plan_request;

static double
number_or(FunctionCallInfo fcinfo, int n, double missing)
{
	return PG_ARGISNULL(n) ? missing : PG_GETARG_FLOAT8(n);
}

static _Noreturn void
refuse(const char *what, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s", what),
			 errhint("%s", hint)));
}

static double
positive(FunctionCallInfo fcinfo, int n, const char *name)
{
	double		x = number_or(fcinfo, n, (double) NAN);

	if (!(x > 0) || isinf(x))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be a number above 0", name)));
	return x;
}

static int
at_least(FunctionCallInfo fcinfo, int n, int least, const char *name)
{
	if (PG_ARGISNULL(n) || PG_GETARG_INT32(n) < least)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be at least %d", name, least)));
	return PG_GETARG_INT32(n);
}

static const char *
word(FunctionCallInfo fcinfo, int n, const char *name)
{
	if (PG_ARGISNULL(n))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not be null", name),
				 errhint("Leave an argument out to have its default.")));
	return text_to_cstring(PG_GETARG_TEXT_PP(n));
}

static mlops_hypothesis
hypothesis_argument(const char *name)
{
	static const char *const known[] = {"superiority", "non-inferiority", "equivalence"};

	for (int i = 0; i < lengthof(known); i++)
		if (strcmp(known[i], name) == 0)
			return (mlops_hypothesis) i;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unrecognized hypothesis \"%s\"", name),
			 errhint("Hypotheses are \"superiority\", \"non-inferiority\" and \"equivalence\".")));
}

/* 'a' or 'b', anything else is an error; true for b. */
static bool
either(const char *value, const char *name, const char *a, const char *b)
{
	if (strcmp(value, a) != 0 && strcmp(value, b) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unrecognized %s \"%s\"", name, value),
				 errhint("It is \"%s\" or \"%s\".", a, b)));
	return strcmp(value, b) == 0;
}

/* Variance of one unit without covariates; of a ratio that of (y - R d) / mean(d). */
static double
unit_variance(const mlops_moments *m, mlops_metric metric)
{
	const double *mean = mlops_moments_mean(m);
	const double *c = mlops_moments_comoment(m);
	int			k = m->variables;
	double		df = (double) (m->n - 1);
	double		ratio;

	if (metric != MLOPS_METRIC_RATIO)
		return c[mlops_comoment_at(k, 0, 0)] / df;
	ratio = mean[0] / mean[1];
	return (c[mlops_comoment_at(k, 0, 0)] - 2 * ratio * c[mlops_comoment_at(k, 0, 1)] +
			ratio * ratio * c[mlops_comoment_at(k, 1, 1)]) / (mean[1] * mean[1] * df);
}

/* Level and variance of one unit from the moments of the past, as compare() would have them. */
static void
read_history(FunctionCallInfo fcinfo, plan_request *r)
{
	const mlops_moments *m;
	mlops_arm	arm;
	mlops_effect e;

	if (PG_ARGISNULL(0))
	{
		r->reason = "no history";
		return;
	}
	m = PG_GETARG_MLOPS_MOMENTS(0);
	mlops_check_arms(m, m, r->plan.metric);
	arm = mlops_arm_of(m);
	if (mlops_effect_of(&arm, &arm, r->plan.metric == MLOPS_METRIC_PROPORTION ? MLOPS_METRIC_MEAN : r->plan.metric, MLOPS_THETA_WITHIN,
						palloc(sizeof(double) * Max(mlops_effect_work(arm.variables), 1)), &e) != MLOPS_OK)
	{
		r->reason = e.reason;
		return;
	}
	r->plan.baseline = e.control_raw;
	r->plan.variance = e.v_control;
	r->plan.r2 = e.r2;
	r->raw_variance = unit_variance(m, r->plan.metric);
}

static void
read_stated(FunctionCallInfo fcinfo, plan_request *r, int r2)
{
	double		sd = number_or(fcinfo, 1, (double) NAN);

	if (PG_ARGISNULL(0))
		refuse("baseline must not be null", "It is the control's level: its mean, proportion or ratio.");
	r->plan.baseline = PG_GETARG_FLOAT8(0);
	r->plan.r2 = number_or(fcinfo, r2, 0);
	if (!(r->plan.r2 >= 0 && r->plan.r2 < 1))
		refuse("covariate_r2 must be at least 0 and less than 1", "It is the share of the variance that covariates take away.");
	if (!isfinite(r->plan.baseline))
		refuse("baseline must be finite", "It is the control's level: its mean, proportion or ratio.");
	if (r->plan.metric == MLOPS_METRIC_PROPORTION)
	{
		if (!PG_ARGISNULL(1))
			refuse("a proportion has no standard deviation of its own", "Leave sd NULL: it follows from the baseline.");
		if (!(r->plan.baseline >= 0 && r->plan.baseline <= 1))
			refuse("the baseline of a proportion must be between 0 and 1", "Ten percent are 0.1.");
		return;
	}
	if (!(sd > 0) || isinf(sd))
		refuse("sd must be a number above 0", "It is the standard deviation of one unit's value, of a ratio that of (y - R d) / mean(d).");
	r->raw_variance = sd * sd;
	r->plan.variance = sd * sd * (1 - r->plan.r2);
}

/*
 * The arguments: head (two of them, or history), then by kind effect | effect, n_control |
 * n_control; power unless it is asked for; then those of all.
 */
static plan_request
read_request(FunctionCallInfo fcinfo, plan_kind kind)
{
	plan_request r = {.effect = (double) NAN, .n_control = (double) NAN, .power = (double) NAN, .raw_variance = (double) NAN};
	bool		stated = get_fn_expr_argtype(fcinfo->flinfo, 0) == FLOAT8OID;
	int			at = stated ? 2 : 1;
	int			metrics;
	int			guardrails;

	if (kind != DETECTABLE)
	{
		r.effect = number_or(fcinfo, at++, (double) NAN);
		if (!isfinite(r.effect))
			refuse("effect must be a finite number", "It is treatment - control, or the share of the baseline with scale => 'relative'.");
	}
	if (kind != SAMPLE_SIZE)
	{
		if (PG_ARGISNULL(at) || PG_GETARG_INT64(at) < 1 || PG_GETARG_INT64(at) > (int64) MLOPS_PLAN_MAX_UNITS)
			refuse("n_control must be between 1 and 1e12", "It is the number of units in the control.");
		r.n_control = (double) PG_GETARG_INT64(at++);
	}
	if (kind != POWER)
	{
		r.power = number_or(fcinfo, at++, (double) NAN);
		if (!(r.power > 0 && r.power < 1))
			refuse("power must be between 0 and 1", "0.8 is usual.");
	}
	r.plan.metric = mlops_metric_argument(word(fcinfo, at++, "metric"));
	r.plan.relative = either(word(fcinfo, at++, "scale"), "scale", "absolute", "relative");
	r.plan.alpha = number_or(fcinfo, at++, (double) NAN);
	if (!(r.plan.alpha > 0 && r.plan.alpha < 0.5))
		refuse("alpha must be between 0 and 0.5", "Use 0.05 for 5 percent.");
	r.plan.alternative = mlops_alternative_argument(word(fcinfo, at++, "alternative"));
	r.plan.hypothesis = hypothesis_argument(word(fcinfo, at++, "hypothesis"));
	r.plan.margin = number_or(fcinfo, at++, (double) NAN);
	if (r.plan.hypothesis == MLOPS_SUPERIORITY ? !isnan(r.plan.margin) : !(r.plan.margin > 0 && isfinite(r.plan.margin)))
		refuse(r.plan.hypothesis == MLOPS_SUPERIORITY ? "superiority has no margin" : "margin must be a number above 0",
			   "Non-inferiority and equivalence need one, on the scale of the effect.");
	if (r.plan.hypothesis != MLOPS_SUPERIORITY && r.plan.alternative != MLOPS_TWO_SIDED)
		refuse("alternative applies to superiority only", "Say higher_is_better for non-inferiority.");
	r.plan.higher_is_better = PG_ARGISNULL(at) || PG_GETARG_BOOL(at);
	r.down = !r.plan.higher_is_better;
	at++;
	r.plan.allocation = positive(fcinfo, at++, "allocation");
	r.treatments = at_least(fcinfo, at++, 1, "treatments");
	metrics = at_least(fcinfo, at++, 1, "metrics");
	guardrails = at_least(fcinfo, at++, 0, "guardrails");
	r.plan.sequential = either(word(fcinfo, at++, "inference"), "inference", "fixed", "sequential");
	r.plan.planned_n = number_or(fcinfo, at, (double) NAN);
	if (!PG_ARGISNULL(at) && !(r.plan.planned_n > 0 && isfinite(r.plan.planned_n) && r.plan.sequential))
		refuse("planned_n must be above 0, and applies to the sequential inference only", "It is the number of units at which the confidence sequence is about narrowest.");
	at++;
	r.plan.alpha /= (double) r.treatments * metrics;
	r.power = 1 - (1 - r.power) / (guardrails + 1);
	if (stated)
		read_stated(fcinfo, &r, at);
	else
		read_history(fcinfo, &r);
	if (r.reason == NULL && r.plan.relative && r.plan.baseline == 0)
		r.reason = "nothing is relative to a baseline of 0";
	return r;
}

static const char *
assumption_of(const plan_request *r)
{
	if (r->plan.sequential)
		return "normal; confidence sequence looked at when the units are there, looking earlier can only help";
	if (r->plan.hypothesis == MLOPS_EQUIVALENCE)
		return r->plan.metric == MLOPS_METRIC_PROPORTION ? "normal, unpooled variance" : "non-central t, a lower bound";
	if (r->plan.metric != MLOPS_METRIC_PROPORTION)
		return r->plan.relative ? "non-central t, delta method" : "non-central t, equal variances";
	return r->plan.relative || r->plan.r2 > 0 || r->plan.hypothesis != MLOPS_SUPERIORITY ?
		"normal, unpooled variance" : "normal, pooled variance under the hypothesis";
}

static Datum
plan_row(FunctionCallInfo fcinfo, const char *name, const plan_request *r, const mlops_plan_point *o)
{
	bool		relative = r->plan.relative;
	double		base = fabs(r->plan.baseline);
	double		nt = ceil(o->n_treatment - 1e-9);
	const double number[] = {relative ? o->effect * base : o->effect,
		relative ? o->effect : base > 0 ? o->effect / base : (double) NAN,
		o->standard_error, r->plan.baseline,
		r->plan.metric == MLOPS_METRIC_PROPORTION ? sqrt(r->plan.baseline * (1 - r->plan.baseline)) : sqrt(r->raw_variance),
		r->plan.r2, r->plan.alpha, o->power, o->critical};
	TupleDesc	desc;
	Datum		value[PLAN_COLUMNS];
	bool		isnull[PLAN_COLUMNS] = {false};
	int			at = 0;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE || desc->natts != PLAN_COLUMNS)
		elog(ERROR, "return type must be mlops.experiment_plan");
	desc = BlessTupleDesc(desc);
	value[at++] = CStringGetTextDatum(psprintf("%s, %s", name, r->plan.sequential ? "sequential" : "fixed"));
	isnull[at] = isnan(o->n_control);
	value[at++] = Int64GetDatum(isnan(o->n_control) ? 0 : (int64) o->n_control);
	isnull[at] = isnan(o->n_control);
	value[at++] = Int64GetDatum(isnan(o->n_control) ? 0 : (int64) nt);
	isnull[at] = isnan(o->n_control);
	value[at++] = Int64GetDatum(isnan(o->n_control) ? 0 : (int64) (o->n_control + r->treatments * nt));
	for (int i = 0; i < lengthof(number); i++, at++)
		value[at] = mlops_float8_or_null(number[i], &isnull[at]);
	value[at] = mlops_float8_or_null(isfinite(o->df) ? o->df : (double) NAN, &isnull[at]);
	at++;
	value[at++] = CStringGetTextDatum(assumption_of(r));
	isnull[at] = o->reason == NULL;
	value[at++] = o->reason ? CStringGetTextDatum(o->reason) : (Datum) 0;
	Assert(at == PLAN_COLUMNS);
	return HeapTupleGetDatum(heap_form_tuple(desc, value, isnull));
}

static Datum
answer(FunctionCallInfo fcinfo, const char *name, plan_kind kind)
{
	plan_request r = read_request(fcinfo, kind);
	mlops_plan_point o = {.n_control = r.n_control, .n_treatment = ceil(r.n_control * r.plan.allocation), .effect = r.effect,
		.standard_error = (double) NAN, .df = (double) NAN, .critical = (double) NAN, .power = (double) NAN, .reason = r.reason};
	mlops_status status;

	if (r.reason != NULL)
	{
		r.plan.baseline = r.plan.relative ? (double) NAN : r.plan.baseline;
		return plan_row(fcinfo, name, &r, &o);
	}
	/* whole units in the treatment too */
	if (kind != SAMPLE_SIZE)
		r.plan.allocation = ceil(r.n_control * r.plan.allocation - 1e-9) / r.n_control;
	if (kind == SAMPLE_SIZE)
		status = mlops_plan_size(&r.plan, r.effect, r.power, &o);
	else if (kind == POWER)
		status = mlops_plan_power(&r.plan, r.n_control, r.effect, &o);
	else
	{
		if (r.plan.hypothesis == MLOPS_EQUIVALENCE)
			refuse("equivalence has no smallest effect", "Ask for the power at an effect within the margin.");
		if (r.power <= r.plan.alpha)
			refuse("power must be above alpha", "0.8 is usual.");
		status = mlops_plan_effect(&r.plan, r.n_control, r.power, r.down, &o);
	}
	if (status == MLOPS_DOMAIN)
		refuse("arguments do not fit the plan", "Levels and variances have to be within the range of numbers.");
	if (status == MLOPS_NOCONVERGE)
	{
		o.power = (double) NAN;
		o.reason = "the power could not be computed";
	}
	return plan_row(fcinfo, name, &r, &o);
}

/* sample_size(baseline, sd | history, effect, power, ...) */
Datum
mlops_plan_sample_size(PG_FUNCTION_ARGS)
{
	return answer(fcinfo, "sample_size", SAMPLE_SIZE);
}

/* power(baseline, sd | history, effect, n_control, ...) */
Datum
mlops_plan_power_of(PG_FUNCTION_ARGS)
{
	return answer(fcinfo, "power", POWER);
}

/* minimum_detectable_effect(baseline, sd | history, n_control, power, ...) */
Datum
mlops_plan_detectable(PG_FUNCTION_ARGS)
{
	return answer(fcinfo, "minimum_detectable_effect", DETECTABLE);
}

/* remaining_units(standard_error, n, effect, power, alpha, alternative, comparisons, inference, planned_n) */
Datum
mlops_plan_units_still_needed(PG_FUNCTION_ARGS)
{
	double		power = number_or(fcinfo, 3, (double) NAN);
	double		alpha = number_or(fcinfo, 4, (double) NAN);
	mlops_alternative alternative = mlops_alternative_argument(word(fcinfo, 5, "alternative"));
	int			comparisons = at_least(fcinfo, 6, 1, "comparisons");
	bool		sequential = either(word(fcinfo, 7, "inference"), "inference", "fixed", "sequential");
	double		planned_n = number_or(fcinfo, 8, (double) NAN);
	double		more;
	mlops_status status;

	if (!(power > 0 && power < 1))
		refuse("power must be between 0 and 1", "0.8 is usual.");
	if (!(alpha > 0 && alpha < 0.5))
		refuse("alpha must be between 0 and 0.5", "Use 0.05 for 5 percent.");
	if (!PG_ARGISNULL(8) && !(planned_n > 0 && isfinite(planned_n) && sequential))
		refuse("planned_n must be above 0, and applies to the sequential inference only", "It is the number of units at which the confidence sequence is about narrowest.");
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2))
		PG_RETURN_NULL();
	status = mlops_plan_remaining(PG_GETARG_FLOAT8(0), (double) PG_GETARG_INT64(1), PG_GETARG_FLOAT8(2), alternative,
								  alpha / comparisons, power, sequential, planned_n, &more);
	if (status == MLOPS_DOMAIN)
		refuse("standard_error and n must be above 0, effect finite", "They are those of compare().");
	if (status != MLOPS_OK)
		PG_RETURN_NULL();
	PG_RETURN_INT64((int64) more);
}
