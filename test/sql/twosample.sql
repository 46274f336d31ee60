-- Every exact two-sample test of numbers: known values, and what cannot be tested.
SET client_min_messages = warning;
\pset null (null)
CREATE FUNCTION every_test(query text) RETURNS TABLE (test text, r mlops.test_result) LANGUAGE plpgsql AS $$
DECLARE name text;
BEGIN
	FOREACH name IN ARRAY ARRAY['ks', 'kuiper', 'cvm', 'anderson_darling', 'energy', 'wasserstein', 'epps_singleton', 'mann_whitney', 't', 'brown_forsythe'] LOOP
		RETURN QUERY EXECUTE format('SELECT %L, mlops.%I(x, c) FROM (%s) s (x, c)', name, name || '_test', query);
	END LOOP;
END $$;

-- Seven and nine rows with ties. Reference: SciPy 1.10 (mannwhitneyu of current and reference; ttest_ind, Welch; levene, median;
-- wasserstein_distance; energy_distance), for D, V, T and A2 the definitions in exact fractions, for W2 the definition in NumPy.
CREATE TABLE few AS SELECT x::float8, c FROM (VALUES (1, false), (2, false), (2, false), (3, false), (5, false), (8, false), (13, false),
	(2, true), (4, true), (5, true), (6, true), (8, true), (9, true), (10, true), (12, true), (15, true)) v (x, c);
SELECT test, (r).n_reference, (r).n_current, (r).n_excluded, round((r).statistic::numeric, 10) AS statistic FROM every_test('SELECT x, c FROM few') ORDER BY test;
-- p-values that count all 11440 arrangements: the same by counting them here
WITH RECURSIVE arrangement (k, picked, a) AS (
	SELECT 0, 0, ARRAY[]::float8[]
	UNION ALL
	SELECT k + 1, picked + take, CASE WHEN take = 1 THEN a || (SELECT x FROM (SELECT x, row_number() OVER (ORDER BY x, c) AS i FROM few) o WHERE i = k + 1) ELSE a END
	FROM arrangement, generate_series(0, 1) take WHERE k < 16 AND picked + take <= 7),
side AS (SELECT row_number() OVER () AS id, a FROM arrangement WHERE k = 16 AND picked = 7),
d AS (SELECT id, v.x, v.rows, (SELECT count(*) FROM unnest(a) u WHERE u <= v.x) / 7.0 - (v.upto - (SELECT count(*) FROM unnest(a) u WHERE u <= v.x)) / 9.0 AS d
	FROM side, (SELECT x, count(*) AS rows, sum(count(*)) OVER (ORDER BY x) AS upto FROM few GROUP BY x) v),
s AS (SELECT id, max(abs(d)) AS ks, sum(rows * d * d) AS cvm FROM d GROUP BY id),
o AS (SELECT max(abs(d)) AS ks, sum(rows * d * d) AS cvm FROM (SELECT x, count(*) AS rows, sum(count(*) FILTER (WHERE NOT c)) OVER (ORDER BY x) / 7.0 - sum(count(*) FILTER (WHERE c)) OVER (ORDER BY x) / 9.0 AS d FROM few GROUP BY x) q)
SELECT count(*) AS arrangements, abs(avg((s.ks > o.ks - 1e-9)::int) - (SELECT (mlops.ks_test(x, c)).p_value FROM few)::numeric) < 1e-12 AS ks,
	abs(avg((s.cvm > o.cvm - 1e-9)::int) - (SELECT (mlops.cvm_test(x, c)).p_value FROM few)::numeric) < 1e-12 AS cvm FROM s, o GROUP BY ();
SELECT test, (r).method FROM every_test('SELECT x, c FROM few') ORDER BY test;

-- no p-value, a reason, and never an error
SELECT what, test, (r).p_value, (r).n_reference AS n, (r).n_current AS m, (r).n_excluded AS excluded, (r).reason
FROM (VALUES (1, 'no rows', 'SELECT x, c FROM few WHERE false'), (2, 'no current', 'SELECT x, false FROM few'), (3, 'no reference', 'SELECT x, true FROM few'),
	(4, 'one each', 'VALUES (1.0::float8, false), (2, true)'), (5, 'constant', 'SELECT 3.0::float8, c FROM few'), (6, 'two constants', 'SELECT c::int::float8, c FROM few'),
	(7, 'nothing usable', 'VALUES (''NaN''::float8, false), (''Infinity'', true), (NULL, true), (1, NULL)')) v (k, what, query), LATERAL every_test(query)
ORDER BY k, test;

-- far values, and values as close as doubles come
SELECT test, (r).p_value BETWEEN 0 AND 1 AS p, (r).reason FROM every_test('SELECT x * 1e300, c FROM few') ORDER BY test;
SELECT test, (e.r).p_value = (p.r).p_value AS same, (e.r).reason FROM every_test('SELECT x * 0.5::float8 ^ 1000, c FROM few') e JOIN every_test('SELECT x, c FROM few') p USING (test) ORDER BY test;

-- permutations: seeded, checked, the same for a group
SELECT (mlops.cvm_test(x, c, 999, 1)).p_value = (mlops.cvm_test(x, c, 999, 1)).p_value AS same, (mlops.energy_test(x, c, 9, 3)).p_value >= .1 AS floor,
	abs((mlops.anderson_darling_test(x, c, 20000, 5)).p_value - (mlops.anderson_darling_test(x, c)).p_value) < .02 AS near, (mlops.wasserstein_test(x, c, 99, 7)).method FROM few;
SELECT mlops.cvm_test(x, c, 0, 1) FROM few;
SELECT mlops.cvm_test(x, c, 1000001, 1) FROM few;
SELECT mlops.energy_test(x, c, NULL, 1) FROM few;
SELECT mlops.energy_test(x, c, 10 + x::int, 1) FROM few;
DROP TABLE few;
DROP FUNCTION every_test;
