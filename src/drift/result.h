/*
 * result.h
 *		Small things that every function which returns a row needs.
 */
#ifndef MLOPS_DRIFT_RESULT_H
#define MLOPS_DRIFT_RESULT_H

#include <math.h>

#include "compat.h"
#include "kernel/groups/grouptest.h"
#include "kernel/multiplicity/adjust.h"
#include "kernel/test.h"

/* NaN is how the kernels say that a number does not exist. */
static inline Datum
mlops_float8_or_null(double x, bool *isnull)
{
	*isnull = isnan(x);
	return Float8GetDatum(*isnull ? 0 : x + 0.0);	/* -0 is 0 for people */
}

/* NULL is NULL. */
extern Datum mlops_text_or_null(const char *s, bool *isnull);

/*
 * A row of type mlops.test_result, which the calling function returns;
 * n_excluded: rows left out of both sides (result.c).
 */
extern Datum mlops_test_row(FunctionCallInfo fcinfo, const char *name, const mlops_test *t,
							int64 n_excluded);

/* The same fields, for rows that have more after them. */
#define MLOPS_TEST_COLUMNS 13
extern void mlops_test_values(const char *name, const mlops_test *t, int64 n_excluded,
							  Datum *value, bool *isnull);

/* A row of type mlops.group_test_result. */
extern Datum mlops_group_test_row(FunctionCallInfo fcinfo, const char *name,
								  const mlops_group_test *t, int64 n_excluded);

/* The method with that name, in any case; anything else is an error with the list (critical.c). */
extern mlops_adjustment mlops_adjustment_argument(const char *name);

#endif
