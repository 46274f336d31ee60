-- Every aggregate of the extension over the same rows in one process and in
-- parallel workers, read from the catalog, so that a new aggregate is checked on
-- the day it appears.  The rows lie in three partitions, each of which is aggregated by itself
-- in a worker; the leader takes no part: what it puts together are at least three
-- partial results that came from other processes.  An aggregate that was not run so fails.
\set QUIET on
\pset format unaligned
\pset tuples_only on
\set ON_ERROR_STOP on
BEGIN;
SET LOCAL search_path = public, pg_catalog;
SET LOCAL client_min_messages = warning;

CREATE TABLE pl_rows (part int, k int, g int, x float8, t text, b boolean, ts timestamptz, v float8[], profile mlops.profile, histogram mlops.histogram,
	moments mlops.moments, contingency mlops.contingency, group_moments mlops.group_moments, two_samples mlops.two_samples) PARTITION BY LIST (part);
CREATE TABLE pl_rows_0 PARTITION OF pl_rows FOR VALUES IN (0);
CREATE TABLE pl_rows_1 PARTITION OF pl_rows FOR VALUES IN (1);
CREATE TABLE pl_rows_2 PARTITION OF pl_rows FOR VALUES IN (2);
INSERT INTO pl_rows
SELECT k % 3, k, k % 2, x, 'label ' || k % 5, b, timestamptz '2026-01-01 00:00+00' + x * interval '1 hour', ARRAY[x, k % 7],
	mlops.profile(x), mlops.histogram(x, 'numeric(20, 40, 60, 80)'), mlops.moments(x, k % 7), mlops.contingency('label ' || k % 5, b),
	mlops.group_moments(x, 'group ' || k % 4), mlops.mmd_samples(ARRAY[x, k % 7], b, 20)
FROM (SELECT k, (k * 37 % 101)::float8 AS x, k * 7 % 10 < 4 AS b FROM generate_series(1, 90) k) r
GROUP BY k, x, b;
ANALYZE pl_rows;

