/*
 * root.h
 *		Zero of a rising function of one variable.
 */
#ifndef MLOPS_ROOT_H
#define MLOPS_ROOT_H

#include "kernel/kernel.h"

typedef mlops_status (*mlops_root_function) (void *context, double x, double *value);

typedef struct mlops_root_search
{
	double		start;
	double		step;			/* first step away from start, > 0; doubled until the sign changes */
	double		low;			/* x stays between these */
	double		high;
	double		tolerance;		/* of x, relative to 1 + |x| */
} mlops_root_search;

/*
 * The zero of f: a bracket by growing steps from the start, then secants kept
 * inside it (Illinois; Dowell and Jarratt 1971).  MLOPS_DEGENERATE when f has
 * the same sign up to a bound, which is then the result.  f may be infinite,
 * not NaN; its status is passed on.
 */
extern mlops_status mlops_root(mlops_root_function f, void *context,
							   const mlops_root_search *search, double *root);

#endif
