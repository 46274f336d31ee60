/*
 * pool.h
 *		Two ascending samples merged into blocks of distinct values.
 */
#ifndef MLOPS_POOL_H
#define MLOPS_POOL_H

#include "kernel/twosample/twosample.h"

/* Distinct values handed over at a time: the three columns stay in the first cache. */
#define MLOPS_POOL_RUNS 512

/*
 * The last run stays open, since the next value may be equal; so a block may
 * be cut anywhere, also inside ties.
 */
typedef struct mlops_pool
{
	double		x[MLOPS_POOL_RUNS + 1];
	double		reference[MLOPS_POOL_RUNS + 1];
	double		current[MLOPS_POOL_RUNS + 1];
	size_t		n;				/* runs, the open one among them */
} mlops_pool;

extern void mlops_pool_init(mlops_pool *pool);

/*
 * Merge from reference[*i .. n) and current[*j .. m), ascending, finite and without -0,
 * until the block is full (true: take it with mlops_pool_take and call again) or one
 * side is used up (false).  A side that has ended for good is given with n = 0 and
 * ended = true: then the other one is used up.
 */
extern bool mlops_pool_merge(mlops_pool *pool, const double *reference, size_t n, size_t *i,
							 const double *current, size_t m, size_t *j, bool ended);

/* The runs that are closed (all of them at the end of the pass); the pool forgets them. */
extern mlops_runs mlops_pool_take(mlops_pool *pool, bool end);

#endif
