-- Experiments that are looked at often: mlops.evidence, the running evidence as
-- a value, confidence sequences and e-values of one look, group-sequential designs.
-- Formulas: doc/experiments/sequential.md, doc/experiments/group_sequential.md.

CREATE TYPE mlops.evidence;

CREATE FUNCTION mlops.evidence_in(cstring) RETURNS mlops.evidence
	AS 'MODULE_PATHNAME', 'mlops_evidence_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION mlops.evidence_out(mlops.evidence) RETURNS cstring
	AS 'MODULE_PATHNAME', 'mlops_evidence_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION mlops.evidence_recv(internal) RETURNS mlops.evidence
	AS 'MODULE_PATHNAME', 'mlops_evidence_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION mlops.evidence_send(mlops.evidence) RETURNS bytea
	AS 'MODULE_PATHNAME', 'mlops_evidence_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE TYPE mlops.evidence (
	INPUT = mlops.evidence_in,
	OUTPUT = mlops.evidence_out,
	RECEIVE = mlops.evidence_recv,
	SEND = mlops.evidence_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = double,
	STORAGE = extended
);
COMMENT ON TYPE mlops.evidence IS 'running evidence about the effect of a treatment, valid however often and whenever it is looked at: method and options, looks, the largest e-value, and the numbers of each phase at its last look';
COMMENT ON FUNCTION mlops.evidence_in(cstring) IS 'text input: counts none greater confidence 0.95 null 1 tuning 2 minimum 0 looks 4 max 1.5 phases (share 0.05 units 950 50 events 20 0 estimate 0 variance 0)';
COMMENT ON FUNCTION mlops.evidence_out(mlops.evidence) IS 'text output; reads back as the same value';
COMMENT ON FUNCTION mlops.evidence_recv(internal) IS 'binary input';
COMMENT ON FUNCTION mlops.evidence_send(mlops.evidence) IS 'binary output';

-- Not strict: planned_n and mixing_variance are NULL where the method has none.
CREATE FUNCTION mlops.evidence(method text DEFAULT 'asymptotic', metric text DEFAULT 'mean', alternative text DEFAULT 'two-sided',
							   confidence float8 DEFAULT 0.95, null_value float8 DEFAULT 0, planned_n bigint DEFAULT NULL,
							   mixing_variance float8 DEFAULT NULL, minimum_units bigint DEFAULT 100) RETURNS mlops.evidence
	AS 'MODULE_PATHNAME', 'mlops_evidence_create' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.evidence(text, text, text, float8, float8, bigint, float8, bigint) IS 'evidence about an effect before the first look: asymptotic (narrowest around planned_n units of both arms, default 5000) or msprt (with its mixing variance), of a mean, proportion or ratio; arms below minimum_units add none';

CREATE FUNCTION mlops.evidence_of_counts(treatment_share float8 DEFAULT 0.5, alternative text DEFAULT 'two-sided', confidence float8 DEFAULT 0.95,
										 null_ratio float8 DEFAULT 1, concentration float8 DEFAULT 2) RETURNS mlops.evidence
	AS 'MODULE_PATHNAME', 'mlops_evidence_of_counts' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.evidence_of_counts(float8, text, float8, float8, float8) IS 'evidence about the ratio of the event rates of two arms before the first look, exact at any number of events; treatment_share is the planned share of units, concentration that of the Beta law the e-value is mixed over';

CREATE FUNCTION mlops.evidence_of_e_values(confidence float8 DEFAULT 0.95) RETURNS mlops.evidence
	AS 'MODULE_PATHNAME', 'mlops_evidence_of_e_values' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.evidence_of_e_values(float8) IS 'evidence of an e-process that is computed elsewhere, before the first look: keeps the largest';

-- Not strict: treatment_share is for counts only.
CREATE FUNCTION mlops.evidence_phase(evidence mlops.evidence, treatment_share float8 DEFAULT NULL) RETURNS mlops.evidence
	AS 'MODULE_PATHNAME', 'mlops_evidence_phase_begin' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.evidence_phase(mlops.evidence, float8) IS 'the evidence with a new phase, for units that are assigned from now on: whenever the share of the treatment changes; its numbers start at 0, and its e-value multiplies those of the phases before';

-- Not strict: a NULL is no look, a NULL phase is the last.
CREATE FUNCTION mlops.evidence_update(evidence mlops.evidence, control mlops.moments, treatment mlops.moments, phase int DEFAULT NULL) RETURNS mlops.evidence
	AS 'MODULE_PATHNAME', 'mlops_evidence_update_moments' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.evidence_update(mlops.evidence, mlops.moments, mlops.moments, int) IS 'the evidence after a look at the moments of all units of the phase (the last one by default): the absolute effect, with the covariates that they have; a NULL is no look';

CREATE FUNCTION mlops.evidence_update(evidence mlops.evidence, events_control bigint, n_control bigint, events_treatment bigint, n_treatment bigint,
									  phase int DEFAULT NULL) RETURNS mlops.evidence
	AS 'MODULE_PATHNAME', 'mlops_evidence_update_counts' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.evidence_update(mlops.evidence, bigint, bigint, bigint, bigint, int) IS 'the evidence after a look at the events of all units of the phase (the last one by default); a NULL is no look';

