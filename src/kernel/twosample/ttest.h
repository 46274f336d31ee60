/*
 * ttest.h
 *		Welch's and Student's t test of two means, from the moments of the two
 *		samples.
 *
 * See doc/statistics/t_test.md.
 */
#ifndef MLOPS_TTEST_H
#define MLOPS_TTEST_H

#include "kernel/twosample/mean3.h"
#include "kernel/test.h"

/*
 * Two-sided; statistic > 0 when the current mean is larger; df of Welch and
 * Satterthwaite.  effect is the difference in units of the root of the mean
 * variance of both sides (Cohen's d; no small-sample correction), with the
 * interval of the non-central t distribution.  Without a p, reason says why
 * and the status is MLOPS_EMPTY, MLOPS_DEGENERATE or MLOPS_DOMAIN.
 */
extern mlops_status mlops_welch_test(const mlops_mean2 *reference, const mlops_mean2 *current,
									 mlops_test *out);

/*
 * Student's: one variance, pooled, n + m - 2 degrees of freedom.  effect is the same d,
 * its interval that of this t.
 */
extern mlops_status mlops_student_test(const mlops_mean2 *reference, const mlops_mean2 *current,
									   mlops_test *out);

/*
 * Welch's; where the difference is skewed (mlops_means_skewed) and Student's p is
 * larger, Student's, and the variant says so.
 */
extern mlops_status mlops_mean_test(const mlops_mean3 *reference, const mlops_mean3 *current,
									mlops_test *out);

#endif
