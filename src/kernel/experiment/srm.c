/*
 * srm.c
 *		Sample ratio tests.  See srm.h.
 */
#include "kernel/experiment/srm.h"

#include <math.h>

#include "kernel/categories/sparse.h"
#include "kernel/special/discrete.h"
#include "kernel/special/special.h"
#include "kernel/test.h"

/* Probabilities closer than this, relative, are equal: 1 + 1e-7 in R's exact tests too. */
#define TIE 1e-7

static bool
is_count(double x)
{
	return x >= 0 && x <= MLOPS_SAMPLE_RATIO_MAX_UNITS && floor(x) == x;
}

/* Units, weights in all, arms planned above 0. */
static mlops_status
totals(const double *count, const double *weight, size_t k, double *n, double *sum, double *arms)
{
	double		largest = 0;

	if (k < 1 || k > MLOPS_SAMPLE_RATIO_MAX_ARMS)
		return MLOPS_DOMAIN;
	*n = *sum = *arms = 0;
	for (size_t i = 0; i < k; i++)
	{
		if (!is_count(count[i]) || !(weight[i] >= 0) || isinf(weight[i]))
			return MLOPS_DOMAIN;
		*n += count[i];
		*sum += weight[i];
		*arms += weight[i] > 0;
		largest = fmax(largest, weight[i]);
	}
	return *n <= MLOPS_SAMPLE_RATIO_MAX_UNITS && largest > 0 && isfinite(*sum) ? MLOPS_OK : MLOPS_DOMAIN;
}

/* ln p of a binomial count: all counts that are not more probable. */
static mlops_status
exact_binomial(double x, double n, double share, double *ln_p)
{
	double		mode = floor((n + 1) * share);
	double		at;
	double		other;
	double		low;
	double		high;
	double		ln_near;
	double		ln_far;
	mlops_tails near,
				far;
	mlops_status status = mlops_binomial_ln_point(x, n, share, &at);

	if (status == MLOPS_OK)
		status = mlops_binomial_ln_point(mode, n, share, &other);
	if (status != MLOPS_OK)
		return status;
	if (at >= other - TIE)
	{
		*ln_p = 0;
		return MLOPS_OK;
	}

	/* on the other side of the mode: the probable counts are low (or high), the others high (or low) */
	low = x < mode ? mode : -1;
	high = x < mode ? n + 1 : mode;
	while (high - low > 1)
	{
		double		middle = floor(low + (high - low) / 2);
		bool		probable;

		status = mlops_binomial_ln_point(middle, n, share, &other);
		if (status != MLOPS_OK)
			return status;
		probable = other > at + TIE;
		if ((x < mode) == probable)
			low = middle;
		else
			high = middle;
	}
	/* x and below, high and above; or low and below, x and above */
	status = mlops_binomial_tails(x < mode ? x : low, n, share, &near);
	if (status == MLOPS_OK)
		status = mlops_binomial_tails(x < mode ? high - 1 : x - 1, n, share, &far);
	if (status != MLOPS_OK)
		return status;
	ln_near = x >= mode && low < 0 ? -INFINITY : near.ln_lower;
	ln_far = x < mode && high > n ? -INFINITY : far.ln_upper;
	*ln_p = fmin(0, fmax(ln_near, ln_far) + log1p(exp(-fabs(ln_near - ln_far))));
	return MLOPS_OK;
}

/* Tables of n units in k arms. */
static double
number_of_tables(double n, double k)
{
	double		tables = 1;

	for (double i = 1; i < k && tables <= MLOPS_SAMPLE_RATIO_MAX_TABLES; i++)
		tables *= (n + i) / i;
	return tables;
}

/*
 * ln of the sum of the probabilities of the tables not more probable than at,
 * over ln n!; the arms but the last two turn like an odometer, those run in
 * the inner loop.  share[k] > 0, used[k] work space.
 */
