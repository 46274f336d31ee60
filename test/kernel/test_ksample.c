/*
 * test_ksample.c
 *		Kruskal-Wallis and Brown-Forsythe tests of several groups against exact
 *		fractions and mpmath (golden/ksample.csv), in blocks of any size.
 */
#include "tap.h"

#include "kernel/groups/ksample.h"

#define MAX_VALUES 1000
#define MAX_GROUPS 64

static uint32_t seed = 11;

static uint32_t
next_random(uint32_t below)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % below;
}

static int
ascending(const void *a, const void *b)
{
	double		x = ((const mlops_group_value *) a)->x;
	double		y = ((const mlops_group_value *) b)->x;

	return (x > y) - (x < y);
}

static int
run(const mlops_ksample_method *method, const double *x, const double *size, int k, int largest_block,
	mlops_group_test *out)
{
	mlops_group_value v[MAX_VALUES];
	int64_t		rows[MAX_GROUPS];
	int			n = 0;
	int			passes = 0;
	void	   *state = calloc(1, method->state_size(k));

	for (int g = 0; g < k; g++)
	{
		rows[g] = (int64_t) size[g];
		for (int i = 0; i < rows[g]; i++, n++)
			v[n] = (mlops_group_value) {x[n], g, 0};
	}
	/* rows of one value in any order */
	for (int i = n - 1; i > 0; i--)
	{
		int			j = next_random(i + 1);
		mlops_group_value t = v[i];

		v[i] = v[j];
		v[j] = t;
	}
	qsort(v, n, sizeof(v[0]), ascending);
	method->begin(state, k, rows);
	do
	{
		for (int i = 0; i < n;)
		{
			int			block = 1 + next_random(largest_block);

			block = block < n - i ? block : n - i;
			method->step(state, v + i, block);
			i += block;
		}
		passes++;
	} while (method->again != NULL && method->again(state));
	method->finish(state, out);
	free(state);
	return passes;
}

static void
against_golden(void)
{
	golden		g;
	double		worst[10] = {0};
	int			rows = 0;
	int			exact = 0;
	int			spreads = 0;

	golden_open(&g, "ksample.csv", "sizes,values,h,exact,p,ln_p,epsilon2,f,df2,f_p,omega2,omega2_lower,omega2_upper");
	while (golden_next(&g))
	{
		double		size[MAX_GROUPS];
		double		x[MAX_VALUES];
		int			k = golden_list(&g, 0, size, MAX_GROUPS);
		int			n = golden_list(&g, 1, x, MAX_VALUES);
		bool		is_exact = golden_double(&g, 3) == 1;

		for (int block = 1; block <= 50; block += 49)
		{
			mlops_group_test h;
			mlops_group_test f;
			const int	column[10] = {2, 4, 5, 6, 7, 8, 9, 10, 11, 12};

			run(&mlops_kruskal_method, x, size, k, block, &h);
			run(&mlops_group_spread_method, x, size, k, block, &f);
			if (h.groups != k || h.n != n || h.df1 != k - 1 || !h.variant || (strcmp(h.variant, "exact") == 0) != is_exact)
				ok(false, "line %d: groups, rows, df, variant", g.line);
			if (golden_double(&g, 7) < 0 && !(isnan(f.p) && f.reason))
				ok(false, "line %d: spread has no p", g.line);
			for (int i = 0; i < (golden_double(&g, 7) < 0 ? 4 : 10); i++)
			{
				const double got[10] = {h.statistic, h.p, h.ln_p, h.effect, f.statistic, f.df2, f.p, f.effect, f.effect_lower, f.effect_upper};
				double		want = golden_double(&g, column[i]);
				double		unit = i == 2 ? fmax(fabs(want), 1) : i >= 7 ? fmax(want, 0.01) : want;

				if (got[i] != want)
					worst[i] = fmax(worst[i], fabs(got[i] - want) / unit);
			}
		}
		rows++;
		exact += is_exact;
		spreads += golden_double(&g, 7) >= 0;
	}
	ok(rows > 50 && exact > 20 && spreads > 45, "golden rows were read: %d, %d exact, %d with a spread", rows, exact, spreads);
	ok(worst[0] < 1e-13 && worst[3] < 1e-13, "H: worst %.2g; epsilon squared %.2g", worst[0], worst[3]);
	ok(worst[1] < 1e-12 && worst[2] < 1e-12, "p: worst %.2g; ln p %.2g", worst[1], worst[2]);
	ok(worst[4] < 1e-13 && worst[5] == 0 && worst[6] < 1e-12, "F: worst %.2g; p %.2g", worst[4], worst[6]);
	ok(worst[7] < 1e-13 && worst[8] < 1e-8 && worst[9] < 1e-8, "omega squared: worst %.2g; limits %.2g, %.2g", worst[7], worst[8], worst[9]);
}

