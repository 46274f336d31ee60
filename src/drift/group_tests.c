/*
 * group_tests.c
 *		Tests of means: functions of a mlops.group_moments, and the final
 *		functions of the aggregates of the same names.
 */
#include "types/group_moments.h"

#include <string.h>

#include "drift/result.h"
#include "kernel/groups/anova.h"
#include "kernel/twosample/ttest.h"

MLOPS_FUNCTION(mlops_group_moments_t_test);
MLOPS_FUNCTION(mlops_group_moments_t_test_labels);
MLOPS_FUNCTION(mlops_group_moments_anova_test);
MLOPS_FUNCTION(mlops_group_moments_welch_anova_test);

/* Rows that are in no group; their sum fits, see mlops_group_list_rows(). */
static int64
excluded(const mlops_group_list *list)
{
	int64		rows = 0;

	for (int i = 0; i < MLOPS_LEFT_OUT; i++)
		rows += list->left_out[i];
	return rows;
}

/* The moments of a label; one without rows if there is no such group. */
static mlops_mean3
moments_of(const mlops_group_list *list, const char *label, size_t length)
{
	for (uint32_t i = 0; i < list->n; i++)
		if (list->item[i].length == length && memcmp(list->item[i].label, label, length) == 0)
			return list->item[i].moments;
	return (mlops_mean3) {0};
}

/* t_test(group_moments): of the groups "reference" and "current" */
Datum
mlops_group_moments_t_test(PG_FUNCTION_ARGS)
{
	mlops_group_list list;
	mlops_mean3 reference;
	mlops_mean3 current;
	mlops_test	test;

	mlops_group_moments_open(PG_GETARG_DATUM(0), &list);
	reference = moments_of(&list, "reference", 9);
	current = moments_of(&list, "current", 7);
	mlops_mean_test(&reference, &current, &test);
	return mlops_test_row(fcinfo, "t_test", &test, excluded(&list));
}

/* t_test(group_moments, reference text, current text) */
Datum
mlops_group_moments_t_test_labels(PG_FUNCTION_ARGS)
{
	text	   *label[2] = {PG_GETARG_TEXT_PP(1), PG_GETARG_TEXT_PP(2)};
	mlops_mean3 side[2];
	mlops_group_list list;
	mlops_test	test;

	mlops_group_moments_open(PG_GETARG_DATUM(0), &list);
	for (int i = 0; i < 2; i++)
		side[i] = moments_of(&list, VARDATA_ANY(label[i]), VARSIZE_ANY_EXHDR(label[i]));
	mlops_mean_test(&side[0], &side[1], &test);
	return mlops_test_row(fcinfo, "t_test", &test, excluded(&list));
}

/* anova_test(group_moments) */
Datum
mlops_group_moments_anova_test(PG_FUNCTION_ARGS)
{
	mlops_group_list list;
	mlops_anova a = {0};
	mlops_group_test test;

	mlops_group_moments_open(PG_GETARG_DATUM(0), &list);
	for (uint32_t i = 0; i < list.n; i++)
		mlops_anova_add(&a, &list.item[i].moments.base);
	mlops_anova_finish(&a, &test);
	mlops_anova_interval(&test);
	return mlops_group_test_row(fcinfo, "anova_test", &test, excluded(&list));
}

/* welch_anova_test(group_moments) */
Datum
mlops_group_moments_welch_anova_test(PG_FUNCTION_ARGS)
{
	mlops_group_list list;
	mlops_mean3 *group;
	mlops_group_test test;

	mlops_group_moments_open(PG_GETARG_DATUM(0), &list);
	group = palloc((list.n + 1) * sizeof(mlops_mean3));
	for (uint32_t i = 0; i < list.n; i++)
		group[i] = list.item[i].moments;
	mlops_group_mean_test(group, list.n, &test);
	return mlops_group_test_row(fcinfo, "welch_anova_test", &test, excluded(&list));
}
