/* Hashes, positions, ranges and shares of assignment. */
#include "tap.h"

#include "kernel/experiment/bucket.h"
#include "kernel/experiment/ranges.h"

static size_t
from_hex(const char *hex, uint8_t *out)
{
	size_t		n = 0;

	if (strcmp(hex, "-") == 0)
		return 0;
	for (; hex[0] && hex[1]; hex += 2)
	{
		unsigned	byte = 0;

		sscanf(hex, "%2x", &byte);
		out[n++] = (uint8_t) byte;
	}
	return n;
}

/* The kernel's hash where it has one: the message is pieced together as the method says. */
static bool
hash_here(const mlops_bucket_method *m, const uint8_t *unit, size_t unit_size, const uint8_t *seed, size_t seed_size, uint64_t *hash)
{
	static uint8_t message[8192];
	size_t		at = 0;
	size_t		first = m->unit_first ? unit_size : seed_size;
	size_t		second = m->unit_first ? seed_size : unit_size;

	memcpy(message, m->unit_first ? unit : seed, first);
	at = first;
	if (m->separator_size)
		message[at++] = m->separator;
	memcpy(message + at, m->unit_first ? seed : unit, second);
	at += second;
	if (m->hash == MLOPS_HASH_MURMUR3)
		*hash = mlops_murmur3_32(message, at, 1);
	else if (m->hash == MLOPS_HASH_FNV1A)
		*hash = mlops_fnv1a32(MLOPS_FNV1A32_START, message, at);
	else if (m->hash == MLOPS_HASH_FNV1A_TWICE)
		*hash = mlops_fnv1a32_of_digits(mlops_fnv1a32(MLOPS_FNV1A32_START, message, at));
	else
		return false;
	return true;
}

static void
hashes(void)
{
	static golden g;
	static uint8_t unit[4096],
				seed[4096];
	int			rows = 0,
				hashed = 0,
				published = 0,
				bad_hash = 0,
				bad_position = 0,
				bad_number = 0;

	golden_open(&g, "assignment.csv", "method,unit,seed,hash,position,buckets,number,source");
	while (golden_next(&g))
	{
		const mlops_bucket_method *m = mlops_bucket_method_named(g.field[0], strlen(g.field[0]));
		size_t		unit_size = from_hex(g.field[1], unit);
		size_t		seed_size = from_hex(g.field[2], seed);
		uint64_t	hash = strtoull(g.field[3], NULL, 10);
		uint64_t	here;
		int			number = -1;

		if (m == NULL)
		{
			ok(false, "method %s is known", g.field[0]);
			continue;
		}
		if (hash_here(m, unit, unit_size, seed, seed_size, &here))
		{
			hashed++;
			bad_hash += here != hash;
		}
		bad_position += mlops_bucket_position(m, hash) != golden_double(&g, 4);
		if (mlops_bucket_number(m, hash, atoi(g.field[5]), &number) != MLOPS_OK || number != atoi(g.field[6]))
		{
			bad_number++;
			diag("%s of %s: %d, want %s", g.field[0], g.field[5], number, g.field[6]);
		}
		published += strcmp(g.field[7], "-") != 0;
		rows++;
	}
	ok(rows > 500 && hashed > 200 && published >= 35, "%d rows were read, %d hashed here, %d published", rows, hashed, published);
	ok(bad_hash == 0, "every FNV-1a and murmur3 is right: %d are not", bad_hash);
	ok(bad_position == 0, "every position is equal to the bit: %d are not", bad_position);
	ok(bad_number == 0, "every bucket is right: %d are not", bad_number);
}

