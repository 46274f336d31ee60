/*
 * mlops.c
 *		Module entry: magic block and settings.
 */
#include "compat.h"

MLOPS_MODULE_MAGIC;

PGDLLEXPORT void _PG_init(void);

void
_PG_init(void)
{
}
