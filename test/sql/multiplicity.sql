-- Hommel's p-values, e-BH: values by hand and by other means, NULL, ties,
-- dimensions, what is refused.
SET extra_float_digits = 0;

-- Simes' p-value of all five is 0.05, of any fewer at most that
SELECT mlops.adjust_p('{0.01,0.02,0.03,0.04,0.05}', 'hommel')::numeric(8,6)[];
-- two p: the pair's Simes p-value min(2 p(1), p(2)) and its own
SELECT mlops.adjust_p('{0.01,0.03}', 'Hommel') AS small, mlops.adjust_p('{0.02,0.03}', 'HOMMEL') AS close, mlops.adjust_p('{0.4}', 'hommel') AS one;
-- NULLs stay where they are and do not count; dimensions and bounds are kept
SELECT mlops.adjust_p('{0.01,NULL,0.03,NULL}', 'hommel'), mlops.adjust_p('[0:1][2:3]={{0.01,NULL},{0.03,NULL}}', 'hommel'),
	mlops.adjust_p('{}', 'hommel') AS none, mlops.adjust_p('{NULL}', 'hommel') AS null;
-- ties have one p-value, the order does not matter, 0 stays 0 and 1 is the most
SELECT count(DISTINCT b) AS tied, min(b) >= 0.04 AS at_least FROM unnest(mlops.adjust_p('{0.04,0.9,0.04,0.04,1}', 'hommel'), '{0.04,0.9,0.04,0.04,1}'::float8[]) AS u(b, p) WHERE p = 0.04;
SELECT mlops.adjust_p('{0,0.5,1,1}', 'hommel');
SELECT bool_and(x = y) AS same FROM (SELECT array_agg(p ORDER BY i) a, array_agg(p ORDER BY i DESC) z FROM (SELECT i, abs(sin(i)) ^ 4 p FROM generate_series(1, 500) i) s) t,
	unnest(mlops.adjust_p(a, 'hommel')) WITH ORDINALITY u(x, i), unnest(mlops.adjust_p(z, 'hommel')) WITH ORDINALITY v(y, j) WHERE i + j = 501;
-- never above Hochberg's, never below p, and the same alarms as the definition at 5 %:
-- h is the largest i with p(n-i+j) > j 0.05 / i for every j, reject p <= 0.05 / h
WITH p AS (SELECT i, abs(sin(i)) ^ 6 p FROM generate_series(1, 60) i),
	s AS (SELECT array_agg(p ORDER BY p) s FROM p),
	h AS (SELECT max(i) h FROM s, generate_series(1, 60) i WHERE (SELECT bool_and(s[60 - i + j] > j * 0.05 / i) FROM generate_series(1, i) j)),
	a AS (SELECT u.* FROM (SELECT array_agg(p ORDER BY i) l FROM p) t, unnest(l, mlops.adjust_p(l, 'hommel'), mlops.adjust_p(l, 'hochberg')) u(p, hommel, hochberg))
SELECT h, count(*) FILTER (WHERE hommel <= 0.05) AS alarms, bool_and((hommel <= 0.05) = (p <= 0.05 / h)) AS by_definition, bool_and(hommel <= hochberg AND hommel >= p) AS between FROM a, h GROUP BY h;
-- not quadratic: 100,000 p-values within the patience of a person
SET statement_timeout = '20s';
SELECT count(*) FROM unnest(mlops.adjust_p((SELECT array_agg(abs(sin(i)) ^ 3) FROM generate_series(1, 100000) i), 'hommel')) a WHERE a BETWEEN 0 AND 1;
RESET statement_timeout;

-- e-BH by hand: 5 e-values, j e / 5 = 20, 16, 18, 4, 0.5 from the largest on
SELECT mlops.adjust_e('{40,0.5,100,5,30}');
SELECT alpha, mlops.e_bh('{40,0.5,100,5,30}', alpha) FROM unnest('{0.04,0.05,0.0556,0.2,0.25,0.5}'::float8[]) alpha;
SELECT mlops.e_bh('{20}') AS at_the_limit, mlops.e_bh('{19.99}') AS below, mlops.e_bh('{Infinity,0,30,30}') AS ties, mlops.e_bh('{}') AS none;
SELECT mlops.e_bh('[0:1][2:3]={{40,NULL},{NULL,0}}'), mlops.adjust_e('{{40,NULL},{NULL,0}}');
-- p <= 0.0025 / n is an alarm alone: the calibrator's 0.5 / sqrt(p) is n / 0.1 there
SELECT mlops.p_to_e(0.0001) AS half, mlops.p_to_e(0.0001, 0.25) AS quarter, mlops.p_to_e(0) AS zero, mlops.p_to_e(1) AS one, mlops.e_to_p(mlops.p_to_e(0.0001)) AS back, mlops.e_to_p(0) AS nothing, mlops.e_to_p('Infinity') AS all;
SELECT mlops.e_bh(ARRAY(SELECT mlops.p_to_e(p) FROM unnest('{0.000001,0.9,0.00001,0.2}'::float8[]) WITH ORDINALITY u(p, i) ORDER BY i));
SELECT mlops.e_bh(NULL) IS NULL AS a, mlops.e_bh('{1}', NULL) IS NULL AS b, mlops.adjust_e(NULL) IS NULL AS c, mlops.p_to_e(NULL) IS NULL AS d, mlops.e_to_p(NULL) IS NULL AS e;

-- refused
SELECT mlops.adjust_p('{0.1,1.5}', 'hommel');
SELECT mlops.adjust_p('{0.1}', 'homel');
SELECT mlops.adjust_e('{-1}');
SELECT mlops.e_bh('{NaN}');
SELECT mlops.e_bh('{1}', 0);
SELECT mlops.e_bh('{1}', 'NaN');
SELECT mlops.p_to_e(1.1);
SELECT mlops.p_to_e(0.1, 1);
SELECT mlops.e_to_p(-0.1);
