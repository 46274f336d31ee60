-- kruskal_wallis_test and brown_forsythe_test(value, group): values by hand; NULL,
-- NaN, infinities, empty and degenerate input; the same in memory, on disk and
-- in parallel plans.
SET search_path = public;
SET extra_float_digits = 0;

CREATE TABLE ks_rows (t text, g text, x float8);
INSERT INTO ks_rows SELECT 'three', g, x FROM (VALUES ('a', ARRAY[1, 2, 3]), ('b', ARRAY[4, 5, 6]), ('c', ARRAY[7, 8, 9])) v(g, xs), unnest(xs) x;
INSERT INTO ks_rows SELECT 'left out', g, x FROM ks_rows WHERE t = 'three';
INSERT INTO ks_rows VALUES ('left out', 'a', NULL), ('left out', 'd', NULL), ('left out', 'a', 'NaN'), ('left out', 'b', 'Infinity'), ('left out', 'c', '-Infinity'), ('left out', NULL, 5), ('left out', NULL, NULL),
	('one group', 'a', 1), ('one group', 'a', 2), ('singles', 'a', 1), ('singles', 'b', 3), ('singles', 'c', 2), ('all equal', 'a', 7), ('all equal', 'a', 7), ('all equal', 'b', 7),
	('-0', 'a', '-0'), ('-0', 'b', 0), ('-0', 'b', '-0'), ('only NULL', 'a', NULL), ('no group', NULL, 3),
	('spread', 'a', 0), ('spread', 'a', 1), ('spread', 'a', 5), ('spread', 'b', 10), ('spread', 'b', 20), ('spread', 'b', 60);

-- separated: rank sums 6, 15, 24: H = 12/90 (36 + 225 + 576)/3 - 30 = 7.2; 3! of 9!/3!^3 = 1680 assignments do as well
SELECT (h).method, abs((h).statistic - 7.2) < 1e-13 AS h, (h).df1, (h).df2, abs((h).p_value - 6 / 1680.0) < 1e-16 AS p, (h).groups, (h).n, abs((h).effect - 0.9) < 1e-14 AS e2, (h).effect_measure, (h).effect_lower, (h).n_excluded, (h).reason
FROM (SELECT mlops.kruskal_wallis_test(x, g) h FROM ks_rows WHERE t = 'three') s;
-- deviations 1, 0, 4 and 10, 0, 40: means 5/3, 50/3, F = 3/2 15^2 / ((26/3 + 2600/3) / 4)
SELECT (f).method, abs((f).statistic - 1.5 * 225 / ((26 + 2600) / 12.0)) < 1e-13 AS f, (f).df1, (f).df2, (f).p_value > 0.2 AND (f).p_value < 0.3 AS p, (f).groups, (f).n, (f).effect_measure, (f).effect_lower
FROM (SELECT mlops.brown_forsythe_test(x, g) f FROM ks_rows WHERE t = 'spread') s;
-- two groups are the two samples
SELECT (f).statistic = (t).statistic AND (f).p_value = (t).p_value AND (f).df2 = (t).df AS same FROM (SELECT mlops.brown_forsythe_test(x, g) f, mlops.brown_forsythe_test(x, g = 'b') t FROM ks_rows WHERE t = 'spread') s;
-- what is left out is counted
SELECT (a).n_excluded, a.statistic = b.statistic AND a.p_value = b.p_value AND a.groups = b.groups AS same
FROM (SELECT (mlops.kruskal_wallis_test(x, g)).* FROM ks_rows WHERE t = 'left out') a, (SELECT (mlops.kruskal_wallis_test(x, g)).* FROM ks_rows WHERE t = 'three') b;
-- what cannot be tested says so in a row
SELECT t, mlops.kruskal_wallis_test(x, g) AS kruskal, mlops.brown_forsythe_test(x, g) AS spread FROM ks_rows WHERE t NOT IN ('three', 'left out', 'spread') GROUP BY t ORDER BY t;
SELECT mlops.kruskal_wallis_test(x, g) AS kruskal, mlops.brown_forsythe_test(x, g) AS spread FROM ks_rows WHERE false;

-- many rows, with ties, by ranks in SQL and by anova_test of the deviations in SQL
CREATE TABLE ks_many AS SELECT i, chr(97 + i % 7) AS g, (i::bigint * 7919 % 10007 / 10 + CASE WHEN i % 7 = 3 THEN 20 ELSE 0 END)::float8 AS x FROM generate_series(1, 40000) i;
INSERT INTO ks_many SELECT i, repeat('long label ', 1000) || i % 2, 500 FROM generate_series(1, 20) i;
ANALYZE ks_many;
CREATE VIEW ks_expected AS
WITH r AS (SELECT g, x, rank() OVER (ORDER BY x) + (count(*) OVER (PARTITION BY x) - 1) / 2.0 - (count(*) OVER () + 1) / 2.0 AS r, count(*) OVER () AS n FROM ks_many),
	groups AS (SELECT sum(r) ^ 2 / count(*) AS b FROM r GROUP BY g),
	medians AS (SELECT g AS mg, percentile_cont(0.5) WITHIN GROUP (ORDER BY x) AS m FROM ks_many GROUP BY g)
