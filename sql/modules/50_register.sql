-- Register: models, versions, aliases, owners.  Sources are in 51_inspect.sql and 53_source.sql.
--
-- Every public function that writes is a trampoline (doc/architecture.md,
-- "Identity"): it calls the function of the same name with a leading
-- underscore as the extension's owner, with the caller's role in front.

---------------------------------------------------------------------------
-- names: checked lookups with a hint that lists what there is
---------------------------------------------------------------------------

-- The names nearest to the wanted one first (shared letter pairs, Dice's
-- coefficient over padded words), at most 20 of them.  NULL when there are none.
CREATE FUNCTION mlops._candidates(wanted text, names text[]) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH w AS (
		SELECT DISTINCT substr(' ' || lower(coalesce(wanted, '')) || ' ', i, 2) AS pair
		FROM generate_series(1, least(length(coalesce(wanted, '')), 100) + 1) i
	), n AS (
		SELECT u.name,
			   (SELECT 2.0 * count(*) FILTER (WHERE p.pair IN (SELECT w.pair FROM w))
						/ (count(*) + (SELECT count(*) FROM w))
				FROM (SELECT DISTINCT substr(' ' || lower(u.name) || ' ', i, 2) AS pair
					  FROM generate_series(1, least(length(u.name), 100) + 1) i) p) AS likeness
		FROM unnest(names) AS u(name)
		WHERE u.name IS NOT NULL
	), r AS (
		SELECT n.name, row_number() OVER (ORDER BY n.likeness DESC, n.name COLLATE "C") AS place,
			   count(*) OVER () AS total
		FROM n
	)
	SELECT string_agg(r.name, ', ' ORDER BY r.place)
		   || CASE WHEN max(r.total) > 20 THEN format(' and %s more', max(r.total) - 20) ELSE '' END
	FROM r
	WHERE r.place <= 20
$$;

