/*
 * bucket.c
 *		SQL functions: position and bucket of a unit.
 */
#include "compat.h"

#include <math.h>

#include "common/cryptohash.h"
#include "common/md5.h"
#include "common/sha1.h"
#include "common/sha2.h"
#include "experiment/bucket.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

MLOPS_FUNCTION(mlops_bucket);
MLOPS_FUNCTION(mlops_bucket_number_of);
MLOPS_FUNCTION(mlops_bucket_number_native);
MLOPS_FUNCTION(mlops_in_namespace);
MLOPS_FUNCTION(mlops_bucket_buckets);

typedef struct piece
{
	const uint8 *bytes;
	size_t		size;
} piece;

/* The method of that name; an error that lists them otherwise. */
const mlops_bucket_method *
mlops_require_bucket_method(text *name)
{
	const mlops_bucket_method *method = mlops_bucket_method_named(VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name));

	if (method == NULL)
	{
		const mlops_bucket_method *all;
		size_t		n = mlops_bucket_methods(&all);
		StringInfoData names;

		initStringInfo(&names);
		for (size_t i = 0; i < n; i++)
			appendStringInfo(&names, "%s%s", i > 0 ? ", " : "", all[i].name);
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("there is no such hash method"),
				 errhint("Methods: %s.", names.data)));
	}
	return method;
}

/*
 * The UTF-8 bytes of a text.  What is all ASCII is that already in every
 * encoding of a server.
 */
static piece
utf8(text *t)
{
	piece		p = {(const uint8 *) VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t)};

	if (GetDatabaseEncoding() != PG_UTF8)
		for (size_t i = 0; i < p.size; i++)
			if (IS_HIGHBIT_SET(p.bytes[i]))
			{
				char	   *converted = pg_server_to_any((const char *) p.bytes, (int) p.size, PG_UTF8);

				/* unchanged (SQL_ASCII, and valid): not terminated by a zero */
				if (converted != (const char *) p.bytes)
				{
					p.bytes = (const uint8 *) converted;
					p.size = strlen(converted);
				}
				break;
			}
	return p;
}

/* The server's digest of the three pieces; digest holds PG_SHA256_DIGEST_LENGTH bytes. */
static void
message_digest(mlops_bucket_hash hash, const piece *pieces, uint8 *digest)
{
	pg_cryptohash_type type = hash == MLOPS_HASH_MD5 ? PG_MD5 : hash == MLOPS_HASH_SHA1 ? PG_SHA1 : PG_SHA256;
	size_t		size = hash == MLOPS_HASH_MD5 ? MD5_DIGEST_LENGTH : hash == MLOPS_HASH_SHA1 ? SHA1_DIGEST_LENGTH : PG_SHA256_DIGEST_LENGTH;
	pg_cryptohash_ctx *ctx = pg_cryptohash_create(type);

	if (ctx == NULL)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	if (pg_cryptohash_init(ctx) < 0 ||
		pg_cryptohash_update(ctx, pieces[0].bytes, pieces[0].size) < 0 ||
		pg_cryptohash_update(ctx, pieces[1].bytes, pieces[1].size) < 0 ||
		pg_cryptohash_update(ctx, pieces[2].bytes, pieces[2].size) < 0 ||
		pg_cryptohash_final(ctx, digest, size) < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not compute a digest: %s", pg_cryptohash_error(ctx)),
				 errhint("A server in FIPS mode has no MD5; the method sha256 works there.")));
	pg_cryptohash_free(ctx);
}

static uint64
murmur3(const piece *pieces)
{
	size_t		size = pieces[0].size + pieces[1].size + pieces[2].size;
	uint8		buffer[256];
	uint8	   *message = size <= sizeof(buffer) ? buffer : palloc(size);
	uint8	   *at = message;
	uint32		h;

	for (int i = 0; i < 3; i++)
	{
		if (pieces[i].size > 0)
			memcpy(at, pieces[i].bytes, pieces[i].size);
		at += pieces[i].size;
	}
	h = mlops_murmur3_32(message, size, 1);
	if (message != buffer)
		pfree(message);
	return h;
}

