/*
 * gate.c
 *		Any success metric, and all guardrails.  See gate.h.
 */
#include "kernel/experiment/gate.h"

/* Good is up: -1 where lower is better. */
static double
sign_of(const mlops_gate_metric *m)
{
	return m->higher_is_better ? 1 : -1;
}

static bool
usable(const mlops_gate_metric *m)
{
	return isfinite(m->estimate) && m->standard_error > 0 && isfinite(m->standard_error) && m->df > 0;
}

/*
 * The metrics of a role (or all) as effects whose good direction is up.  One
 * without a result stays a member of its family, so that it does not leave its
 * part of alpha to the others: far on the side that cannot be rejected.
 */
static size_t
gather(const mlops_gate_metric *metric, size_t n, int role, mlops_effect_interval *effect)
{
	size_t		k = 0;

	for (size_t i = 0; i < n; i++)
	{
		const mlops_gate_metric *m = &metric[i];
		mlops_effect_interval e = {
			.estimate = sign_of(m) * m->estimate,
			.standard_error = m->standard_error,
			.df = m->df,
			.null_value = m->role == MLOPS_GATE_GUARDRAIL ? -m->margin : 0,
			.weight = role == MLOPS_GATE_SUCCESS ? m->weight : (double) NAN
		};

		if (role >= 0 && m->role != (mlops_gate_role) role)
			continue;
		if (!usable(m))
		{
			e.estimate = e.null_value + (role < 0 ? 1 : -1) * fmax(1, fabs(e.null_value)) * 1e3;
			e.standard_error = fmax(1, fabs(e.null_value));
			e.df = INFINITY;
		}
		effect[k++] = e;
	}
	return k;
}

static mlops_status
test_role(mlops_gate_metric *metric, size_t n, mlops_gate_role role, mlops_simultaneous *s,
		  mlops_effect_interval *effect, size_t *order, double *work)
{
	size_t		k = gather(metric, n, (int) role, effect);
	mlops_status status;

	s->alternative = MLOPS_GREATER;
	status = mlops_simultaneous_intervals(s, effect, k, order, work);
	k = 0;
	for (size_t i = 0; i < n && status == MLOPS_OK; i++)
	{
		mlops_gate_metric *m = &metric[i];
		const mlops_effect_interval *e;

		if (m->role != role)
			continue;
		e = &effect[k++];
		m->threshold = sign_of(m) * e->null_value + 0.0;
		m->bound = m->statistic = m->p = m->p_adjusted = (double) NAN;
		m->verdict = MLOPS_GATE_NO_RESULT;
		if (!usable(m))
		{
			m->reason = m->standard_error == 0 ? "the standard error is 0" : "no estimate or no standard error";
			continue;
		}
		m->bound = sign_of(m) * e->lower;
		m->statistic = e->statistic;
		m->p = e->p;
		m->p_adjusted = e->p_adjusted;
		m->reason = NULL;
		m->verdict = e->rejected ? MLOPS_GATE_GOOD : MLOPS_GATE_INCONCLUSIVE;
	}
	return status;
}

mlops_status
mlops_gate(mlops_gate_metric *metric, size_t n, double alpha, bool holm,
		   mlops_effect_interval *effect, size_t *order, double *work, mlops_gate_verdict *verdict)
{
	mlops_simultaneous s = {.confidence = 1 - alpha};
	size_t		successes = 0;
	size_t		better = 0;
	bool		harm = false;
	bool		guarded = true;
	mlops_status status;

	if (n == 0)
		return MLOPS_EMPTY;
	if (!(alpha > 0 && alpha < 0.5))
		return MLOPS_DOMAIN;
	for (size_t i = 0; i < n; i++)
		if ((metric[i].role == MLOPS_GATE_GUARDRAIL && !(metric[i].margin >= 0 && isfinite(metric[i].margin))) ||
			(!isnan(metric[i].weight) && (holm || metric[i].role != MLOPS_GATE_SUCCESS)))
			return MLOPS_DOMAIN;

	s.method = holm ? MLOPS_SIMULTANEOUS_HOLM : MLOPS_SIMULTANEOUS_BONFERRONI;
	status = test_role(metric, n, MLOPS_GATE_SUCCESS, &s, effect, order, work);
	s.method = MLOPS_SIMULTANEOUS_NONE;
	if (status == MLOPS_OK)
		status = test_role(metric, n, MLOPS_GATE_GUARDRAIL, &s, effect, order, work);
	if (status != MLOPS_OK)
		return status;

	/* harm: all metrics, the other way round */
	gather(metric, n, -1, effect);
	s.method = MLOPS_SIMULTANEOUS_BONFERRONI;
	s.alternative = MLOPS_LESS;
	status = mlops_simultaneous_intervals(&s, effect, n, order, work);
	if (status != MLOPS_OK)
		return status;
	for (size_t i = 0; i < n; i++)
	{
		mlops_gate_metric *m = &metric[i];

		m->p_worse = usable(m) ? effect[i].p_adjusted : (double) NAN;
		if (effect[i].rejected && usable(m))
			m->verdict = MLOPS_GATE_BAD;
		harm |= m->verdict == MLOPS_GATE_BAD;
		successes += m->role == MLOPS_GATE_SUCCESS;
		better += m->role == MLOPS_GATE_SUCCESS && m->verdict == MLOPS_GATE_GOOD;
		guarded &= m->role == MLOPS_GATE_SUCCESS || m->verdict == MLOPS_GATE_GOOD;
	}
	*verdict = harm ? MLOPS_GATE_BAD : guarded && (successes == 0 || better > 0) ? MLOPS_GATE_GOOD : MLOPS_GATE_INCONCLUSIVE;
	return MLOPS_OK;
}
