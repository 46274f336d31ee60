/*
 * sample_ratio.c
 *		mlops.sample_ratio_evidence: input and output, constructor, looks,
 *		phases, accessors.
 */
#include "types/sample_ratio.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

MLOPS_FUNCTION(mlops_sample_ratio_evidence_in);
MLOPS_FUNCTION(mlops_sample_ratio_evidence_out);
MLOPS_FUNCTION(mlops_sample_ratio_evidence_recv);
MLOPS_FUNCTION(mlops_sample_ratio_evidence_send);
MLOPS_FUNCTION(mlops_sample_ratio_evidence_create);
MLOPS_FUNCTION(mlops_sample_ratio_evidence_update);
MLOPS_FUNCTION(mlops_sample_ratio_evidence_phase);
MLOPS_FUNCTION(mlops_sample_ratio_evidence_ln_e);
MLOPS_FUNCTION(mlops_sample_ratio_evidence_p);
MLOPS_FUNCTION(mlops_sample_ratio_evidence_to_jsonb);

const mlops_sample_ratio_evidence *
mlops_sample_ratio_from_datum(Datum d)
{
	const mlops_sample_ratio_evidence *e = (const mlops_sample_ratio_evidence *) PG_DETOAST_DATUM(d);

	if (VARSIZE(e) < sizeof(*e) || e->version != MLOPS_SAMPLE_RATIO_VERSION ||
		e->arms > MLOPS_SAMPLE_RATIO_MAX_ARMS || VARSIZE(e) != mlops_sample_ratio_evidence_size(e->arms))
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("stored value of type mlops.sample_ratio_evidence is damaged")));
	return e;
}

#define PG_GETARG_EVIDENCE(n) mlops_sample_ratio_from_datum(PG_GETARG_DATUM(n))

static const char *
check(mlops_sample_ratio_evidence *e)
{
	return mlops_sample_ratio_evidence_check(e, palloc(2 * sizeof(double) * e->arms));
}

double
mlops_sample_ratio_ln_now(const mlops_sample_ratio_evidence *e)
{
	double		ln_e = 0;

	if (!mlops_sample_ratio_evidence_ln(e, palloc(2 * sizeof(double) * e->arms), &ln_e))
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("stored value of type mlops.sample_ratio_evidence is damaged")));
	return ln_e;
}

static mlops_sample_ratio_evidence *
new_evidence(uint32_t arms)
{
	mlops_sample_ratio_evidence *e = palloc0(mlops_sample_ratio_evidence_size(arms));

	SET_VARSIZE(e, mlops_sample_ratio_evidence_size(arms));
	e->version = MLOPS_SAMPLE_RATIO_VERSION;
	e->arms = arms;
	return e;
}

static mlops_sample_ratio_evidence *
copy_evidence(const mlops_sample_ratio_evidence *from)
{
	mlops_sample_ratio_evidence *e = palloc(VARSIZE(from));

	memcpy(e, from, VARSIZE(from));
	return e;
}

/* sample_ratio_evidence_in(cstring): the text of sample_ratio_codec.c */
Datum
mlops_sample_ratio_evidence_in(PG_FUNCTION_ARGS)
{
	char	   *text = PG_GETARG_CSTRING(0);
	mlops_scanner s;
	uint32_t	arms = 0;
	mlops_sample_ratio_evidence *e = NULL;
	const char *why;

	mlops_scanner_init(&s, text, strlen(text));
	why = mlops_sample_ratio_scan_size(s, &arms);
	if (why == NULL)
	{
		e = new_evidence(arms);
		why = mlops_sample_ratio_scan(&s, e);
		if (why == NULL)
			why = check(e);
	}
	if (why != NULL)
		MLOPS_ERETURN(fcinfo, (Datum) 0,
					  (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
					   errmsg("invalid input syntax for type %s", "mlops.sample_ratio_evidence"),
					   errdetail("In the value, %s.", why)));
	SET_VARSIZE(e, mlops_sample_ratio_evidence_size(arms));
	PG_RETURN_POINTER(e);
}

