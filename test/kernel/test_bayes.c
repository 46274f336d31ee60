/*
 * test_bayes.c
 *		The posterior of an effect against mpmath (golden/bayes.csv).
 */
#include "tap.h"

#include "kernel/experiment/bayes.h"

static double
relative(double got, double want)
{
	return got == want ? 0 : fabs(got - want) / fabs(want);
}

static void
against_golden(void)
{
	golden		g;
	double		worst[7] = {0};
	int			rows = 0;
	int			refused = 0;
	int			unmirrored = 0;

	golden_open(&g, "bayes.csv",
				"estimate,se,prior_mean,prior_sd,confidence,mean,sd,lower,upper,chance_to_win,risk_control,risk_treatment");
	while (golden_next(&g))
	{
		mlops_comparison c = MLOPS_NO_COMPARISON(10, 20);
		mlops_comparison m = c;
		double		scale = golden_double(&g, 8) - golden_double(&g, 7);
		double		got[7];

		c.estimate = m.estimate = golden_double(&g, 0);
		c.standard_error = m.standard_error = golden_double(&g, 1);
		refused += mlops_compare_bayesian(golden_double(&g, 2), golden_double(&g, 3), true, golden_double(&g, 4), &c) != MLOPS_OK;
		refused += mlops_compare_bayesian(golden_double(&g, 2), golden_double(&g, 3), false, golden_double(&g, 4), &m) != MLOPS_OK;
		memcpy(got, (double[7]) {c.estimate, c.standard_error, c.lower, c.upper, c.chance_to_win, c.risk_control, c.risk_treatment}, sizeof(got));
		for (int i = 0; i < 7; i++)
		{
			double		want = golden_double(&g, 5 + i);

			/* means and limits pass through zero: to the width of the interval */
			if (i == 0 || i == 2 || i == 3)
				worst[i] = fmax(worst[i], fabs(got[i] - want) / fmax(scale, fabs(want)));
			else
				worst[i] = fmax(worst[i], relative(got[i], want));
		}
		unmirrored += m.risk_control != c.risk_treatment || m.risk_treatment != c.risk_control ||
			m.lower != c.lower || fabs(m.chance_to_win + c.chance_to_win - 1) > 1e-15 ||
			!isnan(c.p) || !isnan(c.statistic) || c.n_control != 10;
		rows++;
	}
	ok(rows > 40 && refused == 0, "%d golden rows were computed", rows);
	ok(worst[0] < 1e-15 && worst[1] < 1e-15, "posterior mean and sd: worst %.2g, %.2g", worst[0], worst[1]);
	ok(worst[2] < 1e-14 && worst[3] < 1e-14, "credible interval: worst %.2g, %.2g", worst[2], worst[3]);
	/* the posterior's z is rounded, and a tail far out has z^2 of its error */
	ok(worst[4] < 4e-13, "chance to win: worst %.2g", worst[4]);
	ok(worst[5] < 4e-13 && worst[6] < 4e-13, "risks: worst %.2g, %.2g", worst[5], worst[6]);
	ok(unmirrored == 0, "lower is better mirrors the chance and swaps the risks");
}

int
main(void)
{
	mlops_comparison c = MLOPS_NO_COMPARISON(5, 5);
	double		mean = 0.1;
	double		sd = 0.3;

	against_golden();

	/* loss(-z) - loss(z) = z; both branches of it meet at 3 */
	for (double z = 0.25; z < 12; z *= 1.5)
		is_close(mlops_normal_loss(-z) - mlops_normal_loss(z), z, 1e-15, "losses at %.2f differ by it", z);
	is_close(mlops_normal_loss(nextafter(3, 0)), mlops_normal_loss(3), 1e-14, "the two forms meet");
	ok(mlops_normal_loss(INFINITY) == 0 && isinf(mlops_normal_loss(-INFINITY)), "at the ends");

	c.estimate = 1;
	c.standard_error = 0;
	ok(mlops_compare_bayesian(0, 0.3, true, 0.95, &c) == MLOPS_DEGENERATE && c.reason != NULL && isnan(c.chance_to_win),
	   "no standard error, no posterior");
	c = MLOPS_NO_COMPARISON(5, 5);
	ok(mlops_compare_bayesian(0, 0.3, true, 0.95, &c) == MLOPS_DEGENERATE && c.reason != NULL, "nor without an estimate");
	c.estimate = 1;
	c.standard_error = 1;
	ok(mlops_compare_bayesian(0, 0, true, 0.95, &c) == MLOPS_DOMAIN, "a prior sd of 0 is refused");
	ok(mlops_compare_bayesian(0, NAN, true, 0.95, &c) == MLOPS_DOMAIN, "NaN too");
	ok(mlops_compare_bayesian(INFINITY, 1, true, 0.95, &c) == MLOPS_DOMAIN, "an infinite prior mean too");
	ok(mlops_compare_bayesian(0, 1, true, 1, &c) == MLOPS_DOMAIN && c.estimate == 1, "a confidence of 1 too; nothing was changed");

	ok(mlops_prior_to_absolute(-20, &mean, &sd) == MLOPS_OK && mean == 2 && sd == 6, "a relative prior at a level of -20");
	ok(mlops_prior_to_absolute(0, &mean, &sd) == MLOPS_DEGENERATE && mlops_prior_to_absolute(NAN, &mean, &sd) == MLOPS_DOMAIN, "no level, no prior");
	return done_testing();
}
