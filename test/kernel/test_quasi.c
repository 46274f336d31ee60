/*
 * test_quasi.c
 *		Fixed effects, staggered treatments, quantile effects, and the inference
 *		that all comparisons share.
 */
#include "kernel/experiment/comparison.h"
#include "kernel/experiment/fixed_effects.h"
#include "kernel/experiment/quantile_effect.h"
#include "kernel/experiment/staggered.h"
#include "tap.h"

#define MAX 512

/* SciPy 1.10: t.sf(2.5, 7.3), norm.logsf(40), norm.ppf(.9); mpmath with 40 digits: the t quantile of .975, where SciPy is off by 1.7e-10 */
#define SF_T 0.019825117332800207
#define PPF_T 2.345066736547703633
#define LOGSF_40 -804.60844201375392
#define PPF_90 1.2815515655446004

static int32_t unit[MAX],
			period[MAX],
			cluster[MAX];
static double x[2 * MAX],
			y[MAX];
static size_t n;

static void
read_panel(void)
{
	golden		g;

	golden_open(&g, "quasi_panel.csv", "unit,period,cluster,x1,x2,y");
	for (n = 0; golden_next(&g); n++)
	{
		unit[n] = (int32_t) golden_double(&g, 0);
		period[n] = (int32_t) golden_double(&g, 1);
		cluster[n] = (int32_t) golden_double(&g, 2);
		x[n] = golden_double(&g, 3);
		x[MAX + n] = golden_double(&g, 4);
		y[n] = golden_double(&g, 5);
	}
}

/* Rows in the order of outer, which may be NULL: no such effects. */
static mlops_status
run(const int32_t *outer, int32_t outers, const int32_t *inner, int32_t inners, int terms, mlops_fe_result *out)
{
	static int32_t o[MAX],
				i[MAX],
				c[MAX];
	mlops_panel p = {.n = n, .outer = o, .outers = outer ? outers : 1, .inner = i, .inners = inner ? inners : 1,
	.cluster = c, .clusters = 8};
	double	   *xs = malloc(n * terms * sizeof(double));
	double	   *ys = malloc(n * sizeof(double));
	double	   *work = malloc(mlops_fixed_effects_work(&p, terms) * sizeof(double));
	size_t		at = 0;
	mlops_status status;

	for (int32_t level = 0; level < p.outers; level++)
		for (size_t r = 0; r < n; r++)
		{
			if (outer && outer[r] != level)
				continue;
			o[at] = level;
			i[at] = inner ? inner[r] : 0;
			c[at] = cluster[r];
			for (int t = 0; t < terms; t++)
				xs[t * n + at] = x[t * MAX + r];
			ys[at++] = y[r];
		}
	status = mlops_fixed_effects(&p, terms, xs, ys, work, out);
	free(work);
	free(ys);
	free(xs);
	return status;
}

static void
fixed_effects(void)
{
	golden		g;

	read_panel();
	golden_open(&g, "quasi.csv", "unit_effects,period_effects,terms,estimate1,se1,estimate2,se2,df,parameters");
	while (golden_next(&g))
	{
		const int32_t *u = golden_double(&g, 0) > 0 ? unit : NULL;
		const int32_t *p = golden_double(&g, 1) > 0 ? period : NULL;
		int			terms = (int) golden_double(&g, 2);

		for (int swapped = 0; swapped < 2; swapped++)
		{
			mlops_fe_result r;

			ok((swapped ? run(p, 8, u, 15, terms, &r) : run(u, 15, p, 8, terms, &r)) == MLOPS_OK, "line %d fits", g.line);
			for (int t = 0; t < terms; t++)
			{
				is_close(r.estimate[t], golden_double(&g, 3 + 2 * t), 1e-9, "line %d, estimate %d", g.line, t);
				is_close(r.standard_error[t], golden_double(&g, 4 + 2 * t), 1e-9, "line %d, standard error %d", g.line, t);
			}
			is_close(r.df, golden_double(&g, 7), 0, "line %d, degrees of freedom", g.line);
			is_close(r.parameters, golden_double(&g, 8), 0, "line %d, parameters: parts of the panel that do not touch", g.line);
		}
	}
}

static void
degenerate(void)
{
	mlops_fe_result r;

	for (size_t i = 0; i < n; i++)
		x[MAX + i] = 2 * x[i] + unit[i];
	ok(run(unit, 15, period, 8, 2, &r) == MLOPS_DEGENERATE, "a term that the others and the effects explain");
	for (size_t i = 0; i < n; i++)
		x[i] = period[i] + 1e6 * unit[i];
	ok(run(unit, 15, period, 8, 1, &r) == MLOPS_DEGENERATE, "a term that the effects explain");
	ok(run(unit, 15, period, 8, 0, &r) == MLOPS_DOMAIN, "no term");
}

