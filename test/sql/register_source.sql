-- Sources: kinds by inspection, refusals with their hints, registering again.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
SET intervalstyle = 'postgres';
SET mlops.mock_now = '2026-03-01 00:00+00';
CREATE ROLE regress_mlops_ann;
CREATE ROLE regress_mlops_bob;
SELECT mlops.grant_access(r, 'operator') FROM unnest('{regress_mlops_ann,regress_mlops_bob}'::regrole[]) r;
CREATE FUNCTION pg_temp.try(statement text, OUT state text, OUT message text, OUT hint text) LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
	state := 'ok';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
END
$$;
CREATE TEMP VIEW registered AS
	SELECT c.column_no AS no, c.name, c.role, c.kind, c.is_segment AS seg, c.column_type, c.bins
	FROM mlops.columns c JOIN mlops.sources USING (source_id) JOIN mlops.models m USING (model_id)
	WHERE m.name LIKE 'rs %' ORDER BY 1;
CREATE TEMP VIEW marks AS
	SELECT c.granule FROM mlops.changes c JOIN mlops.sources USING (source_id) JOIN mlops.models m USING (model_id)
	WHERE m.name LIKE 'rs %' ORDER BY 1;
CREATE TEMP VIEW triggers AS
	SELECT t.tgrelid::regclass AS relation, regexp_replace(t.tgname, '\d+', 'N') AS name, t.tgenabled AS enabled FROM pg_trigger t
	WHERE t.tgfoid = 'mlops._track_changes()'::regprocedure ORDER BY 1, 2;

CREATE SCHEMA regress_shop AUTHORIZATION regress_mlops_ann;
CREATE SCHEMA regress_other;
SET ROLE regress_mlops_ann;
CREATE TYPE regress_shop.plan AS ENUM ('basic', 'gold');
CREATE DOMAIN regress_shop.years AS int CHECK (value >= 0);
CREATE DOMAIN regress_shop.flag AS boolean;
CREATE TABLE regress_shop.predictions (
	id bigint PRIMARY KEY,
	at timestamptz,
	gone text,
	version text,
	customer uuid,
	age regress_shop.years,		-- 60 values: numeric
	tenure smallint,			-- 50 values, each 6 times: categorical
	visits int,					-- 51 values: numeric
	rare int,					-- 40 values, but only 40 rows have one: numeric
	amount numeric(10, 2),
	ratio real,
	region varchar(20),
	plan regress_shop.plan,
	code char(1),
	remark text,				-- all distinct: other
	is_new boolean,
	opted regress_shop.flag,
	loaded timestamp,
	payload jsonb,
	tags text[],
	"Odd Name" int,
	score double precision,
	predicted int,
	churned boolean);
ALTER TABLE regress_shop.predictions DROP COLUMN gone;
INSERT INTO regress_shop.predictions
SELECT i, '2026-02-01'::timestamptz + i * interval '1 hour', 'v1', md5(i::text)::uuid, 18 + i % 60, i % 50, i % 51,
	   CASE WHEN i <= 40 THEN i END, i % 7, i / 300.0, 'region ' || i % 4, CASE WHEN i % 2 = 0 THEN 'gold' ELSE 'basic' END::regress_shop.plan,
	   chr(97 + i % 3), 'remark ' || i, i % 2 = 0, i % 3 = 0, NULL, '{}', '{}', i % 2, i / 300.0, (i % 2), i % 2 = 0
FROM generate_series(1, 300) i;
RESET ROLE;
RESET client_min_messages;

-- kinds by inspection of the rows
SET ROLE regress_mlops_ann;
SELECT mlops.register_model('rs churn') > 0 AS registered;
SELECT mlops.register_source('rs churn', 'regress_shop.predictions', at => 'at', id => 'id', version => 'version', score => 'score',
							 prediction => 'predicted', label => 'churned', entity => 'customer', segments => '{region,plan}') AS source \gset
RESET ROLE;
SELECT * FROM registered;
SELECT relation, time_column, time_type, time_zone, granule, granule_origin, tracking, lookback, max_segments FROM mlops.sources WHERE source_id = :source;
SELECT * FROM triggers;
SELECT key FROM mlops.segments WHERE source_id = :source;

-- the same from the statistics of ANALYZE
ANALYZE regress_shop.predictions;
CREATE TEMP TABLE before AS SELECT * FROM registered;
SET ROLE regress_mlops_ann;
SELECT mlops.register_source('rs churn', 'regress_shop.predictions', at => 'at', id => 'id', version => 'version', score => 'score',
							 prediction => 'predicted', label => 'churned', entity => 'customer', segments => '{region,plan}') = :source AS same;
