-- Drift between two summaries: distances, tests, critical values, drift().
-- Reference comes before current everywhere.  Formulas: doc/statistics/.

CREATE TYPE mlops.test_result AS (
	method		text,
	statistic	float8,
	df			float8,
	p_value		float8,
	n_reference	bigint,
	n_current	bigint,
	ln_p_value	float8,
	effect		float8,
	effect_measure	text,
	effect_lower	float8,
	effect_upper	float8,
	n_excluded	bigint,
	reason		text
);
COMMENT ON TYPE mlops.test_result IS 'result of a test; ln_p_value is right where p_value underflows, effect does not grow with the rows and has a 95 % interval where one exists, reason says why there is no p-value';

CREATE TYPE mlops.drift_result AS (
	method		text,
	statistic	float8,
	effect		float8,
	p_value		float8,
	threshold	float8,
	n_reference	bigint,
	n_current	bigint,
	null_share_reference	float8,
	null_share_current		float8,
	verdict		text,
	reason		text
);
COMMENT ON TYPE mlops.drift_result IS 'drift of one column: distance, the distance without what chance explains, p, what the distance had to exceed, verdict (ok, warn, critical, insufficient, no_data) and why';

---------------------------------------------------------------------------
-- distances and tests
---------------------------------------------------------------------------

CREATE FUNCTION mlops.psi(reference mlops.histogram, current mlops.histogram) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_histogram_psi' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.psi(mlops.histogram, mlops.histogram) IS 'population stability index, in nats; from exact counts per bin, NULL and unseen bins included';

CREATE FUNCTION mlops.kl_divergence(reference mlops.histogram, current mlops.histogram) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_histogram_kl_divergence' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.kl_divergence(mlops.histogram, mlops.histogram) IS 'Kullback-Leibler divergence of the current from the reference distribution, KL(reference || current), in nats; from exact counts per bin, NULL and unseen bins included';

CREATE FUNCTION mlops.js_divergence(reference mlops.histogram, current mlops.histogram) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_histogram_js_divergence' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.js_divergence(mlops.histogram, mlops.histogram) IS 'Jensen-Shannon divergence in bits, 0 to 1; from exact counts per bin, NULL and unseen bins included';

CREATE FUNCTION mlops.js_distance(reference mlops.histogram, current mlops.histogram) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_histogram_js_distance' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.js_distance(mlops.histogram, mlops.histogram) IS 'Jensen-Shannon distance, the root of the divergence in bits, 0 to 1; from exact counts per bin, NULL and unseen bins included';

CREATE FUNCTION mlops.hellinger_distance(reference mlops.histogram, current mlops.histogram) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_histogram_hellinger_distance' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.hellinger_distance(mlops.histogram, mlops.histogram) IS 'Hellinger distance, 0 to 1; from exact counts per bin, NULL and unseen bins included';

CREATE FUNCTION mlops.total_variation_distance(reference mlops.histogram, current mlops.histogram) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_histogram_total_variation_distance' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.total_variation_distance(mlops.histogram, mlops.histogram) IS 'total variation distance: the share of rows that would have to move, 0 to 1; from exact counts per bin, NULL and unseen bins included';

CREATE FUNCTION mlops.linf_distance(reference mlops.histogram, current mlops.histogram) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_histogram_linf_distance' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.linf_distance(mlops.histogram, mlops.histogram) IS 'largest change of the share of one bin, 0 to 1; from exact counts per bin, NULL and unseen bins included';

CREATE FUNCTION mlops.ks_distance(reference mlops.histogram, current mlops.histogram) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_histogram_ks_distance' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.ks_distance(mlops.histogram, mlops.histogram) IS 'Kolmogorov-Smirnov distance, 0 to 1; values in the order of ORDER BY, NULL last; at the edges of the bins';

CREATE FUNCTION mlops.wasserstein_distance(reference mlops.histogram, current mlops.histogram) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_histogram_wasserstein_distance' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.wasserstein_distance(mlops.histogram, mlops.histogram) IS 'first Wasserstein distance of the finite values, in their unit; from counts per bin, rows spread evenly within a bin';

CREATE FUNCTION mlops.chi2_test(reference mlops.histogram, current mlops.histogram) RETURNS mlops.test_result
	AS 'MODULE_PATHNAME', 'mlops_histogram_chi2_test' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.chi2_test(mlops.histogram, mlops.histogram) IS 'Pearson chi-square test of the 2 x k table; effect is Cramer''s V; from exact counts per bin, NULL and unseen bins included';

CREATE FUNCTION mlops.g_test(reference mlops.histogram, current mlops.histogram) RETURNS mlops.test_result
	AS 'MODULE_PATHNAME', 'mlops_histogram_g_test' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.g_test(mlops.histogram, mlops.histogram) IS 'likelihood-ratio test of the 2 x k table; effect is Cramer''s V of it; from exact counts per bin, NULL and unseen bins included';

