/*
 * test_twobytwo.c
 *		Fisher's exact test and the z test of two proportions, against exact
 *		integer arithmetic and mpmath (golden/twobytwo.csv).
 */
#include "tap.h"

#include "kernel/categories/twobytwo.h"

static void
against_golden(void)
{
	golden		g;
	mlops_test	f,
				z;
	double		worst[7] = {0};
	int			rows = 0;

	golden_open(&g, "twobytwo.csv", "a,b,c,d,fisher_p,fisher_ln_p,odds_ratio,z,z_p,z_ln_p,cohen_h");
	while (golden_next(&g))
	{
		mlops_twobytwo t = {golden_double(&g, 2), golden_double(&g, 3), golden_double(&g, 0), golden_double(&g, 1)};
		double		got[7];

		if (mlops_fisher_test(&t, &f) != MLOPS_OK || mlops_z_test(&t, &z) != MLOPS_OK)
		{
			ok(false, "row %d is computed", rows);
			continue;
		}
		memcpy(got, (double[7]) {f.p, f.ln_p, f.effect, z.statistic, z.p, z.ln_p, z.effect}, sizeof(got));
		for (int i = 0; i < 7; i++)
		{
			double		want = golden_double(&g, 4 + i);
			bool		log_or_small = i == 1 || i == 3 || i == 5 || i == 6;
			double		error = got[i] == want ? 0 : fabs(got[i] - want);

			/* logarithms, z and h pass through zero */
			if (error > 0)
				error /= log_or_small ? fmax(1, fabs(want)) : fabs(want);
			/* below the smallest normal double only the logarithm counts */
			if (!((i == 0 || i == 4) && want < 1e-290))
				worst[i] = fmax(worst[i], error);
		}
		rows++;
	}
	ok(rows > 120, "golden rows were read: %d", rows);
	ok(worst[0] < 1e-11 && worst[1] < 1e-12, "Fisher p and ln p: worst %.2g, %.2g", worst[0], worst[1]);
	ok(worst[2] < 1e-14, "odds ratio: worst %.2g", worst[2]);
	ok(worst[3] < 1e-13, "z: worst %.2g", worst[3]);
	ok(worst[4] < 1e-11 && worst[5] < 1e-12, "z p and ln p: worst %.2g, %.2g", worst[4], worst[5]);
	ok(worst[6] < 1e-14, "Cohen's h: worst %.2g", worst[6]);
}

int
main(void)
{
	mlops_test	f,
				swapped;
	mlops_twobytwo big = {4e14, 1e14, 4e14 + 1e7, 1e14};
	mlops_twobytwo tied = {7e11, 3e11, 3e11, 7e11};

	against_golden();

	ok(mlops_fisher_test(&(mlops_twobytwo) {0, 0, 1, 2}, &f) == MLOPS_EMPTY && f.n == 0 && f.m == 3 && isnan(f.p),
	   "an empty side has no test, but its rows");
	ok(mlops_fisher_test(&(mlops_twobytwo) {4, 0, 3, 0}, &f) == MLOPS_DEGENERATE && f.n == 4 && f.m == 3,
	   "one category has no test");
	ok(mlops_z_test(&(mlops_twobytwo) {0, 4, 0, 3}, &f) == MLOPS_DEGENERATE && isnan(f.statistic), "nor a z");
	ok(mlops_fisher_test(&(mlops_twobytwo) {1, NAN, 3, 1}, &f) == MLOPS_DOMAIN, "NaN is no count");
	ok(mlops_z_test(&(mlops_twobytwo) {1, 2.5, 3, 1}, &f) == MLOPS_DOMAIN, "neither is a half");
	ok(mlops_z_test(&(mlops_twobytwo) {1, -1, 3, 1}, &f) == MLOPS_DOMAIN, "nor a negative number");
	big.reference_failure = 2e15;
	ok(mlops_fisher_test(&big, &f) == MLOPS_DOMAIN, "what doubles cannot count is refused");

	/* 1e15 rows in time, and the normal limit: z is 10, its p 1.52e-23 */
	big = (mlops_twobytwo) {1e14, 1e14, 1e14 + 1e8, 1e14 - 1e8};
	ok(mlops_fisher_test(&big, &f) == MLOPS_OK && mlops_z_test(&big, &swapped) == MLOPS_OK, "4e14 rows");
	is_close(f.ln_p, swapped.ln_p, 1e-5, "Fisher's p goes to that of z");
	/* the mirrored table is exactly as probable: p is twice one tail */
	ok(mlops_fisher_test(&tied, &f) == MLOPS_OK, "tied tables");
	tied = (mlops_twobytwo) {3e11, 7e11, 7e11, 3e11};
	mlops_fisher_test(&tied, &swapped);
	is_close(f.ln_p, swapped.ln_p, 1e-15, "swapping the sides changes nothing");
	ok(mlops_fisher_test(&(mlops_twobytwo) {501, 499, 499, 501}, &f) == MLOPS_OK && f.p < 1, "tied near the mode");
	return done_testing();
}
