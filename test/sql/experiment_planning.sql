-- Planning.  Expected sizes are those of R 4.2: power.t.test and power.prop.test (strict), rounded up; others by
-- SciPy from the formulas, counting up (test/kernel/gen_planning.py).
\set VERBOSITY terse
SET extra_float_digits = 0;
CREATE FUNCTION p(t mlops.experiment_plan) RETURNS text LANGUAGE sql AS $$
	SELECT format('%s | n %s %s all %s | effect %s (%s of %s) | alpha %s power %s | %s | %s', t.method, t.n_control, t.n_treatment, t.n_total, round(t.effect::numeric, 6), round(t.relative_effect::numeric, 6),
		round(t.baseline::numeric, 6), round(t.alpha::numeric, 6), round(t.power::numeric, 6), t.assumption, t.reason)
$$;

-- R: 393.406, power .2906458717 with 100, delta 1.990696941 with 100
SELECT p(mlops.sample_size(10, 5, 1));
SELECT p(mlops.power(10, 5, 1, 100));
SELECT p(mlops.minimum_detectable_effect(10, 5, 100));
SELECT (mlops.minimum_detectable_effect(10, 5, 100)).effect BETWEEN 1.990696941 - 1e-5 AND 1.990696941 + 1e-5 AS r,
	   abs((mlops.minimum_detectable_effect(10, 5, 100, higher_is_better => false)).effect + (mlops.minimum_detectable_effect(10, 5, 100)).effect) < 1e-9 AS mirrored;
-- R: 3840.838, power .6970498434 with 3000
SELECT p(mlops.sample_size(0.1, NULL, 0.02, metric => 'proportion'));
SELECT p(mlops.power(0.1, NULL, 0.02, 3000, metric => 'proportion'));
-- R with sd 4 (what a covariate with r = .6 leaves): 252.1275; one-sided, power .9: 107.73; alpha / 6: 607.22; power 1 - .2/3: 599.905
SELECT (mlops.sample_size(10, 5, 1, covariate_r2 => 0.36)).n_control AS cuped, (mlops.sample_size(10, 5, 2, power => 0.9, alternative => 'greater')).n_control AS one_sided,
	   (mlops.sample_size(10, 5, 1, treatments => 2, metrics => 3)).n_control AS corrected, (mlops.sample_size(10, 5, 1, treatments => 2, metrics => 3)).n_total AS three_arms,
	   (mlops.sample_size(10, 5, 1, guardrails => 2)).n_control AS with_guardrails, (mlops.sample_size(10, 5, -1)).n_control AS a_drop;
-- SciPy: 310, 191, 67 and 201, 121
SELECT (mlops.sample_size(10, 5, 0, hypothesis => 'non-inferiority', margin => 1)).n_control AS non_inferiority, (mlops.sample_size(10, 5, 0, hypothesis => 'equivalence', margin => 1.5)).n_control AS equivalence,
	   (mlops.sample_size(10, 5, 2, allocation => 3)).n_control AS k3_control, (mlops.sample_size(10, 5, 2, allocation => 3)).n_treatment AS k3_treatment,
	   (mlops.sample_size(10, 5, 0.2, scale => 'relative')).n_control AS relative;
SELECT p(mlops.sample_size(10, 5, 0, hypothesis => 'non-inferiority', margin => 1, higher_is_better => false));
-- looked at all the time: 188 when tuned for the plan itself, 197 when for 1000
SELECT (mlops.sample_size(10, 5, 2, inference => 'sequential')).n_control AS tuned, (mlops.sample_size(10, 5, 2, inference => 'sequential', planned_n => 1000)).n_control AS otherwise,
	   (mlops.sample_size(10, 5, 2)).n_control AS fixed;
-- a ratio is planned by the deviation of (y - R d) / mean(d)
SELECT (mlops.sample_size(10, 5, 1, metric => 'ratio')).n_control;

