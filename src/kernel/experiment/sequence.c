/*
 * sequence.c
 *		Confidence sequences and e-values of a normal mixture.
 */
#include "kernel/experiment/sequence.h"

#include "kernel/special/special.h"

/* Tuning of a one-sided sequence at 2 alpha has no solution near alpha = 1/2. */
#define MOST_TUNED_ALPHA 0.9

bool
mlops_sequence_valid(const mlops_sequence *s)
{
	return s->confidence > 0 && s->confidence < 1 && isfinite(s->null_value) && s->tuning > 0 &&
		isfinite(s->tuning);
}

double
mlops_sequence_ratio(const mlops_sequence *s, double n, double variance)
{
	double		a = (1 - s->confidence) * (s->alternative == MLOPS_TWO_SIDED ? 1 : 2);
	double		twice;

	if (s->method == MLOPS_SEQUENCE_MSPRT)
		return s->tuning / variance;
	twice = -2 * log(fmin(a, MOST_TUNED_ALPHA));
	return (twice + log1p(twice)) * n / s->tuning;
}

/* ln(exp(y) - 1), y >= 0 */
static double
ln_expm1(double y)
{
	return y > 1 ? y + log1p(-exp(-y)) : log(expm1(y));
}

/*
 * x^2 / 2 + ln Phi(x).  Below -5 the two cancel: Laplace's continued fraction of
 * Mills' ratio from the 60th term down, right to the last digits there.
 */
static double
ln_scaled_phi(double x)
{
	double		mills = -x;

	if (x > -5)
		return x * x / 2 + mlops_normal_ln_sf(-x);
	for (int i = 60; i > 0; i--)
		mills = -x + i / mills;
	return -log(mills) - MLOPS_LN_2PI / 2;
}

double
mlops_sequence_ln_e(mlops_sequence_method method, mlops_alternative alternative, double z, double q)
{
	double		shrink = q > 1 ? 1 / (1 + 1 / q) : q / (1 + q);
	double		half_square = z * z * shrink / 2;
	double		x;

	if (alternative == MLOPS_TWO_SIDED)
		return half_square - log1p(q) / 2;
	x = (alternative == MLOPS_GREATER ? z : -z) * sqrt(shrink);
	if (method == MLOPS_SEQUENCE_GROWTHBOOK)
		return x > 0 ? MLOPS_LN2 - log1p(q) / 2 + ln_expm1(half_square) : -INFINITY;
	return MLOPS_LN2 - log1p(q) / 2 + ln_scaled_phi(x);
}

/* The x > 0 with x^2 / 2 + ln Phi(x) = goal >= -ln 2: convex and rising, so Newton from above falls to it. */
static double
one_sided_x(double goal)
{
	double		x = sqrt(2 * (goal > 1 ? goal + log1p(exp(-goal)) : log1p(exp(goal))));

	for (int i = 0; i < 60; i++)
	{
		double		ln_phi = mlops_normal_ln_sf(-x);
		double		excess = x * x / 2 + ln_phi - goal;
		double		slope = x + exp(-x * x / 2 - MLOPS_LN_2PI / 2 - ln_phi);
		double		next = x - excess / slope;

		if (!(next < x))
			break;
		x = fmax(next, 0);
	}
	return x;
}

double
mlops_sequence_radius(mlops_sequence_method method, mlops_alternative alternative, double q, double alpha)
{
	double		stretch = sqrt((1 + q) / q);
	double		x;

	if (alternative == MLOPS_TWO_SIDED)
		x = sqrt(log1p(q) - 2 * log(alpha));
	else if (method == MLOPS_SEQUENCE_GROWTHBOOK)
		x = sqrt(2 * log1p(sqrt(1 + q) / (2 * alpha)));
	else
		x = one_sided_x(log1p(q) / 2 - log(2 * alpha));
	return x * stretch;
}

mlops_status
mlops_compare_sequential(const mlops_sequence *s, mlops_comparison *out)
{
	static const char *const variant[] = {"asymptotic confidence sequence", "asymptotic confidence sequence of GrowthBook",
	"mSPRT"};
	double		q;
	double		half;

	if (!mlops_sequence_valid(s))
		return MLOPS_DOMAIN;
	out->variant = variant[s->method];
	if (!isfinite(out->estimate) || !(out->standard_error > 0) || !isfinite(out->standard_error))
	{
		out->reason = isfinite(out->estimate) && out->standard_error == 0 ?
			"the values do not vary" : "the standard error is beyond the range of numbers";
		return MLOPS_DEGENERATE;
	}
	if (out->n_control < s->min_units || out->n_treatment < s->min_units)
	{
		out->reason = "an arm has fewer units than an asymptotic sequence needs";
		return MLOPS_DEGENERATE;
	}

	q = mlops_sequence_ratio(s, out->n_control + out->n_treatment, out->standard_error * out->standard_error);
	if (!(q > 0) || !isfinite(q))
	{
		out->reason = "the standard error is beyond the range of numbers";
		return MLOPS_DEGENERATE;
	}
	out->statistic = (out->estimate - s->null_value) / out->standard_error;
	out->df = (double) NAN;
	out->ln_e = mlops_sequence_ln_e(s->method, s->alternative, out->statistic, q);
	out->ln_p = fmin(0, -out->ln_e);
	out->p = exp(out->ln_p);

	half = mlops_sequence_radius(s->method, s->alternative, q, 1 - s->confidence) * out->standard_error;
	out->confidence = s->confidence;
	out->lower = s->alternative == MLOPS_LESS ? -INFINITY : out->estimate - half;
	out->upper = s->alternative == MLOPS_GREATER ? INFINITY : out->estimate + half;
	return MLOPS_OK;
}
