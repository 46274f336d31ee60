/*
 * track.c
 *		The statement-level trigger that marks which granules of a source have
 *		new rows (mlops.changes).
 *
 * It runs inside other people's statements, so it is cheap (one pass over the
 * transition tables, plans kept for the session), never waits for anybody,
 * and stays quiet when the source is gone.
 *
 * Marks: in READ COMMITTED a mark that is there already is locked FOR KEY
 * SHARE until the end of the transaction, which keeps the collector from
 * taking it away before these rows are visible; SKIP LOCKED steps over marks
 * that the collector is taking away now.  Otherwise, and always under an older
 * snapshot (where a mark that we see may be gone), a new mark is inserted.
 */
#include "compat.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

/* What the trigger has to know about its source. */
typedef struct source_grid
{
	int64		id;
	char	   *time_column;
	Oid			time_type;
	text	   *time_zone;
	Datum		granule;		/* interval */
	Datum		origin;			/* timestamptz */
	int64		stride;			/* the granule in microseconds */
} source_grid;

/* Starts of granules; no neighbours are equal, and compact() removes the rest. */
typedef struct granule_set
{
	TimestampTz *items;
	int			count;
	int			limit;
} granule_set;

/* Reads the source's row.  False: there is no such source any more. */
static bool
read_grid(int64 id, source_grid *grid, MemoryContext keep)
{
	static SPIPlanPtr plan = NULL;
	Datum		arg = Int64GetDatum(id);
	MemoryContext old;
	HeapTuple	row;
	TupleDesc	desc;
	bool		null;

	if (plan == NULL)
	{
		Oid			type = INT8OID;
		SPIPlanPtr	fresh = SPI_prepare("SELECT time_column, time_type::oid, time_zone, granule, granule_origin"
										" FROM mlops.sources WHERE source_id = $1", 1, &type);

		if (fresh == NULL || SPI_keepplan(fresh) != 0)
			elog(ERROR, "could not prepare the look at a source");
		plan = fresh;
	}

	/* as it is now: an older snapshot may not see a source that has its trigger */
	if (SPI_execute_snapshot(plan, &arg, NULL, GetLatestSnapshot(), InvalidSnapshot,
							 true, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not look at a source");
	if (SPI_processed == 0)
		return false;

	row = SPI_tuptable->vals[0];
	desc = SPI_tuptable->tupdesc;
	old = MemoryContextSwitchTo(keep);
	grid->id = id;
	grid->time_column = TextDatumGetCString(SPI_getbinval(row, desc, 1, &null));
	grid->time_type = DatumGetObjectId(SPI_getbinval(row, desc, 2, &null));
	grid->time_zone = DatumGetTextPCopy(SPI_getbinval(row, desc, 3, &null));
	grid->granule = datumCopy(SPI_getbinval(row, desc, 4, &null), false, sizeof(Interval));
	grid->origin = SPI_getbinval(row, desc, 5, &null);
	MemoryContextSwitchTo(old);
	SPI_freetuptable(SPI_tuptable);
	{
		Interval   *granule = DatumGetIntervalP(grid->granule);

		grid->stride = granule->time + (int64) granule->day * USECS_PER_DAY;
	}
	return true;
}

static int
compare_granules(const void *a, const void *b)
{
	TimestampTz x = *(const TimestampTz *) a;
	TimestampTz y = *(const TimestampTz *) b;

	return x < y ? -1 : x > y;
}

/* Sorts and removes what is there twice. */
static void
compact(granule_set *set)
{
	int			n = 0;

	if (set->count < 2)
		return;
	qsort(set->items, set->count, sizeof(TimestampTz), compare_granules);
	for (int i = 1; i < set->count; i++)
		if (set->items[i] != set->items[n])
			set->items[++n] = set->items[i];
	set->count = n + 1;
}

/* Memory: 8 bytes per distinct granule, times two. */
static void
add_granule(granule_set *set, TimestampTz granule)
{
	if (set->count == set->limit)
	{
		compact(set);
		if (set->count > set->limit / 2)
		{
			set->limit *= 2;
			set->items = repalloc_huge(set->items, set->limit * sizeof(TimestampTz));
		}
	}
	set->items[set->count++] = granule;
}

/*
 * The column's value as timestamptz; false when it is infinite (such rows are
 * in no granule) or does not exist as timestamptz.
 */
static bool
time_of(const source_grid *grid, Datum value, TimestampTz *at)
{
	Timestamp	local;

	if (grid->time_type == TIMESTAMPTZOID)
	{
		*at = DatumGetTimestampTz(value);
		return !TIMESTAMP_NOT_FINITE(*at);
	}
	if (grid->time_type == DATEOID)
	{
		DateADT		day = DatumGetDateADT(value);

		/* a timestamp covers less than a date does */
		if (DATE_NOT_FINITE(day) || day < (DATETIME_MIN_JULIAN - POSTGRES_EPOCH_JDATE) + 2 ||
			day >= (TIMESTAMP_END_JULIAN - POSTGRES_EPOCH_JDATE) - 2)
			return false;
		local = (Timestamp) day * USECS_PER_DAY;
	}
	else
		local = DatumGetTimestamp(value);
	/* two days inside of the range, so that no time zone leads out of it */
	if (TIMESTAMP_NOT_FINITE(local) || local < MIN_TIMESTAMP + 2 * USECS_PER_DAY ||
		local >= END_TIMESTAMP - 2 * USECS_PER_DAY)
		return false;
	*at = DatumGetTimestampTz(DirectFunctionCall2(timestamp_zone, PointerGetDatum(grid->time_zone),
												  TimestampGetDatum(local)));
	return true;
}

/*
 * Adds the granules of all rows of a transition table.  The same granule as
 * the row before, which is the rule, costs two comparisons.
 */
static void
scan_table(Tuplestorestate *rows, TupleDesc desc, AttrNumber attnum, const source_grid *grid, granule_set *set)
{
	TupleTableSlot *slot;
	TimestampTz lo = 1;			/* granule of the row before: [lo, hi) */
	TimestampTz hi = 0;
	int			reader;
	uint64		n = 0;

	if (rows == NULL)
		return;
	slot = MakeSingleTupleTableSlot(desc, &TTSOpsMinimalTuple);
	/* other triggers of the statement read the same store: a pointer of our own */
	reader = tuplestore_alloc_read_pointer(rows, EXEC_FLAG_REWIND);
	tuplestore_select_read_pointer(rows, reader);
	tuplestore_rescan(rows);
	while (tuplestore_gettupleslot(rows, true, false, slot))
	{
		TimestampTz at;
		bool		null;
		Datum		value = slot_getattr(slot, attnum, &null);

		if ((++n & 0xFFFF) == 0)
			CHECK_FOR_INTERRUPTS();
		if (null || !time_of(grid, value, &at))
			continue;
		if (at >= lo && at < hi)
			continue;
		/* no room for a granule before or after: date_bin() would overflow */
		if (at < MIN_TIMESTAMP + grid->stride || at >= END_TIMESTAMP - grid->stride)
			continue;
		lo = DatumGetTimestampTz(DirectFunctionCall3(timestamptz_bin, grid->granule,
													 TimestampTzGetDatum(at), grid->origin));
		hi = lo + grid->stride;
		add_granule(set, lo);
	}
	ExecDropSingleTupleTableSlot(slot);
}

static SPIPlanPtr
prepare_mark(const char *query)
{
	Oid			types[2] = {INT8OID, TIMESTAMPTZOID};
	SPIPlanPtr	plan = SPI_prepare(query, 2, types);

	if (plan == NULL || SPI_keepplan(plan) != 0)
		elog(ERROR, "could not prepare the marking of a granule");
	return plan;
}

static void
mark(const source_grid *grid, const granule_set *set)
{
	static SPIPlanPtr hold = NULL;
	static SPIPlanPtr insert = NULL;
	Datum		args[2];

	if (hold == NULL)
		hold = prepare_mark("SELECT FROM mlops.changes WHERE source_id = $1 AND granule = $2"
							" LIMIT 1 FOR KEY SHARE SKIP LOCKED");
	if (insert == NULL)
		insert = prepare_mark("INSERT INTO mlops.changes (source_id, granule) VALUES ($1, $2)");

	args[0] = Int64GetDatum(grid->id);
	for (int i = 0; i < set->count; i++)
	{
		args[1] = TimestampTzGetDatum(set->items[i]);
		if (!IsolationUsesXactSnapshot())
		{
			if (SPI_execute_plan(hold, args, NULL, false, 1) != SPI_OK_SELECT)
				elog(ERROR, "could not look for the mark of a granule");
			SPI_freetuptable(SPI_tuptable);
			if (SPI_processed > 0)
				continue;
		}
		if (SPI_execute_plan(insert, args, NULL, false, 0) != SPI_OK_INSERT)
			elog(ERROR, "could not mark a granule");
	}
}

/*
 * TRUNCATE touches every granule that is or will be profiled: a collector that
 * has read the rows may not have committed what it made of them.  The mark at
 * -infinity stands for all of them.
 */
static void
mark_all(const source_grid *grid)
{
	TimestampTz everything = DT_NOBEGIN;
	granule_set set = {&everything, 1, 1};

	mark(grid, &set);
}

MLOPS_FUNCTION(mlops_track_changes);
/*
 * Trigger: AFTER INSERT, UPDATE, DELETE or TRUNCATE, FOR EACH STATEMENT, with
 * the transition tables of the event; the argument is the source's id.  Runs
 * as the extension's owner.  A statement that touches no row marks nothing.
 */
Datum
mlops_track_changes(PG_FUNCTION_ARGS)
{
	TriggerData *data = (TriggerData *) fcinfo->context;
	TupleDesc	desc;
	source_grid grid;
	granule_set set;
	AttrNumber	attnum;
	int64		source;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_AFTER(data->tg_event) ||
		TRIGGER_FIRED_FOR_ROW(data->tg_event) || data->tg_trigger->tgnargs != 1)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("this trigger function is not called as an AFTER STATEMENT trigger with a source's id"),
				 errhint("mlops.register_source() creates the triggers it needs.")));
	source = DatumGetInt64(DirectFunctionCall1(int8in, CStringGetDatum(data->tg_trigger->tgargs[0])));

	SPI_connect();
	if (!read_grid(source, &grid, CurrentMemoryContext))
		;						/* the source is gone */
	else if (TRIGGER_FIRED_BY_TRUNCATE(data->tg_event))
		mark_all(&grid);
	else
	{
		desc = RelationGetDescr(data->tg_relation);
		attnum = get_attnum(RelationGetRelid(data->tg_relation), grid.time_column);

		/* column dropped, renamed or of another type: the next run tells */
		if (attnum > 0 && getBaseType(TupleDescAttr(desc, attnum - 1)->atttypid) == grid.time_type)
		{
			set.limit = 64;
			set.count = 0;
			set.items = palloc(set.limit * sizeof(TimestampTz));
			scan_table(data->tg_newtable, desc, attnum, &grid, &set);
			scan_table(data->tg_oldtable, desc, attnum, &grid, &set);
			compact(&set);
			mark(&grid, &set);
		}
	}
	SPI_finish();
	return PointerGetDatum(NULL);
}
