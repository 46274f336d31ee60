/*
 * worker.c
 *		What all background processes have in common, and the one that runs the
 *		monitors of one owner.
 */
#include "compat.h"

#include "access/xact.h"
#include "catalog/pg_extension.h"
#include "commands/extension.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/lmgr.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "worker/locks.h"
#include "worker/run.h"
#include "worker/runtime.h"
#include "worker/worker.h"

/* Settings of the database or of the server that must not decide how we run. */
static const char *const settings[][2] = {
	{"search_path", "pg_catalog, pg_temp"},
	{"default_transaction_isolation", "read committed"},
	{"default_transaction_read_only", "off"},
	{"default_transaction_deferrable", "off"},
	{"statement_timeout", "0"},
	{"lock_timeout", "0"},
	{"idle_in_transaction_session_timeout", "0"},
	{"transaction_timeout", "0"},	/* from 17 on */
	/* do not wait for a standby: a shutdown could not end us */
	{"synchronous_commit", "local"},
	{"TimeZone", "UTC"},
};

/* Fills the request for one of our processes; it ends by itself. */
void
mlops_worker_init(BackgroundWorker *worker, const char *type, const char *function,
				  const mlops_worker_args *args)
{
	memset(worker, 0, sizeof(*worker));
	worker->bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
	worker->bgw_start_time = BgWorkerStart_RecoveryFinished;
	worker->bgw_restart_time = BGW_NEVER_RESTART;
	strlcpy(worker->bgw_library_name, "mlops", sizeof(worker->bgw_library_name));
	strlcpy(worker->bgw_function_name, function, sizeof(worker->bgw_function_name));
	strlcpy(worker->bgw_name, type, BGW_MAXLEN);
	strlcpy(worker->bgw_type, type, BGW_MAXLEN);
	if (args != NULL)
	{
		StaticAssertStmt(sizeof(*args) <= BGW_EXTRALEN, "arguments fit into bgw_extra");
		memcpy(worker->bgw_extra, args, sizeof(*args));
		worker->bgw_notify_pid = MyProcPid;
	}
}

/* First thing in a process that works in a database. */
mlops_worker_args
mlops_worker_start(const char *name)
{
	mlops_worker_args args;

	memcpy(&args, MyBgworkerEntry->bgw_extra, sizeof(args));
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnectionByOid(args.database, InvalidOid, 0);
	for (int i = 0; i < lengthof(settings); i++)
		if (GetConfigOption(settings[i][0], true, false) != NULL)
			SetConfigOption(settings[i][0], settings[i][1], PGC_SUSET, PGC_S_SESSION);
	SetConfigOption("application_name", name, PGC_USERSET, PGC_S_SESSION);
	return args;
}

void
mlops_begin_worker_transaction(void)
{
	if (ConfigReloadPending)
	{
		ConfigReloadPending = false;
		ProcessConfigFile(PGC_SIGHUP);
	}
	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
}

void
mlops_end_worker_transaction(void)
{
	PopActiveSnapshot();
	CommitTransactionCommand();
	pgstat_report_stat(false);
	pgstat_report_activity(STATE_IDLE, NULL);
}

/*
 * Locks the extension against DROP and ALTER until the transaction ends.
 * False when this database does not have it (any more).
 */
bool
mlops_lock_extension(Oid *owner)
{
	Oid			extension = get_extension_oid("mlops", true);

	if (!OidIsValid(extension))
		return false;
	LockDatabaseObject(ExtensionRelationId, extension, 0, AccessShareLock);
	AcceptInvalidationMessages();
	if (get_extension_oid("mlops", true) != extension)
		return false;
	*owner = mlops_extension_owner(extension);
	return OidIsValid(*owner);
}

/* Without a launcher, what runs is brought to its end and nothing new begun. */
bool
mlops_worker_should_end(void)
{
	return mlops_lock_is_free(MLOPS_LOCK_LAUNCHER, 0);
}

/* Sleeps until the latch is set or the time has passed. */
void
mlops_worker_wait(long ms)
{
	(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, ms, PG_WAIT_EXTENSION);
	ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
}

/*
 * Runs the due monitors of one owner, then ends.  One owner per process: what
 * a function of the owner leaves in the session (advisory locks, state of
 * procedural languages) ends with it.
 */
void
mlops_owner_main(Datum arg)
{
	mlops_worker_args args = mlops_worker_start("mlops run");
	mlops_run_context context = {MLOPS_RUN_WORKER};

	/* the last process of this owner may still be at its end; the next tick tries again */
	if (!mlops_try_lock(MLOPS_LOCK_OWNER, args.owner))
		proc_exit(0);
	context.owner = args.owner;
	(void) mlops_run_due_monitors(&context, -1);
	proc_exit(0);
}
