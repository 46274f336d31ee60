/*
 * staggered.c
 *		staggered_effects(query, ...): a treatment that units begin at different
 *		times.
 */
#include "compat.h"

#include "catalog/pg_type_d.h"
#include "executor/spi.h"
#include "experiment/comparison.h"
#include "experiment/over_query.h"
#include "experiment/panel.h"
#include "funcapi.h"
#include "kernel/experiment/staggered.h"
#include "kernel/special/special.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#define MAX_CELLS (1 << 27)		/* units x periods, 1 GB */
#define NO_PERIOD (-1)

/* What the panel is made into, and what comes out of it. */
typedef struct study
{
	mlops_cohorts c;
	double	   *cohort_units;	/* by first treated period */
	mlops_att  *att;			/* all that have an estimate */
	int			n_att;
	double	   *psi;			/* units */
	mlops_att  *chosen;			/* of a mean */
	double		confidence;
	int64		excluded;
	FunctionCallInfo fcinfo;
} study;

static bool
controls_argument(const char *name)
{
	if (strcmp(name, "not yet treated") == 0)
		return true;
	if (strcmp(name, "never treated") == 0)
		return false;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unrecognized controls \"%s\"", name),
			 errhint("Controls are \"not yet treated\" and \"never treated\".")));
}

static void
put(study *s, const char *kind, int cohort, int period, int event, bool has_event, const mlops_comparison *c)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) s->fcinfo->resultinfo;
	Datum		value[4 + MLOPS_COMPARISON_COLUMNS];
	bool		isnull[4 + MLOPS_COMPARISON_COLUMNS] = {false};

	value[0] = CStringGetTextDatum(kind);
	value[1] = Int32GetDatum(cohort);
	isnull[1] = cohort == NO_PERIOD;
	value[2] = Int32GetDatum(period);
	isnull[2] = period == NO_PERIOD;
	value[3] = Int32GetDatum(event);
	isnull[3] = !has_event;
	mlops_comparison_values("staggered_effects", "absolute", c, s->excluded, value + 4, isnull + 4);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, value, isnull);
}

static void
put_att(study *s, const mlops_att *a)
{
	mlops_comparison c = MLOPS_NO_COMPARISON(a->n_control, a->n_treatment);

	c.control = a->control;
	c.treatment = a->treatment;
	c.estimate = a->estimate;
	c.variant = s->c.not_yet ? "not yet treated" : "never treated";
	if (a->n_control == 0 || a->n_treatment == 0)
		c.reason = a->n_control == 0 ? "no unit is left as a control" : "no unit of the cohort was seen in both periods";
	else if (isnan(a->variance))
		c.reason = "a side has one unit only";
	else
	{
		c.standard_error = sqrt(a->variance);
		mlops_compare_by_t(a->df, 0, MLOPS_TWO_SIDED, s->confidence, &c);
	}
	put(s, "cohort and period", a->cohort, a->period, a->period - a->cohort, true, &c);
}

/* The mean of the chosen effects; false when there are none with a variance. */
static bool
mean_of_chosen(study *s, int n, double *psi, mlops_comparison *c)
{
	double		treated = 0;
	double	   *seen = palloc0(((size_t) s->c.periods + 1) * sizeof(double));

	CHECK_FOR_INTERRUPTS();
	for (int k = 0; k < n; k++)
	{
		if (seen[s->chosen[k].cohort]++ == 0)
			treated += s->cohort_units[s->chosen[k].cohort];
	}
	pfree(seen);
	/* units that were treated all the time are not in it */
	*c = MLOPS_NO_COMPARISON(s->c.units - s->cohort_units[0] - treated, treated);
	c->variant = s->c.not_yet ? "not yet treated" : "never treated";
	if (n == 0)
	{
		c->reason = "no cohort and period has an estimate with a variance";
		return false;
	}
	mlops_att_mean(&s->c, s->chosen, n, s->cohort_units, psi, &c->estimate, &c->standard_error);
	mlops_compare_by_t(INFINITY, 0, MLOPS_TWO_SIDED, s->confidence, c);
	return true;
}

