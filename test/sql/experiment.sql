-- The register of experiments: configurations and their history, assignment now
-- and at past times, layers, holdouts, overrides, sticky assignment, exposures, access.
SET search_path = public;
\set VERBOSITY terse
CREATE ROLE regress_exp_a;
CREATE ROLE regress_exp_b;
SELECT mlops.grant_access('regress_exp_a', 'operator'), mlops.grant_access('regress_exp_b', 'operator');
GRANT SET ON PARAMETER mlops.mock_now TO regress_exp_a;
SET mlops.mock_now = '2026-01-01 00:00+00';
CREATE TABLE experiment_units AS SELECT array_agg('user-' || i ORDER BY i) AS units FROM generate_series(1, 5000) i;
GRANT SELECT ON experiment_units TO PUBLIC;
SET ROLE regress_exp_a;

-- declared once, whatever is called twice; a change makes a version
SELECT mlops.set_experiment('checkout', '{control,treatment}', coverage => 0.1) AS first, mlops.set_experiment('checkout', '{control,treatment}', coverage => 0.1, description => 'words only') AS same;
SELECT e.name, e.owner, e.description, c.config_version, c.active, c.variations, c.seed, c.method, c.coverage, c.weights, c.ranges, c.shares, c.sticky, c.bucket_version
FROM mlops.experiments e JOIN mlops.experiment_configs c USING (experiment_id);
-- what is assigned is what the pure functions say
SELECT count(*), count(variation) BETWEEN 400 AND 600 AS a_tenth,
	bool_and(variation IS NOT DISTINCT FROM (ARRAY['control', 'treatment'])[mlops.choose_variation(mlops.bucket(unit, 'checkout'), '{{0, 0.05}, {0.5, 0.55}}')]) AS same,
	array_agg(DISTINCT propensity) AS propensities, array_agg(DISTINCT source) AS sources, array_agg(DISTINCT reason) AS reasons
FROM experiment_units, mlops.assign_units('checkout', units);
SELECT unit, variation, variation_number, reason FROM mlops.assign_units('checkout', ARRAY['user-1', '', NULL, 'user-11', 'user-1']);
SELECT (mlops.assign('checkout', 'user-11')).* ;

-- growing coverage moves nobody; the past stays what it was
SET mlops.mock_now = '2026-01-02 00:00+00';
SELECT mlops.set_experiment('checkout', '{control,treatment}', coverage => 0.5);
SET mlops.mock_now = '2026-01-03 00:00+00';
SELECT mlops.set_experiment('checkout', '{control,treatment}', coverage => 1, weights => '{0.8,0.2}');
SELECT count(*) FILTER (WHERE a.variation IS NOT NULL) BETWEEN 400 AND 600 AS inside_first,
	count(*) FILTER (WHERE a.variation IS NOT NULL AND a.variation IS DISTINCT FROM b.variation) AS moved_by_coverage,
	count(*) FILTER (WHERE b.variation IS NOT NULL AND b.variation IS DISTINCT FROM c.variation) > 300 AS moved_by_weights,
	array_agg(DISTINCT a.config_version) AS first, array_agg(DISTINCT b.config_version) AS second, array_agg(DISTINCT c.config_version) AS third
FROM experiment_units, mlops.assign_units('checkout', units, '2026-01-01 12:00+00') a
	JOIN mlops.assign_units('checkout', (SELECT units FROM experiment_units), '2026-01-02 00:00+00') b USING (unit)
	JOIN mlops.assign_units('checkout', (SELECT units FROM experiment_units)) c USING (unit);
SELECT variation, reason FROM mlops.assign('checkout', 'user-11', '2025-12-31');

