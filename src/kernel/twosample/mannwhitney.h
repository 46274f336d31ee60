/*
 * mannwhitney.h
 *		Wilcoxon-Mann-Whitney test from the pooled sorted values.
 *
 * See doc/statistics/mann_whitney.md.
 */
#ifndef MLOPS_MANNWHITNEY_H
#define MLOPS_MANNWHITNEY_H

#include "kernel/twosample/twosample.h"

/* p is exact while the additions that it takes are at most these. */
#define MLOPS_MANN_WHITNEY_EXACT_COST 1e8

/*
 * U of current: pairs in which the current value is larger, those with equal
 * values count one half.  Two-sided.  effect is Cliff's delta, P(current >
 * reference) - P(current < reference).
 */
extern const mlops_twosample_method mlops_mann_whitney_method;

#endif
