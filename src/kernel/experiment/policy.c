/*
 * policy.c
 *		Effects measured on the same rows.
 */
#include "kernel/experiment/policy.h"

#include <string.h>

#include "kernel/experiment/effect_parts.h"
#include "kernel/special/discrete.h"
#include "kernel/special/special.h"
#include "kernel/summary/comoments.h"
#include "kernel/summary/hash.h"

/* What a sum of such terms may be by rounding alone. */
#define ROUNDING 1e-13

#define NO_VARIATION "the differences do not vary"
#define OUT_OF_RANGE "the moments are beyond the range of numbers"

/* Sum of terms; 0 when it is no more than their rounding. */
static double
sum_of(int n, const double *term)
{
	double		sum = 0;
	double		size = 0;

	for (int i = 0; i < n; i++)
	{
		sum += term[i];
		size += fabs(term[i]);
	}
	return sum > ROUNDING * size || isnan(sum) ? sum : 0;
}

/* Levels, variances of one row, their covariance, and the variance of a row's difference. */
static mlops_status
dependent_effect(int64_t n, double control, double treatment, double v_control, double v_treatment,
				 double covariance, double v_difference, mlops_effect *out)
{
	mlops_effect_sum sum = {0};
	mlops_effect_part part = {v_control / n, v_treatment / n, covariance / n, v_difference / n, n - 1.0};

	out->control = out->control_raw = control;
	out->treatment = out->treatment_raw = treatment;
	out->difference = treatment - control;
	out->v_control = v_control;
	out->v_treatment = v_treatment;
	out->r2 = 0;
	out->control_variance = part.control;
	out->treatment_variance = part.treatment;
	out->covariance = part.covariance;
	if (control != 0)
		out->relative = out->difference / fabs(control);
	if (!isfinite(out->difference) || !isfinite(v_difference) || !isfinite(v_control))
	{
		out->reason = OUT_OF_RANGE;
		return MLOPS_DOMAIN;
	}
	if (v_difference == 0)
	{
		out->reason = NO_VARIATION;
		return MLOPS_DEGENERATE;
	}
	mlops_effect_add_part(&sum, &part);
	mlops_effect_set_variance(out, &sum);
	if (control != 0)
		out->relative_variance = mlops_effect_contrast_variance(out, treatment / control) / (control * control);
	return MLOPS_OK;
}

mlops_status
mlops_paired_effect(const mlops_arm *rows, mlops_effect *out)
{
	double		n = (double) rows->n;
	const double *c = rows->comoment;

	*out = MLOPS_NO_EFFECT(n, n);
	if (rows->n > 0 && rows->variables != 2)
		return MLOPS_DOMAIN;
	if (rows->n < 2)
	{
		out->reason = rows->n == 0 ? "no rows" : "fewer than two rows";
		return MLOPS_EMPTY;
	}
	return dependent_effect(rows->n, rows->mean[1], rows->mean[0], c[2] / (n - 1), c[0] / (n - 1), c[1] / (n - 1),
							sum_of(3, (double[]) {c[0], -2 * c[1], c[2]}) / (n - 1), out);
}

/* ---------------------------------------------------------------- off-policy */

bool
mlops_log_row(double reward, double probability, double propensity, double cap, const double *model, double *variables)
{
	double		w = probability / propensity;

	if (!(propensity > 0 && propensity <= 1) || !(probability >= 0 && probability <= 1) || !isfinite(w) || !isfinite(reward))
		return false;
	variables[MLOPS_LOG_CAPPED] = w > cap;
	w = fmin(w, cap);
	variables[MLOPS_LOG_WEIGHTED_REWARD] = w * reward;
	variables[MLOPS_LOG_WEIGHT] = w;
	variables[MLOPS_LOG_REWARD] = reward;
	variables[MLOPS_LOG_INVERSE_CAP] = isinf(cap) ? 0 : 1 / cap;
	if (model)
		variables[MLOPS_LOG_DOUBLY_ROBUST] = model[0] + w * (reward - model[1]);
	return isfinite(variables[MLOPS_LOG_WEIGHTED_REWARD]) && (!model || isfinite(variables[MLOPS_LOG_DOUBLY_ROBUST]));
}

