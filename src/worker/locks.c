/*
 * locks.c
 *		Locks that say which process is at what.
 */
#include "compat.h"

#include "miscadmin.h"
#include "storage/lock.h"

#include "worker/locks.h"

static LOCKTAG
tag_of(mlops_lock_class class, uint64 id)
{
	LOCKTAG		tag;
	/* the launcher and its slots are the cluster's, the others a database's */
	bool		shared = class == MLOPS_LOCK_LAUNCHER || class == MLOPS_LOCK_STOP ||
		class == MLOPS_LOCK_SLOT;

	SET_LOCKTAG_ADVISORY(tag, shared ? InvalidOid : MyDatabaseId,
						 (uint32) (id >> 32), (uint32) id, (uint16) class);
	return tag;
}

/*
 * True when this session has the lock now and did not have it before.  A
 * second take by the same session is refused: a monitor must not run inside a
 * run of itself.
 */
bool
mlops_try_lock(mlops_lock_class class, uint64 id)
{
	LOCKTAG		tag = tag_of(class, id);

	switch (LockAcquire(&tag, ExclusiveLock, true, true))
	{
		case LOCKACQUIRE_NOT_AVAIL:
			return false;
		case LOCKACQUIRE_OK:
			return true;
		default:
			(void) LockRelease(&tag, ExclusiveLock, true);
			return false;
	}
}

void
mlops_unlock(mlops_lock_class class, uint64 id)
{
	LOCKTAG		tag = tag_of(class, id);

	(void) LockRelease(&tag, ExclusiveLock, true);
}

/*
 * Looks by taking the lock for a moment.  Whoever wants to keep a lock that is
 * looked at like this must try more than once.
 */
bool
mlops_lock_is_free(mlops_lock_class class, uint64 id)
{
	if (!mlops_try_lock(class, id))
		return false;
	mlops_unlock(class, id);
	return true;
}

/* The monitor that mlops._begin_run() locked last, 0 for none. */
static uint64 monitor_locked = 0;

/*
 * Frees a run's monitor.  With 0, the one that _begin_run() locked before it
 * failed and could tell: its lock would otherwise stay with the session.
 */
void
mlops_forget_monitor(uint64 id)
{
	if (id == 0)
		id = monitor_locked;
	if (id != 0)
		mlops_unlock(MLOPS_LOCK_MONITOR, id);
	monitor_locked = 0;
}

MLOPS_FUNCTION(mlops_try_lock_monitor);
/* mlops._try_lock_monitor(bigint) -> boolean */
Datum
mlops_try_lock_monitor(PG_FUNCTION_ARGS)
{
	uint64		id = (uint64) PG_GETARG_INT64(0);

	if (!mlops_try_lock(MLOPS_LOCK_MONITOR, id))
		PG_RETURN_BOOL(false);
	monitor_locked = id;
	PG_RETURN_BOOL(true);
}

MLOPS_FUNCTION(mlops_unlock_monitor);
/* mlops._unlock_monitor(bigint) */
Datum
mlops_unlock_monitor(PG_FUNCTION_ARGS)
{
	mlops_unlock(MLOPS_LOCK_MONITOR, (uint64) PG_GETARG_INT64(0));
	monitor_locked = 0;
	PG_RETURN_VOID();
}
