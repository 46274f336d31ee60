-- Input, output and hostile bytes of mlops.profile.
\set SHOW_CONTEXT never
-- thousands of small statements: a parallel worker for each would take minutes
SET max_parallel_workers_per_gather = 0;
CREATE FUNCTION pg_temp.try(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE answer text;
BEGIN
	EXECUTE query INTO answer;
	RETURN coalesce(answer, 'NULL');
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || ': ' || SQLERRM;
END $$;

CREATE TEMP TABLE samples (name text, p mlops.profile);
INSERT INTO samples SELECT 'empty', mlops.profile(x) FROM (SELECT 1::float8 AS x WHERE false) e;
INSERT INTO samples SELECT 'nulls', mlops.profile(NULL::text) FROM generate_series(1, 300);
INSERT INTO samples SELECT 'few', mlops.profile(x) FROM unnest('{1.1,-2e-300,0,NaN,Infinity,NULL}'::float8[]) x;
INSERT INTO samples SELECT 'integers', mlops.profile(i % 100) FROM generate_series(1, 5000) i;
INSERT INTO samples SELECT 'sketch', mlops.profile(sqrt(i)) FROM generate_series(1, 5000) i;
INSERT INTO samples SELECT 'sampled', mlops.profile(CASE WHEN i % 3 = 0 THEN 7 ELSE sqrt(i) END) FROM generate_series(1, 100000) i;
INSERT INTO samples SELECT 'text', mlops.profile(x) FROM unnest(ARRAY['a', '', 'ä', NULL, repeat('long', 50)]) x;
INSERT INTO samples SELECT 'text sketch', mlops.profile(CASE WHEN i % 3 = 0 THEN 'three' ELSE md5(i::text) END) FROM generate_series(1, 5000) i;
INSERT INTO samples SELECT 'boolean', mlops.profile(i % 3 = 0) FROM generate_series(1, 1000) i;
INSERT INTO samples SELECT 'time', mlops.profile('2026-01-01Z'::timestamptz + i * interval '1.5 s') FROM generate_series(1, 1000) i;

-- text and binary form read back as the same bytes
CREATE TEMP TABLE text_copy (name text, p text);
INSERT INTO text_copy SELECT name, p::text FROM samples;
SELECT name, mlops.profile_send(t.p::mlops.profile) = mlops.profile_send(s.p) AS same
FROM samples s JOIN text_copy t USING (name) ORDER BY name;
-- every form starts with its kind
SELECT name, split_part(p::text, ':', 1) AS kind, length(split_part(p::text, ':', 2)) = 2 * length(mlops.profile_send(p)) AS hexadecimal
FROM samples ORDER BY name;
-- binary COPY goes through send and recv
CREATE TEMP TABLE back (name text, p mlops.profile);
\copy samples TO PROGRAM 'cat > /tmp/mlops_profile_io.bin' (FORMAT binary)
\copy back FROM PROGRAM 'cat /tmp/mlops_profile_io.bin; rm /tmp/mlops_profile_io.bin' (FORMAT binary)
SELECT count(*), bool_and(mlops.profile_send(b.p) = mlops.profile_send(s.p)) AS same FROM samples s JOIN back b USING (name);

-- sizes: a few values take a few bytes, and nothing numeric more than about 4 kB
SELECT name, length(mlops.profile_send(p)) <= CASE WHEN name IN ('empty', 'nulls') THEN 12 WHEN name IN ('few', 'text', 'boolean') THEN 200
	WHEN name = 'integers' THEN 500 ELSE 4500 END AS small FROM samples ORDER BY name;

-- the canonical bytes of an empty profile, and of one that holds 2.0 once
SELECT mlops.profile_send(p) FROM samples WHERE name = 'empty';
SELECT mlops.profile_send(mlops.profile(2.0::float8));

-- what is not a profile is refused
SELECT pg_temp.try(format('SELECT %L::mlops.profile', t)) FROM unnest(ARRAY['', 'x', 'float8', 'float8:', 'float8:0', 'float8:zz',
	'text:0101010000000000000000', 'float8:0201010000000000000000', 'float8:0105010000000000000000', 'float8:0101030000000000000000',
	'float8:0101010900000000000000', 'float8:01010100000000000000', 'float8:010101000000000000000000', 'float8:0101010000800000000000',
	'float8:0101010000000000000001', 'float8:0101000000000000000000', 'boolean:0103010000000100000000', 'Float8:0101010000000000000000']) t;
-- one byte wrong anywhere: refused, or another valid profile; never a crash
SELECT name, count(*) FILTER (WHERE answer LIKE '22P02%') > 0 AS some_refused,
	bool_and(answer !~ '^[0-9A-Z]{5}: ' OR answer LIKE '22P02%') AS no_other_error
FROM (SELECT name, pg_temp.try(format('SELECT length((%L)::mlops.profile::text)', k.kind || ':' ||
		encode(set_byte(b, i, (get_byte(b, i) + d) % 256), 'hex'))) AS answer
	  FROM (SELECT name, mlops.profile_send(p) AS b FROM samples WHERE name IN ('few', 'text', 'integers', 'boolean')) s,
		LATERAL (SELECT CASE name WHEN 'text' THEN 'text' WHEN 'boolean' THEN 'boolean' ELSE 'float8' END AS kind) k,
		generate_series(0, length(b) - 1) i, unnest('{1,128,255}'::int[]) d) t
GROUP BY name ORDER BY name;
-- the binary form, and a label that is not text in this encoding
\copy back FROM PROGRAM 'printf "PGCOPY\\n\\377\\r\\n\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\2\\0\\0\\0\\1x\\0\\0\\0\\4\\1\\1\\1\\0\\377\\377"' (FORMAT binary)
SELECT label, pg_temp.try(format('SELECT (%L::mlops.profile)::jsonb -> ''values''', replace(mlops.profile('A'::text)::text, '0241', '02' || label))) FROM unnest('{42,ff}'::text[]) label GROUP BY label ORDER BY label;
-- truncated anywhere: refused
SELECT name, bool_and(answer LIKE '22P02%') AS refused
FROM (SELECT name, pg_temp.try(format('SELECT %L::mlops.profile', left(p::text, i))) AS answer
	  FROM samples, generate_series(1, length(p::text) - 1, 7) i WHERE name IN ('few', 'text', 'integers', 'sketch')) t
GROUP BY name ORDER BY name;

-- wrong calls
SELECT pg_temp.try('SELECT mlops.profile_accum(NULL::mlops.profile, 1.0::float8)');
SELECT pg_temp.try('SELECT mlops.profile_combine(p, p) FROM samples LIMIT 1');
SELECT pg_temp.try(format('SELECT mlops.quantile(p, %L::float8) FROM samples WHERE name = ''few''', q)) FROM unnest('{-0.1,1.1,NaN}'::text[]) q;
SELECT pg_temp.try('SELECT mlops.quantile(p, ARRAY[[.1],[.2]]) FROM samples WHERE name = ''few''');
SELECT pg_temp.try('SELECT mlops.quantile(p, .5) FROM samples WHERE name = ''text''');
SELECT pg_temp.try('SELECT mlops.cdf(p, .5) FROM samples WHERE name = ''text''');
SELECT pg_temp.try('SELECT mlops.cdf(p, now()) FROM samples WHERE name = ''few''');
SELECT pg_temp.try('SELECT count(*) FROM samples, mlops.top_values(p, -1)');
SELECT pg_temp.try('SELECT mlops.merge(p) FROM samples');
SELECT pg_temp.try('SELECT mlops.profile_columns(VARIADIC ARRAY[1.0])');
SELECT pg_temp.try('SELECT mlops.profile_columns(1, point(0, 0))');
