/*
 * profile_codec.c
 *		Canonical bytes of mlops.profile: see doc/formats.md for the layout.
 *
 * Bytes may come from a client.  Every length is checked before it is used,
 * counts must agree with each other, items must be sorted and finite, and
 * nothing may be left over: what decodes, encodes to the same bytes again.
 */
#include "types/profile_codec.h"

#include <math.h>
#include <string.h>

#include "kernel/summary/hash.h"
#include "types/codec.h"

/* Exceptions to the four bits of a register. */
#define NIBBLE_ESCAPE	15

static bool
is_number(int kind)
{
	return kind != MLOPS_PROFILE_TEXT;
}

/* Unsigned LEB128, shortest form only. */
static void
write_varint(mlops_writer *w, uint64_t v)
{
	while (v >= 0x80)
	{
		mlops_write_u8(w, (uint8_t) (v | 0x80));
		v >>= 7;
	}
	mlops_write_u8(w, (uint8_t) v);
}

static uint64_t
read_count(mlops_reader *r)
{
	uint64_t	v = 0;

	for (int shift = 0; shift < 63; shift += 7)
	{
		uint8_t		b = mlops_read_u8(r);

		v |= (uint64_t) (b & 0x7f) << shift;
		if (b < 0x80)
		{
			if ((b == 0 && shift > 0) || v > MLOPS_PROFILE_MAX_COUNT)
				r->bad = true;
			return v;
		}
	}
	r->bad = true;
	return 0;
}

/* The top `width` bytes of a double, least significant first. */
static void
write_number(mlops_writer *w, uint64_t bits, int width)
{
	uint8_t		b[8];

	bits >>= width == 0 ? 0 : 64 - 8 * width;
	for (int i = 0; i < width; i++)
		b[i] = (uint8_t) (bits >> (8 * i));
	mlops_write_bytes(w, b, (size_t) width);
}

static uint64_t
load_number(const uint8_t *b, int width)
{
	uint64_t	bits = 0;

	if (width == 8)				/* one load, on a little-endian machine */
		return (uint64_t) b[0] | (uint64_t) b[1] << 8 | (uint64_t) b[2] << 16 |
			(uint64_t) b[3] << 24 | (uint64_t) b[4] << 32 | (uint64_t) b[5] << 40 |
			(uint64_t) b[6] << 48 | (uint64_t) b[7] << 56;
	for (int i = 0; i < width; i++)
		bits |= (uint64_t) b[i] << (8 * (8 - width + i));
	return bits;
}

/* A finite number other than -0.0. */
static uint64_t
read_number(mlops_reader *r, int width, uint64_t *seen)
{
	const uint8_t *b = mlops_read_bytes(r, (size_t) width);
	uint64_t	bits;

	if (b == NULL)
		return 0;
	bits = load_number(b, width);
	if (!isfinite(mlops_bits_double(bits)) || bits == UINT64_C(1) << 63)
		r->bad = true;
	*seen |= bits;
	return bits;
}

/* Bytes needed for every number whose bits were or-ed into `seen`. */
static int
width_of(uint64_t seen)
{
	return seen == 0 ? 0 : 8 - __builtin_ctzll(seen) / 8;
}

/* mlops_profile_compare: the order in which entries are stored. */
int
mlops_profile_compare(const mlops_freq *a, const mlops_freq *b)
{
	uint32_t	common;
	int			order;

	if (a->label == NULL)
	{
		double		x = mlops_bits_double(a->key);
		double		y = mlops_bits_double(b->key);

		return (x > y) - (x < y);
	}
	common = a->label_len < b->label_len ? a->label_len : b->label_len;
	order = common == 0 ? 0 : memcmp(a->label, b->label, common);
	if (order != 0)
		return order;
	if (a->label_len != b->label_len)
		return a->label_len < b->label_len ? -1 : 1;
	if (a->cut != b->cut)
		return a->cut ? 1 : -1;
	return (a->key > b->key) - (a->key < b->key);
}

static void
sift_down(mlops_freq *entry, uint32_t root, uint32_t n)
{
	mlops_freq	moving = entry[root];

	for (;;)
	{
		uint32_t	child = 2 * root + 1;

		if (child >= n)
			break;
		if (child + 1 < n && mlops_profile_compare(&entry[child], &entry[child + 1]) < 0)
			child++;
		if (mlops_profile_compare(&entry[child], &moving) <= 0)
			break;
		entry[root] = entry[child];
		root = child;
	}
	entry[root] = moving;
}

