/*
 * boost.c
 *		Gradient-boosted shallow trees on features of at most 64 codes.
 */
#include "kernel/multivariate/boost.h"

#include <math.h>
#include <string.h>

#include "kernel/summary/hash.h"

/* Codes with less than this have no rows: what subtraction leaves behind. */
#define NO_ROWS 1e-9
/* Categories are ordered by g / (h + this): few rows do not come out on top. */
#define CATEGORY_SMOOTH 2.5
/* A split must gain something beyond rounding. */
#define MIN_GAIN 1e-7

typedef struct split
{
	double		gain;
	int			feature;
	uint64_t	left;
	mlops_boost_sum sum;		/* of the left part */
} split;

size_t
mlops_boost_histogram_sums(const mlops_boost_options *options)
{
	return (size_t) options->depth * options->features_per_tree * MLOPS_BOOST_CODES;
}

mlops_status
mlops_boost_begin(mlops_boost *b, uint64_t seed)
{
	const mlops_boost_options *o = &b->options;
	double		n[2] = {0, 0};

	if (o->depth < 1 || o->depth > MLOPS_BOOST_MAX_DEPTH || !(o->rate > 0) || !(o->l2 >= 0) ||
		!(o->l2_categorical >= 0) || !(o->min_hessian > 0) || o->features_per_tree < 1 ||
		o->features_per_tree > b->data.n_features)
		return MLOPS_DOMAIN;
	for (size_t i = 0; i < b->n_rows; i++)
	{
		n[b->data.current[b->rows[i]]]++;
		b->score[b->rows[i]] = 0;
	}
	if (n[0] == 0 || n[1] == 0)
		return MLOPS_EMPTY;
	for (int side = 0; side < 2; side++)
		b->weight[side] = fmin(n[0], n[1]) / n[side];
	for (int i = 0; i < b->data.n_features; i++)
		b->feature[i] = i;
	b->random = seed;
	return MLOPS_OK;
}

/* The features of this tree come first. */
static void
draw_features(mlops_boost *b)
{
	int			n = b->data.n_features;

	if (b->options.features_per_tree == n)
		return;
	for (int i = 0; i < b->options.features_per_tree; i++)
	{
		int			j = i + (int) (mlops_random_next(&b->random) % (uint64_t) (n - i));
		int			f = b->feature[i];

		b->feature[i] = b->feature[j];
		b->feature[j] = f;
	}
}

/* Derivatives of the log loss at the scores; their sum. */
static mlops_boost_sum
derive(mlops_boost *b)
{
	mlops_boost_sum sum = {0, 0};

	for (size_t i = 0; i < b->n_rows; i++)
	{
		uint32_t	row = b->rows[i];
		bool		current = b->data.current[row];
		double		w = b->weight[current];
		double		p = 1 / (1 + exp(-b->score[row]));
		mlops_boost_sum d = {w * (p - current), w * p * (1 - p)};

		b->gradient[row] = d;
		sum.g += d.g;
		sum.h += d.h;
	}
	return sum;
}

static mlops_boost_sum *
histogram_of(const mlops_boost *b, int slot)
{
	return b->histogram + (size_t) slot * b->options.features_per_tree * MLOPS_BOOST_CODES;
}

static void
fill_histogram(const mlops_boost *b, int slot, const uint32_t *rows, size_t n)
{
	mlops_boost_sum *h = histogram_of(b, slot);
	int			width = b->data.n_features,
				used = b->options.features_per_tree;

	memset(h, 0, (size_t) used * MLOPS_BOOST_CODES * sizeof(*h));
	for (size_t i = 0; i < n; i++)
	{
		const uint8_t *codes = b->data.codes + (size_t) rows[i] * width;
		mlops_boost_sum d = b->gradient[rows[i]];

		for (int j = 0; j < used; j++)
		{
			mlops_boost_sum *s = &h[j * MLOPS_BOOST_CODES + codes[used == width ? j : b->feature[j]]];

			s->g += d.g;
			s->h += d.h;
		}
	}
}

/* The histogram of the other child, in place of that of the parent. */
static void
subtract_histogram(const mlops_boost *b, int slot, int child)
{
	mlops_boost_sum *h = histogram_of(b, slot);
	const mlops_boost_sum *c = histogram_of(b, child);

	for (int i = 0; i < b->options.features_per_tree * MLOPS_BOOST_CODES; i++)
	{
		h[i].g -= c[i].g;
		h[i].h -= c[i].h;
	}
}

/* What a part with this sum takes off twice the loss. */
static double
worth(mlops_boost_sum s, double l2)
{
	return s.g * s.g / (s.h + l2);
}

/* The left part so far: is splitting it off the best yet? */
static void
consider(const mlops_boost *b, mlops_boost_sum node, mlops_boost_sum left, double l2,
		 int feature, uint64_t codes, split *best)
{
	mlops_boost_sum right = {node.g - left.g, node.h - left.h};
	double		gain;

	if (left.h < b->options.min_hessian || right.h < b->options.min_hessian)
		return;
	gain = worth(left, l2) + worth(right, l2) - worth(node, l2);
	if (gain > best->gain)
		*best = (split) {gain, feature, codes, left};
}

/* Numbers: every cut, with what is missing on the one side and on the other. */
static void
split_numeric(const mlops_boost *b, const mlops_boost_sum *h, int n_codes, mlops_boost_sum node,
			  int feature, split *best)
{
	bool		missing = h[MLOPS_BOOST_MISSING].h > NO_ROWS;

	for (int with_missing = missing ? 1 : 0; with_missing >= 0; with_missing--)
	{
		mlops_boost_sum left = {0, 0};
		uint64_t	codes = 0;

		for (int c = with_missing ? MLOPS_BOOST_MISSING : 1; c < n_codes; c++)
		{
			left.g += h[c].g;
			left.h += h[c].h;
			codes |= UINT64_C(1) << c;
			if (h[c].h > NO_ROWS)
				consider(b, node, left, b->options.l2, feature, codes, best);
		}
	}
}

