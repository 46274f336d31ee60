/*
 * test_policy.c
 *		Bandit levels, paired and off-policy effects, uplift and interleaving
 *		against their definitions, row by row.
 */
#include "tap.h"

#include "kernel/experiment/bandit.h"
#include "kernel/experiment/compare.h"
#include "kernel/experiment/policy.h"
#include "kernel/experiment/uplift.h"
#include "kernel/summary/comoments.h"

#define ROWS 400

/* Numbers in [0, 1) in a fixed order. */
static double
uniform(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (double) (*state >> 11) * 0x1p-53;
}

static double
mean_of(const double *x, int n)
{
	double		sum = 0;

	for (int i = 0; i < n; i++)
		sum += x[i];
	return sum / n;
}

static double
variance_of(const double *x, int n)
{
	double		m = mean_of(x, n);
	double		sum = 0;

	for (int i = 0; i < n; i++)
		sum += (x[i] - m) * (x[i] - m);
	return sum / (n - 1);
}

static void
paired(void)
{
	uint64_t	state = 1;
	double		mean[2] = {0};
	double		comoment[3] = {0};
	double		d[ROWS];
	double		contrast[ROWS];
	mlops_arm	rows = {2, 0, mean, comoment};
	mlops_effect e;

	for (int i = 0; i < ROWS; i++)
	{
		double		c = 3 + uniform(&state);
		double		x[2] = {c * 1.01 + 0.1 * uniform(&state), c};

		mlops_comoments_add(2, i, mean, comoment, x);
		d[i] = x[0] - x[1];
		contrast[i] = x[0] - 1.2 * x[1];
	}
	ok(mlops_paired_effect(&rows, &e) == MLOPS_EMPTY && e.reason != NULL, "no rows, no effect");
	rows.n = 1;
	ok(mlops_paired_effect(&rows, &e) == MLOPS_EMPTY && e.reason != NULL, "nor of one row");
	rows.n = ROWS;
	ok(mlops_paired_effect(&rows, &e) == MLOPS_OK && e.df > ROWS - 1 - 1e-9 && e.df < ROWS - 1 + 1e-9, "paired effect with n - 1 df");
	is_close(e.difference, mean_of(d, ROWS), 1e-12, "its difference");
	is_close(e.variance, variance_of(d, ROWS) / ROWS, 1e-10, "its variance is that of the differences");
	is_close(mlops_effect_contrast_variance(&e, 1.2), variance_of(contrast, ROWS) / ROWS, 1e-10, "and of any contrast");
	is_close(mlops_effect_contrast_df(&e, 1.2), ROWS - 1, 1e-10, "with the same df");
	rows.variables = 1;
	ok(mlops_paired_effect(&rows, &e) == MLOPS_DOMAIN, "one variable is no pair");
}

