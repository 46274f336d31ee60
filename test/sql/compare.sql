-- compare(): effects of two arms from their moments.
\pset null '(null)'
CREATE TEMP TABLE units AS
SELECT i, CASE WHEN i % 2 = 0 THEN 'control' ELSE 'treatment' END AS arm, (i * 37) % 101 / 10.0 + i % 2 AS y,
	   1 + i % 3 AS d, (i * 37) % 101 / 12.0 + (i * 11) % 7 AS x, 1 + i % 4 AS z
FROM generate_series(1, 400) i;
CREATE TEMP VIEW arms AS
SELECT mlops.moments(y) FILTER (WHERE arm = 'control') AS c, mlops.moments(y) FILTER (WHERE arm = 'treatment') AS t,
	   mlops.moments(y, x) FILTER (WHERE arm = 'control') AS cx, mlops.moments(y, x) FILTER (WHERE arm = 'treatment') AS tx,
	   mlops.moments(y, d) FILTER (WHERE arm = 'control') AS cr, mlops.moments(y, d) FILTER (WHERE arm = 'treatment') AS tr,
	   mlops.moments(y, d, x, z) FILTER (WHERE arm = 'control') AS crx, mlops.moments(y, d, x, z) FILTER (WHERE arm = 'treatment') AS trx
FROM units;

-- Welch's test is that of t_test
SELECT (r).method, (r).effect, round((r).estimate::numeric, 9) AS estimate, (r).n_control, (r).n_treatment,
	   abs((r).p_value / w.p_value - 1) < 1e-12 AS same_p, abs((r).df / w.df - 1) < 1e-12 AS same_df, abs((r).statistic / w.statistic - 1) < 1e-12 AS same_t
FROM (SELECT mlops.compare(c, t) AS r FROM arms) s, (SELECT (mlops.t_test(y, arm = 'treatment')).* FROM units) w;

-- what is estimated how
SELECT (r).method, (r).effect, (r).confidence, (r).lower < (r).estimate AND (r).estimate < (r).upper AS inside, (r).reason
FROM arms, LATERAL (VALUES
	(1, mlops.compare(cx, tx)), (2, mlops.compare(cx, tx, theta => 'pooled')), (3, mlops.compare(c, t, effect => 'relative')),
	(4, mlops.compare(c, t, effect => 'relative', relative_method => 'fieller')),
	(5, mlops.compare(c, t, effect => 'relative', relative_method => 'delta')),
	(6, mlops.compare(cr, tr, metric => 'ratio')), (7, mlops.compare(crx, trx, metric => 'ratio', effect => 'relative')),
	(8, mlops.compare(c, t, effect => 'scaled', total_users => 1e6, traffic => 0.1, days => 14)),
	(9, mlops.compare(c, t, hypothesis => 'equivalence', margin => 2)),
	(10, mlops.compare(c, t, hypothesis => 'non-inferiority', margin => 0.1, effect => 'relative')),
	(11, mlops.compare(c, t, alternative => 'less'))) v(i, r)
ORDER BY i;

-- scaled: the effect of all users a day
SELECT round(((s).estimate / (a).estimate)::numeric, 6) AS factor, (s).p_value = (a).p_value AS same_p
FROM (SELECT mlops.compare(c, t, effect => 'scaled', total_users => 1e6, traffic => 0.1, days => 14) AS s, mlops.compare(c, t) AS a FROM arms) v;

-- too little
SELECT (r).method, (r).estimate, (r).lower, (r).p_value, (r).n_control, (r).n_treatment, (r).n_excluded, (r).reason
FROM (VALUES
	(1, mlops.compare(NULL, (SELECT t FROM arms))), (2, mlops.compare((SELECT c FROM arms), NULL)), (3, mlops.compare(NULL::mlops.moments, NULL)),
	(4, (SELECT mlops.compare(mlops.moments(1), mlops.moments(2)))),
	(5, (SELECT mlops.compare(mlops.moments(1), mlops.moments(1 + i)) FROM generate_series(0, 4, 4) i)),
	(6, (SELECT mlops.compare(mlops.moments(1), mlops.moments(3)) FROM generate_series(1, 2))),
	(7, (SELECT mlops.compare(mlops.moments('NaN'::float8), mlops.moments(NULLIF(i, 2))) FROM generate_series(1, 3) i)),
	(8, (SELECT mlops.compare(mlops.moments(i, 0), mlops.moments(i, 1), metric => 'ratio') FROM generate_series(1, 3) i)),
	(9, (SELECT mlops.compare(mlops.moments(i - 2), mlops.moments(i), effect => 'relative') FROM generate_series(1, 3) i)),
	(10, (SELECT mlops.compare(mlops.moments(i - 2), mlops.moments(i), effect => 'relative', relative_method => 'delta') FROM generate_series(1, 3) i)),
	(11, (SELECT mlops.compare(mlops.moments(i * 1e200), mlops.moments(i)) FROM generate_series(1, 3) i))) v(i, r)
