/*
 * bridge.c
 *		The law of quadratic forms in the Brownian bridge.  See bridge.h.
 *
 * With y(0) = 0, y'(0) = 1 and -y'' = 2 s w y (at a node the slope falls by
 * 2 s w_j y), D(s) = y(1).  The zeros of D are simple and lie on the positive
 * real axis, and for s in the upper half plane y turns clockwise by less than
 * half a turn from node to node, so that counting its passages over the
 * negative axis gives the continuous branch of ln D.
 *
 *		P(Q > x) = 1/(2 pi i) int exp(-s x) D(s)^(-df/2) ds / s
 *
 * from below to above between 0 and the first zero s_1; to the left of 0 the
 * same integral is -P(Q <= x).  The path is the parabola with its focus at
 * s_1 through the saddle point of the integrand on the real axis,
 * s = s_1 - mu (1 - i t)^2; there the trapezoidal rule converges
 * geometrically (Weideman and Trefethen 2007), and nothing cancels: a tail has
 * its relative accuracy however small it is.
 */
#include "kernel/special/bridge.h"

#include <complex.h>
#include <float.h>
#include <math.h>

typedef double complex cplx;

/* CMPLX of C11, which not every compiler has here. */
static inline cplx
cartesian(double re, double im)
{
	union
	{
		double		part[2];
		cplx		z;
	}			u = {{re, im}};

	return u.z;
}

/* D(s) at s = first - delta and the continuous branch of its logarithm */

/* exp(z) - 1 without cancellation. */
static cplx
expm1_complex(cplx z)
{
	double		a = creal(z);
	double		b = cimag(z);
	double		half = sin(0.5 * b);

	return cartesian(expm1(a) * cos(b) - 2 * half * half, exp(a) * sin(b));
}

/* sin z / z, z = sqrt(2 s): ln(1/2) + i pi/2 - i z + ln(1 - exp(2 i z)) - ln z */
static cplx
ln_d_cvm(cplx s, cplx delta)
{
	cplx		z = csqrt(2 * s);
	cplx		turn = 2 * delta / (MLOPS_PI + z);	/* pi - z */
	cplx		from_zero = cabs(s) < cabs(delta) ? 2 * I * z : -2 * I * turn;

	if (z == 0)
		return 0;
	return cartesian(-MLOPS_LN2, 0.5 * MLOPS_PI) - I * z + clog(-expm1_complex(from_zero)) - clog(z);
}

/* cos z / (-2 pi s), z = pi/2 sqrt(1 + 8 s): ln(1/2) - i z + ln(1 + exp(2 i z)) - ln(-2 pi s) */
static cplx
ln_d_ad(cplx s, cplx delta)
{
	cplx		root = csqrt(1 + 8 * s);
	cplx		z = 0.5 * MLOPS_PI * root;
	cplx		turn;

	if (s == 0)
		return 0;
	if (cabs(s) < cabs(delta))
		turn = I * MLOPS_PI * (8 * s / (root + 1));	/* 2 i (z - pi/2) */
	else
		turn = -I * MLOPS_PI * (8 * delta / (root + 3));	/* 2 i (z - 3 pi/2) */
	/* the real axis belongs to the upper half plane */
	return -MLOPS_LN2 - I * z + clog(-expm1_complex(turn))
		- clog(cartesian(-2 * MLOPS_PI * creal(s), -2 * MLOPS_PI * cimag(s)));
}

/* The state of the recurrence: the solution, its slope, its turns, its scale. */
typedef struct path
{
	double		yr;
	double		yi;
	double		dr;
	double		di;
	double		at;
	double		ln_scale;
	int			turns;			/* passages over the negative axis */
} path;

/* To position `to` along a straight line. */
static inline void
path_line(path *p, double to)
{
	double		gap = to - p->at;
	double		yi = p->yi + gap * p->di;

	p->yr += gap * p->dr;
	p->turns += p->yi <= 0 && yi > 0;
	p->yi = yi;
	p->at = to;
}

