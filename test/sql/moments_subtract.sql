-- subtract(moments, moments): the inverse of merge, for late corrections.
\pset null '(null)'
-- a day is taken back, and added again corrected
WITH d AS (SELECT i % 5 AS day, mlops.moments(i, i % 7, sqrt(i)) AS m FROM generate_series(1, 1000) i GROUP BY 1),
	 total AS (SELECT mlops.merge(m) AS m FROM d),
	 rest AS (SELECT mlops.subtract(total.m, d.m) AS m FROM total, d WHERE day = 2),
	 truth AS (SELECT mlops.moments(i, i % 7, sqrt(i)) AS m FROM generate_series(1, 1000) i WHERE i % 5 <> 2)
SELECT mlops.moment_count(rest.m) AS n, v.i, v.j, abs(mlops.covariance(rest.m, v.i, v.j) / mlops.covariance(truth.m, v.i, v.j) - 1) < 1e-12 AS same,
	   abs(mlops.mean(rest.m, v.i) / mlops.mean(truth.m, v.i) - 1) < 1e-14 AS same_mean
FROM rest, truth, (VALUES (1, 1), (1, 2), (1, 3), (2, 2), (2, 3), (3, 3)) v(i, j);
-- everything, one row, NULL and NaN
SELECT mlops.subtract(m, m) FROM (SELECT mlops.moments(i, -i) AS m FROM generate_series(1, 9) i) s;
SELECT mlops.subtract(m, f) FROM (SELECT mlops.moments(i, -i) AS m, mlops.moments(i, -i) FILTER (WHERE i < 9) AS f FROM generate_series(1, 9) i) s;
SELECT mlops.subtract(m, f) FROM (SELECT mlops.moments(x) AS m, mlops.moments(x) FILTER (WHERE x IS NULL OR x = 'NaN') AS f
								  FROM unnest('{1,2,NULL,NaN,4}'::float8[]) x) s;
SELECT mlops.subtract(m, NULL) FROM (SELECT mlops.moments(1) AS m) s;
SELECT mlops.subtract(mlops.moments(1.0), mlops.moments(NULL::float8[])) FROM generate_series(1, 2);
-- a constant stays one
SELECT mlops.variance(mlops.subtract(m, f), 1) FROM (SELECT mlops.moments(0.1) AS m, mlops.moments(0.1) FILTER (WHERE i > 3) AS f FROM generate_series(1, 9) i) s;
-- what cannot have been a part
SELECT mlops.subtract(mlops.moments(1), mlops.moments(2));
SELECT mlops.subtract(mlops.moments(i), mlops.moments(i + 1)) FROM generate_series(1, 3) i;
SELECT mlops.subtract(mlops.moments(i), mlops.moments(10 * i) FILTER (WHERE i < 3)) FROM generate_series(1, 3) i;
SELECT mlops.subtract(mlops.moments(i) FILTER (WHERE i < 3), mlops.moments(i)) FROM generate_series(1, 3) i;
SELECT mlops.subtract(mlops.moments(i), mlops.moments(i, i)) FROM generate_series(1, 3) i;
SELECT mlops.subtract(mlops.moments(i, i), mlops.moments(i, -i) FILTER (WHERE i < 5)) FROM generate_series(1, 9) i;
-- the limits of it: an offset of 1e7 and 1e12 beside a spread of 1, half of the rows and all but ten taken away
SELECT base, takes, abs(mlops.variance(mlops.subtract(m, f), 1) / mlops.variance(r, 1) - 1) < limits AS within
FROM (VALUES (1e7, 500, 1e-8), (1e7, 990, 1e-6), (1e12, 500, 1e-2), (0, 990, 1e-12)) v(base, takes, limits),
	 LATERAL (SELECT mlops.moments(base + i % 10) AS m, mlops.moments(base + i % 10) FILTER (WHERE i <= takes) AS f,
					 mlops.moments(i % 10) FILTER (WHERE i > takes) AS r FROM generate_series(1, 1000) i) s;
