/*
 * hash.h
 *		64-bit hashing of numbers and strings, the same on every machine.
 */
#ifndef MLOPS_HASH_H
#define MLOPS_HASH_H

#include <string.h>

#include "kernel/kernel.h"

/*
 * mlops_mix64 is a bijection of 64-bit words in which every input bit changes
 * every output bit with probability near one half: xor-shift and multiply,
 * constants of "Mix13" (Stafford 2011, Better Bit Mixing).
 */
static inline uint64_t
mlops_mix64(uint64_t x)
{
	x ^= x >> 30;
	x *= UINT64_C(0xbf58476d1ce4e5b9);
	x ^= x >> 27;
	x *= UINT64_C(0x94d049bb133111eb);
	x ^= x >> 31;
	return x;
}

/* The bits of a double; the caller has turned -0.0 into 0.0. */
static inline uint64_t
mlops_double_bits(double x)
{
	uint64_t	bits;

	memcpy(&bits, &x, sizeof(bits));
	return bits;
}

static inline double
mlops_bits_double(uint64_t bits)
{
	double		x;

	memcpy(&x, &bits, sizeof(x));
	return x;
}

/*
 * mlops_random_next steps a splitmix64 generator (Steele, Lea and Flood 2014):
 * deterministic from its state, which the sketches keep in their bytes.
 */
static inline uint64_t
mlops_random_next(uint64_t *state)
{
	*state += UINT64_C(0x9e3779b97f4a7c15);
	return mlops_mix64(*state);
}

extern uint64_t mlops_hash_bytes(const void *bytes, size_t len);

#endif
