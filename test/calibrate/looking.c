/*
 * looking.c
 *		False winners of methods that may be looked at any number of times, and
 *		how soon a broken arm is found.
 *
 *		make simulate [NAME=looking] [RUNS=2000]
 *
 * Two equal arms, 20 units more in each at every one of 720 looks (an hour, for
 * thirty days).  The seed is fixed.  Exits 1 if an always-valid method finds a
 * winner in more runs than alpha and four binomial standard errors.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/experiment/counts.h"
#include "kernel/experiment/group_sequential.h"
#include "kernel/experiment/sequence.h"
#include "kernel/special/special.h"
#include "kernel/twosample/permute.h"

#define LOOKS 720
#define UNITS 20				/* of each arm at every look */
#define ALPHA 0.05

static uint64_t stream = 20261121;

static double
normal(void)
{
	double		u = 1 - mlops_random_uniform(&stream);

	return sqrt(-2 * log(u)) * cos(2 * MLOPS_PI * mlops_random_uniform(&stream));
}

enum
{
	NORMAL, BERNOULLI, LOGNORMAL, KINDS
};

static const char *const kind_name[] = {"normal", "Bernoulli .02", "lognormal, sd 2"};

static double
draw(int kind)
{
	return kind == NORMAL ? normal() : kind == BERNOULLI ? mlops_random_uniform(&stream) < 0.02 : exp(2 * normal());
}

/* Sum of values and of squares: these values are small. */
typedef struct arm
{
	double		n;
	double		sum;
	double		squares;
} arm;

static void
add(arm *a, int kind)
{
	double		x = draw(kind);

	a->n++;
	a->sum += x;
	a->squares += x * x;
}

static double
variance_of_mean(const arm *a)
{
	return fmax(0, a->squares - a->sum * a->sum / a->n) / (a->n - 1) / a->n;
}

enum
{
	FIXED, TWO_SIDED, GREATER, GROWTHBOOK, MSPRT, FROM_ONE, COUNTS, COUNTS_GREATER, GROUP, GROUP_POCOCK, GROUP_FIVE, GROUP_FIVE_POCOCK, METHODS
};

static const char *const method_name[] = {
	"t test at every look (for comparison)", "asymptotic, two-sided, from 100 units", "asymptotic, greater, from 100 units",
	"growthbook, greater, from 100 units", "msprt, two-sided, from 100 units", "asymptotic, two-sided, from 20 units (for comparison)",
	"counts, two-sided", "counts, greater", "group-sequential, O'Brien–Fleming spending, 720 looks", "group-sequential, Pocock spending, 720 looks",
	"group-sequential, O'Brien–Fleming spending, 5 looks", "group-sequential, Pocock spending, 5 looks"
};
static const bool judged[] = {false, true, true, true, true, false, true, true, false, false, true, true};

static const mlops_sequence sequence[] = {
	[TWO_SIDED] = {MLOPS_SEQUENCE_ASYMPTOTIC, MLOPS_TWO_SIDED, 1 - ALPHA, 0, 5000, 100},
	[GREATER] = {MLOPS_SEQUENCE_ASYMPTOTIC, MLOPS_GREATER, 1 - ALPHA, 0, 5000, 100},
	[GROWTHBOOK] = {MLOPS_SEQUENCE_GROWTHBOOK, MLOPS_GREATER, 1 - ALPHA, 0, 5000, 100},
	[MSPRT] = {MLOPS_SEQUENCE_MSPRT, MLOPS_TWO_SIDED, 1 - ALPHA, 0, 1, 100},
	[FROM_ONE] = {MLOPS_SEQUENCE_ASYMPTOTIC, MLOPS_TWO_SIDED, 1 - ALPHA, 0, 5000, 0},
};
/* msprt: effects of about a twentieth of a standard deviation are expected */
static const double mixing[] = {0.0025, 0.0025 * 0.0196, 0.0025 * 2926.4};

