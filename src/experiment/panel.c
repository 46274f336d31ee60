/*
 * panel.c
 *		Regression over a panel of units and periods: difference_in_differences()
 *		and switchback_effects() over a query.
 */
#include "compat.h"

#include "experiment/panel.h"

#include "catalog/pg_type_d.h"
#include "executor/spi.h"
#include "experiment/comparison.h"
#include "experiment/over_query.h"
#include "funcapi.h"
#include "kernel/experiment/fixed_effects.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#define MAX_CARRY_OVER (MLOPS_FE_MAX_TERMS - 1)

static const char *example = "SELECT store AS unit, week AS period, sales AS outcome, in_test AS treatment FROM store_weeks";

static const void *
array_argument(FunctionCallInfo fcinfo, int argument, Oid type, int *n)
{
	ArrayType  *a = PG_GETARG_ARRAYTYPE_P(argument);
	int			items = ArrayGetNItems(ARR_NDIM(a), ARR_DIMS(a));

	if (ARR_NDIM(a) > 1 || ARR_ELEMTYPE(a) != type || array_contains_nulls(a) || (*n >= 0 && items != *n))
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("arrays of a panel must have one dimension, equal lengths and no nulls")));
	*n = items;
	return ARR_DATA_PTR(a);
}

const double *
mlops_float8_array_argument(FunctionCallInfo fcinfo, int argument, int *n)
{
	return array_argument(fcinfo, argument, FLOAT8OID, n);
}

const int32 *
mlops_int4_array_argument(FunctionCallInfo fcinfo, int argument, int *n)
{
	return array_argument(fcinfo, argument, INT4OID, n);
}

int32
mlops_levels(const int32 *level, int n)
{
	int32		largest = -1;

	for (int i = 0; i < n; i++)
	{
		/* the rows number their own levels: none lies beyond the rows */
		if (level[i] < 0 || level[i] >= n)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("levels of a panel must be numbered from 0")));
		largest = Max(largest, level[i]);
	}
	return largest + 1;
}

/* Which effects are taken out. */
typedef struct effects
{
	bool		unit;
	bool		period;
} effects;

static effects
effects_argument(const char *name)
{
	if (strcmp(name, "unit and period") == 0)
		return (effects) {true, true};
	if (strcmp(name, "unit") == 0)
		return (effects) {true, false};
	if (strcmp(name, "period") == 0)
		return (effects) {false, true};
	if (strcmp(name, "none") == 0)
		return (effects) {false, false};
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unrecognized effects \"%s\"", name),
			 errhint("Effects are \"unit and period\", \"unit\", \"period\" and \"none\".")));
}

static void *
allocate(size_t n, size_t size)
{
	if (n > MaxAllocHugeSize / size)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("panel is too large")));
	return palloc_extended(Max(n, 1) * size, MCXT_ALLOC_HUGE);
}

/* The rows in the order of one of their levels: place[i] is the row that comes i-th. */
static int *
order_by(const int32 *level, int32 levels, int n)
{
	int		   *first = palloc0(((size_t) levels + 1) * sizeof(int));
	int		   *place = allocate(n, sizeof(int));

	for (int i = 0; i < n; i++)
		first[level[i] + 1]++;
	for (int l = 0; l < levels; l++)
		first[l + 1] += first[l];
	for (int i = 0; i < n; i++)
		place[first[level[i]]++] = i;
	pfree(first);
	return place;
}

static int32 *
reordered_levels(const int32 *level, const int *place, int n)
{
	int32	   *out = allocate(n, sizeof(int32));

	for (int i = 0; i < n; i++)
		out[i] = level[place[i]];
	return out;
}

static double *
reordered_columns(const double *x, const int *place, int n, int columns)
{
	double	   *out = allocate((size_t) n * columns, sizeof(double));

	for (int c = 0; c < columns; c++)
		for (int i = 0; i < n; i++)
			out[(size_t) c * n + i] = x[(size_t) c * n + place[i]];
	return out;
}

/* What a panel function reads from its arrays. */
typedef struct panel_rows
{
	int			n;
	int			terms;
	const double *y;
	const double *x;
	const int32 *unit;
	const int32 *period;
	const int32 *cluster;
} panel_rows;

