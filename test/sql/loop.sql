-- The loop on rows that can be counted by hand: collect only what changed,
-- compare, judge, act.  Every expected number follows from the counts.
SET datestyle = 'ISO, YMD';
SET timezone = 'UTC';
SET client_min_messages = warning;
SET extra_float_digits = 0;
\set VERBOSITY terse

CREATE TABLE loop_reference AS
SELECT g AS id, CASE WHEN g % 2 = 0 THEN 'a' ELSE 'b' END AS c, g % 10 + 0.5 AS x FROM generate_series(1, 1000) g;
CREATE TABLE loop_rows (id bigint, at timestamptz, version text, region text, c text, x float8);
CREATE INDEX ON loop_rows (at);
CREATE FUNCTION add_rows(hour int, n int, cs text DEFAULT 'ab', region text DEFAULT 'north') RETURNS void LANGUAGE sql AS $$
	INSERT INTO loop_rows SELECT hour * 10000 + g, timestamptz '2025-03-01' + make_interval(hours => hour, secs => g),
		'v1', region, substr(cs, 1 + g % length(cs), 1), g % 10 + 0.5
	FROM generate_series(1, n) g;
$$;
CREATE FUNCTION clock(hour int) RETURNS void LANGUAGE sql AS $$
	SELECT FROM set_config('mlops.mock_now', (timestamptz '2025-03-01' + make_interval(hours => hour))::text, false) $$;
CREATE VIEW measured AS
SELECT extract(hour FROM x.window_start)::int AS hour, g.key, x.column_name, round(x.value::numeric, 6) AS value,
	   x.n_reference AS n_ref, x.n_current AS n_cur, x.verdict, x.revision
FROM mlops.measurements x JOIN mlops.segments g USING (segment_id) JOIN mlops.monitors m USING (monitor_id)
WHERE m.name = 'loop drift';
CREATE VIEW ran AS
SELECT extract(hour FROM r.window_start)::int AS hour, r.origin, r.state, r.granules_read, r.rows_read
FROM mlops.runs r JOIN mlops.monitors m USING (monitor_id) WHERE m.name = 'loop drift';

SELECT FROM clock(0);
SELECT mlops.register_model('loop') > 0 AS ok;
SELECT mlops.register_source('loop', 'public.loop_rows', at => 'at', id => 'id', version => 'version', segments => '{region}',
							 kinds => '{"c": "categorical", "x": "numeric"}', ignore => '{region}') > 0 AS ok;
-- a baseline without rows is refused, and nothing is left of it
CREATE TABLE loop_nothing (LIKE loop_reference);
ALTER TABLE loop_reference ADD region text DEFAULT 'north';
ALTER TABLE loop_nothing ADD region text;
SELECT mlops.set_baseline('loop', relation => 'public.loop_nothing');
SELECT count(*) FROM mlops.baselines;
SELECT mlops.set_baseline('loop', relation => 'public.loop_reference') > 0 AS ok;
SELECT mlops.create_monitor('loop drift', 'loop', every => '1 hour', over => '1 hour', on_critical => 'retrain',
							from_time => '2025-03-01 00:00+00') > 0 AS ok;

-- no row yet: nothing to say, and that is said
SELECT FROM clock(1);
CALL mlops.run_due();
SELECT * FROM ran;
SELECT column_name, n_cur, verdict FROM measured ORDER BY 1;

-- hour 1 is like the baseline (500 : 500), hour 2 is all a.  The distance of
-- (1/2, 1/2) and (1, 0) is sqrt(3/4 log2(4/3)) = 0.557923.
SELECT FROM add_rows(1, 1000); SELECT FROM add_rows(2, 1000, 'a');
SELECT FROM clock(3);
CALL mlops.run_due();
SELECT * FROM ran ORDER BY hour;
SELECT hour, key, column_name, value, n_ref, n_cur, verdict FROM measured WHERE hour > 0 ORDER BY hour, key::text, column_name;
SELECT round((sqrt(0.75 * log(2, 4.0 / 3)))::numeric, 6) AS by_hand;
SELECT column_name, state, severity, summary FROM mlops.alerts ORDER BY alert_id;

-- an hour that is not over is not read
SELECT FROM add_rows(3, 1000, 'a'); SELECT FROM add_rows(4, 1000, 'a');
SELECT FROM clock(4);
CALL mlops.run_due();
SELECT * FROM ran WHERE hour = 3;
SELECT column_name, state, severity FROM mlops.alerts ORDER BY alert_id;
SELECT state, reason, occurrences, array_length(alert_ids, 1) AS alerts, evidence->'alerts'->0->>'column' AS first_column
FROM mlops.retrain_requests;

-- late rows: 500 more of b in hour 2 make it (1000, 500).  Only that granule is
-- read again (with hour 4, which is over now), only that window is measured again.
INSERT INTO loop_rows SELECT 90000 + g, timestamptz '2025-03-01 02:30', 'v1', 'north', 'b', 1 FROM generate_series(1, 500) g;
SELECT FROM clock(5);
CALL mlops.run_due();
SELECT * FROM ran ORDER BY hour;
SELECT hour, value, n_cur, verdict, revision FROM measured WHERE column_name = 'c' AND key = '{}' ORDER BY hour;
SELECT extract(hour FROM granule)::int AS hour, max(revision) AS revision FROM mlops.profiles GROUP BY 1 ORDER BY 1;
-- (1/2, 1/2) and (2/3, 1/3)
SELECT round(sqrt(0.5 * (0.5 * log(2, 0.5 / (7.0 / 12)) + 0.5 * log(2, 0.5 / (5.0 / 12)))
				+ 0.5 * (2.0 / 3 * log(2, (2.0 / 3) / (7.0 / 12)) + 1.0 / 3 * log(2, (1.0 / 3) / (5.0 / 12)))), 6) AS by_hand;

