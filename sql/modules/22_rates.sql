-- Statistics over plain counts, for monitors of NULL rates and volume.

CREATE FUNCTION mlops.rate_change(k_reference bigint, n_reference bigint, k_current bigint, n_current bigint,
								  confidence float8 DEFAULT 0.95,
								  OUT difference float8, OUT lower float8, OUT upper float8, OUT p_value float8)
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'mlops_sql_rate_change';
COMMENT ON FUNCTION mlops.rate_change(bigint, bigint, bigint, bigint, float8) IS 'change of a share between two samples: current minus reference, Newcombe''s hybrid score interval, p-value of the pooled score test';

CREATE FUNCTION mlops.student_t_p(t float8, df float8) RETURNS float8
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'mlops_sql_student_t_p';
COMMENT ON FUNCTION mlops.student_t_p(float8, float8) IS 'two-sided p-value of Student''s t with df degrees of freedom';
