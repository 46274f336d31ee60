/*
 * test_divergence.c
 *		Distances against mpmath and SciPy, and their contributions.
 */
#include "tap.h"

#include "kernel/categories/divergence.h"

#define MAX_BINS 200

static const char *const kind_names[] = {
	"psi", "kl", "js_divergence", "js_distance", "hellinger", "total_variation", "linf", "ks"
};

static void
test_measures(void)
{
	golden		g;
	double		r[MAX_BINS],
				c[MAX_BINS],
				part[MAX_BINS];

	golden_open(&g, "divergence.csv", "measure,reference,current,value");
	while (golden_next(&g))
	{
		int			k = golden_list(&g, 1, r, MAX_BINS);
		double		want = golden_double(&g, 3);
		double		got = NAN,
					plain = NAN,
					sum = 0;
		int			kind = 0;

		while (kind < 8 && strcmp(kind_names[kind], golden_text(&g, 0)) != 0)
			kind++;
		golden_list(&g, 2, c, MAX_BINS);
		for (int i = 0; i < k; i++)
			part[i] = NAN;
		mlops_distance((mlops_distance_kind) kind, r, c, (size_t) k, MLOPS_SMOOTHING, part, &got);
		mlops_distance((mlops_distance_kind) kind, r, c, (size_t) k, MLOPS_SMOOTHING, NULL, &plain);
		for (int i = 0; i < k; i++)
			sum += part[i];
		/* shares of 1e-9 relative difference leave 7 digits in p - q */
		ok(fabs(got - want) <= 1e-12 * fabs(want) + 1e-15, "%s, line %d: %.17g", kind_names[kind], g.line, got)
			|| (diag("want %.17g", want), 0);
		ok(fabs(sum - got) <= 1e-14 * fmax(got, 1) && plain == got, "%s, line %d: contributions sum to it",
		   kind_names[kind], g.line) || (diag("sum %.17g", sum), 0);
	}
}

/* Ways to be wrong that other tools are known for. */
static void
test_traps(void)
{
	double		r[4] = {700, 300, 0, 0},
				c[4] = {60, 20, 20, 0},
				with_empty[3] = {1, 2, 0},
				without[2] = {1, 2},
				c3[3] = {5, 5, 0},
				c2[2] = {5, 5};
	double		a,
				b,
				part[4];

	/* a category nobody saw in the reference is finite, and the largest contribution */
	for (int kind = MLOPS_PSI; kind <= MLOPS_KS; kind++)
	{
		mlops_distance((mlops_distance_kind) kind, r, c, 4, MLOPS_SMOOTHING, part, &a);
		ok(isfinite(a) && a > 0, "%s with an unseen category is finite", kind_names[kind]);
		if (kind <= MLOPS_LINF)
			ok(part[2] >= part[0] && part[2] >= part[1], "%s: the unseen category contributes most", kind_names[kind]);
	}
	/* base 2: disjoint is 1, whatever the counts */
	r[1] = 0;
	c[0] = 0;
	mlops_distance(MLOPS_JS_DISTANCE, r, c, 4, 0, NULL, &a);
	mlops_distance(MLOPS_JS_DIVERGENCE, r, c, 4, 0, NULL, &b);
	ok(a == 1 && b == 1, "JS of disjoint distributions is 1 (base 2)");
	/* bins empty on both sides change nothing, smoothing included */
	for (int kind = MLOPS_PSI; kind <= MLOPS_KS; kind++)
	{
		mlops_distance((mlops_distance_kind) kind, with_empty, c3, 3, MLOPS_SMOOTHING, NULL, &a);
		mlops_distance((mlops_distance_kind) kind, without, c2, 2, MLOPS_SMOOTHING, NULL, &b);
		ok(a == b, "%s ignores a bin that is empty on both sides", kind_names[kind]);
	}
	/* direction of KL: reference || current, smoothed (700.5, 300.5 of 1001; 10.5, 90.5 of 101) */
	{
		double		x[2] = {700, 300},
					y[2] = {10, 90};
		double		p = 700.5 / 1001,
					q = 10.5 / 101;

		mlops_distance(MLOPS_KL, x, y, 2, MLOPS_SMOOTHING, NULL, &a);
		is_close(a, p * log(p / q) + (1 - p) * log((1 - p) / (1 - q)), 1e-13, "KL is reference || current");
	}
}