/* Those with a variance of a cohort (or any), a period (or any), an event time if asked for. */
static int
choose(study *s, int cohort, int period, int event, bool by_event)
{
	int			n = 0;

	for (int k = 0; k < s->n_att; k++)
	{
		const mlops_att *a = &s->att[k];

		if (isnan(a->variance) || (cohort != NO_PERIOD && a->cohort != cohort) ||
			(period != NO_PERIOD && a->period != period) ||
			(by_event ? a->period - a->cohort != event : a->period < a->cohort))
			continue;
		s->chosen[n++] = *a;
	}
	return n;
}

static void
put_means(study *s)
{
	mlops_comparison c;

	for (int event = 1 - s->c.periods; event < s->c.periods; event++)
	{
		int			n = choose(s, NO_PERIOD, NO_PERIOD, event, true);

		if (n > 0 && mean_of_chosen(s, n, s->psi, &c))
			put(s, "event time", NO_PERIOD, NO_PERIOD, event, true, &c);
	}
	for (int g = 1; g < s->c.periods; g++)
	{
		int			n = choose(s, g, NO_PERIOD, 0, false);

		if (n > 0 && mean_of_chosen(s, n, s->psi, &c))
			put(s, "cohort", g, NO_PERIOD, 0, false, &c);
	}
	for (int t = 1; t < s->c.periods; t++)
	{
		int			n = choose(s, NO_PERIOD, t, 0, false);

		if (n > 0 && mean_of_chosen(s, n, s->psi, &c))
			put(s, "period", NO_PERIOD, t, 0, false, &c);
	}
	mean_of_chosen(s, choose(s, NO_PERIOD, NO_PERIOD, 0, false), s->psi, &c);
	put(s, "overall", NO_PERIOD, NO_PERIOD, 0, false, &c);
}

/* Joint test that the effects by event time before the treatment are 0. */
static void
put_pre_trend(study *s)
{
	int			most = Max(s->c.periods - 2, 1);
	double	   *psi;
	double	   *estimate = palloc(most * sizeof(double));
	double		df;
	mlops_tails tails;
	mlops_comparison one;
	mlops_comparison c = MLOPS_NO_COMPARISON(0, 0);
	int			m = 0;

	if ((size_t) most * s->c.units > MAX_CELLS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("panel is too large")));
	psi = palloc_extended((size_t) most * Max(s->c.units, 1) * sizeof(double), MCXT_ALLOC_HUGE);
	for (int event = 1 - s->c.periods; event < -1; event++)
	{
		int			n = choose(s, NO_PERIOD, NO_PERIOD, event, true);

		if (n == 0 || !mean_of_chosen(s, n, psi + (size_t) m * s->c.units, &one))
			continue;
		estimate[m++] = one.estimate;
	}
	for (int u = 0; u < s->c.units; u++)
		*(s->c.cohort[u] == MLOPS_NEVER_TREATED ? &c.n_control : &c.n_treatment) += s->c.cohort[u] != 0;
	c.variant = "pre-trend, Wald chi-square";
	if (m == 0)
		c.reason = "no cohort has periods before the base";
	else if (mlops_wald_test(m, s->c.units, estimate, psi, palloc((size_t) m * (m + 1) * sizeof(double)),
							 &c.statistic, &df) != MLOPS_OK ||
			 mlops_chi2_tails(c.statistic, df, &tails) != MLOPS_OK)
	{
		c.statistic = NAN;
		c.reason = "the values do not vary";
	}
	else
	{
		c.df = df;
		c.p = tails.upper;
		c.ln_p = tails.ln_upper;
	}
	put(s, "pre-trend", NO_PERIOD, NO_PERIOD, 0, false, &c);
}

