/*
 * divergence.c
 *		Distances between two vectors of bin counts, or two weighted samples.
 *
 * Every per-bin term of the entropy-like measures is written so that it is
 * non-negative and keeps its relative accuracy when the two shares are close;
 * none is a difference of logarithms of nearly equal sums.
 */
#include "kernel/categories/divergence.h"

#include <float.h>
#include <math.h>

#include "kernel/special/special.h"

/* Totals of both sides and the number of bins that are not empty on both. */
static mlops_status
totals(const double *reference, const double *current, size_t k,
	   double *n, double *m, size_t *used)
{
	*n = *m = 0;
	*used = 0;
	for (size_t i = 0; i < k; i++)
	{
		if (!(reference[i] >= 0) || !(current[i] >= 0) || isinf(reference[i]) || isinf(current[i]))
			return MLOPS_DOMAIN;
		*n += reference[i];
		*m += current[i];
		*used += reference[i] > 0 || current[i] > 0;
	}
	return *n > 0 && *m > 0 ? MLOPS_OK : MLOPS_EMPTY;
}

/*
 * [(1 + d) ln(1 + d) + (1 - d) ln(1 - d)] / 2 for -1 <= d <= 1: the binary
 * entropy deficit, d^2/2 + d^4/12 + ... + d^2j / (2j (2j - 1)).
 */
static double
entropy_deficit(double d)
{
	double		d2 = d * d;

	if (d2 >= 0.01)
	{
		double		plus = d > -1 ? (1 + d) * log1p(d) : 0;
		double		minus = d < 1 ? (1 - d) * log1p(-d) : 0;

		return 0.5 * (plus + minus);
	}
	return d2 * (0.5 + d2 * (1.0 / 12 + d2 * (1.0 / 30 + d2 * (1.0 / 56 + d2 * (1.0 / 90 +
			d2 * (1.0 / 132 + d2 * (1.0 / 182)))))));
}

/*
 * One bin's part of a measure that is a plain sum over bins.  For the two
 * square roots it is the part of the square.
 */
static double
bin_term(mlops_distance_kind kind, double p, double q)
{
	double		d = p - q;
	double		s = p + q;
	double		root;

	switch (kind)
	{
		case MLOPS_PSI:
			/* ln(p / q) is 2 artanh(d / s), which is better for close shares */
			return d * (fabs(d) < 0.5 * s ? 2 * atanh(d / s) : log(p / q));
		case MLOPS_KL:
			/* p ln(p/q) - p + q: the same sum, as both sides sum to 1 */
			if (fabs(d) < 0.5 * p)
				return -p * mlops_log1pmx(-d / p);
			return p * log(p / q) - d;
		case MLOPS_JS_DIVERGENCE:
		case MLOPS_JS_DISTANCE:
			return s > 0 ? 0.5 * s * entropy_deficit(d / s) / MLOPS_LN2 : 0;
		case MLOPS_HELLINGER:
			root = sqrt(p) + sqrt(q);
			return root > 0 ? 0.5 * (d / root) * (d / root) : 0;
		default:
			return 0.5 * fabs(d);	/* MLOPS_TOTAL_VARIATION */
	}
}

/* Sum of bin terms; a square root spreads over the bins like its square. */
static double
sum_of_bins(mlops_distance_kind kind, const double *reference, const double *current,
			size_t k, double n, double m, size_t used, double smoothing, double *contribution)
{
	bool		smooth = kind == MLOPS_PSI || kind == MLOPS_KL;
	bool		root = kind == MLOPS_JS_DISTANCE || kind == MLOPS_HELLINGER;
	double		a = smooth ? smoothing : 0;
	double		sum = 0;
	double		distance;

	for (size_t i = 0; i < k; i++)
	{
		double		term = 0;

		if (reference[i] > 0 || current[i] > 0)
			term = bin_term(kind, (reference[i] + a) / (n + a * used),
							(current[i] + a) / (m + a * used));
		sum += term;
		if (contribution)
			contribution[i] = term;
	}
	if (!root)
		return sum;
	distance = sqrt(sum);
	for (size_t i = 0; contribution && i < k; i++)
		contribution[i] = sum > 0 ? contribution[i] / sum * distance : 0;
	return distance;
}