static void
off_policy(void)
{
	uint64_t	state = 2;
	double		mean[MLOPS_LOG_VARIABLES_MODEL] = {0};
	double		comoment[21] = {0};
	double		wr[ROWS],
				w[ROWS],
				r[ROWS],
				dr[ROWS],
				d[ROWS];
	mlops_arm	log = {MLOPS_LOG_VARIABLES_MODEL, ROWS, mean, comoment};
	mlops_log_weights weights;
	mlops_effect e;
	double		sum_w = 0;
	double		sum_w2 = 0;
	double		x[MLOPS_LOG_VARIABLES_MODEL];
	double		model[2] = {0.4, 0.6};
	int			capped = 0;

	for (int i = 0; i < ROWS; i++)
	{
		double		propensity = 0.1 + 0.8 * uniform(&state);
		double		probability = uniform(&state);

		r[i] = uniform(&state) < 0.3;
		w[i] = fmin(3, probability / propensity);
		capped += probability / propensity > 3;
		wr[i] = w[i] * r[i];
		dr[i] = model[0] + w[i] * (r[i] - model[1]);
		sum_w += w[i];
		sum_w2 += w[i] * w[i];
		if (!mlops_log_row(r[i], probability, propensity, 3, model, x))
			ok(false, "row %d can be used", i);
		mlops_comoments_add(MLOPS_LOG_VARIABLES_MODEL, i, mean, comoment, x);
	}
	ok(mlops_off_policy_effect(MLOPS_IPS, &log, &weights, &e) == MLOPS_OK, "IPS");
	is_close(e.treatment, mean_of(wr, ROWS), 1e-12, "value");
	is_close(e.v_treatment, variance_of(wr, ROWS), 1e-11, "variance");
	for (int i = 0; i < ROWS; i++)
		d[i] = wr[i] - r[i];
	is_close(e.variance, variance_of(d, ROWS) / ROWS, 1e-11, "variance of the difference to the log");
	is_close(weights.effective_rows, sum_w * sum_w / sum_w2, 1e-12, "effective sample size");
	ok(weights.capped == capped && capped > 0 && close_to(weights.cap, 3, 1e-15), "the cap and how often it was reached: %d", capped);
	ok(mlops_off_policy_effect(MLOPS_SNIPS, &log, &weights, &e) == MLOPS_OK, "SNIPS");
	is_close(e.treatment, mean_of(wr, ROWS) / mean_of(w, ROWS), 1e-12, "value");
	for (int i = 0; i < ROWS; i++)
		d[i] = (wr[i] - e.treatment * w[i]) / mean_of(w, ROWS);
	is_close(e.v_treatment, variance_of(d, ROWS), 1e-11, "variance");
	for (int i = 0; i < ROWS; i++)
		d[i] -= r[i];
	is_close(e.variance, variance_of(d, ROWS) / ROWS, 1e-11, "variance of the difference to the log");
	ok(mlops_off_policy_effect(MLOPS_DR, &log, &weights, &e) == MLOPS_OK, "DR");
	is_close(e.treatment, mean_of(dr, ROWS), 1e-12, "value");
	is_close(e.v_treatment, variance_of(dr, ROWS), 1e-11, "variance");

	mlops_log_row(1, 0.5, 0.5, 4, model, x);
	mlops_comoments_add(MLOPS_LOG_VARIABLES_MODEL, ROWS, mean, comoment, x);
	log.n++;
	ok(mlops_off_policy_effect(MLOPS_IPS, &log, &weights, &e) == MLOPS_DOMAIN && e.reason == NULL, "rows with different caps are refused");
	ok(!mlops_log_row(1, 0.5, 0, INFINITY, NULL, x) && !mlops_log_row(1, 0.5, 1.0000001, INFINITY, NULL, x) && !mlops_log_row(1, 0.5, -0.5, INFINITY, NULL, x) &&
	   !mlops_log_row(1, 0.5, NAN, INFINITY, NULL, x), "a propensity outside (0, 1] cannot be used");
	ok(!mlops_log_row(1, 1.1, 0.5, INFINITY, NULL, x) && !mlops_log_row(1, -0.1, 0.5, INFINITY, NULL, x) && !mlops_log_row(NAN, 1, 1, INFINITY, NULL, x) &&
	   !mlops_log_row(1, 1, 1e-320, INFINITY, NULL, x), "nor a probability outside [0, 1], a reward or a weight without end");
	ok(mlops_log_row(2, 1, 1, INFINITY, NULL, x) && x[MLOPS_LOG_INVERSE_CAP] == 0 && x[MLOPS_LOG_WEIGHTED_REWARD] == 2, "no cap is 1 / cap = 0");
}

