/*
 * hash.c
 *		64-bit hash of a byte string.
 */
#include "kernel/summary/hash.h"

/* Little-endian load, whatever the machine. */
static uint64_t
load_le64(const unsigned char *p)
{
	uint64_t	w = 0;

	for (int i = 7; i >= 0; i--)
		w = (w << 8) | p[i];
	return w;
}

/*
 * mlops_hash_bytes hashes len bytes to 64 bits.  Words of eight bytes are
 * mixed in one after the other (the bijection mix64 between them keeps the
 * state from cancelling), the last one is padded with zeros and the length
 * tells paddings apart.  Not meant to resist somebody who constructs
 * collisions: they would spoil only the summary of their own column.
 */
uint64_t
mlops_hash_bytes(const void *bytes, size_t len)
{
	const unsigned char *p = bytes;
	uint64_t	h = UINT64_C(0x6d6c6f7073) ^ ((uint64_t) len * UINT64_C(0x9e3779b97f4a7c15));
	size_t		left = len;

	while (left >= 8)
	{
		h = mlops_mix64(h ^ load_le64(p)) + UINT64_C(0x9e3779b97f4a7c15);
		p += 8;
		left -= 8;
	}
	if (left > 0)
	{
		uint64_t	w = 0;

		for (size_t i = left; i-- > 0;)
			w = (w << 8) | p[i];
		h = mlops_mix64(h ^ w);
	}
	return mlops_mix64(h);
}
