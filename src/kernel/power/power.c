/*
 * power.c
 *		Which change a comparison of two samples of these sizes can see.  See power.h.
 */
#include "kernel/power/power.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "kernel/special/bridge.h"
#include "kernel/categories/gof.h"
#include "kernel/special/nct.h"
#include "kernel/special/root.h"
#include "kernel/categories/shift.h"
#include "kernel/special/special.h"

/* No shift of a normal column that is worth asking for is larger. */
#define LARGEST_SHIFT 12.0
/* Up to so many bins the shift of a normal column is worked out. */
#define SHIFT_BINS 1000

#define SHIFTED "approximation: a normal column is shifted, no ties; "
#define BINNED "approximation: non-central chi-square, right for many rows and small changes"

const mlops_power_method mlops_power_methods[MLOPS_POWER_METHODS] = {
	{"t_test", MLOPS_POWER_T, 0, false, false, "Cohen's d",
	"normal values with equal variances; non-central t, exact for Student's test, Welch's degrees of freedom at their expected value"},
	{"z_test", MLOPS_POWER_Z, 0, false, false, "Cohen's h", "approximation: normal on the arcsine scale"},
	{"chi2_test", MLOPS_POWER_CHI2, 0, true, false, "Cramer's V", BINNED},
	{"g_test", MLOPS_POWER_CHI2, 0, true, false, "Cramer's V", BINNED},
	{"mann_whitney_test", MLOPS_POWER_MANN_WHITNEY, 0, false, false, "Cliff's delta",
	SHIFTED "U is normal with its exact mean and variance"},
	{"ks_test", MLOPS_POWER_KS, 0, false, false, "D", SHIFTED "limiting process with its mean, at the test's own level"},
	{"cvm_test", MLOPS_POWER_CVM, 0, false, false, "root mean square of F - G", SHIFTED "limiting process with its mean"},
	{"anderson_darling_test", MLOPS_POWER_ANDERSON_DARLING, 0, false, false, "root mean square of (F - G) / sqrt(H (1 - H))",
	SHIFTED "limiting process with its mean"},
	{"psi", MLOPS_POWER_DIVERGENCE, MLOPS_PSI, true, true, "psi", BINNED},
	{"kl_divergence", MLOPS_POWER_DIVERGENCE, MLOPS_KL, true, true, "kl_divergence", BINNED},
	{"js_divergence", MLOPS_POWER_DIVERGENCE, MLOPS_JS_DIVERGENCE, true, true, "js_divergence", BINNED},
	{"js_distance", MLOPS_POWER_DIVERGENCE, MLOPS_JS_DISTANCE, true, true, "js_distance", BINNED},
	{"hellinger_distance", MLOPS_POWER_DIVERGENCE, MLOPS_HELLINGER, true, true, "hellinger_distance", BINNED},
	{"total_variation_distance", MLOPS_POWER_TOTAL_VARIATION, MLOPS_TOTAL_VARIATION, true, true, "total_variation_distance",
	"approximation: equal shares, of which half rise and half fall by the same amount; normal"},
	{"ks_distance", MLOPS_POWER_KS_DISTANCE, MLOPS_KS, false, true, "ks_distance", SHIFTED "limiting process with its mean"},
};

const mlops_power_method *
mlops_power_method_by_name(const char *name)
{
	for (int i = 0; i < MLOPS_POWER_METHODS; i++)
		if (strcmp(mlops_power_methods[i].name, name) == 0)
			return &mlops_power_methods[i];
	return NULL;
}

/* ------------------------------------------------- effects of a normal shift */

/* One bin's part of a distance of shares p and q (of V^2: chi-square). */
static double
bin_part(const mlops_power_design *d, double p, double q)
{
	double		half = 0.5 * (p + q);
	double		total = d->n + d->m;

	if (!d->method->tolerance)
		return d->n / total * (d->m / total) * (p - q) * (p - q) / ((d->n * p + d->m * q) / total);
	switch (d->method->distance)
	{
		case MLOPS_PSI:
			return (q - p) * log(q / p);
		case MLOPS_KL:
			return p * log(p / q) - p + q;
		case MLOPS_JS_DIVERGENCE:
		case MLOPS_JS_DISTANCE:
			return 0.5 * (p * log(p / half) + (q > 0 ? q * log(q / half) : 0)) / MLOPS_LN2;
		case MLOPS_HELLINGER:
			return 0.5 * (sqrt(p) - sqrt(q)) * (sqrt(p) - sqrt(q));
		default:
			return 0.5 * fabs(p - q);
	}
}

