/*
 * contingency.c
 *		mlops.contingency: input and output, accessors.
 */
#include "types/contingency.h"

#include "funcapi.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/tuplestore.h"

MLOPS_FUNCTION(mlops_contingency_in);
MLOPS_FUNCTION(mlops_contingency_out);
MLOPS_FUNCTION(mlops_contingency_recv);
MLOPS_FUNCTION(mlops_contingency_send);
MLOPS_FUNCTION(mlops_contingency_categories);
MLOPS_FUNCTION(mlops_contingency_to_jsonb);

static mlops_category *
items_for(uint32_t n)
{
	return MemoryContextAllocHuge(CurrentMemoryContext, ((Size) n + 1) * sizeof(mlops_category));
}

/* contingency_in(cstring): the text of contingency_codec.c, in any order */
Datum
mlops_contingency_in(PG_FUNCTION_ARGS)
{
	char	   *text = PG_GETARG_CSTRING(0);
	size_t		size = strlen(text);
	mlops_category_list list;
	mlops_scanner s;
	const char *why;

	mlops_scanner_init(&s, text, size);
	why = mlops_contingency_scan_count(s, &list.n);
	if (why == NULL)
	{
		list.item = items_for(list.n);
		why = mlops_contingency_scan(&s, palloc(size + 1), size, &list);
	}
	if (why == NULL)
		why = mlops_category_list_check(&list);
	if (why != NULL)
		MLOPS_ERETURN(fcinfo, (Datum) 0,
					  (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
					   errmsg("invalid input syntax for type %s", "mlops.contingency"),
					   errdetail("In the value, %s.", why)));
	PG_RETURN_POINTER(mlops_contingency_make(&list));
}

/* contingency_out(contingency): text that reads back as the same bytes */
Datum
mlops_contingency_out(PG_FUNCTION_ARGS)
{
	mlops_category_list list;
	mlops_writer w;
	char	   *text;

	mlops_contingency_open(PG_GETARG_DATUM(0), &list);
	mlops_writer_init(&w, NULL, 0);
	mlops_contingency_print(&w, &list);
	text = palloc(w.used + 1);
	mlops_writer_init(&w, text, w.used);
	mlops_contingency_print(&w, &list);
	text[w.used] = '\0';
	PG_RETURN_CSTRING(text);
}

/*
 * Labels are UTF-8 on the wire.  Another encoding may sort them differently,
 * so the list must be checked again by the caller.
 */
static void
convert(mlops_category_list *list, bool from_utf8)
{
	for (uint32_t i = 0; i < list->n; i++)
	{
		mlops_category *c = &list->item[i];
		const char *label = from_utf8 ? pg_any_to_server(c->label, c->length, PG_UTF8)
			: pg_server_to_any(c->label, c->length, PG_UTF8);

		if (label != c->label)
		{
			c->label = label;
			c->length = strlen(label);
		}
	}
}

/* contingency_recv(internal): the bytes of contingency_codec.c */
Datum
mlops_contingency_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	int			left = buf->len - buf->cursor;
	mlops_category_list list;
	mlops_reader r;
	const char *why;

	mlops_reader_init(&r, pq_getmsgbytes(buf, left), left);
	why = mlops_contingency_read_count(r, &list.n);
	if (why == NULL)
	{
		list.item = items_for(list.n);
		why = mlops_contingency_read(&r, &list);
	}
	/* before the conversion, which stops at a null byte */
	if (why == NULL)
		why = mlops_category_list_check(&list);
	if (why == NULL)
	{
		convert(&list, true);
		why = mlops_category_list_check(&list);
	}
	if (why != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid external \"%s\" value", "mlops.contingency"),
				 errdetail("In the value, %s.", why)));
	PG_RETURN_POINTER(mlops_contingency_make(&list));
}

/* contingency_send(contingency) */
Datum
mlops_contingency_send(PG_FUNCTION_ARGS)
{
	mlops_category_list list;
	mlops_writer w;
	bytea	   *result;
	const char *why;

	mlops_contingency_open(PG_GETARG_DATUM(0), &list);
	convert(&list, false);
	why = mlops_category_list_check(&list);
	if (why != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNTRANSLATABLE_CHARACTER),
				 errmsg("value of type mlops.contingency cannot be sent in UTF-8"),
				 errdetail("In the value, %s.", why)));
	mlops_writer_init(&w, NULL, 0);
	mlops_contingency_write(&w, &list);
	result = palloc(VARHDRSZ + w.used);
	SET_VARSIZE(result, VARHDRSZ + w.used);
	mlops_writer_init(&w, VARDATA(result), w.used);
	mlops_contingency_write(&w, &list);
	PG_RETURN_BYTEA_P(result);
}

/* categories(contingency): one row a category in byte order; NULL last, if there are any */
Datum
mlops_contingency_categories(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	mlops_category_list list;

	InitMaterializedSRF(fcinfo, 0);
	mlops_contingency_open(PG_GETARG_DATUM(0), &list);
	for (uint32_t i = 0; i <= list.n; i++)
	{
		Datum		value[3] = {0};
		bool		isnull[3] = {i == list.n};
		const int64_t *count = i == list.n ? list.null_count : list.item[i].count;

		if (i < list.n)
			value[0] = PointerGetDatum(cstring_to_text_with_len(list.item[i].label, list.item[i].length));
		else if (count[0] == 0 && count[1] == 0)
			break;
		value[1] = Int64GetDatum(count[MLOPS_REFERENCE]);
		value[2] = Int64GetDatum(count[MLOPS_CURRENT]);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, value, isnull);
		if (i < list.n)
			pfree(DatumGetPointer(value[0]));
		CHECK_FOR_INTERRUPTS();
	}
	return (Datum) 0;
}

/* to_jsonb(contingency): labels and counts as parallel arrays, for people */
Datum
mlops_contingency_to_jsonb(PG_FUNCTION_ARGS)
{
	static const char *const name[2] = {"reference", "current"};
	mlops_category_list list;
	StringInfoData buf;

	mlops_contingency_open(PG_GETARG_DATUM(0), &list);
	initStringInfo(&buf);
	appendStringInfoString(&buf, "{\"categories\": [");
	for (uint32_t i = 0; i < list.n; i++)
	{
		char	   *label = pnstrdup(list.item[i].label, list.item[i].length);

		if (i > 0)
			appendStringInfoString(&buf, ", ");
		escape_json(&buf, label);
		pfree(label);
	}
	appendStringInfoChar(&buf, ']');
	for (int side = 0; side < 2; side++)
	{
		appendStringInfo(&buf, ", \"%s\": [", name[side]);
		for (uint32_t i = 0; i < list.n; i++)
			appendStringInfo(&buf, "%s" INT64_FORMAT, i > 0 ? ", " : "", (int64) list.item[i].count[side]);
		appendStringInfo(&buf, "], \"null_%s\": " INT64_FORMAT, name[side], (int64) list.null_count[side]);
	}
	appendStringInfo(&buf, ", \"unassigned\": " INT64_FORMAT "}", (int64) list.unassigned);
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(buf.data));
}
