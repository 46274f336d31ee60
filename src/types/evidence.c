/*
 * evidence.c
 *		mlops.evidence: input and output, accessors.
 */
#include "types/evidence.h"

#include "kernel/special/special.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

MLOPS_FUNCTION(mlops_evidence_in);
MLOPS_FUNCTION(mlops_evidence_out);
MLOPS_FUNCTION(mlops_evidence_recv);
MLOPS_FUNCTION(mlops_evidence_send);
MLOPS_FUNCTION(mlops_evidence_looks);
MLOPS_FUNCTION(mlops_evidence_phases);
MLOPS_FUNCTION(mlops_evidence_ln_e_value);
MLOPS_FUNCTION(mlops_evidence_max_ln_e_value);
MLOPS_FUNCTION(mlops_evidence_ln_p_value);
MLOPS_FUNCTION(mlops_evidence_p_value);
MLOPS_FUNCTION(mlops_evidence_to_jsonb);

const mlops_evidence *
mlops_evidence_from_datum(Datum d)
{
	const mlops_evidence *e = (const mlops_evidence *) PG_DETOAST_DATUM(d);

	if (VARSIZE(e) < sizeof(mlops_evidence) || e->version != MLOPS_EVIDENCE_VERSION ||
		e->state.phases < 1 || e->state.phases > MLOPS_EVIDENCE_MAX_PHASES ||
		VARSIZE(e) != mlops_evidence_size(e->state.phases))
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("stored value of type mlops.evidence is damaged")));
	return e;
}

mlops_evidence *
mlops_evidence_copy(const mlops_evidence *e, uint32 more)
{
	uint32		phases = e->state.phases + more;
	mlops_evidence *copy = palloc(mlops_evidence_size(phases));

	mlops_evidence_prepare(copy, phases);
	memcpy(copy, e, mlops_evidence_size(e->state.phases));
	copy->state.phases = phases;
	SET_VARSIZE(copy, mlops_evidence_size(phases));
	return copy;
}

/* evidence_in(cstring): the text of evidence_codec.c */
Datum
mlops_evidence_in(PG_FUNCTION_ARGS)
{
	char	   *text = PG_GETARG_CSTRING(0);
	mlops_scanner s;
	size_t		size = 0;
	mlops_evidence *e = NULL;
	const char *why;

	mlops_scanner_init(&s, text, strlen(text));
	why = mlops_evidence_scan_size(s, &size);
	if (why == NULL)
	{
		e = palloc(size);
		why = mlops_evidence_scan(&s, e);
	}
	if (why != NULL)
		MLOPS_ERETURN(fcinfo, (Datum) 0,
					  (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
					   errmsg("invalid input syntax for type %s", "mlops.evidence"),
					   errdetail("In the value, %s.", why)));
	SET_VARSIZE(e, size);
	PG_RETURN_POINTER(e);
}

/* evidence_out(evidence): text that reads back as the same value */
Datum
mlops_evidence_out(PG_FUNCTION_ARGS)
{
	const mlops_evidence *e = PG_GETARG_MLOPS_EVIDENCE(0);
	mlops_writer w;
	char	   *text;

	mlops_writer_init(&w, NULL, 0);
	mlops_evidence_print(&w, e);
	text = palloc(w.used + 1);
	mlops_writer_init(&w, text, w.used);
	mlops_evidence_print(&w, e);
	text[w.used] = '\0';
	PG_RETURN_CSTRING(text);
}

/* evidence_recv(internal): the bytes of evidence_codec.c */
Datum
mlops_evidence_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	int			left = buf->len - buf->cursor;
	mlops_reader r;
	size_t		size = 0;
	mlops_evidence *e = NULL;
	const char *why;

	mlops_reader_init(&r, pq_getmsgbytes(buf, left), left);
	why = mlops_evidence_read_size(r, &size);
	if (why == NULL)
	{
		e = palloc(size);
		why = mlops_evidence_read(&r, e);
	}
	if (why != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid external \"%s\" value", "mlops.evidence"),
				 errdetail("In the value, %s.", why)));
	SET_VARSIZE(e, size);
	PG_RETURN_POINTER(e);
}

/* evidence_send(evidence) */
Datum
mlops_evidence_send(PG_FUNCTION_ARGS)
{
	const mlops_evidence *e = PG_GETARG_MLOPS_EVIDENCE(0);
	mlops_writer w;
	bytea	   *result;

	mlops_writer_init(&w, NULL, 0);
	mlops_evidence_write(&w, e);
	result = palloc(VARHDRSZ + w.used);
	SET_VARSIZE(result, VARHDRSZ + w.used);
	mlops_writer_init(&w, VARDATA(result), w.used);
	mlops_evidence_write(&w, e);
	PG_RETURN_BYTEA_P(result);
}