CREATE FUNCTION mlops.evidence_update(evidence mlops.evidence, ln_e_value float8) RETURNS mlops.evidence
	AS 'MODULE_PATHNAME', 'mlops_evidence_update_e_value' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.evidence_update(mlops.evidence, float8) IS 'the evidence after a look at an e-process that is computed elsewhere, by its logarithm; a NULL is no look';

CREATE FUNCTION mlops.evidence_update_effect(evidence mlops.evidence, estimate float8, standard_error float8, n_control bigint, n_treatment bigint,
											 phase int DEFAULT NULL) RETURNS mlops.evidence
	AS 'MODULE_PATHNAME', 'mlops_evidence_update_effect' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.evidence_update_effect(mlops.evidence, float8, float8, bigint, bigint, int) IS 'the evidence after a look at an effect that any estimator found from all units of the phase; without a standard error above 0 the look adds none';

CREATE FUNCTION mlops.looks(mlops.evidence) RETURNS bigint
	AS 'MODULE_PATHNAME', 'mlops_evidence_looks' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.looks(mlops.evidence) IS 'looks so far';

CREATE FUNCTION mlops.phases(mlops.evidence) RETURNS int
	AS 'MODULE_PATHNAME', 'mlops_evidence_phases' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.phases(mlops.evidence) IS 'phases so far';

CREATE FUNCTION mlops.ln_e_value(mlops.evidence) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_evidence_ln_e_value' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.ln_e_value(mlops.evidence) IS 'logarithm of the e-value at the last look: the one to average or multiply with others';

CREATE FUNCTION mlops.max_ln_e_value(mlops.evidence) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_evidence_max_ln_e_value' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.max_ln_e_value(mlops.evidence) IS 'largest logarithm of the e-value of all looks, at least 0; not to be averaged or multiplied';

CREATE FUNCTION mlops.p_value(mlops.evidence) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_evidence_p_value' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.p_value(mlops.evidence) IS 'always-valid p-value: 1 / largest e-value of all looks';

CREATE FUNCTION mlops.ln_p_value(mlops.evidence) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_evidence_ln_p_value' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.ln_p_value(mlops.evidence) IS 'natural logarithm of the always-valid p-value, right where that underflows';

CREATE FUNCTION mlops.evidence_comparison(mlops.evidence) RETURNS mlops.comparison
	AS 'MODULE_PATHNAME', 'mlops_evidence_comparison' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.evidence_comparison(mlops.evidence) IS 'estimate and always-valid interval of the last look, p-value of all looks; counts have the ratio of the rates of events';

CREATE FUNCTION mlops.to_jsonb(mlops.evidence) RETURNS jsonb
	AS 'MODULE_PATHNAME', 'mlops_evidence_to_jsonb' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.to_jsonb(mlops.evidence) IS 'the evidence for people and programs: method, options, looks, ln_e_value, max_ln_e_value, p_value, phases';

CREATE CAST (mlops.evidence AS jsonb) WITH FUNCTION mlops.to_jsonb(mlops.evidence);
COMMENT ON CAST (mlops.evidence AS jsonb) IS 'method, options, looks, ln_e_value, max_ln_e_value, p_value, phases';

---------------------------------------------------------------------------
-- one look
---------------------------------------------------------------------------

-- Not strict: an estimate that is not known gives a row with the reason.
CREATE FUNCTION mlops.confidence_sequence(estimate float8, standard_error float8, n_control bigint, n_treatment bigint,
										  method text DEFAULT 'asymptotic', alternative text DEFAULT 'two-sided', confidence float8 DEFAULT 0.95,
										  null_value float8 DEFAULT 0, planned_n bigint DEFAULT NULL, mixing_variance float8 DEFAULT NULL,
										  minimum_units bigint DEFAULT 100) RETURNS mlops.comparison
	AS 'MODULE_PATHNAME', 'mlops_confidence_sequence' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.confidence_sequence(float8, float8, bigint, bigint, text, text, float8, float8, bigint, float8, bigint) IS 'interval, p-value and e-value of an estimate at one of any number of looks: asymptotic, growthbook (its one-sided bound) or msprt; the options must be those of every other look';

CREATE FUNCTION mlops.binomial_ln_e_value(successes bigint, trials bigint, p float8, concentration float8 DEFAULT 2,
										  alternative text DEFAULT 'two-sided') RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_binomial_ln_e_value' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.binomial_ln_e_value(bigint, bigint, float8, float8, text) IS 'logarithm of the e-value of so many successes against the probability p, exact at any number of trials: likelihood ratio mixed over Beta(concentration p, concentration (1 - p))';

CREATE FUNCTION mlops.poisson_ln_e_value(events bigint, exposure float8, rate float8, shape float8 DEFAULT 1,
										 alternative text DEFAULT 'two-sided') RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_poisson_ln_e_value' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.poisson_ln_e_value(bigint, float8, float8, float8, text) IS 'logarithm of the e-value of so many events in an exposure against a rate, exact at any number: likelihood ratio mixed over the Gamma law with this shape and the rate as mean';

