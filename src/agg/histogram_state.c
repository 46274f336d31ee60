/*
 * histogram_state.c
 *		A histogram while rows are counted into it.  See histogram_state.h.
 */
#include "agg/histogram_state.h"

void
mlops_histogram_out_of_range(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("number of rows of a histogram is out of range")));
}

static size_t
table_size(const mlops_binning *b)
{
	if (b->kind == MLOPS_BINNING_NUMERIC)
		return mlops_bin_table_size(b->items);
	return mlops_label_slots(b->items) * sizeof(uint16_t);
}

mlops_histogram *
mlops_histogram_work(const mlops_histogram *h, bool table)
{
	const mlops_binning *b = &h->binning;
	size_t		image = mlops_histogram_image_size(b);
	size_t		size = image + sizeof(mlops_histogram_scratch) + (table ? table_size(b) : 0);
	mlops_histogram *work = palloc(size);
	mlops_histogram_scratch *s;

	memcpy(work, h, image);
	SET_VARSIZE(work, size);
	work->working = 1;
	s = mlops_histogram_get_scratch(work);
	s->rows = 0;
	s->slots = 0;
	if (!table)
		return work;
	if (b->kind == MLOPS_BINNING_NUMERIC)
	{
		s->slots = 1;
		mlops_bin_table_build((mlops_bin_table *) (s + 1), mlops_binning_edges(b), b->items);
	}
	else
	{
		s->slots = mlops_label_slots(b->items);
		mlops_label_index((uint16_t *) (s + 1), s->slots, mlops_binning_ends(b),
						  mlops_binning_labels(b), b->items);
	}
	return work;
}

mlops_histogram *
mlops_histogram_begin(const mlops_binning *b)
{
	mlops_histogram *h = mlops_histogram_empty(b);
	mlops_histogram *work = mlops_histogram_work(h, false);

	pfree(h);
	return work;
}

int64_t *
mlops_histogram_label_counter(mlops_histogram *h, const char *label, size_t len)
{
	const mlops_binning *b = &h->binning;
	mlops_histogram_scratch *s = mlops_histogram_get_scratch(h);
	int			bin;

	if (s->slots != 0)
		bin = mlops_label_find((const uint16_t *) (s + 1), s->slots, mlops_binning_ends(b),
							   mlops_binning_labels(b), label, len);
	else
		bin = mlops_label_scan(mlops_binning_ends(b), mlops_binning_labels(b), b->items,
							   label, len);
	return bin < 0 ? &h->unseen_count : mlops_histogram_counts(h) + bin;
}
