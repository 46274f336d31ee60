/*
 * group_sequential.c
 *		Group-sequential designs in SQL: bounds, tests, p, power.
 */
#include "compat.h"

#include "catalog/pg_type.h"
#include "drift/result.h"
#include "experiment/comparison.h"
#include "funcapi.h"
#include "kernel/experiment/group_sequential.h"
#include "kernel/special/special.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

MLOPS_FUNCTION(mlops_group_sequential_bounds);
MLOPS_FUNCTION(mlops_group_sequential_test);
MLOPS_FUNCTION(mlops_group_sequential_p_value);
MLOPS_FUNCTION(mlops_group_sequential_power);
MLOPS_FUNCTION(mlops_conditional_power);
MLOPS_FUNCTION(mlops_predictive_power);
MLOPS_FUNCTION(mlops_alpha_spent);

static void
interrupts(void)
{
	CHECK_FOR_INTERRUPTS();
}

static void
invalid_design(const char *why, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid group-sequential design"),
			 errdetail("Here, %s.", why),
			 errhint("%s", hint)));
}

static void
computed(mlops_status status)
{
	if (status == MLOPS_NOSPACE)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("looks lie too close together, or an effect is too large, to integrate between them"),
				 errhint("Leave out looks that add hardly any information.")));
	if (status != MLOPS_OK)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("the bounds of this group-sequential design could not be computed"),
				 errhint("With futility bounds, there may be no effect that is found with this power.")));
}

/* The elements of argument n: one to MLOPS_GS_MAX_LOOKS numbers, not NULL or NaN. */
static double *
numbers_argument(FunctionCallInfo fcinfo, int n, const char *what, int *count)
{
	ArrayType  *array = PG_GETARG_ARRAYTYPE_P(n);
	Datum	   *element;
	bool	   *isnull;
	double	   *number;

	deconstruct_array(array, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &element, &isnull, count);
	if (ARR_NDIM(array) > 1 || *count < 1 || *count > MLOPS_GS_MAX_LOOKS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be an array of one to %d numbers", what, MLOPS_GS_MAX_LOOKS),
				 errhint("One element a look, in their order.")));
	number = palloc(*count * sizeof(double));
	for (int i = 0; i < *count; i++)
	{
		number[i] = isnull[i] ? (double) NAN : DatumGetFloat8(element[i]);
		if (isnan(number[i]))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("%s must not contain NULL or NaN", what),
					 errhint("Leave out looks at which nothing was known.")));
	}
	return number;
}

static void
same_count(int n, int m, const char *what)
{
	if (n != m)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("information and %s must have as many elements", what),
				 errdetail("They have %d and %d.", n, m)));
}

/* Spending function by name; its parameter, NULL for the default of those that have one. */
static mlops_spending
spending_argument(FunctionCallInfo fcinfo, int name_at, int parameter_at)
{
	static const struct
	{
		const char *name;
		double		parameter;
		bool		free;
	}			family[] = {{"obrien-fleming", 0, false}, {"pocock", 0, false}, {"power", 2, true},
	{"hwang-shih-decani", -4, true}, {"wang-tsiatis", 0, true}};
	char	   *name = text_to_cstring(PG_GETARG_TEXT_PP(name_at));

	for (int i = 0; i < lengthof(family); i++)
		if (strcmp(name, family[i].name) == 0)
		{
			if (!PG_ARGISNULL(parameter_at) && !family[i].free)
				invalid_design("this spending function has no parameter", "Leave the parameter out.");
			return (mlops_spending) {(mlops_spending_family) i,
				PG_ARGISNULL(parameter_at) ? family[i].parameter : PG_GETARG_FLOAT8(parameter_at)};
		}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown spending function \"%s\"", name),
			 errhint("There are \"obrien-fleming\", \"pocock\", \"power\", \"hwang-shih-decani\" and, for planned looks, \"wang-tsiatis\".")));
}

static void
check_design(const mlops_gs_design *d, int looks, const double *information, double planned)
{
	const char *why = mlops_gs_check(d, looks, information, planned);

	if (why != NULL)
		invalid_design(why, "Information is cumulative, in the order of the looks: 1 / standard_error^2, or units.");
}

