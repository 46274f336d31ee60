/*
 * comparison.c
 *		The rows that comparisons return.
 */
#include "experiment/comparison.h"

#include "access/htup_details.h"
#include "drift/result.h"
#include "funcapi.h"
#include "utils/builtins.h"

void
mlops_comparison_values(const char *name, const char *effect, const mlops_comparison *c,
						int64 n_excluded, Datum *value, bool *isnull)
{
	const double number[] = {c->estimate, c->lower, c->upper, c->confidence, c->standard_error, c->statistic,
	c->df, c->p, c->ln_p};
	const double more[] = {c->control, c->treatment, c->ln_e, c->chance_to_win, c->risk_control,
	c->risk_treatment};
	int			at = 0;

	memset(isnull, 0, MLOPS_COMPARISON_COLUMNS * sizeof(bool));
	value[at++] = CStringGetTextDatum(c->variant ? psprintf("%s, %s", name, c->variant) : name);
	value[at] = mlops_text_or_null(effect, &isnull[at]);
	at++;
	for (int i = 0; i < lengthof(number); i++, at++)
		value[at] = mlops_float8_or_null(number[i], &isnull[at]);
	value[at++] = Int64GetDatum((int64) c->n_control);
	value[at++] = Int64GetDatum((int64) c->n_treatment);
	for (int i = 0; i < lengthof(more); i++, at++)
		value[at] = mlops_float8_or_null(more[i], &isnull[at]);
	value[at++] = Int64GetDatum(n_excluded);
	value[at] = mlops_text_or_null(c->reason, &isnull[at]);
	Assert(at + 1 == MLOPS_COMPARISON_COLUMNS);
}

Datum
mlops_comparison_row(FunctionCallInfo fcinfo, const char *name, const char *effect,
					 const mlops_comparison *c, int64 n_excluded)
{
	TupleDesc	desc;
	Datum		value[MLOPS_COMPARISON_COLUMNS];
	bool		isnull[MLOPS_COMPARISON_COLUMNS];

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE ||
		desc->natts != MLOPS_COMPARISON_COLUMNS)
		elog(ERROR, "return type must be mlops.comparison");
	desc = BlessTupleDesc(desc);
	mlops_comparison_values(name, effect, c, n_excluded, value, isnull);
	return HeapTupleGetDatum(heap_form_tuple(desc, value, isnull));
}

mlops_alternative
mlops_alternative_argument(const char *name)
{
	if (strcmp(name, "two-sided") == 0)
		return MLOPS_TWO_SIDED;
	if (strcmp(name, "greater") == 0)
		return MLOPS_GREATER;
	if (strcmp(name, "less") == 0)
		return MLOPS_LESS;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unrecognized alternative \"%s\"", name),
			 errhint("Alternatives are \"two-sided\", \"greater\" and \"less\".")));
}

double
mlops_confidence_argument(double confidence)
{
	if (!(confidence > 0 && confidence < 1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("confidence must be between 0 and 1"),
				 errhint("A confidence of 95 percent is 0.95.")));
	return confidence;
}
