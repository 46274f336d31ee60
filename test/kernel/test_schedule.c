/*
 * test_schedule.c
 *		Window ends and backoff: src/worker/schedule.c.
 */
#include "tap.h"

#include "worker/schedule.h"

static int64_t
number(const golden *g, int i)
{
	return strtoll(golden_text(g, i), NULL, 10);
}

static void
test_golden(void)
{
	golden		g;
	int			rows = 0;
	int			bad = 0;

	golden_open(&g, "schedule.csv", "anchor,months,days,us,n,sum,t,last,next");
	while (golden_next(&g))
	{
		mlops_period p = {(int32_t) number(&g, 1), (int32_t) number(&g, 2), number(&g, 3)};
		int64_t		sum = 0;
		int64_t		last = 0;
		int64_t		next = 0;

		rows++;
		if (!mlops_schedule_add(number(&g, 0), &p, number(&g, 4), &sum) || sum != number(&g, 5) ||
			!mlops_schedule_last(number(&g, 0), &p, number(&g, 6), &last) || last != number(&g, 7) ||
			!mlops_schedule_next(number(&g, 0), &p, number(&g, 6), &next) || next != number(&g, 8))
		{
			bad++;
			diag("line %d: sum %" PRId64 " last %" PRId64 " next %" PRId64, g.line, sum, last, next);
		}
	}
	ok(rows > 200 && bad == 0, "sums, last and next agree with Python's calendar (%d rows)", rows);
}

static void
test_edges(void)
{
	const mlops_period none = {0, 0, 0};
	const mlops_period mixed = {1, -1, 0};
	const mlops_period minute = {0, 0, 60 * MLOPS_US_PER_SECOND};
	const mlops_period month = {1, 0, 0};
	const mlops_period huge = {INT32_MAX, INT32_MAX, INT64_MAX};
	int64_t		t = 42;

	ok(!mlops_period_is_positive(&none) && !mlops_period_is_positive(&mixed) && mlops_period_is_positive(&month),
	   "a period has no negative part and is not zero");
	ok(!mlops_schedule_next(0, &none, 0, &t) && !mlops_schedule_last(0, &mixed, 0, &t) && t == 42,
	   "other periods are refused");
	ok(!mlops_schedule_add(INT64_MAX, &minute, 1, &t) && !mlops_schedule_add(0, &huge, 2, &t) &&
	   !mlops_schedule_add(0, &month, INT64_MAX, &t) && !mlops_schedule_add(INT64_MIN, &month, -12 * 400000, &t),
	   "overflow is reported");
	ok(!mlops_schedule_next(0, &minute, INT64_MAX, &t), "there is no window after the end of time");
	ok(!mlops_schedule_last(INT64_MAX, &minute, INT64_MIN, &t) || t <= INT64_MIN + minute.us,
	   "the widest distance does not overflow silently");
	ok(mlops_schedule_next(0, &huge, 0, &t) == false, "a period past the end of time has no next");
}

static void
test_backoff(void)
{
	const mlops_period minute = {0, 0, 60 * MLOPS_US_PER_SECOND};
	const mlops_period day = {0, 1, 0};
	int64_t		second = MLOPS_US_PER_SECOND;
	int64_t		lo = INT64_MAX;
	int64_t		hi = 0;
	double		sum = 0;
	bool		in_bounds = true;

	for (int64_t id = 1; id <= 10000; id++)
	{
		int64_t		wait = mlops_schedule_backoff(&minute, 2, id, false);

		in_bounds &= wait >= 105 * second && wait <= 135 * second;
		lo = wait < lo ? wait : lo;
		hi = wait > hi ? wait : hi;
		sum += (double) wait;
	}
	ok(in_bounds, "two failures of a monitor that runs each minute: 120 s +- 12.5 %%");
	/* uniform on 30 s: the mean of 10,000 has a standard error of 0.087 s */
	ok(fabs(sum / 10000 / (double) second - 120) < 0.4 && lo < 106 * second && hi > 134 * second,
	   "spread evenly over ids");
	ok(mlops_schedule_backoff(&minute, 2, 7, false) == mlops_schedule_backoff(&minute, 2, 7, false), "and the same each time");
	ok(mlops_schedule_backoff(&minute, 9, 7, false) == mlops_schedule_backoff(&minute, 5, 7, false),
	   "five times is the most");
	ok(mlops_schedule_backoff(&minute, 1, 7, true) == 300 * second, "at least five minutes after a crash");
	ok(mlops_schedule_backoff(&day, 1, 7, false) <= 4050 * second && mlops_schedule_backoff(&day, 1, 7, false) >= 3150 * second,
	   "an hour where the period is longer");
	ok(mlops_schedule_backoff(&minute, 0, 7, false) >= 52 * second, "zero failures wait once, never not at all");
}

int
main(void)
{
	test_golden();
	test_edges();
	test_backoff();
	return done_testing();
}
