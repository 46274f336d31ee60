/*
 * enumerate.c
 *		Exact p of a quadratic statistic: all tables of reference rows per
 *		distinct value, each with its hypergeometric probability.
 */
#include "kernel/twosample/quadratic.h"

#include <math.h>

/* Tables by their probability, in units of that of the likeliest so far. */
typedef struct tally
{
	double		ln_unit;
	double		as_far;			/* statistic at least the observed one */
	double		all;
} tally;

static double
ln_factorial(double x)
{
	return x > 0 ? mlops_stirling_error(x) + 0.5 * (log(x) + MLOPS_LN_2PI) + x * log(x) - x : 0;
}

static double
ln_choose(double n, double k)
{
	return k > 0 && k < n ? ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k) : 0;
}

/* Derivatives of ln(1 + e^t + ... + e^(c t)), itself first. */
static void
geometric(double c, double t, double *k)
{
	double		a = 0.5 * t;
	double		b = 0.5 * (c + 1) * t;

	if (fabs(b) < 1e-4)
	{
		k[0] += log(c + 1) + 0.5 * c * t;
		k[1] += 0.5 * c + c * (c + 2) / 12 * t;
		k[2] += c * (c + 2) / 12;
		return;
	}
	k[0] += c * a + fabs(b) + log(-expm1(-2 * fabs(b))) - fabs(a) - log(-expm1(-2 * fabs(a)));
	k[1] += 0.5 * c + 0.5 * (c + 1) / tanh(b) - 0.5 / tanh(a);
	k[2] += 0.25 / (sinh(a) * sinh(a)) - (fabs(b) > 300 ? 0 : 0.25 * (c + 1) * (c + 1) / (sinh(b) * sinh(b)));
}

/*
 * Number of tables, by the saddle point of their generating function, the
 * product over distinct values of 1 + z + ... + z^rows; in logarithms.
 */
static double
ln_tables(const mlops_quadratic *q)
{
	double		lo = -50;
	double		hi = 50;
	double		k[3];
	double		t;

	for (int i = 0; i < 40; i++)
	{
		double		before = 0;

		t = 0.5 * (lo + hi);
		k[0] = k[1] = k[2] = 0;
		for (size_t j = 0; j < q->cells; j++)
		{
			geometric(q->cell[j].first - before, t, k);
			before = q->cell[j].first;
		}
		geometric(q->n + q->m - before, t, k);
		if (fabs(k[1] - q->n) < 0.01 * sqrt(fmax(k[2], 1e-6)))
			break;
		if (k[1] > q->n)
			hi = t;
		else
			lo = t;
	}
	return k[0] - t * q->n - 0.5 * log(fmax(1, 2 * MLOPS_PI * k[2]));
}

static void
prepare(mlops_quadratic *q)
{
	mlops_quadratic_level *level = q->work.level;
	double		before = 0;
	double		rest[2] = {0, 0};

	for (size_t i = 0; i < q->cells; i++)
	{
		level[i] = (mlops_quadratic_level) {.rows = q->cell[i].first,.tied = q->cell[i].first - before,
			.weight = q->cell[i].weight};
		before = q->cell[i].first;
	}
	for (size_t i = q->cells; i-- > 0;)
	{
		double		no_reference = mlops_lanes_excess(q->n, q->m, q->n, level[i].rows);
		double		no_current = mlops_lanes_excess(q->n, q->m, level[i].rows - q->m, level[i].rows);

		level[i].rest[0] = rest[0];
		level[i].rest[1] = rest[1];
		rest[0] += level[i].weight * (no_reference * no_reference);
		rest[1] += level[i].weight * (no_current * no_current);
	}
}

/* What follows from the choice at level l, the one before it being given. */
static void
choose(const mlops_quadratic *q, mlops_quadratic_level *l, const mlops_quadratic_level *before)
{
	double		z = mlops_lanes_excess(q->n, q->m, l->used, l->rows);

	l->sum = (before != NULL ? before->sum : 0) + l->weight * (z * z);
}

static void
first_choice(const mlops_quadratic *q, mlops_quadratic_level *l, const mlops_quadratic_level *before)
{
	double		used = before != NULL ? before->used : 0;
	double		fewest = fmax(0, l->rows - q->m - used);

	l->used = used + fewest;
	l->highest = fmin(used + l->tied, q->n);
	l->ln_ways = (before != NULL ? before->ln_ways : 0) + ln_choose(l->tied, fewest);
	choose(q, l, before);
}

static bool
next_choice(const mlops_quadratic *q, mlops_quadratic_level *l, const mlops_quadratic_level *before)
{
	double		reference = l->used - (before != NULL ? before->used : 0);

	if (l->used >= l->highest)
		return false;
	if (l->tied > 1)
		l->ln_ways += log((l->tied - reference) / (reference + 1));
	l->used++;
	choose(q, l, before);
	return true;
}

static void
count_table(tally *t, double ln_ways, bool as_far)
{
	double		share;

	if (ln_ways > t->ln_unit)
	{
		double		shrink = exp(t->ln_unit - ln_ways);

		t->ln_unit = ln_ways;
		t->as_far *= shrink;
		t->all *= shrink;
	}
	share = ln_ways == t->ln_unit ? 1 : exp(ln_ways - t->ln_unit);
	t->all += share;
	if (as_far)
		t->as_far += share;
}

/*
 * Depth first over the values; once one side has no rows left, the rest of a
 * table is given.
 */
static void
count_tables(mlops_quadratic *q, double observed, tally *t)
{
	mlops_quadratic_level *level = q->work.level;
	double		last = q->n + q->m - q->cell[q->cells - 1].first;
	size_t		i = 0;

	first_choice(q, &level[0], NULL);
	for (;;)
	{
		mlops_quadratic_level *l = &level[i];
		bool		no_reference = l->used >= q->n;
		bool		no_current = l->rows - l->used >= q->m;

		if (!no_reference && !no_current && i + 1 < q->cells)
		{
			first_choice(q, &level[i + 1], l);
			i++;
			continue;
		}
		count_table(t, l->ln_ways + (no_reference || no_current ? 0 : ln_choose(last, q->n - l->used)),
					l->sum + (no_reference ? l->rest[0] : no_current ? l->rest[1] : 0) >= observed);
		while (!next_choice(q, &level[i], i > 0 ? &level[i - 1] : NULL))
		{
			if (i == 0)
				return;
			i--;
		}
	}
}

bool
mlops_quadratic_exact(mlops_quadratic *q, mlops_test *out)
{
	tally		t = {-INFINITY, 0, 0};

	if (q->merged || q->cells > MLOPS_QUADRATIC_LEVELS)
		return false;
	/* 64 values and 4 rows of a side: C(64, 4) tables and more */
	if (q->cells >= 64 && fmin(q->n, q->m) >= 4)
		return false;
	if (ln_tables(q) > log(MLOPS_QUADRATIC_TABLES))
		return false;
	prepare(q);
	count_tables(q, (q->sum + q->sum_rest) * (1 - 1e-10), &t);
	out->variant = "exact";
	out->ln_p = fmin(0, log(t.as_far) - log(t.all));
	out->p = exp(out->ln_p);
	return true;
}
