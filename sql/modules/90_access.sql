-- Who may do what.  Rules over the catalog, so that what is added later is
-- covered without being listed here.

---------------------------------------------------------------------------
-- tables: everybody reads, row security shows the models and experiments of one's own roles
---------------------------------------------------------------------------

DO $$
DECLARE
	t		record;
	visible	text;
BEGIN
	FOR t IN
		SELECT c.oid, c.relname,
			   array_agg(a.attname::text) AS names
		FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		WHERE c.relnamespace = 'mlops'::regnamespace AND c.relkind IN ('r', 'p')
		GROUP BY c.oid, c.relname ORDER BY c.relname
	LOOP
		visible := CASE
			WHEN t.relname IN ('models', 'experiments', 'experiment_layers') THEN 'pg_catalog.pg_has_role(owner::oid, ''USAGE'')'
			WHEN t.relname = 'instance' THEN 'true'
			WHEN 'model_id' = ANY (t.names) THEN 'model_id IN (SELECT m.model_id FROM mlops.models m)'
			WHEN 'source_id' = ANY (t.names) THEN 'source_id IN (SELECT s.source_id FROM mlops.sources s)'
			WHEN 'monitor_id' = ANY (t.names) THEN 'monitor_id IN (SELECT m.monitor_id FROM mlops.monitors m)'
			WHEN 'experiment_id' = ANY (t.names) THEN 'experiment_id IN (SELECT e.experiment_id FROM mlops.experiments e)'
			WHEN 'baseline_id' = ANY (t.names) THEN 'baseline_id IN (SELECT b.baseline_id FROM mlops.baselines b)'
		END;
		IF visible IS NULL THEN
			RAISE EXCEPTION 'table mlops.% hangs on no model and no experiment', t.relname;
		END IF;
		EXECUTE format('ALTER TABLE mlops.%I ENABLE ROW LEVEL SECURITY', t.relname);
		EXECUTE format('CREATE POLICY members_of_owner ON mlops.%I FOR SELECT USING (%s)', t.relname, visible);
		EXECUTE format('GRANT SELECT ON mlops.%I TO PUBLIC', t.relname);
	END LOOP;
	FOR t IN
		SELECT c.relname FROM pg_catalog.pg_class c WHERE c.relnamespace = 'mlops'::regnamespace AND c.relkind = 'v'
	LOOP
		EXECUTE format('GRANT SELECT ON mlops.%I TO PUBLIC', t.relname);
	END LOOP;
END
$$;

---------------------------------------------------------------------------
-- functions: PUBLIC keeps what only reads or computes
---------------------------------------------------------------------------

CREATE FUNCTION mlops._access_functions(access text) RETURNS SETOF regprocedure
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
	SELECT p.oid::regprocedure
	FROM pg_proc p
	WHERE p.pronamespace = 'mlops'::regnamespace AND p.provolatile = 'v' AND p.prokind <> 'a'
	  AND p.prorettype <> 'trigger'::regtype
	  AND p.proname NOT LIKE '\_%'
	  AND CASE access
			  WHEN 'consumer' THEN p.proname ~ '^(claim|heartbeat|complete|fail)_'
			  WHEN 'operator' THEN p.proname NOT IN ('grant_access', 'revoke_access', 'start_worker', 'stop_worker')
		  END
$$;
COMMENT ON FUNCTION mlops._access_functions(text) IS 'internal: the functions that an operator or a consumer may call';

CREATE FUNCTION mlops._change_access(role regrole, access text, template text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	f	regprocedure;
BEGIN
	IF role IS NULL OR access IS NULL OR access NOT IN ('operator', 'consumer') THEN
		RAISE EXCEPTION 'access must be "operator" or "consumer", and role must not be null'
			USING ERRCODE = 'invalid_parameter_value',
				  HINT = 'operator: register, configure, run, and everything of a consumer. consumer: claim, heartbeat, complete and fail requests.';
	END IF;
	FOR f IN SELECT mlops._access_functions(access) LOOP
		EXECUTE format(template, f, role);
	END LOOP;
END
$$;
COMMENT ON FUNCTION mlops._change_access(regrole, text, text) IS 'internal: grants or revokes the functions of a kind of access';

CREATE FUNCTION mlops._grant_access(caller oid, role regrole, access text) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$ SELECT mlops._change_access(role, access, 'GRANT EXECUTE ON ROUTINE %s TO %s') $$;
COMMENT ON FUNCTION mlops._grant_access(oid, regrole, text) IS 'internal: see mlops.grant_access()';

CREATE FUNCTION mlops.grant_access(role regrole, access text) RETURNS void
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'mlops_as_extension_owner';
COMMENT ON FUNCTION mlops.grant_access(regrole, text) IS 'lets a role call what writes: "operator" registers, configures and runs; "consumer" claims and finishes requests; both only for models and experiments whose owner role they belong to';

CREATE FUNCTION mlops._revoke_access(caller oid, role regrole, access text) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$ SELECT mlops._change_access(role, access, 'REVOKE EXECUTE ON ROUTINE %s FROM %s') $$;
COMMENT ON FUNCTION mlops._revoke_access(oid, regrole, text) IS 'internal: see mlops.revoke_access()';

CREATE FUNCTION mlops.revoke_access(role regrole, access text) RETURNS void
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'mlops_as_extension_owner';
COMMENT ON FUNCTION mlops.revoke_access(regrole, text) IS 'takes back what mlops.grant_access() gave';

-- Not for PUBLIC: what can write, and what is internal.  Immutable functions
-- can do neither harm nor read anything; support functions of aggregates must
-- stay callable for engines that push aggregates down to other servers.
DO $$
DECLARE
	f	record;
BEGIN
	FOR f IN
		SELECT p.oid::regprocedure AS signature
		FROM pg_catalog.pg_proc p
		WHERE p.pronamespace = 'mlops'::regnamespace AND p.provolatile <> 'i'
		  AND (p.proname LIKE '\_%' OR p.provolatile = 'v')
		  AND NOT EXISTS (SELECT FROM pg_catalog.pg_aggregate a
						  WHERE p.oid IN (a.aggfnoid, a.aggtransfn, a.aggcombinefn, a.aggfinalfn, a.aggmtransfn, a.aggminvtransfn, a.aggmfinalfn))
	LOOP
		EXECUTE format('REVOKE EXECUTE ON ROUTINE %s FROM PUBLIC', f.signature);
	END LOOP;
END
$$;
