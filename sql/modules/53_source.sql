-- Register: sources, the relations that hold a model's predictions.

---------------------------------------------------------------------------
-- register_source
---------------------------------------------------------------------------

-- Checks of the arguments that do not need the relation.  Returns the start of
-- the granule grid: midnight of 2000-01-01 in the source's time zone.
CREATE FUNCTION mlops._check_source_options(granule interval, time_zone text, ready_delay interval, tracking text,
											lookback interval, bins int, max_segments int, retention interval)
RETURNS timestamptz
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF granule IS NULL OR extract(year FROM granule) <> 0 OR extract(month FROM granule) <> 0
		OR granule < interval '1 minute' OR granule > interval '31 days' THEN
		PERFORM mlops._refuse('22023', '"granule" must be between 1 minute and 31 days, in minutes, hours or days',
							  'For example: granule => ''1 hour''.');
	ELSIF ready_delay IS NULL OR ready_delay < interval '0' THEN
		PERFORM mlops._refuse('22023', '"ready_delay" must be zero or longer',
							  'How long after its end a granule may still get rows, for example ready_delay => ''10 minutes''.');
	ELSIF lookback IS NULL OR lookback < interval '0' THEN
		PERFORM mlops._refuse('22023', '"lookback" must be zero or longer', 'For example: lookback => ''1 day''.');
	ELSIF bins IS NULL OR bins NOT BETWEEN 2 AND 1000 THEN
		PERFORM mlops._refuse('22023', '"bins" must be between 2 and 1000', 'For example: bins => 10.');
	ELSIF max_segments IS NULL OR max_segments NOT BETWEEN 1 AND 10000 THEN
		PERFORM mlops._refuse('22023', '"max_segments" must be between 1 and 10000', 'For example: max_segments => 100.');
	ELSIF retention <= granule THEN
		PERFORM mlops._refuse('22023', '"retention" must be longer than a granule',
							  'How long profiles are kept, for example retention => ''400 days''; NULL: for ever.');
	ELSIF tracking IS NOT NULL THEN
		PERFORM mlops._one_of('tracking', tracking, '{trigger,lookback}');
	END IF;
	PERFORM mlops._require('time_zone', time_zone);
	BEGIN
		RETURN timestamp '2000-01-01' AT TIME ZONE time_zone;
	EXCEPTION WHEN invalid_parameter_value THEN
		PERFORM mlops._refuse('22023', format('time zone "%s" is not known', time_zone),
			'Nearest names: ' || mlops._candidates(time_zone, (SELECT array_agg(z.name) FROM pg_timezone_names z
															   WHERE z.name NOT LIKE 'posix/%')) || '.');
	END;
END
$$;

-- What was collected does not describe the source any more.
CREATE FUNCTION mlops._forget_history(source bigint) RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	DELETE FROM mlops.profiles WHERE source_id = source;
	DELETE FROM mlops.changes WHERE source_id = source;
	DELETE FROM mlops.restatements r USING mlops.monitors m WHERE m.monitor_id = r.monitor_id AND m.source_id = source;
	UPDATE mlops.sources SET collected_from = NULL, collected_to = NULL, first_pass_to = NULL WHERE source_id = source;
$$;

-- Makes mlops.columns what the plan says.  A column keeps its number, and its
-- history as long as it is counted the same way; an ignored one keeps both for
-- the day it comes back.  Returns the columns whose history ends here.
CREATE FUNCTION mlops._sync_columns(source bigint, plan jsonb, n_bins int) RETURNS text[]
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	changed smallint[];
	reset text[];
