/*
 * epps_singleton.c
 *		Epps-Singleton test of two samples.
 *
 * Epps & Singleton, "An omnibus test for the two-sample problem using the empirical
 * characteristic function" (1986), as set out by Goerg & Kaiser, "Nonparametric testing of
 * distributions: the Epps-Singleton two-sample test using the empirical
 * characteristic function" (2009).
 */
#include "kernel/twosample/epps_singleton.h"

#include <math.h>

#include "kernel/special/dd.h"
#include "kernel/special/special.h"

#define FIRST_POINT	0.4			/* the second is twice that */
#define HARMONICS	4			/* products of the functions of both need four times it */
#define FUNCTIONS	4			/* cos and sin at both points */

/* Sums over the rows of a side of cos k theta and sin k theta, k = 1 .. HARMONICS. */
typedef struct waves
{
	mlops_dd	cosine[HARMONICS];
	mlops_dd	sine[HARMONICS];
} waves;

typedef struct es_state
{
	double		n;
	double		m;
	double		rows;			/* so far */
	double		values;
	/* first pass: the order statistics on both sides of the two quartiles */
	double		position[4];
	double		at[4];
	int			next;
	/* second pass: theta = (x - shift) scale */
	bool		second;
	bool		too_far;		/* a theta is no finite number */
	double		shift;
	double		scale;
	waves		reference;
	waves		excess;			/* of m reference rows over n current ones: without cancellation */
} es_state;

static size_t
es_size(double n, double m, const mlops_twosample_options *options)
{
	(void) n;
	(void) m;
	(void) options;
	return sizeof(es_state);
}

static void
es_begin(void *state, double n, double m, const mlops_twosample_options *options)
{
	es_state   *s = state;
	double		last = n + m - 1;

	(void) options;
	s->n = n;
	s->m = m;
	for (int i = 0; i < 4; i++)
		s->position[i] = fmin(last, floor(last * (i < 2 ? 0.25 : 0.75)) + (double) (i % 2));
}

static void
first_pass(es_state *s, const mlops_runs *runs)
{
	s->values += (double) runs->n;
	for (size_t i = 0; i < runs->n && s->next < 4; i++)
	{
		s->rows += runs->reference[i] + runs->current[i];
		while (s->next < 4 && s->position[s->next] < s->rows)
			s->at[s->next++] = runs->x[i];
	}
}

static void
add(waves *w, const double (*part)[2])
{
	for (int k = 0; k < HARMONICS; k++)
	{
		w->cosine[k] = mlops_dd_add(w->cosine[k], (mlops_dd) {part[k][0], 0});
		w->sine[k] = mlops_dd_add(w->sine[k], (mlops_dd) {part[k][1], 0});
	}
}

/* Plain sums of few values, added to exact ones: the error does not grow with the rows. */
static void
second_pass(es_state *s, const mlops_runs *runs)
{
	const size_t at_a_time = 64;

	for (size_t from = 0; from < runs->n; from += at_a_time)
	{
		double		r_sum[HARMONICS][2] = {0};
		double		e_sum[HARMONICS][2] = {0};
		size_t		to = runs->n - from < at_a_time ? runs->n : from + at_a_time;

		for (size_t i = from; i < to; i++)
		{
			double		theta = (runs->x[i] - s->shift) * s->scale;
			double		r = runs->reference[i];
			double		e = s->m * r - s->n * runs->current[i];
			double		wave[HARMONICS][2];

			if (!isfinite(theta))
			{
				s->too_far = true;
				return;
			}
			wave[0][0] = cos(theta);
			wave[0][1] = sin(theta);
			for (int k = 1; k < HARMONICS; k++)
			{
				const double *before = wave[k - 1];

				wave[k][0] = before[0] * wave[0][0] - before[1] * wave[0][1];
				wave[k][1] = before[1] * wave[0][0] + before[0] * wave[0][1];
			}
			for (int k = 0; k < HARMONICS; k++)
				for (int j = 0; j < 2; j++)
				{
					r_sum[k][j] += r * wave[k][j];
					e_sum[k][j] += e * wave[k][j];
				}
		}
		add(&s->reference, (const double (*)[2]) r_sum);
		add(&s->excess, (const double (*)[2]) e_sum);
	}
}

static void
es_step(void *state, const mlops_runs *runs)
{
	es_state   *s = state;

	if (s->second)
		second_pass(s, runs);
	else
		first_pass(s, runs);
}