-- sticky: whoever was exposed keeps the variation, and the propensity it was drawn with
SELECT mlops.set_experiment('sticky', '{a,b}', method => 'growthbook_v2', coverage => 0.4);
SELECT count(*) BETWEEN 1800 AND 2200 AS exposed, array_agg(DISTINCT source) AS sources, array_agg(DISTINCT propensity) AS propensities
FROM experiment_units, mlops.expose('sticky', units) WHERE variation IS NOT NULL;
SET mlops.mock_now = '2026-01-04 00:00+00';
SELECT mlops.set_experiment('sticky', '{a,b}', method => 'growthbook_v2', weights => '{0.1,0.9}');
SELECT x.source, x.config_version, x.propensity, count(*) > 1000 AS many, bool_and(e.variation IS NULL OR e.variation = x.variation) AS kept
FROM experiment_units, mlops.expose('sticky', units) x LEFT JOIN (SELECT v.unit, v.variation FROM mlops.exposures v JOIN mlops.experiments USING (experiment_id) WHERE name = 'sticky' AND first_seen < '2026-01-04 00:00+00') e USING (unit)
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
-- the log says which configuration decided, and replaying it gives the same
SELECT x.config_version, x.propensity, x.first_seen AT TIME ZONE 'UTC' AS first_seen, count(*) > 1000 AS many, count(x.moved_at) AS moved, bool_and(a.variation = x.variation AND a.propensity = x.propensity) AS replayed
FROM mlops.exposures x JOIN mlops.experiments e USING (experiment_id), mlops.assign(e.name, x.unit, x.first_seen) a
WHERE e.name = 'sticky' AND hashtext(x.unit) % 20 = 0 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
-- the same without: units move, the first exposure stays, the move is noted
SELECT mlops.set_experiment('loose', '{a,b}', sticky => false);
SELECT count(*) FROM experiment_units, mlops.expose('loose', units);
SET mlops.mock_now = '2026-01-05 00:00+00';
SELECT mlops.set_experiment('loose', '{a,b}', weights => '{0.1,0.9}', sticky => false);
SELECT count(*) FILTER (WHERE source = 'hash') AS by_hash FROM experiment_units, mlops.expose('loose', units);
SELECT count(*), count(moved_at) BETWEEN 1800 AND 2200 AS moved, count(*) FILTER (WHERE moved_at = '2026-01-05 00:00+00' AND variation = 'a') = count(moved_at) AS from_a
FROM mlops.exposures JOIN mlops.experiments USING (experiment_id) WHERE name = 'loose';

-- a later bucket version draws again; units of earlier ones may be left out
SELECT mlops.set_experiment('sticky', '{a,b}', seed => 'second draw', bucket_version => 2);
SELECT count(*) FILTER (WHERE source = 'hash') AS drawn_again FROM experiment_units, mlops.assign_units('sticky', units);
SELECT mlops.set_experiment('sticky', '{a,b}', seed => 'second draw', bucket_version => 2, min_bucket_version => 2);
SELECT count(*) FILTER (WHERE reason = 'assigned in an earlier bucket version') = (SELECT count(*) FROM mlops.experiment_assignments) AS earlier_ones,
	count(*) FILTER (WHERE source = 'hash') = 5002 - (SELECT count(*) FROM mlops.experiment_assignments) AS others, count(*) FILTER (WHERE source = 'hash' AND unit LIKE 'new%') AS new
FROM experiment_units, mlops.assign_units('sticky', units || ARRAY['new-1', 'new-2']);

-- X14c: ranges decide alone, and the propensity is theirs
SELECT mlops.set_experiment('ranges', '{a,b}', ranges => '{{0.99,1},{0,0.99}}', weights => '{0.99,0.01}');
SELECT mlops.set_experiment('ranges', '{a,b}', ranges => '{{0.99,1},{0,0.99}}', method => 'growthbook_v1');
SELECT variation, round(propensity::numeric, 12) AS propensity, count(*) > 4800 AS nearly_all FROM experiment_units, mlops.assign_units('ranges', units) GROUP BY 1, 2 ORDER BY 1;
-- the platforms' own: LaunchDarkly's weights, a GrowthBook namespace
SELECT mlops.set_experiment('ld', '{on,off}', ranges => mlops.launchdarkly_ranges('{30000, 70000}'), seed => 'hashKey.saltyA', method => 'launchdarkly');
SELECT unit, variation, propensity FROM mlops.assign_units('ld', '{userKeyA,userKeyB,userKeyC}');
SELECT mlops.set_experiment_layer('namespace1', seed => '__namespace1', method => 'growthbook_v1');
SELECT mlops.set_experiment('gb', '{0,1}', seed => 'my-test', method => 'growthbook_v1', layer => 'namespace1', layer_buckets => '[400,1000)');
SELECT string_agg(coalesce(variation, reason), ', ') FROM mlops.assign_units('gb', '{1,2,3,4}');

