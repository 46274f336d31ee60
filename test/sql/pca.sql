-- mlops.pca: values by hand; row errors, moments and the test agree; constant, tied
-- and collinear columns; bad input; parallel plans; input and output.
SET search_path = public;
SET extra_float_digits = 0;
CREATE FUNCTION pg_temp.close(x float8, y float8, tolerance float8 DEFAULT 1e-10) RETURNS boolean LANGUAGE sql AS $$
	SELECT abs(x - y) <= tolerance * greatest(abs(x), abs(y), 1)
$$;

-- Two columns with correlation 0.6: eigenvalues 1.6 and 0.4, the kept component is (1, 1)/sqrt 2, so that a
-- row's error is |z1 - z2|/sqrt 2. Means 1 and 2, standard deviations (by n) 2 and 3.
SELECT mlops.pca('n 4 null 0 nonfinite 0 mean (1, 2) comoment (16, 14.4, 36)'::mlops.moments) AS model \gset
SELECT component, round(eigenvalue::numeric, 12) AS eigenvalue, round(share::numeric, 12) AS share, round(cumulative_share::numeric, 12) AS cumulative, kept, loadings FROM mlops.components(:'model');
SELECT mlops.pca_reconstruction_error(:'model', ARRAY[1, 2]::float8[]) AS at_mean, round(mlops.pca_reconstruction_error(:'model', '{3,5}'::float8[])::numeric, 12) AS along,
	pg_temp.close(mlops.pca_reconstruction_error(:'model', '{3,-1}'::float8[]), sqrt(2)) AS across, mlops.pca_residuals(:'model', '{3,-1}'::float8[]) AS residuals,
	pg_temp.close(mlops.pca_reconstruction_error(:'model', '{3,2}'::real[]), sqrt(.5)) AS real, mlops.pca_residuals(:'model', '{3,2}'::real[]) AS residuals;
-- mean (z1 - z2)^2/2 is 1 - 0.6 for the reference; two sd more in one column add 2^2/2 to it
SELECT pg_temp.close(mlops.pca_mean_squared_error(:'model', 'n 4 null 0 nonfinite 0 mean (1, 2) comoment (16, 14.4, 36)'), 0.4) AS reference,
	pg_temp.close(mlops.pca_mean_squared_error(:'model', 'n 4 null 0 nonfinite 0 mean (5, 2) comoment (16, 14.4, 36)'), 2.4) AS shifted;
SELECT variable, round(reference::numeric, 12) AS reference, round(current::numeric, 12) AS current, round(share::numeric, 12) AS share
FROM mlops.pca_contributions(:'model', 'n 4 null 0 nonfinite 0 mean (5, 2) comoment (16, 14.4, 36)');
SELECT :'model'::mlops.pca::jsonb - 'components';

-- Rows: five columns, of which the fourth follows from two others and the fifth is constant; in the current rows
-- the third no longer goes with the first.
CREATE TABLE pca_rows AS
SELECT i, i > 6000 AS cur, ARRAY[a, b, CASE WHEN i > 6000 THEN d ELSE a END + .5 * c, a - 2 * b + 3, 7]::float8[] AS x
FROM (SELECT i, sin(i * 1.7) AS a, 10 * cos(i * 0.9 + .3) AS b, sin(i * i * .01) AS c, sin(i * 2.3) AS d FROM generate_series(1, 10000) i) s;
ANALYZE pca_rows;
SELECT mlops.pca(mlops.moments(x)) AS model FROM pca_rows WHERE NOT cur \gset
SELECT component, round(eigenvalue::numeric, 6) AS eigenvalue, round(cumulative_share::numeric, 6) AS cumulative, kept, loadings[5] AS of_the_constant FROM mlops.components(:'model');
-- the mean of the squared errors of rows is what their moments say, per column too
SELECT cur, pg_temp.close(avg(mlops.pca_reconstruction_error(:'model', x) ^ 2), mlops.pca_mean_squared_error(:'model', mlops.moments(x))) AS same FROM pca_rows GROUP BY cur ORDER BY cur;
SELECT variable, pg_temp.close(current, part) AS same, pg_temp.close(reference, was) AS reference, share > 0.25 AS large
FROM mlops.pca_contributions(:'model', (SELECT mlops.moments(x) FROM pca_rows WHERE cur))
JOIN (SELECT n AS variable, avg(r ^ 2) FILTER (WHERE cur) AS part, avg(r ^ 2) FILTER (WHERE NOT cur) AS was FROM pca_rows, unnest(mlops.pca_residuals(:'model', x)) WITH ORDINALITY u(r, n) GROUP BY n) rows USING (variable)
ORDER BY variable;
-- the test is Welch's of the row errors
SELECT method, pg_temp.close(statistic, (m1 - m0) / sqrt(v1 / n1 + v0 / n0)) AS t, pg_temp.close(df, (v1 / n1 + v0 / n0) ^ 2 / ((v1 / n1) ^ 2 / (n1 - 1) + (v0 / n0) ^ 2 / (n0 - 1))) AS df,
	p_value < 1e-100 AS p, ln_p_value < -300 AS ln_p, pg_temp.close(effect, m1 / m0 - 1) AS effect, effect_measure, effect_lower < effect AND effect < effect_upper AND effect_lower > 0 AS interval, n_reference, n_current, n_excluded, reason
