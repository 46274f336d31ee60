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
