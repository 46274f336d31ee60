/*
 * two_samples.c
 *		mlops.two_samples: input and output, what people see of it.
 */
#include "types/two_samples.h"

#include <math.h>

#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

MLOPS_FUNCTION(mlops_two_samples_in);
MLOPS_FUNCTION(mlops_two_samples_out);
MLOPS_FUNCTION(mlops_two_samples_recv);
MLOPS_FUNCTION(mlops_two_samples_send);
MLOPS_FUNCTION(mlops_two_samples_to_jsonb);

const mlops_two_samples *
mlops_two_samples_from_datum(Datum d)
{
	const mlops_two_samples *s = (const mlops_two_samples *) PG_DETOAST_DATUM(d);

	if (VARSIZE(s) < sizeof(mlops_two_samples) || s->version != MLOPS_TWO_SAMPLES_VERSION ||
		s->kind > MLOPS_SAMPLES_FOURIER || s->variables != mlops_two_samples_variables(s->kind) ||
		s->dimension > MLOPS_TWO_SAMPLES_MAX_DIMENSION ||
		VARSIZE(s) != mlops_two_samples_size(s->kind, s->working ? s->dimension : 0))
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("stored value of type mlops.two_samples is damaged")));
	return s;
}

/* two_samples_in(cstring): the text of two_samples_codec.c */
Datum
mlops_two_samples_in(PG_FUNCTION_ARGS)
{
	char	   *text = PG_GETARG_CSTRING(0);
	mlops_scanner s;
	size_t		size = 0;
	mlops_two_samples *v = NULL;
	const char *why;

	mlops_scanner_init(&s, text, strlen(text));
	why = mlops_two_samples_scan_size(s, &size);
	if (why == NULL)
	{
		v = palloc(size);
		why = mlops_two_samples_scan(&s, v);
	}
	if (why != NULL)
		MLOPS_ERETURN(fcinfo, (Datum) 0,
					  (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
					   errmsg("invalid input syntax for type %s", "mlops.two_samples"),
					   errdetail("In the value, %s.", why)));
	SET_VARSIZE(v, size);
	PG_RETURN_POINTER(v);
}

/* two_samples_out(two_samples): text that reads back as the same value */
Datum
mlops_two_samples_out(PG_FUNCTION_ARGS)
{
	const mlops_two_samples *v = PG_GETARG_MLOPS_TWO_SAMPLES(0);
	mlops_writer w;
	char	   *text;

	mlops_writer_init(&w, NULL, 0);
	mlops_two_samples_print(&w, v);
	text = palloc(w.used + 1);
	mlops_writer_init(&w, text, w.used);
	mlops_two_samples_print(&w, v);
	text[w.used] = '\0';
	PG_RETURN_CSTRING(text);
}

/* two_samples_recv(internal): the bytes of two_samples_codec.c */
Datum
mlops_two_samples_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	int			left = buf->len - buf->cursor;
	mlops_reader r;
	size_t		size = 0;
	mlops_two_samples *v = NULL;
	const char *why;

	mlops_reader_init(&r, pq_getmsgbytes(buf, left), left);
	why = mlops_two_samples_read_size(r, &size);
	if (why == NULL)
	{
		v = palloc(size);
		why = mlops_two_samples_read(&r, v);
	}
	if (why == NULL && !mlops_reader_done(&r))
		why = "there is something after the end of the value";
	if (why != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid external \"%s\" value", "mlops.two_samples"),
				 errdetail("In the value, %s.", why)));
	SET_VARSIZE(v, size);
	PG_RETURN_POINTER(v);
}

/* two_samples_send(two_samples) */
Datum
mlops_two_samples_send(PG_FUNCTION_ARGS)
{
	const mlops_two_samples *v = PG_GETARG_MLOPS_TWO_SAMPLES(0);
	mlops_writer w;
	bytea	   *result;

	mlops_writer_init(&w, NULL, 0);
	mlops_two_samples_write(&w, v);
	result = palloc(VARHDRSZ + w.used);
	SET_VARSIZE(result, VARHDRSZ + w.used);
	mlops_writer_init(&w, VARDATA(result), w.used);
	mlops_two_samples_write(&w, v);
	PG_RETURN_BYTEA_P(result);
}

/* to_jsonb(two_samples): what was counted, not the features' moments */
Datum
mlops_two_samples_to_jsonb(PG_FUNCTION_ARGS)
{
	const mlops_two_samples *s = PG_GETARG_MLOPS_TWO_SAMPLES(0);
	static const char *const name[2] = {"reference", "current"};
	char		number[2][MLOPS_FLOAT_TEXT_SIZE];
	StringInfoData buf;

	initStringInfo(&buf);
	mlops_format_float(s->bandwidth, number[0]);
	if (s->kind == MLOPS_SAMPLES_FOURIER)
		appendStringInfo(&buf, "{\"kind\": \"fourier\", \"dimension\": %u, \"bandwidth\": %s, \"seed\": " INT64_FORMAT,
						 s->dimension, number[0], (int64) s->seed);
	else
		appendStringInfoString(&buf, "{\"kind\": \"numbers\"");
	appendStringInfo(&buf, ", \"unassigned\": " INT64_FORMAT, (int64) s->unassigned);
	for (int side = 0; side < 2; side++)
	{
		const mlops_moments *m = mlops_two_samples_side(s, side);

		appendStringInfo(&buf, ", \"%s\": {\"n\": " INT64_FORMAT ", \"null\": " INT64_FORMAT ", \"nonfinite\": " INT64_FORMAT,
						 name[side], (int64) m->n, (int64) m->null_rows, (int64) m->nonfinite_rows);
		if (s->kind == MLOPS_SAMPLES_NUMBERS && m->n > 0)
		{
			mlops_format_float(mlops_moments_mean(m)[0], number[0]);
			mlops_format_float(mlops_moments_comoment(m)[0], number[1]);
			/* JSON has no infinity */
			appendStringInfo(&buf, ", \"mean\": %s, \"comoment\": %s", isfinite(mlops_moments_mean(m)[0]) ? number[0] : "null",
							 isfinite(mlops_moments_comoment(m)[0]) ? number[1] : "null");
		}
		appendStringInfoChar(&buf, '}');
	}
	appendStringInfoChar(&buf, '}');
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(buf.data));
}
