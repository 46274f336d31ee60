/*
 * test_proportions.c
 *		Two proportions: scores, intervals and exact p against the definitions
 *		and enumeration (golden/proportions.csv).
 */
#include "tap.h"

#include "kernel/experiment/proportions.h"

static mlops_comparison
ask(const mlops_proportions *p, mlops_scale scale, mlops_hypothesis hypothesis)
{
	mlops_question q = {.scale = scale, .hypothesis = hypothesis, .margin = hypothesis == MLOPS_SUPERIORITY ? 0 : 0.1,
	.higher_is_better = true, .confidence = 0.95};
	mlops_comparison c;

	mlops_compare_proportions(p, &q, &c);
	return c;
}

static void
against_golden(void)
{
	golden		g;
	double		worst[11] = {0};
	int			rows = 0;

	golden_open(&g, "proportions.csv", "events_control,n_control,events_treatment,n_treatment,z,newcombe_lower,newcombe_upper,"
				"koopman_lower,koopman_upper,difference_z,difference_p,ratio_z,ratio_p,p");
	while (golden_next(&g))
	{
		mlops_proportions p = {golden_double(&g, 0), golden_double(&g, 1), golden_double(&g, 2), golden_double(&g, 3)};
		mlops_comparison absolute = ask(&p, MLOPS_ABSOLUTE, MLOPS_SUPERIORITY);
		mlops_comparison relative = ask(&p, MLOPS_RELATIVE, MLOPS_SUPERIORITY);
		mlops_comparison difference = ask(&p, MLOPS_ABSOLUTE, MLOPS_NON_INFERIORITY);
		mlops_comparison ratio = ask(&p, MLOPS_RELATIVE, MLOPS_NON_INFERIORITY);
		const double got[10] = {absolute.statistic, absolute.lower, absolute.upper, relative.lower, relative.upper,
		difference.statistic, difference.p, ratio.statistic, ratio.p, absolute.p};

		for (int i = 0; i < 10; i++)
		{
			double		want = golden_double(&g, i + 4);
			bool		is_p = i == 6 || i == 8 || i == 9;
			double		error = isnan(want) && is_p ? 0 : got[i] == want ? 0 : fabs(got[i] - want);

			/* z and limits pass through zero */
			if (error > 0)
				error /= is_p ? want : fmax(1, fabs(want));
			if (is_p && want < 1e-290)
				continue;
			if (!(error < 1e-9))
				diag("%g of %g, %g of %g, number %d: %.17g, want %.17g", p.events_control, p.n_control,
					 p.events_treatment, p.n_treatment, i, got[i], want);
			worst[i] = error > worst[i] || isnan(error) ? error : worst[i];
		}
		rows++;
	}
	ok(rows == 28, "golden rows: %d", rows);
	ok(worst[0] < 1e-12 && worst[5] < 1e-11 && worst[7] < 1e-12, "scores: worst %.2g, %.2g, %.2g", worst[0], worst[5], worst[7]);
	ok(worst[1] < 1e-13 && worst[2] < 1e-13, "Newcombe: worst %.2g", fmax(worst[1], worst[2]));
	ok(worst[3] < 1e-11 && worst[4] < 1e-11, "Koopman: worst %.2g", fmax(worst[3], worst[4]));
	ok(worst[6] < 1e-8 && worst[8] < 1e-8, "p against a margin: worst %.2g, %.2g", worst[6], worst[8]);
	ok(worst[9] < 1e-8, "p against no effect: worst %.2g", worst[9]);
}

/* The probability of rejection, at the proportion it was not maximised at. */
static void
size_of_boschloo(void)
{
	const int	n = 14;
	const int	m = 9;
	double		worst = 0;

	for (double p = 0.02; p < 1; p += 0.06)
	{
		double		size = 0;

		for (int x = 0; x <= n; x++)
			for (int y = 0; y <= m; y++)
				if (ask(&(mlops_proportions) {x, n, y, m}, MLOPS_ABSOLUTE, MLOPS_SUPERIORITY).p <= 0.05)
					size += exp(lgamma(n + 1) - lgamma(x + 1) - lgamma(n - x + 1) + x * log(p) + (n - x) * log1p(-p) +
								lgamma(m + 1) - lgamma(y + 1) - lgamma(m - y + 1) + y * log(p) + (m - y) * log1p(-p));
		worst = fmax(worst, size);
	}
	ok(worst <= 0.05 && worst > 0.02, "two-sided at 5 %%: rejects at most %.4f", worst);
}

int
main(void)
{
	mlops_proportions none = {0, 0, 1, 3};
	mlops_question q = {.confidence = 0.95};
	mlops_comparison c,
				d;

	against_golden();
	size_of_boschloo();

	ok(mlops_compare_proportions(&none, &q, &c) == MLOPS_EMPTY && c.reason && isnan(c.p) && c.n_treatment == 3, "an empty arm");
	ok(mlops_compare_proportions(&(mlops_proportions) {1.5, 3, 1, 3}, &q, &c) == MLOPS_DOMAIN, "half an event");
	ok(mlops_compare_proportions(&(mlops_proportions) {4, 3, 1, 3}, &q, &c) == MLOPS_DOMAIN, "more events than units");
	ok(mlops_compare_proportions(&(mlops_proportions) {NAN, 3, 1, 3}, &q, &c) == MLOPS_DOMAIN, "NaN events");

	/* a broken arm loses: none of 200 against 2 % of 10000; both sides swapped change the sign only */
	c = ask(&(mlops_proportions) {200, 10000, 0, 200}, MLOPS_ABSOLUTE, MLOPS_SUPERIORITY);
	ok(strcmp(c.variant, "Fisher") == 0 && c.p < 0.05 && c.upper < 0, "an arm without events");
	c = ask(&(mlops_proportions) {0, 1000, 0, 1000}, MLOPS_ABSOLUTE, MLOPS_SUPERIORITY);
	ok(c.p == 1 && c.lower < 0 && c.upper > 0 && c.estimate == 0, "no events at all: p = 1, and an interval");
	q.alternative = MLOPS_GREATER;
	mlops_compare_proportions(&(mlops_proportions) {3, 90, 9, 80}, &q, &c);
	q.alternative = MLOPS_LESS;
	mlops_compare_proportions(&(mlops_proportions) {9, 80, 3, 90}, &q, &d);
	ok(c.p == d.p && fabs(c.lower + d.upper) < 1e-16 && c.upper == INFINITY, "one-sided answers are mirrored");
	q = (mlops_question) {.hypothesis = MLOPS_EQUIVALENCE, .margin = 0.2, .confidence = 0.95};
	mlops_compare_proportions(&(mlops_proportions) {30, 90, 29, 80}, &q, &c);
	ok(c.p < 0.05 && c.lower > -0.2 && c.upper < 0.2 && c.confidence == 0.9, "equivalence");
	q.margin = 1;
	ok(mlops_compare_proportions(&(mlops_proportions) {30, 90, 29, 80}, &q, &c) == MLOPS_DOMAIN, "a margin of 1 says nothing");
	return done_testing();
}
