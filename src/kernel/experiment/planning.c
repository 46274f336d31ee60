/*
 * planning.c
 *		How many units an experiment needs.  See planning.h.
 */
#include "kernel/experiment/planning.h"

#include "kernel/special/nct.h"
#include "kernel/special/root.h"
#include "kernel/special/special.h"

static bool
valid(const mlops_plan *p)
{
	return p->alpha > 0 && p->alpha < 1 && p->allocation > 0 && isfinite(p->allocation) && isfinite(p->baseline) &&
		(p->metric == MLOPS_METRIC_PROPORTION ? p->baseline >= 0 && p->baseline <= 1 && p->r2 >= 0 && p->r2 < 1
		 : p->variance > 0 && isfinite(p->variance)) &&
		(p->hypothesis == MLOPS_SUPERIORITY || (p->margin > 0 && isfinite(p->margin))) &&
		(!p->relative || p->baseline != 0) &&
		(!p->sequential || isnan(p->planned_n) || (p->planned_n > 0 && isfinite(p->planned_n)));
}

/* Variance of one unit in both arms when the effect is this; false if a level cannot be. */
static bool
unit_variances(const mlops_plan *p, double effect, double *control, double *treatment)
{
	double		level = p->baseline + (p->relative ? effect * fabs(p->baseline) : effect);

	*control = *treatment = p->variance;
	if (p->metric != MLOPS_METRIC_PROPORTION)
		return true;
	*control = p->baseline * (1 - p->baseline) * (1 - p->r2);
	*treatment = level * (1 - level) * (1 - p->r2);
	return level >= 0 && level <= 1;
}

/* Welch-Satterthwaite; with whole numbers of units it is that of compare(). */
static double
welch_df(double vc, double nc, double vt, double nt)
{
	double		c = vc / nc;
	double		t = vt / nt;

	return (c + t) * (c + t) / (c * c / (nc - 1) + t * t / (nt - 1));
}

/*
 * The critical value of one side, for a statistic of this variance; alternative is
 * that of the test, two-sided halves alpha.
 */
static mlops_status
critical_value(const mlops_plan *p, mlops_alternative alternative, double n, double variance, double df, double *critical)
{
	if (p->sequential)
	{
		mlops_sequence s = {.method = MLOPS_SEQUENCE_ASYMPTOTIC, .alternative = alternative, .confidence = 1 - p->alpha,
		.tuning = isnan(p->planned_n) ? n : p->planned_n};

		if (!mlops_sequence_valid(&s))
			return MLOPS_DOMAIN;
		*critical = mlops_sequence_radius(s.method, alternative, mlops_sequence_ratio(&s, n, variance), p->alpha);
		return MLOPS_OK;
	}
	if (isfinite(df))
		return mlops_t_quantile(alternative == MLOPS_TWO_SIDED ? p->alpha / 2 : p->alpha, true, df, critical);
	*critical = mlops_normal_quantile_upper(alternative == MLOPS_TWO_SIDED ? p->alpha / 2 : p->alpha);
	return MLOPS_OK;
}

/* P(T > critical) of a t statistic (normal for infinite df) around shift. */
static mlops_status
upper_tail(double critical, double df, double shift, double *tail)
{
	mlops_tails tails;
	mlops_status status;

	if (!isfinite(df))
	{
		*tail = mlops_normal_sf(critical - shift);
		return MLOPS_OK;
	}
	/* where the tails of nct end there is nothing left to compute */
	if (fabs(shift) > 37.5 + fabs(critical))
	{
		*tail = shift > 0;
		return MLOPS_OK;
	}
	status = mlops_nct_tails(critical, df, shift, &tails);
	*tail = tails.upper;
	return status;
}

static mlops_status
superiority(const mlops_plan *p, double vc, double vt, mlops_plan_point *o)
{
	double		base = p->relative ? fabs(p->baseline) : 1;
	double		ratio = p->relative ? 1 + o->effect * (p->baseline > 0 ? 1 : -1) : 1;
	double		variance = (vt / o->n_treatment + ratio * ratio * vc / o->n_control) / (base * base);
	double		null_variance = variance;
	double		sign = p->alternative == MLOPS_LESS ? -1 : 1;
	double		tail;
	double		other = 0;
	mlops_status status;

	o->standard_error = sqrt(variance);
	if (p->metric == MLOPS_METRIC_PROPORTION && !p->relative && p->r2 == 0 && !p->sequential)
	{
		double		pooled = p->baseline + o->effect * o->n_treatment / (o->n_control + o->n_treatment);

		null_variance = pooled * (1 - pooled) * (1 / o->n_control + 1 / o->n_treatment);
	}
	if (!(variance > 0))
	{
		o->reason = "the values do not vary";
		return MLOPS_DEGENERATE;
	}
	status = critical_value(p, p->alternative, o->n_control + o->n_treatment, variance, o->df, &o->critical);
	if (status != MLOPS_OK)
		return status;
	/* pooled variance: the bound on the scale of the statistic's own deviation */
	tail = o->critical * sqrt(null_variance / variance);
	if (p->alternative == MLOPS_TWO_SIDED)
	{
		status = upper_tail(tail, o->df, -o->effect / o->standard_error, &other);
		if (status != MLOPS_OK)
			return status;
	}
	status = upper_tail(tail, o->df, sign * o->effect / o->standard_error, &o->power);
	o->power += other;
	return status;
}

