/*
 * read.c
 *		The values of one side in ascending order, from memory and files.
 */
#include "sample/sample.h"

#define CHUNK 4096

/* Of values in memory so many at a time, that the caller can be interrupted. */
#define MEMORY_CHUNK (1024 * 1024)

/* The next values of a file into the cursor's buffer. */
static void
refill(sample_cursor *c)
{
	Size		n = Min(c->left, CHUNK);

	if (n > 0 && BufFileRead(c->file, c->buffer, n * sizeof(double)) != n * sizeof(double))
		ereport(ERROR,
				errcode_for_file_access(),
				errmsg("could not read temporary file: read fewer bytes than were written"));
	c->p = c->buffer;
	c->end = c->buffer + n;
	c->left -= n;
}

/* Begin again with the smallest value; reader is zeroed before the first time. */
void
mlops_sample_rewind(sample_side *side, sample_reader *reader)
{
	ListCell   *c;

	if (reader->cursor == NULL)
		reader->cursor = palloc0((list_length(side->segments) + 1) * sizeof(sample_cursor));
	reader->n = 0;
	if (side->n > 0)
	{
		sample_cursor *cursor = &reader->cursor[reader->n++];

		/* a buffer of the last pass stays for this place's next file */
		cursor->p = side->value;
		cursor->end = side->value + side->n;
		cursor->file = NULL;
		cursor->left = 0;
	}
	foreach(c, side->segments)
	{
		sample_segment *segment = lfirst(c);
		sample_cursor *cursor;

		/* a process that has only seen rows of the other side */
		if (segment->n == 0)
			continue;
		cursor = &reader->cursor[reader->n++];
		if (BufFileSeek(segment->file, 0, 0, SEEK_SET) != 0)
			elog(ERROR, "could not rewind temporary file");
		cursor->file = segment->file;
		cursor->left = segment->n;
		if (cursor->buffer == NULL)
			cursor->buffer = palloc(CHUNK * sizeof(double));
		refill(cursor);
	}
	if (reader->n > 1 && reader->merged == NULL)
		reader->merged = palloc(CHUNK * sizeof(double));
}

/*
 * The smallest heads of all cursors, a chunk of them.  There are as many as
 * processes took part, so looking at every head is as good as a heap.
 */
static Size
merge(sample_reader *reader)
{
	Size		n = 0;

	while (n < CHUNK && reader->n > 0)
	{
		sample_cursor *least = &reader->cursor[0];

		for (int i = 1; i < reader->n; i++)
			if (*reader->cursor[i].p < *least->p)
				least = &reader->cursor[i];
		reader->merged[n++] = *least->p++;
		if (least->p == least->end && least->left > 0)
			refill(least);
		if (least->p == least->end)
		{
			/* the buffers stay, in some order, for the next pass */
			sample_cursor done = *least;

			*least = reader->cursor[--reader->n];
			reader->cursor[reader->n] = done;
		}
	}
	return n;
}

/* Some more values, valid until the next call; 0 at the end. */
Size
mlops_sample_read(sample_reader *reader, const double **chunk)
{
	sample_cursor *c = reader->cursor;
	Size		n;

	if (reader->n > 1)
	{
		*chunk = reader->merged;
		return merge(reader);
	}
	if (reader->n == 0)
		return 0;
	if (c->p == c->end && c->left > 0)
		refill(c);
	*chunk = c->p;
	n = Min(c->end - c->p, MEMORY_CHUNK);
	c->p += n;
	return n;
}
