/*
 * test_special2.c
 *		Distribution functions over a wide grid against 40 digits; prints the worst
 *		relative error of every one, which doc/statistics/special.md quotes.
 */
#include "tap.h"

#include "kernel/special/discrete.h"

#define TAIL_TOLERANCE 1e-12
#define QUANTILE_TOLERANCE 1e-10
#define MAX_NAMES 32

/* Worst relative errors, by distribution and quantity. */
typedef struct worst
{
	char		name[48];
	double		error;
	char		where[160];
	int			count;
	int			bad;
} worst;

static worst table[MAX_NAMES];
static int	used = 0;

static void
note(const char *dist, const char *what, double error, double tolerance, const char *where)
{
	char		name[48];
	worst	   *w = NULL;

	snprintf(name, sizeof(name), "%s %s", dist, what);
	for (int i = 0; i < used; i++)
		if (strcmp(table[i].name, name) == 0)
			w = &table[i];
	if (w == NULL)
	{
		if (used == MAX_NAMES)
			exit(2);
		w = &table[used++];
		snprintf(w->name, sizeof(w->name), "%s", name);
	}
	w->count++;
	if (!(error <= tolerance))
	{
		w->bad++;
		if (w->bad <= 5 || getenv("ALL_ERRORS"))
			diag("%s: %.3g at %s", name, error, where);
	}
	if (!(error <= w->error))
	{
		w->error = error;
		snprintf(w->where, sizeof(w->where), "%s", where);
	}
}

static void
report(void)
{
	for (int i = 0; i < used; i++)
		ok(table[i].bad == 0, "%s: worst relative error %.1e of %d, at %s", table[i].name,
		   table[i].error, table[i].count, table[i].where);
	used = 0;
	memset(table, 0, sizeof(table));
}

static double
relative(double got, double want)
{
	if (got == want)
		return 0;
	if (isnan(got) || want == 0 || isinf(want))
		return INFINITY;
	return fabs(got - want) / fabs(want);
}

/* A tail counts down to 1e-300, below only its logarithm does. */
static double
tail_error(double got, double want)
{
	if (want < 1e-300)
		return got < 1.01e-300 ? 0 : INFINITY;
	return relative(got, want);
}

