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
 * lambda: nothing grows with lambda, as it does for the Poisson mixture.  Only where that
 * mixture has no more than some twenty terms (lambda x small) and df is too or
 * x is far below it, with the branch point at zero next to the path, it is what is summed.
 */
#include "kernel/special/special.h"

#include <float.h>
#include <math.h>

#include "kernel/special/root.h"

#define MAX_NODES 600
/* The mixture is used up to this df and lambda x. */
#define MIXTURE_DF 100
#define MIXTURE_PRODUCT 4.0
#define MIXTURE_TERMS 1000

typedef struct contour
{
	double		c;				/* where it crosses the real axis */
	double		v;				/* c - 1 */
	double		y;				/* the pole is at t = i y */
	double		sigma;			/* width of the integrand in t */
	double		b;				/* lambda / (2 c) */
	double		d;				/* x c / 2 - b; df / 2 at the saddle point */
	double		rest;			/* d - df / 2 */
} contour;

/* Trapezoidal sums over the nodes, real parts. */
typedef struct node_sums
{
	double		tail;			/* of exp(delta) (1 + i t) / (1 - u) */
	double		density;		/* of exp(delta) (1 + i t) */
	double		slope;			/* of exp(delta) (1 + i t) (u - 1) / 2 */
} node_sums;

/* x - k - lambda, the two that are nearest to each other first. */
static double
above_mean(double x, double k, double lambda)
{
	return k > lambda ? (x - k) - lambda : (x - lambda) - k;
}

/* atan(t) - t */
static double
atan_excess(double t)
{
	double		t2 = t * t;
	double		sum = 0;

	if (fabs(t) > 0.15)
		return atan(t) - t;
	for (int k = 19; k >= 3; k -= 2)
		sum = sum * -t2 + 1.0 / k;
	return -t * t2 * sum;
}

/* The saddle point, or a point one width away from the pole if it is nearer. */
static contour
choose_contour(double x, double k, double lambda, bool upper)
{
	contour		r;
	double		root = sqrt(k * k + 4 * lambda * x);
	double		nearest = 1 / sqrt(2 * (k + 2 * lambda));

	if (2 * x > k)
	{
		r.v = -2 * above_mean(x, k, lambda) / (2 * x - k + root);
		r.c = 1 + r.v;
	}
	if (2 * x > k && r.v >= -0.5)
		r.y = r.v / (r.c + sqrt(r.c));	/* 1 - 1 / sqrt(c) */
	else
	{
		/* no cancellation here, but there above */
		r.c = (k + root) / (2 * x);
		r.y = 1 - 1 / sqrt(r.c);
	}
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
	r.b = lambda / (2 * r.c);
	r.d = 0.5 * x * r.c - r.b;
	r.rest = fabs(r.v) < 0.5 ? 0.5 * (above_mean(x, k, lambda) + r.v * (x + lambda / r.c)) : r.d - 0.5 * k;
	return r;
}

/*
 * Step of the rule.  Its relative error is exp(G(y) - 2 pi y / h) for any y up
 * to the singularity at 1, G(y) the growth of the integrand at i y: the
 * largest h for which some y gives exp(-38).
 */
static double
choose_step(double k, const contour *p)
{
	static const double y[] = {0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95};
	/* -y + y^2/2 - ln(1 - y) */
	static const double g[] = {
		0.0025432943875505, 0.0103605156578263, 0.0237689294977750, 0.0431435513142098,
		0.1016749439387325, 0.1908256237659907, 0.3181471805599453, 0.4962907318741551,
		0.7489728043259361, 1.1294379124341004, 1.8075850929940459, 2.4969822735539911
	};
	double		best = p->sigma < 0.02 ? 0.6 * p->sigma : 0;

	for (int i = 0; i < 12; i++)
	{
		double		z = y[i] * (2 - y[i]) / (1 - y[i]);
		double		growth = k * g[i] + p->b * z * z + fabs(p->rest) * y[i] * (2 + y[i]);

		best = fmax(best, 2 * MLOPS_PI * y[i] / (38 + growth));
	}
	return best;
}

