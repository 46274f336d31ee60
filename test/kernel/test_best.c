/*
 * test_best.c
 *		Which arm is the best, against exact fractions and mpmath (golden/best.csv).
 */
#include "tap.h"

#include "kernel/experiment/best.h"
#include "kernel/special/special.h"

#define MANY 1000

static double work[MANY * MLOPS_BEST_WORK];
static double best[MANY],
			second[MANY],
			loss[MANY];

static double
sum(const double *x, int k)
{
	double		s = 0;

	for (int i = 0; i < k; i++)
		s += x[i];
	return s;
}

/* to 1, the largest that a probability can be, or relative where the law keeps tails */
static double
worst_of(const double *got, const double *want, int k, bool relative)
{
	double		worst = 0;

	for (int i = 0; i < k; i++)
		worst = fmax(worst, got[i] == want[i] ? 0 : fabs(got[i] - want[i]) / (relative ? fabs(want[i]) : 1));
	return worst;
}

static void
against_golden(void)
{
	static const char *const name[] = {"normal", "beta", "gamma"};
	golden		g;
	int			rows = 0;

	golden_open(&g, "best.csv", "law,higher,first,second,best,runner_up,loss");
	while (golden_next(&g))
	{
		int			law = 0;
		double		first[8],
					parameter2[8],
					want[3][8];
		int			k = golden_list(&g, 2, first, 8);
		bool		normal;
		double		scale = 0;

		while (strcmp(name[law], golden_text(&g, 0)) != 0)
			law++;
		golden_list(&g, 3, parameter2, 8);
		for (int i = 0; i < 3; i++)
			golden_list(&g, 4 + i, want[i], 8);
		normal = law == 0;
		rows++;
		if (!ok(mlops_best_arms(law, k, first, parameter2, golden_double(&g, 1) != 0, work, best, second, loss) == MLOPS_OK,
				"row %d: %s, %d arms", rows, name[law], k))
			continue;
		ok(fabs(sum(best, k) - 1) < 1e-12 && fabs(sum(second, k) - 1) < 1e-12, "row %d: sums are 1 within %.2g, %.2g",
		   rows, fabs(sum(best, k) - 1), fabs(sum(second, k) - 1));
		ok(worst_of(best, want[0], k, normal) < 2e-12, "row %d: best, worst %.2g", rows, worst_of(best, want[0], k, normal));
		ok(worst_of(second, want[1], k, normal) < 2e-12, "row %d: second, worst %.2g", rows, worst_of(second, want[1], k, normal));
		for (int i = 0; i < k; i++)
			scale = fmax(scale, want[2][i]);
		for (int i = 0; i < k && !normal; i++)
		{
			loss[i] /= scale;
			want[2][i] /= scale;
		}
		ok(worst_of(loss, want[2], k, normal) < 2e-12, "row %d: loss, worst %.2g", rows, worst_of(loss, want[2], k, normal));
	}
	ok(rows > 30, "%d golden rows", rows);
}

static void
known_exactly(void)
{
	/* two arms of which one is a number: a normal tail; the third and fourth tie with nobody or with each other */
	double		m[] = {1, 0, 0.5, 0.5};
	double		s[] = {1, 0, 0, 0};

	ok(mlops_best_arms(MLOPS_POSTERIOR_NORMAL, 2, m, s, true, work, best, second, loss) == MLOPS_OK, "one arm is a number");
	is_close(best[0], mlops_normal_cdf(1), 1e-14, "its tail");
	is_close(best[1], mlops_normal_sf(1), 1e-14, "and the other");
	is_close(second[0], best[1], 1e-14, "the other is the second");
	/* E max(0, -x) of N(1, 1), and E max(0, x) */
	is_close(loss[0], 0.083315470587686298, 1e-13, "loss of the arm");
	is_close(loss[1], 1.083315470587686298, 1e-13, "loss of the number");

	ok(mlops_best_arms(MLOPS_POSTERIOR_NORMAL, 4, m, s, true, work, best, second, loss) == MLOPS_OK, "three numbers, two of them equal");
	is_close(best[0], mlops_normal_cdf(0.5), 1e-14, "the arm wins above the highest number");
	ok(best[1] == 0 && second[1] == 0, "a number below another is never second here");
	is_close(best[2], mlops_normal_sf(0.5) / 2, 1e-14, "equal numbers share");
	is_close(second[2], 0.5, 1e-14, "one of them is always second");
	ok(best[3] == best[2] && second[3] == second[2] && second[0] == 0, "evenly");

	/* second number counts when the first one wins */
	s[0] = 0.25;
	m[3] = 0.2;
	ok(mlops_best_arms(MLOPS_POSTERIOR_NORMAL, 4, m, s, true, work, best, second, loss) == MLOPS_OK, "three different numbers");
	is_close(best[2], mlops_normal_sf(2), 1e-13, "the highest number wins when the arm is below");
	is_close(second[2], mlops_normal_cdf(2), 1e-13, "is second when it is above");
	is_close(second[0], mlops_normal_sf(2) - mlops_normal_sf(3.2), 1e-12, "the arm is second between the two numbers");
	is_close(second[3], mlops_normal_sf(3.2), 1e-12, "below both the lower number is");

	s[0] = 0;
	ok(mlops_best_arms(MLOPS_POSTERIOR_NORMAL, 3, m, s, false, work, best, second, loss) == MLOPS_OK && best[1] == 1 && second[2] == 1 && loss[0] == 1 && loss[1] == 0 && fabs(loss[2] - 0.5) < 1e-15,
	   "numbers only, lower is better");
	m[0] = m[1] = m[2] = 3;
	ok(mlops_best_arms(MLOPS_POSTERIOR_NORMAL, 3, m, s, true, work, best, second, loss) == MLOPS_OK && best[0] == best[2] && fabs(best[1] - 1. / 3) < 1e-16 && fabs(second[1] - 1. / 3) < 1e-16 && loss[1] == 0,
	   "all the same number");
}

