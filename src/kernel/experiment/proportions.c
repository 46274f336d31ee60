/*
 * proportions.c
 *		Two proportions: score statistics, intervals, answers.  See proportions.h.
 */
#include "kernel/experiment/proportions.h"

#include <math.h>

#include "kernel/categories/odds.h"
#include "kernel/categories/twobytwo.h"
#include "kernel/special/root.h"
#include "kernel/special/special.h"

static double
clamp(double x, double low, double high)
{
	return fmin(fmax(x, low), high);
}

/* z of an estimate that may be 0 with a variance of 0 */
static double
score(double numerator, double variance)
{
	return numerator == 0 ? 0 : numerator / sqrt(variance);
}

/*
 * Farrington and Manning (1990): the variance at the most likely proportions
 * that differ by `difference`, from the closed solution of the cubic equation.
 */
double
mlops_score_difference(double low_events, double low_n, double high_events, double high_n, double difference)
{
	double		ph = high_events / high_n;
	double		pl = low_events / low_n;
	double		theta = low_n / high_n;
	double		a = 1 + theta;
	double		b = -(1 + theta + ph + theta * pl + difference * (theta + 2));
	double		c = difference * difference + difference * (2 * ph + theta + 1) + ph + theta * pl;
	double		d = -ph * difference * (1 + difference);
	double		v = b * b * b / (27 * a * a * a) - b * c / (6 * a * a) + d / (2 * a);
	double		u = sqrt(fmax(b * b / (9 * a * a) - c / (3 * a), 0));
	double		w;
	double		h;
	double		l;

	if (difference == 0)
		h = l = (low_events + high_events) / (low_n + high_n);
	else
	{
		u = v < 0 ? -u : u;
		w = u == 0 ? 0 : (MLOPS_PI + acos(clamp(v / (u * u * u), -1, 1))) / 3;
		h = clamp(2 * u * cos(w) - b / (3 * a), fmax(0, difference), fmin(1, 1 + difference));
		l = clamp(h - difference, 0, 1);
	}
	return score(ph - pl - difference, h * (1 - h) / high_n + l * (1 - l) / low_n);
}

/* Koopman (1984), Farrington and Manning: the most likely proportions of that ratio. */
double
mlops_score_ratio(double low_events, double low_n, double high_events, double high_n, double ratio)
{
	double		a = (low_n + high_n) * ratio;
	double		b = high_n * ratio + high_events + low_n + low_events * ratio;
	double		c = low_events + high_events;
	double		root = sqrt(fmax(b * b - 4 * a * c, 0));
	double		l = clamp(2 * c / (b + root), 0, fmin(1, 1 / ratio));
	double		h = clamp(ratio * l, 0, 1);

	return score(high_events / high_n - ratio * (low_events / low_n),
				 h * (1 - h) / high_n + ratio * ratio * (l * (1 - l) / low_n));
}

/* Wilson's score interval. */
static void
wilson(double events, double n, double z, double *lower, double *upper)
{
	double		half = 0.5 * z * z;
	double		width = z * sqrt(events / n * (n - events) + 0.5 * half);

	*lower = events == 0 ? 0 : (events + half - width) / (n + 2 * half);
	*upper = events == n ? 1 : (events + half + width) / (n + 2 * half);
}

/* Newcombe's hybrid of both (1998, method 10), of treatment - control. */
static void
newcombe(const mlops_proportions *p, double z, double *lower, double *upper)
{
	double		t = p->events_treatment / p->n_treatment;
	double		c = p->events_control / p->n_control;
	double		lt,
				ut,
				lc,
				uc;

	wilson(p->events_treatment, p->n_treatment, fabs(z), &lt, &ut);
	wilson(p->events_control, p->n_control, fabs(z), &lc, &uc);
	*(z < 0 ? upper : lower) = t - c - hypot(t - lt, uc - c);
	*(z < 0 ? lower : upper) = t - c + hypot(ut - t, c - lc);
}

/* The ratio where the score is z; it falls with the ratio. */
typedef struct ratio_limit
{
	const mlops_proportions *p;
	double		z;
} ratio_limit;

static mlops_status
ratio_excess(void *context, double ln_ratio, double *value)
{
	const ratio_limit *r = context;

	*value = r->z - mlops_score_ratio(r->p->events_control, r->p->n_control, r->p->events_treatment,
									  r->p->n_treatment, exp(ln_ratio));
	return MLOPS_OK;
}

