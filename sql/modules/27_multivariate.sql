-- Drift of several columns at once: mlops.pca, a model of the reference whose
-- reconstruction error is watched, and the maximum mean discrepancy.
-- Formulas: doc/statistics/pca.md, doc/statistics/mmd.md.

---------------------------------------------------------------------------
-- principal components of the reference
---------------------------------------------------------------------------

CREATE TYPE mlops.pca;

CREATE FUNCTION mlops.pca_in(cstring) RETURNS mlops.pca
	AS 'MODULE_PATHNAME', 'mlops_pca_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION mlops.pca_out(mlops.pca) RETURNS cstring
	AS 'MODULE_PATHNAME', 'mlops_pca_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION mlops.pca_recv(internal) RETURNS mlops.pca
	AS 'MODULE_PATHNAME', 'mlops_pca_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION mlops.pca_send(mlops.pca) RETURNS bytea
	AS 'MODULE_PATHNAME', 'mlops_pca_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE TYPE mlops.pca (
	INPUT = mlops.pca_in,
	OUTPUT = mlops.pca_out,
	RECEIVE = mlops.pca_recv,
	SEND = mlops.pca_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = double,
	STORAGE = extended
);
COMMENT ON TYPE mlops.pca IS 'principal components of standardised variables: means, standard deviations, eigenvalues and the components that are kept';
COMMENT ON FUNCTION mlops.pca_in(cstring) IS 'text input: variables 2 components 1 n 10 variance 0.65 mean (1, 2) sd (3, 4) eigenvalues (1.5, 0.5) component (0.7071067811865475, 0.7071067811865475)';
COMMENT ON FUNCTION mlops.pca_out(mlops.pca) IS 'text output; reads back as the same value';
COMMENT ON FUNCTION mlops.pca_recv(internal) IS 'binary input';
COMMENT ON FUNCTION mlops.pca_send(mlops.pca) IS 'binary output';

CREATE FUNCTION mlops.pca(reference mlops.moments, variance float8 DEFAULT 0.65) RETURNS mlops.pca
	AS 'MODULE_PATHNAME', 'mlops_pca_of_moments' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.pca(mlops.moments, float8) IS 'the principal components of the standardised variables that explain this share of their variance; variables that do not vary take no part';

CREATE FUNCTION mlops.components(mlops.pca, OUT component int, OUT eigenvalue float8, OUT share float8, OUT cumulative_share float8, OUT kept boolean, OUT loadings float8[]) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'mlops_pca_components' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10;
COMMENT ON FUNCTION mlops.components(mlops.pca) IS 'one row a component, largest eigenvalue first: the share of the variance it explains, whether it is kept, and then its loadings';

CREATE FUNCTION mlops.to_jsonb(mlops.pca) RETURNS jsonb
	AS 'MODULE_PATHNAME', 'mlops_pca_to_jsonb' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.to_jsonb(mlops.pca) IS 'the model for people and programs';

CREATE CAST (mlops.pca AS jsonb) WITH FUNCTION mlops.to_jsonb(mlops.pca);
COMMENT ON CAST (mlops.pca AS jsonb) IS 'variables, n, variance, mean, sd, eigenvalues, components';

CREATE FUNCTION mlops.pca_reconstruction_error(model mlops.pca, features float8[]) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_pca_reconstruction_error' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.pca_reconstruction_error(mlops.pca, float8[]) IS 'how far a row is from what the kept components can say, in standard deviations of the reference (Euclidean); NULL when an element is NULL, NaN or infinite';

CREATE FUNCTION mlops.pca_residuals(model mlops.pca, features float8[]) RETURNS float8[]
	AS 'MODULE_PATHNAME', 'mlops_pca_residuals' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.pca_residuals(mlops.pca, float8[]) IS 'per variable, what the kept components leave of a row, in standard deviations of the reference; NULL where it did not vary';

CREATE FUNCTION mlops.pca_reconstruction_error(model mlops.pca, features real[]) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_pca_reconstruction_error' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.pca_reconstruction_error(mlops.pca, real[]) IS 'how far a row is from what the kept components can say, in standard deviations of the reference (Euclidean); NULL when an element is NULL, NaN or infinite';

