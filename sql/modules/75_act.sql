-- Act: firing alerts -> one retrain request per model, in the transaction that
-- fired them.

CREATE FUNCTION mlops._act(run bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	r		mlops.runs%ROWTYPE;
	ids		bigint[];
	reason	text;
	evidence jsonb;
	answer	record;
BEGIN
	SELECT * INTO STRICT r FROM mlops.runs WHERE run_id = run;

	-- alerts of this window that ask for retraining and have not been heard; a
	-- request that nobody took in time, or that died, was not heard either (one
	-- that a person cancelled was)
	SELECT array_agg(a.alert_id ORDER BY a.place),
		   format('%s of monitor "%s": %s', CASE WHEN bool_or(a.severity = 'critical') THEN 'critical' ELSE 'warn' END, max(a.monitor), string_agg(a.label, ', ' ORDER BY a.place)
																			 FILTER (WHERE a.place <= 5)),
		   jsonb_build_object(
			   'monitor', max(a.monitor),
			   'window', jsonb_build_array(r.window_start, r.window_end),
			   'alerts', jsonb_agg(jsonb_build_object('alert_id', a.alert_id, 'column', a.column_name, 'segment', a.key,
													  'metric', a.metric, 'value', a.value, 'threshold', a.threshold,
													  'severity', a.severity, 'p_adjusted', a.p_adjusted,
													  'contributions', a.top)
								   ORDER BY a.place) FILTER (WHERE a.place <= 20))
	INTO ids, reason, evidence
	FROM (SELECT a.alert_id, a.column_name, g.key, a.metric, a.severity, m.name AS monitor, x.value, x.threshold, x.p_adjusted,
				 coalesce(nullif(a.column_name, ''), a.metric) || CASE WHEN g.key <> '{}' THEN ' ' || g.key::text ELSE '' END AS label,
				 (SELECT jsonb_agg(c ORDER BY i) FROM jsonb_array_elements(x.contributions) WITH ORDINALITY e(c, i) WHERE i <= 3) AS top,
				 row_number() OVER (ORDER BY a.severity = 'critical' DESC, x.value / nullif(x.threshold, 0) DESC NULLS LAST, a.alert_id) AS place
		  FROM mlops.alerts a
			   JOIN mlops.monitors m USING (monitor_id)
			   JOIN mlops.segments g USING (segment_id)
			   LEFT JOIN mlops.measurements x ON x.measurement_id = a.last_measurement_id
		  WHERE a.monitor_id = r.monitor_id AND a.last_window_end = r.window_end AND a.state = 'firing'
			AND (a.request_id IS NULL
				 OR EXISTS (SELECT FROM mlops.retrain_requests q
							WHERE q.id = a.request_id
							  AND (q.state = 'dead' OR q.state = 'cancelled' AND q.state_reason = 'expired')))
			AND CASE a.severity WHEN 'critical' THEN m.on_critical ELSE m.on_warn END = 'retrain') a;
	IF ids IS NULL THEN
		RETURN;
	END IF;

	SELECT * INTO answer FROM mlops._request_retrain(r.model_id, ids, reason, evidence, r.window_end);
	IF answer.request_id IS NOT NULL THEN
		UPDATE mlops.alerts SET request_id = answer.request_id WHERE alert_id = ANY (ids);
	END IF;

	-- a refusal is said once, not again in every window that it holds
	INSERT INTO mlops.alert_events (alert_id, model_id, window_end, event, reason)
	SELECT i, r.model_id, r.window_end, 'note', 'retrain request ' || answer.outcome
	FROM unnest(ids) i
	WHERE answer.outcome = 'created'
	   OR (SELECT e.reason FROM mlops.alert_events e WHERE e.alert_id = i AND e.event = 'note' ORDER BY e.event_id DESC LIMIT 1)
		  IS DISTINCT FROM 'retrain request ' || answer.outcome;
END
$$;
COMMENT ON FUNCTION mlops._act(bigint) IS 'internal: asks for retraining on behalf of the alerts that a run fired';
