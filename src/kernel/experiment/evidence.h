/*
 * evidence.h
 *		The running evidence about one effect, continued look by look.
 *
 * A phase is a set of units with one treatment share; its numbers are
 * cumulative within it.  Each phase has an e-value at every look, and phases
 * have no units in common, so that the product over the phases is one: whoever
 * looks, and whenever the share changes.  p = min(1, 1 / largest product so
 * far); a look that was missed costs nothing but the chance to see a peak.
 */
#ifndef MLOPS_EVIDENCE_H
#define MLOPS_EVIDENCE_H

#include "kernel/experiment/sequence.h"

typedef enum mlops_evidence_method
{
	MLOPS_EVIDENCE_ASYMPTOTIC = 1,	/* asymptotic confidence sequence of an effect; tuning is planned_n */
	MLOPS_EVIDENCE_MSPRT,		/* of an effect; tuning is the mixing variance */
	MLOPS_EVIDENCE_COUNTS,		/* events of two arms; tuning is the concentration of the Beta law */
	MLOPS_EVIDENCE_E_VALUE		/* ln e-values from elsewhere */
} mlops_evidence_method;

/* How two moments values become an effect; NONE where there are none. */
typedef enum mlops_evidence_metric
{
	MLOPS_EVIDENCE_NONE,
	MLOPS_EVIDENCE_MEAN,
	MLOPS_EVIDENCE_PROPORTION,
	MLOPS_EVIDENCE_RATIO
} mlops_evidence_metric;

#define MLOPS_EVIDENCE_MAX_PHASES 1000
#define MLOPS_EVIDENCE_MAX_COUNT INT64_C(9007199254740992)

typedef struct mlops_evidence_phase
{
	double		share;			/* the treatment's, of counts; else 0 */
	int64_t		n_control;		/* units at the last look */
	int64_t		n_treatment;
	int64_t		events_control; /* of counts; else 0 */
	int64_t		events_treatment;
	double		estimate;		/* of effects; ln e of e-values; else 0 */
	double		variance;		/* of estimate, effects; 0 before the first usable look */
} mlops_evidence_phase;

typedef struct mlops_evidence_state
{
	uint32_t	method;			/* MLOPS_EVIDENCE_... */
	uint32_t	metric;
	uint32_t	alternative;	/* MLOPS_TWO_SIDED ... */
	uint32_t	phases;			/* .. MLOPS_EVIDENCE_MAX_PHASES, at least 1 */
	double		confidence;
	double		null_value;		/* effect, or ratio of rates for counts */
	double		tuning;			/* 0 for e-values */
	int64_t		min_units;		/* of each arm before an effect counts */
	int64_t		looks;
	double		max_ln_e;		/* at least 0 */
} mlops_evidence_state;

typedef struct mlops_evidence_interval
{
	double		estimate;		/* effect, or ratio of rates; NaN when there is none */
	double		lower;
	double		upper;
	const char *reason;			/* why there is no interval, or NULL */
} mlops_evidence_interval;

/* What is wrong with the parameters, or with the numbers of a phase; NULL if nothing is. */
extern const char *mlops_evidence_check(const mlops_evidence_state *s);
extern const char *mlops_evidence_check_phase(const mlops_evidence_state *s, const mlops_evidence_phase *p);

/* ln E of one phase, and of all together. */
extern mlops_status mlops_evidence_phase_ln_e(const mlops_evidence_state *s, const mlops_evidence_phase *p,
											  double *ln_e);
extern mlops_status mlops_evidence_ln_e(const mlops_evidence_state *s, const mlops_evidence_phase *phase,
										double *ln_e);

/* Count a look at the phases as they are now, and keep its evidence. */
extern mlops_status mlops_evidence_look(mlops_evidence_state *s, const mlops_evidence_phase *phase);

/*
 * The effects (ratios of rates) with which the phases together agree: those
 * whose product of e-values, at the last look, is below 1 / (1 - confidence).
 * The effect must be the same in all phases.
 */
extern mlops_status mlops_evidence_interval_of(const mlops_evidence_state *s,
											   const mlops_evidence_phase *phase,
											   mlops_evidence_interval *out);

#endif
