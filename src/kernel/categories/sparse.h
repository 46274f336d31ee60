/*
 * sparse.h
 *		p-values of chi-square and G of tables with rare categories.
 *
 * Chi-square tables are right for well-filled cells.  With cells where less
 * than MLOPS_SPARSE_EXPECTED rows are expected the statistic's mean and variance,
 * given both margins, are not those of the chi-square distribution: p-values
 * are wrong by factors, in both directions.  Here they are computed, and the gamma
 * distribution that has them is taken (which is the chi-square distribution
 * once the cells are filled).  See doc/statistics/tests.md.
 */
#ifndef MLOPS_SPARSE_H
#define MLOPS_SPARSE_H

#include "kernel/special/special.h"

/* Cochran's rule (1954). */
#define MLOPS_SPARSE_EXPECTED 5

/* Is there a column of which fewer rows are expected on a side? */
extern bool mlops_table_is_sparse(const double *reference, const double *current, size_t k, double n,
								  double m);

/*
 * Mean and variance of Pearson's chi-square, or of G, of a 2 x k table when nothing
 * has changed, given its margins.  Empty columns are left out.
 */
extern void mlops_chi2_null_moments(const double *reference, const double *current, size_t k, double n,
									double m, double *mean, double *variance);
extern void mlops_g_null_moments(const double *reference, const double *current, size_t k, double n,
								 double m, double *mean, double *variance);

/* Tails of the gamma distribution with this mean and variance. */
extern mlops_status mlops_gamma_by_moments(double x, double mean, double variance, mlops_tails *out);

#endif
