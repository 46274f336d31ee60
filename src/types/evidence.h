/*
 * evidence.h
 *		mlops.evidence in the server: arguments and results.
 */
#ifndef MLOPS_EVIDENCE_TYPE_H
#define MLOPS_EVIDENCE_TYPE_H

#include "compat.h"
#include "types/evidence_codec.h"

/* A plain, aligned copy (or the datum itself, if it is that); error if damaged. */
extern const mlops_evidence *mlops_evidence_from_datum(Datum d);

#define PG_GETARG_MLOPS_EVIDENCE(n) mlops_evidence_from_datum(PG_GETARG_DATUM(n))

/* A palloc'd copy with room for more empty phases, its length set. */
extern mlops_evidence *mlops_evidence_copy(const mlops_evidence *e, uint32 more);

#endif
