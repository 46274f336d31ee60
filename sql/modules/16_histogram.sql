-- mlops.histogram: exact counts over a binning that it carries.

CREATE TYPE mlops.histogram;

CREATE FUNCTION mlops.histogram_in(cstring) RETURNS mlops.histogram
	AS 'MODULE_PATHNAME', 'mlops_histogram_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION mlops.histogram_out(mlops.histogram) RETURNS cstring
	AS 'MODULE_PATHNAME', 'mlops_histogram_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION mlops.histogram_recv(internal) RETURNS mlops.histogram
	AS 'MODULE_PATHNAME', 'mlops_histogram_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION mlops.histogram_send(mlops.histogram) RETURNS bytea
	AS 'MODULE_PATHNAME', 'mlops_histogram_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE TYPE mlops.histogram (
	INPUT = mlops.histogram_in,
	OUTPUT = mlops.histogram_out,
	RECEIVE = mlops.histogram_recv,
	SEND = mlops.histogram_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = double,
	STORAGE = extended
);
COMMENT ON TYPE mlops.histogram IS 'exact counts of rows per bin, of NULLs and of unseen values, with the binning they count into';
COMMENT ON FUNCTION mlops.histogram_in(cstring) IS 'text input: a binning, then counts (3, 0, 1) null 2 unseen 0';
COMMENT ON FUNCTION mlops.histogram_out(mlops.histogram) IS 'text output; reads back as the same value';
COMMENT ON FUNCTION mlops.histogram_recv(internal) IS 'binary input';
COMMENT ON FUNCTION mlops.histogram_send(mlops.histogram) IS 'binary output';

-- Accessors.

CREATE FUNCTION mlops.bins(mlops.histogram, OUT bin int, OUT lower float8, OUT upper float8,
						   OUT label text, OUT count bigint, OUT share float8) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'mlops_histogram_bins' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 20;
COMMENT ON FUNCTION mlops.bins(mlops.histogram) IS 'one row per bin, then the NULL bin and the unseen bin; share is of all rows';

CREATE FUNCTION mlops.row_count(mlops.histogram) RETURNS bigint
	AS 'MODULE_PATHNAME', 'mlops_histogram_row_count' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.row_count(mlops.histogram) IS 'all rows counted, NULL and unseen ones included';

CREATE FUNCTION mlops.null_count(mlops.histogram) RETURNS bigint
	AS 'MODULE_PATHNAME', 'mlops_histogram_null_count' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.null_count(mlops.histogram) IS 'rows with NULL';

CREATE FUNCTION mlops.unseen_count(mlops.histogram) RETURNS bigint
	AS 'MODULE_PATHNAME', 'mlops_histogram_unseen_count' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.unseen_count(mlops.histogram) IS 'rows with a value that has no bin: a label that is not listed, NaN or an infinity';

CREATE FUNCTION mlops.binning(mlops.histogram) RETURNS mlops.binning
	AS 'MODULE_PATHNAME', 'mlops_histogram_binning' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.binning(mlops.histogram) IS 'the bins that a histogram counts into';

CREATE FUNCTION mlops.to_jsonb(mlops.histogram) RETURNS jsonb
	AS 'MODULE_PATHNAME', 'mlops_histogram_to_jsonb' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.to_jsonb(mlops.histogram) IS 'the histogram for people and programs: binning, counts, null, unseen, rows';

CREATE CAST (mlops.histogram AS jsonb) WITH FUNCTION mlops.to_jsonb(mlops.histogram);
COMMENT ON CAST (mlops.histogram AS jsonb) IS 'binning, counts, null, unseen, rows';

CREATE FUNCTION mlops.merge(mlops.histogram, mlops.histogram) RETURNS mlops.histogram
	AS 'MODULE_PATHNAME', 'mlops_histogram_merge' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.merge(mlops.histogram, mlops.histogram) IS 'the sum of two histograms over the same binning';

CREATE FUNCTION mlops.subtract(mlops.histogram, mlops.histogram) RETURNS mlops.histogram
	AS 'MODULE_PATHNAME', 'mlops_histogram_unmerge' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.subtract(mlops.histogram, mlops.histogram) IS 'the first histogram without the rows of the second, which it must hold';

