-- moments(): values by hand and from the server's own aggregates; merging;
-- parallel plans; input and output.
SET search_path = public;

-- means 7/3 and 5; deviations -4/3, -1/3, 5/3 and -3, -1, 4: co-moments 14/3, 11, 26
SELECT mlops.variables(m), mlops.moment_count(m), mlops.row_count(m), mlops.null_count(m), mlops.nonfinite_count(m),
	round(mlops.mean(m, 1)::numeric, 12) AS mean1, mlops.mean(m, 2) AS mean2, round(mlops.variance(m, 1)::numeric, 12) AS variance1,
	round(mlops.variance(m, 2)::numeric, 12) AS variance2, round(mlops.covariance(m, 1, 2)::numeric, 12) AS covariance,
	round(mlops.correlation(m, 2, 1)::numeric, 12) AS correlation
FROM (SELECT mlops.moments(x, y) m FROM (VALUES (1::float8, 2::float8), (2, 4), (4, 9), (NULL, 1), (NULL, 'NaN'), ('NaN', 1), (1, '-Infinity')) v(x, y)) s;
SELECT round(11 / sqrt(14 / 3.0 * 26), 12) AS correlation;
-- a constant, opposite columns
SELECT mlops.correlation(mlops.moments(i, -2 * i, 5)) FROM generate_series(1, 10) i;
-- too few rows
SELECT m, mlops.mean(m, 1), mlops.variance(m, 1), mlops.correlation(m), m::jsonb FROM (SELECT mlops.moments(x) m FROM (VALUES (3.5::float8)) v(x)) s;
SELECT m, mlops.mean(m, 1), mlops.variance(m, 1), mlops.correlation(m) FROM (SELECT mlops.moments(NULL::float8) m) s;
SELECT mlops.moments(x) IS NULL AS no_row FROM (SELECT 1::float8 WHERE false) v(x);
-- squares beyond the range of float8 give NULL, not an error
SELECT mlops.moment_count(m), mlops.variance(m, 1), mlops.correlation(m, 1, 2) FROM (SELECT mlops.moments(x, 1 / x) m FROM (VALUES (1e300::float8), (-1e300)) v(x)) s;

-- eight columns against corr(), covar_samp(), var_samp(), avg()
CREATE TABLE moments_rows AS
SELECT i, sin(i) AS a, cos(i) AS b, sin(i) * cos(3 * i) AS c, i::float8 AS d, 1e6 + sin(7 * i) AS e, sqrt(i) AS f, sin(i) + i % 7 AS g, (i % 2)::float8 AS h
FROM generate_series(1, 5000) i;
ANALYZE moments_rows;
CREATE FUNCTION pg_temp.close(x float8, y float8, tolerance float8 DEFAULT 1e-10) RETURNS boolean LANGUAGE sql AS $$
	SELECT abs(x - y) <= tolerance * greatest(abs(x), abs(y), 1)
$$;
SELECT pg_temp.close(mlops.mean(m, 1), a) AND pg_temp.close(mlops.mean(m, 5), e) AS means,
	pg_temp.close(mlops.variance(m, 4), vd) AND pg_temp.close(mlops.variance(m, 5), ve, 1e-8) AS variances,
	pg_temp.close(mlops.covariance(m, 4, 6), cdf) AS covariance,
	pg_temp.close(mlops.correlation(m, 1, 7), rag) AND pg_temp.close(mlops.correlation(m, 8, 4), rhd) AND pg_temp.close((mlops.correlation(m))[3][2], rbc) AS correlations
FROM (SELECT mlops.moments(a, b, c, d, e, f, g, h) m, avg(a) a, avg(e) e, var_samp(d) vd, var_samp(e) ve, covar_samp(d, f) cdf, corr(a, g) rag, corr(h, d) rhd, corr(b, c) rbc
	  FROM moments_rows) s;
