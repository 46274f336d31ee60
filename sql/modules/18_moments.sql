-- mlops.moments: means and co-moments of up to 128 variables.

CREATE TYPE mlops.moments;

CREATE FUNCTION mlops.moments_in(cstring) RETURNS mlops.moments
	AS 'MODULE_PATHNAME', 'mlops_moments_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION mlops.moments_out(mlops.moments) RETURNS cstring
	AS 'MODULE_PATHNAME', 'mlops_moments_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION mlops.moments_recv(internal) RETURNS mlops.moments
	AS 'MODULE_PATHNAME', 'mlops_moments_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION mlops.moments_send(mlops.moments) RETURNS bytea
	AS 'MODULE_PATHNAME', 'mlops_moments_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE TYPE mlops.moments (
	INPUT = mlops.moments_in,
	OUTPUT = mlops.moments_out,
	RECEIVE = mlops.moments_recv,
	SEND = mlops.moments_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = double,
	STORAGE = extended
);
COMMENT ON TYPE mlops.moments IS 'row counts, means and co-moments of up to 128 variables, over the rows where all are finite';
COMMENT ON FUNCTION mlops.moments_in(cstring) IS 'text input: n 2 null 0 nonfinite 0 mean (1, 2) comoment (3, 0, 4), co-moments of the upper triangle by rows';
COMMENT ON FUNCTION mlops.moments_out(mlops.moments) IS 'text output; reads back as the same value';
COMMENT ON FUNCTION mlops.moments_recv(internal) IS 'binary input';
COMMENT ON FUNCTION mlops.moments_send(mlops.moments) IS 'binary output';

-- Accessors.

CREATE FUNCTION mlops.variables(mlops.moments) RETURNS int
	AS 'MODULE_PATHNAME', 'mlops_moments_variables' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.variables(mlops.moments) IS 'number of variables; 0 when all rows were NULL instead of an array';

CREATE FUNCTION mlops.moment_count(mlops.moments) RETURNS bigint
	AS 'MODULE_PATHNAME', 'mlops_moments_count' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.moment_count(mlops.moments) IS 'rows where every variable is finite: those the moments are of';

CREATE FUNCTION mlops.row_count(mlops.moments) RETURNS bigint
	AS 'MODULE_PATHNAME', 'mlops_moments_row_count' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.row_count(mlops.moments) IS 'all rows, with NULL and non-finite ones';

CREATE FUNCTION mlops.null_count(mlops.moments) RETURNS bigint
	AS 'MODULE_PATHNAME', 'mlops_moments_null_count' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.null_count(mlops.moments) IS 'rows with a NULL in some variable';

CREATE FUNCTION mlops.nonfinite_count(mlops.moments) RETURNS bigint
	AS 'MODULE_PATHNAME', 'mlops_moments_nonfinite_count' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.nonfinite_count(mlops.moments) IS 'rows without NULL, with NaN or infinity in some variable';

CREATE FUNCTION mlops.mean(mlops.moments, variable int) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_moments_get_mean' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.mean(mlops.moments, int) IS 'mean of a variable (numbered from 1); NULL without rows';

CREATE FUNCTION mlops.variance(mlops.moments, variable int) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_moments_variance' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.variance(mlops.moments, int) IS 'sample variance of a variable; NULL below two rows';

CREATE FUNCTION mlops.covariance(mlops.moments, variable1 int, variable2 int) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_moments_covariance' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.covariance(mlops.moments, int, int) IS 'sample covariance of two variables; NULL below two rows';

CREATE FUNCTION mlops.correlation(mlops.moments, variable1 int, variable2 int) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_moments_correlation' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.correlation(mlops.moments, int, int) IS 'Pearson correlation of two variables; NULL below two rows or when one does not vary';

CREATE FUNCTION mlops.correlation(mlops.moments) RETURNS float8[]
	AS 'MODULE_PATHNAME', 'mlops_moments_correlation_matrix' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.correlation(mlops.moments) IS 'matrix of Pearson correlations; elements NULL as for two variables';

CREATE FUNCTION mlops.to_jsonb(mlops.moments) RETURNS jsonb
	AS 'MODULE_PATHNAME', 'mlops_moments_to_jsonb' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.to_jsonb(mlops.moments) IS 'the moments for people and programs: counts, mean, comoment (upper triangle by rows)';

