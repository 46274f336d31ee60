/*
 * brown_forsythe.h
 *		Brown-Forsythe test: do two samples spread equally about their medians?
 *
 * See doc/statistics/brown_forsythe.md.
 */
#ifndef MLOPS_BROWN_FORSYTHE_H
#define MLOPS_BROWN_FORSYTHE_H

#include "kernel/twosample.h"

/*
 * Two passes: the medians, then the deviations |x - median|, whose one-way F
 * is the statistic (df of the numerator is 1; df is that of the denominator,
 * N - 2).  effect is the ratio of the mean deviations, current / reference,
 * with a large-sample interval on the log scale.
 */
extern const mlops_twosample_method mlops_brown_forsythe_method;

/* |x - median|, at most the largest double. */
extern double mlops_deviation(double x, double median);

/*
 * The median of n values that arrive ascending with their rows: rank is how
 * many rows came before.
 */
typedef struct mlops_median
{
	double		n;
	double		rank;
	double		lower;			/* the one or the two values in the middle */
	double		upper;
} mlops_median;

extern void mlops_median_step(mlops_median *m, double x, double rows);
extern double mlops_median_value(const mlops_median *m);

#endif
