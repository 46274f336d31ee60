/*
 * run.c
 *		A test over the collected values.
 */
#include "sample/sample.h"

#include "miscadmin.h"

#include "kernel/twosample/pool.h"

/* What has been read of a side and not merged yet. */
typedef struct input
{
	sample_reader *reader;
	const double *chunk;
	Size		n;
	Size		at;
	bool		ended;
} input;

static void
fill(input *in)
{
	if (in->at < in->n || in->ended)
		return;
	CHECK_FOR_INTERRUPTS();		/* also when all values are equal, and no block is ever full */
	in->n = mlops_sample_read(in->reader, &in->chunk);
	in->at = 0;
	in->ended = in->n == 0;
}

/* All distinct values once, in order. */
static void
pass(mlops_sample *s, input *in, mlops_pool *pool, const mlops_twosample_method *method, void *state)
{
	mlops_runs	runs;

	mlops_pool_init(pool);
	for (int i = 0; i < 2; i++)
	{
		mlops_sample_rewind(in[i].reader, s->side[i].value, s->side[i].n, s->side[i].segments);
		in[i].n = in[i].at = 0;
		in[i].ended = false;
	}
	for (;;)
	{
		fill(&in[0]);
		fill(&in[1]);
		if (in[0].ended && in[1].ended)
			break;
		if (mlops_pool_merge(pool, in[0].chunk, in[0].n, &in[0].at, in[1].chunk, in[1].n, &in[1].at,
							 in[0].ended || in[1].ended))
		{
			CHECK_FOR_INTERRUPTS();
			runs = mlops_pool_take(pool, false);
			method->step(state, &runs);
		}
	}
	runs = mlops_pool_take(pool, true);
	if (runs.n > 0)
		method->step(state, &runs);
}

/* The sample must have been collected.  Memory is that of the current context. */
void
mlops_sample_test(mlops_sample *s, const mlops_twosample_method *method, mlops_test *out)
{
	double		n = (double) s->side[SAMPLE_REFERENCE].rows;
	double		m = (double) s->side[SAMPLE_CURRENT].rows;
	Size		size = method->state_size(n, m, &s->options);
	void	   *state = MemoryContextAllocExtended(CurrentMemoryContext, Max(size, 1),
												   MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	mlops_pool *pool = palloc(sizeof(mlops_pool));
	input		in[2] = {{0}};

	for (int i = 0; i < 2; i++)
	{
		/* merging and writing once costs less than merging twice */
		if (method->again || s->tested)
			mlops_sample_merge_files(s, &s->side[i], list_length(s->side[i].segments));
		in[i].reader = mlops_sample_reader();
	}
	s->tested = true;
	method->begin(state, n, m, &s->options);
	do
		pass(s, in, pool, method, state);
	while (method->again && method->again(state));
	method->finish(state, out);
	for (int i = 0; i < 2; i++)
		mlops_sample_reader_free(in[i].reader);
	pfree(state);
	pfree(pool);
}
