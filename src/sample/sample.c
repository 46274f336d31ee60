/*
 * sample.c
 *		Collecting the values of two samples: transition and combine function.
 */
#include "sample/sample.h"

#include <math.h>

#include "miscadmin.h"
#include "nodes/execnodes.h"
#include "utils/memutils.h"

#include "kernel/twosample/radix.h"

#define FIRST_CAPACITY ((Size) 32)

/* Shorter arrays are sorted by the server's quicksort, made for the type. */
#define RADIX_MIN 1024

#define ST_SORT sort_doubles
#define ST_ELEMENT_TYPE double
#define ST_COMPARE(a, b) (*(a) < *(b) ? -1 : *(a) > *(b))
#define ST_SCOPE static
#define ST_DECLARE
#define ST_DEFINE
#include "lib/sort_template.h"

mlops_sample *
mlops_sample_create(MemoryContext context)
{
	mlops_sample *s = MemoryContextAllocZero(context, sizeof(mlops_sample));

	s->context = context;
	/* half of the memory is for the values, half for sorting them */
	s->limit = (Size) work_mem * 1024 / 2 / sizeof(double);
	return s;
}

/*
 * Room for one more value; doubles, so that appending costs the same for every
 * row.  False when work_mem is used up.
 */
static bool
reserve(mlops_sample *s, sample_side *side)
{
	Size		others = s->side[0].capacity + s->side[1].capacity - side->capacity;
	Size		capacity = Min(Max(2 * side->capacity, FIRST_CAPACITY), s->limit - others);

	if (others >= s->limit || capacity <= side->capacity)
		return false;
	if (side->value == NULL)
		side->value = MemoryContextAllocHuge(s->context, capacity * sizeof(double));
	else
		side->value = repalloc_huge(side->value, capacity * sizeof(double));
	side->capacity = capacity;
	return true;
}

/* What a row seldom needs is kept out of the way of those that do not. */
static pg_noinline void
make_room(mlops_sample *s, FunctionCallInfo fcinfo, sample_side *side)
{
	while (!reserve(s, side))
		mlops_sample_spill(s, fcinfo);
}

static MemoryContext
aggregate_context(FunctionCallInfo fcinfo)
{
	MemoryContext context;

	if (AggCheckCallContext(fcinfo, &context) != AGG_CONTEXT_AGGREGATE)
		elog(ERROR, "a sample exists only inside an aggregate");
	return context;
}

static pg_noinline mlops_sample *
first_state(FunctionCallInfo fcinfo)
{
	return mlops_sample_create(aggregate_context(fcinfo));
}

static inline void
accumulate(FunctionCallInfo fcinfo, mlops_sample *s)
{
	sample_side *side;
	double		value;

	if (unlikely(PG_ARGISNULL(1) || PG_ARGISNULL(2) || !isfinite(PG_GETARG_FLOAT8(1))))
	{
		s->excluded++;
		return;
	}
	/* + 0: -0 and 0 are the same value and must have the same bits */
	value = PG_GETARG_FLOAT8(1) + 0.0;
	side = &s->side[PG_GETARG_BOOL(2) ? SAMPLE_CURRENT : SAMPLE_REFERENCE];
	if (unlikely(side->n == side->capacity))
		make_room(s, fcinfo, side);
	side->rows++;
	side->value[side->n++] = value;
}

/* sample_accum(internal, value float8, is_current boolean) */
MLOPS_FUNCTION(mlops_sample_accum);
Datum
mlops_sample_accum(PG_FUNCTION_ARGS)
{
	mlops_sample *s = PG_ARGISNULL(0) ? first_state(fcinfo) : (mlops_sample *) PG_GETARG_POINTER(0);

	accumulate(fcinfo, s);
	PG_RETURN_POINTER(s);
}

static void
check_options(const mlops_twosample_options *o)
{
	if (o->permutations < 1 || o->permutations > MLOPS_MAX_PERMUTATIONS)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("permutations must be between 1 and %d", MLOPS_MAX_PERMUTATIONS));
}

static void
check_same_options(const mlops_twosample_options *a, const mlops_twosample_options *b)
{
	if (a->permutations != b->permutations || a->seed != b->seed)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("permutations and seed must be the same for all rows of a group"));
}

/* sample_accum(internal, value float8, is_current boolean, permutations integer, seed bigint) */
MLOPS_FUNCTION(mlops_sample_accum_permutations);
Datum
mlops_sample_accum_permutations(PG_FUNCTION_ARGS)
{
	mlops_sample *s = PG_ARGISNULL(0) ? NULL : (mlops_sample *) PG_GETARG_POINTER(0);
	mlops_twosample_options options = {0};

	if (PG_ARGISNULL(3) || PG_ARGISNULL(4))
		ereport(ERROR,
				errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("permutations and seed must not be null"));
	options.permutations = PG_GETARG_INT32(3);
	options.seed = (uint64) PG_GETARG_INT64(4);
	if (s == NULL)
	{
		check_options(&options);
		s = first_state(fcinfo);
		s->options = options;
	}
	else
		check_same_options(&s->options, &options);
	accumulate(fcinfo, s);
	PG_RETURN_POINTER(s);
}

