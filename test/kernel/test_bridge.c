/*
 * test_bridge.c
 *		The laws of quadratic forms in the Brownian bridge, against mpmath
 *		(golden/bridge.csv).
 */
#include "tap.h"

#include "kernel/special/bridge.h"

#define MANY 4000

static mlops_bridge_node node[MANY];

static double
relative(double got, double want)
{
	return got == want ? 0 : fabs(got - want) / fabs(want);
}

static void
against_golden(void)
{
	golden		g;
	double		tail[2] = {0};
	double		ln[2] = {0};
	double		quantile[2] = {0};
	int			rows[2] = {0};
	int			bad = 0;

	golden_open(&g, "bridge.csv", "law,df,at,weight,x,lower,upper,ln_lower,ln_upper");
	while (golden_next(&g))
	{
		mlops_bridge_law law;
		mlops_tails t;
		double		at[16];
		double		weight[16];
		double		df = golden_double(&g, 1);
		double		x = golden_double(&g, 4);
		double		lower = golden_double(&g, 5);
		double		upper = golden_double(&g, 6);
		bool		nodes = strcmp(golden_text(&g, 0), "nodes") == 0;
		mlops_status made;
		double		back;

		if (nodes)
		{
			int			n = golden_list(&g, 2, at, 16);

			golden_list(&g, 3, weight, 16);
			for (int i = 0; i < n; i++)
				node[i] = (mlops_bridge_node) {at[i], 0, weight[i]};
			made = mlops_bridge_nodes_law(node, (size_t) n, df, &law);
		}
		else if (strcmp(golden_text(&g, 0), "cvm") == 0)
			made = mlops_cvm_law(df, &law);
		else
			made = mlops_anderson_darling_law(df, &law);
		rows[nodes]++;
		if (made != MLOPS_OK || mlops_bridge_tails(&law, x, &t, NULL) != MLOPS_OK)
		{
			bad++;
			continue;
		}
		/* below 1e-300 only the logarithm counts */
		if (lower > 1e-300)
			tail[nodes] = fmax(tail[nodes], relative(t.lower, lower));
		if (upper > 1e-300)
			tail[nodes] = fmax(tail[nodes], relative(t.upper, upper));
		ln[nodes] = fmax(ln[nodes], relative(t.ln_lower, golden_double(&g, 7)));
		ln[nodes] = fmax(ln[nodes], relative(t.ln_upper, golden_double(&g, 8)));
		/* q from 1 to e^-18000 by its logarithm */
		for (int side = 0; side < 2; side++)
		{
			double		ln_q = golden_double(&g, 7 + side);

			/* x is not to be found from a q near 1; of nodes, lower tails end at e^-800 */
			if (ln_q < -0.1 && ln_q > (nodes && side == 0 ? -700 : -INFINITY))
			{
				bad += mlops_bridge_quantile_ln(&law, ln_q, side == 1, &back) != MLOPS_OK;
				quantile[nodes] = fmax(quantile[nodes], relative(back, x));
			}
		}
		if (upper > 1e-300 && upper < 0.9)
		{
			bad += mlops_bridge_quantile(&law, upper, true, &back) != MLOPS_OK;
			quantile[nodes] = fmax(quantile[nodes], relative(back, x));
		}
		if (lower > 1e-300 && lower < 0.9)
		{
			bad += mlops_bridge_quantile(&law, lower, false, &back) != MLOPS_OK;
			quantile[nodes] = fmax(quantile[nodes], relative(back, x));
		}
	}
	ok(rows[0] > 140 && rows[1] > 100 && bad == 0, "golden rows were read: %d limits, %d laws of nodes", rows[0], rows[1]);
	ok(tail[0] < 1e-12, "limits, tails: worst %.2g", tail[0]);
	ok(ln[0] < 1e-12, "limits, logarithms of tails: worst %.2g", ln[0]);
	ok(quantile[0] < 1e-10, "limits, quantiles: worst %.2g", quantile[0]);
	ok(tail[1] < 1e-11, "nodes, tails: worst %.2g", tail[1]);
	ok(ln[1] < 1e-12, "nodes, logarithms of tails: worst %.2g", ln[1]);
	ok(quantile[1] < 1e-10, "nodes, quantiles: worst %.2g", quantile[1]);
}

