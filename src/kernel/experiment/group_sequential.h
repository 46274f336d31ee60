/*
 * group_sequential.h
 *		Looks at an experiment whose error is spent by a function of information.
 *
 * The statistic at a look with information I is z ~ N(effect sqrt(I), 1), and
 * the scores z sqrt(I) have independent increments (estimate 1 / sqrt(V): I is
 * 1 / V).  In units of the planned information, the fraction t, the score is a
 * Brownian motion with drift effect sqrt(planned information).  Its density on
 * the region where nothing has stopped is kept on nodes of composite
 * Gauss-Legendre quadrature, as far apart as the increments of information ask
 * (Armitage, McPherson, Rowe 1969; Lan, DeMets 1983; Jennison, Turnbull 2000,
 * chapter 19).  The density under a drift is that without times
 * exp(drift s - drift^2 t / 2), so that one pass serves every drift.
 */
#ifndef MLOPS_GROUP_SEQUENTIAL_H
#define MLOPS_GROUP_SEQUENTIAL_H

#include "kernel/experiment/comparison.h"

#define MLOPS_GS_MAX_LOOKS 1000

/* A look that adds less to the fraction than this part of it is no look of its own. */
#define MLOPS_GS_MIN_STEP 1e-4

/* Nodes of a grid at most, and the doubles of work space of one. */
#define MLOPS_GS_MAX_NODES 32768
#define MLOPS_GS_WORK (4 * MLOPS_GS_MAX_NODES)

typedef enum mlops_spending_family
{
	MLOPS_SPEND_OBRIEN_FLEMING, /* 2 sf(z_{alpha/2} / sqrt t), like O'Brien and Fleming's bounds */
	MLOPS_SPEND_POCOCK,			/* alpha ln(1 + (e - 1) t), like Pocock's */
	MLOPS_SPEND_POWER,			/* alpha t^parameter, parameter > 0 (Kim, DeMets 1987) */
	MLOPS_SPEND_HWANG_SHIH_DECANI,	/* alpha (1 - e^{-parameter t}) / (1 - e^{-parameter}) */
	MLOPS_SPEND_WANG_TSIATIS	/* no spending: bounds c t^(parameter - 1/2), all looks planned */
} mlops_spending_family;

typedef struct mlops_spending
{
	mlops_spending_family family;
	double		parameter;		/* of power, Hwang-Shih-DeCani (within +-40), Wang-Tsiatis (-5 .. 1) */
} mlops_spending;

extern bool mlops_spending_valid(const mlops_spending *s);

/* Error spent up to the fraction t of the information, of alpha; not of Wang-Tsiatis. */
extern double mlops_spending_at(const mlops_spending *s, double alpha, double t);

/*
 * A Brownian path that has not stopped yet: before the first look a point.
 * breathe, if not NULL, is called once a look, and may not return.
 */
typedef struct mlops_gs_path
{
	double		from;			/* where it started: fraction ... */
	double		start;			/* ... and score */
	double		t;				/* the last look */
	double		low_drift;		/* drifts that will be asked about lie between these; 0 does too */
	double		high_drift;
	int			nodes;
	double	   *score;
	double	   *weight;			/* quadrature weight times density without drift */
	double	   *spare;			/* room for the next grid */
	void		(*breathe) (void);
} mlops_gs_path;

/* work: MLOPS_GS_WORK doubles, which the path uses until it is begun again. */
extern void mlops_gs_begin(mlops_gs_path *p, double *work, double from, double start, double low_drift,
						   double high_drift, void (*breathe) (void));

/* P(no stop before, and z at fraction t beyond this bound), under a drift.  upper: above it, else below. */
extern double mlops_gs_crossing(const mlops_gs_path *p, double t, double z, bool upper, double drift);

/* The bound that is crossed with this probability; +-infinity where it is 0. */
extern mlops_status mlops_gs_bound(const mlops_gs_path *p, double t, double probability, bool upper,
								   double drift, double *z);