RESET ROLE;
SELECT * FROM (TABLE registered EXCEPT TABLE before) x;
SELECT count(*) FROM mlops.sources WHERE source_id = :source;

-- nothing collected is lost when nothing changes what a profile means
UPDATE mlops.sources SET collected_from = '2026-02-01', collected_to = '2026-02-02', first_pass_to = '2026-02-02' WHERE source_id = :source;
INSERT INTO mlops.profiles (source_id, granule, segment_id, column_no, row_count)
SELECT source_id, '2026-02-01', segment_id, n, 10 FROM mlops.segments, unnest(ARRAY[0, 5, 6]) n WHERE source_id = :source;
SET ROLE regress_mlops_ann;
ALTER TABLE regress_shop.predictions ADD COLUMN channel text;
SELECT mlops.register_source('rs churn', 'regress_shop.predictions', at => 'at', id => 'id', version => 'version', score => 'score',
							 prediction => 'predicted', label => 'churned', entity => 'customer', segments => '{region,plan}',
							 ignore => '{ratio}') = :source AS same;
RESET ROLE;
SELECT * FROM registered WHERE name IN ('channel', 'ratio');
SELECT column_no, row_count FROM mlops.profiles WHERE source_id = :source ORDER BY 1;
-- a kind that was found stays, although the values would say otherwise by now
UPDATE regress_shop.predictions SET tenure = id;
ANALYZE regress_shop.predictions;
SET ROLE regress_mlops_ann;
SELECT mlops.register_source('rs churn', 'regress_shop.predictions', at => 'at', id => 'id', version => 'version', score => 'score',
							 prediction => 'predicted', label => 'churned', entity => 'customer', segments => '{region,plan}',
							 ignore => '{ratio}') = :source AS same;
RESET ROLE;
SELECT * FROM registered WHERE name = 'tenure';
-- one column is counted differently
SET ROLE regress_mlops_ann;
SELECT mlops.register_source('rs churn', 'regress_shop.predictions', at => 'at', id => 'id', version => 'version', score => 'score',
							 prediction => 'predicted', label => 'churned', entity => 'customer', segments => '{region,plan}',
							 ignore => '{ratio}', kinds => '{"age": "categorical"}') = :source AS same;
RESET ROLE;
SELECT * FROM registered WHERE name = 'age';
SELECT column_no, row_count FROM mlops.profiles WHERE source_id = :source ORDER BY 1;
-- everything is cut differently
SET ROLE regress_mlops_ann;
SELECT mlops.register_source('rs churn', 'regress_shop.predictions', at => 'at', score => 'score', features => '{age,tenure}',
							 granule => '1 day', time_zone => 'America/New_York', tracking => 'lookback') = :source AS same;
RESET ROLE;
SELECT * FROM registered WHERE role <> 'ignored';
SELECT granule, granule_origin, time_zone, tracking, collected_from, collected_to, first_pass_to FROM mlops.sources WHERE source_id = :source;
SELECT count(*) FROM mlops.profiles WHERE source_id = :source;
SELECT * FROM triggers;

