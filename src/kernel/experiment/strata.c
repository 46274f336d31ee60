/*
 * strata.c
 *		Post-stratified effects.  See strata.h.
 */
#include "kernel/experiment/strata.h"

#include <math.h>
#include <string.h>

#include "kernel/experiment/effect_parts.h"
#include "kernel/summary/comoments.h"

/* One stratum after the merging. */
typedef struct stratum
{
	mlops_arm	arm[2];
	double		share;
} stratum;

/* What all strata are combined from. */
typedef struct combination
{
	const mlops_strata *s;
	mlops_metric metric;
	mlops_theta theta;
	int			variables;
	int			largest;		/* the stratum that takes the thin ones in */
	int			merged;
	double		total;			/* units of both arms */
	double		merged_share;
	mlops_arm	large[2];		/* it, with them */
	double		level[2][2];	/* of ratios: of each arm, of the outcome and the covariate */
	double		denominator[2][2];
	double	   *work;
} combination;

/* A stratum's moments, both arms, and room for the coefficients. */
size_t
mlops_strata_work(int variables)
{
	return 2 * (size_t) (variables + mlops_comoment_count(variables)) + mlops_effect_work(variables);
}

static double
units(const mlops_strata *s, int i)
{
	return (double) s->control[i].n + (double) s->treatment[i].n;
}

static bool
arm_is_thin(const mlops_arm *a, mlops_metric metric)
{
	return a->n < 2 || (a->comoment[0] == 0 &&
						(metric != MLOPS_METRIC_RATIO || a->comoment[mlops_comoment_at(a->variables, 1, 1)] == 0));
}

static bool
is_thin(const combination *c, int i)
{
	return arm_is_thin(&c->s->control[i], c->metric) || arm_is_thin(&c->s->treatment[i], c->metric);
}

static double
share_of(const combination *c, int i)
{
	return c->s->share ? c->s->share[i] : units(c->s, i) / c->total;
}

/* The largest stratum, in the work space, with the units of all thin ones. */
static void
merge_thin(combination *c)
{
	int			k = c->variables;
	double	   *at = c->work;

	for (int a = 0; a < 2; a++)
	{
		const mlops_arm *arm = a == 0 ? c->s->control : c->s->treatment;
		double	   *mean = at;
		double	   *comoment = at + k;

		at += k + mlops_comoment_count(k);
		memset(mean, 0, (size_t) (at - mean) * sizeof(double));
		c->large[a] = (mlops_arm) {.variables = k, .mean = mean, .comoment = comoment};
		for (int i = 0; i < c->s->count; i++)
			if (i == c->largest || is_thin(c, i))
			{
				mlops_comoments_merge(k, c->large[a].n, mean, comoment, arm[i].n, arm[i].mean, arm[i].comoment);
				c->large[a].n += arm[i].n;
			}
	}
	c->work = at;
	c->merged_share = 0;
	c->merged = 0;
	for (int i = 0; i < c->s->count; i++)
		if (i == c->largest || is_thin(c, i))
		{
			c->merged_share += share_of(c, i);
			c->merged += i != c->largest && units(c->s, i) > 0;
		}
}

/* The i-th stratum, false for one that went into another. */
static bool
get_stratum(const combination *c, int i, stratum *out)
{
	if (i == c->largest)
		*out = (stratum) {{c->large[0], c->large[1]}, c->merged_share};
	else if (is_thin(c, i))
		return false;
	else
		*out = (stratum) {{c->s->control[i], c->s->treatment[i]}, share_of(c, i)};
	return true;
}

/* Ratios of the sums over the strata, which the linearisation is about. */
static bool
set_ratios(combination *c)
{
	stratum		s;

	memset(c->level, 0, sizeof(c->level));
	memset(c->denominator, 0, sizeof(c->denominator));
	for (int i = 0; i < c->s->count; i++)
		if (get_stratum(c, i, &s))
			for (int a = 0; a < 2; a++)
				for (int v = 0; v < c->variables / 2; v++)
				{
					c->level[a][v] += s.share * s.arm[a].mean[2 * v];
					c->denominator[a][v] += s.share * s.arm[a].mean[2 * v + 1];
				}
	for (int a = 0; a < 2; a++)
		for (int v = 0; v < c->variables / 2; v++)
		{
			if (c->denominator[a][v] == 0)
				return false;
			c->level[a][v] /= c->denominator[a][v];
		}
	return true;
}

/* The effect within a stratum, and the parts of its variances. */
static mlops_status
effect_within(const combination *c, const stratum *s, mlops_effect *e, mlops_effect_sum *sum)
{
	mlops_arm	arm[2] = {s->arm[0], s->arm[1]};
	double		mean[2][2];
	double		comoment[2][3];

	*e = MLOPS_NO_EFFECT((double) arm[0].n, (double) arm[1].n);
	for (int a = 0; c->metric == MLOPS_METRIC_RATIO && a < 2; a++)
	{
		mlops_effect_linearise(&s->arm[a], c->level[a], c->denominator[a], mean[a], comoment[a]);
		arm[a] = (mlops_arm) {.variables = c->variables / 2, .n = s->arm[a].n, .mean = mean[a], .comoment = comoment[a]};
	}
	e->control_raw = arm[0].mean[0];
	e->treatment_raw = arm[1].mean[0];
	return mlops_effect_of_means(&arm[0], &arm[1], c->metric == MLOPS_METRIC_PROPORTION ? MLOPS_METRIC_MEAN : c->metric,
								 c->theta, c->work, e, sum);
}

