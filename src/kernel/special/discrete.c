/*
 * discrete.c
 *		Binomial and Poisson distributions: tails are those of beta and gamma
 *		(DLMF 8.17.5, 8.4.10), point masses Loader's saddle-point form ("Fast and
 *		accurate computation of binomial probabilities", 2000).
 */
#include "kernel/special/discrete.h"

#include <math.h>

#define MAX_COUNT 9007199254740992.0	/* 2^53 */

typedef struct distribution
{
	bool		binomial;		/* otherwise Poisson */
	double		n;
	double		p;
	double		mean;
	double		sd;
} distribution;

/* ---------------------------------------------------------------- tails */

mlops_status
mlops_binomial_tails(double k, double n, double p, mlops_tails *out)
{
	mlops_tails beta;
	mlops_status status;

	if (isnan(k) || !(n >= 0) || n > MAX_COUNT || floor(n) != n || !(p >= 0) || !(p <= 1))
		return MLOPS_DOMAIN;
	k = floor(k);
	if (k < 0 || k >= n || p == 0 || p == 1)
	{
		/* certainly above k, or certainly not */
		mlops_tails_from(out, -INFINITY, !(k < 0 || (p == 1 && k < n)));
		return MLOPS_OK;
	}
	status = mlops_beta_tails(p, 1 - p, k + 1, n - k, &beta);
	if (status == MLOPS_OK)
		*out = (mlops_tails) {beta.upper, beta.lower, beta.ln_upper, beta.ln_lower};
	return status;
}

mlops_status
mlops_poisson_tails(double k, double mean, mlops_tails *out)
{
	mlops_tails gamma;
	mlops_status status;

	if (isnan(k) || (k > MAX_COUNT && !isinf(k)) || !(mean >= 0) || isinf(mean))
		return MLOPS_DOMAIN;
	k = floor(k);
	if (k < 0 || isinf(k) || mean == 0)
	{
		mlops_tails_from(out, -INFINITY, k >= 0);
		return MLOPS_OK;
	}
	status = mlops_gamma_tails(k + 1, mean, &gamma);
	if (status == MLOPS_OK)
		*out = (mlops_tails) {gamma.upper, gamma.lower, gamma.ln_upper, gamma.ln_lower};
	return status;
}

/* ---------------------------------------------------------------- point masses */

/* ln P(X = k); -infinity where there is no mass. */
mlops_status
mlops_binomial_ln_point(double k, double n, double p, double *out)
{
	double		rest = n - k;
	double		diff;			/* n p - k */

	if (isnan(k) || !(n >= 0) || n > MAX_COUNT || floor(n) != n || !(p >= 0) || !(p <= 1))
		return MLOPS_DOMAIN;
	if (k < 0 || k > n || floor(k) != k)
		*out = -INFINITY;
	else if (p == 0 || p == 1)
		*out = (p == 0 ? k : rest) == 0 ? 0 : -INFINITY;
	else if (k == 0)
		*out = p < 0.5 ? n * log1p(-p) : n * log(1 - p);
	else if (rest == 0)
		*out = p < 0.5 ? n * log(p) : n * log1p(-(1 - p));
	else
	{
		diff = p <= 0.5 ? fma(n, p, -k) : -fma(n, 1 - p, -rest);
		*out = 0.5 * (log(n / rest / k) - MLOPS_LN_2PI) + mlops_stirling_error(n)
			- mlops_stirling_error(k) - mlops_stirling_error(rest)
			- mlops_deviance(k, n * p / k, diff / k)
			- mlops_deviance(rest, n * (1 - p) / rest, -diff / rest);
	}
	return MLOPS_OK;
}

mlops_status
mlops_poisson_ln_point(double k, double mean, double *out)
{
	if (isnan(k) || (k > MAX_COUNT && !isinf(k)) || !(mean >= 0) || isinf(mean))
		return MLOPS_DOMAIN;
	if (k < 0 || isinf(k) || floor(k) != k)
		*out = -INFINITY;
	else if (mean == 0)
		*out = k == 0 ? 0 : -INFINITY;
	else if (k == 0)
		*out = -mean;
	else
		*out = -0.5 * (MLOPS_LN_2PI + log(k)) - mlops_stirling_error(k)
			- mlops_deviance(k, mean / k, (mean - k) / k);
	return MLOPS_OK;
}

/* ---------------------------------------------------------------- quantiles */

