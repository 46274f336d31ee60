/*
 * odds.c
 *		Interval of the odds ratio of a 2 x 2 table with given margins.
 */
#include "kernel/categories/odds.h"

#include <float.h>
#include <math.h>

#include "kernel/special/root.h"
#include "kernel/special/special.h"

/* From this standard deviation on, sums over cells are integrals. */
#define SMOOTH_SD 1000.0

/* ln x! - (x ln x - x) */
static double
ln_factorial_rest(double x)
{
	return x > 0 ? mlops_stirling_error(x) + 0.5 * (log(x) + MLOPS_LN_2PI) : 0;
}

/* o ln(o / e) - o + e, given excess = o - e; e when o is 0. */
static double
cell_deviance(double o, double excess)
{
	double		x = -excess / o;

	if (!(o > 0))
		return -excess;
	if (fabs(x) < 0.5)
		return -o * mlops_log1pmx(x);
	return o * (x - log1p(x));
}

/* a d - b c to the last digit but one (Kahan): the products are not rounded. */
double
mlops_determinant(double a, double b, double c, double d)
{
	double		w = b * c;

	return fma(a, d, -w) + fma(-b, c, w);
}

/*
 * The factorials are taken apart as in Loader (2000): what is large cancels in
 * closed form, and what is left is half the G statistic, a sum of terms that
 * are never negative.
 */
double
mlops_hypergeometric_ln(const mlops_margins *g, double x)
{
	double		a = x;
	double		b = g->row - x;
	double		c = g->column - x;
	double		d = g->other_row - c;
	double		excess = mlops_determinant(a, b, c, d) / g->total;
	double		rest;

	rest = ln_factorial_rest(g->row) + ln_factorial_rest(g->other_row)
		+ ln_factorial_rest(g->column) + ln_factorial_rest(g->other_column)
		- ln_factorial_rest(g->total)
		- ln_factorial_rest(a) - ln_factorial_rest(b)
		- ln_factorial_rest(c) - ln_factorial_rest(d);
	return rest - cell_deviance(a, excess) - cell_deviance(b, -excess)
		- cell_deviance(c, -excess) - cell_deviance(d, excess);
}

/*
 * Sum of the probabilities from x outwards, in units of that of x.  Away from
 * the mode the ratios fall, so the rest is below term / (1 - ratio).
 */
double
mlops_hypergeometric_tail(const mlops_margins *g, double x, bool up)
{
	double		a = x;
	double		b = g->row - x;
	double		c = g->column - x;
	double		d = g->other_row - c;
	double		sum = 1;
	double		term = 1;

	while (up ? a < g->high : a > g->low)
	{
		double		ratio = up ? b / (a + 1) * (c / (d + 1)) : a / (b + 1) * (d / (c + 1));
		double		step = up ? 1 : -1;

		term *= ratio;
		sum += term;
		a += step;
		b -= step;
		c -= step;
		d += step;
		if (ratio < 1 && term * ratio < 1e-17 * sum * (1 - ratio))
			break;
	}
	return sum;
}

double
mlops_hypergeometric_ln_upper(const mlops_margins *g, double x)
{
	double		mode = floor((g->row + 1) * ((g->column + 1) / (g->total + 2)));

	if (x <= g->low)
		return 0;
	if (x > g->high)
		return -INFINITY;
	if (x > mode)
		return fmin(0, mlops_hypergeometric_ln(g, x) + log(mlops_hypergeometric_tail(g, x, true)));
	return log1p(-fmin(1, exp(mlops_hypergeometric_ln(g, x - 1)) * mlops_hypergeometric_tail(g, x - 1, false)));
}

/* How much more probable y + 1 is than y at this odds ratio; falls with y. */
static double
ratio_up(const mlops_margins *g, double omega, double y)
{
	double		d = g->other_row - g->column + y;

	return omega * ((g->row - y) / (y + 1)) * ((g->column - y) / (d + 1));
}

