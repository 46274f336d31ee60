-- Rows that are legal and unkind, settings that would lose changes, and work that
-- never ends.  Every expected number follows from the statements above it.
SET datestyle = 'ISO, YMD';
SET timezone = 'UTC';
SET client_min_messages = warning;
-- hundreds of small queries in each run: a parallel worker for each would take a minute
SET max_parallel_workers_per_gather = 0;
\set VERBOSITY terse

CREATE TABLE hostile (id bigint GENERATED ALWAYS AS IDENTITY, at timestamptz, x numeric, seg text);
CREATE FUNCTION clock(t timestamptz) RETURNS void LANGUAGE sql AS $$
	SELECT FROM set_config('mlops.mock_now', t::text, false) $$;
CREATE VIEW ran AS
SELECT m.name, to_char(r.window_end, 'DD HH24') AS ends, r.origin, r.state, r.rows_read, r.message
FROM mlops.runs r JOIN mlops.monitors m USING (monitor_id);

-- one row of the year 1, then nothing for two thousand years of hours
INSERT INTO hostile (at, x, seg) VALUES ('0001-06-01 12:30+00', 1, 'a');
INSERT INTO hostile (at, x, seg)
SELECT timestamptz '2026-01-01' + g * interval '1 minute', g % 10, 'a' FROM generate_series(0, 1439) g;
SELECT FROM clock('2026-01-02');
SELECT mlops.register_model('hostile') > 0 AS ok;
SELECT mlops.register_source('hostile', 'public.hostile', at => 'at', id => 'id', segments => '{seg}', ignore => '{seg}',
							 kinds => '{"x": "numeric"}') > 0 AS ok;
SELECT mlops.set_baseline('hostile', from_time => '2026-01-01', to_time => '2026-01-02') > 0 AS ok;
SELECT mlops.create_monitor('hostile', 'hostile', every => '1 hour', over => '1 hour', min_rows => 50,
							from_time => '2026-01-01 00:00+00') > 0 AS ok;
SELECT s.granules_read, s.rows_read, s.more FROM generate_series(1, 3) i, LATERAL 
	mlops._collect_step((SELECT x.source_id FROM mlops.sources x JOIN mlops.models USING (model_id) WHERE models.name = 'hostile' AND i > 0), NULL, 744) s;

-- under one snapshot for all, changes that commit meanwhile would be lost
BEGIN ISOLATION LEVEL REPEATABLE READ;
CALL mlops.run_due();
ROLLBACK;
BEGIN ISOLATION LEVEL SERIALIZABLE;
CALL mlops.run_due();
ROLLBACK;
SET default_transaction_isolation = 'repeatable read';
CALL mlops.run_due();
RESET default_transaction_isolation;
SELECT count(*) FROM ran;

-- numbers that float8 cannot hold: infinite or zero, as the text of their column says
CALL mlops.run_due();
SELECT state, count(*), sum(rows_read) FROM ran GROUP BY 1;
INSERT INTO hostile (at, x, seg) VALUES
	('2026-01-02 00:10', 1e400, 'a'), ('2026-01-02 00:10', -1e400, 'a'), ('2026-01-02 00:10', 1e-400, 'a'),
	('2026-01-02 00:10', -1e-400, 'a'), ('2026-01-02 00:10', 'NaN', 'a'), ('2026-01-02 00:10', 'Infinity', 'a'),
	('2026-01-02 00:10', NULL, 'a'), ('2026-01-02 00:10', 1.5e308, 'a'), ('2026-01-02 00:10', 0, 'a');
-- values of a segment column that no index entry holds, alike for 3000 characters
INSERT INTO hostile (at, x, seg)
SELECT '2026-01-02 00:20', 1, (SELECT string_agg(md5(g::text), '') FROM generate_series(1, 100) g) || v
FROM unnest('{one,one,two}'::text[]) v;
INSERT INTO hostile (at, x, seg) VALUES ('2026-01-02 00:20', 1, ''), ('2026-01-02 00:20', 1, NULL);
SELECT FROM clock('2026-01-02 01:00');
CALL mlops.run_due();
SELECT ends, origin, state, rows_read, message FROM ran WHERE ends = '02 01';
SELECT p.row_count, mlops.null_count(p.profile) AS nulls, d.nan, d.pos_inf, d.neg_inf, d.zeros
FROM mlops.profiles p JOIN mlops.segments g USING (segment_id), mlops.describe(p.profile) d
WHERE p.granule = '2026-01-02 00:00' AND p.column_no > 0 AND g.key = '{}';
SELECT left(g.key ->> 'seg', 12) AS value, length(g.key ->> 'seg') AS length, p.row_count
FROM mlops.profiles p JOIN mlops.segments g USING (segment_id)
WHERE p.granule = '2026-01-02 00:00' AND p.column_no = 0 ORDER BY g.key::text COLLATE "C";

