/*
 * online_fdr.c
 *		Online control of the false discovery rate.  See online_fdr.h.
 */
#include "kernel/multiplicity/online_fdr.h"

#include <math.h>

/* Javanmard and Montanari's constant; their sequence then sums to 0.976. */
#define LORD_SCALE 0.07720838

/* From here on its sum over this many terms is the integral of lord_integral(). */
#define LORD_SMOOTH 2048
#define LORD_MANY 32

/* 1 / zeta(1.6), rounded down: the sum must not exceed 1. */
#define POWER_SCALE 0.43749016577447359

double
mlops_online_gamma(uint32_t method, int64_t m)
{
	double		x = (double) m;
	double		l;

	if (method != MLOPS_LORD_PLUS_PLUS)
		return POWER_SCALE * pow(x, -1.6);
	l = log(x);
	return LORD_SCALE * (m < 2 ? log(2) : l) / (x * exp(sqrt(l)));
}

/*
 * Sum of LORD++'s g(m) over a <= m <= b, a >= LORD_SMOOTH, by the midpoint form
 * of Euler and Maclaurin's formula: the integral of g over [a - 1/2, b + 1/2]
 * less 1/24 of what g' grows by.  What follows in the formula is below 1e-15 of
 * the sum there.  With u = sqrt(log x) the integrand is 2 u^3 exp(-u), for
 * which ten points of Gauss and Legendre are exact to rounding; the length of
 * the interval is computed without the difference of its ends, so that the
 * relative error does not depend on where it is.
 */
static double
lord_integral(int64_t a, int64_t b)
{
	static const double node[5] = {0.14887433898163122, 0.43339539412924719, 0.67940956829902441,
	0.86506336668898451, 0.97390652851717172};
	static const double weight[5] = {0.29552422471475287, 0.26926671930999636, 0.21908636251598204,
	0.14945134915058059, 0.066671344308688138};
	double		end[2] = {(double) a - 0.5, (double) b + 0.5};
	double		u[2];
	double		slope[2];
	double		half;
	double		sum = 0;

	for (int i = 0; i < 2; i++)
	{
		double		l = log(end[i]);

		u[i] = sqrt(l);
		slope[i] = l * exp(-u[i]) / (end[i] * end[i]) * (1 / l - 1 - 0.5 / u[i]);
	}
	half = 0.5 * log1p((double) (b - a + 1) / end[0]) / (u[0] + u[1]);
	for (int i = 0; i < 10; i++)
	{
		double		x = u[0] + half + (i < 5 ? node[i] : -node[i - 5]) * half;

		sum += weight[i % 5] * 2 * x * x * x * exp(-x);
	}
	return LORD_SCALE * (half * sum - (slope[1] - slope[0]) / 24);
}

/* Sum of LORD++'s g(m) over a <= m <= b, the largest m first. */
static double
lord_sum(int64_t a, int64_t b)
{
	double		sum = 0;
	int64_t		smooth = a < LORD_SMOOTH ? LORD_SMOOTH : a;

	if (b - smooth >= LORD_MANY)
	{
		sum = lord_integral(smooth, b);
		b = smooth - 1;
	}
	for (; b >= a; b--)
		sum += mlops_online_gamma(MLOPS_LORD_PLUS_PLUS, b);
	return sum;
}

double
mlops_online_level(const mlops_online_stream *s, const mlops_online_run *run)
{
	bool		lord = s->method == MLOPS_LORD_PLUS_PLUS;
	double		wealth = s->w0 * mlops_online_gamma(s->method, s->clock + 1);
	double		sum = 0;

	/* oldest first, the small terms: the order of the sum is part of the result */
	for (uint32_t i = 0; i < s->runs; i++)
	{
		int64_t		age = s->clock - run[i].first + 1;
		int64_t		rest = run[i].length;

		if (i == 0)
		{
			wealth += (s->alpha - s->w0) * mlops_online_gamma(s->method, age);
			rest--;
			age -= lord;
		}
		if (rest <= 0)
			continue;
		if (lord)
			sum += lord_sum(age - rest + 1, age);
		else
			sum += (double) rest * mlops_online_gamma(s->method, age);
	}
	wealth += s->alpha * sum;
	if (lord)
		return wealth;
	return fmin(s->lambda, ((s->method == MLOPS_SAFFRON ? 1 : s->tau) - s->lambda) * wealth);
}

mlops_status
mlops_online_test(mlops_online_stream *s, mlops_online_run *run, uint32_t capacity, double p)
{
	bool		lord = s->method == MLOPS_LORD_PLUS_PLUS;
	double		level;
	bool		rejected;
	int64_t		clock = s->clock;

	if (!(p >= 0 && p <= 1))
		return MLOPS_DOMAIN;
	if (s->tests >= MLOPS_ONLINE_MAX_TESTS)
		return MLOPS_NOSPACE;
	level = mlops_online_level(s, run);
	rejected = p <= level;
	if (lord || (p > s->lambda && (s->method == MLOPS_SAFFRON || p <= s->tau)))
		clock++;
	if (rejected)
	{
		mlops_online_run *last = s->runs > 0 ? &run[s->runs - 1] : NULL;

		if (last != NULL && clock == last->first + (lord ? last->length : 0))
			last->length++;
		else if (s->runs < capacity)
			run[s->runs++] = (mlops_online_run) {clock, 1};
		else
			return MLOPS_NOSPACE;
		s->rejections++;
	}
	s->clock = clock;
	s->tests++;
	s->last_level = level;
	s->last_rejected = rejected;
	return MLOPS_OK;
}
