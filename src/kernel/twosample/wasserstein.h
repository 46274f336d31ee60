/*
 * wasserstein.h
 *		Test of the Wasserstein-1 distance of two samples.
 *
 * See doc/statistics/wasserstein.md.
 */
#ifndef MLOPS_WASSERSTEIN_H
#define MLOPS_WASSERSTEIN_H

#include "kernel/twosample/twosample.h"

/* Unless permutations are asked for: more rows than this are permuted in cells of neighbours. */
#define MLOPS_WASSERSTEIN_PERMUTED_ROWS	2000
/* Simulations end after so many, or when this many are at least as large as the observed one. */
#define MLOPS_WASSERSTEIN_SIMULATIONS	19999
#define MLOPS_WASSERSTEIN_EXCEEDANCES	200

/*
 * statistic is the integral of |F - G|, in units of the values.  effect is the
 * same in standard deviations of the pooled rows, with an interval.  variant is
 * "permutation" or "permutation, coarsened"; the latter needs a second pass.
 */
extern const mlops_twosample_method mlops_wasserstein_method;

#endif
