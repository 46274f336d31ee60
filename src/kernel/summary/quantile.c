/*
 * quantile.c
 *		Quantile sketch with a rank-error bound that it carries itself.
 *
 * Levels and compaction are those of KLL (Karnin, Lang and Liberty 2016,
 * "Optimal quantile approximation in streams"): when the sketch is over its
 * budget, the lowest full level is halved, one of every two neighbours moving
 * up.  Every second compaction of a level keeps the other half than the one
 * before (Ivkin, Liberty, Lang, Karnin and Braverman 2019), which halves the
 * variance.  Instead of a constant of the method, the sketch adds up the
 * variance of what it really did: a compaction of level h changes the
 * estimated rank of a value by +-2^h or not at all, with mean zero.
 */
#include "kernel/summary/quantile.h"

#include <math.h>
#include <string.h>

#include "kernel/summary/hash.h"

/* Smaller of two first, in both columns of a row of the sorting network. */
static inline void
exchange(double *a, double *b, size_t columns)
{
	for (size_t c = 0; c < columns; c++)
	{
		double		lo = b[c] < a[c] ? b[c] : a[c];
		double		hi = b[c] < a[c] ? a[c] : b[c];

		a[c] = lo;
		b[c] = hi;
	}
}

/*
 * Sort every column of 8 rows with Batcher's odd-even merge network of 19
 * comparators.
 */
static void
sort_columns(double *x, size_t columns)
{
	static const uint8_t net[19][2] = {
		{0, 1}, {2, 3}, {4, 5}, {6, 7}, {0, 2}, {1, 3}, {4, 6}, {5, 7}, {1, 2}, {5, 6},
		{0, 4}, {1, 5}, {2, 6}, {3, 7}, {2, 4}, {3, 5}, {1, 2}, {3, 4}, {5, 6}
	};

	for (int i = 0; i < 19; i++)
		exchange(x + net[i][0] * columns, x + net[i][1] * columns, columns);
}

/*
 * Merge two neighbouring sorted runs of `half` items: the smaller half of the
 * output from the front and the larger half from the back at the same time,
 * so that no run can end before its time and nothing has to be tested.
 */
static void
merge_runs(const double *in, size_t half, double *out)
{
	const double *a = in;
	const double *b = in + half;
	const double *c = in + half - 1;
	const double *d = in + 2 * half - 1;
	double	   *front = out;
	double	   *back = out + 2 * half - 1;

	for (size_t i = 0; i < half; i++)
	{
		double		va = *a;
		double		vb = *b;
		double		vc = *c;
		double		vd = *d;
		size_t		second = vb < va;
		size_t		first = vd < vc;

		*front++ = second ? vb : va;
		b += second;
		a += 1 - second;
		*back-- = first ? vc : vd;
		c -= first;
		d -= 1 - first;
	}
}

/*
 * mlops_sort_doubles sorts x[0..n), n <= MLOPS_BATCH, all finite, ascending.
 * Time does not depend on the order of the input.
 */
void
mlops_sort_doubles(double *x, size_t n)
{
	double		one[MLOPS_BATCH];
	double		two[MLOPS_BATCH];
	double	   *from = one;
	double	   *to = two;
	size_t		room = 8;
	size_t		columns;

	if (n < 2)
		return;
	while (room < n)
		room *= 2;
	columns = room / 8;
	memcpy(two, x, n * sizeof(double));
	for (size_t i = n; i < room; i++)
		two[i] = INFINITY;
	sort_columns(two, columns);
	for (size_t c = 0; c < columns; c++)
		for (size_t r = 0; r < 8; r++)
			one[c * 8 + r] = two[r * columns + c];
	for (size_t half = 8; half < room; half *= 2)
	{
		double	   *swap = from;

		for (size_t at = 0; at < room; at += 2 * half)
			merge_runs(from + at, half, to + at);
		from = to;
		to = swap;
	}
	memcpy(x, from, n * sizeof(double));
}

/* mlops_kll_init: an empty sketch; `seed` decides its coins. */
void
mlops_kll_init(mlops_kll *s, uint64_t seed)
{
	memset(s, 0, sizeof(*s));
	s->random = seed;
	s->nlevels = 1;
}

/* Items that a level may keep, by its distance from the top: k (2/3)^depth. */
static uint32_t
level_capacity(uint32_t depth)
{
	static const uint8_t capacity[] = {
		MLOPS_KLL_K, 86, 57, 38, 26, 17, 12, 8, 5, 4, 3
	};

	return depth < sizeof(capacity) ? capacity[depth] : 2;
}

