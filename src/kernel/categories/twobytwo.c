/*
 * twobytwo.c
 *		Tests of 2 x 2 tables.  See twobytwo.h.
 */
#include "kernel/categories/twobytwo.h"

#include <math.h>

#include "kernel/categories/odds.h"
#include "kernel/special/special.h"

static mlops_status
check_table(const mlops_twobytwo *t, mlops_test *out, mlops_margins *g)
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

/*
 * The table nearest to the mode, on its other side, that is not more probable
 * than ln_p; false if all of them are.  The probability falls from the mode on.
 */
static bool
opposite(const mlops_margins *g, double mode, double ln_p, bool up, double *y)
{
	double		inside = mode;
	double		outside = up ? g->high : g->low;

	if (inside == outside || mlops_hypergeometric_ln(g, outside) > ln_p)
		return false;
	while (fabs(outside - inside) > 1)
	{
		double		middle = floor(inside + (outside - inside) / 2);

		if (mlops_hypergeometric_ln(g, middle) > ln_p)
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
	mlops_margins g;
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
	mlops_odds_limit(&g, x, 0.5 * (1 - MLOPS_EFFECT_CONFIDENCE), false, &out->effect_lower);
	mlops_odds_limit(&g, x, 0.5 * (1 - MLOPS_EFFECT_CONFIDENCE), true, &out->effect_upper);
	mode = floor((g.row + 1) * ((g.column + 1) / (g.total + 2)));
	mode = fmin(fmax(mode, g.low), g.high);
	ln_x = mlops_hypergeometric_ln(&g, x);
	/* tables that are equally probable must not differ by rounding */
	tied = ln_x + 1e-13 * (100 + fabs(ln_x));
	if (x == mode || mlops_hypergeometric_ln(&g, mode) <= tied)
	{
		out->p = 1;
		out->ln_p = 0;
		return MLOPS_OK;
	}
	out->ln_p = mlops_hypergeometric_tail(&g, x, x > mode);
	if (opposite(&g, mode, tied, x < mode, &y))
		out->ln_p += exp(mlops_hypergeometric_ln(&g, y) - ln_x) * mlops_hypergeometric_tail(&g, y, x < mode);
	out->ln_p = fmin(0, ln_x + log(out->ln_p));
	out->p = exp(out->ln_p);
	return MLOPS_OK;
}

/* 2 asin sqrt p = 2 atan2(sqrt successes, sqrt failures) */
static double
arcsine(double success, double failure)
{
	return 2 * atan2(sqrt(success), sqrt(failure));
}

/*
 * Limits of 2 asin sqrt p from Wilson's of p, the solutions of
 * (p - success / n)^2 = z^2 p (1 - p) / n: right where a cell is empty.
 */
static void
arcsine_limits(double success, double failure, double z, double *lower, double *upper)
{
	double		half = 0.5 * z * z;
	double		width = z * sqrt(success / (success + failure) * failure + 0.5 * half);

	/* shares are (success + half -+ width) / (n + 2 half) */
	*lower = arcsine(success > 0 ? fmax(success + half - width, 0) : 0, failure + half + width);
	*upper = arcsine(success + half + width, failure > 0 ? fmax(failure + half - width, 0) : 0);
}

/*
 * Interval of h = difference of two arcsines from the interval of each (Newcombe's
 * square and add); where no cell is small it is h -+ z sqrt(1/n + 1/m).
 */
static void
cohen_h(const mlops_twobytwo *t, mlops_test *out)
{
	double		z = mlops_normal_quantile_upper(0.5 * (1 - MLOPS_EFFECT_CONFIDENCE));
	double		q = arcsine(t->current_success, t->current_failure);
	double		p = arcsine(t->reference_success, t->reference_failure);
	double		q_lower,
				q_upper,
				p_lower,
				p_upper;

	arcsine_limits(t->current_success, t->current_failure, z, &q_lower, &q_upper);
	arcsine_limits(t->reference_success, t->reference_failure, z, &p_lower, &p_upper);
	out->measure = "Cohen's h";
	out->effect = q - p;
	out->effect_lower = out->effect - hypot(q - q_lower, p_upper - p);
	out->effect_upper = out->effect + hypot(q_upper - q, p - p_lower);
}

mlops_status
mlops_z_test(const mlops_twobytwo *t, mlops_test *out)
{
	mlops_margins g;
	mlops_status status = check_table(t, out, &g);
	double		d;

	if (status != MLOPS_OK)
		return status;
	/* z = (ad - bc) / sqrt(product of the margins / N): no difference of shares */
	d = mlops_determinant(t->current_success, t->current_failure, t->reference_success, t->reference_failure);
	out->statistic = d / sqrt(g.column) / sqrt(g.other_column)
		/ sqrt(g.row) / sqrt(g.other_row) * sqrt(g.total);
	out->p = fmin(1, 2 * mlops_normal_sf(fabs(out->statistic)));
	out->ln_p = fmin(0, MLOPS_LN2 + mlops_normal_ln_sf(fabs(out->statistic)));
	cohen_h(t, out);
	return MLOPS_OK;
}