-- layers: two experiments never share a unit, nor ever did
SELECT mlops.set_experiment_layer('search'), mlops.set_experiment_layer('search') IS NOT NULL AS again;
SELECT mlops.set_experiment_layer('search', method => 'eppo');
SELECT mlops.set_experiment('ranking', '{a,b}', layer => 'search', layer_buckets => '[0,6000)');
SELECT mlops.set_experiment('colours', '{a,b}', layer => 'search', layer_buckets => '[5000,10000)');
SELECT mlops.set_experiment('colours', '{a,b}', layer => 'search', layer_buckets => '[6000,10000)');
SELECT count(r.variation) BETWEEN 2800 AND 3200 AS ranking, count(c.variation) BETWEEN 1800 AND 2200 AS colours, count(*) FILTER (WHERE r.variation IS NOT NULL AND c.variation IS NOT NULL) AS both
FROM experiment_units, mlops.assign_units('ranking', units) r JOIN mlops.assign_units('colours', (SELECT units FROM experiment_units)) c USING (unit);
-- an experiment that is not active gives its buckets away; it cannot come back while they are taken
SET mlops.mock_now = '2026-01-06 00:00+00';
SELECT mlops.set_experiment('ranking', '{a,b}', layer => 'search', layer_buckets => '[0,6000)', active => false);
SELECT mlops.set_experiment('colours', '{a,b}', layer => 'search', layer_buckets => '[0,10000)');
SELECT mlops.set_experiment('ranking', '{a,b}', layer => 'search', layer_buckets => '[0,6000)');
SELECT reason, count(*) FROM experiment_units, mlops.assign_units('ranking', units) GROUP BY 1;
SELECT count(DISTINCT reason) AS yesterday FROM experiment_units, mlops.assign_units('ranking', units, '2026-01-05 12:00+00');
SELECT mlops.drop_experiment_layer('search');

-- holdout: the same units for every experiment with the same seed
SELECT mlops.set_experiment('h1', '{a,b}', holdout => 0.2, holdout_seed => 'global'), mlops.set_experiment('h2', '{x,y}', holdout => 0.2, holdout_seed => 'global', method => 'optimizely');
SELECT count(*) FILTER (WHERE a.reason = 'holdout') BETWEEN 900 AND 1100 AS held, count(*) FILTER (WHERE (a.reason = 'holdout') IS DISTINCT FROM (b.reason = 'holdout')) AS differ
FROM experiment_units, mlops.assign_units('h1', units) a JOIN mlops.assign_units('h2', (SELECT units FROM experiment_units)) b USING (unit);

-- forced, now and then
SELECT mlops.force_variation('h1', 'user-1', 'b'), mlops.force_variation('h1', 'user-1', 'b');
SET mlops.mock_now = '2026-01-07 00:00+00';
SELECT mlops.force_variation('h1', 'user-1', 'a');
SET mlops.mock_now = '2026-01-08 00:00+00';
SELECT mlops.force_variation('h1', 'user-1', NULL);
SELECT d, (mlops.assign('h1', 'user-1', d::timestamptz)).variation, (mlops.assign('h1', 'user-1', d::timestamptz)).source IS NOT DISTINCT FROM 'forced' AS forced FROM unnest('{2026-01-06 00:00+00,2026-01-07 00:00+00}'::text[]) d;
SELECT (mlops.assign('h1', 'user-1')).source IS DISTINCT FROM 'forced' AS free;
SELECT mlops.force_variation('h1', 'user-2', 'b');
SELECT unit, variation, propensity, source FROM mlops.expose('h1', '{user-2}');
SELECT count(*) AS forced_units_in_the_log FROM mlops.exposures JOIN mlops.experiments USING (experiment_id) WHERE name = 'h1';
SELECT mlops.force_variation('h1', 'user-2', 'c');
-- an override with a variation that is gone counts no more
SELECT mlops.set_experiment('h1', '{a,c}');
SELECT variation <> 'b' AS another, source FROM mlops.assign('h1', 'user-2');

-- somebody else sees and changes nothing
RESET ROLE;
SET ROLE regress_exp_b;
SELECT count(*) FROM mlops.experiments;
SELECT count(*) FROM mlops.exposures;
SELECT mlops.assign('checkout', 'user-1');
SELECT mlops.set_experiment('checkout', '{x,y}');
SELECT mlops.expose('checkout', '{user-1}');
SELECT mlops.drop_experiment('checkout');
SELECT mlops.set_experiment('mine', '{x,y}', layer => 'search', layer_buckets => '[0,1)');
INSERT INTO mlops.exposures SELECT 1, 'u', 'a', 1, 1, 1, now();
RESET ROLE;
SELECT mlops.set_experiment_owner('checkout', 'regress_exp_b');
SET ROLE regress_exp_b;
SELECT name FROM mlops.experiments;
SELECT mlops.set_experiment_owner('checkout', 'regress_exp_a');
RESET ROLE;
-- who does not see the layer cannot tell who is in it
SELECT mlops.set_experiment_owner('gb', 'regress_exp_b');
SET ROLE regress_exp_b;
SELECT mlops.assign('gb', '1');
RESET ROLE;

