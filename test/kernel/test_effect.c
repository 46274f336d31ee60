/*
 * test_effect.c
 *		Effects of two arms and fixed answers about them, against the
 *		definitions over the units (golden/effect.csv).
 */
#include "tap.h"

#include "kernel/experiment/compare.h"
#include "kernel/summary/comoments.h"

#define MAX_VARIABLES 16
#define NUMBERS 33

typedef struct arm_data
{
	double		mean[MAX_VARIABLES];
	double		comoment[MAX_VARIABLES * (MAX_VARIABLES + 1) / 2];
	mlops_arm	arm;
} arm_data;

static void
add_unit(arm_data *a, const double *x)
{
	mlops_comoments_add(a->arm.variables, a->arm.n, a->mean, a->comoment, x);
	a->arm.n++;
}

static void
empty_arm(arm_data *a, int variables)
{
	memset(a, 0, sizeof(*a));
	a->arm.variables = variables;
	a->arm.mean = a->mean;
	a->arm.comoment = a->comoment;
}

static void
parse_arm(const char *text, int variables, arm_data *a)
{
	empty_arm(a, variables);
	while (*text)
	{
		double		x[MAX_VARIABLES];

		for (int i = 0; i < variables; i++)
		{
			char	   *end;

			x[i] = strtod(text, &end);
			text = end + (*end != '\0');
		}
		add_unit(a, x);
	}
}

/* Units of one variable. */
static const mlops_arm *
arm_of(arm_data *a, int n, const double *y)
{
	empty_arm(a, 1);
	for (int i = 0; i < n; i++)
		add_unit(a, &y[i]);
	return &a->arm;
}

static const mlops_question two_sided = {.confidence = 0.95};
static const mlops_question non_inferior = {.scale = MLOPS_RELATIVE, .hypothesis = MLOPS_NON_INFERIORITY,
.margin = 0.1, .higher_is_better = true, .confidence = 0.95};

/* The numbers of the golden file, in its order. */
static void
numbers_of(const mlops_effect *e, mlops_status status, double *got)
{
	mlops_question q = two_sided;
	mlops_comparison c[5];
	const mlops_relative_method method[3] = {MLOPS_DELTA, MLOPS_LOG_RATIO, MLOPS_FIELLER};

	mlops_compare_effect(e, status, &q, &c[0]);
	q.scale = MLOPS_RELATIVE;
	for (int i = 0; i < 3; i++)
	{
		q.relative = method[i];
		mlops_compare_effect(e, status, &q, &c[i + 1]);
	}
	mlops_compare_effect(e, status, &non_inferior, &c[4]);
	memcpy(got, (double[NUMBERS]) {
		e->control_raw, e->treatment_raw, e->control, e->treatment, e->v_control, e->v_treatment, e->difference, e->variance,
		e->df, e->r2, e->control_variance, e->treatment_variance, e->covariance, e->relative, e->relative_variance,
		c[0].statistic, c[0].p, c[0].lower, c[0].upper, c[1].statistic, c[1].lower, c[1].upper,
		c[2].statistic, c[2].df, c[2].p, c[2].lower, c[2].upper, c[3].lower, c[3].upper,
		c[4].statistic, c[4].df, c[4].p, c[4].lower}, NUMBERS * sizeof(double));
}

static void
against_golden(void)
{
	golden		g;
	double		worst = 0;
	double		worst_far = 0;
	int			rows = 0;
	int			far = 0;

	golden_open(&g, "effect.csv", "metric,theta,variables,control,treatment,control_raw,treatment_raw,control,treatment,"
				"v_control,v_treatment,difference,variance,df,r2,control_variance,treatment_variance,covariance,relative,"
				"relative_variance,t,p,lower,upper,delta_t,delta_lower,delta_upper,log_t,log_df,log_p,log_lower,log_upper,"
				"fieller_lower,fieller_upper,inferior_t,inferior_df,inferior_p,inferior_lower");
	while (golden_next(&g))
	{
		static arm_data control,
					treatment;
		bool		ratio = strcmp(golden_text(&g, 0), "ratio") == 0;
		int			k = (int) golden_double(&g, 2);
		double		work[MAX_VARIABLES * (MAX_VARIABLES + 4)];
		double		got[NUMBERS];
		mlops_effect e;
		mlops_status status;

		parse_arm(golden_text(&g, 3), k, &control);
		parse_arm(golden_text(&g, 4), k, &treatment);
		status = mlops_effect_of(&control.arm, &treatment.arm, ratio ? MLOPS_METRIC_RATIO : MLOPS_METRIC_MEAN,
								 strcmp(golden_text(&g, 1), "within") == 0 ? MLOPS_THETA_WITHIN : MLOPS_THETA_POOLED, work, &e);
		if (!ok(status == MLOPS_OK && e.reason == NULL, "row %d has an effect", rows))
			continue;
		numbers_of(&e, status, got);
		for (int i = 0; i < NUMBERS; i++)
		{
			double		want = golden_double(&g, i + 5);
			/* differences of levels lose the digits that they have in common */
			double		size = fmax(fabs(want), i == 6 || (i > 14 && i != 16 && i != 24 && i != 31) ?
									1e-2 * (i < 19 ? fabs(e.control) : 1) : i == 12 ? e.control_variance : i == 9 ? 1 : 0);
			double		error = isnan(want) && isnan(got[i]) ? 0 : fabs(got[i] - want) / size;

			if (fabs(e.control) > 1e5 * sqrt(e.v_control))
				worst_far = fmax(worst_far, error);
			else if (!(error <= 1e-11))
				diag("row %d, number %d: %.17g, want %.17g", rows, i, got[i], want);
			if (fabs(e.control) <= 1e5 * sqrt(e.v_control))
				worst = error > worst || isnan(error) ? error : worst;
			else
				far++;
		}
		rows++;
	}
	ok(rows == 30, "golden rows: %d", rows);
	ok(worst <= 1e-11, "effects and answers: worst %.2g", worst);
	ok(far > 0 && worst_far <= 1e-6, "a level of 1e6 or 1e7 spreads: worst %.2g", worst_far);
}

