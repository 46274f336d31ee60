/*
 * compat.h
 *		The only file that looks at PG_VERSION_NUM (15 to 18, 19 early).
 */
#ifndef MLOPS_COMPAT_H
#define MLOPS_COMPAT_H

#include "postgres.h"
#include "fmgr.h"

#if PG_VERSION_NUM < 150000
#error "mlops needs PostgreSQL 15 or later"
#endif

/*
 * The module is built with hidden visibility, and before release 16
 * PGDLLEXPORT is empty outside Windows: the magic block and pg_finfo_*
 * functions would be hidden.
 */
#if PG_VERSION_NUM < 160000 && defined(__GNUC__)
#undef PGDLLEXPORT
#define PGDLLEXPORT __attribute__((visibility("default")))
#endif

#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#if PG_VERSION_NUM >= 180000
#define MLOPS_MODULE_MAGIC PG_MODULE_MAGIC_EXT(.name = "mlops", .version = "0.1")
#else
#define MLOPS_MODULE_MAGIC PG_MODULE_MAGIC
#endif

/*
 * A function that SQL calls.  Releases before 16 do not export the function
 * itself, only its pg_finfo_ record.
 */
#define MLOPS_FUNCTION(name) \
	PGDLLEXPORT Datum name(PG_FUNCTION_ARGS); \
	PG_FUNCTION_INFO_V1(name)

/*
 * Report bad input: softly where the caller asked for that (16 and later),
 * as an error otherwise.  Returns dummy from the calling function.
 */
#if PG_VERSION_NUM >= 160000
#define MLOPS_ERETURN(fcinfo, dummy, ...) ereturn((fcinfo)->context, dummy, __VA_ARGS__)
#else
#define MLOPS_ERETURN(fcinfo, dummy, ...) \
	do { ereport(ERROR, __VA_ARGS__); return dummy; } while (0)
#endif

/* DecodeDateTime() takes one more output argument from 16 on; datetime.h first. */
#if PG_VERSION_NUM >= 160000
#define mlops_decode_datetime(field, type, nf, dtype, tm, fsec, tz) \
	DecodeDateTime(field, type, nf, dtype, tm, fsec, tz, &(DateTimeErrorExtra) {0})
#else
#define mlops_decode_datetime DecodeDateTime
#endif

/*
 * tuplesort_getdatum() is told from 16 on whether to copy what is passed by
 * reference; before, it always did.  tuplesort.h first.
 */
#if PG_VERSION_NUM >= 160000
#define mlops_tuplesort_copydatum(sort, value, isnull) tuplesort_getdatum(sort, true, true, value, isnull, NULL)
#else
#define mlops_tuplesort_copydatum(sort, value, isnull) tuplesort_getdatum(sort, true, value, isnull, NULL)
#endif

#endif
