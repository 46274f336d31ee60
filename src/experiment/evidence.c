/*
 * evidence.c
 *		Evidence that grows look by look: constructors, updates, results; and the
 *		e-values and confidence sequences of one look.
 */
#include "experiment/arms.h"
#include "experiment/comparison.h"
#include "kernel/experiment/counts.h"
#include "kernel/experiment/sequence.h"
#include "miscadmin.h"
#include "types/evidence.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "catalog/pg_type.h"

MLOPS_FUNCTION(mlops_evidence_create);
MLOPS_FUNCTION(mlops_evidence_of_counts);
MLOPS_FUNCTION(mlops_evidence_of_e_values);
MLOPS_FUNCTION(mlops_evidence_phase_begin);
MLOPS_FUNCTION(mlops_evidence_update_moments);
MLOPS_FUNCTION(mlops_evidence_update_counts);
MLOPS_FUNCTION(mlops_evidence_update_effect);
MLOPS_FUNCTION(mlops_evidence_update_e_value);
MLOPS_FUNCTION(mlops_evidence_comparison);
MLOPS_FUNCTION(mlops_confidence_sequence);
MLOPS_FUNCTION(mlops_binomial_ln_e_value);
MLOPS_FUNCTION(mlops_poisson_ln_e_value);
MLOPS_FUNCTION(mlops_average_ln_e_value);


/* What GrowthBook takes, too. */
#define DEFAULT_PLANNED_N 5000

static void
invalid_evidence(const char *why)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid parameter of running evidence"),
			 errdetail("Here, %s.", why),
			 errhint("See doc/experiments/sequential.md for what each method takes.")));
}

/* Evidence without looks, of one empty phase. */
static mlops_evidence *
begin_evidence(mlops_evidence_method method, mlops_alternative alternative, double confidence,
			   double null_value, double tuning)
{
	mlops_evidence *e = palloc(mlops_evidence_size(1));

	mlops_evidence_prepare(e, 1);
	e->state.method = method;
	e->state.alternative = alternative;
	e->state.confidence = mlops_confidence_argument(confidence);
	e->state.null_value = null_value;
	e->state.tuning = tuning;
	SET_VARSIZE(e, mlops_evidence_size(1));
	return e;
}

static Datum
checked(mlops_evidence *e)
{
	const char *why = mlops_evidence_validate(e);

	if (why != NULL)
		invalid_evidence(why);
	return PointerGetDatum(e);
}

static void
refuse_nulls(FunctionCallInfo fcinfo, const int *arg, int n)
{
	for (int i = 0; i < n; i++)
		if (PG_ARGISNULL(arg[i]))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("an option must not be null"),
					 errhint("Leave an argument out to have its default.")));
}

/* "asymptotic" with planned_n, or "msprt" with mixing_variance: the one that belongs to the method. */
static double
tuning_argument(FunctionCallInfo fcinfo, bool msprt, int planned_n, int mixing_variance)
{
	if (!PG_ARGISNULL(msprt ? planned_n : mixing_variance))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("method \"%s\" has no %s", msprt ? "msprt" : "asymptotic", msprt ? "planned_n" : "mixing_variance"),
				 errhint("planned_n belongs to \"asymptotic\", mixing_variance to \"msprt\".")));
	if (msprt && PG_ARGISNULL(mixing_variance))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("method \"msprt\" needs a mixing_variance"),
				 errhint("It is the square of the size of effect that is expected, and must not follow from the data.")));
	if (msprt)
		return PG_GETARG_FLOAT8(mixing_variance);
	return PG_ARGISNULL(planned_n) ? DEFAULT_PLANNED_N : (double) PG_GETARG_INT64(planned_n);
}

static mlops_evidence_method
effect_method(const char *name)
{
	uint32		method = mlops_evidence_method_by_name(name);

	if (method != MLOPS_EVIDENCE_ASYMPTOTIC && method != MLOPS_EVIDENCE_MSPRT)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown method \"%s\"", name),
				 errhint("Methods are \"asymptotic\" and \"msprt\"; for counts see mlops.evidence_of_counts().")));
	return (mlops_evidence_method) method;
}