CREATE FUNCTION mlops.ks_test(reference mlops.histogram, current mlops.histogram) RETURNS mlops.test_result
	AS 'MODULE_PATHNAME', 'mlops_histogram_ks_test' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.ks_test(mlops.histogram, mlops.histogram) IS 'Kolmogorov-Smirnov test; exact p while n_reference * n_current is at most ten million; of the distance at the edges of the bins';

CREATE FUNCTION mlops.psi(reference mlops.profile, current mlops.profile) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_profile_psi' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.psi(mlops.profile, mlops.profile) IS 'population stability index, in nats; from the sketches of two profiles';

CREATE FUNCTION mlops.kl_divergence(reference mlops.profile, current mlops.profile) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_profile_kl_divergence' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.kl_divergence(mlops.profile, mlops.profile) IS 'Kullback-Leibler divergence of the current from the reference distribution, KL(reference || current), in nats; from the sketches of two profiles';

CREATE FUNCTION mlops.js_divergence(reference mlops.profile, current mlops.profile) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_profile_js_divergence' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.js_divergence(mlops.profile, mlops.profile) IS 'Jensen-Shannon divergence in bits, 0 to 1; from the sketches of two profiles';

CREATE FUNCTION mlops.js_distance(reference mlops.profile, current mlops.profile) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_profile_js_distance' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.js_distance(mlops.profile, mlops.profile) IS 'Jensen-Shannon distance, the root of the divergence in bits, 0 to 1; from the sketches of two profiles';

CREATE FUNCTION mlops.hellinger_distance(reference mlops.profile, current mlops.profile) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_profile_hellinger_distance' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.hellinger_distance(mlops.profile, mlops.profile) IS 'Hellinger distance, 0 to 1; from the sketches of two profiles';

CREATE FUNCTION mlops.total_variation_distance(reference mlops.profile, current mlops.profile) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_profile_total_variation_distance' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.total_variation_distance(mlops.profile, mlops.profile) IS 'total variation distance: the share of rows that would have to move, 0 to 1; from the sketches of two profiles';

CREATE FUNCTION mlops.linf_distance(reference mlops.profile, current mlops.profile) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_profile_linf_distance' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.linf_distance(mlops.profile, mlops.profile) IS 'largest change of the share of one bin, 0 to 1; from the sketches of two profiles';

CREATE FUNCTION mlops.ks_distance(reference mlops.profile, current mlops.profile) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_profile_ks_distance' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.ks_distance(mlops.profile, mlops.profile) IS 'Kolmogorov-Smirnov distance, 0 to 1; values in the order of ORDER BY, NULL last; from the sketches of two profiles';

CREATE FUNCTION mlops.wasserstein_distance(reference mlops.profile, current mlops.profile) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_profile_wasserstein_distance' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.wasserstein_distance(mlops.profile, mlops.profile) IS 'first Wasserstein distance of the finite values, in their unit; from the sketches of two profiles';

CREATE FUNCTION mlops.chi2_test(reference mlops.profile, current mlops.profile) RETURNS mlops.test_result
	AS 'MODULE_PATHNAME', 'mlops_profile_chi2_test' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.chi2_test(mlops.profile, mlops.profile) IS 'Pearson chi-square test of the 2 x k table; effect is Cramer''s V; from the sketches of two profiles';

CREATE FUNCTION mlops.g_test(reference mlops.profile, current mlops.profile) RETURNS mlops.test_result
	AS 'MODULE_PATHNAME', 'mlops_profile_g_test' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.g_test(mlops.profile, mlops.profile) IS 'likelihood-ratio test of the 2 x k table; effect is Cramer''s V of it; from the sketches of two profiles';

CREATE FUNCTION mlops.ks_test(reference mlops.profile, current mlops.profile) RETURNS mlops.test_result
	AS 'MODULE_PATHNAME', 'mlops_profile_ks_test' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.ks_test(mlops.profile, mlops.profile) IS 'Kolmogorov-Smirnov test; exact p while n_reference * n_current is at most ten million; from the sketches of two profiles';

---------------------------------------------------------------------------
-- what a distance is by chance
---------------------------------------------------------------------------

CREATE FUNCTION mlops.psi_critical_value(alpha float8, bins int, n_reference bigint, n_current bigint, tolerance float8 DEFAULT 0) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_psi_critical_value' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.psi_critical_value(float8, int, bigint, bigint, float8) IS 'the smallest psi that shows, with confidence 1 - alpha, that the true one exceeds the tolerance (0: that anything changed)';

CREATE FUNCTION mlops.kl_divergence_critical_value(alpha float8, bins int, n_reference bigint, n_current bigint, tolerance float8 DEFAULT 0) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_kl_divergence_critical_value' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.kl_divergence_critical_value(float8, int, bigint, bigint, float8) IS 'the smallest kl_divergence that shows, with confidence 1 - alpha, that the true one exceeds the tolerance (0: that anything changed)';