/* mlops_profile_sort sorts entries by mlops_profile_compare (heap sort). */
void
mlops_profile_sort(mlops_freq *entry, uint32_t n)
{
	for (uint32_t i = n / 2; i-- > 0;)
		sift_down(entry, i, n);
	for (uint32_t i = n; i-- > 1;)
	{
		mlops_freq	last = entry[i];

		entry[i] = entry[0];
		entry[0] = last;
		sift_down(entry, 0, i);
	}
}

static uint64_t
bits_in_use(const mlops_profile_content *c)
{
	uint64_t	seen = 0;

	if (!is_number(c->kind))
		return 0;
	for (uint32_t i = 0; i < c->nentries; i++)
		seen |= c->entries[i].key;
	if (!c->exact)
		for (uint32_t i = 0; i < c->kll->total; i++)
			seen |= mlops_double_bits(c->kll->item[i]);
	return seen;
}

static void
write_entry(mlops_writer *w, const mlops_freq *e, const mlops_profile_content *c, int width)
{
	if (is_number(c->kind))
		write_number(w, e->key, width);
	else
	{
		write_varint(w, (uint64_t) e->label_len << 1 | e->cut);
		mlops_write_bytes(w, e->label, e->label_len);
		if (e->cut)
			mlops_write_u64(w, e->key);
	}
	write_varint(w, e->lower);
	if (!c->exact)
		write_varint(w, e->err);
}

static void
write_kll(mlops_writer *w, const mlops_kll *s, int width)
{
	mlops_write_u8(w, (uint8_t) s->nlevels);
	mlops_write_f64(w, s->variance);
	mlops_write_f64(w, s->sampling);
	mlops_write_u64(w, s->random);
	mlops_write_u64(w, s->parity);
	mlops_write_u64(w, s->paired);
	for (uint32_t h = 0; h < s->nlevels; h++)
		write_varint(w, s->count[h]);
	for (uint32_t i = 0; i < s->total; i++)
		write_number(w, mlops_double_bits(s->item[i]), width);
}

/* Four bits per register above the smallest one, the rare large ones apart. */
static void
write_registers(mlops_writer *w, const uint8_t *registers)
{
	uint8_t		floor = mlops_hll_floor(registers);
	uint8_t		packed[MLOPS_HLL_M / 2];
	uint64_t	large = 0;

	for (int i = 0; i < MLOPS_HLL_M / 2; i++)
	{
		int			low = registers[2 * i] - floor;
		int			high = registers[2 * i + 1] - floor;

		large += (low >= NIBBLE_ESCAPE) + (high >= NIBBLE_ESCAPE);
		low = low < NIBBLE_ESCAPE ? low : NIBBLE_ESCAPE;
		high = high < NIBBLE_ESCAPE ? high : NIBBLE_ESCAPE;
		packed[i] = (uint8_t) (low | high << 4);
	}
	mlops_write_u8(w, floor);
	mlops_write_bytes(w, packed, sizeof(packed));
	write_varint(w, large);
	for (int i = 0; i < MLOPS_HLL_M && large > 0; i++)
		if (registers[i] - floor >= NIBBLE_ESCAPE)
		{
			mlops_write_u16(w, (uint16_t) i);
			mlops_write_u8(w, registers[i]);
		}
}

/*
 * mlops_profile_encode writes the canonical bytes of a profile whose entries
 * are sorted, or only counts them if bytes is NULL.
 */
