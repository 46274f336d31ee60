/*
 * domain_read.c
 *		Runs the query of the domain classifier and keeps its rows, or a sample.
 *
 * Rows go through a sort by the hash of their content, which spills to disk
 * beyond work_mem.  So equal rows are neighbours, each can be numbered among
 * its equals, and what is sampled depends on what the rows are and on the
 * seed, never on the order in which they came.
 */
#include "drift/domain.h"

#include <math.h>

#include "catalog/pg_operator_d.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "kernel/summary/hash.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/tuplesort.h"

/* A row in the sort: hash, side, then what the columns have. */
typedef struct row_head
{
	uint8		hash[8];		/* big-endian: bytes sort as the number does */
	uint8		current;
} row_head;

#define ROW_HEAD sizeof(row_head)

typedef struct receiver
{
	DestReceiver pub;
	domain_data *data;
	Tuplesortstate *sort;
	MemoryContext row_context;
	StringInfoData row;
} receiver;

/* One row of a sample: those with the smallest keys stay. */
typedef struct sampled
{
	uint64		key;
	size_t		place;
} sampled;

typedef struct sample
{
	size_t		room;
	size_t		n;
	sampled    *heap;			/* the largest key on top; NULL: all rows fit */
} sample;

/* ---------------------------------------------------------------------
 * rows on their way into the sort
 * --------------------------------------------------------------------- */

/* NaN is missing, as NULL is; -0 is 0. */
static void
append_number(StringInfo row, double x)
{
	if (isnan(x))
		x = (double) NAN;
	else if (x == 0)
		x = 0;
	appendBinaryStringInfo(row, (char *) &x, sizeof(x));
}

/* In microseconds; infinity is infinity. */
static double
number_of(Oid type, Datum value)
{
	switch (type)
	{
		case FLOAT8OID:
			return DatumGetFloat8(value);
		case FLOAT4OID:
			return DatumGetFloat4(value);
		case INT2OID:
			return DatumGetInt16(value);
		case INT4OID:
			return DatumGetInt32(value);
		case INT8OID:
			return (double) DatumGetInt64(value);
		case NUMERICOID:
			return DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow, value));
		case BOOLOID:
			return DatumGetBool(value) ? 1 : 0;
		case DATEOID:
			if (DATE_IS_NOBEGIN(DatumGetDateADT(value)))
				return -INFINITY;
			if (DATE_IS_NOEND(DatumGetDateADT(value)))
				return INFINITY;
			return DatumGetDateADT(value);
		default:
			if (TIMESTAMP_IS_NOBEGIN(DatumGetTimestamp(value)))
				return -INFINITY;
			if (TIMESTAMP_IS_NOEND(DatumGetTimestamp(value)))
				return INFINITY;
			return (double) DatumGetTimestamp(value);
	}
}

/* The hash of a text, never that of NULL. */
static void
append_category(StringInfo row, Datum value)
{
	struct varlena *t = PG_DETOAST_DATUM_PACKED(value);
	uint64		hash = mlops_hash_bytes(VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t));

	if (hash == 0)
		hash = 1;
	appendBinaryStringInfo(row, (char *) &hash, sizeof(hash));
}

/* Number of elements, then the elements; all rows that have any must have as many. */
static void
append_array(StringInfo row, domain_column *c, Datum value)
{
	ArrayType  *array = DatumGetArrayTypeP(value);
	int			n = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	int32		width = n;
	bool		is_float8 = c->type == FLOAT8ARRAYOID;
	Datum	   *element;
	bool	   *isnull;

	if (n > 0 && c->width == 0)
	{
		if (n > DOMAIN_MAX_FEATURES)
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("column \"%s\" has arrays of more than %d elements", c->name, DOMAIN_MAX_FEATURES)));
		c->width = n;
	}
	if (n > 0 && n != c->width)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("column \"%s\" has arrays of different lengths", c->name),
				 errdetail("%d and %d elements.", Min(c->width, n), Max(c->width, n)),
				 errhint("Filter the rows of one length.")));
	appendBinaryStringInfo(row, (char *) &width, sizeof(width));
	deconstruct_array(array, is_float8 ? FLOAT8OID : FLOAT4OID, is_float8 ? 8 : 4,
					  is_float8 ? FLOAT8PASSBYVAL : true, is_float8 ? TYPALIGN_DOUBLE : TYPALIGN_INT,
					  &element, &isnull, &n);
	for (int i = 0; i < n; i++)
		append_number(row, isnull[i] ? NAN : is_float8 ? DatumGetFloat8(element[i]) : DatumGetFloat4(element[i]));
}

