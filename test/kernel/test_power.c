/*
 * test_power.c
 *		Power: against statsmodels and R (golden/power.csv), and against how often
 *		the tests themselves reject in simulated samples.
 */
#include "tap.h"

#include "kernel/special/bridge.h"
#include "kernel/twosample/cvm.h"
#include "kernel/categories/gof.h"
#include "kernel/twosample/ks.h"
#include "kernel/twosample/mannwhitney.h"
#include "kernel/power/power.h"
#include "kernel/special/special.h"
#include "kernel/categories/twobytwo.h"

static mlops_power_design
design(const char *name, double n, double m, double k)
{
	return (mlops_power_design) {mlops_power_method_by_name(name), n, m, 0.05, k, 0, 0.05};
}

static void
against_golden(void)
{
	golden		g;
	double		worst = 0;
	int			rows = 0;

	golden_open(&g, "power.csv", "method,n,m,k,alpha,effect,power");
	while (golden_next(&g))
	{
		mlops_power_design d = design(g.field[0], golden_double(&g, 1), golden_double(&g, 2), golden_double(&g, 3));
		mlops_power_result r,
					back;
		double		effect = golden_double(&g, 5);
		double		power = golden_double(&g, 6);
		double		error;

		d.alpha = golden_double(&g, 4);
		if (mlops_power_at(&d, effect, &r) != MLOPS_OK || mlops_power_effect(&d, power, &back) != MLOPS_OK)
		{
			ok(false, "line %d is computed", g.line);
			continue;
		}
		error = fmax(fabs(r.power - power), fabs(back.effect / effect - 1));
		if (!(error < 1e-6))
			diag("line %d: power %.12g, want %.12g; effect %.12g, want %.12g", g.line, r.power, power, back.effect, effect);
		worst = fmax(worst, isnan(error) ? INFINITY : error);
		rows++;
	}
	ok(rows > 40, "golden rows were read: %d", rows);
	ok(worst < 1e-6, "power and effect: worst %.2g", worst);
}

/* ------------------------------------------------------------- simulation */

static uint64_t rng_state = UINT64_C(20260306);

static double
uniform(void)
{
	uint64_t	z = (rng_state += UINT64_C(0x9E3779B97F4A7C15));

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return ((double) ((z ^ (z >> 31)) >> 11) + 0.5) / 9007199254740992.0;
}

static double
gauss(void)
{
	return sqrt(-2 * log(uniform())) * cos(2 * MLOPS_PI * uniform());
}

typedef struct row
{
	double		x;
	int			current;
} row;

static int
by_value(const void *a, const void *b)
{
	const row  *x = a,
			   *y = b;

	return (x->x > y->x) - (x->x < y->x);
}

#define MOST 1100
#define RUNS 1500

static row	rows_of[MOST];
static double value[MOST],
			reference[MOST],
			current[MOST];

/* p of the method for one pair of samples. */
static double
p_of(const mlops_twosample_method *method, void *state, size_t size, int n, int m, double shift)
{
	mlops_twosample_options options = {0};
	mlops_runs	runs = {value, reference, current, (size_t) (n + m)};
	mlops_test	t;

	for (int i = 0; i < n + m; i++)
		rows_of[i] = (row) {gauss() + (i < n ? 0 : shift), i >= n};
	qsort(rows_of, n + m, sizeof(row), by_value);
	for (int i = 0; i < n + m; i++)
	{
		value[i] = rows_of[i].x;
		reference[i] = !rows_of[i].current;
		current[i] = rows_of[i].current;
	}
	memset(state, 0, size);
	method->begin(state, n, m, &options);
	do
		method->step(state, &runs);
	while (method->again != NULL && method->again(state));
	method->finish(state, &t);
	return t.p;
}