-- each overload has its own number of variables
SELECT ARRAY[mlops.variables(mlops.moments(a)), mlops.variables(mlops.moments(a, b)), mlops.variables(mlops.moments(a, b, c)), mlops.variables(mlops.moments(a, b, c, d)),
	mlops.variables(mlops.moments(a, b, c, d, e)), mlops.variables(mlops.moments(a, b, c, d, e, f)), mlops.variables(mlops.moments(a, b, c, d, e, f, g)),
	mlops.variables(mlops.moments(a, b, c, d, e, f, g, h))] FROM moments_rows;

-- arrays are the same rows, float8 or real, to 128 variables
SELECT mlops.moments(ARRAY[a, b, c, d, e, f, g, h])::text = mlops.moments(a, b, c, d, e, f, g, h)::text AS float8, pg_temp.close(mlops.mean(mlops.moments(ARRAY[a, d]::real[]), 1), avg(a::real::float8)) AS real,
	mlops.variables(mlops.moments(array_fill(a, '{128}'))) AS wide, mlops.correlation(mlops.moments(array_fill(a, '{127}') || h), 1, 128) = mlops.correlation(mlops.moments(a, h), 1, 2) AS last FROM moments_rows;
SELECT mlops.moments(x) FROM (VALUES (NULL), ('{1,2}'::float8[]), ('{3,NULL}'), ('{NaN,1}'), ('{-Infinity,1}'), ('{NaN,NULL}'), ('{3,4}'), (NULL)) v(x);
-- only NULLs: the number of variables is not known; merging finds out
SELECT m, mlops.variables(m), mlops.correlation(m), m::text::mlops.moments::text = m::text AS text, mlops.moments_send(m), m::jsonb,
	mlops.merge(m, 'n 1 null 0 nonfinite 1 mean (2) comoment (0)') AS left, mlops.merge('n 1 null 0 nonfinite 1 mean (2) comoment (0)', m) AS right, mlops.merge(m, m) AS both
FROM (SELECT mlops.moments(NULL::float8[]) m FROM generate_series(1, 3)) s;
-- any type with an implicit cast to real[], as pgvector's vector has
CREATE TYPE moments_vector AS (x real[]);
CREATE FUNCTION moments_vector_to_real(moments_vector) RETURNS real[] IMMUTABLE LANGUAGE sql AS 'SELECT $1.x';
CREATE CAST (moments_vector AS real[]) WITH FUNCTION moments_vector_to_real(moments_vector) AS IMPLICIT;
SELECT mlops.moments(ROW(x)::moments_vector) FROM (VALUES ('{1,2}'::real[]), ('{3,5}')) v(x);
DROP TYPE moments_vector CASCADE;

-- merging any split gives the same within rounding; one part gives the same bytes
CREATE FUNCTION pg_temp.same(x mlops.moments, y mlops.moments) RETURNS boolean LANGUAGE sql AS $$
	SELECT mlops.moment_count(x) = mlops.moment_count(y) AND bool_and(pg_temp.close(mlops.mean(x, i), mlops.mean(y, i)) AND pg_temp.close(mlops.covariance(x, i, j), mlops.covariance(y, i, j)))
	FROM generate_series(1, mlops.variables(x)) i, generate_series(1, mlops.variables(x)) j
$$;
SELECT k, pg_temp.same(mlops.merge(p.m), (SELECT mlops.moments(a, d, g) FROM moments_rows)) AS same
FROM (VALUES (1), (2), (17), (5000)) v(k), LATERAL (SELECT mlops.moments(a, d, g) m FROM moments_rows GROUP BY i % k) p GROUP BY k ORDER BY k;
SELECT m AS before, mlops.merge(m, m) AS doubled, m AS after FROM (SELECT mlops.moments(x) m FROM (VALUES (1::float8), (3)) v(x)) s;
SELECT mlops.merge(m) FROM (VALUES ('n 0 null 2 nonfinite 0 mean (0) comoment (0)'::mlops.moments), (NULL), ('n 2 null 0 nonfinite 1 mean (2) comoment (2)')) v(m);

