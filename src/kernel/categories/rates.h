/*
 * rates.h
 *		Change of a share between two independent samples.
 */
#ifndef MLOPS_RATES_H
#define MLOPS_RATES_H

#include "kernel/kernel.h"

typedef struct mlops_rate_change
{
	double		difference;		/* current share - reference share */
	double		lower;			/* interval of the difference */
	double		upper;
	double		p_value;		/* two-sided, against no difference */
} mlops_rate_change;

extern mlops_status mlops_rate_change_of(int64_t k_reference, int64_t n_reference,
										 int64_t k_current, int64_t n_current,
										 double confidence, mlops_rate_change *out);

#endif
