/*
 * test_skewed_means.c
 *		Skewness from parts, when a difference of means is skewed, and which test
 *		is then taken (golden/skewed_means.csv).
 */
#include "tap.h"

#include "kernel/groups/anova.h"
#include "kernel/twosample/ttest.h"

#define MAX_VALUES 1000
#define MAX_GROUPS 8

static uint32_t seed = 11;

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

static bool
pooled(const char *variant)
{
	return variant != NULL && strcmp(variant, MLOPS_POOLED_VARIANCE) == 0;
}

static double
error_of(double got, double want, double unit)
{
	return fabs(got - want) / fmax(fabs(want), unit);
}

#define NUMBERS 12

/* The first two groups: skewness, t and its interval; returns whether the decisions are right. */
static bool
check_two(golden *g, const mlops_mean3 *group, double *worst)
{
	mlops_mean3 both = {0};
	mlops_test	t;
	double		got[8];
	bool		right;

	for (int i = 0; i < 2; i++)
	{
		mlops_mean3 around = group[i];

		around.base.mean = (mlops_dd) {0, 0};
		mlops_mean3_merge(&both, &around);
	}
	right = mlops_means_skewed(group, 2) == (golden_double(g, 3) == 1) &&
		mlops_mean_test(&group[0], &group[1], &t) == MLOPS_OK && pooled(t.variant) == (golden_double(g, 4) == 1);
	memcpy(got, (double[]) {mlops_mean3_skewness(&both), t.statistic, t.df, t.p, t.ln_p, t.effect, t.effect_lower, t.effect_upper}, sizeof(got));
	for (int i = 0; i < 8; i++)
		worst[i] = fmax(worst[i], error_of(got[i], golden_double(g, i == 0 ? 2 : 4 + i), i == 0 || i > 5 ? 0.1 : i == 1 || i == 5 ? 1e-3 : 1e-300));
	return right;
}

static bool
check_all(golden *g, const mlops_mean3 *group, int k, double *worst)
{
	mlops_group_test f;
	double		want[4];
	bool		right;

	for (int i = 0; i < 4; i++)
		want[i] = golden_double(g, 14 + i);
	if (isnan(want[0]))
		return mlops_group_mean_test(group, k, &f) == MLOPS_DEGENERATE && isnan(f.p);
	right = mlops_group_mean_test(group, k, &f) == MLOPS_OK &&
		mlops_means_skewed(group, k) == (golden_double(g, 12) == 1) && pooled(f.variant) == (golden_double(g, 13) == 1);
	for (int i = 0; i < 4; i++)
		worst[8 + i] = fmax(worst[8 + i], error_of((double[]) {f.statistic, f.df2, f.p, f.ln_p}[i], want[i], 1e-300));
	return right;
}

static void
against_golden(void)
{
	golden		g;
	double		worst[NUMBERS] = {0};
	int			rows = 0;
	int			wrong = 0;
	int			taken = 0;

	golden_open(&g, "skewed_means.csv", "sizes,values,skewness,skewed,pooled,t,df,p,ln_p,d,d_lower,d_upper,all_skewed,all_pooled,f,df2,f_p,f_ln_p");
	while (golden_next(&g))
	{
		double		size[MAX_GROUPS];
		double		x[MAX_VALUES];
		int			k = golden_list(&g, 0, size, MAX_GROUPS);

		golden_list(&g, 1, x, MAX_VALUES);
		for (int parts = 1; parts <= 16; parts += 5)
		{
			mlops_mean3 group[MAX_GROUPS];
			const double *next = x;

			for (int i = 0; i < k; next += (int) size[i++])
				group[i] = moments(next, (int) size[i], parts);
			wrong += !check_two(&g, group, worst) || !check_all(&g, group, k, worst);
		}
		taken += golden_double(&g, 4) == 1;
		rows++;
	}
	ok(rows == 36 && taken > 6 && taken < 30, "golden rows were read: %d, Student's test in %d", rows, taken);
	ok(wrong == 0, "skewed or not, and which test: %d wrong", wrong);
	ok(worst[0] < 1e-13, "skewness: worst %.2g", worst[0]);
	ok(worst[1] < 1e-13 && worst[2] < 1e-13 && worst[5] < 1e-13, "t, df, d: worst %.2g, %.2g, %.2g", worst[1], worst[2], worst[5]);
	ok(worst[3] < 1e-12 && worst[4] < 1e-12, "p, ln p of t: worst %.2g, %.2g", worst[3], worst[4]);
	ok(worst[6] < 1e-8 && worst[7] < 1e-8, "limits of d: worst %.2g, %.2g", worst[6], worst[7]);
	ok(worst[8] < 1e-13 && worst[9] < 1e-13, "F and df: worst %.2g, %.2g", worst[8], worst[9]);
	ok(worst[10] < 1e-12 && worst[11] < 1e-12, "p, ln p of F: worst %.2g, %.2g", worst[10], worst[11]);
}

