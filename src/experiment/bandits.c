/*
 * bandits.c
 *		SQL functions: which arm is the best, and shares of the traffic.
 */
#include "compat.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "drift/result.h"
#include "experiment/arrays.h"
#include "funcapi.h"
#include "kernel/experiment/bandit.h"
#include "kernel/experiment/best.h"
#include "miscadmin.h"
#include "types/moments.h"
#include "utils/builtins.h"

MLOPS_FUNCTION(mlops_thompson_weights);
MLOPS_FUNCTION(mlops_thompson_weights_proportion);
MLOPS_FUNCTION(mlops_thompson_weights_rate);
MLOPS_FUNCTION(mlops_thompson_weights_moments);
MLOPS_FUNCTION(mlops_epsilon_greedy_weights);
MLOPS_FUNCTION(mlops_softmax_weights);
MLOPS_FUNCTION(mlops_ucb1_bounds);

#define ARM_WEIGHT_COLUMNS 10
/* The integrals run without a look at interrupts: so many take some seconds at worst. */
#define ARMS_MAX 256

/* The arms, and what is found out about them; NaN is what does not exist. */
typedef struct bandit
{
	int			k;
	mlops_posterior law;
	bool		higher;
	double	   *n;				/* units, or trials, or exposure; NULL: not known */
	double	   *n_excluded;
	double	   *first;
	double	   *parameter2;
	double	   *level;			/* posterior mean and standard deviation */
	double	   *deviation;
	double	   *best;
	double	   *second;
	double	   *loss;
	double	   *weight;
	const char *reason;			/* why the weights are not those of the chances */
} bandit;

static void
require(bool holds, const char *message, const char *hint)
{
	if (!holds)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s", message),
				 errhint("%s", hint)));
}

static double *
unknown(int k)
{
	double	   *x = palloc(k * sizeof(double));

	for (int i = 0; i < k; i++)
		x[i] = NAN;
	return x;
}

static bandit
new_bandit(int k, mlops_posterior law, bool higher)
{
	bandit		b = {.k = k, .law = law, .higher = higher};

	require(k >= 2, "a choice needs at least two arms", "Each element of the arrays is one arm.");
	if (k > ARMS_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("%d arms are too many", k),
				 errdetail("At most %d arms are possible.", ARMS_MAX)));
	b.first = unknown(k);
	b.parameter2 = unknown(k);
	b.level = unknown(k);
	b.deviation = unknown(k);
	b.best = unknown(k);
	b.second = unknown(k);
	b.loss = unknown(k);
	b.weight = unknown(k);
	return b;
}

/* P(best), P(second), losses, where all parameters exist. */
static void
find_chances(bandit *b)
{
	mlops_status status;

	for (int i = 0; i < b->k; i++)
		if (isnan(b->first[i]) || isnan(b->parameter2[i]))
			return;
	CHECK_FOR_INTERRUPTS();
	status = mlops_best_arms(b->law, b->k, b->first, b->parameter2, b->higher,
							 palloc(sizeof(double) * MLOPS_BEST_WORK * b->k), b->best, b->second, b->loss);
	if (status != MLOPS_OK)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("the posteriors of the arms are out of range"),
				 errhint("Levels must be within 1e300, shapes of a beta or gamma posterior at least 0.1.")));
}

/*
 * Weights: of the chances, or what they were (uniform when that is not known)
 * when there is a reason.  Arguments from `arg` on: top_two, floor.
 */
static void
find_weights(FunctionCallInfo fcinfo, int arg, const double *current, bandit *b)
{
	/* two arms are always the top two: an even split for ever, unless it is asked for */
	bool		top_two = PG_ARGISNULL(arg) ? b->k > 2 : PG_GETARG_BOOL(arg);
	double		floor = PG_GETARG_FLOAT8(arg + 1);

	require(floor >= 0 && floor <= 1, "floor must be between 0 and 1", "It is the smallest share of an arm; 0.01 is usual.");
	find_chances(b);
	if (b->reason == NULL && isnan(b->best[0]))
		b->reason = "an arm has no posterior";
	for (int i = 0; i < b->k && b->reason != NULL; i++)
		b->weight[i] = current ? current[i] : 1.0 / b->k;
	if (b->reason == NULL)
		mlops_thompson_shares(b->k, b->best, b->second, top_two, floor, b->weight);
}

