-- bucket(), ranges and choices: what the platforms publish for their own
-- clients, defects of the platforms, properties, refusals.
SET search_path = public;

-- growthbook/growthbook-python tests/cases.json, hash
SELECT unit, seed, method, mlops.bucket(unit, seed, method) AS position, mlops.bucket(unit, seed, method) = want AS equal
FROM (VALUES ('a', '', 1, 0.22::float8), ('b', '', 1, 0.077), ('a', 'b', 1, 0.946), ('d', 'ef', 1, 0.652), ('8952klfjas09ujk', 'asdf', 1, 0.549),
	('123', '', 1, 0.011), ('___)((*":&', '', 1, 0.563), ('a', 'seed', 2, 0.0505), ('b', 'seed', 2, 0.2696), ('ab', 'foo', 2, 0.2575),
	('def', 'foo', 2, 0.2019), ('8952klfjas09ujkasdf', '89123klj', 2, 0.124), ('123', '90850943850283058242805', 2, 0.7516),
	('___)((*":&', '()**(%$##$%#$#', 2, 0.0128)) v (unit, seed, version, want), format('growthbook_v%s', version) AS method;

-- the same, inNamespace
SELECT unit, namespace, mlops.in_namespace(unit, namespace, 0, 0.4) AS low, mlops.in_namespace(unit, namespace, 0.4, 1) AS high
FROM generate_series(1, 4) u, unnest(ARRAY['namespace1', 'namespace2']) namespace, CAST(u AS text) unit ORDER BY 1, 2;

-- the same, run: default weights, uneven weights, coverage, three ways; variations from 0 on, none is -1
SELECT string_agg(coalesce(mlops.choose_variation(p, mlops.bucket_ranges(1, NULL, 2)) - 1, -1)::text, ' ' ORDER BY u) = '1 0 0 1 1 1 0 1 0' AS equal_weights,
	string_agg(coalesce(mlops.choose_variation(p, mlops.bucket_ranges(1, '{0.1, 0.9}')) - 1, -1)::text, ' ' ORDER BY u) = '1 1 0 1 1 1 0 1 1' AS uneven,
	string_agg(coalesce(mlops.choose_variation(p, mlops.bucket_ranges(0.4, NULL, 2)) - 1, -1)::text, ' ' ORDER BY u) = '-1 0 0 -1 1 -1 0 1 -1' AS covered,
	string_agg(coalesce(mlops.choose_variation(p, mlops.bucket_ranges(1, NULL, 3)) - 1, -1)::text, ' ' ORDER BY u) = '2 0 0 2 1 2 0 1 0' AS three_ways
FROM generate_series(1, 9) u, mlops.bucket(u::text, 'my-test', 'growthbook_v1') p;
-- filters and explicit ranges
SELECT mlops.in_ranges(mlops.bucket('1', 'seed', 'growthbook_v2'), '{{0, 0.1}, {0.2, 0.4}}') AND mlops.in_ranges(mlops.bucket('fsdafsda', 'seed', 'growthbook_v2'), '{{0.8, 1}}') AS included,
	mlops.in_ranges(mlops.bucket('fsdafsda', 'seed', 'growthbook_v2'), '{{0.6, 0.8}}') AS excluded,
	mlops.choose_variation(mlops.bucket('1', 'ranges', 'growthbook_v1'), '{{0.99, 1}, {0, 0.99}}') AS second,
	mlops.choose_variation(mlops.bucket('1', 'configs', 'growthbook_v1'), '{{0, 0.1}, {0.9, 1}}') AS none,
	mlops.choose_variation(mlops.bucket('1', 'foo', 'growthbook_v2'), mlops.bucket_ranges(0.99, '{0.5, 0.5}')) AS second_too;
-- the same, getBucketRange: the cases that are not of round numbers are compared at its six digits
SELECT coverage, weights, n, ARRAY(SELECT round(r::numeric, 6)::float8 FROM unnest(mlops.bucket_ranges(coverage, weights::float8[], n)) r) AS borders
FROM (VALUES (1, NULL, 2), (0.5, NULL, 2), (0, NULL, 2), (1, NULL, 4), (1, '{0.4, 0.6}', 2), (1, '{0.2, 0.3, 0.5}', 3), (0.2, '{0.2, 0.3, 0.5}', 3),
	(-0.2, NULL, 2), (1.5, NULL, 2), (1, '{0.4, 0.1}', 2), (1, '{0.7, 0.6}', 2), (1, '{0.4, 0.4, 0.2}', 4), (1, '{0.4, 0.5999}', 2)) v (coverage, weights, n);
-- the same, chooseVariation
SELECT string_agg(coalesce(mlops.choose_variation(p, '{{0, 0.5}, {0.5, 1}}') - 1, -1)::text, ' ' ORDER BY i) AS even,
	string_agg(coalesce(mlops.choose_variation(p, '{{0, 0.25}, {0.5, 0.75}}') - 1, -1)::text, ' ' ORDER BY i) AS reduced
