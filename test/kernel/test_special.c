/*
 * test_special.c
 *		Distribution functions against mpmath and R.
 */
#include "tap.h"

#include "kernel/special/special.h"

static mlops_status
evaluate(const char *dist, double x, double a, double b, mlops_tails *t)
{
	if (strcmp(dist, "normal") == 0)
	{
		t->lower = mlops_normal_cdf(x);
		t->upper = mlops_normal_sf(x);
		t->ln_lower = mlops_normal_ln_sf(-x);
		t->ln_upper = mlops_normal_ln_sf(x);
		return MLOPS_OK;
	}
	if (strcmp(dist, "gamma") == 0)
		return mlops_gamma_tails(a, x, t);
	if (strcmp(dist, "chi2") == 0)
		return mlops_chi2_tails(x, a, t);
	if (strcmp(dist, "beta") == 0)
		return mlops_beta_tails(x, 1 - x, a, b, t);
	if (strcmp(dist, "t") == 0)
		return mlops_t_tails(x, a, t);
	if (strcmp(dist, "f") == 0)
		return mlops_f_tails(x, a, b, t);
	if (strcmp(dist, "ncx2") == 0)
		return mlops_ncx2_tails(x, a, b, t, NULL);
	if (strcmp(dist, "kolmogorov") == 0)
		return mlops_kolmogorov_tails(x, t);
	return MLOPS_DOMAIN;
}

/* A tail below the range of double has only its logarithm. */
static bool
tail_close(double got, double want, double tol)
{
	if (want < 1e-300)
		return got < 1e-299;
	return close_to(got, want, tol);
}

static void
test_tails(const char *file, double tol)
{
	golden		g;

	golden_open(&g, file, "dist,x,a,b,lower,upper,ln_lower,ln_upper");
	while (golden_next(&g))
	{
		mlops_tails t = {NAN, NAN, NAN, NAN};
		double		x = golden_double(&g, 1),
					a = golden_double(&g, 2),
					b = golden_double(&g, 3);
		mlops_status status = evaluate(golden_text(&g, 0), x, a, b, &t);
		bool		passed = status == MLOPS_OK
			&& tail_close(t.lower, golden_double(&g, 4), tol)
			&& tail_close(t.upper, golden_double(&g, 5), tol)
			&& tail_close(-t.ln_lower, -golden_double(&g, 6), tol)
			&& tail_close(-t.ln_upper, -golden_double(&g, 7), tol);

		if (!ok(passed, "%s: %s(%g; %g, %g)", file, golden_text(&g, 0), x, a, b))
		{
			diag("status %d", status);
			diag("lower %.17g want %.17g", t.lower, golden_double(&g, 4));
			diag("upper %.17g want %.17g", t.upper, golden_double(&g, 5));
			diag("ln lower %.17g want %.17g", t.ln_lower, golden_double(&g, 6));
			diag("ln upper %.17g want %.17g", t.ln_upper, golden_double(&g, 7));
		}
	}
}

static void
test_quantiles(void)
{
	golden		g;

	golden_open(&g, "quantile.csv", "dist,q,a,b,x");
	while (golden_next(&g))
	{
		const char *dist = golden_text(&g, 0);
		double		q = golden_double(&g, 1),
					a = golden_double(&g, 2),
					b = golden_double(&g, 3);
		double		x = NAN;

		if (strcmp(dist, "normal") == 0)
			x = mlops_normal_quantile_upper(q);
		else if (strcmp(dist, "kolmogorov") == 0)
			mlops_kolmogorov_quantile_upper(q, &x);
		else
			mlops_ncx2_quantile(q, true, a, b, &x);
		is_close(x, golden_double(&g, 4), 1e-10, "%s quantile(%g; %g, %g)", dist, q, a, b);
	}
}

static void
test_ks_exact(void)
{
	golden		g;
	double		work[1000];

	golden_open(&g, "ks_exact.csv", "n,m,c,p,ln_p");
	while (golden_next(&g))
	{
		int64_t		n = (int64_t) golden_double(&g, 0),
					m = (int64_t) golden_double(&g, 1);
		double		d = golden_double(&g, 2) / ((double) n * (double) m);
		double		p = NAN,
					ln_p = NAN;

		ok(mlops_ks_exact_p(d, n, m, work, 1000, &p, &ln_p) == MLOPS_OK
		   && tail_close(p, golden_double(&g, 3), 1e-12)
		   && (golden_double(&g, 4) == 0 ? ln_p == 0 : fabs(ln_p - golden_double(&g, 4)) <= 1e-12 * fmax(1, fabs(ln_p))),
		   "exact KS p, n = %d, m = %d, D = %g", (int) n, (int) m, d);
		/* the order of the samples does not matter */
		mlops_ks_exact_p(d, m, n, work, 1000, &ln_p, &p);
		ok(tail_close(ln_p, golden_double(&g, 3), 1e-12), "exact KS p, sides swapped");
	}
}

