/*
 * test_frequent.c
 *		Bounds of frequent values against true counts.
 */
#include "tap.h"

#include "kernel/summary/frequent.h"
#include "kernel/summary/hash.h"
#include "kernel/summary/quantile.h"

#define VALUES 4000

static uint64_t truth[VALUES];

/* Number i of a stream with Zipf-like counts, singles and late heavy hitters. */
static int
draw(int stream, uint64_t *seed, size_t i, size_t n)
{
	double		u = (double) (mlops_random_next(seed) >> 11) * 0x1p-53;

	switch (stream)
	{
		case 0:					/* 1 / rank */
			return (int) (pow(VALUES, u)) - 1;
		case 1:					/* all alike */
			return (int) (u * VALUES);
		case 2:					/* one value only in the last third */
			return i > n * 2 / 3 && u < 0.5 ? 17 : (int) (u * VALUES);
		case 3:					/* sorted */
			return (int) (i * VALUES / n);
		default:				/* round robin over 70: just too many */
			return (int) (i % 70);
	}
}

static double
as_number(int v)
{
	return v * 0.25 - 100;
}

/* Every listed value within its bounds, every other one at most `absent`. */
static bool
bounds_hold(const mlops_tally *entry, uint32_t n, uint64_t absent)
{
	bool		good = true;
	uint32_t	at = 0;

	for (int v = 0; v < VALUES; v++)
	{
		if (at < n && mlops_bits_double(entry[at].key) == as_number(v))
		{
			good = good && entry[at].lower <= truth[v] && truth[v] <= entry[at].lower + entry[at].err;
			at++;
		}
		else
			good = good && truth[v] <= absent;
	}
	return good && at == n;
}

static uint32_t
count_stream(int stream, size_t n, uint64_t seed, mlops_tally *entry, uint64_t *absent)
{
	double		x[MLOPS_BATCH];
	uint32_t	used = 0;

	*absent = 0;
	for (size_t at = 0; at < n; at += MLOPS_BATCH)
	{
		size_t		count = n - at < MLOPS_BATCH ? n - at : MLOPS_BATCH;

		for (size_t i = 0; i < count; i++)
		{
			int			v = draw(stream, &seed, at + i, n);

			truth[v]++;
			x[i] = as_number(v);
		}
		mlops_sort_doubles(x, count);
		used = mlops_tally_batch(entry, used, absent, x, count, 1);
	}
	return used;
}

static void
test_streams(void)
{
	for (int stream = 0; stream <= 4; stream++)
	{
		mlops_tally entry[MLOPS_FREQ_NUMBERS];
		uint64_t	absent;
		uint32_t	used;
		size_t		n = 50000;

		memset(truth, 0, sizeof(truth));
		used = count_stream(stream, n, 1, entry, &absent);
		ok(bounds_hold(entry, used, absent), "stream %d: counts are within their bounds", stream);
		ok(absent <= n / (MLOPS_FREQ_NUMBERS + 1), "stream %d: others at most n / 65 (%d)", stream, (int) absent);
		if (stream == 0)
			ok(used > 0 && entry[0].key == mlops_double_bits(as_number(0)) &&
			   entry[0].lower > truth[0] / 2, "the most frequent value is found");
	}
}

static void
test_merge(void)
{
	mlops_tally a[MLOPS_FREQ_NUMBERS];
	mlops_tally b[MLOPS_FREQ_NUMBERS];
	mlops_tally joined[2 * MLOPS_FREQ_NUMBERS];
	uint64_t	absent_a;
	uint64_t	absent_b;
	uint64_t	absent;
	uint32_t	na;
	uint32_t	nb;
	uint32_t	n;

	for (int stream = 0; stream <= 4; stream++)
	{
		memset(truth, 0, sizeof(truth));
		na = count_stream(stream, 30000, 1, a, &absent_a);
		nb = count_stream((stream + 1) % 5, 20000, 2, b, &absent_b);
		n = mlops_tally_merge_numbers(a, na, absent_a, b, nb, absent_b, joined);
		absent = absent_a + absent_b;
		ok(bounds_hold(joined, n, absent), "merge %d: bounds hold", stream);
		n = mlops_tally_purge(joined, n, MLOPS_FREQ_NUMBERS, &absent);
		ok(n <= MLOPS_FREQ_NUMBERS && bounds_hold(joined, n, absent), "merge %d: and after the purge", stream);
		ok(absent <= 50000 / 65, "merge %d: others at most n / 65", stream);
		absent = mlops_tally_drop_below(joined, &n, 100, absent);
		ok(bounds_hold(joined, n, absent), "merge %d: and without the rare ones", stream);
	}
}

