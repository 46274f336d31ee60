/*
 * transport.h
 *		Distances between two samples of numbers, without a test.
 *
 * The statistic is the distance, NaN when a side has no rows.  See
 * doc/statistics/twosample.md.
 */
#ifndef MLOPS_TRANSPORT_H
#define MLOPS_TRANSPORT_H

#include "kernel/twosample/twosample.h"

/* Wasserstein-1 (earth mover's) distance: the integral of |F - G|, in units of the values. */
extern const mlops_twosample_method mlops_wasserstein_distance;

/* Energy distance sqrt(2 integral of (F - G)^2) (Szekely and Rizzo 2013), in root units. */
extern const mlops_twosample_method mlops_energy_distance;

#endif
