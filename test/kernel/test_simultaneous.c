/*
 * test_simultaneous.c
 *		Dunnett's distribution against mvtnorm (golden/dunnett.csv) and
 *		Dunnett's table; adjusted p-values and intervals against SciPy
 *		(golden/simultaneous.csv).
 */
#include "tap.h"

#include "kernel/experiment/simultaneous.h"

static size_t
numbers(const char *s, double *out)
{
	size_t		k = 0;
	char	   *end;

	while (*s != '\0')
	{
		out[k++] = strtod(s, &end);
		s = end;
	}
	return k;
}

static void
dunnett(void)
{
	golden		g;
	double		worst[3] = {0};
	int			rows = 0;
	/* two-sided 5 %, equal numbers: mvtnorm 1.1-3, root of pmvt (GenzBretz, abseps 1e-6); normal ones from Dunnett (1964) */
	static const double table[][4] = {
		{2, 5, 3.0302, 1e-4}, {2, 10, 2.5683, 1e-4}, {3, 10, 2.7590, 1e-4}, {5, 10, 2.9903, 1e-4}, {9, 10, 3.2442, 1e-4},
		{2, 20, 2.3787, 1e-4}, {3, 20, 2.5403, 1e-4}, {2, INFINITY, 2.21, 0.006}, {3, INFINITY, 2.35, 0.006},
		{4, INFINITY, 2.44, 0.006}, {5, INFINITY, 2.51, 0.006}
	};
	double		half[9];
	double		c;

	golden_open(&g, "dunnett.csv", "lambda,df,sides,c,sf");
	while (golden_next(&g))
	{
		double		lambda[8],
					want = golden_double(&g, 4),
					df = golden_double(&g, 1),
					ln_sf;
		size_t		k = numbers(g.field[0], lambda);
		int			kind = df == 0 ? (k > 3 ? 2 : 0) : 1;

		if (mlops_dunnett_ln_sf(golden_double(&g, 3), lambda, k, df == 0 ? INFINITY : df, golden_double(&g, 2) == 2, &ln_sf) != MLOPS_OK)
			ok(false, "row %d is computed", rows);
		/* the reference has it as 1 - large */
		worst[kind] = fmax(worst[kind], fabs(exp(ln_sf) - want));
		rows++;
	}
	ok(rows > 250, "golden rows were read: %d", rows);
	ok(worst[0] < 1e-13, "normal, two and three effects: worst %.2g", worst[0]);
	ok(worst[1] < 1e-11, "t, two and three effects: worst %.2g", worst[1]);
	ok(worst[2] < 1e-9, "normal, five effects: worst %.2g", worst[2]);

	for (int i = 0; i < 9; i++)
		half[i] = sqrt(0.5);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
	{
		bool		computed = mlops_dunnett_quantile(0.05, half, (size_t) table[i][0], table[i][1], true, &c) == MLOPS_OK;

		ok(computed && fabs(c - table[i][2]) < table[i][3], "quantile, k = %g, df = %g: %.4f (here %.5f)", table[i][0], table[i][1], table[i][2], c);
	}
	/* without a common control: Sidak; one effect: t */
	half[0] = half[1] = half[2] = 0;
	mlops_dunnett_quantile(0.05, half, 3, INFINITY, true, &c);
	is_close(c, 2.38774, 1e-5, "independent effects are Sidak's");
	mlops_dunnett_quantile(0.025, half, 1, 7, false, &c);
	is_close(c, 2.364624251592785, 1e-9, "one effect is Student's t");
	ok(mlops_dunnett_quantile(0.05, (double[]) {1}, 1, 7, false, &c) == MLOPS_DOMAIN, "an effect is more than its control");
	ok(mlops_dunnett_quantile(0.05, half, 3, 0.5, false, &c) == MLOPS_DOMAIN, "half a degree of freedom");
	{
		double		near[2] = {1 - 1e-6, 1 - 1e-6},
					ln_sf,
					far;

		/* nearly one effect */
		mlops_dunnett_ln_sf(1.959963984540054, near, 2, INFINITY, true, &ln_sf);
		ok(exp(ln_sf) > 0.05 && exp(ln_sf) < 0.0505, "two nearly equal effects are nearly one: %.6f", exp(ln_sf));
		mlops_dunnett_ln_sf(60, half, 3, INFINITY, true, &far);
		ok(far < -1700 && isfinite(far), "the logarithm of what underflows");
		near[0] = near[1] = sqrt(0.5);
		mlops_dunnett_ln_sf(20, near, 2, INFINITY, true, &far);
		/* rho = 1/2: both at once is nothing, so it is twice one tail */
		is_close(far, log(4) - 203.91715537109725, 1e-9, "far out every effect is alone");
	}
}

