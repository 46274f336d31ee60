/*
 * domain_query.c
 *		The query of the domain classifier: what it returns, and how that is read.
 */
#include "drift/domain.h"

#include "catalog/pg_type.h"
#include "drift/query.h"
#include "lib/stringinfo.h"
#include "parser/parse_coerce.h"
#include "utils/lsyscache.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#define EXAMPLE "SELECT at >= ''2026-01-01'' AS is_current, age, country FROM orders"

static int
find_is_current(TupleDesc desc, const char *name)
{
	int			i = mlops_query_column(desc, name);

	if (i < 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("query returns no column \"%s\"", name),
				 errdetail("It has to tell current rows (true) from reference rows (false)."),
				 errhint("Name the column with is_current => '...'. Boolean columns of the query: %s.",
						 mlops_query_column_names(desc, BOOLOID))));
	if (getBaseType(TupleDescAttr(desc, i)->atttypid) != BOOLOID)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("column \"%s\" has type %s, not boolean", name,
						format_type_be(TupleDescAttr(desc, i)->atttypid)),
				 errdetail("It has to tell current rows (true) from reference rows (false)."),
				 errhint("Boolean columns of the query: %s.", mlops_query_column_names(desc, BOOLOID))));
	return i;
}

/*
 * How a column is read: its kind, the type that the receiver gets, and the cast
 * to it, or NULL where it is read as it is.
 */
static const char *
reading_of(Oid type, domain_column *c)
{
	Oid			base = getBaseType(type);
	Oid			element = get_element_type(base);
	Oid			function;

	c->width = 1;
	c->type = base;
	c->kind = DOMAIN_NUMERIC;
	switch (base)
	{
		case FLOAT8OID:
		case FLOAT4OID:
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case NUMERICOID:
		case BOOLOID:
		case TIMESTAMPTZOID:
		case TIMESTAMPOID:
		case DATEOID:
			return NULL;
	}
	c->kind = DOMAIN_CATEGORICAL;
	c->type = TEXTOID;
	if (base == TEXTOID || base == VARCHAROID)
		return NULL;
	/* text drops the blanks at the end of a bpchar */
	if (base == BPCHAROID || base == NAMEOID || base == CHAROID || base == UUIDOID || type_is_enum(base))
		return "::pg_catalog.text";
	c->kind = DOMAIN_ARRAY;
	c->type = FLOAT8ARRAYOID;
	c->width = 0;
	switch (element)
	{
		case FLOAT8OID:
		case FLOAT4OID:
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case NUMERICOID:
			return "::pg_catalog.float8[]";
	}
	/* embeddings of other extensions: what can be cast to real[] */
	c->type = FLOAT4ARRAYOID;
	if (!OidIsValid(element) &&
		find_coercion_pathway(FLOAT4ARRAYOID, base, COERCION_EXPLICIT, &function) == COERCION_PATH_FUNC)
		return "::pg_catalog.float4[]";
	return "";
}

static const char *
reading_or_error(Oid type, domain_column *c)
{
	const char *cast = reading_of(type, c);

	if (cast == NULL)
		return "";
	if (*cast == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("column \"%s\" has type %s, which a domain classifier cannot read",
						c->name, format_type_be(type)),
				 errhint("Cast it to a number, boolean, text, a time or an array of numbers, or name the columns to use with columns => '{...}'.")));
	return cast;
}

/* Columns by name, or all but is_current. */
static List *
find_columns(TupleDesc desc, List *names, int is_current)
{
	List	   *found = NIL;
	ListCell   *lc;

	if (names == NIL)
	{
		for (int i = 0; i < desc->natts; i++)
			if (i != is_current)
				found = lappend_int(found, i);
		if (found == NIL)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("query returns no column but \"%s\"",
							NameStr(TupleDescAttr(desc, is_current)->attname)),
					 errhint("Select the columns to compare as well.")));
		return found;
	}
	foreach(lc, names)
	{
		const char *name = lfirst(lc);
		int			i = mlops_query_column(desc, name);

		if (i < 0)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("query returns no column \"%s\"", name),
					 errhint("Columns of the query: %s.", mlops_query_column_names(desc, InvalidOid))));
		if (i == is_current || list_member_int(found, i))
			ereport(ERROR,
					(errcode(ERRCODE_DUPLICATE_COLUMN),
					 errmsg("column \"%s\" is named twice", name),
					 errhint("Name each column once, and not the one that tells the sides apart.")));
		found = lappend_int(found, i);
	}
	return found;
}

/* The query around the user's: the side first, then the columns as they are read. */
static char *
wrap(const char *query, TupleDesc desc, int is_current, List *found, domain_data *data)
{
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "SELECT q.c%d::pg_catalog.bool", is_current + 1);
	for (int i = 0; i < data->n_columns; i++)
	{
		int			no = list_nth_int(found, i);
		Form_pg_attribute a = TupleDescAttr(desc, no);
		domain_column *c = &data->column[i];

		c->name = MemoryContextStrdup(GetMemoryChunkContext(data), NameStr(a->attname));
		appendStringInfo(&buf, ", q.c%d%s", no + 1, reading_or_error(a->atttypid, c));
	}
	appendStringInfo(&buf, " FROM (%.*s\n) AS q (", mlops_query_length(query), query);
	for (int i = 0; i < desc->natts; i++)
		appendStringInfo(&buf, "%sc%d", i > 0 ? ", " : "", i + 1);
	appendStringInfoChar(&buf, ')');
	return buf.data;
}

char *
mlops_domain_query(const char *query, List *columns, const char *is_current, domain_data *data)
{
	TupleDesc	desc = mlops_query_result(query, EXAMPLE);
	int			side = find_is_current(desc, is_current);
	List	   *found = find_columns(desc, columns, side);

	data->n_columns = list_length(found);
	data->column = MemoryContextAllocZero(GetMemoryChunkContext(data),
										  data->n_columns * sizeof(domain_column));
	return wrap(query, desc, side, found, data);
}
