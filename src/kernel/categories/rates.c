/*
 * rates.c
 *		Change of a share between two independent samples.
 */
#include "kernel/categories/rates.h"

#include <math.h>

#include "kernel/special/special.h"

/* Wilson's score interval of k out of n. */
static void
wilson(double k, double n, double z, double *lower, double *upper)
{
	double		p = k / n;
	double		z2 = z * z;
	double		centre = p + z2 / (2 * n);
	double		half = z * sqrt(p * (1 - p) / n + z2 / (4 * n * n));
	double		scale = 1 + z2 / n;

	*lower = k == 0 ? 0 : (centre - half) / scale;
	*upper = k == n ? 1 : (centre + half) / scale;
}

/*
 * Difference of two shares with Newcombe's hybrid score interval (Newcombe
 * 1998, Statistics in Medicine 17:873, method 10) and the p-value of the
 * pooled score test.  Both samples constant and equal: no evidence, p = 1.
 * MLOPS_EMPTY when a sample is empty, MLOPS_DOMAIN for counts or a confidence
 * that cannot be.
 */
mlops_status
mlops_rate_change_of(int64_t k_reference, int64_t n_reference,
					 int64_t k_current, int64_t n_current,
					 double confidence, mlops_rate_change *out)
{
	double		p1,
				p2,
				pooled,
				variance,
				z,
				l1,
				u1,
				l2,
				u2;

	if (k_reference < 0 || k_current < 0 || k_reference > n_reference ||
		k_current > n_current || !(confidence > 0 && confidence < 1))
		return MLOPS_DOMAIN;
	if (n_reference == 0 || n_current == 0)
		return MLOPS_EMPTY;

	p1 = (double) k_current / (double) n_current;
	p2 = (double) k_reference / (double) n_reference;
	out->difference = p1 - p2;

	z = mlops_normal_quantile_upper((1 - confidence) / 2);
	wilson((double) k_current, (double) n_current, z, &l1, &u1);
	wilson((double) k_reference, (double) n_reference, z, &l2, &u2);
	out->lower = out->difference - hypot(p1 - l1, u2 - p2);
	out->upper = out->difference + hypot(u1 - p1, p2 - l2);

	pooled = ((double) k_current + (double) k_reference) / ((double) n_current + (double) n_reference);
	variance = pooled * (1 - pooled) * (1.0 / (double) n_current + 1.0 / (double) n_reference);
	out->p_value = variance > 0 ? fmin(1, 2 * mlops_normal_sf(fabs(out->difference) / sqrt(variance))) : 1;
	return MLOPS_OK;
}
