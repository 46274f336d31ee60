-- Where engines of experiments go wrong, and what the answer is here.

---------------------------------------------------------------------------
-- bandits
---------------------------------------------------------------------------
-- X1: "lower is better" with the two best arms: ranks 1 and 2 count, not 2 and 3 (which gives the best arm the floor weight),
-- and two arms are no error.  The arm with the lowest mean is ahead, and nearly never third.
SELECT arm, chance_best > 0.9 AS best, round(weight::numeric, 3) AS weight, abs(weight - (0.01 + 0.97 * (chance_best + chance_second) / 2)) < 1e-15 AS of_ranks_1_and_2
FROM mlops.thompson_weights(ARRAY[1, 3, 5], ARRAY[0.8, 0.8, 0.8], higher_is_better => false) ORDER BY arm;
SELECT arm, round(chance_best::numeric, 12) AS best, round(weight::numeric, 6) AS weight FROM mlops.thompson_weights(ARRAY[0, 0], ARRAY[1, 1], top_two => true, higher_is_better => false);
-- X14: five arms nearly alike: the weights are those of the integrals (mpmath, test/kernel/gen_best.py) and the same every time; 10,000 draws move them by .018
SELECT bool_and(abs(chance_best - (ARRAY[0.023929538950120575681,0.1404415877142435746,0.52628988012755558199,0.28540945425795969205,0.023929538950120575681])[arm]) < 1e-14) AS exact
FROM mlops.thompson_weights(ARRAY[0.1, 0.11, 0.12, 0.115, 0.1], ARRAY[0.01, 0.01, 0.01, 0.01, 0.01]);
SELECT count(DISTINCT w) AS different FROM generate_series(1, 20) run,
	LATERAL (SELECT array_agg(weight ORDER BY arm) w FROM mlops.thompson_weights(ARRAY[0.1, 0.11, 0.12, 0.115, 0.1], ARRAY[0.01, 0.01, 0.01, 0.01, run * 0 + 0.01])) s;
-- X14b: standard deviations 1, .1 and .01: to a Gauss-Hermite rule of one arm the others are steps, 96 nodes are wrong by .043 and sum to .958
SELECT bool_and(abs(chance_best - (ARRAY[0.48405786770323050269, 0.26578377510091891166, 0.25015835719585058564])[arm]) < 1e-14) AS exact,
	abs(sum(chance_best) - 1) < 1e-14 AS sum_best, abs(sum(chance_second) - 1) < 1e-14 AS sum_second
FROM mlops.thompson_weights(ARRAY[0, 0, 0], ARRAY[1, 0.1, 0.01]);

---------------------------------------------------------------------------
-- X5, X6, X13: sample ratio and multiplicity
---------------------------------------------------------------------------
-- X5: the chi-square test of the sample ratio at every hourly refresh.  200 sound
-- experiments of 64 units an hour, 720 looks; a unit is a bit of a hash.
CREATE TEMP TABLE x5 AS
SELECT e, h, sum(b) OVER w AS a, 64 * h - sum(b) OVER w AS b
  FROM (SELECT e, h, bit_count(int8send(hashint8extended(h, e)))::bigint AS b FROM generate_series(1, 200) e, generate_series(1, 720) h) s
WINDOW w AS (PARTITION BY e ORDER BY h);
SELECT count(*) FILTER (WHERE fixed < 0.01) > 10 AS "chi-square at .01: above 5 %", count(*) FILTER (WHERE sequential < 0.001) AS "sequential at .001",
	count(*) FILTER (WHERE sequential < 0.05) <= 10 AS "at .05: at most 5 %"
  FROM (SELECT e, min((mlops.sample_ratio_test(ARRAY[a, b]::bigint[])).p_value) AS fixed,
			   min(mlops.p_value(mlops.sample_ratio_evidence_update(mlops.sample_ratio_evidence(ARRAY[1, 1]), ARRAY[a, b]::bigint[]))) AS sequential
		  FROM x5 GROUP BY e) r;
-- and a broken one is found: 51 % instead of 50
SELECT mlops.p_value(mlops.sample_ratio_evidence_update(mlops.sample_ratio_evidence(ARRAY[1, 1]), ARRAY[25500, 24500])) < 0.001 AS found;

