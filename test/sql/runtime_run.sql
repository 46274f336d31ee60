-- What is due, run_due(), failures, crashes, windows measured again, and who may.
\set VERBOSITY terse
SET client_min_messages = warning;
-- hundreds of small queries in each run: a parallel worker for each would take a minute
SET max_parallel_workers_per_gather = 0;
CREATE ROLE rn_owner;
CREATE ROLE rn_other;
CREATE SCHEMA rn AUTHORIZATION rn_owner;
SELECT mlops.grant_access('rn_owner', 'operator'), mlops.grant_access('rn_other', 'operator');
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
SET intervalstyle = 'postgres';

-- cadence: agrees with the server's own arithmetic in UTC, months from the anchor
SELECT count(*), bool_and(mlops._next_window_end(a, e, t) = n.after), bool_and(mlops._last_window_end(a, e, t) = n.upto)
FROM (VALUES (timestamptz '2024-01-31 00:00+00'), ('2000-01-01 00:00+00'), ('2023-12-31 23:30+00')) v(a),
	 unnest(ARRAY['1 hour', '1 day', '7 days', '1 month', '1 day 12 hours', '1 year', '1 mon 1 day']::interval[]) e,
	 generate_series(timestamptz '2024-01-01 00:00+00', '2026-01-01 00:00+00', '17 days 7 hours') t,
	 LATERAL (SELECT min(x) FILTER (WHERE x > t) AS after, max(x) FILTER (WHERE x <= t) AS upto
			  FROM (SELECT a + e * k AS x
					FROM generate_series(floor(extract(epoch FROM t - a) / extract(epoch FROM e))::int - 12,
										 floor(extract(epoch FROM t - a) / extract(epoch FROM e))::int + 12) k) g) n;
SELECT mlops._shift('2024-03-31 00:00+00', '1 month', -1), mlops._shift('2024-03-31 00:00+00', '1 month', 11);
-- a time zone with daylight saving does not move it
SET timezone = 'Europe/Berlin';
SELECT mlops._next_window_end('2024-01-01 00:00+00', '1 day', '2024-03-31 12:00+00') AT TIME ZONE 'UTC';
SET timezone = 'UTC';
SELECT mlops._next_window_end('2024-01-01 00:00+00', '0', '2024-03-31 12:00+00');
SELECT mlops._next_window_end('2024-01-01 00:00+00', '1 mon -1 day', '2024-03-31 12:00+00');
SELECT mlops._next_window_end('2024-01-01 00:00+00', '1 day', 'infinity');
SELECT mlops._next_window_end('2024-01-01 00:00+00', '1000000 years', '2024-03-31 12:00+00');

-- the clock
SET mlops.mock_now = 'tomorrow';
SET mlops.mock_now = '2026-01-32 00:00+00';
SET mlops.mock_now = '2026-01-08 00:00+00';
SELECT mlops.clock();
SET ROLE rn_owner;
SET mlops.mock_now = '2026-01-08 00:00+00';

-- ten days of rows; half of x is NULL on the last two
CREATE TABLE rn.pred (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz, x float8, score float8);
INSERT INTO rn.pred (at, x, score)
SELECT timestamptz '2026-01-01 00:00+00' + i * interval '6 minutes', CASE WHEN i < 8 * 240 OR i % 2 = 0 THEN i % 10 END, (i % 7) / 7.0
FROM generate_series(0, 10 * 240 - 1) i;
SELECT mlops.register_model('rn'), mlops.register_source('rn', 'rn.pred', at => 'at', id => 'id', score => 'score') IS NOT NULL AS source,
	mlops.set_baseline('rn', from_time => '2026-01-01 00:00+00', to_time => '2026-01-05 00:00+00') IS NOT NULL AS baseline \gset
SELECT mlops.create_monitor('each', 'rn', kind => 'null_rate', every => '1 day', from_time => '2026-01-05 00:00+00', fire_k => 1, fire_n => 1) IS NOT NULL,
	mlops.create_monitor('last', 'rn', kind => 'null_rate', every => '1 day', from_time => '2026-01-05 00:00+00', fire_k => 1, fire_n => 1, catchup => 'latest') IS NOT NULL;
RESET ROLE;
CREATE VIEW rn.history AS
	SELECT monitor, window_end, origin, state, attempt, rows_read, sqlstate, message FROM mlops.run_history;

