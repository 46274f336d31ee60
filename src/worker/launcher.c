/*
 * launcher.c
 *		Sends a tick to every database that has the extension.
 *
 * The launcher connects to no database, so it never stands in the way of
 * CREATE, ALTER or DROP DATABASE, and reads shared catalogs only.  It is
 * started by the postmaster when the library is preloaded, or by
 * mlops.start_worker(); there is one per cluster.
 */
#include "compat.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/pg_database.h"
#include "miscadmin.h"
#include "nodes/pg_list.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/dsm.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "worker/locks.h"
#include "worker/runtime.h"
#include "worker/worker.h"

#define RESTART_SECONDS 10
#define SPARE_WAIT_MS 1000
#define LOCK_TRIES 20
#define LOCK_WAIT_MS 100

typedef struct database
{
	Oid			oid;
	bool		present;
	TimestampTz next_tick;
	BackgroundWorkerHandle *handle;	/* of the tick at work, or NULL */
	int			place;			/* its place on the board */
} database;

static List *databases = NIL;	/* of database *, in TopMemoryContext */
static mlops_board *board;
static dsm_handle board_handle;
static bool told_no_worker = false;
static volatile sig_atomic_t got_sigterm = false;

static void
on_sigterm(SIGNAL_ARGS)
{
	int			save_errno = errno;

	got_sigterm = true;
	SetLatch(MyLatch);
	errno = save_errno;
}

/*
 * Asked to end.  By mlops.stop_worker(), which holds a lock meanwhile: status
 * 0, and the postmaster forgets us.  By anybody else: status 1, and it starts
 * us again.
 */
static void
end_launcher(void)
{
	bool		for_good = !mlops_lock_is_free(MLOPS_LOCK_STOP, 0);

	ereport(LOG, (errmsg("mlops launcher shutting down")));
	proc_exit(for_good ? 0 : 1);
}

static void
launcher_wait(long ms)
{
	(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, ms, PG_WAIT_EXTENSION);
	ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
	if (got_sigterm)
		end_launcher();
}

static database *
find_database(Oid oid)
{
	ListCell   *cell;
	database   *d;
	MemoryContext old;

	foreach(cell, databases)
		if (((database *) lfirst(cell))->oid == oid)
			return lfirst(cell);

	old = MemoryContextSwitchTo(TopMemoryContext);
	d = palloc0(sizeof(database));
	d->oid = oid;
	databases = lappend(databases, d);
	MemoryContextSwitchTo(old);
	return d;
}

/* What may be connected to: no templates, none closed or half dropped. */
static void
list_databases(void)
{
	Relation	rel;
	TableScanDesc scan;
	HeapTuple	tuple;
	ListCell   *cell;

	foreach(cell, databases)
		((database *) lfirst(cell))->present = false;

	StartTransactionCommand();
	(void) GetTransactionSnapshot();
	rel = table_open(DatabaseRelationId, AccessShareLock);
	scan = table_beginscan_catalog(rel, 0, NULL);
	while ((tuple = heap_getnext(scan, ForwardScanDirection)) != NULL)
	{
		Form_pg_database form = (Form_pg_database) GETSTRUCT(tuple);

		/* connection limit -2 marks a database whose DROP was interrupted */
		if (form->datallowconn && !form->datistemplate && form->datconnlimit != -2)
			find_database(form->oid)->present = true;
	}
	table_endscan(scan);
	table_close(rel, AccessShareLock);
	CommitTransactionCommand();

	foreach(cell, databases)
	{
		database   *d = lfirst(cell);

		if (!d->present && d->handle == NULL)
		{
			databases = foreach_delete_current(databases, cell);
			pfree(d);
		}
	}
}

/* Ticks that have ended; returns how many have not. */
static int
reap(void)
{
	ListCell   *cell;
	int			running = 0;
	pid_t		pid;

	foreach(cell, databases)
	{
		database   *d = lfirst(cell);
		int			interval = mlops_check_interval;

		if (d->handle == NULL)
			continue;
		switch (GetBackgroundWorkerPid(d->handle, &pid))
		{
			case BGWH_POSTMASTER_DIED:
				proc_exit(1);
			case BGWH_STOPPED:
				pfree(d->handle);
				d->handle = NULL;
				if (board->result[d->place] == MLOPS_TICK_NO_EXTENSION)
					interval = Max(mlops_discovery_interval, interval);
				d->next_tick = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), interval * INT64CONST(1000));
				break;
			default:
				running++;
		}
	}
	return running;
}

static int
free_place(void)
{
	for (int place = 0; place < MLOPS_MAX_TICKS; place++)
	{
		ListCell   *cell;
		bool		taken = false;

		foreach(cell, databases)
		{
			database   *d = lfirst(cell);

			taken |= d->handle != NULL && d->place == place;
		}
		if (!taken)
			return place;
	}
	return -1;
}

static bool
start_tick(database *d)
{
	mlops_worker_args args = {.database = d->oid, .board = board_handle, .place = free_place()};
	BackgroundWorker worker;
	MemoryContext old;
	bool		registered;

	if (args.place < 0)
		return false;
	board->result[args.place] = MLOPS_TICK_UNKNOWN;
	d->place = args.place;
	mlops_worker_init(&worker, "mlops tick", "mlops_tick_main", &args);
	old = MemoryContextSwitchTo(TopMemoryContext);
	registered = RegisterDynamicBackgroundWorker(&worker, &d->handle);
	MemoryContextSwitchTo(old);

	if (!registered)
	{
		d->handle = NULL;
		if (!told_no_worker)
			ereport(LOG,
					(errcode(ERRCODE_INSUFFICIENT_RESOURCES),
					 errmsg("mlops: no free background worker slot, monitors have to wait"),
					 errhint("You might need to increase max_worker_processes.")));
	}
	told_no_worker = !registered;
	return registered;
}

