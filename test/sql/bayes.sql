-- Which arm is the best, and the weights of bandits.

-- two normal arms: P(best) = Phi(difference / sqrt(s1^2 + s2^2)); 3, 4, 5 and Phi(-1)
SELECT arm, n, level, standard_error, abs(chance_best - CASE arm WHEN 1 THEN 0.15865525393145705 ELSE 0.84134474606854295 END) < 1e-15 AS best,
	abs(chance_best + chance_second - 1) < 1e-15 AS second, abs(weight - (0.01 + 0.98 * chance_best)) < 1e-15 AS weight, n_excluded, reason
FROM mlops.thompson_weights(ARRAY[10, 15], ARRAY[3, 4]);
-- the losses differ by the difference of the levels, and are 5 (phi(1) - Phi(-1)) for the better arm
SELECT abs(max(expected_loss) - min(expected_loss) - 5) < 1e-14 AS difference, abs(min(expected_loss) - 5 * (0.24197072451914337 - 0.15865525393145705)) < 1e-14 AS smaller
FROM mlops.thompson_weights(ARRAY[10, 15], ARRAY[3, 4]);
-- lower is better: the mirror
SELECT count(*) FILTER (WHERE abs(a.chance_best - b.chance_best) < 1e-15 AND abs(a.chance_second - b.chance_second) < 1e-15 AND abs(a.expected_loss - b.expected_loss) < 1e-13 AND abs(a.weight - b.weight) < 1e-15) AS mirrored
FROM mlops.thompson_weights(ARRAY[1, 2, 2.5, -1], ARRAY[1, 2, 0.5, 3]) a JOIN mlops.thompson_weights(ARRAY[-1, -2, -2.5, 1], ARRAY[1, 2, 0.5, 3], higher_is_better => false) b USING (arm);
-- equal arms are equal; levels that are known exactly; floor, and a floor that leaves nothing
SELECT arm, round(chance_best::numeric, 14) AS best, round(chance_second::numeric, 14) AS second, round(weight::numeric, 14) AS weight FROM mlops.thompson_weights(ARRAY[7, 7, 7], ARRAY[2, 2, 2]);
SELECT arm, chance_best, chance_second, expected_loss, weight FROM mlops.thompson_weights(ARRAY[3, 1, 3, 2], ARRAY[0, 0, 0, 0], floor => 0);
SELECT array_agg(weight ORDER BY arm) FROM mlops.thompson_weights(ARRAY[1, 2, 9], ARRAY[1, 1, 1], floor => 0.4);
SELECT array_agg(round(weight::numeric, 4) ORDER BY arm) FROM mlops.thompson_weights(ARRAY[0, 100], ARRAY[1, 1], floor => 0.05);
-- with two arms top_two is an even split, so it is not the default
SELECT array_agg(round(weight::numeric, 12) ORDER BY arm) FROM mlops.thompson_weights(ARRAY[0, 1], ARRAY[1, 1], top_two => true);
-- a prior: shrinks by s^2 / (s^2 + prior_sd^2)
SELECT arm, round(level::numeric, 12) AS level, round(standard_error::numeric, 12) AS se FROM mlops.thompson_weights(ARRAY[10, 20], ARRAY[3, 4], prior_mean => 2, prior_sd => 4);

-- proportions: 0 of 10 against 3 of 10, uniform prior.  P(p2 > p1) by hand: p1 ~ Beta(1, 11), P(p1 > x) = (1 - x)^11, so
-- P(p1 > p2) = E (1 - p2)^11 with p2 ~ Beta(4, 8): (8 ... 18) / (12 ... 22)
SELECT arm, n, round(level::numeric, 12) AS level, abs(chance_best - CASE arm WHEN 1 THEN p ELSE 1 - p END) < 1e-14 AS best
FROM mlops.thompson_weights_proportion(ARRAY[0, 3], ARRAY[10, 10]),
	(SELECT exp(sum(ln((7 + i) / (11.0::float8 + i)))) p FROM generate_series(1, 11) i) s;