static double
comoment(const mlops_arm *log, int i, int j)
{
	return log->comoment[mlops_comoment_at(log->variables, i, j)];
}

static void
describe_weights(const mlops_arm *log, mlops_log_weights *out)
{
	double		n = (double) log->n;
	double		mean = log->mean[MLOPS_LOG_WEIGHT];
	double		square = comoment(log, MLOPS_LOG_WEIGHT, MLOPS_LOG_WEIGHT) / n;

	out->mean = mean;
	out->effective_rows = mean > 0 ? n / (1 + square / mean / mean) : (double) NAN;
	out->capped = rint(n * log->mean[MLOPS_LOG_CAPPED]);
	out->cap = log->mean[MLOPS_LOG_INVERSE_CAP] > 0 ? 1 / log->mean[MLOPS_LOG_INVERSE_CAP] : INFINITY;
}

mlops_status
mlops_off_policy_effect(mlops_off_policy_method method, const mlops_arm *log, mlops_log_weights *weights, mlops_effect *out)
{
	const int	wr = MLOPS_LOG_WEIGHTED_REWARD,
				w = MLOPS_LOG_WEIGHT,
				r = MLOPS_LOG_REWARD,
				dr = MLOPS_LOG_DOUBLY_ROBUST;
	double		n = (double) log->n;
	double		rr;
	double		mean;
	double		v;

	*weights = (mlops_log_weights) {NAN, NAN, NAN, NAN};
	*out = MLOPS_NO_EFFECT(n, n);
	if (log->n == 0)
	{
		out->reason = "no rows";
		return MLOPS_EMPTY;
	}
	if (log->variables != (log->variables > MLOPS_LOG_VARIABLES ? MLOPS_LOG_VARIABLES_MODEL : MLOPS_LOG_VARIABLES) ||
		(method == MLOPS_DR && log->variables != MLOPS_LOG_VARIABLES_MODEL) ||
		comoment(log, MLOPS_LOG_INVERSE_CAP, MLOPS_LOG_INVERSE_CAP) != 0)
		return MLOPS_DOMAIN;
	describe_weights(log, weights);
	if (log->n < 2)
	{
		out->reason = "fewer than two rows";
		return MLOPS_EMPTY;
	}
	rr = comoment(log, r, r);
	if (method != MLOPS_SNIPS)
	{
		int			u = method == MLOPS_IPS ? wr : dr;

		return dependent_effect(log->n, log->mean[r], log->mean[u], rr / (n - 1), comoment(log, u, u) / (n - 1), comoment(log, u, r) / (n - 1),
								sum_of(3, (double[]) {comoment(log, u, u), -2 * comoment(log, u, r), rr}) / (n - 1), out);
	}
	mean = log->mean[w];
	if (!(mean > 0))
	{
		out->control = log->mean[r];
		out->reason = "the new policy takes none of the logged actions";
		return MLOPS_DEGENERATE;
	}
	/* (w r - v w) / mean w, linear in the rows */
	v = log->mean[wr] / mean;
	return dependent_effect(log->n, log->mean[r], v, rr / (n - 1),
							sum_of(3, (double[]) {comoment(log, wr, wr), -2 * v * comoment(log, wr, w), v * v * comoment(log, w, w)}) / (n - 1) / mean / mean,
							(comoment(log, wr, r) - v * comoment(log, w, r)) / (n - 1) / mean,
							sum_of(6, (double[]) {comoment(log, wr, wr) / mean / mean, -2 * v * comoment(log, wr, w) / mean / mean,
												  v * v * comoment(log, w, w) / mean / mean, rr, -2 * comoment(log, wr, r) / mean,
							2 * v * comoment(log, w, r) / mean}) / (n - 1), out);
}

