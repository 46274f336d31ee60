/*
 * test_nist.c
 *		NIST Statistical Reference Datasets: univariate summary statistics and
 *		one-way analysis of variance.
 *
 * Digits are log relative errors, -log10(|got - certified| / certified), capped at
 * 15.  Sets whose values are no doubles (NumAcc4: 10000000.1) lose certified
 * digits before any program sees them.  They are tested twice: against the
 * exact result for the rounded values, and as whole numbers (times `scale`)
 * against the certified one.
 */
#include "tap.h"

#include "kernel/groups/anova.h"
#include "kernel/summary/moments1.h"

#define MAX_N 8192
#define MAX_GROUPS 16
#define MIN_MEAN_DIGITS 14.0
#define MIN_SD_DIGITS 14.0
#define MIN_F_DIGITS 13.0
/* row by row, odd, the batches of the aggregate, all at once */
static const size_t batch_sizes[] = {1, 7, 512, MAX_N};

static double
digits(double got, double want)
{
	double		error = fabs(got - want) / fabs(want);

	if (isnan(got))
		return 0;
	return error < 1e-15 ? 15 : -log10(error);
}

/* The data of one set in its own order. */
static size_t
read_set(const char *set, double scale, double *x)
{
	golden		g;
	size_t		n = 0;

	golden_open(&g, "nist_univariate_data.csv", "set,value,copies");
	while (golden_next(&g))
	{
		int			copies = (int) golden_double(&g, 2);
		double		v = golden_double(&g, 1);

		if (strcmp(golden_text(&g, 0), set) != 0)
			continue;
		if (n + 1 + 2 * (size_t) copies > MAX_N)
			return 0;
		x[n++] = scale == 1 ? v : rint(v * scale);
		for (; copies > 0; copies--, n += 2)
		{
			x[n] = x[n - 2];
			x[n + 1] = x[n - 1];
		}
	}
	return n;
}

static void
moments_in_batches(const double *x, size_t n, size_t batch, mlops_moments1 *out)
{
	static double buffer[MAX_N];

	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < n; i += batch)
	{
		size_t		k = n - i < batch ? n - i : batch;
		mlops_batch_scan scan;
		mlops_moments1 part;

		memcpy(buffer, x + i, k * sizeof(double));
		mlops_batch_look(buffer, k, &scan);
		mlops_moments1_batch(buffer, k, &scan, &part);
		mlops_moments1_merge(out, &part);
	}
}

/* Least digits over all ways to cut the set into batches. */
static void
check(const char *set, const char *against, const double *x, size_t n, double mean, double sd)
{
	double		mean_digits = 15;
	double		sd_digits = 15;

	for (size_t b = 0; b < sizeof(batch_sizes) / sizeof(batch_sizes[0]); b++)
	{
		mlops_moments1 m;
		double		variance = NAN;

		moments_in_batches(x, n, batch_sizes[b], &m);
		mlops_moments1_variance(&m, &variance);
		mean_digits = fmin(mean_digits, digits(m.mean, mean));
		sd_digits = fmin(sd_digits, digits(sqrt(variance), sd));
	}
	ok(mean_digits >= MIN_MEAN_DIGITS, "%s, %s: mean, %.1f digits", set, against, mean_digits);
	ok(sd_digits >= MIN_SD_DIGITS, "%s, %s: standard deviation, %.1f digits", set, against, sd_digits);
}

/* Moments of the groups of one set, rows in its own order. */
static void
read_groups(const char *set, double scale, mlops_mean2 *group)
{
	golden		g;
	double		before = NAN;	/* value of the row before */

	memset(group, 0, MAX_GROUPS * sizeof(*group));
	golden_open(&g, "nist_anova_data.csv", "set,group,value,copies");
	while (golden_next(&g))
	{
		int			k = (int) golden_double(&g, 1);
		int			copies = (int) golden_double(&g, 3);
		double		v = golden_double(&g, 2);

		if (strcmp(golden_text(&g, 0), set) != 0 || k >= MAX_GROUPS)
			continue;
		v = scale == 1 ? v : rint(v * scale);
		mlops_mean2_add(&group[k], v);
		for (; copies > 0; copies--)
		{
			mlops_mean2_add(&group[k], before);
			mlops_mean2_add(&group[k], v);
		}
		before = v;
	}
}

/* F, sums of squares and residual standard deviation; scale as above. */
static void
check_anova(const char *set, const char *against, double scale, const golden *g, int ss1, int ss2, int f, int sd)
{
	mlops_mean2 group[MAX_GROUPS];
	mlops_anova a = {0};
	mlops_group_test test;
	double		f_digits;
	double		least;

	read_groups(set, scale, group);
	for (int k = 0; k < MAX_GROUPS; k++)
		mlops_anova_add(&a, &group[k]);
	ok(mlops_anova_finish(&a, &test) == MLOPS_OK && test.n == golden_double(g, 1)
	   && test.df1 == golden_double(g, 3) && test.df2 == golden_double(g, 4), "%s, %s: rows and df", set, against);
	f_digits = digits(test.statistic, golden_double(g, f));
	ok(f_digits >= MIN_F_DIGITS, "%s, %s: F, %.1f digits", set, against, f_digits);
	least = fmin(digits(a.between.hi, golden_double(g, ss1) * scale * scale),
				 digits(a.within.hi, golden_double(g, ss2) * scale * scale));
	least = fmin(least, digits(sqrt(a.within.hi / test.df2), golden_double(g, sd) * scale));
	ok(least >= MIN_F_DIGITS, "%s, %s: sums of squares and residual sd, %.1f digits", set, against, least);
}

static void
test_anova(void)
{
	golden		g;

	golden_open(&g, "nist_anova.csv", "set,n,scale,df1,df2,ss1,ss2,f,r2,sd,ss1_double,ss2_double,f_double,sd_double");
	while (golden_next(&g))
	{
		char		set[32];

		snprintf(set, sizeof(set), "%s", golden_text(&g, 0));
		check_anova(set, "exact for these doubles", 1, &g, 10, 11, 12, 13);
		check_anova(set, "certified, whole numbers", golden_double(&g, 2), &g, 5, 6, 7, 9);
	}
}

int
main(void)
{
	golden		g;
	static double x[MAX_N];

	golden_open(&g, "nist_univariate.csv", "set,n,scale,mean,sd,mean_double,sd_double");
	while (golden_next(&g))
	{
		char		set[32];
		double		scale = golden_double(&g, 2);
		size_t		n;

		snprintf(set, sizeof(set), "%s", golden_text(&g, 0));
		n = read_set(set, 1, x);
		is_int((int64_t) n, (int64_t) golden_double(&g, 1), set);
		check(set, "exact for these doubles", x, n, golden_double(&g, 5), golden_double(&g, 6));
		n = read_set(set, scale, x);
		check(set, "certified, whole numbers", x, n, golden_double(&g, 3) * scale, golden_double(&g, 4) * scale);
	}
	test_anova();
	return done_testing();
}
