/*
 * result.c
 *		The rows that tests return.
 */
#include "drift/result.h"

#include "access/htup_details.h"
#include "funcapi.h"
#include "utils/builtins.h"

#define GROUP_TEST_COLUMNS 14

Datum
mlops_text_or_null(const char *s, bool *isnull)
{
	*isnull = s == NULL;
	return s ? CStringGetTextDatum(s) : (Datum) 0;
}

/* Numbers that are NaN are NULL; the method is the name with its variant: "ks_test, exact". */
void
mlops_test_values(const char *name, const mlops_test *t, int64 n_excluded, Datum *value, bool *isnull)
{
	memset(isnull, 0, MLOPS_TEST_COLUMNS * sizeof(bool));
	value[0] = CStringGetTextDatum(t->variant ? psprintf("%s, %s", name, t->variant) : name);
	value[1] = mlops_float8_or_null(t->statistic, &isnull[1]);
	value[2] = mlops_float8_or_null(t->df, &isnull[2]);
	value[3] = mlops_float8_or_null(t->p, &isnull[3]);
	value[4] = Int64GetDatum((int64) t->n);
	value[5] = Int64GetDatum((int64) t->m);
	value[6] = mlops_float8_or_null(t->ln_p, &isnull[6]);
	value[7] = mlops_float8_or_null(t->effect, &isnull[7]);
	value[8] = mlops_text_or_null(t->measure, &isnull[8]);
	value[9] = mlops_float8_or_null(t->effect_lower, &isnull[9]);
	value[10] = mlops_float8_or_null(t->effect_upper, &isnull[10]);
	value[11] = Int64GetDatum(n_excluded);
	value[12] = mlops_text_or_null(t->reason, &isnull[12]);
}

Datum
mlops_test_row(FunctionCallInfo fcinfo, const char *name, const mlops_test *t, int64 n_excluded)
{
	TupleDesc	desc;
	Datum		value[MLOPS_TEST_COLUMNS];
	bool		isnull[MLOPS_TEST_COLUMNS];

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE || desc->natts != MLOPS_TEST_COLUMNS)
		elog(ERROR, "return type must be mlops.test_result");
	desc = BlessTupleDesc(desc);
	mlops_test_values(name, t, n_excluded, value, isnull);
	return HeapTupleGetDatum(heap_form_tuple(desc, value, isnull));
}

/* The same for tests over groups. */
Datum
mlops_group_test_row(FunctionCallInfo fcinfo, const char *name, const mlops_group_test *t, int64 n_excluded)
{
	TupleDesc	desc;
	Datum		value[GROUP_TEST_COLUMNS];
	bool		isnull[GROUP_TEST_COLUMNS] = {false};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE || desc->natts != GROUP_TEST_COLUMNS)
		elog(ERROR, "return type must be mlops.group_test_result");
	desc = BlessTupleDesc(desc);
	value[0] = CStringGetTextDatum(t->variant ? psprintf("%s, %s", name, t->variant) : name);
	value[1] = mlops_float8_or_null(t->statistic, &isnull[1]);
	value[2] = mlops_float8_or_null(t->df1, &isnull[2]);
	value[3] = mlops_float8_or_null(t->df2, &isnull[3]);
	value[4] = mlops_float8_or_null(t->p, &isnull[4]);
	value[5] = Int64GetDatum((int64) t->groups);
	value[6] = Int64GetDatum((int64) t->n);
	value[7] = mlops_float8_or_null(t->ln_p, &isnull[7]);
	value[8] = mlops_float8_or_null(t->effect, &isnull[8]);
	value[9] = mlops_text_or_null(t->measure, &isnull[9]);
	value[10] = mlops_float8_or_null(t->effect_lower, &isnull[10]);
	value[11] = mlops_float8_or_null(t->effect_upper, &isnull[11]);
	value[12] = Int64GetDatum(n_excluded);
	value[13] = mlops_text_or_null(t->reason, &isnull[13]);
	return HeapTupleGetDatum(heap_form_tuple(desc, value, isnull));
}
