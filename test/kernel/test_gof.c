/*
 * test_gof.c
 *		Two-sample tests and critical values against SciPy and R, and by
 *		simulation: how often an alarm is false when nothing changed.
 */
#include "tap.h"

#include "kernel/categories/gof.h"
#include "kernel/categories/sparse.h"
#include "kernel/special/special.h"

#define MAX_BINS 200

static const char *const kind_names[] = {
	"psi", "kl", "js_divergence", "js_distance", "hellinger", "total_variation", "linf", "ks"
};

static void
test_tables(const char *file, double tol)
{
	golden		g;
	double		r[MAX_BINS],
				c[MAX_BINS],
				part[MAX_BINS];

	int			sparse = 0,
				rows = 0;

	golden_open(&g, file, "test,reference,current,statistic,df,p,ln_p,effect");
	while (golden_next(&g))
	{
		int			k = golden_list(&g, 1, r, MAX_BINS);
		mlops_test	t;
		double		sum = 0;
		bool		passed;

		golden_list(&g, 2, c, MAX_BINS);
		rows++;
		memset(&t, 0, sizeof(t));
		if (strcmp(golden_text(&g, 0), "g") == 0)
			mlops_g_test(r, c, (size_t) k, part, &t);
		else
			mlops_chi2_test(r, c, (size_t) k, part, &t);
		for (int i = 0; i < k; i++)
			sum += part[i];
		/* p of a table with rare categories is not that of chi-square: test_sparse.c */
		if (t.variant != NULL)
		{
			passed = strcmp(t.variant, "corrected") == 0 && mlops_table_is_sparse(r, c, (size_t) k, t.n, t.m)
				&& fabs(t.statistic - golden_double(&g, 3)) <= tol * golden_double(&g, 3) + 1e-14
				&& t.df == golden_double(&g, 4);
			sparse += ok(passed, "%s: %s of a sparse table, line %d", file, golden_text(&g, 0), g.line);
			continue;
		}
		/* ln p moves by half of an absolute error in the statistic */
		passed = fabs(t.statistic - golden_double(&g, 3)) <= tol * golden_double(&g, 3) + 1e-14
			&& t.df == golden_double(&g, 4)
			&& (golden_double(&g, 5) < 1e-300 ? t.p < 1e-299 : fabs(t.p - golden_double(&g, 5)) <= 1e-10 * golden_double(&g, 5))
			&& fabs(t.ln_p - golden_double(&g, 6)) <= 1e-11 * fmax(1, fabs(t.ln_p))
			&& fabs(t.effect - golden_double(&g, 7)) <= 1e-11 * fmax(t.effect, 1e-3)
			&& fabs(sum - t.statistic) <= 1e-14 * fmax(1, t.statistic);
		if (!ok(passed, "%s: %s, line %d", file, golden_text(&g, 0), g.line))
			diag("%.17g %g %.17g %.17g %.17g, contributions %.17g", t.statistic, t.df, t.p, t.ln_p, t.effect, sum);
	}
	ok(rows > 2 * sparse, "%s: most tables are not sparse", file);
}

static void
test_critical(void)
{
	golden		g;

	golden_open(&g, "critical.csv", "measure,alpha,k,n,m,tolerance,value");
	while (golden_next(&g))
	{
		int			kind = 0;
		double		got = NAN;

		while (kind < 8 && strcmp(kind_names[kind], golden_text(&g, 0)) != 0)
			kind++;
		mlops_critical_value((mlops_distance_kind) kind, golden_double(&g, 1), golden_double(&g, 2),
							 golden_double(&g, 3), golden_double(&g, 4), golden_double(&g, 5), &got);
		is_close(got, golden_double(&g, 6), 1e-9, "%s critical value, line %d", kind_names[kind], g.line);
	}
}

