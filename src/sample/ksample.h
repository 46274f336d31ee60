/*
 * ksample.h
 *		The values of several groups, as the state of a test over them: in
 *		memory while they fit into work_mem, on disk after that.
 *
 * As sample.h does it for two sides, with one difference: values and the
 * numbers of their groups stay together, since there may be any number of
 * groups.  The labels are kept in a mlops.group_moments in its working form,
 * of which only the rows are counted; a group's number is its place there.
 */
#ifndef MLOPS_KSAMPLE_STATE_H
#define MLOPS_KSAMPLE_STATE_H

#include "sample/sample.h"

#include "executor/tuptable.h"
#include "utils/tuplesort.h"

#include "kernel/groups/ksample.h"
#include "types/group_moments.h"

/* Ascending values with groups in a temporary file; base.n of them. */
typedef struct ksample_segment
{
	sample_segment base;
	int32	   *group;			/* our numbers of the groups there; NULL: the same */
} ksample_segment;

typedef struct mlops_ksample
{
	MemoryContext context;
	int64		excluded;		/* rows without a finite value or without a label */
	mlops_group_moments_work *labels;
	Size		limit;			/* values in memory */
	mlops_group_value *value;	/* NULL once they have gone to sort */
	Size		n;
	Size		capacity;
	bool		sorted;
	Tuplesortstate *sort;
	TupleTableSlot *slot;		/* what goes to sort */
	List	   *segments;
	sample_segment *handed;		/* the file with everything, once it has been sent */
	bool		has_files;		/* sorts or files to close */
	bool		keep_files;		/* handed over, and perhaps again */
} mlops_ksample;

/* ksample.c: collecting */
extern mlops_ksample *mlops_ksample_create(MemoryContext context);
extern void mlops_ksample_collected(mlops_ksample *s, FunctionCallInfo fcinfo);
extern int32 mlops_ksample_group(mlops_ksample *s, const char *label, Size length, int64 rows);
extern void mlops_ksample_append(mlops_ksample *s, FunctionCallInfo fcinfo, double x, int32 group);

/* kspill.c: values on disk */
extern void mlops_ksample_watch(mlops_ksample *s, FunctionCallInfo fcinfo);
extern void mlops_ksample_to_sort(mlops_ksample *s, FunctionCallInfo fcinfo);
extern void mlops_ksample_put(mlops_ksample *s, double x, int32 group);
extern void mlops_ksample_sort_to_file(mlops_ksample *s, BufFile *file);

/* kread.c: all values, ascending, in chunks; as often as wanted */
typedef struct ksample_cursor
{
	const mlops_group_value *p;
	const mlops_group_value *end;
	ksample_segment *segment;	/* NULL: memory */
	int64		left;			/* values that have not been read into buffer */
	mlops_group_value *buffer;
} ksample_cursor;

typedef struct ksample_reader
{
	ksample_cursor *cursor;
	int			n;
	mlops_group_value *merged;	/* output of several cursors */
} ksample_reader;

extern void mlops_ksample_rewind(mlops_ksample *s, ksample_reader *reader);
extern Size mlops_ksample_read(ksample_reader *reader, const mlops_group_value **chunk);

#endif
