/*
 * kread.c
 *		The values of several groups in ascending order, from memory and files.
 */
#include "sample/ksample.h"

#define CHUNK 2048

/* The next values of a file into the cursor's buffer, with our numbers of the groups. */
static void
refill(ksample_cursor *c)
{
	Size		n = Min(c->left, CHUNK);
	Size		size = n * sizeof(mlops_group_value);

	if (n > 0 && BufFileRead(c->segment->base.file, c->buffer, size) != size)
		ereport(ERROR,
				errcode_for_file_access(),
				errmsg("could not read temporary file: read fewer bytes than were written"));
	if (c->segment->group)
		for (Size i = 0; i < n; i++)
			c->buffer[i].group = c->segment->group[c->buffer[i].group];
	c->p = c->buffer;
	c->end = c->buffer + n;
	c->left -= n;
}

/* Begin again with the smallest value; reader is zeroed before the first time. */
void
mlops_ksample_rewind(mlops_ksample *s, ksample_reader *reader)
{
	ListCell   *c;

	if (reader->cursor == NULL)
		reader->cursor = palloc0((list_length(s->segments) + 1) * sizeof(ksample_cursor));
	reader->n = 0;
	foreach(c, s->segments)
	{
		ksample_cursor *cursor = &reader->cursor[reader->n];

		if (((ksample_segment *) lfirst(c))->base.n == 0)
			continue;
		reader->n++;
		cursor->segment = lfirst(c);
		if (BufFileSeek(cursor->segment->base.file, 0, 0, SEEK_SET) != 0)
			elog(ERROR, "could not rewind temporary file");
		cursor->left = cursor->segment->base.n;
		if (cursor->buffer == NULL)
			cursor->buffer = palloc(CHUNK * sizeof(mlops_group_value));
		refill(cursor);
	}
	if (s->n > 0)
	{
		ksample_cursor *cursor = &reader->cursor[reader->n++];

		cursor->segment = NULL;
		cursor->p = s->value;
		cursor->end = s->value + s->n;
		cursor->left = 0;
	}
	if (reader->n > 1 && reader->merged == NULL)
		reader->merged = palloc(CHUNK * sizeof(mlops_group_value));
}

/*
 * The smallest heads of all cursors, a chunk of them.  There are as many as
 * processes took part, so looking at every head is as good as a heap.
 */
static Size
merge(ksample_reader *reader)
{
	Size		n = 0;

	while (n < CHUNK && reader->n > 0)
	{
		ksample_cursor *least = &reader->cursor[0];

		for (int i = 1; i < reader->n; i++)
			if (reader->cursor[i].p->x < least->p->x)
				least = &reader->cursor[i];
		reader->merged[n++] = *least->p++;
		if (least->p == least->end && least->left > 0)
			refill(least);
		if (least->p == least->end)
		{
			/* the buffers stay, in some order, for the next pass */
			ksample_cursor done = *least;

			*least = reader->cursor[--reader->n];
			reader->cursor[reader->n] = done;
		}
	}
	return n;
}

/* Some more values, valid until the next call; 0 at the end. */
Size
mlops_ksample_read(ksample_reader *reader, const mlops_group_value **chunk)
{
	ksample_cursor *c = reader->cursor;
	Size		n;

	if (reader->merged != NULL)
	{
		*chunk = reader->merged;
		return merge(reader);
	}
	if (reader->n == 0)
		return 0;
	if (c->p == c->end && c->left > 0)
		refill(c);
	*chunk = c->p;
	n = Min(c->end - c->p, CHUNK);
	c->p += n;
	return n;
}
