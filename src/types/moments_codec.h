/*
 * moments_codec.h
 *		The value of type mlops.moments, its bytes and its text, without server
 *		headers.
 */
#ifndef MLOPS_MOMENTS_CODEC_H
#define MLOPS_MOMENTS_CODEC_H

#include "kernel/summary/comoments.h"
#include "types/codec.h"

#define MLOPS_MOMENTS_VERSION 1

typedef struct mlops_moments
{
	int32_t		vl_len_;		/* the server's; do not touch directly */
	uint8_t		version;
	uint8_t		variables;		/* .. MLOPS_COMOMENTS_MAX; 0: not known, only NULL rows */
	uint16_t	reserved;		/* 0 */
	int64_t		n;				/* rows where every variable is finite */
	int64_t		null_rows;		/* rows with a NULL */
	int64_t		nonfinite_rows; /* rows without NULL, with NaN or infinity */
	double		value[];		/* mean[k], comoment[k (k + 1) / 2] */
} mlops_moments;

static inline size_t
mlops_moments_size(int variables)
{
	return sizeof(mlops_moments) +
		(size_t) (variables + mlops_comoment_count(variables)) * sizeof(double);
}

static inline double *
mlops_moments_mean(const mlops_moments *m)
{
	return (double *) m->value;
}

static inline double *
mlops_moments_comoment(const mlops_moments *m)
{
	return (double *) m->value + m->variables;
}

/* A zeroed image with its header. */
extern void mlops_moments_prepare(mlops_moments *m, int variables);

/*
 * Add the rows of b, of as many variables or of none, to a; false (and a
 * unchanged) if the counts do not fit.
 */
extern bool mlops_moments_add(mlops_moments *a, const mlops_moments *b);

/*
 * Take the rows of b, of as many variables or of none, away from a; NULL, or why
 * they cannot be rows of a (which is then undefined).
 */
extern const char *mlops_moments_take(mlops_moments *a, const mlops_moments *b);

/* Two passes, as in binning_codec.h; NULL or what is wrong. */
extern const char *mlops_moments_read_size(mlops_reader r, size_t *size);
extern const char *mlops_moments_read(mlops_reader *r, mlops_moments *m);
extern const char *mlops_moments_scan_size(mlops_scanner s, size_t *size);
extern const char *mlops_moments_scan(mlops_scanner *s, mlops_moments *m);

/* The same for moments that are a part of something: text may follow. */
extern const char *mlops_moments_scan_part(mlops_scanner *s, mlops_moments *m);

extern void mlops_moments_write(mlops_writer *w, const mlops_moments *m);
extern void mlops_moments_print(mlops_writer *w, const mlops_moments *m);

#endif
