-- histogram(value, binning): counts by hand, NULL and unseen values, errors.
SET search_path = public;

-- [1, 2.5) holds 1 and 2; 10 and 11 are in the last; NaN and infinities are unseen
SELECT mlops.histogram(x, 'numeric(1, 2.5, 10)')
FROM unnest('{0,1,2,2.5,NaN,Infinity,-Infinity,NULL,11,-0,10}'::float8[]) x;
SELECT b.* FROM mlops.bins('numeric(1, 2.5, 10) counts (2, 2, 1, 2) null 1 unseen 2') b;
SELECT b.* FROM mlops.bins('categorical("a", "b") counts (1, 2) null 1 unseen 0') b;
SELECT b.* FROM mlops.bins('numeric() counts (0) null 0 unseen 0') b;
-- -0.0 is 0.0
SELECT mlops.histogram(x, 'numeric(0)') FROM (VALUES ('-0'::float8), (0), (-1e-300)) v(x);
-- no edges, no labels
SELECT mlops.histogram(x, 'numeric()') FROM unnest('{1,NaN,NULL}'::float8[]) x;
SELECT mlops.histogram(x, 'categorical()') FROM unnest('{a,NULL}'::text[]) x;
-- labels are compared byte by byte; long values are unseen
SELECT mlops.histogram(x, 'categorical("a", "", "ä", "a ")')
FROM (VALUES ('a'), ('a'), ('A'), (''), ('a '), ('ä'), (NULL), (repeat('a', 100000))) v(x);
SELECT mlops.histogram(x, mlops.binning('{false,true}'::text[])) FROM unnest('{t,f,t,NULL}'::boolean[]) x;
SELECT mlops.histogram(x, 'categorical("true")') FROM unnest('{t,f,t,NULL}'::boolean[]) x;
-- seconds since 1970: 2000-01-01 is 946684800
SELECT mlops.histogram(x, 'numeric(946684800, 946684800.5)')
FROM unnest('{1999-12-31 23:59:59.999999+00, 2000-01-01 00:00+00, 2000-01-01 00:00:00.499999+00, 2000-01-01 00:00:00.5+00, infinity, -infinity, NULL}'::timestamptz[]) x;
-- no row: NULL; rows with only NULL: a histogram
SELECT mlops.histogram(x, 'numeric(1)') IS NULL AS no_row FROM (SELECT 1.0::float8 WHERE false) v(x);
SELECT mlops.histogram(NULL::float8, 'numeric(1)');
-- other numbers are numbers, strings are labels
SELECT mlops.histogram(i, 'numeric(2)'), mlops.histogram(i::numeric, 'numeric(2)'), mlops.histogram(i::text::varchar, 'categorical("2")') FROM generate_series(1, 3) i;

-- many rows: after the first 32 a table is used; the counts are those of counting
CREATE TEMP TABLE r AS
SELECT i, (i * 7919 % 10007) / 100.0::float8 AS x, 'k' || i * 31 % 50 AS s, i % 10 AS g,
	   CASE WHEN i % 50 = 0 THEN NULL ELSE (i * 7919 % 10007) / 100.0::float8 END AS y
FROM generate_series(1, 20000) i;
CREATE TEMP TABLE b AS SELECT mlops.binning((SELECT array_agg(e * e / 4.0::float8 ORDER BY e) FROM generate_series(1, 20) e)) n,
	mlops.binning((SELECT array_agg('k' || k) FROM generate_series(0, 39) k)) c;
