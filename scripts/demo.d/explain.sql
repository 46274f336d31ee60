SELECT e FROM mlops.retrain_requests r,
	LATERAL (SELECT a.alert_id FROM mlops.alerts a LEFT JOIN mlops.measurements x ON x.measurement_id = a.last_measurement_id
			 WHERE a.request_id = r.id ORDER BY a.severity, x.value DESC LIMIT 1) a,
	LATERAL mlops.explain_alert(a.alert_id) WITH ORDINALITY l(e, i)
ORDER BY r.seq, l.i;
