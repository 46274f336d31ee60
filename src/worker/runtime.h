/*
 * runtime.h
 *		What the files of this room share: settings, the clock, and who the
 *		extension belongs to.
 */
#ifndef MLOPS_RUNTIME_H
#define MLOPS_RUNTIME_H

#include "compat.h"
#include "datatype/timestamp.h"

/* settings, src/mlops.c */
extern int	mlops_check_interval;
extern int	mlops_discovery_interval;
extern int	mlops_history_days;
extern int	mlops_lock_timeout;
extern int	mlops_max_workers;
extern char *mlops_mock_now;
extern char *mlops_test_pause_at;

/* clock.c */
extern bool mlops_parse_mock_now(const char *text, TimestampTz *result);

/* as_owner.c */
extern void mlops_pin_semantics(void);
extern Oid	mlops_extension_owner(Oid extension);
extern Oid	mlops_extension_of(Oid function, Oid *owner);

/* launcher.c */
extern void mlops_register_launcher(void);

#endif
