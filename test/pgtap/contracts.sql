-- What holds for every object of the extension, read from the catalog, so that
-- a new object is checked on the day it appears.  A test lists the offenders.
\set QUIET on
\pset format unaligned
\pset tuples_only on
\set ON_ERROR_STOP on
BEGIN;
SET LOCAL search_path = public, pg_catalog;

-- the extension's own functions, types and relations; "public" ones have no
-- leading underscore
CREATE TEMP VIEW fn AS
SELECT p.*, p.oid::regprocedure::text AS sig, l.lanname,
	   p.proname NOT LIKE '\_%' AS is_public
  FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
  JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
  JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'mlops';
CREATE TEMP VIEW rel AS
SELECT c.* FROM pg_class c
 WHERE c.relnamespace = 'mlops'::regnamespace;
CREATE TEMP VIEW ty AS
SELECT t.* FROM pg_type t
 WHERE t.typnamespace = 'mlops'::regnamespace AND t.typtype IN ('b', 'c', 'd', 'e')
   AND NOT EXISTS (SELECT FROM pg_type a WHERE a.typarray = t.oid)
   AND NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = t.typrelid AND c.relkind <> 'c');
GRANT SELECT ON fn, rel, ty TO PUBLIC;

SELECT plan(36);

---------------------------------------------------------------------------
-- the extension itself
---------------------------------------------------------------------------
SELECT is((SELECT format('%s %s', extnamespace::regnamespace, extrelocatable) FROM pg_extension WHERE extname = 'mlops'), 'mlops f', 'lives in schema mlops and stays there');
SELECT results_eq($$SELECT DISTINCT superuser, trusted FROM pg_available_extension_versions WHERE name = 'mlops'$$,
	$$VALUES (true, false)$$, 'needs a superuser to install and is not trusted');
SELECT cmp_ok((SELECT count(*) FROM fn), '>', 30::bigint, 'the catalog holds the functions');
SELECT is_empty($$SELECT p.oid::regprocedure FROM pg_proc p WHERE pronamespace = 'mlops'::regnamespace
	AND oid NOT IN (SELECT oid FROM fn)$$, 'everything callable in schema mlops belongs to the extension');
SELECT is_empty($$SELECT sig FROM fn WHERE pronamespace <> 'mlops'::regnamespace$$, 'the extension puts no function elsewhere');
SELECT is_empty($$SELECT evtname FROM pg_event_trigger t JOIN pg_depend d ON d.objid = t.oid AND d.deptype = 'e'$$,
	'no event trigger');

---------------------------------------------------------------------------
-- comments
---------------------------------------------------------------------------
SELECT is_empty($$SELECT sig FROM fn WHERE is_public AND obj_description(oid, 'pg_proc') IS NULL ORDER BY 1$$,
	'every public function, procedure and aggregate has a comment');
SELECT is_empty($$SELECT typname FROM ty WHERE typname NOT LIKE '\_%' AND obj_description(oid, 'pg_type') IS NULL ORDER BY 1$$,
	'every public type has a comment');
SELECT is_empty($$SELECT relname FROM rel WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND obj_description(oid, 'pg_class') IS NULL ORDER BY 1$$,
	'every table and view has a comment');
SELECT is_empty($$SELECT c.castsource::regtype, c.casttarget::regtype FROM pg_cast c
	JOIN pg_depend d ON d.classid = 'pg_cast'::regclass AND d.objid = c.oid AND d.deptype = 'e'
	JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'mlops'
	WHERE obj_description(c.oid, 'pg_cast') IS NULL$$, 'every cast has a comment');
SELECT is_empty($$SELECT o.oid::regoperator FROM pg_operator o WHERE oprnamespace = 'mlops'::regnamespace
	AND obj_description(o.oid, 'pg_operator') IS NULL$$, 'every operator has a comment');

---------------------------------------------------------------------------
-- aggregates
---------------------------------------------------------------------------
CREATE TEMP VIEW ag AS
SELECT f.sig, f.proparallel, f.provolatile, a.*
  FROM fn f JOIN pg_aggregate a ON a.aggfnoid = f.oid;
