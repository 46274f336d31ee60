-- mmd_test: the statistic against the definition in SQL; the same rows in any order and
-- on any plan; excluded rows, degenerate and bad input; bandwidth; stored states.
SET search_path = public;
SET extra_float_digits = 0;
CREATE FUNCTION pg_temp.close(x float8, y float8, tolerance float8 DEFAULT 1e-9) RETURNS boolean LANGUAGE sql AS $$
	SELECT abs(x - y) <= tolerance * greatest(abs(x), abs(y), 1e-3)
$$;

-- Rows of four sides that no linear statistic tells apart: same, other means, other spread, other correlation.
CREATE TABLE mmd_rows AS
SELECT i, i % 2 = 0 AS cur, ARRAY[a, b, c]::float8[] AS same, CASE WHEN i % 2 = 0 THEN ARRAY[a, b + .4, c] ELSE ARRAY[a, b, c] END AS mean,
	CASE WHEN i % 2 = 0 THEN ARRAY[1.5 * a, b, c] ELSE ARRAY[a, b, c] END AS spread, CASE WHEN i % 2 = 0 THEN ARRAY[a, .8 * a + .6 * b, c] ELSE ARRAY[a, b, c] END AS correlation
FROM (SELECT i, sqrt(-2 * ln(((i * 7919) % 10007 + .5) / 10007)) * cos(2 * pi() * ((i * 104729) % 10009) / 10009) AS a,
	sqrt(-2 * ln(((i * 15485863) % 10037 + .5) / 10037)) * cos(2 * pi() * ((i * 32452843) % 10039) / 10039) AS b, sin(i) AS c FROM generate_series(1::bigint, 4000) i) s;
ANALYZE mmd_rows;

SELECT t.method, t.df, t.p_value > 0.05 AS quiet, t.n_reference, t.n_current, t.n_excluded, t.effect_measure, t.effect_lower, t.effect < t.effect_upper AS upper, pg_temp.close(exp(t.ln_p_value), t.p_value) AS ln_p, t.reason
FROM (SELECT (mlops.mmd_test(same, cur, 2)).* FROM mmd_rows) t;
SELECT (mlops.mmd_test(mean, cur, 2)).p_value < 1e-10 AS mean, (mlops.mmd_test(spread, cur, 2)).p_value < 1e-10 AS spread, (mlops.mmd_test(correlation, cur, 2)).p_value < 1e-10 AS correlation FROM mmd_rows;
SELECT (t).effect_lower > 0 AS lower, (t).effect BETWEEN (t).effect_lower AND (t).effect_upper AS effect FROM (SELECT mlops.mmd_test(mean, cur, 2) t FROM mmd_rows) s;
-- the mean of the unbiased estimate over seeds is that of the Gaussian kernel over all pairs of rows
CREATE TEMP TABLE few AS SELECT i, cur, ARRAY[mean[1], mean[2] + cur::int, mean[3]] AS x FROM mmd_rows WHERE i <= 120;
WITH k AS (SELECT a.cur AS ca, b.cur AS cb, avg(exp(-((a.x[1] - b.x[1]) ^ 2 + (a.x[2] - b.x[2]) ^ 2 + (a.x[3] - b.x[3]) ^ 2) / (2 * 1.5 ^ 2))) AS k FROM few a, few b WHERE a.i <> b.i GROUP BY 1, 2),
	mmd AS (SELECT sum(k) FILTER (WHERE ca = cb) - sum(k) FILTER (WHERE ca <> cb) AS mmd FROM k),
	seeds AS (SELECT avg((t).effect) AS mean, stddev_samp((t).effect) / sqrt(count(*)) AS error FROM generate_series(1, 40) seed, LATERAL (SELECT mlops.mmd_test(x, cur, 1.5, seed) t FROM few) s)
SELECT abs(mean - mmd) < 4 * error AS unbiased, error < 0.02 * mmd AS precise FROM mmd, seeds;

-- the same rows give the same answer, but for rounding, in any order, on any plan, in any split
CREATE TEMP TABLE expected AS SELECT (mlops.mmd_test(mean, cur, 2, 7 ORDER BY i)).* FROM mmd_rows;
CREATE FUNCTION pg_temp.same(mlops.test_result) RETURNS boolean LANGUAGE sql AS $$
	SELECT pg_temp.close($1.statistic, statistic) AND pg_temp.close($1.ln_p_value, ln_p_value) AND pg_temp.close($1.effect, effect) AND pg_temp.close($1.effect_lower, effect_lower)
		AND pg_temp.close($1.effect_upper, effect_upper) AND $1.n_reference = n_reference AND $1.n_current = n_current FROM expected
