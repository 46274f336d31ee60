/*
 * mlops.c
 *		Module entry: magic block and settings.
 */
#include "compat.h"

#include <limits.h>

#include "access/parallel.h"
#include "datatype/timestamp.h"
#include "miscadmin.h"
#include "utils/guc.h"

#include "sample/sample.h"
#include "worker/runtime.h"

MLOPS_MODULE_MAGIC;

PGDLLEXPORT void _PG_init(void);

int			mlops_check_interval = 10;
int			mlops_discovery_interval = 60;
int			mlops_history_days = 730;
int			mlops_lock_timeout = 5000;
int			mlops_max_workers = 2;
char	   *mlops_mock_now = NULL;
char	   *mlops_test_pause_at = NULL;

static bool
check_mock_now(char **newval, void **extra, GucSource source)
{
	TimestampTz ignored;

	/*
	 * A parallel worker takes over the settings of its leader, which has checked
	 * them, in the order of their names: the table of time zone abbreviations that
	 * reading a time needs has been freed by then and comes back later.
	 */
	if (InitializingParallelWorker)
		return true;
	if (*newval == NULL || (*newval)[0] == '\0' || mlops_parse_mock_now(*newval, &ignored))
		return true;
	GUC_check_errdetail("It must be empty or an absolute time such as \"2026-01-31 12:00:00+00\".");
	return false;
}

typedef struct int_setting
{
	const char *name;
	const char *short_text;
	const char *long_text;
	int		   *variable;
	int			boot;
	int			min;
	int			max;
	GucContext	context;
	int			flags;
} int_setting;

/* alphabetical; the documentation's table is compared with pg_settings */
static const int_setting int_settings[] = {
	{"mlops.check_interval",
		"Time between two looks for due monitors in a database.",
		"A monitor starts at most this long after its window is complete.",
	&mlops_check_interval, 10, 1, 3600, PGC_SIGHUP, GUC_UNIT_S},
	{"mlops.discovery_interval",
		"Time between two looks into a database that did not have the extension.",
		"A reload of the configuration, and mlops.start_worker(), look at once.",
	&mlops_discovery_interval, 60, 1, 86400, PGC_SIGHUP, GUC_UNIT_S},
	{"mlops.history_days",
		"Days after which runs, their measurements and resolved alerts are deleted; 0 keeps them.",
		"Counted from when they were made, by the clock; profiles have a retention of their own.",
	&mlops_history_days, 730, 0, 36500, PGC_SIGHUP, 0},
	{"mlops.lock_timeout",
		"How long a read of a monitored relation waits for a lock; 0 is no limit.",
		"A run that waits longer fails and is tried again later.",
	&mlops_lock_timeout, 5000, 0, INT_MAX, PGC_SUSET, GUC_UNIT_MS},
	{"mlops.max_workers",
		"Processes that run monitors at the same time, in all databases together.",
		"They come out of max_worker_processes, beside the launcher and one process per database at work.",
	&mlops_max_workers, 2, 0, 64, PGC_SIGHUP, 0},
};

void
_PG_init(void)
{
	for (int i = 0; i < lengthof(int_settings); i++)
	{
		const int_setting *s = &int_settings[i];

		DefineCustomIntVariable(s->name, s->short_text, s->long_text, s->variable, s->boot,
								s->min, s->max, s->context, s->flags, NULL, NULL, NULL);
	}
	DefineCustomStringVariable("mlops.mock_now",
							   "The time that monitors go by, for tests; empty is the clock.",
							   "An absolute time with zone, such as \"2026-01-31 12:00:00+00\".",
							   &mlops_mock_now, "", PGC_SUSET, GUC_NOT_IN_SAMPLE,
							   check_mock_now, NULL, NULL);
	DefineCustomStringVariable("mlops.test_pause_at",
							   "Stops a run for ever at the step of this name, for crash tests; empty is off.",
							   NULL, &mlops_test_pause_at, "", PGC_SUSET, GUC_NOT_IN_SAMPLE,
							   NULL, NULL, NULL);
	MarkGUCPrefixReserved("mlops");
	mlops_sample_init();

	/* pg_upgrade wants no process to be connected to its databases */
	if (process_shared_preload_libraries_in_progress && !IsBinaryUpgrade)
		mlops_register_launcher();
}