-- refused at once, with what would do
\x on
SET ROLE regress_mlops_ann;
SELECT * FROM pg_temp.try($$SELECT mlops.register_source('rs chrun', 'regress_shop.predictions', at => 'at')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.register_source('rs churn', 'predictions', at => 'at')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.register_source('rs churn', 'regress_shop.perdictions', at => 'at')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.register_source('rs churn', 'regress_shop.predictions; DROP TABLE x', at => 'at')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.register_source('rs churn', 'regress_shop.predictions_pkey', at => 'at')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.register_source('rs churn', 'pg_catalog.pg_class', at => 'at')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.register_source('rs churn', 'mlops.runs', at => 'started_at')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.register_source('rs churn', NULL, at => 'at')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.register_source('rs churn', 'regress_shop.predictions', at => 'tiem')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.register_source('rs churn', 'regress_shop.predictions', at => 'version')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.register_source('rs churn', 'regress_shop.predictions', at => NULL)$$);
SELECT * FROM pg_temp.try($$SELECT mlops.register_source('rs churn', 'regress_shop.predictions', at => 'at', score => 'region')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.register_source('rs churn', 'regress_shop.predictions', at => 'at', prediction => 'payload')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.register_source('rs churn', 'regress_shop.predictions', at => 'at', label_time => 'churned')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.register_source('rs churn', 'regress_shop.predictions', at => 'at', score => 'score', prediction => 'score')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.register_source('rs churn', 'regress_shop.predictions', at => 'at', score => 'score', features => '{score}')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.register_source('rs churn', 'regress_shop.predictions', at => 'at', features => '{age}', ignore => '{age}')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.register_source('rs churn', 'regress_shop.predictions', at => 'at', features => '{tags}')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.register_source('rs churn', 'regress_shop.predictions', at => 'at', features => '{}')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.register_source('rs churn', 'regress_shop.predictions', at => 'at', ignore => '{odd name}')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.register_source('rs churn', 'regress_shop.predictions', at => 'at', segments => '{amount}')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.register_source('rs churn', 'regress_shop.predictions', at => 'at', segments => '{remark}')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.register_source('rs churn', 'regress_shop.predictions', at => 'at', kinds => '{"region": "numeric"}')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.register_source('rs churn', 'regress_shop.predictions', at => 'at', kinds => '{"agee": "numeric"}')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.register_source('rs churn', 'regress_shop.predictions', at => 'at', kinds => '["age"]')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.register_source('rs churn', 'regress_shop.predictions', at => 'at', granule => '1 month')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.register_source('rs churn', 'regress_shop.predictions', at => 'at', granule => '10 seconds')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.register_source('rs churn', 'regress_shop.predictions', at => 'at', ready_delay => '-1 s')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.register_source('rs churn', 'regress_shop.predictions', at => 'at', lookback => NULL)$$);
SELECT * FROM pg_temp.try($$SELECT mlops.register_source('rs churn', 'regress_shop.predictions', at => 'at', bins => 1)$$);
SELECT * FROM pg_temp.try($$SELECT mlops.register_source('rs churn', 'regress_shop.predictions', at => 'at', max_segments => 0)$$);
SELECT * FROM pg_temp.try($$SELECT mlops.register_source('rs churn', 'regress_shop.predictions', at => 'at', retention => '1 minute')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.register_source('rs churn', 'regress_shop.predictions', at => 'at', tracking => 'polling')$$);
SELECT state, message, split_part(hint, ',', 1) AS hint
FROM pg_temp.try($$SELECT mlops.register_source('rs churn', 'regress_shop.predictions', at => 'at', time_zone => 'Europe/Berln')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.drop_source('rs churn', 'prediction')$$);
RESET ROLE;
-- none of it changed anything
SELECT count(*) FROM registered WHERE role <> 'ignored';
SELECT count(*) FROM marks;

-- privileges: the rows are read as the model's owner, not as the caller
SET ROLE regress_mlops_bob;
SELECT mlops.register_model('rs bob') > 0 AS registered;
SELECT * FROM pg_temp.try($$SELECT mlops.register_source('rs bob', 'regress_shop.predictions', at => 'at')$$);
RESET ROLE;
GRANT USAGE ON SCHEMA regress_shop TO regress_mlops_bob;
SET ROLE regress_mlops_bob;
SELECT * FROM pg_temp.try($$SELECT mlops.register_source('rs bob', 'regress_shop.predictions', at => 'at', features => '{age,region}')$$);
RESET ROLE;
GRANT SELECT (at, age) ON regress_shop.predictions TO regress_mlops_bob;
SET ROLE regress_mlops_bob;
SELECT * FROM pg_temp.try($$SELECT mlops.register_source('rs bob', 'regress_shop.predictions', at => 'at', features => '{age,region}')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.register_source('rs bob', 'regress_shop.predictions', at => 'at', features => '{age}', tracking => 'trigger')$$);
-- without the right to create triggers: looks back
SELECT mlops.register_source('rs bob', 'regress_shop.predictions', at => 'at', features => '{age}') AS bob \gset
RESET ROLE;
SELECT tracking FROM mlops.sources WHERE source_id = :bob;
GRANT TRIGGER ON regress_shop.predictions TO regress_mlops_bob;
SET ROLE regress_mlops_bob;
SELECT mlops.register_source('rs bob', 'regress_shop.predictions', at => 'at', features => '{age}') = :bob AS same;
RESET ROLE;
SELECT tracking FROM mlops.sources WHERE source_id = :bob;
-- a superuser does not lend its rights to the model
SELECT * FROM pg_temp.try($$SELECT mlops.register_source('rs bob', 'regress_shop.predictions', at => 'at', features => '{region}')$$);
-- a new owner has to be able to read, too
GRANT regress_mlops_bob TO regress_mlops_ann;
GRANT pg_monitor TO regress_mlops_ann;
SET ROLE regress_mlops_ann;
SELECT * FROM pg_temp.try($$SELECT mlops.set_owner('rs churn', 'pg_monitor')$$);
RESET ROLE;
SELECT mlops.drop_model('rs bob');
SELECT count(*) FROM triggers;
\x off

