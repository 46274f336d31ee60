/*
 * moments.h
 *		mlops.moments in the server: arguments and results.
 */
#ifndef MLOPS_MOMENTS_H
#define MLOPS_MOMENTS_H

#include "compat.h"
#include "types/moments_codec.h"

/* A plain, aligned copy (or the datum itself, if it is that); error if damaged. */
extern const mlops_moments *mlops_moments_from_datum(Datum d);

#define PG_GETARG_MLOPS_MOMENTS(n) mlops_moments_from_datum(PG_GETARG_DATUM(n))

/* A palloc'd value of no rows. */
extern mlops_moments *mlops_moments_empty(int variables);

#endif