static void
append_null(StringInfo row, domain_kind kind)
{
	static const uint64 no_category = 0;
	static const int32 no_elements = 0;

	if (kind == DOMAIN_NUMERIC)
		append_number(row, NAN);
	else if (kind == DOMAIN_CATEGORICAL)
		appendBinaryStringInfo(row, (const char *) &no_category, sizeof(no_category));
	else
		appendBinaryStringInfo(row, (const char *) &no_elements, sizeof(no_elements));
}

static void
set_head(StringInfo row, bool current)
{
	row_head   *head = (row_head *) VARDATA(row->data);
	char	   *content = row->data + VARHDRSZ + ROW_HEAD;
	uint64		hash = mlops_hash_bytes(content, row->len - VARHDRSZ - ROW_HEAD);

	for (int i = 0; i < 8; i++)
		head->hash[i] = (uint8) (hash >> (56 - 8 * i));
	head->current = current;
	SET_VARSIZE(row->data, row->len);
}

static bool
receive(TupleTableSlot *slot, DestReceiver *self)
{
	receiver   *r = (receiver *) self;
	domain_data *data = r->data;
	MemoryContext old;
	bool		current;

	slot_getallattrs(slot);
	if (slot->tts_isnull[0])
	{
		data->excluded++;
		return true;
	}
	current = DatumGetBool(slot->tts_values[0]);
	old = MemoryContextSwitchTo(r->row_context);
	r->row.len = VARHDRSZ + ROW_HEAD;
	for (int i = 0; i < data->n_columns; i++)
	{
		domain_column *c = &data->column[i];
		Datum		value = slot->tts_values[i + 1];

		if (slot->tts_isnull[i + 1])
			append_null(&r->row, c->kind);
		else if (c->kind == DOMAIN_NUMERIC)
			append_number(&r->row, number_of(c->type, value));
		else if (c->kind == DOMAIN_CATEGORICAL)
			append_category(&r->row, value);
		else
			append_array(&r->row, c, value);
	}
	set_head(&r->row, current);
	MemoryContextSwitchTo(old);
	tuplesort_putdatum(r->sort, PointerGetDatum(r->row.data), false);
	MemoryContextReset(r->row_context);
	data->rows[current]++;
	return true;
}

static void
nothing_to_start(DestReceiver *self, int operation, TupleDesc desc)
{
}

static void
nothing_to_end(DestReceiver *self)
{
}

/* Runs the query; its rows are in the sort, sorted. */
static Tuplesortstate *
run(const char *query, domain_data *data)
{
	receiver	r = {
		.pub = {receive, nothing_to_start, nothing_to_end, nothing_to_end, DestNone},
		.data = data
	};
	SPIExecuteOptions options;
	SPIPlanPtr	plan;
	int			rc;

	r.sort = tuplesort_begin_datum(BYTEAOID, ByteaLessOperator, InvalidOid, false, work_mem, NULL,
								   TUPLESORT_NONE);
	r.row_context = AllocSetContextCreate(CurrentMemoryContext, "domain classifier row",
										  ALLOCSET_DEFAULT_SIZES);
	initStringInfo(&r.row);
	enlargeStringInfo(&r.row, VARHDRSZ + ROW_HEAD);
	plan = SPI_prepare_cursor(query, 0, NULL, CURSOR_OPT_PARALLEL_OK);
	if (plan == NULL)
		elog(ERROR, "SPI_prepare_cursor failed: %s", SPI_result_code_string(SPI_result));
	memset(&options, 0, sizeof(options));
	options.read_only = true;
	options.dest = &r.pub;
	rc = SPI_execute_plan_extended(plan, &options);
	if (rc < 0)
		elog(ERROR, "SPI_execute_plan_extended failed: %s", SPI_result_code_string(rc));
	tuplesort_performsort(r.sort);
	return r.sort;
}

/* ---------------------------------------------------------------------
 * rows out of the sort
 * --------------------------------------------------------------------- */

static void
sift_down(sample *s, size_t i)
{
	sampled		moved = s->heap[i];

	for (;;)
	{
		size_t		child = 2 * i + 1;

		if (child >= s->n)
			break;
		if (child + 1 < s->n && s->heap[child + 1].key > s->heap[child].key)
			child++;
		if (s->heap[child].key <= moved.key)
			break;
		s->heap[i] = s->heap[child];
		i = child;
	}
	s->heap[i] = moved;
}

static void
sift_up(sample *s, size_t i)
{
	sampled		moved = s->heap[i];

	for (; i > 0 && s->heap[(i - 1) / 2].key < moved.key; i = (i - 1) / 2)
		s->heap[i] = s->heap[(i - 1) / 2];
	s->heap[i] = moved;
}