size_t
mlops_profile_encode(const mlops_profile_content *c, uint8_t *bytes, size_t size)
{
	const mlops_profile_core *core = &c->core;
	int			width = width_of(bits_in_use(c));
	mlops_writer w;

	mlops_writer_init(&w, bytes, size);
	mlops_write_u8(&w, MLOPS_PROFILE_VERSION);
	mlops_write_u8(&w, c->kind);
	mlops_write_u8(&w, c->exact ? MLOPS_PROFILE_EXACT : 0);
	mlops_write_u8(&w, (uint8_t) width);
	write_varint(&w, c->nentries);
	write_varint(&w, core->nulls);
	write_varint(&w, core->nan);
	write_varint(&w, core->pos_inf);
	write_varint(&w, core->neg_inf);
	write_varint(&w, core->zeros);
	write_varint(&w, core->m.n);
	if (core->m.n > 0)
	{
		mlops_write_f64(&w, core->m.mean);
		mlops_write_f64(&w, core->m.mean_low);
		mlops_write_f64(&w, core->m.m2);
		mlops_write_f64(&w, core->m.m3);
		mlops_write_f64(&w, core->m.m4);
		mlops_write_f64(&w, core->m.min);
		mlops_write_f64(&w, core->m.max);
	}
	if (!c->exact)
		write_varint(&w, c->absent);
	for (uint32_t i = 0; i < c->nentries; i++)
		write_entry(&w, &c->entries[i], c, width);
	if (!c->exact && is_number(c->kind))
		write_kll(&w, c->kll, width);
	if (!c->exact)
		write_registers(&w, c->registers);
	return w.used;
}

/* The fixed first part; returns the width of numbers. */
static int
read_head(mlops_reader *r, mlops_profile_content *c)
{
	uint8_t		version = mlops_read_u8(r);
	uint8_t		kind = mlops_read_u8(r);
	uint8_t		flags = mlops_read_u8(r);
	uint8_t		width = mlops_read_u8(r);
	uint64_t	nentries = read_count(r);

	if (version != MLOPS_PROFILE_VERSION || kind < MLOPS_PROFILE_FLOAT8 ||
		kind > MLOPS_PROFILE_TIMESTAMPTZ || (flags & ~MLOPS_PROFILE_EXACT) != 0 ||
		width > (is_number(kind) ? 8 : 0))
		r->bad = true;
	c->kind = kind;
	c->exact = (flags & MLOPS_PROFILE_EXACT) != 0;
	if (nentries > (c->exact || kind == MLOPS_PROFILE_TEXT ?
					MLOPS_FREQ_EXACT : MLOPS_FREQ_NUMBERS))
		r->bad = true;
	if (kind == MLOPS_PROFILE_BOOLEAN && (!c->exact || nentries > 2))
		r->bad = true;
	c->nentries = r->bad ? 0 : (uint32_t) nentries;
	return width;
}

/* Sums of powers: non-negative where they must be, finite or given up. */
static bool
moments_possible(const mlops_moments1 *m)
{
	if (!isfinite(m->mean) || !isfinite(m->min) || !isfinite(m->max) ||
		m->min > m->mean || m->mean > m->max || m->mean + m->mean_low != m->mean)
		return false;
	if (!(m->m2 >= 0) || !(m->m4 >= 0) || isnan(m->m3) || m->m3 == -INFINITY)
		return false;
	if (isinf(m->m3) != isinf(m->m4) || (isinf(m->m2) && !isinf(m->m3)))
		return false;
	return m->min < m->max || (m->mean_low == 0 && m->m2 == 0 && m->m3 == 0 && m->m4 == 0);
}

static void
read_core(mlops_reader *r, mlops_profile_content *c)
{
	mlops_profile_core *core = &c->core;

	core->nulls = read_count(r);
	core->nan = read_count(r);
	core->pos_inf = read_count(r);
	core->neg_inf = read_count(r);
	core->zeros = read_count(r);
	core->m.n = read_count(r);
	if (!r->bad && core->m.n > 0)
	{
		core->m.mean = mlops_read_f64(r);
		core->m.mean_low = mlops_read_f64(r);
		core->m.m2 = mlops_read_f64(r);
		core->m.m3 = mlops_read_f64(r);
		core->m.m4 = mlops_read_f64(r);
		core->m.min = mlops_read_f64(r);
		core->m.max = mlops_read_f64(r);
		if (!moments_possible(&core->m))
			r->bad = true;
	}
	/* each is at most 2^56, so this cannot wrap */
	if (core->nulls + core->nan + core->pos_inf + core->neg_inf + core->m.n >
		MLOPS_PROFILE_MAX_COUNT || core->zeros > core->m.n)
		r->bad = true;
	if (core->m.n == 0 && (!c->exact || c->nentries != 0))
		r->bad = true;
	if ((c->kind == MLOPS_PROFILE_TEXT || c->kind == MLOPS_PROFILE_BOOLEAN) &&
		core->nan + core->pos_inf + core->neg_inf != 0)
		r->bad = true;
	if (c->kind == MLOPS_PROFILE_TIMESTAMPTZ && (core->nan != 0 || core->zeros != 0))
		r->bad = true;
}

