/*
 * evidence.c
 *		Running evidence: e-values of phases, their product, its interval.
 */
#include "kernel/experiment/evidence.h"

#include "kernel/experiment/counts.h"
#include "kernel/special/root.h"
#include "kernel/special/special.h"

/* Ratios of rates beyond e^+-300 are 0 and infinity. */
#define FAR_RATIO 300.0

static bool
is_effect(const mlops_evidence_state *s)
{
	return s->method == MLOPS_EVIDENCE_ASYMPTOTIC || s->method == MLOPS_EVIDENCE_MSPRT;
}

const char *
mlops_evidence_check(const mlops_evidence_state *s)
{
	if (s->method < MLOPS_EVIDENCE_ASYMPTOTIC || s->method > MLOPS_EVIDENCE_E_VALUE)
		return "the method is not known";
	if (s->metric > MLOPS_EVIDENCE_RATIO || (!is_effect(s) && s->metric != MLOPS_EVIDENCE_NONE))
		return "the metric does not fit the method";
	if (s->alternative > MLOPS_LESS)
		return "the alternative is not known";
	if (s->phases < 1 || s->phases > MLOPS_EVIDENCE_MAX_PHASES)
		return "there are not 1 to 1000 phases";
	if (!(s->confidence > 0 && s->confidence < 1))
		return "the confidence is not between 0 and 1";
	if (!isfinite(s->null_value) || (s->method == MLOPS_EVIDENCE_COUNTS && !(s->null_value > 0)))
		return "the null value is out of range";
	if (s->method == MLOPS_EVIDENCE_E_VALUE ? s->tuning != 0 || s->null_value != 0 || s->alternative != MLOPS_TWO_SIDED ||
		s->phases != 1 : !(s->tuning > 0 && s->tuning <= 1e100))
		return "the tuning is out of range";
	if (s->min_units < 0 || s->min_units > MLOPS_EVIDENCE_MAX_COUNT || (!is_effect(s) && s->min_units != 0))
		return "the minimum of units is out of range";
	if (s->looks < 0 || s->looks > MLOPS_EVIDENCE_MAX_COUNT)
		return "the number of looks is out of range";
	if (!(s->max_ln_e >= 0) || !isfinite(s->max_ln_e) || (s->looks == 0 && s->max_ln_e != 0))
		return "the largest evidence is out of range";
	return NULL;
}

const char *
mlops_evidence_check_phase(const mlops_evidence_state *s, const mlops_evidence_phase *p)
{
	const int64_t count[] = {p->n_control, p->n_treatment, p->events_control, p->events_treatment};
	mlops_odds	share;

	for (int i = 0; i < 4; i++)
		if (count[i] < 0 || count[i] > MLOPS_EVIDENCE_MAX_COUNT)
			return "a count is out of range";
	if (s->method == MLOPS_EVIDENCE_COUNTS)
	{
		if (!(p->share > 0 && p->share < 1))
			return "the treatment share is not between 0 and 1";
		share = mlops_event_share(p->share, s->null_value);
		if (!(s->tuning * share.p > 0) || !(s->tuning * share.q > 0))
			return "the null ratio is too extreme for the treatment share";
	}
	else if (p->share != 0 || p->events_control != 0 || p->events_treatment != 0)
		return "only counts have a treatment share and events";
	if (s->method == MLOPS_EVIDENCE_COUNTS ? p->estimate != 0 : !(p->estimate < INFINITY) ||
		(is_effect(s) && !isfinite(p->estimate)))
		return "the estimate is out of range";
	if (!(p->variance >= 0) || !isfinite(p->variance) || (!is_effect(s) && p->variance != 0))
		return "the variance is out of range";
	return NULL;
}

/* The likelihood of the phase's effect; q of it, or 0 when it does not count (yet). */
static double
phase_ratio(const mlops_evidence_state *s, const mlops_evidence_phase *p)
{
	mlops_sequence q = {s->method == MLOPS_EVIDENCE_MSPRT ? MLOPS_SEQUENCE_MSPRT : MLOPS_SEQUENCE_ASYMPTOTIC,
	(mlops_alternative) s->alternative, s->confidence, s->null_value, s->tuning, 0};

	if (!(p->variance > 0) || p->n_control < s->min_units || p->n_treatment < s->min_units)
		return 0;
	return fmin(mlops_sequence_ratio(&q, (double) p->n_control + (double) p->n_treatment, p->variance), 1e300);
}

