/*
 * test_profile_codec.c
 *		Canonical bytes of mlops.profile: golden bytes worked out from
 *		doc/formats.md by hand, round trips, and what must be refused.
 */
#include "tap.h"

#include "kernel/summary/hash.h"
#include "types/profile_codec.h"

static mlops_freq entries[MLOPS_FREQ_EXACT];
static mlops_kll sketch;
static uint8_t registers[MLOPS_HLL_M];
static mlops_profile_content decoded;

static bool
decodes(const uint8_t *bytes, size_t size)
{
	uint8_t    *copy = malloc(size > 0 ? size : 1);
	bool		good;

	/* an own copy, so that the sanitizer sees a read past the end */
	memcpy(copy, bytes, size);
	good = mlops_profile_inspect(copy, size, &decoded) == MLOPS_OK;
	decoded.entries = entries;
	decoded.kll = &sketch;
	decoded.registers = registers;
	good = good && mlops_profile_decode(copy, size, &decoded) == MLOPS_OK;
	free(copy);
	return good;
}

/* The same bytes with one of them replaced. */
static bool
decodes_with(const uint8_t *bytes, size_t size, size_t at, uint8_t value)
{
	uint8_t		copy[16384];

	memcpy(copy, bytes, size);
	copy[at] = value;
	return decodes(copy, size);
}

/*
 * Numbers 2.0 (three times) and 5.0, one NULL, one +Infinity: mean 2.75,
 * deviations -.75 * 3 and 2.25: sums of powers 6.75, 10.125, 26.578125.
 */
static const uint8_t golden_numbers[] = {
	1, 1, 1, 2, 2, 1, 0, 1, 0, 0, 4,
	0, 0, 0, 0, 0, 0, 0x06, 0x40,	/* mean 2.75 */
	0, 0, 0, 0, 0, 0, 0, 0,		/* mean_low */
	0, 0, 0, 0, 0, 0, 0x1b, 0x40,	/* m2 6.75 */
	0, 0, 0, 0, 0, 0x40, 0x24, 0x40,	/* m3 10.125 */
	0, 0, 0, 0, 0, 0x94, 0x3a, 0x40,	/* m4 26.578125 */
	0, 0, 0, 0, 0, 0, 0, 0x40,	/* min 2 */
	0, 0, 0, 0, 0, 0, 0x14, 0x40,	/* max 5 */
	0, 0x40, 3, 0x14, 0x40, 1	/* 2 bytes of each number */
};

static void
test_numbers(void)
{
	const uint8_t *g = golden_numbers;
	size_t		n = sizeof(golden_numbers);
	uint8_t		again[sizeof(golden_numbers)];
	bool		refused = true;

	ok(decodes(g, n), "golden bytes of four numbers");
	ok(decoded.exact && decoded.core.m.n == 4 && decoded.core.nulls == 1 && decoded.core.pos_inf == 1 &&
	   decoded.core.m.mean == 2.75 && decoded.core.m.m2 == 6.75 && decoded.core.m.m3 == 10.125 &&
	   decoded.core.m.m4 == 26.578125, "are what they should be");
	ok(decoded.nentries == 2 && entries[0].lower == 3 && mlops_bits_double(entries[1].key) == 5, "with their entries");
	is_int((int64_t) mlops_profile_encode(&decoded, again, n), (int64_t) n, "encoded to as many bytes");
	ok(memcmp(again, g, n) == 0, "and the same ones");
	for (size_t k = 0; k < n; k++)
		refused = refused && !decodes(g, k);
	ok(refused, "truncated anywhere: refused");
	ok(!decodes_with(g, n, 0, 2), "another version");
	ok(!decodes_with(g, n, 1, 0) && !decodes_with(g, n, 1, 5), "no such kind");
	ok(!decodes_with(g, n, 2, 3), "an unknown flag");
	ok(!decodes_with(g, n, 3, 3), "a width that is not needed");
	ok(!decodes_with(g, n, 4, 3) && !decodes_with(g, n, 4, 1), "one entry too many, too few");
	ok(!decodes_with(g, n, 9, 1), "a zero that is not listed");
	ok(!decodes_with(g, n, 10, 5), "a count that is not the sum of the entries");
	ok(!decodes_with(g, n, 18, 0x7f), "a mean outside of the range");
	ok(!decodes_with(g, n, 26, 0x40), "a lower part of the mean that is not low");
	ok(!decodes_with(g, n, 34, 0xc0), "a negative sum of squares");
	ok(!decodes_with(g, n, n - 1, 0), "an entry that does not occur");
	ok(!decodes_with(g, n, n - 6, 1), "entries that are not min and max");
	ok(!decodes_with(g, n, n - 5, 0x41), "entries out of order");
	ok(decodes_with(g, n, 5, 2), "another number of NULL is another profile");
}

