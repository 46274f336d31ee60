/*
 * effect.c
 *		The effect of a treatment from the moments of two arms.  See effect.h.
 *
 * Everything is the mean of one variable with covariates: a ratio is linearised
 * first (delta method), u = R + (y - R d) / mean d, whose mean is the ratio R
 * and whose variance is that of the ratio.
 */
#include "kernel/experiment/effect.h"

#include <math.h>
#include <string.h>

#include "kernel/experiment/effect_parts.h"
#include "kernel/summary/comoments.h"

/* A difference of terms below this share of their sum is rounding. */
#define ROUNDING 1e-14

/*
 * Simulated (doc/experiments/compare.md): below so many effective units in the smaller of arms of so
 * different a size, Welch's t has 7 to 38 % false alarms at 5 %.
 */
#define FEW_EFFECTIVE_UNITS 10
#define UNEQUAL_ARMS 2

/* A covariate whose variance given the others is below this share of its own has no coefficient. */
#define PIVOT 1e-10

double
mlops_effect_contrast_variance(const mlops_effect *e, double rho)
{
	double		d = rho - 1;

	return e->variance - 2 * d * (e->covariance - e->control_variance) + d * d * e->control_variance;
}

/*
 * Satterthwaite: V^2 / sum of V_i^2 / df_i over the independent parts of V.
 * With V_i = t - 2 rho c + rho^2 u the sum is a polynomial in rho.
 */
double
mlops_effect_contrast_df(const mlops_effect *e, double rho)
{
	double		v = mlops_effect_contrast_variance(e, rho);
	double		sum = 0;

	if (rho == 1)
		return e->df;
	for (int i = 4; i >= 0; i--)
		sum = sum * rho + e->satterthwaite[i];
	return v * v / sum;
}

void
mlops_effect_add_part(mlops_effect_sum *sum, const mlops_effect_part *p)
{
	const double square[5] = {p->treatment * p->treatment, -4 * p->treatment * p->covariance,
		4 * p->covariance * p->covariance + 2 * p->treatment * p->control,
	-4 * p->covariance * p->control, p->control * p->control};

	sum->total.control += p->control;
	sum->total.treatment += p->treatment;
	sum->total.covariance += p->covariance;
	sum->total.difference += p->difference;
	for (int i = 0; i < 5; i++)
		sum->satterthwaite[i] += square[i] / p->df;
	sum->at_one += p->difference * p->difference / p->df;
}

void
mlops_effect_set_variance(mlops_effect *e, const mlops_effect_sum *sum)
{
	e->control_variance = sum->total.control;
	e->treatment_variance = sum->total.treatment;
	e->covariance = sum->total.covariance;
	e->variance = sum->total.difference;
	memcpy(e->satterthwaite, sum->satterthwaite, sizeof(e->satterthwaite));
	e->df = e->variance * e->variance / sum->at_one;
}

void
mlops_effect_linearise(const mlops_arm *arm, const double *level, const double *denominator,
					   double *mean, double *comoment)
{
	int			k = arm->variables / 2;
	int			at = 0;

	for (int i = 0; i < k; i++)
	{
		double		ri = level[i];

		mean[i] = ri + (arm->mean[2 * i] - ri * arm->mean[2 * i + 1]) / denominator[i];
		for (int j = i; j < k; j++)
		{
			double		rj = level[j];
			const double term[4] = {
				arm->comoment[mlops_comoment_at(2 * k, 2 * i, 2 * j)],
				-rj * arm->comoment[mlops_comoment_at(2 * k, 2 * i, 2 * j + 1)],
				-ri * arm->comoment[mlops_comoment_at(2 * k, 2 * i + 1, 2 * j)],
			ri * rj * arm->comoment[mlops_comoment_at(2 * k, 2 * i + 1, 2 * j + 1)]};
			double		sum = (term[0] + term[3]) + (term[1] + term[2]);
			double		size = fabs(term[0]) + fabs(term[1]) + fabs(term[2]) + fabs(term[3]);

			if (i == j && sum < ROUNDING * size)
				sum = 0;
			comoment[at++] = sum / denominator[i] / denominator[j];
		}
	}
}