static bool
is_root(const mlops_power_design *d)
{
	return d->method->kind == MLOPS_POWER_CHI2
		|| (d->method->kind == MLOPS_POWER_DIVERGENCE
			&& (d->method->distance == MLOPS_JS_DISTANCE || d->method->distance == MLOPS_HELLINGER));
}

/* The method's effect when a normal column is shifted; bins have equal reference shares. */
static double
effect_of_shift(const mlops_power_design *d, double shift)
{
	double		sum = 0;
	double		before = 0;

	switch (d->method->kind)
	{
		case MLOPS_POWER_T:
			return shift;
		case MLOPS_POWER_Z:
			/* the share above the median */
			return 2 * asin(sqrt(mlops_normal_cdf(shift))) - 0.5 * MLOPS_PI;
		case MLOPS_POWER_MANN_WHITNEY:
			return erf(0.5 * shift);
		case MLOPS_POWER_KS:
		case MLOPS_POWER_KS_DISTANCE:
			return erf(shift / (2 * MLOPS_SQRT2));
		case MLOPS_POWER_CVM:
			return mlops_shift_effect(MLOPS_SHIFT_CVM, d->n, d->m, shift);
		case MLOPS_POWER_ANDERSON_DARLING:
			return mlops_shift_effect(MLOPS_SHIFT_ANDERSON_DARLING, d->n, d->m, shift);
		default:
			break;
	}
	/* ascending bins: the shifted share of the first i is small, no difference of large numbers */
	for (int i = 1; i <= d->categories; i++)
	{
		double		up_to = i < d->categories ? mlops_normal_cdf(mlops_normal_quantile(i / d->categories) - shift) : 1;

		sum += bin_part(d, 1 / d->categories, fmax(up_to - before, DBL_MIN));
		before = up_to;
	}
	return is_root(d) ? sqrt(fmax(sum, 0)) : sum;
}

typedef struct shift_search
{
	const mlops_power_design *d;
	double		effect;
} shift_search;

static mlops_status
shift_gap(void *context, double shift, double *out)
{
	const shift_search *s = context;

	*out = effect_of_shift(s->d, shift) - s->effect;
	return MLOPS_OK;
}

/* The shift that is this effect, NaN if none is (or for very many bins). */
static double
shift_of_effect(const mlops_power_design *d, double effect)
{
	shift_search s = {d, effect};
	mlops_root_search search = {0.1, 0.1, 0, LARGEST_SHIFT, 1e-10};
	double		shift;

	if (d->method->categories && d->categories > SHIFT_BINS)
		return NAN;
	return mlops_root(shift_gap, &s, &search, &shift) == MLOPS_OK ? shift : NAN;
}

/* ------------------------------------------------------------------ power */

/* Both tails of Welch's t beyond its critical value. */
static mlops_status
power_t(const mlops_power_design *d, double effect, double *power)
{
	double		s = 1 / d->n + 1 / d->m;
	double		df = s * s / (1 / (d->n * d->n * (d->n - 1)) + 1 / (d->m * d->m * (d->m - 1)));
	mlops_tails above,
				below;
	double		t;
	mlops_status status = mlops_t_quantile(0.5 * d->alpha, true, df, &t);

	if (status == MLOPS_OK)
		status = mlops_nct_tails(t, df, effect / sqrt(s), &above);
	if (status == MLOPS_OK)
		status = mlops_nct_tails(-t, df, effect / sqrt(s), &below);
	*power = above.upper + below.lower;
	return status;
}

static double
power_z(const mlops_power_design *d, double effect)
{
	double		z = mlops_normal_quantile_upper(0.5 * d->alpha);
	double		delta = effect / sqrt(1 / d->n + 1 / d->m);

	return mlops_normal_sf(z - delta) + mlops_normal_sf(z + delta);
}

static mlops_status
power_chi2(double q, double df, double lambda, double *power)
{
	mlops_tails tails;
	mlops_status status = mlops_ncx2_tails(q, df, lambda, &tails, NULL);

	*power = tails.upper;
	return status;
}

