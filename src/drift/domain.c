/*
 * domain.c
 *		domain_classifier(query, ...): can current rows be told from reference
 *		rows, how well, and by which columns?
 */
#include "drift/domain.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "drift/result.h"
#include "funcapi.h"
#include "kernel/multivariate/boost.h"
#include "kernel/multivariate/crossfit.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

#define RESULT_FIELDS	(MLOPS_TEST_COLUMNS + 3)
#define COLUMN_FIELDS	6

MLOPS_FUNCTION(mlops_domain_classifier);

static void
refuse_null(FunctionCallInfo fcinfo, int i, const char *name)
{
	if (PG_ARGISNULL(i))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not be null", name)));
}

static int64
in_range(FunctionCallInfo fcinfo, int i, const char *name, int64 min, int64 max)
{
	int64		value;

	refuse_null(fcinfo, i, name);
	value = PG_GETARG_INT32(i);
	if (value < min || value > max)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be from %lld to %lld", name, (long long) min, (long long) max)));
	return value;
}

/* NULL: all columns. */
static List *
column_list(FunctionCallInfo fcinfo, int i)
{
	List	   *names = NIL;
	Datum	   *element;
	bool	   *isnull;
	int			n;

	if (PG_ARGISNULL(i))
		return NIL;
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(i), TEXTOID, -1, false, TYPALIGN_INT, &element, &isnull, &n);
	for (int j = 0; j < n; j++)
	{
		if (isnull[j])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("a name in columns is null")));
		names = lappend(names, TextDatumGetCString(element[j]));
	}
	if (n == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("columns is empty"),
				 errhint("Leave it out to use all columns of the query.")));
	return names;
}

static Datum
column_row(const domain_data *data, const domain_column *c, TupleDesc desc)
{
	static const char *const kind[] = {"numeric", "categorical", "array"};
	Datum		value[COLUMN_FIELDS];
	bool		isnull[COLUMN_FIELDS] = {false};

	value[0] = CStringGetTextDatum(c->name);
	value[1] = CStringGetTextDatum(kind[c->kind]);
	value[2] = mlops_float8_or_null(c->importance, &isnull[2]);
	value[3] = mlops_float8_or_null(c->gain_share, &isnull[3]);
	for (int side = 0; side < 2; side++)
		value[4 + side] = mlops_float8_or_null(data->side[side] == 0 ? NAN :
											   c->kind == DOMAIN_ARRAY && c->width == 0 ? 1 :
											   c->missing[side] / ((double) data->side[side] * c->width),
											   &isnull[4 + side]);
	return HeapTupleGetDatum(heap_form_tuple(desc, value, isnull));
}

/* The most important first; columns that are equal in that as in the query. */
static Datum
column_rows(const domain_data *data, Oid array_type)
{
	Oid			element = get_element_type(array_type);
	TupleDesc	desc = lookup_rowtype_tupdesc_copy(element, -1);
	int			n = data->n_columns;
	int		   *order = palloc(n * sizeof(int));
	Datum	   *row = palloc(n * sizeof(Datum));

	if (desc->natts != COLUMN_FIELDS)
		elog(ERROR, "type mlops.domain_column has an unexpected number of fields");
	for (int i = 0; i < n; i++)
	{
		int			j = i;

		for (; j > 0 && data->column[order[j - 1]].importance < data->column[i].importance; j--)
			order[j] = order[j - 1];
		order[j] = i;
	}
	for (int i = 0; i < n; i++)
		row[i] = column_row(data, &data->column[order[i]], desc);
	return PointerGetDatum(construct_array(row, n, element, -1, false, TYPALIGN_DOUBLE));
}

/*
 * domain_classifier(query text, columns text[], is_current text, max_rows int,
 *					 folds int, trees int, depth int, seed bigint)
 */
Datum
mlops_domain_classifier(PG_FUNCTION_ARGS)
{
	domain_options options;
	domain_data *data;
	mlops_test	test;
	TupleDesc	desc;
	Datum		value[RESULT_FIELDS];
	bool		isnull[RESULT_FIELDS] = {false};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE || desc->natts != RESULT_FIELDS)
		elog(ERROR, "domain_classifier has an unexpected result type");
	desc = BlessTupleDesc(desc);
	refuse_null(fcinfo, 0, "query");
	refuse_null(fcinfo, 2, "is_current");
	refuse_null(fcinfo, 7, "seed");
	options.max_rows = in_range(fcinfo, 3, "max_rows", 100, DOMAIN_MAX_ROWS);
	options.folds = in_range(fcinfo, 4, "folds", 2, MLOPS_MAX_FOLDS);
	options.trees = in_range(fcinfo, 5, "trees", 1, 1000);
	options.depth = in_range(fcinfo, 6, "depth", 1, MLOPS_BOOST_MAX_DEPTH);
	options.seed = PG_GETARG_INT64(7);

	data = mlops_domain_read(text_to_cstring(PG_GETARG_TEXT_PP(0)), column_list(fcinfo, 1),
							 text_to_cstring(PG_GETARG_TEXT_PP(2)), &options);
	mlops_domain_fit(data, &options, &test);
	mlops_test_values("domain_classifier", &test, data->excluded, value, isnull);
	value[MLOPS_TEST_COLUMNS] = Int64GetDatum(data->rows[0]);
	value[MLOPS_TEST_COLUMNS + 1] = Int64GetDatum(data->rows[1]);
	value[MLOPS_TEST_COLUMNS + 2] =
		column_rows(data, TupleDescAttr(desc, MLOPS_TEST_COLUMNS + 2)->atttypid);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(desc, value, isnull)));
}
