-- Register: baselines, what windows are compared with.

-- The relation of a baseline has to hold columns that are summarised, in a
-- form that counts the same way.  It need not hold all of them: training data
-- has no score.
CREATE FUNCTION mlops._check_baseline_relation(source bigint, owner oid, relation regclass) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	missing text;
	unlike text;
	in_common bigint;
BEGIN
	WITH wanted AS (
		SELECT c.name, c.column_no, c.column_type, c.role, r.name AS found, r.type_name,
			   CASE WHEN r.class IS NULL THEN false
					WHEN c.role = 'ignored' THEN true
					WHEN c.kind = 'numeric' THEN r.class IN ('integer', 'float')
					WHEN c.kind = 'boolean' THEN r.class = 'boolean' AND NOT r.is_domain
					WHEN c.kind = 'timestamp' THEN r.class = 'time' AND NOT r.is_domain
					-- compared as text: true is not 1
					ELSE (r.class = 'boolean') = (c.column_type = 'boolean') END AS fits
		FROM mlops.columns c LEFT JOIN mlops._relation_columns(relation) r ON r.name = c.name
		WHERE c.source_id = source AND (c.role IN ('feature', 'score', 'prediction', 'label') OR c.is_segment)
	)
	SELECT string_agg(quote_ident(w.name), ', ' ORDER BY w.column_no) FILTER (WHERE w.found IS NULL),
		   string_agg(format('%I is %s there and %s in the source', w.name, w.type_name, w.column_type), '; ' ORDER BY w.column_no)
			   FILTER (WHERE w.found IS NOT NULL AND NOT w.fits),
		   count(w.found) FILTER (WHERE w.role <> 'ignored')
	INTO missing, unlike, in_common FROM wanted w;
	IF in_common = 0 THEN
		PERFORM mlops._refuse('42703', format('relation %s has no column of the source', mlops._relation_name(relation)),
			'Columns that are looked for: ' || missing || '.');
	ELSIF unlike IS NOT NULL THEN
		PERFORM mlops._refuse('42804', format('columns of relation %s have other types: %s', mlops._relation_name(relation), unlike),
			'Use a view that casts them to the types of the source.');
	ELSIF missing IS NOT NULL THEN
		RAISE NOTICE 'relation % lacks columns of the source, which get no baseline: %', mlops._relation_name(relation), missing;
	END IF;
	PERFORM mlops._check_select(owner, relation,
		(SELECT array_agg(c.name ORDER BY c.column_no) FROM mlops.columns c
		 WHERE c.source_id = source AND (c.role IN ('feature', 'score', 'prediction', 'label') OR c.is_segment)));
END
$$;

-- Which kind of baseline the arguments describe; exactly one has to.
CREATE FUNCTION mlops._baseline_kind(relation text, from_time timestamptz, to_time timestamptz, previous boolean,
									 rolling interval, gap interval, granule interval)
RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	kinds text[] := array_remove(ARRAY[
		CASE WHEN relation IS NOT NULL THEN 'relation' END,
		CASE WHEN from_time IS NOT NULL OR to_time IS NOT NULL THEN 'range' END,
		CASE WHEN previous THEN 'previous' END,
		CASE WHEN rolling IS NOT NULL THEN 'rolling' END], NULL);
