/*
 * test_auc.c
 *		AUC with ties, its variances, strata (golden/auc.csv).
 */
#include "tap.h"

#include "kernel/multivariate/auc.h"

#define MAX_ROWS 1000

static int
by_score(const void *a, const void *b)
{
	double		x = ((const mlops_scored *) a)->score,
				y = ((const mlops_scored *) b)->score;

	return x < y ? -1 : x > y;
}

static void
against_golden(void)
{
	golden		g;
	double		worst[6] = {0};
	int			rows = 0;

	golden_open(&g, "auc.csv", "score,current,stratum,auc,null_variance,variance,lower,upper,z");
	while (golden_next(&g))
	{
		double		score[MAX_ROWS],
					current[MAX_ROWS],
					stratum[MAX_ROWS],
					got[6];
		int			n = golden_list(&g, 0, score, MAX_ROWS),
					strata = 0;
		mlops_auc	auc[8],
					all;

		golden_list(&g, 1, current, MAX_ROWS);
		golden_list(&g, 2, stratum, MAX_ROWS);
		for (int s = 0; s < 8; s++)
		{
			mlops_scored row[MAX_ROWS];
			size_t		k = 0;

			for (int i = 0; i < n; i++)
				if (stratum[i] == s)
					row[k++] = (mlops_scored) {score[i], current[i] == 1};
			if (k == 0)
				break;
			qsort(row, k, sizeof(*row), by_score);
			if (mlops_auc_sorted(row, k, &auc[s]) != MLOPS_OK)
				ok(false, "row %d is computed", rows);
			strata++;
		}
		mlops_auc_pool(auc, strata, &all);
		got[0] = all.auc;
		got[1] = all.null_variance;
		got[2] = all.variance;
		mlops_auc_interval(&all, 0.95, &got[3], &got[4]);
		mlops_van_elteren(auc, strata, &got[5]);
		for (int i = 0; i < 6; i++)
		{
			double		want = golden_double(&g, 3 + i);

			/* z and the variance of a perfect order are 0 up to rounding */
			worst[i] = fmax(worst[i], fabs(got[i] - want) / fmax(fabs(want), i == 5 ? 1 : 1e-6));
		}
		rows++;
	}
	ok(rows > 40, "golden rows were read: %d", rows);
	ok(worst[0] < 1e-14, "AUC: worst %.2g", worst[0]);
	ok(worst[1] < 1e-13, "variance over all deals: worst %.2g", worst[1]);
	ok(worst[2] < 1e-12, "DeLong's variance: worst %.2g", worst[2]);
	ok(worst[3] < 1e-12 && worst[4] < 1e-12, "interval: worst %.2g, %.2g", worst[3], worst[4]);
	ok(worst[5] < 1e-12, "van Elteren's z: worst %.2g", worst[5]);
}

int
main(void)
{
	mlops_scored one_side[2] = {{1, true}, {2, true}};
	mlops_scored tied[4] = {{1, true}, {1, false}, {1, false}, {1, true}};
	mlops_scored pair[2] = {{1, false}, {2, true}};
	mlops_scored good[5] = {{1, false}, {2, false}, {3, false}, {4, true}, {5, true}};
	mlops_auc	a[3],
				all;
	double		z,
				lower,
				upper;

	against_golden();
	ok(mlops_auc_sorted(one_side, 2, &a[0]) == MLOPS_EMPTY && a[0].n == 0 && a[0].m == 2 && isnan(a[0].auc),
	   "an empty side has no AUC, but its rows");
	ok(mlops_auc_sorted(tied, 4, &a[1]) == MLOPS_OK && a[1].auc == 0.5 && a[1].null_variance == 0 && a[1].variance == 0,
	   "one score: 1/2, without variance");
	ok(mlops_van_elteren(a, 2, &z) == MLOPS_DEGENERATE && isnan(z), "such strata have no test");
	ok(mlops_auc_sorted(pair, 2, &a[2]) == MLOPS_OK && a[2].auc == 1 && isnan(a[2].variance), "one row a side: no DeLong");
	mlops_auc_interval(&a[2], 0.95, &lower, &upper);
	ok(isnan(lower) && isnan(upper), "and no interval");
	mlops_auc_sorted(good, 5, &a[2]);
	mlops_auc_interval(&a[2], 0.95, &lower, &upper);
	ok(upper == 1, "a perfect order ends at 1");
	is_close(lower, sqrt(0.025), 1e-14, "and begins where two rows of two are at their 2.5 %%");
	mlops_auc_pool(a, 3, &all);
	ok(all.n == 5 && all.m == 6, "pooled rows include those of strata without a side");
	is_close(all.auc, (4 * 0.5 + 6) / 10, 1e-15, "pooled by pairs");
	mlops_auc_pool(a, 1, &all);
	ok(isnan(all.auc) && all.m == 2, "nothing to pool");
	ok(mlops_van_elteren(&a[2], 1, &z) == MLOPS_OK, "z of one stratum");
	is_close(z, sqrt(3), 1e-15, "(1 - 1/2) over sqrt(nm (N + 1) / 12) / nm");
	return done_testing();
}
