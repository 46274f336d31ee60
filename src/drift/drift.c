/*
 * drift.c
 *		drift(reference, current, ...) and drift_contributions().
 *
 * A verdict needs both: a p-value against "nothing changed" and a distance so
 * large that, at these sample sizes and with this confidence, the true
 * distance exceeds the tolerance.
 */
#include "drift/pair.h"

#include <math.h>

#include "access/htup_details.h"
#include "drift/result.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#define RESULT_FIELDS 11

typedef struct drift_options
{
	const mlops_method *method;
	double		warn;
	double		critical;
	double		confidence;
	double		alpha;
	int64		min_rows;
} drift_options;

typedef struct drift_result
{
	double		statistic;		/* NaN: none */
	double		effect;
	double		p;
	double		threshold;		/* at tolerance warn */
	double		critical_threshold;
	const char *verdict;
	const char *reason;
} drift_result;

MLOPS_FUNCTION(mlops_histogram_drift);
MLOPS_FUNCTION(mlops_profile_drift);
MLOPS_FUNCTION(mlops_histogram_drift_contributions);
MLOPS_FUNCTION(mlops_profile_drift_contributions);

static void
bad_option(const char *message, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s", message),
			 errhint("%s", hint)));
}

/* Arguments 2 to 7: method, warn, critical, confidence, alpha, min_rows. */
static drift_options
options_of_args(FunctionCallInfo fcinfo)
{
	drift_options o;

	if (PG_ARGISNULL(2))
		o.method = mlops_method_by_kind(MLOPS_JS_DISTANCE);
	else
	{
		char	   *name = text_to_cstring(PG_GETARG_TEXT_PP(2));

		o.method = mlops_method_by_name(name);
		if (o.method == NULL)
			mlops_unknown_method(name, "");
	}
	if (PG_ARGISNULL(5) || PG_ARGISNULL(6) || PG_ARGISNULL(7))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("confidence, alpha and min_rows must not be NULL"),
				 errhint("Leave them out for their defaults.")));
	o.warn = PG_ARGISNULL(3) ? o.method->warn : PG_GETARG_FLOAT8(3);
	o.critical = PG_ARGISNULL(4) ? Max(o.method->critical, o.warn) : PG_GETARG_FLOAT8(4);
	if (PG_ARGISNULL(3) && o.warn > o.critical)
		o.warn = o.critical;
	o.confidence = PG_GETARG_FLOAT8(5);
	o.alpha = PG_GETARG_FLOAT8(6);
	o.min_rows = PG_GETARG_INT64(7);
	if (!(o.warn >= 0) || isinf(o.warn) || !(o.critical >= o.warn) || isinf(o.critical))
		bad_option("tolerances must be finite, with 0 <= warn <= critical",
				   "A tolerance is the distance that does not matter yet.");
	if (!(o.confidence > 0.5 && o.confidence < 1))
		bad_option("confidence must be above 0.5 and below 1", "Use 0.99.");
	if (!(o.alpha > 0 && o.alpha <= 1))
		bad_option("alpha must be above 0 and not above 1", "Use 0.05.");
	if (o.min_rows < 1)
		bad_option("min_rows must be at least 1", "It is the number of rows a side needs for a verdict.");
	return o;
}

static int
used_cells(const mlops_pair *pair)
{
	int			used = 0;

	for (int i = 0; i < pair->cells; i++)
		used += pair->reference[i] > 0 || pair->current[i] > 0;
	return used;
}

/*
 * Wasserstein in standard deviations of the reference, or, where the reference
 * has none, of both sides together.  False if there is no width to measure in.
 */
