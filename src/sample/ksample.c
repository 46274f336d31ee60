/*
 * ksample.c
 *		Collecting the values of several groups: transition and combine function,
 *		and the final functions.
 */
#include "sample/ksample.h"

#include <math.h>

#include "access/detoast.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "drift/result.h"

#define FIRST_CAPACITY ((Size) 32)

#define ST_SORT sort_values
#define ST_ELEMENT_TYPE mlops_group_value
#define ST_COMPARE(a, b) ((a)->x < (b)->x ? -1 : (a)->x > (b)->x)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DECLARE
#define ST_DEFINE
#include "lib/sort_template.h"

mlops_ksample *
mlops_ksample_create(MemoryContext context)
{
	MemoryContext old = MemoryContextSwitchTo(context);
	mlops_ksample *s = palloc0(sizeof(mlops_ksample));

	s->context = context;
	s->labels = mlops_group_moments_begin();
	/* an array that grows is for a moment there twice */
	s->limit = (Size) work_mem * 1024 / 2 / sizeof(mlops_group_value);
	MemoryContextSwitchTo(old);
	return s;
}

/* The number of the group of that name, which gets so many rows more. */
int32
mlops_ksample_group(mlops_ksample *s, const char *label, Size length, int64 rows)
{
	mlops_group_moments_work *before = s->labels;
	MemoryContext old = MemoryContextSwitchTo(s->context);
	mlops_mean3 *m = mlops_group_moments_find(&s->labels, label, length);

	MemoryContextSwitchTo(old);
	if (s->labels != before)
		pfree(before);
	m->base.n += rows;
	return (int32) ((mlops_group_moments_entry *) m - MLOPS_GROUP_MOMENTS_ENTRIES(s->labels));
}

/* Room for one more value; doubles.  False when work_mem is used up. */
static bool
reserve(mlops_ksample *s)
{
	Size		capacity = Min(Max(2 * s->capacity, FIRST_CAPACITY), s->limit);

	if (capacity <= s->capacity)
		return false;
	if (s->value == NULL)
		s->value = MemoryContextAllocHuge(s->context, capacity * sizeof(mlops_group_value));
	else
		s->value = repalloc_huge(s->value, capacity * sizeof(mlops_group_value));
	s->capacity = capacity;
	return true;
}

void
mlops_ksample_append(mlops_ksample *s, FunctionCallInfo fcinfo, double x, int32 group)
{
	if (unlikely(s->n == s->capacity) && s->sort == NULL && !reserve(s))
		mlops_ksample_to_sort(s, fcinfo);
	if (unlikely(s->sort != NULL))
		mlops_ksample_put(s, x, group);
	else
		s->value[s->n++] = (mlops_group_value) {x, group, 0};
}

static MemoryContext
aggregate_context(FunctionCallInfo fcinfo)
{
	MemoryContext context;

	if (AggCheckCallContext(fcinfo, &context) != AGG_CONTEXT_AGGREGATE)
		elog(ERROR, "a sample exists only inside an aggregate");
	return context;
}

/* ksample_accum(internal, value float8, "group" text) */
MLOPS_FUNCTION(mlops_ksample_accum);
Datum
mlops_ksample_accum(PG_FUNCTION_ARGS)
{
	mlops_ksample *s = PG_ARGISNULL(0) ? mlops_ksample_create(aggregate_context(fcinfo))
		: (mlops_ksample *) PG_GETARG_POINTER(0);

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2) || !isfinite(PG_GETARG_FLOAT8(1)))
		s->excluded++;
	else
	{
		struct varlena *raw = (struct varlena *) PG_GETARG_POINTER(2);
		struct varlena *t = raw;
		int32		group;

		if (VARATT_IS_EXTERNAL(raw) || VARATT_IS_COMPRESSED(raw))
			t = detoast_attr(raw);
		group = mlops_ksample_group(s, VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t), 1);
		if (t != raw)
			pfree(t);
		/* + 0: -0 and 0 are the same value */
		mlops_ksample_append(s, fcinfo, PG_GETARG_FLOAT8(1) + 0.0, group);
	}
	PG_RETURN_POINTER(s);
}

/*
 * No row will follow: everything is in ascending order after this, in memory or
 * in files of this process.
 */
void
mlops_ksample_collected(mlops_ksample *s, FunctionCallInfo fcinfo)
{
	if (s->sort != NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(s->context);
		ksample_segment *segment = palloc0(sizeof(ksample_segment));

		segment->base.file = BufFileCreateTemp(false);
		for (uint32_t i = 0; i < s->labels->head.groups; i++)
			segment->base.n += MLOPS_GROUP_MOMENTS_ENTRIES(s->labels)[i].moments.base.n;
		/* what came from others lies in files of its own */
		for (int i = 0; i < list_length(s->segments); i++)
			segment->base.n -= ((ksample_segment *) list_nth(s->segments, i))->base.n;
		s->segments = lappend(s->segments, segment);
		mlops_ksample_sort_to_file(s, segment->base.file);
		MemoryContextSwitchTo(old);
	}
	else if (!s->sorted)
	{
		sort_values(s->value, s->n);
		s->sorted = true;
	}
}