/* Largest difference of one share; its contribution is that bin's alone. */
static double
largest_difference(const double *reference, const double *current, size_t k,
				   double n, double m, double *contribution)
{
	double		largest = 0;
	size_t		at = 0;

	for (size_t i = 0; i < k; i++)
	{
		double		d = fabs(reference[i] / n - current[i] / m);

		if (contribution)
			contribution[i] = 0;
		if (d > largest)
		{
			largest = d;
			at = i;
		}
	}
	if (contribution && k > 0)
		contribution[at] = largest;
	return largest;
}

/*
 * max |F - G| at the right edges of the bins.  Contributions are the signed
 * differences of the bins up to the edge where it is attained.
 */
static double
largest_cumulative(const double *reference, const double *current, size_t k,
				   double n, double m, double *contribution)
{
	double		cum_r = 0,
				cum_c = 0,
				largest = 0,
				sign = 1;
	size_t		upto = 0;

	/* the last edge is F = G = 1 */
	for (size_t i = 0; i + 1 < k; i++)
	{
		double		d;

		cum_r += reference[i];
		cum_c += current[i];
		d = cum_r / n - cum_c / m;
		if (fabs(d) > largest)
		{
			largest = fabs(d);
			sign = d < 0 ? -1 : 1;
			upto = i + 1;
		}
	}
	for (size_t i = 0; contribution && i < k; i++)
		contribution[i] = i < upto ? sign * (reference[i] / n - current[i] / m) + 0.0 : 0;
	return largest;
}

mlops_status
mlops_distance(mlops_distance_kind kind, const double *reference, const double *current,
			   size_t k, double smoothing, double *contribution, double *result)
{
	double		n,
				m;
	size_t		used;
	mlops_status status = totals(reference, current, k, &n, &m, &used);

	if (status != MLOPS_OK)
		return status;
	switch (kind)
	{
		case MLOPS_PSI:
		case MLOPS_KL:
			if (!(smoothing > 0) || isinf(smoothing))
				return MLOPS_DOMAIN;
			/* FALLTHROUGH */
		case MLOPS_JS_DIVERGENCE:
		case MLOPS_JS_DISTANCE:
		case MLOPS_HELLINGER:
		case MLOPS_TOTAL_VARIATION:
			*result = sum_of_bins(kind, reference, current, k, n, m, used, smoothing, contribution);
			return MLOPS_OK;
		case MLOPS_LINF:
			*result = largest_difference(reference, current, k, n, m, contribution);
			return MLOPS_OK;
		case MLOPS_KS:
			*result = largest_cumulative(reference, current, k, n, m, contribution);
			return MLOPS_OK;
		case MLOPS_WASSERSTEIN:
			break;
	}
	return MLOPS_DOMAIN;
}

static bool
edges_ascend(const double *edges, size_t k)
{
	for (size_t i = 0; i <= k; i++)
		if (!isfinite(edges[i]) || (i > 0 && edges[i] < edges[i - 1]))
			return false;
	return k > 0;
}

/* Integral of |a + (b - a) t| over t in [0, 1]. */
static double
mean_absolute(double a, double b)
{
	if ((a < 0) == (b < 0) || a == 0 || b == 0)
		return 0.5 * (fabs(a) + fabs(b));
	return 0.5 * (a * a + b * b) / (fabs(a) + fabs(b));
}

mlops_status
mlops_wasserstein_binned(const double *edges, const double *reference, const double *current,
						 size_t k, double *contribution, double *result)
{
	double		n,
				m,
				cum_r = 0,
				cum_c = 0,
				before = 0;
	size_t		used;
	mlops_status status = totals(reference, current, k, &n, &m, &used);

	if (status != MLOPS_OK)
		return status;
	if (!edges_ascend(edges, k))
		return MLOPS_DOMAIN;
	*result = 0;
	for (size_t i = 0; i < k; i++)
	{
		double		after;
		double		part;

		cum_r += reference[i];
		cum_c += current[i];
		after = i + 1 < k ? cum_r / n - cum_c / m : 0;
		part = mean_absolute(before, after) * (edges[i + 1] - edges[i]);
		if (contribution)
			contribution[i] = part;
		*result += part;
		before = after;
	}
	return MLOPS_OK;
}