/* mlops_kll_budget: items that a sketch of so many levels may keep. */
uint32_t
mlops_kll_budget(uint32_t nlevels)
{
	uint32_t	sum = 0;

	for (uint32_t depth = 0; depth < nlevels; depth++)
		sum += level_capacity(depth);
	return nlevels < MLOPS_KLL_FIRST_LEVELS && sum < MLOPS_KLL_FIRST_BUDGET ?
		MLOPS_KLL_FIRST_BUDGET : sum;
}

/*
 * mlops_kll_sample_level: the level at which values enter a sketch that
 * already stands for n values: one of every 2^level is looked at.
 */
uint32_t
mlops_kll_sample_level(uint64_t n)
{
	uint32_t	level = 0;

	while (level < MLOPS_SAMPLE_LEVEL && (n >> level) >= 2 * MLOPS_SAMPLE_SIZE)
		level++;
	return level;
}

/*
 * mlops_kll_sample draws one value from every 2^level consecutive ones into
 * out[], by the sketch's own coin; the last one drawn may stand for fewer
 * (*last_weight, 0 if there is no such rest).  Returns how many were drawn,
 * not counting that one, which follows them.  The rank of a value among 2^level
 * others is then off by less than 2^level, with variance at most 4^level / 4
 * (Hoeffding's lemma), which is added to the sketch's bound.
 */
size_t
mlops_kll_sample(mlops_kll *s, const double *x, size_t n, uint32_t level,
				 double *out, uint64_t *last_weight)
{
	size_t		weight = (size_t) 1 << level;
	size_t		blocks = n >> level;
	size_t		rest = n & (weight - 1);
	double		added = (double) blocks * (double) weight * (double) weight;

	*last_weight = 0;
	if (level == 0)
	{
		memcpy(out, x, n * sizeof(double));
		return n;
	}
	for (size_t b = 0; b < blocks; b++)
		out[b] = x[(b << level) + (mlops_random_next(&s->random) >> (64 - level))];
	*last_weight = rest;
	if (rest > 0)
	{
		out[blocks] = x[(blocks << level) + mlops_random_next(&s->random) % rest];
		if (rest > 1)
			added += (double) rest * (double) rest;
	}
	s->sampling += added / 4;
	s->variance += added / 4;
	return blocks;
}

/* Merge two sorted arrays; out must not overlap them. */
static void
merge_sorted(const double *a, size_t na, const double *b, size_t nb, double *out)
{
	size_t		i = 0;
	size_t		j = 0;

	while (i < na && j < nb)
	{
		bool		second = b[j] < a[i];

		*out++ = second ? b[j] : a[i];
		j += second;
		i += !second;
	}
	memcpy(out, a + i, (na - i) * sizeof(double));
	memcpy(out + (na - i), b + j, (nb - j) * sizeof(double));
}

/* First item of a level: the levels above it come first. */
static uint32_t
level_start(const mlops_kll *s, uint32_t level)
{
	uint32_t	at = 0;

	for (uint32_t h = s->nlevels; h-- > level + 1;)
		at += s->count[h];
	return at;
}

/*
 * Halve one level of item[]: which half survives is the coin's choice, the
 * next time the other one.  With an odd number the largest item stays behind.
 */
static void
compact(mlops_kll *s, double *item, uint32_t h)
{
	uint64_t	bit = (uint64_t) 1 << h;
	uint32_t	count = s->count[h];
	uint32_t	pairs = count / 2;
	double		up[MLOPS_BATCH + MLOPS_KLL_ITEMS];
	double		merged[MLOPS_BATCH + MLOPS_KLL_ITEMS];
	double	   *here;
	double	   *above;
	uint32_t	odd;

	if (h + 1 == s->nlevels)
		s->nlevels++;
	here = item + level_start(s, h);
	above = here - s->count[h + 1];
	if (s->paired & bit)
		s->parity ^= bit;
	else
	{
		s->parity = (mlops_random_next(&s->random) >> 63) ? s->parity | bit : s->parity & ~bit;
		s->variance += ldexp(1.0, (int) (2 * h));
	}
	s->paired ^= bit;
	odd = (s->parity & bit) != 0;
	for (uint32_t i = 0; i < pairs; i++)
		up[i] = here[2 * i + odd];
	merge_sorted(above, s->count[h + 1], up, pairs, merged);
	s->count[h + 1] = (uint16_t) (s->count[h + 1] + pairs);
	memcpy(above, merged, s->count[h + 1] * sizeof(double));
	memmove(above + s->count[h + 1], here + 2 * pairs,
			(s->total - (uint32_t) (here - item) - 2 * pairs) * sizeof(double));
	s->count[h] = (uint16_t) (count - 2 * pairs);
	s->total -= pairs;
}