/* Fits all terms; false when *reason says why not. */
static bool
fit(const panel_rows *r, effects e, mlops_fe_result *result, const char **reason)
{
	int32	   *zero = palloc0(Max(r->n, 1) * sizeof(int32));
	const int32 *unit = e.unit ? r->unit : zero;
	const int32 *period = e.period ? r->period : zero;
	int32		units = mlops_levels(unit, r->n);
	int32		periods = mlops_levels(period, r->n);
	bool		swap = units < periods;
	int		   *place = order_by(swap ? period : unit, swap ? periods : units, r->n);
	mlops_panel p = {
		.n = r->n,
		.outer = reordered_levels(swap ? period : unit, place, r->n),
		.outers = swap ? periods : units,
		.inner = reordered_levels(swap ? unit : period, place, r->n),
		.inners = swap ? units : periods,
		.cluster = reordered_levels(r->cluster, place, r->n),
		.clusters = mlops_levels(r->cluster, r->n)
	};

	if (r->n == 0)
	{
		*reason = "there are no rows";
		return false;
	}
	if (p.inners > MLOPS_FE_MAX_INNER)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("panel has more than %d units and more than %d periods", MLOPS_FE_MAX_INNER, MLOPS_FE_MAX_INNER),
				 errhint("Group the periods, for example by week.")));
	CHECK_FOR_INTERRUPTS();
	if (mlops_fixed_effects(&p, r->terms, reordered_columns(r->x, place, r->n, r->terms),
							reordered_columns(r->y, place, r->n, 1),
							allocate(mlops_fixed_effects_work(&p, r->terms), sizeof(double)), result) == MLOPS_OK)
		return true;
	*reason = p.clusters < 2 ? "there is one cluster only" :
		r->n <= result->parameters ? "there are not more rows than effects" :
		"the treatment does not vary beside the effects and the other terms";
	return false;
}

static void
put_term(FunctionCallInfo fcinfo, int term, const char *variant, const panel_rows *r,
		 const mlops_fe_result *result, const char *reason, int64 excluded)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	const double *x = r->x + (size_t) term * r->n;
	Datum		value[1 + MLOPS_COMPARISON_COLUMNS];
	bool		isnull[1 + MLOPS_COMPARISON_COLUMNS] = {false};
	mlops_comparison c;
	int			treated = 0;

	for (int i = 0; i < r->n; i++)
		treated += x[i] != 0;
	c = MLOPS_NO_COMPARISON(r->n - treated, treated);
	c.variant = variant;
	c.reason = reason;
	if (reason == NULL)
	{
		c.estimate = result->estimate[term];
		c.standard_error = result->standard_error[term];
		mlops_compare_by_t(result->df, PG_GETARG_FLOAT8(9), mlops_alternative_argument(text_to_cstring(PG_GETARG_TEXT_PP(7))),
						   mlops_confidence_argument(PG_GETARG_FLOAT8(8)), &c);
	}
	value[0] = Int32GetDatum(term);
	mlops_comparison_values(text_to_cstring(PG_GETARG_TEXT_PP(6)), "absolute", &c, excluded, value + 1, isnull + 1);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, value, isnull);
}

/*
 * _panel_effects(outcome float8[], treatment float8[] (terms one after the
 * other), unit int[], period int[], cluster int[], effects text, method text,
 * alternative text, confidence, null_value, excluded): a row for each term.
 */
MLOPS_FUNCTION(mlops_panel_effects);
Datum
mlops_panel_effects(PG_FUNCTION_ARGS)
{
	panel_rows	r = {.n = -1};
	int			cells = -1;
	const char *name = text_to_cstring(PG_GETARG_TEXT_PP(5));
	mlops_fe_result result = {.df = NAN};
	const char *reason = NULL;

	r.y = mlops_float8_array_argument(fcinfo, 0, &r.n);
	r.x = mlops_float8_array_argument(fcinfo, 1, &cells);
	r.unit = mlops_int4_array_argument(fcinfo, 2, &r.n);
	r.period = mlops_int4_array_argument(fcinfo, 3, &r.n);
	r.cluster = mlops_int4_array_argument(fcinfo, 4, &r.n);
	r.terms = r.n > 0 ? cells / r.n : 1;
	if (r.n > 0 ? (cells % r.n != 0 || r.terms < 1 || r.terms > MLOPS_FE_MAX_TERMS) : cells != 0)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("treatment must have %d to %d times as many elements as outcome", 1, MLOPS_FE_MAX_TERMS)));
	InitMaterializedSRF(fcinfo, 0);
	fit(&r, effects_argument(name), &result, &reason);
	for (int term = 0; term < r.terms; term++)
		put_term(fcinfo, term, psprintf("%s effects, clustered", name), &r, &result, reason, PG_GETARG_INT64(10));
	return (Datum) 0;
}

/* ---------------------------------------------------------------------
 * over a query
 * --------------------------------------------------------------------- */

static const mlops_query_input panel_input[] = {
	{"unit", NULL, NULL},
	{"period", NULL, NULL},
	{"outcome", "float8", NULL},
	{"treatment", "float8", NULL},
	{"cluster", NULL, NULL}
};

/*
 * Rows with all columns known and finite, their levels numbered; terms beyond
 * the first are the treatment of earlier periods of the unit.
 */