/* evidence(method, metric, alternative, confidence, null_value, planned_n, mixing_variance, minimum_units) */
Datum
mlops_evidence_create(PG_FUNCTION_ARGS)
{
	static const int options[] = {0, 1, 2, 3, 4, 7};
	mlops_evidence_method method;
	mlops_evidence *e;

	refuse_nulls(fcinfo, options, lengthof(options));
	method = effect_method(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	e = begin_evidence(method, mlops_alternative_argument(text_to_cstring(PG_GETARG_TEXT_PP(2))), PG_GETARG_FLOAT8(3),
					   PG_GETARG_FLOAT8(4), tuning_argument(fcinfo, method == MLOPS_EVIDENCE_MSPRT, 5, 6));
	/* the error has the list */
	(void) mlops_metric_argument(text_to_cstring(PG_GETARG_TEXT_PP(1)));
	e->state.metric = mlops_evidence_metric_by_name(text_to_cstring(PG_GETARG_TEXT_PP(1)));
	e->state.min_units = PG_GETARG_INT64(7);
	return checked(e);
}

/* evidence_of_counts(treatment_share, alternative, confidence, null_ratio, concentration) */
Datum
mlops_evidence_of_counts(PG_FUNCTION_ARGS)
{
	mlops_evidence *e = begin_evidence(MLOPS_EVIDENCE_COUNTS, mlops_alternative_argument(text_to_cstring(PG_GETARG_TEXT_PP(1))),
									   PG_GETARG_FLOAT8(2), PG_GETARG_FLOAT8(3), PG_GETARG_FLOAT8(4));

	e->phase[0].share = PG_GETARG_FLOAT8(0);
	return checked(e);
}

/* evidence_of_e_values(confidence) */
Datum
mlops_evidence_of_e_values(PG_FUNCTION_ARGS)
{
	return checked(begin_evidence(MLOPS_EVIDENCE_E_VALUE, MLOPS_TWO_SIDED, PG_GETARG_FLOAT8(0), 0, 0));
}

/* evidence_phase(evidence, treatment_share): the same evidence with a new, empty phase */
Datum
mlops_evidence_phase_begin(PG_FUNCTION_ARGS)
{
	const mlops_evidence *e;
	mlops_evidence *next;
	bool		counts;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	e = PG_GETARG_MLOPS_EVIDENCE(0);
	counts = e->state.method == MLOPS_EVIDENCE_COUNTS;
	if (e->state.method == MLOPS_EVIDENCE_E_VALUE)
		invalid_evidence("e-values from elsewhere have no phases");
	if (counts == PG_ARGISNULL(1))
		invalid_evidence(counts ? "a phase of counts needs its treatment share" : "only counts have a treatment share");
	if (e->state.phases >= MLOPS_EVIDENCE_MAX_PHASES)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("running evidence can have at most %d phases", MLOPS_EVIDENCE_MAX_PHASES)));
	next = mlops_evidence_copy(e, 1);
	if (counts)
		next->phase[e->state.phases].share = PG_GETARG_FLOAT8(1);
	return checked(next);
}

/* ---- looks ---- */

static void
need_method(const mlops_evidence *e, bool fits, const char *hint)
{
	if (!fits)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("evidence of method \"%s\" has no such update", mlops_evidence_method_name(e->state.method)),
				 errhint("%s", hint)));
}

/* The phase that argument n names; the last one if it is NULL. */
static mlops_evidence_phase *
phase_argument(FunctionCallInfo fcinfo, int n, mlops_evidence *e)
{
	int			phase = PG_ARGISNULL(n) ? (int) e->state.phases : PG_GETARG_INT32(n);

	if (phase < 1 || phase > (int) e->state.phases)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("evidence has no phase %d", phase),
				 errdetail("Its phases are 1 to %u.", e->state.phases),
				 errhint("Begin a phase with mlops.evidence_phase().")));
	return &e->phase[phase - 1];
}

/* Cumulative numbers do not fall. */
static void
set_count(int64_t *count, int64 value)
{
	if (value < 0 || value > MLOPS_EVIDENCE_MAX_COUNT)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a count is out of range"),
				 errhint("Counts are cumulative, from 0 on.")));
	if (value < *count)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a cumulative count is smaller than at the last look"),
				 errdetail("What was counted once belongs to the evidence that was seen."),
				 errhint("Pass all units of the phase since its beginning. After a late correction, replay the looks, "
						 "corrected, into a new mlops.evidence value; for other units begin a phase with mlops.evidence_phase().")));
	*count = value;
}

