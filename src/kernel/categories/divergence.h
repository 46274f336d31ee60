/*
 * divergence.h
 *		Distances between two vectors of bin counts, or two weighted samples.
 *
 * Counts are doubles so that sums of bigints need no conversion; they must be
 * finite and >= 0.  Formulas and conventions: doc/statistics/divergence.md.
 */
#ifndef MLOPS_DIVERGENCE_H
#define MLOPS_DIVERGENCE_H

#include "kernel/kernel.h"

typedef enum mlops_distance_kind
{
	MLOPS_PSI,					/* population stability index, nats */
	MLOPS_KL,					/* KL(reference || current), nats */
	MLOPS_JS_DIVERGENCE,		/* Jensen-Shannon divergence, bits */
	MLOPS_JS_DISTANCE,			/* its square root, 0 to 1 */
	MLOPS_HELLINGER,			/* 0 to 1 */
	MLOPS_TOTAL_VARIATION,		/* 0 to 1 */
	MLOPS_LINF,					/* largest difference of one share, 0 to 1 */
	MLOPS_KS,					/* bins are in order; 0 to 1 */
	MLOPS_WASSERSTEIN			/* needs edges: mlops_wasserstein_binned */
} mlops_distance_kind;

/* Pseudo-count of every bin in MLOPS_PSI and MLOPS_KL. */
#define MLOPS_SMOOTHING 0.5

/*
 * Distance of two count vectors.  contribution is NULL or k values that are set
 * and sum to the distance.  MLOPS_EMPTY when a side has no counts.
 */
extern mlops_status mlops_distance(mlops_distance_kind kind, const double *reference,
								   const double *current, size_t k, double smoothing,
								   double *contribution, double *result);

/*
 * First Wasserstein distance of two histograms over the same k bins with k + 1
 * finite ascending edges, rows spread evenly within a bin.
 */
extern mlops_status mlops_wasserstein_binned(const double *edges, const double *reference,
											 const double *current, size_t k,
											 double *contribution, double *result);

/* Mean and standard deviation of a histogram, rows spread evenly within a bin. */
extern mlops_status mlops_binned_moments(const double *edges, const double *counts, size_t k,
										 double *mean, double *sd);

/*
 * sqrt(2 / pi) * integral of sqrt(F (1 - F)), F the pooled distribution: times
 * sqrt(1/n + 1/m) it is what the Wasserstein distance is expected to be when
 * nothing changed.
 */
extern mlops_status mlops_wasserstein_null_scale(const double *edges, const double *reference,
												 const double *current, size_t k, double *result);

/*
 * Wasserstein distance and Kolmogorov-Smirnov distance of two weighted samples,
 * each sorted ascending, weights > 0.  Every result may be NULL; ks_at is the
 * smallest value at which the KS distance is attained.
 */
extern mlops_status mlops_sample_distance(const double *x, const double *wx, size_t nx,
										  const double *y, const double *wy, size_t ny,
										  double *wasserstein, double *ks, double *ks_at);

#endif
