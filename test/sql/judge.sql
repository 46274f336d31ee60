-- The alert state machine on verdicts written by hand: no source, no rows.
-- Each expectation follows from the rules in doc/monitoring.md.
SET timezone = 'UTC';
SET client_min_messages = warning;
\set VERBOSITY terse
SELECT mlops.register_model('judged') > 0 AS registered;
CREATE TABLE judged (at timestamptz, x float8);
SELECT mlops.register_source('judged', 'public.judged', at => 'at', granule => '1 day') > 0 AS registered;
-- the state machine needs a monitor and a slice, not data
INSERT INTO mlops.segments (source_id, key)
SELECT source_id, '{"s": "a"}' FROM mlops.sources WHERE relation = 'public.judged'::regclass;

CREATE FUNCTION new_monitor(name text, VARIADIC options text[] DEFAULT '{}') RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO mlops.monitors (name, model_id, source_id, kind, every, over, next_window_end)
	SELECT new_monitor.name, model_id, source_id, 'drift', '1 day', '1 day', '2025-01-01'
	FROM mlops.sources WHERE relation = 'public.judged'::regclass;
	FOR i IN 1 .. coalesce(array_length(options, 1), 0) / 2 LOOP
		EXECUTE format('UPDATE mlops.monitors SET %I = %L WHERE name = %L', options[2 * i - 1], options[2 * i], new_monitor.name);
	END LOOP;
END $$;

-- One window: a verdict per letter (o ok, w warn, c critical, n no data), the
-- first for all rows, the second for the slice s = a.
CREATE FUNCTION window_of(monitor text, day int, verdicts text, origin text DEFAULT 'live') RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	r bigint;
	at timestamptz := timestamptz '2025-01-01' + make_interval(days => day);
BEGIN
	INSERT INTO mlops.runs AS x (monitor_id, model_id, window_start, window_end, state, origin)
	SELECT monitor_id, model_id, at - interval '1 day', at, 'succeeded', window_of.origin FROM mlops.monitors WHERE name = monitor
	ON CONFLICT (monitor_id, window_start, window_end) DO UPDATE SET origin = excluded.origin
	RETURNING x.run_id INTO r;
	INSERT INTO mlops.measurements (run_id, monitor_id, model_id, window_start, window_end, segment_id, column_name,
									metric, value, verdict, reason, config_version)
	SELECT r, x.monitor_id, x.model_id, x.window_start, x.window_end, g.segment_id, 'x', 'js_distance',
		   CASE v WHEN 'c' THEN 0.5 WHEN 'w' THEN 0.2 WHEN 'o' THEN 0.01 END,
		   CASE v WHEN 'o' THEN 'ok' WHEN 'w' THEN 'warn' WHEN 'c' THEN 'critical' ELSE 'no_data' END,
		   CASE v WHEN 'n' THEN 'no rows in the window' WHEN 'o' THEN NULL ELSE 'it moved' END, 1
	FROM mlops.runs x JOIN mlops.sources s USING (model_id) JOIN mlops.segments g USING (source_id),
		 string_to_table(verdicts, NULL) WITH ORDINALITY t(v, i)
	WHERE x.run_id = r AND g.key = CASE i WHEN 1 THEN '{}'::jsonb ELSE '{"s": "a"}' END;
	PERFORM mlops._judge(r);
END $$;

CREATE VIEW story AS
SELECT m.name AS monitor, a.opened_at::date - date '2025-01-01' AS opened, g.key,
	   string_agg(format('%s:%s', e.window_end::date - date '2025-01-01',
						 CASE e.event WHEN 'transition' THEN e.to_state ELSE e.severity END), ' ' ORDER BY e.event_id) AS events,
	   a.state, a.severity, a.windows
FROM mlops.alerts a JOIN mlops.monitors m USING (monitor_id) JOIN mlops.segments g USING (segment_id)
	 JOIN mlops.alert_events e USING (alert_id)
GROUP BY m.name, a.alert_id, g.key;

CREATE FUNCTION play(monitor text, verdicts text) RETURNS SETOF story LANGUAGE plpgsql AS $$
BEGIN
	FOR i IN 1 .. length(verdicts) LOOP
		PERFORM window_of(monitor, i, substr(verdicts, i, 1));
	END LOOP;
	RETURN QUERY SELECT * FROM story s WHERE s.monitor = play.monitor ORDER BY s.opened;
END $$;

-- defaults: 2 of 3 fire, 2 of 2 clear
SELECT FROM new_monitor('fires and clears');
SELECT * FROM play('fires and clears', 'owwoo');
SELECT FROM new_monitor('one window is not enough');
SELECT * FROM play('one window is not enough', 'owoooo');
SELECT FROM new_monitor('every other window');
SELECT * FROM play('every other window', 'wowow');
SELECT FROM new_monitor('critical needs two of three as well');
SELECT * FROM play('critical needs two of three as well', 'wwccwwoo');
SELECT FROM new_monitor('falls back while recovering');
SELECT * FROM play('falls back while recovering', 'ccocoo');
SELECT FROM new_monitor('opens again after it was resolved');
SELECT * FROM play('opens again after it was resolved', 'wwoowwoo');

-- no data neither fires nor clears
SELECT FROM new_monitor('no data');
SELECT * FROM play('no data', 'wwnnnoo');
SELECT FROM new_monitor('no data does not count');
SELECT * FROM play('no data does not count', 'cnncnnnoo');
SELECT FROM new_monitor('no data does not open');
SELECT * FROM play('no data does not open', 'nnnn');

