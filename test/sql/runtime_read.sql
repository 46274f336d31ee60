-- mlops._read_as_owner(): reads as the owner, and can do nothing else.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE ROLE rr_owner;
CREATE ROLE rr_other;
CREATE SCHEMA rr;
GRANT USAGE, CREATE ON SCHEMA rr TO rr_owner;
SET client_min_messages = notice;

-- what the caller's role may, the owner may not
CREATE TABLE rr.secret (x int);
INSERT INTO rr.secret VALUES (1);
SELECT * FROM mlops._read_as_owner('rr_owner'::regrole, 'SELECT x FROM rr.secret', NULL, NULL, NULL, NULL) AS t(x int);

-- row security is on, even if the caller turned it off
CREATE TABLE rr.rows (who text, x int);
INSERT INTO rr.rows VALUES ('rr_owner', 1), ('rr_other', 2);
ALTER TABLE rr.rows ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON rr.rows USING (who = current_user);
GRANT SELECT ON rr.rows TO rr_owner;
SET row_security = off;
SELECT * FROM mlops._read_as_owner('rr_owner'::regrole, 'SELECT * FROM rr.rows', NULL, NULL, NULL, NULL) AS t(who text, x int);
RESET row_security;

-- parameters $2 to $4 arrive; the session's settings do not
SET search_path = rr, public;
SET timezone = 'Asia/Tokyo';
SET datestyle = 'German';
SELECT * FROM mlops._read_as_owner('rr_owner'::regrole,
	$$SELECT ($1 IS NULL), $2::text, $3::text, array_length($4, 1), current_user::text, current_setting('search_path')$$,
	NULL, '2026-01-01 00:00+00', '2026-02-01 00:00+00', ARRAY[timestamptz '2026-01-01 00:00+00'])
	AS t(nothing boolean, lo text, hi text, n int, who text, path text);
SELECT current_setting('search_path') AS path, current_setting('timezone') AS tz, current_setting('transaction_read_only') AS ro, current_user = session_user AS myself;
RESET search_path;
RESET timezone;
RESET datestyle;

-- a hostile view: everything it tries is refused, and the run goes on as before
SET ROLE rr_owner;
CREATE TABLE rr.mine (x int);
INSERT INTO rr.mine VALUES (7);
CREATE FUNCTION rr.hostile(try text) RETURNS text LANGUAGE plpgsql AS $f$
BEGIN
	EXECUTE try;
	RETURN 'did it';
EXCEPTION WHEN OTHERS THEN
	-- worded so from release 16 on
	RETURN sqlstate || ' ' || regexp_replace(sqlerrm, '^must be superuser or have privileges .* to COPY', 'permission denied to COPY');
END $f$;
CREATE VIEW rr.trap AS
	SELECT t.try, rr.hostile(t.try) AS outcome
	FROM rr.mine, (VALUES
		('INSERT INTO rr.mine VALUES (8)'),
		('UPDATE rr.mine SET x = 9'),
		('CREATE TABLE rr.new (x int)'),
		('CREATE TEMP TABLE new (x int)'),
		('SET ROLE NONE'),
		('RESET ROLE'),
		('SET SESSION AUTHORIZATION DEFAULT'),
		('RESET SESSION AUTHORIZATION'),
		('RESET ALL'),
		('SET TRANSACTION READ WRITE'),
		('SET transaction_read_only = off'),
		('ALTER ROLE rr_owner SUPERUSER'),
		('GRANT pg_read_server_files TO rr_owner'),
		('LISTEN x'),
		('PREPARE p AS SELECT 1'),
		('DECLARE c CURSOR WITH HOLD FOR SELECT 1'),
		('COMMIT'),
		('DELETE FROM mlops.models'),
		('SELECT * FROM rr.secret'),
		('COPY rr.mine TO PROGRAM ''true'''),
		('SELECT mlops._read_as_owner(10, ''SELECT 1'', NULL, NULL, NULL, NULL)'),
		('SELECT set_config(''search_path'', ''rr'', false)'),
		('SELECT set_config(''row_security'', ''off'', false)'),
		('NOTIFY mlops_trap'),
		('SELECT pg_advisory_xact_lock(4711)')) t(try);
