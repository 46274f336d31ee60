/*
 * read_as.c
 *		Reads the user's data as the owner of the model, and only reads.
 */
#include "compat.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "executor/tstoreReceiver.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/params.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/plancache.h"
#include "utils/resowner.h"
#include "utils/syscache.h"
#include "utils/tuplestore.h"

#include "worker/runtime.h"

/* The arguments that the query sees as $1 to $4. */
#define READ_PARAMS 4

/* Settings that decide how values read or print: the same in every session. */
static const char *const pinned[][2] = {
	{"search_path", "pg_catalog, pg_temp"},
	{"row_security", "on"},
	{"TimeZone", "UTC"},
	{"DateStyle", "ISO, YMD"},
	{"IntervalStyle", "postgres"},
	{"extra_float_digits", "1"},
	{"bytea_output", "hex"},
};

/*
 * From here to the end of the subtransaction this is `owner` and nobody else.
 * Abort of the subtransaction restores user, settings and read-write mode.
 */
static void
become_owner(Oid owner)
{
	char		timeout[32];
	Oid			save_user;
	int			save_context;

	mlops_pin_semantics();
	for (int i = 0; i < lengthof(pinned); i++)
		(void) set_config_option(pinned[i][0], pinned[i][1], PGC_USERSET, PGC_S_SESSION,
								 GUC_ACTION_SAVE, true, 0, false);
	snprintf(timeout, sizeof(timeout), "%d", mlops_lock_timeout);
	(void) set_config_option("lock_timeout", timeout, PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);

	/* parallel workers do not inherit this, but must not write anyway */
	XactReadOnly = true;
	GetUserIdAndSecContext(&save_user, &save_context);
	SetUserIdAndSecContext(owner, save_context | SECURITY_LOCAL_USERID_CHANGE |
						   SECURITY_RESTRICTED_OPERATION);
}

/* The plan must be one statement that returns rows of exactly this shape. */
static void
check_shape(SPIPlanPtr plan, TupleDesc expected)
{
	List	   *sources = SPI_plan_get_plan_sources(plan);
	TupleDesc	got = NULL;

	if (list_length(sources) == 1)
		got = ((CachedPlanSource *) linitial(sources))->resultDesc;
	if (got == NULL || !SPI_is_cursor_plan(plan))
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("query is not one statement that returns rows")));
	if (got->natts != expected->natts)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("query returns %d columns, but the column definition list has %d",
						got->natts, expected->natts)));
	for (int i = 0; i < got->natts; i++)
	{
		Oid			is = TupleDescAttr(got, i)->atttypid;
		Oid			want = TupleDescAttr(expected, i)->atttypid;

		if (is != want)
			ereport(ERROR,
					(errcode(ERRCODE_DATATYPE_MISMATCH),
					 errmsg("query returns type %s in column %d, but the column definition list says %s",
							format_type_be(is), i + 1, format_type_be(want))));
	}
}

/* Runs the query into the store.  Values are detoasted: nothing in the result
 * points back into the owner's tables. */
static void
run_query(const char *query, const Oid *types, FunctionCallInfo fcinfo, ReturnSetInfo *rsi)
{
	SPIExecuteOptions options;
	SPIPlanPtr	plan;
	DestReceiver *dest;
	ParamListInfo params = makeParamList(READ_PARAMS);
	int			rc;

	for (int i = 0; i < READ_PARAMS; i++)
	{
		params->params[i].value = fcinfo->args[i + 2].value;
		params->params[i].isnull = fcinfo->args[i + 2].isnull;
		params->params[i].pflags = PARAM_FLAG_CONST;
		params->params[i].ptype = types[i];
	}

	if ((rc = SPI_connect()) != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed: %s", SPI_result_code_string(rc));
	plan = SPI_prepare_cursor(query, READ_PARAMS, (Oid *) types, CURSOR_OPT_PARALLEL_OK);
	if (plan == NULL)
		elog(ERROR, "SPI_prepare_cursor failed: %s", SPI_result_code_string(SPI_result));
	check_shape(plan, rsi->setDesc);

	dest = CreateDestReceiver(DestTuplestore);
	SetTuplestoreDestReceiverParams(dest, rsi->setResult,
									rsi->econtext->ecxt_per_query_memory, true, NULL, NULL);
	memset(&options, 0, sizeof(options));
	options.params = params;
	options.read_only = true;
	options.dest = dest;
	rc = SPI_execute_plan_extended(plan, &options);
	if (rc < 0)
		elog(ERROR, "SPI_execute_plan_extended failed: %s", SPI_result_code_string(rc));
	SPI_finish();
}

/* Types of $1 to $4 as this function was declared with them. */
static void
param_types(Oid function, Oid *types)
{
	HeapTuple	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	Form_pg_proc proc;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for function %u", function);
	proc = (Form_pg_proc) GETSTRUCT(tuple);
	if (proc->pronargs != READ_PARAMS + 2)
		elog(ERROR, "function %u has an unexpected number of arguments", function);
	memcpy(types, proc->proargtypes.values + 2, READ_PARAMS * sizeof(Oid));
	ReleaseSysCache(tuple);
}

/* Owner of the extension or superuser: anybody else could become anybody. */
static void
check_caller(Oid function)
{
	Oid			extension_owner;

	(void) mlops_extension_of(function, &extension_owner);
	if (GetUserId() != extension_owner && !superuser())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to read as another role")));
}

MLOPS_FUNCTION(mlops_read_as_owner);
/*
 * mlops._read_as_owner(owner oid, query text, binnings mlops.binning[],
 *						lower_bound timestamptz, upper_bound timestamptz,
 *						granules timestamptz[]) -> setof record
 *
 * Runs the query, with the last four arguments as $1 to $4, as `owner`: no
 * other privileges, row security on, nothing can be written, no way back to
 * the calling role.  It sees the caller's snapshot.  The subtransaction around
 * it is rolled back even when all went well, so that whatever a function in
 * the user's views did (settings, NOTIFY, advisory locks of the transaction)
 * leaves nothing behind.  What can outlive it is a session-level advisory
 * lock; that is why workers run one owner per process.
 */
Datum
mlops_read_as_owner(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsi = (ReturnSetInfo *) fcinfo->resultinfo;
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner resources = CurrentResourceOwner;
	Oid			types[READ_PARAMS];
	Oid			owner;
	char	   *query;

	check_caller(fcinfo->flinfo->fn_oid);
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("owner and query must not be null")));
	owner = PG_GETARG_OID(0);
	query = text_to_cstring(PG_GETARG_TEXT_PP(1));
	if (!SearchSysCacheExists1(AUTHOID, ObjectIdGetDatum(owner)))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("role with OID %u does not exist", owner),
				 errdetail("The role that owned the model has been dropped.")));
	param_types(fcinfo->flinfo->fn_oid, types);
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		become_owner(owner);
		run_query(query, types, fcinfo, rsi);
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(context);
		CurrentResourceOwner = resources;
		ReThrowError(error);
	}
	PG_END_TRY();

	RollbackAndReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = resources;
	return (Datum) 0;
}