-- options
SELECT FROM new_monitor('one of one', 'fire_k', '1', 'fire_n', '1', 'clear_k', '1', 'clear_n', '1');
SELECT * FROM play('one of one', 'owoc');
SELECT FROM new_monitor('warn is nothing', 'on_warn', 'nothing');
SELECT * FROM play('warn is nothing', 'wwwccww');

-- slices: part of the total's alert, unless the total is quiet
SELECT FROM new_monitor('slice');
SELECT FROM window_of('slice', 1, 'wc'); SELECT FROM window_of('slice', 2, 'wc');
SELECT key, events, state, severity FROM story WHERE monitor = 'slice' ORDER BY key::text;
SELECT FROM new_monitor('quiet total');
SELECT FROM window_of('quiet total', 1, 'oc'); SELECT FROM window_of('quiet total', 2, 'oc');
SELECT key, events, state, severity FROM story WHERE monitor = 'quiet total' ORDER BY key::text;
-- ... and handed over once the total moves too
SELECT FROM window_of('quiet total', 3, 'cc');
SELECT key, events, state, severity FROM story WHERE monitor = 'quiet total' ORDER BY key::text;
SELECT FROM new_monitor('all slices', 'segment_alerts', 'all');
SELECT FROM window_of('all slices', 1, 'cc'); SELECT FROM window_of('all slices', 2, 'cc');
SELECT key, events, state, severity FROM story WHERE monitor = 'all slices' ORDER BY key::text;
SELECT FROM new_monitor('no slices', 'segment_alerts', 'none');
SELECT FROM window_of('no slices', 1, 'oc'); SELECT FROM window_of('no slices', 2, 'oc');
SELECT count(*) FROM story WHERE monitor = 'no slices';

-- judging a window twice, or an older one, changes nothing
SELECT count(mlops._judge(run_id)::text) FROM mlops.runs JOIN mlops.monitors m USING (monitor_id) WHERE m.name = 'falls back while recovering';
SELECT events, state, windows FROM story WHERE monitor = 'falls back while recovering';

-- the table refuses illegal moves and double alerts, whoever tries
UPDATE mlops.alerts SET state = 'pending' WHERE state = 'resolved';
UPDATE mlops.alerts a SET state = 'resolved' FROM mlops.monitors m WHERE m.monitor_id = a.monitor_id AND m.name = 'one of one' AND a.state = 'firing';
INSERT INTO mlops.alerts (monitor_id, model_id, segment_id, column_name, metric, state, severity, opened_at, last_window_end)
SELECT monitor_id, model_id, segment_id, column_name, metric, 'resolved', severity, opened_at, last_window_end FROM mlops.alerts LIMIT 1;
INSERT INTO mlops.alerts (monitor_id, model_id, segment_id, column_name, metric, state, severity, opened_at, last_window_end)
SELECT monitor_id, model_id, segment_id, column_name, metric, 'firing', severity, opened_at, last_window_end
FROM mlops.alerts WHERE state = 'firing' LIMIT 1;

-- act: one request for an episode, none by the next windows, a new one when the
-- first came to nothing (cooldown 0), none after a person said no
SELECT mlops.set_retrain_policy('judged', cooldown => '0');
SELECT FROM new_monitor('asks', 'on_critical', 'retrain');
CREATE FUNCTION act(verdicts text, day int) RETURNS TABLE (requests bigint, newest text, notes bigint) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM window_of('asks', day, verdicts);
	PERFORM mlops._act(max(r.run_id)) FROM mlops.runs r JOIN mlops.monitors m USING (monitor_id) WHERE m.name = 'asks';
	RETURN QUERY SELECT count(*), (array_agg(q.state ORDER BY q.seq DESC))[1],
		(SELECT count(*) FROM mlops.alert_events e WHERE e.event = 'note') FROM mlops.retrain_requests q;
END $$;
SELECT * FROM act('c', 1);
SELECT * FROM act('c', 2);
SELECT * FROM act('c', 3);
-- dead, by hand: through the states it would take
UPDATE mlops.retrain_requests SET state = 'leased', lease_owner = 'x', lease_token = gen_random_uuid(), lease_until = 'infinity', attempts = 1, claimed_at = now();
UPDATE mlops.retrain_requests SET state = 'dead', lease_owner = NULL, lease_token = NULL, lease_until = NULL, finished_at = now();
SELECT * FROM act('c', 4);
SELECT count(mlops.cancel_retrain_request(id, 'not worth it')::text) FROM mlops.retrain_requests WHERE state = 'pending';
SELECT * FROM act('c', 5);
DROP FUNCTION act;

-- words
SELECT mlops._summary('relp', '{}', 'js_distance 0.198 exceeds 0.121',
	'[{"label": "17", "reference_share": 0.021, "current_share": 0, "contribution": 0.1},
	  {"label": "(unseen)", "reference_share": 0, "current_share": 0.004, "contribution": 0.05},
	  {"label": "0", "reference_share": 0.3999, "current_share": 0.42, "contribution": 0.01}]');
SELECT mlops._summary('x', '{"sex": null}', 'moved', NULL), mlops._summary('', '{}', '3 rows where 100 were expected', NULL);

SELECT mlops.drop_model('judged');
DROP VIEW story CASCADE;
DROP FUNCTION new_monitor, window_of;
DROP TABLE judged;