-- borders that the client counts from 0 on
SELECT mlops.set_experiment('counted', '{a,b}', ranges => '[0:1][0:1]={{0,0.25},{0.25,1}}');
SELECT ranges, shares FROM mlops.experiment_configs JOIN mlops.experiments USING (experiment_id) WHERE name = 'counted';
SELECT mlops.drop_experiment('counted');

-- a unit whose variation is gone is drawn anew, once
SELECT mlops.set_experiment('gone', '{a,b}', weights => '{0,1}');
SELECT variation, config_version, source FROM mlops.expose('gone', '{u}');
SELECT mlops.set_experiment('gone', '{a,c}', weights => '{1,0}');
SELECT variation, config_version, source FROM mlops.expose('gone', '{u}');
SELECT mlops.set_experiment('gone', '{a,b,c}', weights => '{0,0,1}');
SELECT variation, config_version, source FROM mlops.expose('gone', '{u}');
SELECT mlops.drop_experiment('gone');

-- refusals
SELECT mlops.assign('chekout', 'u');
SELECT mlops.set_experiment('x', '{a,a}');
SELECT mlops.set_experiment('x', '{}');
SELECT mlops.set_experiment('x', '{a,NULL}');
SELECT mlops.set_experiment('x', '{a,b}', weights => '{0.5,0.4}');
SELECT mlops.set_experiment('x', '{a,b}', weights => '{1}');
SELECT mlops.set_experiment('x', '{a,b}', weights => '{1.5,-0.5}');
SELECT mlops.set_experiment('x', '{a,b}', coverage => 1.5);
SELECT mlops.set_experiment('x', '{a,b}', coverage => 'NaN');
SELECT mlops.set_experiment('x', '{a,b}', ranges => '{{0,1}}');
SELECT mlops.set_experiment('x', '{a,b}', ranges => '{{1,0},{0,1}}');
SELECT mlops.set_experiment('x', '{a,b}', ranges => '[0:1][0:1]={{1,0},{0,1}}');
SELECT mlops.set_experiment('x', '{a,b}', ranges => '{{0,0.5,0.7},{0.5,1,1}}');
SELECT mlops.set_experiment('x', '{a,b}', ranges => '{0,1}');
SELECT mlops.set_experiment('x', '{a,b}', ranges => '{}');
SELECT mlops.set_experiment('x', '{a,b}', method => 'md5');
SELECT mlops.set_experiment('x', '{a,b}', layer => 'search');
SELECT mlops.set_experiment('x', '{a,b}', layer => 'serch', layer_buckets => '[0,1)');
SELECT mlops.set_experiment('x', '{a,b}', layer => 'search', layer_buckets => '[0,10001)');
SELECT mlops.set_experiment('x', '{a,b}', layer => 'search', layer_buckets => 'empty');
SELECT mlops.set_experiment('x', '{a,b}', holdout => 0.1);
SELECT mlops.set_experiment('x', '{a,b}', holdout => 1.1, holdout_seed => 's');
SELECT mlops.set_experiment('x', '{a,b}', bucket_version => 1, min_bucket_version => 2);
SELECT mlops.set_experiment('x', '{a,b}', sticky => NULL);
SELECT count(*) AS none_was_made FROM mlops.experiments WHERE name = 'x';

SELECT mlops.drop_experiment(name) FROM mlops.experiments ORDER BY name;
SELECT mlops.drop_experiment_layer(name) FROM mlops.experiment_layers ORDER BY name;
SELECT (SELECT count(*) FROM mlops.experiment_configs) + (SELECT count(*) FROM mlops.experiment_assignments) + (SELECT count(*) FROM mlops.exposures) + (SELECT count(*) FROM mlops.experiment_overrides) AS left_over;
DROP TABLE experiment_units;
SELECT mlops.revoke_access('regress_exp_a', 'operator'), mlops.revoke_access('regress_exp_b', 'operator');
REVOKE SET ON PARAMETER mlops.mock_now FROM regress_exp_a;
DROP ROLE regress_exp_a, regress_exp_b;
