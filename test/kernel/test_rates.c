/*
 * test_rates.c
 *		Change of a share, against statsmodels and R (golden/rates.csv).
 */
#include "tap.h"

#include "kernel/categories/rates.h"

int
main(void)
{
	golden		g;
	mlops_rate_change r;
	double		worst = 0,
				worst_p = 0;
	int			rows = 0;

	golden_open(&g, "rates.csv",
				"k_reference,n_reference,k_current,n_current,confidence,difference,lower,upper,p_value");
	while (golden_next(&g))
	{
		double		p = golden_double(&g, 8);

		if (mlops_rate_change_of((int64_t) golden_double(&g, 0), (int64_t) golden_double(&g, 1),
								 (int64_t) golden_double(&g, 2), (int64_t) golden_double(&g, 3),
								 golden_double(&g, 4), &r) != MLOPS_OK)
		{
			ok(false, "row %d is computed", rows);
			continue;
		}
		rows++;
		worst = fmax(worst, fabs(r.difference - golden_double(&g, 5)));
		worst = fmax(worst, fabs(r.lower - golden_double(&g, 6)));
		worst = fmax(worst, fabs(r.upper - golden_double(&g, 7)));
		if (p > 0)
			worst_p = fmax(worst_p, fabs(r.p_value / p - 1));
	}
	ok(rows == 200, "all golden rows were read");
	ok(worst < 1e-12, "difference and interval: worst absolute error %.2g", worst);
	ok(worst_p < 1e-9, "p-values: worst relative error %.2g", worst_p);

	ok(mlops_rate_change_of(0, 0, 1, 2, 0.95, &r) == MLOPS_EMPTY, "an empty side is empty");
	ok(mlops_rate_change_of(3, 2, 1, 2, 0.95, &r) == MLOPS_DOMAIN, "more hits than rows is refused");
	ok(mlops_rate_change_of(-1, 2, 1, 2, 0.95, &r) == MLOPS_DOMAIN, "a negative count is refused");
	ok(mlops_rate_change_of(1, 2, 1, 2, 1.0, &r) == MLOPS_DOMAIN, "confidence 1 is refused");
	return done_testing();
}
