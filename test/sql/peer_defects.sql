-- Where other tools for this task go wrong, and what the answer is here.
SET client_min_messages = warning;
\pset null (null)
SELECT setseed(0.125) \gset
-- evenly spread values of a distribution: quantiles of the logistic, scaled to sd 1, in no order
CREATE FUNCTION grid(n int, shift float8 DEFAULT 0) RETURNS SETOF float8 LANGUAGE sql AS $$
	SELECT ln(u / (1 - u)) * sqrt(3) / pi() + shift FROM (SELECT ((i * 7919::bigint) % n + 0.5) / n AS u FROM generate_series(1, n) i) s $$;
CREATE FUNCTION two(n int, m int, shift float8) RETURNS TABLE (x float8, c boolean) LANGUAGE sql AS $$
	SELECT x, false FROM grid(n) x UNION ALL SELECT x, true FROM grid(m, shift) x $$;
-- chance: values from the expression of one distribution on both sides, runs times
CREATE FUNCTION null_rate(test text, value text, n int, m int, runs int) RETURNS float8 LANGUAGE plpgsql AS $$
DECLARE rate float8;
BEGIN
	EXECUTE format('SELECT avg(((t).p_value <= 0.05)::int) FROM generate_series(1, %s) run, LATERAL (SELECT mlops.%I(x, c) t FROM (SELECT i > %s AS c, %s AS x
		FROM generate_series(1, %s) i WHERE run > 0 OFFSET 0) s) t', runs, test, n, value, n + m) INTO rate;
	RETURN rate;
END $$;
CREATE FUNCTION histogram_of(xs float8[], b mlops.binning) RETURNS mlops.histogram LANGUAGE sql AS $$ SELECT mlops.histogram(x, b) FROM unnest(xs) x $$;

-- D1: a reference is a sample, not the truth. False alarms at 5 % (counting it as exact gives 33, 80 and 93 % at these sizes).
SELECT n, m, null_rate('chi2_test', '(floor(random() * 5))::text', n, m, 400) BETWEEN .01 AND .09 AS nominal
FROM (VALUES (500, 500), (200, 1000), (1000, 10000)) v (n, m);
-- and the value, for one table (SciPy, chi2_contingency without correction)
SELECT round((t).statistic::numeric, 6) AS statistic, round((t).p_value::numeric, 6) AS p_value
FROM (SELECT mlops.chi2_test('("a" 30 28, "b" 40 47, "c" 30 25) null 0 0 unassigned 0'::mlops.contingency) t) s;

-- D2: a category that the reference lacks is one more cell, not an infinite statistic
SELECT (t).statistic < 5 AND (t).p_value > .05 AS finite FROM (SELECT mlops.chi2_test('("a" 500 499, "new" 0 1) null 0 0 unassigned 0'::mlops.contingency) t) s;

-- D3: two-sided: down is found as well as up, and as strongly
SELECT (up).p_value < 1e-30 AS up, abs(ln((up).p_value) / ln((down).p_value) - 1) < 1e-9 AS same, sign((up).effect), sign((down).effect)
FROM (SELECT mlops.mann_whitney_test(x, c) up FROM two(500, 500, 1)) u, (SELECT mlops.mann_whitney_test(x, c) down FROM two(500, 500, -1)) d;

-- D4: G of unequal sizes is G (SciPy, chi2_contingency with lambda_ = log-likelihood)
SELECT round((t).statistic::numeric, 6) AS statistic, (t).df, round((t).p_value::numeric, 6) AS p_value
FROM (SELECT mlops.g_test('("a" 300 28, "b" 400 47, "c" 300 25) null 0 0 unassigned 0'::mlops.contingency) t) s;

-- D5: so many bins as were asked for
SELECT k, count(*) FILTER (WHERE upper IS NOT NULL OR lower IS NOT NULL) AS bins FROM (VALUES (4), (10), (25)) v (k),
	LATERAL (SELECT mlops.binning(mlops.profile(x), k) b FROM grid(2000) x) p, LATERAL mlops.bins(histogram_of('{1}', b)) GROUP BY k ORDER BY k;