FROM unnest(ARRAY[0.2, 0.4, 0.6, 0.8, 0, 0.5, 0.25]) WITH ORDINALITY AS v (p, i);
SELECT mlops.choose_variation(0.5, '{{0, 0.5}, {0.5, 0.5}, {0.5, 1}}') - 1 AS zero_range;

-- optimizely/python-sdk tests/test_bucketing.py
SELECT mlops.bucket_number('ppid1', '1886780721', 'optimizely') = 5254 AND mlops.bucket_number('ppid2', '1886780721', 'optimizely') = 4299
	AND mlops.bucket_number('ppid2', '1886780722', 'optimizely') = 2434 AND mlops.bucket_number('ppid3', '1886780721', 'optimizely') = 5439
	AND mlops.bucket_number('a very very very very very very very very very very very very very very very long ppd string', '1886780721', 'optimizely') = 6128 AS optimizely;

-- launchdarkly/python-server-sdk test_evaluator_bucketing.py, eight digits
SELECT unit, seed, abs(mlops.bucket(unit, seed, 'launchdarkly') - want) < 1e-6 * want AS launchdarkly
FROM (VALUES ('userKeyA', 'hashKey.saltyA', 0.42157587), ('userKeyB', 'hashKey.saltyA', 0.6708485), ('userKeyC', 'hashKey.saltyA', 0.10343106),
	('userKeyA', '61', 0.09801207), ('userKeyB', '61', 0.14483777), ('userKeyC', '61', 0.9242641), ('33333', 'hashKey.saltyA', 0.54771423)) v (unit, seed, want);
-- there too: a bucket of one 100000th, and who is behind the last one gets the last one
SELECT mlops.choose_variation(p, mlops.launchdarkly_ranges(ARRAY[b, 1, 100000 - b - 1])) AS second, mlops.choose_variation(p, mlops.launchdarkly_ranges(ARRAY[b])) AS last
FROM mlops.bucket('userkey', 'key.salt', 'launchdarkly') p, mlops.bucket_number('userkey', 'key.salt', 'launchdarkly') b;

-- Eppo-exp/python-sdk test/sharders_test.py (salt "test", subject "input"), and Eppo-exp/sdk-test-data ufc/tests/test-case-new-user-onboarding-flag.json
SELECT mlops.bucket_number('input', 'test', 'eppo') AS shard, mlops.bucket('input', 'test', 'eppo') AS position;
SELECT subject, want, CASE WHEN mlops.bucket_number(subject, 'traffic-new-user-onboarding-experiment', 'eppo') <@ '[0,6000)'::int4range
	THEN (ARRAY['control', 'red', 'yellow'])[mlops.choose_shard(mlops.bucket_number(subject, 'split-new-user-onboarding-experiment', 'eppo', 10000),
		ARRAY['{[0,5000)}', '{[5000,8000)}', '{[8000,10000)}']::int4multirange[])] END IS NOT DISTINCT FROM want AS eppo
FROM (VALUES ('3', 'control'), ('4', 'red'), ('5', 'yellow'), ('6', 'yellow'), ('8', 'red'), ('15', 'yellow'), ('16', 'control'), ('17', 'control'), ('18', NULL), ('19', 'red')) v (subject, want);
SELECT mlops.bucket_number(s, 'split-new-user-onboarding-rollout', 'eppo') < 8000 AS rolled_out, string_agg(s, ' ' ORDER BY s::int)
FROM unnest(ARRAY['2', '7', '12', '13']) s GROUP BY 1;

-- statsig-io/python-sdk testdata/download_config_specs.json and tests/test_statsig_e2e.py: of 1000 user buckets, 500 are control
SELECT mlops.bucket_number('regular_user_id', salt, 'statsig', 1000) < 500 AS regular_user_id, mlops.bucket_number('random', salt, 'statsig', 1000) < 500 AS random
FROM CAST('f8aeba58-18fb-4f36-9bbd-4c611447a912' AS text) salt;
-- the server's own digest says the same
SELECT count(*), bool_and(mlops.bucket_number(u, 'config.rule', 'statsig') = (('x' || encode(substr(h, 1, 8), 'hex'))::bit(64)::bigint::numeric
		+ CASE WHEN get_bit(h, 7) = 1 THEN 18446744073709551616 ELSE 0 END) % 10000) AS statsig,
	bool_and(mlops.bucket_number(u, 'salt', 'eppo', 777) = ('x' || left(md5('salt-' || u), 8))::bit(32)::bigint % 777) AS eppo,
	bool_and(mlops.bucket_number(repeat(u, 1000), 'salt', 'eppo') = ('x' || left(md5('salt-' || repeat(u, 1000)), 8))::bit(32)::bigint % 10000) AS long_eppo,
	bool_and(mlops.bucket(u, 'seed') = floor((('x' || encode(substr(own, 1, 7), 'hex'))::bit(56)::bigint::numeric) / 8)::float8 / 2::float8 ^ 53) AS sha256
FROM generate_series(1, 500) i, CAST('user ' || i AS text) u, sha256(('config.rule.' || u)::bytea) h, sha256('\x7365656400'::bytea || u::bytea) own;
SELECT mlops.statsig_ranges(0.07) AS rounded_up, mlops.statsig_ranges(0), mlops.statsig_ranges(100), mlops.statsig_ranges(12.5);
SELECT mlops.optimizely_ranges('{2500, 2500, 1000, 9000}');

