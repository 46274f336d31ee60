/*
 * ttest.c
 *		Welch's and Student's t test of two means.
 */
#include "kernel/twosample/ttest.h"

#include <math.h>

#include "kernel/special/nct.h"
#include "kernel/special/special.h"
#include "kernel/twosample/twosample.h"

static const char *
why_not(const mlops_mean2 *r, const mlops_mean2 *c)
{
	if (r->n == 0)
		return MLOPS_REASON_NO_REFERENCE;
	if (c->n == 0)
		return MLOPS_REASON_NO_CURRENT;
	if (r->n == 1)
		return "one reference row only";
	if (c->n == 1)
		return "one current row only";
	if (!isfinite(r->m2.hi) || !isfinite(c->m2.hi))
		return "squares are out of range";
	if (!(r->m2.hi > 0) && !(c->m2.hi > 0))
		return "neither side varies";
	return NULL;
}

/*
 * The non-centrality of t is the difference of the means in standard errors,
 * delta; limits of it are limits of d (Delacre, Lakens, Ley, Liu and Leys, "Why
 * Hedges' g*s based on the non-pooled standard deviation should be reported with
 * Welch's t-test", 2021).
 */
static void
interval(mlops_test *out, double unit)
{
	const double p = 0.5 * (1 - MLOPS_EFFECT_CONFIDENCE);
	double		lower;
	double		upper;

	if (mlops_nct_delta(out->statistic, out->df, p, true, &lower) != MLOPS_OK ||
		mlops_nct_delta(out->statistic, out->df, p, false, &upper) != MLOPS_OK)
		return;
	out->effect_lower = lower * unit;
	out->effect_upper = upper * unit;
}

/*
 * The statistic, p and d of a difference with that squared standard error; unit is
 * the root of the mean variance.
 */
static mlops_status
finish(double difference, double error2, double df, double unit, mlops_test *out)
{
	mlops_tails tails;

	out->statistic = difference / sqrt(error2);
	out->df = df;
	if (!isfinite(out->statistic) || mlops_t_tails(fabs(out->statistic), out->df, &tails) != MLOPS_OK)
	{
		out->statistic = out->df = NAN;
		out->reason = "squares are out of range";
		return MLOPS_DOMAIN;
	}
	out->p = fmin(2 * tails.upper, 1);
	out->ln_p = fmin(tails.ln_upper + MLOPS_LN2, 0);
	out->effect = difference / unit;
	out->measure = "Cohen's d";
	interval(out, sqrt(error2) / unit);
	return MLOPS_OK;
}

/* The root of the mean variance of both sides. */
static double
unit_of(const mlops_mean2 *reference, const mlops_mean2 *current)
{
	return sqrt(0.5 * mlops_mean2_variance(reference) + 0.5 * mlops_mean2_variance(current));
}

mlops_status
mlops_welch_test(const mlops_mean2 *reference, const mlops_mean2 *current, mlops_test *out)
{
	double		n = (double) reference->n;
	double		m = (double) current->n;
	double		vr = mlops_mean2_variance(reference);
	double		vc = mlops_mean2_variance(current);
	double		error2 = vr / n + vc / m;
	double		share_r = vr / n / error2;
	double		share_c = vc / m / error2;

	*out = MLOPS_NO_TEST(n, m);
	out->reason = why_not(reference, current);
	if (out->reason)
		return !(n > 0) || !(m > 0) ? MLOPS_EMPTY : MLOPS_DEGENERATE;
	return finish(mlops_dd_sub(current->mean, reference->mean).hi, error2,
				  1 / (share_r * share_r / (n - 1) + share_c * share_c / (m - 1)), unit_of(reference, current), out);
}

mlops_status
mlops_student_test(const mlops_mean2 *reference, const mlops_mean2 *current, mlops_test *out)
{
	double		n = (double) reference->n;
	double		m = (double) current->n;
	double		df = n + m - 2;

	*out = MLOPS_NO_TEST(n, m);
	out->reason = why_not(reference, current);
	if (out->reason)
		return !(n > 0) || !(m > 0) ? MLOPS_EMPTY : MLOPS_DEGENERATE;
	out->variant = MLOPS_POOLED_VARIANCE;
	return finish(mlops_dd_sub(current->mean, reference->mean).hi,
				  mlops_dd_add(reference->m2, current->m2).hi / df * (1 / n + 1 / m), df, unit_of(reference, current), out);
}

mlops_status
mlops_mean_test(const mlops_mean3 *reference, const mlops_mean3 *current, mlops_test *out)
{
	const mlops_mean3 both[2] = {*reference, *current};
	mlops_status status = mlops_welch_test(&reference->base, &current->base, out);
	mlops_test	student;

	if (status == MLOPS_OK && mlops_means_skewed(both, 2) &&
		mlops_student_test(&reference->base, &current->base, &student) == MLOPS_OK && student.ln_p > out->ln_p)
		*out = student;
	return status;
}
