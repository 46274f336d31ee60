/*
 * binning_profile.c
 *		binning(profile, bins, method): bins of a column from what is known of
 *		it.  See doc/statistics/binning.md.
 */
#include "types/binning.h"

#include <math.h>

#include "types/profile.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

MLOPS_FUNCTION(mlops_binning_of_profile);

#define DEFAULT_BINS 10
#define DEFAULT_LABELS 200

typedef enum binning_method
{
	METHOD_BY_KIND,				/* quantile for numbers, values for labels */
	METHOD_QUANTILE,
	METHOD_WIDTH,
	METHOD_VALUES
} binning_method;

/* Seconds since 1970, infinity for infinite time stamps: as extract(epoch ...). */
double
mlops_timestamptz_seconds(TimestampTz t)
{
	if (TIMESTAMP_NOT_FINITE(t))
		return TIMESTAMP_IS_NOBEGIN(t) ? -INFINITY : INFINITY;
	return (double) (t / USECS_PER_SEC + (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * (int64) SECS_PER_DAY) +
		(double) (t % USECS_PER_SEC) / 1000000.0;
}

static binning_method
parse_method(const char *name)
{
	if (strcmp(name, "quantile") == 0)
		return METHOD_QUANTILE;
	if (strcmp(name, "width") == 0)
		return METHOD_WIDTH;
	if (strcmp(name, "values") == 0)
		return METHOD_VALUES;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("there is no binning method of this name"),
			 errhint("Methods are quantile, width and values.")));
	return METHOD_BY_KIND;
}

/* Most frequent first; equally frequent ones by their bytes. */
static int
by_frequency(const void *x, const void *y)
{
	const mlops_profile_value *a = x;
	const mlops_profile_value *b = y;
	int			order;

	if (a->lower != b->lower)
		return a->lower > b->lower ? -1 : 1;
	order = memcmp(a->label, b->label, Min(a->label_len, b->label_len));
	if (order != 0)
		return order;
	return a->label_len < b->label_len ? -1 : a->label_len > b->label_len;
}

/*
 * The most frequent labels.  Where the profile does not list every value, only
 * those that are certainly more frequent than any it does not list: the order
 * of the others is chance.  A value that the profile has cut is no label.
 */
static mlops_binning *
bins_of_labels(mlops_profile_view *p, int bins)
{
	const char **label = palloc(sizeof(char *) * Max(p->nvalues, 1));
	int		   *len = palloc(sizeof(int) * Max(p->nvalues, 1));
	int			n = 0;

	qsort(p->values, p->nvalues, sizeof(mlops_profile_value), by_frequency);
	for (int i = 0; i < p->nvalues && n < bins; i++)
	{
		const mlops_profile_value *v = &p->values[i];

		if (v->cut || (!p->exact && v->lower <= p->absent))
			continue;
		label[n] = v->label;
		len[n++] = v->label_len;
	}
	return mlops_binning_from_labels(label, len, n);
}

/* As many edges as there are cuts between distinct values: a bin for each. */
static int
edges_of_values(const mlops_profile_view *p, int bins, double *edge)
{
	if (!p->exact || p->npoints > bins)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the column has too many distinct values for a bin each"),
				 errdetail("At most %d bins are asked for, and at most 256 distinct values are known one by one.", bins),
				 errhint("Use the method quantile or width, or more bins.")));
	for (int i = 1; i < p->npoints; i++)
		edge[i - 1] = mlops_edge_between(p->points[i - 1].value, p->points[i].value);
	return Max(p->npoints - 1, 0);
}

/*
 * An edge that puts the point `at` into the bin above: its value, or where that
 * has many digits a shorter number between it and the point before, which
 * divides the values of the profile in the same way and can be read.
 */
static double
edge_below(const mlops_profile_view *p, int at)
{
	double		value = p->points[at].value;
	char		buf[32];

	snprintf(buf, sizeof(buf), "%.6g", value);
	if (at == 0 || strtod(buf, NULL) == value)
		return value;
	return mlops_edge_between(p->points[at - 1].value, value);
}

