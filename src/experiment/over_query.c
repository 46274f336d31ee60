/*
 * over_query.c
 *		Estimators that read a query of the user's: the query around it does the
 *		grouping and sorting, which PostgreSQL spills to disk, and calls a
 *		function over what is left.
 */
#include "experiment/over_query.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "drift/query.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/tuplestore.h"

static void
append_input(StringInfo buf, TupleDesc desc, const mlops_query_input *input, const char *example)
{
	int			at = mlops_query_column(desc, input->name);

	if (at < 0 && input->otherwise == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("query returns no column \"%s\"", input->name),
				 errdetail("Columns of the query: %s.", mlops_query_column_names(desc, InvalidOid)),
				 errhint("For example: '%s'.", example)));
	if (at < 0)
		appendStringInfoString(buf, input->otherwise);
	else if (input->cast == NULL)
		appendStringInfo(buf, "q.c%d", at + 1);
	else
		/* boolean becomes a number by way of integer */
		appendStringInfo(buf, "q.c%d%s::pg_catalog.%s", at + 1,
						 getBaseType(TupleDescAttr(desc, at)->atttypid) == BOOLOID && strcmp(input->cast, "bool") != 0 ?
						 "::pg_catalog.int4" : "", input->cast);
	appendStringInfo(buf, " AS %s", quote_identifier(input->name));
}

char *
mlops_input_query(const char *query, const mlops_query_input *input, int n, const char *example)
{
	TupleDesc	desc = mlops_query_result(query, example);
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfoString(&buf, "SELECT ");
	for (int i = 0; i < n; i++)
	{
		appendStringInfoString(&buf, i > 0 ? ", " : "");
		append_input(&buf, desc, &input[i], example);
	}
	appendStringInfo(&buf, " FROM (%.*s\n) AS q (", mlops_query_length(query), query);
	for (int i = 0; i < desc->natts; i++)
		appendStringInfo(&buf, "%sc%d", i > 0 ? ", " : "", i + 1);
	appendStringInfoChar(&buf, ')');
	return buf.data;
}

static void
execute(const char *sql)
{
	int			rc = SPI_execute_with_args(sql, 0, NULL, NULL, NULL, true, 0);

	if (rc != SPI_OK_SELECT)
		elog(ERROR, "SPI_execute_with_args failed: %s", SPI_result_code_string(rc));
}

Datum
mlops_query_row(FunctionCallInfo fcinfo, const char *sql)
{
	TupleDesc	desc;
	HeapTupleHeader row;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	execute(sql);
	if (SPI_processed != 1 || SPI_tuptable->tupdesc->natts != desc->natts)
		elog(ERROR, "query returned another row than was expected");
	row = SPI_returntuple(SPI_tuptable->vals[0], BlessTupleDesc(desc));
	SPI_finish();
	return HeapTupleHeaderGetDatum(row);
}

Datum
mlops_query_rows(FunctionCallInfo fcinfo, const char *sql)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	execute(sql);
	if (SPI_tuptable->tupdesc->natts != result->setDesc->natts)
		elog(ERROR, "query returned other columns than were expected");
	for (uint64 i = 0; i < SPI_processed; i++)
		tuplestore_puttuple(result->setResult, SPI_tuptable->vals[i]);
	SPI_finish();
	return (Datum) 0;
}