static void
uplift(void)
{
	uint64_t	state = 3;
	mlops_uplift_group group[ROWS];
	mlops_uplift_point *point;
	mlops_uplift_summary s;
	double		score[ROWS],
				y[ROWS];
	bool		treated[ROWS];
	int			n;
	int			wrong = 0;
	double		auuc = 0;
	double		qini = 0;
	double		last[3] = {0};

	for (int i = 0; i < ROWS; i++)
	{
		/* sorted, ten units a score */
		score[i] = 40 - i / 10;
		treated[i] = uniform(&state) < 0.4;
		y[i] = uniform(&state) + (treated[i] ? 0.01 * score[i] : 0);
		group[i] = (mlops_uplift_group) {.score = score[i]};
		*(treated[i] ? &group[i].treatment : &group[i].control) = (mlops_outcomes) {1, y[i], 0};
	}
	n = mlops_uplift_join(ROWS, group);
	ok(n == 40, "equal scores are one group: %d", n);
	point = malloc(n * sizeof(*point));
	ok(mlops_uplift_curve(n, group, 0.95, point) == MLOPS_OK && mlops_uplift_areas(n, point, &s) == MLOPS_OK, "curve and areas");
	for (int g = 0; g < n; g++)
	{
		double		sum[2] = {0};
		double		count[2] = {0};
		double		all = 0;
		double		want[3];

		for (int i = 0; i < ROWS; i++)
		{
			all += treated[i];
			if (score[i] < 40 - g)
				continue;
			sum[treated[i]] += y[i];
			count[treated[i]]++;
		}
		want[0] = (count[0] + count[1]) / ROWS;
		want[1] = (sum[1] / count[1] - sum[0] / count[0]) * want[0];
		want[2] = (sum[1] - sum[0] * count[1] / count[0]) / all;
		if (count[0] == 0 || count[1] == 0)
		{
			wrong += !isnan(point[g].gain);
			continue;
		}
		wrong += !close_to(point[g].share, want[0], 1e-14) || fabs(point[g].gain - want[1]) > 1e-13 || fabs(point[g].qini - want[2]) > 1e-13;
		auuc += (want[0] - last[0]) * (want[1] + last[1]) / 2;
		qini += (want[0] - last[0]) * (want[2] + last[2]) / 2;
		memcpy(last, want, sizeof(last));
	}
	ok(wrong == 0, "share, gain and qini of every point");
	is_close(s.auuc, auuc, 1e-12, "AUUC");
	is_close(s.qini, qini - last[2] / 2, 1e-10, "Qini");
	is_close(s.auuc_random, last[1] / 2, 1e-12, "of a random order");
	ok(mlops_uplift_areas(0, point, &s) == MLOPS_EMPTY && isnan(s.auuc), "nothing has no area");
	ok(mlops_uplift_curve(n, group, 1, point) == MLOPS_DOMAIN, "a confidence of 1 is refused");
	free(point);
}