-- Aggregates: one column.

CREATE FUNCTION mlops.histogram_accum(mlops.histogram, float8, mlops.binning) RETURNS mlops.histogram
	AS 'MODULE_PATHNAME', 'mlops_histogram_accum_float8' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION mlops.histogram_accum(mlops.histogram, text, mlops.binning) RETURNS mlops.histogram
	AS 'MODULE_PATHNAME', 'mlops_histogram_accum_text' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION mlops.histogram_accum(mlops.histogram, boolean, mlops.binning) RETURNS mlops.histogram
	AS 'MODULE_PATHNAME', 'mlops_histogram_accum_bool' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION mlops.histogram_accum(mlops.histogram, timestamptz, mlops.binning) RETURNS mlops.histogram
	AS 'MODULE_PATHNAME', 'mlops_histogram_accum_timestamptz' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION mlops.histogram_remove(mlops.histogram, float8, mlops.binning) RETURNS mlops.histogram
	AS 'MODULE_PATHNAME', 'mlops_histogram_remove_float8' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION mlops.histogram_remove(mlops.histogram, text, mlops.binning) RETURNS mlops.histogram
	AS 'MODULE_PATHNAME', 'mlops_histogram_remove_text' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION mlops.histogram_remove(mlops.histogram, boolean, mlops.binning) RETURNS mlops.histogram
	AS 'MODULE_PATHNAME', 'mlops_histogram_remove_bool' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION mlops.histogram_remove(mlops.histogram, timestamptz, mlops.binning) RETURNS mlops.histogram
	AS 'MODULE_PATHNAME', 'mlops_histogram_remove_timestamptz' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION mlops.histogram_final(mlops.histogram) RETURNS mlops.histogram
	AS 'MODULE_PATHNAME', 'mlops_histogram_final' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION mlops.histogram_accum(mlops.histogram, float8, mlops.binning) IS 'transition function of histogram(float8, binning)';
COMMENT ON FUNCTION mlops.histogram_accum(mlops.histogram, text, mlops.binning) IS 'transition function of histogram(text, binning)';
COMMENT ON FUNCTION mlops.histogram_accum(mlops.histogram, boolean, mlops.binning) IS 'transition function of histogram(boolean, binning)';
COMMENT ON FUNCTION mlops.histogram_accum(mlops.histogram, timestamptz, mlops.binning) IS 'transition function of histogram(timestamptz, binning)';
COMMENT ON FUNCTION mlops.histogram_remove(mlops.histogram, float8, mlops.binning) IS 'inverse transition function of histogram(float8, binning)';
COMMENT ON FUNCTION mlops.histogram_remove(mlops.histogram, text, mlops.binning) IS 'inverse transition function of histogram(text, binning)';
COMMENT ON FUNCTION mlops.histogram_remove(mlops.histogram, boolean, mlops.binning) IS 'inverse transition function of histogram(boolean, binning)';
COMMENT ON FUNCTION mlops.histogram_remove(mlops.histogram, timestamptz, mlops.binning) IS 'inverse transition function of histogram(timestamptz, binning)';
COMMENT ON FUNCTION mlops.histogram_final(mlops.histogram) IS 'final function of the aggregates histogram and merge';

