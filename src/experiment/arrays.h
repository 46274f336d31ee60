/*
 * arrays.h
 *		Arrays of numbers as arguments: one element for each arm.
 */
#ifndef MLOPS_EXPERIMENT_ARRAYS_H
#define MLOPS_EXPERIMENT_ARRAYS_H

#include "compat.h"
#include "utils/array.h"

/* Elements of an array that must have one dimension; name is the argument's. */
extern int	mlops_array_length(ArrayType *a, const char *name);

/* The elements of a float8[] that must have n of them, all finite; of a bigint[], none negative. */
extern double *mlops_float8_array(ArrayType *a, const char *name, int n);
extern double *mlops_count_array(ArrayType *a, const char *name, int n);

extern Datum mlops_float8_array_result(const double *x, int n);

#endif
