/*
 * test_multivariate.c
 *		Eigenvalues, weighted sums of chi-squares, principal components and their
 *		reconstruction error, maximum mean discrepancy: against mpmath, scikit-learn,
 *		SciPy and the definitions (gen_multivariate.py).
 */
#include "kernel/multivariate/eigen.h"
#include "kernel/multivariate/mmd.h"
#include "kernel/multivariate/pca.h"
#include "kernel/special/weighted_chi2.h"
#include "tap.h"

#define K_MAX 128
#define FEATURES (2 * MLOPS_MMD_FREQUENCIES)

/* |got - want| relative to `scale`, or to want when that is larger. */
static double
off(double got, double want, double scale)
{
	return got == want ? 0 : fabs(got - want) / fmax(fabs(want), scale);
}

static double
dot(int n, const double *a, const double *b)
{
	double		sum = 0;

	for (int i = 0; i < n; i++)
		sum += a[i] * b[i];
	return sum;
}

/* How far rows are from orthonormal. */
static double
not_orthonormal(int rows, int n, const double *v)
{
	double		worst = 0;

	for (int i = 0; i < rows; i++)
		for (int j = 0; j <= i; j++)
			worst = fmax(worst, fabs(dot(n, v + i * n, v + j * n) - (i == j)));
	return worst;
}

static void
test_eigen(void)
{
	golden		g;
	double		a[400],
				original[400],
				vector[400],
				value[20],
				again[20],
				want[20];
	double		worst = 0,
				worst_vector = 0,
				worst_orthogonal = 0,
				worst_graded = 0;
	int			rows = 0,
				negative = 0;

	golden_open(&g, "eigen.csv", "case,n,matrix,values");
	while (golden_next(&g))
	{
		int			n = (int) golden_double(&g, 1);
		double		norm = 0;

		golden_list(&g, 2, a, 400);
		golden_list(&g, 3, want, 20);
		memcpy(original, a, sizeof(a));
		ok(mlops_eigen_symmetric(n, a, value, vector) == MLOPS_OK, "%s, %d", golden_text(&g, 0), n);
		memcpy(a, original, sizeof(a));
		mlops_eigen_symmetric(n, a, again, NULL);
		norm = fmax(fabs(want[0]), fabs(want[n - 1]));
		for (int i = 0; i < n; i++)
		{
			double		largest = 0;

			worst = fmax(worst, off(value[i], want[i], norm));
			if (strcmp(golden_text(&g, 0), "graded") == 0)
				worst_graded = fmax(worst_graded, off(value[i], want[i], 0));
			worst = fmax(worst, off(again[i], want[i], norm));
			for (int j = 0; j < n; j++)
			{
				worst_vector = fmax(worst_vector, off(dot(n, original + j * n, vector + i * n), value[i] * vector[i * n + j], fmax(norm, 1e-300)));
				if (fabs(vector[i * n + j]) > fabs(largest) * (1 + 1e-8))
					largest = vector[i * n + j];
			}
			negative += largest <= 0;
		}
		worst_orthogonal = fmax(worst_orthogonal, not_orthonormal(n, n, vector));
		rows++;
	}
	ok(rows == 18, "golden matrices were read: %d", rows);
	ok(worst < 1e-14, "eigenvalues, relative to the largest: worst %.2g", worst);
	ok(worst_graded < 1e-13, "and of a graded matrix each to itself, over 14 orders of magnitude: %.2g", worst_graded);
	ok(worst_vector < 1e-13 && worst_orthogonal < 1e-13, "eigenvectors: %.2g, orthonormal %.2g", worst_vector, worst_orthogonal);
	is_int(negative, 0, "the largest element of each is positive");
	a[0] = NAN;
	is_int(mlops_eigen_symmetric(1, a, value, NULL), MLOPS_DOMAIN, "NaN is no matrix");
	is_int(mlops_eigen_symmetric(0, a, value, NULL), MLOPS_OK, "nothing is");
}

