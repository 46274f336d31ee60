/*
 * worker.h
 *		The background processes: one launcher, a tick per database at work,
 *		a process per owner whose monitors are due.
 */
#ifndef MLOPS_WORKER_H
#define MLOPS_WORKER_H

#include "compat.h"

#include "postmaster/bgworker.h"
#include "storage/dsm.h"

/* Ticks at the same time, whatever mlops.max_workers says. */
#define MLOPS_MAX_TICKS 64

/* What a tick found, told to the launcher through its board. */
typedef enum mlops_tick_result
{
	MLOPS_TICK_UNKNOWN = 0,		/* it did not come so far */
	MLOPS_TICK_DONE,
	MLOPS_TICK_NO_EXTENSION
} mlops_tick_result;

typedef struct mlops_board
{
	uint32		result[MLOPS_MAX_TICKS];
} mlops_board;

/* Arguments by value, in bgw_extra. */
typedef struct mlops_worker_args
{
	Oid			database;
	Oid			owner;			/* run: whose monitors */
	dsm_handle	board;			/* tick: where to put the result, ... */
	int			place;			/* ... and at which place */
} mlops_worker_args;

/* worker.c */
extern void mlops_worker_init(BackgroundWorker *worker, const char *type, const char *function,
							  const mlops_worker_args *args);
extern mlops_worker_args mlops_worker_start(const char *name);
extern void mlops_begin_worker_transaction(void);
extern void mlops_end_worker_transaction(void);
extern bool mlops_lock_extension(Oid *owner);
extern bool mlops_worker_should_end(void);
extern void mlops_worker_wait(long ms);

extern PGDLLEXPORT void mlops_launcher_main(Datum arg);
extern PGDLLEXPORT void mlops_tick_main(Datum arg);
extern PGDLLEXPORT void mlops_owner_main(Datum arg);

#endif
