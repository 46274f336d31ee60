/*
 * ncf.h
 *		Non-central F distribution, as intervals of effects over groups need it.
 */
#ifndef MLOPS_NCF_H
#define MLOPS_NCF_H

#include "kernel/kernel.h"

/*
 * P(X <= f) and P(X > f) of the non-central F with df1 and df2 degrees of
 * freedom and non-centrality lambda >= 0, f >= 0.  Error below 1e-11, absolute:
 * made for intervals, not for far tails.
 */
extern mlops_status mlops_ncf_tails(double f, double df1, double df2, double lambda,
									double *lower, double *upper);

/*
 * The lambda for which the upper (or lower) tail at f is p, 0 < p < 1, to nine
 * digits; 0 if there is none: with p = 0.025 the lower (upper) limit of the
 * 95 % interval of lambda, given f.
 */
extern mlops_status mlops_ncf_lambda(double f, double df1, double df2, double p, bool upper,
									 double *lambda);

#endif
