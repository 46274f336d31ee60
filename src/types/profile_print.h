/*
 * profile_print.h
 *		A profile's parts as numbers and text for people: shared by the
 *		accessors and the cast to jsonb.
 */
#ifndef MLOPS_PROFILE_PRINT_H
#define MLOPS_PROFILE_PRINT_H

#include "types/profile.h"

typedef struct mlops_profile_shape
{
	double		stddev;			/* NaN where it does not exist */
	double		skewness;
	double		kurtosis;
} mlops_profile_shape;

typedef struct mlops_profile_named_quantile
{
	const char *name;
	double		q;
} mlops_profile_named_quantile;

#define MLOPS_PROFILE_NQUANTILES 7
extern const mlops_profile_named_quantile mlops_profile_quantiles[MLOPS_PROFILE_NQUANTILES];

extern double mlops_profile_number(const mlops_profile_view *view, double x);
extern double mlops_profile_from_epoch(double seconds);
extern mlops_profile_shape mlops_profile_shape_of(const mlops_profile_view *view);
extern char *mlops_profile_value_text(const mlops_profile_view *view,
									  const mlops_profile_value *v);

#endif
