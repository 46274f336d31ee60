-- Merging is adding: any split, order, plan and frame gives the same bytes.
SET search_path = public;

SELECT mlops.merge('numeric(1) counts (1, 2) null 3 unseen 4'::mlops.histogram, 'numeric(1) counts (10, 20) null 30 unseen 40');
SELECT mlops.subtract('numeric(1) counts (10, 20) null 30 unseen 40'::mlops.histogram, 'numeric(1) counts (1, 2) null 3 unseen 4');
SELECT mlops.merge(h) FROM (VALUES ('numeric(1) counts (1, 2) null 3 unseen 4'::mlops.histogram), (NULL), ('numeric(1) counts (10, 20) null 30 unseen 40')) v(h);
SELECT mlops.merge(NULL::mlops.histogram) IS NULL AS nothing;
-- the arguments of a direct call are not touched
SELECT h AS before, mlops.merge(h, h) AS doubled, h AS after FROM (VALUES ('numeric(1) counts (1, 2) null 3 unseen 4'::mlops.histogram)) v(h);

CREATE TABLE histogram_rows AS
SELECT i, CASE WHEN i % 37 = 0 THEN NULL WHEN i % 41 = 0 THEN 'NaN' ELSE (i * 7919 % 10007) / 100.0::float8 END AS x,
	   CASE WHEN i % 43 = 0 THEN NULL ELSE 'k' || i * i % 23 END AS s, i % 3 = 0 AS b, i % 17 AS g
FROM generate_series(1, 5000) i;
ANALYZE histogram_rows;
CREATE TABLE histogram_bins AS SELECT mlops.binning('{10,20,50,80}'::float8[]) n, mlops.binning('{k1,k2,k3,k4}'::text[]) c, mlops.binning('{false,true}'::text[]) b;
CREATE TEMP TABLE want AS
SELECT mlops.histogram(x, (SELECT n FROM histogram_bins)) n, mlops.histogram(s, (SELECT c FROM histogram_bins)) c, mlops.histogram(b, (SELECT b FROM histogram_bins)) b FROM histogram_rows;

-- any split: by 17 groups, 5000 single rows, 1 group
SELECT k, mlops.merge(p.n)::text = (SELECT n::text FROM want) AS n, mlops.merge(p.c)::text = (SELECT c::text FROM want) AS c, mlops.merge(p.b)::text = (SELECT b::text FROM want) AS b
FROM (VALUES (17), (5000), (1), (2)) v(k),
	LATERAL (SELECT mlops.histogram(x, (SELECT n FROM histogram_bins)) n, mlops.histogram(s, (SELECT c FROM histogram_bins)) c, mlops.histogram(r.b, (SELECT b FROM histogram_bins)) b
			 FROM histogram_rows r GROUP BY i % k) p
GROUP BY k ORDER BY k;
-- any order
SELECT mlops.histogram_send(mlops.histogram(x, (SELECT n FROM histogram_bins) ORDER BY i DESC)) = mlops.histogram_send((SELECT n FROM want)) AS backwards,
	mlops.histogram_send(mlops.histogram(s, (SELECT c FROM histogram_bins) ORDER BY md5(i::text))) = mlops.histogram_send((SELECT c FROM want)) AS shuffled
FROM histogram_rows;

