/*
 * best.c
 *		Which of several arms is the best, by composite Gauss-Legendre quadrature.
 *
 * One grid over the levels serves all arms.  With F_i and f_i the distribution and density of arm i,
 *	  P(k best)   = int f_k prod_{i != k} F_i
 *	  P(k second) = int f_k sum_{j != k} (1 - F_j) prod_{i != j, k} F_i
 *	  E(loss k)   = int F_k (1 - prod_{i != k} F_i)
 * (for "lower is better" F and 1 - F change places).  Every product and sum has
 * positive terms only, so that small probabilities keep their digits.
 *
 * The integrands are smooth on the scale of the narrowest arm that has a part in them, a step seen from the others: a
 * panel is never longer than one scale of any arm within its range, and places are
 * kept as an arm and an offset from its centre, so that arms of which one is 1e-300 times as wide as
 * the other cost no more than others.
 */
#include "kernel/experiment/best.h"

#include <math.h>

#include "kernel/special/special.h"

/* Half of the 24 points of Gauss and Legendre's rule, and their weights. */
#define HALF_POINTS 12
static const double gauss_point[HALF_POINTS] = {
	0.064056892862605626085, 0.19111886747361630916, 0.31504267969616337439, 0.43379350762604513849,
	0.54542147138883953566, 0.64809365193697556925, 0.74012419157855436424, 0.82000198597390292195,
	0.88641552700440103421, 0.93827455200273275852, 0.9747285559713094982, 0.99518721999702136018
};
static const double gauss_weight[HALF_POINTS] = {
	0.12793819534675215697, 0.12583745634682829612, 0.1216704729278033912, 0.11550566805372560135,
	0.10744427011596563478, 0.09761865210411388827, 0.086190161531953275917, 0.073346481411080305734,
	0.059298584915436780746, 0.044277438817419806169, 0.028531388628933663181, 0.012341229799987199547
};

/* Beyond so many standard deviations nothing is left that a double can hold. */
#define NORMAL_RANGE 39.0
/* Of the other laws exp(-80) is left out on each side. */
#define LN_LEFT_OUT -80.0
#define LN_RANGE 690.0

typedef enum progress
{
	AHEAD, WITHIN, BEHIND
} progress;

typedef struct arms
{
	mlops_posterior law;
	int			k;
	bool		higher;
	const double *first;
	const double *parameter2;
	/* of each arm: where it is on the grid's axis, and its extent from there */
	double	   *center;
	double	   *low;
	double	   *high;
	double	   *scale;
	double	   *state;			/* progress */
	/* at a node */
	double	   *worse;			/* P(arm is worse than here) */
	double	   *better;
	double	   *density;		/* with respect to the grid's axis */
	double	   *none;			/* of the arms before this one none is better, */
	double	   *one;			/* exactly one is */
} arms;

/* A place on the axis. */
typedef struct place
{
	int			anchor;			/* an arm */
	double		offset;			/* from its centre */
} place;

static double
offset_from(const arms *a, place p, int i)
{
	return (a->center[p.anchor] - a->center[i]) + p.offset;
}

/* ---------------------------------------------------------------- the laws */

