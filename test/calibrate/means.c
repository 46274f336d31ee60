/*
 * means.c
 *		How often Welch's test, Student's, and what t_test makes of the two raise an
 *		alarm at 5 %, without a server: the tables of doc/statistics/t_test.md and
 *		anova.md.
 *
 *		cc -O2 -ffp-contract=off -Isrc test/calibrate/means.c src/kernel/ * / *.c -lm -o means
 *		./means RUNS N M [N ...]               no change; with three and more sizes, groups
 *		./means RUNS N M SPREAD                normal, the M rows spread so many times as much: 0.25, 4.0
 *
 * Prints one line per distribution: alarms of Welch, of Student (Fisher), of the test, and how
 * often the test took Student's (Fisher's) row, of the runs with a p-value.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/groups/anova.h"
#include "kernel/special/special.h"
#include "kernel/twosample/permute.h"
#include "kernel/twosample/ttest.h"

#define MAX_GROUPS 64

static uint64_t stream = 20261121;

static double
uniform(void)
{
	return mlops_random_uniform(&stream);
}

static double
normal(void)
{
	return sqrt(-2 * log(1 - uniform())) * cos(2 * MLOPS_PI * uniform());
}

static double
exponential(void)
{
	return -log(1 - uniform());
}

static const char *const kinds[] = {"normal", "integers 1-6", "t, 3 degrees of freedom", "exponential", "lognormal, sd 2",
"95 % zeros, exponential amounts", "99 % zeros, exponential amounts", "5 % ones", "30 % ones", "normal, 1 % of them + 100"};

static double
draw(int kind)
{
	switch (kind)
	{
		case 0:
			return normal();
		case 1:
			return 1 + floor(6 * uniform());
		case 2:
			return normal() / sqrt((2 * exponential() + pow(normal(), 2)) / 3);
		case 3:
			return exponential();
		case 4:
			return exp(2 * normal());
		case 5:
			return uniform() < 0.95 ? 0 : exponential();
		case 6:
			return uniform() < 0.99 ? 0 : exponential();
		case 7:
			return uniform() < 0.05;
		case 8:
			return uniform() < 0.3;
		default:
			return normal() + (uniform() < 0.01 ? 100 : 0);
	}
}

/* p of Welch, of pooled variances, of the test; false without a p. */
static bool
test(const mlops_mean3 *group, size_t k, double p[3], bool *pooled)
{
	if (k == 2)
	{
		mlops_test	t[3];

		for (int i = 0; i < 3; i++)
		{
			mlops_status status = i == 0 ? mlops_welch_test(&group[0].base, &group[1].base, &t[0]) :
				i == 1 ? mlops_student_test(&group[0].base, &group[1].base, &t[1]) : mlops_mean_test(&group[0], &group[1], &t[2]);

			if (status != MLOPS_OK)
				return false;
			p[i] = t[i].p;
		}
		*pooled = t[2].variant != NULL;
	}
	else
	{
		mlops_group_test t[3];
		mlops_anova a = {0};

		for (size_t i = 0; i < k; i++)
			mlops_anova_add(&a, &group[i].base);
		if (mlops_welch_anova(group, k, &t[0]) != MLOPS_OK || mlops_anova_finish(&a, &t[1]) != MLOPS_OK ||
			mlops_group_mean_test(group, k, &t[2]) != MLOPS_OK)
			return false;
		for (int i = 0; i < 3; i++)
			p[i] = t[i].p;
		*pooled = t[2].variant != NULL;
	}
	return true;
}

int
main(int argc, char **argv)
{
	int			runs = argc > 3 ? atoi(argv[1]) : 0;
	double		spread = argc == 5 && strchr(argv[4], '.') ? atof(argv[4]) : 1;
	size_t		k = (size_t) (argc - 2) - (argc == 5 && strchr(argv[4], '.') != NULL);

	for (int kind = 0; kind < (spread == 1 ? 10 : 1) && runs > 0 && k <= MAX_GROUPS; kind++)
	{
		int			alarms[3] = {0};
		int			made = 0;
		int			taken = 0;

		for (int run = 0; run < runs; run++)
		{
			mlops_mean3 group[MAX_GROUPS] = {0};
			double		p[3];
			bool		pooled;

			for (size_t i = 0; i < k; i++)
				for (int row = atoi(argv[2 + i]); row > 0; row--)
					mlops_mean3_add(&group[i], draw(kind) * (i == 1 ? spread : 1));
			if (!test(group, k, p, &pooled))
				continue;
			made++;
			taken += pooled;
			for (int i = 0; i < 3; i++)
				alarms[i] += p[i] <= 0.05;
		}
		printf("%s: Welch %.1f, pooled %.1f, test %.1f %%; pooled taken in %.1f %% of %d\n", kinds[kind], 100.0 * alarms[0] / made,
			   100.0 * alarms[1] / made, 100.0 * alarms[2] / made, 100.0 * taken / made, made);
		fflush(stdout);
	}
	return 0;
}
