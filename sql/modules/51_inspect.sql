-- Register: what a relation holds.  It is inspected once: roles are checked, kinds
-- are found, and what does not fit is refused with a hint that lists what would.

---------------------------------------------------------------------------
-- inspection
---------------------------------------------------------------------------

-- The type under any number of domains.
CREATE FUNCTION mlops._base_type(type oid) RETURNS oid
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH RECURSIVE d AS (
		SELECT t.oid, t.typtype, t.typbasetype FROM pg_type t WHERE t.oid = type
		UNION ALL
		SELECT t.oid, t.typtype, t.typbasetype FROM d JOIN pg_type t ON t.oid = d.typbasetype WHERE d.typtype = 'd'
	)
	SELECT d.oid FROM d WHERE d.typtype <> 'd'
$$;

-- boolean, integer, float, text, time; NULL: not supported.
CREATE FUNCTION mlops._type_class(type oid) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE
		WHEN b = 'boolean'::regtype THEN 'boolean'
		WHEN b IN ('smallint'::regtype, 'integer'::regtype, 'bigint'::regtype) THEN 'integer'
		WHEN b IN ('real'::regtype, 'double precision'::regtype, 'numeric'::regtype) THEN 'float'
		WHEN b IN ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype, 'name'::regtype, '"char"'::regtype,
				   'uuid'::regtype) THEN 'text'
		WHEN b IN ('timestamptz'::regtype, 'timestamp'::regtype, 'date'::regtype) THEN 'time'
		WHEN (SELECT t.typtype = 'e' FROM pg_type t WHERE t.oid = b) THEN 'text'
	END
	FROM (SELECT mlops._base_type(type) AS b) x
$$;

CREATE FUNCTION mlops._relation_columns(relation regclass)
RETURNS TABLE (attnum int, name text, type oid, type_name text, class text, is_domain boolean)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT a.attnum, a.attname::text, a.atttypid, format_type(a.atttypid, a.atttypmod),
		   mlops._type_class(a.atttypid), mlops._base_type(a.atttypid) <> a.atttypid
	FROM pg_attribute a
	WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped
	ORDER BY a.attnum
$$;

-- A relation by its schema-qualified name, as this role may use it.
CREATE FUNCTION mlops._relation(role oid, argument text, wanted text) RETURNS regclass
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	parts text[];
	c record;
	readable text[];
BEGIN
	PERFORM mlops._require(argument, wanted);
	BEGIN
		parts := parse_ident(wanted);
	EXCEPTION WHEN invalid_parameter_value THEN
		PERFORM mlops._refuse('42602', format('"%s" must be the name of a relation', argument),
							  'For example: ''public.predictions'', or ''public."My Predictions"''.');
	END;
	SELECT array_agg(format('%I.%I', n.nspname, r.relname)) INTO readable
	FROM pg_class r JOIN pg_namespace n ON n.oid = r.relnamespace
	WHERE r.relkind IN ('r', 'p', 'v', 'm', 'f') AND r.relpersistence <> 't'
	  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', 'mlops')
	  AND has_schema_privilege(role, n.oid, 'USAGE') AND has_any_column_privilege(role, r.oid, 'SELECT');
	IF cardinality(parts) <> 2 THEN
		PERFORM mlops._refuse('42602', format('"%s" must be schema-qualified: "%s"', argument, wanted),
			'Relations: ' || mlops._candidates(parts[cardinality(parts)], readable) || '.');
	END IF;

	SELECT r.oid, r.relkind, r.relpersistence, n.oid AS schema, n.nspname INTO c
	FROM pg_class r JOIN pg_namespace n ON n.oid = r.relnamespace
	WHERE n.nspname = parts[1] AND r.relname = parts[2];
	IF NOT FOUND THEN
		PERFORM mlops._refuse('42P01', format('relation "%s" does not exist', wanted),
			'Relations: ' || mlops._candidates(wanted, readable) || '.');
	ELSIF c.relkind NOT IN ('r', 'p', 'v', 'm', 'f') OR c.relpersistence = 't'
		OR c.nspname IN ('pg_catalog', 'information_schema', 'pg_toast', 'mlops') THEN
		PERFORM mlops._refuse('42809', format('relation "%s" cannot be watched', wanted),
			'It has to be a table, partitioned table, view, materialized view or foreign table that is neither temporary nor part of the system.');
	ELSIF NOT has_schema_privilege(role, c.schema, 'USAGE') THEN
		PERFORM mlops._refuse('42501', format('role "%s" may not use schema "%s"', pg_get_userbyid(role), c.nspname),
			format('GRANT USAGE ON SCHEMA %I TO %I;', c.nspname, pg_get_userbyid(role)));
	END IF;
	RETURN c.oid::regclass;