static void
without_effect(void)
{
	static arm_data a,
				b;
	mlops_effect e;
	mlops_comparison c;
	mlops_question q = two_sided;
	mlops_status status;
	double		work[64];

	status = mlops_effect_of(&(mlops_arm) {0}, arm_of(&b, 3, (double[]) {1, 2, 3}), MLOPS_METRIC_MEAN, MLOPS_THETA_WITHIN, work, &e);
	ok(status == MLOPS_EMPTY && strcmp(e.reason, "no units in the control") == 0, "an empty arm");
	ok(mlops_compare_effect(&e, status, &q, &c) == MLOPS_EMPTY && isnan(c.p) && c.n_treatment == 3 && c.reason, "has no answer, but units");
	status = mlops_effect_of(arm_of(&a, 1, (double[]) {5}), &b.arm, MLOPS_METRIC_MEAN, MLOPS_THETA_WITHIN, work, &e);
	ok(status == MLOPS_EMPTY && e.difference == -3, "one unit has a difference, and no variance");
	ok(mlops_compare_effect(&e, status, &q, &c) == MLOPS_EMPTY && c.estimate == -3 && isnan(c.p) && isnan(c.lower), "so there is no p");
	status = mlops_effect_of(arm_of(&a, 3, (double[]) {5, 5, 5}), arm_of(&b, 2, (double[]) {7, 7}), MLOPS_METRIC_MEAN, MLOPS_THETA_WITHIN, work, &e);
	ok(status == MLOPS_DEGENERATE && e.difference == 2, "nothing varies: the difference is what it is");
	ok(mlops_compare_effect(&e, status, &q, &c) == MLOPS_DEGENERATE && c.estimate == 2 && isnan(c.p) && c.reason, "without a p");

	/* one arm does not vary: the other's variance, 5/3 over 4 units, 3 degrees of freedom */
	status = mlops_effect_of(arm_of(&a, 4, (double[]) {1, 2, 3, 4}), arm_of(&b, 2, (double[]) {0, 0}), MLOPS_METRIC_MEAN, MLOPS_THETA_WITHIN, work, &e);
	ok(status == MLOPS_OK && e.caution != NULL, "an arm that does not vary is named");
	is_close(e.variance, 5.0 / 3 * (1.0 / 4 + 1.0 / 2), 1e-15, "variance of the other arm");
	is_close(e.df, 3, 1e-15, "and its degrees of freedom");
	is_close(mlops_effect_contrast_df(&e, 0.5), 3, 1e-13, "of every contrast");

	/* margins and confidences that cannot be */
	q.confidence = 1;
	ok(mlops_compare_effect(&e, status, &q, &c) == MLOPS_DOMAIN, "confidence 1");
	q = non_inferior;
	q.margin = 0;
	ok(mlops_compare_effect(&e, status, &q, &c) == MLOPS_DOMAIN, "no margin");
	q = non_inferior;
	q.hypothesis = MLOPS_EQUIVALENCE;
	q.confidence = 0.5;
	ok(mlops_compare_effect(&e, status, &q, &c) == MLOPS_DOMAIN, "an interval of confidence 0");

	/* a control that cannot be told from 0 */
	mlops_effect_of(arm_of(&a, 4, (double[]) {-1, 1, 2, -1.5}), arm_of(&b, 3, (double[]) {4, 5, 3}), MLOPS_METRIC_MEAN, MLOPS_THETA_WITHIN, work, &e);
	q = two_sided;
	q.scale = MLOPS_RELATIVE;
	q.relative = MLOPS_FIELLER;
	ok(mlops_compare_effect(&e, MLOPS_OK, &q, &c) == MLOPS_DEGENERATE && c.reason && isnan(c.lower) && c.p > 0,
	   "an unbounded set has no ends, but a p");
}

