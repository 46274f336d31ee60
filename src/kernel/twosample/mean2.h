/*
 * mean2.h
 *		Rows, mean and sum of squared deviations, twice the precision of a
 *		double, mergeable.
 *
 * With the extra digits neither an offset that is huge beside the spread nor
 * the order of rows and merges is seen in the result: mean and m2 rounded to a
 * double are right to the last bit or nearly so.
 */
#ifndef MLOPS_MEAN2_H
#define MLOPS_MEAN2_H

#include "kernel/special/dd.h"
#include "kernel/kernel.h"

/*
 * m2.hi is +Infinity from the moment on when a square does not fit a double;
 * the mean stays finite.  No rows: all zero.
 */
typedef struct mlops_mean2
{
	int64_t		n;
	mlops_dd	mean;
	mlops_dd	m2;
} mlops_mean2;

/* One more finite value.  The caller sees to it that n does not overflow. */
extern void mlops_mean2_add(mlops_mean2 *m, double x);

/* `rows` more rows of one finite value, rows >= 1. */
extern void mlops_mean2_add_rows(mlops_mean2 *m, double x, int64_t rows);

/* The rows of both; what the distance of the two means adds to m2, or NULL. */
extern void mlops_mean2_merge(mlops_mean2 *into, const mlops_mean2 *from, mlops_dd *between);

/* m2 / (n - 1); NaN for fewer than two rows. */
extern double mlops_mean2_variance(const mlops_mean2 *m);

#endif
