-- Register: monitors.

---------------------------------------------------------------------------
-- windows
---------------------------------------------------------------------------

-- Windows are whole granules.
CREATE FUNCTION mlops._check_multiple(argument text, value interval, granule interval) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF value IS NULL THEN
		PERFORM mlops._refuse('22004', format('"%s" must not be null', argument), format('For example: %s => ''%s''.', argument, granule));
	ELSIF extract(year FROM value) <> 0 OR extract(month FROM value) <> 0 THEN
		PERFORM mlops._refuse('22023', format('"%s" must not hold months or years, which differ in length', argument),
			format('Use days, for example: %s => ''28 days''.', argument));
	ELSIF mod(extract(epoch FROM value), extract(epoch FROM granule)) <> 0 THEN
		PERFORM mlops._refuse('22023', format('"%s" must be a multiple of the granule, %s', argument, granule),
			format('The nearest: %s => ''%s''.', argument,
				   justify_hours(make_interval(secs => (greatest(1, round(extract(epoch FROM value) / extract(epoch FROM granule)))
														* extract(epoch FROM granule))::float8))));
	END IF;
END
$$;

-- Ends of windows: anchor + i * every, on the source's grid of granules.
CREATE FUNCTION mlops._check_windows(m mlops.monitors, s mlops.sources) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
AS $$
DECLARE
	nearest timestamptz;
BEGIN
	PERFORM mlops._check_multiple('every', m.every, s.granule);
	PERFORM mlops._check_multiple('over', m.over, s.granule);
	IF m.every <= interval '0' OR m.over <= interval '0' THEN
		PERFORM mlops._refuse('22023', '"every" and "over" must be longer than zero',
			format('At least one granule: every => ''%s'', over => ''%1$s''.', s.granule));
	ELSIF NOT isfinite(m.anchor) THEN
		PERFORM mlops._refuse('22023', '"anchor" must be a finite time', 'Any end of a window, for example anchor => ''2026-01-05 00:00+00''.');
	ELSIF mod(extract(epoch FROM m.anchor - s.granule_origin), extract(epoch FROM s.granule)) <> 0 THEN
		nearest := date_bin(s.granule, m.anchor + s.granule / 2, s.granule_origin);
		PERFORM mlops._refuse('22023', format('"anchor" must be the start of a granule of %s', s.granule),
			format('The nearest: anchor => ''%s''.', nearest));
	END IF;
END
$$;

-- End of the first window to evaluate: the first boundary after from_time, or
-- the last one that is complete by now, so that something is seen at once.  A
-- monitor that exists keeps its place, moved up to the grid where that changed.
CREATE FUNCTION mlops._first_window_end(m mlops.monitors, s mlops.sources, from_time timestamptz, kept timestamptz) RETURNS timestamptz
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
AS $$
DECLARE
	step interval := make_interval(secs => extract(epoch FROM m.every)::float8);
	boundary timestamptz;
BEGIN
	IF from_time IS NOT NULL THEN
		IF NOT isfinite(from_time) THEN
			PERFORM mlops._refuse('22023', '"from_time" must be a finite time', 'The first window ends after it.');
		END IF;
		RETURN date_bin(step, from_time, m.anchor) + step;
	ELSIF kept IS NOT NULL THEN
		boundary := date_bin(step, kept, m.anchor);
		RETURN CASE WHEN boundary = kept THEN kept ELSE boundary + step END;
	END IF;
	RETURN date_bin(step, mlops._now() - s.ready_delay, m.anchor);
END
$$;

---------------------------------------------------------------------------
-- what is measured
---------------------------------------------------------------------------

-- Methods that mlops.drift() knows; ordered: they need values with an order.
CREATE FUNCTION mlops._drift_methods(OUT method text, OUT is_ordered boolean) RETURNS SETOF record
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	VALUES ('js_distance', false), ('js_divergence', false), ('psi', false), ('kl_divergence', false),
		   ('hellinger_distance', false), ('total_variation_distance', false), ('linf_distance', false),
		   ('ks_distance', true), ('wasserstein_distance', true)
$$;

