/*
 * moments.c
 *		mlops.moments: input and output, accessors.
 */
#include "types/moments.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

MLOPS_FUNCTION(mlops_moments_in);
MLOPS_FUNCTION(mlops_moments_out);
MLOPS_FUNCTION(mlops_moments_recv);
MLOPS_FUNCTION(mlops_moments_send);
MLOPS_FUNCTION(mlops_moments_variables);
MLOPS_FUNCTION(mlops_moments_count);
MLOPS_FUNCTION(mlops_moments_row_count);
MLOPS_FUNCTION(mlops_moments_null_count);
MLOPS_FUNCTION(mlops_moments_nonfinite_count);
MLOPS_FUNCTION(mlops_moments_get_mean);
MLOPS_FUNCTION(mlops_moments_variance);
MLOPS_FUNCTION(mlops_moments_covariance);
MLOPS_FUNCTION(mlops_moments_correlation);
MLOPS_FUNCTION(mlops_moments_correlation_matrix);
MLOPS_FUNCTION(mlops_moments_to_jsonb);

const mlops_moments *
mlops_moments_from_datum(Datum d)
{
	const mlops_moments *m = (const mlops_moments *) PG_DETOAST_DATUM(d);

	if (VARSIZE(m) < sizeof(mlops_moments) || m->version != MLOPS_MOMENTS_VERSION ||
		m->variables > MLOPS_COMOMENTS_MAX ||
		VARSIZE(m) != mlops_moments_size(m->variables))
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("stored value of type mlops.moments is damaged")));
	return m;
}

mlops_moments *
mlops_moments_empty(int variables)
{
	size_t		size = mlops_moments_size(variables);
	mlops_moments *m = palloc(size);

	mlops_moments_prepare(m, variables);
	SET_VARSIZE(m, size);
	return m;
}

/* moments_in(cstring): the text of moments_codec.c */
Datum
mlops_moments_in(PG_FUNCTION_ARGS)
{
	char	   *text = PG_GETARG_CSTRING(0);
	mlops_scanner s;
	size_t		size = 0;
	mlops_moments *m = NULL;
	const char *why;

	mlops_scanner_init(&s, text, strlen(text));
	why = mlops_moments_scan_size(s, &size);
	if (why == NULL)
	{
		m = palloc(size);
		why = mlops_moments_scan(&s, m);
	}
	if (why != NULL)
		MLOPS_ERETURN(fcinfo, (Datum) 0,
					  (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
					   errmsg("invalid input syntax for type %s", "mlops.moments"),
					   errdetail("In the value, %s.", why)));
	SET_VARSIZE(m, size);
	PG_RETURN_POINTER(m);
}

/* moments_out(moments): text that reads back as the same value */
Datum
mlops_moments_out(PG_FUNCTION_ARGS)
{
	const mlops_moments *m = PG_GETARG_MLOPS_MOMENTS(0);
	mlops_writer w;
	char	   *text;

	mlops_writer_init(&w, NULL, 0);
	mlops_moments_print(&w, m);
	text = palloc(w.used + 1);
	mlops_writer_init(&w, text, w.used);
	mlops_moments_print(&w, m);
	text[w.used] = '\0';
	PG_RETURN_CSTRING(text);
}

/* moments_recv(internal): the bytes of moments_codec.c */
Datum
mlops_moments_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	int			left = buf->len - buf->cursor;
	mlops_reader r;
	size_t		size = 0;
	mlops_moments *m = NULL;
	const char *why;

	mlops_reader_init(&r, pq_getmsgbytes(buf, left), left);
	why = mlops_moments_read_size(r, &size);
	if (why == NULL)
	{
		m = palloc(size);
		why = mlops_moments_read(&r, m);
	}
	if (why == NULL && !mlops_reader_done(&r))
		why = "there is something after the end of the value";
	if (why != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid external \"%s\" value", "mlops.moments"),
				 errdetail("In the value, %s.", why)));
	SET_VARSIZE(m, size);
	PG_RETURN_POINTER(m);
}

/* moments_send(moments) */
Datum
mlops_moments_send(PG_FUNCTION_ARGS)
{
	const mlops_moments *m = PG_GETARG_MLOPS_MOMENTS(0);
	mlops_writer w;
	bytea	   *result;

	mlops_writer_init(&w, NULL, 0);
	mlops_moments_write(&w, m);
	result = palloc(VARHDRSZ + w.used);
	SET_VARSIZE(result, VARHDRSZ + w.used);
	mlops_writer_init(&w, VARDATA(result), w.used);
	mlops_moments_write(&w, m);
	PG_RETURN_BYTEA_P(result);
}

/* variables(moments) */
Datum
mlops_moments_variables(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(PG_GETARG_MLOPS_MOMENTS(0)->variables);
}

/* moment_count(moments): rows where every variable is finite */
Datum
mlops_moments_count(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(PG_GETARG_MLOPS_MOMENTS(0)->n);
}

/* row_count(moments): all rows; their sum was checked whenever rows were added */
Datum
mlops_moments_row_count(PG_FUNCTION_ARGS)
{
	const mlops_moments *m = PG_GETARG_MLOPS_MOMENTS(0);

	PG_RETURN_INT64(m->n + m->null_rows + m->nonfinite_rows);
}