/* Over a stretch of weight w: y'' = -k y, k = 2 s w / width, |k| width^2 small. */
static void
path_stretch(path *p, double width, double kr, double ki)
{
	/* cos(sqrt z) and sin(sqrt z) / sqrt z, z = k width^2, by Horner */
	static const double cos_term[] = {1.0 / 132, 1.0 / 90, 1.0 / 56, 1.0 / 30, 1.0 / 12, 1.0 / 2};
	static const double sin_term[] = {1.0 / 156, 1.0 / 110, 1.0 / 72, 1.0 / 42, 1.0 / 20, 1.0 / 6};
	double		zr = kr * width * width;
	double		zi = ki * width * width;
	double		cr = 1;
	double		ci = 0;
	double		sr = 1;
	double		si = 0;
	double		yr = p->yr;
	double		yi = p->yi;
	double		next;

	for (int i = 0; i < 6; i++)
	{
		double		re = cr * zr - ci * zi;

		ci = -(cr * zi + ci * zr) * cos_term[i];
		cr = 1 - re * cos_term[i];
		re = sr * zr - si * zi;
		si = -(sr * zi + si * zr) * sin_term[i];
		sr = 1 - re * sin_term[i];
	}
	sr *= width;
	si *= width;
	p->yr = cr * yr - ci * yi + sr * p->dr - si * p->di;
	next = cr * yi + ci * yr + sr * p->di + si * p->dr;
	p->turns += yi <= 0 && next > 0;
	p->yi = next;
	/* slope: c d - k width s y */
	next = cr * p->dr - ci * p->di;
	p->di = cr * p->di + ci * p->dr;
	p->dr = next;
	next = kr * sr - ki * si;
	si = kr * si + ki * sr;
	p->dr -= next * yr - si * yi;
	p->di -= next * yi + si * yr;
	p->at += width;
}

static void
path_rescale(path *p)
{
	double		size = fabs(p->yr) + fabs(p->yi) + fabs(p->dr) + fabs(p->di);

	if (size > 1e50)
	{
		p->ln_scale += log(size);
		p->yr /= size;
		p->yi /= size;
		p->dr /= size;
		p->di /= size;
	}
}

static cplx
ln_d_nodes(const mlops_bridge_law *law, double sr, double si)
{
	path		p = {.dr = 1};
	const double size = hypot(sr, si);

	for (size_t i = 0; i < law->n; i++)
	{
		const mlops_bridge_node *node = &law->node[i];

		if (node->width == 0)
		{
			double		kr = 2 * node->weight * sr;
			double		ki = 2 * node->weight * si;

			path_line(&p, node->at);
			p.dr -= kr * p.yr - ki * p.yi;
			p.di -= kr * p.yi + ki * p.yr;
		}
		else
		{
			double		k = 2 * node->weight / node->width;
			double		z = k * size * node->width * node->width;
			double		parts = z < 0.25 ? 1 : ceil(2 * sqrt(z));

			path_line(&p, node->at - 0.5 * node->width);
			for (double j = 0; j < parts; j++)
			{
				path_stretch(&p, node->width / parts, k * sr, k * si);
				path_rescale(&p);
			}
		}
		path_rescale(&p);
	}
	path_line(&p, 1);
	return cartesian(p.ln_scale + log(hypot(p.yr, p.yi)), atan2(p.yi, p.yr) - 2 * MLOPS_PI * p.turns);
}

static cplx
ln_d(const mlops_bridge_law *law, cplx delta)
{
	/* a real s has a positive zero for its imaginary part */
	cplx		s = cartesian(law->first - creal(delta), 0 - cimag(delta));

	if (law->kind == MLOPS_BRIDGE_CVM)
		return ln_d_cvm(s, delta);
	if (law->kind == MLOPS_BRIDGE_AD)
		return ln_d_ad(s, delta);
	return ln_d_nodes(law, creal(s), cimag(s));
}

/* laws */

mlops_status
mlops_cvm_law(double df, mlops_bridge_law *out)
{
	if (!(df > 0) || isinf(df))
		return MLOPS_DOMAIN;
	*out = (mlops_bridge_law) {.kind = MLOPS_BRIDGE_CVM,.df = df,
		.first = 0.5 * MLOPS_PI * MLOPS_PI,.mean = df / 6,.variance = df / 45};
	return MLOPS_OK;
}