/* Lehmann's (1975) normal approximation, with the critical value a whole number of pairs. */
static double
power_ranks(const mlops_power_design *d, double shift)
{
	double		pairs = d->n * d->m;
	double		sd = sqrt(pairs * (d->n + d->m + 1) / 12);
	double		critical = ceil(0.5 * pairs + mlops_normal_quantile_upper(0.5 * d->alpha) * sd + 0.5) - 0.5;
	double		one,
				two;

	mlops_shift_ranks(shift, &one, &two);
	sd = sqrt(pairs * (one * (1 - one) + (d->n + d->m - 2) * (two - one * one)));
	return mlops_normal_sf((critical - pairs * one) / sd) + mlops_normal_cdf((pairs - critical - pairs * one) / sd);
}

static mlops_status
power_quadratic(const mlops_power_design *d, double shift, double *power)
{
	bool		cvm = d->method->kind == MLOPS_POWER_CVM;
	mlops_bridge_law law;
	double		bound;
	mlops_status status = cvm ? mlops_cvm_law(1, &law) : mlops_anderson_darling_law(1, &law);

	if (status == MLOPS_OK)
		status = mlops_bridge_quantile(&law, d->alpha, true, &bound);
	if (status != MLOPS_OK)
		return status;
	return mlops_shift_quadratic(cvm ? MLOPS_SHIFT_CVM : MLOPS_SHIFT_ANDERSON_DARLING, d->n, d->m, shift, bound, power);
}

/*
 * Total variation, 1/2 sum of |difference of shares|: mean and variance of a
 * sum of folded normals of variance v and correlation -1 / (k - 1).
 */
static mlops_status
power_total_variation(const mlops_power_design *d, double effect, double *power)
{
	double		k = d->categories;
	double		v = (1 / d->n + 1 / d->m) / k * (1 - 1 / k);
	double		mu = 2 * effect / k;
	double		a = mu / sqrt(v);
	double		density = exp(-0.5 * a * a - 0.5 * MLOPS_LN_2PI);
	double		lean = erf(a / MLOPS_SQRT2);	/* slope of the mean of |x| */
	double		mean = sqrt(v) * 2 * density + mu * lean;
	double		own = v + mu * mu - mean * mean;
	double		rho = -1 / (k - 1);
	double		variance,
				critical;
	mlops_status status = mlops_critical_value(MLOPS_TOTAL_VARIATION, d->alpha, k, d->n, d->m, d->tolerance, &critical);

	/* pairs of bins: signs sum to -k (half rise); curvature of |x| to second order */
	variance = 0.25 * (k * own - k * rho * v * lean * lean + k * (k - 1) * rho * rho * v * 2 * density * density);
	*power = mlops_normal_sf((critical - 0.5 * k * mean) / sqrt(variance));
	return status;
}

/* Power at a shift (tests of numbers) or at an effect (all others). */
static mlops_status
power_of(const mlops_power_design *d, double x, double *power)
{
	double		q;
	double		unit;
	mlops_status status = MLOPS_OK;

	switch (d->method->kind)
	{
		case MLOPS_POWER_T:
			return power_t(d, x, power);
		case MLOPS_POWER_Z:
			*power = power_z(d, x);
			return MLOPS_OK;
		case MLOPS_POWER_CHI2:
			status = mlops_chi2_quantile(d->alpha, true, d->categories - 1, &q);
			return status == MLOPS_OK ? power_chi2(q, d->categories - 1, (d->n + d->m) * x * x, power) : status;
		case MLOPS_POWER_MANN_WHITNEY:
			*power = power_ranks(d, x);
			return MLOPS_OK;
		case MLOPS_POWER_KS:
			status = mlops_kolmogorov_quantile_upper(d->level, &q);
			*power = mlops_shift_supremum(d->n, d->m, x, q);
			return status;
		case MLOPS_POWER_CVM:
		case MLOPS_POWER_ANDERSON_DARLING:
			return power_quadratic(d, x, power);
		case MLOPS_POWER_DIVERGENCE:
			/* the unit of chi-square is what makes lambda of the tolerance */
			status = mlops_critical_value(d->method->distance, d->alpha, d->categories, d->n, d->m, d->tolerance, &q);
			unit = mlops_chi2_unit(d->method->distance) * (1 / d->n + 1 / d->m);
			if (status != MLOPS_OK)
				return status;
			return is_root(d) ? power_chi2(q * q / unit, d->categories - 1, x * x / unit, power)
				: power_chi2(q / unit, d->categories - 1, x / unit, power);
		case MLOPS_POWER_TOTAL_VARIATION:
			return power_total_variation(d, x, power);
		default:
			status = mlops_critical_value(MLOPS_KS, d->alpha, 2, d->n, d->m, d->tolerance, &q);
			*power = q < 1 ? mlops_shift_supremum(d->n, d->m, x, q * sqrt(d->n / (d->n + d->m) * d->m)) : 0;
			return status;
	}
}

