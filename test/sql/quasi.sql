-- Difference in differences, staggered treatments, switchback, quantile effects.
-- Numbers are calculated here in another way; test/verify/quasi.py has statsmodels.
SET client_min_messages = warning;
CREATE SCHEMA quasi;
SET search_path = quasi;
\pset null (null)

-- Two periods: the panel regression with unit and period effects is the difference of mean changes.
CREATE TABLE two (unit int, arm bool, y0 float8, y1 float8);
INSERT INTO two VALUES (1, false, 3, 4), (2, false, 5, 5.5), (3, false, 1, 3), (4, false, 2, 2), (5, true, 2, 5), (6, true, 4, 6), (7, true, 3, 7.5);
CREATE VIEW two_long AS SELECT unit, 0 AS period, y0 AS outcome, false AS treatment, CASE WHEN arm THEN 1 END AS first_treated FROM two
	UNION ALL SELECT unit, 1, y1, arm, CASE WHEN arm THEN 1 END FROM two;
WITH m AS (SELECT mlops.moments(y0, y1) FILTER (WHERE NOT arm) AS c, mlops.moments(y0, y1) FILTER (WHERE arm) AS t FROM two),
	expected AS (SELECT avg(y1 - y0) FILTER (WHERE arm) - avg(y1 - y0) FILTER (WHERE NOT arm) AS e,
		sqrt(var_samp(y1 - y0) FILTER (WHERE arm) / 3 + var_samp(y1 - y0) FILTER (WHERE NOT arm) / 4) AS se FROM two)
SELECT r.method, round(r.estimate::numeric, 10) AS estimate, abs(r.estimate - e) < 1e-12 AS same, abs(r.standard_error - se) < 1e-12 AS same_se,
	r.n_control, r.n_treatment, r.control, r.treatment, r.reason,
	abs((mlops.difference_in_differences('SELECT * FROM two_long')).estimate - e) < 1e-12 AS panel,
	(SELECT array_agg(abs(s.estimate - e) < 1e-12 ORDER BY kind) FROM mlops.staggered_effects('SELECT * FROM two_long') s WHERE kind <> 'pre-trend') AS staggered,
	(SELECT abs(s.standard_error - se) < 1e-12 FROM mlops.staggered_effects('SELECT * FROM two_long') s WHERE kind = 'cohort and period') AS staggered_se
FROM m, expected, mlops.difference_in_differences(c, t) r;
-- Merged states give the same.
WITH m AS (SELECT mlops.moments(y0, y1) FILTER (WHERE NOT arm) AS c, mlops.moments(y0, y1) FILTER (WHERE arm) AS t FROM two),
	parts AS (SELECT mlops.merge(m) FILTER (WHERE NOT arm) AS c, mlops.merge(m) FILTER (WHERE arm) AS t FROM (SELECT arm, unit % 2, mlops.moments(y0, y1) AS m FROM two GROUP BY 1, 2) s)
SELECT abs(a.p_value - b.p_value) < 1e-12 AS merged FROM m, parts, mlops.difference_in_differences(m.c, m.t) a, mlops.difference_in_differences(parts.c, parts.t) b;
-- One-sided, against another value.
WITH m AS (SELECT mlops.moments(y0, y1) FILTER (WHERE NOT arm) AS c, mlops.moments(y0, y1) FILTER (WHERE arm) AS t FROM two)
SELECT a.lower > b.lower AS narrower, a.upper, abs(a.p_value - b.p_value / 2) < 1e-15 AS half, d.lower AS less_lower, d.p_value > 0.5 AS wrong_side,
	abs(n.statistic) < 1e-9 AS at_the_value
FROM m, mlops.difference_in_differences(c, t, 'greater') a, mlops.difference_in_differences(c, t) b, mlops.difference_in_differences(c, t, 'less') d,
	mlops.difference_in_differences(c, t, null_value => b.estimate) n;

-- Staggered: effects 1 (cohort 2) and 2 (cohort 3) on top of unit levels and a common trend without noise but a little.
CREATE TABLE long AS SELECT u AS unit, t AS period, u + 3.0 * t + 0.001 * ((u * 7 + t * 5) % 11) + CASE WHEN f <= t THEN f - 1 ELSE 0 END AS outcome, f <= t AS treatment, f AS first_treated
	FROM (SELECT u, CASE u % 3 WHEN 1 THEN 2 WHEN 2 THEN 3 END AS f FROM generate_series(1, 30) u) s, generate_series(0, 4) t;
