/*
 * test_ks.c
 *		Kolmogorov-Smirnov over pooled values: exact p-values with and without
 *		ties (golden/ks.csv, golden/ks_exact.csv), the limit, cuts, bad sides.
 */
#include "drive.h"

#include "kernel/twosample/ks.h"
#include "kernel/special/special.h"

static const mlops_twosample_options none;

static void
with_ties(void)
{
	static double x[2048],
				y[2048];
	golden		g;
	double		worst_p = 0;
	double		worst_ln = 0;
	int			rows = 0;
	int			wrong = 0;

	golden_open(&g, "ks.csv", "reference,current,c,p,ln_p");
	while (golden_next(&g))
	{
		size_t		n = (size_t) golden_list(&g, 0, x, 2048);
		size_t		m = (size_t) golden_list(&g, 1, y, 2048);
		mlops_test	t = drive(&mlops_ks_method, x, n, y, m, &none, 7);
		mlops_test	swapped = drive(&mlops_ks_method, y, m, x, n, &none, 512);
		double		p = golden_double(&g, 3);

		wrong += t.statistic != golden_double(&g, 2) / (double) (n * m) || strcmp(t.variant, "exact") != 0;
		wrong += swapped.statistic != t.statistic || fabs(swapped.ln_p - t.ln_p) > 1e-12;
		if (p > 1e-290)
			worst_p = fmax(worst_p, fabs(t.p / p - 1));
		worst_ln = fmax(worst_ln, fabs(t.ln_p - golden_double(&g, 4)) / fmax(1, fabs(golden_double(&g, 4))));
		rows++;
	}
	ok(rows >= 48, "golden rows were read: %d", rows);
	ok(wrong == 0, "D is the ratio of two integers, and does not know the order of the sides");
	ok(worst_p < 1e-12 && worst_ln < 1e-12, "p and ln p with ties: worst %.2g, %.2g", worst_p, worst_ln);
}

static void
without_ties(void)
{
	static double x[4096],
				y[4096];
	mlops_test	t,
				cut;
	size_t		n = 3000;
	size_t		m = 3333;
	double		p,
				ln_p,
				d = 0,
				work[3001];
	mlops_tails tails;

	for (size_t i = 0; i <= n; i++)
		x[i] = (double) i * 7.0;
	for (size_t j = 0; j < m; j++)
		y[j] = (double) j * 6.1 + 0.05;
	t = drive(&mlops_ks_method, x, n, y, m, &none, 100000);
	cut = drive(&mlops_ks_method, x, n, y, m, &none, 1);
	ok(memcmp(&t, &cut, sizeof(t)) == 0, "blocks do not matter");
	mlops_ks_exact_p(t.statistic, (int64_t) n, (int64_t) m, work, 3001, &p, &ln_p);
	ok(t.p == p && t.ln_p == ln_p && strcmp(t.variant, "exact") == 0, "9,999,000 cells are exact");
	for (size_t j = 0; j < m; j++)
	{
		/* reference rows up to y[j]: the largest differences are just before and at a y */
		double		f = fmin(floor(y[j] / 7) + 1, (double) n) / (double) n;

		d = fmax(d, fmax(fabs(f - (double) j / (double) m), fabs(f - (double) (j + 1) / (double) m)));
	}
	is_close(t.statistic, d, 1e-14, "D");
	/* effect and interval, by hand: ln(2 / (1 - sqrt .95)) = 4.3693... */
	is_close(t.effect_upper - t.effect, sqrt(log(2 / (1 - sqrt(0.95))) / 2) * (1 / sqrt(3000.0) + 1 / sqrt(3333.0)),
			 1e-12, "interval of D");
	ok(strcmp(t.measure, "D") == 0 && t.effect == t.statistic && isnan(t.df) && t.reason == NULL, "the rest of the row");

	t = drive(&mlops_ks_method, x, n + 1, y, m, &none, 512);
	mlops_kolmogorov_tails(t.statistic * sqrt(3001.0 * 3333 / 6334), &tails);
	ok(strcmp(t.variant, "limiting") == 0 && fabs(t.ln_p / tails.ln_upper - 1) < 1e-14, "10,002,333 cells are not");
}

/* Many rows at few values: exact integers far beyond 2^32. */
static void
large(void)
{
	double		v[] = {1, 2, 3};
	double		r[] = {9e7, 1, 3e6};
	double		c[] = {9e7 - 1, 3, 3e6 - 1};
	mlops_runs	runs = {v, r, c, 3};
	void	   *s = calloc(1, mlops_ks_method.state_size(93000001, 93000001, &none));
	mlops_test	t;

	mlops_ks_method.begin(s, 93000001, 93000001, &none);
	mlops_ks_method.step(s, &runs);
	mlops_ks_method.finish(s, &t);
	ok(t.statistic == 1 / 93000001.0, "one row among 93,000,001 is seen");
	free(s);
}

int
main(void)
{
	double		x[] = {5, 5, 5};
	double		y[] = {5, 5};
	mlops_test	t;

	with_ties();
	without_ties();
	large();
	t = drive(&mlops_ks_method, x, 3, y, 2, &none, 512);
	ok(t.statistic == 0 && t.p == 1 && t.ln_p == 0 && t.effect_lower == 0 && t.effect_upper == 1, "one value: D is 0, p is 1");
	t = drive(&mlops_ks_method, x, 0, y, 2, &none, 512);
	ok(isnan(t.p) && isnan(t.statistic) && strcmp(t.reason, "no reference rows") == 0 && t.n == 0 && t.m == 2, "no reference");
	t = drive(&mlops_ks_method, x, 3, y, 0, &none, 512);
	ok(isnan(t.p) && strcmp(t.reason, "no current rows") == 0 && t.n == 3, "no current");
	return done_testing();
}
