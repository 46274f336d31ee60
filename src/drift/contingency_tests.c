/*
 * contingency_tests.c
 *		Exact two-sample tests and distances of categories: functions of a
 *		mlops.contingency, and the final functions of the aggregates of the
 *		same names.
 *
 * NULL is a category of its own, the last one; rows whose side is not known
 * are left out.
 */
#include "types/contingency.h"

#include <math.h>

#include "drift/result.h"
#include "kernel/categories/divergence.h"
#include "kernel/categories/gof.h"
#include "kernel/categories/twobytwo.h"

/* Counts per category, in byte order of the labels, NULL last if there is any. */
typedef struct table
{
	double	   *reference;
	double	   *current;
	uint32_t	k;				/* categories with a row on either side */
	double		n;
	double		m;
	int64		unassigned;		/* rows of neither side */
} table;

static void
open_table(Datum d, table *t)
{
	mlops_category_list list;

	mlops_contingency_open(d, &list);
	t->reference = MemoryContextAllocHuge(CurrentMemoryContext, 2 * ((Size) list.n + 1) * sizeof(double));
	t->current = t->reference + list.n + 1;
	t->k = list.n;
	t->n = t->m = 0;
	for (uint32_t i = 0; i <= list.n; i++)
	{
		const int64_t *count = i < list.n ? list.item[i].count : list.null_count;

		t->reference[i] = (double) count[MLOPS_REFERENCE];
		t->current[i] = (double) count[MLOPS_CURRENT];
		t->n += t->reference[i];
		t->m += t->current[i];
	}
	if (list.null_count[0] > 0 || list.null_count[1] > 0)
		t->k++;
	t->unassigned = list.unassigned;
	pfree(list.item);
}

typedef mlops_status (*table_test) (const double *, const double *, size_t, double *, mlops_test *);
typedef mlops_status (*twobytwo_test) (const mlops_twobytwo *, mlops_test *);

static Datum
table_result(FunctionCallInfo fcinfo, const char *method, table_test f)
{
	table		t;
	mlops_test	test;

	open_table(PG_GETARG_DATUM(0), &t);
	f(t.reference, t.current, t.k, NULL, &test);
	return mlops_test_row(fcinfo, method, &test, t.unassigned);
}

/* The last category is the success. */
static Datum
twobytwo_result(FunctionCallInfo fcinfo, const char *method, twobytwo_test f)
{
	table		t;
	mlops_test	test;

	open_table(PG_GETARG_DATUM(0), &t);
	if (t.k > 2)
	{
		test = MLOPS_NO_TEST(t.n, t.m);
		test.reason = !(t.n > 0) ? "no reference rows" : !(t.m > 0) ? "no current rows" : "more than two categories";
	}
	else
	{
		/* with one category or none the array still has two entries of which one is 0 */
		mlops_twobytwo cells = {t.k > 1 ? t.reference[1] : 0, t.reference[0], t.k > 1 ? t.current[1] : 0, t.current[0]};

		f(&cells, &test);
	}
	return mlops_test_row(fcinfo, method, &test, t.unassigned);
}

#define TABLE_TEST(name, kind, f) \
	MLOPS_FUNCTION(mlops_contingency_##name); \
	Datum \
	mlops_contingency_##name(PG_FUNCTION_ARGS) \
	{ \
		return kind##_result(fcinfo, #name, f); \
	}

TABLE_TEST(chi2_test, table, mlops_chi2_test)
TABLE_TEST(g_test, table, mlops_g_test)
TABLE_TEST(fisher_exact_test, twobytwo, mlops_fisher_test)
TABLE_TEST(z_test, twobytwo, mlops_z_test)

/* A distance of the shares; NULL when a side has no rows. */
static Datum
distance_result(FunctionCallInfo fcinfo, mlops_distance_kind kind)
{
	table		t;
	double		d;

	open_table(PG_GETARG_DATUM(0), &t);
	if (mlops_distance(kind, t.reference, t.current, t.k, 0, NULL, &d) != MLOPS_OK)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(d);
}

MLOPS_FUNCTION(mlops_contingency_total_variation_distance);
Datum
mlops_contingency_total_variation_distance(PG_FUNCTION_ARGS)
{
	return distance_result(fcinfo, MLOPS_TOTAL_VARIATION);
}

MLOPS_FUNCTION(mlops_contingency_linf_distance);
Datum
mlops_contingency_linf_distance(PG_FUNCTION_ARGS)
{
	return distance_result(fcinfo, MLOPS_LINF);
}
