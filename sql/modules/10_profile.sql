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

-- varchar and char need aggregates of their own: without them mlops.profile(x)
-- would be read as a cast of the string to the type.
CREATE FUNCTION mlops.profile_accum(mlops.profile, character) RETURNS mlops.profile
	AS 'MODULE_PATHNAME', 'mlops_profile_accum_bpchar' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.profile_accum(mlops.profile, character) IS 'transition function of mlops.profile(character)';

CREATE AGGREGATE mlops.profile(varchar) (
	SFUNC = mlops.profile_accum, STYPE = mlops.profile, SSPACE = 8192,
	INITCOND = 'text:0102010000000000000000',
	FINALFUNC = mlops.profile_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.profile_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.profile(varchar) IS 'summary of a column of type varchar, as text';

CREATE AGGREGATE mlops.profile(character) (
	SFUNC = mlops.profile_accum, STYPE = mlops.profile, SSPACE = 8192,
	INITCOND = 'text:0102010000000000000000',
	FINALFUNC = mlops.profile_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.profile_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.profile(character) IS 'summary of a column of type character, as text';

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

---------------------------------------------------------------------------
-- Accessors.  Points in time are seconds since 1970-01-01 UTC where a number
-- is returned: to_timestamp() turns them back.
---------------------------------------------------------------------------

CREATE FUNCTION mlops.quantile(profile mlops.profile, q float8) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_profile_quantile_one' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.quantile(mlops.profile, float8) IS 'smallest known value whose rank reaches q (0 to 1) of the finite values; see rank_error()';

CREATE FUNCTION mlops.quantile(profile mlops.profile, q float8[]) RETURNS float8[]
	AS 'MODULE_PATHNAME', 'mlops_profile_quantile_many' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.quantile(mlops.profile, float8[]) IS 'several quantiles at once';

CREATE FUNCTION mlops.cdf(profile mlops.profile, x float8) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_profile_cdf_number' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.cdf(mlops.profile, float8) IS 'share of the finite values that are at most x; see rank_error()';

CREATE FUNCTION mlops.cdf(profile mlops.profile, x timestamptz) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_profile_cdf_time' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.cdf(mlops.profile, timestamptz) IS 'share of the finite points in time that are at most x; see rank_error()';

CREATE FUNCTION mlops.row_count(profile mlops.profile) RETURNS bigint
	AS 'MODULE_PATHNAME', 'mlops_profile_row_count' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.row_count(mlops.profile) IS 'all rows, NULL included';

CREATE FUNCTION mlops.null_count(profile mlops.profile) RETURNS bigint
	AS 'MODULE_PATHNAME', 'mlops_profile_null_count' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.null_count(mlops.profile) IS 'rows with NULL';

CREATE FUNCTION mlops.rank_error(profile mlops.profile) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_profile_rank_error' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.rank_error(mlops.profile) IS 'the rank of any one value is off by at most this share, with probability .99; 0 if exact, NULL for text';

CREATE FUNCTION mlops.distinct_count(profile mlops.profile) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_profile_distinct_count' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.distinct_count(mlops.profile) IS 'number of distinct values; exact up to 256 of them, beyond that estimated with 2.3 % relative standard error';

CREATE FUNCTION mlops.describe(profile mlops.profile,
	OUT kind text, OUT rows bigint, OUT nulls bigint, OUT null_share float8,
	OUT nan bigint, OUT pos_inf bigint, OUT neg_inf bigint, OUT zeros bigint,
	OUT mean float8, OUT stddev float8, OUT skewness float8, OUT kurtosis float8,
	OUT min float8, OUT max float8, OUT median float8,
	OUT p01 float8, OUT p05 float8, OUT p25 float8, OUT p75 float8, OUT p95 float8, OUT p99 float8,
	OUT min_length float8, OUT max_length float8, OUT mean_length float8, OUT stddev_length float8,
	OUT distinct_count float8, OUT distinct_error float8, OUT rank_error float8,
	OUT exact boolean, OUT sampled boolean)
	AS 'MODULE_PATHNAME', 'mlops_profile_describe' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.describe(mlops.profile) IS 'everything that is one number, as one row; what does not exist is NULL; zeros counts the empty strings of a text column';

CREATE FUNCTION mlops.top_values(profile mlops.profile, count int DEFAULT 10,
	OUT value text, OUT count_lower bigint, OUT count_upper bigint, OUT share float8)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'mlops_profile_top_values' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	ROWS 10;
COMMENT ON FUNCTION mlops.top_values(mlops.profile, int) IS 'the most frequent values, how often they occur at least and at most, and the share of all rows that this is at least';

CREATE FUNCTION mlops.profile_to_jsonb(mlops.profile) RETURNS jsonb
	AS 'MODULE_PATHNAME', 'mlops_profile_to_jsonb' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.profile_to_jsonb(mlops.profile) IS 'a profile for people and dashboards';

CREATE CAST (mlops.profile AS jsonb) WITH FUNCTION mlops.profile_to_jsonb(mlops.profile);
COMMENT ON CAST (mlops.profile AS jsonb) IS 'a profile for people and dashboards';
