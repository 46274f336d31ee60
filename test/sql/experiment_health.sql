-- Is the experiment sound?  Expected values are closed forms, or computed here in another way.
\set VERBOSITY terse
SET extra_float_digits = 0;

-- a row without what depends on the last digits of the machine
CREATE FUNCTION srm(t mlops.sample_ratio_result) RETURNS text LANGUAGE sql AS $$
	SELECT format('%s | chi2 %s df %s | p %s | n %s arms %s w %s | arm %s %s of %s | excluded %s | %s', t.method, round(t.statistic::numeric, 8), t.df,
		to_char(t.p_value, '0.999999EEEE'), t.n, t.arms, round(t.effect::numeric, 8), t.arm, round(t.observed_share::numeric, 6), round(t.planned_share::numeric, 6), t.n_excluded, t.reason)
$$;

-- chi-square 9 with one degree of freedom: 2 normal tails at 3, 0.0026997960632601
SELECT srm(mlops.sample_ratio_test(ARRAY[5150, 4850])), abs((mlops.sample_ratio_test(ARRAY[5150, 4850])).p_value / 0.0026997960632601869 - 1) < 1e-12;
-- weights need not sum to 1
SELECT (mlops.sample_ratio_test(ARRAY[700, 310], ARRAY[2, 1])) = (mlops.sample_ratio_test(ARRAY[700, 310], ARRAY[0.5, 0.25]));
-- two arms of 7: 2 / 128; ten of the rare arm in a hundred
SELECT srm(mlops.sample_ratio_test(ARRAY[7, 0])), abs((mlops.sample_ratio_test(ARRAY[7, 0])).p_value * 64 - 1) < 1e-13;
-- three arms, nine units in the first: 3 tables of the least probable kind among 3^9
SELECT srm(mlops.sample_ratio_test(ARRAY[9, 0, 0])), abs((mlops.sample_ratio_test(ARRAY[9, 0, 0])).p_value * 3 ^ 9 / 3 - 1) < 1e-12;
SELECT srm(mlops.sample_ratio_test(ARRAY[10000, 9990, 10], ARRAY[4999.5, 4999.5, 1]));
SELECT (mlops.sample_ratio_test(ARRAY[10000, 9990, 10], ARRAY[4999.5, 4999.5, 1], 'exact')).reason;
SELECT srm(mlops.sample_ratio_test(ARRAY[10, 10, 10], method => m)) FROM unnest('{auto,chi-square,exact,corrected}'::text[]) m;
-- where p underflows its logarithm does not: two normal tails at sqrt(1e5), by the first terms of their series
SELECT p_value, abs(ln_p_value - (ln(2 * (1 - 1e-5) / sqrt(2 * pi() * 1e5)) - 5e4)) < 1e-6 AS ln_p FROM mlops.sample_ratio_test(ARRAY[100000, 0]);

-- no test
SELECT srm(mlops.sample_ratio_test(ARRAY[0, 0]));
SELECT srm(mlops.sample_ratio_test(ARRAY[5]));
SELECT srm(mlops.sample_ratio_test(ARRAY[5, 0], ARRAY[1, 0]));
SELECT mlops.sample_ratio_test(NULL::bigint[]);
SELECT mlops.sample_ratio_test(ARRAY[1, 2], ARRAY[1]);
SELECT mlops.sample_ratio_test(ARRAY[1, 2], ARRAY[1, -1]);
SELECT mlops.sample_ratio_test(ARRAY[1, 2], ARRAY[0, 0]);
SELECT mlops.sample_ratio_test(ARRAY[1, NULL]::bigint[]);
SELECT mlops.sample_ratio_test(ARRAY[1, -2]);
SELECT mlops.sample_ratio_test('{}'::bigint[]);
SELECT mlops.sample_ratio_test(ARRAY[1, 2], method => 'exactly');

-- one query over a table of exposures; by day, merged; per segment with correction
CREATE TABLE exposures AS
SELECT i AS unit, date '2026-11-01' + i % 5 AS day, CASE WHEN i % 3 = 0 THEN 'treatment' WHEN i % 100 <> 7 THEN 'control' END AS arm,
	   CASE WHEN i % 7 = 0 THEN 'app' ELSE 'web' END AS platform
  FROM generate_series(1, 9000) i;
