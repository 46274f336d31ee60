/*
 * ncx2.c
 *		Non-central chi-square distribution and its quantiles.
 *
 * Both tails are contour integrals of the moment generating function
 * (Bromwich).  With u = 1 - 2 s,
 *
 *		P(X > x) = 1/(2 pi i) int E(u) / (1 - u) du,	crossing the axis at u < 1
 *		P(X <= x) = 1/(2 pi i) int E(u) / (u - 1) du,	crossing it at u > 1
 *		E(u) = u^(-df/2) exp((u - 1) (x u - lambda) / (2 u))
 *
 * The path is the parabola u = c (1 + i t)^2 through the saddle point c of E,
 * on which the integrand falls like a Gaussian; the trapezoidal rule then
 * converges geometrically (Rice, "Efficient evaluation of integrals of analytic
 * functions by the trapezoidal rule", 1973).  The pole at u = 1 is accounted
 * for in closed form.  Some thirty nodes give full precision for any df and
 * lambda: nothing grows with lambda, as it does for the Poisson mixture.
 */
#include "kernel/special.h"

#include <float.h>
#include <math.h>

#define MAX_NODES 600

typedef struct contour
{
	double		c;				/* where it crosses the real axis */
	double		v;				/* c - 1 */
	double		y;				/* the pole is at t = i y */
	double		sigma;			/* width of the integrand in t */
} contour;

/* The saddle point, or a point one width away from the pole if it is nearer. */
static contour
choose_contour(double x, double k, double lambda, bool upper)
{
	contour		r;
	double		root = sqrt(k * k + 4 * lambda * x);
	double		nearest = 1 / sqrt(2 * (k + 2 * lambda));

	if (2 * x > k)
	{
		r.v = 2 * (k + lambda - x) / (2 * x - k + root);
		r.c = 1 + r.v;
		if (r.v < -0.5)			/* no cancellation here, but there above */
			r.c = (k + root) / (2 * x);
	}
	else
		r.c = (k + root) / (2 * x);
	r.y = 1 - 1 / sqrt(r.c);
	if (upper ? r.y > -nearest : r.y < nearest)
	{
		if (nearest > 0.5)
			nearest = 0.5;
		r.y = upper ? -nearest : nearest;
		r.c = 1 / ((1 - r.y) * (1 - r.y));
		r.v = r.y * (2 - r.y) * r.c;
	}
	else if (fabs(r.c - 1) > 0.5)
		r.v = r.c - 1;
	r.sigma = 1 / sqrt(2 * (k + 2 * lambda / r.c));
	return r;
}

/* ln E(c); written so that terms of the order of x and lambda cancel first. */
static double
ln_front(double x, double k, double lambda, const contour *p)
{
	double		slope = ((x - k - lambda) + (x - k) * p->v) / (2 * p->c);

	if (p->v < -0.5 || p->v > 1)
		return p->v * (x * p->c - lambda) / (2 * p->c) - 0.5 * k * log(p->c);
	return p->v * slope - 0.5 * k * mlops_log1pmx(p->v);
}

/*
 * Sums of exp(delta) (1 + i t) / (1 - u) and of exp(delta) (1 + i t) over the
 * nodes, delta = ln E(u) - ln E(c); real parts, the other half by symmetry.
 */
static mlops_status
sum_nodes(double x, double k, double lambda, const contour *p, double h,
		  double *tail, double *density)
{
	double		b = lambda / (2 * p->c);
	double		d = (x * p->c * p->c - lambda) / (2 * p->c);

	*tail = -1 / (2 * p->v);	/* node 0, counted half */
	*density = 0.5;
	for (int j = 1; j < MAX_NODES; j++)
	{
		double		t = j * h;
		double		t2 = t * t;
		/* q = w (2 + w), g = q^2 / (1 + w)^2, w = i t */
		double		q_re = -t2;
		double		q_im = 2 * t;
		double		n2 = 1 + t2;
		double		r_re = (q_re * 1 + q_im * t) / n2;	/* q / (1 + w) */
		double		r_im = (q_im * 1 - q_re * t) / n2;
		double		g_re = r_re * r_re - r_im * r_im;
		double		g_im = 2 * r_re * r_im;
		double		e_re = d * q_re + b * g_re - 0.5 * k * log1p(t2);
		double		e_im = d * q_im + b * g_im - k * atan(t);
		double		size = exp(e_re);
		double		f_re = size * (cos(e_im) - t * sin(e_im));
		double		f_im = size * (sin(e_im) + t * cos(e_im));
		/* 1 - u = -v - c q */
		double		z_re = -p->v - p->c * q_re;
		double		z_im = -p->c * q_im;
		double		z2 = z_re * z_re + z_im * z_im;

		*density += f_re;
		*tail += (f_re * z_re + f_im * z_im) / z2;
		if (size * sqrt(n2 / z2) < 1e-18 * fabs(*tail) && size * sqrt(n2) < 1e-18 * fabs(*density))
			return MLOPS_OK;
	}
	return MLOPS_NOCONVERGE;
}

/*
 * Tails and density at x of the non-central chi-square with df > 0 degrees of
 * freedom and non-centrality lambda >= 0.
 */
