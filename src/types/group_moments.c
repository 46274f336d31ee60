/*
 * group_moments.c
 *		mlops.group_moments: input and output, accessors.
 */
#include "types/group_moments.h"

#include <math.h>

#include "funcapi.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/tuplestore.h"

MLOPS_FUNCTION(mlops_group_moments_in);
MLOPS_FUNCTION(mlops_group_moments_out);
MLOPS_FUNCTION(mlops_group_moments_recv);
MLOPS_FUNCTION(mlops_group_moments_send);
MLOPS_FUNCTION(mlops_group_moments_groups);
MLOPS_FUNCTION(mlops_group_moments_to_jsonb);

static mlops_group_item *
items_for(uint32_t n)
{
	return MemoryContextAllocHuge(CurrentMemoryContext, ((Size) n + 1) * sizeof(mlops_group_item));
}

/* group_moments_in(cstring): the text of group_moments_codec.c, in any order */
Datum
mlops_group_moments_in(PG_FUNCTION_ARGS)
{
	char	   *text = PG_GETARG_CSTRING(0);
	size_t		size = strlen(text);
	mlops_group_list list;
	mlops_scanner s;
	const char *why;

	mlops_scanner_init(&s, text, size);
	why = mlops_group_moments_scan_count(s, &list.n);
	if (why == NULL)
	{
		list.item = items_for(list.n);
		why = mlops_group_moments_scan(&s, palloc(size + 1), size, &list);
	}
	if (why == NULL)
		why = mlops_group_list_check(&list);
	if (why != NULL)
		MLOPS_ERETURN(fcinfo, (Datum) 0,
					  (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
					   errmsg("invalid input syntax for type %s", "mlops.group_moments"),
					   errdetail("In the value, %s.", why)));
	PG_RETURN_POINTER(mlops_group_moments_make(&list));
}

/* group_moments_out(group_moments): text that reads back as the same bytes */
Datum
mlops_group_moments_out(PG_FUNCTION_ARGS)
{
	mlops_group_list list;
	mlops_writer w;
	char	   *text;

	mlops_group_moments_open(PG_GETARG_DATUM(0), &list);
	mlops_writer_init(&w, NULL, 0);
	mlops_group_moments_print(&w, &list);
	text = palloc(w.used + 1);
	mlops_writer_init(&w, text, w.used);
	mlops_group_moments_print(&w, &list);
	text[w.used] = '\0';
	PG_RETURN_CSTRING(text);
}

/*
 * Labels are UTF-8 on the wire.  Another encoding may sort them differently,
 * so the list must be checked again by the caller.
 */
static void
convert(mlops_group_list *list, bool from_utf8)
{
	for (uint32_t i = 0; i < list->n; i++)
	{
		mlops_group_item *g = &list->item[i];
		const char *label = from_utf8 ? pg_any_to_server(g->label, g->length, PG_UTF8)
			: pg_server_to_any(g->label, g->length, PG_UTF8);

		if (label != g->label)
		{
			g->label = label;
			g->length = strlen(label);
		}
	}
}

/* group_moments_recv(internal): the bytes of group_moments_codec.c */
Datum
mlops_group_moments_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	int			left = buf->len - buf->cursor;
	mlops_group_list list;
	mlops_reader r;
	const char *why;

	mlops_reader_init(&r, pq_getmsgbytes(buf, left), left);
	why = mlops_group_moments_read_count(r, &list.n);
	if (why == NULL)
	{
		list.item = items_for(list.n);
		why = mlops_group_moments_read(&r, &list);
	}
	/* before the conversion, which stops at a null byte */
	if (why == NULL)
		why = mlops_group_list_check(&list);
	if (why == NULL)
	{
		convert(&list, true);
		why = mlops_group_list_check(&list);
	}
	if (why != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid external \"%s\" value", "mlops.group_moments"),
				 errdetail("In the value, %s.", why)));
	PG_RETURN_POINTER(mlops_group_moments_make(&list));
}