SELECT count(*) AS differences
FROM (SELECT g, (mlops.bins(mlops.histogram(y, (SELECT n FROM b)))).* FROM r GROUP BY g) h
FULL JOIN (SELECT g, CASE WHEN y IS NULL THEN 22 ELSE width_bucket(y, (SELECT mlops.edges(n) FROM b)) + 1 END AS bin, count(*) FROM r GROUP BY 1, 2) w USING (g, bin)
WHERE coalesce(h.count, 0) <> coalesce(w.count, 0);
SELECT count(*) AS differences
FROM (SELECT g, (mlops.bins(mlops.histogram(s, (SELECT c FROM b)))).* FROM r GROUP BY g) h
FULL JOIN (SELECT g, CASE WHEN s IN ('k40', 'k41', 'k42', 'k43', 'k44', 'k45', 'k46', 'k47', 'k48', 'k49') THEN '(unseen)' ELSE s END AS label, count(*) FROM r GROUP BY 1, 2) w USING (g, label)
WHERE coalesce(h.count, 0) <> coalesce(w.count, 0);
-- a binning out of a TOASTed row
CREATE TEMP TABLE big (x mlops.binning);
ALTER TABLE big ALTER x SET STORAGE EXTERNAL;
INSERT INTO big SELECT mlops.binning((SELECT array_agg(i::float8) FROM generate_series(1, 1000) i));
SELECT mlops.row_count(h), mlops.bin_count(mlops.binning(h)), (SELECT max(count) FROM mlops.bins(h))
FROM (SELECT mlops.histogram(r.i / 20.0, big.x) h FROM r, big) s;

-- accessors, jsonb
SELECT mlops.row_count(h), mlops.null_count(h), mlops.unseen_count(h), mlops.binning(h), h::jsonb
FROM (VALUES ('numeric(1) range [0, 2] counts (3, 4) null 2 unseen 1'::mlops.histogram), ('categorical("x") counts (0) null 0 unseen 0')) v(h);

-- text, bytes
SELECT t, t::mlops.histogram::text = t AS same FROM unnest(ARRAY[
	'numeric() counts (0) null 0 unseen 0',
	'numeric(1, 2) range [0, 5] counts (1, 2, 9223372036854775804) null 0 unseen 0',
	'categorical() counts () null 1 unseen 2']) t;
SELECT mlops.histogram_send('numeric(1) counts (3, 4) null 2 unseen 1');
\getenv out PG_ABS_BUILDDIR
\set copyfile :out '/results/histogram.bin'
CREATE TEMP TABLE h AS SELECT g, mlops.histogram(y, (SELECT n FROM b)) hn, mlops.histogram(s, (SELECT c FROM b)) hc FROM r GROUP BY g;
COPY h TO :'copyfile' (FORMAT binary);
CREATE TEMP TABLE h2 (LIKE h);
COPY h2 FROM :'copyfile' (FORMAT binary);
SELECT count(*) AS same FROM h JOIN h2 USING (g) WHERE h.hn::text = h2.hn::text AND mlops.histogram_send(h.hc) = mlops.histogram_send(h2.hc);

-- errors
\set VERBOSITY default
SELECT 'numeric(1) counts (1) null 0 unseen 0'::mlops.histogram;
SELECT 'numeric(1) counts (1, 2, 3) null 0 unseen 0'::mlops.histogram;
SELECT 'numeric(1) counts (1, -2) null 0 unseen 0'::mlops.histogram;
SELECT 'numeric(1) counts (9223372036854775807, 0) null 0 unseen 1'::mlops.histogram;
SELECT 'numeric(1) counts (1, 2) null 0'::mlops.histogram;
SELECT 'numeric(1, 0) counts (1, 2, 3) null 0 unseen 0'::mlops.histogram;
SELECT mlops.histogram(1.0, 'categorical("a")');
SELECT mlops.histogram('a'::text, 'numeric(1)');
SELECT mlops.histogram(true, 'numeric(1)');
SELECT mlops.histogram(1.0, NULL);
SELECT mlops.histogram(x, mlops.binning(ARRAY[x])) FROM (VALUES (1.0::float8), (2.0)) v(x);
SELECT mlops.histogram(x, (CASE x WHEN 1 THEN 'numeric(1)' ELSE 'numeric(1) range [0, 1]' END)::mlops.binning) FROM (VALUES (1.0::float8), (2.0)) v(x);
SELECT mlops.histogram_accum(NULL, 1.0, 'numeric(1)');
