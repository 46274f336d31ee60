-- Compare: a window of granules with its baseline -> measurements.
-- One function per kind of monitor; each returns the rows for one window and
-- writes nothing.

CREATE FUNCTION mlops._monitored_columns(monitor bigint)
RETURNS TABLE (column_no smallint, name text, kind text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
	SELECT c.column_no, c.name, c.kind
	FROM mlops.monitors m JOIN mlops.columns c USING (source_id)
	WHERE m.monitor_id = monitor
	  AND CASE WHEN m.columns IS NULL THEN c.role IN ('feature', 'score', 'prediction')
			   ELSE c.name = ANY (m.columns) END
$$;
COMMENT ON FUNCTION mlops._monitored_columns(bigint) IS 'internal: the columns a monitor looks at';

CREATE FUNCTION mlops._monitored_segments(monitor bigint)
RETURNS TABLE (segment_id bigint, key jsonb)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
	SELECT g.segment_id, g.key
	FROM mlops.monitors m JOIN mlops.segments g USING (source_id)
	WHERE m.monitor_id = monitor
	  AND (g.key = '{}' OR m.segments IS NULL OR g.key ?| m.segments)
$$;
COMMENT ON FUNCTION mlops._monitored_segments(bigint) IS 'internal: the slices a monitor looks at, the total included';

-- The range of the source that a moving baseline covers for this window.
CREATE FUNCTION mlops._baseline_range(baseline bigint, window_start timestamptz, window_end timestamptz) RETURNS tstzrange
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
AS $$
	SELECT CASE b.kind
		WHEN 'previous' THEN tstzrange(window_start - b.gap - (window_end - window_start), window_start - b.gap)
		WHEN 'rolling' THEN tstzrange(window_start - b.gap - b.span, window_start - b.gap)
	END
	FROM mlops.baselines b WHERE b.baseline_id = baseline
$$;
COMMENT ON FUNCTION mlops._baseline_range(bigint, timestamptz, timestamptz) IS 'internal: what a previous or rolling baseline covers; NULL for baselines with rows of their own';

-- The merged histograms of a window: a sum of integers, exact whatever the
-- granules.
CREATE FUNCTION mlops._window_histograms(source bigint, columns smallint[], lo timestamptz, hi timestamptz)
RETURNS TABLE (segment_id bigint, column_no smallint, histogram mlops.histogram)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
	SELECT p.segment_id, p.column_no, mlops.merge(p.histogram)
	FROM mlops.profiles p
	WHERE p.source_id = source AND p.column_no = ANY (columns) AND p.granule >= lo AND p.granule < hi
	GROUP BY p.segment_id, p.column_no
$$;
COMMENT ON FUNCTION mlops._window_histograms(bigint, smallint[], timestamptz, timestamptz) IS 'internal: histograms of a time range, merged from its granules';

CREATE FUNCTION mlops._baseline_histograms(baseline bigint, columns smallint[], window_start timestamptz, window_end timestamptz)
RETURNS TABLE (segment_id bigint, column_no smallint, histogram mlops.histogram)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	r		tstzrange := mlops._baseline_range(baseline, window_start, window_end);
	source	bigint;
BEGIN
	IF r IS NULL THEN
		RETURN QUERY SELECT p.segment_id, p.column_no, p.histogram FROM mlops.baseline_profiles p
			WHERE p.baseline_id = baseline AND p.column_no = ANY (columns);
	ELSE
		SELECT b.source_id INTO STRICT source FROM mlops.baselines b WHERE b.baseline_id = baseline;
		RETURN QUERY SELECT * FROM mlops._window_histograms(source, columns, lower(r), upper(r));
	END IF;
END
$$;
COMMENT ON FUNCTION mlops._baseline_histograms(bigint, smallint[], timestamptz, timestamptz) IS 'internal: the histograms a window is compared with';

-- What one cell of a window came to; the columns of mlops.measurements.
CREATE TYPE mlops._measured AS (
	segment_id bigint, column_name text, metric text, value float8, effect float8, lower float8, upper float8,
	p_value float8, p_adjusted float8, threshold float8, n_reference bigint, n_current bigint,
	null_share_reference float8, null_share_current float8, verdict text, reason text, contributions jsonb
);
COMMENT ON TYPE mlops._measured IS 'internal: what one column and slice of a window came to';

---------------------------------------------------------------------------
-- drift
---------------------------------------------------------------------------

-- The bins that made the difference, largest first.
CREATE FUNCTION mlops._contributions(reference mlops.histogram, current mlops.histogram, method text, most int) RETURNS jsonb
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
	SELECT jsonb_agg(jsonb_build_object('bin', c.bin, 'label', c.label, 'reference_share', c.reference_share,
										'current_share', c.current_share, 'contribution', c.contribution)
					 ORDER BY abs(c.contribution) DESC, c.bin)
	FROM (SELECT * FROM mlops.drift_contributions(reference, current, method) d
		  ORDER BY abs(d.contribution) DESC, d.bin LIMIT most) c
	WHERE c.contribution <> 0
$$;
COMMENT ON FUNCTION mlops._contributions(mlops.histogram, mlops.histogram, text, int) IS 'internal: the largest contributions as jsonb';

CREATE FUNCTION mlops._measure_drift(monitor bigint, ws timestamptz, we timestamptz)
RETURNS SETOF mlops._measured
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	m		mlops.monitors%ROWTYPE;
	numbers	smallint[];
BEGIN
	SELECT * INTO STRICT m FROM mlops.monitors WHERE monitor_id = monitor;
	SELECT array_agg(c.column_no) INTO numbers FROM mlops._monitored_columns(monitor) c WHERE c.kind <> 'other';

	RETURN QUERY
	WITH cells AS MATERIALIZED (
		SELECT g.segment_id AS sid, c.column_no AS cno, c.name, r.histogram AS ref, w.histogram AS cur,
			   w.segment_id IS NOT NULL AS has_rows
		FROM mlops._monitored_segments(monitor) g CROSS JOIN mlops._monitored_columns(monitor) c
			 LEFT JOIN mlops._baseline_histograms(m.baseline_id, numbers, ws, we) r
				ON r.segment_id = g.segment_id AND r.column_no = c.column_no
			 LEFT JOIN mlops._window_histograms(m.source_id, numbers, ws, we) w
				ON w.segment_id = g.segment_id AND w.column_no = c.column_no
		WHERE c.kind <> 'other' AND (r.histogram IS NOT NULL OR w.histogram IS NOT NULL OR g.key = '{}')
	), compared AS MATERIALIZED (
		SELECT c.*, d.*
		FROM cells c LEFT JOIN LATERAL
			 mlops.drift(c.ref, c.cur, m.method, m.warn, m.critical, m.confidence, m.fdr, m.min_rows) d
			 ON c.ref IS NOT NULL AND c.cur IS NOT NULL
	), testable AS (
		SELECT array_agg(c.sid ORDER BY c.sid, c.cno) AS sids, array_agg(c.cno ORDER BY c.sid, c.cno) AS cnos,
			   mlops.adjust_p(array_agg(c.p_value ORDER BY c.sid, c.cno), m.correction) AS ps
		FROM compared c WHERE c.p_value IS NOT NULL AND c.verdict IN ('ok', 'warn', 'critical')
	), adjusted AS (
		SELECT a.* FROM testable t, unnest(t.sids, t.cnos, t.ps) a(sid, cno, p)
	)
	SELECT c.sid, c.name, coalesce(c.method, m.method, 'js_distance'), c.statistic, c.effect, NULL::float8, NULL::float8,
		   c.p_value, a.p, c.threshold,
		   coalesce(c.n_reference, CASE WHEN c.ref IS NULL THEN 0 ELSE mlops.row_count(c.ref) END),
		   coalesce(c.n_current, CASE WHEN c.cur IS NOT NULL THEN mlops.row_count(c.cur) WHEN NOT c.has_rows THEN 0 END),
		   c.null_share_reference, c.null_share_current,
		   CASE WHEN c.cur IS NULL THEN 'no_data'
				WHEN c.ref IS NULL THEN 'insufficient'
				WHEN c.verdict IN ('warn', 'critical') AND a.p > m.fdr THEN 'ok'
				ELSE c.verdict END,
		   CASE WHEN c.cur IS NULL AND c.has_rows THEN 'only NULL so far, the column has no bins yet'
				WHEN c.cur IS NULL THEN 'no rows in the window'
				WHEN c.ref IS NULL THEN 'no rows in the baseline, or only NULL'
				WHEN c.verdict IN ('warn', 'critical') AND a.p > m.fdr
					THEN format('not significant among %s comparisons: adjusted p = %s', array_length(t.ps, 1), a.p::numeric(6, 4))
				ELSE c.reason END,
		   CASE WHEN c.ref IS NOT NULL AND c.cur IS NOT NULL AND c.statistic IS NOT NULL
				THEN mlops._contributions(c.ref, c.cur, c.method, 8) END
	FROM compared c CROSS JOIN testable t LEFT JOIN adjusted a ON a.sid = c.sid AND a.cno = c.cno;
END
$$;
COMMENT ON FUNCTION mlops._measure_drift(bigint, timestamptz, timestamptz) IS 'internal: drift of every monitored column and slice of one window';

---------------------------------------------------------------------------
-- null rate
---------------------------------------------------------------------------

-- Newcombe's interval for the change of the NULL share; a verdict needs the
-- whole interval beyond the tolerance, in either direction.
CREATE FUNCTION mlops._measure_null_rate(monitor bigint, ws timestamptz, we timestamptz)
RETURNS SETOF mlops._measured
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	m		mlops.monitors%ROWTYPE;
	numbers	smallint[];
	range	tstzrange;
	warn	float8;
	critical float8;
BEGIN
	SELECT * INTO STRICT m FROM mlops.monitors WHERE monitor_id = monitor;
	SELECT array_agg(c.column_no) INTO numbers FROM mlops._monitored_columns(monitor) c;
	range := mlops._baseline_range(m.baseline_id, ws, we);
	warn := coalesce(m.warn, 0.02);
	critical := coalesce(m.critical, greatest(0.1, warn));

	RETURN QUERY
	WITH w AS (
		SELECT p.segment_id AS sid, p.column_no AS cno, sum(p.row_count)::bigint AS n,
			   sum(coalesce(mlops.null_count(p.histogram), mlops.null_count(p.profile)))::bigint AS k
		FROM mlops.profiles p
		WHERE p.source_id = m.source_id AND p.column_no = ANY (numbers) AND p.granule >= ws AND p.granule < we
		GROUP BY p.segment_id, p.column_no
	), r AS (
		SELECT p.segment_id AS sid, p.column_no AS cno, sum(p.row_count)::bigint AS n,
			   sum(coalesce(mlops.null_count(p.histogram), mlops.null_count(p.profile)))::bigint AS k
		FROM mlops.profiles p
		WHERE p.source_id = m.source_id AND p.column_no = ANY (numbers)
		  AND p.granule >= lower(range) AND p.granule < upper(range)
		GROUP BY p.segment_id, p.column_no
		UNION ALL
		SELECT b.segment_id, b.column_no, b.row_count, coalesce(mlops.null_count(b.histogram), mlops.null_count(b.profile))
		FROM mlops.baseline_profiles b
		WHERE b.baseline_id = m.baseline_id AND b.column_no = ANY (numbers) AND range IS NULL
	), compared AS MATERIALIZED (
		SELECT g.segment_id AS sid, c.column_no AS cno, c.name, coalesce(r.n, 0) AS rn, r.k AS rk, coalesce(w.n, 0) AS wn, w.k AS wk, d.*
		FROM mlops._monitored_segments(monitor) g CROSS JOIN mlops._monitored_columns(monitor) c
			 LEFT JOIN w ON w.sid = g.segment_id AND w.cno = c.column_no
			 LEFT JOIN r ON r.sid = g.segment_id AND r.cno = c.column_no
			 LEFT JOIN LATERAL mlops.rate_change(r.k, r.n, w.k, w.n, m.confidence) d
				ON r.n >= m.min_rows AND w.n >= m.min_rows
		WHERE w.n IS NOT NULL OR r.n IS NOT NULL OR g.key = '{}'
	), testable AS (
		SELECT array_agg(c.sid ORDER BY c.sid, c.cno) AS sids, array_agg(c.cno ORDER BY c.sid, c.cno) AS cnos,
			   mlops.adjust_p(array_agg(c.p_value ORDER BY c.sid, c.cno), m.correction) AS ps
		FROM compared c WHERE c.p_value IS NOT NULL
	), adjusted AS (
		SELECT a.* FROM testable t, unnest(t.sids, t.cnos, t.ps) a(sid, cno, p)
	), judged AS (
		SELECT c.*, a.p AS adj, c.wk::float8 / nullif(c.wn, 0) AS share,
			   CASE WHEN c.wn = 0 THEN 'no_data'
					WHEN c.rn < m.min_rows OR c.wn < m.min_rows THEN 'insufficient'
					WHEN a.p > m.fdr THEN 'ok'
					WHEN c.lower > critical OR c.upper < -critical THEN 'critical'
					WHEN c.lower > warn OR c.upper < -warn THEN 'warn'
					ELSE 'ok' END AS v
		FROM compared c LEFT JOIN adjusted a ON a.sid = c.sid AND a.cno = c.cno
	)
	SELECT j.sid, j.name, 'null_rate', j.share, j.difference, j.rk::float8 / nullif(j.rn, 0) + j.lower,
		   j.rk::float8 / nullif(j.rn, 0) + j.upper, j.p_value, j.adj, warn, j.rn, j.wn,
		   j.rk::float8 / nullif(j.rn, 0), j.share, j.v,
		   CASE j.v
				WHEN 'no_data' THEN 'no rows in the window'
				WHEN 'insufficient' THEN format('%s rows in the baseline and %s in the window, at least %s needed', j.rn, j.wn, m.min_rows)
				WHEN 'ok' THEN NULL
				ELSE format('share of NULL went from %s %% to %s %%, tolerance %s points',
							round((100.0 * j.rk / j.rn)::numeric, 2), round((100 * j.share)::numeric, 2),
							round((100 * CASE j.v WHEN 'critical' THEN critical ELSE warn END)::numeric, 2)) END,
		   NULL::jsonb
	FROM judged j;
END
$$;
COMMENT ON FUNCTION mlops._measure_null_rate(bigint, timestamptz, timestamptz) IS 'internal: change of the NULL share of every monitored column and slice of one window';

---------------------------------------------------------------------------
-- volume and freshness
---------------------------------------------------------------------------

-- What a window's number of rows is compared with: the same window of up to 8
-- weeks before, so that nights and weekends are expected; as long as there are
-- fewer than 3 of them (or the window is a week or longer, or granules do not
-- divide a week), up to 28 windows of the same length right before it.  Windows
-- before the source's first row do not count.
CREATE FUNCTION mlops._volume_windows(source bigint, ws timestamptz, we timestamptz)
RETURNS TABLE (lo timestamptz, hi timestamptz, weekly boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
AS $$
	WITH history AS (
		-- what retention has taken is not a window without rows
		SELECT s.granule, greatest(s.collected_from, mlops._now() - s.retention) AS first_row
		FROM mlops.sources s WHERE s.source_id = _volume_windows.source
	), weeks AS (
		SELECT ws - i * interval '7 days' AS lo, we - i * interval '7 days' AS hi
		FROM generate_series(1, 8) i, history s
		WHERE we - ws < interval '7 days'
		  AND extract(epoch FROM interval '7 days') % extract(epoch FROM s.granule) = 0
		  AND ws - i * interval '7 days' >= s.first_row
	)
	SELECT w.lo, w.hi, true FROM weeks w WHERE (SELECT count(*) FROM weeks) >= 3
	UNION ALL
	SELECT ws - i * (we - ws), we - i * (we - ws), false
	FROM generate_series(1, 28) i, history s
	WHERE ws - i * (we - ws) >= s.first_row AND (SELECT count(*) FROM weeks) < 3
$$;
COMMENT ON FUNCTION mlops._volume_windows(bigint, timestamptz, timestamptz) IS 'internal: earlier windows that a window''s number of rows is compared with';

-- Whether a granule lies in one of them, without a query for each pair of a
-- changed granule and a measured window.
CREATE FUNCTION mlops._is_volume_window(s mlops.sources, granule timestamptz, ws timestamptz, we timestamptz) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
AS $$
	SELECT CASE WHEN we - ws < interval '7 days' AND extract(epoch FROM interval '7 days') % extract(epoch FROM s.granule) = 0
					 AND ws - interval '21 days' >= greatest(s.collected_from, mlops._now() - s.retention)
				THEN EXISTS (SELECT FROM generate_series(1, 8) i
							 WHERE ws - i * interval '7 days' < granule + s.granule AND we - i * interval '7 days' > granule)
				ELSE ws - 28 * (we - ws) < granule + s.granule END
$$;
COMMENT ON FUNCTION mlops._is_volume_window(mlops.sources, timestamptz, timestamptz, timestamptz) IS 'internal: whether a granule is among what a window''s number of rows is compared with';

-- The median of the earlier windows is expected and their median absolute
-- deviation (times 1.4826, as for a normal distribution) is the noise, so that
-- one bad window does not hide the next; never less than a Poisson's.  The
-- p-value is Student's for one new observation, an approximation.
CREATE FUNCTION mlops._measure_volume(monitor bigint, ws timestamptz, we timestamptz)
RETURNS SETOF mlops._measured
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
AS $$
DECLARE
	m		mlops.monitors%ROWTYPE;
	warn	float8;
	critical float8;
BEGIN
	SELECT * INTO STRICT m FROM mlops.monitors WHERE monitor_id = monitor;
	warn := coalesce(m.warn, 0.5);
	critical := coalesce(m.critical, greatest(0.8, warn));

	RETURN QUERY
	WITH slices AS (
		SELECT g.segment_id AS sid, g.key FROM mlops._monitored_segments(monitor) g
	), windows AS (
		SELECT 0 AS ago, ws AS lo, we AS hi, false AS weekly
		UNION ALL
		SELECT 1, v.lo, v.hi, v.weekly FROM mlops._volume_windows(m.source_id, ws, we) v
	), counts AS (
		SELECT s.sid, w.ago, w.weekly,
			   coalesce((SELECT sum(p.row_count) FROM mlops.profiles p
						 WHERE p.source_id = m.source_id AND p.column_no = 0 AND p.segment_id = s.sid
						   AND p.granule >= w.lo AND p.granule < w.hi), 0)::float8 AS n
		FROM slices s CROSS JOIN windows w
	), expectations AS (
		SELECT c.sid, max(c.n) FILTER (WHERE c.ago = 0) AS now, count(*) FILTER (WHERE c.ago > 0) AS h, bool_or(c.weekly) AS weekly,
			   percentile_cont(0.5) WITHIN GROUP (ORDER BY c.n) FILTER (WHERE c.ago > 0) AS expected
		FROM counts c GROUP BY c.sid
	), compared AS MATERIALIZED (
		SELECT e.*, greatest(1.4826 * (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY abs(c.n - e.expected))
									   FROM counts c WHERE c.sid = e.sid AND c.ago > 0), sqrt(e.expected)) AS sd
		FROM expectations e
	), tested AS MATERIALIZED (
		SELECT c.*, c.now / nullif(c.expected, 0) - 1 AS change,
			   CASE WHEN c.h >= 3 AND c.expected > 0
					THEN mlops.student_t_p((c.now - c.expected) / (c.sd * sqrt(1 + 1.0 / c.h)), c.h - 1) END AS p
		FROM compared c
	), testable AS (
		SELECT array_agg(t.sid ORDER BY t.sid) AS sids, mlops.adjust_p(array_agg(t.p ORDER BY t.sid), m.correction) AS ps
		FROM tested t WHERE t.p IS NOT NULL
	), adjusted AS (
		SELECT a.* FROM testable x, unnest(x.sids, x.ps) a(sid, p)
	), judged AS (
		SELECT t.*, a.p AS adj,
			   CASE WHEN t.h < 3 THEN 'insufficient'
					WHEN t.expected = 0 THEN CASE WHEN t.now > 0 THEN 'insufficient' WHEN t.weekly THEN 'ok' ELSE 'no_data' END
					WHEN a.p > m.fdr THEN 'ok'
					WHEN abs(t.change) > critical THEN 'critical'
					WHEN abs(t.change) > warn THEN 'warn'
					ELSE 'ok' END AS v
		FROM tested t LEFT JOIN adjusted a USING (sid)
	)
	SELECT j.sid, ''::text, 'row_count', j.now, j.change, NULL::float8, NULL::float8, j.p, j.adj, warn,
		   round(j.expected)::bigint, j.now::bigint, NULL::float8, NULL::float8, j.v,
		   CASE j.v WHEN 'insufficient' THEN format('%s earlier windows to compare with, at least 3 with rows needed', j.h)
					WHEN 'no_data' THEN 'no rows in this window or the ones before'
					WHEN 'ok' THEN CASE WHEN j.expected = 0 THEN 'no rows, as in the weeks before' END
					ELSE format('%s rows where %s were expected from %s earlier %s', j.now, round(j.expected), j.h,
								CASE WHEN j.weekly THEN 'weeks' ELSE 'windows' END) END,
		   NULL::jsonb
	FROM judged j
	WHERE j.now > 0 OR j.expected > 0 OR j.sid = (SELECT s.sid FROM slices s WHERE s.key = '{}');
END
$$;
COMMENT ON FUNCTION mlops._measure_volume(bigint, timestamptz, timestamptz) IS 'internal: number of rows of one window against the windows before';

-- Age of the newest row at the end of the window, in seconds; warn and critical
-- are seconds too (default: 2 and 4 times the monitor's interval).
CREATE FUNCTION mlops._measure_freshness(monitor bigint, ws timestamptz, we timestamptz)
RETURNS SETOF mlops._measured
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET intervalstyle = 'postgres'
AS $$
DECLARE
	m		mlops.monitors%ROWTYPE;
	s		mlops.sources%ROWTYPE;
	owner	oid;
	newest	timestamptz;
	age		float8;
	warn	float8;
	critical float8;
	total	bigint;
BEGIN
	SELECT * INTO STRICT m FROM mlops.monitors WHERE monitor_id = monitor;
	SELECT * INTO STRICT s FROM mlops.sources WHERE source_id = m.source_id;
	SELECT x.owner INTO STRICT owner FROM mlops.models x WHERE x.model_id = m.model_id;
	warn := coalesce(m.warn, 2 * extract(epoch FROM m.every));
	critical := coalesce(m.critical, greatest(2 * warn, 4 * extract(epoch FROM m.every)));

	SELECT r.at INTO newest
	FROM mlops._read_as_owner(owner,
			format('SELECT %1$s FROM (SELECT max(t.%2$I) AS %2$I FROM %3$s t WHERE %4$s) t',
				   mlops._time_expression(s.time_column, s.time_type, s.time_zone), s.time_column,
				   mlops._relation_name(s.relation), mlops._time_condition(s.time_column, s.time_type, s.time_zone)),
			NULL, timestamptz '0001-01-01', we, NULL) AS r(at timestamptz);
	age := extract(epoch FROM we - newest);
	SELECT i.segment_id INTO STRICT total
	FROM mlops._segment_ids(m.source_id, ARRAY['{}'::jsonb], ARRAY[0]) i WHERE i.key = '{}';

	RETURN QUERY SELECT total, ''::text, 'freshness', age, age, NULL::float8, NULL::float8, NULL::float8, NULL::float8,
		warn, NULL::bigint, NULL::bigint, NULL::float8, NULL::float8,
		CASE WHEN age IS NULL THEN 'no_data' WHEN age > critical THEN 'critical' WHEN age > warn THEN 'warn' ELSE 'ok' END,
		CASE WHEN age IS NULL THEN 'the source has no row before the end of the window'
			 WHEN age > warn THEN format('newest row is %s old, %s allowed', make_interval(secs => age),
										 make_interval(secs => CASE WHEN age > critical THEN critical ELSE warn END)) END,
		NULL::jsonb;
END
$$;
COMMENT ON FUNCTION mlops._measure_freshness(bigint, timestamptz, timestamptz) IS 'internal: age of the newest row at the end of one window';

---------------------------------------------------------------------------
-- the stage
---------------------------------------------------------------------------

CREATE FUNCTION mlops._measure(monitor bigint, ws timestamptz, we timestamptz)
RETURNS SETOF mlops._measured
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
DECLARE
	k	text;
BEGIN
	SELECT m.kind INTO STRICT k FROM mlops.monitors m WHERE m.monitor_id = monitor;
	CASE k
		WHEN 'drift' THEN RETURN QUERY SELECT * FROM mlops._measure_drift(monitor, ws, we);
		WHEN 'null_rate' THEN RETURN QUERY SELECT * FROM mlops._measure_null_rate(monitor, ws, we);
		WHEN 'volume' THEN RETURN QUERY SELECT * FROM mlops._measure_volume(monitor, ws, we);
		WHEN 'freshness' THEN RETURN QUERY SELECT * FROM mlops._measure_freshness(monitor, ws, we);
	END CASE;
END
$$;
COMMENT ON FUNCTION mlops._measure(bigint, timestamptz, timestamptz) IS 'internal: what a monitor measures in one window; writes nothing but new slices';

-- Writes the measurements of a run's window.  A window measured before keeps its
-- rows; those whose content changed get the next revision.
CREATE FUNCTION mlops._compare(run bigint) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
DECLARE
	r		mlops.runs%ROWTYPE;
	m		mlops.monitors%ROWTYPE;
	began	timestamptz := clock_timestamp();
	n		int;
BEGIN
	SELECT * INTO STRICT r FROM mlops.runs WHERE run_id = run;
	SELECT * INTO STRICT m FROM mlops.monitors WHERE monitor_id = r.monitor_id;

	WITH fresh AS MATERIALIZED (
		SELECT * FROM mlops._measure(r.monitor_id, r.window_start, r.window_end)
	), gone AS (
		DELETE FROM mlops.measurements x
		WHERE x.monitor_id = r.monitor_id AND x.window_end = r.window_end
		  AND NOT EXISTS (SELECT FROM fresh f WHERE f.segment_id = x.segment_id AND f.column_name = x.column_name AND f.metric = x.metric)
	), put AS (
		INSERT INTO mlops.measurements AS x (run_id, monitor_id, model_id, window_start, window_end, segment_id, column_name,
			metric, value, effect, lower, upper, p_value, p_adjusted, threshold, n_reference, n_current,
			null_share_reference, null_share_current, verdict, reason, contributions, config_version, rows_read, milliseconds)
		SELECT run, r.monitor_id, r.model_id, r.window_start, r.window_end, f.segment_id, f.column_name,
			   f.metric, f.value, f.effect, f.lower, f.upper, f.p_value, f.p_adjusted, f.threshold, f.n_reference, f.n_current,
			   f.null_share_reference, f.null_share_current, f.verdict, f.reason, f.contributions, m.config_version, r.rows_read,
			   extract(epoch FROM clock_timestamp() - began) * 1000
		FROM fresh f
		ON CONFLICT (monitor_id, window_end, segment_id, column_name, metric) DO UPDATE
		SET run_id = excluded.run_id, window_start = excluded.window_start, value = excluded.value, effect = excluded.effect, lower = excluded.lower,
			upper = excluded.upper, p_value = excluded.p_value, p_adjusted = excluded.p_adjusted,
			threshold = excluded.threshold, n_reference = excluded.n_reference, n_current = excluded.n_current,
			null_share_reference = excluded.null_share_reference, null_share_current = excluded.null_share_current,
			verdict = excluded.verdict, reason = excluded.reason, contributions = excluded.contributions,
			config_version = excluded.config_version, rows_read = excluded.rows_read, milliseconds = excluded.milliseconds,
			revision = x.revision + 1, measured_at = clock_timestamp()
		WHERE (x.value, x.effect, x.p_value, x.p_adjusted, x.threshold, x.n_reference, x.n_current, x.verdict, x.reason, x.contributions)
			  IS DISTINCT FROM
			  (excluded.value, excluded.effect, excluded.p_value, excluded.p_adjusted, excluded.threshold,
			   excluded.n_reference, excluded.n_current, excluded.verdict, excluded.reason, excluded.contributions)
		RETURNING 1
	)
	SELECT count(*) INTO n FROM put;

	RETURN n;
END
$$;
COMMENT ON FUNCTION mlops._compare(bigint) IS 'internal: measures the window of a run and stores the measurements';
