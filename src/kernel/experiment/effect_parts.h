/*
 * effect_parts.h
 *		What effects of two arms and of strata of two arms are made of.
 */
#ifndef MLOPS_EFFECT_PARTS_H
#define MLOPS_EFFECT_PARTS_H

#include "kernel/experiment/effect.h"

/* An independent part of the variances of the two levels, and its degrees of freedom. */
typedef struct mlops_effect_part
{
	double		control;		/* of the variance of the control's level */
	double		treatment;
	double		covariance;
	double		difference;		/* control + treatment - 2 covariance, without cancellation */
	double		df;
} mlops_effect_part;

/* The sum of parts; zero to begin with. */
typedef struct mlops_effect_sum
{
	mlops_effect_part total;	/* df is not used */
	double		satterthwaite[5];	/* sum of (variance of the contrast)^2 / df, a polynomial in rho */
	double		at_one;			/* its value at rho = 1, without cancellation */
} mlops_effect_sum;

extern void mlops_effect_add_part(mlops_effect_sum *sum, const mlops_effect_part *part);

/* Variances, covariance, df of the effect. */
extern void mlops_effect_set_variance(mlops_effect *e, const mlops_effect_sum *sum);

/*
 * An arm of a ratio (2 or 4 variables) as one of means (1 or 2 variables):
 * u = R + (y - R d) / mean d, and the same of the covariates.  R and the mean of d
 * are level and denominator, because those of a stratum are not those of the arm.
 */
extern void mlops_effect_linearise(const mlops_arm *arm, const double *level,
								   const double *denominator, double *mean, double *comoment);

/* mlops_effect_of for means with covariates (ratios linearised), adding its parts to sum. */
extern mlops_status mlops_effect_of_means(const mlops_arm *control, const mlops_arm *treatment,
										  mlops_metric metric, mlops_theta theta, double *work,
										  mlops_effect *e, mlops_effect_sum *sum);

/* MLOPS_OK, or what there is no effect without; least: units of an arm. */
extern mlops_status mlops_effect_check(const mlops_arm *control, const mlops_arm *treatment,
									   mlops_metric metric, mlops_effect *e);

#endif