-- at most so many; the oldest window first; then all of it
CALL mlops.run_due(0);
CALL mlops.run_due(-1);
SELECT count(*) FROM rn.history;
CALL mlops.run_due(1);
SELECT * FROM rn.history ORDER BY window_end, monitor;
-- inside a transaction block it is part of the transaction
BEGIN;
CALL mlops.run_due(1);
SELECT count(*) FROM rn.history;
ROLLBACK;
SELECT count(*) FROM rn.history;
CALL mlops.run_due();
-- 'each' measured every window, 'last' only the latest; rows are read once for both
SELECT * FROM rn.history ORDER BY window_end, monitor;
SELECT name, next_window_end FROM mlops.monitors ORDER BY name;
CALL mlops.run_due();
SELECT count(*) FROM rn.history;
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid();

-- a window that late rows touch is measured again, before any newer one
INSERT INTO rn.pred (at, x, score) SELECT '2026-01-07 03:00+00', NULL, 0 FROM generate_series(1, 60);
SET mlops.mock_now = '2026-01-09 00:00+00';
CALL mlops.run_due();
SELECT * FROM rn.history WHERE window_end >= '2026-01-08' ORDER BY window_end, monitor;
SELECT m.name, x.window_end, x.value, x.revision FROM mlops.measurements x JOIN mlops.monitors m USING (monitor_id)
WHERE column_name = 'x' AND window_end >= '2026-01-08' ORDER BY 1, 2;
SELECT count(*) FROM mlops.restatements;

-- failures: written down, backoff, disabled after max_retries; others go on
SET ROLE rn_owner;
SELECT mlops.create_monitor('each', 'rn', kind => 'null_rate', every => '1 day', fire_k => 1, fire_n => 1, max_retries => 2) IS NOT NULL;
RESET ROLE;
SELECT mlops.register_model('rn2'), mlops.set_owner('rn2', 'rn_other') \gset
CREATE TABLE rn.pred2 AS SELECT at, x, score FROM rn.pred;
GRANT USAGE ON SCHEMA rn TO rn_other;
GRANT SELECT ON rn.pred2 TO rn_other;
SELECT mlops.register_source('rn2', 'rn.pred2', at => 'at', score => 'score', tracking => 'lookback') IS NOT NULL;
SELECT mlops.set_baseline('rn2', previous => true) IS NOT NULL;
SELECT mlops.create_monitor('other', 'rn2', kind => 'null_rate', every => '1 day', from_time => '2026-01-09 00:00+00') IS NOT NULL;
ALTER TABLE rn.pred RENAME COLUMN x TO y;
SET mlops.mock_now = '2026-01-10 00:00+00';
CALL mlops.run_due();
SELECT * FROM rn.history WHERE window_end = '2026-01-10 00:00+00' ORDER BY window_end, monitor;
-- an hour's worth, +- 12.5 %
SELECT name, state, failures, retry_at - mlops.clock() BETWEEN '52 minutes 30 seconds' AND '67 minutes 30 seconds' AS one_hour
FROM mlops.monitors WHERE failures > 0 ORDER BY name;
CALL mlops.run_due();
SET mlops.mock_now = '2026-01-10 02:00+00';
CALL mlops.run_due();
SELECT name, state, failures, retry_at - mlops.clock() BETWEEN '105 minutes' AND '135 minutes' AS two_hours
FROM mlops.monitors WHERE failures > 0 ORDER BY name;
SET mlops.mock_now = '2026-01-10 05:00+00';
CALL mlops.run_due();
SELECT name, state, state_reason, failures FROM mlops.monitors ORDER BY name;
SELECT monitor, state, attempt FROM rn.history WHERE state = 'failed' ORDER BY monitor;
ALTER TABLE rn.pred RENAME COLUMN y TO x;
SELECT mlops.resume_monitor('each');
SET mlops.mock_now = '2026-01-10 12:00+00';
CALL mlops.run_due();
SELECT name, state, failures, next_window_end FROM mlops.monitors ORDER BY name;