static double
sum_tables(const double *share, size_t k, double n, double at, double *used)
{
	double		sum = 0;
	double		step = log(share[k - 2]) - log(share[k - 1]);
	double		left = n;
	double		outer = 0;
	size_t		i;

	for (i = 0; i < k; i++)
		used[i] = 0;
	for (;;)
	{
		double		ln_point = outer + left * log(share[k - 1]) - lgamma(left + 1);

		for (double x = 0;; x++)
		{
			if (ln_point <= at + TIE)
				sum += exp(ln_point - at);
			if (x == left)
				break;
			ln_point += step + log((left - x) / (x + 1));
		}
		for (i = 0; i + 2 < k; i++)
		{
			if (left > 0)
			{
				used[i]++;
				left--;
				break;
			}
			left += used[i];
			used[i] = 0;
		}
		if (i + 2 >= k)
			return at + log(sum);
		outer = 0;
		/* few units in many arms: most have none */
		for (i = 0; i + 2 < k; i++)
			if (used[i] > 0)
				outer += used[i] * log(share[i]) - lgamma(used[i] + 1);
	}
}

/* The p of the arms planned above 0, packed: count[k], share[k]. */
static mlops_status
find_p(const double *count, const double *share, size_t k, mlops_sample_ratio_method method, double *work,
	   mlops_sample_ratio *out)
{
	double		n = out->n;
	double		smallest = INFINITY;
	double		inverse = 0;
	bool		rare;
	double		variance;
	mlops_tails tails;
	mlops_status status;

	for (size_t i = 0; i < k; i++)
	{
		smallest = fmin(smallest, n * share[i]);
		inverse += 1 / share[i];
	}
	rare = smallest < MLOPS_SPARSE_EXPECTED;
	if (method == MLOPS_SAMPLE_RATIO_EXACT || (method == MLOPS_SAMPLE_RATIO_AUTO && rare))
	{
		if (k == 2 || number_of_tables(n, (double) k) * (double) (k - 1) <= 2 * MLOPS_SAMPLE_RATIO_MAX_TABLES)
		{
			double		at = 0;

			out->variant = "exact";
			if (k == 2)
			{
				size_t		arm = share[1] < share[0];

				status = exact_binomial(count[arm], n, share[arm], &out->ln_p);
				out->p = exp(out->ln_p);
				return status;
			}
			for (size_t i = 0; i < k; i++)
				at += count[i] * log(share[i]) - lgamma(count[i] + 1);
			out->ln_p = fmin(0, sum_tables(share, k, n, at, work) + lgamma(n + 1));
			out->p = exp(out->ln_p);
			return MLOPS_OK;
		}
		if (method == MLOPS_SAMPLE_RATIO_EXACT)
		{
			out->reason = "too many tables for the exact test";
			return MLOPS_NOSPACE;
		}
	}
	if (method == MLOPS_SAMPLE_RATIO_CORRECTED || (method == MLOPS_SAMPLE_RATIO_AUTO && rare))
	{
		out->variant = "corrected";
		variance = 2 * (double) (k - 1) + (inverse - (double) (k * k + 2 * k) + 2) / n;
		status = mlops_gamma_by_moments(out->statistic, (double) (k - 1), variance, &tails);
		if (status == MLOPS_DEGENERATE)
		{
			out->reason = "the statistic does not vary";
			return status;
		}
	}
	else
	{
		out->variant = "chi-square";
		status = mlops_chi2_tails(out->statistic, (double) (k - 1), &tails);
	}
	if (status == MLOPS_OK)
	{
		out->p = tails.upper;
		out->ln_p = tails.ln_upper;
	}
	return status;
}

/* w and its interval, from the non-central chi-square distribution of the statistic. */
static void
find_effect(mlops_sample_ratio *out)
{
	double		tail = (1 - MLOPS_EFFECT_CONFIDENCE) / 2;
	double		lambda;

	out->effect = sqrt(out->statistic / out->n);
	if (mlops_ncx2_lambda(out->statistic, out->df, tail, true, &lambda) == MLOPS_OK)
		out->effect_lower = sqrt(lambda / out->n);
	if (mlops_ncx2_lambda(out->statistic, out->df, tail, false, &lambda) == MLOPS_OK)
		out->effect_upper = sqrt(lambda / out->n);
}

