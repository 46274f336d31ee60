/*
 * adwin.c
 *		ADWIN: a window over a stream that shrinks when its mean has changed.
 *
 * Buckets keep mean and squared distances, not sums: a far offset of the
 * values costs no digits.
 */
#include "kernel/stream/adwin.h"

#include <math.h>
#include <string.h>

static int64_t
bucket_size(int row)
{
	return INT64_C(1) << row;
}

mlops_status
mlops_adwin_init(mlops_adwin *a, double delta, int32_t clock, int32_t max_buckets,
				 int32_t min_window, int32_t grace)
{
	memset(a, 0, sizeof(*a));
	if (!(delta > 0 && delta < 1) || clock < 1 || max_buckets < 1
		|| max_buckets > MLOPS_ADWIN_MAX_BUCKETS || min_window < 1 || grace < 0)
		return MLOPS_DOMAIN;
	a->delta = delta;
	a->clock = clock;
	a->max_buckets = max_buckets;
	a->min_window = min_window;
	a->grace = grace;
	a->before = a->after = NAN;
	return MLOPS_OK;
}

/* n values with mean and m2 get those of a bucket, or of several. */
static void
join(int64_t *n, mlops_adwin_bucket *into, int64_t m, const mlops_adwin_bucket *b)
{
	double		all = (double) *n + (double) m;
	double		d = b->mean - into->mean;

	into->mean += d * ((double) m / all);
	into->m2 += b->m2 + d * d * ((double) *n * ((double) m / all));
	*n += m;
}

int64_t
mlops_adwin_window(const mlops_adwin *a, double *mean, double *variance)
{
	mlops_adwin_bucket all = {0, 0};
	int64_t		n = 0;

	for (int r = a->rows - 1; r >= 0; r--)
		for (int k = 0; k < a->used[r]; k++)
			join(&n, &all, bucket_size(r), &a->bucket[r][k]);
	*mean = n > 0 ? all.mean : (double) NAN;
	*variance = n > 0 ? all.m2 / (double) n : (double) NAN;
	return n;
}

bool
mlops_adwin_valid(const mlops_adwin *a)
{
	int64_t		n = 0;

	if (!(a->delta > 0 && a->delta < 1) || a->clock < 1 || a->max_buckets < 1
		|| a->max_buckets > MLOPS_ADWIN_MAX_BUCKETS || a->min_window < 1 || a->grace < 0
		|| a->rows < 0 || a->rows > MLOPS_ADWIN_ROWS)
		return false;
	for (int r = 0; r < a->rows; r++)
	{
		if (a->used[r] > a->max_buckets)
			return false;
		for (int k = 0; k < a->used[r]; k++)
			if (!isfinite(a->bucket[r][k].mean) || !(a->bucket[r][k].m2 >= 0)
				|| (r == 0 && a->bucket[r][k].m2 != 0))
				return false;
		n += (int64_t) a->used[r] << r;
	}
	if (a->rows > 0 && a->used[a->rows - 1] == 0)
		return false;
	return a->seen >= 0 && a->skipped >= 0 && n <= a->seen && a->changes >= 0
		&& a->changes <= a->seen && a->last_change >= 0 && a->last_change <= a->seen
		&& (a->changes > 0) == (a->last_change > 0) && (a->changes > 0 || n == a->seen)
		&& (a->changes > 0) == !isnan(a->before) && isnan(a->before) == isnan(a->after);
}

/* The new value is the newest bucket of the first row; full rows pass two buckets on. */
static void
insert(mlops_adwin *a, double x)
{
	a->bucket[0][a->used[0]++] = (mlops_adwin_bucket) {x, 0};
	if (a->rows == 0)
		a->rows = 1;
	for (int r = 0; a->used[r] > a->max_buckets && r + 1 < MLOPS_ADWIN_ROWS; r++)
	{
		mlops_adwin_bucket *row = a->bucket[r];
		int64_t		n = bucket_size(r);

		/* with one bucket a row the two oldest are all there are */
		join(&n, &row[0], bucket_size(r), &row[1]);
		a->bucket[r + 1][a->used[r + 1]++] = row[0];
		a->used[r] -= 2;
		memmove(row, row + 2, a->used[r] * sizeof(*row));
		if (a->rows < r + 2)
			a->rows = r + 2;
	}
}

static void
drop_oldest(mlops_adwin *a)
{
	int			r = a->rows - 1;

	a->used[r]--;
	memmove(a->bucket[r], a->bucket[r] + 1, a->used[r] * sizeof(a->bucket[r][0]));
	while (a->rows > 0 && a->used[a->rows - 1] == 0)
		a->rows--;
}

/*
 * The largest difference of means that chance explains, with probability
 * 1 - delta for all cuts together (section 4 of the paper, delta' = delta / ln W).
 */
static double
bound(const mlops_adwin *a, double n0, double n1, double variance)
{
	double		d = log(2 * log(n0 + n1) / a->delta);
	double		m = 1 / (n0 - a->min_window + 1) + 1 / (n1 - a->min_window + 1);

	return sqrt(2 * m * variance * d) + 2.0 / 3 * d * m;
}

/* One look at every border between two buckets, from the oldest on; true if one is a cut. */
static bool
find_cut(mlops_adwin *a, double *before, double *after)
{
	mlops_adwin_bucket old = {0, 0};
	double		mean,
				variance;
	const int64_t width = mlops_adwin_window(a, &mean, &variance);
	int64_t		n0 = 0;

	for (int r = a->rows - 1; r >= 0; r--)
		for (int k = 0; k < a->used[r]; k++)
		{
			double		n1,
						mean1;

			join(&n0, &old, bucket_size(r), &a->bucket[r][k]);
			if (width - n0 < a->min_window)
				return false;
			if (n0 < a->min_window)
				continue;
			n1 = (double) (width - n0);
			mean1 = mean + (mean - old.mean) * ((double) n0 / n1);
			if (fabs(old.mean - mean1) > bound(a, (double) n0, n1, variance))
			{
				*before = old.mean;
				*after = mean1;
				return true;
			}
		}
	return false;
}

bool
mlops_adwin_update(mlops_adwin *a, double x)
{
	bool		changed = false;
	double		mean,
				variance,
				before,
				after;

	if (!isfinite(x))
	{
		a->skipped++;
		return false;
	}
	a->seen++;
	insert(a, x);
	if (a->seen % a->clock != 0)
		return false;
	while (mlops_adwin_window(a, &mean, &variance) > a->grace && find_cut(a, &before, &after))
	{
		changed = true;
		/* of several cuts at once the first one shows the whole change */
		if (a->last_change != a->seen)
		{
			a->before = before;
			a->after = after;
		}
		a->last_change = a->seen;
		drop_oldest(a);
	}
	a->changes += changed;
	return changed;
}