CREATE FUNCTION mlops.js_divergence_critical_value(alpha float8, bins int, n_reference bigint, n_current bigint, tolerance float8 DEFAULT 0) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_js_divergence_critical_value' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.js_divergence_critical_value(float8, int, bigint, bigint, float8) IS 'the smallest js_divergence that shows, with confidence 1 - alpha, that the true one exceeds the tolerance (0: that anything changed)';

CREATE FUNCTION mlops.js_distance_critical_value(alpha float8, bins int, n_reference bigint, n_current bigint, tolerance float8 DEFAULT 0) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_js_distance_critical_value' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.js_distance_critical_value(float8, int, bigint, bigint, float8) IS 'the smallest js_distance that shows, with confidence 1 - alpha, that the true one exceeds the tolerance (0: that anything changed)';

CREATE FUNCTION mlops.hellinger_distance_critical_value(alpha float8, bins int, n_reference bigint, n_current bigint, tolerance float8 DEFAULT 0) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_hellinger_distance_critical_value' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.hellinger_distance_critical_value(float8, int, bigint, bigint, float8) IS 'the smallest hellinger_distance that shows, with confidence 1 - alpha, that the true one exceeds the tolerance (0: that anything changed)';

CREATE FUNCTION mlops.total_variation_distance_critical_value(alpha float8, bins int, n_reference bigint, n_current bigint, tolerance float8 DEFAULT 0) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_total_variation_distance_critical_value' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.total_variation_distance_critical_value(float8, int, bigint, bigint, float8) IS 'the smallest total_variation_distance that shows, with confidence 1 - alpha, that the true one exceeds the tolerance (0: that anything changed)';

CREATE FUNCTION mlops.linf_distance_critical_value(alpha float8, bins int, n_reference bigint, n_current bigint, tolerance float8 DEFAULT 0) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_linf_distance_critical_value' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.linf_distance_critical_value(float8, int, bigint, bigint, float8) IS 'the smallest linf_distance that shows, with confidence 1 - alpha, that the true one exceeds the tolerance (0: that anything changed)';

CREATE FUNCTION mlops.ks_distance_critical_value(alpha float8, n_reference bigint, n_current bigint, tolerance float8 DEFAULT 0) RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_ks_distance_critical_value' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.ks_distance_critical_value(float8, bigint, bigint, float8) IS 'the smallest ks_distance that shows, with confidence 1 - alpha, that the true one exceeds the tolerance (0: that anything changed)';

CREATE FUNCTION mlops.adjust_p(p_values float8[], method text DEFAULT 'bh') RETURNS float8[]
	AS 'MODULE_PATHNAME', 'mlops_adjust_p_values' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.adjust_p(float8[], text) IS 'p-values adjusted for their number: none, bonferroni, holm, hochberg, hommel, bh or by; NULLs stay NULL and do not count';

---------------------------------------------------------------------------
-- judged drift
---------------------------------------------------------------------------

CREATE FUNCTION mlops.drift(reference mlops.histogram, current mlops.histogram, method text DEFAULT NULL,
							warn float8 DEFAULT NULL, critical float8 DEFAULT NULL, confidence float8 DEFAULT 0.99,
							alpha float8 DEFAULT 0.05, min_rows bigint DEFAULT 1) RETURNS mlops.drift_result
	AS 'MODULE_PATHNAME', 'mlops_histogram_drift' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.drift(mlops.histogram, mlops.histogram, text, float8, float8, float8, float8, bigint) IS 'distance with a verdict: significant at alpha, and beyond the tolerance with that confidence at these sample sizes; method NULL is js_distance';

CREATE FUNCTION mlops.drift_contributions(reference mlops.histogram, current mlops.histogram, method text DEFAULT 'js_distance',
										  OUT bin int, OUT label text, OUT reference_share float8,
										  OUT current_share float8, OUT contribution float8) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'mlops_histogram_drift_contributions' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 20;
COMMENT ON FUNCTION mlops.drift_contributions(mlops.histogram, mlops.histogram, text) IS 'which bins make the distance: contributions sum to it, largest first';

CREATE FUNCTION mlops.drift(reference mlops.profile, current mlops.profile, method text DEFAULT NULL,
							warn float8 DEFAULT NULL, critical float8 DEFAULT NULL, confidence float8 DEFAULT 0.99,
							alpha float8 DEFAULT 0.05, min_rows bigint DEFAULT 1) RETURNS mlops.drift_result
	AS 'MODULE_PATHNAME', 'mlops_profile_drift' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.drift(mlops.profile, mlops.profile, text, float8, float8, float8, float8, bigint) IS 'distance with a verdict: significant at alpha, and beyond the tolerance with that confidence at these sample sizes; method NULL is js_distance';

CREATE FUNCTION mlops.drift_contributions(reference mlops.profile, current mlops.profile, method text DEFAULT 'js_distance',
										  OUT bin int, OUT label text, OUT reference_share float8,
										  OUT current_share float8, OUT contribution float8) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'mlops_profile_drift_contributions' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 20;
COMMENT ON FUNCTION mlops.drift_contributions(mlops.profile, mlops.profile, text) IS 'which bins make the distance: contributions sum to it, largest first';
