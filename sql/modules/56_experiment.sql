-- The register of experiments: configurations with their history, layers, overrides,
-- assignment of units now and at any past time, exposures.  Positions and
-- ranges are in 38_assignment.sql.

---------------------------------------------------------------------------
-- names
---------------------------------------------------------------------------

CREATE FUNCTION mlops._experiment(caller oid, experiment text) RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	e record;
BEGIN
	PERFORM mlops._require('experiment', experiment);
	SELECT t.experiment_id, t.owner INTO e FROM mlops.experiments t WHERE t.name = experiment;
	IF NOT FOUND THEN
		PERFORM mlops._refuse('42704', format('experiment "%s" does not exist', experiment),
			coalesce('Experiments: ' || mlops._candidates(experiment, (SELECT array_agg(t.name) FROM mlops.experiments t
																	   WHERE mlops._belongs(caller, t.owner))) || '.',
					 'Declare it first with mlops.set_experiment().'));
	END IF;
	IF NOT mlops._belongs(caller, e.owner) THEN
		PERFORM mlops._no_permission('experiment', experiment, e.owner);
	END IF;
	RETURN e.experiment_id;
END
$$;
COMMENT ON FUNCTION mlops._experiment(oid, text) IS 'internal: an experiment''s id, when the caller belongs to its owner';

CREATE FUNCTION mlops._experiment_layer(caller oid, layer text) RETURNS mlops.experiment_layers
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	l mlops.experiment_layers;
BEGIN
	PERFORM mlops._require('layer', layer);
	SELECT * INTO l FROM mlops.experiment_layers t WHERE t.name = layer;
	IF NOT FOUND THEN
		PERFORM mlops._refuse('42704', format('layer "%s" does not exist', layer),
			coalesce('Layers: ' || mlops._candidates(layer, (SELECT array_agg(t.name) FROM mlops.experiment_layers t
															 WHERE mlops._belongs(caller, t.owner))) || '.',
					 format('Declare it first: SELECT mlops.set_experiment_layer(%L).', layer)));
	END IF;
	IF NOT mlops._belongs(caller, l.owner) THEN
		PERFORM mlops._no_permission('layer', layer, l.owner);
	END IF;
	RETURN l;
END
$$;
COMMENT ON FUNCTION mlops._experiment_layer(oid, text) IS 'internal: a layer, when the caller belongs to its owner';

---------------------------------------------------------------------------
-- layers
---------------------------------------------------------------------------

CREATE FUNCTION mlops._set_experiment_layer(caller oid, layer text, layer_seed text, layer_method text) RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	l mlops.experiment_layers;
BEGIN
	PERFORM mlops._require('name', layer);
	PERFORM mlops._require('method', layer_method);
	PERFORM mlops._buckets(layer_method);
	IF length(layer) > 200 THEN
		PERFORM mlops._refuse('22023', 'the name of a layer has at most 200 characters');
	END IF;
	INSERT INTO mlops.experiment_layers (name, owner, seed, method)
	VALUES (layer, caller::regrole, coalesce(layer_seed, 'layer ' || layer), layer_method)
	ON CONFLICT (name) DO NOTHING;
	l := mlops._experiment_layer(caller, layer);
	IF l.seed <> coalesce(layer_seed, 'layer ' || layer) OR l.method <> layer_method THEN
		PERFORM mlops._refuse('55000', format('seed and method of layer "%s" cannot change', layer),
			'Every unit of every experiment in it would move. Declare a layer of another name.');
	END IF;
	RETURN l.layer_id;
END
$$;
COMMENT ON FUNCTION mlops._set_experiment_layer(oid, text, text, text) IS 'internal: see mlops.set_experiment_layer()';

CREATE FUNCTION mlops.set_experiment_layer(name text, seed text DEFAULT NULL, method text DEFAULT 'sha256')
RETURNS bigint LANGUAGE c AS 'MODULE_PATHNAME', 'mlops_as_extension_owner';
COMMENT ON FUNCTION mlops.set_experiment_layer(text, text, text) IS
	'declare a layer, whose buckets experiments share without sharing a unit; a GrowthBook namespace is seed "__" and its name, method growthbook_v1';

