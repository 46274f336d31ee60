/*
 * uplift.c
 *		How well a score orders units by the effect of a treatment on them.
 */
#include "kernel/experiment/uplift.h"

static void
add_outcomes(mlops_outcomes *a, const mlops_outcomes *b)
{
	double		n = a->n + b->n;
	double		delta = b->mean - a->mean;

	if (b->n == 0)
		return;
	a->square += b->square + delta * delta * (a->n * (b->n / n));
	a->mean += delta * (b->n / n);
	a->n = n;
}

int
mlops_uplift_join(int n, mlops_uplift_group *group)
{
	int			kept = 0;

	for (int i = 0; i < n; i++)
	{
		if (kept > 0 && group[kept - 1].score == group[i].score)
		{
			add_outcomes(&group[kept - 1].control, &group[i].control);
			add_outcomes(&group[kept - 1].treatment, &group[i].treatment);
		}
		else
			group[kept++] = group[i];
	}
	return kept;
}

/* Difference of the means of what has come so far, by Welch. */
static mlops_status
effect_of(const mlops_outcomes *c, const mlops_outcomes *t, double confidence, mlops_comparison *out)
{
	double		vc = c->square / (c->n - 1) / c->n;
	double		vt = t->square / (t->n - 1) / t->n;
	mlops_status status;

	*out = MLOPS_NO_COMPARISON(c->n, t->n);
	if (c->n == 0 || t->n == 0)
	{
		out->reason = c->n == 0 ? "no control units" : "no treated units";
		return MLOPS_OK;
	}
	out->control = c->mean;
	out->treatment = t->mean;
	out->estimate = t->mean - c->mean;
	if (c->n < 2 || t->n < 2)
	{
		out->reason = "fewer than two units in an arm";
		return MLOPS_OK;
	}
	out->standard_error = sqrt(vc + vt);
	status = mlops_compare_by_t((vc + vt) * (vc + vt) / (vc * vc / (c->n - 1) + vt * vt / (t->n - 1)), 0,
								MLOPS_TWO_SIDED, confidence, out);
	/* without variation there is no df either; the reason says so */
	if (status != MLOPS_OK && vc + vt == 0)
		out->reason = "the values do not vary";
	return status == MLOPS_DEGENERATE || vc + vt == 0 ? MLOPS_OK : status;
}

mlops_status
mlops_uplift_curve(int n, const mlops_uplift_group *group, double confidence, mlops_uplift_point *point)
{
	mlops_outcomes control = {0};
	mlops_outcomes treatment = {0};
	double		units = 0;
	double		treated = 0;

	if (!(confidence > 0 && confidence < 1))
		return MLOPS_DOMAIN;
	for (int i = 0; i < n; i++)
	{
		units += group[i].control.n + group[i].treatment.n;
		treated += group[i].treatment.n;
	}
	for (int i = 0; i < n; i++)
	{
		mlops_uplift_point *p = &point[i];
		mlops_status status;

		add_outcomes(&control, &group[i].control);
		add_outcomes(&treatment, &group[i].treatment);
		p->score = group[i].score;
		p->share = (control.n + treatment.n) / units;
		status = effect_of(&control, &treatment, confidence, &p->effect);
		if (status != MLOPS_OK)
			return status;
		p->gain = p->effect.estimate * p->share;
		p->qini = p->effect.estimate * (treatment.n / treated);
	}
	return MLOPS_OK;
}

mlops_status
mlops_uplift_areas(int n, const mlops_uplift_point *point, mlops_uplift_summary *out)
{
	double		share = 0;
	double		gain = 0;
	double		qini = 0;
	double		area = 0;
	double		qini_area = 0;

	*out = (mlops_uplift_summary) {NAN, NAN, NAN, NAN};
	if (n == 0 || isnan(point[n - 1].gain))
		return MLOPS_EMPTY;
	for (int i = 0; i < n; i++)
	{
		if (isnan(point[i].gain))
			continue;
		area += (point[i].share - share) * (gain + point[i].gain) / 2;
		qini_area += (point[i].share - share) * (qini + point[i].qini) / 2;
		share = point[i].share;
		gain = point[i].gain;
		qini = point[i].qini;
	}
	out->uplift = gain;
	out->auuc = area;
	out->auuc_random = gain / 2;
	out->qini = qini_area - qini / 2;
	return MLOPS_OK;
}