BEGIN
	SELECT array_agg(c.column_no) INTO changed
	FROM mlops.columns c JOIN jsonb_to_recordset(plan) AS p(name text, role text, kind text) USING (name)
	WHERE c.source_id = source AND p.role IN ('feature', 'score', 'prediction', 'label')
	  AND (c.kind <> p.kind OR (c.kind IN ('numeric', 'timestamp') AND c.bins <> n_bins));
	SELECT array_agg(c.name ORDER BY c.column_no) INTO reset
	FROM mlops.columns c
	WHERE c.source_id = source AND c.column_no = ANY (changed)
	  AND (c.binning IS NOT NULL OR EXISTS (SELECT FROM mlops.profiles p WHERE p.source_id = source AND p.column_no = c.column_no));
	DELETE FROM mlops.profiles p WHERE p.source_id = source AND p.column_no = ANY (changed);
	DELETE FROM mlops.baseline_profiles p USING mlops.baselines b
	WHERE b.source_id = source AND p.baseline_id = b.baseline_id AND p.column_no = ANY (changed);
	UPDATE mlops.columns c SET binning = NULL WHERE c.source_id = source AND c.column_no = ANY (changed);

	UPDATE mlops.columns c SET role = 'ignored', is_segment = false
	WHERE c.source_id = source
	  AND NOT EXISTS (SELECT FROM jsonb_to_recordset(plan) AS p(name text) WHERE p.name = c.name);
	UPDATE mlops.columns c
	SET role = p.role, is_segment = p.is_segment, column_type = p.type, bins = n_bins,
		kind = CASE WHEN p.role = 'ignored' THEN c.kind ELSE p.kind END,
		kind_given = CASE WHEN p.role = 'ignored' THEN c.kind_given ELSE p.given END
	FROM jsonb_to_recordset(plan) AS p(name text, role text, kind text, is_segment boolean, type text, given boolean)
	WHERE c.source_id = source AND c.name = p.name;
	INSERT INTO mlops.columns (source_id, column_no, name, role, kind, is_segment, column_type, bins, kind_given)
	SELECT source,
		   coalesce((SELECT max(o.column_no) FROM mlops.columns o WHERE o.source_id = source), 0) + row_number() OVER (ORDER BY e.place),
		   p.name, p.role, p.kind, p.is_segment, p.type, n_bins, p.given
	FROM jsonb_array_elements(plan) WITH ORDINALITY AS e(value, place),
		 jsonb_to_record(e.value) AS p(name text, role text, kind text, is_segment boolean, type text, given boolean)
	WHERE NOT EXISTS (SELECT FROM mlops.columns o WHERE o.source_id = source AND o.name = p.name);
	RETURN reset;
END
$$;

-- Says what the inspection decided and the caller might not expect.
CREATE FUNCTION mlops._tell_plan(source bigint, plan jsonb, features text[], ignored text[], known text[]) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	unsupported text;
	times text;
	unseen text;
	added text;
	lost record;
BEGIN
	SELECT string_agg(format('%I (%s)', p.name, p.type), ', ') FILTER (WHERE p.class IS NULL),
		   string_agg(format('%I', p.name), ', ') FILTER (WHERE p.class = 'time')
	INTO unsupported, times
	FROM jsonb_to_recordset(plan) AS p(name text, type text, class text, role text)
	WHERE features IS NULL AND p.role = 'ignored' AND p.name <> ALL (coalesce(ignored, '{}'));
	IF unsupported IS NOT NULL THEN
		RAISE NOTICE 'not watched, because their types are not supported: %', unsupported;
	END IF;
	IF times IS NOT NULL THEN
		RAISE NOTICE 'not watched, because times move on by themselves: % (name them in "features" to watch them)', times;
	END IF;

	SELECT string_agg(format('%I', p.name), ', ') INTO unseen
	FROM jsonb_to_recordset(plan) AS p(name text, class text, role text, n_values float8)
	WHERE p.role = 'feature' AND p.class = 'integer' AND p.n_values = 0;
	IF unseen IS NOT NULL THEN
		RAISE NOTICE 'taken as numeric, because there is no value to look at yet: % (say otherwise in "kinds")', unseen;
	END IF;

	SELECT string_agg(format('%I', p.name), ', ') INTO added
	FROM jsonb_to_recordset(plan) AS p(name text, role text)
	WHERE p.role IN ('feature', 'score', 'prediction', 'label') AND p.name <> ALL (known);
	IF added IS NOT NULL AND EXISTS (SELECT FROM mlops.baselines b WHERE b.source_id = source AND b.kind IN ('relation', 'range')) THEN
		RAISE NOTICE 'columns without a baseline: % (call mlops.set_baseline() again)', added;
	END IF;

	FOR lost IN
		SELECT m.name, string_agg(quote_ident(n.name), ', ' ORDER BY n.name) AS names
		FROM mlops.monitors m, unnest(m.columns || coalesce(m.segments, '{}')) n(name)
		WHERE m.source_id = source
		  AND NOT EXISTS (SELECT FROM mlops.columns c WHERE c.source_id = source AND c.name = n.name
						  AND (c.role IN ('feature', 'score', 'prediction', 'label') AND n.name = ANY (m.columns)
							   OR c.is_segment AND n.name = ANY (m.segments)))
		GROUP BY m.name ORDER BY m.name
	LOOP
		RAISE WARNING 'monitor "%" names columns that are not watched any more: %', lost.name, lost.names
			USING HINT = 'Name others with mlops.create_monitor(), or register them again.';
	END LOOP;
