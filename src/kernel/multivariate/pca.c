/*
 * pca.c
 *		Principal components and reconstruction errors.  See pca.h.
 */
#include "kernel/multivariate/pca.h"

#include <math.h>

#include "kernel/multivariate/eigen.h"
#include "kernel/special/special.h"

#define TIE 1e-9				/* of the sum of the eigenvalues */
#define NOT_SEMIDEFINITE 1e-8

static double
dot(int k, const double *a, const double *b)
{
	double		sum = 0;

	for (int i = 0; i < k; i++)
		sum += a[i] * b[i];
	return sum;
}

int
mlops_pca_used(const mlops_pca_view *p)
{
	int			used = 0;

	for (int i = 0; i < p->k; i++)
		used += p->sd[i] > 0;
	return used;
}

int
mlops_pca_kept(int used, const double *value, double variance)
{
	double		total = 0;
	double		sum = 0;
	int			kept = 0;

	for (int i = 0; i < used; i++)
		total += value[i];
	/* rounding must not make one more of a share that is reached exactly */
	while (kept < used && sum < (variance - 1e-12) * total)
		sum += value[kept++];
	while (kept > 0 && kept < used && value[kept - 1] - value[kept] <= TIE * total)
		kept++;
	if (kept == used)
		while (kept > 0 && value[kept - 1] - value[used - 1] <= TIE * total)
			kept--;
	return kept;
}

/* The correlations of the variables that vary, by rows; how many they are, or -1. */
static int
correlations(const mlops_pca_view *p, const double *comoment, double *a)
{
	int			used = mlops_pca_used(p);
	int			row = 0;

	for (int i = 0; i < p->k; i++)
	{
		int			column = 0;

		if (p->sd[i] == 0)
			continue;
		for (int j = 0; j < p->k; j++)
		{
			if (p->sd[j] == 0)
				continue;
			if (mlops_correlation(p->k, p->n, comoment, i, j, &a[row * used + column]) != MLOPS_OK)
				return -1;
			column++;
		}
		row++;
	}
	return used;
}

/* Kept components of the varying variables to components of all, in place. */
static void
spread(mlops_pca_view *p, int used)
{
	for (int c = p->kept - 1; c >= 0; c--)
	{
		int			from = used;

		for (int i = p->k - 1; i >= 0; i--)
			p->component[c * p->k + i] = p->sd[i] > 0 ? p->component[c * used + --from] : 0;
	}
}

/* No negative zeros, of which a component's sign makes some: equal models have equal bytes. */
static void
one_zero(mlops_pca_view *p)
{
	for (int i = 0; i < p->k; i++)
	{
		p->mean[i] += 0.0;
		p->sd[i] += 0.0;
		p->value[i] += 0.0;
	}
	for (int i = 0; i < p->kept * p->k; i++)
		p->component[i] += 0.0;
}

mlops_status
mlops_pca_fit(mlops_pca_view *p, const double *mean, const double *comoment, double *work)
{
	mlops_status status;
	double		clipped = 0;
	int			used;

	p->kept = 0;
	for (int i = 0; i < p->k; i++)
	{
		double		sd = p->n < 2 ? 0 : sqrt(comoment[mlops_comoment_at(p->k, i, i)] / (double) p->n);

		/* also when it varies beyond the range of a double */
		p->sd[i] = isfinite(sd) && isfinite(mean[i]) ? sd : 0;
		p->mean[i] = isfinite(mean[i]) ? mean[i] : 0;
		p->value[i] = 0;
	}
	used = correlations(p, comoment, work);
	if (used < 0)
		return MLOPS_DOMAIN;
	status = mlops_eigen_symmetric(used, work, p->value, p->component);
	if (status != MLOPS_OK)
		return status;
	for (int i = 0; i < used; i++)
	{
		clipped += fmin(p->value[i], 0);
		p->value[i] = fmax(p->value[i], 0);
	}
	/* of all, so that the rest still add up to the number of variables */
	if (clipped < -NOT_SEMIDEFINITE * used)
		return MLOPS_DOMAIN;
	p->kept = mlops_pca_kept(used, p->value, p->variance);
	spread(p, used);
	one_zero(p);
	return MLOPS_OK;
}

double
mlops_pca_error(const mlops_pca_view *p, const double *x, double *residual)
{
	int			used = 0;
	double		error;

	for (int i = 0; i < p->k; i++)
	{
		residual[i] = p->sd[i] > 0 ? (x[i] - p->mean[i]) / p->sd[i] : 0;
		used += p->sd[i] > 0;
	}
	/* one after the other: what rounding leaves of one is taken by the next */
	for (int c = 0; c < p->kept; c++)
	{
		const double *v = p->component + (size_t) c * p->k;
		double		score = dot(p->k, v, residual);

		for (int i = 0; i < p->k; i++)
			residual[i] -= score * v[i];
	}
	error = sqrt(dot(p->k, residual, residual));
	return used > 0 && isfinite(error) ? error : (double) NAN;
}

