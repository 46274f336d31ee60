/*
 * odds.h
 *		Hypergeometric distribution of one cell of a 2 x 2 table with given
 *		margins, and the interval of its odds ratio.
 */
#ifndef MLOPS_ODDS_H
#define MLOPS_ODDS_H

#include "kernel/kernel.h"

/* Margins of the table; the cell of current successes runs from low to high. */
typedef struct mlops_margins
{
	double		row;			/* current rows */
	double		other_row;
	double		column;			/* successes */
	double		other_column;
	double		total;
	double		low;
	double		high;
} mlops_margins;

/* a d - b c without cancellation. */
extern double mlops_determinant(double a, double b, double c, double d);

/* ln of the probability that the cell is x when the odds ratio is 1. */
extern double mlops_hypergeometric_ln(const mlops_margins *g, double x);

/*
 * Sum of the probabilities from x outwards, up or down, in units of that of x;
 * made for x on that side of the mode, where it takes few terms.
 */
extern double mlops_hypergeometric_tail(const mlops_margins *g, double x, bool up);

/* ln P(cell >= x), the odds ratio being 1. */
extern double mlops_hypergeometric_ln_upper(const mlops_margins *g, double x);

/*
 * Conditional exact limit of the odds ratio, given that the cell is x: the ratio
 * at which P(cell >= x) = p (lower limit) or P(cell <= x) = p (upper limit) in
 * Fisher's non-central hypergeometric distribution.  0 (infinity) when x is the
 * smallest (largest) possible cell.  Doubles hold the margins, up to 1e15 rows:
 * the time does not grow with them.
 */
extern mlops_status mlops_odds_limit(const mlops_margins *g, double x, double p, bool upper,
									 double *limit);

#endif
