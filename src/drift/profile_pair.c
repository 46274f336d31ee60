/*
 * profile_pair.c
 *		Two profiles over the bins that binning(reference) makes: the same as for
 *		histograms.  Counts are those of the sketches: exact while a profile is
 *		exact, estimates beyond.
 */
#include "drift/pair.h"

#include <float.h>
#include <math.h>

#include "types/profile.h"
#include "utils/timestamp.h"

/* types/binning_profile.c, which SQL calls too */
extern PGDLLEXPORT Datum mlops_binning_of_profile(PG_FUNCTION_ARGS);

/* binning(profile) with its defaults */
static const mlops_binning *
default_binning(Datum profile)
{
	LOCAL_FCINFO(call, 3);

	InitFunctionCallInfoData(*call, NULL, 3, InvalidOid, NULL, NULL);
	call->args[0].value = profile;
	call->args[0].isnull = false;
	call->args[1].isnull = true;
	call->args[2].isnull = true;
	return mlops_binning_from_datum(mlops_binning_of_profile(call));
}

/* In the units of histogram(timestamptz): seconds since 1970. */
static void
to_seconds(mlops_profile_view *v)
{
	for (int i = 0; i < v->npoints; i++)
		v->points[i].value = mlops_timestamptz_seconds((TimestampTz) v->points[i].value);
	if (v->n > 0)
	{
		v->m.min = mlops_timestamptz_seconds((TimestampTz) v->m.min);
		v->m.max = mlops_timestamptz_seconds((TimestampTz) v->m.max);
	}
}

/* The points, then the values without a bin, then the NULLs. */
static void
make_sample(const mlops_profile_view *v, mlops_sample *s)
{
	uint64		unseen = v->nan + v->pos_inf + v->neg_inf;
	uint64		before = 0;

	s->x = palloc(sizeof(double) * (v->npoints + 2));
	s->weight = palloc(sizeof(double) * (v->npoints + 2));
	s->n = s->extra = 0;
	for (int i = 0; i < v->npoints; i++)
	{
		uint64		upto = v->points[i].upto;

		if (upto > before)
		{
			s->x[s->n] = v->points[i].value;
			s->weight[s->n++] = (double) (upto - before);
		}
		before = upto;
	}
	if (unseen > 0)
	{
		s->x[s->n] = DBL_MAX / 2;
		s->weight[s->n++] = (double) unseen;
		s->extra++;
	}
	if (v->nulls > 0)
	{
		s->x[s->n] = DBL_MAX;
		s->weight[s->n++] = (double) v->nulls;
		s->extra++;
	}
}

static void
count_sample(const mlops_pair *pair, const mlops_sample *s, const mlops_profile_view *v, double *count)
{
	memset(count, 0, sizeof(double) * pair->cells);
	for (size_t i = 0; i < s->n - s->extra; i++)
		count[mlops_bin_search(pair->view.edges, pair->bins - 1, s->x[i])] += s->weight[i];
	count[pair->bins] = (double) (v->nan + v->pos_inf + v->neg_inf);
	count[pair->bins + 1] = (double) v->nulls;
}

/* Numbers: the bins, and the samples that KS and Wasserstein look at. */
static void
number_pair(const mlops_profile_view *r, const mlops_profile_view *c, mlops_pair *pair)
{
	pair->view.edges = mlops_binning_edges(pair->view.binning);
	pair->ordered = pair->sampled = true;
	/* the values of both sides are known, so both close the tails */
	pair->view.has_range = r->n > 0 && c->n > 0;
	if (pair->view.has_range)
	{
		pair->view.reference_min = Min(r->m.min, c->m.min);
		pair->view.reference_max = Max(r->m.max, c->m.max);
	}
	pair->rank_error = (r->exact ? 0 : r->rank_error) + (c->exact ? 0 : c->rank_error);
	make_sample(r, &pair->reference_sample);
	make_sample(c, &pair->current_sample);
	count_sample(pair, &pair->reference_sample, r, pair->reference);
	count_sample(pair, &pair->current_sample, c, pair->current);
}

/* How often the label occurs: the middle of what is known. */
static double
label_count(const mlops_profile_view *v, const char *label, int len)
{
	for (int i = 0; i < v->nvalues; i++)
	{
		const mlops_profile_value *value = &v->values[i];
		bool		same;

		if (v->kind == MLOPS_PROFILE_BOOLEAN)
			same = (value->number != 0) == (label[0] == 't');
		else
			same = !value->cut && value->label_len == (uint32) len && memcmp(value->label, label, len) == 0;
		if (same)
			return 0.5 * ((double) value->lower + (double) value->upper);
	}
	return v->exact ? 0 : 0.5 * (double) v->absent;
}

/* Labels: those of the bins, all others together as unseen. */
static void
count_labels(const mlops_pair *pair, const mlops_profile_view *v, double *count)
{
	double		rest = (double) v->n;

	for (int i = 0; i < pair->bins; i++)
	{
		int			len;
		const char *label = mlops_histogram_label(&pair->view, i, &len);

		count[i] = Min(label_count(v, label, len), rest);
		rest -= count[i];
	}
	count[pair->bins] = rest;
	count[pair->bins + 1] = (double) v->nulls;
}

void
mlops_pair_of_profiles(Datum reference, Datum current, mlops_pair *pair)
{
	mlops_profile_view *r = mlops_profile_open(reference);
	mlops_profile_view *c = mlops_profile_open(current);

	if (r->kind != c->kind)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("profiles of different types cannot be compared"),
				 errdetail("One is a profile of %s, the other of %s.",
						   mlops_profile_kind_name(r->kind), mlops_profile_kind_name(c->kind)),
				 errhint("Profile both columns with the same cast, for example mlops.profile(column::float8).")));
	memset(pair, 0, sizeof(*pair));
	pair->n = (double) r->rows;
	pair->m = (double) c->rows;
	pair->view.binning = default_binning(reference);
	pair->view.kind = (mlops_binning_kind) pair->view.binning->kind;
	pair->bins = pair->view.bins = mlops_binning_bins(pair->view.binning);
	pair->cells = pair->bins + 2;
	pair->reference = palloc(sizeof(double) * pair->cells);
	pair->current = palloc(sizeof(double) * pair->cells);
	if (pair->view.kind == MLOPS_BINNING_CATEGORICAL)
	{
		count_labels(pair, r, pair->reference);
		count_labels(pair, c, pair->current);
		return;
	}
	if (r->kind == MLOPS_PROFILE_TIMESTAMPTZ)
	{
		to_seconds(r);
		to_seconds(c);
	}
	number_pair(r, c, pair);
}