/*
 * Add the rows of a sample that came from another process; its files are handed
 * over, its values in memory are added one by one (and may go to disk here).
 */
static void
combine(mlops_ksample *s, mlops_ksample *from, FunctionCallInfo fcinfo)
{
	const mlops_group_moments_work *labels = from->labels;
	MemoryContext old = MemoryContextSwitchTo(s->context);
	int32	   *number = MemoryContextAllocHuge(s->context, (labels->head.groups + 1) * sizeof(int32));
	ListCell   *c;

	for (uint32_t i = 0; i < labels->head.groups; i++)
	{
		const mlops_group_moments_entry *e = &MLOPS_GROUP_MOMENTS_ENTRIES(labels)[i];

		number[i] = mlops_ksample_group(s, MLOPS_GROUP_MOMENTS_ARENA(labels) + e->at, e->length, e->moments.base.n);
	}
	s->excluded += from->excluded;
	if (from->segments)
		mlops_ksample_watch(s, fcinfo);
	foreach(c, from->segments)
	{
		const ksample_segment *theirs = lfirst(c);
		ksample_segment *segment = palloc(sizeof(ksample_segment));

		/* a sample that another process sent has numbered its groups itself */
		if (theirs->group != NULL)
			elog(ERROR, "a sample was combined before it was sent");
		*segment = *theirs;
		segment->group = number;
		if (segment->base.file == NULL)
			mlops_sample_open(&segment->base);
		s->segments = lappend(s->segments, segment);
	}
	from->segments = NIL;		/* they have a new owner */
	MemoryContextSwitchTo(old);
	for (Size i = 0; i < from->n; i++)
	{
		mlops_ksample_append(s, fcinfo, from->value[i].x, number[from->value[i].group]);
		if (i % 8192 == 0)
			CHECK_FOR_INTERRUPTS();
	}
	s->sorted = false;
}

/* ksample_combine(internal, internal) */
MLOPS_FUNCTION(mlops_ksample_combine);
Datum
mlops_ksample_combine(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	mlops_ksample *s = PG_ARGISNULL(0) ? NULL : (mlops_ksample *) PG_GETARG_POINTER(0);
	mlops_ksample *from = PG_ARGISNULL(1) ? NULL : (mlops_ksample *) PG_GETARG_POINTER(1);

	if (from == NULL)
	{
		if (s == NULL)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(s);
	}
	if (s == NULL)
	{
		s = mlops_ksample_create(context);
		s->keep_files = !mlops_sample_read_once(fcinfo);
	}
	combine(s, from, fcinfo);
	PG_RETURN_POINTER(s);
}

/* A method over the collected values. */
static Datum
test_result(FunctionCallInfo fcinfo, const mlops_ksample_method *method)
{
	mlops_ksample *s;
	uint32_t	k;
	int64_t    *rows;
	void	   *state;
	ksample_reader reader = {0};
	mlops_group_test test;

	if (AggCheckCallContext(fcinfo, NULL) != AGG_CONTEXT_AGGREGATE)
		elog(ERROR, "a sample exists only inside an aggregate");
	s = PG_ARGISNULL(0) ? mlops_ksample_create(CurrentMemoryContext) : (mlops_ksample *) PG_GETARG_POINTER(0);
	mlops_ksample_collected(s, fcinfo);
	k = s->labels->head.groups;
	rows = palloc((k + 1) * sizeof(int64_t));
	for (uint32_t i = 0; i < k; i++)
		rows[i] = MLOPS_GROUP_MOMENTS_ENTRIES(s->labels)[i].moments.base.n;
	state = MemoryContextAllocExtended(CurrentMemoryContext, method->state_size(k),
									   MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	method->begin(state, k, rows);
	do
	{
		const mlops_group_value *chunk;
		Size		n;

		mlops_ksample_rewind(s, &reader);
		while ((n = mlops_ksample_read(&reader, &chunk)) > 0)
		{
			CHECK_FOR_INTERRUPTS();
			method->step(state, chunk, n);
		}
	} while (method->again && method->again(state));
	method->finish(state, &test);
	pfree(state);
	pfree(rows);
	return mlops_group_test_row(fcinfo, method->name, &test, s->excluded);
}

MLOPS_FUNCTION(mlops_ksample_kruskal_wallis_test);
Datum
mlops_ksample_kruskal_wallis_test(PG_FUNCTION_ARGS)
{
	return test_result(fcinfo, &mlops_kruskal_method);
}

MLOPS_FUNCTION(mlops_ksample_brown_forsythe_test);
Datum
mlops_ksample_brown_forsythe_test(PG_FUNCTION_ARGS)
{
	return test_result(fcinfo, &mlops_group_spread_method);
}
