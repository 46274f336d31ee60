/*
 * did.h
 *		Difference in differences from moments.  See doc/experiments/quasi.md.
 *
 * All fill estimate, standard_error and the levels of *out (control and
 * treatment: how much each arm changed) and *df of Satterthwaite; interval and
 * p are those of mlops_compare_by_t.  MLOPS_EMPTY with a reason when an arm
 * has fewer than two units, MLOPS_DEGENERATE when a mean count is 0,
 * MLOPS_DOMAIN when the number of variables fits no form.
 */
#ifndef MLOPS_DID_H
#define MLOPS_DID_H

#include "kernel/experiment/comparison.h"
#include "kernel/experiment/effect.h"

/*
 * The same units before and after.  Two variables: y before, y after.  Four:
 * sum and count before, sum and count after, one row for each cluster, whose
 * means per row are compared (delta method).
 */
extern mlops_status mlops_did_panel(const mlops_arm *control, const mlops_arm *treatment,
									mlops_comparison *out, double *df);

/*
 * Other units after than before.  One variable: y.  Two: sum and count, one
 * row for each cluster.  arm: control before, control after, treatment before,
 * treatment after.
 */
extern mlops_status mlops_did_sections(const mlops_arm *arm, mlops_comparison *out, double *df);

#endif
