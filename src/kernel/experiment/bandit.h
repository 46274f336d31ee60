/*
 * bandit.h
 *		Shares of the traffic for the arms of a bandit.
 */
#ifndef MLOPS_BANDIT_H
#define MLOPS_BANDIT_H

#include "kernel/experiment/effect.h"

/* Variables of an arm's moments at most: y and x, or y, d, x, z. */
#define MLOPS_BANDIT_VARIABLES 4
#define MLOPS_BANDIT_COMOMENTS 10

/* An arm over all periods, each with the same weight in every arm. */
typedef struct mlops_bandit_arm
{
	double		n;
	double		mean[MLOPS_BANDIT_VARIABLES];
	double		variance[MLOPS_BANDIT_COMOMENTS];	/* of mean, upper triangle by rows */
	double		spread[MLOPS_BANDIT_COMOMENTS]; /* sum of squared weights times covariances */
} mlops_bandit_arm;

/*
 * Thompson sampling's share of each arm: P(best), or with top_two the mean of P(best) and
 * P(second best); then floor + (1 - k floor) of it, uniform when k floor >= 1.
 */
extern void mlops_thompson_shares(int k, const double *best, const double *second, bool top_two,
								  double floor, double *share);

/*
 * Add a period's units of an arm, start with all zero; weight: the period's
 * share of all units.  MLOPS_EMPTY below two units.
 */
extern mlops_status mlops_bandit_add(mlops_bandit_arm *arm, const mlops_arm *period, double weight);

/*
 * Level and variance of k arms: mean of y, or of the ratio y / d (delta
 * method), less theta times how far the covariate's is from that of all arms. theta, one for all arms, is the
 * sum of the covariances over that of the variances of the covariate.
 * MLOPS_DOMAIN for variables that the metric does not have, MLOPS_DEGENERATE when a denominator is 0.
 */
extern mlops_status mlops_bandit_levels(mlops_metric metric, int variables, int k, const mlops_bandit_arm *arms,
										double *level, double *variance);

/* Shares of other policies.  Equal arms get equal shares. */
extern mlops_status mlops_epsilon_greedy(int k, const double *mean, double epsilon, bool higher_is_better, double *share);
extern mlops_status mlops_softmax(int k, const double *mean, double temperature, bool higher_is_better, double *share);

/* Bounds of UCB1: mean +- sqrt(exploration ln N / n), infinite for an arm without units. */
extern mlops_status mlops_ucb1(int k, const double *mean, const double *n, double exploration,
							   bool higher_is_better, double *bound);

#endif