static void
test_edges(void)
{
	double		r[3] = {10, 0, 0},
				c[3] = {20, 0, 0},
				zero[3] = {0, 0, 0},
				bad[3] = {1, NAN, 0};
	mlops_test	t;
	double		x;
	double		big_r[2] = {6e9, 4e9},
				big_c[2] = {4e9, 6e9};

	ok(mlops_chi2_test(r, c, 3, NULL, &t) == MLOPS_DEGENERATE && isnan(t.p) && t.statistic == 0 && t.df == 0,
	   "chi-square of one column has no p");
	ok(mlops_g_test(r, c, 3, NULL, &t) == MLOPS_DEGENERATE && isnan(t.p), "G of one column has no p");
	ok(mlops_chi2_test(zero, c, 3, NULL, &t) == MLOPS_EMPTY && mlops_g_test(r, zero, 3, NULL, &t) == MLOPS_EMPTY,
	   "an empty side");
	ok(mlops_chi2_test(bad, c, 3, NULL, &t) == MLOPS_DOMAIN && mlops_g_test(c, bad, 3, NULL, &t) == MLOPS_DOMAIN,
	   "NaN counts are refused");
	/* 2 x 2, n = m = 1e10: X^2 = N (p - q)^2 ... = 2e10 * 0.04 = 8e8; the tail is far below double */
	ok(mlops_chi2_test(big_r, big_c, 2, NULL, &t) == MLOPS_OK && close_to(t.statistic, 8e8, 1e-12) && t.p == 0,
	   "chi-square of billions of rows");
	/* ln p = ln 2 + ln P(Z > sqrt(8e8)) */
	is_close(t.ln_p, MLOPS_LN2 + mlops_normal_ln_sf(sqrt(8e8)), 1e-12, "its ln p does not underflow");
	ok(mlops_ks_limit_test(0.1, 0, 5, &t) == MLOPS_EMPTY, "KS with an empty side");
	/* SciPy 1.10: kstwobign.sf(0.1 * sqrt(250)) = 0.013479... computed by mpmath in special.csv's series */
	mlops_ks_limit_test(0.1, 500, 500, &t);
	is_close(t.p, 2 * (exp(-5) - exp(-20) + exp(-45) - exp(-80)), 1e-13, "KS limiting p");
	ok(mlops_critical_value(MLOPS_PSI, 0, 5, 10, 10, 0, &x) == MLOPS_DOMAIN
	   && mlops_critical_value(MLOPS_PSI, 0.05, 0, 10, 10, 0, &x) == MLOPS_DOMAIN
	   && mlops_critical_value(MLOPS_PSI, 0.05, 5, 0, 10, 0, &x) == MLOPS_DOMAIN
	   && mlops_critical_value(MLOPS_PSI, 0.05, 5, 10, 10, -1, &x) == MLOPS_DOMAIN
	   && mlops_critical_value(MLOPS_PSI, NAN, 5, 10, 10, 0, &x) == MLOPS_DOMAIN
	   && mlops_critical_value(MLOPS_WASSERSTEIN, 0.05, 5, 10, 10, 0, &x) == MLOPS_DOMAIN,
	   "critical values refuse bad arguments");
	ok(mlops_critical_value(MLOPS_JS_DISTANCE, 0.01, 20, 3, 3, 0.1, &x) == MLOPS_OK && x == 1,
	   "with three rows no distance is too large");
	/* JS^2 - (k-1)/(8 ln 2) (1/n + 1/m) with k = 2, n = m = 1000 */
	{
		double		a[2] = {500, 500},
					b[2] = {600, 400};

		is_close(mlops_debiased(MLOPS_JS_DISTANCE, 0.1, a, b, 2), sqrt(0.01 - 0.002 / (8 * log(2))), 1e-13,
				 "debiased JS distance");
		ok(mlops_debiased(MLOPS_JS_DISTANCE, 0.01, a, b, 2) == 0, "debiased distance is never negative");
	}
}

/* ------------------------------------------------------------- simulation */

static uint64_t rng_state = UINT64_C(20260101);

static double
uniform(void)
{
	uint64_t	z = (rng_state += UINT64_C(0x9E3779B97F4A7C15));

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return (double) ((z ^ (z >> 31)) >> 11) / 9007199254740992.0;
}

static void
multinomial(const double *share, int k, int n, double *count)
{
	for (int i = 0; i < k; i++)
		count[i] = 0;
	while (n-- > 0)
	{
		double		u = uniform();
		int			i = 0;

		while (i < k - 1 && u >= share[i])
			u -= share[i++];
		count[i]++;
	}
}

/* Share of runs in which each distance exceeds its critical value. */
static void
exceedance(const double *p, const double *q, int k, int n, int m, double alpha,
		   const double *tolerance, int runs, double *rate, double *chi2_rate)
{
	double		r[MAX_BINS],
				c[MAX_BINS],
				critical[8];

	*chi2_rate = 0;
	for (int kind = 0; kind < 8; kind++)
	{
		mlops_critical_value((mlops_distance_kind) kind, alpha, k, n, m, tolerance ? tolerance[kind] : 0, &critical[kind]);
		rate[kind] = 0;
	}
	for (int run = 0; run < runs; run++)
	{
		mlops_test	t;

		multinomial(p, k, n, r);
		multinomial(q, k, m, c);
		for (int kind = 0; kind < 8; kind++)
		{
			double		d;

			mlops_distance((mlops_distance_kind) kind, r, c, (size_t) k, MLOPS_SMOOTHING, NULL, &d);
			rate[kind] += (d > critical[kind]) / (double) runs;
		}
		mlops_chi2_test(r, c, (size_t) k, NULL, &t);
		*chi2_rate += (t.p <= alpha) / (double) runs;
	}
}

/*
 * With alpha 0.05 and 4000 runs the rate of an exact rule is within .05 +-
 * .0103 (3 sd).  The chi-square approximations may be off by a little more; the
 * conservative bounds must stay below.
 */
