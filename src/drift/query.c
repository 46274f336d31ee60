/*
 * query.c
 *		Queries that users pass as text: what they return.
 */
#include "drift/query.h"

#include <ctype.h>

#include "executor/spi.h"
#include "tcop/cmdtag.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/plancache.h"

TupleDesc
mlops_query_result(const char *query, const char *example)
{
	SPIPlanPtr	plan = SPI_prepare(query, 0, NULL);
	CachedPlanSource *source;

	if (plan == NULL)
		elog(ERROR, "SPI_prepare failed: %s", SPI_result_code_string(SPI_result));
	if (list_length(SPI_plan_get_plan_sources(plan)) == 1)
	{
		source = linitial(SPI_plan_get_plan_sources(plan));
		if (source->commandTag == CMDTAG_SELECT && source->resultDesc != NULL)
			return source->resultDesc;
	}
	ereport(ERROR,
			(errcode(ERRCODE_SYNTAX_ERROR),
			 errmsg("query is not one SELECT"),
			 errhint("For example: '%s'.", example)));
	return NULL;
}

int
mlops_query_column(TupleDesc desc, const char *name)
{
	for (int i = 0; i < desc->natts; i++)
		if (strcmp(NameStr(TupleDescAttr(desc, i)->attname), name) == 0)
			return i;
	return -1;
}

char *
mlops_query_column_names(TupleDesc desc, Oid type)
{
	StringInfoData buf;
	int			n = 0;

	initStringInfo(&buf);
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute a = TupleDescAttr(desc, i);

		if (OidIsValid(type) && getBaseType(a->atttypid) != type)
			continue;
		if (n++ == 20)
		{
			appendStringInfoString(&buf, ", ...");
			break;
		}
		appendStringInfo(&buf, "%s%s", n > 1 ? ", " : "", NameStr(a->attname));
	}
	return n > 0 ? buf.data : "(none)";
}

int
mlops_query_length(const char *query)
{
	int			len = strlen(query);

	while (len > 0 && (query[len - 1] == ';' || isspace((unsigned char) query[len - 1])))
		len--;
	return len;
}