-- X6: an arm planned at 0 is no degree of freedom, and its users are an alarm of their own
SELECT (a).p_value = (b).p_value AS same, round((a).p_value::numeric, 4) AS p, (c).p_value AS impossible, (c).arm, (c).reason
  FROM (SELECT mlops.sample_ratio_test(ARRAY[5150, 4850]) AS a, mlops.sample_ratio_test(ARRAY[5150, 4850, 0], ARRAY[1, 1, 0]) AS b,
			   mlops.sample_ratio_test(ARRAY[5000, 5000, 2000], ARRAY[1, 1, 0]) AS c) t;

-- X13: an interval blown up from an adjusted p-value has no simultaneous coverage (and for p near 1 no end).  Intervals that have:
-- Bonferroni's are of one width for equal errors; after BH only those of the selected, named for what they keep; Holm has bounds
SELECT method, i, round((upper - estimate)::numeric, 6) AS half, rejected
  FROM (SELECT * FROM mlops.simultaneous_intervals('{3,1,0}', '{1,1,1}', 'bonferroni') UNION ALL
		SELECT * FROM mlops.simultaneous_intervals('{3,1,0}', '{1,1,1}', 'fcr')) s ORDER BY method, i;
SELECT i, round(lower::numeric, 6) AS lower, rejected, rejected = (lower >= 0) AS agrees FROM mlops.simultaneous_intervals('{3,2.5,0}', '{1,1,1}', 'holm', alternative => 'greater');
SELECT mlops.simultaneous_intervals('{3,1,0}', '{1,1,1}', 'bh');
-- Looking often: X4, X8, X10, X16, X18 -------------------------------------

-- X4: the winner at any of 20 looks at two equal arms, in 150 runs (rows from a hash, 100 more units in each arm at every look).
-- A fixed test of 5 % finds one in a quarter of the runs; the sequence and the running evidence in less than 5 %.
CREATE TEMP TABLE aa AS
	SELECT run, look, count(*) OVER w * 100 AS n, sum(s0) OVER w AS s0, sum(q0) OVER w AS q0, sum(s1) OVER w AS s1, sum(q1) OVER w AS q1
	FROM (SELECT run, look, sum(y) FILTER (WHERE i % 2 = 0) AS s0, sum(y * y) FILTER (WHERE i % 2 = 0) AS q0,
			sum(y) FILTER (WHERE i % 2 = 1) AS s1, sum(y * y) FILTER (WHERE i % 2 = 1) AS q1
		FROM generate_series(1, 150) run, generate_series(1, 20) look, generate_series(1, 200) i,
			LATERAL (SELECT (hashint8extended(i + 1000 * look, run) & 1023)::float8 + (hashint8extended(i + 1000 * look, run + 100000) & 1023)::float8 AS y) u
		GROUP BY run, look) x
	WINDOW w AS (PARTITION BY run ORDER BY look);
CREATE TEMP TABLE aa_effect AS
	SELECT run, look, n, (s1 - s0) / n AS estimate, sqrt((q0 - s0 * s0 / n + q1 - s1 * s1 / n) / (n - 1) / n) AS se FROM aa;
CREATE FUNCTION pg_temp.look(e mlops.evidence, estimate float8, se float8, n bigint) RETURNS mlops.evidence LANGUAGE sql
	AS 'SELECT mlops.evidence_update_effect(e, estimate, se, n, n)';
CREATE AGGREGATE pg_temp.run(float8, float8, bigint) (SFUNC = pg_temp.look, STYPE = mlops.evidence,
	INITCOND = 'asymptotic mean two-sided confidence 0.95 null 0 tuning 4000 minimum 100 looks 0 max 0 phases (share 0 units 0 0 events 0 0 estimate 0 variance 0)');
