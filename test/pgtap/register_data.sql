-- Kinds by inspection on real rows: of the 16 PUMS features only the age is a
-- number, the rest are codes (the data's own notes say so).  Skipped when the
-- folder of data sets, MLOPS_DATA, is not there.
\set QUIET on
\pset format unaligned
\pset tuples_only on
\set ON_ERROR_STOP on
\set have `test -r "${MLOPS_DATA:-../shared/data}/employment_ma.csv.gz" && echo 1 || echo 0`
BEGIN;
SET LOCAL search_path = public, pg_catalog;
SET LOCAL client_min_messages = warning;
SELECT plan(6);
\if :have
CREATE SCHEMA regress_ma;
CREATE TABLE regress_ma.employment (id int, year int, partition text, chunk_no int, agep int, schl int, mar int, relp int, dis int,
	esp int, cit int, mig int, mil int, anc int, nativity int, dear int, deye int, drem int, sex int, rac1p int,
	predicted_probability float8, prediction int, employed int);
\copy regress_ma.employment FROM PROGRAM 'gzip -dc "${MLOPS_DATA:-../shared/data}/employment_ma.csv.gz"' CSV HEADER
ALTER TABLE regress_ma.employment ADD COLUMN at timestamptz;
UPDATE regress_ma.employment SET at = '2026-01-01 00:00+00'::timestamptz + chunk_no * interval '1 day' WHERE partition = 'analysis';
SELECT is(count(*), 277677::bigint, 'the file is whole') FROM regress_ma.employment;

CREATE TEMP TABLE expected (name text, role text, kind text);
INSERT INTO expected
SELECT name, 'feature', 'categorical' FROM unnest('{schl,mar,relp,dis,esp,cit,mig,mil,anc,nativity,dear,deye,drem,sex,rac1p}'::text[]) name
UNION ALL VALUES ('agep', 'feature', 'numeric'), ('predicted_probability', 'score', 'numeric'),
	('prediction', 'prediction', 'categorical'), ('employed', 'label', 'categorical'), ('id', 'id', 'other'), ('at', 'time', 'timestamp');
CREATE FUNCTION pg_temp.registered() RETURNS SETOF expected LANGUAGE sql AS $$
	SELECT c.name, c.role, c.kind FROM mlops.columns c JOIN mlops.sources USING (source_id) JOIN mlops.models m USING (model_id)
	WHERE m.name = 'register data' AND c.role <> 'ignored' $$;
CREATE FUNCTION pg_temp.register() RETURNS bigint LANGUAGE sql AS $$
	SELECT mlops.register_source('register data', 'regress_ma.employment', at => 'at', id => 'id', score => 'predicted_probability',
		prediction => 'prediction', label => 'employed', ignore => '{year,partition,chunk_no}', segments => '{sex,rac1p}', granule => '1 day') $$;

SELECT ok(mlops.register_model('register data') > 0, 'model');
SELECT ok(pg_temp.register() > 0, 'source, from its first rows');
SELECT set_eq('SELECT * FROM pg_temp.registered()', 'SELECT * FROM expected', 'kinds from the first rows');
SELECT mlops.drop_source('register data', 'predictions') \g /dev/null
ANALYZE regress_ma.employment;
SELECT pg_temp.register() \g /dev/null
SELECT set_eq('SELECT * FROM pg_temp.registered()', 'SELECT * FROM expected', 'kinds from the statistics of ANALYZE');
SELECT set_eq($$SELECT c.name FROM mlops.columns c JOIN mlops.sources USING (source_id) JOIN mlops.models m USING (model_id)
	WHERE m.name = 'register data' AND c.is_segment$$, ARRAY['sex', 'rac1p'], 'segments');
\else
SELECT skip('employment_ma.csv.gz is not there', 6);
\endif
SELECT * FROM finish();
ROLLBACK;