static double
koopman(const mlops_proportions *p, double z, bool upper)
{
	ratio_limit r = {p, upper ? -z : z};
	double		start = log((p->events_treatment + 0.5) / p->n_treatment) - log((p->events_control + 0.5) / p->n_control);
	double		ln_ratio;

	if (!upper && p->events_treatment == 0)
		return 0;
	if (upper && p->events_control == 0)
		return INFINITY;
	if (mlops_root(ratio_excess, &r, &(mlops_root_search) {.start = start, .step = 0.1, .low = -700, .high = 700,
				   .tolerance = 1e-14}, &ln_ratio) != MLOPS_OK)
		return upper ? INFINITY : 0;
	return exp(ln_ratio);
}

/* Fisher's p, one-sided: the high arm's events or more, given the margins. */
static double
fisher_ln_upper(double low_events, double low_n, double high_events, double high_n)
{
	mlops_margins g = {.row = high_n, .other_row = low_n, .column = low_events + high_events,
	.other_column = low_n + high_n - low_events - high_events, .total = low_n + high_n};

	g.low = fmax(0, g.row - g.other_column);
	g.high = fmin(g.row, g.column);
	return mlops_hypergeometric_ln_upper(&g, high_events);
}

/* The arms in the order of what is asked: that high's proportion is above low's. */
typedef struct ordered
{
	double		low_events;
	double		low_n;
	double		high_events;
	double		high_n;
} ordered;

static ordered
order(const mlops_proportions *p, bool greater)
{
	if (greater)
		return (ordered) {p->events_control, p->n_control, p->events_treatment, p->n_treatment};
	return (ordered) {p->events_treatment, p->n_treatment, p->events_control, p->n_control};
}

/* Which kind of test: by the units, and the expected counts under equality. */
typedef enum kind
{
	UNCONDITIONAL,
	CONDITIONAL,
	SCORE
} kind;

static kind
kind_of(const mlops_proportions *p, bool has_margin)
{
	double		n = p->n_control + p->n_treatment;
	double		events = p->events_control + p->events_treatment;
	double		least = fmin(p->n_control, p->n_treatment) / n * fmin(events, n - events);

	if (n < MLOPS_UNCONDITIONAL_MAX)
		return UNCONDITIONAL;
	return least < MLOPS_SCORE_EXPECTED && !has_margin ? CONDITIONAL : SCORE;
}

/* ln p, one-sided, against no effect. */
static double
ln_p_one_sided(const mlops_proportions *p, kind k, double z, bool greater)
{
	ordered		o = order(p, greater);
	double		probability;

	if (k == SCORE)
		return mlops_normal_ln_sf(greater ? z : -z);
	if (k == CONDITIONAL)
		return fisher_ln_upper(o.low_events, o.low_n, o.high_events, o.high_n);
	mlops_unconditional_p(o.low_events, o.low_n, o.high_events, o.high_n, 0, 1, &probability);
	return fmin(0, log(probability));
}

static void
superiority(const mlops_proportions *p, const mlops_question *q, mlops_comparison *out)
{
	kind		k = kind_of(p, false);

	out->variant = k == SCORE ? "pooled score" : k == CONDITIONAL ? "Fisher" : "Boschloo";
	out->statistic = mlops_score_difference(p->events_control, p->n_control, p->events_treatment, p->n_treatment, 0);
	if (q->alternative != MLOPS_TWO_SIDED)
		out->ln_p = ln_p_one_sided(p, k, out->statistic, q->alternative == MLOPS_GREATER);
	else if (k == CONDITIONAL)
	{
		mlops_test	test;

		/* without events, or with nothing else, there is one table only */
		out->ln_p = mlops_fisher_test(&(mlops_twobytwo) {p->events_control, p->n_control - p->events_control,
			p->events_treatment, p->n_treatment - p->events_treatment}, &test) == MLOPS_OK ? test.ln_p : 0;
	}
	else
		out->ln_p = fmin(0, MLOPS_LN2 + fmin(ln_p_one_sided(p, k, out->statistic, true),
											 ln_p_one_sided(p, k, out->statistic, false)));
	out->p = exp(out->ln_p);
}

/* One-sided against an effect of null_value, a difference or a relative one. */
static void
against_margin(const mlops_proportions *p, bool relative, double null_value, bool greater, mlops_comparison *out)
{
	ordered		o = order(p, greater);
	double		difference = relative ? 0 : greater ? null_value : -null_value;
	double		ratio = !relative ? 1 : greater ? 1 + null_value : 1 / (1 + null_value);
	double		z = relative ? mlops_score_ratio(o.low_events, o.low_n, o.high_events, o.high_n, ratio) :
		mlops_score_difference(o.low_events, o.low_n, o.high_events, o.high_n, difference);
	double		probability;

	out->statistic = greater ? z : -z;
	out->variant = "score";
	out->ln_p = mlops_normal_ln_sf(z);
	if (kind_of(p, true) == UNCONDITIONAL)
	{
		mlops_unconditional_p(o.low_events, o.low_n, o.high_events, o.high_n, difference, ratio, &probability);
		out->variant = "exact";
		out->ln_p = fmin(0, log(probability));
	}
	out->p = exp(out->ln_p);
}

