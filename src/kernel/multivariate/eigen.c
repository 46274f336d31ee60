/*
 * eigen.c
 *		Eigenvalues of a symmetric matrix: cyclic Jacobi rotations.  See eigen.h.
 *
 * Golub and Van Loan, Matrix computations, section 8.5.  Slower by a constant
 * factor than tridiagonal QR, but without a case in which it does not converge,
 * and small eigenvalues of a positive definite matrix keep their digits
 * (Demmel and Veselic 1992): a pair is left alone once its element is small
 * beside the square root of the two on the diagonal.
 */
#include "kernel/multivariate/eigen.h"

#include <float.h>
#include <math.h>

#define SWEEPS 60				/* 10 are many */

/* Rotate rows and columns p < q so that a[p][q] becomes 0. */
static void
rotate(int n, double *a, double *vector, int p, int q)
{
	double	   *ap = a + (size_t) p * n;
	double	   *aq = a + (size_t) q * n;
	double		theta = (aq[q] - ap[p]) / (2 * ap[q]);
	double		t = copysign(1, theta) / (fabs(theta) + hypot(theta, 1));
	double		c = 1 / sqrt(t * t + 1);
	double		s = t * c;
	double		h = t * ap[q];

	ap[p] -= h;
	aq[q] += h;
	ap[q] = aq[p] = 0;
	for (int i = 0; i < n; i++)
	{
		double		x = ap[i];
		double		y = aq[i];

		if (i == p || i == q)
			continue;
		ap[i] = a[(size_t) i * n + p] = c * x - s * y;
		aq[i] = a[(size_t) i * n + q] = s * x + c * y;
	}
	if (vector == NULL)
		return;
	ap = vector + (size_t) p * n;
	aq = vector + (size_t) q * n;
	for (int i = 0; i < n; i++)
	{
		double		x = ap[i];
		double		y = aq[i];

		ap[i] = c * x - s * y;
		aq[i] = s * x + c * y;
	}
}

/* One pass over all pairs; whether any was rotated. */
static bool
sweep(int n, double *a, double *vector, double negligible)
{
	bool		rotated = false;

	for (int p = 0; p < n - 1; p++)
		for (int q = p + 1; q < n; q++)
		{
			double		x = fabs(a[(size_t) p * n + q]);
			double		d = sqrt(fabs(a[(size_t) p * n + p])) * sqrt(fabs(a[(size_t) q * n + q]));

			if (x <= negligible || x <= DBL_EPSILON / 4 * d)
				continue;
			rotate(n, a, vector, p, q);
			rotated = true;
		}
	return rotated;
}

static void
swap_rows(int n, double *vector, int i, int j)
{
	for (int k = 0; k < n; k++)
	{
		double		x = vector[(size_t) i * n + k];

		vector[(size_t) i * n + k] = vector[(size_t) j * n + k];
		vector[(size_t) j * n + k] = x;
	}
}

static void
sort_descending(int n, double *value, double *vector)
{
	for (int i = 0; i < n - 1; i++)
	{
		int			best = i;
		double		x;

		for (int j = i + 1; j < n; j++)
			if (value[j] > value[best])
				best = j;
		if (best == i)
			continue;
		x = value[i];
		value[i] = value[best];
		value[best] = x;
		if (vector != NULL)
			swap_rows(n, vector, i, best);
	}
}

/* Elements that are equal but for rounding count as equally large. */
static void
fix_sign(int n, double *v)
{
	double		largest = 0;
	int			i = 0;

	for (int j = 0; j < n; j++)
		largest = fmax(largest, fabs(v[j]));
	while (i < n - 1 && fabs(v[i]) < largest * (1 - 1e-9))
		i++;
	if (v[i] < 0)
		for (int j = 0; j < n; j++)
			v[j] = -v[j];
}

mlops_status
mlops_eigen_symmetric(int n, double *a, double *value, double *vector)
{
	double		largest = 0;

	for (size_t i = 0; i < (size_t) n * n; i++)
	{
		if (!isfinite(a[i]))
			return MLOPS_DOMAIN;
		largest = fmax(largest, fabs(a[i]));
		if (vector != NULL)
			vector[i] = i % ((size_t) n + 1) == 0;
	}
	for (int i = 0; sweep(n, a, vector, largest * 1e-30); i++)
		if (i == SWEEPS)
			return MLOPS_NOCONVERGE;
	for (int i = 0; i < n; i++)
		value[i] = a[(size_t) i * n + i];
	sort_descending(n, value, vector);
	for (int i = 0; vector != NULL && i < n; i++)
		fix_sign(n, vector + (size_t) i * n);
	return MLOPS_OK;
}