static bool
measure_wasserstein(const mlops_pair *pair, const drift_options *o, drift_result *r)
{
	double	   *edges = mlops_pair_edges(pair);
	double	   *pooled;
	double		d,
				mean,
				sd,
				pooled_sd,
				unit,
				scale;

	if (edges == NULL || !mlops_pair_distance(pair, MLOPS_WASSERSTEIN, NULL, &d))
		return false;
	pooled = palloc(sizeof(double) * pair->bins);
	for (int i = 0; i < pair->bins; i++)
		pooled[i] = pair->reference[i] + pair->current[i];
	mlops_binned_moments(edges, pair->reference, pair->bins, &mean, &sd);
	mlops_binned_moments(edges, pooled, pair->bins, &mean, &pooled_sd);
	unit = sd > 0 ? sd : pooled_sd;
	if (!(unit > 0))
	{
		/* one value on both sides, and the same */
		r->statistic = r->effect = 0;
		r->threshold = o->warn;
		r->critical_threshold = o->critical;
		return true;
	}
	mlops_wasserstein_null_scale(edges, pair->reference, pair->current, pair->bins, &scale);
	r->statistic = d / unit;
	r->effect = mlops_wasserstein_debiased(r->statistic, scale / unit, pair->n, pair->m);
	return mlops_wasserstein_critical_value(1 - o->confidence, scale / unit, pooled_sd / unit,
											pair->n, pair->m, o->warn, &r->threshold) == MLOPS_OK &&
		mlops_wasserstein_critical_value(1 - o->confidence, scale / unit, pooled_sd / unit,
										 pair->n, pair->m, o->critical, &r->critical_threshold) == MLOPS_OK;
}

/*
 * Critical value at a tolerance.  What a sketch does not know of a KS distance
 * is added.
 */
static double
threshold_of(const mlops_pair *pair, const drift_options *o, int used, double tolerance)
{
	double		value;
	double		unknown = o->method->kind == MLOPS_KS ? pair->rank_error : 0;

	if (mlops_critical_value(o->method->kind, 1 - o->confidence, used, pair->n, pair->m,
							 tolerance, &value) != MLOPS_OK)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("critical value is out of range")));
	return value + unknown;
}

/* p of "nothing changed": KS where order counts, else chi-square of the table. */
static double
p_value_of(const mlops_pair *pair, const drift_options *o)
{
	mlops_test	t;
	double		d;

	if (o->method->ordered && mlops_pair_distance(pair, MLOPS_KS, NULL, &d))
		return mlops_ks_limit_test(Max(d - pair->rank_error, 0), pair->n, pair->m, &t) == MLOPS_OK ? t.p : NAN;
	switch (mlops_chi2_test(pair->reference, pair->current, pair->cells, NULL, &t))
	{
		case MLOPS_OK:
			return t.p;
		case MLOPS_DEGENERATE:
			return 1;			/* all rows of both sides are in one bin */
		default:
			return NAN;
	}
}

/* Statistic, effect, p and thresholds; false if the statistic does not exist. */
static bool
measure(const mlops_pair *pair, const drift_options *o, drift_result *r)
{
	int			used;

	r->p = p_value_of(pair, o);
	if (o->method->kind == MLOPS_WASSERSTEIN)
		return measure_wasserstein(pair, o, r);
	if (!mlops_pair_distance(pair, o->method->kind, NULL, &r->statistic))
		return false;
	used = used_cells(pair);
	r->effect = mlops_debiased(o->method->kind, r->statistic, pair->reference, pair->current, pair->cells);
	r->threshold = threshold_of(pair, o, used, o->warn);
	/* the costly quantile of the second tolerance is needed only above the first */
	r->critical_threshold = r->statistic > r->threshold ? threshold_of(pair, o, used, o->critical) : INFINITY;
	return true;
}

/* "js_distance 0.198 exceeds 0.117": as many digits as it takes to see it. */
static char *
describe(const char *method, double statistic, bool beyond, double threshold)
{
	char	   *text = NULL;

	for (int digits = 3; digits <= 17; digits += 3)
	{
		char	   *left = psprintf("%.*g", digits, statistic);
		char	   *right = psprintf("%.*g", digits, threshold);

		text = psprintf("%s %s %s %s", method, left, beyond ? "exceeds" : "is within", right);
		if (strcmp(left, right) != 0 || statistic == threshold)
			break;
	}
	return text;
}

