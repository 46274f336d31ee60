/*
 * test_boost.c
 *		Boosted trees against scikit-learn and against their definition in plain
 *		loops (golden/boost.csv), and what they must be able to learn.
 */
#include "tap.h"

#include "kernel/multivariate/boost.h"
#include "kernel/summary/hash.h"

#define ROWS 1000
#define FEATURES 6

/* All that a fit needs, for tests of up to ROWS rows. */
typedef struct bench
{
	uint8_t		codes[ROWS * FEATURES];
	uint8_t		n_codes[FEATURES];
	bool		categorical[FEATURES];
	bool		current[ROWS];
	uint32_t	rows[ROWS],
				order[ROWS],
				spare[ROWS];
	double		score[ROWS];
	mlops_boost_sum gradient[ROWS];
	int			feature[FEATURES];
	mlops_boost_sum histogram[MLOPS_BOOST_MAX_DEPTH * FEATURES * MLOPS_BOOST_CODES];
	mlops_boost_node tree[MLOPS_BOOST_NODES(MLOPS_BOOST_MAX_DEPTH)];
	mlops_boost b;
} bench;

static bench t;

static void
set_up(int n, int features, mlops_boost_options options)
{
	for (int i = 0; i < n; i++)
		t.rows[i] = i;
	t.b = (mlops_boost) {
		.data = {t.codes, t.n_codes, t.categorical, t.current, features}, .options = options,
		.rows = t.rows, .n_rows = n, .order = t.order, .spare = t.spare, .score = t.score,
		.gradient = t.gradient, .feature = t.feature, .histogram = t.histogram
	};
}

/* Fits, and sums what the trees say: it must be the score that the fit keeps. */
static double
fit(int trees, int n, int features, uint64_t seed)
{
	static double sum[ROWS];
	double		worst = 0;

	memset(sum, 0, sizeof(sum));
	if (mlops_boost_begin(&t.b, seed) != MLOPS_OK)
		return NAN;
	for (int k = 0; k < trees; k++)
	{
		mlops_boost_tree(&t.b, t.tree);
		for (int i = 0; i < n; i++)
			sum[i] += mlops_boost_value(t.tree, t.codes + i * features);
	}
	for (int i = 0; i < n; i++)
		worst = fmax(worst, fabs(sum[i] - t.score[i]));
	return worst;
}

static void
against_golden(void)
{
	golden		g;
	double		worst[2] = {0};
	int			rows[2] = {0};

	golden_open(&g, "boost.csv", "source,depth,trees,l2,l2_categorical,min_hessian,n_codes,categorical,f1,f2,f3,current,score");
	while (golden_next(&g))
	{
		bool		plain = strcmp(golden_text(&g, 0), "plain") == 0;
		double		list[ROWS],
					flag[3],
					error;
		int			n = 0;

		golden_list(&g, 6, list, 3);
		golden_list(&g, 7, flag, 3);
		for (int f = 0; f < 3; f++)
		{
			t.n_codes[f] = (uint8_t) list[f];
			t.categorical[f] = flag[f] == 1;
		}
		for (int f = 0; f < 3; f++)
		{
			n = golden_list(&g, 8 + f, list, ROWS);
			for (int i = 0; i < n; i++)
				t.codes[i * 3 + f] = (uint8_t) list[i];
		}
		golden_list(&g, 11, list, ROWS);
		for (int i = 0; i < n; i++)
			t.current[i] = list[i] == 1;
		set_up(n, 3, (mlops_boost_options) {(int) golden_double(&g, 1), 0.1, golden_double(&g, 3), golden_double(&g, 4), golden_double(&g, 5), 3});
		error = fit((int) golden_double(&g, 2), n, 3, 1);
		if (!(error < 1e-12))
			ok(false, "row %d: what the trees say is the score, %g", rows[0] + rows[1], error);
		golden_list(&g, 12, list, ROWS);
		for (int i = 0; i < n; i++)
			worst[plain] = fmax(worst[plain], fabs(t.score[i] - list[i]));
		rows[plain]++;
	}
	ok(rows[0] == 6 && rows[1] == 4, "golden fits were read");
	ok(worst[0] < 1e-5, "scores of scikit-learn: worst %.2g", worst[0]);
	ok(worst[1] < 1e-10, "scores by definition: worst %.2g", worst[1]);
}