/* The two arms as means of one variable with covariates, and what is solved for them. */
typedef struct adjustment
{
	const mlops_arm *arm[2];	/* control, treatment */
	int			k;				/* covariates */
	double	   *theta;			/* [k] */
	int			used;			/* covariates with a coefficient */
	double		imbalance;		/* d' S^-1 d, d: difference of the covariates' means, S: within the arms */
} adjustment;

/* Within the arms, or also between them. */
static double
pooled(const adjustment *a, mlops_theta theta, mlops_metric metric, int i, int j)
{
	const mlops_arm *c = a->arm[0];
	const mlops_arm *t = a->arm[1];
	int			at = mlops_comoment_at(a->k + 1, i, j);
	double		nc = (double) c->n;
	double		nt = (double) t->n;

	if (theta == MLOPS_THETA_WITHIN)
		return c->comoment[at] + t->comoment[at];
	if (metric == MLOPS_METRIC_RATIO)
		return c->comoment[at] / (nc - 1) + t->comoment[at] / (nt - 1);
	return c->comoment[at] + t->comoment[at] +
		(t->mean[i] - c->mean[i]) * (t->mean[j] - c->mean[j]) * (nc * (nt / (nc + nt)));
}

/*
 * One column of the Cholesky factor of the k x k matrix m (its lower triangle,
 * by rows, in the order of `pivot`), of unit diagonal before.  The right
 * sides b and d are solved along.
 */
static void
eliminate(int k, double *m, double *b, double *d, const double *pivot, int p)
{
	double		root = sqrt(m[p * k + p]);

	m[p * k + p] = root;
	b[p] /= root;
	d[p] /= root;
	for (int i = 0; i < k; i++)
		if (pivot[i] < 0 && i != p)
			m[i * k + p] /= root;
	for (int i = 0; i < k; i++)
	{
		if (pivot[i] >= 0 || i == p)
			continue;
		b[i] -= m[i * k + p] * b[p];
		d[i] -= m[i * k + p] * d[p];
		for (int j = 0; j < k; j++)
			if (pivot[j] < 0 && j != p)
				m[i * k + j] -= m[i * k + p] * m[j * k + p];
	}
}

/*
 * theta = S^-1 s by Cholesky with diagonal pivoting over correlations, S the
 * covariates' co-moments, s those with y; what has no pivot gets 0.
 */
static void
solve_theta(adjustment *a, mlops_theta theta, mlops_metric metric, double *work)
{
	int			k = a->k;
	double	   *m = work;
	double	   *b = m + k * k;
	double	   *d = b + k;
	double	   *pivot = d + k;	/* step in which a covariate was taken, -1 before */
	double	   *scale = a->theta;

	for (int i = 0; i < k; i++)
	{
		scale[i] = sqrt(fmax(pooled(a, theta, metric, i + 1, i + 1), 0));
		pivot[i] = -1;
	}
	for (int i = 0; i < k; i++)
	{
		double		s = scale[i] > 0 ? scale[i] : 1;

		for (int j = 0; j < k; j++)
			m[i * k + j] = i == j ? (scale[i] > 0) :
				pooled(a, theta, metric, i + 1, j + 1) / s / (scale[j] > 0 ? scale[j] : 1);
		b[i] = pooled(a, theta, metric, 0, i + 1) / s;
		d[i] = (a->arm[1]->mean[i + 1] - a->arm[0]->mean[i + 1]) / s;
	}
	a->imbalance = 0;
	for (a->used = 0; a->used < k; a->used++)
	{
		int			p = -1;

		for (int i = 0; i < k; i++)
			if (pivot[i] < 0 && (p < 0 || m[i * k + i] > m[p * k + p]))
				p = i;
		if (!(m[p * k + p] > PIVOT))
			break;
		eliminate(k, m, b, d, pivot, p);
		pivot[p] = a->used;
		a->imbalance += d[p] * d[p];
	}
	/* back substitution, last pivot first */
	for (int step = a->used - 1; step >= 0; step--)
	{
		int			p = 0;

		while (pivot[p] != step)
			p++;
		for (int i = 0; i < k; i++)
			if (pivot[i] > step)
				b[p] -= m[i * k + p] * b[i];
		b[p] /= m[p * k + p];
	}
	for (int i = 0; i < k; i++)
		a->theta[i] = pivot[i] >= 0 ? b[i] / scale[i] : 0;
}