mlops_status
mlops_anderson_darling_law(double df, mlops_bridge_law *out)
{
	if (!(df > 0) || isinf(df))
		return MLOPS_DOMAIN;
	*out = (mlops_bridge_law) {.kind = MLOPS_BRIDGE_AD,.df = df,
		.first = 1,.mean = df,.variance = df * 2 * (MLOPS_PI * MLOPS_PI / 3 - 3)};
	return MLOPS_OK;
}

/*
 * Mean and variance of one copy.  Nodes: trace of W C and twice that of its
 * square, C(u, v) = u (1 - v) for u <= v; `before` is the sum of w u^2 over
 * what lies to the left.  A stretch is integrated in closed form.
 */
static void
nodes_moments(const mlops_bridge_node *node, size_t n, double *mean, double *variance)
{
	double		before = 0;

	*mean = *variance = 0;
	for (size_t i = 0; i < n; i++)
	{
		double		u = node[i].at;
		double		v = 1 - u;
		double		w = node[i].weight;
		double		h2 = node[i].width * node[i].width;
		double		u2 = u * u + h2 / 12;	/* mean of the squares */
		double		v2 = v * v + h2 / 12;

		*mean += w * (u * v - h2 / 12);
		*variance += 4 * w * v2 * before;
		/* pairs within: mean of min^2 (1 - max)^2 over two points of the stretch */
		*variance += 2 * w * w * (u * u * v * v - node[i].width * (u * v / 3 + h2 / 60)
								  + h2 * (u * u + v * v) / 12 + h2 * h2 / 144);
		before += w * u2;
	}
}

mlops_status
mlops_bridge_nodes_law(const mlops_bridge_node *node, size_t n, double df, mlops_bridge_law *out)
{
	mlops_bridge_law law = {.kind = MLOPS_BRIDGE_NODES,.df = df,.node = node,.n = n};
	double		at = 0;

	if (n == 0)
		return MLOPS_EMPTY;
	if (!(df > 0) || isinf(df))
		return MLOPS_DOMAIN;
	for (size_t i = 0; i < n; i++)
	{
		if (!(node[i].width >= 0) || !(node[i].weight > 0) || isinf(node[i].weight)
			|| !(node[i].at - 0.5 * node[i].width >= at - 4 * DBL_EPSILON) || !(node[i].at > 0))
			return MLOPS_DOMAIN;
		at = node[i].at + 0.5 * node[i].width;
	}
	if (!(at <= 1) || !(node[n - 1].at < 1))
		return MLOPS_DOMAIN;
	nodes_moments(node, n, &law.mean, &law.variance);
	if (!(law.mean > 0) || !(law.variance > 0) || isinf(law.mean) || isinf(law.variance))
		return MLOPS_DOMAIN;

	/*
	 * Half the variance is the sum of the squared eigenvalues, so the first
	 * zero is not below 1 / sqrt(2 variance).  Left of it D is convex and falls:
	 * Newton's rule comes from the left.  The imaginary part of ln D(s + i h)
	 * is -atan(h |D'| / D).
	 */
	law.first = 1 / sqrt(2 * law.variance);
	for (int i = 0; i < 200; i++)
	{
		double		h = 1e-10 * law.first;
		double		step = h / tan(-cimag(ln_d_nodes(&law, law.first, h)));

		law.first += step;
		if (!(step > 2 * DBL_EPSILON * law.first))
			break;
	}
	law.mean *= df;
	law.variance *= df;
	*out = law;
	return MLOPS_OK;
}

/* tails */

/* One tail at x, seen from its saddle point. */
typedef struct contour
{
	const mlops_bridge_law *law;
	double		x;
	bool		upper;
	double		saddle;			/* sigma */
	double		mu;				/* first - sigma */
	double		peak;			/* logarithm of the integrand there, plus first * x */
} contour;

/* sigma = s_1 / (1 + e^v) for the upper tail, -e^v for the lower one. */
static double
ln_integrand(contour *c, double v)
{
	if (c->upper)
	{
		c->saddle = c->law->first / (1 + exp(v));
		c->mu = c->law->first / (1 + exp(-v));
	}
	else
	{
		c->saddle = -exp(v);
		c->mu = c->law->first - c->saddle;
	}
	c->peak = c->mu * c->x - 0.5 * c->law->df * creal(ln_d(c->law, c->mu)) - log(fabs(c->saddle));
	return c->peak;
}