static void
read_text(mlops_reader *r, mlops_freq *e)
{
	uint64_t	length = read_count(r);

	e->cut = (length & 1) != 0;
	length >>= 1;
	if (length > MLOPS_LABEL_BYTES || (e->cut && length == 0))
		r->bad = true;
	e->label_len = (uint32_t) length;
	e->label = (const char *) mlops_read_bytes(r, r->bad ? 0 : (size_t) length);
	if (e->label == NULL)
		r->bad = true;
	else if (e->cut)
		e->key = mlops_read_u64(r);
	else
		e->key = mlops_hash_bytes(e->label, (size_t) length);
}

/* What the values of an entry must satisfy on its own. */
static bool
entry_possible(const mlops_profile_content *c, const mlops_freq *e)
{
	double		x = mlops_bits_double(e->key);

	if (e->lower == 0 || e->lower > c->core.m.n)
		return false;
	if (c->kind == MLOPS_PROFILE_TEXT)
		return true;
	if (x < c->core.m.min || x > c->core.m.max)
		return false;
	return c->kind != MLOPS_PROFILE_BOOLEAN || x == 0 || x == 1;
}

static void
read_entries(mlops_reader *r, mlops_profile_content *c, int width, uint64_t *seen)
{
	uint64_t	sum = 0;
	uint64_t	zeros = 0;

	c->absent = c->exact ? 0 : read_count(r);
	for (uint32_t i = 0; i < c->nentries && !r->bad; i++)
	{
		mlops_freq *e = &c->entries[i];

		memset(e, 0, sizeof(*e));
		if (is_number(c->kind))
			e->key = read_number(r, width, seen);
		else
			read_text(r, e);
		e->lower = read_count(r);
		e->err = c->exact ? 0 : read_count(r);
		if (r->bad || !entry_possible(c, e) ||
			(i > 0 && mlops_profile_compare(&c->entries[i - 1], e) >= 0))
		{
			r->bad = true;
			return;
		}
		sum += e->lower;
		if (is_number(c->kind) ? e->key == 0 : e->label_len == 0)
			zeros = e->lower;
	}
	if (r->bad || c->absent > c->core.m.n || sum > c->core.m.n)
		r->bad = true;
	else if (c->exact)
	{
		const mlops_moments1 *m = &c->core.m;

		if (sum != m->n || (c->kind != MLOPS_PROFILE_TIMESTAMPTZ && zeros != c->core.zeros))
			r->bad = true;
		else if (m->n > 0 && is_number(c->kind) &&
				 (mlops_bits_double(c->entries[0].key) != m->min ||
				  mlops_bits_double(c->entries[c->nentries - 1].key) != m->max))
			r->bad = true;
	}
}

/* Items: sorted within a level, inside the (finite) range, no -0.0. */
static void
read_items(mlops_reader *r, mlops_profile_content *c, int width, uint64_t *seen)
{
	mlops_kll  *s = c->kll;
	const uint8_t *b = mlops_read_bytes(r, (size_t) s->total * (size_t) width);
	uint32_t	at = 0;
	bool		good = b != NULL;

	for (uint32_t h = s->nlevels; h-- > 0 && good;)
	{
		double		before = c->core.m.min;

		for (uint32_t i = 0; i < s->count[h]; i++, b += width)
		{
			uint64_t	bits = load_number(b, width);
			double		x = mlops_bits_double(bits);

			/* a NaN is not >= anything */
			good &= x >= before && x <= c->core.m.max && bits != UINT64_C(1) << 63;
			*seen |= bits;
			before = s->item[at++] = x;
		}
	}
	if (!good)
		r->bad = true;
}

