-- Group-sequential designs.  Bounds: Jennison and Turnbull 2000; gsDesign (test/kernel/gen_group_sequential.R).
SET extra_float_digits = 0;
SET search_path = pg_catalog;

-- five equal looks, two-sided .05
SELECT spending, string_agg(round(upper::numeric, 3)::text, ' ' ORDER BY look) AS upper, bool_and(lower = -upper) AS symmetric, round(max(alpha_spent)::numeric, 12) AS spent
FROM unnest(ARRAY['obrien-fleming', 'pocock', 'power', 'hwang-shih-decani', 'wang-tsiatis']) spending,
	mlops.group_sequential_bounds(ARRAY[1, 2, 3, 4, 5], spending => spending) GROUP BY 1 ORDER BY 1;
-- Pocock's own constant, 2.413
SELECT DISTINCT round(upper::numeric, 3) AS pocock FROM mlops.group_sequential_bounds(ARRAY[1, 2, 3, 4, 5], spending => 'wang-tsiatis', parameter => 0.5);
-- looks that were not planned, equal ones, one past the plan
SELECT look, round(fraction::numeric, 3) AS t, round(upper::numeric, 4) AS upper, round(alpha_spent::numeric, 6) AS spent, round(nominal_alpha::numeric, 6) AS nominal, collapsed
FROM mlops.group_sequential_bounds(ARRAY[130, 130, 400, 700, 1100, 1300], 1000) ORDER BY look;
-- futility, binding or not
SELECT binding, look, round(lower::numeric, 4) AS lower, round(upper::numeric, 4) AS upper, round(beta_spent::numeric, 4) AS beta, round(effect_found::numeric, 4) AS effect
FROM unnest(ARRAY[false, true]) binding, mlops.group_sequential_bounds(ARRAY[0.2, 0.4, 0.6, 0.8, 1], 1, 0.025, 'obrien-fleming', NULL, 'greater',
	'obrien-fleming', NULL, 0.1, binding) ORDER BY 1, 2;
-- its power at that effect is 1 - beta
SELECT round(sum(stop_lower)::numeric, 9) AS power, round(sum(stop_upper)::numeric, 9) AS missed
FROM (SELECT array_agg(lower ORDER BY look) l, array_agg(upper ORDER BY look) u, max(effect_found) e FROM mlops.group_sequential_bounds(ARRAY[0.2, 0.4, 0.6, 0.8, 1], 1, 0.025,
	'obrien-fleming', NULL, 'less', 'obrien-fleming', NULL, 0.1)) b, mlops.group_sequential_power(e, ARRAY[0.2, 0.4, 0.6, 0.8, 1], l, u);

-- the looks so far: information 1 / se^2
SELECT look, round(statistic::numeric, 2) AS z, round(upper_bound::numeric, 3) AS bound, round(estimate::numeric, 4) AS estimate, round(lower::numeric, 4) AS lower, round(upper::numeric, 4) AS upper,
	round(p_value::numeric, 6) AS p, verdict
FROM mlops.group_sequential_test(ARRAY[100, 250, 420], ARRAY[1.5, 2.4, 2.9], 500) ORDER BY look;
-- one look to spend it all is the z test
SELECT round(p_value::numeric, 9) AS p, verdict, round(lower::numeric, 6) AS lower FROM mlops.group_sequential_test(ARRAY[100], ARRAY[-1.959963985], 100);
-- sequential p: at that alpha a look stands exactly on its bound
SELECT round(p::numeric, 6) AS p, round(min(t.upper_bound - t.statistic)::numeric, 7) AS least
FROM mlops.group_sequential_p_value(ARRAY[100, 250, 420], ARRAY[1.5, 2.4, 2.9], 500) p, mlops.group_sequential_test(ARRAY[100, 250, 420], ARRAY[1.5, 2.4, 2.9], 500, alpha => p) t GROUP BY p;
SELECT mlops.group_sequential_p_value(ARRAY[100], ARRAY[-5], 500, alternative => 'greater') AS other_side;

-- one look to come, by the textbook's formula: Phi((z sqrt t - b + drift (1 - t)) / sqrt(1 - t))
SELECT round(stop_upper::numeric, 9) AS conditional FROM mlops.conditional_power(1.3, 400, ARRAY[1000], ARRAY['-Infinity'::float8], ARRAY[1.96], 0.05);
SELECT round(stop_upper::numeric, 6) AS trend, round(stop_lower::numeric, 9) AS other FROM mlops.conditional_power(1.3, 400, ARRAY[700, 1000], ARRAY[-2.5, -2], ARRAY[2.5, 2]);
SELECT round(stop_upper::numeric, 9) AS predictive FROM mlops.predictive_power(1.3, 400, ARRAY[1000], ARRAY['-Infinity'::float8], ARRAY[1.96]);
SELECT round(mlops.alpha_spent(0.5)::numeric, 9) AS obf, mlops.alpha_spent(0.5, 0.05, 'power', 3) AS power, mlops.alpha_spent(2, 0.05, 'pocock') AS over;

-- what goes wrong
SELECT * FROM mlops.group_sequential_bounds(ARRAY[2, 1]);
SELECT * FROM mlops.group_sequential_bounds(ARRAY[1, NULL]);
SELECT * FROM mlops.group_sequential_bounds('{}');
SELECT * FROM mlops.group_sequential_bounds(ARRAY[1, 2], spending => 'bonferroni');
SELECT * FROM mlops.group_sequential_bounds(ARRAY[1, 2], parameter => 2);
SELECT * FROM mlops.group_sequential_bounds(ARRAY[1, 2], beta => 0.2);
SELECT * FROM mlops.group_sequential_bounds(ARRAY[1, 2], futility => 'pocock');
SELECT * FROM mlops.group_sequential_bounds(ARRAY[1, 2], 3, spending => 'wang-tsiatis');
SELECT * FROM mlops.group_sequential_bounds(ARRAY[1, 2], alpha => 0);
SELECT * FROM mlops.group_sequential_bounds(ARRAY[1, 2], alternative => 'up');
SELECT * FROM mlops.group_sequential_test(ARRAY[1, 2], ARRAY[1]);
SELECT * FROM mlops.conditional_power(1, 400, ARRAY[400], ARRAY[-2], ARRAY[2]);
SELECT * FROM mlops.group_sequential_power(1, ARRAY[1], ARRAY[2], ARRAY[-2]);
SELECT count(*) FROM mlops.group_sequential_bounds(NULL);