-- views, materialized views and partitions
SET ROLE regress_mlops_ann;
CREATE VIEW regress_shop.recent AS SELECT id, at, age, region, score FROM regress_shop.predictions;
CREATE MATERIALIZED VIEW regress_shop.kept AS TABLE regress_shop.recent;
CREATE TABLE regress_shop.parted (day date, x int, y text) PARTITION BY RANGE (day);
CREATE TABLE regress_shop.parted_1 PARTITION OF regress_shop.parted FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE regress_shop.parted_2 PARTITION OF regress_shop.parted FOR VALUES FROM ('2026-02-01') TO ('2026-03-01') PARTITION BY LIST (x);
CREATE TABLE regress_shop.parted_2x PARTITION OF regress_shop.parted_2 DEFAULT;
CREATE TEMP TABLE mine (at timestamptz, x int);
SELECT mlops.register_source('rs churn', 'regress_shop.recent', at => 'at', id => 'id', score => 'score', name => 'view') > 0 AS view;
SELECT mlops.register_source('rs churn', 'regress_shop.kept', at => 'at', id => 'id', score => 'score', name => 'matview') > 0 AS matview;
SELECT mlops.register_source('rs churn', 'regress_shop.parted', at => 'day', name => 'parted') > 0 AS parted;
SELECT mlops.register_source('rs churn', 'regress_shop.parted_1', at => 'day', name => 'part') > 0 AS part;
SELECT * FROM pg_temp.try($$SELECT mlops.register_source('rs churn', 'regress_shop.recent', at => 'at', tracking => 'trigger')$$);
SELECT * FROM pg_temp.try($$SELECT mlops.register_source('rs churn', 'regress_shop.parted_1', at => 'day', tracking => 'trigger')$$);
SELECT state, message FROM pg_temp.try(format($$SELECT mlops.register_source('rs churn', '%s.mine', at => 'at')$$, pg_my_temp_schema()::regnamespace))
WHERE message ~ '^relation "pg_temp_\d+.mine" cannot be watched$' OR message IS NULL \gset
SELECT :'state' AS state;
RESET ROLE;
SELECT s.name, s.relation, s.time_type, s.tracking FROM mlops.sources s JOIN mlops.models m USING (model_id) WHERE m.name = 'rs churn' ORDER BY 1;
SELECT * FROM triggers;

-- a view that fails is refused at once, with the error it gives
SET ROLE regress_mlops_ann;
CREATE VIEW regress_shop.broken AS SELECT at, 1 / (id - id) AS x FROM regress_shop.predictions;
SELECT state FROM pg_temp.try($$SELECT mlops.register_source('rs churn', 'regress_shop.broken', at => 'at')$$);
RESET ROLE;

-- another relation under the same name of the source: triggers move, history ends
SET ROLE regress_mlops_ann;
SELECT mlops.register_source('rs churn', 'regress_shop.predictions', at => 'at', features => '{age}', name => 'parted') > 0 AS moved;
RESET ROLE;
SELECT * FROM triggers;
SET ROLE regress_mlops_ann;
SELECT mlops.drop_source('rs churn', 'parted');
RESET ROLE;
SELECT * FROM triggers;

-- what a task says about prediction and label
SET ROLE regress_mlops_ann;
SELECT mlops.register_model('rs value', task => 'regression') > 0 AS registered;
SELECT state, message FROM pg_temp.try($$SELECT mlops.register_source('rs value', 'regress_shop.predictions', at => 'at', prediction => 'region')$$);
SELECT mlops.register_source('rs value', 'regress_shop.predictions', at => 'at', prediction => 'predicted', label => 'amount', features => '{age}') AS value \gset
RESET ROLE;
SELECT name, role, kind FROM mlops.columns WHERE source_id = :value AND role IN ('prediction', 'label') ORDER BY 1;

-- no rows yet
SET ROLE regress_mlops_ann;
TRUNCATE regress_shop.predictions;
ANALYZE regress_shop.predictions;
SELECT mlops.register_source('rs value', 'regress_shop.predictions', at => 'at', features => '{age,visits,region,remark}') = :value AS same;
RESET ROLE;
SELECT name, kind FROM mlops.columns WHERE source_id = :value AND role = 'feature' ORDER BY 1;

-- DROP EXTENSION would take the triggers along
SELECT count(*) FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'mlops'
WHERE d.classid = 'pg_trigger'::regclass AND d.deptype = 'x' AND d.objid IN (SELECT t.oid FROM pg_trigger t WHERE t.tgrelid = 'regress_shop.predictions'::regclass);

SET client_min_messages = warning;
SELECT mlops.drop_model('rs churn'), mlops.drop_model('rs value');
SELECT count(*) FROM triggers;
DROP SCHEMA regress_shop, regress_other CASCADE;
DROP OWNED BY regress_mlops_ann, regress_mlops_bob;
DROP ROLE regress_mlops_ann, regress_mlops_bob;