static void
published_hashes(void)
{
	static const struct
	{
		const char *text;
		size_t		size;
		uint32_t	seed;
		uint32_t	want;
	}			murmur[] = {
		{"", 0, 0, 0}, {"", 0, 1, 0x514E28B7}, {"", 0, 0xFFFFFFFF, 0x81F16F39}, {"\0\0\0\0", 4, 0, 0x2362F9DE},
		{"a", 1, 0x9747B28C, 0x7FA09EA6}, {"aa", 2, 0x9747B28C, 0x5D211726}, {"aaa", 3, 0x9747B28C, 0x283E0130},
		{"aaaa", 4, 0x9747B28C, 0x5A97808A}, {"Hello, world!", 13, 0x9747B28C, 0x24884CBA}
	};

	/* SMHasher; Landon Noll's list */
	for (size_t i = 0; i < sizeof(murmur) / sizeof(murmur[0]); i++)
		is_int(mlops_murmur3_32(murmur[i].text, murmur[i].size, murmur[i].seed), murmur[i].want, "murmur3");
	is_int(mlops_fnv1a32(MLOPS_FNV1A32_START, "", 0), 0x811C9DC5, "FNV-1a of nothing");
	is_int(mlops_fnv1a32(MLOPS_FNV1A32_START, "foobar", 6), 0xBF9CF968, "FNV-1a of foobar");
	is_int(mlops_fnv1a32(mlops_fnv1a32(MLOPS_FNV1A32_START, "foo", 3), "bar", 3), 0xBF9CF968, "and in two pieces");
	is_int(mlops_fnv1a32_of_digits(0), mlops_fnv1a32(MLOPS_FNV1A32_START, "0", 1), "digits of 0");
	is_int(mlops_fnv1a32_of_digits(4294967295u), mlops_fnv1a32(MLOPS_FNV1A32_START, "4294967295", 10), "digits of the largest");
}

static void
extremes(void)
{
	const mlops_bucket_method *all;
	size_t		n = mlops_bucket_methods(&all);

	for (size_t i = 0; i < n; i++)
	{
		uint64_t	largest = all[i].bits == 64 ? UINT64_MAX : (UINT64_C(1) << all[i].bits) - 1;
		double		p = mlops_bucket_position(&all[i], largest);
		int			number = -1;

		ok(mlops_bucket_position(&all[i], 0) == 0 && (strcmp(all[i].name, "launchdarkly") == 0 ? p == 1 : p < 1),
		   "%s: from 0 to %.17g", all[i].name, p);
		mlops_bucket_number(&all[i], largest, all[i].buckets, &number);
		ok(number < all[i].buckets && number >= 0
		   && (all[i].scale == MLOPS_SCALE_MODULO || number == all[i].buckets - 1), "%s: largest hash in bucket %d", all[i].name, number);
		ok(mlops_bucket_number(&all[i], 1, 0, &number) == MLOPS_DOMAIN && mlops_bucket_number(&all[i], 1, -5, &number) == MLOPS_DOMAIN,
		   "%s: no buckets", all[i].name);
		ok(mlops_bucket_number(&all[i], 1, 7, &number) == (all[i].fixed ? MLOPS_DOMAIN : MLOPS_OK), "%s: seven buckets", all[i].name);
	}
	ok(mlops_bucket_method_named("sha25", 5) == NULL && mlops_bucket_method_named("sha2566", 7) == NULL && mlops_bucket_method_named("", 0) == NULL,
	   "a name counts as a whole");
	is_int((int64_t) mlops_digest_bits((const uint8_t *) "\x12\x34\x56\x78\x9a\xbc\xde\xf0", 32), 0x12345678, "leading 32 bits");
	is_int((int64_t) mlops_digest_bits((const uint8_t *) "\x12\x34\x56\x78\x9a\xbc\xde\xf0", 60), 0x123456789abcdef, "leading 60 bits");
}

static void
golden_ranges(void)
{
	static golden g;
	int			rows = 0,
				bad = 0;

	golden_open(&g, "assignment_ranges.csv", "coverage,weights,n,ranges,source");
	while (golden_next(&g))
	{
		double		weights[16],
					want[32],
					got[32];
		int			n = atoi(g.field[2]);
		bool		given = strcmp(g.field[1], "-") != 0;

		/* a list of another length is none: the caller's part */
		if (given && golden_list(&g, 1, weights, 16) != n)
			given = false;
		if (golden_list(&g, 3, want, 32) != 2 * n || mlops_bucket_ranges(golden_double(&g, 0), given ? weights : NULL, n, got) != MLOPS_OK)
			bad++;
		else
			for (int i = 0; i < 2 * n; i++)
				bad += got[i] != want[i];
		rows++;
	}
	ok(rows > 60 && bad == 0, "%d lists of ranges equal to the bit, %d borders are not", rows, bad);
}

/* More coverage adds units and moves none, for every position on a fine grid and beside every border. */
static void
growing(void)
{
	double		weights[] = {0.137, 0.263, 0.3, 0.1999, 0.1001};
	int			moved = 0,
				inside = 0;

	for (int c = 0; c < 100; c++)
	{
		double		less[10],
					more[10];

		mlops_bucket_ranges(c / 100.0, weights, 5, less);
		mlops_bucket_ranges((c + 1) / 100.0, weights, 5, more);
		for (int k = 0; k < 10040; k++)
		{
			double		p = k < 10000 ? k / 10000.0 : nextafter(k < 10020 ? less[k % 10] : more[k % 10], k % 20 < 10 ? 0 : 1);
			int			before = mlops_choose_variation(p, less, 5);
			int			after = mlops_choose_variation(p, more, 5);

			inside += before >= 0;
			moved += before >= 0 && before != after;
		}
	}
	ok(inside > 400000 && moved == 0, "of %d positions inside, growing coverage moves %d", inside, moved);
}

