/*
 * pool.c
 *		Two ascending samples merged into blocks of distinct values.
 */
#include "kernel/twosample/pool.h"

#include <math.h>
#include <string.h>

#include "kernel/twosample/radix.h"

static inline uint64_t
key_of(double value)
{
	uint64_t	bits;

	memcpy(&bits, &value, sizeof(bits));
	return mlops_radix_key(bits);
}

void
mlops_pool_init(mlops_pool *pool)
{
	pool->n = 0;
}

/* The open run goes first again once the closed ones have been taken. */
mlops_runs
mlops_pool_take(mlops_pool *pool, bool end)
{
	mlops_runs	runs = {pool->x, pool->reference, pool->current, pool->n};

	if (!end && runs.n > 0)
		runs.n--;
	/* the open run is copied behind the block, where the next call finds it */
	pool->x[MLOPS_POOL_RUNS] = pool->n > 0 ? pool->x[pool->n - 1] : 0;
	pool->reference[MLOPS_POOL_RUNS] = pool->n > 0 ? pool->reference[pool->n - 1] : 0;
	pool->current[MLOPS_POOL_RUNS] = pool->n > 0 ? pool->current[pool->n - 1] : 0;
	pool->n = end || pool->n == 0 ? 0 : SIZE_MAX;
	return runs;
}

/* One side only: values of the other one are all smaller or it has ended. */
static bool
merge_rest(mlops_pool *pool, const double *value, size_t n, size_t *i, double *count)
{
	size_t		k = pool->n - 1;

	while (*i < n)
	{
		double		v = value[*i];

		if (v != pool->x[k])
		{
			if (k + 1 >= MLOPS_POOL_RUNS)
			{
				pool->n = k + 1;
				return true;
			}
			k++;
			pool->x[k] = v;
			pool->reference[k] = pool->current[k] = 0;
		}
		count[k] += 1;
		(*i)++;
	}
	pool->n = k + 1;
	return false;
}

/*
 * Two sides, for as many steps as neither can run out: every step takes one
 * value, or two equal ones.  Without branches, because random values cannot be
 * predicted; and what follows is read before it is known to be next, since
 * waiting for it is what takes the time.
 */
static void
merge_both(mlops_pool *pool, const double *reference, size_t *i, const double *current, size_t *j,
		   size_t steps)
{
	size_t		k = pool->n - 1;
	double		a = pool->reference[k],
				b = pool->current[k];
	uint64_t	x = key_of(pool->x[k]),
				r = key_of(reference[*i]),
				c = key_of(current[*j]);
	const double *p = reference + *i,
			   *q = current + *j;

	for (;;)
	{
		uint64_t	v = r < c ? r : c;
		bool		from_r = r <= c,
					from_c = c <= r,
					fresh = v != x;

		k += fresh;
		a = (fresh ? 0 : a) + from_r;
		b = (fresh ? 0 : b) + from_c;
		x = v;
		v = mlops_radix_bits(v);
		memcpy(&pool->x[k], &v, sizeof(v));
		pool->reference[k] = a;
		pool->current[k] = b;
		if (--steps == 0)
		{
			p += from_r;
			q += from_c;
			break;
		}
		r ^= (r ^ key_of(p[1])) & -(uint64_t) from_r;
		c ^= (c ^ key_of(q[1])) & -(uint64_t) from_c;
		p += from_r;
		q += from_c;
	}
	*i = (size_t) (p - reference);
	*j = (size_t) (q - current);
	pool->n = k + 1;
}

/* A first run for the loops to compare with: the smallest value, without rows yet. */
static void
open_first(mlops_pool *pool, double v)
{
	pool->x[0] = v;
	pool->reference[0] = pool->current[0] = 0;
	pool->n = 1;
}

bool
mlops_pool_merge(mlops_pool *pool, const double *reference, size_t n, size_t *i,
				 const double *current, size_t m, size_t *j, bool ended)
{
	if (pool->n == SIZE_MAX)
	{
		pool->x[0] = pool->x[MLOPS_POOL_RUNS];
		pool->reference[0] = pool->reference[MLOPS_POOL_RUNS];
		pool->current[0] = pool->current[MLOPS_POOL_RUNS];
		pool->n = 1;
	}
	if (pool->n == 0)
	{
		if (*i < n && *j < m)
			open_first(pool, fmin(reference[*i], current[*j]));
		else if (ended && (*i < n || *j < m))
			open_first(pool, *i < n ? reference[*i] : current[*j]);
		else
			return false;
	}
	while (*i < n && *j < m)
	{
		size_t		steps = n - *i < m - *j ? n - *i : m - *j;

		if (steps > MLOPS_POOL_RUNS - pool->n)
			steps = MLOPS_POOL_RUNS - pool->n;
		if (steps == 0)
			return true;
		merge_both(pool, reference, i, current, j, steps);
	}
	if (!ended)
		return false;
	if (*i < n)
		return merge_rest(pool, reference, n, i, pool->reference);
	if (*j < m)
		return merge_rest(pool, current, m, j, pool->current);
	return false;
}