-- no trials at all: the prior, evenly
SELECT arm, round(chance_best::numeric, 13) AS best, round(weight::numeric, 13) AS weight FROM mlops.thompson_weights_proportion(ARRAY[0, 0, 0], ARRAY[0, 0, 0]);
-- rates: no event in 10 against one in 30, gamma(1, .): P(rate1 < rate2) with shapes 1 and 2 = 1 - (30 / 40)^2
SELECT arm, abs(chance_best - CASE arm WHEN 1 THEN 1 - 0.5625 ELSE 0.5625 END) < 1e-14 AS best, level
FROM mlops.thompson_weights_rate(ARRAY[0, 1], ARRAY[10, 30], higher_is_better => false, prior_shape => 1);

-- from moments
CREATE TABLE bandit_units AS
SELECT i % 3 + 1 AS arm, i % 4 + 1 AS period, (i * 7919 % 101) / 10.0::float8 + (i % 3) * 0.2 + (i % 4) AS y, (i * 7919 % 101) / 20.0::float8 + (i * 31 % 17) / 10.0 AS x,
	1 + i % 3 % 2 + i % 2 AS d, 1 + i % 5 AS z FROM generate_series(1, 1200) i;
-- plain means are the same as from means and standard errors
SELECT count(*) FILTER (WHERE abs(a.weight - b.weight) < 1e-13 AND abs(a.expected_loss - b.expected_loss) < 1e-13 AND abs(a.level - b.level) < 1e-13 AND a.n = 400) AS same
FROM mlops.thompson_weights((SELECT array_agg(m ORDER BY arm) FROM (SELECT arm, mlops.moments(y) m FROM bandit_units GROUP BY arm) s)) a
JOIN mlops.thompson_weights((SELECT array_agg(m ORDER BY arm) FROM (SELECT arm, avg(y) m FROM bandit_units GROUP BY arm) s), (SELECT array_agg(m ORDER BY arm) FROM (SELECT arm, stddev(y) / sqrt(count(*)) m FROM bandit_units GROUP BY arm) s)) b USING (arm);
-- a covariate: y - theta (x - mean x), theta pooled within the arms
WITH theta AS (SELECT sum(c) / sum(v) t FROM (SELECT covar_samp(y, x) c, var_samp(x) v FROM bandit_units GROUP BY arm) s),
	adjusted AS (SELECT arm, y - (SELECT t FROM theta) * (x - (SELECT avg(x) FROM bandit_units)) a FROM bandit_units),
	want AS (SELECT arm, avg(a) level, stddev(a) / sqrt(count(*)) se FROM adjusted GROUP BY arm)
SELECT count(*) FILTER (WHERE abs(a.level - want.level) < 1e-12 AND abs(a.standard_error - se) < 1e-12) AS same
FROM mlops.thompson_weights((SELECT array_agg(m ORDER BY arm) FROM (SELECT arm, mlops.moments(y, x) m FROM bandit_units GROUP BY arm) s)) a JOIN want USING (arm);
-- periods: weights of the units of all arms, the same for each arm.  An arm that came late, when everything was better, does not win by that:
-- both arms are equal in each of the two periods
CREATE TABLE bandit_late AS SELECT 1 + (i % 1000 >= 900)::int AS arm, 1 AS period, (i % 7)::float8 AS y FROM generate_series(0, 9999) i
	UNION ALL SELECT 1 + (i % 2), 2, 10 + (i / 2 % 7) FROM generate_series(0, 9999) i;
SELECT arm, n, round(chance_best::numeric, 1) AS best FROM mlops.thompson_weights((SELECT array_agg(m ORDER BY arm) FROM (SELECT arm, mlops.moments(y) m FROM bandit_late GROUP BY arm) s));
SELECT arm, n, round(level::numeric, 2) AS level, chance_best BETWEEN 0.3 AND 0.7 AS even
FROM mlops.thompson_weights((SELECT array_agg(m ORDER BY arm) FROM (SELECT arm, array_agg(m ORDER BY period) m FROM (SELECT arm, period, mlops.moments(y) m FROM bandit_late GROUP BY arm, period) s GROUP BY arm) s));
WITH cell AS (SELECT arm, period, avg(y) m, var_samp(y) v, count(*) n FROM bandit_units GROUP BY arm, period),
	share AS (SELECT period, sum(n) / 1200.0 w FROM cell GROUP BY period),
	want AS (SELECT arm, sum(w * m) level, sqrt(sum(w * w * v / n)) se FROM cell JOIN share USING (period) GROUP BY arm)
