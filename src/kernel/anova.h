/*
 * anova.h
 *		One-way analysis of variance from the moments of the groups.
 *
 * See doc/statistics/anova.md.
 */
#ifndef MLOPS_ANOVA_H
#define MLOPS_ANOVA_H

#include "kernel/grouptest.h"
#include "kernel/mean2.h"

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
 * range).
 */
extern mlops_status mlops_anova_finish(const mlops_anova *a, mlops_group_test *out);

#endif
