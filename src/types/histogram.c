/*
 * histogram.c
 *		mlops.histogram: input and output, accessors.
 */
#include "types/histogram.h"

#include <math.h>

#include "access/htup_details.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/jsonb.h"
#include "utils/tuplestore.h"

MLOPS_FUNCTION(mlops_histogram_in);
MLOPS_FUNCTION(mlops_histogram_out);
MLOPS_FUNCTION(mlops_histogram_recv);
MLOPS_FUNCTION(mlops_histogram_send);
MLOPS_FUNCTION(mlops_histogram_bins);
MLOPS_FUNCTION(mlops_histogram_row_count);
MLOPS_FUNCTION(mlops_histogram_null_count);
MLOPS_FUNCTION(mlops_histogram_unseen_count);
MLOPS_FUNCTION(mlops_histogram_binning);
MLOPS_FUNCTION(mlops_histogram_to_jsonb);

const mlops_histogram *
mlops_histogram_from_datum(Datum d)
{
	const mlops_histogram *h = (const mlops_histogram *) PG_DETOAST_DATUM(d);
	const mlops_binning *b = &h->binning;

	if (VARSIZE(h) < sizeof(mlops_histogram) || h->version != MLOPS_HISTOGRAM_VERSION ||
		b->version != MLOPS_BINNING_VERSION ||
		b->items < 0 || b->items > MLOPS_BINNING_MAX_ITEMS || b->label_bytes < 0 ||
		VARSIZE(h) < mlops_histogram_image_size(b) ||
		(!h->working && VARSIZE(h) != mlops_histogram_image_size(b)))
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("stored value of type mlops.histogram is damaged")));
	return h;
}

void
mlops_histogram_open(const mlops_histogram *h, mlops_histogram_view *view)
{
	view->binning = &h->binning;
	view->kind = (mlops_binning_kind) h->binning.kind;
	view->bins = mlops_binning_bins(&h->binning);
	view->counts = mlops_histogram_counts(h);
	view->null_count = h->null_count;
	view->unseen_count = h->unseen_count;
	view->edges = view->kind == MLOPS_BINNING_NUMERIC ? mlops_binning_edges(&h->binning) : NULL;
	view->has_range = h->binning.has_range;
	view->reference_min = h->binning.reference_min;
	view->reference_max = h->binning.reference_max;
	if (!mlops_histogram_rows(h, &view->rows))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("number of rows of a histogram is out of range")));
}

void
mlops_histogram_check_same_binning(const mlops_binning *a, const mlops_binning *b)
{
	if (!mlops_binning_equal(a, b))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("histograms with different binnings cannot be combined"),
				 errhint("Use one and the same mlops.binning for all of them; mlops.binning(histogram) shows what a histogram counts into.")));
}

mlops_histogram *
mlops_histogram_empty(const mlops_binning *b)
{
	size_t		size = mlops_histogram_image_size(b);
	mlops_histogram *h = palloc0(size);

	SET_VARSIZE(h, size);
	h->version = MLOPS_HISTOGRAM_VERSION;
	memcpy(&h->binning, b, mlops_binning_size(b));
	SET_VARSIZE(&h->binning, mlops_binning_size(b));
	return h;
}

mlops_histogram *
mlops_histogram_copy(const mlops_histogram *h)
{
	size_t		size = mlops_histogram_image_size(&h->binning);
	mlops_histogram *copy = palloc(size);

	memcpy(copy, h, size);
	copy->working = 0;
	SET_VARSIZE(copy, size);
	return copy;
}

void
mlops_histogram_bin_edges(const mlops_histogram_view *view, int bin, double *lower, double *upper)
{
	*lower = bin > 0 ? view->edges[bin - 1] : -get_float8_infinity();
	*upper = bin < view->bins - 1 ? view->edges[bin] : get_float8_infinity();
}

