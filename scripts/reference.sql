-- Writes doc/reference.md from the catalog: every public object with its
-- comment.  Run on a database with mlops:  psql -XAtq -f scripts/reference.sql
\pset format unaligned
\pset tuples_only on
SET search_path = pg_catalog;
\echo '# Reference'
\echo
\echo 'Written by `make reference` from the catalog; the comments are those of `\\df+ mlops.*`. What the words mean stands in'
\echo '[monitoring](monitoring.md), [architecture](architecture.md) and `statistics/`.'
CREATE FUNCTION pg_temp.short(types text) RETURNS text LANGUAGE sql
AS $$ SELECT replace(replace(types, 'double precision', 'float8'), 'timestamp with time zone', 'timestamptz') $$;
-- input arguments without the casts of their defaults, and what comes back
CREATE FUNCTION pg_temp.arguments(f oid) RETURNS text LANGUAGE sql
AS $$ SELECT pg_temp.short(regexp_replace(regexp_replace(pg_get_function_arguments(f), '(, )?\mOUT [^,]+', '', 'g'),
										  '::(text|interval|jsonb|bigint|xid8|text\[\]|timestamp with time zone|double precision|integer|boolean)', '', 'g')) $$;
CREATE FUNCTION pg_temp.result(f pg_proc) RETURNS text LANGUAGE sql
AS $$ SELECT ' → `' || pg_temp.short(CASE
		WHEN f.proargmodes && ARRAY['o'::"char", 't'] THEN
			CASE WHEN f.proretset THEN 'set of ' ELSE '' END
			|| (SELECT format('(%s)', string_agg(format('%s %s', f.proargnames[i], format_type(f.proallargtypes[i], NULL)), ', ' ORDER BY i))
				FROM generate_subscripts(f.proargmodes, 1) i WHERE f.proargmodes[i] IN ('o', 't'))
		ELSE replace(pg_get_function_result(f.oid), 'SETOF ', 'set of ') END) || '`'
	WHERE f.prorettype <> 'void'::regtype AND f.prokind <> 'p' $$;
CREATE TEMP VIEW callable AS
SELECT p.oid, p.proname, p.prokind, p.prorettype, p.proretset,
	   format('`%s(%s)`%s', p.proname, pg_temp.arguments(p.oid), pg_temp.result(p)) AS signature,
	   coalesce(obj_description(p.oid, 'pg_proc'), '') AS comment
FROM pg_proc p
WHERE p.pronamespace = 'mlops'::regnamespace AND p.proname NOT LIKE '\_%' AND p.prorettype <> 'trigger'::regtype
  -- reached through their type, cast, operator or aggregate
  AND NOT EXISTS (SELECT FROM pg_type t WHERE p.oid IN (t.typinput, t.typoutput, t.typreceive, t.typsend, t.typmodin, t.typmodout))
  -- (a final function of the aggregate's own name is also called on states)
  AND NOT EXISTS (SELECT FROM pg_aggregate a JOIN pg_proc f ON f.oid = a.aggfnoid WHERE f.proname <> p.proname AND p.oid IN (a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggmtransfn, a.aggminvtransfn, a.aggmfinalfn))
  AND NOT EXISTS (SELECT FROM pg_operator o WHERE p.oid = o.oprcode);

\echo
\echo '## Tables and views'
\echo
\echo '| name | what it holds |'
\echo '|---|---|'
SELECT format('| `%s` | %s |', c.relname, coalesce(obj_description(c.oid, 'pg_class'), ''))
FROM pg_class c WHERE c.relnamespace = 'mlops'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm') AND c.relname NOT LIKE '\_%'
ORDER BY c.relkind = 'r', c.relname COLLATE "C";

\echo
\echo '## Functions that write'
\echo
\echo 'Not executable by PUBLIC; see `mlops.grant_access`.'
\echo
\echo '| call | what it does |'
\echo '|---|---|'
SELECT format('| %s%s | %s |', CASE c.prokind WHEN 'p' THEN 'CALL ' ELSE '' END, replace(c.signature, '|', '\|'), replace(c.comment, '|', '\|'))
FROM callable c WHERE c.prokind <> 'a' AND NOT has_function_privilege('public', c.oid, 'EXECUTE')
ORDER BY c.proname COLLATE "C", c.signature COLLATE "C";

\echo
\echo '## Functions that read or compute'
\echo
\echo '| call | what it does |'
\echo '|---|---|'
SELECT format('| %s | %s |', replace(c.signature, '|', '\|'), replace(c.comment, '|', '\|'))
FROM callable c WHERE c.prokind IN ('f', 'w') AND has_function_privilege('public', c.oid, 'EXECUTE')
ORDER BY c.proname COLLATE "C", c.signature COLLATE "C";

\echo
\echo '## Aggregates'
\echo
\echo '| call | what it computes |'
\echo '|---|---|'
SELECT format('| %s | %s |', replace(c.signature, '|', '\|'), replace(c.comment, '|', '\|'))
FROM callable c WHERE c.prokind = 'a'
ORDER BY c.proname COLLATE "C", c.signature COLLATE "C";

\echo
\echo '## Types'
\echo
\echo '| type | what it is |'
\echo '|---|---|'
SELECT format('| `%s` | %s |', t.typname, coalesce(obj_description(t.oid, 'pg_type'), ''))
FROM pg_type t
WHERE t.typnamespace = 'mlops'::regnamespace AND t.typname NOT LIKE '\_%' AND t.typtype IN ('b', 'c', 'd', 'e')
  AND NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = t.typrelid AND c.relkind <> 'c')
ORDER BY t.typname COLLATE "C";

\echo
\echo '## Casts and operators'
\echo
\echo '| | what it does |'
\echo '|---|---|'
SELECT line FROM (
	SELECT format('| `%s` to `%s`%s | %s |', c.castsource::regtype, c.casttarget::regtype,
				  CASE c.castcontext WHEN 'i' THEN ', by itself' WHEN 'a' THEN ', on assignment' ELSE '' END, coalesce(obj_description(c.oid, 'pg_cast'), '')) AS line
	FROM pg_cast c JOIN pg_depend d ON d.classid = 'pg_cast'::regclass AND d.objid = c.oid AND d.deptype = 'e'
		 JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'mlops'
	UNION ALL
	SELECT format('| `%s` | %s |', o.oid::regoperator, coalesce(obj_description(o.oid, 'pg_operator'), ''))
	FROM pg_operator o WHERE o.oprnamespace = 'mlops'::regnamespace) l
ORDER BY line COLLATE "C";
