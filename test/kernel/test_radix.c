/*
 * test_radix.c
 *		Sorting by bits, and merging what is sorted.
 *
 * The expected order is that of the C library's qsort, bit by bit.
 */
#include <float.h>

#include "kernel/twosample/merge.h"
#include "kernel/twosample/radix.h"
#include "tap.h"

#define MAX 300000

static uint64_t seed = 54321;

static uint64_t
next(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static double
uniform(void)
{
	return (double) (next() >> 11) * 0x1p-53;
}

static int
compare(const void *a, const void *b)
{
	double		x = *(const double *) a,
				y = *(const double *) b;

	return x < y ? -1 : x > y;
}

static const char *const kinds[] = {
	"equal", "of seven integers", "uniform", "normal", "with long tails", "mostly zero", "of any bits", "powers of two", "in a narrow range",
	"ascending", "descending", "nearly all in the lowest bits beside one that is far", "in clusters of the lowest bits", "of two values",
	"denormal"
};

#define KINDS ((int) (sizeof(kinds) / sizeof(*kinds)))

static double
any_value(int kind, size_t i, size_t n)
{
	uint64_t	bits = next();
	double		v;

	switch (kind)
	{
		case 0:
			return -4;
		case 1:
			return (double) (bits % 7) - 3;
		case 2:
			return uniform() * 100;
		case 3:
			return uniform() + uniform() + uniform() + uniform() - 2;
		case 4:
			return (uniform() - .5) / uniform();
		case 5:
			return bits % 20 ? 0 : uniform();
		case 6:
			memcpy(&v, &bits, sizeof(v));
			return isfinite(v) ? v : 1;
		case 7:
			return ldexp(bits >> 63 ? 1 : -1, (int) (bits % 2000) - 1000);
		case 8:
			return 1e6 + uniform();
		case 9:
			return (double) i;
		case 10:
			return (double) n - (double) i;
		case 11:
			return i == n / 2 ? 1e300 : 1 + (double) (bits % 100000) * DBL_EPSILON;
		case 12:
			return ldexp(1 + (double) (bits % 1000) * DBL_EPSILON, (int) (bits >> 54) - 512);
		case 13:
			return bits & 1 ? 1.5 : -DBL_MAX;
		default:
			return ldexp((double) (bits % 4096) - 2048, -1074);
	}
}

static bool
may_sort(int kind, size_t n)
{
	static double value[MAX],
				scratch[MAX],
				expected[MAX];
	mlops_radix *radix = malloc(mlops_radix_size(n));
	bool		right;

	for (size_t i = 0; i < n; i++)
		expected[i] = value[i] = any_value(kind, i, n) + 0.0;
	qsort(expected, n, sizeof(double), compare);
	mlops_radix_begin(radix, value, scratch, n);
	while (mlops_radix_step(radix))
		;
	right = memcmp(value, expected, n * sizeof(double)) == 0;
	free(radix);
	return right;
}

/* Inputs of any sizes, given in pieces of any sizes, to an output of any size. */
static bool
may_merge(int kind, int inputs, size_t most, size_t piece)
{
	static double value[MLOPS_MERGE_INPUTS][2048],
				expected[MLOPS_MERGE_INPUTS * 2048],
				out[MLOPS_MERGE_INPUTS * 2048 + 4096];
	size_t		size[MLOPS_MERGE_INPUTS],
				total = 0,
				n = 0;
	mlops_merge m;

	for (int i = 0; i < inputs; i++)
	{
		size[i] = next() % (most + 1);
		for (size_t k = 0; k < size[i]; k++)
			expected[total++] = value[i][k] = any_value(kind, k, size[i]) + 0.0;
		qsort(value[i], size[i], sizeof(double), compare);
		m.at[i] = value[i];
		m.end[i] = value[i] + (size[i] < piece ? size[i] : piece);
	}
	qsort(expected, total, sizeof(double), compare);
	mlops_merge_begin(&m, inputs);
	for (;;)
	{
		size_t		room = n + 1 + next() % 3000,
					before = n;
		int			i;

		while ((i = mlops_merge_take(&m, out, room, &n)) >= 0)
		{
			size_t		left = (size_t) (value[i] + size[i] - m.end[i]);

			if (m.at[i] != m.end[i])
				return false;
			m.end[i] += left == 0 ? 0 : 1 + next() % (left < piece ? left : piece);
		}
		if (n < room)
			break;
		if (n != room || n == before)
			return false;
	}
	return n == total && memcmp(out, expected, n * sizeof(double)) == 0;
}

int
main(void)
{
	static const size_t sizes[] = {0, 1, 2, 3, 24, 25, 100, 1000, 2048, 4095, 4096, 4097, 5000, 20000, 65536, 131072, MAX};
	static const double some[] = {-INFINITY, -DBL_MAX, -1.5, -DBL_MIN, -0x1p-1074, 0, 0x1p-1074, 1, 1 + DBL_EPSILON, DBL_MAX, INFINITY};
	bool		ordered = true;

	for (int kind = 0; kind < KINDS; kind++)
	{
		bool		sorted = true,
					merged = true;

		for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
			sorted &= may_sort(kind, sizes[i]);
		ok(sorted, "numbers %s are sorted", kinds[kind]);
		for (int i = 1; i <= MLOPS_MERGE_INPUTS; i += i < 10 ? 1 : 9)
			merged &= may_merge(kind, i, 2048, 512) && may_merge(kind, i, 3, 1) && may_merge(kind, i, 0, 1);
		ok(merged, "numbers %s are merged, wherever the pieces end", kinds[kind]);
	}
	for (size_t i = 0; i + 1 < sizeof(some) / sizeof(*some); i++)
	{
		uint64_t	a,
					b;

		memcpy(&a, &some[i], sizeof(a));
		memcpy(&b, &some[i + 1], sizeof(b));
		ordered &= mlops_radix_key(a) < mlops_radix_key(b) && mlops_radix_bits(mlops_radix_key(a)) == a;
	}
	ok(ordered, "keys have the order of the numbers");
	return done_testing();
}
