/*
 * profile_update.c
 *		Entering batches of values into a profile, and merging two profiles.
 */
#include "types/profile_work.h"

#include <math.h>
#include <string.h>

#include "kernel/summary/hash.h"
#include "mb/pg_wchar.h"
#include "utils/timestamp.h"

static mlops_tally_table
table_of(mlops_profile_work *w)
{
	return (mlops_tally_table) {
		MLOPS_WORK_ENTRIES(w), MLOPS_WORK_SLOTS(w), w->nentries, w->shape.slot_bits
	};
}

static void
reshape_table(mlops_work_ref *ref, uint32 entries)
{
	mlops_work_shape shape = ref->w->shape;

	shape.entries = entries;
	shape.slot_bits = mlops_work_slot_bits(entries);
	mlops_work_reshape(ref, &shape);
}

/* Take NaN and infinities out of a batch; returns how many values are left. */
static uint32
set_aside(mlops_profile_core *core, double *x, uint32 n)
{
	uint32		kept = 0;

	for (uint32 i = 0; i < n; i++)
	{
		double		v = x[i];

		if (isfinite(v))
			x[kept++] = v;
		else if (isnan(v))
			core->nan++;
		else if (v > 0)
			core->pos_inf++;
		else
			core->neg_inf++;
	}
	return kept;
}

/*
 * Every distinct value and its count is known: put them into a quantile
 * sketch level by level (a count is a sum of powers of two), into the registers
 * and into the list of frequent values.
 */
static void
numbers_to_sketch(mlops_work_ref *ref)
{
	mlops_tally entry[MLOPS_FREQ_EXACT];
	double		x[MLOPS_FREQ_EXACT];
	mlops_work_shape shape = ref->w->shape;
	mlops_profile_work *w = ref->w;
	uint32		n = w->nentries;
	uint64		seed = n;
	uint64		left = 0;

	memcpy(entry, MLOPS_WORK_ENTRIES(w), n * sizeof(mlops_tally));
	mlops_tally_sort_numbers(entry, n);
	w->nentries = 0;
	shape.entries = MLOPS_FREQ_NUMBERS;
	shape.slot_bits = 0;
	shape.sketch = shape.registers = 1;
	mlops_work_reshape(ref, &shape);
	w = ref->w;
	for (uint32 i = 0; i < n; i++)
	{
		seed = mlops_mix64(seed ^ entry[i].key) + entry[i].lower;
		left |= entry[i].lower;
		mlops_hll_add(MLOPS_WORK_REGISTERS(w), mlops_mix64(entry[i].key));
	}
	mlops_kll_init(MLOPS_WORK_SKETCH(w), seed);
	for (uint32 h = 0; left >> h != 0; h++)
	{
		uint32		k = 0;

		for (uint32 i = 0; i < n; i++)
			if ((entry[i].lower >> h) & 1)
				x[k++] = mlops_bits_double(entry[i].key);
		mlops_kll_insert(MLOPS_WORK_SKETCH(w), x, k, h);
	}
	w->exact = 0;
	w->nentries = mlops_tally_purge(entry, n, MLOPS_FREQ_NUMBERS, &w->absent);
	memcpy(MLOPS_WORK_ENTRIES(w), entry, w->nentries * sizeof(mlops_tally));
}

static void
texts_to_sketch(mlops_work_ref *ref)
{
	mlops_work_shape shape = ref->w->shape;

	shape.entries = MLOPS_FREQ_HELD;
	shape.slot_bits = mlops_work_slot_bits(MLOPS_FREQ_HELD);
	shape.registers = 1;
	mlops_work_reshape(ref, &shape);
	for (uint32 i = 0; i < ref->w->nentries; i++)
		mlops_hll_add(MLOPS_WORK_REGISTERS(ref->w), MLOPS_WORK_ENTRIES(ref->w)[i].key);
	ref->w->exact = 0;
}

/* mlops_work_to_sketch: from the exact list of values to the sketches. */
void
mlops_work_to_sketch(mlops_work_ref *ref)
{
	if (ref->w->kind == MLOPS_PROFILE_TEXT)
		texts_to_sketch(ref);
	else
		numbers_to_sketch(ref);
}

