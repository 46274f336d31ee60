-- Who may do what; the trampoline; what row security shows.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE ROLE ra_one;
CREATE ROLE ra_two;
CREATE ROLE ra_member IN ROLE ra_one;
CREATE ROLE ra_inheritless NOINHERIT IN ROLE ra_one;
CREATE ROLE ra_consumer;

-- the trampoline serves the extension's own functions only
CREATE FUNCTION public.pause_schedule() RETURNS void LANGUAGE c AS '$libdir/mlops', 'mlops_as_extension_owner';
CREATE FUNCTION public._pause_schedule(caller oid) RETURNS void LANGUAGE sql AS '';
SELECT public.pause_schedule();
DROP FUNCTION public.pause_schedule(), public._pause_schedule(oid);

-- nothing that writes is there without a grant
SET ROLE ra_one;
SELECT mlops.register_model('ra');
CALL mlops.run_due();
SELECT mlops.start_worker();
SELECT mlops._model(10, 'ra');
SELECT mlops._read_as_owner(10, '', NULL, NULL, NULL, NULL);
SELECT mlops.grant_access('ra_one', 'operator');
INSERT INTO mlops.models (name, task, owner) VALUES ('ra', 'binary', 'ra_one');
RESET ROLE;
SELECT mlops.grant_access('ra_one', 'admin');
SELECT mlops.grant_access('ra_one', NULL);
SELECT mlops.grant_access('ra_one', 'operator'), mlops.grant_access('ra_two', 'operator'), mlops.grant_access('ra_member', 'operator'),
	mlops.grant_access('ra_inheritless', 'operator'), mlops.grant_access('ra_consumer', 'consumer');
SELECT r, (SELECT count(*) FROM mlops._access_functions('operator') f WHERE has_function_privilege(r, f, 'EXECUTE')) = (SELECT count(*) FROM mlops._access_functions('operator')) AS all_of_operator,
	(SELECT string_agg(p.proname, ' ' ORDER BY p.proname) FROM pg_proc p WHERE p.oid IN (SELECT f::oid FROM mlops._access_functions('consumer') f) AND has_function_privilege(r, p.oid, 'EXECUTE')) AS of_consumer,
	has_function_privilege(r, 'mlops.start_worker()', 'EXECUTE') AS worker, has_function_privilege(r, 'mlops.grant_access(regrole, text)', 'EXECUTE') AS grants
FROM unnest('{ra_one,ra_consumer}'::text[]) r;

-- the caller's role becomes the owner, whatever it says; arguments and defaults arrive
SET ROLE ra_one;
SELECT mlops.register_model('ra one', description => NULL) IS NOT NULL AS registered;
SET ROLE ra_two;
SELECT mlops.register_model('ra two', 'regression') IS NOT NULL AS registered;
-- an error inside leaves the caller who he was, and the transaction usable
BEGIN;
SAVEPOINT s;
SELECT mlops.register_model('');
ROLLBACK TO s;
SELECT current_user;
COMMIT;
-- what a session has set does not change what our SQL means
SET standard_conforming_strings = off;
SET transform_null_equals = on;
SELECT mlops.register_model('ra two', description => 'second') IS NOT NULL AS registered;
SHOW transform_null_equals;
RESET standard_conforming_strings;
RESET transform_null_equals;
RESET ROLE;
SELECT name, task, owner, description FROM mlops.models WHERE name LIKE 'ra %' ORDER BY name;

-- one sees the models of the roles whose privileges one has
SET ROLE ra_one;
SELECT name FROM mlops.models ORDER BY 1;
SET ROLE ra_two;
SELECT name FROM mlops.models ORDER BY 1;
SELECT mlops.drop_model('ra one');
SET ROLE ra_member;
SELECT name FROM mlops.models ORDER BY 1;
SET ROLE ra_inheritless;
SELECT name FROM mlops.models ORDER BY 1;
SET ROLE ra_consumer;
SELECT name FROM mlops.models ORDER BY 1;
SELECT mlops.drop_model('ra one');
RESET ROLE;

-- tables below a model follow it
CREATE SCHEMA ra AUTHORIZATION ra_one;
SET ROLE ra_one;
CREATE TABLE ra.pred AS SELECT timestamptz '2026-01-01 00:00+00' + i * interval '1 minute' AS at, i % 7 AS x, (i % 10) / 10.0::float8 AS score FROM generate_series(1, 3000) i;
SELECT mlops.register_source('ra one', 'ra.pred', at => 'at', score => 'score') IS NOT NULL AS source,
	mlops.set_baseline('ra one', from_time => '2026-01-01 00:00+00', to_time => '2026-01-02 00:00+00') IS NOT NULL AS baseline,
	mlops.create_monitor('ra nulls', 'ra one', kind => 'null_rate', every => '1 day', from_time => '2026-01-02 00:00+00') IS NOT NULL AS monitor;
RESET ROLE;
SET mlops.mock_now = '2026-01-03 01:00+00';
CALL mlops.run_due();
INSERT INTO ra.pred VALUES ('2026-01-02 12:00+00', 1, 1);
CREATE TEMP TABLE ra_counts (who text, relation text, n bigint);
GRANT ALL ON ra_counts TO PUBLIC;
CREATE FUNCTION pg_temp.count_all() RETURNS void LANGUAGE plpgsql AS $$
DECLARE c record;
BEGIN
	FOR c IN SELECT relname FROM pg_class WHERE relnamespace = 'mlops'::regnamespace AND relkind IN ('r', 'v') LOOP
		EXECUTE format('INSERT INTO ra_counts SELECT current_user, %L, count(*) FROM mlops.%I', c.relname, c.relname);
	END LOOP;
END $$;
SET ROLE ra_one;
SELECT pg_temp.count_all();
SET ROLE ra_two;
SELECT pg_temp.count_all();
RESET ROLE;
-- relations with rows that the owner sees, and how many of those another role sees
SELECT o.relation, o.n > 0 AS owner_sees, t.n AS other_sees
FROM ra_counts o JOIN ra_counts t USING (relation) WHERE o.who = 'ra_one' AND t.who = 'ra_two' AND o.n > 0 AND relation <> 'scheduler_status' ORDER BY 1;
-- readers work for an ordinary role
SET ROLE ra_one;
SELECT count(*) > 0 FROM mlops.monitor_status;
SELECT mlops.explain_alert(-1);
RESET ROLE;

SELECT mlops.drop_model('ra one'), mlops.drop_model('ra two');
SELECT mlops.revoke_access(r::regrole, 'operator') FROM unnest('{ra_one,ra_two,ra_member,ra_inheritless}'::text[]) r;
SELECT mlops.revoke_access('ra_consumer', 'consumer');
SELECT count(*) FROM pg_proc WHERE proacl::text ~ 'ra_';
DROP SCHEMA ra CASCADE;
DROP ROLE ra_member, ra_inheritless, ra_one, ra_two, ra_consumer;
