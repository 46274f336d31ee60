/*
 * histogram_columns.c
 *		Aggregate histogram_columns(binning[], VARIADIC "any"): one histogram a
 *		column, one call a row.
 *
 * For local plans: a call per row instead of one per row and column.  Its
 * state is internal; the histograms that come out are those of the
 * per-column aggregates, bit for bit.
 */
#include "agg/histogram_state.h"

#include "catalog/pg_type.h"
#include "libpq/pqformat.h"
#include "nodes/nodeFuncs.h"
#include "nodes/parsenodes.h"
#include "nodes/primnodes.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

MLOPS_FUNCTION(mlops_histogram_columns_accum);
MLOPS_FUNCTION(mlops_histogram_columns_combine);
MLOPS_FUNCTION(mlops_histogram_columns_serial);
MLOPS_FUNCTION(mlops_histogram_columns_deserial);
MLOPS_FUNCTION(mlops_histogram_columns_final);

typedef struct column_state
{
	mlops_histogram *histogram; /* NULL: this column has no binning */
	Oid			type;
	uint32_t	slots;			/* index of integer labels; 0: none yet */
	int64_t    *int_key;
	uint16_t   *int_bin;
} column_state;

typedef struct columns_state
{
	ArrayType  *binnings;		/* to compare every row's with; NULL: need not be */
	int			n;
	column_state column[FLEXIBLE_ARRAY_MEMBER];
} columns_state;

static MemoryContext
get_context(FunctionCallInfo fcinfo)
{
	MemoryContext context;

	if (!AggCheckCallContext(fcinfo, &context))
		elog(ERROR, "aggregate support function called in non-aggregate context");
	return context;
}

static bool
is_label_type(Oid type)
{
	return type == TEXTOID || type == VARCHAROID || type == BOOLOID;
}

static bool
is_int_type(Oid type)
{
	return type == INT2OID || type == INT4OID || type == INT8OID;
}

/* Error unless values of this type can be counted into this binning. */
static void
check_column(int no, Oid type, const mlops_binning *b)
{
	bool		number = is_int_type(type) || type == FLOAT4OID || type == FLOAT8OID ||
		type == NUMERICOID || type == TIMESTAMPTZOID;
	bool		label = is_int_type(type) || is_label_type(type);

	if (!number && !label)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("column %d of histogram_columns has a type that cannot be counted", no),
				 errhint("Cast it to float8, text, boolean or timestamptz.")));
	if (b->kind == MLOPS_BINNING_NUMERIC ? !number : !label)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("column %d of histogram_columns does not fit its binning", no),
				 errdetail("The binning is %s.",
						   b->kind == MLOPS_BINNING_NUMERIC ? "numeric" : "categorical"),
				 errhint("Cast the column to %s, or exchange the binning.",
						 b->kind == MLOPS_BINNING_NUMERIC ? "float8" : "text")));
}

/*
 * Is the array of binnings one and the same for all rows, so that it need not
 * be looked at again?
 */
static bool
has_constant_binnings(FunctionCallInfo fcinfo)
{
	Aggref	   *agg = AggGetAggref(fcinfo);
	Node	   *arg;

	if (agg == NULL || agg->args == NIL)
		return false;
	arg = (Node *) ((TargetEntry *) linitial(agg->args))->expr;
	return IsA(arg, Const) || IsA(arg, Param);
}

/* First row of a group: a state in the aggregate's memory. */
static columns_state *
begin(FunctionCallInfo fcinfo, MemoryContext context)
{
	MemoryContext old;
	columns_state *state;
	ArrayType  *binnings;
	Datum	   *item;
	bool	   *isnull;
	int			n;

	if (get_fn_expr_variadic(fcinfo->flinfo))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("histogram_columns does not take its columns as an array"),
				 errhint("Give the columns one by one, without VARIADIC.")));
	if (PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the binnings of histogram_columns must not be NULL"),
				 errhint("A NULL element leaves out one column.")));
	binnings = PG_GETARG_ARRAYTYPE_P(1);
	deconstruct_array(binnings, ARR_ELEMTYPE(binnings), -1, false, TYPALIGN_DOUBLE, &item, &isnull, &n);
	if (n != PG_NARGS() - 2 || ARR_NDIM(binnings) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("histogram_columns has %d binnings for %d columns", n, PG_NARGS() - 2),
				 errhint("Give a one-dimensional array with one binning, or NULL, for each column.")));
	old = MemoryContextSwitchTo(context);
	state = palloc0(offsetof(columns_state, column) + n * sizeof(column_state));
	state->n = n;
	for (int i = 0; i < n; i++)
	{
		column_state *c = &state->column[i];
		const mlops_binning *b;

		if (isnull[i])
			continue;
		c->type = get_fn_expr_argtype(fcinfo->flinfo, i + 2);
		b = mlops_binning_from_datum(item[i]);
		check_column(i + 1, c->type, b);
		c->histogram = mlops_histogram_begin(b);
	}
	if (!has_constant_binnings(fcinfo))
	{
		state->binnings = palloc(VARSIZE(binnings));
		memcpy(state->binnings, binnings, VARSIZE(binnings));
	}
	MemoryContextSwitchTo(old);
	return state;
}

