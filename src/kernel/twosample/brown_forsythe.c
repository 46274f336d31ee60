/*
 * brown_forsythe.c
 *		Brown-Forsythe test over the pooled sorted values of two samples.
 */
#include "kernel/twosample/brown_forsythe.h"

#include <float.h>
#include <math.h>

#include "kernel/special/special.h"

typedef struct spread
{
	mlops_median median;
	double		center;
	mlops_mean2 deviation;
} spread;

typedef struct brown_forsythe
{
	int			pass;			/* 0: medians, 1: deviations */
	spread		side[2];		/* reference, current */
} brown_forsythe;

double
mlops_deviation(double x, double median)
{
	return fmin(fabs(x - median), DBL_MAX);
}

/* Squares of what median and difference lose by rounding, over all rows. */
double
mlops_deviation_noise(const mlops_mean2 *deviation, double median)
{
	double		unit = DBL_EPSILON * (fabs(median) + deviation->mean.hi);

	return (double) deviation->n * unit * unit;
}

mlops_status
mlops_deviation_test(mlops_anova *a, double noise, mlops_group_test *out)
{
	mlops_status status;

	if (a->within.hi <= noise)
		a->within = (mlops_dd) {0, 0};
	status = mlops_anova_finish(a, out);
	/* what does not vary are the deviations, not the values */
	if (status == MLOPS_DEGENERATE && out->df2 > 0)
		out->reason = "deviations from the medians do not vary";
	return status;
}

void
mlops_median_step(mlops_median *m, double x, double rows)
{
	double		first = floor((m->n + 1) / 2);
	double		second = floor(m->n / 2) + 1;

	if (m->rank < first && first <= m->rank + rows)
		m->lower = x;
	if (m->rank < second && second <= m->rank + rows)
		m->upper = x;
	m->rank += rows;
}

double
mlops_median_value(const mlops_median *m)
{
	double		sum = m->lower + m->upper;

	return isfinite(sum) ? 0.5 * sum : 0.5 * m->lower + 0.5 * m->upper;
}

static size_t
state_size(double n, double m, const mlops_twosample_options *options)
{
	(void) n;
	(void) m;
	(void) options;
	return sizeof(brown_forsythe);
}

static void
begin(void *state, double n, double m, const mlops_twosample_options *options)
{
	brown_forsythe *b = state;

	(void) options;
	b->side[0].median.n = n;
	b->side[1].median.n = m;
}

static void
step(void *state, const mlops_runs *runs)
{
	brown_forsythe *b = state;

	for (int side = 0; side < 2; side++)
	{
		const double *rows = side == 0 ? runs->reference : runs->current;
		spread	   *s = &b->side[side];

		for (size_t i = 0; i < runs->n; i++)
		{
			if (!(rows[i] > 0))
				continue;
			if (b->pass == 0)
				mlops_median_step(&s->median, runs->x[i], rows[i]);
			else if (rows[i] == 1)
				mlops_mean2_add(&s->deviation, mlops_deviation(runs->x[i], s->center));
			else
				mlops_mean2_add_rows(&s->deviation, mlops_deviation(runs->x[i], s->center), (int64_t) rows[i]);
		}
	}
}

static bool
again(void *state)
{
	brown_forsythe *b = state;

	if (b->pass > 0 || !(b->side[0].median.n > 0) || !(b->side[1].median.n > 0))
		return false;
	for (int side = 0; side < 2; side++)
		b->side[side].center = mlops_median_value(&b->side[side].median);
	b->pass = 1;
	return true;
}

/*
 * The ratio of the mean deviations, and its interval: the logarithm of a mean
 * has the variance (sd / mean)^2 / n (delta method; Bonett and Seier,
 * "Confidence intervals for mean absolute deviations", 2003, without their
 * factor n / (n - 1)).
 */
static void
ratio(const brown_forsythe *b, mlops_test *out)
{
	const mlops_mean2 *r = &b->side[0].deviation;
	const mlops_mean2 *c = &b->side[1].deviation;
	double		z = mlops_normal_quantile_upper(0.5 * (1 - MLOPS_EFFECT_CONFIDENCE));
	double		effect = c->mean.hi / r->mean.hi;
	double		half;

	if (isnan(effect))
		return;
	out->effect = effect;
	out->measure = "ratio of mean absolute deviations";
	if (!(c->mean.hi > 0) || !(r->mean.hi > 0))
		return;
	half = z * sqrt(mlops_mean2_variance(r) / (double) r->n / r->mean.hi / r->mean.hi +
					mlops_mean2_variance(c) / (double) c->n / c->mean.hi / c->mean.hi);
	if (!isfinite(half))
		return;
	out->effect_lower = effect * exp(-half);
	out->effect_upper = effect * exp(half);
}

static void
finish(void *state, mlops_test *out)
{
	const brown_forsythe *b = state;
	mlops_anova a = {0};
	mlops_group_test t;

	*out = MLOPS_NO_TEST(b->side[0].median.n, b->side[1].median.n);
	if (!(out->n > 0) || !(out->m > 0))
	{
		out->reason = out->n > 0 ? MLOPS_REASON_NO_CURRENT : MLOPS_REASON_NO_REFERENCE;
		return;
	}
	mlops_anova_add(&a, &b->side[0].deviation);
	mlops_anova_add(&a, &b->side[1].deviation);
	(void) mlops_deviation_test(&a, mlops_deviation_noise(&b->side[0].deviation, b->side[0].center) +
								mlops_deviation_noise(&b->side[1].deviation, b->side[1].center), &t);
	out->statistic = t.statistic;
	out->df = t.df2;
	out->p = t.p;
	out->ln_p = t.ln_p;
	if (t.reason)
		out->reason = out->df > 0 ? t.reason : "one row on each side";
	ratio(b, out);
}

const mlops_twosample_method mlops_brown_forsythe_method = {
	"brown_forsythe_test", state_size, begin, step, again, finish
};
