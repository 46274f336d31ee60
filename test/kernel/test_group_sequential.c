/*
 * test_group_sequential.c
 *		Bounds and probabilities of group-sequential designs against gsDesign,
 *		published tables and closed forms; looks that were not planned.
 */
#include "tap.h"

#include "kernel/experiment/group_sequential.h"
#include "kernel/special/special.h"

#define MAX_LOOKS 40

static double work[MLOPS_GS_WORK];
static mlops_gs_look look[MLOPS_GS_MAX_LOOKS];

static mlops_spending
spending(const char *name, double parameter)
{
	static const char *const family[] = {"obrien-fleming", "pocock", "power", "hwang-shih-decani", "wang-tsiatis"};

	for (int i = 0; i < 5; i++)
		if (strcmp(name, family[i]) == 0)
			return (mlops_spending) {(mlops_spending_family) i, parameter};
	return (mlops_spending) {MLOPS_SPEND_POWER, NAN};
}

static double
worst(int n, const double *got, const double *want)
{
	double		d = 0;

	for (int i = 0; i < n; i++)
		d = fmax(d, fabs(got[i] - want[i]));
	return d;
}

/*
 * The other program's own error is up to 2e-6 where alpha is small and 2e-7 at
 * alpha = .05, as the direct integrals below show.
 */
static void
check_golden(void)
{
	static double t[MAX_LOOKS],
				upper[MAX_LOOKS],
				lower[MAX_LOOKS],
				high[MAX_LOOKS],
				first_upper[MAX_LOOKS],
				first_lower[MAX_LOOKS],
				got[MAX_LOOKS],
				got_lower[MAX_LOOKS];
	golden		g;

	golden_open(&g, "group_sequential.csv", "alternative,alpha,spending,parameter,fraction,upper,drift,power,futility,"
				"futility_parameter,beta,binding,lower,drift_found");
	while (golden_next(&g))
	{
		bool		futility = strcmp(golden_text(&g, 8), "none") != 0;
		mlops_gs_design d = {.spending = spending(golden_text(&g, 2), golden_double(&g, 3)),
			.alternative = strcmp(golden_text(&g, 0), "greater") == 0 ? MLOPS_GREATER : MLOPS_TWO_SIDED,
			.alpha = golden_double(&g, 1), .futility = futility, .binding = golden_double(&g, 11) != 0,
			.futility_spending = futility ? spending(golden_text(&g, 8), golden_double(&g, 9)) : (mlops_spending) {0},
			.beta = golden_double(&g, 10), .drift = NAN};
		int			n = golden_list(&g, 4, t, MAX_LOOKS);
		double		drift;
		double		off;

		golden_list(&g, 5, upper, MAX_LOOKS);
		golden_list(&g, 7, high, MAX_LOOKS);
		golden_list(&g, 12, lower, MAX_LOOKS);
		if (!ok(mlops_gs_check(&d, n, t, 1) == NULL &&
				mlops_gs_bounds(&d, n, t, 1, work, NULL, look, &drift) == MLOPS_OK, "line %d", g.line))
			continue;
		for (int k = 0; k < n; k++)
		{
			got[k] = look[k].upper;
			got_lower[k] = look[k].lower;
		}
		off = worst(n, got, upper);
		ok(off < (d.alpha < 0.01 ? 2e-6 : 5e-7), "%s alpha %g %s(%g), %d looks: bounds off by %.1e", golden_text(&g, 0), d.alpha, golden_text(&g, 2),
		   d.spending.parameter, n, off);
		if (futility)
		{
			off = fmax(worst(n, got_lower, lower), fabs(drift - golden_double(&g, 13)));
			ok(off < 1e-7, "futility %s(%g) beta %g, binding %d: off by %.1e", golden_text(&g, 8), golden_double(&g, 9), d.beta,
			   d.binding, off);
			ok(fabs(look[n - 1].futility_spent - d.beta) < 1e-9, "beta is spent, line %d", g.line);
		}
		ok(mlops_gs_probabilities(0, 0, golden_double(&g, 6), n, look, work, NULL, first_upper, first_lower) == MLOPS_OK,
		   "probabilities, line %d", g.line);
		off = worst(n, first_upper, high);
		if (!futility)
			off = fmax(off, worst(n, first_lower, lower));
		ok(off < 5e-8, "P(crossing) under drift %g, off by %.1e", golden_double(&g, 6), off);
	}
}

