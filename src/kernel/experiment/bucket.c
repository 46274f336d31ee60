/*
 * bucket.c
 *		Hashes and positions of units.
 *
 * What each platform does, and how that is known: doc/experiments/assignment.md.
 */
#include "kernel/experiment/bucket.h"

#include <math.h>
#include <string.h>

/*
 * sha256 is our own: a zero byte, which no text of the database contains,
 * between seed and unit makes the message unambiguous ("a.b" and "c" are not
 * "a" and "b.c"), and 53 bits are what a double holds exactly.
 */
static const mlops_bucket_method methods[] = {
	{"sha256", MLOPS_HASH_SHA256, MLOPS_SCALE_FRACTION, 53, 10000, false, false, 0, 1},
	{"growthbook_v1", MLOPS_HASH_FNV1A, MLOPS_SCALE_MODULO, 32, 1000, true, true, 0, 0},
	{"growthbook_v2", MLOPS_HASH_FNV1A_TWICE, MLOPS_SCALE_MODULO, 32, 10000, true, false, 0, 0},
	{"eppo", MLOPS_HASH_MD5, MLOPS_SCALE_MODULO, 32, 10000, false, false, '-', 1},
	{"optimizely", MLOPS_HASH_MURMUR3, MLOPS_SCALE_FRACTION, 32, 10000, false, true, 0, 0},
	{"launchdarkly", MLOPS_HASH_SHA1, MLOPS_SCALE_FRACTION, 60, 100000, false, false, '.', 1},
	{"statsig", MLOPS_HASH_SHA256, MLOPS_SCALE_MODULO, 64, 10000, false, false, '.', 1},
};

/* All methods, and how many there are. */
size_t
mlops_bucket_methods(const mlops_bucket_method **all)
{
	*all = methods;
	return sizeof(methods) / sizeof(methods[0]);
}

/* NULL when there is no such method. */
const mlops_bucket_method *
mlops_bucket_method_named(const char *name, size_t size)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (strlen(methods[i].name) == size && memcmp(methods[i].name, name, size) == 0)
			return &methods[i];
	return NULL;
}

/* FNV-1a of 32 bits, continued from state (Fowler, Noll, Vo). */
uint32_t
mlops_fnv1a32(uint32_t state, const void *bytes, size_t size)
{
	const uint8_t *b = bytes;

	for (size_t i = 0; i < size; i++)
		state = (state ^ b[i]) * UINT32_C(16777619);
	return state;
}

/* FNV-1a of a hash that is written in decimal. */
uint32_t
mlops_fnv1a32_of_digits(uint32_t hash)
{
	char		digits[10];
	size_t		at = sizeof(digits);

	do
		digits[--at] = (char) ('0' + hash % 10);
	while ((hash /= 10) > 0);
	return mlops_fnv1a32(MLOPS_FNV1A32_START, digits + at, sizeof(digits) - at);
}

static inline uint32_t
rotate(uint32_t x, int by)
{
	return (x << by) | (x >> (32 - by));
}

static inline uint32_t
murmur3_mix(uint32_t k)
{
	return rotate(k * UINT32_C(0xcc9e2d51), 15) * UINT32_C(0x1b873593);
}

/* MurmurHash3_x86_32 (Appleby), whatever the byte order of the machine; only the low 32 bits of size count. */
uint32_t
mlops_murmur3_32(const void *bytes, size_t size, uint32_t seed)
{
	const uint8_t *b = bytes;
	uint32_t	h = seed;
	uint32_t	tail = 0;
	size_t		i;

	for (i = 0; i + 4 <= size; i += 4)
	{
		uint32_t	k = b[i] | (uint32_t) b[i + 1] << 8 | (uint32_t) b[i + 2] << 16 | (uint32_t) b[i + 3] << 24;

		h = rotate(h ^ murmur3_mix(k), 13) * 5 + UINT32_C(0xe6546b64);
	}
	for (size_t j = size; j-- > i;)
		tail = tail << 8 | b[j];
	if (i < size)
		h ^= murmur3_mix(tail);
	h ^= (uint32_t) size;
	h = (h ^ h >> 16) * UINT32_C(0x85ebca6b);
	h = (h ^ h >> 13) * UINT32_C(0xc2b2ae35);
	return h ^ h >> 16;
}

/* The leading bits (1 to 64) of a digest of 8 bytes or more, as a number. */
uint64_t
mlops_digest_bits(const uint8_t *digest, int bits)
{
	uint64_t	word = 0;

	for (int i = 0; i < 8; i++)
		word = word << 8 | digest[i];
	return word >> (64 - bits);
}

/*
 * 0 <= position < 1; LaunchDarkly's own rounding gives 1 itself for one hash
 * in 2^54.  There the hash of 60 bits becomes a double first and is divided by
 * the double next to 2^60 - 1, which is 2^60; for fewer bits than 54 the same
 * expression is exact.
 */
double
mlops_bucket_position(const mlops_bucket_method *method, uint64_t hash)
{
	if (method->scale == MLOPS_SCALE_MODULO)
		return (double) (hash % (uint64_t) method->buckets) / method->buckets;
	return (double) hash / ldexp(1.0, method->bits);
}

/*
 * The bucket from 0 on.  MLOPS_DOMAIN: fewer than one bucket, or a number that
 * the platform does not have.
 */
mlops_status
mlops_bucket_number(const mlops_bucket_method *method, uint64_t hash, int buckets, int *number)
{
	uint64_t	n = (uint64_t) buckets;

	if (buckets < 1 || (method->fixed && buckets != method->buckets))
		return MLOPS_DOMAIN;
	if (method->scale == MLOPS_SCALE_MODULO)
		*number = (int) (hash % n);
	else if (method->hash == MLOPS_HASH_SHA1)
	{
		/* as the platform's clients do: the rounded position, scaled */
		double		scaled = floor(mlops_bucket_position(method, hash) * buckets);

		*number = scaled < buckets ? (int) scaled : buckets - 1;
	}
	else
	{
		/* floor(hash * n / 2^bits) without rounding: hash in two halves */
		int			low = method->bits / 2;
		uint64_t	high_part = (hash >> low) * n;
		uint64_t	low_part = (hash & ((UINT64_C(1) << low) - 1)) * n;

		*number = (int) ((high_part + (low_part >> low)) >> (method->bits - low));
	}
	return MLOPS_OK;
}
