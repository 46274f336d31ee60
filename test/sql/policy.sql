-- Paired comparison, off-policy value, uplift, interleaving.

-- a challenger and a champion on the same rows: the paired t test by hand
CREATE TABLE shadow AS SELECT i, (i * 7919 % 1009) / 100.0::float8 AS champion, (i * 7919 % 1009) / 100.0 * 0.97 + (i * 31 % 13) / 20.0 - 0.35 AS challenger FROM generate_series(1, 500) i;
WITH want AS (SELECT avg(challenger - champion) d, stddev(challenger - champion) / sqrt(count(*)) se, avg(champion) c, avg(challenger) t FROM shadow),
	got AS (SELECT (mlops.compare_paired(m)).* FROM (SELECT mlops.moments(challenger, champion) m FROM shadow) s)
SELECT method, effect, abs(estimate - d) < 1e-13 AS estimate, abs(standard_error - se) < 1e-13 AS se, abs(statistic - d / se) < 1e-9 AS t, df, n_control, n_treatment, abs(control - c) < 1e-13 AS control, abs(treatment - t) < 1e-13 AS treatment,
	abs((upper + lower) / 2 - d) < 1e-13 AS middle, (upper - lower) / 2 / se BETWEEN 1.9647 AND 1.9648 AS t_499, n_excluded, reason FROM got, want;
-- the covariance is what makes it sharp: against two samples of the same values
SELECT (p).standard_error < 0.1 * (u).standard_error AS sharper FROM (SELECT mlops.compare_paired(mlops.moments(challenger, champion)) p, mlops.compare(mlops.moments(champion), mlops.moments(challenger)) u FROM shadow) s;
-- relative by Fieller: at each limit the contrast challenger - (1 + limit) champion is t standard errors from 0
WITH got AS (SELECT (mlops.compare_paired(m, effect => 'relative', relative_method => 'fieller')).* FROM (SELECT mlops.moments(challenger, champion) m FROM shadow) s),
	at AS (SELECT abs(avg(challenger - (1 + l) * champion)) / (stddev(challenger - (1 + l) * champion) / sqrt(count(*))) t FROM shadow, (SELECT lower l FROM got UNION ALL SELECT upper FROM got) s GROUP BY l)
SELECT method, effect, lower < estimate AND estimate < upper AS inside, (SELECT min(t) BETWEEN 1.964729 AND 1.964730 AND max(t) BETWEEN 1.964729 AND 1.964730 FROM at) AS limits FROM got;
SELECT method, lower < estimate AND estimate < upper AS inside FROM (SELECT (mlops.compare_paired(m, effect => 'relative')).* FROM (SELECT mlops.moments(challenger, champion) m FROM shadow) s) s;
-- non-inferiority of a loss: not more than 2 % above the champion's; one-sided, by the contrast with 1.02 champion
WITH got AS (SELECT (mlops.compare_paired(m, effect => 'relative', hypothesis => 'non-inferiority', margin => 0.02, higher_is_better => false)).* FROM (SELECT mlops.moments(challenger, champion) m FROM shadow) s)
SELECT method, abs(statistic - (SELECT avg(challenger - 1.02 * champion) / (stddev(challenger - 1.02 * champion) / sqrt(count(*))) FROM shadow)) < 1e-9 AS t, p_value < 1e-10 AS not_inferior, lower, upper < 0.02 AS upper FROM got;
SELECT method, confidence, lower > -0.3 AND upper < 0.3 AS within, p_value < 0.05 AS equivalent FROM (SELECT (mlops.compare_paired(m, hypothesis => 'equivalence', margin => 0.3)).* FROM (SELECT mlops.moments(challenger, champion) m FROM shadow) s) s;
SELECT (mlops.compare_paired(mlops.moments(challenger, champion), alternative => 'less')).lower, (mlops.compare_paired(mlops.moments(challenger, champion), alternative => 'less')).p_value < 0.5 AS less FROM shadow;
-- what cannot be said
SELECT (c).estimate, (c).standard_error, (c).p_value, (c).n_control, (c).n_excluded, (c).reason FROM (SELECT mlops.compare_paired(m) c FROM (VALUES (NULL::mlops.moments), ((SELECT mlops.moments(1, 2))), ((SELECT mlops.moments(i + 0.5, i) FROM generate_series(1, 1000) i)),
	((SELECT mlops.moments(i * 0.1, i * 0.1) FROM generate_series(1, 1000) i)), ((SELECT mlops.moments(NULL, i) FROM generate_series(1, 5) i))) v(m)) s;
