/*
 * group_moments_work.c
 *		The two forms of mlops.group_moments in memory.  See contingency.h.
 */
#include "types/group_moments.h"

#include "kernel/summary/hash.h"
#include "miscadmin.h"

#define FIRST_CAPACITY 8
#define FIRST_ARENA 64

/* Loops over groups look for a cancel request this often. */
#define INTERRUPT_EVERY 4096

void
mlops_group_moments_out_of_range(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("number of rows by group is out of range")));
}

static void
damaged(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("stored value of type mlops.group_moments is damaged")));
}

static void
too_large(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("too many groups"),
			 errdetail("There may be at most %d groups, and at most %d MB of labels.",
					   MLOPS_GROUP_MOMENTS_MAX_GROUPS, MLOPS_GROUP_MOMENTS_MAX_LABEL_BYTES >> 20),
			 errhint("Put rare groups under one name.")));
}

static size_t
work_size(uint32_t capacity, uint32_t arena)
{
	return sizeof(mlops_group_moments_work) + (size_t) capacity * sizeof(mlops_group_moments_entry) +
		2 * (size_t) capacity * sizeof(uint32_t) + arena;
}

/* capacity is a power of two; the index is never more than half full. */
static mlops_group_moments_work *
new_work(uint32_t capacity, uint32_t arena)
{
	mlops_group_moments_work *w = palloc(work_size(capacity, arena));

	memset(w, 0, sizeof(*w));
	SET_VARSIZE(w, work_size(capacity, arena));
	w->head.version = MLOPS_GROUP_MOMENTS_VERSION;
	w->head.working = 1;
	w->capacity = capacity;
	w->slots = 2 * capacity;
	w->arena = arena;
	memset(MLOPS_GROUP_MOMENTS_SLOTS(w), 0, w->slots * sizeof(uint32_t));
	return w;
}

mlops_group_moments_work *
mlops_group_moments_begin(void)
{
	return new_work(FIRST_CAPACITY, FIRST_ARENA);
}

/* A copy with room for one more entry, whose label has that length. */
static mlops_group_moments_work *
grow(const mlops_group_moments_work *old, size_t length)
{
	uint32_t	used = old->head.groups;
	uint32_t	capacity = old->capacity;
	size_t		need = old->head.label_bytes + length;
	size_t		arena = old->arena;
	mlops_group_moments_work *w;
	uint32_t   *slots;

	if (used >= MLOPS_GROUP_MOMENTS_MAX_GROUPS || need > MLOPS_GROUP_MOMENTS_MAX_LABEL_BYTES)
		too_large();
	if (used == capacity)
		capacity *= 2;
	while (arena < need)
		arena *= 2;
	w = new_work(capacity, (uint32_t) arena);
	w->head.groups = used;
	w->head.label_bytes = old->head.label_bytes;
	memcpy(w->head.left_out, old->head.left_out, sizeof(w->head.left_out));
	memcpy(MLOPS_GROUP_MOMENTS_ENTRIES(w), MLOPS_GROUP_MOMENTS_ENTRIES(old), used * sizeof(mlops_group_moments_entry));
	memcpy(MLOPS_GROUP_MOMENTS_ARENA(w), MLOPS_GROUP_MOMENTS_ARENA(old), old->head.label_bytes);
	slots = MLOPS_GROUP_MOMENTS_SLOTS(w);
	for (uint32_t i = 0; i < used; i++)
	{
		uint32_t	s = MLOPS_GROUP_MOMENTS_ENTRIES(w)[i].hash & (w->slots - 1);

		while (slots[s] != 0)
			s = (s + 1) & (w->slots - 1);
		slots[s] = i + 1;
	}
	return w;
}

mlops_mean3 *
mlops_group_moments_find(mlops_group_moments_work **state, const char *label, size_t length)
{
	mlops_group_moments_work *w = *state;
	uint32_t	hash = (uint32_t) mlops_hash_bytes(label, length);
	uint32_t	mask = w->slots - 1;
	const uint32_t *slots = MLOPS_GROUP_MOMENTS_SLOTS(w);
	const char *arena = MLOPS_GROUP_MOMENTS_ARENA(w);
	mlops_group_moments_entry *e;
	uint32_t	s = hash & mask;

	for (; slots[s] != 0; s = (s + 1) & mask)
	{
		e = &MLOPS_GROUP_MOMENTS_ENTRIES(w)[slots[s] - 1];
		if (e->hash == hash && e->length == length && memcmp(arena + e->at, label, length) == 0)
			return &e->moments;
	}
	if (w->head.groups == w->capacity || length > w->arena - w->head.label_bytes)
	{
		w = *state = grow(w, length);
		mask = w->slots - 1;
		for (s = hash & mask; MLOPS_GROUP_MOMENTS_SLOTS(w)[s] != 0; s = (s + 1) & mask)
			;
	}
	e = &MLOPS_GROUP_MOMENTS_ENTRIES(w)[w->head.groups++];
	MLOPS_GROUP_MOMENTS_SLOTS(w)[s] = w->head.groups;
	memset(e, 0, sizeof(*e));
	e->hash = hash;
	e->length = (uint32_t) length;
	e->at = w->head.label_bytes;
	memcpy(MLOPS_GROUP_MOMENTS_ARENA(w) + e->at, label, length);
	w->head.label_bytes += (uint32_t) length;
	return &e->moments;
}