/*
 * One test against the margin on this side (+1: the effect is above -margin,
 * -1: below it); relative ones as the contrast treatment - (1 -+ margin) control.
 */
static mlops_status
against_margin(const mlops_plan *p, double side, double vc, double vt, mlops_plan_point *o, double *power)
{
	double		base = p->relative ? fabs(p->baseline) : 1;
	double		ratio = p->relative ? 1 - side * p->margin * (p->baseline > 0 ? 1 : -1) : 1;
	double		variance = (vt / o->n_treatment + ratio * ratio * vc / o->n_control) / (base * base);
	mlops_status status;

	o->standard_error = sqrt(variance);
	if (!(variance > 0))
	{
		o->reason = "the values do not vary";
		return MLOPS_DEGENERATE;
	}
	status = critical_value(p, MLOPS_GREATER, o->n_control + o->n_treatment, variance, o->df, &o->critical);
	if (status != MLOPS_OK)
		return status;
	return upper_tail(o->critical, o->df, (side * o->effect + p->margin) / o->standard_error, power);
}

mlops_status
mlops_plan_power(const mlops_plan *p, double n_control, double effect, mlops_plan_point *out)
{
	double		vc;
	double		vt;
	double		other;
	mlops_status status;

	*out = (mlops_plan_point) {.n_control = n_control, .n_treatment = n_control * p->allocation, .effect = effect,
		.standard_error = (double) NAN, .df = INFINITY, .critical = (double) NAN, .power = (double) NAN};
	if (!valid(p) || !isfinite(effect) || !(n_control > 0) || !(n_control <= MLOPS_PLAN_MAX_UNITS))
		return MLOPS_DOMAIN;
	if (!unit_variances(p, effect, &vc, &vt))
	{
		out->reason = "the effect takes the proportion out of 0 to 1";
		return MLOPS_EMPTY;
	}
	if (n_control < 2 || out->n_treatment < 2)
	{
		out->reason = "fewer than two units in an arm";
		return MLOPS_EMPTY;
	}
	if (p->metric != MLOPS_METRIC_PROPORTION && !p->sequential)
		out->df = welch_df(vc, n_control, vt, out->n_treatment);
	if (p->hypothesis == MLOPS_SUPERIORITY)
		return superiority(p, vc, vt, out);
	if (p->hypothesis == MLOPS_NON_INFERIORITY)
		return against_margin(p, p->higher_is_better ? 1 : -1, vc, vt, out, &out->power);
	status = against_margin(p, 1, vc, vt, out, &out->power);
	if (status == MLOPS_OK)
		status = against_margin(p, -1, vc, vt, out, &other);
	if (status == MLOPS_OK)
		out->power = fmax(0, out->power + other - 1);
	else
		out->power = (double) NAN;
	return status;
}

/* Is the power reached with n control units, the treatment's rounded up? */
static mlops_status
reached(const mlops_plan *p, double n, double effect, double power, mlops_plan_point *out, bool *yes)
{
	mlops_plan	whole = *p;
	mlops_status status;

	whole.allocation = ceil(n * p->allocation - 1e-9) / n;
	status = mlops_plan_power(&whole, n, effect, out);
	out->n_treatment = ceil(n * p->allocation - 1e-9);
	*yes = status == MLOPS_OK && out->power >= power;
	/* too few units are no error on the way to enough */
	if (status == MLOPS_EMPTY && n * p->allocation < 2)
		status = MLOPS_OK;
	return status;
}

mlops_status
mlops_plan_size(const mlops_plan *p, double effect, double power, mlops_plan_point *out)
{
	double		low = 1;		/* too few */
	double		high = 2;
	bool		yes;
	mlops_status status;

	if (!(power > 0 && power < 1))
		return MLOPS_DOMAIN;
	for (;;)
	{
		status = reached(p, high, effect, power, out, &yes);
		if (status != MLOPS_OK)
		{
			out->n_control = out->n_treatment = (double) NAN;
			return status;
		}
		if (yes)
			break;
		low = high;
		high *= 2;
		if (high > MLOPS_PLAN_MAX_UNITS)
		{
			*out = (mlops_plan_point) {.n_control = (double) NAN, .n_treatment = (double) NAN, .effect = effect, .standard_error = (double) NAN,
				.df = (double) NAN, .critical = (double) NAN, .power = (double) NAN,
				.reason = "this effect does not reach the power with any number of units"};
			return MLOPS_EMPTY;
		}
	}
	while (status == MLOPS_OK && high - low > 1)
	{
		double		middle = floor((low + high) / 2);

		status = reached(p, middle, effect, power, out, &yes);
		if (yes)
			high = middle;
		else
			low = middle;
	}
	return status == MLOPS_OK ? reached(p, high, effect, power, out, &yes) : status;
}

