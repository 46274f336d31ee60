/*
 * histogram_codec.h
 *		The value of type mlops.histogram, its bytes and its text, without
 *		server headers.
 *
 * An image is this struct (which ends in the image of the binning), then
 * int64 counts[regular bins].  While an aggregate works on it, a scratch area
 * may follow (working = 1); whoever reads the counts need not care.
 */
#ifndef MLOPS_HISTOGRAM_CODEC_H
#define MLOPS_HISTOGRAM_CODEC_H

#include "types/binning_codec.h"

#define MLOPS_HISTOGRAM_VERSION 1

typedef struct mlops_histogram
{
	int32_t		vl_len_;		/* the server's; do not touch directly */
	uint8_t		version;
	uint8_t		working;		/* a scratch area follows the counts */
	uint16_t	reserved;		/* 0 */
	int64_t		null_count;
	int64_t		unseen_count;
	mlops_binning binning;		/* header and items */
} mlops_histogram;

/* bytes of the image with such a binning, without a scratch area */
static inline size_t
mlops_histogram_image_size(const mlops_binning *b)
{
	return offsetof(mlops_histogram, binning) + mlops_binning_size(b) +
		(size_t) mlops_binning_bins(b) * sizeof(int64_t);
}

static inline int64_t *
mlops_histogram_counts(const mlops_histogram *h)
{
	return (int64_t *) ((char *) &h->binning + mlops_binning_size(&h->binning));
}

/* NULL, or what is wrong with the counts (negative, or a sum past 64 bits) */
extern const char *mlops_histogram_check(const mlops_histogram *h);

/*
 * Rows, including NULL and unseen; false if they do not fit 64 bits.
 */
extern bool mlops_histogram_rows(const mlops_histogram *h, int64_t *rows);

/* add the counts of b to a; false (and a unchanged) if they do not fit */
extern bool mlops_histogram_add(mlops_histogram *a, const mlops_histogram *b);

/* subtract b from a; false (and a unchanged) if a count would be negative */
extern bool mlops_histogram_subtract(mlops_histogram *a, const mlops_histogram *b);

/* Two passes, as in binning_codec.h; NULL or what is wrong. */
extern const char *mlops_histogram_read_size(mlops_reader r, size_t *size);
extern const char *mlops_histogram_read(mlops_reader *r, mlops_histogram *h);
extern const char *mlops_histogram_scan_size(mlops_scanner s, size_t *size);
extern const char *mlops_histogram_scan(mlops_scanner *s, mlops_histogram *h);

extern void mlops_histogram_write(mlops_writer *w, const mlops_histogram *h);
extern void mlops_histogram_print(mlops_writer *w, const mlops_histogram *h);

#endif