/* One row an arm, of type mlops.arm_weight. */
static void
put_arms(FunctionCallInfo fcinfo, const bandit *b)
{
	ReturnSetInfo *set = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	if (set->setDesc->natts != ARM_WEIGHT_COLUMNS)
		elog(ERROR, "return type must be mlops.arm_weight");
	for (int i = 0; i < b->k; i++)
	{
		Datum		value[ARM_WEIGHT_COLUMNS];
		bool		isnull[ARM_WEIGHT_COLUMNS] = {0};
		const double number[] = {b->level[i], b->deviation[i], b->best[i], b->second[i], b->loss[i], b->weight[i]};
		int			at = 0;

		value[at++] = Int32GetDatum(i + 1);
		isnull[at] = b->n == NULL;
		value[at++] = Float8GetDatum(b->n ? b->n[i] : 0);
		for (int j = 0; j < lengthof(number); j++, at++)
			value[at] = mlops_float8_or_null(number[j], &isnull[at]);
		value[at++] = Int64GetDatum(b->n_excluded ? (int64) b->n_excluded[i] : 0);
		isnull[at] = b->reason == NULL;
		value[at] = b->reason ? CStringGetTextDatum(b->reason) : (Datum) 0;
		tuplestore_putvalues(set->setResult, set->setDesc, value, isnull);
	}
}

/* The weights that are kept when there is a reason: argument arg, NULL for none. */
static double *
current_weights(FunctionCallInfo fcinfo, int arg, int k)
{
	double	   *weight;
	double		sum = 0;

	if (PG_ARGISNULL(arg))
		return NULL;
	weight = mlops_float8_array(PG_GETARG_ARRAYTYPE_P(arg), "current_weights", k);
	for (int i = 0; i < k; i++)
	{
		require(weight[i] >= 0, "a weight must not be negative", "current_weights are the shares of the arms now, NULL when there are none.");
		sum += weight[i];
	}
	require(fabs(sum - 1) <= 1e-6, "current_weights must sum to 1", "They are the shares of the arms now, NULL when there are none.");
	return weight;
}

/* Of all arguments but two, of which NULL has a meaning. */
static void
no_nulls(FunctionCallInfo fcinfo, int top_two, int except)
{
	for (int i = 0; i < PG_NARGS(); i++)
		if (i != top_two && i != except && PG_ARGISNULL(i))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("argument %d must not be NULL", i + 1),
					 errhint("Leave it out to get its default.")));
}

/* An arm with mean m and standard error s, and its normal prior; an infinite prior sd is the flat one. */
static void
normal_arm(bandit *b, int i, double m, double s, double prior_mean, double prior_sd)
{
	if (isfinite(prior_sd) && s > 0)
	{
		double		ratio = s / prior_sd;

		m = prior_mean + (m - prior_mean) / (ratio * ratio + 1);
		s /= hypot(1, ratio);
	}
	b->level[i] = b->first[i] = m;
	b->deviation[i] = b->parameter2[i] = s;
}

static void
prior_arguments(double prior_mean, double prior_sd)
{
	require(isfinite(prior_mean), "prior_mean must be finite", "It is the level to expect of any arm.");
	require(prior_sd > 0, "prior_sd must be positive", "It is how far arms differ from prior_mean; 'Infinity' is no prior.");
}

