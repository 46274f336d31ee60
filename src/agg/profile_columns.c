/*
 * profile_columns.c
 *		Aggregate profile_columns(VARIADIC "any"): one profile a column, one call
 *		a row.
 *
 * For local plans: a call per row instead of one per row and column, which is
 * a third of the cost.  Its state is internal; the profiles that come out are
 * those of the per-column aggregates, bit for bit, in a serial plan.
 */
#include "compat.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "libpq/pqformat.h"
#include "types/profile_work.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

MLOPS_FUNCTION(mlops_profile_columns_accum);
MLOPS_FUNCTION(mlops_profile_columns_combine);
MLOPS_FUNCTION(mlops_profile_columns_serial);
MLOPS_FUNCTION(mlops_profile_columns_deserial);
MLOPS_FUNCTION(mlops_profile_columns_final);

/*
 * One column.  The buffer is that of the profile; its address and fill stay
 * here while rows come in, so that a row touches two cache lines per column.
 */
typedef struct column_state
{
	double	   *buffer;
	uint32		used;
	uint32		room;
	Oid			type;
	mlops_profile_work *w;
} column_state;

typedef struct columns_state
{
	MemoryContext context;
	int			n;
	column_state column[FLEXIBLE_ARRAY_MEMBER];
} columns_state;

static MemoryContext
get_context(FunctionCallInfo fcinfo)
{
	MemoryContext context;

	if (!AggCheckCallContext(fcinfo, &context))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a support function of mlops.profile_columns() was called outside of an aggregate")));
	return context;
}

/* The kind of profile that a column of this type gets; an error if it has none. */
static int
kind_of(Oid type, int no)
{
	switch (type)
	{
		case FLOAT8OID:
		case FLOAT4OID:
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case NUMERICOID:
			return MLOPS_PROFILE_FLOAT8;
		case TEXTOID:
		case VARCHAROID:
		case BPCHAROID:
			return MLOPS_PROFILE_TEXT;
		case BOOLOID:
			return MLOPS_PROFILE_BOOLEAN;
		case TIMESTAMPTZOID:
		case TIMESTAMPOID:
		case DATEOID:
			return MLOPS_PROFILE_TIMESTAMPTZ;
		default:
			ereport(ERROR,
					(errcode(ERRCODE_DATATYPE_MISMATCH),
					 errmsg("column %d of profile_columns has type %s, which cannot be profiled",
							no, OidIsValid(type) ? format_type_be(type) : "unknown"),
					 errhint("Cast it to float8, text, boolean or timestamptz.")));
			return 0;
	}
}

/* The profile of a column may have moved: note where its buffer is now. */
static void
settle_column(column_state *c, mlops_profile_work *w)
{
	if (c->w != NULL && c->w != w)
		pfree(c->w);
	c->w = w;
	c->buffer = MLOPS_WORK_BUFFER(w);
	c->used = w->nbuffer;
	c->room = w->shape.buffer;
}

/* A state for n columns, without their profiles. */
static columns_state *
allocate(MemoryContext context, int n)
{
	columns_state *state = MemoryContextAllocZero(context, offsetof(columns_state, column) +
												  n * sizeof(column_state));

	state->context = context;
	state->n = n;
	return state;
}

/* First row of a group, or no row at all: empty profiles of the columns' kinds. */
static columns_state *
begin(FunctionCallInfo fcinfo, MemoryContext context)
{
	MemoryContext old;
	columns_state *state;
	int			n = PG_NARGS() - 1;

	if (get_fn_expr_variadic(fcinfo->flinfo))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("profile_columns does not take its columns as an array"),
				 errhint("Give the columns one by one, without VARIADIC.")));
	state = allocate(context, n);
	old = MemoryContextSwitchTo(context);
	for (int i = 0; i < n; i++)
	{
		state->column[i].type = get_fn_expr_argtype(fcinfo->flinfo, i + 1);
		settle_column(&state->column[i],
					  mlops_work_new(kind_of(state->column[i].type, i + 1), 0));
	}
	MemoryContextSwitchTo(old);
	return state;
}

