/*
 * run.c
 *		Running the monitors that are due, one after the other:
 *		begin (commit), execute (commit), or fail (commit).
 *
 * What each step does is in sql/modules/85_run.sql.  Here is what SQL cannot
 * do: commit in between, go on after an error, end a run that takes too long,
 * hold the lock that tells the living from the dead.
 */
#include "compat.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "pgstat.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"
#include "utils/timeout.h"
#include "utils/timestamp.h"

#include "worker/locks.h"
#include "worker/run.h"
#include "worker/runtime.h"
#include "worker/worker.h"

/* A run that swallows its cancellation loses its process this much later. */
#define GRACE_MS 10000

typedef struct run
{
	int64		id;
	int64		monitor_id;
	int32		max_ms;
	char		monitor[NAMEDATALEN * 4];
} run;

static TimeoutId run_timeout = MAX_TIMEOUTS;
static volatile sig_atomic_t run_timed_out = 0;

/*
 * SIGALRM: the run has had its time.  The first time it is cancelled; a
 * function that catches that gets no second chance where the process is ours.
 */
static void
on_run_timeout(void)
{
	if (run_timed_out && MyBgworkerEntry != NULL)
		ProcDiePending = true;
	else
		QueryCancelPending = true;
	run_timed_out = 1;
	InterruptPending = true;
	SetLatch(MyLatch);
}

static void
arm_timeout(int32 ms)
{
	if (run_timeout == MAX_TIMEOUTS)
		run_timeout = RegisterTimeout(USER_TIMEOUT, on_run_timeout);
	run_timed_out = 0;
	enable_timeout_every(run_timeout, TimestampTzPlusMilliseconds(GetCurrentTimestamp(), ms), GRACE_MS);
}

static void
disarm_timeout(void)
{
	disable_timeout(run_timeout, false);
	/* it may have fired after the last look at it: that must not hit the next statement */
	if (run_timed_out)
		QueryCancelPending = false;
}

static void
begin_transaction(mlops_run_context *context)
{
	if (context->mode != MLOPS_RUN_WORKER)
		return;
	mlops_begin_worker_transaction();
	context->gone = !mlops_lock_extension(&context->extension_owner);
	SPI_connect();
}

static void
end_transaction(mlops_run_context *context)
{
	switch (context->mode)
	{
		case MLOPS_RUN_ATOMIC:
			break;
		case MLOPS_RUN_SESSION:
			SPI_commit();
			break;
		case MLOPS_RUN_WORKER:
			SPI_finish();
			mlops_end_worker_transaction();
			break;
	}
}

/*
 * What a session has set must not show in what a run stores, nor change how
 * our SQL is read.
 */
static const char *const pinned[][2] = {
	{"search_path", "pg_catalog, pg_temp"},
	{"TimeZone", "UTC"},
	{"DateStyle", "ISO, YMD"},
	{"IntervalStyle", "postgres"},
	{"extra_float_digits", "1"},
	{"bytea_output", "hex"},
};

/*
 * One statement as the extension's owner.  The switch spans the statement
 * only: a transaction must begin and end as the session's own user.  Aborting
 * the surrounding (sub)transaction undoes it.
 */
static void
as_extension(mlops_run_context *context, const char *sql, int nargs, Oid *types, Datum *values, const char *nulls)
{
	Oid			user;
	int			security;
	int			settings = NewGUCNestLevel();
	int			rc;

	mlops_pin_semantics();
	for (int i = 0; i < lengthof(pinned); i++)
		(void) set_config_option(pinned[i][0], pinned[i][1], PGC_USERSET, PGC_S_SESSION,
								 GUC_ACTION_SAVE, true, 0, false);
	GetUserIdAndSecContext(&user, &security);
	PushActiveSnapshot(GetTransactionSnapshot());
	SetUserIdAndSecContext(context->extension_owner, security | SECURITY_LOCAL_USERID_CHANGE);
	rc = SPI_execute_with_args(sql, nargs, types, values, nulls, false, 0);
	if (rc != SPI_OK_SELECT)
		elog(ERROR, "SPI_execute_with_args failed: %s", SPI_result_code_string(rc));
	SetUserIdAndSecContext(user, security);
	PopActiveSnapshot();
	AtEOXact_GUC(true, settings);
}

/*
 * The collector takes a mark away when its granule has been read with a newer
 * snapshot than the one that saw the mark.  With one snapshot for the whole
 * transaction, rows committed after it would lose their mark unread.
 */