/* An equivalence is two one-sided tests, and scaling changes nothing but the scale. */
static void
questions(void)
{
	static arm_data a,
				b;
	mlops_effect e;
	mlops_comparison above,
				below,
				both,
				scaled;
	mlops_question q = {.hypothesis = MLOPS_NON_INFERIORITY, .margin = 2, .higher_is_better = true, .confidence = 0.9};
	double		work[64];

	mlops_effect_of(arm_of(&a, 5, (double[]) {1, 2, 3, 4, 7}), arm_of(&b, 4, (double[]) {2, 3, 3, 5}), MLOPS_METRIC_MEAN, MLOPS_THETA_WITHIN, work, &e);
	mlops_compare_effect(&e, MLOPS_OK, &q, &above);
	q.higher_is_better = false;
	mlops_compare_effect(&e, MLOPS_OK, &q, &below);
	q.hypothesis = MLOPS_EQUIVALENCE;
	mlops_compare_effect(&e, MLOPS_OK, &q, &both);
	ok(above.statistic > 0 && above.upper == INFINITY && below.statistic < 0 && below.lower == -INFINITY, "one-sided answers");
	is_close(both.p, fmax(above.p, below.p), 1e-15, "the larger p");
	ok(both.lower == above.lower && both.upper == below.upper, "an end from each");
	is_close(both.confidence, 0.8, 1e-15, "its confidence");
	q = two_sided;
	mlops_compare_effect(&e, MLOPS_OK, &q, &both);
	q.scale = MLOPS_SCALED;
	q.factor = 250;
	mlops_compare_effect(&e, MLOPS_OK, &q, &scaled);
	ok(scaled.p == both.p, "scaling leaves p");
	is_close(scaled.upper, 250 * both.upper, 1e-14, "and scales the interval");
}

/* Covariates that say nothing of their own. */
static void
covariates(void)
{
	static arm_data a[3],
				b[3];
	mlops_effect one,
				more,
				none;
	double		work[5 * 9];

	for (int v = 0; v < 3; v++)
	{
		empty_arm(&a[v], v == 0 ? 2 : v == 1 ? 4 : 2);
		empty_arm(&b[v], a[v].arm.variables);
	}
	for (int i = 0; i < 30; i++)
	{
		double		x = (i * 7) % 11;
		double		y = 3 + x + (i * 5) % 7 + (i & 1);

		for (int v = 0; v < 3; v++)
			add_unit(i & 1 ? &b[v] : &a[v], v == 2 ? (double[]) {y, 0.1} : (double[]) {y, x, 0.1, 1e6 - 3 * x});
	}
	mlops_effect_of(&a[0].arm, &b[0].arm, MLOPS_METRIC_MEAN, MLOPS_THETA_WITHIN, work, &one);
	mlops_effect_of(&a[1].arm, &b[1].arm, MLOPS_METRIC_MEAN, MLOPS_THETA_WITHIN, work, &more);
	mlops_effect_of(&a[2].arm, &b[2].arm, MLOPS_METRIC_MEAN, MLOPS_THETA_WITHIN, work, &none);
	is_close(more.difference, one.difference, 1e-9, "a constant and a multiple change no difference");
	is_close(more.variance, one.variance, 1e-9, "nor its variance");
	ok(strstr(more.variant, "without the covariates") != NULL && strcmp(one.variant, "CUPED") == 0, "and are named");
	ok(strstr(none.variant, "unadjusted") != NULL && none.r2 == 0, "without a covariate that varies: unadjusted");
	ok(one.r2 > 0.5, "the covariate explains something");
}

/* Three units with an event among 40 against many: named; not among arms of one size, nor with a level far from 0. */
static void
few_effective_units(void)
{
	static arm_data a,
				b;
	mlops_effect e;
	double		work[64];

	empty_arm(&a, 1);
	empty_arm(&b, 1);
	for (int i = 0; i < 400; i++)
	{
		add_unit(&a, (double[]) {i % 13 == 0 ? 1 + i % 5 : 0});
		if (i < 40)
			add_unit(&b, (double[]) {i % 13 == 0 ? 1 + i % 5 : 0});
	}
	mlops_effect_of(&a.arm, &b.arm, MLOPS_METRIC_MEAN, MLOPS_THETA_WITHIN, work, &e);
	ok(e.caution && strstr(e.caution, "few effective units"), "few events in the smaller arm are named");
	mlops_effect_of(&b.arm, &b.arm, MLOPS_METRIC_MEAN, MLOPS_THETA_WITHIN, work, &e);
	ok(e.caution == NULL, "not when both arms are as small");
	for (int v = 0; v < 2; v++)
		(v ? &b : &a)->mean[0] += 100;
	mlops_effect_of(&a.arm, &b.arm, MLOPS_METRIC_MEAN, MLOPS_THETA_WITHIN, work, &e);
	ok(e.caution == NULL, "nor of values that are all far from 0");
}

int
main(void)
{
	few_effective_units();
	against_golden();
	without_effect();
	questions();
	covariates();
	return done_testing();
}
