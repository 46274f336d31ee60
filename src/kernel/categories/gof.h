/*
 * gof.h
 *		Two-sample tests on bin counts, and what distances are by chance.
 *
 * See doc/statistics/critical_values.md.
 */
#ifndef MLOPS_GOF_H
#define MLOPS_GOF_H

#include "kernel/categories/divergence.h"
#include "kernel/test.h"

/*
 * Pearson's chi-square and the likelihood-ratio G test of the 2 x k contingency
 * table; columns that are empty on both sides are dropped.  contribution is
 * NULL or k values that sum to the statistic.  The effect is Cramer's V; its
 * interval inverts the non-central chi-square distribution of the statistic,
 * widened where its variance is larger (doc/statistics/tests.md).
 * MLOPS_DEGENERATE when one column is left, MLOPS_EMPTY when a side has no rows.
 */
extern mlops_status mlops_chi2_test(const double *reference, const double *current, size_t k,
									double *contribution, mlops_test *out);
extern mlops_status mlops_g_test(const double *reference, const double *current, size_t k,
								 double *contribution, mlops_test *out);

/* p of a two-sample KS distance d from the limiting distribution. */
extern mlops_status mlops_ks_limit_test(double d, double n, double m, mlops_test *out);

/*
 * Smallest distance that shows, with confidence 1 - alpha, that the true
 * distance exceeds the tolerance; k = bins that are not empty on both sides.
 * Not for MLOPS_WASSERSTEIN, which depends on the values.
 */
extern mlops_status mlops_critical_value(mlops_distance_kind kind, double alpha, double k,
										 double n, double m, double tolerance, double *out);

/*
 * Divided by this times 1/n + 1/m a divergence (the square of JS distance and
 * Hellinger distance) is chi-square by chance; 0 for the other distances.
 */
extern double mlops_chi2_unit(mlops_distance_kind kind);

/* The same for the Wasserstein distance; null_scale and sd of the pooled values. */
extern mlops_status mlops_wasserstein_critical_value(double alpha, double null_scale, double sd,
													 double n, double m, double tolerance,
													 double *out);

/* The distance with the part that chance alone explains taken out, >= 0. */
extern double mlops_debiased(mlops_distance_kind kind, double distance, const double *reference,
							 const double *current, size_t k);
extern double mlops_wasserstein_debiased(double distance, double null_scale, double n, double m);

#endif
