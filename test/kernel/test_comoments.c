/*
 * Co-moments: by hand, against golden values, NIST's NumAcc data, and merging
 * against a single pass.
 */
#include "kernel/summary/comoments.h"
#include "tap.h"

static void
test_hand(void)
{
	const double x[3][2] = {{1, 2}, {2, 4}, {4, 9}};
	double		mean[2] = {0, 0};
	double		c[3] = {0, 0, 0};
	double		r = 0;

	for (int i = 0; i < 3; i++)
		mlops_comoments_add(2, i, mean, c, x[i]);
	/* deviations -4/3, -1/3, 5/3 and -3, -1, 4 */
	is_close(mean[0], 7.0 / 3, 1e-15, "mean 7/3");
	is_close(mean[1], 5, 1e-15, "mean 5");
	is_close(c[0], 14.0 / 3, 1e-14, "(16 + 1 + 25) / 9");
	is_close(c[1], 11, 1e-14, "4 + 1/3 + 20/3");
	is_close(c[2], 26, 1e-14, "9 + 1 + 16");
	is_int(mlops_covariance(2, 3, c, 1, 0, &r), MLOPS_OK, "covariance");
	is_close(r, 5.5, 1e-14, "11 / 2");
	is_int(mlops_correlation(2, 3, c, 0, 1, &r), MLOPS_OK, "correlation");
	is_close(r, 11 / sqrt(14.0 / 3 * 26), 1e-14, "11 / sqrt(14/3 * 26)");
	is_int(mlops_correlation(2, 3, c, 1, 1, &r), MLOPS_OK, "with itself");
	ok(r == 1, "is 1 exactly");
}

static void
test_degenerate(void)
{
	double		c[3] = {0, 0, 4};
	double		big[3] = {INFINITY, 1, 4};
	double		over[3] = {1, 1.0000001, 1};
	double		r = 7;

	is_int(mlops_covariance(2, 1, c, 0, 0, &r), MLOPS_EMPTY, "no variance of one row");
	is_int(mlops_correlation(2, 1, c, 0, 1, &r), MLOPS_EMPTY, "no correlation of one row");
	is_int(mlops_correlation(2, 5, c, 0, 1, &r), MLOPS_DEGENERATE, "nor with a constant");
	is_int(mlops_correlation(2, 5, big, 0, 1, &r), MLOPS_DEGENERATE, "nor out of range");
	is_int(mlops_covariance(2, 5, big, 0, 0, &r), MLOPS_DEGENERATE, "nor a variance there");
	is_int(mlops_correlation(2, 5, over, 0, 1, &r), MLOPS_OK, "rounding above 1");
	ok(r == 1, "is cut to 1");
	for (int k = 1, bad = 0; k <= MLOPS_COMOMENTS_MAX; k++)
	{
		int			at = 0;

		for (int i = 0; i < k; i++)
			for (int j = i; j < k; j++, at++)
				bad += mlops_comoment_at(k, i, j) != at || mlops_comoment_at(k, j, i) != at;
		ok(bad == 0 && at == mlops_comoment_count(k), "places of %d variables", k);
	}
}

/*
 * NIST StRD NumAcc3 and NumAcc4: 1001 values, mean 1000000.2 or 10000000.2,
 * certified standard deviation 0.1.
 */
static void
test_nist(double base)
{
	double		mean = 0;
	double		c = 0;
	double		variance = 0;

	for (int i = 0; i < 1001; i++)
	{
		double		x = base + (i == 0 ? 0.2 : i % 2 == 1 ? 0.1 : 0.3);

		mlops_comoments_add(1, i, &mean, &c, &x);
	}
	mlops_covariance(1, 1001, &c, 0, 0, &variance);
	is_close(mean, base + 0.2, 1e-15, "NumAcc mean");
	/* the data are not the decimal numbers: 0.1 + base is off by base * 1e-16 */
	is_close(sqrt(variance), 0.1, base * 1e-14, "NumAcc standard deviation");
}

static void
test_golden(void)
{
	golden		g;
	static double x[1024];
	double		mean[3];
	double		com[6];

	golden_open(&g, "comoments.csv", "case,n,x,mean,comoment");
	while (golden_next(&g))
	{
		const char *name = golden_text(&g, 0);
		int			n = (int) golden_double(&g, 1);
		double		m[3] = {0};
		double		c[6] = {0};
		bool		offset = strcmp(name, "offset") == 0;

		ok(golden_list(&g, 2, x, 1024) == 3 * n && golden_list(&g, 3, mean, 3) == 3 &&
		   golden_list(&g, 4, com, 6) == 6, "%s %d: the row is whole", name, n);
		for (int i = 0; i < n; i++)
			mlops_comoments_add(3, i, m, c, x + 3 * i);
		for (int split = 1; split < n; split += 7)
		{
			double		ma[3] = {0}, ca[6] = {0}, mb[3] = {0}, cb[6] = {0};
			double		none_mean[3] = {0}, none[6] = {0};

			for (int i = 0; i < split; i++)
				mlops_comoments_add(3, i, ma, ca, x + 3 * i);
			for (int i = split; i < n; i++)
				mlops_comoments_add(3, i - split, mb, cb, x + 3 * i);
			mlops_comoments_merge(3, split, ma, ca, n - split, mb, cb);
			mlops_comoments_merge(3, n, ma, ca, 0, none_mean, none);
			mlops_comoments_merge(3, 0, none_mean, none, n, ma, ca);
			for (int i = 0; i < 3; i++)
				for (int j = i; j < 3; j++)
				{
					int			at = mlops_comoment_at(3, i, j);
					double		size = sqrt(com[mlops_comoment_at(3, i, i)] * com[mlops_comoment_at(3, j, j)]);

					/* of a value with an offset only the digits after it are left */
					if (!(fabs(none[at] - com[at]) <= (offset ? 1e-6 : 1e-13) * size))
						ok(false, "%s %d split at %d: (%d, %d) %.17g, want %.17g", name, n, split, i, j, none[at], com[at]);
				}
		}
		for (int i = 0; i < 3; i++)
		{
			is_close(m[i], mean[i], 1e-14, "%s %d mean %d", name, n, i);
			for (int j = i; j < 3; j++)
			{
				int			at = mlops_comoment_at(3, i, j);
				double		size = sqrt(com[mlops_comoment_at(3, i, i)] * com[mlops_comoment_at(3, j, j)]);

				ok(fabs(c[at] - com[at]) <= (offset ? 1e-6 : 1e-13) * size, "%s %d co-moment (%d, %d)", name, n, i, j);
			}
		}
	}
}

int
main(void)
{
	test_hand();
	test_degenerate();
	test_nist(1000000);
	test_nist(10000000);
	test_golden();
	return done_testing();
}
