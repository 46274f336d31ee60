/*
 * clock.c
 *		The one clock of the SQL stages, and which database this is.
 */
#include "compat.h"

#include "access/htup_details.h"
#include "access/xlog.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "tcop/pquery.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/portal.h"
#include "utils/timestamp.h"

#include "worker/runtime.h"

/*
 * Reads the setting mlops.mock_now.  False when the text is not an absolute
 * time; never raises an error, because the check hook of a setting may run in
 * the postmaster, where an error would be fatal.
 */
bool
mlops_parse_mock_now(const char *text, TimestampTz *result)
{
	char		work[MAXDATELEN + MAXDATEFIELDS];
	char	   *field[MAXDATEFIELDS];
	int			type[MAXDATEFIELDS];
	int			nf;
	int			dtype;
	int			tz;
	fsec_t		fsec;
	struct pg_tm tm;

	/* "now" and "tomorrow" are no absolute times */
	if (text[0] < '0' || text[0] > '9')
		return false;
	if (ParseDateTime(text, work, sizeof(work), field, type, MAXDATEFIELDS, &nf) != 0)
		return false;
	if (mlops_decode_datetime(field, type, nf, &dtype, &tm, &fsec, &tz) != 0)
		return false;
	if (dtype != DTK_DATE)
		return false;
	return tm2timestamp(&tm, fsec, &tz, result) == 0;
}

MLOPS_FUNCTION(mlops_now);
/* mlops._now() -> timestamptz: the wall clock, or mlops.mock_now in tests */
Datum
mlops_now(PG_FUNCTION_ARGS)
{
	TimestampTz result;

	if (mlops_mock_now == NULL || mlops_mock_now[0] == '\0')
		PG_RETURN_TIMESTAMPTZ(GetCurrentTimestamp());

	/* parsed each time: a zone left out means the session's present TimeZone */
	if (!mlops_parse_mock_now(mlops_mock_now, &result))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("setting \"mlops.mock_now\" is not a time")));
	PG_RETURN_TIMESTAMPTZ(result);
}

MLOPS_FUNCTION(mlops_database_token);
/*
 * mlops.database_token() -> (system_identifier bigint, database_oid oid).
 * A dump that is restored elsewhere, or CREATE DATABASE ... TEMPLATE, gives
 * another pair; a promoted standby keeps its own.
 */
Datum
mlops_database_token(PG_FUNCTION_ARGS)
{
	TupleDesc	desc;
	Datum		values[2];
	bool		nulls[2] = {false, false};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	values[0] = Int64GetDatum((int64) GetSystemIdentifier());
	values[1] = ObjectIdGetDatum(MyDatabaseId);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}

MLOPS_FUNCTION(mlops_in_copy);
/* mlops._in_copy() -> boolean: rows come in by COPY, as from a dump */
Datum
mlops_in_copy(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(ActivePortal != NULL && ActivePortal->commandTag == CMDTAG_COPY);
}
