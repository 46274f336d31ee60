-- Is the experiment sound?  Sample ratio, balance before the exposure, exposure
-- to several arms, missing outcomes.  Formulas: doc/experiments/health.md.

---------------------------------------------------------------------------
-- sample ratio
---------------------------------------------------------------------------

CREATE TYPE mlops.sample_ratio_result AS (
	method text,
	statistic float8,
	df float8,
	p_value float8,
	ln_p_value float8,
	n bigint,
	arms int,
	effect float8,
	effect_lower float8,
	effect_upper float8,
	effect_measure text,
	arm text,
	observed_share float8,
	planned_share float8,
	n_excluded bigint,
	reason text
);
COMMENT ON TYPE mlops.sample_ratio_result IS 'do the numbers of units per arm fit the planned weights: arms are those planned above 0, arm is the one that deviates most, with its shares; ln_p_value is right where p_value underflows, reason says why there is no p, or why it is 0';

CREATE FUNCTION mlops.arm_counts_accum(mlops.contingency, text) RETURNS mlops.contingency
	AS 'MODULE_PATHNAME', 'mlops_contingency_accum_one' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.arm_counts_accum(mlops.contingency, text) IS 'transition function of arm_counts';
CREATE AGGREGATE mlops.arm_counts(arm text) (
	SFUNC = mlops.arm_counts_accum, STYPE = mlops.contingency, SSPACE = 512, INITCOND = '() null 0 0 unassigned 0',
	FINALFUNC = mlops.contingency_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.merge, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.arm_counts(text) IS 'units per arm, one row being one unit, for sample_ratio_test() and multiple_exposure(); merge() adds the counts of days';

-- Not strict: weights NULL are equal ones.
CREATE FUNCTION mlops.sample_ratio_test(counts bigint[], weights float8[] DEFAULT NULL, method text DEFAULT 'auto')
	RETURNS mlops.sample_ratio_result
	AS 'MODULE_PATHNAME', 'mlops_sample_ratio_test_counts' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.sample_ratio_test(bigint[], float8[], text) IS 'whether the units per arm fit the planned weights (by default equal ones; they need not sum to 1): chi-square, exact or corrected where fewer than 5 units are expected in an arm; units in an arm planned at 0 are p = 0; arm is a number';

CREATE FUNCTION mlops.sample_ratio_test(counts mlops.contingency, weights jsonb, method text DEFAULT 'auto')
	RETURNS mlops.sample_ratio_result
	AS 'MODULE_PATHNAME', 'mlops_sample_ratio_test_arms' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.sample_ratio_test(mlops.contingency, jsonb, text) IS 'the same for arm_counts() and weights by arm, {"control": 0.5, "treatment": 0.5}; an arm without a weight is planned at 0, rows without an arm are excluded';

CREATE TYPE mlops.sample_ratio_evidence;

CREATE FUNCTION mlops.sample_ratio_evidence_in(cstring) RETURNS mlops.sample_ratio_evidence
	AS 'MODULE_PATHNAME', 'mlops_sample_ratio_evidence_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION mlops.sample_ratio_evidence_out(mlops.sample_ratio_evidence) RETURNS cstring
	AS 'MODULE_PATHNAME', 'mlops_sample_ratio_evidence_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION mlops.sample_ratio_evidence_recv(internal) RETURNS mlops.sample_ratio_evidence
	AS 'MODULE_PATHNAME', 'mlops_sample_ratio_evidence_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION mlops.sample_ratio_evidence_send(mlops.sample_ratio_evidence) RETURNS bytea
	AS 'MODULE_PATHNAME', 'mlops_sample_ratio_evidence_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE TYPE mlops.sample_ratio_evidence (
	INPUT = mlops.sample_ratio_evidence_in,
	OUTPUT = mlops.sample_ratio_evidence_out,
	RECEIVE = mlops.sample_ratio_evidence_recv,
	SEND = mlops.sample_ratio_evidence_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = double,
	STORAGE = extended
);
COMMENT ON TYPE mlops.sample_ratio_evidence IS 'evidence against the planned weights that may be looked at any time: weights and units of the phase, evidence of the phases before, the largest so far';
COMMENT ON FUNCTION mlops.sample_ratio_evidence_in(cstring) IS 'text input: concentration 10000 phases 1 closed 0 of 0 max 0 looks 1 arms (1 10, 1 12), each arm its weight and its units';
COMMENT ON FUNCTION mlops.sample_ratio_evidence_out(mlops.sample_ratio_evidence) IS 'text output; reads back as the same value';
COMMENT ON FUNCTION mlops.sample_ratio_evidence_recv(internal) IS 'binary input';
COMMENT ON FUNCTION mlops.sample_ratio_evidence_send(mlops.sample_ratio_evidence) IS 'binary output';