double
mlops_pca_mean_squares(const mlops_pca_view *p, int64_t n, const double *mean,
					   const double *comoment, double *column, double *work)
{
	int			k = p->k;
	double	   *z = work + (size_t) k * k;
	double		total = 0;

	if (n < 1 || mlops_pca_used(p) == 0)
		return (double) NAN;
	for (int i = 0; i < k; i++)
		z[i] = p->sd[i] > 0 ? (mean[i] - p->mean[i]) / p->sd[i] : 0;
	/* second moments of z about 0 */
	for (int i = 0; i < k; i++)
		for (int j = 0; j < k; j++)
			work[i * k + j] = p->sd[i] > 0 && p->sd[j] > 0
				? comoment[mlops_comoment_at(k, i, j)] / (double) n / p->sd[i] / p->sd[j] + z[i] * z[j] : 0;
	/* the projection from the left */
	for (int c = 0; c < p->kept; c++)
	{
		const double *v = p->component + (size_t) c * k;

		for (int j = 0; j < k; j++)
			z[j] = 0;
		for (int i = 0; i < k; i++)
			for (int j = 0; j < k; j++)
				z[j] += v[i] * work[i * k + j];
		for (int i = 0; i < k; i++)
			for (int j = 0; j < k; j++)
				work[i * k + j] -= v[i] * z[j];
	}
	/* and from the right, of which the diagonal is wanted */
	for (int i = 0; i < k; i++)
	{
		column[i] = work[i * k + i];
		for (int c = 0; c < p->kept; c++)
			column[i] -= dot(k, work + (size_t) i * k, p->component + (size_t) c * k) * p->component[c * k + i];
		column[i] = column[i] > 0 ? column[i] : column[i] <= 0 ? 0 : (double) NAN;
		total += column[i];
	}
	return isfinite(total) ? total : (double) NAN;
}

double
mlops_pca_own_mean_squares(const mlops_pca_view *p, double *column)
{
	int			used = mlops_pca_used(p);
	double		total = 0;

	for (int i = 0; i < p->k; i++)
	{
		column[i] = p->sd[i] > 0;
		for (int c = 0; c < p->kept; c++)
			column[i] -= p->value[c] * p->component[c * p->k + i] * p->component[c * p->k + i];
		column[i] = fmax(column[i], 0);
	}
	for (int i = p->kept; i < used; i++)
		total += p->value[i];
	return used > 0 ? total : (double) NAN;
}

/* Interval of the ratio of two means: delta method on its logarithm. */
static void
relative_change(const double *mean, const double *error2, mlops_test *out)
{
	double		width;

	if (!(mean[0] > 0))
		return;
	out->measure = "relative change of the mean";
	out->effect = (mean[1] - mean[0]) / mean[0];
	if (!(mean[1] > 0))
		return;
	width = mlops_normal_quantile_upper((1 - MLOPS_EFFECT_CONFIDENCE) / 2) *
		sqrt(error2[0] / (mean[0] * mean[0]) + error2[1] / (mean[1] * mean[1]));
	out->effect_lower = expm1(log(mean[1] / mean[0]) - width);
	out->effect_upper = expm1(log(mean[1] / mean[0]) + width);
}

void
mlops_pca_test(const int64_t *n, const double *mean, const double *m2, mlops_test *out)
{
	double		error2[2];
	double		sum;
	mlops_tails tails;

	*out = MLOPS_NO_TEST((double) n[0], (double) n[1]);
	if (n[0] < 2 || n[1] < 2)
	{
		out->reason = n[0] == 0 ? "no reference rows" : n[1] == 0 ? "no current rows" : "one row on a side";
		return;
	}
	for (int i = 0; i < 2; i++)
		error2[i] = m2[i] / (double) (n[i] - 1) / (double) n[i];
	sum = error2[0] + error2[1];
	if (!isfinite(sum))
	{
		out->reason = "squares are out of range";
		return;
	}
	relative_change(mean, error2, out);
	if (!(sum > 0))
	{
		out->reason = "errors do not vary within the sides";
		return;
	}
	out->statistic = (mean[1] - mean[0]) / sqrt(sum);
	out->df = 1 / ((error2[0] / sum) * (error2[0] / sum) / (double) (n[0] - 1) +
				   (error2[1] / sum) * (error2[1] / sum) / (double) (n[1] - 1));
	if (mlops_t_tails(fabs(out->statistic), out->df, &tails) != MLOPS_OK)
		return;
	out->p = fmin(1, 2 * tails.upper);
	out->ln_p = fmin(0, MLOPS_LN2 + tails.ln_upper);
	out->variant = "limiting";
}
