/*
 * sequence.h
 *		Looking at an effect as often as wanted: confidence sequences and
 *		e-values of a normal mixture.
 *
 * An estimate with variance V has the likelihood ratio of effect d against no
 * effect exp(z d / sqrt(V) - d^2 / (2 V)).  Its mean over d ~ N(0, tau^2), or
 * over the half of it on the side of the alternative, is an e-value at every
 * look; with q = tau^2 / V
 *	  ln E = -ln(1 + q) / 2 + x^2 / 2,						two-sided,
 *	  ln E = ln 2 - ln(1 + q) / 2 + x^2 / 2 + ln Phi(x),	one-sided,
 * x = z sqrt(q / (1 + q)).  The effects with E < 1 / alpha are the confidence
 * sequence.  mSPRT (Johari, Pekelis, Walsh 2015) fixes tau^2; the asymptotic
 * confidence sequence (Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas 2021)
 * fixes q / n; the normal mixture of Howard, Ramdas, McAuliffe, Sekhon 2021
 * has q = v / r.
 */
#ifndef MLOPS_SEQUENCE_H
#define MLOPS_SEQUENCE_H

#include "kernel/experiment/comparison.h"

typedef enum mlops_sequence_method
{
	MLOPS_SEQUENCE_ASYMPTOTIC,	/* tuning is planned_n */
	MLOPS_SEQUENCE_GROWTHBOOK,	/* the same; one-sided by the bound Phi(x) >= 1 - exp(-x^2 / 2) */
	MLOPS_SEQUENCE_MSPRT		/* tuning is the mixing variance */
} mlops_sequence_method;

/*
 * What has to stay the same over all looks.  tuning > 0: units of both arms
 * together at which the interval is about narrowest (planned_n), or tau^2, on
 * the square of the effect's scale.  min_units: an arm with fewer gives no
 * result, because the sequence is asymptotic; 0 asks for none.
 */
typedef struct mlops_sequence
{
	mlops_sequence_method method;
	mlops_alternative alternative;
	double		confidence;
	double		null_value;
	double		tuning;
	double		min_units;
} mlops_sequence;

/* A confidence, null value or tuning that the methods do not have. */
extern bool mlops_sequence_valid(const mlops_sequence *s);

/*
 * q of an effect with this variance from n units: (2 ln(1/a) + ln(1 + 2 ln(1/a))) n / planned_n,
 * with a = alpha, or 2 alpha for a one-sided alternative (at most 0.9), as GrowthBook and Eppo
 * do; mixing variance / variance for mSPRT.  A valid s; variance > 0.
 */
extern double mlops_sequence_ratio(const mlops_sequence *s, double n, double variance);

/* ln E at z; z counts upwards, whatever the alternative.  q > 0. */
extern double mlops_sequence_ln_e(mlops_sequence_method method, mlops_alternative alternative, double z, double q);

/* The z > 0 at which E = 1 / alpha; 0 < alpha < 1, q > 0.  For one-sided alternatives, in their direction. */
extern double mlops_sequence_radius(mlops_sequence_method method, mlops_alternative alternative, double q,
									double alpha);

/*
 * The always-valid inference for the estimate, standard_error, n_control and
 * n_treatment that *out has: fills lower, upper, confidence, statistic (z), p,
 * ln_p, ln_e, variant.  p = min(1, 1 / E) of this look; the smallest of all
 * looks is valid too.  Hypotheses and intervals as mlops_compare_by_t().
 * MLOPS_DEGENERATE with a reason when there is no variance or an arm is too
 * small, MLOPS_DOMAIN when s is not valid.
 */
extern mlops_status mlops_compare_sequential(const mlops_sequence *s, mlops_comparison *out);

#endif
