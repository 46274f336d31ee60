/*
 * wasserstein.c
 *		Test of the Wasserstein-1 distance of two samples.
 */
#include "kernel/twosample/wasserstein.h"

#include <math.h>

#include "kernel/special/dd.h"
#include "kernel/twosample/permute.h"
#include "kernel/special/special.h"

/*
 * Gaps between values are halved before they are subtracted, so that they and their
 * sums do not overflow, and made smaller once more where they are multiplied by rows.
 */
#define SMALL	0x1p-60

/*
 * Coarsened: a cell reaches over at most these shares of all rows, and of the rows
 * on the shorter side of it, so that F - G hardly changes within one and the
 * outermost rows have cells of their own.
 */
#define SHARE_OF_ALL	(1.0 / 128)
#define SHARE_OF_TAIL	(1.0 / 8)
#define MOST_CELLS	800			/* enough for 2^53 rows */
#define LANES		64

typedef enum mode
{
	ASKED,						/* permutations in lanes, as many as the caller says */
	SMALL_SAMPLES,				/* permutations of all values, which are kept as cells */
	COARSENED					/* permutations at the cells, made in a second pass */
} mode;

/* Pooled rows before the gaps of the cell since those of the cell before; what a difference there weighs. */
typedef struct cell
{
	double		rows;
	double		weight;
} cell;

/* Of half the distances from the smallest value, times 2^-exponent. */
typedef struct moments
{
	double		rows;
	double		mean;
	double		squares;		/* of the distances from the mean */
} moments;

typedef struct wasserstein
{
	double		n;
	double		m;
	mode		mode;
	bool		second;			/* pass */
	double		a;				/* reference rows so far */
	double		b;
	double		x;				/* the last value */
	double		values;
	mlops_dd	distance;		/* half of it */
	mlops_dd	noise;			/* half the integral of the standard error of F - G */
	double		observed;		/* the statistic of the permutations */
	double		lowest;			/* the smallest value */
	bool		scaled;
	int			exponent;
	moments		reference;
	moments		current;
	double		start;			/* of the open cell: rows before its first gap, */
	double		scale;			/* integral of sqrt(H (1 - H)), */
	double		moment;			/* and the same times rows */
	double		drawn;			/* rows before the gaps of the closed cells */
	size_t		cells;
	size_t		cells_max;
	mlops_lanes lanes;
	cell		cell[];			/* behind them the memory of the lanes */
} wasserstein;

static mode
choose_mode(double n, double m, const mlops_twosample_options *options)
{
	if (options->permutations > 0)
		return ASKED;
	return n + m <= MLOPS_WASSERSTEIN_PERMUTED_ROWS ? SMALL_SAMPLES : COARSENED;
}

static size_t
cells_max(double n, double m, mode mode)
{
	return mode == SMALL_SAMPLES ? (size_t) (n + m) : mode == COARSENED ? MOST_CELLS : 0;
}

static size_t
state_size(double n, double m, const mlops_twosample_options *options)
{
	return sizeof(wasserstein) + cells_max(n, m, choose_mode(n, m, options)) * sizeof(cell)
		+ mlops_lanes_size(options->permutations > 0 ? options->permutations : LANES);
}

static void
begin(void *state, double n, double m, const mlops_twosample_options *options)
{
	wasserstein *s = state;

	s->n = n;
	s->m = m;
	s->mode = choose_mode(n, m, options);
	s->cells_max = cells_max(n, m, s->mode);
	mlops_lanes_begin(&s->lanes, s->cell + s->cells_max,
					  options->permutations > 0 ? options->permutations : LANES, n, m,
					  options->seed);
}

/* What weights with a sum of `rows` add, by their mean and sum of squares about it. */
static void
merge(moments *s, double rows, double mean, double squares)
{
	double		all = s->rows + rows;
	double		d = mean - s->mean;

	if (!(rows > 0))
		return;
	s->mean += d * (rows / all);
	s->squares += squares + d * d * (s->rows * (rows / all));
	s->rows = all;
}

