/*
 * test_nct.c
 *		Non-central t distribution against mpmath (golden/nct.csv), against its
 *		limits, and its inversion.
 */
#include "tap.h"

#include "kernel/special/nct.h"

static void
against_golden(void)
{
	golden		g;
	double		worst = 0,
				worst_ln = 0;
	int			rows = 0;

	golden_open(&g, "nct.csv", "t,df,delta,lower,upper,ln_lower,ln_upper");
	while (golden_next(&g))
	{
		double		t = golden_double(&g, 0);
		double		df = golden_double(&g, 1);
		double		delta = golden_double(&g, 2);
		mlops_tails tails;
		double		got[4];
		/* what rounding of t and delta alone does to a tail: hazard times error */
		double		condition = 1e-16 * (fabs(t) + fabs(delta)) * fmax(1, fabs(t - delta)) + 1e-15 * sqrt(df);

		rows++;
		if (mlops_nct_tails(t, df, delta, &tails) != MLOPS_OK)
		{
			ok(false, "line %d is computed", g.line);
			continue;
		}
		memcpy(got, (double[4]) {tails.lower, tails.upper, tails.ln_lower, tails.ln_upper}, sizeof(got));
		for (int i = 0; i < 4; i++)
		{
			double		want = golden_double(&g, 3 + i);
			double		error = fabs(got[i] - want) / fmax(fabs(want), 1e-300);

			if (i < 2 && want < 1e-290)
				continue;		/* only the logarithm counts */
			if (error > 1e-12 + condition)
				diag("line %d, column %d: got %.17g, want %.17g, error %.2g, allowed %.2g", g.line, i, got[i], want, error, 1e-12 + condition);
			if (i < 2)
				worst = fmax(worst, error / (1e-12 + condition));
			else
				worst_ln = fmax(worst_ln, error / (1e-12 + condition));
		}
	}
	ok(rows > 220, "golden rows were read: %d", rows);
	ok(worst <= 1, "tails: worst %.2g of 1e-12 and the rounding of the arguments", worst);
	ok(worst_ln <= 1, "their logarithms: worst %.2g of it", worst_ln);
}

/* delta = 0 is Student's t, infinite df is normal; the inverse is an inverse. */
static void
properties(void)
{
	static const double t[] = {-30, -2, 0, 0.1, 1.96, 7, 300};
	static const double df[] = {1, 3.7, 18, 250, 1e5, 1e8, INFINITY};
	static const double p[] = {1e-10, 0.025, 0.5, 0.9, 0.975};
	double		central = 0,
				inverse = 0;
	int			computed = 0;

	for (int i = 0; i < 7; i++)
		for (int j = 0; j < 7; j++)
		{
			mlops_tails a,
						b;

			if (mlops_nct_tails(t[i], df[j], 0, &a) != MLOPS_OK || mlops_t_tails(t[i], df[j], &b) != MLOPS_OK)
				continue;
			computed++;
			if (b.ln_upper > -1e5)
				central = fmax(central, fabs(a.ln_upper - b.ln_upper) / fmax(1, fabs(b.ln_upper)));
			for (int k = 0; k < 5; k++)
				for (int upper = 0; upper < 2; upper++)
				{
					double		delta;
					mlops_status status = mlops_nct_delta(t[i], df[j], p[k], upper, &delta);

					if (status != MLOPS_OK || mlops_nct_tails(t[i], df[j], delta, &a) != MLOPS_OK)
					{
						diag("t %g, df %g, p %g: status %d", t[i], df[j], p[k], (int) status);
						continue;
					}
					computed++;
					inverse = fmax(inverse, fabs((upper ? a.upper : a.lower) / p[k] - 1));
				}
		}
	is_int(computed, 49 + 490, "everything is computed");
	ok(central < 1e-12, "delta 0 is Student's t: worst %.2g", central);
	ok(inverse < 1e-10, "the inverse gives the tail back: worst %.2g", inverse);
}

int
main(void)
{
	mlops_tails a;
	double		delta;

	against_golden();
	properties();
	ok(mlops_nct_tails(INFINITY, 3, 1, &a) == MLOPS_OK && a.upper == 0 && a.ln_lower == 0, "nothing is above infinity");
	ok(mlops_nct_tails(-INFINITY, 3, 1, &a) == MLOPS_OK && a.lower == 0 && a.ln_upper == 0, "nor below its opposite");
	ok(mlops_nct_tails(NAN, 3, 1, &a) == MLOPS_DOMAIN && mlops_nct_tails(1, 0, 1, &a) == MLOPS_DOMAIN
	   && mlops_nct_tails(1, 3, INFINITY, &a) == MLOPS_DOMAIN && mlops_nct_tails(1, 3, NAN, &a) == MLOPS_DOMAIN,
	   "arguments outside the domain are refused");
	ok(mlops_nct_delta(1, 3, 0, true, &delta) == MLOPS_DOMAIN && mlops_nct_delta(INFINITY, 3, 0.5, true, &delta) == MLOPS_DOMAIN
	   && mlops_nct_delta(1, NAN, 0.5, true, &delta) == MLOPS_DOMAIN, "by the inverse too");
	return done_testing();
}