char *
mlops_histogram_bin_name(const mlops_histogram_view *view, int bin)
{
	double		lower;
	double		upper;
	char		from[MLOPS_FLOAT_TEXT_SIZE];
	char		to[MLOPS_FLOAT_TEXT_SIZE];

	if (bin == view->bins)
		return pstrdup("(null)");
	if (bin == view->bins + 1)
		return pstrdup("(unseen)");
	if (view->kind == MLOPS_BINNING_CATEGORICAL)
	{
		int			len;
		const char *label = mlops_histogram_label(view, bin, &len);

		return pnstrdup(label, len);
	}
	mlops_histogram_bin_edges(view, bin, &lower, &upper);
	mlops_format_float(lower, from);
	mlops_format_float(upper, to);
	return psprintf("%c%s, %s)", isinf(lower) ? '(' : '[', from, to);
}

/* histogram_in(cstring): the text of histogram_codec.c */
Datum
mlops_histogram_in(PG_FUNCTION_ARGS)
{
	char	   *text = PG_GETARG_CSTRING(0);
	mlops_scanner s;
	size_t		size = 0;
	mlops_histogram *h = NULL;
	const char *why;

	mlops_scanner_init(&s, text, strlen(text));
	why = mlops_histogram_scan_size(s, &size);
	if (why == NULL)
	{
		h = palloc(size);
		why = mlops_histogram_scan(&s, h);
	}
	if (why != NULL)
		MLOPS_ERETURN(fcinfo, (Datum) 0,
					  (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
					   errmsg("invalid input syntax for type %s", "mlops.histogram"),
					   errdetail("In the value, %s.", why)));
	SET_VARSIZE(&h->binning, mlops_binning_size(&h->binning));
	SET_VARSIZE(h, mlops_histogram_image_size(&h->binning));
	PG_RETURN_POINTER(h);
}

/* histogram_out(histogram): text that reads back as the same bytes */
Datum
mlops_histogram_out(PG_FUNCTION_ARGS)
{
	const mlops_histogram *h = PG_GETARG_MLOPS_HISTOGRAM(0);
	mlops_writer w;
	char	   *text;

	mlops_writer_init(&w, NULL, 0);
	mlops_histogram_print(&w, h);
	text = palloc(w.used + 1);
	mlops_writer_init(&w, text, w.used);
	mlops_histogram_print(&w, h);
	text[w.used] = '\0';
	PG_RETURN_CSTRING(text);
}

/* The histogram with its labels in another encoding (see mlops_binning_convert). */
static const mlops_histogram *
convert(const mlops_histogram *h, bool from_utf8)
{
	const mlops_binning *b = mlops_binning_convert(&h->binning, from_utf8);
	mlops_histogram *result;

	if (b == &h->binning)
		return h;
	result = mlops_histogram_empty(b);
	result->null_count = h->null_count;
	result->unseen_count = h->unseen_count;
	memcpy(mlops_histogram_counts(result), mlops_histogram_counts(h),
		   mlops_binning_bins(b) * sizeof(int64_t));
	return result;
}

/* histogram_recv(internal): the bytes of histogram_codec.c */
Datum
mlops_histogram_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	int			left = buf->len - buf->cursor;
	mlops_reader r;
	size_t		size = 0;
	mlops_histogram *h = NULL;
	const char *why;

	mlops_reader_init(&r, pq_getmsgbytes(buf, left), left);
	why = mlops_histogram_read_size(r, &size);
	if (why == NULL)
	{
		h = palloc(size);
		why = mlops_histogram_read(&r, h);
	}
	if (why == NULL && !mlops_reader_done(&r))
		why = "there is something after the end of the value";
	if (why != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid external \"%s\" value", "mlops.histogram"),
				 errdetail("In the value, %s.", why)));
	SET_VARSIZE(&h->binning, mlops_binning_size(&h->binning));
	SET_VARSIZE(h, size);
	PG_RETURN_POINTER(convert(h, true));
}

