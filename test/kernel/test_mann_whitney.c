/*
 * test_mann_whitney.c
 *		U, its exact and limiting p-values and Cliff's delta with its interval
 *		(golden/mann_whitney.csv); many rows; bad sides.
 */
#include "drive.h"

#include "kernel/twosample/mannwhitney.h"

static const mlops_twosample_options none;

static void
against_golden(void)
{
	static double x[2048],
				y[2048];
	golden		g;
	double		worst[4] = {0};
	int			rows = 0;
	int			wrong = 0;
	int			intervals = 0;

	golden_open(&g, "mann_whitney.csv", "reference,current,statistic,variant,p,ln_p,delta,lower,upper");
	while (golden_next(&g))
	{
		size_t		n = (size_t) golden_list(&g, 0, x, 2048);
		size_t		m = (size_t) golden_list(&g, 1, y, 2048);
		const char *variant = golden_text(&g, 3);
		mlops_test	t = drive(&mlops_mann_whitney_method, x, n, y, m, &none, 5);
		mlops_test	swapped = drive(&mlops_mann_whitney_method, y, m, x, n, &none, 512);

		rows++;
		wrong += t.statistic != golden_double(&g, 2) || swapped.statistic != (double) (n * m) - t.statistic;
		wrong += fabs(swapped.effect + t.effect) > 1e-15;
		worst[2] = fmax(worst[2], fabs(t.effect - golden_double(&g, 6)));
		if (!isnan(golden_double(&g, 7)))
		{
			intervals++;
			worst[3] = fmax(worst[3], fabs(t.effect_lower - golden_double(&g, 7)));
			worst[3] = fmax(worst[3], fabs(t.effect_upper - golden_double(&g, 8)));
			wrong += fabs(swapped.effect_lower + t.effect_upper) > 1e-13;
		}
		else
			wrong += !isnan(t.effect_lower) || !isnan(t.effect_upper);
		if (strcmp(variant, "none") == 0)
		{
			wrong += !isnan(t.p) || t.reason == NULL || strcmp(t.reason, "all values are equal") != 0;
			continue;
		}
		wrong += strcmp(t.variant, variant) != 0 || t.reason != NULL || fabs(swapped.ln_p - t.ln_p) > 1e-12;
		worst[0] = fmax(worst[0], fabs(t.p / golden_double(&g, 4) - 1));
		worst[1] = fmax(worst[1], fabs(t.ln_p - golden_double(&g, 5)) / fmax(1, fabs(golden_double(&g, 5))));
	}
	ok(rows > 50 && intervals > 40, "golden rows were read: %d", rows);
	ok(wrong == 0, "U, variant, reason, and the sides swapped: %d wrong", wrong);
	ok(worst[0] < 1e-12 && worst[1] < 1e-12, "p and ln p: worst %.2g, %.2g", worst[0], worst[1]);
	ok(worst[2] < 1e-15 && worst[3] < 1e-11, "delta and its interval: worst %.2g, %.2g", worst[2], worst[3]);
}

/* 3e8 rows on each side at three values, against integers of 128 bits. */
static void
large(void)
{
	double		v[] = {1, 2, 3};
	double		r[] = {1e8, 1e8, 1e8};
	double		c[] = {1e8 - 30000, 1e8, 1e8 + 30000};
	mlops_runs	runs = {v, r, c, 3};
	void	   *s = calloc(1, mlops_mann_whitney_method.state_size(3e8, 3e8, &none));
	mlops_test	t;
	double		z;

	mlops_mann_whitney_method.begin(s, 3e8, 3e8, &none);
	mlops_mann_whitney_method.step(s, &runs);
	mlops_mann_whitney_method.finish(s, &t);
	/*
	 * By hand: placements are -2e8, 0, 2e8, so that 2 U - n m = 6e4 * 2e8; with all three
	 * values nearly thirds the variance of it is n m (N + 1) (1 - 1/9) / 3.
	 */
	is_close(t.effect, 3e4 * 4e8 / 9e16, 1e-15, "delta of 6e8 rows");
	z = (3e4 * 4e8 - 1) / sqrt(9e16 / 3 * 6e8 * (8.0 / 9));
	is_close(t.ln_p, log(erfc(z / sqrt(2))), 1e-7, "and its p");
	ok(strcmp(t.variant, "limiting") == 0 && t.effect_lower > 0 && t.effect_upper < 2 * t.effect, "and its interval");
	free(s);
}

int
main(void)
{
	double		x[] = {5, 5, 5};
	double		y[] = {5, 6};
	mlops_test	t;

	against_golden();
	large();
	t = drive(&mlops_mann_whitney_method, x, 0, y, 2, &none, 512);
	ok(isnan(t.p) && isnan(t.statistic) && strcmp(t.reason, "no reference rows") == 0 && t.m == 2, "no reference");
	t = drive(&mlops_mann_whitney_method, x, 3, y, 0, &none, 512);
	ok(isnan(t.p) && isnan(t.effect) && strcmp(t.reason, "no current rows") == 0 && t.n == 3, "no current");
	t = drive(&mlops_mann_whitney_method, x, 3, y, 2, &none, 512);
	ok(t.effect == 0.5 && t.statistic == 4.5 && strcmp(t.measure, "Cliff's delta") == 0, "larger current values: delta > 0");
	return done_testing();
}
