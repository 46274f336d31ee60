/*
 * group_moments.h
 *		mlops.group_moments as the server's functions see it, and its working
 *		form.
 *
 * The working form is what the transition value of an aggregate looks like
 * while rows come in: a flat varlena of the same SQL type with a hash index
 * and slack, changed in place, told from the canonical form by `working`.  It
 * holds no pointer, so the executor may copy it or send it to another process.
 * Output, send and every result are canonical.
 */
#ifndef MLOPS_GROUP_MOMENTS_H
#define MLOPS_GROUP_MOMENTS_H

#include "compat.h"
#include "types/group_moments_codec.h"

typedef struct mlops_group_moments_entry
{
	mlops_mean3 moments;
	uint32_t	hash;
	uint32_t	length;
	uint32_t	at;				/* of the label, in the arena */
	uint32_t	unused;
} mlops_group_moments_entry;

typedef struct mlops_group_moments_work
{
	mlops_group_moments head;	/* groups and label_bytes are what is in use */
	uint32_t	capacity;		/* entries there is room for */
	uint32_t	slots;			/* of the hash index, a power of two >= 2 capacity */
	uint32_t	arena;			/* bytes of labels there is room for */
	uint32_t	unused;
} mlops_group_moments_work;

#define MLOPS_GROUP_MOMENTS_ENTRIES(w) ((mlops_group_moments_entry *) ((w) + 1))
#define MLOPS_GROUP_MOMENTS_SLOTS(w) \
	((uint32_t *) (MLOPS_GROUP_MOMENTS_ENTRIES(w) + (w)->capacity))
#define MLOPS_GROUP_MOMENTS_ARENA(w) ((char *) (MLOPS_GROUP_MOMENTS_SLOTS(w) + (w)->slots))

/* A datum of either form as a sorted list that points into a plain copy of it. */
extern void mlops_group_moments_open(Datum d, mlops_group_list *list);

/* The canonical value of a list, palloc'd; error if the list breaks a rule. */
extern mlops_group_moments *mlops_group_moments_make(mlops_group_list *list);

/* A working state of no rows, and one of a datum of either form; palloc'd. */
extern mlops_group_moments_work *mlops_group_moments_begin(void);
extern mlops_group_moments_work *mlops_group_moments_load(Datum d);

/*
 * The moments of a label, entered without rows if it is new: the caller adds
 * one.  May move the state to a larger one in the current memory context: the
 * caller takes *w from then on and the executor frees the old one.
 */
extern mlops_mean3 *mlops_group_moments_find(mlops_group_moments_work **w, const char *label,
											 size_t length);

/* Add the rows of a datum of either form. */
extern void mlops_group_moments_add(mlops_group_moments_work **w, Datum d);

extern _Noreturn void mlops_group_moments_out_of_range(void);

static inline void
mlops_group_moments_increment(int64_t *count)
{
	if (unlikely(*count == INT64_MAX))
		mlops_group_moments_out_of_range();
	(*count)++;
}

#endif
