/*
 * ksample.h
 *		Tests of several samples of numbers, from their pooled sorted values.
 *
 * A method sees every row as a value with the number of its group, ascending
 * by value; rows of one value come in any order.  The caller drives it:
 *
 *		state = zeroed memory of method->state_size(k) bytes
 *		method->begin(state, k, rows)
 *		do
 *			for every block of rows: method->step(state, block, n)
 *		while (method->again != NULL && method->again(state))
 *		method->finish(state, &test)
 *
 * A pass may be cut into blocks anywhere.
 */
#ifndef MLOPS_KSAMPLE_H
#define MLOPS_KSAMPLE_H

#include "kernel/groups/grouptest.h"

typedef struct mlops_group_value
{
	double		x;				/* finite; -0 counts as 0 */
	int32_t		group;			/* 0 to k - 1 */
	int32_t		unused;			/* 0: the struct is written to files as it is */
} mlops_group_value;

typedef struct mlops_ksample_method
{
	const char *name;
	size_t		(*state_size) (size_t k);
	/* rows[k]: of each group, all at least 1, copied */
	void		(*begin) (void *state, size_t k, const int64_t *rows);
	void		(*step) (void *state, const mlops_group_value *value, size_t n);
	bool		(*again) (void *state);	/* true: one more pass, please; NULL: one pass */
	/* fills the whole of out; without a p, reason says why */
	void		(*finish) (void *state, mlops_group_test *out);
} mlops_ksample_method;

/*
 * Kruskal-Wallis test (kruskal.c): H with midranks and the correction for
 * ties; p is exact (all assignments of the ranks to groups of these sizes)
 * while there are at most MLOPS_KRUSKAL_EXACT of them, else that of
 * chi-square.  effect is epsilon squared, H / (n - 1).
 */
extern const mlops_ksample_method mlops_kruskal_method;

#define MLOPS_KRUSKAL_EXACT 1000000

/*
 * Brown-Forsythe test of equal spread (spread.c): one-way F of |x - median of
 * its group|, two passes; effect is the omega squared of these deviations.
 */
extern const mlops_ksample_method mlops_group_spread_method;

#endif
