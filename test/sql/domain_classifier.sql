-- Domain classifier: current rows told from reference rows.
SET client_min_messages = warning;
SET extra_float_digits = 0;
CREATE FUNCTION pg_temp.random(i int, j int) RETURNS float8 IMMUTABLE LANGUAGE sql AS $$ SELECT ('x' || substr(md5(i || ' ' || j), 1, 13))::bit(52)::bigint / 2.0 ^ 52 $$;

-- 1,000 rows a side: a and b are on the same side of 1/2 in current rows and on different ones in
-- reference rows, which no column shows by itself; noise is noise, t is text, k constant
CREATE TABLE domain_rows AS
SELECT i, i > 1000 AS is_current, a, CASE WHEN ((a > .5) = (b > .5)) = (i > 1000) THEN b ELSE 1 - b END AS b, noise, t, 1 AS k
FROM (SELECT i, pg_temp.random(i, 1) a, pg_temp.random(i, 2) b, pg_temp.random(i, 3) AS noise, chr(97 + (pg_temp.random(i, 4) * 5)::int) AS t
	  FROM generate_series(1, 2000) i) s;
SELECT d.method, round(d.effect::numeric, 1) AS auc, d.effect_measure, d.effect_lower > 0.9 AS lower, d.effect_lower < d.effect AND d.effect < d.effect_upper AS inside,
	d.statistic > 20 AS z, d.p_value < 1e-80 AS p, d.ln_p_value < -200 AS ln_p, d.n_reference, d.n_current, d.n_excluded, d.reason, d.rows_reference, d.rows_current
FROM mlops.domain_classifier('SELECT * FROM domain_rows', '{a,b,noise,t,k}') d;
SELECT c.name IN ('a', 'b') AS gives_it_away, c.kind, c.importance > 0.3 AS important, abs(c.importance) < 0.01 AS unimportant, c.gain_share > 0.3 AS gain, c.missing_reference, c.missing_current
FROM mlops.domain_classifier('SELECT * FROM domain_rows', '{a,b,noise,t,k}') d, unnest(d.contributions) WITH ORDINALITY c ORDER BY c.ordinality <= 2 DESC, c.name;
SELECT round(sum(c.gain_share)::numeric, 10) AS shares FROM mlops.domain_classifier('SELECT * FROM domain_rows', '{a,b,noise,t,k}') d, unnest(d.contributions) c;
-- each of the two alone says nothing
SELECT c.name, (SELECT d.p_value > 0.01 FROM mlops.domain_classifier('SELECT * FROM domain_rows', ARRAY[c.name]) d) AS nothing FROM (VALUES ('a'), ('b')) c(name);

-- no change
SELECT abs(d.effect - 0.5) < 0.03 AS half, d.p_value > 0.05 AS no_alarm, d.effect_lower < 0.5 AND d.effect_upper > 0.5 AS inside
FROM mlops.domain_classifier('SELECT is_current, noise, t FROM domain_rows') d;
-- the same rows on both sides: exactly one half
SELECT d.effect, d.p_value >= 0.5 AS no_alarm FROM mlops.domain_classifier('SELECT false AS is_current, a, b, t FROM domain_rows UNION ALL SELECT true, a, b, t FROM domain_rows') d;
-- also where equal rows are in all folds: what a fold has too much of, the others lack, so the AUC is a little below
SELECT d.effect > 0.45 AND d.effect <= 0.5 AS half, d.p_value > 0.5 AS no_alarm FROM mlops.domain_classifier('SELECT false AS is_current, t FROM domain_rows UNION ALL SELECT true, t FROM domain_rows') d;

-- kinds of columns
CREATE TYPE domain_mood AS ENUM ('sad', 'ok', 'happy');
CREATE DOMAIN domain_amount AS numeric(10, 2);
CREATE TABLE domain_kinds AS SELECT i, i % 2 = 0 AS is_current, i::int2 AS small, i::int8 AS big, (i / 7.0)::domain_amount AS amount, i::real AS r, 'x'::char(3) AS c, 'n'::name AS name,
	md5(i::text)::uuid AS id, (ARRAY['sad', 'ok', 'happy'])[1 + i % 3]::domain_mood AS mood, '2026-01-01'::date + i AS d, '2026-01-01'::timestamp + i * interval '1 hour' AS ts,
	'infinity'::timestamptz AS tz, ARRAY[i, i % 2, NULL] AS ints, ARRAY[i, 0.5]::float8[] AS vec, ARRAY[1.5, i]::numeric[] AS nums, NULL::float8[] AS nothing, i % 5 = 0 AS b