/*
 * Go on where lower < z < upper at fraction t; next > t is the fraction of the
 * next look.  MLOPS_NOSPACE when the looks lie too close together.
 */
extern mlops_status mlops_gs_advance(mlops_gs_path *p, double t, double lower, double upper, double next);

/* ---- designs (group_design.c) ---- */

/*
 * Bounds of z.  two-sided: symmetric, alpha / 2 on each side.  futility, for a
 * one-sided alternative only: the look at which a path that stays there has
 * used up beta under drift; non-binding bounds may be ignored without more
 * than alpha.  At the last look (fraction 1) the futility bound is the efficacy bound.
 */
typedef struct mlops_gs_design
{
	mlops_spending spending;
	mlops_alternative alternative;
	double		alpha;
	bool		futility;
	bool		binding;
	mlops_spending futility_spending;
	double		beta;
	double		drift;			/* of the effect to be found, > 0; NaN: the one found with power 1 - beta */
} mlops_gs_design;

typedef struct mlops_gs_look
{
	double		information;
	double		fraction;		/* of the planned information */
	double		lower;			/* bounds of z; infinite where there is none */
	double		upper;
	double		spent;			/* of alpha, this and all looks before */
	double		futility_spent; /* of beta; NaN without futility */
	bool		collapsed;		/* adds (nearly) nothing to the look before: spends nothing */
} mlops_gs_look;

/* What is wrong with a design or with looks, or NULL; a constant string. */
extern const char *mlops_gs_check(const mlops_gs_design *d, int looks, const double *information,
								  double planned);

/*
 * Bounds at each of the looks.  Fractions are information / planned, at most
 * 1: a look at or beyond the planned information spends what is left.
 * Arguments as mlops_gs_check() accepts them.  drift, if not NULL: of the design.
 */
extern mlops_status mlops_gs_bounds(const mlops_gs_design *d, int looks, const double *information,
									double planned, double *work, void (*breathe) (void),
									mlops_gs_look *out, double *drift);

/*
 * P(crossing upper / lower first at look k) for each look, of paths with a
 * drift that start at a score at fraction `from` (0, 0: from the beginning),
 * with information increasing beyond it.  fraction, lower, upper of each look
 * are read; upper_first, lower_first have as many elements.
 */
extern mlops_status mlops_gs_probabilities(double from, double start, double drift, int looks,
										   const mlops_gs_look *look, double *work, void (*breathe) (void),
										   double *upper_first, double *lower_first);

/*
 * Stage-wise p of stopping at each of the looks with its z (the bounds as
 * mlops_gs_bounds() gave them): paths that stopped earlier are more extreme.
 * NaN at a look that adds nothing to the one before.
 */
extern mlops_status mlops_gs_stagewise_p(mlops_alternative alternative, int looks, const mlops_gs_look *look,
										 const double *z, double *work, void (*breathe) (void), double *p);

/*
 * Sequential p: the smallest alpha at which one of the looks would have
 * stopped for efficacy (Liu and Anderson 2008).  1e-12 <= p <= 1 (at most 0.999999 searched).
 * Not for binding futility or Wang-Tsiatis bounds with looks still to come.
 */
extern mlops_status mlops_gs_sequential_p(const mlops_gs_design *d, int looks, const double *information,
										  const double *z, double planned, double *work,
										  void (*breathe) (void), mlops_gs_look *scratch, double *p);

/*
 * Chance that the paths from z at information now cross a bound of the looks to come: drift of
 * the effect when it is finite, else averaged over effects ~ N(z / sqrt(now), 1 / now), the
 * posterior of a flat prior (predictive power).  Bounds are those of `alternative`; look[].information is read.
 */
extern mlops_status mlops_gs_conditional_power(double z, double now, double effect, int looks,
											   mlops_gs_look *look, double *work, void (*breathe) (void),
											   double *power_upper, double *power_lower);

#endif