static void
staggered(void)
{
	enum {UNITS = 40, PERIODS = 6};
	static double values[UNITS * PERIODS];
	static int32_t cohort[UNITS];
	double		psi[UNITS];
	double		units[PERIODS] = {0};
	mlops_cohorts c = {UNITS, PERIODS, values, cohort, true};
	mlops_att	att[2];
	double		estimate,
				se,
				statistic,
				df,
				work[2];

	for (int u = 0; u < UNITS; u++)
	{
		cohort[u] = u % 3 == 0 ? MLOPS_NEVER_TREATED : u % 3 == 1 ? 2 : 4;
		if (u % 3)
			units[cohort[u]]++;
		for (int t = 0; t < PERIODS; t++)
			values[u * PERIODS + t] = (u * 5 + t) % 13 == 0 ? NAN : sin(u * 3 + t * t) + u + (t >= cohort[u]);
	}
	ok(mlops_att_of(&c, 2, 3, &att[0]) == MLOPS_OK, "an effect");
	mlops_att_mean(&c, att, 1, units, psi, &estimate, &se);
	is_close(estimate, att[0].estimate, 1e-15, "the mean of one effect is the effect");
	is_close(se * se, att[0].variance, 1e-12, "its influence has Welch's variance");
	ok(mlops_wald_test(1, UNITS, &estimate, psi, work, &statistic, &df) == MLOPS_OK, "Wald test of one mean");
	is_close(statistic, estimate * estimate / se / se, 1e-12, "is the square of z");
	is_close(df, 1, 0, "with one degree of freedom");
	/* by hand: mean change of each side */
	{
		double		sum[2] = {0},
					count[2] = {0};

		for (int u = 0; u < UNITS; u++)
		{
			double		change = values[u * PERIODS + 3] - values[u * PERIODS + 1];

			if (isnan(change))
				continue;
			sum[cohort[u] == 2] += change;	/* the cohort of 4 is not yet treated in 3 */
			count[cohort[u] == 2]++;
		}
		is_close(att[0].estimate, sum[1] / count[1] - sum[0] / count[0], 1e-12, "difference of mean changes");
		is_close(att[0].n_control, count[0], 0, "controls are never or not yet treated");
	}
	c.not_yet = false;
	mlops_att_of(&c, 2, 3, &att[1]);
	ok(att[1].n_control < att[0].n_control, "never treated only: fewer controls");
	for (int u = 0; u < UNITS; u++)
		cohort[u] = 2;
	ok(mlops_att_of(&c, 2, 3, &att[0]) == MLOPS_EMPTY && isnan(att[0].estimate), "no control, no effect");
}

static void
inference(void)
{
	mlops_comparison c = MLOPS_NO_COMPARISON(1, 1);

	c.estimate = 5;
	c.standard_error = 2;
	ok(mlops_compare_by_t(7.3, 0, MLOPS_TWO_SIDED, 0.95, &c) == MLOPS_OK, "inference");
	is_close(c.p, 2 * SF_T, 1e-12, "two-sided p");
	is_close(c.upper - c.estimate, 2 * PPF_T, 1e-12, "half width");
	mlops_compare_by_t(7.3, 0, MLOPS_LESS, 0.95, &c);
	is_close(c.p, 1 - SF_T, 1e-12, "p of the other side");
	ok(isinf(c.lower) && c.lower < 0, "interval without lower end");
	c.estimate = 80;
	mlops_compare_by_t(INFINITY, 0, MLOPS_GREATER, 0.9, &c);
	is_close(c.ln_p, LOGSF_40, 1e-12, "ln p where p is tiny");
	ok(isnan(c.df), "a normal law has no degrees of freedom");
	is_close(c.estimate - c.lower, 2 * PPF_90, 1e-12, "one-sided interval");
	mlops_compare_by_t(INFINITY, 80, MLOPS_TWO_SIDED, 0.9, &c);
	is_close(c.p, 1, 1e-15, "at the null value");
	c.standard_error = 0;
	c.p = NAN;
	ok(mlops_compare_by_t(9, 0, MLOPS_TWO_SIDED, 0.95, &c) == MLOPS_DEGENERATE && isnan(c.p) && c.reason != NULL, "no variance: a reason");
	ok(mlops_compare_by_t(9, 0, MLOPS_TWO_SIDED, 1, &c) == MLOPS_DOMAIN, "confidence 1");
	ok(mlops_compare_by_t(0, 0, MLOPS_TWO_SIDED, 0.9, &c) == MLOPS_DOMAIN, "no degrees of freedom");
}

static void
quantiles(void)
{
	double		lower,
				upper;
	const char *reason = NULL;
	double		mean[2] = {2.5, 5};
	double		comoment[3] = {0, 0, 0};
	mlops_arm	same = {2, 50, mean, comoment};

	ok(mlops_quantile_neighbours(0.5, 100, NULL, &lower, &upper, &reason) == MLOPS_OK, "neighbours");
	is_close(upper - lower, 2 * 1.959963984540054 * 0.05, 1e-14, "1.96 standard errors of the share");
	ok(mlops_quantile_neighbours(0.99, 100, NULL, &lower, &upper, &reason) == MLOPS_EMPTY && reason != NULL, "too far out");
	ok(mlops_quantile_neighbours(0.5, 250, &same, &lower, &upper, &reason) == MLOPS_OK && lower == 0.5, "clusters that are all alike");
	same.n = 1;
	ok(mlops_quantile_neighbours(0.5, 250, &same, &lower, &upper, &reason) == MLOPS_EMPTY, "one cluster");
}

int
main(void)
{
	fixed_effects();
	degenerate();
	staggered();
	inference();
	quantiles();
	return done_testing();
}