static void
judge(const mlops_pair *pair, const drift_options *o, drift_result *r)
{
	bool		beyond = r->statistic > r->threshold;
	bool		critical = beyond && r->statistic > r->critical_threshold;
	char	   *size = psprintf("%s (tolerance %g at n %.0f and %.0f)",
								describe(o->method->name, r->statistic, beyond,
										 critical ? r->critical_threshold : r->threshold),
								critical ? o->critical : o->warn, pair->n, pair->m);

	if (pair->n < o->min_rows || pair->m < o->min_rows)
	{
		r->verdict = "insufficient";
		r->reason = psprintf("%.0f reference and %.0f current rows; " INT64_FORMAT " are needed on each side",
							 pair->n, pair->m, o->min_rows);
	}
	else if (!beyond)
	{
		r->verdict = "ok";
		r->reason = size;
	}
	else if (!(r->p <= o->alpha))
	{
		r->verdict = "ok";
		r->reason = psprintf("%s, but p %.3g is above %g", size, r->p, o->alpha);
	}
	else
	{
		r->verdict = critical ? "critical" : "warn";
		r->reason = size;
	}
}

static Datum
result_row(FunctionCallInfo fcinfo, const drift_options *o, const mlops_pair *pair, const drift_result *r)
{
	TupleDesc	desc;
	Datum		value[RESULT_FIELDS];
	bool		isnull[RESULT_FIELDS] = {false};
	int			null_cell = pair->cells - 1;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE || desc->natts != RESULT_FIELDS)
		elog(ERROR, "return type must be mlops.drift_result");
	desc = BlessTupleDesc(desc);
	value[0] = CStringGetTextDatum(o->method->name);
	value[1] = mlops_float8_or_null(r->statistic, &isnull[1]);
	value[2] = mlops_float8_or_null(r->effect, &isnull[2]);
	value[3] = mlops_float8_or_null(r->p, &isnull[3]);
	value[4] = mlops_float8_or_null(r->threshold, &isnull[4]);
	value[5] = Int64GetDatum((int64) pair->n);
	value[6] = Int64GetDatum((int64) pair->m);
	value[7] = mlops_float8_or_null(pair->n > 0 ? pair->reference[null_cell] / pair->n : NAN, &isnull[7]);
	value[8] = mlops_float8_or_null(pair->m > 0 ? pair->current[null_cell] / pair->m : NAN, &isnull[8]);
	value[9] = CStringGetTextDatum(r->verdict);
	value[10] = CStringGetTextDatum(r->reason);
	return HeapTupleGetDatum(heap_form_tuple(desc, value, isnull));
}

static void
make_pair(FunctionCallInfo fcinfo, bool profiles, mlops_pair *pair)
{
	if (profiles)
		mlops_pair_of_profiles(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1), pair);
	else
		mlops_pair_of_histograms(PG_GETARG_MLOPS_HISTOGRAM(0), PG_GETARG_MLOPS_HISTOGRAM(1), pair);
}

/* drift(reference, current, method, warn, critical, confidence, alpha, min_rows) */
static Datum
drift(FunctionCallInfo fcinfo, bool profiles)
{
	drift_options o = options_of_args(fcinfo);
	drift_result r = {NAN, NAN, NAN, NAN, INFINITY, "no_data", "no summary of one of the sides"};
	mlops_pair	pair = {0};

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
	{
		r.reason = PG_ARGISNULL(0) ? "there is no reference" : "there is nothing current";
		pair.cells = 1;
		return result_row(fcinfo, &o, &pair, &r);
	}
	make_pair(fcinfo, profiles, &pair);
	if (o.method->ordered)
		mlops_require_order(&pair, o.method->name);
	if (pair.n == 0 || pair.m == 0)
		r.reason = pair.n == 0 ? "no reference rows" : "no current rows";
	else if (measure(&pair, &o, &r))
		judge(&pair, &o, &r);
	else
	{
		r.verdict = "insufficient";
		r.reason = psprintf("%s needs finite values on both sides and bins of a known width", o.method->name);
	}
	return result_row(fcinfo, &o, &pair, &r);
}

