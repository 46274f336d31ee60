/*
 * frequent.h
 *		Frequent values with lower and upper bounds (Misra-Gries family).
 */
#ifndef MLOPS_FREQUENT_H
#define MLOPS_FREQUENT_H

#include "kernel/kernel.h"

/* Values listed exactly while a column has no more distinct ones than this. */
#define MLOPS_FREQ_EXACT	256
/* Counters kept beyond that. */
#define MLOPS_FREQ_NUMBERS	64
#define MLOPS_FREQ_TEXTS	256
/* Bytes kept of a long text; its identity is then the hash of all of it. */
#define MLOPS_LABEL_BYTES	64

/*
 * A value that has been seen at least `lower` and at most `lower + err` times.
 */
typedef struct mlops_freq
{
	double		value;			/* numbers */
	const char *label;			/* texts: the first label_len bytes */
	uint64_t	hash;			/* texts: of the whole value */
	uint32_t	label_len;
	bool		is_text;
	bool		cut;			/* texts: label is not the whole value */
	uint64_t	lower;
	uint64_t	err;
} mlops_freq;

extern int	mlops_freq_compare(const mlops_freq *a, const mlops_freq *b);
extern void mlops_freq_sort(mlops_freq *entry, uint32_t n);
extern uint32_t mlops_freq_merge(const mlops_freq *a, uint32_t na, uint64_t absent_a,
								 const mlops_freq *b, uint32_t nb, uint64_t absent_b,
								 mlops_freq *out);
extern uint32_t mlops_freq_purge(mlops_freq *entry, uint32_t n, uint32_t keep,
								 uint64_t *absent);
extern double mlops_freq_sampling_error(uint64_t lower, uint64_t n, double variance,
										uint64_t weight);

#endif