/* thompson_weights(means, standard_errors, top_two, floor, higher_is_better, prior_mean, prior_sd) */
Datum
mlops_thompson_weights(PG_FUNCTION_ARGS)
{
	int			k;
	double	   *mean;
	double	   *se;
	double		prior_mean;
	double		prior_sd;
	bandit		b;

	no_nulls(fcinfo, 2, 2);
	k = mlops_array_length(PG_GETARG_ARRAYTYPE_P(0), "means");
	mean = mlops_float8_array(PG_GETARG_ARRAYTYPE_P(0), "means", k);
	se = mlops_float8_array(PG_GETARG_ARRAYTYPE_P(1), "standard_errors", k);
	prior_mean = PG_GETARG_FLOAT8(5);
	prior_sd = PG_GETARG_FLOAT8(6);
	b = new_bandit(k, MLOPS_POSTERIOR_NORMAL, PG_GETARG_BOOL(4));
	prior_arguments(prior_mean, prior_sd);
	for (int i = 0; i < k; i++)
	{
		require(se[i] >= 0, "a standard error must not be negative", "0 says that the level of an arm is known exactly.");
		normal_arm(&b, i, mean[i], se[i], prior_mean, prior_sd);
	}
	find_weights(fcinfo, 2, NULL, &b);
	put_arms(fcinfo, &b);
	return (Datum) 0;
}

/* Posterior of a share: beta with these shapes. */
static void
beta_arm(bandit *b, int i, double s, double f)
{
	b->first[i] = s;
	b->parameter2[i] = f;
	b->level[i] = s / (s + f);
	b->deviation[i] = sqrt(s / (s + f) * (f / (s + f)) / (s + f + 1));
}

static void
hold_small_arms(bandit *b, int64 min_units)
{
	require(min_units >= 0, "min_units must not be negative", "Weights are left alone until every arm has that many.");
	for (int i = 0; i < b->k && b->reason == NULL; i++)
		if (b->n[i] < min_units)
			b->reason = psprintf("arm %d has fewer than " INT64_FORMAT " units", i + 1, min_units);
}

/*
 * thompson_weights_proportion(successes, trials, top_two, floor, higher_is_better, min_units, current_weights,
 *							   prior_successes, prior_failures)
 */
Datum
mlops_thompson_weights_proportion(PG_FUNCTION_ARGS)
{
	double	   *success;
	double	   *current;
	bandit		b;
	int			k;

	no_nulls(fcinfo, 2, 6);
	k = mlops_array_length(PG_GETARG_ARRAYTYPE_P(0), "successes");
	success = mlops_count_array(PG_GETARG_ARRAYTYPE_P(0), "successes", k);
	b = new_bandit(k, MLOPS_POSTERIOR_BETA, PG_GETARG_BOOL(4));
	b.n = mlops_count_array(PG_GETARG_ARRAYTYPE_P(1), "trials", k);
	current = current_weights(fcinfo, 6, k);
	require(PG_GETARG_FLOAT8(7) >= MLOPS_SHAPE_MIN && PG_GETARG_FLOAT8(8) >= MLOPS_SHAPE_MIN && PG_GETARG_FLOAT8(7) <= 1e15 && PG_GETARG_FLOAT8(8) <= 1e15,
			"prior_successes and prior_failures must be at least 0.1", "1 and 1 is the uniform prior, 0.5 and 0.5 that of Jeffreys.");
	for (int i = 0; i < k; i++)
	{
		require(success[i] <= b.n[i], "an arm has more successes than trials", "Each element of successes is of the trials of the same arm.");
		beta_arm(&b, i, PG_GETARG_FLOAT8(7) + success[i], PG_GETARG_FLOAT8(8) + (b.n[i] - success[i]));
	}
	hold_small_arms(&b, PG_GETARG_INT64(5));
	find_weights(fcinfo, 2, current, &b);
	put_arms(fcinfo, &b);
	return (Datum) 0;
}