static char *
panel_sql(FunctionCallInfo fcinfo, const char *method, const char *columns, int lags, int first)
{
	mlops_query_input input[lengthof(panel_input)];
	StringInfoData buf;
	char	   *effects_name = text_to_cstring(PG_GETARG_TEXT_PP(1));
	char	   *alternative = text_to_cstring(PG_GETARG_TEXT_PP(first));

	effects_argument(effects_name);
	mlops_alternative_argument(alternative);
	mlops_confidence_argument(PG_GETARG_FLOAT8(first + 1));
	memcpy(input, panel_input, sizeof(input));
	/* units are the clusters unless the query names others */
	input[4].otherwise = "NULL::pg_catalog.int4";
	initStringInfo(&buf);
	appendStringInfo(&buf, "WITH q AS MATERIALIZED (%s), known AS (SELECT *",
					 mlops_input_query(text_to_cstring(PG_GETARG_TEXT_PP(0)), input, lengthof(input), example));
	for (int i = 1; i <= lags; i++)
		appendStringInfo(&buf, ", pg_catalog.lag(treatment, %d) OVER (PARTITION BY unit ORDER BY period) AS lag%d", i, i);
	appendStringInfoString(&buf, " FROM q WHERE unit IS NOT NULL AND period IS NOT NULL AND outcome - outcome = 0 AND treatment - treatment = 0)"
						   ", used AS (SELECT *, pg_catalog.dense_rank() OVER (ORDER BY unit) AS u, pg_catalog.dense_rank() OVER (ORDER BY period) AS p"
						   ", pg_catalog.dense_rank() OVER (ORDER BY cluster, CASE WHEN cluster IS NULL THEN unit END) AS g FROM known WHERE true");
	for (int i = 1; i <= lags; i++)
		appendStringInfo(&buf, " AND lag%d IS NOT NULL", i);
	appendStringInfoString(&buf, "), a AS (SELECT pg_catalog.count(*) AS n, pg_catalog.array_agg(outcome) AS y, pg_catalog.array_agg(treatment)");
	for (int i = 1; i <= lags; i++)
		appendStringInfo(&buf, " || pg_catalog.array_agg(lag%d)", i);
	appendStringInfo(&buf, " AS x, pg_catalog.array_agg((u - 1)::int4) AS u, pg_catalog.array_agg((p - 1)::int4) AS p, pg_catalog.array_agg((g - 1)::int4) AS g"
					 " FROM (SELECT * FROM used ORDER BY u, p, outcome, treatment) AS s)"
					 " SELECT %s FROM a, LATERAL mlops._panel_effects(coalesce(y, '{}'), coalesce(x, '{}'), coalesce(u, '{}'), coalesce(p, '{}'), coalesce(g, '{}'), %s, %s, %s, %.17g, ",
					 columns, quote_literal_cstr(effects_name), quote_literal_cstr(method),
					 quote_literal_cstr(alternative), PG_GETARG_FLOAT8(first + 1));
	return buf.data;
}

#define COMPARISON_COLUMNS "e.method, e.effect, e.estimate, e.lower, e.upper, e.confidence, e.standard_error, e.statistic, e.df, " \
	"e.p_value, e.ln_p_value, e.n_control, e.n_treatment, e.control, e.treatment, e.ln_e_value, e.chance_to_win, " \
	"e.risk_control, e.risk_treatment, e.n_excluded, e.reason"
#define EXCLUDED "(SELECT pg_catalog.count(*) FROM q) - n) AS e ORDER BY e.term"

/* difference_in_differences(query, effects, alternative, confidence, null_value) */
MLOPS_FUNCTION(mlops_difference_in_differences_query);
Datum
mlops_difference_in_differences_query(PG_FUNCTION_ARGS)
{
	double		null_value = PG_GETARG_FLOAT8(4);
	char	   *sql;

	if (!isfinite(null_value))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("null_value must be finite")));
	SPI_connect();
	sql = panel_sql(fcinfo, "difference_in_differences", COMPARISON_COLUMNS, 0, 2);
	return mlops_query_row(fcinfo, psprintf("%s%.17g, %s", sql, null_value, EXCLUDED));
}

/* switchback_effects(query, effects, carry_over, alternative, confidence) */
MLOPS_FUNCTION(mlops_switchback_effects);
Datum
mlops_switchback_effects(PG_FUNCTION_ARGS)
{
	int			lags = PG_GETARG_INT32(2);
	char	   *sql;

	if (lags < 0 || lags > MAX_CARRY_OVER)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("carry_over must be from 0 to %d", MAX_CARRY_OVER),
				 errhint("It is the number of earlier windows whose treatment may still have an effect.")));
	SPI_connect();
	sql = panel_sql(fcinfo, "switchback_effects", "e.term, " COMPARISON_COLUMNS, lags, 3);
	return mlops_query_rows(fcinfo, psprintf("%s0, %s", sql, EXCLUDED));
}
