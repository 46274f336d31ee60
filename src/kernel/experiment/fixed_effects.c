/*
 * fixed_effects.c
 *		Regression with fixed effects, clustered standard errors.
 *
 * With the effects of the outer set taken out by their means, those of the
 * inner set solve A g = b, A(s, t) = [s = t] rows of s - sum over outer levels
 * u of rows(u, s) rows(u, t) / rows(u): the Laplacian of the panel's graph, of
 * rank inners minus the connected parts.
 */
#include "kernel/experiment/fixed_effects.h"

#include <math.h>
#include <string.h>

/* A pivot below this share of the largest is rounding: the level depends on others. */
#define PIVOT 1e-10

typedef struct workspace
{
	double	   *a;				/* inners x inners, then its Cholesky factor */
	double	   *b;				/* inners */
	double	   *count;			/* inners: rows of one outer level */
	double	   *score;			/* clusters x terms */
	double	   *raw;			/* terms: sums of squares before the effects went */
	int			rank;
} workspace;

size_t
mlops_fixed_effects_work(const mlops_panel *p, int terms)
{
	return (size_t) p->inners * p->inners + 2 * (size_t) p->inners + (size_t) p->clusters * terms + terms;
}

/* One past the last row of the outer level that row i begins. */
static size_t
end_of_level(const mlops_panel *p, size_t i)
{
	size_t		end = i + 1;

	while (end < p->n && p->outer[end] == p->outer[i])
		end++;
	return end;
}

static void
build_laplacian(const mlops_panel *p, workspace *w)
{
	int			k = p->inners;

	memset(w->a, 0, (size_t) k * k * sizeof(double));
	memset(w->count, 0, k * sizeof(double));
	for (size_t i = 0, end; i < p->n; i = end)
	{
		double		rows;

		end = end_of_level(p, i);
		rows = (double) (end - i);
		for (size_t r = i; r < end; r++)
		{
			w->count[p->inner[r]]++;
			w->a[(size_t) p->inner[r] * k + p->inner[r]]++;
		}
		/* each inner level of this outer one once: its count is cleared after use */
		for (size_t r = i; r < end; r++)
		{
			double		c = w->count[p->inner[r]];
			double	   *row = w->a + (size_t) p->inner[r] * k;

			if (c == 0)
				continue;
			for (size_t q = r; q < end; q++)
				if (w->count[p->inner[q]] != 0 && p->inner[q] != p->inner[r])
					row[p->inner[q]] -= c / rows;
			row[p->inner[r]] -= c * c / rows;
			w->count[p->inner[r]] = 0;
		}
	}
}

/*
 * The loop above meets a pair of levels (s, t) once for every row of t behind
 * the first row of s, each time with c / rows, in sum c rows(t) / rows, on one
 * side of the diagonal only: add both sides.
 */
static void
make_symmetric(int k, double *a)
{
	for (int i = 0; i < k; i++)
		for (int j = 0; j < i; j++)
		{
			double		both = a[(size_t) i * k + j] + a[(size_t) j * k + i];

			a[(size_t) i * k + j] = a[(size_t) j * k + i] = both;
		}
}

/* Lower factor in place; a dropped level has a 0 on the diagonal.  Returns the rank. */
static int
cholesky(int k, double *a, double tolerance)
{
	int			rank = 0;

	for (int j = 0; j < k; j++)
	{
		double	   *row_j = a + (size_t) j * k;
		double		d = row_j[j];

		for (int m = 0; m < j; m++)
			d -= row_j[m] * row_j[m];
		if (!(d > tolerance))
		{
			for (int i = j; i < k; i++)
				a[(size_t) i * k + j] = 0;
			continue;
		}
		rank++;
		d = sqrt(d);
		row_j[j] = d;
		for (int i = j + 1; i < k; i++)
		{
			double	   *row_i = a + (size_t) i * k;
			double		s = row_i[j];

			for (int m = 0; m < j; m++)
				s -= row_i[m] * row_j[m];
			row_i[j] = s / d;
		}
	}
	return rank;
}

static void
solve(int k, const double *a, double *b)
{
	for (int i = 0; i < k; i++)
	{
		double		s = b[i];

		for (int m = 0; m < i; m++)
			s -= a[(size_t) i * k + m] * b[m];
		b[i] = a[(size_t) i * k + i] > 0 ? s / a[(size_t) i * k + i] : 0;
	}
	for (int i = k - 1; i >= 0; i--)
	{
		double		s = b[i];

		for (int m = i + 1; m < k; m++)
			s -= a[(size_t) m * k + i] * b[m];
		b[i] = a[(size_t) i * k + i] > 0 ? s / a[(size_t) i * k + i] : 0;
	}
}

static double
largest_diagonal(int k, const double *a)
{
	double		largest = 0;

	for (int i = 0; i < k; i++)
		largest = fmax(largest, a[(size_t) i * k + i]);
	return largest;
}

static void
take_out_means(const mlops_panel *p, double *v)
{
	for (size_t i = 0, end; i < p->n; i = end)
	{
		double		sum = 0;

		end = end_of_level(p, i);
		for (size_t r = i; r < end; r++)
			sum += v[r];
		sum /= (double) (end - i);
		for (size_t r = i; r < end; r++)
			v[r] -= sum;
	}
}