FROM (SELECT (mlops.pca_test(:'model', x, cur)).* FROM pca_rows) t,
	(SELECT avg(e) FILTER (WHERE cur) m1, avg(e) FILTER (WHERE NOT cur) m0, var_samp(e) FILTER (WHERE cur) v1, var_samp(e) FILTER (WHERE NOT cur) v0, count(*) FILTER (WHERE cur) n1, count(*) FILTER (WHERE NOT cur) n0
	 FROM (SELECT cur, mlops.pca_reconstruction_error(:'model', x) e FROM pca_rows) s) e;
-- and that of t_test
SELECT pg_temp.close((p).statistic, (t).statistic) AS statistic, pg_temp.close((p).df, (t).df) AS df, pg_temp.close((p).ln_p_value, (t).ln_p_value) AS ln_p
FROM (SELECT mlops.pca_test(:'model', x, cur) p, mlops.t_test(mlops.pca_reconstruction_error(:'model', x), cur) t FROM pca_rows) s;
-- halves of the reference are alike
SELECT (mlops.pca_test(:'model', x, i % 2 = 0)).p_value > 0.05 AS quiet FROM pca_rows WHERE NOT cur;
-- the test of a stored state is the same
SELECT mlops.pca_test(mlops.pca_samples(:'model', x, cur)) = mlops.pca_test(:'model', x, cur) AS same, mlops.pca_samples(:'model', x, cur)::jsonb - '{reference,current}'::text[] AS jsonb FROM pca_rows;
-- the more of the variance is asked for, the more is kept, but never all
SELECT v, (SELECT count(*) FILTER (WHERE kept) FROM mlops.components(mlops.pca(m, v))) AS kept FROM (SELECT mlops.moments(x) m FROM pca_rows WHERE NOT cur) s, unnest('{0.0001,0.5,0.8,0.999999}'::float8[]) v ORDER BY v;

-- excluded rows are counted
SELECT (mlops.pca_test(m, x, cur)).n_reference, (mlops.pca_test(m, x, cur)).n_current, (mlops.pca_test(m, x, cur)).n_excluded, mlops.pca_samples(m, x, cur)
FROM (VALUES ('{1,2}'::float8[], false), ('{3,2}', false), ('{1,5}', true), ('{3,2}', true), (NULL, true), ('{1,NULL}', true), ('{NaN,1}', false), ('{1,Infinity}', true), ('{1,1}', NULL), (NULL, NULL), ('{1e308,-1e308}', true)) v(x, cur),
	(SELECT mlops.pca('n 4 null 0 nonfinite 0 mean (1, 2) comoment (16, 14.4, 36)'::mlops.moments) m) p;
SELECT mlops.pca_reconstruction_error(m, '{1,NULL}'::float8[]) AS with_null, mlops.pca_reconstruction_error(m, '{1,NaN}'::float8[]) AS with_nan, mlops.pca_reconstruction_error(m, NULL::float8[]) AS of_null, mlops.pca_residuals(m, '{1,NULL}'::float8[]) AS residuals
FROM (SELECT mlops.pca('n 4 null 0 nonfinite 0 mean (1, 2) comoment (16, 14.4, 36)'::mlops.moments) m) p;
-- what cannot be tested says so
SELECT k, mlops.pca_test('variables 2 components 1 n 4 variance 0.65 mean (1, 2) sd (2, 3) eigenvalues (1.5, 0.5) component (0.6, 0.8)'::mlops.pca, x, cur)
FROM (VALUES ('no current', '{1,2}'::float8[], false), ('no current', '{1,3}', false), ('no reference', '{1,2}', true), ('one row', '{1,2}', false), ('one row', '{1,2}', true),
	('equal', '{3,2}', false), ('equal', '{3,2}', false), ('equal', '{5,2}', true), ('equal', '{5,2}', true), ('no side', '{1,2}', NULL)) v(k, x, cur) GROUP BY k ORDER BY k;
