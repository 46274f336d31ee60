/*
 * comparison.h
 *		What every comparison of a treatment with a control returns.
 *
 * An estimator finds an effect (comparison of the levels of the arms), its
 * variance and degrees of freedom; an inference turns them into an interval
 * and the evidence against no effect.  mlops_comparison holds both.
 */
#ifndef MLOPS_COMPARISON_H
#define MLOPS_COMPARISON_H

#include <math.h>

#include "kernel/kernel.h"

/* Which effects are evidence: any, those above the null value, those below. */
typedef enum mlops_alternative
{
	MLOPS_TWO_SIDED,
	MLOPS_GREATER,
	MLOPS_LESS
} mlops_alternative;

/*
 * NaN is what does not exist.  The strings are constants or NULL; reason is
 * set when there is no p (or no interval), and says why.
 */
typedef struct mlops_comparison
{
	double		estimate;		/* positive: the treatment's level is higher */
	double		lower;			/* interval of confidence; one-sided intervals have an infinite end */
	double		upper;
	double		confidence;
	double		standard_error; /* of estimate, on its own scale */
	double		statistic;
	double		df;				/* NaN where the reference law is normal or has none */
	double		p;
	double		ln_p;			/* natural logarithm, right where p underflows */
	double		n_control;		/* units */
	double		n_treatment;
	double		control;		/* the levels that are compared, adjusted where the method adjusts */
	double		treatment;
	double		ln_e;			/* evidence that may be looked at any time */
	double		chance_to_win;	/* Bayesian: posterior probability that the treatment is better */
	double		risk_control;	/* Bayesian: expected loss of staying with the control */
	double		risk_treatment; /* Bayesian: expected loss of shipping the treatment */
	const char *variant;		/* "Welch t", "pooled score", "Fieller" */
	const char *reason;
} mlops_comparison;

/* Nothing known but the units of the arms. */
#define MLOPS_NO_COMPARISON(units_control, units_treatment) \
	((mlops_comparison) {.estimate = (double) NAN, .lower = (double) NAN, .upper = (double) NAN, \
		.confidence = (double) NAN, .standard_error = (double) NAN, .statistic = (double) NAN, \
		.df = (double) NAN, .p = (double) NAN, .ln_p = (double) NAN, \
		.n_control = (units_control), .n_treatment = (units_treatment), \
		.control = (double) NAN, .treatment = (double) NAN, .ln_e = (double) NAN, \
		.chance_to_win = (double) NAN, .risk_control = (double) NAN, .risk_treatment = (double) NAN})

/*
 * The fixed-horizon inference, Student t (normal when df is infinite), for the
 * estimate and standard_error that *out has: fills lower, upper, confidence,
 * statistic, df (NaN when infinite), p and ln_p.  The null hypothesis is that
 * the effect is null_value (two-sided), at most it (greater), at least it
 * (less); the interval is of the effect itself, one-sided for one-sided
 * alternatives (greater: upper is infinite).  MLOPS_DEGENERATE with a reason
 * when standard_error is 0 or not finite, MLOPS_DOMAIN when confidence is not
 * within (0, 1) or df not positive.
 */
extern mlops_status mlops_compare_by_t(double df, double null_value, mlops_alternative alternative,
									   double confidence, mlops_comparison *out);

/* Upper quantile q of Student's t, or of the normal law for infinite df. */
extern mlops_status mlops_critical_t(double q, double df, double *out);

#endif
