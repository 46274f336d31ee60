/*
 * effects.c
 *		Size of every test of compare() when nothing has changed, and on which
 *		side relative intervals miss.
 *
 *		make simulate NAME=effects [RUNS=2000]
 *
 * The seed is fixed.  Exits 1 if a test that is meant to hold has more than 5 %
 * false alarms, or an interval misses more than 5 %, by more than four binomial standard errors.
 * Rows marked (shown) are those of methods kept for comparison, or outside of where t holds.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/experiment/proportions.h"
#include "kernel/experiment/strata.h"
#include "kernel/special/special.h"
#include "kernel/summary/comoments.h"
#include "kernel/twosample/permute.h"

#define VARIABLES 4

static uint64_t stream = 20261121;
static int	runs;
static int	bad;

static double
uniform(void)
{
	return mlops_random_uniform(&stream);
}

static double
normal(void)
{
	double		u = 1 - uniform();

	return sqrt(-2 * log(u)) * cos(2 * MLOPS_PI * uniform());
}

typedef struct arm_data
{
	double		mean[VARIABLES];
	double		comoment[VARIABLES * (VARIABLES + 1) / 2];
	mlops_arm	arm;
} arm_data;

static void
clear(arm_data *a, int variables)
{
	memset(a, 0, sizeof(*a));
	a->arm = (mlops_arm) {.variables = variables, .mean = a->mean, .comoment = a->comoment};
}

static void
add(arm_data *a, const double *x)
{
	mlops_comoments_add(a->arm.variables, a->arm.n, a->mean, a->comoment, x);
	a->arm.n++;
}

/* One unit of a kind; the level of the treatment is lift times that of the control. */
enum
{
	NORMAL, EXPONENTIAL, ZEROS, CUPED, RATIO, RATIO_CUPED, SHARE
};

static void
unit(int kind, double lift, double *x)
{
	double		n = normal();

	switch (kind)
	{
		case NORMAL:
			x[0] = lift * (10 + n);
			break;
		case EXPONENTIAL:
			x[0] = -lift * log(1 - uniform());
			break;
		case ZEROS:
			x[0] = uniform() < 0.05 ? lift * exp(n) : 0;
			break;
		case CUPED:
			x[1] = normal();
			x[2] = uniform();
			x[0] = lift * (10 + 2 * x[1] + x[2] + n);
			break;
		case SHARE:
			x[0] = uniform() < 0.02 * lift;
			break;
		default:
			x[1] = 1 + floor(5 * uniform());
			x[3] = 1 + floor(5 * uniform());
			x[2] = x[3] * (1 + 0.3 * n);
			x[0] = lift * x[1] * (1 + 0.3 * n + 0.1 * normal());
	}
}

static int
variables_of(int kind)
{
	return kind == CUPED ? 3 : kind == RATIO ? 2 : kind == RATIO_CUPED ? 4 : 1;
}

static void
line(const char *name, int n, int m, int below, int above, int answered, bool judged)
{
	double		b = 100.0 * below / answered;
	double		a = 100.0 * above / answered;
	bool		fails = answered == 0 || b + a > 5 + 400 * sqrt(0.05 * 0.95 / answered);

	bad += judged && fails;
	printf("| %s | %d, %d | %.1f | %.1f | %.1f |%s\n", name, n, m, b, a, b + a, !judged ? " (shown)" : fails ? " ABOVE" : "");
	fflush(stdout);
}

/* How often p <= 0.05 with the estimate below and above the truth; for a relative question, how often the interval is on one side. */
static void
simulate(const char *name, int kind, int n, int m, mlops_question q, double lift, bool judged)
{
	static arm_data c,
				t;
	double		work[64];
	int			below = 0;
	int			above = 0;
	int			answered = 0;

	for (int run = 0; run < runs; run++)
	{
		double		x[VARIABLES] = {0};
		mlops_comparison out;
		mlops_effect e;

		clear(&c, variables_of(kind));
		clear(&t, variables_of(kind));
		for (int i = 0; i < n; i++, add(&c, x))
			unit(kind, 1, x);
		for (int i = 0; i < m; i++, add(&t, x))
			unit(kind, lift, x);
		if (kind == SHARE && (q.scale != MLOPS_RELATIVE || q.relative == MLOPS_RELATIVE_AUTO))
			mlops_compare_proportions(&(mlops_proportions) {rint(c.mean[0] * n), n, rint(t.mean[0] * m), m}, &q, &out);
		else
		{
			mlops_status status = mlops_effect_of(&c.arm, &t.arm, kind >= RATIO && kind <= RATIO_CUPED ? MLOPS_METRIC_RATIO :
												  kind == SHARE ? MLOPS_METRIC_PROPORTION : MLOPS_METRIC_MEAN, MLOPS_THETA_WITHIN, work, &e);

			mlops_compare_effect(&e, status, &q, &out);
		}
		if (q.scale == MLOPS_RELATIVE)
		{
			/* below: the truth is below the interval */
			answered += !isnan(out.lower);
			below += out.lower > lift - 1;
			above += out.upper < lift - 1;
		}
		else
		{
			answered += !isnan(out.p);
			below += out.p <= 0.05 && out.estimate < 0;
			above += out.p <= 0.05 && out.estimate >= 0;
		}
	}
	line(name, n, m, below, above, answered, judged);
}