SELECT mlops.pca_test(NULL::mlops.pca, '{1,2}'::float8[], true) AS no_model;
SELECT mlops.pca_test(:'model', x, cur) IS NULL AS no_rows FROM pca_rows WHERE false;
-- nothing varies, or hardly a row: a model without components, and no error
SELECT mlops.pca(m) AS model, (SELECT count(*) FROM mlops.components(mlops.pca(m))) AS components, mlops.pca_reconstruction_error(mlops.pca(m), '{1,2}'::float8[]) AS error, mlops.pca_mean_squared_error(mlops.pca(m), m) AS mse,
	(SELECT array_agg(c::text) FROM mlops.pca_contributions(mlops.pca(m), m) c) AS contributions
FROM unnest('{"n 3 null 0 nonfinite 0 mean (1, 2) comoment (0, 0, 0)","n 1 null 0 nonfinite 0 mean (1, 2) comoment (0, 0, 0)","n 0 null 3 nonfinite 0 mean (0, 0) comoment (0, 0, 0)"}'::mlops.moments[]) m;
SELECT mlops.pca(mlops.moments(NULL::float8[])) IS NULL AS unknown;
-- all directions alike: none is kept, the error is the distance from the mean
SELECT m AS model, mlops.pca_reconstruction_error(m, '{3,5}'::float8[]) AS sqrt_2 FROM (SELECT mlops.pca('n 4 null 0 nonfinite 0 mean (1, 2) comoment (16, 0, 36)'::mlops.moments) m) s;
-- one variable
SELECT mlops.pca_reconstruction_error(mlops.pca(mlops.moments(i)), '{20}'::float8[]) > 1 AS far FROM generate_series(1, 10) i;

-- parallel plans and merges: the same within rounding
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
ALTER TABLE pca_rows SET (parallel_workers = 2);
CREATE TEMP TABLE serial AS SELECT (mlops.pca_test(:'model', x, cur ORDER BY i)).* FROM pca_rows;
SELECT pg_temp.close(p.statistic, s.statistic) AS statistic, pg_temp.close(p.ln_p_value, s.ln_p_value) AS ln_p, pg_temp.close(p.effect_lower, s.effect_lower) AS lower, p.n_reference = s.n_reference AND p.n_current = s.n_current AS n
FROM serial s, (SELECT (mlops.pca_test(:'model', x, cur)).* FROM pca_rows) p;
SELECT k, pg_temp.close((mlops.pca_test(mlops.merge(p.s))).statistic, (SELECT statistic FROM serial)) AS same
FROM (VALUES (1), (2), (17), (3000)) v(k), LATERAL (SELECT mlops.pca_samples(:'model', x, cur) s FROM pca_rows GROUP BY i % k) p GROUP BY k ORDER BY k;
RESET max_parallel_workers_per_gather;

-- pgvector's vector has an implicit cast to real[]; so has this type
CREATE TYPE pca_vector AS (x real[]);
CREATE FUNCTION pca_vector_to_real(pca_vector) RETURNS real[] IMMUTABLE LANGUAGE sql AS 'SELECT $1.x';
CREATE CAST (pca_vector AS real[]) WITH FUNCTION pca_vector_to_real(pca_vector) AS IMPLICIT;
SELECT pg_temp.close((mlops.pca_test(:'model', ROW(x::real[])::pca_vector, cur)).statistic, (SELECT statistic FROM serial), 1e-5) AS vector,
	pg_temp.close(avg(mlops.pca_reconstruction_error(:'model', ROW(x::real[])::pca_vector)), avg(mlops.pca_reconstruction_error(:'model', x)), 1e-5) AS error FROM pca_rows;
SET client_min_messages = warning;
DROP TYPE pca_vector CASCADE;
RESET client_min_messages;

