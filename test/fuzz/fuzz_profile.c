/*
 * fuzz_profile.c
 *		Hostile bytes and text for mlops.profile.
 *
 * The oracle: whatever decodes, encodes to the same bytes again, prints and
 * reads back to the same bytes, and its parts survive what the aggregates do
 * with them (merge, sampling, purge) without leaving their invariants.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "types/profile_codec.h"

#define CHECK(c) do { if (!(c)) { fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #c); abort(); } } while (0)

static void
check_sketch(const mlops_kll *s)
{
	uint64_t	weight = 0;
	uint32_t	at = 0;

	CHECK(s->total <= mlops_kll_budget(s->nlevels) && s->nlevels <= MLOPS_KLL_LEVELS);
	for (uint32_t h = s->nlevels; h-- > 0;)
	{
		weight += (uint64_t) s->count[h] << h;
		for (uint32_t i = 1; i < s->count[h]; i++)
			CHECK(s->item[at + i - 1] <= s->item[at + i]);
		at += s->count[h];
	}
	CHECK(weight == s->n && at == s->total);
	CHECK(s->variance >= s->sampling && s->sampling >= 0);
	CHECK(mlops_kll_rank_error(s) >= 0 && mlops_kll_rank_error(s) <= 1);
}

/* What merging and counting on does to the parts of a decoded profile. */
static void
use_parts(mlops_profile_content *c)
{
	if (c->kind != MLOPS_PROFILE_TEXT && !c->exact)
	{
		static mlops_kll twice;
		double		x[3] = {c->core.m.min, c->core.m.mean, c->core.m.max};

		check_sketch(c->kll);
		twice = *c->kll;
		mlops_kll_merge(&twice, c->kll);
		check_sketch(&twice);
		mlops_kll_insert(&twice, x, 3, mlops_kll_sample_level(twice.n));
		mlops_kll_insert_weighted(&twice, x[1], 511);
		check_sketch(&twice);
	}
	if (!c->exact)
		CHECK(mlops_hll_estimate(c->registers) >= 0);
	if (c->core.m.n > 0)
	{
		mlops_moments1 m = c->core.m;

		mlops_moments1_merge(&m, &c->core.m);
		CHECK(m.n == 2 * c->core.m.n && m.min <= m.mean && m.mean <= m.max);
	}
}

static void
check_bytes(const uint8_t *bytes, size_t size)
{
	static mlops_freq entry[MLOPS_FREQ_EXACT];
	static mlops_kll kll;
	static uint8_t registers[MLOPS_HLL_M];
	mlops_profile_content c;
	uint8_t    *again;
	char	   *text;
	size_t		length;
	size_t		back;

	if (mlops_profile_inspect(bytes, size, &c) != MLOPS_OK)
		return;
	CHECK(c.nentries <= MLOPS_FREQ_EXACT);
	c.entries = entry;
	c.kll = &kll;
	c.registers = registers;
	if (mlops_profile_decode(bytes, size, &c) != MLOPS_OK)
		return;
	CHECK(mlops_profile_encode(&c, NULL, 0) == size);
	again = malloc(size);
	CHECK(mlops_profile_encode(&c, again, size) == size);
	CHECK(memcmp(again, bytes, size) == 0);
	length = mlops_profile_text_size(size, c.kind);
	text = malloc(length + 1);
	mlops_profile_to_text(bytes, size, text);
	CHECK(strlen(text) == length);
	memset(again, 0, size);
	CHECK(mlops_profile_from_text(text, length, again, &back) == MLOPS_OK && back == size);
	CHECK(memcmp(again, bytes, size) == 0);
	free(text);
	free(again);
	use_parts(&c);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* an own copy, so that reading past the end is noticed */
	uint8_t    *bytes = malloc(size > 0 ? size : 1);
	uint8_t    *out = malloc(size / 2 + 1);
	size_t		n;

	memcpy(bytes, data, size);
	check_bytes(bytes, size);
	if (mlops_profile_from_text((const char *) bytes, size, out, &n) == MLOPS_OK)
		check_bytes(out, n);
	free(out);
	free(bytes);
	return 0;
}