static void
test_weighted_chi2(void)
{
	golden		g;
	double		w[K_MAX];
	double		worst = 0,
				worst_ln = 0,
				worst_quantile = 0;
	int			rows = 0;
	mlops_tails t,
				u;
	double		x;

	golden_open(&g, "weighted_chi2.csv", "weights,x,ln_lower,ln_upper");
	while (golden_next(&g))
	{
		int			k = golden_list(&g, 0, w, K_MAX);
		double		ln_lower = golden_double(&g, 2);
		double		ln_upper = golden_double(&g, 3);

		x = golden_double(&g, 1);
		if (mlops_weighted_chi2_tails(k, w, x, &t) != MLOPS_OK)
		{
			ok(false, "row %d is computed", rows);
			continue;
		}
		worst_ln = fmax(worst_ln, fmax(off(t.ln_lower, ln_lower, 1e-290), off(t.ln_upper, ln_upper, 1e-290)));
		if (ln_upper > -700)
			worst = fmax(worst, off(log(t.upper), ln_upper, 1));
		if (ln_lower > -700)
			worst = fmax(worst, off(log(t.lower), ln_lower, 1));
		if (ln_upper > -600 && ln_upper < -1e-3)
		{
			double		again;

			if (mlops_weighted_chi2_quantile_upper(k, w, exp(ln_upper), &again) != MLOPS_OK)
				ok(false, "quantile of row %d", rows);
			worst_quantile = fmax(worst_quantile, off(again, x, 0));
		}
		rows++;
	}
	ok(rows == 116, "golden tails were read: %d", rows);
	ok(worst < 1e-12, "tails: worst relative error %.2g", worst);
	ok(worst_ln < 1e-12, "their logarithms, to -3e5: %.2g", worst_ln);
	ok(worst_quantile < 1e-10, "quantiles: %.2g", worst_quantile);

	/* equal weights are one chi-square, up to 128 of them and 1e-300 */
	worst = 0;
	for (int k = 1; k <= K_MAX; k += k < 4 ? 1 : 31)
		for (double f = 1e-3; f < 1e4; f *= 1.7)
		{
			for (int i = 0; i < k; i++)
				w[i] = 0.37;
			mlops_chi2_tails(k * f, k, &u);
			if (mlops_weighted_chi2_tails(k, w, k * f * 0.37, &t) != MLOPS_OK)
				ok(false, "chi-square of %d at %g", k, f);
			worst = fmax(worst, fmax(off(t.ln_lower, u.ln_lower, 1e-290), off(t.ln_upper, u.ln_upper, 1e-290)));
		}
	ok(worst < 1e-11, "equal weights: %.2g", worst);
	w[0] = 0;
	w[1] = -1;
	is_int(mlops_weighted_chi2_tails(1, w, 1, &t), MLOPS_DOMAIN, "no weight");
	is_int(mlops_weighted_chi2_tails(2, w, 1, &t), MLOPS_DOMAIN, "a negative weight");
	w[1] = 2;
	is_int(mlops_weighted_chi2_tails(2, w, NAN, &t), MLOPS_DOMAIN, "NaN");
	ok(mlops_weighted_chi2_tails(2, w, 0, &t) == MLOPS_OK && t.upper == 1 && t.lower == 0, "at 0");
	ok(mlops_weighted_chi2_tails(2, w, INFINITY, &t) == MLOPS_OK && t.upper == 0 && t.lower == 1, "at infinity");
	is_int(mlops_weighted_chi2_quantile_upper(2, w, 1, &x), MLOPS_DOMAIN, "no quantile of 1");
}

typedef struct
{
	int64_t		n;
	double		mean[K_MAX];
	double		comoment[K_MAX * (K_MAX + 1) / 2];
} moments;

static void
collect(moments *m, int k, int rows, const double *x)
{
	memset(m, 0, sizeof(*m));
	for (int i = 0; i < rows; i++)
		mlops_comoments_add(k, m->n++, m->mean, m->comoment, x + i * k);
}

typedef struct
{
	mlops_pca_view view;
	double		mean[K_MAX],
				sd[K_MAX],
				value[K_MAX],
				component[20 * 20];
} model;

static mlops_status
fit(model *p, int k, const moments *m, double variance)
{
	double		work[20 * 20];

	p->view = (mlops_pca_view) {.k = k, .n = m->n, .variance = variance, .mean = p->mean,
		.sd = p->sd, .value = p->value, .component = p->component};
	return mlops_pca_fit(&p->view, m->mean, m->comoment, work);
}

