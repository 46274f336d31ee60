/*
 * profile_work.h
 *		The working form of mlops.profile: what an aggregate's transition value
 *		looks like while rows come in.
 *
 * It is a flat varlena of the same SQL type, told from the canonical form by
 * its first bytes, so it can be changed in place, copied by the executor and
 * sent through a parallel tuple queue as it is.  It has slack, lives in aggregate
 * memory only, and is never written by final, out or send.
 */
#ifndef MLOPS_PROFILE_WORK_H
#define MLOPS_PROFILE_WORK_H

#include "compat.h"
#include "types/profile_codec.h"

#define MLOPS_WORK_TAG		0xF1F1F1F1	/* the same on either byte order */

/* Capacities of the parts; a part with capacity 0 does not exist. */
typedef struct mlops_work_shape
{
	uint32		buffer;			/* values not yet entered */
	uint32		entries;		/* exact or frequent values */
	uint32		slot_bits;		/* of their hash index, 0: none, sorted */
	uint32		arena;			/* bytes of labels */
	uint32		sketch;			/* 1: a quantile sketch */
	uint32		registers;		/* 1: distinct registers */
} mlops_work_shape;

typedef struct mlops_profile_work
{
	int32		vl_len_;
	uint32		tag;
	uint32		kind;
	uint32		exact;			/* entries list every distinct value */
	uint32		nbuffer;
	uint32		nentries;
	uint32		arena_used;
	mlops_work_shape shape;
	/* offsets from the start of the struct */
	uint32		buffer_at;
	uint32		entries_at;
	uint32		slots_at;
	uint32		arena_at;
	uint32		sketch_at;
	uint32		registers_at;
	uint32		unused;
	uint64		absent;
	mlops_profile_core core;	/* without what is in the buffer */
} mlops_profile_work;

#define MLOPS_WORK_BUFFER(w)	((double *) ((char *) (w) + (w)->buffer_at))
#define MLOPS_WORK_ENTRIES(w)	((mlops_tally *) ((char *) (w) + (w)->entries_at))
#define MLOPS_WORK_SLOTS(w)		((uint16_t *) ((char *) (w) + (w)->slots_at))
#define MLOPS_WORK_ARENA(w)		((char *) (w) + (w)->arena_at)
#define MLOPS_WORK_SKETCH(w)	((mlops_kll *) ((char *) (w) + (w)->sketch_at))
#define MLOPS_WORK_REGISTERS(w)	((uint8_t *) (w) + (w)->registers_at)

/*
 * Functions that may need more room take a pointer to the pointer.  The
 * value that the caller came with (`own`) is left for the caller, or the
 * executor, to free; copies in between are freed.
 */
typedef struct mlops_work_ref
{
	mlops_profile_work *w;
	mlops_profile_work *own;
} mlops_work_ref;

static inline bool
mlops_is_work(const void *datum)
{
	return VARATT_IS_4B_U(datum) &&
		VARSIZE(datum) >= sizeof(mlops_profile_work) &&
		((const mlops_profile_work *) datum)->tag == MLOPS_WORK_TAG;
}

/* profile_work.c */
extern mlops_profile_work *mlops_work_new(int kind, uint32 buffer);
extern void mlops_work_reshape(mlops_work_ref *ref, const mlops_work_shape *shape);
extern void mlops_work_grow_buffer(mlops_work_ref *ref);
extern uint32 mlops_work_slot_bits(uint32 entries);
extern mlops_profile_work *mlops_work_load(Datum datum);
extern struct varlena *mlops_work_finish(const mlops_profile_work *w);

/* profile_update.c */
extern void mlops_work_flush(mlops_work_ref *ref);
extern bool mlops_work_list(mlops_work_ref *ref, mlops_freq *entry, uint32 *nentries);
extern void mlops_work_to_sketch(mlops_work_ref *ref);
extern double mlops_profile_time(int64 microseconds);
extern double mlops_profile_text_length(const char *s, int len);
extern void mlops_work_add_text(mlops_work_ref *ref, const char *s, int len);
extern void mlops_work_merge(mlops_work_ref *ref, mlops_profile_work *from);

#endif
