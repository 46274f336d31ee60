-- Change tracking: which granules a statement marks.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
SET intervalstyle = 'postgres';
CREATE ROLE regress_mlops_ann;
CREATE ROLE regress_mlops_app;
GRANT regress_mlops_ann TO CURRENT_USER;
CREATE SCHEMA regress_rc AUTHORIZATION regress_mlops_ann;
CREATE TABLE regress_rc.p (id int, at timestamptz, x int);
ALTER TABLE regress_rc.p OWNER TO regress_mlops_ann;
GRANT USAGE ON SCHEMA regress_rc TO regress_mlops_app;
GRANT ALL ON regress_rc.p TO regress_mlops_app;
SELECT mlops.register_model('rc m') > 0 AS registered;
SELECT mlops.register_source('rc m', 'regress_rc.p', at => 'at', id => 'id') AS source \gset
CREATE FUNCTION pg_temp.marks(source bigint) RETURNS TABLE (granule timestamptz, n bigint) LANGUAGE sql AS
	$$ WITH t AS (DELETE FROM mlops.changes c WHERE c.source_id = source RETURNING c.granule) SELECT granule, count(*) FROM t GROUP BY 1 ORDER BY 1 $$;
-- what was there before is read by the first run: registration marks nothing
SELECT * FROM pg_temp.marks(:source);

-- INSERT by a role that may not touch the extension's tables
SET ROLE regress_mlops_app;
INSERT INTO regress_rc.p VALUES (1, '2026-01-01 10:15', 1), (2, '2026-01-01 10:59:59.999999', 1), (3, '2026-01-01 11:00', 1), (4, '1999-12-31 23:30', 1);
RESET ROLE;
SELECT * FROM pg_temp.marks(:source);
-- times that are in no granule, and those at the ends of what a time can be
INSERT INTO regress_rc.p VALUES (5, NULL, 1), (6, 'infinity', 1), (7, '-infinity', 1);
SELECT * FROM pg_temp.marks(:source);
INSERT INTO regress_rc.p VALUES (8, '4714-11-24 00:00:00+00 BC', 1), (9, '294276-12-31 23:59:59.999999+00', 1), (10, '4714-11-24 02:30:00+00 BC', 1);
SELECT * FROM pg_temp.marks(:source);
DELETE FROM regress_rc.p WHERE id >= 5;
SELECT * FROM pg_temp.marks(:source);
-- UPDATE: where the row was and where it is now
UPDATE regress_rc.p SET at = '2026-01-02 05:05' WHERE id = 1;
SELECT * FROM pg_temp.marks(:source);
UPDATE regress_rc.p SET x = 2 WHERE id = 3;
SELECT * FROM pg_temp.marks(:source);
DELETE FROM regress_rc.p WHERE id = 2;
SELECT * FROM pg_temp.marks(:source);
-- a statement that touches no row marks nothing
UPDATE regress_rc.p SET x = 2 WHERE false;
DELETE FROM regress_rc.p WHERE false;
INSERT INTO regress_rc.p SELECT 1, now(), 1 WHERE false;
SELECT * FROM pg_temp.marks(:source);
-- ON CONFLICT, MERGE, COPY
ALTER TABLE regress_rc.p ADD UNIQUE (id);
INSERT INTO regress_rc.p VALUES (3, '2026-01-05 00:00', 1), (20, '2026-01-06 00:00', 1) ON CONFLICT (id) DO UPDATE SET at = excluded.at;
SELECT * FROM pg_temp.marks(:source);
MERGE INTO regress_rc.p USING (VALUES (20, '2026-01-07 00:00'::timestamptz), (21, '2026-01-08 00:00')) v(id, at) ON p.id = v.id
WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES (v.id, v.at, 0);
SELECT * FROM pg_temp.marks(:source);
COPY regress_rc.p FROM stdin (FORMAT csv);
30,2026-01-09 00:00,1
31,2026-01-09 00:01,1
32,2026-01-10 00:00,1
\.
SELECT * FROM pg_temp.marks(:source);
-- many rows, granules in any order: one mark each
INSERT INTO regress_rc.p SELECT 100 + i, '2026-02-01'::timestamptz + (i * 7919 % 20000) * interval '1 minute', 1 FROM generate_series(0, 19999) i;
SELECT count(*), sum(n), min(granule), max(granule) FROM pg_temp.marks(:source);