CREATE FUNCTION mlops.sample_ratio_evidence(weights float8[], concentration float8 DEFAULT 10000) RETURNS mlops.sample_ratio_evidence
	AS 'MODULE_PATHNAME', 'mlops_sample_ratio_evidence_create' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.sample_ratio_evidence(float8[], float8) IS 'the evidence before the first unit: planned weights of the arms, and the parameter sum of the Dirichlet prior (small ones notice gross mistakes sooner, large ones small deviations)';

CREATE FUNCTION mlops.sample_ratio_evidence_update(evidence mlops.sample_ratio_evidence, counts bigint[]) RETURNS mlops.sample_ratio_evidence
	AS 'MODULE_PATHNAME', 'mlops_sample_ratio_evidence_update' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.sample_ratio_evidence_update(mlops.sample_ratio_evidence, bigint[]) IS 'a look: counts are all units of this phase up to now, in the order of the weights, not only the new ones';

CREATE FUNCTION mlops.sample_ratio_evidence_phase(evidence mlops.sample_ratio_evidence, weights float8[]) RETURNS mlops.sample_ratio_evidence
	AS 'MODULE_PATHNAME', 'mlops_sample_ratio_evidence_phase' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.sample_ratio_evidence_phase(mlops.sample_ratio_evidence, float8[]) IS 'the weights change (a step of a ramp): counts begin at 0 again, the evidence goes on';

CREATE FUNCTION mlops.sample_ratio_test(evidence mlops.sample_ratio_evidence) RETURNS mlops.sample_ratio_result
	AS 'MODULE_PATHNAME', 'mlops_sample_ratio_test_evidence' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.sample_ratio_test(mlops.sample_ratio_evidence) IS 'the verdict that may be asked for at any time, as often as wanted: p_value is 1 / the largest evidence, statistic the logarithm of the evidence now; shares and effect are of the current phase';

CREATE FUNCTION mlops.ln_e_value(mlops.sample_ratio_evidence) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_sample_ratio_evidence_ln_e' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.ln_e_value(mlops.sample_ratio_evidence) IS 'natural logarithm of the evidence now';

CREATE FUNCTION mlops.p_value(mlops.sample_ratio_evidence) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_sample_ratio_evidence_p' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.p_value(mlops.sample_ratio_evidence) IS 'p-value that may be looked at any time: 1 / the largest evidence so far, at most 1';

CREATE FUNCTION mlops.to_jsonb(mlops.sample_ratio_evidence) RETURNS jsonb
	AS 'MODULE_PATHNAME', 'mlops_sample_ratio_evidence_to_jsonb' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.to_jsonb(mlops.sample_ratio_evidence) IS 'the evidence for people and programs: phases, looks, ln_e_value, max_ln_e_value, p_value, weights, counts';

CREATE CAST (mlops.sample_ratio_evidence AS jsonb) WITH FUNCTION mlops.to_jsonb(mlops.sample_ratio_evidence);
COMMENT ON CAST (mlops.sample_ratio_evidence AS jsonb) IS 'phases, looks, ln_e_value, max_ln_e_value, p_value, weights, counts';

---------------------------------------------------------------------------
-- exposure to several arms
---------------------------------------------------------------------------

CREATE FUNCTION mlops.multiple_exposure(arms_of_units mlops.contingency, max_share float8 DEFAULT 0.01, min_units bigint DEFAULT 10,
										OUT n_units bigint, OUT n_multiple bigint, OUT share float8, OUT share_lower float8,
										OUT share_upper float8, OUT unhealthy boolean, OUT n_excluded bigint, OUT reason text) RETURNS record
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	-- Wilson's interval, 95 %
	SELECT s.n, s.k, s.k / s.n::float8,
		   CASE WHEN s.n IS NULL THEN NULL WHEN s.k = 0 THEN 0 ELSE greatest(0, s.middle - s.half) END,
		   CASE WHEN s.n IS NULL THEN NULL WHEN s.k = s.n THEN 1 ELSE least(1, s.middle + s.half) END,
		   CASE WHEN s.n IS NOT NULL THEN s.k >= min_units AND s.k >= max_share * s.n END, s.excluded,
		   CASE WHEN s.n IS NULL THEN 'no units' END
	  FROM (SELECT t.n, t.k, t.excluded, (t.k + w.zz / 2) / (t.n + w.zz) AS middle,
				   sqrt(w.zz) / (t.n + w.zz) * sqrt(t.k * (1 - t.k / t.n::float8) + w.zz / 4) AS half
			  FROM (SELECT nullif(sum(c.n) FILTER (WHERE c.arms > 0), 0)::bigint AS n,
						   coalesce(sum(c.n) FILTER (WHERE c.arms > 1), 0)::bigint AS k,
						   coalesce(sum(c.n) FILTER (WHERE c.arms = 0 OR c.arms IS NULL), 0)::bigint AS excluded
					  FROM (SELECT d.n_current + d.n_reference AS n, cardinality(array_remove(d.value::text[], NULL)) AS arms
							  FROM mlops.categories(arms_of_units) d) c) t,
				   (SELECT 1.9599639845400545::float8 ^ 2 AS zz) w) s;