SELECT srm(mlops.sample_ratio_test(mlops.arm_counts(arm), '{"control": 2, "treatment": 1}')) FROM exposures;
SELECT srm(mlops.sample_ratio_test(mlops.merge(counts), '{"control": 2, "treatment": 1}'))
  FROM (SELECT day, mlops.arm_counts(arm) AS counts FROM exposures GROUP BY day) d;
SELECT srm(mlops.sample_ratio_test(mlops.arm_counts(arm), '{"control": 1}')) FROM exposures;
SELECT platform, round((t).p_value::numeric, 6) AS p, round((mlops.adjust_p(array_agg((t).p_value) OVER (), 'bonferroni'))[row_number() OVER (ORDER BY platform)]::numeric, 6) AS adjusted
  FROM (SELECT platform, mlops.sample_ratio_test(mlops.arm_counts(arm), '{"control": 2, "treatment": 1}') AS t FROM exposures GROUP BY platform) s ORDER BY platform;
SELECT srm(mlops.sample_ratio_test(mlops.arm_counts(arm), '{"control": 2, "treatment": 1}')) FROM exposures WHERE false;
SELECT mlops.sample_ratio_test(mlops.arm_counts(arm), '[1, 2]') FROM exposures;
SELECT mlops.sample_ratio_test(mlops.arm_counts(arm), '{"control": "half"}') FROM exposures;
SELECT mlops.sample_ratio_test(mlops.arm_counts(arm), '{}') FROM exposures;

---------------------------------------------------------------------------
-- sequential
---------------------------------------------------------------------------
CREATE TABLE evidence (id int, e mlops.sample_ratio_evidence);
INSERT INTO evidence VALUES (1, mlops.sample_ratio_evidence(ARRAY[0.5, 0.5]));
SELECT e, mlops.ln_e_value(e), mlops.p_value(e) FROM evidence;
SELECT srm(mlops.sample_ratio_test(e)) FROM evidence;
UPDATE evidence SET e = mlops.sample_ratio_evidence_update(e, ARRAY[5150, 4850]);
-- the definition, ln of Gamma by Stirling's series
CREATE FUNCTION ln_gamma(x float8) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$
	SELECT (y - 0.5) * ln(y) - y + 0.5 * ln(2 * pi()) + 1 / (12 * y) - 1 / (360 * y ^ 3) + 1 / (1260 * y ^ 5)
		- (SELECT sum(ln(x + i)) FROM generate_series(0, 19) i) FROM (SELECT x + 20 AS y) s
$$;
SELECT abs(mlops.ln_e_value(e) - (ln_gamma(10000) - ln_gamma(20000) + ln_gamma(5000 + 5150) - ln_gamma(5000) + ln_gamma(5000 + 4850) - ln_gamma(5000) - 10000 * ln(0.5::float8))) < 1e-7 AS defined,
	   abs(mlops.p_value(e) - exp(-mlops.ln_e_value(e))) < 1e-15 AS p FROM evidence;
-- a look at better counts takes nothing back
UPDATE evidence SET e = mlops.sample_ratio_evidence_update(e, ARRAY[5200, 5190]);
SELECT mlops.ln_e_value(e) < 0 AS now, round(mlops.p_value(e)::numeric, 6) AS p FROM evidence;
-- a ramp: the evidence of both phases, multiplied
UPDATE evidence SET e = mlops.sample_ratio_evidence_phase(e, ARRAY[0.8, 0.2]);
UPDATE evidence SET e = mlops.sample_ratio_evidence_update(e, ARRAY[900, 100]);
SELECT abs(mlops.ln_e_value(e) - mlops.ln_e_value(mlops.sample_ratio_evidence_update(mlops.sample_ratio_evidence(ARRAY[1, 1]), ARRAY[5200, 5190]))
	- mlops.ln_e_value(mlops.sample_ratio_evidence_update(mlops.sample_ratio_evidence(ARRAY[4, 1]), ARRAY[900, 100]))) < 1e-12 AS multiplied FROM evidence;
