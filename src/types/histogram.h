/*
 * histogram.h
 *		mlops.histogram in the server: arguments, results, and what the
 *		functions that compare histograms need to see of them.
 */
#ifndef MLOPS_HISTOGRAM_H
#define MLOPS_HISTOGRAM_H

#include "types/binning.h"
#include "types/histogram_codec.h"

typedef struct mlops_histogram_view
{
	const mlops_binning *binning;	/* for mlops_binning_equal() */
	mlops_binning_kind kind;
	int			bins;			/* regular bins */
	const int64_t *counts;		/* [bins] */
	int64_t		null_count;
	int64_t		unseen_count;
	int64_t		rows;			/* all of the above together */
	const double *edges;		/* [bins - 1]; NULL if categorical */
	bool		has_range;		/* smallest and largest reference value known */
	double		reference_min;
	double		reference_max;
} mlops_histogram_view;

/* A plain, aligned copy (or the datum itself, if it is that); error if damaged. */
extern const mlops_histogram *mlops_histogram_from_datum(Datum d);

#define PG_GETARG_MLOPS_HISTOGRAM(n) mlops_histogram_from_datum(PG_GETARG_DATUM(n))

extern void mlops_histogram_open(const mlops_histogram *h, mlops_histogram_view *view);

/* label i of a categorical histogram, not terminated */
static inline const char *
mlops_histogram_label(const mlops_histogram_view *view, int i, int *len)
{
	return mlops_binning_label(view->binning, i, len);
}

/*
 * What people call a bin: the label itself, or "[1, 2.5)" for an interval.
 * The extra bins are number bins ("(null)") and bins + 1 ("(unseen)").
 * palloc'd and terminated.
 */
extern char *mlops_histogram_bin_name(const mlops_histogram_view *view, int bin);

/* Lower and upper edge of a regular bin of a numeric histogram (may be infinite). */
extern void mlops_histogram_bin_edges(const mlops_histogram_view *view, int bin,
									  double *lower, double *upper);

/* Error with a hint unless both count into the same bins. */
extern void mlops_histogram_check_same_binning(const mlops_binning *a, const mlops_binning *b);

/* A palloc'd histogram of nothing over the binning. */
extern mlops_histogram *mlops_histogram_empty(const mlops_binning *b);

/* A palloc'd copy without a scratch area. */
extern mlops_histogram *mlops_histogram_copy(const mlops_histogram *h);

#endif