static double bound[4][LOOKS];	/* infinite at hours that are no looks */

static void
look(int kind, int k, const arm *c, const arm *t, bool *won)
{
	double		v = variance_of_mean(c) + variance_of_mean(t);
	mlops_comparison row = MLOPS_NO_COMPARISON(c->n, t->n);
	double		ln_e;

	if (v > 0)
	{
		row.estimate = t->sum / t->n - c->sum / c->n;
		row.standard_error = sqrt(v);
		for (int m = TWO_SIDED; m <= FROM_ONE; m++)
		{
			mlops_comparison r = row;
			mlops_sequence s = sequence[m];

			if (m == MSPRT)
				s.tuning = mixing[kind];
			if (mlops_compare_sequential(&s, &r) == MLOPS_OK)
				won[m] |= r.p <= ALPHA;
		}
		won[FIXED] |= fabs(row.estimate / row.standard_error) > 1.9599639845;
		for (int g = 0; g < 4; g++)
			won[GROUP + g] |= fabs(row.estimate / row.standard_error) >= bound[g][k];
	}
	if (kind == BERNOULLI)
		for (int m = COUNTS; m <= COUNTS_GREATER; m++)
			if (mlops_bernoulli_ln_e(t->sum, c->sum, (mlops_odds) {0.5, 0.5}, 1, 1, m == COUNTS ? MLOPS_TWO_SIDED : MLOPS_GREATER, &ln_e) == MLOPS_OK)
				won[m] |= ln_e >= -log(ALPHA);
}

/* Bounds of every hour, or of every 144th. */
static bool
find_bounds(void)
{
	static double work[MLOPS_GS_WORK];
	static mlops_gs_look plan[LOOKS];
	double		information[LOOKS];

	for (int g = 0; g < 4; g++)
	{
		mlops_gs_design d = {.spending = {g % 2 ? MLOPS_SPEND_POCOCK : MLOPS_SPEND_OBRIEN_FLEMING, 0}, .alternative = MLOPS_TWO_SIDED, .alpha = ALPHA};
		int			looks = g < 2 ? LOOKS : 5;

		for (int k = 0; k < looks; k++)
			information[k] = (k + 1) * (LOOKS / looks);
		if (mlops_gs_bounds(&d, looks, information, LOOKS, work, NULL, plan, NULL) != MLOPS_OK)
			return false;
		for (int k = 0; k < LOOKS; k++)
			bound[g][k] = INFINITY;
		for (int k = 0; k < looks; k++)
			bound[g][(int) information[k] - 1] = plan[k].upper;
	}
	return true;
}

static int
false_winners(int runs)
{
	int			winners[KINDS][METHODS] = {{0}};
	int			bad = 0;

	if (!find_bounds())
		return 1;
	for (int kind = 0; kind < KINDS; kind++)
		for (int run = 0; run < runs; run++)
		{
			arm			c = {0},
						t = {0};
			bool		won[METHODS] = {false};

			for (int k = 0; k < LOOKS; k++)
			{
				for (int i = 0; i < UNITS; i++)
				{
					add(&c, kind);
					add(&t, kind);
				}
				look(kind, k, &c, &t, won);
			}
			for (int m = 0; m < METHODS; m++)
				winners[kind][m] += won[m];
		}
	printf("False winners at any of %d looks, %d to %d units an arm, alpha %g, %d runs\n\n|", LOOKS, UNITS, LOOKS * UNITS, ALPHA, runs);
	for (int kind = -1; kind < KINDS; kind++)
		printf(" %s |", kind < 0 ? "" : kind_name[kind]);
	printf("\n|---|---|---|---|\n");
	for (int m = 0; m < METHODS; m++)
	{
		printf("| %s |", method_name[m]);
		for (int kind = 0; kind < KINDS; kind++)
		{
			double		share = (double) winners[kind][m] / runs;

			if (kind != BERNOULLI && (m == COUNTS || m == COUNTS_GREATER))
			{
				printf(" – |");
				continue;
			}
			if (judged[m] && share > ALPHA + 4 * sqrt(ALPHA * (1 - ALPHA) / runs))
				bad++;
			printf(" %.2f %% |", 100 * share);
		}
		printf("\n");
	}
	return bad;
}

