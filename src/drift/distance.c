/*
 * distance.c
 *		SQL functions over two summaries that return one distance or one test:
 *		f(reference, current) over mlops.histogram and over mlops.profile.
 */
#include "drift/pair.h"

#include <math.h>

#include "access/htup_details.h"
#include "drift/result.h"
#include "funcapi.h"
#include "kernel/special.h"
#include "utils/builtins.h"

/* Largest n * m for which the exact KS p-value is counted (some 20 ms). */
#define KS_EXACT_LIMIT 1e7

typedef mlops_status (*table_test) (const double *reference, const double *current, size_t k,
									double *contribution, mlops_test *out);

static void
pair_of_args(FunctionCallInfo fcinfo, bool profiles, mlops_pair *pair)
{
	if (profiles)
		mlops_pair_of_profiles(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1), pair);
	else
		mlops_pair_of_histograms(PG_GETARG_MLOPS_HISTOGRAM(0), PG_GETARG_MLOPS_HISTOGRAM(1), pair);
}

/* A distance; NULL when a side has no rows. */
static Datum
distance_result(FunctionCallInfo fcinfo, bool profiles, mlops_distance_kind kind)
{
	const mlops_method *method = mlops_method_by_kind(kind);
	mlops_pair	pair;
	double		d;

	pair_of_args(fcinfo, profiles, &pair);
	if (method->ordered)
		mlops_require_order(&pair, method->name);
	if (!mlops_pair_distance(&pair, kind, NULL, &d))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(d);
}

#define DISTANCE_FUNCTION(name, kind) \
	MLOPS_FUNCTION(mlops_histogram_##name); \
	Datum \
	mlops_histogram_##name(PG_FUNCTION_ARGS) \
	{ \
		return distance_result(fcinfo, false, kind); \
	} \
	MLOPS_FUNCTION(mlops_profile_##name); \
	Datum \
	mlops_profile_##name(PG_FUNCTION_ARGS) \
	{ \
		return distance_result(fcinfo, true, kind); \
	}

DISTANCE_FUNCTION(psi, MLOPS_PSI)
DISTANCE_FUNCTION(kl_divergence, MLOPS_KL)
DISTANCE_FUNCTION(js_divergence, MLOPS_JS_DIVERGENCE)
DISTANCE_FUNCTION(js_distance, MLOPS_JS_DISTANCE)
DISTANCE_FUNCTION(hellinger_distance, MLOPS_HELLINGER)
DISTANCE_FUNCTION(total_variation_distance, MLOPS_TOTAL_VARIATION)
DISTANCE_FUNCTION(linf_distance, MLOPS_LINF)
DISTANCE_FUNCTION(ks_distance, MLOPS_KS)
DISTANCE_FUNCTION(wasserstein_distance, MLOPS_WASSERSTEIN)

/* A mlops.test_result; numbers that are NaN are NULL. */
Datum
mlops_test_row(FunctionCallInfo fcinfo, const char *method, const mlops_test *t)
{
	TupleDesc	desc;
	Datum		value[8];
	bool		isnull[8] = {false};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE || desc->natts != 8)
		elog(ERROR, "return type must be mlops.test_result");
	desc = BlessTupleDesc(desc);
	value[0] = CStringGetTextDatum(method);
	value[1] = mlops_float8_or_null(t->statistic, &isnull[1]);
	value[2] = mlops_float8_or_null(t->df, &isnull[2]);
	value[3] = mlops_float8_or_null(t->p, &isnull[3]);
	value[4] = Int64GetDatum((int64) t->n);
	value[5] = Int64GetDatum((int64) t->m);
	value[6] = mlops_float8_or_null(t->ln_p, &isnull[6]);
	value[7] = mlops_float8_or_null(t->effect, &isnull[7]);
	return HeapTupleGetDatum(heap_form_tuple(desc, value, isnull));
}

/* A test of the 2 x k table of counts; nothing but the n where it cannot be made. */
static Datum
table_test_result(FunctionCallInfo fcinfo, bool profiles, const char *method, table_test test)
{
	mlops_pair	pair;
	mlops_test	t;
	mlops_status status;

	pair_of_args(fcinfo, profiles, &pair);
	status = test(pair.reference, pair.current, pair.cells, NULL, &t);
	if (status == MLOPS_EMPTY)
		t = (mlops_test) {NAN, NAN, NAN, NAN, NAN, pair.n, pair.m};
	else if (status != MLOPS_OK && status != MLOPS_DEGENERATE)
		elog(ERROR, "%s failed with status %d", method, (int) status);
	PG_RETURN_DATUM(mlops_test_row(fcinfo, method, &t));
}

#define TABLE_TEST_FUNCTION(name, test) \
	MLOPS_FUNCTION(mlops_histogram_##name); \
	Datum \
	mlops_histogram_##name(PG_FUNCTION_ARGS) \
	{ \
		return table_test_result(fcinfo, false, #name, test); \
	} \
	MLOPS_FUNCTION(mlops_profile_##name); \
	Datum \
	mlops_profile_##name(PG_FUNCTION_ARGS) \
	{ \
		return table_test_result(fcinfo, true, #name, test); \
	}

TABLE_TEST_FUNCTION(chi2_test, mlops_chi2_test)
TABLE_TEST_FUNCTION(g_test, mlops_g_test)

/* Kolmogorov-Smirnov test: exact p while n * m allows, else the limiting one. */
static Datum
ks_test_result(FunctionCallInfo fcinfo, bool profiles)
{
	mlops_pair	pair;
	mlops_test	t = {NAN, NAN, NAN, NAN, NAN, 0, 0};
	const char *method = "ks_test, limiting";
	double		d;

	pair_of_args(fcinfo, profiles, &pair);
	mlops_require_order(&pair, "ks_test");
	t.n = pair.n;
	t.m = pair.m;
	if (mlops_pair_distance(&pair, MLOPS_KS, NULL, &d))
	{
		mlops_ks_limit_test(d, pair.n, pair.m, &t);
		if (pair.n * pair.m <= KS_EXACT_LIMIT)
		{
			size_t		len = mlops_ks_exact_work((int64) pair.n, (int64) pair.m);
			double	   *work = palloc(sizeof(double) * len);

			if (mlops_ks_exact_p(d, (int64) pair.n, (int64) pair.m, work, len, &t.p, &t.ln_p) == MLOPS_OK)
				method = "ks_test, exact";
			pfree(work);
		}
	}
	PG_RETURN_DATUM(mlops_test_row(fcinfo, method, &t));
}

MLOPS_FUNCTION(mlops_histogram_ks_test);
Datum
mlops_histogram_ks_test(PG_FUNCTION_ARGS)
{
	return ks_test_result(fcinfo, false);
}

MLOPS_FUNCTION(mlops_profile_ks_test);
Datum
mlops_profile_ks_test(PG_FUNCTION_ARGS)
{
	return ks_test_result(fcinfo, true);
}