/* Variances of one unit of an arm: of y, with theta's covariates, of them. */
typedef struct unit_variance
{
	double		y;
	double		cross;
	double		covariates;
} unit_variance;

static unit_variance
unit_variances(const mlops_arm *arm, int k, const double *theta, double divisor)
{
	unit_variance u = {arm->comoment[0] / divisor, 0, 0};
	int			at = k + 1;

	for (int i = 0; i < k; i++)
	{
		u.cross += theta[i] * arm->comoment[i + 1];
		for (int j = i; j < k; j++, at++)
			u.covariates += (i == j ? 1 : 2) * theta[i] * theta[j] * arm->comoment[at];
	}
	u.cross /= divisor;
	u.covariates /= divisor;
	return u;
}

static double
adjusted(const unit_variance *u)
{
	double		v = u->y - 2 * u->cross + u->covariates;
	double		size = u->y + 2 * fabs(u->cross) + u->covariates;

	return v > 10 * ROUNDING * size || !isfinite(size) ? v : 0;
}

/*
 * What the units of one arm add to the variances of both levels.  A level is
 * y - theta' (x - mean of x over both arms), and so each has a part of the
 * other arm's covariates.
 */
static mlops_effect_part
part_of(const unit_variance *u, double v, double n, double other_n, double factor, bool is_control)
{
	double		own = other_n / (n + other_n);	/* weight of the arm's covariates in its own level */
	double		cross = n / (n + other_n);	/* and in the other one */
	double		own_variance = (u->y - 2 * own * u->cross + own * own * u->covariates) * factor / n;
	double		other_variance = cross * cross * u->covariates * factor / n;

	return (mlops_effect_part) {
		.control = is_control ? own_variance : other_variance,
		.treatment = is_control ? other_variance : own_variance,
		.covariance = (cross * u->cross - own * cross * u->covariates) * factor / n,
		.difference = v / n,
		.df = n - 1};
}

/* GrowthBook's delta method of difference / |level of the control without covariates|. */
static void
relative_effect(mlops_effect *e, mlops_metric metric, const unit_variance *control, double factor)
{
	double		base = fabs(e->control_raw);
	double		k = metric == MLOPS_METRIC_RATIO && e->variant ?
		1 + e->difference / e->control_raw : e->treatment_raw / e->control_raw;

	if (!(base > 0))
		return;
	e->relative = e->difference / base;
	e->relative_variance = (e->v_treatment / e->n_treatment +
							factor * (k * k * control->y - 2 * k * control->cross + control->covariates) / e->n_control)
		/ base / base;
}

/* Where the covariates are of no use, and why. */
static const char *
choose_theta(adjustment *a, mlops_metric metric, mlops_theta theta, double *work)
{
	bool		fixed = a->arm[0]->comoment[0] == 0 || a->arm[1]->comoment[0] == 0;
	const char *why = fixed ? "unadjusted (the values of an arm do not vary)" :
		(double) a->arm[0]->n + (double) a->arm[1]->n - 2 - a->k < 1 ? "unadjusted (fewer units than covariates)" : NULL;

	if (why == NULL)
	{
		solve_theta(a, theta, metric, work);
		if (a->used == a->k)
			return a->k == 1 ? "CUPED" : "CUPED with several covariates";
		if (a->used > 0)
			return "CUPED without the covariates that do not vary by themselves";
		why = "unadjusted (the covariates do not vary)";
	}
	a->k = 0;
	return why;
}

/* Levels and difference, with the covariates' part taken away. */
static void
set_levels(const adjustment *a, mlops_effect *e)
{
	double		nc = e->n_control;
	double		nt = e->n_treatment;

	e->difference = e->treatment_raw - e->control_raw;
	e->control = e->control_raw;
	e->treatment = e->treatment_raw;
	for (int i = 0; i < a->k; i++)
	{
		double		shift = a->theta[i] * (a->arm[1]->mean[i + 1] - a->arm[0]->mean[i + 1]);

		e->difference -= shift;
		e->control += shift * (nt / (nc + nt));
		e->treatment -= shift * (nc / (nc + nt));
	}
}

