-- Judge: measurements -> alerts.  Pure function of the stored verdicts, so the
-- same measurements give the same alerts, however many runs made them.

---------------------------------------------------------------------------
-- legal moves, for everyone
---------------------------------------------------------------------------

CREATE FUNCTION mlops._check_alert_transition() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF TG_OP = 'INSERT' THEN
		IF new.state NOT IN ('pending', 'firing') AND NOT mlops._restoring() THEN
			RAISE EXCEPTION 'an alert cannot open as "%"', new.state
				USING ERRCODE = 'check_violation', HINT = 'Alerts open as pending or firing.';
		END IF;
	ELSIF new.state <> old.state
		AND (old.state, new.state) NOT IN (('pending', 'firing'), ('pending', 'resolved'), ('firing', 'recovering'),
										   ('recovering', 'firing'), ('recovering', 'resolved')) THEN
		RAISE EXCEPTION 'an alert cannot go from "%" to "%"', old.state, new.state
			USING ERRCODE = 'check_violation',
				  HINT = 'Legal moves: pending to firing or resolved, firing to recovering, recovering to firing or resolved.';
	END IF;
	RETURN new;
END
$$;
COMMENT ON FUNCTION mlops._check_alert_transition() IS 'internal: refuses illegal moves of an alert';

CREATE TRIGGER check_transition BEFORE INSERT OR UPDATE ON mlops.alerts
	FOR EACH ROW EXECUTE FUNCTION mlops._check_alert_transition();

-- Every move is an event, whoever makes it.
CREATE FUNCTION mlops._log_alert_transition() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF TG_OP = 'INSERT' AND mlops._restoring() THEN
		RETURN NULL;	-- its events are restored, too
	ELSIF TG_OP = 'INSERT' OR new.state <> old.state THEN
		INSERT INTO mlops.alert_events (alert_id, model_id, window_end, event, from_state, to_state, severity, measurement_id, reason)
		VALUES (new.alert_id, new.model_id, new.last_window_end, 'transition',
				CASE WHEN TG_OP = 'UPDATE' THEN old.state END, new.state, new.severity, new.last_measurement_id, new.reason);
		PERFORM pg_notify('mlops_alerts', '');
	ELSIF new.severity <> old.severity THEN
		INSERT INTO mlops.alert_events (alert_id, model_id, window_end, event, from_state, to_state, severity, measurement_id, reason)
		VALUES (new.alert_id, new.model_id, new.last_window_end, 'severity', old.state, new.state, new.severity,
				new.last_measurement_id, format('severity %s -> %s', old.severity, new.severity));
		PERFORM pg_notify('mlops_alerts', '');
	END IF;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION mlops._log_alert_transition() IS 'internal: writes alert_events and wakes listeners of channel mlops_alerts (once per commit)';

CREATE TRIGGER log_transition AFTER INSERT OR UPDATE ON mlops.alerts
	FOR EACH ROW EXECUTE FUNCTION mlops._log_alert_transition();

---------------------------------------------------------------------------
-- words
---------------------------------------------------------------------------

CREATE FUNCTION mlops._percent(share float8) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$ SELECT CASE WHEN share IS NULL THEN '?' ELSE trim_scale(round((100 * share)::numeric, CASE WHEN share < 0.01 THEN 2 ELSE 1 END))::text END || ' %' $$;
COMMENT ON FUNCTION mlops._percent(float8) IS 'internal: a share as text';