static void
test_edges(void)
{
	mlops_tails t;
	double		x,
				p,
				ln_p,
				work[8];

	ok(mlops_gamma_tails(-1, 1, &t) == MLOPS_DOMAIN && mlops_gamma_tails(NAN, 1, &t) == MLOPS_DOMAIN
	   && mlops_gamma_tails(1, NAN, &t) == MLOPS_DOMAIN, "gamma refuses bad arguments");
	ok(mlops_ncx2_tails(1, 0, 1, &t, NULL) == MLOPS_DOMAIN
	   && mlops_ncx2_tails(1, 1, -1, &t, NULL) == MLOPS_DOMAIN
	   && mlops_ncx2_tails(1, 1, INFINITY, &t, NULL) == MLOPS_DOMAIN, "ncx2 refuses bad arguments");
	ok(mlops_t_tails(1, 0, &t) == MLOPS_DOMAIN && mlops_f_tails(1, 1, NAN, &t) == MLOPS_DOMAIN
	   && mlops_beta_tails(0.5, 0.6, 1, 1, &t) == MLOPS_DOMAIN, "t, F and beta refuse bad arguments");
	ok(mlops_kolmogorov_tails(NAN, &t) == MLOPS_DOMAIN, "kolmogorov refuses NaN");
	ok(mlops_ncx2_quantile(0, true, 1, 0, &x) == MLOPS_DOMAIN
	   && mlops_ncx2_quantile(1, true, 1, 0, &x) == MLOPS_DOMAIN
	   && mlops_ncx2_quantile(NAN, true, 1, 0, &x) == MLOPS_DOMAIN
	   && mlops_kolmogorov_quantile_upper(1.5, &x) == MLOPS_DOMAIN, "quantiles refuse bad probabilities");
	ok(mlops_chi2_tails(0, 3, &t) == MLOPS_OK && t.lower == 0 && t.upper == 1
	   && t.ln_lower == -INFINITY && t.ln_upper == 0, "chi-square at 0");
	ok(mlops_chi2_tails(INFINITY, 3, &t) == MLOPS_OK && t.lower == 1 && t.upper == 0
	   && t.ln_upper == -INFINITY, "chi-square at infinity");
	ok(mlops_chi2_tails(-1, 300, &t) == MLOPS_OK && t.lower == 0 && t.upper == 1, "chi-square below 0");
	ok(mlops_t_tails(0, 5, &t) == MLOPS_OK && t.lower == 0.5 && t.upper == 0.5, "t at 0 is one half");
	ok(mlops_t_tails(-INFINITY, 5, &t) == MLOPS_OK && t.lower == 0 && t.upper == 1, "t at -infinity");
	ok(mlops_t_tails(2, INFINITY, &t) == MLOPS_OK && close_to(t.upper, mlops_normal_sf(2), 1e-14),
	   "t with infinite df is normal");
	ok(mlops_normal_quantile(0) == -INFINITY && mlops_normal_quantile(1) == INFINITY
	   && isnan(mlops_normal_quantile(1.1)) && mlops_normal_quantile(0.5) == 0, "normal quantile at its ends");
	ok(mlops_ks_exact_p(0, 2, 3, work, 8, &p, &ln_p) == MLOPS_OK && p == 1 && ln_p == 0, "KS p of D = 0 is 1");
	ok(mlops_ks_exact_p(0.5, 9, 9, work, 8, &p, &ln_p) == MLOPS_NOSPACE, "KS p needs its work space");
	ok(mlops_ks_exact_p(0.5, 0, 9, work, 8, &p, &ln_p) == MLOPS_DOMAIN
	   && mlops_ks_exact_p(NAN, 3, 3, work, 8, &p, &ln_p) == MLOPS_DOMAIN, "KS p refuses bad arguments");
	ok(mlops_log1pmx(0) == 0, "log1pmx(0)");
	/* series of ln(1+x) - x: -x^2/2 + x^3/3 - ... */
	is_close(mlops_log1pmx(1e-8), -0.5e-16 + 1e-24 / 3, 1e-14, "log1pmx(1e-8)");
}

/* Quantile and tail are inverse over the range that monitors use. */
static void
test_round_trip(void)
{
	double		worst = 0;

	for (double k = 1; k < 2000; k *= 2.3)
		for (double lambda = 0; lambda < 1e9; lambda = lambda * 7 + 0.7)
			for (double q = 0.5; q > 1e-12; q *= 0.2)
				for (int upper = 0; upper < 2; upper++)
				{
					mlops_tails t;
					double		x;
					double		back;

					if (mlops_ncx2_quantile(q, upper, k, lambda, &x) != MLOPS_OK
						|| mlops_ncx2_tails(x, k, lambda, &t, NULL) != MLOPS_OK)
					{
						ok(false, "ncx2 quantile(%g, %d; %g, %g)", q, upper, k, lambda);
						continue;
					}
					back = fabs((upper ? t.upper : t.lower) / q - 1);
					/* rounding of x alone moves the tail by this much */
					back /= 1e-11 + 2e-15 * sqrt(lambda + k);
					if (back > worst)
						worst = back;
				}
	ok(worst < 1, "ncx2 quantile and tail are inverse, worst %g of the tolerance", worst);
}

int
main(void)
{
	test_tails("special.csv", 1e-12);
	test_tails("special_r.csv", 1e-11);
	test_quantiles();
	test_ks_exact();
	test_edges();
	test_round_trip();
	return done_testing();
}