SELECT round((c).estimate::numeric, 6) AS estimate, (c).lower, (c).upper, (c).reason FROM (SELECT mlops.compare_paired(mlops.moments(1 + i % 3, i % 2 * 2 - 0.99), effect => 'relative', relative_method => 'fieller') c FROM generate_series(1, 1000) i) s;

-- off-policy: four rows by hand.  Weights .5/.25 = 2, 1/.5 = 2, 0, .2/.4 = .5; w r = 2, 0, 0, 1.5
CREATE TABLE logged (reward float8, probability float8, propensity float8, policy_value float8, action_value float8);
INSERT INTO logged VALUES (1, 0.5, 0.25, 0.8, 0.9), (0, 1, 0.5, 0.7, 0.2), (1, 0, 0.4, 0.6, 0.5), (3, 0.2, 0.4, 2, 2.5);
SELECT estimator, value, round(standard_error::numeric, 12) AS se, n, round(effective_sample_size::numeric, 12) AS ess, mean_weight, n_capped, n_excluded, reason FROM (SELECT mlops.off_policy(reward, probability, propensity) m FROM logged) s,
	LATERAL (SELECT * FROM mlops.off_policy_value(m, 'ips') UNION ALL SELECT * FROM mlops.off_policy_value(m)) v;
-- sd of (2, 0, 0, 1.5) / 2; snips 3.5 / 4.5, residuals (w r - v w) / mean w; ESS 4.5^2 / 8.25; dr: .8 + 2 .1, .7 - 2 .2, .6, 2 + .5 .5
SELECT round((sqrt((1.125 ^ 2 + 2 * 0.875 ^ 2 + 0.625 ^ 2) / 3) / 2)::numeric, 12) AS ips, round((SELECT stddev((wr - 7 / 9.0 * w) / 1.125) / 2 FROM (VALUES (2.0, 2.0), (0, 2), (0, 0), (1.5, 0.5)) v(wr, w))::numeric, 12) AS snips, round(4.5 ^ 2 / 8.25, 12) AS ess, (1 + 0.3 + 0.6 + 2.25) / 4 AS dr;
SELECT estimator, value, round(standard_error::numeric, 12) AS se, (SELECT round((stddev(x) / 2)::numeric, 12) FROM unnest(ARRAY[1, 0.3, 0.6, 2.25]) x) AS want FROM (SELECT mlops.off_policy(reward, probability, propensity, policy_value, action_value) m FROM logged) s, LATERAL mlops.off_policy_value(m);
-- the difference to what was logged, on the same rows
SELECT method, round(estimate::numeric, 12) AS estimate, control, round(treatment::numeric, 12) AS treatment, round(standard_error::numeric, 12) AS se,
	(SELECT round((stddev(x) / 2)::numeric, 12) FROM unnest(ARRAY[2 - 1, 0, -1, 1.5 - 3]) x) AS want FROM (SELECT (mlops.compare_off_policy(m, 'ips')).* FROM (SELECT mlops.off_policy(reward, probability, propensity) m FROM logged) s) s;