Datum
mlops_evidence_looks(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(PG_GETARG_MLOPS_EVIDENCE(0)->state.looks);
}

Datum
mlops_evidence_phases(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(PG_GETARG_MLOPS_EVIDENCE(0)->state.phases);
}

/* ln_e_value(evidence): at the last look; 0 before the first */
Datum
mlops_evidence_ln_e_value(PG_FUNCTION_ARGS)
{
	const mlops_evidence *e = PG_GETARG_MLOPS_EVIDENCE(0);
	double		ln_e;

	if (mlops_evidence_ln_e(&e->state, e->phase, &ln_e) != MLOPS_OK)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(ln_e);
}

/* max_ln_e_value(evidence): the largest of all looks, at least 0 */
Datum
mlops_evidence_max_ln_e_value(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(PG_GETARG_MLOPS_EVIDENCE(0)->state.max_ln_e);
}

Datum
mlops_evidence_ln_p_value(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(0 - PG_GETARG_MLOPS_EVIDENCE(0)->state.max_ln_e);
}

Datum
mlops_evidence_p_value(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(exp(-PG_GETARG_MLOPS_EVIDENCE(0)->state.max_ln_e));
}

/* , "name": value; null where there is no such number in JSON */
static void
json_number(StringInfo buf, const char *name, double value)
{
	char		number[MLOPS_FLOAT_TEXT_SIZE];

	mlops_format_float(value, number);
	appendStringInfo(buf, ", \"%s\": %s", name, isfinite(value) ? number : "null");
}

static void
json_phase(StringInfo buf, const mlops_evidence *e, const mlops_evidence_phase *p)
{
	double		ln_e = (double) NAN;

	(void) mlops_evidence_phase_ln_e(&e->state, p, &ln_e);
	appendStringInfo(buf, "{\"n_control\": " INT64_FORMAT ", \"n_treatment\": " INT64_FORMAT,
					 (int64) p->n_control, (int64) p->n_treatment);
	if (e->state.method == MLOPS_EVIDENCE_COUNTS)
	{
		json_number(buf, "treatment_share", p->share);
		appendStringInfo(buf, ", \"events_control\": " INT64_FORMAT ", \"events_treatment\": " INT64_FORMAT,
						 (int64) p->events_control, (int64) p->events_treatment);
	}
	else if (p->variance > 0)
	{
		json_number(buf, "estimate", p->estimate);
		json_number(buf, "standard_error", sqrt(p->variance));
	}
	json_number(buf, "ln_e_value", ln_e);
	appendStringInfoChar(buf, '}');
}

/* to_jsonb(evidence): method, options, evidence and phases, for people and programs */
Datum
mlops_evidence_to_jsonb(PG_FUNCTION_ARGS)
{
	static const char *const tuning[] = {NULL, "planned_n", "mixing_variance", "concentration", NULL};
	const mlops_evidence *e = PG_GETARG_MLOPS_EVIDENCE(0);
	const mlops_evidence_state *s = &e->state;
	StringInfoData buf;
	double		ln_e = (double) NAN;

	(void) mlops_evidence_ln_e(s, e->phase, &ln_e);
	initStringInfo(&buf);
	appendStringInfo(&buf, "{\"method\": \"%s\"", mlops_evidence_method_name(s->method));
	if (s->metric != MLOPS_EVIDENCE_NONE)
		appendStringInfo(&buf, ", \"metric\": \"%s\"", mlops_evidence_metric_name(s->metric));
	json_number(&buf, "confidence", s->confidence);
	if (s->method != MLOPS_EVIDENCE_E_VALUE)
	{
		appendStringInfo(&buf, ", \"alternative\": \"%s\"", mlops_evidence_alternative_name(s->alternative));
		json_number(&buf, "null_value", s->null_value);
		json_number(&buf, tuning[s->method], s->tuning);
	}
	if (s->metric != MLOPS_EVIDENCE_NONE)
		appendStringInfo(&buf, ", \"minimum_units\": " INT64_FORMAT, (int64) s->min_units);
	appendStringInfo(&buf, ", \"looks\": " INT64_FORMAT, (int64) s->looks);
	json_number(&buf, "ln_e_value", ln_e);
	json_number(&buf, "max_ln_e_value", s->max_ln_e);
	json_number(&buf, "p_value", exp(-s->max_ln_e));
	appendStringInfoString(&buf, ", \"phases\": [");
	for (uint32 i = 0; i < s->phases; i++)
	{
		if (i > 0)
			appendStringInfoString(&buf, ", ");
		json_phase(&buf, e, &e->phase[i]);
	}
	appendStringInfoString(&buf, "]}");
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(buf.data));
}
