/*
 * staggered.h
 *		Effects of a treatment that units begin at different times: Callaway and
 *		Sant'Anna, J. Econometrics 225 (2021) 200, without covariates.
 *
 * See doc/experiments/quasi.md.
 */
#ifndef MLOPS_STAGGERED_H
#define MLOPS_STAGGERED_H

#include "kernel/kernel.h"

#define MLOPS_NEVER_TREATED INT32_MAX

typedef struct mlops_cohorts
{
	int32_t		units;
	int32_t		periods;
	const double *y;			/* units x periods; NaN where a unit was not observed */
	const int32_t *cohort;		/* of each unit: the first treated period, from 1, or MLOPS_NEVER_TREATED */
	bool		not_yet;		/* controls: not yet treated; false: never treated only */
} mlops_cohorts;

/* The effect in one cohort and period, against the period before the treatment began. */
typedef struct mlops_att
{
	int32_t		cohort;
	int32_t		period;
	double		n_treatment;	/* units seen in both periods */
	double		n_control;
	double		treatment;		/* mean change of the cohort */
	double		control;
	double		estimate;
	double		variance;		/* Welch; NaN when a side has fewer than two units */
	double		df;
} mlops_att;

/*
 * period may be any but cohort - 1, the base; before it the effect is a
 * placebo.  MLOPS_EMPTY when a side has no unit: no estimate then.
 */
extern mlops_status mlops_att_of(const mlops_cohorts *c, int32_t cohort, int32_t period, mlops_att *out);

/*
 * Mean of n effects weighted with the units of their cohorts (cohort_units, by
 * first treated period), and its standard error from the units' influence,
 * which has the sampling of the weights in it.  psi (units) gets the influence
 * of each unit: the sum of squares is the variance.
 */
extern void mlops_att_mean(const mlops_cohorts *c, const mlops_att *att, int n, const double *cohort_units,
						   double *psi, double *estimate, double *standard_error);

/*
 * Wald test that m means are all 0, from their influences (m x units):
 * statistic and rank of their covariance.  work: m (m + 1) doubles.
 * MLOPS_DEGENERATE when the rank is 0.
 */
extern mlops_status mlops_wald_test(int m, int32_t units, const double *estimate, const double *psi,
									double *work, double *statistic, double *df);

#endif