/* ln E(c); written so that terms of the order of x and lambda cancel first. */
static double
ln_front(double x, double k, double lambda, const contour *p)
{
	double		slope = (above_mean(x, k, lambda) + (x - k) * p->v) / (2 * p->c);

	if (p->v < -0.5 || p->v > 1)
		return p->v * (x * p->c - lambda) / (2 * p->c) - 0.5 * k * log(p->c);
	return p->v * slope - 0.5 * k * mlops_log1pmx(p->v);
}

/*
 * delta = ln E(u) - ln E(c) at u = c (1 + i t)^2.  With q = w (2 + w), w = i t,
 * it is d q + b (q / (1 + w))^2 - k ln(1 + w): nothing of the order of x or
 * lambda is left to cancel.  The other half of the nodes is conjugate.
 */
static mlops_status
sum_nodes(double k, const contour *p, double h, node_sums *sums)
{
	sums->tail = -1 / (2 * p->v);	/* node 0, counted half */
	sums->density = 0.5;
	sums->slope = 0.25 * p->v;
	for (int j = 1; j < MAX_NODES; j++)
	{
		double		t = j * h;
		double		t2 = t * t;
		double		n2 = 1 + t2;
		double		q_re = -t2;
		double		q_im = 2 * t;
		double		r_re = (q_re + q_im * t) / n2;	/* q / (1 + w) */
		double		r_im = (q_im - q_re * t) / n2;
		double		e_re = p->d * q_re + p->b * (r_re * r_re - r_im * r_im) - 0.5 * k * log1p(t2);
		/* d q_im - k atan(t), without what is common to both */
		double		e_im = p->rest * q_im + p->b * 2 * r_re * r_im - k * atan_excess(t);
		double		size = exp(e_re);
		double		cosine = cos(e_im);
		double		sine = sin(e_im);
		double		f_re = size * (cosine - t * sine);
		double		f_im = size * (sine + t * cosine);
		/* 1 - u = -v - c q */
		double		z_re = -p->v - p->c * q_re;
		double		z_im = -p->c * q_im;
		double		z2 = z_re * z_re + z_im * z_im;

		sums->density += f_re;
		sums->tail += (f_re * z_re + f_im * z_im) / z2;
		sums->slope -= 0.5 * (f_re * z_re - f_im * z_im);
		size *= sqrt(n2);
		if (size < 1e-17 * fabs(sums->tail) * sqrt(z2) && size < 1e-17 * fabs(sums->density))
			return MLOPS_OK;
	}
	return MLOPS_NOCONVERGE;
}

/* Sum of terms given by their logarithms. */
typedef struct ln_sum
{
	double		scale;			/* ln of the largest so far */
	double		sum;			/* of the terms, divided by it */
} ln_sum;

static void
add_ln(ln_sum *s, double ln_term)
{
	if (ln_term <= s->scale)
		s->sum += exp(ln_term - s->scale);
	else
	{
		s->sum = 1 + s->sum * exp(s->scale - ln_term);
		s->scale = ln_term;
	}
}

/* evaluate() by the mixture of central chi-squares with Poisson(lambda / 2) weights. */
static mlops_status
evaluate_mixture(double x, double df, double lambda, mlops_tails *out, double *density, double *slope)
{
	ln_sum		lower = {-INFINITY, 0};
	ln_sum		upper = {-INFINITY, 0};
	ln_sum		f = {-INFINITY, 0};
	double		weighted = 0;	/* sum of (a - 1 - x / 2) f, in units of f.scale */
	double		ln_w = -0.5 * lambda;
	double		ln_half = log(0.5 * x);
	double		ln_p;

	for (int j = 0; j < MIXTURE_TERMS; j++)
	{
		double		a = 0.5 * df + j;
		double		ln_f = ln_w + a * ln_half - 0.5 * x - lgamma(a);
		double		before = f.scale;
		mlops_tails t;
		mlops_status status = mlops_gamma_tails(a, 0.5 * x, &t);

		if (status != MLOPS_OK)
			return status;
		add_ln(&lower, ln_w + t.ln_lower);
		add_ln(&upper, ln_w + t.ln_upper);
		add_ln(&f, ln_f);
		weighted = weighted * (j > 0 ? exp(before - f.scale) : 0) + (a - 1 - 0.5 * x) * exp(ln_f - f.scale);
		ln_w += log(0.5 * lambda / (j + 1));
		/* both tails are complete, or the lower one is and is small */
		if (ln_w + t.ln_lower < lower.scale - 40
			&& (j > lambda || lower.scale < -40) && (ln_w < upper.scale - 40 || lower.scale < -40))
			break;
	}
	ln_p = lower.scale + log(lower.sum);
	mlops_tails_from(out, ln_p, false);
	if (out->lower > 0.5)
		mlops_tails_from(out, upper.scale + log(upper.sum), true);
	*density = exp(f.scale) * f.sum / x;
	*slope = weighted / f.sum;
	return MLOPS_OK;
}