-- What a measurement says, with the bins that vanished, appeared or moved.
CREATE FUNCTION mlops._summary(column_name text, key jsonb, reason text, contributions jsonb) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
	WITH bins AS (
		SELECT i, b->>'label' AS label, (b->>'reference_share')::float8 AS r, (b->>'current_share')::float8 AS c
		FROM jsonb_array_elements(coalesce(contributions, '[]')) WITH ORDINALITY e(b, i)
	)
	SELECT coalesce(nullif(concat_ws(' where ', nullif(column_name, ''),
								 (SELECT string_agg(k || coalesce(' = ' || v, ' is NULL'), ', ') FROM jsonb_each_text(key) e(k, v))), '')
					|| ': ', '')
		|| concat_ws('; ', reason,
			(SELECT 'vanished: ' || string_agg(format('%s (%s before)', label, mlops._percent(r)), ', ' ORDER BY i)
			 FROM bins WHERE c = 0 AND r >= 0.001),
			(SELECT 'new: ' || string_agg(format('%s (%s now)', label, mlops._percent(c)), ', ' ORDER BY i)
			 FROM bins WHERE r = 0 AND c >= 0.001),
			(SELECT 'moved: ' || string_agg(format('%s %s -> %s', label, mlops._percent(r), mlops._percent(c)), ', ' ORDER BY i)
			 FROM (SELECT * FROM bins WHERE r > 0 AND c > 0 ORDER BY i LIMIT 3) b))
$$;
COMMENT ON FUNCTION mlops._summary(text, jsonb, text, jsonb) IS 'internal: what a measurement says, in words';

-- Everything a person needs to believe or dismiss an alert: the measurement,
-- the bins, the slices in which the same column moved (strongest first), and the other
-- columns that moved in the same window.
CREATE FUNCTION mlops._explanation(measurement bigint) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
	SELECT jsonb_strip_nulls(jsonb_build_object(
		'metric', x.metric, 'value', x.value, 'effect', x.effect, 'threshold', x.threshold,
		'p_value', x.p_value, 'p_adjusted', x.p_adjusted,
		'n_reference', x.n_reference, 'n_current', x.n_current,
		'window', jsonb_build_array(x.window_start, x.window_end),
		'contributions', x.contributions,
		'segments', (SELECT jsonb_agg(jsonb_build_object('segment', y.key, 'value', y.value, 'verdict', y.verdict,
														 'n_current', y.n_current) ORDER BY y.value DESC)
					 FROM (SELECT g.key, y.value, y.verdict, y.n_current
						   FROM mlops.measurements y JOIN mlops.segments g USING (segment_id)
						   WHERE y.monitor_id = x.monitor_id AND y.window_end = x.window_end AND y.metric = x.metric
							 AND y.column_name = x.column_name AND y.segment_id <> x.segment_id
							 AND y.verdict IN ('warn', 'critical')
						   ORDER BY y.value DESC LIMIT 8) y),
		'also', (SELECT jsonb_agg(jsonb_build_object('column', y.column_name, 'value', y.value, 'verdict', y.verdict)
								  ORDER BY y.value DESC)
				 FROM (SELECT y.column_name, y.value, y.verdict FROM mlops.measurements y
					   WHERE y.monitor_id = x.monitor_id AND y.window_end = x.window_end AND y.segment_id = x.segment_id
						 AND y.measurement_id <> x.measurement_id AND y.verdict IN ('warn', 'critical')
					   ORDER BY y.value DESC LIMIT 8) y)))
	FROM mlops.measurements x WHERE x.measurement_id = measurement
$$;
COMMENT ON FUNCTION mlops._explanation(bigint) IS 'internal: the measurement behind an alert with its bins, slices and what else moved';

---------------------------------------------------------------------------
-- the stage
---------------------------------------------------------------------------

-- Verdicts of one cell over the last windows that could be measured, as counts.
-- A verdict of warn counts as quiet when the monitor says on_warn = 'nothing'.
CREATE FUNCTION mlops._verdict_counts(m mlops.monitors, segment bigint, col text, met text, until timestamptz,
									  OUT bad int, OUT critical int, OUT bad_before int, OUT ok int)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
	SELECT count(*) FILTER (WHERE v.bad AND v.i <= m.fire_n),
		   count(*) FILTER (WHERE v.verdict = 'critical' AND v.i <= m.fire_n),
		   count(*) FILTER (WHERE v.bad AND v.i < m.fire_n),
		   count(*) FILTER (WHERE NOT v.bad AND v.i <= m.clear_n)
	FROM (SELECT x.verdict, row_number() OVER (ORDER BY x.window_end DESC) AS i,
				 x.verdict = 'critical' OR x.verdict = 'warn' AND m.on_warn <> 'nothing' AS bad
		  FROM mlops.measurements x
		  WHERE x.monitor_id = m.monitor_id AND x.segment_id = segment AND x.column_name = col AND x.metric = met
			AND x.window_end <= until AND x.verdict IN ('ok', 'warn', 'critical')
		  ORDER BY x.window_end DESC LIMIT greatest(m.fire_n, m.clear_n)) v
