/*
 * test_effects.c
 *		95 % intervals of effect sizes: values (golden/effects.csv), edges, and
 *		how often they hold the true effect.
 */
#include "tap.h"

#include "kernel/categories/odds.h"
#include "kernel/special/special.h"
#include "kernel/categories/twobytwo.h"

/* Relative error; the same infinity or zero is none. */
static double
error_of(double got, double want)
{
	return got == want ? 0 : fabs(got - want) / fmax(fabs(want), 1e-3);
}

static void
against_golden(void)
{
	golden		g;
	double		worst[3] = {0};
	int			rows = 0;

	golden_open(&g, "effects.csv", "kind,a,b,c,d,lower,upper");
	while (golden_next(&g))
	{
		double		lower = NAN,
					upper = NAN;
		mlops_twobytwo t = {golden_double(&g, 3), golden_double(&g, 4), golden_double(&g, 1), golden_double(&g, 2)};
		mlops_test	test;
		int			kind = g.field[0][0] == 'o' ? 0 : g.field[0][0] == 'h' ? 1 : 2;

		if (kind == 2)
		{
			mlops_ncx2_lambda(t.current_success, t.current_failure, 0.025, true, &lower);
			mlops_ncx2_lambda(t.current_success, t.current_failure, 0.025, false, &upper);
		}
		else
		{
			if (kind == 0)
				mlops_fisher_test(&t, &test);
			else
				mlops_z_test(&t, &test);
			lower = test.effect_lower;
			upper = test.effect_upper;
		}
		for (int i = 0; i < 2; i++)
		{
			double		error = error_of(i == 0 ? lower : upper, golden_double(&g, 5 + i));

			if (!(error < 1e-10))
				diag("line %d: %.17g, want %s", g.line, i == 0 ? lower : upper, g.field[5 + i]);
			worst[kind] = error >= worst[kind] || isnan(error) ? error : worst[kind];
		}
		rows++;
	}
	ok(rows > 120, "golden rows were read: %d", rows);
	ok(worst[0] < 1e-10, "odds ratio: worst %.2g", worst[0]);
	ok(worst[1] < 1e-12, "Cohen's h: worst %.2g", worst[1]);
	ok(worst[2] < 1e-10, "lambda: worst %.2g", worst[2]);
}

/* ------------------------------------------------------------- simulation */

static uint64_t rng_state = UINT64_C(20260305);

static double
uniform(void)
{
	uint64_t	z = (rng_state += UINT64_C(0x9E3779B97F4A7C15));

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return (double) ((z ^ (z >> 31)) >> 11) / 9007199254740992.0;
}

static void
multinomial(const double *share, int k, int n, double *count)
{
	memset(count, 0, k * sizeof(double));
	while (n-- > 0)
	{
		double		u = uniform();
		int			i = 0;

		while (i < k - 1 && u >= share[i])
			u -= share[i++];
		count[i]++;
	}
}

#define RUNS 4000

/* Share of tables whose intervals hold the true odds ratio, h and V (of chi-square and G). */
static void
coverage(int n, int m, const double *p, const double *q, int k, const char *name)
{
	double		held[4] = {0};
	double		v2 = 0,
				g2 = 0;
	/* four standard errors of a rate of 0.95 */
	double		slack = 4 * sqrt(0.95 * 0.05 / RUNS);
	double		h = 2 * (asin(sqrt(q[1])) - asin(sqrt(p[1])));
	double		odds = q[1] / (1 - q[1]) / (p[1] / (1 - p[1]));

	for (int i = 0; i < k; i++)
	{
		double		pooled = (n * p[i] + m * q[i]) / (n + m);

		v2 += (double) n * m / (n + m) / (n + m) * (p[i] - q[i]) * (p[i] - q[i]) / pooled;
		g2 += 2.0 / (n + m) * ((p[i] > 0 ? n * p[i] * log(p[i] / pooled) : 0) + (q[i] > 0 ? m * q[i] * log(q[i] / pooled) : 0));
	}
	for (int run = 0; run < RUNS; run++)
	{
		double		r[8],
					c[8];
		mlops_test	t;

		multinomial(p, k, n, r);
		multinomial(q, k, m, c);
		mlops_chi2_test(r, c, k, NULL, &t);
		held[2] += t.effect_lower <= sqrt(v2) && sqrt(v2) <= t.effect_upper;
		mlops_g_test(r, c, k, NULL, &t);
		held[3] += t.effect_lower <= sqrt(fmax(g2, 0)) && sqrt(fmax(g2, 0)) <= t.effect_upper;
		if (k == 2)
		{
			mlops_twobytwo table = {r[1], r[0], c[1], c[0]};

			mlops_z_test(&table, &t);
			held[1] += t.effect_lower <= h && h <= t.effect_upper;
			mlops_fisher_test(&table, &t);
			held[0] += t.effect_lower <= odds && odds <= t.effect_upper;
		}
	}
	for (int i = 0; i < 4; i++)
		held[i] /= RUNS;
	if (k == 2)
	{
		ok(held[0] > 0.95 - slack, "%s: the interval of the odds ratio holds it in %.3f", name, held[0]);
		ok(held[1] > 0.94 - slack && held[1] < 0.97 + slack, "%s: that of Cohen's h in %.3f", name, held[1]);
	}
	ok(held[2] > 0.94 - slack && held[2] < 0.985 + slack, "%s: that of V in %.3f", name, held[2]);
	ok(held[3] > 0.94 - slack && held[3] < 0.985 + slack, "%s: that of V of G in %.3f", name, held[3]);
}