/* A batch of numbers into the sketches. */
static void
sketch_batch(mlops_profile_work *w, const double *x, uint32 n)
{
	mlops_kll  *kll = MLOPS_WORK_SKETCH(w);
	mlops_tally *entry = MLOPS_WORK_ENTRIES(w);
	uint32		level = mlops_kll_sample_level(kll->n);
	double		drawn[MLOPS_BATCH + 1];
	uint64_t	rest;
	size_t		count;

	mlops_hll_add_numbers(MLOPS_WORK_REGISTERS(w), x, n);
	count = mlops_kll_sample(kll, x, n, level, drawn, &rest);
	if (rest > 0)
	{
		mlops_kll_insert_weighted(kll, drawn[count], rest);
		w->nentries = mlops_tally_batch(entry, w->nentries, &w->absent, &drawn[count], 1, rest);
	}
	mlops_sort_doubles(drawn, count);
	mlops_kll_insert(kll, drawn, (uint32) count, level);
	w->nentries = mlops_tally_batch(entry, w->nentries, &w->absent, drawn, count,
									(uint64) 1 << level);
}

/* A batch of numbers into the exact list, or into the sketches once it is full. */
static void
enter_numbers(mlops_work_ref *ref, const double *x, uint32 n)
{
	while (ref->w->exact && n > 0)
	{
		mlops_profile_work *w = ref->w;
		mlops_tally_table t = table_of(w);
		size_t		done = 0;

		if (w->shape.slot_bits > 0)
			done = mlops_tally_numbers(&t, w->shape.entries, x, n);
		w->nentries = t.used;
		x += done;
		n -= (uint32) done;
		if (n == 0)
			return;
		if (w->shape.entries < MLOPS_FREQ_EXACT)
			reshape_table(ref, w->shape.entries < 16 ? 16 : w->shape.entries * 4);
		else
			mlops_work_to_sketch(ref);
	}
	if (n > 0)
		sketch_batch(ref->w, x, n);
}

/*
 * Empty the buffer into x[]: counts what is not finite, adds the rest to the
 * moments and returns how many those are.
 */
static uint32
take_batch(mlops_profile_work *w, double *x)
{
	uint32		n = w->nbuffer;
	mlops_batch_scan scan;
	mlops_moments1 m;

	if (n == 0)
		return 0;
	memcpy(x, MLOPS_WORK_BUFFER(w), n * sizeof(double));
	w->nbuffer = 0;
	mlops_batch_look(x, n, &scan);
	if (!scan.finite)
	{
		n = set_aside(&w->core, x, n);
		if (n == 0)
			return 0;
		mlops_batch_look(x, n, &scan);
	}
	mlops_moments1_batch(x, n, &scan, &m);
	mlops_moments1_merge(&w->core.m, &m);
	if (w->kind != MLOPS_PROFILE_TIMESTAMPTZ)
		w->core.zeros += scan.zeros;
	return n;
}

/* mlops_work_flush enters what is in the buffer. */
void
mlops_work_flush(mlops_work_ref *ref)
{
	double		x[MLOPS_BATCH];
	uint32		n = take_batch(ref->w, x);

	if (n > 0 && ref->w->kind != MLOPS_PROFILE_TEXT)
		enter_numbers(ref, x, n);
}

/*
 * mlops_work_list: entries of a profile whose numbers are all still in the
 * buffer, in one go and sorted, without a hash table: what most groups of
 * a GROUP BY with many groups come to.  False, with the profile flushed, if it is
 * not such a one.
 */
bool
mlops_work_list(mlops_work_ref *ref, mlops_freq *entry, uint32 *nentries)
{
	double		x[MLOPS_BATCH];
	double		sorted[MLOPS_BATCH];
	uint32		n;
	uint32		used = 0;

	if (ref->w->kind == MLOPS_PROFILE_TEXT || !ref->w->exact || ref->w->nentries > 0)
	{
		mlops_work_flush(ref);
		return false;
	}
	n = take_batch(ref->w, x);
	memcpy(sorted, x, n * sizeof(double));
	mlops_sort_doubles(sorted, n);
	for (uint32 i = 0; i < n; i++)
	{
		if (i > 0 && sorted[i] == sorted[i - 1])
			entry[used - 1].lower++;
		else if (used == MLOPS_FREQ_EXACT)
		{
			enter_numbers(ref, x, n);
			return false;
		}
		else
			entry[used++] = (mlops_freq) {.key = mlops_double_bits(sorted[i]), .lower = 1};
	}
	*nentries = used;
	return true;
}

/*
 * mlops_profile_time: the number that stands for a timestamptz, exact within
 * 2^53 microseconds (285 years) of 2000-01-01.
 */
double
mlops_profile_time(int64 microseconds)
{
	if (TIMESTAMP_IS_NOBEGIN(microseconds))
		return -INFINITY;
	if (TIMESTAMP_IS_NOEND(microseconds))
		return INFINITY;
	return (double) microseconds;
}

