/*
 * pair.h
 *		Two summaries of one column over the same bins: what every measure of
 *		drift between histograms, or between profiles, is computed from.
 */
#ifndef MLOPS_PAIR_H
#define MLOPS_PAIR_H

#include "kernel/categories/divergence.h"
#include "kernel/categories/gof.h"
#include "types/histogram.h"

/* A weighted sample, ascending; the last `extra` entries stand for unseen and NULL. */
typedef struct mlops_sample
{
	double	   *x;
	double	   *weight;
	size_t		n;
	size_t		extra;
} mlops_sample;

/*
 * Counts in the order in which ORDER BY puts the values: the regular bins,
 * then what has no bin (unseen labels; NaN and infinities), then NULL.
 */
typedef struct mlops_pair
{
	int			bins;			/* regular bins */
	int			cells;			/* bins + 2: all of the arrays */
	bool		ordered;		/* bins of numbers, in order */
	double	   *reference;
	double	   *current;
	double		n;				/* rows, on both sides */
	double		m;
	mlops_histogram_view view;	/* edges and names of the bins; not for its counts */
	bool		sampled;		/* from profiles of numbers: samples are set */
	mlops_sample reference_sample;
	mlops_sample current_sample;
	double		rank_error;		/* of both sketches together */
} mlops_pair;

/* What the names of the SQL functions and of drift()'s methods stand for. */
typedef struct mlops_method
{
	const char *name;
	mlops_distance_kind kind;
	bool		ordered;		/* needs bins of numbers */
	double		warn;			/* default tolerances */
	double		critical;
} mlops_method;

/* The method of that name; NULL if there is none. */
extern const mlops_method *mlops_method_by_name(const char *name);
extern const mlops_method *mlops_method_by_kind(mlops_distance_kind kind);
extern _Noreturn void mlops_unknown_method(const char *name, const char *more);

/* Error if the binnings differ. */
extern void mlops_pair_of_histograms(const mlops_histogram *reference,
									 const mlops_histogram *current, mlops_pair *pair);
/* Error if the profiles are of different types (profile_pair.c). */
extern void mlops_pair_of_profiles(Datum reference, Datum current, mlops_pair *pair);

/* Number of a cell as bins() counts it: from 1, NULL before unseen. */
static inline int
mlops_pair_bin_number(const mlops_pair *pair, int cell)
{
	if (cell < pair->bins)
		return cell + 1;
	return cell == pair->bins ? pair->bins + 2 : pair->bins + 1;
}

extern const char *mlops_pair_label(const mlops_pair *pair, int cell);

/*
 * The distance, and with contribution (`cells` values) each cell's part of it;
 * false if it does not exist: a side has no rows, or for Wasserstein no finite
 * values or no width.  Wasserstein is in the units of the values.
 */
extern bool mlops_pair_distance(const mlops_pair *pair, mlops_distance_kind kind,
								double *contribution, double *distance);

/*
 * bins + 1 finite edges, tails closed with the smallest and largest reference
 * value, or, where those are unknown, as wide as their neighbour.  NULL when no
 * width is known.
 */
extern double *mlops_pair_edges(const mlops_pair *pair);

/* "method needs values with an order" */
extern void mlops_require_order(const mlops_pair *pair, const char *method);

#endif