-- Raises; declared as a function because RAISE refuses a NULL option.
CREATE FUNCTION mlops._refuse(code text, message text, hint text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF hint IS NULL THEN
		RAISE EXCEPTION USING ERRCODE = code, MESSAGE = message;
	END IF;
	RAISE EXCEPTION USING ERRCODE = code, MESSAGE = message, HINT = hint;
END
$$;

-- Whether the caller has the privileges of an owner role.
CREATE FUNCTION mlops._belongs(caller oid, owner oid) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT coalesce(pg_has_role(caller, owner, 'USAGE'), false) $$;

-- Refuses an argument that was not given.
CREATE FUNCTION mlops._require(argument text, value text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF value IS NULL THEN
		PERFORM mlops._refuse('22004', format('"%s" must not be null', argument),
							  format('Give a value: %s => ...', argument));
	ELSIF value = '' THEN
		PERFORM mlops._refuse('22023', format('"%s" must not be empty', argument),
							  format('Give a value: %s => ...', argument));
	END IF;
END
$$;

-- Refuses a value that is not in a list.
CREATE FUNCTION mlops._one_of(argument text, value text, allowed text[]) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF value IS NULL OR value <> ALL (allowed) THEN
		PERFORM mlops._refuse('22023', CASE WHEN value IS NULL THEN format('"%s" must not be null', argument)
											ELSE format('"%s" must not be "%s"', argument, value) END,
							  format('One of: %s.', array_to_string(allowed, ', ')));
	END IF;
END
$$;

CREATE FUNCTION mlops._no_permission(kind text, name text, owner oid) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM mlops._refuse('42501', format('permission denied for %s "%s"', kind, name),
						  CASE WHEN EXISTS (SELECT FROM pg_roles r WHERE r.oid = owner)
							   THEN format('It belongs to role %s; a member of that role may do this.',
										   quote_ident(pg_get_userbyid(owner)))
							   WHEN kind = 'layer' THEN 'The role it belongs to does not exist any more.'
							   ELSE format('The role it belongs to does not exist any more; a superuser may give it to another one with mlops.%s().',
										   CASE kind WHEN 'experiment' THEN 'set_experiment_owner' ELSE 'set_owner' END) END);
END
$$;

-- A model's id, when the caller belongs to its owner.
CREATE FUNCTION mlops._model(caller oid, model text) RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	m record;
BEGIN
	PERFORM mlops._require('model', model);
	SELECT t.model_id, t.owner INTO m FROM mlops.models t WHERE t.name = model;
	IF NOT FOUND THEN
		PERFORM mlops._refuse('42704', format('model "%s" does not exist', model),
			coalesce('Models: ' || mlops._candidates(model, (SELECT array_agg(t.name) FROM mlops.models t
															 WHERE mlops._belongs(caller, t.owner))) || '.',
					 format('Register it first: SELECT mlops.register_model(%L).', model)));
	END IF;
	IF NOT mlops._belongs(caller, m.owner) THEN
		PERFORM mlops._no_permission('model', model, m.owner);
	END IF;
	RETURN m.model_id;
END
$$;

-- A source's id, when the caller belongs to the owner of its model.
CREATE FUNCTION mlops._source(caller oid, model text, source text) RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	m bigint := mlops._model(caller, model);
	s bigint;
BEGIN
	PERFORM mlops._require('source', source);
	SELECT t.source_id INTO s FROM mlops.sources t WHERE t.model_id = m AND t.name = source;
	IF NOT FOUND THEN
		PERFORM mlops._refuse('42704', format('source "%s" of model "%s" does not exist', source, model),
			coalesce('Sources: ' || mlops._candidates(source, (SELECT array_agg(t.name) FROM mlops.sources t
															   WHERE t.model_id = m)) || '.',
					 'Register it first with mlops.register_source().'));
	END IF;
	RETURN s;
END
$$;

-- A monitor's id, when the caller belongs to the owner of its model.
CREATE FUNCTION mlops._monitor(caller oid, monitor text) RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	m record;
BEGIN
	PERFORM mlops._require('monitor', monitor);
	SELECT t.monitor_id, o.owner INTO m
	FROM mlops.monitors t JOIN mlops.models o USING (model_id)
	WHERE t.name = monitor;
	IF NOT FOUND THEN
		PERFORM mlops._refuse('42704', format('monitor "%s" does not exist', monitor),
			coalesce('Monitors: ' || mlops._candidates(monitor, (SELECT array_agg(t.name)
										 FROM mlops.monitors t JOIN mlops.models o USING (model_id)
										 WHERE mlops._belongs(caller, o.owner))) || '.',
					 'Create it first with mlops.create_monitor().'));
	END IF;
	IF NOT mlops._belongs(caller, m.owner) THEN
		PERFORM mlops._no_permission('monitor', monitor, m.owner);
	END IF;
	RETURN m.monitor_id;
END
$$;

---------------------------------------------------------------------------
-- models
---------------------------------------------------------------------------

CREATE FUNCTION mlops._register_model(caller oid, model text, model_task text, about text) RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	old record;
	id bigint;
BEGIN
	PERFORM mlops._require('name', model);
	IF length(model) > 200 THEN
		PERFORM mlops._refuse('22023', 'the name of a model has at most 200 characters');
	END IF;
	PERFORM mlops._one_of('task', model_task, '{binary,multiclass,regression,ranking,other}');
	PERFORM mlops._stamp_instance();

	SELECT t.task INTO old FROM mlops.models t WHERE t.name = model FOR NO KEY UPDATE;
	INSERT INTO mlops.models AS t (name, task, owner, description)
	VALUES (model, model_task, caller::regrole, about)
	ON CONFLICT (name) DO UPDATE SET task = excluded.task, description = excluded.description
		WHERE mlops._belongs(caller, t.owner)
	RETURNING t.model_id INTO id;
	IF id IS NULL THEN
		PERFORM mlops._no_permission('model', model, (SELECT t.owner FROM mlops.models t WHERE t.name = model));
	END IF;
	IF old.task <> model_task AND EXISTS (SELECT FROM mlops.sources s WHERE s.model_id = id) THEN
		RAISE NOTICE 'the task of model "%" was "%": call mlops.register_source() again so that the kinds of its columns follow',
			model, old.task;
	END IF;
	RETURN id;
END
$$;

CREATE FUNCTION mlops.register_model(name text, task text DEFAULT 'binary', description text DEFAULT NULL)
RETURNS bigint LANGUAGE c AS 'MODULE_PATHNAME', 'mlops_as_extension_owner';
COMMENT ON FUNCTION mlops.register_model(text, text, text) IS
	'declare a model, or change its task and description; the caller becomes the owner of a new one';

-- Removes the triggers first: they are on the user's tables.
CREATE FUNCTION mlops._drop_model(caller oid, model text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	m bigint := mlops._model(caller, model);
	s bigint;
BEGIN
	PERFORM FROM mlops.models t WHERE t.model_id = m FOR UPDATE;
	FOR s IN SELECT t.source_id FROM mlops.sources t WHERE t.model_id = m ORDER BY 1 LOOP
		PERFORM mlops._untrack(s);
	END LOOP;
	DELETE FROM mlops.models t WHERE t.model_id = m;
END
$$;

CREATE FUNCTION mlops.drop_model(name text)
RETURNS void LANGUAGE c AS 'MODULE_PATHNAME', 'mlops_as_extension_owner';
COMMENT ON FUNCTION mlops.drop_model(text) IS
	'remove a model with everything that was collected, measured and asked for about it';

-- The caller has to belong to both roles, and the new owner has to be able to
-- read what the model reads; otherwise the next run would fail.
CREATE FUNCTION mlops._set_owner(caller oid, model text, new_owner text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	m bigint := mlops._model(caller, model);
	owner_oid oid;
	s record;
BEGIN
	PERFORM mlops._require('role', new_owner);
	SELECT r.oid INTO owner_oid FROM pg_roles r WHERE r.rolname = new_owner;
	IF NOT FOUND THEN
		PERFORM mlops._refuse('42704', format('role "%s" does not exist', new_owner),
			'Roles: ' || mlops._candidates(new_owner, (SELECT array_agg(r.rolname::text) FROM pg_roles r
													   WHERE pg_has_role(caller, r.oid, 'USAGE'))) || '.');
	END IF;
	IF NOT mlops._belongs(caller, owner_oid) THEN
		PERFORM mlops._refuse('42501', format('must be a member of role "%s"', new_owner),
			'A model can be given to a role only by somebody who belongs to both roles.');
	END IF;
	PERFORM FROM mlops.models t WHERE t.model_id = m FOR NO KEY UPDATE;
	FOR s IN
		SELECT t.source_id, t.relation FROM mlops.sources t WHERE t.model_id = m ORDER BY 1
	LOOP
		PERFORM mlops._check_select(owner_oid, s.relation,
			(SELECT array_agg(c.name ORDER BY c.column_no) FROM mlops.columns c
			 WHERE c.source_id = s.source_id AND (c.role <> 'ignored' OR c.is_segment)));
	END LOOP;
	FOR s IN
		SELECT t.source_id, b.relation FROM mlops.sources t JOIN mlops.baselines b USING (source_id)
		WHERE t.model_id = m AND b.kind = 'relation' ORDER BY b.baseline_id
	LOOP
		PERFORM mlops._check_select(owner_oid, s.relation,
			(SELECT array_agg(c.name ORDER BY c.column_no) FROM mlops.columns c
			 WHERE c.source_id = s.source_id AND (c.role IN ('feature', 'score', 'prediction', 'label') OR c.is_segment)));
	END LOOP;
	UPDATE mlops.models t SET owner = owner_oid::regrole WHERE t.model_id = m;
	UPDATE mlops.monitors t SET state = 'active', state_reason = NULL, failures = 0, retry_at = NULL
	WHERE t.model_id = m AND t.state = 'orphaned';
END
$$;

CREATE FUNCTION mlops.set_owner(model text, role text)
RETURNS void LANGUAGE c AS 'MODULE_PATHNAME', 'mlops_as_extension_owner';
COMMENT ON FUNCTION mlops.set_owner(text, text) IS
	'give a model to another role, whose privileges its data is read with from then on';

---------------------------------------------------------------------------
-- versions and aliases
---------------------------------------------------------------------------

CREATE FUNCTION mlops._set_alias(caller oid, model text, model_version text, model_alias text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	m bigint := mlops._model(caller, model);
	v bigint;
	present mlops.model_aliases;
	now timestamptz := mlops._now();
BEGIN
	PERFORM mlops._require('version', model_version);
	PERFORM mlops._require('alias', model_alias);
	-- one change of a model's aliases at a time
	PERFORM FROM mlops.models t WHERE t.model_id = m FOR NO KEY UPDATE;
	SELECT t.version_id INTO v FROM mlops.model_versions t WHERE t.model_id = m AND t.version = model_version;
	IF NOT FOUND THEN
		PERFORM mlops._refuse('42704', format('version "%s" of model "%s" does not exist', model_version, model),
			coalesce('Versions: ' || mlops._candidates(model_version,
							(SELECT array_agg(t.version) FROM mlops.model_versions t WHERE t.model_id = m)) || '.',
					 'Register it first with mlops.register_version().'));
	END IF;
	SELECT * INTO present FROM mlops.model_aliases a
	WHERE a.model_id = m AND a.alias = model_alias AND a.until IS NULL;
	IF present.version_id = v THEN
		RETURN;
	END IF;
	UPDATE mlops.model_aliases a SET until = now WHERE a.alias_id = present.alias_id;
	INSERT INTO mlops.model_aliases (model_id, alias, version_id, since) VALUES (m, model_alias, v, now);
END
$$;

CREATE FUNCTION mlops.set_alias(model text, version text, alias text)
RETURNS void LANGUAGE c AS 'MODULE_PATHNAME', 'mlops_as_extension_owner';
COMMENT ON FUNCTION mlops.set_alias(text, text, text) IS
	'point an alias (champion, challenger, shadow) to a version; what it pointed to before stays in the history';

CREATE FUNCTION mlops._register_version(caller oid, model text, model_version text, model_alias text, about jsonb)
RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	m bigint := mlops._model(caller, model);
	id bigint;
BEGIN
	PERFORM mlops._require('version', model_version);
	IF about IS NULL OR jsonb_typeof(about) <> 'object' THEN
		PERFORM mlops._refuse('22023', '"metadata" must be a JSON object', 'For example: metadata => ''{"git": "4f2a91c"}''.');
	END IF;
	INSERT INTO mlops.model_versions AS t (model_id, version, metadata)
	VALUES (m, model_version, about)
	ON CONFLICT (model_id, version) DO UPDATE SET metadata = excluded.metadata
	RETURNING t.version_id INTO id;
	IF model_alias IS NOT NULL THEN
		PERFORM mlops._set_alias(caller, model, model_version, model_alias);
	END IF;
	RETURN id;
END
$$;

CREATE FUNCTION mlops.register_version(model text, version text, alias text DEFAULT NULL, metadata jsonb DEFAULT '{}')
RETURNS bigint LANGUAGE c AS 'MODULE_PATHNAME', 'mlops_as_extension_owner';
COMMENT ON FUNCTION mlops.register_version(text, text, text, jsonb) IS
	'declare a version of a model as the prediction table names it, or change its metadata; alias: also point this alias to it';

---------------------------------------------------------------------------
-- retrain policy
---------------------------------------------------------------------------

CREATE FUNCTION mlops._set_retrain_policy(caller oid, model text, policy_cooldown interval, new_rows bigint,
										  attempts int, expires interval, request_priority int, is_enabled boolean)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	m bigint := mlops._model(caller, model);
BEGIN
	IF policy_cooldown IS NULL OR policy_cooldown < interval '0' THEN
		PERFORM mlops._refuse('22023', '"cooldown" must be zero or longer', 'For example: cooldown => ''24 hours''.');
	ELSIF new_rows IS NULL OR new_rows < 0 THEN
		PERFORM mlops._refuse('22023', '"min_new_rows" must be zero or more', 'For example: min_new_rows => 10000.');
	ELSIF attempts IS NULL OR attempts < 1 THEN
		PERFORM mlops._refuse('22023', '"max_attempts" must be one or more', 'For example: max_attempts => 5.');
	ELSIF expires <= interval '0' THEN
		PERFORM mlops._refuse('22023', '"expires_after" must be longer than zero',
							  'For example: expires_after => ''7 days''; NULL for a request that does not expire.');
	ELSIF request_priority IS NULL OR is_enabled IS NULL THEN
		PERFORM mlops._refuse('22004', '"priority" and "enabled" must not be null',
							  'For example: priority => 0, enabled => true.');
	END IF;
	INSERT INTO mlops.retrain_policies AS p
		(model_id, enabled, cooldown, min_new_rows, max_attempts, expires_after, priority)
	VALUES (m, is_enabled, policy_cooldown, new_rows, attempts, expires, request_priority)
	ON CONFLICT (model_id) DO UPDATE
		SET enabled = excluded.enabled, cooldown = excluded.cooldown, min_new_rows = excluded.min_new_rows,
			max_attempts = excluded.max_attempts, expires_after = excluded.expires_after,
			priority = excluded.priority;
END
$$;

CREATE FUNCTION mlops.set_retrain_policy(model text, cooldown interval DEFAULT '24 hours', min_new_rows bigint DEFAULT 0,
										 max_attempts int DEFAULT 5, expires_after interval DEFAULT NULL,
										 priority int DEFAULT 0, enabled boolean DEFAULT true)
RETURNS void LANGUAGE c AS 'MODULE_PATHNAME', 'mlops_as_extension_owner';
COMMENT ON FUNCTION mlops.set_retrain_policy(text, interval, bigint, int, interval, int, boolean) IS
	'when alerts of a model may ask for retraining: pause between two requests, new rows needed, attempts, expiry, priority';
