/*
 * bayes.h
 *		Normal posterior of an effect with a normal prior: interval, chance to
 *		win, expected losses.
 */
#ifndef MLOPS_BAYES_H
#define MLOPS_BAYES_H

#include "kernel/experiment/comparison.h"

/* Of a relative effect, when nobody says anything else. */
#define MLOPS_PRIOR_MEAN	0.0
#define MLOPS_PRIOR_SD		0.3

/* E[max(0, Z - z)] of a standard normal Z: phi(z) - z P(Z > z), right in the far tail. */
extern double mlops_normal_loss(double z);

/*
 * A prior on a relative effect becomes one on the absolute effect; level is the unadjusted
 * level of the control.  An infinite sd (no prior) stays infinite.  MLOPS_DEGENERATE when
 * level is 0, MLOPS_DOMAIN when it is not finite.
 */
extern mlops_status mlops_prior_to_absolute(double level, double *mean, double *sd);

/*
 * The posterior of the effect whose estimate and standard_error *out has, under
 * a normal prior; prior_sd may be infinite, which is the flat prior.  The estimate becomes the
 * posterior mean and standard_error the posterior standard deviation; lower
 * and upper are the central credible interval, confidence, chance_to_win,
 * risk_control (the expected loss of staying with the control) and
 * risk_treatment (of shipping the treatment) are filled; the other fields are left alone.
 * MLOPS_DEGENERATE with a reason when standard_error is 0 or not finite,
 * MLOPS_DOMAIN for a confidence not within (0, 1) or a prior sd that is not positive.
 */
extern mlops_status mlops_compare_bayesian(double prior_mean, double prior_sd, bool higher_is_better,
										   double confidence, mlops_comparison *out);

#endif