/* Why the variances are of no use, with the status. */
static mlops_status
check_variances(mlops_effect *e, bool has_covariates)
{
	if (!isfinite(e->v_control) || !isfinite(e->v_treatment) || !isfinite(e->difference))
	{
		e->difference = e->control = e->treatment = e->v_control = e->v_treatment = NAN;
		e->reason = "the moments are beyond the range of numbers";
		return MLOPS_DOMAIN;
	}
	if (e->v_control == 0 && e->v_treatment == 0)
	{
		e->reason = has_covariates ? "the covariates leave no variance" : "the values of neither arm vary";
		return MLOPS_DEGENERATE;
	}
	return MLOPS_OK;
}

/* One arm's variance of a unit in place of the other's, which is 0. */
static void
borrow(mlops_effect *e, unit_variance *uc, unit_variance *ut)
{
	if (e->v_control == 0)
	{
		e->caution = "the control's variance taken from the treatment";
		*uc = *ut;
		e->v_control = e->v_treatment;
	}
	else
	{
		e->caution = "the treatment's variance taken from the control";
		*ut = *uc;
		e->v_treatment = e->v_control;
	}
}

mlops_status
mlops_effect_of_means(const mlops_arm *control, const mlops_arm *treatment, mlops_metric metric,
					  mlops_theta theta, double *work, mlops_effect *e, mlops_effect_sum *sum)
{
	adjustment	a = {.arm = {control, treatment}, .k = control->variables - 1, .theta = work};
	double		nc = e->n_control;
	double		nt = e->n_treatment;
	double		bessel = metric == MLOPS_METRIC_PROPORTION && a.k == 0 ? 0 : 1;
	double		factor = 1;
	double		df_factor = 1;
	double		borrowed_df;
	unit_variance uc,
				ut;
	mlops_effect_part part[2];
	mlops_status status;

	if (a.k > 0)
		e->variant = choose_theta(&a, metric, theta, work + a.k);
	uc = unit_variances(control, a.k, a.theta, nc - bessel);
	ut = unit_variances(treatment, a.k, a.theta, nt - bessel);
	e->v_control = adjusted(&uc);
	e->v_treatment = adjusted(&ut);
	set_levels(&a, e);
	status = check_variances(e, a.k > 0);
	if (status != MLOPS_OK)
		return status;
	e->r2 = a.k == 0 ? 0 :
		1 - (e->v_control / nc + e->v_treatment / nt) / (uc.y / nc + ut.y / nt);
	if (a.k > 0 && theta == MLOPS_THETA_WITHIN)
	{
		/* as in the analysis of covariance, which this is when the variances are equal */
		df_factor = (nc + nt - 2 - a.used) / (nc + nt - 2);
		factor = (1 + a.imbalance * (nc * (nt / (nc + nt)))) / df_factor;
	}
	borrowed_df = e->v_control == 0 ? nt - 1 : nc - 1;
	if (e->v_control == 0 || e->v_treatment == 0)
		borrow(e, &uc, &ut);
	e->v_control *= factor;
	e->v_treatment *= factor;
	part[0] = part_of(&uc, e->v_control, nc, nt, factor, true);
	part[1] = part_of(&ut, e->v_treatment, nt, nc, factor, false);
	part[0].df *= df_factor;
	part[1].df *= df_factor;
	if (e->caution)
	{
		/* one estimate in both parts */
		part[0].df = borrowed_df * df_factor;
		part[0].control += part[1].control;
		part[0].treatment += part[1].treatment;
		part[0].covariance += part[1].covariance;
		part[0].difference += part[1].difference;
	}
	mlops_effect_add_part(sum, &part[0]);
	if (!e->caution)
		mlops_effect_add_part(sum, &part[1]);
	mlops_effect_set_variance(e, sum);
	relative_effect(e, metric, &uc, factor);
	return MLOPS_OK;
}