/* The bits of the hash that count. */
static uint64
hash_of(const mlops_bucket_method *method, piece unit, piece seed)
{
	const piece separator = {&method->separator, method->separator_size};
	const piece pieces[3] = {method->unit_first ? unit : seed, separator, method->unit_first ? seed : unit};
	uint8		digest[PG_SHA256_DIGEST_LENGTH];
	uint32		fnv = MLOPS_FNV1A32_START;

	switch (method->hash)
	{
		case MLOPS_HASH_FNV1A:
		case MLOPS_HASH_FNV1A_TWICE:
			for (int i = 0; i < 3; i++)
				fnv = mlops_fnv1a32(fnv, pieces[i].bytes, pieces[i].size);
			return method->hash == MLOPS_HASH_FNV1A ? fnv : mlops_fnv1a32_of_digits(fnv);
		case MLOPS_HASH_MURMUR3:
			return murmur3(pieces);
		case MLOPS_HASH_MD5:
		case MLOPS_HASH_SHA1:
		case MLOPS_HASH_SHA256:
			message_digest(method->hash, pieces, digest);
	}
	return mlops_digest_bits(digest, method->bits);
}

/* bucket(unit, seed, method) */
Datum
mlops_bucket(PG_FUNCTION_ARGS)
{
	const mlops_bucket_method *method = mlops_require_bucket_method(PG_GETARG_TEXT_PP(2));

	PG_RETURN_FLOAT8(mlops_bucket_position(method, hash_of(method, utf8(PG_GETARG_TEXT_PP(0)), utf8(PG_GETARG_TEXT_PP(1)))));
}

static int
number_of(FunctionCallInfo fcinfo, const mlops_bucket_method *method, int buckets)
{
	int			number;

	if (mlops_bucket_number(method, hash_of(method, utf8(PG_GETARG_TEXT_PP(0)), utf8(PG_GETARG_TEXT_PP(1))), buckets, &number) != MLOPS_OK)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 method->fixed ? errmsg("method \"%s\" has %d buckets", method->name, method->buckets)
				 : errmsg("\"buckets\" must be one or more"),
				 errhint("For example: mlops.bucket_number(unit, seed, '%s', %d).", method->name, method->buckets)));
	return number;
}

/* bucket_number(unit, seed, method, buckets) */
Datum
mlops_bucket_number_of(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(number_of(fcinfo, mlops_require_bucket_method(PG_GETARG_TEXT_PP(2)), PG_GETARG_INT32(3)));
}

/* bucket_number(unit, seed, method) */
Datum
mlops_bucket_number_native(PG_FUNCTION_ARGS)
{
	const mlops_bucket_method *method = mlops_require_bucket_method(PG_GETARG_TEXT_PP(2));

	PG_RETURN_INT32(number_of(fcinfo, method, method->buckets));
}

/* _buckets(method): how many the method counts in */
Datum
mlops_bucket_buckets(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(mlops_require_bucket_method(PG_GETARG_TEXT_PP(0))->buckets);
}

/* in_namespace(unit, namespace, lower, upper): GrowthBook, seed "__" and the name, hash version 1 */
Datum
mlops_in_namespace(PG_FUNCTION_ARGS)
{
	const mlops_bucket_method *method = mlops_bucket_method_named("growthbook_v1", strlen("growthbook_v1"));
	piece		unit = utf8(PG_GETARG_TEXT_PP(0));
	piece		name = utf8(PG_GETARG_TEXT_PP(1));
	double		lower = PG_GETARG_FLOAT8(2);
	double		upper = PG_GETARG_FLOAT8(3);
	uint8	   *seed = palloc(name.size + 2);
	double		position;

	if (isnan(lower) || isnan(upper))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the borders of a namespace must be numbers"),
				 errhint("For example: mlops.in_namespace(unit, 'checkout', 0, 0.4).")));
	memcpy(seed, "__", 2);
	if (name.size > 0)
		memcpy(seed + 2, name.bytes, name.size);
	position = mlops_bucket_position(method, hash_of(method, unit, (piece) {seed, name.size + 2}));
	PG_RETURN_BOOL(lower <= position && position < upper);
}