static void
test_wasserstein(void)
{
	golden		g;
	double		e[MAX_BINS],
				r[MAX_BINS],
				c[MAX_BINS],
				part[MAX_BINS];

	golden_open(&g, "wasserstein.csv", "edges,reference,current,value,mean,sd");
	while (golden_next(&g))
	{
		int			k = golden_list(&g, 1, r, MAX_BINS);
		double		got = NAN,
					mean,
					sd,
					sum = 0;

		golden_list(&g, 0, e, MAX_BINS);
		golden_list(&g, 2, c, MAX_BINS);
		mlops_wasserstein_binned(e, r, c, (size_t) k, part, &got);
		for (int i = 0; i < k; i++)
			sum += part[i];
		ok(fabs(got - golden_double(&g, 3)) <= 1e-7 * fmax(got, 1e-3), "binned Wasserstein, line %d: %.17g", g.line, got)
			|| (diag("want %.17g", golden_double(&g, 3)), 0);
		ok(fabs(sum - got) <= 1e-14 * fmax(got, 1), "binned Wasserstein, line %d: contributions", g.line);
		mlops_binned_moments(e, r, (size_t) k, &mean, &sd);
		is_close(mean, golden_double(&g, 4), 1e-9, "binned mean, line %d", g.line);
		is_close(sd, golden_double(&g, 5), 1e-7, "binned standard deviation, line %d", g.line);
	}
	golden_open(&g, "samples.csv", "x,wx,y,wy,wasserstein,ks");
	while (golden_next(&g))
	{
		double		wx[64],
					wy[64],
					x[64],
					y[64],
					w1 = NAN,
					ks = NAN,
					at = NAN;
		int			nx = golden_list(&g, 0, x, 64),
					ny = golden_list(&g, 2, y, 64);

		golden_list(&g, 1, wx, 64);
		golden_list(&g, 3, wy, 64);
		mlops_sample_distance(x, wx, (size_t) nx, y, wy, (size_t) ny, &w1, &ks, &at);
		ok(fabs(w1 - golden_double(&g, 4)) < 1e-13 && fabs(ks - golden_double(&g, 5)) < 1e-14,
		   "weighted samples, line %d: %.17g %.17g", g.line, w1, ks);
		{
			double		f = 0,
						h = 0,
						n = 0,
						m = 0;

			for (int i = 0; i < nx; i++)
			{
				n += wx[i];
				f += x[i] <= at ? wx[i] : 0;
			}
			for (int i = 0; i < ny; i++)
			{
				m += wy[i];
				h += y[i] <= at ? wy[i] : 0;
			}
			ok(fabs(fabs(f / n - h / m) - ks) < 1e-14 || ks == 0, "weighted samples, line %d: KS is attained there", g.line);
		}
		mlops_sample_distance(y, wy, (size_t) ny, x, wx, (size_t) nx, &w1, NULL, NULL);
		ok(fabs(w1 - golden_double(&g, 4)) < 1e-13, "weighted samples, line %d, swapped", g.line);
	}
}

static void
test_edges(void)
{
	double		zero[2] = {0, 0},
				one[2] = {1, 1},
				bad[2] = {1, NAN},
				negative[2] = {1, -1},
				edges[3] = {0, 1, 2},
				falling[3] = {0, 2, 1},
				open[3] = {-INFINITY, 0, 1};
	double		x,
				y;

	for (int kind = MLOPS_PSI; kind <= MLOPS_KS; kind++)
	{
		mlops_distance_kind d = (mlops_distance_kind) kind;

		ok(mlops_distance(d, zero, one, 2, 0.5, NULL, &x) == MLOPS_EMPTY
		   && mlops_distance(d, one, zero, 2, 0.5, NULL, &x) == MLOPS_EMPTY
		   && mlops_distance(d, one, one, 0, 0.5, NULL, &x) == MLOPS_EMPTY, "%s: an empty side", kind_names[kind]);
		ok(mlops_distance(d, bad, one, 2, 0.5, NULL, &x) == MLOPS_DOMAIN
		   && mlops_distance(d, one, negative, 2, 0.5, NULL, &x) == MLOPS_DOMAIN, "%s: bad counts", kind_names[kind]);
	}
	ok(mlops_distance(MLOPS_PSI, one, one, 2, 0, NULL, &x) == MLOPS_DOMAIN, "PSI needs smoothing above 0");
	ok(mlops_wasserstein_binned(falling, one, one, 2, NULL, &x) == MLOPS_DOMAIN
	   && mlops_wasserstein_binned(open, one, one, 2, NULL, &x) == MLOPS_DOMAIN
	   && mlops_wasserstein_binned(edges, zero, one, 2, NULL, &x) == MLOPS_EMPTY
	   && mlops_binned_moments(falling, one, 2, &x, &y) == MLOPS_DOMAIN
	   && mlops_binned_moments(edges, zero, 2, &x, &y) == MLOPS_EMPTY, "binned Wasserstein refuses bad edges");
	/* uniform on [0, 2]: sqrt(2/pi) * 2 * pi/8 */
	mlops_wasserstein_null_scale(edges, one, one, 2, &x);
	is_close(x, sqrt(2 / M_PI) * M_PI / 4, 1e-14, "null scale of a uniform distribution");
	ok(mlops_sample_distance(one, one, 0, one, one, 2, &x, &y, NULL) == MLOPS_EMPTY
	   && mlops_sample_distance(bad, one, 2, one, one, 2, &x, &y, NULL) == MLOPS_DOMAIN
	   && mlops_sample_distance(edges + 1, negative, 2, one, one, 2, &x, &y, NULL) == MLOPS_DOMAIN,
	   "samples: empty, NaN, negative weight");
}

int
main(void)
{
	test_measures();
	test_traps();
	test_wasserstein();
	test_edges();
	return done_testing();
}
