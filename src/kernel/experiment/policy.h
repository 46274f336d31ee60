/*
 * policy.h
 *		Effects measured on the same rows: a challenger beside a champion, a
 *		policy judged by the log of another one, two rankings interleaved.
 */
#ifndef MLOPS_POLICY_H
#define MLOPS_POLICY_H

#include "kernel/experiment/comparison.h"
#include "kernel/experiment/effect.h"

/*
 * The effect of one arm of two variables (treatment's value, control's value on the same row): the variance of the
 * difference has their covariance.  MLOPS_EMPTY below two rows, MLOPS_DEGENERATE when the
 * differences do not vary (to the rounding of the moments), MLOPS_DOMAIN for other
 * variables or numbers out of range.
 */
extern mlops_status mlops_paired_effect(const mlops_arm *rows, mlops_effect *out);

/* ---------------------------------------------------------------- off-policy */

/* Variables of the moments; the model's value only where there is one. */
enum
{
	MLOPS_LOG_WEIGHTED_REWARD,	/* w r */
	MLOPS_LOG_WEIGHT,			/* w = min(probability under the new policy / propensity, cap) */
	MLOPS_LOG_REWARD,
	MLOPS_LOG_CAPPED,			/* 1 where the cap was reached */
	MLOPS_LOG_INVERSE_CAP,		/* the same in all rows; 0: no cap */
	MLOPS_LOG_VARIABLES,
	MLOPS_LOG_DOUBLY_ROBUST = MLOPS_LOG_VARIABLES,	/* q(x, new policy) + w (r - q(x, action)) */
	MLOPS_LOG_VARIABLES_MODEL
};

typedef enum mlops_off_policy_method
{
	MLOPS_IPS,					/* mean of w r */
	MLOPS_SNIPS,				/* mean of w r over mean of w */
	MLOPS_DR					/* mean of the doubly robust values */
} mlops_off_policy_method;

/*
 * One row of the log as values of the variables; false when it cannot be used:
 * a propensity outside (0, 1], a probability outside [0, 1], what is not finite.
 * model: values of the model, NULL without; cap is infinite for none.
 */
extern bool mlops_log_row(double reward, double probability, double propensity, double cap,
						  const double *model, double *variables);

typedef struct mlops_log_weights
{
	double		effective_rows; /* (sum w)^2 / sum w^2; NaN when no weight is above 0 */
	double		mean;			/* 1 when the propensities are right and nothing is capped */
	double		capped;			/* rows */
	double		cap;
} mlops_log_weights;

/*
 * The value of the new policy (treatment) beside the mean logged reward
 * (control), both of the same rows.  Level and variance of the treatment are filled
 * also where the difference does not vary (MLOPS_DEGENERATE).  MLOPS_DOMAIN for a
 * method without its variable, or states with different caps.
 */
extern mlops_status mlops_off_policy_effect(mlops_off_policy_method method, const mlops_arm *log,
											mlops_log_weights *weights, mlops_effect *out);

/* ---------------------------------------------------------------- interleaving */

/*
 * Exact sign test of wins against 1/2, and the exact (Clopper-Pearson) interval of the
 * preference: share of wins of the treatment - share of the control.  MLOPS_EMPTY without wins, MLOPS_DOMAIN
 * for what is no count.
 */
extern mlops_status mlops_sign_comparison(double wins_control, double wins_treatment, mlops_alternative alternative,
										  double confidence, mlops_comparison *out);

/*
 * Team-draft interleaving of two rankings of items 0 .. items - 1: item[] and team[] (0: a, 1: b) get
 * up to `length` places, the number of them is returned.  Before each pick the team with
 * fewer items is next; when equal, a coin decides: the top bit of
 * mix64(seed + pick * 0x9e3779b97f4a7c15), picks counted from 1.  Ends when one
 * of the rankings has nothing left.  used[]: one byte for each item.
 */
extern int	mlops_team_draft(int na, const int *a, int nb, const int *b, int items, uint64_t seed,
							 int length, bool *used, int *item, int *team);

#endif