CREATE FUNCTION mlops.pca_residuals(model mlops.pca, features real[]) RETURNS float8[]
	AS 'MODULE_PATHNAME', 'mlops_pca_residuals' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.pca_residuals(mlops.pca, real[]) IS 'per variable, what the kept components leave of a row, in standard deviations of the reference; NULL where it did not vary';

CREATE FUNCTION mlops.pca_mean_squared_error(model mlops.pca, rows mlops.moments) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_pca_mean_squared_error' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.pca_mean_squared_error(mlops.pca, mlops.moments) IS 'mean squared reconstruction error of many rows, from their moments alone';

CREATE FUNCTION mlops.pca_contributions(model mlops.pca, rows mlops.moments, OUT variable int, OUT reference float8, OUT current float8, OUT share float8) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'mlops_pca_contributions' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10;
COMMENT ON FUNCTION mlops.pca_contributions(mlops.pca, mlops.moments) IS 'per variable, its part of the mean squared reconstruction error of the reference and of these rows, and its share of the latter';

---------------------------------------------------------------------------
-- two samples of rows: reconstruction errors, or random Fourier features
---------------------------------------------------------------------------

CREATE TYPE mlops.two_samples;

CREATE FUNCTION mlops.two_samples_in(cstring) RETURNS mlops.two_samples
	AS 'MODULE_PATHNAME', 'mlops_two_samples_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION mlops.two_samples_out(mlops.two_samples) RETURNS cstring
	AS 'MODULE_PATHNAME', 'mlops_two_samples_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION mlops.two_samples_recv(internal) RETURNS mlops.two_samples
	AS 'MODULE_PATHNAME', 'mlops_two_samples_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION mlops.two_samples_send(mlops.two_samples) RETURNS bytea
	AS 'MODULE_PATHNAME', 'mlops_two_samples_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE TYPE mlops.two_samples (
	INPUT = mlops.two_samples_in,
	OUTPUT = mlops.two_samples_out,
	RECEIVE = mlops.two_samples_recv,
	SEND = mlops.two_samples_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = double,
	STORAGE = extended
);
COMMENT ON TYPE mlops.two_samples IS 'moments of a reference and a current sample that merge: of reconstruction errors (numbers), or of random Fourier features with the bandwidth and seed they were made with';
COMMENT ON FUNCTION mlops.two_samples_in(cstring) IS 'text input: numbers unassigned 0 reference (n 2 null 0 nonfinite 0 mean (1) comoment (2)) current (n 0 null 0 nonfinite 0 mean (0) comoment (0))';
COMMENT ON FUNCTION mlops.two_samples_out(mlops.two_samples) IS 'text output; reads back as the same value';
COMMENT ON FUNCTION mlops.two_samples_recv(internal) IS 'binary input';
COMMENT ON FUNCTION mlops.two_samples_send(mlops.two_samples) IS 'binary output';

CREATE FUNCTION mlops.to_jsonb(mlops.two_samples) RETURNS jsonb
	AS 'MODULE_PATHNAME', 'mlops_two_samples_to_jsonb' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.to_jsonb(mlops.two_samples) IS 'what was counted on each side; of numbers mean and co-moment';

CREATE CAST (mlops.two_samples AS jsonb) WITH FUNCTION mlops.to_jsonb(mlops.two_samples);
COMMENT ON CAST (mlops.two_samples AS jsonb) IS 'kind, dimension, bandwidth, seed, unassigned, counts of each side';

CREATE FUNCTION mlops.merge(mlops.two_samples, mlops.two_samples) RETURNS mlops.two_samples
	AS 'MODULE_PATHNAME', 'mlops_two_samples_merge' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.merge(mlops.two_samples, mlops.two_samples) IS 'the rows of both; bandwidth and seed must be the same';

CREATE FUNCTION mlops.two_samples_final(mlops.two_samples) RETURNS mlops.two_samples
	AS 'MODULE_PATHNAME', 'mlops_two_samples_final' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.two_samples_final(mlops.two_samples) IS 'final function of the aggregates pca_samples, mmd_samples and merge';

CREATE FUNCTION mlops.pca_test(mlops.two_samples) RETURNS mlops.test_result
	AS 'MODULE_PATHNAME', 'mlops_two_samples_pca_test' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.pca_test(mlops.two_samples) IS 'Welch test that the mean reconstruction error has not changed; effect is its relative change; the reference rows must be others than those the model was fitted to';

