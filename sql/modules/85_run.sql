-- Run: which monitor is due, its run row, the four stages, success or failure.
-- src/worker/run.c calls these one after the other and commits in between.

CREATE INDEX runs_running ON mlops.runs (monitor_id) WHERE state = 'running';

---------------------------------------------------------------------------
-- the schedule as a whole
---------------------------------------------------------------------------

-- The first registration calls this.  It also tells the launcher that there is
-- something in this database, which it may not look at for a while.
CREATE FUNCTION mlops._stamp_instance() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	INSERT INTO mlops.instance (system_identifier, database_oid)
	SELECT t.system_identifier, t.database_oid FROM mlops.database_token() t
	ON CONFLICT DO NOTHING;
	IF FOUND THEN
		PERFORM mlops._nudge_launcher(mlops._launcher_pid());
	END IF;
END
$$;
COMMENT ON FUNCTION mlops._stamp_instance() IS 'internal: notes which database the schedule belongs to, the first time';

-- Registration stamps, so monitors without a stamp are on their way in from a dump.
CREATE FUNCTION mlops.paused_reason() RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE
		WHEN i.singleton IS NULL THEN CASE WHEN EXISTS (SELECT FROM mlops.monitors) THEN 'this is a copy without the stamp of its database' END
		WHEN i.paused THEN 'paused by mlops.pause_schedule()'
		WHEN i.system_identifier <> t.system_identifier THEN 'this is a copy of a database of another server'
		WHEN i.database_oid <> t.database_oid THEN 'this is a copy of another database'
	END
	FROM mlops.database_token() t LEFT JOIN mlops.instance i ON true
$$;
COMMENT ON FUNCTION mlops.paused_reason() IS 'why no monitor runs in this database; NULL when they do';

CREATE FUNCTION mlops._in_copy() RETURNS boolean
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'mlops_in_copy';
COMMENT ON FUNCTION mlops._in_copy() IS 'internal: whether the statement of the session is COPY';

-- Triggers that write a history ask this: what comes from a dump has its history
-- with it.
CREATE FUNCTION mlops._restoring() RETURNS boolean
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
	SELECT mlops._in_copy() OR mlops.paused_reason() IS NOT NULL
$$;
COMMENT ON FUNCTION mlops._restoring() IS 'internal: whether rows are being put in by a restore';

CREATE FUNCTION mlops._warn_paused() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	reason text := mlops.paused_reason();
BEGIN
	IF reason IS NOT NULL THEN
		RAISE WARNING 'no monitor runs: %', reason
			USING HINT = 'SELECT mlops.resume_schedule() lets them run.';
	END IF;
END
$$;
COMMENT ON FUNCTION mlops._warn_paused() IS 'internal: tells a session that calls mlops.run_due() why nothing happens';

CREATE FUNCTION mlops._check_schedule_admin(caller oid) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF NOT EXISTS (SELECT FROM pg_roles r WHERE r.oid = caller AND r.rolsuper)
		AND NOT EXISTS (SELECT FROM pg_database d WHERE d.datname = current_database() AND pg_has_role(caller, d.datdba, 'USAGE')) THEN
		RAISE EXCEPTION 'permission denied for the schedule'
			USING ERRCODE = 'insufficient_privilege',
				  HINT = 'A superuser or the owner of the database can do this. To stop one monitor use mlops.pause_monitor().';
	END IF;
END
$$;
COMMENT ON FUNCTION mlops._check_schedule_admin(oid) IS 'internal: error unless the caller is superuser or owns the database';

