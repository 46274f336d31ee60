/*
 * special.h
 *		Distribution functions, both tails and their logarithms, and quantiles.
 *
 * A distribution fills one mlops_tails: the lower and the upper tail, each
 * computed directly where it is the small one (never as 1 - large), and the
 * natural logarithms, which stay right where the tails themselves underflow.
 * Tails have a relative error below 1e-12, quantiles below 1e-10 (see
 * doc/statistics/special.md).  NaN or a parameter outside its domain gives
 * MLOPS_DOMAIN and leaves the result alone.
 */
#ifndef MLOPS_SPECIAL_H
#define MLOPS_SPECIAL_H

#include "kernel/kernel.h"

typedef struct mlops_tails
{
	double		lower;			/* P(X <= x) */
	double		upper;			/* P(X > x) */
	double		ln_lower;
	double		ln_upper;
} mlops_tails;

#define MLOPS_PI		3.14159265358979323846
#define MLOPS_LN2		0.69314718055994530942
#define MLOPS_SQRT2		1.41421356237309504880
#define MLOPS_LN_2PI	1.83787706640934548356

/* Normal distribution. */
extern double mlops_normal_cdf(double x);
extern double mlops_normal_sf(double x);
extern double mlops_normal_ln_sf(double x);
extern double mlops_normal_quantile(double p);			/* lower tail p */
extern double mlops_normal_quantile_upper(double q);	/* upper tail q */
extern double mlops_normal_quantile_upper_ln(double ln_q);

/* ln(1 + x) - x without cancellation; x > -1. */
extern double mlops_log1pmx(double x);

/* ln Gamma(1 + a), 0 < a < 1, right next to zero too. */
extern double mlops_lgamma1p(double a);

/* ln Gamma(a + 1) minus Stirling's formula without its series; a > 0. */
extern double mlops_stirling_error(double a);

/* a (ratio - 1 - ln ratio), excess = ratio - 1. */
extern double mlops_deviance(double a, double ratio, double excess);

/* All four from the logarithm of one of the tails. */
extern void mlops_tails_from(mlops_tails *out, double ln_p, bool upper);

/* gamma.c; unit scale */
extern mlops_status mlops_gamma_tails(double a, double x, mlops_tails *out);
extern mlops_status mlops_chi2_tails(double x, double df, mlops_tails *out);

/* beta.c; y = 1 - x, and odds = x / y */
extern mlops_status mlops_beta_tails(double x, double y, double a, double b, mlops_tails *out);
extern mlops_status mlops_beta_odds_tails(double odds, double a, double b, mlops_tails *out,
										  double *ln_density, double *slope);
extern mlops_status mlops_t_tails(double t, double df, mlops_tails *out);
extern mlops_status mlops_f_tails(double f, double df1, double df2, mlops_tails *out);

/* Non-central chi-square; density may be NULL (ncx2.c). */
extern mlops_status mlops_ncx2_tails(double x, double df, double lambda,
									 mlops_tails *out, double *density);

/*
 * Quantiles (quantiles.c): the x with P(X > x) = q (upper) or P(X <= x) = q
 * (lower), 0 < q < 1.  The _ln forms take ln q < 0, also of a q below the range of
 * double.  A quantile beyond the range of double is 0 or +-infinity.
 */
extern mlops_status mlops_gamma_quantile(double q, bool upper, double a, double *out);
extern mlops_status mlops_gamma_quantile_ln(double ln_q, bool upper, double a, double *out);
extern mlops_status mlops_chi2_quantile(double q, bool upper, double df, double *out);
extern mlops_status mlops_chi2_quantile_ln(double ln_q, bool upper, double df, double *out);
extern mlops_status mlops_beta_quantile(double q, bool upper, double a, double b, double *x, double *y);
extern mlops_status mlops_beta_quantile_ln(double ln_q, bool upper, double a, double b,
										   double *x, double *y);
extern mlops_status mlops_t_quantile(double q, bool upper, double df, double *out);
extern mlops_status mlops_t_quantile_ln(double ln_q, bool upper, double df, double *out);
extern mlops_status mlops_f_quantile(double q, bool upper, double df1, double df2, double *out);
extern mlops_status mlops_f_quantile_ln(double ln_q, bool upper, double df1, double df2, double *out);

/* Of the non-central chi-square (ncx2.c); lambda = 0 is the central one. */
extern mlops_status mlops_ncx2_quantile(double q, bool upper, double df, double lambda,
										double *out);

/*
 * The lambda >= 0 for which the upper (or lower) tail at x is p: with p = 0.025
 * the lower (upper) limit of the 95 % interval of lambda, given x.  0 where even
 * the central distribution has too much above (too little below) x.
 */
extern mlops_status mlops_ncx2_lambda(double x, double df, double p, bool upper, double *lambda);

/* Kolmogorov distribution (kolmogorov.c). */
extern mlops_status mlops_kolmogorov_tails(double x, mlops_tails *out);
extern mlops_status mlops_kolmogorov_quantile(double q, bool upper, double *out);
extern mlops_status mlops_kolmogorov_quantile_upper(double q, double *out);

/*
 * Exact two-sample statistic: P(D >= d), and both P(D < d) and P(D >= d).
 * mlops_ks_exact_work: doubles of work space they need.
 */
extern size_t mlops_ks_exact_work(int64_t n, int64_t m);
extern mlops_status mlops_ks_exact_tails(double d, int64_t n, int64_t m, double *work,
										 size_t work_len, mlops_tails *out);
extern mlops_status mlops_ks_exact_p(double d, int64_t n, int64_t m, double *work,
									 size_t work_len, double *p, double *ln_p);

#endif
