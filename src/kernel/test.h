/*
 * test.h
 *		What every test of a hypothesis returns.
 */
#ifndef MLOPS_TEST_H
#define MLOPS_TEST_H

#include "kernel/kernel.h"

/* Intervals of effect sizes have this confidence. */
#define MLOPS_EFFECT_CONFIDENCE 0.95

/*
 * NaN is what does not exist.  The strings are constants or NULL; reason is
 * set when there is no p, and says why.
 */
typedef struct mlops_test
{
	double		statistic;
	double		df;				/* NaN where the test has none */
	double		p;
	double		ln_p;			/* natural logarithm, right where p underflows */
	double		effect;			/* does not grow with the rows */
	double		n;				/* rows on each side */
	double		m;
	const char *measure;		/* what effect is: "Cramer's V" */
	double		effect_lower;	/* interval of effect; NaN without measure */
	double		effect_upper;
	const char *variant;		/* "exact", "limiting", "permutation" */
	const char *reason;			/* why there is no p */
} mlops_test;

/* Nothing known but the rows of the sides. */
#define MLOPS_NO_TEST(rows_reference, rows_current) \
	((mlops_test) {.statistic = (double) NAN, .df = (double) NAN, .p = (double) NAN, \
		.ln_p = (double) NAN, .effect = (double) NAN, .n = (rows_reference), .m = (rows_current), \
		.effect_lower = (double) NAN, .effect_upper = (double) NAN})

#endif