END;
COMMENT ON FUNCTION mlops.multiple_exposure(mlops.contingency, float8, bigint) IS 'how many units were in several arms, of arm_counts(array_agg(DISTINCT arm)::text) over the units; unhealthy from that share and that number of units on (both)';

CREATE FUNCTION mlops.multiple_exposure_pairs(arms_of_units mlops.contingency, OUT arm_1 text, OUT arm_2 text, OUT n_units bigint, OUT share float8)
	RETURNS SETOF record
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE ROWS 10
BEGIN ATOMIC
	SELECT a.arm, b.arm, sum(c.n_current + c.n_reference)::bigint,
		   sum(c.n_current + c.n_reference)::float8 / nullif((SELECT e.n_units FROM mlops.multiple_exposure(arms_of_units) e), 0)
	  FROM mlops.categories(arms_of_units) c,
		   (SELECT DISTINCT d.value, x AS arm FROM mlops.categories(arms_of_units) d, unnest(d.value::text[]) x) a,
		   (SELECT DISTINCT d.value, x AS arm FROM mlops.categories(arms_of_units) d, unnest(d.value::text[]) x) b
	 WHERE a.value = c.value AND b.value = c.value AND a.arm COLLATE "C" < b.arm COLLATE "C"
	 GROUP BY 1, 2
	 ORDER BY 3 DESC, a.arm COLLATE "C", b.arm COLLATE "C";
END;
COMMENT ON FUNCTION mlops.multiple_exposure_pairs(mlops.contingency) IS 'units that were in both of two arms, most first; share is of all units; a unit in three arms counts for each of its three pairs';

---------------------------------------------------------------------------
-- missing outcomes, balance before the exposure
---------------------------------------------------------------------------

CREATE TYPE mlops.attrition_result AS (
	method text,
	statistic float8,
	df float8,
	p_value float8,
	ln_p_value float8,
	n bigint,
	n_missing bigint,
	arms int,
	effect float8,
	effect_lower float8,
	effect_upper float8,
	effect_measure text,
	highest_arm text,
	highest_share float8,
	lowest_arm text,
	lowest_share float8,
	n_excluded bigint,
	reason text
);
COMMENT ON TYPE mlops.attrition_result IS 'are outcomes missing equally often in all arms; highest and lowest are the arms with the largest and smallest share of missing outcomes';

CREATE FUNCTION mlops.attrition_test(mlops.contingency) RETURNS mlops.attrition_result
	AS 'MODULE_PATHNAME', 'mlops_attrition_test' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.attrition_test(mlops.contingency) IS 'whether outcomes are missing equally often in all arms, of contingency(arm, is_missing): chi-square, Fisher''s exact test for two arms where few are expected, corrected for more';
CREATE AGGREGATE mlops.attrition_test(arm text, is_missing boolean) (
	SFUNC = mlops.contingency_accum, STYPE = mlops.contingency, SSPACE = 512, INITCOND = '() null 0 0 unassigned 0',
	FINALFUNC = mlops.attrition_test, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = mlops.merge, PARALLEL = SAFE
);
COMMENT ON AGGREGATE mlops.attrition_test(text, boolean) IS 'whether outcomes are missing equally often in all arms, one row being one exposed unit: chi-square, Fisher''s exact test for two arms where few are expected, corrected for more';

CREATE FUNCTION mlops.balance_test(arms mlops.moments[], adjustment text DEFAULT 'holm',
								   OUT variable int, OUT method text, OUT statistic float8, OUT df1 float8, OUT df2 float8,
								   OUT p_value float8, OUT ln_p_value float8, OUT p_adjusted float8, OUT n bigint, OUT arms_used int,
								   OUT difference_sd float8, OUT highest_arm int, OUT lowest_arm int,
								   OUT n_excluded bigint, OUT reason text) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'mlops_balance_test' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 5;
