/*
 * ks.h
 *		Two-sample tests of the distance between the distribution functions:
 *		Kolmogorov-Smirnov and Kuiper.
 *
 * See doc/statistics/ks.md.
 */
#ifndef MLOPS_KS_H
#define MLOPS_KS_H

#include "kernel/twosample.h"

/* p is exact while n m and n + m are at most these: time and memory. */
#define MLOPS_KS_EXACT_CELLS	1e7
#define MLOPS_KS_EXACT_ROWS		1048576.0

/* D = sup |F - G|; effect is D, its interval from both sides' DKW inequality. */
extern const mlops_twosample_method mlops_ks_method;

/*
 * Share of the arrangements of n and m rows over given ties in which D >=
 * c / (n m).  Bit k - 1 of ends says that the k-th smallest of the pooled rows is
 * the last of its value.  work has mlops_ks_exact_work(n, m) doubles.  Time is n m.
 */
extern mlops_status mlops_ks_exact_ties_p(int64_t c, int64_t n, int64_t m, const uint64_t *ends,
										  double *work, double *p, double *ln_p);

#endif
