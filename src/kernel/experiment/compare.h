/*
 * compare.h
 *		The answer to a question about an effect: how large it is, on which
 *		scale, and the evidence at one fixed moment.
 *
 * Formulas: doc/experiments/compare.md.
 */
#ifndef MLOPS_COMPARE_H
#define MLOPS_COMPARE_H

#include "kernel/experiment/comparison.h"
#include "kernel/experiment/effect.h"
#include "kernel/experiment/sequence.h"

typedef enum mlops_scale
{
	MLOPS_ABSOLUTE,				/* treatment - control */
	MLOPS_RELATIVE,				/* (treatment - control) / |control| */
	MLOPS_SCALED				/* (treatment - control) x factor */
} mlops_scale;

typedef enum mlops_hypothesis
{
	MLOPS_SUPERIORITY,			/* against no effect */
	MLOPS_NON_INFERIORITY,		/* against an effect at the margin or worse, one-sided */
	MLOPS_EQUIVALENCE			/* against an effect at or beyond the margin on either side */
} mlops_hypothesis;

typedef enum mlops_relative_method
{
	MLOPS_RELATIVE_AUTO,
	MLOPS_LOG_RATIO,
	MLOPS_FIELLER,
	MLOPS_DELTA
} mlops_relative_method;

typedef struct mlops_question
{
	mlops_scale scale;
	double		factor;			/* of MLOPS_SCALED, > 0 */
	mlops_hypothesis hypothesis;
	double		margin;			/* > 0, on the scale of the effect; not of superiority */
	bool		higher_is_better;	/* of non-inferiority */
	mlops_alternative alternative;	/* of superiority */
	double		confidence;
	mlops_relative_method relative;
} mlops_question;

/*
 * Fixed-horizon answer by Student's t (normal where the effect's df is
 * infinite).  status is what mlops_effect_of returned.  The interval of a
 * one-sided question is one-sided; that of equivalence is the two-sided one that
 * its two tests imply, of confidence 2 confidence - 1, which out->confidence says.
 * variant names the relative method.  MLOPS_DEGENERATE or MLOPS_EMPTY with a
 * reason where there is no p or no interval; MLOPS_DOMAIN for a question that
 * cannot be asked (confidence, margin, factor).
 */
extern mlops_status mlops_compare_effect(const mlops_effect *e, mlops_status status,
										 const mlops_question *q, mlops_comparison *out);

/*
 * The same question by always-valid inference: tuning says how (its alternative, confidence and
 * null value come from the question).  Relative effects are those of the delta method.
 */
extern mlops_status mlops_compare_sequence(const mlops_effect *e, mlops_status status,
										   const mlops_question *q, const mlops_sequence *tuning,
										   mlops_comparison *out);

/*
 * Estimate and standard error of the effect on the scale of the question (relative: the
 * delta method), for inferences that need no more than these; NaN and reason
 * as above.
 */
extern mlops_status mlops_compare_estimate(const mlops_effect *e, mlops_status status,
										   const mlops_question *q, mlops_comparison *out);

#endif