static void
test_pca(void)
{
	golden		g;
	static moments m,
				c;
	model		p;
	double		x[480],
				y[180],
				eigen[20],
				errors[15],
				parts[20],
				column[20],
				residual[20],
				work[20 * 21];
	double		worst[4] = {0};
	int			rows = 0,
				kept = 0;

	golden_open(&g, "pca.csv", "case,k,variance,reference,current,kept,eigenvalues,errors,parts");
	while (golden_next(&g))
	{
		int			k = (int) golden_double(&g, 1);
		double		total = 0,
					own;

		collect(&m, k, golden_list(&g, 3, x, 480) / k, x);
		collect(&c, k, golden_list(&g, 4, y, 180) / k, y);
		golden_list(&g, 6, eigen, 20);
		golden_list(&g, 7, errors, 15);
		golden_list(&g, 8, parts, 20);
		ok(fit(&p, k, &m, golden_double(&g, 2)) == MLOPS_OK, "%s, %d variables", golden_text(&g, 0), k);
		kept += p.view.kept == (int) golden_double(&g, 5);
		for (int i = 0; i < k; i++)
			worst[0] = fmax(worst[0], off(p.value[i], eigen[i], 1));
		for (int i = 0; i < 15; i++)
		{
			double		e = mlops_pca_error(&p.view, y + i * k, residual);

			worst[1] = fmax(worst[1], off(e, errors[i], 1e-2));
			total += e * e / 15;
		}
		worst[2] = fmax(worst[2], off(mlops_pca_mean_squares(&p.view, c.n, c.mean, c.comoment, column, work), total, 1e-2));
		for (int i = 0; i < k; i++)
			worst[2] = fmax(worst[2], off(column[i], parts[i], 1e-2));
		/* what is left of the reference itself: from the model alone, and from its moments */
		own = mlops_pca_own_mean_squares(&p.view, parts);
		worst[3] = fmax(worst[3], off(mlops_pca_mean_squares(&p.view, m.n, m.mean, m.comoment, column, work), own, 1));
		for (int i = 0; i < k; i++)
			worst[3] = fmax(worst[3], off(column[i], parts[i], 1));
		rows++;
	}
	ok(rows == 20 && kept == rows, "golden models: %d, of %d the number of components is scikit-learn's", rows, kept);
	/* the means are a million times the deviations in some */
	ok(worst[0] < 1e-10, "eigenvalues: worst %.2g", worst[0]);
	ok(worst[1] < 1e-10, "errors of rows: %.2g", worst[1]);
	ok(worst[2] < 1e-9, "mean squared errors and their parts: %.2g", worst[2]);
	ok(worst[3] < 1e-12, "those of the reference: %.2g", worst[3]);
}