/* Threefold integrals, without any recursion. */
static void
check_integrals(void)
{
	golden		g;

	golden_open(&g, "group_sequential_exact.csv", "alternative,alpha,spending,parameter,fraction,upper");
	while (golden_next(&g))
	{
		mlops_gs_design d = {.spending = spending(golden_text(&g, 2), golden_double(&g, 3)),
			.alternative = strcmp(golden_text(&g, 0), "greater") == 0 ? MLOPS_GREATER : MLOPS_TWO_SIDED,
			.alpha = golden_double(&g, 1)};
		double		t[3],
					upper[3];

		golden_list(&g, 4, t, 3);
		golden_list(&g, 5, upper, 3);
		ok(mlops_gs_bounds(&d, 3, t, 1, work, NULL, look, NULL) == MLOPS_OK, "integrals, line %d", g.line);
		for (int k = 0; k < 3; k++)
			is_close(look[k].upper, upper[k], 1e-12, "%s, look %d", golden_text(&g, 2), k + 1);
	}
}

/*
 * Jennison and Turnbull 2000, tables 2.1 and 2.3: C_P and C_B, two-sided; the bounds of the published spending functions at 5 equal looks.
 */
static void
check_tables(void)
{
	static const struct
	{
		double		alpha;
		int			looks;
		double		pocock;
		double		obrien;
	}			table[] = {
		{.05, 2, 2.178, 1.977}, {.05, 3, 2.289, 2.004}, {.05, 4, 2.361, 2.024}, {.05, 5, 2.413, 2.040},
		{.05, 10, 2.555, 2.087}, {.05, 20, 2.672, 2.126}, {.01, 2, 2.772, 2.580}
	};
	static const double of[] = {4.877, 3.357, 2.680, 2.290, 2.031};
	static const double pocock[] = {2.438, 2.427, 2.410, 2.397, 2.386};
	double		t[20];

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		for (int which = 0; which < 2; which++)
		{
			int			n = table[i].looks;
			mlops_gs_design d = {.spending = {MLOPS_SPEND_WANG_TSIATIS, which ? 0 : 0.5}, .alternative = MLOPS_TWO_SIDED,
			.alpha = table[i].alpha};

			for (int k = 0; k < n; k++)
				t[k] = k == n - 1 ? 1 : (k + 1.0) / n;
			mlops_gs_bounds(&d, n, t, 1, work, NULL, look, NULL);
			ok(fabs(look[n - 1].upper - (which ? table[i].obrien : table[i].pocock)) <= 0.0005 + 1e-9, "%s, %d looks, alpha %g: %.6f",
			   which ? "O'Brien and Fleming" : "Pocock", n, d.alpha, look[n - 1].upper);
			is_close(look[0].upper, look[n - 1].upper * (which ? sqrt(n) : 1), 1e-12, "first of %d", n);
			is_close(look[n - 1].spent, d.alpha, 1e-10, "alpha is spent");
		}
	for (int which = 0; which < 2; which++)
	{
		mlops_gs_design d = {.spending = {which ? MLOPS_SPEND_POCOCK : MLOPS_SPEND_OBRIEN_FLEMING, 0},
		.alternative = MLOPS_TWO_SIDED, .alpha = 0.05};

		for (int k = 0; k < 5; k++)
			t[k] = (k + 1) / 5.0;
		mlops_gs_bounds(&d, 5, t, 1, work, NULL, look, NULL);
		for (int k = 0; k < 5; k++)
			ok(fabs(look[k].upper - (which ? pocock[k] : of[k])) <= 0.0005, "spending, look %d: %.9f", k + 1, look[k].upper);
	}
}

