-- Exact two-sample tests and distances of numbers: aggregates over rows that
-- keep every value, in memory up to work_mem, on disk beyond.
-- Formulas: doc/statistics/twosample.md.

CREATE FUNCTION mlops.sample_accum(internal, float8, boolean) RETURNS internal
	AS 'MODULE_PATHNAME', 'mlops_sample_accum' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.sample_accum(internal, float8, boolean) IS 'transition function of the exact two-sample tests of numbers';
CREATE FUNCTION mlops.sample_accum(internal, float8, boolean, integer, bigint) RETURNS internal
	AS 'MODULE_PATHNAME', 'mlops_sample_accum_permutations' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.sample_accum(internal, float8, boolean, integer, bigint) IS 'transition function of the exact two-sample tests of numbers with permutations and their seed';
CREATE FUNCTION mlops.sample_combine(internal, internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'mlops_sample_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.sample_combine(internal, internal) IS 'combine function of the exact two-sample tests of numbers';
CREATE FUNCTION mlops.sample_serialize(internal) RETURNS bytea
	AS 'MODULE_PATHNAME', 'mlops_sample_serialize' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.sample_serialize(internal) IS 'partial results on their way between the processes of a parallel plan';
CREATE FUNCTION mlops.sample_deserialize(bytea, internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'mlops_sample_deserialize' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.sample_deserialize(bytea, internal) IS 'partial results on their way between the processes of a parallel plan';

---------------------------------------------------------------------------
-- tests
---------------------------------------------------------------------------

CREATE FUNCTION mlops.sample_ks_test(internal) RETURNS mlops.test_result
	AS 'MODULE_PATHNAME', 'mlops_sample_ks_test' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.sample_ks_test(internal) IS 'final function of ks_test';
CREATE AGGREGATE mlops.ks_test(value float8, is_current boolean) (
	SFUNC = mlops.sample_accum, STYPE = internal, SSPACE = 16384,
	FINALFUNC = mlops.sample_ks_test, FINALFUNC_MODIFY = SHAREABLE,
	COMBINEFUNC = mlops.sample_combine, SERIALFUNC = mlops.sample_serialize, DESERIALFUNC = mlops.sample_deserialize,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.ks_test(float8, boolean) IS 'Kolmogorov-Smirnov test of two samples; statistic and effect are D, the largest difference of the distribution functions';

CREATE FUNCTION mlops.sample_kuiper_test(internal) RETURNS mlops.test_result
	AS 'MODULE_PATHNAME', 'mlops_sample_kuiper_test' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.sample_kuiper_test(internal) IS 'final function of kuiper_test';
CREATE AGGREGATE mlops.kuiper_test(value float8, is_current boolean) (
	SFUNC = mlops.sample_accum, STYPE = internal, SSPACE = 16384,
	FINALFUNC = mlops.sample_kuiper_test, FINALFUNC_MODIFY = SHAREABLE,
	COMBINEFUNC = mlops.sample_combine, SERIALFUNC = mlops.sample_serialize, DESERIALFUNC = mlops.sample_deserialize,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.kuiper_test(float8, boolean) IS 'Kuiper test of two samples; statistic and effect are V = D+ + D-, as sensitive in the tails as in the middle';

CREATE FUNCTION mlops.sample_brown_forsythe_test(internal) RETURNS mlops.test_result
	AS 'MODULE_PATHNAME', 'mlops_sample_brown_forsythe_test' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.sample_brown_forsythe_test(internal) IS 'final function of brown_forsythe_test';
CREATE AGGREGATE mlops.brown_forsythe_test(value float8, is_current boolean) (
	SFUNC = mlops.sample_accum, STYPE = internal, SSPACE = 16384,
	FINALFUNC = mlops.sample_brown_forsythe_test, FINALFUNC_MODIFY = SHAREABLE,
	COMBINEFUNC = mlops.sample_combine, SERIALFUNC = mlops.sample_serialize, DESERIALFUNC = mlops.sample_deserialize,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.brown_forsythe_test(float8, boolean) IS 'Brown-Forsythe test of equal spread of two samples: one-way F of the distances to the medians';

CREATE FUNCTION mlops.sample_cvm_test(internal) RETURNS mlops.test_result
	AS 'MODULE_PATHNAME', 'mlops_sample_cvm_test' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.sample_cvm_test(internal) IS 'final function of cvm_test';
CREATE AGGREGATE mlops.cvm_test(value float8, is_current boolean) (
	SFUNC = mlops.sample_accum, STYPE = internal, SSPACE = 16384,
	FINALFUNC = mlops.sample_cvm_test, FINALFUNC_MODIFY = SHAREABLE,
	COMBINEFUNC = mlops.sample_combine, SERIALFUNC = mlops.sample_serialize, DESERIALFUNC = mlops.sample_deserialize,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.cvm_test(float8, boolean) IS 'Cramer-von Mises test of two samples, with any ties; effect is the root of the integral of (F - G)^2 dH';
CREATE AGGREGATE mlops.cvm_test(value float8, is_current boolean, permutations integer, seed bigint) (
	SFUNC = mlops.sample_accum, STYPE = internal, SSPACE = 16384,
	FINALFUNC = mlops.sample_cvm_test, FINALFUNC_MODIFY = SHAREABLE,
	COMBINEFUNC = mlops.sample_combine, SERIALFUNC = mlops.sample_serialize, DESERIALFUNC = mlops.sample_deserialize,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.cvm_test(float8, boolean, integer, bigint) IS 'Cramer-von Mises test of two samples, with any ties; effect is the root of the integral of (F - G)^2 dH; p from so many seeded permutations';

CREATE FUNCTION mlops.sample_anderson_darling_test(internal) RETURNS mlops.test_result
	AS 'MODULE_PATHNAME', 'mlops_sample_anderson_darling_test' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.sample_anderson_darling_test(internal) IS 'final function of anderson_darling_test';
CREATE AGGREGATE mlops.anderson_darling_test(value float8, is_current boolean) (
	SFUNC = mlops.sample_accum, STYPE = internal, SSPACE = 16384,
	FINALFUNC = mlops.sample_anderson_darling_test, FINALFUNC_MODIFY = SHAREABLE,
	COMBINEFUNC = mlops.sample_combine, SERIALFUNC = mlops.sample_serialize, DESERIALFUNC = mlops.sample_deserialize,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.anderson_darling_test(float8, boolean) IS 'Anderson-Darling test of two samples, with any ties; effect is the root of the integral of (F - G)^2 / (H (1 - H)) dH';
CREATE AGGREGATE mlops.anderson_darling_test(value float8, is_current boolean, permutations integer, seed bigint) (
	SFUNC = mlops.sample_accum, STYPE = internal, SSPACE = 16384,
	FINALFUNC = mlops.sample_anderson_darling_test, FINALFUNC_MODIFY = SHAREABLE,
	COMBINEFUNC = mlops.sample_combine, SERIALFUNC = mlops.sample_serialize, DESERIALFUNC = mlops.sample_deserialize,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.anderson_darling_test(float8, boolean, integer, bigint) IS 'Anderson-Darling test of two samples, with any ties; effect is the root of the integral of (F - G)^2 / (H (1 - H)) dH; p from so many seeded permutations';

CREATE FUNCTION mlops.sample_energy_test(internal) RETURNS mlops.test_result
	AS 'MODULE_PATHNAME', 'mlops_sample_energy_test' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.sample_energy_test(internal) IS 'final function of energy_test';
CREATE AGGREGATE mlops.energy_test(value float8, is_current boolean) (
	SFUNC = mlops.sample_accum, STYPE = internal, SSPACE = 16384,
	FINALFUNC = mlops.sample_energy_test, FINALFUNC_MODIFY = SHAREABLE,
	COMBINEFUNC = mlops.sample_combine, SERIALFUNC = mlops.sample_serialize, DESERIALFUNC = mlops.sample_deserialize,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.energy_test(float8, boolean) IS 'energy test of two samples, with any ties; effect is the energy coefficient, from 0 to 1, whatever the unit';
CREATE AGGREGATE mlops.energy_test(value float8, is_current boolean, permutations integer, seed bigint) (
	SFUNC = mlops.sample_accum, STYPE = internal, SSPACE = 16384,
	FINALFUNC = mlops.sample_energy_test, FINALFUNC_MODIFY = SHAREABLE,
	COMBINEFUNC = mlops.sample_combine, SERIALFUNC = mlops.sample_serialize, DESERIALFUNC = mlops.sample_deserialize,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.energy_test(float8, boolean, integer, bigint) IS 'energy test of two samples, with any ties; effect is the energy coefficient, from 0 to 1, whatever the unit; p from so many seeded permutations';

CREATE FUNCTION mlops.sample_mann_whitney_test(internal) RETURNS mlops.test_result
	AS 'MODULE_PATHNAME', 'mlops_sample_mann_whitney_test' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.sample_mann_whitney_test(internal) IS 'final function of mann_whitney_test';
CREATE AGGREGATE mlops.mann_whitney_test(value float8, is_current boolean) (
	SFUNC = mlops.sample_accum, STYPE = internal, SSPACE = 16384,
	FINALFUNC = mlops.sample_mann_whitney_test, FINALFUNC_MODIFY = SHAREABLE,
	COMBINEFUNC = mlops.sample_combine, SERIALFUNC = mlops.sample_serialize, DESERIALFUNC = mlops.sample_deserialize,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.mann_whitney_test(float8, boolean) IS 'Mann-Whitney (Wilcoxon rank sum) test, two-sided; statistic is U of current, effect Cliff''s delta, positive when current is larger';

CREATE FUNCTION mlops.sample_epps_singleton_test(internal) RETURNS mlops.test_result
	AS 'MODULE_PATHNAME', 'mlops_sample_epps_singleton_test' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.sample_epps_singleton_test(internal) IS 'final function of epps_singleton_test';
CREATE AGGREGATE mlops.epps_singleton_test(value float8, is_current boolean) (
	SFUNC = mlops.sample_accum, STYPE = internal, SSPACE = 16384,
	FINALFUNC = mlops.sample_epps_singleton_test, FINALFUNC_MODIFY = SHAREABLE,
	COMBINEFUNC = mlops.sample_combine, SERIALFUNC = mlops.sample_serialize, DESERIALFUNC = mlops.sample_deserialize,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.epps_singleton_test(float8, boolean) IS 'Epps-Singleton test: chi-square of the empirical characteristic functions at two points, also for discrete values';

CREATE FUNCTION mlops.sample_wasserstein_test(internal) RETURNS mlops.test_result
	AS 'MODULE_PATHNAME', 'mlops_sample_wasserstein_test' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.sample_wasserstein_test(internal) IS 'final function of wasserstein_test';
CREATE AGGREGATE mlops.wasserstein_test(value float8, is_current boolean) (
	SFUNC = mlops.sample_accum, STYPE = internal, SSPACE = 16384,
	FINALFUNC = mlops.sample_wasserstein_test, FINALFUNC_MODIFY = SHAREABLE,
	COMBINEFUNC = mlops.sample_combine, SERIALFUNC = mlops.sample_serialize, DESERIALFUNC = mlops.sample_deserialize,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.wasserstein_test(float8, boolean) IS 'test by the Wasserstein-1 distance, p by seeded permutations; effect is the distance in standard deviations';
CREATE AGGREGATE mlops.wasserstein_test(value float8, is_current boolean, permutations integer, seed bigint) (
	SFUNC = mlops.sample_accum, STYPE = internal, SSPACE = 16384,
	FINALFUNC = mlops.sample_wasserstein_test, FINALFUNC_MODIFY = SHAREABLE,
	COMBINEFUNC = mlops.sample_combine, SERIALFUNC = mlops.sample_serialize, DESERIALFUNC = mlops.sample_deserialize,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.wasserstein_test(float8, boolean, integer, bigint) IS 'test by the Wasserstein-1 distance, p by seeded permutations; effect is the distance in standard deviations; p from so many seeded permutations';

---------------------------------------------------------------------------
-- distances
---------------------------------------------------------------------------

CREATE FUNCTION mlops.sample_wasserstein_distance(internal) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_sample_wasserstein_distance' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.sample_wasserstein_distance(internal) IS 'final function of wasserstein_distance';
CREATE AGGREGATE mlops.wasserstein_distance(value float8, is_current boolean) (
	SFUNC = mlops.sample_accum, STYPE = internal, SSPACE = 16384,
	FINALFUNC = mlops.sample_wasserstein_distance, FINALFUNC_MODIFY = SHAREABLE,
	COMBINEFUNC = mlops.sample_combine, SERIALFUNC = mlops.sample_serialize, DESERIALFUNC = mlops.sample_deserialize,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.wasserstein_distance(float8, boolean) IS 'Wasserstein-1 (earth mover''s) distance of reference and current, in units of the value';

CREATE FUNCTION mlops.sample_energy_distance(internal) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_sample_energy_distance' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.sample_energy_distance(internal) IS 'final function of energy_distance';
CREATE AGGREGATE mlops.energy_distance(value float8, is_current boolean) (
	SFUNC = mlops.sample_accum, STYPE = internal, SSPACE = 16384,
	FINALFUNC = mlops.sample_energy_distance, FINALFUNC_MODIFY = SHAREABLE,
	COMBINEFUNC = mlops.sample_combine, SERIALFUNC = mlops.sample_serialize, DESERIALFUNC = mlops.sample_deserialize,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.energy_distance(float8, boolean) IS 'energy distance of reference and current: sqrt(2 integral (F - G)^2), in root units of the value';
