/*
 * drive.h
 *		Runs a method of kernel/twosample/twosample.h over two arrays.
 */
#ifndef MLOPS_TEST_DRIVE_H
#define MLOPS_TEST_DRIVE_H

#include "tap.h"

#include "kernel/twosample/twosample.h"

static TAP_UNUSED int
drive_compare(const void *a, const void *b)
{
	double		x = *(const double *) a;
	double		y = *(const double *) b;

	return (x > y) - (x < y);
}

/* Rows of v (sorted) that equal x, counted from *at on, which moves behind them. */
static TAP_UNUSED double
drive_take(const double *v, size_t n, double x, size_t *at)
{
	size_t		from = *at;

	while (*at < n && v[*at] == x)
		(*at)++;
	return (double) (*at - from);
}

/* block: most distinct values handed over at a time.  Sorts both arrays. */
static TAP_UNUSED mlops_test
drive(const mlops_twosample_method *method, double *reference, size_t n, double *current, size_t m,
	  const mlops_twosample_options *options, size_t block)
{
	double	   *buffer = malloc((3 * (n + m) + 1) * sizeof(double));
	mlops_runs	all = {buffer, buffer + n + m, buffer + 2 * (n + m), 0};
	void	   *state = calloc(1, method->state_size((double) n, (double) m, options));
	mlops_test	out;
	size_t		i = 0;
	size_t		j = 0;

	qsort(reference, n, sizeof(double), drive_compare);
	qsort(current, m, sizeof(double), drive_compare);
	while (i < n || j < m)
	{
		double		x = j == m || (i < n && reference[i] < current[j]) ? reference[i] : current[j];

		buffer[all.n] = x;
		buffer[n + m + all.n] = drive_take(reference, n, x, &i);
		buffer[2 * (n + m) + all.n] = drive_take(current, m, x, &j);
		all.n++;
	}
	method->begin(state, (double) n, (double) m, options);
	do
	{
		for (size_t at = 0; at < all.n; at += block)
		{
			mlops_runs	part = {all.x + at, all.reference + at, all.current + at,
			all.n - at < block ? all.n - at : block};

			method->step(state, &part);
		}
	} while (method->again != NULL && method->again(state));
	memset(&out, 0x55, sizeof(out));
	method->finish(state, &out);
	free(state);
	free(buffer);
	return out;
}

#endif