END
$$;

-- A new grid of granules has to fit the windows of the monitors that are there.
CREATE FUNCTION mlops._check_regrid(source bigint, new_granule interval, new_origin timestamptz) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	size numeric := extract(epoch FROM new_granule);
	unfit text;
BEGIN
	SELECT string_agg(format('"%s"', b.name), ', ' ORDER BY b.name) INTO unfit
	FROM mlops.baselines b
	WHERE b.source_id = source AND (mod(extract(epoch FROM b.span), size) <> 0 OR mod(extract(epoch FROM b.gap), size) <> 0);
	IF unfit IS NOT NULL THEN
		PERFORM mlops._refuse('22023', format('baselines are not made of granules of %s: %s', new_granule, unfit),
			'Give them another range with mlops.set_baseline() before the source gets another granule.');
	END IF;
	SELECT string_agg(format('"%s"', m.name), ', ' ORDER BY m.name) INTO unfit
	FROM mlops.monitors m
	WHERE m.source_id = source
	  AND (mod(extract(epoch FROM m.every), size) <> 0 OR mod(extract(epoch FROM m.over), size) <> 0
		   OR mod(extract(epoch FROM m.anchor - new_origin), size) <> 0);
	IF unfit IS NOT NULL THEN
		PERFORM mlops._refuse('22023', format('the windows of monitors are not made of granules of %s: %s', new_granule, unfit),
			'Give these monitors other windows with mlops.create_monitor(), or drop them, before the source gets another granule.');
	END IF;
END
$$;

CREATE FUNCTION mlops._register_source(caller oid, model text, relation_name text, at_column text, id_column text,
	version_column text, score_column text, prediction_column text, label_column text, label_time_column text,
	entity_column text, feature_columns text[], ignored_columns text[], segment_columns text[], column_kinds jsonb,
	granule interval, time_zone text, ready_delay interval, tracking text, lookback interval, n_bins int,
	max_segments int, source_name text, retention interval)
RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	m mlops.models;
	old mlops.sources;
	rel regclass;
	origin timestamptz;
	at_type regtype;
	how text;
	plan jsonb;
	reset text[];
	known text[];
	id bigint;
