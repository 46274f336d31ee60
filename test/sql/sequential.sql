-- Running evidence, confidence sequences, e-values of counts.
-- Expected numbers: doc/experiments/sequential.md's formulas by mpmath (test/kernel/gen_*.py), or worked out here.
SET extra_float_digits = 0;
SET search_path = pg_catalog;

-- one look: GrowthBook's and Eppo's interval and p (golden/sequence_peers.csv), two-sided
SELECT round(((upper - lower) / 2)::numeric, 10) AS half, p_value = exp(ln_p_value) AS same, df, reason
FROM mlops.confidence_sequence(0.8, 0.25, 400, 600, method => 'growthbook', planned_n => 5000);

-- greater, and a null value: moved estimates, moved interval, the same evidence
SELECT a.ln_e_value = b.ln_e_value AS same, a.lower + 3 = b.lower AS moved, a.upper, b.upper
FROM mlops.confidence_sequence(2, 0.5, 700, 900, alternative => 'greater') a,
	mlops.confidence_sequence(5, 0.5, 700, 900, alternative => 'greater', null_value => 3) b;
-- msprt with a variance q V is the same mixture: q = (2 ln 20 + ln(1 + 2 ln 20)) n / planned_n
SELECT abs(a.ln_e_value - b.ln_e_value) < 1e-12 AS same, b.method
FROM mlops.confidence_sequence(2, 0.5, 700, 900) a,
	mlops.confidence_sequence(2, 0.5, 700, 900, 'msprt', mixing_variance => (2 * ln(20.0) + ln(1 + 2 * ln(20.0)))::float8 * 1600 / 5000 * 0.25) b;
SELECT p_value, reason FROM mlops.confidence_sequence(1, 0, 700, 900)
UNION ALL SELECT p_value, reason FROM mlops.confidence_sequence(1, 0.1, 99, 900)
UNION ALL SELECT p_value, reason FROM mlops.confidence_sequence(NULL, 0.1, 700, 900);
SELECT mlops.confidence_sequence(1, 0.1, 700, 900, 'msprt');
SELECT mlops.confidence_sequence(1, 0.1, 700, 900, mixing_variance => 1);
SELECT mlops.confidence_sequence(1, 0.1, 700, 900, planned_n => 0);
SELECT mlops.confidence_sequence(1, 0.1, 700, 900, 'bayes');

-- counts: 2^m / (m + 1) after m events, all of one arm, Beta(1, 1); one-sided twice as much, nearly
SELECT m, round(exp(mlops.binomial_ln_e_value(0, m, 0.5))::numeric, 9) AS two_sided, round((2.0 ^ m / (m + 1))::numeric, 9) AS by_hand,
	round(exp(mlops.binomial_ln_e_value(0, m, 0.5, alternative => 'less'))::numeric, 9) AS less,
	round((2 * (2.0 ^ m - 0.5) / (m + 1))::numeric, 9) AS less_by_hand
FROM generate_series(0, 8, 4) m;
SELECT mlops.binomial_ln_e_value(5, 4, 0.5);
SELECT mlops.binomial_ln_e_value(5, 10, 1);
-- Gamma(1, mean 2), rate 2, no event in exposure 3: exp(6) / (1 + 6)
SELECT round(mlops.poisson_ln_e_value(0, 3, 2)::numeric, 12) AS got, round((6 - ln(7.0))::numeric, 12) AS by_hand;
SELECT mlops.poisson_ln_e_value(1, -1, 2);

-- evidence that is stored and continued: by way of text and bytes, and in a table
CREATE TEMP TABLE run (look int, evidence mlops.evidence);
INSERT INTO run SELECT 0, mlops.evidence_of_counts(0.05, 'less');
DO $$
BEGIN
	-- 66 events of the control, none of the treatment: broken
	FOR i IN 1..66 LOOP
		INSERT INTO run SELECT i, mlops.evidence_update(evidence::text::mlops.evidence, i, i * 48, 0, i * 2) FROM run WHERE look = i - 1;
	END LOOP;
END $$;
SELECT look, mlops.looks(evidence), round(mlops.ln_e_value(evidence)::numeric, 9) AS ln_e, round(mlops.p_value(evidence)::numeric, 9) AS p,
	mlops.ln_e_value(evidence) = mlops.binomial_ln_e_value(0, look, 0.05, 2, 'less') AS as_once
