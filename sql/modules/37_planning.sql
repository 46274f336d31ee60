-- Planning: how many units, which effect, how long; and whether the test keeps
-- its promise on the user's own rows.  Formulas: doc/experiments/planning.md.

CREATE TYPE mlops.experiment_plan AS (
	method text,
	n_control bigint,
	n_treatment bigint,
	n_total bigint,
	effect float8,
	relative_effect float8,
	standard_error float8,
	baseline float8,
	sd float8,
	covariate_r2 float8,
	alpha float8,
	power float8,
	critical_value float8,
	df float8,
	assumption text,
	reason text
);
COMMENT ON TYPE mlops.experiment_plan IS 'n_treatment is of each treatment, n_total of all arms; alpha is that of one comparison, power what is reached; standard_error is on the scale that was asked for, sd that of one unit without covariates; assumption says what holds and whether it is an approximation, reason why there is no answer';

-- Not strict: sd, margin and planned_n are NULL where there are none.
CREATE FUNCTION mlops.sample_size(baseline float8, sd float8, effect float8, power float8 DEFAULT 0.8, metric text DEFAULT 'mean', scale text DEFAULT 'absolute', alpha float8 DEFAULT 0.05,
	alternative text DEFAULT 'two-sided', hypothesis text DEFAULT 'superiority', margin float8 DEFAULT NULL,
	higher_is_better boolean DEFAULT true, allocation float8 DEFAULT 1, treatments int DEFAULT 1, metrics int DEFAULT 1,
	guardrails int DEFAULT 0, inference text DEFAULT 'fixed', planned_n float8 DEFAULT NULL, covariate_r2 float8 DEFAULT 0)
	RETURNS mlops.experiment_plan
	AS 'MODULE_PATHNAME', 'mlops_plan_sample_size' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.sample_size(float8, float8, float8, float8, text, text, float8, text, text, float8, boolean, float8, int, int, int, text, float8, float8) IS 'the smallest numbers of units with which an effect is seen with this power: baseline is the level of the control, sd the standard deviation of one unit (NULL for a proportion); alpha is divided by treatments and metrics, beta by guardrails + 1';
CREATE FUNCTION mlops.sample_size(history mlops.moments, effect float8, power float8 DEFAULT 0.8, metric text DEFAULT 'mean', scale text DEFAULT 'absolute', alpha float8 DEFAULT 0.05,
	alternative text DEFAULT 'two-sided', hypothesis text DEFAULT 'superiority', margin float8 DEFAULT NULL,
	higher_is_better boolean DEFAULT true, allocation float8 DEFAULT 1, treatments int DEFAULT 1, metrics int DEFAULT 1,
	guardrails int DEFAULT 0, inference text DEFAULT 'fixed', planned_n float8 DEFAULT NULL)
	RETURNS mlops.experiment_plan
	AS 'MODULE_PATHNAME', 'mlops_plan_sample_size' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.sample_size(mlops.moments, float8, float8, text, text, float8, text, text, float8, boolean, float8, int, int, int, text, float8) IS 'the same, with level, variance and what covariates take away from past rows of the same table, in the variables of compare()';

-- Not strict: sd, margin and planned_n are NULL where there are none.
CREATE FUNCTION mlops.power(baseline float8, sd float8, effect float8, n_control bigint, metric text DEFAULT 'mean', scale text DEFAULT 'absolute', alpha float8 DEFAULT 0.05,
	alternative text DEFAULT 'two-sided', hypothesis text DEFAULT 'superiority', margin float8 DEFAULT NULL,
	higher_is_better boolean DEFAULT true, allocation float8 DEFAULT 1, treatments int DEFAULT 1, metrics int DEFAULT 1,
	guardrails int DEFAULT 0, inference text DEFAULT 'fixed', planned_n float8 DEFAULT NULL, covariate_r2 float8 DEFAULT 0)
	RETURNS mlops.experiment_plan
	AS 'MODULE_PATHNAME', 'mlops_plan_power_of' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.power(float8, float8, float8, bigint, text, text, float8, text, text, float8, boolean, float8, int, int, int, text, float8, float8) IS 'the power to see an effect with this number of units: baseline is the level of the control, sd the standard deviation of one unit (NULL for a proportion); alpha is divided by treatments and metrics, beta by guardrails + 1';
CREATE FUNCTION mlops.power(history mlops.moments, effect float8, n_control bigint, metric text DEFAULT 'mean', scale text DEFAULT 'absolute', alpha float8 DEFAULT 0.05,
	alternative text DEFAULT 'two-sided', hypothesis text DEFAULT 'superiority', margin float8 DEFAULT NULL,
	higher_is_better boolean DEFAULT true, allocation float8 DEFAULT 1, treatments int DEFAULT 1, metrics int DEFAULT 1,
	guardrails int DEFAULT 0, inference text DEFAULT 'fixed', planned_n float8 DEFAULT NULL)
	RETURNS mlops.experiment_plan
	AS 'MODULE_PATHNAME', 'mlops_plan_power_of' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.power(mlops.moments, float8, bigint, text, text, float8, text, text, float8, boolean, float8, int, int, int, text, float8) IS 'the same, with level, variance and what covariates take away from past rows of the same table, in the variables of compare()';