-- parallel: a state of one variable is short enough for a short header
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
ALTER TABLE moments_rows SET (parallel_workers = 2);
SELECT pg_temp.same(mlops.moments(a), (SELECT mlops.moments(a ORDER BY i) FROM moments_rows)) AS one,
	pg_temp.same(mlops.moments(a, d), (SELECT mlops.moments(a, d ORDER BY i) FROM moments_rows)) AS two FROM moments_rows;
CREATE TABLE moments_parts AS SELECT i, mlops.moments(d) m FROM moments_rows GROUP BY i;
ALTER TABLE moments_parts SET (parallel_workers = 2);
SELECT mlops.moment_count(mlops.merge(m)), pg_temp.close(mlops.mean(mlops.merge(m), 1), 2500.5) AS mean FROM moments_parts;
RESET max_parallel_workers_per_gather;
-- windows: no inverse, but growing frames
SELECT i, mlops.mean(mlops.moments(i) OVER (ORDER BY i), 1), mlops.mean(mlops.moments(i) OVER (ORDER BY i ROWS 1 PRECEDING), 1) FROM generate_series(1, 4) i;

-- text and bytes
SELECT t, t::mlops.moments::text = t AS same FROM unnest(ARRAY[
	'n 2 null 0 nonfinite 3 mean (0.1, -1e+300) comoment (0, 0, Infinity)',
	'n 0 null 0 nonfinite 0 mean (0) comoment (0)',
	'n 5 null 0 nonfinite 0 mean (NaN) comoment (NaN)']) t;
SELECT mlops.moments_send('n 2 null 1 nonfinite 0 mean (1) comoment (2)');
\getenv out PG_ABS_BUILDDIR
\set copyfile :out '/results/moments.bin'
CREATE TEMP TABLE m AS SELECT i % 10 AS i, mlops.moments(a, b, e) m FROM moments_rows GROUP BY 1;
COPY m TO :'copyfile' (FORMAT binary);
CREATE TEMP TABLE m2 (LIKE m);
COPY m2 FROM :'copyfile' (FORMAT binary);
SELECT count(*) AS same FROM m JOIN m2 USING (i) WHERE m.m::text = m2.m::text AND m.m::text::mlops.moments::text = m.m::text;

-- errors
\set VERBOSITY default
SELECT 'x'::mlops.moments;
SELECT 'n 1 null 0 nonfinite 0 mean (1, 2) comoment (0, 0)'::mlops.moments;
SELECT 'n 1 null 0 nonfinite 0 mean (1) comoment (-1)'::mlops.moments;
SELECT 'n 0 null 0 nonfinite 0 mean (1) comoment (0)'::mlops.moments;
SELECT 'n -1 null 0 nonfinite 0 mean (0) comoment (0)'::mlops.moments;
SELECT 'n 9223372036854775807 null 1 nonfinite 0 mean (0) comoment (0)'::mlops.moments;
SELECT ('n 1 null 0 nonfinite 0 mean (' || repeat('1,', 128) || '1) comoment (0)')::mlops.moments;
SELECT 'n 1 null 0 nonfinite 0 mean () comoment ()'::mlops.moments;
SELECT 'n 0 null 1 nonfinite 0 mean () comoment (1)'::mlops.moments;
SELECT mlops.merge('n 0 null 0 nonfinite 0 mean (0) comoment (0)'::mlops.moments, 'n 0 null 0 nonfinite 0 mean (0, 0) comoment (0, 0, 0)');
SELECT mlops.mean('n 0 null 0 nonfinite 0 mean (0) comoment (0)', 2);
SELECT mlops.covariance('n 0 null 0 nonfinite 0 mean (0) comoment (0)', 1, 0);
SELECT mlops.mean(mlops.moments(NULL::float8[]), 1);
SELECT mlops.moments_accum(NULL, 1.0);
SELECT mlops.moments_accum(NULL, '{1}'::float8[]);
SELECT mlops.moments(x) FROM (VALUES ('{1,2}'::float8[]), ('{1,2,3}')) v(x);
SELECT mlops.moments('{}'::float8[]);
SELECT mlops.moments('{{1,2},{3,4}}'::real[]);
SELECT mlops.moments(array_fill(0::real, '{129}'));
DROP TABLE moments_rows, moments_parts;