Datum
mlops_histogram_drift(PG_FUNCTION_ARGS)
{
	return drift(fcinfo, false);
}

Datum
mlops_profile_drift(PG_FUNCTION_ARGS)
{
	return drift(fcinfo, true);
}

typedef struct part
{
	double		contribution;
	int			cell;
	int			bin;
} part;

/* Largest first, then by bin. */
static int
compare_parts(const void *a, const void *b)
{
	const part *x = a;
	const part *y = b;

	if (x->contribution != y->contribution)
		return x->contribution > y->contribution ? -1 : 1;
	return x->bin - y->bin;
}

/* Parts of a distance or of a test statistic; false if it does not exist. */
static bool
contributions_of(const mlops_pair *pair, const char *name, double *contribution)
{
	const mlops_method *method = mlops_method_by_name(name);
	mlops_test	t;
	double		d;

	if (strcmp(name, "chi2_test") == 0 || strcmp(name, "g_test") == 0)
	{
		mlops_status status = name[0] == 'c'
			? mlops_chi2_test(pair->reference, pair->current, pair->cells, contribution, &t)
			: mlops_g_test(pair->reference, pair->current, pair->cells, contribution, &t);

		return status == MLOPS_OK || status == MLOPS_DEGENERATE;
	}
	if (method == NULL)
		mlops_unknown_method(name, ", chi2_test, g_test");
	if (method->ordered)
		mlops_require_order(pair, method->name);
	return mlops_pair_distance(pair, method->kind, contribution, &d);
}

/*
 * drift_contributions(reference, current, method): one row a bin that is not
 * empty on both sides; the contributions sum to what the function of that name
 * returns.
 */
static Datum
drift_contributions(FunctionCallInfo fcinfo, bool profiles)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	char	   *name = text_to_cstring(PG_GETARG_TEXT_PP(2));
	mlops_pair	pair;
	double	   *contribution;
	part	   *parts;
	int			n = 0;

	InitMaterializedSRF(fcinfo, 0);
	make_pair(fcinfo, profiles, &pair);
	contribution = palloc0(sizeof(double) * pair.cells);
	if (!contributions_of(&pair, name, contribution))
		return (Datum) 0;
	parts = palloc(sizeof(part) * pair.cells);
	for (int i = 0; i < pair.cells; i++)
		if (pair.reference[i] > 0 || pair.current[i] > 0 || contribution[i] != 0)
			parts[n++] = (part) {contribution[i], i, mlops_pair_bin_number(&pair, i)};
	qsort(parts, n, sizeof(part), compare_parts);
	for (int i = 0; i < n; i++)
	{
		Datum		value[5];
		bool		isnull[5] = {false};
		int			cell = parts[i].cell;

		CHECK_FOR_INTERRUPTS();
		value[0] = Int32GetDatum(parts[i].bin);
		value[1] = CStringGetTextDatum(mlops_pair_label(&pair, cell));
		value[2] = Float8GetDatum(pair.reference[cell] / pair.n);
		value[3] = Float8GetDatum(pair.current[cell] / pair.m);
		value[4] = Float8GetDatum(parts[i].contribution);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, value, isnull);
	}
	return (Datum) 0;
}

Datum
mlops_histogram_drift_contributions(PG_FUNCTION_ARGS)
{
	return drift_contributions(fcinfo, false);
}

Datum
mlops_profile_drift_contributions(PG_FUNCTION_ARGS)
{
	return drift_contributions(fcinfo, true);
}
