-- Which change a comparison of two samples of these sizes can see.
-- What each method assumes: doc/statistics/power.md.

CREATE TYPE mlops.power_result AS (
	method		text,
	n_reference	bigint,
	n_current	bigint,
	alpha		float8,
	categories	int,
	tolerance	float8,
	effect		float8,
	effect_measure	text,
	power		float8,
	shift_sd	float8,
	assumption	text,
	reason		text
);
COMMENT ON TYPE mlops.power_result IS 'effect of this size is seen with this power; shift_sd is the shift of a normal column, in standard deviations, that has this effect; assumption says what holds and whether it is an approximation, reason why there is no answer';

CREATE FUNCTION mlops.drift_power(method text, n_reference bigint, n_current bigint, effect float8 DEFAULT NULL,
								  power float8 DEFAULT 0.8, alpha float8 DEFAULT 0.05, categories int DEFAULT NULL,
								  tolerance float8 DEFAULT 0) RETURNS mlops.power_result
	AS 'MODULE_PATHNAME', 'mlops_drift_power' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.drift_power(text, bigint, bigint, float8, float8, float8, int, float8) IS 'the smallest effect, in the method''s own measure, that is seen with this power at these numbers of rows; with an effect: the power at it; tolerance as in the critical values of distances';

CREATE FUNCTION mlops.drift_power(reference mlops.histogram, current mlops.histogram, method text DEFAULT 'js_distance',
								  effect float8 DEFAULT NULL, power float8 DEFAULT 0.8, confidence float8 DEFAULT 0.99,
								  tolerance float8 DEFAULT 0) RETURNS mlops.power_result
	AS 'MODULE_PATHNAME', 'mlops_histogram_drift_power' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.drift_power(mlops.histogram, mlops.histogram, text, float8, float8, float8, float8) IS 'the same for two measured histograms: their rows, and the bins that are not empty; confidence and tolerance (warn) as in drift()';
