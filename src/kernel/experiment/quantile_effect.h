/*
 * quantile_effect.h
 *		The difference of a quantile between two arms.  See doc/experiments/quasi.md.
 */
#ifndef MLOPS_QUANTILE_EFFECT_H
#define MLOPS_QUANTILE_EFFECT_H

#include "kernel/experiment/comparison.h"
#include "kernel/experiment/effect.h"

/*
 * Where to look for the neighbours of a quantile, as shares of the rows: two
 * standard errors (1.96) of the share of rows at most the quantile apart.
 * clusters: moments of (rows at most the quantile, rows), one row for each
 * cluster of rows that belong together (Deng, Knoblich, Lu 2018, formula 5), or
 * NULL for independent rows.  rows: of the arm.  MLOPS_EMPTY with a reason when
 * the neighbours would lie outside of the rows.
 */
extern mlops_status mlops_quantile_neighbours(double share, double rows, const mlops_arm *clusters,
											  double *lower, double *upper, const char **reason);

typedef struct mlops_quantile_arm
{
	double		quantile;
	double		lower;			/* the values at the shares of mlops_quantile_neighbours */
	double		upper;
	double		units;			/* clusters, or rows */
} mlops_quantile_arm;

/*
 * The standard error of a quantile is the distance of its neighbours over
 * 2 * 1.96: no density is estimated.  Fills estimate, standard_error, levels
 * of *out and *df (Satterthwaite).  relative: the estimate is the logarithm of
 * the ratio, to be turned into a change with mlops_quantile_to_relative() when
 * the inference is done; MLOPS_DOMAIN with a reason unless both quantiles are
 * positive.  MLOPS_DEGENERATE with a reason when the neighbours are equal in both
 * arms, or too far apart for a double.
 */
extern mlops_status mlops_quantile_effect(const mlops_quantile_arm *control, const mlops_quantile_arm *treatment,
										  bool relative, mlops_comparison *out, double *df);
extern void mlops_quantile_to_relative(mlops_comparison *out);

#endif