/* Tails, density f and x f' / f for x, df and lambda in their domain, x > 0. */
static mlops_status
evaluate_contour(double x, double df, double lambda, mlops_tails *out, double *density, double *slope)
{
	bool		upper = x >= df + lambda;
	contour		p = choose_contour(x, df, lambda, upper);
	double		h = choose_step(df, &p);
	double		ln_e = ln_front(x, df, lambda, &p);
	double		ln_p;
	double		small;
	node_sums	sums;

	if (ln_e < -1e17)
	{
		/* what follows the exponent cannot be seen beside it */
		mlops_tails_from(out, ln_e, upper);
		*density = 0;
		*slope = 0.5 * x * p.v;
		return MLOPS_OK;
	}
	if (sum_nodes(df, &p, h, &sums) != MLOPS_OK)
		return MLOPS_NOCONVERGE;
	small = (upper ? 2 : -2) * h * p.c / MLOPS_PI * sums.tail;

	/*
	 * The trapezoidal rule overstates a simple pole by a known amount.  It
	 * matters only while the integrand, followed from the path to the pole,
	 * grows slower than the rule's error factor exp(-2 pi / h) falls.
	 */
	if (sqrt(p.c) * fabs(above_mean(x, df, lambda)) < 2 * MLOPS_PI / h)
	{
		double		pole = exp(-ln_e) / expm1(2 * MLOPS_PI * fabs(p.y) / h);

		if (isfinite(pole))
			small -= pole;
	}
	if (!(small > 0))
		return MLOPS_NOCONVERGE;
	ln_p = fmin(ln_e + log(small), 0);
	small = exp(ln_p);
	out->upper = upper ? small : -expm1(ln_p);
	out->ln_upper = upper ? ln_p : log1p(-small);
	out->lower = upper ? -expm1(ln_p) : small;
	out->ln_lower = upper ? log1p(-small) : ln_p;
	*density = exp(ln_e) * sums.density * h * p.c / MLOPS_PI;
	*slope = x * sums.slope / sums.density;
	return MLOPS_OK;
}

static mlops_status
evaluate(double x, double df, double lambda, mlops_tails *out, double *density, double *slope)
{
	if (lambda * x <= MIXTURE_PRODUCT && (df < MIXTURE_DF || x < 0.01 * df))
		return evaluate_mixture(x, df, lambda, out, density, slope);
	return evaluate_contour(x, df, lambda, out, density, slope);
}

/*
 * Tails and density at x of the non-central chi-square with df > 0 degrees of
 * freedom and non-centrality lambda >= 0.
 */
mlops_status
mlops_ncx2_tails(double x, double df, double lambda, mlops_tails *out, double *density)
{
	double		f = 0;
	double		slope;
	mlops_status status = MLOPS_OK;

	if (!(df > 0) || !(lambda >= 0) || isinf(df) || isinf(lambda) || isnan(x))
		return MLOPS_DOMAIN;
	if (x <= 0)
		*out = (mlops_tails) {0, 1, -INFINITY, 0};
	else if (isinf(x))
		*out = (mlops_tails) {1, 0, 0, -INFINITY};
	else
		status = evaluate(x, df, lambda, out, &f, &slope);
	if (density)
		*density = f;
	return status;
}

