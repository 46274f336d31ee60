/*
 * fixed_effects.h
 *		Regression with one or two sets of fixed effects and clustered standard
 *		errors: two-way fixed effects, switchback.
 *
 * See doc/experiments/quasi.md.
 */
#ifndef MLOPS_FIXED_EFFECTS_H
#define MLOPS_FIXED_EFFECTS_H

#include "kernel/kernel.h"

#define MLOPS_FE_MAX_TERMS	16
/* 2000 x 2000 doubles, 32 MB */
#define MLOPS_FE_MAX_INNER	2000

/*
 * Rows sorted by outer.  Levels are numbered from 0 and all occur.  A set of
 * effects that is not wanted has one level, which stands for the intercept.
 */
typedef struct mlops_panel
{
	size_t		n;
	const int32_t *outer;
	int32_t		outers;
	const int32_t *inner;
	int32_t		inners;			/* at most MLOPS_FE_MAX_INNER */
	const int32_t *cluster;
	int32_t		clusters;
} mlops_panel;

typedef struct mlops_fe_result
{
	double		estimate[MLOPS_FE_MAX_TERMS];
	double		standard_error[MLOPS_FE_MAX_TERMS];
	double		df;				/* clusters - 1 */
	double		parameters;		/* coefficients and independent effects */
} mlops_fe_result;

/* Doubles of workspace. */
extern size_t mlops_fixed_effects_work(const mlops_panel *p, int terms);

/*
 * Least squares of y (n) on x (terms columns of n, one after the other) and
 * the effects; y and x are overwritten by what the effects leave of them.  The
 * effects are taken out exactly (normal equations of the inner ones), not by
 * iteration.  Standard errors: CR1, sum over clusters of outer products of
 * scores, times G/(G-1) (N-1)/(N-K) with K = parameters.  MLOPS_DEGENERATE
 * when a term does not vary beside the effects and the other terms, or when
 * there are no degrees of freedom (N <= K or one cluster); MLOPS_DOMAIN for
 * wrong sizes.
 */
extern mlops_status mlops_fixed_effects(const mlops_panel *p, int terms, double *x, double *y,
										double *work, mlops_fe_result *out);

#endif
