/*
 * binning.c
 *		mlops.binning: input and output, constructors, accessors.
 */
#include "types/binning.h"

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/jsonb.h"

MLOPS_FUNCTION(mlops_binning_in);
MLOPS_FUNCTION(mlops_binning_out);
MLOPS_FUNCTION(mlops_binning_recv);
MLOPS_FUNCTION(mlops_binning_send);
MLOPS_FUNCTION(mlops_binning_eq);
MLOPS_FUNCTION(mlops_binning_ne);
MLOPS_FUNCTION(mlops_binning_of_edges);
MLOPS_FUNCTION(mlops_binning_of_labels);
MLOPS_FUNCTION(mlops_binning_get_edges);
MLOPS_FUNCTION(mlops_binning_get_labels);
MLOPS_FUNCTION(mlops_binning_count);
MLOPS_FUNCTION(mlops_binning_to_jsonb);

static const char bad_value[] = "invalid binning";

/*
 * A plain, aligned binning.  Data on disk was written by us, so this only
 * makes sure that no read can leave the datum.
 */
const mlops_binning *
mlops_binning_from_datum(Datum d)
{
	const mlops_binning *b = (const mlops_binning *) PG_DETOAST_DATUM(d);

	if (VARSIZE(b) < sizeof(mlops_binning) || b->version != MLOPS_BINNING_VERSION ||
		b->items < 0 || b->items > MLOPS_BINNING_MAX_ITEMS || b->label_bytes < 0 ||
		VARSIZE(b) != mlops_binning_size(b))
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("stored value of type mlops.binning is damaged")));
	return b;
}

void
mlops_binning_finish(mlops_binning *b)
{
	const char *why = mlops_binning_seal(b);

	if (why != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s", bad_value),
				 errdetail("In this binning, %s.", why),
				 errhint("Give finite, strictly increasing edges, or distinct labels of at most %d bytes; at most %d of them.",
						 MLOPS_BINNING_MAX_LABEL, MLOPS_BINNING_MAX_ITEMS)));
	SET_VARSIZE(b, mlops_binning_size(b));
}

static void
check_item_count(int n)
{
	if (n > MLOPS_BINNING_MAX_ITEMS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("%s", bad_value),
				 errdetail("There are %d edges or labels; at most %d are possible.",
						   n, MLOPS_BINNING_MAX_ITEMS),
				 errhint("Use fewer bins; labels that are left out are counted in the unseen bin.")));
}

mlops_binning *
mlops_binning_from_edges(const double *edges, int n)
{
	mlops_binning *b;

	check_item_count(n);
	b = palloc(mlops_binning_image_size(MLOPS_BINNING_NUMERIC, n, 0));
	mlops_binning_prepare(b, MLOPS_BINNING_NUMERIC, n, 0);
	if (n > 0)
		memcpy(mlops_binning_edges(b), edges, n * sizeof(double));
	mlops_binning_finish(b);
	return b;
}

mlops_binning *
mlops_binning_from_labels(const char *const *label, const int *len, int n)
{
	mlops_binning *b;
	size_t		bytes = 0;
	uint32		at = 0;

	check_item_count(n);
	for (int i = 0; i < n; i++)
	{
		/* before anything is allocated for it */
		if (len[i] > MLOPS_BINNING_MAX_LABEL)
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("%s", bad_value),
					 errdetail("Label %d has %d bytes; at most %d are possible.",
							   i + 1, len[i], MLOPS_BINNING_MAX_LABEL),
					 errhint("Leave long labels out: they are counted in the unseen bin.")));
		bytes += len[i];
	}
	b = palloc(mlops_binning_image_size(MLOPS_BINNING_CATEGORICAL, n, bytes));
	mlops_binning_prepare(b, MLOPS_BINNING_CATEGORICAL, n, bytes);
	for (int i = 0; i < n; i++)
	{
		memcpy(mlops_binning_labels(b) + at, label[i], len[i]);
		at += len[i];
		mlops_binning_ends(b)[i] = at;
	}
	mlops_binning_finish(b);
	return b;
}

/* binning_in(cstring): the text of binning_codec.h */
Datum
mlops_binning_in(PG_FUNCTION_ARGS)
{
	char	   *text = PG_GETARG_CSTRING(0);
	mlops_scanner s;
	size_t		size = 0;
	mlops_binning *b = NULL;
	const char *why;

	mlops_scanner_init(&s, text, strlen(text));
	why = mlops_binning_scan_size(s, &size);
	if (why == NULL)
	{
		b = palloc(size);
		why = mlops_binning_scan(&s, b);
		if (why == NULL && !mlops_scan_end(&s))
			why = s.why;
	}
	if (why != NULL)
		MLOPS_ERETURN(fcinfo, (Datum) 0,
					  (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
					   errmsg("invalid input syntax for type %s", "mlops.binning"),
					   errdetail("In the value, %s.", why)));
	SET_VARSIZE(b, mlops_binning_size(b));
	PG_RETURN_POINTER(b);
}