FROM generate_series(1, 400) i;
SELECT c.name, c.kind, c.importance > 0.4 AS important, round(c.missing_reference::numeric, 3) AS missing_reference, round(c.missing_current::numeric, 3) AS missing_current
FROM mlops.domain_classifier('TABLE domain_kinds', trees => 20) d, unnest(d.contributions) c ORDER BY c.name;
SELECT d.effect, d.contributions[1].name FROM mlops.domain_classifier('TABLE domain_kinds', '{ts,ints,vec}', trees => 20) d;
-- NULL and NaN are information, and infinities are the largest values
SELECT round(d.effect::numeric, 2) AS auc, (d.contributions[1]).missing_reference, (d.contributions[1]).missing_current
FROM mlops.domain_classifier($$SELECT i % 2 = 0 AS is_current, CASE WHEN i % 4 = 0 THEN CASE WHEN i % 8 = 0 THEN NULL ELSE 'NaN'::float8 END ELSE i END AS x FROM generate_series(1, 2000) i$$) d;
SELECT round(d.effect::numeric, 2) AS auc FROM mlops.domain_classifier($$SELECT i % 2 = 0 AS is_current, CASE WHEN i % 4 = 0 THEN 'Infinity'::float8 ELSE i END AS x FROM generate_series(1, 2000) i$$) d;
-- a category that only one side has, and many that come once
SELECT round(d.effect::numeric, 2) AS auc FROM mlops.domain_classifier($$SELECT i % 2 = 0 AS is_current, CASE WHEN i % 4 = 0 THEN 'new' ELSE 'old ' || i % 3 END AS x FROM generate_series(1, 2000) i$$) d;
SELECT round(d.effect::numeric, 2) AS auc FROM mlops.domain_classifier($$SELECT i % 2 = 0 AS is_current, CASE WHEN i % 4 = 0 THEN 'new ' || i ELSE 'old' END AS x FROM generate_series(1, 2000) i$$) d;
-- embeddings of a type that can be cast to real[], as that of pgvector
CREATE TYPE domain_vector AS (a real, b real);
CREATE FUNCTION domain_vector_to_real(domain_vector) RETURNS real[] IMMUTABLE LANGUAGE sql AS 'SELECT ARRAY[$1.a, $1.b]';
CREATE CAST (domain_vector AS real[]) WITH FUNCTION domain_vector_to_real(domain_vector);
SELECT d.contributions[1].kind, d.effect > 0.95 AS told FROM mlops.domain_classifier('SELECT is_current, (a, b)::domain_vector AS v FROM domain_rows') d;

-- the same rows give the same answer in any order, on any plan
CREATE TABLE domain_answer AS SELECT d.*::text AS d FROM mlops.domain_classifier('SELECT is_current, a, noise, t FROM domain_rows') d;
SELECT count(*) AS same FROM domain_answer a, (VALUES ('i DESC'), ('md5(i::text)'), ('t, noise')) o(by),
	LATERAL (SELECT d.*::text AS d FROM mlops.domain_classifier('SELECT is_current, a, noise, t FROM domain_rows ORDER BY ' || o.by) d) b WHERE a.d = b.d;
SELECT count(*) AS other FROM domain_answer a, (SELECT d.*::text AS d FROM mlops.domain_classifier('SELECT is_current, a, noise, t FROM domain_rows', seed => 1) d) b WHERE a.d <> b.d;
SET work_mem = '64kB';
SELECT count(*) AS same FROM domain_answer a, (SELECT d.*::text AS d FROM mlops.domain_classifier('SELECT is_current, a, noise, t FROM domain_rows') d) b WHERE a.d = b.d;
RESET work_mem;
-- so does a sample: half for each side, what one does not need is the other's
CREATE FUNCTION pg_temp.sampled(by text) RETURNS text LANGUAGE sql AS $$
	SELECT d.*::text FROM mlops.domain_classifier('SELECT i > 1700 AS is_current, a, t FROM domain_rows ORDER BY ' || by, max_rows => 1000, trees => 10) d $$;
SELECT pg_temp.sampled('i') = pg_temp.sampled('-i') AS same;
SELECT d.n_reference, d.n_current, d.rows_reference, d.rows_current FROM mlops.domain_classifier('SELECT i > 1700 AS is_current, a, t FROM domain_rows', max_rows => 1000, trees => 10) d;
SELECT d.n_reference, d.n_current, d.rows_reference, d.rows_current FROM mlops.domain_classifier('SELECT i > 900 AS is_current, a, t FROM domain_rows', max_rows => 101, trees => 10) d;
-- equal rows are sampled row by row: 30 % of 20,000 stay 30 %
SELECT d.n_reference, d.n_current, round(d.effect::numeric, 2) AS auc, d.rows_reference, d.rows_current
FROM mlops.domain_classifier('SELECT i % 2 = 0 AS is_current, i % 20 < 6 OR i % 20 % 2 = 0 AND i % 20 < 12 AS x FROM generate_series(1, 20000) i', max_rows => 2000) d;