/* ln E of a phase against an effect, or a ratio of rates. */
static mlops_status
ln_e_against(const mlops_evidence_state *s, const mlops_evidence_phase *p, double null_value, double *ln_e)
{
	mlops_odds	prior;
	double		q;

	if (s->method == MLOPS_EVIDENCE_E_VALUE)
		*ln_e = p->estimate;
	else if (s->method == MLOPS_EVIDENCE_COUNTS)
	{
		prior = mlops_event_share(p->share, s->null_value);
		return mlops_bernoulli_ln_e((double) p->events_treatment, (double) p->events_control,
									mlops_event_share(p->share, null_value), s->tuning * prior.p,
									s->tuning * prior.q, (mlops_alternative) s->alternative, ln_e);
	}
	else
	{
		q = phase_ratio(s, p);
		*ln_e = q > 0 ? mlops_sequence_ln_e(MLOPS_SEQUENCE_ASYMPTOTIC, (mlops_alternative) s->alternative,
											(p->estimate - null_value) / sqrt(p->variance), q) : 0;
	}
	return isnan(*ln_e) ? MLOPS_DOMAIN : MLOPS_OK;
}

mlops_status
mlops_evidence_phase_ln_e(const mlops_evidence_state *s, const mlops_evidence_phase *p, double *ln_e)
{
	return ln_e_against(s, p, s->null_value, ln_e);
}

static mlops_status
total_against(const mlops_evidence_state *s, const mlops_evidence_phase *phase, double null_value, double *ln_e)
{
	double		sum = 0;

	for (uint32_t i = 0; i < s->phases; i++)
	{
		double		one;
		mlops_status status = ln_e_against(s, &phase[i], null_value, &one);

		if (status != MLOPS_OK)
			return status;
		sum += one;
	}
	*ln_e = sum;
	return isnan(sum) ? MLOPS_DOMAIN : MLOPS_OK;
}

mlops_status
mlops_evidence_ln_e(const mlops_evidence_state *s, const mlops_evidence_phase *phase, double *ln_e)
{
	return total_against(s, phase, s->null_value, ln_e);
}

mlops_status
mlops_evidence_look(mlops_evidence_state *s, const mlops_evidence_phase *phase)
{
	double		ln_e;
	mlops_status status = mlops_evidence_ln_e(s, phase, &ln_e);

	if (status != MLOPS_OK)
		return status;
	if (s->looks >= MLOPS_EVIDENCE_MAX_COUNT || !(ln_e < INFINITY))
		return MLOPS_NOSPACE;
	s->looks++;
	s->max_ln_e = fmax(s->max_ln_e, ln_e);
	return MLOPS_OK;
}

/* ---- intervals ---- */

typedef struct search
{
	const mlops_evidence_state *s;
	const mlops_evidence_phase *phase;
	double		goal;			/* -ln alpha */
	double		sign;			/* 1: ln E rises with x; -1: it falls */
} search;

/* sign (ln E - goal) against x, which is an effect or the logarithm of a ratio */
static mlops_status
beyond_goal(void *context, double x, double *value)
{
	const search *c = context;
	double		against = c->s->method == MLOPS_EVIDENCE_COUNTS ? exp(x) : x;
	mlops_status status = total_against(c->s, c->phase, against, value);

	*value = c->sign * (*value - c->goal);
	return status;
}

/* Where ln E reaches the goal, from start on; MLOPS_DEGENERATE when it does not before the bound. */
static mlops_status
find_end(const mlops_evidence_state *s, const mlops_evidence_phase *phase, double start, double step,
		 double low, double high, bool upper, double *end)
{
	search		c = {s, phase, -log(1 - s->confidence), upper ? 1 : -1};
	mlops_root_search r = {start, step, low, high, 1e-13};

	return mlops_root(beyond_goal, &c, &r, end);
}

