/*
 * schedule.c
 *		When windows end and when a failed run is tried again: arithmetic only.
 */
#include "worker/schedule.h"

/* Days from 2000-01-01 to 1970-01-01 and 0000-03-01, proleptic Gregorian. */
#define DAYS_0000_TO_2000	730425
#define DAYS_PER_ERA		146097	/* 400 years */
#define YEAR_LIMIT			INT64_C(400000)
#define RETRY_CAP_US		(INT64_C(3600) * MLOPS_US_PER_SECOND)
#define CRASH_MIN_US		(INT64_C(300) * MLOPS_US_PER_SECOND)

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/*
 * Civil calendar with the year beginning in March, so that the leap day is the
 * last one: day number of the first of a month (0 = March), and back.
 */
static int64_t
days_before(int64_t year, int month)
{
	int64_t		era = floor_div(year, 400);
	int64_t		y = year - era * 400;

	return era * DAYS_PER_ERA + y * 365 + y / 4 - y / 100 + (153 * month + 2) / 5 - DAYS_0000_TO_2000;
}

static void
civil_from_days(int64_t days, int64_t *year, int *month, int *day)
{
	int64_t		z = days + DAYS_0000_TO_2000;
	int64_t		era = floor_div(z, DAYS_PER_ERA);
	int64_t		d = z - era * DAYS_PER_ERA;
	int64_t		y = (d - d / 1460 + d / 36524 - d / 146096) / 365;
	int64_t		of_year = d - (365 * y + y / 4 - y / 100);

	*year = era * 400 + y;
	*month = (int) ((5 * of_year + 2) / 153);
	*day = (int) (of_year - (153 * *month + 2) / 5);
}

/* No negative part, and not zero: then anchor + n * period grows with n. */
bool
mlops_period_is_positive(const mlops_period *p)
{
	return p->months >= 0 && p->days >= 0 && p->us >= 0 &&
		(p->months > 0 || p->days > 0 || p->us > 0);
}

/*
 * t + n * period: months first, on the calendar (the 31st becomes the last day
 * of a shorter month, and is the 31st again afterwards because n multiplies
 * before the day is cut), then days, then microseconds.  False on overflow.
 */
bool
mlops_schedule_add(int64_t t, const mlops_period *p, int64_t n, int64_t *result)
{
	int64_t		months;
	int64_t		days;
	int64_t		us;

	if (__builtin_mul_overflow((int64_t) p->months, n, &months) ||
		__builtin_mul_overflow((int64_t) p->days, n, &days) ||
		__builtin_mul_overflow(p->us, n, &us))
		return false;

	if (months != 0)
	{
		int64_t		date = floor_div(t, MLOPS_US_PER_DAY);
		int64_t		year;
		int64_t		first;
		int64_t		length;
		int			month;
		int			day;

		if (months > YEAR_LIMIT * 12 || months < -YEAR_LIMIT * 12)
			return false;
		civil_from_days(date, &year, &month, &day);
		months += year * 12 + month;
		year = floor_div(months, 12);
		month = (int) (months - year * 12);
		first = days_before(year, month);
		length = (month == 11 ? days_before(year + 1, 0) : days_before(year, month + 1)) - first;
		if (day >= length)
			day = (int) length - 1;
		if (__builtin_mul_overflow(first + day - date, MLOPS_US_PER_DAY, &first) ||
			__builtin_add_overflow(t, first, &t))
			return false;
	}
	if (__builtin_mul_overflow(days, MLOPS_US_PER_DAY, &days) ||
		__builtin_add_overflow(t, days, &t) ||
		__builtin_add_overflow(t, us, &t))
		return false;
	*result = t;
	return true;
}

/* Largest n with anchor + n * period <= t; the period is positive. */
static bool
periods_until(int64_t anchor, const mlops_period *p, int64_t t, int64_t *n)
{
	/* a month is 30.436875 days on average: the guess is off by days, not more */
	__int128	length = (__int128) p->months * INT64_C(2629746) * MLOPS_US_PER_SECOND +
		(__int128) p->days * MLOPS_US_PER_DAY + p->us;
	__int128	distance = (__int128) t - anchor;
	__int128	guess = distance / length - (distance % length < 0);
	int64_t		at;

	if (guess > INT64_MAX || guess < INT64_MIN)
		return false;
	*n = (int64_t) guess;
	for (;;)
	{
		if (!mlops_schedule_add(anchor, p, *n, &at))
			return false;
		if (at <= t)
			break;
		(*n)--;
	}
	for (;;)
	{
		if (!mlops_schedule_add(anchor, p, *n + 1, &at))
			return false;
		if (at > t)
			return true;
		(*n)++;
	}
}

/* The latest anchor + n * period that is not after t, n any whole number. */
bool
mlops_schedule_last(int64_t anchor, const mlops_period *p, int64_t t, int64_t *result)
{
	int64_t		n;

	return mlops_period_is_positive(p) && periods_until(anchor, p, t, &n) &&
		mlops_schedule_add(anchor, p, n, result);
}

/* The earliest anchor + n * period that is after t. */
bool
mlops_schedule_next(int64_t anchor, const mlops_period *p, int64_t t, int64_t *result)
{
	int64_t		n;

	return mlops_period_is_positive(p) && periods_until(anchor, p, t, &n) &&
		mlops_schedule_add(anchor, p, n + 1, result);
}

/* SplitMix64 (Steele, Lea, Flood 2014): spreads ids evenly over 64 bits. */
static uint64_t
spread(uint64_t x)
{
	x += UINT64_C(0x9E3779B97F4A7C15);
	x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
	return x ^ (x >> 31);
}

/*
 * Microseconds to wait after the given number of failures in a row: that many
 * times the period, or an hour where the period is longer, at most five times;
 * +-12.5 % by id and count, so that monitors that failed together do not come
 * back together; after a crash at least five minutes.
 */
int64_t
mlops_schedule_backoff(const mlops_period *every, int32_t failures, int64_t id, bool crashed)
{
	int64_t		unit = RETRY_CAP_US;
	int64_t		times = failures < 1 ? 1 : failures > 5 ? 5 : failures;
	int64_t		wait;
	int64_t		part;

	if (every->months == 0 && every->days == 0 && every->us > 0 && every->us < unit)
		unit = every->us;
	wait = unit * times;
	part = (int64_t) (spread((uint64_t) id * 64 + (uint64_t) times) >> 48);	/* [0, 65536) */
	wait += wait / 4 * part / 65536 - wait / 8;
	if (crashed && wait < CRASH_MIN_US)
		wait = CRASH_MIN_US;
	return wait;
}
