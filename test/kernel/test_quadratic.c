/*
 * test_quadratic.c
 *		The tests of Cramer-von Mises, Anderson-Darling and energy, against full
 *		enumeration (golden/quadratic.csv) and the moments in the literature;
 *		null calibration by simulation.
 */
#include "tap.h"

#include "kernel/twosample/cvm.h"
#include "kernel/twosample/energy.h"
#include "kernel/twosample/quadratic.h"

#define COLUMNS "x,reference,current,coefficient," \
	"cvm,cvm_p,cvm_mean,cvm_variance,ad,ad_p,ad_mean,ad_variance,energy,energy_p,energy_mean,energy_variance"

#define MAX_VALUES 20000

static double value[MAX_VALUES];
static double in_reference[MAX_VALUES];
static double in_current[MAX_VALUES];
static mlops_bridge_node node[MAX_VALUES];
static uint64_t stream = 20261121;

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

/* Weight of value i in the sum of w (F - G)^2. */
static double
weight_of(int k, const mlops_runs *runs, size_t i, double rows, double total)
{
	double		share = (runs->reference[i] + runs->current[i]) / total;

	if (k == 2)
		return 2 * (runs->x[i + 1] - runs->x[i]);
	return k == 0 ? share : share / (rows / total * (1 - rows / total));
}

/* The permutation moments, from the definition of the weights. */
static void
moments_of(int k, const mlops_runs *runs, double *mean, double *variance)
{
	static mlops_quadratic q;
	mlops_twosample_options options = {0, 0};
	double		n = 0;
	double		m = 0;
	double		rows = 0;

	for (size_t i = 0; i < runs->n; i++)
	{
		n += runs->reference[i];
		m += runs->current[i];
	}
	mlops_quadratic_begin(&q, n, m, &options);
	for (size_t i = 0; i + 1 < runs->n; i++)
	{
		rows += runs->reference[i] + runs->current[i];
		mlops_quadratic_rows(&q, runs->reference[i], runs->current[i]);
		mlops_quadratic_weight(&q, weight_of(k, runs, i, rows, n + m));
	}
	mlops_quadratic_moments(&q, mean, variance);
}

static void
against_golden(void)
{
	golden		g;
	double		worst[4] = {0};
	int			rows = 0;
	int			exact = 0;

	golden_open(&g, "quadratic.csv", COLUMNS);
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
			double		mean;
			double		variance;

			worst[0] = fmax(worst[0], fabs(t.statistic - golden_double(&g, 4 + 4 * k)));
			worst[1] = fmax(worst[1], fabs(t.p / golden_double(&g, 5 + 4 * k) - 1));
			if (k == 2)
				worst[2] = fmax(worst[2], fabs(t.effect - golden_double(&g, 3)));
			exact += strcmp(t.variant, "exact") == 0;
			if (t.n + t.m < 4)
				continue;		/* fourth moments need four rows */
			moments_of(k, &runs, &mean, &variance);
			worst[3] = fmax(worst[3], fabs(mean / golden_double(&g, 6 + 4 * k) - 1));
			worst[3] = fmax(worst[3], fabs(variance - golden_double(&g, 7 + 4 * k)) / (mean * mean));
		}
		rows++;
	}
	ok(rows == 60 && exact == 180, "golden rows were read: %d", rows);
	ok(worst[0] < 1e-13, "statistics: worst %.2g", worst[0]);
	ok(worst[1] < 1e-12, "exact p: worst %.2g", worst[1]);
	ok(worst[2] < 1e-14, "energy coefficient: worst %.2g", worst[2]);
	ok(worst[3] < 1e-12, "permutation mean and variance: worst %.2g", worst[3]);
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

/* n and m distinct values, about a share `mixed` of the order being random. */
static mlops_runs
distinct(int n, int m, double shift)
{
	double		left[2] = {n, m};

	for (int i = 0; i < n + m; i++)
	{
		/* reference rows are a little likelier at the lower end */
		double		p = left[0] / (left[0] + left[1]) * (1 + shift * (1 - 2.0 * i / (n + m)));
		bool		current = left[0] == 0 || (left[1] > 0 && mlops_random_uniform(&stream) > p);

		left[current]--;
		in_reference[i] = !current;
		in_current[i] = current;
		value[i] = exp(4.0 * i / (n + m)) + 1e-3 * i;
	}
	return (mlops_runs) {value, in_reference, in_current, (size_t) (n + m)};
}