/* The most probable cell at this odds ratio. */
static double
mode_at(const mlops_margins *g, double omega)
{
	double		low = g->low;
	double		high = g->high;

	while (low < high)
	{
		double		middle = floor(low + (high - low) / 2);

		if (ratio_up(g, omega, middle) > 1)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Sums of the probabilities below x and from x on, in units of that of the mode. */
static void
sum_cells(const mlops_margins *g, double omega, double mode, double x, double *below, double *above)
{
	double		term = 1;

	*below = mode < x;
	*above = mode >= x;
	for (double y = mode; y < g->high && term > 0; y++)
	{
		double		ratio = ratio_up(g, omega, y);

		term *= ratio;
		*(y + 1 < x ? below : above) += term;
		/* the rest is below term ratio / (1 - ratio): nothing for the sum it goes to */
		if (ratio < 1 && y + 1 >= x && term * ratio < 1e-17 * *above * (1 - ratio))
			break;
	}
	term = 1;
	for (double y = mode; y > g->low && term > 0; y--)
	{
		double		ratio = 1 / ratio_up(g, omega, y - 1);

		term *= ratio;
		*(y - 1 < x ? below : above) += term;
		if (ratio < 1 && y - 1 < x && term * ratio < 1e-17 * *below * (1 - ratio))
			break;
	}
}

/* Gauss and Legendre's rule with 10 points, and its weights. */
static const double gauss_x[5] = {0.1488743389816312, 0.4333953941292472, 0.6794095682990244, 0.8650633666889845, 0.9739065285171717};
static const double gauss_w[5] = {0.2955242247147529, 0.2692667193099964, 0.2190863625159820, 0.1494513491505806, 0.0666713443086881};

/* Integral of the probability, as a smooth function, from x - 1/2 away from it. */
static double
integrate(const mlops_margins *g, double ln_omega, double mode, double ln_mode, double sd, double x, bool up)
{
	double		start = x - 0.5;
	double		end = up ? g->high + 0.5 : g->low - 0.5;
	double		sum = 0;

	/* nothing counts far from the mode */
	if (up)
	{
		start = fmax(start, mode - 14 * sd);
		end = fmin(end, fmax(mode, x) + 14 * sd);
	}
	else
	{
		start = fmin(start, mode + 14 * sd);
		end = fmax(end, fmin(mode, x) - 14 * sd);
	}
	for (int panels = (int) ceil(fabs(end - start) / sd), i = 0; i < panels; i++)
	{
		double		half = 0.5 * (end - start) / panels;
		double		middle = start + (2 * i + 1) * half;

		for (int j = -5; j < 5; j++)
		{
			int			k = j < 0 ? -j - 1 : j;
			double		y = middle + (j < 0 ? -half : half) * gauss_x[k];

			/* between the whole numbers at the edges there is nothing to see */
			if (y > g->low && y < g->high)
				sum += gauss_w[k] * fabs(half)
					* exp(mlops_hypergeometric_ln(g, y) - ln_mode + (y - mode) * ln_omega);
		}
	}
	return sum;
}

/*
 * The same sums by the midpoint form of Euler and Maclaurin: the sum from x on
 * is the integral from x - 1/2, plus f'/24 there; what follows is of the order of
 * 1 / sd^4.
 */
static void
integrate_cells(const mlops_margins *g, double ln_omega, double mode, double sd, double x, double *below, double *above)
{
	double		ln_mode = mlops_hypergeometric_ln(g, mode);
	double		slope = exp(mlops_hypergeometric_ln(g, x) - ln_mode + (x - mode) * ln_omega);

	if (x > g->low)
		slope -= exp(mlops_hypergeometric_ln(g, x - 1) - ln_mode + (x - 1 - mode) * ln_omega);
	*above = integrate(g, ln_omega, mode, ln_mode, sd, x, true) + slope / 24;
	*below = integrate(g, ln_omega, mode, ln_mode, sd, x, false) - slope / 24;
}

typedef struct odds_search
{
	const mlops_margins *g;
	double		x;
	double		z;				/* normal score of P(cell >= x) that is wanted */
} odds_search;

/* How far the normal score of P(cell >= x) is from z: nearly linear in ln omega. */
static mlops_status
score(void *context, double ln_omega, double *out)
{
	const odds_search *s = context;
	const mlops_margins *g = s->g;
	double		omega = exp(ln_omega);
	double		mode = mode_at(g, omega);
	double		below,
				above,
				sd;

	/* of the normal limit: 1 / variance is the sum of 1 / cell */
	sd = 1 / sqrt(1 / (mode + 0.5) + 1 / (g->row - mode + 0.5) + 1 / (g->column - mode + 0.5)
				  + 1 / (g->other_row - g->column + mode + 0.5));
	if (sd > SMOOTH_SD && s->x > g->low && s->x < g->high)
		integrate_cells(g, ln_omega, mode, sd, s->x, &below, &above);
	else
		sum_cells(g, omega, mode, s->x, &below, &above);
	below = fmax(below, 0);
	above = fmax(above, 0);
	if (above < below)
		*out = -mlops_normal_quantile_upper(fmax(above / (above + below), DBL_MIN));
	else
		*out = mlops_normal_quantile_upper(fmax(below / (above + below), DBL_MIN));
	*out -= s->z;
	return MLOPS_OK;
}

mlops_status
mlops_odds_limit(const mlops_margins *g, double x, double p, bool upper, double *limit)
{
	/* P(cell <= x) = p is P(cell >= x + 1) = 1 - p */
	odds_search s = {g, upper ? x + 1 : x, upper ? mlops_normal_quantile_upper(p) : mlops_normal_quantile(p)};
	mlops_root_search search = {0, 0, -700, 700, 1e-13};
	double		cell[4] = {x + 0.5, g->row - x + 0.5, g->column - x + 0.5, g->other_row - g->column + x + 0.5};
	double		se = sqrt(1 / cell[0] + 1 / cell[1] + 1 / cell[2] + 1 / cell[3]);
	double		ln_omega;
	mlops_status status;

	if (!(p > 0 && p < 1) || !(x >= g->low && x <= g->high))
		return MLOPS_DOMAIN;
	if (x == (upper ? g->high : g->low))
	{
		*limit = upper ? INFINITY : 0;
		return MLOPS_OK;
	}
	/* start from Woolf's interval; every half row is there for empty cells */
	search.start = log(cell[0]) + log(cell[3]) - log(cell[1]) - log(cell[2]) + s.z * se;
	search.step = 0.1 * se;
	status = mlops_root(score, &s, &search, &ln_omega);
	*limit = exp(ln_omega);
	return status;
}
