/*
 * two_samples.h
 *		mlops.two_samples in the server: arguments.
 */
#ifndef MLOPS_TWO_SAMPLES_H
#define MLOPS_TWO_SAMPLES_H

#include "compat.h"
#include "types/two_samples_codec.h"

/* A plain, aligned copy (or the datum itself, if it is that); error if damaged. */
extern const mlops_two_samples *mlops_two_samples_from_datum(Datum d);

#define PG_GETARG_MLOPS_TWO_SAMPLES(n) mlops_two_samples_from_datum(PG_GETARG_DATUM(n))

#endif
