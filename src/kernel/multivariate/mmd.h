/*
 * mmd.h
 *		Maximum mean discrepancy with random Fourier features.
 *
 * The Gaussian kernel exp(-|x - y|^2 / (2 b^2)) is the mean of cos(w'(x - y))
 * over w ~ N(0, I / b^2).  With D drawn frequencies a row becomes the 2 D features
 * cos(w_j'x) / sqrt(D), sin(w_j'x) / sqrt(D), and the squared distance of the
 * mean features of two samples is MMD^2 of the kernel with these frequencies:
 * linear in the rows, mergeable, in any order (Rahimi and Recht 2007).
 */
#ifndef MLOPS_MMD_H
#define MLOPS_MMD_H

#include "kernel/summary/comoments.h"
#include "kernel/test.h"

#define MLOPS_MMD_FREQUENCIES (MLOPS_COMOMENTS_MAX / 2)

/*
 * Frequencies for bandwidth 1 in d dimensions, by columns: frequency j of
 * dimension i is omega[i * MLOPS_MMD_FREQUENCIES + j].  work: as much as omega,
 * d * MLOPS_MMD_FREQUENCIES.
 */
extern void mlops_mmd_frequencies(uint64_t seed, int d, double *omega, double *work);

/*
 * The features of row x[d] (2 * MLOPS_MMD_FREQUENCIES); false when the row is
 * too far away for a double.
 */
extern bool mlops_mmd_features(int d, const double *omega, double bandwidth, const double *x,
							   double *feature);

/*
 * The test, from rows, mean features and their co-moments on both sides,
 * reference first; work: k * k + k for k features.  The statistic is n m / (n + m) MMD^2, whose
 * limit when nothing changed is a weighted sum of chi-squares; the effect is the unbiased
 * estimate of MMD^2 with an interval that covers at least as often as it says.
 */
extern mlops_status mlops_mmd_test(int k, const int64_t *n, double *const *mean,
								   double *const *comoment, double *work, mlops_test *out);

/*
 * For the median heuristic: the distances of row i to the rows before it, those
 * that are not 0, to distance; how many.
 */
extern size_t mlops_mmd_distances(size_t i, int d, const double *row, double *distance);

/* Their median, n >= 1; reorders them. */
extern double mlops_mmd_median(double *distance, size_t n);

#endif
