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
#include "kernel/special/special.h"
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

/* A test of the 2 x k table of counts; nothing but the n where it cannot be made. */
static Datum
table_test_result(FunctionCallInfo fcinfo, bool profiles, const char *method, table_test test)
{
	mlops_pair	pair;
	mlops_test	t;
	mlops_status status;

	pair_of_args(fcinfo, profiles, &pair);
	status = test(pair.reference, pair.current, pair.cells, NULL, &t);
	if (status != MLOPS_OK && status != MLOPS_EMPTY && status != MLOPS_DEGENERATE)
		elog(ERROR, "%s failed with status %d", method, (int) status);
	if (profiles)
		t.effect_lower = t.effect_upper = NAN;	/* the error of the sketches is not known */
	return mlops_test_row(fcinfo, method, &t, 0);
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
	mlops_test	t;
	double		d;

	pair_of_args(fcinfo, profiles, &pair);
	mlops_require_order(&pair, "ks_test");
	t = MLOPS_NO_TEST(pair.n, pair.m);
	t.reason = pair.n > 0 ? "no current rows" : "no reference rows";
	if (mlops_pair_distance(&pair, MLOPS_KS, NULL, &d))
	{
		mlops_ks_limit_test(d, pair.n, pair.m, &t);
		if (pair.n * pair.m <= KS_EXACT_LIMIT)
		{
			size_t		len = mlops_ks_exact_work((int64) pair.n, (int64) pair.m);
			double	   *work = palloc(sizeof(double) * len);

			if (mlops_ks_exact_p(d, (int64) pair.n, (int64) pair.m, work, len, &t.p, &t.ln_p) == MLOPS_OK)
				t.variant = "exact";
			pfree(work);
		}
	}
	return mlops_test_row(fcinfo, "ks_test", &t, 0);
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
