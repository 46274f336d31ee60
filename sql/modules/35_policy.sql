-- Effects on the same rows: paired comparison, off-policy value, uplift, interleaving.
-- Formulas: doc/experiments/paired.md, off_policy.md, uplift.md, interleaving.md.

-- Not strict: NULL is no rows, and a margin of NULL is none.
CREATE FUNCTION mlops.compare_paired(rows mlops.moments, effect text DEFAULT 'absolute', alternative text DEFAULT 'two-sided', confidence float8 DEFAULT 0.95,
									 hypothesis text DEFAULT 'superiority', margin float8 DEFAULT NULL, higher_is_better boolean DEFAULT true,
									 relative_method text DEFAULT 'auto') RETURNS mlops.comparison
	AS 'MODULE_PATHNAME', 'mlops_compare_paired' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.compare_paired(mlops.moments, text, text, float8, text, float8, boolean, text) IS 'effect of a treatment when both values are known for the same rows: moments(treatment, control), say moments(challenger_loss, champion_loss); their covariance takes the noise of the rows away';

---------------------------------------------------------------------------
-- off-policy value, from logged propensities
---------------------------------------------------------------------------

CREATE FUNCTION mlops.off_policy_accum(mlops.moments, float8, float8, float8) RETURNS mlops.moments
	AS 'MODULE_PATHNAME', 'mlops_off_policy_accum' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.off_policy_accum(mlops.moments, float8, float8, float8) IS 'transition function of off_policy';
CREATE FUNCTION mlops.off_policy_accum(mlops.moments, float8, float8, float8, float8) RETURNS mlops.moments
	AS 'MODULE_PATHNAME', 'mlops_off_policy_accum' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.off_policy_accum(mlops.moments, float8, float8, float8, float8) IS 'transition function of off_policy';
CREATE FUNCTION mlops.off_policy_accum(mlops.moments, float8, float8, float8, float8, float8) RETURNS mlops.moments
	AS 'MODULE_PATHNAME', 'mlops_off_policy_model_accum' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.off_policy_accum(mlops.moments, float8, float8, float8, float8, float8) IS 'transition function of off_policy';
CREATE FUNCTION mlops.off_policy_accum(mlops.moments, float8, float8, float8, float8, float8, float8) RETURNS mlops.moments
	AS 'MODULE_PATHNAME', 'mlops_off_policy_model_accum' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.off_policy_accum(mlops.moments, float8, float8, float8, float8, float8, float8) IS 'transition function of off_policy';