-- too little to say anything
SELECT d.method, d.p_value, d.effect, d.n_reference, d.n_current, d.reason, d.contributions FROM mlops.domain_classifier('SELECT true AS is_current, 1 AS x WHERE false') d;
SELECT d.p_value, d.effect, d.n_reference, d.n_current, d.reason, d.contributions FROM mlops.domain_classifier('SELECT true AS is_current, 1 AS x') d;
SELECT d.p_value, d.n_reference, d.n_current, d.reason FROM mlops.domain_classifier('SELECT false AS is_current, 1 AS x FROM generate_series(1, 100)') d;
SELECT d.p_value, d.n_reference, d.n_current, d.reason FROM mlops.domain_classifier('SELECT i <= 9 AS is_current, i AS x FROM generate_series(1, 100) i') d;
SELECT d.p_value IS NOT NULL AS p, d.n_reference, d.n_current, d.reason FROM mlops.domain_classifier('SELECT i <= 10 AS is_current, i AS x FROM generate_series(1, 100) i') d;
SELECT d.p_value, d.n_reference, d.n_current, d.reason, d.contributions FROM mlops.domain_classifier('SELECT i % 2 = 0 AS is_current, 1 AS x, ''a'' AS t FROM generate_series(1, 100) i') d;
SELECT d.p_value, d.reason, d.contributions FROM mlops.domain_classifier('SELECT i % 2 = 0 AS is_current, NULL::float8 AS x, NULL::text AS t, NULL::float8[] AS v FROM generate_series(1, 100) i') d;
SELECT d.p_value, d.reason, d.contributions FROM mlops.domain_classifier('SELECT i % 2 = 0 AS is_current, NULL::float8[] AS v FROM generate_series(1, 100) i') d;
SELECT d.n_reference, d.n_current, d.n_excluded FROM mlops.domain_classifier('SELECT CASE WHEN i % 3 > 0 THEN i % 3 = 1 END AS is_current, i AS x FROM generate_series(1, 300) i', trees => 1) d;
-- one column, one tree, and nothing that a leaf could be made of
SELECT d.method, d.effect, d.p_value FROM mlops.domain_classifier('SELECT i % 2 = 0 AS is_current, i <= 4 AS x FROM generate_series(1, 100) i', folds => 2, trees => 1, depth => 1) d;

-- errors
\set VERBOSITY default
\set SHOW_CONTEXT never
SELECT mlops.domain_classifier('SELECT 1 AS x');
SELECT mlops.domain_classifier('SELECT 1 AS is_current, true AS b');
SELECT mlops.domain_classifier('TABLE domain_rows', is_current => 'current');
SELECT mlops.domain_classifier('TABLE domain_rows', '{a,bb}');
SELECT mlops.domain_classifier('TABLE domain_rows', '{a,b,a}');
SELECT mlops.domain_classifier('TABLE domain_rows', '{a,is_current}');
SELECT mlops.domain_classifier('TABLE domain_rows', '{}');
SELECT mlops.domain_classifier('TABLE domain_rows', '{a,NULL}');
SELECT mlops.domain_classifier('SELECT true AS is_current');
SELECT mlops.domain_classifier('SELECT true AS is_current, ''{}''::jsonb AS j');
SELECT mlops.domain_classifier('SELECT true AS is_current, v FROM (VALUES (ARRAY[1, 2]), (ARRAY[1])) t(v)');
SELECT mlops.domain_classifier('SELECT true AS is_current, array_fill(0, ARRAY[16385]) AS v');
SELECT mlops.domain_classifier('SELECT 1; SELECT 2');
SELECT mlops.domain_classifier('DELETE FROM domain_rows RETURNING is_current, a');
SELECT mlops.domain_classifier('WITH d AS (DELETE FROM domain_rows RETURNING is_current, a) SELECT * FROM d');
SELECT mlops.domain_classifier('EXPLAIN SELECT 1');
SELECT mlops.domain_classifier('SELECT');
SELECT mlops.domain_classifier('nonsense');
SELECT mlops.domain_classifier(NULL);
SELECT mlops.domain_classifier('TABLE domain_rows', folds => 1);
SELECT mlops.domain_classifier('TABLE domain_rows', trees => 0);
SELECT mlops.domain_classifier('TABLE domain_rows', depth => 7);
SELECT mlops.domain_classifier('TABLE domain_rows', max_rows => 99);
SELECT mlops.domain_classifier('TABLE domain_rows', seed => NULL);
-- the query runs with the rights of the caller
CREATE ROLE regress_domain_reader;
GRANT USAGE ON SCHEMA mlops TO regress_domain_reader;
SET ROLE regress_domain_reader;
SELECT mlops.domain_classifier('TABLE domain_rows');
SELECT d.reason FROM mlops.domain_classifier('SELECT true AS is_current, 1 AS x') d;
RESET ROLE;
REVOKE USAGE ON SCHEMA mlops FROM regress_domain_reader;
DROP ROLE regress_domain_reader;
SELECT count(*) AS untouched FROM domain_rows;
DROP TABLE domain_rows, domain_kinds, domain_answer;
DROP TYPE domain_vector CASCADE;
DROP TYPE domain_mood;
DROP DOMAIN domain_amount;
