/*
 * domain_fit.c
 *		The statistics of the domain classifier: codes, folds, fits, the AUC of
 *		rows that the fit did not see, and what columns contribute to it.
 *
 * See doc/statistics/domain_classifier.md.
 */
#include "drift/domain.h"

#include <math.h>

#include "kernel/multivariate/auc.h"
#include "kernel/multivariate/boost.h"
#include "kernel/multivariate/crossfit.h"
#include "kernel/summary/hash.h"
#include "kernel/special/special.h"
#include "miscadmin.h"

#define ST_SORT sort_doubles
#define ST_ELEMENT_TYPE double
#define ST_COMPARE(a, b) (*(a) < *(b) ? -1 : *(a) > *(b))
#define ST_SCOPE static
#define ST_DEFINE
#define ST_CHECK_FOR_INTERRUPTS
#include "lib/sort_template.h"

#define ST_SORT sort_hashes
#define ST_ELEMENT_TYPE uint64_t
#define ST_COMPARE(a, b) (*(a) < *(b) ? -1 : *(a) > *(b))
#define ST_SCOPE static
#define ST_DEFINE
#define ST_CHECK_FOR_INTERRUPTS
#include "lib/sort_template.h"

#define ST_SORT sort_scored
#define ST_ELEMENT_TYPE mlops_scored
#define ST_COMPARE(a, b) ((a)->score < (b)->score ? -1 : (a)->score > (b)->score)
#define ST_SCOPE static
#define ST_DEFINE
#define ST_CHECK_FOR_INTERRUPTS
#include "lib/sort_template.h"

/* Rows of equal features next to each other, in the order of a seeded hash. */
typedef struct keyed
{
	uint64		hash;
	uint32		row;
} keyed;

typedef struct compare_arg
{
	const uint8 *codes;
	int			width;
	const bool *current;
} compare_arg;