static void
check_isolation(void)
{
	if (IsolationUsesXactSnapshot())
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("monitors run at isolation level read committed only"),
				 errdetail("Under one snapshot for the whole transaction, changes that commit meanwhile would be overlooked for ever."),
				 errhint("Use BEGIN ISOLATION LEVEL READ COMMITTED, or SET default_transaction_isolation = 'read committed'.")));
}

/* False when nothing is due. */
static bool
begin_run(mlops_run_context *context, run *r)
{
	Oid			types[2] = {OIDOID, OIDOID};
	Datum		values[2] = {ObjectIdGetDatum(context->owner), ObjectIdGetDatum(context->caller)};
	char		nulls[2] = {OidIsValid(context->owner) ? ' ' : 'n', OidIsValid(context->caller) ? ' ' : 'n'};
	HeapTuple	row;
	TupleDesc	desc;
	bool		isnull;
	char	   *name;

	check_isolation();
	as_extension(context, "SELECT run_id, monitor_id, monitor, max_ms FROM mlops._begin_run($1, $2)",
				 2, types, values, nulls);
	if (SPI_processed != 1)
		elog(ERROR, "_begin_run returned %d rows", (int) SPI_processed);
	row = SPI_tuptable->vals[0];
	desc = SPI_tuptable->tupdesc;
	r->id = DatumGetInt64(SPI_getbinval(row, desc, 1, &isnull));
	if (isnull)
		return false;
	r->monitor_id = DatumGetInt64(SPI_getbinval(row, desc, 2, &isnull));
	name = SPI_getvalue(row, desc, 3);
	strlcpy(r->monitor, name ? name : "", sizeof(r->monitor));
	r->max_ms = DatumGetInt32(SPI_getbinval(row, desc, 4, &isnull));
	SPI_freetuptable(SPI_tuptable);
	return true;
}

static void
fail_run(mlops_run_context *context, const run *r, const ErrorData *error)
{
	Oid			types[3] = {INT8OID, TEXTOID, TEXTOID};
	Datum		values[3];

	values[0] = Int64GetDatum(r->id);
	values[1] = CStringGetTextDatum(unpack_sql_state(error->sqlerrcode));
	values[2] = CStringGetTextDatum(error->message ? error->message : "");
	as_extension(context, "SELECT mlops._fail_run($1, $2, $3)", 3, types, values, "   ");

	ereport(context->mode == MLOPS_RUN_WORKER ? LOG : WARNING,
			(errcode(error->sqlerrcode),
			 errmsg("run of monitor \"%s\" failed: %s", r->monitor, error->message),
			 errhint("mlops.run_history has the run; it will be tried again.")));
}

/*
 * One step of the run in a subtransaction, so that an error leaves a
 * transaction in which the failure can be written down.  Returns the error, or
 * NULL and the step's answer (false when it gives none).
 */
