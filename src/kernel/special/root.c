/*
 * root.c
 *		Zero of a rising function of one variable.  See root.h.
 */
#include "kernel/special/root.h"

#include <math.h>

/* Two points, the newer one last, and what f is there. */
typedef struct bracket
{
	double		x[2];
	double		f[2];
} bracket;

/* Until f has changed its sign. */
static mlops_status
find_bracket(mlops_root_function f, void *context, const mlops_root_search *search, bracket *b)
{
	double		step = search->step;
	mlops_status status;

	b->x[1] = fmin(fmax(search->start, search->low), search->high);
	status = f(context, b->x[1], &b->f[1]);
	if (status != MLOPS_OK)
		return status;
	if (b->f[1] > 0)
		step = -step;
	for (int i = 0; i < 2100; i++)
	{
		b->x[0] = b->x[1];
		b->f[0] = b->f[1];
		if (b->f[1] == 0)
			return MLOPS_OK;
		if (b->x[1] == (step > 0 ? search->high : search->low))
			return MLOPS_DEGENERATE;
		b->x[1] = fmin(fmax(b->x[1] + step, search->low), search->high);
		step *= 2;
		status = f(context, b->x[1], &b->f[1]);
		if (status != MLOPS_OK || (b->f[1] < 0) != (b->f[0] < 0) || b->f[1] == 0)
			return status;
	}
	return MLOPS_NOCONVERGE;
}

mlops_status
mlops_root(mlops_root_function f, void *context, const mlops_root_search *search, double *root)
{
	bracket		b;
	mlops_status status = find_bracket(f, context, search, &b);

	*root = b.x[1];
	if (status != MLOPS_OK || b.f[1] == 0)
		return status;
	for (int i = 0; i < 200; i++)
	{
		double		next = b.x[1] - b.f[1] * ((b.x[1] - b.x[0]) / (b.f[1] - b.f[0]));
		double		value;
		double		step;

		/* every now and then the middle, for functions that are no line at all */
		if (i % 8 == 7 || !(next >= fmin(b.x[0], b.x[1]) && next <= fmax(b.x[0], b.x[1])))
			next = 0.5 * (b.x[0] + b.x[1]);
		status = f(context, next, &value);
		if (status != MLOPS_OK)
			return status;
		step = fabs(next - b.x[1]);
		if ((value < 0) != (b.f[1] < 0))
		{
			b.x[0] = b.x[1];
			b.f[0] = b.f[1];
		}
		else
			b.f[0] *= 0.5;		/* the other end stays: let the next secant go beyond the zero */
		b.x[1] = *root = next;
		b.f[1] = value;
		if (value == 0 || step <= search->tolerance * (1 + fabs(next))
			|| fabs(b.x[1] - b.x[0]) <= search->tolerance * (1 + fabs(next)))
			return MLOPS_OK;
	}
	return MLOPS_NOCONVERGE;
}
