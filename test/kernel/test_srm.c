/*
 * test_srm.c
 *		Sample ratio tests, against exact rational arithmetic and mpmath
 *		(golden/srm.csv, golden/srm_bayes.csv).
 */
#include "tap.h"

#include "kernel/experiment/srm.h"

/* "1 2 3" */
static size_t
numbers(const char *s, double *out)
{
	size_t		k = 0;
	char	   *end;

	while (*s != '\0')
	{
		out[k++] = strtod(s, &end);
		s = end;
	}
	return k;
}

static double
relative(double got, double want)
{
	return got == want ? 0 : fabs(got - want) / fmax(fabs(want), 1e-300);
}

static void
fixed(void)
{
	golden		g;
	double		worst[5] = {0};
	int			rows = 0,
				exact = 0,
				corrected = 0;

	golden_open(&g, "srm.csv", "counts,weights,chi2,p_chi2,p_exact,ln_p_exact,p_corrected");
	while (golden_next(&g))
	{
		double		count[8],
					weight[8],
					work[24];
		size_t		k = numbers(g.field[0], count);
		mlops_sample_ratio t;

		numbers(g.field[1], weight);
		if (mlops_sample_ratio_test(count, weight, k, MLOPS_SAMPLE_RATIO_CHI2, work, &t) != MLOPS_OK)
			ok(false, "row %d is computed", rows);
		/* chi-square of counts that fit is 0 or rounding */
		worst[0] = fmax(worst[0], fabs(t.statistic - golden_double(&g, 2)) / fmax(1, golden_double(&g, 2)));
		worst[1] = fmax(worst[1], relative(t.p, golden_double(&g, 3)));
		if (g.field[4][0] != '\0')
		{
			if (mlops_sample_ratio_test(count, weight, k, MLOPS_SAMPLE_RATIO_EXACT, work, &t) != MLOPS_OK)
				ok(false, "row %d is computed exactly", rows);
			worst[2] = fmax(worst[2], golden_double(&g, 4) < 1e-290 ? 0 : relative(t.p, golden_double(&g, 4)));
			worst[3] = fmax(worst[3], fabs(t.ln_p - golden_double(&g, 5)) / fmax(1, fabs(golden_double(&g, 5))));
			exact++;
		}
		if (g.field[6][0] != '\0')
		{
			if (mlops_sample_ratio_test(count, weight, k, MLOPS_SAMPLE_RATIO_CORRECTED, work, &t) != MLOPS_OK)
				ok(false, "row %d is computed with the correction", rows);
			worst[4] = fmax(worst[4], relative(t.p, golden_double(&g, 6)));
			corrected++;
		}
		rows++;
	}
	ok(rows > 60 && exact > 60 && corrected > 60, "golden rows were read: %d, %d, %d", rows, exact, corrected);
	ok(worst[0] < 1e-12 && worst[1] < 1e-11, "chi-square and its p: worst %.2g, %.2g", worst[0], worst[1]);
	ok(worst[2] < 1e-10 && worst[3] < 1e-11, "exact p and ln p: worst %.2g, %.2g", worst[2], worst[3]);
	ok(worst[4] < 1e-10, "corrected p: worst %.2g", worst[4]);
}

static void
sequential(void)
{
	golden		g;
	double		worst = 0;
	int			rows = 0;

	golden_open(&g, "srm_bayes.csv", "counts,weights,concentration,ln_bayes");
	while (golden_next(&g))
	{
		double		count[8],
					weight[8],
					ln_bayes,
					want = golden_double(&g, 3);
		size_t		k = numbers(g.field[0], count);

		numbers(g.field[1], weight);
		if (mlops_sample_ratio_ln_bayes(count, weight, k, golden_double(&g, 2), &ln_bayes) != MLOPS_OK)
			ok(false, "row %d is computed", rows);
		worst = fmax(worst, fabs(ln_bayes - want) / fmax(1, fabs(want)));
		rows++;
	}
	ok(rows > 40 && worst < 1e-11, "ln of the Bayes factor: %d rows, worst %.2g", rows, worst);
}