BEGIN
	IF cardinality(kinds) <> 1 THEN
		PERFORM mlops._refuse('22023', CASE cardinality(kinds) WHEN 0 THEN 'it is not said what the baseline is'
									   ELSE 'the baseline is said to be several things: ' || array_to_string(kinds, ', ') END,
			'Give one of: relation => ''schema.table''; from_time => ... and to_time => ...; previous => true; rolling => ''30 days''.');
	ELSIF kinds[1] = 'range' AND (from_time IS NULL OR to_time IS NULL OR NOT isfinite(from_time) OR NOT isfinite(to_time)
								  OR from_time >= to_time) THEN
		PERFORM mlops._refuse('22023', 'a range needs "from_time" and a later "to_time"',
			'For example: from_time => ''2026-01-01'', to_time => ''2026-02-01''; rows at to_time do not belong to it.');
	ELSIF gap IS NULL OR gap < interval '0' THEN
		PERFORM mlops._refuse('22023', '"gap" must be zero or longer', 'For example: gap => ''1 day''.');
	ELSIF kinds[1] IN ('relation', 'range') AND gap <> interval '0' THEN
		PERFORM mlops._refuse('22023', format('a baseline of kind "%s" has no "gap"', kinds[1]),
			'A gap is left out between a previous or rolling baseline and the window.');
	END IF;
	PERFORM mlops._check_multiple('gap', gap, granule);
	IF kinds[1] = 'rolling' THEN
		IF rolling <= interval '0' THEN
			PERFORM mlops._refuse('22023', '"rolling" must be longer than zero', 'For example: rolling => ''30 days''.');
		END IF;
		PERFORM mlops._check_multiple('rolling', rolling, granule);
	END IF;
	RETURN kinds[1];
END
$$;

CREATE FUNCTION mlops._set_baseline(caller oid, model text, relation_name text, lo timestamptz, hi timestamptz,
									is_previous boolean, rolling interval, window_gap interval, baseline_name text, source_name text)
RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	s mlops.sources;
	model_owner oid;
	how text;
	rel regclass;
	id bigint;
	m bigint := mlops._model(caller, model);
BEGIN
	PERFORM mlops._require('name', baseline_name);
	-- same order of locks as everywhere: the model, then the source
	SELECT t.owner INTO STRICT model_owner FROM mlops.models t WHERE t.model_id = m FOR NO KEY UPDATE;
	id := mlops._source(caller, model, source_name);
	SELECT t.* INTO STRICT s FROM mlops.sources t WHERE t.source_id = id FOR UPDATE;
	how := mlops._baseline_kind(relation_name, lo, hi, is_previous, rolling, window_gap, s.granule);
	IF how = 'relation' THEN
		rel := mlops._relation(model_owner, 'relation', relation_name);
		PERFORM mlops._check_baseline_relation(s.source_id, model_owner, rel);
	END IF;

	INSERT INTO mlops.baselines AS b (source_id, name, kind, relation, from_time, to_time, span, gap)
	VALUES (s.source_id, baseline_name, how, rel, lo, hi, rolling, window_gap)
	ON CONFLICT (source_id, name) DO UPDATE
		SET kind = excluded.kind, relation = excluded.relation, from_time = excluded.from_time, to_time = excluded.to_time,
			span = excluded.span, gap = excluded.gap, collected_at = NULL
	RETURNING b.baseline_id INTO id;
	DELETE FROM mlops.baseline_profiles p WHERE p.baseline_id = id;
	IF how IN ('relation', 'range') THEN
		PERFORM mlops._collect_baseline(id);
	END IF;
	PERFORM mlops._record_config(caller, t.monitor_id) FROM mlops.monitors t WHERE t.baseline_id = id ORDER BY t.monitor_id;
	RETURN id;
END
$$;

CREATE FUNCTION mlops.set_baseline(model text, relation text DEFAULT NULL, from_time timestamptz DEFAULT NULL,
	to_time timestamptz DEFAULT NULL, previous boolean DEFAULT false, rolling interval DEFAULT NULL, gap interval DEFAULT '0',
	name text DEFAULT 'default', source text DEFAULT 'predictions')
RETURNS bigint LANGUAGE c AS 'MODULE_PATHNAME', 'mlops_as_extension_owner';
COMMENT ON FUNCTION mlops.set_baseline(text, text, timestamptz, timestamptz, boolean, interval, interval, text, text) IS
	'say what windows are compared with: a relation, a fixed range, the previous window, or a rolling range; setting it again replaces it';
