-- Quantiles, difference in differences, staggered treatments, switchback.
-- Formulas: doc/experiments/quasi.md.

-- Functions that take a query are STABLE, so that it is refused if it is not
-- read-only.  It runs with the rights and the search_path of the caller.

CREATE FUNCTION mlops.difference_in_differences(control mlops.moments, treatment mlops.moments,
	alternative text DEFAULT 'two-sided', confidence float8 DEFAULT 0.95, null_value float8 DEFAULT 0) RETURNS mlops.comparison
	AS 'MODULE_PATHNAME', 'mlops_difference_in_differences' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.difference_in_differences(mlops.moments, mlops.moments, text, float8, float8) IS 'how much more the treatment changed than the control, from moments(before, after) of the same units, or moments(sum_before, rows_before, sum_after, rows_after) of clusters';

CREATE FUNCTION mlops.difference_in_differences(control_before mlops.moments, control_after mlops.moments,
	treatment_before mlops.moments, treatment_after mlops.moments,
	alternative text DEFAULT 'two-sided', confidence float8 DEFAULT 0.95, null_value float8 DEFAULT 0) RETURNS mlops.comparison
	AS 'MODULE_PATHNAME', 'mlops_difference_in_differences_sections' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.difference_in_differences(mlops.moments, mlops.moments, mlops.moments, mlops.moments, text, float8, float8) IS 'how much more the treatment changed than the control when other units are seen after than before, from moments(outcome) of rows, or moments(sum, rows) of clusters';

CREATE FUNCTION mlops._panel_effects(outcome float8[], treatment float8[], unit int[], period int[], cluster int[],
	effects text, method text, alternative text, confidence float8, null_value float8, excluded bigint)
	RETURNS TABLE (term int,
	method text, effect text, estimate float8, lower float8, upper float8, confidence float8, standard_error float8,
	statistic float8, df float8, p_value float8, ln_p_value float8, n_control bigint, n_treatment bigint,
	control float8, treatment float8, ln_e_value float8, chance_to_win float8, risk_control float8, risk_treatment float8,
	n_excluded bigint, reason text)
	AS 'MODULE_PATHNAME', 'mlops_panel_effects' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100000 ROWS 2;

CREATE FUNCTION mlops.difference_in_differences(query text, effects text DEFAULT 'unit and period',
	alternative text DEFAULT 'two-sided', confidence float8 DEFAULT 0.95, null_value float8 DEFAULT 0) RETURNS mlops.comparison
	AS 'MODULE_PATHNAME', 'mlops_difference_in_differences_query' LANGUAGE C STABLE STRICT PARALLEL UNSAFE COST 1000000;
COMMENT ON FUNCTION mlops.difference_in_differences(text, text, text, float8, float8) IS 'two-way fixed effects: the effect of the column treatment on outcome beside those of unit and period, with standard errors clustered by unit or by a column cluster';

CREATE FUNCTION mlops.switchback_effects(query text, effects text DEFAULT 'period', carry_over int DEFAULT 0,
	alternative text DEFAULT 'two-sided', confidence float8 DEFAULT 0.95)
	RETURNS TABLE (term int,
	method text, effect text, estimate float8, lower float8, upper float8, confidence float8, standard_error float8,
	statistic float8, df float8, p_value float8, ln_p_value float8, n_control bigint, n_treatment bigint,
	control float8, treatment float8, ln_e_value float8, chance_to_win float8, risk_control float8, risk_treatment float8,
	n_excluded bigint, reason text)
	AS 'MODULE_PATHNAME', 'mlops_switchback_effects' LANGUAGE C STABLE STRICT PARALLEL UNSAFE COST 1000000 ROWS 2;
COMMENT ON FUNCTION mlops.switchback_effects(text, text, int, text, float8) IS 'effect of a treatment that is switched on and off by unit and period (term 0), and of the same in earlier periods (terms 1 to carry_over), with standard errors clustered by unit or by a column cluster';

CREATE FUNCTION mlops._one_cohort(bigint) RETURNS boolean
	AS 'MODULE_PATHNAME', 'mlops_one_cohort' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE FUNCTION mlops._staggered_effects(outcome float8[], unit int[], period int[], first_treated int[],
	controls text, confidence float8, excluded bigint)
	RETURNS TABLE (kind text, cohort int, period_no int, event_time int,
	method text, effect text, estimate float8, lower float8, upper float8, confidence float8, standard_error float8,
	statistic float8, df float8, p_value float8, ln_p_value float8, n_control bigint, n_treatment bigint,
	control float8, treatment float8, ln_e_value float8, chance_to_win float8, risk_control float8, risk_treatment float8,
	n_excluded bigint, reason text)
	AS 'MODULE_PATHNAME', 'mlops_staggered_effects_of' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100000 ROWS 50;

CREATE FUNCTION mlops.staggered_effects(query text, controls text DEFAULT 'not yet treated', confidence float8 DEFAULT 0.95)
	RETURNS TABLE (kind text, cohort text, period text, event_time int,
	method text, effect text, estimate float8, lower float8, upper float8, confidence float8, standard_error float8,
	statistic float8, df float8, p_value float8, ln_p_value float8, n_control bigint, n_treatment bigint,
	control float8, treatment float8, ln_e_value float8, chance_to_win float8, risk_control float8, risk_treatment float8,
	n_excluded bigint, reason text)
	AS 'MODULE_PATHNAME', 'mlops_staggered_effects' LANGUAGE C STABLE STRICT PARALLEL UNSAFE COST 1000000 ROWS 50;
COMMENT ON FUNCTION mlops.staggered_effects(text, text, float8) IS 'effects of a treatment that units begin at different times (Callaway and Sant''Anna): by cohort and period, their means by event time, cohort, period and overall, and a test of the trend before the treatment';

CREATE FUNCTION mlops._quantile_neighbours(share float8, rows bigint, clusters mlops.moments,
	OUT lower float8, OUT upper float8, OUT reason text)
	AS 'MODULE_PATHNAME', 'mlops_quantile_neighbours_of' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION mlops._quantile_effect(control_quantile float8, control_lower float8, control_upper float8, control_units bigint,
	treatment_quantile float8, treatment_lower float8, treatment_upper float8, treatment_units bigint,
	reason text, effect text, alternative text, confidence float8, clustered boolean, excluded bigint) RETURNS mlops.comparison
	AS 'MODULE_PATHNAME', 'mlops_quantile_effect_of' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION mlops.quantile_effect(query text, quantile float8 DEFAULT 0.5, effect text DEFAULT 'absolute',
	alternative text DEFAULT 'two-sided', confidence float8 DEFAULT 0.95) RETURNS mlops.comparison
	AS 'MODULE_PATHNAME', 'mlops_quantile_effect_query' LANGUAGE C STABLE STRICT PARALLEL UNSAFE COST 1000000;
COMMENT ON FUNCTION mlops.quantile_effect(text, float8, text, text, float8) IS 'difference of a quantile of value between treatment and control; with a column unit, standard errors for rows that come in clusters';
