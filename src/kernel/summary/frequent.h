/*
 * frequent.h
 *		Frequent values with lower and upper bounds (Misra-Gries family).
 *
 * A list of counters and one number, `absent`: a value that is not listed has
 * occurred at most that often.  A value that enters the list may have been
 * dropped before, so it starts with err = absent.  Dropping keeps the `keep`
 * largest upper bounds and raises `absent` to the next one: these are the
 * counters of Misra and Gries (1982) and of their merge (Agarwal, Cormode,
 * Huang, Phillips, Wei and Yi 2013), upper - absent being theirs; hence
 * absent <= n / (keep + 1).
 */
#ifndef MLOPS_FREQUENT_H
#define MLOPS_FREQUENT_H

#include "kernel/kernel.h"

/* Values listed exactly while a column has no more distinct ones than this. */
#define MLOPS_FREQ_EXACT	256
/* Counters kept beyond that. */
#define MLOPS_FREQ_NUMBERS	64
#define MLOPS_FREQ_TEXTS	256
/* Counters held while counting texts, so that dropping is done in bulk. */
#define MLOPS_FREQ_HELD		512
/* Bytes kept of a long text; its identity is then the hash of all of it. */
#define MLOPS_LABEL_BYTES	64

/* What purge() and merge() can take at once. */
#define MLOPS_FREQ_MAX		1024

/* A value seen at least `lower` and at most `lower + err` times. */
typedef struct mlops_freq
{
	uint64_t	key;			/* bits of a number, hash of a text */
	uint64_t	lower;
	uint64_t	err;
	const char *label;			/* texts: the first label_len bytes, else NULL */
	uint32_t	label_len;
	bool		cut;			/* label is not the whole text */
} mlops_freq;

/* The same inside a table, 32 bytes; a text's label is in the caller's arena. */
typedef struct mlops_tally
{
	uint64_t	key;
	uint64_t	lower;
	uint64_t	err;
	uint32_t	label_at;
	uint16_t	label_len;
	uint16_t	cut;
} mlops_tally;

/*
 * Open addressing: slot[] holds 1 + position in entry[], 0 is free.  Memory
 * belongs to the caller; 1 << bits slots, at least twice as many as entries.
 */
typedef struct mlops_tally_table
{
	mlops_tally *entry;
	uint16_t   *slot;
	uint32_t	used;
	uint32_t	bits;
} mlops_tally_table;

extern mlops_tally *mlops_tally_find(const mlops_tally_table *t, uint64_t key);
extern mlops_tally *mlops_tally_add(mlops_tally_table *t, uint64_t key);
extern void mlops_tally_index(mlops_tally_table *t);
extern size_t mlops_tally_numbers(mlops_tally_table *t, uint32_t limit,
								  const double *x, size_t n);
extern uint32_t mlops_tally_purge(mlops_tally *entry, uint32_t n, uint32_t keep,
								  uint64_t *absent);
extern uint32_t mlops_tally_batch(mlops_tally *entry, uint32_t n, uint64_t *absent,
								  const double *sorted, size_t count, uint64_t weight);
extern uint64_t mlops_tally_drop_below(mlops_tally *entry, uint32_t *n, uint64_t lower,
									   uint64_t absent);
extern uint32_t mlops_tally_merge_numbers(const mlops_tally *a, uint32_t na, uint64_t absent_a,
										  const mlops_tally *b, uint32_t nb, uint64_t absent_b,
										  mlops_tally *out);
extern void mlops_tally_sort_numbers(mlops_tally *entry, uint32_t n);
extern double mlops_freq_sampling_error(uint64_t count, uint64_t n, double variance,
										uint64_t weight);

#endif
