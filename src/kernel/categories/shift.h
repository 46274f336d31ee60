/*
 * shift.h
 *		Tests of the empirical process under a shift of a normal column.
 *
 * Reference N(0, 1), current N(shift, 1), H the pooled distribution.  For large
 * samples sqrt(nm/N) (F_n - G_m), as a function of u = H(x), is a Brownian
 * bridge plus its own mean: what the tests do to that process is computed,
 * not simulated.
 */
#ifndef MLOPS_SHIFT_H
#define MLOPS_SHIFT_H

#include "kernel/kernel.h"

typedef enum mlops_shift_statistic
{
	MLOPS_SHIFT_CVM,
	MLOPS_SHIFT_ANDERSON_DARLING
} mlops_shift_statistic;

/* P(sup |bridge + mean| > bound), n, m rows. */
extern double mlops_shift_supremum(double n, double m, double shift, double bound);

/* P(integral of w (bridge + mean)^2 > bound). */
extern mlops_status mlops_shift_quadratic(mlops_shift_statistic statistic, double n, double m,
										  double shift, double bound, double *out);

/* Root of the integral of w (F - G)^2 dH: the effect of both tests. */
extern double mlops_shift_effect(mlops_shift_statistic statistic, double n, double m, double shift);

/* P(Y > X) of the shift, and P(Y, Y' > X) = P(Y > X, X'). */
extern void mlops_shift_ranks(double shift, double *one, double *two);

#endif
