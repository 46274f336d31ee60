-- drift_power(): which change a window of this size can see.
SET search_path = public;
SET extra_float_digits = 0;

-- statsmodels (whose solver stops at 4e-7 of the power): TTestIndPower().solve_power(None, 300, .05, .8) = 0.2291164907, NormalIndPower the same = 0.2287483081,
-- GofChisquarePower().solve_power(None, 600, .05, .8, n_bins=10) = 0.1615023049; a divergence is lambda = 600 V^2 times its unit (doc/statistics/critical_values.md) times 1/300 + 1/300
SELECT method, n_reference, n_current, alpha, categories, tolerance, round(effect::numeric, 6) AS effect, abs(effect - want) < CASE WHEN k IS NULL THEN 1e-6 ELSE 1e-7 END AS same, effect_measure, power, reason
FROM (SELECT 600 * 0.16150230491394446 ^ 2 * (2 / 300.0) AS unit) u,
	LATERAL (VALUES ('t_test', NULL, 0.2291164907343141), ('z_test', NULL, 0.22874830811275104), ('chi2_test', 10, 0.16150230491394446), ('g_test', 10, 0.16150230491394446),
	('psi', 10, unit), ('kl_divergence', 10, unit / 2), ('js_divergence', 10, unit / (8 * ln(2::float8))), ('js_distance', 10, sqrt(unit / (8 * ln(2::float8)))), ('hellinger_distance', 10, sqrt(unit / 8))) v(m, k, want),
	LATERAL mlops.drift_power(m, 300, 300, categories => k);
-- Pitman's efficiency of ranks against t is 3 / pi for a normal shift: the shift is seen from sqrt(pi / 3) times as far
SELECT abs((r).shift_sd / (t).shift_sd - sqrt(pi() / 3)) < 1e-4 AS ranks, (t).shift_sd = (t).effect AS t, abs((r).effect - (2 * 0.5 * (r).shift_sd / sqrt(pi()))) < 1e-6 AS delta
FROM (SELECT mlops.drift_power('mann_whitney_test', 1000000, 1000000) r, mlops.drift_power('t_test', 1000000, 1000000) t) s;
-- the tests of the whole distribution see a shift from a little further away than t, but not from a quarter
SELECT method, shift_sd BETWEEN 0.23 AND 0.28 AS plausible, effect_measure, categories, tolerance, power FROM unnest('{ks_test,cvm_test,anderson_darling_test,ks_distance}'::text[]) m, mlops.drift_power(m, 300, 300);
-- each says what it assumes
SELECT method, assumption FROM unnest('{t_test,z_test,chi2_test,mann_whitney_test,ks_test,cvm_test,js_distance,total_variation_distance}'::text[]) m, mlops.drift_power(m, 300, 300, categories => CASE WHEN m ~ 'chi2|distance' THEN 10 END);
-- and back: the power at that effect
SELECT m, abs((mlops.drift_power(m, 5000, 300, effect => e.effect, categories => k)).power - 0.8) < 1e-6 AS same
FROM unnest('{t_test,z_test,mann_whitney_test,ks_test,cvm_test,anderson_darling_test,chi2_test,g_test,psi,kl_divergence,js_divergence,js_distance,hellinger_distance,total_variation_distance,ks_distance}'::text[]) m,
	LATERAL (SELECT CASE WHEN m !~ '^(t|z|mann|ks|cvm|anderson)_' THEN 10 END k) s, mlops.drift_power(m, 5000, 300, categories => k) e;
-- more rows see less, more power needs more, a smaller alpha too
SELECT (mlops.drift_power('ks_test', 3000, 3000)).effect < (d).effect AS rows, (mlops.drift_power('ks_test', 300, 300, power => 0.95)).effect > (d).effect AS power,
	(mlops.drift_power('ks_test', 300, 300, alpha => 0.001)).effect > (d).effect AS alpha FROM (SELECT mlops.drift_power('ks_test', 300, 300) d) s;
-- a distance that has to exceed a tolerance is seen from further away; at the tolerance itself the power is alpha
SELECT effect > 0.1 AS beyond, tolerance FROM mlops.drift_power('js_distance', 5000, 300, alpha => 0.01, categories => 10, tolerance => 0.1);
SELECT m, round((mlops.drift_power(m, 5000, 300, 0.1, alpha => 0.01, categories => 10, tolerance => 0.1)).power::numeric, 9) AS power FROM unnest('{psi,js_distance,hellinger_distance}'::text[]) m;
-- the sign of the change does not matter
SELECT count(DISTINCT power) AS powers, sum(shift_sd) AS shifts FROM unnest('{-0.3,0.3}'::float8[]) e, mlops.drift_power('mann_whitney_test', 80, 60, e);
-- shift_sd: two halves of a normal column, shifted by 0.5 (Phi(0.5) = 0.691462461274013), are at this distance
SELECT round((mlops.drift_power('js_distance', 300, 300, sqrt(0.5 * sum(p * ln(2 * p / (p + q)) + q * ln(2 * q / (p + q))) / ln(2::float8)), categories => 2)).shift_sd::numeric, 9) AS shift_sd
FROM (VALUES (0.5::float8, 0.691462461274013::float8), (0.5, 0.308537538725987)) v(p, q);

