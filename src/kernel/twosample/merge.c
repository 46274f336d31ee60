/*
 * merge.c
 *		Several ascending inputs merged into one, by a tree of losers: D. E. Knuth, The Art
 *		of Computer Programming, vol. 3, 5.4.1.
 *
 * Values are compared as integers of the same order (radix.h), and losers and
 * winners change places without a branch: which one it will be cannot be predicted.
 */
#include "kernel/twosample/merge.h"

#include <string.h>

#include "kernel/twosample/radix.h"

/* After every finite number. */
#define ENDED UINT64_MAX

static inline uint64_t
head(const mlops_merge *m, uint32_t input)
{
	uint64_t	bits;

	if (m->at[input] == m->end[input])
		return ENDED;
	memcpy(&bits, m->at[input], sizeof(bits));
	return mlops_radix_key(bits);
}

void
mlops_merge_begin(mlops_merge *m, int inputs)
{
	uint64_t	key[2 * MLOPS_MERGE_INPUTS];	/* winner of each node; the inputs are leaves */
	uint32_t	input[2 * MLOPS_MERGE_INPUTS];

	m->inputs = inputs;
	m->used_up = false;
	for (int i = 0; i < inputs; i++)
	{
		input[inputs + i] = (uint32_t) i;
		key[inputs + i] = head(m, (uint32_t) i);
	}
	for (int i = inputs - 1; i >= 1; i--)
	{
		int			winner = 2 * i + (key[2 * i + 1] < key[2 * i]);
		int			loser = winner ^ 1;

		key[i] = key[winner];
		input[i] = input[winner];
		m->loser_key[i] = key[loser];
		m->loser[i] = input[loser];
	}
	m->key = key[1];
	m->input = input[1];
}

/* The winner has changed: play again all the way up from its leaf. */
static inline void
replay(mlops_merge *m, uint64_t *key, uint32_t *input)
{
	uint64_t	k = *key;
	uint32_t	in = *input;

	for (size_t i = ((size_t) m->inputs + in) / 2; i >= 1; i /= 2)
	{
		uint64_t	swap = -(uint64_t) (m->loser_key[i] < k);
		uint64_t	keys = (m->loser_key[i] ^ k) & swap;
		uint32_t	inputs = (m->loser[i] ^ in) & (uint32_t) swap;

		m->loser_key[i] ^= keys;
		m->loser[i] ^= inputs;
		k ^= keys;
		in ^= inputs;
	}
	*key = k;
	*input = in;
}

/*
 * Values to out[*n .. room).  Returns the number of an input that has been used up, which the caller
 * gives again (or leaves as it is, when it has ended) before the next call; -1 when out is
 * full or all inputs have ended.
 */
int
mlops_merge_take(mlops_merge *m, double *out, size_t room, size_t *n)
{
	uint64_t	key = m->key;
	uint32_t	input = m->input;
	size_t		k = *n;

	if (m->used_up)
	{
		key = head(m, input);
		replay(m, &key, &input);
		m->used_up = false;
	}
	while (k < room && key != ENDED)
	{
		out[k++] = *m->at[input]++;
		if (m->at[input] == m->end[input])
		{
			m->used_up = true;
			break;
		}
		key = head(m, input);
		replay(m, &key, &input);
	}
	m->key = key;
	m->input = input;
	*n = k;
	return m->used_up ? (int) input : -1;
}