SELECT e::jsonb - 'ln_e_value' - 'max_ln_e_value' - 'p_value' AS json, (mlops.sample_ratio_test(e)).n, (e::jsonb ->> 'p_value')::float8 = (mlops.sample_ratio_test(e)).p_value AS p FROM evidence;
-- stored and read back, as text and as bytes
SELECT e::text = e::text::mlops.sample_ratio_evidence::text AS text_round_trip FROM evidence;
COPY evidence TO '/dev/null' (FORMAT binary);
SELECT encode(mlops.sample_ratio_evidence_send(mlops.sample_ratio_evidence_update(mlops.sample_ratio_evidence(ARRAY[1, 1]), ARRAY[0, 0])), 'hex');
-- units in an arm that nobody was to see yet
SELECT srm(mlops.sample_ratio_test(mlops.sample_ratio_evidence_update(mlops.sample_ratio_evidence(ARRAY[1, 1, 0]), ARRAY[50, 50, 1])));
SELECT (mlops.sample_ratio_test(mlops.sample_ratio_evidence_update(mlops.sample_ratio_evidence_phase(mlops.sample_ratio_evidence_update(
	mlops.sample_ratio_evidence(ARRAY[1, 1, 0]), ARRAY[50, 50, 0]), ARRAY[1, 1, 1]), ARRAY[50, 50, 50]))).p_value;
SELECT mlops.sample_ratio_evidence_update(e, ARRAY[899, 100]) FROM evidence;
SELECT mlops.sample_ratio_evidence_update(e, ARRAY[899]) FROM evidence;
SELECT mlops.sample_ratio_evidence_phase(e, ARRAY[1, 1, 1]) FROM evidence;
SELECT mlops.sample_ratio_evidence(ARRAY[1]);
SELECT mlops.sample_ratio_evidence(ARRAY[1, -1]);
SELECT mlops.sample_ratio_evidence(ARRAY[1, 1], 0);
SELECT 'concentration 10000 phases 1 closed 0 of 0 max 0 looks 0 arms (1 10, 1 -2)'::mlops.sample_ratio_evidence;
SELECT 'concentration 10000 phases 1 closed 1 of 0 max 0 looks 0 arms (1 10, 1 2)'::mlops.sample_ratio_evidence;
SELECT 'concentration 10000 phases 1 closed 0 of 0 max 0 looks 0 arms (1 10)'::mlops.sample_ratio_evidence;
SELECT 'nothing'::mlops.sample_ratio_evidence;

---------------------------------------------------------------------------
-- several arms
---------------------------------------------------------------------------
-- 600 units; 15 in a and b, 3 in all three, 2 without an arm
CREATE TABLE seen AS
SELECT i AS unit, (ARRAY['a', 'b', 'c'])[1 + i % 3] AS arm FROM generate_series(1, 600) i
UNION ALL SELECT i, 'b' FROM generate_series(3, 45, 3) i
UNION ALL SELECT i, x FROM generate_series(1, 3) i, unnest('{a,b,c}'::text[]) x
UNION ALL SELECT i, NULL FROM generate_series(601, 602) i;
CREATE VIEW arms_of_units AS SELECT mlops.arm_counts(arms) AS counts FROM (SELECT array_agg(DISTINCT arm)::text AS arms FROM seen GROUP BY unit) u;
-- unit 3 is one of the 15 too: 14 + 3; statsmodels: proportion_confint(17, 600, method='wilson') = 0.01776, 0.04490
SELECT n_units, n_multiple, round(share::numeric, 6) AS share, round(share_lower::numeric, 5) AS lower, round(share_upper::numeric, 5) AS upper, unhealthy, n_excluded, reason
  FROM arms_of_units, mlops.multiple_exposure(counts);
SELECT unhealthy FROM arms_of_units, mlops.multiple_exposure(counts, max_share => 0.05);
SELECT unhealthy FROM arms_of_units, mlops.multiple_exposure(counts, min_units => 18);
SELECT arm_1, arm_2, n_units, round(share::numeric, 6) AS share FROM arms_of_units, mlops.multiple_exposure_pairs(counts);
SELECT * FROM mlops.multiple_exposure('() null 0 0 unassigned 0'::mlops.contingency);

