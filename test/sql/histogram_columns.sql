-- histogram_columns(): the same histograms as column by column, in one call a row.
\set SHOW_CONTEXT never
SET search_path = public;

CREATE TABLE histogram_wide AS
SELECT i, i::int8 AS i8, (i % 100 - 50)::int2 AS i2, i / 7.0::float8 AS f8, (i / 8.0)::float4 AS f4, i / 10.0 AS num,
	   'k' || i % 9 AS t, ('v' || i % 4)::varchar(9) AS v, i % 3 = 0 AS b, '2026-01-01 00:00+00'::timestamptz + i * interval '1 minute' AS ts,
	   CASE WHEN i % 5 > 0 THEN i % 5 END AS code, i % 4 AS g
FROM generate_series(1, 3000) i;
ANALYZE histogram_wide;
CREATE FUNCTION pg_temp.same(a mlops.histogram[], VARIADIC b mlops.histogram[]) RETURNS boolean LANGUAGE sql AS $$
	SELECT count(*) = cardinality(b) AND bool_and(x::text IS NOT DISTINCT FROM y::text) FROM unnest(a, b) u(x, y)
$$;
CREATE FUNCTION pg_temp.binnings() RETURNS mlops.binning[] LANGUAGE sql STABLE AS $$
	SELECT ARRAY['numeric(100, 2000)'::mlops.binning, 'numeric(-10, 0, 10)', 'numeric(33.5, 100)', 'numeric(12.5)', 'numeric(20, 30)',
		'categorical("k1", "k8", "other")', 'categorical("v1", "v2")', 'categorical("true")', 'numeric(1767229200, 1767300000)',
		'categorical("1", "2", "-3", "04", "x")', NULL]
$$;
SELECT g, pg_temp.same(mlops.histogram_columns((SELECT pg_temp.binnings()), i8, i2, f8, f4, num, t, v, b, ts, code, t),
	mlops.histogram(i8, 'numeric(100, 2000)'), mlops.histogram(i2, 'numeric(-10, 0, 10)'), mlops.histogram(f8, 'numeric(33.5, 100)'),
	mlops.histogram(f4, 'numeric(12.5)'), mlops.histogram(num, 'numeric(20, 30)'), mlops.histogram(t, 'categorical("k1", "k8", "other")'),
	mlops.histogram(v, 'categorical("v1", "v2")'), mlops.histogram(b, 'categorical("true")'), mlops.histogram(ts, 'numeric(1767229200, 1767300000)'),
	mlops.histogram(code::text, 'categorical("1", "2", "-3", "04", "x")'), NULL) AS same
FROM histogram_wide GROUP BY g ORDER BY g;
-- few rows (no table yet), hand-counted: code is 1, 2, 3, 4, NULL
SELECT mlops.histogram_columns(ARRAY['categorical("1", "4")'::mlops.binning, 'numeric(3)', 'categorical("false")'], code, i, b) FROM histogram_wide WHERE i <= 5;
-- smallest and largest integers as labels
SELECT mlops.histogram_columns(ARRAY['categorical("9223372036854775807", "-9223372036854775808", "0")'::mlops.binning], x)
FROM unnest('{9223372036854775807, -9223372036854775808, 0, -1, NULL}'::int8[]) x, generate_series(1, 20);
SELECT mlops.histogram_columns(ARRAY['numeric(1)'::mlops.binning], i) IS NULL AS no_row FROM histogram_wide WHERE false;
-- a prepared statement's parameter
PREPARE h(mlops.binning[]) AS SELECT mlops.histogram_columns($1, i, t) FROM histogram_wide WHERE i <= 100;
EXECUTE h(ARRAY['numeric(51)'::mlops.binning, 'categorical("k1")']);
-- binnings from a column, the same for all rows of a group
SELECT mlops.histogram_columns(ARRAY[x.b], i) FROM histogram_wide, (VALUES ('numeric(3)'::mlops.binning)) x(b) WHERE i <= 5;
-- windows
SELECT i, mlops.histogram_columns(ARRAY['numeric(3)'::mlops.binning], i) OVER (ORDER BY i ROWS 1 PRECEDING) FROM histogram_wide WHERE i <= 4;

-- parallel
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
ALTER TABLE histogram_wide SET (parallel_workers = 2);
SELECT mlops.histogram_columns(ARRAY['numeric(1500.5)'::mlops.binning, NULL, 'categorical("1", "2")', 'categorical("true")'], i, t, code, b) FROM histogram_wide;
SELECT g, mlops.histogram_columns(ARRAY['numeric(1500.5)'::mlops.binning, NULL], i, t) FROM histogram_wide GROUP BY g ORDER BY g;
RESET max_parallel_workers_per_gather;

-- errors
\set VERBOSITY default
SELECT mlops.histogram_columns(NULL, i) FROM histogram_wide;
SELECT mlops.histogram_columns(ARRAY['numeric(3)'::mlops.binning], i, t) FROM histogram_wide;
SELECT mlops.histogram_columns(ARRAY['numeric(3)'::mlops.binning], t) FROM histogram_wide;
SELECT mlops.histogram_columns(ARRAY['categorical("a")'::mlops.binning], f8) FROM histogram_wide;
SELECT mlops.histogram_columns(ARRAY['numeric(3)'::mlops.binning], now()::date) FROM histogram_wide;
SELECT mlops.histogram_columns(ARRAY['numeric(3)'::mlops.binning], VARIADIC ARRAY[1, 2]);
SELECT mlops.histogram_columns(ARRAY[x.b], i) FROM histogram_wide JOIN (VALUES (1, 'numeric(3)'::mlops.binning), (2, 'numeric(4)')) x(k, b) ON k = i;
DROP TABLE histogram_wide;
