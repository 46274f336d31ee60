/*
 * moments1.h
 *		Count, extremes and central moments to the fourth of one variable,
 *		mergeable without loss of precision.
 */
#ifndef MLOPS_MOMENTS1_H
#define MLOPS_MOMENTS1_H

#include "kernel/kernel.h"

/*
 * The mean is mean + mean_low, the second below the precision of the first:
 * values with a large offset would otherwise lose their spread in the rounding of
 * the mean.  m2, m3, m4 are sums of powers of the deviations from it.  One that does not fit a double
 * is +Infinity from then on; the functions below then say MLOPS_DOMAIN.
 */
typedef struct mlops_moments1
{
	uint64_t	n;
	double		mean;
	double		mean_low;
	double		m2;
	double		m3;
	double		m4;
	double		min;
	double		max;
} mlops_moments1;

/* What one pass over a batch tells. */
typedef struct mlops_batch_scan
{
	double		sum;
	double		min;
	double		max;
	uint64_t	zeros;
	bool		finite;			/* otherwise nothing above is meaningful */
} mlops_batch_scan;

extern void mlops_batch_look(double *x, size_t n, mlops_batch_scan *out);
extern void mlops_moments1_batch(const double *x, size_t n, const mlops_batch_scan *scan,
								 mlops_moments1 *out);
extern void mlops_moments1_merge(mlops_moments1 *into, const mlops_moments1 *from);
extern mlops_status mlops_moments1_variance(const mlops_moments1 *m, double *out);
extern mlops_status mlops_moments1_skewness(const mlops_moments1 *m, double *out);
extern mlops_status mlops_moments1_kurtosis(const mlops_moments1 *m, double *out);

#endif
