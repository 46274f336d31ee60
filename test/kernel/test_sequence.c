/*
 * test_sequence.c
 *		Confidence sequences: e-values against numerical integration, intervals
 *		and p against other engines' formulas, what there is no result for.
 */
#include "tap.h"

#include "kernel/experiment/sequence.h"

static mlops_alternative
alternative_of(const char *name)
{
	return strcmp(name, "two-sided") == 0 ? MLOPS_TWO_SIDED : strcmp(name, "greater") == 0 ? MLOPS_GREATER : MLOPS_LESS;
}

static void
check_integrals(void)
{
	golden		g;

	golden_open(&g, "sequence.csv", "alternative,z,q,ln_e,alpha,radius");
	while (golden_next(&g))
	{
		mlops_alternative alternative = alternative_of(golden_text(&g, 0));
		double		z = golden_double(&g, 1);
		double		q = golden_double(&g, 2);
		double		alpha = golden_double(&g, 4);
		double		radius = mlops_sequence_radius(MLOPS_SEQUENCE_ASYMPTOTIC, alternative, q, alpha);
		double		ln_e = mlops_sequence_ln_e(MLOPS_SEQUENCE_MSPRT, alternative, z, q);
		double		want = golden_double(&g, 3);

		ok(fabs(ln_e - want) <= 1e-13 * (1 + fabs(want)), "ln E, %s z %g q %g: %.16g", golden_text(&g, 0), z, q, ln_e);
		is_close(radius, golden_double(&g, 5), 1e-13, "radius, %s q %g alpha %g", golden_text(&g, 0), q, alpha);
		/* the interval is what the e-value does not rule out */
		ln_e = mlops_sequence_ln_e(MLOPS_SEQUENCE_ASYMPTOTIC, alternative, alternative == MLOPS_LESS ? -radius : radius, q);
		is_close(ln_e, -log(alpha), 1e-12, "E at the radius, %s q %g alpha %g", golden_text(&g, 0), q, alpha);
	}
}

static void
check_peers(void)
{
	golden		g;

	golden_open(&g, "sequence_peers.csv", "peer,alternative,alpha,planned_n,n,estimate,se,half,p");
	while (golden_next(&g))
	{
		double		n = golden_double(&g, 4);
		mlops_sequence s = {MLOPS_SEQUENCE_GROWTHBOOK, alternative_of(golden_text(&g, 1)), 1 - golden_double(&g, 2), 0,
		golden_double(&g, 3), 0};
		mlops_comparison c = MLOPS_NO_COMPARISON(n / 4, n - n / 4);
		mlops_comparison exact = c;
		double		half = golden_double(&g, 7);

		c.estimate = exact.estimate = golden_double(&g, 5);
		c.standard_error = exact.standard_error = golden_double(&g, 6);
		ok(mlops_compare_sequential(&s, &c) == MLOPS_OK, "%s, line %d", golden_text(&g, 0), g.line);
		is_close(c.p, golden_double(&g, 8), 1e-12, "p of %s, %s, line %d", golden_text(&g, 0), golden_text(&g, 1), g.line);
		is_close(c.lower, s.alternative == MLOPS_LESS ? -INFINITY : c.estimate - half, 1e-12, "lower end, line %d", g.line);
		is_close(c.upper, s.alternative == MLOPS_GREATER ? INFINITY : c.estimate + half, 1e-12, "upper end, line %d", g.line);
		s.method = MLOPS_SEQUENCE_ASYMPTOTIC;
		mlops_compare_sequential(&s, &exact);
		ok(s.alternative == MLOPS_TWO_SIDED ? exact.lower == c.lower && exact.p == c.p :
		   exact.lower >= c.lower && exact.upper <= c.upper && exact.p <= c.p,
		   "the exact mixture is never wider, line %d", g.line);
	}
}

/* A null value moves the evidence, not the interval; units and scale of an effect do not matter. */
static void
check_null_and_scale(void)
{
	for (int a = MLOPS_TWO_SIDED; a <= MLOPS_LESS; a++)
	{
		mlops_sequence s = {MLOPS_SEQUENCE_ASYMPTOTIC, (mlops_alternative) a, 0.9, 0, 3000, 0};
		mlops_comparison at_zero = MLOPS_NO_COMPARISON(700, 900);
		mlops_comparison moved = at_zero;
		mlops_comparison msprt = at_zero;
		double		q;

		at_zero.estimate = 2;
		moved.estimate = msprt.estimate = 5;
		at_zero.standard_error = moved.standard_error = msprt.standard_error = 0.6;
		mlops_compare_sequential(&s, &at_zero);
		q = mlops_sequence_ratio(&s, 1600, 0.36);
		s.null_value = 3;
		mlops_compare_sequential(&s, &moved);
		is_close(moved.ln_e, at_zero.ln_e, 1e-14, "ln E against 3, alternative %d", a);
		is_close(moved.p, at_zero.p, 1e-13, "p against 3, alternative %d", a);
		is_close(moved.lower, at_zero.lower + 3, 1e-14, "lower end, alternative %d", a);
		is_close(moved.upper, at_zero.upper + 3, 1e-14, "upper end, alternative %d", a);
		s.method = MLOPS_SEQUENCE_MSPRT;
		s.tuning = q * 0.36;
		mlops_compare_sequential(&s, &msprt);
		is_close(msprt.ln_e, moved.ln_e, 1e-13, "mSPRT with tau^2 = q V is the same, alternative %d", a);
		is_close(msprt.upper, moved.upper, 1e-13, "its interval too, alternative %d", a);
	}
}

