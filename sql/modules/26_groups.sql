-- mlops.group_moments: rows, mean, sums of squares and cubes per group, and the tests of
-- means made of them.  Formulas: doc/statistics/t_test.md, anova.md.

CREATE TYPE mlops.group_test_result AS (
	method text,
	statistic float8,
	df1 float8,
	df2 float8,
	p_value float8,
	groups bigint,
	n bigint,
	ln_p_value float8,
	effect float8,
	effect_measure text,
	effect_lower float8,
	effect_upper float8,
	n_excluded bigint,
	reason text
);
COMMENT ON TYPE mlops.group_test_result IS 'result of a test over several groups; df1 belongs to the groups, df2 to the rows within them; the other columns are those of mlops.test_result';

CREATE TYPE mlops.group_moments;

CREATE FUNCTION mlops.group_moments_in(cstring) RETURNS mlops.group_moments
	AS 'MODULE_PATHNAME', 'mlops_group_moments_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION mlops.group_moments_out(mlops.group_moments) RETURNS cstring
	AS 'MODULE_PATHNAME', 'mlops_group_moments_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION mlops.group_moments_recv(internal) RETURNS mlops.group_moments
	AS 'MODULE_PATHNAME', 'mlops_group_moments_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION mlops.group_moments_send(mlops.group_moments) RETURNS bytea
	AS 'MODULE_PATHNAME', 'mlops_group_moments_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE TYPE mlops.group_moments (
	INPUT = mlops.group_moments_in,
	OUTPUT = mlops.group_moments_out,
	RECEIVE = mlops.group_moments_recv,
	SEND = mlops.group_moments_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = double,
	STORAGE = extended
);
COMMENT ON TYPE mlops.group_moments IS 'rows, mean, sums of squares and cubes per group, with twice the digits of a float8; merges; NULL, NaN, infinities and rows without a group are counted apart';
COMMENT ON FUNCTION mlops.group_moments_in(cstring) IS 'text input: ("a" 3 2.5 0 4.5 0 1.5 0) null 0 nan 0 infinity 0 0 unassigned 0, for each group rows, mean, its rest, sum of squares, its rest, sum of cubes, its rest';
COMMENT ON FUNCTION mlops.group_moments_out(mlops.group_moments) IS 'text output; reads back as the same value';
COMMENT ON FUNCTION mlops.group_moments_recv(internal) IS 'binary input';
COMMENT ON FUNCTION mlops.group_moments_send(mlops.group_moments) IS 'binary output';

CREATE FUNCTION mlops.groups(mlops.group_moments, OUT "group" text, OUT n bigint, OUT mean float8, OUT variance float8, OUT sum_of_squares float8, OUT skewness float8) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'mlops_group_moments_groups' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 20;
COMMENT ON FUNCTION mlops.groups(mlops.group_moments) IS 'one row a group, in byte order; variance is the unbiased one, NULL for a single row, sum_of_squares that of the deviations from the mean, skewness that of all rows, NULL where it is not known';

CREATE FUNCTION mlops.to_jsonb(mlops.group_moments) RETURNS jsonb
	AS 'MODULE_PATHNAME', 'mlops_group_moments_to_jsonb' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.to_jsonb(mlops.group_moments) IS 'for people and programs: groups, n, mean, sum_of_squares and sum_of_cubes (null where out of range), null, nan, positive_infinity, negative_infinity, unassigned';

CREATE CAST (mlops.group_moments AS jsonb) WITH FUNCTION mlops.to_jsonb(mlops.group_moments);
COMMENT ON CAST (mlops.group_moments AS jsonb) IS 'groups, n, mean, sum_of_squares, sum_of_cubes, null, nan, positive_infinity, negative_infinity, unassigned';

CREATE FUNCTION mlops.merge(mlops.group_moments, mlops.group_moments) RETURNS mlops.group_moments
	AS 'MODULE_PATHNAME', 'mlops_group_moments_merge' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.merge(mlops.group_moments, mlops.group_moments) IS 'the rows of both';

