-- What the worker does, for people.  Row security of the tables below decides
-- which models a reader sees; of the processes everybody sees the numbers.

-- The key space of src/worker/locks.h: 27905 launcher, 27907 slots, 27908 owners.
CREATE VIEW mlops.scheduler_status WITH (security_invoker = true, security_barrier = true) AS
SELECT CASE
		   WHEN pg_is_in_recovery() THEN 'standby'
		   WHEN i.paused_reason IS NOT NULL THEN 'paused'
		   WHEN l.launcher_pid IS NULL THEN 'not running'
		   ELSE 'running'
	   END AS state,
	   i.paused_reason,
	   l.launcher_pid,
	   l.processes,
	   l.owners_running,
	   m.monitors_active,
	   m.monitors_stopped,
	   m.runs_running,
	   m.next_due_at,
	   (SELECT max(r.started_at) FROM mlops.runs r) AS last_run_at
FROM (SELECT min(k.pid) FILTER (WHERE k.objsubid = 27905) AS launcher_pid,
			 count(*) FILTER (WHERE k.objsubid = 27907)::int AS processes,
			 count(*) FILTER (WHERE k.objsubid = 27908 AND k.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()))::int
				 AS owners_running
	  FROM pg_locks k WHERE k.locktype = 'advisory' AND k.granted AND k.objsubid BETWEEN 27905 AND 27909) l,
	 (SELECT min(mlops.paused_reason()) AS paused_reason) i,
	 (SELECT count(*) FILTER (WHERE m.state = 'active') AS monitors_active,
			 count(*) FILTER (WHERE m.state <> 'active') AS monitors_stopped,
			 (SELECT count(*) FROM mlops.runs r WHERE r.state = 'running') AS runs_running,
			 min(greatest(m.next_window_end + s.ready_delay, m.retry_at)) FILTER (WHERE m.state = 'active') AS next_due_at
	  FROM mlops.monitors m JOIN mlops.sources s USING (source_id)) m;
COMMENT ON VIEW mlops.scheduler_status IS 'one row: whether the worker runs, why not, its processes (all databases), and what comes next in this database';
COMMENT ON COLUMN mlops.scheduler_status.state IS 'running, paused (see paused_reason), not running (no launcher: preload mlops or call mlops.start_worker()), standby';
COMMENT ON COLUMN mlops.scheduler_status.processes IS 'processes that run monitors, in all databases; at most mlops.max_workers';
COMMENT ON COLUMN mlops.scheduler_status.owners_running IS 'owners whose monitors run in this database right now';

CREATE VIEW mlops.monitor_status WITH (security_invoker = true, security_barrier = true) AS
SELECT m.name AS monitor,
	   d.name AS model,
	   d.owner,
	   m.state,
	   m.state_reason,
	   m.next_window_end,
	   CASE WHEN m.state = 'active' THEN greatest(m.next_window_end + s.ready_delay, m.retry_at) END AS due_at,
	   CASE WHEN m.state = 'active'
			THEN greatest(mlops.clock() - (m.next_window_end + s.ready_delay), interval '0') END AS lag,
	   m.failures,
	   m.retry_at,
	   (SELECT count(*) FROM mlops.restatements t WHERE t.monitor_id = m.monitor_id) AS restatements,
	   p.pid AS running_pid,
	   r.window_start AS last_window_start,
	   r.window_end AS last_window_end,
	   r.state AS last_state,
	   r.started_at AS last_started_at,
	   r.milliseconds AS last_milliseconds,
	   r.rows_read AS last_rows_read,
	   r.sqlstate AS last_sqlstate,
	   r.message AS last_message
FROM mlops.monitors m
	 JOIN mlops.models d USING (model_id)
	 JOIN mlops.sources s USING (source_id)
	 LEFT JOIN mlops.runs p ON p.monitor_id = m.monitor_id AND p.state = 'running'
	 LEFT JOIN LATERAL (SELECT x.* FROM mlops.runs x WHERE x.monitor_id = m.monitor_id AND x.state <> 'running'
						ORDER BY x.finished_at DESC NULLS LAST, x.run_id DESC LIMIT 1) r ON true;
COMMENT ON VIEW mlops.monitor_status IS 'one row per monitor: schedule, how far behind, failures in a row, and the last run that ended';
COMMENT ON COLUMN mlops.monitor_status.due_at IS 'when the next window is complete and ready, or when a failed one is tried again';
COMMENT ON COLUMN mlops.monitor_status.lag IS 'how long the next window has been ready';

CREATE VIEW mlops.run_history WITH (security_invoker = true, security_barrier = true) AS
SELECT r.run_id, m.name AS monitor, d.name AS model, r.window_start, r.window_end, r.origin, r.state, r.attempt,
	   r.started_at, r.finished_at, r.granules_read, r.rows_read, r.milliseconds, r.sqlstate, r.message
FROM mlops.runs r JOIN mlops.monitors m USING (monitor_id) JOIN mlops.models d ON d.model_id = r.model_id;
COMMENT ON VIEW mlops.run_history IS 'every run: window, outcome, rows read, milliseconds, SQLSTATE and message; a window measured again updates its row';
