/*
 * brown_forsythe.h
 *		Brown-Forsythe test: do two samples spread equally about their medians?
 *
 * See doc/statistics/brown_forsythe.md.
 */
#ifndef MLOPS_BROWN_FORSYTHE_H
#define MLOPS_BROWN_FORSYTHE_H

#include "kernel/groups/anova.h"
#include "kernel/twosample/twosample.h"

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
 * One-way F of the deviations.  `noise` is the sum of mlops_deviation_noise()
 * over the groups: deviations that vary no more than that within the groups (two
 * values in equal shares, at equal distance from a median that is not a double)
 * do not vary.
 */
extern double mlops_deviation_noise(const mlops_mean2 *deviation, double median);
extern mlops_status mlops_deviation_test(mlops_anova *a, double noise, mlops_group_test *out);

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