CREATE CAST (mlops.moments AS jsonb) WITH FUNCTION mlops.to_jsonb(mlops.moments);
COMMENT ON CAST (mlops.moments AS jsonb) IS 'counts, mean, comoment (upper triangle by rows)';

CREATE FUNCTION mlops.merge(mlops.moments, mlops.moments) RETURNS mlops.moments
	AS 'MODULE_PATHNAME', 'mlops_moments_merge' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.merge(mlops.moments, mlops.moments) IS 'the moments of the rows of both';

CREATE FUNCTION mlops.subtract(mlops.moments, mlops.moments) RETURNS mlops.moments
	AS 'MODULE_PATHNAME', 'mlops_moments_subtract' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.subtract(mlops.moments, mlops.moments) IS 'the moments of the rows of the first without those of the second, which have to be among them';

-- Aggregates: concrete overloads for one to eight variables.

CREATE FUNCTION mlops.moments_final(mlops.moments) RETURNS mlops.moments
	AS 'MODULE_PATHNAME', 'mlops_moments_final' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.moments_final(mlops.moments) IS 'final function of the aggregates moments and merge';

CREATE FUNCTION mlops.moments_accum(mlops.moments, float8) RETURNS mlops.moments
	AS 'MODULE_PATHNAME', 'mlops_moments_accum' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.moments_accum(mlops.moments, float8) IS 'transition function of moments';
