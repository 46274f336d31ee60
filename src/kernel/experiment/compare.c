/*
 * compare.c
 *		Fixed-horizon answers about an effect.  See compare.h.
 */
#include "kernel/experiment/compare.h"

#include "kernel/special/special.h"

#define NO_BASE "the control's level is 0"

/* One test of the question: against an effect of null_value (beyond it, for one-sided ones). */
typedef struct one_test
{
	double		null_value;
	mlops_alternative alternative;
} one_test;

static int
tests_of(const mlops_question *q, one_test *test)
{
	if (q->hypothesis == MLOPS_SUPERIORITY)
	{
		test[0] = (one_test) {0, q->alternative};
		return 1;
	}
	test[0] = (one_test) {-q->margin, MLOPS_GREATER};
	test[1] = (one_test) {q->margin, MLOPS_LESS};
	if (q->hypothesis == MLOPS_EQUIVALENCE)
		return 2;
	if (!q->higher_is_better)
		test[0] = test[1];
	return 1;
}

static bool
may_be_asked(const mlops_question *q)
{
	return q->confidence > 0 && q->confidence < 1 &&
		(q->scale != MLOPS_SCALED || (q->factor > 0 && isfinite(q->factor))) &&
		(q->hypothesis == MLOPS_SUPERIORITY || (q->margin > 0 && isfinite(q->margin))) &&
		(q->hypothesis != MLOPS_EQUIVALENCE || q->confidence > 0.5);
}

/*
 * From the answers to both one-sided tests, that to the question: both have to
 * reject, so the weaker evidence counts, and each gives one end of the interval.
 */
static void
join_tests(const mlops_comparison *above, const mlops_comparison *below, mlops_comparison *out)
{
	bool		first = isnan(above->ln_e) ? above->ln_p >= below->ln_p : above->ln_e <= below->ln_e;

	*out = first ? *above : *below;
	out->lower = above->lower;
	out->upper = below->upper;
	/* 0.9 of 0.95, without the rounding of binary fractions */
	out->confidence = rint(1e15 * (2 * above->confidence - 1)) / 1e15;
}

/* Estimate and standard error are right as they are: absolute, scaled, delta method. */
static mlops_status
by_t(double df, const one_test *test, int tests, double confidence, mlops_comparison *out)
{
	mlops_comparison answer[2] = {*out, *out};
	mlops_status status = MLOPS_OK;

	for (int i = 0; i < tests && status == MLOPS_OK; i++)
		status = mlops_compare_by_t(df, test[i].null_value, test[i].alternative, confidence, &answer[i]);
	if (tests == 1 || status != MLOPS_OK)
		*out = answer[0];
	else
		join_tests(&answer[0], &answer[1], out);
	return status;
}

/* ln of the ratio of two positive levels. */
static mlops_status
by_log_ratio(const mlops_effect *e, const one_test *test, int tests, double confidence, mlops_comparison *out)
{
	double		ratio = e->treatment / e->control;
	mlops_comparison answer = *out;
	one_test	log_test[2];
	mlops_status status;

	if (!(e->control > 0) || !(e->treatment > 0) || !isfinite(ratio))
	{
		out->reason = "the levels are not positive";
		return MLOPS_DEGENERATE;
	}
	for (int i = 0; i < tests; i++)
		log_test[i] = (one_test) {log1p(test[i].null_value), test[i].alternative};
	answer.estimate = log1p(e->difference / e->control);
	answer.standard_error = sqrt(mlops_effect_contrast_variance(e, ratio)) / e->treatment;
	status = by_t(mlops_effect_contrast_df(e, ratio), log_test, tests, confidence, &answer);
	answer.estimate = out->estimate;
	answer.standard_error = out->standard_error;
	answer.lower = expm1(answer.lower);
	answer.upper = expm1(answer.upper);
	*out = answer;
	return status;
}

/*
 * Fieller: the effects d that the contrast difference - d |control| does not
 * reject, (D - d B)^2 <= t^2 (V_D - 2 d cov + d^2 V_B); an interval when B
 * differs from 0 at the same confidence.
 */
static const char *
fieller_ends(double d, double v, double base, double v_base, double cov, double t, double *low, double *high)
{
	double		a = base * base - t * t * v_base;
	double		b = d * base - t * t * cov;
	double		c = d * d - t * t * v;
	double		root = sqrt(fmax(b * b - a * c, 0));
	double		q = b < 0 ? b - root : b + root;

	if (!(a > 0))
		return "the control's level is not known from 0: the interval has no end";
	*low = fmin(q / a, q == 0 ? 0 : c / q);
	*high = fmax(q / a, q == 0 ? 0 : c / q);
	return NULL;
}

