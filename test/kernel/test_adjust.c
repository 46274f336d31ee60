/*
 * test_adjust.c
 *		Adjusted p-values against R's p.adjust(), Hommel's also against the
 *		closed test it abbreviates; e-BH against its definition.
 */
#include "tap.h"

#include "kernel/multiplicity/adjust.h"

#define MANY 3000

static mlops_adjustment
method_by_name(const char *name)
{
	static const char *const names[] = {"none", "bonferroni", "holm", "hochberg", "hommel", "BH", "BY"};

	for (int i = 0; i < 7; i++)
		if (strcmp(name, names[i]) == 0)
			return (mlops_adjustment) i;
	printf("Bail out! unknown method %s\n", name);
	exit(2);
}

/* A generator of the test's own, so that a failure can be repeated. */
static uint64_t seed = 20260311;

static double
uniform(void)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (double) (seed >> 11) / 9007199254740992.0;
}

static int
ascending(const void *a, const void *b)
{
	const double *x = a;
	const double *y = b;

	return (*x > *y) - (*x < *y);
}

static double
simes(double *p, int n)
{
	double		least = 1;

	qsort(p, (size_t) n, sizeof(double), ascending);
	for (int j = 0; j < n; j++)
		least = fmin(least, p[j] * n / (j + 1));
	return least;
}

/*
 * The closed test in full: an adjusted p is the largest Simes p-value of all
 * sets that it is in.
 */
static void
closed_test(const double *p, int n, double *adjusted)
{
	for (int i = 0; i < n; i++)
		adjusted[i] = 0;
	for (unsigned set = 1; set < 1u << n; set++)
	{
		double		member[16];
		int			size = 0;
		double		local;

		for (int i = 0; i < n; i++)
			if (set >> i & 1)
				member[size++] = p[i];
		local = simes(member, size);
		for (int i = 0; i < n; i++)
			if (set >> i & 1)
				adjusted[i] = fmax(adjusted[i], local);
	}
}

/*
 * Hommel's p-values in n^2 steps: the intersection of the i largest p has
 * s(i) = min over j of i p_(n-i+j) / j, a p is rejected at a when h p <= a and
 * s(i) <= a for every i > h; so the adjusted p is the smallest over h.
 */
static void
hommel_slowly(const double *p, int n, double *adjusted)
{
	static double sorted[MANY];
	static double level[MANY + 2];

	memcpy(sorted, p, (size_t) n * sizeof(double));
	qsort(sorted, (size_t) n, sizeof(double), ascending);
	level[n + 1] = 0;
	for (int i = n; i >= 1; i--)
	{
		double		least = INFINITY;

		for (int j = 1; j <= i; j++)
			least = fmin(least, i * sorted[n - i + j - 1] / j);
		level[i] = fmax(level[i + 1], least);
	}
	for (int k = 0; k < n; k++)
	{
		adjusted[k] = 1;
		for (int h = 0; h <= n; h++)
			adjusted[k] = fmin(adjusted[k], fmax(h * p[k], level[h + 1]));
	}
}

static bool
same(const double *got, const double *want, int n, double tol)
{
	for (int i = 0; i < n; i++)
		if (!close_to(got[i], want[i], tol))
		{
			diag("value %d: got %.17g, want %.17g", i, got[i], want[i]);
			return false;
		}
	return true;
}

static void
check_hommel(void)
{
	static double p[MANY],
				got[MANY],
				want[MANY],
				work[MANY];
	static size_t order[2 * MANY];
	bool		good = true;

	/* few digits for ties, a power for small p, some of them 0 or 1 */
	for (int run = 0; run < 2000 && good; run++)
	{
		int			n = 1 + run % 9;
		double		digits = run % 3 == 0 ? 10 : run % 3 == 1 ? 100 : 1e6;

		for (int i = 0; i < n; i++)
			p[i] = floor(pow(uniform(), 1 + run % 5) * digits + uniform()) / digits;
		closed_test(p, n, want);
		good = mlops_adjust_p(MLOPS_ADJUST_HOMMEL, p, (size_t) n, got, order, work) == MLOPS_OK &&
			same(got, want, n, 1e-14);
	}
	ok(good, "Hommel is the closed test of Simes' tests, 2000 sets of 1 to 9 p-values");
	for (int shape = 0; shape < 5; shape++)
	{
		for (int i = 0; i < MANY; i++)
		{
			double		u = uniform();

			/* many on one line; null; a fifth of small ones; ties; a convex arc */
			p[i] = shape == 0 ? (i + 1.0) / MANY : shape == 1 ? u : shape == 2 ? (i % 5 ? u : pow(u, 8)) :
				shape == 3 ? floor(u * 50) / 50 : pow((i + 1.0) / MANY, 1 + 1e-6);
		}
		mlops_adjust_p(MLOPS_ADJUST_HOMMEL, p, MANY, got, order, work);
		hommel_slowly(p, MANY, want);
		ok(same(got, want, MANY, 1e-14), "Hommel of %d p-values, shape %d", MANY, shape);
	}
}

