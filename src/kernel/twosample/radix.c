/*
 * radix.c
 *		Sorting finite double precision numbers by their bits.
 *
 * The range of the keys is cut into equal cells, the cells are joined to parts of
 * about as many keys each, and the keys are scattered to their parts.  A part is sorted by its
 * highest bits that differ, least significant digit first, as many as nearly
 * always tell its keys apart; an insertion sort mends the rest.  Where that
 * would take too long, since most keys differ in lower bits only, all
 * digits are sorted: the time is proportional to n for any numbers.
 */
#include "kernel/twosample/radix.h"

#include <string.h>

#define MAX_CELL_BITS 14

/* So many keys and as many places for them: the first cache. */
#define PART_MIN 2048

/* Shorter arrays are one part. */
#define ALONE_MAX (2 * PART_MIN)

#define DIGIT_BITS 9
#define DIGITS (1 << DIGIT_BITS)

/* Fewer keys are sorted by insertion alone. */
#define INSERTION_MAX 24

/* Steps of an insertion sort for each key until it is given up. */
#define PATIENCE 16

/* Keys sorted in one call, so that it takes about a millisecond. */
#define STEP_MIN 65536

static int
bits_of(uint64_t x)
{
	int			bits = 0;

	while (x > 0)
	{
		bits++;
		x >>= 1;
	}
	return bits;
}

/* More cells than this do not pay, for so many keys. */
static int
cell_bits(size_t n)
{
	int			bits = bits_of(n / 8);

	return bits < MAX_CELL_BITS ? bits : MAX_CELL_BITS;
}

size_t
mlops_radix_size(size_t n)
{
	return sizeof(mlops_radix) + (n > ALONE_MAX ? ((size_t) 1 << cell_bits(n)) * sizeof(size_t) : 0);
}

void
mlops_radix_begin(mlops_radix *radix, double *value, double *scratch, size_t n)
{
	radix->value = value;
	radix->scratch = scratch;
	radix->n = n;
	radix->stage = 0;
	radix->part = radix->parts = 0;
	radix->first[0] = 0;
	radix->cells = n > ALONE_MAX ? (size_t) 1 << cell_bits(n) : 0;
}

static inline uint64_t
bits_at(const double *value, size_t i)
{
	uint64_t	bits;

	memcpy(&bits, &value[i], sizeof(bits));
	return bits;
}

static inline void
put_bits(double *value, size_t i, uint64_t bits)
{
	memcpy(&value[i], &bits, sizeof(bits));
}

static inline uint64_t
key_at(const double *value, size_t i)
{
	return mlops_radix_key(bits_at(value, i));
}

/* Where the cells are. */
static void
find_range(mlops_radix *radix)
{
	uint64_t	lowest = UINT64_MAX,
				highest = 0;
	int			bits;

	for (size_t i = 0; i < radix->n; i++)
	{
		uint64_t	key = key_at(radix->value, i);

		lowest = key < lowest ? key : lowest;
		highest = key > highest ? key : highest;
	}
	bits = bits_of(highest - lowest) - cell_bits(radix->n);
	radix->lowest = lowest;
	radix->shift = bits > 0 ? bits : 0;
}

static void
count_cells(mlops_radix *radix)
{
	memset(radix->cell, 0, radix->cells * sizeof(size_t));
	for (size_t i = 0; i < radix->n; i++)
		radix->cell[(key_at(radix->value, i) - radix->lowest) >> radix->shift]++;
}

/* Cells that follow each other to parts; a cell alone may be larger than that. */
static void
join_cells(mlops_radix *radix)
{
	size_t		goal = radix->n / (MLOPS_RADIX_PARTS / 2) + 1;
	size_t		part = 0,
				at = 0;

	if (goal < PART_MIN)
		goal = PART_MIN;
	for (size_t c = 0; c < radix->cells; c++)
	{
		size_t		keys = radix->cell[c];

		/* two parts side by side have more than the goal: they cannot be too many */
		if (at > radix->first[part] && at - radix->first[part] + keys > goal)
			radix->first[++part] = at;
		radix->cell[c] = part;
		at += keys;
	}
	radix->parts = part + 1;
	radix->first[part + 1] = radix->n;
	memcpy(radix->place, radix->first, radix->parts * sizeof(size_t));
}

