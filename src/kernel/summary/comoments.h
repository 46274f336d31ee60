/*
 * comoments.h
 *		Means and co-moments of several variables, updated row by row and
 *		merged.
 *
 * For k variables: mean[k], and comoment[k (k + 1) / 2], the upper triangle
 * by rows, comoment(i, j) = sum over rows of (x_i - mean_i)(x_j - mean_j).
 */
#ifndef MLOPS_COMOMENTS_H
#define MLOPS_COMOMENTS_H

#include "kernel/kernel.h"

/* 8256 co-moments, 67 kB */
#define MLOPS_COMOMENTS_MAX 128

/* where comoment(i, j) stands, i and j from 0 in any order */
static inline int
mlops_comoment_at(int k, int i, int j)
{
	int			row = i < j ? i : j;
	int			column = i < j ? j : i;

	return row * k - row * (row - 1) / 2 + column - row;
}

static inline int
mlops_comoment_count(int k)
{
	return k * (k + 1) / 2;
}

/* Add row x; n is the number of rows before. */
extern void mlops_comoments_add(int k, int64_t n, double *mean, double *comoment, const double *x);

/* Add the rows of b to those of a. */
extern void mlops_comoments_merge(int k, int64_t na, double *mean_a, double *comoment_a,
								  int64_t nb, const double *mean_b, const double *comoment_b);

/*
 * Take the rows of b away from those of a: the inverse of the merge.  A sum of squares
 * that comes out below its rounding error is 0.  MLOPS_DOMAIN, and a undefined, when b
 * cannot be a part of a: more rows, another mean without rows left, a sum of
 * squares that would be negative, or not 0 for one row.
 *
 * The rounding errors of a and b stay, and become relative to what is left: with
 * M the sum of squares (or the offset: n mean^2 eps^2) before and m after, the
 * relative error of m is about M / m times that of M.
 */
extern mlops_status mlops_comoments_subtract(int k, int64_t na, double *mean_a, double *comoment_a,
											 int64_t nb, const double *mean_b, const double *comoment_b);

/* Sample covariance (divided by n - 1); MLOPS_EMPTY below two rows. */
extern mlops_status mlops_covariance(int k, int64_t n, const double *comoment,
									 int i, int j, double *result);

/*
 * Pearson correlation, within [-1, 1]; MLOPS_EMPTY below two rows,
 * MLOPS_DEGENERATE when a variable does not vary, or varies beyond the range
 * of float8.
 */
extern mlops_status mlops_correlation(int k, int64_t n, const double *comoment,
									  int i, int j, double *result);

#endif
