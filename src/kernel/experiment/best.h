/*
 * best.h
 *		Which of several arms is the best: posterior probabilities and expected
 *		losses by deterministic quadrature.
 */
#ifndef MLOPS_BEST_H
#define MLOPS_BEST_H

#include "kernel/kernel.h"

/*
 * The law of an arm's level, with its two parameters: mean and standard
 * deviation (0: known exactly), the two shapes, or shape and rate.
 */
typedef enum mlops_posterior
{
	MLOPS_POSTERIOR_NORMAL,
	MLOPS_POSTERIOR_BETA,
	MLOPS_POSTERIOR_GAMMA
} mlops_posterior;

/* Shapes below have too much of their mass where no double is. */
#define MLOPS_SHAPE_MIN 0.1

/* Doubles of work space for each arm. */
#define MLOPS_BEST_WORK 10

/*
 * For k >= 2 independent arms: best[i] = P(i is the best), second[i] = P(i is
 * the second best), loss[i] = expected distance of i to the best.  Arms that are known
 * exactly and are equal share what they have in common evenly.  best and second sum to 1 within
 * 1e-12.  MLOPS_DOMAIN for fewer than two arms, parameters that are not finite,
 * a negative standard deviation, a shape below MLOPS_SHAPE_MIN, a rate that is not positive.
 */
extern mlops_status mlops_best_arms(mlops_posterior law, int k, const double *first, const double *parameter2,
									bool higher_is_better, double *work,
									double *best, double *second, double *loss);

#endif