/* P(|Z_1| > a or |Z_2| > b) of two looks in closed form at t = 1/2 by Sheppard's formula where a = b = 0+; more by symmetry. */
static void
check_closed_forms(void)
{
	mlops_gs_look two[2] = {{.fraction = 0.5, .lower = -INFINITY, .upper = 0}, {.fraction = 1, .lower = -INFINITY, .upper = 0}};
	double		upper[2],
				lower[2],
				p;
	mlops_gs_design d = {.spending = {MLOPS_SPEND_POWER, 1}, .alternative = MLOPS_LESS, .alpha = 0.05};
	mlops_gs_design mirror = d;
	double		t[3] = {0.2, 0.6, 1};
	mlops_gs_look other[3];

	/* P(Z_1 < 0, Z_2 > 0) = 1/4 - asin(sqrt(1/2)) / (2 pi) = 1/8 */
	mlops_gs_probabilities(0, 0, 0, 2, two, work, NULL, upper, lower);
	is_close(upper[0], 0.5, 1e-15, "half at the first look");
	is_close(upper[1], 0.125, 1e-13, "an eighth at the second");
	/* one look: the usual test, its power and its p */
	d.alternative = mirror.alternative = MLOPS_GREATER;
	mlops_gs_bounds(&d, 1, &t[2], 1, work, NULL, look, NULL);
	is_close(look[0].upper, 1.6448536269514727, 1e-14, "one look");
	mlops_gs_probabilities(0, 0, 2.5, 1, look, work, NULL, upper, lower);
	is_close(upper[0], mlops_normal_sf(1.6448536269514727 - 2.5), 1e-14, "its power");
	mlops_gs_stagewise_p(MLOPS_TWO_SIDED, 1, look, (double[]) {-2}, work, NULL, &p);
	is_close(p, 2 * mlops_normal_sf(2), 1e-14, "its stage-wise p, two-sided");
	mlops_gs_sequential_p(&d, 1, &t[2], (double[]) {2}, 1, work, NULL, look, &p);
	is_close(p, mlops_normal_sf(2), 1e-9, "its sequential p");
	/* less is greater with the other sign */
	d.alternative = MLOPS_LESS;
	mlops_gs_bounds(&d, 3, t, 1, work, NULL, look, NULL);
	mlops_gs_bounds(&mirror, 3, t, 1, work, NULL, other, NULL);
	for (int k = 0; k < 3; k++)
		ok(look[k].lower == -other[k].upper && look[k].upper == INFINITY, "mirrored look %d", k + 1);
	/* conditional power with one look to come: Phi((z sqrt(t) + drift (1 - t) - b) / sqrt(1 - t)), I = 400 of 1000 */
	two[0] = (mlops_gs_look) {.information = 1000, .lower = -INFINITY, .upper = 1.96};
	mlops_gs_conditional_power(1.3, 400, 0.05, 1, two, work, NULL, &upper[0], &lower[0]);
	is_close(upper[0], mlops_normal_sf((1.96 * sqrt(1000) - 1.3 * 20 - 0.05 * 600) / sqrt(600)), 1e-13, "conditional power");
	/* averaged over the posterior: the final z is normal around z sqrt(1000 / 400), variance 600 / 1000 + 600^2 / (400 1000) */
	mlops_gs_conditional_power(1.3, 400, NAN, 1, two, work, NULL, &upper[0], &lower[0]);
	is_close(upper[0], mlops_normal_sf((1.96 - 1.3 * sqrt(2.5)) / sqrt(0.6 + 0.9)), 1e-11, "predictive power");
	mlops_gs_conditional_power(1.3, 10, NAN, 1, two, work, NULL, &upper[0], &lower[0]);
	is_close(upper[0], mlops_normal_sf((1.96 - 1.3 * 10) / sqrt(0.99 + 0.99 * 99)), 1e-11, "predictive power early on");
}

/* What the looks of an unplanned schedule spend is what the function says, summed over them. */
static void
check_unplanned(void)
{
	mlops_gs_design d = {.spending = {MLOPS_SPEND_OBRIEN_FLEMING, 0}, .alternative = MLOPS_TWO_SIDED, .alpha = 0.05};
	const double information[] = {130, 130, 130.005, 400, 700, 1100, 1300};
	double		upper[7],
				lower[7],
				sum = 0,
				p;
	const double z[] = {1, 1, 1, 2, 2.7, 2, 2};

	ok(mlops_gs_bounds(&d, 7, information, 1000, work, NULL, look, NULL) == MLOPS_OK, "seven looks");
	ok(!look[0].collapsed && look[1].collapsed && look[1].upper == look[0].upper, "equal information: the same look");
	ok(look[2].collapsed && look[2].upper == INFINITY && look[2].spent == look[0].spent, "nearly equal information spends nothing");
	is_close(look[4].spent, 2 * 2 * mlops_normal_sf(mlops_normal_quantile_upper(0.0125) / sqrt(0.7)), 1e-13, "spent at .7");
	ok(look[5].spent == 0.05 && isfinite(look[5].upper), "past the plan: what is left is spent");
	ok(look[6].upper == INFINITY && look[6].spent == 0.05, "and nothing is left afterwards");
	mlops_gs_probabilities(0, 0, 0, 7, look, work, NULL, upper, lower);
	for (int k = 0; k < 7; k++)
		sum += upper[k] + lower[k];
	is_close(sum, 0.05, 1e-11, "all that is spent is alpha");
	/* the bound of a look does not depend on what comes after it */
	p = look[3].upper;
	mlops_gs_bounds(&d, 4, information, 1000, work, NULL, look, NULL);
	ok(look[3].upper == p, "a look does not know the looks to come");
	/* sequential p: the bound at that alpha is z */
	mlops_gs_sequential_p(&d, 5, information, z, 1000, work, NULL, look, &p);
	d.alpha = p;
	mlops_gs_bounds(&d, 5, information, 1000, work, NULL, look, NULL);
	ok(p < 0.05 && fabs(look[4].upper - 2.7) < 1e-8 && look[3].upper > 2, "sequential p %.6f", p);
}

