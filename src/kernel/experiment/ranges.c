/*
 * ranges.c
 *		From weights to ranges as the platforms' clients do it, from ranges to
 *		the variation and to each one's share.
 */
#include "kernel/experiment/ranges.h"

#include <math.h>

/*
 * GrowthBook: variation k has [c, c + coverage * weight) where c is the sum of
 * the weights before it, so that more coverage adds units at the end of each
 * range and moves none.  Coverage is held to 0 .. 1; weights that do not add
 * up to 1 (within .01), or none (NULL), become equal ones.  MLOPS_DOMAIN: no
 * number, or a negative weight.
 */
mlops_status
mlops_bucket_ranges(double coverage, const double *weights, int n, double *ranges)
{
	double		sum = 0;
	double		start = 0;

	if (isnan(coverage) || n < 1)
		return MLOPS_DOMAIN;
	coverage = fmin(fmax(coverage, 0), 1);
	for (int i = 0; weights && i < n; i++)
	{
		if (!(weights[i] >= 0 && weights[i] <= 1e6))
			return MLOPS_DOMAIN;
		sum += weights[i];
	}
	if (sum < 0.99 || sum > 1.01)
		weights = NULL;
	for (int i = 0; i < n; i++)
	{
		double		weight = weights ? weights[i] : 1.0 / n;

		ranges[2 * i] = start;
		ranges[2 * i + 1] = start + coverage * weight;
		start += weight;
	}
	return MLOPS_OK;
}

/*
 * LaunchDarkly: weights of 100000, added up as doubles; whoever is behind the
 * last border gets the last variation.  MLOPS_DOMAIN: a negative weight.
 */
mlops_status
mlops_launchdarkly_ranges(const int32_t *weights, int n, double *ranges)
{
	double		sum = 0;

	if (n < 1)
		return MLOPS_DOMAIN;
	for (int i = 0; i < n; i++)
	{
		if (weights[i] < 0)
			return MLOPS_DOMAIN;
		ranges[2 * i] = sum;
		sum += weights[i] / 100000.0;
		ranges[2 * i + 1] = sum;
	}
	ranges[2 * n - 1] = INFINITY;
	return MLOPS_OK;
}

/*
 * Optimizely: ends of ranges in 10000ths; the first end above the bucket
 * decides.  An end that is not above those before it gives an empty range.
 * floor(p * 10000) < end and p < end / 10000 are the same thing: a position is
 * k / 2^32, and no border is nearer to one than 2e-14 without being equal.
 */
mlops_status
mlops_optimizely_ranges(const int32_t *ends, int n, double *ranges)
{
	int32_t		start = 0;

	if (n < 1)
		return MLOPS_DOMAIN;
	for (int i = 0; i < n; i++)
	{
		int32_t		end = ends[i] > start ? ends[i] : start;

		ranges[2 * i] = start / 10000.0;
		ranges[2 * i + 1] = end / 10000.0;
		start = end;
	}
	return MLOPS_OK;
}

/*
 * Statsig: a unit passes when its bucket of 10000 is below 100 times the
 * percentage, computed as a double: so the first bucket that does not pass is
 * that product, rounded up.
 */
mlops_status
mlops_statsig_range(double pass_percentage, double *range)
{
	if (isnan(pass_percentage))
		return MLOPS_DOMAIN;
	range[0] = 0;
	range[1] = fmin(fmax(ceil(pass_percentage * 100), 0), 10000) / 10000;
	return MLOPS_OK;
}

/* The first range that holds the position, from 0 on; -1 for none. */
int
mlops_choose_variation(double position, const double *ranges, int n)
{
	for (int i = 0; i < n; i++)
		if (ranges[2 * i] <= position && position < ranges[2 * i + 1])
			return i;
	return -1;
}

/*
 * The share of all units that each range gets.  grid: the positions that occur
 * are 0, 1/grid .. (grid - 1)/grid, each as often; 0: every position from 0 to 1.
 * borders: 2 n + 2 doubles of working space.
 */
void
mlops_range_shares(const double *ranges, int n, int grid, double *borders, double *shares)
{
	int			m = 0;

	for (int i = 0; i < n; i++)
		shares[i] = 0;
	if (grid > 0)
	{
		for (int k = 0; k < grid; k++)
		{
			int			i = mlops_choose_variation((double) k / grid, ranges, n);

			if (i >= 0)
				shares[i] += 1;
		}
		for (int i = 0; i < n; i++)
			shares[i] /= grid;
		return;
	}
	/* between two neighbouring borders nothing changes */
	borders[m++] = 0;
	borders[m++] = 1;
	for (int i = 0; i < 2 * n; i++)
	{
		double		b = fmin(fmax(ranges[i], 0), 1);
		int			at = m++;

		for (; at > 0 && borders[at - 1] > b; at--)
			borders[at] = borders[at - 1];
		borders[at] = b;
	}
	for (int j = 0; j + 1 < m; j++)
	{
		int			i = mlops_choose_variation(borders[j], ranges, n);

		if (i >= 0 && borders[j + 1] > borders[j])
			shares[i] += borders[j + 1] - borders[j];
	}
}
