/*
 * simultaneous.c
 *		SQL functions: intervals of several effects, and the gate.
 */
#include "experiment/comparison.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "drift/result.h"
#include "funcapi.h"
#include "kernel/experiment/gate.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

MLOPS_FUNCTION(mlops_simultaneous_rows);
MLOPS_FUNCTION(mlops_gate_of);

#define INTERVAL_COLUMNS 12
#define GATE_COLUMNS 11

/* Each costs a few quantiles; Dunnett's, times their number, up to a tenth of a second. */
#define MAX_EFFECTS 100000
#define MAX_DUNNETT 50

/* Argument n as doubles: missing where it or an element is NULL; it must have `count` elements, or any when that is -1. */
static double *
numbers_argument(FunctionCallInfo fcinfo, int n, const char *name, int *count, double missing)
{
	double	   *x;
	Datum	   *item;
	bool	   *isnull;
	int			have;

	if (PG_ARGISNULL(n))
	{
		x = palloc(sizeof(double) * Max(*count, 1));
		for (int i = 0; i < *count; i++)
			x[i] = missing;
		return x;
	}
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(n), FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE,
					  &item, &isnull, &have);
	if (*count >= 0 && have != *count)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("arrays must have one element for each effect"),
				 errdetail("There are %d estimates, and %d elements in %s.", *count, have, name)));
	if (have > MAX_EFFECTS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many effects"),
				 errdetail("At most %d are possible.", MAX_EFFECTS)));
	*count = have;
	x = palloc(sizeof(double) * Max(have, 1));
	for (int i = 0; i < have; i++)
		x[i] = isnull[i] ? missing : DatumGetFloat8(item[i]);
	return x;
}

static void
not_null(FunctionCallInfo fcinfo, int n, const char *name)
{
	if (PG_ARGISNULL(n))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not be null", name),
				 errhint("Leave an argument out to have its default.")));
}

static mlops_simultaneous_method
method_by_name(const char *name)
{
	static const char *const known[] = {"none", "bonferroni", "sidak", "holm", "fcr", "dunnett"};

	for (int i = 0; i < lengthof(known); i++)
		if (pg_strcasecmp(known[i], name) == 0)
			return (mlops_simultaneous_method) i;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown method of simultaneous intervals \"%s\"", name),
			 errdetail("The intervals of p-values that were adjusted by Benjamini and Hochberg's method are those of \"fcr\"; there are none for Hochberg's and Hommel's."),
			 errhint("Methods are none, bonferroni, sidak, holm, fcr and dunnett.")));
}

/* What the kernel refuses, said in words. */
static void
check_method(const mlops_simultaneous *s, bool weights, bool control)
{
	if (s->method == MLOPS_SIMULTANEOUS_HOLM && s->alternative == MLOPS_TWO_SIDED)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("Holm's method has no two-sided intervals"),
				 errhint("Use the alternative \"greater\" or \"less\", or the method bonferroni.")));
	if (weights && s->method != MLOPS_SIMULTANEOUS_BONFERRONI)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("weights apply to the method bonferroni only")));
	if (control != (s->method == MLOPS_SIMULTANEOUS_DUNNETT))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 control ? errmsg("control_standard_error applies to the method dunnett only") :
				 errmsg("the method dunnett needs control_standard_error"),
				 errhint("It is the standard error of the control's level, which all effects share.")));
}

static void
breathe(void)
{
	CHECK_FOR_INTERRUPTS();
}

