/*
 * kernels.c
 *		How often a two-sample kernel raises an alarm at 5 % and at 1 % when nothing
 *		has changed, without a server: many more runs than `make calibrate` can make.
 *
 *		cc -O2 -ffp-contract=off -Isrc test/calibrate/kernels.c src/kernel/ * / *.c -lm -o calibrate
 *		./calibrate METHOD RUNS N M
 *
 * Prints one line per distribution: runs with a p-value, share at most .05, share at
 * most .01, and the share of intervals that contain no effect.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/twosample/epps_singleton.h"
#include "kernel/twosample/ks.h"
#include "kernel/twosample/mannwhitney.h"
#include "kernel/twosample/permute.h"
#include "kernel/special/special.h"
#include "kernel/twosample/wasserstein.h"

static uint64_t stream = 20260308;

static double
normal(void)
{
	double		u = 1 - mlops_random_uniform(&stream);

	return sqrt(-2 * log(u)) * cos(2 * MLOPS_PI * mlops_random_uniform(&stream));
}

static double
draw(int kind)
{
	double		u = mlops_random_uniform(&stream);

	switch (kind)
	{
		case 0:
			return normal();
		case 1:
			return tan(MLOPS_PI * (u - 0.5));
		case 2:
			return u < 0.95 ? 0 : fabs(normal());
		case 3:
			return 1 + floor(6 * u);
		case 4:
			return u < 0.3;
		default:
			return exp(2 * normal());
	}
}

static const char *const kinds[] = {"normal", "Cauchy", "95 % zeros", "integers 1-6", "binary .3", "lognormal"};

typedef struct row
{
	double		x;
	int			current;
} row;

static int
compare(const void *a, const void *b)
{
	double		x = ((const row *) a)->x;
	double		y = ((const row *) b)->x;

	return (x > y) - (x < y);
}

static mlops_test
run(const mlops_twosample_method *method, int kind, size_t n, size_t m, uint64_t seed)
{
	static row	rows[1 << 17];
	static double x[1 << 17],
				r[1 << 17],
				c[1 << 17];
	mlops_twosample_options options = {0, seed};
	mlops_runs	runs = {x, r, c, 0};
	void	   *state = calloc(1, method->state_size((double) n, (double) m, &options));
	mlops_test	out;

	for (size_t i = 0; i < n + m; i++)
		rows[i] = (row) {draw(kind), i >= n};
	qsort(rows, n + m, sizeof(row), compare);
	for (size_t i = 0; i < n + m; i++)
	{
		if (i == 0 || rows[i].x != rows[i - 1].x)
		{
			x[runs.n] = rows[i].x;
			r[runs.n] = c[runs.n] = 0;
			runs.n++;
		}
		*(rows[i].current ? &c[runs.n - 1] : &r[runs.n - 1]) += 1;
	}
	method->begin(state, (double) n, (double) m, &options);
	do
		method->step(state, &runs);
	while (method->again != NULL && method->again(state));
	method->finish(state, &out);
	free(state);
	return out;
}

int
main(int argc, char **argv)
{
	const mlops_twosample_method *methods[] = {&mlops_ks_method, &mlops_kuiper_method, &mlops_mann_whitney_method,
	&mlops_wasserstein_method, &mlops_epps_singleton_method};

	for (size_t k = 0; argc == 5 && k < sizeof(methods) / sizeof(*methods); k++)
		for (int kind = 0; kind < 6 && strcmp(methods[k]->name, argv[1]) == 0; kind++)
		{
			int			made = 0;
			int			five = 0;
			int			one = 0;
			int			covered = 0;

			for (int i = 0; i < atoi(argv[2]); i++)
			{
				mlops_test	t = run(methods[k], kind, (size_t) atoi(argv[3]), (size_t) atoi(argv[4]), (uint64_t) i);

				made += !isnan(t.p);
				five += t.p <= 0.05;
				one += t.p <= 0.01;
				covered += t.effect_lower <= 0 && t.effect_upper >= 0;
			}
			printf("%s %s,%s %s: %d made, %.2f %%, %.2f %%, covered %.2f %%\n", argv[1], argv[3], argv[4], kinds[kind], made,
				   100.0 * five / made, 100.0 * one / made, 100.0 * covered / made);
			fflush(stdout);
		}
	return 0;
}
