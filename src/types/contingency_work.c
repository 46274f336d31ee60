/*
 * contingency_work.c
 *		The two forms of mlops.contingency in memory.  See contingency.h.
 */
#include "types/contingency.h"

#include "kernel/summary/bins.h"
#include "kernel/summary/hash.h"
#include "miscadmin.h"

#define FIRST_CAPACITY 8
#define FIRST_ARENA 64

/* Loops over categories look for a cancel request this often. */
#define INTERRUPT_EVERY 4096

void
mlops_contingency_out_of_range(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("number of rows of a contingency table is out of range")));
}

static void
damaged(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("stored value of type mlops.contingency is damaged")));
}

static void
too_large(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("too many different values for a contingency table"),
			 errdetail("A table has at most %d categories, and at most %d MB of labels.",
					   MLOPS_CONTINGENCY_MAX_CATEGORIES, MLOPS_CONTINGENCY_MAX_LABEL_BYTES >> 20),
			 errhint("Group rare values under one name, or summarise the column with mlops.profile().")));
}

static size_t
work_size(uint32_t capacity, uint32_t arena)
{
	return sizeof(mlops_contingency_work) + (size_t) capacity * sizeof(mlops_contingency_entry) +
		2 * (size_t) capacity * sizeof(uint32_t) + arena;
}

/* capacity is a power of two; the index is never more than half full. */
static mlops_contingency_work *
new_work(uint32_t capacity, uint32_t arena)
{
	mlops_contingency_work *w = palloc(work_size(capacity, arena));

	memset(w, 0, sizeof(*w));
	SET_VARSIZE(w, work_size(capacity, arena));
	w->head.version = MLOPS_CONTINGENCY_VERSION;
	w->head.working = 1;
	w->capacity = capacity;
	w->slots = 2 * capacity;
	w->arena = arena;
	memset(MLOPS_CONTINGENCY_SLOTS(w), 0, w->slots * sizeof(uint32_t));
	return w;
}

mlops_contingency_work *
mlops_contingency_begin(void)
{
	return new_work(FIRST_CAPACITY, FIRST_ARENA);
}

/* A copy with room for one more entry, whose label has that length. */
static mlops_contingency_work *
grow(const mlops_contingency_work *old, size_t length)
{
	uint32_t	used = old->head.categories;
	uint32_t	capacity = old->capacity;
	size_t		need = old->head.label_bytes + length;
	size_t		arena = old->arena;
	mlops_contingency_work *w;
	uint32_t   *slots;

	if (used >= MLOPS_CONTINGENCY_MAX_CATEGORIES || need > MLOPS_CONTINGENCY_MAX_LABEL_BYTES)
		too_large();
	if (used == capacity)
		capacity *= 2;
	while (arena < need)
		arena *= 2;
	w = new_work(capacity, (uint32_t) arena);
	w->head.categories = used;
	w->head.label_bytes = old->head.label_bytes;
	memcpy(w->head.null_count, old->head.null_count, sizeof(w->head.null_count));
	w->head.unassigned = old->head.unassigned;
	memcpy(MLOPS_CONTINGENCY_ENTRIES(w), MLOPS_CONTINGENCY_ENTRIES(old), used * sizeof(mlops_contingency_entry));
	memcpy(MLOPS_CONTINGENCY_ARENA(w), MLOPS_CONTINGENCY_ARENA(old), old->head.label_bytes);
	slots = MLOPS_CONTINGENCY_SLOTS(w);
	for (uint32_t i = 0; i < used; i++)
	{
		uint32_t	s = MLOPS_CONTINGENCY_ENTRIES(w)[i].hash & (w->slots - 1);

		while (slots[s] != 0)
			s = (s + 1) & (w->slots - 1);
		slots[s] = i + 1;
	}
	return w;
}

int64_t *
mlops_contingency_counts(mlops_contingency_work **state, const char *label, size_t length)
{
	mlops_contingency_work *w = *state;
	uint32_t	hash = (uint32_t) mlops_hash_bytes(label, length);
	uint32_t	mask = w->slots - 1;
	const uint32_t *slots = MLOPS_CONTINGENCY_SLOTS(w);
	const char *arena = MLOPS_CONTINGENCY_ARENA(w);
	mlops_contingency_entry *e;
	uint32_t	s = hash & mask;

	for (; slots[s] != 0; s = (s + 1) & mask)
	{
		e = &MLOPS_CONTINGENCY_ENTRIES(w)[slots[s] - 1];
		if (e->hash == hash && e->length == length && memcmp(arena + e->at, label, length) == 0)
			return e->count;
	}
	if (w->head.categories == w->capacity || length > w->arena - w->head.label_bytes)
	{
		w = *state = grow(w, length);
		mask = w->slots - 1;
		for (s = hash & mask; MLOPS_CONTINGENCY_SLOTS(w)[s] != 0; s = (s + 1) & mask)
			;
	}
	e = &MLOPS_CONTINGENCY_ENTRIES(w)[w->head.categories++];
	MLOPS_CONTINGENCY_SLOTS(w)[s] = w->head.categories;
	memset(e, 0, sizeof(*e));
	e->hash = hash;
	e->length = (uint32_t) length;
	e->at = w->head.label_bytes;
	memcpy(MLOPS_CONTINGENCY_ARENA(w) + e->at, label, length);
	w->head.label_bytes += (uint32_t) length;
	return e->count;
}