ORDER BY i;

-- proportions: exact when small, Fisher with few events, else the pooled score
SELECT (r).method, round((r).estimate::numeric, 6) AS estimate, round((r).lower::numeric, 6) AS lower, round((r).upper::numeric, 6) AS upper,
	   round((r).statistic::numeric, 6) AS z, round((r).p_value::numeric, 8) AS p, (r).reason
FROM (VALUES (1, 50, 0, 40, 5), (2, 10000, 200, 200, 0), (3, 1500, 600, 1490, 660), (4, 1000, 0, 1000, 0), (5, 1, 0, 1, 1)) v(i, nc, xc, nt, xt),
	LATERAL (SELECT mlops.compare(mlops.moments((j <= xc)::int) FILTER (WHERE j <= nc), mlops.moments((j <= xt)::int) FILTER (WHERE j <= nt),
								  metric => 'proportion') AS r FROM generate_series(1, 10000) j) s
ORDER BY i;
CREATE TEMP VIEW shares AS
SELECT mlops.moments((j <= 600)::int) AS c, mlops.moments((j <= 660)::int) FILTER (WHERE j <= 1490) AS t,
	   mlops.moments((j <= 600)::int, j % 7) AS cx, mlops.moments((j <= 660)::int, j % 7) FILTER (WHERE j <= 1490) AS tx,
	   mlops.moments(0) AS none
FROM generate_series(1, 1500) j;
SELECT (r).method, (r).effect, round((r).estimate::numeric, 6) AS estimate, round((r).lower::numeric, 6) AS lower, round((r).upper::numeric, 6) AS upper,
	   round((r).p_value::numeric, 8) AS p, (r).reason
FROM shares, LATERAL (VALUES
	(1, mlops.compare(c, t, metric => 'proportion', effect => 'relative')),
	(2, mlops.compare(c, t, metric => 'proportion', effect => 'relative', relative_method => 'delta')),
	(3, mlops.compare(c, t, metric => 'proportion', alternative => 'greater')),
	(4, mlops.compare(c, t, metric => 'proportion', hypothesis => 'non-inferiority', margin => 0.02)),
	(5, mlops.compare(c, t, metric => 'proportion', hypothesis => 'non-inferiority', margin => 0.02, effect => 'relative', higher_is_better => false)),
	(6, mlops.compare(c, t, metric => 'proportion', hypothesis => 'equivalence', margin => 0.1)),
	(7, mlops.compare(cx, tx, metric => 'proportion')),
	(8, mlops.compare(none, t, metric => 'proportion', effect => 'relative')),
	(9, mlops.compare(NULL, t, metric => 'proportion')),
	(10, mlops.compare(c, t, metric => 'proportion', effect => 'scaled', total_users => 1000, traffic => 0.5, days => 2))) v(i, r)
ORDER BY i;

-- strata: what they add up to, with shares of the units or known ones
CREATE TEMP VIEW cells AS
SELECT array_agg(c ORDER BY k) AS c, array_agg(t ORDER BY k) AS t, array_agg(cr ORDER BY k) AS cr, array_agg(tr ORDER BY k) AS tr,
	   array_agg(cx ORDER BY k) AS cx, array_agg(tx ORDER BY k) AS tx
FROM (SELECT i % 3 AS k, mlops.moments(y + 5 * (i % 3)) FILTER (WHERE arm = 'control') AS c, mlops.moments(y + 5 * (i % 3)) FILTER (WHERE arm = 'treatment') AS t,
			 mlops.moments(y, d + i % 4) FILTER (WHERE arm = 'control') AS cr, mlops.moments(y, d + i % 4) FILTER (WHERE arm = 'treatment') AS tr,
			 mlops.moments(y, x) FILTER (WHERE arm = 'control') AS cx, mlops.moments(y, x) FILTER (WHERE arm = 'treatment') AS tx
	  FROM units GROUP BY 1) g;