/* thompson_weights_rate(events, exposures, top_two, floor, higher_is_better, prior_shape, prior_rate) */
Datum
mlops_thompson_weights_rate(PG_FUNCTION_ARGS)
{
	int			k;
	double	   *events;
	double		shape;
	double		rate;
	bandit		b;

	no_nulls(fcinfo, 2, 2);
	k = mlops_array_length(PG_GETARG_ARRAYTYPE_P(0), "events");
	events = mlops_count_array(PG_GETARG_ARRAYTYPE_P(0), "events", k);
	shape = PG_GETARG_FLOAT8(5);
	rate = PG_GETARG_FLOAT8(6);
	b = new_bandit(k, MLOPS_POSTERIOR_GAMMA, PG_GETARG_BOOL(4));
	b.n = mlops_float8_array(PG_GETARG_ARRAYTYPE_P(1), "exposures", k);
	require(shape >= MLOPS_SHAPE_MIN && shape <= 1e15, "prior_shape must be at least 0.1", "0.5 with a rate of 0 is the prior of Jeffreys.");
	require(rate >= 0 && isfinite(rate), "prior_rate must not be negative", "It is the exposure that the prior is worth.");
	for (int i = 0; i < k; i++)
	{
		require(b.n[i] >= 0 && b.n[i] + rate > 0 && b.n[i] + rate < 1e300, "an exposure must be positive", "It is the time, or the number of units, in which the events were counted.");
		b.first[i] = shape + events[i];
		b.parameter2[i] = rate + b.n[i];
		b.level[i] = b.first[i] / b.parameter2[i];
		b.deviation[i] = sqrt(b.first[i]) / b.parameter2[i];
	}
	find_weights(fcinfo, 2, NULL, &b);
	put_arms(fcinfo, &b);
	return (Datum) 0;
}

/* ---------------------------------------------------------------- from moments */

/* Cells by arm, then by period; NULL where there are no units. */
typedef struct cells
{
	int			arms;
	int			periods;
	int			variables;
	const mlops_moments **cell;
} cells;

static cells
get_cells(ArrayType *array)
{
	cells		c = {0};
	Datum	   *item;
	bool	   *isnull;
	int			n;

	require(ARR_NDIM(array) == 1 || ARR_NDIM(array) == 2, "arms must be an array of one or two dimensions",
			"One dimension: one mlops.moments for each arm; two: [arm][period].");
	c.arms = ARR_DIMS(array)[0];
	c.periods = ARR_NDIM(array) == 2 ? ARR_DIMS(array)[1] : 1;
	deconstruct_array(array, ARR_ELEMTYPE(array), -1, false, TYPALIGN_DOUBLE, &item, &isnull, &n);
	c.cell = palloc0(n * sizeof(*c.cell));
	for (int i = 0; i < n; i++)
	{
		if (isnull[i])
			continue;
		c.cell[i] = mlops_moments_from_datum(item[i]);
		if (c.cell[i]->variables == 0)
			continue;
		require(c.variables == 0 || c.variables == c.cell[i]->variables, "arms have moments of different variables",
				"Aggregate the same columns, in the same order, for each arm.");
		c.variables = c.cell[i]->variables;
	}
	return c;
}

/* An arm over the periods; a period that nobody was in has no weight. */
static void
add_periods(const cells *c, int arm, const double *period_share, mlops_bandit_arm *out, bandit *b)
{
	for (int p = 0; p < c->periods; p++)
	{
		const mlops_moments *m = c->cell[arm * c->periods + p];
		mlops_arm	cell = {.variables = c->variables};

		if (m != NULL)
			b->n_excluded[arm] += (double) m->null_rows + (double) m->nonfinite_rows;
		if (period_share[p] == 0)
			continue;
		if (m != NULL && m->variables > 0)
		{
			cell.n = m->n;
			cell.mean = mlops_moments_mean(m);
			cell.comoment = mlops_moments_comoment(m);
		}
		if (mlops_bandit_add(out, &cell, period_share[p]) != MLOPS_OK)
			b->reason = psprintf(c->periods > 1 ? "arm %d has fewer than two units in period %d" : "arm %d has fewer than two units", arm + 1, p + 1);
	}
}

