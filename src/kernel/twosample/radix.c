/*
 * radix.c
 *		Sorting finite double precision numbers by their bytes, least
 *		significant first.
 */
#include "kernel/twosample/radix.h"

#include <string.h>

#define SIGN UINT64_C(0x8000000000000000)
#define BUCKET(key, pass) (((key) >> ((pass) * MLOPS_RADIX_BITS)) & (MLOPS_RADIX_SIZE - 1))

/* Keys in the order of the numbers: negative ones all bits flipped, others the sign. */
static inline uint64_t
key_of(uint64_t bits)
{
	return bits ^ ((uint64_t) -(int64_t) (bits >> 63) | SIGN);
}

static inline uint64_t
bits_of(uint64_t key)
{
	return key ^ (((key >> 63) - 1) | SIGN);
}

/* The numbers are keys until the last pass; all counts at once, in one go over them. */
void
mlops_radix_begin(double *value, size_t n, mlops_radix *radix)
{
	memset(radix, 0, sizeof(*radix));
	for (size_t i = 0; i < n; i++)
	{
		uint64_t	key;

		memcpy(&key, &value[i], sizeof(key));
		key = key_of(key);
		memcpy(&value[i], &key, sizeof(key));
		for (int p = 0; p < MLOPS_RADIX_PASSES; p++)
			radix->count[p][BUCKET(key, p)]++;
	}
}

/* Counts to the first place of every bucket; false when one bucket has all. */
static bool
places(size_t *count, size_t n)
{
	size_t		at = 0;

	for (int i = 0; i < MLOPS_RADIX_SIZE; i++)
	{
		size_t		c = count[i];

		if (c == n)
			return false;
		count[i] = at;
		at += c;
	}
	return true;
}

/* One byte further; false when the array is in order and consists of numbers again. */
bool
mlops_radix_pass(mlops_radix *radix, double **value, double **scratch, size_t n)
{
	double	   *from = *value,
			   *to = *scratch;
	size_t	   *place;
	int			p;

	while (radix->pass < MLOPS_RADIX_PASSES && !places(radix->count[radix->pass], n))
		radix->pass++;
	p = radix->pass++;
	if (p >= MLOPS_RADIX_PASSES)
	{
		for (size_t i = 0; i < n; i++)
		{
			uint64_t	key;

			memcpy(&key, &from[i], sizeof(key));
			key = bits_of(key);
			memcpy(&from[i], &key, sizeof(key));
		}
		return false;
	}
	place = radix->count[p];
	for (size_t i = 0; i < n; i++)
	{
		uint64_t	key;

		memcpy(&key, &from[i], sizeof(key));
		to[place[BUCKET(key, p)]++] = from[i];
	}
	*value = to;
	*scratch = from;
	return true;
}