static void
test_purge(void)
{
	mlops_tally e[5] = {{.lower = 5}, {.lower = 1, .err = 3}, {.lower = 9}, {.lower = 4}, {.lower = 2}};
	uint64_t	absent = 0;

	/* upper bounds 5 4 9 4 2: the third largest is 4 */
	is_int(mlops_tally_purge(e, 5, 2, &absent), 2, "two are kept");
	ok(e[0].lower == 5 && e[1].lower == 9, "those with the largest upper bound, in their order");
	is_int((int64_t) absent, 4, "and what is missing occurs at most 4 times");
	is_int(mlops_tally_purge(e, 2, 2, &absent), 2, "nothing to do");
}

static void
test_exact(void)
{
	mlops_tally entry[MLOPS_FREQ_EXACT];
	uint16_t	slot[1024];
	mlops_tally_table t = {entry, slot, 0, 10};
	double		x[600];
	bool		good = true;

	memset(slot, 0, sizeof(slot));
	for (int i = 0; i < 600; i++)
		x[i] = (i % 250) / 4.0;
	is_int((int64_t) mlops_tally_numbers(&t, MLOPS_FREQ_EXACT, x, 600), 600, "250 distinct values fit");
	is_int(t.used, 250, "and are 250");
	for (int i = 0; i < 250; i++)
	{
		mlops_tally *e = mlops_tally_find(&t, mlops_double_bits(i / 4.0));

		good = good && e != NULL && e->lower == (i < 100 ? 3 : 2);
	}
	ok(good, "with their counts");
	for (int i = 0; i < 10; i++)
		x[i] = 1000 + i;
	is_int((int64_t) mlops_tally_numbers(&t, MLOPS_FREQ_EXACT, x, 10), 6, "six more fit, then the table is full");
	mlops_tally_sort_numbers(entry, t.used);
	for (uint32_t i = 1; i < t.used; i++)
		good = good && mlops_bits_double(entry[i - 1].key) < mlops_bits_double(entry[i].key);
	ok(good, "sorted by number");
	mlops_tally_index(&t);
	for (uint32_t i = 0; i < t.used; i++)
		good = good && mlops_tally_find(&t, entry[i].key) == &entry[i];
	ok(good && mlops_tally_find(&t, mlops_double_bits(-1)) == NULL, "and found again after that");
}

/* How often the truth is outside the stated interval when counts are sampled. */
static void
test_sampling_error(void)
{
	int			outside = 0;
	int			runs = 2000;
	uint64_t	seed = 4;

	for (int r = 0; r < runs; r++)
	{
		double		p = (r % 50 + 1) / 100.0;
		uint64_t	n = 200000;
		uint64_t	weight = 8;
		uint64_t	real = 0;
		uint64_t	seen = 0;
		double		variance = (double) n * (double) weight / 4;
		double		t;

		for (uint64_t block = 0; block < n / weight; block++)
		{
			uint64_t	chosen = mlops_random_next(&seed) & (weight - 1);

			for (uint64_t i = 0; i < weight; i++)
			{
				bool		hit = (double) (mlops_random_next(&seed) >> 11) * 0x1p-53 < p;

				real += hit;
				seen += hit && i == chosen ? weight : 0;
			}
			if (block == 2000)
				break;			/* 2001 blocks are enough for this test */
		}
		n = 2001 * weight;
		variance = (double) n * (double) weight / 4;
		t = mlops_freq_sampling_error(seen, n, variance, weight);
		outside += fabs((double) seen - (double) real) > t;
	}
	ok(outside <= runs / 100, "outside the interval in %d of %d samples, stated at most 1 %%", outside, runs);
	ok(mlops_freq_sampling_error(10, 100, 0, 1) == 0, "no error without sampling");
}

int
main(void)
{
	test_streams();
	test_merge();
	test_purge();
	test_exact();
	test_sampling_error();
	return done_testing();
}