-- rows that keep changing give windows to measure again without end; a new window
-- has its turn after a hundred of them
INSERT INTO hostile (at, x, seg)
SELECT timestamptz '2026-01-02 01:00' + g * interval '1 minute', g % 10, 'a' FROM generate_series(0, 60 * 120 - 1) g;
SELECT FROM clock('2026-01-07 01:00');
CALL mlops.run_due();
SELECT origin, state, count(*) FROM ran GROUP BY 1, 2 ORDER BY 1, 2;
UPDATE hostile SET x = x + 1 WHERE at >= '2026-01-02 01:00';
SELECT FROM clock('2026-01-07 02:00');
CALL mlops.run_due(102);	-- one that finds the changes, a hundred of them, and one
SELECT origin, state, count(*) FROM ran GROUP BY 1, 2 ORDER BY 1, 2;
SELECT FROM clock('2026-01-07 03:00');
CALL mlops.run_due(1);
SELECT max(ends) FROM ran;
SELECT mlops.drop_model('hostile');

-- volume compares with the windows before: late rows of one of them count, too
CREATE TABLE volume_rows (at timestamptz, x float8);
INSERT INTO volume_rows SELECT timestamptz '2026-01-01' + g * interval '1 minute', 1 FROM generate_series(0, 60 * 10 - 1) g;
SELECT FROM clock('2026-01-01 10:00');
SELECT mlops.register_model('volume') > 0 AS ok;
SELECT mlops.register_source('volume', 'public.volume_rows', at => 'at', retention => '8 hours') > 0 AS ok;
SELECT mlops.create_monitor('volume', 'volume', kind => 'volume', every => '1 hour', over => '1 hour',
							from_time => '2026-01-01 08:00') > 0 AS ok;
CALL mlops.run_due();
-- hours 2 to 7 and 2 to 8: what retention has taken is not an hour without rows
SELECT x.window_end, x.value, x.n_reference, x.verdict FROM mlops.measurements x ORDER BY 1;
INSERT INTO volume_rows SELECT timestamptz '2026-01-01 05:30', 1 FROM generate_series(1, 5);
SELECT FROM clock('2026-01-01 11:00');
INSERT INTO volume_rows SELECT timestamptz '2026-01-01 10:00' + g * interval '1 minute', 1 FROM generate_series(0, 59) g;
CALL mlops.run_due();
SELECT ends, origin, state FROM ran ORDER BY ends;
-- late rows of a time that retention has taken change nothing that was measured then
UPDATE mlops.runs SET origin = 'live' WHERE monitor_id = (SELECT monitor_id FROM mlops.monitors WHERE name = 'volume');
INSERT INTO volume_rows SELECT timestamptz '2026-01-01 00:30', 1 FROM generate_series(1, 5);
CALL mlops.run_due();
SELECT FROM clock('2026-01-01 12:00');
INSERT INTO volume_rows SELECT timestamptz '2026-01-01 11:00' + g * interval '1 minute', 1 FROM generate_series(0, 59) g;
CALL mlops.run_due();
SELECT ends, origin, state FROM ran ORDER BY ends;
SELECT min(granule) FROM mlops.profiles;
SELECT mlops.drop_model('volume');

-- with three weeks of history, it is the windows a week, two weeks ... before
CREATE TABLE weekly_rows (at timestamptz, x float8);
INSERT INTO weekly_rows SELECT timestamptz '2026-01-01' + g * interval '1 hour', 1 FROM generate_series(0, 24 * 31 - 1) g;
SELECT FROM clock('2026-02-01');
SELECT mlops.register_model('weekly') > 0 AS ok;
SELECT mlops.register_source('weekly', 'public.weekly_rows', at => 'at') > 0 AS ok;
SELECT mlops.create_monitor('weekly', 'weekly', kind => 'volume', every => '1 day', over => '1 day', from_time => '2026-01-26') > 0 AS ok;
CALL mlops.run_due();
INSERT INTO weekly_rows SELECT timestamptz '2026-01-14 12:30', 1 FROM generate_series(1, 5);	-- 14 and 7 days before
SELECT FROM clock('2026-02-02');
CALL mlops.run_due();
SELECT ends, origin, state FROM ran WHERE name = 'weekly' ORDER BY origin, ends;
SELECT mlops.drop_model('weekly');

