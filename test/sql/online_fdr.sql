-- mlops.online_fdr: levels by hand, the state in a table, input and output,
-- NULL, what is refused.  Levels against the papers' formulas: test/kernel.
SET search_path = public;
SET extra_float_digits = 1;

-- one constructor; the method alone is a literal with the default parameters
SELECT mlops.online_fdr();
SELECT mlops.online_fdr('addis')::text = mlops.online_fdr('addis', 0.05)::text AS same, mlops.online_fdr('saffron', 0.1, w0 => 0.02, lambda => 0.3), mlops.online_fdr('addis', lambda => 0.3, tau => 0.8);
-- before the first test: w0 g(1), g(1) = 0.07720838 ln 2; (1 - lambda) w0 / zeta(1.6); (tau - lambda) w0 / zeta(1.6)
SELECT m, abs(mlops.alpha_level(mlops.online_fdr(m, 0.05)) / level - 1) < 1e-14 AS level, mlops.tests(f), mlops.rejections(f), mlops.last_level(f), mlops.last_rejected(f)
FROM (VALUES ('lord++', 0.005 * 0.07720838 * ln(2::float8)), ('saffron', 0.5 * 0.025 * 0.4374901657744736::float8), ('addis', 0.25 * 0.025 * 0.4374901657744736::float8)) v(m, level), mlops.online_fdr(m, 0.05) f;
-- LORD++ by hand: rejections at 1 and 3, so the level of the 4th is w0 g(4) + (alpha - w0) g(3) + alpha g(1)
SELECT abs(mlops.alpha_level(mlops.online_fdr_run(mlops.online_fdr('lord++', 0.05), '{0,1,0}')) / (0.005 * g[4] + 0.045 * g[3] + 0.05 * g[1]) - 1) < 1e-14 AS level
FROM (SELECT array_agg(0.07720838 * ln(greatest(m, 2)::float8) / (m * exp(sqrt(ln(m::float8)))) ORDER BY m) g FROM generate_series(1, 4) m) s;
-- SAFFRON: a candidate does not age what was earned, a p above lambda does; ADDIS: nor does one above tau
SELECT m, p, mlops.alpha_level(mlops.online_fdr_run(f, '{0}')) = mlops.alpha_level(mlops.online_fdr_run(f, ARRAY[0, p])) AS same_level
FROM (VALUES ('lord++'), ('saffron'), ('addis')) v(m), mlops.online_fdr(m, 0.05) f, unnest('{0.25,0.26,0.5,0.51,1}'::float8[]) p ORDER BY m, p;
-- many rejections: the level of SAFFRON and ADDIS stops at lambda
SELECT m, mlops.alpha_level(mlops.online_fdr_run(mlops.online_fdr(m, 0.05), array_fill(0::float8, ARRAY[100]))) FROM unnest('{saffron,addis}'::text[]) m;

-- one row a p-value; NULL is no test
SELECT i, p, level::numeric(12,10), rejected FROM mlops.online_fdr_test(mlops.online_fdr(), '{0.00001,NULL,0.4,0.0001,0.9,0.002}');
SELECT count(*) FROM mlops.online_fdr_test(mlops.online_fdr(), '{}');
-- the same one by one, and all at once
SELECT mlops.online_fdr_update(mlops.online_fdr_update(mlops.online_fdr_update(mlops.online_fdr(), 0.00001), NULL), 0.4)::text = mlops.online_fdr_run(mlops.online_fdr(), '{0.00001,NULL,0.4}')::text AS same;
WITH RECURSIVE p AS (SELECT i, CASE WHEN i % 7 = 0 THEN 1e-6 ELSE abs(sin(i)) END::float8 p FROM generate_series(1, 300) i),
	one AS (SELECT m, 0 i, mlops.online_fdr(m, 0.1) f, NULL::float8 level, NULL::boolean rejected FROM unnest('{lord++,saffron,addis}'::text[]) m
			UNION ALL SELECT m, one.i + 1, g, mlops.last_level(g), mlops.last_rejected(g) FROM one JOIN p ON p.i = one.i + 1, LATERAL mlops.online_fdr_update(one.f, p.p) g)
