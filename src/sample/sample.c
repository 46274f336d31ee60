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

static void
append(mlops_sample *s, FunctionCallInfo fcinfo, sample_side *side, double value)
{
	side->rows++;
	if (unlikely(side->n == side->capacity) && side->sort == NULL && !reserve(s, side))
		mlops_sample_to_sort(s, fcinfo);
	if (unlikely(side->sort != NULL))
		mlops_sample_put(side, value);
	else
		side->value[side->n++] = value;
}

static MemoryContext
aggregate_context(FunctionCallInfo fcinfo)
{
	MemoryContext context;

	if (AggCheckCallContext(fcinfo, &context) != AGG_CONTEXT_AGGREGATE)
		elog(ERROR, "a sample exists only inside an aggregate");
	return context;
}

static mlops_sample *
accumulate(FunctionCallInfo fcinfo, mlops_sample *s)
{
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		s->excluded++;
	else
	{
		double		value = PG_GETARG_FLOAT8(1);

		if (unlikely(!isfinite(value)))
			s->excluded++;
		else
			/* + 0: -0 and 0 are the same value and must have the same bits */
			append(s, fcinfo, &s->side[PG_GETARG_BOOL(2) ? SAMPLE_CURRENT : SAMPLE_REFERENCE],
				   value + 0.0);
	}
	return s;
}

/* sample_accum(internal, value float8, is_current boolean) */
MLOPS_FUNCTION(mlops_sample_accum);
Datum
mlops_sample_accum(PG_FUNCTION_ARGS)
{
	mlops_sample *s = PG_ARGISNULL(0) ? mlops_sample_create(aggregate_context(fcinfo))
		: (mlops_sample *) PG_GETARG_POINTER(0);

	PG_RETURN_POINTER(accumulate(fcinfo, s));
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
		s = mlops_sample_create(aggregate_context(fcinfo));
		s->options = options;
	}
	else
		check_same_options(&s->options, &options);
	PG_RETURN_POINTER(accumulate(fcinfo, s));
}

/* Put the values in memory into ascending order. */
void
mlops_sample_sort(sample_side *side)
{
	mlops_radix *radix;
	double	   *scratch;

	if (side->sorted)
		return;
	side->sorted = true;
	if (side->n < 2)
		return;
	if (side->n < RADIX_MIN)
	{
		sort_doubles(side->value, side->n);
		return;
	}
	radix = palloc(sizeof(mlops_radix));
	scratch = MemoryContextAllocHuge(GetMemoryChunkContext(side->value), side->n * sizeof(double));
	mlops_radix_begin(side->value, side->n, radix);
	side->capacity = side->n;	/* of the smaller one of both arrays */
	while (mlops_radix_pass(radix, &side->value, &scratch, side->n))
		CHECK_FOR_INTERRUPTS();
	pfree(scratch);
	pfree(radix);
}

/*
 * No row will follow: everything is in ascending order after this, in memory or
 * in files of this process.
 */
void
mlops_sample_collected(mlops_sample *s, FunctionCallInfo fcinfo)
{
	for (int i = 0; i < 2; i++)
	{
		sample_side *side = &s->side[i];

		if (side->sort != NULL)
		{
			MemoryContext old = MemoryContextSwitchTo(s->context);
			sample_segment *segment = palloc0(sizeof(sample_segment));

			segment->n = side->rows;
			segment->file = BufFileCreateTemp(false);
			side->segments = lappend(side->segments, segment);
			mlops_sample_sort_to_file(side, segment->file);
			MemoryContextSwitchTo(old);
		}
		else
			mlops_sample_sort(side);
	}
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

/* The values of from, which goes away, as one more sorted file of into. */
static void
add_as_file(mlops_sample *s, sample_side *into, const sample_side *from)
{
	sample_segment *segment;

	if (from->n == 0)
		return;
	segment = palloc0(sizeof(sample_segment));
	segment->n = from->n;
	segment->file = mlops_sample_write(from->value, from->n);
	into->segments = lappend(into->segments, segment);
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
			add_as_file(s, into, side);
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
	mlops_sample_collected(from, fcinfo);
	if (s == NULL)
	{
		s = mlops_sample_create(context);
		s->options = from->options;
		s->side[0].sorted = s->side[1].sorted = true;
		s->keep_files = !mlops_sample_read_once(fcinfo);
	}
	check_same_options(&s->options, &from->options);
	mlops_sample_collected(s, fcinfo);
	combine(s, from, fcinfo);
	PG_RETURN_POINTER(s);
}
