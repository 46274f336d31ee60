/*
 * frequent.c
 *		Counting values: exactly in a hash table while there are few, with
 *		bounds (see frequent.h) when there are many.
 */
#include "kernel/summary/frequent.h"

#include <math.h>
#include <string.h>

#include "kernel/summary/hash.h"

static inline uint32_t
first_slot(const mlops_tally_table *t, uint64_t key)
{
	/* bits of numbers differ mostly above, hashes everywhere: multiply, fold */
	key ^= key >> 32;
	return (uint32_t) ((key * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - t->bits));
}

/* mlops_tally_find: the entry of a key, or NULL. */
mlops_tally *
mlops_tally_find(const mlops_tally_table *t, uint64_t key)
{
	uint32_t	mask = ((uint32_t) 1 << t->bits) - 1;

	for (uint32_t i = first_slot(t, key);; i = (i + 1) & mask)
	{
		uint16_t	at = t->slot[i];

		if (at == 0)
			return NULL;
		if (t->entry[at - 1].key == key)
			return &t->entry[at - 1];
	}
}

/* mlops_tally_add appends a key that is not there; the caller saw to the room. */
mlops_tally *
mlops_tally_add(mlops_tally_table *t, uint64_t key)
{
	uint32_t	mask = ((uint32_t) 1 << t->bits) - 1;
	uint32_t	i = first_slot(t, key);
	mlops_tally *e = &t->entry[t->used++];

	while (t->slot[i] != 0)
		i = (i + 1) & mask;
	t->slot[i] = (uint16_t) t->used;
	memset(e, 0, sizeof(*e));
	e->key = key;
	return e;
}

/* mlops_tally_index rebuilds slot[] from entry[0..used). */
void
mlops_tally_index(mlops_tally_table *t)
{
	uint32_t	mask = ((uint32_t) 1 << t->bits) - 1;

	memset(t->slot, 0, sizeof(uint16_t) << t->bits);
	for (uint32_t e = 0; e < t->used; e++)
	{
		uint32_t	i = first_slot(t, t->entry[e].key);

		while (t->slot[i] != 0)
			i = (i + 1) & mask;
		t->slot[i] = (uint16_t) (e + 1);
	}
}

/*
 * mlops_tally_numbers counts finite numbers without -0.0 until one would be
 * entry number limit + 1; returns how many of the n were counted.
 */
size_t
mlops_tally_numbers(mlops_tally_table *t, uint32_t limit, const double *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
	{
		uint64_t	key = mlops_double_bits(x[i]);
		mlops_tally *e = mlops_tally_find(t, key);

		if (e == NULL)
		{
			if (t->used >= limit)
				return i;
			e = mlops_tally_add(t, key);
		}
		e->lower++;
	}
	return n;
}

/*
 * k-th largest of v[0..n), 1 <= k <= n; reorders v.  Hoare's selection with a
 * three-way partition, because equal counts are the rule here.
 */
static uint64_t
select_largest(uint64_t *v, uint32_t n, uint32_t k)
{
	uint32_t	lo = 0;
	uint32_t	hi = n;

	for (;;)
	{
		uint64_t	pivot = v[lo + (hi - lo) / 2];
		uint32_t	larger = lo;
		uint32_t	smaller = hi;

		for (uint32_t i = lo; i < smaller;)
		{
			uint64_t	x = v[i];

			if (x > pivot)
			{
				v[i++] = v[larger];
				v[larger++] = x;
			}
			else if (x < pivot)
			{
				v[i] = v[--smaller];
				v[smaller] = x;
			}
			else
				i++;
		}
		/* v[lo..larger) > pivot, v[larger..smaller) == pivot, the rest below */
		if (k <= larger)
			hi = larger;
		else if (k <= smaller)
			return pivot;
		else
			lo = smaller;
	}
}

static inline uint64_t
upper_of(const mlops_tally *e)
{
	return e->lower + e->err;
}

/* Keep the entries whose upper bound is above `level`, in their order. */
static uint32_t
keep_above(mlops_tally *entry, uint32_t n, uint64_t level)
{
	uint32_t	kept = 0;

	for (uint32_t i = 0; i < n; i++)
		if (upper_of(&entry[i]) > level)
			entry[kept++] = entry[i];
	return kept;
}

/*
 * mlops_tally_purge drops entries, n <= MLOPS_FREQ_MAX, until at most `keep` are
 * left, and raises *absent accordingly.  Returns how many are left; their order
 * does not change.
 */
uint32_t
mlops_tally_purge(mlops_tally *entry, uint32_t n, uint32_t keep, uint64_t *absent)
{
	uint64_t	upper[MLOPS_FREQ_MAX];
	uint64_t	level;

	if (n <= keep)
		return n;
	for (uint32_t i = 0; i < n; i++)
		upper[i] = upper_of(&entry[i]);
	level = select_largest(upper, n, keep + 1);
	if (level > *absent)
		*absent = level;
	return keep_above(entry, n, level);
}

/*
 * mlops_tally_drop_below drops entries that were seen fewer than `lower` times
 * and returns the `absent` that this needs.
 */
uint64_t
mlops_tally_drop_below(mlops_tally *entry, uint32_t *n, uint64_t lower, uint64_t absent)
{
	uint32_t	kept = 0;

	for (uint32_t i = 0; i < *n; i++)
	{
		if (entry[i].lower >= lower)
			entry[kept++] = entry[i];
		else if (upper_of(&entry[i]) > absent)
			absent = upper_of(&entry[i]);
	}
	*n = kept;
	return absent;
}

/*
 * Run lengths of a sorted batch joined with the sorted entries, into out[].
 * Values that are new and occur once are left out if `singles` is false, and
 * only counted.
 */