$$;
SELECT pg_temp.same(mlops.mmd_test(mean, cur, 2, 7 ORDER BY mean)) AS by_value, pg_temp.same(mlops.mmd_test(mean, cur, 2, 7 ORDER BY i DESC)) AS backwards, pg_temp.same(mlops.mmd_test(mean, cur, 2, 8)) AS other_seed FROM mmd_rows;
SELECT k, pg_temp.same(mlops.mmd_test(mlops.merge(p.s))) AS same FROM (VALUES (1), (2), (7)) v(k), LATERAL (SELECT mlops.mmd_samples(mean, cur, 2, 7) s FROM mmd_rows GROUP BY i % k) p GROUP BY k ORDER BY k;
-- a stored reference and the rows of a window
SELECT pg_temp.same(mlops.mmd_test(mlops.merge(mlops.mmd_samples(mean, cur, 2, 7) FILTER (WHERE NOT cur), mlops.mmd_samples(mean, cur, 2, 7) FILTER (WHERE cur)))) AS same FROM mmd_rows;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
ALTER TABLE mmd_rows SET (parallel_workers = 2);
SELECT pg_temp.same(t) AS parallel FROM (SELECT mlops.mmd_test(mean, cur, 2, 7) t FROM mmd_rows) s;
SELECT count(*) AS groups, bool_and((t).n_reference = 500 AND (t).p_value > 0.001) AS same FROM (SELECT mlops.mmd_test(same, i % 2 = 0, 2) t FROM mmd_rows GROUP BY (i / 2) % 4) s;
RESET max_parallel_workers_per_gather;
-- growing frames go on with the state that a result was taken from
SELECT i, (t).n_reference, (t).n_current, (t).reason FROM (SELECT i, mlops.mmd_test(mean, cur, 2, 7) OVER (ORDER BY i) t FROM mmd_rows WHERE i <= 5) s ORDER BY i;
-- real, and a type with an implicit cast to real[], as pgvector's vector
CREATE TYPE mmd_vector AS (x real[]);
CREATE FUNCTION mmd_vector_to_real(mmd_vector) RETURNS real[] IMMUTABLE LANGUAGE sql AS 'SELECT $1.x';
CREATE CAST (mmd_vector AS real[]) WITH FUNCTION mmd_vector_to_real(mmd_vector) AS IMPLICIT;
SELECT pg_temp.close((mlops.mmd_test(mean::real[], cur, 2, 7)).statistic, statistic, 1e-5) AS real, pg_temp.close((mlops.mmd_test(ROW(mean::real[])::mmd_vector, cur, 2, 7)).statistic, statistic, 1e-5) AS vector FROM mmd_rows, expected GROUP BY statistic;
SET client_min_messages = warning;
DROP TYPE mmd_vector CASCADE;
RESET client_min_messages;

-- excluded rows are counted
SELECT k, mlops.mmd_samples(x, cur, 1)::jsonb AS counted, mlops.mmd_test(x, cur, 1)
FROM (VALUES ('excluded', NULL::float8[], true), ('excluded', '{1,NULL}', true), ('excluded', '{NaN,1}', false), ('excluded', '{1,-Infinity}', false), ('excluded', '{1,2}', NULL), ('excluded', NULL, NULL), ('excluded', '{1,2}', true),
	('no current', '{1}', false), ('no current', '{2}', false), ('one row', '{1}', false), ('one row', '{2}', true), ('one row', '{3}', true),
	('all equal', '{1}', false), ('all equal', '{1}', false), ('all equal', '{1}', true), ('all equal', '{1}', true),
	('two values', '{1}', false), ('two values', '{1}', false), ('two values', '{2}', true), ('two values', '{2}', true), ('only NULL', NULL, true), ('too far', '{1e308}', true)) v(k, x, cur) GROUP BY k ORDER BY k;
SELECT mlops.mmd_test(mean, cur, 2) IS NULL AS no_rows FROM mmd_rows WHERE false;
-- a NULL array first does not hide the length of the next
SELECT mlops.mmd_samples(x, true, 1)::jsonb -> 'dimension' AS dimension FROM (VALUES (NULL), ('{1,2,3}'::float8[])) v(x);

