/*
 * test_wasserstein.c
 *		Wasserstein test: distance, effect and interval, p-values of small samples
 *		against all permutations (golden/wasserstein_test.csv), of large ones
 *		against numpy's (golden/wasserstein_permuted.csv).
 */
#include "drive.h"

#include "kernel/twosample/permute.h"
#include "kernel/twosample/wasserstein.h"

static double x[8192],
			r[8192],
			c[8192];

static mlops_test
over(size_t k, size_t block, uint64_t seed)
{
	const mlops_twosample_method *method = &mlops_wasserstein_method;
	mlops_twosample_options options = {0, seed};
	double		n = 0;
	double		m = 0;
	void	   *state;
	mlops_test	out;

	for (size_t i = 0; i < k; i++)
	{
		n += r[i];
		m += c[i];
	}
	state = calloc(1, method->state_size(n, m, &options));
	method->begin(state, n, m, &options);
	do
	{
		for (size_t at = 0; at < k; at += block)
			method->step(state, &(mlops_runs) {x + at, r + at, c + at, k - at < block ? k - at : block});
	} while (method->again(state));
	method->finish(state, &out);
	free(state);
	return out;
}

/* |got - want| over want, or over 1 where want is nothing */
static double
error(double got, double want)
{
	if (isnan(want) || isnan(got))
		return isnan(want) && isnan(got) ? 0 : INFINITY;
	return got == want ? 0 : fabs(got - want) / (want == 0 ? 1 : fabs(want));
}

static void
small(void)
{
	mlops_twosample_options asked = {4999, 3};
	mlops_twosample_options own = {0, 3};
	golden		g;
	double		worst[4] = {0};
	double		farthest[2] = {0};
	int			rows = 0;
	int			wrong = 0;

	golden_open(&g, "wasserstein_test.csv", "reference,current,statistic,effect,lower,upper,p");
	while (golden_next(&g))
	{
		size_t		n = (size_t) golden_list(&g, 0, r, 100);
		size_t		m = (size_t) golden_list(&g, 1, c, 100);
		mlops_test	t = drive(&mlops_wasserstein_method, r, n, c, m, &own, 2);
		mlops_test	a = drive(&mlops_wasserstein_method, r, n, c, m, &asked, 100);
		double		p = golden_double(&g, 6);

		rows++;
		worst[0] = fmax(worst[0], error(t.statistic, golden_double(&g, 2)));
		worst[1] = fmax(worst[1], error(t.effect, golden_double(&g, 3)));
		worst[2] = fmax(worst[2], error(t.effect_lower, golden_double(&g, 4)));
		worst[3] = fmax(worst[3], error(t.effect_upper, golden_double(&g, 5)));
		wrong += a.statistic != t.statistic || error(a.effect, t.effect) > 1e-14;
		if (isnan(p))
		{
			wrong += !isnan(t.p) || strcmp(t.reason, "all values are equal") != 0 || t.statistic != 0;
			continue;
		}
		wrong += strcmp(t.variant, "permutation") != 0 || strcmp(a.variant, "permutation") != 0;
		/* p = h / l has a standard deviation of about p sqrt(1 - p) / sqrt(h) */
		if (fabs(a.p - p) > 5 * sqrt(p * (1 - p + 1e-4) / 4999))
			diag("row %d: p %.5f and %.5f, want %.5f", rows, t.p, a.p, p);
		farthest[0] = fmax(farthest[0], fabs(t.p - p) / (p * sqrt(1 - p + 1e-4) / sqrt(fmin(200, p * 19999))));
		farthest[1] = fmax(farthest[1], fabs(a.p - p) / sqrt(p * (1 - p + 1e-4) / 4999));
	}
	ok(rows >= 19, "golden rows were read: %d", rows);
	ok(worst[0] < 1e-15 * 4, "distance: worst %.2g", worst[0]);
	ok(worst[1] < 1e-14 && worst[2] < 1e-12 && worst[3] < 1e-13, "effect and interval: worst %.2g, %.2g, %.2g", worst[1], worst[2], worst[3]);
	ok(wrong == 0, "variant, reason: %d wrong", wrong);
	ok(farthest[0] < 4.5 && farthest[1] < 4.5, "p of all permutations: off by %.2f and %.2f standard errors at most", farthest[0], farthest[1]);
}

static void
large(void)
{
	golden		g;
	int			rows = 0;
	double		farthest = 0;

	golden_open(&g, "wasserstein_permuted.csv", "x,reference,current,p,permutations");
	while (golden_next(&g))
	{
		size_t		k = (size_t) golden_list(&g, 0, x, 8192);
		double		want = golden_double(&g, 3);
		double		mean = 0;
		double		sd;

		golden_list(&g, 1, r, 8192);
		golden_list(&g, 2, c, 8192);
		for (uint64_t seed = 1; seed <= 10; seed++)
		{
			mlops_test	t = over(k, 512, seed);

			if (strcmp(t.variant, "permutation, coarsened") != 0)
				mean = NAN;
			mean += t.p / 10;
		}
		sd = hypot(want * sqrt(1 - want + 1e-4) / sqrt(fmin(2000, 199990 * want)), sqrt(want * (1 - want) / golden_double(&g, 4)));
		/* and one percent for the cells */
		diag("p %.5f, want %.5f (standard error of the difference %.5f)", mean, want, sd);
		farthest = fmax(farthest, isnan(mean) ? INFINITY : (fabs(mean - want) - 0.01 * want) / sd);
		rows++;
	}
	ok(rows >= 8, "golden rows were read: %d", rows);
	ok(farthest < 4, "p of large samples: off by %.2f standard errors at most", farthest);
}

int
main(void)
{
	mlops_twosample_options own = {0, 1};
	double		a[] = {1, 2, 3};
	double		b[] = {2, 3};
	uint64_t	random = 1;
	mlops_test	t,
				u;

	small();
	large();
	for (size_t i = 0; i < 5000; i++)
	{
		x[i] = ((double) i - 2499.5) * 6.8e304;
		r[i] = (double) (mlops_random_bits(&random) & 1);
		c[i] = 1 + (double) (mlops_random_bits(&random) & 1);
	}
	t = over(5000, 512, 5);
	u = over(5000, 7, 5);
	ok(isfinite(t.statistic) && isfinite(t.effect) && t.p > 0 && t.p == u.p && error(u.effect, t.effect) < 1e-12,
	   "the whole range of double, in blocks of any size");
	t = over(5000, 512, 6);
	if (!ok(t.p != u.p && t.statistic == u.statistic, "another seed, other permutations"))
		diag("p %.17g and %.17g, %.17g and %.17g", t.p, u.p, t.statistic, u.statistic);
	t = drive(&mlops_wasserstein_method, a, 0, b, 2, &own, 5);
	ok(isnan(t.statistic) && isnan(t.p) && strcmp(t.reason, "no reference rows") == 0, "no reference");
	t = drive(&mlops_wasserstein_method, a, 3, b, 0, &own, 5);
	ok(isnan(t.statistic) && isnan(t.p) && strcmp(t.reason, "no current rows") == 0 && t.n == 3, "no current");
	return done_testing();
}