CREATE FUNCTION mlops._check_method(m mlops.monitors) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	unordered text;
BEGIN
	IF m.method IS NULL THEN
		RETURN;
	END IF;
	PERFORM mlops._one_of('method', m.method, (SELECT array_agg(d.method) FROM mlops._drift_methods() d));
	IF (SELECT d.is_ordered FROM mlops._drift_methods() d WHERE d.method = m.method) THEN
		SELECT string_agg(quote_ident(c.name), ', ' ORDER BY c.column_no) INTO unordered
		FROM mlops.columns c
		WHERE c.source_id = m.source_id AND c.kind IN ('categorical', 'boolean')
		  AND CASE WHEN m.columns IS NULL THEN c.role IN ('feature', 'score', 'prediction') ELSE c.name = ANY (m.columns) END;
		IF unordered IS NOT NULL THEN
			PERFORM mlops._refuse('22023', format('method "%s" needs values with an order; these columns have none: %s', m.method, unordered),
				'Name the numeric columns in "columns", or leave "method" out: each kind of column then gets a method that fits.');
		END IF;
	END IF;
END
$$;

-- Columns and segments that were named have to be there, with a role that is
-- summarised; drift also needs bins.
CREATE FUNCTION mlops._check_monitored(m mlops.monitors) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	n text;
	fitting text[];
BEGIN
	SELECT coalesce(array_agg(c.name ORDER BY c.column_no), '{}') INTO fitting FROM mlops.columns c
	WHERE c.source_id = m.source_id AND c.role IN ('feature', 'score', 'prediction', 'label')
	  AND (m.kind <> 'drift' OR c.kind <> 'other');
	IF m.kind IN ('drift', 'null_rate') AND cardinality(coalesce(m.columns, fitting)) = 0 THEN
		PERFORM mlops._refuse('22023', 'there is no column to measure',
			coalesce('Columns that fit: ' || mlops._candidates(NULL, fitting) || '.', 'The source has no column with bins.'));
	END IF;
	FOREACH n IN ARRAY coalesce(m.columns, '{}') LOOP
		IF n IS NULL OR n <> ALL (fitting) THEN
			PERFORM mlops._refuse('42703',
				CASE WHEN EXISTS (SELECT FROM mlops.columns c WHERE c.source_id = m.source_id AND c.name = n)
					 THEN format('columns: column "%s" cannot be watched for %s', n, m.kind)
					 ELSE format('columns: the source has no column "%s"', n) END,
				coalesce('Columns that fit: ' || mlops._candidates(n, fitting) || '.', 'The source has no column that fits.'));
		END IF;
	END LOOP;
	SELECT coalesce(array_agg(c.name ORDER BY c.column_no), '{}') INTO fitting FROM mlops.columns c
	WHERE c.source_id = m.source_id AND c.is_segment;
	FOREACH n IN ARRAY coalesce(m.segments, '{}') LOOP
		IF n IS NULL OR n <> ALL (fitting) THEN
			PERFORM mlops._refuse('42703', format('segments: the source is not sliced by "%s"', n),
				coalesce('Declared segments: ' || mlops._candidates(n, fitting) || '; others are declared', 'Declare them')
					|| ' with mlops.register_source(..., segments => ...).');
		END IF;
	END LOOP;
END
$$;

-- Effects that matter: defaults, order, range.
CREATE FUNCTION mlops._check_tolerances(m mlops.monitors, OUT warn float8, OUT critical float8)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	every_seconds float8 := extract(epoch FROM m.every);
BEGIN
	IF m.warn < 0 OR m.critical < 0 OR m.warn IN ('NaN', 'Infinity') OR m.critical IN ('NaN', 'Infinity') THEN
		PERFORM mlops._refuse('22023', '"warn" and "critical" must be finite and zero or more', 'Leave them out for the defaults.');
	ELSIF m.warn > m.critical THEN
		PERFORM mlops._refuse('22023', '"warn" must not be above "critical"', 'Leave them out for the defaults.');
	END IF;
	warn := coalesce(m.warn, CASE m.kind WHEN 'null_rate' THEN least(0.02, m.critical)
										 WHEN 'volume' THEN least(0.5, m.critical)
										 WHEN 'freshness' THEN least(2 * every_seconds, m.critical) END);
	critical := coalesce(m.critical, CASE m.kind WHEN 'null_rate' THEN greatest(0.1, m.warn)
												 WHEN 'volume' THEN greatest(0.8, m.warn)
												 WHEN 'freshness' THEN greatest(4 * every_seconds, m.warn) END);
