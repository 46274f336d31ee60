/*
 * test_pool.c
 *		Pooling and the distances that go over the pooled values.
 *
 * The expected runs come from counting every value by itself, the expected
 * distances from the definitions as sums over all pairs of rows:
 *		W1 between equally large samples = mean |x(i) - y(i)| of the sorted values,
 *		energy^2 = 2 E|X - Y| - E|X - X'| - E|Y - Y'|.
 */
#include "kernel/twosample/pool.h"
#include "kernel/twosample/transport.h"
#include "tap.h"

#define MAX 6000

static uint64_t seed = 12345;

static uint64_t
next(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static int
compare(const void *a, const void *b)
{
	double		x = *(const double *) a,
				y = *(const double *) b;

	return x < y ? -1 : x > y;
}

/* kinds: many distinct values, few, all equal, any bits, powers */
static double
any_value(int kind)
{
	uint64_t	bits = next();
	double		v;

	switch (kind)
	{
		case 0:
			return (double) (int64_t) (bits >> 20) * 1e-6 - 8e6;
		case 1:
			return (double) (bits % 7) - 3;
		case 2:
			return 4;
		case 3:
			memcpy(&v, &bits, sizeof(v));
			return isfinite(v) ? v : 1;
		default:
			return ldexp(1, (int) (bits % 2000) - 1000);
	}
}

/* What the pool hands over, appended. */
static struct
{
	double		x[2 * MAX];
	double		reference[2 * MAX];
	double		current[2 * MAX];
	size_t		n;
	size_t		blocks;
}			seen;

static void
see(mlops_runs r)
{
	memcpy(seen.x + seen.n, r.x, r.n * sizeof(double));
	memcpy(seen.reference + seen.n, r.reference, r.n * sizeof(double));
	memcpy(seen.current + seen.n, r.current, r.n * sizeof(double));
	seen.n += r.n;
	seen.blocks++;
}

static double a[MAX],
			b[MAX];

/* The values are given in chunks of random size, as a file gives them. */
static void
pool_all(size_t n, size_t m, size_t chunk)
{
	static mlops_pool pool;
	size_t		i = 0,
				j = 0,
				have_n = 0,
				have_m = 0;

	seen.n = seen.blocks = 0;
	mlops_pool_init(&pool);
	for (;;)
	{
		if (i == have_n)
			have_n = have_n + chunk < n ? have_n + 1 + next() % chunk : n;
		if (j == have_m)
			have_m = have_m + chunk < m ? have_m + 1 + next() % chunk : m;
		if (i == n && j == m)
			break;
		if (mlops_pool_merge(&pool, a, have_n, &i, b, have_m, &j, i == n || j == m))
			see(mlops_pool_take(&pool, false));
	}
	see(mlops_pool_take(&pool, true));
}

static bool
pool_is_right(int kind, size_t n, size_t m, size_t chunk)
{
	double		rows[2] = {0, 0};

	for (size_t i = 0; i < n; i++)
		a[i] = any_value(kind) + 0.0;
	for (size_t i = 0; i < m; i++)
		b[i] = any_value(kind) + 0.0;
	qsort(a, n, sizeof(double), compare);
	qsort(b, m, sizeof(double), compare);
	pool_all(n, m, chunk);
	for (size_t k = 0; k < seen.n; k++)
	{
		double		in_a = 0,
					in_b = 0;

		for (size_t i = 0; i < n; i++)
			in_a += a[i] == seen.x[k];
		for (size_t i = 0; i < m; i++)
			in_b += b[i] == seen.x[k];
		if (in_a != seen.reference[k] || in_b != seen.current[k] || in_a + in_b < 1
			|| (k > 0 && !(seen.x[k - 1] < seen.x[k])))
			return false;
		rows[0] += in_a;
		rows[1] += in_b;
	}
	return rows[0] == n && rows[1] == m;
}

static double
distance(const mlops_twosample_method *method, size_t n, size_t m)
{
	static char state[1024];
	mlops_twosample_options none = {0};
	mlops_test	out;
	mlops_runs	runs;

	if (method->state_size(n, m, &none) > sizeof(state))
		return NAN;
	memset(state, 0, sizeof(state));
	pool_all(n, m, 100);
	method->begin(state, n, m, &none);
	for (size_t k = 0; k < seen.n; k += 13)
	{
		runs = (mlops_runs) {seen.x + k, seen.reference + k, seen.current + k, seen.n - k < 13 ? seen.n - k : 13};
		method->step(state, &runs);
	}
	method->finish(state, &out);
	return out.statistic;
}

static double
mean_gap(const double *x, size_t n, const double *y, size_t m)
{
	double		sum = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < m; j++)
			sum += fabs(x[i] - y[j]);
	return sum / (double) n / (double) m;
}

int
main(void)
{
	static const size_t sizes[] = {0, 1, 2, 3, 100, 511, 512, 513, 514, 1024, 3000};

	for (int kind = 0; kind < 5; kind++)
	{
		bool		pooled = true;

		for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
			for (size_t j = 0; j < sizeof(sizes) / sizeof(*sizes); j += 1 + i % 2)
				pooled &= pool_is_right(kind, sizes[i], sizes[j], 1 + next() % 700);
		ok(pooled, "numbers of kind %d are pooled, wherever the chunks end", kind);
	}
	for (int kind = 0; kind < 2; kind++)
	{
		double		w = 0;
		size_t		n = 700,
					m = 450;

		ok(pool_is_right(kind, n, n, 50), "two samples of kind %d", kind);
		for (size_t i = 0; i < n; i++)
			w += fabs(a[i] - b[i]) / (double) n;
		is_close(distance(&mlops_wasserstein_distance, n, n), w, 1e-12, "Wasserstein distance of kind %d", kind);
		ok(pool_is_right(kind, n, m, 50), "two samples of kind %d, unequal", kind);
		is_close(distance(&mlops_energy_distance, n, m),
				 sqrt(2 * mean_gap(a, n, b, m) - mean_gap(a, n, a, n) - mean_gap(b, m, b, m)), 1e-9,
				 "energy distance of kind %d", kind);
	}
	a[0] = -1.7e308;
	b[0] = 1.7e308 / 2;
	is_close(distance(&mlops_wasserstein_distance, 1, 1) / 1e308, INFINITY, 0, "a distance beyond the largest number is infinite");
	b[0] = -1.6e308;
	is_close(distance(&mlops_wasserstein_distance, 1, 1), 1e307, 1e-12, "values near the largest number");
	ok(isnan(distance(&mlops_wasserstein_distance, 0, 5)) && isnan(distance(&mlops_energy_distance, 5, 0)),
	   "no distance to a side without rows");
	return done_testing();
}
