/*
 * sample_ratio.h
 *		mlops.sample_ratio_evidence in the server.
 */
#ifndef MLOPS_SAMPLE_RATIO_H
#define MLOPS_SAMPLE_RATIO_H

#include "compat.h"
#include "types/sample_ratio_codec.h"
#include "utils/array.h"

/* A plain copy (or the datum itself, if it is that); error if damaged. */
extern const mlops_sample_ratio_evidence *mlops_sample_ratio_from_datum(Datum d);

/* ln of the evidence now. */
extern double mlops_sample_ratio_ln_now(const mlops_sample_ratio_evidence *e);

/* The elements of a float8[] or bigint[] without NULLs, as doubles; error with that name otherwise. */
extern double *mlops_sample_ratio_numbers(ArrayType *array, const char *name, int *n);

#endif
