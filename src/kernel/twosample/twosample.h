/*
 * twosample.h
 *		Tests of two samples of numbers, from their pooled sorted values.
 *
 * A method sees the distinct values of both samples together, ascending, with
 * how many rows of each side have them: ties need no special care, neither
 * memory nor the order of the rows matters, and the caller may hold the
 * values in memory or on disk.  The caller drives it:
 *
 *		state = zeroed memory of method->state_size(n, m, options) bytes
 *		method->begin(state, n, m, options)
 *		do
 *			for every block of distinct values: method->step(state, block)
 *		while (method->again != NULL && method->again(state))
 *		method->finish(state, &test)
 *
 * A pass may be cut into blocks anywhere between two distinct values.
 */
#ifndef MLOPS_TWOSAMPLE_H
#define MLOPS_TWOSAMPLE_H

#include "kernel/test.h"

/* Distinct finite values, ascending over all blocks of a pass; -0 counts as 0. */
typedef struct mlops_runs
{
	const double *x;
	const double *reference;	/* rows that have x[i]: whole numbers, */
	const double *current;		/* their sum is at least 1 */
	size_t		n;
} mlops_runs;

#define MLOPS_MAX_PERMUTATIONS 100000

typedef struct mlops_twosample_options
{
	int64_t		permutations;	/* 0: the method's own p */
	uint64_t	seed;			/* of the permutations */
} mlops_twosample_options;

typedef struct mlops_twosample_method
{
	const char *name;
	/* n, m: rows on both sides, known before the first pass, may be 0 */
	size_t		(*state_size) (double n, double m, const mlops_twosample_options *options);
	void		(*begin) (void *state, double n, double m, const mlops_twosample_options *options);
	void		(*step) (void *state, const mlops_runs *runs);
	bool		(*again) (void *state);	/* true: one more pass, please; NULL: one pass */
	/* fills the whole of out; without a p, reason says why */
	void		(*finish) (void *state, mlops_test *out);
} mlops_twosample_method;

/* Reasons that many methods share. */
#define MLOPS_REASON_NO_REFERENCE	"no reference rows"
#define MLOPS_REASON_NO_CURRENT		"no current rows"
#define MLOPS_REASON_ONE_VALUE		"all values are equal"

#endif