static void
test_kept(void)
{
	static moments m;
	model		p;
	double		x[1000],
				residual[20];
	double		changed[4][3];

	ok(mlops_pca_kept(4, (double[]) {2, 1, .6, .4}, .75) == 2, "a share that is reached exactly is enough");
	ok(mlops_pca_kept(4, (double[]) {2, 1, .6, .4}, .7501) == 3, "just missed is not");
	ok(mlops_pca_kept(4, (double[]) {2, .75, .75, .5}, .6) == 3, "who ties with the last kept one is kept");
	ok(mlops_pca_kept(4, (double[]) {2, 1, .5, .5}, .99) == 2 && mlops_pca_kept(3, (double[]) {1.5, 1, .5}, .99) == 2,
	   "something is always left, and what ties with it");
	ok(mlops_pca_kept(3, (double[]) {1, 1, 1}, .65) == 0, "nothing is kept when all directions are alike");
	ok(mlops_pca_kept(1, (double[]) {1}, .65) == 0 && mlops_pca_kept(0, NULL, .65) == 0, "one variable, none");

	/* x1, x2 = x1 + noise, x3: neither scale nor sign of a variable changes an error, nor their order */
	for (int s = 0; s < 4; s++)
	{
		int			order[3] = {s == 3 ? 2 : 0, 1, s == 3 ? 0 : 2};

		for (int i = 0; i < 300; i++)
		{
			double		v[3] = {sin(i * 1.3), sin(i * 1.3) + .3 * cos(i * 7.7), cos(i * .37)};

			for (int j = 0; j < 3; j++)
				x[i * 3 + j] = v[order[j]] * (s == 1 ? -1 : 1) * (s == 2 ? pow(1000, j) : 1) + (s == 2 ? 5 : 0);
		}
		collect(&m, 3, 300, x);
		ok(fit(&p, 3, &m, .65) == MLOPS_OK && p.view.kept > 0, "fit %d", s);
		for (int i = 0; i < 3; i++)
			changed[s][i] = mlops_pca_error(&p.view, x + i * 3, residual);
	}
	for (int s = 1; s < 4; s++)
		for (int i = 0; i < 3; i++)
			is_close(changed[s][i], changed[0][i], 1e-11, "changed variables %d, row %d", s, i);

	m.n = 1;
	ok(fit(&p, 3, &m, .65) == MLOPS_OK && mlops_pca_used(&p.view) == 0 && isnan(mlops_pca_error(&p.view, x, residual)),
	   "of one row nothing varies, and there is no error");
	m = (moments) {.n = 10, .comoment = {1, -1, -1, 1, -1, 1}};
	is_int(fit(&p, 3, &m, .65), MLOPS_DOMAIN, "all opposite to each other is impossible");
	m.comoment[1] = NAN;
	is_int(fit(&p, 3, &m, .65), MLOPS_DOMAIN, "NaN");
	m.comoment[0] = INFINITY;
	ok(fit(&p, 3, &m, .65) == MLOPS_OK && mlops_pca_used(&p.view) == 2, "a variable out of range takes no part");

	/* x3 = -x1, and x2 on its own: setting the sign of a component that is negative negates its zeros too */
	m = (moments) {.n = 9, .mean = {1, -0.0, 3}, .comoment = {1, 0, -9, 9000, 0, 9}};
	ok(fit(&p, 3, &m, .65) == MLOPS_OK && p.view.kept == 1 && p.component[0] > 0 && p.component[1] == 0, "an uncorrelated variable");
	ok(!signbit(p.component[1]) && !signbit(p.mean[1]), "its zeros have no sign, as when the model is read");
	/* two threes of variables, in each one eigenvalue of -4e-8: of one it would be rounding, not of both */
	m = (moments) {.n = 10};
	for (int i = 0; i < 6; i++)
		for (int j = i; j < 6; j++)
			m.comoment[mlops_comoment_at(6, i, j)] = i == j ? 1 : i / 3 == j / 3 ? -.5 - 2e-8 : 0;
	is_int(fit(&p, 6, &m, .65), MLOPS_DOMAIN, "the negative eigenvalues count together");
}

static void
test_welch(void)
{
	golden		g;
	double		worst[3] = {0};
	int			rows = 0;
	mlops_test	t;

	golden_open(&g, "pca_test.csv", "n,m,mean_n,mean_m,ss_n,ss_m,t,df,ln_p,effect,lower,upper");
	while (golden_next(&g))
	{
		int64_t		n[2] = {(int64_t) golden_double(&g, 0), (int64_t) golden_double(&g, 1)};
		double		mean[2] = {golden_double(&g, 2), golden_double(&g, 3)};
		double		ss[2] = {golden_double(&g, 4), golden_double(&g, 5)};

		mlops_pca_test(n, mean, ss, &t);
		worst[0] = fmax(worst[0], fmax(off(t.statistic, golden_double(&g, 6), 0), off(t.df, golden_double(&g, 7), 0)));
		worst[1] = fmax(worst[1], fmax(off(t.ln_p, golden_double(&g, 8), 0), t.p > 0 ? off(log(t.p), golden_double(&g, 8), 0) : t.ln_p > -700));
		worst[2] = fmax(worst[2], fmax(off(t.effect, golden_double(&g, 9), 1e-3),
									   fmax(off(t.effect_lower, golden_double(&g, 10), 1e-3), off(t.effect_upper, golden_double(&g, 11), 1e-3))));
		rows++;
	}
	ok(rows == 5, "golden tests: %d", rows);
	ok(worst[0] < 1e-11 && worst[1] < 1e-10 && worst[2] < 1e-11, "t and df %.2g, ln p %.2g, effect %.2g", worst[0], worst[1], worst[2]);
	mlops_pca_test((int64_t[2]) {0, 5}, (double[2]) {0, 1}, (double[2]) {0, 1}, &t);
	ok(isnan(t.p) && t.reason != NULL && t.n == 0 && t.m == 5, "an empty side has no test, but its rows");
	mlops_pca_test((int64_t[2]) {5, 5}, (double[2]) {1, 2}, (double[2]) {0, 0}, &t);
	ok(isnan(t.p) && t.reason != NULL && t.effect == 1, "without variation there is an effect and no p");
	mlops_pca_test((int64_t[2]) {5, 5}, (double[2]) {1, 2}, (double[2]) {INFINITY, 0}, &t);
	ok(isnan(t.p) && t.reason != NULL, "out of range");
}