/* simultaneous_intervals(estimates, standard_errors, method, confidence, alternative, df, null_values, weights, control_standard_error) */
Datum
mlops_simultaneous_rows(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	mlops_simultaneous s = {0};
	mlops_effect_interval *e;
	int			n = -1;
	double	   *column[5];
	const char *name;
	mlops_status status;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		return (Datum) 0;
	not_null(fcinfo, 2, "method");
	not_null(fcinfo, 3, "confidence");
	not_null(fcinfo, 4, "alternative");
	name = text_to_cstring(PG_GETARG_TEXT_PP(2));
	s.method = method_by_name(name);
	s.confidence = mlops_confidence_argument(PG_GETARG_FLOAT8(3));
	s.alternative = mlops_alternative_argument(text_to_cstring(PG_GETARG_TEXT_PP(4)));
	column[0] = numbers_argument(fcinfo, 0, "estimates", &n, (double) NAN);
	column[1] = numbers_argument(fcinfo, 1, "standard_errors", &n, (double) NAN);
	column[2] = numbers_argument(fcinfo, 5, "df", &n, INFINITY);
	column[3] = numbers_argument(fcinfo, 6, "null_values", &n, 0);
	column[4] = numbers_argument(fcinfo, 7, "weights", &n, PG_ARGISNULL(7) ? (double) NAN : 0);
	check_method(&s, !PG_ARGISNULL(7), !PG_ARGISNULL(8));
	s.df = INFINITY;
	if (s.method == MLOPS_SIMULTANEOUS_DUNNETT)
	{
		s.control_se = PG_GETARG_FLOAT8(8);
		s.breathe = breathe;
		/* the effects share one estimate of the deviation: the least certain one */
		for (int i = 0; i < n; i++)
			if (!isnan(column[0][i]))
				s.df = Min(s.df, column[2][i]);
		if (n > MAX_DUNNETT)
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("too many effects for the method dunnett"),
					 errdetail("At most %d are possible.", MAX_DUNNETT)));
	}
	e = palloc(sizeof(mlops_effect_interval) * Max(n, 1));
	for (int i = 0; i < n; i++)
		e[i] = (mlops_effect_interval) {.estimate = column[0][i], .standard_error = column[1][i], .df = column[2][i],
			.null_value = column[3][i], .weight = column[4][i]};
	status = mlops_simultaneous_intervals(&s, e, n, palloc(sizeof(size_t) * Max(2 * n, 1)), palloc(sizeof(double) * Max(4 * n, 1)));
	if (status == MLOPS_DOMAIN)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("arguments do not fit the method"),
				 errdetail("Weights are not negative and sum to at most 1; null values are finite; with dunnett df is at least 1 and the standard error of an effect larger than that of the control.")));
	if (status != MLOPS_OK)
		elog(ERROR, "simultaneous intervals did not converge");
	for (int i = 0; i < n; i++)
	{
		const double number[] = {e[i].estimate, e[i].lower, e[i].upper, e[i].statistic, isinf(e[i].df) ? (double) NAN : e[i].df,
		e[i].p, e[i].ln_p, e[i].p_adjusted};
		Datum		value[INTERVAL_COLUMNS];
		bool		isnull[INTERVAL_COLUMNS] = {false};

		value[0] = Int32GetDatum(i + 1);
		value[1] = CStringGetTextDatum(name);
		for (int j = 0; j < lengthof(number); j++)
			value[2 + j] = mlops_float8_or_null(number[j], &isnull[2 + j]);
		value[10] = BoolGetDatum(e[i].rejected);
		isnull[10] = e[i].reason != NULL;
		isnull[11] = e[i].reason == NULL;
		value[11] = e[i].reason ? CStringGetTextDatum(e[i].reason) : (Datum) 0;
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, value, isnull);
	}
	return (Datum) 0;
}

static const char *
verdict_name(mlops_gate_role role, mlops_gate_verdict verdict)
{
	switch (verdict)
	{
		case MLOPS_GATE_GOOD:
			return role == MLOPS_GATE_SUCCESS ? "better" : "non-inferior";
		case MLOPS_GATE_BAD:
			return role == MLOPS_GATE_SUCCESS ? "worse" : "inferior";
		case MLOPS_GATE_NO_RESULT:
			return "no result";
		case MLOPS_GATE_INCONCLUSIVE:
			break;
	}
	return "inconclusive";
}

