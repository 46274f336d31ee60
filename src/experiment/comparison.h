/*
 * comparison.h
 *		Rows of type mlops.comparison, and arguments that experiment functions share.
 */
#ifndef MLOPS_EXPERIMENT_COMPARISON_H
#define MLOPS_EXPERIMENT_COMPARISON_H

#include "compat.h"
#include "kernel/experiment/comparison.h"

#define MLOPS_COMPARISON_COLUMNS 21

/*
 * A row of type mlops.comparison, which the calling function returns.  method
 * is "name, variant"; effect is "absolute", "relative", "scaled" or what else
 * the function estimates; n_excluded: units left out of both arms.
 */
extern Datum mlops_comparison_row(FunctionCallInfo fcinfo, const char *name, const char *effect,
								  const mlops_comparison *c, int64 n_excluded);

/* The same fields, for rows that have more before or after them. */
extern void mlops_comparison_values(const char *name, const char *effect, const mlops_comparison *c,
									int64 n_excluded, Datum *value, bool *isnull);

/* 'two-sided', 'greater', 'less'; anything else is an error with the list. */
extern mlops_alternative mlops_alternative_argument(const char *name);

/* A share in (0, 1), error otherwise: confidence. */
extern double mlops_confidence_argument(double confidence);

#endif
