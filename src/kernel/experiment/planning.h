/*
 * planning.h
 *		How many units an experiment needs, what it can see, how long it takes.
 *
 * See doc/experiments/planning.md.
 */
#ifndef MLOPS_PLANNING_H
#define MLOPS_PLANNING_H

#include "kernel/experiment/compare.h"
#include "kernel/experiment/sequence.h"

/* More units than this in an arm is no experiment. */
#define MLOPS_PLAN_MAX_UNITS 1e12

/*
 * variance is that of one unit's value (linearised, without what covariates
 * take away), the same in both arms; of a proportion it is p (1 - p) (1 - r2) at each
 * arm's own level.  Effects are those that compare() estimates: treatment -
 * control, or that over |baseline|.
 */
typedef struct mlops_plan
{
	mlops_metric metric;
	double		baseline;		/* level of the control */
	double		variance;		/* not of proportions */
	double		r2;				/* proportions: share of the variance that covariates take away */
	bool		relative;
	mlops_hypothesis hypothesis;
	double		margin;			/* > 0, on the scale of the effect */
	bool		higher_is_better;	/* of non-inferiority */
	mlops_alternative alternative;	/* of superiority */
	double		alpha;			/* of this one comparison */
	double		allocation;		/* treatment units for each control unit */
	bool		sequential;		/* confidence sequence at this number of units, else a fixed horizon */
	double		planned_n;		/* its tuning, units of both arms; NaN: those of the plan */
} mlops_plan;

/* The numbers behind a plan. */
typedef struct mlops_plan_point
{
	double		n_control;
	double		n_treatment;
	double		effect;
	double		standard_error; /* on the scale of the effect, at this effect */
	double		df;				/* infinite: normal */
	double		critical;		/* the statistic has to be beyond this */
	double		power;
	const char *reason;			/* NULL, or why there is no answer */
} mlops_plan_point;

/*
 * Power with n_control units (>= 2; the treatment has allocation times as
 * many, not rounded here) when the effect is what is given.  Means and ratios: exact
 * for normal values, non-central t with Welch's degrees of freedom;
 * proportions: normal, pooled variance under the hypothesis (superiority on the
 * absolute scale without covariates), else unpooled.  Two-sided power counts both tails.  Equivalence: the
 * sum of both sides minus 1, which is exact for a known variance and a lower bound else.
 * Sequential: the chance that the sequence excludes the null value at just
 * these units, which stopping earlier can only raise.  MLOPS_DOMAIN: a plan that has no meaning.
 */
extern mlops_status mlops_plan_power(const mlops_plan *p, double n_control, double effect, mlops_plan_point *out);

/* The smallest whole n_control with that power, by bisection; n_treatment is rounded up. */
extern mlops_status mlops_plan_size(const mlops_plan *p, double effect, double power, mlops_plan_point *out);

/*
 * The smallest effect on the side of the alternative (two-sided: that of `down`) with
 * that power; non-inferiority: the worst effect at which it is still
 * shown.  Equivalence has none (MLOPS_DOMAIN).
 */
extern mlops_status mlops_plan_effect(const mlops_plan *p, double n_control, double power, bool down,
									  mlops_plan_point *out);

/*
 * Mid-run: an estimate has this standard error with n units; how many more
 * (the same arms, the same way) until an effect is seen with that power.  Normal.
 */
extern mlops_status mlops_plan_remaining(double standard_error, double n, double effect, mlops_alternative alternative,
										 double alpha, double power, bool sequential, double planned_n, double *more);

#endif
