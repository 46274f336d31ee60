/*
 * power.c
 *		SQL functions: which change a comparison of two samples can see.
 */
#include "compat.h"

#include <math.h>

#include "access/htup_details.h"
#include "drift/pair.h"
#include "drift/result.h"
#include "funcapi.h"
#include "kernel/power/power.h"
#include "kernel/special/special.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"

#define POWER_COLUMNS 12

/* Largest n * m for which the level of the exact KS test is found (some 40 ms). */
#define KS_LEVEL_LIMIT 1e6

/* What the arguments say; effect is NaN when it is to be found. */
typedef struct power_question
{
	mlops_power_design design;
	double		effect;
	double		power;
} power_question;

static const mlops_power_method *
method_by_name(const char *name)
{
	const mlops_power_method *method = mlops_power_method_by_name(name);
	StringInfoData names;

	if (method)
		return method;
	initStringInfo(&names);
	for (int i = 0; i < MLOPS_POWER_METHODS; i++)
		appendStringInfo(&names, "%s%s", i == 0 ? "" : i == MLOPS_POWER_METHODS - 1 ? " and " : ", ",
						 mlops_power_methods[i].name);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown method \"%s\"", name),
			 errhint("Methods are %s.", names.data)));
	return NULL;				/* keep the compiler quiet */
}

static void
require(bool holds, const char *message, const char *hint)
{
	if (!holds)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s", message),
				 errhint("%s", hint)));
}

static void
check_question(const power_question *q)
{
	const mlops_power_design *d = &q->design;

	require(d->alpha > 0 && d->alpha < 1, "alpha must be between 0 and 1",
			"It is the false-alarm rate: 0.05, or 1 - confidence.");
	require(!isnan(q->effect) || (q->power > d->alpha && q->power < 1), "power must be between alpha and 1",
			"It is how often the change is to be seen: 0.8, say.");
	require(!isinf(q->effect), "effect must be finite", "Leave it out to have the smallest that is seen.");
	require(d->tolerance >= 0 && !isinf(d->tolerance), "tolerance must be a finite number that is not negative",
			"It is the warn or critical of drift().");
	require(d->method->tolerance || d->tolerance == 0, "this method has no tolerance",
			"Distances have one; a test asks whether anything changed.");
}

/* The level of the exact KS test, where it is not too dear; alpha otherwise. */
static void
set_level(mlops_power_design *d)
{
	d->level = d->alpha;
	if (d->method->kind == MLOPS_POWER_KS && d->n >= 1 && d->m >= 1 && d->n * d->m <= KS_LEVEL_LIMIT)
	{
		size_t		len = mlops_ks_exact_work((int64) d->n, (int64) d->m);
		double	   *work = palloc(sizeof(double) * len);
		double		level;

		if (mlops_ks_level((int64) d->n, (int64) d->m, d->alpha, work, len, &level) == MLOPS_OK)
			d->level = level;
		pfree(work);
	}
}

static Datum
answer(FunctionCallInfo fcinfo, power_question *q)
{
	mlops_power_design *d = &q->design;
	mlops_power_result r;
	mlops_status status;
	TupleDesc	desc;
	Datum		value[POWER_COLUMNS];
	bool		isnull[POWER_COLUMNS] = {false};

	set_level(d);
	if (isnan(q->effect))
		status = mlops_power_effect(d, q->power, &r);
	else
		status = mlops_power_at(d, q->effect, &r);
	if (status == MLOPS_DOMAIN && !isnan(q->effect))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("effect is out of range for %s", d->method->name),
				 errdetail("The effect of this method is %s.", d->method->measure)));
	if (status != MLOPS_OK)
		elog(ERROR, "power of %s failed with status %d", d->method->name, (int) status);
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE || desc->natts != POWER_COLUMNS)
		elog(ERROR, "return type must be mlops.power_result");
	desc = BlessTupleDesc(desc);
	value[0] = CStringGetTextDatum(d->method->name);
	value[1] = Int64GetDatum((int64) d->n);
	value[2] = Int64GetDatum((int64) d->m);
	value[3] = Float8GetDatum(d->alpha);
	isnull[4] = !d->method->categories;
	value[4] = Int32GetDatum((int32) d->categories);
	isnull[5] = !d->method->tolerance;
	value[5] = Float8GetDatum(d->tolerance);
	value[6] = mlops_float8_or_null(r.effect, &isnull[6]);
	value[7] = CStringGetTextDatum(d->method->measure);
	value[8] = mlops_float8_or_null(r.power, &isnull[8]);
	value[9] = mlops_float8_or_null(r.shift_sd, &isnull[9]);
	value[10] = CStringGetTextDatum(d->method->assumption);
	isnull[11] = r.reason == NULL;
	value[11] = r.reason ? CStringGetTextDatum(r.reason) : (Datum) 0;
	return HeapTupleGetDatum(heap_form_tuple(desc, value, isnull));
}

