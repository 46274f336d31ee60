/*
 * did.c
 *		difference_in_differences() over moments.
 */
#include "compat.h"

#include "experiment/arms.h"
#include "experiment/comparison.h"
#include "kernel/experiment/did.h"
#include "utils/builtins.h"

/* From the arguments behind the moments: alternative, confidence, null_value. */
static void
infer(FunctionCallInfo fcinfo, int first, double df, mlops_comparison *c)
{
	mlops_alternative alternative = mlops_alternative_argument(text_to_cstring(PG_GETARG_TEXT_PP(first)));
	double		confidence = mlops_confidence_argument(PG_GETARG_FLOAT8(first + 1));
	double		null_value = PG_GETARG_FLOAT8(first + 2);

	if (!isfinite(null_value))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("null_value must be finite")));
	if (c->reason == NULL)
		mlops_compare_by_t(df, null_value, alternative, confidence, c);
}

/* Moments of NULL rows alone do not know how many variables there were. */
static bool
variables_agree(const mlops_moments *a, const mlops_moments *b)
{
	return a->variables == b->variables || a->variables == 0 || b->variables == 0;
}

/* difference_in_differences(control moments, treatment moments, alternative, confidence, null_value) */
MLOPS_FUNCTION(mlops_difference_in_differences);
Datum
mlops_difference_in_differences(PG_FUNCTION_ARGS)
{
	const mlops_moments *control = PG_GETARG_MLOPS_MOMENTS(0);
	const mlops_moments *treatment = PG_GETARG_MLOPS_MOMENTS(1);
	int			k = Max(control->variables, treatment->variables);
	mlops_arm	arm[2] = {mlops_arm_of(control), mlops_arm_of(treatment)};
	mlops_comparison c;
	double		df = NAN;

	if (!variables_agree(control, treatment) || (k != 0 && k != 2 && k != 4))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("moments do not fit a difference in differences"),
				 errdetail("The control has %d variables and the treatment %d.", control->variables, treatment->variables),
				 errhint("Use moments(before, after) over units, or moments(sum_before, rows_before, sum_after, rows_after) over clusters.")));
	mlops_did_panel(&arm[0], &arm[1], &c, &df);
	infer(fcinfo, 2, df, &c);
	return mlops_comparison_row(fcinfo, "difference_in_differences", "absolute", &c,
								mlops_arm_excluded(control) + mlops_arm_excluded(treatment));
}

/* The same with control before, control after, treatment before, treatment after in front. */
MLOPS_FUNCTION(mlops_difference_in_differences_sections);
Datum
mlops_difference_in_differences_sections(PG_FUNCTION_ARGS)
{
	mlops_arm	arm[4];
	mlops_comparison c;
	double		df = NAN;
	int64		excluded = 0;
	int			k = 0;

	for (int i = 0; i < 4; i++)
	{
		const mlops_moments *m = PG_GETARG_MLOPS_MOMENTS(i);

		arm[i] = mlops_arm_of(m);
		excluded += mlops_arm_excluded(m);
		if (m->variables > 2 || (m->variables != 0 && k != 0 && m->variables != k))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("moments do not fit a difference in differences of cross-sections"),
					 errhint("Use moments(outcome) over rows, or moments(sum, rows) over clusters, the same for all four.")));
		k = Max(k, m->variables);
	}
	mlops_did_sections(arm, &c, &df);
	infer(fcinfo, 4, df, &c);
	return mlops_comparison_row(fcinfo, "difference_in_differences", "absolute", &c, excluded);
}