/* p of Welch's test of two normal samples. */
static double
welch(int n, int m, double shift)
{
	double		mean[2] = {0},
				square[2] = {0},
				v[2];
	int			size[2] = {n, m};
	mlops_tails tails;

	for (int side = 0; side < 2; side++)
	{
		for (int i = 0; i < size[side]; i++)
		{
			double		x = gauss() + side * shift;

			mean[side] += x;
			square[side] += x * x;
		}
		mean[side] /= size[side];
		v[side] = (square[side] / size[side] - mean[side] * mean[side]) / (size[side] - 1);
	}
	mlops_t_tails(fabs(mean[1] - mean[0]) / sqrt(v[0] + v[1]),
				  (v[0] + v[1]) * (v[0] + v[1]) / (v[0] * v[0] / (n - 1) + v[1] * v[1] / (m - 1)), &tails);
	return 2 * tails.upper;
}

static void
report(const mlops_power_design *d, double stated, double rate, double runs, double tolerance)
{
	double		slack = 3.5 * sqrt(stated * (1 - stated) / runs);

	ok(fabs(rate - stated) < tolerance + slack, "%s, %g and %g rows: power %.3f is %.3f in %g samples, tolerance %g",
	   d->method->name, d->n, d->m, stated, rate, runs, tolerance);
}

/* Tests of numbers at the shift that they should see with this power. */
static void
shifted(const char *name, const mlops_twosample_method *method, int n, int m, double power, double tolerance)
{
	mlops_twosample_options options = {0};
	mlops_power_design d = design(name, n, m, 0);
	mlops_power_result r;
	double		work[MOST];
	size_t		size = method ? method->state_size(n, m, &options) : 1;
	void	   *state = malloc(size);
	int			seen = 0;
	int			runs = method == &mlops_cvm_method || method == &mlops_anderson_darling_method ? RUNS / 3 : RUNS;

	if (method == &mlops_ks_method)
		mlops_ks_level(n, m, d.alpha, work, MOST, &d.level);
	if (mlops_power_effect(&d, power, &r) != MLOPS_OK || r.reason)
		ok(false, "%s: %s", name, r.reason ? r.reason : "failed");
	else
	{
		for (int i = 0; i < runs; i++)
			seen += (method ? p_of(method, state, size, n, m, r.shift_sd) : welch(n, m, r.shift_sd)) <= d.alpha;
		report(&d, power, (double) seen / runs, runs, tolerance);
	}
	free(state);
}

static void
multinomial(const double *share, int k, int n, double *count)
{
	memset(count, 0, k * sizeof(double));
	while (n-- > 0)
	{
		double		u = uniform();
		int			i = 0;

		while (i < k - 1 && u >= share[i])
			u -= share[i++];
		count[i]++;
	}
}

/* How far the method's own measure, in the populations, is from what is wanted. */
static double
measure(const mlops_power_design *d, const double *p, const double *q, int k)
{
	double		out = 0;

	if (d->method->kind == MLOPS_POWER_CHI2)
	{
		for (int i = 0; i < k; i++)
			out += d->n * d->m / (d->n + d->m) * (p[i] - q[i]) * (p[i] - q[i]) / (d->n * p[i] + d->m * q[i]);
		return sqrt(out);
	}
	if (d->method->kind == MLOPS_POWER_Z)
		return 2 * (asin(sqrt(q[0])) - asin(sqrt(p[0])));
	mlops_distance(d->method->distance, p, q, k, 1e-12, NULL, &out);
	return out;
}

