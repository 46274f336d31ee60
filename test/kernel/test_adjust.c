/*
 * test_adjust.c
 *		Adjusted p-values against R's p.adjust().
 */
#include "tap.h"

#include "kernel/adjust.h"

static mlops_adjustment
method_by_name(const char *name)
{
	static const char *const names[] = {"none", "bonferroni", "holm", "hochberg", "BH", "BY"};

	for (int i = 0; i < 6; i++)
		if (strcmp(name, names[i]) == 0)
			return (mlops_adjustment) i;
	printf("Bail out! unknown method %s\n", name);
	exit(2);
}

int
main(void)
{
	golden		g;
	double		p[64],
				want[64],
				got[64];
	size_t		order[64];
	/* Benjamini and Hochberg by hand: 4 p, factors 4, 2, 4/3, 1, minimum from above */
	const double hand[4] = {0.005, 0.03, 0.6, 0.02};
	const double hand_bh[4] = {0.02, 0.04, 0.6, 0.04};

	golden_open(&g, "adjust.csv", "method,p,adjusted");
	while (golden_next(&g))
	{
		int			n = golden_list(&g, 1, p, 64);
		int			worst = -1;

		golden_list(&g, 2, want, 64);
		if (mlops_adjust_p(method_by_name(golden_text(&g, 0)), p, (size_t) n, got, order) != MLOPS_OK)
			worst = 0;
		for (int i = 0; i < n; i++)
			if (!close_to(got[i], want[i], 1e-14))
				worst = i;
		if (!ok(worst < 0, "%s of %d p-values, line %d", golden_text(&g, 0), n, g.line))
			diag("value %d: got %.17g, want %.17g", worst, got[worst], want[worst]);
	}
	mlops_adjust_p(MLOPS_ADJUST_BH, hand, 4, got, order);
	for (int i = 0; i < 4; i++)
		is_close(got[i], hand_bh[i], 1e-15, "Benjamini-Hochberg by hand, p %d", i + 1);
	ok(mlops_adjust_p(MLOPS_ADJUST_BH, p, 0, got, order) == MLOPS_OK, "no p-values at all");
	p[0] = NAN;
	ok(mlops_adjust_p(MLOPS_ADJUST_BH, p, 1, got, order) == MLOPS_DOMAIN, "NaN is refused");
	p[0] = 1.5;
	ok(mlops_adjust_p(MLOPS_ADJUST_BH, p, 1, got, order) == MLOPS_DOMAIN, "p above 1 is refused");
	return done_testing();
}
