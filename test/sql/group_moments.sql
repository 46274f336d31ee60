-- group_moments(value, group) and the tests of means: values by hand; NULL, NaN,
-- infinities, empty and degenerate input; merging and parallel plans; NIST's
-- hardest offset; input and output; hostile input.
SET search_path = public;
SET extra_float_digits = 0;

CREATE TABLE gm_rows (t text, g text, x float8);
INSERT INTO gm_rows SELECT 'three', g, x FROM (VALUES ('a', ARRAY[1, 2, 3]), ('b', ARRAY[2, 3, 4]), ('c', ARRAY[6, 7, 8])) v(g, xs), unnest(xs) x;
INSERT INTO gm_rows SELECT 'left out', g, x FROM gm_rows WHERE t = 'three';
INSERT INTO gm_rows VALUES ('left out', 'a', NULL), ('left out', 'd', NULL), ('left out', 'a', 'NaN'), ('left out', 'b', 'Infinity'), ('left out', 'b', 'Infinity'),
	('left out', 'c', '-Infinity'), ('left out', NULL, 5), ('left out', NULL, NULL), ('left out', NULL, 'NaN'),
	('one group', 'a', 1), ('one group', 'a', 2), ('one row', 'a', 1), ('singles', 'a', 1), ('singles', 'b', 3), ('singles', 'c', 2),
	('all equal', 'a', 7), ('all equal', 'a', 7), ('all equal', 'b', 7), ('constant within', 'a', 7), ('constant within', 'a', 7), ('constant within', 'b', 8), ('constant within', 'b', 8),
	('only NULL', 'a', NULL), ('no group', NULL, 3), ('large', 'a', 1.7e308), ('large', 'a', -1.7e308), ('large', 'b', 1), ('large', 'b', 2), ('-0', 'a', '-0'), ('-0', 'a', 0), ('-0', '', '-0');

-- three: means 2, 3, 7, grand mean 4: between 3 (4 + 1 + 9) = 42, within 6: F = 21 / 1 with 2 and 6 df;
-- omega squared (42 - 2) / (48 + 1); p = (1 + 2 * 21 / 6)^-3 = 1/512
SELECT (f).method, abs((f).statistic - 21) < 1e-13 AS f, (f).df1, (f).df2, abs((f).p_value * 512 - 1) < 1e-13 AS p, (f).groups, (f).n, abs((f).ln_p_value + ln(512::float8)) < 1e-13 AS ln_p,
	abs((f).effect - 40 / 49.0) < 1e-14 AS omega2, (f).effect_measure, (f).effect_lower > 0.2 AND (f).effect_lower < (f).effect AND (f).effect_upper > (f).effect AND (f).effect_upper < 1 AS interval, (f).n_excluded, (f).reason
FROM (SELECT mlops.anova_test(x, g) f FROM gm_rows WHERE t = 'three') s;
-- every variance is 1, so are Welch's weights: F = 21 / (1 + 2/8 * 3 (2/3)^2 / 2) = 21 / (7/6), df2 = 8 / (3 * 2/3)
SELECT (f).method, abs((f).statistic - 18) < 1e-13 AS f, (f).df1, abs((f).df2 - 4) < 1e-13 AS df2, abs((f).p_value - 1 / (1 + 2 * 18 / 4.0) ^ 2) < 1e-14 AS p, (f).groups, (f).n, (f).effect_measure, (f).effect_lower
FROM (SELECT mlops.welch_anova_test(x, g) f FROM gm_rows WHERE t = 'three') s;
-- a against b: t = 1 / sqrt(2/3), df 4, d = 1; p of t with 4 df in closed form
SELECT (t).method, abs((t).statistic - sqrt(1.5)) < 1e-15 AS t, abs((t).df - 4) < 1e-14 AS df, (t).n_reference, (t).n_current, abs((t).effect - 1) < 1e-15 AS d, (t).effect_measure,
	abs((t).p_value - (1 - (1.5 * s - 0.5 * s ^ 3))) < 1e-14 AS p, (t).effect_lower < 0 AND (t).effect_upper > 2 AS interval
