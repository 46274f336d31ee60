/*
 * tests.c
 *		Final functions: exact tests and distances of two samples.
 */
#include "sample/sample.h"

#include "drift/result.h"
#include "kernel/twosample/brown_forsythe.h"
#include "kernel/twosample/cvm.h"
#include "kernel/twosample/energy.h"
#include "kernel/twosample/epps_singleton.h"
#include "kernel/twosample/ks.h"
#include "kernel/twosample/mannwhitney.h"
#include "kernel/twosample/transport.h"
#include "kernel/twosample/wasserstein.h"

/* The collected sample; an empty one when the aggregate has seen no row. */
static mlops_sample *
collected(FunctionCallInfo fcinfo)
{
	mlops_sample *s;

	if (AggCheckCallContext(fcinfo, NULL) != AGG_CONTEXT_AGGREGATE)
		elog(ERROR, "a sample exists only inside an aggregate");
	if (PG_ARGISNULL(0))
		return mlops_sample_create(CurrentMemoryContext);
	s = (mlops_sample *) PG_GETARG_POINTER(0);
	mlops_sample_collected(s);
	return s;
}

static Datum
test_result(FunctionCallInfo fcinfo, const mlops_twosample_method *method)
{
	mlops_sample *s = collected(fcinfo);
	mlops_test	test;

	mlops_sample_test(s, method, &test);
	return mlops_test_row(fcinfo, method->name, &test, s->excluded);
}

/* A distance is the statistic alone; NULL without rows on both sides. */
static Datum
distance_result(FunctionCallInfo fcinfo, const mlops_twosample_method *method)
{
	mlops_sample *s = collected(fcinfo);
	mlops_test	test;

	mlops_sample_test(s, method, &test);
	if (isnan(test.statistic))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(test.statistic);
}

#define SAMPLE_FUNCTION(name, kind, method) \
	MLOPS_FUNCTION(mlops_sample_##name); \
	Datum \
	mlops_sample_##name(PG_FUNCTION_ARGS) \
	{ \
		return kind##_result(fcinfo, &method); \
	}

SAMPLE_FUNCTION(ks_test, test, mlops_ks_method)
SAMPLE_FUNCTION(kuiper_test, test, mlops_kuiper_method)
SAMPLE_FUNCTION(cvm_test, test, mlops_cvm_method)
SAMPLE_FUNCTION(anderson_darling_test, test, mlops_anderson_darling_method)
SAMPLE_FUNCTION(energy_test, test, mlops_energy_method)
SAMPLE_FUNCTION(mann_whitney_test, test, mlops_mann_whitney_method)
SAMPLE_FUNCTION(epps_singleton_test, test, mlops_epps_singleton_method)
SAMPLE_FUNCTION(wasserstein_test, test, mlops_wasserstein_method)
SAMPLE_FUNCTION(brown_forsythe_test, test, mlops_brown_forsythe_method)
SAMPLE_FUNCTION(wasserstein_distance, distance, mlops_wasserstein_distance)
SAMPLE_FUNCTION(energy_distance, distance, mlops_energy_distance)