static void
many_arms(void)
{
	static double m[MANY],
				s[MANY];
	double		worst = 0;

	for (int i = 0; i < MANY; i++)
	{
		m[i] = 7;
		s[i] = 2;
	}
	ok(mlops_best_arms(MLOPS_POSTERIOR_NORMAL, MANY, m, s, true, work, best, second, loss) == MLOPS_OK, "a thousand arms alike");
	for (int i = 0; i < MANY; i++)
		worst = fmax(worst, fmax(fabs(best[i] * MANY - 1), fabs(second[i] * MANY - 1)));
	ok(worst < 1e-10, "each is the best with 1/1000: worst %.2g", worst);
	is_close(loss[MANY - 1] / 2, 3.2414357691334409, 1e-10, "loss: the expected maximum of 1000 normal draws");

	/* no two alike, widths over 12 decades: the sums still say 1 */
	for (int i = 0; i < 60; i++)
	{
		m[i] = sin(i);
		s[i] = pow(10, -(i % 13)) * (1 + 0.01 * i);
	}
	ok(mlops_best_arms(MLOPS_POSTERIOR_NORMAL, 60, m, s, false, work, best, second, loss) == MLOPS_OK, "sixty arms, widths over 12 decades");
	ok(fabs(sum(best, 60) - 1) < 1e-12 && fabs(sum(second, 60) - 1) < 1e-12, "sums: %.2g, %.2g", sum(best, 60) - 1, sum(second, 60) - 1);
	/* E loss_k = m_k - E min: the same E min of all */
	worst = 0;
	for (int i = 1; i < 60; i++)
		worst = fmax(worst, fabs((m[i] - loss[i]) - (m[0] - loss[0])));
	ok(worst < 1e-12, "the losses belong together: %.2g", worst);

	for (int i = 0; i < 20; i++)
	{
		m[i] = 200000 + 50 * i;
		s[i] = 1e7 - 3000 * i;
	}
	ok(mlops_best_arms(MLOPS_POSTERIOR_BETA, 20, m, s, true, work, best, second, loss) == MLOPS_OK, "twenty proportions of 1e7 rows");
	ok(fabs(sum(best, 20) - 1) < 1e-12 && fabs(sum(second, 20) - 1) < 1e-12, "sums: %.2g, %.2g", sum(best, 20) - 1, sum(second, 20) - 1);
	worst = 0;
	for (int i = 1; i < 20; i++)
		worst = fmax(worst, fabs((m[i] / (m[i] + s[i]) + loss[i]) - (m[0] / (m[0] + s[0]) + loss[0])));
	ok(worst < 1e-13, "the losses belong together: %.2g", worst);
	ok(mlops_best_arms(MLOPS_POSTERIOR_GAMMA, 20, m, s, false, work, best, second, loss) == MLOPS_OK && fabs(sum(best, 20) - 1) < 1e-12, "twenty rates");
}

static void
refused(void)
{
	double		m[] = {1, 2};
	double		s[] = {1, -1};

	ok(mlops_best_arms(MLOPS_POSTERIOR_NORMAL, 2, m, s, true, work, best, second, loss) == MLOPS_DOMAIN, "a negative sd is refused");
	s[1] = INFINITY;
	ok(mlops_best_arms(MLOPS_POSTERIOR_NORMAL, 2, m, s, true, work, best, second, loss) == MLOPS_DOMAIN, "an infinite one too");
	s[1] = 1;
	ok(mlops_best_arms(MLOPS_POSTERIOR_NORMAL, 1, m, s, true, work, best, second, loss) == MLOPS_DOMAIN, "one arm is no choice");
	m[0] = NAN;
	ok(mlops_best_arms(MLOPS_POSTERIOR_NORMAL, 2, m, s, true, work, best, second, loss) == MLOPS_DOMAIN, "NaN is no mean");
	m[0] = 0.05;
	ok(mlops_best_arms(MLOPS_POSTERIOR_BETA, 2, m, s, true, work, best, second, loss) == MLOPS_DOMAIN, "nor .05 a shape");
	m[0] = 0.1;
	ok(mlops_best_arms(MLOPS_POSTERIOR_BETA, 2, m, s, true, work, best, second, loss) == MLOPS_OK && fabs(sum(best, 2) - 1) < 1e-12, ".1 is");
	s[1] = 0;
	ok(mlops_best_arms(MLOPS_POSTERIOR_GAMMA, 2, m, s, true, work, best, second, loss) == MLOPS_DOMAIN, "a rate of 0 is refused");
	/* widths that differ by 300 decades */
	ok(mlops_best_arms(MLOPS_POSTERIOR_NORMAL, 2, (double[]) {0, 1e-300}, (double[]) {1, 1e-300}, true, work, best, second, loss) == MLOPS_OK &&
	   fabs(best[0] - 0.5) < 1e-14 && fabs(best[1] - 0.5) < 1e-14, "widths that differ by 300 decades");
}

int
main(void)
{
	against_golden();
	known_exactly();
	many_arms();
	refused();
	return done_testing();
}