static mlops_status
place_arm(arms *a, int i)
{
	double		p = a->first[i];
	double		q = a->parameter2[i];
	double		x,
				y,
				u,
				v;
	mlops_status status;

	if (!isfinite(p) || !isfinite(q))
		return MLOPS_DOMAIN;
	if (a->law == MLOPS_POSTERIOR_NORMAL)
	{
		if (q < 0 || fabs(p) > 1e300 || q > 1e300)
			return MLOPS_DOMAIN;
		a->center[i] = p;
		a->scale[i] = q;
		a->low[i] = -NORMAL_RANGE * q;
		a->high[i] = NORMAL_RANGE * q;
		return MLOPS_OK;
	}
	if (a->law == MLOPS_POSTERIOR_BETA)
	{
		/* the axis is the log odds */
		if (p < MLOPS_SHAPE_MIN || q < MLOPS_SHAPE_MIN)
			return MLOPS_DOMAIN;
		a->center[i] = log(p) - log(q);
		a->scale[i] = sqrt((1 + 0.5 / p) / p + (1 + 0.5 / q) / q);
		status = mlops_beta_quantile_ln(LN_LEFT_OUT, false, p, q, &x, &y);
		if (status == MLOPS_OK)
			status = mlops_beta_quantile_ln(LN_LEFT_OUT, true, p, q, &u, &v);
		if (status != MLOPS_OK)
			return status;
		a->low[i] = fmax(-LN_RANGE, log(x) - log(y)) - a->center[i];
		a->high[i] = fmin(LN_RANGE, log(u) - log(v)) - a->center[i];
		return MLOPS_OK;
	}
	/* the axis is the logarithm of the level */
	if (p < MLOPS_SHAPE_MIN || !(q > 0))
		return MLOPS_DOMAIN;
	a->center[i] = log(p) - log(q);
	a->scale[i] = sqrt((1 + 0.5 / p) / p);
	status = mlops_gamma_quantile_ln(LN_LEFT_OUT, false, p, &x);
	if (status == MLOPS_OK)
		status = mlops_gamma_quantile_ln(LN_LEFT_OUT, true, p, &u);
	if (status != MLOPS_OK)
		return status;
	a->low[i] = fmax(-LN_RANGE, log(x)) - log(p);
	a->high[i] = log(u) - log(p);
	return MLOPS_OK;
}

/* The level itself at a place of the axis. */
static double
level_at(const arms *a, place p)
{
	double		x = a->center[p.anchor] + p.offset;

	switch (a->law)
	{
		case MLOPS_POSTERIOR_BETA:
			return x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x));
		case MLOPS_POSTERIOR_GAMMA:
			return exp(x);
		default:
			return x;
	}
}

/* d level / d axis */
static double
level_slope(const arms *a, place p)
{
	double		level;

	if (a->law == MLOPS_POSTERIOR_NORMAL)
		return 1;
	level = level_at(a, p);
	if (a->law == MLOPS_POSTERIOR_GAMMA)
		return level;
	return level / (1 + exp(a->center[p.anchor] + p.offset));
}

static void
normal_node(const arms *a, int i, double offset)
{
	double		s = a->parameter2[i];
	double		z;

	if (s == 0)
	{
		/* a step; at the step itself the arms that are there are left out */
		a->worse[i] = offset > 0;
		a->better[i] = offset < 0;
		a->density[i] = 0;
		return;
	}
	z = offset / s;
	a->worse[i] = mlops_normal_cdf(z);
	a->better[i] = mlops_normal_sf(z);
	a->density[i] = exp(-0.5 * z * z - 0.5 * MLOPS_LN_2PI) / s;
}

static mlops_status
other_node(const arms *a, int i, place p)
{
	mlops_tails tails;
	double		ln_density;
	mlops_status status;

	if (a->law == MLOPS_POSTERIOR_BETA)
		status = mlops_beta_odds_tails(exp(a->center[p.anchor] + p.offset), a->first[i], a->parameter2[i],
									   &tails, &ln_density, NULL);
	else
	{
		double		shape = a->first[i];
		double		ln_ratio = offset_from(a, p, i);

		status = mlops_gamma_tails(shape, shape * exp(ln_ratio), &tails);
		ln_density = 0.5 * (log(shape) - MLOPS_LN_2PI) - mlops_stirling_error(shape)
			- mlops_deviance(shape, exp(ln_ratio), expm1(ln_ratio));
	}
	if (status != MLOPS_OK)
		return status;
	a->worse[i] = tails.lower;
	a->better[i] = tails.upper;
	a->density[i] = exp(ln_density);
	return MLOPS_OK;
}

