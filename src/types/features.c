/*
 * features.c
 *		A row of features that came as one array: float8[], real[], and what has
 *		an implicit cast to one of them.
 */
#include "types/features.h"

#include <math.h>

#include "catalog/pg_type.h"

int
mlops_features_count(const ArrayType *a, int max)
{
	int			n;

	if (ARR_NDIM(a) != 1)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 ARR_NDIM(a) == 0 ? errmsg("an array of features is empty")
				 : errmsg("an array of features must have one dimension, not %d", ARR_NDIM(a)),
				 errhint("Each row is one array with one number per feature.")));
	n = ARR_DIMS(a)[0];
	if (n > max)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("an array of %d features is too long", n),
				 errdetail("At most %d features are possible here.", max)));
	return n;
}

mlops_row_kind
mlops_features_get(const ArrayType *a, double *x)
{
	int			n = ARR_DIMS(a)[0];
	double		any = 0;

	Assert(ARR_ELEMTYPE(a) == FLOAT8OID || ARR_ELEMTYPE(a) == FLOAT4OID);
	if (ARR_HASNULL(a) && array_contains_nulls((ArrayType *) a))
		return MLOPS_ROW_NULL;
	if (ARR_ELEMTYPE(a) == FLOAT8OID)
		memcpy(x, ARR_DATA_PTR(a), n * sizeof(double));
	else
		for (int i = 0; i < n; i++)
			x[i] = ((const float4 *) ARR_DATA_PTR(a))[i];
	/* 0 * x is NaN for what is not finite, and stays so */
	for (int i = 0; i < n; i++)
		any += 0 * x[i];
	return any == 0 ? MLOPS_ROW_FINITE : MLOPS_ROW_NONFINITE;
}

void
mlops_features_mismatch(int found, int n)
{
	ereport(ERROR,
			(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
			 errmsg("arrays of features differ in length"),
			 errdetail("One has %d elements where %d are expected.", found, n),
			 errhint("A missing value is a NULL element, not a missing one.")));
}

mlops_row_kind
mlops_features_expect(const ArrayType *a, int n, double **x)
{
	int			found = mlops_features_count(a, MLOPS_FEATURES_MAX);

	if (found != n)
		mlops_features_mismatch(found, n);
	*x = palloc(n * sizeof(double));
	return mlops_features_get(a, *x);
}
