/*
 * ks.h
 *		Two-sample tests of the distance between the distribution functions:
 *		Kolmogorov-Smirnov and Kuiper.
 *
 * See doc/statistics/ks.md.
 */
#ifndef MLOPS_KS_H
#define MLOPS_KS_H

#include "kernel/special/special.h"
#include "kernel/twosample/twosample.h"

/* p is exact while n m and n + m are at most these: time and memory. */
#define MLOPS_KS_EXACT_CELLS	1e7
#define MLOPS_KS_EXACT_ROWS		1048576.0

/* D = sup |F - G|; effect is D, its interval from both sides' DKW inequality. */
extern const mlops_twosample_method mlops_ks_method;

/*
 * V = max (F - G) + max (G - F), which is as sensitive to a change of the scale
 * as to one of the location and does not know where a circle (hours, directions) is
 * cut open.  With ties p is that of distinct values: an upper bound.
 */
extern const mlops_twosample_method mlops_kuiper_method;

/*
 * Share of the arrangements of n and m rows over given ties in which D >=
 * c / (n m).  Bit k - 1 of ends says that the k-th smallest of the pooled rows is
 * the last of its value.  work has mlops_ks_exact_work(n, m) doubles.  Time is n m.
 */
extern mlops_status mlops_ks_exact_ties_p(int64_t c, int64_t n, int64_t m, const uint64_t *ends,
										  double *work, double *p, double *ln_p);

/* Limiting distribution of sqrt(n m / (n + m)) V. */
extern mlops_status mlops_kuiper_tails(double x, mlops_tails *out);

/*
 * P(V >= c / (n m)) of n and m distinct values; work has mlops_kuiper_exact_work(n, m)
 * doubles.  Time is n m.
 */
extern size_t mlops_kuiper_exact_work(int64_t n, int64_t m);
extern mlops_status mlops_kuiper_exact_p(int64_t c, int64_t n, int64_t m, double *work,
										 size_t work_len, double *p, double *ln_p);

#endif
