/*
 * permute.h
 *		Many random permutations of two samples in one pass over their pooled
 *		values.
 *
 * A lane is one permutation.  When a run of tied rows comes by, every lane
 * draws how many of them are reference rows, given how many it has left
 * (hypergeometric), and adds what the statistic makes of the difference of
 * the two cumulative shares.  A permutation is then never stored, and the
 * rows may be on disk.
 *
 *		mlops_lanes_begin(&lanes, memory, count, n, m, seed)
 *		for every run: mlops_lanes_draw(&lanes, rows); mlops_lanes_add_...
 *		mlops_lanes_p(&lanes, observed)
 *
 * Every lane has its own random stream, of the seed and the lane's number, so
 * the result depends on the seed and the runs alone.
 */
#ifndef MLOPS_PERMUTE_H
#define MLOPS_PERMUTE_H

#include "kernel/kernel.h"

typedef struct mlops_lanes
{
	int64_t		count;
	double		n;				/* reference rows of a permutation */
	double		m;
	double		rows;			/* pooled rows drawn so far */
	double	   *left;			/* by lane: reference rows still to come */
	double	   *sum;			/* by lane: the statistic so far */
	uint64_t   *random;
} mlops_lanes;

/* Bytes of memory for so many permutations; 0 for none. */
extern size_t mlops_lanes_size(int64_t count);

/* memory is 8-byte aligned and stays the caller's.  n + m is below 2^53. */
extern void mlops_lanes_begin(mlops_lanes *lanes, void *memory, int64_t count, double n, double m,
							  uint64_t seed);

/* The next `rows` pooled rows are tied. */
extern void mlops_lanes_draw(mlops_lanes *lanes, double rows);

/* Z = reference rows so far - their expectation = n m / (n + m) (F - G), exact to rounding. */
static inline double
mlops_lanes_excess(double n, double m, double reference, double rows)
{
	return reference - n * (rows / (n + m));
}

/* Adds weight Z^2, or weight |Z|, to the sum of every lane. */
extern void mlops_lanes_add_square(mlops_lanes *lanes, double weight);
extern void mlops_lanes_add_abs(mlops_lanes *lanes, double weight);

/*
 * (k + 1) / (count + 1), k lanes whose sum is at least the observed one (but
 * for rounding): a valid p-value whatever the count (Phipson and Smyth 2010).
 */
extern double mlops_lanes_p(const mlops_lanes *lanes, double observed);

/*
 * Reference rows among `rows` drawn without replacement from `total`, of which
 * `reference` are such; all whole numbers.  Advances the stream.
 */
extern double mlops_hypergeometric(uint64_t *random, double total, double reference, double rows);

/* Next of the stream: splitmix64 (Steele, Lea and Flood 2014); uniform in [0, 1). */
static inline uint64_t
mlops_random_bits(uint64_t *random)
{
	uint64_t	z = (*random += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static inline double
mlops_random_uniform(uint64_t *random)
{
	return (double) (mlops_random_bits(random) >> 11) * 0x1p-53;
}

#endif
