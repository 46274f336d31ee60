/*
 * read.c
 *		Values in ascending order, from memory and files.
 */
#include "sample/sample.h"

#include "miscadmin.h"

/* Of values in memory so many at a time, that the caller can be interrupted. */
#define MEMORY_CHUNK (1024 * 1024)

#define MERGED 4096

/* Values in a buffer: not less than a file's own, and no more than is of use. */
#define ROOM_MIN (BLCKSZ / sizeof(double))
#define ROOM_MAX 4096

sample_reader *
mlops_sample_reader(void)
{
	return palloc0(sizeof(sample_reader));
}

void
mlops_sample_reader_free(sample_reader *reader)
{
	for (int i = 0; i < MLOPS_MERGE_INPUTS; i++)
		if (reader->cursor[i].buffer)
			pfree(reader->cursor[i].buffer);
	if (reader->merged)
		pfree(reader->merged);
	pfree(reader);
}

/* The next values of a file, if it has any. */
static void
refill(sample_reader *reader, int i)
{
	sample_cursor *c = &reader->cursor[i];
	Size		n = Min(c->left, reader->room);

	if (n > 0 && BufFileRead(c->file, c->buffer, n * sizeof(double)) != n * sizeof(double))
		ereport(ERROR,
				errcode_for_file_access(),
				errmsg("could not read temporary file: read fewer bytes than were written"));
	reader->merge.at[i] = c->buffer;
	reader->merge.end[i] = c->buffer + n;
	c->left -= n;
}

/* A quarter of work_mem for the buffers of one side, half of it for both. */
static Size
buffer_room(int files)
{
	Size		room = (Size) work_mem * 1024 / 4 / sizeof(double) / (files + 1);

	return Max(Min(room, ROOM_MAX), ROOM_MIN);
}

/* Begin with the smallest one of the n values in memory and those in the files, the same ones every time. */
void
mlops_sample_rewind(sample_reader *reader, const double *value, Size n, List *segments)
{
	ListCell   *c;

	if (reader->room == 0)
		reader->room = buffer_room(list_length(segments));
	reader->n = 0;
	foreach(c, segments)
	{
		sample_segment *segment = lfirst(c);
		sample_cursor *cursor = &reader->cursor[reader->n];

		/* a process that has only seen rows of the other side */
		if (segment->n == 0)
			continue;
		if (BufFileSeek(segment->file, 0, 0, SEEK_SET) != 0)
			elog(ERROR, "could not rewind temporary file");
		cursor->file = segment->file;
		cursor->left = segment->n;
		if (cursor->buffer == NULL)
			cursor->buffer = palloc(reader->room * sizeof(double));
		refill(reader, reader->n++);
	}
	if (n > 0)
	{
		reader->cursor[reader->n].left = 0;
		reader->merge.at[reader->n] = value;
		reader->merge.end[reader->n++] = value + n;
	}
	if (reader->n > 1)
	{
		if (reader->merged == NULL)
			reader->merged = palloc(MERGED * sizeof(double));
		mlops_merge_begin(&reader->merge, reader->n);
	}
}

/* Some more values, valid until the next call; 0 at the end. */
Size
mlops_sample_read(sample_reader *reader, const double **chunk)
{
	mlops_merge *m = &reader->merge;
	Size		n = 0;
	int			i;

	if (reader->n > 1)
	{
		while ((i = mlops_merge_take(m, reader->merged, MERGED, &n)) >= 0)
			if (reader->cursor[i].left > 0)
				refill(reader, i);
		*chunk = reader->merged;
	}
	else if (reader->n == 1)
	{
		if (m->at[0] == m->end[0] && reader->cursor[0].left > 0)
			refill(reader, 0);
		*chunk = m->at[0];
		n = Min(m->end[0] - m->at[0], MEMORY_CHUNK);
		m->at[0] += n;
	}
	return n;
}
