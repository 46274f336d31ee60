/*
 * twobytwo.h
 *		Tests of 2 x 2 tables: Fisher's exact test, z test of two proportions.
 *
 * Counts are doubles that hold integers.  See doc/statistics/contingency.md.
 */
#ifndef MLOPS_TWOBYTWO_H
#define MLOPS_TWOBYTWO_H

#include "kernel/categories/gof.h"

/* More rows than this are refused: beyond it doubles soon cannot count. */
#define MLOPS_FISHER_MAX_ROWS 1e15

/*
 * success and failure are the two categories.  Both tests fill n and m
 * whatever the status; MLOPS_EMPTY when a side has no rows, MLOPS_DEGENERATE
 * when one of the categories has none, MLOPS_DOMAIN for what is no count.
 */
typedef struct mlops_twobytwo
{
	double		reference_success;
	double		reference_failure;
	double		current_success;
	double		current_failure;
} mlops_twobytwo;

/*
 * Fisher's exact test, two-sided: the sum of the probabilities of all tables
 * with these margins that are not more probable than the observed one.
 * statistic is current_success, effect the sample odds ratio of success,
 * current over reference (0 or infinity when a cell is empty), with the
 * conditional exact interval (mlops_odds_limit).
 */
extern mlops_status mlops_fisher_test(const mlops_twobytwo *t, mlops_test *out);

/*
 * Pooled score test of two proportions, two-sided; statistic is z of
 * current - reference, effect Cohen's h = 2 asin sqrt p - 2 asin sqrt q,
 * with an interval from Wilson's of both shares.
 */
extern mlops_status mlops_z_test(const mlops_twobytwo *t, mlops_test *out);

#endif