static void
edges(void)
{
	mlops_test	t;
	mlops_margins g = {2e7, 2e7, 2e7, 2e7, 4e7, 0, 2e7};
	double		lambda,
				limit;

	ok(mlops_fisher_test(&(mlops_twobytwo) {0, 5, 5, 0}, &t) == MLOPS_OK && t.effect_lower > 1 && isinf(t.effect_upper),
	   "all of one and all of the other: no upper limit");
	ok(mlops_fisher_test(&(mlops_twobytwo) {5, 0, 0, 5}, &t) == MLOPS_OK && t.effect_lower == 0 && t.effect_upper < 1,
	   "the other way round: the lower limit is 0");
	/* two rows each, one cell empty: P(0) = 1 / (1 + 4 w + w^2) at the upper limit w */
	mlops_fisher_test(&(mlops_twobytwo) {2, 0, 0, 2}, &t);
	is_close(t.effect_upper, -2 + sqrt(4 + 39), 1e-12, "the limit of two and two by hand");
	ok(mlops_z_test(&(mlops_twobytwo) {0, 3, 3, 0}, &t) == MLOPS_OK && t.effect == MLOPS_PI && t.effect_upper == MLOPS_PI && t.effect_lower < MLOPS_PI,
	   "h goes up to pi and not beyond");
	/* the sums over cells and the integral meet: z / sd and half a cell from 0 */
	mlops_odds_limit(&g, 1e7, 0.025, true, &limit);
	is_close(log(limit), 1.959963984540054 / sqrt(2.5e6) + 0.5 / 2.5e6, 1e-6, "normal limit of ten million rows a cell");
	mlops_odds_limit(&(mlops_margins) {2e14, 2e14, 2e14, 2e14, 4e14, 0, 2e14}, 1e14, 0.025, false, &limit);
	is_close(log(limit), -1.959963984540054 / sqrt(2.5e13), 1e-6, "and of 1e14");
	ok(mlops_odds_limit(&g, -1, 0.025, true, &limit) == MLOPS_DOMAIN && mlops_odds_limit(&g, 3, 0, true, &limit) == MLOPS_DOMAIN,
	   "what is no cell or no probability is refused");
	ok(mlops_ncx2_lambda(3, 4, 0.025, true, &lambda) == MLOPS_OK && lambda == 0, "no change explains this: the lower limit of V is 0");
	ok(mlops_ncx2_lambda(0.01, 4, 0.025, false, &lambda) == MLOPS_OK && lambda == 0, "nothing explains this: the upper one too");
	ok(mlops_ncx2_lambda(1e12, 4, 0.025, false, &lambda) == MLOPS_OK && close_to(sqrt(lambda), 1e6 + 1.96, 1e-7), "a statistic of 1e12");
	ok(mlops_ncx2_lambda(-1, 4, 0.025, true, &lambda) == MLOPS_DOMAIN && mlops_ncx2_lambda(1, 0, 0.025, true, &lambda) == MLOPS_DOMAIN
	   && mlops_ncx2_lambda(NAN, 1, 0.025, true, &lambda) == MLOPS_DOMAIN, "arguments outside the domain are refused");
	mlops_chi2_test((double[2]) {1e6, 0}, (double[2]) {0, 1e6}, 2, NULL, &t);
	ok(t.effect == 1 && t.effect_upper == 1 && t.effect_lower > 0.99, "V goes up to 1 and not beyond");
}

int
main(void)
{
	against_golden();
	edges();
	coverage(300, 300, (double[2]) {0.5, 0.5}, (double[2]) {0.4, 0.6}, 2, "300 and 300, halves");
	coverage(2000, 100, (double[2]) {0.9, 0.1}, (double[2]) {0.8, 0.2}, 2, "2000 and 100");
	coverage(150, 60, (double[2]) {0.98, 0.02}, (double[2]) {0.95, 0.05}, 2, "150 and 60, rare");
	coverage(500, 500, (double[5]) {0.2, 0.2, 0.2, 0.2, 0.2}, (double[5]) {0.25, 0.2, 0.25, 0.15, 0.15}, 5, "five categories");
	coverage(2000, 300, (double[5]) {0.4, 0.3, 0.1, 0.1, 0.1}, (double[5]) {0.35, 0.25, 0.15, 0.1, 0.15}, 5, "2000 and 300, five categories");
	coverage(20000, 60, (double[3]) {0.0, 0.4, 0.6}, (double[3]) {0.3, 0.3, 0.4}, 3, "a category that the reference never has");
	coverage(1000, 400, (double[4]) {0.7, 0.1, 0.1, 0.1}, (double[4]) {0.2, 0.1, 0.1, 0.6}, 4, "large change");
	coverage(400, 400, (double[5]) {0.2, 0.2, 0.2, 0.2, 0.2}, (double[5]) {0.2, 0.2, 0.2, 0.2, 0.2}, 5, "no change");
	return done_testing();
}
