/*
 * bucket.h
 *		What the SQL functions of assignment share.
 */
#ifndef MLOPS_EXPERIMENT_BUCKET_H
#define MLOPS_EXPERIMENT_BUCKET_H

#include "compat.h"

#include "kernel/experiment/bucket.h"

extern const mlops_bucket_method *mlops_require_bucket_method(text *name);

#endif
