/*
 * grouptest.h
 *		What every test over several groups returns.
 */
#ifndef MLOPS_GROUPTEST_H
#define MLOPS_GROUPTEST_H

#include "kernel/kernel.h"

/* As mlops_test: NaN is what does not exist, strings are constants or NULL. */
typedef struct mlops_group_test
{
	double		statistic;
	double		df1;			/* of the groups */
	double		df2;			/* of the rows within them; NaN where the test has none */
	double		p;
	double		ln_p;
	double		effect;
	double		groups;			/* that have a row */
	double		n;				/* rows in all of them */
	const char *measure;
	double		effect_lower;	/* 95 %; NaN where there is no interval */
	double		effect_upper;
	const char *variant;		/* "exact", "limiting" where a test has several */
	const char *reason;			/* why there is no p */
} mlops_group_test;

#define MLOPS_NO_GROUP_TEST(k, rows) \
	((mlops_group_test) {.statistic = (double) NAN, .df1 = (double) NAN, .df2 = (double) NAN, \
		.p = (double) NAN, .ln_p = (double) NAN, .effect = (double) NAN, .groups = (k), .n = (rows), \
		.effect_lower = (double) NAN, .effect_upper = (double) NAN})

#define MLOPS_REASON_NO_ROWS "no rows"
#define MLOPS_REASON_ONE_GROUP "one group"
#define MLOPS_REASON_ALL_EQUAL "all values are equal"
#define MLOPS_REASON_OUT_OF_RANGE "squares are out of range"

#endif
