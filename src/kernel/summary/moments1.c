/*
 * moments1.c
 *		Central moments: exact per batch about the batch's own mean, batches
 *		joined with the pairwise formulas of Chan, Golub and LeVeque (1979) and
 *		Pebay (2008, SAND2008-6212, equations 2.1 and 3.1).
 */
#include "kernel/summary/moments1.h"

#include <math.h>

/*
 * Independent sums side by side: the compiler may put them into vector
 * registers of any width without changing the result.
 */
#define LANES 8

static double
lane_sum(const double *lane)
{
	return ((lane[0] + lane[4]) + (lane[2] + lane[6])) +
		((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

/* Sum of two numbers and what its rounding left out (Knuth's two-sum). */
static void
set_mean(mlops_moments1 *m, double a, double b)
{
	double		sum = a + b;
	double		part = sum - a;

	m->mean = sum;
	m->mean_low = (a - (sum - part)) + (b - part);
	if (!isfinite(m->mean_low))
		m->mean_low = 0;
}

/* A power sum that does not fit a double poisons the higher ones as well. */
static void
settle(mlops_moments1 *m)
{
	if (m->min == m->max)
	{
		m->mean = m->min;
		m->mean_low = m->m2 = m->m3 = m->m4 = 0;
		return;
	}
	if (!isfinite(m->m2))
		m->m2 = m->m3 = m->m4 = INFINITY;
	if (!isfinite(m->m3) || !isfinite(m->m4))
		m->m3 = m->m4 = INFINITY;
	/* nor may rounding make a sum of squares negative, or push the mean out of the data */
	m->m2 = m->m2 < 0 ? 0 : m->m2;
	m->m4 = m->m4 < 0 ? 0 : m->m4;
	if (m->mean < m->min || m->mean > m->max)
	{
		m->mean = m->mean < m->min ? m->min : m->max;
		m->mean_low = 0;
	}
}

/*
 * mlops_batch_look turns -0.0 into 0.0 and finds sum, extremes and number of
 * zeros of x[0..n), n > 0, or that some value is not finite.
 */
void
mlops_batch_look(double *x, size_t n, mlops_batch_scan *out)
{
	double		sum[LANES] = {0};
	double		bad[LANES] = {0};
	double		lo[LANES];
	double		hi[LANES];
	uint64_t	zeros = 0;
	size_t		i = 0;

	for (int l = 0; l < LANES; l++)
		lo[l] = hi[l] = x[0] + 0.0;
	for (; i + LANES <= n; i += LANES)
		for (int l = 0; l < LANES; l++)
		{
			double		v = x[i + l] + 0.0;

			x[i + l] = v;
			sum[l] += v;
			bad[l] += v * 0.0;	/* NaN unless v is finite */
			lo[l] = v < lo[l] ? v : lo[l];
			hi[l] = v > hi[l] ? v : hi[l];
		}
	for (; i < n; i++)
	{
		double		v = x[i] + 0.0;

		x[i] = v;
		sum[0] += v;
		bad[0] += v * 0.0;
		lo[0] = v < lo[0] ? v : lo[0];
		hi[0] = v > hi[0] ? v : hi[0];
	}
	out->finite = lane_sum(bad) == 0;
	out->sum = lane_sum(sum);
	for (int l = 1; l < LANES; l++)
	{
		lo[0] = lo[l] < lo[0] ? lo[l] : lo[0];
		hi[0] = hi[l] > hi[0] ? hi[l] : hi[0];
	}
	out->min = lo[0];
	out->max = hi[0];
	if (lo[0] <= 0 && hi[0] >= 0)
		for (i = 0; i < n; i++)
			zeros += x[i] == 0;
	out->zeros = zeros;
}

/* Sums of the powers 1 to 4 of (x - mean). */
static void
power_sums(const double *x, size_t n, double mean, double *s)
{
	double		p1[LANES] = {0};
	double		p2[LANES] = {0};
	double		p3[LANES] = {0};
	double		p4[LANES] = {0};
	size_t		i = 0;

	for (; i + LANES <= n; i += LANES)
		for (int l = 0; l < LANES; l++)
		{
			double		d = x[i + l] - mean;
			double		d2 = d * d;

			p1[l] += d;
			p2[l] += d2;
			p3[l] += d2 * d;
			p4[l] += d2 * d2;
		}
	for (; i < n; i++)
	{
		double		d = x[i] - mean;
		double		d2 = d * d;

		p1[0] += d;
		p2[0] += d2;
		p3[0] += d2 * d;
		p4[0] += d2 * d2;
	}
	s[0] = lane_sum(p1);
	s[1] = lane_sum(p2);
	s[2] = lane_sum(p3);
	s[3] = lane_sum(p4);
}

/*
 * mlops_moments1_batch: moments of x[0..n), n > 0, all finite; `scan` is what
 * mlops_batch_look found.  The mean of the batch is rounded, so the sum of the
 * deviations from it is not quite zero: it is the rest of the mean, and the
 * sums of powers are shifted by it (for the second one this is the corrected
 * two-pass algorithm of Chan, Golub and LeVeque 1983).
 */
void
mlops_moments1_batch(const double *x, size_t n, const mlops_batch_scan *scan,
					 mlops_moments1 *out)
{
	double		s[4];
	double		mean = scan->sum / (double) n;
	double		rest;

	if (!isfinite(mean))
	{
		/* the sum overflowed, the mean need not */
		mean = 0;
		for (size_t i = 0; i < n; i++)
			mean += x[i] / (double) n;
	}
	power_sums(x, n, mean, s);
	rest = isfinite(s[0]) ? s[0] / (double) n : 0;
	out->n = n;
	out->min = scan->min;
	out->max = scan->max;
	set_mean(out, mean, rest);
	out->m2 = s[1] - rest * s[0];
	out->m3 = s[2] - rest * (3 * s[1] - 2 * rest * s[0]);
	out->m4 = s[3] - rest * (4 * s[2] - rest * (6 * s[1] - 3 * rest * s[0]));
	settle(out);
}

/*
 * mlops_moments1_merge: `into` becomes the moments of both sets of values.
 */
void
mlops_moments1_merge(mlops_moments1 *into, const mlops_moments1 *from)
{
	const mlops_moments1 a = *into;
	const mlops_moments1 *b = from;
	double		na = (double) a.n;
	double		pa;
	double		pb;
	double		d;
	double		d2;

	if (b->n == 0)
		return;
	if (a.n == 0)
	{
		*into = *b;
		return;
	}
	into->n = a.n + b->n;
	into->min = b->min < a.min ? b->min : a.min;
	into->max = b->max > a.max ? b->max : a.max;
	pa = na / (double) into->n;
	pb = (double) b->n / (double) into->n;
	d = (b->mean - a.mean) + (b->mean_low - a.mean_low);
	d2 = d * d;
	if (isfinite(d))
		set_mean(into, a.mean, a.mean_low + d * pb);
	else
		set_mean(into, a.mean * pa, b->mean * pb);
	into->m2 = a.m2 + b->m2 + d2 * na * pb;
	into->m3 = a.m3 + b->m3 + d2 * d * na * pb * (pa - pb) +
		3 * d * (pa * b->m2 - pb * a.m2);
	into->m4 = a.m4 + b->m4 + d2 * d2 * na * pb * (pa * pa - pa * pb + pb * pb) +
		6 * d2 * (pa * pa * b->m2 + pb * pb * a.m2) +
		4 * d * (pa * b->m3 - pb * a.m3);
	settle(into);
}

/*
 * mlops_moments1_variance: unbiased sample variance, m2 / (n - 1).
 * MLOPS_EMPTY for fewer than two values, MLOPS_DOMAIN if it does not fit.
 */
mlops_status
mlops_moments1_variance(const mlops_moments1 *m, double *out)
{
	if (m->n < 2)
		return MLOPS_EMPTY;
	if (!isfinite(m->m2))
		return MLOPS_DOMAIN;
	*out = m->m2 / (double) (m->n - 1);
	return MLOPS_OK;
}

/*
 * mlops_moments1_skewness: g1 = sqrt(n) m3 / m2^1.5, the population form
 * (scipy.stats.skew with bias=True).  MLOPS_DEGENERATE at zero variance.
 */
mlops_status
mlops_moments1_skewness(const mlops_moments1 *m, double *out)
{
	if (m->n < 1)
		return MLOPS_EMPTY;
	if (!isfinite(m->m3) || !isfinite(m->m2))
		return MLOPS_DOMAIN;
	if (!(m->m2 > 0))
		return MLOPS_DEGENERATE;
	*out = sqrt((double) m->n) * (m->m3 / m->m2) / sqrt(m->m2);
	return isfinite(*out) ? MLOPS_OK : MLOPS_DOMAIN;
}

/*
 * mlops_moments1_kurtosis: excess g2 = n m4 / m2^2 - 3, the population form
 * (scipy.stats.kurtosis with bias=True).
 */
mlops_status
mlops_moments1_kurtosis(const mlops_moments1 *m, double *out)
{
	if (m->n < 1)
		return MLOPS_EMPTY;
	if (!isfinite(m->m4) || !isfinite(m->m2))
		return MLOPS_DOMAIN;
	if (!(m->m2 > 0))
		return MLOPS_DEGENERATE;
	*out = (double) m->n * (m->m4 / m->m2) / m->m2 - 3;
	return isfinite(*out) ? MLOPS_OK : MLOPS_DOMAIN;
}