static void
test_texts(void)
{
	/* 'a' twice, '' once, a string of 70 bytes once, cut; lengths 0 1 1 70 */
	mlops_freq	e[3] = {{.label = "", .lower = 1}, {.label = "a", .label_len = 1, .lower = 2}, {.lower = 1, .cut = true}};
	char		label[MLOPS_LABEL_BYTES];
	mlops_profile_content c = {.kind = MLOPS_PROFILE_TEXT, .exact = true, .nentries = 3, .entries = e};
	uint8_t		bytes[256];
	size_t		n;

	memset(label, 'x', sizeof(label));
	e[2].label = label;
	e[2].label_len = sizeof(label);
	e[2].key = UINT64_C(0x0123456789abcdef);
	c.core.zeros = 1;
	c.core.m = (mlops_moments1) {.n = 4, .mean = 18, .m2 = 3606, .m3 = 125970, .m4 = 7583634, .max = 70};
	n = mlops_profile_encode(&c, bytes, sizeof(bytes));
	/* 11 bytes of head, 7 doubles, entries of 2, 3 and 2 + 64 + 8 + 1 bytes */
	is_int((int64_t) n, 11 + 56 + 2 + 3 + 75, "as many bytes as the layout says");
	ok(decodes(bytes, n), "texts decode");
	ok(entries[2].cut && entries[2].key == e[2].key && entries[2].label_len == 64, "the cut one with its hash");
	ok(entries[1].key == mlops_hash_bytes("a", 1), "the others with that of their bytes");
	ok(!decodes_with(bytes, n, 67, 2), "an empty text that is not empty");
	ok(!decodes_with(bytes, n, 6, 1), "a text that is not a number");
	ok(!decodes_with(bytes, n, 9, 2), "empty texts that are not listed");
	ok(bytes[72] == 129 && bytes[73] == 1 && !decodes_with(bytes, n, 72, 131), "a label that is too long");
}

/* A sketch of 1000 different values, as the aggregate makes it. */
static size_t
make_sketch(uint8_t *bytes, size_t size)
{
	static mlops_kll s;
	static uint8_t r[MLOPS_HLL_M];
	mlops_freq	e[1] = {{.key = 0, .lower = 20, .err = 3}};
	mlops_profile_content c = {.kind = MLOPS_PROFILE_FLOAT8, .absent = 7, .nentries = 1, .entries = e, .kll = &s, .registers = r};
	double		x[500];

	mlops_kll_init(&s, 17);
	memset(r, 0, sizeof(r));
	for (int part = 0; part < 2; part++)
	{
		for (int i = 0; i < 500; i++)
			x[i] = part * 500 + i;
		mlops_kll_insert(&s, x, 500, 0);
		mlops_hll_add_numbers(r, x, 500);
	}
	for (int i = 0; i < MLOPS_HLL_M; i++)
		r[i] = r[i] < 3 ? 3 : r[i] > 17 ? 17 : r[i];
	r[5] = 40;					/* the only one that needs to be listed */
	c.core.zeros = 1;
	c.core.m = (mlops_moments1) {.n = 1000, .mean = 499.5, .m2 = 1, .m3 = INFINITY, .m4 = INFINITY, .max = 999};
	return mlops_profile_encode(&c, bytes, size);
}

static void
test_sketch(void)
{
	static uint8_t bytes[16384];
	static uint8_t again[16384];
	size_t		n = make_sketch(bytes, sizeof(bytes));
	size_t		packed = n - 1024 - 1 - 3;	/* one exception: number, index, value */
	size_t		first_item;
	bool		refused = true;

	ok(decodes(bytes, n), "a sketch decodes");
	ok(!decoded.exact && sketch.n == 1000 && sketch.variance > 0 && registers[5] == 40 && decoded.absent == 7 &&
	   entries[0].err == 3, "with its parts");
	ok(mlops_profile_encode(&decoded, again, sizeof(again)) == n && memcmp(again, bytes, n) == 0, "and encodes to the same bytes");
	for (size_t k = 0; k < n; k += 3)
		refused = refused && !decodes(bytes, k);
	ok(refused, "truncated anywhere: refused");
	bytes[n] = 0;
	ok(!decodes(bytes, n + 1), "one byte too many: refused");
	ok(!decodes_with(bytes, n, packed - 1, 200), "a floor beyond the largest register");
	ok(!decodes_with(bytes, n, n - 4, 0) && !decodes_with(bytes, n, n - 4, 2), "listed registers that do not match");
	ok(!decodes_with(bytes, n, n - 3, 6), "one at the wrong place");
	ok(!decodes_with(bytes, n, n - 1, 55) && !decodes_with(bytes, n, n - 1, 17), "one out of range, one that fits four bits");
	ok(decoded.kind == 1 && sketch.nlevels > 1, "the sketch has levels");
	decodes(bytes, n);
	first_item = packed - 1 - sketch.total * bytes[3];
	ok(!decodes_with(bytes, n, first_item - 1, bytes[first_item - 1] ^ 1), "levels whose weights do not add up");
	ok(!decodes_with(bytes, n, first_item + bytes[3] - 1, 0x7f), "an item out of order");
	ok(!decodes_with(bytes, n, first_item + bytes[3] - 1, 0xbf), "an item below the minimum");
}

static void
test_text_form(void)
{
	const uint8_t *g = golden_numbers;
	size_t		n = sizeof(golden_numbers);
	char		text[512];
	uint8_t		back[256];
	size_t		size;

	mlops_profile_to_text(g, n, text);
	ok(strlen(text) == mlops_profile_text_size(n, 1) && strncmp(text, "float8:01010102020100", 21) == 0, "text form");
	ok(mlops_profile_from_text(text, strlen(text), back, &size) == MLOPS_OK && size == n && memcmp(back, g, n) == 0,
	   "reads back");
	text[10] = 'G';
	ok(mlops_profile_from_text(text, strlen(text), back, &size) != MLOPS_OK, "not hexadecimal");
	ok(mlops_profile_from_text("text:01010102", 13, back, &size) != MLOPS_OK, "not the kind it says");
	ok(mlops_profile_from_text("float8:01", 9, back, &size) != MLOPS_OK, "too short");
	ok(mlops_profile_from_text("float80101", 10, back, &size) != MLOPS_OK, "no colon");
	ok(mlops_profile_from_text("", 0, back, &size) != MLOPS_OK, "nothing");
}

int
main(void)
{
	test_numbers();
	test_texts();
	test_sketch();
	test_text_form();
	return done_testing();
}
