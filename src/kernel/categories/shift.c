/*
 * shift.c
 *		Tests of the empirical process under a shift of a normal column.  See shift.h.
 */
#include "kernel/categories/shift.h"

#include <math.h>

#include "kernel/special/special.h"

/* Both normal distributions, |shift| <= 40; a shift down is the mirror image. */
typedef struct pool
{
	double		shift;
	double		a;				/* n / N */
	double		scale;			/* sqrt(nm/N) */
} pool;

static pool
make_pool(double n, double m, double shift)
{
	return (pool) {fmin(fabs(shift), 40), n / (n + m), sqrt(n / (n + m) * m)};
}

/* H */
static double
pooled(const pool *p, double x)
{
	return p->a * mlops_normal_cdf(x) + (1 - p->a) * mlops_normal_cdf(x - p->shift);
}

/* 1 - H */
static double
pooled_upper(const pool *p, double x)
{
	return p->a * mlops_normal_sf(x) + (1 - p->a) * mlops_normal_sf(x - p->shift);
}

static double
normal_density(double x)
{
	return exp(-0.5 * x * x - 0.5 * MLOPS_LN_2PI);
}

static double
pooled_density(const pool *p, double x)
{
	return p->a * normal_density(x) + (1 - p->a) * normal_density(x - p->shift);
}

/* F - G */
static double
difference(const pool *p, double x)
{
	return x < 0.5 * p->shift ? mlops_normal_cdf(x) - mlops_normal_cdf(x - p->shift)
		: mlops_normal_sf(x - p->shift) - mlops_normal_sf(x);
}

/* ------------------------------------------------------------- supremum */

/* Inside points of the strip, and steps of time. */
#define POINTS 159
#define STEPS 160

/* x with H(x) = u, from the one before; H rises. */
static double
pooled_quantile(const pool *p, double u, double low)
{
	double		high = low + 0.1;

	while (pooled(p, high) < u)
	{
		low = high;
		high += 0.5;
	}
	for (int i = 0; i < 40; i++)
	{
		double		middle = 0.5 * (low + high);

		if (pooled(p, middle) < u)
			low = middle;
		else
			high = middle;
	}
	return high;
}

/*
 * One step of the heat equation with drift, q_t = q_yy / 2 - v q_y, q = 0 at both
 * sides of the strip (Crank and Nicolson).
 */
static void
advance(double *q, double dt, double dy, double v)
{
	double		spread = 0.25 * dt / (dy * dy);
	double		drift = 0.25 * dt * v / dy;
	double		below = spread + drift; /* from the point below */
	double		above = spread - drift;
	double		c[POINTS];
	double		before = 0;

	for (int i = 0; i < POINTS; i++)
	{
		double		right = (1 - 2 * spread) * q[i] + below * before
			+ (i + 1 < POINTS ? above * q[i + 1] : 0);
		double		pivot = 1 + 2 * spread + (i > 0 ? below * c[i - 1] : 0);

		before = q[i];
		/* Thomas: -below q[i-1] + (1 + 2 spread) q[i] - above q[i+1] = right */
		c[i] = -above / pivot;
		q[i] = (right + (i > 0 ? below * q[i - 1] : 0)) / pivot;
	}
	for (int i = POINTS - 2; i >= 0; i--)
		q[i] -= c[i] * q[i + 1];
}

/*
 * A bridge is Brownian motion that ends at 0: its density in the strip, in the
 * frame that moves with the mean, is carried from a short time after the start, while it is
 * still normal, to a short time before the end.
 */
double
mlops_shift_supremum(double n, double m, double shift, double bound)
{
	pool		p = make_pool(n, m, shift);
	double		first = fmin(bound * bound / 64, 0.05);
	double		dy = 2 * bound / (POINTS + 1);
	double		dt,
				x,
				mean;
	double		q[POINTS];
	double		stays = 0;

	/* earlier where the mean is far up already, but not narrower than the grid can hold */
	for (;; first *= 0.5)
	{
		x = pooled_quantile(&p, first, -12);
		mean = p.scale * difference(&p, x);
		if (mean <= 0.25 * bound || first <= 4 * dy * dy)
			break;
	}
	if (mean >= bound)
		return 1;
	dt = (1 - 2 * first) / STEPS;
	for (int i = 0; i < POINTS; i++)
	{
		double		y = (i + 1) * dy - bound - mean;

		q[i] = exp(-0.5 * y * y / first) / sqrt(2 * MLOPS_PI * first);
	}
	for (int j = 1; j <= STEPS; j++)
	{
		double		last = mean;

		x = pooled_quantile(&p, first + j * dt, x);
		mean = p.scale * difference(&p, x);
		advance(q, dt, dy, (mean - last) / dt);
	}
	for (int i = 0; i < POINTS; i++)
	{
		double		y = (i + 1) * dy - bound - mean;

		/* on to 0, over the density of being there */
		stays += dy * q[i] * exp(-0.5 * y * y / first) / sqrt(first);
	}
	return fmin(fmax(1 - stays, 0), 1);
}

/* ------------------------------------------------------- quadratic forms */

#define TERMS 60				/* of the series; what is left is taken for normal */
#define NODES 320				/* of the integrals over x */

/*
 * Sum of weight_j (Z_j + mean_j / sqrt(weight_j))^2, Z standard normal, plus
 * a rest with this mean and variance.
 */
typedef struct form
{
	double		weight[TERMS];
	double		square[TERMS];	/* mean_j^2 */
	double		rest;
	double		rest_variance;
	double		mean;			/* of all */
	double		variance;
} form;

