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
							  total_users float8 DEFAULT NULL, traffic float8 DEFAULT NULL, days float8 DEFAULT NULL)
	RETURNS mlops.comparison
	AS 'MODULE_PATHNAME', 'mlops_sql_compare' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.compare(mlops.moments, mlops.moments, text, text, text, text, float8, text, float8, boolean, text, text, float8, float8, float8) IS
	'effect of a treatment on the mean, proportion or ratio of the units, from the moments of both arms, with covariates where the moments have them; an argument that does not apply is an error';