-- Not strict: sd, margin and planned_n are NULL where there are none.
CREATE FUNCTION mlops.minimum_detectable_effect(baseline float8, sd float8, n_control bigint, power float8 DEFAULT 0.8, metric text DEFAULT 'mean', scale text DEFAULT 'absolute', alpha float8 DEFAULT 0.05,
	alternative text DEFAULT 'two-sided', hypothesis text DEFAULT 'superiority', margin float8 DEFAULT NULL,
	higher_is_better boolean DEFAULT true, allocation float8 DEFAULT 1, treatments int DEFAULT 1, metrics int DEFAULT 1,
	guardrails int DEFAULT 0, inference text DEFAULT 'fixed', planned_n float8 DEFAULT NULL, covariate_r2 float8 DEFAULT 0)
	RETURNS mlops.experiment_plan
	AS 'MODULE_PATHNAME', 'mlops_plan_detectable' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.minimum_detectable_effect(float8, float8, bigint, float8, text, text, float8, text, text, float8, boolean, float8, int, int, int, text, float8, float8) IS 'the smallest effect that is seen with this power and number of units; with higher_is_better false the smallest drop; of non-inferiority the worst effect at which it is shown: baseline is the level of the control, sd the standard deviation of one unit (NULL for a proportion); alpha is divided by treatments and metrics, beta by guardrails + 1';
CREATE FUNCTION mlops.minimum_detectable_effect(history mlops.moments, n_control bigint, power float8 DEFAULT 0.8, metric text DEFAULT 'mean', scale text DEFAULT 'absolute', alpha float8 DEFAULT 0.05,
	alternative text DEFAULT 'two-sided', hypothesis text DEFAULT 'superiority', margin float8 DEFAULT NULL,
	higher_is_better boolean DEFAULT true, allocation float8 DEFAULT 1, treatments int DEFAULT 1, metrics int DEFAULT 1,
	guardrails int DEFAULT 0, inference text DEFAULT 'fixed', planned_n float8 DEFAULT NULL)
	RETURNS mlops.experiment_plan
	AS 'MODULE_PATHNAME', 'mlops_plan_detectable' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.minimum_detectable_effect(mlops.moments, bigint, float8, text, text, float8, text, text, float8, boolean, float8, int, int, int, text, float8) IS 'the same, with level, variance and what covariates take away from past rows of the same table, in the variables of compare()';

-- Not strict: planned_n is NULL where there is none.
CREATE FUNCTION mlops.remaining_units(standard_error float8, n bigint, effect float8, power float8 DEFAULT 0.8, alpha float8 DEFAULT 0.05,
									  alternative text DEFAULT 'two-sided', comparisons int DEFAULT 1, inference text DEFAULT 'fixed',
									  planned_n float8 DEFAULT NULL) RETURNS bigint
	AS 'MODULE_PATHNAME', 'mlops_plan_units_still_needed' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.remaining_units(float8, bigint, float8, float8, float8, text, int, text, float8) IS 'in the middle of an experiment: how many more units of all arms together until an effect is seen with this power, when n units have this standard error; NULL if never';

CREATE FUNCTION mlops.duration(units bigint, units_per_day float8, traffic float8 DEFAULT 1) RETURNS bigint
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE WHEN units >= 0 AND units_per_day > 0 AND units_per_day < 'Infinity' AND traffic > 0 AND traffic <= 1
		THEN ceil(units / (units_per_day * traffic) - 1e-9)::bigint END;
END;
COMMENT ON FUNCTION mlops.duration(bigint, float8, float8) IS 'days until so many units have come, with this many new units a day and this share of them in the experiment; NULL if never';

CREATE FUNCTION mlops.duration(units bigint, new_units bigint[], traffic float8 DEFAULT 1) RETURNS bigint
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE WHEN units <= 0 THEN 0 WHEN traffic > 0 AND traffic <= 1 THEN
		(SELECT min(d.day) FROM (SELECT u.day, sum(u.n) OVER (ORDER BY u.day) AS reached FROM unnest(new_units) WITH ORDINALITY u(n, day)) d
		  WHERE d.reached * traffic >= units) END;
END;
COMMENT ON FUNCTION mlops.duration(bigint, bigint[], float8) IS 'the same where fewer new units come every day: the units first seen on day 1, 2, ... of the past; NULL if these days do not suffice';

CREATE TYPE mlops.aa_result AS (
	method text,
	splits int,
	alpha float8,
	rejections int,
	false_positive_rate float8,
	lower float8,
	upper float8,
	above int,
	below int,
	statistic_sd float8,
	cells int,
	n bigint,
	n_excluded bigint,
	no_result int,
	reason text
);
COMMENT ON TYPE mlops.aa_result IS 'how often a test at level alpha found an effect between two random halves of the same rows: interval of the rate (95 %), findings of each sign, standard deviation of the statistic (1 if the variance is right), splits without a result';

CREATE FUNCTION mlops.aa_replay(cells mlops.moments[], metric text DEFAULT 'mean', splits int DEFAULT 1000, seed bigint DEFAULT 0,
								alpha float8 DEFAULT 0.05, share float8 DEFAULT 0.5) RETURNS mlops.aa_result
	AS 'MODULE_PATHNAME', 'mlops_aa_replay' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000000;
COMMENT ON FUNCTION mlops.aa_replay(mlops.moments[], text, int, bigint, float8, float8) IS 'A/A test of past rows: cells are the moments of units grouped by a hash of the unit; every split puts each cell into one of two arms at random, that share into the treatment, and compares them as compare() does';