/* Quartiles are between two order statistics as in SciPy and R (type 7). */
static double
interquartile_range(const es_state *s)
{
	double		last = s->n + s->m - 1;
	double		lower = last * 0.25 - floor(last * 0.25);
	double		upper = last * 0.75 - floor(last * 0.75);

	return (s->at[2] - s->at[0]) + (s->at[3] - s->at[2]) * upper - (s->at[1] - s->at[0]) * lower;
}

/*
 * The statistic does not change when all values are shifted: from the lower
 * quartile on the angles are small, and cosines of large numbers avoided.
 */
static bool
es_again(void *state)
{
	es_state   *s = state;

	if (s->second || !(s->n >= 5 && s->m >= 5))
		return false;
	s->shift = s->at[0];
	s->scale = FIRST_POINT / (0.5 * interquartile_range(s));
	s->second = true;
	return isfinite(s->scale) && s->scale > 0;
}

/* Means over the rows of a side of cos k theta and sin k theta, k = 0 .. HARMONICS. */
typedef struct wave_means
{
	double		cosine[HARMONICS + 1];
	double		sine[HARMONICS + 1];
} wave_means;

/* Those of the reference, less those of what is in excess there. */
static wave_means
means(const es_state *s, bool of_current, bool of_excess)
{
	wave_means	out = {.cosine = {of_excess ? 0 : 1}};
	double		cells = s->n * s->m;

	for (int k = 0; k < HARMONICS; k++)
	{
		double		excess_cosine = s->excess.cosine[k].hi / cells;
		double		excess_sine = s->excess.sine[k].hi / cells;

		out.cosine[k + 1] = of_excess ? excess_cosine
			: s->reference.cosine[k].hi / s->n - (of_current ? excess_cosine : 0);
		out.sine[k + 1] = of_excess ? excess_sine
			: s->reference.sine[k].hi / s->n - (of_current ? excess_sine : 0);
	}
	return out;
}

/* Mean of one of the functions: cos theta, cos 2 theta, sin theta, sin 2 theta. */
static double
mean_of(const wave_means *w, int f)
{
	return f < 2 ? w->cosine[f + 1] : w->sine[f - 1];
}

/* Covariance (divided by rows) of two of the functions; products are sums of waves. */
static double
covariance(const wave_means *w, int f, int g)
{
	int			i = f % 2 + 1;
	int			j = g % 2 + 1;
	int			apart = i > j ? i - j : j - i;
	double		product;

	if (f < 2 && g < 2)
		product = 0.5 * (w->cosine[apart] + w->cosine[i + j]);
	else if (f >= 2 && g >= 2)
		product = 0.5 * (w->cosine[apart] - w->cosine[i + j]);
	else					/* sin (sine's - cosine's multiple) */
		product = 0.5 * (w->sine[i + j]
						 + ((f < 2 ? j > i : i > j) ? w->sine[apart] : -w->sine[apart]));
	return product - mean_of(w, f) * mean_of(w, g);
}

/* One rotation of Jacobi's method: a[p][q] becomes 0, v collects the rotations. */
static void
rotate(double a[FUNCTIONS][FUNCTIONS], double v[FUNCTIONS][FUNCTIONS], int p, int q)
{
	double		half = (a[q][q] - a[p][p]) / (2 * a[p][q]);
	double		t = (half >= 0 ? 1 : -1) / (fabs(half) + sqrt(half * half + 1));
	double		c = 1 / sqrt(t * t + 1);
	double		s = t * c;

	for (int k = 0; k < FUNCTIONS; k++)
	{
		double		left = a[k][p];
		double		right = a[k][q];

		a[k][p] = c * left - s * right;
		a[k][q] = s * left + c * right;
		left = v[k][p];
		right = v[k][q];
		v[k][p] = c * left - s * right;
		v[k][q] = s * left + c * right;
	}
	for (int k = 0; k < FUNCTIONS; k++)
	{
		double		left = a[p][k];
		double		right = a[q][k];

		a[p][k] = c * left - s * right;
		a[q][k] = s * left + c * right;
	}
	a[p][q] = a[q][p] = 0;
}

