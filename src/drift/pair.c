/*
 * pair.c
 *		Two summaries over the same bins, and the distance between them.
 */
#include "drift/pair.h"

#include <float.h>
#include <math.h>

#include "lib/stringinfo.h"

/* The first one is what drift() uses when it is not told. */
static const mlops_method methods[] = {
	{"js_distance", MLOPS_JS_DISTANCE, false, 0.1, 0.25},
	{"js_divergence", MLOPS_JS_DIVERGENCE, false, 0.01, 0.0625},
	{"psi", MLOPS_PSI, false, 0.1, 0.25},
	{"kl_divergence", MLOPS_KL, false, 0.1, 0.25},
	{"hellinger_distance", MLOPS_HELLINGER, false, 0.1, 0.25},
	{"total_variation_distance", MLOPS_TOTAL_VARIATION, false, 0.1, 0.25},
	{"linf_distance", MLOPS_LINF, false, 0.1, 0.25},
	{"ks_distance", MLOPS_KS, true, 0.1, 0.25},
	{"wasserstein_distance", MLOPS_WASSERSTEIN, true, 0.1, 0.25},
};

const mlops_method *
mlops_method_by_name(const char *name)
{
	for (int i = 0; i < lengthof(methods); i++)
		if (strcmp(methods[i].name, name) == 0)
			return &methods[i];
	return NULL;
}

const mlops_method *
mlops_method_by_kind(mlops_distance_kind kind)
{
	for (int i = 0; i < lengthof(methods); i++)
		if (methods[i].kind == kind)
			return &methods[i];
	return NULL;
}

/* The hint lists all methods, and `more` if there are others where it was asked. */
void
mlops_unknown_method(const char *name, const char *more)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < lengthof(methods); i++)
		appendStringInfo(&list, "%s%s", i > 0 ? ", " : "", methods[i].name);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown drift method \"%s\"", name),
			 errhint("Methods are %s%s.", list.data, more)));
}

void
mlops_require_order(const mlops_pair *pair, const char *method)
{
	if (!pair->ordered)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s needs values with an order", method),
				 errdetail("These are summaries of labels."),
				 errhint("Use js_distance, total_variation_distance or chi2_test for labels.")));
}

/*
 * The pair of two histograms.  Two calls of palloc: this runs for every column
 * and segment of every window.
 */
void
mlops_pair_of_histograms(const mlops_histogram *reference, const mlops_histogram *current,
						 mlops_pair *pair)
{
	mlops_histogram_view other;

	mlops_histogram_check_same_binning(&reference->binning, &current->binning);
	memset(pair, 0, sizeof(*pair));
	mlops_histogram_open(reference, &pair->view);
	mlops_histogram_open(current, &other);
	pair->bins = pair->view.bins;
	pair->cells = pair->bins + 2;
	pair->ordered = pair->view.kind == MLOPS_BINNING_NUMERIC;
	pair->n = (double) pair->view.rows;
	pair->m = (double) other.rows;
	pair->reference = palloc(sizeof(double) * pair->cells);
	pair->current = palloc(sizeof(double) * pair->cells);
	for (int i = 0; i < pair->bins; i++)
	{
		pair->reference[i] = (double) pair->view.counts[i];
		pair->current[i] = (double) other.counts[i];
	}
	pair->reference[pair->bins] = (double) pair->view.unseen_count;
	pair->current[pair->bins] = (double) other.unseen_count;
	pair->reference[pair->bins + 1] = (double) pair->view.null_count;
	pair->current[pair->bins + 1] = (double) other.null_count;
}

const char *
mlops_pair_label(const mlops_pair *pair, int cell)
{
	return mlops_histogram_bin_name(&pair->view, mlops_pair_bin_number(pair, cell) - 1);
}

double *
mlops_pair_edges(const mlops_pair *pair)
{
	const mlops_histogram_view *v = &pair->view;
	int			inner = pair->bins - 1;
	double	   *edge;

	if (!pair->ordered || (inner < 2 && !v->has_range))
		return NULL;
	edge = palloc(sizeof(double) * (pair->bins + 1));
	if (inner > 0)
		memcpy(edge + 1, v->edges, sizeof(double) * inner);
	if (v->has_range)
	{
		edge[0] = inner > 0 ? Min(v->reference_min, v->edges[0]) : v->reference_min;
		edge[pair->bins] = inner > 0 ? Max(v->reference_max, v->edges[inner - 1]) : v->reference_max;
	}
	else
	{
		edge[0] = edge[1] - (edge[2] - edge[1]);
		edge[pair->bins] = edge[inner] + (edge[inner] - edge[inner - 1]);
	}
	/* widths beyond the range of double */
	if (!isfinite(edge[pair->bins] - edge[0]))
		return NULL;
	return edge;
}