SELECT method, round(estimate::numeric, 12) AS estimate, round(standard_error::numeric, 12) AS se, (SELECT round((stddev((wr - 7 / 9.0 * w) / 1.125 - r) / 2)::numeric, 12) FROM (VALUES (2.0, 2.0, 1.0), (0, 2, 0), (0, 0, 1), (1.5, 0.5, 3)) v(wr, w, r)) AS want
FROM (SELECT (mlops.compare_off_policy(m)).* FROM (SELECT mlops.off_policy(reward, probability, propensity) m FROM logged) s) s;
-- a cap is named, and counted
SELECT estimator, value, mean_weight, n_capped FROM (SELECT mlops.off_policy(reward, probability, propensity, 1.5) m FROM logged) s, LATERAL mlops.off_policy_value(m, 'ips');
SELECT (mlops.compare_off_policy(m)).method FROM (SELECT mlops.off_policy(reward, probability, propensity, policy_value, action_value, 1.5) m FROM logged) s;
-- states merge
SELECT count(DISTINCT round(value::numeric, 13)) AS values, max(n) AS n FROM (SELECT mlops.off_policy(reward, probability, propensity, 1.5) m FROM logged UNION ALL SELECT mlops.merge(m) FROM (SELECT mlops.off_policy(reward, probability, propensity, 1.5) m FROM logged GROUP BY reward) s) s, LATERAL mlops.off_policy_value(m);
-- rows that cannot be used are counted: propensities of 0 or above 1, probabilities that are none, NULL, NaN
SELECT estimator, value, n, n_excluded FROM (SELECT mlops.off_policy(r, p, e) m FROM (VALUES (1.0::float8, 0.5::float8, 0.5::float8), (2, 1, 1), (1, 0.5, 0), (1, 0.5, 1.5), (1, 1.5, 0.5), (1, -0.5, 0.5), (NULL, 1, 1), (1, NULL, 1), ('NaN', 1, 1), (1, 1, 'NaN')) v(r, p, e)) s, LATERAL mlops.off_policy_value(m, 'ips');
-- the policy that was logged has the value that was logged, without error; one that takes none of the actions has none
SELECT estimator, round(value::numeric, 12) AS value, effective_sample_size AS ess, reason FROM (SELECT mlops.off_policy(reward, propensity, propensity) m FROM logged) s, LATERAL mlops.off_policy_value(m);
SELECT (c).estimate, (c).p_value, (c).reason FROM (SELECT mlops.compare_off_policy(mlops.off_policy(reward, propensity, propensity)) c FROM logged) s;
SELECT estimator, value, mean_weight, effective_sample_size AS ess, reason FROM (SELECT mlops.off_policy(reward, 0, propensity) m FROM logged) s, LATERAL mlops.off_policy_value(m);
SELECT v.* FROM (VALUES (NULL::mlops.moments), ((SELECT mlops.off_policy(1, 1, 1)))) s(m), LATERAL mlops.off_policy_value(m) v;

-- uplift: two scores and a tie by hand.  Score .9: treated 1, 1, control 0; score .5: treated 0, control 1, 0
CREATE TABLE targeted (score float8, treated boolean, outcome float8);
INSERT INTO targeted VALUES (0.9, true, 1), (0.9, true, 1), (0.9, false, 0), (0.5, true, 0), (0.5, false, 1), (0.5, false, 0);
CREATE FUNCTION pg_temp.groups(OUT s float8[], OUT c mlops.moments[], OUT t mlops.moments[]) LANGUAGE sql AS $$
	SELECT array_agg(score), array_agg(c), array_agg(t) FROM (SELECT score, mlops.moments(outcome) FILTER (WHERE NOT treated) c, mlops.moments(outcome) FILTER (WHERE treated) t FROM targeted GROUP BY score) s $$;