/* Halve levels of item[], the lowest full one first, until it fits. */
static void
compress(mlops_kll *s, double *item)
{
	while (s->total > mlops_kll_budget(s->nlevels))
	{
		uint32_t	h = 0;

		/* one level must be above its capacity, since the sum is */
		while (h + 1 < s->nlevels && s->count[h] < level_capacity(s->nlevels - 1 - h))
			h++;
		compact(s, item, h);
	}
}

/* A rank cannot be off by more than n, whatever the sum of variances says. */
static void
bound_variance(mlops_kll *s)
{
	double		most = (double) s->n * (double) s->n;

	s->variance = s->variance < most ? s->variance : most;
	s->sampling = s->sampling < s->variance ? s->sampling : s->variance;
}

/*
 * mlops_kll_insert enters n <= MLOPS_BATCH sorted values that stand for
 * 2^level values each.
 */
void
mlops_kll_insert(mlops_kll *s, const double *sorted, uint32_t n, uint32_t level)
{
	double		work[MLOPS_BATCH + MLOPS_KLL_ITEMS];
	double		merged[MLOPS_BATCH + MLOPS_KLL_ITEMS];
	uint32_t	at;
	uint32_t	end;

	if (n == 0)
		return;
	if (s->nlevels <= level)
		s->nlevels = level + 1;
	at = level_start(s, level);
	end = at + s->count[level];
	merge_sorted(s->item + at, s->count[level], sorted, n, merged);
	memcpy(work, s->item, at * sizeof(double));
	memcpy(work + at, merged, (end - at + n) * sizeof(double));
	memcpy(work + end + n, s->item + end, (s->total - end) * sizeof(double));
	s->count[level] = (uint16_t) (s->count[level] + n);
	s->total += n;
	s->n += (uint64_t) n << level;
	compress(s, work);
	memcpy(s->item, work, s->total * sizeof(double));
	bound_variance(s);
}

/*
 * mlops_kll_insert_weighted enters one value that stands for `weight` values:
 * an item at every level whose bit is set, so the weight is exact.
 */
void
mlops_kll_insert_weighted(mlops_kll *s, double x, uint64_t weight)
{
	for (uint32_t h = 0; weight >> h != 0; h++)
		if ((weight >> h) & 1)
			mlops_kll_insert(s, &x, 1, h);
}

/*
 * mlops_kll_merge: `into` stands for the values of both.  The coins of two
 * sketches may have fallen alike (the same data twice), so their standard
 * deviations add up, not their variances.
 */
void
mlops_kll_merge(mlops_kll *into, const mlops_kll *from)
{
	double		work[2 * MLOPS_KLL_ITEMS];
	double	   *out = work;
	const double *a = into->item;
	const double *b = from->item;
	double		deviation = sqrt(into->variance) + sqrt(from->variance);
	double		sampling = sqrt(into->sampling) + sqrt(from->sampling);

	if (into->nlevels < from->nlevels)
		into->nlevels = from->nlevels;
	for (uint32_t h = into->nlevels; h-- > 0;)
	{
		uint32_t	nb = h < from->nlevels ? from->count[h] : 0;

		merge_sorted(a, into->count[h], b, nb, out);
		a += into->count[h];
		b += nb;
		into->count[h] = (uint16_t) (into->count[h] + nb);
		out += into->count[h];
	}
	into->total += from->total;
	into->n += from->n;
	into->variance = deviation * deviation;
	into->sampling = sampling * sampling;
	into->random = mlops_mix64(into->random + mlops_mix64(from->random));
	compress(into, work);
	memcpy(into->item, work, into->total * sizeof(double));
	bound_variance(into);
}

/*
 * mlops_kll_rank_error: the estimated rank of any one value is off by at most
 * this share of n, with probability .99 (Hoeffding: the errors are independent,
 * bounded and have mean zero; 2 exp(-t^2 / 2V) = .01).  0 while nothing was left
 * out.
 */
double
mlops_kll_rank_error(const mlops_kll *s)
{
	double		bound;

	if (s->n == 0 || s->variance == 0)
		return 0;
	bound = sqrt(2 * log(2 / 0.01) * s->variance) / (double) s->n;
	return bound < 1 ? bound : 1;
}
