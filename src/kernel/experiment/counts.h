/*
 * counts.h
 *		E-values of counts, exact at any number of events, none included.
 *
 * Under random assignment with treatment share s, and events ratio times as
 * likely (or as frequent) in the treatment, every event is the treatment's with
 * probability p = ratio s / (ratio s + 1 - s), whatever the rate.  The mean of
 * its likelihood ratio against p over Beta(a, b) is an e-value after every
 * event (Robbins 1970; Lindon and Malek 2022, sequential sample ratio):
 *	  E = B(a + k, b + l) / B(a, b) / (p^k (1 - p)^l),
 * k events of the treatment, l of the control.  One-sided, the Beta law is cut
 * off at p; that is evidence against every smaller (larger) p too.
 */
#ifndef MLOPS_COUNTS_H
#define MLOPS_COUNTS_H

#include "kernel/experiment/comparison.h"

/* A probability and its complement, each with all its digits. */
typedef struct mlops_odds
{
	double		p;
	double		q;
} mlops_odds;

/* Probability that an event is the treatment's; 0 < share < 1, ratio > 0. */
static inline mlops_odds
mlops_event_share(double share, double ratio)
{
	double		all = ratio * share + (1 - share);

	return (mlops_odds) {ratio * share / all, (1 - share) / all};
}

/*
 * ln E of hits and misses against a probability of a hit, mixed over
 * Beta(a, b).  Counts are whole numbers up to 2^53, a and b > 0, 0 < p < 1.
 * MLOPS_DOMAIN otherwise.
 */
extern mlops_status mlops_bernoulli_ln_e(double hits, double misses, mlops_odds against, double a, double b,
										 mlops_alternative alternative, double *ln_e);

/*
 * ln E of so many events in exposure units of time (or of anything), against
 * this rate, mixed over Gamma(shape, mean = mean) of the rate; one-sided it is cut off at rate.
 */
extern mlops_status mlops_poisson_ln_e(double events, double exposure, double rate, double shape, double mean,
									   mlops_alternative alternative, double *ln_e);

#endif