/* Is P(X <= k) >= q, that is, is the tail at k on the right side of ln_q?  False after an error. */
static bool
reached(const distribution *d, double k, double ln_q, bool upper, mlops_status *status)
{
	double		slack = 1e-13 + 1e-15 * fabs(ln_q);
	mlops_tails t;

	if (*status != MLOPS_OK)
		return false;
	*status = d->binomial ? mlops_binomial_tails(k, d->n, d->p, &t) : mlops_poisson_tails(k, d->mean, &t);
	if (*status != MLOPS_OK)
		return false;
	return upper ? t.ln_upper <= ln_q + slack : t.ln_lower >= ln_q - slack;
}

/*
 * Smallest k at which the tail has passed ln_q <= ln 1/2: from the normal
 * approximation by doubling steps to a bracket, then bisection.
 */
static mlops_status
discrete_quantile(const distribution *d, double ln_q, bool upper, double *out)
{
	mlops_status status = MLOPS_OK;
	double		z = mlops_normal_quantile_upper_ln(ln_q);
	double		top = d->binomial ? d->n : MAX_COUNT;
	double		k = floor(fmin(fmax(d->mean + (upper ? z : -z) * d->sd, 0), top));
	double		step = fmax(1, floor(d->sd / 64));
	double		lo;				/* not reached */
	double		hi;				/* reached */

	if (reached(d, k, ln_q, upper, &status))
	{
		for (hi = k, lo = k - step; lo >= 0 && reached(d, lo, ln_q, upper, &status); lo = hi - step)
		{
			hi = lo;
			step *= 2;
		}
		lo = fmax(lo, -1);
	}
	else
	{
		for (lo = k, hi = k + step; hi < top && status == MLOPS_OK && !reached(d, hi, ln_q, upper, &status); hi = lo + step)
		{
			lo = hi;
			step *= 2;
		}
		hi = fmin(hi, top);
	}
	while (hi - lo > 1 && status == MLOPS_OK)
	{
		double		middle = floor(lo + 0.5 * (hi - lo));

		if (reached(d, middle, ln_q, upper, &status))
			hi = middle;
		else
			lo = middle;
	}
	*out = hi;
	return status;
}

/* The same from q or ln q: the smaller of the two tails is compared. */
static mlops_status
from_q(const distribution *d, double q, bool upper, double *k)
{
	if (!(q > 0) || !(q < 1))
		return MLOPS_DOMAIN;
	return q <= 0.5 ? discrete_quantile(d, log(q), upper, k) : discrete_quantile(d, log1p(-q), !upper, k);
}

static mlops_status
from_ln_q(const distribution *d, double ln_q, bool upper, double *k)
{
	if (!(ln_q < 0) || isinf(ln_q))
		return MLOPS_DOMAIN;
	if (ln_q <= -MLOPS_LN2)
		return discrete_quantile(d, ln_q, upper, k);
	return discrete_quantile(d, log(-expm1(ln_q)), !upper, k);
}

static mlops_status
binomial(double n, double p, distribution *d)
{
	if (!(n >= 0) || n > MAX_COUNT || floor(n) != n || !(p >= 0) || !(p <= 1))
		return MLOPS_DOMAIN;
	*d = (distribution) {true, n, p, n * p, sqrt(n * p * (1 - p))};
	return MLOPS_OK;
}

static mlops_status
poisson(double mean, distribution *d)
{
	if (!(mean >= 0) || mean > MAX_COUNT / 4)
		return MLOPS_DOMAIN;
	*d = (distribution) {false, 0, 0, mean, sqrt(mean)};
	return MLOPS_OK;
}

mlops_status
mlops_binomial_quantile(double q, bool upper, double n, double p, double *k)
{
	distribution d;
	mlops_status status = binomial(n, p, &d);

	return status == MLOPS_OK ? from_q(&d, q, upper, k) : status;
}

mlops_status
mlops_binomial_quantile_ln(double ln_q, bool upper, double n, double p, double *k)
{
	distribution d;
	mlops_status status = binomial(n, p, &d);

	return status == MLOPS_OK ? from_ln_q(&d, ln_q, upper, k) : status;
}

mlops_status
mlops_poisson_quantile(double q, bool upper, double mean, double *k)
{
	distribution d;
	mlops_status status = poisson(mean, &d);

	return status == MLOPS_OK ? from_q(&d, q, upper, k) : status;
}

mlops_status
mlops_poisson_quantile_ln(double ln_q, bool upper, double mean, double *k)
{
	distribution d;
	mlops_status status = poisson(mean, &d);

	return status == MLOPS_OK ? from_ln_q(&d, ln_q, upper, k) : status;
}