/* Twice: what rounding leaves the first time goes the second time. */
static void
take_out_effects(const mlops_panel *p, workspace *w, double *v)
{
	for (int pass = 0; pass < 2; pass++)
	{
		take_out_means(p, v);
		if (p->inners == 1)
			continue;
		memset(w->b, 0, p->inners * sizeof(double));
		for (size_t i = 0; i < p->n; i++)
			w->b[p->inner[i]] += v[i];
		solve(p->inners, w->a, w->b);
		for (size_t i = 0; i < p->n; i++)
			v[i] -= w->b[p->inner[i]];
		take_out_means(p, v);
	}
}

static double
dot(size_t n, const double *a, const double *b)
{
	double		s = 0;

	for (size_t i = 0; i < n; i++)
		s += a[i] * b[i];
	return s;
}

/* Sum of squares about the mean. */
static double
spread(size_t n, const double *v)
{
	double		mean = 0;
	double		s = 0;

	for (size_t i = 0; i < n; i++)
		mean += (v[i] - mean) / (double) (i + 1);
	for (size_t i = 0; i < n; i++)
		s += (v[i] - mean) * (v[i] - mean);
	return s;
}

/* The inverse of X'X: columns of the identity, one after the other.  False when singular. */
static bool
invert_cross_products(const mlops_panel *p, int terms, const double *x, const workspace *w, double *inverse)
{
	double		factor[MLOPS_FE_MAX_TERMS * MLOPS_FE_MAX_TERMS];
	double		scale[MLOPS_FE_MAX_TERMS];

	for (int i = 0; i < terms; i++)
	{
		double		left = dot(p->n, x + i * p->n, x + i * p->n);

		if (!(left > PIVOT * w->raw[i]))
			return false;
		scale[i] = sqrt(left);
	}
	for (int i = 0; i < terms; i++)
		for (int j = 0; j < terms; j++)
			factor[i * terms + j] = dot(p->n, x + i * p->n, x + j * p->n) / (scale[i] * scale[j]);
	if (cholesky(terms, factor, PIVOT) < terms)
		return false;
	for (int j = 0; j < terms; j++)
	{
		double	   *column = inverse + j * terms;

		memset(column, 0, terms * sizeof(double));
		column[j] = 1 / scale[j];
		solve(terms, factor, column);
		for (int i = 0; i < terms; i++)
			column[i] /= scale[i];
	}
	return true;
}

/* sqrt of c' M c for the row of the inverse c, M = sum of outer products of scores. */
static double
sandwich(const mlops_panel *p, int terms, const double *row, const double *score)
{
	double		sum = 0;

	for (int32_t g = 0; g < p->clusters; g++)
	{
		double		s = dot((size_t) terms, row, score + (size_t) g * terms);

		sum += s * s;
	}
	return sqrt(sum);
}

static void
fit(const mlops_panel *p, int terms, const double *x, double *y, const double *inverse, workspace *w,
	mlops_fe_result *out)
{
	double		xy[MLOPS_FE_MAX_TERMS];
	double		n = (double) p->n;
	double		g = (double) p->clusters;
	double		correction;

	for (int i = 0; i < terms; i++)
		xy[i] = dot(p->n, x + i * p->n, y);
	for (int i = 0; i < terms; i++)
		out->estimate[i] = dot((size_t) terms, inverse + i * terms, xy);
	for (int i = 0; i < terms; i++)
		for (size_t r = 0; r < p->n; r++)
			y[r] -= out->estimate[i] * x[i * p->n + r];
	memset(w->score, 0, (size_t) p->clusters * terms * sizeof(double));
	for (size_t r = 0; r < p->n; r++)
		for (int i = 0; i < terms; i++)
			w->score[(size_t) p->cluster[r] * terms + i] += x[i * p->n + r] * y[r];
	correction = sqrt(g / (g - 1) * ((n - 1) / (n - out->parameters)));
	for (int i = 0; i < terms; i++)
		out->standard_error[i] = correction * sandwich(p, terms, inverse + i * terms, w->score);
	out->df = g - 1;
}

mlops_status
mlops_fixed_effects(const mlops_panel *p, int terms, double *x, double *y, double *work,
					mlops_fe_result *out)
{
	double		inverse[MLOPS_FE_MAX_TERMS * MLOPS_FE_MAX_TERMS];
	size_t		k = (size_t) p->inners;
	workspace	w = {
		.a = work,
		.b = work + k * k,
		.count = work + k * k + k,
		.score = work + k * k + 2 * k,
		.raw = work + k * k + 2 * k + (size_t) p->clusters * terms
	};

	if (terms < 1 || terms > MLOPS_FE_MAX_TERMS || p->inners < 1 || p->inners > MLOPS_FE_MAX_INNER || p->n == 0)
		return MLOPS_DOMAIN;
	build_laplacian(p, &w);
	make_symmetric(p->inners, w.a);
	w.rank = cholesky(p->inners, w.a, PIVOT * largest_diagonal(p->inners, w.a));
	out->parameters = (double) terms + p->outers + w.rank;
	if (!((double) p->n > out->parameters) || p->clusters < 2)
		return MLOPS_DEGENERATE;
	for (int i = 0; i < terms; i++)
	{
		w.raw[i] = spread(p->n, x + i * p->n);
		take_out_effects(p, &w, x + i * p->n);
	}
	take_out_effects(p, &w, y);
	if (!invert_cross_products(p, terms, x, &w, inverse))
		return MLOPS_DEGENERATE;
	fit(p, terms, x, y, inverse, &w, out);
	return MLOPS_OK;
}
