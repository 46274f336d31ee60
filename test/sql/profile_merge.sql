-- One pass, any split, any plan: the same counts, and sketches within what they state.
CREATE TEMP TABLE rows AS
SELECT i, i % 7 AS part,
	CASE WHEN i % 50 <> 0 THEN CASE WHEN i % 1000 = 1 THEN 'NaN' ELSE ((i * 7919::bigint) % 100003)::float8 / 8 END END AS wide,
	CASE WHEN i % 50 <> 0 THEN ((i * 7919::bigint) % 101)::float8 END AS narrow,
	CASE WHEN i % 4 = 0 THEN 'often' WHEN i % 10 = 1 THEN 'less' ELSE 'value ' || (i * 7919::bigint) % 5003 END AS many,
	CASE WHEN i % 3 = 0 THEN NULL ELSE 'value ' || i % 200 END AS few,
	i % 3 = 0 AS flag,
	'2026-01-01 00:00Z'::timestamptz + i * interval '1 minute' AS at
FROM generate_series(1, 100000) i;
ANALYZE rows;

-- What must not depend on the split: everything that is not a sketch.
CREATE FUNCTION pg_temp.solid(p mlops.profile) RETURNS jsonb LANGUAGE sql AS $$
	SELECT to_jsonb(d) - '{mean,stddev,skewness,kurtosis,median,p01,p05,p25,p75,p95,p99,rank_error,mean_length,stddev_length,sampled}'::text[]
		|| CASE WHEN d.exact THEN jsonb_build_object('values', p::jsonb -> 'values', 'median', d.median, 'p01', d.p01) ELSE '{}' END
	FROM mlops.describe(p) d $$;
CREATE FUNCTION pg_temp.floats(p mlops.profile) RETURNS float8[] LANGUAGE sql AS $$
	SELECT ARRAY[mean, stddev, skewness, kurtosis, mean_length, stddev_length] FROM mlops.describe(p) $$;
CREATE FUNCTION pg_temp.close(a float8[], b float8[]) RETURNS boolean LANGUAGE sql AS $$
	SELECT bool_and(x IS NOT DISTINCT FROM y OR abs(x - y) <= 1e-9 * greatest(abs(x), abs(y), 1e-3)) FROM unnest(a, b) u(x, y) $$;
CREATE TEMP VIEW whole AS SELECT
	mlops.profile(wide) AS wide, mlops.profile(narrow) AS narrow, mlops.profile(many) AS many,
	mlops.profile(few) AS few, mlops.profile(flag) AS flag, mlops.profile(at) AS at FROM rows;
CREATE TEMP TABLE serial AS SELECT c.name, c.p FROM whole, unnest(ARRAY['wide', 'narrow', 'many', 'few', 'flag', 'at'],
	ARRAY[wide, narrow, many, few, flag, at]) c(name, p);
SELECT name, kind, rows, nulls, nan, zeros, exact, sampled FROM serial, mlops.describe(p) ORDER BY name;

-- the values of `wide` are uniform over 0 .. 100002 / 8, so ranks are known
SELECT count(*) FILTER (WHERE abs(mlops.quantile(p, q / 100.0) / 12500.25 - q / 100.0) > mlops.rank_error(p)) AS outside,
	mlops.rank_error(p) BETWEEN 0.001 AND 0.02 AS bound FROM serial, generate_series(1, 99) q WHERE name = 'wide' GROUP BY mlops.rank_error(p);
SELECT name, round((mlops.distinct_count(p) / n)::numeric - 1, 1) AS relative_error
FROM serial JOIN (SELECT 'wide' AS name, count(DISTINCT wide) FILTER (WHERE wide <> 'NaN') AS n FROM rows
	UNION ALL SELECT 'many', count(DISTINCT many) FROM rows UNION ALL SELECT 'few', count(DISTINCT few) FROM rows) t USING (name) ORDER BY name;

-- frequent texts: listed with bounds that hold
SELECT value, count_lower <= n AND n <= count_upper AS within, count_upper - count_lower < 100000 / 257 AS tight
FROM serial, mlops.top_values(p, 2), LATERAL (SELECT count(*) AS n FROM rows WHERE many = value) t WHERE name = 'many';

-- merged from 1, 7 and 500 parts, in two orders
CREATE TEMP TABLE merged AS
SELECT k.parts, k.direction, c.name, mlops.merge(c.p ORDER BY s.part * k.direction) AS p
FROM (VALUES (1, 1), (7, 1), (7, -1), (500, 1), (500, -1)) k(parts, direction),
	LATERAL (SELECT i % k.parts AS part, mlops.profile(wide) AS wide, mlops.profile(narrow) AS narrow, mlops.profile(many) AS many,
				mlops.profile(few) AS few, mlops.profile(flag) AS flag, mlops.profile(at) AS at FROM rows GROUP BY 1) s,
	unnest(ARRAY['wide', 'narrow', 'many', 'few', 'flag', 'at'], ARRAY[wide, narrow, many, few, flag, at]) c(name, p)
GROUP BY k.parts, k.direction, c.name;
SELECT m.name, count(*), bool_and(pg_temp.solid(m.p) = pg_temp.solid(s.p)) AS solid,
	bool_and(pg_temp.close(pg_temp.floats(m.p), pg_temp.floats(s.p))) AS floats