/* drift_power(method, n_reference, n_current, effect, power, alpha, categories, tolerance) */
MLOPS_FUNCTION(mlops_drift_power);
Datum
mlops_drift_power(PG_FUNCTION_ARGS)
{
	power_question q = {0};
	mlops_power_design *d = &q.design;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2))
		PG_RETURN_NULL();
	d->method = method_by_name(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	d->n = (double) PG_GETARG_INT64(1);
	d->m = (double) PG_GETARG_INT64(2);
	require(d->n >= 1 && d->m >= 1, "numbers of rows must be positive", "They are the rows of the reference and of one window.");
	q.effect = PG_ARGISNULL(3) ? NAN : PG_GETARG_FLOAT8(3);
	require(PG_ARGISNULL(3) || !isnan(q.effect), "effect must not be NaN", "Leave it out to have the smallest that is seen.");
	q.power = PG_ARGISNULL(4) ? 0.8 : PG_GETARG_FLOAT8(4);
	d->alpha = PG_ARGISNULL(5) ? 0.05 : PG_GETARG_FLOAT8(5);
	d->tolerance = PG_ARGISNULL(7) ? 0 : PG_GETARG_FLOAT8(7);
	if (d->method->categories)
	{
		require(!PG_ARGISNULL(6), "this method depends on the number of categories",
				"Pass categories => 10, say: those (or the bins) that are not empty.");
		d->categories = PG_GETARG_INT32(6);
		require(d->categories >= 2 && d->categories < 1e7, "categories must be between 2 and 9999999", "With one there is nothing to compare.");
	}
	else
		require(PG_ARGISNULL(6), "this method does not depend on categories", "Leave them out.");
	check_question(&q);
	return answer(fcinfo, &q);
}

/* drift_power(reference, current, method, effect, power, confidence, tolerance) */
MLOPS_FUNCTION(mlops_histogram_drift_power);
Datum
mlops_histogram_drift_power(PG_FUNCTION_ARGS)
{
	power_question q = {0};
	mlops_power_design *d = &q.design;
	mlops_pair	pair;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	d->method = method_by_name(PG_ARGISNULL(2) ? "js_distance" : text_to_cstring(PG_GETARG_TEXT_PP(2)));
	require(d->method->tolerance || d->method->kind == MLOPS_POWER_CHI2, "this method is not one of histograms",
			"Use drift_power(method, n_reference, n_current) for it.");
	mlops_pair_of_histograms(PG_GETARG_MLOPS_HISTOGRAM(0), PG_GETARG_MLOPS_HISTOGRAM(1), &pair);
	if (d->method->kind == MLOPS_POWER_KS_DISTANCE)
		mlops_require_order(&pair, d->method->name);
	d->n = pair.n;
	d->m = pair.m;
	for (int i = 0; i < pair.cells; i++)
		d->categories += pair.reference[i] > 0 || pair.current[i] > 0;
	q.effect = PG_ARGISNULL(3) ? NAN : PG_GETARG_FLOAT8(3);
	require(PG_ARGISNULL(3) || !isnan(q.effect), "effect must not be NaN", "Leave it out to have the smallest that is seen.");
	q.power = PG_ARGISNULL(4) ? 0.8 : PG_GETARG_FLOAT8(4);
	/* 1 - 0.99 is to be 0.01, not the double beside it */
	d->alpha = PG_ARGISNULL(5) ? 0.01 : rint((1 - PG_GETARG_FLOAT8(5)) * 1e15) / 1e15;
	require(d->alpha > 0 && d->alpha < 1, "confidence must be between 0 and 1", "Use the one that drift() was called with.");
	d->tolerance = PG_ARGISNULL(6) ? 0 : PG_GETARG_FLOAT8(6);
	check_question(&q);
	return answer(fcinfo, &q);
}
