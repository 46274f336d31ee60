/*
 * pca.c
 *		Fit a PCA to moments; reconstruction errors of rows and of moments.
 */
#include "types/pca.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "drift/result.h"
#include "funcapi.h"
#include "types/features.h"
#include "types/moments.h"
#include "utils/tuplestore.h"

MLOPS_FUNCTION(mlops_pca_of_moments);
MLOPS_FUNCTION(mlops_pca_reconstruction_error);
MLOPS_FUNCTION(mlops_pca_residuals);
MLOPS_FUNCTION(mlops_pca_mean_squared_error);
MLOPS_FUNCTION(mlops_pca_contributions);

/* pca(moments, variance float8): NULL when the number of variables is not known */
Datum
mlops_pca_of_moments(PG_FUNCTION_ARGS)
{
	const mlops_moments *m = PG_GETARG_MLOPS_MOMENTS(0);
	double		variance = PG_GETARG_FLOAT8(1);
	int			k = m->variables;
	mlops_pca  *p;
	mlops_pca_view v;

	if (!(variance > 0 && variance < 1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the share of the variance must be between 0 and 1"),
				 errdetail("Both ends are excluded: something has to be kept, and something has to be left.")));
	if (k == 0)
		PG_RETURN_NULL();
	/* as if all components were kept; cut below */
	p = palloc0(mlops_pca_size(k, k));
	p->version = MLOPS_PCA_VERSION;
	p->variables = k;
	p->n = m->n;
	p->variance = variance;
	v = mlops_pca_view_of(p);
	if (mlops_pca_fit(&v, mlops_moments_mean(m), mlops_moments_comoment(m), palloc((Size) k * k * sizeof(double))) != MLOPS_OK)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("these moments have no correlation matrix"),
				 errdetail("They are not those of any rows, or products of the rows were out of range.")));
	p->kept = v.kept;
	SET_VARSIZE(p, mlops_pca_size(k, v.kept));
	PG_RETURN_POINTER(p);
}

/* Arguments 0, 1: model and array; the error, and the residuals in residual[]. */
static double
row_error(FunctionCallInfo fcinfo, mlops_pca_view *v, double *residual)
{
	double	   *x;

	*v = mlops_pca_view_of(PG_GETARG_MLOPS_PCA(0));
	if (mlops_features_expect(PG_GETARG_ARRAYTYPE_P(1), v->k, &x) != MLOPS_ROW_FINITE)
		return NAN;
	return mlops_pca_error(v, x, residual);
}

/* pca_reconstruction_error(pca, features) */
Datum
mlops_pca_reconstruction_error(PG_FUNCTION_ARGS)
{
	double		residual[MLOPS_COMOMENTS_MAX];
	mlops_pca_view v;
	double		error = row_error(fcinfo, &v, residual);

	if (isnan(error))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(error);
}

/* pca_residuals(pca, features): elements NULL for variables that take no part */
Datum
mlops_pca_residuals(PG_FUNCTION_ARGS)
{
	double		residual[MLOPS_COMOMENTS_MAX];
	Datum		item[MLOPS_COMOMENTS_MAX];
	bool		isnull[MLOPS_COMOMENTS_MAX];
	int			lower = 1;
	mlops_pca_view v;

	if (isnan(row_error(fcinfo, &v, residual)))
		PG_RETURN_NULL();
	for (int i = 0; i < v.k; i++)
	{
		item[i] = Float8GetDatum(residual[i]);
		isnull[i] = v.sd[i] == 0;
	}
	PG_RETURN_ARRAYTYPE_P(construct_md_array(item, isnull, 1, &v.k, &lower, FLOAT8OID,
											 sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

/* Arguments 0, 1: model and moments; the mean squared error, and its parts in column[]. */
static double
mean_squares(FunctionCallInfo fcinfo, mlops_pca_view *v, double *column)
{
	const mlops_moments *m = PG_GETARG_MLOPS_MOMENTS(1);

	*v = mlops_pca_view_of(PG_GETARG_MLOPS_PCA(0));
	if (m->variables == 0)
		return NAN;
	if (m->variables != v->k)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("moments of %d variables do not fit a model of %d", m->variables, v->k),
				 errhint("Give the moments of the variables the model was fitted to, in the same order.")));
	return mlops_pca_mean_squares(v, m->n, mlops_moments_mean(m), mlops_moments_comoment(m), column,
								  palloc((Size) v->k * (v->k + 1) * sizeof(double)));
}

/* pca_mean_squared_error(pca, moments) */
Datum
mlops_pca_mean_squared_error(PG_FUNCTION_ARGS)
{
	double		column[MLOPS_COMOMENTS_MAX];
	mlops_pca_view v;
	double		total = mean_squares(fcinfo, &v, column);

	if (isnan(total))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(total);
}

/*
 * pca_contributions(pca, moments): a row a variable: its part of the mean
 * squared error of the reference and of these rows, and its share of the latter.
 */
Datum
mlops_pca_contributions(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	double		current[MLOPS_COMOMENTS_MAX];
	double		reference[MLOPS_COMOMENTS_MAX];
	mlops_pca_view v;
	double		total = mean_squares(fcinfo, &v, current);

	InitMaterializedSRF(fcinfo, 0);
	mlops_pca_own_mean_squares(&v, reference);
	for (int i = 0; i < v.k; i++)
	{
		Datum		value[4] = {Int32GetDatum(i + 1)};
		bool		isnull[4] = {false};
		bool		varies = v.sd[i] > 0;

		value[1] = mlops_float8_or_null(varies ? reference[i] : NAN, &isnull[1]);
		value[2] = mlops_float8_or_null(varies && !isnan(total) ? current[i] : NAN, &isnull[2]);
		value[3] = mlops_float8_or_null(varies && total > 0 ? current[i] / total : NAN, &isnull[3]);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, value, isnull);
	}
	return (Datum) 0;
}
