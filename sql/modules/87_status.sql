-- What is watched, how it is, since when.

CREATE VIEW mlops.status WITH (security_invoker = true, security_barrier = true) AS
SELECT md.name AS model,
	   m.name AS monitor,
	   m.kind,
	   s.relation::regclass::text AS relation,
	   CASE
		   WHEN m.state <> 'active' THEN m.state
		   WHEN a.firing > 0 THEN a.severity
		   WHEN lr.state IN ('failed', 'crashed') THEN 'error'
		   WHEN lr.run_id IS NULL THEN 'not run yet'
		   WHEN a.pending > 0 THEN 'pending'
		   WHEN v.measured = 0 THEN 'no_data'
		   ELSE 'ok'
	   END AS health,
	   CASE
		   WHEN a.firing > 0 OR a.pending > 0 THEN a.since
		   ELSE (SELECT max(x.resolved_at) FROM mlops.alerts x WHERE x.monitor_id = m.monitor_id)
	   END AS since,
	   a.firing AS alerts_firing,
	   a.pending AS alerts_pending,
	   lw.window_start,
	   lw.window_end,
	   v.measurements,
	   v.drifting,
	   v.insufficient,
	   m.next_window_end,
	   CASE WHEN lr.state IN ('failed', 'crashed') THEN lr.message END AS last_error
FROM mlops.monitors m
	 JOIN mlops.models md USING (model_id)
	 JOIN mlops.sources s USING (source_id)
	 LEFT JOIN LATERAL (SELECT * FROM mlops.runs r WHERE r.monitor_id = m.monitor_id AND r.state <> 'running'
						ORDER BY coalesce(r.finished_at, r.started_at) DESC, r.run_id DESC LIMIT 1) lr ON true
	 LEFT JOIN LATERAL (SELECT r.window_start, r.window_end FROM mlops.runs r
						WHERE r.monitor_id = m.monitor_id AND r.state = 'succeeded'
						ORDER BY r.window_end DESC LIMIT 1) lw ON true
	 LEFT JOIN LATERAL (SELECT count(*) AS measurements,
							   count(*) FILTER (WHERE x.verdict IN ('warn', 'critical')) AS drifting,
							   count(*) FILTER (WHERE x.verdict IN ('ok', 'warn', 'critical')) AS measured,
							   count(*) FILTER (WHERE x.verdict IN ('insufficient', 'no_data')) AS insufficient
						FROM mlops.measurements x
						WHERE x.monitor_id = m.monitor_id AND x.window_end = lw.window_end) v ON true
	 LEFT JOIN LATERAL (SELECT count(*) FILTER (WHERE x.state IN ('firing', 'recovering')) AS firing,
							   count(*) FILTER (WHERE x.state = 'pending') AS pending,
							   CASE WHEN bool_or(x.severity = 'critical' AND x.state <> 'pending') THEN 'critical' ELSE 'warn' END AS severity,
							   min(x.opened_at) AS since
						FROM mlops.alerts x
						WHERE x.monitor_id = m.monitor_id AND x.state <> 'resolved') a ON true;
COMMENT ON VIEW mlops.status IS 'one row per monitor: what is watched, how it is (health), since when, and the last window measured';
