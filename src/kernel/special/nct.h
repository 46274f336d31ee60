/*
 * nct.h
 *		Non-central t distribution: power of t tests, intervals of standardised
 *		differences.  See doc/statistics/special.md.
 */
#ifndef MLOPS_NCT_H
#define MLOPS_NCT_H

#include "kernel/special/special.h"

/*
 * Tails at t of (Z + delta) / sqrt(chi2 / df), df > 0, not necessarily whole;
 * an infinite df is the normal distribution around delta.  t may be infinite,
 * delta not.  MLOPS_DOMAIN for NaN or outside of that; MLOPS_NOCONVERGE when the
 * integral has no bounded number of nodes: df below about 0.001, or |delta| beyond
 * about 2000 sqrt(df), where a step is what it sees.
 */
extern mlops_status mlops_nct_tails(double t, double df, double delta, mlops_tails *out);

/*
 * The delta for which the upper (or lower) tail at t is p, 0 < p < 1: with
 * p = 0.025 the lower (upper) limit of the 95 % interval of delta, given t.
 */
extern mlops_status mlops_nct_delta(double t, double df, double p, bool upper, double *delta);

#endif
