/*
 * run.h
 *		Running the monitors that are due, in a session or in a worker.
 */
#ifndef MLOPS_RUN_H
#define MLOPS_RUN_H

#include "compat.h"

typedef enum mlops_run_mode
{
	MLOPS_RUN_ATOMIC,			/* inside the caller's transaction */
	MLOPS_RUN_SESSION,			/* CALL that may commit */
	MLOPS_RUN_WORKER			/* background worker, no transaction open */
} mlops_run_mode;

typedef struct mlops_run_context
{
	mlops_run_mode mode;
	Oid			extension_owner;
	Oid			owner;			/* only this owner's monitors; InvalidOid: any */
	Oid			caller;			/* who must belong to the owner; InvalidOid: not asked */
	bool		gone;			/* worker: the extension has been dropped */
} mlops_run_context;

extern int64 mlops_run_due_monitors(mlops_run_context *context, int64 max_runs);
extern void mlops_test_pause(const char *step);

#endif
