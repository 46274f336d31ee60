-- What a profile of a few values says: every expected line can be computed by hand.
\pset null '(null)'
\x on
-- 2 4 4 4 5 5 7 9: mean 5, sums of powers of the deviations 32, 42, 356:
-- variance 32/7, skewness sqrt(8) 42 / 32^1.5 = 21/32, excess 8 * 356 / 32^2 - 3 = -7/32
SELECT d.kind, d.rows, d.nulls, round(d.null_share::numeric, 6) AS null_share, d.nan, d.pos_inf, d.neg_inf, d.zeros, d.mean, round(d.stddev::numeric, 10) AS stddev,
	round(d.skewness::numeric, 10) AS skewness, round(d.kurtosis::numeric, 10) AS kurtosis, d.min, d.max, d.median, d.p01, d.p05, d.p25, d.p75, d.p95, d.p99,
	d.distinct_count, d.distinct_error, d.rank_error, d.exact, d.sampled FROM (SELECT mlops.profile(x) AS p
	FROM unnest('{2,4,4,4,5,5,7,9,NULL,NULL,NaN,Infinity,-Infinity,-Infinity}'::float8[]) x) s, mlops.describe(p) d;

-- strings: lengths 0 1 2 2 3, deviations from 8/5
SELECT kind, rows, nulls, zeros, mean, median, min_length, max_length, mean_length,
	round(stddev_length::numeric, 10) AS stddev_length, distinct_count, rank_error, exact, sampled
FROM (SELECT mlops.profile(x) AS p FROM unnest(ARRAY['', 'a', 'bb', 'bb', 'äöü', NULL]) x) s, mlops.describe(p) d;

-- booleans: true is 1
SELECT kind, rows, nulls, zeros, mean, stddev, min, max, median, distinct_count
FROM (SELECT mlops.profile(x) AS p FROM unnest(ARRAY[true, false, true, true, NULL]) x) s, mlops.describe(p) d;

-- points in time: seconds since 1970; 2000-01-01 is 946684800
SELECT kind, rows, nulls, nan, pos_inf, neg_inf, zeros, mean, round(stddev::numeric, 6) AS stddev, min, max, median
FROM (SELECT mlops.profile(x) AS p FROM unnest(ARRAY['2000-01-01 00:00:00Z', '2000-01-01 00:00:02Z',
	'infinity', '-infinity', NULL]::timestamptz[]) x) s, mlops.describe(p) d;

-- no rows, only NULL, only NaN: a profile all the same
SELECT d.* FROM (SELECT mlops.profile(x) AS p FROM (SELECT 1::float8 AS x WHERE false) e) s, mlops.describe(p) d;
SELECT rows, nulls, null_share, nan, mean, median, distinct_count
FROM (SELECT mlops.profile(x) AS p FROM unnest('{NULL,NULL}'::float8[]) x) s, mlops.describe(p) d;
SELECT rows, nulls, null_share, nan, mean, median, distinct_count
FROM (SELECT mlops.profile(x) AS p FROM unnest('{NaN}'::float8[]) x) s, mlops.describe(p) d;
-- one row: no deviation
SELECT rows, mean, stddev, skewness, kurtosis, min, max, median
FROM (SELECT mlops.profile(x) AS p FROM unnest('{7}'::float8[]) x) s, mlops.describe(p) d;
-- all the same: a deviation of zero has no shape
SELECT rows, mean, stddev, skewness, kurtosis
FROM (SELECT mlops.profile(0.1) AS p FROM generate_series(1, 1000)) s, mlops.describe(p) d;
-- too large for their squares: the mean is right, the rest is not there
SELECT mean, stddev, skewness, min, max
FROM (SELECT mlops.profile(x) AS p FROM unnest('{1e308,1.2e308,1.4e308}'::float8[]) x) s, mlops.describe(p) d;
\x off

-- -0.0 is 0.0
SELECT zeros, min, distinct_count, p::text = (SELECT mlops.profile(x)::text FROM unnest('{0,0,1}'::float8[]) x) AS same
FROM (SELECT mlops.profile(x) AS p FROM unnest('{-0,0,1}'::float8[]) x) s, mlops.describe(p) d;

