/*
 * test_counts.c
 *		E-values of counts against incomplete Beta and Gamma functions and
 *		integrals; that their mean is 1 under the null hypothesis; how soon a
 *		broken arm is found.
 */
#include "tap.h"

#include "kernel/experiment/counts.h"

static mlops_alternative
alternative_of(const char *name)
{
	return strcmp(name, "two-sided") == 0 ? MLOPS_TWO_SIDED : strcmp(name, "greater") == 0 ? MLOPS_GREATER : MLOPS_LESS;
}

static void
check_golden(void)
{
	golden		g;

	golden_open(&g, "counts.csv", "alternative,hits,misses,p,a,b,ln_e");
	while (golden_next(&g))
	{
		double		p = golden_double(&g, 3);
		double		want = golden_double(&g, 6);
		double		got = NAN;

		mlops_bernoulli_ln_e(golden_double(&g, 1), golden_double(&g, 2), (mlops_odds) {p, 1 - p}, golden_double(&g, 4),
							 golden_double(&g, 5), alternative_of(golden_text(&g, 0)), &got);
		/* the terms of a narrow law far from p cancel: some 1e-15 of a + b is lost */
		if (!ok(fabs(got - want) <= 2e-12 * (1 + fabs(want)) + 1e-14 * (golden_double(&g, 4) + golden_double(&g, 5)), "Bernoulli %s, line %d", golden_text(&g, 0), g.line))
			diag("got %.17g, want %.17g", got, want);
	}
	golden_open(&g, "counts_poisson.csv", "alternative,events,exposure,rate,shape,mean,ln_e");
	while (golden_next(&g))
	{
		double		want = golden_double(&g, 6);
		double		got = NAN;

		mlops_poisson_ln_e(golden_double(&g, 1), golden_double(&g, 2), golden_double(&g, 3), golden_double(&g, 4),
						   golden_double(&g, 5), alternative_of(golden_text(&g, 0)), &got);
		if (!ok(fabs(got - want) <= 2e-12 * (1 + fabs(want)), "Poisson %s, line %d", golden_text(&g, 0), g.line))
			diag("got %.17g, want %.17g", got, want);
	}
}

/* After n events E has mean 1 at the null, at most 1 on its far side (one-sided): by summation over all outcomes. */
static void
check_fair(void)
{
	static const double truth[] = {0.05, 0.02, 0.3};
	const double p = 0.05;

	for (int alternative = MLOPS_TWO_SIDED; alternative <= MLOPS_LESS; alternative++)
		for (int which = 0; which < 3; which++)
		{
			const int	n = 40;
			double		mean = 0;

			for (int k = 0; k <= n; k++)
			{
				double		ln_e = NAN;

				mlops_bernoulli_ln_e(k, n - k, (mlops_odds) {p, 1 - p}, 0.1, 1.9, (mlops_alternative) alternative, &ln_e);
				mean += exp(ln_e + lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) + k * log(truth[which]) +
							(n - k) * log1p(-truth[which]));
			}
			if (which == 0)
				is_close(mean, 1, 1e-11, "mean of E at the null, alternative %d", alternative);
			else if (alternative == (which == 1 ? MLOPS_GREATER : MLOPS_LESS))
				ok(mean < 1, "mean of E on the far side, alternative %d: %g", alternative, mean);
			else
				ok(mean > 1, "mean of E on its own side, alternative %d: %g", alternative, mean);
		}
}

/* Control events until e > 20 for an arm without any, and what rules a result out. */
static void
check_zero_events(void)
{
	for (int alternative = MLOPS_TWO_SIDED; alternative <= MLOPS_LESS; alternative += 2)
	{
		double		ln_e = 0;
		int			events = 0;

		while (ln_e <= log(20) && events < 1000)
			mlops_bernoulli_ln_e(0, ++events, (mlops_odds) {0.5, 0.5}, 1, 1, (mlops_alternative) alternative, &ln_e);
		/* 2^m / (m + 1) > 20; one-sided 2 (1 - 2^-(m + 1)) times as much */
		ok(events == (alternative == MLOPS_TWO_SIDED ? 8 : 7), "share 1/2: %d control events, alternative %d", events, alternative);
	}
	{
		double		ln_e = -1;
		const mlops_odds half = {0.5, 0.5};

		ok(mlops_bernoulli_ln_e(0, 0, half, 2, 3, MLOPS_GREATER, &ln_e) == MLOPS_OK && ln_e == 0, "no events, E = 1");
		ok(mlops_bernoulli_ln_e(-1, 0, half, 2, 3, MLOPS_GREATER, &ln_e) == MLOPS_DOMAIN, "fewer than no events");
		ok(mlops_bernoulli_ln_e(1.5, 0, half, 2, 3, MLOPS_GREATER, &ln_e) == MLOPS_DOMAIN, "half an event");
		ok(mlops_bernoulli_ln_e(1, 0, (mlops_odds) {1, 0}, 2, 3, MLOPS_GREATER, &ln_e) == MLOPS_DOMAIN, "p = 1");
		ok(mlops_bernoulli_ln_e(1, 0, half, 0, 3, MLOPS_GREATER, &ln_e) == MLOPS_DOMAIN, "a = 0");
		ok(mlops_poisson_ln_e(1, -1, 1, 1, 1, MLOPS_LESS, &ln_e) == MLOPS_DOMAIN, "exposure below 0");
		ok(mlops_poisson_ln_e(1, NAN, 1, 1, 1, MLOPS_LESS, &ln_e) == MLOPS_DOMAIN, "exposure NaN");
	}
}

int
main(void)
{
	check_golden();
	check_fair();
	check_zero_events();
	return done_testing();
}
