/*
 * test_crossfit.c
 *		Folds and codes: what must hold whatever the rows are.
 */
#include "tap.h"

#include <math.h>

#include "kernel/multivariate/crossfit.h"
#include "kernel/summary/hash.h"

#define ROWS 10000

static uint32_t rows[ROWS];
static uint8_t fold[ROWS],
			again[ROWS];
static bool current[ROWS];

/* Deals groups of `size` equal rows; fold sizes by side. */
static void
deal(int k, size_t size, uint64_t seed, uint8_t *out, size_t count[2][MLOPS_MAX_FOLDS])
{
	mlops_folds f;

	memset(count, 0, 2 * sizeof(*count));
	mlops_folds_begin(&f, k, seed);
	for (size_t i = 0; i < ROWS; i += size)
	{
		for (size_t j = 0; j < size; j++)
			rows[i + j] = (uint32_t) (i + j);
		mlops_folds_deal(&f, mlops_mix64(i), rows + i, size, out);
	}
	for (size_t i = 0; i < ROWS; i++)
		count[current[i]][out[i]]++;
}

static void
folds(void)
{
	size_t		n[2][MLOPS_MAX_FOLDS];
	bool		together = true;
	int			side[5][2] = {{0}};

	for (int i = 0; i < ROWS; i++)
		current[i] = i % 5 == 0;
	deal(5, 1, 1, fold, n);
	for (int k = 0; k < 5; k++)
		together &= n[0][k] + n[1][k] == 2000;
	ok(together, "rows like no other: folds are of one size");
	deal(5, 4, 1, fold, n);
	for (int i = 0; i < ROWS; i++)
		together &= fold[i] == fold[i - i % 4];
	ok(together, "few equal rows stay together");
	ok(n[0][0] + n[1][0] == 2000 && n[0][3] + n[1][3] == 2000, "and folds are of one size");
	deal(7, 1000, 1, fold, n);
	for (int k = 0; k < 7; k++)
		together &= n[0][k] + n[1][k] >= 1420 && n[0][k] + n[1][k] <= 1440;
	ok(together, "many equal rows are dealt to all folds");
	deal(7, 1000, 1, again, n);
	ok(memcmp(fold, again, ROWS) == 0, "the same again");
	deal(7, 1000, 2, again, n);
	ok(memcmp(fold, again, ROWS) != 0, "another seed, other folds");

	/* 20 equal rows, 10 of each side, two blocks: as often mixed as chance has it */
	for (int i = 0; i < ROWS; i++)
		current[i] = i % 20 < 10;
	deal(5, 20, 3, fold, n);
	for (int i = 0; i < ROWS; i++)
		side[fold[i]][current[i]]++;
	for (int k = 0; k < 5; k++)
		/* sd of a fold's 200 blocks of a hypergeometric 10 of 20: sqrt(200 * 10 / 4 * 10 / 19) = 16 */
		together &= abs(side[k][0] - 1000) < 64 && side[k][0] + side[k][1] == 2000;
	ok(together, "the sides of blocks are dealt at random");
}

static int
by_value(const void *a, const void *b)
{
	double		x = *(const double *) a,
				y = *(const double *) b;

	return x < y ? -1 : x > y;
}

static void
numbers(void)
{
	static double x[ROWS];
	double		cut[MLOPS_BOOST_CODES];
	int			n_codes,
				count[MLOPS_BOOST_CODES] = {0};
	uint64_t	random = 3;
	bool		fine = true;

	ok(mlops_numeric_codes(x, 0, cut) == 1 && mlops_numeric_code(cut, 1, NAN) == 0, "no values: only missing");
	for (int i = 0; i < ROWS; i++)
		x[i] = 7;
	ok(mlops_numeric_codes(x, ROWS, cut) == 2 && mlops_numeric_code(cut, 2, 7) == 1, "one value, one code");
	for (int i = 0; i < 630; i++)
		x[i] = i / 10;
	n_codes = mlops_numeric_codes(x, 630, cut);
	for (int i = 0; i < 63; i++)
		fine &= mlops_numeric_code(cut, n_codes, i) == i + 1;
	ok(n_codes == 64 && fine, "up to 63 values have a code each");
	for (int i = 0; i < ROWS; i++)
		x[i] = mlops_bits_double(UINT64_C(0x3ff0000000000000) | mlops_random_next(&random) >> 12);
	qsort(x, ROWS, sizeof(*x), by_value);
	n_codes = mlops_numeric_codes(x, ROWS, cut);
	for (int i = 0; i < ROWS; i++)
	{
		int			c = mlops_numeric_code(cut, n_codes, x[i]);

		fine &= c >= 1 && c < n_codes && (i == 0 || c >= mlops_numeric_code(cut, n_codes, x[i - 1]));
		count[c]++;
	}
	for (int c = 1; c < n_codes; c++)
		fine &= count[c] >= 150 && count[c] <= 170;
	ok(n_codes == 64 && fine, "distinct values: codes in order, of one size");
	/* 95 % zeros, as of counts and prices */
	for (int i = 0; i < 9500; i++)
		x[i] = 0;
	n_codes = mlops_numeric_codes(x, ROWS, cut);
	ok(n_codes > 55 && mlops_numeric_code(cut, n_codes, 0) == 1 && mlops_numeric_code(cut, n_codes, x[9600]) > 1,
	   "a frequent value has a code of its own, and leaves codes for the rest: %d", n_codes);
	ok(mlops_numeric_code(cut, n_codes, -INFINITY) == 1 && mlops_numeric_code(cut, n_codes, INFINITY) == n_codes - 1 &&
	   mlops_numeric_code(cut, n_codes, NAN) == MLOPS_BOOST_MISSING, "infinities are at the ends, NaN is missing");
	/* a frequent value in the middle */
	for (int i = 0; i < ROWS; i++)
		x[i] = i < 3000 ? i - 5000 : i < 7000 ? 0 : i;
	n_codes = mlops_numeric_codes(x, ROWS, cut);
	fine = mlops_numeric_code(cut, n_codes, -2001) < mlops_numeric_code(cut, n_codes, 0) &&
		mlops_numeric_code(cut, n_codes, 0) < mlops_numeric_code(cut, n_codes, 7000);
	ok(n_codes == 64 && fine, "also between others");
}

static void
categories(void)
{
	static uint64_t x[ROWS];
	uint64_t	category[MLOPS_BOOST_CODES];
	size_t		n = 0;
	int			n_codes;
	bool		fine = true;

	/* category c, from 1 on, has c rows: 62 codes are for 119 down to 58 */
	for (uint64_t c = 1; c < 120; c++)
		for (uint64_t i = 0; i < c; i++)
			x[n++] = c;
	n_codes = mlops_category_codes(x, n, category);
	for (uint64_t c = 1; c < 120; c++)
		fine &= c >= 58 ? mlops_category_code(category, n_codes, c) == c - 57 : mlops_category_code(category, n_codes, c) == 63;
	ok(n_codes == 64 && fine, "the most frequent have codes, all others share the last");
	n = 0;
	for (uint64_t c = 1; c < 20; c++)
		for (uint64_t i = 0; i < c; i++)
			x[n++] = c;
	n_codes = mlops_category_codes(x, n, category);
	ok(n_codes == 12 && mlops_category_code(category, n_codes, 9) == 11 && mlops_category_code(category, n_codes, 10) == 1,
	   "fewer than 10 rows share the last");
	ok(mlops_category_codes(x, 0, category) == 2 && mlops_category_code(category, 2, 5) == 1, "no categories");
}

int
main(void)
{
	folds();
	numbers();
	categories();
	return done_testing();
}
