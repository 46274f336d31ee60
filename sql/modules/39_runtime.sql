-- Run-time services in C: the clock, reading as the model's owner, which
-- database this is.  The trampoline (mlops_as_extension_owner) has no SQL
-- declaration of its own: each public function that writes is one.

CREATE FUNCTION mlops._now() RETURNS timestamptz
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlops_now';
COMMENT ON FUNCTION mlops._now() IS 'internal: the time that monitors go by: the clock, or the setting mlops.mock_now';

CREATE FUNCTION mlops.database_token(OUT system_identifier bigint, OUT database_oid oid)
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlops_database_token';
COMMENT ON FUNCTION mlops.database_token() IS 'what tells this database from copies of it: system identifier of the server and OID of the database';

-- The query sees the last four arguments as $1 to $4.  Read-only, as `owner`,
-- rolled back afterwards; only the extension's owner may call it.
CREATE FUNCTION mlops._read_as_owner(owner oid, query text, binnings mlops.binning[],
	lower_bound timestamptz, upper_bound timestamptz, granules timestamptz[]) RETURNS SETOF record
LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 1000 COST 10000 AS 'MODULE_PATHNAME', 'mlops_read_as_owner';
REVOKE EXECUTE ON FUNCTION mlops._read_as_owner(oid, text, mlops.binning[], timestamptz, timestamptz, timestamptz[]) FROM PUBLIC;
COMMENT ON FUNCTION mlops._read_as_owner(oid, text, mlops.binning[], timestamptz, timestamptz, timestamptz[]) IS
	'internal: rows of a query that runs as the owner of a model, read-only';

---------------------------------------------------------------------------
-- cadence: window ends and backoff, on the UTC calendar
---------------------------------------------------------------------------

CREATE FUNCTION mlops._next_window_end(anchor timestamptz, every interval, after timestamptz) RETURNS timestamptz
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlops_next_window_end';
COMMENT ON FUNCTION mlops._next_window_end(timestamptz, interval, timestamptz) IS 'internal: the first anchor + n * every after a time';

CREATE FUNCTION mlops._last_window_end(anchor timestamptz, every interval, until timestamptz) RETURNS timestamptz
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlops_last_window_end';
COMMENT ON FUNCTION mlops._last_window_end(timestamptz, interval, timestamptz) IS 'internal: the last anchor + n * every that is not after a time';

CREATE FUNCTION mlops._shift(t timestamptz, period interval, n int) RETURNS timestamptz
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlops_shift';
COMMENT ON FUNCTION mlops._shift(timestamptz, interval, int) IS 'internal: t + n * period, in UTC whatever the session''s time zone';

CREATE FUNCTION mlops._backoff(every interval, failures int, monitor_id bigint, crashed boolean) RETURNS interval
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlops_backoff';
COMMENT ON FUNCTION mlops._backoff(interval, int, bigint, boolean) IS 'internal: how long a monitor waits after that many failures in a row';

---------------------------------------------------------------------------
-- processes
---------------------------------------------------------------------------

CREATE FUNCTION mlops._try_lock_monitor(monitor_id bigint) RETURNS boolean
LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'mlops_try_lock_monitor';
COMMENT ON FUNCTION mlops._try_lock_monitor(bigint) IS 'internal: takes the lock of a run for this session; false when it is taken';

CREATE FUNCTION mlops._unlock_monitor(monitor_id bigint) RETURNS void
LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'mlops_unlock_monitor';
COMMENT ON FUNCTION mlops._unlock_monitor(bigint) IS 'internal: frees the lock of a run';

CREATE FUNCTION mlops._start_launcher() RETURNS int
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'mlops_start_launcher';
COMMENT ON FUNCTION mlops._start_launcher() IS 'internal: registers the launcher and waits until it runs';

CREATE FUNCTION mlops._stop_launcher(pid int) RETURNS boolean
LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'mlops_stop_launcher';
COMMENT ON FUNCTION mlops._stop_launcher(int) IS 'internal: ends the launcher for good';

CREATE FUNCTION mlops._nudge_launcher(pid int) RETURNS boolean
LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'mlops_nudge_launcher';
COMMENT ON FUNCTION mlops._nudge_launcher(int) IS 'internal: has the launcher look into every database now';

CREATE FUNCTION mlops._test_pause(step text) RETURNS void
LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'mlops_test_pause_sql';
COMMENT ON FUNCTION mlops._test_pause(text) IS 'internal: stops here when the setting mlops.test_pause_at says so, for crash tests';