-- a mark that is there is enough, within a transaction and across
BEGIN;
INSERT INTO regress_rc.p VALUES (-1, '2026-03-01 00:00', 1);
INSERT INTO regress_rc.p VALUES (-2, '2026-03-01 00:01', 1);
COMMIT;
INSERT INTO regress_rc.p VALUES (-3, '2026-03-01 00:02', 1);
-- under an older snapshot the mark that one sees may be gone: always a new one
BEGIN ISOLATION LEVEL REPEATABLE READ;
INSERT INTO regress_rc.p VALUES (-4, '2026-03-01 00:03', 1);
COMMIT;
SELECT * FROM pg_temp.marks(:source);
-- marks come and go with the rows
BEGIN;
INSERT INTO regress_rc.p VALUES (-5, '2026-03-02 00:00', 1);
SAVEPOINT a;
INSERT INTO regress_rc.p VALUES (-6, '2026-03-03 00:00', 1);
ROLLBACK TO a;
INSERT INTO regress_rc.p VALUES (-6, '2026-03-04 00:00', 1);
COMMIT;
SELECT * FROM pg_temp.marks(:source);

-- TRUNCATE marks everything, at -infinity, once
INSERT INTO mlops.profiles (source_id, granule, segment_id, column_no, row_count)
SELECT source_id, g, segment_id, c, 1 FROM mlops.segments, generate_series('2026-01-01'::timestamptz, '2026-01-01 02:00', '1 hour') g, generate_series(0, 1) c
WHERE source_id = :source;
TRUNCATE regress_rc.p;
TRUNCATE regress_rc.p;
SELECT * FROM pg_temp.marks(:source);

-- sessions in the replica role (restores), too
SET session_replication_role = replica;
INSERT INTO regress_rc.p VALUES (1, '2026-01-01 10:15', 1);
RESET session_replication_role;
SELECT * FROM pg_temp.marks(:source);

-- a user's own trigger on the same statement reads its transition tables undisturbed
CREATE TABLE regress_rc.log (n bigint, lo timestamptz);
CREATE FUNCTION regress_rc.log() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO regress_rc.log SELECT count(*), min(at) FROM fresh; RETURN NULL; END $$;
CREATE TRIGGER zz AFTER INSERT ON regress_rc.p REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION regress_rc.log();
CREATE TRIGGER aa AFTER INSERT ON regress_rc.p REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION regress_rc.log();
INSERT INTO regress_rc.p SELECT 1000 + i, '2026-01-01 10:15', 1 FROM generate_series(1, 5) i;
TABLE regress_rc.log;
DROP TRIGGER zz ON regress_rc.p;
DROP TRIGGER aa ON regress_rc.p;
SELECT * FROM pg_temp.marks(:source);

-- the user's statements go on when the column or the source is not what it was
ALTER TABLE regress_rc.p RENAME COLUMN at TO stamp;
INSERT INTO regress_rc.p VALUES (-10, '2026-01-01 10:15', 1);
ALTER TABLE regress_rc.p RENAME COLUMN stamp TO at;
ALTER TABLE regress_rc.p ALTER COLUMN at TYPE text;
INSERT INTO regress_rc.p VALUES (-11, '2026-01-01 10:15', 1);
ALTER TABLE regress_rc.p ALTER COLUMN at TYPE timestamptz USING at::timestamptz;
-- plans that were kept see the column again
INSERT INTO regress_rc.p VALUES (-12, '2026-01-01 12:15', 1);
ALTER TABLE regress_rc.p DROP COLUMN at;
INSERT INTO regress_rc.p VALUES (-13, 1);
UPDATE regress_rc.p SET x = 3 WHERE id = -13;
DELETE FROM regress_rc.p;
ALTER TABLE regress_rc.p ADD COLUMN at timestamptz;
SELECT * FROM pg_temp.marks(:source);
DELETE FROM mlops.sources WHERE source_id = :source;		-- as by hand: the triggers stay
INSERT INTO regress_rc.p VALUES (-14, 1, '2026-01-01 10:15');
UPDATE regress_rc.p SET x = 2;
DELETE FROM regress_rc.p;
TRUNCATE regress_rc.p;
SELECT count(*) FROM mlops.changes WHERE source_id = :source;
DROP TABLE regress_rc.p;