static void
platforms(void)
{
	double		r[20];
	int32_t		ends[] = {2500, 2500, 1000, 9000};
	int32_t		ld[] = {33333, 33333, 33334};
	int			bad = 0;

	ok(mlops_optimizely_ranges(ends, 4, r) == MLOPS_OK, "ends of Optimizely");
	for (int bucket = 0; bucket < 10000; bucket++)
	{
		int			want = bucket < 2500 ? 0 : bucket < 9000 ? 3 : -1;

		/* the positions at both sides of the bucket */
		bad += mlops_choose_variation(ceil(bucket * 429496.7296) / 4294967296.0, r, 4) != want;
		bad += mlops_choose_variation((ceil((bucket + 1) * 429496.7296) - 1) / 4294967296.0, r, 4) != want;
	}
	is_int(bad, 0, "the first end above the bucket decides");
	ok(mlops_launchdarkly_ranges(ld, 3, r) == MLOPS_OK, "weights of LaunchDarkly");
	ok(r[1] == 0.33333 && r[3] == 0.33333 + 0.33333 && mlops_choose_variation(1.0, r, 3) == 2, "running sums of doubles, the last gets the rest");
	ld[1] = -1;
	ok(mlops_launchdarkly_ranges(ld, 3, r) == MLOPS_DOMAIN && mlops_launchdarkly_ranges(ld, 0, r) == MLOPS_DOMAIN, "no negative weight, no empty list");
	bad = 0;
	for (int p = 0; p <= 10000; p++)
	{
		double		percentage = p / 100.0;

		mlops_statsig_range(percentage, r);
		for (int bucket = p > 2 ? p - 2 : 0; bucket < p + 2 && bucket < 10000; bucket++)
			bad += (mlops_choose_variation(bucket / 10000.0, r, 1) == 0) != (bucket < percentage * 100);
	}
	is_int(bad, 0, "Statsig: bucket < percentage * 100, with its rounding");
	mlops_statsig_range(100, r);
	ok(mlops_choose_variation(0.9999, r, 1) == 0 && mlops_statsig_range(NAN, r) == MLOPS_DOMAIN, "100 percent is all");
	mlops_statsig_range(-3, r);
	ok(mlops_choose_variation(0, r, 1) == -1, "less than nothing is none");
}

static void
shares(void)
{
	double		r[] = {0.5, 0.9, 0, 0.6, -1, INFINITY, 0.2, 0.3};
	double		borders[10],
				s[4];
	double		third[6];

	mlops_range_shares(r, 4, 0, borders, s);
	is_close(s[0], 0.4, 1e-15, "the first range has all of it");
	is_close(s[1], 0.5, 1e-15, "the second one what is not taken");
	is_close(s[2], 0.1, 1e-14, "what reaches beyond 0 and 1 is cut");
	ok(s[3] == 0, "what is covered gets nothing");
	mlops_bucket_ranges(1, NULL, 3, third);
	mlops_range_shares(third, 3, 1000, borders, s);
	ok(s[0] == 0.334 && s[1] == 0.333 && s[2] == 0.333, "on 1000 buckets a third is 334, 333 and 333");
}

static void
refusals(void)
{
	double		r[4];
	double		negative[] = {1.5, -0.5};
	double		nan_weight[] = {NAN, 1};

	ok(mlops_bucket_ranges(NAN, NULL, 2, r) == MLOPS_DOMAIN && mlops_bucket_ranges(1, negative, 2, r) == MLOPS_DOMAIN
	   && mlops_bucket_ranges(1, nan_weight, 2, r) == MLOPS_DOMAIN && mlops_bucket_ranges(1, NULL, 0, r) == MLOPS_DOMAIN,
	   "no number, negative weights, no variations");
	ok(mlops_choose_variation(NAN, (double[]) {-INFINITY, INFINITY}, 1) == -1, "NaN is in no range");
}

int
main(void)
{
	hashes();
	published_hashes();
	extremes();
	golden_ranges();
	growing();
	platforms();
	shares();
	refusals();
	return done_testing();
}
