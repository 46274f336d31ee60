-- Several effects at once.  Normal quantiles: 1.959964 (2.5 %), 2.241403 (1.25 %), 1.644854 (5 %), 2.393980 (1/120).
\set VERBOSITY terse
SET extra_float_digits = 0;
CREATE FUNCTION r(x float8) RETURNS numeric LANGUAGE sql AS $$ SELECT CASE WHEN abs(x) < 'Infinity' THEN round(x::numeric, 6) ELSE x::numeric END $$;

SELECT i, method, r(lower), r(upper), r(p_value), r(p_adjusted), rejected FROM mlops.simultaneous_intervals('{2,0.5}', '{1,1}', 'none');
SELECT i, method, r(lower), r(upper), r(p_value), r(p_adjusted), rejected FROM mlops.simultaneous_intervals('{2,0.5}', '{1,1}');
-- alpha 0.04 and 0.01
SELECT i, r(lower), r(upper), r(p_adjusted), rejected FROM mlops.simultaneous_intervals('{2,0.5}', '{1,1}', weights => '{0.8,0.2}');
SELECT i, r(lower), r(upper), r(p_adjusted), rejected FROM mlops.simultaneous_intervals('{2,0.5}', '{1,1}', 'sidak');
-- Holm: not everything is rejected, so the rejected one is known to be above 0 only; then everything is
SELECT i, r(lower), r(upper), r(p_adjusted), rejected FROM mlops.simultaneous_intervals('{3,1}', '{1,1}', 'holm', alternative => 'greater');
SELECT i, r(lower), r(upper), r(p_adjusted), rejected FROM mlops.simultaneous_intervals('{4,3}', '{1,1}', 'holm', alternative => 'greater');
SELECT i, r(lower), r(upper), r(p_adjusted), rejected FROM mlops.simultaneous_intervals('{-3,-1}', '{1,1}', 'holm', alternative => 'less');
-- false coverage rate: one of three selected, at 5 % / 3
SELECT i, method, r(lower), r(upper), r(p_adjusted), rejected FROM mlops.simultaneous_intervals('{3,1,0}', '{1,1,1}', 'fcr');
-- Dunnett: 2.5683 for two arms of the same size and 10 degrees of freedom (mvtnorm), 2.2121 normal
SELECT i, round(lower::numeric, 3) AS lower, round(upper::numeric, 3) AS upper, df FROM mlops.simultaneous_intervals('{0,1}', '{1,1}', 'dunnett', df => '{10,12}', control_standard_error => sqrt(0.5));
SELECT i, round(upper::numeric, 3) AS upper, df FROM mlops.simultaneous_intervals('{0,0}', '{1,1}', 'dunnett', control_standard_error => sqrt(0.5));
-- what there is not, does not count
SELECT i, r(lower), r(upper), r(p_adjusted), rejected, reason FROM mlops.simultaneous_intervals('{2,NULL,1,NaN}', '{1,1,0,1}');
SELECT count(*) FROM mlops.simultaneous_intervals('{}', '{}');
SELECT mlops.simultaneous_intervals('{1}', '{1,2}');
SELECT mlops.simultaneous_intervals('{1}', '{1}', 'bh');
SELECT mlops.simultaneous_intervals('{1}', '{1}', 'holm');
SELECT mlops.simultaneous_intervals('{1}', '{1}', 'dunnett');
SELECT mlops.simultaneous_intervals('{1}', '{1}', 'dunnett', control_standard_error => 1);
SELECT mlops.simultaneous_intervals('{1}', '{1}', control_standard_error => 1);
SELECT mlops.simultaneous_intervals('{1}', '{1}', 'sidak', weights => '{1}');
SELECT mlops.simultaneous_intervals('{1,2}', '{1,1}', weights => '{1,0.5}');
SELECT mlops.simultaneous_intervals('{1}', '{1}', alternative => 'more');
SELECT mlops.simultaneous_intervals('{1}', '{1}', confidence => 95);

SELECT mlops.alpha_weights(3, 2, 0.5), mlops.alpha_weights(2), mlops.alpha_weights(1, 1, 0.4), mlops.alpha_weights(0);

-- the gate
CREATE FUNCTION gate(estimates float8[]) RETURNS TABLE (metric text, role text, bound numeric, threshold float8, p numeric, p_worse numeric, verdict text, reason text) LANGUAGE sql AS $$
	SELECT g.metric, g.role, r(g.bound), g.threshold, r(g.p_adjusted), r(g.p_worse), g.verdict, g.reason
	  FROM mlops.gate('{revenue,visits,latency}', '{success,success,guardrail}', estimates, '{1,1,1}', '{NULL,NULL,4}', '{t,t,f}') g
$$;
SELECT * FROM gate('{3,0,0.5}');
SELECT * FROM gate('{3,0,2.9}');
SELECT * FROM gate('{3,0,9}');
SELECT * FROM gate('{3,-3,0}');
SELECT * FROM gate('{3,0,NULL}');
SELECT * FROM gate('{1.7,0,0}');
-- what has no result keeps its part of alpha
SELECT * FROM gate('{1.7,NULL,0}');
-- alone 1.7 would be enough
SELECT verdict, reason FROM mlops.gate('{revenue}', '{success}', '{1.7}', '{1}') WHERE role = 'overall';
-- preferential: all of alpha for the first
SELECT metric, verdict FROM mlops.gate('{a,b}', '{success,success}', '{1.7,3}', '{1,1}', correction => 'bonferroni', weights => '{1,0}');
-- guardrails only; nothing at all
SELECT verdict, reason FROM mlops.gate('{errors}', '{guardrail}', '{0}', '{1}', '{2}') WHERE role = 'overall';
SELECT verdict, reason FROM mlops.gate('{}', '{}', '{}', '{}');
SELECT mlops.gate('{a}', '{guardrail}', '{0}', '{1}');
SELECT mlops.gate('{a}', '{secondary}', '{0}', '{1}');
SELECT mlops.gate('{a,b}', '{success}', '{0}', '{1}');
SELECT mlops.gate('{a}', '{success}', '{0}', '{1}', alpha => 0.5);
SELECT mlops.gate('{a}', '{success}', '{0}', '{1}', weights => '{1}');
SELECT mlops.gate('{a}', '{success}', '{0}', '{1}', correction => 'hommel');
