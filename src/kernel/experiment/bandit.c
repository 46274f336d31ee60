/*
 * bandit.c
 *		Shares of the traffic for the arms of a bandit.
 */
#include "kernel/experiment/bandit.h"

#include <math.h>

#include "kernel/summary/comoments.h"

void
mlops_thompson_shares(int k, const double *best, const double *second, bool top_two, double floor, double *share)
{
	double		sum = 0;

	for (int i = 0; i < k; i++)
	{
		share[i] = top_two ? (best[i] + second[i]) / 2 : best[i];
		sum += share[i];
	}
	for (int i = 0; i < k; i++)
		share[i] = k * floor >= 1 ? 1.0 / k : floor + (1 - k * floor) * share[i] / sum;
}

mlops_status
mlops_bandit_add(mlops_bandit_arm *arm, const mlops_arm *period, double weight)
{
	int			v = period->variables;
	double		n = (double) period->n;

	if (period->n < 2)
		return MLOPS_EMPTY;
	arm->n += n;
	for (int i = 0; i < v; i++)
		arm->mean[i] += weight * period->mean[i];
	for (int i = 0; i < mlops_comoment_count(v); i++)
	{
		double		covariance = period->comoment[i] / (n - 1);

		arm->variance[i] += weight * weight * covariance / n;
		arm->spread[i] += weight * weight * covariance;
	}
	return MLOPS_OK;
}

/* Slopes of an arm's level and of its level before, with respect to the means of its variables. */
typedef struct linear_form
{
	double		level;
	double		before;
	double		y[MLOPS_BANDIT_VARIABLES];
	double		x[MLOPS_BANDIT_VARIABLES];
} linear_form;

static mlops_status
linearise(mlops_metric metric, int variables, const mlops_bandit_arm *arm, linear_form *out)
{
	const double *m = arm->mean;

	*out = (linear_form) {0};
	if (metric != MLOPS_METRIC_RATIO)
	{
		out->level = m[0];
		out->y[0] = 1;
		if (variables == 2)
		{
			out->before = m[1];
			out->x[1] = 1;
		}
		return MLOPS_OK;
	}
	if (m[1] == 0 || (variables == 4 && m[3] == 0))
		return MLOPS_DEGENERATE;
	out->level = m[0] / m[1];
	out->y[0] = 1 / m[1];
	out->y[1] = -out->level / m[1];
	if (variables == 4)
	{
		out->before = m[2] / m[3];
		out->x[2] = 1 / m[3];
		out->x[3] = -out->before / m[3];
	}
	return MLOPS_OK;
}

static double
bilinear(int variables, const double *matrix, const double *a, const double *b)
{
	double		sum = 0;

	for (int i = 0; i < variables; i++)
		for (int j = 0; j < variables; j++)
			if (a[i] != 0 && b[j] != 0)
				sum += a[i] * b[j] * matrix[mlops_comoment_at(variables, i, j)];
	return sum;
}

/* The level before of all arms together. */
static double
pooled_before(mlops_metric metric, int k, const mlops_bandit_arm *arms)
{
	double		top = 0;
	double		bottom = 0;

	for (int i = 0; i < k; i++)
	{
		top += arms[i].n * arms[i].mean[metric == MLOPS_METRIC_RATIO ? 2 : 1];
		bottom += arms[i].n * (metric == MLOPS_METRIC_RATIO ? arms[i].mean[3] : 1);
	}
	return bottom == 0 ? 0 : top / bottom;
}

mlops_status
mlops_bandit_levels(mlops_metric metric, int variables, int k, const mlops_bandit_arm *arms,
					double *level, double *variance)
{
	bool		ratio = metric == MLOPS_METRIC_RATIO;
	bool		adjusts = variables == (ratio ? 4 : 2);
	double		cross = 0;
	double		square = 0;
	double		theta = 0;
	double		before = 0;
	linear_form f;

	if (!adjusts && variables != (ratio ? 2 : 1))
		return MLOPS_DOMAIN;
	for (int i = 0; i < k; i++)
	{
		if (linearise(metric, variables, &arms[i], &f) != MLOPS_OK)
			return MLOPS_DEGENERATE;
		cross += bilinear(variables, arms[i].spread, f.y, f.x);
		square += bilinear(variables, arms[i].spread, f.x, f.x);
	}
	if (adjusts)
	{
		before = pooled_before(metric, k, arms);
		theta = square > 0 ? cross / square : 0;
	}
	for (int i = 0; i < k; i++)
	{
		linearise(metric, variables, &arms[i], &f);
		level[i] = f.level - theta * (f.before - before);
		/* the variance of the adjusted value itself: nothing is subtracted from it */
		for (int j = 0; j < variables; j++)
			f.y[j] -= theta * f.x[j];
		variance[i] = fmax(0, bilinear(variables, arms[i].variance, f.y, f.y));
	}
	return MLOPS_OK;
}

/* The best of the means, and how many have it; NaN when one is not finite. */
static double
best_mean(int k, const double *mean, bool higher_is_better, int *equal)
{
	double		best = mean[0];

	*equal = 0;
	for (int i = 0; i < k; i++)
	{
		if (!isfinite(mean[i]))
			return NAN;
		best = higher_is_better ? fmax(best, mean[i]) : fmin(best, mean[i]);
	}
	for (int i = 0; i < k; i++)
		*equal += mean[i] == best;
	return best;
}

mlops_status
mlops_epsilon_greedy(int k, const double *mean, double epsilon, bool higher_is_better, double *share)
{
	int			equal;
	double		best;

	if (k < 1 || !(epsilon >= 0 && epsilon <= 1))
		return MLOPS_DOMAIN;
	best = best_mean(k, mean, higher_is_better, &equal);
	if (isnan(best))
		return MLOPS_DOMAIN;
	for (int i = 0; i < k; i++)
		share[i] = epsilon / k + (mean[i] == best ? (1 - epsilon) / equal : 0);
	return MLOPS_OK;
}

mlops_status
mlops_softmax(int k, const double *mean, double temperature, bool higher_is_better, double *share)
{
	int			equal;
	double		best;
	double		sum = 0;

	if (k < 1 || !(temperature > 0) || !isfinite(temperature))
		return MLOPS_DOMAIN;
	best = best_mean(k, mean, higher_is_better, &equal);
	if (isnan(best))
		return MLOPS_DOMAIN;
	for (int i = 0; i < k; i++)
	{
		share[i] = exp(-fabs(mean[i] - best) / temperature);
		sum += share[i];
	}
	for (int i = 0; i < k; i++)
		share[i] /= sum;
	return MLOPS_OK;
}

mlops_status
mlops_ucb1(int k, const double *mean, const double *n, double exploration, bool higher_is_better, double *bound)
{
	double		total = 0;

	if (k < 1 || !(exploration >= 0) || !isfinite(exploration))
		return MLOPS_DOMAIN;
	for (int i = 0; i < k; i++)
	{
		if (!(n[i] >= 0) || !isfinite(n[i]) || (n[i] > 0 && !isfinite(mean[i])))
			return MLOPS_DOMAIN;
		total += n[i];
	}
	for (int i = 0; i < k; i++)
	{
		double		radius = n[i] == 0 ? INFINITY : sqrt(exploration * fmax(0, log(total)) / n[i]);

		if (n[i] == 0)
			bound[i] = higher_is_better ? radius : -radius;
		else
			bound[i] = higher_is_better ? mean[i] + radius : mean[i] - radius;
	}
	return MLOPS_OK;
}
