-- Prepares the database of the suite "parallel": what pg_regress sets in a database that it
-- makes itself, and transition functions that seem to cost so much that no aggregate of the
-- extension is computed by one process alone.
SELECT format('ALTER DATABASE %I SET %s TO %L', current_database(), name, value)
FROM (VALUES ('lc_messages', 'C'), ('lc_monetary', 'C'), ('lc_numeric', 'C'), ('lc_time', 'C'), ('bytea_output', 'hex'),
			 ('timezone_abbreviations', 'Default')) s (name, value) \gexec
CREATE EXTENSION mlops;
SELECT format('ALTER FUNCTION %s COST 10000000', f)
FROM (SELECT DISTINCT aggtransfn::regprocedure AS f FROM pg_aggregate WHERE aggfnoid::regprocedure::text LIKE 'mlops.%') t \gexec