$$;
COMMENT ON FUNCTION mlops._verdict_counts(mlops.monitors, bigint, text, text, timestamptz) IS 'internal: how many of the last measured windows were bad, critical and ok';

-- A slice does not get an alert of its own while the total of the same
-- column has one or moves too (segment_alerts = 'unexplained').
CREATE FUNCTION mlops._explained_by_total(m mlops.monitors, segment bigint, col text, met text, window_at timestamptz) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE m.segment_alerts WHEN 'all' THEN false WHEN 'none' THEN true ELSE
		EXISTS (SELECT FROM mlops.measurements x JOIN mlops.segments g USING (segment_id)
				WHERE x.monitor_id = m.monitor_id AND x.window_end = window_at AND g.key = '{}'
				  AND x.column_name = col AND x.metric = met AND x.verdict IN ('warn', 'critical'))
		OR EXISTS (SELECT FROM mlops.alerts a JOIN mlops.segments g USING (segment_id)
				   WHERE a.monitor_id = m.monitor_id AND g.key = '{}' AND a.column_name = col AND a.metric = met
					 AND a.state <> 'resolved') END
	FROM mlops.segments g WHERE g.segment_id = segment AND g.key <> '{}'
	UNION ALL SELECT false FROM mlops.segments g WHERE g.segment_id = segment AND g.key = '{}'
$$;
COMMENT ON FUNCTION mlops._explained_by_total(mlops.monitors, bigint, text, text, timestamptz) IS 'internal: whether a slice''s verdict belongs to the alert of all rows';