/* Eigenvalues on the diagonal of a, eigenvectors in the columns of v. */
static void
diagonalize(double a[FUNCTIONS][FUNCTIONS], double v[FUNCTIONS][FUNCTIONS])
{
	for (int i = 0; i < FUNCTIONS; i++)
		for (int j = 0; j < FUNCTIONS; j++)
			v[i][j] = i == j;
	for (int sweep = 0; sweep < 30; sweep++)
	{
		bool		done = true;

		for (int p = 0; p < FUNCTIONS; p++)
			for (int q = p + 1; q < FUNCTIONS; q++)
				if (fabs(a[p][q]) > 1e-18 * sqrt(fabs(a[p][p] * a[q][q])))
				{
					rotate(a, v, p, q);
					done = false;
				}
		if (done)
			return;
	}
}

/*
 * d' S^-1 d by eigenvalues, largest first.  k values span at most k - 1 dimensions;
 * what is below noise or 1e-12 of the largest is rounding.  rank: how many were used.
 */
static double
quadratic_form(double a[FUNCTIONS][FUNCTIONS], const double *d, double noise, double values,
			   int *rank)
{
	double		v[FUNCTIONS][FUNCTIONS];
	double		smallest = noise;
	double		sum = 0;
	bool		used[FUNCTIONS] = {false};

	diagonalize(a, v);
	for (*rank = 0; *rank < FUNCTIONS && *rank < values - 1; (*rank)++)
	{
		int			best = -1;
		double		along = 0;

		for (int i = 0; i < FUNCTIONS; i++)
			if (!used[i] && (best < 0 || a[i][i] > a[best][best]))
				best = i;
		smallest = fmax(smallest, 1e-12 * a[best][best]);
		if (!(a[best][best] > smallest))
			break;
		used[best] = true;
		for (int i = 0; i < FUNCTIONS; i++)
			along += v[i][best] * d[i];
		sum += along * along / a[best][best];
	}
	return sum;
}

static const char *
why_none(const es_state *s)
{
	if (!(s->n > 0))
		return MLOPS_REASON_NO_REFERENCE;
	if (!(s->m > 0))
		return MLOPS_REASON_NO_CURRENT;
	if (!(s->n >= 5 && s->m >= 5))
		return "fewer than 5 rows on a side";
	if (s->values < 2)
		return MLOPS_REASON_ONE_VALUE;
	if (interquartile_range(s) == 0)
		return "the interquartile range is 0";
	if (!isfinite(s->scale) || !(s->scale > 0) || s->too_far)
		return "values are too far apart for their interquartile range";
	return NULL;
}

static void
es_finish(void *state, mlops_test *out)
{
	es_state   *s = state;
	double		a[FUNCTIONS][FUNCTIONS];
	double		d[FUNCTIONS];
	double		n = s->n;
	double		m = s->m;
	wave_means	reference = means(s, false, false);
	wave_means	current = means(s, true, false);
	wave_means	excess = means(s, false, true);
	mlops_tails tails;
	int			rank;

	*out = MLOPS_NO_TEST(n, m);
	out->reason = why_none(s);
	if (out->reason != NULL)
		return;
	for (int i = 0; i < FUNCTIONS; i++)
		d[i] = mean_of(&excess, i);
	/*
	 * The covariance of all rows together, which is what it is when nothing has
	 * changed.  With each side's own, as published, the smaller side's rules, and a
	 * tenth of the rows on one side makes false alarms of 11 to 29 % at 5 %.
	 */
	for (int i = 0; i < FUNCTIONS; i++)
		for (int j = 0; j < FUNCTIONS; j++)
			a[i][j] = covariance(&reference, i, j) * (n / (n + m))
				+ covariance(&current, i, j) * (m / (n + m))
				+ d[i] * d[j] * (n / (n + m)) * (m / (n + m));
	out->statistic = n / (n + m) * m * ((n + m - 1) / (n + m))
		* quadratic_form(a, d, 1e-14, s->values, &rank);
	out->df = rank;
	if (rank == 0 || mlops_chi2_tails(out->statistic, out->df, &tails) != MLOPS_OK)
	{
		out->statistic = out->df = (double) NAN;
		out->reason = "both sides are constant";
		return;
	}
	out->variant = "limiting";
	out->p = tails.upper;
	out->ln_p = tails.ln_upper;
}

const mlops_twosample_method mlops_epps_singleton_method = {
	.name = "epps_singleton_test",
	.state_size = es_size,
	.begin = es_begin,
	.step = es_step,
	.again = es_again,
	.finish = es_finish
};