/* Variances without ties: Anderson (1962) for T, Scholz and Stephens (1987) for A^2. */
static double
cvm_variance(double n, double m)
{
	double		N = n + m;

	return (N + 1) * (4 * n * m * N - 3 * (n * n + m * m) - 2 * n * m) / (45 * N * N * 4 * n * m);
}

static double
ad_variance(double n, double m)
{
	double		N = n + m;
	double		H = 1 / n + 1 / m;
	double		h = 0;
	double		g = 0;
	double		tail = 0;

	for (double i = N - 1; i >= 1; i--)
	{
		/* sum over i < j of 1 / ((N - i) j) */
		g += tail / (N - i);
		tail += 1 / i;
		h += 1 / i;
	}
	return (((4 * g - 6) + (10 - 6 * g) * H) * N * N * N
			+ ((2 * g - 4) * 4 + 8 * h * 2 + (2 * g - 14 * h - 4) * H - 8 * h + 4 * g - 6) * N * N
			+ ((6 * h + 2 * g - 2) * 4 + (4 * h - 4 * g + 6) * 2 + (2 * h - 6) * H + 4 * h) * N
			+ (2 * h + 6) * 4 - 4 * h * 2) / ((N - 1) * (N - 2) * (N - 3));
}

/*
 * Many distinct values are merged.  The p of a law of all of them, unmerged,
 * with the moments in the literature (of the energy, of the merged ones).
 */
static void
merging(void)
{
	double		worst[3] = {0};

	for (double shift = 0; shift < 0.5; shift += 0.06)
	{
		mlops_runs	runs = distinct(8000, 12000, shift);

		for (int k = 0; k < 3; k++)
		{
			mlops_test	t = test_of(method[k], &runs, 1000, 0, 0);
			mlops_bridge_law law;
			mlops_tails tails;
			double		mean;
			double		variance;

			for (size_t i = 0; i + 1 < runs.n; i++)
				node[i] = (mlops_bridge_node) {(double) (i + 1) / 20000, 0, weight_of(k, &runs, i, (double) (i + 1), 20000)};
			moments_of(k, &runs, &mean, &variance);
			if (k < 2)
			{
				double		want = k == 0 ? cvm_variance(8000, 12000) : ad_variance(8000, 12000);

				if (shift == 0)
				{
					is_close(mean, k == 0 ? (1 + 1.0 / 20000) / 6 : 1, 1e-6, "%s: mean of merged values", method[k]->name);
					is_close(variance, want, 1e-4, "%s: their variance", method[k]->name);
				}
				mean = k == 0 ? (1 + 1.0 / 20000) / 6 : 1;
				variance = want;
			}
			if (k == 2)			/* weights of the order of 1 */
				for (size_t i = 0; i + 1 < runs.n; i++)
					node[i].weight /= mean;
			if (k == 2)
			{
				variance /= mean * mean;
				t.statistic /= mean;
				mean = 1;
			}
			mlops_bridge_nodes_law(node, runs.n - 1, 1, &law);
			mlops_bridge_tails(&law, law.mean + (t.statistic - mean) * sqrt(law.variance / variance), &tails, NULL);
			worst[k] = fmax(worst[k], fabs(t.ln_p - tails.ln_upper) / fmax(1, fabs(tails.ln_upper)));
			if (k == 0)
				diag("T %g ln p %g", t.statistic, t.ln_p);
		}
	}
	for (int k = 0; k < 3; k++)
		ok(worst[k] < 1e-5, "%s: merging moves ln p by no more than 1e-5 of it: worst %.2g", method[k]->name, worst[k]);
}