static void
read_kll(mlops_reader *r, mlops_profile_content *c, int width, uint64_t *seen)
{
	mlops_kll  *s = c->kll;

	memset(s, 0, offsetof(mlops_kll, item));
	s->nlevels = mlops_read_u8(r);
	s->variance = mlops_read_f64(r);
	s->sampling = mlops_read_f64(r);
	s->random = mlops_read_u64(r);
	s->parity = mlops_read_u64(r);
	s->paired = mlops_read_u64(r);
	if (s->nlevels < 1 || s->nlevels >= MLOPS_KLL_LEVELS || !(s->sampling >= 0) ||
		!(s->variance >= s->sampling) ||
		!(s->variance <= (double) c->core.m.n * (double) c->core.m.n) ||
		((s->parity | s->paired) >> s->nlevels) != 0)
		r->bad = true;
	for (uint32_t h = 0; h < s->nlevels && !r->bad; h++)
	{
		uint64_t	count = read_count(r);

		/* no more than n stand for: the product cannot wrap */
		if (count > MLOPS_KLL_ITEMS || count > (c->core.m.n >> h))
			r->bad = true;
		else
		{
			s->count[h] = (uint16_t) count;
			s->total += (uint32_t) count;
			s->n += count << h;
		}
		if (s->n > c->core.m.n)
			r->bad = true;
	}
	if (r->bad || s->n != c->core.m.n || s->total > mlops_kll_budget(s->nlevels))
	{
		r->bad = true;
		return;
	}
	read_items(r, c, width, seen);
}

static void
read_registers(mlops_reader *r, uint8_t *registers)
{
	uint8_t		floor = mlops_read_u8(r);
	const uint8_t *packed = mlops_read_bytes(r, MLOPS_HLL_M / 2);
	uint64_t	large = read_count(r);
	uint32_t	expected = 0;
	uint8_t		top = 0;
	int			before = -1;

	if (r->bad || floor > MLOPS_HLL_MAX)
	{
		r->bad = true;
		return;
	}
	for (int i = 0; i < MLOPS_HLL_M / 2; i++)
	{
		uint8_t		low = packed[i] & 15;
		uint8_t		high = packed[i] >> 4;

		expected += (low == NIBBLE_ESCAPE) + (high == NIBBLE_ESCAPE);
		registers[2 * i] = (uint8_t) (floor + low);
		registers[2 * i + 1] = (uint8_t) (floor + high);
		top = low > top ? low : top;
		top = high > top ? high : top;
	}
	if (floor + top > MLOPS_HLL_MAX)
		r->bad = true;
	if (large != expected)
		r->bad = true;
	for (uint64_t k = 0; k < large && !r->bad; k++)
	{
		int			i = mlops_read_u16(r);
		uint8_t		v = mlops_read_u8(r);

		if (i <= before || i >= MLOPS_HLL_M || v > MLOPS_HLL_MAX ||
			registers[i] != floor + NIBBLE_ESCAPE || v < floor + NIBBLE_ESCAPE)
			r->bad = true;
		else
			registers[i] = v;
		before = i;
	}
	if (!r->bad && mlops_hll_floor(registers) != floor)
		r->bad = true;
}

/*
 * mlops_profile_inspect reads only kind, exact and nentries, which say how much
 * memory decode needs.
 */
mlops_status
mlops_profile_inspect(const uint8_t *bytes, size_t size, mlops_profile_content *content)
{
	mlops_reader r;

	memset(content, 0, sizeof(*content));
	mlops_reader_init(&r, bytes, size);
	(void) read_head(&r, content);
	return r.bad || size > MLOPS_PROFILE_MAX_BYTES ? MLOPS_CORRUPT : MLOPS_OK;
}

/* mlops_profile_decode fills the memory that `content` points to. */
mlops_status
mlops_profile_decode(const uint8_t *bytes, size_t size, mlops_profile_content *content)
{
	mlops_reader r;
	uint64_t	seen = 0;
	int			width;

	mlops_reader_init(&r, bytes, size);
	width = read_head(&r, content);
	read_core(&r, content);
	if (r.bad)
		return MLOPS_CORRUPT;
	read_entries(&r, content, width, &seen);
	if (!r.bad && !content->exact && is_number(content->kind))
		read_kll(&r, content, width, &seen);
	if (!r.bad && !content->exact)
		read_registers(&r, content->registers);
	if (!mlops_reader_done(&r) || width != width_of(seen))
		return MLOPS_CORRUPT;
	return MLOPS_OK;
}
