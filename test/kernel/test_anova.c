/*
 * test_anova.c
 *		Analysis of variance and Welch's tests against the definitions in many
 *		digits (golden/groups.csv), and on NIST's sets (golden/nist_anova.csv),
 *		in one pass and after merges of any shape.
 */
#include "tap.h"

#include "kernel/groups/anova.h"
#include "kernel/twosample/ttest.h"

#define MAX_VALUES 1000
#define MAX_GROUPS 64

static uint32_t seed = 5;

static uint32_t
next_random(uint32_t below)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % below;
}

/* Values in `parts` parts, which are joined in a random order. */
static mlops_mean3
moments(const double *x, int n, int parts)
{
	mlops_mean3 part[16] = {0};

	for (int i = 0; i < n; i++)
		mlops_mean3_add(&part[next_random(parts)], x[i]);
	while (parts > 1)
	{
		uint32_t	k = next_random(--parts);

		mlops_mean3_merge(&part[k], &part[parts]);
	}
	return part[0];
}

static double
error_of(double got, double want)
{
	if (got == want)
		return 0;
	return fabs(got - want) / fmax(fabs(want), 1e-300);
}

#define COLUMNS 19

static void
against_golden(void)
{
	golden		g;
	double		worst[COLUMNS] = {0};
	double		limits = 0;
	int			rows = 0;

	golden_open(&g, "groups.csv", "sizes,values,f,df1,df2,p,ln_p,omega2,omega2_lower,omega2_upper,"
				"welch_f,welch_df2,welch_p,welch_ln_p,t,df,t_p,t_ln_p,d,d_lower,d_upper");
	while (golden_next(&g))
	{
		double		size[MAX_GROUPS];
		double		x[MAX_VALUES];
		int			k = golden_list(&g, 0, size, MAX_GROUPS);

		golden_list(&g, 1, x, MAX_VALUES);
		for (int parts = 1; parts <= 16; parts += 3)
		{
			mlops_mean3 group[MAX_GROUPS];
			mlops_anova a = {0};
			mlops_group_test f;
			mlops_group_test w;
			mlops_test	t;
			const double *next = x;

			for (int i = 0; i < k; next += (int) size[i++])
			{
				group[i] = moments(next, (int) size[i], parts);
				mlops_anova_add(&a, &group[i].base);
			}
			if (mlops_anova_finish(&a, &f) != MLOPS_OK || mlops_welch_anova(group, k, &w) != MLOPS_OK ||
				mlops_welch_test(&group[0].base, &group[1].base, &t) != MLOPS_OK)
			{
				ok(false, "line %d is computed", g.line);
				continue;
			}
			if (parts == 1)
				mlops_anova_interval(&f);
			for (int i = 0; i < COLUMNS; i++)
			{
				const double got[COLUMNS] = {f.statistic, f.df1, f.df2, f.p, f.ln_p, f.effect, f.effect_lower, f.effect_upper,
					w.statistic, w.df2, w.p, w.ln_p, t.statistic, t.df, t.p, t.ln_p, t.effect, t.effect_lower, t.effect_upper};
				double		want = golden_double(&g, 2 + i);

				if (i == 6 || i == 7)
				{
					if (parts == 1)
						limits = fmax(limits, fabs(got[i] - want) / fmax(want, 1e-3));
				}
				else if (i == 5)	/* omega squared: a difference, clipped at 0 */
					worst[i] = fmax(worst[i], fabs(got[i] - want) / fmax(want, 0.01));
				else if (i >= 17)	/* limits pass through zero */
					worst[i] = fmax(worst[i], fabs(got[i] - want) / fmax(fabs(want), 0.1));
				else
					worst[i] = fmax(worst[i], error_of(got[i], want));
			}
		}
		rows++;
	}
	ok(rows > 60, "golden rows were read: %d", rows);
	ok(worst[0] < 1e-13 && worst[1] == 0 && worst[2] == 0, "F: worst %.2g", worst[0]);
	ok(worst[3] < 1e-12 && worst[4] < 1e-12, "p, ln p: worst %.2g, %.2g", worst[3], worst[4]);
	ok(worst[5] < 1e-13 && limits < 1e-8, "omega squared: worst %.2g, limits %.2g", worst[5], limits);
	ok(worst[8] < 1e-13 && worst[9] < 1e-13, "Welch's F and df: worst %.2g, %.2g", worst[8], worst[9]);
	ok(worst[10] < 1e-12 && worst[11] < 1e-12, "Welch's p, ln p: worst %.2g, %.2g", worst[10], worst[11]);
	ok(worst[12] < 1e-13 && worst[13] < 1e-13, "t and df: worst %.2g, %.2g", worst[12], worst[13]);
	ok(worst[14] < 1e-12 && worst[15] < 1e-12, "p, ln p of t: worst %.2g, %.2g", worst[14], worst[15]);
	ok(worst[16] < 1e-13 && worst[17] < 1e-8 && worst[18] < 1e-8, "d: worst %.2g, limits %.2g, %.2g", worst[16], worst[17], worst[18]);
}

