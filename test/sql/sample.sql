-- The state of the exact tests of numbers: memory, disk, parallel plans, groups.
SET client_min_messages = warning;
\pset null (null)
CREATE TABLE sample_rows AS
SELECT i, i % 3 = 0 AS c, (i * 7919::bigint % 100003)::float8 / 8 - 5000 + CASE WHEN i % 3 = 0 THEN 100 ELSE 0 END AS x, i % 4 AS g
FROM generate_series(1, 120000) i;
INSERT INTO sample_rows VALUES (0, NULL, 1, 0), (0, true, NULL, 0), (0, false, 'NaN', 1), (0, true, 'Infinity', 1), (0, false, '-Infinity', 2), (0, NULL, NULL, 2), (0, true, '-0', 3);
ALTER TABLE sample_rows SET (parallel_workers = 2);
ANALYZE sample_rows;

-- the same by definition: D over all values, W1 and energy as integrals
CREATE TABLE sample_expected AS
WITH v AS (
	SELECT x, count(*) FILTER (WHERE NOT c) a, count(*) FILTER (WHERE c) b FROM sample_rows
	WHERE c IS NOT NULL AND abs(x) < 1e9 GROUP BY x),
d AS (
	SELECT x, sum(a) OVER w / sum(a) OVER () - sum(b) OVER w / sum(b) OVER () AS d, lead(x) OVER w - x AS dx FROM v WINDOW w AS (ORDER BY x))
SELECT max(abs(d))::float8 AS ks, sum(abs(d)::float8 * dx) AS w1, sqrt(2 * sum((d ^ 2)::float8 * dx)) AS energy FROM d;

CREATE TABLE sample_got (how text, n_reference bigint, n_current bigint, n_excluded bigint, ks float8, w1 float8, energy float8);
CREATE PROCEDURE sample_measure(how text) LANGUAGE plpgsql AS $$
DECLARE r record;
BEGIN
	-- not INSERT ... SELECT, which never is parallel
	SELECT mlops.ks_test(x, c) AS t, mlops.wasserstein_distance(x, c) AS w, mlops.energy_distance(x, c) AS e INTO r FROM sample_rows;
	INSERT INTO sample_got VALUES (how, (r.t).n_reference, (r.t).n_current, (r.t).n_excluded, (r.t).statistic, r.w, r.e);
END $$;

SET max_parallel_workers_per_gather = 0;
SET work_mem = '64MB';
CALL sample_measure('memory');
SET work_mem = '64kB';
CALL sample_measure('disk');
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
CALL sample_measure('parallel, disk');
SET work_mem = '64MB';
CALL sample_measure('parallel, memory');
SET parallel_leader_participation = off;
CALL sample_measure('parallel, leader waits');
-- each worker fits, their sum does not
SET work_mem = '1500kB';
CALL sample_measure('parallel, the leader spills');
RESET parallel_leader_participation;
RESET work_mem;
SELECT how, n_reference, n_current, n_excluded, g.ks = e.ks AS ks, abs(g.w1 / e.w1 - 1) < 1e-12 AS w1, abs(g.energy / e.energy - 1) < 1e-12 AS energy
FROM sample_got g, sample_expected e ORDER BY how COLLATE "C";
SELECT count(DISTINCT (ks, w1, energy)) AS "bit for bit the same" FROM sample_got;

