/*
 * critical.c
 *		SQL functions: critical values of distances, adjusted p-values.
 */
#include "compat.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "drift/result.h"
#include "kernel/multiplicity/adjust.h"
#include "kernel/categories/gof.h"
#include "utils/array.h"
#include "utils/builtins.h"

/*
 * Critical value of a distance.  Arguments: alpha, bins (not for KS, which does
 * not depend on them), n_reference, n_current, tolerance.
 */
static Datum
critical_value(FunctionCallInfo fcinfo, mlops_distance_kind kind, bool has_bins)
{
	int			arg = 0;
	double		alpha = PG_GETARG_FLOAT8(arg++);
	int32		bins = has_bins ? PG_GETARG_INT32(arg++) : 2;
	int64		n = PG_GETARG_INT64(arg++);
	int64		m = PG_GETARG_INT64(arg++);
	double		tolerance = PG_GETARG_FLOAT8(arg++);
	double		value;
	mlops_status status;

	if (!(alpha > 0 && alpha < 1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("alpha must be between 0 and 1"),
				 errhint("Use 0.01 for a confidence of 99 percent.")));
	if (bins < 1 || n < 1 || m < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("bins and numbers of rows must be positive")));
	if (!(tolerance >= 0) || isinf(tolerance))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("tolerance must be a finite number that is not negative")));
	status = mlops_critical_value(kind, alpha, bins, (double) n, (double) m, tolerance, &value);
	if (status != MLOPS_OK)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("critical value is out of range")));
	PG_RETURN_FLOAT8(value);
}

#define CRITICAL_FUNCTION(name, kind, has_bins) \
	MLOPS_FUNCTION(mlops_##name##_critical_value); \
	Datum \
	mlops_##name##_critical_value(PG_FUNCTION_ARGS) \
	{ \
		return critical_value(fcinfo, kind, has_bins); \
	}

CRITICAL_FUNCTION(psi, MLOPS_PSI, true)
CRITICAL_FUNCTION(kl_divergence, MLOPS_KL, true)
CRITICAL_FUNCTION(js_divergence, MLOPS_JS_DIVERGENCE, true)
CRITICAL_FUNCTION(js_distance, MLOPS_JS_DISTANCE, true)
CRITICAL_FUNCTION(hellinger_distance, MLOPS_HELLINGER, true)
CRITICAL_FUNCTION(total_variation_distance, MLOPS_TOTAL_VARIATION, true)
CRITICAL_FUNCTION(linf_distance, MLOPS_LINF, true)
CRITICAL_FUNCTION(ks_distance, MLOPS_KS, false)

mlops_adjustment
mlops_adjustment_argument(const char *name)
{
	static const struct
	{
		const char *name;
		mlops_adjustment method;
	}			known[] = {
		{"none", MLOPS_ADJUST_NONE},
		{"bonferroni", MLOPS_ADJUST_BONFERRONI},
		{"holm", MLOPS_ADJUST_HOLM},
		{"hochberg", MLOPS_ADJUST_HOCHBERG},
		{"hommel", MLOPS_ADJUST_HOMMEL},
		{"bh", MLOPS_ADJUST_BH},
		{"by", MLOPS_ADJUST_BY},
	};

	for (int i = 0; i < lengthof(known); i++)
		if (pg_strcasecmp(known[i].name, name) == 0)
			return known[i].method;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown adjustment method \"%s\"", name),
			 errhint("Methods are none, bonferroni, holm, hochberg, hommel, bh and by.")));
	return MLOPS_ADJUST_NONE;	/* keep the compiler quiet */
}

/*
 * adjust_p(float8[], text): p-values adjusted for their number, in the same
 * order and dimensions.  NULLs stay NULL and do not count.
 */
MLOPS_FUNCTION(mlops_adjust_p_values);
Datum
mlops_adjust_p_values(PG_FUNCTION_ARGS)
{
	ArrayType  *a = PG_GETARG_ARRAYTYPE_P(0);
	mlops_adjustment method = mlops_adjustment_argument(text_to_cstring(PG_GETARG_TEXT_PP(1)));
	Datum	   *item;
	bool	   *isnull;
	int			n;
	int			used = 0;
	double	   *p;
	double	   *adjusted;
	double	   *work;
	size_t	   *order;

	deconstruct_array(a, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE,
					  &item, &isnull, &n);
	p = palloc(sizeof(double) * Max(n, 1));
	adjusted = palloc(sizeof(double) * Max(n, 1));
	work = palloc(sizeof(double) * Max(n, 1));
	order = palloc(sizeof(size_t) * 2 * Max(n, 1));
	for (int i = 0; i < n; i++)
		if (!isnull[i])
			p[used++] = DatumGetFloat8(item[i]);
	if (mlops_adjust_p(method, p, used, adjusted, order, work) != MLOPS_OK)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a p-value must be between 0 and 1"),
				 errhint("Use NULL where there is no p-value.")));
	used = 0;
	for (int i = 0; i < n; i++)
		if (!isnull[i])
			item[i] = Float8GetDatum(adjusted[used++]);
	PG_RETURN_ARRAYTYPE_P(construct_md_array(item, isnull, ARR_NDIM(a), ARR_DIMS(a), ARR_LBOUND(a),
											 FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}