mlops_status
mlops_sample_ratio_test(const double *count, const double *weight, size_t k,
						mlops_sample_ratio_method method, double *work, mlops_sample_ratio *out)
{
	double		n;
	double		sum;
	double		arms;
	double		worst = -1;
	bool		impossible = false;
	double	   *packed = work;	/* counts, then shares */
	double	   *share = work + k;
	size_t		used = 0;
	mlops_status status = totals(count, weight, k, &n, &sum, &arms);

	*out = (mlops_sample_ratio) {.statistic = (double) NAN, .df = (double) NAN, .p = (double) NAN, .ln_p = (double) NAN,
		.effect = (double) NAN, .effect_lower = (double) NAN, .effect_upper = (double) NAN,
		.observed = (double) NAN, .planned = (double) NAN};
	if (status != MLOPS_OK)
		return status;
	out->n = n;
	out->arms = arms;
	if (n == 0)
	{
		out->reason = "no units";
		return MLOPS_EMPTY;
	}
	out->statistic = 0;
	for (size_t i = 0; i < k; i++)
	{
		double		planned = weight[i] / sum;
		double		d = count[i] - n * planned;
		double		deviation = planned > 0 ? fabs(d) / sqrt(n * planned * fmax(1 - planned, 1e-300))
			: count[i] > 0 ? INFINITY : -1;

		impossible |= deviation == INFINITY && planned == 0;
		/* of several arms planned at 0, the one with the most units */
		if (deviation > worst || (deviation == INFINITY && count[i] > count[out->arm]))
		{
			worst = deviation;
			out->arm = i;
			out->observed = count[i] / n;
			out->planned = planned;
		}
		if (planned > 0)
		{
			out->statistic += d / (n * planned) * d;
			packed[used] = count[i];
			share[used++] = planned;
		}
	}
	if (impossible)
	{
		out->statistic = INFINITY;
		out->p = 0;
		out->ln_p = -INFINITY;
		out->variant = "exact";
		out->reason = "units in an arm that is planned to have none";
		return MLOPS_OK;
	}
	if (used < 2)
	{
		out->statistic = (double) NAN;
		out->reason = "one arm is planned";
		return MLOPS_DEGENERATE;
	}
	out->df = arms - 1;
	find_effect(out);
	return find_p(packed, share, used, method, work + 2 * k, out);
}

mlops_status
mlops_sample_ratio_ln_bayes(const double *count, const double *weight, size_t k,
							double concentration, double *ln_bayes)
{
	double		n;
	double		sum;
	double		arms;
	double		c = concentration;
	double		total;
	mlops_status status = totals(count, weight, k, &n, &sum, &arms);

	if (status != MLOPS_OK || !(c > 0) || isinf(c))
		return MLOPS_DOMAIN;

	/*
	 * The Gamma functions by Stirling's formula, with what cancels taken out:
	 * (c + n) times the divergence of the posterior shares from the planned,
	 * half logarithms, and what Stirling's formula leaves.  Every term is as
	 * small as the result, whatever n.
	 */
	total = 0.5 * log1p(n / c) - (mlops_stirling_error(c + n) - mlops_stirling_error(c));
	for (size_t i = 0; i < k; i++)
	{
		double		share = weight[i] / sum;
		double		prior = c * share;
		double		posterior = prior + count[i];

		if (weight[i] == 0)
		{
			if (count[i] > 0)
			{
				*ln_bayes = INFINITY;
				return MLOPS_OK;
			}
			continue;
		}
		if (!(prior > 0))
			return MLOPS_DOMAIN;	/* a share that underflows */
		total += mlops_deviance(posterior, share * (c + n) / posterior, (share * n - count[i]) / posterior)
			- 0.5 * log1p(count[i] / prior)
			+ mlops_stirling_error(posterior) - mlops_stirling_error(prior);
	}
	/* a concentration at the limits of double */
	if (!isfinite(total))
		return MLOPS_DOMAIN;
	*ln_bayes = arms < 2 ? 0 : total;
	return MLOPS_OK;
}