/* Units of each arm, and the share of each period in all of them. */
static double *
count_units(const cells *c, double *n)
{
	double	   *share = palloc0(c->periods * sizeof(double));
	double		total = 0;

	for (int i = 0; i < c->arms; i++)
	{
		n[i] = 0;
		for (int p = 0; p < c->periods; p++)
		{
			const mlops_moments *m = c->cell[i * c->periods + p];

			if (m == NULL)
				continue;
			n[i] += (double) m->n;
			share[p] += (double) m->n;
		}
		total += n[i];
	}
	for (int p = 0; p < c->periods; p++)
		share[p] /= total;
	return share;
}

static void
normal_arms(const cells *c, mlops_metric metric, double prior_mean, double prior_sd, bandit *b)
{
	mlops_bandit_arm *arm = palloc0(c->arms * sizeof(mlops_bandit_arm));
	double	   *share = count_units(c, b->n);
	double	   *level = palloc(c->arms * sizeof(double));
	double	   *variance = palloc(c->arms * sizeof(double));

	require(c->variables == 0 || c->variables == (metric == MLOPS_METRIC_RATIO ? 2 : 1) || c->variables == (metric == MLOPS_METRIC_RATIO ? 4 : 2),
			metric == MLOPS_METRIC_RATIO ? "a ratio has two or four variables" : "a mean has one or two variables",
			metric == MLOPS_METRIC_RATIO ? "They are numerator and denominator, then, if wanted, both of before the exposure." :
			"They are the value and, if wanted, one covariate of before the exposure.");
	for (int i = 0; i < c->arms; i++)
		add_periods(c, i, share, &arm[i], b);
	if (c->variables == 0 && b->reason == NULL)
		b->reason = "there are no units";
	if (b->reason != NULL)
		return;
	if (mlops_bandit_levels(metric, c->variables, c->arms, arm, level, variance) != MLOPS_OK)
	{
		b->reason = "a denominator is zero";
		return;
	}
	for (int i = 0; i < c->arms; i++)
	{
		if (!isfinite(level[i]) || !isfinite(variance[i]))
			b->reason = "the moments are beyond the range of numbers";
		else if (variance[i] == 0)
			b->reason = psprintf("the values of arm %d do not vary", i + 1);
	}
	for (int i = 0; i < c->arms && b->reason == NULL; i++)
		normal_arm(b, i, level[i], sqrt(variance[i]), prior_mean, prior_sd);
}

/* Shares from moments of zeros and ones. */
static void
beta_arms(const cells *c, bandit *b)
{
	require(c->periods == 1 && c->variables <= 1, "a proportion takes one variable and one period",
			"Use metric => 'mean' for a covariate or for weighting by period.");
	count_units(c, b->n);
	for (int i = 0; i < c->arms; i++)
	{
		const mlops_moments *m = c->cell[i];
		double		n = b->n[i];
		double		p = n > 0 ? mlops_moments_mean(m)[0] : 0;
		double		successes = rint(n * p);

		if (m != NULL)
			b->n_excluded[i] = (double) m->null_rows + (double) m->nonfinite_rows;
		require(fabs(n * p - successes) <= 1e-9 * (n + 1) && successes >= 0 && successes <= n &&
				(n == 0 || fabs(mlops_moments_comoment(m)[0] - n * p * (1 - p)) <= 1e-9 * n),
				"the values of a proportion must be 0 and 1", "Use metric => 'mean' for other numbers.");
		beta_arm(b, i, 1 + successes, 1 + n - successes);
	}
}

/*
 * thompson_weights(moments[], metric, top_two, floor, higher_is_better, min_units, current_weights,
 *					prior_mean, prior_sd)
 */