/* worse, better and density of all arms at a place. */
static mlops_status
evaluate(const arms *a, place p)
{
	for (int i = 0; i < a->k; i++)
	{
		double		offset = offset_from(a, p, i);

		if (a->law == MLOPS_POSTERIOR_NORMAL && a->parameter2[i] == 0)
			normal_node(a, i, offset);
		else if (offset <= a->low[i] || offset >= a->high[i])
		{
			a->worse[i] = offset > 0;
			a->better[i] = offset < 0;
			a->density[i] = 0;
		}
		else if (a->law == MLOPS_POSTERIOR_NORMAL)
			normal_node(a, i, offset);
		else
		{
			mlops_status status = other_node(a, i, p);

			if (status != MLOPS_OK)
				return status;
		}
		if (!a->higher)
		{
			double		swap = a->worse[i];

			a->worse[i] = a->better[i];
			a->better[i] = swap;
		}
	}
	return MLOPS_OK;
}

/* ---------------------------------------------------------------- the integrals */

/* Add a node of this weight (density: on the axis; distance: of levels) to the results. */
static void
add_node(const arms *a, double weight, double distance, double *best, double *second, double *loss)
{
	double		none = 1;		/* of the arms before this one, then of those after */
	double		one = 0;
	double		some = 0;

	/* none[] and one[] hold the prefixes */
	for (int i = 0; i < a->k; i++)
	{
		a->none[i] = none;
		a->one[i] = one;
		one = one * a->worse[i] + none * a->better[i];
		none *= a->worse[i];
	}
	none = 1;
	one = 0;
	for (int i = a->k - 1; i >= 0; i--)
	{
		double		density = weight * a->density[i];

		best[i] += density * a->none[i] * none;
		second[i] += density * (a->none[i] * one + a->one[i] * none);
		one = one * a->worse[i] + none * a->better[i];
		none *= a->worse[i];
	}
	/* some = 1 - none without cancellation: one of the arms before is better, then of those after */
	for (int i = 0; i < a->k; i++)
	{
		double		before = a->none[i];

		a->one[i] = some;
		some += before * a->better[i];
	}
	some = 0;
	none = 1;
	for (int i = a->k - 1; i >= 0; i--)
	{
		loss[i] += distance * a->worse[i] * (a->one[i] + a->none[i] * some);
		some += none * a->better[i];
		none *= a->worse[i];
	}
}

/* From a place on over a length within which some arm varies. */
static mlops_status
add_panel(const arms *a, place from, double length, double *best, double *second, double *loss)
{
	double		half = 0.5 * length;

	for (int j = 0; j < 2 * HALF_POINTS; j++)
	{
		int			point = j < HALF_POINTS ? j : j - HALF_POINTS;
		double		t = j < HALF_POINTS ? gauss_point[point] : -gauss_point[point];
		place		node = {from.anchor, from.offset + half * (1 + t)};
		double		weight = half * gauss_weight[point];
		mlops_status status = evaluate(a, node);

		if (status != MLOPS_OK)
			return status;
		add_node(a, weight, weight * level_slope(a, node), best, second, loss);
	}
	return MLOPS_OK;
}

/* Where no arm varies there are no densities, and the losses grow with the level. */
static mlops_status
add_gap(const arms *a, place from, place to, double length, double *best, double *second, double *loss)
{
	place		middle = {from.anchor, from.offset + 0.5 * length};
	double		distance = a->law == MLOPS_POSTERIOR_NORMAL ? length : level_at(a, to) - level_at(a, from);
	mlops_status status = evaluate(a, middle);

	if (status == MLOPS_OK)
		add_node(a, 0, distance, best, second, loss);
	return status;
}

/* One scale of the narrowest arm on from here, or to the end of its range; false when no arm varies here. */
static bool
next_step(const arms *a, place *here, place *end)
{
	double		length = INFINITY;

	for (int i = 0; i < a->k; i++)
	{
		double		offset = offset_from(a, *here, i);

		if (a->state[i] == BEHIND || (a->state[i] == AHEAD && offset < a->low[i]))
			continue;
		a->state[i] = offset < a->high[i] ? WITHIN : BEHIND;
		if (a->state[i] == WITHIN && fmin(a->scale[i], a->high[i] - offset) < length)
		{
			length = fmin(a->scale[i], a->high[i] - offset);
			*end = (place) {i, fmin(offset + a->scale[i], a->high[i])};
		}
	}
	if (isinf(length))
		return false;
	*here = (place) {end->anchor, offset_from(a, *here, end->anchor)};
	return true;
}