/*
 * Table O of Siegel and Castellan, "Nonparametric statistics" (1988): the
 * probability of H at least so large, to three digits.
 */
static void
published(void)
{
	/* three groups of five; ranks that give H = 5.78 and 8.00 */
	const double five[] = {5, 5, 5};
	const double a[] = {1, 2, 3, 7, 11, 4, 5, 8, 9, 14, 6, 10, 12, 13, 15};
	mlops_group_test t;
	double		least[2] = {1, 1};
	double		x[15];

	run(&mlops_kruskal_method, a, five, 3, 4, &t);
	ok(strcmp(t.variant, "exact") == 0, "756756 assignments are looked at");
	/* random orders of the ranks: the largest p with H >= the tabled value */
	for (int i = 0; i < 15; i++)
		x[i] = i + 1;
	for (int trial = 0; trial < 20000; trial++)
	{
		double		between = 0;

		for (int i = 14; i > 0; i--)
		{
			int			j = next_random(i + 1);
			double		swap = x[i];

			x[i] = x[j];
			x[j] = swap;
		}
		for (int g = 0; g < 3; g++)
		{
			double		sum = x[5 * g] + x[5 * g + 1] + x[5 * g + 2] + x[5 * g + 3] + x[5 * g + 4] - 40;

			between += sum * sum / 5;
		}
		/* H = 14 between / 280 */
		for (int i = 0; i < 2; i++)
			if (fabs(between / 20 - (i ? 8.00 : 5.78)) < 0.0051 && least[i] == 1)
			{
				run(&mlops_kruskal_method, x, five, 3, 4, &t);
				least[i] = t.p;
			}
	}
	ok(fabs(least[0] - 0.049) < 0.0006, "published: P(H >= 5.78) is .049 for 5, 5, 5: %.4f", least[0]);
	ok(fabs(least[1] - 0.009) < 0.0006, "published: P(H >= 8.00) is .009 for 5, 5, 5: %.4f", least[1]);
}

static void
degenerate(void)
{
	const double x[] = {1, 2, 3, 4, 5, 6};
	const double same[] = {4, 4, 4, 4, 4, 4};
	mlops_group_test t;

	for (int i = 0; i < 2; i++)
	{
		const mlops_ksample_method *m = i ? &mlops_group_spread_method : &mlops_kruskal_method;

		run(m, x, (double[]) {0}, 0, 3, &t);
		ok(isnan(t.p) && t.reason && t.groups == 0 && t.n == 0, "%s: %s", m->name, t.reason);
		run(m, x, (double[]) {6}, 1, 3, &t);
		ok(isnan(t.p) && t.reason && t.groups == 1 && t.n == 6, "%s: %s", m->name, t.reason);
		run(m, same, (double[]) {3, 3}, 2, 3, &t);
		ok(isnan(t.p) && isnan(t.statistic) && t.reason && t.n == 6, "%s: %s", m->name, t.reason);
	}
	run(&mlops_group_spread_method, x, (double[]) {1, 1, 1}, 3, 3, &t);
	ok(isnan(t.p) && t.reason, "spread: %s", t.reason);
	run(&mlops_group_spread_method, (double[]) {-1, 1, -5, 5}, (double[]) {2, 2}, 2, 3, &t);
	ok(isnan(t.p) && t.reason && strstr(t.reason, "do not vary"), "spread: %s", t.reason);
	run(&mlops_group_spread_method, (double[]) {0.1, 0.3, 0.1, 0.7, 1.1, 7.7}, (double[]) {2, 2, 2}, 3, 3, &t);
	ok(isnan(t.p) && t.reason && strstr(t.reason, "do not vary"), "spread, but for rounding: %s", t.reason);
	run(&mlops_kruskal_method, x, (double[]) {1, 1, 1}, 3, 3, &t);
	ok(t.p == 1 && t.effect == 1, "one row in every group: H says nothing, p = 1");
	run(&mlops_kruskal_method, x, (double[]) {3, 3}, 2, 3, &t);
	is_close(t.p, 0.1, 1e-15, "two groups of three, separated: 2 of 20");
	is_close(t.statistic, 27 / 7.0, 1e-15, "H by hand");
}

int
main(void)
{
	against_golden();
	published();
	degenerate();
	return done_testing();
}