END
$$;

-- Arguments with a fixed set or range of values.
CREATE FUNCTION mlops._check_judgement(m mlops.monitors) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM mlops._one_of('correction', m.correction, '{bh,holm,none}');
	PERFORM mlops._one_of('segment_alerts', m.segment_alerts, '{unexplained,all,none}');
	PERFORM mlops._one_of('on_warn', m.on_warn, '{alert,retrain,nothing}');
	PERFORM mlops._one_of('on_critical', m.on_critical, '{alert,retrain}');
	PERFORM mlops._one_of('catchup', m.catchup, '{windows,latest}');
	IF NOT (m.confidence > 0.5 AND m.confidence < 1) THEN
		PERFORM mlops._refuse('22023', '"confidence" must be between 0.5 and 1', 'For example: confidence => 0.99.');
	ELSIF NOT (m.fdr > 0 AND m.fdr < 1) THEN
		PERFORM mlops._refuse('22023', '"fdr" must be between 0 and 1', 'The share of false alarms that is accepted, for example fdr => 0.05.');
	ELSIF (m.fire_k BETWEEN 1 AND m.fire_n AND m.fire_n <= 100) IS NOT TRUE THEN
		PERFORM mlops._refuse('22023', '"fire_k" must be between 1 and "fire_n", and "fire_n" at most 100',
			'2 of 3 windows: fire_k => 2, fire_n => 3.');
	ELSIF (m.clear_k BETWEEN 1 AND m.clear_n AND m.clear_n <= 100) IS NOT TRUE THEN
		PERFORM mlops._refuse('22023', '"clear_k" must be between 1 and "clear_n", and "clear_n" at most 100',
			'2 of 2 windows: clear_k => 2, clear_n => 2.');
	ELSIF m.min_rows < 1 THEN
		PERFORM mlops._refuse('22023', '"min_rows" must be one or more', 'For example: min_rows => 200.');
	ELSIF (m.max_runtime > interval '0') IS NOT TRUE THEN
		PERFORM mlops._refuse('22023', '"max_runtime" must be longer than zero', 'For example: max_runtime => ''10 minutes''.');
	ELSIF (m.max_retries >= 0) IS NOT TRUE THEN
		PERFORM mlops._refuse('22023', '"max_retries" must be zero or more', 'For example: max_retries => 5.');
	END IF;
END
$$;

-- Arguments that a kind of monitor would not look at.
CREATE FUNCTION mlops._check_unused(kind text, given text[]) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	used text[] := CASE kind
		WHEN 'drift' THEN '{columns,segments,baseline,method,confidence,fdr,correction,min_rows,segment_alerts}'
		WHEN 'null_rate' THEN '{columns,segments,baseline,confidence,fdr,correction,min_rows,segment_alerts}'
		WHEN 'volume' THEN '{segments,fdr,correction,segment_alerts}'
		ELSE '{}' END;
	unused text;
BEGIN
	SELECT string_agg('"' || g || '"', ', ') INTO unused FROM unnest(given) g WHERE g <> ALL (used);
	IF unused IS NOT NULL THEN
		PERFORM mlops._refuse('22023', format('a monitor of kind "%s" does not use %s', kind, unused),
			CASE WHEN cardinality(used) > 0 THEN format('It uses: %s.', array_to_string(used, ', '))
				 ELSE 'Leave it out.' END);
	END IF;
END
$$;

-- The baseline of a monitor that compares with one.
CREATE FUNCTION mlops._find_baseline(source bigint, model text, source_name text, baseline text) RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	id bigint;
BEGIN
	PERFORM mlops._require('baseline', baseline);
	SELECT b.baseline_id INTO id FROM mlops.baselines b WHERE b.source_id = source AND b.name = baseline;
	IF NOT FOUND THEN
		PERFORM mlops._refuse('42704', format('source "%s" of model "%s" has no baseline "%s"', source_name, model, baseline),
			coalesce('Baselines: ' || mlops._candidates(baseline, (SELECT array_agg(b.name) FROM mlops.baselines b
																   WHERE b.source_id = source)) || '. ', '')
			|| format('Set it first: SELECT mlops.set_baseline(%L, ...).', model));
	END IF;
	RETURN id;