/* Options that most functions have at the same places: planned, alpha, spending, parameter, alternative. */
static mlops_gs_design
design_arguments(FunctionCallInfo fcinfo, int at, bool with_alpha)
{
	mlops_gs_design d = {.alpha = 0.05, .drift = (double) NAN};

	for (int i = at; i < at + (with_alpha ? 4 : 3); i++)
		if (PG_ARGISNULL(i) && i != at + (with_alpha ? 2 : 1))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("an option must not be null"),
					 errhint("Leave an argument out to have its default.")));
	if (with_alpha)
		d.alpha = PG_GETARG_FLOAT8(at++);
	d.spending = spending_argument(fcinfo, at, at + 1);
	d.alternative = mlops_alternative_argument(text_to_cstring(PG_GETARG_TEXT_PP(at + 2)));
	return d;
}

/* Planned information; the last look's where it is NULL. */
static double
planned_argument(FunctionCallInfo fcinfo, int n, int looks, const double *information)
{
	return PG_ARGISNULL(n) ? information[looks - 1] : PG_GETARG_FLOAT8(n);
}

/*
 * group_sequential_bounds(information, planned_information, alpha, spending,
 * parameter, alternative, futility, futility_parameter, beta, binding, effect)
 */
Datum
mlops_group_sequential_bounds(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	int			looks;
	double	   *information;
	double		planned;
	mlops_gs_design d;
	mlops_gs_look *look;
	double		drift;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0))
		return (Datum) 0;
	information = numbers_argument(fcinfo, 0, "information", &looks);
	planned = planned_argument(fcinfo, 1, looks, information);
	d = design_arguments(fcinfo, 2, true);
	d.futility = !PG_ARGISNULL(6);
	if (d.futility)
	{
		d.futility_spending = spending_argument(fcinfo, 6, 7);
		d.beta = PG_ARGISNULL(8) ? 0.2 : PG_GETARG_FLOAT8(8);
		d.binding = !PG_ARGISNULL(9) && PG_GETARG_BOOL(9);
		if (!PG_ARGISNULL(10))
			d.drift = fabs(PG_GETARG_FLOAT8(10)) * sqrt(planned);
	}
	else if (!PG_ARGISNULL(7) || !PG_ARGISNULL(8) || !PG_ARGISNULL(9) || !PG_ARGISNULL(10))
		invalid_design("options of futility bounds are set without futility", "Name its spending function as futility.");
	check_design(&d, looks, information, planned);
	look = palloc(looks * sizeof(mlops_gs_look));
	computed(mlops_gs_bounds(&d, looks, information, planned, palloc(MLOPS_GS_WORK * sizeof(double)), interrupts, look, &drift));
	for (int k = 0; k < looks; k++)
	{
		double		bound = d.alternative == MLOPS_LESS ? -look[k].lower : look[k].upper;
		double		tail = mlops_normal_sf(bound);
		Datum		value[10] = {Int32GetDatum(k + 1), Float8GetDatum(information[k]), Float8GetDatum(look[k].fraction),
			Float8GetDatum(look[k].lower), Float8GetDatum(look[k].upper), Float8GetDatum(look[k].spent),
		Float8GetDatum(d.alternative == MLOPS_TWO_SIDED ? 2 * tail : tail)};
		bool		null[10] = {false};

		value[7] = mlops_float8_or_null(look[k].futility_spent, &null[7]);
		value[8] = mlops_float8_or_null((d.alternative == MLOPS_LESS ? -drift : drift) / sqrt(planned), &null[8]);
		value[9] = BoolGetDatum(look[k].collapsed);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, value, null);
	}
	return (Datum) 0;
}

/* "efficacy", "continue", "collapsed" (the look adds nothing), "complete" (the last of the plan, not crossed) */
static const char *
verdict(const mlops_gs_look *look, double z)
{
	if (z >= look->upper || z <= look->lower)
		return "efficacy";
	if (look->collapsed)
		return "collapsed";
	return look->fraction >= 1 ? "complete" : "continue";
}

