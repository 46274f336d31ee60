/*
 * adwin.h
 *		ADWIN: a window over a stream that shrinks when its mean has changed.
 *
 * Bifet and Gavalda 2007, ADWIN2, with the bound that uses the variance.  The
 * window is an exponential histogram: row r holds buckets of 2^r values, at
 * most max_buckets of them, oldest first.  Every `clock` values each border
 * between two buckets is tried as a cut; while two sub-windows have different
 * means the oldest bucket is dropped.  (Two implementations in use never try the
 * border after the last bucket of a row: doc/statistics/detectors.md.)
 */
#ifndef MLOPS_ADWIN_H
#define MLOPS_ADWIN_H

#include "kernel/kernel.h"

#define MLOPS_ADWIN_ROWS 48		/* 2^48 values and more */
#define MLOPS_ADWIN_MAX_BUCKETS 16

typedef struct mlops_adwin_bucket
{
	double		mean;
	double		m2;				/* sum of squared distances to the mean */
} mlops_adwin_bucket;

typedef struct mlops_adwin
{
	double		delta;			/* confidence of a cut, (0, 1) */
	int32_t		clock;			/* values between two looks, >= 1 */
	int32_t		max_buckets;	/* of a row, 1 .. MLOPS_ADWIN_MAX_BUCKETS */
	int32_t		min_window;		/* values of a sub-window, >= 1 */
	int32_t		grace;			/* no look at windows up to this width */
	int64_t		seen;			/* values so far */
	int64_t		skipped;		/* NULL, NaN and infinite ones */
	int64_t		changes;
	int64_t		last_change;	/* seen at that time; 0: none yet */
	double		before;			/* means of the sub-windows of the last change, NaN: none */
	double		after;
	int32_t		rows;			/* in use */
	uint8_t		used[MLOPS_ADWIN_ROWS];
	mlops_adwin_bucket bucket[MLOPS_ADWIN_ROWS][MLOPS_ADWIN_MAX_BUCKETS + 1];
} mlops_adwin;

/* MLOPS_DOMAIN for a parameter out of range. */
extern mlops_status mlops_adwin_init(mlops_adwin *a, double delta, int32_t clock, int32_t max_buckets,
									 int32_t min_window, int32_t grace);

/* Is the state one that the functions below can leave behind? */
extern bool mlops_adwin_valid(const mlops_adwin *a);

/* One more value; true when the mean has changed.  What is not finite is counted and skipped. */
extern bool mlops_adwin_update(mlops_adwin *a, double x);

/* Values in the window, their mean and their variance (of the population). */
extern int64_t mlops_adwin_window(const mlops_adwin *a, double *mean, double *variance);

#endif