/* Stretches that cover (0, 1) with weight 1 are Cramer-von Mises. */
static void
stretches(void)
{
	mlops_bridge_law cvm;
	double		worst = 0;

	mlops_cvm_law(1, &cvm);
	for (int n = 3; n <= 3000; n *= 10)
	{
		mlops_bridge_law law;

		/* of unequal width */
		for (int i = 0; i < n; i++)
		{
			double		from = (double) i / n * i / n;
			double		to = (double) (i + 1) / n * (i + 1) / n;

			node[i] = (mlops_bridge_node) {0.5 * (from + to), to - from, to - from};
		}
		if (!ok(mlops_bridge_nodes_law(node, (size_t) n, 1, &law) == MLOPS_OK, "%d stretches", n))
			continue;
		worst = fmax(worst, relative(law.first, cvm.first));
		is_close(law.mean, cvm.mean, 1e-13, "their mean");
		is_close(law.variance, cvm.variance, 1e-12, "their variance");
		for (double x = 0.02; x < 100; x *= 2)
		{
			mlops_tails a;
			mlops_tails b;

			mlops_bridge_tails(&law, x, &a, NULL);
			mlops_bridge_tails(&cvm, x, &b, NULL);
			worst = fmax(worst, fmax(relative(a.ln_upper, b.ln_upper), relative(a.ln_lower, b.ln_lower)));
		}
	}
	ok(worst < 1e-11, "stretches have the law of their limit: worst %.2g", worst);
}

/* One node is w u (1 - u) chi-square with one degree of freedom; two equal laws add up. */
static void
chi_square(void)
{
	mlops_bridge_law law;
	mlops_tails a;
	mlops_tails b;
	double		density;
	double		worst = 0;

	node[0] = (mlops_bridge_node) {0.2, 0, 3};
	for (double df = 1; df <= 40; df += 3)
	{
		mlops_bridge_nodes_law(node, 1, df, &law);
		for (double x = 0.01 * df; x < 700; x *= 1.7)
		{
			mlops_bridge_tails(&law, 0.48 * x, &a, &density);
			mlops_chi2_tails(x, df, &b);
			worst = fmax(worst, fmax(relative(a.ln_lower, b.ln_lower), relative(a.ln_upper, b.ln_upper)));
			b.lower = exp((0.5 * df - 1) * log(x / 2) - x / 2 - lgamma(0.5 * df)) / 2 / 0.48;
			worst = fmax(worst, relative(density, b.lower));
		}
	}
	ok(worst < 1e-11, "one node is chi-square, with its density: worst %.2g", worst);
	is_close(law.first, 1 / 0.96, 1e-15, "its zero");
}

static void
domains(void)
{
	mlops_bridge_law law;
	mlops_tails t;
	double		x;
	const mlops_bridge_node wrong[][2] = {
		{{0, 0, 1}, {0.5, 0, 1}}, {{0.5, 0, 1}, {1, 0, 1}}, {{0.5, 0, 1}, {0.4, 0, 1}}, {{0.5, 0, 0}, {0.6, 0, 1}},
		{{0.5, 0.2, 1}, {0.55, 0, 1}}, {{0.5, 0, NAN}, {0.6, 0, 1}}, {{0.5, 0, INFINITY}, {0.6, 0, 1}}, {{0.5, -1, 1}, {0.6, 0, 1}}
	};
	int			refused = 0;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		refused += mlops_bridge_nodes_law(wrong[i], 2, 1, &law) == MLOPS_DOMAIN;
	is_int(refused, sizeof(wrong) / sizeof(*wrong), "nodes that are none");
	ok(mlops_bridge_nodes_law(node, 0, 1, &law) == MLOPS_EMPTY, "no nodes");
	ok(mlops_cvm_law(0, &law) == MLOPS_DOMAIN && mlops_anderson_darling_law(NAN, &law) == MLOPS_DOMAIN, "no degrees of freedom");
	mlops_cvm_law(1, &law);
	ok(mlops_bridge_tails(&law, NAN, &t, NULL) == MLOPS_DOMAIN, "x is not a number");
	ok(mlops_bridge_tails(&law, -1, &t, NULL) == MLOPS_OK && t.upper == 1 && t.lower == 0 && t.ln_upper == 0, "x below 0");
	ok(mlops_bridge_tails(&law, INFINITY, &t, NULL) == MLOPS_OK && t.upper == 0 && t.ln_upper == -INFINITY, "infinite x");
	ok(mlops_bridge_quantile(&law, 0, true, &x) == MLOPS_DOMAIN && mlops_bridge_quantile(&law, 1, false, &x) == MLOPS_DOMAIN
	   && mlops_bridge_quantile_ln(&law, 0, true, &x) == MLOPS_DOMAIN,
	   "quantiles of 0 and 1");
	/* Anderson and Darling (1952), table 1: 5 % and 1 % points as printed */
	mlops_bridge_quantile(&law, 0.05, true, &x);
	is_close(x, 0.46136, 1e-5, "the printed 5 %% point");
	mlops_bridge_quantile(&law, 0.01, true, &x);
	is_close(x, 0.74346, 1e-5, "and the 1 %% point");
}

int
main(void)
{
	against_golden();
	stretches();
	chi_square();
	domains();
	return done_testing();
}
