/*
 * gate.h
 *		May the treatment go on?  Any success metric, and all guardrails.
 *
 * The treatment passes if at least one success metric is shown to be better and every
 * guardrail to be non-inferior.  One of several successes is enough, so
 * their alpha is divided; all guardrails have to hold, so each has all of alpha (the
 * intersection-union test; what is divided there is beta).  It fails as soon
 * as one metric is shown to be worse, with alpha divided over all metrics.
 * See doc/experiments/multiplicity.md.
 */
#ifndef MLOPS_GATE_H
#define MLOPS_GATE_H

#include "kernel/experiment/simultaneous.h"

typedef enum mlops_gate_role
{
	MLOPS_GATE_SUCCESS,
	MLOPS_GATE_GUARDRAIL
} mlops_gate_role;

typedef enum mlops_gate_verdict
{
	MLOPS_GATE_INCONCLUSIVE,
	MLOPS_GATE_GOOD,			/* success: better; guardrail: non-inferior; all: pass */
	MLOPS_GATE_BAD,				/* worse; inferior; fail */
	MLOPS_GATE_NO_RESULT		/* of a metric: no estimate or standard error */
} mlops_gate_verdict;

typedef struct mlops_gate_metric
{
	mlops_gate_role role;
	bool		higher_is_better;
	double		estimate;		/* treatment - control */
	double		standard_error;
	double		df;				/* infinite: normal */
	double		margin;			/* guardrail: worse by this much is still acceptable, >= 0 */
	double		weight;			/* success: share of alpha; NaN: 1 / their number */

	double		threshold;		/* what the bound is compared with: 0, or -+ margin */
	double		bound;			/* one-sided, at the level of its role */
	double		statistic;		/* positive: good */
	double		p;
	double		p_adjusted;
	double		p_worse;		/* that it is not worse, adjusted for all metrics */
	mlops_gate_verdict verdict;
	const char *reason;
} mlops_gate_metric;

/*
 * Fills the results of metric[n] and the verdict of all.  holm: the success
 * metrics are corrected by Holm's method, else by Bonferroni's (with weights).
 * effect[n], order[2 n] and work[4 n] are work space.  MLOPS_DOMAIN: alpha is
 * not within (0, 0.5), a margin is negative or missing, weights that the method does
 * not have; MLOPS_EMPTY: no metric.
 */
extern mlops_status mlops_gate(mlops_gate_metric *metric, size_t n, double alpha, bool holm,
							   mlops_effect_interval *effect, size_t *order, double *work,
							   mlops_gate_verdict *verdict);

#endif