/*
 * Downhill to the saddle point, the only minimum of a convex function; near is
 * enough.  With half the degrees of freedom a, x is a sum of a / (s_i - sigma),
 * and 1 / sigma besides: that is where to begin.
 */
static void
find_saddle(contour *c)
{
	double		v = c->upper ? log(fmin(0.5 * c->law->df / (c->x * c->law->first), 1)) : -log(c->x);
	double		step = 1;
	double		here = ln_integrand(c, v);
	double		next = ln_integrand(c, v + step);
	double		last;

	if (next > here)
	{
		double		swap = here;

		v += step;
		step = -step;
		here = next;
		next = swap;
	}
	do
	{
		v += step;
		last = here;
		here = next;
		next = ln_integrand(c, v + step);
	} while (next < here && fabs(v) < 700);
	/* vertices of parabolas, until what the rest of the way costs is nothing */
	for (int i = 0; i < 60; i++)
	{
		double		bend = last - 2 * here + next;
		double		shift = bend > 0 ? 0.5 * (last - next) / bend : 0;

		v += step * fmin(fmax(shift, -1), 1);
		if (step * step * (c->x * c->mu) < 0.1)
			break;
		if (fabs(shift) < 0.5)
			step *= 0.25;
		here = ln_integrand(c, v);
		last = ln_integrand(c, v - step);
		next = ln_integrand(c, v + step);
	}
	ln_integrand(c, v);
}

/* Integrands of tail and density at t, in units of the former's peak. */
static void
integrand(const contour *c, double t, double *tail, double *density)
{
	cplx		focal = cartesian(1, -t);
	cplx		delta = c->mu * (focal * focal);
	cplx		s = cartesian(c->saddle + c->mu * t * t, 2 * c->mu * t);
	cplx		f = cexp(c->x * delta - c->peak - 0.5 * c->law->df * ln_d(c->law, delta)) * focal;

	*density = creal(f);
	*tail = creal(f / s);
}

/* Trapezoidal sum over t = offset, offset + h, ... */
static void
sum_points(const contour *c, double offset, double h, double *tail, double *density)
{
	int			quiet = 0;

	for (int i = 0; i < 100000 && quiet < 4; i++)
	{
		double		t = offset + i * h;
		double		a;
		double		b;

		integrand(c, t, &a, &b);
		if (t == 0)
		{
			a *= 0.5;
			b *= 0.5;
		}
		*tail += a;
		*density += b;
		quiet = fabs(a) <= 1e-17 * fabs(*tail) && fabs(b) <= 1e-17 * fabs(*density)
			&& c->x * c->mu * t * t > 1 ? quiet + 1 : 0;
	}
}

/* ln of the tail, and the density in units of it. */
static mlops_status
one_tail(const mlops_bridge_law *law, double x, bool upper, double *ln_tail, double *hazard)
{
	contour		c = {.law = law,.x = x,.upper = upper};
	double		tail = 0;
	double		density = 0;
	double		h;

	find_saddle(&c);
	h = 0.5 / sqrt(fmax(c.x * c.mu, 0.5));
	sum_points(&c, 0, h, &tail, &density);
	for (int i = 0; i < 12; i++)
	{
		double		old = tail * h;
		double		old_density = density * h;

		sum_points(&c, 0.5 * h, h, &tail, &density);
		h *= 0.5;

		/* halving squares the error */
		if (fabs(tail * h - old) <= 1e-9 * fabs(old)
			&& fabs(density * h - old_density) <= 1e-9 * fabs(old_density))
		{
			if (!upper)
				tail = -tail;
			if (!(tail > 0))
				return MLOPS_NOCONVERGE;
			*ln_tail = c.peak - law->first * x + log(tail * h * 2 * c.mu / MLOPS_PI);
			*hazard = fmax(0, density / tail);
			return MLOPS_OK;
		}
	}
	return MLOPS_NOCONVERGE;
}

/*
 * Chernoff's bound of ln P(Q <= x) at one far point.  Further left the
 * recurrence over stretches grows expensive, and nobody asks for e^-800.
 */
