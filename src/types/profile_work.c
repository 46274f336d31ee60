/*
 * profile_work.c
 *		Memory of the working form, and the ways between it and the canonical
 *		bytes.
 */
#include "types/profile_work.h"

#include <string.h>

#include "types/profile.h"

/* Where every part begins; returns the size of the whole. */
static uint32
lay_out(mlops_profile_work *w, const mlops_work_shape *s)
{
	uint32		at = MAXALIGN(sizeof(mlops_profile_work));

	w->shape = *s;
	w->buffer_at = at;
	at += s->buffer * sizeof(double);
	w->entries_at = at;
	at += s->entries * sizeof(mlops_tally);
	w->slots_at = at;
	at += s->slot_bits == 0 ? 0 : MAXALIGN(sizeof(uint16_t) << s->slot_bits);
	w->arena_at = at;
	at += MAXALIGN(s->arena);
	w->sketch_at = at;
	at += s->sketch ? MAXALIGN(sizeof(mlops_kll)) : 0;
	w->registers_at = at;
	at += s->registers ? MLOPS_HLL_M : 0;
	return at;
}

/*
 * mlops_work_new: an empty profile that can take `buffer` values, in the
 * current memory context.
 */
mlops_profile_work *
mlops_work_new(int kind, uint32 buffer)
{
	mlops_work_shape shape = {.buffer = buffer};
	mlops_profile_work head = {.tag = MLOPS_WORK_TAG, .kind = kind, .exact = 1};
	uint32		size = lay_out(&head, &shape);
	mlops_profile_work *w = palloc(size);

	*w = head;
	SET_VARSIZE(w, size);
	return w;
}

/*
 * mlops_work_reshape moves a profile into a copy with other capacities, none
 * of them smaller than what is in use.  New registers are zero, a new sketch
 * is for the caller to initialise, a hash index is rebuilt.
 */
void
mlops_work_reshape(mlops_work_ref *ref, const mlops_work_shape *shape)
{
	mlops_profile_work *old = ref->w;
	mlops_profile_work head = *old;
	uint32		size = lay_out(&head, shape);
	mlops_profile_work *w = palloc(size);

	*w = head;
	SET_VARSIZE(w, size);
	memcpy(MLOPS_WORK_BUFFER(w), MLOPS_WORK_BUFFER(old), old->nbuffer * sizeof(double));
	memcpy(MLOPS_WORK_ENTRIES(w), MLOPS_WORK_ENTRIES(old), old->nentries * sizeof(mlops_tally));
	memcpy(MLOPS_WORK_ARENA(w), MLOPS_WORK_ARENA(old), old->arena_used);
	if (shape->sketch && old->shape.sketch)
		memcpy(MLOPS_WORK_SKETCH(w), MLOPS_WORK_SKETCH(old), sizeof(mlops_kll));
	if (shape->registers && old->shape.registers)
		memcpy(MLOPS_WORK_REGISTERS(w), MLOPS_WORK_REGISTERS(old), MLOPS_HLL_M);
	else if (shape->registers)
		memset(MLOPS_WORK_REGISTERS(w), 0, MLOPS_HLL_M);
	if (shape->slot_bits > 0)
	{
		mlops_tally_table t = {MLOPS_WORK_ENTRIES(w), MLOPS_WORK_SLOTS(w), w->nentries, shape->slot_bits};

		mlops_tally_index(&t);
	}
	if (old != ref->own)
		pfree(old);
	ref->w = w;
}

/*
 * mlops_work_grow_buffer: room for more values.  It starts small, because
 * GROUP BY may make many states, and ends at one batch.
 */
void
mlops_work_grow_buffer(mlops_work_ref *ref)
{
	mlops_work_shape shape = ref->w->shape;

	shape.buffer = shape.buffer == 0 ? 16 : Min(shape.buffer * 4, MLOPS_BATCH);
	mlops_work_reshape(ref, &shape);
}

static void
corrupt(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("value of type mlops.profile is corrupt")));
}

/* Put a decoded entry into the table of a profile that is being loaded. */
static void
load_entry(mlops_profile_work *w, const mlops_freq *e)
{
	mlops_tally *t = &MLOPS_WORK_ENTRIES(w)[w->nentries++];

	memset(t, 0, sizeof(*t));
	t->key = e->key;
	t->lower = e->lower;
	t->err = e->err;
	if (e->label != NULL)
	{
		t->label_at = w->arena_used;
		t->label_len = (uint16_t) e->label_len;
		t->cut = e->cut;
		memcpy(MLOPS_WORK_ARENA(w) + w->arena_used, e->label, e->label_len);
		w->arena_used += e->label_len;
	}
}

/* mlops_work_slot_bits: a hash index for so many entries, at most a quarter full. */
uint32
mlops_work_slot_bits(uint32 entries)
{
	uint32		bits = 2;

	while ((1u << bits) < 4 * entries)
		bits++;
	return bits;
}

