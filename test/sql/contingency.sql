-- contingency(value, is_current) and the exact two-sample tests of categories:
-- values by hand; NULL, empty and degenerate input; merging and parallel plans,
-- byte for byte; input and output; hostile input.
SET search_path = public;
SET extra_float_digits = 0;

CREATE TABLE contingency_counts (t text, v text, cur boolean, n int);
INSERT INTO contingency_counts VALUES
	('three', 'a', false, 10), ('three', 'b', false, 20), ('three', 'c', false, 30), ('three', 'a', true, 30), ('three', 'b', true, 20), ('three', 'c', true, 10),
	('tea', 'no', false, 3), ('tea', 'yes', false, 1), ('tea', 'no', true, 1), ('tea', 'yes', true, 3),
	('nulls', 'x', false, 3), ('nulls', NULL, false, 1), ('nulls', 'x', true, 1), ('nulls', NULL, true, 3), ('nulls', 'x', NULL, 5), ('nulls', NULL, NULL, 2),
	('no reference', 'a', true, 2), ('no reference', 'b', true, 3), ('no current', 'a', false, 4), ('no current', 'b', false, 1),
	('one category', 'a', false, 4), ('one category', 'a', true, 6), ('no side', 'a', NULL, 3), ('separated', 'a', false, 5), ('separated', 'b', true, 5);
CREATE TABLE contingency_rows AS SELECT t, v, cur FROM contingency_counts, generate_series(1, n);

-- three: every expected count is 20: chi2 = 4 * 100 / 20; p = exp(-10) with 2 df; V = sqrt(20 / 120)
SELECT (x).method, (x).statistic, (x).df, abs((x).p_value / exp(-10::float8) - 1) < 1e-12 AS p, (x).n_reference, (x).n_current, (x).ln_p_value, abs((x).effect - sqrt(1 / 6.0)) < 1e-12 AS v
FROM (SELECT mlops.chi2_test(v, cur) x FROM contingency_rows WHERE t = 'three') s;
-- G = 4 (30 ln 1.5 - 10 ln 2); p = exp(-G / 2)
SELECT (x).method, abs((x).statistic - g) < 1e-12 AS g, (x).df, abs((x).p_value / exp(-g / 2) - 1) < 1e-12 AS p, (x).n_reference, (x).n_current, abs((x).effect - sqrt(g / 120)) < 1e-12 AS v
FROM (SELECT mlops.g_test(v, cur) x, 4 * (30 * ln(1.5::float8) - 10 * ln(2::float8)) g FROM contingency_rows WHERE t = 'three') s;
SELECT abs(mlops.total_variation_distance(v, cur) - 1 / 3.0) < 1e-15 AS tvd, abs(mlops.linf_distance(v, cur) - 1 / 3.0) < 1e-15 AS linf FROM contingency_rows WHERE t = 'three';
-- the lady tasting tea: p = 34/70, odds ratio 9, three current successes
SELECT (x).method, (x).statistic, (x).df, abs((x).p_value - 34 / 70.0) < 1e-14 AS p, (x).n_reference, (x).n_current, abs((x).ln_p_value - ln(34 / 70.0)) < 1e-14 AS ln_p, (x).effect
FROM (SELECT mlops.fisher_exact_test(v, cur) x FROM contingency_rows WHERE t = 'tea') s;
-- z = 0.5 / sqrt(1/8) = sqrt 2, p = erfc(1), h = 2 (pi/3 - pi/6)
SELECT (x).method, abs((x).statistic - sqrt(2)) < 1e-15 AS z, (x).df, abs((x).p_value - 0.15729920705028513) < 1e-15 AS p, abs((x).effect - pi() / 3) < 1e-15 AS h
FROM (SELECT mlops.z_test(v, cur) x FROM contingency_rows WHERE t = 'tea') s;
-- the other way round only the sign changes
SELECT (x).statistic < 0 AS z, (x).effect < 0 AS h, abs((x).p_value - 0.15729920705028513) < 1e-15 AS p, abs((f).p_value - 34 / 70.0) < 1e-14 AS fisher, round((f).effect::numeric, 15) AS odds, (f).statistic
FROM (SELECT mlops.z_test(v, NOT cur) x, mlops.fisher_exact_test(v, NOT cur) f FROM contingency_rows WHERE t = 'tea') s;
-- a boolean is the same as two texts in that order; so is a table of counts
SELECT mlops.contingency(v = 'yes', cur), mlops.fisher_exact_test(v = 'yes', cur) = mlops.fisher_exact_test(v, cur) AS fisher, mlops.z_test(v = 'yes', cur) = mlops.z_test(v, cur) AS z,
	mlops.chi2_test(v = 'yes', cur) = mlops.chi2_test(v, cur) AS chi2, mlops.g_test(v = 'yes', cur) = mlops.g_test(mlops.contingency(v, cur)) AS g,
	mlops.total_variation_distance(v = 'yes', cur) AS tvd, mlops.linf_distance(v = 'yes', cur) AS linf FROM contingency_rows WHERE t = 'tea';