static void
add_moments(moments *s, const double *z, const double *rows, size_t k)
{
	double		sum = 0;
	double		mean = 0;
	double		squares = 0;

	for (size_t i = 0; i < k; i++)
	{
		sum += rows[i];
		mean += rows[i] * z[i];
	}
	if (!(sum > 0))
		return;
	mean /= sum;
	for (size_t i = 0; i < k; i++)
		squares += rows[i] * ((z[i] - mean) * (z[i] - mean));
	merge(s, sum, mean, squares);
}

static void
rescale(moments *s, int by)
{
	s->mean = ldexp(s->mean, by);
	s->squares = ldexp(s->squares, 2 * by);
}

/* Once the values have become 2^400 times larger than the unit, it follows them. */
static void
choose_unit(wasserstein *s, double far)
{
	int			exponent;

	if (!(far > 0))
		return;
	frexp(far, &exponent);
	/* so that its inverse is a double */
	if (exponent < -1000)
		exponent = -1000;
	if (s->scaled && exponent <= s->exponent + 400)
		return;
	if (s->scaled)
	{
		rescale(&s->reference, s->exponent - exponent);
		rescale(&s->current, s->exponent - exponent);
	}
	s->exponent = exponent;
	s->scaled = true;
}

/* Means and squares, a few values at a time; never beyond the range of double. */
static void
block_moments(wasserstein *s, const mlops_runs *runs)
{
	double		z[64];

	for (size_t from = 0; from < runs->n; from += 64)
	{
		size_t		k = runs->n - from < 64 ? runs->n - from : 64;
		double		unit;

		choose_unit(s, 0.5 * runs->x[from + k - 1] - 0.5 * s->lowest);
		unit = ldexp(1, -s->exponent);
		for (size_t i = 0; i < k; i++)
			z[i] = (0.5 * runs->x[from + i] - 0.5 * s->lowest) * unit;
		add_moments(&s->reference, z, runs->reference + from, k);
		add_moments(&s->current, z, runs->current + from, k);
	}
	s->values += (double) runs->n;
}

static void
add(mlops_dd *sum, double v)
{
	*sum = mlops_dd_add(*sum, (mlops_dd) {v, 0});
}

/* The larger of a side's own variance and that within both: a small side may have seen too little. */
static double
cautious(double own, double n, double other, double m)
{
	return fmax(own, (n * own + m * other) / (n + m));
}

static double
standard_error(double f, double n, double g, double m)
{
	double		of_f = f * (1 - f);
	double		of_g = g * (1 - g);

	return sqrt(cautious(of_f, n, of_g, m) / n + cautious(of_g, m, of_f, n) / m);
}

static void
first_pass(wasserstein *s, const mlops_runs *runs)
{
	const double n = s->n;
	const double m = s->m;

	for (size_t i = 0; i < runs->n; i++)
	{
		double		half = 0.5 * runs->x[i] - 0.5 * s->x;
		double		t = runs->reference[i] + runs->current[i];

		if (s->a + s->b > 0)
		{
			/* whole numbers, so that equal shares are seen to be equal */
			add(&s->distance, fabs(m * s->a - n * s->b) / (n * m) * half);
			add(&s->noise, standard_error(s->a / n, n, s->b / m, m) * half);
			s->observed += fabs(mlops_lanes_excess(n, m, s->a, s->a + s->b)) * (half * SMALL);
			if (s->mode == ASKED)
				mlops_lanes_add_abs(&s->lanes, half * SMALL);
			if (s->mode == SMALL_SAMPLES)
				s->cell[s->cells - 1].weight = half * SMALL;
		}
		if (s->mode == ASKED)
			mlops_lanes_draw(&s->lanes, t);
		if (s->mode == SMALL_SAMPLES)
			s->cell[s->cells++] = (cell) {t, 0};
		s->a += runs->reference[i];
		s->b += runs->current[i];
		s->x = runs->x[i];
	}
	block_moments(s, runs);
}

/* The cell's place is the mean of its gaps', its weight keeps their mean absolute difference. */
static void
close_cell(wasserstein *s)
{
	double		all = s->n + s->m;
	double		at;

	if (!(s->scale > 0))
		return;
	at = nearbyint(s->moment / s->scale);
	s->cell[s->cells++] = (cell) {at - s->drawn, s->scale / sqrt(at / all * (1 - at / all))};
	s->drawn = at;
	s->scale = s->moment = 0;
}

