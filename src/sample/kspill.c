/*
 * kspill.c
 *		Values of several groups that do not fit into memory: sorted by the
 *		server's tuplesort, then kept in a temporary file, to be read more than once.
 */
#include "sample/ksample.h"

#include "access/tupdesc.h"
#include "catalog/pg_operator_d.h"
#include "catalog/pg_type_d.h"
#include "miscadmin.h"

#define CHUNK 512

/* At the end of the group, also when the query is cut short: sorts and files are closed. */
static void
close_ksample(Datum arg)
{
	mlops_ksample *s = (mlops_ksample *) DatumGetPointer(arg);
	ListCell   *c;

	if (s->sort)
		tuplesort_end(s->sort);
	s->sort = NULL;
	foreach(c, s->segments)
	{
		ksample_segment *segment = lfirst(c);

		BufFileClose(segment->base.file);
		if (!s->keep_files)
			mlops_sample_delete(&segment->base);
	}
	s->segments = NIL;
}

/* Close at the end what will be opened from now on.  After an error the server does. */
void
mlops_ksample_watch(mlops_ksample *s, FunctionCallInfo fcinfo)
{
	if (!s->has_files)
		AggRegisterCallback(fcinfo, close_ksample, PointerGetDatum(s));
	s->has_files = true;
}

/* Memory is used up: from now on the values go to a sort. */
void
mlops_ksample_to_sort(mlops_ksample *s, FunctionCallInfo fcinfo)
{
	MemoryContext old = MemoryContextSwitchTo(s->context);
	TupleDesc	desc = CreateTemplateTupleDesc(2);
	AttrNumber	column = 1;
	Oid			less = Float8LessOperator;
	Oid			collation = InvalidOid;
	bool		nulls_first = false;

	mlops_ksample_watch(s, fcinfo);
	TupleDescInitEntry(desc, 1, "value", FLOAT8OID, -1, 0);
	TupleDescInitEntry(desc, 2, "group", INT4OID, -1, 0);
	s->slot = MakeTupleTableSlot(desc, &TTSOpsVirtual);
	s->sort = tuplesort_begin_heap(desc, 1, &column, &less, &collation, &nulls_first,
								   Max(work_mem / 2, 64), NULL, TUPLESORT_NONE);
	MemoryContextSwitchTo(old);
	for (Size i = 0; i < s->n; i++)
		mlops_ksample_put(s, s->value[i].x, s->value[i].group);
	if (s->value)
		pfree(s->value);
	s->value = NULL;
	s->n = s->capacity = 0;
}

void
mlops_ksample_put(mlops_ksample *s, double x, int32 group)
{
	TupleTableSlot *slot = s->slot;

	ExecClearTuple(slot);
	slot->tts_values[0] = Float8GetDatum(x);
	slot->tts_values[1] = Int32GetDatum(group);
	slot->tts_isnull[0] = slot->tts_isnull[1] = false;
	ExecStoreVirtualTuple(slot);
	tuplesort_puttupleslot(s->sort, slot);
}

/* All values of the sort to a file, ascending; the sort goes away. */
void
mlops_ksample_sort_to_file(mlops_ksample *s, BufFile *file)
{
	mlops_group_value buffer[CHUNK];
	Size		n = 0;
	TupleTableSlot *slot = MakeSingleTupleTableSlot(s->slot->tts_tupleDescriptor, &TTSOpsMinimalTuple);

	tuplesort_performsort(s->sort);
	while (tuplesort_gettupleslot(s->sort, true, false, slot, NULL))
	{
		bool		isnull;

		buffer[n].x = DatumGetFloat8(slot_getattr(slot, 1, &isnull));
		buffer[n].group = DatumGetInt32(slot_getattr(slot, 2, &isnull));
		buffer[n++].unused = 0;
		if (n == CHUNK)
		{
			CHECK_FOR_INTERRUPTS();
			BufFileWrite(file, buffer, sizeof(buffer));
			n = 0;
		}
	}
	if (n > 0)
		BufFileWrite(file, buffer, n * sizeof(mlops_group_value));
	ExecDropSingleTupleTableSlot(slot);
	tuplesort_end(s->sort);
	s->sort = NULL;
}