static mlops_status
evaluate(const char *dist, double x, double a, double b, mlops_tails *t)
{
	if (strcmp(dist, "normal") == 0)
	{
		*t = (mlops_tails) {mlops_normal_cdf(x), mlops_normal_sf(x), mlops_normal_ln_sf(-x), mlops_normal_ln_sf(x)};
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
	if (strcmp(dist, "binomial") == 0)
		return mlops_binomial_tails(x, a, b, t);
	if (strcmp(dist, "poisson") == 0)
		return mlops_poisson_tails(x, a, t);
	return MLOPS_DOMAIN;
}

static void
note_tails(const char *dist, const mlops_tails *t, const golden *g, int first, const char *where)
{
	note(dist, "tails", fmax(tail_error(t->lower, golden_double(g, first)),
							 tail_error(t->upper, golden_double(g, first + 1))), TAIL_TOLERANCE, where);
	/* a logarithm next to zero is minus the other tail, which may be below 1e-300 */
	note(dist, "log tails", fmax(tail_error(-t->ln_lower, -golden_double(g, first + 2)),
								 tail_error(-t->ln_upper, -golden_double(g, first + 3))), TAIL_TOLERANCE, where);
}

static void
test_tails(const char *file)
{
	golden		g;

	golden_open(&g, file, "dist,x,a,b,lower,upper,ln_lower,ln_upper");
	while (golden_next(&g))
	{
		mlops_tails t = {NAN, NAN, NAN, NAN};
		const char *dist = golden_text(&g, 0);
		char		where[160];

		snprintf(where, sizeof(where), "(%.17g; %.10g, %.10g)", golden_double(&g, 1),
				 golden_double(&g, 2), golden_double(&g, 3));
		if (evaluate(dist, golden_double(&g, 1), golden_double(&g, 2), golden_double(&g, 3), &t) != MLOPS_OK)
			t = (mlops_tails) {NAN, NAN, NAN, NAN};
		note_tails(dist, &t, &g, 4, where);
	}
	report();
}

static void
test_points(void)
{
	golden		g;

	golden_open(&g, "discrete_point.csv", "dist,k,a,b,p,ln_p");
	while (golden_next(&g))
	{
		const char *dist = golden_text(&g, 0);
		double		k = golden_double(&g, 1),
					a = golden_double(&g, 2),
					b = golden_double(&g, 3),
					ln_p = NAN;
		char		where[160];

		if (strcmp(dist, "binomial") == 0)
			mlops_binomial_ln_point(k, a, b, &ln_p);
		else
			mlops_poisson_ln_point(k, a, &ln_p);
		snprintf(where, sizeof(where), "(%.17g; %.10g, %.17g)", k, a, b);
		note(dist, "mass", tail_error(exp(ln_p), golden_double(&g, 4)), TAIL_TOLERANCE, where);
		note(dist, "log mass", tail_error(-ln_p, -golden_double(&g, 5)), TAIL_TOLERANCE, where);
	}
	report();
}

static void
test_ks_exact(void)
{
	golden		g;
	static double work[4096];

	golden_open(&g, "ks_exact2.csv", "n,m,c,lower,upper,ln_lower,ln_upper");
	while (golden_next(&g))
	{
		int64_t		n = (int64_t) golden_double(&g, 0);
		int64_t		m = (int64_t) golden_double(&g, 1);
		double		d = golden_double(&g, 2) / ((double) n * (double) m);
		mlops_tails t = {NAN, NAN, NAN, NAN};
		double		p = NAN;
		double		ln_p = NAN;
		char		where[160];

		snprintf(where, sizeof(where), "n = %d, m = %d, D = %.6g", (int) n, (int) m, d);
		if (mlops_ks_exact_tails(d, n, m, work, 4096, &t) != MLOPS_OK
			|| mlops_ks_exact_p(d, m, n, work, 4096, &p, &ln_p) != MLOPS_OK)
			t.lower = NAN;
		note_tails("exact KS", &t, &g, 3, where);
		/* p is the upper tail */
		note("exact KS", "p", tail_error(p, golden_double(&g, 4)), TAIL_TOLERANCE, where);
	}
	report();
}

/* By logarithm of q if ln. */
static mlops_status
quantile(const char *dist, bool ln, double q, bool upper, double a, double b, double *x)
{
	double		y;
	mlops_status status;

	if (strcmp(dist, "gamma") == 0)
		return ln ? mlops_gamma_quantile_ln(q, upper, a, x) : mlops_gamma_quantile(q, upper, a, x);
	if (strcmp(dist, "chi2") == 0)
		return ln ? mlops_chi2_quantile_ln(q, upper, a, x) : mlops_chi2_quantile(q, upper, a, x);
	if (strcmp(dist, "f") == 0)
		return ln ? mlops_f_quantile_ln(q, upper, a, b, x) : mlops_f_quantile(q, upper, a, b, x);
	if (strcmp(dist, "t") == 0)
		return ln ? mlops_t_quantile_ln(q, upper, a, x) : mlops_t_quantile(q, upper, a, x);
	if (strcmp(dist, "beta") == 0)
		return ln ? mlops_beta_quantile_ln(q, upper, a, b, x, NULL) : mlops_beta_quantile(q, upper, a, b, x, NULL);
	if (strcmp(dist, "betac") == 0)
	{
		status = mlops_beta_quantile(q, upper, a, b, &y, x);
		return status;
	}
	if (strcmp(dist, "ncx2") == 0)
		return mlops_ncx2_quantile(q, upper, a, b, x);
	if (strcmp(dist, "kolmogorov") == 0)
		return mlops_kolmogorov_quantile(q, upper, x);
	if (strcmp(dist, "binomial") == 0)
		return mlops_binomial_quantile(q, upper, a, b, x);
	if (strcmp(dist, "poisson") == 0)
		return mlops_poisson_quantile(q, upper, a, x);
	if (strcmp(dist, "normal") != 0)
		return MLOPS_DOMAIN;
	if (ln)
		*x = mlops_normal_quantile_upper_ln(q) * (upper ? 1 : -1);
	else
		*x = upper ? mlops_normal_quantile_upper(q) : mlops_normal_quantile(q);
	return MLOPS_OK;
}

static void
test_quantiles(const char *file, const char *columns, bool ln, double tolerance)
{
	golden		g;

	golden_open(&g, file, columns);
	while (golden_next(&g))
	{
		const char *dist = golden_text(&g, 0);
		double		q = golden_double(&g, 1);
		bool		upper = golden_double(&g, 2) != 0;
		double		want = golden_double(&g, 5);
		double		x = NAN;
		double		error;
		char		where[160];

		snprintf(where, sizeof(where), "(%s %g; %.10g, %.10g)", upper ? "upper" : "lower", q,
				 golden_double(&g, 3), golden_double(&g, 4));
		if (quantile(dist, ln, q, upper, golden_double(&g, 3), golden_double(&g, 4), &x) != MLOPS_OK)
			x = NAN;
		error = fabs(want) < 1e-300 ? (x >= 0 && x < 1e-299 ? 0 : INFINITY) : relative(x, want);
		note(dist, ln ? "log-scale quantile" : "quantile", error, tolerance, where);
	}
	report();
}

/* Ends, arguments outside the domain, and what has no mass. */
static void
test_edges(void)
{
	mlops_tails t;
	double		x = NAN;
	double		y = NAN;

	ok(mlops_binomial_tails(-1, 5, 0.3, &t) == MLOPS_OK && t.lower == 0 && t.upper == 1, "binomial below 0");
	ok(mlops_binomial_tails(5, 5, 0.3, &t) == MLOPS_OK && t.lower == 1 && t.upper == 0, "binomial at n");
	ok(mlops_binomial_tails(2.9, 5, 0.5, &t) == MLOPS_OK && close_to(t.lower, 0.5, 1e-15), "k is rounded down");
	ok(mlops_binomial_tails(0, 5, 0, &t) == MLOPS_OK && t.lower == 1, "binomial with p = 0 is 0");
	ok(mlops_binomial_tails(4, 5, 1, &t) == MLOPS_OK && t.upper == 1, "binomial with p = 1 is n");
	ok(mlops_binomial_tails(4, 5.5, 1, &t) == MLOPS_DOMAIN && mlops_binomial_tails(4, 5, 1.1, &t) == MLOPS_DOMAIN
	   && mlops_binomial_tails(NAN, 5, 0.1, &t) == MLOPS_DOMAIN && mlops_binomial_tails(1, -1, 0.1, &t) == MLOPS_DOMAIN,
	   "binomial refuses bad arguments");
	ok(mlops_poisson_tails(3, 0, &t) == MLOPS_OK && t.lower == 1 && mlops_poisson_tails(-1, 3, &t) == MLOPS_OK
	   && t.upper == 1 && mlops_poisson_tails(INFINITY, 3, &t) == MLOPS_OK && t.upper == 0, "Poisson at its ends");
	ok(mlops_poisson_tails(3, -1, &t) == MLOPS_DOMAIN && mlops_poisson_tails(3, INFINITY, &t) == MLOPS_DOMAIN
	   && mlops_poisson_tails(NAN, 3, &t) == MLOPS_DOMAIN, "Poisson refuses bad arguments");
	ok(mlops_binomial_ln_point(2.5, 5, 0.3, &x) == MLOPS_OK && x == -INFINITY
	   && mlops_binomial_ln_point(6, 5, 0.3, &x) == MLOPS_OK && x == -INFINITY
	   && mlops_binomial_ln_point(0, 5, 0, &x) == MLOPS_OK && x == 0
	   && mlops_poisson_ln_point(-1, 2, &x) == MLOPS_OK && x == -INFINITY
	   && mlops_poisson_ln_point(0, 0, &x) == MLOPS_OK && x == 0, "point masses outside and of the constant");
	ok(mlops_binomial_quantile(0.3, false, 7, 0, &x) == MLOPS_OK && x == 0
	   && mlops_binomial_quantile(0.3, false, 7, 1, &x) == MLOPS_OK && x == 7
	   && mlops_binomial_quantile(0.3, false, 0, 0.5, &x) == MLOPS_OK && x == 0
	   && mlops_poisson_quantile(0.99, false, 0, &x) == MLOPS_OK && x == 0, "quantile of a constant");
	ok(mlops_binomial_quantile(0, false, 7, 0.5, &x) == MLOPS_DOMAIN && mlops_poisson_quantile(1, false, 7, &x) == MLOPS_DOMAIN
	   && mlops_gamma_quantile(0, true, 7, &x) == MLOPS_DOMAIN && mlops_beta_quantile(1, true, 7, 2, &x, &y) == MLOPS_DOMAIN
	   && mlops_t_quantile(NAN, true, 7, &x) == MLOPS_DOMAIN && mlops_f_quantile(2, true, 7, 2, &x) == MLOPS_DOMAIN
	   && mlops_t_quantile_ln(0, true, 7, &x) == MLOPS_DOMAIN && mlops_kolmogorov_quantile(1, false, &x) == MLOPS_DOMAIN,
	   "quantiles refuse bad probabilities");
	ok(mlops_gamma_quantile(0.1, true, 0, &x) == MLOPS_DOMAIN && mlops_gamma_quantile(0.1, true, INFINITY, &x) == MLOPS_DOMAIN
	   && mlops_beta_quantile(0.1, true, NAN, 2, &x, &y) == MLOPS_DOMAIN && mlops_t_quantile(0.1, true, -1, &x) == MLOPS_DOMAIN
	   && mlops_f_quantile(0.1, true, 0, 2, &x) == MLOPS_DOMAIN, "quantiles refuse bad parameters");
	ok(mlops_t_quantile(0.5, true, 3, &x) == MLOPS_OK && x == 0, "the median of t is 0");
	ok(mlops_t_quantile(0.975, false, INFINITY, &x) == MLOPS_OK && x == mlops_normal_quantile(0.975),
	   "t quantile with infinite df is normal");
	ok(mlops_gamma_quantile(1e-9, false, 1e-3, &x) == MLOPS_OK && x == 0, "a quantile below the range of double is 0");
	ok(mlops_t_quantile(1e-9, true, 0.01, &x) == MLOPS_OK && x == INFINITY, "one above it is infinite");
	ok(mlops_ks_exact_tails(0, 3, 4, &x, 1, &t) == MLOPS_NOSPACE && mlops_ks_exact_tails(2, 3, 4, &x, 1, &t) == MLOPS_DOMAIN,
	   "exact KS tails refuse bad arguments");
	ok(mlops_normal_quantile_upper_ln(-INFINITY) == INFINITY && mlops_normal_quantile_upper_ln(0) == -INFINITY
	   && isnan(mlops_normal_quantile_upper_ln(1)), "log-scale normal quantile at its ends");
}

/* 0 < u < 1, always the same ones (Knuth's MMIX generator). */
static double
uniform(void)
{
	static uint64_t state = 1;

	state = state * 6364136223846793005u + 1442695040888963407u;
	return ((double) (state >> 12) + 0.5) / 4503599627370496.0;
}

/* Between lo and hi, uniform in the logarithm. */
static double
any(double lo, double hi)
{
	return exp(log(lo) + uniform() * (log(hi) - log(lo)));
}

static bool
sound(const mlops_tails *t)
{
	return t->lower >= 0 && t->upper >= 0 && fabs(t->lower + t->upper - 1) < 1e-14
		&& t->ln_lower <= 0 && t->ln_upper <= 0;
}

/* Every argument that is a normal double has an answer, far beyond the grid too. */
static void
test_everywhere(void)
{
	int			bad_tails = 0;
	int			bad_quantiles = 0;
	mlops_tails t;

	for (int i = 0; i < 5000; i++)
	{
		double		a = any(1e-6, 1e13);
		double		b = any(1e-6, 1e13);
		double		df = any(1e-3, 1e10);
		double		lambda = any(1e-8, 1e10);
		double		n = floor(any(1, 9e15));
		double		p = uniform() < 0.5 ? uniform() : any(1e-300, 1);
		double		q = uniform() < 0.5 ? uniform() : any(1e-300, 0.5);
		double		z = 80 * uniform() - 40;
		double		far = any(1e-300, 1e300);
		double		near = fabs(1 + z * sqrt(1 / a + 1 / b)) + 1e-300;
		bool		upper = uniform() < 0.5;
		bool		beyond = uniform() < 0.3;
		double		x,
					y;

		bad_tails += mlops_gamma_tails(a, beyond ? far : fabs(a + z * sqrt(a)), &t) != MLOPS_OK || !sound(&t);
		bad_tails += mlops_beta_odds_tails(beyond ? far : near * a / b, a, b, &t, NULL, NULL) != MLOPS_OK || !sound(&t);
		bad_tails += mlops_t_tails(beyond ? far : z, df, &t) != MLOPS_OK || !sound(&t);
		bad_tails += mlops_f_tails(beyond ? far : near, a, b, &t) != MLOPS_OK || !sound(&t);
		bad_tails += mlops_ncx2_tails(beyond ? far : fabs(df + lambda + z * sqrt(2 * df + 4 * lambda)) + 1e-300,
									  df, lambda, &t, NULL) != MLOPS_OK || !sound(&t);
		bad_tails += mlops_binomial_tails(floor(n * p), n, p, &t) != MLOPS_OK || !sound(&t);
		bad_tails += mlops_poisson_tails(floor(a), a, &t) != MLOPS_OK || !sound(&t);
		bad_quantiles += mlops_gamma_quantile(q, upper, a, &x) != MLOPS_OK || !(x >= 0);
		bad_quantiles += mlops_beta_quantile(q, upper, a, b, &x, &y) != MLOPS_OK || !(x >= 0 && y >= 0 && fabs(x + y - 1) < 1e-15);
		bad_quantiles += mlops_t_quantile(q, upper, df, &x) != MLOPS_OK || isnan(x);
		bad_quantiles += mlops_f_quantile(q, upper, a, b, &x) != MLOPS_OK || !(x >= 0);
		bad_quantiles += mlops_ncx2_quantile(q, upper, df, lambda, &x) != MLOPS_OK || !(x >= 0);
		bad_quantiles += mlops_gamma_quantile_ln(-far, upper, a, &x) != MLOPS_OK || !(x >= 0);
		bad_quantiles += mlops_f_quantile_ln(-far, upper, a, b, &x) != MLOPS_OK || !(x >= 0);
		bad_quantiles += mlops_t_quantile_ln(-far, upper, df, &x) != MLOPS_OK || isnan(x);
		bad_quantiles += mlops_binomial_quantile(q, upper, n, p, &x) != MLOPS_OK || !(x >= 0 && x <= n);
		bad_quantiles += mlops_poisson_quantile(q, upper, a, &x) != MLOPS_OK || !(x >= 0);
	}
	is_int(bad_tails, 0, "tails everywhere");
	is_int(bad_quantiles, 0, "quantiles everywhere");
}

int
main(void)
{
	test_tails("special2.csv");
	test_tails("discrete.csv");
	test_points();
	test_ks_exact();
	test_quantiles("quantile2.csv", "dist,q,upper,a,b,x", false, QUANTILE_TOLERANCE);
	test_quantiles("quantile_ln.csv", "dist,ln_q,upper,a,b,x", true, QUANTILE_TOLERANCE);
	test_quantiles("quantile_discrete.csv", "dist,q,upper,a,b,k", false, 0);
	test_edges();
	test_everywhere();
	return done_testing();
}