/* Tests and distances of categories: equal shares, half of them rise and half fall. */
static void
binned(const char *name, int n, int m, int k, double tolerance_value, double power, double tolerance)
{
	mlops_power_design d = design(name, n, m, k);
	mlops_power_result r;
	double		p[20],
				q[20],
				low = 0,
				high = 1,
				critical = NAN;
	int			seen = 0;

	d.tolerance = tolerance_value;
	if (mlops_power_effect(&d, power, &r) != MLOPS_OK || r.reason)
	{
		ok(false, "%s: %s", name, r.reason ? r.reason : "failed");
		return;
	}
	for (int i = 0; i < 60; i++)
	{
		double		step = 0.5 * (low + high);

		for (int j = 0; j < k; j++)
		{
			p[j] = 1.0 / k;
			q[j] = (1 + (j % 2 ? -step : step)) / k;
		}
		if (measure(&d, p, q, k) < r.effect)
			low = step;
		else
			high = step;
	}
	if (d.method->tolerance)
		mlops_critical_value(d.method->distance, d.alpha, k, n, m, tolerance_value, &critical);
	for (int i = 0; i < 2 * RUNS; i++)
	{
		double		a[20],
					b[20],
					distance;
		mlops_test	t = {0};

		multinomial(p, k, n, a);
		multinomial(q, k, m, b);
		if (d.method->tolerance)
		{
			mlops_distance(d.method->distance, a, b, k, MLOPS_SMOOTHING, NULL, &distance);
			seen += distance > critical;
			continue;
		}
		if (d.method->kind == MLOPS_POWER_Z)
			mlops_z_test(&(mlops_twobytwo) {a[0], a[1], b[0], b[1]}, &t);
		else if (name[0] == 'g')
			mlops_g_test(a, b, k, NULL, &t);
		else
			mlops_chi2_test(a, b, k, NULL, &t);
		seen += t.p <= d.alpha;
	}
	report(&d, power, seen / (2.0 * RUNS), 2.0 * RUNS, tolerance);
}

static void
edges(void)
{
	mlops_power_design d = design("ks_test", 3, 3, 0);
	mlops_power_result r,
				null;
	double		work[8],
				level;

	ok(mlops_power_method_by_name("t-test") == NULL, "an unknown name is no method");
	ok(mlops_power_effect(&d, 0.8, &r) == MLOPS_OK && r.reason && isnan(r.effect), "three and three rows cannot reach 5 %%");
	d.m = 8;
	ok(mlops_power_effect(&d, 0.8, &r) == MLOPS_OK && r.reason && isnan(r.effect), "three and eight are too few for the approximation");
	d = design("t_test", 2, 2, 0);
	d.alpha = 1e-12;
	ok(mlops_power_effect(&d, 0.8, &r) == MLOPS_OK && r.reason && isnan(r.effect), "a billion standard errors are no failure");
	d = design("ks_distance", 4, 100, 0);
	ok(mlops_power_effect(&d, 0.8, &r) == MLOPS_OK && r.reason && isnan(r.effect), "four rows are too few for the process");
	d = design("t_test", 1, 50, 0);
	ok(mlops_power_at(&d, 3, &r) == MLOPS_OK && r.reason && isnan(r.power), "one row has no variance");
	d = design("total_variation_distance", 10, 10, 10);
	ok(mlops_power_effect(&d, 0.8, &r) == MLOPS_OK && r.reason && isnan(r.effect), "ten rows of ten categories see nothing");
	d = design("z_test", 100, 100, 0);
	ok(mlops_power_effect(&d, 0.05, &r) == MLOPS_DOMAIN && mlops_power_effect(&d, 1, &r) == MLOPS_DOMAIN
	   && mlops_power_effect(&d, NAN, &r) == MLOPS_DOMAIN, "power has to be between alpha and 1");
	ok(mlops_power_at(&d, 3.2, &r) == MLOPS_DOMAIN && mlops_power_at(&d, NAN, &r) == MLOPS_DOMAIN, "h is at most pi");
	ok(mlops_power_at(&d, -0.5, &r) == MLOPS_OK && mlops_power_at(&d, 0.5, &null) == MLOPS_OK && close_to(r.power, null.power, 1e-14)
	   && r.shift_sd < 0 && r.effect == -0.5, "a change down is seen as one up");
	d = design("chi2_test", 100, 100, 1);
	ok(mlops_power_effect(&d, 0.8, &r) == MLOPS_OK && r.reason && isnan(r.effect), "one category is no table");
	ok(mlops_power_at(&d, 0.2, &r) == MLOPS_OK && r.reason && isnan(r.power), "whatever the effect");
	d = design("js_distance", 0, 100, 5);
	ok(mlops_power_effect(&d, 0.8, &r) == MLOPS_OK && r.reason && isnan(r.effect), "no rows, no answer");
	d = design("chi2_test", -1, 100, 5);
	ok(mlops_power_effect(&d, 0.8, &r) == MLOPS_DOMAIN, "fewer are none");
	d = design("chi2_test", 100, 100, 1);
	d.categories = 4;
	ok(mlops_power_at(&d, -0.1, &r) == MLOPS_DOMAIN && mlops_power_at(&d, 1.1, &r) == MLOPS_DOMAIN, "V is 0 to 1");
	/* one row in ten million million: the scale of V is not that of the other measures */
	d = design("chi2_test", 1, 1e13, 3);
	ok(mlops_power_effect(&d, 0.8, &r) == MLOPS_OK && mlops_power_at(&d, r.effect, &null) == MLOPS_OK && close_to(null.power, 0.8, 1e-6),
	   "the effect is found whatever its size");
	/* without a change the power is the level */
	for (int i = 0; i < MLOPS_POWER_METHODS; i++)
	{
		mlops_power_kind kind = mlops_power_methods[i].kind;

		d = design(mlops_power_methods[i].name, 400, 250, 6);
		mlops_power_at(&d, 0, &r);
		if (kind == MLOPS_POWER_TOTAL_VARIATION || kind == MLOPS_POWER_MANN_WHITNEY)
			ok(r.power > 0 && r.power < 0.05, "%s: no change is seen in %.4f", d.method->name, r.power);
		else
			ok(fabs(r.power - 0.05) < 2e-4, "%s: no change is seen in %.6f", d.method->name, r.power);
	}
	/* D of two and two rows is 1/2 or 1: 1/3 of the paths reach 1 */
	ok(mlops_ks_level(2, 2, 0.5, work, 8, &level) == MLOPS_OK && close_to(level, 1.0 / 3, 1e-14), "level of KS at 0.5");
	ok(mlops_ks_level(2, 2, 0.3, work, 8, &level) == MLOPS_OK && level == 0, "and at 0.3 there is none");
}