-- a quantile is the smallest value whose rank reaches q n
SELECT q, mlops.quantile(p, q)
FROM (SELECT mlops.profile(x) AS p FROM unnest('{2,4,4,4,5,5,7,9,NaN,NULL}'::float8[]) x) s,
	unnest('{0,.125,.126,.5,.51,.75,.76,.875,.88,1}'::float8[]) q;
SELECT mlops.quantile(p, '{0.5,NULL,1}'::float8[]), mlops.quantile(p, '{}'::float8[]), mlops.quantile(p, NULL::float8)
FROM (SELECT mlops.profile(x) AS p FROM unnest('{2,4,4,4,5,5,7,9}'::float8[]) x) s;
SELECT x, mlops.cdf(p, x)
FROM (SELECT mlops.profile(x) AS p FROM unnest('{2,4,4,4,5,5,7,9}'::float8[]) x) s,
	unnest('{-Infinity,1.9,2,3,4,4.5,8.9,9,10,Infinity,NaN}'::float8[]) x;
SELECT mlops.cdf(p, '2000-01-01 00:00:01Z'::timestamptz), mlops.cdf(p, 946684801.0), mlops.cdf(p, 'infinity'::timestamptz),
	to_timestamp(mlops.quantile(p, 1)) = '2000-01-01 00:00:02Z' AS back
FROM (SELECT mlops.profile(x) AS p FROM unnest('{2000-01-01 00:00:00Z,2000-01-01 00:00:02Z,infinity}'::timestamptz[]) x) s;
SELECT mlops.quantile(p, .5), mlops.cdf(p, 1), mlops.rank_error(p), mlops.row_count(p), mlops.null_count(p), mlops.distinct_count(p)
FROM (SELECT mlops.profile(NULL::float8) AS p) s;

-- frequent values, most frequent first, ties by value; the share is of all rows
SELECT t.* FROM (SELECT mlops.profile(x) AS p FROM unnest('{2,4,4,4,5,5,7,9,NULL,NaN}'::float8[]) x) s, mlops.top_values(p) t;
SELECT t.* FROM (SELECT mlops.profile(x) AS p FROM unnest('{2,4,4,4,5,5,7,9,NULL,NaN}'::float8[]) x) s, mlops.top_values(p, 1) t;
SELECT t.* FROM (SELECT mlops.profile(x) AS p FROM unnest(ARRAY['b', 'b', '', NULL, 'a']) x) s, mlops.top_values(p, 5) t;
SELECT t.* FROM (SELECT mlops.profile(x) AS p FROM unnest('{t,f,t,NULL}'::boolean[]) x) s, mlops.top_values(p) t;
SELECT t.* FROM (SELECT mlops.profile(x) AS p FROM unnest('{2026-02-28 23:59:59.5Z,2026-02-28 23:59:59.5Z}'::timestamptz[]) x) s, mlops.top_values(p) t;
SELECT count(*) FROM (SELECT mlops.profile(NULL::text) AS p) s, mlops.top_values(p) t;

-- long strings: cut at 64 bytes, between characters, told apart by what was cut off
SELECT left(t.value, 3) AS starts, length(t.value), octet_length(t.value), right(t.value, 1) AS ends, count_lower
FROM (SELECT mlops.profile(x) AS p FROM unnest(ARRAY[repeat('x', 64), repeat('x', 65), repeat('x', 66), repeat('x', 66),
	repeat('ä', 33), repeat('€', 22)]) x) s, mlops.top_values(p) t ORDER BY count_lower DESC, 1, 3;

-- for people
SELECT mlops.profile(x)::jsonb - 'stddev' FROM unnest('{1,1,3,3,NULL,NaN}'::float8[]) x;
SELECT mlops.profile(x)::jsonb FROM unnest(ARRAY['say "hi"', NULL]) x;
SELECT mlops.profile(x)::jsonb FROM unnest('{f}'::boolean[]) x;
SELECT mlops.profile(x)::jsonb FROM unnest('{2026-03-01 12:00:00Z}'::timestamptz[]) x;
SELECT mlops.profile(x)::jsonb FROM (SELECT 1::float8 AS x WHERE false) e;
