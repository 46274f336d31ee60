/*
 * spill.c
 *		Values that do not fit into memory: sorted by the server's tuplesort, then
 *		kept as plain numbers in a temporary file, to be read more than once.
 */
#include "sample/sample.h"

#include "catalog/pg_operator_d.h"
#include "catalog/pg_type_d.h"
#include "miscadmin.h"

#define CHUNK 1024

/*
 * A double as an integer of the same order, and back: tuplesort has a faster way
 * of sorting integers.
 */
static int64
ordered_bits(int64 bits)
{
	return bits ^ ((bits >> 63) & PG_INT64_MAX);
}

static int64
key_of(double value)
{
	int64		bits;

	memcpy(&bits, &value, sizeof(bits));
	return ordered_bits(bits);
}

static double
value_of(int64 key)
{
	int64		bits = ordered_bits(key);
	double		value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

/* At the end of the group, also when the query is cut short: sorts and files are closed. */
static void
close_sample(Datum arg)
{
	mlops_sample *s = (mlops_sample *) DatumGetPointer(arg);

	for (int i = 0; i < 2; i++)
	{
		sample_side *side = &s->side[i];
		ListCell   *c;

		if (side->sort)
			tuplesort_end(side->sort);
		side->sort = NULL;
		foreach(c, side->segments)
		{
			sample_segment *segment = lfirst(c);

			BufFileClose(segment->file);
			if (!s->keep_files)
				mlops_sample_delete(segment);
		}
		side->segments = NIL;
	}
}

/* Close at the end what will be opened from now on.  After an error the server does. */
void
mlops_sample_watch(mlops_sample *s, FunctionCallInfo fcinfo)
{
	if (!s->has_files)
		AggRegisterCallback(fcinfo, close_sample, PointerGetDatum(s));
	s->has_files = true;
}

/* Memory is used up: from now on the values of both sides go to sorts. */
void
mlops_sample_to_sort(mlops_sample *s, FunctionCallInfo fcinfo)
{
	MemoryContext old = MemoryContextSwitchTo(s->context);

	mlops_sample_watch(s, fcinfo);
	for (int i = 0; i < 2; i++)
	{
		sample_side *side = &s->side[i];

		side->sort = tuplesort_begin_datum(INT8OID, Int8LessOperator, InvalidOid, false,
										   Max(work_mem / 2, 64), NULL, TUPLESORT_NONE);
		for (Size k = 0; k < side->n; k++)
			mlops_sample_put(side, side->value[k]);
		if (side->value)
			pfree(side->value);
		side->value = NULL;
		side->n = side->capacity = 0;
	}
	MemoryContextSwitchTo(old);
}

void
mlops_sample_put(sample_side *side, double value)
{
	tuplesort_putdatum(side->sort, Int64GetDatum(key_of(value)), false);
}

/* All values of the sort to a file, ascending; the sort goes away. */
void
mlops_sample_sort_to_file(sample_side *side, BufFile *file)
{
	double		buffer[CHUNK];
	Size		n = 0;
	Datum		key;
	bool		isnull;

	tuplesort_performsort(side->sort);
	while (mlops_tuplesort_getdatum(side->sort, &key, &isnull))
	{
		buffer[n++] = value_of(DatumGetInt64(key));
		if (n == CHUNK)
		{
			CHECK_FOR_INTERRUPTS();
			BufFileWrite(file, buffer, sizeof(buffer));
			n = 0;
		}
	}
	if (n > 0)
		BufFileWrite(file, buffer, n * sizeof(double));
	tuplesort_end(side->sort);
	side->sort = NULL;
}

/* A temporary file of these values. */
BufFile *
mlops_sample_write(const double *value, Size n)
{
	BufFile    *file = BufFileCreateTemp(false);

	BufFileWrite(file, (void *) value, n * sizeof(double));
	return file;
}
