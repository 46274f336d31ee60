-- PL/pgSQL looks at a statement when it is executed for the first time; this
-- looks at all of them now, those on paths that no test takes as well.
\set QUIET on
\pset format unaligned
\pset tuples_only on
\set ON_ERROR_STOP on
SELECT count(*) > 0 AS available FROM pg_available_extensions WHERE name = 'plpgsql_check' \gset
BEGIN;
SET LOCAL search_path = public, pg_catalog;
\if :available
SET LOCAL client_min_messages = warning;
CREATE EXTENSION plpgsql_check;
SELECT plan(3);

CREATE TEMP VIEW fn AS
SELECT p.oid, p.proname, p.prorettype = 'trigger'::regtype AS is_trigger
  FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
 WHERE p.pronamespace = 'mlops'::regnamespace AND l.lanname = 'plpgsql';
SELECT cmp_ok((SELECT count(*) FROM fn WHERE NOT is_trigger), '>', 30::bigint, 'there are PL/pgSQL functions');

SELECT is_empty($$SELECT f.oid::regprocedure, c.lineno, c.sqlstate, c.message
	FROM fn f, LATERAL plpgsql_check_function_tb(f.oid, fatal_errors => false, other_warnings => false, extra_warnings => false,
												 performance_warnings => false) c
	WHERE NOT f.is_trigger AND c.level = 'error'$$, 'every statement of every function can be planned');
SELECT is_empty($$SELECT f.oid::regprocedure, t.tgrelid::regclass, c.lineno, c.sqlstate, c.message
	FROM fn f JOIN pg_trigger t ON t.tgfoid = f.oid,
		 LATERAL plpgsql_check_function_tb(f.oid, t.tgrelid, fatal_errors => false, other_warnings => false, extra_warnings => false,
										   performance_warnings => false, oldtable => t.tgoldtable, newtable => t.tgnewtable) c
	WHERE c.level = 'error'$$, 'and every statement of every trigger function');
\else
SELECT plan(1);
SELECT skip('the extension plpgsql_check is not installed', 1);
\endif
SELECT * FROM finish();
ROLLBACK;