-- from history: 1000 units; the covariate takes away r2
CREATE TABLE history AS SELECT 10 + 3 * sin(i) + cos(i * 7.3) AS y, sin(i) AS x, 1 + i % 3 AS d, (i % 10 = 0)::int AS bought FROM generate_series(1, 1000) i;
SELECT h.n_control = s.n_control AS same, abs(h.baseline - s.baseline) < 1e-12 AS baseline, abs(h.sd - s.sd) < 1e-9 AS sd, h.covariate_r2 = 0 AS r2
  FROM (SELECT avg(y) AS m, stddev(y) AS sd, mlops.moments(y) AS past FROM history) t, LATERAL mlops.sample_size(past, 0.3) h, LATERAL mlops.sample_size(m, t.sd, 0.3) s;
SELECT abs(h.covariate_r2 - r2) < 1e-9 AS r2, abs(h.sd - t.sd) < 1e-9 AS sd, h.n_control = s.n_control AS same
  FROM (SELECT avg(y) AS m, stddev(y) AS sd, corr(y, x) ^ 2 AS r2, mlops.moments(y, x) AS past FROM history) t,
	   LATERAL mlops.sample_size(past, 0.3) h, LATERAL mlops.sample_size(m, t.sd, 0.3, covariate_r2 => t.r2) s;
SELECT abs(h.baseline - r) < 1e-12 AS ratio, abs(h.sd - t.sd) < 1e-9 AS sd
  FROM (SELECT min(r) AS r, stddev((y - r * d) / md) AS sd, mlops.moments(y, d) AS past FROM history, (SELECT avg(y) / avg(d) AS r, avg(d) AS md FROM history) a) t,
	   LATERAL mlops.sample_size(past, 0.3, metric => 'ratio') h;
SELECT p(mlops.power(mlops.moments(bought), 0.2, 4000, metric => 'proportion', scale => 'relative')) FROM history;
SELECT p(mlops.sample_size(mlops.moments(bought), 0.2, metric => 'proportion')) FROM history WHERE false;
SELECT p(mlops.sample_size(NULL::mlops.moments, 0.2));
SELECT p(mlops.sample_size(mlops.moments(1), 0.2)) FROM history;

-- no answer
SELECT p(mlops.sample_size(10, 5, 0));
SELECT p(mlops.sample_size(0.9, NULL, 0.2, metric => 'proportion'));
SELECT p(mlops.power(10, 5, 1, 1));
SELECT p(mlops.minimum_detectable_effect(0.5, NULL, 3, 0.99, metric => 'proportion'));
SELECT p(mlops.sample_size(0, 5, 0.1, scale => 'relative'));
SELECT p(mlops.sample_size(10, 5, 2, hypothesis => 'equivalence', margin => 1.5));
SELECT mlops.sample_size(10, NULL, 1);
SELECT mlops.sample_size(10, -5, 1);
SELECT mlops.sample_size(10, 5, NULL);
SELECT mlops.sample_size(10, 5, 1, power => 80);
SELECT mlops.sample_size(10, 5, 1, alpha => 0);
SELECT mlops.sample_size(0.1, 0.3, 0.02, metric => 'proportion');
SELECT mlops.sample_size(1.1, NULL, 0.02, metric => 'proportion');
SELECT mlops.sample_size(10, 5, 1, metric => 'median');
SELECT mlops.sample_size(10, 5, 1, margin => 1);
SELECT mlops.sample_size(10, 5, 1, hypothesis => 'non-inferiority');
SELECT mlops.sample_size(10, 5, 1, hypothesis => 'non-inferiority', margin => 1, alternative => 'greater');
SELECT mlops.sample_size(10, 5, 1, scale => 'percent');
SELECT mlops.sample_size(10, 5, 1, allocation => 0);
SELECT mlops.sample_size(10, 5, 1, treatments => 0);
SELECT mlops.sample_size(10, 5, 1, planned_n => 100);
SELECT mlops.sample_size(10, 5, 1, covariate_r2 => 1);
SELECT mlops.minimum_detectable_effect(10, 5, 100, hypothesis => 'equivalence', margin => 1);
SELECT mlops.power(10, 5, 1, 0);