SELECT m, count(*) AS tests, count(*) FILTER (WHERE one.rejected) AS rejected, bool_and(one.level = t.level AND one.rejected = t.rejected) AS same
FROM one JOIN LATERAL (SELECT * FROM mlops.online_fdr_test(mlops.online_fdr(m, 0.1), (SELECT array_agg(p ORDER BY i) FROM p))) t ON t.i = one.i GROUP BY m ORDER BY m;
SELECT mlops.online_fdr_update(NULL, 0.1) IS NULL AS a, mlops.online_fdr_run(NULL, '{0.1}') IS NULL AS b, mlops.alpha_level(NULL) IS NULL AS c;

-- A state in a table: test, decision and new state in one statement.
CREATE TABLE fdr_streams (name text PRIMARY KEY, state mlops.online_fdr NOT NULL);
CREATE TABLE fdr_log (name text, i bigint, p float8, level float8, rejected boolean);
INSERT INTO fdr_streams VALUES ('churn drift', mlops.online_fdr('addis', alpha => 0.1));
PREPARE test_p (text, float8) AS
	WITH t AS (UPDATE fdr_streams SET state = mlops.online_fdr_update(state, $2) WHERE name = $1 RETURNING name, state)
	INSERT INTO fdr_log SELECT name, mlops.tests(state), $2, mlops.last_level(state), mlops.last_rejected(state) FROM t RETURNING i, p, level::numeric(8,6), rejected;
EXECUTE test_p ('churn drift', 0.004);
EXECUTE test_p ('churn drift', 0.3);
BEGIN;
EXECUTE test_p ('churn drift', 0.0001);
ROLLBACK;
EXECUTE test_p ('churn drift', 0.0002);
SELECT regexp_replace(state::text, 'last [0-9.]+', 'last ...') FROM fdr_streams;
SELECT key, CASE WHEN key LIKE '%level' THEN round(value::numeric, 8)::text ELSE value::text END FROM fdr_streams, jsonb_each(state::jsonb) ORDER BY key;
SELECT mlops.online_fdr()::jsonb - 'alpha_level';

-- text and bytes read back as the same value; a large one out of line, too
CREATE TABLE fdr_states AS SELECT m, n, mlops.online_fdr_run(mlops.online_fdr(m, 0.2), (SELECT array_agg(CASE WHEN i % 3 = 0 THEN 0 ELSE abs(sin(i)) END) FROM generate_series(1, n) i)) f
FROM unnest('{lord++,saffron,addis}'::text[]) m, unnest('{1,50,20000}'::int[]) n;
SELECT m, n, mlops.rejections(f), mlops.online_fdr_send(f::text::mlops.online_fdr) = mlops.online_fdr_send(f) AS text, length(mlops.online_fdr_send(f)) AS bytes FROM fdr_states ORDER BY m, n;
\getenv out PG_ABS_BUILDDIR
\set copyfile :out '/results/online_fdr.bin'
COPY fdr_states TO :'copyfile' (FORMAT binary);
CREATE TABLE fdr_copy (LIKE fdr_states);
COPY fdr_copy FROM :'copyfile' (FORMAT binary);
SELECT count(*) AS same FROM fdr_states s JOIN fdr_copy c USING (m, n) WHERE s.f::text = c.f::text AND mlops.alpha_level(s.f) = mlops.alpha_level(c.f);
SELECT mlops.online_fdr_send(mlops.online_fdr('addis', 0.5));

-- Wrong bytes: written as bytea in the field of a binary COPY file and read back as a state.
-- u8 version, u8 method, f64[4] parameters, i64 tests, i64 clock, f64 level, u8 rejected, u32 runs, i64[2] a run
CREATE TABLE fdr_bytes (b bytea);
CREATE TABLE fdr_read (f mlops.online_fdr);
CREATE FUNCTION pg_temp.read(bytes bytea) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	file text := current_setting('fdr.file');
	detail text;
BEGIN
	TRUNCATE fdr_bytes, fdr_read;
	INSERT INTO fdr_bytes VALUES (bytes);
	EXECUTE format('COPY fdr_bytes TO %L (FORMAT binary)', file);
	EXECUTE format('COPY fdr_read FROM %L (FORMAT binary)', file);
	RETURN (SELECT f FROM fdr_read);
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
	RETURN SQLSTATE || ' ' || SQLERRM || ': ' || detail;