static void
test_null_calibration(void)
{
	static const struct
	{
		int			k,
					n,
					m;
		double		slope;
	}			setting[] = {{10, 3000, 300, 0}, {2, 1000, 1000, 0}, {5, 1000, 2000, 0.5}, {20, 2000, 1000, 0.9}, {10, 500, 2000, 0}};

	for (int s = 0; s < 5; s++)
	{
		double		p[MAX_BINS],
					rate[8],
					chi2_rate,
					sum = 0;
		int			k = setting[s].k;

		for (int i = 0; i < k; i++)
			sum += p[i] = 1 - setting[s].slope * i / k;
		for (int i = 0; i < k; i++)
			p[i] /= sum;
		exceedance(p, p, k, setting[s].n, setting[s].m, 0.05, NULL, 4000, rate, &chi2_rate);
		for (int kind = 0; kind < 8; kind++)
			ok(rate[kind] < 0.065 && (kind > MLOPS_HELLINGER || rate[kind] > 0.035),
			   "null false alarms of %s, k %d, n %d and %d: %.4f", kind_names[kind], k, setting[s].n, setting[s].m, rate[kind]);
		ok(chi2_rate < 0.062 && chi2_rate > 0.038, "null false alarms of chi-square: %.4f", chi2_rate);
	}
}

/*
 * When the true distance is exactly the tolerance, at most 1 - confidence of
 * the windows may exceed the critical value.  The non-central chi-square is
 * an approximation at a fixed distance; the rate it gives is bounded here.
 */
static void
test_tolerance_calibration(void)
{
	double		p[10],
				q[10],
				rate[8],
				tolerance[8],
				chi2_rate,
				big_p[10],
				big_q[10];

	for (int i = 0; i < 10; i++)
	{
		p[i] = 0.1;
		q[i] = 0.1 + (i < 5 ? 0.03 : -0.03) * (i % 5) / 2.0;
	}
	for (int i = 0; i < 10; i++)
	{
		big_p[i] = p[i] * 1e13;
		big_q[i] = q[i] * 1e13;
	}
	for (int kind = 0; kind < 8; kind++)
		mlops_distance((mlops_distance_kind) kind, big_p, big_q, 10, MLOPS_SMOOTHING, NULL, &tolerance[kind]);
	exceedance(p, q, 10, 5000, 2000, 0.01, tolerance, 4000, rate, &chi2_rate);
	for (int kind = 0; kind < 8; kind++)
		ok(rate[kind] < 0.02, "alarms of %s at the tolerance %.3f, confidence 0.99: %.4f",
		   kind_names[kind], tolerance[kind], rate[kind]);
	ok(chi2_rate > 0.99, "which is significant all the same: %.4f", chi2_rate);

	/* and a distance clearly above the tolerance is found */
	for (int kind = 0; kind < 8; kind++)
		tolerance[kind] /= kind == MLOPS_LINF ? 4 : 2;	/* the bound of linf is the widest */
	exceedance(p, q, 10, 5000, 2000, 0.01, tolerance, 500, rate, &chi2_rate);
	for (int kind = 0; kind < 8; kind++)
		ok(rate[kind] > 0.9, "alarms of %s well above the tolerance: %.4f", kind_names[kind], rate[kind]);
}

/* Wasserstein on uniform and on skewed bins, null. */
static void
test_wasserstein_calibration(void)
{
	double		edges[11] = {0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89},
				p[10] = {0.3, 0.2, 0.1, 0.1, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05},
				r[10],
				c[10];
	double		rate = 0,
				mean_ratio = 0;
	int			runs = 4000;

	for (int run = 0; run < runs; run++)
	{
		double		d,
					scale,
					mean,
					sd,
					pooled[10],
					critical;

		multinomial(p, 10, 2000, r);
		multinomial(p, 10, 500, c);
		for (int i = 0; i < 10; i++)
			pooled[i] = r[i] + c[i];
		mlops_wasserstein_binned(edges, r, c, 10, NULL, &d);
		mlops_wasserstein_null_scale(edges, r, c, 10, &scale);
		mlops_binned_moments(edges, pooled, 10, &mean, &sd);
		mlops_wasserstein_critical_value(0.05, scale, sd, 2000, 500, 0, &critical);
		rate += (d > critical) / (double) runs;
		mean_ratio += d / (scale * sqrt(1.0 / 2000 + 1.0 / 500)) / runs;
	}
	ok(rate < 0.055 && rate > 0.001, "null false alarms of Wasserstein: %.4f", rate);
	/* between the edges the difference is interpolated, which makes it a little smaller */
	ok(mean_ratio > 0.8 && mean_ratio < 1.02, "null mean of Wasserstein over its predicted mean: %.3f", mean_ratio);
}

int
main(void)
{
	test_tables("gof.csv", 1e-12);
	test_tables("gof_r.csv", 1e-12);
	test_critical();
	test_edges();
	test_null_calibration();
	test_tolerance_calibration();
	test_wasserstein_calibration();
	return done_testing();
}
