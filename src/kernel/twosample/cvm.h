/*
 * cvm.h
 *		Two-sample tests of Cramer and von Mises and of Anderson and Darling.
 *
 * With c_j the pooled rows of a distinct value, u_j their cumulative share, H
 * the pooled distribution and N = n + m,
 *
 *		T   = n m / N^2 sum of c_j (F_j - G_j)^2
 *		A^2 = n m / N^2 sum of c_j (F_j - G_j)^2 / (u_j (1 - u_j))
 *
 * T is Anderson's (1962) and, without ties, SciPy's; A^2 is A^2_kN of Scholz and
 * Stephens (1987), equation 6, for two samples, with any ties (SciPy with
 * midrank=False standardises it).  Effects, which do not grow with the rows:
 * the root of the integral of (F - G)^2 dH, at most 0.577, and that of
 * (F - G)^2 / (H (1 - H)) dH.
 *
 * variant: "exact", "limiting" or "permutation" (quadratic.h).
 */
#ifndef MLOPS_CVM_H
#define MLOPS_CVM_H

#include "kernel/twosample/twosample.h"

extern const mlops_twosample_method mlops_cvm_method;
extern const mlops_twosample_method mlops_anderson_darling_method;

#endif
