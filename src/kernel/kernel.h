/*
 * kernel.h
 *		What every statistics kernel shares.
 *
 * Kernels are C11 and know nothing of PostgreSQL: no allocation, no globals,
 * no I/O.  The caller owns every buffer, a status code tells what happened,
 * and a result that does not exist (no data, zero variance) is reported as a
 * status, never as an error of the process.
 */
#ifndef MLOPS_KERNEL_H
#define MLOPS_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum mlops_status
{
	MLOPS_OK = 0,
	MLOPS_EMPTY,				/* no usable observation on one side */
	MLOPS_DEGENERATE,			/* zero variance, one class, one bin */
	MLOPS_DOMAIN,				/* an argument is outside the function's domain */
	MLOPS_NOSPACE,				/* the caller's buffer is too small */
	MLOPS_NOCONVERGE,			/* an iteration did not reach its tolerance */
	MLOPS_CORRUPT				/* bytes that no writer of ours produced */
} mlops_status;

#endif
