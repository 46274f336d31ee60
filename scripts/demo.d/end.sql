\pset footer off
SELECT a.column_name AS column, coalesce(nullif(g.key, '{}')::text, 'all rows') AS segment, a.severity, a.state,
	   a.opened_at::date - 1 AS first_day, a.resolved_at::date - 1 AS cleared_on, round(a.peak_value::numeric, 2) AS peak
FROM mlops.alerts a JOIN mlops.segments g USING (segment_id) ORDER BY a.opened_at, a.peak_value DESC;
SELECT model, state, lease_owner AS consumer, attempts, cardinality(alert_ids) AS alerts, result FROM mlops.retrain_requests;
