-- Domain classifier: can current rows be told from reference rows, how well and
-- by which columns?  Method: doc/statistics/domain_classifier.md.

CREATE TYPE mlops.domain_column AS (
	name		text,
	kind		text,
	importance	float8,
	gain_share	float8,
	missing_reference	float8,
	missing_current		float8
);
COMMENT ON TYPE mlops.domain_column IS 'what a column contributes to a domain classifier: importance is by how much the AUC drops when the column is shuffled, gain_share its share of what splits gained, missing_* the share of NULL and NaN';

-- STABLE, so that the query is refused if it is not read-only.  It runs with the
-- rights and the search_path of the caller.
CREATE FUNCTION mlops.domain_classifier(query text, columns text[] DEFAULT NULL, is_current text DEFAULT 'is_current',
	max_rows int DEFAULT 100000, folds int DEFAULT 5, trees int DEFAULT 100, depth int DEFAULT 3, seed bigint DEFAULT 0,
	OUT method text, OUT statistic float8, OUT df float8, OUT p_value float8, OUT n_reference bigint, OUT n_current bigint,
	OUT ln_p_value float8, OUT effect float8, OUT effect_measure text, OUT effect_lower float8, OUT effect_upper float8,
	OUT n_excluded bigint, OUT reason text, OUT rows_reference bigint, OUT rows_current bigint, OUT contributions mlops.domain_column[])
	AS 'MODULE_PATHNAME', 'mlops_domain_classifier' LANGUAGE C STABLE PARALLEL UNSAFE COST 1000000;
COMMENT ON FUNCTION mlops.domain_classifier(text, text[], text, int, int, int, int, bigint) IS 'whether boosted trees tell current from reference rows of a query that they have not seen: effect is their AUC, contributions what gives the difference away; one-sided';