CREATE FUNCTION mlops.average_ln_e_value(ln_e_values float8[]) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_average_ln_e_value' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.average_ln_e_value(float8[]) IS 'logarithm of the mean of e-values of one time, such as those of strata: an e-value whatever their dependence; NULLs count as no evidence, e = 1';

---------------------------------------------------------------------------
-- group sequential
---------------------------------------------------------------------------

-- Not strict: options that are NULL have their defaults, or are off.
CREATE FUNCTION mlops.group_sequential_bounds(information float8[], planned_information float8 DEFAULT NULL, alpha float8 DEFAULT 0.05,
		spending text DEFAULT 'obrien-fleming', parameter float8 DEFAULT NULL, alternative text DEFAULT 'two-sided',
		futility text DEFAULT NULL, futility_parameter float8 DEFAULT NULL, beta float8 DEFAULT NULL, binding boolean DEFAULT NULL,
		effect float8 DEFAULT NULL,
		OUT look int, OUT look_information float8, OUT fraction float8, OUT lower float8, OUT upper float8, OUT alpha_spent float8,
		OUT nominal_alpha float8, OUT beta_spent float8, OUT effect_found float8, OUT collapsed boolean) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'mlops_group_sequential_bounds' LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 10;
COMMENT ON FUNCTION mlops.group_sequential_bounds(float8[], float8, float8, text, float8, text, text, float8, float8, boolean, float8) IS 'bounds of the statistic at each look, planned or not, from its cumulative information: error spent by obrien-fleming, pocock, power or hwang-shih-decani, or bounds of wang-tsiatis; futility bounds by spending beta (0.2) at an effect, by default the one that is found with power 1 - beta';

CREATE FUNCTION mlops.group_sequential_test(information float8[], statistics float8[], planned_information float8 DEFAULT NULL, alpha float8 DEFAULT 0.05,
		spending text DEFAULT 'obrien-fleming', parameter float8 DEFAULT NULL, alternative text DEFAULT 'two-sided',
		OUT look int, OUT look_information float8, OUT fraction float8, OUT statistic float8, OUT lower_bound float8, OUT upper_bound float8,
		OUT alpha_spent float8, OUT estimate float8, OUT lower float8, OUT upper float8, OUT p_value float8, OUT verdict text) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'mlops_group_sequential_test' LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 10;
COMMENT ON FUNCTION mlops.group_sequential_test(float8[], float8[], float8, float8, text, float8, text) IS 'the looks so far: bounds, estimate and repeated interval in units of 1 / sqrt(information), stage-wise p-value of stopping there (NULL after a stop), verdict efficacy, continue, complete or collapsed';

CREATE FUNCTION mlops.group_sequential_p_value(information float8[], statistics float8[], planned_information float8 DEFAULT NULL,
		spending text DEFAULT 'obrien-fleming', parameter float8 DEFAULT NULL, alternative text DEFAULT 'two-sided') RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_group_sequential_p_value' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.group_sequential_p_value(float8[], float8[], float8, text, float8, text) IS 'sequential p-value: the smallest alpha at which one of the looks so far crosses its bound';

CREATE FUNCTION mlops.group_sequential_power(effect float8, information float8[], lower float8[], upper float8[],
		OUT look int, OUT look_information float8, OUT stop_lower float8, OUT stop_upper float8, OUT reached float8) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'mlops_group_sequential_power' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10;
COMMENT ON FUNCTION mlops.group_sequential_power(float8, float8[], float8[], float8[]) IS 'probability of stopping at each look, below and above, and of reaching it, under an effect in units of 1 / sqrt(information)';

-- Not strict: effect is NULL for the estimate.
CREATE FUNCTION mlops.conditional_power(statistic float8, information float8, future_information float8[], lower float8[], upper float8[],
		effect float8 DEFAULT NULL, OUT stop_lower float8, OUT stop_upper float8) RETURNS record
	AS 'MODULE_PATHNAME', 'mlops_conditional_power' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.conditional_power(float8, float8, float8[], float8[], float8[], float8) IS 'probability that a look to come crosses its lower, its upper bound, given the statistic so far, under an effect (the estimate by default)';

CREATE FUNCTION mlops.predictive_power(statistic float8, information float8, future_information float8[], lower float8[], upper float8[],
		OUT stop_lower float8, OUT stop_upper float8) RETURNS record
	AS 'MODULE_PATHNAME', 'mlops_predictive_power' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.predictive_power(float8, float8, float8[], float8[], float8[]) IS 'conditional power averaged over the effects that the data leave possible: normal around the estimate, the posterior of a flat prior';

-- Not strict: parameter is NULL for the default.
CREATE FUNCTION mlops.alpha_spent(fraction float8, alpha float8 DEFAULT 0.05, spending text DEFAULT 'obrien-fleming', parameter float8 DEFAULT NULL) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_alpha_spent' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.alpha_spent(float8, float8, text, float8) IS 'error that a spending function has spent, of alpha, at this fraction of the planned information; the side of a two-sided test has alpha / 2';