/* All reference rows below all current ones: the logarithm goes on. */
static void
far_out(void)
{
	mlops_runs	runs = distinct(5000, 5000, 1e9);
	mlops_bridge_law law;
	mlops_tails tails;
	mlops_test	t = test_of(&mlops_cvm_method, &runs, 20000, 0, 0);

	mlops_cvm_law(1, &law);
	mlops_bridge_tails(&law, t.statistic, &tails, NULL);
	is_close(t.statistic, 2500 / 3.0, 1e-3, "T of separate samples");
	ok(t.p == 0 && strcmp(t.variant, "limiting") == 0, "its p underflows");
	is_close(t.ln_p, tails.ln_upper, 2e-3, "its logarithm is that of the limit without ties: %g", t.ln_p);
	ok(t.ln_p < -4000, "which is far out");
}

static void
permutations(void)
{
	mlops_runs	runs = distinct(6, 8, 0.5);
	int			same = 0;
	int			near = 0;

	for (int i = 0; i < 14; i++)
		value[i] = i / 2;		/* pairs of ties, as runs of their own */
	for (int i = 0; i < 7; i++)
	{
		value[i] = i * i;
		in_reference[i] = in_reference[2 * i] + in_reference[2 * i + 1];
		in_current[i] = in_current[2 * i] + in_current[2 * i + 1];
	}
	runs.n = 7;
	for (int k = 0; k < 3; k++)
	{
		mlops_test	exact = test_of(method[k], &runs, 7, 0, 0);
		mlops_test	a = test_of(method[k], &runs, 7, 9999, 1);
		mlops_test	b = test_of(method[k], &runs, 2, 9999, 1);
		mlops_test	c = test_of(method[k], &runs, 7, 9999, 2);

		same += a.p == b.p && a.p != c.p && strcmp(a.variant, "permutation") == 0 && a.statistic == exact.statistic;
		near += fabs(a.p - exact.p) < 5 * sqrt(exact.p * (1 - exact.p) / 9999) + 1e-4;
	}
	is_int(same, 3, "p depends on the seed and not on the blocks");
	is_int(near, 3, "permutations agree with enumeration");
	runs = distinct(200, 200, 1e9);
	is_close(test_of(&mlops_cvm_method, &runs, 400, 99, 5).p, 0.01, 1e-15, "99 permutations say 1 %% at least");
}

/* Few rows decide: one far outlier among 20 reference rows and 500 current ones. */
static void
outlier(void)
{
	mlops_runs	runs = distinct(20, 500, 0);
	mlops_test	t;

	for (int i = 0; i < 520; i++)
		value[i] = i;
	value[519] = 1e9;
	in_reference[519] = 1;
	in_current[519] = 0;
	t = test_of(&mlops_energy_method, &runs, 100, 0, 7);
	ok(strcmp(t.variant, "permutation") == 0 && fabs(t.p - 20 / 520.0) < 0.02, "an outlier alone has the p of where it fell: %g", t.p);
	for (int i = 0; i < 520; i++)
	{
		in_reference[i] = i < 20;
		in_current[i] = i >= 20;
		value[i] = i < 20 ? i * 1e-9 : 1e6 + i * 1e-9;
	}
	t = test_of(&mlops_energy_method, &runs, 100, 0, 7);
	ok(strcmp(t.variant, "moment bound") == 0 && t.p < 5e-4 && t.p > 1e-8, "and a bound says more than permutations: %g", t.p);
}

/* 95 % zeros, five others to be expected among 94 rows: a coarse lattice. */
static void
nearly_all_tied(void)
{
	mlops_runs	runs = distinct(94, 1306, 0);
	mlops_test	t;
	mlops_test	drawn;

	value[0] = 0;
	in_reference[0] = 88;
	in_current[0] = 1243;
	for (int i = 1; i < 70; i++)
	{
		value[i] = i;
		in_reference[i] = i % 12 == 0;
		in_current[i] = 1 - in_reference[i];
	}
	in_reference[69] = 1;
	in_current[69] = 0;
	runs.n = 70;
	for (int k = 0; k < 3; k++)
	{
		t = test_of(method[k], &runs, 100, 0, 3);
		drawn = test_of(method[k], &runs, 100, 9999, 4);
		ok(strcmp(t.variant, "permutation") == 0 && fabs(t.p - drawn.p) < 5 * t.p / 10 && t.p > 0,
		   "%s: few rows away from a tie: p %g of permutations, %g of more", method[k]->name, t.p, drawn.p);
	}
}