END
$$;

-- Checks that a role may read these columns.
CREATE FUNCTION mlops._check_select(role oid, relation regclass, names text[]) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	denied text[];
	schema oid := (SELECT c.relnamespace FROM pg_class c WHERE c.oid = relation);
BEGIN
	IF schema IS NULL THEN
		RETURN;		-- the relation is gone: the next run tells
	END IF;
	IF NOT has_schema_privilege(role, schema, 'USAGE') THEN
		PERFORM mlops._refuse('42501', format('role "%s" may not use schema "%s"', pg_get_userbyid(role), schema::regnamespace),
			format('GRANT USAGE ON SCHEMA %s TO %I;', schema::regnamespace, pg_get_userbyid(role)));
	END IF;
	IF has_table_privilege(role, relation, 'SELECT') THEN
		RETURN;
	END IF;
	SELECT array_agg(a.attname::text ORDER BY a.attnum) INTO denied
	FROM pg_attribute a
	WHERE a.attrelid = relation AND a.attname = ANY (names) AND NOT a.attisdropped
	  AND NOT has_column_privilege(role, relation, a.attnum, 'SELECT');
	IF denied IS NOT NULL THEN
		PERFORM mlops._refuse('42501',
			format('role "%s" may not read columns of %s', pg_get_userbyid(role), mlops._relation_name(relation)),
			format('A model''s data is read as its owner. GRANT SELECT ON %s TO %I; (it may not read %s)', mlops._relation_name(relation), pg_get_userbyid(role),
				   mlops._candidates(NULL, denied)));
	END IF;
END
$$;

-- Checks that a column is there and of one of these type classes.
CREATE FUNCTION mlops._check_column(relation regclass, argument text, wanted text, classes text[]) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	c record;
	fitting text;
BEGIN
	IF wanted IS NULL THEN
		RETURN;
	END IF;
	SELECT * INTO c FROM mlops._relation_columns(relation) t WHERE t.name = wanted;
	IF c.class = ANY (classes) THEN
		RETURN;
	END IF;
	fitting := mlops._candidates(wanted, (SELECT array_agg(t.name) FROM mlops._relation_columns(relation) t
										  WHERE t.class = ANY (classes)));
	IF c.name IS NULL THEN
		PERFORM mlops._refuse('42703',
			format('%s: column "%s" of relation %s does not exist', argument, wanted, mlops._relation_name(relation)),
			coalesce('Columns that fit: ' || fitting || '.', 'The relation has no column of a type that fits.'));
	END IF;
	PERFORM mlops._refuse('42804',
		format('%s: column "%s" has type %s', argument, wanted, c.type_name),
		format('The type must be one of: %s. ', mlops._class_types(classes))
			|| coalesce('Columns that fit: ' || fitting || '.', 'The relation has no such column.'));
END
$$;