/* histogram_send(histogram) */
Datum
mlops_histogram_send(PG_FUNCTION_ARGS)
{
	const mlops_histogram *h = convert(PG_GETARG_MLOPS_HISTOGRAM(0), false);
	mlops_writer w;
	bytea	   *result;

	mlops_writer_init(&w, NULL, 0);
	mlops_histogram_write(&w, h);
	result = palloc(VARHDRSZ + w.used);
	SET_VARSIZE(result, VARHDRSZ + w.used);
	mlops_writer_init(&w, VARDATA(result), w.used);
	mlops_histogram_write(&w, h);
	PG_RETURN_BYTEA_P(result);
}

/*
 * bins(histogram): one row a bin, numbered from 1; the NULL and the unseen bin
 * come last.  lower and upper are NULL except for numeric bins; share is of
 * all rows, and NULL if there are none.
 */
Datum
mlops_histogram_bins(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	mlops_histogram_view v;

	InitMaterializedSRF(fcinfo, 0);
	mlops_histogram_open(PG_GETARG_MLOPS_HISTOGRAM(0), &v);
	for (int bin = 0; bin < v.bins + 2; bin++)
	{
		Datum		value[6];
		bool		isnull[6] = {false};
		int64		count = bin < v.bins ? v.counts[bin]
			: bin == v.bins ? v.null_count : v.unseen_count;

		value[0] = Int32GetDatum(bin + 1);
		isnull[1] = isnull[2] = v.edges == NULL || bin >= v.bins;
		if (!isnull[1])
		{
			double		lower;
			double		upper;

			mlops_histogram_bin_edges(&v, bin, &lower, &upper);
			value[1] = Float8GetDatum(lower);
			value[2] = Float8GetDatum(upper);
		}
		value[3] = CStringGetTextDatum(mlops_histogram_bin_name(&v, bin));
		value[4] = Int64GetDatum(count);
		isnull[5] = v.rows == 0;
		value[5] = Float8GetDatum(v.rows == 0 ? 0 : (double) count / (double) v.rows);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, value, isnull);
	}
	return (Datum) 0;
}

/* row_count(histogram): all rows, NULL and unseen ones included */
Datum
mlops_histogram_row_count(PG_FUNCTION_ARGS)
{
	mlops_histogram_view v;

	mlops_histogram_open(PG_GETARG_MLOPS_HISTOGRAM(0), &v);
	PG_RETURN_INT64(v.rows);
}

Datum
mlops_histogram_null_count(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(PG_GETARG_MLOPS_HISTOGRAM(0)->null_count);
}

Datum
mlops_histogram_unseen_count(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(PG_GETARG_MLOPS_HISTOGRAM(0)->unseen_count);
}

/* binning(histogram): the bins it counts into */
Datum
mlops_histogram_binning(PG_FUNCTION_ARGS)
{
	const mlops_histogram *h = PG_GETARG_MLOPS_HISTOGRAM(0);
	size_t		size = mlops_binning_size(&h->binning);
	mlops_binning *b = palloc(size);

	memcpy(b, &h->binning, size);
	SET_VARSIZE(b, size);
	PG_RETURN_POINTER(b);
}

/* to_jsonb(histogram): the binning, "counts", "null", "unseen", for people */
Datum
mlops_histogram_to_jsonb(PG_FUNCTION_ARGS)
{
	mlops_histogram_view v;
	StringInfoData buf;

	mlops_histogram_open(PG_GETARG_MLOPS_HISTOGRAM(0), &v);
	initStringInfo(&buf);
	appendStringInfoChar(&buf, '{');
	mlops_binning_json_members(&buf, v.binning);
	appendStringInfoString(&buf, ", \"counts\": [");
	for (int i = 0; i < v.bins; i++)
		appendStringInfo(&buf, "%s" INT64_FORMAT, i > 0 ? ", " : "", (int64) v.counts[i]);
	appendStringInfo(&buf, "], \"null\": " INT64_FORMAT ", \"unseen\": " INT64_FORMAT ", \"rows\": " INT64_FORMAT "}",
					 (int64) v.null_count, (int64) v.unseen_count, (int64) v.rows);
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(buf.data));
}