-- two measured histograms: their rows, and the bins that are not empty
CREATE TABLE power_h AS SELECT mlops.histogram(x, b) FILTER (WHERE i <= 1000) AS r, mlops.histogram(x, b) FILTER (WHERE i > 1000) AS c
FROM (SELECT i, (i * 7919) % 100 AS x, 'numeric(20, 40, 60, 80, 200)'::mlops.binning AS b FROM generate_series(1, 1300) i) s;
SELECT h = p AS same, (h).n_reference, (h).n_current, (h).categories, (h).alpha, (h).tolerance
FROM power_h, LATERAL (SELECT mlops.drift_power(r, c, tolerance => 0.05) h, mlops.drift_power('js_distance', 1000, 300, alpha => 0.01, categories => 5, tolerance => 0.05) p) s;
SELECT mlops.drift_power(r, c, 'chi2_test', confidence => 0.95) = mlops.drift_power('chi2_test', 1000, 300, categories => 5) AS chi2, mlops.drift_power(r, c, 'ks_distance', confidence => 0.95) = mlops.drift_power('ks_distance', 1000, 300) AS ks FROM power_h;
SELECT (mlops.drift_power(r, c, effect => 0.1)).power BETWEEN 0.3 AND 0.9 AS power FROM power_h;

-- too little is a reason
SELECT m, n, (d).effect, (d).power, (d).reason FROM (VALUES ('t_test', 1), ('ks_test', 3), ('cvm_test', 4), ('mann_whitney_test', 4)) v(m, n), LATERAL (SELECT mlops.drift_power(m, n, n) d) s;
SELECT effect, power, reason FROM mlops.drift_power('total_variation_distance', 10, 10, categories => 10);
SELECT effect, power, reason FROM mlops.drift_power('t_test', 1, 10, effect => 2);
SELECT (d).categories, (d).effect, (d).power, (d).reason FROM (SELECT mlops.drift_power(h, h) d FROM (SELECT mlops.histogram(1, 'numeric(20, 40)') h FROM generate_series(1, 50)) s) s;
SELECT mlops.drift_power(r, NULL) IS NULL AS no_histogram FROM power_h;
SELECT mlops.drift_power(NULL, 1, 1) IS NULL AS method, mlops.drift_power('t_test', NULL, 1) IS NULL AS rows;
-- what leaves a default out has it
SELECT mlops.drift_power('t_test', 50, 50, NULL, NULL, NULL, NULL, NULL) = mlops.drift_power('t_test', 50, 50) AS same;
-- very many bins: no shift of a normal column is worked out
SELECT effect > 0 AS effect, shift_sd FROM mlops.drift_power('chi2_test', 100000, 100000, categories => 5000);

-- wrong arguments
\set VERBOSITY default
SELECT mlops.drift_power('t-test', 300, 300);
SELECT mlops.drift_power('t_test', 0, 300);
SELECT mlops.drift_power('t_test', 300, -5);
SELECT mlops.drift_power('t_test', 300, 300, power => 0.05);
SELECT mlops.drift_power('t_test', 300, 300, power => 1);
SELECT mlops.drift_power('t_test', 300, 300, power => 'NaN');
SELECT mlops.drift_power('t_test', 300, 300, alpha => 0);
SELECT mlops.drift_power('t_test', 300, 300, alpha => 'NaN');
SELECT mlops.drift_power('t_test', 300, 300, effect => 'NaN');
SELECT mlops.drift_power('t_test', 300, 300, effect => 'Infinity');
SELECT mlops.drift_power('z_test', 300, 300, effect => 4);
SELECT mlops.drift_power('js_distance', 300, 300, effect => -0.1, categories => 10);
SELECT mlops.drift_power('chi2_test', 300, 300);
SELECT mlops.drift_power('chi2_test', 300, 300, categories => 1);
SELECT mlops.drift_power('t_test', 300, 300, categories => 10);
SELECT mlops.drift_power('t_test', 300, 300, tolerance => 0.1);
SELECT mlops.drift_power('psi', 300, 300, categories => 10, tolerance => -1);
SELECT mlops.drift_power(r, c, 't_test') FROM power_h;
SELECT mlops.drift_power(r, c, confidence => 1) FROM power_h;
DROP TABLE power_h;
