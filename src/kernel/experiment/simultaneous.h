/*
 * simultaneous.h
 *		Several effects at once: adjusted p-values and intervals that hold
 *		together.  See doc/experiments/multiplicity.md.
 */
#ifndef MLOPS_SIMULTANEOUS_H
#define MLOPS_SIMULTANEOUS_H

#include "kernel/experiment/comparison.h"

typedef enum mlops_simultaneous_method
{
	MLOPS_SIMULTANEOUS_NONE,
	MLOPS_SIMULTANEOUS_BONFERRONI,	/* weighted where there are weights */
	MLOPS_SIMULTANEOUS_SIDAK,	/* independent estimates, or two-sided and jointly normal (Sidak 1967) */
	MLOPS_SIMULTANEOUS_HOLM,	/* one-sided only: compatible bounds, Strassburger and Bretz 2008 */
	MLOPS_SIMULTANEOUS_FCR,		/* intervals of what Benjamini and Hochberg reject; Benjamini and Yekutieli 2005 */
	MLOPS_SIMULTANEOUS_DUNNETT	/* many treatments, one control */
} mlops_simultaneous_method;

/* An effect: what is known of it, and what comes out.  NaN is what does not exist. */
typedef struct mlops_effect_interval
{
	double		estimate;
	double		standard_error;
	double		df;				/* infinite: normal */
	double		weight;			/* share of alpha, for bonferroni; NaN: 1 / their number */
	double		null_value;
	double		statistic;
	double		p;
	double		ln_p;
	double		p_adjusted;
	double		lower;			/* infinite where one-sided */
	double		upper;
	bool		rejected;		/* at 1 - confidence, of all together */
	const char *reason;
} mlops_effect_interval;

typedef struct mlops_simultaneous
{
	mlops_simultaneous_method method;
	mlops_alternative alternative;
	double		confidence;
	double		control_se;		/* dunnett: standard error of the control's level */
	double		df;				/* dunnett: of all; infinite: normal */
	void		(*breathe) (void);	/* dunnett: called for each effect if not NULL, and may not return */
} mlops_simultaneous;

/*
 * Fills the results of effect[n].  An effect without a standard error above 0
 * has a reason, no p, and is not counted as one of the family; a weight that was
 * planned for it is not given to the others.  order: 2 n indexes, work: 4 n doubles.
 * MLOPS_DOMAIN: arguments that have no meaning, like Holm's two-sided
 * intervals, weights that are negative or sum to more than 1, or for Dunnett a
 * standard error not above that of the control.
 */
extern mlops_status mlops_simultaneous_intervals(const mlops_simultaneous *s, mlops_effect_interval *effect,
												 size_t n, size_t *order, double *work);

/*
 * Dunnett's distribution: lambda[k], the correlation of effect i with the
 * control's noise (standard error of the control / standard error of the effect, 0 to 1
 * exclusive); df as above.  ln of the probability that some of k studentized
 * effects, all 0, exceeds c (one-sided), or does so in absolute value.
 * Relative error some 1e-9; df at least 1, lambda at most 1 - 1e-6 (MLOPS_DOMAIN otherwise).
 */
extern mlops_status mlops_dunnett_ln_sf(double c, const double *lambda, size_t k, double df, bool two_sided,
										double *ln_sf);

/* The c that is exceeded with probability alpha. */
extern mlops_status mlops_dunnett_quantile(double alpha, const double *lambda, size_t k, double df, bool two_sided,
										   double *c);

#endif
