/*
 * discrete.h
 *		Binomial and Poisson distributions.
 *
 * Tails are P(X <= k) (lower) and P(X > k) (upper).  Counts are doubles that hold whole
 * numbers up to 2^53; k is rounded down.
 */
#ifndef MLOPS_DISCRETE_H
#define MLOPS_DISCRETE_H

#include "kernel/special/special.h"

/* n trials with probability 0 <= p <= 1. */
extern mlops_status mlops_binomial_tails(double k, double n, double p, mlops_tails *out);
extern mlops_status mlops_binomial_ln_point(double k, double n, double p, double *out);

/* Mean >= 0. */
extern mlops_status mlops_poisson_tails(double k, double mean, mlops_tails *out);
extern mlops_status mlops_poisson_ln_point(double k, double mean, double *out);

/*
 * The smallest k with P(X <= k) >= q (lower) or P(X > k) <= q (upper), 0 < q < 1;
 * the _ln forms take ln q.  A tail within 1e-13 of q, relative (1e-15 |ln q| far out), counts as equal to it:
 * what arithmetic cannot tell apart goes to the smaller k.
 */
extern mlops_status mlops_binomial_quantile(double q, bool upper, double n, double p, double *k);
extern mlops_status mlops_binomial_quantile_ln(double ln_q, bool upper, double n, double p, double *k);
extern mlops_status mlops_poisson_quantile(double q, bool upper, double mean, double *k);
extern mlops_status mlops_poisson_quantile_ln(double ln_q, bool upper, double mean, double *k);

#endif
