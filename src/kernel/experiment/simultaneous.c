/*
 * simultaneous.c
 *		Adjusted p-values and intervals that hold together.  See
 *		simultaneous.h.
 */
#include "kernel/experiment/simultaneous.h"

#include "kernel/multiplicity/adjust.h"
#include "kernel/special/special.h"

/* Estimate and interval at a level (of the one or both sides); nothing at level 0. */
static mlops_status
interval_at(const mlops_simultaneous *s, mlops_effect_interval *e, double level)
{
	double		tail = s->alternative == MLOPS_TWO_SIDED ? level / 2 : level;
	double		critical = INFINITY;

	if (tail > 0)
	{
		if (isinf(e->df))
			critical = mlops_normal_quantile_upper(tail);
		else
		{
			mlops_status status = mlops_t_quantile(tail, true, e->df, &critical);

			if (status != MLOPS_OK)
				return status;
		}
	}
	e->lower = s->alternative == MLOPS_LESS ? -INFINITY : e->estimate - critical * e->standard_error;
	e->upper = s->alternative == MLOPS_GREATER ? INFINITY : e->estimate + critical * e->standard_error;
	return MLOPS_OK;
}

/* Statistic and p of each by itself. */
static mlops_status
test_alone(const mlops_simultaneous *s, mlops_effect_interval *e)
{
	mlops_comparison c = MLOPS_NO_COMPARISON(0, 0);
	mlops_status status;

	c.estimate = e->estimate;
	c.standard_error = e->standard_error;
	status = mlops_compare_by_t(e->df, e->null_value, s->alternative, s->confidence, &c);
	e->statistic = c.statistic;
	e->p = c.p;
	e->ln_p = c.ln_p;
	e->lower = c.lower;
	e->upper = c.upper;
	return status;
}

/*
 * Bounds that are compatible with Holm's decisions: those not rejected share
 * alpha; what is rejected is only known to be beyond its null value, unless
 * everything is rejected.
 */
static mlops_status
holm_bounds(const mlops_simultaneous *s, mlops_effect_interval *effect, size_t n, size_t m)
{
	size_t		accepted = 0;

	for (size_t i = 0; i < n; i++)
		accepted += effect[i].reason == NULL && !effect[i].rejected;
	for (size_t i = 0; i < n; i++)
	{
		mlops_effect_interval *e = &effect[i];
		mlops_status status;

		if (e->reason != NULL)
			continue;
		status = interval_at(s, e, (1 - s->confidence) / (double) (accepted > 0 ? accepted : m));
		if (status != MLOPS_OK)
			return status;
		if (!e->rejected)
			continue;
		if (s->alternative == MLOPS_GREATER)
			e->lower = accepted > 0 ? e->null_value : fmax(e->null_value, e->lower);
		else
			e->upper = accepted > 0 ? e->null_value : fmin(e->null_value, e->upper);
	}
	return MLOPS_OK;
}

static mlops_status
dunnett_intervals(const mlops_simultaneous *s, mlops_effect_interval *effect, size_t n, double *lambda)
{
	bool		two_sided = s->alternative == MLOPS_TWO_SIDED;
	size_t		m = 0;
	double		c;
	mlops_status status;

	for (size_t i = 0; i < n; i++)
		if (effect[i].reason == NULL)
			lambda[m++] = s->control_se / effect[i].standard_error;
	if (m == 0)
		return MLOPS_OK;
	status = mlops_dunnett_quantile(1 - s->confidence, lambda, m, s->df, two_sided, &c);
	for (size_t i = 0; i < n && status == MLOPS_OK; i++)
	{
		mlops_effect_interval *e = &effect[i];
		double		ln_sf;

		if (e->reason != NULL)
			continue;
		if (s->breathe != NULL)
			s->breathe();
		status = mlops_dunnett_ln_sf(two_sided ? fabs(e->statistic) : s->alternative == MLOPS_GREATER ? e->statistic : -e->statistic,
									 lambda, m, s->df, two_sided, &ln_sf);
		e->p_adjusted = exp(ln_sf);
		e->lower = s->alternative == MLOPS_LESS ? -INFINITY : e->estimate - c * e->standard_error;
		e->upper = s->alternative == MLOPS_GREATER ? INFINITY : e->estimate + c * e->standard_error;
	}
	return status;
}

/* Holm's and Benjamini and Hochberg's adjusted p; work: 4 n doubles. */
static mlops_status
adjust(mlops_adjustment method, mlops_effect_interval *effect, size_t n, size_t *order, double *work)
{
	size_t		m = 0;
	mlops_status status;

	for (size_t i = 0; i < n; i++)
		if (effect[i].reason == NULL)
			work[m++] = fmin(effect[i].p, 1);
	status = mlops_adjust_p(method, work, m, work + n, order, work + 2 * n);
	m = 0;
	for (size_t i = 0; i < n && status == MLOPS_OK; i++)
		if (effect[i].reason == NULL)
			effect[i].p_adjusted = work[n + m++];
	return status;
}