/* Values at u of the first TERMS orthonormal functions, over the root of the weight function. */
static void
basis(mlops_shift_statistic statistic, double u, double *e)
{
	if (statistic == MLOPS_SHIFT_CVM)
		for (int j = 1; j <= TERMS; j++)
			e[j - 1] = MLOPS_SQRT2 * sin(j * MLOPS_PI * u);
	else
	{
		/* derivatives of Legendre's polynomials: e = 2 sqrt((2j+1) / (j (j+1))) P_j' */
		double		x = 2 * u - 1;
		double		before = 0;
		double		slope = 1;

		for (int j = 1; j <= TERMS; j++)
		{
			double		next = ((2 * j + 1) * x * slope - (j + 1) * before) / j;

			e[j - 1] = 2 * sqrt((2.0 * j + 1) / j / (j + 1)) * slope;
			before = slope;
			slope = next;
		}
	}
}

/* The function that the square is weighted with: 1, or 1 / (u (1 - u)). */
static double
weight_function(mlops_shift_statistic statistic, const pool *p, double x)
{
	return statistic == MLOPS_SHIFT_CVM ? 1 : 1 / (pooled(p, x) * pooled_upper(p, x));
}

static double
integral_of_square(mlops_shift_statistic statistic, const pool *p)
{
	double		step = (p->shift + 18) / NODES;
	double		sum = 0;

	for (int i = 1; i < NODES; i++)
	{
		double		x = -9 + i * step;
		double		d = difference(p, x);

		sum += step * d * d * weight_function(statistic, p, x) * pooled_density(p, x);
	}
	return sum;
}

static void
expand(mlops_shift_statistic statistic, const pool *p, form *f)
{
	double		a[TERMS] = {0};
	double		step = (p->shift + 18) / NODES;
	double		all = p->scale * p->scale * integral_of_square(statistic, p);

	for (int i = 1; i < NODES; i++)
	{
		double		x = -9 + i * step;
		double		e[TERMS];

		basis(statistic, pooled(p, x), e);
		for (int j = 0; j < TERMS; j++)
			a[j] += step * p->scale * difference(p, x) * e[j] * pooled_density(p, x);
	}
	f->mean = f->variance = 0;
	for (int j = 0; j < TERMS; j++)
	{
		double		k = j + 1;

		f->weight[j] = statistic == MLOPS_SHIFT_CVM ? 1 / (k * k * MLOPS_PI * MLOPS_PI) : 1 / (k * (k + 1));
		f->square[j] = a[j] * a[j];
		f->mean += f->weight[j] + f->square[j];
		f->variance += 2 * f->weight[j] * f->weight[j] + 4 * f->weight[j] * f->square[j];
		all -= f->square[j];
	}
	/* the bridge's own mean is 1/6, or 1; sums of the weights and their squares by integrals */
	f->rest = (statistic == MLOPS_SHIFT_CVM ? 1 / (MLOPS_PI * MLOPS_PI * (TERMS + 0.5)) : 1.0 / (TERMS + 1))
		+ fmax(all, 0);
	f->rest_variance = 2.0 / 3 / pow(TERMS + 1, 3) / (statistic == MLOPS_SHIFT_CVM ? pow(MLOPS_PI, 4) : 1);
	f->mean += f->rest;
	f->variance += f->rest_variance;
}

/*
 * P(form > bound) by inversion of the characteristic function (Imhof 1961), with
 * Davies's (1980) rule: at the middles of steps the trapezoidal rule's only
 * error is the mass that is 2 pi / step away from the bound.
 */
static mlops_status
exceeds(const form *f, double bound, double *out)
{
	double		step = 2 * MLOPS_PI / (fabs(bound - f->mean) + f->mean + 14 * sqrt(f->variance) + bound);
	double		sum = 0;

	for (int k = 0; k < 20000; k++)
	{
		double		t = (k + 0.5) * step;
		double		angle = t * (f->rest - bound);
		double		ln_size = -0.5 * f->rest_variance * t * t;

		for (int j = 0; j < TERMS; j++)
		{
			double		w = 2 * t * f->weight[j];
			double		d = 1 + w * w;

			angle += 0.5 * atan(w) + t * f->square[j] / d;
			ln_size -= 0.25 * log(d) + 0.5 * w * w / d * f->square[j] / f->weight[j];
		}
		sum += sin(angle) * exp(ln_size) / (k + 0.5);
		if (ln_size < -23)
		{
			*out = fmin(fmax(0.5 + sum / MLOPS_PI, 0), 1);
			return MLOPS_OK;
		}
	}
	return MLOPS_NOCONVERGE;
}

mlops_status
mlops_shift_quadratic(mlops_shift_statistic statistic, double n, double m, double shift, double bound, double *out)
{
	pool		p = make_pool(n, m, shift);
	form		f;

	expand(statistic, &p, &f);
	return exceeds(&f, bound, out);
}

double
mlops_shift_effect(mlops_shift_statistic statistic, double n, double m, double shift)
{
	pool		p = make_pool(n, m, shift);

	return sqrt(integral_of_square(statistic, &p));
}

/* ----------------------------------------------------------------- ranks */

void
mlops_shift_ranks(double shift, double *one, double *two)
{
	double		a = shift / MLOPS_SQRT2;
	double		end = 1 / sqrt(3.0);
	double		sum = 0;

	*one = mlops_normal_cdf(a);

	/*
	 * two normals of correlation 1/2, both below a: Phi(a) - 2 T(a, 1/sqrt 3),
	 * T Owen's integral of exp(-a^2 (1 + x^2) / 2) / (1 + x^2) / (2 pi), by Simpson
	 */
	for (int i = 0; i <= 200; i++)
	{
		double		x = end * i / 200;

		sum += (i == 0 || i == 200 ? 1 : i % 2 ? 4 : 2) * exp(-0.5 * a * a * (1 + x * x)) / (1 + x * x);
	}
	*two = *one - 2 * sum * end / 600 / (2 * MLOPS_PI);
}
