-- Baselines and monitors: kinds, windows, defaults, versions of the
-- configuration, refusals with their hints.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
SET intervalstyle = 'postgres';
SET mlops.mock_now = '2026-03-01 10:20+00';
CREATE ROLE regress_mlops_ann;
CREATE ROLE regress_mlops_bob;
SELECT mlops.grant_access(r, 'operator') FROM unnest('{regress_mlops_ann,regress_mlops_bob}'::regrole[]) r;
CREATE FUNCTION pg_temp.try(statement text, OUT state text, OUT message text, OUT hint text) LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
	state := 'ok';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
END
$$;
CREATE TEMP VIEW baselines AS
	SELECT b.name, b.kind, b.relation, b.from_time, b.to_time, b.span, b.gap, b.collected_at IS NOT NULL AS collected
	FROM mlops.baselines b JOIN mlops.sources USING (source_id) JOIN mlops.models m USING (model_id)
	WHERE m.name LIKE 'rb %' ORDER BY 1;
CREATE TEMP VIEW monitors AS
	SELECT t.name, t.kind, t.columns, t.segments, b.name AS baseline, t.warn, t.critical, t.every, t.over, t.next_window_end, t.state, t.config_version AS version
	FROM mlops.monitors t JOIN mlops.models m USING (model_id) LEFT JOIN mlops.baselines b USING (baseline_id)
	WHERE m.name LIKE 'rb %' ORDER BY 1;
CREATE TEMP VIEW monitor_rows AS
	SELECT t.* FROM mlops.monitors t JOIN mlops.models m USING (model_id) WHERE m.name LIKE 'rb %';
CREATE TEMP VIEW configs AS
	SELECT c.* FROM mlops.monitor_configs c JOIN mlops.monitors USING (monitor_id) JOIN mlops.models m USING (model_id) WHERE m.name LIKE 'rb %';
CREATE TEMP VIEW policies AS
	SELECT p.* FROM mlops.retrain_policies p JOIN mlops.models m USING (model_id) WHERE m.name LIKE 'rb %';
GRANT SELECT ON baselines, monitors, monitor_rows, configs, policies TO PUBLIC;

CREATE SCHEMA regress_rb AUTHORIZATION regress_mlops_ann;
SET ROLE regress_mlops_ann;
CREATE TABLE regress_rb.predictions (id int, at timestamptz, age int, region text, note text, loaded timestamptz, score float8, predicted boolean);
INSERT INTO regress_rb.predictions
SELECT i, '2026-01-01'::timestamptz + i * interval '1 hour', i % 60, 'r' || i % 3, 'note ' || i, now(), i / 1000.0, i % 2 = 0 FROM generate_series(0, 999) i;
CREATE TABLE regress_rb.training (age int, region text, note text, score float8, predicted boolean);
INSERT INTO regress_rb.training SELECT i % 60, 'r' || i % 3, 'note ' || i, i / 500.0, i % 2 = 0 FROM generate_series(1, 500) i;
CREATE TABLE regress_rb.partial (region varchar(10), age real);
INSERT INTO regress_rb.partial SELECT 'r' || i % 3, i % 60 FROM generate_series(1, 500) i;
CREATE TABLE regress_rb.unfinished AS SELECT age FROM regress_rb.partial;
CREATE TABLE regress_rb.nothing (x int);
CREATE TABLE regress_rb.other_types (age text, region text, note text, score float8, predicted int);
SELECT mlops.register_model('rb churn') > 0 AS registered;
SELECT mlops.register_source('rb churn', 'regress_rb.predictions', at => 'at', id => 'id', score => 'score', prediction => 'predicted',
							 segments => '{region}') > 0 AS registered;

-- no monitor without something to compare with
\x on
SELECT * FROM pg_temp.try($$SELECT mlops.create_monitor('rb drift', 'rb churn')$$);

-- a baseline is exactly one thing
SELECT * FROM pg_temp.try($$SELECT mlops.set_baseline('rb churn')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.set_baseline('rb churn', previous => true, rolling => '7 days')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.set_baseline('rb churn', from_time => '2026-01-01')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.set_baseline('rb churn', from_time => '2026-02-01', to_time => '2026-01-01')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.set_baseline('rb churn', from_time => '-infinity', to_time => '2026-01-01')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.set_baseline('rb churn', rolling => '90 minutes')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.set_baseline('rb churn', rolling => '1 month')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.set_baseline('rb churn', rolling => '0')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.set_baseline('rb churn', previous => true, gap => '10 minutes')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.set_baseline('rb churn', from_time => '2026-01-01', to_time => '2026-01-08', gap => '1 day')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.set_baseline('rb churn', previous => true, source => 'logs')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.set_baseline('rb churn', previous => true, name => '')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.set_baseline('rb churn', relation => 'regress_rb.trainin')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.set_baseline('rb churn', relation => 'regress_rb.nothing')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.set_baseline('rb churn', relation => 'regress_rb.other_types')$$);
SELECT state FROM pg_temp.try($$SELECT mlops.set_baseline('rb churn', from_time => '2025-01-01', to_time => '2025-02-01')$$);
SELECT count(*) FROM baselines;
\x off