Datum
mlops_moments_null_count(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(PG_GETARG_MLOPS_MOMENTS(0)->null_rows);
}

Datum
mlops_moments_nonfinite_count(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(PG_GETARG_MLOPS_MOMENTS(0)->nonfinite_rows);
}

/* Argument arg as the number of a variable, counted from 0 from here on. */
static int
get_variable(FunctionCallInfo fcinfo, int arg, const mlops_moments *m)
{
	int			i = PG_GETARG_INT32(arg);

	if (i < 1 || i > m->variables)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("there is no variable %d in these moments", i),
				 m->variables > 0 ? errhint("Variables are numbered from 1 to %d.", m->variables)
				 : errhint("All rows were NULL, so that it is not known how many variables there are.")));
	return i - 1;
}

/* mean(moments, i): NULL without rows, and when it is out of range */
Datum
mlops_moments_get_mean(PG_FUNCTION_ARGS)
{
	const mlops_moments *m = PG_GETARG_MLOPS_MOMENTS(0);
	int			i = get_variable(fcinfo, 1, m);

	if (m->n == 0 || !isfinite(mlops_moments_mean(m)[i]))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(mlops_moments_mean(m)[i]);
}

static Datum
covariance(FunctionCallInfo fcinfo, const mlops_moments *m, int i, int j)
{
	double		result;

	if (mlops_covariance(m->variables, m->n, mlops_moments_comoment(m), i, j, &result) != MLOPS_OK)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(result);
}

/* variance(moments, i): of the sample; NULL below two rows */
Datum
mlops_moments_variance(PG_FUNCTION_ARGS)
{
	const mlops_moments *m = PG_GETARG_MLOPS_MOMENTS(0);
	int			i = get_variable(fcinfo, 1, m);

	return covariance(fcinfo, m, i, i);
}

/* covariance(moments, i, j): of the sample; NULL below two rows */
Datum
mlops_moments_covariance(PG_FUNCTION_ARGS)
{
	const mlops_moments *m = PG_GETARG_MLOPS_MOMENTS(0);
	int			i = get_variable(fcinfo, 1, m);

	return covariance(fcinfo, m, i, get_variable(fcinfo, 2, m));
}

/* correlation(moments, i, j): NULL below two rows or without variation */
Datum
mlops_moments_correlation(PG_FUNCTION_ARGS)
{
	const mlops_moments *m = PG_GETARG_MLOPS_MOMENTS(0);
	int			i = get_variable(fcinfo, 1, m);
	int			j = get_variable(fcinfo, 2, m);
	double		result;

	if (mlops_correlation(m->variables, m->n, mlops_moments_comoment(m), i, j, &result) != MLOPS_OK)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(result);
}

/* correlation(moments): the whole matrix, elements NULL as above */
Datum
mlops_moments_correlation_matrix(PG_FUNCTION_ARGS)
{
	const mlops_moments *m = PG_GETARG_MLOPS_MOMENTS(0);
	int			k = m->variables;
	Datum	   *item = palloc(((size_t) k * k + 1) * sizeof(Datum));
	bool	   *isnull = palloc((size_t) k * k + 1);
	int			size[2] = {k, k};
	int			lower[2] = {1, 1};

	if (k == 0)
		PG_RETURN_NULL();
	for (int i = 0; i < k; i++)
		for (int j = 0; j < k; j++)
		{
			double		r = 0;

			isnull[i * k + j] = mlops_correlation(k, m->n, mlops_moments_comoment(m), i, j, &r) != MLOPS_OK;
			item[i * k + j] = Float8GetDatum(r);
		}
	PG_RETURN_ARRAYTYPE_P(construct_md_array(item, isnull, 2, size, lower, FLOAT8OID,
											 sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

static void
json_list(StringInfo buf, const char *name, const double *value, int n)
{
	char		number[MLOPS_FLOAT_TEXT_SIZE];

	appendStringInfo(buf, ", \"%s\": [", name);
	for (int i = 0; i < n; i++)
	{
		mlops_format_float(value[i], number);
		/* JSON has no infinity */
		appendStringInfo(buf, "%s%s", i > 0 ? ", " : "", isfinite(value[i]) ? number : "null");
	}
	appendStringInfoChar(buf, ']');
}

/* to_jsonb(moments): counts, means, co-moments, for people */
Datum
mlops_moments_to_jsonb(PG_FUNCTION_ARGS)
{
	const mlops_moments *m = PG_GETARG_MLOPS_MOMENTS(0);
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "{\"variables\": %d, \"n\": " INT64_FORMAT ", \"null\": " INT64_FORMAT ", \"nonfinite\": " INT64_FORMAT,
					 m->variables, (int64) m->n, (int64) m->null_rows, (int64) m->nonfinite_rows);
	json_list(&buf, "mean", mlops_moments_mean(m), m->variables);
	json_list(&buf, "comoment", mlops_moments_comoment(m), mlops_comoment_count(m->variables));
	appendStringInfoChar(&buf, '}');
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(buf.data));
}