/* Share of rows on the right side of 0. */
static double
right(int n)
{
	int			r = 0;

	for (int i = 0; i < n; i++)
		r += (t.score[i] > 0) == t.current[i];
	return (double) r / n;
}

int
main(void)
{
	mlops_boost_options usual = {3, 0.1, 1, 2.5, 2.5, FEATURES};
	uint64_t	random = 7;
	double		score[ROWS];
	bool		only_two = true;
	int			used[FEATURES] = {0};

	against_golden();

	/* current where two features are on the same side of their middle: neither says anything alone */
	for (int i = 0; i < ROWS; i++)
		for (int f = 0; f < FEATURES; f++)
			t.codes[i * FEATURES + f] = (uint8_t) (1 + mlops_random_next(&random) % 20);
	for (int i = 0; i < ROWS; i++)
		t.current[i] = (t.codes[i * FEATURES] > 10) == (t.codes[i * FEATURES + 3] > 10);
	for (int f = 0; f < FEATURES; f++)
	{
		t.n_codes[f] = 21;
		t.categorical[f] = false;
	}
	set_up(ROWS, FEATURES, usual);
	ok(fit(100, ROWS, FEATURES, 1) < 1e-12, "what the trees say is the score");
	ok(right(ROWS) > 0.97, "exclusive or is learned: %.3f", right(ROWS));

	/* the same again is the same, whatever the seed while all features are in sight */
	memcpy(score, t.score, sizeof(score));
	fit(100, ROWS, FEATURES, 2);
	ok(memcmp(score, t.score, sizeof(score)) == 0, "bit for bit the same");

	/* two features a tree: others than those are not split */
	usual.features_per_tree = 2;
	set_up(ROWS, FEATURES, usual);
	mlops_boost_begin(&t.b, 1);
	for (int k = 0; k < 60; k++)
	{
		mlops_boost_tree(&t.b, t.tree);
		for (int i = 0; i < MLOPS_BOOST_NODES(3);)
		{
			int			f = t.tree[i].feature;

			if (f >= 0)
			{
				only_two &= f == t.b.feature[0] || f == t.b.feature[1];
				used[f]++;
			}
			/* the leftmost path is enough */
			if (f < 0)
				break;
			i = 2 * i + 1;
		}
	}
	ok(only_two, "a tree splits only features that were drawn");
	ok(used[0] && used[1] && used[2] && used[3] && used[4] && used[5], "all are drawn in the end");

	/* a side that is hardly there weighs as much; nothing to learn is said */
	usual.features_per_tree = FEATURES;
	for (int i = 0; i < ROWS; i++)
		t.current[i] = i < 50;
	set_up(ROWS, FEATURES, usual);
	ok(mlops_boost_begin(&t.b, 1) == MLOPS_OK && t.b.weight[1] == 1 && t.b.weight[0] == 50.0 / 950, "sides weigh the same");
	memset(t.codes, 5, sizeof(t.codes));
	mlops_boost_begin(&t.b, 1);
	ok(!mlops_boost_tree(&t.b, t.tree) && t.tree[0].feature == -1 && fabs(t.tree[0].value) < 1e-12, "constant features make no split");
	for (int i = 0; i < ROWS; i++)
		t.current[i] = true;
	ok(mlops_boost_begin(&t.b, 1) == MLOPS_EMPTY, "one side only");
	t.b.options.depth = 7;
	ok(mlops_boost_begin(&t.b, 1) == MLOPS_DOMAIN, "too deep");
	return done_testing();
}