/* Many looks: the whole of alpha, in reasonable time; bounds far out. */
static void
check_many(void)
{
	static double information[MLOPS_GS_MAX_LOOKS],
				upper[MLOPS_GS_MAX_LOOKS],
				lower[MLOPS_GS_MAX_LOOKS];
	double		sum = 0;
	mlops_gs_design d = {.spending = {MLOPS_SPEND_POCOCK, 0}, .alternative = MLOPS_TWO_SIDED, .alpha = 1e-7};

	for (int k = 0; k < 300; k++)
		information[k] = k + 1;
	ok(mlops_gs_bounds(&d, 300, information, 300, work, NULL, look, NULL) == MLOPS_OK, "300 looks");
	mlops_gs_probabilities(0, 0, 0, 300, look, work, NULL, upper, lower);
	for (int k = 0; k < 300; k++)
		sum += upper[k] + lower[k];
	is_close(sum, 1e-7, 1e-9, "alpha 1e-7 over 300 looks");
	/* one big step between two looks that nearly touch */
	ok(mlops_gs_bounds(&d, 3, (double[]) {0.5, 0.5002, 1}, 1, work, NULL, look, NULL) == MLOPS_OK && !look[1].collapsed &&
	   isfinite(look[1].upper), "looks that nearly touch");
	mlops_gs_probabilities(0, 0, 0, 3, look, work, NULL, upper, lower);
	is_close(upper[0] + upper[1] + upper[2], 5e-8, 1e-9, "they spend alpha");
}

static void
check_refusals(void)
{
	const double good[] = {1, 2};
	const double falls[] = {2, 1};
	mlops_gs_design d = {.spending = {MLOPS_SPEND_POCOCK, 0}, .alternative = MLOPS_GREATER, .alpha = 0.05, .drift = NAN};
	mlops_gs_design bad = d;

	ok(mlops_gs_check(&d, 2, good, 2) == NULL, "a good design");
	ok(mlops_gs_check(&d, 2, falls, 2) != NULL, "information falls");
	ok(mlops_gs_check(&d, 2, good, 0) != NULL, "nothing planned");
	ok(mlops_gs_check(&d, 0, good, 2) != NULL, "no look");
	bad.alpha = 1;
	ok(mlops_gs_check(&bad, 2, good, 2) != NULL, "alpha 1");
	bad = d;
	bad.spending = (mlops_spending) {MLOPS_SPEND_POWER, 0};
	ok(mlops_gs_check(&bad, 2, good, 2) != NULL, "power 0");
	bad.spending = (mlops_spending) {MLOPS_SPEND_WANG_TSIATIS, 0};
	ok(mlops_gs_check(&bad, 2, good, 2) == NULL && mlops_gs_check(&bad, 2, good, 3) != NULL, "Wang and Tsiatis need all looks");
	bad = d;
	bad.futility = true;
	bad.beta = 0.2;
	ok(mlops_gs_check(&bad, 2, good, 2) == NULL, "futility");
	bad.alternative = MLOPS_TWO_SIDED;
	ok(mlops_gs_check(&bad, 2, good, 2) != NULL, "futility, two-sided");
}

int
main(void)
{
	check_golden();
	check_integrals();
	check_tables();
	check_closed_forms();
	check_unplanned();
	check_many();
	check_refusals();
	return done_testing();
}
