/*
 * mannwhitney.c
 *		Wilcoxon-Mann-Whitney test from the pooled sorted values.
 */
#include "kernel/twosample/mannwhitney.h"

#include <math.h>

#include "kernel/special/special.h"

/*
 * The placement of a current row is twice the reference rows below it, plus those
 * equal to it, minus n: a whole number from -n to n.  The placements of the current rows add up to
 * w = 2 U - n m, those of the reference rows (among the current ones) to -w.
 */
typedef struct mann_whitney_state
{
	double		n;
	double		m;
	double		a;				/* reference rows below */
	double		b;				/* current rows below */
	double		w;				/* and what was lost when it was rounded */
	double		w_rest;
	double		current_squares;	/* of placements of current rows */
	double		reference_squares;
	double		ties;			/* sum of t (N - t) (N + t), t rows of a value */
	double		values;
	/* if exact: arrangements by rows chosen and sum of their ranks */
	int64_t		chosen_rows;	/* the smaller side; 0: not exact */
	int64_t		width;
	double		ways[];
} mann_whitney_state;

/* Sums of doubled ranks, from that of the lowest rows on. */
static double
exact_width(double n, double m)
{
	return 2 * n * m + 1;
}

static bool
is_exact(double n, double m)
{
	return n >= 1 && m >= 1
		&& (n + m) * fmin(n, m) * exact_width(n, m) <= MLOPS_MANN_WHITNEY_EXACT_COST;
}

static size_t
mann_whitney_size(double n, double m, const mlops_twosample_options *options)
{
	size_t		size = sizeof(mann_whitney_state);

	(void) options;
	if (is_exact(n, m))
		size += (size_t) ((fmin(n, m) + 1) * exact_width(n, m)) * sizeof(double);
	return size;
}

static void
mann_whitney_begin(void *state, double n, double m, const mlops_twosample_options *options)
{
	mann_whitney_state *s = state;

	(void) options;
	s->n = n;
	s->m = m;
	if (is_exact(n, m))
	{
		s->chosen_rows = (int64_t) fmin(n, m);
		s->width = (int64_t) exact_width(n, m);
		s->ways[0] = 1;
	}
}

/*
 * Counts the arrangements: ways[k][w] of choosing k of the rows so far, w being
 * the sum of their doubled midranks (0, 2, 4 ... without ties) minus that of the lowest k, k (k
 * - 1).  before: rows with smaller values; t rows of the next.
 */
static void
count_ways(mann_whitney_state *s, int64_t before, int64_t t)
{
	const int64_t rows = (int64_t) (s->n + s->m);
	const int64_t width = s->width;
	const int64_t rank = 2 * before + t - 1;

	for (int64_t row = before; row < before + t; row++)
	{
		int64_t		most = row < s->chosen_rows - 1 ? row : s->chosen_rows - 1;
		int64_t		least = s->chosen_rows - (rows - row);

		for (int64_t k = most; k >= 0 && k >= least; k--)
		{
			const int64_t shift = rank - 2 * k;
			const double *from = s->ways + k * width;
			double	   *to = s->ways + (k + 1) * width;
			/* no sum is farther from the lowest than that of the highest k */
			int64_t		most_from = 2 * k * (before + t - k);
			int64_t		lo = shift < 0 ? -shift : 0;
			int64_t		hi = most_from + shift < width ? most_from : width - 1 - shift;

			for (int64_t w = lo; w <= hi; w++)
				to[w + shift] += from[w];
		}
	}
}

static void
mann_whitney_step(void *state, const mlops_runs *runs)
{
	mann_whitney_state *s = state;
	const double n = s->n;
	const double m = s->m;
	const double rows = n + m;

	for (size_t i = 0; i < runs->n; i++)
	{
		double		r = runs->reference[i];
		double		c = runs->current[i];
		double		t = r + c;
		double		x = 2 * s->a + r - n;
		double		y = 2 * s->b + c - m;
		double		term = c * x;
		double		sum = s->w + term;

		s->w_rest += fabs(s->w) >= fabs(term) ? (s->w - sum) + term : (term - sum) + s->w;
		s->w = sum;
		s->current_squares += term * x;
		s->reference_squares += r * y * y;
		s->ties += t * (rows - t) * (rows + t);
		if (s->chosen_rows > 0)
			count_ways(s, (int64_t) (s->a + s->b), (int64_t) t);
		s->a += r;
		s->b += c;
	}
	s->values += (double) runs->n;
}

/*
 * Share of the arrangements whose w is at least as far from its mean, 0, as the
 * observed one (which does not depend on the side that is chosen).
 */