END $$;
SELECT set_config('fdr.file', :'copyfile', false) = :'copyfile' AS file;
SELECT what, pg_temp.read(overlay(b placing new from at + 1)) FROM
	(SELECT mlops.online_fdr_send('saffron alpha 0.5 w0 0.25 lambda 0.5 tests 9 clock 3 last 0.25 rejected 1 runs (1 2, 3 1)') b) s,
	(VALUES ('as it is', '\x01'::bytea, 0), ('version', '\x02', 0), ('no method', '\x00', 1), ('method', '\x04', 1), ('another method', '\x01', 1),
		('alpha NaN', '\x000000000000f87f', 2), ('w0 infinite', '\x000000000000f07f', 10), ('tau', '\x000000000000e03f', 26),
		('negative tests', '\xffffffffffffffff', 34), ('clock', '\x0700000000000000', 42), ('level', '\x000000000000f03f', 50), ('rejected', '\x02', 58),
		('more runs', '\x03', 59), ('fewer runs', '\x01', 59), ('many runs', '\xffffffff', 59), ('order', '\x03', 63), ('no length', '\x00', 71), ('length', '\xffffffffffffff7f', 71)) v(what, new, at);
SELECT DISTINCT pg_temp.read(substr(b, 1, n)) FROM (SELECT mlops.online_fdr_send(mlops.online_fdr_run('lord++', '{0,1,0}')) b) s, generate_series(0, length(b) - 1) n ORDER BY 1;
SELECT pg_temp.read(mlops.online_fdr_send('lord++') || '\x00');

-- refused
SELECT mlops.online_fdr('lord');
SELECT mlops.online_fdr('lord', 0.05);
SELECT mlops.online_fdr('LORD++', 0.05);
SELECT mlops.online_fdr(NULL, 0.05);
SELECT mlops.online_fdr('lord++', NULL);
SELECT mlops.online_fdr('lord++', 1);
SELECT mlops.online_fdr('lord++', 'NaN');
SELECT mlops.online_fdr('lord++', 0.05, w0 => 0.06);
SELECT mlops.online_fdr('lord++', 0.05, w0 => 0);
SELECT mlops.online_fdr('lord++', 0.05, lambda => 0.5);
SELECT mlops.online_fdr('saffron', 0.05, tau => 0.5);
SELECT mlops.online_fdr('saffron', 0.05, lambda => 1);
SELECT mlops.online_fdr('addis', 0.05, lambda => 0.5);
SELECT mlops.online_fdr('addis', 0.05, tau => 1.5);
SELECT mlops.online_fdr_update(mlops.online_fdr(), 1.0000001);
SELECT mlops.online_fdr_update(mlops.online_fdr(), 'NaN');
SELECT mlops.online_fdr_run(mlops.online_fdr(), '{0.5,-0.1}');
SELECT * FROM mlops.online_fdr_test(mlops.online_fdr(), '{0.5,2}');
SELECT 'lord++ alpha 0.05 w0 0.005 tests 2 clock 2 last 0.0002 rejected 0 runs (2 1)'::mlops.online_fdr;
SELECT 'saffron alpha 0.05 w0 0.025 lambda 0.5 tests 3 clock 1 last 0.1 rejected 0 runs (1 9223372036854775807)'::mlops.online_fdr;
-- as many tests as can be counted: the level is computed at once, one more is refused
SELECT mlops.alpha_level(f)::numeric(8,6), mlops.rejections(f) FROM (SELECT 'lord++ alpha 0.05 w0 0.005 tests 9007199254740992 clock 9007199254740992 last 0.01 rejected 1 runs (1 9007199254740992)'::mlops.online_fdr f) s;
SELECT mlops.online_fdr_update('lord++ alpha 0.05 w0 0.005 tests 9007199254740992 clock 9007199254740992 last 0.01 rejected 1 runs (1 9007199254740992)', 0.5);
DROP TABLE fdr_streams, fdr_log, fdr_states, fdr_copy, fdr_bytes, fdr_read;
