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
