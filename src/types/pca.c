/*
 * pca.c
 *		mlops.pca: input and output, what people see of it.
 */
#include "types/pca.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/tuplestore.h"

MLOPS_FUNCTION(mlops_pca_in);
MLOPS_FUNCTION(mlops_pca_out);
MLOPS_FUNCTION(mlops_pca_recv);
MLOPS_FUNCTION(mlops_pca_send);
MLOPS_FUNCTION(mlops_pca_to_jsonb);
MLOPS_FUNCTION(mlops_pca_components);

const mlops_pca *
mlops_pca_from_datum(Datum d)
{
	const mlops_pca *p = (const mlops_pca *) PG_DETOAST_DATUM(d);

	if (VARSIZE(p) < sizeof(mlops_pca) || p->version != MLOPS_PCA_VERSION ||
		p->variables < 1 || p->variables > MLOPS_COMOMENTS_MAX || p->kept >= p->variables ||
		VARSIZE(p) != mlops_pca_size(p->variables, p->kept))
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("stored value of type mlops.pca is damaged")));
	return p;
}

/* pca_in(cstring): the text of pca_codec.c */
Datum
mlops_pca_in(PG_FUNCTION_ARGS)
{
	char	   *text = PG_GETARG_CSTRING(0);
	mlops_scanner s;
	size_t		size = 0;
	mlops_pca *v = NULL;
	const char *why;

	mlops_scanner_init(&s, text, strlen(text));
	why = mlops_pca_scan_size(s, &size);
	if (why == NULL)
	{
		v = palloc(size);
		why = mlops_pca_scan(&s, v);
	}
	if (why != NULL)
		MLOPS_ERETURN(fcinfo, (Datum) 0,
					  (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
					   errmsg("invalid input syntax for type %s", "mlops.pca"),
					   errdetail("In the value, %s.", why)));
	SET_VARSIZE(v, size);
	PG_RETURN_POINTER(v);
}

/* pca_out(pca): text that reads back as the same value */
Datum
mlops_pca_out(PG_FUNCTION_ARGS)
{
	const mlops_pca *v = PG_GETARG_MLOPS_PCA(0);
	mlops_writer w;
	char	   *text;

	mlops_writer_init(&w, NULL, 0);
	mlops_pca_print(&w, v);
	text = palloc(w.used + 1);
	mlops_writer_init(&w, text, w.used);
	mlops_pca_print(&w, v);
	text[w.used] = '\0';
	PG_RETURN_CSTRING(text);
}

/* pca_recv(internal): the bytes of pca_codec.c */
Datum
mlops_pca_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	int			left = buf->len - buf->cursor;
	mlops_reader r;
	size_t		size = 0;
	mlops_pca *v = NULL;
	const char *why;

	mlops_reader_init(&r, pq_getmsgbytes(buf, left), left);
	why = mlops_pca_read_size(r, &size);
	if (why == NULL)
	{
		v = palloc(size);
		why = mlops_pca_read(&r, v);
	}
	if (why == NULL && !mlops_reader_done(&r))
		why = "there is something after the end of the value";
	if (why != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid external \"%s\" value", "mlops.pca"),
				 errdetail("In the value, %s.", why)));
	SET_VARSIZE(v, size);
	PG_RETURN_POINTER(v);
}

/* pca_send(pca) */
Datum
mlops_pca_send(PG_FUNCTION_ARGS)
{
	const mlops_pca *v = PG_GETARG_MLOPS_PCA(0);
	mlops_writer w;
	bytea	   *result;

	mlops_writer_init(&w, NULL, 0);
	mlops_pca_write(&w, v);
	result = palloc(VARHDRSZ + w.used);
	SET_VARSIZE(result, VARHDRSZ + w.used);
	mlops_writer_init(&w, VARDATA(result), w.used);
	mlops_pca_write(&w, v);
	PG_RETURN_BYTEA_P(result);
}

static void
json_list(StringInfo buf, const double *value, int n)
{
	char		number[MLOPS_FLOAT_TEXT_SIZE];

	for (int i = 0; i < n; i++)
	{
		mlops_format_float(value[i], number);
		appendStringInfo(buf, "%s%s", i == 0 ? "[" : ", ", number);
	}
	appendStringInfoChar(buf, ']');
}

/* to_jsonb(pca): for people */
Datum
mlops_pca_to_jsonb(PG_FUNCTION_ARGS)
{
	const mlops_pca *p = PG_GETARG_MLOPS_PCA(0);
	mlops_pca_view v = mlops_pca_view_of(p);
	char		number[MLOPS_FLOAT_TEXT_SIZE];
	StringInfoData buf;

	initStringInfo(&buf);
	mlops_format_float(v.variance, number);
	appendStringInfo(&buf, "{\"variables\": %d, \"n\": " INT64_FORMAT ", \"variance\": %s, \"mean\": ", v.k, (int64) v.n, number);
	json_list(&buf, v.mean, v.k);
	appendStringInfoString(&buf, ", \"sd\": ");
	json_list(&buf, v.sd, v.k);
	appendStringInfoString(&buf, ", \"eigenvalues\": ");
	json_list(&buf, v.value, v.k);
	appendStringInfoString(&buf, ", \"components\": [");
	for (int c = 0; c < v.kept; c++)
	{
		appendStringInfoString(&buf, c > 0 ? ", " : "");
		json_list(&buf, v.component + c * v.k, v.k);
	}
	appendStringInfoString(&buf, "]}");
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(buf.data));
}

static Datum
float8_array(const double *x, int n)
{
	Datum	   *item = palloc(n * sizeof(Datum));

	for (int i = 0; i < n; i++)
		item[i] = Float8GetDatum(x[i]);
	return PointerGetDatum(construct_array(item, n, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

/*
 * components(pca): one row a component, by eigenvalue: number, eigenvalue,
 * its share, the shares to here, kept or not, loadings (of those kept).
 */
Datum
mlops_pca_components(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	const mlops_pca *p = PG_GETARG_MLOPS_PCA(0);
	mlops_pca_view v = mlops_pca_view_of(p);
	int			used = mlops_pca_used(&v);
	double		sum = 0;

	InitMaterializedSRF(fcinfo, 0);
	for (int c = 0; c < used; c++)
	{
		Datum		value[6] = {0};
		bool		isnull[6] = {false};

		sum += v.value[c];
		value[0] = Int32GetDatum(c + 1);
		value[1] = Float8GetDatum(v.value[c]);
		value[2] = Float8GetDatum(v.value[c] / used);
		value[3] = Float8GetDatum(Min(sum / used, 1));
		value[4] = BoolGetDatum(c < v.kept);
		isnull[5] = c >= v.kept;
		if (!isnull[5])
			value[5] = float8_array(v.component + c * v.k, v.k);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, value, isnull);
	}
	return (Datum) 0;
}