-- the median heuristic: distances 3, 4, 5; those that are 0 do not count, nor rows that are not finite
SELECT mlops.mmd_bandwidth('{{0,0},{3,0},{0,4}}') AS median, mlops.mmd_bandwidth(array_agg(x)) AS rows FROM (VALUES ('{0,0}'::float8[]), ('{0,0}'), ('{NaN,2}'), ('{6,8}'), ('{NULL,1}')) v(x);
SELECT mlops.mmd_bandwidth('{{1,1},{1,1}}') AS equal, mlops.mmd_bandwidth('{{1,1}}') AS one, mlops.mmd_bandwidth('{}') AS none, mlops.mmd_bandwidth('{{1e308},{-1e308}}') AS far;
SELECT pg_temp.close(mlops.mmd_bandwidth(array_agg(same ORDER BY i)), mlops.mmd_bandwidth(array_agg(same ORDER BY i DESC)), 1e-14) AS any_order,
	pg_temp.close(mlops.mmd_bandwidth(array_agg(same)), (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY sqrt((SELECT sum((u - v) ^ 2) FROM unnest(a.same, b.same) p(u, v)))) FROM mmd_rows a, mmd_rows b WHERE a.i < b.i AND b.i <= 60), 1e-12) AS median FROM mmd_rows WHERE i <= 60;

-- text and bytes
CREATE TEMP TABLE s AS SELECT mlops.mmd_samples(mean, cur, 2, -7) s FROM mmd_rows GROUP BY i % 3;
SELECT left(s::text, 60) AS text, s::text::mlops.two_samples::text = s::text AS same, length(mlops.two_samples_send(s)) AS bytes, pg_column_size(s) AS stored FROM s LIMIT 1;
\getenv out PG_ABS_BUILDDIR
\set copyfile :out '/results/mmd.bin'
COPY s TO :'copyfile' (FORMAT binary);
CREATE TEMP TABLE s2 (LIKE s);
COPY s2 FROM :'copyfile' (FORMAT binary);
SELECT count(*) AS same FROM s JOIN s2 ON s.s::text = s2.s::text;

-- errors
\set VERBOSITY default
SELECT mlops.mmd_test('{1}'::float8[], true, 0);
SELECT mlops.mmd_test('{1}'::float8[], true, NULL);
SELECT mlops.mmd_test('{1}'::float8[], true, 'Infinity');
SELECT mlops.mmd_test('{1}'::float8[], true, 1, NULL);
SELECT mlops.mmd_test('{1}'::float8[], true, i) FROM generate_series(1, 2) i;
SELECT mlops.mmd_test('{1}'::float8[], true, 1, i) FROM generate_series(1, 2) i;
SELECT mlops.mmd_test(x, true, 1) FROM (VALUES ('{1,2}'::float8[]), ('{1,2,3}')) v(x);
SELECT mlops.mmd_test('{}'::float8[], true, 1);
SELECT mlops.mmd_test('{{1,2}}'::float8[], true, 1);
SELECT mlops.mmd_test(array_fill(1::real, '{16001}'), true, 1);
SELECT mlops.merge(mlops.mmd_samples('{1}'::float8[], true, 1), mlops.mmd_samples('{1}'::float8[], true, 2));
SELECT mlops.merge(mlops.mmd_samples('{1}'::float8[], true, 1, 1), mlops.mmd_samples('{1}'::float8[], true, 1, 2));
SELECT mlops.merge(mlops.mmd_samples('{1}'::float8[], true, 1), mlops.mmd_samples('{1,2}'::float8[], true, 1));
SELECT mlops.merge(mlops.mmd_samples('{1}'::float8[], true, 1), 'numbers unassigned 0 reference (n 0 null 0 nonfinite 0 mean (0) comoment (0)) current (n 0 null 0 nonfinite 0 mean (0) comoment (0))');
SELECT mlops.pca_test(mlops.mmd_samples('{1}'::float8[], true, 1));
SELECT mlops.mmd_accum(NULL, NULL::float8[], true, 1);
SELECT mlops.mmd_bandwidth('{1,2}');
SELECT mlops.mmd_bandwidth(array_fill(1::float8, '{1001,1}'));
SELECT 'fourier dimension 1 bandwidth 0 seed 0 unassigned 0 reference (n 0'::mlops.two_samples;
SELECT 'fourier dimension 16001 bandwidth 1 seed 0 unassigned 0'::mlops.two_samples;
CREATE FUNCTION pg_temp.damaged(a text, b text) RETURNS mlops.two_samples LANGUAGE sql AS $$ SELECT regexp_replace(s::text, a, b)::mlops.two_samples FROM (SELECT mlops.mmd_samples('{1}'::float8[], true, 1) s) s $$;
SELECT pg_temp.damaged('bandwidth 1', 'bandwidth -1');
SELECT pg_temp.damaged('dimension 1', 'dimension 0');
SELECT pg_temp.damaged('current \(n 1 null 0 nonfinite 0 mean \([0-9.-]+', 'current (n 1 null 0 nonfinite 0 mean (0.2');
DROP TABLE mmd_rows;