SELECT kind, cohort, period, event_time, round(estimate::numeric, 2) AS estimate, lower < estimate AND estimate < upper AS inside, n_control, n_treatment, n_excluded
FROM mlops.staggered_effects('SELECT * FROM long');
SELECT kind, round(estimate::numeric, 2) AS estimate, n_control, n_treatment FROM mlops.staggered_effects('SELECT * FROM long', controls => 'never treated') WHERE kind IN ('overall', 'event time');
-- Nobody is a control in the last period when all are treated by then; a unit that was treated from the start is left out.
SELECT kind, cohort, period, round(estimate::numeric, 2) AS estimate, n_control, n_excluded, reason
FROM mlops.staggered_effects('SELECT unit, period, outcome, coalesce(first_treated, CASE WHEN unit = 3 THEN 0 END) AS first_treated FROM long WHERE first_treated IS NOT NULL OR unit = 3')
WHERE kind = 'overall' OR cohort = '2';
-- A trend before the treatment is seen.
SELECT p_value < 0.001 AS seen, df FROM mlops.staggered_effects('SELECT unit, period, outcome + CASE WHEN first_treated = 3 THEN 0.5 * period ELSE 0 END AS outcome, first_treated FROM long') WHERE kind = 'pre-trend';

-- Switchback: windows alternate; half of the effect stays for one window.
CREATE TABLE switch AS SELECT r AS unit, w AS period, on_off AS treatment,
	w * 0.1 + CASE WHEN on_off THEN 2 ELSE 0 END + CASE WHEN lag(on_off) OVER (PARTITION BY r ORDER BY w) THEN 1 ELSE 0 END + 0.001 * ((r * 5 + w * 3) % 7) AS outcome
	FROM (SELECT r, w, (r * r + w * w * 3 + r * w) % 7 < 3 AS on_off FROM generate_series(1, 8) r, generate_series(1, 20) w) s;
SELECT term, round(estimate::numeric, 2) AS estimate, df, n_control, n_treatment, n_excluded, method FROM mlops.switchback_effects('SELECT * FROM switch', carry_over => 1);

-- Quantiles: the neighbours are 1.96 standard errors of the share away.
CREATE TABLE q AS SELECT i AS unit, i % 2 = 0 AS treatment, i::float8 + CASE WHEN i % 2 = 0 THEN 40 ELSE 0 END AS value FROM generate_series(1, 400) i;
WITH s AS (SELECT treatment, percentile_cont(0.5) WITHIN GROUP (ORDER BY value) AS m,
		percentile_cont(0.5 + 1.959963984540054 * sqrt(0.25 / 200)) WITHIN GROUP (ORDER BY value) - percentile_cont(0.5 - 1.959963984540054 * sqrt(0.25 / 200)) WITHIN GROUP (ORDER BY value) AS width FROM q GROUP BY 1)
SELECT r.method, r.estimate, abs(r.standard_error - (SELECT sqrt(sum((width / (2 * 1.959963984540054)) ^ 2)) FROM s)) < 1e-9 AS se, r.n_control, r.n_treatment, r.control, r.treatment
FROM mlops.quantile_effect('SELECT value, treatment FROM q', effect => 'absolute') r;
SELECT round(estimate::numeric, 6) AS estimate, method FROM mlops.quantile_effect('SELECT value, treatment FROM q', 0.5, 'relative');
-- Every unit twice is no more evidence than once, unless units are left out of the query.
SELECT abs(twice.standard_error - once.standard_error) < 0.05 * once.standard_error AS same, ignored.standard_error < 0.8 * once.standard_error AS without_units
FROM mlops.quantile_effect('SELECT * FROM q') once, mlops.quantile_effect('SELECT q.* FROM q, generate_series(1, 2)') twice,
	mlops.quantile_effect('SELECT value, treatment FROM q, generate_series(1, 2)') ignored;

-- Whether there are units is a matter of the columns, not of the query's text.
SELECT said.standard_error = plain.standard_error AS same, said.method
FROM mlops.quantile_effect('SELECT * FROM q') plain, mlops.quantile_effect('SELECT * FROM q /* NULL::pg_catalog.int4 AS unit */') said;
-- Degrees of freedom do not depend on the unit of measurement.
SELECT scale, abs(r.df / s.df - 1) < 1e-12 AS df, abs(r.p_value / s.p_value - 1) < 1e-9 AS p, r.reason
FROM unnest('{1e-200,1e-90,1e90,1e200}'::float8[]) scale, mlops.quantile_effect(format('SELECT value * %s AS value, treatment FROM q', scale)) r,
	mlops.quantile_effect('SELECT value, treatment FROM q') s ORDER BY scale;