CREATE FUNCTION mlops._class_types(classes text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT string_agg(t.names, ', ' ORDER BY t.place)
	FROM (VALUES (1, 'boolean', 'boolean'), (2, 'integer', 'smallint, integer, bigint'),
				 (3, 'float', 'real, double precision, numeric'), (4, 'text', 'text, varchar, char, uuid, an enum'),
				 (5, 'time', 'timestamptz, timestamp, date')) AS t(place, class, names)
	WHERE t.class = ANY (classes)
$$;

-- Distinct and non-null values of columns: from the statistics of ANALYZE
-- where there are any, otherwise from 10,000 rows, read as the owner.  Reads
-- at least one row in any case, so that a relation that cannot be read (a
-- foreign server that is away, a view that fails) is refused at once.
CREATE FUNCTION mlops._distinct_values(owner oid, relation regclass, names text[])
RETURNS TABLE (name text, n_distinct float8, n_values float8)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	unknown text[];
	counts bigint[];
	row_count float8;
	rel text := mlops._relation_name(relation);
BEGIN
	-- row security may hide rows from the owner; what ANALYZE saw would tell of them
	SELECT nullif(c.reltuples, -1) INTO row_count FROM pg_class c WHERE c.oid = relation AND NOT c.relrowsecurity;
	RETURN QUERY
		SELECT a.attname::text,
			   round(CASE WHEN s.stadistinct >= 0 THEN s.stadistinct::float8 ELSE -s.stadistinct * row_count END),
			   row_count * (1 - s.stanullfrac)
		FROM pg_attribute a
			 JOIN pg_statistic s ON s.starelid = a.attrelid AND s.staattnum = a.attnum
				 AND s.stainherit = EXISTS (SELECT FROM pg_inherits i WHERE i.inhparent = relation)
		WHERE a.attrelid = relation AND a.attname = ANY (names) AND s.stadistinct <> 0 AND row_count > 0;

	SELECT array_agg(u.n ORDER BY u.place) INTO unknown
	FROM unnest(names) WITH ORDINALITY AS u(n, place)
	WHERE NOT EXISTS (SELECT FROM pg_attribute a
						   JOIN pg_statistic s ON s.starelid = a.attrelid AND s.staattnum = a.attnum
							   AND s.stainherit = EXISTS (SELECT FROM pg_inherits i WHERE i.inhparent = relation)
					  WHERE a.attrelid = relation AND a.attname = u.n AND s.stadistinct <> 0 AND row_count > 0);
	IF unknown IS NULL THEN
		PERFORM FROM mlops._read_as_owner(owner,
			format('SELECT count(*) FROM (SELECT 1 FROM %s LIMIT 1) r', rel), NULL, NULL, NULL, NULL) AS r(n bigint);
		RETURN;
	END IF;
	SELECT r.n INTO counts
	FROM mlops._read_as_owner(owner,
		(SELECT format('SELECT ARRAY[%s] FROM (SELECT %s FROM %s LIMIT 10000) r',
					   string_agg(format('count(r.c%s), count(DISTINCT r.c%1$s)', u.place), ', ' ORDER BY u.place),
					   string_agg(format('%I AS c%s', u.n, u.place), ', ' ORDER BY u.place), rel)
		 FROM unnest(unknown) WITH ORDINALITY AS u(n, place)), NULL, NULL, NULL, NULL) AS r(n bigint[]);
	RETURN QUERY
		SELECT u.n, counts[2 * u.place]::float8, counts[2 * u.place - 1]::float8
		FROM unnest(unknown) WITH ORDINALITY AS u(n, place);
END
$$;

-- The kind of a column by its type and values:
--   integer  categorical with at most 50 distinct values that occur twice or
--            more on average, otherwise numeric
--   text     other (ids, free text) when at least 50 values are there and 9 of
--            10 are distinct, otherwise categorical
CREATE FUNCTION mlops._inspected_kind(class text, n_distinct float8, n_values float8) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE class
		WHEN 'boolean' THEN 'boolean'
		WHEN 'float' THEN 'numeric'
		WHEN 'time' THEN 'timestamp'
		WHEN 'integer' THEN CASE WHEN n_distinct <= 50 AND n_values >= 2 * n_distinct AND n_values > 0
								 THEN 'categorical' ELSE 'numeric' END
		WHEN 'text' THEN CASE WHEN n_values >= 50 AND n_distinct >= 0.9 * n_values
							  THEN 'other' ELSE 'categorical' END
		ELSE 'other'
	END
$$;

-- Which kinds a column of this class can be given by hand.
CREATE FUNCTION mlops._possible_kinds(class text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE class
		WHEN 'boolean' THEN '{boolean,categorical,other}'
		WHEN 'integer' THEN '{numeric,categorical,other}'
		WHEN 'float' THEN '{numeric,categorical,other}'
		WHEN 'text' THEN '{categorical,other}'
		WHEN 'time' THEN '{timestamp,categorical,other}'
	END::text[]
$$;

---------------------------------------------------------------------------
-- roles
---------------------------------------------------------------------------

-- Checks the columns that were named for a role, and that no column has two.
CREATE FUNCTION mlops._check_roles(relation regclass, task text, roles jsonb) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	twice record;
	classes text[];
	r record;
BEGIN
	PERFORM mlops._require('at', roles->>'time');
	FOR r IN SELECT e.key AS role, e.value AS name FROM jsonb_each_text(roles) e ORDER BY 1 LOOP
		classes := CASE
			WHEN r.role IN ('time', 'label_time') THEN '{time}'
			WHEN r.role = 'score' THEN '{integer,float}'
			WHEN r.role IN ('prediction', 'label') AND task = 'regression' THEN '{integer,float}'
			WHEN r.role IN ('prediction', 'label') THEN '{boolean,integer,float,text}'
			WHEN r.role = 'version' THEN '{integer,text}'
			ELSE '{boolean,integer,float,text,time}'
		END;
		PERFORM mlops._check_column(relation, CASE r.role WHEN 'time' THEN 'at' ELSE r.role END, r.name, classes);
	END LOOP;
	SELECT e.value AS name, string_agg(CASE e.key WHEN 'time' THEN 'at' ELSE e.key END, ', ' ORDER BY e.key) AS roles
	INTO twice FROM jsonb_each_text(roles) e WHERE e.value IS NOT NULL GROUP BY e.value HAVING count(*) > 1 LIMIT 1;
	IF FOUND THEN
		PERFORM mlops._refuse('22023', format('column "%s" has more than one role: %s', twice.name, twice.roles),
							  'Name each column for one role only.');
	END IF;
END
$$;

-- Checks that every name of a list is a column, and not NULL.
CREATE FUNCTION mlops._check_names(relation regclass, argument text, names text[], classes text[]) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	n text;
BEGIN
	FOREACH n IN ARRAY coalesce(names, '{}') LOOP
		PERFORM mlops._require(argument, n);
		IF classes IS NULL THEN
			IF n <> ALL (ARRAY(SELECT c.name FROM mlops._relation_columns(relation) c)) THEN
				PERFORM mlops._refuse('42703',
					format('%s: column "%s" of relation %s does not exist', argument, n, mlops._relation_name(relation)),
					'Columns: ' || mlops._candidates(n, (SELECT array_agg(c.name) FROM mlops._relation_columns(relation) c)) || '.');
			END IF;
		ELSE
			PERFORM mlops._check_column(relation, argument, n, classes);
		END IF;
	END LOOP;
END
$$;

-- Every column of the relation with its role, and whether rows are sliced by it.
-- A time column becomes a feature only by name: times move on by themselves, so
-- as a rule that one would always drift.
CREATE FUNCTION mlops._column_roles(relation regclass, roles jsonb, features text[], ignored text[], segments text[])
RETURNS TABLE (attnum int, name text, class text, type_name text, role text, is_segment boolean)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	clash text;
BEGIN
	PERFORM mlops._check_names(relation, 'features', features, '{boolean,integer,float,text,time}');
	SELECT c.name INTO clash FROM mlops._relation_columns(relation) c
	WHERE c.name = ANY (features) AND c.is_domain AND c.class = 'time';
	IF FOUND THEN
		PERFORM mlops._refuse('42804', format('features: column "%s" is of a domain over a time type', clash),
							  'Cast it to timestamptz in a view, and watch the view.');
	END IF;
	PERFORM mlops._check_names(relation, 'ignore', ignored, NULL);
	PERFORM mlops._check_names(relation, 'segments', segments, '{boolean,integer,text}');
	SELECT n INTO clash FROM unnest(features) n WHERE n = ANY (ignored) LIMIT 1;
	IF clash IS NULL THEN
		SELECT e.value INTO clash FROM jsonb_each_text(roles) e
		WHERE e.value = ANY (features || ignored) LIMIT 1;
	END IF;
	IF clash IS NOT NULL THEN
		PERFORM mlops._refuse('22023', format('column "%s" is named twice', clash),
							  'A column has one role, or is a feature, or is ignored.');
	END IF;
	RETURN QUERY
		SELECT c.attnum, c.name, c.class, c.type_name,
			   coalesce((SELECT e.key FROM jsonb_each_text(roles) e WHERE e.value = c.name),
						CASE WHEN c.class IS NULL OR c.name = ANY (ignored) THEN 'ignored'
							 WHEN c.name = ANY (features) THEN 'feature'
							 WHEN features IS NULL AND c.class <> 'time' THEN 'feature'
							 ELSE 'ignored' END),
			   coalesce(c.name = ANY (segments), false)
		FROM mlops._relation_columns(relation) c;
END
$$;

-- Checks the kinds that were given by hand.
CREATE FUNCTION mlops._check_kinds(relation regclass, kinds jsonb) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	k record;
BEGIN
	IF jsonb_typeof(kinds) <> 'object' THEN
		PERFORM mlops._refuse('22023', '"kinds" must be a JSON object', 'For example: kinds => ''{"age": "numeric"}''.');
	END IF;
	PERFORM mlops._check_names(relation, 'kinds', ARRAY(SELECT jsonb_object_keys(kinds)), '{boolean,integer,float,text,time}');
	FOR k IN
		SELECT e.key AS name, e.value #>> '{}' AS kind, c.type_name, mlops._possible_kinds(c.class) AS possible
		FROM jsonb_each(kinds) e JOIN mlops._relation_columns(relation) c ON c.name = e.key
	LOOP
		IF k.kind IS NULL OR k.kind <> ALL (k.possible) THEN
			PERFORM mlops._refuse('22023', format('kinds: column "%s" of type %s cannot be "%s"', k.name, k.type_name, k.kind),
								  format('One of: %s.', array_to_string(k.possible, ', ')));
		END IF;
	END LOOP;
END
$$;

-- The kinds that inspection found before and that are counted by now.  They
-- stay, even if the values have moved on since: a kind that changed by itself
-- would end the column's history.
CREATE FUNCTION mlops._settled_kinds(source bigint, relation regclass) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce(jsonb_object_agg(c.name, c.kind), '{}')
	FROM mlops.columns c JOIN mlops._relation_columns(relation) r ON r.name = c.name AND r.type_name = c.column_type
	WHERE c.source_id = source AND NOT c.kind_given AND c.kind = ANY (mlops._possible_kinds(r.class))
	  AND (c.binning IS NOT NULL OR EXISTS (SELECT FROM mlops.profiles p
											WHERE p.source_id = source AND p.column_no = c.column_no))
$$;

-- The columns as they will be registered: [{name, role, kind, is_segment, type, ...}].
CREATE FUNCTION mlops._inspect(owner oid, relation regclass, task text, roles jsonb, features text[], ignored text[],
							   segments text[], kinds jsonb, settled jsonb, max_segments int)
RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	plan jsonb;
	wide record;
BEGIN
	PERFORM mlops._check_roles(relation, task, roles);
	PERFORM mlops._check_kinds(relation, coalesce(kinds, '{}'));
	SELECT jsonb_agg(to_jsonb(r) ORDER BY r.attnum) INTO plan
	FROM mlops._column_roles(relation, roles, features, ignored, segments) r;
	PERFORM mlops._check_select(owner, relation,
		(SELECT array_agg(c.name) FROM jsonb_to_recordset(plan) AS c(name text, role text, is_segment boolean)
		 WHERE c.role <> 'ignored' OR c.is_segment));

	WITH c AS (
		SELECT * FROM jsonb_to_recordset(plan)
			AS c(attnum int, name text, class text, type_name text, role text, is_segment boolean)
	), d AS (
		SELECT * FROM mlops._distinct_values(owner, relation,
			(SELECT array_agg(c.name ORDER BY c.attnum) FROM c
			 WHERE c.is_segment OR (c.role IN ('feature', 'prediction', 'label') AND c.class IN ('integer', 'text')
									AND NOT settled ? c.name)))
	), k AS (
		SELECT c.*, d.n_distinct, d.n_values,
			   CASE
				   WHEN c.role IN ('time', 'label_time') THEN 'timestamp'
				   WHEN kinds ? c.name THEN kinds->>c.name
				   WHEN c.role = 'score' THEN 'numeric'
				   WHEN c.role IN ('prediction', 'label') AND task = 'regression' THEN 'numeric'
				   WHEN c.role IN ('prediction', 'label') AND task IN ('binary', 'multiclass') AND c.class <> 'boolean' THEN 'categorical'
				   WHEN c.role = 'version' THEN 'categorical'
				   WHEN c.role IN ('id', 'entity', 'ignored') AND NOT c.is_segment THEN 'other'
				   WHEN settled ? c.name THEN settled->>c.name
				   ELSE mlops._inspected_kind(c.class, d.n_distinct, d.n_values)
			   END AS kind
		FROM c LEFT JOIN d USING (name)
	)
	SELECT jsonb_agg(jsonb_build_object('name', k.name, 'role', k.role, 'is_segment', k.is_segment, 'type', k.type_name,
										'class', k.class, 'given', coalesce(kinds ? k.name, false),
										-- a domain over boolean is counted as text
										'kind', CASE WHEN k.kind = 'boolean' AND k.type_name <> 'boolean' THEN 'categorical' ELSE k.kind END,
										'n_distinct', k.n_distinct, 'n_values', k.n_values) ORDER BY k.attnum)
	INTO plan FROM k;

	SELECT c.name, c.n_distinct INTO wide
	FROM jsonb_to_recordset(plan) AS c(name text, is_segment boolean, n_distinct float8)
	WHERE c.is_segment AND c.n_distinct > max_segments LIMIT 1;
	IF FOUND THEN
		PERFORM mlops._refuse('22023', format('segments: column "%s" has about %s distinct values', wide.name, round(wide.n_distinct)),
			'Group the values in a view, or raise max_segments.');
	END IF;
	RETURN plan;
END
$$;

-- A column may have got another type since it was inspected.  A cast that fails
-- would say so with a value of the row, and triggers of another time type are silent.
CREATE FUNCTION mlops._check_types(source bigint, relation regclass) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	changed text;
BEGIN
	SELECT string_agg(format('%I is %s', c.name, r.type_name), ', ' ORDER BY c.column_no) INTO changed
	FROM mlops.columns c JOIN mlops.sources s USING (source_id) JOIN mlops._relation_columns($2) r ON r.name = c.name
	WHERE c.source_id = source
	  AND (c.role IN ('feature', 'score', 'prediction', 'label') AND c.kind IN ('numeric', 'boolean', 'timestamp')
		   AND coalesce(c.kind <> ALL (mlops._possible_kinds(r.class)), true)
		   OR s.relation = $2 AND c.name = s.time_column AND mlops._base_type(r.type) <> s.time_type);
	IF changed IS NOT NULL THEN
		PERFORM mlops._refuse('42804', format('columns of %s have got other types: %s', mlops._relation_name($2), changed),
			'Call mlops.register_source() again, so that they are read as what they are.');
	END IF;
END
$$;
COMMENT ON FUNCTION mlops._check_types(bigint, regclass) IS 'internal: error when a column cannot be read as what it was registered as';