-- setting it again replaces it
SELECT mlops.set_baseline('rb churn', from_time => '2026-01-01', to_time => '2026-01-08') AS baseline \gset
SELECT * FROM baselines;
SELECT mlops.set_baseline('rb churn', relation => 'regress_rb.training') = :baseline AS same;
SELECT * FROM baselines;
SELECT mlops.set_baseline('rb churn', rolling => '7 days', gap => '1 day', name => 'week') > 0 AS rolling;
SELECT mlops.set_baseline('rb churn', previous => true, name => 'before') > 0 AS previous;
SELECT mlops.set_baseline('rb churn', from_time => '2026-01-01', to_time => '2026-01-08') = :baseline AS same;
SELECT * FROM baselines;

-- a relation that lacks columns, or has them in other types of the same kind
SET client_min_messages = notice;
SELECT mlops.set_baseline('rb churn', relation => 'regress_rb.partial', name => 'partial') > 0 AS partial;
SELECT mlops.set_baseline('rb churn', relation => 'regress_rb.unfinished', name => 'unfinished') > 0 AS unfinished;
SET client_min_messages = warning;
RESET ROLE;
-- region has 167 rows of r1 and r2 and 166 of r0: 1 + 3 slices
SELECT b.name, c.name AS "column", g.key, p.row_count
FROM mlops.baseline_profiles p JOIN mlops.baselines b USING (baseline_id) JOIN mlops.segments g USING (segment_id)
	 LEFT JOIN mlops.columns c ON c.source_id = b.source_id AND c.column_no = p.column_no
WHERE b.name IN ('partial', 'unfinished') ORDER BY 1, 2, 3;
SET ROLE regress_mlops_ann;

-- defaults, and the first window: the last one that is complete
SELECT mlops.create_monitor('rb drift', 'rb churn') AS drift \gset
SELECT mlops.create_monitor('rb nulls', 'rb churn', kind => 'null_rate', columns => '{age,note}', segments => '{}', every => '6 hours') > 0 AS nulls;
SELECT mlops.create_monitor('rb volume', 'rb churn', kind => 'volume', every => '1 day', over => '1 day', warn => 0.9) > 0 AS volume;
SELECT mlops.create_monitor('rb fresh', 'rb churn', kind => 'freshness', every => '30 hours', over => '2 hours', critical => 1000) > 0 AS fresh;
SELECT name, kind, columns, segments, baseline, warn, critical, every, over, version FROM monitors;
-- 30-hour windows: 2000-01-01 plus a multiple of 30 hours
SELECT name, next_window_end, extract(epoch FROM next_window_end - '2000-01-01 00:00+00') / 3600 / 30 AS thirty_hours FROM monitors;
SELECT confidence, fdr, correction, fire_k, fire_n, clear_k, clear_n, min_rows, segment_alerts, on_warn, on_critical, anchor, catchup, max_runtime, max_retries
FROM monitor_rows WHERE monitor_id = :drift;

-- the same again: nothing new; anything else: the next version
SELECT mlops.create_monitor('rb drift', 'rb churn') = :drift AS same;
SELECT version FROM monitors WHERE name = 'rb drift';
SELECT mlops.create_monitor('rb drift', 'rb churn', columns => '{age,score}', method => 'psi', warn => 0.1, critical => 0.25, on_critical => 'retrain') = :drift AS same;
SELECT mlops.create_monitor('rb drift', 'rb churn', columns => '{age,score}', method => 'psi', warn => 0.1, critical => 0.25, on_critical => 'retrain') = :drift AS same;
SELECT config_version, changed_by, config->>'method' AS method, config->'columns' AS columns, config->>'on_critical' AS on_critical,
	   config->'baseline'->>'kind' AS baseline
FROM configs WHERE monitor_id = :drift ORDER BY 1;
-- so that the policy is there to be seen
SELECT cooldown FROM policies;
-- another baseline under the name that the monitor uses is another configuration
SELECT mlops.set_baseline('rb churn', from_time => '2026-01-01', to_time => '2026-01-15') = :baseline AS same;
SELECT mlops.set_baseline('rb churn', from_time => '2026-01-01', to_time => '2026-01-15') = :baseline AS same;
SELECT name, version FROM monitors;
SELECT config->'baseline'->>'to_time' AS to_time FROM configs WHERE monitor_id = :drift ORDER BY config_version;

