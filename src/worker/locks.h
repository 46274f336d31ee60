/*
 * locks.h
 *		Locks that say which process is at what.
 *
 * They are advisory locks in a key space that no SQL function reaches, so
 * nobody can take them to keep a monitor from running; the lock manager
 * frees them however a process ends.  They are held by the session, not by a
 * transaction, and show in pg_locks as "advisory" with objsubid as below.
 */
#ifndef MLOPS_LOCKS_H
#define MLOPS_LOCKS_H

#include "compat.h"

typedef enum mlops_lock_class
{
	MLOPS_LOCK_LAUNCHER = 27905,	/* one launcher per cluster */
	MLOPS_LOCK_STOP,			/* held while a launcher is told to end for good */
	MLOPS_LOCK_SLOT,			/* one of mlops.max_workers processes */
	MLOPS_LOCK_OWNER,			/* process that runs an owner's monitors */
	MLOPS_LOCK_MONITOR			/* a run from begin to end */
} mlops_lock_class;

extern bool mlops_try_lock(mlops_lock_class class, uint64 id);
extern void mlops_unlock(mlops_lock_class class, uint64 id);
extern void mlops_forget_monitor(uint64 id);
extern bool mlops_lock_is_free(mlops_lock_class class, uint64 id);

#endif
