/*
 * permute.c
 *		Many random permutations in one pass.  See permute.h.
 */
#include "kernel/twosample/permute.h"

#include <math.h>

#include "kernel/special/special.h"

size_t
mlops_lanes_size(int64_t count)
{
	return count > 0 ? (size_t) count * (2 * sizeof(double) + sizeof(uint64_t)) : 0;
}

void
mlops_lanes_begin(mlops_lanes *lanes, void *memory, int64_t count, double n, double m, uint64_t seed)
{
	*lanes = (mlops_lanes) {.count = count,.n = n,.m = m};
	lanes->left = memory;
	lanes->sum = lanes->left + count;
	lanes->random = (uint64_t *) (lanes->sum + count);
	for (int64_t i = 0; i < count; i++)
	{
		/* a random place of the one cycle: streams of 2^30 numbers do not meet */
		uint64_t	place = (uint64_t) i;

		lanes->random[i] = seed ^ mlops_random_bits(&place);
		lanes->random[i] = mlops_random_bits(&lanes->random[i]);
		lanes->left[i] = n;
		lanes->sum[i] = 0;
	}
}

/* ln x! - (x ln x - x), and x ln x */
static double
ln_factorial(double x)
{
	return x > 0 ? mlops_stirling_error(x) + 0.5 * (log(x) + MLOPS_LN_2PI) + x * log(x) - x : 0;
}

static double
ln_choose(double n, double k)
{
	return ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k);
}

/*
 * Inversion from the mode outwards, the more probable side first: the
 * expected number of steps is the standard deviation.
 */
static double
from_mode(uint64_t *random, double total, double reference, double rows)
{
	double		other = total - reference;
	double		low = fmax(0, rows - other);
	double		high = fmin(rows, reference);
	double		mode = fmin(fmax(floor((rows + 1) * ((reference + 1) / (total + 2))), low), high);
	double		up = mode;
	double		down = mode;
	double		p_up = exp(ln_choose(reference, mode) + ln_choose(other, rows - mode) - ln_choose(total, rows));
	double		p_down = p_up;
	double		u = mlops_random_uniform(random) - p_up;

	while (u >= 0)
	{
		double		next_up = up < high
			? p_up * ((reference - up) / (up + 1)) * ((rows - up) / (other - rows + up + 1)) : 0;
		double		next_down = down > low
			? p_down * (down / (reference - down + 1)) * ((other - rows + down) / (rows - down + 1)) : 0;

		if (!(next_up > 0) && !(next_down > 0))
			return mode;		/* what rounding left over */
		if (next_up >= next_down)
		{
			up++;
			p_up = next_up;
			u -= next_up;
			if (u < 0)
				return up;
		}
		else
		{
			down--;
			p_down = next_down;
			u -= next_down;
			if (u < 0)
				return down;
		}
	}
	return mode;
}

double
mlops_hypergeometric(uint64_t *random, double total, double reference, double rows)
{
	double		drawn = 0;

	if (rows >= total || reference <= 0)
		return fmax(reference, 0);
	if (reference >= total)
		return rows;
	if (rows > 8)
		return from_mode(random, total, reference, rows);
	for (double i = 0; i < rows; i++)
		drawn += mlops_random_uniform(random) * (total - i) < reference - drawn;
	return drawn;
}

void
mlops_lanes_draw(mlops_lanes *lanes, double rows)
{
	double		total = lanes->n + lanes->m - lanes->rows;

	lanes->rows += rows;
	if (rows == 1)
	{
		for (int64_t i = 0; i < lanes->count; i++)
			lanes->left[i] -= mlops_random_uniform(&lanes->random[i]) * total < lanes->left[i];
		return;
	}
	for (int64_t i = 0; i < lanes->count; i++)
		lanes->left[i] -= mlops_hypergeometric(&lanes->random[i], total, lanes->left[i], rows);
}

void
mlops_lanes_add_square(mlops_lanes *lanes, double weight)
{
	double		expected = mlops_lanes_excess(lanes->n, lanes->m, lanes->n, lanes->rows);

	for (int64_t i = 0; i < lanes->count; i++)
	{
		double		z = expected - lanes->left[i];

		lanes->sum[i] += weight * (z * z);
	}
}

void
mlops_lanes_add_abs(mlops_lanes *lanes, double weight)
{
	double		expected = mlops_lanes_excess(lanes->n, lanes->m, lanes->n, lanes->rows);

	for (int64_t i = 0; i < lanes->count; i++)
		lanes->sum[i] += weight * fabs(expected - lanes->left[i]);
}

double
mlops_lanes_p(const mlops_lanes *lanes, double observed)
{
	double		k = 0;

	for (int64_t i = 0; i < lanes->count; i++)
		k += lanes->sum[i] >= observed * (1 - 1e-10);
	return (k + 1) / ((double) lanes->count + 1);
}