SELECT (r).method, (r).estimate IS NOT NULL AND (r).lower < (r).estimate AND (r).estimate < (r).upper AS inside, (r).n_control, (r).n_treatment, (r).reason
FROM cells, arms a, LATERAL (VALUES
	(1, mlops.compare(cells.c, cells.t)), (2, mlops.compare(cells.c, cells.t, effect => 'relative')),
	(3, mlops.compare(cells.cr, cells.tr, metric => 'ratio')), (4, mlops.compare(cells.cx, cells.tx)),
	(5, mlops.compare(cells.c, cells.t, shares => '{0.5,0.25,0.25}')),
	(6, mlops.compare(cells.c || (SELECT mlops.moments(1)), array_append(cells.t, NULL))),
	(7, mlops.compare(ARRAY[a.c, NULL], ARRAY[NULL, a.t])),
	(8, mlops.compare(ARRAY[a.c], ARRAY[NULL]::mlops.moments[])),
	(9, mlops.compare('{}'::mlops.moments[], '{}'))) v(i, r)
ORDER BY i;
-- the mean over strata, by hand
SELECT abs((r).estimate - e.d) < 1e-12 AS estimate, abs((r).standard_error - e.se) < 1e-12 AS standard_error
FROM cells, LATERAL (SELECT mlops.compare(c, t, shares => '{0.5,0.25,0.25}') AS r) q,
	 LATERAL (SELECT sum(w * (mlops.mean(t[k], 1) - mlops.mean(c[k], 1))) AS d,
					 sqrt(sum(w ^ 2 * (mlops.variance(t[k], 1) / mlops.moment_count(t[k]) + mlops.variance(c[k], 1) / mlops.moment_count(c[k])))) AS se
			  FROM (VALUES (1, 0.5), (2, 0.25), (3, 0.25)) s(k, w)) e;
-- one stratum is no stratum
SELECT (mlops.compare(ARRAY[c], ARRAY[t])).p_value = (mlops.compare(c, t)).p_value AS same FROM arms;
SELECT mlops.compare(ARRAY[c, c], ARRAY[t]) FROM arms;
SELECT mlops.compare(ARRAY[c, cx], ARRAY[t, tx]) FROM arms;
SELECT mlops.compare(ARRAY[c], ARRAY[t], shares => '{0.5,0.5}') FROM arms;
SELECT mlops.compare(ARRAY[c, c], ARRAY[t, t], shares => '{0.9,0.2}') FROM arms;
SELECT mlops.compare(NULL::mlops.moments[], ARRAY[t]) FROM arms;

-- looking often, and Bayesian: the inferences of their own pages
SELECT (r).method, (r).lower < (r).estimate AND (r).estimate < (r).upper AS inside, (r).ln_e_value IS NOT NULL AS has_e,
	   (r).p_value IS NOT NULL AS has_p, round((r).chance_to_win::numeric, 6) AS chance, (r).reason
FROM arms, shares s, LATERAL (VALUES
	(1, mlops.compare(arms.c, arms.t, inference => 'sequential')),
	(2, mlops.compare(arms.c, arms.t, inference => 'sequential', mixing_variance => 0.1, effect => 'relative')),
	(3, mlops.compare(arms.c, arms.t, inference => 'sequential', planned_n => 1000, hypothesis => 'equivalence', margin => 3)),
	(4, mlops.compare(arms.c, arms.t, inference => 'sequential', min_units => 201)),
	(5, mlops.compare(arms.c, arms.t, inference => 'bayesian')),
	(6, mlops.compare(arms.c, arms.t, inference => 'bayesian', effect => 'relative', prior_sd => 'Infinity', higher_is_better => false)),
	(7, mlops.compare(s.c, s.t, metric => 'proportion', inference => 'bayesian', effect => 'relative', relative_method => 'delta')),
	(8, mlops.compare(s.none, s.t, metric => 'proportion', inference => 'bayesian')),
	(9, mlops.compare(arms.cx, arms.tx, inference => 'sequential', alternative => 'greater'))) v(i, r)
ORDER BY i;
SELECT mlops.compare(c, t, planned_n => 100) FROM arms;
SELECT mlops.compare(c, t, prior_sd => 1) FROM arms;
SELECT mlops.compare(c, t, inference => 'sequential', planned_n => 100, mixing_variance => 1) FROM arms;
SELECT mlops.compare(c, t, inference => 'sequential', min_units => -1) FROM arms;
SELECT mlops.compare(c, t, inference => 'sequential', effect => 'relative', relative_method => 'fieller') FROM arms;
SELECT mlops.compare(c, t, inference => 'bayesian', prior_sd => 0) FROM arms;
SELECT mlops.compare(c, t, inference => 'bayesian', hypothesis => 'equivalence', margin => 1) FROM arms;
SELECT mlops.compare(c, t, inference => 'bayesian', alternative => 'less') FROM arms;

