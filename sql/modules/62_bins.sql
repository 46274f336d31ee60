-- Collect: the bins that the histograms of a column count into.

CREATE FUNCTION mlops._binning_for(profile mlops.profile, kind text, bins int) RETURNS mlops.binning
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE kind
		WHEN 'boolean' THEN mlops.binning(ARRAY['false', 'true'])
		WHEN 'categorical' THEN mlops.binning(profile, 200)
		WHEN 'numeric' THEN mlops.binning(profile, bins)
		WHEN 'timestamp' THEN mlops.binning(profile, bins)
	END
$$;
COMMENT ON FUNCTION mlops._binning_for(mlops.profile, text, int) IS 'internal: the bins of a column of this kind; NULL for kinds that are not compared';

CREATE FUNCTION mlops._null_histogram(binning mlops.binning, kind text, row_count bigint) RETURNS mlops.histogram
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN kind IN ('numeric', 'timestamp')
				THEN (SELECT mlops.histogram(NULL::float8, binning) FROM generate_series(1, row_count))
				ELSE (SELECT mlops.histogram(NULL::text, binning) FROM generate_series(1, row_count)) END
$$;
COMMENT ON FUNCTION mlops._null_histogram(mlops.binning, text, bigint) IS 'internal: the histogram of so many NULL';

-- Without a baseline that has rows of its own, the first granules decide the bins.
CREATE FUNCTION mlops._set_binnings(source bigint, relation regclass, lo timestamptz, hi timestamptz) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
	UPDATE mlops.columns c
	SET binning = mlops._binning_for(p.profile, c.kind, c.bins)
	FROM (SELECT s.column_no, s.profile FROM mlops._scan(source, relation, false, lo, hi, false) s
		  WHERE s.key = '{}' AND s.column_no > 0 AND mlops.row_count(s.profile) > mlops.null_count(s.profile)) p
	WHERE c.source_id = source AND c.column_no = p.column_no AND c.binning IS NULL;
	-- what has no histogram held nothing but NULL, and that counts
	UPDATE mlops.profiles p
	SET histogram = mlops._null_histogram(c.binning, c.kind, p.row_count)
	FROM mlops.columns c
	WHERE c.source_id = source AND c.binning IS NOT NULL AND p.source_id = source AND p.column_no = c.column_no
	  AND p.histogram IS NULL AND mlops.null_count(p.profile) = p.row_count;
	UPDATE mlops.baseline_profiles p
	SET histogram = mlops._null_histogram(c.binning, c.kind, p.row_count)
	FROM mlops.columns c JOIN mlops.baselines b USING (source_id)
	WHERE c.source_id = source AND c.binning IS NOT NULL AND p.baseline_id = b.baseline_id AND p.column_no = c.column_no
	  AND p.histogram IS NULL AND mlops.null_count(p.profile) = p.row_count;
$$;
COMMENT ON FUNCTION mlops._set_binnings(bigint, regclass, timestamptz, timestamptz) IS 'internal: gives every column without bins its bins, from these rows';

-- A column that held nothing but NULL until now gets its bins when values come.
-- True: the range has to be read again.
CREATE FUNCTION mlops._set_late_binnings(source bigint, relation regclass, lo timestamptz, hi timestamptz) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	without	bigint := (SELECT count(*) FROM mlops.columns c WHERE c.source_id = source AND c.binning IS NULL);
BEGIN
	IF NOT EXISTS (SELECT FROM mlops.columns c JOIN mlops.profiles p USING (source_id, column_no)
				   WHERE c.source_id = source AND c.binning IS NULL AND c.kind <> 'other' AND p.granule >= lo AND p.granule < hi
					 AND mlops.null_count(p.profile) < p.row_count) THEN
		RETURN false;
	END IF;
	PERFORM mlops._set_binnings(source, relation, lo, hi);
	RETURN without > (SELECT count(*) FROM mlops.columns c WHERE c.source_id = source AND c.binning IS NULL);
END
$$;
COMMENT ON FUNCTION mlops._set_late_binnings(bigint, regclass, timestamptz, timestamptz) IS 'internal: bins of columns whose first values are in a range that was just read';
