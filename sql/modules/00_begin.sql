\echo Use "CREATE EXTENSION mlops" to load this file. \quit

SET LOCAL search_path = pg_catalog, pg_temp;

-- A schema that somebody else made beforehand could hold objects of theirs,
-- or get them later: refuse to move in.
DO $$
BEGIN
	IF (SELECT NOT pg_catalog.pg_has_role(current_user, nspowner, 'USAGE')
			OR (SELECT NOT rolsuper FROM pg_catalog.pg_roles r WHERE r.oid = nspowner)
		FROM pg_catalog.pg_namespace WHERE nspname = 'mlops') THEN
		RAISE EXCEPTION 'schema "mlops" is owned by a role that is not a superuser'
			USING ERRCODE = 'insufficient_privilege',
				  HINT = 'Drop or rename that schema, then run CREATE EXTENSION mlops again.';
	END IF;
	IF EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
			   WHERE n.nspname = 'mlops')
		OR EXISTS (SELECT FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
				   WHERE n.nspname = 'mlops') THEN
		RAISE EXCEPTION 'schema "mlops" is not empty'
			USING ERRCODE = 'duplicate_schema',
				  HINT = 'Drop or rename that schema, then run CREATE EXTENSION mlops again.';
	END IF;
END
$$;

GRANT USAGE ON SCHEMA mlops TO PUBLIC;
COMMENT ON SCHEMA mlops IS 'machine-learning model monitoring: registers, profiles, measurements, alerts and queues';

-- Functions are granted one by one in 90_access.sql; nothing is executable by
-- PUBLIC by accident of a default.
