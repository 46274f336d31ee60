/*
 * uplift.h
 *		How well a score orders units by the effect of a treatment on them.
 */
#ifndef MLOPS_UPLIFT_H
#define MLOPS_UPLIFT_H

#include "kernel/experiment/comparison.h"

/* Units of one arm: count, mean and sum of squared deviations of the outcome. */
typedef struct mlops_outcomes
{
	double		n;
	double		mean;
	double		square;
} mlops_outcomes;

/* The units with one score; with what comes before it, those with this score or a higher one. */
typedef struct mlops_uplift_group
{
	double		score;
	mlops_outcomes control;
	mlops_outcomes treatment;
} mlops_uplift_group;

/* The units with a score of `score` or above. */
typedef struct mlops_uplift_point
{
	double		score;
	double		share;			/* of all units */
	mlops_comparison effect;	/* absolute, Welch; levels are the means of the arms */
	double		gain;			/* uplift x share: what treating these is worth to a unit of all */
	double		qini;			/* (Y_T - Y_C n_T / n_C) / all treated units */
} mlops_uplift_point;

typedef struct mlops_uplift_summary
{
	double		uplift;			/* of all units */
	double		auuc;			/* area under gain over share */
	double		auuc_random;	/* uplift / 2 */
	double		qini;			/* area between qini over share and its straight line */
} mlops_uplift_summary;

/*
 * Put groups of equal scores together; returns how many are left.  The groups are
 * sorted by score, highest first.
 */
extern int	mlops_uplift_join(int n, mlops_uplift_group *group);

/* One point a group; what does not exist (an arm without units so far) is NaN. */
extern mlops_status mlops_uplift_curve(int n, const mlops_uplift_group *group, double confidence,
									   mlops_uplift_point *point);

/*
 * Areas by trapezoids from (0, 0) through the points that exist.  MLOPS_EMPTY
 * when an arm has no units at all.
 */
extern mlops_status mlops_uplift_areas(int n, const mlops_uplift_point *point, mlops_uplift_summary *out);

#endif