mlops_status
mlops_effect_check(const mlops_arm *control, const mlops_arm *treatment, mlops_metric metric,
				   mlops_effect *e)
{
	int			k = control->variables;

	e->reason = control->n <= 0 ? "no units in the control" : treatment->n <= 0 ? "no units in the treatment" : NULL;
	if (e->reason)
		return MLOPS_EMPTY;
	if (treatment->variables != k || k < 1 || (metric == MLOPS_METRIC_RATIO && k != 2 && k != 4))
	{
		e->reason = "the variables do not fit the metric";
		return MLOPS_DOMAIN;
	}
	return MLOPS_OK;
}

/* Of both arms, after the check: levels and linearised moments of a ratio. */
static mlops_status
linear_arm(const mlops_arm *arm, mlops_arm *linear, double *mean, double *comoment)
{
	double		level[2];
	double		denominator[2];
	int			k = arm->variables / 2;

	for (int i = 0; i < k; i++)
	{
		denominator[i] = arm->mean[2 * i + 1];
		level[i] = arm->mean[2 * i] / denominator[i];
		if (denominator[i] == 0)
			return MLOPS_DEGENERATE;
	}
	mlops_effect_linearise(arm, level, denominator, mean, comoment);
	*linear = (mlops_arm) {.variables = k, .n = arm->n, .mean = mean, .comoment = comoment};
	return MLOPS_OK;
}

/*
 * Where Welch's t is not to be trusted: the smaller of two arms of different size, of an outcome with
 * a positive level, has few effective units n mean^2 / E[y^2] (of an outcome that is mostly 0:
 * few with an event), so that its variance is hardly known.
 */
static bool
has_few_effective_units(const mlops_arm *control, const mlops_arm *treatment)
{
	const mlops_arm *small = control->n < treatment->n ? control : treatment;
	const mlops_arm *large = small == control ? treatment : control;
	double		square = small->mean[0] * small->mean[0];

	return (double) large->n >= UNEQUAL_ARMS * (double) small->n && small->mean[0] > 0 && large->mean[0] > 0 &&
		(double) small->n * square < FEW_EFFECTIVE_UNITS * (square + small->comoment[0] / (double) small->n);
}

mlops_status
mlops_effect_of(const mlops_arm *control, const mlops_arm *treatment, mlops_metric metric,
				mlops_theta theta, double *work, mlops_effect *out)
{
	mlops_arm	arm[2] = {*control, *treatment};
	double		mean[2][2];
	double		comoment[2][3];
	mlops_effect_sum sum = {0};
	mlops_status status;

	*out = MLOPS_NO_EFFECT((double) control->n, (double) treatment->n);
	status = mlops_effect_check(control, treatment, metric, out);
	if (status != MLOPS_OK)
		return status;
	for (int i = 0; metric == MLOPS_METRIC_RATIO && i < 2; i++)
		if (linear_arm(i == 0 ? control : treatment, &arm[i], mean[i], comoment[i]) != MLOPS_OK)
		{
			out->reason = i == 0 ? "the control's denominators are 0" : "the treatment's denominators are 0";
			return MLOPS_DEGENERATE;
		}
	out->control_raw = arm[0].mean[0];
	out->treatment_raw = arm[1].mean[0];
	if (!(metric == MLOPS_METRIC_PROPORTION && arm[0].variables == 1) && (control->n < 2 || treatment->n < 2))
	{
		out->control = out->control_raw;
		out->treatment = out->treatment_raw;
		out->difference = out->treatment - out->control;
		out->reason = control->n < 2 ? "one unit only in the control" : "one unit only in the treatment";
		return MLOPS_EMPTY;
	}
	status = mlops_effect_of_means(&arm[0], &arm[1], metric, theta, work, out, &sum);
	if (status == MLOPS_OK && metric == MLOPS_METRIC_MEAN && arm[0].variables == 1 && out->caution == NULL &&
		has_few_effective_units(&arm[0], &arm[1]))
		out->caution = "few effective units in the smaller arm";
	return status;
}
