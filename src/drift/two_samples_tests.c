/*
 * two_samples_tests.c
 *		Tests of mlops.two_samples: of reconstruction errors, and the maximum mean
 *		discrepancy; the bandwidth of the latter.
 */
#include "types/two_samples.h"

#include "drift/result.h"
#include "kernel/multivariate/pca.h"
#include "miscadmin.h"
#include "types/features.h"

MLOPS_FUNCTION(mlops_two_samples_pca_test);
MLOPS_FUNCTION(mlops_two_samples_mmd_test);
MLOPS_FUNCTION(mlops_mmd_bandwidth);

#define BANDWIDTH_ROWS 1000

static const mlops_two_samples *
get_samples(FunctionCallInfo fcinfo, int kind, const char *wanted)
{
	const mlops_two_samples *s = PG_GETARG_MLOPS_TWO_SAMPLES(0);

	if (s->kind != kind)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("this test is not for samples of this kind"),
				 errhint("Make them with mlops.%s().", wanted)));
	return s;
}

/* Rows of both sides, and what was left out. */
static int64
count_rows(const mlops_two_samples *s, int64 *n)
{
	int64		excluded = s->unassigned;

	for (int side = 0; side < 2; side++)
	{
		const mlops_moments *m = mlops_two_samples_side(s, side);

		n[side] = m->n;
		excluded += m->null_rows + m->nonfinite_rows;
	}
	return excluded;
}

/* pca_test(two_samples) */
Datum
mlops_two_samples_pca_test(PG_FUNCTION_ARGS)
{
	const mlops_two_samples *s = get_samples(fcinfo, MLOPS_SAMPLES_NUMBERS, "pca_samples");
	int64		n[2];
	int64		excluded = count_rows(s, n);
	double		mean[2];
	double		m2[2];
	mlops_test	test;

	for (int side = 0; side < 2; side++)
	{
		mean[side] = mlops_moments_mean(mlops_two_samples_side(s, side))[0];
		m2[side] = mlops_moments_comoment(mlops_two_samples_side(s, side))[0];
	}
	mlops_pca_test(n, mean, m2, &test);
	return mlops_test_row(fcinfo, "pca_test", &test, excluded);
}

/* mmd_test(two_samples) */
Datum
mlops_two_samples_mmd_test(PG_FUNCTION_ARGS)
{
	const mlops_two_samples *s = get_samples(fcinfo, MLOPS_SAMPLES_FOURIER, "mmd_samples");
	int			k = s->variables;
	int64		n[2];
	int64		excluded = count_rows(s, n);
	double	   *mean[2];
	double	   *comoment[2];
	mlops_test	test;

	for (int side = 0; side < 2; side++)
	{
		mean[side] = mlops_moments_mean(mlops_two_samples_side(s, side));
		comoment[side] = mlops_moments_comoment(mlops_two_samples_side(s, side));
	}
	mlops_mmd_test(k, n, mean, comoment, palloc((Size) k * (k + 1) * sizeof(double)), &test);
	return mlops_test_row(fcinfo, "mmd_test", &test, excluded);
}

/* The finite rows of a two-dimensional float8[] (as array_agg makes one), one after the other. */
static int
finite_rows(const ArrayType *a, int d, double *row)
{
	int			rows = ARR_DIMS(a)[0];
	int			used = 0;
	int			at = 0;
	const bits8 *valid = ARR_NULLBITMAP(a);
	const float8 *x = (const float8 *) ARR_DATA_PTR(a);

	for (int i = 0; i < rows; i++)
	{
		bool		finite = true;

		for (int j = 0; j < d; j++, at++)
		{
			if (valid != NULL && (valid[at / 8] & (1 << (at % 8))) == 0)
				finite = false;
			else
			{
				row[(Size) used * d + j] = *x;
				finite &= isfinite(*x++) != 0;
			}
		}
		used += finite;
	}
	return used;
}

/* mmd_bandwidth(float8[][]): the median heuristic; NULL when no two rows differ */
Datum
mlops_mmd_bandwidth(PG_FUNCTION_ARGS)
{
	ArrayType  *a = PG_GETARG_ARRAYTYPE_P(0);
	Size		used = 0;
	double	   *row;
	double	   *distance;
	double		median;
	int			d;
	int			n;

	if (ARR_NDIM(a) == 0)
		PG_RETURN_NULL();
	if (ARR_NDIM(a) != 2)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("rows of features must come as one array of two dimensions, not %d", ARR_NDIM(a)),
				 errhint("array_agg() over the arrays of a sample of the reference makes one.")));
	d = ARR_DIMS(a)[1];
	if (ARR_DIMS(a)[0] > BANDWIDTH_ROWS || d > MLOPS_FEATURES_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("at most %d rows of %d features are possible here", BANDWIDTH_ROWS, MLOPS_FEATURES_MAX),
				 errhint("A few hundred rows of the reference are enough.")));
	row = palloc((Size) ARR_DIMS(a)[0] * d * sizeof(double));
	n = finite_rows(a, d, row);
	distance = palloc(((Size) n * n / 2 + 1) * sizeof(double));
	for (int i = 1; i < n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		used += mlops_mmd_distances(i, d, row, distance + used);
	}
	if (used == 0)
		PG_RETURN_NULL();
	median = mlops_mmd_median(distance, used);
	if (isinf(median))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(median);
}
