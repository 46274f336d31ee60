/*
 * sparse.c
 *		p-values of chi-square and G of tables with rare categories.
 */
#include "kernel/categories/sparse.h"

#include <math.h>

/* Columns of up to so many rows are computed once for all that are as large. */
#define REMEMBERED 32

/* A column of which this many are expected on the smaller side needs no sum. */
#define FILLED 25

bool
mlops_table_is_sparse(const double *reference, const double *current, size_t k, double n, double m)
{
	double		least = fmin(n, m) / (n + m);

	for (size_t i = 0; i < k; i++)
	{
		double		column = reference[i] + current[i];

		if (column > 0 && column * least < MLOPS_SPARSE_EXPECTED)
			return true;
	}
	return false;
}

/*
 * Exact, for every table with these margins (Dawson 1954); no differences of
 * large terms.
 */
void
mlops_chi2_null_moments(const double *reference, const double *current, size_t k, double n, double m,
						double *mean, double *variance)
{
	const double total = n + m;
	double		columns = 0,
				inverse = 0,
				v1,
				v2,
				w1,
				w2;

	for (size_t i = 0; i < k; i++)
	{
		double		c = reference[i] + current[i];

		if (c > 0)
		{
			columns++;
			inverse += total / c;
		}
	}
	*mean = (columns - 1) * (total / (total - 1));
	*variance = 0;
	if (total <= 3)
		return;
	v1 = (total - 2) / (total - 1);
	v2 = (columns - 1) * ((total - columns) / (total - 1));
	/* sum of total / row total less 4, without cancellation */
	w1 = (n - m) / n * ((n - m) / m) / (total - 2);
	w2 = (inverse - columns * columns) / (total - 2);
	*variance = 2 * total / (total - 3) * (v1 - w1) * (v2 - w2) + total / (total - 1) * total * w1 * w2;
}

typedef struct cell_moments
{
	double		mean;
	double		variance;
	double		covariance;		/* with the rows on the smaller side */
} cell_moments;

static double
x_log(double x, double y)
{
	return x > 0 ? x * log(x / y) : 0;
}

/*
 * For G columns are independent binomial variables given their sum, and
 * a sum of functions f_i of them has, given that sum, the variance
 * sum Var f_i - (sum Cov(f_i, a_i))^2 / sum Var a_i (Holst 1972).
 *
 * A column's part of G, 2 (b ln(b / (c p)) + (c - b) ln((c - b) / (c q))), when b of
 * its c rows are on the smaller side, binomial with share p <= 1/2.
 */
static cell_moments
g_column(double c, double p)
{
	const double q = 1 - p;
	cell_moments r = {0, 0, 0};
	double		probability,
				square = 0,
				with = 0;

	if (c * p >= FILLED)
	{
		/* Williams 1976 */
		r.mean = 1 + (1 / p + 1 / q - 1) / (6 * c);
		r.variance = 2 * r.mean * r.mean;
		return r;
	}
	probability = exp(c * log1p(-p));
	for (double b = 0; b <= c; b++)
	{
		double		g = 2 * (x_log(b, c * p) + x_log(c - b, c * q));

		r.mean += probability * g;
		square += probability * g * g;
		with += probability * g * (b - c * p);
		/* past the mean the rest is below a geometric series */
		if (b > c * p && probability < 1e-18)
			break;
		probability *= (c - b) / (b + 1) * (p / q);
	}
	r.variance = fmax(square - r.mean * r.mean, 0);
	r.covariance = with;
	return r;
}

void
mlops_g_null_moments(const double *reference, const double *current, size_t k, double n, double m,
					 double *mean, double *variance)
{
	const double total = n + m;
	const double p = fmin(n, m) / total;
	cell_moments known[REMEMBERED + 1];
	double		covariance = 0;

	for (int c = 1; c <= REMEMBERED; c++)
		known[c] = g_column(c, p);
	/* that the sum is given takes one degree of freedom away */
	*mean = -1;
	*variance = -2;
	for (size_t i = 0; i < k; i++)
	{
		double		c = reference[i] + current[i];
		cell_moments cell;

		if (c <= 0)
			continue;
		cell = c <= REMEMBERED && c == floor(c) ? known[(int) c] : g_column(c, p);
		*mean += cell.mean;
		*variance += cell.variance;
		covariance += cell.covariance;
	}
	*variance -= covariance * covariance / (total * p * (1 - p));
}

mlops_status
mlops_gamma_by_moments(double x, double mean, double variance, mlops_tails *out)
{
	if (!(mean > 0) || !(variance > 0))
		return MLOPS_DEGENERATE;
	return mlops_gamma_tails(mean * (mean / variance), x * (mean / variance), out);
}
