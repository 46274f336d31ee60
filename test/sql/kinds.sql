-- Monitors of every kind, moving baselines, and sources without triggers, on
-- rows that can be counted by hand.
SET datestyle = 'ISO, YMD';
SET timezone = 'UTC';
SET client_min_messages = warning;
-- hundreds of small queries in each run: a parallel worker for each would take a minute
SET max_parallel_workers_per_gather = 0;
\set VERBOSITY terse

CREATE TABLE kinds_rows (at timestamp, c text, x float8);
CREATE FUNCTION add_day(day int, n int, nulls int DEFAULT 0, cs text DEFAULT 'ab') RETURNS void LANGUAGE sql AS $$
	INSERT INTO kinds_rows SELECT timestamp '2025-03-01' + make_interval(days => day, secs => g * 60),
		substr(cs, 1 + g % length(cs), 1), CASE WHEN g > nulls THEN g END
	FROM generate_series(1, n) g;
$$;
CREATE FUNCTION clock(day int, hour int DEFAULT 0) RETURNS void LANGUAGE sql AS $$
	SELECT FROM set_config('mlops.mock_now', (timestamptz '2025-03-01 00:00+00' + make_interval(days => day, hours => hour))::text, false) $$;
CREATE FUNCTION said(monitor text)
RETURNS TABLE (day int, column_name text, metric text, value numeric, effect numeric, n_ref bigint, n_cur bigint, p numeric, verdict text, reason text)
LANGUAGE sql AS $$
	SELECT extract(day FROM x.window_start)::int - 1, x.column_name, x.metric, round(x.value::numeric, 4), round(x.effect::numeric, 4),
		   x.n_reference, x.n_current, round(x.p_value::numeric, 6), x.verdict, x.reason
	FROM mlops.measurements x JOIN mlops.monitors m USING (monitor_id) WHERE m.name = monitor ORDER BY 1, 2 $$;

SELECT FROM clock(0);
SELECT mlops.register_model('kinds', task => 'regression') > 0 AS ok;
SELECT mlops.register_source('kinds', 'public.kinds_rows', at => 'at', granule => '1 day', kinds => '{"c": "categorical"}') > 0 AS ok;
SELECT mlops.set_baseline('kinds', previous => true, name => 'yesterday') > 0 AS ok;
SELECT mlops.set_baseline('kinds', rolling => '3 days', name => 'three days') > 0 AS ok;
SELECT mlops.create_monitor('nulls', 'kinds', kind => 'null_rate', every => '1 day', over => '1 day', baseline => 'three days',
							columns => '{x}', from_time => '2025-03-02') > 0 AS ok;
SELECT mlops.create_monitor('volume', 'kinds', kind => 'volume', every => '1 day', over => '1 day', from_time => '2025-03-02') > 0 AS ok;
SELECT mlops.create_monitor('fresh', 'kinds', kind => 'freshness', every => '1 day', over => '1 day', from_time => '2025-03-02',
							warn => 7200, critical => 86400) > 0 AS ok;
SELECT mlops.create_monitor('like yesterday', 'kinds', every => '1 day', over => '1 day', baseline => 'yesterday', columns => '{c}',
							from_time => '2025-03-02') > 0 AS ok;

SELECT FROM add_day(0, 1000, 10); SELECT FROM add_day(1, 1010, 10); SELECT FROM add_day(2, 990, 10); SELECT FROM add_day(3, 1000, 10);
-- day 4: 300 of 1000 are NULL, c has no b; day 5: 100 rows; day 6: none
SELECT FROM add_day(4, 1000, 300, 'a'); SELECT FROM add_day(5, 100, 1, 'a');
SELECT FROM clock(7);
CALL mlops.run_due();

-- share of NULL of x: 10/1000 | 10/1010 | 10/990 | 10/1000 | 300/1000 | 1/100 (too few rows) | no rows
SELECT day, value, effect, n_ref, n_cur, verdict, reason FROM said('nulls');
-- Newcombe's interval for 300/1000 - 30/3000 at 0.99, from statsmodels 0.13.5:
-- confint_proportions_2indep(300, 1000, 30, 3000, method='newcomb', alpha=0.01) = (0.2536128, 0.3287244)
SELECT round(lower::numeric, 7) AS lower, round(upper::numeric, 7) AS upper FROM mlops.rate_change(30, 3000, 300, 1000, 0.99);
SELECT round((x.lower - 0.01)::numeric, 7) AS lower, round((x.upper - 0.01)::numeric, 7) AS upper
FROM mlops.measurements x WHERE x.metric = 'null_rate' AND x.verdict = 'critical';

-- rows per day: three earlier windows at least; then 1000 against 1000, 1010, 990;
-- 100 and 0 against a median of 1000, with a Poisson's spread of sqrt(1000).
-- p by scipy 1.10: 2 * t.sf(900 / (1000 * (1 + 1/5)) ** .5, 4), 2 * t.sf(1000 / (1000 * (1 + 1/6)) ** .5, 5)
SELECT day, value, effect, n_ref, p, verdict, reason FROM said('volume');

