---------------------------------------------------------------------------
-- Type mlops.profile: the mergeable summary of one column.
--
-- The support functions of the aggregates keep EXECUTE for PUBLIC: engines that
-- push aggregates down to other servers call them as the current user.  They
-- refuse to work outside of an aggregate.
---------------------------------------------------------------------------

CREATE TYPE mlops.profile;

CREATE FUNCTION mlops.profile_in(cstring) RETURNS mlops.profile
	AS 'MODULE_PATHNAME', 'mlops_profile_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.profile_in(cstring) IS 'input of mlops.profile';

CREATE FUNCTION mlops.profile_out(mlops.profile) RETURNS cstring
	AS 'MODULE_PATHNAME', 'mlops_profile_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.profile_out(mlops.profile) IS 'output of mlops.profile';

CREATE FUNCTION mlops.profile_recv(internal) RETURNS mlops.profile
	AS 'MODULE_PATHNAME', 'mlops_profile_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.profile_recv(internal) IS 'binary input of mlops.profile';

CREATE FUNCTION mlops.profile_send(mlops.profile) RETURNS bytea
	AS 'MODULE_PATHNAME', 'mlops_profile_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.profile_send(mlops.profile) IS 'binary output of mlops.profile';

-- STORAGE external: the bytes hardly compress, and a profile of a few kB
-- that moves out of line leaves the rest of its row (counts, histogram) quick to read.
CREATE TYPE mlops.profile (
	INPUT = mlops.profile_in,
	OUTPUT = mlops.profile_out,
	RECEIVE = mlops.profile_recv,
	SEND = mlops.profile_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = double,
	STORAGE = external
);
COMMENT ON TYPE mlops.profile IS 'mergeable summary of one column: counts, moments, quantiles, distinct and frequent values';

---------------------------------------------------------------------------
-- Aggregates, one column each.
---------------------------------------------------------------------------

CREATE FUNCTION mlops.profile_accum(mlops.profile, float8) RETURNS mlops.profile
	AS 'MODULE_PATHNAME', 'mlops_profile_accum_float8' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.profile_accum(mlops.profile, float8) IS 'transition function of mlops.profile(float8)';

CREATE FUNCTION mlops.profile_accum(mlops.profile, text) RETURNS mlops.profile
	AS 'MODULE_PATHNAME', 'mlops_profile_accum_text' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.profile_accum(mlops.profile, text) IS 'transition function of mlops.profile(text)';

CREATE FUNCTION mlops.profile_accum(mlops.profile, boolean) RETURNS mlops.profile
	AS 'MODULE_PATHNAME', 'mlops_profile_accum_boolean' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.profile_accum(mlops.profile, boolean) IS 'transition function of mlops.profile(boolean)';

CREATE FUNCTION mlops.profile_accum(mlops.profile, timestamptz) RETURNS mlops.profile
	AS 'MODULE_PATHNAME', 'mlops_profile_accum_timestamptz' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.profile_accum(mlops.profile, timestamptz) IS 'transition function of mlops.profile(timestamptz)';

CREATE FUNCTION mlops.profile_combine(mlops.profile, mlops.profile) RETURNS mlops.profile
	AS 'MODULE_PATHNAME', 'mlops_profile_combine' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.profile_combine(mlops.profile, mlops.profile) IS 'combine function of mlops.profile() and mlops.merge()';

CREATE FUNCTION mlops.profile_final(mlops.profile) RETURNS mlops.profile
	AS 'MODULE_PATHNAME', 'mlops_profile_final' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.profile_final(mlops.profile) IS 'final function of mlops.profile() and mlops.merge()';

-- The initial condition is an empty profile: no rows give that, not NULL.

CREATE AGGREGATE mlops.profile(float8) (
	SFUNC = mlops.profile_accum, STYPE = mlops.profile, SSPACE = 8192,
	INITCOND = 'float8:0101010000000000000000',
	FINALFUNC = mlops.profile_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.profile_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.profile(float8) IS 'summary of a column of type float8';

CREATE AGGREGATE mlops.profile(text) (
	SFUNC = mlops.profile_accum, STYPE = mlops.profile, SSPACE = 8192,
	INITCOND = 'text:0102010000000000000000',
	FINALFUNC = mlops.profile_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.profile_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.profile(text) IS 'summary of a column of type text';

CREATE AGGREGATE mlops.profile(boolean) (
	SFUNC = mlops.profile_accum, STYPE = mlops.profile, SSPACE = 8192,
	INITCOND = 'boolean:0103010000000000000000',
	FINALFUNC = mlops.profile_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.profile_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.profile(boolean) IS 'summary of a column of type boolean';

CREATE AGGREGATE mlops.profile(timestamptz) (
	SFUNC = mlops.profile_accum, STYPE = mlops.profile, SSPACE = 8192,
	INITCOND = 'timestamptz:0104010000000000000000',
	FINALFUNC = mlops.profile_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.profile_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.profile(timestamptz) IS 'summary of a column of type timestamptz';

CREATE AGGREGATE mlops.merge(mlops.profile) (
	SFUNC = mlops.profile_combine, STYPE = mlops.profile, SSPACE = 8192,
	FINALFUNC = mlops.profile_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.profile_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.merge(mlops.profile) IS 'the profile of all the rows behind several profiles of the same kind; NULL for none';

---------------------------------------------------------------------------
-- Aggregate, many columns at once: for local plans.
---------------------------------------------------------------------------

CREATE FUNCTION mlops.profile_columns_accum(internal, VARIADIC "any") RETURNS internal
	AS 'MODULE_PATHNAME', 'mlops_profile_columns_accum' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.profile_columns_accum(internal, "any") IS 'transition function of mlops.profile_columns()';

CREATE FUNCTION mlops.profile_columns_combine(internal, internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'mlops_profile_columns_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.profile_columns_combine(internal, internal) IS 'combine function of mlops.profile_columns()';

CREATE FUNCTION mlops.profile_columns_serial(internal) RETURNS bytea
	AS 'MODULE_PATHNAME', 'mlops_profile_columns_serial' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.profile_columns_serial(internal) IS 'serialization function of mlops.profile_columns()';

CREATE FUNCTION mlops.profile_columns_deserial(bytea, internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'mlops_profile_columns_deserial' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.profile_columns_deserial(bytea, internal) IS 'deserialization function of mlops.profile_columns()';

CREATE FUNCTION mlops.profile_columns_final(internal, VARIADIC "any") RETURNS mlops.profile[]
	AS 'MODULE_PATHNAME', 'mlops_profile_columns_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.profile_columns_final(internal, "any") IS 'final function of mlops.profile_columns()';

CREATE AGGREGATE mlops.profile_columns(VARIADIC "any") (
	SFUNC = mlops.profile_columns_accum, STYPE = internal, SSPACE = 65536,
	FINALFUNC = mlops.profile_columns_final, FINALFUNC_EXTRA, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.profile_columns_combine,
	SERIALFUNC = mlops.profile_columns_serial, DESERIALFUNC = mlops.profile_columns_deserial,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.profile_columns("any") IS 'summaries of many columns in one scan, one element a column (float8, float4, integers, numeric, text, varchar, char, boolean, timestamptz, timestamp, date)';