/*
 * The next panel: from here to end, which is no farther than the place where the next arm begins.  That is
 * judged by the offset from that arm's centre, as it will be seen from there: a length that was
 * rounded would jump over an arm that is narrow enough.  False when all arms are behind.
 */
static bool
next_panel(const arms *a, place *here, place *end, bool *varies)
{
	bool		found = *varies = next_step(a, here, end);

	/* twice: a later arm may begin before one that was passed over */
	for (int i = 0; i < 2 * a->k; i++)
	{
		int			arm = i % a->k;

		if (a->state[arm] != AHEAD || (found && offset_from(a, *end, arm) <= a->low[arm]))
			continue;
		*end = (place) {arm, a->low[arm]};
		found = true;
	}
	return found;
}

static mlops_status
integrate(const arms *a, double *best, double *second, double *loss)
{
	place		here = {0, a->low[0]};
	place		end = here;
	double		length;
	bool		varies;

	for (int i = 1; i < a->k; i++)
		if (offset_from(a, here, i) >= a->low[i])
			here = (place) {i, a->low[i]};
	/* an arm has 78 panels of its own, or some 100 to 170; the bound only guards against a mistake */
	for (int64_t panel = 0; panel < (int64_t) 1000 * (a->k + 1); panel++)
	{
		mlops_status status;

		if (!next_panel(a, &here, &end, &varies))
			return MLOPS_OK;
		length = fmax(0, end.offset - offset_from(a, here, end.anchor));
		status = varies ? add_panel(a, here, length, best, second, loss)
			: add_gap(a, here, end, length, best, second, loss);
		if (status != MLOPS_OK)
			return status;
		here = end;
	}
	return MLOPS_NOCONVERGE;
}

/*
 * Arms that are known exactly have no density: at their level, without them, none of the others is better with
 * probability `none`, exactly one with probability `one`.
 */
static mlops_status
add_points(const arms *a, double *best, double *second)
{
	for (int i = 0; i < a->k; i++)
	{
		double		none = 1;
		double		one = 0;
		int			equal = 0;
		mlops_status status;

		if (a->parameter2[i] != 0)
			continue;
		status = evaluate(a, (place) {i, 0});
		if (status != MLOPS_OK)
			return status;
		for (int j = 0; j < a->k; j++)
		{
			if (a->parameter2[j] == 0 && a->first[j] == a->first[i])
			{
				equal++;
				continue;
			}
			one = one * a->worse[j] + none * a->better[j];
			none *= a->worse[j];
		}
		best[i] = none / equal;
		second[i] = (equal > 1 ? none + one : one) / equal;
	}
	return MLOPS_OK;
}

mlops_status
mlops_best_arms(mlops_posterior law, int k, const double *first, const double *parameter2,
				bool higher_is_better, double *work, double *best, double *second, double *loss)
{
	arms		a = {.law = law, .k = k, .higher = higher_is_better, .first = first, .parameter2 = parameter2};
	double	  **room[MLOPS_BEST_WORK] = {&a.center, &a.low, &a.high, &a.scale, &a.state,
	&a.worse, &a.better, &a.density, &a.none, &a.one};
	mlops_status status;

	if (k < 2)
		return MLOPS_DOMAIN;
	for (int j = 0; j < MLOPS_BEST_WORK; j++)
		*room[j] = work + (size_t) j * k;
	for (int i = 0; i < k; i++)
	{
		status = place_arm(&a, i);
		if (status != MLOPS_OK)
			return status;
		a.state[i] = AHEAD;
		best[i] = second[i] = loss[i] = 0;
	}
	status = integrate(&a, best, second, loss);
	if (status == MLOPS_OK && law == MLOPS_POSTERIOR_NORMAL)
		status = add_points(&a, best, second);
	return status;
}