/* group_sequential_test(information, statistics, planned_information, alpha, spending, parameter, alternative) */
Datum
mlops_group_sequential_test(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	int			looks;
	int			n;
	double	   *information;
	double	   *z;
	double		planned;
	mlops_gs_design d;
	mlops_gs_look *look;
	double	   *work;
	double	   *p;
	bool		stopped = false;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		return (Datum) 0;
	information = numbers_argument(fcinfo, 0, "information", &looks);
	z = numbers_argument(fcinfo, 1, "statistics", &n);
	same_count(looks, n, "statistics");
	planned = planned_argument(fcinfo, 2, looks, information);
	d = design_arguments(fcinfo, 3, true);
	check_design(&d, looks, information, planned);
	look = palloc(looks * sizeof(mlops_gs_look));
	work = palloc(MLOPS_GS_WORK * sizeof(double));
	computed(mlops_gs_bounds(&d, looks, information, planned, work, interrupts, look, NULL));
	p = palloc(looks * sizeof(double));
	computed(mlops_gs_stagewise_p(d.alternative, looks, look, z, work, interrupts, p));
	for (int k = 0; k < looks; k++)
	{
		double		scale = sqrt(information[k]);
		Datum		value[12];
		bool		null[12] = {false};

		value[0] = Int32GetDatum(k + 1);
		value[1] = Float8GetDatum(information[k]);
		value[2] = Float8GetDatum(look[k].fraction);
		value[3] = Float8GetDatum(z[k]);
		value[4] = Float8GetDatum(look[k].lower);
		value[5] = Float8GetDatum(look[k].upper);
		value[6] = Float8GetDatum(look[k].spent);
		value[7] = Float8GetDatum(z[k] / scale);
		value[8] = Float8GetDatum((z[k] - look[k].upper) / scale);
		value[9] = Float8GetDatum((z[k] - look[k].lower) / scale);
		/* ordered by the look of the first stop: nothing comes after one */
		value[10] = mlops_float8_or_null(stopped ? (double) NAN : p[k], &null[10]);
		value[11] = CStringGetTextDatum(verdict(&look[k], z[k]));
		stopped |= z[k] >= look[k].upper || z[k] <= look[k].lower;
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, value, null);
	}
	return (Datum) 0;
}

/* group_sequential_p_value(information, statistics, planned_information, spending, parameter, alternative) */
Datum
mlops_group_sequential_p_value(PG_FUNCTION_ARGS)
{
	int			looks;
	int			n;
	double	   *information;
	double	   *z;
	double		planned;
	double		p;
	mlops_gs_design d;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	information = numbers_argument(fcinfo, 0, "information", &looks);
	z = numbers_argument(fcinfo, 1, "statistics", &n);
	same_count(looks, n, "statistics");
	planned = planned_argument(fcinfo, 2, looks, information);
	d = design_arguments(fcinfo, 3, false);
	check_design(&d, looks, information, planned);
	computed(mlops_gs_sequential_p(&d, looks, information, z, planned, palloc(MLOPS_GS_WORK * sizeof(double)), interrupts,
								   palloc(looks * sizeof(mlops_gs_look)), &p));
	PG_RETURN_FLOAT8(p);
}

/* Looks with given bounds. */
static mlops_gs_look *
bounded_looks(FunctionCallInfo fcinfo, int information_at, int *looks)
{
	double	   *information = numbers_argument(fcinfo, information_at, "information", looks);
	int			n;
	double	   *lower;
	double	   *upper;
	mlops_gs_look *look = palloc0(*looks * sizeof(mlops_gs_look));

	lower = numbers_argument(fcinfo, information_at + 1, "lower", &n);
	same_count(*looks, n, "lower");
	upper = numbers_argument(fcinfo, information_at + 2, "upper", &n);
	same_count(*looks, n, "upper");
	for (int k = 0; k < *looks; k++)
	{
		if (!(information[k] > 0) || !isfinite(information[k]) || (k > 0 && information[k] < information[k - 1]))
			invalid_design("information is not positive, or falls", "Information is cumulative, in the order of the looks.");
		if (lower[k] > upper[k])
			invalid_design("a lower bound is above the upper one", "Bounds are those of the statistic; use '-Infinity' where there is none.");
		look[k].information = information[k];
		look[k].lower = lower[k];
		look[k].upper = upper[k];
	}
	return look;
}

static double
finite_argument(FunctionCallInfo fcinfo, int n, const char *name)
{
	double		x = PG_GETARG_FLOAT8(n);

	if (!isfinite(x))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be a finite number", name)));
	return x;
}

