-- Many questions: e-values, and mlops.online_fdr, the false discovery rate of a
-- stream of tests.  adjust_p() is in 20_drift.sql.  Formulas:
-- doc/statistics/adjust.md, doc/statistics/online_fdr.md.

CREATE FUNCTION mlops.adjust_e(e_values float8[]) RETURNS float8[]
	AS 'MODULE_PATHNAME', 'mlops_adjust_e_values' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.adjust_e(float8[]) IS 'e-values adjusted for their number by e-BH: reject at alpha what is at least 1 / alpha; NULLs stay NULL and do not count';

CREATE FUNCTION mlops.e_bh(e_values float8[], alpha float8 DEFAULT 0.05) RETURNS boolean[]
	AS 'MODULE_PATHNAME', 'mlops_e_bh' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.e_bh(float8[], float8) IS 'which hypotheses e-BH rejects at this false discovery rate, whatever the dependence of the e-values; NULLs stay NULL and do not count';

CREATE FUNCTION mlops.p_to_e(p float8, kappa float8 DEFAULT 0.5) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_p_to_e_value' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.p_to_e(float8, float8) IS 'e-value of a p-value: kappa p^(kappa - 1), kappa between 0 and 1';

CREATE FUNCTION mlops.e_to_p(e float8) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_e_to_p_value' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.e_to_p(float8) IS 'p-value of an e-value: the smaller of 1 and 1 / e';

---------------------------------------------------------------------------
-- online false discovery rate
---------------------------------------------------------------------------

CREATE TYPE mlops.online_fdr;

CREATE FUNCTION mlops.online_fdr_in(cstring) RETURNS mlops.online_fdr
	AS 'MODULE_PATHNAME', 'mlops_online_fdr_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION mlops.online_fdr_out(mlops.online_fdr) RETURNS cstring
	AS 'MODULE_PATHNAME', 'mlops_online_fdr_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION mlops.online_fdr_recv(internal) RETURNS mlops.online_fdr
	AS 'MODULE_PATHNAME', 'mlops_online_fdr_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION mlops.online_fdr_send(mlops.online_fdr) RETURNS bytea
	AS 'MODULE_PATHNAME', 'mlops_online_fdr_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE TYPE mlops.online_fdr (
	INPUT = mlops.online_fdr_in,
	OUTPUT = mlops.online_fdr_out,
	RECEIVE = mlops.online_fdr_recv,
	SEND = mlops.online_fdr_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = double,
	STORAGE = extended
);
COMMENT ON TYPE mlops.online_fdr IS 'a stream of tests under online control of the false discovery rate: parameters, number of tests, when it rejected';
COMMENT ON FUNCTION mlops.online_fdr_in(cstring) IS 'text input: saffron alpha 0.05 w0 0.025 lambda 0.5 tests 3 clock 2 last 0.001 rejected 0 runs (1 1), or a method alone for a state with its default parameters';
COMMENT ON FUNCTION mlops.online_fdr_out(mlops.online_fdr) IS 'text output; reads back as the same value';
COMMENT ON FUNCTION mlops.online_fdr_recv(internal) IS 'binary input';
COMMENT ON FUNCTION mlops.online_fdr_send(mlops.online_fdr) IS 'binary output';

-- Not strict: w0, lambda and tau are NULL for the method's defaults.
CREATE FUNCTION mlops.online_fdr(method text DEFAULT 'lord++', alpha float8 DEFAULT 0.05, w0 float8 DEFAULT NULL,
								 lambda float8 DEFAULT NULL, tau float8 DEFAULT NULL) RETURNS mlops.online_fdr
	AS 'MODULE_PATHNAME', 'mlops_online_fdr_create' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.online_fdr(text, float8, float8, float8, float8) IS 'a state before its first test: lord++, saffron or addis at false discovery rate alpha; w0 is the initial wealth, p-values up to lambda are candidates (saffron, addis), those above tau are discarded (addis)';

-- Not strict: a NULL p is no test.
CREATE FUNCTION mlops.online_fdr_update(state mlops.online_fdr, p float8) RETURNS mlops.online_fdr
	AS 'MODULE_PATHNAME', 'mlops_online_fdr_update' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.online_fdr_update(mlops.online_fdr, float8) IS 'the state after testing p; last_rejected() of it is the decision; a NULL p is no test';

CREATE FUNCTION mlops.online_fdr_run(state mlops.online_fdr, p_values float8[]) RETURNS mlops.online_fdr
	AS 'MODULE_PATHNAME', 'mlops_online_fdr_run' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.online_fdr_run(mlops.online_fdr, float8[]) IS 'the state after testing all of them in the order of the array; NULLs are no tests';

CREATE FUNCTION mlops.online_fdr_test(state mlops.online_fdr, p_values float8[],
									  OUT i bigint, OUT p float8, OUT level float8, OUT rejected boolean) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'mlops_online_fdr_test' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 100;
COMMENT ON FUNCTION mlops.online_fdr_test(mlops.online_fdr, float8[]) IS 'one row a p-value, in the order of the array: the level it is tested at and the decision; NULLs are no tests';

CREATE FUNCTION mlops.alpha_level(mlops.online_fdr) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_online_fdr_alpha_level' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.alpha_level(mlops.online_fdr) IS 'the level of the next test: it rejects a p-value up to this';

CREATE FUNCTION mlops.tests(mlops.online_fdr) RETURNS bigint
	AS 'MODULE_PATHNAME', 'mlops_online_fdr_tests' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.tests(mlops.online_fdr) IS 'tests so far';

CREATE FUNCTION mlops.rejections(mlops.online_fdr) RETURNS bigint
	AS 'MODULE_PATHNAME', 'mlops_online_fdr_rejections' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.rejections(mlops.online_fdr) IS 'rejections so far';

CREATE FUNCTION mlops.last_level(mlops.online_fdr) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_online_fdr_last_level' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.last_level(mlops.online_fdr) IS 'the level of the last test; NULL before the first';

CREATE FUNCTION mlops.last_rejected(mlops.online_fdr) RETURNS boolean
	AS 'MODULE_PATHNAME', 'mlops_online_fdr_last_rejected' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.last_rejected(mlops.online_fdr) IS 'whether the last test rejected; NULL before the first';

CREATE FUNCTION mlops.to_jsonb(mlops.online_fdr) RETURNS jsonb
	AS 'MODULE_PATHNAME', 'mlops_online_fdr_to_jsonb' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.to_jsonb(mlops.online_fdr) IS 'the state for people and programs: method, alpha, w0, lambda, tau, tests, rejections, last_level, last_rejected, alpha_level';

CREATE CAST (mlops.online_fdr AS jsonb) WITH FUNCTION mlops.to_jsonb(mlops.online_fdr);
COMMENT ON CAST (mlops.online_fdr AS jsonb) IS 'method, alpha, w0, lambda, tau, tests, rejections, last_level, last_rejected, alpha_level';
