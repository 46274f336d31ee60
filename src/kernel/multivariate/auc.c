/*
 * auc.c
 *		Area under the ROC curve with ties, its two variances, and strata of it.
 */
#include "kernel/multivariate/auc.h"

#include <math.h>

#include "kernel/special/special.h"

/* Rows from i on with the same score: how many of each side; the next one. */
static size_t
next_tie(const mlops_scored *row, size_t rows, size_t i, double *reference, double *current)
{
	double		score = row[i].score;

	*reference = *current = 0;
	for (; i < rows && row[i].score == score; i++)
	{
		if (row[i].current)
			*current += 1;
		else
			*reference += 1;
	}
	return i;
}

/*
 * Placement of a current row: the share of reference rows below it, of a
 * reference row: the share of current rows above it, ties one half.  Both have
 * mean auc; DeLong's variance is the sum of those of their means.
 */
static double
delong(const mlops_scored *row, size_t rows, double n, double m, double auc)
{
	double		below = 0,
				above = m,
				of_current = 0,
				of_reference = 0;

	for (size_t i = 0; i < rows;)
	{
		double		r,
					c,
					d;

		i = next_tie(row, rows, i, &r, &c);
		d = (below + r / 2) / n - auc;
		of_current += c * d * d;
		d = (above - c / 2) / m - auc;
		of_reference += r * d * d;
		below += r;
		above -= c;
	}
	return of_current / ((m - 1) * m) + of_reference / ((n - 1) * n);
}

mlops_status
mlops_auc_sorted(const mlops_scored *row, size_t rows, mlops_auc *out)
{
	double		below = 0,
				u = 0,
				ties = 0,
				all = (double) rows;

	*out = (mlops_auc) {.auc = NAN, .null_variance = NAN, .variance = NAN};
	for (size_t i = 0; i < rows;)
	{
		double		r,
					c,
					t;

		i = next_tie(row, rows, i, &r, &c);
		u += c * (below + r / 2);
		below += r;
		out->m += c;
		t = r + c;
		ties += t * (t - 1) * (t + 1);
	}
	out->n = below;
	if (out->n == 0 || out->m == 0)
		return MLOPS_EMPTY;
	out->auc = u / (out->n * out->m);
	/* nm/12 ((N + 1) - ties / (N (N - 1))) over (nm)^2; 0 when all are tied */
	out->null_variance = ((all - 1) * (all + 1) * all - ties) / (all * (all - 1)) / (12 * out->n * out->m);
	if (out->n > 1 && out->m > 1)
		out->variance = delong(row, rows, out->n, out->m, out->auc);
	return MLOPS_OK;
}

static bool
has_both_sides(const mlops_auc *a)
{
	return a->n > 0 && a->m > 0;
}

void
mlops_auc_pool(const mlops_auc *stratum, int strata, mlops_auc *out)
{
	double		pairs = 0,
				u = 0,
				null_variance = 0,
				variance = 0;

	*out = (mlops_auc) {.auc = NAN, .null_variance = NAN, .variance = NAN};
	for (int i = 0; i < strata; i++)
	{
		const mlops_auc *s = &stratum[i];
		double		w = s->n * s->m;

		out->n += s->n;
		out->m += s->m;
		if (!has_both_sides(s))
			continue;
		pairs += w;
		u += w * s->auc;
		null_variance += w * w * s->null_variance;
		variance += w * w * s->variance;
	}
	if (pairs == 0)
		return;
	out->auc = u / pairs;
	out->null_variance = null_variance / (pairs * pairs);
	out->variance = variance / (pairs * pairs);
}

void
mlops_auc_interval(const mlops_auc *auc, double confidence, double *lower, double *upper)
{
	double		a = auc->auc;
	double		alpha = (1 - confidence) / 2;
	double		smaller = fmin(auc->n, auc->m);
	double		middle,
				half;

	*lower = *upper = NAN;
	if (isnan(a) || isnan(auc->variance))
		return;
	if (a <= 0 || a >= 1)
	{
		double		end = exp(log(alpha) / smaller);

		*lower = a <= 0 ? 0 : end;
		*upper = a <= 0 ? 1 - end : 1;
		return;
	}
	middle = log(a / (1 - a));
	half = mlops_normal_quantile_upper(alpha) * sqrt(auc->variance) / (a * (1 - a));
	*lower = 1 / (1 + exp(half - middle));
	*upper = 1 / (1 + exp(-half - middle));
}

mlops_status
mlops_van_elteren(const mlops_auc *stratum, int strata, double *z)
{
	double		sum = 0,
				variance = 0;

	*z = NAN;
	for (int i = 0; i < strata; i++)
	{
		const mlops_auc *s = &stratum[i];
		double		w;

		if (!has_both_sides(s))
			continue;
		w = s->n * s->m / (s->n + s->m + 1);
		sum += w * (s->auc - 0.5);
		variance += w * w * s->null_variance;
	}
	if (!(variance > 0))
		return MLOPS_DEGENERATE;
	*z = sum / sqrt(variance);
	return MLOPS_OK;
}
