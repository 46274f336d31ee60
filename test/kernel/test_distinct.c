/*
 * test_distinct.c
 *		Distinct counts against the truth, from one to millions, and merging.
 */
#include "tap.h"

#include "kernel/summary/distinct.h"
#include "kernel/summary/hash.h"

/* Numbers of several shapes: what their bits have in common must not matter. */
static double
number(int shape, uint64_t i)
{
	switch (shape)
	{
		case 0:
			return (double) i;
		case 1:
			return (double) i * 0.01;
		case 2:
			return (double) i * 1e-300;
		case 3:
			return -1.0 / (double) (i + 1);
		default:
			return (double) (i << 20);
	}
}

static double
estimate_of(int shape, uint64_t from, uint64_t to, uint8_t *registers)
{
	double		x[512];
	size_t		n = 0;

	memset(registers, 0, MLOPS_HLL_M);
	for (uint64_t i = from; i < to; i++)
	{
		x[n++] = number(shape, i);
		if (n == 512 || i + 1 == to)
		{
			mlops_hll_add_numbers(registers, x, n);
			n = 0;
		}
	}
	return mlops_hll_estimate(registers);
}

static void
test_error(void)
{
	static const uint64_t sizes[] = {1, 10, 257, 1000, 2048, 5000, 20000, 100000, 400000};
	uint8_t		registers[MLOPS_HLL_M];
	double		squares = 0;
	int			runs = 0;
	int			beyond = 0;

	for (int shape = 0; shape <= 4; shape++)
		for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++)
			for (int part = 0; part < 6; part++)
			{
				/* disjoint ranges: independent sets of hashes */
				uint64_t	from = (uint64_t) part * 1000000 + 1;
				double		e = estimate_of(shape, from, from + sizes[k], registers);
				double		error = (e - (double) sizes[k]) / (double) sizes[k];

				if (sizes[k] <= 10)
					ok(rint(e) == (double) sizes[k], "%d distinct numbers of shape %d are %.2f",
					   (int) sizes[k], shape, e);
				if (sizes[k] < 5000)
					continue;
				squares += error * error;
				beyond += fabs(error) > 3 * MLOPS_HLL_ERROR;
				runs++;
			}
	ok(sqrt(squares / runs) < 1.15 * MLOPS_HLL_ERROR && sqrt(squares / runs) > 0.8 * MLOPS_HLL_ERROR,
	   "standard error over %d runs is %.4f, stated %.4f", runs, sqrt(squares / runs), MLOPS_HLL_ERROR);
	ok(beyond <= 2, "beyond three standard errors: %d of %d", beyond, runs);
}

static void
test_merge(void)
{
	uint8_t		a[MLOPS_HLL_M];
	uint8_t		b[MLOPS_HLL_M];
	uint8_t		all[MLOPS_HLL_M];
	uint8_t		twice[MLOPS_HLL_M];

	estimate_of(0, 0, 60000, a);
	estimate_of(0, 40000, 100000, b);
	estimate_of(0, 0, 100000, all);
	mlops_hll_merge(a, b);
	ok(memcmp(a, all, MLOPS_HLL_M) == 0, "merging is the same as one pass");
	memcpy(twice, all, MLOPS_HLL_M);
	mlops_hll_merge(twice, all);
	ok(memcmp(twice, all, MLOPS_HLL_M) == 0, "merging a set with itself changes nothing");
}

/* The shortcut for registers that are all in use must not lose anything. */
static void
test_shortcut(void)
{
	uint8_t		batch[MLOPS_HLL_M];
	uint8_t		single[MLOPS_HLL_M] = {0};

	estimate_of(1, 0, 300000, batch);
	for (uint64_t i = 0; i < 300000; i++)
		mlops_hll_add(single, mlops_mix64(mlops_double_bits(number(1, i))));
	ok(memcmp(batch, single, MLOPS_HLL_M) == 0, "batches and single values give the same registers");
	ok(mlops_hll_floor(batch) > 0, "and the shortcut was in use");
}

static void
test_extremes(void)
{
	uint8_t		registers[MLOPS_HLL_M] = {0};

	ok(mlops_hll_estimate(registers) == 0, "nothing is nothing");
	mlops_hll_add(registers, 0);
	ok(registers[0] == MLOPS_HLL_MAX, "a hash of zero bits has the largest rank");
	ok(isfinite(mlops_hll_estimate(registers)), "and its estimate is finite");
	memset(registers, MLOPS_HLL_MAX, MLOPS_HLL_M);
	ok(mlops_hll_estimate(registers) > 1e18, "full registers are a very large number");
}

static void
test_hash(void)
{
	const char *text = "the quick brown fox";
	char		shifted[64] = " the quick brown fox";
	uint64_t	flips = 0;

	ok(mlops_hash_bytes(text, 19) == mlops_hash_bytes(shifted + 1, 19), "alignment does not matter");
	ok(mlops_hash_bytes("a", 1) != mlops_hash_bytes("a\0", 2), "trailing zeros count");
	ok(mlops_hash_bytes("", 0) != mlops_hash_bytes("\0", 1), "nothing is not a zero byte");
	for (int bit = 0; bit < 19 * 8; bit++)
	{
		char		other[19];

		memcpy(other, text, 19);
		other[bit / 8] ^= (char) (1 << bit % 8);
		flips += (uint64_t) __builtin_popcountll(mlops_hash_bytes(text, 19) ^ mlops_hash_bytes(other, 19));
	}
	/* 152 * 64 coin flips: mean 4864, standard deviation 49 */
	ok(flips > 4600 && flips < 5130, "one bit of input turns half of the output (%d of %d)",
	   (int) flips, 152 * 64);
}

int
main(void)
{
	test_error();
	test_merge();
	test_shortcut();
	test_extremes();
	test_hash();
	return done_testing();
}
