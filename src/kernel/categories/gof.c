/*
 * gof.c
 *		Two-sample tests on bin counts, and what distances are by chance.
 */
#include "kernel/categories/gof.h"

#include <math.h>

#include "kernel/categories/sparse.h"
#include "kernel/special/special.h"

/* Totals of a 2 x k table, and how many of its columns are not empty. */
static mlops_status
table_totals(const double *reference, const double *current, size_t k, mlops_test *out,
			 double *used)
{
	*out = MLOPS_NO_TEST(0, 0);
	*used = 0;
	for (size_t i = 0; i < k; i++)
	{
		if (!(reference[i] >= 0) || !(current[i] >= 0) || isinf(reference[i]) || isinf(current[i]))
			return MLOPS_DOMAIN;
		out->n += reference[i];
		out->m += current[i];
		*used += reference[i] > 0 || current[i] > 0;
	}
	if (out->n > 0 && out->m > 0)
		return MLOPS_OK;
	out->reason = out->n > 0 ? "no current rows" : "no reference rows";
	return MLOPS_EMPTY;
}

/*
 * Sums over the columns for the sampling variance of a statistic: its slope in
 * the shares of each side, weighted by them.
 */
typedef struct slopes
{
	double		mean[2];
	double		square[2];
} slopes;

static void
add_slope(slopes *s, int side, double share, double slope)
{
	if (share > 0)
	{
		s->mean[side] += share * slope;
		s->square[side] += share * slope * slope;
	}
}

/*
 * How many times the variance of the statistic is what the non-central
 * chi-square distribution gives it, 4 lambda, which is right for small changes
 * only (delta method).  Never taken below 1: at an extreme table the estimate goes to 0.
 */
static double
inflation(const slopes *s, const mlops_test *t)
{
	double		variance = (s->square[0] - s->mean[0] * s->mean[0]) / t->n
		+ (s->square[1] - s->mean[1] * s->mean[1]) / t->m;

	return t->statistic > 0 ? fmax(variance / (4 * t->statistic), 1) : 1;
}

/* Limit of lambda = N V^2, whose root has a standard deviation of wide. */
static double
lambda_limit(const mlops_test *t, double wide, bool upper, double largest)
{
	double		z = wide * mlops_normal_quantile_upper(0.5 * (1 - MLOPS_EFFECT_CONFIDENCE));
	double		lambda = NAN;

	if (z < 30)
	{
		if (mlops_ncx2_lambda(t->statistic, t->df, mlops_normal_sf(z), !upper, &lambda) != MLOPS_OK)
			return NAN;
	}
	else
	{
		/* far out the root is normal */
		double		root = fmax(sqrt(fmax(t->statistic - t->df, 0)) + (upper ? z : -z), 0);

		lambda = root * root;
	}
	return fmin(lambda, largest);
}

/*
 * p and Cramer's V from the statistic, whose largest value at these margins is
 * largest; the smaller side of the table is 2.  null_mean and null_variance are those of
 * the statistic in a sparse table, 0 in another.
 */
static mlops_status
finish_table_test(mlops_test *out, double used, double largest, const slopes *s,
				  double null_mean, double null_variance)
{
	double		total = out->n + out->m;
	double		wide;
	mlops_tails tails;
	mlops_status status;

	out->df = used - 1;
	if (used < 2)
	{
		out->reason = "one category";
		return MLOPS_DEGENERATE;
	}
	if (null_mean > 0
		&& mlops_gamma_by_moments(out->statistic, null_mean, null_variance, &tails) == MLOPS_OK)
		out->variant = "corrected";
	else if ((status = mlops_chi2_tails(out->statistic, out->df, &tails)) != MLOPS_OK)
		return status;
	out->p = tails.upper;
	out->ln_p = tails.ln_upper;
	out->effect = sqrt(out->statistic / total);
	out->measure = "Cramer's V";
	wide = sqrt(inflation(s, out));
	out->effect_lower = sqrt(lambda_limit(out, wide, false, largest) / total);
	out->effect_upper = sqrt(lambda_limit(out, wide, true, largest) / total);
	return MLOPS_OK;
}

