/*
 * bucket.h
 *		Where a unit falls when it is hashed, bit for bit as the clients of the
 *		common experiment platforms compute it.
 *
 * A method joins the bytes of the unit and of the seed into one message,
 * hashes it, takes some bits of the hash and makes a position from 0 to 1 of
 * them.  FNV-1a and murmur3 are here; the message digests (MD5, SHA-1,
 * SHA-256) are the caller's.
 */
#ifndef MLOPS_BUCKET_H
#define MLOPS_BUCKET_H

#include "kernel/kernel.h"

typedef enum mlops_bucket_hash
{
	MLOPS_HASH_FNV1A,			/* 32 bits, of unit and seed */
	MLOPS_HASH_FNV1A_TWICE,		/* of the decimal digits of FNV-1a of seed and unit */
	MLOPS_HASH_MURMUR3,			/* 32 bits, seed 1 */
	MLOPS_HASH_MD5,
	MLOPS_HASH_SHA1,
	MLOPS_HASH_SHA256
} mlops_bucket_hash;

typedef enum mlops_bucket_scale
{
	MLOPS_SCALE_MODULO,			/* hash modulo the number of buckets */
	MLOPS_SCALE_FRACTION		/* hash over its range */
} mlops_bucket_scale;

typedef struct mlops_bucket_method
{
	const char *name;
	mlops_bucket_hash hash;
	mlops_bucket_scale scale;
	int			bits;			/* of the hash that count, the leading ones of a digest */
	int			buckets;		/* that the platform counts in */
	bool		fixed;			/* there is no other number of buckets */
	bool		unit_first;		/* the message is unit, separator, seed */
	uint8_t		separator;
	uint8_t		separator_size; /* 0 or 1 */
} mlops_bucket_method;

extern size_t mlops_bucket_methods(const mlops_bucket_method **methods);
extern const mlops_bucket_method *mlops_bucket_method_named(const char *name, size_t size);

#define MLOPS_FNV1A32_START UINT32_C(2166136261)
extern uint32_t mlops_fnv1a32(uint32_t state, const void *bytes, size_t size);
extern uint32_t mlops_fnv1a32_of_digits(uint32_t hash);
extern uint32_t mlops_murmur3_32(const void *bytes, size_t size, uint32_t seed);

extern uint64_t mlops_digest_bits(const uint8_t *digest, int bits);
extern double mlops_bucket_position(const mlops_bucket_method *method, uint64_t hash);
extern mlops_status mlops_bucket_number(const mlops_bucket_method *method, uint64_t hash, int buckets, int *number);

#endif
