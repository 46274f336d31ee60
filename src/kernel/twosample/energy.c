/*
 * energy.c
 *		The two-sample energy test in one dimension.  See energy.h.
 */
#include "kernel/twosample/energy.h"

#include <math.h>

#include "kernel/twosample/quadratic.h"

typedef struct energy
{
	double		last;			/* the value whose rows came last */
	double		between;		/* int F (1 - G) + G (1 - F) dx = E|X - Y| */
	bool		started;
	mlops_quadratic quadratic;	/* last: the lanes follow it */
} energy;

static size_t
state_size(double n, double m, const mlops_twosample_options *options)
{
	(void) n;
	(void) m;
	return offsetof(energy, quadratic) + mlops_quadratic_size(options);
}

static void
begin(void *state, double n, double m, const mlops_twosample_options *options)
{
	energy	   *e = state;

	e->last = e->between = 0;
	e->started = false;
	mlops_quadratic_begin(&e->quadratic, n, m, options);
}

static void
step(void *state, const mlops_runs *runs)
{
	energy	   *e = state;
	mlops_quadratic *q = &e->quadratic;

	for (size_t i = 0; i < runs->n; i++)
	{
		if (e->started)
		{
			double		gap = runs->x[i] - e->last;
			double		f = q->reference / q->n;
			double		g = q->current / q->m;

			e->between += gap * (f * ((q->m - q->current) / q->m) + g * ((q->n - q->reference) / q->n));
			mlops_quadratic_weight(q, 2 * gap);
		}
		e->started = true;
		e->last = runs->x[i];
		mlops_quadratic_rows(q, runs->reference[i], runs->current[i]);
	}
}

static void
finish(void *state, mlops_test *out)
{
	energy	   *e = state;
	const mlops_quadratic *q = &e->quadratic;

	if (mlops_quadratic_finish(&e->quadratic, out))
	{
		out->measure = "energy coefficient";
		out->effect = fmin(1, out->statistic * ((q->n + q->m) / q->n / q->m) / (2 * e->between));
	}
}

const mlops_twosample_method mlops_energy_method = {
	.name = "energy_test",
	.state_size = state_size,
	.begin = begin,
	.step = step,
	.finish = finish
};