static void
check_e(void)
{
	/* by hand: 5 e, j e_[j] / 5 = 20, 16, 18, 4, 0.5, maximum from below */
	const double e[5] = {40, 0.5, 100, 5, 30};
	const double hand[5] = {18, 0.5, 20, 4, 18};
	const double far[3] = {(double) INFINITY, 0, 1.7e308};
	double		many[200];
	double		got[200];
	size_t		order[200];
	bool		good = true;

	mlops_adjust_e(e, 5, got, order);
	for (int i = 0; i < 5; i++)
		is_close(got[i], hand[i], 1e-15, "e-BH by hand, e %d", i + 1);
	mlops_adjust_e(far, 3, got, order);
	ok(isinf(got[0]) && got[1] == 0 && close_to(got[2], 1.7e308 / 3 * 2, 1e-15), "infinite, zero and very large e-values");

	/* the definition: reject the k* largest, k* the largest k with k e_[k] / n >= 1 / alpha */
	for (int run = 0; run < 300 && good; run++)
	{
		int			n = 1 + run % 200;
		double		alpha = 0.01 + 0.3 * uniform();
		double		sorted[200];
		int			k_star = 0;

		for (int i = 0; i < n; i++)
			many[i] = sorted[i] = floor(exp(8 * uniform() * uniform()));
		qsort(sorted, (size_t) n, sizeof(double), ascending);
		for (int k = 1; k <= n; k++)
			if (k * sorted[n - k] / n >= 1 / alpha)
				k_star = k;
		mlops_adjust_e(many, (size_t) n, got, order);
		for (int i = 0; i < n; i++)
			good &= (got[i] >= 1 / alpha) == (k_star > 0 && many[i] >= sorted[n - k_star]);
	}
	ok(good, "an adjusted e-value of 1 / alpha or more is what e-BH rejects at alpha, with ties");
	ok(mlops_adjust_e(e, 0, got, order) == MLOPS_OK, "no e-values at all");
	many[0] = -1e-9;
	ok(mlops_adjust_e(many, 1, got, order) == MLOPS_DOMAIN, "a negative e-value is refused");
	many[0] = NAN;
	ok(mlops_adjust_e(many, 1, got, order) == MLOPS_DOMAIN, "NaN is refused");
}

/* An e-value's mean is at most 1 where the hypothesis is true: the calibrator's integral is 1. */
static void
check_calibrator(void)
{
	const double kappa[3] = {0.1, 0.5, 0.9};
	double		e;

	for (int k = 0; k < 3; k++)
	{
		double		sum = 0;
		const int	steps = 200000;

		/* with p = exp(-x) the integrand is smooth; Simpson's rule to x where nothing is left */
		for (int i = 0; i <= steps; i++)
		{
			double		x = 400.0 * i / steps;

			mlops_p_to_e(exp(-x), kappa[k], &e);
			sum += (i == 0 || i == steps ? 1 : i % 2 ? 4 : 2) * e * exp(-x);
		}
		is_close(sum * 400.0 / steps / 3, 1, 1e-9, "the calibrator with kappa %g integrates to 1", kappa[k]);
	}
	ok(mlops_p_to_e(0.04, 0.5, &e) == MLOPS_OK && close_to(e, 2.5, 1e-15), "0.5 / sqrt(0.04) = 2.5");
	ok(mlops_p_to_e(0, 0.5, &e) == MLOPS_OK && isinf(e), "p = 0 is infinite evidence");
	ok(mlops_p_to_e(1.01, 0.5, &e) == MLOPS_DOMAIN && mlops_p_to_e(0.5, 1, &e) == MLOPS_DOMAIN &&
	   mlops_p_to_e(0.5, 0, &e) == MLOPS_DOMAIN && mlops_p_to_e(NAN, 0.5, &e) == MLOPS_DOMAIN, "outside of its domain");
}

int
main(void)
{
	golden		g;
	double		p[64],
				want[64],
				got[64],
				work[64];
	size_t		order[128];
	/* Benjamini and Hochberg by hand: 4 p, factors 4, 2, 4/3, 1, minimum from above */
	const double hand[4] = {0.005, 0.03, 0.6, 0.02};
	const double hand_bh[4] = {0.02, 0.04, 0.6, 0.04};

	golden_open(&g, "adjust.csv", "method,p,adjusted");
	while (golden_next(&g))
	{
		int			n = golden_list(&g, 1, p, 64);
		int			worst = -1;

		golden_list(&g, 2, want, 64);
		if (mlops_adjust_p(method_by_name(golden_text(&g, 0)), p, (size_t) n, got, order, work) != MLOPS_OK)
			worst = 0;
		for (int i = 0; i < n; i++)
			if (!close_to(got[i], want[i], 1e-14))
				worst = i;
		if (!ok(worst < 0, "%s of %d p-values, line %d", golden_text(&g, 0), n, g.line))
			diag("value %d: got %.17g, want %.17g", worst, got[worst], want[worst]);
	}
	mlops_adjust_p(MLOPS_ADJUST_BH, hand, 4, got, order, NULL);
	for (int i = 0; i < 4; i++)
		is_close(got[i], hand_bh[i], 1e-15, "Benjamini-Hochberg by hand, p %d", i + 1);
	check_hommel();
	check_e();
	check_calibrator();
	ok(mlops_adjust_p(MLOPS_ADJUST_BH, p, 0, got, order, NULL) == MLOPS_OK, "no p-values at all");
	ok(mlops_adjust_p(MLOPS_ADJUST_HOMMEL, p, 0, got, order, work) == MLOPS_OK, "no p-values at all, Hommel");
	p[0] = NAN;
	ok(mlops_adjust_p(MLOPS_ADJUST_BH, p, 1, got, order, NULL) == MLOPS_DOMAIN, "NaN is refused");
	p[0] = 1.5;
	ok(mlops_adjust_p(MLOPS_ADJUST_HOMMEL, p, 1, got, order, work) == MLOPS_DOMAIN, "p above 1 is refused");
	return done_testing();
}
