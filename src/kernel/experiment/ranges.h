/*
 * ranges.h
 *		Ranges of positions, one a variation: they alone decide who gets what,
 *		and shares are derived from them.
 *
 * A range is two doubles, lower and upper: lower <= position < upper.  Ranges
 * may overlap; the first one that holds the position decides.
 */
#ifndef MLOPS_RANGES_H
#define MLOPS_RANGES_H

#include "kernel/kernel.h"

#define MLOPS_MAX_VARIATIONS 1000

extern mlops_status mlops_bucket_ranges(double coverage, const double *weights, int n, double *ranges);
extern mlops_status mlops_launchdarkly_ranges(const int32_t *weights, int n, double *ranges);
extern mlops_status mlops_optimizely_ranges(const int32_t *ends, int n, double *ranges);
extern mlops_status mlops_statsig_range(double pass_percentage, double *range);
extern int	mlops_choose_variation(double position, const double *ranges, int n);
extern void mlops_range_shares(const double *ranges, int n, int grid, double *borders, double *shares);

#endif