/* The panel as a matrix; rows of units treated from the first period on are left out. */
static void
read_panel(study *s, FunctionCallInfo fcinfo)
{
	int			n = -1;
	int			units = -1;
	const double *y = mlops_float8_array_argument(fcinfo, 0, &n);
	const int32 *unit = mlops_int4_array_argument(fcinfo, 1, &n);
	const int32 *period = mlops_int4_array_argument(fcinfo, 2, &n);
	const int32 *first = mlops_int4_array_argument(fcinfo, 3, &units);
	int32	   *cohort = palloc(Max(units, 1) * sizeof(int32));
	double	   *matrix;

	s->c.units = units;
	s->c.periods = mlops_levels(period, n);
	if (mlops_levels(unit, n) > units)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("first_treated must have an element for each unit")));
	if ((size_t) units * Max(s->c.periods, 1) > MAX_CELLS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("panel of %d units and %d periods is too large", units, s->c.periods),
				 errhint("Group the periods, for example by week.")));
	s->cohort_units = palloc0(((size_t) s->c.periods + 1) * sizeof(double));
	for (int u = 0; u < units; u++)
	{
		cohort[u] = first[u] < 0 || first[u] >= s->c.periods ? MLOPS_NEVER_TREATED : first[u];
		if (cohort[u] != MLOPS_NEVER_TREATED)
			s->cohort_units[cohort[u]]++;
	}
	matrix = palloc_extended(Max((size_t) units * s->c.periods, 1) * sizeof(double), MCXT_ALLOC_HUGE);
	for (size_t i = 0; i < (size_t) units * s->c.periods; i++)
		matrix[i] = NAN;
	for (int i = 0; i < n; i++)
	{
		double	   *cell = &matrix[(size_t) unit[i] * s->c.periods + period[i]];

		if (!isnan(*cell))
			ereport(ERROR,
					(errcode(ERRCODE_CARDINALITY_VIOLATION),
					 errmsg("a unit has more than one row in a period"),
					 errhint("Group by unit and period first.")));
		if (cohort[unit[i]] == 0)
			s->excluded++;
		else
			*cell = y[i];
	}
	s->c.y = matrix;
	s->c.cohort = cohort;
}

/*
 * _staggered_effects(outcome float8[], unit int[], period int[], first_treated
 * int[] (of each unit; negative or beyond the periods: never), controls text,
 * confidence, excluded)
 */
MLOPS_FUNCTION(mlops_staggered_effects_of);
Datum
mlops_staggered_effects_of(PG_FUNCTION_ARGS)
{
	study		s = {
		.c.not_yet = controls_argument(text_to_cstring(PG_GETARG_TEXT_PP(4))),
		.confidence = mlops_confidence_argument(PG_GETARG_FLOAT8(5)),
		.excluded = PG_GETARG_INT64(6),
		.fcinfo = fcinfo
	};
	int			cohorts = 0;

	InitMaterializedSRF(fcinfo, 0);
	read_panel(&s, fcinfo);
	for (int g = 1; g < s.c.periods; g++)
		cohorts += s.cohort_units[g] > 0;
	s.att = palloc_extended(Max((size_t) cohorts * s.c.periods, 1) * sizeof(mlops_att), MCXT_ALLOC_HUGE);
	s.chosen = palloc_extended(Max((size_t) cohorts * s.c.periods, 1) * sizeof(mlops_att), MCXT_ALLOC_HUGE);
	s.psi = palloc_extended(Max((size_t) s.c.units, 1) * sizeof(double), MCXT_ALLOC_HUGE);
	for (int g = 1; g < s.c.periods; g++)
		for (int t = 0; t < s.c.periods && s.cohort_units[g] > 0; t++)
		{
			CHECK_FOR_INTERRUPTS();
			if (t == g - 1)
				continue;
			mlops_att_of(&s.c, g, t, &s.att[s.n_att]);
			put_att(&s, &s.att[s.n_att++]);
		}
	put_means(&s);
	put_pre_trend(&s);
	return (Datum) 0;
}

