/*
 * crossfit.c
 *		Deals rows to folds, and turns the columns of a table into codes.
 */
#include "kernel/multivariate/crossfit.h"

#include <math.h>

#include "kernel/summary/hash.h"

void
mlops_folds_begin(mlops_folds *f, int k, uint64_t seed)
{
	*f = (mlops_folds) {.k = k, .seed = seed};
}

/* Which rows of equal features come first must not depend on their sides. */
static void
shuffle(uint32_t *rows, size_t n, uint64_t random)
{
	for (size_t i = n; i > 1; i--)
	{
		size_t		j = (size_t) (mlops_random_next(&random) % i);
		uint32_t	row = rows[i - 1];

		rows[i - 1] = rows[j];
		rows[j] = row;
	}
}

void
mlops_folds_deal(mlops_folds *f, uint64_t hash, uint32_t *rows, size_t n, uint8_t *fold)
{
	shuffle(rows, n, mlops_mix64(hash ^ f->seed));
	for (size_t begin = 0; begin < n; begin += MLOPS_FOLD_BLOCK)
	{
		size_t		end = begin + MLOPS_FOLD_BLOCK < n ? begin + MLOPS_FOLD_BLOCK : n;
		int			best = 0;

		for (int i = 1; i < f->k; i++)
			if (f->dealt[i] < f->dealt[best])
				best = i;
		for (size_t i = begin; i < end; i++)
			fold[rows[i]] = (uint8_t) best;
		f->dealt[best] += end - begin;
	}
}

int
mlops_numeric_codes(const double *sorted, size_t n, double *cut)
{
	int			room = MLOPS_BOOST_CODES - 1,	/* codes for values */
				used = 0;
	size_t		distinct = 0,
				in_code = 0;
	double		target;

	for (size_t i = 0; i < n && distinct <= (size_t) room; i++)
		distinct += i == 0 || sorted[i] != sorted[i - 1];
	if (distinct == 0)
		return 1;
	target = distinct <= (size_t) room ? 0 : (double) n / room;
	for (size_t i = 0; i < n;)
	{
		size_t		end = i + 1;

		while (end < n && sorted[end] == sorted[i])
			end++;
		in_code += end - i;
		/* a code ends when it is full, or before a value that fills one by itself */
		if (end < n && used < room - 1)
		{
			size_t		after = end + 1;

			while (after < n && sorted[after] == sorted[end] && (double) (after - end) < target)
				after++;
			if (in_code >= target || (after - end >= target && in_code > 0))
			{
				cut[used++] = sorted[i];
				/* what is left is shared by the codes that are left */
				if (target > 0)
					target = (double) (n - end) / (room - used);
				in_code = 0;
			}
		}
		i = end;
	}
	return used + 2;
}

uint8_t
mlops_numeric_code(const double *cut, int n_codes, double x)
{
	int			low = 0,
				high = n_codes - 2; /* cuts */

	if (isnan(x))
		return MLOPS_BOOST_MISSING;
	while (low < high)
	{
		int			middle = (low + high) / 2;

		if (cut[middle] < x)
			low = middle + 1;
		else
			high = middle;
	}
	return (uint8_t) (low + 1);
}

int
mlops_category_codes(const uint64_t *sorted, size_t n, uint64_t *category)
{
	int			room = MLOPS_BOOST_CODES - 2,
				used = 0;
	size_t		count[MLOPS_BOOST_CODES];

	/* the room most frequent so far, the most frequent first; ties: the smaller hash */
	for (size_t i = 0; i < n;)
	{
		size_t		end = i + 1;
		int			place;

		while (end < n && sorted[end] == sorted[i])
			end++;
		if (end - i >= MLOPS_FOLD_BLOCK && (used < room || end - i > count[used - 1]))
		{
			place = used < room ? used++ : used - 1;
			for (; place > 0 && count[place - 1] < end - i; place--)
			{
				count[place] = count[place - 1];
				category[place] = category[place - 1];
			}
			count[place] = end - i;
			category[place] = sorted[i];
		}
		i = end;
	}
	for (int i = 1; i < used; i++)
	{
		uint64_t	c = category[i];
		int			j = i;

		for (; j > 0 && category[j - 1] > c; j--)
			category[j] = category[j - 1];
		category[j] = c;
	}
	return used + 2;
}

uint8_t
mlops_category_code(const uint64_t *category, int n_codes, uint64_t x)
{
	int			low = 0,
				high = n_codes - 2;

	while (low < high)
	{
		int			middle = (low + high) / 2;

		if (category[middle] < x)
			low = middle + 1;
		else
			high = middle;
	}
	return (uint8_t) (low < n_codes - 2 && category[low] == x ? low + 1 : n_codes - 1);
}