SELECT f.fixed > 0.15 AS fixed_finds_many, f.sequence <= 0.05 AS sequence, e.evidence <= 0.05 AS evidence
FROM (SELECT avg(fixed::int) AS fixed, avg(sequence::int) AS sequence FROM (
		SELECT run, bool_or(abs(estimate / se) > 1.959963985) AS fixed, bool_or((c).lower > 0 OR (c).upper < 0) AS sequence
		FROM (SELECT a.*, mlops.confidence_sequence(estimate, se, n, n, planned_n => 4000) c FROM aa_effect a) a GROUP BY run) x) f,
	(SELECT avg((mlops.p_value(e) <= 0.05)::int) AS evidence FROM (SELECT pg_temp.run(estimate, se, n ORDER BY look) e FROM aa_effect GROUP BY run) x) e;

-- X8: p of an effect far out, its logarithm where p itself underflows: q / (2 (1 + q)) z^2 - ln(1 + q) / 2 with q = 8
SELECT z, p_value = 0 AS underflows, abs(ln_p_value / (ln(3.0) - z ^ 2 * 4 / 9) - 1) < 1e-12 AS ln_p
FROM unnest(ARRAY[8.5, 12, 60]::float8[]) z, mlops.confidence_sequence(z, 1, 500, 500, 'msprt', mixing_variance => 8);
SELECT round(mlops.ln_p_value(mlops.evidence_update_effect(mlops.evidence('msprt', mixing_variance => 8), 60, 1, 500, 500))::numeric, 9) AS ln_p, round((ln(3.0) - 1600)::numeric, 9) AS by_hand;

-- X10: one-sided p in closed form, nothing clamped to [1e-5, .4999], the null value taken, any confidence.
-- sqrt(q + 1) / (2 (exp(z^2 q / (2 (q + 1))) - 1)), q = (2 ln 10 + ln(1 + 2 ln 10)) 1000 / 5000
SELECT z, null_value, abs(p_value / least(1, by_hand) - 1) < 1e-12 AS p, p_value < 1e-5 AS small, p_value > 0.4999 AS large
FROM (VALUES (1.5, 0), (6, 0), (9, 3), (0.5, 0)) v (z, null_value),
	LATERAL mlops.confidence_sequence(z, 1, 400, 600, 'growthbook', 'greater', 0.95, null_value),
	LATERAL (SELECT (2 * ln(10.0) + ln(1 + 2 * ln(10.0)))::float8 / 5 AS q) q,
	LATERAL (SELECT sqrt(q + 1) / (2 * (exp((z - null_value)::float8 ^ 2 * q / (2 * (q + 1))) - 1)) AS by_hand) h;
SELECT confidence, lower < 1 AS lower, upper, p_value > 0 AS p FROM mlops.confidence_sequence(1, 1, 400, 600, alternative => 'greater', confidence => 0.4);
-- the exact mixture has less to spare than that bound
SELECT e.lower > g.lower AS narrower, e.p_value < g.p_value AS smaller
FROM mlops.confidence_sequence(3, 1, 400, 600, alternative => 'greater') e, mlops.confidence_sequence(3, 1, 400, 600, 'growthbook', 'greater') g;

-- X16: a guardrail that may be looked at after every event, from the first unit on: errors 2 % in the control, 8 % in a
-- treatment that has 5 % of the units; and the same for a treatment that is well
SELECT treatment, min(look) FILTER (WHERE mlops.p_value(e) <= 0.05) AS rolled_back_at, round(max(mlops.max_ln_e_value(e))::numeric, 3) AS ln_e
FROM (VALUES ('broken', 0.08), ('well', 0.02)) v (treatment, rate), generate_series(1, 40) look,
	LATERAL (SELECT mlops.evidence_update(mlops.evidence_of_counts(0.05, 'greater'), floor(0.02 * 475 * look)::bigint, 475 * look, floor(rate * 25 * look)::bigint, 25 * look) e) x
GROUP BY 1 ORDER BY 1;

-- X18: what an interval for any number of looks costs, against a fixed one, depends on the planned n; few planned looks cost next to nothing
SELECT n, planned_n, round(((upper - lower) / 2 / 1.959963985)::numeric, 2) AS width
FROM (VALUES (500, 5000), (5000, 5000), (50000, 5000), (50000, 50000)) v (n, planned_n),
	LATERAL mlops.confidence_sequence(0, 1, n / 2, n / 2, planned_n => planned_n) ORDER BY 1, 2;