FROM merged m JOIN serial s USING (name) GROUP BY m.name ORDER BY m.name;
SELECT max(abs(mlops.quantile(p, q / 100.0) / 12500.25 - q / 100.0) / mlops.rank_error(p)) < 1 AS inside,
	max(mlops.rank_error(p)) < .03 AS bound FROM merged, generate_series(1, 99) q WHERE name = 'wide';
SELECT count(*), bool_and(count_lower <= n AND n <= count_upper) AS within
FROM merged, mlops.top_values(p, 2), LATERAL (SELECT count(*) AS n FROM rows WHERE many = value) t WHERE name = 'many';

-- the same rows in the same order: the same bytes
SELECT bool_and(mlops.profile_send(a.p) = mlops.profile_send(b.p)) AS replay FROM
	(SELECT mlops.profile(wide ORDER BY i) AS p FROM rows) a, (SELECT mlops.profile(wide ORDER BY i) AS p FROM rows) b;

-- parallel
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 3;
CREATE TABLE public.profile_parallel AS SELECT * FROM rows;
ALTER TABLE public.profile_parallel SET (parallel_workers = 3);
ANALYZE public.profile_parallel;
CREATE FUNCTION pg_temp.is_parallel(query text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE plan json;
BEGIN
	EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
	RETURN plan::text LIKE '%"Partial Mode": "Partial"%';
END $$;
SELECT pg_temp.is_parallel('SELECT mlops.profile(wide) FROM public.profile_parallel') AS one,
	pg_temp.is_parallel('SELECT mlops.profile(many) FROM public.profile_parallel') AS text,
	pg_temp.is_parallel('SELECT mlops.profile_columns(wide, many) FROM public.profile_parallel') AS many;
CREATE TEMP TABLE parallel AS SELECT c.name, c.p FROM (SELECT
	mlops.profile(wide) AS wide, mlops.profile(narrow) AS narrow, mlops.profile(many) AS many,
	mlops.profile(few) AS few, mlops.profile(flag) AS flag, mlops.profile(at) AS at FROM public.profile_parallel) w,
	unnest(ARRAY['wide', 'narrow', 'many', 'few', 'flag', 'at'], ARRAY[wide, narrow, many, few, flag, at]) c(name, p);
INSERT INTO parallel SELECT c.name, w.p[c.i] FROM
	(SELECT mlops.profile_columns(wide, narrow, many, few, flag, at) AS p FROM public.profile_parallel) w,
	unnest(ARRAY['wide', 'narrow', 'many', 'few', 'flag', 'at']) WITH ORDINALITY c(name, i);
SELECT p.name, count(*), bool_and(pg_temp.solid(p.p) = pg_temp.solid(s.p)) AS solid,
	bool_and(pg_temp.close(pg_temp.floats(p.p), pg_temp.floats(s.p))) AS floats
FROM parallel p JOIN serial s USING (name) GROUP BY p.name ORDER BY p.name;
-- small states have short headers when they come out of a worker
SELECT part, mlops.row_count(mlops.profile(narrow)), mlops.row_count(mlops.profile(NULL::text)),
	mlops.row_count((mlops.profile_columns(narrow, flag))[2])
FROM public.profile_parallel WHERE i <= 70 GROUP BY part ORDER BY part;
SELECT mlops.row_count(mlops.merge(p)) FROM (SELECT mlops.profile(narrow) AS p FROM public.profile_parallel WHERE i <= 700 GROUP BY i) s;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size; RESET max_parallel_workers_per_gather;
DROP TABLE public.profile_parallel;

-- merging nothing
SELECT mlops.merge(p) IS NULL AS nothing FROM (SELECT NULL::mlops.profile AS p WHERE false) s;
SELECT mlops.merge(p) IS NULL AS only_null FROM (SELECT NULL::mlops.profile AS p) s;
-- merging one profile gives that profile, and empty ones change nothing
SELECT name, mlops.profile_send(mlops.merge(p)) = mlops.profile_send((array_agg(p))[1]) AS same FROM serial GROUP BY name ORDER BY name;
SELECT mlops.profile_send(mlops.merge(p ORDER BY o)) = mlops.profile_send((SELECT p FROM serial WHERE name = 'wide')) AS same FROM
	(SELECT 1 AS o, mlops.profile(wide) AS p FROM rows WHERE false UNION ALL SELECT 2, p FROM serial WHERE name = 'wide'
	 UNION ALL SELECT 3, mlops.profile(wide) AS p FROM rows WHERE false) s;
-- as a window function the state lives on: final must not spoil it
SELECT i, mlops.row_count(mlops.profile(narrow) OVER w) AS n, mlops.quantile(mlops.profile(narrow) OVER w, 1) AS max
FROM (SELECT i, i::float8 AS narrow FROM generate_series(1, 4) i) s WINDOW w AS (ORDER BY i);
SELECT bool_and(mlops.row_count(p) = i AND mlops.quantile(p, 1) = i AND abs(mlops.quantile(p, .5) - (i + 1) / 2) <= mlops.rank_error(p) * i + 1) AS growing
FROM (SELECT i, mlops.profile(i) OVER (ORDER BY i) AS p FROM generate_series(1, 1500) i) s;
