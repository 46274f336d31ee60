/*
 * bins.c
 *		Which bin a value belongs to, and counts of bins.  See bins.h.
 */
#include "kernel/summary/bins.h"

#include <math.h>
#include <string.h>

/* Numbers. */

static uint32_t
power_of_two(uint32_t at_least)
{
	uint32_t	p = 1;

	while (p < at_least)
		p *= 2;
	return p;
}

/* About eight cells an edge while that is small: most cells hold none. */
static uint32_t
table_cells(int n)
{
	return power_of_two(n <= 100 ? 64 + 8 * (uint32_t) n : 4 * (uint32_t) n);
}

size_t
mlops_bin_table_size(int n)
{
	return sizeof(mlops_bin_table) + (table_cells(n) + 1) * sizeof(uint16_t);
}

void
mlops_bin_table_build(mlops_bin_table *t, const double *edges, int n)
{
	uint32_t	cell = 0;

	t->cells = table_cells(n);
	t->n = (uint32_t) n;
	t->base = n > 0 ? edges[0] : 0;
	t->scale = n > 1 ? t->cells / (edges[n - 1] - edges[0]) : 0;
	/* A range that overflows, or one so small that its inverse does. */
	if (!isfinite(t->scale))
		t->scale = 0;
	t->first[0] = 0;
	for (int i = 0; i < n; i++)
	{
		uint32_t	c = mlops_bin_cell(t, edges[i]);

		while (cell < c)
			t->first[++cell] = (uint16_t) i;
	}
	while (cell < t->cells)
		t->first[++cell] = (uint16_t) n;
}

int
mlops_bin_search(const double *edges, int n, double x)
{
	const double *at = edges;
	int			left = n;

	while (left > 1)
	{
		int			half = left / 2;

		at += at[half - 1] <= x ? half : 0;
		left -= half;
	}
	return (int) (at - edges) + (left == 1 && *at <= x);
}

int
mlops_edges_clean(double *e, int n, double low)
{
	int			kept = 0;

	for (int i = 0; i < n; i++)
	{
		double		v = e[i] + 0.0; /* -0.0 becomes 0.0 */
		int			at;

		if (!isfinite(v) || v <= low)
			continue;
		/* Insertion: quantiles come nearly sorted, and there are few. */
		for (at = kept; at > 0 && e[at - 1] > v; at--)
			;
		if (at > 0 && e[at - 1] == v)
			continue;
		memmove(e + at + 1, e + at, (size_t) (kept - at) * sizeof(double));
		e[at] = v;
		kept++;
	}
	return kept;
}

/* Labels. */

uint64_t
mlops_fingerprint(const void *data, size_t size, uint64_t seed)
{
	const uint8_t *p = data;
	uint64_t	h = seed ^ (size * UINT64_C(0x9E3779B97F4A7C15));

	while (size > 0)
	{
		uint64_t	w = 0;
		size_t		k = size < 8 ? size : 8;

		for (size_t i = 0; i < k; i++)
			w |= (uint64_t) p[i] << (8 * i);
		h = (h ^ w) * UINT64_C(0xD6E8FEB86659FD93);
		h ^= h >> 32;
		p += k;
		size -= k;
	}
	/* finalizer of SplitMix64 (Steele, Lea, Flood 2014) */
	h = (h ^ (h >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	h = (h ^ (h >> 27)) * UINT64_C(0x94D049BB133111EB);
	return h ^ (h >> 31);
}

uint32_t
mlops_label_hash(const char *s, size_t len)
{
	return (uint32_t) mlops_fingerprint(s, len, 0);
}

uint32_t
mlops_label_slots(int n)
{
	return power_of_two(2 * (uint32_t) n + 2);
}

static bool
same_label(const uint32_t *ends, const char *bytes, int i, const char *s, size_t len)
{
	uint32_t	start = i > 0 ? ends[i - 1] : 0;

	return ends[i] - start == len && memcmp(bytes + start, s, len) == 0;
}

int
mlops_label_find(const uint16_t *slot, uint32_t slots,
				 const uint32_t *ends, const char *bytes,
				 const char *s, size_t len)
{
	uint32_t	at = mlops_label_hash(s, len) & (slots - 1);

	while (slot[at] != 0)
	{
		if (same_label(ends, bytes, slot[at] - 1, s, len))
			return slot[at] - 1;
		at = (at + 1) & (slots - 1);
	}
	return -1;
}

int
mlops_label_scan(const uint32_t *ends, const char *bytes, int n,
				 const char *s, size_t len)
{
	for (int i = 0; i < n; i++)
		if (same_label(ends, bytes, i, s, len))
			return i;
	return -1;
}

mlops_status
mlops_label_index(uint16_t *slot, uint32_t slots,
				  const uint32_t *ends, const char *bytes, int n)
{
	memset(slot, 0, slots * sizeof(uint16_t));
	for (int i = 0; i < n; i++)
	{
		uint32_t	start = i > 0 ? ends[i - 1] : 0;
		uint32_t	at = mlops_label_hash(bytes + start, ends[i] - start) & (slots - 1);

		while (slot[at] != 0)
		{
			if (same_label(ends, bytes, slot[at] - 1, bytes + start, ends[i] - start))
				return MLOPS_DOMAIN;
			at = (at + 1) & (slots - 1);
		}
		slot[at] = (uint16_t) (i + 1);
	}
	return MLOPS_OK;
}

bool
mlops_label_int(const char *s, size_t len, int64_t *value)
{
	uint64_t	v = 0;
	uint64_t	limit = INT64_MAX;
	size_t		i = 0;

	if (len > 0 && s[0] == '-')
	{
		i = 1;
		limit = (uint64_t) INT64_MAX + 1;
	}
	/* one digit at least, no leading zero, no "-0" */
	if (i == len || (s[i] == '0' && len > 1))
		return false;
	for (; i < len; i++)
	{
		uint64_t	digit = (uint64_t) (unsigned char) s[i] - '0';

		if (digit > 9 || v > (limit - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	*value = s[0] == '-' ? (int64_t) (0 - v) : (int64_t) v;
	return true;
}

uint32_t
mlops_int_hash(int64_t v)
{
	return (uint32_t) ((uint64_t) v * UINT64_C(0x9E3779B97F4A7C15) >> 32);
}

void
mlops_int_index(int64_t *key, uint16_t *bin, uint32_t slots,
				const uint32_t *ends, const char *bytes, int n)
{
	memset(bin, 0, slots * sizeof(uint16_t));
	for (int i = 0; i < n; i++)
	{
		uint32_t	start = i > 0 ? ends[i - 1] : 0;
		uint32_t	at;
		int64_t		v;

		if (!mlops_label_int(bytes + start, ends[i] - start, &v))
			continue;
		at = mlops_int_hash(v) & (slots - 1);
		while (bin[at] != 0)
			at = (at + 1) & (slots - 1);
		key[at] = v;
		bin[at] = (uint16_t) (i + 1);
	}
}

/* Counts. */

bool
mlops_counts_sum(const int64_t *count, int n, int64_t *sum)
{
	int64_t		total = 0;

	for (int i = 0; i < n; i++)
	{
		if (count[i] < 0 || count[i] > INT64_MAX - total)
			return false;
		total += count[i];
	}
	*sum = total;
	return true;
}