-- One cell: opens, moves or closes its alert.
CREATE FUNCTION mlops._judge_cell(m mlops.monitors, x mlops.measurements, a mlops.alerts, key jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	n			record;
	bad			boolean := x.verdict = 'critical' OR x.verdict = 'warn' AND m.on_warn <> 'nothing';
	quiet		boolean := NOT bad AND x.verdict IN ('ok', 'warn');
	inhibited	boolean := mlops._explained_by_total(m, x.segment_id, x.column_name, x.metric, x.window_end);
	level		text;
	next_state	text;
	why			text := x.reason;
BEGIN
	SELECT * INTO n FROM mlops._verdict_counts(m, x.segment_id, x.column_name, x.metric, x.window_end);
	level := CASE WHEN n.critical >= m.fire_k THEN 'critical' ELSE 'warn' END;

	IF a.alert_id IS NULL THEN
		IF NOT bad OR inhibited THEN
			RETURN;
		END IF;
		INSERT INTO mlops.alerts (monitor_id, model_id, segment_id, column_name, metric, state, severity, reason, summary,
			explanation, opened_at, fired_at, last_window_end, peak_value, peak_window_end, last_measurement_id)
		VALUES (m.monitor_id, m.model_id, x.segment_id, x.column_name, x.metric,
			CASE WHEN n.bad >= m.fire_k THEN 'firing' ELSE 'pending' END,
			CASE WHEN n.bad >= m.fire_k THEN level ELSE x.verdict END,
			x.reason, mlops._summary(x.column_name, key, x.reason, x.contributions), mlops._explanation(x.measurement_id),
			x.window_end, CASE WHEN n.bad >= m.fire_k THEN x.window_end END, x.window_end, x.value, x.window_end, x.measurement_id);
		RETURN;
	END IF;

	next_state := CASE
		WHEN inhibited AND a.state IN ('pending', 'recovering') THEN 'resolved'
		WHEN inhibited AND a.state = 'firing' THEN 'recovering'
		WHEN a.state = 'pending' AND n.bad >= m.fire_k THEN 'firing'
		WHEN a.state = 'pending' AND quiet AND (n.ok >= m.clear_k OR n.bad_before = 0) THEN 'resolved'
		WHEN a.state = 'firing' AND quiet THEN 'recovering'
		WHEN a.state = 'recovering' AND bad THEN 'firing'
		ELSE a.state END;
	IF inhibited THEN
		why := 'explained by the alert of all rows';
	END IF;

	UPDATE mlops.alerts u
	SET state = next_state,
		severity = CASE WHEN next_state = 'firing' THEN level
						WHEN next_state = 'pending' AND bad THEN x.verdict ELSE u.severity END,
		reason = coalesce(why, x.verdict),
		summary = CASE WHEN bad THEN mlops._summary(x.column_name, key, x.reason, x.contributions) ELSE u.summary END,
		explanation = CASE WHEN bad THEN mlops._explanation(x.measurement_id) ELSE u.explanation END,
		fired_at = CASE WHEN next_state = 'firing' THEN coalesce(u.fired_at, x.window_end) ELSE u.fired_at END,
		resolved_at = CASE WHEN next_state = 'resolved' THEN x.window_end END,
		last_window_end = x.window_end, last_measurement_id = x.measurement_id,
		windows = u.windows + bad::int,
		peak_value = CASE WHEN bad THEN greatest(u.peak_value, x.value) ELSE u.peak_value END,
		peak_window_end = CASE WHEN bad AND x.value > coalesce(u.peak_value, '-Infinity') THEN x.window_end ELSE u.peak_window_end END,
		updated_at = clock_timestamp()
	WHERE u.alert_id = a.alert_id;

	-- long enough quiet: the second half of firing -> recovering -> resolved
	IF next_state = 'recovering' AND (inhibited OR quiet AND n.ok >= m.clear_k) THEN
		UPDATE mlops.alerts SET state = 'resolved', resolved_at = x.window_end WHERE alert_id = a.alert_id;
	END IF;
END
$$;
COMMENT ON FUNCTION mlops._judge_cell(mlops.monitors, mlops.measurements, mlops.alerts, jsonb) IS 'internal: moves the alert of one measured cell';

-- Alerts of cells that the newest window has no measurement of: the monitor does
-- not look at the column any more, or the slice is gone from both sides.  No
-- later verdict could close them.
CREATE FUNCTION mlops._close_unmeasured(r mlops.runs) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	a	record;
BEGIN
	FOR a IN
		SELECT o.alert_id, o.state FROM mlops.alerts o
		WHERE o.monitor_id = r.monitor_id AND o.state <> 'resolved' AND o.last_window_end < r.window_end
		  AND NOT EXISTS (SELECT FROM mlops.measurements x
						  WHERE x.monitor_id = o.monitor_id AND x.window_end = r.window_end AND x.segment_id = o.segment_id
							AND x.column_name = o.column_name AND x.metric = o.metric)
		ORDER BY o.alert_id FOR UPDATE
	LOOP
		IF a.state = 'firing' THEN
			UPDATE mlops.alerts o SET state = 'recovering', reason = 'not measured any more', last_window_end = r.window_end
			WHERE o.alert_id = a.alert_id;
		END IF;
		UPDATE mlops.alerts o
		SET state = 'resolved', reason = 'not measured any more', last_window_end = r.window_end, resolved_at = r.window_end,
			updated_at = clock_timestamp()
		WHERE o.alert_id = a.alert_id;
	END LOOP;
END
$$;
COMMENT ON FUNCTION mlops._close_unmeasured(mlops.runs) IS 'internal: closes the alerts of cells that are not measured any more';

-- Judges the newest window of a monitor, also when it is measured again: late
-- rows may make the first verdict that counts.  A restated older window only
-- changes the verdicts that later windows look back on.
CREATE FUNCTION mlops._judge(run bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	r		mlops.runs%ROWTYPE;
	m		mlops.monitors%ROWTYPE;
	cell	record;
	a		mlops.alerts%ROWTYPE;
BEGIN
	SELECT * INTO STRICT r FROM mlops.runs WHERE run_id = run;
	SELECT * INTO STRICT m FROM mlops.monitors WHERE monitor_id = r.monitor_id;
	IF EXISTS (SELECT FROM mlops.runs n WHERE n.monitor_id = r.monitor_id AND n.window_end > r.window_end AND n.state = 'succeeded') THEN
		RETURN;
	END IF;

	-- the total first: slices look at its alert
	FOR cell IN
		SELECT x AS measurement, g.key
		FROM mlops.measurements x JOIN mlops.segments g USING (segment_id)
		WHERE x.monitor_id = r.monitor_id AND x.window_end = r.window_end
		  AND (x.verdict IN ('warn', 'critical')
			   OR EXISTS (SELECT FROM mlops.alerts o
						  WHERE o.monitor_id = x.monitor_id AND o.segment_id = x.segment_id AND o.column_name = x.column_name
							AND o.metric = x.metric AND o.state <> 'resolved'))
		ORDER BY g.key <> '{}', x.segment_id, x.column_name, x.metric
	LOOP
		SELECT o.* INTO a FROM mlops.alerts o
		WHERE o.monitor_id = r.monitor_id AND o.segment_id = (cell.measurement).segment_id
		  AND o.column_name = (cell.measurement).column_name AND o.metric = (cell.measurement).metric
		  AND o.state <> 'resolved'
		FOR UPDATE;
		CONTINUE WHEN a.last_window_end >= r.window_end;	-- judged before
		PERFORM mlops._judge_cell(m, cell.measurement, a, cell.key);
	END LOOP;
	PERFORM mlops._close_unmeasured(r);
END
$$;
COMMENT ON FUNCTION mlops._judge(bigint) IS 'internal: moves the alerts of a monitor by the newest measurements';

---------------------------------------------------------------------------
-- for people
---------------------------------------------------------------------------

CREATE FUNCTION mlops.explain_alert(alert_id bigint) RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
	SELECT l FROM (
		SELECT 0 AS o, 0 AS i, format('%s alert %s of monitor "%s": %s', a.severity, a.alert_id, m.name, a.state) AS l
		FROM mlops.alerts a JOIN mlops.monitors m USING (monitor_id) WHERE a.alert_id = $1
		UNION ALL
		SELECT 1, 0, '  ' || a.summary FROM mlops.alerts a WHERE a.alert_id = $1
		UNION ALL
		SELECT 2, 0, format('  opened %s%s%s, %s windows so far, peak %s in the window ending %s', a.opened_at,
							', fired ' || a.fired_at, ', resolved ' || a.resolved_at, a.windows,
							round(a.peak_value::numeric, 3), a.peak_window_end)
		FROM mlops.alerts a WHERE a.alert_id = $1
		UNION ALL
		SELECT 3, i::int, format('  bin %s: %s -> %s, contributes %s', e.b->>'label',
								 mlops._percent((e.b->>'reference_share')::float8), mlops._percent((e.b->>'current_share')::float8),
								 round((e.b->>'contribution')::numeric, 4))
		FROM mlops.alerts a, jsonb_array_elements(a.explanation->'contributions') WITH ORDINALITY e(b, i) WHERE a.alert_id = $1
		UNION ALL
		SELECT 4, i::int, format('  also in segment %s: %s (%s)', e.b->>'segment', round((e.b->>'value')::numeric, 3), e.b->>'verdict')
		FROM mlops.alerts a, jsonb_array_elements(a.explanation->'segments') WITH ORDINALITY e(b, i) WHERE a.alert_id = $1
		UNION ALL
		SELECT 5, i::int, format('  at the same time: %s %s (%s)', e.b->>'column', round((e.b->>'value')::numeric, 3), e.b->>'verdict')
		FROM mlops.alerts a, jsonb_array_elements(a.explanation->'also') WITH ORDINALITY e(b, i) WHERE a.alert_id = $1
		UNION ALL
		SELECT 6, v.event_id::int, format('  %s: %s%s', v.window_end, coalesce(v.from_state || ' -> ' || v.to_state, 'opened ' || v.to_state, v.event),
									 ' (' || v.reason || ')')
		FROM mlops.alert_events v WHERE v.alert_id = $1
	) lines ORDER BY o, i
$$;
COMMENT ON FUNCTION mlops.explain_alert(bigint) IS 'an alert in words: what moved, which bins and segments made the difference, what else moved, every transition';