/* Texts of an array argument, none of them NULL. */
static char **
texts_argument(FunctionCallInfo fcinfo, int n, const char *name, int count)
{
	Datum	   *item;
	bool	   *isnull;
	int			have;
	char	  **s;

	deconstruct_array(PG_GETARG_ARRAYTYPE_P(n), TEXTOID, -1, false, TYPALIGN_INT, &item, &isnull, &have);
	if (have != count)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("arrays must have one element for each effect"),
				 errdetail("There are %d estimates, and %d elements in %s.", count, have, name)));
	s = palloc(sizeof(char *) * Max(have, 1));
	for (int i = 0; i < have; i++)
	{
		if (isnull[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("%s must not contain nulls", name)));
		s[i] = TextDatumGetCString(item[i]);
	}
	return s;
}

/* Why the whole is what it is: the metrics that decide. */
static char *
overall_reason(const mlops_gate_metric *m, char **name, int n, mlops_gate_verdict verdict)
{
	StringInfoData buf;
	bool		better = false;

	initStringInfo(&buf);
	for (int i = 0; i < n; i++)
		better |= m[i].role == MLOPS_GATE_SUCCESS && m[i].verdict == MLOPS_GATE_GOOD;
	for (int i = 0; i < n; i++)
	{
		bool		tells;

		if (verdict == MLOPS_GATE_BAD)
			tells = m[i].verdict == MLOPS_GATE_BAD;
		else if (verdict == MLOPS_GATE_GOOD)
			tells = m[i].role == MLOPS_GATE_SUCCESS && m[i].verdict == MLOPS_GATE_GOOD;
		else
			tells = m[i].verdict != MLOPS_GATE_GOOD && !(better && m[i].role == MLOPS_GATE_SUCCESS);
		if (tells)
			appendStringInfo(&buf, "%s%s: %s", buf.len > 0 ? "; " : "", name[i], verdict_name(m[i].role, m[i].verdict));
	}
	return buf.len > 0 ? buf.data : "all guardrails are non-inferior";
}

/* The arguments of gate(), as metrics; names in *name. */
static mlops_gate_metric *
gate_metrics(FunctionCallInfo fcinfo, int *n, char ***name)
{
	double	   *estimate = numbers_argument(fcinfo, 2, "estimates", n, (double) NAN);
	double	   *se = numbers_argument(fcinfo, 3, "standard_errors", n, (double) NAN);
	double	   *margin = numbers_argument(fcinfo, 4, "margins", n, (double) NAN);
	double	   *df = numbers_argument(fcinfo, 6, "df", n, INFINITY);
	double	   *weight = numbers_argument(fcinfo, 9, "weights", n, (double) NAN);
	char	  **role = texts_argument(fcinfo, 1, "roles", *n);
	mlops_gate_metric *m = palloc0(sizeof(mlops_gate_metric) * Max(*n, 1));
	Datum	   *higher = NULL;
	bool	   *isnull = NULL;

	*name = texts_argument(fcinfo, 0, "metrics", *n);
	if (!PG_ARGISNULL(5))
	{
		int			have;

		deconstruct_array(PG_GETARG_ARRAYTYPE_P(5), BOOLOID, sizeof(bool), true, TYPALIGN_CHAR, &higher, &isnull, &have);
		if (have != *n)
			ereport(ERROR,
					(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
					 errmsg("arrays must have one element for each effect"),
					 errdetail("There are %d estimates, and %d elements in %s.", *n, have, "higher_is_better")));
	}
	for (int i = 0; i < *n; i++)
	{
		bool		guardrail = strcmp(role[i], "guardrail") == 0;

		if (!guardrail && strcmp(role[i], "success") != 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("unrecognized role \"%s\"", role[i]),
					 errhint("Roles are \"success\" and \"guardrail\".")));
		if (guardrail && !(margin[i] >= 0 && isfinite(margin[i])))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("a guardrail needs a margin that is not negative"),
					 errdetail("Metric \"%s\" has none.", (*name)[i]),
					 errhint("The margin is by how much the metric may be worse, on the scale of its estimate.")));
		m[i] = (mlops_gate_metric) {.role = guardrail ? MLOPS_GATE_GUARDRAIL : MLOPS_GATE_SUCCESS,
			.higher_is_better = higher == NULL || isnull[i] || DatumGetBool(higher[i]),
			.estimate = estimate[i], .standard_error = se[i], .df = df[i], .margin = guardrail ? margin[i] : 0,
			.weight = weight[i]};
	}
	return m;
}

