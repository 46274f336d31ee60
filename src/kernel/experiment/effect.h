/*
 * effect.h
 *		The effect of a treatment from the moments of two arms: means,
 *		proportions, ratios, with covariates.
 *
 * The variables of an arm's moments are, in this order,
 *	  mean, proportion:	y, then any number of covariates x (values from before the exposure);
 *	  ratio:			y, d (numerator, denominator), then nothing or x, z (both before the exposure).
 * One row of the moments is one unit, never an event.  Formulas: doc/experiments/compare.md.
 */
#ifndef MLOPS_EFFECT_H
#define MLOPS_EFFECT_H

#include "kernel/kernel.h"

typedef struct mlops_arm
{
	int			variables;		/* not looked at when n is 0 */
	int64_t		n;				/* units */
	const double *mean;
	const double *comoment;		/* upper triangle by rows, see comoments.h */
} mlops_arm;

typedef enum mlops_metric
{
	MLOPS_METRIC_MEAN,
	MLOPS_METRIC_PROPORTION,	/* y is 0 or 1: the variance is p (1 - p), without covariates */
	MLOPS_METRIC_RATIO
} mlops_metric;

/* How the coefficients of the covariates are found. */
typedef enum mlops_theta
{
	MLOPS_THETA_WITHIN,			/* pooled within the arms: not moved by the effect */
	MLOPS_THETA_POOLED			/* GrowthBook's: all rows of both arms; variances without the cost of estimating it */
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
	double		df;				/* of variance: Welch-Satterthwaite */
	double		r2;				/* share of the variance that the covariates take away; 0 without */

	/* of the two levels: the adjusted ones are not independent */
	double		control_variance;
	double		treatment_variance;
	double		covariance;
	double		satterthwaite[5];	/* see mlops_effect_contrast_df */

	/* difference / |control_raw|, and its variance by the delta method */
	double		relative;
	double		relative_variance;

	const char *variant;		/* what was done with the covariates: "CUPED", or NULL without any */
	const char *caution;		/* what stands in for something that is not known, or is hardly known; or NULL */
	const char *reason;
} mlops_effect;

/* Nothing known but the units of the arms. */
#define MLOPS_NO_EFFECT(units_control, units_treatment) \
	((mlops_effect) {.n_control = (units_control), .n_treatment = (units_treatment), \
		.control_raw = (double) NAN, .treatment_raw = (double) NAN, .control = (double) NAN, \
		.treatment = (double) NAN, .v_control = (double) NAN, .v_treatment = (double) NAN, \
		.difference = (double) NAN, .variance = (double) NAN, .df = (double) NAN, \
		.control_variance = (double) NAN, .treatment_variance = (double) NAN, \
		.covariance = (double) NAN, .relative = (double) NAN, .relative_variance = (double) NAN})

/* Doubles of work space for arms of so many variables. */
static inline size_t
mlops_effect_work(int variables)
{
	return (size_t) variables * ((size_t) variables + 4);
}

/*
 * The effect of the treatment.  Every number but the raw levels, the difference
 * and what belongs to an arm is NaN where the status is not MLOPS_OK, and
 * reason says why:
 *	  MLOPS_EMPTY		an arm without units, or with one (its variance is not known)
 *	  MLOPS_DEGENERATE	the values of neither arm vary; a denominator whose mean is 0
 *	  MLOPS_DOMAIN		moments beyond the range of numbers; variables that do not fit the metric
 * When the values of one arm do not vary, the variance of the other stands in
 * (caution says so), and covariates are not used.  Covariates that do not
 * vary, or are linear in the others (pivot below 1e-10), get no coefficient.
 */
extern mlops_status mlops_effect_of(const mlops_arm *control, const mlops_arm *treatment,
									mlops_metric metric, mlops_theta theta, double *work,
									mlops_effect *out);

/* Variance of the contrast treatment - rho control, and its degrees of freedom. */
extern double mlops_effect_contrast_variance(const mlops_effect *e, double rho);
extern double mlops_effect_contrast_df(const mlops_effect *e, double rho);

#endif
