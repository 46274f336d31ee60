/*
 * srm.h
 *		Sample ratio: do the numbers of units per arm fit the planned weights?
 *
 * Counts are doubles that hold whole numbers; weights are what the user wrote,
 * not negative, and need not sum to 1.  See doc/experiments/health.md.
 */
#ifndef MLOPS_SRM_H
#define MLOPS_SRM_H

#include "kernel/kernel.h"

#define MLOPS_SAMPLE_RATIO_MAX_ARMS 1024

/* More units than this are refused: beyond it doubles soon cannot count. */
#define MLOPS_SAMPLE_RATIO_MAX_UNITS 1e15

/* The exact test of three arms looks at no more tables than this (some 50 ms); of k arms at 2 / (k - 1) times as many. */
#define MLOPS_SAMPLE_RATIO_MAX_TABLES 2e6

typedef enum mlops_sample_ratio_method
{
	MLOPS_SAMPLE_RATIO_AUTO,	/* exact or corrected where an expected count is below 5 */
	MLOPS_SAMPLE_RATIO_CHI2,
	MLOPS_SAMPLE_RATIO_EXACT,
	MLOPS_SAMPLE_RATIO_CORRECTED
} mlops_sample_ratio_method;

/* NaN is what does not exist; reason says why there is no p, or why it is 0. */
typedef struct mlops_sample_ratio
{
	double		statistic;		/* Pearson's chi-square; ln of the Bayes factor where sequential */
	double		df;				/* arms planned above 0, minus 1 */
	double		p;
	double		ln_p;
	double		n;				/* units */
	double		arms;			/* planned above 0 */
	double		effect;			/* Cohen's w */
	double		effect_lower;	/* 95 % */
	double		effect_upper;
	size_t		arm;			/* that deviates most */
	double		observed;		/* its share of the units */
	double		planned;
	const char *variant;		/* "chi-square", "exact", "corrected" */
	const char *reason;
} mlops_sample_ratio;

/*
 * The fixed test of count[k] against weight[k]: "chi-square" when at least 5
 * units are expected in every arm; otherwise "exact", the sum of the probabilities of
 * all tables that are not more probable than this one (binomial for two arms,
 * multinomial by enumeration for more); and "corrected" where that is more
 * than MLOPS_SAMPLE_RATIO_MAX_TABLES: the gamma distribution that has the
 * statistic's exact mean and variance (Haldane 1937).  An arm planned at 0 counts
 * no degree of freedom; units in one cannot be, p is 0 and reason says so.
 * work: 3 k doubles.  MLOPS_EMPTY: no units; MLOPS_DEGENERATE: one arm
 * only; MLOPS_NOSPACE: too many tables, when MLOPS_SAMPLE_RATIO_EXACT is asked
 * for; all three with a reason.  MLOPS_DOMAIN: a count or weight that is none.
 */
extern mlops_status mlops_sample_ratio_test(const double *count, const double *weight, size_t k,
											mlops_sample_ratio_method method, double *work,
											mlops_sample_ratio *out);

/*
 * ln of the Bayes factor of Lindon and Malek (2022) of count[k]: Dirichlet with
 * parameters concentration x share, against the planned shares.  A
 * nonnegative martingale when the shares are right, whenever it is looked at.
 * Infinite with units in an arm planned at 0.  MLOPS_DOMAIN as above.
 */
extern mlops_status mlops_sample_ratio_ln_bayes(const double *count, const double *weight, size_t k,
												double concentration, double *ln_bayes);

#endif
