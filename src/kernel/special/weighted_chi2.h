/*
 * weighted_chi2.h
 *		Distribution of a weighted sum of independent chi-squares with one degree
 *		of freedom each: what a quadratic form of normal variables is.
 */
#ifndef MLOPS_WEIGHTED_CHI2_H
#define MLOPS_WEIGHTED_CHI2_H

#include "kernel/special/special.h"

/*
 * Both tails of sum weight[i] * chi2_1 at x; at most MLOPS_WEIGHTS_MAX weights,
 * none negative, some positive (else MLOPS_DOMAIN).
 */
#define MLOPS_WEIGHTS_MAX 128
extern mlops_status mlops_weighted_chi2_tails(int k, const double *weight, double x,
											  mlops_tails *out);

/* The x with P(sum > x) = q, 0 < q < 1. */
extern mlops_status mlops_weighted_chi2_quantile_upper(int k, const double *weight, double q,
													   double *out);

#endif