-- parallel plans; a state of few bytes gets a short header on its way
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
ALTER TABLE histogram_rows SET (parallel_workers = 2);
CREATE FUNCTION pg_temp.is_parallel(query text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
		IF line ~ 'Partial (Hash)?Aggregate|Partial GroupAggregate' THEN
			RETURN true;
		END IF;
	END LOOP;
	RETURN false;
END $$;
SELECT pg_temp.is_parallel('SELECT mlops.histogram(x, ''numeric(10, 20, 50, 80)''), mlops.histogram(s, ''categorical("k1")'') FROM histogram_rows') AS parallel;
SELECT mlops.histogram(x, (SELECT n FROM histogram_bins))::text = (SELECT n::text FROM want) AS n,
	mlops.histogram(s, (SELECT c FROM histogram_bins))::text = (SELECT c::text FROM want) AS c,
	mlops.histogram(b, (SELECT b FROM histogram_bins))::text = (SELECT b::text FROM want) AS b FROM histogram_rows;
SELECT mlops.histogram(x, 'numeric()') FROM histogram_rows;
SELECT mlops.histogram(b, 'categorical()') FROM histogram_rows WHERE i <= 3;
-- by the server's own count: what the next four should say
SELECT i % 2 AS odd, count(*) FILTER (WHERE x < 50) AS below, count(*) FILTER (WHERE x >= 50 AND x <> 'NaN') AS above,
	count(*) FILTER (WHERE x IS NULL) AS null, count(*) FILTER (WHERE x = 'NaN') AS nan FROM histogram_rows GROUP BY ROLLUP (1) ORDER BY 1;
SELECT mlops.merge(h) FROM (SELECT g, mlops.histogram(x, 'numeric(50)') h FROM histogram_rows GROUP BY g) s;
CREATE TABLE histogram_parts AS SELECT i, mlops.histogram(x, 'numeric(50)') h FROM histogram_rows GROUP BY i;
ALTER TABLE histogram_parts SET (parallel_workers = 2);
SELECT pg_temp.is_parallel('SELECT mlops.merge(h) FROM histogram_parts') AS parallel;
SELECT mlops.merge(h) FROM histogram_parts;
SELECT i % 2 AS odd, mlops.merge(h) FROM histogram_parts GROUP BY 1 ORDER BY 1;
SELECT mlops.histogram(x, (SELECT array_agg(n) FROM histogram_bins)[1])::text = (SELECT n::text FROM want) AS n FROM histogram_rows;
RESET max_parallel_workers_per_gather;

-- moving frames: taking rows out again is exact
CREATE TEMP TABLE moving AS
SELECT row_number() OVER (ORDER BY i) AS i, x, s, b, '2026-01-01 00:00+00'::timestamptz + x * interval '1 second' AS t
FROM histogram_rows WHERE i <= 400 AND x IS DISTINCT FROM 'NaN';
SELECT count(*) AS frames, count(*) FILTER (WHERE (m.n::text, m.c::text, m.b::text, m.t::text) = (w.n::text, w.c::text, w.b::text, w.t::text)) AS same
FROM (SELECT i, mlops.histogram(x, 'numeric(10, 20, 50, 80)') OVER f AS n, mlops.histogram(s, 'categorical("k1", "k2")') OVER f AS c,
		mlops.histogram(b, 'categorical("false", "true")') OVER f AS b, mlops.histogram(t, 'numeric(1767225650)') OVER f AS t
	  FROM moving WINDOW f AS (ORDER BY i ROWS BETWEEN 60 PRECEDING AND 5 FOLLOWING)) m,
	LATERAL (SELECT mlops.histogram(x, 'numeric(10, 20, 50, 80)') n, mlops.histogram(s, 'categorical("k1", "k2")') c,
		mlops.histogram(b, 'categorical("false", "true")') b, mlops.histogram(t, 'numeric(1767225650)') t
		FROM moving r WHERE r.i BETWEEN m.i - 60 AND m.i + 5) w;
-- merge() over a moving frame of granules
SELECT i, mlops.merge(h) OVER (ORDER BY i ROWS 2 PRECEDING) FROM (VALUES (1, 'numeric() counts (1) null 0 unseen 0'::mlops.histogram),
	(2, 'numeric() counts (10) null 1 unseen 0'), (3, NULL), (4, 'numeric() counts (100) null 0 unseen 1'), (5, 'numeric() counts (1000) null 0 unseen 0'),
	(6, NULL), (7, NULL), (8, NULL), (9, 'numeric() counts (5) null 0 unseen 0')) v(i, h);
-- a frame that becomes empty is nothing, and starts anew
SELECT i, mlops.histogram(i, 'numeric(2)') FILTER (WHERE i IN (1, 4)) OVER (ORDER BY i ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM generate_series(1, 5) i;

-- errors
\set VERBOSITY default
SELECT mlops.merge('numeric(1) counts (1, 2) null 3 unseen 4'::mlops.histogram, 'numeric(2) counts (1, 2) null 3 unseen 4');
SELECT mlops.merge(h) FROM (VALUES ('numeric(1) counts (1, 2) null 3 unseen 4'::mlops.histogram), ('numeric(1) range [0, 1] counts (1, 2) null 3 unseen 4')) v(h);
SELECT mlops.merge('numeric() counts (9223372036854775800) null 0 unseen 0'::mlops.histogram, 'numeric() counts (1) null 3 unseen 4');
SELECT mlops.subtract('numeric(1) counts (1, 2) null 3 unseen 4'::mlops.histogram, 'numeric(1) counts (1, 3) null 3 unseen 4');
DROP TABLE histogram_rows, histogram_bins, histogram_parts;
