/*
 * test_crossfit_null.c
 *		Why the test of the domain classifier is progressive: without a change,
 *		cross-fitted AUCs taken for independent raise too many alarms, those of
 *		folds that are scored by the folds before them do not.
 */
#include "tap.h"

#include "kernel/multivariate/auc.h"
#include "kernel/multivariate/crossfit.h"
#include "kernel/summary/hash.h"

#define ROWS		200
#define FEATURES	3
#define CODES		21
#define FOLDS		5
#define TREES		20
#define RUNS		1000

static uint8_t codes[ROWS * FEATURES];
static const uint8_t n_codes[FEATURES] = {CODES, CODES, CODES};
static const bool categorical[FEATURES] = {false, false, false};
static bool current[ROWS];
static uint8_t fold[ROWS];
static uint32_t rows[ROWS],
			order[ROWS],
			spare[ROWS];
static double score[ROWS];
static mlops_boost_sum gradient[ROWS],
			histogram[3 * FEATURES * MLOPS_BOOST_CODES];
static int	feature[FEATURES];
static mlops_boost_node tree[TREES][MLOPS_BOOST_NODES(3)];

static int
by_score(const void *a, const void *b)
{
	double		x = ((const mlops_scored *) a)->score,
				y = ((const mlops_scored *) b)->score;

	return x < y ? -1 : x > y;
}

/* AUC of one fold under the model of all others, or of those before it. */
static mlops_auc
test_fold(int k, bool before)
{
	mlops_boost b = {
		.data = {codes, n_codes, categorical, current, FEATURES}, .options = {3, 0.1, 1, 2.5, 2.5, FEATURES},
		.rows = rows, .order = order, .spare = spare, .score = score, .gradient = gradient,
		.feature = feature, .histogram = histogram
	};
	mlops_scored scored[ROWS];
	mlops_auc	auc;
	size_t		n = 0;

	for (uint32_t i = 0; i < ROWS; i++)
		if (before ? fold[i] < k : fold[i] != k)
			rows[b.n_rows++] = i;
	mlops_boost_begin(&b, 1);
	for (int t = 0; t < TREES; t++)
		mlops_boost_tree(&b, tree[t]);
	for (int i = 0; i < ROWS; i++)
	{
		double		s = 0;

		if (fold[i] != k)
			continue;
		for (int t = 0; t < TREES; t++)
			s += mlops_boost_value(tree[t], codes + i * FEATURES);
		scored[n++] = (mlops_scored) {s, current[i]};
	}
	qsort(scored, n, sizeof(*scored), by_score);
	mlops_auc_sorted(scored, n, &auc);
	return auc;
}

int
main(void)
{
	uint64_t	random = 20260307;
	int			alarms[2] = {0},
				outside = 0;

	for (int run = 0; run < RUNS; run++)
	{
		mlops_folds folds;
		mlops_auc	auc[FOLDS],
					all;
		double		z,
					lower,
					upper;

		mlops_folds_begin(&folds, FOLDS, 1);
		for (int i = 0; i < ROWS; i++)
		{
			uint32_t	row = (uint32_t) i;

			for (int f = 0; f < FEATURES; f++)
				codes[i * FEATURES + f] = (uint8_t) (1 + mlops_random_next(&random) % (CODES - 1));
			current[i] = i % 2 == 1;
			mlops_folds_deal(&folds, mlops_random_next(&random), &row, 1, fold);
		}
		for (int before = 0; before < 2; before++)
		{
			for (int k = before; k < FOLDS; k++)
				auc[k] = test_fold(k, before);
			mlops_van_elteren(auc + before, FOLDS - before, &z);
			alarms[before] += z > 1.6448536269514722;
			if (before == 0)
			{
				mlops_auc_pool(auc, FOLDS, &all);
				mlops_auc_interval(&all, 0.95, &lower, &upper);
				outside += lower > 0.5 || upper < 0.5;
			}
		}
	}
	diag("of %d without a change: cross-fitted %d, progressive %d below 5 %%; interval without 1/2: %d", RUNS,
		 alarms[0], alarms[1], outside);
	/* four standard errors of 5 % */
	ok(alarms[1] < RUNS * (0.05 + 4 * sqrt(0.05 * 0.95 / RUNS)), "progressive: %.1f %% at 5 %%", 100.0 * alarms[1] / RUNS);
	ok(alarms[1] > RUNS * 0.02, "and it can raise an alarm");
	ok(alarms[0] > RUNS * (0.05 + 4 * sqrt(0.05 * 0.95 / RUNS)), "cross-fitted as if independent: %.1f %% at 5 %%", 100.0 * alarms[0] / RUNS);
	return done_testing();
}