/* The buffer is full: enlarge it, or enter its values. */
static pg_noinline void
make_room(columns_state *state, column_state *c)
{
	MemoryContext old = MemoryContextSwitchTo(state->context);
	mlops_work_ref ref = {.w = c->w, .own = c->w};

	c->w->nbuffer = c->used;
	if (c->used == MLOPS_BATCH)
		mlops_work_flush(&ref);
	else
		mlops_work_grow_buffer(&ref);
	settle_column(c, ref.w);
	MemoryContextSwitchTo(old);
}

static inline void
push(columns_state *state, column_state *c, double x)
{
	if (unlikely(c->used == c->room))
		make_room(state, c);
	c->buffer[c->used++] = x;
}

static double
date_number(DateADT date)
{
	if (DATE_IS_NOBEGIN(date))
		return -INFINITY;
	if (DATE_IS_NOEND(date))
		return INFINITY;
	return (double) date * (double) USECS_PER_DAY;
}

/* A text counts at once; only its length goes through the buffer. */
static void
add_text(columns_state *state, column_state *c, Datum value)
{
	struct varlena *t = PG_DETOAST_DATUM_PACKED(value);
	const char *s = VARDATA_ANY(t);
	int			len = VARSIZE_ANY_EXHDR(t);
	MemoryContext old = MemoryContextSwitchTo(state->context);
	mlops_work_ref ref = {.w = c->w, .own = c->w};

	if (c->type == BPCHAROID)
		len = bpchartruelen((char *) s, len);
	c->w->nbuffer = c->used;
	mlops_work_add_text(&ref, s, len);
	if (ref.w != c->w)
		settle_column(c, ref.w);
	MemoryContextSwitchTo(old);
	push(state, c, mlops_profile_text_length(s, len));
}

/* All types but float8, which the caller's loop takes itself. */
static pg_noinline void
add_other(columns_state *state, column_state *c, Datum value)
{
	switch (c->type)
	{
		case FLOAT4OID:
			push(state, c, DatumGetFloat4(value));
			break;
		case INT2OID:
			push(state, c, DatumGetInt16(value));
			break;
		case INT4OID:
			push(state, c, DatumGetInt32(value));
			break;
		case INT8OID:
			push(state, c, (double) DatumGetInt64(value));
			break;
		case NUMERICOID:
			push(state, c,
				 DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow, value)));
			break;
		case BOOLOID:
			push(state, c, DatumGetBool(value) ? 1.0 : 0.0);
			break;
		case TIMESTAMPTZOID:
		case TIMESTAMPOID:
			push(state, c, mlops_profile_time(DatumGetTimestampTz(value)));
			break;
		case DATEOID:
			push(state, c, date_number(DatumGetDateADT(value)));
			break;
		default:
			add_text(state, c, value);
			break;
	}
}

/* profile_columns_accum(internal, VARIADIC "any") */
Datum
mlops_profile_columns_accum(PG_FUNCTION_ARGS)
{
	columns_state *state;
	NullableDatum *arg = fcinfo->args + 1;

	if (unlikely(PG_ARGISNULL(0)))
		state = begin(fcinfo, get_context(fcinfo));
	else
		state = (columns_state *) PG_GETARG_POINTER(0);
	for (int i = 0; i < state->n; i++)
	{
		column_state *c = &state->column[i];

		if (arg[i].isnull)
			c->w->core.nulls++;
		else if (c->type == FLOAT8OID)
			push(state, c, DatumGetFloat8(arg[i].value));
		else
			add_other(state, c, arg[i].value);
	}
	PG_RETURN_POINTER(state);
}

