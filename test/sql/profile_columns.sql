-- The multi-column form: the profiles of the per-column form, for every type it takes.
\set SHOW_CONTEXT never
CREATE TEMP TABLE typed AS
SELECT i, CASE WHEN i % 10 > 0 THEN sqrt(i) END AS f8, (i % 1000)::real AS f4, (i % 300)::smallint AS i2, i AS i4,
	CASE WHEN i % 3 > 0 THEN i::bigint * 1000000007 END AS i8, i / 100.0 AS num, 'v' || i % 500 AS txt, ('w' || i % 5)::varchar(9) AS vc,
	(i % 4)::text::char(6) AS bp, i % 2 = 0 AS b, '2026-01-01 00:00Z'::timestamptz + i * interval '1 s' AS tz,
	'2026-01-01 00:00'::timestamp + i * interval '1 s' AS ts, '2026-01-01'::date + i % 700 AS d
FROM generate_series(1, 3000) i;
SELECT n, mlops.profile_send(a) = mlops.profile_send(b) AS same
FROM (SELECT mlops.profile_columns(f8, f4, i2, i4, i8, num, txt, vc, bp, b, tz, ts, d ORDER BY i) AS many,
		ARRAY[mlops.profile(f8 ORDER BY i), mlops.profile(f4 ORDER BY i), mlops.profile(i2 ORDER BY i), mlops.profile(i4 ORDER BY i),
			mlops.profile(i8 ORDER BY i), mlops.profile(num::float8 ORDER BY i), mlops.profile(txt ORDER BY i), mlops.profile(vc ORDER BY i),
			mlops.profile(bp ORDER BY i), mlops.profile(b ORDER BY i), mlops.profile(tz ORDER BY i),
			mlops.profile(ts AT TIME ZONE 'UTC' ORDER BY i), mlops.profile(d::timestamp AT TIME ZONE 'UTC' ORDER BY i)] AS single FROM typed) s,
	unnest(ARRAY['f8', 'f4', 'i2', 'i4', 'i8', 'num', 'txt', 'vc', 'bp', 'b', 'tz', 'ts', 'd'], many, single) u(n, a, b);
-- special values of every type
SELECT mlops.profile_columns(a, b, c, d, e, f)::text[] = ARRAY[mlops.profile(a), mlops.profile(b), mlops.profile(c::float8),
	mlops.profile(d), mlops.profile(d), mlops.profile(d)]::text[] AS same
FROM (VALUES ('NaN'::float8, 'Infinity'::real, 'NaN'::numeric, 'infinity'::timestamptz, 'infinity'::timestamp, 'infinity'::date),
	('-Infinity', '-0', '-Infinity', '-infinity', '-infinity', '-infinity'), (NULL, NULL, NULL, NULL, NULL, NULL)) v(a, b, c, d, e, f);
-- a numeric beyond float8 is an infinity, not an error
SELECT pos_inf, neg_inf, max FROM (SELECT mlops.profile_columns(x) AS p FROM unnest('{1e400,-1e400,1}'::numeric[]) x) s, mlops.describe(p[1]);
-- no rows: empty profiles of the right kinds
SELECT mlops.profile_columns(i, txt, b, tz) FROM typed WHERE false;
-- groups, a filter, and NULL in one column only
SELECT i % 3 AS g, mlops.row_count(p[1]), mlops.null_count(p[1]), mlops.null_count(p[2]) FROM
	(SELECT i % 3 AS i, mlops.profile_columns(f8, i8) FILTER (WHERE i <= 900) AS p FROM typed GROUP BY 1) s ORDER BY 1;
-- long strings out of line
CREATE TEMP TABLE long (t text);
ALTER TABLE long ALTER t SET STORAGE external;
INSERT INTO long SELECT repeat(chr(64 + i), 10000) FROM generate_series(1, 3) i;
INSERT INTO long SELECT repeat('A', 9999);
SELECT left(value, 2) AS starts, length(value), count_lower FROM (SELECT mlops.profile_columns(t) AS p FROM long) s, mlops.top_values(p[1]);
SELECT mlops.profile_send(mlops.profile(t)) = mlops.profile_send((mlops.profile_columns(t))[1]) AS same FROM long;
SELECT min_length, max_length FROM (SELECT mlops.profile(t) AS p FROM long) s, mlops.describe(p);
-- 60 columns
SELECT array_length(p, 1), mlops.row_count(p[60]), mlops.quantile(p[60], 1) FROM (SELECT mlops.profile_columns(
	i,i,i,i,i,i,i,i,i,i, i,i,i,i,i,i,i,i,i,i, i,i,i,i,i,i,i,i,i,i, i,i,i,i,i,i,i,i,i,i, i,i,i,i,i,i,i,i,i,i, i,i,i,i,i,i,i,i,i,f8) AS p FROM typed) s;
