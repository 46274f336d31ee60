/*
 * profile.h
 *		Read access to a value of type mlops.profile, for everybody in C.
 */
#ifndef MLOPS_PROFILE_H
#define MLOPS_PROFILE_H

#include "compat.h"
#include "types/profile_codec.h"

/* One step of the (weighted) empirical distribution function. */
typedef struct mlops_profile_point
{
	double		value;
	uint64_t	upto;			/* how many values are <= value (estimate unless exact) */
} mlops_profile_point;

/* One frequent value. */
typedef struct mlops_profile_value
{
	double		number;			/* numeric kinds */
	const char *label;			/* text: not terminated; only the first bytes if cut */
	uint32_t	label_len;
	bool		cut;			/* the value was longer than label_len bytes */
	uint64_t	hash;			/* text: identity of the whole value */
	uint64_t	lower;			/* it occurs at least this often */
	uint64_t	upper;			/* and at most this often */
} mlops_profile_value;

typedef struct mlops_profile_view
{
	mlops_profile_kind kind;
	uint64_t	rows;
	uint64_t	nulls;
	uint64_t	nan;
	uint64_t	pos_inf;
	uint64_t	neg_inf;
	uint64_t	zeros;			/* text: empty strings */
	uint64_t	n;				/* finite numbers, or strings that are not NULL */
	mlops_moments1 m;			/* of them (text: of lengths in characters); see moments1.h */
	bool		exact;			/* values[] is complete with exact counts; points[] and distinct too */
	bool		sampled;		/* bounds in values[] hold with probability .99 each, not surely */
	double		distinct;		/* number of distinct values */
	double		distinct_error; /* its relative standard error, 0 if exact */
	double		rank_error;		/* a rank is off by at most this share of n, with probability .99 */
	int			npoints;		/* 0 for text */
	mlops_profile_point *points;	/* ascending by value; the last upto is n */
	int			nvalues;
	mlops_profile_value *values;	/* most frequent first */
	uint64_t	absent;			/* a value that is not listed occurs at most this often */
} mlops_profile_view;

/*
 * mlops_profile_open detoasts, checks and unpacks a datum; everything is
 * palloc'd in the current memory context.  Raises an error on corrupt bytes.
 * Values of timestamptz are microseconds since 2000-01-01 UTC, of boolean
 * 0.0 and 1.0.
 */
extern mlops_profile_view *mlops_profile_open(Datum datum);

/* Share of the n values that are <= x; NaN when n = 0 or for text. */
extern double mlops_profile_cdf(const mlops_profile_view *view, double x);

/* Smallest listed value whose rank reaches q * n (0 <= q <= 1); NaN when n = 0. */
extern double mlops_profile_quantile(const mlops_profile_view *view, double q);

#endif
