-- Bayesian choices among several arms: which is the best, and how much traffic each should get.
-- Formulas: doc/experiments/bayes.md, doc/experiments/bandits.md.

CREATE TYPE mlops.arm_weight AS (
	arm int,
	n float8,
	level float8,
	standard_error float8,
	chance_best float8,
	chance_second float8,
	expected_loss float8,
	weight float8,
	n_excluded bigint,
	reason text
);
COMMENT ON TYPE mlops.arm_weight IS 'an arm of a choice: units (or trials, or exposure), mean and standard deviation of its posterior, P(best), P(second best), expected distance to the best, share of the traffic; reason says why the weight is not that of the chances';

-- Not strict: top_two is NULL for "when there are more than two arms", current_weights for equal ones.
CREATE FUNCTION mlops.thompson_weights(means float8[], standard_errors float8[], top_two boolean DEFAULT NULL, floor float8 DEFAULT 0.01,
									   higher_is_better boolean DEFAULT true, prior_mean float8 DEFAULT 0, prior_sd float8 DEFAULT 'Infinity') RETURNS SETOF mlops.arm_weight
	AS 'MODULE_PATHNAME', 'mlops_thompson_weights' LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 5;
COMMENT ON FUNCTION mlops.thompson_weights(float8[], float8[], boolean, float8, boolean, float8, float8) IS 'Thompson sampling''s weights of arms with normal posteriors, exact by quadrature (no draws, no seed): P(best), with top_two (by default with more than two arms) the mean of P(best) and P(second), at least floor; a standard error of 0 is a level that is known';

CREATE FUNCTION mlops.thompson_weights(arms mlops.moments[], metric text DEFAULT 'mean', top_two boolean DEFAULT NULL, floor float8 DEFAULT 0.01,
									   higher_is_better boolean DEFAULT true, min_units bigint DEFAULT 100, current_weights float8[] DEFAULT NULL,
									   prior_mean float8 DEFAULT 0, prior_sd float8 DEFAULT 'Infinity') RETURNS SETOF mlops.arm_weight
	AS 'MODULE_PATHNAME', 'mlops_thompson_weights_moments' LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 5;
COMMENT ON FUNCTION mlops.thompson_weights(mlops.moments[], text, boolean, float8, boolean, bigint, float8[], float8, float8) IS 'the same from moments, one for each arm or [arm][period], weighted by period: metric mean (value, covariate), ratio (numerator, denominator, both before) or proportion (0 and 1, beta posterior); below min_units in any arm weights stay as they are';

CREATE FUNCTION mlops.thompson_weights_proportion(successes bigint[], trials bigint[], top_two boolean DEFAULT NULL, floor float8 DEFAULT 0.01,
												  higher_is_better boolean DEFAULT true, min_units bigint DEFAULT 0, current_weights float8[] DEFAULT NULL,
												  prior_successes float8 DEFAULT 1, prior_failures float8 DEFAULT 1) RETURNS SETOF mlops.arm_weight
	AS 'MODULE_PATHNAME', 'mlops_thompson_weights_proportion' LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 5;
COMMENT ON FUNCTION mlops.thompson_weights_proportion(bigint[], bigint[], boolean, float8, boolean, bigint, float8[], float8, float8) IS 'Thompson sampling''s weights of proportions, beta posteriors, exact by quadrature: right for arms without a success too';

CREATE FUNCTION mlops.thompson_weights_rate(events bigint[], exposures float8[], top_two boolean DEFAULT NULL, floor float8 DEFAULT 0.01,
											higher_is_better boolean DEFAULT true, prior_shape float8 DEFAULT 0.5, prior_rate float8 DEFAULT 0) RETURNS SETOF mlops.arm_weight
	AS 'MODULE_PATHNAME', 'mlops_thompson_weights_rate' LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 5;
COMMENT ON FUNCTION mlops.thompson_weights_rate(bigint[], float8[], boolean, float8, boolean, float8, float8) IS 'Thompson sampling''s weights of rates of events (Poisson), gamma posteriors, exact by quadrature';

CREATE FUNCTION mlops.epsilon_greedy_weights(means float8[], epsilon float8 DEFAULT 0.1, higher_is_better boolean DEFAULT true) RETURNS float8[]
	AS 'MODULE_PATHNAME', 'mlops_epsilon_greedy_weights' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.epsilon_greedy_weights(float8[], float8, boolean) IS 'the best arm gets 1 - epsilon, and every arm its part of epsilon; equal arms share';

CREATE FUNCTION mlops.softmax_weights(means float8[], temperature float8, higher_is_better boolean DEFAULT true) RETURNS float8[]
	AS 'MODULE_PATHNAME', 'mlops_softmax_weights' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.softmax_weights(float8[], float8, boolean) IS 'weights in proportion to exp(mean / temperature), exp(-mean / temperature) when lower is better';

CREATE FUNCTION mlops.ucb1_bounds(means float8[], units bigint[], exploration float8 DEFAULT 2, higher_is_better boolean DEFAULT true) RETURNS float8[]
	AS 'MODULE_PATHNAME', 'mlops_ucb1_bounds' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.ucb1_bounds(float8[], bigint[], float8, boolean) IS 'mean + sqrt(exploration ln(all units) / units): UCB1 plays the arm where it is highest (lower is better: mean - ..., lowest); infinite without units';