/* ---------------------------------------------------------------- interleaving */

/* ln P(X >= wins) of `decided` fair coins. */
static mlops_status
ln_at_least(double wins, double decided, double *ln_p)
{
	mlops_tails tails;
	mlops_status status;

	*ln_p = 0;
	if (wins <= 0)
		return MLOPS_OK;
	status = mlops_binomial_tails(wins - 1, decided, 0.5, &tails);
	*ln_p = tails.ln_upper;
	return status;
}

/* The limit of the share that Clopper and Pearson's interval has on one side, alpha beyond it; as twice the share - 1. */
static mlops_status
share_limit(double wins, double losses, double alpha, bool upper, double *out)
{
	double		x = upper ? 1 : 0;
	double		y = 1 - x;
	mlops_status status = MLOPS_OK;

	if (upper && losses > 0)
		status = mlops_beta_quantile(alpha, true, wins + 1, losses, &x, &y);
	else if (!upper && wins > 0)
		status = mlops_beta_quantile(alpha, false, wins, losses + 1, &x, &y);
	*out = x - y;
	return status;
}

mlops_status
mlops_sign_comparison(double wins_control, double wins_treatment, mlops_alternative alternative, double confidence,
					  mlops_comparison *out)
{
	double		decided = wins_control + wins_treatment;
	double		alpha = alternative == MLOPS_TWO_SIDED ? (1 - confidence) / 2 : 1 - confidence;
	double		counted = alternative == MLOPS_LESS ? wins_control : alternative == MLOPS_GREATER ? wins_treatment :
		fmax(wins_control, wins_treatment);
	mlops_status status;

	*out = MLOPS_NO_COMPARISON(decided, decided);
	if (!(wins_control >= 0) || !(wins_treatment >= 0) || rint(wins_control) != wins_control ||
		rint(wins_treatment) != wins_treatment || decided > 1e15 || !(confidence > 0 && confidence < 1))
		return MLOPS_DOMAIN;
	if (decided == 0)
	{
		out->reason = "nothing was decided";
		return MLOPS_EMPTY;
	}
	out->control = wins_control / decided;
	out->treatment = wins_treatment / decided;
	out->estimate = (wins_treatment - wins_control) / decided;
	out->statistic = wins_treatment;
	out->confidence = confidence;
	out->variant = "exact";
	status = ln_at_least(counted, decided, &out->ln_p);
	if (alternative == MLOPS_TWO_SIDED)
		out->ln_p = fmin(0, out->ln_p + MLOPS_LN2);
	out->p = exp(out->ln_p);
	out->lower = -1;
	out->upper = 1;
	if (status == MLOPS_OK && alternative != MLOPS_LESS)
		status = share_limit(wins_treatment, wins_control, alpha, false, &out->lower);
	if (status == MLOPS_OK && alternative != MLOPS_GREATER)
		status = share_limit(wins_treatment, wins_control, alpha, true, &out->upper);
	return status;
}

int
mlops_team_draft(int na, const int *a, int nb, const int *b, int items, uint64_t seed, int length,
				 bool *used, int *item, int *team)
{
	const int  *ranking[2] = {a, b};
	int			n[2] = {na, nb};
	int			next[2] = {0, 0};
	int			size[2] = {0, 0};
	int			places = 0;

	memset(used, 0, items * sizeof(bool));
	while (places < length)
	{
		int			picks;

		/* each team's best item that is not taken */
		for (int t = 0; t < 2; t++)
		{
			while (next[t] < n[t] && used[ranking[t][next[t]]])
				next[t]++;
			if (next[t] == n[t])
				return places;
		}
		if (size[0] == size[1])
			picks = (int) (mlops_mix64(seed + (uint64_t) (places + 1) * UINT64_C(0x9e3779b97f4a7c15)) >> 63);
		else
			picks = size[0] > size[1];
		item[places] = ranking[picks][next[picks]];
		used[item[places]] = true;
		team[places++] = picks;
		size[picks]++;
	}
	return places;
}