-- NULL counts before there are bins, too: a column that is all NULL on the first
-- day and a, b on the second, against the day before
CREATE TABLE null_rows (at timestamptz, x text);
INSERT INTO null_rows
SELECT timestamptz '2026-01-01' + g * interval '1 minute', CASE WHEN g >= 1440 THEN substr('ab', 1 + g % 2, 1) END
FROM generate_series(0, 3 * 1440 - 1) g;
SELECT FROM clock('2026-01-02');
SELECT mlops.register_model('nulls') > 0 AS ok;
SELECT mlops.register_source('nulls', 'public.null_rows', at => 'at') > 0 AS ok;
SELECT mlops.set_baseline('nulls', previous => true) > 0 AS ok;
SELECT mlops.create_monitor('nulls', 'nulls', every => '12 hours', over => '1 day', from_time => '2026-01-01 12:00') > 0 AS ok;
CALL mlops.run_due();
SELECT FROM clock('2026-01-04');
CALL mlops.run_due();
-- (1, 0) and (1/2, 1/4, 1/4): as far as (1, 0) and (1/2, 1/2), 0.557923
SELECT x.window_end, round(x.value::numeric, 6) AS value, x.n_reference, x.n_current, x.null_share_reference AS nulls_ref,
	   x.null_share_current AS nulls_cur, x.verdict
FROM mlops.measurements x JOIN mlops.monitors m USING (monitor_id) WHERE m.name = 'nulls' ORDER BY 1;
-- a baseline of its own that is all NULL: what comes afterwards is drift
SELECT mlops.register_model('all null') > 0 AS ok;
SELECT mlops.register_source('all null', 'public.null_rows', at => 'at') > 0 AS ok;
SELECT mlops.set_baseline('all null', from_time => '2026-01-01', to_time => '2026-01-02') > 0 AS ok;
SELECT mlops.create_monitor('all null', 'all null', every => '1 day', over => '1 day', from_time => '2026-01-01') > 0 AS ok;
CALL mlops.run_due();
SELECT x.window_end, x.value, x.n_reference, x.n_current, x.verdict
FROM mlops.measurements x JOIN mlops.monitors m USING (monitor_id) WHERE m.name = 'all null' ORDER BY 1;
SELECT mlops.drop_model('nulls'), mlops.drop_model('all null');

-- late rows make the first verdict of the newest window: its alert opens with it
CREATE TABLE late_rows (at timestamptz, x text);
INSERT INTO late_rows SELECT timestamptz '2026-01-01' + g * interval '3 seconds', substr('ab', 1 + g % 2, 1) FROM generate_series(0, 1199) g;
INSERT INTO late_rows SELECT timestamptz '2026-01-01 01:00' + g * interval '1 second', 'c' FROM generate_series(1, 100) g;
SELECT FROM clock('2026-01-01 02:00');
SELECT mlops.register_model('late') > 0 AS ok;
SELECT mlops.register_source('late', 'public.late_rows', at => 'at') > 0 AS ok;
SELECT mlops.set_baseline('late', from_time => '2026-01-01', to_time => '2026-01-01 01:00') > 0 AS ok;
SELECT mlops.create_monitor('late', 'late', every => '1 hour', over => '1 hour', from_time => '2026-01-01 01:00', fire_k => 1, fire_n => 1) > 0 AS ok;
CALL mlops.run_due();
SELECT x.window_end, x.n_current, x.verdict FROM mlops.measurements x JOIN mlops.monitors m USING (monitor_id) WHERE m.name = 'late';
INSERT INTO late_rows SELECT timestamptz '2026-01-01 01:30' + g * interval '1 second', 'c' FROM generate_series(1, 200) g;
INSERT INTO late_rows SELECT timestamptz '2026-01-01 02:00' + g * interval '3 seconds', substr('ab', 1 + g % 2, 1) FROM generate_series(0, 1199) g;
SELECT FROM clock('2026-01-01 03:00');
CALL mlops.run_due();
-- the run of the new window finds the late rows, and the old one is not the newest then
SELECT x.window_end, x.n_current, x.verdict FROM mlops.measurements x JOIN mlops.monitors m USING (monitor_id) WHERE m.name = 'late' ORDER BY 1;
SELECT count(*) FROM mlops.alerts;
INSERT INTO late_rows SELECT timestamptz '2026-01-01 02:30' + g * interval '1 second', 'c' FROM generate_series(1, 1200) g;
-- another monitor of the source finds them first
SELECT mlops.create_monitor('late volume', 'late', kind => 'volume', every => '1 hour', over => '1 hour', from_time => '2026-01-01 02:00') > 0 AS ok;
CALL mlops.run_due();
SELECT column_name, state, severity, opened_at FROM mlops.alerts;
SELECT mlops.drop_model('late');