static Datum
looked(mlops_evidence *e)
{
	const char *why = mlops_evidence_validate(e);

	if (why != NULL)
		invalid_evidence(why);
	switch (mlops_evidence_look(&e->state, e->phase))
	{
		case MLOPS_OK:
			return PointerGetDatum(e);
		case MLOPS_NOSPACE:
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("evidence is beyond the range of numbers")));
			break;
		default:
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("the e-value of these numbers could not be computed")));
	}
}

/* A variance that does not exist, or is beyond the numbers, is no evidence at this look. */
static void
set_effect(mlops_evidence_phase *p, double estimate, double variance)
{
	bool		usable = isfinite(estimate) && isfinite(variance) && variance > 0;

	p->estimate = usable ? estimate : 0;
	p->variance = usable ? variance : 0;
}

/* evidence_update(evidence, control moments, treatment moments, phase) */
Datum
mlops_evidence_update_moments(PG_FUNCTION_ARGS)
{
	static const mlops_metric metric[] = {MLOPS_METRIC_MEAN, MLOPS_METRIC_MEAN, MLOPS_METRIC_PROPORTION, MLOPS_METRIC_RATIO};
	mlops_evidence *e;
	const mlops_moments *moments[2];
	mlops_arm	control;
	mlops_arm	treatment;
	mlops_evidence_phase *p;
	mlops_effect effect;
	double	   *work;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2))
		PG_RETURN_DATUM(PG_ARGISNULL(0) ? (fcinfo->isnull = true, (Datum) 0) : PG_GETARG_DATUM(0));
	e = mlops_evidence_copy(PG_GETARG_MLOPS_EVIDENCE(0), 0);
	need_method(e, e->state.metric != MLOPS_EVIDENCE_NONE, "Moments continue the evidence that mlops.evidence() begins.");
	p = phase_argument(fcinfo, 3, e);
	moments[0] = PG_GETARG_MLOPS_MOMENTS(1);
	moments[1] = PG_GETARG_MLOPS_MOMENTS(2);
	mlops_check_arms(moments[0], moments[1], metric[e->state.metric]);
	control = mlops_arm_of(moments[0]);
	treatment = mlops_arm_of(moments[1]);
	set_count(&p->n_control, control.n);
	set_count(&p->n_treatment, treatment.n);
	work = palloc(mlops_effect_work(Max(control.variables, treatment.variables)) * sizeof(double) + 1);
	effect = MLOPS_NO_EFFECT(0, 0);
	if (!(e->state.metric != MLOPS_EVIDENCE_RATIO && mlops_arms_too_few_events(&moments[0], &moments[1], 1)) &&
		mlops_effect_of(&control, &treatment, metric[e->state.metric], MLOPS_THETA_WITHIN, work, &effect) == MLOPS_OK)
		set_effect(p, effect.difference, effect.variance);
	else
		set_effect(p, 0, 0);
	return looked(e);
}

/* evidence_update(evidence, events_control, n_control, events_treatment, n_treatment, phase) */
Datum
mlops_evidence_update_counts(PG_FUNCTION_ARGS)
{
	mlops_evidence *e;
	mlops_evidence_phase *p;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	for (int i = 1; i <= 4; i++)
		if (PG_ARGISNULL(i))
			PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	e = mlops_evidence_copy(PG_GETARG_MLOPS_EVIDENCE(0), 0);
	need_method(e, e->state.method == MLOPS_EVIDENCE_COUNTS, "Counts continue the evidence that mlops.evidence_of_counts() begins.");
	p = phase_argument(fcinfo, 5, e);
	set_count(&p->events_control, PG_GETARG_INT64(1));
	set_count(&p->n_control, PG_GETARG_INT64(2));
	set_count(&p->events_treatment, PG_GETARG_INT64(3));
	set_count(&p->n_treatment, PG_GETARG_INT64(4));
	return looked(e);
}

