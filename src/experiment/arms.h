/*
 * arms.h
 *		The arms of an experiment, as SQL functions get them.
 */
#ifndef MLOPS_EXPERIMENT_ARMS_H
#define MLOPS_EXPERIMENT_ARMS_H

#include "compat.h"
#include "kernel/experiment/compare.h"
#include "types/moments.h"

/* Moments as an arm; NULL is an arm without units. */
extern mlops_arm mlops_arm_of(const mlops_moments *m);

/* Rows that the moments leave out: NULL, NaN, infinity. */
extern int64 mlops_arm_excluded(const mlops_moments *m);

/* Whether the first variable is 0 or 1 in every unit, as far as its moments tell. */
extern bool mlops_arm_is_binary(const mlops_moments *m);

/*
 * Whether the first variable is 0 or 1 in every unit, and so few units have one
 * of both that their variance is far too small, or 0: evidence that is looked
 * at often must not go by it.  NULLs are strata without units.
 */
extern bool mlops_arms_too_few_events(const mlops_moments *const *control,
									  const mlops_moments *const *treatment, int strata);

/* 'mean', 'proportion', 'ratio'; anything else is an error with the list. */
extern mlops_metric mlops_metric_argument(const char *name);

/*
 * Error unless both arms have the same variables, as many as the metric takes,
 * and a proportion's are 0 and 1.
 */
extern void mlops_check_arms(const mlops_moments *control, const mlops_moments *treatment,
							 mlops_metric metric);

#endif
