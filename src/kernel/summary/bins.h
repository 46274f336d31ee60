/*
 * bins.h
 *		Which bin a value belongs to, and counts of bins.
 *
 * Numeric: n strictly increasing finite edges make n + 1 bins, (-inf, e[0]),
 * [e[0], e[1]), ..., [e[n-1], +inf); the bin of x is the number of edges <= x.
 * Categorical: n distinct labels make n bins.
 */
#ifndef MLOPS_BINS_H
#define MLOPS_BINS_H

#include "kernel/kernel.h"

/* More items than this do not fit the 16-bit tables. */
#define MLOPS_BINS_MAX 1000

/*
 * A table over the range of the edges: the cell of a number is monotone in
 * the number, so the edges of lower cells are below it, those of higher cells
 * above it, and only the edges in its own cell are compared.
 * first[c] = number of edges in cells below c; first[cells] = n.
 */
typedef struct mlops_bin_table
{
	double		base;			/* the first edge */
	double		scale;			/* cells per unit; 0: one cell only */
	uint32_t	cells;			/* a power of two */
	uint32_t	n;				/* edges */
	uint16_t	first[];		/* cells + 1 */
} mlops_bin_table;

extern size_t mlops_bin_table_size(int n);
extern void mlops_bin_table_build(mlops_bin_table *t, const double *edges, int n);

/* The bin of x, which is not NaN, by binary search alone. */
extern int	mlops_bin_search(const double *edges, int n, double x);

static inline uint32_t
mlops_bin_cell(const mlops_bin_table *t, double x)
{
	double		c = (x - t->base) * t->scale;

	if (!(c > 0))				/* also the NaN of an overflow times zero */
		return 0;
	return c >= t->cells ? t->cells - 1 : (uint32_t) c;
}

/* The same bin through the table. */
static inline int
mlops_bin_find(const mlops_bin_table *t, const double *edges, double x)
{
	uint32_t	cell = mlops_bin_cell(t, x);
	int			bin = t->first[cell];
	int			left = t->first[cell + 1] - bin;

	while (left > 2)
	{
		int			half = left / 2;

		if (edges[bin + half] <= x)
			bin += half;
		left -= half;
	}
	if (left > 0 && edges[bin] <= x)
	{
		bin++;
		if (left > 1 && edges[bin] <= x)
			bin++;
	}
	return bin;
}

/*
 * Labels lie one after another in bytes; ends[i] is where label i ends.
 * The index is an open-addressing table of label number + 1.
 */
extern uint32_t mlops_label_slots(int n);
extern uint32_t mlops_label_hash(const char *s, size_t len);

/* MLOPS_DOMAIN if a label occurs twice; slots is a power of two > n */
extern mlops_status mlops_label_index(uint16_t *slot, uint32_t slots,
									  const uint32_t *ends, const char *bytes, int n);

/* number of the label, or -1 */
extern int	mlops_label_find(const uint16_t *slot, uint32_t slots,
							 const uint32_t *ends, const char *bytes,
							 const char *s, size_t len);

/* the same without an index */
extern int	mlops_label_scan(const uint32_t *ends, const char *bytes, int n,
							 const char *s, size_t len);

/* The canonical decimal spelling of a 64-bit integer ("7", "-3"; not "07"). */
extern bool mlops_label_int(const char *s, size_t len, int64_t *value);

/*
 * Labels that are integers, for looking them up without their text: key[i]
 * belongs to bin[i] where bin[i] is not 0 (label number + 1).  slots is a
 * power of two > the number of labels.
 */
extern uint32_t mlops_int_hash(int64_t v);
extern void mlops_int_index(int64_t *key, uint16_t *bin, uint32_t slots,
							const uint32_t *ends, const char *bytes, int n);

static inline int
mlops_int_find(const int64_t *key, const uint16_t *bin, uint32_t slots, int64_t v)
{
	uint32_t	at = mlops_int_hash(v) & (slots - 1);

	while (bin[at] != 0 && key[at] != v)
		at = (at + 1) & (slots - 1);
	return (int) bin[at] - 1;
}

/*
 * Make candidate edges usable: drop those that are not finite, sort what is
 * left, drop repetitions and what is not above low (so that the first bin is
 * not empty in the reference).  Returns how many remain, in place.
 */
extern int	mlops_edges_clean(double *e, int n, double low);

/* Sum of n counts that are not negative; false on overflow or a negative one. */
extern bool mlops_counts_sum(const int64_t *count, int n, int64_t *sum);

/* A fingerprint of bytes, for telling two values apart quickly. */
extern uint64_t mlops_fingerprint(const void *data, size_t size, uint64_t seed);

#endif
