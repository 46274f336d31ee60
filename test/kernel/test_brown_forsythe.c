/*
 * test_brown_forsythe.c
 *		Brown-Forsythe test of two samples against the definition in many digits
 *		(golden/brown_forsythe.csv), whatever way the passes are cut into blocks.
 */
#include "tap.h"

#include "kernel/twosample/brown_forsythe.h"

#define MAX_VALUES 1000

static uint32_t seed = 7;

static uint32_t
next_random(uint32_t below)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % below;
}

static int
ascending(const void *a, const void *b)
{
	double		x = *(const double *) a;
	double		y = *(const double *) b;

	return (x > y) - (x < y);
}

/* Distinct values with their rows, as the server makes them. */
static size_t
pool(const double *r, int n, const double *c, int m, double *x, double *nr, double *nc)
{
	double		all[2 * MAX_VALUES];
	size_t		k = 0;

	memcpy(all, r, n * sizeof(double));
	memcpy(all + n, c, m * sizeof(double));
	qsort(all, n + m, sizeof(double), ascending);
	for (int i = 0; i < n + m; i++)
	{
		if (k > 0 && x[k - 1] == all[i])
			continue;
		x[k] = all[i];
		nr[k] = nc[k] = 0;
		for (int j = 0; j < n; j++)
			nr[k] += r[j] == all[i];
		for (int j = 0; j < m; j++)
			nc[k] += c[j] == all[i];
		k++;
	}
	return k;
}

static int
run(const double *r, int n, const double *c, int m, int largest_block, mlops_test *out)
{
	const mlops_twosample_method *method = &mlops_brown_forsythe_method;
	const mlops_twosample_options options = {0, 0};
	double		x[2 * MAX_VALUES];
	double		nr[2 * MAX_VALUES];
	double		nc[2 * MAX_VALUES];
	size_t		k = pool(r, n, c, m, x, nr, nc);
	void	   *state = calloc(1, method->state_size(n, m, &options));
	int			passes = 0;

	method->begin(state, n, m, &options);
	do
	{
		for (size_t i = 0; i < k;)
		{
			size_t		block = 1 + next_random(largest_block);
			mlops_runs	runs = {x + i, nr + i, nc + i, block < k - i ? block : k - i};

			method->step(state, &runs);
			i += runs.n;
		}
		passes++;
	} while (method->again(state));
	method->finish(state, out);
	free(state);
	return passes;
}

static void
against_golden(void)
{
	golden		g;
	double		worst[7] = {0};
	int			rows = 0;
	bool		two_passes = true;

	golden_open(&g, "brown_forsythe.csv", "reference,current,statistic,df,p,ln_p,ratio,lower,upper");
	while (golden_next(&g))
	{
		double		r[MAX_VALUES];
		double		c[MAX_VALUES];
		int			n = golden_list(&g, 0, r, MAX_VALUES);
		int			m = golden_list(&g, 1, c, MAX_VALUES);

		for (int block = 1; block <= 100; block += 99)
		{
			mlops_test	t;

			two_passes = two_passes && run(r, n, c, m, block, &t) == 2 && t.n == n && t.m == m && !t.reason;
			for (int i = 0; i < 7; i++)
			{
				const double got[7] = {t.statistic, t.df, t.p, t.ln_p, t.effect, t.effect_lower, t.effect_upper};
				double		want = golden_double(&g, 2 + i);

				worst[i] = fmax(worst[i], fabs(got[i] - want) / fabs(want));
			}
		}
		rows++;
	}
	ok(rows > 80, "golden rows were read: %d", rows);
	ok(two_passes, "two passes make a test");
	ok(worst[0] < 1e-14 && worst[1] == 0, "F: worst %.2g; df", worst[0]);
	ok(worst[2] < 1e-12 && worst[3] < 1e-12, "p and ln p: worst %.2g, %.2g", worst[2], worst[3]);
	ok(worst[4] < 1e-15 && worst[5] < 1e-14 && worst[6] < 1e-14, "ratio and interval: worst %.2g, %.2g, %.2g",
	   worst[4], worst[5], worst[6]);
}

static void
degenerate(void)
{
	mlops_test	t;
	const double one[] = {1, 1, 1, 1};
	const double x[] = {0, 1, 5, 9};
	const double far[] = {-1.7e308, 1.7e308, 1e308};

	run(x, 0, x, 4, 1, &t);
	ok(isnan(t.p) && t.reason && strcmp(t.reason, MLOPS_REASON_NO_REFERENCE) == 0 && t.m == 4, "no reference rows");
	run(x, 4, x, 0, 1, &t);
	ok(isnan(t.p) && t.reason && strcmp(t.reason, MLOPS_REASON_NO_CURRENT) == 0 && t.n == 4, "no current rows");
	run(x, 0, x, 0, 1, &t);
	ok(isnan(t.p) && t.reason, "no rows at all");
	run(x, 1, x + 2, 1, 1, &t);
	ok(isnan(t.p) && t.reason && isnan(t.effect), "one row on each side: %s", t.reason);
	run(one, 4, one, 4, 1, &t);
	ok(isnan(t.p) && t.reason && isnan(t.effect), "constants: %s", t.reason);
	run((double[]) {-1, 1}, 2, (double[]) {-3, 3, -3, 3}, 4, 1, &t);
	ok(isnan(t.p) && t.reason && t.effect == 3, "deviations that do not vary: %s", t.reason);
	/* 0.1 and 0.3 are equally far from 0.2, but not as doubles */
	run((double[]) {0.1, 0.3}, 2, (double[]) {0.1, 0.7, 0.1, 0.7}, 4, 1, &t);
	ok(isnan(t.p) && isnan(t.statistic) && t.reason, "deviations that vary by rounding only: %s", t.reason);
	run((double[]) {1e12, 1e12 + 0.25, 1e12 + 1}, 3, (double[]) {1e12, 1e12 + 3, 1e12 + 3.5}, 3, 1, &t);
	ok(t.p > 0 && t.p < 1, "an offset of 1e12 is no rounding");
	run(x, 4, one, 4, 1, &t);
	ok(t.p > 0 && t.p < 1 && t.effect == 0 && isnan(t.effect_lower), "one side constant: the ratio is 0, without an interval");
	run(one, 4, x, 4, 1, &t);
	ok(t.p > 0 && t.p < 1 && isinf(t.effect) && isnan(t.effect_upper), "the other constant: infinite");
	run(far, 3, x, 4, 1, &t);
	ok(isnan(t.p) && t.reason && isfinite(t.effect), "squares out of range: %s", t.reason);
	/* swapping the sides inverts the ratio */
	{
		mlops_test	s;
		const double y[] = {2, 2.5, 7};

		run(x, 4, y, 3, 2, &t);
		run(y, 3, x, 4, 2, &s);
		is_close(s.statistic, t.statistic, 1e-15, "swapped: the same F");
		is_close(s.effect_upper, 1 / t.effect_lower, 1e-14, "swapped: the inverse interval");
	}
}

int
main(void)
{
	against_golden();
	degenerate();
	return done_testing();
}