static bool
by_shift(const mlops_power_design *d)
{
	return (d->method->kind >= MLOPS_POWER_MANN_WHITNEY && d->method->kind <= MLOPS_POWER_ANDERSON_DARLING)
		|| d->method->kind == MLOPS_POWER_KS_DISTANCE;
}

/* The largest value that power_of can be asked for. */
static double
largest(const mlops_power_design *d)
{
	double		k = d->categories;

	if (by_shift(d) || d->method->kind == MLOPS_POWER_T)
		return by_shift(d) ? LARGEST_SHIFT : 1e6;
	switch (d->method->kind)
	{
		case MLOPS_POWER_Z:
			return MLOPS_PI;
		case MLOPS_POWER_TOTAL_VARIATION:
			/* as far as equal shares can fall in half of the bins */
			return 0.5 * (1 - fmod(k, 2) / k);
		case MLOPS_POWER_DIVERGENCE:
			return d->method->distance == MLOPS_PSI || d->method->distance == MLOPS_KL ? 1e6 : 1;
		case MLOPS_POWER_CHI2:
			return 1;
		default:
			return 1;
	}
}

/* Why there is no power at all, or NULL. */
static const char *
too_few(const mlops_power_design *d)
{
	double		total = d->n + d->m;
	double		ln_p = MLOPS_LN2 - (lgamma(total + 1) - lgamma(d->n + 1) - lgamma(d->m + 1));

	if (!(d->n > 0) || !(d->m > 0))
		return d->n > 0 ? "no current rows" : "no reference rows";
	if (d->method->categories && d->categories < 2)
		return "one category";
	if (d->method->kind == MLOPS_POWER_T && !(d->n >= 2 && d->m >= 2))
		return "a variance needs two rows on each side";
	/* the p-value of samples that do not overlap */
	if (by_shift(d) && d->method->kind != MLOPS_POWER_KS_DISTANCE && (ln_p > log(d->alpha) || !(d->level > 0)))
		return "no result of so few rows reaches alpha";
	if (by_shift(d) && (d->n < 5 || d->m < 5))
		return "the approximation needs five rows on each side";
	return NULL;
}

static mlops_status
check(const mlops_power_design *d, mlops_power_result *out)
{
	*out = (mlops_power_result) {NAN, NAN, NAN, NULL};
	if (!d->method || !(d->n >= 0) || !(d->m >= 0) || isinf(d->n) || isinf(d->m) || !(d->alpha > 0 && d->alpha < 1)
		|| (d->method->categories && !(d->categories >= 0 && d->categories < 1e7)) || !(d->tolerance >= 0) || isinf(d->tolerance))
		return MLOPS_DOMAIN;
	out->reason = too_few(d);
	return MLOPS_OK;
}

/* A t distribution with one or two degrees of freedom at an alpha of 1e-12, say. */
static mlops_status
out_of_digits(mlops_status status, mlops_power_result *out)
{
	if (status != MLOPS_NOCONVERGE)
		return status;
	out->power = NAN;
	out->reason = "the distribution cannot be computed so far out";
	return MLOPS_OK;
}

