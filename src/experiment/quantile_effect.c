/*
 * quantile_effect.c
 *		quantile_effect(query, ...): the difference of a quantile.
 */
#include "compat.h"

#include "access/htup_details.h"
#include "catalog/pg_type_d.h"
#include "drift/query.h"
#include "executor/spi.h"
#include "experiment/arms.h"
#include "experiment/comparison.h"
#include "experiment/over_query.h"
#include "funcapi.h"
#include "kernel/experiment/quantile_effect.h"

#include "utils/builtins.h"

/* _quantile_neighbours(share, rows, clusters moments or NULL) -> (lower, upper, reason) */
MLOPS_FUNCTION(mlops_quantile_neighbours_of);
Datum
mlops_quantile_neighbours_of(PG_FUNCTION_ARGS)
{
	TupleDesc	desc;
	Datum		value[3] = {0};
	bool		isnull[3] = {true, true, true};
	mlops_arm	arm;
	bool		clustered = !PG_ARGISNULL(2);
	double		share = PG_ARGISNULL(0) ? NAN : PG_GETARG_FLOAT8(0);
	int64		rows = PG_ARGISNULL(1) ? 0 : PG_GETARG_INT64(1);
	double		lower;
	double		upper;
	const char *reason = NULL;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	arm = mlops_arm_of(clustered ? PG_GETARG_MLOPS_MOMENTS(2) : NULL);
	if (!(share > 0 && share < 1) || (clustered && arm.variables != 2))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("quantile must be between 0 and 1")));
	if (rows < 1)
		reason = "an arm has no rows";
	else
		mlops_quantile_neighbours(share, (double) rows, clustered ? &arm : NULL, &lower, &upper, &reason);
	if (reason != NULL)
	{
		value[2] = CStringGetTextDatum(reason);
		isnull[2] = false;
	}
	else
	{
		value[0] = Float8GetDatum(lower);
		value[1] = Float8GetDatum(upper);
		isnull[0] = isnull[1] = false;
	}
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), value, isnull));
}

static bool
effect_argument(const char *name)
{
	if (strcmp(name, "relative") == 0)
		return true;
	if (strcmp(name, "absolute") == 0)
		return false;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unrecognized effect \"%s\"", name),
			 errhint("Effects of a quantile are \"absolute\" and \"relative\".")));
}

static double
float8_or_nan(FunctionCallInfo fcinfo, int i)
{
	return PG_ARGISNULL(i) ? NAN : PG_GETARG_FLOAT8(i);
}

/*
 * _quantile_effect(control: quantile, lower, upper, units; treatment: the same;
 * reason, effect, alternative, confidence, clustered, excluded)
 */
MLOPS_FUNCTION(mlops_quantile_effect_of);
Datum
mlops_quantile_effect_of(PG_FUNCTION_ARGS)
{
	mlops_quantile_arm arm[2];
	const char *effect;
	mlops_alternative alternative;
	double		confidence;
	bool		relative;
	mlops_comparison c;
	double		df;

	/* not strict, because arms may have nothing */
	for (int i = 9; i <= 13; i++)
		if (PG_ARGISNULL(i))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("an option must not be null")));
	effect = text_to_cstring(PG_GETARG_TEXT_PP(9));
	alternative = mlops_alternative_argument(text_to_cstring(PG_GETARG_TEXT_PP(10)));
	confidence = mlops_confidence_argument(PG_GETARG_FLOAT8(11));
	relative = effect_argument(effect);
	for (int i = 0; i < 2; i++)
		arm[i] = (mlops_quantile_arm) {float8_or_nan(fcinfo, 4 * i), float8_or_nan(fcinfo, 4 * i + 1),
			float8_or_nan(fcinfo, 4 * i + 2), PG_ARGISNULL(4 * i + 3) ? 0 : (double) PG_GETARG_INT64(4 * i + 3)};
	if (!PG_ARGISNULL(8))
	{
		c = MLOPS_NO_COMPARISON(arm[0].units, arm[1].units);
		c.control = arm[0].quantile;
		c.treatment = arm[1].quantile;
		if (!relative)
			c.estimate = c.treatment - c.control;
		c.reason = text_to_cstring(PG_GETARG_TEXT_PP(8));
	}
	else
	{
		if (mlops_quantile_effect(&arm[0], &arm[1], relative, &c, &df) == MLOPS_OK)
			mlops_compare_by_t(df, 0, alternative, confidence, &c);
		/* an estimate without a standard error, too */
		if (relative)
			mlops_quantile_to_relative(&c);
	}
	c.variant = PG_GETARG_BOOL(12) ? relative ? "clustered, log ratio" : "clustered" : relative ? "log ratio" : NULL;
	return mlops_comparison_row(fcinfo, "quantile_effect", effect, &c, PG_GETARG_INT64(13));
}