-- winsorising
SELECT mlops.winsor_limits(mlops.profile(i), 0, 0.9) AS upper, mlops.winsor_limits(mlops.profile(i), 0.1, 1) AS lower,
	   mlops.winsor_limits(mlops.profile(i) FILTER (WHERE i > 1000)) AS none
FROM generate_series(1, 100) i;
SELECT v, mlops.winsorize(v, 0, 10), mlops.winsorize(v, '{-Infinity,2}') FROM unnest('{-1,3,11,NaN,Infinity,NULL}'::float8[]) v;
SELECT mlops.winsorize(1, 2, 1);
SELECT mlops.winsorize(1, '{1,2,3}');
SELECT mlops.winsorize(1, '{1,NULL}');
SELECT mlops.winsorize(1, 'NaN', 1);
SELECT mlops.winsor_limits(mlops.profile(i), 0.9, 0.1) FROM generate_series(1, 9) i;
SELECT mlops.winsor_limits(mlops.profile(i::text)) FROM generate_series(1, 9) i;

-- wrong arguments
SELECT mlops.compare(c, tx) FROM arms;
SELECT mlops.compare(c, t, metric => 'median') FROM arms;
SELECT mlops.compare(c, t, metric => 'ratio') FROM arms;
SELECT mlops.compare(c, t, metric => 'proportion') FROM arms;
SELECT mlops.compare(c, t, metric => NULL) FROM arms;
SELECT mlops.compare(c, t, effect => 'lift') FROM arms;
SELECT mlops.compare(c, t, effect => 'scaled') FROM arms;
SELECT mlops.compare(c, t, effect => 'scaled', total_users => 10, traffic => 2, days => 1) FROM arms;
SELECT mlops.compare(c, t, effect => 'scaled', total_users => 'NaN', traffic => 1, days => 1) FROM arms;
SELECT mlops.compare(c, t, days => 3) FROM arms;
SELECT mlops.compare(c, t, inference => 'magic') FROM arms;
SELECT mlops.compare(c, t, alternative => 'up') FROM arms;
SELECT mlops.compare(c, t, confidence => 95) FROM arms;
SELECT mlops.compare(c, t, confidence => 'NaN') FROM arms;
SELECT mlops.compare(c, t, confidence => NULL) FROM arms;
SELECT mlops.compare(c, t, hypothesis => 'inferiority') FROM arms;
SELECT mlops.compare(c, t, hypothesis => 'equivalence') FROM arms;
SELECT mlops.compare(c, t, hypothesis => 'equivalence', margin => -1) FROM arms;
SELECT mlops.compare(c, t, hypothesis => 'equivalence', margin => 1, confidence => 0.5) FROM arms;
SELECT mlops.compare(c, t, hypothesis => 'equivalence', margin => 1, alternative => 'less') FROM arms;
SELECT mlops.compare(c, t, hypothesis => 'non-inferiority', margin => 1, effect => 'relative', relative_method => 'log-ratio') FROM arms;
SELECT mlops.compare(c, t, margin => 1) FROM arms;
SELECT mlops.compare(c, t, higher_is_better => false) FROM arms;
SELECT mlops.compare(c, t, relative_method => 'fieller') FROM arms;
SELECT mlops.compare(c, t, effect => 'relative', relative_method => 'guess') FROM arms;
SELECT mlops.compare(c, t, theta => 'within') FROM arms;
SELECT mlops.compare(cx, tx, theta => 'best') FROM arms;
-- 2 of 400 units with the event: no evidence that may be looked at often, without strata and with; 40 of 400 are enough
WITH a AS (SELECT mlops.moments((i <= 1)::int) AS few, mlops.moments((i % 10 = 0)::int) AS enough FROM generate_series(1, 200) i)
SELECT (r).estimate, (r).p_value IS NOT NULL AS has_p, (r).lower, (r).reason
FROM a, LATERAL (VALUES (1, mlops.compare(few, few, metric => 'proportion', inference => 'sequential')), (2, mlops.compare(few, few, inference => 'sequential')),
	(3, mlops.compare(ARRAY[few, few], ARRAY[few, few], inference => 'sequential')), (4, mlops.compare(enough, few, inference => 'sequential')),
	(5, mlops.compare(enough, enough, inference => 'sequential'))) v(i, r) ORDER BY i;