FROM (SELECT mlops.t_test(mlops.group_moments(x, g), 'a', 'b') t, sqrt(1.5 / 5.5::float8) s FROM gm_rows WHERE t = 'three') s;
-- R 4.2: t.test(extra ~ group, sleep): t = -1.8608 as group 1 - group 2, df 17.776, p 0.07939; here current - reference
SELECT round((t).statistic::numeric, 4) AS t, round((t).df::numeric, 3) AS df, round((t).p_value::numeric, 5) AS p
FROM (SELECT mlops.t_test(x, c) t FROM (SELECT unnest(ARRAY[0.7,-1.6,-0.2,-1.2,-0.1,3.4,3.7,0.8,0.0,2.0]) x, false c UNION ALL SELECT unnest(ARRAY[1.9,0.8,1.1,0.1,-0.1,4.4,5.5,1.6,4.6,3.4]), true) v) s;
-- the other way round only the signs change; a larger current mean is positive
SELECT (a).statistic = -(b).statistic AND (a).p_value = (b).p_value AS t, abs((a).effect_lower + (b).effect_upper) < 1e-12 AS interval, (a).statistic > 0 AS up
FROM (SELECT mlops.t_test(x, g = 'c') a, mlops.t_test(x, g <> 'c') b FROM gm_rows WHERE t = 'three') s;
-- integers and numerics are welcome
SELECT (mlops.t_test(i, i > 5)).df > 0 AS int, (mlops.t_test(i::numeric, i > 5)).df > 0 AS numeric, (mlops.anova_test(i, (i % 3)::text)).df2 FROM generate_series(1, 10) i;

-- what is left out is counted
SELECT t, mlops.group_moments(x, g) FROM gm_rows GROUP BY t ORDER BY t;
SELECT (a).n_excluded, (a).statistic = (SELECT (mlops.anova_test(x, g)).statistic FROM gm_rows WHERE t = 'three') AS same, (w).n_excluded AS welch, (t).n_excluded AS t, (t).n_reference, (t).n_current
FROM (SELECT mlops.anova_test(x, g) a, mlops.welch_anova_test(x, g) w, mlops.t_test(x, g = 'a') t FROM gm_rows WHERE t = 'left out') s;
-- what cannot be tested says so in a row
SELECT t, mlops.anova_test(x, g) AS anova, mlops.welch_anova_test(x, g) AS welch FROM gm_rows WHERE t NOT IN ('three', 'left out') GROUP BY t ORDER BY t;
SELECT t, mlops.t_test(x, g = 'b') FROM gm_rows WHERE t NOT IN ('three', 'left out', 'singles') GROUP BY t ORDER BY t;
SELECT mlops.t_test(g, 'a', 'nobody') AS no_current, mlops.t_test(g, 'nobody', 'a') AS no_reference, mlops.t_test(g, NULL, 'a') IS NULL AS no_label FROM (SELECT mlops.group_moments(x, g) g FROM gm_rows WHERE t = 'three') s;
SELECT mlops.group_moments(x, g) IS NULL AS group_moments FROM gm_rows WHERE false;
-- one constant side is enough for Welch
SELECT abs((t).statistic - 6) < 1e-14 AS t, (t).df, (t).n_current FROM (SELECT mlops.t_test(x, c) t FROM (VALUES (1.0, false), (2.0, false), (3.0, false), (sqrt(12.0::float8) + 2, true), (sqrt(12.0::float8) + 2, true)) v(x, c)) s;
-- 95 % zeros, 500 rows against 50.  None of the 50 or one of them is 1: their variance says nothing, the pooled one is taken; eight: Welch's.
-- SciPy 1.10: ttest_ind(equal_var=True) p 0.10596621544723077 and 0.34145982502544125 (where equal_var=False gives 4.3e-07 and 0.18); equal_var=False 0.043898927192094164
SELECT ones, (t).method, (t).df = 548 AS student, round((t).p_value::numeric, 13) AS p, round((w).p_value::numeric, 13) AS welch_anova, (w).method AS welch_anova_method, (w).reason, (a).p_value = (w).p_value AS is_anova
FROM (SELECT ones, mlops.t_test(x, c) t, mlops.welch_anova_test(x, c::text) w, mlops.anova_test(x, c::text) a
	FROM (VALUES (0), (1), (8)) o(ones), LATERAL (SELECT (i <= 25 OR i BETWEEN 501 AND 500 + ones)::int::float8 x, i > 500 c FROM generate_series(1, 550) i) s GROUP BY ones) s ORDER BY ones;
-- with as many rows on both sides Welch's p is the larger one always
SELECT (mlops.t_test((i % 50 = 0 AND i <= 450)::int, i > 500)).method FROM generate_series(1, 1000) i;
-- three groups: SciPy's f_oneway p 0.41916002606163294, Welch's (statsmodels) 0.225557
SELECT (w).method, round((w).p_value::numeric, 13) AS p FROM (SELECT mlops.welch_anova_test((i <= 25 OR i IN (501, 600))::int, (i > 500)::int || (i > 550)::int::text) w FROM generate_series(1, 600) i) s;
-- moments of -1, -1, -1, 3 around 2.5: skewness 2 / sqrt(3)
SELECT * FROM mlops.groups('("b" 1 7 0 0 0 0 0, "a" 4 2.5 0 12 0 24 0, "d" 2 1 0 0 0 0 0, "c" 2 0 0 Infinity 0 Infinity 0) null 0 nan 0 infinity 0 0 unassigned 0');
SELECT g - 'sum_of_cubes' AS jsonb, g #> '{sum_of_cubes,0}' AS a, round((g #>> '{sum_of_cubes,1}')::numeric, 13) AS b FROM (SELECT mlops.group_moments(x, g)::jsonb g FROM gm_rows WHERE t IN ('left out', 'large')) s;

