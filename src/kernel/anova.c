/*
 * anova.c
 *		One-way analysis of variance from the moments of the groups.
 */
#include "kernel/anova.h"

#include <math.h>

#include "kernel/special.h"

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

mlops_status
mlops_anova_finish(const mlops_anova *a, mlops_group_test *out)
{
	mlops_tails tails;
	mlops_status status = look(a, out);

	if (status != MLOPS_OK)
		return status;
	out->statistic = (a->between.hi / out->df1) / (a->within.hi / out->df2);
	status = mlops_f_tails(out->statistic, out->df1, out->df2, &tails);
	if (status != MLOPS_OK)
	{
		out->reason = MLOPS_REASON_OUT_OF_RANGE;
		return status;
	}
	out->p = tails.upper;
	out->ln_p = tails.ln_upper;
	return MLOPS_OK;
}
