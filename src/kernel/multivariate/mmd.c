/*
 * mmd.c
 *		Maximum mean discrepancy with random Fourier features.  See mmd.h.
 */
#include "kernel/multivariate/mmd.h"

#include <math.h>

#include "kernel/multivariate/eigen.h"
#include "kernel/summary/hash.h"
#include "kernel/twosample/twosample.h"
#include "kernel/special/weighted_chi2.h"

#define D MLOPS_MMD_FREQUENCIES

static double
normal(uint64_t *state)
{
	return mlops_normal_quantile(((double) (mlops_random_next(state) >> 11) + 0.5) * 0x1p-53);
}

static double
dot(int n, const double *a, const double *b)
{
	double		sum = 0;

	for (int i = 0; i < n; i++)
		sum += a[i] * b[i];
	return sum;
}

/* Unit vector v made orthogonal to those before it; false if hardly anything is left. */
static bool
orthogonalise(int d, const double *before, int n, double *v)
{
	double		length;

	/* twice is enough (Kahan, Parlett) */
	for (int pass = 0; pass < 2; pass++)
		for (int i = 0; i < n; i++)
		{
			double		s = dot(d, before + (size_t) i * d, v);

			for (int j = 0; j < d; j++)
				v[j] -= s * before[(size_t) i * d + j];
		}
	length = sqrt(dot(d, v, v));
	for (int j = 0; j < d; j++)
		v[j] /= length;
	return length > 1e-6;
}

/*
 * Normal vectors whose directions are made orthogonal in groups of d, and which
 * keep their lengths: each is still N(0, I), so the kernel is not biased, but they cover
 * the space more evenly (Yu et al. 2016, orthogonal random features).
 */
void
mlops_mmd_frequencies(uint64_t seed, int d, double *omega, double *work)
{
	uint64_t	state = mlops_mix64(seed ^ UINT64_C(0x6d6d645f6f6d6567));

	for (int j = 0; j < D; j++)
	{
		int			in_group = j % d;
		double	   *v = work + (size_t) j * d;
		double		length;

		do
		{
			for (int i = 0; i < d; i++)
				v[i] = normal(&state);
			length = sqrt(dot(d, v, v));
			for (int i = 0; i < d; i++)
				v[i] /= length;
		} while (!orthogonalise(d, v - (size_t) in_group * d, in_group, v));
		for (int i = 0; i < d; i++)
			omega[(size_t) i * D + j] = v[i] * length;
	}
}

bool
mlops_mmd_features(int d, const double *omega, double bandwidth, const double *x, double *feature)
{
	const double scale = 1 / sqrt((double) D);
	double		phase[D] = {0};
	double		far = 0;

	for (int i = 0; i < d; i++)
	{
		double		z = x[i] / bandwidth;

		for (int j = 0; j < D; j++)
			phase[j] += omega[(size_t) i * D + j] * z;
	}
	for (int j = 0; j < D; j++)
	{
		far += 0 * phase[j];
		feature[j] = scale * cos(phase[j]);
		feature[D + j] = scale * sin(phase[j]);
	}
	return far == 0;
}

/* The eigenvalues of scale[0] * a + scale[1] * b, none negative; their sum. */
static mlops_status
eigenvalues(int k, double *const *comoment, const double *scale, double *work, double *value,
			double *sum)
{
	mlops_status status;

	for (int i = 0; i < k; i++)
		for (int j = 0; j < k; j++)
		{
			int			at = mlops_comoment_at(k, i, j);

			work[i * k + j] = comoment[0][at] * scale[0] + comoment[1][at] * scale[1];
		}
	status = mlops_eigen_symmetric(k, work, value, NULL);
	*sum = 0;
	for (int i = 0; i < k && status == MLOPS_OK; i++)
		*sum += value[i] = fmax(value[i], 0);
	return status;
}

/*
 * The squared distance of the means is within (distance -+ r)^2 when the length
 * of the error of their difference is at most r: true with probability 95 %
 * for its limit, whatever the distance.
 */