static void
check_same_binnings(FunctionCallInfo fcinfo, const columns_state *state)
{
	ArrayType  *binnings = PG_ARGISNULL(1) ? NULL : PG_GETARG_ARRAYTYPE_P(1);

	if (binnings == NULL || VARSIZE(binnings) != VARSIZE(state->binnings) ||
		memcmp(binnings, state->binnings, VARSIZE(binnings)) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the binnings change within a group"),
				 errhint("Give every row of a group the same binnings, or group by what they depend on.")));
	PG_FREE_IF_COPY(binnings, 1);
}

/* The column has seen enough rows: give it a table, in the aggregate's memory. */
static void
make_table(column_state *c, MemoryContext context)
{
	MemoryContext old = MemoryContextSwitchTo(context);
	mlops_histogram *h = mlops_histogram_work(c->histogram, true);
	const mlops_binning *b = &h->binning;

	pfree(c->histogram);
	c->histogram = h;
	if (b->kind == MLOPS_BINNING_CATEGORICAL && is_int_type(c->type))
	{
		c->slots = mlops_label_slots(b->items);
		c->int_key = palloc(c->slots * sizeof(int64_t));
		c->int_bin = palloc(c->slots * sizeof(uint16_t));
		mlops_int_index(c->int_key, c->int_bin, c->slots, mlops_binning_ends(b),
						mlops_binning_labels(b), b->items);
	}
	MemoryContextSwitchTo(old);
}

/* An integer in a list of labels: the label that is its text. */
static int64_t *
int_counter(column_state *c, int64_t v)
{
	mlops_histogram *h = c->histogram;
	char		text[24];
	int			bin;

	if (c->slots == 0)
		return mlops_histogram_label_counter(h, text, pg_lltoa(v, text));
	bin = mlops_int_find(c->int_key, c->int_bin, c->slots, v);
	return bin < 0 ? &h->unseen_count : mlops_histogram_counts(h) + bin;
}

static inline int64_t *
counter_of(column_state *c, Datum d)
{
	mlops_histogram *h = c->histogram;
	bool		numeric = h->binning.kind == MLOPS_BINNING_NUMERIC;
	int64_t		v;

	switch (c->type)
	{
		case FLOAT8OID:
			return mlops_histogram_number_counter(h, DatumGetFloat8(d));
		case FLOAT4OID:
			return mlops_histogram_number_counter(h, DatumGetFloat4(d));
		case TIMESTAMPTZOID:
			return mlops_histogram_number_counter(h, mlops_timestamptz_seconds(DatumGetTimestampTz(d)));
		case NUMERICOID:
			return mlops_histogram_number_counter(h, DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow, d)));
		case BOOLOID:
			return mlops_histogram_bool_counter(h, DatumGetBool(d));
		case INT2OID:
			v = DatumGetInt16(d);
			break;
		case INT4OID:
			v = DatumGetInt32(d);
			break;
		case INT8OID:
			v = DatumGetInt64(d);
			break;
		default:
			return mlops_histogram_text_counter(h, d);
	}
	return numeric ? mlops_histogram_number_counter(h, (double) v) : int_counter(c, v);
}

/* histogram_columns_accum(internal, binning[], VARIADIC "any") */
Datum
mlops_histogram_columns_accum(PG_FUNCTION_ARGS)
{
	MemoryContext context = get_context(fcinfo);
	columns_state *state;

	if (unlikely(PG_ARGISNULL(0)))
		state = begin(fcinfo, context);
	else
	{
		state = (columns_state *) PG_GETARG_POINTER(0);
		if (state->binnings != NULL)
			check_same_binnings(fcinfo, state);
	}
	for (int i = 0; i < state->n; i++)
	{
		column_state *c = &state->column[i];

		if (c->histogram == NULL)
			continue;
		if (PG_ARGISNULL(i + 2))
		{
			mlops_histogram_increment(&c->histogram->null_count);
			continue;
		}
		if (unlikely(mlops_histogram_wants_table(c->histogram)))
			make_table(c, context);
		mlops_histogram_increment(counter_of(c, PG_GETARG_DATUM(i + 2)));
	}
	PG_RETURN_POINTER(state);
}

/* A state that only holds sums: of a combine, or from another process. */
static columns_state *
bare_state(int n)
{
	columns_state *state = palloc0(offsetof(columns_state, column) + n * sizeof(column_state));

	state->n = n;
	return state;
}