CREATE AGGREGATE mlops.histogram(value float8, binning mlops.binning) (
	SFUNC = mlops.histogram_accum, STYPE = mlops.histogram, SSPACE = 1024,
	FINALFUNC = mlops.histogram_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.merge,
	MSFUNC = mlops.histogram_accum, MINVFUNC = mlops.histogram_remove, MSTYPE = mlops.histogram, MSSPACE = 1024,
	MFINALFUNC = mlops.histogram_final, MFINALFUNC_MODIFY = READ_ONLY,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.histogram(float8, mlops.binning) IS 'exact counts of numbers per bin';

CREATE AGGREGATE mlops.histogram(value text, binning mlops.binning) (
	SFUNC = mlops.histogram_accum, STYPE = mlops.histogram, SSPACE = 1024,
	FINALFUNC = mlops.histogram_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.merge,
	MSFUNC = mlops.histogram_accum, MINVFUNC = mlops.histogram_remove, MSTYPE = mlops.histogram, MSSPACE = 1024,
	MFINALFUNC = mlops.histogram_final, MFINALFUNC_MODIFY = READ_ONLY,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.histogram(text, mlops.binning) IS 'exact counts of labels';

CREATE AGGREGATE mlops.histogram(value boolean, binning mlops.binning) (
	SFUNC = mlops.histogram_accum, STYPE = mlops.histogram, SSPACE = 256,
	FINALFUNC = mlops.histogram_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.merge,
	MSFUNC = mlops.histogram_accum, MINVFUNC = mlops.histogram_remove, MSTYPE = mlops.histogram, MSSPACE = 256,
	MFINALFUNC = mlops.histogram_final, MFINALFUNC_MODIFY = READ_ONLY,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.histogram(boolean, mlops.binning) IS 'exact counts of the labels false and true';

CREATE AGGREGATE mlops.histogram(value timestamptz, binning mlops.binning) (
	SFUNC = mlops.histogram_accum, STYPE = mlops.histogram, SSPACE = 1024,
	FINALFUNC = mlops.histogram_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.merge,
	MSFUNC = mlops.histogram_accum, MINVFUNC = mlops.histogram_remove, MSTYPE = mlops.histogram, MSSPACE = 1024,
	MFINALFUNC = mlops.histogram_final, MFINALFUNC_MODIFY = READ_ONLY,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.histogram(timestamptz, mlops.binning) IS 'exact counts of time stamps per bin; the edges are in seconds since 1970';

CREATE AGGREGATE mlops.merge(mlops.histogram) (
	SFUNC = mlops.merge, STYPE = mlops.histogram, SSPACE = 512,
	FINALFUNC = mlops.histogram_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.merge,
	MSFUNC = mlops.merge, MINVFUNC = mlops.subtract, MSTYPE = mlops.histogram, MSSPACE = 512,
	MFINALFUNC = mlops.histogram_final, MFINALFUNC_MODIFY = READ_ONLY,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.merge(mlops.histogram) IS 'the sum of histograms over the same binning; NULLs are skipped';

-- Aggregate: many columns in one call per row (local plans).

CREATE FUNCTION mlops.histogram_columns_accum(internal, mlops.binning[], VARIADIC "any") RETURNS internal
	AS 'MODULE_PATHNAME', 'mlops_histogram_columns_accum' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION mlops.histogram_columns_combine(internal, internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'mlops_histogram_columns_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION mlops.histogram_columns_serial(internal) RETURNS bytea
	AS 'MODULE_PATHNAME', 'mlops_histogram_columns_serial' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION mlops.histogram_columns_deserial(bytea, internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'mlops_histogram_columns_deserial' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION mlops.histogram_columns_final(internal) RETURNS mlops.histogram[]
	AS 'MODULE_PATHNAME', 'mlops_histogram_columns_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.histogram_columns_accum(internal, mlops.binning[], "any") IS 'transition function of histogram_columns';
COMMENT ON FUNCTION mlops.histogram_columns_combine(internal, internal) IS 'combine function of histogram_columns';
COMMENT ON FUNCTION mlops.histogram_columns_serial(internal) IS 'state of histogram_columns as bytes';
COMMENT ON FUNCTION mlops.histogram_columns_deserial(bytea, internal) IS 'state of histogram_columns from bytes';
COMMENT ON FUNCTION mlops.histogram_columns_final(internal) IS 'final function of histogram_columns';

CREATE AGGREGATE mlops.histogram_columns(binnings mlops.binning[], VARIADIC columns "any") (
	SFUNC = mlops.histogram_columns_accum, STYPE = internal, SSPACE = 8192,
	FINALFUNC = mlops.histogram_columns_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.histogram_columns_combine,
	SERIALFUNC = mlops.histogram_columns_serial, DESERIALFUNC = mlops.histogram_columns_deserial,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.histogram_columns(mlops.binning[], "any") IS 'one histogram per column in one scan, in the order of the columns; a NULL binning leaves a column out';
