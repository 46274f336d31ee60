/*
 * distinct.h
 *		How many distinct values: HyperLogLog registers.
 */
#ifndef MLOPS_DISTINCT_H
#define MLOPS_DISTINCT_H

#include "kernel/kernel.h"

#define MLOPS_HLL_BITS		11
#define MLOPS_HLL_M			(1 << MLOPS_HLL_BITS)
/* A register holds 0 (never hit) to 64 - bits + 1. */
#define MLOPS_HLL_MAX		(64 - MLOPS_HLL_BITS + 1)
/* Relative standard error 1.04 / sqrt(2048) (Flajolet et al. 2007). */
#define MLOPS_HLL_ERROR		0.0230

extern void mlops_hll_add(uint8_t *registers, uint64_t hash);
extern void mlops_hll_add_numbers(uint8_t *registers, const double *x, size_t n);
extern uint8_t mlops_hll_floor(const uint8_t *registers);
extern void mlops_hll_merge(uint8_t *into, const uint8_t *from);
extern double mlops_hll_estimate(const uint8_t *registers);

#endif