int
main(void)
{
	static const int sizes[4][2] = {{12, 12}, {300, 300}, {1000, 100}, {30, 60}};

	against_golden();
	edges();
	for (int i = 0; i < 4; i++)
	{
		int			n = sizes[i][0];
		int			m = sizes[i][1];
		/* what the limiting process understates in few rows (doc/statistics/power.md) */
		double		process = n < 30 ? 0.09 : n < 100 ? 0.05 : 0.03;

		shifted("t_test", NULL, n, m, 0.8, n == m ? 0.005 : 0.01);
		shifted("t_test", NULL, n, m, 0.3, n == m ? 0.005 : 0.01);
		shifted("mann_whitney_test", &mlops_mann_whitney_method, n, m, 0.8, 0.02);
		shifted("mann_whitney_test", &mlops_mann_whitney_method, n, m, 0.3, 0.02);
		shifted("ks_test", &mlops_ks_method, n, m, 0.8, process);
		shifted("ks_test", &mlops_ks_method, n, m, 0.3, process);
		shifted("cvm_test", &mlops_cvm_method, n, m, 0.8, process);
		shifted("anderson_darling_test", &mlops_anderson_darling_method, n, m, 0.8, process);
	}
	for (int i = 1; i < 3; i++)
	{
		int			n = sizes[i][0] * 3;
		int			m = sizes[i][1] * 3;

		binned("z_test", n, m, 2, 0, 0.8, 0.02);
		binned("chi2_test", n, m, 2, 0, 0.8, 0.02);
		binned("chi2_test", n, m, 10, 0, 0.8, 0.03);
		binned("g_test", n, m, 10, 0, 0.8, 0.03);
		binned("psi", n, m, 10, 0, 0.8, 0.03);
		binned("js_distance", n, m, 10, 0, 0.8, 0.03);
		binned("js_distance", n, m, 10, 0.1, 0.8, 0.03);
		binned("hellinger_distance", n, m, 10, 0, 0.5, 0.03);
		binned("total_variation_distance", n, m, 10, 0, 0.8, 0.03);
		binned("total_variation_distance", n, m, 4, 0.05, 0.5, 0.03);
	}
	return done_testing();
}