static void
test_mmd(void)
{
	golden		g;
	static moments side[2];
	static double work[FEATURES * (FEATURES + 1)];
	double		given[3 * MLOPS_MMD_FREQUENCIES],
				omega[3 * MLOPS_MMD_FREQUENCIES],
				feature[FEATURES],
				x[120];
	double		worst[4] = {0};
	int			rows = 0;
	mlops_test	t;
	double	   *mean[2] = {side[0].mean, side[1].mean};
	double	   *comoment[2] = {side[0].comoment, side[1].comoment};

	golden_open(&g, "mmd.csv", "n,m,d,bandwidth,omega,reference,current,statistic,p,unbiased,lower,upper");
	while (golden_next(&g))
	{
		int			d = (int) golden_double(&g, 2);
		int64_t		n[2];

		golden_list(&g, 4, given, 192);
		for (int i = 0; i < d; i++)
			for (int j = 0; j < MLOPS_MMD_FREQUENCIES; j++)
				omega[i * MLOPS_MMD_FREQUENCIES + j] = given[j * d + i];
		for (int s = 0; s < 2; s++)
		{
			n[s] = golden_list(&g, 5 + s, x, 120) / d;
			memset(&side[s], 0, sizeof(moments));
			for (int i = 0; i < n[s]; i++)
			{
				mlops_mmd_features(d, omega, golden_double(&g, 3), x + i * d, feature);
				mlops_comoments_add(FEATURES, i, side[s].mean, side[s].comoment, feature);
			}
		}
		ok(mlops_mmd_test(FEATURES, n, mean, comoment, work, &t) == MLOPS_OK, "%d dimensions", d);
		worst[0] = fmax(worst[0], off(t.statistic, golden_double(&g, 7), 0));
		worst[1] = fmax(worst[1], off(t.p, golden_double(&g, 8), 1e-3));
		worst[2] = fmax(worst[2], off(t.effect, golden_double(&g, 9), 1e-2));
		worst[3] = fmax(worst[3], fmax(off(t.effect_lower, golden_double(&g, 10), 1e-2), off(t.effect_upper, golden_double(&g, 11), 1e-2)));
		is_close(exp(t.ln_p), t.p, 1e-13, "ln p");
		rows++;
	}
	ok(rows == 4, "golden samples: %d", rows);
	ok(worst[0] < 1e-12, "statistic from the mean features is that over all pairs: %.2g", worst[0]);
	ok(worst[2] < 1e-12, "so is the unbiased estimate: %.2g", worst[2]);
	ok(worst[1] < 1e-6 && worst[3] < 1e-6, "p %.2g and interval %.2g", worst[1], worst[3]);
	mlops_mmd_test(FEATURES, (int64_t[2]) {1, 9}, mean, comoment, work, &t);
	ok(isnan(t.p) && t.reason != NULL, "one row has no variance");
	memset(side, 0, sizeof(side));
	mlops_mmd_test(FEATURES, (int64_t[2]) {3, 9}, mean, comoment, work, &t);
	ok(isnan(t.p) && t.reason != NULL, "neither have equal ones");
	side[0].comoment[0] = NAN;
	mlops_mmd_test(FEATURES, (int64_t[2]) {3, 9}, mean, comoment, work, &t);
	ok(isnan(t.p) && t.reason != NULL, "nor NaN");
}

