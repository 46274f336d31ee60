/*
 * pca.h
 *		Principal components of standardised variables, and what is left of a
 *		row, or of many rows by their moments, when only they are kept.
 *
 * z_i = (x_i - mean_i) / sd_i with mean and sd of the rows the model was fitted
 * to (sd divides by n); a variable that does not vary there has sd 0 and takes
 * no part.  With the kept components as rows of V, the residual of a row is
 * z - V' V z: it depends on neither sign nor order of components.
 */
#ifndef MLOPS_PCA_H
#define MLOPS_PCA_H

#include "kernel/summary/comoments.h"
#include "kernel/test.h"

typedef struct mlops_pca_view
{
	int			k;				/* variables */
	int			kept;			/* components, less than the variables that vary */
	int64_t		n;				/* rows it was fitted to */
	double		variance;		/* share that the kept ones had to explain */
	double	   *mean;			/* k */
	double	   *sd;				/* k */
	double	   *value;			/* k: eigenvalues, descending, 0 beyond the varying ones */
	double	   *component;		/* kept * k, rows of V */
} mlops_pca_view;

/* How many variables vary. */
extern int	mlops_pca_used(const mlops_pca_view *p);

/*
 * How many components to keep: the fewest that explain the share; those that
 * tie with the last of them (to 1e-9) as well; but never the last component
 * and those that tie with it.
 */
extern int	mlops_pca_kept(int used, const double *value, double variance);

/*
 * Fit to co-moments as in comoments.h.  p->k, n and variance are set by the
 * caller, component has room for k * k, work for k * k.  MLOPS_DOMAIN when they
 * are no co-moments of rows, or of rows out of range.
 */
extern mlops_status mlops_pca_fit(mlops_pca_view *p, const double *mean, const double *comoment,
								  double *work);

/*
 * The reconstruction error of row x: the Euclidean length of its residual,
 * which is written to residual[k].  NaN when no variable varies or the row is
 * too far away for a double.
 */
extern double mlops_pca_error(const mlops_pca_view *p, const double *x, double *residual);

/*
 * Mean squared error of n rows from their moments: their sum, and in column[k]
 * each variable's part.  work: k * k + k.  NaN without rows.
 */
extern double mlops_pca_mean_squares(const mlops_pca_view *p, int64_t n, const double *mean,
									 const double *comoment, double *column, double *work);

/* The same of the rows the model was fitted to. */
extern double mlops_pca_own_mean_squares(const mlops_pca_view *p, double *column);

/*
 * Welch's test that the mean error of the current rows (rows, mean, sum of
 * squared deviations) is that of the reference; the effect is the relative change of
 * the mean.
 */
extern void mlops_pca_test(const int64_t *n, const double *mean, const double *m2, mlops_test *out);

#endif
