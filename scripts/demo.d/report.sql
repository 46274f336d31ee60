\pset footer off
SELECT format('%s windows measured, %s numbers in all; alerts: %s open, %s cleared; retrain requests: %s',
			  (SELECT count(*) FROM mlops.runs WHERE state = 'succeeded'), (SELECT count(*) FROM mlops.measurements),
			  (SELECT count(*) FROM mlops.alerts WHERE state <> 'resolved'),
			  (SELECT count(*) FROM mlops.alerts WHERE state = 'resolved'),
			  (SELECT count(*) FROM mlops.retrain_requests)) AS line \gset
\echo :line
SELECT count(*) > 0 AS any FROM mlops.alerts WHERE state <> 'resolved' \gset
\if :any
SELECT a.column_name AS column, a.severity, a.state, a.opened_at::date - 1 AS since, round(x.value::numeric, 2) AS distance,
	   round(x.threshold::numeric, 2) AS warn_above,
	   regexp_replace(regexp_replace(a.summary, '^.*?; ', ''), '^(.{90}).{3,}$', '\1...') AS what
FROM mlops.alerts a LEFT JOIN mlops.measurements x ON x.measurement_id = a.last_measurement_id
WHERE a.state <> 'resolved' ORDER BY a.severity, x.value DESC NULLS LAST, a.column_name;
\endif
