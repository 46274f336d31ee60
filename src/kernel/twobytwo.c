/*
 * twobytwo.c
 *		Tests of 2 x 2 tables.  See twobytwo.h.
 */
#include "kernel/twobytwo.h"

#include <math.h>

#include "kernel/special.h"

/* Margins of the table; the cell of current successes runs from low to high. */
typedef struct margins
{
	double		row;			/* current rows */
	double		other_row;
	double		column;			/* successes */
	double		other_column;
	double		total;
	double		low;
	double		high;
} margins;

static mlops_status
check_table(const mlops_twobytwo *t, mlops_test *out, margins *g)
{
	const double cell[4] = {t->reference_success, t->reference_failure, t->current_success, t->current_failure};

	*out = MLOPS_NO_TEST(t->reference_success + t->reference_failure,
						 t->current_success + t->current_failure);
	for (int i = 0; i < 4; i++)
		if (!(cell[i] >= 0) || isinf(cell[i]) || cell[i] != floor(cell[i]))
			return MLOPS_DOMAIN;
	g->row = out->m;
	g->other_row = out->n;
	g->column = t->reference_success + t->current_success;
	g->other_column = t->reference_failure + t->current_failure;
	g->total = out->n + out->m;
	g->low = fmax(0, g->row - g->other_column);
	g->high = fmin(g->row, g->column);
	if (!(out->n > 0) || !(out->m > 0))
	{
		out->reason = out->n > 0 ? "no current rows" : "no reference rows";
		return MLOPS_EMPTY;
	}
	if (!(g->column > 0) || !(g->other_column > 0))
	{
		out->reason = "one category";
		return MLOPS_DEGENERATE;
	}
	return MLOPS_OK;
}

/* a d - b c to the last digit but one (Kahan): the products are not rounded. */
static double
determinant(double a, double b, double c, double d)
{
	double		w = b * c;

	return fma(a, d, -w) + fma(-b, c, w);
}

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

/*
 * Logarithm of the hypergeometric probability of x current successes.  The
 * factorials are taken apart as in Loader (2000): what is large cancels in
 * closed form, and what is left is half the G statistic, a sum of terms that
 * are never negative.
 */
static double
ln_probability(const margins *g, double x)
{
	double		a = x;
	double		b = g->row - x;
	double		c = g->column - x;
	double		d = g->other_row - c;
	double		excess = determinant(a, b, c, d) / g->total;
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
static double
tail(const margins *g, double x, bool up)
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

/*
 * The table nearest to the mode, on its other side, that is not more probable
 * than ln_p; false if all of them are.  The probability falls from the mode on.
 */
static bool
opposite(const margins *g, double mode, double ln_p, bool up, double *y)
{
	double		inside = mode;
	double		outside = up ? g->high : g->low;

	if (inside == outside || ln_probability(g, outside) > ln_p)
		return false;
	while (fabs(outside - inside) > 1)
	{
		double		middle = floor(inside + (outside - inside) / 2);

		if (ln_probability(g, middle) > ln_p)
			inside = middle;
		else
			outside = middle;
	}
	*y = outside;
	return true;
}

mlops_status
mlops_fisher_test(const mlops_twobytwo *t, mlops_test *out)
{
	margins		g;
	mlops_status status = check_table(t, out, &g);
	double		x = t->current_success;
	double		mode,
				ln_x,
				tied,
				y;

	if (status != MLOPS_OK)
		return status;
	if (g.total > MLOPS_FISHER_MAX_ROWS)
	{
		out->reason = "too many rows";
		return MLOPS_DOMAIN;
	}
	out->statistic = x;
	out->measure = "odds ratio";
	out->effect = (x * t->reference_failure) / (t->current_failure * t->reference_success);
	mode = floor((g.row + 1) * ((g.column + 1) / (g.total + 2)));
	mode = fmin(fmax(mode, g.low), g.high);
	ln_x = ln_probability(&g, x);
	/* tables that are equally probable must not differ by rounding */
	tied = ln_x + 1e-13 * (100 + fabs(ln_x));
	if (x == mode || ln_probability(&g, mode) <= tied)
	{
		out->p = 1;
		out->ln_p = 0;
		return MLOPS_OK;
	}
	out->ln_p = tail(&g, x, x > mode);
	if (opposite(&g, mode, tied, x < mode, &y))
		out->ln_p += exp(ln_probability(&g, y) - ln_x) * tail(&g, y, x < mode);
	out->ln_p = fmin(0, ln_x + log(out->ln_p));
	out->p = exp(out->ln_p);
	return MLOPS_OK;
}

mlops_status
mlops_z_test(const mlops_twobytwo *t, mlops_test *out)
{
	margins		g;
	mlops_status status = check_table(t, out, &g);
	double		d;

	if (status != MLOPS_OK)
		return status;
	/* z = (ad - bc) / sqrt(product of the margins / N): no difference of shares */
	d = determinant(t->current_success, t->current_failure, t->reference_success, t->reference_failure);
	out->statistic = d / sqrt(g.column) / sqrt(g.other_column)
		/ sqrt(g.row) / sqrt(g.other_row) * sqrt(g.total);
	out->p = fmin(1, 2 * mlops_normal_sf(fabs(out->statistic)));
	out->ln_p = fmin(0, MLOPS_LN2 + mlops_normal_ln_sf(fabs(out->statistic)));
	/* asin sqrt p = atan2(sqrt successes, sqrt failures) */
	out->measure = "Cohen's h";
	out->effect = 2 * (atan2(sqrt(t->current_success), sqrt(t->current_failure))
					   - atan2(sqrt(t->reference_success), sqrt(t->reference_failure)));
	return MLOPS_OK;
}