static ErrorData *
run_step(mlops_run_context *context, const run *r, const char *sql, bool *answer)
{
	MemoryContext memory = CurrentMemoryContext;
	ResourceOwner resources = CurrentResourceOwner;
	Oid			types[1] = {INT8OID};
	Datum		values[1] = {Int64GetDatum(r->id)};
	ErrorData  *volatile error = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(memory);
	PG_TRY();
	{
		bool		isnull = true;

		arm_timeout(r->max_ms);
		as_extension(context, sql, 1, types, values, " ");
		if (SPI_processed == 1)
			*answer = DatumGetBool(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
		if (isnull)
			*answer = false;
		SPI_freetuptable(SPI_tuptable);
		disarm_timeout();
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(memory);
		error = CopyErrorData();
		FlushErrorState();
		disarm_timeout();
		RollbackAndReleaseCurrentSubTransaction();
		if (run_timed_out && error->sqlerrcode == ERRCODE_QUERY_CANCELED)
			error->message = psprintf("canceled after max_runtime (%d ms)", r->max_ms);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(memory);
	CurrentResourceOwner = resources;
	return error;
}

/*
 * The transaction of one step.  False ends the run: it is done, failed (and
 * that is written down), or the extension is gone.
 */
static bool
run_transaction(mlops_run_context *context, const run *r, const char *sql)
{
	ErrorData  *error;
	bool		more = false;
	bool		canceled;

	begin_transaction(context);
	if (context->gone)
	{
		end_transaction(context);
		return false;
	}
	if (context->mode == MLOPS_RUN_WORKER)
		pgstat_report_activity(STATE_RUNNING, psprintf("mlops: monitor \"%s\"", r->monitor));
	error = run_step(context, r, sql, &more);
	if (error != NULL)
	{
		fail_run(context, r, error);
		mlops_test_pause("before_fail_commit");
	}
	else if (!more)
		mlops_test_pause("before_execute_commit");
	canceled = error != NULL && error->sqlerrcode == ERRCODE_QUERY_CANCELED && !run_timed_out;
	end_transaction(context);	/* in a worker, `error` is gone with it */

	/* somebody who cancels means all of it, not just this run */
	if (canceled && context->mode == MLOPS_RUN_WORKER)
		ereport(ERROR,
				(errcode(ERRCODE_QUERY_CANCELED),
				 errmsg("canceling statement due to user request")));
	if (canceled)
		ReThrowError(error);
	return error == NULL && more;
}

/* One monitor, one window.  False when nothing was due. */
static bool
run_one(mlops_run_context *context, run *r)
{
	begin_transaction(context);
	if (context->gone || !begin_run(context, r))
	{
		end_transaction(context);
		return false;
	}
	mlops_test_pause("before_begin_commit");
	end_transaction(context);
	mlops_test_pause("after_begin");

	/* a long first pass commits on the way; the last answer is false */
	while (run_transaction(context, r, "SELECT mlops._run_step($1)"))
		CHECK_FOR_INTERRUPTS();
	mlops_test_pause("after_execute");
	mlops_forget_monitor((uint64) r->monitor_id);
	r->monitor_id = 0;
	return true;
}

/*
 * Runs what is due, the oldest window first, until nothing is or max_runs
 * (negative: no limit) have been made.  Returns how many.
 */
int64
mlops_run_due_monitors(mlops_run_context *context, int64 max_runs)
{
	run		   *r = palloc0(sizeof(run));
	volatile int64 done = 0;

	PG_TRY();
	{
		while (max_runs < 0 || done < max_runs)
		{
			CHECK_FOR_INTERRUPTS();
			if (context->mode == MLOPS_RUN_WORKER && mlops_worker_should_end())
				break;
			if (!run_one(context, r))
				break;
			done++;
		}
	}
	PG_CATCH();
	{
		/* the row stays "running" with its lock free: the next run sees a crash */
		mlops_forget_monitor((uint64) r->monitor_id);
		PG_RE_THROW();
	}
	PG_END_TRY();
	pfree(r);
	return done;
}

MLOPS_FUNCTION(mlops_run_due);
/*
 * CALL mlops.run_due(max_runs int): what the worker does, in this session,
 * for the models whose owner role the caller belongs to.  Commits after every
 * step, unless called inside a transaction block.
 */
Datum
mlops_run_due(PG_FUNCTION_ARGS)
{
	CallContext *call = (CallContext *) fcinfo->context;
	mlops_run_context context = {MLOPS_RUN_ATOMIC};
	int64		max_runs = -1;

	if (call != NULL && IsA(call, CallContext) && !call->atomic)
		context.mode = MLOPS_RUN_SESSION;
	if (!PG_ARGISNULL(0))
	{
		max_runs = PG_GETARG_INT32(0);
		if (max_runs < 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("max_runs must not be negative"),
					 errhint("Leave it out to run everything that is due.")));
	}
	(void) mlops_extension_of(fcinfo->flinfo->fn_oid, &context.extension_owner);
	if (!OidIsValid(context.extension_owner))
		elog(ERROR, "function %u is not part of an extension", fcinfo->flinfo->fn_oid);
	context.caller = GetUserId();
	check_isolation();

	SPI_connect_ext(context.mode == MLOPS_RUN_SESSION ? SPI_OPT_NONATOMIC : 0);
	as_extension(&context, "SELECT mlops._warn_paused()", 0, NULL, NULL, NULL);
	(void) mlops_run_due_monitors(&context, max_runs);
	SPI_finish();
	PG_RETURN_VOID();
}

/*
 * For crash tests: with mlops.test_pause_at = step, stops here until the
 * process is killed or canceled.
 */
void
mlops_test_pause(const char *step)
{
	if (mlops_test_pause_at == NULL || strcmp(mlops_test_pause_at, step) != 0)
		return;
	ereport(LOG, (errmsg("mlops: paused at step \"%s\" by mlops.test_pause_at", step)));
	for (;;)
	{
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, 1000, PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
	}
}

MLOPS_FUNCTION(mlops_test_pause_sql);
/* mlops._test_pause(step text) */
Datum
mlops_test_pause_sql(PG_FUNCTION_ARGS)
{
	mlops_test_pause(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	PG_RETURN_VOID();
}
