-- Run-time services in C: the clock, reading as the model's owner, which
-- database this is.  The trampoline (mlops_as_extension_owner) has no SQL
-- declaration of its own: each public function that writes is one.

CREATE FUNCTION mlops._now() RETURNS timestamptz
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlops_now';
COMMENT ON FUNCTION mlops._now() IS 'internal: the time that monitors go by: the clock, or the setting mlops.mock_now';

CREATE FUNCTION mlops._database_token(OUT system_identifier bigint, OUT database_oid oid)
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlops_database_token';
COMMENT ON FUNCTION mlops._database_token() IS 'internal: tells this database from copies of it';

-- The query sees the last four arguments as $1 to $4.  Read-only, as `owner`,
-- rolled back afterwards; only the extension's owner may call it.
CREATE FUNCTION mlops._read_as_owner(owner oid, query text, binnings mlops.binning[],
	lower_bound timestamptz, upper_bound timestamptz, granules timestamptz[]) RETURNS SETOF record
LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 1000 COST 10000 AS 'MODULE_PATHNAME', 'mlops_read_as_owner';
REVOKE EXECUTE ON FUNCTION mlops._read_as_owner(oid, text, mlops.binning[], timestamptz, timestamptz, timestamptz[]) FROM PUBLIC;
COMMENT ON FUNCTION mlops._read_as_owner(oid, text, mlops.binning[], timestamptz, timestamptz, timestamptz[]) IS
	'internal: rows of a query that runs as the owner of a model, read-only';
