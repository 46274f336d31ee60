/*
 * radix.h
 *		Sorting finite double precision numbers by their bits.
 *
 * First every number goes to one of some hundred parts, which are in order
 * and small enough for the processor's cache; then each part is sorted there.
 * Twice as fast as a radix sort that goes over the whole array for every byte.
 * The caller runs the steps, so that it can be interrupted between them:
 *
 *		radix = memory of mlops_radix_size(n) bytes
 *		mlops_radix_begin(radix, value, scratch, n);
 *		while (mlops_radix_step(radix))
 *			;
 *
 * value is ascending then, scratch (n numbers) is of no more use.  -0 comes
 * before 0; NaN must not occur.
 */
#ifndef MLOPS_RADIX_H
#define MLOPS_RADIX_H

#include "kernel/kernel.h"

#define MLOPS_RADIX_PARTS 1024

typedef struct mlops_radix
{
	double	   *value;
	double	   *scratch;
	size_t		n;
	int			stage;			/* of the way to the parts */
	uint64_t	lowest;			/* key */
	int			shift;			/* a key's cell is its distance from lowest, without so many bits */
	size_t		part;			/* the next one to sort */
	size_t		parts;
	size_t		first[MLOPS_RADIX_PARTS + 1];	/* place of each part */
	size_t		place[MLOPS_RADIX_PARTS];
	/* of each cell how many keys, then which part */
	size_t		cells;
	size_t		cell[];
} mlops_radix;

extern size_t mlops_radix_size(size_t n);
extern void mlops_radix_begin(mlops_radix *radix, double *value, double *scratch, size_t n);
extern bool mlops_radix_step(mlops_radix *radix);

/*
 * Numbers as unsigned integers of the same order, and back; for those who
 * merge them.
 */
static inline uint64_t
mlops_radix_key(uint64_t bits)
{
	/* negative ones all bits flipped, others the sign */
	return bits ^ ((uint64_t) -(int64_t) (bits >> 63) | UINT64_C(0x8000000000000000));
}

static inline uint64_t
mlops_radix_bits(uint64_t key)
{
	return key ^ (((key >> 63) - 1) | UINT64_C(0x8000000000000000));
}

#endif
