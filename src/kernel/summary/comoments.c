/*
 * comoments.c
 *		Means and co-moments of several variables.  See comoments.h.
 *
 * Updating: Welford (1962).  Merging: Chan, Golub and LeVeque (1979), in the
 * form for co-moments of Pebay (2008), equation 3.11; subtracting is solved from it.
 */
#include "kernel/summary/comoments.h"

#include <float.h>
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

/* How far from the truth a sum of squares may be that was a difference. */
typedef struct rounding
{
	double		mean;			/* of the mean that is left */
	double		square;
} rounding;

static rounding
rounding_of(double n, double nb, double left, double mean, double delta, double square_a, double square_b)
{
	rounding	r;

	/* means carry the last bit of their size, times what the subtraction magnifies */
	r.mean = 16 * DBL_EPSILON * (fabs(mean) * (n / left) + fabs(delta));
	r.square = 64 * DBL_EPSILON * (square_a + square_b + delta * delta * (n * (nb / left))) +
		n * (nb / left) * (2 * fabs(delta) + 16 * DBL_EPSILON * fabs(mean)) * 16 * DBL_EPSILON * fabs(mean);
	return r;
}

/* One row or none is left: its co-moments are 0, and have to be so within rounding. */
static mlops_status
check_remainder(int k, double left, const double *delta, const rounding *r, double *mean, double *comoment)
{
	int			at = 0;

	for (int i = 0; i < k; i++)
		for (int j = i; j < k; j++, at++)
		{
			double		allowed = sqrt(r[i].square) * sqrt(r[j].square);

			if (i == j && !(comoment[at] >= -r[i].square))
				return MLOPS_DOMAIN;
			if (left < 2 && !(fabs(comoment[at]) <= allowed))
				return MLOPS_DOMAIN;
			if (left < 2 || (i == j && comoment[at] <= r[i].square * 1e-3))
				comoment[at] = 0;
		}
	for (int i = 0; i < k; i++)
	{
		if (left == 0 && !(fabs(delta[i]) <= r[i].mean))
			return MLOPS_DOMAIN;
		if (left == 0)
			mean[i] = 0;
	}
	return MLOPS_OK;
}

mlops_status
mlops_comoments_subtract(int k, int64_t na, double *mean_a, double *comoment_a,
						 int64_t nb, const double *mean_b, const double *comoment_b)
{
	double		n = (double) na;
	double		b = (double) nb;
	double		left = (double) (na - nb);
	double		delta[MLOPS_COMOMENTS_MAX];
	rounding	r[MLOPS_COMOMENTS_MAX];
	int			at = 0;

	if (nb > na || nb < 0)
		return MLOPS_DOMAIN;
	if (nb == 0)
		return MLOPS_OK;
	for (int i = 0; i < k; i++)
	{
		int			square = mlops_comoment_at(k, i, i);

		delta[i] = mean_b[i] - mean_a[i];
		r[i] = rounding_of(n, b, left > 0 ? left : 1, mean_a[i], delta[i], comoment_a[square], comoment_b[square]);
		if (left > 0)
			mean_a[i] -= delta[i] * (b / left);
	}
	for (int i = 0; i < k; i++)
		for (int j = i; j < k; j++, at++)
		{
			comoment_a[at] -= comoment_b[at];
			if (left > 0)
				comoment_a[at] -= delta[i] * delta[j] * (n * (b / left));
		}
	if (check_remainder(k, left, delta, r, mean_a, comoment_a) != MLOPS_OK)
		return MLOPS_DOMAIN;
	/* no correlation beyond 1: of variables that do not vary any more, none */
	at = 0;
	for (int i = 0; i < k; i++)
		for (int j = i; j < k; j++, at++)
		{
			double		bound = sqrt(comoment_a[mlops_comoment_at(k, i, i)]) * sqrt(comoment_a[mlops_comoment_at(k, j, j)]);
			double		slack = sqrt(r[i].square) * sqrt(r[j].square) +
				sqrt(r[i].square) * sqrt(comoment_a[mlops_comoment_at(k, j, j)]) +
				sqrt(r[j].square) * sqrt(comoment_a[mlops_comoment_at(k, i, i)]);

			if (i == j)
				continue;
			if (fabs(comoment_a[at]) > bound + slack)
				return MLOPS_DOMAIN;
			comoment_a[at] = fmax(fmin(comoment_a[at], bound), -bound);
		}
	return MLOPS_OK;
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