static int
by_size(const void *a, const void *b)
{
	double		x = *(const double *) a;
	double		y = *(const double *) b;

	return (x > y) - (x < y);
}

/* Treatment units until e >= 20, looked at after every unit; base rate 2 %. */
static double
units_to_stop(double share, double rate, double concentration, mlops_alternative alternative, int runs, int most, double *found)
{
	double	   *units = malloc(runs * sizeof(double));
	double		median;

	*found = 0;
	for (int run = 0; run < runs; run++)
	{
		double		n = 0,
					k = 0,
					l = 0,
					ln_e = 0;

		for (int i = 0; i < most && ln_e < -log(ALPHA); i++)
		{
			bool		treated = mlops_random_uniform(&stream) < share;
			bool		event = mlops_random_uniform(&stream) < (treated ? rate : 0.02);

			n += treated;
			k += treated && event;
			l += !treated && event;
			if (event)
				mlops_bernoulli_ln_e(k, l, (mlops_odds) {share, 1 - share}, concentration * share, concentration * (1 - share), alternative, &ln_e);
		}
		*found += ln_e >= -log(ALPHA);
		units[run] = ln_e >= -log(ALPHA) ? n : INFINITY;
	}
	qsort(units, runs, sizeof(double), by_size);
	median = units[runs / 2];
	free(units);
	*found /= runs;
	return median;
}

static int
broken_arms(int runs)
{
	static const struct
	{
		const char *what;
		double		rate;
		mlops_alternative alternative;
	}			arms[] = {{"no events at all", 0, MLOPS_TWO_SIDED}, {"no events at all", 0, MLOPS_LESS},
	{"half the events", 0.01, MLOPS_LESS}, {"twice the events", 0.04, MLOPS_GREATER}, {"five times the events", 0.1, MLOPS_GREATER}};
	static const double share[] = {0.05, 0.5};
	int			bad = 0;

	printf("\nMedian of treatment units until the running evidence of counts reaches 20; base rate 2 %%, a look after every unit, %d runs\n\n", runs);
	printf("| arm | alternative | share | c = 2 | c = 10 | false alarms at equal rates, 40,000 units, c = 2 | c = 10 |\n|---|---|---|---|---|---|---|\n");
	for (size_t a = 0; a < sizeof(arms) / sizeof(arms[0]); a++)
		for (int s = 0; s < 2; s++)
		{
			double		found[2];
			double		median[2];
			double		wrong[2];

			for (int c = 0; c < 2; c++)
			{
				median[c] = units_to_stop(share[s], arms[a].rate, c ? 10 : 2, arms[a].alternative, runs, 400000, &found[c]);
				(void) units_to_stop(share[s], 0.02, c ? 10 : 2, arms[a].alternative, runs, 40000, &wrong[c]);
				if (wrong[c] > ALPHA + 4 * sqrt(ALPHA * (1 - ALPHA) / runs))
					bad++;
			}
			printf("| %s | %s | %g %% | %g | %g | %.1f %% | %.1f %% |\n", arms[a].what,
				   arms[a].alternative == MLOPS_TWO_SIDED ? "two-sided" : arms[a].alternative == MLOPS_LESS ? "less" : "greater",
				   100 * share[s], median[0], median[1], 100 * wrong[0], 100 * wrong[1]);
		}
	return bad;
}

/*
 * A ramp to 5, 25 and 50 % while the base rate rises: equal arms, one factor per
 * phase, against counts and means that are pooled over the phases.
 */
