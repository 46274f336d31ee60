-- Text and binary input of mlops.binning: exact round trip, and every way to
-- be wrong.
\set VERBOSITY default
SET search_path = public;

-- written the way it is read
SELECT t, t::mlops.binning::text = t AS same
FROM unnest(ARRAY[
	'numeric()',
	'numeric(0)',
	'numeric(-1.5e+300, 0, 0.1, 0.30000000000000004, 1e+22)',
	'numeric(1, 2) range [0.5, 9]',
	'categorical()',
	'categorical("a", "", "with \"quotes\" and \\", "(null)")']) t;
-- normal form
SELECT ' numeric( 1.0 ,2e0)range[-0,3] '::mlops.binning;
SELECT 'numeric(-0)'::mlops.binning;
-- through bytes: a binary COPY of what went in
CREATE TEMP TABLE b (i int, x mlops.binning);
INSERT INTO b VALUES (1, 'numeric(0.1, 2)'), (2, 'categorical("a", "ä")'), (3, 'numeric() range [1, 1]'), (4, NULL);
\getenv out PG_ABS_BUILDDIR
\set copyfile :out '/results/binning.bin'
COPY b TO :'copyfile' (FORMAT binary);
CREATE TEMP TABLE b2 (LIKE b);
COPY b2 FROM :'copyfile' (FORMAT binary);
SELECT i, b.x OPERATOR(mlops.=) b2.x AS same, b.x OPERATOR(mlops.<>) b2.x AS differs, b2.x FROM b JOIN b2 USING (i) ORDER BY i;
-- the bytes: version, kind, range flag, count, edges (little-endian)
SELECT mlops.binning_send('numeric(1, 2)');
SELECT mlops.binning_send('categorical("a")');

-- wrong text
CREATE FUNCTION pg_temp.try(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	d text;
	h text;
BEGIN
	EXECUTE statement;
	RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS d = PG_EXCEPTION_DETAIL, h = PG_EXCEPTION_HINT;
	RETURN concat_ws(' | ', SQLSTATE, SQLERRM, nullif(d, ''), nullif(h, ''));
END $$;
SELECT t, pg_temp.try(format('SELECT %L::mlops.binning', t))
FROM unnest(ARRAY['', 'x', 'numeric', 'numeric(', 'numeric(1', 'numeric(1,', 'numeric(1,)', 'numeric(1) x',
	'numeric(2, 1)', 'numeric(1, 1)', 'numeric(-0, 0)', 'numeric(NaN)', 'numeric(Infinity)', 'numeric(1e999)', 'numeric(0x1)',
	'numeric(1) range', 'numeric(1) range [2, 1]', 'numeric(1) range [1]',
	'categorical(a)', 'categorical("a)', 'categorical("a", "a")', 'categorical("a\n")', 'categorical("a") range [1, 2]']) t;
SELECT pg_temp.try(format('SELECT %L::mlops.binning', 'numeric(' || (SELECT string_agg(i::text, ', ') FROM generate_series(1, 1001) i) || ')'));
SELECT pg_temp.try(format('SELECT %L::mlops.binning', 'categorical("' || repeat('x', 2049) || '")'));
SELECT mlops.bin_count(('numeric(' || (SELECT string_agg(i::text, ', ') FROM generate_series(1, 1000) i) || ')')::mlops.binning);
SELECT mlops.bin_count(('categorical("' || repeat('x', 2048) || '")')::mlops.binning);

-- Wrong bytes: each is written as bytea in the field of a binary COPY file and
-- read as a binning.
\set hostile :out '/results/binning_hostile.bin'
CREATE FUNCTION pg_temp.try_bytes(value bytea, file text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	d text;
BEGIN
	CREATE TEMP TABLE hostile (x bytea);
	INSERT INTO hostile VALUES (value);
	EXECUTE format('COPY hostile TO %L (FORMAT binary)', file);
	DROP TABLE hostile;
	CREATE TEMP TABLE hostile (x mlops.binning);
	EXECUTE format('COPY hostile FROM %L (FORMAT binary)', file);
	DROP TABLE hostile;
	RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS d = PG_EXCEPTION_DETAIL;
	RETURN concat_ws(' | ', SQLSTATE, SQLERRM, nullif(d, ''));
END $$;
SELECT what, pg_temp.try_bytes(value, :'hostile')
FROM (VALUES
	('good', '\x01010001000000000000000000f03f'::bytea),
	('nothing', '\x'),
	('version 2', '\x02010001000000000000000000f03f'),
	('kind 3', '\x01030001000000000000000000f03f'),
	('one byte short', '\x01010001000000000000000000f0'),
	('one byte more', '\x01010001000000000000000000f03f00'),
	('4 billion edges', '\x010100ffffffff'),
	('NaN', '\x01010001000000000000000000f87f'),
	('not increasing', '\x01010002000000000000000000f03f000000000000f03f'),
	('a label of 4 GB', '\x01020001000000ffffffff61'),
	('not UTF-8', '\x0102000100000001000000ff'),
	('null byte', '\x010200010000000100000000'),
	('range upside down', '\x01010100000000000000000000f03f0000000000000000')) v(what, value);

-- constructors
SELECT mlops.binning('{-0, 1.5, 2}'::float8[]), mlops.binning('{b, a, NULL1}'::text[]), mlops.binning('{}'::float8[]), mlops.binning('{}'::text[]);
SELECT t, pg_temp.try(format('SELECT mlops.binning(%L::%s)', t, type))
FROM (VALUES ('{1,NULL}', 'float8[]'), ('{2,1}', 'float8[]'), ('{1,1}', 'float8[]'), ('{NaN}', 'float8[]'), ('{1,Infinity}', 'float8[]'),
	('{{1,2},{3,4}}', 'float8[]'), ('{a,NULL}', 'text[]'), ('{a,b,a}', 'text[]')) v(t, type);
SELECT pg_temp.try('SELECT mlops.binning((SELECT array_agg(i::float8) FROM generate_series(1, 1001) i))');
SELECT pg_temp.try('SELECT mlops.binning((SELECT array_agg(i::text) FROM generate_series(1, 1001) i))');
SELECT pg_temp.try('SELECT mlops.binning(ARRAY[repeat(''x'', 2049)])');
SELECT mlops.binning(NULL::float8[]) IS NULL AS null_edges, mlops.binning(NULL::text[]) IS NULL AS null_labels;

-- accessors
SELECT mlops.edges(x), mlops.labels(x), mlops.bin_count(x), x::jsonb FROM b ORDER BY i;
SELECT mlops.binning('{1,2}'::float8[]) OPERATOR(mlops.=) 'numeric(1, 2)' AS same,
	mlops.binning('{1,2}'::float8[]) OPERATOR(mlops.=) 'numeric(1, 2) range [0, 3]' AS other_range,
	mlops.binning('{a,b}'::text[]) OPERATOR(mlops.=) 'categorical("b", "a")' AS other_order,
	mlops.binning('{1}'::float8[]) OPERATOR(mlops.=) 'categorical("1")' AS other_kind;
