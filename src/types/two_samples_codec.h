/*
 * two_samples_codec.h
 *		The value of type mlops.two_samples, its bytes and its text, without
 *		server headers.
 *
 * Moments of a reference and a current sample side by side: of numbers (the
 * reconstruction errors of rows), or of the random Fourier features of rows, and then
 * what it takes to compute the same features again.
 */
#ifndef MLOPS_TWO_SAMPLES_CODEC_H
#define MLOPS_TWO_SAMPLES_CODEC_H

#include "kernel/multivariate/mmd.h"
#include "types/moments_codec.h"

#define MLOPS_TWO_SAMPLES_VERSION 1
#define MLOPS_TWO_SAMPLES_MAX_DIMENSION 16000

#define MLOPS_SAMPLES_NUMBERS 0
#define MLOPS_SAMPLES_FOURIER 1

/*
 * The stored image: this, two moments and, inside an aggregate that has met a
 * row, the frequencies (double[dimension * MLOPS_MMD_FREQUENCIES]).
 */
typedef struct mlops_two_samples
{
	int32_t		vl_len_;		/* the server's; do not touch directly */
	uint8_t		version;
	uint8_t		kind;
	uint8_t		working;		/* 1: frequencies follow */
	uint8_t		variables;		/* of the moments: 1, or the number of features */
	uint32_t	dimension;		/* of a row; 0: not known, or numbers */
	uint32_t	reserved;		/* 0 */
	double		bandwidth;		/* 0 for numbers, as is the seed */
	int64_t		seed;
	int64_t		unassigned;		/* rows of neither side: is_current was NULL */
} mlops_two_samples;

static inline int
mlops_two_samples_variables(int kind)
{
	return kind == MLOPS_SAMPLES_FOURIER ? 2 * MLOPS_MMD_FREQUENCIES : 1;
}

/* Size of an image; frequencies of `dimension` dimensions, 0 without them. */
static inline size_t
mlops_two_samples_size(int kind, uint32_t dimension)
{
	return sizeof(mlops_two_samples) + 2 * mlops_moments_size(mlops_two_samples_variables(kind)) +
		(size_t) dimension * MLOPS_MMD_FREQUENCIES * sizeof(double);
}

static inline mlops_moments *
mlops_two_samples_side(const mlops_two_samples *s, int side)
{
	return (mlops_moments *) ((char *) (s + 1) + (side ? mlops_moments_size(s->variables) : 0));
}

static inline double *
mlops_two_samples_omega(const mlops_two_samples *s)
{
	return (double *) ((char *) (s + 1) + 2 * mlops_moments_size(s->variables));
}

/* An image without rows. */
extern void mlops_two_samples_prepare(mlops_two_samples *s, int kind);

/*
 * Add the rows of b to a; NULL, or what is wrong, and then a is unchanged.
 */
extern const char *mlops_two_samples_add(mlops_two_samples *a, const mlops_two_samples *b);

/* Two passes, as in binning_codec.h; NULL or what is wrong. */
extern const char *mlops_two_samples_read_size(mlops_reader r, size_t *size);
extern const char *mlops_two_samples_read(mlops_reader *r, mlops_two_samples *s);
extern const char *mlops_two_samples_scan_size(mlops_scanner s, size_t *size);
extern const char *mlops_two_samples_scan(mlops_scanner *s, mlops_two_samples *v);

extern void mlops_two_samples_write(mlops_writer *w, const mlops_two_samples *s);
extern void mlops_two_samples_print(mlops_writer *w, const mlops_two_samples *s);

#endif
