/*
 * quadratic.c
 *		Quadratic statistics of F - G and their p-values.  See quadratic.h.
 */
#include "kernel/twosample/quadratic.h"

#include <float.h>
#include <math.h>

/* No merged cell has more of the rows, or of the statistic's mean, than this. */
#define CELL_SHARE		(1.0 / 600)

/* Nor is it wider than this share of its distance from the nearer end. */
#define CELL_RATIO		0.05

size_t
mlops_quadratic_size(const mlops_twosample_options *options)
{
	return sizeof(mlops_quadratic) + mlops_lanes_size(options->permutations);
}

void
mlops_quadratic_begin(mlops_quadratic *q, double n, double m, const mlops_twosample_options *options)
{
	q->n = n;
	q->m = m;
	q->reference = q->current = q->commonest = 0;
	q->sum = q->sum_rest = q->mean = 0;
	q->merged = false;
	q->cells = 0;
	q->seed = options->seed;
	mlops_lanes_begin(&q->lanes, q + 1, options->permutations > 0 ? options->permutations : 0, n, m,
					  options->seed);
}

static double
mean_share(const mlops_quadratic_cell *c, double total)
{
	return c->weight * (c->at / total) * ((total - c->at) / total);
}

static bool
may_merge(const mlops_quadratic *q, const mlops_quadratic_cell *a, const mlops_quadratic_cell *b)
{
	double		total = q->n + q->m;
	double		width = b->last - a->first;

	return width <= CELL_SHARE * total
		&& width <= CELL_RATIO * fmin(a->first, total - b->last)
		&& mean_share(a, total) + mean_share(b, total) <= CELL_SHARE * q->mean;
}

/* a becomes both together; their moments are kept. */
static void
merge(mlops_quadratic_cell *a, const mlops_quadratic_cell *b)
{
	double		weight = a->weight + b->weight;
	double		share = b->weight / weight;
	double		gap = b->at - a->at;

	a->spread += b->spread + a->weight * share * gap * gap;
	a->at += share * gap;
	a->weight = weight;
	a->last = b->last;
}

/*
 * Full: merges what may be merged.  Disjoint pairs that may not be number at
 * most 600 for their rows, 600 for their mean and 2 ln(N / 40) / ln(1.05) + 80
 * for the ends, so that a thousand places and more are won.
 */
static void
make_room(mlops_quadratic *q)
{
	size_t		to = 0;

	for (size_t i = 1; i < q->cells; i++)
	{
		if (may_merge(q, &q->cell[to], &q->cell[i]))
			merge(&q->cell[to], &q->cell[i]);
		else
			q->cell[++to] = q->cell[i];
	}
	q->cells = to + 1;
	q->merged = true;
}

void
mlops_quadratic_rows(mlops_quadratic *q, double reference, double current)
{
	q->reference += reference;
	q->current += current;
	q->commonest = fmax(q->commonest, reference + current);
	if (q->lanes.count > 0)
		mlops_lanes_draw(&q->lanes, reference + current);
}

void
mlops_quadratic_weight(mlops_quadratic *q, double w)
{
	double		total = q->n + q->m;
	double		rows = q->reference + q->current;
	double		z = mlops_lanes_excess(q->n, q->m, q->reference, rows);
	double		term = w * (z * z);
	double		sum = q->sum + term;
	mlops_quadratic_cell c = {rows, rows, w, rows, 0};

	q->sum_rest += q->sum >= term ? q->sum - sum + term : term - sum + q->sum;
	q->sum = sum;
	if (q->lanes.count > 0)
		mlops_lanes_add_square(&q->lanes, w);
	if (!(w > 0) || rows >= total)
		return;
	q->mean += mean_share(&c, total);
	if (q->cells == MLOPS_QUADRATIC_CELLS)
		make_room(q);
	if (q->cells == MLOPS_QUADRATIC_CELLS)
		merge(&q->cell[q->cells - 1], &c);	/* not seen: see make_room */
	else
		q->cell[q->cells++] = c;
}

/*
 * With Z_j the excess of reference rows up to value j, T = N / (n m) sum of
 * w_j Z_j^2 (Z of Hypergeometric(N, n, C_j)).  Given Z_j, an earlier Z_i is
 * hypergeometric again, so that E(Z_i^2 Z_j^2) needs but sums of w C and w C^2
 * over what came before.
 */
void
mlops_quadratic_moments(const mlops_quadratic *q, double *mean, double *variance)
{
	double		N = q->n + q->m;
	double		n = q->n;
	double		m = q->m;
	double		before1 = 0;
	double		before2 = 0;
	double		first = 0;
	double		second = 0;

	for (size_t i = 0; i < q->cells; i++)
	{
		double		w = q->cell[i].weight;
		double		C = q->cell[i].at;
		double		rest = N - C;
		double		mu = n * C / N;
		double		v = n * m / N * C * rest / (N * (N - 1));
		double		third = v * (m - n) * (rest - C) / (N * (N - 2));
		double		kurtosis = ((N - 1) * N * N * (N * (N + 1) - 6 * C * rest - 6 * n * m)
								+ 6 * n * C * rest * m * (5 * N - 6))
			/ (n * C * rest * m * (N - 2) * (N - 3));
		double		fourth = v * v * (3 + kurtosis);

		/* E(Z^2 R (C - R)), R = mu + Z */
		double		spread = mu * (C - mu) * v + (C - 2 * mu) * third - fourth;

		first += w * v;
		second += w * w * fourth;
		if (i > 0)
			second += 2 * w * ((before1 * C - before2) / (C * C * (C - 1)) * spread + before2 / (C * C) * fourth);
		before1 += w * C;
		before2 += w * C * C;
	}
	*mean = first * (N / n / m);
	*variance = (second - first * first) * (N / n / m) * (N / n / m);
}