/* False alarms at 5 % without a change; scipy's test has 100 % here. */
static void
null_calibration(void)
{
	const int	sims = 500;

	for (int heavy = 0; heavy < 2; heavy++)
	{
		int			alarms[3] = {0};

		for (int s = 0; s < sims; s++)
		{
			size_t		k = heavy ? 1 : 6;
			mlops_runs	runs = {value, in_reference, in_current, 0};

			for (size_t i = 0; i < k; i++)
			{
				value[i] = (double) i;
				in_reference[i] = in_current[i] = 0;
			}
			for (int i = 0; i < 400; i++)
			{
				size_t		at = 0;
				double		u = mlops_random_uniform(&stream);

				/* 95 % zeros and distinct others, or six values */
				if (heavy && u >= 0.95)
				{
					at = k++;
					value[at] = (double) at * at;
					in_reference[at] = in_current[at] = 0;
				}
				else if (!heavy)
					at = (size_t) (u * 6);
				if (i < 100)
					in_reference[at]++;
				else
					in_current[at]++;
			}
			/* the order in which the others came is that of the sides: mix them */
			for (size_t i = k; heavy && i > 2; i--)
			{
				size_t		j = 1 + (size_t) (mlops_random_uniform(&stream) * (double) (i - 1));
				double		r = in_reference[i - 1];

				in_reference[i - 1] = in_reference[j];
				in_reference[j] = r;
				in_current[i - 1] = 1 - in_reference[i - 1];
				in_current[j] = 1 - r;
			}
			runs.n = k;
			for (int i = 0; i < 3; i++)
				alarms[i] += test_of(method[i], &runs, 1000, 0, 0).p <= 0.05;
		}
		for (int i = 0; i < 3; i++)
			ok(alarms[i] < 0.05 * sims + 3.5 * sqrt(0.05 * 0.95 * sims), "%s, %s: %g %% false alarms",
			   method[i]->name, heavy ? "95 % zeros" : "six values", 100.0 * alarms[i] / sims);
	}
}

static void
hypergeometric(void)
{
	double		count[16] = {0};
	double		chi2 = 0;
	double		sum = 0;
	double		square = 0;
	const int	draws = 20000;

	for (int i = 0; i < draws; i++)
		count[(int) mlops_hypergeometric(&stream, 50, 20, 15)]++;
	for (int r = 0; r < 16; r++)
	{
		double		p = exp(lgamma(21) - lgamma(r + 1) - lgamma(21 - r) + lgamma(31) - lgamma(16 - r) - lgamma(16 + r)
							- lgamma(51) + lgamma(16) + lgamma(36));

		chi2 += (count[r] - draws * p) * (count[r] - draws * p) / (draws * p + 1e-9);
	}
	ok(chi2 < 45, "hypergeometric draws: chi-square %g of 15", chi2);
	for (int i = 0; i < draws; i++)
	{
		double		z = mlops_hypergeometric(&stream, 1e6, 3e5, 1e5) - 3e4;

		sum += z;
		square += z * z;
	}
	/* variance 1e5 0.3 0.7 0.9 */
	ok(fabs(sum / draws) < 4 * sqrt(18900.0 / draws), "their mean over many rows: %g", sum / draws);
	is_close(square / draws, 18900, 0.05, "and variance");
	ok(mlops_hypergeometric(&stream, 1e15, 0, 1e12) == 0 && mlops_hypergeometric(&stream, 1e15, 1e15, 1e12) == 1e12
	   && mlops_hypergeometric(&stream, 30, 7, 30) == 7, "no choice");
}

int
main(void)
{
	against_golden();
	without_a_p();
	merging();
	far_out();
	permutations();
	outlier();
	nearly_all_tied();
	null_calibration();
	hypergeometric();
	return done_testing();
}