/* Milliseconds until the next tick is due. */
static long
start_ticks(int running)
{
	TimestampTz now = GetCurrentTimestamp();
	int			limit = Min(mlops_max_workers, MLOPS_MAX_TICKS);
	long		wait = mlops_check_interval * 1000L;
	ListCell   *cell;

	foreach(cell, databases)
	{
		database   *d = lfirst(cell);

		if (!d->present || d->handle != NULL)
			continue;
		if (d->next_tick > now)
			wait = Min(wait, TimestampDifferenceMilliseconds(now, d->next_tick));
		else if (running < limit)
		{
			if (!start_tick(d))
				break;
			running++;
		}
		/* no room: a tick that ends sets the latch */
	}
	return Max(wait, 100);
}

static void
make_board(void)
{
	dsm_segment *segment;

	segment = dsm_create(sizeof(mlops_board), 0);
	dsm_pin_mapping(segment);
	board = dsm_segment_address(segment);
	memset(board, 0, sizeof(*board));
	board_handle = dsm_segment_handle(segment);
}

/*
 * The first to get the lock is the launcher.  One that came later ends for
 * good if it was started by hand, and waits as a spare if it was preloaded.
 * Our other processes hold the lock for a moment when they look whether there
 * is a launcher, so one try is not enough.
 */
static void
become_launcher(bool preloaded)
{
	int			tries = 0;

	while (!mlops_try_lock(MLOPS_LOCK_LAUNCHER, 0))
	{
		if (!preloaded && ++tries >= LOCK_TRIES)
			proc_exit(0);
		launcher_wait(preloaded ? SPARE_WAIT_MS : LOCK_WAIT_MS);
	}
	ereport(LOG, (errmsg("mlops launcher started")));
}

/* Main function; the argument says whether the postmaster started it by itself. */
void
mlops_launcher_main(Datum arg)
{
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, on_sigterm);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnection(NULL, NULL, 0);
	pgstat_report_appname("mlops launcher");
	become_launcher(DatumGetBool(arg));
	make_board();

	for (;;)
	{
		if (ConfigReloadPending)
		{
			ListCell   *cell;

			ConfigReloadPending = false;
			ProcessConfigFile(PGC_SIGHUP);
			foreach(cell, databases)	/* look again at once, everywhere */
				((database *) lfirst(cell))->next_tick = 0;
		}
		list_databases();
		launcher_wait(start_ticks(reap()));
	}
}

static void
describe_launcher(BackgroundWorker *worker, bool preloaded)
{
	mlops_worker_init(worker, "mlops launcher", "mlops_launcher_main", NULL);
	worker->bgw_restart_time = RESTART_SECONDS;
	worker->bgw_main_arg = BoolGetDatum(preloaded);
}

/* From _PG_init() while shared_preload_libraries is processed. */
void
mlops_register_launcher(void)
{
	BackgroundWorker worker;

	describe_launcher(&worker, true);
	RegisterBackgroundWorker(&worker);
}

MLOPS_FUNCTION(mlops_start_launcher);
/*
 * mlops._start_launcher() -> its pid.  An error when there is no room; NULL
 * when another one has been faster.
 */
Datum
mlops_start_launcher(PG_FUNCTION_ARGS)
{
	BackgroundWorker worker;
	BackgroundWorkerHandle *handle;
	pid_t		pid;

	if (RecoveryInProgress())
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("recovery is in progress"),
				 errhint("Monitors run on the primary only; with mlops in shared_preload_libraries the worker starts on promotion.")));
	describe_launcher(&worker, false);
	worker.bgw_notify_pid = MyProcPid;
	if (!RegisterDynamicBackgroundWorker(&worker, &handle))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_RESOURCES),
				 errmsg("could not register background process"),
				 errhint("You might need to increase max_worker_processes.")));
	switch (WaitForBackgroundWorkerStartup(handle, &pid))
	{
		case BGWH_STARTED:
			PG_RETURN_INT32(pid);
		case BGWH_STOPPED:
			PG_RETURN_NULL();
		default:
			ereport(ERROR,
					(errcode(ERRCODE_INSUFFICIENT_RESOURCES),
					 errmsg("cannot start background processes without postmaster")));
	}
	PG_RETURN_NULL();
}

MLOPS_FUNCTION(mlops_nudge_launcher);
/* mlops._nudge_launcher(pid int): it looks into every database at once */
Datum
mlops_nudge_launcher(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(kill(PG_GETARG_INT32(0), SIGHUP) == 0);
}

MLOPS_FUNCTION(mlops_stop_launcher);
/*
 * mlops._stop_launcher(pid int) -> boolean: told to end and not to come back;
 * false when it is not gone after ten seconds.
 */
Datum
mlops_stop_launcher(PG_FUNCTION_ARGS)
{
	pid_t		pid = PG_GETARG_INT32(0);
	volatile bool gone = false;

	if (!mlops_try_lock(MLOPS_LOCK_STOP, 0))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_IN_USE),
				 errmsg("another session is stopping the worker")));
	PG_TRY();
	{
		if (kill(pid, SIGTERM) == 0)
			for (int i = 0; i < 100 && !gone; i++)
			{
				(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, 100, PG_WAIT_EXTENSION);
				ResetLatch(MyLatch);
				CHECK_FOR_INTERRUPTS();
				gone = kill(pid, 0) != 0;
			}
		else
			gone = true;
	}
	PG_FINALLY();
	{
		mlops_unlock(MLOPS_LOCK_STOP, 0);
	}
	PG_END_TRY();
	PG_RETURN_BOOL(gone);
}