SELECT (SELECT max(n) - 1 FROM r) * (SELECT sum(b) FROM groups) / (SELECT sum(r * r) FROM r) AS h, (SELECT mlops.anova_test(abs(x - m), g) FROM ks_many JOIN medians ON g = mg) AS f;
SELECT abs((k).statistic / h - 1) < 1e-11 AS h, (k).method, (k).groups, (k).n, abs((s).statistic / (f).statistic - 1) < 1e-12 AS f, abs((s).p_value / (f).p_value - 1) < 1e-10 AS p, abs((s).effect_upper / (f).effect_upper - 1) < 1e-9 AS upper
FROM (SELECT mlops.kruskal_wallis_test(x, g) k, mlops.brown_forsythe_test(x, g) s FROM ks_many) m, ks_expected;
CREATE TABLE ks_first AS SELECT mlops.kruskal_wallis_test(x, g) k, mlops.brown_forsythe_test(x, g) s FROM ks_many;
-- on disk: 64 kB of memory for 640 kB of values
SET work_mem = '64kB';
SELECT k = (SELECT k FROM ks_first) AS kruskal, abs((s).statistic / (SELECT (s).statistic FROM ks_first) - 1) < 1e-14 AS spread FROM (SELECT mlops.kruskal_wallis_test(x, g) k, mlops.brown_forsythe_test(x, g) s FROM ks_many) m;
SELECT i % 3 AS part, (mlops.kruskal_wallis_test(x, g)).n FROM ks_many GROUP BY 1 ORDER BY 1;
-- parallel, on disk and in memory
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
ALTER TABLE ks_many SET (parallel_workers = 2);
CREATE FUNCTION pg_temp.partial() RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) SELECT mlops.kruskal_wallis_test(x, g), mlops.brown_forsythe_test(x, g) FROM ks_many' LOOP
		IF line LIKE '%Partial Aggregate%' THEN RETURN true; END IF;
	END LOOP;
	RETURN false;
END $$;
SELECT pg_temp.partial();
SELECT k = (SELECT k FROM ks_first) AS kruskal, abs((s).statistic / (SELECT (s).statistic FROM ks_first) - 1) < 1e-14 AS spread FROM (SELECT mlops.kruskal_wallis_test(x, g) k, mlops.brown_forsythe_test(x, g) s FROM ks_many) m;
SET parallel_leader_participation = off;
SELECT k = (SELECT k FROM ks_first) AS kruskal FROM (SELECT mlops.kruskal_wallis_test(x, g) k FROM ks_many) m;
RESET work_mem;
SELECT k = (SELECT k FROM ks_first) AS kruskal, abs((s).statistic / (SELECT (s).statistic FROM ks_first) - 1) < 1e-14 AS spread FROM (SELECT mlops.kruskal_wallis_test(x, g) k, mlops.brown_forsythe_test(x, g) s FROM ks_many) m;
SELECT i % 3 AS part, (mlops.kruskal_wallis_test(x, g)).n FROM ks_many GROUP BY 1 ORDER BY 1;
RESET max_parallel_workers_per_gather;
-- a partitionwise plan sends partial results within one process
CREATE TABLE ks_parts (i bigint, g text, x float8) PARTITION BY HASH (i);
CREATE TABLE ks_parts_0 PARTITION OF ks_parts FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE ks_parts_1 PARTITION OF ks_parts FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO ks_parts SELECT * FROM ks_many;
ANALYZE ks_parts;
SET enable_partitionwise_aggregate = on;
SET max_parallel_workers_per_gather = 0;
SET work_mem = '64kB';
SELECT k = (SELECT k FROM ks_first) AS kruskal, abs((s).statistic / (SELECT (s).statistic FROM ks_first) - 1) < 1e-14 AS spread FROM (SELECT mlops.kruskal_wallis_test(x, g) k, mlops.brown_forsythe_test(x, g) s FROM ks_parts) m;
-- read twice: the sort of the partial results gives them again
SET enable_material = off;
SET cpu_tuple_cost = 1;
SELECT k, count(*), sum(n) FROM (VALUES (1), (2)) v (k)
LEFT JOIN (SELECT i % 2 = 0 AS part, (mlops.kruskal_wallis_test(x, g)).n FROM ks_parts GROUP BY 1 OFFSET 0) s ON n > k GROUP BY k ORDER BY k;
RESET cpu_tuple_cost;
RESET enable_material;
RESET work_mem;
RESET enable_partitionwise_aggregate;
RESET max_parallel_workers_per_gather;
DROP TABLE ks_parts;

-- errors
\set VERBOSITY default
SELECT mlops.kruskal_wallis_test(i, i::text) FROM generate_series(1, 1048577) i;
SELECT mlops.kruskal_wallis_test('x', 'a');
SELECT (mlops.kruskal_wallis_test(i % 3, i::text)).groups FROM generate_series(1, 30000) i;
DROP VIEW ks_expected;
DROP TABLE ks_rows, ks_many, ks_first;