-- age of the newest row at midnight: the n-th minute of the day
SELECT day, value, verdict, reason FROM said('fresh');

-- each day against the one before: a and b, then only a, then like the day before
SELECT day, value, n_ref, n_cur, verdict, left(reason, 40) AS reason FROM said('like yesterday');

-- a view has no triggers: its last days are read again at every run
CREATE VIEW kinds_view AS SELECT * FROM kinds_rows;
SELECT mlops.register_model('looking back') > 0 AS ok;
SELECT mlops.register_source('looking back', 'public.kinds_view', at => 'at', granule => '1 day', lookback => '2 days',
							 kinds => '{"c": "categorical"}') > 0 AS ok;
SELECT tracking FROM mlops.sources WHERE relation = 'public.kinds_view'::regclass;
SELECT mlops.create_monitor('view volume', 'looking back', kind => 'volume', every => '1 day', over => '1 day', from_time => '2025-03-08') > 0 AS ok;
SELECT FROM clock(8);
CALL mlops.run_due();
CALL mlops.run_due();	-- nothing new is ready: nothing is read
SELECT window_end::date, granules_read, rows_read FROM mlops.run_history WHERE monitor = 'view volume' ORDER BY 1;
SELECT FROM add_day(7, 50); SELECT FROM add_day(0, 7);	-- late rows within the lookback, and beyond it
SELECT FROM clock(9);
CALL mlops.run_due();
SELECT window_end::date, origin, granules_read, rows_read FROM mlops.run_history WHERE monitor = 'view volume' ORDER BY 1;
SELECT day, value FROM said('view volume');

SELECT monitor, health, alerts_firing, alerts_pending, window_end::date FROM mlops.status ORDER BY monitor;

-- a weekly pattern: 300 rows on weekdays, none at weekends.  2025-04-05 is a
-- Saturday.  From the fourth week on weekends are expected (every earlier one was
-- empty), and an empty Tuesday is not.
CREATE TABLE kinds_weekly (at date, x float8);
INSERT INTO kinds_weekly SELECT d::date, n FROM generate_series(date '2025-04-05', date '2025-05-11', interval '1 day') d, generate_series(1, 300) n
WHERE extract(isodow FROM d) < 6 AND d <> date '2025-05-06';
INSERT INTO kinds_weekly VALUES ('2025-04-05', 0);
SELECT mlops.register_model('weekly') > 0 AS ok;
SELECT mlops.register_source('weekly', 'public.kinds_weekly', at => 'at', granule => '1 day') > 0 AS ok;
SELECT mlops.create_monitor('weekly rows', 'weekly', kind => 'volume', every => '1 day', over => '1 day', from_time => '2025-04-26') > 0 AS ok;
SET mlops.mock_now = '2025-05-12 00:00+00';
CALL mlops.run_due();
SELECT window_start::date AS day, value, n_reference, verdict, reason
FROM mlops.measurements x JOIN mlops.monitors m USING (monitor_id) WHERE m.name = 'weekly rows' AND window_start >= '2025-05-02' ORDER BY 1;
SELECT mlops.drop_model('weekly');
DROP TABLE kinds_weekly;

-- a column that is NULL throughout has no bins: that is said, not "no rows".  A
-- backtest asks once for an alert that fires, recovers and fires again (day by
-- day against the one before: a, b, a, a, b, a).
CREATE TABLE kinds_null AS
SELECT timestamptz '2025-06-01 00:00+00' + make_interval(days => d, secs => g) AS at, NULL::float8 AS z, substr('abaaba', d + 1, 1) AS c
FROM generate_series(0, 5) d, generate_series(1, 300) g;
SELECT mlops.register_model('null') > 0 AS ok;
SELECT mlops.register_source('null', 'public.kinds_null', at => 'at', granule => '1 day', kinds => '{"c": "categorical"}') > 0 AS ok;
SELECT mlops.set_baseline('null', previous => true) > 0 AS ok;
SELECT mlops.create_monitor('null drift', 'null', every => '1 day', over => '1 day', on_critical => 'retrain', from_time => '2025-06-02',
							fire_k => 1, fire_n => 1) > 0 AS ok;
SET mlops.mock_now = '2025-06-07 00:00+00';
CALL mlops.run_due();
SELECT window_start::date AS day, n_reference, n_current, verdict, reason FROM mlops.measurements x JOIN mlops.monitors m USING (monitor_id)
WHERE m.name = 'null drift' AND column_name = 'z' ORDER BY 1 LIMIT 1;
SELECT window_end::date - 1 AS day, event, column_name, asks_for_retraining FROM mlops.backtest('null drift', '2025-06-02', '2025-06-07');
SELECT count(*) AS asked, max(occurrences) AS occurrences FROM mlops.retrain_requests;
SELECT mlops.drop_model('null');
DROP TABLE kinds_null;

SELECT mlops.drop_model('kinds'), mlops.drop_model('looking back');
RESET mlops.mock_now;
DROP VIEW kinds_view;
DROP FUNCTION add_day, clock, said;
DROP TABLE kinds_rows;