-- What cannot be computed has a reason.
SELECT estimate, p_value, reason, n_excluded FROM mlops.difference_in_differences('SELECT * FROM two_long WHERE false');
SELECT estimate, p_value, reason, n_excluded FROM mlops.difference_in_differences('SELECT unit, period, outcome, true AS treatment FROM two_long');
SELECT estimate, p_value, reason, n_excluded FROM mlops.difference_in_differences('SELECT unit, period, CASE WHEN unit = 1 THEN ''NaN'' ELSE outcome END AS outcome, treatment FROM two_long WHERE unit IN (1, 5)');
SELECT estimate, p_value, reason, n_excluded FROM mlops.difference_in_differences('SELECT *, 1 AS cluster FROM two_long');
SELECT r.estimate, r.p_value, r.reason, r.n_excluded FROM mlops.difference_in_differences((SELECT mlops.moments(y0, y1) FROM two WHERE unit = 1), (SELECT mlops.moments(y0, y1) FROM two WHERE arm)) r;
SELECT r.estimate, r.p_value, r.reason, r.n_excluded FROM mlops.difference_in_differences((SELECT mlops.moments(NULL, y1) FROM two), (SELECT mlops.moments(y0, y1) FROM two WHERE arm)) r;
SELECT r.estimate, r.p_value, r.reason FROM mlops.difference_in_differences((SELECT mlops.moments(1, 2) FROM two), (SELECT mlops.moments(1, 4) FROM two)) r;
SELECT kind, reason FROM mlops.staggered_effects('SELECT * FROM two_long WHERE false');
SELECT kind, reason FROM mlops.staggered_effects('SELECT * FROM two_long WHERE first_treated IS NULL');
SELECT estimate, control, reason, n_excluded FROM mlops.quantile_effect('SELECT * FROM q WHERE false');
SELECT estimate, control, reason, n_excluded FROM mlops.quantile_effect('SELECT unit, NOT treatment AND NULL AS treatment, value FROM q WHERE unit < 7');
SELECT estimate, control, reason, n_excluded FROM mlops.quantile_effect('SELECT value, treatment FROM q WHERE unit < 7', 0.9);
SELECT estimate, control, reason, n_excluded FROM mlops.quantile_effect('SELECT 5 AS value, treatment FROM q');
SELECT estimate, control, reason, n_excluded FROM mlops.quantile_effect('SELECT 5 AS value, treatment, unit FROM q');
-- the relative effect without a standard error is 1 / 5
SELECT round(estimate::numeric, 12) AS estimate, control, reason, n_excluded FROM mlops.quantile_effect('SELECT CASE WHEN treatment THEN 6 ELSE 5 END AS value, treatment FROM q', effect => 'relative');
SELECT standard_error, p_value, reason FROM mlops.quantile_effect('SELECT CASE WHEN unit % 8 < 4 THEN -1e308 ELSE 1e308 END AS value, treatment FROM q');
SELECT estimate, control, reason, n_excluded FROM mlops.quantile_effect('SELECT value - 300 AS value, treatment FROM q', effect => 'relative');

-- Wrong arguments.
\set SHOW_CONTEXT never
SELECT mlops.difference_in_differences('SELECT unit, period, outcome FROM two_long');
SELECT mlops.difference_in_differences('UPDATE two SET y0 = 1');
SELECT mlops.difference_in_differences('SELECT unit, period, outcome, treatment FROM two_long', effects => 'both');
SELECT mlops.difference_in_differences('SELECT unit, period, outcome, treatment FROM two_long', confidence => 95);
SELECT mlops.difference_in_differences('SELECT unit, period, outcome, treatment FROM two_long', alternative => 'up');
SELECT mlops.difference_in_differences('SELECT unit, period, outcome, treatment FROM two_long', null_value => 'NaN');
SELECT mlops.difference_in_differences((SELECT mlops.moments(y0) FROM two), (SELECT mlops.moments(y0) FROM two));
SELECT mlops.difference_in_differences(m, m, m, (SELECT mlops.moments(y0, y1) FROM two)) FROM (SELECT mlops.moments(y0) AS m FROM two) s;
SELECT * FROM mlops.switchback_effects('SELECT * FROM switch', carry_over => 16);
SELECT count(*) FROM mlops.staggered_effects('SELECT * FROM two_long', controls => 'all');
SELECT count(*) FROM mlops.staggered_effects('SELECT * FROM two_long UNION ALL SELECT * FROM two_long');
SELECT count(*) FROM mlops.staggered_effects('SELECT unit, period, outcome, CASE WHEN period = 1 THEN 1 END AS first_treated FROM two_long');
SELECT mlops.quantile_effect('SELECT * FROM q', 50);
SELECT mlops.quantile_effect('SELECT * FROM q', effect => 'scaled');
SELECT mlops._quantile_effect(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
SELECT mlops._quantile_effect(1, 1, 1, 1, 1, 1, 1, 1, NULL, 'absolute', 'two-sided', 0.95, false, NULL);
SELECT * FROM mlops._panel_effects('{1,2}', '{1,2,3}', '{0,1}', '{0,1}', '{0,1}', 'unit', 'x', 'two-sided', 0.95, 0, 0);
SELECT * FROM mlops._panel_effects('{1,2}', '{1,2}', '{0,7}', '{0,1}', '{0,1}', 'unit', 'x', 'two-sided', 0.95, 0, 0);
SELECT * FROM mlops._staggered_effects('{1,2}', '{0,1}', '{0,1}', '{0}', 'never treated', 0.95, 0);
DROP SCHEMA quasi CASCADE;
