/*
 * as_owner.c
 *		The trampoline behind every public function that writes.
 *
 * mlops.f(a, b) is declared AS 'MODULE_PATHNAME', 'mlops_as_extension_owner'.
 * It calls mlops._f(caller oid, a, b) as the extension's owner.  The caller's
 * role is taken here and cannot be forged; the internal function is executable
 * by nobody else.  SECURITY DEFINER would do the switch too, but then the
 * inner code could not learn who called.
 */
#include "compat.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/execnodes.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "worker/runtime.h"

typedef struct trampoline
{
	FmgrInfo	inner;
	Oid			owner;			/* of the extension */
} trampoline;

/* Role that owns an extension; InvalidOid when there is no such extension. */
Oid
mlops_extension_owner(Oid extension)
{
	Oid			owner = InvalidOid;
	Relation	rel = table_open(ExtensionRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&key, Anum_pg_extension_oid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(extension));
	scan = systable_beginscan(rel, ExtensionOidIndexId, true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
		owner = ((Form_pg_extension) GETSTRUCT(tuple))->extowner;
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return owner;
}

/* The extension that a function belongs to, and its owner; InvalidOid for none. */
Oid
mlops_extension_of(Oid function, Oid *owner)
{
	Oid			extension = getExtensionOfObject(ProcedureRelationId, function);

	*owner = OidIsValid(extension) ? mlops_extension_owner(extension) : InvalidOid;
	return extension;
}

/*
 * Settings of a session that change what SQL text means.  Ours was written for
 * these; the caller opens a GUC nest level and closes it.
 */
void
mlops_pin_semantics(void)
{
	static const char *const semantics[][2] = {
		{"standard_conforming_strings", "on"},
		{"transform_null_equals", "off"},
		{"array_nulls", "on"},
	};

	for (int i = 0; i < lengthof(semantics); i++)
		(void) set_config_option(semantics[i][0], semantics[i][1], PGC_USERSET, PGC_S_SESSION,
								 GUC_ACTION_SAVE, true, 0, false);
}

/* The internal function's OID: same schema, leading underscore, leading oid. */
static Oid
find_inner(Form_pg_proc outer)
{
	char		name[NAMEDATALEN + 1];
	Oid			args[FUNC_MAX_ARGS];
	oidvector  *types;
	Oid			found;

	if (outer->pronargs + 1 > FUNC_MAX_ARGS)
		elog(ERROR, "function \"%s\" has too many arguments", NameStr(outer->proname));
	snprintf(name, sizeof(name), "_%s", NameStr(outer->proname));
	args[0] = OIDOID;
	memcpy(args + 1, outer->proargtypes.values, outer->pronargs * sizeof(Oid));
	types = buildoidvector(args, outer->pronargs + 1);

	found = GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid,
							CStringGetDatum(name), PointerGetDatum(types),
							ObjectIdGetDatum(outer->pronamespace));
	if (!OidIsValid(found))
		elog(ERROR, "internal function behind \"%s.%s\" with %d arguments is missing",
			 get_namespace_name(outer->pronamespace), NameStr(outer->proname), outer->pronargs);
	return found;
}

/* Looks everything up once per call site; errors here are defects of ours. */
static trampoline *
prepare(FunctionCallInfo fcinfo)
{
	Oid			self = fcinfo->flinfo->fn_oid;
	HeapTuple	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(self));
	Form_pg_proc outer;
	Oid			extension;
	Oid			owner;
	Oid			inner;
	Oid			inner_owner;
	trampoline *t;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for function %u", self);
	outer = (Form_pg_proc) GETSTRUCT(tuple);

	extension = mlops_extension_of(self, &owner);
	if (!OidIsValid(extension))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("function \"%s\" is not part of an extension", NameStr(outer->proname)),
				 errdetail("Only functions that the extension's own script created may run as its owner.")));
	inner = find_inner(outer);
	if (mlops_extension_of(inner, &inner_owner) != extension)
		elog(ERROR, "internal function behind \"%s\" is not part of the extension", NameStr(outer->proname));
	if (get_func_rettype(inner) != outer->prorettype || get_func_retset(inner) != outer->proretset)
		elog(ERROR, "internal function behind \"%s\" returns another type", NameStr(outer->proname));

	t = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(trampoline));
	fmgr_info_cxt(inner, &t->inner, fcinfo->flinfo->fn_mcxt);
	if (t->inner.fn_strict)
		elog(ERROR, "internal function behind \"%s\" must not be strict", NameStr(outer->proname));
	t->owner = owner;
	ReleaseSysCache(tuple);
	return t;
}

MLOPS_FUNCTION(mlops_as_extension_owner);
/*
 * Calls the internal function of the same name as the extension's owner, with
 * the caller's role as the first argument.  No cleanup on error: like every
 * local change of user, it is undone when the (sub)transaction aborts.
 */
Datum
mlops_as_extension_owner(PG_FUNCTION_ARGS)
{
	LOCAL_FCINFO(call, FUNC_MAX_ARGS);
	trampoline *t = (trampoline *) fcinfo->flinfo->fn_extra;
	ReturnSetInfo *rsi = (ReturnSetInfo *) fcinfo->resultinfo;
	int			modes = 0;
	int			settings;
	Oid			caller;
	int			context;
	Datum		result;

	if (t == NULL)
	{
		t = prepare(fcinfo);
		fcinfo->flinfo->fn_extra = t;
	}
	GetUserIdAndSecContext(&caller, &context);

	InitFunctionCallInfoData(*call, &t->inner, fcinfo->nargs + 1, fcinfo->fncollation,
							 NULL, fcinfo->resultinfo);
	call->args[0].value = ObjectIdGetDatum(caller);
	call->args[0].isnull = false;
	for (int i = 0; i < fcinfo->nargs; i++)
		call->args[i + 1] = fcinfo->args[i];

	/*
	 * A set must be complete when we switch back: an SQL-language function
	 * would otherwise go on, row by row, in the hands of the caller.
	 */
	if (rsi != NULL && IsA(rsi, ReturnSetInfo))
	{
		modes = rsi->allowedModes;
		if (modes & SFRM_Materialize)
			rsi->allowedModes |= SFRM_Materialize_Preferred;
	}

	settings = NewGUCNestLevel();
	mlops_pin_semantics();
	SetUserIdAndSecContext(t->owner, context | SECURITY_LOCAL_USERID_CHANGE);
	result = FunctionCallInvoke(call);
	SetUserIdAndSecContext(caller, context);
	AtEOXact_GUC(true, settings);

	if (rsi != NULL && IsA(rsi, ReturnSetInfo))
		rsi->allowedModes = modes;
	fcinfo->isnull = call->isnull;
	return result;
}