/* n rows of which every tenth is not 0; scaled. */
static mlops_mean3
zeros(int n, double scale)
{
	mlops_mean3 m = {0};

	for (int i = 0; i < n; i++)
		mlops_mean3_add(&m, i % 10 == 0 ? scale * (1 + i % 3) : 0);
	return m;
}

static void
properties(void)
{
	mlops_mean3 few = zeros(20, 1);
	mlops_mean3 many = zeros(500, 1);
	mlops_mean3 m = {0};
	mlops_mean3 sides[2];
	mlops_test	t;
	mlops_test	w;

	ok(mlops_means_skewed((mlops_mean3[]) {few, many}, 2) && mlops_means_skewed((mlops_mean3[]) {many, few}, 2), "few rows of mostly zeros: skewed, both ways round");
	sides[0] = sides[1] = many;
	ok(!mlops_means_skewed(sides, 2), "not with as many rows on both sides");
	sides[0] = zeros(20, 1e90);
	sides[1] = zeros(500, 1e90);
	ok(mlops_means_skewed(sides, 2) && isfinite(sides[0].m3.hi), "whatever the unit");
	is_close(mlops_mean3_skewness(&sides[1]), mlops_mean3_skewness(&many), 1e-14, "with the same skewness");

	/* cubes beyond a double, and below */
	sides[0] = zeros(20, 1e110);
	sides[1] = zeros(500, 1e110);
	ok(sides[0].m3.hi == INFINITY && sides[0].m3.lo == 0 && isnan(mlops_mean3_skewness(&sides[0])), "cubes out of range");
	mlops_mean3_merge(&sides[0], &few);
	ok(sides[0].m3.hi == INFINITY && isfinite(sides[0].base.m2.hi), "also merged");
	ok(mlops_means_skewed(sides, 2), "taken for skewed");
	m = zeros(500, 1e-120);
	ok(isnan(mlops_mean3_skewness(&m)), "cubes too small for a double");
	m = zeros(500, 1.2e308);
	ok(isinf(m.base.m2.hi) && m.m3.hi == INFINITY, "squares out of range: cubes too");

	/* symmetric: 1, 2, 3 in any proportion of rows */
	m = (mlops_mean3) {0};
	for (int i = 0; i < 300; i++)
		mlops_mean3_add(&m, 1 + i % 3);
	ok(fabs(mlops_mean3_skewness(&m)) < 1e-15, "a symmetric sample has none: %.2g", mlops_mean3_skewness(&m));
	sides[1] = m;
	sides[0] = (mlops_mean3) {0};
	for (int i = 0; i < 6; i++)
		mlops_mean3_add(&sides[0], 2 + i % 2);
	ok(mlops_mean_test(&sides[0], &sides[1], &t) == MLOPS_OK && mlops_welch_test(&sides[0].base, &sides[1].base, &w) == MLOPS_OK &&
	   t.variant == NULL && memcmp(&t.p, &w.p, sizeof(double)) == 0 && t.df == w.df, "not skewed: Welch's test as it is");

	/* a constant side, where Welch's p is nearly 0; one side's shift does not skew */
	sides[0] = (mlops_mean3) {0};
	for (int i = 0; i < 5; i++)
		mlops_mean3_add(&sides[0], 3);
	ok(mlops_mean_test(&sides[0], &sides[1], &t) == MLOPS_OK && pooled(t.variant) && t.df == 303, "a constant side: the variance of both together");
	is_close(t.statistic, -1 / sqrt(200.0 / 303 * (1.0 / 5 + 1.0 / 300)), 1e-14, "which counts for the constant side too");
	sides[0] = (mlops_mean3) {0};
	for (int i = 0; i < 30; i++)
		mlops_mean3_add(&sides[0], 1001 + i % 3);
	ok(!mlops_means_skewed(sides, 2), "groups that are far from each other are not skewed for that");
}

int
main(void)
{
	against_golden();
	properties();
	return done_testing();
}