BEGIN
	id := mlops._model(caller, model);
	SELECT t.* INTO STRICT m FROM mlops.models t WHERE t.model_id = id FOR NO KEY UPDATE;
	PERFORM mlops._require('name', source_name);
	origin := mlops._check_source_options(granule, time_zone, ready_delay, tracking, lookback, n_bins, max_segments, retention);
	rel := mlops._relation(m.owner, 'relation', relation_name);
	SELECT t.* INTO old FROM mlops.sources t WHERE t.model_id = m.model_id AND t.name = source_name FOR UPDATE;
	plan := mlops._inspect(m.owner, rel, m.task,
		jsonb_strip_nulls(jsonb_build_object('time', at_column, 'id', id_column, 'version', version_column, 'score', score_column,
			'prediction', prediction_column, 'label', label_column, 'label_time', label_time_column, 'entity', entity_column)),
		feature_columns, ignored_columns, segment_columns, column_kinds, mlops._settled_kinds(old.source_id, rel), max_segments);
	IF (SELECT bool_and(p.role NOT IN ('feature', 'score', 'prediction', 'label'))
		FROM jsonb_to_recordset(plan) AS p(role text)) THEN
		PERFORM mlops._refuse('22023', 'there is no column to watch', 'Name at least one feature, score, prediction or label.');
	END IF;
	SELECT mlops._base_type(a.atttypid)::regtype INTO at_type
	FROM pg_attribute a WHERE a.attrelid = rel AND a.attname = at_column;
	how := mlops._choose_tracking(caller, rel, tracking, old.source_id);
	known := ARRAY(SELECT c.name FROM mlops.columns c WHERE c.source_id = old.source_id
				   AND c.role IN ('feature', 'score', 'prediction', 'label'));

	IF old.source_id IS NULL THEN
		PERFORM mlops._stamp_instance();
		INSERT INTO mlops.sources AS t (model_id, name, relation, time_column, time_type, time_zone, id_column, version_column,
			score_column, prediction_column, label_column, label_time_column, entity_column, granule, granule_origin,
			ready_delay, tracking, lookback, max_segments, retention)
		VALUES (m.model_id, source_name, rel, at_column, at_type, time_zone, id_column, version_column,
			score_column, prediction_column, label_column, label_time_column, entity_column, granule, origin,
			ready_delay, how, lookback, max_segments, retention)
		RETURNING t.source_id INTO id;
		INSERT INTO mlops.segments (source_id, key) VALUES (id, '{}');
	ELSE
		id := old.source_id;
		PERFORM mlops._check_regrid(id, granule, origin);
		IF (old.relation::oid, old.time_column, old.time_type::oid, old.time_zone, old.granule, old.granule_origin)
			IS DISTINCT FROM (rel::oid, at_column, at_type::oid, time_zone, granule, origin) THEN
			PERFORM mlops._forget_history(id);
			RAISE NOTICE 'source "%" is read differently from now on: what was collected is dropped and collected again by the next run',
				source_name;
		END IF;
		IF old.relation::oid <> rel::oid OR how = 'lookback' THEN
			PERFORM mlops._untrack(id);
		END IF;
		UPDATE mlops.sources t SET relation = rel, time_column = at_column, time_type = at_type, time_zone = $17,
			id_column = $5, version_column = $6, score_column = $7, prediction_column = $8, label_column = $9,
			label_time_column = $10, entity_column = $11, granule = $16, granule_origin = origin, ready_delay = $18,
			tracking = how, lookback = $20, max_segments = $22, retention = $24
		WHERE t.source_id = id;
	END IF;
	reset := mlops._sync_columns(id, plan, n_bins);
	IF reset IS NOT NULL THEN
		RAISE NOTICE 'columns that are counted differently from now on, without history and baseline: % (call mlops.set_baseline() again)',
			array_to_string(reset, ', ');
	END IF;
	PERFORM mlops._tell_plan(id, plan, feature_columns, ignored_columns, known);
	IF how = 'trigger' THEN
		PERFORM mlops._track(id, old.tracking = 'lookback' AND old.relation::oid = rel::oid);
	END IF;
	RETURN id;
END
$$;

CREATE FUNCTION mlops.register_source(model text, relation text, at text, id text DEFAULT NULL, version text DEFAULT NULL,
	score text DEFAULT NULL, prediction text DEFAULT NULL, label text DEFAULT NULL, label_time text DEFAULT NULL,
	entity text DEFAULT NULL, features text[] DEFAULT NULL, ignore text[] DEFAULT NULL, segments text[] DEFAULT NULL,
	kinds jsonb DEFAULT NULL, granule interval DEFAULT '1 hour', time_zone text DEFAULT 'UTC', ready_delay interval DEFAULT '0',
	tracking text DEFAULT NULL, lookback interval DEFAULT '1 day', bins int DEFAULT 10, max_segments int DEFAULT 100,
	name text DEFAULT 'predictions', retention interval DEFAULT NULL)
RETURNS bigint LANGUAGE c AS 'MODULE_PATHNAME', 'mlops_as_extension_owner';
COMMENT ON FUNCTION mlops.register_source(text, text, text, text, text, text, text, text, text, text, text[], text[], text[],
	jsonb, interval, text, interval, text, interval, int, int, text, interval) IS
	'declare the relation that holds a model''s predictions and the role of its columns; kinds are found by inspection';

CREATE FUNCTION mlops._drop_source(caller oid, model text, source_name text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	id bigint := mlops._source(caller, model, source_name);
BEGIN
	PERFORM FROM mlops.sources s WHERE s.source_id = id FOR UPDATE;
	PERFORM mlops._untrack(id);
	DELETE FROM mlops.sources s WHERE s.source_id = id;
END
$$;

CREATE FUNCTION mlops.drop_source(model text, name text)
RETURNS void LANGUAGE c AS 'MODULE_PATHNAME', 'mlops_as_extension_owner';
COMMENT ON FUNCTION mlops.drop_source(text, text) IS
	'remove a source with its monitors, what was collected from it, and the triggers on its table';
