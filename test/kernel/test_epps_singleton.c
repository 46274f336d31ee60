/*
 * test_epps_singleton.c
 *		Epps-Singleton test against its definition in mpmath
 *		(golden/epps_singleton.csv), and what has no test.
 */
#include "drive.h"

#include "kernel/twosample/epps_singleton.h"

static const mlops_twosample_options none;
static double x[512],
			r[512],
			c[512];

static mlops_test
over(size_t k, size_t block)
{
	const mlops_twosample_method *method = &mlops_epps_singleton_method;
	double		n = 0;
	double		m = 0;
	void	   *state;
	mlops_test	out;

	for (size_t i = 0; i < k; i++)
	{
		n += r[i];
		m += c[i];
	}
	state = calloc(1, method->state_size(n, m, &none));
	method->begin(state, n, m, &none);
	do
	{
		for (size_t at = 0; at < k; at += block)
			method->step(state, &(mlops_runs) {x + at, r + at, c + at, k - at < block ? k - at : block});
	} while (method->again(state));
	method->finish(state, &out);
	free(state);
	return out;
}

static void
against_golden(void)
{
	golden		g;
	double		worst[3] = {0};
	double		cut = 0;
	int			rows = 0;
	int			wrong = 0;

	golden_open(&g, "epps_singleton.csv", "x,reference,current,statistic,df,p,ln_p,condition");
	while (golden_next(&g))
	{
		size_t		k = (size_t) golden_list(&g, 0, x, 512);
		/* eigenvalues are right to some 1e-16 of the largest */
		double		unit = fmax(1, 4e-3 * golden_double(&g, 7));
		mlops_test	t;
		mlops_test	u;
		double		p = golden_double(&g, 5);

		golden_list(&g, 1, r, 512);
		golden_list(&g, 2, c, 512);
		t = over(k, 512);
		u = over(k, 3);
		wrong += t.df != golden_double(&g, 4) || t.reason != NULL || strcmp(t.variant, "limiting") != 0;
		worst[0] = fmax(worst[0], fabs(t.statistic / golden_double(&g, 3) - 1) / unit);
		worst[1] = fmax(worst[1], fabs(t.ln_p / golden_double(&g, 6) - 1) / unit);
		if (p > 1e-290)
			worst[2] = fmax(worst[2], fabs(t.p / p - 1) / fmax(1, fabs(log(p))) / unit);
		cut = fmax(cut, fabs(u.statistic / t.statistic - 1) / unit);
		if (!(fabs(t.statistic / golden_double(&g, 3) - 1) / unit < 1e-12))
			diag("row %d: %.17g, want %.17g (condition %g)", rows, t.statistic, golden_double(&g, 3), golden_double(&g, 7));
		rows++;
	}
	ok(rows > 25, "golden rows were read: %d", rows);
	ok(wrong == 0, "degrees of freedom are the rank: %d wrong", wrong);
	ok(worst[0] < 1e-12, "W2: worst %.2g, per unit of the condition", worst[0]);
	ok(worst[1] < 1e-12 && worst[2] < 1e-12, "ln p and p: worst %.2g, %.2g", worst[1], worst[2]);
	ok(cut < 1e-12, "blocks do not matter: %.2g", cut);
}

int
main(void)
{
	double		a[] = {0, 0, 0, 0, 0, 0, 0, 1};
	double		b[] = {0, 0, 0, 0, 0, 2};
	double		low[] = {3, 3, 3, 3, 3};
	double		high[] = {4, 4, 4, 4, 4, 4};
	double		wide[] = {-1.7e308, -1.6e308, 0, 1e-300, 1e-300, 1e300, 1.6e308, 1.7e308};
	mlops_test	t;

	against_golden();
	t = drive(&mlops_epps_singleton_method, a, 0, b, 6, &none, 2);
	ok(isnan(t.p) && strcmp(t.reason, "no reference rows") == 0 && t.m == 6, "no reference");
	t = drive(&mlops_epps_singleton_method, a, 8, b, 0, &none, 2);
	ok(isnan(t.p) && strcmp(t.reason, "no current rows") == 0, "no current");
	t = drive(&mlops_epps_singleton_method, a, 8, b, 4, &none, 2);
	ok(isnan(t.p) && strcmp(t.reason, "fewer than 5 rows on a side") == 0 && t.n == 8, "too few");
	t = drive(&mlops_epps_singleton_method, a, 8, b, 6, &none, 2);
	ok(isnan(t.p) && isnan(t.statistic) && strcmp(t.reason, "the interquartile range is 0") == 0, "mostly zeros");
	t = drive(&mlops_epps_singleton_method, low, 5, low, 5, &none, 2);
	ok(isnan(t.p) && strcmp(t.reason, "all values are equal") == 0, "one value");
	t = drive(&mlops_epps_singleton_method, low, 5, high, 6, &none, 2);
	/* W2 cannot be larger than N - 1; P(chi-square > 10) with one degree of freedom */
	ok(fabs(t.statistic - 10) < 1e-12 && t.df == 1 && fabs(t.p - 0.0015654022580025495) < 1e-15, "two constants");
	t = drive(&mlops_epps_singleton_method, wide, 8, a, 8, &none, 2);
	ok(isnan(t.p) && t.reason != NULL && strstr(t.reason, "interquartile") != NULL, "values as far apart as they go");
	wide[0] = -1e300;
	wide[1] = -1;
	wide[6] = 1;
	wide[7] = 2;
	t = drive(&mlops_epps_singleton_method, wide, 8, high, 6, &none, 2);
	ok(t.p > 0 && t.p <= 1 && t.df >= 3, "one far value");
	return done_testing();
}