SELECT round((upper / 1.959963985)::numeric, 2) AS width FROM mlops.group_sequential_bounds(ARRAY[1, 2, 3, 4, 5]) WHERE look = 5;

---------------------------------------------------------------------------
-- X0, X0b, X2, X3, X7, X8, X9, X11, X12, X15: compare()
---------------------------------------------------------------------------
-- shares: n units, x of them with an event
CREATE FUNCTION pg_temp.units(n int, x int) RETURNS mlops.moments LANGUAGE sql AS
	$$SELECT mlops.moments((i <= x)::int) FROM generate_series(1, n) i$$;

-- X0: a completely broken arm (no conversions, no variance) is an error elsewhere; here it loses
SELECT (r).method, (r).p_value < 0.05 AS found, (r).upper < 0 AS below, (r).reason
FROM (VALUES (1, mlops.compare(pg_temp.units(10000, 200), pg_temp.units(300, 0), metric => 'proportion')),
			 (2, mlops.compare(pg_temp.units(500, 100), pg_temp.units(40, 0), metric => 'proportion')),
			 (3, mlops.compare(pg_temp.units(500, 100), pg_temp.units(40, 0), metric => 'proportion', alternative => 'less')),
			 (4, mlops.compare(pg_temp.units(500, 100), pg_temp.units(40, 0)))) v(i, r) ORDER BY i;

-- X0b: unpooled variances and t on the small arm of a ramp; one event of 20 against 2 % is no alarm at 1 %, and the exact p says so
SELECT (r).method, (r).p_value > 0.05 AS quiet, round((r).p_value::numeric, 4) AS p
FROM (SELECT mlops.compare(pg_temp.units(980, 20), pg_temp.units(19, 1), metric => 'proportion') AS r) s;

-- X2: a symmetric relative interval; ours is not symmetric about the estimate, and reaches further up
SELECT (s).method, (s).upper - (s).estimate > 1.4 * ((s).estimate - (s).lower) AS wider_above,
	   abs(((d).upper - (d).estimate) / ((d).estimate - (d).lower) - 1) < 1e-9 AS delta_is_symmetric
FROM (SELECT mlops.compare(pg_temp.units(500, 10), pg_temp.units(500, 12), metric => 'proportion', effect => 'relative') AS s,
			 mlops.compare(pg_temp.units(500, 10), pg_temp.units(500, 12), metric => 'proportion', effect => 'relative', relative_method => 'delta') AS d) v;

-- X3: the absolute interval divided by the control's mean ignores the control's noise: ours is wider than that
SELECT (r).method, ((r).upper - (r).lower) / (((a).upper - (a).lower) / (a).control) > 1.2 AS wider
FROM (SELECT mlops.compare(c, t, effect => 'relative') AS r, mlops.compare(c, t) AS a
	  FROM (SELECT mlops.moments(-ln(i / 101.0)) AS c, mlops.moments(-3 * ln(i / 101.0)) AS t FROM generate_series(1, 100) i) s) v;

-- X7: sums of squares lose the variance at a base of 1e8; here p is that of base 0, to what the doubles hold
SELECT base, abs((r).p_value / (z).p_value - 1) < tolerance AS same_p, (r).reason
FROM (VALUES (1e7, 1e-6), (1e8, 1e-6), (1e9, 1e-5), (1e12, 1e-1)) b(base, tolerance),
	 LATERAL (SELECT mlops.compare(mlops.moments(base + (i * 37 % 1000) / 256.0), mlops.moments(base + (i * 37 % 1000) / 256.0 + 0.25)) AS r,
					 mlops.compare(mlops.moments((i * 37 % 1000) / 256.0), mlops.moments((i * 37 % 1000) / 256.0 + 0.25)) AS z
			  FROM generate_series(1, 1000) i) s;

