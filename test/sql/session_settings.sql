-- The settings of the session that runs a monitor change nothing: times and
-- intervals in generated SQL are read back as they were meant, and stored words
-- are the same.
SET client_min_messages = warning;
\pset tuples_only on
CREATE TABLE public.odd (id int, at timestamptz, x float8);
INSERT INTO public.odd SELECT i, timestamptz '2026-01-01 00:00+00' + i * interval '1 minute', i % 97 FROM generate_series(0, 7199) i;
SET timezone = 'America/Los_Angeles';
SET datestyle = 'SQL, DMY';
SET intervalstyle = 'sql_standard';
SET lc_numeric = 'C';
SET extra_float_digits = -10;
SET mlops.mock_now = '2026-01-06 12:00+00';
SELECT mlops.register_model('odd', task => 'other') > 0;
SELECT mlops.register_source('odd', 'public.odd', at => 'at', id => 'id') > 0;
SELECT mlops.set_baseline('odd', from_time => '2026-01-01 00:00+00', to_time => '2026-01-03 00:00+00') > 0;
SELECT mlops.create_monitor('odd drift', 'odd', kind => 'drift', every => '1 day', over => '1 day', from_time => '2026-01-03 00:00+00') > 0;
SELECT mlops.create_monitor('odd fresh', 'odd', kind => 'freshness', every => '1 hour', over => '1 hour', from_time => '2026-01-06 10:00+00') > 0;
CALL mlops.run_due();
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
SET intervalstyle = 'postgres';
RESET extra_float_digits;
-- the last row is a minute before midnight of the 5th; a day has 1440 rows
SELECT m.name, r.window_end, r.state, coalesce(r.message, '-') FROM mlops.runs r JOIN mlops.monitors m USING (monitor_id) ORDER BY 1, 2;
SELECT x.window_end, x.verdict, x.reason FROM mlops.measurements x WHERE x.metric = 'freshness' ORDER BY 1;
SELECT a.explanation -> 'window' FROM mlops.alerts a WHERE a.metric = 'freshness';
SELECT x.window_end, x.n_reference, x.n_current, x.verdict FROM mlops.measurements x WHERE x.column_name = 'x' ORDER BY 1;
SELECT mlops.drop_model('odd');
DROP TABLE public.odd;