Datum
mlops_thompson_weights_moments(PG_FUNCTION_ARGS)
{
	cells		c;
	char	   *metric;
	double	   *current;
	bool		proportion;
	bandit		b;

	no_nulls(fcinfo, 2, 6);
	c = get_cells(PG_GETARG_ARRAYTYPE_P(0));
	metric = text_to_cstring(PG_GETARG_TEXT_PP(1));
	proportion = strcmp(metric, "proportion") == 0;
	if (!proportion && strcmp(metric, "mean") != 0 && strcmp(metric, "ratio") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unrecognized metric \"%s\"", metric),
				 errhint("Metrics are \"mean\", \"proportion\" and \"ratio\".")));
	b = new_bandit(c.arms, proportion ? MLOPS_POSTERIOR_BETA : MLOPS_POSTERIOR_NORMAL, PG_GETARG_BOOL(4));
	b.n = palloc0(c.arms * sizeof(double));
	b.n_excluded = palloc0(c.arms * sizeof(double));
	current = current_weights(fcinfo, 6, c.arms);
	prior_arguments(PG_GETARG_FLOAT8(7), PG_GETARG_FLOAT8(8));
	if (proportion)
	{
		require(isinf(PG_GETARG_FLOAT8(8)), "a proportion has the uniform prior", "mlops.thompson_weights_proportion() takes other ones.");
		beta_arms(&c, &b);
	}
	else
		normal_arms(&c, strcmp(metric, "ratio") == 0 ? MLOPS_METRIC_RATIO : MLOPS_METRIC_MEAN,
					PG_GETARG_FLOAT8(7), PG_GETARG_FLOAT8(8), &b);
	hold_small_arms(&b, PG_GETARG_INT64(5));
	find_weights(fcinfo, 2, current, &b);
	put_arms(fcinfo, &b);
	return (Datum) 0;
}

/* ---------------------------------------------------------------- other policies */

/* epsilon_greedy_weights(means, epsilon, higher_is_better) */
Datum
mlops_epsilon_greedy_weights(PG_FUNCTION_ARGS)
{
	int			k = mlops_array_length(PG_GETARG_ARRAYTYPE_P(0), "means");
	double	   *mean = mlops_float8_array(PG_GETARG_ARRAYTYPE_P(0), "means", k);
	double	   *share = palloc(k * sizeof(double));

	require(mlops_epsilon_greedy(k, mean, PG_GETARG_FLOAT8(1), PG_GETARG_BOOL(2), share) == MLOPS_OK,
			"epsilon must be between 0 and 1", "It is the share of the traffic that explores.");
	return mlops_float8_array_result(share, k);
}

/* softmax_weights(means, temperature, higher_is_better) */
Datum
mlops_softmax_weights(PG_FUNCTION_ARGS)
{
	int			k = mlops_array_length(PG_GETARG_ARRAYTYPE_P(0), "means");
	double	   *mean = mlops_float8_array(PG_GETARG_ARRAYTYPE_P(0), "means", k);
	double	   *share = palloc(k * sizeof(double));

	require(mlops_softmax(k, mean, PG_GETARG_FLOAT8(1), PG_GETARG_BOOL(2), share) == MLOPS_OK,
			"temperature must be positive", "It is a difference of means that matters: an arm that is worse by it gets 1/e of the best one's share.");
	return mlops_float8_array_result(share, k);
}

/* ucb1_bounds(means, units, exploration, higher_is_better) */
Datum
mlops_ucb1_bounds(PG_FUNCTION_ARGS)
{
	int			k = mlops_array_length(PG_GETARG_ARRAYTYPE_P(0), "means");
	double	   *mean = mlops_float8_array(PG_GETARG_ARRAYTYPE_P(0), "means", k);
	double	   *n = mlops_count_array(PG_GETARG_ARRAYTYPE_P(1), "units", k);
	double	   *bound = palloc(k * sizeof(double));

	require(mlops_ucb1(k, mean, n, PG_GETARG_FLOAT8(2), PG_GETARG_BOOL(3), bound) == MLOPS_OK,
			"exploration must not be negative", "It is 2 in the paper, for rewards between 0 and 1.");
	return mlops_float8_array_result(bound, k);
}
