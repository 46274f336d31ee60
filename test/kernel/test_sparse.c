/*
 * test_sparse.c
 *		Tables with rare categories: the moments that p-values go by, and how often
 *		there is a false alarm.
 */
#include "kernel/categories/gof.h"
#include "kernel/categories/sparse.h"
#include "tap.h"

#define MAX 256
#define RUNS 4000

static double a[MAX],
			b[MAX];
static uint64_t seed = 42;

static double
uniform(void)
{
	uint64_t	z = (seed += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (double) ((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

/* Share up to category i, of k: a long tail i^-1.5, a rare first one (u^3), all alike. */
static double
cumulative(int kind, int i, int k)
{
	static double zipf[MAX + 1];

	if (kind == 0 && zipf[k] == 0)
		for (int j = 1; j <= k; j++)
			zipf[j] = zipf[j - 1] + pow(j, -1.5);
	return kind == 0 ? zipf[i] / zipf[k] : kind == 1 ? cbrt((double) i / k) : (double) i / k;
}

static void
draw(int kind, int k, int rows, double *count)
{
	memset(count, 0, sizeof(double) * (size_t) k);
	for (int r = 0; r < rows; r++)
	{
		double		u = uniform();
		int			low = 0,
					high = k;

		while (high - low > 1)
		{
			int			middle = (low + high) / 2;

			if (cumulative(kind, middle, k) <= u)
				low = middle;
			else
				high = middle;
		}
		count[low]++;
	}
}

static void
rates(int kind, int k, int n, int m)
{
	/* four standard errors, and half a point for a distribution that has only two moments right */
	const double bound = 0.055 + 4 * sqrt(0.05 * 0.95 / RUNS);
	int			chi2 = 0,
				g = 0;
	mlops_test	t;

	for (int run = 0; run < RUNS; run++)
	{
		draw(kind, k, n, a);
		draw(kind, k, m, b);
		chi2 += mlops_chi2_test(a, b, (size_t) k, NULL, &t) == MLOPS_OK && t.p <= 0.05;
		g += mlops_g_test(a, b, (size_t) k, NULL, &t) == MLOPS_OK && t.p <= 0.05;
	}
	ok(chi2 < bound * RUNS && chi2 > 0.02 * RUNS, "chi-square, kind %d of %d, %d and %d rows: %.1f %%", kind, k, n, m, 100.0 * chi2 / RUNS);
	ok(g < bound * RUNS && g > 0.02 * RUNS, "G, kind %d of %d, %d and %d rows: %.1f %%", kind, k, n, m, 100.0 * g / RUNS);
}

int
main(void)
{
	golden		g;
	mlops_test	t;
	double		mean,
				variance;

	golden_open(&g, "sparse.csv", "reference,current,chi2_mean,chi2_variance,g_mean,g_variance,g_exact_mean,g_exact_variance,chi2_p,g_p");
	while (golden_next(&g))
	{
		size_t		k = (size_t) golden_list(&g, 0, a, MAX);
		double		n = 0,
					m = 0;

		golden_list(&g, 1, b, MAX);
		for (size_t i = 0; i < k; i++)
		{
			n += a[i];
			m += b[i];
		}
		ok(mlops_table_is_sparse(a, b, k, n, m), "line %d is sparse", g.line);
		mlops_chi2_null_moments(a, b, k, n, m, &mean, &variance);
		is_close(mean, golden_double(&g, 2), 1e-12, "mean of chi-square, line %d", g.line);
		is_close(variance, golden_double(&g, 3), 1e-11, "variance of chi-square, line %d", g.line);
		mlops_g_null_moments(a, b, k, n, m, &mean, &variance);
		is_close(mean, golden_double(&g, 4), 1e-12, "mean of G, line %d", g.line);
		is_close(variance, golden_double(&g, 5), 1e-11, "variance of G, line %d", g.line);
		ok(fabs(mean / golden_double(&g, 6) - 1) < 0.15, "mean of G is near that of all tables, line %d", g.line);
		ok(mlops_chi2_test(a, b, k, NULL, &t) == MLOPS_OK, "chi-square, line %d", g.line);
		is_close(t.p, golden_double(&g, 8), 1e-11, "p of chi-square, line %d", g.line);
		is_close(exp(t.ln_p), golden_double(&g, 8), 1e-11, "and its logarithm, line %d", g.line);
		ok(mlops_g_test(a, b, k, NULL, &t) == MLOPS_OK, "G, line %d", g.line);
		is_close(t.p, golden_double(&g, 9), 1e-11, "p of G, line %d", g.line);
	}
	ok(mlops_chi2_test((double[]) {50, 50}, (double[]) {40, 60}, 2, NULL, &t) == MLOPS_OK && t.variant == NULL, "filled cells: chi-square itself");
	ok(mlops_chi2_test((double[]) {50, 50, 1}, (double[]) {40, 60, 0}, 3, NULL, &t) == MLOPS_OK && strcmp(t.variant, "corrected") == 0, "a rare one: corrected");
	ok(mlops_chi2_test((double[]) {1, 0}, (double[]) {0, 1}, 2, NULL, &t) == MLOPS_OK && t.p > 0.1, "two rows");
	rates(0, 200, 50, 50);
	rates(0, 200, 50, 500);
	rates(0, 200, 2000, 100);
	rates(1, 20, 50, 50);
	rates(1, 20, 50, 500);
	rates(1, 20, 500, 50);
	rates(2, 20, 50, 50);
	rates(2, 20, 50, 500);
	return done_testing();
}