/* binning_out(binning): text that reads back as the same bytes */
Datum
mlops_binning_out(PG_FUNCTION_ARGS)
{
	const mlops_binning *b = PG_GETARG_MLOPS_BINNING(0);
	mlops_writer w;
	char	   *text;

	mlops_writer_init(&w, NULL, 0);
	mlops_binning_print(&w, b);
	text = palloc(w.used + 1);
	mlops_writer_init(&w, text, w.used);
	mlops_binning_print(&w, b);
	text[w.used] = '\0';
	PG_RETURN_CSTRING(text);
}

/*
 * Labels travel as UTF-8: the same binning with its labels in another
 * encoding.  Fails (from_utf8) on bytes that are not text in it.
 */
const mlops_binning *
mlops_binning_convert(const mlops_binning *b, bool from_utf8)
{
	const char **label;
	int		   *len;
	bool		changed = false;
	mlops_binning *result;

	if (b->kind != MLOPS_BINNING_CATEGORICAL ||
		(!from_utf8 && GetDatabaseEncoding() == PG_UTF8))
		return b;
	label = palloc(sizeof(char *) * Max(b->items, 1));
	len = palloc(sizeof(int) * Max(b->items, 1));
	for (int i = 0; i < b->items; i++)
	{
		const char *s = mlops_binning_label(b, i, &len[i]);

		label[i] = from_utf8 ? pg_any_to_server(s, len[i], PG_UTF8)
			: pg_server_to_any(s, len[i], PG_UTF8);
		if (label[i] != s)
		{
			changed = true;
			len[i] = strlen(label[i]);
		}
	}
	if (!changed)
		return b;
	result = mlops_binning_from_labels(label, len, b->items);
	return result;
}

/* binning_recv(internal): the bytes of binning_codec.c */
Datum
mlops_binning_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	int			left = buf->len - buf->cursor;
	mlops_reader r;
	size_t		size = 0;
	mlops_binning *b = NULL;
	const char *why;

	mlops_reader_init(&r, pq_getmsgbytes(buf, left), left);
	why = mlops_binning_read_size(r, &size);
	if (why == NULL)
	{
		b = palloc(size);
		why = mlops_binning_read(&r, b);
	}
	if (why == NULL && !mlops_reader_done(&r))
		why = "there is something after the end of the value";
	if (why != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid external \"%s\" value", "mlops.binning"),
				 errdetail("In the value, %s.", why)));
	SET_VARSIZE(b, mlops_binning_size(b));
	PG_RETURN_POINTER(mlops_binning_convert(b, true));
}

/* binning_send(binning) */
Datum
mlops_binning_send(PG_FUNCTION_ARGS)
{
	const mlops_binning *b = mlops_binning_convert(PG_GETARG_MLOPS_BINNING(0), false);
	mlops_writer w;
	bytea	   *result;

	mlops_writer_init(&w, NULL, 0);
	mlops_binning_write(&w, b);
	result = palloc(VARHDRSZ + w.used);
	SET_VARSIZE(result, VARHDRSZ + w.used);
	mlops_writer_init(&w, VARDATA(result), w.used);
	mlops_binning_write(&w, b);
	PG_RETURN_BYTEA_P(result);
}

Datum
mlops_binning_eq(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(mlops_binning_equal(PG_GETARG_MLOPS_BINNING(0), PG_GETARG_MLOPS_BINNING(1)));
}

Datum
mlops_binning_ne(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(!mlops_binning_equal(PG_GETARG_MLOPS_BINNING(0), PG_GETARG_MLOPS_BINNING(1)));
}

/* The elements of a one-dimensional array without NULLs; error otherwise. */
static Datum *
get_items(ArrayType *a, Oid type, int16 typlen, bool typbyval, char typalign, int *n)
{
	Datum	   *item;

	if (ARR_NDIM(a) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("%s", bad_value),
				 errdetail("The array of edges or labels has %d dimensions.", ARR_NDIM(a)),
				 errhint("Give an array of one dimension.")));
	if (array_contains_nulls(a))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s", bad_value),
				 errdetail("An edge or label is NULL."),
				 errhint("Leave it out: every binning has a bin of its own for NULL.")));
	deconstruct_array(a, type, typlen, typbyval, typalign, &item, NULL, n);
	check_item_count(*n);
	return item;
}