/* evidence_update_effect(evidence, estimate, standard_error, n_control, n_treatment, phase) */
Datum
mlops_evidence_update_effect(PG_FUNCTION_ARGS)
{
	mlops_evidence *e;
	mlops_evidence_phase *p;
	double		estimate = PG_ARGISNULL(1) ? (double) NAN : PG_GETARG_FLOAT8(1);
	double		error = PG_ARGISNULL(2) ? (double) NAN : PG_GETARG_FLOAT8(2);

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	if (PG_ARGISNULL(3) || PG_ARGISNULL(4))
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	if (error < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a standard error must not be negative"),
				 errhint("Use NULL where there is no estimate: the look then adds no evidence.")));
	e = mlops_evidence_copy(PG_GETARG_MLOPS_EVIDENCE(0), 0);
	need_method(e, e->state.metric != MLOPS_EVIDENCE_NONE, "Effects continue the evidence that mlops.evidence() begins.");
	p = phase_argument(fcinfo, 5, e);
	set_count(&p->n_control, PG_GETARG_INT64(3));
	set_count(&p->n_treatment, PG_GETARG_INT64(4));
	set_effect(p, estimate, error * error);
	return looked(e);
}

/* evidence_update(evidence, ln_e_value): a look at evidence from elsewhere */
Datum
mlops_evidence_update_e_value(PG_FUNCTION_ARGS)
{
	mlops_evidence *e;
	double		ln_e;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	if (PG_ARGISNULL(1))
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	e = mlops_evidence_copy(PG_GETARG_MLOPS_EVIDENCE(0), 0);
	need_method(e, e->state.method == MLOPS_EVIDENCE_E_VALUE, "E-values continue the evidence that mlops.evidence_of_e_values() begins.");
	ln_e = PG_GETARG_FLOAT8(1);
	if (!(ln_e < INFINITY))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the logarithm of an e-value must not be NaN or infinite"),
				 errhint("Use NULL where there is no e-value: nothing is looked at then.")));
	e->phase[0].estimate = ln_e;
	return looked(e);
}

/* evidence_comparison(evidence): what is known at the last look, as a row */
Datum
mlops_evidence_comparison(PG_FUNCTION_ARGS)
{
	const mlops_evidence *e = PG_GETARG_MLOPS_EVIDENCE(0);
	const mlops_evidence_state *s = &e->state;
	mlops_comparison c = MLOPS_NO_COMPARISON(0, 0);
	mlops_evidence_interval interval;
	bool		counts = s->method == MLOPS_EVIDENCE_COUNTS;

	for (uint32 i = 0; i < s->phases; i++)
	{
		c.n_control += (double) e->phase[i].n_control;
		c.n_treatment += (double) e->phase[i].n_treatment;
	}
	(void) mlops_evidence_interval_of(s, e->phase, &interval);
	(void) mlops_evidence_ln_e(s, e->phase, &c.ln_e);
	c.estimate = interval.estimate;
	c.lower = interval.lower;
	c.upper = interval.upper;
	c.confidence = s->confidence;
	if (s->phases == 1 && e->phase[0].variance > 0)
		c.standard_error = sqrt(e->phase[0].variance);
	if (s->phases == 1 && counts && e->phase[0].n_control > 0)
		c.control = (double) e->phase[0].events_control / (double) e->phase[0].n_control;
	if (s->phases == 1 && counts && e->phase[0].n_treatment > 0)
		c.treatment = (double) e->phase[0].events_treatment / (double) e->phase[0].n_treatment;
	c.ln_p = 0 - s->max_ln_e;
	c.p = exp(c.ln_p);
	c.variant = mlops_evidence_method_name(s->method);
	c.reason = interval.reason;
	return mlops_comparison_row(fcinfo, "running evidence", counts ? "ratio of rates" :
								s->method == MLOPS_EVIDENCE_E_VALUE ? NULL : "absolute", &c, 0);
}

/* ---- one look ---- */

/*
 * confidence_sequence(estimate, standard_error, n_control, n_treatment, method, alternative,
 * confidence, null_value, planned_n, mixing_variance, minimum_units)
 */