static int
ramps(int runs)
{
	static const double share[] = {0.05, 0.25, 0.5};
	static const double rate[] = {0.01, 0.02, 0.04};
	static const char *const name[] = {"counts, one factor per phase", "asymptotic, one factor per phase",
	"counts pooled, share of today (for comparison)", "asymptotic, pooled (for comparison)"};
	int			wrong[4] = {0};
	int			bad = 0;

	for (int run = 0; run < runs; run++)
	{
		double		counted = 0,	/* ln E of the phases that are over */
					effect = 0;
		arm			all[2] = {{0}};
		bool		won[4] = {false};

		for (int phase = 0; phase < 3; phase++)
		{
			arm			part[2] = {{0}};
			double		ln_e = 0,
						ln_mean = 0;

			for (int i = 1; i <= 8000; i++)
			{
				int			treated = mlops_random_uniform(&stream) < share[phase];
				int			event = mlops_random_uniform(&stream) < rate[phase];
				const mlops_odds odds = {share[phase], 1 - share[phase]};
				double		v;

				part[treated] = (arm) {part[treated].n + 1, part[treated].sum + event, part[treated].squares + event};
				all[treated] = (arm) {all[treated].n + 1, all[treated].sum + event, all[treated].squares + event};
				if (i % 100 != 0)
					continue;
				mlops_bernoulli_ln_e(part[1].sum, part[0].sum, odds, 2 * odds.p, 2 * odds.q, MLOPS_TWO_SIDED, &ln_e);
				won[0] |= counted + ln_e >= -log(ALPHA);
				/* as mlops.evidence_update() does: an arm without events has the other's variance */
				v = variance_of_mean(&part[0]) + (part[1].sum > 0 ? variance_of_mean(&part[1]) : variance_of_mean(&part[0]) * part[0].n / part[1].n);
				ln_mean = part[1].n >= 100 && (part[0].sum + part[1].sum) * fmin(part[0].n, part[1].n) / i >= 10 ? mlops_sequence_ln_e(MLOPS_SEQUENCE_ASYMPTOTIC, MLOPS_TWO_SIDED, (part[1].sum / part[1].n - part[0].sum / part[0].n) / sqrt(v),
																		  mlops_sequence_ratio(&sequence[TWO_SIDED], i, v)) : 0;
				won[1] |= effect + ln_mean >= -log(ALPHA);
				mlops_bernoulli_ln_e(all[1].sum, all[0].sum, odds, 2 * odds.p, 2 * odds.q, MLOPS_TWO_SIDED, &v);
				won[2] |= v >= -log(ALPHA);
				v = all[1].n >= 100 && all[1].sum >= 5 ? variance_of_mean(&all[0]) + variance_of_mean(&all[1]) : 0;
				won[3] |= v > 0 && mlops_sequence_ln_e(MLOPS_SEQUENCE_ASYMPTOTIC, MLOPS_TWO_SIDED, (all[1].sum / all[1].n - all[0].sum / all[0].n) / sqrt(v),
													   mlops_sequence_ratio(&sequence[TWO_SIDED], all[0].n + all[1].n, v)) >= -log(ALPHA);
			}
			counted += ln_e;
			effect += ln_mean;
		}
		for (int m = 0; m < 4; m++)
			wrong[m] += won[m];
	}
	printf("\nFalse alarms in a ramp, 5, 25 and 50 %%, 8000 units each, base rate 1, 2 and 4 %%, a look every 100 units, %d runs\n\n| | |\n|---|---|\n", runs);
	for (int m = 0; m < 4; m++)
	{
		printf("| %s | %.1f %% |\n", name[m], 100.0 * wrong[m] / runs);
		bad += m < 2 && wrong[m] > runs * (ALPHA + 4 * sqrt(ALPHA * (1 - ALPHA) / runs));
	}
	return bad;
}

int
main(int argc, char **argv)
{
	int			runs = argc > 1 ? atoi(argv[1]) : 2000;
	int			bad = false_winners(runs) + broken_arms(runs) + ramps(runs);

	if (bad > 0)
		printf("\n%d rates above alpha\n", bad);
	return bad > 0;
}
