-- Collect: rows of the source -> one mergeable summary per column, segment and
-- granule.  See doc/architecture.md, "Collect".

---------------------------------------------------------------------------
-- what is read
---------------------------------------------------------------------------

CREATE FUNCTION mlops._relation_name(relation regclass) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
	SELECT format('%I.%I', n.nspname, c.relname)
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE c.oid = relation
$$;
COMMENT ON FUNCTION mlops._relation_name(regclass) IS 'internal: schema-qualified, quoted name; NULL when the relation is gone';

-- The time column as timestamptz, whatever its type.
CREATE FUNCTION mlops._time_expression(column_name text, time_type regtype, time_zone text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE time_type
		WHEN 'timestamptz'::regtype THEN format('t.%I', column_name)
		WHEN 'timestamp'::regtype THEN format('(t.%I AT TIME ZONE %L)', column_name, time_zone)
		WHEN 'date'::regtype THEN format('(t.%I::timestamp AT TIME ZONE %L)', column_name, time_zone)
	END
$$;
COMMENT ON FUNCTION mlops._time_expression(text, regtype, text) IS 'internal: SQL text of a source''s time column as timestamptz';

-- A range condition on [$2, $3).  For a column without zone the exact
-- condition is on the converted value; a wider one on the raw column lets an
-- index work (an offset never exceeds a day).
CREATE FUNCTION mlops._time_condition(column_name text, time_type regtype, time_zone text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
	SELECT format('%1$s >= $2 AND %1$s < $3', mlops._time_expression(column_name, time_type, time_zone))
		|| CASE time_type
			WHEN 'timestamptz'::regtype THEN ''
			WHEN 'timestamp'::regtype THEN
				format(' AND t.%1$I >= ($2 AT TIME ZONE ''UTC'') - interval ''1 day'' AND t.%1$I < ($3 AT TIME ZONE ''UTC'') + interval ''1 day''', column_name)
			ELSE
				format(' AND t.%1$I >= (($2 AT TIME ZONE ''UTC'') - interval ''1 day'')::date AND t.%1$I <= (($3 AT TIME ZONE ''UTC'') + interval ''1 day'')::date', column_name)
		END
$$;
COMMENT ON FUNCTION mlops._time_condition(text, regtype, text) IS 'internal: SQL text that limits a source to the time range [$2, $3)';

-- A numeric beyond float8 is infinite, one too small for it zero: the cast alone
-- would fail, with the value in its message.
CREATE FUNCTION mlops._numeric_as_float() RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
	SELECT 'CASE WHEN abs(t.%1$I) < 5e-324 THEN 0::float8'
		   ' WHEN abs(t.%1$I) > 1.7976931348623157e308 AND abs(t.%1$I) < ''Infinity'' THEN sign(t.%1$I)::float8 * ''Infinity'''
		   ' ELSE t.%1$I::float8 END'
$$;
COMMENT ON FUNCTION mlops._numeric_as_float() IS 'internal: template of a numeric column as float8 that never fails';

-- Which columns a scan of a relation summarises, in column_no order, and as
-- what.  The relation of a baseline may lack some of them, and may have them in
-- other types; a column that the source itself lacks is the scan's error.
CREATE FUNCTION mlops._scan_columns(source bigint, relation regclass)
RETURNS TABLE (column_no smallint, name text, expression text, kind text, binning mlops.binning)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
	SELECT c.column_no, c.name,
		   CASE
			   WHEN c.kind = 'boolean' THEN format('t.%I', c.name)
			   WHEN c.kind = 'numeric' THEN
				   format(CASE coalesce(nullif(y.typbasetype, 0), a.atttypid)
						  WHEN 'numeric'::regtype THEN mlops._numeric_as_float() ELSE 't.%I::float8' END, c.name)
			   WHEN c.kind = 'timestamp' THEN
				   format(CASE a.atttypid WHEN 'timestamptz'::regtype THEN 't.%I'
						  ELSE 't.%I::timestamp AT TIME ZONE ''UTC''' END, c.name)
			   ELSE format(CASE a.atttypid WHEN 'text'::regtype THEN 't.%I' ELSE 't.%I::text' END, c.name)
		   END,
		   c.kind, c.binning
	FROM mlops.columns c
		 JOIN mlops.sources s USING (source_id)
		 LEFT JOIN pg_attribute a ON a.attrelid = $2 AND a.attname = c.name AND a.attnum > 0 AND NOT a.attisdropped
		 LEFT JOIN pg_type y ON y.oid = a.atttypid
	WHERE c.source_id = source AND c.role IN ('feature', 'score', 'prediction', 'label')
	  AND (a.attname IS NOT NULL OR s.relation = $2)
	ORDER BY c.column_no
$$;
COMMENT ON FUNCTION mlops._scan_columns(bigint, regclass) IS 'internal: the columns that a scan of a relation summarises for a source';

-- The columns it slices by, in column_no order.
CREATE FUNCTION mlops._scan_segments(source bigint, relation regclass) RETURNS text[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce(array_agg(c.name ORDER BY c.column_no), '{}')
	FROM mlops.columns c
		 JOIN mlops.sources s USING (source_id)
		 LEFT JOIN pg_attribute a ON a.attrelid = $2 AND a.attname = c.name AND a.attnum > 0 AND NOT a.attisdropped
	WHERE c.source_id = source AND c.is_segment AND (a.attname IS NOT NULL OR s.relation = $2)
$$;
COMMENT ON FUNCTION mlops._scan_segments(bigint, regclass) IS 'internal: the columns that a scan of a relation slices by for a source';

-- The scan: one row per granule and combination of segment values, all columns at
-- once.  With an id column the rows are read in (time, id) order, so that the
-- order-dependent parts of a profile (float moments, sketches, and the bins that
-- are made from them) come out the same on every replay, however the rows lie
-- on disk and whatever the plan.
-- Times and intervals in the text are read again under fixed settings, so they are
-- written under the same.
CREATE FUNCTION mlops._scan_query(source bigint, relation regclass, by_granule boolean, bounded boolean, with_histograms boolean)
RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
	SET timezone = 'UTC' SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres'
AS $$
DECLARE
	s			mlops.sources%ROWTYPE;
	at			text;
	names		text;
	inner_list	text;
	segment_list text;
	condition	text := '';
	ordering	text := '';
BEGIN
	SELECT * INTO STRICT s FROM mlops.sources WHERE source_id = source;
	PERFORM mlops._check_types(source, relation);
	at := mlops._time_expression(s.time_column, s.time_type, s.time_zone);

	SELECT string_agg(format('%s AS c%s', c.expression, c.column_no), ', ' ORDER BY c.column_no),
		   string_agg(format('r.c%s', c.column_no), ', ' ORDER BY c.column_no)
	INTO inner_list, names FROM mlops._scan_columns(source, relation) c;

	SELECT 'ARRAY[' || coalesce(string_agg(format('t.%I::text', n.name), ', ' ORDER BY n.place), '') || ']::text[]'
	INTO segment_list FROM unnest(mlops._scan_segments(source, relation)) WITH ORDINALITY n(name, place);

	IF bounded THEN
		condition := ' WHERE ' || mlops._time_condition(s.time_column, s.time_type, s.time_zone);
	END IF;
	IF by_granule AND s.id_column IS NOT NULL THEN
		ordering := format(' ORDER BY t.%I, t.%I', s.time_column, s.id_column);
	ELSIF EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = relation AND a.attname = s.id_column AND NOT a.attisdropped) THEN
		ordering := format(' ORDER BY t.%I', s.id_column);
	END IF;

	RETURN format('SELECT r.granule, r.segment, count(*)'
				  ', mlops.profile_columns(%s)'
				  ', %s'
				  ' FROM (SELECT %s AS granule, %s AS segment, %s FROM %s t%s%s) r'
				  ' GROUP BY r.granule, r.segment',
				  names,
				  CASE WHEN with_histograms THEN format('mlops.histogram_columns($1, %s)', names)
					   ELSE 'NULL::mlops.histogram[]' END,
				  CASE WHEN by_granule THEN format('date_bin(%L::interval, %s, %L::timestamptz)', s.granule, at, s.granule_origin)
					   ELSE 'NULL::timestamptz' END,
				  segment_list, inner_list, mlops._relation_name(relation), condition, ordering);
END
$$;
COMMENT ON FUNCTION mlops._scan_query(bigint, regclass, boolean, boolean, boolean) IS 'internal: SQL text of the one scan that summarises a source';

-- Keys of slices are indexed, and an index entry has at most 2700 bytes: of a
-- longer value its beginning and its hash, which tell it from its likes.
CREATE FUNCTION mlops._segment_value(value text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN octet_length(value) > 1000
				THEN left(value, 100) || '… sha256:' || encode(sha256(convert_to(value, 'UTF8')), 'hex')
				ELSE value END
$$;
COMMENT ON FUNCTION mlops._segment_value(text) IS 'internal: a value of a segment column as it stands in the key of its slice';

-- Scans and merges: every cell (granule, slice, column), where a slice is all
-- rows or one value of one segment column.  column_no 0 counts the rows.
CREATE FUNCTION mlops._scan(source bigint, relation regclass, by_granule boolean, lo timestamptz, hi timestamptz, with_histograms boolean)
RETURNS TABLE (granule timestamptz, key jsonb, column_no smallint, row_count bigint, profile mlops.profile, histogram mlops.histogram)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
DECLARE
	model_owner	oid;
	binnings	mlops.binning[];
	numbers		smallint[];
	segment_columns text[];
BEGIN
	SELECT m.owner INTO STRICT model_owner
	FROM mlops.sources s JOIN mlops.models m USING (model_id) WHERE s.source_id = source;
	SELECT array_agg(c.binning ORDER BY c.column_no), array_agg(c.column_no ORDER BY c.column_no)
	INTO binnings, numbers FROM mlops._scan_columns(source, relation) c;
	segment_columns := mlops._scan_segments(source, relation);

	RETURN QUERY
	WITH cells AS MATERIALIZED (
		SELECT * FROM mlops._read_as_owner(model_owner,
				mlops._scan_query(source, relation, by_granule, lo IS NOT NULL, with_histograms),
				binnings, lo, hi, NULL)
			AS c(granule timestamptz, segment text[], n bigint, profiles mlops.profile[], histograms mlops.histogram[])
	), slices AS (
		SELECT c.*, '{}'::jsonb AS key FROM cells c
		UNION ALL
		SELECT c.*, jsonb_build_object(segment_columns[i], mlops._segment_value(c.segment[i]))
		FROM cells c, generate_subscripts(segment_columns, 1) i
	)
	SELECT l.granule, l.key, 0::smallint, sum(l.n)::bigint, NULL::mlops.profile, NULL::mlops.histogram
	FROM slices l GROUP BY l.granule, l.key
	UNION ALL
	SELECT l.granule, l.key, numbers[u.i], sum(l.n)::bigint,
		   mlops.merge(u.p ORDER BY l.segment), mlops.merge(u.h)
	FROM slices l, unnest(l.profiles, l.histograms) WITH ORDINALITY u(p, h, i)
	GROUP BY l.granule, l.key, u.i;
END
$$;
COMMENT ON FUNCTION mlops._scan(bigint, regclass, boolean, timestamptz, timestamptz, boolean) IS 'internal: summaries of a relation per granule, slice and column, read as the model''s owner';

---------------------------------------------------------------------------
-- segments
---------------------------------------------------------------------------

-- Slices are admitted, largest first, up to sources.max_segments values per
-- segment column; those beyond get no row (the total counts them all the same).
CREATE FUNCTION mlops._segment_ids(source bigint, keys jsonb[], counts bigint[])
RETURNS TABLE (key jsonb, segment_id bigint)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	INSERT INTO mlops.segments (source_id, key)
	SELECT source, r.key
	FROM (SELECT i.key, i.segment_column,
				 row_number() OVER (PARTITION BY i.segment_column ORDER BY i.n DESC, i.key) AS place
		  FROM (SELECT k.key, (SELECT min(o) FROM jsonb_object_keys(k.key) o) AS segment_column, sum(k.n) AS n
				FROM unnest(keys, counts) k(key, n) GROUP BY k.key) i
		  WHERE NOT EXISTS (SELECT FROM mlops.segments g WHERE g.source_id = source AND g.key = i.key)) r,
		 mlops.sources s
	WHERE s.source_id = source
	  AND (r.segment_column IS NULL
		   OR r.place <= s.max_segments - (SELECT count(*) FROM mlops.segments g
										   WHERE g.source_id = source AND g.key ? r.segment_column))
	ON CONFLICT DO NOTHING;

	RETURN QUERY SELECT g.key, g.segment_id FROM mlops.segments g WHERE g.source_id = source;
END
$$;
COMMENT ON FUNCTION mlops._segment_ids(bigint, jsonb[], bigint[]) IS 'internal: ids of a source''s slices, after registering new ones within the source''s limit';

---------------------------------------------------------------------------
-- baselines with rows of their own
---------------------------------------------------------------------------

-- Returns the number of rows.  The first baseline also decides the bins.
CREATE FUNCTION mlops._collect_baseline(baseline bigint) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
DECLARE
	b		mlops.baselines%ROWTYPE;
	rel		regclass;
	total	bigint;
BEGIN
	SELECT * INTO STRICT b FROM mlops.baselines WHERE baseline_id = baseline;
	IF b.kind NOT IN ('relation', 'range') THEN
		RETURN NULL;
	END IF;
	SELECT coalesce(b.relation, s.relation) INTO rel FROM mlops.sources s WHERE s.source_id = b.source_id;

	PERFORM mlops._set_binnings(b.source_id, rel, b.from_time, b.to_time);
	DELETE FROM mlops.baseline_profiles WHERE baseline_id = baseline;

	WITH scan AS MATERIALIZED (
		SELECT * FROM mlops._scan(b.source_id, rel, false, b.from_time, b.to_time, true)
	), ids AS MATERIALIZED (
		SELECT i.* FROM (SELECT array_agg(key) AS keys, array_agg(row_count) AS counts FROM scan WHERE column_no = 0) a,
			 mlops._segment_ids(b.source_id, a.keys, a.counts) i
	), put AS (
		INSERT INTO mlops.baseline_profiles (baseline_id, segment_id, column_no, row_count, profile, histogram)
		SELECT baseline, i.segment_id, s.column_no, s.row_count, s.profile, s.histogram
		FROM scan s JOIN ids i USING (key)
	)
	SELECT row_count INTO total FROM scan WHERE column_no = 0 AND key = '{}';

	IF total IS NULL THEN
		RAISE EXCEPTION 'baseline "%" has no rows', b.name
			USING ERRCODE = 'no_data_found',
				  DETAIL = CASE b.kind WHEN 'range'
								THEN format('No row of the source lies in [%s, %s).', b.from_time, b.to_time)
								ELSE format('Relation %s is empty, or row security hides its rows from the model''s owner.', rel) END,
				  HINT = 'Choose a range or relation that holds rows.';
	END IF;
	UPDATE mlops.baselines SET collected_at = clock_timestamp() WHERE baseline_id = baseline;
	RETURN total;
END
$$;
COMMENT ON FUNCTION mlops._collect_baseline(bigint) IS 'internal: profiles the rows of a baseline; an error when there are none';

---------------------------------------------------------------------------
-- which granules have to be read
---------------------------------------------------------------------------

-- Start of the first granule that is not ready yet.
CREATE FUNCTION mlops._ready_end(source bigint) RETURNS timestamptz
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
	SELECT date_bin(s.granule, mlops._now() - s.ready_delay, s.granule_origin)
	FROM mlops.sources s WHERE s.source_id = source
$$;
COMMENT ON FUNCTION mlops._ready_end(bigint) IS 'internal: end of the newest granule that may be read';

-- The rows that were there when the source was registered: from the first one
-- to the first granule that is not ready.  Rows beyond that get marks, since
-- they were written before the triggers were there to make one.
CREATE FUNCTION mlops._begin_first_pass(source bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
	SET timezone = 'UTC' SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres'
AS $$
DECLARE
	s		mlops.sources%ROWTYPE;
	owner	oid;
	rel		text;
	at		text;
	ready	timestamptz := mlops._ready_end(source);
	earliest timestamptz;
BEGIN
	SELECT * INTO STRICT s FROM mlops.sources WHERE source_id = source;
	SELECT m.owner INTO STRICT owner FROM mlops.models m WHERE m.model_id = s.model_id;
	rel := mlops._relation_name(s.relation);
	at := mlops._time_expression(s.time_column, s.time_type, s.time_zone);

	-- min(column), not min(expression): the former can use an index
	SELECT r.lo INTO earliest
	FROM mlops._read_as_owner(owner,
			format('SELECT %1$s FROM (SELECT min(t.%2$I) AS %2$I FROM %3$s t WHERE isfinite(t.%2$I)) t',
				   at, s.time_column, rel),
			NULL, NULL, NULL, NULL) AS r(lo timestamptz);

	IF s.tracking = 'trigger' THEN
		INSERT INTO mlops.changes (source_id, granule)
		SELECT source, r.g
		FROM mlops._read_as_owner(owner,
				format('SELECT DISTINCT date_bin(%L::interval, %s, %L::timestamptz) FROM %s t WHERE %s',
					   s.granule, at, s.granule_origin, rel,
					   mlops._time_condition(s.time_column, s.time_type, s.time_zone)),
				NULL, ready, timestamptz '9999-01-01', NULL) AS r(g timestamptz);
	END IF;

	UPDATE mlops.sources
	SET collected_from = date_bin(s.granule, least(earliest, ready), s.granule_origin),
		collected_to = date_bin(s.granule, least(earliest, ready), s.granule_origin),
		first_pass_to = ready
	WHERE source_id = source;
END
$$;
COMMENT ON FUNCTION mlops._begin_first_pass(bigint) IS 'internal: notes where the rows of a source begin, and marks granules that are not ready';

-- Takes the granules that are due off the list and returns them; at most
-- `step` granules of the first pass at once.
CREATE FUNCTION mlops._due_granules(source bigint, step int) RETURNS SETOF timestamptz
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
AS $$
DECLARE
	s		mlops.sources%ROWTYPE;
	ready	timestamptz := mlops._ready_end(source);
	lo		timestamptz;
	hi		timestamptz;
BEGIN
	SELECT * INTO STRICT s FROM mlops.sources WHERE source_id = source;
	lo := s.collected_to;
	hi := least(ready, lo + s.granule * step);

	IF s.tracking = 'trigger' THEN
		hi := least(hi, s.first_pass_to);	-- beyond it, marks tell
	ELSIF lo < ready AND lo >= s.first_pass_to THEN
		-- a new granule is ready: look at the last ones again, once
		lo := greatest(s.collected_from, least(lo, date_bin(s.granule, ready - s.lookback, s.granule_origin)));
		hi := ready;
	END IF;
	IF lo < hi THEN
		RETURN QUERY SELECT generate_series(lo, hi - s.granule, s.granule);
	END IF;
	UPDATE mlops.sources SET collected_to = greatest(collected_to, hi) WHERE source_id = source AND collected_to < hi;

	-- A mark that a writer in flight holds stays; its granule is read now and
	-- once more after that writer.  One statement, so that both halves see the
	-- same marks.
	RETURN QUERY
		WITH mine AS (
			SELECT c.ctid AS tid FROM mlops.changes c
			WHERE c.source_id = source AND c.granule < ready
			FOR UPDATE SKIP LOCKED
		), taken AS (
			DELETE FROM mlops.changes c USING mine WHERE c.ctid = mine.tid
		)
		SELECT c.granule FROM mlops.changes c
		WHERE c.source_id = source AND c.granule < ready AND isfinite(c.granule)
		UNION
		-- the mark of TRUNCATE
		SELECT p.granule FROM mlops.profiles p
		WHERE p.source_id = source AND p.column_no = 0
		  AND EXISTS (SELECT FROM mlops.changes c WHERE c.source_id = source AND c.granule = '-infinity');
END
$$;
COMMENT ON FUNCTION mlops._due_granules(bigint, int) IS 'internal: granules of a source that have to be read now';

---------------------------------------------------------------------------
-- read and store
---------------------------------------------------------------------------

-- Reads [lo, hi) and makes the stored granules of that range what the rows say
-- now.  Returns the rows read and the granules whose content changed.
CREATE FUNCTION mlops._collect_range(source bigint, lo timestamptz, hi timestamptz,
									 OUT rows_read bigint, OUT changed timestamptz[])
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
DECLARE
	rel	regclass;
BEGIN
	SELECT s.relation INTO STRICT rel FROM mlops.sources s WHERE s.source_id = source;

	WITH scan AS MATERIALIZED (
		SELECT * FROM mlops._scan(source, rel, true, lo, hi, true)
	), ids AS MATERIALIZED (
		SELECT i.* FROM (SELECT array_agg(key) AS keys, array_agg(row_count) AS counts FROM scan WHERE column_no = 0) a,
			 mlops._segment_ids(source, a.keys, a.counts) i
	), fresh AS MATERIALIZED (
		SELECT s.granule, i.segment_id, s.column_no, s.row_count, s.histogram, s.profile
		FROM scan s JOIN ids i USING (key)
	), gone AS (
		DELETE FROM mlops.profiles p
		WHERE p.source_id = source AND p.granule >= lo AND p.granule < hi
		  AND NOT EXISTS (SELECT FROM fresh f
						  WHERE f.granule = p.granule AND f.segment_id = p.segment_id AND f.column_no = p.column_no)
		RETURNING p.granule
	), put AS (
		INSERT INTO mlops.profiles AS p (source_id, granule, segment_id, column_no, row_count, histogram, profile)
		SELECT source, f.granule, f.segment_id, f.column_no, f.row_count, f.histogram, f.profile FROM fresh f
		ON CONFLICT (source_id, column_no, segment_id, granule) DO UPDATE
		SET row_count = excluded.row_count, histogram = excluded.histogram, profile = excluded.profile,
			revision = p.revision + 1, collected_at = clock_timestamp()
		WHERE p.row_count <> excluded.row_count
		   OR p.histogram::text IS DISTINCT FROM excluded.histogram::text
		   OR p.profile::text IS DISTINCT FROM excluded.profile::text
		RETURNING p.granule
	)
	SELECT coalesce((SELECT sum(f.row_count) FROM fresh f JOIN mlops.segments g USING (segment_id)
					 WHERE f.column_no = 0 AND g.key = '{}'), 0),
		   ARRAY(SELECT granule FROM gone UNION SELECT granule FROM put)
	INTO rows_read, changed;
END
$$;
COMMENT ON FUNCTION mlops._collect_range(bigint, timestamptz, timestamptz) IS 'internal: profiles a time range of a source and replaces what was stored for it';

-- Windows that were measured over these granules, or compared with them, are
-- to be measured again; those whose granules retention has taken stay as they are.
CREATE FUNCTION mlops._restate(source bigint, granules timestamptz[], except_run bigint) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
AS $$
	INSERT INTO mlops.restatements (monitor_id, window_start, window_end)
	SELECT DISTINCT r.monitor_id, r.window_start, r.window_end
	FROM unnest(granules) g(granule), mlops.sources s, mlops.monitors m
		 LEFT JOIN mlops.baselines b USING (baseline_id), mlops.runs r
	WHERE s.source_id = source AND m.source_id = source AND r.monitor_id = m.monitor_id
	  AND r.state = 'succeeded' AND r.run_id IS DISTINCT FROM except_run
	  AND r.window_end > g.granule
	  AND CASE WHEN m.kind = 'volume' AND r.window_start >= g.granule + s.granule
			   THEN mlops._is_volume_window(s, g.granule, r.window_start, r.window_end)
			   ELSE r.window_start - CASE b.kind WHEN 'previous' THEN b.gap + m.over
												 WHEN 'rolling' THEN b.gap + b.span
												 ELSE interval '0' END < g.granule + s.granule END
	  AND (s.retention IS NULL
		   OR r.window_start - CASE b.kind WHEN 'previous' THEN b.gap + m.over
										   WHEN 'rolling' THEN b.gap + b.span
										   ELSE interval '0' END >= mlops._now() - s.retention)
	ON CONFLICT DO NOTHING
$$;
COMMENT ON FUNCTION mlops._restate(bigint, timestamptz[], bigint) IS 'internal: lists measured windows that changed granules belong to';

-- A first pass that came to a time without rows goes on where there are some: one
-- row of the year 1 must not cost a scan for each month since.
CREATE FUNCTION mlops._skip_gap(source bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	s		mlops.sources%ROWTYPE;
	owner	oid;
	next_row timestamptz;
BEGIN
	SELECT * INTO STRICT s FROM mlops.sources WHERE source_id = source;
	IF s.collected_to >= s.first_pass_to THEN
		RETURN;
	END IF;
	SELECT m.owner INTO STRICT owner FROM mlops.models m WHERE m.model_id = s.model_id;
	SELECT r.at INTO next_row
	FROM mlops._read_as_owner(owner,
			format('SELECT %1$s FROM (SELECT min(t.%2$I) AS %2$I FROM %3$s t WHERE %4$s) t',
				   mlops._time_expression(s.time_column, s.time_type, s.time_zone), s.time_column,
				   mlops._relation_name(s.relation), mlops._time_condition(s.time_column, s.time_type, s.time_zone)),
			NULL, s.collected_to, s.first_pass_to, NULL) AS r(at timestamptz);
	UPDATE mlops.sources x
	SET collected_to = coalesce(date_bin(s.granule, next_row, s.granule_origin), s.first_pass_to)
	WHERE x.source_id = source;
END
$$;
COMMENT ON FUNCTION mlops._skip_gap(bigint) IS 'internal: moves the first pass of a source over a time without rows';

-- One step: what is due now, the first pass bounded by `step` granules.
CREATE FUNCTION mlops._collect_step(source bigint, run bigint, step int,
									OUT granules_read int, OUT rows_read bigint, OUT more boolean)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
AS $$
DECLARE
	s		mlops.sources%ROWTYPE;
	range	record;
	part	record;
	changed	timestamptz[] := '{}';
BEGIN
	-- one collector per source at a time; rows that refer to the source go on
	SELECT * INTO STRICT s FROM mlops.sources WHERE source_id = source FOR NO KEY UPDATE;
	IF s.collected_to IS NULL THEN
		PERFORM mlops._begin_first_pass(source);
	END IF;
	granules_read := 0;
	rows_read := 0;

	FOR range IN
		SELECT min(d.granule) AS lo, max(d.granule) + s.granule AS hi, count(*)::int AS n
		FROM (SELECT g AS granule,
					 g - s.granule * (row_number() OVER (ORDER BY g))::int AS island,
					 (row_number() OVER (ORDER BY g) - 1) / 744 AS part
			  FROM (SELECT DISTINCT g FROM mlops._due_granules(source, step) g
					-- nothing is kept of older ones
					WHERE s.retention IS NULL OR g >= mlops._now() - s.retention) d) d
		GROUP BY d.island, d.part ORDER BY 1
	LOOP
		IF granules_read = 0 AND NOT EXISTS (SELECT FROM mlops.profiles p WHERE p.source_id = source)
			AND EXISTS (SELECT FROM mlops._scan_columns(source, s.relation) c WHERE c.binning IS NULL AND c.kind <> 'other') THEN
			PERFORM mlops._set_binnings(source, s.relation, range.lo, range.hi);
		END IF;
		SELECT * INTO part FROM mlops._collect_range(source, range.lo, range.hi);
		IF mlops._set_late_binnings(source, s.relation, range.lo, range.hi) THEN
			changed := changed || part.changed;
			SELECT * INTO part FROM mlops._collect_range(source, range.lo, range.hi);
		END IF;
		granules_read := granules_read + range.n;
		rows_read := rows_read + part.rows_read;
		changed := changed || part.changed;
	END LOOP;

	PERFORM mlops._restate(source, changed, run);
	IF rows_read = 0 THEN
		PERFORM mlops._skip_gap(source);
	END IF;
	IF s.retention IS NOT NULL THEN
		DELETE FROM mlops.profiles WHERE source_id = source AND granule < mlops._now() - s.retention;
	END IF;
	SELECT x.collected_to < CASE x.tracking WHEN 'trigger' THEN x.first_pass_to ELSE mlops._ready_end(source) END
	INTO more FROM mlops.sources x WHERE x.source_id = source;
END
$$;
COMMENT ON FUNCTION mlops._collect_step(bigint, bigint, int) IS 'internal: reads new and changed granules of a source; more says that the first pass is not finished';

CREATE FUNCTION mlops._in_first_pass(source bigint) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce(s.collected_to < least(s.first_pass_to, mlops._ready_end(source)), true)
	FROM mlops.sources s WHERE s.source_id = source
$$;
COMMENT ON FUNCTION mlops._in_first_pass(bigint) IS 'internal: whether rows that were there at registration have not been read yet';

CREATE FUNCTION mlops._collect(source bigint, run bigint, OUT granules_read int, OUT rows_read bigint)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	part	record;
BEGIN
	granules_read := 0;
	rows_read := 0;
	LOOP
		SELECT * INTO part FROM mlops._collect_step(source, run, 744);
		granules_read := granules_read + part.granules_read;
		rows_read := rows_read + part.rows_read;
		EXIT WHEN NOT part.more;
	END LOOP;
END
$$;
COMMENT ON FUNCTION mlops._collect(bigint, bigint) IS 'internal: brings the profiles of a source up to date';