static void
check_far_tails(void)
{
	double		q = 8;

	/* z = 60: p = 3 exp(-1600), below the range of double */
	is_close(mlops_sequence_ln_e(MLOPS_SEQUENCE_ASYMPTOTIC, MLOPS_TWO_SIDED, 60, q), 1600 - log(3), 1e-14, "ln E at z = 60");
	is_close(mlops_sequence_ln_e(MLOPS_SEQUENCE_GROWTHBOOK, MLOPS_GREATER, 60, q), 1600 + log(2. / 3), 1e-14,
			 "ln E at z = 60, one-sided");
	is_close(mlops_sequence_ln_e(MLOPS_SEQUENCE_ASYMPTOTIC, MLOPS_LESS, 60, q), mlops_sequence_ln_e(MLOPS_SEQUENCE_ASYMPTOTIC,
			 MLOPS_GREATER, -60, q), 0, "less is greater with the other sign");
	/* 2 (1 + q)^(-1/2) exp(x^2 / 2) sf(x) -> 2 / (3 x sqrt(2 pi)), x = 1e9 sqrt(8 / 9) */
	is_close(mlops_sequence_ln_e(MLOPS_SEQUENCE_ASYMPTOTIC, MLOPS_GREATER, -1e9, q),
			 log(2. / 3) - log(1e9 * sqrt(8. / 9)) - log(2 * 3.14159265358979323846) / 2, 1e-13, "ln E far on the other side");
}

static void
check_without_result(void)
{
	mlops_sequence s = {MLOPS_SEQUENCE_ASYMPTOTIC, MLOPS_TWO_SIDED, 0.95, 0, 5000, 100};
	mlops_comparison c = MLOPS_NO_COMPARISON(99, 5000);
	mlops_sequence bad;

	c.estimate = 1;
	c.standard_error = 0.1;
	ok(mlops_compare_sequential(&s, &c) == MLOPS_DEGENERATE && c.reason != NULL && isnan(c.p) && isnan(c.lower), "small control");
	c = MLOPS_NO_COMPARISON(100, 5000);
	c.estimate = 1;
	c.standard_error = 0;
	ok(mlops_compare_sequential(&s, &c) == MLOPS_DEGENERATE && c.reason != NULL && isnan(c.ln_e), "no variance");
	c.standard_error = 1e-200;
	s.method = MLOPS_SEQUENCE_MSPRT;
	ok(mlops_compare_sequential(&s, &c) == MLOPS_DEGENERATE && isnan(c.ln_e), "a variance beyond the numbers");
	c.standard_error = 0.1;
	bad = s;
	bad.tuning = 0;
	ok(mlops_compare_sequential(&bad, &c) == MLOPS_DOMAIN, "tuning 0");
	bad = s;
	bad.confidence = 1;
	ok(mlops_compare_sequential(&bad, &c) == MLOPS_DOMAIN, "confidence 1");
	bad = s;
	bad.null_value = NAN;
	ok(mlops_compare_sequential(&bad, &c) == MLOPS_DOMAIN, "null value NaN");
}

/* One-sided at any confidence: the peers stop at alpha = 1/2. */
static void
check_low_confidence(void)
{
	for (double confidence = 0.02; confidence < 1; confidence += 0.04)
	{
		mlops_sequence s = {MLOPS_SEQUENCE_ASYMPTOTIC, MLOPS_GREATER, confidence, 0, 500, 0};
		mlops_comparison c = MLOPS_NO_COMPARISON(300, 300);

		c.estimate = 1;
		c.standard_error = 1;
		ok(mlops_compare_sequential(&s, &c) == MLOPS_OK && isfinite(c.lower) && c.lower < 1 && c.p > 0, "confidence %g", confidence);
	}
}

int
main(void)
{
	check_integrals();
	check_peers();
	check_null_and_scale();
	check_far_tails();
	check_without_result();
	check_low_confidence();
	return done_testing();
}