/* group_moments_send(group_moments) */
Datum
mlops_group_moments_send(PG_FUNCTION_ARGS)
{
	mlops_group_list list;
	mlops_writer w;
	bytea	   *result;
	const char *why;

	mlops_group_moments_open(PG_GETARG_DATUM(0), &list);
	convert(&list, false);
	why = mlops_group_list_check(&list);
	if (why != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNTRANSLATABLE_CHARACTER),
				 errmsg("value of type mlops.group_moments cannot be sent in UTF-8"),
				 errdetail("In the value, %s.", why)));
	mlops_writer_init(&w, NULL, 0);
	mlops_group_moments_write(&w, &list);
	result = palloc(VARHDRSZ + w.used);
	SET_VARSIZE(result, VARHDRSZ + w.used);
	mlops_writer_init(&w, VARDATA(result), w.used);
	mlops_group_moments_write(&w, &list);
	PG_RETURN_BYTEA_P(result);
}

/* groups(group_moments): one row a group in byte order */
Datum
mlops_group_moments_groups(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	mlops_group_list list;

	InitMaterializedSRF(fcinfo, 0);
	mlops_group_moments_open(PG_GETARG_DATUM(0), &list);
	for (uint32_t i = 0; i < list.n; i++)
	{
		const mlops_mean2 *m = &list.item[i].moments.base;
		Datum		value[6];
		double		skewness = mlops_mean3_skewness(&list.item[i].moments);
		bool		isnull[6] = {false, false, false, m->n < 2, false, isnan(skewness)};

		value[0] = PointerGetDatum(cstring_to_text_with_len(list.item[i].label, list.item[i].length));
		value[1] = Int64GetDatum(m->n);
		value[2] = Float8GetDatum(m->mean.hi);
		value[3] = Float8GetDatum(mlops_mean2_variance(m));
		value[4] = Float8GetDatum(m->m2.hi);
		value[5] = Float8GetDatum(skewness);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, value, isnull);
		pfree(DatumGetPointer(value[0]));
		CHECK_FOR_INTERRUPTS();
	}
	return (Datum) 0;
}

static void
append_number(StringInfo buf, double x)
{
	char		number[MLOPS_FLOAT_TEXT_SIZE];

	mlops_format_float(x, number);
	appendStringInfoString(buf, isfinite(x) ? number : "null");
}

/* to_jsonb(group_moments): labels and moments as parallel arrays, for people */
Datum
mlops_group_moments_to_jsonb(PG_FUNCTION_ARGS)
{
	static const char *const array[5] = {"groups", "n", "mean", "sum_of_squares", "sum_of_cubes"};
	static const char *const count[MLOPS_LEFT_OUT] = {"null", "nan", "positive_infinity", "negative_infinity", "unassigned"};
	mlops_group_list list;
	StringInfoData buf;

	mlops_group_moments_open(PG_GETARG_DATUM(0), &list);
	initStringInfo(&buf);
	for (int a = 0; a < 5; a++)
	{
		appendStringInfo(&buf, "%s\"%s\": [", a > 0 ? ", " : "{", array[a]);
		for (uint32_t i = 0; i < list.n; i++)
		{
			const mlops_group_item *g = &list.item[i];

			if (i > 0)
				appendStringInfoString(&buf, ", ");
			if (a == 0)
			{
				char	   *label = pnstrdup(g->label, g->length);

				escape_json(&buf, label);
				pfree(label);
			}
			else if (a == 1)
				appendStringInfo(&buf, INT64_FORMAT, (int64) g->moments.base.n);
			else
				append_number(&buf, a == 2 ? g->moments.base.mean.hi : a == 3 ? g->moments.base.m2.hi : g->moments.m3.hi);
		}
		appendStringInfoChar(&buf, ']');
	}
	for (int i = 0; i < MLOPS_LEFT_OUT; i++)
		appendStringInfo(&buf, ", \"%s\": " INT64_FORMAT, count[i], (int64) list.left_out[i]);
	appendStringInfoChar(&buf, '}');
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(buf.data));
}
