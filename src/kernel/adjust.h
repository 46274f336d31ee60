/*
 * adjust.h
 *		p-values adjusted for the number of questions asked.
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
	MLOPS_ADJUST_BH,			/* Benjamini and Hochberg 1995: false discovery rate */
	MLOPS_ADJUST_BY				/* Benjamini and Yekutieli 2001: any dependence */
} mlops_adjustment;

/*
 * adjusted[i] = adjusted p[i]; order is work space for n indexes.  Every p must
 * be in [0, 1] (MLOPS_DOMAIN otherwise): the caller takes out what is missing.
 */
extern mlops_status mlops_adjust_p(mlops_adjustment method, const double *p, size_t n,
								   double *adjusted, size_t *order);

#endif