/*
 * Start value: Sankaran's normal approximation of a power of the variable
 * (Biometrika 1963).
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

/* The lower tail begins as a power of x; true if the x with ln P(X <= x) = ln_p is there. */
static bool
by_power_law(double ln_p, double df, double lambda, double *x)
{
	double		u = (ln_p + 0.5 * lambda + lgamma(0.5 * df + 1)) / (0.5 * df) + MLOPS_LN2;

	*x = exp(u);
	return u < -40 - log1p(lambda);
}

/*
 * Quantile of the non-central chi-square: Halley's rule on the logarithm of the
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
	if (lambda == 0)
		return mlops_chi2_quantile(q, upper, df, out);
	if (by_power_law(use_upper ? log1p(-exp(ln_target)) : ln_target, df, lambda, out))
		return MLOPS_OK;
	if (use_upper && df < 1)
		x = pow(sqrt(lambda) + sqrt(2 * (MLOPS_LN2 - ln_target)), 2);	/* too large: df = 1 */
	else
		x = quantile_start(upper ? mlops_normal_quantile_upper(q) : mlops_normal_quantile(q), df, lambda);
	for (int i = 0; i < 200; i++)
	{
		mlops_tails t;
		double		density;
		double		slope;
		double		gap;		/* > 0: x is too small */
		double		rate;		/* - d gap / d ln x */
		double		curve;
		double		step;
		double		next;
		mlops_status status = evaluate(x, df, lambda, &t, &density, &slope);

		if (status != MLOPS_OK)
			return status;
		gap = use_upper ? t.ln_upper - ln_target : ln_target - t.ln_lower;
		if (gap > 0)
			lo = x;
		else
			hi = x;
		rate = density * x / (use_upper ? t.upper : t.lower);
		step = gap / rate;
		/* second order, where it is a correction */
		curve = 0.5 * step * (slope + 1 + (use_upper ? rate : -rate));
		if (fabs(curve) < 0.5)
			step /= 1 + curve;
		next = x * exp(step);
		if (fabs(step) <= 1e-6)
		{
			*out = next;		/* the next step would be of the order of 1e-18 */
			return MLOPS_OK;
		}
		if (!isfinite(step) || !(next > lo) || !(next < hi))
			next = isinf(hi) ? 2 * x : lo > 0 ? sqrt(lo) * sqrt(hi) : 1e-3 * hi;
		if (hi - lo <= 4 * DBL_EPSILON * x)
		{
			*out = x;
			return MLOPS_OK;
		}
		x = next;
	}
	return MLOPS_NOCONVERGE;
}

typedef struct lambda_search
{
	double		x;
	double		df;
	double		z;				/* normal score of the upper tail that is wanted */
} lambda_search;

/* How far the normal score of the upper tail is from z: nearly linear in the root of lambda. */
static mlops_status
lambda_score(void *context, double root, double *out)
{
	const lambda_search *s = context;
	mlops_tails tails;
	mlops_status status = mlops_ncx2_tails(s->x, s->df, root * root, &tails, NULL);

	if (status != MLOPS_OK)
		return status;
	*out = tails.upper < 0.5 ? -mlops_normal_quantile_upper(fmax(tails.upper, DBL_MIN))
		: mlops_normal_quantile_upper(fmax(tails.lower, DBL_MIN));
	*out -= s->z;
	return MLOPS_OK;
}

mlops_status
mlops_ncx2_lambda(double x, double df, double p, bool upper, double *lambda)
{
	lambda_search s = {x, df, upper ? mlops_normal_quantile(p) : mlops_normal_quantile_upper(p)};
	mlops_root_search search = {0, 0.5, 0, INFINITY, 1e-13};
	double		root;
	mlops_status status;

	if (!(p > 0 && p < 1) || !(x >= 0) || isinf(x) || !(df > 0) || isinf(df))
		return MLOPS_DOMAIN;
	search.start = sqrt(fmax(x - df, 0)) + s.z;
	status = mlops_root(lambda_score, &s, &search, &root);
	*lambda = root * root;
	return status == MLOPS_DEGENERATE ? MLOPS_OK : status;
}