static void
second_pass(wasserstein *s, const mlops_runs *runs)
{
	const double all = s->n + s->m;

	for (size_t i = 0; i < runs->n; i++)
	{
		double		rows = s->a + s->b;

		if (rows > 0)
		{
			double		half = 0.5 * runs->x[i] - 0.5 * s->x;
			double		h = rows / all;
			double		scale = sqrt(h * (1 - h)) * (half * SMALL);

			if (rows - s->start > all * SHARE_OF_ALL
				|| rows - s->start > fmin(s->start, all - rows) * SHARE_OF_TAIL)
				close_cell(s);
			if (!(s->scale > 0))
				s->start = rows;
			s->scale += scale;
			s->moment += scale * rows;
		}
		s->a += runs->reference[i];
		s->b += runs->current[i];
		s->x = runs->x[i];
	}
}

static void
step(void *state, const mlops_runs *runs)
{
	wasserstein *s = state;

	if (s->second)
		second_pass(s, runs);
	else
	{
		if (s->a + s->b == 0 && runs->n > 0)
			s->lowest = s->x = runs->x[0];
		first_pass(s, runs);
	}
}

static bool
again(void *state)
{
	wasserstein *s = state;

	if (s->second || s->mode != COARSENED || !(s->n > 0) || !(s->m > 0) || s->values < 2)
		return false;
	s->second = true;
	s->a = s->b = 0;
	s->x = s->lowest;
	return true;
}

/* Of `rows` drawn from total, those that are among left: a draw for each of the fewer. */
static double
draw_few(uint64_t *random, double total, double left, double rows)
{
	double		tries = fmin(left, rows);
	double		marked = fmax(left, rows);
	double		hits = 0;

	for (double i = 0; i < tries; i++)
		hits += mlops_random_uniform(random) * (total - i) < marked - hits;
	return hits;
}

/* By inversion from 0, where few are expected; the probability of 0 to a relative 1e-6. */
static double
draw_rare(uint64_t *random, double total, double left, double rows)
{
	double		p = exp(left * log1p(-rows / (total - 0.5 * (left - 1))));
	double		u = mlops_random_uniform(random) - p;
	double		hits = 0;

	while (u >= 0 && hits < fmin(left, rows))
	{
		p *= (left - hits) / (hits + 1) * ((rows - hits) / (total - left - rows + hits + 1));
		hits++;
		u -= p;
	}
	return hits;
}

/* Rounded normal deviate, corrected for the skewness (Cornish and Fisher). */
static double
draw_many(uint64_t *random, double total, double left, double rows, double mean, double variance)
{
	double		u = 1 - mlops_random_uniform(random);
	double		z = sqrt(-2 * log(u)) * cos(2 * MLOPS_PI * mlops_random_uniform(random));
	double		skewness = (1 - 2 * (left / total)) * (1 - 2 * (rows / total)) / sqrt(variance);
	double		hits = nearbyint(mean + sqrt(variance) * (z + skewness * (z * z - 1) / 6));

	return fmin(fmax(hits, fmax(0, rows - (total - left))), fmin(rows, left));
}

/* As mlops_lanes_draw: exactly for few rows, closely for many. */
static void
draw_roughly(mlops_lanes *lanes, double rows)
{
	double		total = lanes->n + lanes->m - lanes->rows;

	lanes->rows += rows;
	for (int i = 0; i < LANES; i++)
	{
		double		left = lanes->left[i];
		double		mean = left * (rows / total);
		double		variance = mean * ((total - left) / total) * ((total - rows) / (total - 1));
		uint64_t   *random = &lanes->random[i];

		if (fmin(left, rows) <= 64)
			lanes->left[i] -= draw_few(random, total, left, rows);
		else if (variance > 9)
			lanes->left[i] -= draw_many(random, total, left, rows, mean, variance);
		else if (mean < 12)
			lanes->left[i] -= draw_rare(random, total, left, rows);
		else
			lanes->left[i] -= mlops_hypergeometric(random, total, left, rows);
	}
}

