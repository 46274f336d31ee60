-- mlops.contingency: rows per value on two sides, and the exact two-sample
-- tests of categories.  Formulas: doc/statistics/contingency.md.

CREATE TYPE mlops.contingency;

CREATE FUNCTION mlops.contingency_in(cstring) RETURNS mlops.contingency
	AS 'MODULE_PATHNAME', 'mlops_contingency_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION mlops.contingency_out(mlops.contingency) RETURNS cstring
	AS 'MODULE_PATHNAME', 'mlops_contingency_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION mlops.contingency_recv(internal) RETURNS mlops.contingency
	AS 'MODULE_PATHNAME', 'mlops_contingency_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION mlops.contingency_send(mlops.contingency) RETURNS bytea
	AS 'MODULE_PATHNAME', 'mlops_contingency_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE TYPE mlops.contingency (
	INPUT = mlops.contingency_in,
	OUTPUT = mlops.contingency_out,
	RECEIVE = mlops.contingency_recv,
	SEND = mlops.contingency_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = double,
	STORAGE = extended
);
COMMENT ON TYPE mlops.contingency IS 'rows per value, reference and current: a 2 x k table that merges; NULL is a category of its own, rows of neither side are counted apart';
COMMENT ON FUNCTION mlops.contingency_in(cstring) IS 'text input: ("a" 3 4, "b" 0 1) null 0 0 unassigned 0, reference before current';
COMMENT ON FUNCTION mlops.contingency_out(mlops.contingency) IS 'text output; reads back as the same value';
COMMENT ON FUNCTION mlops.contingency_recv(internal) IS 'binary input';
COMMENT ON FUNCTION mlops.contingency_send(mlops.contingency) IS 'binary output';

CREATE FUNCTION mlops.categories(mlops.contingency, OUT value text, OUT n_reference bigint, OUT n_current bigint) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'mlops_contingency_categories' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 20;
COMMENT ON FUNCTION mlops.categories(mlops.contingency) IS 'one row a value, in byte order, NULL last';

CREATE FUNCTION mlops.to_jsonb(mlops.contingency) RETURNS jsonb
	AS 'MODULE_PATHNAME', 'mlops_contingency_to_jsonb' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.to_jsonb(mlops.contingency) IS 'the table for people and programs: categories, reference, current, null_reference, null_current, unassigned';

CREATE CAST (mlops.contingency AS jsonb) WITH FUNCTION mlops.to_jsonb(mlops.contingency);
COMMENT ON CAST (mlops.contingency AS jsonb) IS 'categories, reference, current, null_reference, null_current, unassigned';

CREATE FUNCTION mlops.merge(mlops.contingency, mlops.contingency) RETURNS mlops.contingency
	AS 'MODULE_PATHNAME', 'mlops_contingency_merge' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.merge(mlops.contingency, mlops.contingency) IS 'the rows of both';

CREATE FUNCTION mlops.contingency_final(mlops.contingency) RETURNS mlops.contingency
	AS 'MODULE_PATHNAME', 'mlops_contingency_final' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.contingency_final(mlops.contingency) IS 'final function of the aggregates contingency and merge';

CREATE FUNCTION mlops.contingency_accum(mlops.contingency, text, boolean) RETURNS mlops.contingency
	AS 'MODULE_PATHNAME', 'mlops_contingency_accum_text' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.contingency_accum(mlops.contingency, text, boolean) IS 'transition function of contingency and of the tests of categories';
CREATE FUNCTION mlops.contingency_accum(mlops.contingency, boolean, boolean) RETURNS mlops.contingency
	AS 'MODULE_PATHNAME', 'mlops_contingency_accum_bool' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.contingency_accum(mlops.contingency, boolean, boolean) IS 'transition function of contingency and of the tests of categories';

