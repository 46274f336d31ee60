/*
 * did.c
 *		Difference in differences from moments.
 */
#include "kernel/experiment/did.h"

#include "kernel/summary/comoments.h"

#define MAX_VARIABLES 4

/* A level, the variance of its estimate, and the degrees of freedom of that. */
typedef struct level
{
	double		value;
	double		variance;
	double		df;
} level;

/* Variance of the mean of sum_i weight_i x_i. */
static double
variance_of_mean(const mlops_arm *a, const double *weight)
{
	double		sum = 0;
	double		n = (double) a->n;

	for (int i = 0; i < a->variables; i++)
		for (int j = 0; j < a->variables; j++)
			sum += weight[i] * weight[j] * a->comoment[mlops_comoment_at(a->variables, i, j)];
	return fmax(0, sum / (n - 1) / n);
}

/*
 * weight * (x_at, or the ratio x_at / x_(at + 1) of means): adds to the level
 * and to the gradient.
 */
static bool
add_term(const mlops_arm *a, int at, bool is_ratio, double weight, level *l, double *gradient)
{
	double		d = is_ratio ? a->mean[at + 1] : 1;

	if (d == 0)
		return false;
	l->value += weight * a->mean[at] / d;
	gradient[at] = weight / d;
	if (is_ratio)
		gradient[at + 1] = -weight * (a->mean[at] / d) / d;
	return true;
}

static mlops_status
change_of(const mlops_arm *a, level *l)
{
	double		gradient[MAX_VARIABLES] = {0};
	bool		is_ratio = a->variables == 4;

	*l = (level) {.df = (double) a->n - 1};
	if (!add_term(a, 0, is_ratio, -1, l, gradient) || !add_term(a, is_ratio ? 2 : 1, is_ratio, 1, l, gradient))
		return MLOPS_DEGENERATE;
	l->variance = variance_of_mean(a, gradient);
	return MLOPS_OK;
}

static mlops_status
section_of(const mlops_arm *a, level *l)
{
	double		gradient[MAX_VARIABLES] = {0};

	*l = (level) {.df = (double) a->n - 1};
	if (!add_term(a, 0, a->variables == 2, 1, l, gradient))
		return MLOPS_DEGENERATE;
	l->variance = variance_of_mean(a, gradient);
	return MLOPS_OK;
}

/* Satterthwaite's degrees of freedom of a sum of variances. */
static double
satterthwaite(const level *l, int n, double total)
{
	double		sum = 0;

	for (int i = 0; i < n; i++)
		sum += (l[i].variance / total) * (l[i].variance / total) / l[i].df;
	return 1 / sum;
}

static mlops_status
finish(const level *l, int n, mlops_comparison *out, double *df)
{
	double		total = 0;

	for (int i = 0; i < n; i++)
		total += l[i].variance;
	out->estimate = out->treatment - out->control;
	out->standard_error = sqrt(total);
	*df = total > 0 ? satterthwaite(l, n, total) : INFINITY;
	return MLOPS_OK;
}

static bool
has_two(const mlops_arm *a, mlops_comparison *out)
{
	if (a->n < 2)
		out->reason = a->n == 0 ? "an arm has no units" : "an arm has one unit only";
	return a->n >= 2;
}

mlops_status
mlops_did_panel(const mlops_arm *control, const mlops_arm *treatment, mlops_comparison *out, double *df)
{
	level		l[2];

	*out = MLOPS_NO_COMPARISON((double) control->n, (double) treatment->n);
	if (!has_two(control, out) || !has_two(treatment, out))
		return MLOPS_EMPTY;
	if (control->variables != treatment->variables || (control->variables != 2 && control->variables != 4))
		return MLOPS_DOMAIN;
	if (change_of(control, &l[0]) != MLOPS_OK || change_of(treatment, &l[1]) != MLOPS_OK)
	{
		out->reason = "an arm has no rows before or after";
		return MLOPS_DEGENERATE;
	}
	out->control = l[0].value;
	out->treatment = l[1].value;
	out->variant = control->variables == 4 ? "clusters, delta method" : "panel";
	return finish(l, 2, out, df);
}

mlops_status
mlops_did_sections(const mlops_arm *arm, mlops_comparison *out, double *df)
{
	level		l[4];

	*out = MLOPS_NO_COMPARISON((double) arm[0].n + (double) arm[1].n, (double) arm[2].n + (double) arm[3].n);
	for (int i = 0; i < 4; i++)
		if (!has_two(&arm[i], out))
			return MLOPS_EMPTY;
	for (int i = 0; i < 4; i++)
	{
		if (arm[i].variables != arm[0].variables || arm[i].variables > 2)
			return MLOPS_DOMAIN;
		if (section_of(&arm[i], &l[i]) != MLOPS_OK)
		{
			out->reason = "clusters have no rows";
			return MLOPS_DEGENERATE;
		}
	}
	out->control = l[1].value - l[0].value;
	out->treatment = l[3].value - l[2].value;
	out->variant = arm[0].variables == 2 ? "repeated cross-sections of clusters, delta method" : "repeated cross-sections";
	return finish(l, 4, out, df);
}
