/*
 * adjust.c
 *		p-values and e-values adjusted for the number of questions asked.
 */
#include "kernel/multiplicity/adjust.h"

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

/*
 * Hommel's procedure is the closed test of Simes' local tests.  With p sorted,
 * the intersection of the i largest has Simes' p-value
 *
 *		s(i) = i min over x > n - i of p_(x) / (x - (n - i)),
 *
 * i times the smallest slope from the point (n - i, 0) to the points (x, p_(x))
 * on its right, which is a tangent to their lower convex hull (Meijer, Krebs
 * and Goeman 2019).  The hull grows by a point on its left with every i, and the
 * tangent is found by bisection.
 *
 * simes[i - 1] = max over j >= i of s(j), the smallest level at which no
 * intersection of i or more is accepted.  hull is work space for n indexes.
 */
static void
simes_levels(const double *p, size_t n, const size_t *order, double *simes, size_t *hull)
{
	size_t		top = 0;		/* points of the hull, the leftmost last */

#define SORTED(x) p[order[n - (x)]] /* p_(x), x = 1 .. n */

	for (size_t i = 1; i <= n; i++)
	{
		size_t		left = n - i;
		size_t		x = left + 1;
		size_t		low = 0;
		size_t		high;

		/* a point at or above the line from the new one to the one behind it goes */
		while (top >= 2)
		{
			size_t		b = hull[top - 1];
			size_t		c = hull[top - 2];

			if ((SORTED(b) - SORTED(x)) * (double) (c - x) < (SORTED(c) - SORTED(x)) * (double) (b - x))
				break;
			top--;
		}
		hull[top++] = x;

		/* the slope falls towards the tangent point from both ends */
		high = top - 1;
		while (low < high)
		{
			size_t		mid = low + (high - low) / 2;
			size_t		a = hull[mid];
			size_t		b = hull[mid + 1];	/* the next to the left */

			if (SORTED(b) * (double) (a - left) <= SORTED(a) * (double) (b - left))
				low = mid + 1;
			else
				high = mid;
		}
		x = hull[low];
		simes[i - 1] = SORTED(x) * ((double) i / (double) (x - left));
	}
	for (size_t i = n; i-- > 1;)
		simes[i - 1] = fmax(simes[i - 1], simes[i]);

#undef SORTED
}

/*
 * p is rejected at level a if h p <= a, with h the size of the largest
 * intersection that is accepted at a: a p-value's adjusted one is the smallest
 * over h of max(h p, simes[h]).  The first grows with h, the second falls, and
 * where they cross moves down as p grows.
 */
static void
hommel(const double *p, size_t n, double *adjusted, size_t *order, double *simes)
{
	size_t		h = n;			/* smallest with h p >= simes[h], where simes[n] is 0 */

	simes_levels(p, n, order, simes, order + n);
	for (size_t place = n; place-- > 0;)
	{
		size_t		i = order[place];

		while (h > 0 && (double) (h - 1) * p[i] >= simes[h - 1])
			h--;
		adjusted[i] = h == 0 ? simes[0] : fmin((double) h * p[i], simes[h - 1]);
	}
}

mlops_status
mlops_adjust_p(mlops_adjustment method, const double *p, size_t n, double *adjusted,
			   size_t *order, double *work)
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
	if (method == MLOPS_ADJUST_HOMMEL)
	{
		hommel(p, n, adjusted, order, work);
		return MLOPS_OK;
	}

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

mlops_status
mlops_adjust_e(const double *e, size_t n, double *adjusted, size_t *order)
{
	double		running = 0;

	for (size_t i = 0; i < n; i++)
		if (!(e[i] >= 0))
			return MLOPS_DOMAIN;
	sort_descending(e, n, order);
	for (size_t rank = n; rank > 0; rank--)
	{
		size_t		i = order[rank - 1];

		/* the quotient first: finite e-values stay finite */
		adjusted[i] = running = fmax(running, e[i] * ((double) rank / (double) n));
	}
	return MLOPS_OK;
}

mlops_status
mlops_p_to_e(double p, double kappa, double *e)
{
	if (!(p >= 0 && p <= 1 && kappa > 0 && kappa < 1))
		return MLOPS_DOMAIN;
	*e = kappa * pow(p, kappa - 1);
	return MLOPS_OK;
}