SELECT score, share, n_control, n_treatment, control_mean, treatment_mean, round(uplift::numeric, 12) AS uplift, round(lower::numeric, 6) AS lower, round(standard_error::numeric, 12) AS se, gain, qini, reason FROM pg_temp.groups() g, LATERAL mlops.uplift_curve(s, c, t) u;
-- gain: 1 x .5, 1/3; qini: (2 - 0) / 3, (2 - 1) / 3.  Areas: .5 .5 .5 + .5 (.5 + 1/3) / 2 = 1/3; .5 2/3 / 2 + .5 / 2 - 1/6 = .25
SELECT round(uplift::numeric, 12) AS uplift, round(auuc::numeric, 12) AS auuc, round(auuc_random::numeric, 12) AS random, round(qini::numeric, 12) AS qini, n_control, n_treatment, n_scores, n_excluded, reason FROM pg_temp.groups() g, LATERAL mlops.uplift_summary(s, c, t) u;
-- rows of a score are one group however they come: order and split of the arrays do not matter
SELECT count(DISTINCT (round(auuc::numeric, 13), round(qini::numeric, 13), n_scores)) AS different FROM (SELECT array_agg(score ORDER BY outcome, treated) s, array_agg(c ORDER BY outcome, treated) c, array_agg(t ORDER BY outcome, treated) t
	FROM (SELECT score, outcome, treated, mlops.moments(outcome) FILTER (WHERE NOT treated) c, mlops.moments(outcome) FILTER (WHERE treated) t FROM targeted GROUP BY score, outcome, treated) s UNION ALL SELECT s, c, t FROM pg_temp.groups()) g, LATERAL mlops.uplift_summary(s, c, t) u;
-- an arm that is missing so far, scores that are none, nothing at all
SELECT score, share, uplift, gain, reason FROM mlops.uplift_curve(ARRAY[3, 2, NULL, 'NaN']::float8[], ARRAY[NULL, 'n 2 null 1 nonfinite 0 mean (1) comoment (2)', 'n 1 null 0 nonfinite 0 mean (1) comoment (0)', NULL]::mlops.moments[], ARRAY['n 1 null 0 nonfinite 0 mean (1) comoment (0)', 'n 1 null 0 nonfinite 0 mean (3) comoment (0)', NULL, NULL]::mlops.moments[]);
SELECT * FROM mlops.uplift_summary(ARRAY[3, 2, NULL, 'NaN']::float8[], ARRAY[NULL, 'n 2 null 1 nonfinite 0 mean (1) comoment (2)', 'n 1 null 0 nonfinite 0 mean (1) comoment (0)', NULL]::mlops.moments[], ARRAY['n 1 null 0 nonfinite 0 mean (1) comoment (0)', 'n 1 null 0 nonfinite 0 mean (3) comoment (0)', NULL, NULL]::mlops.moments[]);
SELECT * FROM mlops.uplift_summary('{1}', '{NULL}', ARRAY[(SELECT mlops.moments(1))]);
SELECT * FROM mlops.uplift_summary('{}', '{}', '{}');
SELECT * FROM mlops.uplift_curve('{}', '{}', '{}');
-- the mean of the transformed outcome is the effect
SELECT avg(mlops.transformed_outcome(outcome, treated, 0.5)) AS transformed, avg(outcome) FILTER (WHERE treated) - avg(outcome) FILTER (WHERE NOT treated) AS uplift FROM targeted;

-- interleaving: 8 to 2 is 2 (45 + 10 + 1) / 1024
SELECT method, effect, round(estimate::numeric, 12) AS estimate, abs(p_value - 112 / 1024.0) < 1e-15 AS p, statistic, n_control, round(control::numeric, 12) AS control, round(treatment::numeric, 12) AS treatment, n_excluded, reason FROM mlops.interleaving_test(2, 8, 5);
-- limits of the share: P(X >= 8) and P(X <= 8) are .025
SELECT abs((SELECT sum(x) FROM (SELECT c * l ^ k * (1 - l) ^ (10 - k) x FROM (VALUES (8, 45), (9, 10), (10, 1)) v(k, c)) s) - 0.025) < 1e-14 AS lower, abs(10 * u ^ 9 * (1 - u) + u ^ 10 - 0.975) < 1e-14 AS upper FROM (SELECT (lower + 1) / 2 l, (upper + 1) / 2 u FROM mlops.interleaving_test(2, 8)) s;
SELECT p_value = 0.5 ^ 10 AS greater, lower > 0 AS lower, upper FROM mlops.interleaving_test(0, 10, alternative => 'greater');
SELECT p_value, lower, upper FROM mlops.interleaving_test(0, 10, alternative => 'less', confidence => 0.9);
SELECT p_value, estimate FROM mlops.interleaving_test(5, 5);
SELECT p_value, abs(ln_p_value / (-9999 * ln(2::float8)) - 1) < 1e-13 AS ln_p, upper FROM mlops.interleaving_test(0, 10000);
SELECT estimate, p_value, n_control, n_excluded, reason FROM mlops.interleaving_test(0, 0, 7);
SELECT method, effect, estimate, round(standard_error::numeric, 12) AS se, df, n_control, n_excluded, reason FROM (SELECT (mlops.interleaving_test(mlops.moments(x))).* FROM unnest(ARRAY[1, 0, 1, -1, 0.5, 0, NULL]) x) s;
SELECT estimate, p_value, reason FROM mlops.interleaving_test((SELECT mlops.moments(1) FROM generate_series(1, 3)));
SELECT estimate, p_value, reason FROM mlops.interleaving_test((SELECT mlops.moments(1)));