-- in the middle, and how long: 1 + s = (z se / effect)^2
SELECT mlops.remaining_units(0.5, 1000, 1, alpha => 0.025, alternative => 'greater') = ceil(1000 * ((1.959963984540054 + 0.841621233572914) ^ 2 / 4 - 1)) AS closed_form,
	   mlops.remaining_units(0.1, 1000, 1) AS enough, mlops.remaining_units(0.5, 1000, 0) AS never, mlops.remaining_units(NULL, 1000, 1) AS unknown,
	   mlops.remaining_units(0.5, 1000, 1, inference => 'sequential') > mlops.remaining_units(0.5, 1000, 1) AS looking_costs,
	   mlops.remaining_units(0.5, 1000, 1, comparisons => 4) > mlops.remaining_units(0.5, 1000, 1) AS many_cost;
SELECT mlops.remaining_units(-1, 1000, 1);
SELECT mlops.duration(1000, 100, 0.1) AS days, mlops.duration(1000, ARRAY[500, 300, 300, 100]::bigint[]) AS by_history, mlops.duration(1000, ARRAY[500, 300, 300, 100]::bigint[], 0.5) AS too_few,
	   mlops.duration(10, 0) AS never, mlops.duration(0, 10) AS at_once;

---------------------------------------------------------------------------
-- A/A replay
---------------------------------------------------------------------------
CREATE TABLE past AS
SELECT i AS unit, sin(i * 7.7) + 2 * cos(i ^ 2) AS y, (i % 20 = 0)::int AS bought, 1 + i % 4 AS d FROM generate_series(1, 8000) i;
-- sound: the interval has alpha, the deviation of the statistic is about 1; the same seed gives the same
SELECT method, splits, rejections = above + below AS sum, 0.05 BETWEEN lower AND upper AS nominal, statistic_sd BETWEEN 0.9 AND 1.1 AS sd, x.cells, n, no_result, reason,
	   a = mlops.aa_replay(k.cells, seed => 1) AS same
  FROM (SELECT array_agg(m ORDER BY cell) AS cells FROM (SELECT hashint8(unit) & 1023 AS cell, mlops.moments(y) AS m FROM past GROUP BY 1) c) k, LATERAL (SELECT mlops.aa_replay(k.cells, seed => 1) AS a) r,
	   LATERAL (SELECT (a).method, (a).splits, (a).rejections, (a).above, (a).below, (a).lower, (a).upper, (a).statistic_sd, (a).cells, (a).n, (a).no_result, (a).reason) x;
-- rows that are events, four of each unit, are not: the deviation is 2, 33 % of the splits find something
SELECT lower > 0.2 AS found, round(statistic_sd) AS sd
  FROM (SELECT (mlops.aa_replay(array_agg(m ORDER BY cell))).* FROM (SELECT hashint8(unit) & 1023 AS cell, mlops.moments(y) AS m FROM past, generate_series(1, 4) GROUP BY 1) c) r;
SELECT method, 0.05 BETWEEN lower AND upper AS nominal FROM (SELECT (mlops.aa_replay(array_agg(m ORDER BY cell), 'ratio')).* FROM (SELECT hashint8(unit) & 1023 AS cell, mlops.moments(y, d) AS m FROM past GROUP BY 1) c) r;
SELECT method, 0.05 BETWEEN lower AND upper AS nominal FROM (SELECT (mlops.aa_replay(array_agg(m ORDER BY cell), 'proportion', share => 0.2)).* FROM (SELECT hashint8(unit) & 1023 AS cell, mlops.moments(bought) AS m FROM past GROUP BY 1) c) r;
SELECT splits, false_positive_rate, n, reason FROM mlops.aa_replay('{}');
SELECT splits, false_positive_rate, n, no_result, reason FROM (SELECT (mlops.aa_replay(array_agg(m), splits => 10)).* FROM (SELECT i, mlops.moments(1) AS m FROM generate_series(1, 50) i GROUP BY i) c) r;
SELECT mlops.aa_replay('{}', splits => 0);
SELECT mlops.aa_replay('{}', 'median');
