/*
 * energy.h
 *		The two-sample energy test (Szekely and Rizzo 2004, 2013) in one dimension.
 *
 * Statistic n m / N (2 E|X - Y| - E|X - X'| - E|Y - Y'|), which is
 * n m / N times 2 int (F - G)^2 dx; in the units of the values.  Its effect is
 * scale-free: the energy coefficient
 *
 *		H = (2 E|X - Y| - E|X - X'| - E|Y - Y'|) / (2 E|X - Y|)
 *
 * between 0, the same distribution, and 1, two different constants.
 *
 * variant: "exact", "limiting" or "permutation" (quadratic.h).
 */
#ifndef MLOPS_ENERGY_H
#define MLOPS_ENERGY_H

#include "kernel/twosample/twosample.h"

extern const mlops_twosample_method mlops_energy_method;

#endif