static void
limits(void)
{
	double		work[3 * 1024];
	double		many[1024];
	double		ln_bayes;
	mlops_sample_ratio t;

	mlops_sample_ratio_test((double[]) {5150, 4850}, (double[]) {.5, .5}, 2, MLOPS_SAMPLE_RATIO_AUTO, work, &t);
	is_close(t.p, 0.0026997960632601866, 1e-12, "5150 of 10000: p of chi-square 9");
	ok(t.arm == 0 && t.df == 1 && strcmp(t.variant, "chi-square") == 0 && t.effect_lower < t.effect && t.effect < t.effect_upper,
	   "with its arm and effect");
	mlops_sample_ratio_test((double[]) {5150, 4850, 0}, (double[]) {1, 1, 0}, 3, MLOPS_SAMPLE_RATIO_AUTO, work, &t);
	is_close(t.p, 0.0026997960632601866, 1e-12, "an arm planned at 0 is no degree of freedom");
	ok(mlops_sample_ratio_test((double[]) {5000, 5000, 2}, (double[]) {1, 1, 0}, 3, MLOPS_SAMPLE_RATIO_AUTO, work, &t) == MLOPS_OK
	   && t.p == 0 && t.ln_p == -INFINITY && t.arm == 2 && t.reason != NULL, "units in it are impossible");
	ok(mlops_sample_ratio_test((double[]) {0, 0}, (double[]) {1, 1}, 2, MLOPS_SAMPLE_RATIO_AUTO, work, &t) == MLOPS_EMPTY
	   && isnan(t.p) && t.reason != NULL, "no units");
	ok(mlops_sample_ratio_test((double[]) {4, 0}, (double[]) {1, 0}, 2, MLOPS_SAMPLE_RATIO_AUTO, work, &t) == MLOPS_DEGENERATE
	   && isnan(t.p) && isnan(t.statistic), "one arm");
	ok(mlops_sample_ratio_test((double[]) {4, 4}, (double[]) {0, 0}, 2, MLOPS_SAMPLE_RATIO_AUTO, work, &t) == MLOPS_DOMAIN, "no weight");
	ok(mlops_sample_ratio_test((double[]) {4, 4}, (double[]) {1, -1}, 2, MLOPS_SAMPLE_RATIO_AUTO, work, &t) == MLOPS_DOMAIN, "a negative one");
	ok(mlops_sample_ratio_test((double[]) {4.5, 4}, (double[]) {1, 1}, 2, MLOPS_SAMPLE_RATIO_AUTO, work, &t) == MLOPS_DOMAIN, "half a unit");

	/* a third arm planned at 1 in 10000 of 20000 units: 2 expected, too many tables */
	mlops_sample_ratio_test((double[]) {10000, 9990, 10}, (double[]) {4999.5, 4999.5, 1}, 3, MLOPS_SAMPLE_RATIO_AUTO, work, &t);
	ok(strcmp(t.variant, "corrected") == 0 && t.p < 1e-4 && t.arm == 2, "too many tables: corrected");
	ok(mlops_sample_ratio_test((double[]) {10000, 9990, 10}, (double[]) {4999.5, 4999.5, 1}, 3, MLOPS_SAMPLE_RATIO_EXACT, work, &t)
	   == MLOPS_NOSPACE && isnan(t.p) && t.reason != NULL, "and not exact, whatever is asked for");
	/* two arms at any size: Poisson limit P(X >= 10), mean 2, which the other tail does not reach */
	mlops_sample_ratio_test((double[]) {1e12 - 10, 10}, (double[]) {1 - 2e-12, 2e-12}, 2, MLOPS_SAMPLE_RATIO_AUTO, work, &t);
	ok(strcmp(t.variant, "exact") == 0, "two arms are exact at any size");
	is_close(t.p, 4.6498075e-05, 1e-6, "Poisson limit");

	for (int i = 0; i < 1024; i++)
		many[i] = 1;
	ok(mlops_sample_ratio_test(many, many, 1024, MLOPS_SAMPLE_RATIO_AUTO, work, &t) == MLOPS_OK && t.p == 1, "1024 arms of one unit");
	ok(mlops_sample_ratio_ln_bayes((double[]) {3, 0, 1}, (double[]) {1, 1, 0}, 3, 10000, &ln_bayes) == MLOPS_OK && ln_bayes == INFINITY,
	   "units in an arm planned at 0 are infinite evidence");
	ok(mlops_sample_ratio_ln_bayes((double[]) {3, 0, 0}, (double[]) {1, 1, 0}, 3, 10000, &ln_bayes) == MLOPS_OK && isfinite(ln_bayes),
	   "none are none");
	ok(mlops_sample_ratio_ln_bayes((double[]) {3, 0}, (double[]) {1, 1}, 2, 0, &ln_bayes) == MLOPS_DOMAIN, "no concentration");
}

int
main(void)
{
	fixed();
	sequential();
	limits();
	return done_testing();
}