END
$$;

---------------------------------------------------------------------------
-- versions of the configuration
---------------------------------------------------------------------------

-- What a monitor's numbers depend on, its baseline's definition included.
CREATE FUNCTION mlops._monitor_config(monitor bigint) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres'
AS $$
	SELECT to_jsonb(m) - '{monitor_id,model_id,source_id,baseline_id,next_window_end,failures,retry_at,restated_in_a_row,state,state_reason,config_version,created_at}'::text[]
		   || jsonb_build_object('source', s.name, 'baseline',
				CASE WHEN b.baseline_id IS NOT NULL THEN
					jsonb_strip_nulls(to_jsonb(b) - '{baseline_id,source_id,collected_at,created_at}'::text[]
									  || jsonb_build_object('relation', (SELECT format('%I.%I', n.nspname, c.relname)
																		 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
																		 WHERE c.oid = b.relation))) END)
	FROM mlops.monitors m JOIN mlops.sources s USING (source_id) LEFT JOIN mlops.baselines b USING (baseline_id)
	WHERE m.monitor_id = monitor
$$;

-- Writes the next version of the configuration when it differs from the last.
CREATE FUNCTION mlops._record_config(caller oid, monitor bigint) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	present jsonb := mlops._monitor_config(monitor);
	last record;
BEGIN
	SELECT c.config, c.config_version INTO last FROM mlops.monitor_configs c
	WHERE c.monitor_id = monitor ORDER BY c.config_version DESC LIMIT 1;
	IF FOUND AND last.config = present THEN
		RETURN;
	END IF;
	UPDATE mlops.monitors m SET config_version = coalesce(last.config_version, 0) + 1 WHERE m.monitor_id = monitor;
	INSERT INTO mlops.monitor_configs (monitor_id, config_version, config, changed_by)
	VALUES (monitor, coalesce(last.config_version, 0) + 1, present, pg_get_userbyid(caller));
END
$$;

---------------------------------------------------------------------------
-- create_monitor
---------------------------------------------------------------------------

-- Inserts or updates the row; the name, model, source and kind of a monitor
-- stay what they are.
CREATE FUNCTION mlops._put_monitor(n mlops.monitors, exists_already boolean) RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	id bigint := n.monitor_id;
BEGIN
	IF exists_already THEN
		UPDATE mlops.monitors m
		SET columns = n.columns, segments = n.segments, baseline_id = n.baseline_id, method = n.method, warn = n.warn,
			critical = n.critical, confidence = n.confidence, fdr = n.fdr, correction = n.correction, fire_k = n.fire_k,
			fire_n = n.fire_n, clear_k = n.clear_k, clear_n = n.clear_n, min_rows = n.min_rows,
			segment_alerts = n.segment_alerts, on_warn = n.on_warn, on_critical = n.on_critical, every = n.every, over = n.over,
			anchor = n.anchor, next_window_end = n.next_window_end, catchup = n.catchup, max_runtime = n.max_runtime,
			max_retries = n.max_retries
		WHERE m.monitor_id = n.monitor_id;
	ELSE
		INSERT INTO mlops.monitors AS m (name, model_id, source_id, kind, columns, segments, baseline_id, method, warn, critical,
			confidence, fdr, correction, fire_k, fire_n, clear_k, clear_n, min_rows, segment_alerts, on_warn, on_critical,
			every, over, anchor, next_window_end, catchup, max_runtime, max_retries)
		VALUES (n.name, n.model_id, n.source_id, n.kind, n.columns, n.segments, n.baseline_id, n.method, n.warn, n.critical,
			n.confidence, n.fdr, n.correction, n.fire_k, n.fire_n, n.clear_k, n.clear_n, n.min_rows, n.segment_alerts, n.on_warn,
			n.on_critical, n.every, n.over, n.anchor, n.next_window_end, n.catchup, n.max_runtime, n.max_retries)
		RETURNING m.monitor_id INTO id;
	END IF;
	RETURN id;
