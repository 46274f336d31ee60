/*
 * test_ncf.c
 *		Non-central F distribution against mpmath (golden/ncf.csv).
 */
#include "tap.h"

#include "kernel/special/ncf.h"

int
main(void)
{
	golden		g;
	double		worst = 0;
	double		worst_limit = 0;
	double		lower;
	double		upper;
	double		lambda;
	int			rows = 0;
	int			limits = 0;
	int			zeros = 0;

	golden_open(&g, "ncf.csv", "f,df1,df2,lambda,lower,upper,lambda_lower,lambda_upper");
	while (golden_next(&g))
	{
		double		f = golden_double(&g, 0);
		double		df1 = golden_double(&g, 1);
		double		df2 = golden_double(&g, 2);

		rows++;
		if (mlops_ncf_tails(f, df1, df2, golden_double(&g, 3), &lower, &upper) != MLOPS_OK)
			ok(false, "line %d is computed", g.line);
		worst = fmax(worst, fmax(fabs(lower - golden_double(&g, 4)), fabs(upper - golden_double(&g, 5))));
		if (worst > 1e-11)
		{
			ok(false, "line %d: %.17g %.17g", g.line, lower, upper);
			break;
		}
		for (int i = 0; i < 2; i++)
		{
			double		want = golden_double(&g, 6 + i);

			if (want < 0)
				continue;
			if (mlops_ncf_lambda(f, df1, df2, 0.025, i == 0, &lambda) != MLOPS_OK)
				ok(false, "line %d has a limit", g.line);
			limits++;
			zeros += want == 0;
			worst_limit = fmax(worst_limit, want == 0 ? lambda : fabs(lambda / want - 1));
			if (worst_limit > 1e-8)
			{
				ok(false, "line %d: %.17g, not %.17g", g.line, lambda, want);
				worst_limit = 0;
			}
		}
	}
	ok(rows == 330 && limits == 110 && zeros > 10, "golden rows were read: %d, %d limits, %d of them 0", rows, limits, zeros);
	ok(worst < 1e-11, "tails: worst absolute error %.2g", worst);
	ok(worst_limit < 1e-8, "limits: worst relative error %.2g", worst_limit);

	ok(mlops_ncf_tails(0, 2, 3, 4, &lower, &upper) == MLOPS_OK && lower == 0 && upper == 1, "F = 0");
	ok(mlops_ncf_tails(INFINITY, 2, 3, 4, &lower, &upper) == MLOPS_OK && lower == 1 && upper == 0, "F infinite");
	ok(mlops_ncf_lambda(0, 2, 3, 0.025, false, &lambda) == MLOPS_OK && lambda == 0, "the interval of F = 0 is 0");
	ok(mlops_ncf_tails(-1, 2, 3, 4, &lower, &upper) == MLOPS_DOMAIN, "F < 0");
	ok(mlops_ncf_tails(NAN, 2, 3, 4, &lower, &upper) == MLOPS_DOMAIN, "F NaN");
	ok(mlops_ncf_tails(1, 0, 3, 4, &lower, &upper) == MLOPS_DOMAIN, "df1 = 0");
	ok(mlops_ncf_tails(1, 2, INFINITY, 4, &lower, &upper) == MLOPS_DOMAIN, "df2 infinite");
	ok(mlops_ncf_tails(1, 2, 3, -4, &lower, &upper) == MLOPS_DOMAIN, "lambda < 0");
	ok(mlops_ncf_lambda(1, 2, 3, 1, true, &lambda) == MLOPS_DOMAIN, "p = 1");

	/* far larger than any table: 1e9 rows and an effect, and one group per row */
	ok(mlops_ncf_lambda(1e7, 9, 1e9, 0.025, true, &lambda) == MLOPS_OK, "1e9 rows");
	is_close(sqrt(lambda), sqrt(9e7) - 1.96, 1e-2, "about two below");
	ok(mlops_ncf_tails(1e7, 9, 1e9, lambda, &lower, &upper) == MLOPS_OK, "its tail");
	is_close(upper, 0.025, 1e-8, "is 0.025");
	ok(mlops_ncf_lambda(1e7, 1e6, 1, 0.025, true, &lambda) == MLOPS_OK &&
	   mlops_ncf_tails(1e7, 1e6, 1, lambda, &lower, &upper) == MLOPS_OK, "a million groups, one row to spare");
	is_close(upper, 0.025, 1e-8, "its tail is 0.025");
	return done_testing();
}