-- X8: p = 2 (1 - cdf) is 0 beyond 8 standard errors; ln p from mpmath: -38.5704986 and -12805.3010
SELECT (r).p_value > 0 AS positive, round((r).statistic::numeric, 1) AS z, round((r).ln_p_value::numeric, 3) AS ln_p
FROM (SELECT mlops.compare(pg_temp.units(20000, 10000), pg_temp.units(20000, 10850), metric => 'proportion') AS r) s;
SELECT (r).p_value, round((r).ln_p_value::numeric) AS ln_p FROM (SELECT mlops.compare(pg_temp.units(20000, 2000), pg_temp.units(20000, 18000), metric => 'proportion') AS r) s;

-- X9: an absolute effect needs no baseline; a control without events has one too
SELECT (r).effect, (r).estimate, (r).p_value < 0.05 AS found, (r).lower > 0 AS above, (r).reason
FROM (VALUES (1, mlops.compare(pg_temp.units(600, 0), pg_temp.units(600, 12), metric => 'proportion')),
			 (2, mlops.compare(pg_temp.units(600, 0), pg_temp.units(600, 12))),
			 (3, mlops.compare(pg_temp.units(600, 0), pg_temp.units(600, 12), metric => 'proportion', effect => 'relative'))) v(i, r) ORDER BY i;

-- X11: a coefficient pooled over both arms takes a part of the effect in; that of within the arms does not. y = 2 x + noise; the treatment
-- takes 3 away and has drawn units whose x is 4 higher: within the arms the coefficient is 1.9989 (by hand: 2 + cov(noise, x) / var(x)),
-- the estimate 5 - 4 x 1.9989
SELECT round((w).estimate::numeric, 3) AS within, abs((w).estimate + 3) < 0.01 AS within_is_right, abs((p).estimate + 3) > 0.04 AS pooled_is_not
FROM (SELECT mlops.compare(c, t) AS w, mlops.compare(c, t, theta => 'pooled') AS p
	  FROM (SELECT mlops.moments(2 * i + i % 3, i) AS c, mlops.moments(2 * i + i % 3 + 5, i + 4) AS t FROM generate_series(1, 60) i) s) v;

-- X12: degrees of freedom of a stratified estimate come from the strata, not from the units as one heap
SELECT (r).method, (r).df < 30 AS of_the_small_noisy_stratum, (h).df > 150 AS of_the_heap
FROM (SELECT mlops.compare(ARRAY[c1, c2], ARRAY[t1, t2], shares => '{0.5,0.5}') AS r, mlops.compare(mlops.merge(c1, c2), mlops.merge(t1, t2)) AS h
	  FROM (SELECT mlops.moments(i % 3) AS c1, mlops.moments(i % 3) AS t1 FROM generate_series(1, 200) i) a,
		   (SELECT mlops.moments(20 * (i % 5)) AS c2, mlops.moments(20 * (i % 5) + 1) AS t2 FROM generate_series(1, 10) i) b) v;

-- X15: non-inferiority with a margin, also relative to the control, whose noise counts
SELECT (r).method, (r).p_value < 0.05 AS shown, (r).lower > -margin AS interval_agrees, (r).upper
FROM (SELECT mlops.moments(10 + i % 5) AS c, mlops.moments(9.9 + i % 5) AS t FROM generate_series(1, 500) i) s,
	 LATERAL (VALUES (0.3, mlops.compare(c, t, hypothesis => 'non-inferiority', margin => 0.3)),
					 (0.03, mlops.compare(c, t, hypothesis => 'non-inferiority', margin => 0.03, effect => 'relative'))) v(margin, r);

-- X17: an experiment that ends inconclusive does not ship: neither with nothing shown, nor with the guardrail settled but no
-- success, nor with a success but a guardrail without a result.  Only the last one passes.
SELECT v.i, g.verdict, g.reason
FROM (VALUES (1, '{0.01,0.01}'::float8[], '{0.02,0.02}'::float8[]), (2, '{0.01,-0.01}', '{0.02,0.002}'), (3, '{0.1,NULL}', '{0.02,NULL}'), (4, '{0.1,-0.01}', '{0.02,0.002}')) v (i, estimate, se),
	mlops.gate('{revenue,latency}', '{success,guardrail}', v.estimate, v.se, '{0,0.02}', '{t,f}') g
WHERE g.metric IS NULL ORDER BY v.i;
