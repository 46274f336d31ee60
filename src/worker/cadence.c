/*
 * cadence.c
 *		SQL face of schedule.c.
 */
#include "compat.h"

#include "utils/timestamp.h"

#include "worker/schedule.h"

static mlops_period
period_of(const Interval *i)
{
	mlops_period p = {i->month, i->day, i->time};

	return p;
}

static mlops_period
positive_period(const Interval *i)
{
	mlops_period p = period_of(i);

	if (!mlops_period_is_positive(&p))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("period must be positive"),
				 errdetail("None of its months, days and time may be negative, and not all of them zero.")));
	return p;
}

static TimestampTz
checked(bool in_range, int64 t)
{
	if (!in_range || !IS_VALID_TIMESTAMP(t))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("timestamp out of range")));
	return t;
}

static TimestampTz
finite_time(TimestampTz t)
{
	return checked(!TIMESTAMP_NOT_FINITE(t), t);
}

MLOPS_FUNCTION(mlops_next_window_end);
/* mlops._next_window_end(anchor, every, after): first of the cadence after it */
Datum
mlops_next_window_end(PG_FUNCTION_ARGS)
{
	mlops_period p = positive_period(PG_GETARG_INTERVAL_P(1));
	int64		result = 0;
	bool		in_range = mlops_schedule_next(finite_time(PG_GETARG_TIMESTAMPTZ(0)), &p,
											   finite_time(PG_GETARG_TIMESTAMPTZ(2)), &result);

	PG_RETURN_TIMESTAMPTZ(checked(in_range, result));
}

MLOPS_FUNCTION(mlops_last_window_end);
/* mlops._last_window_end(anchor, every, until): last of the cadence up to it */
Datum
mlops_last_window_end(PG_FUNCTION_ARGS)
{
	mlops_period p = positive_period(PG_GETARG_INTERVAL_P(1));
	int64		result = 0;
	bool		in_range = mlops_schedule_last(finite_time(PG_GETARG_TIMESTAMPTZ(0)), &p,
											   finite_time(PG_GETARG_TIMESTAMPTZ(2)), &result);

	PG_RETURN_TIMESTAMPTZ(checked(in_range, result));
}

MLOPS_FUNCTION(mlops_shift);
/* mlops._shift(t, period, n): t + n * period on the UTC calendar */
Datum
mlops_shift(PG_FUNCTION_ARGS)
{
	mlops_period p = period_of(PG_GETARG_INTERVAL_P(1));
	int64		result = 0;
	bool		in_range = mlops_schedule_add(finite_time(PG_GETARG_TIMESTAMPTZ(0)), &p,
											  PG_GETARG_INT32(2), &result);

	PG_RETURN_TIMESTAMPTZ(checked(in_range, result));
}

MLOPS_FUNCTION(mlops_backoff);
/* mlops._backoff(every, failures, monitor_id, crashed) -> interval */
Datum
mlops_backoff(PG_FUNCTION_ARGS)
{
	mlops_period p = positive_period(PG_GETARG_INTERVAL_P(0));
	Interval   *result = palloc0(sizeof(Interval));

	result->time = mlops_schedule_backoff(&p, PG_GETARG_INT32(1), PG_GETARG_INT64(2),
										  PG_GETARG_BOOL(3));
	PG_RETURN_INTERVAL_P(result);
}