-- text and bytes
SELECT :'model'::mlops.pca::text = :'model' AS text;
SELECT mlops.pca_send('variables 2 components 1 n 4 variance 0.5 mean (1, 2) sd (2, 3) eigenvalues (1.5, 0.5) component (1, 0)');
SELECT mlops.two_samples_send('numbers unassigned 1 reference (n 1 null 0 nonfinite 0 mean (2) comoment (0)) current (n 0 null 3 nonfinite 0 mean (0) comoment (0))');
\getenv out PG_ABS_BUILDDIR
\set copyfile :out '/results/pca.bin'
CREATE TEMP TABLE m AS SELECT mlops.pca(mlops.moments(x)) p, mlops.pca_samples(:'model', x, cur) s FROM pca_rows GROUP BY i % 5;
COPY m TO :'copyfile' (FORMAT binary);
CREATE TEMP TABLE m2 (LIKE m);
COPY m2 FROM :'copyfile' (FORMAT binary);
SELECT count(*) AS same FROM m JOIN m2 ON m.p::text = m2.p::text AND m.s::text = m2.s::text;

-- errors
\set VERBOSITY default
SELECT mlops.pca('n 4 null 0 nonfinite 0 mean (1, 2) comoment (16, 14.4, 36)'::mlops.moments, 1);
SELECT mlops.pca('n 4 null 0 nonfinite 0 mean (1, 2) comoment (16, 14.4, 36)'::mlops.moments, 'NaN');
SELECT mlops.pca('n 4 null 0 nonfinite 0 mean (1, 2, 3) comoment (1, -1, -1, 1, -1, 1)'::mlops.moments);
SELECT mlops.pca_reconstruction_error(:'model', '{1,2,3}'::float8[]);
SELECT mlops.pca_reconstruction_error(:'model', '{}'::real[]);
SELECT mlops.pca_mean_squared_error(:'model', 'n 4 null 0 nonfinite 0 mean (1, 2) comoment (16, 14.4, 36)');
SELECT mlops.pca_test(:'model', '{1,2,3}'::float8[], true);
SELECT mlops.pca_accum(NULL, NULL, NULL::float8[], true);
SELECT mlops.mmd_test('numbers unassigned 0 reference (n 0 null 0 nonfinite 0 mean (0) comoment (0)) current (n 0 null 0 nonfinite 0 mean (0) comoment (0))');
SELECT 'variables 2'::mlops.pca;
SELECT 'variables 129 components 1'::mlops.pca;
SELECT 'variables 2 components 2'::mlops.pca;
SELECT 'variables 2 components 1 n 4 variance 0.5 mean (1, 2, 3) sd (2, 3) eigenvalues (1.5, 0.5) component (1, 0)'::mlops.pca;
SELECT 'variables 2 components 1 n -4 variance 0.5 mean (1, 2) sd (2, 3) eigenvalues (1.5, 0.5) component (1, 0)'::mlops.pca;
SELECT 'variables 2 components 1 n 4 variance 1.5 mean (1, 2) sd (2, 3) eigenvalues (1.5, 0.5) component (1, 0)'::mlops.pca;
SELECT 'variables 2 components 1 n 4 variance 0.5 mean (1, 2) sd (2, -3) eigenvalues (1.5, 0.5) component (1, 0)'::mlops.pca;
SELECT 'variables 2 components 1 n 4 variance 0.5 mean (1, 2) sd (2, 3) eigenvalues (0.5, 1.5) component (1, 0)'::mlops.pca;
SELECT 'variables 2 components 1 n 4 variance 0.5 mean (1, 2) sd (2, 3) eigenvalues (1.5, 1.5) component (1, 0)'::mlops.pca;
SELECT 'variables 2 components 0 n 4 variance 0.5 mean (1, 2) sd (2, 3) eigenvalues (1.5, 0.5)'::mlops.pca;
SELECT 'variables 2 components 1 n 4 variance 0.5 mean (1, 2) sd (2, 3) eigenvalues (1.5, 0.5) component (1, 1)'::mlops.pca;
SELECT 'variables 3 components 1 n 4 variance 0.5 mean (1, 2, 3) sd (2, 3, 0) eigenvalues (1.5, 0.5, 0) component (0.6, 0, 0.8)'::mlops.pca;
SELECT 'numbers unassigned 0 reference (n 0 null 0 nonfinite 0 mean (0, 0) comoment (0, 0, 0)) current (n 0 null 0 nonfinite 0 mean (0) comoment (0))'::mlops.two_samples;
SELECT 'numbers unassigned -1 reference (n 0 null 0 nonfinite 0 mean (0) comoment (0)) current (n 0 null 0 nonfinite 0 mean (0) comoment (0))'::mlops.two_samples;
SELECT 'numbers unassigned 1 reference (n 0 null 0 nonfinite 0 mean (0) comoment (0)) current (n 9223372036854775807 null 0 nonfinite 0 mean (0) comoment (0))'::mlops.two_samples;
SELECT 'letters'::mlops.two_samples;
DROP TABLE pca_rows;