END
$$;

CREATE FUNCTION mlops._create_monitor(caller oid, monitor_name text, model text, monitor_kind text, every interval, over interval,
	column_names text[], segment_names text[], baseline text, method text, warn float8, critical float8, confidence float8, fdr float8,
	correction text, fire_k int, fire_n int, clear_k int, clear_n int, min_rows bigint, segment_alerts text, on_warn text,
	on_critical text, from_time timestamptz, anchor timestamptz, catchup text, max_runtime interval, max_retries int, source_name text)
RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	n mlops.monitors;		-- as it shall be
	old mlops.monitors;
	s mlops.sources;
BEGIN
	n.model_id := mlops._model(caller, model);
	PERFORM mlops._require('name', monitor_name);
	IF length(monitor_name) > 200 THEN
		PERFORM mlops._refuse('22023', 'the name of a monitor has at most 200 characters');
	END IF;
	PERFORM mlops._one_of('kind', monitor_kind, '{drift,null_rate,volume,freshness}');
	PERFORM mlops._check_unused(monitor_kind, array_remove(ARRAY[
		CASE WHEN column_names IS NOT NULL THEN 'columns' END, CASE WHEN segment_names IS NOT NULL THEN 'segments' END,
		CASE WHEN baseline <> 'default' THEN 'baseline' END, CASE WHEN method IS NOT NULL THEN 'method' END,
		CASE WHEN confidence IS NOT NULL THEN 'confidence' END, CASE WHEN fdr IS NOT NULL THEN 'fdr' END,
		CASE WHEN correction IS NOT NULL THEN 'correction' END, CASE WHEN min_rows IS NOT NULL THEN 'min_rows' END,
		CASE WHEN segment_alerts IS NOT NULL THEN 'segment_alerts' END], NULL));
	PERFORM FROM mlops.models t WHERE t.model_id = n.model_id FOR NO KEY UPDATE;
	n.source_id := mlops._source(caller, model, source_name);
	SELECT t.* INTO STRICT s FROM mlops.sources t WHERE t.source_id = n.source_id;
	SELECT t.* INTO old FROM mlops.monitors t WHERE t.name = monitor_name FOR UPDATE;
	IF old.model_id <> n.model_id OR old.source_id <> n.source_id OR old.kind <> monitor_kind THEN
		PERFORM mlops._refuse('42710', format('monitor "%s" exists, for another %s', monitor_name,
				CASE WHEN old.model_id <> n.model_id THEN 'model' WHEN old.source_id <> n.source_id THEN 'source' ELSE 'kind' END),
			'Choose another name, or drop that monitor first with mlops.drop_monitor(); its history goes with it.');
	END IF;

	n.monitor_id := old.monitor_id;
	n.name := monitor_name;
	n.kind := monitor_kind;
	n.columns := column_names;
	n.segments := segment_names;
	n.method := method;
	n.warn := warn;
	n.critical := critical;
	n.confidence := coalesce(confidence, 0.99);
	n.fdr := coalesce(fdr, 0.05);
	n.correction := coalesce(correction, 'bh');
	n.fire_k := fire_k;
	n.fire_n := fire_n;
	n.clear_k := clear_k;
	n.clear_n := clear_n;
	n.min_rows := coalesce(min_rows, 200);
	n.segment_alerts := coalesce(segment_alerts, 'unexplained');
	n.on_warn := on_warn;
	n.on_critical := on_critical;
	n.every := every;
	n.over := over;
	n.anchor := coalesce(anchor, s.granule_origin);
	n.catchup := catchup;
	n.max_runtime := max_runtime;
	n.max_retries := max_retries;

	PERFORM mlops._check_windows(n, s);
	PERFORM mlops._check_monitored(n);
	PERFORM mlops._check_method(n);
	PERFORM mlops._check_judgement(n);
	SELECT t.warn, t.critical INTO n.warn, n.critical FROM mlops._check_tolerances(n) t;
	IF n.kind IN ('drift', 'null_rate') THEN
		n.baseline_id := mlops._find_baseline(n.source_id, model, source_name, baseline);
	END IF;
	n.next_window_end := mlops._first_window_end(n, s, from_time, old.next_window_end);

	n.monitor_id := mlops._put_monitor(n, old.monitor_id IS NOT NULL);
	PERFORM mlops._record_config(caller, n.monitor_id);
	IF 'retrain' IN (n.on_warn, n.on_critical) THEN
		INSERT INTO mlops.retrain_policies (model_id) VALUES (n.model_id) ON CONFLICT DO NOTHING;
	END IF;
	PERFORM mlops._stamp_instance();
	RETURN n.monitor_id;