-- D6: one wild value does not hide a shift of one sd
CREATE TABLE shifted AS SELECT * FROM two(5000, 5000, 1);
CREATE TABLE wild AS SELECT * FROM shifted UNION ALL VALUES (1e6, false);
WITH h AS (
	SELECT wild, histogram_of(r, b) r, histogram_of(q, b) q FROM (
		SELECT wild, array_agg(x) FILTER (WHERE NOT c) r, array_agg(x) FILTER (WHERE c) q, mlops.binning(mlops.profile(x) FILTER (WHERE NOT c), 10) b
		FROM (SELECT false AS wild, * FROM shifted UNION ALL SELECT true, * FROM wild) s GROUP BY wild) g)
SELECT method, abs(max(d) FILTER (WHERE wild) / max(d) FILTER (WHERE NOT wild) - 1) < .02 AS same, min(d) > .2 AS large
FROM h, LATERAL (VALUES ('psi', mlops.psi(r, q)), ('js', mlops.js_distance(r, q)), ('hellinger', mlops.hellinger_distance(r, q)), ('ks', mlops.ks_distance(r, q))) d (method, d)
GROUP BY method ORDER BY method;
SELECT abs((w.ks).statistic - (s.ks).statistic) < .001 AS ks, abs((w.cvm).statistic / (s.cvm).statistic - 1) < .001 AS cvm, abs((w.ad).statistic / (s.ad).statistic - 1) < .01 AS ad,
	abs((w.mw).effect - (s.mw).effect) < .001 AS mw
FROM (SELECT mlops.ks_test(x, c) ks, mlops.cvm_test(x, c) cvm, mlops.anderson_darling_test(x, c) ad, mlops.mann_whitney_test(x, c) mw FROM wild) w,
	(SELECT mlops.ks_test(x, c) ks, mlops.cvm_test(x, c) cvm, mlops.anderson_darling_test(x, c) ad, mlops.mann_whitney_test(x, c) mw FROM shifted) s;

-- D7: D is exact at any size and any range: here by counting
WITH rows AS MATERIALIZED (SELECT exp(2 * x) AS x, c FROM two(20000, 5000, .1))
SELECT abs((SELECT (mlops.ks_test(x, c)).statistic FROM rows) -
	(SELECT max(abs(r - q)) FROM (SELECT count(*) FILTER (WHERE NOT c) OVER w / 20000.0 r, count(*) FILTER (WHERE c) OVER w / 5000.0 q FROM rows WINDOW w AS (ORDER BY x)) s)::float8) < 1e-12 AS exact;

-- D8: an argument that is not known is an error, not ignored
SELECT mlops.drift(h, h, method => 'exact') FROM histogram_of('{1,2}', mlops.binning(ARRAY[0, 1, 2]::float8[])) h;

-- D9, D11: thresholds know both sizes: windows of 50 to 500 rows without a change raise no alarm against 5000
SELECT m, avg(((mlops.drift(r.h, w.h, method)).verdict NOT IN ('ok'))::int) <= .03 AS quiet
FROM (SELECT histogram_of(xs, b) h, b FROM (SELECT array_agg(x) xs, mlops.binning(mlops.profile(x), 10) b FROM grid(5000) x) p) r,
	(VALUES (50), (100), (200), (500)) s (m), generate_series(1, 60) run, (VALUES ('psi'), ('js_distance'), ('hellinger_distance'), ('kl_divergence')) k (method),
	LATERAL (SELECT mlops.histogram(ln(u / (1 - u)) * sqrt(3) / pi(), r.b) h FROM (SELECT 1e-9 + random() * (1 - 2e-9) u FROM generate_series(1, m) i WHERE run > 0) q) w
GROUP BY m ORDER BY m;

-- D10: separated samples are the strongest alarm there is
SELECT (t).statistic, (t).p_value < 1e-100 AS significant, (t).effect_lower > .8 AS far FROM (SELECT mlops.ks_test(i, i > 5000) t FROM generate_series(1, 10000) i) s;
SELECT (mlops.drift(r, c, 'ks_distance')).verdict FROM (SELECT mlops.histogram(i, mlops.binning(ARRAY[2500, 5000, 7500]::float8[])) FILTER (WHERE i <= 5000) r,
	mlops.histogram(i, mlops.binning(ARRAY[2500, 5000, 7500]::float8[])) FILTER (WHERE i > 5000) c FROM generate_series(1, 10000) i) s;