/* mlops_profile_text_length: characters of a string in the database encoding. */
double
mlops_profile_text_length(const char *s, int len)
{
	int			trailing = 0;

	if (GetDatabaseEncoding() != PG_UTF8)
		return pg_mbstrlen_with_len(s, len);
	for (int i = 0; i < len; i++)
		trailing += ((unsigned char) s[i] & 0xC0) == 0x80;
	return len - trailing;
}

/* Drop the texts that are not frequent, and their labels. */
static void
purge_texts(mlops_profile_work *w)
{
	mlops_tally *entry = MLOPS_WORK_ENTRIES(w);
	char	   *arena = MLOPS_WORK_ARENA(w);
	mlops_tally_table t;

	w->nentries = mlops_tally_purge(entry, w->nentries, MLOPS_FREQ_TEXTS, &w->absent);
	w->arena_used = 0;
	/* entries are in the order of their labels, so these only move down */
	for (uint32 i = 0; i < w->nentries; i++)
	{
		memmove(arena + w->arena_used, arena + entry[i].label_at, entry[i].label_len);
		entry[i].label_at = w->arena_used;
		w->arena_used += entry[i].label_len;
	}
	t = table_of(w);
	mlops_tally_index(&t);
}

/* A text that is not in the table yet; the caller knows that there is room. */
static mlops_tally *
append_text(mlops_work_ref *ref, uint64 key, const char *label, uint32 len, bool cut)
{
	mlops_tally_table t;
	mlops_tally *e;

	if (ref->w->shape.arena - ref->w->arena_used < len)
	{
		mlops_work_shape shape = ref->w->shape;

		shape.arena = Max(2 * shape.arena, 128) + len;
		mlops_work_reshape(ref, &shape);
	}
	t = table_of(ref->w);
	e = mlops_tally_add(&t, key);
	ref->w->nentries = t.used;
	e->label_at = ref->w->arena_used;
	e->label_len = (uint16_t) len;
	e->cut = cut;
	memcpy(MLOPS_WORK_ARENA(ref->w) + e->label_at, label, len);
	ref->w->arena_used += len;
	return e;
}

/* Room for one more text: a larger table, the sketches, or a purge. */
static void
make_room(mlops_work_ref *ref)
{
	mlops_profile_work *w = ref->w;

	if (w->exact && w->nentries >= MLOPS_FREQ_EXACT)
		mlops_work_to_sketch(ref);
	else if (w->nentries >= w->shape.entries)
	{
		if (w->shape.entries < MLOPS_FREQ_EXACT)
			reshape_table(ref, w->shape.entries < 16 ? 16 : w->shape.entries * 4);
		else
			purge_texts(w);
	}
}

/*
 * mlops_work_add_text counts one text, not its length.
 */
void
mlops_work_add_text(mlops_work_ref *ref, const char *s, int len)
{
	uint64		key = mlops_hash_bytes(s, (size_t) len);
	mlops_tally *e = NULL;

	if (ref->w->shape.slot_bits > 0)
	{
		mlops_tally_table t = table_of(ref->w);

		e = mlops_tally_find(&t, key);
	}
	if (e == NULL)
	{
		bool		cut = len > MLOPS_LABEL_BYTES;

		make_room(ref);
		e = append_text(ref, key, s, cut ? pg_mbcliplen(s, len, MLOPS_LABEL_BYTES) : len, cut);
		e->err = ref->w->absent;
	}
	e->lower++;
	if (!ref->w->exact)
		mlops_hll_add(MLOPS_WORK_REGISTERS(ref->w), key);
}

/* How many entries of `from` the table of `w` does not have. */
static uint32
count_new(mlops_profile_work *w, mlops_profile_work *from)
{
	mlops_tally_table t = table_of(w);
	uint32		n = 0;

	for (uint32 i = 0; i < from->nentries; i++)
		n += w->shape.slot_bits == 0 ||
			mlops_tally_find(&t, MLOPS_WORK_ENTRIES(from)[i].key) == NULL;
	return n;
}

/* Both are hash tables with room for the union; see frequent.h for the bounds. */
static void
merge_tables(mlops_work_ref *ref, mlops_profile_work *from)
{
	mlops_tally_table t = table_of(ref->w);
	mlops_tally_table other = table_of(from);
	uint64		absent = ref->w->absent;

	for (uint32 i = 0; i < ref->w->nentries && from->absent > 0; i++)
		if (mlops_tally_find(&other, t.entry[i].key) == NULL)
			t.entry[i].err += from->absent;
	for (uint32 i = 0; i < from->nentries; i++)
	{
		const mlops_tally *e = &MLOPS_WORK_ENTRIES(from)[i];
		mlops_tally *mine;

		t = table_of(ref->w);
		mine = mlops_tally_find(&t, e->key);
		if (mine == NULL)
		{
			mine = append_text(ref, e->key, MLOPS_WORK_ARENA(from) + e->label_at, e->label_len,
							   e->cut != 0);
			mine->err = absent;
		}
		mine->lower += e->lower;
		mine->err += e->err;
	}
	ref->w->absent = absent + from->absent;
}