/* profile_columns_combine(internal, internal): the second may be short-lived. */
Datum
mlops_profile_columns_combine(PG_FUNCTION_ARGS)
{
	MemoryContext context = get_context(fcinfo);
	columns_state *into = PG_ARGISNULL(0) ? NULL : (columns_state *) PG_GETARG_POINTER(0);
	columns_state *from = PG_ARGISNULL(1) ? NULL : (columns_state *) PG_GETARG_POINTER(1);

	if (from == NULL)
	{
		if (into == NULL)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(into);
	}
	if (into == NULL)
		into = allocate(context, from->n);
	if (into->n != from->n)
		elog(ERROR, "states of profile_columns have %d and %d columns", into->n, from->n);
	for (int i = 0; i < into->n; i++)
	{
		column_state *c = &into->column[i];
		column_state *other = &from->column[i];
		mlops_profile_work *copy;
		mlops_work_ref ref = {.w = c->w, .own = c->w};
		MemoryContext old;

		other->w->nbuffer = other->used;
		if (c->w == NULL)
		{
			c->type = other->type;
			settle_column(c, memcpy(MemoryContextAlloc(context, VARSIZE(other->w)),
									other->w, VARSIZE(other->w)));
			continue;
		}
		c->w->nbuffer = c->used;
		copy = mlops_work_load(PointerGetDatum(other->w));
		old = MemoryContextSwitchTo(context);
		mlops_work_merge(&ref, copy);
		settle_column(c, ref.w);
		MemoryContextSwitchTo(old);
		pfree(copy);
	}
	PG_RETURN_POINTER(into);
}

/* profile_columns_serial(internal): number of columns, then length and canonical bytes of each. */
Datum
mlops_profile_columns_serial(PG_FUNCTION_ARGS)
{
	columns_state *state;
	StringInfoData buf;

	(void) get_context(fcinfo);
	state = (columns_state *) PG_GETARG_POINTER(0);
	pq_begintypsend(&buf);
	pq_sendint32(&buf, state->n);
	for (int i = 0; i < state->n; i++)
	{
		column_state *c = &state->column[i];
		struct varlena *v;

		c->w->nbuffer = c->used;
		v = mlops_work_finish(c->w);
		pq_sendint32(&buf, VARSIZE(v) - VARHDRSZ);
		pq_sendbytes(&buf, VARDATA(v), VARSIZE(v) - VARHDRSZ);
		pfree(v);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

/* profile_columns_deserial(bytea, internal) */
Datum
mlops_profile_columns_deserial(PG_FUNCTION_ARGS)
{
	bytea	   *bytes = PG_GETARG_BYTEA_PP(0);
	columns_state *state;
	StringInfoData buf;
	int			n;

	(void) get_context(fcinfo);
	buf.data = VARDATA_ANY(bytes);
	buf.len = buf.maxlen = VARSIZE_ANY_EXHDR(bytes);
	buf.cursor = 0;
	n = pq_getmsgint(&buf, 4);
	if (n < 0 || n > FUNC_MAX_ARGS)
		elog(ERROR, "state of profile_columns has %d columns", n);
	state = allocate(CurrentMemoryContext, n);
	for (int i = 0; i < n; i++)
	{
		int			size = pq_getmsgint(&buf, 4);
		const char *data = pq_getmsgbytes(&buf, size);
		struct varlena *v = palloc(VARHDRSZ + size);

		SET_VARSIZE(v, VARHDRSZ + size);
		memcpy(VARDATA(v), data, size);
		settle_column(&state->column[i], mlops_work_load(PointerGetDatum(v)));
		pfree(v);
	}
	pq_getmsgend(&buf);
	PG_RETURN_POINTER(state);
}

/*
 * profile_columns_final(internal, VARIADIC "any") -> profile[].  The extra
 * arguments are NULL; their types say what no rows at all look like.
 */
Datum
mlops_profile_columns_final(PG_FUNCTION_ARGS)
{
	columns_state *state;
	Oid			element = get_element_type(get_fn_expr_rettype(fcinfo->flinfo));
	Datum	   *value;

	(void) get_context(fcinfo);
	state = PG_ARGISNULL(0) ? begin(fcinfo, CurrentMemoryContext) :
		(columns_state *) PG_GETARG_POINTER(0);
	value = palloc(sizeof(Datum) * Max(state->n, 1));
	for (int i = 0; i < state->n; i++)
	{
		state->column[i].w->nbuffer = state->column[i].used;
		value[i] = PointerGetDatum(mlops_work_finish(state->column[i].w));
	}
	PG_RETURN_ARRAYTYPE_P(construct_array(value, state->n, element, -1, false, TYPALIGN_DOUBLE));
}
