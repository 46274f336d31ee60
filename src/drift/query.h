/*
 * query.h
 *		Queries that users pass as text.
 */
#ifndef MLOPS_DRIFT_QUERY_H
#define MLOPS_DRIFT_QUERY_H

#include "compat.h"
#include "access/tupdesc.h"

/* What one SELECT returns; error, with the example as a hint, for anything else.  Within SPI. */
extern TupleDesc mlops_query_result(const char *query, const char *example);

/* Number of a column from 0, or -1. */
extern int	mlops_query_column(TupleDesc desc, const char *name);

/* Names for a hint; type: of these only, or InvalidOid. */
extern char *mlops_query_column_names(TupleDesc desc, Oid type);

/* Length without semicolons and blanks at the end. */
extern int	mlops_query_length(const char *query);

#endif
