-- Embeddings in a column of pgvector's type: the overloads for real[] take them
-- by pgvector's implicit cast.  Skipped when pgvector is not installed; the
-- extension does not depend on it.
\set QUIET on
\pset format unaligned
\pset tuples_only on
\set ON_ERROR_STOP on
SELECT count(*) > 0 AS available FROM pg_available_extensions WHERE name = 'vector' \gset
BEGIN;
SET LOCAL search_path = public, pg_catalog;
\if :available
SET LOCAL client_min_messages = warning;
CREATE EXTENSION vector;
SELECT plan(7);
CREATE TEMP TABLE embeddings AS
SELECT i, i % 3 = 0 AS cur, a::vector(16) AS v, a
FROM (SELECT i, (SELECT array_agg(sin(i * (j + .3)) + CASE WHEN i % 3 = 0 AND j < 3 THEN .3 ELSE 0 END)::real[] AS a FROM generate_series(1, 16) j) FROM generate_series(1, 900) i) s;
INSERT INTO embeddings (i, cur) VALUES (0, true), (-1, false);
SELECT is(mlops.moments(v)::text, mlops.moments(a)::text, 'moments') FROM embeddings;
SELECT is(mlops.mmd_test(v, cur, 4)::text, mlops.mmd_test(a, cur, 4)::text, 'mmd_test') FROM embeddings;
SELECT cmp_ok((t).p_value, '<', 1e-6::float8, 'sees a shift of the mean') FROM (SELECT mlops.mmd_test(v, cur, 4, 1) t FROM embeddings) s;
SELECT is((t).n_excluded, 2::bigint, 'counts NULL') FROM (SELECT mlops.mmd_test(v, cur, 4, 1) t FROM embeddings) s;
SELECT is(mlops.mmd_bandwidth(array_agg(v::real[])), mlops.mmd_bandwidth(array_agg(a)), 'mmd_bandwidth') FROM embeddings WHERE NOT cur AND i BETWEEN 1 AND 90;
SELECT is(mlops.pca_test(p, v, cur)::text, mlops.pca_test(p, a, cur)::text, 'pca_test')
FROM embeddings, (SELECT mlops.pca(mlops.moments(v)) p FROM embeddings WHERE NOT cur) m;
SELECT is(sum(mlops.pca_reconstruction_error(p, v)), sum(mlops.pca_reconstruction_error(p, a)), 'pca_reconstruction_error')
FROM (SELECT * FROM embeddings ORDER BY i) e, (SELECT mlops.pca(mlops.moments(v)) p FROM embeddings WHERE NOT cur) m;
\else
SELECT plan(1);
SELECT skip('the extension vector is not installed', 1);
\endif
SELECT * FROM finish();
ROLLBACK;