CREATE FUNCTION mlops.group_moments_final(mlops.group_moments) RETURNS mlops.group_moments
	AS 'MODULE_PATHNAME', 'mlops_group_moments_final' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.group_moments_final(mlops.group_moments) IS 'final function of the aggregates group_moments and merge';

CREATE FUNCTION mlops.group_moments_accum(mlops.group_moments, float8, text) RETURNS mlops.group_moments
	AS 'MODULE_PATHNAME', 'mlops_group_moments_accum_text' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.group_moments_accum(mlops.group_moments, float8, text) IS 'transition function of group_moments and of the tests of means';
CREATE FUNCTION mlops.group_moments_accum(mlops.group_moments, float8, boolean) RETURNS mlops.group_moments
	AS 'MODULE_PATHNAME', 'mlops_group_moments_accum_bool' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.group_moments_accum(mlops.group_moments, float8, boolean) IS 'transition function of group_moments and of t_test; the groups are reference and current';

CREATE AGGREGATE mlops.group_moments(value float8, "group" text) (
	SFUNC = mlops.group_moments_accum, STYPE = mlops.group_moments, SSPACE = 896,
	FINALFUNC = mlops.group_moments_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.merge, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.group_moments(float8, text) IS 'rows, mean, sums of squares and cubes per group';
CREATE AGGREGATE mlops.group_moments(value float8, is_current boolean) (
	SFUNC = mlops.group_moments_accum, STYPE = mlops.group_moments, SSPACE = 896,
	FINALFUNC = mlops.group_moments_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.merge, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.group_moments(float8, boolean) IS 'rows, mean, sums of squares and cubes of the groups reference (false) and current (true)';

CREATE AGGREGATE mlops.merge(mlops.group_moments) (
	SFUNC = mlops.merge, STYPE = mlops.group_moments, SSPACE = 896,
	FINALFUNC = mlops.group_moments_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.merge, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.merge(mlops.group_moments) IS 'the rows of all; NULLs are skipped';

---------------------------------------------------------------------------
-- tests: of a state, and as aggregates over its rows
---------------------------------------------------------------------------

CREATE FUNCTION mlops.t_test(mlops.group_moments) RETURNS mlops.test_result
	AS 'MODULE_PATHNAME', 'mlops_group_moments_t_test' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.t_test(mlops.group_moments) IS 'Welch''s t test of two means, two-sided, current - reference; effect is Cohen''s d with the mean of both variances; where the difference is skewed, the larger of Welch''s p and that of the pooled variance, see method; of the groups reference and current';
CREATE FUNCTION mlops.t_test(mlops.group_moments, reference text, current text) RETURNS mlops.test_result
	AS 'MODULE_PATHNAME', 'mlops_group_moments_t_test_labels' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.t_test(mlops.group_moments, text, text) IS 'Welch''s t test of two means, two-sided, current - reference; effect is Cohen''s d with the mean of both variances; where the difference is skewed, the larger of Welch''s p and that of the pooled variance, see method; of the groups that are named';
CREATE AGGREGATE mlops.t_test(value float8, is_current boolean) (
	SFUNC = mlops.group_moments_accum, STYPE = mlops.group_moments, SSPACE = 896, INITCOND = '() null 0 nan 0 infinity 0 0 unassigned 0',
	FINALFUNC = mlops.t_test, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.merge, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.t_test(float8, boolean) IS 'Welch''s t test of two means, two-sided, current - reference; effect is Cohen''s d with the mean of both variances; where the difference is skewed, the larger of Welch''s p and that of the pooled variance, see method';

CREATE FUNCTION mlops.anova_test(mlops.group_moments) RETURNS mlops.group_test_result
	AS 'MODULE_PATHNAME', 'mlops_group_moments_anova_test' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.anova_test(mlops.group_moments) IS 'one-way analysis of variance: F test that all groups have the same mean, if they vary equally; effect is omega squared';
CREATE AGGREGATE mlops.anova_test(value float8, "group" text) (
	SFUNC = mlops.group_moments_accum, STYPE = mlops.group_moments, SSPACE = 896, INITCOND = '() null 0 nan 0 infinity 0 0 unassigned 0',
	FINALFUNC = mlops.anova_test, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.merge, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.anova_test(float8, text) IS 'one-way analysis of variance: F test that all groups have the same mean, if they vary equally; effect is omega squared';

CREATE FUNCTION mlops.welch_anova_test(mlops.group_moments) RETURNS mlops.group_test_result
	AS 'MODULE_PATHNAME', 'mlops_group_moments_welch_anova_test' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.welch_anova_test(mlops.group_moments) IS 'Welch''s F test that all groups have the same mean, also if they vary unequally; effect is omega squared; where differences are skewed, the larger of Welch''s p and that of anova_test, see method';
CREATE AGGREGATE mlops.welch_anova_test(value float8, "group" text) (
	SFUNC = mlops.group_moments_accum, STYPE = mlops.group_moments, SSPACE = 896, INITCOND = '() null 0 nan 0 infinity 0 0 unassigned 0',
	FINALFUNC = mlops.welch_anova_test, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.merge, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.welch_anova_test(float8, text) IS 'Welch''s F test that all groups have the same mean, also if they vary unequally; effect is omega squared; where differences are skewed, the larger of Welch''s p and that of anova_test, see method';

---------------------------------------------------------------------------
-- tests that keep every value, in memory up to work_mem, on disk beyond
---------------------------------------------------------------------------

CREATE FUNCTION mlops.ksample_accum(internal, float8, text) RETURNS internal
	AS 'MODULE_PATHNAME', 'mlops_ksample_accum' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.ksample_accum(internal, float8, text) IS 'transition function of the tests over groups that keep every value';
CREATE FUNCTION mlops.ksample_combine(internal, internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'mlops_ksample_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.ksample_combine(internal, internal) IS 'combine function of the tests over groups that keep every value';
CREATE FUNCTION mlops.ksample_serialize(internal) RETURNS bytea
	AS 'MODULE_PATHNAME', 'mlops_ksample_serialize' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.ksample_serialize(internal) IS 'partial results on their way between the processes of a parallel plan';
CREATE FUNCTION mlops.ksample_deserialize(bytea, internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'mlops_ksample_deserialize' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.ksample_deserialize(bytea, internal) IS 'partial results on their way between the processes of a parallel plan';

CREATE FUNCTION mlops.ksample_kruskal_wallis_test(internal) RETURNS mlops.group_test_result
	AS 'MODULE_PATHNAME', 'mlops_ksample_kruskal_wallis_test' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.ksample_kruskal_wallis_test(internal) IS 'final function of kruskal_wallis_test';
CREATE AGGREGATE mlops.kruskal_wallis_test(value float8, "group" text) (
	SFUNC = mlops.ksample_accum, STYPE = internal, SSPACE = 16384,
	FINALFUNC = mlops.ksample_kruskal_wallis_test, FINALFUNC_MODIFY = SHAREABLE,
	COMBINEFUNC = mlops.ksample_combine, SERIALFUNC = mlops.ksample_serialize, DESERIALFUNC = mlops.ksample_deserialize,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.kruskal_wallis_test(float8, text) IS 'Kruskal-Wallis test that no group tends to larger values; H of midranks, corrected for ties; exact p for small samples; effect is epsilon squared';

CREATE FUNCTION mlops.ksample_brown_forsythe_test(internal) RETURNS mlops.group_test_result
	AS 'MODULE_PATHNAME', 'mlops_ksample_brown_forsythe_test' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.ksample_brown_forsythe_test(internal) IS 'final function of brown_forsythe_test over groups';
CREATE AGGREGATE mlops.brown_forsythe_test(value float8, "group" text) (
	SFUNC = mlops.ksample_accum, STYPE = internal, SSPACE = 16384,
	FINALFUNC = mlops.ksample_brown_forsythe_test, FINALFUNC_MODIFY = SHAREABLE,
	COMBINEFUNC = mlops.ksample_combine, SERIALFUNC = mlops.ksample_serialize, DESERIALFUNC = mlops.ksample_deserialize,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.brown_forsythe_test(float8, text) IS 'Brown-Forsythe test that all groups spread equally: one-way F of the distances to the medians; effect is the omega squared of these';