/* A copy of a sample with every value moved into [lo, hi]. */
static void
clamp_sample(const mlops_sample *from, double lo, double hi, double *to)
{
	for (size_t i = 0; i < from->n - from->extra; i++)
		to[i] = Min(Max(from->x[i], lo), hi);
}

/*
 * Wasserstein distance of two samples.  A bin's part is the area between the
 * two distribution functions over the bin, which is the distance after moving
 * every value into the bin.
 */
static bool
sample_wasserstein(const mlops_pair *pair, double *contribution, double *distance)
{
	const mlops_sample *r = &pair->reference_sample;
	const mlops_sample *c = &pair->current_sample;
	size_t		nr = r->n - r->extra;
	size_t		nc = c->n - c->extra;
	double	   *x;
	double	   *y;

	if (mlops_sample_distance(r->x, r->weight, nr, c->x, c->weight, nc, distance, NULL, NULL) != MLOPS_OK)
		return false;
	if (contribution == NULL)
		return true;
	x = palloc(sizeof(double) * nr);
	y = palloc(sizeof(double) * nc);
	memset(contribution, 0, sizeof(double) * pair->cells);
	for (int i = 0; i < pair->bins; i++)
	{
		double		lo = i > 0 ? pair->view.edges[i - 1] : -DBL_MAX;
		double		hi = i < pair->bins - 1 ? pair->view.edges[i] : DBL_MAX;

		clamp_sample(r, lo, hi, x);
		clamp_sample(c, lo, hi, y);
		mlops_sample_distance(x, r->weight, nr, y, c->weight, nc, &contribution[i], NULL, NULL);
	}
	return true;
}

/* Adds, bin by bin, scale * the share of the sample that is <= at. */
static void
add_shares(const mlops_pair *pair, const mlops_sample *s, double total, double at,
		   double scale, double *contribution)
{
	for (size_t i = 0; i < s->n && s->x[i] <= at; i++)
	{
		int			cell;

		if (s->x[i] == DBL_MAX)
			cell = pair->bins + 1;
		else if (s->x[i] == DBL_MAX / 2)
			cell = pair->bins;
		else
			cell = mlops_bin_search(pair->view.edges, pair->bins - 1, s->x[i]);
		contribution[cell] += scale * s->weight[i] / total;
	}
}

/* KS distance of two samples; a bin's part is its share of F - G at the maximum. */
static bool
sample_ks(const mlops_pair *pair, double *contribution, double *distance)
{
	const mlops_sample *r = &pair->reference_sample;
	const mlops_sample *c = &pair->current_sample;
	double		at = 0;
	double		sum = 0;

	if (mlops_sample_distance(r->x, r->weight, r->n, c->x, c->weight, c->n, NULL, distance, &at) != MLOPS_OK)
		return false;
	if (contribution == NULL)
		return true;
	memset(contribution, 0, sizeof(double) * pair->cells);
	if (*distance == 0)
		return true;
	add_shares(pair, r, pair->n, at, 1, contribution);
	add_shares(pair, c, pair->m, at, -1, contribution);
	for (int i = 0; i < pair->cells; i++)
		sum += contribution[i];
	for (int i = 0; sum < 0 && i < pair->cells; i++)
		contribution[i] = 0 - contribution[i];
	return true;
}

bool
mlops_pair_distance(const mlops_pair *pair, mlops_distance_kind kind,
					double *contribution, double *distance)
{
	if (pair->n == 0 || pair->m == 0)
		return false;
	if (kind == MLOPS_WASSERSTEIN)
	{
		double	   *edges;

		if (pair->sampled)
			return sample_wasserstein(pair, contribution, distance);
		edges = mlops_pair_edges(pair);
		if (contribution)
			contribution[pair->bins] = contribution[pair->bins + 1] = 0;
		return edges != NULL &&
			mlops_wasserstein_binned(edges, pair->reference, pair->current, pair->bins,
									 contribution, distance) == MLOPS_OK;
	}
	if (kind == MLOPS_KS && pair->sampled)
		return sample_ks(pair, contribution, distance);
	return mlops_distance(kind, pair->reference, pair->current, pair->cells,
						  MLOPS_SMOOTHING, contribution, distance) == MLOPS_OK;
}