-- all of one, all of the other: odds without end, p = 2 / (10 over 5)
SELECT (f).effect, abs((f).p_value - 2 / 252.0) < 1e-15 AS p, (f).statistic FROM (SELECT mlops.fisher_exact_test(v, cur) f FROM contingency_rows WHERE t = 'separated') s;

-- intervals of effects.  V: the non-central chi-square with 1 df is two normals: 4 = (2 - 0)^2, and beyond;
-- below 3.84 nothing speaks against 0
SELECT round((x).effect::numeric, 6) AS v, round((x).effect_lower::numeric, 6) AS lower, round((x).effect_upper::numeric, 6) AS upper
FROM (SELECT mlops.chi2_test(c::mlops.contingency) x FROM (VALUES ('("a" 50 60, "b" 50 40) null 0 0 unassigned 0'), ('("a" 5000 6000, "b" 5000 4000) null 0 0 unassigned 0')) v(c)) s;
-- h of many rows is h -+ 1.96 sqrt(2/n), up to 1e-4
SELECT abs((x).effect_lower - ((x).effect - 1.959964 * sqrt(2 / 10000.0))) < 1e-4 AS lower, abs((x).effect_upper - ((x).effect + 1.959964 * sqrt(2 / 10000.0))) < 1e-4 AS upper
FROM (SELECT mlops.z_test('("a" 5000 6000, "b" 5000 4000) null 0 0 unassigned 0'::mlops.contingency) x) s;
-- the tea: P(cell >= 3) = (16 w^3 + w^4) / (1 + 16 w + 36 w^2 + 16 w^3 + w^4) is 0.025 at the lower limit of w, P(cell <= 3) at the upper
SELECT abs((16 * w ^ 3 + w ^ 4) / (1 + 16 * w + 36 * w ^ 2 + 16 * w ^ 3 + w ^ 4) - 0.025) < 1e-13 AS lower,
	abs((1 + 16 * u + 36 * u ^ 2 + 16 * u ^ 3) / (1 + 16 * u + 36 * u ^ 2 + 16 * u ^ 3 + u ^ 4) - 0.025) < 1e-13 AS upper
FROM (SELECT (x).effect_lower w, (x).effect_upper u FROM (SELECT mlops.fisher_exact_test(v, cur) x FROM contingency_rows WHERE t = 'tea') s) s;
-- an empty cell leaves one side open: w^5 / sum = 0.025
SELECT (x).effect, (x).effect_upper, round((x).effect_lower::numeric, 6) AS lower, (z).effect_upper = pi() AS h_upper FROM (SELECT mlops.fisher_exact_test(v, cur) x, mlops.z_test(v, cur) z FROM contingency_rows WHERE t = 'separated') s;
-- without an effect there is no interval, and sketches have none
SELECT (x).effect, (x).effect_lower, (x).effect_upper FROM (SELECT mlops.chi2_test('("a" 5 6) null 0 0 unassigned 0'::mlops.contingency) x) s;
SELECT (x).effect IS NOT NULL AS effect, (x).effect_lower, (x).effect_upper FROM (SELECT mlops.chi2_test(mlops.profile(i % 3) FILTER (WHERE i > 50), mlops.profile(i % 4)) x FROM generate_series(1, 100) i) s;

-- NULL is a category of its own, the last one; rows without a side are counted, not compared
SELECT t, mlops.contingency(v, cur) FROM contingency_rows GROUP BY t ORDER BY t;
SELECT (f).statistic, abs((f).p_value - 34 / 70.0) < 1e-14 AS fisher, (f).effect, abs((z).statistic - sqrt(2)) < 1e-15 AS z, (c).statistic AS chi2, (c).df
FROM (SELECT mlops.fisher_exact_test(v, cur) f, mlops.z_test(v, cur) z, mlops.chi2_test(v, cur) c FROM contingency_rows WHERE t = 'nulls') s;
-- what cannot be tested says so in a row with both counts
SELECT t, mlops.chi2_test(v, cur) AS chi2, mlops.g_test(v, cur) AS g, mlops.total_variation_distance(v, cur) AS tvd, mlops.linf_distance(v, cur) AS linf
FROM contingency_rows WHERE t IN ('no reference', 'no current', 'one category', 'no side') GROUP BY t ORDER BY t;
SELECT t, mlops.fisher_exact_test(v, cur) AS fisher, mlops.z_test(v, cur) AS z
FROM contingency_rows WHERE t IN ('no reference', 'no current', 'one category', 'no side', 'three') GROUP BY t ORDER BY t;
SELECT mlops.z_test(x, y) FROM (VALUES (true, true), (false, false), (NULL, true), (true, false)) v(x, y);
SELECT mlops.contingency(v, cur) IS NULL AS contingency, mlops.chi2_test(v, cur) IS NULL AS test, mlops.linf_distance(v, cur) IS NULL AS distance FROM contingency_rows WHERE false;
SELECT * FROM mlops.categories('("b" 1 2, "" 0 1) null 0 3 unassigned 4');
SELECT * FROM mlops.categories('() null 0 0 unassigned 4');
SELECT mlops.contingency(v, cur)::jsonb FROM contingency_rows WHERE t = 'nulls';

