/*
 * domain.h
 *		The domain classifier: rows of a query, the fit, the result.
 *
 * domain_query.c is the query, domain_read.c runs it and keeps (a sample of)
 * its rows, domain_fit.c is the statistics, domain.c the SQL function.
 */
#ifndef MLOPS_DRIFT_DOMAIN_H
#define MLOPS_DRIFT_DOMAIN_H

#include "compat.h"
#include "kernel/test.h"
#include "nodes/pg_list.h"

/* Values of the sample, rows times features: what bounds the memory. */
#define DOMAIN_MAX_VALUES	(1 << 24)
#define DOMAIN_MAX_ROWS		1000000
#define DOMAIN_MAX_FEATURES	16384

typedef enum domain_kind
{
	DOMAIN_NUMERIC,				/* numbers, times, boolean: ordered */
	DOMAIN_CATEGORICAL,			/* texts, by their hash */
	DOMAIN_ARRAY				/* numbers, one feature each */
} domain_kind;

typedef struct domain_column
{
	char	   *name;
	domain_kind kind;
	Oid			type;			/* as it comes from the query */
	int			width;			/* features: 1, or elements of the arrays */
	int			first;			/* the first of them */
	double		missing[2];		/* NULL and NaN of the sample, by side; arrays: elements */
	double		importance;		/* NaN until fitted */
	double		gain_share;
} domain_column;

typedef struct domain_options
{
	int64		max_rows;
	int			folds;
	int			trees;
	int			depth;
	int64		seed;
} domain_options;

typedef struct domain_data
{
	int			n_columns;
	domain_column *column;
	int			n_features;
	int64		rows[2];		/* that the query returned, by side */
	int64		excluded;		/* is_current is NULL */
	size_t		n;				/* rows of the sample, in an order that only their content decides */
	size_t		side[2];		/* the same by side */
	bool	   *current;
	double	   *value;			/* feature * n + row; a category is the bits of its hash */
} domain_data;

/*
 * The user's query with one around it that reads its columns as they have to
 * be; fills name, kind, type and width of the columns.  Within SPI.
 */
extern char *mlops_domain_query(const char *query, List *columns, const char *is_current,
								domain_data *data);

/*
 * Runs the query with the rights of the caller, read-only.  columns: list of
 * char *, NIL for all but is_current.
 */
extern domain_data *mlops_domain_read(const char *query, List *columns, const char *is_current,
									  const domain_options *options);

/* The test; fills importance and gain_share of the columns.  Frees data->value. */
extern void mlops_domain_fit(domain_data *data, const domain_options *options, mlops_test *test);

#endif