/* One permutation in every lane. */
static void
permute(wasserstein *s)
{
	mlops_lanes *lanes = &s->lanes;

	lanes->rows = 0;
	for (int i = 0; i < LANES; i++)
	{
		lanes->left[i] = s->n;
		lanes->sum[i] = 0;
	}
	for (size_t i = 0; i < s->cells && s->cell[i].weight > 0; i++)
	{
		if (s->mode == COARSENED)
			draw_roughly(lanes, s->cell[i].rows);
		else
			mlops_lanes_draw(lanes, s->cell[i].rows);
		mlops_lanes_add_abs(lanes, s->cell[i].weight);
	}
}

/*
 * Sequential Monte Carlo p-value (Besag and Clifford 1991): at the h-th of l
 * simulations that is at least as large, p = h / l; else (k + 1) / (count + 1).
 * Either is valid, whatever the numbers.
 */
static double
simulated_p(wasserstein *s)
{
	int			hits = 0;
	int			done = 0;

	for (;;)
	{
		permute(s);
		for (int i = 0; i < LANES; i++)
		{
			hits += s->lanes.sum[i] >= s->observed * (1 - 1e-10);
			done++;
			if (hits == MLOPS_WASSERSTEIN_EXCEEDANCES)
				return (double) hits / done;
			if (done == MLOPS_WASSERSTEIN_SIMULATIONS)
				return ((double) hits + 1) / ((double) done + 1);
		}
	}
}

/*
 * W1 in standard deviations of the pooled rows.  The distance cannot be
 * further from the true one than the integral of the error of F - G, which for large
 * samples is a supremum of a Gaussian process over all functions of slope 1: with
 * mean sqrt(2/pi) noise, and above that by z standard deviations of the largest member
 * with at most the probability of a normal variable (Borell; Tsirelson, Ibragimov and Sudakov).
 */
static void
effect(const wasserstein *s, mlops_test *out)
{
	moments		pooled = s->reference;
	double		half_distance = ldexp(s->distance.hi, -s->exponent);
	double		half_noise = ldexp(s->noise.hi, -s->exponent);
	double		of_reference;
	double		of_current;
	double		sd;
	double		bound;

	merge(&pooled, s->current.rows, s->current.mean, s->current.squares);
	sd = sqrt(pooled.squares / (pooled.rows - 1));
	if (!(sd > 0))
		return;
	out->effect = half_distance / sd;
	out->measure = "W1 / sd";
	if (s->n < 2 || s->m < 2)
		return;
	of_reference = s->reference.squares / (s->n - 1);
	of_current = s->current.squares / (s->m - 1);
	bound = sqrt(2 / MLOPS_PI) * half_noise
		+ mlops_normal_quantile(MLOPS_EFFECT_CONFIDENCE)
		* sqrt(cautious(of_reference, s->n, of_current, s->m) / s->n
			   + cautious(of_current, s->m, of_reference, s->n) / s->m);
	out->effect_lower = fmax(0, out->effect - bound / sd);
	out->effect_upper = out->effect + bound / sd;
}

static void
finish(void *state, mlops_test *out)
{
	wasserstein *s = state;
	*out = MLOPS_NO_TEST(s->n, s->m);
	if (!(s->n > 0) || !(s->m > 0))
	{
		out->reason = s->n > 0 ? MLOPS_REASON_NO_CURRENT : MLOPS_REASON_NO_REFERENCE;
		return;
	}
	out->statistic = 2 * s->distance.hi;
	if (s->values < 2)
	{
		out->reason = MLOPS_REASON_ONE_VALUE;
		return;
	}
	effect(s, out);
	close_cell(s);
	out->variant = s->mode == COARSENED ? "permutation, coarsened" : "permutation";
	out->p = s->mode == ASKED ? mlops_lanes_p(&s->lanes, s->observed) : simulated_p(s);
	out->ln_p = log(out->p);
}

const mlops_twosample_method mlops_wasserstein_method = {
	.name = "wasserstein_test",
	.state_size = state_size,
	.begin = begin,
	.step = step,
	.again = again,
	.finish = finish
};
