/*
 * replay.c
 *		SQL function: A/A replay, the real false-positive rate on past rows.
 *
 * The rows come as moments per cell, a cell being the units of one value of a hash: one
 * scan of the table serves every split.  A split draws the arm of each cell and merges.
 */
#include "experiment/arms.h"

#include <math.h>

#include "access/htup_details.h"
#include "drift/result.h"
#include "funcapi.h"
#include "kernel/special/special.h"
#include "kernel/summary/comoments.h"
#include "kernel/summary/hash.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

MLOPS_FUNCTION(mlops_aa_replay);

#define AA_COLUMNS 15
#define MAX_SPLITS 1000000

typedef struct cell_list
{
	const mlops_moments **cell;
	int			n;
	int			variables;
	int64		rows;
	int64		excluded;
} cell_list;

/* Cells that have a row with numbers. */
static void
open_cells(ArrayType *array, mlops_metric metric, cell_list *c)
{
	int16		length;
	bool		byval;
	char		align;
	Datum	   *item;
	bool	   *isnull;
	int			n;

	get_typlenbyvalalign(ARR_ELEMTYPE(array), &length, &byval, &align);
	deconstruct_array(array, ARR_ELEMTYPE(array), length, byval, align, &item, &isnull, &n);
	*c = (cell_list) {.cell = palloc(sizeof(*c->cell) * Max(n, 1))};
	for (int i = 0; i < n; i++)
	{
		const mlops_moments *m;

		CHECK_FOR_INTERRUPTS();
		if (isnull[i])
			continue;
		m = mlops_moments_from_datum(item[i]);
		c->excluded += m->null_rows + m->nonfinite_rows;
		if (m->variables == 0 || m->n == 0)
			continue;
		mlops_check_arms(c->n > 0 ? c->cell[0] : m, m, metric);
		c->variables = m->variables;
		c->rows += m->n;
		c->cell[c->n++] = m;
	}
}

/* The two arms of a split, and work space. */
typedef struct split
{
	int64_t		n[2];
	double	   *mean[2];
	double	   *comoment[2];
	double	   *work;
} split;

static void
draw(const cell_list *c, uint64_t seed, double share, split *s)
{
	int			k = c->variables;

	for (int arm = 0; arm < 2; arm++)
	{
		s->n[arm] = 0;
		memset(s->mean[arm], 0, sizeof(double) * k);
		memset(s->comoment[arm], 0, sizeof(double) * mlops_comoment_count(k));
	}
	for (int i = 0; i < c->n; i++)
	{
		const mlops_moments *m = c->cell[i];
		int			arm = (double) (mlops_random_next(&seed) >> 11) * 0x1p-53 < share;

		mlops_comoments_merge(k, s->n[arm], s->mean[arm], s->comoment[arm], m->n, mlops_moments_mean(m), mlops_moments_comoment(m));
		s->n[arm] += m->n;
	}
}

/* Sums over the splits. */
typedef struct tally
{
	int			splits;
	int			above;
	int			below;
	int			none;			/* no p */
	double		mean;			/* of the statistic */
	double		m2;
} tally;

static void
count_split(const split *s, int variables, mlops_metric metric, double alpha, tally *t)
{
	mlops_arm	arm[2];
	mlops_effect e;
	mlops_question q = {.scale = MLOPS_ABSOLUTE, .hypothesis = MLOPS_SUPERIORITY, .alternative = MLOPS_TWO_SIDED, .confidence = 1 - alpha};
	mlops_comparison c;
	mlops_status status;
	double		delta;
	int			used;

	for (int i = 0; i < 2; i++)
		arm[i] = (mlops_arm) {.variables = variables, .n = s->n[i], .mean = s->mean[i], .comoment = s->comoment[i]};
	/* as compare() does: the mean of 0 and 1 */
	status = mlops_effect_of(&arm[0], &arm[1], metric == MLOPS_METRIC_PROPORTION ? MLOPS_METRIC_MEAN : metric, MLOPS_THETA_WITHIN, s->work, &e);
	status = mlops_compare_effect(&e, status, &q, &c);
	t->splits++;
	if (status != MLOPS_OK || isnan(c.p))
	{
		t->none++;
		return;
	}
	t->above += c.p <= alpha && c.statistic > 0;
	t->below += c.p <= alpha && c.statistic < 0;
	used = t->splits - t->none;
	delta = c.statistic - t->mean;
	t->mean += delta / used;
	t->m2 += delta * (c.statistic - t->mean);
}

/*
 * Standard error that the rate has from the cells themselves: another hash of the
 * units would have had cells whose sums vary a little more or less.  Of the variance
 * of k sums with this kurtosis the relative error is sqrt(2 / (k - 1) + excess / k);
 * half of that goes to the deviation of the statistic, and 2 z phi(z) of it to the rate.
 */