-- the function is for the extension's own triggers
SET ROLE regress_mlops_ann;
CREATE TABLE regress_rc.own (at timestamptz);
RESET ROLE;
CREATE TRIGGER row_level AFTER INSERT ON regress_rc.own FOR EACH ROW EXECUTE FUNCTION mlops._track_changes('1');
INSERT INTO regress_rc.own VALUES (now());
DROP TRIGGER row_level ON regress_rc.own;
CREATE TRIGGER no_source AFTER INSERT ON regress_rc.own FOR EACH STATEMENT EXECUTE FUNCTION mlops._track_changes('x');
INSERT INTO regress_rc.own VALUES (now());
DROP TABLE regress_rc.own;
SELECT mlops._track_changes();

-- columns without zone are read in the source's
CREATE TABLE regress_rc.local (at timestamp, x int);
CREATE TABLE regress_rc.daily (day date, x int);
SELECT mlops.register_source('rc m', 'regress_rc.local', at => 'at', name => 'local', time_zone => 'America/New_York') AS local \gset
SELECT mlops.register_source('rc m', 'regress_rc.daily', at => 'day', name => 'daily', time_zone => 'America/New_York', granule => '1 day') AS daily \gset
-- winter -5, summer -4; 01:30 happens twice on 2026-11-01 and means the later one; 02:30 does not exist on 2026-03-08
INSERT INTO regress_rc.local VALUES ('2026-01-15 12:30', 1), ('2026-07-15 12:30', 1), ('2026-11-01 01:30', 1), ('2026-03-08 02:30', 1);
SELECT t.granule, date_bin('1 hour', t.at, '2000-01-01') = t.granule AS as_date_bin
FROM (SELECT m.granule, (SELECT l.at AT TIME ZONE 'America/New_York' FROM regress_rc.local l
						 WHERE date_bin('1 hour', l.at AT TIME ZONE 'America/New_York', '2000-01-01') = m.granule) AS at
	  FROM pg_temp.marks(:local) m) t;
INSERT INTO regress_rc.local VALUES ('infinity', 1), ('4714-11-24 00:00 BC', 1), ('294276-12-31 23:59:59', 1), (NULL, 1);
SELECT * FROM pg_temp.marks(:local);
INSERT INTO regress_rc.daily VALUES ('2026-01-15', 1), ('2026-07-15', 1), ('infinity', 1), ('5874897-12-31', 1), (NULL, 1);
SELECT * FROM pg_temp.marks(:daily);

