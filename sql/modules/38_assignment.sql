-- Assignment of units to variations: positions bit for bit as the clients of
-- the common platforms compute them, and ranges of positions.
-- Facts: doc/experiments/assignment.md.

CREATE FUNCTION mlops.bucket(unit text, seed text, method text DEFAULT 'sha256') RETURNS float8
	AS 'MODULE_PATHNAME', 'mlops_bucket' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.bucket(text, text, text) IS
	'position of a unit from 0 to 1, from a hash of its UTF-8 bytes and the seed: method sha256, growthbook_v1, growthbook_v2, eppo, optimizely, launchdarkly or statsig, the last six equal to those platforms'' clients';

CREATE FUNCTION mlops.bucket_number(unit text, seed text, method text DEFAULT 'sha256') RETURNS int
	AS 'MODULE_PATHNAME', 'mlops_bucket_number_native' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.bucket_number(text, text, text) IS
	'bucket of a unit, from 0 on, of as many as the method''s platform has: 1000 growthbook_v1, 100000 launchdarkly, 10000 the others';

CREATE FUNCTION mlops.bucket_number(unit text, seed text, method text, buckets int) RETURNS int
	AS 'MODULE_PATHNAME', 'mlops_bucket_number_of' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.bucket_number(text, text, text, int) IS
	'bucket of a unit, from 0 on, of any number (Eppo''s total shards, Statsig''s 1000 user buckets); GrowthBook''s numbers are fixed';

CREATE FUNCTION mlops.bucket_ranges(coverage float8, weights float8[], variations int DEFAULT NULL) RETURNS float8[]
	AS 'MODULE_PATHNAME', 'mlops_bucket_ranges_sql' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.bucket_ranges(float8, float8[], int) IS
	'ranges {{lower, upper}, ...} of positions, one a variation, as GrowthBook makes them: more coverage adds units and moves none; NULL weights, or weights that do not add up to 1, are equal ones';

CREATE FUNCTION mlops.launchdarkly_ranges(weights int[]) RETURNS float8[]
	AS 'MODULE_PATHNAME', 'mlops_launchdarkly_ranges_sql' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.launchdarkly_ranges(int[]) IS
	'ranges of a LaunchDarkly rollout, whose weights are 100000ths; the last variation gets whoever is left';

CREATE FUNCTION mlops.optimizely_ranges(ends int[]) RETURNS float8[]
	AS 'MODULE_PATHNAME', 'mlops_optimizely_ranges_sql' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.optimizely_ranges(int[]) IS
	'ranges of an Optimizely traffic allocation, whose ends of ranges are 10000ths';

CREATE FUNCTION mlops.statsig_ranges(pass_percentage float8) RETURNS float8[]
	AS 'MODULE_PATHNAME', 'mlops_statsig_ranges_sql' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.statsig_ranges(float8) IS
	'the one range of a Statsig pass percentage, in 10000ths';

CREATE FUNCTION mlops.choose_variation("position" float8, ranges float8[]) RETURNS int
	AS 'MODULE_PATHNAME', 'mlops_choose_variation_sql' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.choose_variation(float8, float8[]) IS
	'number of the first range with lower <= position < upper, from 1 on (platforms count from 0); NULL for none';

CREATE FUNCTION mlops.in_ranges("position" float8, ranges float8[]) RETURNS boolean
	AS 'MODULE_PATHNAME', 'mlops_in_ranges' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.in_ranges(float8, float8[]) IS
	'whether some range holds the position: GrowthBook''s filters are in_ranges(bucket(unit, seed, ''growthbook_v2''), ranges)';

CREATE FUNCTION mlops.in_namespace(unit text, namespace text, lower float8, upper float8) RETURNS boolean
	AS 'MODULE_PATHNAME', 'mlops_in_namespace' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.in_namespace(text, text, float8, float8) IS
	'whether a unit is in the part [lower, upper) of a GrowthBook namespace (hash version 1)';

CREATE FUNCTION mlops.choose_shard(shard int, shards int4multirange[]) RETURNS int
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	AS $$ SELECT min(s.i)::int FROM unnest(shards) WITH ORDINALITY AS s (r, i) WHERE s.r @> shard $$;
COMMENT ON FUNCTION mlops.choose_shard(int, int4multirange[]) IS
	'number of the first of Eppo''s lists of shard ranges that holds the shard, from 1 on; NULL for none';

CREATE FUNCTION mlops.range_shares(ranges float8[], method text DEFAULT 'sha256') RETURNS float8[]
	AS 'MODULE_PATHNAME', 'mlops_range_shares_sql' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.range_shares(float8[], text) IS
	'the share of all units that each range gets, which is what a variation''s propensity comes from; counted on the buckets of methods that have them';

CREATE FUNCTION mlops._buckets(method text) RETURNS int
	AS 'MODULE_PATHNAME', 'mlops_bucket_buckets' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops._buckets(text) IS 'internal: how many buckets a method counts in';
