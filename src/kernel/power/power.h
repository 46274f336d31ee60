/*
 * power.h
 *		Which change a comparison of two samples of these sizes can see.
 *
 * See doc/statistics/power.md, also for what each method assumes.
 */
#ifndef MLOPS_POWER_H
#define MLOPS_POWER_H

#include "kernel/categories/divergence.h"

typedef enum mlops_power_kind
{
	MLOPS_POWER_T,				/* Welch's t test */
	MLOPS_POWER_Z,				/* two proportions */
	MLOPS_POWER_CHI2,			/* 2 x k table, also G */
	MLOPS_POWER_MANN_WHITNEY,
	MLOPS_POWER_KS,
	MLOPS_POWER_CVM,
	MLOPS_POWER_ANDERSON_DARLING,
	MLOPS_POWER_DIVERGENCE,		/* distances that are chi-square by chance */
	MLOPS_POWER_TOTAL_VARIATION,
	MLOPS_POWER_KS_DISTANCE
} mlops_power_kind;

typedef struct mlops_power_method
{
	const char *name;			/* of the SQL function */
	mlops_power_kind kind;
	mlops_distance_kind distance;	/* of the last four */
	bool		categories;		/* depends on their number */
	bool		tolerance;		/* has one */
	const char *measure;		/* the method's own effect */
	const char *assumption;		/* and whether the power is an approximation */
} mlops_power_method;

typedef struct mlops_power_design
{
	const mlops_power_method *method;
	double		n;				/* rows on both sides */
	double		m;
	double		alpha;
	double		categories;		/* not empty, where the method has them */
	double		tolerance;		/* of a distance */
	double		level;			/* of the KS test: mlops_ks_level, or alpha */
} mlops_power_design;

/* NaN is what does not exist; reason says why. */
typedef struct mlops_power_result
{
	double		effect;
	double		power;
	double		shift_sd;		/* shift of a normal column that is this effect */
	const char *reason;
} mlops_power_result;

#define MLOPS_POWER_METHODS 15
extern const mlops_power_method mlops_power_methods[MLOPS_POWER_METHODS];

/* NULL for an unknown name. */
extern const mlops_power_method *mlops_power_method_by_name(const char *name);

/*
 * Power at an effect.  MLOPS_DOMAIN for arguments outside of what is said
 * above, and for an effect that the measure cannot have; what is too little
 * (rows, categories) is a reason.
 */
extern mlops_status mlops_power_at(const mlops_power_design *d, double effect, mlops_power_result *out);

/* The smallest effect, >= 0, with that power; alpha < power < 1. */
extern mlops_status mlops_power_effect(const mlops_power_design *d, double power, mlops_power_result *out);

/*
 * The level of the exact two-sample KS test at alpha: its largest p-value that is not
 * above alpha, 0 if there is none.  work: mlops_ks_exact_work(n, m) doubles.
 */
extern mlops_status mlops_ks_level(int64_t n, int64_t m, double alpha, double *work, size_t work_len,
								   double *level);

#endif
