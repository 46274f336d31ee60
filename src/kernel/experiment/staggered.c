/*
 * staggered.c
 *		Effects by cohort and period, their means and the test of the trend
 *		before the treatment.
 */
#include "kernel/experiment/staggered.h"

#include <math.h>

/* A pivot below this share of the variance is rounding. */
#define PIVOT 1e-10

static bool
is_control(const mlops_cohorts *c, int32_t unit, int32_t cohort, int32_t period)
{
	int32_t		later = period > cohort - 1 ? period : cohort - 1;

	if (c->cohort[unit] == cohort)
		return false;
	return c->not_yet ? c->cohort[unit] > later : c->cohort[unit] == MLOPS_NEVER_TREATED;
}

/* Change of a unit from the base to the period; NaN when one was not observed. */
static double
change_of(const mlops_cohorts *c, int32_t unit, int32_t cohort, int32_t period)
{
	const double *y = c->y + (size_t) unit * c->periods;

	return y[period] - y[cohort - 1];
}

/* Welford: mean and sum of squares of a side. */
typedef struct side
{
	double		n;
	double		mean;
	double		m2;
} side;

static void
add(side *s, double x)
{
	double		d = x - s->mean;

	s->n++;
	s->mean += d / s->n;
	s->m2 += d * (x - s->mean);
}

mlops_status
mlops_att_of(const mlops_cohorts *c, int32_t cohort, int32_t period, mlops_att *out)
{
	side		s[2] = {{0}};

	*out = (mlops_att) {.cohort = cohort, .period = period, .treatment = (double) NAN, .control = (double) NAN,
		.estimate = (double) NAN, .variance = (double) NAN, .df = (double) NAN};
	for (int32_t u = 0; u < c->units; u++)
	{
		double		change = change_of(c, u, cohort, period);

		if (isnan(change))
			continue;
		if (c->cohort[u] == cohort)
			add(&s[1], change);
		else if (is_control(c, u, cohort, period))
			add(&s[0], change);
	}
	out->n_control = s[0].n;
	out->n_treatment = s[1].n;
	if (s[0].n == 0 || s[1].n == 0)
		return MLOPS_EMPTY;
	out->control = s[0].mean;
	out->treatment = s[1].mean;
	out->estimate = s[1].mean - s[0].mean;
	if (s[0].n > 1 && s[1].n > 1)
	{
		double		v0 = s[0].m2 / (s[0].n - 1) / s[0].n;
		double		v1 = s[1].m2 / (s[1].n - 1) / s[1].n;

		out->variance = v0 + v1;
		out->df = (v0 + v1) * (v0 + v1) / (v0 * v0 / (s[0].n - 1) + v1 * v1 / (s[1].n - 1));
	}
	return MLOPS_OK;
}

/*
 * Influence of a unit on one effect.  With the factors sqrt(n / (n - 1)) the
 * squares sum up to Welch's variance.
 */
static double
influence_of(const mlops_cohorts *c, int32_t unit, const mlops_att *a)
{
	double		change;

	if (c->cohort[unit] != a->cohort && !is_control(c, unit, a->cohort, a->period))
		return 0;
	change = change_of(c, unit, a->cohort, a->period);
	if (isnan(change))
		return 0;
	if (c->cohort[unit] == a->cohort)
		return (change - a->treatment) / sqrt(a->n_treatment * (a->n_treatment - 1));
	return -(change - a->control) / sqrt(a->n_control * (a->n_control - 1));
}

void
mlops_att_mean(const mlops_cohorts *c, const mlops_att *att, int n, const double *cohort_units,
			   double *psi, double *estimate, double *standard_error)
{
	double		total = 0;
	double		mean = 0;
	double		sum = 0;

	for (int k = 0; k < n; k++)
	{
		total += cohort_units[att[k].cohort];
		mean += cohort_units[att[k].cohort] * (att[k].estimate - mean) / total;
	}
	for (int32_t u = 0; u < c->units; u++)
	{
		psi[u] = 0;
		for (int k = 0; k < n; k++)
		{
			psi[u] += cohort_units[att[k].cohort] / total * influence_of(c, u, &att[k]);
			/* the weights are estimates too: shares of the cohorts among the units */
			if (c->cohort[u] == att[k].cohort)
				psi[u] += (att[k].estimate - mean) / total;
		}
		sum += psi[u] * psi[u];
	}
	*estimate = mean;
	*standard_error = sqrt(sum);
}

static double
cross(int32_t units, const double *a, const double *b)
{
	double		s = 0;

	for (int32_t u = 0; u < units; u++)
		s += a[u] * b[u];
	return s;
}

/*
 * Row i of the Cholesky factor, and in its last place that of the studentised
 * means: z = L^-1 estimate.  False when the row depends on those before it.
 */
static bool
factor_row(int i, int m, double *l, double estimate)
{
	double	   *row = l + (size_t) i * (m + 1);
	double		variance = row[i];

	row[m] = estimate;
	for (int j = 0; j < i; j++)
	{
		const double *other = l + (size_t) j * (m + 1);

		for (int k = 0; k < j; k++)
			row[j] -= row[k] * other[k];
		row[j] = other[j] > 0 ? row[j] / other[j] : 0;
		row[i] -= row[j] * row[j];
		row[m] -= row[j] * other[m];
	}
	if (!(row[i] > PIVOT * variance))
	{
		row[i] = row[m] = 0;
		return false;
	}
	row[i] = sqrt(row[i]);
	row[m] /= row[i];
	return true;
}

mlops_status
mlops_wald_test(int m, int32_t units, const double *estimate, const double *psi, double *work,
				double *statistic, double *df)
{
	int			rank = 0;

	*statistic = 0;
	for (int i = 0; i < m; i++)
	{
		double	   *row = work + (size_t) i * (m + 1);

		for (int j = 0; j <= i; j++)
			row[j] = cross(units, psi + (size_t) i * units, psi + (size_t) j * units);
		rank += factor_row(i, m, work, estimate[i]);
		*statistic += row[m] * row[m];
	}
	*df = rank;
	return rank > 0 ? MLOPS_OK : MLOPS_DEGENERATE;
}