static mlops_simultaneous_method
method_of(const char *name)
{
	static const char *const known[] = {"none", "bonferroni", "sidak", "holm", "fcr"};
	int			i = 0;

	while (strcmp(known[i], name) != 0)
		i++;
	return (mlops_simultaneous_method) i;
}

static void
intervals(void)
{
	golden		g;
	double		worst[4] = {0};
	int			rows = 0,
				decisions = 0;

	golden_open(&g, "simultaneous.csv", "method,alternative,alpha,estimates,ses,dfs,nulls,weights,p_adjusted,lowers,uppers");
	while (golden_next(&g))
	{
		double		x[8][8],
					work[32];
		size_t		n = numbers(g.field[3], x[0]),
					order[16];
		mlops_effect_interval e[8];
		mlops_simultaneous s = {.method = method_of(g.field[0]), .confidence = 1 - golden_double(&g, 2),
			.alternative = strcmp(g.field[1], "greater") == 0 ? MLOPS_GREATER : strcmp(g.field[1], "less") == 0 ? MLOPS_LESS : MLOPS_TWO_SIDED};

		for (int i = 1; i < 8; i++)
			numbers(g.field[3 + i], x[i]);
		for (size_t i = 0; i < n; i++)
			e[i] = (mlops_effect_interval) {.estimate = x[0][i], .standard_error = x[1][i], .df = x[2][i], .null_value = x[3][i], .weight = x[4][i]};
		if (mlops_simultaneous_intervals(&s, e, n, order, work) != MLOPS_OK)
			ok(false, "row %d is computed", rows);
		for (size_t i = 0; i < n; i++)
		{
			double		got[3] = {e[i].p_adjusted, e[i].lower, e[i].upper};

			for (int j = 0; j < 3; j++)
			{
				double		want = x[5 + j][i];

				if (isnan(want) || isinf(want))
					worst[j] = fmax(worst[j], isnan(want) ? !isnan(got[j]) : got[j] != want);
				else
					worst[j] = fmax(worst[j], !isfinite(got[j]) ? INFINITY : fabs(got[j] - want) / (j == 0 ? fmax(want, 1e-300) : fmax(1, fabs(want))));
			}
			decisions += e[i].rejected;
		}
		rows++;
	}
	ok(rows > 100 && decisions > 50, "golden rows were read: %d, %d rejected", rows, decisions);
	ok(worst[0] < 1e-10, "adjusted p: worst %.2g", worst[0]);
	ok(worst[1] < 1e-10 && worst[2] < 1e-10, "intervals: worst %.2g, %.2g", worst[1], worst[2]);
}

static void
limits(void)
{
	mlops_effect_interval e[3] = {
		{.estimate = 1, .standard_error = 0.2, .df = INFINITY, .weight = (double) NAN},
		{.estimate = 1, .standard_error = 0, .df = INFINITY, .weight = (double) NAN},
		{.estimate = (double) NAN, .standard_error = 0.2, .df = INFINITY, .weight = (double) NAN}
	};
	size_t		order[6];
	double		work[12];
	mlops_simultaneous s = {.method = MLOPS_SIMULTANEOUS_BONFERRONI, .confidence = 0.95};

	ok(mlops_simultaneous_intervals(&s, e, 3, order, work) == MLOPS_OK && e[0].p_adjusted == e[0].p && e[1].reason != NULL &&
	   e[2].reason != NULL && isnan(e[1].p) && isnan(e[2].lower) && !e[1].rejected, "what has no standard error is not counted");
	s.method = MLOPS_SIMULTANEOUS_HOLM;
	ok(mlops_simultaneous_intervals(&s, e, 3, order, work) == MLOPS_DOMAIN, "Holm has no two-sided intervals");
	s.method = MLOPS_SIMULTANEOUS_DUNNETT;
	ok(mlops_simultaneous_intervals(&s, e, 3, order, work) == MLOPS_DOMAIN, "Dunnett needs a control");
	s.control_se = 0.2;
	s.df = INFINITY;
	ok(mlops_simultaneous_intervals(&s, e, 3, order, work) == MLOPS_DOMAIN, "whose noise is a part of every effect's");
	s.control_se = 0.1;
	ok(mlops_simultaneous_intervals(&s, e, 3, order, work) == MLOPS_OK, "one effect");
	is_close(e[0].p_adjusted, e[0].p, 1e-10, "has its own p");
	s.method = MLOPS_SIMULTANEOUS_BONFERRONI;
	e[0].weight = 1.2;
	ok(mlops_simultaneous_intervals(&s, e, 3, order, work) == MLOPS_DOMAIN, "more than all of alpha");
	e[0].weight = 0;
	ok(mlops_simultaneous_intervals(&s, e, 3, order, work) == MLOPS_OK && e[0].p_adjusted == 1 && e[0].lower == -INFINITY, "nothing of it");
}

int
main(void)
{
	dunnett();
	intervals();
	limits();
	return done_testing();
}