/* quantile_effect(query, quantile, effect, alternative, confidence) */
MLOPS_FUNCTION(mlops_quantile_effect_query);
Datum
mlops_quantile_effect_query(PG_FUNCTION_ARGS)
{
	static const mlops_query_input input[] = {
		{"value", "float8", NULL},
		{"treatment", "bool", NULL},
		{"unit", NULL, "NULL::pg_catalog.int4"}
	};
	static const char *const example = "SELECT latency AS value, variant = ''new'' AS treatment, user_id AS unit FROM requests";
	char	   *query = text_to_cstring(PG_GETARG_TEXT_PP(0));
	double		share = PG_GETARG_FLOAT8(1);
	char	   *effect = text_to_cstring(PG_GETARG_TEXT_PP(2));
	char	   *alternative = text_to_cstring(PG_GETARG_TEXT_PP(3));
	double		confidence = mlops_confidence_argument(PG_GETARG_FLOAT8(4));
	bool		clustered;
	char	   *q;
	char	   *sql;

	if (!(share > 0 && share < 1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("quantile must be between 0 and 1"),
				 errhint("The median is 0.5.")));
	effect_argument(effect);
	mlops_alternative_argument(alternative);
	SPI_connect();
	clustered = mlops_query_column(mlops_query_result(query, example), "unit") >= 0;
	q = mlops_input_query(query, input, lengthof(input), example);
	sql = psprintf(
		"WITH q AS MATERIALIZED (%s)"
		", known AS MATERIALIZED (SELECT * FROM q WHERE value - value = 0 AND treatment IS NOT NULL%s)"
		", arm AS MATERIALIZED (SELECT treatment, pg_catalog.count(*) AS n, pg_catalog.percentile_cont(%.17g) WITHIN GROUP (ORDER BY value) AS point FROM known GROUP BY treatment)"
		", clusters AS (SELECT treatment, pg_catalog.count(*) AS units, mlops.moments(below, n) AS m FROM"
		" (SELECT k.treatment, pg_catalog.count(*) FILTER (WHERE k.value <= a.point)::pg_catalog.float8 AS below, pg_catalog.count(*)::pg_catalog.float8 AS n"
		" FROM known AS k JOIN arm AS a ON a.treatment = k.treatment WHERE %s GROUP BY k.treatment, k.unit) AS s GROUP BY treatment)"
		", at AS MATERIALIZED (SELECT a.treatment, a.point, coalesce(c.units, a.n) AS units, b.lower, b.upper, b.reason"
		" FROM arm AS a LEFT JOIN clusters AS c ON c.treatment = a.treatment, LATERAL mlops._quantile_neighbours(%.17g, a.n, c.m) AS b)"
		", near AS MATERIALIZED (SELECT a.treatment, a.point, a.units, a.reason, pg_catalog.percentile_cont(ARRAY[a.lower, a.upper]) WITHIN GROUP (ORDER BY k.value) AS v"
		" FROM at AS a JOIN known AS k ON k.treatment = a.treatment GROUP BY a.treatment, a.point, a.units, a.reason, a.lower, a.upper)"
		", c AS (SELECT * FROM near WHERE NOT treatment), t AS (SELECT * FROM near WHERE treatment)"
		" SELECT e.* FROM (VALUES (1)) AS one LEFT JOIN c ON true LEFT JOIN t ON true, LATERAL mlops._quantile_effect("
		"c.point, c.v[1], c.v[2], c.units, t.point, t.v[1], t.v[2], t.units,"
		" CASE WHEN c.units IS NULL OR t.units IS NULL THEN 'an arm has no rows' ELSE coalesce(c.reason, t.reason) END,"
		" %s, %s, %.17g, %s, (SELECT pg_catalog.count(*) FROM q) - (SELECT pg_catalog.count(*) FROM known)) AS e",
		q, clustered ? " AND unit IS NOT NULL" : "", share, clustered ? "true" : "false", share,
		quote_literal_cstr(effect), quote_literal_cstr(alternative), confidence, clustered ? "true" : "false");
	return mlops_query_row(fcinfo, sql);
}
