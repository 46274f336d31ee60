/*
 * binning.h
 *		mlops.binning in the server: arguments and results.
 */
#ifndef MLOPS_BINNING_H
#define MLOPS_BINNING_H

#include "compat.h"
#include "lib/stringinfo.h"
#include "types/binning_codec.h"
#include "datatype/timestamp.h"

/* A plain, aligned copy (or the datum itself, if it is that); error if damaged. */
extern const mlops_binning *mlops_binning_from_datum(Datum d);

/* A palloc'd binning, or an error that says what is wrong with the items. */
extern mlops_binning *mlops_binning_from_edges(const double *edges, int n);
extern mlops_binning *mlops_binning_from_labels(const char *const *label, const int *len, int n);

/* Give a filled image its length word after sealing it; error if it is bad. */
extern void mlops_binning_finish(mlops_binning *b);

/* The same binning with its labels as UTF-8, or back (error if they are not). */
extern const mlops_binning *mlops_binning_convert(const mlops_binning *b, bool from_utf8);

/* "kind": ..., "edges" or "labels": [...] [, "range": [...]] */
extern void mlops_binning_json_members(StringInfo buf, const mlops_binning *b);

/* Seconds since 1970, infinity for infinite time stamps: as extract(epoch ...). */
extern double mlops_timestamptz_seconds(TimestampTz t);

#define PG_GETARG_MLOPS_BINNING(n) mlops_binning_from_datum(PG_GETARG_DATUM(n))

#endif
