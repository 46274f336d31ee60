/*
 * pca.h
 *		mlops.pca in the server: arguments.
 */
#ifndef MLOPS_TYPES_PCA_H
#define MLOPS_TYPES_PCA_H

#include "compat.h"
#include "types/pca_codec.h"

/* A plain, aligned copy (or the datum itself, if it is that); error if damaged. */
extern const mlops_pca *mlops_pca_from_datum(Datum d);

#define PG_GETARG_MLOPS_PCA(n) mlops_pca_from_datum(PG_GETARG_DATUM(n))

#endif