FROM run WHERE look IN (0, 1, 50, 66) ORDER BY look;
SELECT min(look) AS first_stop FROM run WHERE mlops.p_value(evidence) <= 0.05;
SELECT evidence FROM run WHERE look = 66;
SELECT evidence::jsonb FROM run WHERE look = 2;
SELECT (c).method, (c).effect, (c).estimate, (c).lower, round((c).upper::numeric, 6) AS upper, (c).n_control, (c).n_treatment, (c).reason
FROM (SELECT mlops.evidence_comparison(evidence) c FROM run WHERE look = 66) x;
-- the upper end is where the e-value against that ratio is 20
SELECT abs(mlops.ln_e_value(replace(evidence::text, 'null 1 ', 'null ' || (mlops.evidence_comparison(evidence)).upper || ' ')::mlops.evidence) - ln(20.0::float8)) < 0.02 AS about
FROM run WHERE look = 66;
-- a look that was missed, a restart: the same numbers
SELECT mlops.ln_e_value(mlops.evidence_update(a.evidence, 66, 3168, 0, 132)) = mlops.ln_e_value(b.evidence) AS same
FROM run a, run b WHERE a.look = 7 AND b.look = 66;
-- the peak is kept when the evidence falls again
SELECT round(mlops.ln_e_value(e)::numeric, 6) AS ln_e, round(mlops.max_ln_e_value(e)::numeric, 6) AS peak, mlops.ln_p_value(e) = -mlops.max_ln_e_value(e) AS p
FROM (SELECT mlops.evidence_update(evidence, 66, 3168, 12, 132) e FROM run WHERE look = 66) x;

-- a ramp: one factor per phase; late events of an older phase
WITH one AS (SELECT mlops.evidence_update(mlops.evidence_of_counts(0.05), 20, 950, 1, 50) e),
two AS (SELECT mlops.evidence_update(mlops.evidence_phase(e, 0.5), 9, 400, 2, 410) e FROM one),
late AS (SELECT mlops.evidence_update(e, 21, 950, 1, 50, phase => 1) e FROM two)
SELECT mlops.phases(late.e), mlops.looks(late.e),
	abs(mlops.ln_e_value(two.e) - mlops.binomial_ln_e_value(1, 21, 0.05) - mlops.binomial_ln_e_value(2, 11, 0.5)) < 1e-12 AS product,
	abs(mlops.ln_e_value(late.e) - mlops.binomial_ln_e_value(1, 22, 0.05) - mlops.binomial_ln_e_value(2, 11, 0.5)) < 1e-12 AS late
FROM two, late;

-- means: the same as the sequence of one look; arms below the minimum add nothing
CREATE TEMP TABLE unit AS
	SELECT i, i % 2 AS arm, (i * 37 % 101)::float8 + CASE WHEN i % 2 = 1 THEN 6 ELSE 0 END AS y, (i * 37 % 101)::float8 + i % 7 AS x, 1 + i % 3 AS d
	FROM generate_series(1, 4000) i;
CREATE TEMP TABLE seen AS
	SELECT n, (SELECT mlops.moments(y) FROM unit WHERE arm = 0 AND i <= n) AS c, (SELECT mlops.moments(y) FROM unit WHERE arm = 1 AND i <= n) AS t
	FROM unnest(ARRAY[150, 1000, 4000]) n;
WITH looks AS (SELECT e1, e2, e3 FROM
	(SELECT mlops.evidence_update(mlops.evidence(), c, t) AS e1 FROM seen WHERE n = 150) a,
	LATERAL (SELECT mlops.evidence_update(e1, c, t) AS e2 FROM seen WHERE n = 1000) b,
	LATERAL (SELECT mlops.evidence_update(e2, c, t) AS e3 FROM seen WHERE n = 4000) c)
SELECT mlops.ln_e_value(e1) AS below_minimum, (mlops.evidence_comparison(e1)).reason, mlops.looks(e3),
	abs(mlops.ln_e_value(e3) - s.ln_e_value) < 1e-9 AS ln_e, abs((mlops.evidence_comparison(e3)).lower - s.lower) < 1e-9 AS lower,
	mlops.p_value(e3) = exp(-greatest(mlops.ln_e_value(e2), mlops.ln_e_value(e3))) AS p
FROM looks, seen, mlops.confidence_sequence(mlops.mean(t, 1) - mlops.mean(c, 1),
	sqrt(mlops.variance(c, 1) / mlops.moment_count(c) + mlops.variance(t, 1) / mlops.moment_count(t)), mlops.moment_count(c), mlops.moment_count(t)) s
WHERE n = 4000;
-- a covariate and a ratio go through the estimator of compare(); effects of any estimator
SELECT m.metric, abs((e.c).estimate - k.estimate) < 1e-9 AS estimate, abs((e.c).standard_error / k.standard_error - 1) < 1e-9 AS error,
	mlops.ln_e_value(mlops.evidence_update_effect(mlops.evidence(), k.estimate, k.standard_error, k.n_control, k.n_treatment)) - (e.c).ln_e_value < 1e-9 AS effect