SELECT cmp_ok((SELECT count(*) FROM ag), '>', 5::bigint, 'there are aggregates');
SELECT is_empty($$SELECT sig FROM ag WHERE proparallel <> 's'$$, 'every aggregate is parallel safe');
SELECT is_empty($$SELECT sig FROM ag WHERE aggcombinefn = 0$$, 'every aggregate has a combine function');
-- the forms for all columns of one scan are for local plans only (doc/architecture.md)
-- and samples, which hold every value and spill
SELECT is_empty($$SELECT sig, aggtranstype::regtype FROM ag JOIN pg_type t ON t.oid = aggtranstype WHERE typtype = 'p'
	AND split_part(sig, '(', 1) NOT IN ('mlops.profile_columns', 'mlops.histogram_columns')
	AND aggtransfn NOT IN (SELECT oid FROM pg_proc WHERE proname IN ('sample_accum', 'ksample_accum'))$$,
	'no other aggregate keeps its state in type internal or another pseudo-type');
SELECT is_empty($$SELECT sig FROM ag WHERE aggtranstype = 'internal'::regtype
	AND split_part(sig, '(', 1) NOT IN ('mlops.profile_columns', 'mlops.histogram_columns') AND (aggserialfn = 0 OR aggdeserialfn = 0)$$,
	'what is kept in type internal travels between processes');
SELECT is_empty($$SELECT sig FROM ag JOIN pg_proc c ON c.oid = aggcombinefn WHERE NOT c.proisstrict
	AND aggtranstype <> 'internal'::regtype$$,
	'every combine function is strict');
SELECT is_empty($$SELECT sig FROM ag WHERE (aggfinalmodify <> 'r' OR aggmfinalmodify <> 'r')
	AND NOT (aggfinalmodify = 's' AND aggtransfn IN (SELECT oid FROM pg_proc WHERE proname IN ('sample_accum', 'ksample_accum')))$$,
	'no final function changes the state');
SELECT is_empty($$SELECT sig, x::regprocedure FROM ag, LATERAL unnest(ARRAY[aggtransfn::oid, aggcombinefn, aggfinalfn, aggmtransfn, aggminvtransfn, aggmfinalfn]) x
	JOIN pg_proc p ON p.oid = x WHERE p.proparallel <> 's' OR p.provolatile <> 'i'$$,
	'the support functions of every aggregate are immutable and parallel safe');

---------------------------------------------------------------------------
-- types
---------------------------------------------------------------------------
SELECT is_empty($$SELECT typname FROM ty WHERE typtype = 'b' AND (typreceive = 0 OR typsend = 0)$$,
	'every base type has receive and send');
SELECT is_empty($$SELECT t.typname, p.oid::regprocedure FROM ty t, LATERAL unnest(ARRAY[typinput::oid, typoutput, typreceive, typsend]) x
	JOIN pg_proc p ON p.oid = x WHERE t.typtype = 'b' AND (p.provolatile <> 'i' OR NOT p.proisstrict OR p.proparallel <> 's')$$,
	'type functions are immutable, strict and parallel safe');
SELECT is_empty($$SELECT typname FROM ty WHERE typtype = 'b' AND NOT EXISTS
	(SELECT FROM pg_cast c WHERE castsource = ty.oid AND casttarget = 'jsonb'::regtype)$$, 'every base type casts to jsonb');
SELECT is_empty($$SELECT castsource::regtype, casttarget::regtype FROM pg_cast c
	WHERE (castsource IN (SELECT oid FROM ty) OR casttarget IN (SELECT oid FROM ty)) AND castmethod = 'b'$$,
	'no cast without a function: bytes always pass a validator');

---------------------------------------------------------------------------
-- functions
---------------------------------------------------------------------------
SELECT is_empty($$SELECT sig FROM fn WHERE lanname IN ('plpgsql', 'sql') AND prosqlbody IS NULL
	AND NOT coalesce(proconfig, '{}') @> ARRAY['search_path=pg_catalog, pg_temp'] ORDER BY 1$$,
	'every PL/pgSQL or SQL function pins its search_path');