/* binning(float8[]): numeric bins between these edges, with open tails */
Datum
mlops_binning_of_edges(PG_FUNCTION_ARGS)
{
	int			n;
	Datum	   *item = get_items(PG_GETARG_ARRAYTYPE_P(0), FLOAT8OID, sizeof(float8),
								 FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &n);
	double	   *edge = palloc(sizeof(double) * Max(n, 1));

	for (int i = 0; i < n; i++)
		edge[i] = DatumGetFloat8(item[i]);
	PG_RETURN_POINTER(mlops_binning_from_edges(edge, n));
}

/* binning(text[]): one bin a label */
Datum
mlops_binning_of_labels(PG_FUNCTION_ARGS)
{
	int			n;
	Datum	   *item = get_items(PG_GETARG_ARRAYTYPE_P(0), TEXTOID, -1, false, TYPALIGN_INT, &n);
	const char **label = palloc(sizeof(char *) * Max(n, 1));
	int		   *len = palloc(sizeof(int) * Max(n, 1));

	for (int i = 0; i < n; i++)
	{
		text	   *t = DatumGetTextPP(item[i]);

		label[i] = VARDATA_ANY(t);
		len[i] = VARSIZE_ANY_EXHDR(t);
	}
	PG_RETURN_POINTER(mlops_binning_from_labels(label, len, n));
}

/* edges(binning): NULL if categorical */
Datum
mlops_binning_get_edges(PG_FUNCTION_ARGS)
{
	const mlops_binning *b = PG_GETARG_MLOPS_BINNING(0);
	Datum	   *item;

	if (b->kind != MLOPS_BINNING_NUMERIC)
		PG_RETURN_NULL();
	item = palloc(sizeof(Datum) * Max(b->items, 1));
	for (int i = 0; i < b->items; i++)
		item[i] = Float8GetDatum(mlops_binning_edges(b)[i]);
	PG_RETURN_ARRAYTYPE_P(construct_array(item, b->items, FLOAT8OID, sizeof(float8),
										  FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

/* labels(binning): NULL if numeric */
Datum
mlops_binning_get_labels(PG_FUNCTION_ARGS)
{
	const mlops_binning *b = PG_GETARG_MLOPS_BINNING(0);
	Datum	   *item;

	if (b->kind != MLOPS_BINNING_CATEGORICAL)
		PG_RETURN_NULL();
	item = palloc(sizeof(Datum) * Max(b->items, 1));
	for (int i = 0; i < b->items; i++)
	{
		int			len;
		const char *label = mlops_binning_label(b, i, &len);

		item[i] = PointerGetDatum(cstring_to_text_with_len(label, len));
	}
	PG_RETURN_ARRAYTYPE_P(construct_array(item, b->items, TEXTOID, -1, false, TYPALIGN_INT));
}

/* bin_count(binning): regular bins, without the NULL and the unseen bin */
Datum
mlops_binning_count(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(mlops_binning_bins(PG_GETARG_MLOPS_BINNING(0)));
}

/* Members "kind", "edges" or "labels", and "range", without the braces. */
void
mlops_binning_json_members(StringInfo buf, const mlops_binning *b)
{
	char		number[MLOPS_FLOAT_TEXT_SIZE];

	appendStringInfo(buf, "\"kind\": \"%s\", \"%s\": [",
					 b->kind == MLOPS_BINNING_NUMERIC ? "numeric" : "categorical",
					 b->kind == MLOPS_BINNING_NUMERIC ? "edges" : "labels");
	for (int i = 0; i < b->items; i++)
	{
		if (i > 0)
			appendStringInfoString(buf, ", ");
		if (b->kind == MLOPS_BINNING_NUMERIC)
		{
			mlops_format_float(mlops_binning_edges(b)[i], number);
			appendStringInfoString(buf, number);
		}
		else
		{
			int			len;
			const char *label = mlops_binning_label(b, i, &len);

			escape_json(buf, pnstrdup(label, len));
		}
	}
	appendStringInfoChar(buf, ']');
	if (b->has_range)
	{
		mlops_format_float(b->reference_min, number);
		appendStringInfo(buf, ", \"range\": [%s, ", number);
		mlops_format_float(b->reference_max, number);
		appendStringInfo(buf, "%s]", number);
	}
}

/* to_jsonb(binning): {"kind": ..., "edges": [...]} for people */
Datum
mlops_binning_to_jsonb(PG_FUNCTION_ARGS)
{
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfoChar(&buf, '{');
	mlops_binning_json_members(&buf, PG_GETARG_MLOPS_BINNING(0));
	appendStringInfoChar(&buf, '}');
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(buf.data));
}