END
$$;

CREATE FUNCTION mlops.create_monitor(name text, model text, kind text DEFAULT 'drift', every interval DEFAULT '1 hour',
	over interval DEFAULT '1 day', columns text[] DEFAULT NULL, segments text[] DEFAULT NULL, baseline text DEFAULT 'default',
	method text DEFAULT NULL, warn float8 DEFAULT NULL, critical float8 DEFAULT NULL, confidence float8 DEFAULT NULL,
	fdr float8 DEFAULT NULL, correction text DEFAULT NULL, fire_k int DEFAULT 2, fire_n int DEFAULT 3, clear_k int DEFAULT 2,
	clear_n int DEFAULT 2, min_rows bigint DEFAULT NULL, segment_alerts text DEFAULT NULL, on_warn text DEFAULT 'alert',
	on_critical text DEFAULT 'alert', from_time timestamptz DEFAULT NULL, anchor timestamptz DEFAULT NULL,
	catchup text DEFAULT 'windows', max_runtime interval DEFAULT '10 minutes', max_retries int DEFAULT 5,
	source text DEFAULT 'predictions')
RETURNS bigint LANGUAGE c AS 'MODULE_PATHNAME', 'mlops_as_extension_owner';
COMMENT ON FUNCTION mlops.create_monitor(text, text, text, interval, interval, text[], text[], text, text, float8, float8, float8,
	float8, text, int, int, int, int, bigint, text, text, text, timestamptz, timestamptz, text, interval, int, text) IS
	'create a monitor, or give it other settings: what is measured, how often, over which window, against what, when it counts, what follows';

---------------------------------------------------------------------------
-- pause, resume, drop
---------------------------------------------------------------------------

CREATE FUNCTION mlops._pause_monitor(caller oid, monitor text, why text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	id bigint := mlops._monitor(caller, monitor);
BEGIN
	UPDATE mlops.monitors m
	SET state = 'paused', state_reason = coalesce(why, 'paused by ' || pg_get_userbyid(caller))
	WHERE m.monitor_id = id;
END
$$;

CREATE FUNCTION mlops.pause_monitor(name text, reason text DEFAULT NULL)
RETURNS void LANGUAGE c AS 'MODULE_PATHNAME', 'mlops_as_extension_owner';
COMMENT ON FUNCTION mlops.pause_monitor(text, text) IS 'stop a monitor until mlops.resume_monitor(); its history and alerts stay';

CREATE FUNCTION mlops._resume_monitor(caller oid, monitor text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	id bigint := mlops._monitor(caller, monitor);
BEGIN
	UPDATE mlops.monitors m
	SET state = 'active', state_reason = NULL, failures = 0, retry_at = NULL
	WHERE m.monitor_id = id AND m.state <> 'active';
END
$$;

CREATE FUNCTION mlops.resume_monitor(name text)
RETURNS void LANGUAGE c AS 'MODULE_PATHNAME', 'mlops_as_extension_owner';
COMMENT ON FUNCTION mlops.resume_monitor(text) IS
	'let a paused, disabled or orphaned monitor go on where it stopped; windows in between follow its "catchup"';

CREATE FUNCTION mlops._drop_monitor(caller oid, monitor text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	id bigint := mlops._monitor(caller, monitor);
BEGIN
	DELETE FROM mlops.monitors m WHERE m.monitor_id = id;
END
$$;

CREATE FUNCTION mlops.drop_monitor(name text)
RETURNS void LANGUAGE c AS 'MODULE_PATHNAME', 'mlops_as_extension_owner';
COMMENT ON FUNCTION mlops.drop_monitor(text) IS 'remove a monitor with its measurements and alerts; what was collected stays with the source';