/* group_sequential_power(effect, information, lower, upper) */
Datum
mlops_group_sequential_power(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	int			looks;
	double		effect = finite_argument(fcinfo, 0, "effect");
	mlops_gs_look *look = bounded_looks(fcinfo, 1, &looks);
	double		most = look[looks - 1].information;
	double		before = 0;
	double		reached = 1;
	double	   *upper = palloc(looks * sizeof(double));
	double	   *lower = palloc(looks * sizeof(double));

	InitMaterializedSRF(fcinfo, 0);
	for (int k = 0; k < looks; k++)
	{
		look[k].fraction = look[k].information / most;
		look[k].collapsed = look[k].fraction - before < MLOPS_GS_MIN_STEP * look[k].fraction;
		if (!look[k].collapsed)
			before = look[k].fraction;
	}
	computed(mlops_gs_probabilities(0, 0, effect * sqrt(most), looks, look, palloc(MLOPS_GS_WORK * sizeof(double)), interrupts,
									upper, lower));
	for (int k = 0; k < looks; k++)
	{
		Datum		value[5] = {Int32GetDatum(k + 1), Float8GetDatum(look[k].information), Float8GetDatum(lower[k]),
		Float8GetDatum(upper[k]), Float8GetDatum(reached)};
		bool		null[5] = {false};

		reached = Max(0, reached - upper[k] - lower[k]);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, value, null);
	}
	return (Datum) 0;
}

static Datum
power_to_come(FunctionCallInfo fcinfo, double effect)
{
	int			looks;
	double		z = finite_argument(fcinfo, 0, "statistic");
	double		now = finite_argument(fcinfo, 1, "information");
	mlops_gs_look *look = bounded_looks(fcinfo, 2, &looks);
	TupleDesc	desc;
	double		upper;
	double		lower;
	Datum		value[2];
	bool		null[2] = {false};

	if (!(now > 0))
		invalid_design("the information so far is not positive", "Without data the power is mlops.group_sequential_power().");
	if (!(look[0].information > now))
		invalid_design("a look to come has no more information than there is now", "Pass only the looks that are to come.");
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	desc = BlessTupleDesc(desc);
	computed(mlops_gs_conditional_power(z, now, effect, looks, look, palloc(MLOPS_GS_WORK * sizeof(double)), interrupts,
										&upper, &lower));
	value[0] = Float8GetDatum(lower);
	value[1] = Float8GetDatum(upper);
	return HeapTupleGetDatum(heap_form_tuple(desc, value, null));
}

/* conditional_power(statistic, information, information to come, lower, upper, effect); effect NULL: the estimate */
Datum
mlops_conditional_power(PG_FUNCTION_ARGS)
{
	for (int i = 0; i < 5; i++)
		if (PG_ARGISNULL(i))
			PG_RETURN_NULL();
	return power_to_come(fcinfo, PG_ARGISNULL(5) ? PG_GETARG_FLOAT8(0) / sqrt(PG_GETARG_FLOAT8(1)) :
						 finite_argument(fcinfo, 5, "effect"));
}

/* predictive_power(statistic, information, information to come, lower, upper) */
Datum
mlops_predictive_power(PG_FUNCTION_ARGS)
{
	return power_to_come(fcinfo, (double) NAN);
}

/* alpha_spent(fraction, alpha, spending, parameter) */
Datum
mlops_alpha_spent(PG_FUNCTION_ARGS)
{
	double		t = PG_ARGISNULL(0) ? (double) NAN : PG_GETARG_FLOAT8(0);
	double		alpha = PG_ARGISNULL(1) ? (double) NAN : PG_GETARG_FLOAT8(1);
	mlops_spending s;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2))
		PG_RETURN_NULL();
	s = spending_argument(fcinfo, 2, 3);
	if (!(t >= 0) || !(alpha > 0 && alpha < 1) || !mlops_spending_valid(&s) || s.family == MLOPS_SPEND_WANG_TSIATIS)
		invalid_design("the fraction, alpha or spending function has no meaning", "0 <= fraction, 0 < alpha < 1; \"wang-tsiatis\" is no spending function.");
	PG_RETURN_FLOAT8(mlops_spending_at(&s, alpha, t));
}