-- where it goes on: kept, unless told; moved up to the grid when that changes
RESET ROLE;
SET mlops.mock_now = '2026-03-05 00:00+00';
SET ROLE regress_mlops_ann;
SELECT mlops.create_monitor('rb drift', 'rb churn') = :drift AS same;
SELECT next_window_end FROM monitors WHERE name = 'rb drift';
SELECT mlops.create_monitor('rb drift', 'rb churn', every => '4 hours') = :drift AS same;
SELECT next_window_end FROM monitors WHERE name = 'rb drift';
SELECT mlops.create_monitor('rb drift', 'rb churn', every => '1 day', anchor => '2026-01-01 06:00+00', from_time => '2026-01-03 06:00+00') = :drift AS same;
SELECT next_window_end FROM monitors WHERE name = 'rb drift';
SELECT mlops.create_monitor('rb drift', 'rb churn', from_time => '2026-01-03 06:30+00') = :drift AS same;
SELECT next_window_end FROM monitors WHERE name = 'rb drift';
-- a granule may still get rows for a while: that window is not complete
SELECT mlops.register_source('rb churn', 'regress_rb.predictions', at => 'at', id => 'id', score => 'score', prediction => 'predicted',
							 segments => '{region}', ready_delay => '15 minutes') > 0 AS registered;
SELECT mlops.create_monitor('rb late', 'rb churn') > 0 AS late;
SELECT next_window_end FROM monitors WHERE name = 'rb late';

-- pause, resume, drop
SELECT mlops.pause_monitor('rb drift', 'holidays');
SELECT m.state, m.state_reason FROM monitor_rows m WHERE monitor_id = :drift;
SELECT mlops.create_monitor('rb drift', 'rb churn', fire_k => 1) = :drift AS same;
SELECT m.state, m.state_reason FROM monitor_rows m WHERE monitor_id = :drift;
SELECT mlops.resume_monitor('rb drift');
SELECT m.state, m.state_reason FROM monitor_rows m WHERE monitor_id = :drift;
SELECT mlops.pause_monitor('rb drift');
SELECT m.state, m.state_reason FROM monitor_rows m WHERE monitor_id = :drift;
SELECT mlops.drop_monitor('rb late');
SELECT name, state FROM monitors;

-- the methods are those of mlops.drift()
SELECT hint = (SELECT 'Methods are ' || string_agg(d.method, ', ' ORDER BY d.place) || '.'
			   FROM mlops._drift_methods() WITH ORDINALITY d(method, is_ordered, place)) AS same_methods
FROM pg_temp.try($$SELECT mlops.drift(h.h, h.h, 'x') FROM (SELECT mlops.histogram(x, mlops.binning(ARRAY[0.0::float8, 2])) AS h FROM (VALUES (1.0::float8)) v(x)) h$$);