-- the plan was what the names say
CREATE FUNCTION sample_plan(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE l text;
BEGIN
	FOR l IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP RETURN NEXT substring(l FROM '(Finalize Aggregate|Partial Aggregate|Workers Planned.*|GroupAggregate|HashAggregate)'); END LOOP;
END $$;
SELECT l FROM sample_plan('SELECT mlops.ks_test(x, c) FROM sample_rows') l WHERE l IS NOT NULL;
RESET max_parallel_workers_per_gather;

-- tests over the same columns share one state; a second test does not disturb the first
SET max_parallel_workers_per_gather = 0;
SET work_mem = '64kB';
SELECT a = b AS same, b = c AS same FROM (SELECT (mlops.ks_test(x, c)).statistic a, (mlops.ks_test(x, c)).statistic b, (mlops.ks_test(x + 0, c)).statistic c FROM sample_rows) s;

-- more files than are kept, rows in any order, and tests with several passes: what they say in memory
SET work_mem = '64MB';
CREATE TABLE sample_orders (how text, query text);
INSERT INTO sample_orders SELECT how, format('SELECT ROW(mlops.ks_test(x, c), mlops.brown_forsythe_test(x, c), mlops.epps_singleton_test(x, c), mlops.wasserstein_test(x, c, 5, 1))::text FROM (SELECT * FROM sample_rows ORDER BY %s OFFSET 0) s', how)
FROM unnest('{i,x,x DESC,"c, x","c DESC, x DESC"}'::text[]) how;
CREATE FUNCTION sample_answer(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE answer text;
BEGIN
	EXECUTE query INTO answer;
	RETURN answer;
END $$;
CREATE TABLE sample_answers AS SELECT how, sample_answer(query) AS answer FROM sample_orders;
SET work_mem = '64kB';
SELECT how, sample_answer(query) = answer AS same FROM sample_orders JOIN sample_answers USING (how) ORDER BY how COLLATE "C";
SELECT count(DISTINCT answer) AS "in any order the same" FROM sample_answers;

-- a process that has seen rows of one side only, and spilled
CREATE TABLE sample_clustered AS SELECT i, i > 90000 AS c, i * 7919::bigint % 100003 AS x FROM generate_series(1, 120000) i;
ALTER TABLE sample_clustered SET (parallel_workers = 3);
ANALYZE sample_clustered;
SET work_mem = '64MB';
DROP TABLE sample_got;
CREATE TABLE sample_got AS SELECT mlops.wasserstein_distance(x, c) AS w, mlops.energy_distance(x, c) AS e FROM sample_clustered;
SET work_mem = '64kB';
SET max_parallel_workers_per_gather = 3;
SELECT mlops.wasserstein_distance(x, c) = (SELECT w FROM sample_got) AS same FROM sample_clustered;
SET parallel_leader_participation = off;
SELECT mlops.wasserstein_distance(x, c) = (SELECT w FROM sample_got) AS same FROM sample_clustered;
RESET parallel_leader_participation;
-- the final node asks for a shared state in another order than the partial one has sent it
SELECT mlops.wasserstein_distance(x, c) - (SELECT w FROM sample_got) + 0 * random() AS zero, mlops.energy_distance(x, c) = (SELECT e FROM sample_got) AS same
FROM sample_clustered ORDER BY 2;
-- rows on demand: the leader runs the parallel plan alone
CREATE FUNCTION sample_lazy() RETURNS SETOF float8 LANGUAGE sql AS 'SELECT mlops.wasserstein_distance(x, c) FROM sample_clustered';
SELECT sample_lazy() = w AS same FROM sample_got;
-- two parallel plans at once, and one inside another's functions
SELECT a.w = g.w AS same, b.e = g.e AS same
FROM (SELECT mlops.wasserstein_distance(x, c) AS w FROM sample_clustered) a, (SELECT mlops.energy_distance(x, c) AS e FROM sample_clustered) b, sample_got g;
CREATE FUNCTION sample_nested() RETURNS float8 LANGUAGE plpgsql PARALLEL SAFE AS 'BEGIN RETURN (SELECT mlops.wasserstein_distance(x, c) FROM sample_clustered); END';
SELECT mlops.wasserstein_distance(x + CASE WHEN i % 30000 = 0 THEN sample_nested() - w ELSE 0 END, c) = min(w) AS same FROM sample_clustered, sample_got;
-- partitions, each with its own partial result
CREATE TABLE sample_parts (i integer, c boolean, x bigint) PARTITION BY RANGE (i);
CREATE TABLE sample_part1 PARTITION OF sample_parts FOR VALUES FROM (MINVALUE) TO (40000);
CREATE TABLE sample_part2 PARTITION OF sample_parts FOR VALUES FROM (40000) TO (MAXVALUE);
INSERT INTO sample_parts SELECT * FROM sample_clustered;
ANALYZE sample_parts;
SET max_parallel_workers_per_gather = 0;
SET enable_partitionwise_aggregate = on;
SELECT mlops.wasserstein_distance(x, c) = (SELECT w FROM sample_got) AS same FROM sample_parts;
-- more of them than there may be files, all spilled
CREATE TABLE sample_forty (LIKE sample_clustered) PARTITION BY HASH (i);
DO $$ BEGIN FOR k IN 0 .. 39 LOOP EXECUTE format('CREATE TABLE sample_forty_%s PARTITION OF sample_forty FOR VALUES WITH (MODULUS 40, REMAINDER %s)', k, k); END LOOP; END $$;
INSERT INTO sample_forty SELECT * FROM sample_clustered;
INSERT INTO sample_forty SELECT * FROM sample_clustered;
ANALYZE sample_forty;
SELECT count(*) >= 40 AS "partial results" FROM sample_plan('SELECT mlops.energy_distance(x, c) FROM sample_forty') l WHERE l = 'Partial Aggregate';
SELECT mlops.wasserstein_distance(x, c) = (SELECT w FROM sample_got) AS same FROM sample_forty;
-- read twice: the sort of the partial results gives them again
SET enable_material = off;
SET cpu_tuple_cost = 1;
SELECT k, count(*), count(*) FILTER (WHERE s.w = (SELECT mlops.wasserstein_distance(x, c) FROM sample_clustered WHERE (i % 2 = 0) = even)) AS same
FROM (VALUES (1), (2)) v (k) LEFT JOIN (SELECT i % 2 = 0 AS even, mlops.wasserstein_distance(x, c) AS w FROM sample_parts GROUP BY 1 OFFSET 0) s ON w > -k
GROUP BY k ORDER BY k;
RESET cpu_tuple_cost;
RESET enable_material;
SELECT (mlops.cvm_test(x, c, CASE WHEN i < 40000 THEN 10 ELSE 20 END, 1)).p_value FROM sample_parts WHERE i % 1000 = 0;
RESET enable_partitionwise_aggregate;
-- a cursor: some groups, an error in between, the rest after the end of the transaction
BEGIN;
DECLARE sample_cursor CURSOR WITH HOLD FOR SELECT i % 4 AS g, mlops.wasserstein_distance(x, c) AS w FROM sample_clustered GROUP BY 1 ORDER BY 1;
CREATE TABLE sample_expected_groups AS SELECT i % 4 AS g, mlops.wasserstein_distance(x, c) AS w FROM sample_clustered GROUP BY 1;
MOVE 1 FROM sample_cursor;
SAVEPOINT a;
MOVE 1 FROM sample_cursor;
SELECT 1 / 0;
ROLLBACK TO a;
COMMIT;
FETCH FROM sample_cursor \gset fetched_
SELECT w = :'fetched_w' AS same, g FROM sample_expected_groups WHERE g = :fetched_g;
CLOSE sample_cursor;
-- several states at once
SET enable_hashagg = off;
CREATE TABLE sample_sets AS SELECT i % 2 AS a, i % 3 AS b, mlops.wasserstein_distance(x, c) AS w FROM sample_clustered GROUP BY CUBE (1, 2);
RESET enable_hashagg;
SET work_mem = '64MB';
SELECT count(*), count(*) FILTER (WHERE w = (SELECT mlops.wasserstein_distance(x, c) FROM sample_clustered WHERE (i % 2 = a) IS NOT FALSE AND (i % 3 = b) IS NOT FALSE)) AS same FROM sample_sets;
SET work_mem = '64kB';
-- a hash table that spills itself
SET enable_sort = off;
CREATE TABLE sample_many AS SELECT i % 20 AS g, mlops.wasserstein_distance(x, c) AS w FROM sample_clustered GROUP BY 1;
RESET enable_sort;
SELECT count(*), count(*) FILTER (WHERE w = (SELECT mlops.wasserstein_distance(x, c) FROM sample_clustered WHERE i % 20 = g)) AS same FROM sample_many;
-- the loop of a procedure that commits
CREATE PROCEDURE sample_commits() LANGUAGE plpgsql AS $$
DECLARE
	r record;
	n integer := 0;
BEGIN
	FOR r IN SELECT i % 4 AS g, mlops.wasserstein_distance(x, c) AS w FROM sample_clustered GROUP BY 1 ORDER BY 1 LOOP
		n := n + (SELECT (e.w = r.w)::integer FROM sample_expected_groups e WHERE e.g = r.g);
		COMMIT;
	END LOOP;
	RAISE WARNING '% groups are the same', n;
END $$;
CALL sample_commits();
DROP TABLE sample_clustered, sample_got, sample_parts, sample_sets, sample_many, sample_expected_groups;
DROP PROCEDURE sample_commits;
DROP FUNCTION sample_lazy, sample_nested;
RESET work_mem;

-- groups: sorted and hashed, in memory and on disk
SET enable_hashagg = off;
CREATE TABLE sample_sorted AS SELECT g, (mlops.ks_test(x, c)).* FROM sample_rows GROUP BY g;
SET enable_hashagg = on;
SET enable_sort = off;
CREATE TABLE sample_hashed AS SELECT g, (mlops.ks_test(x, c)).* FROM sample_rows GROUP BY g;
RESET enable_sort;
RESET work_mem;
SELECT g, n_reference, n_current, n_excluded FROM sample_sorted ORDER BY g;
SELECT count(*) FROM (TABLE sample_sorted EXCEPT TABLE sample_hashed) s;
SELECT count(*) FROM (SELECT g, (mlops.ks_test(x, c)).* FROM sample_rows GROUP BY g EXCEPT TABLE sample_hashed) s;
-- rescanned, cut short, and rolled back in the middle
SET work_mem = '64kB';
SELECT k, (SELECT (mlops.ks_test(x + k, c)).statistic = (SELECT ks FROM sample_expected) FROM sample_rows) AS same FROM generate_series(0, 2) k;
SELECT count(*) FROM (SELECT mlops.ks_test(x, c) FROM sample_rows GROUP BY g LIMIT 1) s;
DO $$
BEGIN
	PERFORM mlops.ks_test(x, c) FROM (SELECT x, c FROM sample_rows UNION ALL SELECT 1 / (g - g), true FROM sample_rows WHERE i = 7) s;
EXCEPTION WHEN division_by_zero THEN
	RAISE WARNING 'stopped: %', SQLERRM;
END $$;
SELECT (mlops.ks_test(x, c)).statistic = (SELECT ks FROM sample_expected) AS same FROM sample_rows;
RESET work_mem;

-- what cannot be
SELECT mlops.ks_test(x, c) FROM sample_rows WHERE false;
SELECT mlops.wasserstein_distance(x, c), mlops.energy_distance(x, c) FROM sample_rows WHERE c;
SELECT (mlops.ks_test(x, c)).reason FROM sample_rows WHERE NOT c;
SELECT (mlops.ks_test(x, c)).reason FROM sample_rows WHERE c;
SELECT (mlops.ks_test(x, c)).reason, (mlops.ks_test(x, c)).n_excluded FROM sample_rows WHERE x = 'NaN';
SELECT mlops.ks_test(x, c) OVER () FROM sample_rows WHERE i = 1;
SELECT mlops.ks_test('a', true);
SELECT mlops.ks_test('1'::text, true);
DROP TABLE sample_rows, sample_expected, sample_sorted, sample_hashed;
DROP PROCEDURE sample_measure;
DROP FUNCTION sample_plan;
