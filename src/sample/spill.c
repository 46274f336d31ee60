/*
 * spill.c
 *		Values that do not fit into memory: in temporary files, each in ascending
 *		order, which are merged whenever they are read.
 *
 * Not by the server's tuplesort, with which the whole query takes two and a half times as long: it keeps and
 * moves a tuple of 24 bytes for every number, and compares where the radix sort counts.
 */
#include "sample/sample.h"

#include "miscadmin.h"

#define CHUNK 8192

static int
by_size(const ListCell *a, const ListCell *b)
{
	int64		x = ((const sample_segment *) lfirst(a))->n,
				y = ((const sample_segment *) lfirst(b))->n;

	return x < y ? -1 : x > y;
}

static void
close_segment(const mlops_sample *s, sample_segment *segment)
{
	BufFileClose(segment->file);
	if (!s->keep_files)
		mlops_sample_delete(segment);
}

/* The values of one side go away. */
void
mlops_sample_drop(mlops_sample *s, sample_side *side)
{
	ListCell   *c;

	foreach(c, side->segments)
		close_segment(s, lfirst(c));
	side->segments = NIL;
	if (side->value)
		pfree(side->value);
	side->value = NULL;
	side->n = side->capacity = 0;
}

/* At the end of the group, also when the query is cut short. */
static void
close_sample(Datum arg)
{
	mlops_sample *s = (mlops_sample *) DatumGetPointer(arg);

	for (int i = 0; i < 2; i++)
		mlops_sample_drop(s, &s->side[i]);
}

/* Close at the end what will be opened from now on.  After an error the server does. */
void
mlops_sample_watch(mlops_sample *s, FunctionCallInfo fcinfo)
{
	if (!s->has_files)
		AggRegisterCallback(fcinfo, close_sample, PointerGetDatum(s));
	s->has_files = true;
}

/* These values, ascending, as one more file of the side. */
void
mlops_sample_add_file(mlops_sample *s, sample_side *side, double *value, Size n)
{
	MemoryContext old;
	sample_segment *segment;

	if (n == 0)
		return;
	old = MemoryContextSwitchTo(s->context);
	segment = palloc0(sizeof(sample_segment));
	segment->n = n;
	segment->file = BufFileCreateTemp(false);
	for (Size done = 0; done < n; done += CHUNK)
	{
		CHECK_FOR_INTERRUPTS();
		BufFileWrite(segment->file, value + done, Min(CHUNK, n - done) * sizeof(double));
	}
	side->segments = lappend(side->segments, segment);
	MemoryContextSwitchTo(old);
}

/* These files of a side into one. */
static sample_segment *
merge_files(mlops_sample *s, List *segments)
{
	sample_reader *reader = mlops_sample_reader();
	sample_segment *merged = palloc0(sizeof(sample_segment));
	const double *chunk;
	Size		n;
	ListCell   *c;

	merged->file = BufFileCreateTemp(false);
	mlops_sample_rewind(reader, NULL, 0, segments);
	while ((n = mlops_sample_read(reader, &chunk)) > 0)
	{
		CHECK_FOR_INTERRUPTS();
		BufFileWrite(merged->file, (void *) chunk, n * sizeof(double));
		merged->n += n;
	}
	mlops_sample_reader_free(reader);
	foreach(c, segments)
		close_segment(s, lfirst(c));
	return merged;
}

/* The n smallest files of a side into one. */
void
mlops_sample_merge_files(mlops_sample *s, sample_side *side, int n)
{
	MemoryContext old;
	List	   *smallest;

	if (n < 2)
		return;
	old = MemoryContextSwitchTo(s->context);
	list_sort(side->segments, by_size);
	smallest = list_truncate(list_copy(side->segments), n);
	side->segments = lappend(list_copy_tail(side->segments, n), merge_files(s, smallest));
	list_free(smallest);
	MemoryContextSwitchTo(old);
}

/*
 * A bound for the files of a side.  Only half of them are merged, the smallest ones: so a value
 * is written again only when the number of rows has grown sixteenfold.
 */
void
mlops_sample_limit_files(mlops_sample *s, sample_side *side)
{
	while (list_length(side->segments) >= SAMPLE_FILES_MAX)
		mlops_sample_merge_files(s, side, SAMPLE_FILES_MAX / 2);
}

/* Memory is used up: the values of the side that has more go to a file. */
void
mlops_sample_spill(mlops_sample *s, FunctionCallInfo fcinfo)
{
	sample_side *side = &s->side[s->side[1].n > s->side[0].n];

	mlops_sample_watch(s, fcinfo);
	mlops_sample_sort(side);
	mlops_sample_add_file(s, side, side->value, side->n);
	pfree(side->value);
	side->value = NULL;
	side->n = side->capacity = 0;
	side->sorted = false;
	mlops_sample_limit_files(s, side);
}
