/*
 * over_query.h
 *		Estimators that read a query of the user's.
 */
#ifndef MLOPS_EXPERIMENT_OVER_QUERY_H
#define MLOPS_EXPERIMENT_OVER_QUERY_H

#include "compat.h"
#include "fmgr.h"

/* A column that the query has to return, or may. */
typedef struct mlops_query_input
{
	const char *name;
	const char *cast;			/* to this type; NULL: as it is */
	const char *otherwise;		/* expression for a query without it; NULL: error */
} mlops_query_input;

/*
 * The user's query as "SELECT ... AS name, ... FROM (query)", with the columns
 * of input.  example goes into the hint of an error.  Within SPI.
 */
extern char *mlops_input_query(const char *query, const mlops_query_input *input, int n, const char *example);

/*
 * Runs sql with the rights of the caller, read-only, and returns its first row
 * (mlops_query_row) or all rows (mlops_query_rows) as the calling function's
 * result, whose columns must be those of sql.  Within SPI, which both finish.
 */
extern Datum mlops_query_row(FunctionCallInfo fcinfo, const char *sql);
extern Datum mlops_query_rows(FunctionCallInfo fcinfo, const char *sql);

#endif
