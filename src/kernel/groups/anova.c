/*
 * anova.c
 *		One-way analysis of variance from the moments of the groups.
 */
#include "kernel/groups/anova.h"

#include <math.h>

#include "kernel/special/ncf.h"
#include "kernel/special/special.h"
#include "kernel/test.h"

/*
 * Joining the groups one after the other, what each join adds to the sum of
 * squares adds up to the sum between groups: positive terms only, no
 * difference of large sums.
 */
void
mlops_anova_add(mlops_anova *a, const mlops_mean2 *group)
{
	mlops_dd	apart;

	if (group->n == 0)
		return;
	mlops_mean2_merge(&a->total, group, &apart);
	a->between = mlops_dd_add(a->between, apart);
	a->within = mlops_dd_add(a->within, group->m2);
	a->groups++;
}

/* Is there a test?  Else out->reason is set. */
static mlops_status
look(const mlops_anova *a, mlops_group_test *out)
{
	*out = MLOPS_NO_GROUP_TEST(a->groups, (double) a->total.n);
	if (a->groups < 2)
	{
		out->reason = a->groups > 0 ? MLOPS_REASON_ONE_GROUP : MLOPS_REASON_NO_ROWS;
		return MLOPS_EMPTY;
	}
	out->df1 = a->groups - 1;
	out->df2 = out->n - a->groups;
	if (!isfinite(a->between.hi) || !isfinite(a->within.hi))
	{
		out->reason = MLOPS_REASON_OUT_OF_RANGE;
		return MLOPS_DOMAIN;
	}
	if (!(out->df2 > 0))
		out->reason = "one row in every group";
	else if (!(a->within.hi > 0))
		out->reason = a->between.hi > 0 ? "nothing varies within the groups" : MLOPS_REASON_ALL_EQUAL;
	return out->reason ? MLOPS_DEGENERATE : MLOPS_OK;
}

/* p of out->statistic, df1, df2; and omega squared from them. */
static mlops_status
finish_f(mlops_group_test *out)
{
	mlops_tails tails;
	mlops_status status = MLOPS_DOMAIN;
	double		excess = out->df1 * (out->statistic - 1);

	if (isfinite(out->statistic))
		status = mlops_f_tails(out->statistic, out->df1, out->df2, &tails);
	if (status != MLOPS_OK)
	{
		out->statistic = NAN;
		out->reason = MLOPS_REASON_OUT_OF_RANGE;
		return status;
	}
	out->p = tails.upper;
	out->ln_p = tails.ln_upper;
	out->effect = fmax(excess / (excess + out->n), 0);
	out->measure = "omega squared";
	return MLOPS_OK;
}

mlops_status
mlops_anova_finish(const mlops_anova *a, mlops_group_test *out)
{
	mlops_status status = look(a, out);

	if (status != MLOPS_OK)
		return status;
	out->statistic = (a->between.hi / out->df1) / (a->within.hi / out->df2);
	return finish_f(out);
}

/*
 * lambda / (lambda + n) is the share of the variance that the groups explain;
 * limits of lambda are limits of it (Steiger, "Beyond the F test", 2004).
 */
void
mlops_anova_interval(mlops_group_test *t)
{
	const double p = 0.5 * (1 - MLOPS_EFFECT_CONFIDENCE);
	double		lower;
	double		upper;

	if (isnan(t->p) ||
		mlops_ncf_lambda(t->statistic, t->df1, t->df2, p, true, &lower) != MLOPS_OK ||
		mlops_ncf_lambda(t->statistic, t->df1, t->df2, p, false, &upper) != MLOPS_OK)
		return;
	t->effect_lower = lower / (lower + t->n);
	t->effect_upper = upper / (upper + t->n);
}

/* Groups and rows; MLOPS_OK if every group has two rows that differ. */
static mlops_status
look_welch(const mlops_mean3 *group, size_t k, mlops_group_test *out)
{
	double		groups = 0;
	double		rows = 0;
	bool		single = false;
	bool		constant = false;
	bool		finite = true;

	for (size_t i = 0; i < k; i++)
	{
		groups += group[i].base.n > 0;
		rows += (double) group[i].base.n;
		single = single || group[i].base.n == 1;
		constant = constant || (group[i].base.n > 1 && !(group[i].base.m2.hi > 0));
		finite = finite && isfinite(group[i].base.m2.hi);
	}
	*out = MLOPS_NO_GROUP_TEST(groups, rows);
	if (groups < 2)
	{
		out->reason = groups > 0 ? MLOPS_REASON_ONE_GROUP : MLOPS_REASON_NO_ROWS;
		return MLOPS_EMPTY;
	}
	out->df1 = groups - 1;
	if (!finite)
	{
		out->reason = MLOPS_REASON_OUT_OF_RANGE;
		return MLOPS_DOMAIN;
	}
	if (single || constant)
	{
		out->reason = single ? "a group has one row only" : "a group does not vary";
		return MLOPS_DEGENERATE;
	}
	return MLOPS_OK;
}

/*
 * Welch, "On the comparison of several mean values: an alternative approach"
 * (1951).  Means are taken from the first one, so that an offset does not
 * cost digits.
 */
mlops_status
mlops_welch_anova(const mlops_mean3 *group, size_t k, mlops_group_test *out)
{
	const mlops_mean3 *first = NULL;
	double		weights = 0;
	double		mean = 0;
	double		between = 0;
	double		uneven = 0;
	mlops_status status = look_welch(group, k, out);

	if (status != MLOPS_OK)
		return status;
	for (size_t i = 0; i < k; i++)
		if (group[i].base.n > 0)
		{
			double		w = (double) group[i].base.n / mlops_mean2_variance(&group[i].base);

			if (first == NULL)
				first = &group[i];
			weights += w;
			mean += w * mlops_dd_sub(group[i].base.mean, first->base.mean).hi;
		}
	mean /= weights;
	for (size_t i = 0; i < k; i++)
		if (group[i].base.n > 0)
		{
			double		w = (double) group[i].base.n / mlops_mean2_variance(&group[i].base);
			double		d = mlops_dd_sub(group[i].base.mean, first->base.mean).hi - mean;
			double		rest = 1 - w / weights;

			between += w * d * d;
			uneven += rest * rest / (double) (group[i].base.n - 1);
		}
	out->df2 = (out->groups * out->groups - 1) / (3 * uneven);
	out->statistic = between / out->df1 /
		(1 + 2 * (out->groups - 2) * uneven / (out->groups * out->groups - 1));
	return finish_f(out);
}

mlops_status
mlops_group_mean_test(const mlops_mean3 *group, size_t k, mlops_group_test *out)
{
	mlops_status status = mlops_welch_anova(group, k, out);
	mlops_anova a = {0};
	mlops_group_test pooled;

	if (status != MLOPS_OK || !mlops_means_skewed(group, k))
		return status;
	for (size_t i = 0; i < k; i++)
		mlops_anova_add(&a, &group[i].base);
	if (mlops_anova_finish(&a, &pooled) == MLOPS_OK && pooled.ln_p > out->ln_p)
	{
		*out = pooled;
		out->variant = MLOPS_POOLED_VARIANCE;
	}
	return status;
}
