/*
 * profile_print.c
 *		A profile's parts as numbers and text, and its cast to jsonb.
 *
 * Nothing here depends on a setting of the session: the functions are
 * immutable.
 */
#include "types/profile_print.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "common/shortest_dec.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"
#include "utils/timestamp.h"

MLOPS_FUNCTION(mlops_profile_to_jsonb);

#define EPOCH_SHIFT ((double) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY)

const mlops_profile_named_quantile mlops_profile_quantiles[MLOPS_PROFILE_NQUANTILES] = {
	{"median", 0.5}, {"p01", 0.01}, {"p05", 0.05}, {"p25", 0.25}, {"p75", 0.75},
	{"p95", 0.95}, {"p99", 0.99}
};

/* mlops_profile_number: a value as SQL shows it; times in seconds since 1970. */
double
mlops_profile_number(const mlops_profile_view *view, double x)
{
	return view->kind == MLOPS_PROFILE_TIMESTAMPTZ ? x / USECS_PER_SEC + EPOCH_SHIFT : x;
}

/* mlops_profile_from_epoch: the way back, from seconds since 1970. */
double
mlops_profile_from_epoch(double seconds)
{
	return rint((seconds - EPOCH_SHIFT) * USECS_PER_SEC);
}

/* mlops_profile_shape_of: deviation (times: in seconds), skewness, kurtosis. */
mlops_profile_shape
mlops_profile_shape_of(const mlops_profile_view *view)
{
	mlops_profile_shape s = {NAN, NAN, NAN};
	double		x;

	if (mlops_moments1_variance(&view->m, &x) == MLOPS_OK)
		s.stddev = sqrt(x) / (view->kind == MLOPS_PROFILE_TIMESTAMPTZ ? USECS_PER_SEC : 1);
	if (mlops_moments1_skewness(&view->m, &x) == MLOPS_OK)
		s.skewness = x;
	if (mlops_moments1_kurtosis(&view->m, &x) == MLOPS_OK)
		s.kurtosis = x;
	return s;
}

/* Shortest decimal that reads back as x. */
static char *
number_text(double x)
{
	char	   *text = palloc(DOUBLE_SHORTEST_DECIMAL_LEN);

	double_to_shortest_decimal_buf(x, text);
	return text;
}

static char *
time_text(double microseconds)
{
	char	   *text = palloc(MAXDATELEN + 1);
	int			utc = 0;

	JsonEncodeDateTime(text, TimestampTzGetDatum((TimestampTz) microseconds), TIMESTAMPTZOID, &utc);
	return text;
}

/*
 * mlops_profile_value_text: a listed value as text; a long text that is not
 * kept whole ends in an ellipsis.
 */
char *
mlops_profile_value_text(const mlops_profile_view *view, const mlops_profile_value *v)
{
	switch (view->kind)
	{
		case MLOPS_PROFILE_TEXT:
			{
				char	   *label = pnstrdup(v->label, v->label_len);

				if (!v->cut)
					return label;
				return psprintf("%s%s", label,
								GetDatabaseEncoding() == PG_UTF8 ? "\xe2\x80\xa6" : "...");
			}
		case MLOPS_PROFILE_BOOLEAN:
			return pstrdup(v->number != 0 ? "true" : "false");
		case MLOPS_PROFILE_TIMESTAMPTZ:
			return time_text(v->number);
		case MLOPS_PROFILE_FLOAT8:
			break;
	}
	return number_text(v->number);
}

static void
add_number(StringInfo s, const char *name, bool exists, double x)
{
	appendStringInfo(s, ", \"%s\": %s", name, exists && isfinite(x) ? number_text(x) : "null");
}

/* A value of the column: times as ISO 8601 text. */
static void
add_value(StringInfo s, const mlops_profile_view *view, const char *name, double x)
{
	if (view->kind == MLOPS_PROFILE_TIMESTAMPTZ)
		appendStringInfo(s, ", \"%s\": \"%s\"", name, time_text(rint(x)));
	else
		add_number(s, name, true, x);
}

static void
add_moments(StringInfo s, const mlops_profile_view *view)
{
	bool		text = view->kind == MLOPS_PROFILE_TEXT;
	mlops_profile_shape shape = mlops_profile_shape_of(view);

	if (view->n == 0)
		return;
	add_value(s, view, text ? "mean_length" : "mean", view->m.mean);
	add_number(s, text ? "stddev_length" : "stddev", true, shape.stddev);
	add_number(s, text ? "skewness_length" : "skewness", true, shape.skewness);
	add_number(s, text ? "kurtosis_length" : "kurtosis", true, shape.kurtosis);
	add_value(s, view, text ? "min_length" : "min", view->m.min);
	add_value(s, view, text ? "max_length" : "max", view->m.max);
	for (int i = 0; i < MLOPS_PROFILE_NQUANTILES && !text; i++)
		add_value(s, view, mlops_profile_quantiles[i].name,
				  mlops_profile_quantile(view, mlops_profile_quantiles[i].q));
	if (!text)
		add_number(s, "rank_error", true, view->rank_error);
}

/* profile_to_jsonb(profile): for people; not meant to be read back. */
Datum
mlops_profile_to_jsonb(PG_FUNCTION_ARGS)
{
	mlops_profile_view *view = mlops_profile_open(PG_GETARG_DATUM(0));
	StringInfoData s;

	initStringInfo(&s);
	appendStringInfo(&s, "{\"kind\": \"%s\", \"rows\": " UINT64_FORMAT ", \"nulls\": " UINT64_FORMAT,
					 mlops_profile_kind_name(view->kind), (uint64) view->rows, (uint64) view->nulls);
	if (view->kind == MLOPS_PROFILE_FLOAT8)
		appendStringInfo(&s, ", \"nan\": " UINT64_FORMAT, (uint64) view->nan);
	if (view->kind == MLOPS_PROFILE_FLOAT8 || view->kind == MLOPS_PROFILE_TIMESTAMPTZ)
		appendStringInfo(&s, ", \"pos_inf\": " UINT64_FORMAT ", \"neg_inf\": " UINT64_FORMAT,
						 (uint64) view->pos_inf, (uint64) view->neg_inf);
	if (view->kind != MLOPS_PROFILE_TIMESTAMPTZ)
		appendStringInfo(&s, ", \"%s\": " UINT64_FORMAT,
						 view->kind == MLOPS_PROFILE_TEXT ? "empty" : "zeros", (uint64) view->zeros);
	add_moments(&s, view);
	add_number(&s, "distinct", true, rint(view->distinct));
	add_number(&s, "distinct_error", true, view->distinct_error);
	appendStringInfo(&s, ", \"exact\": %s, \"sampled\": %s, \"values\": [",
					 view->exact ? "true" : "false", view->sampled ? "true" : "false");
	for (int i = 0; i < view->nvalues; i++)
	{
		appendStringInfoString(&s, i > 0 ? ", {\"value\": " : "{\"value\": ");
		escape_json(&s, mlops_profile_value_text(view, &view->values[i]));
		appendStringInfo(&s, ", \"lower\": " UINT64_FORMAT ", \"upper\": " UINT64_FORMAT "}",
						 (uint64) view->values[i].lower, (uint64) view->values[i].upper);
	}
	appendStringInfo(&s, "], \"others_at_most\": " UINT64_FORMAT "}", (uint64) view->absent);
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(s.data));
}