-- What is right here and wrong elsewhere.
-- The reference is a sample too: 60:40 against 50:50 in 100 rows each is 200/99, no alarm; with the
-- reference taken for exact it would be 100/60 + 100/40 = 25/6, beyond the 5 % point 3.84.
SELECT abs((x).statistic - 200 / 99.0) < 1e-14 AS chi2, (x).p_value > 0.15 AS no_alarm FROM (SELECT mlops.chi2_test('("a" 60 50, "b" 40 50) null 0 0 unassigned 0'::mlops.contingency) x) s;
-- One row of a category that the reference never saw is 1 + 1/99 with 2 df, not infinity and p = 0.
SELECT abs((x).statistic - 100 / 99.0) < 1e-14 AS chi2, (x).method AS rare FROM (SELECT mlops.chi2_test('("a" 50 50, "b" 50 49, "c" 0 1) null 0 0 unassigned 0'::mlops.contingency) x) s;
-- Samples of different sizes are no error; the same shares are G = 0.
SELECT (x).statistic, (x).p_value, (x).n_reference, (x).n_current FROM (SELECT mlops.g_test('("a" 10 100, "b" 10 100) null 0 0 unassigned 0'::mlops.contingency) x) s;
-- No p-value is 0 because something was too small: 2 / (800 over 400) and far beyond.
SELECT (x).p_value > 0 AS p, abs((x).ln_p_value - (ln(2) - (SELECT sum(ln((400 + i) / i::float8)) FROM generate_series(1, 400) i))) < 1e-10 AS ln_p
FROM (SELECT mlops.fisher_exact_test('("a" 400 0, "b" 0 400) null 0 0 unassigned 0'::mlops.contingency) x) s;
SELECT (x).p_value, (x).ln_p_value < -13000000 AS ln_p, (x).ln_p_value > -14000000 AS finite FROM (SELECT mlops.fisher_exact_test('("a" 10000000 0, "b" 0 10000000) null 0 0 unassigned 0'::mlops.contingency) x) s;

-- merging any split and any order is one pass, byte for byte
CREATE TABLE contingency_many AS SELECT i, CASE WHEN i % 50 = 0 THEN NULL ELSE 'value ' || (i * i) % 997 END AS v, CASE WHEN i % 77 = 0 THEN NULL ELSE (i * 7919) % 3 = 0 END AS cur FROM generate_series(1, 20000) i;
ANALYZE contingency_many;
CREATE FUNCTION pg_temp.same(a mlops.contingency, b mlops.contingency) RETURNS boolean LANGUAGE sql AS $$ SELECT mlops.contingency_send(a) = mlops.contingency_send(b) $$;
SELECT k, pg_temp.same(mlops.merge(p.c), (SELECT mlops.contingency(v, cur) FROM contingency_many)) AS same
FROM (VALUES (1), (2), (17), (5000)) n(k), LATERAL (SELECT mlops.contingency(v, cur) c FROM contingency_many GROUP BY i % k) p GROUP BY k ORDER BY k;
SELECT pg_temp.same(mlops.contingency(v, cur ORDER BY i), mlops.contingency(v, cur ORDER BY -i)) AS order, pg_temp.same(mlops.contingency(v, cur ORDER BY v DESC), mlops.contingency(v, cur)) AS by_value FROM contingency_many;
-- against GROUP BY
SELECT count(*) AS categories, count(*) FILTER (WHERE g.n = c.n_reference AND g.m = c.n_current) AS equal
FROM (SELECT v, count(*) FILTER (WHERE NOT cur) n, count(*) FILTER (WHERE cur) m FROM contingency_many GROUP BY v) g
FULL JOIN (SELECT (mlops.categories(mlops.contingency(v, cur))).* FROM contingency_many) c ON coalesce(g.v, '-') = coalesce(c.value, '-');
SELECT a AS before, mlops.merge(a, a) AS doubled, a AS after FROM (SELECT mlops.contingency(v, cur) a FROM contingency_rows WHERE t = 'nulls') s;
SELECT mlops.merge(c) FROM (VALUES ('() null 0 0 unassigned 0'::mlops.contingency), (NULL), ('("b" 1 0) null 0 1 unassigned 2'), ('("b" 1 0, "a" 0 1) null 0 1 unassigned 2')) v(c);
-- growing frames go on with the state that a result was taken from
SELECT i, mlops.contingency(chr(96 + i), i % 2 = 0) OVER (ORDER BY i), mlops.linf_distance(chr(96 + i), i % 2 = 0) OVER (ORDER BY i) FROM generate_series(1, 3) i;

