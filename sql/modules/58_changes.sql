-- Register: which granules of a source have new rows.  Statement-level triggers
-- on the source's table put marks into mlops.changes (see 40_catalog.sql).

-- The trigger itself is C (src/worker/track.c): it runs for every statement
-- that writes to a watched table.  Its argument is the source's id.
CREATE FUNCTION mlops._track_changes() RETURNS trigger
LANGUAGE c SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
-- the plan for mlops.changes is kept from when it was empty: by index, always
SET enable_seqscan = off SET enable_bitmapscan = off
AS 'MODULE_PATHNAME', 'mlops_track_changes';
COMMENT ON FUNCTION mlops._track_changes() IS 'internal: trigger that marks the granules of a source that a statement touched';

-- The relation and everything below it.  A statement that names a partition
-- fires the triggers of that partition only.
CREATE FUNCTION mlops._relation_tree(relation regclass) RETURNS SETOF regclass
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH RECURSIVE t AS (
		SELECT relation::oid AS oid
		UNION
		SELECT i.inhrelid FROM t JOIN pg_inherits i ON i.inhparent = t.oid
	)
	SELECT t.oid::regclass FROM t ORDER BY t.oid
$$;

-- Why changes of a relation cannot be tracked by triggers; NULL: they can.
CREATE FUNCTION mlops._tracking_obstacle(caller oid, relation regclass) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN (SELECT CASE
		WHEN c.relkind NOT IN ('r', 'p') THEN 'it is not a table'
		WHEN EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = relation)
			THEN 'it is a partition or inheritance child, which statements also write to through its parent'
		WHEN EXISTS (SELECT FROM mlops._relation_tree(relation) t JOIN pg_class f ON f.oid = t WHERE f.relkind = 'f')
			THEN 'one of its partitions is a foreign table'
		WHEN EXISTS (SELECT FROM mlops._relation_tree(relation) t WHERE NOT has_table_privilege(caller, t, 'TRIGGER'))
			THEN format('role %s has no TRIGGER privilege on %s', quote_ident(pg_get_userbyid(caller)),
						(SELECT mlops._relation_name(t) FROM mlops._relation_tree(relation) t
						 WHERE NOT has_table_privilege(caller, t, 'TRIGGER') LIMIT 1))
	END
	FROM pg_class c WHERE c.oid = relation);
END
$$;

CREATE FUNCTION mlops._trigger_name(source bigint, event text) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT format('mlops_changes_%s_%s', source, event) $$;

-- Whether a relation and its partitions have all triggers of a source.
CREATE FUNCTION mlops._is_tracked(source bigint, relation regclass) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT NOT EXISTS (
		SELECT FROM mlops._relation_tree(relation) t, unnest(ARRAY['insert', 'update', 'delete', 'truncate']) e
		WHERE NOT EXISTS (SELECT FROM pg_trigger g
						  WHERE g.tgrelid = t AND g.tgname = mlops._trigger_name(source, e)
							AND g.tgfoid = 'mlops._track_changes()'::regprocedure AND g.tgenabled <> 'D'))
$$;

-- 'trigger' or 'lookback': as wanted, or what is possible.
CREATE FUNCTION mlops._choose_tracking(caller oid, relation regclass, wanted text, source bigint) RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	obstacle text;
BEGIN
	IF wanted = 'lookback' THEN
		RETURN 'lookback';
	ELSIF source IS NOT NULL AND mlops._is_tracked(source, relation) THEN
		RETURN 'trigger';		-- somebody who may has made them before
	END IF;
	obstacle := mlops._tracking_obstacle(caller, relation);
	IF obstacle IS NULL THEN
		RETURN 'trigger';
	ELSIF wanted = 'trigger' THEN
		PERFORM mlops._refuse(CASE WHEN obstacle LIKE 'role %' THEN '42501' ELSE '42809' END,
			format('changes of %s cannot be tracked by triggers: %s', mlops._relation_name(relation), obstacle),
			'Use tracking => ''lookback'', which reads the granules of the last "lookback" again at every run.');
	END IF;
	RETURN 'lookback';
END
$$;

-- Puts the triggers that are missing on the source's table and its partitions.
-- They belong to the extension (DROP EXTENSION removes them) and fire in
-- replica sessions too.  CREATE TRIGGER waits for writers in flight: whoever
-- writes afterwards leaves a mark, everything before is read by the first run.
CREATE FUNCTION mlops._track(source bigint, was_lookback boolean) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	rel regclass;
	name text;
	e record;
	unseen boolean := was_lookback;
BEGIN
	SELECT s.relation INTO STRICT rel FROM mlops.sources s WHERE s.source_id = source;
	FOR e IN
		SELECT t AS target, v.event, v.tables FROM mlops._relation_tree(rel) t,
			(VALUES ('insert', 'REFERENCING NEW TABLE AS mlops_new'),
					('update', 'REFERENCING OLD TABLE AS mlops_old NEW TABLE AS mlops_new'),
					('delete', 'REFERENCING OLD TABLE AS mlops_old'), ('truncate', '')) AS v(event, tables)
		WHERE NOT EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = t AND g.tgname = mlops._trigger_name(source, v.event)
						  AND g.tgfoid = 'mlops._track_changes()'::regprocedure AND g.tgenabled <> 'D')
	LOOP
		name := mlops._relation_name(e.target);
		EXECUTE format('LOCK TABLE ONLY %s IN SHARE ROW EXCLUSIVE MODE', name);
		IF mlops._relation_name(e.target) IS DISTINCT FROM name THEN
			RAISE EXCEPTION 'relation "%" was renamed in the meantime', name
				USING ERRCODE = 'object_in_use', HINT = 'Try again.';
		END IF;
		IF EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = e.target AND g.tgname = mlops._trigger_name(source, e.event)) THEN
			EXECUTE format('DROP TRIGGER %I ON %s', mlops._trigger_name(source, e.event), name);	-- disabled
		END IF;
		EXECUTE format('CREATE TRIGGER %I AFTER %s ON %s %s FOR EACH STATEMENT EXECUTE FUNCTION mlops._track_changes(%L)',
					   mlops._trigger_name(source, e.event), upper(e.event), name, e.tables, source);
		EXECUTE format('ALTER TABLE ONLY %s ENABLE ALWAYS TRIGGER %I', name, mlops._trigger_name(source, e.event));
		EXECUTE format('ALTER TRIGGER %I ON %s DEPENDS ON EXTENSION mlops', mlops._trigger_name(source, e.event), name);
		unseen := true;
	END LOOP;
	IF unseen THEN
		-- rows written since the last look (or to a new partition, or while the
		-- triggers were off) have left no mark: look at everything once more;
		-- granules that have not changed stay as they are
		UPDATE mlops.sources s SET collected_from = NULL, collected_to = NULL, first_pass_to = NULL WHERE s.source_id = source;
	END IF;
END
$$;

-- Takes the triggers of a source off, wherever they are.
CREATE FUNCTION mlops._untrack(source bigint) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	t record;
BEGIN
	FOR t IN
		SELECT g.tgname, mlops._relation_name(g.tgrelid) AS name
		FROM pg_trigger g
		WHERE g.tgfoid = 'mlops._track_changes()'::regprocedure AND NOT g.tgisinternal
		  AND g.tgname LIKE replace(mlops._trigger_name(source, '%'), '_', '\_')
		ORDER BY g.tgrelid, g.tgname
	LOOP
		EXECUTE format('DROP TRIGGER %I ON %s', t.tgname, t.name);
	END LOOP;
	DELETE FROM mlops.changes c WHERE c.source_id = source;
END
$$;
