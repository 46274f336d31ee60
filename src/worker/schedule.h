/*
 * schedule.h
 *		When windows end and when a failed run is tried again: arithmetic only.
 *
 * Knows nothing of PostgreSQL.  Times are microseconds since 2000-01-01 00:00
 * UTC; months and days are those of the UTC calendar, whatever zone a session
 * has set.
 */
#ifndef MLOPS_SCHEDULE_H
#define MLOPS_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#define MLOPS_US_PER_SECOND	INT64_C(1000000)
#define MLOPS_US_PER_DAY	(INT64_C(86400) * MLOPS_US_PER_SECOND)

typedef struct mlops_period
{
	int32_t		months;
	int32_t		days;
	int64_t		us;
} mlops_period;

extern bool mlops_period_is_positive(const mlops_period *p);
extern bool mlops_schedule_add(int64_t t, const mlops_period *p, int64_t n, int64_t *result);
extern bool mlops_schedule_last(int64_t anchor, const mlops_period *p, int64_t t, int64_t *result);
extern bool mlops_schedule_next(int64_t anchor, const mlops_period *p, int64_t t, int64_t *result);
extern int64_t mlops_schedule_backoff(const mlops_period *every, int32_t failures, int64_t id, bool crashed);

#endif