---------------------------------------------------------------------------
-- missing outcomes
---------------------------------------------------------------------------
-- 30 of 500 and 60 of 500: chi-square 10.989 (scipy.stats.chi2_contingency without correction: p 0.000916...)
SELECT method, round(statistic::numeric, 6) AS chi2, df, round(p_value::numeric, 8) AS p, n, n_missing, arms, effect_measure, highest_arm, highest_share, lowest_arm, lowest_share, n_excluded, reason
  FROM (SELECT (mlops.attrition_test(arm, i <= n)).* FROM (VALUES ('control', 30), ('treatment', 60)) a(arm, n), generate_series(1, 500) i) t;
-- few: Fisher, 0 of 5 and 5 of 5: 2 / 252
SELECT method, p_value * 252 BETWEEN 2 - 1e-9 AND 2 + 1e-9 AS exact FROM (SELECT (mlops.attrition_test(arm, arm = 'b')).* FROM (VALUES ('a'), ('b')) a(arm), generate_series(1, 5) i) t;
SELECT method, n, n_missing, n_excluded, reason FROM (SELECT (mlops.attrition_test(arm, missing)).* FROM (VALUES ('a', false), ('b', false), (NULL, true), ('a', NULL)) a(arm, missing)) t;
SELECT method, n, n_missing, n_excluded, reason FROM (SELECT (mlops.attrition_test('a', i = 1)).* FROM generate_series(1, 5) i) t;
SELECT method, n, n_missing, n_excluded, reason FROM (SELECT (mlops.attrition_test('a', true)).* WHERE false) t;

---------------------------------------------------------------------------
-- balance before the exposure
---------------------------------------------------------------------------
-- two arms: Welch's t squared, by the server's own aggregates
CREATE TABLE before AS SELECT i % 2 AS arm, sin(i) + CASE WHEN i % 2 = 0 THEN 0.2 ELSE 0 END AS x, cos(i * i) AS y FROM generate_series(1, 1001) i;
SELECT variable, method, arms_used, n, highest_arm, lowest_arm, n_excluded,
	abs(b.statistic - w.t2) < 1e-9 AS welch, abs(b.difference_sd - w.d) < 1e-12 AS difference, b.df1, abs(df2 - w.df) < 1e-6 AS df, p_adjusted >= p_value AS adjusted
  FROM (SELECT array_agg(m ORDER BY arm) AS arms FROM (SELECT arm, mlops.moments(x, y) AS m FROM before GROUP BY arm) s) a, mlops.balance_test(arms) b,
	   LATERAL (SELECT (m0 - m1) ^ 2 / (v0 / n0 + v1 / n1) AS t2, abs(m0 - m1) / sqrt(((n0 - 1) * v0 + (n1 - 1) * v1) / (n0 + n1 - 2)) AS d,
					   (v0 / n0 + v1 / n1) ^ 2 / ((v0 / n0) ^ 2 / (n0 - 1) + (v1 / n1) ^ 2 / (n1 - 1)) AS df
				  FROM (SELECT avg(v) FILTER (WHERE arm = 0) AS m0, avg(v) FILTER (WHERE arm = 1) AS m1, variance(v) FILTER (WHERE arm = 0) AS v0, variance(v) FILTER (WHERE arm = 1) AS v1,
							   count(v) FILTER (WHERE arm = 0)::float8 AS n0, count(v) FILTER (WHERE arm = 1)::float8 AS n1
						  FROM (SELECT arm, CASE b.variable WHEN 1 THEN x ELSE y END AS v FROM before) q) r) w;
SELECT count(*) FROM mlops.balance_test('{}'::mlops.moments[]);
SELECT variable, p_value, reason FROM (SELECT array_agg(m) AS arms FROM (SELECT mlops.moments(1) AS m FROM generate_series(1, 3), generate_series(1, 2) arm GROUP BY arm) s) a, mlops.balance_test(arms);
SELECT mlops.balance_test(ARRAY[mlops.moments(1), mlops.moments(1, 2)]);
SELECT mlops.balance_test(ARRAY[mlops.moments(1)], 'fdr');