-- NIST StRD SmLs09: 18,009 rows, 13 leading digits constant.  0.2 at 1e12 is not a double, so the certified 2001 cannot
-- be had from doubles: F of the rounded rows is 2001.134926220950547 (exact rational arithmetic).  The rows less 1e12 give 2001.
CREATE TABLE gm_nist AS SELECT i, g::text, (1000000000000 + d + CASE WHEN i = 1 THEN 0 WHEN i % 2 = 0 THEN -0.1 ELSE 0.1 END)::numeric x
FROM (VALUES (1, 0.4), (2, 0.3), (3, 0.5), (4, 0.3), (5, 0.5), (6, 0.3), (7, 0.5), (8, 0.3), (9, 0.5)) v(g, d), generate_series(1, 2001) i;
ANALYZE gm_nist;
SELECT abs((f).statistic / 2001.134926220950547 - 1) < 1e-14 AS doubles, (f).df1, (f).df2, abs((r).statistic / 2001 - 1) < 1e-13 AS decimals
FROM (SELECT mlops.anova_test(x::float8, g) f, mlops.anova_test((x - 1000000000000)::float8, g) r FROM gm_nist) s;

-- merging any split and any order: the same to the last digits
CREATE FUNCTION pg_temp.f(g mlops.group_moments) RETURNS boolean LANGUAGE sql AS $$ SELECT abs((mlops.anova_test(g)).statistic / 2001.134926220950547 - 1) < 1e-14 $$;
SELECT k, pg_temp.f(mlops.merge(p.m)) AS same FROM (VALUES (1), (2), (17), (2000)) n(k), LATERAL (SELECT mlops.group_moments(x::float8, g) m FROM gm_nist GROUP BY i % k) p GROUP BY k ORDER BY k;
SELECT pg_temp.f(mlops.group_moments(x::float8, g ORDER BY i)) AS by_i, pg_temp.f(mlops.group_moments(x::float8, g ORDER BY x DESC, i)) AS by_x, pg_temp.f(mlops.merge(mlops.group_moments(x::float8, g), '() null 0 nan 0 infinity 0 0 unassigned 0')) AS with_nothing FROM gm_nist;
SELECT a AS before, mlops.merge(a, a) AS doubled, a AS after FROM (SELECT mlops.group_moments(x, g) a FROM gm_rows WHERE t = 'left out') s;
SELECT mlops.merge(c) FROM (VALUES ('() null 0 nan 0 infinity 0 0 unassigned 0'::mlops.group_moments), (NULL), ('("b" 1 2 0 0 0 0 0) null 0 nan 1 infinity 0 0 unassigned 2'), ('("b" 1 4 0 0 0 0 0, "a" 1 5 0 0 0 0 0) null 3 nan 0 infinity 0 1 unassigned 2')) v(c);
-- growing frames go on with the state that a result was taken from
SELECT i, mlops.group_moments(i, chr(96 + i % 2)) OVER (ORDER BY i), (mlops.t_test(i, i % 2 = 0) OVER (ORDER BY i)).df FROM generate_series(1, 4) i;

-- parallel
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
ALTER TABLE gm_nist SET (parallel_workers = 2);
SELECT pg_temp.f(mlops.group_moments(x::float8, g)) AS same FROM gm_nist;
CREATE FUNCTION pg_temp.partial() RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) SELECT mlops.anova_test(x::float8, g), mlops.t_test(x::float8, i > 1000) FROM gm_nist' LOOP
		IF line LIKE '%Partial Aggregate%' THEN RETURN true; END IF;
	END LOOP;
	RETURN false;
END $$;
SELECT pg_temp.partial();
SELECT (mlops.t_test(x::float8, i > 1000)).df > 17000 AS t FROM gm_nist;
RESET max_parallel_workers_per_gather;

-- text and bytes
SELECT t, t::mlops.group_moments::text = t AS same FROM unnest(ARRAY[
	'() null 0 nan 0 infinity 0 0 unassigned 0', '("" 2 0.1 1e-19 3 0 -0.5 1e-18, "a\"\\" 3 -4 0 Infinity 0 Infinity 0, "b" 1 1e-300 0 0 0 0 0) null 2 nan 3 infinity 4 5 unassigned 9']) t;