CREATE FUNCTION mlops.mmd_test(mlops.two_samples) RETURNS mlops.test_result
	AS 'MODULE_PATHNAME', 'mlops_two_samples_mmd_test' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.mmd_test(mlops.two_samples) IS 'maximum mean discrepancy of a Gaussian kernel by 64 random Fourier features, one-sided; effect is the unbiased MMD squared';

CREATE AGGREGATE mlops.merge(mlops.two_samples) (
	SFUNC = mlops.merge, STYPE = mlops.two_samples, SSPACE = 131072,
	FINALFUNC = mlops.two_samples_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.merge, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.merge(mlops.two_samples) IS 'the rows of all; NULLs are skipped';

CREATE FUNCTION mlops.pca_accum(mlops.two_samples, mlops.pca, float8[], boolean) RETURNS mlops.two_samples
	AS 'MODULE_PATHNAME', 'mlops_pca_accum' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.pca_accum(mlops.two_samples, mlops.pca, float8[], boolean) IS 'transition function of pca_samples and pca_test';

CREATE AGGREGATE mlops.pca_samples(model mlops.pca, features float8[], is_current boolean) (
	SFUNC = mlops.pca_accum, STYPE = mlops.two_samples, SSPACE = 256,
	FINALFUNC = mlops.two_samples_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.merge, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.pca_samples(mlops.pca, float8[], boolean) IS 'reconstruction errors of reference (false) and current (true) rows, for pca_test(two_samples)';

CREATE AGGREGATE mlops.pca_test(model mlops.pca, features float8[], is_current boolean) (
	SFUNC = mlops.pca_accum, STYPE = mlops.two_samples, SSPACE = 256,
	FINALFUNC = mlops.pca_test, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.merge, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.pca_test(mlops.pca, float8[], boolean) IS 'Welch test that the mean reconstruction error has not changed; effect is its relative change; the reference rows must be others than those the model was fitted to';

CREATE FUNCTION mlops.pca_accum(mlops.two_samples, mlops.pca, real[], boolean) RETURNS mlops.two_samples
	AS 'MODULE_PATHNAME', 'mlops_pca_accum' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.pca_accum(mlops.two_samples, mlops.pca, real[], boolean) IS 'transition function of pca_samples and pca_test';

CREATE AGGREGATE mlops.pca_samples(model mlops.pca, features real[], is_current boolean) (
	SFUNC = mlops.pca_accum, STYPE = mlops.two_samples, SSPACE = 256,
	FINALFUNC = mlops.two_samples_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.merge, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.pca_samples(mlops.pca, real[], boolean) IS 'reconstruction errors of reference (false) and current (true) rows, for pca_test(two_samples)';

CREATE AGGREGATE mlops.pca_test(model mlops.pca, features real[], is_current boolean) (
	SFUNC = mlops.pca_accum, STYPE = mlops.two_samples, SSPACE = 256,
	FINALFUNC = mlops.pca_test, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.merge, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.pca_test(mlops.pca, real[], boolean) IS 'Welch test that the mean reconstruction error has not changed; effect is its relative change; the reference rows must be others than those the model was fitted to';

CREATE FUNCTION mlops.mmd_accum(mlops.two_samples, float8[], boolean, float8) RETURNS mlops.two_samples
	AS 'MODULE_PATHNAME', 'mlops_mmd_accum' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.mmd_accum(mlops.two_samples, float8[], boolean, float8) IS 'transition function of mmd_samples and mmd_test';

CREATE AGGREGATE mlops.mmd_samples(features float8[], is_current boolean, bandwidth float8) (
	SFUNC = mlops.mmd_accum, STYPE = mlops.two_samples, SSPACE = 139264,
	FINALFUNC = mlops.two_samples_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.merge, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.mmd_samples(float8[], boolean, float8) IS 'random Fourier features of reference (false) and current (true) rows, for mmd_test(two_samples); seed 0';

CREATE AGGREGATE mlops.mmd_test(features float8[], is_current boolean, bandwidth float8) (
	SFUNC = mlops.mmd_accum, STYPE = mlops.two_samples, SSPACE = 139264,
	FINALFUNC = mlops.mmd_test, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.merge, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.mmd_test(float8[], boolean, float8) IS 'maximum mean discrepancy of a Gaussian kernel by 64 random Fourier features, one-sided; effect is the unbiased MMD squared; seed 0';

CREATE FUNCTION mlops.mmd_accum(mlops.two_samples, float8[], boolean, float8, bigint) RETURNS mlops.two_samples
	AS 'MODULE_PATHNAME', 'mlops_mmd_accum' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.mmd_accum(mlops.two_samples, float8[], boolean, float8, bigint) IS 'transition function of mmd_samples and mmd_test';

CREATE AGGREGATE mlops.mmd_samples(features float8[], is_current boolean, bandwidth float8, seed bigint) (
	SFUNC = mlops.mmd_accum, STYPE = mlops.two_samples, SSPACE = 139264,
	FINALFUNC = mlops.two_samples_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.merge, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.mmd_samples(float8[], boolean, float8, bigint) IS 'random Fourier features of reference (false) and current (true) rows, for mmd_test(two_samples)';

CREATE AGGREGATE mlops.mmd_test(features float8[], is_current boolean, bandwidth float8, seed bigint) (
	SFUNC = mlops.mmd_accum, STYPE = mlops.two_samples, SSPACE = 139264,
	FINALFUNC = mlops.mmd_test, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.merge, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.mmd_test(float8[], boolean, float8, bigint) IS 'maximum mean discrepancy of a Gaussian kernel by 64 random Fourier features, one-sided; effect is the unbiased MMD squared';

CREATE FUNCTION mlops.mmd_accum(mlops.two_samples, real[], boolean, float8) RETURNS mlops.two_samples
	AS 'MODULE_PATHNAME', 'mlops_mmd_accum' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.mmd_accum(mlops.two_samples, real[], boolean, float8) IS 'transition function of mmd_samples and mmd_test';

CREATE AGGREGATE mlops.mmd_samples(features real[], is_current boolean, bandwidth float8) (
	SFUNC = mlops.mmd_accum, STYPE = mlops.two_samples, SSPACE = 139264,
	FINALFUNC = mlops.two_samples_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.merge, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.mmd_samples(real[], boolean, float8) IS 'random Fourier features of reference (false) and current (true) rows, for mmd_test(two_samples); seed 0';

CREATE AGGREGATE mlops.mmd_test(features real[], is_current boolean, bandwidth float8) (
	SFUNC = mlops.mmd_accum, STYPE = mlops.two_samples, SSPACE = 139264,
	FINALFUNC = mlops.mmd_test, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.merge, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.mmd_test(real[], boolean, float8) IS 'maximum mean discrepancy of a Gaussian kernel by 64 random Fourier features, one-sided; effect is the unbiased MMD squared; seed 0';

CREATE FUNCTION mlops.mmd_accum(mlops.two_samples, real[], boolean, float8, bigint) RETURNS mlops.two_samples
	AS 'MODULE_PATHNAME', 'mlops_mmd_accum' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.mmd_accum(mlops.two_samples, real[], boolean, float8, bigint) IS 'transition function of mmd_samples and mmd_test';

CREATE AGGREGATE mlops.mmd_samples(features real[], is_current boolean, bandwidth float8, seed bigint) (
	SFUNC = mlops.mmd_accum, STYPE = mlops.two_samples, SSPACE = 139264,
	FINALFUNC = mlops.two_samples_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.merge, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.mmd_samples(real[], boolean, float8, bigint) IS 'random Fourier features of reference (false) and current (true) rows, for mmd_test(two_samples)';

CREATE AGGREGATE mlops.mmd_test(features real[], is_current boolean, bandwidth float8, seed bigint) (
	SFUNC = mlops.mmd_accum, STYPE = mlops.two_samples, SSPACE = 139264,
	FINALFUNC = mlops.mmd_test, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.merge, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.mmd_test(real[], boolean, float8, bigint) IS 'maximum mean discrepancy of a Gaussian kernel by 64 random Fourier features, one-sided; effect is the unbiased MMD squared';

CREATE FUNCTION mlops.mmd_bandwidth(rows float8[]) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_mmd_bandwidth' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.mmd_bandwidth(float8[]) IS 'median distance between the rows of a two-dimensional array, as array_agg() makes it of a sample of at most 1000 reference rows: a bandwidth for mmd_test';