CREATE AGGREGATE mlops.contingency(value text, is_current boolean) (
	SFUNC = mlops.contingency_accum, STYPE = mlops.contingency, SSPACE = 512,
	FINALFUNC = mlops.contingency_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.merge, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.contingency(text, boolean) IS 'rows per value, reference (false) and current (true)';
CREATE AGGREGATE mlops.contingency(value boolean, is_current boolean) (
	SFUNC = mlops.contingency_accum, STYPE = mlops.contingency, SSPACE = 512,
	FINALFUNC = mlops.contingency_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.merge, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.contingency(boolean, boolean) IS 'rows per value, reference (false) and current (true)';

CREATE AGGREGATE mlops.merge(mlops.contingency) (
	SFUNC = mlops.merge, STYPE = mlops.contingency, SSPACE = 512,
	FINALFUNC = mlops.contingency_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.merge, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.merge(mlops.contingency) IS 'the rows of all; NULLs are skipped';

---------------------------------------------------------------------------
-- tests and distances: of a table, and as aggregates over its rows
---------------------------------------------------------------------------

CREATE FUNCTION mlops.chi2_test(mlops.contingency) RETURNS mlops.test_result
	AS 'MODULE_PATHNAME', 'mlops_contingency_chi2_test' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.chi2_test(mlops.contingency) IS 'Pearson chi-square test of the 2 x k table without continuity correction; effect is Cramer''s V; NULL is a category';
CREATE AGGREGATE mlops.chi2_test(value text, is_current boolean) (
	SFUNC = mlops.contingency_accum, STYPE = mlops.contingency, SSPACE = 512, INITCOND = '() null 0 0 unassigned 0',
	FINALFUNC = mlops.chi2_test, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.merge, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.chi2_test(text, boolean) IS 'Pearson chi-square test of the 2 x k table without continuity correction; effect is Cramer''s V; NULL is a category';
CREATE AGGREGATE mlops.chi2_test(value boolean, is_current boolean) (
	SFUNC = mlops.contingency_accum, STYPE = mlops.contingency, SSPACE = 512, INITCOND = '() null 0 0 unassigned 0',
	FINALFUNC = mlops.chi2_test, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.merge, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.chi2_test(boolean, boolean) IS 'Pearson chi-square test of the 2 x k table without continuity correction; effect is Cramer''s V; NULL is a category';

CREATE FUNCTION mlops.g_test(mlops.contingency) RETURNS mlops.test_result
	AS 'MODULE_PATHNAME', 'mlops_contingency_g_test' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.g_test(mlops.contingency) IS 'likelihood-ratio test of the 2 x k table; effect is Cramer''s V of it; NULL is a category';
CREATE AGGREGATE mlops.g_test(value text, is_current boolean) (
	SFUNC = mlops.contingency_accum, STYPE = mlops.contingency, SSPACE = 512, INITCOND = '() null 0 0 unassigned 0',
	FINALFUNC = mlops.g_test, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.merge, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.g_test(text, boolean) IS 'likelihood-ratio test of the 2 x k table; effect is Cramer''s V of it; NULL is a category';
CREATE AGGREGATE mlops.g_test(value boolean, is_current boolean) (
	SFUNC = mlops.contingency_accum, STYPE = mlops.contingency, SSPACE = 512, INITCOND = '() null 0 0 unassigned 0',
	FINALFUNC = mlops.g_test, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.merge, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.g_test(boolean, boolean) IS 'likelihood-ratio test of the 2 x k table; effect is Cramer''s V of it; NULL is a category';

CREATE FUNCTION mlops.fisher_exact_test(mlops.contingency) RETURNS mlops.test_result
	AS 'MODULE_PATHNAME', 'mlops_contingency_fisher_exact_test' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.fisher_exact_test(mlops.contingency) IS 'Fisher''s exact test of two categories, two-sided; statistic is the current rows of the last one, effect the odds ratio of it, current over reference';
CREATE AGGREGATE mlops.fisher_exact_test(value text, is_current boolean) (
	SFUNC = mlops.contingency_accum, STYPE = mlops.contingency, SSPACE = 512, INITCOND = '() null 0 0 unassigned 0',
	FINALFUNC = mlops.fisher_exact_test, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.merge, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.fisher_exact_test(text, boolean) IS 'Fisher''s exact test of two categories, two-sided; statistic is the current rows of the last one, effect the odds ratio of it, current over reference';
CREATE AGGREGATE mlops.fisher_exact_test(value boolean, is_current boolean) (
	SFUNC = mlops.contingency_accum, STYPE = mlops.contingency, SSPACE = 512, INITCOND = '() null 0 0 unassigned 0',
	FINALFUNC = mlops.fisher_exact_test, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.merge, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.fisher_exact_test(boolean, boolean) IS 'Fisher''s exact test of two categories, two-sided; statistic is the current rows of the last one, effect the odds ratio of it, current over reference';

CREATE FUNCTION mlops.z_test(mlops.contingency) RETURNS mlops.test_result
	AS 'MODULE_PATHNAME', 'mlops_contingency_z_test' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.z_test(mlops.contingency) IS 'pooled z test of the share of the last of two categories, two-sided, current - reference; effect is Cohen''s h';
CREATE AGGREGATE mlops.z_test(value text, is_current boolean) (
	SFUNC = mlops.contingency_accum, STYPE = mlops.contingency, SSPACE = 512, INITCOND = '() null 0 0 unassigned 0',
	FINALFUNC = mlops.z_test, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.merge, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.z_test(text, boolean) IS 'pooled z test of the share of the last of two categories, two-sided, current - reference; effect is Cohen''s h';
CREATE AGGREGATE mlops.z_test(value boolean, is_current boolean) (
	SFUNC = mlops.contingency_accum, STYPE = mlops.contingency, SSPACE = 512, INITCOND = '() null 0 0 unassigned 0',
	FINALFUNC = mlops.z_test, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.merge, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.z_test(boolean, boolean) IS 'pooled z test of the share of the last of two categories, two-sided, current - reference; effect is Cohen''s h';

CREATE FUNCTION mlops.total_variation_distance(mlops.contingency) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_contingency_total_variation_distance' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.total_variation_distance(mlops.contingency) IS 'total variation distance: the share of rows that would have to move, 0 to 1; NULL is a category';
CREATE AGGREGATE mlops.total_variation_distance(value text, is_current boolean) (
	SFUNC = mlops.contingency_accum, STYPE = mlops.contingency, SSPACE = 512,
	FINALFUNC = mlops.total_variation_distance, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.merge, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.total_variation_distance(text, boolean) IS 'total variation distance: the share of rows that would have to move, 0 to 1; NULL is a category';
CREATE AGGREGATE mlops.total_variation_distance(value boolean, is_current boolean) (
	SFUNC = mlops.contingency_accum, STYPE = mlops.contingency, SSPACE = 512,
	FINALFUNC = mlops.total_variation_distance, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.merge, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.total_variation_distance(boolean, boolean) IS 'total variation distance: the share of rows that would have to move, 0 to 1; NULL is a category';

CREATE FUNCTION mlops.linf_distance(mlops.contingency) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_contingency_linf_distance' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.linf_distance(mlops.contingency) IS 'largest change of the share of one category, 0 to 1; NULL is a category';
CREATE AGGREGATE mlops.linf_distance(value text, is_current boolean) (
	SFUNC = mlops.contingency_accum, STYPE = mlops.contingency, SSPACE = 512,
	FINALFUNC = mlops.linf_distance, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.merge, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.linf_distance(text, boolean) IS 'largest change of the share of one category, 0 to 1; NULL is a category';
CREATE AGGREGATE mlops.linf_distance(value boolean, is_current boolean) (
	SFUNC = mlops.contingency_accum, STYPE = mlops.contingency, SSPACE = 512,
	FINALFUNC = mlops.linf_distance, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.merge, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.linf_distance(boolean, boolean) IS 'largest change of the share of one category, 0 to 1; NULL is a category';