/* Two-sided effects: the sum of parabolas is a parabola. */
static mlops_status
effect_interval(const mlops_evidence_state *s, const mlops_evidence_phase *phase, mlops_evidence_interval *out)
{
	double		weights = 0;
	double		centre = 0;
	double		apart = 0;
	double		goal = -log(1 - s->confidence);
	double		step;
	double		end;
	mlops_status status;

	for (uint32_t i = 0; i < s->phases; i++)
	{
		double		q = phase_ratio(s, &phase[i]);
		double		w = q > 0 ? 1 / ((1 + 1 / q) * 2 * phase[i].variance) : 0;
		double		delta = phase[i].estimate - centre;

		if (w == 0)
			continue;
		goal += log1p(q) / 2;
		weights += w;
		centre += delta * w / weights;
		apart += w * delta * (phase[i].estimate - centre);
	}
	if (!(weights > 0) || !isfinite(weights))
	{
		out->reason = "no phase has enough units, events and variance";
		return MLOPS_EMPTY;
	}
	out->estimate = centre;
	if (s->alternative == MLOPS_TWO_SIDED)
	{
		if (apart > goal)
		{
			out->reason = "no effect agrees with all phases";
			return MLOPS_DEGENERATE;
		}
		out->lower = centre - sqrt((goal - apart) / weights);
		out->upper = centre + sqrt((goal - apart) / weights);
		return MLOPS_OK;
	}
	step = 1 / sqrt(2 * weights);
	status = find_end(s, phase, centre, step, -INFINITY, INFINITY, s->alternative == MLOPS_LESS, &end);
	if (status != MLOPS_OK)
		return status;
	out->lower = s->alternative == MLOPS_LESS ? -INFINITY : end;
	out->upper = s->alternative == MLOPS_LESS ? end : INFINITY;
	return MLOPS_OK;
}

/* Events of the treatment that a ratio e^x leads to, less those there are; rises. */
static mlops_status
surplus_events(void *context, double x, double *value)
{
	const search *c = context;
	double		sum = 0;

	for (uint32_t i = 0; i < c->s->phases; i++)
	{
		const mlops_evidence_phase *p = &c->phase[i];

		sum += ((double) p->events_control + (double) p->events_treatment) * mlops_event_share(p->share, exp(x)).p -
			(double) p->events_treatment;
	}
	*value = sum;
	return MLOPS_OK;
}

/* Ratio of rates: the most likely one, and around it where ln E stays below its goal. */
static mlops_status
count_interval(const mlops_evidence_state *s, const mlops_evidence_phase *phase, mlops_evidence_interval *out)
{
	search		c = {s, phase, 0, 1};
	mlops_root_search r = {log(s->null_value), 1, -FAR_RATIO, FAR_RATIO, 1e-13};
	double		control = 0;
	double		treatment = 0;
	double		centre;
	double		end;
	double		at;
	mlops_status status;

	for (uint32_t i = 0; i < s->phases; i++)
	{
		control += (double) phase[i].events_control;
		treatment += (double) phase[i].events_treatment;
	}
	out->lower = 0;
	out->upper = INFINITY;
	if (control + treatment == 0)
		return MLOPS_OK;
	status = mlops_root(surplus_events, &c, &r, &centre);
	if (status != MLOPS_OK && status != MLOPS_DEGENERATE)
		return status;
	if (control > 0)
		out->estimate = treatment > 0 ? exp(centre) : 0;
	status = total_against(s, phase, exp(centre), &at);
	if (status != MLOPS_OK)
		return status;
	if (s->alternative == MLOPS_TWO_SIDED && at >= -log(1 - s->confidence))
	{
		out->lower = out->upper = (double) NAN;
		out->reason = "no ratio of rates agrees with all phases";
		return MLOPS_DEGENERATE;
	}
	if (s->alternative != MLOPS_LESS && treatment > 0)
	{
		status = find_end(s, phase, centre, 0.5, -FAR_RATIO, FAR_RATIO, false, &end);
		if (status != MLOPS_OK && status != MLOPS_DEGENERATE)
			return status;
		out->lower = status == MLOPS_OK ? exp(end) : 0;
	}
	if (s->alternative != MLOPS_GREATER && control > 0)
	{
		status = find_end(s, phase, centre, 0.5, -FAR_RATIO, FAR_RATIO, true, &end);
		if (status != MLOPS_OK && status != MLOPS_DEGENERATE)
			return status;
		out->upper = status == MLOPS_OK ? exp(end) : INFINITY;
	}
	return MLOPS_OK;
}

mlops_status
mlops_evidence_interval_of(const mlops_evidence_state *s, const mlops_evidence_phase *phase,
						   mlops_evidence_interval *out)
{
	*out = (mlops_evidence_interval) {(double) NAN, (double) NAN, (double) NAN, NULL};
	if (s->method == MLOPS_EVIDENCE_E_VALUE)
	{
		out->reason = "e-values from elsewhere have no interval";
		return MLOPS_EMPTY;
	}
	if (s->method == MLOPS_EVIDENCE_COUNTS)
		return count_interval(s, phase, out);
	return effect_interval(s, phase, out);
}
