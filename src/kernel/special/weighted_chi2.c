/*
 * weighted_chi2.c
 *		Weighted sums of chi-squares by integration along a path of steepest
 *		descent.  See weighted_chi2.h.
 *
 * With K(s) = -1/2 sum ln(1 - 2 w_i s), the cumulant function,
 *
 *		P(Q > x) = 1/(2 pi i) integral of exp(K(s) - s x) / s ds
 *
 * along any path from below to above that crosses the real axis between 0 and
 * 1/(2 max w); across the negative axis it is -P(Q <= x).  The path goes
 * through the saddle point c of the integrand, s(t) = c + kappa t^2 / 2 + i t:
 * there the integrand is largest, falls like a normal density and hardly
 * oscillates, so that the trapezoidal rule converges geometrically and
 * nothing cancels.  The tail is found relative to its own size, its logarithm
 * far beyond the range of a double (Helstrom 1983; Rice 1980).
 */
#include "kernel/special/weighted_chi2.h"

#include <math.h>

#define POINTS_MAX 200000
#define HALVINGS 400

typedef struct quadratic
{
	int			k;
	double		weight[MLOPS_WEIGHTS_MAX];	/* positive, the largest is 1 */
	double		slope[MLOPS_WEIGHTS_MAX];	/* 2 w / (1 - 2 w c) */
	double		x;
	bool		upper;
	double		c;				/* saddle point */
	double		u;				/* 1 - 2 c, exact where c is near 1/2 */
} quadratic;

static mlops_status
scale(quadratic *f, int k, const double *weight, double x, double *mean)
{
	double		largest = 0;

	if (k > MLOPS_WEIGHTS_MAX || isnan(x))
		return MLOPS_DOMAIN;
	for (int i = 0; i < k; i++)
	{
		if (!(weight[i] >= 0) || isinf(weight[i]))
			return MLOPS_DOMAIN;
		largest = fmax(largest, weight[i]);
	}
	if (largest == 0)
		return MLOPS_DOMAIN;
	f->k = 0;
	f->c = f->u = *mean = 0;
	for (int i = 0; i < k; i++)
		if (weight[i] / largest > 0)
			*mean += f->weight[f->k++] = weight[i] / largest;
	f->x = x / largest;
	return MLOPS_OK;
}

/* The derivative of K(s) - s x - ln |s| at c; it increases on either side of 0. */
static double
derivative(const quadratic *f, double c, double u)
{
	double		sum = -f->x - 1 / c;

	for (int i = 0; i < f->k; i++)
		sum += f->weight[i] / (1 - f->weight[i] + f->weight[i] * u);
	return sum;
}

/*
 * The root, by bisection of the logarithm of u (upper tail, 0 < c < 1/2) or
 * of -c.
 */
static void
find_saddle(quadratic *f)
{
	double		low = f->upper ? -700 : -80;
	double		high = f->upper ? 0 : 700;

	for (int i = 0; i < HALVINGS && high - low > 1e-15 * fmax(1, fabs(low)); i++)
	{
		double		middle = (low + high) / 2;

		f->u = f->upper ? exp(middle) : 1 + 2 * exp(middle);
		f->c = f->upper ? -expm1(middle) / 2 : -exp(middle);
		/* more u, or more of -c, is less c */
		if (derivative(f, f->c, f->u) > 0)
			low = middle;
		else
			high = middle;
	}
}

/*
 * The integrand at s = c + d, divided by that at c: its logarithm is
 * *ln + i *angle.
 */
static void
relative(const quadratic *f, double dre, double dim, double *ln, double *angle)
{
	double		re = 1 + dre / f->c;
	double		im = dim / f->c;

	*ln = -dre * f->x - log(hypot(re, im));
	*angle = -dim * f->x - atan2(im, re);
	for (int i = 0; i < f->k; i++)
	{
		re = 1 - f->slope[i] * dre;
		im = -f->slope[i] * dim;
		*ln -= log(re * re + im * im) / 4;
		*angle -= atan2(im, re) / 2;
	}
}