SELECT count(*) FILTER (WHERE abs(a.level - want.level) < 1e-12 AND abs(a.standard_error - se) < 1e-12) AS same
FROM mlops.thompson_weights((SELECT array_agg(m ORDER BY arm) FROM (SELECT arm, array_agg(m ORDER BY period) m FROM (SELECT arm, period, mlops.moments(y) m FROM bandit_units GROUP BY arm, period) s GROUP BY arm) s)) a JOIN want USING (arm);
-- a ratio, delta method by linearised values; with both of before, which is not silently left out
WITH r AS (SELECT arm, avg(y) / avg(d) r, avg(d) md, avg(x) / avg(z) q, avg(z) mz FROM bandit_units GROUP BY arm),
	l AS (SELECT arm, (y - r * d) / md ly, (x - q * z) / mz lx, r, q FROM bandit_units JOIN r USING (arm)),
	theta AS (SELECT sum(c) / sum(v) t FROM (SELECT covar_samp(ly, lx) c, var_samp(lx) v FROM l GROUP BY arm) s),
	want AS (SELECT arm, stddev(ly) / sqrt(count(*)) plain, min(r) - (SELECT t FROM theta) * (min(q) - (SELECT avg(x) / avg(z) FROM bandit_units)) level, stddev(ly - (SELECT t FROM theta) * lx) / sqrt(count(*)) se, min(r) r FROM l GROUP BY arm)
SELECT count(*) FILTER (WHERE abs(a.level - r) < 1e-12 AND abs(a.standard_error - plain) < 1e-12) AS plain, count(*) FILTER (WHERE abs(b.level - want.level) < 1e-12 AND abs(b.standard_error - se) < 1e-12) AS adjusted
FROM mlops.thompson_weights((SELECT array_agg(m ORDER BY arm) FROM (SELECT arm, mlops.moments(y, d) m FROM bandit_units GROUP BY arm) s), 'ratio') a
JOIN mlops.thompson_weights((SELECT array_agg(m ORDER BY arm) FROM (SELECT arm, mlops.moments(y, d, x, z) m FROM bandit_units GROUP BY arm) s), 'ratio') b USING (arm) JOIN want USING (arm);
-- shares by beta posteriors; excluded rows are counted
SELECT a.arm, a.n, b.n = a.n AS n, abs(a.weight - b.weight) < 1e-15 AS same, a.n_excluded
FROM mlops.thompson_weights((SELECT array_agg(m ORDER BY g) FROM (SELECT i % 2 g, mlops.moments(CASE WHEN i % 50 > 1 THEN (i % 10 = 0)::int END) m FROM generate_series(1, 1000) i GROUP BY 1) s), 'proportion') a
JOIN mlops.thompson_weights_proportion(ARRAY[80, 0], ARRAY[480, 480]) b USING (arm);

-- weights that stay as they are, and why
SELECT arm, n, round(chance_best::numeric, 3) AS best, weight, reason FROM mlops.thompson_weights((SELECT array_agg(m ORDER BY g) FROM (SELECT i % 10 / 9 g, mlops.moments(i % 7) m FROM generate_series(1, 900) i GROUP BY 1) s));
SELECT arm, n, weight, reason FROM mlops.thompson_weights((SELECT array_agg(m ORDER BY g) FROM (SELECT i % 10 / 9 g, mlops.moments(i % 7) m FROM generate_series(1, 900) i GROUP BY 1) s), current_weights => ARRAY[0.9, 0.1]);
SELECT arm, n, level, chance_best, weight, reason FROM mlops.thompson_weights((SELECT array_agg(m ORDER BY g) FROM (SELECT i % 2 g, mlops.moments(i % 2 * (i % 5)) m FROM generate_series(1, 900) i GROUP BY 1) s));
SELECT arm, n, chance_best, weight, reason FROM mlops.thompson_weights(ARRAY[(SELECT mlops.moments(i) FROM generate_series(1, 900) i), NULL]);
SELECT arm, n, chance_best, weight, reason FROM mlops.thompson_weights(ARRAY[NULL, NULL]::mlops.moments[]);
SELECT arm, n, weight, reason FROM mlops.thompson_weights((SELECT ARRAY[ARRAY[a, NULL], ARRAY[a, a]] FROM (SELECT mlops.moments(i) a FROM generate_series(1, 200) i) s));
SELECT arm, n, weight, reason FROM mlops.thompson_weights((SELECT ARRAY[a, a] FROM (SELECT mlops.moments(i, 0) a FROM generate_series(1, 200) i) s), 'ratio');
SELECT arm, weight, reason FROM mlops.thompson_weights_proportion(ARRAY[1, 5], ARRAY[10, 10], min_units => 50, current_weights => '{0.3,0.7}');

