/*
 * comoments.c
 *		Means and co-moments of several variables.  See comoments.h.
 *
 * Updating: Welford (1962).  Merging: Chan, Golub and LeVeque (1979), in the
 * form for co-moments of Pebay (2008), equation 3.11.
 */
#include "kernel/summary/comoments.h"

#include <math.h>

void
mlops_comoments_add(int k, int64_t n, double *mean, double *comoment, const double *x)
{
	double		count = (double) n + 1;
	double		delta[MLOPS_COMOMENTS_MAX];
	double		after[MLOPS_COMOMENTS_MAX];

	for (int i = 0; i < k; i++)
	{
		delta[i] = x[i] - mean[i];
		mean[i] += delta[i] / count;
		after[i] = x[i] - mean[i];
	}
	for (int i = 0; i < k; i++)
	{
		for (int j = i; j < k; j++)
			comoment[j - i] += delta[i] * after[j];
		comoment += k - i;
	}
}

void
mlops_comoments_merge(int k, int64_t na, double *mean_a, double *comoment_a,
					  int64_t nb, const double *mean_b, const double *comoment_b)
{
	double		a = (double) na;
	double		b = (double) nb;
	double		delta[MLOPS_COMOMENTS_MAX];
	int			at = 0;

	if (nb == 0)
		return;
	for (int i = 0; i < k; i++)
	{
		delta[i] = mean_b[i] - mean_a[i];
		if (na == 0)
			mean_a[i] = mean_b[i];
		else
			mean_a[i] += delta[i] * (b / (a + b));
	}
	for (int i = 0; i < k; i++)
		for (int j = i; j < k; j++, at++)
		{
			if (na == 0)
				comoment_a[at] = comoment_b[at];
			else
				comoment_a[at] += comoment_b[at] + delta[i] * delta[j] * (a * (b / (a + b)));
		}
}

mlops_status
mlops_covariance(int k, int64_t n, const double *comoment, int i, int j, double *result)
{
	if (n < 2)
		return MLOPS_EMPTY;
	*result = comoment[mlops_comoment_at(k, i, j)] / (double) (n - 1);
	return isfinite(*result) ? MLOPS_OK : MLOPS_DEGENERATE;
}

mlops_status
mlops_correlation(int k, int64_t n, const double *comoment, int i, int j, double *result)
{
	double		a = comoment[mlops_comoment_at(k, i, i)];
	double		b = comoment[mlops_comoment_at(k, j, j)];
	double		r;

	if (n < 2)
		return MLOPS_EMPTY;
	if (!(a > 0) || !(b > 0) || isinf(a) || isinf(b))
		return MLOPS_DEGENERATE;
	if (i == j)
		r = 1;
	else
		r = comoment[mlops_comoment_at(k, i, j)] / sqrt(a) / sqrt(b);
	if (isnan(r))
		return MLOPS_DEGENERATE;
	*result = r > 1 ? 1 : r < -1 ? -1 : r;
	return MLOPS_OK;
}
