/*
 * sample.h
 *		The values of two samples, as the state of an exact test: in memory
 *		while they fit into work_mem, on disk after that.
 *
 * The state is of type internal, since a value that is its own partial result
 * would have to hold every row.  It travels between the processes of a
 * parallel plan as bytes while it is small, as the names of sorted temporary
 * files when it is not (transfer.c).
 */
#ifndef MLOPS_SAMPLE_H
#define MLOPS_SAMPLE_H

#include "compat.h"

#include "nodes/pg_list.h"
#include "storage/buffile.h"

#include "kernel/twosample/merge.h"
#include "kernel/twosample/twosample.h"

#define SAMPLE_REFERENCE 0
#define SAMPLE_CURRENT 1

#define SAMPLE_NAME_LENGTH 64

/* So many files of a side are merged into fewer: memory and open files have a bound. */
#define SAMPLE_FILES_MAX 32

/* Ascending values in a temporary file. */
typedef struct sample_segment
{
	BufFile    *file;
	int64		n;
	Oid			tablespace;		/* where another process wrote it, */
	char		name[SAMPLE_NAME_LENGTH];	/* under this name; else empty */
} sample_segment;

typedef struct sample_side
{
	int64		rows;
	double	   *value;			/* in memory */
	Size		n;
	Size		capacity;
	bool		sorted;
	List	   *segments;		/* all other values */
	sample_segment *handed;		/* everything, in a file for another process */
} sample_side;

typedef struct mlops_sample
{
	MemoryContext context;
	int64		excluded;		/* rows without a usable value or without a side */
	Size		limit;			/* values of both sides in memory */
	mlops_twosample_options options;
	sample_side side[2];
	bool		has_files;		/* files to close */
	bool		keep_files;		/* handed over, and perhaps again */
	bool		tested;			/* a test has read all values */
} mlops_sample;

/* sample.c: collecting */
extern mlops_sample *mlops_sample_create(MemoryContext context);
extern void mlops_sample_collected(mlops_sample *s);
extern void mlops_sample_sort(sample_side *side);
extern void mlops_sample_watch(mlops_sample *s, FunctionCallInfo fcinfo);
extern bool mlops_sample_read_once(FunctionCallInfo fcinfo);

/* spill.c: values on disk */
extern void mlops_sample_spill(mlops_sample *s, FunctionCallInfo fcinfo);
extern void mlops_sample_add_file(mlops_sample *s, sample_side *side, double *value, Size n);
extern void mlops_sample_merge_files(mlops_sample *s, sample_side *side, int n);
extern void mlops_sample_limit_files(mlops_sample *s, sample_side *side);
extern void mlops_sample_drop(mlops_sample *s, sample_side *side);

/* transfer.c: between processes */
extern BufFile *mlops_sample_create_named(sample_segment *segment);
extern void mlops_sample_open(sample_segment *segment);
extern void mlops_sample_delete(sample_segment *segment);
extern void mlops_sample_init(void);

/* read.c: ascending values from memory and files, in chunks; as often as wanted */
typedef struct sample_cursor
{
	BufFile    *file;			/* NULL: memory */
	int64		left;			/* values that have not been read into buffer */
	double	   *buffer;
} sample_cursor;

typedef struct sample_reader
{
	sample_cursor cursor[MLOPS_MERGE_INPUTS];
	mlops_merge merge;			/* what the cursors hold */
	int			n;
	Size		room;			/* values in a buffer */
	double	   *merged;			/* output of several cursors */
} sample_reader;

extern sample_reader *mlops_sample_reader(void);
extern void mlops_sample_rewind(sample_reader *reader, const double *value, Size n, List *segments);
extern Size mlops_sample_read(sample_reader *reader, const double **chunk);
extern void mlops_sample_reader_free(sample_reader *reader);

/* run.c: a method over the values, in order */
extern void mlops_sample_test(mlops_sample *s, const mlops_twosample_method *method,
							  mlops_test *out);

#endif
