-- binning(profile, bins, method).
SET search_path = public;

-- 1 .. 100: the quantile i / 10 is 10 i (percentile_disc), and begins its bin
SELECT mlops.binning(mlops.profile(i)) FROM generate_series(1, 100) i;
SELECT mlops.binning(mlops.profile(i), 4) FROM generate_series(1, 100) i;
SELECT mlops.binning(mlops.profile(i), 1) FROM generate_series(1, 100) i;
-- width: (100 - 1) / 4 = 24.75
SELECT mlops.binning(mlops.profile(i), 4, 'width') FROM generate_series(1, 100) i;
-- not more values than bins: a bin for each
SELECT mlops.binning(mlops.profile(i % 4)) FROM generate_series(1, 100) i;
SELECT mlops.binning(mlops.profile(i % 12), method => 'values') FROM generate_series(1, 100) i;
-- 90 of 100 rows are 0, which is the quantile 0 to 3/4: a bin of its own, and one for the rest
SELECT mlops.binning(mlops.profile(greatest(i - 90, 0)), 4) FROM generate_series(1, 100) i;
-- 1 is the quantiles 1/4 and 1/2: an edge at it, and one between it and 61 (30 is within 31 +- 15)
SELECT mlops.binning(mlops.profile(CASE WHEN i <= 10 THEN -i WHEN i <= 60 THEN 1 ELSE i END), 4) FROM generate_series(1, 100) i;
-- the edges are what percentile_disc says
SELECT mlops.edges(mlops.binning(mlops.profile(x), 5)) = percentile_disc('{0.2,0.4,0.6,0.8}'::float8[]) WITHIN GROUP (ORDER BY x) AS same
FROM (SELECT (i * 37 % 211)::float8 FROM generate_series(1, 5000) i) r(x);
-- one value, no value
SELECT mlops.binning(mlops.profile(7)), mlops.binning(mlops.profile(7), 3, 'width') FROM generate_series(1, 3);
SELECT mlops.binning(mlops.profile(x)) FROM (VALUES (NULL::float8), ('NaN'), ('Infinity')) v(x);
SELECT mlops.binning(NULL::mlops.profile) IS NULL AS of_null;
-- a noisy value stays in its bin: 0.1 + 0.2 is not 0.3
SELECT mlops.histogram(x, (SELECT mlops.binning(mlops.profile(i / 10.0::float8)) FROM generate_series(1, 5) i))
FROM (VALUES (0.1::float8 + 0.2::float8), (0.3), (0.6 - 0.3::float8)) v(x);
-- more rows than the profile keeps: ten bins of a tenth each, within the sketch's error
SELECT count(*) AS bins, bool_and(b.share BETWEEN 0.085 AND 0.115) AS a_tenth_each
FROM (SELECT mlops.histogram(x, b) h FROM (SELECT sqrt(i::float8) x FROM generate_series(1, 50000) i) r,
	  (SELECT mlops.binning(mlops.profile(sqrt(i::float8))) b FROM generate_series(1, 50000) i) q) s,
	mlops.bins(h) b WHERE b.lower IS NOT NULL;

-- time stamps: edges in seconds since 1970, so that histogram(timestamptz) fits
SELECT mlops.binning(mlops.profile('2026-01-01 00:00+00'::timestamptz + i * interval '1 hour')) FROM generate_series(0, 3) i;
SELECT mlops.histogram('2026-01-01 00:00+00'::timestamptz + i * interval '1 hour', b)
FROM generate_series(0, 3) i, (SELECT mlops.binning(mlops.profile('2026-01-01 00:00+00'::timestamptz + i * interval '1 hour')) b FROM generate_series(0, 3) i) q;

-- labels: the most frequent first, ties by their bytes
SELECT mlops.binning(mlops.profile(x)) FROM unnest('{b,c,a,c,b,c,d,NULL}'::text[]) x;
SELECT mlops.binning(mlops.profile(x), 2) FROM unnest('{b,c,a,c,b,c,d,NULL}'::text[]) x;
SELECT mlops.binning(mlops.profile(x), 2, 'values') FROM unnest('{true,true}'::boolean[]) x;
SELECT mlops.binning(mlops.profile(NULL::text));
-- 200 labels unless told
SELECT mlops.bin_count(mlops.binning(mlops.profile((i % 250)::text))), mlops.bin_count(mlops.binning(mlops.profile((i % 250)::text), 220))
FROM generate_series(1, 1000) i;
-- 50,000 rows with 20,000 labels seen twice and one seen 10,000 times: only that one is worth a bin
SELECT mlops.binning(mlops.profile(CASE WHEN i % 5 = 0 THEN 'often' ELSE (i % 20000)::text END)) FROM generate_series(1, 50000) i;
-- a value that the profile cuts is no label
SELECT mlops.binning(mlops.profile(x)) FROM (VALUES (repeat('x', 500)), ('short')) v(x);

-- wrong arguments
\set VERBOSITY default
SELECT mlops.binning(mlops.profile(1), 0);
SELECT mlops.binning(mlops.profile(1), 1001);
SELECT mlops.binning(mlops.profile(1), 10, 'kmeans');
SELECT mlops.binning(mlops.profile('a'::text), 10, 'width');
SELECT mlops.binning(mlops.profile(true), 1);
SELECT mlops.binning(mlops.profile(i), 10, 'values') FROM generate_series(1, 11) i;
