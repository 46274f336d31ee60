/*
 * strata.h
 *		The effect of a treatment, post-stratified: from the moments of two arms
 *		in each of several strata.
 */
#ifndef MLOPS_STRATA_H
#define MLOPS_STRATA_H

#include "kernel/experiment/effect.h"

typedef struct mlops_strata
{
	int			count;
	const mlops_arm *control;	/* [count]; a stratum may be empty in an arm */
	const mlops_arm *treatment;
	const double *share;		/* of the population, known; NULL: those of the units of both arms */
} mlops_strata;

/* Doubles of work space. */
extern size_t mlops_strata_work(int variables);

/*
 * As mlops_effect_of.  Levels are sums of the strata's with their shares
 * as weights; ratios are ratios of such sums; covariates have coefficients of
 * their own in every stratum.  Shares that are estimated add their part to the variance.
 * Strata with fewer than two units in an arm, or where the values of an arm do
 * not vary, are merged with the largest (their shares too); *merged is how many.
 * df: Satterthwaite over the arms of all strata.  r2 is NaN with covariates.
 */
extern mlops_status mlops_effect_of_strata(const mlops_strata *s, mlops_metric metric, mlops_theta theta,
										   double *work, mlops_effect *out, int *merged);

#endif
