/*
 * arrays.c
 *		Arrays of numbers as arguments: one element for each arm.
 */
#include "experiment/arrays.h"

#include <math.h>

#include "catalog/pg_type.h"

int
mlops_array_length(ArrayType *a, const char *name)
{
	if (ARR_NDIM(a) != 1)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 ARR_NDIM(a) == 0 ? errmsg("%s is empty", name) : errmsg("%s must have one dimension, not %d", name, ARR_NDIM(a)),
				 errhint("Give one element for each arm.")));
	return ARR_DIMS(a)[0];
}

static void
expect(ArrayType *a, const char *name, int n)
{
	if (mlops_array_length(a, name) != n)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("%s has %d elements, not %d", name, ARR_DIMS(a)[0], n),
				 errhint("Give one element for each arm.")));
	if (ARR_HASNULL(a) && array_contains_nulls(a))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s has a NULL element", name),
				 errhint("Leave out the arms of which nothing is known.")));
}

double *
mlops_float8_array(ArrayType *a, const char *name, int n)
{
	double	   *x = palloc(Max(n, 1) * sizeof(double));

	expect(a, name, n);
	Assert(ARR_ELEMTYPE(a) == FLOAT8OID);
	memcpy(x, ARR_DATA_PTR(a), n * sizeof(double));
	for (int i = 0; i < n; i++)
		if (!isfinite(x[i]))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("%s has an element that is not finite", name),
					 errhint("Leave out the arms of which nothing is known.")));
	return x;
}

double *
mlops_count_array(ArrayType *a, const char *name, int n)
{
	double	   *x = palloc(Max(n, 1) * sizeof(double));

	expect(a, name, n);
	Assert(ARR_ELEMTYPE(a) == INT8OID);
	for (int i = 0; i < n; i++)
	{
		int64		count = ((const int64 *) ARR_DATA_PTR(a))[i];

		if (count < 0 || count > INT64CONST(1000000000000000))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("%s has an element that is no count", name),
					 errhint("Counts are between 0 and 1e15.")));
		x[i] = (double) count;
	}
	return x;
}

Datum
mlops_float8_array_result(const double *x, int n)
{
	Datum	   *item = palloc(Max(n, 1) * sizeof(Datum));

	for (int i = 0; i < n; i++)
		item[i] = Float8GetDatum(x[i] + 0.0);
	return PointerGetDatum(construct_array(item, n, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}
