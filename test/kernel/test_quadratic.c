/*
 * test_quadratic.c
 *		The tests of Cramer-von Mises, Anderson-Darling and energy, against full
 *		enumeration (golden/quadratic.csv).
 */
#include "tap.h"

#include "kernel/cvm.h"
#include "kernel/energy.h"
#include "kernel/quadratic.h"

#define MAX_VALUES 20000

static const mlops_twosample_method *const method[3] = {
	&mlops_cvm_method, &mlops_anderson_darling_method, &mlops_energy_method
};

/* The test of these values, handed over in blocks of so many. */
static mlops_test
test_of(const mlops_twosample_method *how, const mlops_runs *runs, size_t block, int64_t permutations,
		uint64_t seed)
{
	mlops_twosample_options options = {permutations, seed};
	mlops_test	out;
	double		n = 0;
	double		m = 0;
	void	   *state;

	for (size_t i = 0; i < runs->n; i++)
	{
		n += runs->reference[i];
		m += runs->current[i];
	}
	state = calloc(1, how->state_size(n, m, &options));
	how->begin(state, n, m, &options);
	for (size_t i = 0; i < runs->n; i += block)
		how->step(state, &(mlops_runs) {runs->x + i, runs->reference + i, runs->current + i,
										runs->n - i < block ? runs->n - i : block});
	how->finish(state, &out);
	free(state);
	return out;
}

static void
against_golden(void)
{
	golden		g;
	double		worst[3] = {0};
	int			rows = 0;
	int			exact = 0;

	golden_open(&g, "quadratic.csv", "x,reference,current,cvm,cvm_p,ad,ad_p,energy,energy_p,coefficient");
	while (golden_next(&g))
	{
		double		x[20];
		double		reference[20];
		double		current[20];
		mlops_runs	runs = {x, reference, current, 0};

		runs.n = (size_t) golden_list(&g, 0, x, 20);
		golden_list(&g, 1, reference, 20);
		golden_list(&g, 2, current, 20);
		for (int k = 0; k < 3; k++)
		{
			mlops_test	t = test_of(method[k], &runs, 3, 0, 0);

			worst[0] = fmax(worst[0], fabs(t.statistic - golden_double(&g, 3 + 2 * k)));
			worst[1] = fmax(worst[1], fabs(t.p / golden_double(&g, 4 + 2 * k) - 1));
			if (k == 2)
				worst[2] = fmax(worst[2], fabs(t.effect - golden_double(&g, 9)));
			exact += strcmp(t.variant, "exact") == 0;
		}
		rows++;
	}
	ok(rows == 60 && exact == 180, "golden rows were read: %d", rows);
	ok(worst[0] < 1e-13, "statistics: worst %.2g", worst[0]);
	ok(worst[1] < 1e-12, "exact p: worst %.2g", worst[1]);
	ok(worst[2] < 1e-14, "energy coefficient: worst %.2g", worst[2]);
}

static void
without_a_p(void)
{
	double		x[] = {1, 2};
	double		none[] = {0, 0};
	double		one[] = {1, 4};

	for (int k = 0; k < 3; k++)
	{
		mlops_test	t = test_of(method[k], &(mlops_runs) {x, none, one, 2}, 2, 0, 0);

		ok(isnan(t.p) && isnan(t.statistic) && strcmp(t.reason, "no reference rows") == 0 && t.m == 5,
		   "%s: no reference rows", method[k]->name);
		t = test_of(method[k], &(mlops_runs) {x, one, none, 2}, 2, 99, 0);
		ok(isnan(t.p) && strcmp(t.reason, "no current rows") == 0 && t.n == 5, "%s: no current rows", method[k]->name);
		t = test_of(method[k], &(mlops_runs) {x, one, one, 1}, 2, 99, 0);
		ok(isnan(t.p) && strcmp(t.reason, "all values are equal") == 0 && t.n == 1, "%s: one value", method[k]->name);
		t = test_of(method[k], &(mlops_runs) {x, none, none, 0}, 2, 0, 0);
		ok(isnan(t.p) && strcmp(t.reason, "no reference rows") == 0, "%s: no rows", method[k]->name);
	}
	x[0] = -1.7e308;
	x[1] = 1.7e308;
	ok(strcmp(test_of(method[2], &(mlops_runs) {x, one, one, 2}, 2, 0, 0).reason, "values out of range") == 0,
	   "an energy beyond the largest number has a reason");
}

int
main(void)
{
	against_golden();
	without_a_p();
	return done_testing();
}
