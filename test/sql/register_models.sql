-- Models, versions, aliases, owners, retrain policies.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
SET intervalstyle = 'postgres';
SET mlops.mock_now = '2026-03-01 00:00+00';
CREATE ROLE regress_mlops_ann;
CREATE ROLE regress_mlops_bob;
CREATE ROLE regress_mlops_team;
GRANT regress_mlops_team TO regress_mlops_ann, regress_mlops_bob;
SELECT mlops.grant_access(r, 'operator') FROM unnest('{regress_mlops_ann,regress_mlops_bob}'::regrole[]) r;
RESET client_min_messages;
-- SQLSTATE, message and hint of a statement's error
CREATE FUNCTION pg_temp.try(statement text, OUT state text, OUT message text, OUT hint text) LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
	state := 'ok';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
END
$$;
CREATE TEMP VIEW models AS
	SELECT name, task, owner, description FROM mlops.models WHERE name LIKE 'rm %' ORDER BY name;
GRANT SELECT ON models TO PUBLIC;
\x on

-- a model belongs to who registered it; the same name again changes it
SET ROLE regress_mlops_ann;
SELECT mlops.register_model('rm churn') AS first \gset
SELECT mlops.register_model('rm churn', task => 'regression', description => 'customers who leave') AS second \gset
SELECT :first = :second AS same;
RESET ROLE;
SELECT * FROM models;
SELECT count(*) FROM mlops.instance;

-- another role: no change, and the name is taken
SET ROLE regress_mlops_bob;
SELECT * FROM pg_temp.try($$SELECT mlops.register_model('rm churn')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.drop_model('rm churn')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.register_version('rm churn', 'v1')$$);
-- names of models that are not one's own are not told
SELECT * FROM pg_temp.try($$SELECT mlops.drop_model('rm chum')$$);
SELECT mlops.register_model('rm fraud') > 0 AS registered;
SELECT * FROM pg_temp.try($$SELECT mlops.drop_model('rm farud')$$);
RESET ROLE;
SELECT * FROM models;

-- wrong arguments
SELECT * FROM pg_temp.try($$SELECT mlops.register_model(NULL)$$);
SELECT * FROM pg_temp.try($$SELECT mlops.register_model('')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.register_model(repeat('x', 201))$$);
SELECT * FROM pg_temp.try($$SELECT mlops.register_model('rm churn', task => 'classification')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.register_model('rm churn', task => NULL)$$);

-- internal functions are nobody else's
SET ROLE regress_mlops_bob;
SELECT has_function_privilege('mlops._read_as_owner(oid, text, mlops.binning[], timestamptz, timestamptz, timestamptz[])', 'EXECUTE') AS may_read_as_owner;
RESET ROLE;

-- versions and aliases; the history has no gap and no overlap
SET ROLE regress_mlops_ann;
SELECT mlops.register_version('rm churn', 'v1', alias => 'champion', metadata => '{"git": "4f2a"}') AS v1 \gset
SELECT mlops.register_version('rm churn', 'v2') AS v2 \gset
SELECT mlops.register_version('rm churn', 'v1', metadata => '{"git": "4f2b"}') = :v1 AS same;
RESET ROLE;
SET mlops.mock_now = '2026-03-02 00:00+00';
SET ROLE regress_mlops_ann;
SELECT mlops.set_alias('rm churn', 'v2', 'champion');
SELECT mlops.set_alias('rm churn', 'v2', 'champion');
SELECT mlops.set_alias('rm churn', 'v1', 'shadow');
RESET ROLE;
\x off
SELECT version, metadata FROM mlops.model_versions JOIN mlops.models USING (model_id) WHERE name = 'rm churn' ORDER BY 1;
SELECT alias, version, since, until
FROM mlops.model_aliases a JOIN mlops.model_versions USING (version_id) WHERE since >= '2026-03-01' ORDER BY alias, alias_id;
\x on
SELECT * FROM pg_temp.try($$SELECT mlops.set_alias('rm churn', 'v3', 'champion')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.set_alias('rm fraud', 'v3', 'champion')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.set_alias('rm churn', 'v1', '')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.register_version('rm churn', 'v3', metadata => '[1]')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.register_version('rm churn', NULL)$$);

-- owners: the caller has to belong to both
SET ROLE regress_mlops_ann;
SELECT * FROM pg_temp.try($$SELECT mlops.set_owner('rm churn', 'regress_mlops_bob')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.set_owner('rm churn', 'regress_mlops_tema')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.set_owner('rm fraud', 'regress_mlops_team')$$);
SELECT mlops.set_owner('rm churn', 'regress_mlops_team');
SET ROLE regress_mlops_bob;
SELECT mlops.register_version('rm churn', 'v3') > 0 AS member_of_the_team;
RESET ROLE;
SELECT * FROM models;

-- retrain policy
SELECT mlops.set_retrain_policy('rm churn', cooldown => '2 days', min_new_rows => 1000, expires_after => '7 days', priority => 3);
SELECT p.* FROM (SELECT enabled, cooldown, min_new_rows, max_attempts, expires_after, priority
				 FROM mlops.retrain_policies JOIN mlops.models USING (model_id) WHERE name = 'rm churn') p;
SELECT mlops.set_retrain_policy('rm churn', enabled => false);
SELECT p.* FROM (SELECT enabled, cooldown, min_new_rows, max_attempts, expires_after, priority
				 FROM mlops.retrain_policies JOIN mlops.models USING (model_id) WHERE name = 'rm churn') p;
SELECT * FROM pg_temp.try($$SELECT mlops.set_retrain_policy('rm churn', cooldown => '-1 hour')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.set_retrain_policy('rm churn', min_new_rows => -1)$$);
SELECT * FROM pg_temp.try($$SELECT mlops.set_retrain_policy('rm churn', max_attempts => 0)$$);
SELECT * FROM pg_temp.try($$SELECT mlops.set_retrain_policy('rm churn', expires_after => '0')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.set_retrain_policy('rm churn', priority => NULL)$$);

-- a model whose owner is gone is a superuser's to give away
SELECT mlops.register_model('rm orphan') > 0 AS registered;
CREATE ROLE regress_mlops_gone;
SELECT mlops.set_owner('rm orphan', 'regress_mlops_gone');
DROP ROLE regress_mlops_gone;
SET ROLE regress_mlops_ann;
SELECT * FROM pg_temp.try($$SELECT mlops.drop_model('rm orphan')$$);
RESET ROLE;
SELECT mlops.set_owner('rm orphan', 'regress_mlops_ann');

-- drop, and everything with it
SET ROLE regress_mlops_ann;
SELECT mlops.drop_model('rm churn');
SELECT mlops.drop_model('rm orphan');
SELECT * FROM pg_temp.try($$SELECT mlops.drop_model('rm churn')$$);
RESET ROLE;
SELECT mlops.drop_model('rm fraud');
SELECT * FROM models;
SELECT count(*) FROM mlops.model_aliases WHERE since >= '2026-03-01';
SET client_min_messages = warning;
DROP OWNED BY regress_mlops_ann, regress_mlops_bob, regress_mlops_team;
DROP ROLE regress_mlops_ann, regress_mlops_bob, regress_mlops_team;