static mlops_status
interval(int k, const double *rows, double *const *comoment, double distance, double *work,
		 mlops_test *out)
{
	double	   *value = work + (size_t) k * k;
	double		scale[2] = {1 / rows[0] / (rows[0] - 1), 1 / rows[1] / (rows[1] - 1)};
	double		sum,
				r2;
	mlops_status status = eigenvalues(k, comoment, scale, work, value, &sum);

	if (status == MLOPS_OK)
		status = mlops_weighted_chi2_quantile_upper(k, value, 1 - MLOPS_EFFECT_CONFIDENCE, &r2);
	if (status != MLOPS_OK)
		return status;
	out->measure = "MMD^2";
	out->effect = distance * distance - sum;
	out->effect_lower = pow(fmax(0, distance - sqrt(r2)), 2);
	out->effect_upper = pow(distance + sqrt(r2), 2);
	return MLOPS_OK;
}

mlops_status
mlops_mmd_test(int k, const int64_t *n, double *const *mean, double *const *comoment,
			   double *work, mlops_test *out)
{
	double	   *value = work + (size_t) k * k;
	double		rows[2] = {(double) n[0], (double) n[1]};
	double		scale[2];
	double		square = 0;
	double		sum = 0;
	mlops_tails tails;
	mlops_status status;

	*out = MLOPS_NO_TEST(rows[0], rows[1]);
	if (n[0] < 2 || n[1] < 2)
	{
		out->reason = n[0] == 0 ? MLOPS_REASON_NO_REFERENCE : n[1] == 0 ? MLOPS_REASON_NO_CURRENT
			: "one row on a side";
		return MLOPS_EMPTY;
	}
	for (int i = 0; i < k; i++)
		square += (mean[1][i] - mean[0][i]) * (mean[1][i] - mean[0][i]);
	out->statistic = square / (1 / rows[0] + 1 / rows[1]);
	scale[0] = scale[1] = 1 / (rows[0] + rows[1] - 2);
	status = eigenvalues(k, comoment, scale, work, value, &sum);
	if (status == MLOPS_OK && !(sum > 0))
	{
		out->reason = square > 0 ? "no variation within the sides" : MLOPS_REASON_ONE_VALUE;
		return MLOPS_DEGENERATE;
	}
	if (status == MLOPS_OK)
		status = mlops_weighted_chi2_tails(k, value, out->statistic, &tails);
	if (status == MLOPS_OK)
		status = interval(k, rows, comoment, sqrt(square), work, out);
	if (status != MLOPS_OK)
	{
		out->reason = "features are out of range";
		return status;
	}
	out->p = tails.upper;
	out->ln_p = tails.ln_upper;
	out->variant = "limiting";
	return MLOPS_OK;
}

size_t
mlops_mmd_distances(size_t i, int d, const double *row, double *distance)
{
	size_t		used = 0;

	for (size_t j = 0; j < i; j++)
	{
		const double *x = row + i * d;
		const double *y = row + j * d;
		double		part[4] = {0};
		double		sum;
		int			a = 0;

		/* four sums that do not wait for each other */
		for (; a + 4 <= d; a += 4)
			for (int b = 0; b < 4; b++)
				part[b] += (x[a + b] - y[a + b]) * (x[a + b] - y[a + b]);
		for (; a < d; a++)
			part[0] += (x[a] - y[a]) * (x[a] - y[a]);
		sum = (part[0] + part[1]) + (part[2] + part[3]);
		if (sum > 0)
			distance[used++] = sqrt(sum);
	}
	return used;
}

/* x[k] becomes the element of rank k, with none greater before it (Hoare's find). */
static void
select_rank(double *x, size_t n, size_t k)
{
	size_t		low = 0;
	size_t		high = n - 1;

	while (low < high)
	{
		double		pivot = x[low + (high - low) / 2];
		size_t		i = low;
		size_t		j = high;

		for (;;)
		{
			double		swap;

			while (x[i] < pivot)
				i++;
			while (x[j] > pivot)
				j--;
			if (i >= j)
				break;
			swap = x[i];
			x[i++] = x[j];
			x[j--] = swap;
		}
		/* up to j none is greater than the pivot, after it none is less */
		if (k <= j)
			high = j;
		else
			low = j + 1;
	}
}

double
mlops_mmd_median(double *distance, size_t n)
{
	double		below = 0;

	select_rank(distance, n, n / 2);
	if (n % 2)
		return distance[n / 2];
	for (size_t i = 0; i < n / 2; i++)
		below = fmax(below, distance[i]);
	return (below + distance[n / 2]) / 2;
}