-- the alert of a column that the monitor does not look at any more is closed
CREATE TABLE closed_rows (at timestamptz, a text, b text);
INSERT INTO closed_rows SELECT timestamptz '2026-01-01' + g * interval '1 second', 'x' || g % 2, 'y' || g % 2 FROM generate_series(0, 3599) g;
INSERT INTO closed_rows SELECT timestamptz '2026-01-01 01:00' + g * interval '1 second', 'x0', 'y' || g % 2 FROM generate_series(0, 3 * 3600 - 1) g;
SELECT FROM clock('2026-01-01 03:00');
SELECT mlops.register_model('closed') > 0 AS ok;
SELECT mlops.register_source('closed', 'public.closed_rows', at => 'at') > 0 AS ok;
SELECT mlops.set_baseline('closed', from_time => '2026-01-01', to_time => '2026-01-01 01:00') > 0 AS ok;
SELECT mlops.create_monitor('closed', 'closed', every => '1 hour', over => '1 hour', from_time => '2026-01-01 01:00') > 0 AS ok;
CALL mlops.run_due();
SELECT column_name, state FROM mlops.alerts;
SELECT mlops.create_monitor('closed', 'closed', every => '1 hour', over => '1 hour', columns => '{b}') > 0 AS ok;
SELECT FROM clock('2026-01-01 04:00');
CALL mlops.run_due();
SELECT column_name, state, reason, resolved_at FROM mlops.alerts;
SELECT e.from_state, e.to_state FROM mlops.alert_events e WHERE e.event = 'transition' ORDER BY e.event_id;
SELECT mlops.drop_model('closed');
DROP TABLE hostile, volume_rows, weekly_rows, null_rows, late_rows, closed_rows;
DROP VIEW ran;
DROP FUNCTION clock(timestamptz);

-- another type: said without a value of the row
CREATE TABLE retyped (id int, at timestamp, x int) PARTITION BY RANGE (at);
CREATE TABLE retyped_1 PARTITION OF retyped FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE FUNCTION clock(t timestamptz) RETURNS void LANGUAGE sql AS $$
	SELECT FROM set_config('mlops.mock_now', t::text, false) $$;
INSERT INTO retyped SELECT g, timestamp '2026-01-31' + g * interval '1 minute', g % 10 FROM generate_series(0, 1439) g;
SELECT FROM clock('2026-02-01 12:00');
SELECT mlops.register_model('retyped') > 0 AS ok;
SELECT mlops.register_source('retyped', 'public.retyped', at => 'at', id => 'id', kinds => '{"x": "numeric"}') > 0 AS ok;
SELECT mlops.create_monitor('retyped', 'retyped', kind => 'volume', every => '1 hour', over => '1 hour', from_time => '2026-02-01 11:00') > 0 AS ok;
ALTER TABLE retyped ALTER x TYPE text;
UPDATE retyped SET x = 'a secret' WHERE id = 1000;
SET client_min_messages = error;
CALL mlops.run_due();
SELECT state, sqlstate, message FROM mlops.run_history WHERE monitor = 'retyped';
ALTER TABLE retyped ALTER x TYPE int USING NULL;
SET client_min_messages = warning;

-- rows that a new partition got before it had triggers are read after registering again
CREATE TABLE retyped_2 PARTITION OF retyped FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
UPDATE mlops.monitors SET retry_at = NULL WHERE name = 'retyped';
CALL mlops.run_due();
INSERT INTO retyped_2 SELECT g, timestamp '2026-02-01 11:00' + g * interval '1 second', 1 FROM generate_series(1, 10) g;
SELECT mlops.register_source('retyped', 'public.retyped', at => 'at', id => 'id', kinds => '{"x": "numeric"}') > 0 AS ok;
SELECT FROM clock('2026-02-01 13:00');
CALL mlops.run_due();
SELECT p.granule, p.row_count FROM mlops.profiles p JOIN mlops.sources s USING (source_id) WHERE s.relation = 'retyped'::regclass AND p.column_no = 0 AND p.granule >= '2026-02-01';
SELECT mlops.drop_model('retyped');

-- the same time in a type that means another time: neither read nor marked in silence
CREATE TABLE retimed (at timestamp, x int);
INSERT INTO retimed SELECT timestamp '2026-02-01' + g * interval '1 minute', g % 10 FROM generate_series(0, 59) g;
SELECT mlops.register_model('retimed') > 0 AS ok;
SELECT mlops.register_source('retimed', 'public.retimed', at => 'at', kinds => '{"x": "numeric"}', time_zone => 'Asia/Tokyo') > 0 AS ok;
SELECT mlops.create_monitor('retimed', 'retimed', kind => 'volume', every => '1 hour', over => '1 hour', from_time => '2026-02-01 11:00') > 0 AS ok;
CALL mlops.run_due();
INSERT INTO retimed VALUES ('2026-02-01 12:30', 1);
ALTER TABLE retimed ALTER at TYPE timestamptz;
SELECT FROM clock('2026-02-01 14:00');
SET client_min_messages = error;
CALL mlops.run_due();
SET client_min_messages = warning;
SELECT window_end, state, sqlstate, message FROM mlops.run_history WHERE monitor = 'retimed' ORDER BY 1;
SELECT mlops.drop_model('retimed');
DROP TABLE retyped, retimed;
DROP FUNCTION clock(timestamptz);
