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

/* The metrics of a role (or all) as effects whose good direction is up (or, for harm, down). */
static size_t
gather(const mlops_gate_metric *metric, size_t n, int role, mlops_effect_interval *effect)
{
	size_t		k = 0;

	for (size_t i = 0; i < n; i++)
		if (role < 0 || metric[i].role == (mlops_gate_role) role)
			effect[k++] = (mlops_effect_interval) {
				.estimate = sign_of(&metric[i]) * metric[i].estimate,
				.standard_error = metric[i].standard_error,
				.df = metric[i].df,
				.null_value = metric[i].role == MLOPS_GATE_GUARDRAIL ? -metric[i].margin : 0,
				.weight = role == MLOPS_GATE_SUCCESS ? metric[i].weight : (double) NAN
			};
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
		m->bound = sign_of(m) * e->lower;
		m->statistic = e->statistic;
		m->p = e->p;
		m->p_adjusted = e->p_adjusted;
		m->reason = e->reason;
		m->verdict = e->reason != NULL ? MLOPS_GATE_NO_RESULT : e->rejected ? MLOPS_GATE_GOOD : MLOPS_GATE_INCONCLUSIVE;
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

		m->p_worse = effect[i].p_adjusted;
		if (effect[i].rejected)
			m->verdict = MLOPS_GATE_BAD;
		harm |= m->verdict == MLOPS_GATE_BAD;
		successes += m->role == MLOPS_GATE_SUCCESS;
		better += m->role == MLOPS_GATE_SUCCESS && m->verdict == MLOPS_GATE_GOOD;
		guarded &= m->role == MLOPS_GATE_SUCCESS || m->verdict == MLOPS_GATE_GOOD;
	}
	*verdict = harm ? MLOPS_GATE_BAD : guarded && (successes == 0 || better > 0) ? MLOPS_GATE_GOOD : MLOPS_GATE_INCONCLUSIVE;
	return MLOPS_OK;
}