/* The groups of one of NIST's sets, in parts that are merged; returns how many. */
static int
nist_groups(const char *set, int parts, mlops_mean2 *group)
{
	golden		g;
	mlops_mean2 part[MAX_GROUPS][16] = {{{0}}};
	double		last[MAX_GROUPS][2];
	int			k = 0;

	golden_open(&g, "nist_anova_data.csv", "set,group,value,copies");
	while (golden_next(&g))
	{
		int			i = (int) golden_double(&g, 1) - 1;
		double		copies = golden_double(&g, 3);

		if (strcmp(golden_text(&g, 0), set) != 0)
			continue;
		k = i + 1 > k ? i + 1 : k;
		last[i][0] = last[i][1];
		last[i][1] = golden_double(&g, 2);
		mlops_mean2_add(&part[i][next_random(parts)], last[i][1]);
		for (double c = 0; c < copies; c++)
			for (int v = 0; v < 2; v++)
				mlops_mean2_add(&part[i][next_random(parts)], last[i][v]);
	}
	for (int i = 0; i < k; i++)
	{
		group[i] = part[i][parts - 1];
		for (int p = 0; p + 1 < parts; p++)
			mlops_mean2_merge(&group[i], &part[i][p], NULL);
	}
	return k;
}

static void
nist(void)
{
	golden		g;

	golden_open(&g, "nist_anova.csv", "set,n,scale,df1,df2,ss1,ss2,f,r2,sd,ss1_double,ss2_double,f_double,sd_double");
	while (golden_next(&g))
	{
		double		worst = 0;
		double		between = 0;
		double		certified = 0;

		for (int parts = 1; parts <= 16; parts += 5)
		{
			mlops_mean2 group[MAX_GROUPS];
			mlops_anova a = {0};
			mlops_group_test f;
			int			k = nist_groups(golden_text(&g, 0), parts, group);

			for (int i = 0; i < k; i++)
				mlops_anova_add(&a, &group[i]);
			mlops_anova_finish(&a, &f);
			if (f.n != golden_double(&g, 1) || f.df1 != golden_double(&g, 3) || f.df2 != golden_double(&g, 4))
				ok(false, "%s: rows and degrees of freedom", golden_text(&g, 0));
			worst = fmax(worst, error_of(f.statistic, golden_double(&g, 12)));
			between = fmax(between, fmax(error_of(a.between.hi, golden_double(&g, 10)), error_of(a.within.hi, golden_double(&g, 11))));
			certified = fmax(certified, error_of(f.statistic, golden_double(&g, 7)));
		}
		ok(worst < 1e-14 && between < 1e-14, "NIST %s: F of these doubles, worst %.2g; sums of squares %.2g; "
		   "against the decimal data %.2g", golden_text(&g, 0), worst, between, certified);
	}
}

static void
no_anova(const double *x, const int *size, int k, mlops_status status, const char *why)
{
	mlops_anova a = {0};
	mlops_group_test f;

	for (int i = 0; i < k; x += size[i++])
	{
		mlops_mean3 group = moments(x, size[i], 1);

		mlops_anova_add(&a, &group.base);
	}
	ok(mlops_anova_finish(&a, &f) == status && isnan(f.p) && isnan(f.statistic) && f.reason && strcmp(f.reason, why) == 0, "no F: %s", why);
	mlops_anova_interval(&f);
	ok(isnan(f.effect) && isnan(f.effect_lower), "nor an effect");
}

static void
no_welch(const double *x, const int *size, int k, mlops_status status, const char *why)
{
	mlops_mean3 group[MAX_GROUPS];
	mlops_group_test w;
	mlops_test	t;

	for (int i = 0; i < k; x += size[i++])
		group[i] = moments(x, size[i], 1);
	ok(mlops_welch_anova(group, k, &w) == status && isnan(w.p) && isnan(w.effect) && w.reason && strcmp(w.reason, why) == 0, "no Welch F: %s", why);
	if (k == 2 && mlops_welch_test(&group[0].base, &group[1].base, &t) == MLOPS_OK)
		ok(false, "there is a t");
	else if (k == 2)
		ok(isnan(t.p) && isnan(t.effect) && t.reason &&
		   t.n == size[0] && t.m == size[1], "no t: %s", t.reason);
}