CREATE AGGREGATE mlops.moments(x1 float8) (
	SFUNC = mlops.moments_accum, STYPE = mlops.moments, SSPACE = 48,
	FINALFUNC = mlops.moments_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.merge, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.moments(float8) IS 'counts, means and co-moments of one variable, over the rows where all are finite';

CREATE FUNCTION mlops.moments_accum(mlops.moments, float8, float8) RETURNS mlops.moments
	AS 'MODULE_PATHNAME', 'mlops_moments_accum' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.moments_accum(mlops.moments, float8, float8) IS 'transition function of moments';
CREATE AGGREGATE mlops.moments(x1 float8, x2 float8) (
	SFUNC = mlops.moments_accum, STYPE = mlops.moments, SSPACE = 72,
	FINALFUNC = mlops.moments_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.merge, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.moments(float8, float8) IS 'counts, means and co-moments of 2 variables, over the rows where all are finite';

CREATE FUNCTION mlops.moments_accum(mlops.moments, float8, float8, float8) RETURNS mlops.moments
	AS 'MODULE_PATHNAME', 'mlops_moments_accum' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.moments_accum(mlops.moments, float8, float8, float8) IS 'transition function of moments';
CREATE AGGREGATE mlops.moments(x1 float8, x2 float8, x3 float8) (
	SFUNC = mlops.moments_accum, STYPE = mlops.moments, SSPACE = 104,
	FINALFUNC = mlops.moments_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.merge, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.moments(float8, float8, float8) IS 'counts, means and co-moments of 3 variables, over the rows where all are finite';

CREATE FUNCTION mlops.moments_accum(mlops.moments, float8, float8, float8, float8) RETURNS mlops.moments
	AS 'MODULE_PATHNAME', 'mlops_moments_accum' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.moments_accum(mlops.moments, float8, float8, float8, float8) IS 'transition function of moments';
CREATE AGGREGATE mlops.moments(x1 float8, x2 float8, x3 float8, x4 float8) (
	SFUNC = mlops.moments_accum, STYPE = mlops.moments, SSPACE = 144,
	FINALFUNC = mlops.moments_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.merge, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.moments(float8, float8, float8, float8) IS 'counts, means and co-moments of 4 variables, over the rows where all are finite';

CREATE FUNCTION mlops.moments_accum(mlops.moments, float8, float8, float8, float8, float8) RETURNS mlops.moments
	AS 'MODULE_PATHNAME', 'mlops_moments_accum' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.moments_accum(mlops.moments, float8, float8, float8, float8, float8) IS 'transition function of moments';
CREATE AGGREGATE mlops.moments(x1 float8, x2 float8, x3 float8, x4 float8, x5 float8) (
	SFUNC = mlops.moments_accum, STYPE = mlops.moments, SSPACE = 192,
	FINALFUNC = mlops.moments_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.merge, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.moments(float8, float8, float8, float8, float8) IS 'counts, means and co-moments of 5 variables, over the rows where all are finite';

CREATE FUNCTION mlops.moments_accum(mlops.moments, float8, float8, float8, float8, float8, float8) RETURNS mlops.moments
	AS 'MODULE_PATHNAME', 'mlops_moments_accum' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.moments_accum(mlops.moments, float8, float8, float8, float8, float8, float8) IS 'transition function of moments';
CREATE AGGREGATE mlops.moments(x1 float8, x2 float8, x3 float8, x4 float8, x5 float8, x6 float8) (
	SFUNC = mlops.moments_accum, STYPE = mlops.moments, SSPACE = 248,
	FINALFUNC = mlops.moments_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.merge, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.moments(float8, float8, float8, float8, float8, float8) IS 'counts, means and co-moments of 6 variables, over the rows where all are finite';

CREATE FUNCTION mlops.moments_accum(mlops.moments, float8, float8, float8, float8, float8, float8, float8) RETURNS mlops.moments
	AS 'MODULE_PATHNAME', 'mlops_moments_accum' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.moments_accum(mlops.moments, float8, float8, float8, float8, float8, float8, float8) IS 'transition function of moments';
CREATE AGGREGATE mlops.moments(x1 float8, x2 float8, x3 float8, x4 float8, x5 float8, x6 float8, x7 float8) (
	SFUNC = mlops.moments_accum, STYPE = mlops.moments, SSPACE = 312,
	FINALFUNC = mlops.moments_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.merge, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.moments(float8, float8, float8, float8, float8, float8, float8) IS 'counts, means and co-moments of 7 variables, over the rows where all are finite';

CREATE FUNCTION mlops.moments_accum(mlops.moments, float8, float8, float8, float8, float8, float8, float8, float8) RETURNS mlops.moments
	AS 'MODULE_PATHNAME', 'mlops_moments_accum' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.moments_accum(mlops.moments, float8, float8, float8, float8, float8, float8, float8, float8) IS 'transition function of moments';
CREATE AGGREGATE mlops.moments(x1 float8, x2 float8, x3 float8, x4 float8, x5 float8, x6 float8, x7 float8, x8 float8) (
	SFUNC = mlops.moments_accum, STYPE = mlops.moments, SSPACE = 384,
	FINALFUNC = mlops.moments_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.merge, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.moments(float8, float8, float8, float8, float8, float8, float8, float8) IS 'counts, means and co-moments of 8 variables, over the rows where all are finite';

-- One array a row: more variables, embeddings.  The overload for real[] also
-- takes types with an implicit cast to it, like vector.

CREATE FUNCTION mlops.moments_accum(mlops.moments, float8[]) RETURNS mlops.moments
	AS 'MODULE_PATHNAME', 'mlops_moments_accum_array' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.moments_accum(mlops.moments, float8[]) IS 'transition function of moments';
CREATE AGGREGATE mlops.moments(x float8[]) (
	SFUNC = mlops.moments_accum, STYPE = mlops.moments, SSPACE = 2048,
	FINALFUNC = mlops.moments_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.merge, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.moments(float8[]) IS 'counts, means and co-moments of the elements of arrays of one length, at most 128, over the rows where all are finite';

CREATE FUNCTION mlops.moments_accum(mlops.moments, real[]) RETURNS mlops.moments
	AS 'MODULE_PATHNAME', 'mlops_moments_accum_array' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.moments_accum(mlops.moments, real[]) IS 'transition function of moments';
CREATE AGGREGATE mlops.moments(x real[]) (
	SFUNC = mlops.moments_accum, STYPE = mlops.moments, SSPACE = 2048,
	FINALFUNC = mlops.moments_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.merge, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.moments(real[]) IS 'counts, means and co-moments of the elements of arrays of one length, at most 128, over the rows where all are finite';

CREATE AGGREGATE mlops.merge(mlops.moments) (
	SFUNC = mlops.merge, STYPE = mlops.moments, SSPACE = 128,
	FINALFUNC = mlops.moments_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.merge, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.merge(mlops.moments) IS 'the moments of the rows of all; NULLs are skipped';
