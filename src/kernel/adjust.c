/*
 * adjust.c
 *		p-values adjusted for the number of questions asked.
 */
#include "kernel/adjust.h"

#include <math.h>

/* Larger p first; equal p by position, so that the order is always the same. */
static bool
before(const double *p, size_t a, size_t b)
{
	return p[a] > p[b] || (p[a] == p[b] && a > b);
}

static void
sift_down(const double *p, size_t *order, size_t root, size_t end)
{
	for (;;)
	{
		size_t		child = 2 * root + 1;
		size_t		swap;

		if (child >= end)
			return;
		if (child + 1 < end && before(p, order[child], order[child + 1]))
			child++;
		if (!before(p, order[root], order[child]))
			return;
		swap = order[root];
		order[root] = order[child];
		order[child] = swap;
		root = child;
	}
}

/* Indexes of p, largest p first (heap sort: no recursion, no allocation). */
static void
sort_descending(const double *p, size_t n, size_t *order)
{
	for (size_t i = 0; i < n; i++)
		order[i] = i;
	for (size_t i = n / 2; i-- > 0;)
		sift_down(p, order, i, n);
	for (size_t end = n; end-- > 1;)
	{
		size_t		swap = order[0];

		order[0] = order[end];
		order[end] = swap;
		sift_down(p, order, 0, end);
	}
}

/* What a p of this rank (1 = smallest) is multiplied with. */
static double
factor(mlops_adjustment method, size_t rank, size_t n, double harmonic)
{
	switch (method)
	{
		case MLOPS_ADJUST_BONFERRONI:
			return (double) n;
		case MLOPS_ADJUST_HOLM:
		case MLOPS_ADJUST_HOCHBERG:
			return (double) (n - rank + 1);
		case MLOPS_ADJUST_BH:
			return (double) n / (double) rank;
		case MLOPS_ADJUST_BY:
			return harmonic * (double) n / (double) rank;
		default:
			return 1;
	}
}

mlops_status
mlops_adjust_p(mlops_adjustment method, const double *p, size_t n, double *adjusted,
			   size_t *order)
{
	bool		step_down = method == MLOPS_ADJUST_HOLM;
	double		running = step_down ? 0 : 1;
	double		harmonic = 0;

	for (size_t i = 0; i < n; i++)
	{
		if (!(p[i] >= 0 && p[i] <= 1))
			return MLOPS_DOMAIN;
		harmonic += 1.0 / (double) (i + 1);
	}
	sort_descending(p, n, order);

	/* Holm walks up from the smallest p, the others down from the largest. */
	for (size_t j = 0; j < n; j++)
	{
		size_t		place = step_down ? n - 1 - j : j;
		size_t		i = order[place];
		double		value = fmin(1, p[i] * factor(method, n - place, n, harmonic));

		if (step_down)
			value = running = fmax(running, value);
		else if (method != MLOPS_ADJUST_NONE && method != MLOPS_ADJUST_BONFERRONI)
			value = running = fmin(running, value);
		adjusted[i] = value;
	}
	return MLOPS_OK;
}
