/*
 * radix.h
 *		Sorting finite double precision numbers by their bytes.
 *
 * For large arrays five times as fast as a quicksort, whose branches random
 * values make unpredictable.  The caller runs the passes, so that it can be
 * interrupted between them:
 *
 *		mlops_radix_begin(value, n, &radix);
 *		while (mlops_radix_pass(&radix, &value, &scratch, n))
 *			;
 *
 * value is ascending then; value and scratch (n numbers each) may have changed
 * places.  -0 comes before 0; NaN must not occur.
 */
#ifndef MLOPS_RADIX_H
#define MLOPS_RADIX_H

#include "kernel/kernel.h"

#define MLOPS_RADIX_BITS 8
#define MLOPS_RADIX_PASSES (64 / MLOPS_RADIX_BITS)
#define MLOPS_RADIX_SIZE (1 << MLOPS_RADIX_BITS)

typedef struct mlops_radix
{
	size_t		count[MLOPS_RADIX_PASSES][MLOPS_RADIX_SIZE];
	int			pass;
} mlops_radix;

extern void mlops_radix_begin(double *value, size_t n, mlops_radix *radix);
extern bool mlops_radix_pass(mlops_radix *radix, double **value, double **scratch, size_t n);

#endif
