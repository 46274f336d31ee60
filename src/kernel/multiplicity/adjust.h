/*
 * adjust.h
 *		p-values and e-values adjusted for the number of questions asked.
 *
 * See doc/statistics/adjust.md.
 */
#ifndef MLOPS_ADJUST_H
#define MLOPS_ADJUST_H

#include "kernel/kernel.h"

typedef enum mlops_adjustment
{
	MLOPS_ADJUST_NONE,
	MLOPS_ADJUST_BONFERRONI,
	MLOPS_ADJUST_HOLM,			/* Holm 1979: family-wise error, any dependence */
	MLOPS_ADJUST_HOCHBERG,		/* Hochberg 1988: family-wise error, independence */
	MLOPS_ADJUST_HOMMEL,		/* Hommel 1988: family-wise error, where Simes' inequality holds */
	MLOPS_ADJUST_BH,			/* Benjamini and Hochberg 1995: false discovery rate */
	MLOPS_ADJUST_BY				/* Benjamini and Yekutieli 2001: any dependence */
} mlops_adjustment;

/*
 * adjusted[i] = adjusted p[i], in O(n log n).  order is work space for n
 * indexes, for 2 n with Hommel; work for n numbers, NULL if not Hommel.  Every
 * p must be in [0, 1] (MLOPS_DOMAIN otherwise): the caller takes out what is
 * missing.
 */
extern mlops_status mlops_adjust_p(mlops_adjustment method, const double *p, size_t n,
								   double *adjusted, size_t *order, double *work);

/*
 * e-BH of Wang and Ramdas 2022: with e[i] the r-th largest, adjusted[i] = max
 * over j >= r of j e_[j] / n; reject at level alpha what is at least 1 / alpha.  order is work space for n indexes.  Every e must be at
 * least 0, and may be infinite (MLOPS_DOMAIN otherwise).
 */
extern mlops_status mlops_adjust_e(const double *e, size_t n, double *adjusted, size_t *order);

/*
 * The calibrator kappa p^(kappa - 1) of Vovk and Wang 2021: an e-value of a
 * p-value, infinite for p = 0.  MLOPS_DOMAIN unless 0 <= p <= 1 and 0 < kappa < 1.
 */
extern mlops_status mlops_p_to_e(double p, double kappa, double *e);

#endif
