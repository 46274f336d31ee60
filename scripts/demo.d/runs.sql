\pset footer off
SELECT m.name AS monitor, count(*) AS windows, min(r.window_start)::date AS "from", max(r.window_end)::date AS "to",
	   sum(r.rows_read) AS rows_read, round(avg(r.milliseconds)) AS ms_per_window, count(DISTINCT r.pid) AS processes
FROM mlops.runs r JOIN mlops.monitors m USING (monitor_id) GROUP BY m.name;
