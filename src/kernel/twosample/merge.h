/*
 * merge.h
 *		Several ascending inputs merged into one.
 *
 * The caller gives every input as pieces of memory, as long as there are more:
 *
 *		set m->at[i] and m->end[i] for i = 0 .. inputs - 1, inputs at least 1;
 *		equal ones: no values
 *		mlops_merge_begin(m, inputs)
 *		n = 0
 *		while ((i = mlops_merge_take(m, out, room, &n)) >= 0)
 *			at[i] and end[i] again; equal when input i has ended
 *
 * out[0 .. n) are the next values then.  n < room: there are no more.
 */
#ifndef MLOPS_MERGE_H
#define MLOPS_MERGE_H

#include "kernel/kernel.h"

#define MLOPS_MERGE_INPUTS 64

typedef struct mlops_merge
{
	const double *at[MLOPS_MERGE_INPUTS];	/* next value of each input */
	const double *end[MLOPS_MERGE_INPUTS];
	int			inputs;
	bool		used_up;		/* the winner's input, which has been given again since */
	uint64_t	key;			/* of the smallest value, */
	uint32_t	input;			/* which is in this input */
	/* in every node of the tree who lost there; node 0 is not used */
	uint64_t	loser_key[MLOPS_MERGE_INPUTS];
	uint32_t	loser[MLOPS_MERGE_INPUTS];
} mlops_merge;

extern void mlops_merge_begin(mlops_merge *m, int inputs);
extern int	mlops_merge_take(mlops_merge *m, double *out, size_t room, size_t *n);

#endif