static void
interval(const mlops_proportions *p, const mlops_question *q, double factor, mlops_comparison *out)
{
	bool		one_sided = q->hypothesis != MLOPS_SUPERIORITY || q->alternative != MLOPS_TWO_SIDED;
	bool		lower = q->hypothesis == MLOPS_NON_INFERIORITY ? q->higher_is_better : q->alternative != MLOPS_LESS;
	bool		upper = q->hypothesis == MLOPS_NON_INFERIORITY ? !q->higher_is_better : q->alternative != MLOPS_GREATER;
	double		z = mlops_normal_quantile_upper((1 - q->confidence) / (one_sided ? 1 : 2));

	out->confidence = q->confidence;
	if (q->hypothesis == MLOPS_EQUIVALENCE)
		out->confidence = rint(1e15 * (2 * q->confidence - 1)) / 1e15;
	if (q->scale == MLOPS_RELATIVE)
	{
		out->lower = koopman(p, z, false) - 1;
		out->upper = koopman(p, z, true) - 1;
	}
	else
	{
		newcombe(p, z, &out->lower, &out->upper);
		out->lower *= factor;
		out->upper *= factor;
	}
	/* what is not asked is bounded by nothing but what a proportion can be */
	if (!lower)
		out->lower = -INFINITY;
	if (!upper)
		out->upper = INFINITY;
}

/* Estimate and its standard error, with the arms' own variances. */
static void
estimate(const mlops_proportions *p, const mlops_question *q, double factor, mlops_comparison *out)
{
	double		c = p->events_control / p->n_control;
	double		t = p->events_treatment / p->n_treatment;
	double		vc = c * (1 - c) / p->n_control;
	double		vt = t * (1 - t) / p->n_treatment;

	out->control = c;
	out->treatment = t;
	if (q->scale != MLOPS_RELATIVE)
	{
		out->estimate = factor * (t - c);
		out->standard_error = factor * sqrt(vc + vt);
	}
	else if (c > 0)
	{
		out->estimate = (t - c) / c;
		out->standard_error = sqrt(vt + t / c * (t / c) * vc) / c;
	}
	else
		out->reason = "no events in the control";
	if (out->standard_error == 0)
		out->standard_error = NAN;
}

static mlops_status
check(const mlops_proportions *p, const mlops_question *q, mlops_comparison *out)
{
	const double count[4] = {p->events_control, p->n_control - p->events_control,
	p->events_treatment, p->n_treatment - p->events_treatment};

	for (int i = 0; i < 4; i++)
		if (!(count[i] >= 0) || count[i] > MLOPS_PROPORTIONS_MAX || count[i] != floor(count[i]))
			return MLOPS_DOMAIN;
	if (!(q->confidence > 0 && q->confidence < 1) ||
		(q->scale == MLOPS_SCALED && !(q->factor > 0 && isfinite(q->factor))) ||
		(q->hypothesis == MLOPS_EQUIVALENCE && !(q->confidence > 0.5)) ||
		(q->hypothesis != MLOPS_SUPERIORITY && !(q->margin > 0 && q->margin < (q->scale == MLOPS_SCALED ? q->factor : 1))))
		return MLOPS_DOMAIN;
	out->reason = p->n_control == 0 ? "no units in the control" : p->n_treatment == 0 ? "no units in the treatment" : NULL;
	return out->reason ? MLOPS_EMPTY : MLOPS_OK;
}

mlops_status
mlops_compare_proportions(const mlops_proportions *p, const mlops_question *q, mlops_comparison *out)
{
	double		factor = q->scale == MLOPS_SCALED ? q->factor : 1;
	bool		relative = q->scale == MLOPS_RELATIVE;
	double		margin = q->margin / factor;
	mlops_status status;

	*out = MLOPS_NO_COMPARISON(p->n_control, p->n_treatment);
	status = check(p, q, out);
	if (status != MLOPS_OK)
		return status;
	estimate(p, q, factor, out);
	interval(p, q, factor, out);
	if (q->hypothesis == MLOPS_SUPERIORITY)
		superiority(p, q, out);
	else if (q->hypothesis == MLOPS_NON_INFERIORITY)
		against_margin(p, relative, q->higher_is_better ? -margin : margin, q->higher_is_better, out);
	else
	{
		mlops_comparison below = *out;

		against_margin(p, relative, -margin, true, out);
		against_margin(p, relative, margin, false, &below);
		if (below.ln_p > out->ln_p)
			*out = below;
	}
	return out->reason ? MLOPS_DEGENERATE : MLOPS_OK;
}