COMMENT ON FUNCTION mlops.balance_test(mlops.moments[], text) IS 'A/A test of every variable from before the exposure (Welch''s analysis of variance over the arms, Welch''s t for two), adjusted for the number of variables; difference_sd is the largest difference between two arms in standard deviations within them';

---------------------------------------------------------------------------
-- several metrics and arms: intervals that hold together, and the gate.
-- Formulas: doc/experiments/multiplicity.md
---------------------------------------------------------------------------

CREATE TYPE mlops.simultaneous_interval AS (
	i int,
	method text,
	estimate float8,
	lower float8,
	upper float8,
	statistic float8,
	df float8,
	p_value float8,
	ln_p_value float8,
	p_adjusted float8,
	rejected boolean,
	reason text
);
COMMENT ON TYPE mlops.simultaneous_interval IS 'one of several effects, in the order of the array: interval that holds together with the others'', p-value alone and adjusted for all, whether it is rejected at 1 - confidence';

-- Not strict: df, null_values, weights and control_standard_error are NULL where there are none.
CREATE FUNCTION mlops.simultaneous_intervals(estimates float8[], standard_errors float8[], method text DEFAULT 'bonferroni',
											 confidence float8 DEFAULT 0.95, alternative text DEFAULT 'two-sided', df float8[] DEFAULT NULL,
											 null_values float8[] DEFAULT NULL, weights float8[] DEFAULT NULL,
											 control_standard_error float8 DEFAULT NULL) RETURNS SETOF mlops.simultaneous_interval
	AS 'MODULE_PATHNAME', 'mlops_simultaneous_rows' LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 10;
COMMENT ON FUNCTION mlops.simultaneous_intervals(float8[], float8[], text, float8, text, float8[], float8[], float8[], float8) IS 'intervals and adjusted p-values of several effects: none, bonferroni (with weights), sidak, holm (one-sided bounds), fcr (of what Benjamini and Hochberg reject), dunnett (many treatments, one control); df NULL is normal';

CREATE FUNCTION mlops.alpha_weights(metrics int, treatments int DEFAULT 1, primary_share float8 DEFAULT NULL) RETURNS float8[]
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE WHEN metrics >= 1 AND treatments >= 1 AND (primary_share IS NULL OR (primary_share > 0 AND primary_share <= 1))
		THEN (SELECT array_agg(CASE WHEN metrics = 1 THEN 1 WHEN primary_share IS NULL THEN 1 / metrics::float8
								WHEN m = 1 THEN primary_share ELSE (1 - primary_share) / (metrics - 1) END / treatments ORDER BY m, t)
				FROM generate_series(1, metrics) m, generate_series(1, treatments) t) END;
END;
COMMENT ON FUNCTION mlops.alpha_weights(int, int, float8) IS 'weights for the method bonferroni: the first metric has primary_share of alpha (preferential Bonferroni; NULL: equal shares), the others the rest; all treatments of a metric, then the next metric';

CREATE TYPE mlops.gate_result AS (
	metric text,
	role text,
	estimate float8,
	bound float8,
	threshold float8,
	statistic float8,
	p_value float8,
	p_adjusted float8,
	p_worse float8,
	verdict text,
	reason text
);
COMMENT ON TYPE mlops.gate_result IS 'one row a metric and one overall: bound is the one-sided confidence bound that is compared with the threshold, p_worse the adjusted p-value of its being worse; verdict of a success metric: better, worse, of a guardrail: non-inferior, inferior, overall: pass, fail; else inconclusive or no result';

-- Not strict: margins, higher_is_better, df and weights are NULL where there are none.
CREATE FUNCTION mlops.gate(metrics text[], roles text[], estimates float8[], standard_errors float8[], margins float8[] DEFAULT NULL,
						   higher_is_better boolean[] DEFAULT NULL, df float8[] DEFAULT NULL, alpha float8 DEFAULT 0.05,
						   correction text DEFAULT 'holm', weights float8[] DEFAULT NULL) RETURNS SETOF mlops.gate_result
	AS 'MODULE_PATHNAME', 'mlops_gate_of' LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 10;
COMMENT ON FUNCTION mlops.gate(text[], text[], float8[], float8[], float8[], boolean[], float8[], float8, text, float8[]) IS 'passes if some success metric is better (alpha divided over them) and every guardrail is not worse by its margin (alpha for each), fails if any metric is shown to be worse (alpha divided over all); what has no result never passes';
