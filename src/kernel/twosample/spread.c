/*
 * spread.c
 *		Brown-Forsythe test of equal spread of several groups.
 */
#include "kernel/groups/ksample.h"

#include <math.h>

#include "kernel/twosample/brown_forsythe.h"

typedef struct group_spread
{
	mlops_median median;
	double		center;
	mlops_mean2 deviation;
} group_spread;

typedef struct spread
{
	size_t		k;
	int			pass;			/* 0: medians, 1: deviations */
	double		n;
} spread;

static group_spread *
groups_of(spread *s)
{
	return (group_spread *) (s + 1);
}

static size_t
state_size(size_t k)
{
	return sizeof(spread) + k * sizeof(group_spread);
}

static void
begin(void *state, size_t k, const int64_t *rows)
{
	spread	   *s = state;

	s->k = k;
	for (size_t i = 0; i < k; i++)
	{
		groups_of(s)[i].median.n = (double) rows[i];
		s->n += (double) rows[i];
	}
}

static void
step(void *state, const mlops_group_value *value, size_t n)
{
	spread	   *s = state;

	for (size_t i = 0; i < n; i++)
	{
		group_spread *g = &groups_of(s)[value[i].group];

		if (s->pass == 0)
			mlops_median_step(&g->median, value[i].x, 1);
		else
			mlops_mean2_add(&g->deviation, mlops_deviation(value[i].x, g->center));
	}
}

static bool
again(void *state)
{
	spread	   *s = state;

	if (s->pass > 0 || s->k < 2)
		return false;
	for (size_t i = 0; i < s->k; i++)
		groups_of(s)[i].center = mlops_median_value(&groups_of(s)[i].median);
	s->pass = 1;
	return true;
}

static void
finish(void *state, mlops_group_test *out)
{
	spread	   *s = state;
	mlops_anova a = {0};
	double		noise = 0;

	if (s->k < 2)
	{
		*out = MLOPS_NO_GROUP_TEST((double) s->k, s->n);
		out->reason = s->k > 0 ? MLOPS_REASON_ONE_GROUP : MLOPS_REASON_NO_ROWS;
		return;
	}
	for (size_t i = 0; i < s->k; i++)
	{
		const group_spread *g = &groups_of(s)[i];

		mlops_anova_add(&a, &g->deviation);
		noise += mlops_deviation_noise(&g->deviation, g->center);
	}
	(void) mlops_deviation_test(&a, noise, out);
	if (out->measure)
		out->measure = "omega squared of the deviations";
	mlops_anova_interval(out);
}

const mlops_ksample_method mlops_group_spread_method = {
	"brown_forsythe_test", state_size, begin, step, again, finish
};