mlops_status
mlops_binned_moments(const double *edges, const double *counts, size_t k,
					 double *mean, double *sd)
{
	double		n = 0,
				sum = 0,
				squares = 0;

	if (!edges_ascend(edges, k))
		return MLOPS_DOMAIN;
	for (size_t i = 0; i < k; i++)
	{
		if (!(counts[i] >= 0) || isinf(counts[i]))
			return MLOPS_DOMAIN;
		n += counts[i];
		sum += counts[i] * (0.5 * edges[i] + 0.5 * edges[i + 1]);
	}
	if (!(n > 0))
		return MLOPS_EMPTY;
	*mean = sum / n;
	for (size_t i = 0; i < k; i++)
	{
		double		d = 0.5 * edges[i] + 0.5 * edges[i + 1] - *mean;
		double		w = edges[i + 1] - edges[i];

		if (counts[i] > 0)
			squares += counts[i] * (d * d + w * w / 12);
	}
	*sd = sqrt(squares / n);
	return MLOPS_OK;
}

/*
 * Mean of sqrt(t (1 - t)) for t from a to b: its integral is
 * (2t - 1) sqrt(t (1 - t)) / 4 + asin(2t - 1) / 8.
 */
static double
mean_root_variance(double a, double b)
{
	double		middle = 0.5 * (a + b);

	if (b - a < 1e-3)
		return sqrt(middle * (1 - middle));
	return (((2 * b - 1) * sqrt(b * (1 - b)) - (2 * a - 1) * sqrt(a * (1 - a))) / 4
			+ (asin(2 * b - 1) - asin(2 * a - 1)) / 8) / (b - a);
}

mlops_status
mlops_wasserstein_null_scale(const double *edges, const double *reference,
							 const double *current, size_t k, double *result)
{
	double		n,
				m,
				cum = 0,
				before = 0;
	size_t		used;
	mlops_status status = totals(reference, current, k, &n, &m, &used);

	if (status != MLOPS_OK)
		return status;
	if (!edges_ascend(edges, k))
		return MLOPS_DOMAIN;
	*result = 0;
	for (size_t i = 0; i < k; i++)
	{
		double		after;

		cum += reference[i] + current[i];
		after = i + 1 < k ? fmin(cum / (n + m), 1) : 1;
		*result += (edges[i + 1] - edges[i]) * mean_root_variance(before, after);
		before = after;
	}
	*result *= sqrt(2 / MLOPS_PI);
	return MLOPS_OK;
}

/* Sum of weights of a sorted sample; negative if it is not sorted or not finite. */
static double
sample_weight(const double *x, const double *w, size_t n)
{
	double		sum = 0;

	for (size_t i = 0; i < n; i++)
	{
		if (!isfinite(x[i]) || !(w[i] > 0) || isinf(w[i]) || (i > 0 && x[i] < x[i - 1]))
			return -1;
		sum += w[i];
	}
	return sum;
}

mlops_status
mlops_sample_distance(const double *x, const double *wx, size_t nx,
					  const double *y, const double *wy, size_t ny,
					  double *wasserstein, double *ks, double *ks_at)
{
	double		n = sample_weight(x, wx, nx);
	double		m = sample_weight(y, wy, ny);
	double		cum_x = 0,
				cum_y = 0,
				area = 0,
				largest = 0,
				where = 0,
				at = 0,
				diff = 0;
	size_t		i = 0,
				j = 0;

	if (n < 0 || m < 0)
		return MLOPS_DOMAIN;
	if (nx == 0 || ny == 0)
		return MLOPS_EMPTY;
	while (i < nx || j < ny)
	{
		double		next = j == ny || (i < nx && x[i] <= y[j]) ? x[i] : y[j];

		if (i + j > 0)
			area += fabs(diff) * (next - at);
		while (i < nx && x[i] == next)
			cum_x += wx[i++];
		while (j < ny && y[j] == next)
			cum_y += wy[j++];
		diff = i == nx && j == ny ? 0 : cum_x / n - cum_y / m;
		if (fabs(diff) > largest)
		{
			largest = fabs(diff);
			where = next;
		}
		at = next;
	}
	if (wasserstein)
		*wasserstein = area;
	if (ks)
		*ks = largest;
	if (ks_at)
		*ks_at = where;
	return MLOPS_OK;
}