mlops_status
mlops_ncx2_tails(double x, double df, double lambda, mlops_tails *out, double *density)
{
	bool		upper = x >= df + lambda;
	contour		p;
	double		h,
				ln_e,
				tail,
				dens,
				pole,
				ln_p,
				other;

	if (!(df > 0) || !(lambda >= 0) || isinf(df) || isinf(lambda) || isnan(x))
		return MLOPS_DOMAIN;
	if (x <= 0 || isinf(x))
	{
		out->lower = x > 0 ? 1 : 0;
		out->upper = x > 0 ? 0 : 1;
		out->ln_lower = x > 0 ? 0 : -INFINITY;
		out->ln_upper = x > 0 ? -INFINITY : 0;
		if (density)
			*density = 0;
		return MLOPS_OK;
	}
	p = choose_contour(x, df, lambda, upper);
	h = fmin(0.35 * p.sigma, 0.1);
	ln_e = ln_front(x, df, lambda, &p);
	if (sum_nodes(x, df, lambda, &p, h, &tail, &dens) != MLOPS_OK)
		return MLOPS_NOCONVERGE;
	tail *= 2 * h * p.c / MLOPS_PI;
	if (!upper)
		tail = -tail;

	/*
	 * The trapezoidal rule overstates a simple pole by a known amount.  It
	 * matters only while the integrand, followed from the path to the pole,
	 * grows slower than the rule's error factor exp(-2 pi / h) falls.
	 */
	if (sqrt(p.c) * fabs(x - df - lambda) < 2 * MLOPS_PI / h)
	{
		pole = exp(-ln_e) / expm1(2 * MLOPS_PI * fabs(p.y) / h);
		if (isfinite(pole))
			tail -= pole;
	}
	if (!(tail > 0))
		return MLOPS_NOCONVERGE;
	ln_p = fmin(ln_e + log(tail), 0);
	other = -expm1(ln_p);
	out->upper = upper ? exp(ln_p) : other;
	out->ln_upper = upper ? ln_p : log1p(-exp(ln_p));
	out->lower = upper ? other : exp(ln_p);
	out->ln_lower = upper ? log1p(-exp(ln_p)) : ln_p;
	if (density)
		*density = exp(ln_e) * dens * h * p.c / MLOPS_PI;
	return MLOPS_OK;
}

/* Density of the central chi-square. */
static double
chi2_density(double x, double df)
{
	return exp((0.5 * df - 1) * log(0.5 * x) - 0.5 * x - lgamma(0.5 * df)) * 0.5;
}

static mlops_status
tails_and_density(double x, double df, double lambda, mlops_tails *t, double *density)
{
	mlops_status status;

	if (lambda > 0 || df >= 100)
		return mlops_ncx2_tails(x, df, lambda, t, density);
	status = mlops_chi2_tails(x, df, t);
	*density = chi2_density(x, df);
	return status;
}

/*
 * Start value: Sankaran's normal approximation of a power of the variable
 * (Biometrika 1963); with lambda = 0 it is Wilson and Hilferty's cube root.
 */
static double
quantile_start(double z, double df, double lambda)
{
	double		mean = df + lambda;
	double		h = 1 - 2 * mean * (df + 3 * lambda) / (3 * (df + 2 * lambda) * (df + 2 * lambda));
	double		p = (df + 2 * lambda) / (mean * mean);
	double		m = (h - 1) * (1 - 3 * h);
	double		base = 1 + h * p * (h - 1 - 0.5 * (2 - h) * m * p)
		+ z * h * sqrt(2 * p) * (1 + 0.5 * m * p);

	if (base <= 0.01)
		return 0.01 * mean;
	return mean * pow(base, 1 / h);
}

/*
 * Quantile of the non-central chi-square: Newton on the logarithm of the
 * smaller tail in ln x, kept inside a bracket that shrinks with every step.
 */
mlops_status
mlops_ncx2_quantile(double q, bool upper, double df, double lambda, double *out)
{
	double		lo = 0;
	double		hi = INFINITY;
	double		x;
	bool		use_upper = upper ? q <= 0.5 : q > 0.5;
	double		ln_target = use_upper == upper ? log(q) : log1p(-q);

	if (!(q > 0 && q < 1) || !(df > 0) || !(lambda >= 0) || isinf(df) || isinf(lambda))
		return MLOPS_DOMAIN;
	x = quantile_start(upper ? mlops_normal_quantile_upper(q) : mlops_normal_quantile(q), df, lambda);
	for (int i = 0; i < 200; i++)
	{
		mlops_tails t;
		double		density;
		double		gap;		/* > 0: x is too small */
		double		step;
		double		next;
		mlops_status status = tails_and_density(x, df, lambda, &t, &density);

		if (status != MLOPS_OK)
			return status;
		gap = use_upper ? t.ln_upper - ln_target : ln_target - t.ln_lower;
		if (gap > 0)
			lo = x;
		else
			hi = x;
		step = gap * (use_upper ? t.upper : t.lower) / (density * x);
		next = x * exp(step);
		if (fabs(step) <= 1e-8)
		{
			*out = next;		/* Newton squares the error: 1e-16 now */
			return MLOPS_OK;
		}
		if (!isfinite(step) || !(next > lo) || !(next < hi))
			next = isinf(hi) ? 2 * x : 0.5 * (lo + hi);
		if (hi - lo <= 4 * DBL_EPSILON * x)
		{
			*out = x;
			return MLOPS_OK;
		}
		x = next;
	}
	return MLOPS_NOCONVERGE;
}

/* Quantile of the central chi-square. */
mlops_status
mlops_chi2_quantile(double q, bool upper, double df, double *out)
{
	return mlops_ncx2_quantile(q, upper, df, 0, out);
}