typedef struct search
{
	const mlops_plan *plan;
	double		n_control;
	double		power;
	double		sign;
	mlops_plan_point *out;
} search;

/* Power beyond the target at effect sign * x; a proportion cannot go further than 0 or 1. */
static mlops_status
beyond(void *context, double x, double *value)
{
	search	   *s = context;
	mlops_status status = mlops_plan_power(s->plan, s->n_control, s->sign * x, s->out);

	*value = s->out->power - s->power;
	return status;
}

mlops_status
mlops_plan_effect(const mlops_plan *p, double n_control, double power, bool down, mlops_plan_point *out)
{
	search		s = {.plan = p, .n_control = n_control, .power = power, .sign = 1, .out = out};
	double		base;
	double		x;
	mlops_root_search range = {.low = 0, .high = 1e300, .tolerance = 1e-13};
	mlops_status status = mlops_plan_power(p, n_control, 0, out);

	if (status != MLOPS_OK)
		return status;
	if (!(power > p->alpha && power < 1) || p->hypothesis == MLOPS_EQUIVALENCE)
		return MLOPS_DOMAIN;
	base = p->relative ? fabs(p->baseline) : 1;
	if (p->hypothesis == MLOPS_SUPERIORITY)
		s.sign = p->alternative == MLOPS_LESS || (p->alternative == MLOPS_TWO_SIDED && down) ? -1 : 1;
	else
	{
		/* from beyond the margin, where it is never shown */
		s.sign = p->higher_is_better ? 1 : -1;
		range.low = -p->margin;
	}
	if (p->metric == MLOPS_METRIC_PROPORTION)
	{
		range.high = (s.sign > 0 ? 1 - p->baseline : p->baseline) / base;
		if (p->hypothesis == MLOPS_NON_INFERIORITY)
			range.low = fmax(range.low, -(s.sign > 0 ? p->baseline : 1 - p->baseline) / base);
	}
	range.start = range.low + out->standard_error;
	range.step = out->standard_error;
	/* tolerance is relative to 1 + x: an effect far below 1 wants more */
	range.tolerance = fmax(1e-15, 1e-12 * fmin(1, out->standard_error));
	status = mlops_root(beyond, &s, &range, &x);
	if (status == MLOPS_DEGENERATE && out->reason == NULL)
	{
		out->reason = "no effect that is possible reaches the power";
		out->effect = out->power = (double) NAN;
		return MLOPS_EMPTY;
	}
	if (status != MLOPS_OK)
		return status;
	return mlops_plan_power(p, n_control, s.sign * x, out);
}

mlops_status
mlops_plan_remaining(double standard_error, double n, double effect, mlops_alternative alternative,
					 double alpha, double power, bool sequential, double planned_n, double *more)
{
	/* a plan of one unit variance whose standard error with n units is the one there is */
	mlops_plan	p = {.alpha = alpha, .alternative = alternative, .sequential = sequential, .planned_n = planned_n, .allocation = 1,
	.metric = MLOPS_METRIC_MEAN, .variance = 1};
	double		low = 0;
	double		high = 1;
	double		got;

	if (!(standard_error > 0) || isinf(standard_error) || !(n > 0) || !isfinite(effect) || !valid(&p) || !(power > 0 && power < 1))
		return MLOPS_DOMAIN;
	for (int doubling = 0, i = 0; i < 200; i++)
	{
		double		share = doubling < 0 ? (low + high) / 2 : i == 0 ? 0 : high;
		double		se = standard_error / sqrt(1 + share);
		double		critical;
		mlops_status status = critical_value(&p, alternative, n * (1 + share), se * se, INFINITY, &critical);

		if (status != MLOPS_OK)
			return status;
		got = mlops_normal_sf(critical - (alternative == MLOPS_LESS ? -effect : effect) / se);
		if (alternative == MLOPS_TWO_SIDED)
			got += mlops_normal_sf(critical + effect / se);
		if (i == 0)
		{
			if (got >= power)
			{
				*more = 0;
				return MLOPS_OK;
			}
		}
		else if (doubling >= 0)
		{
			if (got >= power)
				doubling = -1;
			else
			{
				low = high;
				high *= 2;
				if (n * high > MLOPS_PLAN_MAX_UNITS)
					return MLOPS_EMPTY;
			}
		}
		else if (got >= power)
			high = share;
		else
			low = share;
		if (doubling < 0 && n * (high - low) < 1e-3)
			break;
	}
	*more = ceil(n * high - 1e-3);
	return MLOPS_OK;
}