mlops_status
mlops_chi2_test(const double *reference, const double *current, size_t k,
				double *contribution, mlops_test *out)
{
	double		used,
				mean = 0,
				variance = 0;
	slopes		s = {0};
	mlops_status status = table_totals(reference, current, k, out, &used);

	if (status != MLOPS_OK)
		return status;
	out->statistic = 0;
	for (size_t i = 0; i < k; i++)
	{
		double		column = reference[i] + current[i];
		double		term = 0;

		if (column > 0)
		{
			/* both cells of the column: n m / N^2 (p - q)^2 / pooled share */
			double		d = reference[i] / out->n - current[i] / out->m;

			term = out->n * out->m * d * d / column;
			add_slope(&s, 0, reference[i] / out->n, out->n * out->m / column * d * (2 - out->n * d / column));
			add_slope(&s, 1, current[i] / out->m, out->n * out->m / column * d * (-2 - out->m * d / column));
		}
		out->statistic += term;
		if (contribution)
			contribution[i] = term;
	}
	if (mlops_table_is_sparse(reference, current, k, out->n, out->m))
		mlops_chi2_null_moments(reference, current, k, out->n, out->m, &mean, &variance);
	return finish_table_test(out, used, out->n + out->m, &s, mean, variance);
}

/* o ln(o / e) - o + e without cancellation; the last two sum to nothing. */
static double
g_cell(double observed, double expected)
{
	double		excess = (expected - observed) / observed;

	if (!(observed > 0))
		return expected;
	if (fabs(excess) < 0.5)
		return -observed * mlops_log1pmx(excess);
	return observed * log(observed / expected) - observed + expected;
}

mlops_status
mlops_g_test(const double *reference, const double *current, size_t k,
			 double *contribution, mlops_test *out)
{
	double		used,
				mean = 0,
				variance = 0;
	slopes		s = {0};
	mlops_status status = table_totals(reference, current, k, out, &used);

	if (status != MLOPS_OK)
		return status;
	out->statistic = 0;
	for (size_t i = 0; i < k; i++)
	{
		double		column = reference[i] + current[i];
		double		term = 0;

		if (column > 0)
		{
			double		e = column * (out->n / (out->n + out->m));
			double		f = column * (out->m / (out->n + out->m));

			term = 2 * (g_cell(reference[i], e) + g_cell(current[i], f));
			add_slope(&s, 0, reference[i] / out->n, 2 * out->n * log(reference[i] / e));
			add_slope(&s, 1, current[i] / out->m, 2 * out->m * log(current[i] / f));
		}
		out->statistic += term;
		if (contribution)
			contribution[i] = term;
	}
	if (mlops_table_is_sparse(reference, current, k, out->n, out->m))
		mlops_g_null_moments(reference, current, k, out->n, out->m, &mean, &variance);
	/* nothing in common: every row tells which side it is of */
	return finish_table_test(out, used, -2 * (out->n * log(out->n / (out->n + out->m))
											  + out->m * log(out->m / (out->n + out->m))), &s,
							 mean, variance);
}

mlops_status
mlops_ks_limit_test(double d, double n, double m, mlops_test *out)
{
	mlops_tails tails;
	mlops_status status;

	*out = MLOPS_NO_TEST(n, m);
	if (!(n > 0) || !(m > 0))
	{
		out->reason = n > 0 ? "no current rows" : "no reference rows";
		return MLOPS_EMPTY;
	}
	status = mlops_kolmogorov_tails(d * sqrt(n / (n + m) * m), &tails);
	if (status != MLOPS_OK)
		return status;
	out->statistic = out->effect = d;
	out->measure = "D";
	out->variant = "limiting";
	out->p = tails.upper;
	out->ln_p = tails.ln_upper;
	return MLOPS_OK;
}

/*
 * What one unit of chi-square with k - 1 degrees of freedom is in the units of
 * the divergence (of the square, for the two square roots), times 1/n + 1/m.
 */
double
mlops_chi2_unit(mlops_distance_kind kind)
{
	switch (kind)
	{
		case MLOPS_PSI:
			return 1;
		case MLOPS_KL:
			return 0.5;
		case MLOPS_JS_DIVERGENCE:
		case MLOPS_JS_DISTANCE:
			return 0.125 / MLOPS_LN2;
		case MLOPS_HELLINGER:
			return 0.125;
		default:
			return 0;
	}
}

static bool
is_root(mlops_distance_kind kind)
{
	return kind == MLOPS_JS_DISTANCE || kind == MLOPS_HELLINGER;
}

/* Divergences whose scaled null distribution is chi-square. */
static mlops_status
chi2_critical_value(mlops_distance_kind kind, double alpha, double k, double s,
					double tolerance, double *out)
{
	double		scale = mlops_chi2_unit(kind) * s;
	double		units = is_root(kind) ? tolerance * tolerance : tolerance;
	double		quantile;
	mlops_status status;

	if (k < 2)
	{
		*out = tolerance;		/* one bin: the distance is always 0 */
		return MLOPS_OK;
	}
	status = mlops_ncx2_quantile(alpha, true, k - 1, units / scale, &quantile);
	if (status != MLOPS_OK)
		return status;
	*out = is_root(kind) ? sqrt(quantile * scale) : quantile * scale;
	return MLOPS_OK;
}

