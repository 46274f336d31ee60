/*
 * quadratic.h
 *		Quadratic statistics of the difference of two empirical distributions,
 *
 *			T = n m / N sum of w_j (F_j - G_j)^2,		N = n + m,
 *
 *		over the distinct pooled values j but the last, and their p-values.
 *
 * The weights may depend on the pooled values alone.  Given those, nothing
 * but chance decides which rows are reference rows, whatever the ties:
 *
 *	exact		all tables of reference rows per distinct value, while there are few
 *	limiting	the law of Q = sum of w_j B(u_j)^2, B a Brownian bridge and
 *				u_j the pooled shares (bridge.h), with T's exact permutation
 *				mean and variance put in place of those of Q
 *	permutation	random permutations (permute.h)
 *	moment bound	Cantelli's inequality with that mean and variance
 *
 * Without permutations asked for, p is exact or limiting, except where the
 * bridge is no likeness of so few rows: when fewer than MLOPS_QUADRATIC_FEW
 * rows of the smaller side are to be expected away from the commonest value
 * (few rows, or nearly all of them tied), and when the permutation variance is
 * not within a tenth of that of Q (far outliers do that to the energy
 * statistic, which then hangs on where a handful of rows falls).  Then p is
 * permutation, of up to MLOPS_QUADRATIC_DRAWS permutations, or moment bound
 * where that is below what these could show.
 *
 * Neighbouring values are merged when there are more than
 * MLOPS_QUADRATIC_CELLS; statistic, mean and permutations know nothing of it.
 */
#ifndef MLOPS_QUADRATIC_H
#define MLOPS_QUADRATIC_H

#include "kernel/special/bridge.h"
#include "kernel/twosample/permute.h"
#include "kernel/twosample/twosample.h"

#define MLOPS_QUADRATIC_CELLS	4096

/* Enumerate no more tables than this. */
#define MLOPS_QUADRATIC_TABLES	200000

#define MLOPS_QUADRATIC_FEW		10

/*
 * Permutations where neither of the laws will do; no more of them after so
 * many that reach the observed statistic (Besag and Clifford 1991).
 */
#define MLOPS_QUADRATIC_DRAWS	1999
#define MLOPS_QUADRATIC_REACHED	100

/* Neighbouring distinct values. */
typedef struct mlops_quadratic_cell
{
	double		first;			/* pooled rows up to and with the first value */
	double		last;
	double		weight;			/* sum of w */
	double		at;				/* mean of the rows up to a value, weighted */
	double		spread;			/* sum of w (rows - at)^2 */
} mlops_quadratic_cell;

/* The enumeration's choice for one distinct value. */
typedef struct mlops_quadratic_level
{
	double		rows;			/* pooled, up to and with this value */
	double		tied;			/* pooled rows of this value */
	double		weight;
	double		used;			/* reference rows up to and with this value */
	double		highest;		/* of these */
	double		ln_ways;		/* logarithm of the ways to choose them */
	double		sum;			/* of w Z^2, up to and with this value */
	double		rest[2];		/* of w Z^2 after it when no reference, no current row is left */
} mlops_quadratic_level;

#define MLOPS_QUADRATIC_LEVELS	1024

typedef struct mlops_quadratic
{
	double		n;
	double		m;
	double		reference;		/* rows so far */
	double		current;
	double		commonest;		/* rows of the commonest value */
	double		sum;			/* of w Z^2, Z = n m / N (F - G) */
	double		sum_rest;		/* what its rounding lost */
	double		mean;			/* of w u (1 - u): the mean of Q */
	bool		merged;
	size_t		cells;
	uint64_t	seed;
	mlops_lanes lanes;
	mlops_quadratic_cell cell[MLOPS_QUADRATIC_CELLS];
	union
	{
		mlops_bridge_node node[MLOPS_QUADRATIC_CELLS];
		mlops_quadratic_level level[MLOPS_QUADRATIC_LEVELS];
	}			work;
	/* memory of the lanes follows */
} mlops_quadratic;

extern size_t mlops_quadratic_size(const mlops_twosample_options *options);
extern void mlops_quadratic_begin(mlops_quadratic *q, double n, double m,
								  const mlops_twosample_options *options);

/* The next distinct value's rows. */
extern void mlops_quadratic_rows(mlops_quadratic *q, double reference, double current);

/* Weight of the value whose rows came last; once at most, w >= 0. */
extern void mlops_quadratic_weight(mlops_quadratic *q, double w);

/*
 * Statistic, p, ln p and variant, or the reason why there is none.  Returns
 * whether there is a statistic.
 */
extern bool mlops_quadratic_finish(mlops_quadratic *q, mlops_test *out);

/* The exact p where there are few tables; false otherwise (enumerate.c). */
extern bool mlops_quadratic_exact(mlops_quadratic *q, mlops_test *out);

/* The permutation mean and variance of T (exact while nothing is merged). */
extern void mlops_quadratic_moments(const mlops_quadratic *q, double *mean, double *variance);

#endif
