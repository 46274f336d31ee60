/*
 * proportions.h
 *		Two proportions of independent arms: tests that hold with few events,
 *		intervals that hold with none.
 *
 * See doc/experiments/compare.md.
 */
#ifndef MLOPS_PROPORTIONS_H
#define MLOPS_PROPORTIONS_H

#include "kernel/experiment/compare.h"

/* Counts are doubles that hold integers up to this. */
#define MLOPS_PROPORTIONS_MAX 1e15

/* Below so many units of both arms tests are exact and unconditional. */
#define MLOPS_UNCONDITIONAL_MAX 1000

/* From so many units, with so many expected in each of the four cells, they are score tests. */
#define MLOPS_SCORE_EXPECTED 5

typedef struct mlops_proportions
{
	double		events_control;
	double		n_control;
	double		events_treatment;
	double		n_treatment;
} mlops_proportions;

/*
 * Answer to a question (the relative method is the score interval of the ratio).
 * statistic is the score z; p is that of the variant:
 *	  "pooled score" / "score" (against a margin)	normal law
 *	  "Boschloo"			exact, unconditional, ordered by Fisher's one-sided p; two-sided: twice the smaller
 *	  "exact"				against a margin: exact, unconditional, ordered by the score
 *	  "Fisher"				exact, conditional: many units and few events
 * Interval: Newcombe's (absolute, scaled), Koopman's (relative); both exist
 * with no events.  MLOPS_EMPTY (no units), MLOPS_DEGENERATE (relative, no events in the
 * control: no estimate, but a p), each with a reason; MLOPS_DOMAIN for what is no
 * count and for questions that cannot be asked (a margin of 1 or more).
 */
extern mlops_status mlops_compare_proportions(const mlops_proportions *p, const mlops_question *q,
											  mlops_comparison *out);

/*
 * P(the table or a more extreme one), at the worst proportion, one-sided:
 * evidence that high's proportion is above low's + difference, or above low's x ratio
 * (difference 0, ratio 1: order by Fisher's p, else by the score).  Fewer than
 * MLOPS_UNCONDITIONAL_MAX units.
 */
extern mlops_status mlops_unconditional_p(double low_events, double low_n, double high_events,
										  double high_n, double difference, double ratio, double *p);

/* Score z of high - low against a difference, or against a ratio high / low. */
extern double mlops_score_difference(double low_events, double low_n, double high_events,
									 double high_n, double difference);
extern double mlops_score_ratio(double low_events, double low_n, double high_events, double high_n,
								double ratio);

#endif