-- the argument at a position, by its type; what a query gives as a constant is one
CREATE FUNCTION pl_argument(f regprocedure, i int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	types regtype[] := (SELECT proargtypes::oid[]::regtype[] FROM pg_proc WHERE oid = f);
	type text := types[i - 1];
	first text := types[0];
BEGIN
	RETURN CASE type
		WHEN 'double precision' THEN CASE WHEN i = 1 THEN 'x'
			-- probabilities, values of a model, one cap
			WHEN f::text LIKE 'mlops.off\_policy(%' THEN CASE WHEN i = 3 THEN '((k * 3) % 11 + 1) / 12.0::float8' WHEN i IN (4, 6) AND i = array_length(types, 1) THEN '3'
				ELSE format('((k * %s) %% 11) / 11.0::float8', i) END
			WHEN first LIKE '%[]' OR first LIKE '%.pca' THEN '20' ELSE format('((k * %s) %% 11)::float8', i) END
		WHEN 'text' THEN 't' WHEN 'boolean' THEN 'b' WHEN 'timestamp with time zone' THEN 'ts' WHEN 'character varying' THEN 't::varchar'
		WHEN 'character' THEN 't::char(7)' WHEN 'double precision[]' THEN 'v' WHEN 'real[]' THEN 'v::real[]' WHEN '"any"' THEN 'x, t'
		WHEN 'integer' THEN '99' WHEN 'bigint' THEN '7'
		WHEN 'mlops.binning' THEN CASE first WHEN 'text' THEN '''categorical("label 1", "label 2")''' WHEN 'boolean' THEN '''categorical("false", "true")'''
			WHEN 'timestamp with time zone' THEN '''numeric(1767268800, 1767398400)''' ELSE '''numeric(20, 40, 60, 80)''' END
		WHEN 'mlops.binning[]' THEN '''{"numeric(20, 40)","categorical(\"label 1\")"}'''
		WHEN 'mlops.pca' THEN format('%L::mlops.pca', (SELECT mlops.pca(mlops.moments(v), 0.4) FROM public.pl_rows))
		ELSE CASE WHEN type LIKE 'mlops.%' THEN split_part(type, '.', 2) ELSE 'no argument of type ' || type END
	END;
END $$;

-- both texts with their numbers equal but for rounding
CREATE FUNCTION pl_close(a text, b text) RETURNS boolean LANGUAGE sql AS $$
	SELECT regexp_replace(a, n, '#', 'g') = regexp_replace(b, n, '#', 'g') AND
		(SELECT bool_and(x = y OR abs(x - y) <= 1e-9 * greatest(abs(x), abs(y), 1)) IS NOT FALSE
		 FROM (SELECT (regexp_matches(a, n, 'g'))[1]::float8 AS x, (regexp_matches(b, n, 'g'))[1]::float8 AS y) p)
	FROM (SELECT '((?<![[:alnum:].])-?[0-9]+\.?[0-9]*(?:e[-+]?[0-9]+)?)' AS n) pattern
$$;

-- the text of a result; a profile's has bytes in which rounding does not show
CREATE FUNCTION pl_text(r anyelement) RETURNS text LANGUAGE sql PARALLEL SAFE AS 'SELECT r::text';
CREATE FUNCTION pl_text(r mlops.profile) RETURNS text LANGUAGE sql PARALLEL SAFE AS 'SELECT r::jsonb::text';
CREATE FUNCTION pl_text(r mlops.profile[]) RETURNS text LANGUAGE sql PARALLEL SAFE AS 'SELECT string_agg(p::jsonb::text, '' '' ORDER BY i) FROM unnest(r) WITH ORDINALITY u (p, i)';

CREATE FUNCTION pl_settings(workers int) RETURNS void LANGUAGE sql AS $$
	SELECT FROM (VALUES ('max_parallel_workers_per_gather', workers::text), ('parallel_leader_participation', 'off'),
		('enable_partitionwise_aggregate', (workers > 0)::text), ('parallel_setup_cost', '0'), ('parallel_tuple_cost', '0'),
		('min_parallel_table_scan_size', '0')) s (name, value)
	WHERE set_config(name, value, true) IS NULL $$;

-- What is wrong with an aggregate in parallel, or nothing.
CREATE FUNCTION pl_wrong(f regprocedure, groups boolean) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	query text := format('SELECT public.pl_text(%s(%s)) AS r FROM public.pl_rows', (SELECT oid::regproc FROM pg_proc WHERE oid = f),
		(SELECT string_agg(public.pl_argument(f, i), ', ' ORDER BY i) FROM generate_series(1, (SELECT pronargs FROM pg_proc WHERE oid = f)) i));
	alone text;
	together text;
	plan jsonb;
	gather jsonb;
BEGIN
	IF groups THEN
		query := query || ' GROUP BY g';
	END IF;
	query := query || ' OFFSET 0';
	PERFORM public.pl_settings(0);
	EXECUTE format('SELECT string_agg(r, E''\n'' ORDER BY r) FROM (%s) q', query) INTO alone;
	PERFORM public.pl_settings(2);
	EXECUTE format('SELECT string_agg(r, E''\n'' ORDER BY r) FROM (%s) q', query) INTO together;
	EXECUTE 'EXPLAIN (ANALYZE, VERBOSE, COSTS OFF, TIMING OFF, FORMAT JSON) ' || query INTO plan;
	SELECT n INTO gather FROM jsonb_path_query(plan, '$.** ? (@."Node Type" starts with "Gather")') n LIMIT 1;
	RETURN CASE
		WHEN alone IS NULL THEN 'no result'
		WHEN gather IS NULL OR NOT gather @? '$.** ? (@."Partial Mode" == "Partial")' THEN 'no partial aggregate below Gather: ' || plan::text
		WHEN (gather->>'Workers Launched')::int < 1 THEN 'no worker was launched'
		WHEN (gather->>'Actual Rows')::float8 < CASE WHEN groups THEN 6 ELSE 3 END THEN 'too few partial results: ' || plan::text
		WHEN NOT public.pl_close(alone, together) THEN format(E'alone\n%s\nin parallel\n%s', alone, together)
		ELSE '' END;
EXCEPTION WHEN others THEN
	RETURN format('%s: %s', query, SQLERRM);
END $$;

CREATE TEMP VIEW ag AS
SELECT aggfnoid::regprocedure AS f, aggfnoid::regprocedure::text AS sig
FROM pg_aggregate JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = aggfnoid AND d.deptype = 'e'
JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'mlops'
WHERE aggcombinefn <> 0;

SELECT plan(4 + 2 * (SELECT count(*)::int FROM ag));
SELECT cmp_ok((SELECT count(*) FROM ag), '>', 70::bigint, 'there are aggregates');
SELECT ok(pl_close('a 1.0000000000001 b2', 'a 1 b2') AND NOT pl_close('a 1.00001', 'a 1') AND NOT pl_close('a 1', 'b 1') AND NOT pl_close('1, 2', '1') AND NOT pl_close('-1', '1'),
	'results are compared');
SELECT is(pl_wrong(f, false), '', sig || ' of all rows') FROM ag ORDER BY sig COLLATE "C";
SELECT is(pl_wrong(f, true), '', sig || ' of groups') FROM ag ORDER BY sig COLLATE "C";

-- an aggregate that loses what comes from the workers, and one that is run in one process only, are found
CREATE FUNCTION pl_left(a mlops.moments, b mlops.moments) RETURNS mlops.moments LANGUAGE sql STRICT IMMUTABLE PARALLEL SAFE COST 1 AS 'SELECT a';
CREATE AGGREGATE pl_loses(float8) (SFUNC = mlops.moments_accum, STYPE = mlops.moments, COMBINEFUNC = pl_left, PARALLEL = SAFE);
CREATE AGGREGATE pl_serial(float8) (SFUNC = mlops.moments_accum, STYPE = mlops.moments, PARALLEL = SAFE);
SELECT alike(pl_wrong('pl_loses(float8)', false), 'alone%', 'a combine function that forgets one side is found');
SELECT alike(pl_wrong('pl_serial(float8)', false), 'no partial aggregate%', 'an aggregate that is not parallel is found');
SELECT * FROM finish();
ROLLBACK;