/* Three strata of different levels and sizes. */
static void
simulate_strata(int n)
{
	static arm_data data[2][3];
	int			below = 0;
	int			above = 0;
	int			answered = 0;

	for (int run = 0; run < runs; run++)
	{
		mlops_arm	arm[2][3];
		double		work[128];
		mlops_effect e;
		mlops_comparison out;
		int			merged;
		mlops_status status;

		for (int a = 0; a < 2; a++)
			for (int k = 0; k < 3; k++)
				clear(&data[a][k], 1);
		for (int i = 0; i < 2 * n; i++)
		{
			int			k = uniform() < 0.6 ? 0 : uniform() < 0.7 ? 1 : 2;

			add(&data[i & 1][k], (double[]) {10 * k + (1 + 2 * k) * normal()});
		}
		for (int a = 0; a < 2; a++)
			for (int k = 0; k < 3; k++)
				arm[a][k] = data[a][k].arm;
		status = mlops_effect_of_strata(&(mlops_strata) {3, arm[0], arm[1], NULL}, MLOPS_METRIC_MEAN, MLOPS_THETA_WITHIN, work, &e, &merged);
		mlops_compare_effect(&e, status, &(mlops_question) {.confidence = 0.95}, &out);
		answered += !isnan(out.p);
		below += out.p <= 0.05 && out.estimate < 0;
		above += out.p <= 0.05 && out.estimate >= 0;
	}
	line("post-stratified, three strata", n, n, below, above, answered, true);
}

int
main(int argc, char **argv)
{
	static const struct
	{
		const char *name;
		int			kind;
	}			tests[] = {{"normal", NORMAL}, {"CUPED, two covariates", CUPED}, {"ratio", RATIO}, {"ratio with covariate", RATIO_CUPED}, {"proportion 2 %", SHARE}};
	const int	sizes[][2] = {{20, 20}, {50, 500}, {500, 50}, {1000, 1000}};
	const mlops_question size = {.confidence = 0.95};
	mlops_question relative = {.scale = MLOPS_RELATIVE, .confidence = 0.95};

	runs = argc > 1 ? atoi(argv[1]) : 2000;
	printf("%d runs\n\n| false alarms at 5 %%, in %% | units | estimate below 0 | above 0 | both |\n|---|---|---|---|---|\n", runs);
	for (size_t k = 0; k < sizeof(tests) / sizeof(tests[0]); k++)
		for (int i = 0; i < 4; i++)
			simulate(tests[k].name, tests[k].kind, sizes[i][0], sizes[i][1], size, 1,
					 /* the delta method and skewness want more than 20 ratios */
					 !(tests[k].kind >= RATIO && tests[k].kind <= RATIO_CUPED && i < 3));
	simulate_strata(30);
	simulate_strata(500);
	simulate("95 % zeros, lognormal, t", ZEROS, 500, 50, size, 1, false);
	simulate("95 % zeros, lognormal, t", ZEROS, 2000, 2000, size, 1, true);

	printf("\n| relative interval of 95 %%, truth outside in %% | units | interval above | below | both |\n|---|---|---|---|---|\n");
	simulate("2 % rate, auto (score)", SHARE, 500, 500, relative, 1, true);
	relative.relative = MLOPS_DELTA;
	simulate("2 % rate, delta", SHARE, 500, 500, relative, 1, false);
	for (double lift = 1; lift <= 3; lift += lift < 1.5 ? 0.5 : 1.5)
	{
		char		name[64];

		for (int i = 0; i < 3; i++)
		{
			const char *const method[] = {"auto (log-ratio)", "Fieller", "delta"};

			relative.relative = (mlops_relative_method[]) {MLOPS_RELATIVE_AUTO, MLOPS_FIELLER, MLOPS_DELTA}[i];
			snprintf(name, sizeof(name), "exponential, lift %+.0f %%, %s", 100 * (lift - 1), method[i]);
			simulate(name, EXPONENTIAL, 100, 100, relative, lift, i < 2);
		}
	}
	printf("\n%d above 5 %% by more than chance\n", bad);
	return bad > 0;
}