-- our default tells "a.b" and "c" from "a" and "b.c"; the platforms do not
SELECT mlops.bucket('b.c', 'a') <> mlops.bucket('c', 'a.b') AS ours, mlops.bucket('b.c', 'a', 'statsig') = mlops.bucket('c', 'a.b', 'statsig') AS statsig;
-- empty and long units and seeds
SELECT method, mlops.bucket('', '', method) BETWEEN 0 AND 1 AS nothing, mlops.bucket(repeat('x', 100000), 'seed', method) <> mlops.bucket(repeat('x', 100001), 'seed', method) AS long_unit, mlops.bucket('u', repeat('s', 100000), method) <> mlops.bucket('u', repeat('s', 100001), method) AS long_seed
FROM unnest('{sha256,growthbook_v1,growthbook_v2,eppo,optimizely,launchdarkly,statsig}'::text[]) method;

-- more coverage, for 100000 units: nobody moves, and each is added once
CREATE TABLE assignment_units AS SELECT i, mlops.bucket('user-' || i, 'ramp') AS p FROM generate_series(1, 100000) i;
SELECT count(*) FILTER (WHERE less IS NOT NULL) > 900000 AS inside, count(*) FILTER (WHERE less IS NOT NULL AND less IS DISTINCT FROM more) AS moved,
	count(*) FILTER (WHERE less IS NULL AND more IS NOT NULL) > 40000 AS added
FROM (SELECT mlops.choose_variation(p, mlops.bucket_ranges(c / 20.0, w)) AS less, mlops.choose_variation(p, mlops.bucket_ranges((c + 1) / 20.0, w)) AS more
	FROM assignment_units, generate_series(0, 19) c, CAST('{0.5, 0.3, 0.2}' AS float8[]) w) s;
SELECT count(*) AS none_left_out FROM assignment_units WHERE mlops.choose_variation(p, mlops.bucket_ranges(1, '{0.5, 0.3, 0.2}')) IS NULL;
DROP TABLE assignment_units;

-- X14c: the ranges decide, so the shares come from them, whatever weights were given beside
SELECT mlops.range_shares('{{0.99, 1}, {0, 0.99}}', 'growthbook_v2') AS ranges_decide;
SELECT mlops.range_shares(mlops.bucket_ranges(1, NULL, 3), 'growthbook_v1') AS thirds_of_1000, mlops.range_shares('{{0, 0.5}, {0.25, 0.75}}') AS overlapping, mlops.range_shares('{}') AS none;
-- counted: the share is what all 1000 buckets get
SELECT mlops.range_shares(r, 'growthbook_v1') = ARRAY(SELECT (count(*) FILTER (WHERE mlops.choose_variation(b / 1000.0, r) = k) / 1000.0)::float8 FROM generate_series(0, 999) b, generate_series(1, 3) k GROUP BY k ORDER BY k) AS counted
FROM mlops.bucket_ranges(0.77, '{0.123, 0.4, 0.477}') r;

-- NULL in, NULL out
SELECT mlops.bucket(NULL, 's') IS NULL AND mlops.bucket('u', NULL) IS NULL AND mlops.bucket('u', 's', NULL) IS NULL AND mlops.bucket_ranges(NULL, '{1}') IS NULL AND mlops.bucket_ranges(1, NULL) IS NULL
	AND mlops.choose_variation(NULL, '{{0, 1}}') IS NULL AND mlops.choose_variation(0.5, '{}') IS NULL AND mlops.choose_variation('NaN', '{{0, 1}}') IS NULL AND mlops.choose_shard(3, '{}') IS NULL AS nulls;
-- refusals
\set VERBOSITY default
SELECT mlops.bucket('u', 's', 'md5');
SELECT mlops.bucket_number('u', 's', 'growthbook_v2', 1000);
SELECT mlops.bucket_number('u', 's', 'eppo', 0);
SELECT mlops.bucket_ranges('NaN', '{0.5, 0.5}');
SELECT mlops.bucket_ranges(1, '{1.5, -0.5}');
SELECT mlops.bucket_ranges(1, '{0.5, NULL}');
SELECT mlops.bucket_ranges(1, '{}');
SELECT mlops.bucket_ranges(1, NULL, 0);
SELECT mlops.bucket_ranges(1, NULL, 1001);
SELECT mlops.choose_variation(0.5, '{0, 0.5}');
SELECT mlops.choose_variation(0.5, '{{0, 0.5, 1}}');
SELECT mlops.choose_variation(0.5, '{{0, NULL}}');
SELECT mlops.choose_variation(0.5, '{{0, NaN}}');
SELECT mlops.launchdarkly_ranges('{-1, 100001}');
SELECT mlops.optimizely_ranges('{{1, 2}, {3, 4}}');
SELECT mlops.statsig_ranges('NaN');
SELECT mlops.in_namespace('u', 'n', 'NaN', 1);
SELECT mlops.range_shares('{{0, 1}}', 'nothing');