/* sample_ratio_evidence_out(sample_ratio_evidence): text that reads back as the same value */
Datum
mlops_sample_ratio_evidence_out(PG_FUNCTION_ARGS)
{
	const mlops_sample_ratio_evidence *e = PG_GETARG_EVIDENCE(0);
	mlops_writer w;
	char	   *text;

	mlops_writer_init(&w, NULL, 0);
	mlops_sample_ratio_print(&w, e);
	text = palloc(w.used + 1);
	mlops_writer_init(&w, text, w.used);
	mlops_sample_ratio_print(&w, e);
	text[w.used] = '\0';
	PG_RETURN_CSTRING(text);
}

/* sample_ratio_evidence_recv(internal): the bytes of sample_ratio_codec.c */
Datum
mlops_sample_ratio_evidence_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	int			left = buf->len - buf->cursor;
	mlops_reader r;
	uint32_t	arms = 0;
	mlops_sample_ratio_evidence *e = NULL;
	const char *why;

	mlops_reader_init(&r, pq_getmsgbytes(buf, left), left);
	why = mlops_sample_ratio_read_size(r, &arms);
	if (why == NULL)
	{
		e = new_evidence(arms);
		why = mlops_sample_ratio_read(&r, e);
		if (why == NULL)
			why = check(e);
	}
	if (why != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid external \"%s\" value", "mlops.sample_ratio_evidence"),
				 errdetail("In the value, %s.", why)));
	SET_VARSIZE(e, mlops_sample_ratio_evidence_size(arms));
	PG_RETURN_POINTER(e);
}

/* sample_ratio_evidence_send(sample_ratio_evidence) */
Datum
mlops_sample_ratio_evidence_send(PG_FUNCTION_ARGS)
{
	const mlops_sample_ratio_evidence *e = PG_GETARG_EVIDENCE(0);
	mlops_writer w;
	bytea	   *result;

	mlops_writer_init(&w, NULL, 0);
	mlops_sample_ratio_write(&w, e);
	result = palloc(VARHDRSZ + w.used);
	SET_VARSIZE(result, VARHDRSZ + w.used);
	mlops_writer_init(&w, VARDATA(result), w.used);
	mlops_sample_ratio_write(&w, e);
	PG_RETURN_BYTEA_P(result);
}

double *
mlops_sample_ratio_numbers(ArrayType *array, const char *name, int *n)
{
	bool		whole = ARR_ELEMTYPE(array) == INT8OID;
	Datum	   *item;
	double	   *x;

	if (array_contains_nulls(array))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not contain nulls", name),
				 errhint("An arm without units has the count 0, an arm that nobody is to see the weight 0.")));
	/* int8 and float8 have the same size and alignment */
	deconstruct_array(array, ARR_ELEMTYPE(array), 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE,
					  &item, NULL, n);
	x = palloc(sizeof(double) * Max(*n, 1));
	for (int i = 0; i < *n; i++)
		x[i] = whole ? (double) DatumGetInt64(item[i]) : DatumGetFloat8(item[i]);
	return x;
}

/* Arguments were put into e: is it a value? */
static Datum
checked(mlops_sample_ratio_evidence *e)
{
	const char *why = check(e);

	if (why != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid sample ratio"),
				 errdetail("In the arguments, %s.", why),
				 errhint("Weights are planned shares, one for each arm; they need not sum to 1.")));
	PG_RETURN_POINTER(e);
}

/* sample_ratio_evidence(weights, concentration): before the first unit */
Datum
mlops_sample_ratio_evidence_create(PG_FUNCTION_ARGS)
{
	int			arms;
	double	   *weight = mlops_sample_ratio_numbers(PG_GETARG_ARRAYTYPE_P(0), "weights", &arms);
	mlops_sample_ratio_evidence *e;

	if (arms > MLOPS_SAMPLE_RATIO_MAX_ARMS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many arms"),
				 errdetail("At most %d are possible.", MLOPS_SAMPLE_RATIO_MAX_ARMS)));
	e = new_evidence(arms);
	e->phases = 1;
	e->concentration = PG_GETARG_FLOAT8(1);
	for (int i = 0; i < arms; i++)
		e->arm[i].weight = weight[i];
	return checked(e);
}