/* Is the working form as long as it says, and does every label lie within? */
static void
check_work(const mlops_contingency_work *w)
{
	size_t		size = VARSIZE(w);

	if (size < sizeof(*w) || w->capacity > 2 * MLOPS_CONTINGENCY_MAX_CATEGORIES ||
		w->arena > 2 * MLOPS_CONTINGENCY_MAX_LABEL_BYTES || w->slots != 2 * w->capacity ||
		(w->slots & (w->slots - 1)) != 0 || size != work_size(w->capacity, w->arena) ||
		w->head.categories > w->capacity || w->head.label_bytes > w->arena)
		damaged();
}

/* A plain datum of either form; header checked. */
static const mlops_contingency *
plain(Datum d)
{
	const mlops_contingency *c = (const mlops_contingency *) PG_DETOAST_DATUM(d);

	if (VARSIZE(c) < sizeof(mlops_contingency) || c->version != MLOPS_CONTINGENCY_VERSION ||
		c->categories > MLOPS_CONTINGENCY_MAX_CATEGORIES ||
		c->label_bytes > MLOPS_CONTINGENCY_MAX_LABEL_BYTES)
		damaged();
	if (c->working)
		check_work((const mlops_contingency_work *) c);
	return c;
}

/* The list of a plain datum; that of a working form is not sorted. */
static void
list_of(const mlops_contingency *c, mlops_category_list *list)
{
	const mlops_contingency_work *w = (const mlops_contingency_work *) c;

	list->item = MemoryContextAllocHuge(CurrentMemoryContext, (c->categories + 1) * sizeof(mlops_category));
	if (!c->working)
	{
		if (!mlops_contingency_list(c, VARSIZE(c), list))
			damaged();
		return;
	}
	list->n = c->categories;
	memcpy(list->null_count, c->null_count, sizeof(list->null_count));
	list->unassigned = c->unassigned;
	for (uint32_t i = 0; i < list->n; i++)
	{
		const mlops_contingency_entry *e = &MLOPS_CONTINGENCY_ENTRIES(w)[i];

		if (e->length > c->label_bytes || e->at > c->label_bytes - e->length)
			damaged();
		list->item[i].label = MLOPS_CONTINGENCY_ARENA(w) + e->at;
		list->item[i].length = e->length;
		list->item[i].count[0] = e->count[0];
		list->item[i].count[1] = e->count[1];
	}
}

/* Sort, and see that the number of rows has not overflowed. */
static void
check_list(mlops_category_list *list)
{
	int64_t		rows[3] = {list->null_count[0], list->null_count[1], list->unassigned};
	int64_t		sum;

	if (!mlops_counts_sum(rows, 3, &sum))
		mlops_contingency_out_of_range();
	for (uint32_t i = 0; i < list->n; i++)
	{
		rows[0] = sum;
		rows[1] = list->item[i].count[0];
		rows[2] = list->item[i].count[1];
		if (!mlops_counts_sum(rows, 3, &sum))
			mlops_contingency_out_of_range();
	}
	if (mlops_category_list_check(list) != NULL)
		damaged();
}

void
mlops_contingency_open(Datum d, mlops_category_list *list)
{
	const mlops_contingency *c = plain(d);

	list_of(c, list);
	if (c->working)
		check_list(list);
}

mlops_contingency *
mlops_contingency_make(mlops_category_list *list)
{
	size_t		size;
	mlops_contingency *c;

	check_list(list);
	size = mlops_contingency_image_size(list->n, mlops_category_list_label_bytes(list));
	c = palloc(size);
	SET_VARSIZE(c, size);
	mlops_contingency_build(list, c);
	return c;
}

static void
add_count(int64_t *to, int64_t more)
{
	if (more < 0 || *to > INT64_MAX - more)
		mlops_contingency_out_of_range();
	*to += more;
}

void
mlops_contingency_add(mlops_contingency_work **state, Datum d)
{
	mlops_category_list list;

	list_of(plain(d), &list);
	for (uint32_t i = 0; i < list.n; i++)
	{
		int64_t    *count = mlops_contingency_counts(state, list.item[i].label, list.item[i].length);

		add_count(&count[0], list.item[i].count[0]);
		add_count(&count[1], list.item[i].count[1]);
		if (i % INTERRUPT_EVERY == 0)
			CHECK_FOR_INTERRUPTS();
	}
	for (int side = 0; side < 2; side++)
		add_count(&(*state)->head.null_count[side], list.null_count[side]);
	add_count(&(*state)->head.unassigned, list.unassigned);
	pfree(list.item);
}

mlops_contingency_work *
mlops_contingency_load(Datum d)
{
	const mlops_contingency *c = plain(d);
	mlops_contingency_work *w;
	uint32_t	capacity = FIRST_CAPACITY;
	uint32_t	arena = FIRST_ARENA;

	if (c->working)
	{
		w = palloc(VARSIZE(c));
		memcpy(w, c, VARSIZE(c));
		return w;
	}
	while (capacity < c->categories)
		capacity *= 2;
	while (arena < c->label_bytes)
		arena *= 2;
	w = new_work(capacity, arena);
	mlops_contingency_add(&w, PointerGetDatum(c));
	return w;
}
