/*
 * test_planning.c
 *		Power, sample size and smallest effect against SciPy, statsmodels and R
 *		(golden/planning.csv).
 */
#include "tap.h"

#include "kernel/experiment/planning.h"

static mlops_plan
plan_of(const golden *g)
{
	const char *metric = g->field[0];
	const char *hypothesis = g->field[5];
	const char *alternative = g->field[7];

	return (mlops_plan) {
		.metric = strcmp(metric, "mean") == 0 ? MLOPS_METRIC_MEAN : strcmp(metric, "ratio") == 0 ? MLOPS_METRIC_RATIO : MLOPS_METRIC_PROPORTION,
		.baseline = golden_double(g, 1), .variance = golden_double(g, 2), .r2 = golden_double(g, 3), .relative = golden_double(g, 4) == 1,
		.hypothesis = strcmp(hypothesis, "superiority") == 0 ? MLOPS_SUPERIORITY : strcmp(hypothesis, "equivalence") == 0 ? MLOPS_EQUIVALENCE : MLOPS_NON_INFERIORITY,
		.margin = golden_double(g, 6), .higher_is_better = true,
		.alternative = strcmp(alternative, "greater") == 0 ? MLOPS_GREATER : strcmp(alternative, "less") == 0 ? MLOPS_LESS : MLOPS_TWO_SIDED,
		.alpha = golden_double(g, 8), .allocation = golden_double(g, 9), .sequential = golden_double(g, 10) == 1,
		.planned_n = golden_double(g, 11) > 0 ? golden_double(g, 11) : (double) NAN
	};
}

static void
against_golden(void)
{
	golden		g;
	double		worst[2] = {0};
	int			rows = 0,
				sizes = 0,
				effects = 0,
				wrong = 0;

	golden_open(&g, "planning.csv", "metric,baseline,variance,r2,relative,hypothesis,margin,alternative,alpha,allocation,sequential,planned,n_control,effect,power,target,size,detectable");
	while (golden_next(&g))
	{
		mlops_plan	p = plan_of(&g);
		mlops_plan_point o;
		double		n = golden_double(&g, 12);
		double		effect = golden_double(&g, 13);
		double		target = golden_double(&g, 15);

		if (mlops_plan_power(&p, n, effect, &o) != MLOPS_OK)
			ok(false, "row %d is computed", rows);
		worst[0] = fmax(worst[0], fabs(o.power - golden_double(&g, 14)));
		if (golden_double(&g, 16) > 0)
		{
			wrong += mlops_plan_size(&p, effect, target, &o) != MLOPS_OK || o.n_control != golden_double(&g, 16) || o.power < target;
			sizes++;
		}
		if (g.field[17][0] != '\0')
		{
			if (mlops_plan_effect(&p, n, target, false, &o) != MLOPS_OK)
				ok(false, "the effect of row %d is found: %s", rows, o.reason ? o.reason : "");
			worst[1] = fmax(worst[1], fabs(o.effect - golden_double(&g, 17)) / o.standard_error);
			effects++;
		}
		rows++;
	}
	ok(rows > 90 && sizes > 50 && effects > 50, "golden rows were read: %d, %d sizes, %d effects", rows, sizes, effects);
	ok(worst[0] < 1e-10, "power: worst %.2g", worst[0]);
	ok(wrong == 0, "sizes: %d wrong", wrong);
	ok(worst[1] < 1e-9, "smallest effects, in standard errors: worst %.2g", worst[1]);
}

int
main(void)
{
	mlops_plan	p = {.metric = MLOPS_METRIC_MEAN, .baseline = 10, .variance = 25, .alpha = 0.05, .allocation = 1};
	mlops_plan	prop = {.metric = MLOPS_METRIC_PROPORTION, .baseline = 0.1, .alpha = 0.05, .allocation = 1};
	mlops_plan_point o;
	double		more;
	double		z = 1.959963984540054 + 0.8416212335729142;

	against_golden();
	ok(mlops_plan_size(&p, 1, 0.8, &o) == MLOPS_OK && o.n_control == 394, "R: power.t.test(delta = 1, sd = 5, power = .8): 393.4 a group");
	ok(mlops_plan_size(&p, 0, 0.8, &o) == MLOPS_EMPTY && o.reason != NULL && isnan(o.n_control), "no effect is never seen");
	ok(mlops_plan_size(&prop, 0.95, 0.8, &o) == MLOPS_EMPTY && o.reason != NULL, "nor a proportion above 1");
	ok(mlops_plan_size(&p, 1, 1, &o) == MLOPS_DOMAIN, "power 1");
	p.alpha = 0;
	ok(mlops_plan_power(&p, 10, 1, &o) == MLOPS_DOMAIN, "alpha 0");
	p.alpha = 0.05;
	p.relative = true;
	/* lift^2 = z^2 (v / n) (1 + (1 + lift)^2) / B^2: GrowthBook's quadratic; df is large */
	mlops_plan_effect(&p, 1e6, 0.8, false, &o);
	{
		double		c = z * z * 25 / 1e6 / 100;

		is_close(o.effect, (c + sqrt(c * c + (1 - c) * 2 * c)) / (1 - c), 1e-5, "smallest lift: the quadratic");
	}
	ok(mlops_plan_effect(&p, 1e6, 0.8, true, &o) == MLOPS_OK && o.effect < 0, "and the smallest drop");
	p.baseline = 0;
	ok(mlops_plan_power(&p, 10, 1, &o) == MLOPS_DOMAIN, "relative to nothing");
	ok(mlops_plan_effect(&prop, 3, 0.99, true, &o) == MLOPS_EMPTY && o.reason != NULL && isnan(o.effect), "three units cannot see it, whatever it is");

	/* 1 + s = (z se / effect)^2 where one tail is all there is */
	ok(mlops_plan_remaining(0.5, 1000, 1, MLOPS_GREATER, 0.025, 0.8, false, (double) NAN, &more) == MLOPS_OK &&
	   more == ceil(1000 * (z * z / 4 - 1)), "units still needed");
	ok(mlops_plan_remaining(0.1, 1000, 1, MLOPS_TWO_SIDED, 0.05, 0.8, false, (double) NAN, &more) == MLOPS_OK && more == 0, "none");
	ok(mlops_plan_remaining(0.5, 1000, 0, MLOPS_TWO_SIDED, 0.05, 0.8, false, (double) NAN, &more) == MLOPS_EMPTY, "never");
	ok(mlops_plan_remaining(0.5, 1000, 1, MLOPS_TWO_SIDED, 0.05, 0.8, true, 2000, &more) == MLOPS_OK && more > ceil(1000 * (z * z / 4 - 1)), "looking often costs units");
	return done_testing();
}