static void
degenerate(void)
{
	const double x[] = {1, 2, 4, 8, 16, 32};
	const double same[] = {3, 3, 3, 3, 4, 4};
	const double far[] = {1.7e308, -1.7e308, 0, 1, 2, 3};

	no_anova(x, (int[]) {0, 0}, 2, MLOPS_EMPTY, "no rows");
	no_anova(x, (int[]) {6, 0}, 2, MLOPS_EMPTY, "one group");
	no_anova(x, (int[]) {1, 1, 1}, 3, MLOPS_DEGENERATE, "one row in every group");
	no_anova(same, (int[]) {2, 2}, 2, MLOPS_DEGENERATE, "all values are equal");
	no_anova(same, (int[]) {4, 2}, 2, MLOPS_DEGENERATE, "nothing varies within the groups");
	no_anova(far, (int[]) {3, 3}, 2, MLOPS_DOMAIN, "squares are out of range");
	no_welch(x, (int[]) {0, 0}, 2, MLOPS_EMPTY, "no rows");
	no_welch(x, (int[]) {0, 6}, 2, MLOPS_EMPTY, "one group");
	no_welch(x, (int[]) {6, 0}, 2, MLOPS_EMPTY, "one group");
	no_welch(x, (int[]) {5, 1}, 2, MLOPS_DEGENERATE, "a group has one row only");
	no_welch(x, (int[]) {1, 5}, 2, MLOPS_DEGENERATE, "a group has one row only");
	no_welch(same, (int[]) {4, 2}, 2, MLOPS_DEGENERATE, "a group does not vary");
	no_welch(far, (int[]) {3, 3}, 2, MLOPS_DOMAIN, "squares are out of range");
}

static void
properties(void)
{
	const double x[] = {1, 2, 4, 8, 16, 32, 5, 5};
	mlops_mean3 both[2] = {moments(x, 3, 1), moments(x + 3, 3, 1)};
	mlops_mean2 a = both[0].base;
	mlops_mean2 b = both[1].base;
	mlops_mean2 constant = moments(x + 6, 2, 1).base;
	mlops_group_test w;
	mlops_test	t;
	mlops_test	s;

	mlops_welch_test(&a, &b, &t);
	mlops_welch_test(&b, &a, &s);
	mlops_welch_anova(both, 2, &w);
	ok(t.statistic > 0 && t.effect > 0 && s.statistic == -t.statistic && s.p == t.p, "a larger current mean is positive");
	is_close(s.effect_lower, -t.effect_upper, 1e-9, "the interval of the other way round");
	is_close(w.statistic, t.statistic * t.statistic, 1e-14, "Welch's F of two groups is t squared");
	is_close(w.p, t.p, 1e-13, "with the same p");
	ok(mlops_welch_test(&a, &constant, &t) == MLOPS_OK && t.df == 2, "one constant side is enough; df is that of the other");
	ok(mlops_welch_test(&a, &a, &t) == MLOPS_OK && t.statistic == 0 && t.p == 1 && t.ln_p == 0 && t.effect == 0, "equal means: p = 1");

	/* means at the end of the range, a hundred times */
	a = (mlops_mean2) {0};
	for (int i = 0; i < 100; i++)
		mlops_mean2_add(&a, i % 2 ? 1.7e308 : -1.5e308);
	ok(isinf(a.m2.hi), "squares out of range are infinite");
	is_close(a.mean.hi, 1e307, 1e-14, "the mean is not");
	b = a;
	mlops_mean2_merge(&b, &a, NULL);
	ok(isinf(b.m2.hi) && b.m2.hi > 0 && b.n == 200, "also merged");
	is_close(b.mean.hi, 1e307, 1e-14, "with the same mean");
	a = (mlops_mean2) {0};
	mlops_mean2_add_rows(&a, 7, 5);
	mlops_mean2_add_rows(&a, -3, 5);
	ok(a.n == 10 && a.mean.hi == 2 && a.m2.hi == 250 && a.m2.lo == 0, "rows at a time");
}

int
main(void)
{
	against_golden();
	nist();
	degenerate();
	properties();
	return done_testing();
}
