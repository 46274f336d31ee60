/*
 * features.h
 *		A row of features that came as one array.
 */
#ifndef MLOPS_FEATURES_H
#define MLOPS_FEATURES_H

#include "compat.h"
#include "utils/array.h"

/* Of pgvector, whose arrays are the longest that are meant here. */
#define MLOPS_FEATURES_MAX 16000

typedef enum mlops_row_kind
{
	MLOPS_ROW_FINITE,
	MLOPS_ROW_NULL,				/* some element is NULL */
	MLOPS_ROW_NONFINITE			/* none is, but some is NaN or infinite */
} mlops_row_kind;

/*
 * Elements of a float8[] or real[]; error unless it has one dimension and at
 * most max of them.
 */
extern int	mlops_features_count(const ArrayType *a, int max);

/* The elements as doubles; x is filled only when they are finite. */
extern mlops_row_kind mlops_features_get(const ArrayType *a, double *x);

/* The same for an array that has to have n elements, in a palloc'd array. */
extern mlops_row_kind mlops_features_expect(const ArrayType *a, int n, double **x);

/* Error about an array of another length than n. */
extern _Noreturn void mlops_features_mismatch(int found, int n);

#endif