static mlops_status
by_fieller(const mlops_effect *e, const one_test *test, int tests, double confidence, mlops_comparison *out)
{
	double		sign = e->control < 0 ? -1 : 1;
	double		base = fabs(e->control);
	double		cov = sign * (e->covariance - e->control_variance);
	mlops_comparison answer[2] = {*out, *out};

	for (int i = 0; i < tests; i++)
	{
		mlops_comparison *it = &answer[i];
		double		null_value = test[i].null_value;
		double		rho = 1 + sign * null_value;
		mlops_comparison contrast = *out;
		double		low = NAN;
		double		high = NAN;
		double		t;
		mlops_status status;

		contrast.estimate = e->difference - null_value * base;
		contrast.standard_error = sqrt(mlops_effect_contrast_variance(e, rho));
		status = mlops_compare_by_t(mlops_effect_contrast_df(e, rho), 0, test[i].alternative, confidence, &contrast);
		if (status != MLOPS_OK)
			return status;
		it->statistic = contrast.statistic;
		it->df = contrast.df;
		it->p = contrast.p;
		it->ln_p = contrast.ln_p;
		it->confidence = confidence;
		t = test[i].alternative == MLOPS_TWO_SIDED ? (1 - confidence) / 2 : 1 - confidence;
		status = mlops_critical_t(t, mlops_effect_contrast_df(e, rho), &t);
		if (status != MLOPS_OK)
			return status;
		it->reason = fieller_ends(e->difference, e->variance, base, e->control_variance, cov, t,
								  t < 0 ? &high : &low, t < 0 ? &low : &high);
		it->lower = test[i].alternative == MLOPS_LESS && !it->reason ? -INFINITY : low;
		it->upper = test[i].alternative == MLOPS_GREATER && !it->reason ? INFINITY : high;
	}
	if (tests == 1)
		*out = answer[0];
	else
		join_tests(&answer[0], &answer[1], out);
	if (base == 0)
		out->reason = NO_BASE;
	return out->reason ? MLOPS_DEGENERATE : MLOPS_OK;
}

mlops_status
mlops_compare_estimate(const mlops_effect *e, mlops_status status, const mlops_question *q, mlops_comparison *out)
{
	double		factor = q->scale == MLOPS_SCALED ? q->factor : 1;

	*out = MLOPS_NO_COMPARISON(e->n_control, e->n_treatment);
	if (!may_be_asked(q))
		return MLOPS_DOMAIN;
	out->control = e->control;
	out->treatment = e->treatment;
	out->reason = e->reason;
	out->estimate = factor * e->difference;
	out->standard_error = status == MLOPS_OK ? factor * sqrt(e->variance) : (double) NAN;
	if (q->scale == MLOPS_RELATIVE)
	{
		out->estimate = e->relative;
		out->standard_error = status == MLOPS_OK ? sqrt(e->relative_variance) : (double) NAN;
		if (status == MLOPS_OK && isnan(out->estimate))
		{
			out->reason = NO_BASE;
			return MLOPS_DEGENERATE;
		}
	}
	return status == MLOPS_DOMAIN ? MLOPS_DEGENERATE : status;
}

/* The relative effect by the other methods is of the adjusted level of the control. */
static void
set_relative(const mlops_effect *e, mlops_comparison *out)
{
	double		base = fabs(e->control);

	out->estimate = base > 0 ? e->difference / base : (double) NAN;
	out->standard_error = base > 0 && e->variance > 0 ?
		sqrt(mlops_effect_contrast_variance(e, e->treatment / e->control)) / base : (double) NAN;
	out->reason = e->reason;
}

static mlops_relative_method
choose_method(const mlops_effect *e, const mlops_question *q)
{
	if (q->relative != MLOPS_RELATIVE_AUTO)
		return q->relative;
	return q->hypothesis == MLOPS_SUPERIORITY && e->control > 0 && e->treatment > 0 ? MLOPS_LOG_RATIO : MLOPS_FIELLER;
}

mlops_status
mlops_compare_effect(const mlops_effect *e, mlops_status status, const mlops_question *q, mlops_comparison *out)
{
	one_test	test[2];
	int			tests = tests_of(q, test);
	mlops_relative_method method = choose_method(e, q);

	if (q->scale == MLOPS_RELATIVE && method == MLOPS_LOG_RATIO && q->hypothesis != MLOPS_SUPERIORITY && !(q->margin < 1))
		return MLOPS_DOMAIN;
	if (q->scale != MLOPS_RELATIVE || method == MLOPS_DELTA)
	{
		status = mlops_compare_estimate(e, status, q, out);
		if (q->scale == MLOPS_RELATIVE)
			out->variant = "delta";
		return status == MLOPS_OK ? by_t(e->df, test, tests, q->confidence, out) : status;
	}
	if (mlops_compare_estimate(e, status, q, out) == MLOPS_DOMAIN)
		return MLOPS_DOMAIN;
	set_relative(e, out);
	out->variant = method == MLOPS_FIELLER ? "Fieller" : "log-ratio";
	if (status != MLOPS_OK)
		return status == MLOPS_DOMAIN ? MLOPS_DEGENERATE : status;
	return (method == MLOPS_FIELLER ? by_fieller : by_log_ratio) (e, test, tests, q->confidence, out);
}

mlops_status
mlops_compare_sequence(const mlops_effect *e, mlops_status status, const mlops_question *q,
					   const mlops_sequence *tuning, mlops_comparison *out)
{
	one_test	test[2];
	int			tests = tests_of(q, test);
	mlops_comparison answer[2];

	status = mlops_compare_estimate(e, status, q, out);
	if (status != MLOPS_OK)
		return status;
	for (int i = 0; i < tests; i++)
	{
		mlops_sequence s = *tuning;

		s.alternative = test[i].alternative;
		s.null_value = test[i].null_value;
		s.confidence = q->confidence;
		answer[i] = *out;
		status = mlops_compare_sequential(&s, &answer[i]);
		if (status != MLOPS_OK)
		{
			*out = answer[i];
			return status;
		}
	}
	if (tests == 1)
		*out = answer[0];
	else
		join_tests(&answer[0], &answer[1], out);
	return MLOPS_OK;
}