static void
interleaving(void)
{
	mlops_comparison c;
	int			a[] = {0, 1, 2, 3, 4, 0};
	int			b[] = {5, 4, 3, 9};
	int			wrong = 0;
	int			first = 0;

	ok(mlops_sign_comparison(2, 8, MLOPS_TWO_SIDED, 0.95, &c) == MLOPS_OK, "8 to 2");
	is_close(c.p, 112. / 1024, 1e-14, "p");
	ok(mlops_sign_comparison(5, 5, MLOPS_TWO_SIDED, 0.95, &c) == MLOPS_OK && c.p == 1 && c.estimate == 0, "5 to 5");
	ok(mlops_sign_comparison(0, 1e6, MLOPS_TWO_SIDED, 0.95, &c) == MLOPS_OK && c.p == 0 && c.upper == 1, "a million to none");
	is_close(c.ln_p, -999999 * 0.69314718055994530942, 1e-13, "ln p goes on");
	/* 1 - (alpha/2)^(1/n) */
	is_close((1 - c.lower) / 2, -expm1(log(0.025) / 1e6), 1e-10, "and the limit");
	ok(mlops_sign_comparison(0, 0, MLOPS_TWO_SIDED, 0.95, &c) == MLOPS_EMPTY && c.reason != NULL, "nothing decided");
	ok(mlops_sign_comparison(1.5, 0, MLOPS_TWO_SIDED, 0.95, &c) == MLOPS_DOMAIN && mlops_sign_comparison(-1, 2, MLOPS_TWO_SIDED, 0.95, &c) == MLOPS_DOMAIN &&
	   mlops_sign_comparison(1, 2, MLOPS_TWO_SIDED, 0, &c) == MLOPS_DOMAIN, "no counts, no confidence");

	for (uint64_t seed = 0; seed < 400; seed++)
	{
		/* allocated, so that the sanitizer sees a place too many */
		int		   *item = malloc(8 * sizeof(int));
		int		   *team = malloc(8 * sizeof(int));
		bool	   *used = malloc(10 * sizeof(bool));
		int			places = mlops_team_draft(6, a, 4, b, 10, seed, 8, used, item, team);
		int			size[2] = {0};

		for (int i = 0; i < places; i++)
		{
			for (int j = 0; j < i; j++)
				wrong += item[j] == item[i];
			size[team[i]]++;
			wrong += abs(size[0] - size[1]) > 1;
		}
		wrong += places < 5 || places > 8 || mlops_team_draft(6, a, 4, b, 10, seed, 3, used, item, team) != 3;
		first += team[0];
		free(item);
		free(team);
		free(used);
	}
	ok(wrong == 0, "no item twice, no team two places ahead, no more than asked for");
	ok(first > 150 && first < 250, "who begins is even: %d of 400", first);
}

static void
bandit(void)
{
	double		share[3];
	double		mean[2] = {1, 2};
	double		comoment[3] = {6, 2, 4};
	mlops_arm	cell = {2, 5, mean, comoment};
	mlops_bandit_arm arm[2] = {0};
	double		level[2],
				variance[2];

	mlops_thompson_shares(3, (double[]) {0.7, 0.2, 0.1}, (double[]) {0.2, 0.5, 0.3}, true, 0.1, share);
	is_close(share[0], 0.1 + 0.7 * 0.45, 1e-15, "top two");
	mlops_thompson_shares(3, (double[]) {0.7, 0.2, 0.1}, (double[]) {0.2, 0.5, 0.3}, false, 0, share);
	is_close(share[2], 0.1, 1e-15, "best only, no floor");
	mlops_thompson_shares(3, (double[]) {1, 0, 0}, (double[]) {0, 1, 0}, true, 1. / 3, share);
	is_close(share[2], 1. / 3, 1e-15, "a floor of all");
	for (int i = 0; i < 2; i++)
		ok(mlops_bandit_add(&arm[i], &cell, 1) == MLOPS_OK, "arm %d", i);
	/* theta = cov / var = .5; variance (6 - 2 .5 2 + .25 4) / 4 / 5 */
	ok(mlops_bandit_levels(MLOPS_METRIC_MEAN, 2, 2, arm, level, variance) == MLOPS_OK && level[0] == 1 && fabs(variance[1] - 0.25) < 1e-15, "a covariate");
	ok(mlops_bandit_levels(MLOPS_METRIC_RATIO, 2, 2, arm, level, variance) == MLOPS_OK && level[0] == 0.5, "a ratio");
	/* (6 - 2 .5 2 + .25 4) / 4 / 2^2 / 5 */
	is_close(variance[0], 0.0625, 1e-14, "its variance");
	ok(mlops_bandit_levels(MLOPS_METRIC_MEAN, 3, 2, arm, level, variance) == MLOPS_DOMAIN, "three variables are too many");
	arm[1].mean[1] = 0;
	ok(mlops_bandit_levels(MLOPS_METRIC_RATIO, 2, 2, arm, level, variance) == MLOPS_DEGENERATE, "a denominator of 0");
	cell.n = 1;
	ok(mlops_bandit_add(&arm[0], &cell, 1) == MLOPS_EMPTY, "one unit has no variance");
}

int
main(void)
{
	paired();
	off_policy();
	uplift();
	interleaving();
	bandit();
	return done_testing();
}