/*
 * Categories: in the order of g / h the best of all sets of them is a prefix
 * (Fisher 1958); with the smoothing nearly so.
 */
static void
split_categorical(const mlops_boost *b, const mlops_boost_sum *h, int n_codes, mlops_boost_sum node,
				  int feature, split *best)
{
	int			order[MLOPS_BOOST_CODES];
	double		key[MLOPS_BOOST_CODES];
	int			n = 0;
	mlops_boost_sum left = {0, 0};
	uint64_t	codes = 0;

	for (int c = 0; c < n_codes; c++)
	{
		double		k = h[c].g / (h[c].h + CATEGORY_SMOOTH);
		int			i = n;

		if (h[c].h <= NO_ROWS)
			continue;
		for (; i > 0 && key[i - 1] > k; i--)
		{
			key[i] = key[i - 1];
			order[i] = order[i - 1];
		}
		key[i] = k;
		order[i] = c;
		n++;
	}
	for (int i = 0; i < n; i++)
	{
		left.g += h[order[i]].g;
		left.h += h[order[i]].h;
		codes |= UINT64_C(1) << order[i];
		consider(b, node, left, b->options.l2 + b->options.l2_categorical, feature, codes, best);
	}
}

static bool
find_split(const mlops_boost *b, int slot, mlops_boost_sum node, split *best)
{
	const mlops_boost_sum *h = histogram_of(b, slot);

	*best = (split) {.gain = MIN_GAIN, .feature = -1};
	for (int j = 0; j < b->options.features_per_tree; j++)
	{
		int			f = b->feature[j];

		(b->data.categorical[f] ? split_categorical : split_numeric)
			(b, h + j * MLOPS_BOOST_CODES, b->data.n_codes[f], node, f, best);
		if (best->feature == f && node.h - best->sum.h < best->sum.h)
		{
			/* what no row here has goes with the larger part */
			for (int c = 0; c < b->data.n_codes[f]; c++)
				if (h[j * MLOPS_BOOST_CODES + c].h <= NO_ROWS &&
					(b->data.categorical[f] || c == MLOPS_BOOST_MISSING))
					best->left |= UINT64_C(1) << c;
		}
	}
	return best->feature >= 0;
}

/* Rows that go left come first, both parts in the order they had. */
static size_t
partition(mlops_boost *b, const split *s, uint32_t *rows, size_t n)
{
	size_t		left = 0,
				right = 0;

	for (size_t i = 0; i < n; i++)
	{
		uint32_t	row = rows[i];
		uint8_t		code = b->data.codes[(size_t) row * b->data.n_features + s->feature];
		bool		goes_left = (s->left >> code) & 1;

		/* written to both, kept in one: the side is hard to predict */
		rows[left] = row;
		b->spare[right] = row;
		left += goes_left;
		right += !goes_left;
	}
	memcpy(rows + left, b->spare, right * sizeof(*rows));
	return left;
}

static void
make_leaf(mlops_boost *b, mlops_boost_node *node, mlops_boost_sum sum, const uint32_t *rows, size_t n)
{
	double		value = -b->options.rate * sum.g / (sum.h + b->options.l2);

	*node = (mlops_boost_node) {.value = value, .feature = -1};
	for (size_t i = 0; i < n; i++)
		b->score[rows[i]] += value;
}

/*
 * Grows the subtree of node i.  Its histogram is in the slot; the smaller child
 * gets the slot of the level below, and what is left of the slot is the larger
 * one's, so there are as many slots as levels.
 */
static bool
grow(mlops_boost *b, mlops_boost_node *tree, int i, int level, mlops_boost_sum sum, int slot,
	 uint32_t *rows, size_t n)
{
	split		best;
	mlops_boost_sum right;
	size_t		n_left;
	bool		left_is_smaller;
	int			new_slot = level + 1;

	if (level == b->options.depth || !find_split(b, slot, sum, &best))
	{
		make_leaf(b, &tree[i], sum, rows, n);
		return false;
	}
	tree[i] = (mlops_boost_node) {best.left, 0, best.gain, best.feature};
	right = (mlops_boost_sum) {sum.g - best.sum.g, sum.h - best.sum.h};
	n_left = partition(b, &best, rows, n);
	left_is_smaller = n_left <= n - n_left;
	if (level + 1 < b->options.depth)
	{
		if (left_is_smaller)
			fill_histogram(b, new_slot, rows, n_left);
		else
			fill_histogram(b, new_slot, rows + n_left, n - n_left);
		subtract_histogram(b, slot, new_slot);
	}
	/* the smaller one first: it may use all slots below, the larger one keeps its own */
	for (int turn = 0; turn < 2; turn++)
	{
		bool		left = (turn == 0) == left_is_smaller;
		int			s = turn == 0 ? new_slot : slot;

		if (left)
			grow(b, tree, 2 * i + 1, level + 1, best.sum, s, rows, n_left);
		else
			grow(b, tree, 2 * i + 2, level + 1, right, s, rows + n_left, n - n_left);
	}
	return true;
}

bool
mlops_boost_tree(mlops_boost *b, mlops_boost_node *tree)
{
	mlops_boost_sum sum;

	draw_features(b);
	sum = derive(b);
	/* each tree starts from the order of the rows in memory, which is faster by far */
	memcpy(b->order, b->rows, b->n_rows * sizeof(*b->order));
	fill_histogram(b, 0, b->order, b->n_rows);
	return grow(b, tree, 0, 0, sum, 0, b->order, b->n_rows);
}