/* Is the working form as long as it says, and does every label lie within? */
static void
check_work(const mlops_group_moments_work *w)
{
	size_t		size = VARSIZE(w);

	if (size < sizeof(*w) || w->capacity > 2 * MLOPS_GROUP_MOMENTS_MAX_GROUPS ||
		w->arena > 2 * MLOPS_GROUP_MOMENTS_MAX_LABEL_BYTES || w->slots != 2 * w->capacity ||
		(w->slots & (w->slots - 1)) != 0 || size != work_size(w->capacity, w->arena) ||
		w->head.groups > w->capacity || w->head.label_bytes > w->arena)
		damaged();
}

/* A plain datum of either form; header checked. */
static const mlops_group_moments *
plain(Datum d)
{
	const mlops_group_moments *c = (const mlops_group_moments *) PG_DETOAST_DATUM(d);

	if (VARSIZE(c) < sizeof(mlops_group_moments) || c->version != MLOPS_GROUP_MOMENTS_VERSION ||
		c->groups > MLOPS_GROUP_MOMENTS_MAX_GROUPS ||
		c->label_bytes > MLOPS_GROUP_MOMENTS_MAX_LABEL_BYTES)
		damaged();
	if (c->working)
		check_work((const mlops_group_moments_work *) c);
	return c;
}

/* The list of a plain datum; that of a working form is not sorted. */
static void
list_of(const mlops_group_moments *c, mlops_group_list *list)
{
	const mlops_group_moments_work *w = (const mlops_group_moments_work *) c;

	list->item = MemoryContextAllocHuge(CurrentMemoryContext, (c->groups + 1) * sizeof(mlops_group_item));
	if (!c->working)
	{
		if (!mlops_group_moments_list(c, VARSIZE(c), list))
			damaged();
		return;
	}
	list->n = c->groups;
	memcpy(list->left_out, c->left_out, sizeof(list->left_out));
	for (uint32_t i = 0; i < list->n; i++)
	{
		const mlops_group_moments_entry *e = &MLOPS_GROUP_MOMENTS_ENTRIES(w)[i];

		if (e->length > c->label_bytes || e->at > c->label_bytes - e->length)
			damaged();
		list->item[i].label = MLOPS_GROUP_MOMENTS_ARENA(w) + e->at;
		list->item[i].length = e->length;
		list->item[i].moments = e->moments;
	}
}

/* Sort, and see that the number of rows has not overflowed. */
static void
check_list(mlops_group_list *list)
{
	int64_t		rows;

	if (!mlops_group_list_rows(list, &rows))
		mlops_group_moments_out_of_range();
	if (mlops_group_list_check(list) != NULL)
		damaged();
}

void
mlops_group_moments_open(Datum d, mlops_group_list *list)
{
	const mlops_group_moments *c = plain(d);

	list_of(c, list);
	if (c->working)
		check_list(list);
}

mlops_group_moments *
mlops_group_moments_make(mlops_group_list *list)
{
	size_t		size;
	mlops_group_moments *c;

	check_list(list);
	size = mlops_group_moments_image_size(list->n, mlops_group_list_label_bytes(list));
	c = palloc(size);
	SET_VARSIZE(c, size);
	mlops_group_moments_build(list, c);
	return c;
}

void
mlops_group_moments_add(mlops_group_moments_work **state, Datum d)
{
	mlops_group_list list;

	list_of(plain(d), &list);
	for (uint32_t i = 0; i < list.n; i++)
	{
		const mlops_group_item *more = &list.item[i];
		mlops_mean3 *m = mlops_group_moments_find(state, more->label, more->length);

		if (more->moments.base.n < 1)
			damaged();
		if (m->base.n > INT64_MAX - more->moments.base.n)
			mlops_group_moments_out_of_range();
		mlops_mean3_merge(m, &more->moments);
		if (i % INTERRUPT_EVERY == 0)
			CHECK_FOR_INTERRUPTS();
	}
	for (int i = 0; i < MLOPS_LEFT_OUT; i++)
	{
		int64_t    *count = &(*state)->head.left_out[i];

		if (list.left_out[i] < 0 || *count > INT64_MAX - list.left_out[i])
			mlops_group_moments_out_of_range();
		*count += list.left_out[i];
	}
	pfree(list.item);
}

mlops_group_moments_work *
mlops_group_moments_load(Datum d)
{
	const mlops_group_moments *c = plain(d);
	mlops_group_moments_work *w;
	uint32_t	capacity = FIRST_CAPACITY;
	uint32_t	arena = FIRST_ARENA;

	if (c->working)
	{
		w = palloc(VARSIZE(c));
		memcpy(w, c, VARSIZE(c));
		return w;
	}
	while (capacity < c->groups)
		capacity *= 2;
	while (arena < c->label_bytes)
		arena *= 2;
	w = new_work(capacity, arena);
	mlops_group_moments_add(&w, PointerGetDatum(c));
	return w;
}
