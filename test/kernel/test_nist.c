/*
 * test_nist.c
 *		NIST Statistical Reference Datasets, univariate summary statistics.
 *
 * Digits are log relative errors, -log10(|got - certified| / certified), capped at
 * 15.  Sets whose values are no doubles (NumAcc4: 10000000.1) lose certified
 * digits before any program sees them.  They are tested twice: against the
 * exact result for the rounded values, and as whole numbers (times `scale`)
 * against the certified one.
 */
#include "tap.h"

#include "kernel/moments1.h"

#define MAX_N 8192
#define MIN_MEAN_DIGITS 14.0
#define MIN_SD_DIGITS 14.0
/* row by row, odd, the batches of the aggregate, all at once */
static const size_t batch_sizes[] = {1, 7, 512, MAX_N};

static double
digits(double got, double want)
{
	double		error = fabs(got - want) / fabs(want);

	if (isnan(got))
		return 0;
	return error < 1e-15 ? 15 : -log10(error);
}

/* The data of one set in its own order. */
static size_t
read_set(const char *set, double scale, double *x)
{
	golden		g;
	size_t		n = 0;

	golden_open(&g, "nist_univariate_data.csv", "set,value,copies");
	while (golden_next(&g))
	{
		int			copies = (int) golden_double(&g, 2);
		double		v = golden_double(&g, 1);

		if (strcmp(golden_text(&g, 0), set) != 0)
			continue;
		if (n + 1 + 2 * (size_t) copies > MAX_N)
			return 0;
		x[n++] = scale == 1 ? v : rint(v * scale);
		for (; copies > 0; copies--, n += 2)
		{
			x[n] = x[n - 2];
			x[n + 1] = x[n - 1];
		}
	}
	return n;
}

static void
moments_in_batches(const double *x, size_t n, size_t batch, mlops_moments1 *out)
{
	static double buffer[MAX_N];

	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < n; i += batch)
	{
		size_t		k = n - i < batch ? n - i : batch;
		mlops_batch_scan scan;
		mlops_moments1 part;

		memcpy(buffer, x + i, k * sizeof(double));
		mlops_batch_look(buffer, k, &scan);
		mlops_moments1_batch(buffer, k, &scan, &part);
		mlops_moments1_merge(out, &part);
	}
}

/* Least digits over all ways to cut the set into batches. */
static void
check(const char *set, const char *against, const double *x, size_t n, double mean, double sd)
{
	double		mean_digits = 15;
	double		sd_digits = 15;

	for (size_t b = 0; b < sizeof(batch_sizes) / sizeof(batch_sizes[0]); b++)
	{
		mlops_moments1 m;
		double		variance = NAN;

		moments_in_batches(x, n, batch_sizes[b], &m);
		mlops_moments1_variance(&m, &variance);
		mean_digits = fmin(mean_digits, digits(m.mean, mean));
		sd_digits = fmin(sd_digits, digits(sqrt(variance), sd));
	}
	ok(mean_digits >= MIN_MEAN_DIGITS, "%s, %s: mean, %.1f digits", set, against, mean_digits);
	ok(sd_digits >= MIN_SD_DIGITS, "%s, %s: standard deviation, %.1f digits", set, against, sd_digits);
}

int
main(void)
{
	golden		g;
	static double x[MAX_N];

	golden_open(&g, "nist_univariate.csv", "set,n,scale,mean,sd,mean_double,sd_double");
	while (golden_next(&g))
	{
		char		set[32];
		double		scale = golden_double(&g, 2);
		size_t		n;

		snprintf(set, sizeof(set), "%s", golden_text(&g, 0));
		n = read_set(set, 1, x);
		is_int((int64_t) n, (int64_t) golden_double(&g, 1), set);
		check(set, "exact for these doubles", x, n, golden_double(&g, 5), golden_double(&g, 6));
		n = read_set(set, scale, x);
		check(set, "certified, whole numbers", x, n, golden_double(&g, 3) * scale, golden_double(&g, 4) * scale);
	}
	return done_testing();
}