-- other policies: worked by hand
SELECT mlops.epsilon_greedy_weights(ARRAY[1, 3, 3, 0], 0.2), mlops.epsilon_greedy_weights(ARRAY[1, 3, 3, 0], 0, false);
SELECT array_agg(round(w::numeric, 12)) FROM unnest(mlops.softmax_weights(ARRAY[ln(1.0), ln(3.0), ln(4.0)]::float8[], 1)) w;
SELECT mlops.softmax_weights(ARRAY[1000, 0], 0.1), mlops.softmax_weights(ARRAY[1000, 0], 0.1, false);
SELECT abs(b[1] - (0.5 + sqrt(2 * ln(8) / 4))) < 1e-15 AS one, b[2], abs(b[3] - (0.2 + sqrt(2 * ln(8) / 4))) < 1e-15 AS three FROM mlops.ucb1_bounds(ARRAY[0.5, 0, 0.2], ARRAY[4, 0, 4]) b;

-- errors
\set VERBOSITY default
SELECT mlops.thompson_weights(ARRAY[1.0], ARRAY[1.0]);
SELECT mlops.thompson_weights(ARRAY[1, 2], ARRAY[1, -1]);
SELECT mlops.thompson_weights(ARRAY[1, 2], ARRAY[1]);
SELECT mlops.thompson_weights(ARRAY[1, NULL], ARRAY[1, 1]);
SELECT mlops.thompson_weights('{1,NaN}'::float8[], ARRAY[1, 1]);
SELECT mlops.thompson_weights(ARRAY[1, 2], ARRAY[1, 1], floor => 2);
SELECT mlops.thompson_weights(ARRAY[1, 2], ARRAY[1, 1], prior_sd => 0);
SELECT mlops.thompson_weights(ARRAY[1, 2], NULL::float8[]);
SELECT mlops.thompson_weights((SELECT array_agg(i::float8) FROM generate_series(1, 257) i), (SELECT array_agg(i::float8) FROM generate_series(1, 257) i));
SELECT mlops.thompson_weights_proportion(ARRAY[5, 6], ARRAY[10, 5]);
SELECT mlops.thompson_weights_proportion(ARRAY[5, 6], ARRAY[10, 10], prior_successes => 0);
SELECT mlops.thompson_weights_proportion(ARRAY[-5, 6], ARRAY[10, 10]);
SELECT mlops.thompson_weights_proportion(ARRAY[5, 6], ARRAY[10, 10], current_weights => '{0.5,0.6}');
SELECT mlops.thompson_weights_rate(ARRAY[5, 6], ARRAY[10, 0]);
SELECT mlops.thompson_weights(ARRAY['n 2 null 0 nonfinite 0 mean (1, 2, 3) comoment (1, 0, 0, 1, 0, 1)', NULL]::mlops.moments[]);
SELECT mlops.thompson_weights(ARRAY['n 2 null 0 nonfinite 0 mean (1, 2, 3) comoment (1, 0, 0, 1, 0, 1)', NULL]::mlops.moments[], 'ratio');
SELECT mlops.thompson_weights(ARRAY['n 2 null 0 nonfinite 0 mean (1) comoment (1)', 'n 2 null 0 nonfinite 0 mean (1, 2) comoment (1, 0, 1)']::mlops.moments[]);
SELECT mlops.thompson_weights(ARRAY['n 2 null 0 nonfinite 0 mean (1) comoment (1)', NULL]::mlops.moments[], 'proportion');
SELECT mlops.thompson_weights(ARRAY['n 2 null 0 nonfinite 0 mean (1) comoment (1)', NULL]::mlops.moments[], 'median');
SELECT mlops.epsilon_greedy_weights(ARRAY[1, 2], 1.5);
SELECT mlops.softmax_weights(ARRAY[1, 2], 0);
SELECT mlops.ucb1_bounds(ARRAY[1, 2], ARRAY[3, -4]);
DROP TABLE bandit_units, bandit_late;