SELECT ' ( "b" 1 -0 0 0 0 0 0,"a" 2 1 0 1 0 -0 0 )null 0 nan 0 infinity 0 0 unassigned 0 '::mlops.group_moments;
SELECT mlops.group_moments_send('("a" 3 2 0 4 0 -0.5 0) null 1 nan 2 infinity 3 4 unassigned 5');
\getenv out PG_ABS_BUILDDIR
\set copyfile :out '/results/group_moments.bin'
CREATE TEMP TABLE c AS SELECT i % 10 AS i, mlops.group_moments(x::float8 / 3, g || i % 7) c FROM gm_nist GROUP BY 1;
COPY c TO :'copyfile' (FORMAT binary);
CREATE TEMP TABLE c2 (LIKE c);
COPY c2 FROM :'copyfile' (FORMAT binary);
SELECT count(*) AS same FROM c JOIN c2 USING (i) WHERE mlops.group_moments_send(c.c) = mlops.group_moments_send(c2.c) AND mlops.group_moments_send(c.c::text::mlops.group_moments) = mlops.group_moments_send(c.c);

-- errors
\set VERBOSITY default
SELECT 'x'::mlops.group_moments;
SELECT '("a" 1 2'::mlops.group_moments;
SELECT '("a" 0 0 0 0 0 0 0) null 0 nan 0 infinity 0 0 unassigned 0'::mlops.group_moments;
SELECT '("a" 2 1 0 -1 0 0 0) null 0 nan 0 infinity 0 0 unassigned 0'::mlops.group_moments;
SELECT '("a" 2 NaN 0 1 0 0 0) null 0 nan 0 infinity 0 0 unassigned 0'::mlops.group_moments;
SELECT '("a" 2 1 0.5 1 0 0 0) null 0 nan 0 infinity 0 0 unassigned 0'::mlops.group_moments;
SELECT '("a" 1 1 0 1 0 0 0) null 0 nan 0 infinity 0 0 unassigned 0'::mlops.group_moments;
SELECT '("a" 2 1 0 1 0 NaN 0) null 0 nan 0 infinity 0 0 unassigned 0'::mlops.group_moments;
SELECT '("a" 2 1 0 1 0 1 1) null 0 nan 0 infinity 0 0 unassigned 0'::mlops.group_moments;
SELECT '("a" 2 1 0 1 0 -Infinity 0) null 0 nan 0 infinity 0 0 unassigned 0'::mlops.group_moments;
SELECT '("a" 2 1 0 0 0 1 0) null 0 nan 0 infinity 0 0 unassigned 0'::mlops.group_moments;
SELECT '("a" 2 1 0 Infinity 0 1 0) null 0 nan 0 infinity 0 0 unassigned 0'::mlops.group_moments;
SELECT '("a" 2 1 0 1 0) null 0 nan 0 infinity 0 0 unassigned 0'::mlops.group_moments;
SELECT '("a" 1 1 0 0 0 0 0, "b" 1 1 0 0 0 0 0, "a" 1 1 0 0 0 0 0) null 0 nan 0 infinity 0 0 unassigned 0'::mlops.group_moments;
SELECT '("a" 9223372036854775807 0 0 0 0 0 0) null 1 nan 0 infinity 0 0 unassigned 0'::mlops.group_moments;
SELECT '() null 0 nan 0 infinity 0 unassigned 0'::mlops.group_moments;
SELECT '() null 0 nan 0 infinity 0 0 unassigned 0 x'::mlops.group_moments;
SELECT mlops.merge('("a" 9223372036854775807 0 0 0 0 0 0) null 0 nan 0 infinity 0 0 unassigned 0'::mlops.group_moments, '("a" 1 0 0 0 0 0 0) null 0 nan 0 infinity 0 0 unassigned 0');
SELECT mlops.merge('("a" 9223372036854775807 0 0 0 0 0 0) null 0 nan 0 infinity 0 0 unassigned 0'::mlops.group_moments, '("b" 1 0 0 0 0 0 0) null 0 nan 0 infinity 0 0 unassigned 0');
SELECT mlops.group_moments_accum(NULL, 1, 'a'::text);
-- memory is bounded
SELECT mlops.anova_test(i, i::text) FROM generate_series(1, 1048577) i;
SELECT mlops.group_moments(1, repeat('x', 67108865));
SELECT count(*) FROM (SELECT (mlops.groups(mlops.group_moments(i, i::text))).* FROM generate_series(1, 100000) i) s;
DROP TABLE gm_rows, gm_nist;
-- no rows at all: a row with the reason
SELECT mlops.t_test(x, c), mlops.anova_test(x, 'a'), mlops.welch_anova_test(x, 'a'), mlops.group_moments(x, 'a') FROM (VALUES (1.0::float8, true)) s (x, c) WHERE false;