-- refused at once, with what would do
\x on
SELECT * FROM pg_temp.try($$SELECT mlops.create_monitor('rb x', 'rb chrun')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.create_monitor('', 'rb churn')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.create_monitor('rb x', 'rb churn', kind => 'skew')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.create_monitor('rb drift', 'rb churn', kind => 'volume')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.create_monitor('rb x', 'rb churn', source => 'prediction')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.create_monitor('rb x', 'rb churn', baseline => 'befor')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.create_monitor('rb x', 'rb churn', baseline => NULL)$$);
SELECT * FROM pg_temp.try($$SELECT mlops.create_monitor('rb x', 'rb churn', every => '90 minutes')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.create_monitor('rb x', 'rb churn', every => '1 month')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.create_monitor('rb x', 'rb churn', every => NULL)$$);
SELECT * FROM pg_temp.try($$SELECT mlops.create_monitor('rb x', 'rb churn', every => '0')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.create_monitor('rb x', 'rb churn', over => '1 day 20 minutes')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.create_monitor('rb x', 'rb churn', anchor => '2026-01-01 06:40+00')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.create_monitor('rb x', 'rb churn', anchor => 'infinity')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.create_monitor('rb x', 'rb churn', from_time => '-infinity')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.create_monitor('rb x', 'rb churn', columns => '{agee}')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.create_monitor('rb x', 'rb churn', columns => '{note}')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.create_monitor('rb x', 'rb churn', columns => '{id}', kind => 'null_rate')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.create_monitor('rb x', 'rb churn', columns => '{NULL}')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.create_monitor('rb x', 'rb churn', columns => '{}')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.create_monitor('rb x', 'rb churn', segments => '{age}')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.create_monitor('rb x', 'rb churn', method => 'js')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.create_monitor('rb x', 'rb churn', method => 'wasserstein_distance')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.create_monitor('rb x', 'rb churn', kind => 'null_rate', method => 'psi')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.create_monitor('rb x', 'rb churn', kind => 'volume', columns => '{age}', confidence => 0.9)$$);
SELECT * FROM pg_temp.try($$SELECT mlops.create_monitor('rb x', 'rb churn', kind => 'freshness', segments => '{region}')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.create_monitor('rb x', 'rb churn', warn => 0.3, critical => 0.2)$$);
SELECT * FROM pg_temp.try($$SELECT mlops.create_monitor('rb x', 'rb churn', warn => -1)$$);
SELECT * FROM pg_temp.try($$SELECT mlops.create_monitor('rb x', 'rb churn', critical => 'NaN')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.create_monitor('rb x', 'rb churn', confidence => 0.4)$$);
SELECT * FROM pg_temp.try($$SELECT mlops.create_monitor('rb x', 'rb churn', fdr => 0)$$);
SELECT * FROM pg_temp.try($$SELECT mlops.create_monitor('rb x', 'rb churn', correction => 'bonferroni')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.create_monitor('rb x', 'rb churn', fire_k => 4)$$);
SELECT * FROM pg_temp.try($$SELECT mlops.create_monitor('rb x', 'rb churn', clear_k => NULL)$$);
SELECT * FROM pg_temp.try($$SELECT mlops.create_monitor('rb x', 'rb churn', min_rows => 0)$$);
SELECT * FROM pg_temp.try($$SELECT mlops.create_monitor('rb x', 'rb churn', segment_alerts => 'some')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.create_monitor('rb x', 'rb churn', on_warn => 'page')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.create_monitor('rb x', 'rb churn', on_critical => 'nothing')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.create_monitor('rb x', 'rb churn', catchup => 'none')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.create_monitor('rb x', 'rb churn', max_runtime => '0')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.create_monitor('rb x', 'rb churn', max_retries => -1)$$);
SELECT * FROM pg_temp.try($$SELECT mlops.pause_monitor('rb drfit')$$);
-- columns that a monitor names do not go away silently
SELECT mlops.create_monitor('rb drift', 'rb churn', columns => '{age,score}', segments => '{region}') = :drift AS same;
SELECT mlops.register_source('rb churn', 'regress_rb.predictions', at => 'at', id => 'id', prediction => 'predicted', ignore => '{score}') > 0 AS registered;
SELECT mlops.register_source('rb churn', 'regress_rb.predictions', at => 'at', id => 'id', score => 'score', prediction => 'predicted',
							 segments => '{region}') > 0 AS registered;
-- a granule that the windows are not made of
SELECT * FROM pg_temp.try($$SELECT mlops.register_source('rb churn', 'regress_rb.predictions', at => 'at', granule => '4 hours')$$);
RESET ROLE;
SET ROLE regress_mlops_bob;
SELECT * FROM pg_temp.try($$SELECT mlops.create_monitor('rb x', 'rb churn')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.set_baseline('rb churn', previous => true)$$);
SELECT * FROM pg_temp.try($$SELECT mlops.pause_monitor('rb drift')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.resume_monitor('rb drift')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.drop_monitor('rb drift')$$);
-- a name that a monitor of somebody else has
SELECT mlops.register_model('rb bob') > 0 AS registered;
RESET ROLE;
GRANT USAGE ON SCHEMA regress_rb TO regress_mlops_bob;
GRANT SELECT ON regress_rb.predictions TO regress_mlops_bob;
SET ROLE regress_mlops_bob;
SELECT mlops.register_source('rb bob', 'regress_rb.predictions', at => 'at', features => '{age}') > 0 AS registered;
SELECT * FROM pg_temp.try($$SELECT mlops.create_monitor('rb drift', 'rb bob', kind => 'volume')$$);
RESET ROLE;
-- a new owner has to be able to read the baselines, too
GRANT SELECT ON regress_rb.partial, regress_rb.unfinished TO regress_mlops_bob;
GRANT regress_mlops_bob TO regress_mlops_ann;
SET ROLE regress_mlops_ann;
SELECT mlops.set_baseline('rb churn', relation => 'regress_rb.training', name => 'training') > 0 AS training;
SELECT * FROM pg_temp.try($$SELECT mlops.set_owner('rb churn', 'regress_mlops_bob')$$);
RESET ROLE;
GRANT SELECT ON ALL TABLES IN SCHEMA regress_rb TO regress_mlops_bob;
SET ROLE regress_mlops_ann;
SELECT mlops.set_owner('rb churn', 'regress_mlops_bob');
RESET ROLE;
\x off
SELECT name, state FROM monitors;

SET client_min_messages = warning;
SELECT mlops.drop_model('rb churn'), mlops.drop_model('rb bob');
SELECT count(*) FROM monitors;
DROP SCHEMA regress_rb CASCADE;
DROP OWNED BY regress_mlops_ann, regress_mlops_bob;
DROP ROLE regress_mlops_ann, regress_mlops_bob;
