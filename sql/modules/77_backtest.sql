-- Backtest: the real compare and judge stages over past windows, in a
-- subtransaction that is rolled back.

-- A copy of the monitor under another id is played through, so that a
-- live run of the monitor is not in the way and what it stored is not touched.
CREATE FUNCTION mlops._backtest(caller oid, monitor text, from_time timestamptz, to_time timestamptz)
RETURNS TABLE (window_end timestamptz, event text, severity text, segment jsonb, column_name text, metric text,
			   value float8, threshold float8, asks_for_retraining boolean, summary text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
DECLARE
	original bigint := mlops._monitor(caller, monitor);
	m		mlops.monitors%ROWTYPE;
	last	timestamptz;
	we		timestamptz;
	run		bigint;
	played	int := 0;
	answer	jsonb;
BEGIN
	SELECT * INTO STRICT m FROM mlops.monitors x WHERE x.monitor_id = original;
	IF from_time IS NULL OR to_time IS NULL OR from_time >= to_time THEN
		PERFORM mlops._refuse('22023', '"from_time" must be before "to_time"', 'For example: from_time => ''2026-01-01'', to_time => ''2026-02-01''.');
	END IF;
	last := least(to_time, mlops._ready_end(m.source_id));
	we := mlops._last_window_end(m.anchor, m.every, from_time);
	IF we <= from_time THEN
		we := mlops._next_window_end(m.anchor, m.every, we);
	END IF;

	BEGIN
		INSERT INTO mlops.monitors (name, model_id, source_id, kind, columns, segments, baseline_id, method, warn, critical,
			confidence, fdr, correction, fire_k, fire_n, clear_k, clear_n, min_rows, segment_alerts, on_warn, on_critical,
			every, over, anchor, next_window_end, state)
		VALUES (gen_random_uuid()::text, m.model_id, m.source_id, m.kind, m.columns, m.segments, m.baseline_id, m.method, m.warn,
			m.critical, m.confidence, m.fdr, m.correction, m.fire_k, m.fire_n, m.clear_k, m.clear_n, m.min_rows,
			m.segment_alerts, m.on_warn, m.on_critical, m.every, m.over, m.anchor, we, 'paused')
		RETURNING monitor_id INTO m.monitor_id;

		WHILE we <= last LOOP
			INSERT INTO mlops.runs (monitor_id, model_id, window_start, window_end, state)
			VALUES (m.monitor_id, m.model_id, mlops._shift(we, m.over, -1), we, 'succeeded')
			RETURNING run_id INTO run;
			PERFORM mlops._compare(run);
			PERFORM mlops._judge(run);
			played := played + 1;
			we := mlops._next_window_end(m.anchor, m.every, we);
		END LOOP;

		-- an alert asks once, the first time that it fires at a severity that asks
		SELECT jsonb_agg(jsonb_build_object(
				   'window_end', e.window_end, 'event', CASE e.event WHEN 'transition' THEN e.to_state ELSE e.event END,
				   'severity', e.severity, 'segment', g.key, 'column_name', a.column_name, 'metric', a.metric,
				   'value', x.value, 'threshold', x.threshold,
				   'asks_for_retraining', (e.event_id = (
						SELECT min(f.event_id) FROM mlops.alert_events f
						WHERE f.alert_id = e.alert_id AND f.to_state = 'firing'
						  AND CASE f.severity WHEN 'critical' THEN m.on_critical ELSE m.on_warn END = 'retrain')) IS TRUE,
				   'summary', mlops._summary(a.column_name, g.key, x.reason, x.contributions)) ORDER BY e.event_id)
		INTO answer
		FROM mlops.alerts a JOIN mlops.alert_events e USING (alert_id) JOIN mlops.segments g USING (segment_id)
			 LEFT JOIN mlops.measurements x ON x.measurement_id = e.measurement_id
		WHERE a.monitor_id = m.monitor_id;

		RAISE EXCEPTION USING ERRCODE = 'ML001', MESSAGE = 'backtest is over';
	EXCEPTION WHEN SQLSTATE 'ML001' THEN
		NULL;		-- all of it is rolled back; the answer is a variable
	END;

	IF played = 0 THEN
		RAISE NOTICE 'no window of monitor "%" ends in that time', monitor
			USING HINT = 'Windows can be replayed up to the newest granule that is over.';
	END IF;
	RETURN QUERY
	SELECT r.* FROM jsonb_to_recordset(coalesce(answer, '[]')) AS r(window_end timestamptz, event text, severity text, segment jsonb,
		column_name text, metric text, value float8, threshold float8, asks_for_retraining boolean, summary text);
END
$$;
COMMENT ON FUNCTION mlops._backtest(oid, text, timestamptz, timestamptz) IS 'internal: see mlops.backtest()';

CREATE FUNCTION mlops.backtest(monitor text, from_time timestamptz, to_time timestamptz)
RETURNS TABLE (window_end timestamptz, event text, severity text, segment jsonb, column_name text, metric text,
			   value float8, threshold float8, asks_for_retraining boolean, summary text)
LANGUAGE c AS 'MODULE_PATHNAME', 'mlops_as_extension_owner';
COMMENT ON FUNCTION mlops.backtest(text, timestamptz, timestamptz) IS 'what a monitor, as it is set now, would have said about windows that end after from_time and up to to_time: one row per move of an alert; works on the granules that have been collected and writes nothing';