/* Nodes from cells, their weights in units of the mean. */
static void
make_nodes(mlops_quadratic *q)
{
	double		total = q->n + q->m;

	for (size_t i = 0; i < q->cells; i++)
	{
		const mlops_quadratic_cell *c = &q->cell[i];
		mlops_bridge_node *node = &q->work.node[i];

		*node = (mlops_bridge_node) {c->at / total, 0, c->weight / q->mean};
		if (c->last > c->first)
		{
			/* as wide as an even spread of the same variance, but no overlap */
			double		left = i > 0 ? 0.5 * (c->first + q->cell[i - 1].last) : 0.5 * c->first;
			double		right = i + 1 < q->cells ? 0.5 * (c->last + q->cell[i + 1].first) : 0.5 * (c->last + total);
			double		half = sqrt(3 * c->spread / c->weight);

			node->width = 2 * fmin(half, fmin(c->at - left, right - c->at)) / total;
		}
	}
}

/* The statistic's sum for one permutation; a merged cell counts at its middle. */
static double
draw_sum(const mlops_quadratic *q, uint64_t *random)
{
	double		rows = 0;
	double		reference = 0;
	double		sum = 0;

	for (size_t i = 0; i < q->cells; i++)
	{
		double		at = round(q->cell[i].at);
		double		z;

		reference += mlops_hypergeometric(random, q->n + q->m - rows, q->n - reference, at - rows);
		rows = at;
		z = mlops_lanes_excess(q->n, q->m, reference, rows);
		sum += q->cell[i].weight * (z * z);
	}
	return sum;
}

/*
 * p where the bridge is no likeness: P(T >= t) <= V / (V + (t - E)^2), or
 * permutations until enough of them have reached the statistic.
 */
static void
without_law(const mlops_quadratic *q, double mean, double variance, mlops_test *out)
{
	double		above = out->statistic - mean;
	double		bound = above > 0 ? variance / (variance + above * above) : 1;
	double		observed = (q->sum + q->sum_rest) * (1 - 1e-10);
	uint64_t	random = q->seed;
	int			reached = 0;
	int			drawn = 0;

	if (bound * (MLOPS_QUADRATIC_DRAWS + 1) <= 1)
	{
		out->variant = "moment bound";
		out->p = bound;
		out->ln_p = variance > 0 ? log(variance) - log(variance + above * above) : -INFINITY;
		return;
	}
	while (drawn < MLOPS_QUADRATIC_DRAWS && reached < MLOPS_QUADRATIC_REACHED)
	{
		reached += draw_sum(q, &random) >= observed;
		drawn++;
	}
	out->variant = "permutation";
	out->p = reached < MLOPS_QUADRATIC_REACHED ? (reached + 1.0) / (drawn + 1.0) : (double) reached / drawn;
	out->ln_p = log(out->p);
}

static void
approximate(mlops_quadratic *q, mlops_test *out)
{
	mlops_bridge_law law;
	mlops_tails tails;
	double		mean;
	double		variance;
	double		ratio;			/* of the permutation variance to that of Q */

	make_nodes(q);
	mlops_quadratic_moments(q, &mean, &variance);
	mean = q->mean * ((q->n + q->m) / (q->n + q->m - 1));	/* of merged values too */
	if (mlops_bridge_nodes_law(q->work.node, q->cells, 1, &law) != MLOPS_OK || !isfinite(variance))
	{
		out->reason = "values out of range";
		return;
	}
	ratio = variance / (law.variance * q->mean * q->mean);
	if (!(fabs(ratio - 1) <= 0.1)
		|| fmin(q->n, q->m) * (1 - q->commonest / (q->n + q->m)) < MLOPS_QUADRATIC_FEW)
	{
		without_law(q, mean, fmax(variance, 0), out);
		return;
	}
	if (mlops_bridge_tails(&law, law.mean + (out->statistic - mean) / q->mean / sqrt(ratio), &tails, NULL) != MLOPS_OK)
	{
		out->reason = "no convergence";
		return;
	}
	out->variant = "limiting";
	out->p = tails.upper;
	out->ln_p = tails.ln_upper;
}

bool
mlops_quadratic_finish(mlops_quadratic *q, mlops_test *out)
{
	double		scale = (q->n + q->m) / q->n / q->m;

	*out = MLOPS_NO_TEST(q->n, q->m);
	if (!(q->n > 0) || !(q->m > 0))
		out->reason = q->n > 0 ? MLOPS_REASON_NO_CURRENT : MLOPS_REASON_NO_REFERENCE;
	else if (q->cells == 0 && q->mean == 0)
		out->reason = MLOPS_REASON_ONE_VALUE;
	else if (!(q->mean > 0) || isinf(q->mean) || !isfinite(q->sum))
		out->reason = "values out of range";
	if (out->reason != NULL)
		return false;
	out->statistic = scale * (q->sum + q->sum_rest);
	if (q->lanes.count > 0)
	{
		out->variant = "permutation";
		out->p = mlops_lanes_p(&q->lanes, q->sum + q->sum_rest);
		out->ln_p = log(out->p);
	}
	else if (!mlops_quadratic_exact(q, out))
		approximate(q, out);
	return true;
}