CREATE FUNCTION rr.raises() RETURNS int LANGUAGE plpgsql AS $f$ BEGIN RAISE EXCEPTION 'as %', current_user; END $f$;
RESET ROLE;
LISTEN mlops_trap;
BEGIN;
SELECT * FROM mlops._read_as_owner('rr_owner'::regrole, 'SELECT try, outcome FROM rr.trap', NULL, NULL, NULL, NULL) AS t(try text, outcome text);
-- nothing of it is left
SELECT current_user = session_user AS myself, current_setting('transaction_read_only') AS ro, current_setting('search_path') AS path, current_setting('row_security') AS rls,
	(SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711) AS locks;
COMMIT;
SELECT x FROM rr.mine;
-- an error inside comes out, and everything is as before, also within a block that goes on
DO $$
BEGIN
	PERFORM * FROM mlops._read_as_owner('rr_owner'::regrole, 'SELECT rr.raises()', NULL, NULL, NULL, NULL) AS t(x int);
EXCEPTION WHEN OTHERS THEN
	RAISE NOTICE '%, myself again %, read only %', sqlerrm, current_user = session_user, current_setting('transaction_read_only');
	INSERT INTO rr.mine VALUES (10);
END $$;
SELECT count(*) FROM rr.mine;

-- what is not one query of the expected shape is refused before it runs
SELECT * FROM mlops._read_as_owner('rr_owner'::regrole, 'SELECT 1', NULL, NULL, NULL, NULL) AS t(x bigint);
SELECT * FROM mlops._read_as_owner('rr_owner'::regrole, 'SELECT 1, 2', NULL, NULL, NULL, NULL) AS t(x int);
SELECT * FROM mlops._read_as_owner('rr_owner'::regrole, 'SELECT 1; SELECT 2', NULL, NULL, NULL, NULL) AS t(x int);
SELECT * FROM mlops._read_as_owner('rr_owner'::regrole, 'INSERT INTO rr.mine VALUES (1) RETURNING x', NULL, NULL, NULL, NULL) AS t(x int);
SELECT * FROM mlops._read_as_owner('rr_owner'::regrole, 'WITH w AS (DELETE FROM rr.mine RETURNING x) SELECT x FROM w', NULL, NULL, NULL, NULL) AS t(x int);
SELECT * FROM mlops._read_as_owner('rr_owner'::regrole, 'CREATE TABLE rr.y ()', NULL, NULL, NULL, NULL) AS t(x int);
SELECT * FROM mlops._read_as_owner('rr_owner'::regrole, '', NULL, NULL, NULL, NULL) AS t(x int);
SELECT * FROM mlops._read_as_owner(4000000000, 'SELECT 1', NULL, NULL, NULL, NULL) AS t(x int);
SELECT * FROM mlops._read_as_owner(NULL, 'SELECT 1', NULL, NULL, NULL, NULL) AS t(x int);
SELECT * FROM mlops._read_as_owner('rr_owner'::regrole, NULL, NULL, NULL, NULL, NULL) AS t(x int);

-- wide rows: values come out detoasted, and the store may spill
SET work_mem = '64kB';
SELECT count(*), sum(length(v)) FROM mlops._read_as_owner('rr_owner'::regrole,
	'SELECT repeat(md5(i::text), 1000) FROM generate_series(1, 50) i', NULL, NULL, NULL, NULL) AS t(v text);
RESET work_mem;

-- nobody else may call it
SET ROLE rr_other;
SELECT * FROM mlops._read_as_owner('rr_owner'::regrole, 'SELECT 1', NULL, NULL, NULL, NULL) AS t(x int);
RESET ROLE;
GRANT EXECUTE ON FUNCTION mlops._read_as_owner(oid, text, mlops.binning[], timestamptz, timestamptz, timestamptz[]) TO rr_other;
SET ROLE rr_other;
SELECT * FROM mlops._read_as_owner('rr_owner'::regrole, 'SELECT 1', NULL, NULL, NULL, NULL) AS t(x int);
RESET ROLE;
REVOKE EXECUTE ON FUNCTION mlops._read_as_owner(oid, text, mlops.binning[], timestamptz, timestamptz, timestamptz[]) FROM rr_other;

-- it waits for locks only so long (a lock of another session is in the isolation tests); the setting is the caller's afterwards
SET mlops.lock_timeout = '10ms';
SELECT * FROM mlops._read_as_owner('rr_owner'::regrole, $$SELECT current_setting('lock_timeout')$$, NULL, NULL, NULL, NULL) AS t(x text);
SELECT current_setting('lock_timeout') AS lock_timeout;
RESET mlops.lock_timeout;

SET client_min_messages = warning;
DROP SCHEMA rr CASCADE;
DROP ROLE rr_owner;
DROP ROLE rr_other;