static void
add_weighted(mlops_effect_sum *into, const mlops_effect_sum *from, double share)
{
	double		square = share * share;

	into->total.control += square * from->total.control;
	into->total.treatment += square * from->total.treatment;
	into->total.covariance += square * from->total.covariance;
	into->total.difference += square * from->total.difference;
	into->at_one += square * square * from->at_one;
	for (int i = 0; i < 5; i++)
		into->satterthwaite[i] += square * square * from->satterthwaite[i];
}

/* Levels add up, weighted by the shares. */
static void
add_levels(mlops_effect *into, const mlops_effect *e, double share)
{
	into->control_raw += share * e->control_raw;
	into->treatment_raw += share * e->treatment_raw;
	into->control += share * e->control;
	into->treatment += share * e->treatment;
	into->difference += share * e->difference;
	into->v_control += share * share * e->v_control * (into->n_control / e->n_control);
	into->v_treatment += share * share * e->v_treatment * (into->n_treatment / e->n_treatment);
	if (e->caution)
		into->caution = e->caution;
	if (into->variant && strcmp(into->variant, e->variant) != 0)
		into->variant = "CUPED where the covariates of a stratum allow it";
	else
		into->variant = e->variant;
}

/*
 * Strata are as large as they came out: the variance of shares of a multinomial
 * sample, about levels that are sums over the strata.
 */
static void
add_shares(mlops_effect_part *p, const mlops_effect *all, const mlops_effect *e, double share, double total)
{
	double		c = e->control - all->control;
	double		t = e->treatment - all->treatment;
	double		d = e->difference - all->difference;

	p->control += share * c * c / total;
	p->treatment += share * t * t / total;
	p->covariance += share * c * t / total;
	p->difference += share * d * d / total;
}

static mlops_status
combine(combination *c, mlops_effect *out)
{
	mlops_effect_sum sum = {0};
	mlops_effect_part shares = {.df = c->total - 1};
	mlops_effect e;
	stratum		s;

	out->control_raw = out->treatment_raw = out->control = out->treatment = out->difference = 0;
	out->v_control = out->v_treatment = 0;
	for (int i = 0; i < c->s->count; i++)
	{
		mlops_effect_sum within = {0};
		mlops_status status;

		if (!get_stratum(c, i, &s))
			continue;
		status = effect_within(c, &s, &e, &within);
		if (status != MLOPS_OK)
		{
			*out = MLOPS_NO_EFFECT(out->n_control, out->n_treatment);
			out->reason = e.reason;
			return status;
		}
		add_weighted(&sum, &within, s.share);
		add_levels(out, &e, s.share);
	}
	for (int i = 0; c->s->share == NULL && i < c->s->count; i++)
	{
		mlops_effect_sum within = {0};

		if (get_stratum(c, i, &s) && effect_within(c, &s, &e, &within) == MLOPS_OK)
			add_shares(&shares, out, &e, s.share, c->total);
	}
	if (c->s->share == NULL)
		mlops_effect_add_part(&sum, &shares);
	mlops_effect_set_variance(out, &sum);
	out->r2 = out->variant ? (double) NAN : 0;
	if (out->control != 0)
	{
		out->relative = out->difference / fabs(out->control);
		out->relative_variance = mlops_effect_contrast_variance(out, out->treatment / out->control)
			/ out->control / out->control;
	}
	return MLOPS_OK;
}

mlops_status
mlops_effect_of_strata(const mlops_strata *s, mlops_metric metric, mlops_theta theta, double *work,
					   mlops_effect *out, int *merged)
{
	combination c = {.s = s, .metric = metric, .theta = theta, .work = work};
	double		n[2] = {0, 0};
	int			left = 0;
	stratum		one;
	mlops_status status;

	*merged = 0;
	for (int i = 0; i < s->count; i++)
	{
		n[0] += (double) s->control[i].n;
		n[1] += (double) s->treatment[i].n;
		if (units(s, i) > units(s, c.largest))
			c.largest = i;
	}
	*out = MLOPS_NO_EFFECT(n[0], n[1]);
	if (n[0] == 0 || n[1] == 0)
	{
		out->reason = n[0] == 0 ? "no units in the control" : "no units in the treatment";
		return MLOPS_EMPTY;
	}
	c.total = n[0] + n[1];
	for (int i = 0; i < s->count; i++)
		for (int a = 0; a < 2; a++)
		{
			const mlops_arm *arm = a == 0 ? &s->control[i] : &s->treatment[i];

			if (arm->n > 0 && c.variables == 0)
				c.variables = arm->variables;
			if (arm->n > 0 && arm->variables != c.variables)
			{
				out->reason = "the variables do not fit the metric";
				return MLOPS_DOMAIN;
			}
		}
	merge_thin(&c);
	*merged = c.merged;
	for (int i = 0; i < s->count; i++)
		left += get_stratum(&c, i, &one);
	if (left == 1)
		return mlops_effect_of(&c.large[0], &c.large[1], metric == MLOPS_METRIC_PROPORTION ? MLOPS_METRIC_MEAN : metric,
							   theta, c.work, out);
	/* the largest may have been thin itself, but not with what it got */
	get_stratum(&c, c.largest, &one);
	status = mlops_effect_check(&one.arm[0], &one.arm[1], metric, out);
	if (status != MLOPS_OK)
		return status;
	if (arm_is_thin(&one.arm[0], metric) || arm_is_thin(&one.arm[1], metric))
	{
		out->reason = "the largest stratum has no variance";
		return MLOPS_DEGENERATE;
	}
	if (metric == MLOPS_METRIC_RATIO && !set_ratios(&c))
	{
		out->reason = "the denominators are 0";
		return MLOPS_DEGENERATE;
	}
	return combine(&c, out);
}