/* Index of the quantile: the first point with at least `want` rows up to it. */
static int
point_of_rank(const mlops_profile_view *p, double want)
{
	int			lo = 0;
	int			hi = p->npoints - 1;

	while (lo < hi)
	{
		int			mid = (lo + hi) / 2;

		if ((double) p->points[mid].upto >= want)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

/*
 * The quantiles i / bins themselves (inverted distribution function, as
 * percentile_disc), each the first value of its bin (see edge_below).  A value that two
 * neighbouring quantiles share (the smallest value is the quantile 0) is
 * frequent enough for a bin of its own: the cut after it is an edge too, or
 * zeros and all that is not zero would share a bin.
 */
static int
edges_of_quantiles(const mlops_profile_view *p, int bins, double *edge)
{
	int			n = 0;
	int			before = 0;		/* point of the quantile before */

	for (int i = 1; i < bins; i++)
	{
		int			at = point_of_rank(p, (double) i / bins * (double) p->n);
		double		cut;

		if (at > before)
			cut = edge_below(p, at);
		else if (at + 1 < p->npoints)
			cut = mlops_edge_between(p->points[at].value, p->points[at + 1].value);
		else
			break;
		if (n == 0 || cut > edge[n - 1])
			edge[n++] = cut;
		before = at;
	}
	return n;
}

/* Bins of equal width from the smallest to the largest value. */
static int
edges_of_width(const mlops_profile_view *p, int bins, double *edge)
{
	for (int i = 1; i < bins; i++)
		edge[i - 1] = p->m.min * ((double) (bins - i) / bins) + p->m.max * ((double) i / bins);
	return mlops_edges_clean(edge, bins - 1, p->m.min);
}

static double
seconds(double microseconds)
{
	return mlops_timestamptz_seconds((TimestampTz) microseconds);
}

static mlops_binning *
bins_of_numbers(mlops_profile_view *p, int bins, binning_method method)
{
	double	   *edge = palloc(sizeof(double) * (MLOPS_BINNING_MAX_ITEMS + 1));
	mlops_binning *b;
	int			n = 0;

	if (p->kind == MLOPS_PROFILE_TIMESTAMPTZ && p->n > 0)
	{
		for (int i = 0; i < p->npoints; i++)
			p->points[i].value = seconds(p->points[i].value);
		p->m.min = seconds(p->m.min);
		p->m.max = seconds(p->m.max);
	}
	if (method == METHOD_BY_KIND)
		method = METHOD_QUANTILE;
	if (method == METHOD_QUANTILE && p->exact && p->npoints <= bins)
		method = METHOD_VALUES;
	if (p->n > 0)
		n = method == METHOD_VALUES ? edges_of_values(p, bins, edge)
			: method == METHOD_WIDTH ? edges_of_width(p, bins, edge)
			: edges_of_quantiles(p, bins, edge);
	/* seconds of neighbouring microseconds can be the same number */
	b = mlops_binning_from_edges(edge, mlops_edges_clean(edge, n, -INFINITY));
	if (p->n > 0)
	{
		b->has_range = 1;
		b->reference_min = p->m.min;
		b->reference_max = p->m.max;
		mlops_binning_finish(b);
	}
	return b;
}

/*
 * binning(profile, bins, method): NULL bins are 10 for numbers and 200 for
 * labels; NULL method is quantile for numbers, values for labels.
 */
Datum
mlops_binning_of_profile(PG_FUNCTION_ARGS)
{
	mlops_profile_view *p;
	binning_method method;
	bool		labels;
	int			bins;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	p = mlops_profile_open(PG_GETARG_DATUM(0));
	method = PG_ARGISNULL(2) ? METHOD_BY_KIND : parse_method(text_to_cstring(PG_GETARG_TEXT_PP(2)));
	labels = p->kind == MLOPS_PROFILE_TEXT || p->kind == MLOPS_PROFILE_BOOLEAN;
	bins = !PG_ARGISNULL(1) ? PG_GETARG_INT32(1)
		: labels || method == METHOD_VALUES ? DEFAULT_LABELS : DEFAULT_BINS;
	if (bins < 1 || bins > MLOPS_BINNING_MAX_ITEMS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("number of bins %d is out of range", bins),
				 errhint("Give 1 to %d bins.", MLOPS_BINNING_MAX_ITEMS)));
	if (labels && (method == METHOD_QUANTILE || method == METHOD_WIDTH))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("this binning method is for numbers"),
				 errdetail("The profile is of a column of labels."),
				 errhint("Leave the method out, or use values.")));
	if (p->kind == MLOPS_PROFILE_BOOLEAN)
	{
		static const char *const label[2] = {"false", "true"};
		static const int len[2] = {5, 4};

		if (bins < 2)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("a boolean column needs two bins")));
		PG_RETURN_POINTER(mlops_binning_from_labels(label, len, 2));
	}
	if (p->kind == MLOPS_PROFILE_TEXT)
		PG_RETURN_POINTER(bins_of_labels(p, bins));
	PG_RETURN_POINTER(bins_of_numbers(p, bins, method));
}