-- an update that changes nothing that is watched: read again, nothing restated
UPDATE loop_rows SET version = 'v2' WHERE at < '2025-03-01 02:00+00';
SELECT FROM clock(6);
CALL mlops.run_due();
SELECT * FROM ran WHERE hour IN (1, 5) ORDER BY hour;
SELECT extract(hour FROM granule)::int AS hour, max(revision) AS revision FROM mlops.profiles WHERE granule < '2025-03-01 02:00+00' GROUP BY 1 ORDER BY 1;
SELECT count(*) AS waiting FROM mlops.restatements;

-- all rows of an hour deleted: its profiles go, its window has no data
DELETE FROM loop_rows WHERE at >= '2025-03-01 01:00+00' AND at < '2025-03-01 02:00+00';
SELECT FROM clock(7);
CALL mlops.run_due();
SELECT * FROM ran WHERE hour IN (1, 6) ORDER BY hour;
SELECT count(*) FROM mlops.profiles WHERE granule = '2025-03-01 01:00+00';
SELECT hour, key, column_name, n_cur, verdict, revision FROM measured WHERE hour = 1 ORDER BY key::text, column_name;

-- nothing happened: nothing is read
SELECT FROM clock(8);
CALL mlops.run_due();
SELECT * FROM ran WHERE hour = 7;

-- slices: a new one appears, NULL is one of its own; the total counts all
SELECT FROM add_rows(8, 600, 'ab', 'south'); SELECT FROM add_rows(8, 300, 'ab', NULL); SELECT FROM add_rows(8, 700);
SELECT FROM clock(9);
CALL mlops.run_due();
SELECT key, n_ref, n_cur, verdict FROM measured WHERE hour = 8 AND column_name = 'c' ORDER BY key::text;

-- a column that is gone: the run fails with the reason, the monitor waits, and goes on when it is back
ALTER TABLE loop_rows RENAME x TO y;
SELECT FROM clock(10);
INSERT INTO loop_rows VALUES (1, '2025-03-01 09:30+00', 'v1', 'north', 'a', 1);
CALL mlops.run_due();
SELECT r.state, r.sqlstate, r.message, m.state AS monitor, m.failures, m.retry_at > mlops._now() AS waits
FROM mlops.runs r JOIN mlops.monitors m USING (monitor_id) WHERE m.name = 'loop drift' ORDER BY run_id DESC LIMIT 1;
ALTER TABLE loop_rows RENAME y TO x;
SELECT FROM clock(12);
CALL mlops.run_due();
SELECT hour, state, rows_read FROM ran WHERE hour >= 9 ORDER BY hour;

-- a backtest plays the same stages over the stored granules: what it says is what
-- happened in the windows that no late row has touched since, and nothing is written
CREATE TEMP TABLE before AS
SELECT (SELECT count(*) FROM mlops.monitors) AS monitors, (SELECT count(*) FROM mlops.runs) AS runs,
	   (SELECT count(*) FROM mlops.measurements) AS measurements, (SELECT count(*) FROM mlops.alerts) AS alerts,
	   (SELECT count(*) FROM mlops.alert_events) AS events, (SELECT count(*) FROM mlops.retrain_requests) AS requests;
SELECT extract(hour FROM window_end)::int - 1 AS hour, event, severity, segment, column_name, round(value::numeric, 6) AS value, asks_for_retraining
FROM mlops.backtest('loop drift', '2025-03-01 03:00+00', '2025-03-01 12:00+00');
SELECT extract(hour FROM e.window_end)::int - 1 AS hour, e.event, e.to_state, a.severity, a.column_name
FROM mlops.alert_events e JOIN mlops.alerts a USING (alert_id) WHERE e.event <> 'note' ORDER BY event_id;
SELECT (SELECT count(*) FROM mlops.monitors) = monitors AND (SELECT count(*) FROM mlops.runs) = runs
	   AND (SELECT count(*) FROM mlops.measurements) = measurements AND (SELECT count(*) FROM mlops.alerts) = alerts
	   AND (SELECT count(*) FROM mlops.alert_events) = events AND (SELECT count(*) FROM mlops.retrain_requests) = requests AS nothing_written
FROM before;
SELECT count(*) FROM mlops.backtest('loop drift', '2030-01-01', '2030-02-01');
SELECT * FROM mlops.backtest('loop drift', '2030-01-01', '2030-01-01');
DROP TABLE before;

SELECT mlops.drop_model('loop');
SELECT count(*) FROM mlops.profiles;
SELECT count(*) FROM mlops.changes;
SELECT count(*) FROM pg_trigger WHERE tgrelid = 'loop_rows'::regclass;
RESET mlops.mock_now;
DROP VIEW measured, ran;
DROP FUNCTION add_rows, clock;
DROP TABLE loop_rows, loop_reference, loop_nothing;