/* From here on the numbers are keys, in scratch. */
static void
scatter(mlops_radix *radix)
{
	const size_t *cell = radix->cell;
	size_t	   *place = radix->place;

	for (size_t i = 0; i < radix->n; i++)
	{
		uint64_t	key = key_at(radix->value, i);

		put_bits(radix->scratch, place[cell[(key - radix->lowest) >> radix->shift]]++, key);
	}
}

static void
no_parts(mlops_radix *radix)
{
	for (size_t i = 0; i < radix->n; i++)
		put_bits(radix->scratch, i, key_at(radix->value, i));
	radix->parts = 1;
	radix->first[1] = radix->n;
}

/* By one digit, keeping the order of those that have the same one. */
static void
sort_digit(const double *from, double *to, size_t n, uint64_t lowest, int shift)
{
	size_t		place[DIGITS] = {0};
	size_t		at = 0;

	for (size_t i = 0; i < n; i++)
		place[((bits_at(from, i) - lowest) >> shift) & (DIGITS - 1)]++;
	for (int d = 0; d < DIGITS; d++)
	{
		size_t		keys = place[d];

		place[d] = at;
		at += keys;
	}
	for (size_t i = 0; i < n; i++)
	{
		uint64_t	key = bits_at(from, i);

		put_bits(to, place[((key - lowest) >> shift) & (DIGITS - 1)]++, key);
	}
}

/* The digits from bit shift up to bit bits, of n keys in a; returns where they are then, a or b. */
static double *
sort_digits(double *a, double *b, size_t n, uint64_t lowest, int shift, int bits)
{
	for (; shift < bits; shift += DIGIT_BITS)
	{
		double	   *swap = a;

		sort_digit(a, b, n, lowest, shift);
		a = b;
		b = swap;
	}
	return a;
}

/* Into to, which may be from; false when that would take too long, with the keys in any order. */
static bool
insert(const double *from, double *to, size_t n)
{
	uint64_t	last = 0;
	size_t		patience = PATIENCE * n;

	for (size_t i = 0; i < n; i++)
	{
		uint64_t	key = bits_at(from, i);
		size_t		j = i;

		if (key < last)
		{
			for (; j > 0 && bits_at(to, j - 1) > key; j--)
				put_bits(to, j, bits_at(to, j - 1));
			if (i - j > patience)
			{
				put_bits(to, j, key);
				memmove(to + i + 1, from + i + 1, (n - i - 1) * sizeof(double));
				return false;
			}
			patience -= i - j;
		}
		else
			last = key;
		put_bits(to, j, key);
	}
	return true;
}

/* From keys in scratch to numbers in value. */
static void
sort_part(double *scratch, double *value, size_t n)
{
	double	   *sorted = scratch;
	uint64_t	lowest = UINT64_MAX,
				highest = 0;
	int			bits,
				shift;

	for (size_t i = 0; i < n; i++)
	{
		uint64_t	key = bits_at(scratch, i);

		lowest = key < lowest ? key : lowest;
		highest = key > highest ? key : highest;
	}
	bits = bits_of(highest - lowest);
	/* 16 times as many places as keys, at least */
	shift = bits - (bits_of(n) + 4 + DIGIT_BITS - 1) / DIGIT_BITS * DIGIT_BITS;
	if (n > INSERTION_MAX)
		sorted = sort_digits(scratch, value, n, lowest, shift > 0 ? shift : 0, bits);
	if (!insert(sorted, value, n))
	{
		sorted = sort_digits(value, scratch, n, lowest, 0, bits);
		if (sorted != value)
			memcpy(value, sorted, n * sizeof(double));
	}
	for (size_t i = 0; i < n; i++)
		put_bits(value, i, mlops_radix_bits(bits_at(value, i)));
}

/* Some work; false when value is in order. */
bool
mlops_radix_step(mlops_radix *radix)
{
	size_t		end;

	switch (radix->cells > 0 ? radix->stage++ : 3)
	{
		case 0:
			find_range(radix);
			return true;
		case 1:
			count_cells(radix);
			return true;
		case 2:
			join_cells(radix);
			scatter(radix);
			return true;
	}
	if (radix->parts == 0)
		no_parts(radix);
	end = radix->first[radix->part] + STEP_MIN;
	while (radix->part < radix->parts && radix->first[radix->part] < end)
	{
		size_t		first = radix->first[radix->part++];

		sort_part(radix->scratch + first, radix->value + first, radix->first[radix->part] - first);
	}
	return radix->part < radix->parts;
}
