/*
 * multiplicity.c
 *		SQL functions: e-values and their false discovery rate.
 */
#include "compat.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "kernel/multiplicity/adjust.h"
#include "utils/array.h"

MLOPS_FUNCTION(mlops_adjust_e_values);
MLOPS_FUNCTION(mlops_e_bh);
MLOPS_FUNCTION(mlops_p_to_e_value);
MLOPS_FUNCTION(mlops_e_to_p_value);

/* An array of e-values, with the adjusted ones in place of those that are not NULL. */
typedef struct e_values
{
	ArrayType  *array;
	Datum	   *item;
	bool	   *isnull;
	int			n;
} e_values;

static e_values
adjusted_e_values(ArrayType *array)
{
	e_values	v = {.array = array};
	double	   *e;
	double	   *adjusted;
	size_t	   *order;
	int			used = 0;

	deconstruct_array(array, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE,
					  &v.item, &v.isnull, &v.n);
	e = palloc(sizeof(double) * Max(v.n, 1));
	adjusted = palloc(sizeof(double) * Max(v.n, 1));
	order = palloc(sizeof(size_t) * Max(v.n, 1));
	for (int i = 0; i < v.n; i++)
		if (!v.isnull[i])
			e[used++] = DatumGetFloat8(v.item[i]);
	if (mlops_adjust_e(e, used, adjusted, order) != MLOPS_OK)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("an e-value must be at least 0"),
				 errhint("Use NULL where there is no e-value; mlops.p_to_e() makes one of a p-value.")));
	used = 0;
	for (int i = 0; i < v.n; i++)
		if (!v.isnull[i])
			v.item[i] = Float8GetDatum(adjusted[used++]);
	return v;
}

/* adjust_e(float8[]): in the same order and dimensions; NULLs stay NULL and do not count */
Datum
mlops_adjust_e_values(PG_FUNCTION_ARGS)
{
	e_values	v = adjusted_e_values(PG_GETARG_ARRAYTYPE_P(0));

	PG_RETURN_ARRAYTYPE_P(construct_md_array(v.item, v.isnull, ARR_NDIM(v.array), ARR_DIMS(v.array), ARR_LBOUND(v.array),
											 FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

/* e_bh(float8[], alpha): which hypotheses are rejected */
Datum
mlops_e_bh(PG_FUNCTION_ARGS)
{
	double		alpha = PG_GETARG_FLOAT8(1);
	e_values	v;

	if (!(alpha > 0 && alpha < 1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("alpha must be between 0 and 1"),
				 errhint("Use 0.05 for at most 5 percent false discoveries.")));
	v = adjusted_e_values(PG_GETARG_ARRAYTYPE_P(0));
	for (int i = 0; i < v.n; i++)
		if (!v.isnull[i])
			v.item[i] = BoolGetDatum(DatumGetFloat8(v.item[i]) >= 1 / alpha);
	PG_RETURN_ARRAYTYPE_P(construct_md_array(v.item, v.isnull, ARR_NDIM(v.array), ARR_DIMS(v.array), ARR_LBOUND(v.array),
											 BOOLOID, sizeof(bool), true, TYPALIGN_CHAR));
}

/* p_to_e(p, kappa) */
Datum
mlops_p_to_e_value(PG_FUNCTION_ARGS)
{
	double		p = PG_GETARG_FLOAT8(0);
	double		kappa = PG_GETARG_FLOAT8(1);
	double		e;

	if (!(kappa > 0 && kappa < 1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("kappa must be between 0 and 1"),
				 errhint("Small values reward small p-values, 0.5 is usual.")));
	if (mlops_p_to_e(p, kappa, &e) != MLOPS_OK)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a p-value must be between 0 and 1"),
				 errhint("Use NULL where there is no p-value.")));
	PG_RETURN_FLOAT8(e);
}

/* e_to_p(e): min(1, 1 / e), by Markov's inequality */
Datum
mlops_e_to_p_value(PG_FUNCTION_ARGS)
{
	double		e = PG_GETARG_FLOAT8(0);

	if (!(e >= 0))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("an e-value must be at least 0"),
				 errhint("Use NULL where there is no e-value.")));
	PG_RETURN_FLOAT8(e <= 1 ? 1 : 1 / e);
}