mlops_status
mlops_critical_value(mlops_distance_kind kind, double alpha, double k, double n, double m,
					 double tolerance, double *out)
{
	double		s = 1 / n + 1 / m;
	double		noise;
	mlops_status status;

	if (!(alpha > 0 && alpha < 1) || !(k >= 1) || isinf(k) || !(n >= 1) || !(m >= 1)
		|| isinf(n) || isinf(m) || !(tolerance >= 0) || isinf(tolerance))
		return MLOPS_DOMAIN;
	switch (kind)
	{
		case MLOPS_PSI:
		case MLOPS_KL:
			return chi2_critical_value(kind, alpha, k, s, tolerance, out);
		case MLOPS_JS_DIVERGENCE:
		case MLOPS_JS_DISTANCE:
		case MLOPS_HELLINGER:
			status = chi2_critical_value(kind, alpha, k, s, tolerance, out);
			if (status == MLOPS_OK && *out > 1)
				*out = 1;
			return status;
		case MLOPS_TOTAL_VARIATION:
			noise = sqrt((k - 1) * s / (2 * MLOPS_PI))
				+ fmax(mlops_normal_quantile_upper(alpha), 0) * 0.5 * sqrt(s);
			break;
		case MLOPS_LINF:
			noise = mlops_normal_quantile_upper(alpha / (k > 2 ? 4 : 2)) * 0.5 * sqrt(s);
			break;
		case MLOPS_KS:
			status = mlops_kolmogorov_quantile_upper(alpha, &noise);
			if (status != MLOPS_OK)
				return status;
			noise *= sqrt(s);
			break;
		default:
			return MLOPS_DOMAIN;
	}
	if (k < 2)
		noise = 0;				/* one bin: the distance is always 0 */
	*out = fmin(tolerance + noise, 1);
	return MLOPS_OK;
}

mlops_status
mlops_wasserstein_critical_value(double alpha, double null_scale, double sd, double n, double m,
								 double tolerance, double *out)
{
	double		s = 1 / n + 1 / m;

	if (!(alpha > 0 && alpha < 1) || !(n >= 1) || !(m >= 1) || !(null_scale >= 0) || !(sd >= 0)
		|| !(tolerance >= 0))
		return MLOPS_DOMAIN;
	*out = tolerance + null_scale * sqrt(s)
		+ fmax(mlops_normal_quantile_upper(alpha), 0) * sd * sqrt(s);
	return MLOPS_OK;
}

/*
 * Expected square of the distance when nothing changed (for the divergences
 * that are no square roots: the expected value itself).
 */
static double
null_expectation(mlops_distance_kind kind, const double *reference, const double *current,
				 size_t k, double n, double m, double used)
{
	double		s = 1 / n + 1 / m;
	double		sum = 0;
	double		largest = 0;

	switch (kind)
	{
		case MLOPS_TOTAL_VARIATION:
		case MLOPS_LINF:
			for (size_t i = 0; i < k; i++)
			{
				double		p = (reference[i] + current[i]) / (n + m);

				sum += sqrt(p * (1 - p));
				largest = fmax(largest, p * (1 - p));
			}
			return kind == MLOPS_LINF ? largest * s : sum * sum * s / (2 * MLOPS_PI);
		case MLOPS_KS:
			return used < 2 ? 0 : MLOPS_PI * MLOPS_PI / 12 * s;
		default:
			return (used - 1) * mlops_chi2_unit(kind) * s;
	}
}

double
mlops_debiased(mlops_distance_kind kind, double distance, const double *reference,
			   const double *current, size_t k)
{
	mlops_test	t;
	double		used;
	double		bias;

	if (table_totals(reference, current, k, &t, &used) != MLOPS_OK)
		return NAN;
	bias = null_expectation(kind, reference, current, k, t.n, t.m, used);
	if (kind == MLOPS_PSI || kind == MLOPS_KL || kind == MLOPS_JS_DIVERGENCE)
		return fmax(0, distance - bias);
	return sqrt(fmax(0, distance * distance - bias));
}

double
mlops_wasserstein_debiased(double distance, double null_scale, double n, double m)
{
	return sqrt(fmax(0, distance * distance - null_scale * null_scale * (1 / n + 1 / m)));
}
