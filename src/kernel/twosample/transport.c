/*
 * transport.c
 *		Wasserstein and energy distance of two samples, in one pass.
 */
#include "kernel/twosample/transport.h"

#include <math.h>

typedef struct transport
{
	double		n;
	double		m;
	double		above;			/* rows so far: m * reference - n * current */
	double		x;				/* the last value */
	double		sum;			/* compensated, in units of the values */
	double		rest;
} transport;

static size_t
state_size(double n, double m, const mlops_twosample_options *options)
{
	(void) n;
	(void) m;
	(void) options;
	return sizeof(transport);
}

static void
begin(void *state, double n, double m, const mlops_twosample_options *options)
{
	(void) options;
	*(transport *) state = (transport) {.n = n, .m = m, .x = NAN};
}

/* Neumaier's sum: the integral of millions of slices loses no digits. */
static void
add(transport *t, double v)
{
	double		sum = t->sum + v;

	t->rest += fabs(t->sum) >= fabs(v) ? t->sum - sum + v : v - sum + t->sum;
	t->sum = sum;
}

/*
 * The slices between neighbouring values.  F - G is exact while n m < 2^53;
 * beyond that it is rounded once for every value.
 */
static void
step(void *state, const mlops_runs *runs, bool squared)
{
	transport  *t = state;
	const double scale = 1 / t->n / t->m;

	for (size_t i = 0; i < runs->n; i++)
	{
		double		d = fabs(t->above) * scale;

		/* halves: the difference of two finite values may not be one */
		if (d > 0)
			add(t, (squared ? d * d : d) * (runs->x[i] * .5 - t->x * .5));
		t->x = runs->x[i];
		t->above += t->m * runs->reference[i] - t->n * runs->current[i];
	}
}

static void
wasserstein_step(void *state, const mlops_runs *runs)
{
	step(state, runs, false);
}

static void
energy_step(void *state, const mlops_runs *runs)
{
	step(state, runs, true);
}

static bool
has_rows(const transport *t, mlops_test *out)
{
	*out = MLOPS_NO_TEST(t->n, t->m);
	if (t->n > 0 && t->m > 0)
		return true;
	out->reason = t->n > 0 ? MLOPS_REASON_NO_CURRENT : MLOPS_REASON_NO_REFERENCE;
	return false;
}

static void
wasserstein_finish(void *state, mlops_test *out)
{
	transport  *t = state;

	if (has_rows(t, out))
		out->statistic = 2 * (t->sum + t->rest);
}

static void
energy_finish(void *state, mlops_test *out)
{
	transport  *t = state;

	if (has_rows(t, out))
		out->statistic = 2 * sqrt(t->sum + t->rest);
}

const mlops_twosample_method mlops_wasserstein_distance = {
	"wasserstein_distance", state_size, begin, wasserstein_step, NULL, wasserstein_finish
};

const mlops_twosample_method mlops_energy_distance = {
	"energy_distance", state_size, begin, energy_step, NULL, energy_finish
};
