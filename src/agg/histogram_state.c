/*
 * histogram_state.c
 *		A histogram while rows are counted into it.  See histogram_state.h.
 */
#include "agg/histogram_state.h"

#include "access/detoast.h"

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

/*
 * The counter of a text value.  One that is longer than every label is unseen
 * and need not be fetched.
 */
int64_t *
mlops_histogram_text_counter(mlops_histogram *h, Datum d)
{
	struct varlena *raw = (struct varlena *) DatumGetPointer(d);
	text	   *t;
	int64_t    *counter;

	if ((VARATT_IS_EXTERNAL(raw) || VARATT_IS_COMPRESSED(raw)) &&
		toast_raw_datum_size(d) - VARHDRSZ > MLOPS_BINNING_MAX_LABEL)
		return &h->unseen_count;
	t = DatumGetTextPP(d);
	counter = mlops_histogram_label_counter(h, VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t));
	if ((struct varlena *) t != raw)
		pfree(t);
	return counter;
}

int64_t *
mlops_histogram_bool_counter(mlops_histogram *h, bool value)
{
	return mlops_histogram_label_counter(h, value ? "true" : "false", value ? 4 : 5);
}

void
mlops_histogram_check_kind(const mlops_binning *b, mlops_binning_kind kind)
{
	if (b->kind == kind)
		return;
	if (kind == MLOPS_BINNING_NUMERIC)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("a number cannot be counted into a binning of labels"),
				 errhint("Cast the column to text, or make the binning from float8[].")));
	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("a label cannot be counted into a numeric binning"),
			 errhint("Cast the column to float8, or make the binning from text[].")));
}