static double
ln_lower_bound(const mlops_bridge_law *law, double x)
{
	double		s = -1e7 / law->mean;

	return -s * x - 0.5 * law->df * creal(ln_d_nodes(law, s, 0));
}

mlops_status
mlops_bridge_tails(const mlops_bridge_law *law, double x, mlops_tails *out, double *density)
{
	bool		upper = x > law->mean;
	double		ln_tail;
	double		hazard;
	mlops_status status;

	if (isnan(x))
		return MLOPS_DOMAIN;
	if (x <= 0 || isinf(x))
	{
		*out = x <= 0 ? (mlops_tails) {0, 1, -INFINITY, 0} : (mlops_tails) {1, 0, 0, -INFINITY};
		if (density != NULL)
			*density = 0;
		return MLOPS_OK;
	}
	if (!upper && law->kind == MLOPS_BRIDGE_NODES && ln_lower_bound(law, x) < -800)
	{
		*out = (mlops_tails) {0, 1, -INFINITY, 0};
		if (density != NULL)
			*density = 0;
		return MLOPS_OK;
	}
	status = one_tail(law, x, upper, &ln_tail, &hazard);
	if (status != MLOPS_OK)
		return status;
	ln_tail = fmin(ln_tail, 0);
	if (upper)
		*out = (mlops_tails) {-expm1(ln_tail), exp(ln_tail), log1p(-exp(ln_tail)), ln_tail};
	else
		*out = (mlops_tails) {exp(ln_tail), -expm1(ln_tail), ln_tail, log1p(-exp(ln_tail))};
	if (density != NULL)
		*density = hazard * exp(ln_tail);
	return MLOPS_OK;
}

/*
 * Newton's rule on the logarithm of the tail on the target's side of the
 * mean, inside a shrinking bracket: of the upper one, which is nearly linear,
 * in x, and of the lower one in ln x with bounded steps.
 */
static mlops_status
solve(const mlops_bridge_law *law, double target, bool upper, double *out)
{
	double		lo = upper ? law->mean : 0;
	double		hi = upper ? INFINITY : law->mean;
	double		x = law->mean;

	for (int i = 0; i < 200; i++)
	{
		double		ln_tail;
		double		hazard;
		double		next;
		mlops_status status = one_tail(law, x, upper, &ln_tail, &hazard);

		if (status != MLOPS_OK)
			return status;
		if ((ln_tail > target) == upper)
			lo = x;
		else
			hi = x;
		if (upper)
			next = x + (ln_tail - target) / hazard;
		else
			next = x * exp(fmin(fmax((target - ln_tail) / (hazard * x), -2), 2));
		if (fabs(next - x) <= 4e-15 * x)
		{
			*out = next;
			return MLOPS_OK;
		}
		if (!(next > lo && next < hi))
			next = isinf(hi) ? 2 * lo : 0.5 * (lo + hi);
		x = next;
	}
	*out = x;
	return MLOPS_OK;
}

mlops_status
mlops_bridge_quantile_ln(const mlops_bridge_law *law, double ln_q, bool upper, double *out)
{
	mlops_tails at_mean;
	mlops_status status;
	double		ln_other;

	if (!(ln_q < 0) || isinf(ln_q))
		return MLOPS_DOMAIN;
	status = mlops_bridge_tails(law, law->mean, &at_mean, NULL);
	if (status != MLOPS_OK)
		return status;
	ln_other = ln_q < -MLOPS_LN2 ? log1p(-exp(ln_q)) : log(-expm1(ln_q));
	if (upper ? ln_q < at_mean.ln_upper : ln_other < at_mean.ln_upper)
		return solve(law, upper ? ln_q : ln_other, true, out);
	return solve(law, upper ? ln_other : ln_q, false, out);
}

mlops_status
mlops_bridge_quantile(const mlops_bridge_law *law, double q, bool upper, double *out)
{
	if (!(q > 0) || !(q < 1))
		return MLOPS_DOMAIN;
	/* the logarithm of a q near 1 would lose the other tail */
	return q < 0.5 ? mlops_bridge_quantile_ln(law, log(q), upper, out)
		: mlops_bridge_quantile_ln(law, log1p(-q), !upper, out);
}