/* One effect by a method that gives each its own level. */
static mlops_status
own_level(const mlops_simultaneous *s, mlops_effect_interval *e, double m)
{
	double		alpha = 1 - s->confidence;
	double		weight = isnan(e->weight) ? 1 / m : e->weight;

	switch (s->method)
	{
		case MLOPS_SIMULTANEOUS_BONFERRONI:
			e->p_adjusted = weight > 0 ? fmin(1, e->p / weight) : 1;
			return interval_at(s, e, alpha * weight);
		case MLOPS_SIMULTANEOUS_SIDAK:
			e->p_adjusted = e->p < 1 ? -expm1(m * log1p(-e->p)) : 1;
			return interval_at(s, e, -expm1(log1p(-alpha) / m));
		default:
			e->p_adjusted = e->p;
			return MLOPS_OK;	/* test_alone() has the interval */
	}
}

/* What the method makes of the p-values and intervals of m effects. */
static mlops_status
together(const mlops_simultaneous *s, mlops_effect_interval *effect, size_t n, size_t m, size_t *order, double *work)
{
	bool		by_rank = s->method == MLOPS_SIMULTANEOUS_HOLM || s->method == MLOPS_SIMULTANEOUS_FCR;
	size_t		selected = 0;
	mlops_status status = MLOPS_OK;

	if (by_rank)
		status = adjust(s->method == MLOPS_SIMULTANEOUS_HOLM ? MLOPS_ADJUST_HOLM : MLOPS_ADJUST_BH, effect, n, order, work);
	else if (s->method == MLOPS_SIMULTANEOUS_DUNNETT)
		status = dunnett_intervals(s, effect, n, work);
	for (size_t i = 0; i < n && status == MLOPS_OK; i++)
	{
		mlops_effect_interval *e = &effect[i];

		if (e->reason != NULL)
			continue;
		if (!by_rank && s->method != MLOPS_SIMULTANEOUS_DUNNETT)
			status = own_level(s, e, (double) m);
		e->rejected = e->p_adjusted <= 1 - s->confidence;
		selected += e->rejected;
	}
	if (status == MLOPS_OK && s->method == MLOPS_SIMULTANEOUS_HOLM)
		return holm_bounds(s, effect, n, m);
	for (size_t i = 0; i < n && status == MLOPS_OK && s->method == MLOPS_SIMULTANEOUS_FCR; i++)
	{
		mlops_effect_interval *e = &effect[i];

		if (e->reason == NULL && e->rejected)
			status = interval_at(s, e, (1 - s->confidence) * (double) selected / (double) m);
		else
			e->lower = e->upper = (double) NAN;
	}
	return status;
}

mlops_status
mlops_simultaneous_intervals(const mlops_simultaneous *s, mlops_effect_interval *effect, size_t n,
							 size_t *order, double *work)
{
	size_t		m = 0;
	double		weights = 0;

	if (!(s->confidence > 0 && s->confidence < 1) ||
		(s->method == MLOPS_SIMULTANEOUS_HOLM && s->alternative == MLOPS_TWO_SIDED) ||
		(s->method == MLOPS_SIMULTANEOUS_DUNNETT && !(s->control_se > 0 && s->df >= 1)))
		return MLOPS_DOMAIN;
	for (size_t i = 0; i < n; i++)
	{
		mlops_effect_interval *e = &effect[i];

		if (!isnan(e->weight))
		{
			if (!(e->weight >= 0))
				return MLOPS_DOMAIN;
			weights += e->weight;
		}
		e->statistic = e->p = e->ln_p = e->p_adjusted = e->lower = e->upper = (double) NAN;
		e->rejected = false;
		e->reason = NULL;
		if (isnan(e->estimate) || isnan(e->standard_error))
			e->reason = "no estimate or no standard error";
		else if (!(e->standard_error > 0) || isinf(e->standard_error) || isinf(e->estimate) || !(e->df > 0))
			e->reason = e->standard_error == 0 ? "the standard error is 0" : "estimate, standard error or df are out of range";
		else
		{
			mlops_status status;

			if (s->method == MLOPS_SIMULTANEOUS_DUNNETT)
				e->df = s->df;
			status = test_alone(s, e);
			if (status != MLOPS_OK)
				return status;
			m++;
		}
	}
	if (weights > 1 + 1e-9)
		return MLOPS_DOMAIN;
	return together(s, effect, n, m, order, work);
}