/*
 * The drawn frequencies: orthogonal in groups of d, as long as normal vectors,
 * and the mean of the kernel over seeds is the Gaussian one.
 */
static void
test_frequencies(void)
{
	static double omega[100 * MLOPS_MMD_FREQUENCIES],
				work[100 * MLOPS_MMD_FREQUENCIES],
				again[100 * MLOPS_MMD_FREQUENCIES];
	static const int dims[] = {1, 2, 5, 100};
	double		x[100] = {0},
				y[100] = {0},
				fx[FEATURES],
				fy[FEATURES];

	for (int a = 0; a < 4; a++)
	{
		int			d = dims[a];
		int			seeds = 4000 / d + 40;
		double		r2 = 0,
					sum = 0,
					squares = 0,
					skew = 0,
					length = 0,
					want,
					error;

		for (int i = 0; i < d; i++)
		{
			x[i] = .3 + i * .01;
			y[i] = -.2 + cos(i + 1) * .5;
			r2 += (x[i] - y[i]) * (x[i] - y[i]);
		}
		for (int seed = 0; seed < seeds; seed++)
		{
			double		k;

			mlops_mmd_frequencies((uint64_t) seed, d, omega, work);
			for (int i = 1; i < d && i < MLOPS_MMD_FREQUENCIES; i++)
			{
				double		s = 0,
							l = 0;

				for (int j = 0; j < d; j++)
				{
					s += omega[j * MLOPS_MMD_FREQUENCIES] * omega[j * MLOPS_MMD_FREQUENCIES + i];
					l += omega[j * MLOPS_MMD_FREQUENCIES + i] * omega[j * MLOPS_MMD_FREQUENCIES + i];
				}
				skew = fmax(skew, fabs(s) / l);
			}
			for (int i = 0; i < d * MLOPS_MMD_FREQUENCIES; i++)
				length += omega[i] * omega[i] / (d * MLOPS_MMD_FREQUENCIES) / seeds;
			mlops_mmd_features(d, omega, 1.25 * sqrt(r2), x, fx);
			mlops_mmd_features(d, omega, 1.25 * sqrt(r2), y, fy);
			k = dot(FEATURES, fx, fy);
			sum += k;
			squares += k * k;
		}
		want = exp(-1 / (2 * 1.25 * 1.25));
		sum /= seeds;
		error = sqrt((squares / seeds - sum * sum) / seeds);
		ok(fabs(sum - want) < 4 * error, "%d dimensions: mean kernel %.5f, Gaussian %.5f, standard error %.5f", d, sum, want, error);
		/* for d = 1 it is independent draws: var of cos(w r / b) / 64 */
		ok(fabs(length - 1) < 5 * sqrt(2.0 / (d * MLOPS_MMD_FREQUENCIES) / seeds), "mean square of a frequency: %.5f", length);
		ok(skew < 1e-8, "orthogonal: %.2g", skew);
	}
	mlops_mmd_frequencies(3, 100, omega, work);
	mlops_mmd_frequencies(3, 100, again, work);
	ok(memcmp(omega, again, sizeof(omega)) == 0, "a seed gives the same frequencies");
	mlops_mmd_frequencies(4, 100, again, work);
	ok(memcmp(omega, again, sizeof(omega)) != 0, "another one others");
	x[0] = 1e308;
	ok(!mlops_mmd_features(1, omega, 1e-9, x, fx), "a row out of range is told");
	ok(mlops_mmd_median((double[]) {3, 1, 2}, 3) == 2 && mlops_mmd_median((double[]) {5, 1, 2, 9}, 4) == 3.5 && mlops_mmd_median((double[]) {7}, 1) == 7, "medians");
	ok(mlops_mmd_distances(2, 2, (double[]) {0, 0, 3, 4, 0, 0}, x) == 1 && x[0] == 5, "a distance of 0 is left out");
	ok(mlops_mmd_distances(1, 7, (double[]) {0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 3}, x) == 1 && x[0] == 10, "seven dimensions: 1 + 4 + 9 + 16 + 25 + 36 + 9 = 100");
}

int
main(void)
{
	test_eigen();
	test_weighted_chi2();
	test_pca();
	test_kept();
	test_welch();
	test_mmd();
	test_frequencies();
	return done_testing();
}