-- a run row without a living process is a crash: counted, then tried again
SELECT mlops.drop_monitor('last');
UPDATE mlops.monitors SET next_window_end = '2026-01-10 00:00+00' WHERE name = 'each';
UPDATE mlops.runs r SET state = 'running', pid = 2147483647 FROM mlops.monitors m
WHERE m.monitor_id = r.monitor_id AND m.name = 'each' AND r.window_end = '2026-01-10 00:00+00';
CALL mlops.run_due();
SELECT * FROM rn.history WHERE monitor = 'each' AND window_end = '2026-01-10 00:00+00';
SELECT failures, retry_at - mlops.clock() >= '5 minutes' AS waits FROM mlops.monitors WHERE name = 'each';
SET mlops.mock_now = '2026-01-10 14:00+00';
CALL mlops.run_due();
SELECT * FROM rn.history WHERE monitor = 'each' AND window_end = '2026-01-10 00:00+00';
-- even for a monitor that is not to run any more
UPDATE mlops.runs r SET state = 'running' FROM mlops.monitors m
WHERE m.monitor_id = r.monitor_id AND m.name = 'each' AND r.window_end = '2026-01-10 00:00+00';
SELECT mlops.pause_monitor('each');
CALL mlops.run_due();
SELECT state FROM rn.history WHERE monitor = 'each' AND window_end = '2026-01-10 00:00+00';
SELECT mlops.resume_monitor('each');

-- only the models of one's own roles
SET mlops.mock_now = '2026-01-11 12:00+00';
SET ROLE rn_other;
CALL mlops.run_due();
RESET ROLE;
SELECT monitor, window_end, state FROM rn.history WHERE window_end = '2026-01-11 00:00+00' ORDER BY 1;

-- a relation that calls run_due() in the middle of a run gets nowhere
SET ROLE rn_owner;
ALTER TABLE rn.pred RENAME TO pred_rows;
CREATE FUNCTION rn.again() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN CALL mlops.run_due(); RETURN true; END $$;
CREATE VIEW rn.pred AS SELECT * FROM rn.pred_rows WHERE rn.again();
RESET ROLE;
UPDATE mlops.sources SET relation = 'rn.pred', tracking = 'lookback' WHERE relation = 'rn.pred_rows'::regclass;
CALL mlops.run_due();
SELECT monitor, state, sqlstate, message FROM rn.history WHERE monitor = 'each' AND window_end = '2026-01-11 00:00+00';
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid();

-- who cancels means all of it; what was begun is written down and free
CREATE OR REPLACE FUNCTION rn.again() RETURNS boolean LANGUAGE sql AS 'SELECT pg_sleep(60) IS NOT NULL';
SET mlops.mock_now = '2026-01-12 12:00+00';
SET statement_timeout = '1s';
CALL mlops.run_due();
RESET statement_timeout;
SELECT monitor, state, attempt, sqlstate, message FROM rn.history WHERE window_end = '2026-01-12 00:00+00' ORDER BY 1;
-- max_runtime ends the run only
UPDATE mlops.monitors SET retry_at = NULL;
UPDATE mlops.monitors SET max_runtime = '200 milliseconds' WHERE name = 'each';
CALL mlops.run_due();
SELECT monitor, state, attempt, sqlstate, message FROM rn.history WHERE window_end = '2026-01-12 00:00+00' ORDER BY 1;
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid();

-- what is gone
DROP VIEW rn.pred;
SELECT monitor, last_state, last_sqlstate, failures, lag FROM mlops.monitor_status ORDER BY 1;
UPDATE mlops.monitors SET retry_at = NULL;
CALL mlops.run_due();
SELECT name, state, state_reason FROM mlops.monitors ORDER BY name;

-- the whole schedule
SELECT mlops.pause_schedule();
CALL mlops.run_due();
SELECT state, paused_reason FROM mlops.scheduler_status;
SET ROLE rn_owner;
SELECT mlops.resume_schedule();
RESET ROLE;
SELECT mlops.resume_schedule();
SELECT mlops.paused_reason();
UPDATE mlops.instance SET database_oid = 1;
SELECT mlops.paused_reason();
UPDATE mlops.instance SET system_identifier = 1;
SELECT mlops.paused_reason();
SELECT mlops.resume_schedule();
SELECT mlops.paused_reason();

-- history is bounded, by the clock and not by the windows
UPDATE mlops.runs SET finished_at = clock_timestamp() - interval '800 days' WHERE window_end < '2026-01-08' AND state = 'succeeded';
SELECT count(mlops._prune_history(monitor_id)::text) FROM mlops.monitors;
SELECT min(window_end) FROM mlops.runs;
SELECT min(window_end) FROM mlops.measurements;

SELECT mlops.drop_model('rn'), mlops.drop_model('rn2');
SET client_min_messages = warning;
DROP SCHEMA rn CASCADE;
SELECT mlops.revoke_access('rn_owner', 'operator'), mlops.revoke_access('rn_other', 'operator');
DROP ROLE rn_owner;
DROP ROLE rn_other;