/* Capacities for a profile that is about to be decoded. */
static mlops_work_shape
shape_for(const mlops_profile_content *c, size_t size)
{
	bool		text = c->kind == MLOPS_PROFILE_TEXT;
	mlops_work_shape shape = {0};

	if (!c->exact)
		shape.entries = text ? MLOPS_FREQ_HELD : MLOPS_FREQ_NUMBERS;
	else if (c->nentries > 0)
	{
		shape.entries = 16;
		while (shape.entries < c->nentries)
			shape.entries *= 4;
	}
	if (shape.entries > 0 && (c->exact || text))
		shape.slot_bits = mlops_work_slot_bits(shape.entries);
	shape.arena = text ? size : 0;
	shape.sketch = !c->exact && !text;
	shape.registers = !c->exact;
	return shape;
}

/* Working form of canonical bytes. */
static mlops_profile_work *
from_canonical(const uint8_t *bytes, size_t size)
{
	mlops_profile_content c;
	mlops_freq	entry[MLOPS_FREQ_EXACT];
	mlops_work_shape shape;
	mlops_work_ref ref = {0};
	mlops_profile_work *w;

	if (mlops_profile_inspect(bytes, size, &c) != MLOPS_OK)
		corrupt();
	shape = shape_for(&c, size);
	ref.w = mlops_work_new(c.kind, 0);
	mlops_work_reshape(&ref, &shape);
	w = ref.w;
	c.entries = entry;
	c.kll = shape.sketch ? MLOPS_WORK_SKETCH(w) : NULL;
	c.registers = shape.registers ? MLOPS_WORK_REGISTERS(w) : NULL;
	if (mlops_profile_decode(bytes, size, &c) != MLOPS_OK)
		corrupt();
	w->exact = c.exact;
	w->core = c.core;
	w->absent = c.absent;
	for (uint32 i = 0; i < c.nentries; i++)
		load_entry(w, &entry[i]);
	if (shape.slot_bits > 0)
	{
		mlops_tally_table t = {MLOPS_WORK_ENTRIES(w), MLOPS_WORK_SLOTS(w), w->nentries, shape.slot_bits};

		mlops_tally_index(&t);
	}
	return w;
}

/*
 * mlops_work_load: a working copy of a datum of either form, in the current
 * memory context, that the caller may change.
 */
mlops_profile_work *
mlops_work_load(Datum datum)
{
	struct varlena *v = PG_DETOAST_DATUM(datum);

	if (mlops_is_work(v))
	{
		mlops_profile_work *w = palloc(VARSIZE(v));

		memcpy(w, v, VARSIZE(v));
		return w;
	}
	return from_canonical((const uint8_t *) VARDATA(v), VARSIZE(v) - VARHDRSZ);
}

/* What is worth keeping of a list of frequent values: see doc/formats.md. */
static void
trim_entries(mlops_profile_work *w)
{
	mlops_tally *entry = MLOPS_WORK_ENTRIES(w);
	bool		text = w->kind == MLOPS_PROFILE_TEXT;
	uint64		once = text ? 1 :
		(uint64) 1 << mlops_kll_sample_level(MLOPS_WORK_SKETCH(w)->n);

	w->nentries = mlops_tally_purge(entry, w->nentries,
									text ? MLOPS_FREQ_TEXTS : MLOPS_FREQ_NUMBERS, &w->absent);
	w->absent = mlops_tally_drop_below(entry, &w->nentries, once + 1, w->absent);
}

/* The entries of a flushed profile, in canonical order. */
static uint32
list_entries(const mlops_profile_work *w, mlops_freq *entry)
{
	bool		text = w->kind == MLOPS_PROFILE_TEXT;

	for (uint32 i = 0; i < w->nentries; i++)
	{
		const mlops_tally *t = &MLOPS_WORK_ENTRIES(w)[i];

		entry[i] = (mlops_freq) {
			.key = t->key, .lower = t->lower, .err = t->err,
			.label = text ? MLOPS_WORK_ARENA(w) + t->label_at : NULL,
			.label_len = t->label_len, .cut = t->cut != 0
		};
	}
	mlops_profile_sort(entry, w->nentries);
	return w->nentries;
}

/*
 * mlops_work_finish: the canonical form of a profile, which it leaves alone.
 */
struct varlena *
mlops_work_finish(const mlops_profile_work *state)
{
	mlops_profile_work *copy = palloc(VARSIZE(state));
	mlops_work_ref ref = {.w = copy, .own = NULL};
	mlops_freq	entry[MLOPS_FREQ_EXACT];
	mlops_profile_content c;
	struct varlena *result;
	size_t		size;

	memcpy(copy, state, VARSIZE(state));
	memset(&c, 0, sizeof(c));
	if (!mlops_work_list(&ref, entry, &c.nentries))
	{
		if (!ref.w->exact)
			trim_entries(ref.w);
		c.nentries = list_entries(ref.w, entry);
	}
	c.kind = (uint8_t) ref.w->kind;
	c.exact = ref.w->exact;
	c.core = ref.w->core;
	c.absent = ref.w->absent;
	c.entries = entry;
	c.kll = ref.w->shape.sketch ? MLOPS_WORK_SKETCH(ref.w) : NULL;
	c.registers = ref.w->shape.registers ? MLOPS_WORK_REGISTERS(ref.w) : NULL;
	size = mlops_profile_encode(&c, NULL, 0);
	result = palloc(VARHDRSZ + size);
	SET_VARSIZE(result, VARHDRSZ + size);
	mlops_profile_encode(&c, (uint8_t *) VARDATA(result), size);
	pfree(ref.w);
	return result;
}
