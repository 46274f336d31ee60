/*
 * profile_codec.h
 *		Canonical bytes of mlops.profile (doc/formats.md), free of server headers:
 *		fuzzers and unit tests compile the codec alone.
 */
#ifndef MLOPS_PROFILE_CODEC_H
#define MLOPS_PROFILE_CODEC_H

#include "kernel/summary/distinct.h"
#include "kernel/summary/frequent.h"
#include "kernel/kernel.h"
#include "kernel/summary/moments1.h"
#include "kernel/summary/quantile.h"

#define MLOPS_PROFILE_VERSION	1

typedef enum mlops_profile_kind
{
	MLOPS_PROFILE_FLOAT8 = 1,
	MLOPS_PROFILE_TEXT = 2,
	MLOPS_PROFILE_BOOLEAN = 3,	/* values 0.0 and 1.0 */
	MLOPS_PROFILE_TIMESTAMPTZ = 4	/* microseconds since 2000-01-01 UTC */
} mlops_profile_kind;

/* Flag bits of byte 2. */
#define MLOPS_PROFILE_EXACT		0x01	/* entries list every distinct value */

/*
 * No profile counts more rows, so that sums cannot wrap and levels of the
 * quantile sketch cannot run out.
 */
#define MLOPS_PROFILE_MAX_COUNT	((uint64_t) 1 << 56)

/* Largest canonical value; anything longer is refused before it is read. */
#define MLOPS_PROFILE_MAX_BYTES	65536

/*
 * A profile with its parts in memory.  n = finite numbers (or strings); rows
 * = nulls + nan + pos_inf + neg_inf + n.
 */
typedef struct mlops_profile_core
{
	uint64_t	nulls;
	uint64_t	nan;
	uint64_t	pos_inf;
	uint64_t	neg_inf;
	uint64_t	zeros;			/* text: empty strings; timestamptz: 0 */
	mlops_moments1 m;			/* text: of the lengths in characters */
} mlops_profile_core;

typedef struct mlops_profile_content
{
	uint8_t		kind;
	bool		exact;			/* entries list every distinct value */
	mlops_profile_core core;
	uint64_t	absent;			/* a value that is not listed occurs at most this often */
	uint32_t	nentries;
	mlops_freq *entries;		/* strictly ascending, see mlops_profile_compare() */
	mlops_kll  *kll;			/* numbers, unless exact; else NULL */
	uint8_t    *registers;		/* MLOPS_HLL_M of them, unless exact; else NULL */
} mlops_profile_content;

/*
 * Decoding happens in two steps, because the memory is the caller's: inspect
 * tells kind, exact and nentries; then entries, kll and registers must point to
 * room for decode to fill.  Labels point into the bytes.  Anything but the
 * canonical form of a profile that can exist is MLOPS_CORRUPT.
 */
extern mlops_status mlops_profile_inspect(const uint8_t *bytes, size_t size,
										  mlops_profile_content *content);
extern mlops_status mlops_profile_decode(const uint8_t *bytes, size_t size,
										 mlops_profile_content *content);

/* Writes the canonical bytes (NULL: only counts them); returns their number. */
extern size_t mlops_profile_encode(const mlops_profile_content *content,
								   uint8_t *bytes, size_t size);

/* Order of the entries: numbers ascending, texts by bytes. */
extern int	mlops_profile_compare(const mlops_freq *a, const mlops_freq *b);
extern void mlops_profile_sort(mlops_freq *entry, uint32_t n);

/* Text form: kind, a colon and the canonical bytes in hexadecimal. */
extern const char *mlops_profile_kind_name(int kind);
extern size_t mlops_profile_text_size(size_t size, int kind);
extern void mlops_profile_to_text(const uint8_t *bytes, size_t size, char *text);
extern mlops_status mlops_profile_from_text(const char *text, size_t length,
											uint8_t *bytes, size_t *size);

#endif