-- parallel
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
ALTER TABLE contingency_many SET (parallel_workers = 2);
SELECT pg_temp.same(mlops.contingency(v, cur), (SELECT mlops.contingency(v, cur ORDER BY i) FROM contingency_many)) AS same FROM contingency_many;
SELECT mlops.chi2_test(v, cur) = (SELECT mlops.chi2_test(v, cur ORDER BY i) FROM contingency_many) AS chi2, mlops.z_test(v IS NULL, cur) = (SELECT mlops.z_test(v IS NULL, cur ORDER BY i) FROM contingency_many) AS z FROM contingency_many;
CREATE FUNCTION pg_temp.partial() RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) SELECT mlops.chi2_test(v, cur) FROM contingency_many' LOOP
		IF line LIKE '%Partial Aggregate%' THEN RETURN true; END IF;
	END LOOP;
	RETURN false;
END $$;
SELECT pg_temp.partial();
RESET max_parallel_workers_per_gather;

-- text and bytes
SELECT t, t::mlops.contingency::text = t AS same FROM unnest(ARRAY[
	'() null 0 0 unassigned 0', '("" 0 1, "a\"\\" 3 4, "b" 1 0) null 2 0 unassigned 9']) t;
SELECT ' ( "b" 1 0,"a" 0 1 )null 0 0 unassigned 0 '::mlops.contingency;
SELECT mlops.contingency_send('("a" 3 4) null 1 0 unassigned 2');
\getenv out PG_ABS_BUILDDIR
\set copyfile :out '/results/contingency.bin'
CREATE TEMP TABLE c AS SELECT i % 10 AS i, mlops.contingency(v, cur) c FROM contingency_many GROUP BY 1;
COPY c TO :'copyfile' (FORMAT binary);
CREATE TEMP TABLE c2 (LIKE c);
COPY c2 FROM :'copyfile' (FORMAT binary);
SELECT count(*) AS same FROM c JOIN c2 USING (i) WHERE pg_temp.same(c.c, c2.c) AND pg_temp.same(c.c::text::mlops.contingency, c.c);

-- errors
\set VERBOSITY default
SELECT 'x'::mlops.contingency;
SELECT '("a" 1 2'::mlops.contingency;
SELECT '("a" 0 0) null 0 0 unassigned 0'::mlops.contingency;
SELECT '("a" -1 2) null 0 0 unassigned 0'::mlops.contingency;
SELECT '("a" 1 2, "b" 1 0, "a" 0 1) null 0 0 unassigned 0'::mlops.contingency;
SELECT '("a" 9223372036854775807 0) null 1 0 unassigned 0'::mlops.contingency;
SELECT '() null 0 0 unassigned 0 x'::mlops.contingency;
SELECT mlops.merge('("a" 9223372036854775807 0) null 0 0 unassigned 0'::mlops.contingency, '("a" 1 0) null 0 0 unassigned 0');
SELECT mlops.merge('("a" 9223372036854775807 0) null 0 0 unassigned 0'::mlops.contingency, '("b" 1 0) null 0 0 unassigned 0');
SELECT mlops.contingency_accum(NULL, 'a'::text, true);
-- memory is bounded
SELECT mlops.chi2_test(i::text, true) FROM generate_series(1, 1048577) i;
SELECT mlops.contingency(repeat('x', 67108865), true);
SELECT count(*) FROM (SELECT (mlops.categories(mlops.contingency(i::text, true))).* FROM generate_series(1, 100000) i) s;
DROP TABLE contingency_counts, contingency_rows, contingency_many;
-- no rows at all: a row with the reason
SELECT mlops.chi2_test(v, c), mlops.g_test(v, c), mlops.fisher_exact_test(v, c), mlops.z_test(v = 'a', c), mlops.contingency(v, c), mlops.linf_distance(v, c)
FROM (VALUES ('a', true)) s (v, c) WHERE false;