static double
error_of_cells(const cell_list *c, mlops_metric metric, double alpha)
{
	double		z = mlops_normal_quantile_upper(alpha / 2);
	double		level[2] = {0};
	double		second = 0;
	double		fourth = 0;
	double		excess;

	for (int v = 0; v < (metric == MLOPS_METRIC_RATIO ? 2 : 1); v++)
		for (int i = 0; i < c->n; i++)
			level[v] += mlops_moments_mean(c->cell[i])[v] * ((double) c->cell[i]->n / (double) c->rows);
	for (int i = 0; i < c->n; i++)
	{
		const double *mean = mlops_moments_mean(c->cell[i]);
		double		sum = (double) c->cell[i]->n *
			(metric == MLOPS_METRIC_RATIO ? mean[0] - level[0] / level[1] * mean[1] : mean[0] - level[0]);

		second += sum * sum;
		fourth += sum * sum * sum * sum;
	}
	excess = fourth / (second * second) * c->n - 3;
	if (!(excess > 0))
		excess = 0;
	return z * exp(-0.5 * z * z - 0.5 * MLOPS_LN_2PI) * sqrt(2.0 / (c->n - 1) + excess / c->n);
}

static Datum
result_row(FunctionCallInfo fcinfo, const tally *t, const cell_list *c, mlops_metric metric, double alpha)
{
	double		used = t->splits - t->none;
	double		rate = used > 0 ? (t->above + t->below) / used : (double) NAN;
	/* as if one more of each kind had been seen: no rate is certain */
	double		smooth = (t->above + t->below + 1) / (used + 2);
	double		half = used > 0 ? 1.9599639845400545 * hypot(sqrt(smooth * (1 - smooth) / used), error_of_cells(c, metric, alpha)) : (double) NAN;
	const char *reason = c->n < 2 ? "fewer than two cells have rows" : used == 0 ? "no split has a result" : NULL;
	const double sd = used > 1 ? sqrt(t->m2 / (used - 1)) : (double) NAN;
	TupleDesc	desc;
	Datum		value[AA_COLUMNS];
	bool		isnull[AA_COLUMNS] = {false};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE || desc->natts != AA_COLUMNS)
		elog(ERROR, "return type must be mlops.aa_result");
	desc = BlessTupleDesc(desc);
	value[0] = CStringGetTextDatum(metric == MLOPS_METRIC_RATIO ? "aa_replay, ratio" : metric == MLOPS_METRIC_PROPORTION ? "aa_replay, proportion" : "aa_replay, mean");
	value[1] = Int32GetDatum(t->splits);
	value[2] = Float8GetDatum(alpha);
	value[3] = Int32GetDatum(t->above + t->below);
	value[4] = mlops_float8_or_null(rate, &isnull[4]);
	value[5] = mlops_float8_or_null(isnan(rate) ? rate : fmax(0, rate - half), &isnull[5]);
	value[6] = mlops_float8_or_null(isnan(rate) ? rate : fmin(1, rate + half), &isnull[6]);
	value[7] = Int32GetDatum(t->above);
	value[8] = Int32GetDatum(t->below);
	value[9] = mlops_float8_or_null(sd, &isnull[9]);
	value[10] = Int32GetDatum(c->n);
	value[11] = Int64GetDatum(c->rows);
	value[12] = Int64GetDatum(c->excluded);
	value[13] = Int32GetDatum(t->none);
	isnull[14] = reason == NULL;
	value[14] = reason ? CStringGetTextDatum(reason) : (Datum) 0;
	return HeapTupleGetDatum(heap_form_tuple(desc, value, isnull));
}

/* aa_replay(cells, metric, splits, seed, alpha, share) */
Datum
mlops_aa_replay(PG_FUNCTION_ARGS)
{
	mlops_metric metric = mlops_metric_argument(text_to_cstring(PG_GETARG_TEXT_PP(1)));
	int			splits = PG_GETARG_INT32(2);
	uint64_t	seed = (uint64_t) PG_GETARG_INT64(3);
	double		alpha = PG_GETARG_FLOAT8(4);
	double		share = PG_GETARG_FLOAT8(5);
	cell_list	c;
	split		s;
	tally		t = {0};

	if (splits < 1 || splits > MAX_SPLITS || !(alpha > 0 && alpha < 1) || !(share > 0 && share < 1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument of aa_replay() is out of range"),
				 errdetail("splits is between 1 and %d, alpha and share are between 0 and 1.", MAX_SPLITS)));
	open_cells(PG_GETARG_ARRAYTYPE_P(0), metric, &c);
	for (int arm = 0; arm < 2; arm++)
	{
		s.mean[arm] = palloc(sizeof(double) * Max(c.variables, 1));
		s.comoment[arm] = palloc(sizeof(double) * Max(mlops_comoment_count(c.variables), 1));
	}
	s.work = palloc(sizeof(double) * Max(mlops_effect_work(c.variables), 1));
	for (int i = 0; i < splits && c.n >= 2; i++)
	{
		CHECK_FOR_INTERRUPTS();
		draw(&c, mlops_mix64(mlops_mix64(seed) + (uint64_t) i * UINT64_C(0x9e3779b97f4a7c15)), share, &s);
		count_split(&s, c.variables, metric, alpha, &t);
	}
	return result_row(fcinfo, &t, &c, metric, alpha);
}