/* Where this row goes: a new place, that of a row that has to leave, or nowhere. */
static bool
find_place(sample *s, uint64 key, size_t *used, size_t *place)
{
	if (s->n < s->room)
	{
		*place = (*used)++;
		if (s->heap != NULL)
		{
			s->heap[s->n] = (sampled) {key, *place};
			sift_up(s, s->n);
		}
		s->n++;
		return true;
	}
	if (s->heap == NULL || s->room == 0 || key >= s->heap[0].key)
		return false;
	*place = s->heap[0].place;
	s->heap[0].key = key;
	sift_down(s, 0);
	return true;
}

static void
keep_row(domain_data *data, const char *content, bool current, size_t place)
{
	data->current[place] = current;
	for (int i = 0; i < data->n_columns; i++)
	{
		const domain_column *c = &data->column[i];
		int32		width = 1;

		if (c->kind == DOMAIN_ARRAY)
		{
			memcpy(&width, content, sizeof(width));
			content += sizeof(width);
		}
		for (int j = 0; j < c->width; j++)
		{
			double	   *x = &data->value[(size_t) (c->first + j) * data->n + place];

			if (j < width)
				memcpy(x, content + j * sizeof(*x), sizeof(*x));
			else
				*x = (double) NAN;
		}
		content += width * sizeof(double);
	}
}

/*
 * Half of the room for each side; what one does not need is the other's.  Which
 * rows of a side stay is decided by the hashes of their content and of their
 * number among equal rows, so that a row that is there a thousand times
 * stays as often as its share of the rows.
 */
static void
take_sample(domain_data *data, Tuplesortstate *sort, const domain_options *options)
{
	size_t		room = data->n_features == 0 ? options->max_rows :
		Min(options->max_rows, DOMAIN_MAX_VALUES / data->n_features);
	sample		side[2] = {{0}};
	size_t		used = 0;
	uint64		last = 0,
				number[2] = {0, 0};
	Datum		datum;
	bool		isnull;

	for (int i = 0; i < 2; i++)
	{
		size_t		others = Min((size_t) data->rows[!i], room - room / 2);

		side[i].room = Min((size_t) data->rows[i], room - others);
		if (side[i].room < data->rows[i])
			side[i].heap = palloc(side[i].room * sizeof(sampled));
		data->side[i] = side[i].room;
	}
	data->n = side[0].room + side[1].room;
	data->current = MemoryContextAlloc(GetMemoryChunkContext(data), Max(data->n, 1));
	data->value = MemoryContextAlloc(GetMemoryChunkContext(data),
									 Max(data->n * data->n_features, 1) * sizeof(double));
	while (mlops_tuplesort_copydatum(sort, &datum, &isnull))
	{
		struct varlena *row = PG_DETOAST_DATUM_PACKED(datum);
		const row_head *head = (const row_head *) VARDATA_ANY(row);
		uint64		hash = 0,
					key;
		size_t		place;

		CHECK_FOR_INTERRUPTS();
		for (int i = 0; i < 8; i++)
			hash = hash << 8 | head->hash[i];
		if (hash != last)
			number[0] = number[1] = 0;
		last = hash;
		key = mlops_mix64(mlops_mix64(hash ^ mlops_mix64((uint64) options->seed)) +
						  2 * number[head->current]++ + head->current);
		if (find_place(&side[head->current], key, &used, &place))
			keep_row(data, VARDATA_ANY(row) + ROW_HEAD, head->current, place);
		if ((Pointer) row != DatumGetPointer(datum))
			pfree(row);
		pfree(DatumGetPointer(datum));
	}
	tuplesort_end(sort);
}

static void
number_features(domain_data *data)
{
	for (int i = 0; i < data->n_columns; i++)
	{
		data->column[i].first = data->n_features;
		data->n_features += data->column[i].width;
		if (data->n_features > DOMAIN_MAX_FEATURES)
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("too many features: a domain classifier takes %d", DOMAIN_MAX_FEATURES),
					 errdetail("Each element of an array is one.")));
	}
}

domain_data *
mlops_domain_read(const char *query, List *columns, const char *is_current,
				  const domain_options *options)
{
	domain_data *data = palloc0(sizeof(*data));
	Tuplesortstate *sort;
	int			rc;

	if ((rc = SPI_connect()) != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed: %s", SPI_result_code_string(rc));
	sort = run(mlops_domain_query(query, columns, is_current, data), data);
	number_features(data);
	take_sample(data, sort, options);
	SPI_finish();
	return data;
}
