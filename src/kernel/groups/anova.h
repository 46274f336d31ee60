/*
 * anova.h
 *		One-way analysis of variance, Fisher's and Welch's, from the moments of
 *		the groups.
 *
 * See doc/statistics/anova.md.
 */
#ifndef MLOPS_ANOVA_H
#define MLOPS_ANOVA_H

#include "kernel/groups/grouptest.h"
#include "kernel/twosample/mean3.h"

/* Sums over the groups, which may be given one by one; begins as zeros. */
typedef struct mlops_anova
{
	mlops_mean2 total;
	mlops_dd	between;
	mlops_dd	within;
	double		groups;
} mlops_anova;

/* A group; one without rows is left out. */
extern void mlops_anova_add(mlops_anova *a, const mlops_mean2 *group);

/*
 * F = (between / (k - 1)) / (within / (n - k)) and its upper tail; without a
 * p, reason says why and the status is MLOPS_EMPTY (fewer than two groups),
 * MLOPS_DEGENERATE (nothing varies within the groups) or MLOPS_DOMAIN (out of
 * range).  effect is omega squared, at least 0.
 */
extern mlops_status mlops_anova_finish(const mlops_anova *a, mlops_group_test *out);

/*
 * The interval of effect, from the non-central F distribution; costs some
 * hundred times as much as the test.  Nothing happens when there is no test.
 */
extern void mlops_anova_interval(mlops_group_test *t);

/*
 * Welch's F, which does not assume that the groups vary equally.  Every group
 * needs two rows that differ: otherwise MLOPS_DEGENERATE.  effect is the
 * omega squared of that F, without an interval.
 */
extern mlops_status mlops_welch_anova(const mlops_mean3 *group, size_t k, mlops_group_test *out);

/*
 * Welch's F; where differences of the means are skewed (mlops_means_skewed) and p of
 * mlops_anova_finish() is larger, that one, and the variant says so.
 */
extern mlops_status mlops_group_mean_test(const mlops_mean3 *group, size_t k, mlops_group_test *out);

#endif