SELECT is_empty($$SELECT sig FROM fn WHERE lanname NOT IN ('c', 'sql', 'plpgsql', 'internal')$$, 'C, SQL and PL/pgSQL only');
SELECT is_empty($$SELECT sig, a::regtype FROM fn, LATERAL unnest(proargtypes::oid[]) a JOIN pg_type t ON t.oid = a
	WHERE lanname = 'c' AND (t.typtype = 'c' OR a = 'record'::regtype)$$, 'no C function takes a composite argument');
SELECT is_empty($$SELECT sig FROM fn WHERE prosecdef AND is_public$$, 'no public function is SECURITY DEFINER');
SELECT is_empty($$SELECT sig FROM fn WHERE proleakproof$$, 'nothing claims to be leakproof');

---------------------------------------------------------------------------
-- who may do what
---------------------------------------------------------------------------
SELECT is_empty($$SELECT sig FROM fn WHERE is_public AND provolatile = 'v' AND has_function_privilege('public', oid, 'EXECUTE') ORDER BY 1$$,
	'nothing that can write is executable by PUBLIC');
SELECT is_empty($$SELECT sig FROM fn f WHERE NOT is_public AND has_function_privilege('public', oid, 'EXECUTE')
	-- a support function does no more than its aggregate
	AND NOT EXISTS (SELECT FROM pg_aggregate a WHERE f.oid IN (a.aggfnoid, a.aggtransfn, a.aggcombinefn, a.aggfinalfn))
	-- nor can an immutable one read or write anything
	AND provolatile <> 'i' ORDER BY 1$$,
	'no internal function is executable by PUBLIC');
-- whatever can be called by hand can be called with NULLs; a crash ends this file
SELECT lives_ok($test$ DO $$
DECLARE
	f record;
BEGIN
	FOR f IN SELECT proname, (SELECT string_agg('NULL::' || format_type(t, NULL), ', ' ORDER BY place)
							  FROM unnest(proargtypes) WITH ORDINALITY AS a (t, place)) AS arguments
		FROM fn
		WHERE lanname = 'c' AND prokind = 'f' AND NOT proisstrict AND provolatile <> 'v' AND NOT 'internal'::regtype = ANY (proargtypes)
	LOOP
		BEGIN
			EXECUTE format('SELECT mlops.%I(%s)', f.proname, f.arguments);
		EXCEPTION WHEN OTHERS THEN
			NULL;
		END;
	END LOOP;
END
$$ $test$, 'C functions that are not strict bear NULLs');
SELECT is_empty($$SELECT relname FROM rel WHERE relkind IN ('r', 'p') AND NOT relrowsecurity$$,
	'row security is on for every table');
SELECT is_empty($$SELECT relname, p FROM rel, unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER', 'REFERENCES']) p
	WHERE relkind IN ('r', 'p', 'v') AND has_table_privilege('public', oid, p)$$, 'PUBLIC may write no table or view');
SELECT is_empty($$SELECT relname FROM rel WHERE relkind = 'v' AND NOT coalesce(reloptions, '{}') && ARRAY['security_invoker=true', 'security_invoker=on', 'security_invoker=1']$$,
	'every view reads with the rights of the one who asks, so that row security applies');

---------------------------------------------------------------------------
-- dump
---------------------------------------------------------------------------
SELECT is_empty($$SELECT relname FROM rel WHERE relkind IN ('r', 'p')
	AND oid <> ALL (SELECT unnest(coalesce(extconfig, '{}')) FROM pg_extension WHERE extname = 'mlops')$$,
	'pg_dump keeps the rows of every table');
SELECT is_empty($$SELECT relname FROM rel WHERE relkind = 'S'
	AND oid <> ALL (SELECT unnest(coalesce(extconfig, '{}')) FROM pg_extension WHERE extname = 'mlops')$$,
	'pg_dump keeps the place of every sequence');

SELECT * FROM finish();
ROLLBACK;
