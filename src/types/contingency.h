/*
 * contingency.h
 *		mlops.contingency as the server's functions see it, and its working form.
 *
 * The working form is what the transition value of an aggregate looks like
 * while rows come in: a flat varlena of the same SQL type with a hash index
 * and slack, changed in place, told from the canonical form by `working`.  It
 * holds no pointer, so the executor may copy it or send it to another process.
 * Output, send and every result are canonical.
 */
#ifndef MLOPS_CONTINGENCY_H
#define MLOPS_CONTINGENCY_H

#include "compat.h"
#include "types/contingency_codec.h"

typedef struct mlops_contingency_entry
{
	int64_t		count[2];
	uint32_t	hash;
	uint32_t	length;
	uint32_t	at;				/* of the label, in the arena */
	uint32_t	unused;
} mlops_contingency_entry;

typedef struct mlops_contingency_work
{
	mlops_contingency head;		/* categories and label_bytes are what is in use */
	uint32_t	capacity;		/* entries there is room for */
	uint32_t	slots;			/* of the hash index, a power of two >= 2 capacity */
	uint32_t	arena;			/* bytes of labels there is room for */
	uint32_t	unused;
} mlops_contingency_work;

#define MLOPS_CONTINGENCY_ENTRIES(w) ((mlops_contingency_entry *) ((w) + 1))
#define MLOPS_CONTINGENCY_SLOTS(w) \
	((uint32_t *) (MLOPS_CONTINGENCY_ENTRIES(w) + (w)->capacity))
#define MLOPS_CONTINGENCY_ARENA(w) ((char *) (MLOPS_CONTINGENCY_SLOTS(w) + (w)->slots))

/* A datum of either form as a sorted list that points into a plain copy of it. */
extern void mlops_contingency_open(Datum d, mlops_category_list *list);

/* The canonical value of a list, palloc'd; error if the list breaks a rule. */
extern mlops_contingency *mlops_contingency_make(mlops_category_list *list);

/* A working state of no rows, and one of a datum of either form; palloc'd. */
extern mlops_contingency_work *mlops_contingency_begin(void);
extern mlops_contingency_work *mlops_contingency_load(Datum d);

/*
 * The pair of counts of a label, entered if it is new.  May move the state to
 * a larger one in the current memory context: the caller takes *w from then on
 * and the executor frees the old one.
 */
extern int64_t *mlops_contingency_counts(mlops_contingency_work **w, const char *label,
										 size_t length);

/* Add the rows of a datum of either form. */
extern void mlops_contingency_add(mlops_contingency_work **w, Datum d);

extern _Noreturn void mlops_contingency_out_of_range(void);

static inline void
mlops_contingency_increment(int64_t *count)
{
	if (unlikely(*count == INT64_MAX))
		mlops_contingency_out_of_range();
	(*count)++;
}

#endif
