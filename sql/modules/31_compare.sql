-- Experiments: a treatment compared with a control.

CREATE TYPE mlops.comparison AS (
	method text,
	effect text,
	estimate float8,
	lower float8,
	upper float8,
	confidence float8,
	standard_error float8,
	statistic float8,
	df float8,
	p_value float8,
	ln_p_value float8,
	n_control bigint,
	n_treatment bigint,
	control float8,
	treatment float8,
	ln_e_value float8,
	chance_to_win float8,
	risk_control float8,
	risk_treatment float8,
	n_excluded bigint,
	reason text
);
COMMENT ON TYPE mlops.comparison IS 'effect of a treatment against a control, with interval, standard error and evidence; control and treatment are the levels compared, ln_p_value is right where p_value underflows, ln_e_value is evidence that may be looked at any time, the risks are posterior expected losses, reason says what there is not and why';

CREATE FUNCTION mlops.compare(control mlops.moments, treatment mlops.moments, metric text DEFAULT 'mean',
							  effect text DEFAULT 'absolute', inference text DEFAULT 'fixed', alternative text DEFAULT NULL,
							  confidence float8 DEFAULT 0.95, hypothesis text DEFAULT 'superiority', margin float8 DEFAULT NULL,
							  higher_is_better boolean DEFAULT NULL, relative_method text DEFAULT NULL, theta text DEFAULT NULL,
							  total_users float8 DEFAULT NULL, traffic float8 DEFAULT NULL, days float8 DEFAULT NULL,
							  planned_n float8 DEFAULT NULL, mixing_variance float8 DEFAULT NULL, min_units float8 DEFAULT NULL,
							  prior_mean float8 DEFAULT NULL, prior_sd float8 DEFAULT NULL)
	RETURNS mlops.comparison
	AS 'MODULE_PATHNAME', 'mlops_sql_compare' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.compare(mlops.moments, mlops.moments, text, text, text, text, float8, text, float8, boolean, text, text, float8, float8, float8, float8, float8, float8, float8, float8) IS
	'effect of a treatment on the mean, proportion or ratio of the units, from the moments of both arms, with covariates where the moments have them; an argument that does not apply is an error';

CREATE FUNCTION mlops.compare(control mlops.moments[], treatment mlops.moments[], metric text DEFAULT 'mean',
							  effect text DEFAULT 'absolute', inference text DEFAULT 'fixed', alternative text DEFAULT NULL,
							  confidence float8 DEFAULT 0.95, hypothesis text DEFAULT 'superiority', margin float8 DEFAULT NULL,
							  higher_is_better boolean DEFAULT NULL, relative_method text DEFAULT NULL, theta text DEFAULT NULL,
							  total_users float8 DEFAULT NULL, traffic float8 DEFAULT NULL, days float8 DEFAULT NULL,
							  planned_n float8 DEFAULT NULL, mixing_variance float8 DEFAULT NULL, min_units float8 DEFAULT NULL,
							  prior_mean float8 DEFAULT NULL, prior_sd float8 DEFAULT NULL,
							  shares float8[] DEFAULT NULL)
	RETURNS mlops.comparison
	AS 'MODULE_PATHNAME', 'mlops_sql_compare_strata' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.compare(mlops.moments[], mlops.moments[], text, text, text, text, float8, text, float8, boolean, text, text, float8, float8, float8, float8, float8, float8, float8, float8, float8[]) IS
	'the same post-stratified: one element for each stratum, weighted by the units or by known shares; thin strata are merged with the largest, and counted in method';

-- Winsorising: limits that are the same for all arms.

CREATE FUNCTION mlops.winsor_limits(profile mlops.profile, lower_share float8 DEFAULT 0, upper_share float8 DEFAULT 0.999) RETURNS float8[]
	AS 'MODULE_PATHNAME', 'mlops_winsor_limits' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.winsor_limits(mlops.profile, float8, float8) IS 'limits for winsorize(), quantiles of the finite values of a profile (approximate, see rank_error()); an end without a limit (share 0 or 1) is infinite; NULL without values';

CREATE FUNCTION mlops.winsorize(value float8, lower_limit float8, upper_limit float8) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_winsorize' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.winsorize(float8, float8, float8) IS 'the value, or the limit that it is beyond; NaN stays';

CREATE FUNCTION mlops.winsorize(value float8, limits float8[]) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_winsorize_array' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.winsorize(float8, float8[]) IS 'the value, or the limit that it is beyond; limits are those of winsor_limits(); NaN stays';