Datum
mlops_histogram_columns_combine(PG_FUNCTION_ARGS)
{
	MemoryContext context = get_context(fcinfo);
	columns_state *a = PG_ARGISNULL(0) ? NULL : (columns_state *) PG_GETARG_POINTER(0);
	columns_state *b = PG_ARGISNULL(1) ? NULL : (columns_state *) PG_GETARG_POINTER(1);

	if (b == NULL)
	{
		if (a == NULL)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(a);
	}
	if (a == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(context);

		a = bare_state(b->n);
		for (int i = 0; i < b->n; i++)
			if (b->column[i].histogram != NULL)
				a->column[i].histogram = mlops_histogram_copy(b->column[i].histogram);
		MemoryContextSwitchTo(old);
		PG_RETURN_POINTER(a);
	}
	if (a->n != b->n)
		elog(ERROR, "states of histogram_columns do not match");
	for (int i = 0; i < a->n; i++)
	{
		mlops_histogram *to = a->column[i].histogram;
		mlops_histogram *from = b->column[i].histogram;

		if ((to == NULL) != (from == NULL))
			elog(ERROR, "states of histogram_columns do not match");
		if (to == NULL)
			continue;
		mlops_histogram_check_same_binning(&to->binning, &from->binning);
		if (!mlops_histogram_add(to, from))
			mlops_histogram_out_of_range();
	}
	PG_RETURN_POINTER(a);
}

/*
 * Between processes: u32 columns, then for each u32 length (0: no binning) and
 * the bytes of mlops.histogram, which are checked like a client's.
 */
Datum
mlops_histogram_columns_serial(PG_FUNCTION_ARGS)
{
	columns_state *state = (columns_state *) PG_GETARG_POINTER(0);
	mlops_writer w;
	bytea	   *result = NULL;

	get_context(fcinfo);
	mlops_writer_init(&w, NULL, 0);
	for (int pass = 0; pass < 2; pass++)
	{
		mlops_write_u32(&w, (uint32_t) state->n);
		for (int i = 0; i < state->n; i++)
		{
			const mlops_histogram *h = state->column[i].histogram;
			mlops_writer count;

			mlops_writer_init(&count, NULL, 0);
			if (h != NULL)
				mlops_histogram_write(&count, h);
			mlops_write_u32(&w, (uint32_t) count.used);
			if (h != NULL)
				mlops_histogram_write(&w, h);
		}
		if (pass == 0)
		{
			result = palloc(VARHDRSZ + w.used);
			SET_VARSIZE(result, VARHDRSZ + w.used);
			mlops_writer_init(&w, VARDATA(result), w.used);
		}
	}
	PG_RETURN_BYTEA_P(result);
}

Datum
mlops_histogram_columns_deserial(PG_FUNCTION_ARGS)
{
	bytea	   *bytes = PG_GETARG_BYTEA_PP(0);
	columns_state *state;
	mlops_reader r;
	uint32_t	n;
	const char *why = NULL;

	get_context(fcinfo);
	mlops_reader_init(&r, VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
	n = mlops_read_u32(&r);
	if (r.bad || n > FUNC_MAX_ARGS)
		why = "the number of columns is out of range";
	state = bare_state(why == NULL ? (int) n : 0);
	for (int i = 0; i < state->n && why == NULL; i++)
	{
		uint32_t	len = mlops_read_u32(&r);
		const uint8_t *p = mlops_read_bytes(&r, len);
		mlops_reader one;
		size_t		size = 0;
		mlops_histogram *h;

		if (p == NULL)
			why = "the value is too short";
		if (p == NULL || len == 0)
			continue;
		mlops_reader_init(&one, p, len);
		why = mlops_histogram_read_size(one, &size);
		if (why != NULL)
			break;
		h = palloc(size);
		why = mlops_histogram_read(&one, h);
		if (why == NULL && !mlops_reader_done(&one))
			why = "there is something after the end of the value";
		SET_VARSIZE(h, size);
		SET_VARSIZE(&h->binning, mlops_binning_size(&h->binning));
		state->column[i].histogram = h;
	}
	if (why == NULL && !mlops_reader_done(&r))
		why = "there is something after the end of the value";
	if (why != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid state of histogram_columns"),
				 errdetail("In the value, %s.", why)));
	PG_RETURN_POINTER(state);
}

/* histogram[]: in the order of the columns, NULL where there was no binning */
Datum
mlops_histogram_columns_final(PG_FUNCTION_ARGS)
{
	columns_state *state;
	Datum	   *item;
	bool	   *isnull;
	int			lower = 1;

	get_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state = (columns_state *) PG_GETARG_POINTER(0);
	item = palloc(sizeof(Datum) * Max(state->n, 1));
	isnull = palloc(sizeof(bool) * Max(state->n, 1));
	for (int i = 0; i < state->n; i++)
	{
		isnull[i] = state->column[i].histogram == NULL;
		item[i] = isnull[i] ? (Datum) 0 :
			PointerGetDatum(mlops_histogram_copy(state->column[i].histogram));
	}
	PG_RETURN_ARRAYTYPE_P(construct_md_array(item, isnull, 1, &state->n, &lower,
											 get_element_type(get_func_rettype(fcinfo->flinfo->fn_oid)),
											 -1, false, TYPALIGN_DOUBLE));
}