Datum
mlops_confidence_sequence(PG_FUNCTION_ARGS)
{
	static const int options[] = {4, 5, 6, 7, 10};
	mlops_sequence s;
	mlops_comparison c;
	char	   *name;

	refuse_nulls(fcinfo, options, lengthof(options));
	if (PG_ARGISNULL(2) || PG_ARGISNULL(3))
		PG_RETURN_NULL();
	name = text_to_cstring(PG_GETARG_TEXT_PP(4));
	s.method = strcmp(name, "growthbook") == 0 ? MLOPS_SEQUENCE_GROWTHBOOK :
		effect_method(name) == MLOPS_EVIDENCE_MSPRT ? MLOPS_SEQUENCE_MSPRT : MLOPS_SEQUENCE_ASYMPTOTIC;
	s.alternative = mlops_alternative_argument(text_to_cstring(PG_GETARG_TEXT_PP(5)));
	s.confidence = mlops_confidence_argument(PG_GETARG_FLOAT8(6));
	s.null_value = PG_GETARG_FLOAT8(7);
	s.tuning = tuning_argument(fcinfo, s.method == MLOPS_SEQUENCE_MSPRT, 8, 9);
	s.min_units = (double) PG_GETARG_INT64(10);
	c = MLOPS_NO_COMPARISON((double) PG_GETARG_INT64(2), (double) PG_GETARG_INT64(3));
	if (!PG_ARGISNULL(0))
		c.estimate = PG_GETARG_FLOAT8(0);
	if (!PG_ARGISNULL(1))
		c.standard_error = PG_GETARG_FLOAT8(1);
	if (mlops_compare_sequential(&s, &c) == MLOPS_DOMAIN)
		invalid_evidence("the tuning is not positive or the null value not finite");
	return mlops_comparison_row(fcinfo, "confidence sequence", "absolute", &c, 0);
}

static void
bad_counts(mlops_status status)
{
	if (status == MLOPS_DOMAIN)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a count, rate or parameter is out of range"),
				 errhint("Counts are not negative, probabilities between 0 and 1, rates and parameters positive.")));
	if (status != MLOPS_OK)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("the e-value of these numbers could not be computed")));
}

/* binomial_ln_e_value(successes, trials, p, concentration, alternative) */
Datum
mlops_binomial_ln_e_value(PG_FUNCTION_ARGS)
{
	double		successes = (double) PG_GETARG_INT64(0);
	double		failures = (double) PG_GETARG_INT64(1) - successes;
	double		p = PG_GETARG_FLOAT8(2);
	double		concentration = PG_GETARG_FLOAT8(3);
	double		ln_e = 0;

	bad_counts(mlops_bernoulli_ln_e(successes, failures, (mlops_odds) {p, 1 - p}, concentration * p, concentration * (1 - p),
									mlops_alternative_argument(text_to_cstring(PG_GETARG_TEXT_PP(4))), &ln_e));
	PG_RETURN_FLOAT8(ln_e);
}

/* poisson_ln_e_value(events, exposure, rate, shape, alternative) */
Datum
mlops_poisson_ln_e_value(PG_FUNCTION_ARGS)
{
	double		rate = PG_GETARG_FLOAT8(2);
	double		ln_e = 0;

	bad_counts(mlops_poisson_ln_e((double) PG_GETARG_INT64(0), PG_GETARG_FLOAT8(1), rate, PG_GETARG_FLOAT8(3), rate,
								  mlops_alternative_argument(text_to_cstring(PG_GETARG_TEXT_PP(4))), &ln_e));
	PG_RETURN_FLOAT8(ln_e);
}

/* average_ln_e_value(float8[]): ln of the mean of the e-values; a NULL is no evidence, E = 1 */
Datum
mlops_average_ln_e_value(PG_FUNCTION_ARGS)
{
	ArrayIterator it = array_create_iterator(PG_GETARG_ARRAYTYPE_P(0), 0, NULL);
	Datum		d;
	bool		isnull;
	double		most = -INFINITY;
	double		sum = 0;		/* of E / exp(most) */
	double		n = 0;

	while (array_iterate(it, &d, &isnull))
	{
		double		ln_e = isnull ? 0 : DatumGetFloat8(d);

		if (!(ln_e < INFINITY))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("the logarithm of an e-value must not be NaN or infinite"),
					 errhint("Use NULL where there is no e-value.")));
		n++;
		if (ln_e > most)
		{
			sum = sum * exp(most - ln_e) + 1;
			most = ln_e;
		}
		else if (ln_e > -INFINITY)
			sum += exp(ln_e - most);
	}
	array_free_iterator(it);
	if (n == 0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(most > -INFINITY ? most + log(sum / n) : -INFINITY);
}
