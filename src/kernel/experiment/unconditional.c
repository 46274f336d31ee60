/*
 * unconditional.c
 *		Exact tests of two proportions without conditioning on the events.
 *		See proportions.h.
 *
 * The tables at least as extreme as the observed one are, for every number of
 * events in the low arm, those with at least boundary[events] in the high arm
 * (Barnard's convexity).  Their probability is a smooth function of the one
 * unknown proportion; its maximum is p (Boschloo 1970; Chan 1998 for margins).
 */
#include <math.h>

#include "kernel/categories/odds.h"
#include "kernel/experiment/proportions.h"
#include "kernel/special/special.h"

typedef struct table
{
	int			low_n;
	int			high_n;
	double		difference;
	double		ratio;
	int			boundary[MLOPS_UNCONDITIONAL_MAX];	/* high_n + 1: none */
} table;

/* How extreme a table is, larger is more; ln of Fisher's p without a margin. */
static double
extremeness(const table *t, double low, double high)
{
	mlops_margins g;

	if (t->difference != 0)
		return mlops_score_difference(low, t->low_n, high, t->high_n, t->difference);
	if (t->ratio != 1)
		return mlops_score_ratio(low, t->low_n, high, t->high_n, t->ratio);
	g = (mlops_margins) {.row = t->high_n, .other_row = t->low_n, .column = low + high,
		.other_column = t->low_n + t->high_n - low - high, .total = t->low_n + t->high_n};
	g.low = fmax(0, g.row - g.other_column);
	g.high = fmin(g.row, g.column);
	return -mlops_hypergeometric_ln_upper(&g, high);
}

static void
find_boundary(table *t, int low_events, int high_events)
{
	double		least = extremeness(t, low_events, high_events);
	int			b = 0;

	/* tables that are equally extreme must not differ by rounding */
	least -= 1e-12 * (10 + fabs(least));
	for (int i = 0; i <= t->low_n; i++)
	{
		while (b <= t->high_n && extremeness(t, i, b) < least)
			b++;
		/* the observed table belongs to itself, and what is above or left of it */
		if (i <= low_events && b > high_events)
			b = high_events;
		t->boundary[i] = b;
	}
}

/* Binomial probabilities of 0 .. n, from the mode outwards. */
static void
binomial(int n, double p, double *out)
{
	int			mode = (int) floor((n + 1) * p);
	double		odds = p / (1 - p);

	if (!(p > 0) || !(p < 1))
	{
		for (int i = 0; i <= n; i++)
			out[i] = i == (p > 0 ? n : 0);
		return;
	}
	mode = mode > n ? n : mode;
	out[mode] = exp(lgamma(n + 1.0) - lgamma(mode + 1.0) - lgamma(n - mode + 1.0) + mode * log(p) + (n - mode) * log1p(-p));
	for (int i = mode; i < n; i++)
		out[i + 1] = out[i] * odds * ((double) (n - i) / (i + 1));
	for (int i = mode; i > 0; i--)
		out[i - 1] = out[i] / odds * ((double) i / (n - i + 1));
}

/* Probability of the extreme tables when low's proportion is p. */
static double
probability(const table *t, double p)
{
	double		low[MLOPS_UNCONDITIONAL_MAX];
	double		high[MLOPS_UNCONDITIONAL_MAX + 1];
	double		sum = 0;

	binomial(t->low_n, p, low);
	binomial(t->high_n, fmin(fmax(t->ratio * p + t->difference, 0), 1), high);
	high[t->high_n + 1] = 0;
	for (int i = t->high_n; i > 0; i--)
		high[i - 1] += high[i];
	for (int i = 0; i <= t->low_n; i++)
		sum += low[i] * high[t->boundary[i]];
	return sum;
}

/* Of the angle whose squared sine is the share of the way from one end to the other. */
typedef struct profile
{
	const table *t;
	double		from;
	double		to;
} profile;

static double
at_angle(const profile *f, double angle)
{
	double		s = sin(angle);

	return probability(f->t, f->from + (f->to - f->from) * s * s);
}

/* The largest value in [a, b], where there is one maximum (golden section). */
static double
maximum(const profile *f, double a, double b)
{
	const double golden = 0.61803398874989484820;
	double		x = b - golden * (b - a);
	double		y = a + golden * (b - a);
	double		fx = at_angle(f, x);
	double		fy = at_angle(f, y);

	/* the value at a maximum is right to the square of this */
	while (b - a > 1e-7)
	{
		if (fx > fy)
		{
			b = y;
			y = x;
			fy = fx;
			x = b - golden * (b - a);
			fx = at_angle(f, x);
		}
		else
		{
			a = x;
			x = y;
			fx = fy;
			y = a + golden * (b - a);
			fy = at_angle(f, y);
		}
	}
	return fmax(fx, fy);
}

mlops_status
mlops_unconditional_p(double low_events, double low_n, double high_events, double high_n,
					  double difference, double ratio, double *p)
{
	table		t = {.difference = difference, .ratio = ratio};
	profile		f = {.t = &t, .from = 0, .to = 1};
	int			steps;
	double		step;
	double		value[2] = {-1, -1};
	double		best = 0;

	if (!(low_n + high_n < MLOPS_UNCONDITIONAL_MAX) || !(low_events >= 0 && low_events <= low_n) ||
		!(high_events >= 0 && high_events <= high_n) || !(low_n > 0) || !(high_n > 0) || !(ratio > 0) || (difference != 0 && ratio != 1))
		return MLOPS_DOMAIN;
	t.low_n = (int) low_n;
	t.high_n = (int) high_n;
	find_boundary(&t, (int) low_events, (int) high_events);

	/* the proportions that can be, both of them */
	f.from = fmax(0, -difference);
	f.to = fmin(fmin(1, 1 - difference), 1 / ratio);
	/* binomials are as wide as 1 / (2 sqrt n) on this scale: several points in each */
	steps = 16 + (int) (12 * sqrt(low_n + high_n));
	step = MLOPS_PI / 2 / steps;
	for (int i = 0; i <= steps + 1; i++)
	{
		double		next = i <= steps ? at_angle(&f, i * step) : -1;

		/* the middle one of three is a local maximum that may be the largest */
		if (value[1] >= value[0] && value[1] >= next && value[1] > 0.9 * best)
			best = fmax(best, fmax(value[1], maximum(&f, fmax(i - 2, 0) * step, fmin(i, steps) * step)));
		value[0] = value[1];
		value[1] = next;
	}
	*p = fmin(best, 1);
	return MLOPS_OK;
}