/* sample_ratio_evidence_update(evidence, counts): a look; counts are those of the phase up to now */
Datum
mlops_sample_ratio_evidence_update(PG_FUNCTION_ARGS)
{
	mlops_sample_ratio_evidence *e = copy_evidence(PG_GETARG_EVIDENCE(0));
	ArrayType  *array = PG_GETARG_ARRAYTYPE_P(1);
	int			arms;
	Datum	   *item;

	if (array_contains_nulls(array))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("counts must not contain nulls"),
				 errhint("An arm without units has the count 0.")));
	deconstruct_array(array, INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &item, NULL, &arms);
	if (arms != e->arms)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("number of counts does not fit the number of arms"),
				 errdetail("There are %d counts and %u arms.", arms, e->arms)));
	for (int i = 0; i < arms; i++)
	{
		int64		count = DatumGetInt64(item[i]);

		if (count < e->arm[i].count)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("count of an arm is smaller than at the last look"),
					 errdetail("Counts are of all units of this phase up to now, not of the new ones."),
					 errhint("After units have been deleted begin anew with mlops.sample_ratio_evidence().")));
		e->arm[i].count = count;
	}
	if (e->looks < PG_INT64_MAX)
		e->looks++;
	checked(e);
	e->ln_max = Max(e->ln_max, mlops_sample_ratio_ln_now(e));
	PG_RETURN_POINTER(e);
}

/* sample_ratio_evidence_phase(evidence, weights): from now on these weights */
Datum
mlops_sample_ratio_evidence_phase(PG_FUNCTION_ARGS)
{
	mlops_sample_ratio_evidence *e = copy_evidence(PG_GETARG_EVIDENCE(0));
	int			arms;
	double	   *weight = mlops_sample_ratio_numbers(PG_GETARG_ARRAYTYPE_P(1), "weights", &arms);

	if (arms != e->arms)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("number of weights does not fit the number of arms"),
				 errdetail("There are %d weights and %u arms.", arms, e->arms),
				 errhint("Give an arm that is to come, or has ended, the weight 0.")));
	e->ln_closed = mlops_sample_ratio_ln_now(e);
	e->ln_max = Max(e->ln_max, e->ln_closed);
	e->phases++;
	for (int i = 0; i < arms; i++)
	{
		e->closed_units += e->arm[i].count;
		e->arm[i] = (mlops_sample_ratio_arm) {.weight = weight[i]};
	}
	return checked(e);
}

/* ln_e_value(evidence): of this look */
Datum
mlops_sample_ratio_evidence_ln_e(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(mlops_sample_ratio_ln_now(PG_GETARG_EVIDENCE(0)));
}

/* p_value(evidence): that may be looked at any time */
Datum
mlops_sample_ratio_evidence_p(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(exp(-PG_GETARG_EVIDENCE(0)->ln_max));
}

/* JSON has no infinity: it is a string there. */
static void
json_number(StringInfo buf, const char *name, double value)
{
	char		number[MLOPS_FLOAT_TEXT_SIZE];

	mlops_format_float(value, number);
	appendStringInfo(buf, isfinite(value) ? ", \"%s\": %s" : ", \"%s\": \"%s\"", name, number);
}

/* to_jsonb(evidence) */
Datum
mlops_sample_ratio_evidence_to_jsonb(PG_FUNCTION_ARGS)
{
	const mlops_sample_ratio_evidence *e = PG_GETARG_EVIDENCE(0);
	StringInfoData buf;
	char		number[MLOPS_FLOAT_TEXT_SIZE];

	initStringInfo(&buf);
	appendStringInfo(&buf, "{\"phases\": %u, \"looks\": " INT64_FORMAT, e->phases, (int64) e->looks);
	json_number(&buf, "concentration", e->concentration);
	json_number(&buf, "ln_e_value", mlops_sample_ratio_ln_now(e));
	json_number(&buf, "max_ln_e_value", e->ln_max);
	json_number(&buf, "p_value", exp(-e->ln_max));
	appendStringInfo(&buf, ", \"earlier_units\": " INT64_FORMAT ", \"weights\": [", (int64) e->closed_units);
	for (uint32_t i = 0; i < e->arms; i++)
	{
		mlops_format_float(e->arm[i].weight, number);
		appendStringInfo(&buf, "%s%s", i > 0 ? ", " : "", number);
	}
	appendStringInfoString(&buf, "], \"counts\": [");
	for (uint32_t i = 0; i < e->arms; i++)
		appendStringInfo(&buf, "%s" INT64_FORMAT, i > 0 ? ", " : "", (int64) e->arm[i].count);
	appendStringInfoString(&buf, "]}");
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(buf.data));
}
