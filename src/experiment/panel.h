/*
 * panel.h
 *		Arrays that the queries around panels pass.
 */
#ifndef MLOPS_EXPERIMENT_PANEL_H
#define MLOPS_EXPERIMENT_PANEL_H

#include "compat.h"

/* One-dimensional, without NULL; n: as many elements, or -1.  In place where it can be. */
extern const double *mlops_float8_array_argument(FunctionCallInfo fcinfo, int argument, int *n);
extern const int32 *mlops_int4_array_argument(FunctionCallInfo fcinfo, int argument, int *n);

/* Numbers from 0 without limit above: how many levels, error when one is negative. */
extern int32 mlops_levels(const int32 *level, int n);

#endif