static void
exact_p(const mann_whitney_state *s, double w, mlops_test *out)
{
	const double *ways = s->ways + s->chosen_rows * s->width;
	double		hits = 0;
	double		all = 0;

	for (int64_t i = 0; i < s->width; i++)
	{
		/* 2 U - n m of the chosen side is its doubled ranks - k (k - 1) - n m */
		all += ways[i];
		if (fabs((double) i - s->n * s->m) >= fabs(w))
			hits += ways[i];
	}
	out->p = hits / all;
	out->ln_p = log(out->p);
	out->variant = "exact";
}

/* Normal limit with the variance of these ties; 0.5 of U is 1 of w. */
static void
limiting_p(const mann_whitney_state *s, double w, mlops_test *out)
{
	double		rows = s->n + s->m;
	double		variance = s->n / (3 * rows) * s->m / (rows - 1) * s->ties;
	double		z = fmax(0, fabs(w) - 1) / sqrt(variance);

	out->ln_p = fmin(0, MLOPS_LN2 + mlops_normal_ln_sf(z));
	out->p = fmin(1, 2 * mlops_normal_sf(z));
	out->variant = "limiting";
}

/* Upper 2.5 % point of Student's t by bisection. */
static mlops_status
t_quantile(double df, double *out)
{
	double		lo = 1.9;
	double		hi = 13;		/* df = 1: 12.706 */
	mlops_tails tails;

	for (int i = 0; i < 60; i++)
	{
		double		mid = 0.5 * (lo + hi);
		mlops_status status = mlops_t_tails(mid, df, &tails);

		if (status != MLOPS_OK)
			return status;
		if (tails.upper > (1 - MLOPS_EFFECT_CONFIDENCE) / 2)
			lo = mid;
		else
			hi = mid;
	}
	*out = 0.5 * (lo + hi);
	return MLOPS_OK;
}

/*
 * Cliff's delta with its interval: the variance of Brunner and Munzel (2000; the
 * same as that of DeLong, DeLong and Clarke-Pearson 1988), which is right with
 * ties and under any alternative, Student's t with their degrees of freedom, on the
 * scale of artanh.  If the sides are separated, the variance is zero; then at most
 * P(X < Y)^k separates k disjoint pairs, which bounds P(X < Y) from below.
 */
static void
cliffs_delta(const mann_whitney_state *s, double w, mlops_test *out)
{
	double		n = s->n;
	double		m = s->m;
	double		delta = w / (n * m);
	double		alpha = (1 - MLOPS_EFFECT_CONFIDENCE) / 2;
	double		from_current;
	double		from_reference;
	double		variance;
	double		df;
	double		t;

	out->effect = delta;
	out->measure = "Cliff's delta";
	if (fabs(w) == n * m)
	{
		double		bound = 2 * pow(alpha, 1 / fmin(n, m)) - 1;

		out->effect_lower = delta > 0 ? bound : -1;
		out->effect_upper = delta > 0 ? 1 : -bound;
		return;
	}
	if (n < 2 || m < 2 || s->values < 2)
		return;
	from_current = fmax(0, s->current_squares - w * (w / m)) / (n * n) / (m - 1) / m;
	from_reference = fmax(0, s->reference_squares - w * (w / n)) / (m * m) / (n - 1) / n;
	variance = from_current + from_reference;
	if (!(variance > 0))
		return;
	df = variance * variance
		/ (from_current * from_current / (m - 1) + from_reference * from_reference / (n - 1));
	if (t_quantile(df, &t) != MLOPS_OK)
		return;
	t *= sqrt(variance) / ((1 - delta) * (1 + delta));
	out->effect_lower = tanh(atanh(delta) - t);
	out->effect_upper = tanh(atanh(delta) + t);
}

static void
mann_whitney_finish(void *state, mlops_test *out)
{
	mann_whitney_state *s = state;
	double		w = s->w + s->w_rest;

	*out = MLOPS_NO_TEST(s->n, s->m);
	if (!(s->n > 0) || !(s->m > 0))
	{
		out->reason = s->n > 0 ? MLOPS_REASON_NO_CURRENT : MLOPS_REASON_NO_REFERENCE;
		return;
	}
	out->statistic = 0.5 * (w + s->n * s->m);
	cliffs_delta(s, w, out);
	if (s->values < 2)
		out->reason = MLOPS_REASON_ONE_VALUE;
	else if (s->chosen_rows > 0)
		exact_p(s, w, out);
	else
		limiting_p(s, w, out);
}

const mlops_twosample_method mlops_mann_whitney_method = {
	.name = "mann_whitney_test",
	.state_size = mann_whitney_size,
	.begin = mann_whitney_begin,
	.step = mann_whitney_step,
	.again = NULL,
	.finish = mann_whitney_finish
};