-- D12: Cramer-von Mises with ties and unequal sizes (elsewhere 100 % false alarms)
SELECT name, null_rate('cvm_test', value, 1000, 3000, 150) <= .12 AS nominal
FROM (VALUES ('95 % zeros', 'CASE WHEN random() < .95 THEN 0 ELSE random() END'), ('binary', '(random() < .3)::int'), ('integers 1-6', '1 + floor(random() * 6)')) v (name, value);

-- D13: p goes on below 1e-9, and its logarithm below 1e-308
SELECT (cvm).p_value < 1e-60 AS cvm, (ad).p_value < 1e-60 AS ad FROM (SELECT mlops.cvm_test(x, c) cvm, mlops.anderson_darling_test(x, c) ad FROM two(1000, 1000, 1)) s;
SELECT (t).p_value, round(((t).ln_p_value / (-(pi() ^ 2) / 2 * (t).statistic))::numeric, 2) AS "over its leading term" FROM (SELECT mlops.cvm_test(i, i > 12000) t FROM generate_series(1, 24000) i) s;

-- D14: Kuiper's V is D+ + D-: same middle, wider on one side
SELECT (ks).statistic < (kuiper).statistic AS larger, abs((kuiper).statistic - .5) < .01 AS v, abs((ks).statistic - .25) < .01 AS d
FROM (SELECT mlops.ks_test(x, c) ks, mlops.kuiper_test(x, c) kuiper FROM (SELECT i / 1000.0 - .5 x, false c FROM generate_series(1, 1000) i UNION ALL SELECT 2 * (i / 1000.0 - .5), true FROM generate_series(1, 1000) i) s) t;

-- D15: an empty bin does not make PSI explode
SELECT mlops.psi(histogram_of(array_fill(1.5::float8, ARRAY[500]) || array_fill(2.5::float8, ARRAY[500]), b), histogram_of(array_fill(1.5::float8, ARRAY[500]) || array_fill(3.5::float8, ARRAY[5]) || array_fill(2.5::float8, ARRAY[495]), b)) BETWEEN .005 AND .1 AS bounded
FROM (SELECT mlops.binning(ARRAY[2, 3]::float8[]) b) s;

-- D16: the energy test does not know the unit
SELECT abs((a).p_value - (b).p_value) < 1e-9 AS p, abs((a).effect - (b).effect) < 1e-12 AS effect FROM (SELECT mlops.energy_test(x, c) a, mlops.energy_test(x * 1024, c) b FROM two(300, 400, .2)) s;

-- D17: Jensen-Shannon has base 2: disjoint samples are 1 apart
SELECT mlops.js_divergence(r, c), mlops.js_distance(r, c) FROM (SELECT histogram_of('{1,1}', b) r, histogram_of('{9,9,9}', b) c FROM (SELECT mlops.binning(ARRAY[5]::float8[]) b) q) s;

-- D18: a permutation p-value is never 0
SELECT (a).p_value, (b).p_value, (c_).p_value FROM (SELECT mlops.cvm_test(x, c, 199, 1) a, mlops.energy_test(x, c, 99, 1) b, mlops.anderson_darling_test(x, c, 999, 1) c_ FROM two(100, 100, 3)) s;

-- D19: the same rows, the same result, in any order
SELECT count(DISTINCT t) AS results FROM generate_series(1, 5) k, LATERAL (SELECT mlops.ks_test(x, c) t FROM (SELECT * FROM two(3000, 2000, .1) ORDER BY md5(x::text || k)) s) t;

-- D20: ADWIN tries every border between two buckets; with one bucket a size, leaving out the newest leaves none
SELECT count(*) > 0 AS found, min(element) BETWEEN 700 AND 900 AS soon FROM mlops.change_points((SELECT array_agg(CASE WHEN i * 7919 % 100 < CASE WHEN i < 700 THEN 10 ELSE 60 END THEN 1.0 ELSE 0 END::float8 ORDER BY i) FROM generate_series(1, 1500) i),
	clock => 16, max_buckets => 1, min_window => 2, grace => 0);

DROP TABLE shifted, wild;
DROP FUNCTION grid, two, null_rate, histogram_of;
