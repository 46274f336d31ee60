/*
 * ktransfer.c
 *		Values of several groups on their way from one process of a parallel
 *		plan to another: as bytes while they are in memory, as the name of a
 *		sorted file when they are not (see transfer.c).
 */
#include "sample/ksample.h"

#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#define CHUNK 8192

/* More than this goes by file however large work_mem is: a value ends at 1 GB. */
#define MANY_VALUES (32 * 1024 * 1024)

/* The bytes: this, the labels as they are in memory, then the values unless they are in a file. */
typedef struct ktransfer
{
	int64		excluded;
	int64		n;				/* values */
	int64		label_size;
	sample_segment file;		/* name and tablespace, if there is one */
	bool		in_file;
} ktransfer;

/* All values into a file that another process can open. */
static void
write_handed(mlops_ksample *s, FunctionCallInfo fcinfo, sample_segment *named)
{
	BufFile    *out = mlops_sample_create_named(named);
	ksample_reader reader = {0};
	const mlops_group_value *chunk;
	Size		n;

	if (s->sort && s->segments == NIL)
		mlops_ksample_sort_to_file(s, out);
	else
	{
		mlops_ksample_collected(s, fcinfo);
		mlops_ksample_rewind(s, &reader);
		while ((n = mlops_ksample_read(&reader, &chunk)) > 0)
		{
			CHECK_FOR_INTERRUPTS();
			BufFileWrite(out, (void *) chunk, n * sizeof(mlops_group_value));
		}
	}
	BufFileExportFileSet(out);
	BufFileClose(out);
	named->file = NULL;
}

/*
 * The file with all values.  Aggregates that share a state ask once each, and the final
 * plan node opens one of the answers: it is the same file.
 */
static const sample_segment *
hand_over(mlops_ksample *s, FunctionCallInfo fcinfo)
{
	if (s->handed == NULL)
	{
		sample_segment *named = MemoryContextAllocZero(s->context, sizeof(sample_segment));

		write_handed(s, fcinfo, named);
		s->handed = named;
	}
	return s->handed;
}

/* What is in memory; at most MANY_VALUES, in any order. */
static void
append_values(const mlops_ksample *s, StringInfo out)
{
	for (Size done = 0; done < s->n; done += CHUNK)
	{
		CHECK_FOR_INTERRUPTS();
		appendBinaryStringInfo(out, (const char *) (s->value + done),
							   Min(CHUNK, s->n - done) * sizeof(mlops_group_value));
	}
}

/* ksample_serialize(internal) returns bytea: private to the processes of one server. */
MLOPS_FUNCTION(mlops_ksample_serialize);
Datum
mlops_ksample_serialize(PG_FUNCTION_ARGS)
{
	mlops_ksample *s = (mlops_ksample *) PG_GETARG_POINTER(0);
	StringInfoData out;
	ktransfer	head;

	if (!AggCheckCallContext(fcinfo, NULL))
		elog(ERROR, "a sample exists only inside an aggregate");
	memset(&head, 0, sizeof(head));
	head.excluded = s->excluded;
	for (uint32_t i = 0; i < s->labels->head.groups; i++)
		head.n += MLOPS_GROUP_MOMENTS_ENTRIES(s->labels)[i].moments.base.n;
	head.label_size = VARSIZE(s->labels);
	head.in_file = head.n > 0 && (s->handed || s->sort || s->segments || s->n > MANY_VALUES);
	if (head.in_file)
		head.file = *hand_over(s, fcinfo);
	initStringInfo(&out);
	appendStringInfoSpaces(&out, VARHDRSZ);
	appendBinaryStringInfo(&out, (const char *) &head, sizeof(head));
	appendBinaryStringInfo(&out, (const char *) s->labels, head.label_size);
	if (!head.in_file)
		append_values(s, &out);
	SET_VARSIZE(out.data, out.len);
	PG_RETURN_BYTEA_P((bytea *) out.data);
}

static void
take(const char **p, const char *end, void *out, int64 size)
{
	if (size < 0 || end - *p < size)
		elog(ERROR, "sample ends too early");
	memcpy(out, *p, size);
	*p += size;
}

/* ksample_deserialize(bytea, internal) returns internal; files are opened when they are combined. */
MLOPS_FUNCTION(mlops_ksample_deserialize);
Datum
mlops_ksample_deserialize(PG_FUNCTION_ARGS)
{
	bytea	   *in = PG_GETARG_BYTEA_PP(0);
	const char *p = VARDATA_ANY(in);
	const char *end = p + VARSIZE_ANY_EXHDR(in);
	mlops_ksample *s;
	ktransfer	head;
	void	   *labels;

	if (!AggCheckCallContext(fcinfo, NULL))
		elog(ERROR, "a sample exists only inside an aggregate");
	take(&p, end, &head, sizeof(head));
	if (head.label_size < 0 || head.label_size > end - p)
		elog(ERROR, "sample ends too early");
	s = mlops_ksample_create(CurrentMemoryContext);
	s->excluded = head.excluded;
	labels = palloc(head.label_size);
	take(&p, end, labels, head.label_size);
	pfree(s->labels);
	s->labels = mlops_group_moments_load(PointerGetDatum(labels));
	pfree(labels);
	if (head.in_file)
	{
		ksample_segment *segment = palloc0(sizeof(ksample_segment));

		segment->base = head.file;
		segment->base.file = NULL;
		segment->base.n = head.n;
		s->segments = list_make1(segment);
	}
	else if (head.n > 0)
	{
		s->n = s->capacity = head.n;
		s->value = MemoryContextAllocHuge(CurrentMemoryContext, s->n * sizeof(mlops_group_value));
		take(&p, end, s->value, s->n * sizeof(mlops_group_value));
	}
	if (p != end)
		elog(ERROR, "sample has trailing bytes");
	PG_RETURN_POINTER(s);
}
