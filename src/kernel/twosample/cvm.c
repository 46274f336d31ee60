/*
 * cvm.c
 *		Two-sample tests of Cramer and von Mises and of Anderson and Darling.  See cvm.h.
 */
#include "kernel/twosample/cvm.h"

#include <math.h>

#include "kernel/twosample/quadratic.h"

static size_t
state_size(double n, double m, const mlops_twosample_options *options)
{
	(void) n;
	(void) m;
	return mlops_quadratic_size(options);
}

static void
begin(void *state, double n, double m, const mlops_twosample_options *options)
{
	mlops_quadratic_begin(state, n, m, options);
}

static void
cvm_step(void *state, const mlops_runs *runs)
{
	mlops_quadratic *q = state;
	double		total = q->n + q->m;

	for (size_t i = 0; i < runs->n; i++)
	{
		mlops_quadratic_rows(q, runs->reference[i], runs->current[i]);
		if (q->reference + q->current < total)
			mlops_quadratic_weight(q, (runs->reference[i] + runs->current[i]) / total);
	}
}

static void
anderson_darling_step(void *state, const mlops_runs *runs)
{
	mlops_quadratic *q = state;
	double		total = q->n + q->m;

	for (size_t i = 0; i < runs->n; i++)
	{
		double		rows;

		mlops_quadratic_rows(q, runs->reference[i], runs->current[i]);
		rows = q->reference + q->current;
		if (rows < total)
			mlops_quadratic_weight(q, (runs->reference[i] + runs->current[i]) / rows
								   * (total / (total - rows)));
	}
}

/* The effect is what is left of the statistic without the sizes of the samples. */
static void
finish(mlops_quadratic *q, const char *measure, mlops_test *out)
{
	if (mlops_quadratic_finish(q, out))
	{
		out->measure = measure;
		out->effect = sqrt(out->statistic * ((q->n + q->m) / q->n / q->m));
	}
}

static void
cvm_finish(void *state, mlops_test *out)
{
	finish(state, "root mean square of F - G", out);
}

static void
anderson_darling_finish(void *state, mlops_test *out)
{
	finish(state, "root mean square of (F - G) / sqrt(H (1 - H))", out);
}

const mlops_twosample_method mlops_cvm_method = {
	.name = "cvm_test",
	.state_size = state_size,
	.begin = begin,
	.step = cvm_step,
	.finish = cvm_finish
};

const mlops_twosample_method mlops_anderson_darling_method = {
	.name = "anderson_darling_test",
	.state_size = state_size,
	.begin = begin,
	.step = anderson_darling_step,
	.finish = anderson_darling_finish
};