CREATE FUNCTION mlops._pause_schedule(caller oid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM mlops._check_schedule_admin(caller);
	PERFORM mlops._stamp_instance();
	UPDATE mlops.instance SET paused = true;
END
$$;
COMMENT ON FUNCTION mlops._pause_schedule(oid) IS 'internal: see mlops.pause_schedule()';

CREATE FUNCTION mlops.pause_schedule() RETURNS void
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'mlops_as_extension_owner';
COMMENT ON FUNCTION mlops.pause_schedule() IS 'no monitor of this database starts until mlops.resume_schedule(); one that runs ends first';

CREATE FUNCTION mlops._resume_schedule(caller oid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM mlops._check_schedule_admin(caller);
	PERFORM mlops._stamp_instance();
	UPDATE mlops.instance i
	SET paused = false, system_identifier = t.system_identifier, database_oid = t.database_oid, stamped_at = clock_timestamp()
	FROM mlops.database_token() t;
END
$$;
COMMENT ON FUNCTION mlops._resume_schedule(oid) IS 'internal: see mlops.resume_schedule()';

CREATE FUNCTION mlops.resume_schedule() RETURNS void
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'mlops_as_extension_owner';
COMMENT ON FUNCTION mlops.resume_schedule() IS 'lets the monitors of this database run: after mlops.pause_schedule(), and after a restore or a copy, which start paused';

---------------------------------------------------------------------------
-- what is due
---------------------------------------------------------------------------

-- Monitors with work: a window that is complete, a window to be measured again,
-- or a run that was begun and not ended (by a process that lives or not).
CREATE FUNCTION mlops._due(of_owner oid, caller oid)
RETURNS TABLE (monitor_id bigint, owner oid, due_at timestamptz)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
	SELECT m.monitor_id, d.owner::oid, m.next_window_end + s.ready_delay
	FROM mlops.monitors m JOIN mlops.models d USING (model_id) JOIN mlops.sources s USING (source_id)
	WHERE (of_owner IS NULL OR d.owner::oid = of_owner)
	  AND (caller IS NULL OR pg_has_role(caller, d.owner::oid, 'USAGE'))
	  AND (EXISTS (SELECT FROM mlops.runs r WHERE r.monitor_id = m.monitor_id AND r.state = 'running')
		   OR m.state = 'active' AND (m.retry_at IS NULL OR m.retry_at <= mlops._now())
			  AND (m.next_window_end + s.ready_delay <= mlops._now()
				   OR EXISTS (SELECT FROM mlops.restatements t WHERE t.monitor_id = m.monitor_id)))
$$;
COMMENT ON FUNCTION mlops._due(oid, oid) IS 'internal: monitors with something to do, of one owner or of those the caller belongs to';

CREATE FUNCTION mlops._due_owners() RETURNS SETOF oid
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
	SELECT d.owner
	FROM mlops._due(NULL, NULL) d
		 LEFT JOIN pg_locks k ON k.locktype = 'advisory' AND k.granted AND k.objsubid = 27909
			 AND k.database = (SELECT b.oid FROM pg_database b WHERE b.datname = current_database())
			 AND (k.classid::bigint << 32) | k.objid::bigint = d.monitor_id
	WHERE mlops.paused_reason() IS NULL AND k.pid IS NULL
	GROUP BY d.owner ORDER BY min(d.due_at), d.owner
$$;
COMMENT ON FUNCTION mlops._due_owners() IS 'internal: roles whose monitors have something to do, longest waiting first';

-- What a monitor runs next; no row when nothing.  A window to be measured again
-- is older than any new one and goes first; but where rows keep changing, there
-- is always one more, so that after a hundred of them a new one has its turn.
CREATE FUNCTION mlops._next_window(monitor bigint, OUT window_start timestamptz, OUT window_end timestamptz, OUT origin text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	m		mlops.monitors%ROWTYPE;
	ready	timestamptz;
BEGIN
	SELECT * INTO STRICT m FROM mlops.monitors WHERE monitor_id = monitor;
	IF m.state <> 'active' OR m.retry_at > mlops._now() THEN
		RETURN;
	END IF;

	SELECT mlops._now() - s.ready_delay INTO STRICT ready FROM mlops.sources s WHERE s.source_id = m.source_id;
	SELECT t.window_start, t.window_end, 'restated' INTO window_start, window_end, origin
	FROM mlops.restatements t WHERE t.monitor_id = monitor ORDER BY t.window_end LIMIT 1;
	IF FOUND AND (m.restated_in_a_row < 100 OR m.next_window_end > ready) THEN
		RETURN;
	END IF;

	IF m.next_window_end <= ready THEN
		window_end := m.next_window_end;
		IF m.catchup = 'latest' THEN
			window_end := greatest(window_end, mlops._last_window_end(m.anchor, m.every, ready));
		END IF;
		window_start := mlops._shift(window_end, m.over, -1);
		origin := 'live';
	END IF;
END
$$;
COMMENT ON FUNCTION mlops._next_window(bigint) IS 'internal: the window that a monitor measures next';

CREATE FUNCTION mlops._orphan_reason(monitor bigint) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE
		WHEN NOT EXISTS (SELECT FROM pg_roles r WHERE r.oid = d.owner::oid) THEN 'the role that owned the model has been dropped'
		WHEN NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = s.relation::oid) THEN 'the relation of the source has been dropped'
	END
	FROM mlops.monitors m JOIN mlops.models d USING (model_id) JOIN mlops.sources s USING (source_id)
	WHERE m.monitor_id = monitor
$$;
COMMENT ON FUNCTION mlops._orphan_reason(bigint) IS 'internal: what a monitor needs and is gone; NULL when all is there';

---------------------------------------------------------------------------
-- begin
---------------------------------------------------------------------------

-- One more failure: wait, or give up after max_retries.
CREATE FUNCTION mlops._count_failure(monitor bigint, crashed boolean) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
	UPDATE mlops.monitors m
	SET failures = m.failures + 1,
		retry_at = mlops._now() + mlops._backoff(m.every, m.failures + 1, m.monitor_id, crashed),
		state = CASE WHEN m.state = 'active' AND m.failures + 1 > m.max_retries THEN 'disabled' ELSE m.state END,
		state_reason = CASE WHEN m.state = 'active' AND m.failures + 1 > m.max_retries
							THEN format('%s failures in a row; see mlops.run_history', m.failures + 1)
							ELSE m.state_reason END
	WHERE m.monitor_id = monitor
$$;
COMMENT ON FUNCTION mlops._count_failure(bigint, boolean) IS 'internal: backoff of a monitor, or its end after max_retries failures in a row';

-- A run row "running" whose lock is free belongs to a process that is gone.
CREATE FUNCTION mlops._bury_crashed(monitor bigint) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	UPDATE mlops.runs r
	SET state = 'crashed', finished_at = clock_timestamp(), sqlstate = NULL,
		message = format('process %s ended in the middle of the run', r.pid)
	WHERE r.monitor_id = monitor AND r.state = 'running';
	IF NOT FOUND THEN
		RETURN false;
	END IF;
	PERFORM mlops._count_failure(monitor, true);
	RETURN true;
END
$$;
COMMENT ON FUNCTION mlops._bury_crashed(bigint) IS 'internal: counts a run whose process is gone as crashed';

-- Picks the monitor that has waited longest, locks it for the session and writes
-- its run row.  All NULL when there is nothing to run.
CREATE FUNCTION mlops._begin_run(of_owner oid, caller oid,
								 OUT run_id bigint, OUT monitor_id bigint, OUT monitor text, OUT max_ms int)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	c		record;
	m		mlops.monitors%ROWTYPE;
	w		record;
	reason	text;
BEGIN
	IF mlops.paused_reason() IS NOT NULL THEN
		RETURN;
	END IF;
	FOR c IN SELECT d.monitor_id FROM mlops._due(of_owner, caller) d ORDER BY d.due_at, d.monitor_id LOOP
		CONTINUE WHEN NOT mlops._try_lock_monitor(c.monitor_id);

		-- the row may have changed since; one that is being changed is left alone.
		-- No key lock: other runs on the source restate its windows meanwhile.
		SELECT * INTO m FROM mlops.monitors n WHERE n.monitor_id = c.monitor_id FOR NO KEY UPDATE SKIP LOCKED;
		IF FOUND AND NOT mlops._bury_crashed(c.monitor_id) THEN
			reason := mlops._orphan_reason(c.monitor_id);
			IF reason IS NOT NULL THEN
				UPDATE mlops.monitors n SET state = 'orphaned', state_reason = reason WHERE n.monitor_id = c.monitor_id;
			ELSE
				SELECT * INTO w FROM mlops._next_window(c.monitor_id);
				IF w.window_end IS NOT NULL THEN
					INSERT INTO mlops.runs AS r (monitor_id, model_id, window_start, window_end, origin, state, pid)
					VALUES (c.monitor_id, m.model_id, w.window_start, w.window_end, w.origin, 'running', pg_backend_pid())
					ON CONFLICT ON CONSTRAINT runs_monitor_id_window_start_window_end_key DO UPDATE
					SET state = 'running', origin = excluded.origin, pid = excluded.pid,
						attempt = CASE WHEN r.state IN ('failed', 'crashed') THEN r.attempt + 1 ELSE 1 END,
						started_at = clock_timestamp(), finished_at = NULL, granules_read = NULL, rows_read = NULL,
						milliseconds = NULL, sqlstate = NULL, message = NULL
					RETURNING r.run_id INTO run_id;
					monitor_id := c.monitor_id;
					monitor := m.name;
					max_ms := least(greatest(extract(epoch FROM m.max_runtime) * 1000, 1), 2147483647)::int;
					RETURN;
				END IF;
			END IF;
		END IF;
		PERFORM mlops._unlock_monitor(c.monitor_id);
	END LOOP;
END
$$;
COMMENT ON FUNCTION mlops._begin_run(oid, oid) IS 'internal: takes the next monitor that is due and writes its run row';

---------------------------------------------------------------------------
-- execute
---------------------------------------------------------------------------

-- What is older than mlops.history_days by the clock.  Windows do not count: a
-- backtest over old data makes new history.
CREATE FUNCTION mlops._prune_history(monitor bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	days	int := current_setting('mlops.history_days');
	cutoff	timestamptz;
BEGIN
	IF days = 0 THEN
		RETURN;
	END IF;
	cutoff := clock_timestamp() - make_interval(days => days);
	DELETE FROM mlops.runs r WHERE r.monitor_id = monitor AND r.state <> 'running' AND r.finished_at < cutoff;
	DELETE FROM mlops.alerts a WHERE a.monitor_id = monitor AND a.state = 'resolved' AND a.updated_at < cutoff;
END
$$;
COMMENT ON FUNCTION mlops._prune_history(bigint) IS 'internal: deletes old runs, measurements and resolved alerts of a monitor';

CREATE FUNCTION mlops._finish_run(run bigint, milliseconds float8) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	r	mlops.runs%ROWTYPE;
BEGIN
	UPDATE mlops.runs x
	SET state = 'succeeded', finished_at = clock_timestamp(), milliseconds = _finish_run.milliseconds
	WHERE x.run_id = run RETURNING * INTO STRICT r;

	-- the schedule may have been changed while the run went on: only forward
	UPDATE mlops.monitors m
	SET failures = 0, retry_at = NULL,
		restated_in_a_row = CASE r.origin WHEN 'restated' THEN least(m.restated_in_a_row, 1000000) + 1 ELSE 0 END,
		next_window_end = CASE WHEN r.origin = 'live' AND m.next_window_end <= r.window_end
							   THEN mlops._next_window_end(m.anchor, m.every, r.window_end)
							   ELSE m.next_window_end END
	WHERE m.monitor_id = r.monitor_id;
	PERFORM mlops._prune_history(r.monitor_id);
END
$$;
COMMENT ON FUNCTION mlops._finish_run(bigint, float8) IS 'internal: the run has succeeded; the monitor goes on to the next window';

-- All four stages and the end of the run in one transaction.  What is stored
-- (reasons, explanations, evidence) does not depend on the settings of the session
-- that runs it.
CREATE FUNCTION mlops._execute_run(run bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
	SET timezone = 'UTC' SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres'
AS $$
DECLARE
	r		mlops.runs%ROWTYPE;
	source	bigint;
	got		record;
	began	timestamptz := clock_timestamp();
BEGIN
	SELECT * INTO r FROM mlops.runs WHERE run_id = run FOR UPDATE;
	IF NOT FOUND OR r.state <> 'running' OR r.pid IS DISTINCT FROM pg_backend_pid() THEN
		RAISE EXCEPTION 'run % is not this session''s to execute', run
			USING ERRCODE = 'object_not_in_prerequisite_state',
				  DETAIL = 'It was taken over by another session, or its monitor was dropped.';
	END IF;
	SELECT m.source_id INTO STRICT source FROM mlops.monitors m WHERE m.monitor_id = r.monitor_id;

	PERFORM mlops._test_pause('before_collect');
	SELECT * INTO got FROM mlops._collect(source, run);
	UPDATE mlops.runs x
	SET granules_read = coalesce(x.granules_read, 0) + got.granules_read, rows_read = coalesce(x.rows_read, 0) + got.rows_read
	WHERE run_id = run;
	-- this run measures its window as it is now
	DELETE FROM mlops.restatements t WHERE t.monitor_id = r.monitor_id AND t.window_end = r.window_end;
	PERFORM mlops._test_pause('after_collect');
	PERFORM mlops._compare(run);
	PERFORM mlops._test_pause('after_compare');
	PERFORM mlops._judge(run);
	PERFORM mlops._test_pause('after_judge');
	PERFORM mlops._act(run);
	PERFORM mlops._test_pause('after_act');
	PERFORM mlops._finish_run(run, extract(epoch FROM clock_timestamp() - began) * 1000);
END
$$;
COMMENT ON FUNCTION mlops._execute_run(bigint) IS 'internal: collect, compare, judge and act for the window of a run';

-- One transaction of a run.  True: a part of a source's first pass was read, and
-- there is more to do; false: the run has been executed.  The first pass may
-- be years of rows: each part is kept when a later one fails.
CREATE FUNCTION mlops._run_step(run bigint) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	source	bigint;
	got		record;
BEGIN
	SELECT m.source_id INTO source FROM mlops.runs r JOIN mlops.monitors m USING (monitor_id) WHERE r.run_id = run;
	IF mlops._in_first_pass(source) THEN
		SELECT * INTO got FROM mlops._collect_step(source, run, 744);
		UPDATE mlops.runs x
		SET granules_read = coalesce(x.granules_read, 0) + got.granules_read, rows_read = coalesce(x.rows_read, 0) + got.rows_read
		WHERE x.run_id = run;
		PERFORM mlops._test_pause('after_part');
		RETURN true;
	END IF;
	PERFORM mlops._execute_run(run);
	RETURN false;
END
$$;
COMMENT ON FUNCTION mlops._run_step(bigint) IS 'internal: a part of the source''s first pass, or the run itself';

CREATE FUNCTION mlops._fail_run(run bigint, sqlstate text, message text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	monitor	bigint;
BEGIN
	UPDATE mlops.runs r
	SET state = 'failed', finished_at = clock_timestamp(), sqlstate = _fail_run.sqlstate,
		message = left(_fail_run.message, 1000),
		milliseconds = extract(epoch FROM clock_timestamp() - r.started_at) * 1000
	WHERE r.run_id = run AND r.state = 'running' AND r.pid = pg_backend_pid()
	RETURNING r.monitor_id INTO monitor;
	IF FOUND THEN
		PERFORM mlops._count_failure(monitor, false);
	END IF;
END
$$;
COMMENT ON FUNCTION mlops._fail_run(bigint, text, text) IS 'internal: the run has failed; the monitor waits and tries the same window again';

---------------------------------------------------------------------------
-- for people
---------------------------------------------------------------------------

CREATE PROCEDURE mlops.run_due(max_runs int DEFAULT NULL)
LANGUAGE c AS 'MODULE_PATHNAME', 'mlops_run_due';
COMMENT ON PROCEDURE mlops.run_due(int) IS 'runs what is due in this session, as the worker would, for the models whose owner the caller belongs to; commits after each run unless called in a transaction block';

CREATE FUNCTION mlops._launcher_pid() RETURNS int
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
	SELECT l.pid FROM pg_locks l
	WHERE l.locktype = 'advisory' AND l.database = 0 AND l.objsubid = 27905 AND l.granted
$$;
COMMENT ON FUNCTION mlops._launcher_pid() IS 'internal: process that holds the launcher''s lock; NULL when none';

CREATE FUNCTION mlops._start_worker(caller oid) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	launcher	int := mlops._launcher_pid();
BEGIN
	IF launcher IS NULL THEN
		launcher := mlops._start_launcher();
		RETURN coalesce(launcher, mlops._launcher_pid());
	END IF;
	PERFORM mlops._nudge_launcher(launcher);
	RETURN launcher;
END
$$;
COMMENT ON FUNCTION mlops._start_worker(oid) IS 'internal: see mlops.start_worker()';

CREATE FUNCTION mlops.start_worker() RETURNS int
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'mlops_as_extension_owner';
COMMENT ON FUNCTION mlops.start_worker() IS 'starts the worker until the server stops, where mlops is not in shared_preload_libraries; returns the pid of the launcher; if it runs already, it looks into every database at once';

CREATE FUNCTION mlops._stop_worker(caller oid) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	launcher	int := mlops._launcher_pid();
BEGIN
	IF launcher IS NULL THEN
		RETURN false;
	END IF;
	RETURN mlops._stop_launcher(launcher);
END
$$;
COMMENT ON FUNCTION mlops._stop_worker(oid) IS 'internal: see mlops.stop_worker()';

CREATE FUNCTION mlops.stop_worker() RETURNS boolean
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'mlops_as_extension_owner';
COMMENT ON FUNCTION mlops.stop_worker() IS 'ends the launcher of this server until mlops.start_worker() or a restart; a run in progress is brought to its end; false when there was none';