CREATE FUNCTION mlops._drop_experiment_layer(caller oid, layer text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	l mlops.experiment_layers := mlops._experiment_layer(caller, layer);
BEGIN
	DELETE FROM mlops.experiment_layers t WHERE t.layer_id = l.layer_id;
EXCEPTION WHEN foreign_key_violation THEN
	PERFORM mlops._refuse('2BP01', format('layer "%s" is or was used by experiments', layer),
		'Their history needs it; drop those experiments first.');
END
$$;
COMMENT ON FUNCTION mlops._drop_experiment_layer(oid, text) IS 'internal: see mlops.drop_experiment_layer()';

CREATE FUNCTION mlops.drop_experiment_layer(name text)
RETURNS void LANGUAGE c AS 'MODULE_PATHNAME', 'mlops_as_extension_owner';
COMMENT ON FUNCTION mlops.drop_experiment_layer(text) IS 'remove a layer that no experiment has used';

---------------------------------------------------------------------------
-- experiments
---------------------------------------------------------------------------

-- The ranges of a configuration, from weights and coverage or as given.
CREATE FUNCTION mlops._experiment_ranges(variations text[], weights float8[], coverage float8, given float8[]) RETURNS float8[]
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	n int := cardinality(variations);
BEGIN
	IF variations IS NULL OR array_ndims(variations) IS DISTINCT FROM 1 OR n > 1000 OR '' = ANY (variations)
		OR n <> (SELECT count(DISTINCT v) FROM unnest(variations) v) THEN
		RAISE EXCEPTION '"variations" must be a list of 1 to 1000 different names' USING ERRCODE = 'invalid_parameter_value',
			HINT = 'For example: variations => ''{control, treatment}''.';
	END IF;
	IF given IS NOT NULL THEN
		IF weights IS NOT NULL OR coverage IS NOT NULL THEN
			RAISE EXCEPTION '"ranges" cannot be given together with "weights" or "coverage"' USING ERRCODE = 'invalid_parameter_value',
				HINT = 'Ranges decide alone; leave the other two out.';
		END IF;
		-- counted from 1 on in both dimensions, whatever the client sent
		given := coalesce((SELECT array_agg(ARRAY[given[k][m], given[k][m + 1]] ORDER BY k)
						   FROM generate_subscripts(given, 1) k, array_lower(given, 2) m WHERE array_length(given, 2) = 2 AND array_ndims(given) = 2), given);
		-- refuses what are no ranges
		IF cardinality(mlops.range_shares(given)) <> n
			OR EXISTS (SELECT FROM generate_series(1, n) k WHERE given[k][1] > given[k][2]) THEN
			RAISE EXCEPTION '"ranges" must have one range a variation, and no lower border above the upper one' USING ERRCODE = 'invalid_parameter_value',
				HINT = 'For example: ranges => ''{{0, 0.1}, {0.5, 0.6}}'' for two variations.';
		END IF;
		RETURN given;
	END IF;
	IF coverage IS NULL OR NOT (coverage >= 0 AND coverage <= 1) THEN
		RAISE EXCEPTION '"coverage" must be from 0 to 1' USING ERRCODE = 'invalid_parameter_value',
			HINT = 'For example: coverage => 0.1 for a tenth of all units.';
	END IF;
	IF weights IS NOT NULL AND (cardinality(weights) <> n OR array_ndims(weights) <> 1 OR array_position(weights, NULL) IS NOT NULL
		OR EXISTS (SELECT FROM unnest(weights) w WHERE NOT (w >= 0 AND w <= 1)) OR NOT (SELECT sum(w) BETWEEN 0.99 AND 1.01 FROM unnest(weights) w)) THEN
		RAISE EXCEPTION '"weights" must be one number from 0 to 1 a variation, and add up to 1' USING ERRCODE = 'invalid_parameter_value',
			HINT = 'For example: weights => ''{0.9, 0.1}''; NULL for equal ones.';
	END IF;
	RETURN mlops.bucket_ranges(coverage, weights, n);
END
$$;
COMMENT ON FUNCTION mlops._experiment_ranges(text[], float8[], float8, float8[]) IS 'internal: the ranges of a configuration, checked';

-- Ends the present configuration and begins the new one; nothing when they are the same.
CREATE FUNCTION mlops._begin_experiment_config(caller oid, new mlops.experiment_configs) RETURNS int
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	ignored CONSTANT text[] := '{config_version,since,until,changed_by}';
	old mlops.experiment_configs;
	constraint_name text;
BEGIN
	-- one change of an experiment at a time
	PERFORM FROM mlops.experiments t WHERE t.experiment_id = new.experiment_id FOR NO KEY UPDATE;
	SELECT * INTO old FROM mlops.experiment_configs t WHERE t.experiment_id = new.experiment_id AND t.until IS NULL;
	IF to_jsonb(old) - ignored = to_jsonb(new) - ignored THEN
		RETURN old.config_version;
	END IF;
	new.config_version := coalesce(old.config_version, 0) + 1;
	new.since := greatest(mlops._now(), old.since);
	new.changed_by := pg_get_userbyid(caller);
	UPDATE mlops.experiment_configs t SET until = new.since
	WHERE t.experiment_id = new.experiment_id AND t.config_version = old.config_version;
	INSERT INTO mlops.experiment_configs SELECT new.*;
	RETURN new.config_version;
EXCEPTION WHEN exclusion_violation THEN
	GET STACKED DIAGNOSTICS constraint_name = CONSTRAINT_NAME;
	IF constraint_name <> 'experiment_configs_layer' THEN
		RAISE;
	END IF;
	PERFORM mlops._refuse('23P01', format('buckets %s of layer "%s" are taken', new.layer_buckets,
										  (SELECT l.name FROM mlops.experiment_layers l WHERE l.layer_id = new.layer_id)),
		(SELECT 'They meet ' || string_agg(format('%s of "%s"', t.layer_buckets, e.name), ', ' ORDER BY t.layer_buckets) || '.'
		 FROM mlops.experiment_configs t JOIN mlops.experiments e USING (experiment_id)
		 WHERE t.layer_id = new.layer_id AND t.active AND t.until IS NULL AND t.layer_buckets && new.layer_buckets
		   AND t.experiment_id <> new.experiment_id AND mlops._belongs(caller, e.owner)));
END
$$;
COMMENT ON FUNCTION mlops._begin_experiment_config(oid, mlops.experiment_configs) IS 'internal: the version of the present configuration, after a new one has begun where something changed';

CREATE FUNCTION mlops._set_experiment(caller oid, experiment text, variation_names text[], arm_weights float8[], share float8,
	given float8[], experiment_seed text, hash_method text, layer text, layer_part int4range, held float8, held_seed text,
	keep boolean, version int, min_version int, is_active boolean, about text) RETURNS int
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	c mlops.experiment_configs;
	l mlops.experiment_layers;
BEGIN
	PERFORM mlops._require('name', experiment);
	PERFORM mlops._require('method', hash_method);
	PERFORM mlops._buckets(hash_method);
	IF length(experiment) > 200 THEN
		PERFORM mlops._refuse('22023', 'the name of an experiment has at most 200 characters');
	ELSIF keep IS NULL OR is_active IS NULL THEN
		PERFORM mlops._refuse('22004', '"sticky" and "active" must not be null', 'For example: sticky => true, active => true.');
	ELSIF (min_version >= 0 AND min_version <= version) IS NOT TRUE THEN
		PERFORM mlops._refuse('22023', '"min_bucket_version" must be from 0 to "bucket_version"', 'For example: bucket_version => 2, min_bucket_version => 2.');
	ELSIF (held IS NULL) <> (held_seed IS NULL) OR NOT (held >= 0 AND held <= 1) THEN
		PERFORM mlops._refuse('22023', '"holdout" must be from 0 to 1, and "holdout_seed" be given with it',
			'Experiments with the same holdout_seed leave out the same units: holdout => 0.05, holdout_seed => ''holdout 2026''.');
	ELSIF (layer IS NULL) <> (layer_part IS NULL) THEN
		PERFORM mlops._refuse('22023', '"layer" and "layer_buckets" must be given together', 'For example: layer => ''search'', layer_buckets => ''[0,5000)''.');
	END IF;
	c.ranges := mlops._experiment_ranges(variation_names, arm_weights, CASE WHEN given IS NULL THEN coalesce(share, 1) ELSE share END, given);
	IF layer IS NOT NULL THEN
		l := mlops._experiment_layer(caller, layer);
		IF isempty(layer_part) OR NOT layer_part <@ int4range(0, mlops._buckets(l.method)) THEN
			PERFORM mlops._refuse('22023', format('"layer_buckets" must be within [0,%s)', mlops._buckets(l.method)),
				format('Layer "%s" has that many buckets.', layer));
		END IF;
	END IF;
	c.active := is_active;
	-- counted from 1 on, whatever the client sent
	c.variations := ARRAY(SELECT unnest(variation_names));
	c.seed := coalesce(experiment_seed, experiment);
	c.method := hash_method;
	c.coverage := CASE WHEN given IS NULL THEN coalesce(share, 1) END;
	c.weights := arm_weights;
	c.shares := mlops.range_shares(c.ranges, hash_method);
	c.layer_id := l.layer_id;
	c.layer_buckets := layer_part;
	c.holdout := held;
	c.holdout_seed := held_seed;
	c.sticky := keep;
	c.bucket_version := version;
	c.min_bucket_version := min_version;

	INSERT INTO mlops.experiments AS t (name, owner, description) VALUES (experiment, caller::regrole, about)
	ON CONFLICT (name) DO UPDATE SET description = excluded.description WHERE mlops._belongs(caller, t.owner);
	c.experiment_id := mlops._experiment(caller, experiment);
	RETURN mlops._begin_experiment_config(caller, c);
END
$$;
COMMENT ON FUNCTION mlops._set_experiment(oid, text, text[], float8[], float8, float8[], text, text, text, int4range, float8, text, boolean, int, int, boolean, text) IS
	'internal: see mlops.set_experiment()';

CREATE FUNCTION mlops.set_experiment(name text, variations text[], weights float8[] DEFAULT NULL, coverage float8 DEFAULT NULL,
	ranges float8[] DEFAULT NULL, seed text DEFAULT NULL, method text DEFAULT 'sha256', layer text DEFAULT NULL, layer_buckets int4range DEFAULT NULL,
	holdout float8 DEFAULT NULL, holdout_seed text DEFAULT NULL, sticky boolean DEFAULT true, bucket_version int DEFAULT 1,
	min_bucket_version int DEFAULT 0, active boolean DEFAULT true, description text DEFAULT NULL)
RETURNS int LANGUAGE c AS 'MODULE_PATHNAME', 'mlops_as_extension_owner';
COMMENT ON FUNCTION mlops.set_experiment(text, text[], float8[], float8, float8[], text, text, text, int4range, float8, text, boolean, int, int, boolean, text) IS
	'declare an experiment, or change it from now on: who gets which variation, by weights and coverage or by ranges; returns the version of its configuration, a new one only where something changed';

CREATE FUNCTION mlops._drop_experiment(caller oid, experiment text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	id bigint := mlops._experiment(caller, experiment);
BEGIN
	DELETE FROM mlops.experiments t WHERE t.experiment_id = id;
END
$$;
COMMENT ON FUNCTION mlops._drop_experiment(oid, text) IS 'internal: see mlops.drop_experiment()';

CREATE FUNCTION mlops.drop_experiment(name text)
RETURNS void LANGUAGE c AS 'MODULE_PATHNAME', 'mlops_as_extension_owner';
COMMENT ON FUNCTION mlops.drop_experiment(text) IS 'remove an experiment with its history, assignments and exposures';

CREATE FUNCTION mlops._set_experiment_owner(caller oid, experiment text, new_owner text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	id bigint := mlops._experiment(caller, experiment);
	owner_oid oid;
BEGIN
	PERFORM mlops._require('role', new_owner);
	SELECT r.oid INTO owner_oid FROM pg_roles r WHERE r.rolname = new_owner;
	IF NOT FOUND THEN
		PERFORM mlops._refuse('42704', format('role "%s" does not exist', new_owner),
			'Roles: ' || mlops._candidates(new_owner, (SELECT array_agg(r.rolname::text) FROM pg_roles r
													   WHERE pg_has_role(caller, r.oid, 'USAGE'))) || '.');
	ELSIF NOT mlops._belongs(caller, owner_oid) THEN
		PERFORM mlops._refuse('42501', format('must be a member of role "%s"', new_owner),
			'An experiment can be given to a role only by somebody who belongs to both roles.');
	END IF;
	UPDATE mlops.experiments t SET owner = owner_oid::regrole WHERE t.experiment_id = id;
END
$$;
COMMENT ON FUNCTION mlops._set_experiment_owner(oid, text, text) IS 'internal: see mlops.set_experiment_owner()';

CREATE FUNCTION mlops.set_experiment_owner(experiment text, role text)
RETURNS void LANGUAGE c AS 'MODULE_PATHNAME', 'mlops_as_extension_owner';
COMMENT ON FUNCTION mlops.set_experiment_owner(text, text) IS 'give an experiment to another role';

CREATE FUNCTION mlops._force_variation(caller oid, experiment text, forced_unit text, forced text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	id bigint := mlops._experiment(caller, experiment);
	now timestamptz;
	names text[];
	old mlops.experiment_overrides;
BEGIN
	PERFORM mlops._require('unit', forced_unit);
	PERFORM FROM mlops.experiments t WHERE t.experiment_id = id FOR NO KEY UPDATE;
	-- only now: whoever held the lock may have ended an override meanwhile
	now := mlops._now();
	SELECT t.variations INTO names FROM mlops.experiment_configs t WHERE t.experiment_id = id AND t.until IS NULL;
	IF forced <> ALL (names) THEN
		PERFORM mlops._refuse('42704', format('experiment "%s" has no variation "%s"', experiment, forced),
			format('Variations: %s; NULL ends the override.', array_to_string(names, ', ')));
	END IF;
	SELECT * INTO old FROM mlops.experiment_overrides t WHERE t.experiment_id = id AND t.unit = forced_unit AND t.until IS NULL;
	IF old.variation IS NOT DISTINCT FROM forced THEN
		RETURN;
	END IF;
	now := greatest(now, old.since);
	UPDATE mlops.experiment_overrides t SET until = now WHERE t.experiment_id = id AND t.unit = forced_unit AND t.until IS NULL;
	IF forced IS NOT NULL THEN
		INSERT INTO mlops.experiment_overrides (experiment_id, unit, variation, since, forced_by)
		VALUES (id, forced_unit, forced, now, pg_get_userbyid(caller));
	END IF;
END
$$;
COMMENT ON FUNCTION mlops._force_variation(oid, text, text, text) IS 'internal: see mlops.force_variation()';

CREATE FUNCTION mlops.force_variation(experiment text, unit text, variation text)
RETURNS void LANGUAGE c AS 'MODULE_PATHNAME', 'mlops_as_extension_owner';
COMMENT ON FUNCTION mlops.force_variation(text, text, text) IS
	'give a unit a variation by hand, from now on; NULL ends it. Forced units are no exposures';

---------------------------------------------------------------------------
-- assignment
---------------------------------------------------------------------------

CREATE TYPE mlops.assignment AS (
	unit			text,
	variation		text,
	variation_number int,
	propensity		float8,
	config_version	int,
	bucket_version	int,
	source			text,
	reason			text
);
COMMENT ON TYPE mlops.assignment IS 'what a unit gets: variation (number from 1 on), the propensity it was drawn with among the units of the experiment, the configuration, source forced, sticky or hash; or the reason why it gets none';

-- Order of the rules, as in GrowthBook's clients: override, active, sticky, holdout
-- and layer, ranges; units of an earlier bucket version that is not wanted any more last.
CREATE FUNCTION mlops.assign_units(experiment text, units text[], at timestamptz DEFAULT NULL) RETURNS SETOF mlops.assignment
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 100
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	id bigint;
	c mlops.experiment_configs;
	l mlops.experiment_layers;
	enrolled float8;
BEGIN
	SELECT e.experiment_id INTO id FROM mlops.experiments e WHERE e.name = experiment;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'experiment "%" does not exist', experiment USING ERRCODE = 'undefined_object',
			HINT = 'SELECT name FROM mlops.experiments shows those whose owner you belong to.';
	END IF;
	SELECT * INTO c FROM mlops.experiment_configs t
	WHERE t.experiment_id = id AND CASE WHEN at IS NULL THEN t.until IS NULL ELSE t.since <= at AND (t.until > at) IS NOT FALSE END;
	IF NOT FOUND THEN
		RETURN QUERY SELECT u.unit, NULL, NULL::int, NULL::float8, NULL::int, NULL::int, NULL, 'no configuration at that time' FROM unnest(units) AS u (unit);
		RETURN;
	END IF;
	IF c.layer_id IS NOT NULL THEN
		SELECT * INTO l FROM mlops.experiment_layers t WHERE t.layer_id = c.layer_id;
		IF NOT FOUND THEN
			RAISE EXCEPTION 'permission denied for the layer of experiment "%"', experiment USING ERRCODE = 'insufficient_privilege',
				HINT = 'It belongs to another role than the experiment; who assigns must belong to both.';
		END IF;
	END IF;
	SELECT sum(s) INTO enrolled FROM unnest(c.shares) s;
	-- LIMIT 1 keeps each look-up one by key: joined, the planner would rather read a
	-- table that it takes for small once a unit
	RETURN QUERY
	SELECT r.unit, r.variation, array_position(c.variations, r.variation),
		   CASE r.source WHEN 'hash' THEN c.shares[r.k] / enrolled WHEN 'sticky' THEN r.kept_propensity END,
		   CASE r.source WHEN 'sticky' THEN r.kept_version ELSE c.config_version END,
		   c.bucket_version, r.source,
		   CASE WHEN r.source IS NULL THEN r.reason END
	FROM (
		SELECT u.unit, k.k, s.propensity AS kept_propensity, s.config_version AS kept_version,
			   CASE WHEN f.variation IS NOT NULL THEN f.variation
					WHEN NOT c.active OR b.blocked THEN NULL
					WHEN s.variation IS NOT NULL THEN s.variation
					WHEN why.reason IS NULL THEN c.variations[k.k] END AS variation,
			   CASE WHEN f.variation IS NOT NULL THEN 'forced'
					WHEN NOT c.active OR b.blocked THEN NULL
					WHEN s.variation IS NOT NULL THEN 'sticky'
					WHEN why.reason IS NULL AND k.k IS NOT NULL THEN 'hash' END AS source,
			   CASE WHEN NOT c.active THEN 'not active'
					WHEN b.blocked THEN 'assigned in an earlier bucket version'
					ELSE coalesce(why.reason, 'outside the ranges') END AS reason
		FROM unnest(units) WITH ORDINALITY AS u (unit, place)
		LEFT JOIN LATERAL (SELECT o.variation FROM mlops.experiment_overrides o
						   WHERE o.experiment_id = id AND o.unit = u.unit AND o.variation = ANY (c.variations)
							 AND CASE WHEN at IS NULL THEN o.until IS NULL ELSE o.since <= at AND (o.until > at) IS NOT FALSE END
						   LIMIT 1) f ON true
		LEFT JOIN LATERAL (SELECT a.variation, a.propensity, a.config_version FROM mlops.experiment_assignments a
						   WHERE c.sticky AND a.unit = u.unit AND a.experiment_id = id AND a.bucket_version = c.bucket_version
							 AND a.variation = ANY (c.variations) AND (a.assigned_at > at) IS NOT TRUE
						   LIMIT 1) s ON true
		CROSS JOIN LATERAL (SELECT c.sticky AND c.min_bucket_version > 0
								AND EXISTS (SELECT FROM mlops.experiment_assignments a
											WHERE a.unit = u.unit AND a.experiment_id = id AND a.bucket_version < c.min_bucket_version
											  AND (a.assigned_at > at) IS NOT TRUE) AS blocked) b
		CROSS JOIN LATERAL (SELECT CASE WHEN u.unit IS NULL OR u.unit = '' THEN 'no unit'
										WHEN mlops.bucket(u.unit, c.holdout_seed) < c.holdout THEN 'holdout'
										WHEN NOT mlops.bucket_number(u.unit, l.seed, l.method) <@ c.layer_buckets THEN 'outside the part of the layer' END AS reason) why
		CROSS JOIN LATERAL (SELECT mlops.choose_variation(mlops.bucket(u.unit, c.seed, c.method), c.ranges) AS k) k
		ORDER BY u.place
	) r;
END
$$;
COMMENT ON FUNCTION mlops.assign_units(text, text[], timestamptz) IS
	'what each unit gets in an experiment now, or got at a past time: one row a unit, in the order given; writes nothing';

CREATE FUNCTION mlops.assign(experiment text, unit text, at timestamptz DEFAULT NULL) RETURNS mlops.assignment
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT a FROM mlops.assign_units(experiment, ARRAY[unit], at) a $$;
COMMENT ON FUNCTION mlops.assign(text, text, timestamptz) IS
	'what a unit gets in an experiment now, or got at a past time; assign_units() does many at a time';

-- Sticky rows first; whoever was faster has decided, so they are read again, until
-- nothing is drawn that is not kept: another configuration may have begun meanwhile.
-- A unit whose variation is gone is drawn anew and keeps that.
CREATE FUNCTION mlops._expose(caller oid, experiment text, units text[]) RETURNS SETOF mlops.assignment
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	id bigint := mlops._experiment(caller, experiment);
	now timestamptz := mlops._now();
	-- sorted, so that two sessions meet in the same order
	sorted text[] := ARRAY(SELECT DISTINCT u FROM unnest(units) u WHERE u <> '' ORDER BY u);
	drawn mlops.assignment[] := ARRAY(SELECT a FROM mlops.assign_units(experiment, sorted) a);
	kept mlops.assignment[] := drawn;
	names text[];
BEGIN
	LOOP
		EXIT WHEN NOT EXISTS (SELECT FROM unnest(kept) k WHERE k.source = 'hash');
		SELECT t.variations INTO names FROM mlops.experiment_configs t WHERE t.experiment_id = id AND t.until IS NULL AND t.sticky;
		EXIT WHEN NOT FOUND;
		drawn := kept;
		INSERT INTO mlops.experiment_assignments AS o (experiment_id, unit, bucket_version, variation, config_version, propensity, assigned_at)
		SELECT id, d.unit, d.bucket_version, d.variation, d.config_version, d.propensity, now
		FROM unnest(drawn) d WHERE d.source = 'hash'
		ON CONFLICT (experiment_id, unit, bucket_version) DO UPDATE
			SET variation = excluded.variation, config_version = excluded.config_version,
				propensity = excluded.propensity, assigned_at = excluded.assigned_at
			WHERE o.variation <> ALL (names);
		kept := ARRAY(SELECT a FROM mlops.assign_units(experiment, sorted) a);
	END LOOP;
	INSERT INTO mlops.exposures AS x (experiment_id, unit, variation, config_version, bucket_version, propensity, first_seen)
	SELECT id, k.unit, k.variation, k.config_version, k.bucket_version, k.propensity, now
	FROM unnest(kept) k
	-- rows that stay as they are need no lock
	LEFT JOIN LATERAL (SELECT true AS known FROM mlops.exposures y WHERE y.experiment_id = id AND y.unit = k.unit
						  AND (y.variation = k.variation OR y.moved_at IS NOT NULL) LIMIT 1) y ON true
	WHERE k.source IN ('hash', 'sticky') AND y.known IS NULL
	ON CONFLICT (experiment_id, unit) DO UPDATE SET moved_at = excluded.first_seen
		WHERE x.variation <> excluded.variation AND x.moved_at IS NULL;
	-- both arrays are in the order of the units
	RETURN QUERY
	SELECT z.unit, z.variation, z.variation_number, z.propensity, z.config_version, z.bucket_version,
		   CASE WHEN z.drawn_source = 'hash' AND z.source = 'sticky' AND z.drawn_variation = z.variation THEN 'hash' ELSE z.source END, z.reason
	FROM ROWS FROM (unnest(kept), unnest(drawn))
		AS z (unit, variation, variation_number, propensity, config_version, bucket_version, source, reason,
			  drawn_unit, drawn_variation, drawn_number, drawn_propensity, drawn_config, drawn_bucket, drawn_source, drawn_reason);
END
$$;
COMMENT ON FUNCTION mlops._expose(oid, text, text[]) IS 'internal: see mlops.expose()';

CREATE FUNCTION mlops.expose(experiment text, units text[]) RETURNS SETOF mlops.assignment
LANGUAGE c VOLATILE ROWS 100 AS 'MODULE_PATHNAME', 'mlops_as_extension_owner';
COMMENT ON FUNCTION mlops.expose(text, text[]) IS
	'assign units and record that they see it: the first exposure of each, with the propensity and the configuration that decided; in a sticky experiment they keep their variation. One row a unit, sorted; NULL and empty units are left out';