-- team draft: every seed gives each team one of every two places, in the order of its ranking
SELECT string_agg(item || ' ' || team, ', ' ORDER BY place) FROM mlops.team_draft(ARRAY['x', 'y', 'z', 'w'], ARRAY['y', 'x', 'w', 'z'], 7);
SELECT count(*) AS seeds, count(*) FILTER (WHERE places = 4 AND a = 2 AND items = 4) AS fair, count(*) FILTER (WHERE first = 'a') BETWEEN 450 AND 550 AS even, count(DISTINCT picture) AS pictures
FROM (SELECT seed, count(*) places, count(*) FILTER (WHERE team = 'a') a, count(DISTINCT item) items, min(team) FILTER (WHERE place = 1) first, string_agg(item || team, '' ORDER BY place) picture
	FROM generate_series(1, 1000) seed, LATERAL mlops.team_draft(ARRAY['x', 'y', 'z', 'w'], ARRAY['y', 'x', 'w', 'z'], seed) GROUP BY seed) s;
SELECT count(*) FROM mlops.team_draft(ARRAY['x', 'y', 'x', 'z'], ARRAY['q', 'x'], 1, length => 2);
SELECT count(*) FROM mlops.team_draft('{}', ARRAY['q', 'x'], 1);

-- errors
\set VERBOSITY default
SELECT mlops.compare_paired((SELECT mlops.moments(1, 2, 3)));
SELECT mlops.compare_paired(NULL, margin => 1);
SELECT mlops.compare_paired(NULL, hypothesis => 'non-inferiority');
SELECT mlops.compare_paired(NULL, hypothesis => 'non-inferiority', margin => 1, alternative => 'less');
SELECT mlops.compare_paired(NULL, effect => 'scaled');
SELECT mlops.compare_paired(NULL, relative_method => 'delta');
SELECT mlops.compare_paired(NULL, confidence => 1);
SELECT mlops.compare_paired(NULL, hypothesis => 'equivalence', margin => 1, confidence => 0.4);
SELECT mlops.off_policy(1, 1, 1, 0);
SELECT mlops.off_policy_value((SELECT mlops.moments(1, 2)));
SELECT mlops.off_policy_value((SELECT mlops.off_policy(1, 1, 1)), 'dr');
SELECT mlops.off_policy_value((SELECT mlops.off_policy(1, 1, 1)), 'dm');
SELECT mlops.off_policy_value((SELECT mlops.merge(a, b) FROM (SELECT mlops.off_policy(1, 1, 1, 2) a, mlops.off_policy(1, 1, 1, 3) b) s));
SELECT mlops.off_policy_accum(NULL, 1, 1, 1);
SELECT mlops.uplift_curve('{1,2}', '{NULL}', '{NULL,NULL}');
SELECT mlops.uplift_curve('{1}', ARRAY[(SELECT mlops.moments(1, 2))], '{NULL}');
SELECT mlops.transformed_outcome(1, true, 1);
SELECT mlops.interleaving_test(-1, 2);
SELECT mlops.interleaving_test((SELECT mlops.moments(1, 2)));
SELECT mlops.team_draft(ARRAY['x', NULL], ARRAY['y'], 1);
SELECT mlops.team_draft(ARRAY['x'], ARRAY['y'], 1, -1);
DROP TABLE shadow, logged, targeted;
