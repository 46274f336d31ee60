/*
 * test_kuiper.c
 *		Kuiper's V: the exact law of two samples (golden/kuiper.csv), the limit
 *		(golden/kuiper_limit.csv), and that V is not D.
 */
#include "drive.h"

#include "kernel/twosample/ks.h"

static const mlops_twosample_options none;
static double work[4 * 3164];

static void
exact(void)
{
	golden		g;
	double		worst_p = 0;
	double		worst_ln = 0;
	int			rows = 0;

	golden_open(&g, "kuiper.csv", "n,m,c,p,ln_p");
	while (golden_next(&g))
	{
		int64_t		n = (int64_t) golden_double(&g, 0);
		int64_t		m = (int64_t) golden_double(&g, 1);
		int64_t		c = (int64_t) golden_double(&g, 2);
		double		want = golden_double(&g, 3);
		double		ln_want = golden_double(&g, 4);
		double		p,
					ln_p;

		for (int side = 0; side < 2; side++)
		{
			if (mlops_kuiper_exact_p(c, side ? n : m, side ? m : n, work, sizeof(work) / sizeof(double), &p, &ln_p) != MLOPS_OK)
				p = ln_p = NAN;
			if (!(fabs(p - want) <= 1e-12 * want || want < 1e-290))
				diag("%d %d %d: got %.17g, want %.17g", (int) n, (int) m, (int) c, p, want);
			if (want > 1e-290)
				worst_p = fmax(worst_p, isnan(p) ? INFINITY : fabs(p / want - 1));
			worst_ln = fmax(worst_ln, isnan(p) ? INFINITY : fabs(ln_p - ln_want) / fmax(1, fabs(ln_want)));
		}
		rows++;
	}
	ok(rows > 100, "golden rows were read: %d", rows);
	ok(worst_p < 1e-12 && worst_ln < 1e-12, "exact p and ln p: worst %.2g, %.2g", worst_p, worst_ln);
	ok(mlops_kuiper_exact_p(10, 5, 7, work, 23, work, work + 1) == MLOPS_NOSPACE
	   && mlops_kuiper_exact_p(36, 5, 7, work, 24, work, work + 1) == MLOPS_DOMAIN, "too little space, V above 1");
}

static void
limit(void)
{
	golden		g;
	double		worst = 0;
	double		worst_ln = 0;
	int			rows = 0;

	golden_open(&g, "kuiper_limit.csv", "x,lower,upper,ln_lower,ln_upper");
	while (golden_next(&g))
	{
		mlops_tails t;

		mlops_kuiper_tails(golden_double(&g, 0), &t);
		for (int i = 1; i <= 2; i++)
		{
			double		want = golden_double(&g, i);
			double		ln_want = golden_double(&g, i + 2);

			if (want > 1e-290)
				worst = fmax(worst, fabs((i == 1 ? t.lower : t.upper) / want - 1));
			/* the logarithm of a tail near 1 is the other tail, with its sign */
			if (fabs(ln_want) > 1e-290)
				worst_ln = fmax(worst_ln, fabs((i == 1 ? t.ln_lower : t.ln_upper) / ln_want - 1));
		}
		rows++;
	}
	ok(rows > 20, "golden rows were read: %d", rows);
	ok(worst < 1e-12 && worst_ln < 1e-12, "limit: worst of tails %.2g, of logarithms %.2g", worst, worst_ln);
}

static void
over_values(void)
{
	static double x[4000],
				y[4000];
	double		a[] = {1, 2, 9, 10, 11};
	double		b[] = {4, 5, 6, 7};
	mlops_test	t = drive(&mlops_kuiper_method, a, 5, b, 4, &none, 3);
	mlops_test	cut,
				ks = drive(&mlops_ks_method, a, 5, b, 4, &none, 3);
	mlops_tails tails;

	/* F - G is 2/5 at 2 and -3/5 at 7: V = 1, D = 3/5 */
	ok(t.statistic == 1 && ks.statistic == 0.6, "V is D+ + D-, not D");
	/* one block of 4 among 9 on the circle: 9 of the C(9, 4) = 126 */
	is_close(t.p, 9.0 / 126, 1e-14, "p of it");
	ok(strcmp(t.variant, "exact") == 0 && strcmp(t.measure, "V") == 0, "its row");
	for (int i = 0; i < 5; i++)
		a[i] = fmod(a[i] + 3, 12);
	for (int i = 0; i < 4; i++)
		b[i] = fmod(b[i] + 3, 12);
	cut = drive(&mlops_kuiper_method, a, 5, b, 4, &none, 1);
	ok(cut.p == t.p && cut.statistic == t.statistic, "the circle may be cut open anywhere");

	for (int i = 0; i < 4000; i++)
	{
		x[i] = i;
		y[i] = 2000 + (i - 2000) * 0.9 + 0.05;
	}
	t = drive(&mlops_kuiper_method, x, 4000, y, 4000, &none, 512);
	mlops_kuiper_tails(t.statistic * sqrt(2000), &tails);
	ok(strcmp(t.variant, "limiting") == 0 && t.p == tails.upper && t.ln_p == tails.ln_upper, "16 million cells: the limit");
	is_close(t.effect_upper - t.effect, 4 * sqrt(log(2 / (1 - sqrt(0.95))) / 8000), 1e-12, "interval of V");
	y[0] = 4;
	t = drive(&mlops_kuiper_method, x, 100, y, 90, &none, 512);
	ok(strcmp(t.variant, "upper bound") == 0, "a tie: p is an upper bound");
	t = drive(&mlops_kuiper_method, x, 0, y, 90, &none, 512);
	ok(isnan(t.statistic) && strcmp(t.reason, "no reference rows") == 0, "an empty side");
}

int
main(void)
{
	exact();
	limit();
	over_values();
	return done_testing();
}
