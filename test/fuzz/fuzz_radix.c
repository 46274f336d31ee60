/*
 * fuzz_radix.c
 *		Any numbers through sorting, merging and pooling.
 *
 * First byte: how many inputs; second: how long their pieces are; then numbers, again and again with small
 * changes until there are enough of them for parts.  Sorted as a whole and merged from sorted
 * inputs they are the same as from the C library's qsort; pooled, every row is counted once.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/twosample/merge.h"
#include "kernel/twosample/pool.h"
#include "kernel/twosample/radix.h"

extern int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(x) do { if (!(x)) abort(); } while (0)

#define MAX 12000

static int
compare(const void *a, const void *b)
{
	double		x = *(const double *) a,
				y = *(const double *) b;

	return x < y ? -1 : x > y;
}

static void
sort(double *value, size_t n)
{
	double	   *scratch = malloc((n + 1) * sizeof(double));
	mlops_radix *radix = malloc(mlops_radix_size(n));

	mlops_radix_begin(radix, value, scratch, n);
	while (mlops_radix_step(radix))
		;
	free(radix);
	free(scratch);
}

/* Parts of value, each sorted, merged to out: input i has value[i n / inputs .. (i + 1) n / inputs). */
static void
merge(double *value, size_t n, int inputs, size_t piece, double *out)
{
	mlops_merge m;
	const double *end[MLOPS_MERGE_INPUTS];
	size_t		done = 0;

	for (int i = 0; i < inputs; i++)
	{
		size_t		first = n * i / inputs,
					last = n * (i + 1) / inputs;

		sort(value + first, last - first);
		m.at[i] = value + first;
		end[i] = value + last;
		m.end[i] = m.at[i] + (last - first < piece ? last - first : piece);
	}
	mlops_merge_begin(&m, inputs);
	for (;;)
	{
		size_t		room = done + 100 < n ? done + 100 : n;
		int			i;

		while ((i = mlops_merge_take(&m, out, room, &done)) >= 0)
		{
			CHECK(i < inputs && m.at[i] == m.end[i]);
			m.end[i] += (size_t) (end[i] - m.end[i]) < piece ? (size_t) (end[i] - m.end[i]) : piece;
		}
		if (done < room || done == n)
			break;
	}
	CHECK(done == n);
}

/* The first n and the last m of sorted numbers. */
static void
pool(const double *value, size_t n, size_t m)
{
	static mlops_pool pool;
	size_t		i = 0,
				j = 0;
	double		rows[2] = {0, 0},
				last = -INFINITY;
	bool		end = false;

	mlops_pool_init(&pool);
	while (!end)
	{
		mlops_runs	runs;

		end = i == n && j == m;
		if (!end && !mlops_pool_merge(&pool, value, n, &i, value + n, m, &j, i == n || j == m))
			continue;
		runs = mlops_pool_take(&pool, end);
		for (size_t k = 0; k < runs.n; k++)
		{
			CHECK(runs.x[k] > last);
			last = runs.x[k];
			rows[0] += runs.reference[k];
			rows[1] += runs.current[k];
		}
	}
	CHECK(rows[0] == n && rows[1] == m);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static double value[MAX],
				expected[MAX],
				out[MAX];
	int			inputs;
	size_t		piece,
				given,
				n;

	if (size < 2 + sizeof(double))
		return 0;
	inputs = 1 + data[0] % MLOPS_MERGE_INPUTS;
	piece = 1 + data[1];
	given = (size - 2) / sizeof(double);
	/* an odd length: as they are */
	n = size % 2 ? (given < MAX ? given : MAX) : MAX;
	for (size_t i = 0; i < n; i++)
	{
		uint64_t	bits;

		memcpy(&bits, data + 2 + i % given * sizeof(double), sizeof(bits));
		bits += i / given * UINT64_C(0x9E3779B97F4A7C15) >> (data[0] >> 2);
		memcpy(&value[i], &bits, sizeof(bits));
		value[i] = isfinite(value[i]) ? value[i] + 0.0 : 0;
	}
	memcpy(expected, value, n * sizeof(double));
	qsort(expected, n, sizeof(double), compare);
	merge(value, n, inputs, piece, out);
	CHECK(memcmp(out, expected, n * sizeof(double)) == 0);
	sort(value, n);
	CHECK(memcmp(value, expected, n * sizeof(double)) == 0);
	/* ascending halves: every second number */
	for (size_t i = 0; i < n; i++)
		out[i % 2 ? (n + 1) / 2 + i / 2 : i / 2] = expected[i];
	pool(out, (n + 1) / 2, n / 2);
	return 0;
}
