/*
 * tick.c
 *		One database, once: who has monitors that are due?  A process each.
 */
#include "compat.h"

#include "access/xact.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "nodes/pg_list.h"
#include "postmaster/bgworker.h"
#include "storage/dsm.h"
#include "storage/ipc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "worker/locks.h"
#include "worker/runtime.h"
#include "worker/worker.h"

#define WAIT_MS 1000

/* A process that this tick has started. */
typedef struct child
{
	Oid			owner;
	int			slot;			/* lock that counts it against mlops.max_workers */
	BackgroundWorkerHandle *handle;
} child;

typedef struct tick
{
	Oid			database;
	List	   *children;		/* of child *, in TopMemoryContext */
	bool		told_no_worker;
} tick;

static void
tell_launcher(const mlops_worker_args *args, mlops_tick_result result)
{
	dsm_segment *segment = dsm_attach(args->board);

	if (segment == NULL)
		return;					/* the launcher is gone */
	((mlops_board *) dsm_segment_address(segment))->result[args->place] = result;
	dsm_detach(segment);
}

/*
 * Owners with due monitors that no process runs, into `owners` (allocated in
 * TopMemoryContext).  False when the extension is not there.
 */
static bool
due_owners(List **owners)
{
	Oid			extension_owner;
	bool		found;

	*owners = NIL;
	mlops_begin_worker_transaction();
	found = mlops_lock_extension(&extension_owner);
	if (found)
	{
		SPI_connect();
		if (SPI_execute("SELECT owner FROM mlops._due_owners() AS owner", false, 0) != SPI_OK_SELECT)
			elog(ERROR, "could not list owners");
		for (uint64 i = 0; i < SPI_processed; i++)
		{
			bool		isnull;
			Oid			owner = DatumGetObjectId(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &isnull));
			MemoryContext old = MemoryContextSwitchTo(TopMemoryContext);

			*owners = lappend_oid(*owners, owner);
			MemoryContextSwitchTo(old);
		}
		SPI_finish();
	}
	mlops_end_worker_transaction();
	return found;
}

static void
reap(tick *t)
{
	ListCell   *cell;
	pid_t		pid;

	foreach(cell, t->children)
	{
		child	   *c = lfirst(cell);

		switch (GetBackgroundWorkerPid(c->handle, &pid))
		{
			case BGWH_POSTMASTER_DIED:
				proc_exit(1);
			case BGWH_STOPPED:
				mlops_unlock(MLOPS_LOCK_SLOT, c->slot);
				pfree(c->handle);
				pfree(c);
				t->children = foreach_delete_current(t->children, cell);
				break;
			default:
				break;
		}
	}
}

static bool
is_running(const tick *t, Oid owner)
{
	ListCell   *cell;

	foreach(cell, t->children)
		if (((child *) lfirst(cell))->owner == owner)
			return true;
	return false;
}

/* False when there is no room now. */
static bool
start(tick *t, Oid owner)
{
	mlops_worker_args args = {.database = t->database, .owner = owner};
	BackgroundWorker worker;
	BackgroundWorkerHandle *handle;
	MemoryContext old;
	int			slot = 0;
	bool		registered;

	while (slot < mlops_max_workers && !mlops_try_lock(MLOPS_LOCK_SLOT, slot))
		slot++;
	if (slot >= mlops_max_workers)
		return false;

	mlops_worker_init(&worker, "mlops run", "mlops_owner_main", &args);
	old = MemoryContextSwitchTo(TopMemoryContext);
	registered = RegisterDynamicBackgroundWorker(&worker, &handle);
	if (registered)
	{
		child	   *c = palloc0(sizeof(child));

		c->owner = owner;
		c->slot = slot;
		c->handle = handle;
		t->children = lappend(t->children, c);
	}
	MemoryContextSwitchTo(old);
	if (registered)
		return true;

	mlops_unlock(MLOPS_LOCK_SLOT, slot);
	if (!t->told_no_worker)
		ereport(LOG,
				(errcode(ERRCODE_INSUFFICIENT_RESOURCES),
				 errmsg("mlops: no free background worker slot, monitors have to wait"),
				 errhint("You might need to increase max_worker_processes.")));
	t->told_no_worker = true;
	return false;
}

/* Starts a process for each owner that has none; true when some must wait. */
static bool
start_all(tick *t, List *owners)
{
	ListCell   *cell;
	bool		waiting = false;

	foreach(cell, owners)
		if (!is_running(t, lfirst_oid(cell)) && !start(t, lfirst_oid(cell)))
			waiting = true;
	return waiting;
}

/*
 * Looks for due monitors until there is nothing to do or to wait for.  While a
 * long run goes on, other owners' monitors that become due meanwhile are
 * started all the same.
 */
void
mlops_tick_main(Datum arg)
{
	mlops_worker_args args = mlops_worker_start("mlops tick");
	tick		t = {.database = args.database};
	TimestampTz began = GetCurrentTimestamp();
	TimestampTz looked = 0;
	List	   *owners = NIL;
	bool		waiting = false;

	for (;;)
	{
		TimestampTz now = GetCurrentTimestamp();

		reap(&t);
		if (looked == 0 || waiting || TimestampDifferenceExceeds(looked, now, mlops_check_interval * 1000))
		{
			list_free(owners);
			if (!due_owners(&owners))
			{
				tell_launcher(&args, MLOPS_TICK_NO_EXTENSION);
				proc_exit(0);
			}
			if (looked == 0)
				tell_launcher(&args, MLOPS_TICK_DONE);
			looked = now;
		}
		waiting = start_all(&t, owners);
		list_free(owners);
		owners = NIL;

		/* slots that others hold: the launcher sends another tick */
		if (t.children == NIL &&
			(!waiting || TimestampDifferenceExceeds(began, now, mlops_check_interval * 1000)))
			break;
		if (mlops_worker_should_end())
			break;
		mlops_worker_wait(WAIT_MS);
	}
	proc_exit(0);
}
