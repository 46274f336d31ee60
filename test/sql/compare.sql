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
	(1, mlops.compare(NULL, (SELECT t FROM arms))), (2, mlops.compare((SELECT c FROM arms), NULL)), (3, mlops.compare(NULL, NULL)),
	(4, (SELECT mlops.compare(mlops.moments(1), mlops.moments(2)))),
	(5, (SELECT mlops.compare(mlops.moments(1), mlops.moments(1 + i)) FROM generate_series(0, 4, 4) i)),
	(6, (SELECT mlops.compare(mlops.moments(1), mlops.moments(3)) FROM generate_series(1, 2))),
	(7, (SELECT mlops.compare(mlops.moments('NaN'::float8), mlops.moments(NULLIF(i, 2))) FROM generate_series(1, 3) i)),
	(8, (SELECT mlops.compare(mlops.moments(i, 0), mlops.moments(i, 1), metric => 'ratio') FROM generate_series(1, 3) i)),
	(9, (SELECT mlops.compare(mlops.moments(i - 2), mlops.moments(i), effect => 'relative') FROM generate_series(1, 3) i)),
	(10, (SELECT mlops.compare(mlops.moments(i - 2), mlops.moments(i), effect => 'relative', relative_method => 'delta') FROM generate_series(1, 3) i)),
	(11, (SELECT mlops.compare(mlops.moments(i * 1e200), mlops.moments(i)) FROM generate_series(1, 3) i))) v(i, r)
ORDER BY i;

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
