/*
 * binning_codec.h
 *		The value of type mlops.binning, its bytes and its text, without server
 *		headers.
 *
 * An image is the value as it lies in memory and on disk: this struct, then
 *		numeric:	 double edges[items]
 *		categorical: uint32 ends[items] (padded to 8 bytes), the labels' bytes
 *					 one after another (padded to 8 bytes)
 * Padding is zero, so equal values have equal bytes.
 */
#ifndef MLOPS_BINNING_CODEC_H
#define MLOPS_BINNING_CODEC_H

#include "kernel/summary/bins.h"
#include "types/codec.h"

#define MLOPS_BINNING_VERSION 1
#define MLOPS_BINNING_MAX_ITEMS MLOPS_BINS_MAX
#define MLOPS_BINNING_MAX_LABEL 2048	/* bytes of one label */

typedef enum mlops_binning_kind
{
	MLOPS_BINNING_NUMERIC = 1,
	MLOPS_BINNING_CATEGORICAL = 2
} mlops_binning_kind;

typedef struct mlops_binning
{
	int32_t		vl_len_;		/* the server's; do not touch directly */
	uint8_t		version;
	uint8_t		kind;			/* mlops_binning_kind */
	uint8_t		has_range;		/* reference_min and _max are known */
	uint8_t		reserved;		/* 0 */
	uint64_t	fingerprint;	/* of all that follows, and kind and has_range */
	int32_t		items;			/* edges or labels */
	int32_t		label_bytes;	/* of all labels; 0 if numeric */
	double		reference_min;	/* 0 unless has_range */
	double		reference_max;
} mlops_binning;

static inline size_t
mlops_round8(size_t n)
{
	return (n + 7) & ~(size_t) 7;
}

/* bytes of an image, header included; a multiple of 8 */
static inline size_t
mlops_binning_image_size(mlops_binning_kind kind, int items, size_t label_bytes)
{
	if (kind == MLOPS_BINNING_NUMERIC)
		return sizeof(mlops_binning) + (size_t) items * sizeof(double);
	return sizeof(mlops_binning) + mlops_round8((size_t) items * sizeof(uint32_t)) +
		mlops_round8(label_bytes);
}

static inline size_t
mlops_binning_size(const mlops_binning *b)
{
	return mlops_binning_image_size((mlops_binning_kind) b->kind, b->items, (size_t) b->label_bytes);
}

/* regular bins: without the NULL and the unseen bin */
static inline int
mlops_binning_bins(const mlops_binning *b)
{
	return b->kind == MLOPS_BINNING_NUMERIC ? b->items + 1 : b->items;
}

static inline double *
mlops_binning_edges(const mlops_binning *b)
{
	return (double *) (b + 1);
}

static inline uint32_t *
mlops_binning_ends(const mlops_binning *b)
{
	return (uint32_t *) (b + 1);
}

static inline char *
mlops_binning_labels(const mlops_binning *b)
{
	return (char *) (b + 1) + mlops_round8((size_t) b->items * sizeof(uint32_t));
}

/* label i (not terminated) and its length in bytes */
static inline const char *
mlops_binning_label(const mlops_binning *b, int i, int *len)
{
	uint32_t	start = i > 0 ? mlops_binning_ends(b)[i - 1] : 0;

	*len = (int) (mlops_binning_ends(b)[i] - start);
	return mlops_binning_labels(b) + start;
}

/* Same kind, edges or labels in the same order, and reference range. */
extern bool mlops_binning_equal(const mlops_binning *a, const mlops_binning *b);

/* A zeroed image with its header; the caller fills the items, then seals. */
extern void mlops_binning_prepare(mlops_binning *b, mlops_binning_kind kind,
								  int items, size_t label_bytes);

/*
 * Check an image (edges finite and strictly increasing, labels distinct and
 * not too long, range in order) and set its fingerprint.  NULL if it is good,
 * otherwise what is wrong with it.
 */
extern const char *mlops_binning_seal(mlops_binning *b);

/*
 * A number above low and not above high that separates them: with as few
 * digits as possible within the middle half of the interval, so that a value
 * that is off by a rounding error stays on its side.  high itself when the two
 * are neighbours.
 */
extern double mlops_edge_between(double low, double high);

/*
 * Reading takes two passes: the first tells the size of the image, the
 * caller gets memory for it, the second fills it.  NULL or what is wrong.
 */
extern const char *mlops_binning_read_size(mlops_reader r, size_t *size);
extern const char *mlops_binning_read(mlops_reader *r, mlops_binning *b);
extern const char *mlops_binning_scan_size(mlops_scanner s, size_t *size);
extern const char *mlops_binning_scan(mlops_scanner *s, mlops_binning *b);

extern void mlops_binning_write(mlops_writer *w, const mlops_binning *b);
extern void mlops_binning_print(mlops_writer *w, const mlops_binning *b);

#endif