/* Put the values of one side in memory into ascending order; room for as many in scratch, or NULL. */
static void
sort_side(sample_side *side, double *scratch)
{
	mlops_radix *radix;
	double	   *own = NULL;

	if (side->sorted)
		return;
	side->sorted = true;
	if (side->n < RADIX_MIN)
	{
		if (side->n > 1)
			sort_doubles(side->value, side->n);
		return;
	}
	if (scratch == NULL)
		scratch = own = MemoryContextAllocHuge(CurrentMemoryContext, side->n * sizeof(double));
	radix = palloc(mlops_radix_size(side->n));
	mlops_radix_begin(radix, side->value, scratch, side->n);
	while (mlops_radix_step(radix))
		CHECK_FOR_INTERRUPTS();
	pfree(radix);
	if (own)
		pfree(own);
}

void
mlops_sample_sort(sample_side *side)
{
	sort_side(side, NULL);
}

/* No row will follow: what is in memory is in ascending order after this, as every file is. */
void
mlops_sample_collected(mlops_sample *s)
{
	Size		most = Max(s->side[0].sorted ? 0 : s->side[0].n, s->side[1].sorted ? 0 : s->side[1].n);
	double	   *scratch = NULL;

	/* memory that has been used already is the fastest */
	if (most >= RADIX_MIN)
		scratch = MemoryContextAllocHuge(CurrentMemoryContext, most * sizeof(double));
	for (int i = 0; i < 2; i++)
		sort_side(&s->side[i], scratch);
	if (scratch)
		pfree(scratch);
}

/* Both arrays into one, ascending. */
static void
merge_values(mlops_sample *s, sample_side *into, const sample_side *from)
{
	Size		n = into->n + from->n;
	double	   *value,
			   *out;
	const double *b = from->value,
			   *end_b = b + from->n,
			   *a = into->n > 0 ? into->value : b,
			   *end_a = a + into->n;

	if (from->n == 0)
		return;
	out = value = MemoryContextAllocHuge(s->context, n * sizeof(double));
	while (a < end_a && b < end_b)
	{
		/* no branch: which one is smaller cannot be predicted */
		bool		first = *a <= *b;

		*out++ = first ? *a : *b;
		a += first;
		b += !first;
	}
	memcpy(out, a, (end_a - a) * sizeof(double));
	memcpy(out + (end_a - a), b, (end_b - b) * sizeof(double));
	if (into->value)
		pfree(into->value);
	into->value = value;
	into->n = into->capacity = n;
}

/*
 * Add the rows of a sample that came from another process; files are handed
 * over.  Both have been collected.
 */
static void
combine(mlops_sample *s, mlops_sample *from, FunctionCallInfo fcinfo)
{
	MemoryContext old = MemoryContextSwitchTo(s->context);
	bool		fits = s->side[0].n + s->side[1].n + from->side[0].n + from->side[1].n <= s->limit;

	s->excluded += from->excluded;
	if (!fits || from->side[0].segments || from->side[1].segments)
		mlops_sample_watch(s, fcinfo);
	for (int i = 0; i < 2; i++)
	{
		sample_side *into = &s->side[i];
		sample_side *side = &from->side[i];
		ListCell   *c;

		foreach(c, side->segments)
		{
			sample_segment *segment = palloc(sizeof(sample_segment));

			*segment = *(sample_segment *) lfirst(c);
			if (segment->file == NULL)
				mlops_sample_open(segment);
			into->segments = lappend(into->segments, segment);
		}
		side->segments = NIL;	/* they have a new owner */
		if (fits)
			merge_values(s, into, side);
		else
			mlops_sample_add_file(s, into, side->value, side->n);
		mlops_sample_limit_files(s, into);
		into->rows += side->rows;
		into->sorted = true;
	}
	MemoryContextSwitchTo(old);
}

/*
 * Whether a rescan makes the partial results anew.  A sort that can go back, and the hash table of
 * one partition, give the same names again: those files stay until the end of the transaction.
 */
bool
mlops_sample_read_once(FunctionCallInfo fcinfo)
{
	PlanState  *from = outerPlanState((AggState *) fcinfo->context);

	if (IsA(from, SortState) && !((SortState *) from)->randomAccess)
		from = outerPlanState(from);
	return IsA(from, GatherState) || IsA(from, GatherMergeState);
}

/* sample_combine(internal, internal) */
MLOPS_FUNCTION(mlops_sample_combine);
Datum
mlops_sample_combine(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	mlops_sample *s = PG_ARGISNULL(0) ? NULL : (mlops_sample *) PG_GETARG_POINTER(0);
	mlops_sample *from = PG_ARGISNULL(1) ? NULL : (mlops_sample *) PG_GETARG_POINTER(1);

	if (from == NULL)
	{
		if (s == NULL)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(s);
	}
	mlops_sample_collected(from);
	if (s == NULL)
	{
		s = mlops_sample_create(context);
		s->options = from->options;
		s->side[0].sorted = s->side[1].sorted = true;
		s->keep_files = !mlops_sample_read_once(fcinfo);
	}
	check_same_options(&s->options, &from->options);
	mlops_sample_collected(s);
	combine(s, from, fcinfo);
	PG_RETURN_POINTER(s);
}
