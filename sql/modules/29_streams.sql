-- Changes in ordered series.  Formulas: doc/statistics/detectors.md.

CREATE FUNCTION mlops.change_points("values" float8[], delta float8 DEFAULT 0.002, clock int DEFAULT 32, max_buckets int DEFAULT 5,
	min_window int DEFAULT 5, grace int DEFAULT 10,
	OUT element int, OUT mean_before float8, OUT mean_after float8, OUT window_width bigint) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'mlops_change_points' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10;
COMMENT ON FUNCTION mlops.change_points(float8[], float8, int, int, int, int) IS 'where ADWIN sees that the mean of a series has changed: after how many elements, the means on both sides, and the values that are kept';