static mlops_status
integrate(quadratic *f, double *ln_tail)
{
	double		second = 1 / (f->c * f->c);
	double		third = -2 / (f->c * f->c * f->c);
	double		steepest = 0;
	double		ln_c = -f->c * f->x - log(fabs(f->c));
	double		sum = 0.5;
	double		kappa,
				h;

	for (int i = 0; i < f->k; i++)
	{
		double		w = f->weight[i];
		double		a = f->slope[i] = 2 * w / (1 - w + w * f->u);

		second += a * a / 2;
		third += a * a * a;
		steepest = fmax(steepest, a);
		/* ln(1 - 2 w c) */
		ln_c -= (f->upper && w == 1 ? log(f->u) : log1p(w * (f->u - 1))) / 2;
	}
	kappa = fmax(third / (3 * second), sqrt(second) / 4);
	/* singularities at 1/steepest and -c; where they come to lie in t */
	h = fmin(1 / steepest, fabs(f->c));
	h = fmin(fmin(0.3 / sqrt(second), 0.15 * h), 0.15 / kappa);
	for (int j = 1; j < POINTS_MAX; j++)
	{
		double		t = j * h;
		double		ln,
					angle;

		relative(f, kappa * t * t / 2, t, &ln, &angle);
		/* exp(i angle) times ds/dt = i + kappa t; its imaginary part */
		sum += exp(ln) * (cos(angle) + kappa * t * sin(angle));
		if (exp(ln) * (1 + kappa * t) < 1e-18 * sum)
		{
			*ln_tail = ln_c + log(sum * h / MLOPS_PI);
			return MLOPS_OK;
		}
	}
	return MLOPS_NOCONVERGE;
}

mlops_status
mlops_weighted_chi2_tails(int k, const double *weight, double x, mlops_tails *out)
{
	quadratic	f;
	double		mean;
	double		ln;
	mlops_status status = scale(&f, k, weight, x, &mean);

	if (status != MLOPS_OK)
		return status;
	if (x <= 0 || isinf(x))
	{
		bool		low = x <= 0;

		*out = (mlops_tails) {.lower = !low, .upper = low,
			.ln_lower = low ? -INFINITY : 0, .ln_upper = low ? 0 : -INFINITY};
		return MLOPS_OK;
	}
	f.upper = f.x >= mean;
	find_saddle(&f);
	status = integrate(&f, &ln);
	if (status != MLOPS_OK)
		return status;
	ln = fmin(ln, 0);
	if (f.upper)
		*out = (mlops_tails) {.lower = -expm1(ln), .upper = exp(ln), .ln_lower = log1p(-exp(ln)), .ln_upper = ln};
	else
		*out = (mlops_tails) {.lower = exp(ln), .upper = -expm1(ln), .ln_lower = ln, .ln_upper = log1p(-exp(ln))};
	return MLOPS_OK;
}

/*
 * Bisection with secants (Illinois) on the logarithm of the tail as a function
 * of the logarithm of x, from the chi-square with the same mean and variance.
 */
mlops_status
mlops_weighted_chi2_quantile_upper(int k, const double *weight, double q, double *out)
{
	double		sum = 0;
	double		squares = 0;
	double		low,
				high,
				f_low = 0,
				f_high = 0;
	int			side = 0;
	mlops_tails t;
	mlops_status status;

	if (!(q > 0 && q < 1) || k > MLOPS_WEIGHTS_MAX)
		return MLOPS_DOMAIN;
	for (int i = 0; i < k; i++)
	{
		sum += weight[i];
		squares += weight[i] * weight[i];
	}
	if (!(squares > 0) || isinf(squares))
		return MLOPS_DOMAIN;
	status = mlops_chi2_quantile(q, true, sum * sum / squares, &low);
	low = high = log(low * squares / sum);
	for (double step = 0.01; status == MLOPS_OK; step *= 2)
	{
		status = mlops_weighted_chi2_tails(k, weight, exp(low), &t);
		f_low = t.ln_upper - log(q);
		if (status != MLOPS_OK || f_low >= 0)
			break;
		low -= step;
	}
	for (double step = 0.01; status == MLOPS_OK; step *= 2)
	{
		status = mlops_weighted_chi2_tails(k, weight, exp(high), &t);
		f_high = t.ln_upper - log(q);
		if (status != MLOPS_OK || f_high <= 0)
			break;
		high += step;
	}
	for (int i = 0; i < 100 && status == MLOPS_OK && high - low > 1e-13; i++)
	{
		double		x = f_low > f_high ? low + (high - low) * f_low / (f_low - f_high) : (low + high) / 2;
		double		f;

		status = mlops_weighted_chi2_tails(k, weight, exp(x), &t);
		f = t.ln_upper - log(q);
		if (f == 0)
			low = high = x;
		else if (f > 0)
		{
			low = x;
			f_low = f;
			f_high /= side == 1 ? 2 : 1;
			side = 1;
		}
		else
		{
			high = x;
			f_high = f;
			f_low /= side == -1 ? 2 : 1;
			side = -1;
		}
		if (fabs(f) < 1e-13)
			low = high = x;
	}
	*out = exp((low + high) / 2);
	return status;
}