CREATE AGGREGATE mlops.off_policy(reward float8, probability float8, propensity float8) (
	SFUNC = mlops.off_policy_accum, STYPE = mlops.moments, SSPACE = 192,
	FINALFUNC = mlops.moments_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.merge, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.off_policy(float8, float8, float8) IS 'moments of the log of a policy, for the value of another one: reward, probability of the logged action under the new policy, propensity with which it was taken';
CREATE AGGREGATE mlops.off_policy(reward float8, probability float8, propensity float8, cap float8) (
	SFUNC = mlops.off_policy_accum, STYPE = mlops.moments, SSPACE = 192,
	FINALFUNC = mlops.moments_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.merge, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.off_policy(float8, float8, float8, float8) IS 'the same with weights (probability / propensity) of at most cap';
CREATE AGGREGATE mlops.off_policy(reward float8, probability float8, propensity float8, policy_value float8, action_value float8) (
	SFUNC = mlops.off_policy_accum, STYPE = mlops.moments, SSPACE = 256,
	FINALFUNC = mlops.moments_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.merge, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.off_policy(float8, float8, float8, float8, float8) IS 'the same with a model''s expected reward of the row: under the new policy, and of the logged action, for the doubly robust value';
CREATE AGGREGATE mlops.off_policy(reward float8, probability float8, propensity float8, policy_value float8, action_value float8, cap float8) (
	SFUNC = mlops.off_policy_accum, STYPE = mlops.moments, SSPACE = 256,
	FINALFUNC = mlops.moments_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.merge, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.off_policy(float8, float8, float8, float8, float8, float8) IS 'the same with a model''s expected rewards and weights of at most cap';

CREATE FUNCTION mlops.off_policy_value(log mlops.moments, method text DEFAULT NULL, confidence float8 DEFAULT 0.95, OUT estimator text, OUT value float8, OUT lower float8, OUT upper float8,
									   OUT standard_error float8, OUT n bigint, OUT effective_sample_size float8, OUT mean_weight float8, OUT n_capped bigint, OUT n_excluded bigint, OUT reason text)
	AS 'MODULE_PATHNAME', 'mlops_off_policy_value' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.off_policy_value(mlops.moments, text, float8) IS 'mean reward that the new policy would have had, with its interval: ips, snips or dr (the default where the model''s values are known, otherwise snips); a small effective_sample_size or a mean_weight far from 1 says not to believe it';

CREATE FUNCTION mlops.compare_off_policy(log mlops.moments, method text DEFAULT NULL, effect text DEFAULT 'absolute', alternative text DEFAULT 'two-sided', confidence float8 DEFAULT 0.95,
										 hypothesis text DEFAULT 'superiority', margin float8 DEFAULT NULL, higher_is_better boolean DEFAULT true,
										 relative_method text DEFAULT 'auto') RETURNS mlops.comparison
	AS 'MODULE_PATHNAME', 'mlops_compare_off_policy' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.compare_off_policy(mlops.moments, text, text, text, float8, text, float8, boolean, text) IS 'the new policy (treatment) against the one that was logged (control), both on the same rows';

---------------------------------------------------------------------------
-- uplift
---------------------------------------------------------------------------

CREATE FUNCTION mlops.uplift_curve(scores float8[], control mlops.moments[], treatment mlops.moments[], confidence float8 DEFAULT 0.95,
								   OUT score float8, OUT share float8, OUT n_control bigint, OUT n_treatment bigint, OUT control_mean float8, OUT treatment_mean float8,
								   OUT uplift float8, OUT lower float8, OUT upper float8, OUT standard_error float8, OUT gain float8, OUT qini float8, OUT reason text) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'mlops_uplift_curve_rows' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 100;
COMMENT ON FUNCTION mlops.uplift_curve(float8[], mlops.moments[], mlops.moments[], float8) IS 'effect of the treatment on the units with a score of at least this, one row a score, highest first; arrays of one element a score (or bin): moments(outcome) of the control and of the treated units, NULL for none';

CREATE FUNCTION mlops.uplift_summary(scores float8[], control mlops.moments[], treatment mlops.moments[], OUT uplift float8, OUT auuc float8, OUT auuc_random float8, OUT qini float8,
									 OUT n_control bigint, OUT n_treatment bigint, OUT n_scores int, OUT n_excluded bigint, OUT reason text)
	AS 'MODULE_PATHNAME', 'mlops_uplift_summary_row' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.uplift_summary(float8[], mlops.moments[], mlops.moments[]) IS 'areas of the uplift curve: auuc under gain (that of a random order is auuc_random), qini between the Qini curve and its straight line';

CREATE FUNCTION mlops.transformed_outcome(outcome float8, treated boolean, propensity float8) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_transformed_outcome' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.transformed_outcome(float8, boolean, float8) IS 'outcome / propensity of a treated unit, - outcome / (1 - propensity) of another one: its expectation is the effect of the treatment, so that any regression fits uplift';

---------------------------------------------------------------------------
-- interleaving
---------------------------------------------------------------------------

CREATE FUNCTION mlops.interleaving_test(wins_control bigint, wins_treatment bigint, ties bigint DEFAULT 0, alternative text DEFAULT 'two-sided', confidence float8 DEFAULT 0.95) RETURNS mlops.comparison
	AS 'MODULE_PATHNAME', 'mlops_interleaving_counts' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.interleaving_test(bigint, bigint, bigint, text, float8) IS 'exact sign test of wins; estimate is the share of wins of the treatment minus that of the control, ties (n_excluded) are left out';

CREATE FUNCTION mlops.interleaving_test(preferences mlops.moments, alternative text DEFAULT 'two-sided', confidence float8 DEFAULT 0.95) RETURNS mlops.comparison
	AS 'MODULE_PATHNAME', 'mlops_interleaving_preferences' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.interleaving_test(mlops.moments, text, float8) IS 't test of the mean preference, one value a user: (wins of the treatment - wins of the control) / queries of the user';

CREATE FUNCTION mlops.team_draft(ranking_a text[], ranking_b text[], seed bigint, length int DEFAULT 1000, OUT place int, OUT item text, OUT team text) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'mlops_interleave_team_draft' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10;
COMMENT ON FUNCTION mlops.team_draft(text[], text[], bigint, int) IS 'team-draft interleaving of two rankings: the same rows for the same seed; team says which ranking gets the credit';