static uint32_t
join_batch(const mlops_tally *entry, uint32_t n, uint64_t absent, const double *x,
		   size_t count, uint64_t weight, bool singles, mlops_tally *out, size_t *nsingles)
{
	uint32_t	e = 0;
	uint32_t	used = 0;

	*nsingles = 0;
	for (size_t i = 0; i < count;)
	{
		size_t		run = 1;

		while (i + run < count && x[i + run] == x[i])
			run++;
		while (e < n && mlops_bits_double(entry[e].key) < x[i])
			out[used++] = entry[e++];
		if (e < n && mlops_bits_double(entry[e].key) == x[i])
		{
			out[used] = entry[e++];
			out[used++].lower += run * weight;
		}
		else if (run > 1 || singles)
			out[used++] = (mlops_tally) {
				.key = mlops_double_bits(x[i]), .lower = run * weight, .err = absent
			};
		else
			++*nsingles;
		i += run;
	}
	while (e < n)
		out[used++] = entry[e++];
	return used;
}

/*
 * mlops_tally_batch counts a sorted batch, count <= 512, in which every value
 * stands for `weight`, into n <= MLOPS_FREQ_NUMBERS entries sorted by number.
 * In a batch of a continuous column every value is new and occurs once; then
 * all of them would be dropped again, which is done without listing them.
 * Returns the number of entries.
 */
uint32_t
mlops_tally_batch(mlops_tally *entry, uint32_t n, uint64_t *absent,
				  const double *sorted, size_t count, uint64_t weight)
{
	mlops_tally joined[MLOPS_FREQ_NUMBERS + 512];
	size_t		nsingles;
	uint32_t	used;
	uint32_t	above = 0;
	uint32_t	level_or_above = 0;

	used = join_batch(entry, n, *absent, sorted, count, weight, false, joined, &nsingles);
	for (uint32_t i = 0; i < used; i++)
	{
		above += upper_of(&joined[i]) > *absent + weight;
		level_or_above += upper_of(&joined[i]) >= *absent + weight;
	}
	if (above <= MLOPS_FREQ_NUMBERS && level_or_above + nsingles > MLOPS_FREQ_NUMBERS)
	{
		/* the upper bound number 65 is that of the singles */
		*absent += weight;
		used = keep_above(joined, used, *absent);
	}
	else
	{
		used = join_batch(entry, n, *absent, sorted, count, weight, true, joined, &nsingles);
		used = mlops_tally_purge(joined, used, MLOPS_FREQ_NUMBERS, absent);
	}
	memcpy(entry, joined, used * sizeof(mlops_tally));
	return used;
}

/*
 * mlops_tally_merge_numbers joins two lists sorted by number, na + nb entries
 * at most; a value in only one of them may have been dropped from the other.
 */
uint32_t
mlops_tally_merge_numbers(const mlops_tally *a, uint32_t na, uint64_t absent_a,
						  const mlops_tally *b, uint32_t nb, uint64_t absent_b,
						  mlops_tally *out)
{
	uint32_t	i = 0;
	uint32_t	j = 0;
	uint32_t	used = 0;

	while (i < na || j < nb)
	{
		double		x = i < na ? mlops_bits_double(a[i].key) : INFINITY;
		double		y = j < nb ? mlops_bits_double(b[j].key) : INFINITY;

		out[used] = x <= y ? a[i] : b[j];
		if (x == y)
		{
			out[used].lower += b[j].lower;
			out[used].err += b[j].err;
		}
		else
			out[used].err += x < y ? absent_b : absent_a;
		i += x <= y;
		j += y <= x;
		used++;
	}
	return used;
}

/* Heap sort, in place: sift entry[root] down in a heap of n by number. */
static void
sift_down(mlops_tally *entry, uint32_t root, uint32_t n)
{
	mlops_tally moving = entry[root];
	double		x = mlops_bits_double(moving.key);

	for (;;)
	{
		uint32_t	child = 2 * root + 1;

		if (child >= n)
			break;
		if (child + 1 < n &&
			mlops_bits_double(entry[child].key) < mlops_bits_double(entry[child + 1].key))
			child++;
		if (mlops_bits_double(entry[child].key) <= x)
			break;
		entry[root] = entry[child];
		root = child;
	}
	entry[root] = moving;
}

/* mlops_tally_sort_numbers sorts by number, ascending. */
void
mlops_tally_sort_numbers(mlops_tally *entry, uint32_t n)
{
	for (uint32_t i = n / 2; i-- > 0;)
		sift_down(entry, i, n);
	for (uint32_t i = n; i-- > 1;)
	{
		mlops_tally last = entry[i];

		entry[i] = entry[0];
		entry[0] = last;
		sift_down(entry, 0, i);
	}
}

/*
 * mlops_freq_sampling_error: by how much a count that was estimated from a
 * sample may be off, with probability .99.  `variance` is the sketch's sampling
 * variance, which holds for a share of one half; for a share p it is 4 p (1 - p)
 * times that (concavity over the blocks).  Bernstein's inequality with the
 * largest weight that one drawn value can have; p is taken at the upper end.
 */
double
mlops_freq_sampling_error(uint64_t count, uint64_t n, double variance, uint64_t weight)
{
	double		l = log(2 / 0.01);
	double		t = 0;

	if (n == 0 || variance == 0)
		return 0;
	for (int round = 0; round < 3; round++)
	{
		double		p = ((double) count + t) / (double) n;
		double		v = p < 0.5 ? variance * 4 * p * (1 - p) : variance;

		t = sqrt(2 * l * v) + 2 * l * (double) weight / 3;
	}
	return t;
}
