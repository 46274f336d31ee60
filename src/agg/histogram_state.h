/*
 * histogram_state.h
 *		A histogram while rows are counted into it.
 *
 * The state is the value itself, followed by a scratch area: a lookup table
 * (numeric) or a hash index of the labels (categorical), made once a state
 * has seen enough rows to pay for it.  The scratch area travels with the
 * bytes, holds no pointer, and is left out of every result.
 */
#ifndef MLOPS_HISTOGRAM_STATE_H
#define MLOPS_HISTOGRAM_STATE_H

#include "types/histogram.h"

/* A table costs about as much as this many searches without one. */
#define MLOPS_HISTOGRAM_TABLE_AFTER 32

typedef struct mlops_histogram_scratch
{
	uint32_t	rows;			/* looked up without a table so far */
	uint32_t	slots;			/* size of the label index, or 1; 0: no table yet */
} mlops_histogram_scratch;

/* An empty working state; palloc'd. */
extern mlops_histogram *mlops_histogram_begin(const mlops_binning *b);

/* A working copy of any histogram, with a table or without; palloc'd. */
extern mlops_histogram *mlops_histogram_work(const mlops_histogram *h, bool table);

extern _Noreturn void mlops_histogram_out_of_range(void);

static inline mlops_histogram_scratch *
mlops_histogram_get_scratch(const mlops_histogram *h)
{
	return (mlops_histogram_scratch *) ((char *) h + mlops_histogram_image_size(&h->binning));
}

/* True when the next lookup should have a table: call mlops_histogram_work(). */
static inline bool
mlops_histogram_wants_table(const mlops_histogram *h)
{
	mlops_histogram_scratch *s = mlops_histogram_get_scratch(h);

	return unlikely(s->slots == 0) && ++s->rows > MLOPS_HISTOGRAM_TABLE_AFTER;
}

static inline void
mlops_histogram_increment(int64_t *count)
{
	if (unlikely(*count == INT64_MAX))
		mlops_histogram_out_of_range();
	(*count)++;
}

/* The counter that a number belongs to; the binning is numeric. */
static inline int64_t *
mlops_histogram_number_counter(mlops_histogram *h, double x)
{
	int			n = h->binning.items;
	const double *edges = mlops_binning_edges(&h->binning);
	int64_t    *counts = (int64_t *) (edges + n);
	const mlops_histogram_scratch *s = (mlops_histogram_scratch *) (counts + n + 1);

	/* NaN, infinity: x - x is not 0 */
	if (unlikely(x - x != 0))
		return &h->unseen_count;
	if (likely(s->slots != 0))
		return counts + mlops_bin_find((const mlops_bin_table *) (s + 1), edges, x);
	return counts + mlops_bin_search(edges, n, x);
}

/* The counter that a label, a text datum or a boolean belongs to. */
extern int64_t *mlops_histogram_label_counter(mlops_histogram *h, const char *s, size_t len);
extern int64_t *mlops_histogram_text_counter(mlops_histogram *h, Datum d);
extern int64_t *mlops_histogram_bool_counter(mlops_histogram *h, bool value);

/* Error with a hint when values of this kind cannot be counted into b. */
extern void mlops_histogram_check_kind(const mlops_binning *b, mlops_binning_kind kind);

#endif
