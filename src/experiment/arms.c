/*
 * arms.c
 *		The arms of an experiment, as SQL functions get them.
 */
#include "experiment/arms.h"

#include <math.h>

/* Units of an arm with the event, and without, for a normal law of their number. */
#define LEAST_EVENTS 10

mlops_arm
mlops_arm_of(const mlops_moments *m)
{
	if (m == NULL)
		return (mlops_arm) {0};
	return (mlops_arm) {.variables = m->variables, .n = m->n, .mean = mlops_moments_mean(m),
		.comoment = mlops_moments_comoment(m)};
}

int64
mlops_arm_excluded(const mlops_moments *m)
{
	return m == NULL ? 0 : m->null_rows + m->nonfinite_rows;
}

mlops_metric
mlops_metric_argument(const char *name)
{
	if (strcmp(name, "mean") == 0)
		return MLOPS_METRIC_MEAN;
	if (strcmp(name, "proportion") == 0)
		return MLOPS_METRIC_PROPORTION;
	if (strcmp(name, "ratio") == 0)
		return MLOPS_METRIC_RATIO;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unrecognized metric \"%s\"", name),
			 errhint("Metrics are \"mean\", \"proportion\" and \"ratio\".")));
}

/*
 * Means of 0 and 1 have the sum of squares s (n - s) / n, s an integer; many
 * merges may have cost some digits.
 */
bool
mlops_arm_is_binary(const mlops_moments *m)
{
	double		n = (double) m->n;
	double		s = mlops_moments_mean(m)[0] * n;
	double		square = mlops_moments_comoment(m)[0];
	double		whole = rint(s);

	return s >= -1e-6 && s <= n + 1e-6 && fabs(s - whole) <= 1e-6 + 1e-9 * n &&
		fabs(square - whole * ((n - whole) / n)) <= 1e-6 + 1e-9 * n;
}

static void
check_arm(const mlops_moments *m, mlops_metric metric)
{
	if (metric == MLOPS_METRIC_RATIO && m->variables != 2 && m->variables != 4)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("moments of %d variables are not of a ratio", m->variables),
				 errhint("The variables are numerator and denominator, or these and the numerator and denominator from before the exposure.")));
	if (metric == MLOPS_METRIC_PROPORTION && m->n > 0 && !mlops_arm_is_binary(m))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the first variable of a proportion has to be 0 or 1"),
				 errhint("Use metric => 'mean' for other values.")));
}

void
mlops_check_arms(const mlops_moments *control, const mlops_moments *treatment, mlops_metric metric)
{
	/* moments without variables are of no rows, or of NULLs only */
	bool		has_control = control && control->variables > 0;
	bool		has_treatment = treatment && treatment->variables > 0;

	if (has_control && has_treatment && control->variables != treatment->variables)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the control has moments of %d variables, the treatment of %d",
						control->variables, treatment->variables),
				 errhint("Both arms need the same variables, in the same order.")));
	if (has_control)
		check_arm(control, metric);
	if (has_treatment)
		check_arm(treatment, metric);
}

/*
 * At equal rates, each arm has to be expected to have some of either value; an
 * arm that has none nonetheless counts.
 */
bool
mlops_arms_too_few_events(const mlops_moments *const *control, const mlops_moments *const *treatment, int strata)
{
	double		n[2] = {0};
	double		events = 0;
	double		p;

	for (int i = 0; i < strata; i++)
		for (int side = 0; side < 2; side++)
		{
			const mlops_moments *m = side == 0 ? control[i] : treatment[i];

			if (m == NULL || m->n == 0)
				continue;
			if (!mlops_arm_is_binary(m))
				return false;
			n[side] += (double) m->n;
			events += (double) m->n * mlops_moments_mean(m)[0];
		}
	if (n[0] == 0 || n[1] == 0)
		return false;
	p = events / (n[0] + n[1]);
	return Min(n[0], n[1]) * Min(p, 1 - p) < LEAST_EVENTS;
}