mlops_status
mlops_power_at(const mlops_power_design *d, double effect, mlops_power_result *out)
{
	bool		is_signed = d->method && d->method->kind != MLOPS_POWER_CHI2 && !d->method->tolerance
		&& d->method->kind != MLOPS_POWER_KS && d->method->kind != MLOPS_POWER_CVM && d->method->kind != MLOPS_POWER_ANDERSON_DARLING;
	double		size = is_signed ? fabs(effect) : effect;
	double		shift;
	mlops_status status = check(d, out);

	if (status != MLOPS_OK)
		return status;
	if (!(size >= 0) || isinf(size))
		return MLOPS_DOMAIN;
	out->effect = effect;
	if (!(d->n > 0) || !(d->m > 0) || (d->method->categories && d->categories < 2))
		return MLOPS_OK;
	shift = size > 0 ? shift_of_effect(d, size) : 0;
	if (by_shift(d) ? isnan(shift) : size > largest(d))
		return MLOPS_DOMAIN;
	out->shift_sd = copysign(shift, is_signed ? effect : 1);
	if (out->reason)
		return MLOPS_OK;
	return out_of_digits(power_of(d, by_shift(d) ? shift : size, &out->power), out);
}

typedef struct power_search
{
	const mlops_power_design *d;
	double		score;			/* normal score of the power that is wanted */
} power_search;

static mlops_status
power_gap(void *context, double x, double *out)
{
	const power_search *s = context;
	double		power;
	mlops_status status = power_of(s->d, x, &power);

	/* on the scale of normal scores it is nearly a line; 1 - power has no digits beyond 8 */
	*out = mlops_normal_quantile(fmin(fmax(power, 1e-15), 1 - 1e-15)) - s->score;
	return status;
}

mlops_status
mlops_power_effect(const mlops_power_design *d, double power, mlops_power_result *out)
{
	power_search s = {d, mlops_normal_quantile(power)};
	mlops_root_search search = {0};
	double		x;
	mlops_status status = check(d, out);

	if (status != MLOPS_OK)
		return status;
	if (!(power > d->alpha && power < 1))
		return MLOPS_DOMAIN;
	if (out->reason)
		return MLOPS_OK;
	search.high = largest(d);
	/* the scale on which power grows: of V it is 1 / sqrt(N), of the others this */
	search.step = d->method->kind == MLOPS_POWER_CHI2 ? 1 / sqrt(d->n + d->m) : sqrt(1 / d->n + 1 / d->m);
	search.step = fmin(0.5 * search.high, search.step);
	search.start = fmin(0.5 * search.high, d->tolerance + 3 * search.step);
	if (d->method->kind == MLOPS_POWER_DIVERGENCE && !is_root(d))
	{
		search.step *= search.step;
		search.start = d->tolerance + search.step;
	}
	search.tolerance = 1e-9 * search.step;
	status = mlops_root(power_gap, &s, &search, &x);
	if (status == MLOPS_DEGENERATE)
	{
		out->reason = x > 0 ? "no change is seen with this power by so few rows" : "no change has this power already";
		return MLOPS_OK;
	}
	if (status != MLOPS_OK)
		return out_of_digits(status, out);
	out->power = power;
	out->effect = by_shift(d) ? effect_of_shift(d, x) : x;
	out->shift_sd = by_shift(d) ? x : shift_of_effect(d, x);
	return MLOPS_OK;
}

/* ------------------------------------------------------------- level of KS */

mlops_status
mlops_ks_level(int64_t n, int64_t m, double alpha, double *work, size_t work_len, double *level)
{
	int64_t		a = n;
	int64_t		b = m;
	double		low = 0;		/* steps with a p above alpha */
	double		high;
	double		p,
				ln_p;
	mlops_status status;

	if (n < 1 || m < 1 || !(alpha > 0 && alpha < 1))
		return MLOPS_DOMAIN;
	while (b != 0)
	{
		int64_t		rest = a % b;

		a = b;
		b = rest;
	}
	/* D is a whole number of 1 / lcm(n, m) */
	high = (double) (n / a) * (double) m;
	status = mlops_ks_exact_p(1, n, m, work, work_len, &p, &ln_p);
	*level = p <= alpha ? p : 0;
	if (status != MLOPS_OK || p > alpha)
		return status;
	for (double steps = high; high - low > 1;)
	{
		double		middle = floor(0.5 * (low + high));

		status = mlops_ks_exact_p(middle / steps, n, m, work, work_len, &p, &ln_p);
		if (status != MLOPS_OK)
			return status;
		if (p <= alpha)
		{
			high = middle;
			*level = p;
		}
		else
			low = middle;
	}
	return MLOPS_OK;
}
