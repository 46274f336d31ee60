/*
 * mean3.h
 *		Rows, mean and the sums of squared and cubed deviations, mergeable; and
 *		whether differences of such means are too skewed for Welch's tests.
 */
#ifndef MLOPS_MEAN3_H
#define MLOPS_MEAN3_H

#include "kernel/twosample/mean2.h"

/*
 * m3.hi is +Infinity from the moment on when a cube does not fit a double, and
 * then says nothing.  It has the digits of mean and m2.  No rows: all zero.
 */
typedef struct mlops_mean3
{
	mlops_mean2 base;
	mlops_dd	m3;
} mlops_mean3;

/* The variant of a test of means where the variances are pooled in place of Welch's. */
#define MLOPS_POOLED_VARIANCE "pooled variance"

/* One more finite value.  The caller sees to it that n does not overflow. */
extern void mlops_mean3_add(mlops_mean3 *m, double x);

/* The rows of both. */
extern void mlops_mean3_merge(mlops_mean3 *into, const mlops_mean3 *from);

/*
 * sqrt(n) m3 / m2^(3/2), of all rows; NaN where it is not known: nothing varies, cubes
 * are out of range on either side.
 */
extern double mlops_mean3_skewness(const mlops_mean3 *m);

/*
 * Would means of these groups differ skewedly, were all rows from one distribution?
 * Then a group with few rows shows a small variance where it has missed the rare large
 * values, and Welch's tests, which believe it, raise false alarms.  See
 * doc/statistics/t_test.md.  True as well where a group of several rows is constant,
 * or cubes are out of range.
 */
extern bool mlops_means_skewed(const mlops_mean3 *group, size_t k);

#endif