static void
merge_sketches(mlops_work_ref *ref, mlops_profile_work *from)
{
	mlops_profile_work *w = ref->w;

	mlops_hll_merge(MLOPS_WORK_REGISTERS(w), MLOPS_WORK_REGISTERS(from));
	if (w->kind == MLOPS_PROFILE_TEXT)
	{
		if (from->nentries > MLOPS_FREQ_TEXTS)
			purge_texts(from);
		if (w->nentries > MLOPS_FREQ_TEXTS)
			purge_texts(w);
		merge_tables(ref, from);
	}
	else
	{
		mlops_tally joined[2 * MLOPS_FREQ_NUMBERS];
		uint32		n = mlops_tally_merge_numbers(MLOPS_WORK_ENTRIES(w), w->nentries, w->absent,
												  MLOPS_WORK_ENTRIES(from), from->nentries,
												  from->absent, joined);

		w->absent += from->absent;
		w->nentries = mlops_tally_purge(joined, n, MLOPS_FREQ_NUMBERS, &w->absent);
		memcpy(MLOPS_WORK_ENTRIES(w), joined, w->nentries * sizeof(mlops_tally));
		mlops_kll_merge(MLOPS_WORK_SKETCH(w), MLOPS_WORK_SKETCH(from));
	}
}

static uint64
add_counts(uint64 a, uint64 b)
{
	if (a + b > MLOPS_PROFILE_MAX_COUNT)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("too many rows for one profile"),
				 errdetail("A profile can count up to 2^56 rows.")));
	return a + b;
}

static void
merge_core(mlops_profile_core *into, const mlops_profile_core *from)
{
	uint64		before = into->nulls + into->nan + into->pos_inf + into->neg_inf + into->m.n;

	add_counts(before, from->nulls + from->nan + from->pos_inf + from->neg_inf + from->m.n);
	into->nulls += from->nulls;
	into->nan += from->nan;
	into->pos_inf += from->pos_inf;
	into->neg_inf += from->neg_inf;
	into->zeros += from->zeros;
	mlops_moments1_merge(&into->m, &from->m);
}

/* Both lists are exact and so is their union; there is room for it afterwards. */
static void
merge_exact(mlops_work_ref *ref, mlops_work_ref *other, uint32 need)
{
	uint32		room = Max(ref->w->shape.entries, 16);

	while (room < need)
		room *= 4;
	if (ref->w->shape.slot_bits == 0 || room > ref->w->shape.entries)
		reshape_table(ref, room);
	if (other->w->shape.slot_bits == 0)
		reshape_table(other, Max(other->w->shape.entries, 16));
	merge_tables(ref, other->w);
}

/* Without values of its own, a profile becomes a copy of the other, counts added up. */
static void
adopt(mlops_work_ref *ref, const mlops_profile_work *from)
{
	mlops_profile_core core = ref->w->core;
	mlops_profile_work *copy = palloc(VARSIZE(from));

	memcpy(copy, from, VARSIZE(from));
	copy->core = core;
	if (ref->w != ref->own)
		pfree(ref->w);
	ref->w = copy;
}

/*
 * mlops_work_merge adds the rows of `from`, a copy that it may spoil.  Exact
 * lists stay exact while the union is small enough.
 */
void
mlops_work_merge(mlops_work_ref *ref, mlops_profile_work *from)
{
	mlops_work_ref other = {.w = from, .own = from};
	uint32		need;
	bool		none;

	if (ref->w->kind != from->kind)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("cannot merge profiles of %s and of %s",
						mlops_profile_kind_name(ref->w->kind), mlops_profile_kind_name(from->kind))));
	mlops_work_flush(ref);
	mlops_work_flush(&other);
	none = ref->w->core.m.n == 0;
	merge_core(&ref->w->core, &other.w->core);
	need = ref->w->exact && other.w->exact ?
		ref->w->nentries + count_new(ref->w, other.w) : MLOPS_FREQ_EXACT + 1;
	if (other.w->core.m.n == 0)
		;						/* nothing but NULL and the like */
	else if (none)
		adopt(ref, other.w);
	else if (need <= MLOPS_FREQ_EXACT)
		merge_exact(ref, &other, need);
	else
	{
		if (ref->w->exact)
			mlops_work_to_sketch(ref);
		if (other.w->exact)
			mlops_work_to_sketch(&other);
		merge_sketches(ref, other.w);
	}
	if (other.w != from)
		pfree(other.w);
}
