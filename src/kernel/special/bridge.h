/*
 * bridge.h
 *		The law of quadratic forms in the Brownian bridge.
 *
 * Q = sum of w_j B(u_j)^2 over nodes of (0, 1), or the integral of w B^2 over
 * stretches of it, is what quadratic statistics of an empirical process tend
 * to when nothing changed: the Cramer-von Mises, Anderson-Darling and energy
 * statistics, with any ties.  D(s) = E(exp(s Q))^-2 is the Fredholm
 * determinant; the bridge is Markov, so a recurrence along the nodes gives it
 * for any complex s.  The tails are contour integrals of D^(-df/2), df being
 * the number of independent copies that are summed (samples - 1).
 */
#ifndef MLOPS_BRIDGE_H
#define MLOPS_BRIDGE_H

#include "kernel/special/special.h"

/* A weight at one point (width 0), or spread evenly over [at - width/2, at + width/2]. */
typedef struct mlops_bridge_node
{
	double		at;				/* in (0, 1), ascending, stretches do not overlap */
	double		width;
	double		weight;			/* > 0 */
} mlops_bridge_node;

typedef enum mlops_bridge_kind
{
	MLOPS_BRIDGE_NODES,
	MLOPS_BRIDGE_CVM,			/* w = 1 on all of (0, 1) */
	MLOPS_BRIDGE_AD				/* w = 1 / (u (1 - u)) */
} mlops_bridge_kind;

typedef struct mlops_bridge_law
{
	mlops_bridge_kind kind;
	double		df;				/* independent copies in the sum */
	const mlops_bridge_node *node;	/* MLOPS_BRIDGE_NODES: the caller's */
	size_t		n;
	double		first;			/* the smallest zero of D */
	double		mean;
	double		variance;
} mlops_bridge_law;

/* Limit laws without ties; df = samples - 1 >= 1, need not be whole. */
extern mlops_status mlops_cvm_law(double df, mlops_bridge_law *out);
extern mlops_status mlops_anderson_darling_law(double df, mlops_bridge_law *out);

/*
 * The law of the nodes, which the caller keeps.  MLOPS_EMPTY without a node,
 * MLOPS_DOMAIN when they are not as described above.  Weights should be of
 * the order of 1 or such that their sum is: nothing is rescaled.
 */
extern mlops_status mlops_bridge_nodes_law(const mlops_bridge_node *node, size_t n, double df,
										   mlops_bridge_law *out);

/*
 * Both tails of Q, each computed as such where it is the small one.  density
 * may be NULL; it is that of Q at x.  Of nodes, a lower tail below e^-800 is 0.
 */
extern mlops_status mlops_bridge_tails(const mlops_bridge_law *law, double x, mlops_tails *out,
									   double *density);

/* The x with P(Q > x) = q (upper) or P(Q <= x) = q, 0 < q < 1; of q or its logarithm. */
extern mlops_status mlops_bridge_quantile_ln(const mlops_bridge_law *law, double ln_q, bool upper, double *out);
extern mlops_status mlops_bridge_quantile(const mlops_bridge_law *law, double q, bool upper, double *out);

#endif