-- partitions: through the parent, directly, and a row that moves between them
CREATE TABLE regress_rc.parted (at timestamptz, x int) PARTITION BY LIST (x);
CREATE TABLE regress_rc.parted_1 PARTITION OF regress_rc.parted FOR VALUES IN (1);
CREATE TABLE regress_rc.parted_2 (x int, extra text, at timestamptz);
ALTER TABLE regress_rc.parted_2 DROP COLUMN extra;
ALTER TABLE regress_rc.parted ATTACH PARTITION regress_rc.parted_2 FOR VALUES IN (2);
SELECT mlops.register_source('rc m', 'regress_rc.parted', at => 'at', name => 'parted') AS parted \gset
INSERT INTO regress_rc.parted VALUES ('2026-01-01 10:15', 1), ('2026-01-01 11:15', 2);
SELECT * FROM pg_temp.marks(:parted);
INSERT INTO regress_rc.parted_2 (at, x) VALUES ('2026-01-02 10:15', 2);
SELECT * FROM pg_temp.marks(:parted);
UPDATE regress_rc.parted SET x = 1 WHERE x = 2 AND at = '2026-01-02 10:15';
SELECT * FROM pg_temp.marks(:parted);
DELETE FROM regress_rc.parted_1;
SELECT * FROM pg_temp.marks(:parted);
-- a partition that came later: registering again gives it the triggers
CREATE TABLE regress_rc.parted_3 PARTITION OF regress_rc.parted FOR VALUES IN (3);
INSERT INTO regress_rc.parted VALUES ('2026-01-03 10:15', 3);
SELECT * FROM pg_temp.marks(:parted);
SELECT mlops.register_source('rc m', 'regress_rc.parted', at => 'at', name => 'parted') = :parted AS same;
INSERT INTO regress_rc.parted_3 VALUES ('2026-01-04 10:15', 3);
SELECT * FROM pg_temp.marks(:parted);

-- two sources over one table
SELECT mlops.register_source('rc m', 'regress_rc.local', at => 'at', name => 'again') AS again \gset
INSERT INTO regress_rc.local VALUES ('2026-01-15 12:30', 1);
SELECT * FROM pg_temp.marks(:local);
SELECT * FROM pg_temp.marks(:again);
-- from looking back to triggers: everything is looked at once more
UPDATE mlops.sources SET tracking = 'lookback', collected_from = '2026-01-01', collected_to = '2026-01-02', first_pass_to = '2026-01-01' WHERE source_id = :again;
SELECT mlops._untrack(:again);
INSERT INTO regress_rc.local VALUES ('2026-01-15 13:30', 1);
SELECT * FROM pg_temp.marks(:again);
SELECT mlops.register_source('rc m', 'regress_rc.local', at => 'at', name => 'again') = :again AS same;
SELECT tracking, collected_to, first_pass_to FROM mlops.sources WHERE source_id = :again;
-- a trigger that was disabled is put back
ALTER TABLE regress_rc.local DISABLE TRIGGER USER;
SELECT mlops.register_source('rc m', 'regress_rc.local', at => 'at', name => 'again') = :again AS same;
INSERT INTO regress_rc.local VALUES ('2026-01-15 14:30', 1);
SELECT * FROM pg_temp.marks(:again);
SELECT mlops.drop_source('rc m', 'again');
SELECT regexp_replace(tgname, '\d+', 'N') AS name, tgenabled FROM pg_trigger WHERE tgrelid = 'regress_rc.local'::regclass ORDER BY 1;

-- names that have to be quoted
CREATE SCHEMA "regress ""q""";
CREATE TABLE "regress ""q"""."T a.b" ("at ""x"" \y" timestamptz, "SELECT" int, "a,b" text, "é" float8);
SELECT mlops.register_source('rc m', '"regress ""q"""."T a.b"', at => 'at "x" \y', score => 'é', segments => '{"a,b"}', name => 'it''s "odd"') AS odd \gset
INSERT INTO "regress ""q"""."T a.b" VALUES ('2026-01-15 14:30', 1, 'x', 2);
SELECT * FROM pg_temp.marks(:odd);
SELECT name, role, is_segment FROM mlops.columns WHERE source_id = :odd ORDER BY column_no;
SELECT mlops.set_baseline('rc m', from_time => '2026-01-15', to_time => '2026-01-16', source => 'it''s "odd"') > 0 AS baseline;
DROP SCHEMA "regress ""q""" CASCADE;
-- the relation is gone: what is registered can still be dropped
SELECT mlops.drop_source('rc m', 'it''s "odd"');

SELECT mlops.drop_model('rc m');
SELECT count(*) FROM pg_trigger WHERE tgfoid = 'mlops._track_changes()'::regprocedure;
DROP SCHEMA regress_rc CASCADE;
DROP OWNED BY regress_mlops_ann, regress_mlops_app;
DROP ROLE regress_mlops_ann, regress_mlops_app;
