/*
 * test_moments1.c
 *		Moments in batches and in trees of merges against exact rational
 *		arithmetic.
 */
#include "tap.h"

#include "kernel/summary/moments1.h"

#define MAX_N 20000

static double
element(const char *name, int i)
{
	double		k = (i * 7919) % 10007;

	if (strcmp(name, "uniform") == 0)
		return k / 1000.0;
	if (strcmp(name, "offset") == 0)
		return 1e9 + k / 8.0;
	if (strcmp(name, "far") == 0)
		return 1e9 + (double) ((i * 7919) % 10007 % 1000) / 1024.0;
	if (strcmp(name, "heavy") == 0)
		return 1.0 / (1.0 + k);
	if (strcmp(name, "cubes") == 0)
		return (k / 100.0 - 50.0) * (k / 100.0 - 50.0) * (k / 100.0 - 50.0);
	if (strcmp(name, "small") == 0)
		return k / 3.0;
	if (strcmp(name, "pair") == 0)
		return -1.5 + 4.0 * i;
	if (strcmp(name, "constant") == 0)
		return 0.1;
	return i / 7.0;
}

static mlops_moments1
of_batch(double *x, size_t n)
{
	mlops_batch_scan scan;
	mlops_moments1 m = {0};

	if (n == 0)
		return m;
	mlops_batch_look(x, n, &scan);
	mlops_moments1_batch(x, n, &scan, &m);
	return m;
}

/* Batches of `size` joined one after the other. */
static mlops_moments1
in_a_row(double *x, size_t n, size_t size)
{
	mlops_moments1 m = {0};

	for (size_t at = 0; at < n; at += size)
	{
		mlops_moments1 b = of_batch(x + at, n - at < size ? n - at : size);

		mlops_moments1_merge(&m, &b);
	}
	return m;
}

/* Lopsided halves, joined as a tree. */
static mlops_moments1
as_tree(double *x, size_t n)
{
	mlops_moments1 a;
	mlops_moments1 b;

	if (n <= 100)
		return of_batch(x, n);
	a = as_tree(x, n / 3);
	b = as_tree(x + n / 3, n - n / 3);
	mlops_moments1_merge(&b, &a);
	return b;
}

static void
check(const mlops_moments1 *m, const golden *g, const char *how, double tol)
{
	double		n = golden_double(g, 1);
	double		m2 = golden_double(g, 3);
	/* a third moment near zero is only as good as its scale */
	double		scale = pow(m2 / n, 1.5) * n;
	double		v;

	is_int((int64_t) m->n, (int64_t) n, how);
	is_close(m->mean, golden_double(g, 2), 10 * tol, "%s %s: mean", g->field[0], how);
	is_close(m->m2, m2, tol, "%s %s: m2", g->field[0], how);
	ok(fabs(m->m3 - golden_double(g, 4)) <= tol * (scale + fabs(golden_double(g, 4))),
	   "%s %s: m3", g->field[0], how);
	is_close(m->m4, golden_double(g, 5), tol, "%s %s: m4", g->field[0], how);
	if (m2 == 0)
	{
		ok(mlops_moments1_skewness(m, &v) == MLOPS_DEGENERATE, "%s: no skewness", g->field[0]);
		ok(mlops_moments1_kurtosis(m, &v) == MLOPS_DEGENERATE, "%s: no kurtosis", g->field[0]);
		return;
	}
	ok(mlops_moments1_variance(m, &v) == MLOPS_OK, "variance exists");
	is_close(v, golden_double(g, 6), tol, "%s %s: variance", g->field[0], how);
	ok(mlops_moments1_skewness(m, &v) == MLOPS_OK, "skewness exists");
	ok(fabs(v - golden_double(g, 7)) <= 2 * tol * (1 + fabs(golden_double(g, 7))),
	   "%s %s: skewness", g->field[0], how);
	ok(mlops_moments1_kurtosis(m, &v) == MLOPS_OK, "kurtosis exists");
	ok(fabs(v - golden_double(g, 8)) <= 2 * tol * (3 + fabs(golden_double(g, 8))),
	   "%s %s: kurtosis", g->field[0], how);
}

static void
test_golden(void)
{
	static double x[MAX_N];
	golden		g;
	int			sets = 0;

	golden_open(&g, "moments1.csv", "name,n,mean,m2,m3,m4,variance,skewness,kurtosis");
	while (golden_next(&g))
	{
		size_t		n = (size_t) golden_double(&g, 1);
		/* the offset of 1e9 takes half of the digits of a value */
		double		tol = golden_double(&g, 2) > 1e8 ? 1e-12 : 1e-13;
		mlops_moments1 m;

		for (size_t i = 0; i < n; i++)
			x[i] = element(g.field[0], (int) i);
		m = in_a_row(x, n, 512);
		check(&m, &g, "in batches of 512", tol);
		m = in_a_row(x, n, 1);
		check(&m, &g, "one by one", 10 * tol);
		m = as_tree(x, n);
		check(&m, &g, "as a tree", tol);
		sets++;
	}
	is_int(sets, 9, "all data sets of the golden file");
}

static void
test_edges(void)
{
	double		huge[] = {1.7e308, 1.7e308, -1.7e308, 1.6e308};
	double		zero[] = {-0.0, 0.0, 5};
	double		odd[] = {1, NAN, 3};
	double		infinite[] = {1, 2, 3, 4, 5, 6, 7, 8, -INFINITY};
	mlops_batch_scan scan;
	mlops_moments1 m;
	mlops_moments1 empty = {0};
	double		v;

	m = of_batch(huge, 4);
	is_close(m.mean, 0.825e308, 1e-12, "a mean whose sum overflows");
	ok(isinf(m.m2) && isinf(m.m4), "sums of powers that do not fit are given up");
	ok(mlops_moments1_variance(&m, &v) == MLOPS_DOMAIN, "and say so");
	m = in_a_row(huge, 4, 1);
	is_close(m.mean, 0.825e308, 1e-12, "the same, merged one by one");
	mlops_batch_look(zero, 3, &scan);
	is_int((int64_t) scan.zeros, 2, "-0.0 is a zero");
	ok(!signbit(zero[0]), "-0.0 becomes 0.0");
	mlops_batch_look(odd, 3, &scan);
	ok(!scan.finite, "NaN is noticed");
	mlops_batch_look(infinite, 9, &scan);
	ok(!scan.finite, "infinity is noticed in the tail of a batch");
	m = empty;
	ok(mlops_moments1_variance(&m, &v) == MLOPS_EMPTY, "nothing has no variance");
	ok(mlops_moments1_skewness(&m, &v) == MLOPS_EMPTY, "nothing has no skewness");
	m = of_batch(zero, 1);
	ok(mlops_moments1_variance(&m, &v) == MLOPS_EMPTY, "one value has no variance");
	mlops_moments1_merge(&m, &empty);
	is_int((int64_t) m.n, 1, "merging nothing changes nothing");
	mlops_moments1_merge(&empty, &m);
	is_int((int64_t) empty.n, 1, "merging into nothing copies");
}

int
main(void)
{
	test_golden();
	test_edges();
	return done_testing();
}
