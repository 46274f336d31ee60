/*
 * effect.h
 *		The effect of a treatment from the moments of two arms: means,
 *		proportions, ratios, with covariates.
 *
 * The variables of an arm's moments are, in this order,
 *	  mean, proportion:	y, then any number of covariates x (values from before the exposure);
 *	  ratio:			y, d (numerator, denominator), then nothing or x, z (both before the exposure).
 * One row of the moments is one unit, never an event.
 */
#ifndef MLOPS_EFFECT_H
#define MLOPS_EFFECT_H

#include "kernel/kernel.h"

typedef struct mlops_arm
{
	int			variables;
	int64_t		n;				/* units */
	const double *mean;
	const double *comoment;		/* upper triangle by rows, see comoments.h */
} mlops_arm;

typedef enum mlops_metric
{
	MLOPS_METRIC_MEAN,
	MLOPS_METRIC_PROPORTION,	/* y is 0 or 1 */
	MLOPS_METRIC_RATIO
} mlops_metric;

/* How the coefficients of the covariates are found. */
typedef enum mlops_theta
{
	MLOPS_THETA_WITHIN,			/* pooled within the arms: not moved by the effect */
	MLOPS_THETA_POOLED			/* all rows of both arms, as GrowthBook does */
} mlops_theta;

/* Numbers that do not exist are NaN; reason then says why. */
typedef struct mlops_effect
{
	double		n_control;
	double		n_treatment;
	double		control_raw;	/* level without covariates: mean, or ratio of means */
	double		treatment_raw;
	double		control;		/* adjusted level */
	double		treatment;
	double		v_control;		/* variance of one unit's (linearised, adjusted) value */
	double		v_treatment;
	double		difference;		/* treatment - control */
	double		variance;		/* of difference: v_control / n_control + v_treatment / n_treatment */
	double		df;				/* Welch-Satterthwaite */
	double		r2;				/* share of the variance that the covariates take away; 0 without */
	const char *variant;		/* what was done: "CUPED", or NULL */
	const char *reason;
} mlops_effect;

#endif
