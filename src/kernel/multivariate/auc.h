/*
 * auc.h
 *		Area under the ROC curve with ties, its two variances, and strata of it.
 *
 * See doc/statistics/domain_classifier.md.
 */
#ifndef MLOPS_AUC_H
#define MLOPS_AUC_H

#include "kernel/test.h"

/* A score and which side its row is from. */
typedef struct mlops_scored
{
	double		score;			/* not NaN */
	bool		current;
} mlops_scored;

typedef struct mlops_auc
{
	double		n;				/* reference rows */
	double		m;				/* current rows */
	double		auc;			/* P(current > reference) + P(equal) / 2 */
	double		null_variance;	/* of auc over all ways to deal the sides to these scores */
	double		variance;		/* of auc by DeLong; NaN with fewer than two rows on a side */
} mlops_auc;

/*
 * AUC of rows that are sorted by score, ascending; equal scores count one half.
 * MLOPS_EMPTY when a side has no rows: n and m are right, the rest is NaN.
 * null_variance is that of the Mann-Whitney U with its correction for ties,
 * over (nm)^2; variance that of DeLong, DeLong and Clarke-Pearson (1988).
 */
extern mlops_status mlops_auc_sorted(const mlops_scored *row, size_t rows, mlops_auc *out);

/*
 * The strata together, pair by pair: auc is the share of pairs (reference,
 * current) of the same stratum in which current scores higher, variance that of
 * independent strata.  Strata without a side are left out.
 */
extern void mlops_auc_pool(const mlops_auc *stratum, int strata, mlops_auc *out);

/*
 * Interval of an AUC on the logit scale, at the two-sided confidence given.  At
 * 0 and 1, where the variance says nothing, the end inside is that of an exact
 * binomial interval for the rows of the smaller side, all on one side.
 */
extern void mlops_auc_interval(const mlops_auc *auc, double confidence, double *lower, double *upper);

/*
 * Van Elteren's test (1960), one-sided: rank sums of the strata, weighted by
 * 1 / (rows + 1), against the distribution over all ways to deal the sides
 * within each stratum.  z > 0: current scores higher.  Strata without a side and
 * those with one score only say nothing; if all are such, MLOPS_DEGENERATE.
 */
extern mlops_status mlops_van_elteren(const mlops_auc *stratum, int strata, double *z);

#endif