static void
put_metric(ReturnSetInfo *rsinfo, const mlops_gate_metric *m, const char *name)
{
	const double number[] = {m->estimate, m->bound, m->threshold, m->statistic, m->p, m->p_adjusted, m->p_worse};
	Datum		value[GATE_COLUMNS];
	bool		isnull[GATE_COLUMNS] = {false};

	value[0] = CStringGetTextDatum(name);
	value[1] = CStringGetTextDatum(m->role == MLOPS_GATE_SUCCESS ? "success" : "guardrail");
	for (int j = 0; j < lengthof(number); j++)
		value[2 + j] = mlops_float8_or_null(number[j], &isnull[2 + j]);
	value[9] = CStringGetTextDatum(verdict_name(m->role, m->verdict));
	isnull[10] = m->reason == NULL;
	value[10] = m->reason ? CStringGetTextDatum(m->reason) : (Datum) 0;
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, value, isnull);
}

/* gate(metrics, roles, estimates, standard_errors, margins, higher_is_better, df, alpha, correction, weights) */
Datum
mlops_gate_of(PG_FUNCTION_ARGS)
{
	static const char *const required[] = {"metrics", "roles", "estimates", "standard_errors"};
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	int			n = -1;
	char	  **name;
	char	   *correction;
	mlops_gate_metric *m;
	mlops_gate_verdict verdict = MLOPS_GATE_INCONCLUSIVE;
	mlops_status status;
	Datum		value[GATE_COLUMNS] = {0};
	bool		isnull[GATE_COLUMNS];

	for (int i = 0; i < lengthof(required); i++)
		not_null(fcinfo, i, required[i]);
	not_null(fcinfo, 7, "alpha");
	not_null(fcinfo, 8, "correction");
	correction = text_to_cstring(PG_GETARG_TEXT_PP(8));
	if (strcmp(correction, "holm") != 0 && strcmp(correction, "bonferroni") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unrecognized correction \"%s\"", correction),
				 errhint("Corrections are \"holm\" and \"bonferroni\".")));
	InitMaterializedSRF(fcinfo, 0);
	m = gate_metrics(fcinfo, &n, &name);
	status = mlops_gate(m, n, PG_GETARG_FLOAT8(7), strcmp(correction, "holm") == 0,
						palloc(sizeof(mlops_effect_interval) * Max(n, 1)), palloc(sizeof(size_t) * Max(2 * n, 1)),
						palloc(sizeof(double) * Max(4 * n, 1)), &verdict);
	if (status == MLOPS_DOMAIN)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("arguments do not fit the gate"),
				 errdetail("alpha is between 0 and 0.5; weights are of success metrics, not negative, sum to at most 1, and need the correction bonferroni.")));
	if (status != MLOPS_OK && status != MLOPS_EMPTY)
		elog(ERROR, "gate did not converge");
	for (int i = 0; i < n; i++)
		put_metric(rsinfo, &m[i], name[i]);

	memset(isnull, true, sizeof(isnull));
	isnull[1] = isnull[9] = isnull[10] = false;
	value[1] = CStringGetTextDatum("overall");
	value[9] = CStringGetTextDatum(verdict == MLOPS_GATE_GOOD ? "pass" : verdict == MLOPS_GATE_BAD ? "fail" : "inconclusive");
	value[10] = CStringGetTextDatum(n == 0 ? "no metrics" : overall_reason(m, name, n, verdict));
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, value, isnull);
	return (Datum) 0;
}