FROM (SELECT 'mean' AS metric, (SELECT mlops.moments(y, x) FROM unit WHERE arm = 0) c, (SELECT mlops.moments(y, x) FROM unit WHERE arm = 1) t
	UNION ALL SELECT 'ratio', (SELECT mlops.moments(y, d) FROM unit WHERE arm = 0), (SELECT mlops.moments(y, d) FROM unit WHERE arm = 1)) m,
	LATERAL (SELECT mlops.evidence_comparison(mlops.evidence_update(mlops.evidence(metric => m.metric), m.c, m.t)) c) e,
	LATERAL mlops.compare(m.c, m.t, metric => m.metric) k ORDER BY 1;
-- no variance: a look without evidence, and no error
SELECT mlops.looks(e), mlops.p_value(e), (mlops.evidence_comparison(e)).reason
FROM (SELECT mlops.evidence_update(mlops.evidence(), c, c) e FROM (SELECT mlops.moments(1.0) c FROM generate_series(1, 200)) x) y;
-- 0 and 1: an arm that expects fewer than 10 events has no normal law yet; one that has none of many is broken
SELECT n, events, mlops.p_value(e) = 1 AS no_evidence, mlops.p_value(e) < 0.05 AS broken
FROM (VALUES (100, 19), (1200, 228)) v (n, events), LATERAL (SELECT mlops.evidence_update(mlops.evidence(metric => metric),
	(SELECT mlops.moments((i <= events)::int) FROM generate_series(1, 19 * n) i), (SELECT mlops.moments(0) FROM generate_series(1, n))) e
	FROM (VALUES ('mean'), ('proportion')) w (metric)) x ORDER BY 1;

-- two phases of an effect: the interval is that of the product; phases that disagree have none
WITH e AS (SELECT mlops.evidence_update_effect(mlops.evidence_phase(mlops.evidence_update_effect(mlops.evidence(), 1.0, 0.1, 500, 500)), 1.2, 0.2, 300, 300) e),
c AS (SELECT e, (mlops.evidence_comparison(e)).* FROM e)
SELECT abs(mlops.ln_e_value(replace(e::text, 'null 0 ', 'null ' || lower || ' ')::mlops.evidence) - ln(20.0::float8)) < 1e-9 AS lower,
	abs(mlops.ln_e_value(replace(e::text, 'null 0 ', 'null ' || upper || ' ')::mlops.evidence) - ln(20.0::float8)) < 1e-9 AS upper FROM c;
SELECT (mlops.evidence_comparison(mlops.evidence_update_effect(mlops.evidence_phase(
	mlops.evidence_update_effect(mlops.evidence(), -9, 0.1, 500, 500)), 9, 0.1, 500, 500))).reason;

-- e-values from elsewhere: strata are averaged at one time, the running maximum is kept here
SELECT round(mlops.average_ln_e_value(ARRAY[ln(1.0), ln(3.0), NULL, ln(7.0)])::numeric, 12) AS got, round(ln(3.0), 12) AS by_hand,
	mlops.average_ln_e_value('{}') AS nothing, mlops.average_ln_e_value('{-Infinity,-Infinity}') AS zero, mlops.average_ln_e_value('{1000,1000}') AS large;
SELECT mlops.looks(e), mlops.p_value(e), mlops.ln_e_value(e), (mlops.evidence_comparison(e)).reason
FROM (SELECT mlops.evidence_update(mlops.evidence_update(mlops.evidence_update(mlops.evidence_of_e_values(), ln(40.0::float8)), '-Infinity'), NULL) e) x;

-- what goes wrong
SELECT mlops.evidence_update(evidence, 65, 3168, 0, 132) FROM run WHERE look = 66;
SELECT mlops.evidence_update(evidence, 66, 3168, 0, 132, phase => 2) FROM run WHERE look = 66;
SELECT mlops.evidence_update(evidence, 0.5) FROM run WHERE look = 66;
SELECT mlops.evidence_update(mlops.evidence(), 1, 2, 3, 4);
SELECT mlops.evidence_update(mlops.evidence_of_e_values(), 'NaN');
SELECT mlops.evidence_update_effect(mlops.evidence(), 1, -1, 10, 10);
SELECT mlops.evidence_phase(mlops.evidence(), 0.5);
SELECT mlops.evidence_phase(mlops.evidence_of_counts());
SELECT mlops.evidence(planned_n => -5);
SELECT mlops.evidence(metric => 'median');
SELECT mlops.evidence(confidence => 1);
SELECT mlops.evidence(method => NULL);
SELECT mlops.evidence_of_counts(1);
SELECT mlops.evidence_of_counts(null_ratio => 0);
SELECT 'counts none greater confidence 0.95 null 1 tuning 2 minimum 0 looks 0 max 1.5 phases (share 0.05 units 0 0 events 0 0 estimate 0 variance 0)'::mlops.evidence;
SELECT 'counts none greater'::mlops.evidence;
SELECT mlops.evidence_update(mlops.evidence_of_counts(), NULL, 1, 1, 1)::text = mlops.evidence_of_counts()::text AS no_look, mlops.evidence_update(NULL::mlops.evidence, 1, 1, 1, 1) IS NULL AS none;