/* staggered_effects(query, controls, confidence) */
MLOPS_FUNCTION(mlops_staggered_effects);
Datum
mlops_staggered_effects(PG_FUNCTION_ARGS)
{
	static const mlops_query_input input[] = {
		{"unit", NULL, NULL},
		{"period", NULL, NULL},
		{"outcome", "float8", NULL},
		{"first_treated", NULL, NULL}
	};
	char	   *controls = text_to_cstring(PG_GETARG_TEXT_PP(1));
	double		confidence = mlops_confidence_argument(PG_GETARG_FLOAT8(2));
	char	   *q;

	controls_argument(controls);
	SPI_connect();
	q = mlops_input_query(text_to_cstring(PG_GETARG_TEXT_PP(0)), input, lengthof(input),
						  "SELECT store AS unit, week AS period, sales AS outcome, began AS first_treated FROM store_weeks");
	return mlops_query_rows(fcinfo, psprintf(
		"WITH q AS MATERIALIZED (%s)"
		", known AS MATERIALIZED (SELECT * FROM q WHERE unit IS NOT NULL AND period IS NOT NULL AND outcome - outcome = 0)"
		", periods AS MATERIALIZED (SELECT period, (pg_catalog.row_number() OVER (ORDER BY period) - 1)::int4 AS p FROM (SELECT DISTINCT period FROM known) AS d)"
		", units AS MATERIALIZED (SELECT unit, (pg_catalog.row_number() OVER (ORDER BY unit) - 1)::int4 AS u, pg_catalog.min(first_treated) AS f,"
		" mlops._one_cohort(pg_catalog.count(DISTINCT first_treated) + CASE WHEN pg_catalog.count(*) > pg_catalog.count(first_treated) THEN 1 ELSE 0 END) AS one FROM known GROUP BY unit)"
		", began AS (SELECT f, (SELECT pg_catalog.count(*) FROM periods WHERE period < f)::int4 AS c FROM (SELECT DISTINCT f FROM units) AS d WHERE f IS NOT NULL)"
		", cohorts AS (SELECT pg_catalog.array_agg(c) AS c FROM (SELECT coalesce(c, -1) AS c FROM units LEFT JOIN began USING (f) WHERE one ORDER BY u) AS o)"
		", a AS (SELECT pg_catalog.count(*) AS n, pg_catalog.array_agg(outcome) AS y, pg_catalog.array_agg(u) AS u, pg_catalog.array_agg(p) AS p"
		" FROM (SELECT outcome, u, p FROM known JOIN units USING (unit) JOIN periods USING (period) ORDER BY u, p) AS s)"
		" SELECT e.kind, g.period::text, t.period::text, e.event_time, e.method, e.effect, e.estimate, e.lower, e.upper, e.confidence, e.standard_error, e.statistic, e.df,"
		" e.p_value, e.ln_p_value, e.n_control, e.n_treatment, e.control, e.treatment, e.ln_e_value, e.chance_to_win,"
		" e.risk_control, e.risk_treatment, e.n_excluded, e.reason"
		" FROM a, cohorts, LATERAL mlops._staggered_effects(coalesce(y, '{}'), coalesce(u, '{}'), coalesce(p, '{}'), coalesce(c, '{}'), %s, %.17g,"
		" (SELECT pg_catalog.count(*) FROM q) - n) WITH ORDINALITY AS e LEFT JOIN periods AS g ON g.p = e.cohort LEFT JOIN periods AS t ON t.p = e.period_no ORDER BY e.ordinality",
		q, quote_literal_cstr(controls), confidence));
}

/* _one_cohort(first treated periods of a unit): true, or an error. */
MLOPS_FUNCTION(mlops_one_cohort);
Datum
mlops_one_cohort(PG_FUNCTION_ARGS)
{
	if (PG_GETARG_INT64(0) != 1)
		ereport(ERROR,
				(errcode(ERRCODE_CARDINALITY_VIOLATION),
				 errmsg("a unit has more than one first_treated"),
				 errhint("first_treated must be the same in all rows of a unit; NULL for units that are never treated.")));
	PG_RETURN_BOOL(true);
}