static int
compare_keyed(const keyed *a, const keyed *b, const compare_arg *arg)
{
	int			c;

	if (a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	c = memcmp(arg->codes + (size_t) a->row * arg->width, arg->codes + (size_t) b->row * arg->width,
			   arg->width);
	if (c != 0)
		return c;
	if (arg->current[a->row] != arg->current[b->row])
		return arg->current[a->row] ? 1 : -1;
	return a->row < b->row ? -1 : a->row > b->row;
}

#define ST_SORT sort_keyed
#define ST_ELEMENT_TYPE keyed
#define ST_COMPARE(a, b, arg) compare_keyed(a, b, arg)
#define ST_COMPARE_ARG_TYPE const compare_arg
#define ST_SCOPE static
#define ST_DEFINE
#define ST_CHECK_FOR_INTERRUPTS
#include "lib/sort_template.h"

/* Importance shuffles this many rows a column, in at most so many rounds. */
#define SHUFFLED_ROWS	20000
#define MAX_ROUNDS		10

/* Features that a tree may choose from. */
#define FEATURES_PER_TREE 128

typedef struct fit
{
	domain_data *data;
	const domain_options *options;
	uint8	   *codes;			/* row * n_features + feature */
	uint8	   *n_codes;
	bool	   *categorical;
	uint32	   *by_fold;		/* the rows of fold 0, of fold 1, ..., each in order */
	uint32	   *learn;			/* the rows of the fit */
	size_t		begin[MLOPS_MAX_FOLDS + 1];
	mlops_boost boost;
	int			nodes;			/* of a tree */
	mlops_boost_node *model;	/* trees of the model that was fitted last */
	int			n_trees;
	double	   *score;			/* of test rows, by row */
	double	   *changed;		/* the same with a column shuffled, by place in the fold */
	uint32	   *shuffled;
	mlops_scored *scored;		/* room for a fold */
	double	   *gain;			/* by column */
	double	   *drop;
	double		pairs;			/* that drop is a sum over */
} fit;

/* ---------------------------------------------------------------------
 * codes and folds
 * --------------------------------------------------------------------- */

static void
code_feature(fit *f, domain_column *c, int feature, void *sorted)
{
	domain_data *data = f->data;
	const double *value = data->value + (size_t) feature * data->n;
	uint8	   *codes = f->codes + feature;
	double		cut[MLOPS_BOOST_CODES];
	uint64_t	category[MLOPS_BOOST_CODES];
	bool		categorical = c->kind == DOMAIN_CATEGORICAL;
	size_t		n = 0;
	int			n_codes;

	for (size_t i = 0; i < data->n; i++)
	{
		uint64_t	bits = mlops_double_bits(value[i]);

		if (categorical ? bits == 0 : isnan(value[i]))
			c->missing[data->current[i]]++;
		else if (categorical)
			((uint64_t *) sorted)[n++] = bits;
		else
			((double *) sorted)[n++] = value[i];
	}
	if (categorical)
	{
		sort_hashes(sorted, n);
		n_codes = mlops_category_codes(sorted, n, category);
	}
	else
	{
		sort_doubles(sorted, n);
		n_codes = mlops_numeric_codes(sorted, n, cut);
	}
	for (size_t i = 0; i < data->n; i++)
	{
		uint64_t	bits = mlops_double_bits(value[i]);
		uint8		code;

		if (!categorical)
			code = mlops_numeric_code(cut, n_codes, value[i]);
		else
			code = bits == 0 ? MLOPS_BOOST_MISSING : mlops_category_code(category, n_codes, bits);
		codes[i * data->n_features] = code;
	}
	f->n_codes[feature] = (uint8) n_codes;
	f->categorical[feature] = categorical;
}

/* True if there is anything to tell rows apart by. */
static bool
code_all(fit *f)
{
	domain_data *data = f->data;
	void	   *sorted = palloc(data->n * sizeof(double));
	bool		differ = false;

	f->codes = palloc(data->n * data->n_features);
	f->n_codes = palloc(data->n_features);
	f->categorical = palloc(data->n_features * sizeof(bool));
	for (int i = 0; i < data->n_columns; i++)
		for (int j = 0; j < data->column[i].width; j++)
		{
			CHECK_FOR_INTERRUPTS();
			code_feature(f, &data->column[i], data->column[i].first + j, sorted);
		}
	pfree(sorted);
	pfree(data->value);
	data->value = NULL;
	for (size_t i = 1; i < data->n && !differ; i++)
		differ = memcmp(f->codes, f->codes + i * data->n_features, data->n_features) != 0;
	return differ;
}

static void
deal_folds(fit *f)
{
	domain_data *data = f->data;
	int			width = data->n_features;
	uint64		seed = mlops_mix64((uint64) f->options->seed + 1);
	compare_arg arg = {f->codes, width, data->current};
	keyed	   *key = palloc(data->n * sizeof(keyed));
	uint32	   *rows = palloc(data->n * sizeof(uint32));
	uint8	   *fold = palloc(data->n);
	size_t		next[MLOPS_MAX_FOLDS];
	mlops_folds folds;

	for (size_t i = 0; i < data->n; i++)
	{
		key[i].hash = mlops_mix64(mlops_hash_bytes(f->codes + i * width, width) ^ seed);
		key[i].row = (uint32) i;
	}
	sort_keyed(key, data->n, &arg);
	mlops_folds_begin(&folds, f->options->folds, seed);
	for (size_t i = 0, end; i < data->n; i = end)
	{
		for (end = i; end < data->n && key[end].hash == key[i].hash; end++)
			rows[end] = key[end].row;
		mlops_folds_deal(&folds, key[i].hash, rows + i, end - i, fold);
	}
	memset(f->begin, 0, sizeof(f->begin));
	for (size_t i = 0; i < data->n; i++)
		f->begin[fold[i] + 1]++;
	for (int k = 0; k < f->options->folds; k++)
	{
		f->begin[k + 1] += f->begin[k];
		next[k] = f->begin[k];
	}
	f->by_fold = palloc(data->n * sizeof(uint32));
	for (size_t i = 0; i < data->n; i++)
		f->by_fold[next[fold[i]]++] = (uint32) i;
	pfree(key);
	pfree(rows);
	pfree(fold);
}

/* ---------------------------------------------------------------------
 * fits and scores
 * --------------------------------------------------------------------- */

static void
make_room(fit *f)
{
	domain_data *data = f->data;
	mlops_boost *b = &f->boost;
	size_t		largest = 0;

	for (int k = 0; k < f->options->folds; k++)
		largest = Max(largest, f->begin[k + 1] - f->begin[k]);
	b->data = (mlops_boost_data) {f->codes, f->n_codes, f->categorical, data->current, data->n_features};
	b->options = (mlops_boost_options) {
		.depth = f->options->depth, .rate = 0.1, .l2 = 1, .l2_categorical = 2.5, .min_hessian = 2.5,
		.features_per_tree = Min(data->n_features, FEATURES_PER_TREE)
	};
	f->learn = palloc(data->n * sizeof(uint32));
	b->rows = f->learn;
	b->order = palloc(data->n * sizeof(uint32));
	b->spare = palloc(data->n * sizeof(uint32));
	b->score = palloc(data->n * sizeof(double));
	b->gradient = palloc(data->n * sizeof(mlops_boost_sum));
	b->feature = palloc(data->n_features * sizeof(int));
	b->histogram = palloc(mlops_boost_histogram_sums(&b->options) * sizeof(mlops_boost_sum));
	f->nodes = MLOPS_BOOST_NODES(b->options.depth);
	f->model = palloc((size_t) f->options->trees * f->nodes * sizeof(mlops_boost_node));
	f->score = palloc(data->n * sizeof(double));
	f->changed = palloc(largest * sizeof(double));
	f->shuffled = palloc(largest * sizeof(uint32));
	f->scored = palloc(largest * sizeof(mlops_scored));
	f->gain = palloc0(data->n_columns * sizeof(double));
	f->drop = palloc0(data->n_columns * sizeof(double));
}

/* Fits the model to these folds; without one of the sides it says nothing. */
static void
train(fit *f, int fold_from, int fold_to, int but)
{
	mlops_boost *b = &f->boost;

	b->n_rows = 0;
	f->n_trees = 0;
	for (int k = fold_from; k < fold_to; k++)
	{
		size_t		n = f->begin[k + 1] - f->begin[k];

		if (k == but)
			continue;
		memcpy(f->learn + b->n_rows, f->by_fold + f->begin[k], n * sizeof(uint32));
		b->n_rows += n;
	}
	if (mlops_boost_begin(b, mlops_mix64((uint64) f->options->seed + 2)) != MLOPS_OK)
		return;
	for (int t = 0; t < f->options->trees; t++)
	{
		CHECK_FOR_INTERRUPTS();
		/* with all features in sight, a tree without a split is the last word */
		if (!mlops_boost_tree(b, f->model + (size_t) t * f->nodes) &&
			b->options.features_per_tree == f->data->n_features)
			break;
		f->n_trees = t + 1;
	}
}

static double
score_row(const fit *f, const uint8 *codes)
{
	double		s = 0;

	for (int t = 0; t < f->n_trees; t++)
		s += mlops_boost_value(f->model + (size_t) t * f->nodes, codes);
	return s;
}

static mlops_auc
auc_of(fit *f, int fold, const double *score_in_fold)
{
	size_t		n = f->begin[fold + 1] - f->begin[fold];
	mlops_auc	auc;

	for (size_t i = 0; i < n; i++)
		f->scored[i] = (mlops_scored) {score_in_fold[i], f->data->current[f->by_fold[f->begin[fold] + i]]};
	sort_scored(f->scored, n);
	(void) mlops_auc_sorted(f->scored, n, &auc);
	return auc;
}

/* The AUC of a fold under the model; its scores stay in changed[]. */
static mlops_auc
test_fold(fit *f, int fold)
{
	for (size_t i = f->begin[fold]; i < f->begin[fold + 1]; i++)
	{
		uint32		row = f->by_fold[i];

		if (i % 4096 == 0)
			CHECK_FOR_INTERRUPTS();
		f->score[row] = f->changed[i - f->begin[fold]] =
			score_row(f, f->codes + (size_t) row * f->data->n_features);
	}
	return auc_of(f, fold, f->changed);
}

/* ---------------------------------------------------------------------
 * what a column contributes
 * --------------------------------------------------------------------- */

static bool
uses(const fit *f, const mlops_boost_node *tree, const domain_column *c)
{
	for (int i = 0; i < f->nodes;)
	{
		/* below a leaf nothing was written */
		if (tree[i].feature >= c->first && tree[i].feature < c->first + c->width)
			return true;
		if (tree[i].feature >= 0 && 2 * i + 2 < f->nodes)
		{
			i = 2 * i + 1;
			continue;
		}
		while (i > 0 && i % 2 == 0)
			i = (i - 1) / 2;
		if (i == 0)
			return false;
		i++;
	}
	return false;
}

static void
add_gains(fit *f, const mlops_boost_node *tree, int i)
{
	domain_data *data = f->data;
	int			feature = tree[i].feature;

	if (feature < 0)
		return;
	for (int c = 0; c < data->n_columns; c++)
		if (feature >= data->column[c].first && feature < data->column[c].first + data->column[c].width)
			f->gain[c] += tree[i].gain;
	add_gains(f, tree, 2 * i + 1);
	add_gains(f, tree, 2 * i + 2);
}

/* Scores of the fold with the column's values dealt anew among its rows. */
static void
score_shuffled(fit *f, int fold, const domain_column *c, const bool *used, uint64_t random, uint8 *row)
{
	size_t		n = f->begin[fold + 1] - f->begin[fold];
	const uint32 *rows = f->by_fold + f->begin[fold];
	int			width = f->data->n_features;

	for (size_t i = 0; i < n; i++)
	{
		size_t		j = (size_t) (mlops_random_next(&random) % (i + 1));

		f->shuffled[i] = f->shuffled[j];
		f->shuffled[j] = rows[i];
	}
	for (size_t i = 0; i < n; i++)
	{
		const uint8 *codes = f->codes + (size_t) rows[i] * width;
		const uint8 *other = f->codes + (size_t) f->shuffled[i] * width;
		double		s = f->score[rows[i]];

		if (i % 4096 == 0)
			CHECK_FOR_INTERRUPTS();
		if (memcmp(codes + c->first, other + c->first, c->width) != 0)
		{
			memcpy(row, codes, width);
			memcpy(row + c->first, other + c->first, c->width);
			for (int t = 0; t < f->n_trees; t++)
			{
				const mlops_boost_node *tree = f->model + (size_t) t * f->nodes;

				if (used[t])
					s += mlops_boost_value(tree, row) - mlops_boost_value(tree, codes);
			}
		}
		f->changed[i] = s;
	}
}

static void
add_importance(fit *f, int fold, const mlops_auc *auc)
{
	domain_data *data = f->data;
	bool	   *used = palloc(Max(f->n_trees, 1) * sizeof(bool));
	uint8	   *row = palloc(data->n_features);
	int			rounds = Max(1, Min(MAX_ROUNDS, SHUFFLED_ROWS / (int) data->n));

	for (int t = 0; t < f->n_trees; t++)
		add_gains(f, f->model + (size_t) t * f->nodes, 0);
	if (isnan(auc->auc))
		return;
	f->pairs += auc->n * auc->m;
	for (int i = 0; i < data->n_columns; i++)
	{
		bool		any = false;

		for (int t = 0; t < f->n_trees; t++)
			any |= used[t] = uses(f, f->model + (size_t) t * f->nodes, &data->column[i]);
		for (int r = 0; any && r < rounds; r++)
		{
			uint64		seed = mlops_mix64((uint64) f->options->seed + 3);

			seed = mlops_mix64(seed ^ ((uint64) fold << 48 | (uint64) i << 16 | (uint64) r));
			score_shuffled(f, fold, &data->column[i], used, seed, row);
			f->drop[i] += auc->n * auc->m * (auc->auc - auc_of(f, fold, f->changed).auc) / rounds;
		}
	}
	pfree(used);
	pfree(row);
}

static void
finish_importance(fit *f)
{
	domain_data *data = f->data;
	double		total = 0;

	for (int i = 0; i < data->n_columns; i++)
		total += f->gain[i];
	for (int i = 0; i < data->n_columns; i++)
	{
		data->column[i].importance = f->pairs > 0 ? f->drop[i] / f->pairs : NAN;
		data->column[i].gain_share = total > 0 ? f->gain[i] / total : 0;
	}
}

/* ---------------------------------------------------------------------
 * the test
 * --------------------------------------------------------------------- */

/*
 * Every fold is scored by the model of all others: that is the AUC.  Scores of
 * different folds depend on each other through the rows that their models
 * share, which makes a test of that AUC liberal.  So the test is progressive: a
 * fold by the model of the folds before it, whose sides are as good as dealt at
 * random, given all that model knows, when nothing has changed.
 */
static void
cross_fit(fit *f, mlops_test *test)
{
	int			k = f->options->folds;
	mlops_auc	cross[MLOPS_MAX_FOLDS],
				progressive[MLOPS_MAX_FOLDS],
				all,
				later;
	double		lower,
				upper,
				z;

	for (int fold = 0; fold < k; fold++)
	{
		train(f, 0, k, fold);
		cross[fold] = test_fold(f, fold);
		if (fold == k - 1)
			progressive[fold] = cross[fold];
		add_importance(f, fold, &cross[fold]);
	}
	for (int fold = 1; fold < k - 1; fold++)
	{
		train(f, 0, fold, -1);
		progressive[fold] = test_fold(f, fold);
	}
	finish_importance(f);

	mlops_auc_pool(cross, k, &all);
	mlops_auc_pool(progressive + 1, k - 1, &later);
	test->effect = all.auc;
	test->measure = "AUC";
	mlops_auc_interval(&all, MLOPS_EFFECT_CONFIDENCE, &test->effect_lower, &test->effect_upper);
	mlops_auc_interval(&later, MLOPS_EFFECT_CONFIDENCE, &lower, &upper);
	test->effect_lower = fmin(test->effect_lower, lower);
	test->effect_upper = fmax(test->effect_upper, upper);
	if (mlops_van_elteren(progressive + 1, k - 1, &z) == MLOPS_OK)
	{
		test->statistic = z;
		test->p = mlops_normal_sf(z);
		test->ln_p = mlops_normal_ln_sf(z);
		test->variant = "limiting";
	}
	else
	{
		/* every row has the same score: no deal of the sides would look different */
		test->statistic = 0;
		test->p = 1;
		test->ln_p = 0;
		test->variant = "exact";
	}
}

void
mlops_domain_fit(domain_data *data, const domain_options *options, mlops_test *test)
{
	fit			f = {.data = data, .options = options};

	*test = MLOPS_NO_TEST(data->side[0], data->side[1]);
	for (int i = 0; i < data->n_columns; i++)
		data->column[i].importance = data->column[i].gain_share = NAN;
	if (data->side[0] == 0)
		test->reason = "no reference rows";
	else if (data->side[1] == 0)
		test->reason = "no current rows";
	else if (Min(data->side[0], data->side[1]) < 2 * options->folds)
		test->reason = "fewer rows of a side than two per fold";
	if (data->n == 0)
		return;
	if (!code_all(&f) && test->reason == NULL)
		test->reason = "all values are equal";
	if (test->reason != NULL)
		return;
	deal_folds(&f);
	make_room(&f);
	cross_fit(&f, test);
}
