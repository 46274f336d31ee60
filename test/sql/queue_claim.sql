-- One request through claim, heartbeat, complete, fail, cancel, requeue, purge, with a mock
-- clock and as a role that is no superuser.
\set VERBOSITY terse
SET client_min_messages = warning;
SET timezone = 'UTC';
SET datestyle = 'ISO';
CREATE ROLE regress_queue_owner;
CREATE ROLE regress_queue_stranger;
CREATE ROLE regress_queue_consumer IN ROLE regress_queue_owner;
SELECT mlops.grant_access('regress_queue_owner', 'operator'), mlops.grant_access('regress_queue_stranger', 'operator');
INSERT INTO mlops.models (name, task, owner)
SELECT 'qc' || i, 'binary', 'regress_queue_owner' FROM generate_series(1, 4) i;
INSERT INTO mlops.models (name, task, owner) VALUES ('qc other', 'binary', current_user::text::regrole);
CREATE FUNCTION m(text) RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT model_id FROM mlops.models WHERE name = $1';
CREATE VIEW q AS SELECT r.seq, r.model, r.state, r.state_reason, r.attempts, r.lease_owner, r.lease_until, r.not_before, r.last_error
FROM mlops.retrain_requests r WHERE r.model LIKE 'qc%' ORDER BY r.seq;
-- the queue behind a model, moves only
CREATE FUNCTION moves(text) RETURNS SETOF text LANGUAGE sql SECURITY DEFINER AS $$
	SELECT concat_ws(' ', coalesce(e.from_state, '-') || ' > ' || e.to_state, 'attempt ' || e.attempt, 'by ' || e.lease_owner, '(' || e.reason || ')')
	FROM mlops.retrain_request_events e WHERE e.model_id = m($1) ORDER BY e.event_id $$;

-- how a statement fails, ids masked
CREATE FUNCTION refused(statement text, OUT state text, OUT message text, OUT detail text, OUT hint text) LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	detail := regexp_replace(detail, '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}', '<id>');
END $$;

-- who may: nobody without a grant; a consumer works on requests, an operator also moves them
CREATE ROLE regress_queue_nobody;
SET ROLE regress_queue_nobody;
SELECT mlops.claim_retrain_request('c');
SELECT mlops.request_retrain('qc1', 'r');
RESET ROLE;
SELECT mlops.grant_access('regress_queue_nobody', 'consumer');
SELECT string_agg(p.proname, ', ' ORDER BY p.proname COLLATE "C") FROM pg_proc p
WHERE p.pronamespace = 'mlops'::regnamespace AND p.proname LIKE '%\_retrain\_request' AND has_function_privilege('regress_queue_nobody', p.oid, 'EXECUTE');
SELECT mlops.revoke_access('regress_queue_nobody', 'consumer');
DROP ROLE regress_queue_nobody;

-- nothing to do: no row
SET mlops.mock_now = '2026-05-01 00:00+00';
SET ROLE regress_queue_consumer;
SELECT * FROM mlops.claim_retrain_request('c');
RESET ROLE;

-- the order: priority, then age; not before its time; only models of the caller
INSERT INTO mlops.model_versions (model_id, version) VALUES (m('qc2'), 'v7');
INSERT INTO mlops.model_aliases (model_id, alias, version_id) SELECT m('qc2'), 'champion', version_id FROM mlops.model_versions WHERE version = 'v7' AND model_id = m('qc2');
INSERT INTO mlops.retrain_policies (model_id, expires_after) VALUES (m('qc2'), '1 day');
SELECT outcome FROM mlops.request_retrain('qc1', 'one');
SELECT outcome FROM mlops._request_retrain(m('qc2'), '{-5,-6}', 'two', '{"metric": "psi"}', '2026-04-30 23:00+00');
SELECT outcome FROM mlops.request_retrain('qc3', 'three', priority => 5);
SELECT outcome FROM mlops.request_retrain('qc4', 'four', priority => 9, not_before => '2026-05-01 01:00+00');
SELECT outcome FROM mlops.request_retrain('qc other', 'five', priority => 99);
SELECT model, claimable, oldest_pending_age, waiting, leased, lost, dead FROM mlops.queue_depth WHERE model LIKE 'qc%' ORDER BY model COLLATE "C";
SET ROLE regress_queue_consumer;
SELECT model, reason, attempt, lease_until FROM mlops.claim_retrain_request('c');
SELECT id IS NOT NULL AS id, seq IS NOT NULL AS seq, model, model_version, reason, evidence, attempt, lease_token IS NOT NULL AS token,
	   lease_until, created_at, expires_at, alert_ids
FROM mlops.claim_retrain_request('c', lease => '1 hour', model => 'qc2');
SELECT model, reason, attempt, lease_until FROM mlops.claim_retrain_request('c', max => 10);
SELECT model, reason, attempt, lease_until FROM mlops.claim_retrain_request('c', max => 10);
RESET ROLE;
SELECT model, state, attempts, lease_owner, lease_until FROM q;
SELECT model, claimable, oldest_pending_age, waiting, leased, lost, dead FROM mlops.queue_depth WHERE model LIKE 'qc%' ORDER BY model COLLATE "C";

-- the feed shows what no running transaction can precede: wait for those of others
DO $$
DECLARE
	seen xid8 := pg_snapshot_xmax(pg_current_snapshot());
BEGIN
	FOR i IN 1..6000 LOOP
		EXIT WHEN pg_snapshot_xmin(pg_current_snapshot()) >= seen;
		PERFORM pg_sleep(0.01);
	END LOOP;
END $$;
-- wrong arguments
SET mlops.mock_now = '2026-05-01 00:05+00';
SET ROLE regress_queue_consumer;
SELECT mlops.claim_retrain_request('c', model => 'qc other');
SELECT mlops.claim_retrain_request('c', model => 'nix');
SELECT mlops.claim_retrain_request('');
SELECT mlops.claim_retrain_request(NULL);
SELECT mlops.claim_retrain_request('c', lease => '0');
SELECT mlops.claim_retrain_request('c', lease => '8 days');
SELECT mlops.claim_retrain_request('c', lease => NULL);
SELECT mlops.claim_retrain_request('c', max => 0);
SELECT mlops.claim_retrain_request('c', max => 1001);
RESET ROLE;
SELECT id AS id1, lease_token AS t1 FROM mlops.retrain_requests WHERE model = 'qc1' \gset
SELECT id AS id2, lease_token AS t2 FROM mlops.retrain_requests WHERE model = 'qc2' \gset
SELECT id AS id3, lease_token AS t3 FROM mlops.retrain_requests WHERE model = 'qc3' \gset
SELECT id AS ido FROM mlops.retrain_requests WHERE model = 'qc other' \gset

-- heartbeat
SET ROLE regress_queue_consumer;
SELECT mlops.heartbeat_retrain_request(:'id1', :'t1', '30 minutes');
SELECT mlops.heartbeat_retrain_request(:'id3', :'t3');
SELECT * FROM refused(format('SELECT mlops.heartbeat_retrain_request(%L, %L)', :'id1', '00000000-0000-0000-0000-000000000000'));
SELECT * FROM refused(format('SELECT mlops.heartbeat_retrain_request(%L, %L)', '00000000-0000-0000-0000-000000000001', :'t1'));
SELECT mlops.heartbeat_retrain_request(NULL, NULL);
RESET ROLE;
-- to a stranger, requests of others do not exist, whatever token he has
SET ROLE regress_queue_stranger;
SELECT mlops.heartbeat_retrain_request(:'id1', :'t1') IS NULL;
SELECT mlops.complete_retrain_request(:'id1', :'t1') IS NULL;
SELECT mlops.fail_retrain_request(:'id1', :'t1', 'x') IS NULL;
SELECT mlops.cancel_retrain_request(:'id1', 'x') IS NULL;
SELECT mlops.requeue_retrain_request(:'id1') IS NULL;
SELECT mlops.purge_retrain_requests('0');
SELECT count(*) FROM mlops.claim_retrain_request('stranger', max => 100);
RESET ROLE;

-- and readers see what is theirs
SET ROLE regress_queue_consumer;
SELECT model, claimable, waiting, leased FROM mlops.queue_depth ORDER BY model COLLATE "C";
SELECT DISTINCT model FROM mlops.retrain_requests ORDER BY 1;
SELECT count(*) > 0 AS some, bool_and(model LIKE 'qc_') AS own FROM mlops.feed_retrain_requests(max_rows => 10000);
SELECT count(*) > 0 AS some, bool_and(subject LIKE 'qc_') AS own FROM mlops.retrain_events_outbox;
UPDATE mlops.retrain_requests SET priority = 100;
RESET ROLE;
SET ROLE regress_queue_stranger;
SELECT count(*) FROM mlops.queue_depth;
SELECT count(*) FROM mlops.feed_retrain_requests(max_rows => 10000);
SELECT count(*) FROM mlops.retrain_events_outbox;
RESET ROLE;

-- complete: result stored, version registered, a note on the alerts, which stay as they are
INSERT INTO mlops.sources (model_id, name, relation, time_column, time_type, tracking) VALUES (m('qc2'), 's', 'pg_class', 't', 'timestamptz', 'lookback');
INSERT INTO mlops.segments (source_id, key) SELECT source_id, '{}' FROM mlops.sources WHERE model_id = m('qc2');
INSERT INTO mlops.monitors (name, model_id, source_id, kind, every, over, next_window_end)
SELECT 'qc2 monitor', model_id, source_id, 'volume', '1 hour', '1 hour', '2026-05-01' FROM mlops.sources WHERE model_id = m('qc2');
INSERT INTO mlops.alerts (monitor_id, model_id, segment_id, column_name, metric, state, severity, opened_at, last_window_end, request_id)
SELECT o.monitor_id, o.model_id, g.segment_id, c.name, 'psi', 'firing', 'critical', '2026-04-30 23:00+00', '2026-05-01 00:00+00', c.request
FROM mlops.monitors o JOIN mlops.segments g USING (source_id), (VALUES ('x', :'id2'::uuid), ('y', NULL), ('z', NULL)) c(name, request)
WHERE o.model_id = m('qc2');
-- x belongs to the request by its own request_id, y by the request's alert_ids, z does not
UPDATE mlops.retrain_requests SET alert_ids = alert_ids || (SELECT alert_id FROM mlops.alerts WHERE model_id = m('qc2') AND column_name = 'y')
WHERE id = :'id2';
SET ROLE regress_queue_consumer;
SELECT mlops.complete_retrain_request(:'id2', :'t2', '{"auc": 0.9}', 'v8', 'run-17');
-- again with the same token: the same answer, whatever is given, and nothing happens twice
SELECT mlops.complete_retrain_request(:'id2', :'t2', '{"auc": 0.1}', 'v9');
SELECT mlops.complete_retrain_request(:'id2', :'t1');
SELECT mlops.fail_retrain_request(:'id2', :'t2', 'late');
SELECT mlops.heartbeat_retrain_request(:'id2', :'t2');
SELECT mlops.cancel_retrain_request(:'id2', 'late');
SELECT mlops.requeue_retrain_request(:'id2');
RESET ROLE;
SELECT state, model_version, new_version, result, external_run_id, lease_until, claimed_at, finished_at FROM mlops.retrain_requests WHERE id = :'id2';
SELECT version, metadata = jsonb_build_object('retrain_request', :'id2') AS from_request FROM mlops.model_versions WHERE model_id = m('qc2') ORDER BY version_id;
SELECT a.column_name, a.state, e.event, e.reason, e.window_end FROM mlops.alerts a LEFT JOIN mlops.alert_events e ON e.alert_id = a.alert_id AND e.event = 'note'
WHERE a.model_id = m('qc2') ORDER BY 1;
SELECT * FROM moves('qc2');

-- fail: tried again after 1, 2, 4 ... minutes with jitter of 20 %, then dead
SET ROLE regress_queue_consumer;
SELECT state, not_before - mlops.clock() BETWEEN '48 s' AND '72 s' AS "1 minute" FROM mlops.fail_retrain_request(:'id3', :'t3', 'no disk');
-- again with the same token: the same answer
SELECT state, not_before - mlops.clock() BETWEEN '48 s' AND '72 s' AS "1 minute" FROM mlops.fail_retrain_request(:'id3', :'t3', 'other');
SELECT mlops.complete_retrain_request(:'id3', :'t3');
SELECT count(*) FROM mlops.claim_retrain_request('c');
RESET ROLE;
SELECT model, state, state_reason, last_error, lease_until FROM q WHERE model = 'qc3';
SET mlops.mock_now = '2026-05-01 00:06:12+00';
SET ROLE regress_queue_consumer;
SELECT model, attempt FROM mlops.claim_retrain_request('d', model => 'qc3');
SELECT mlops.fail_retrain_request(:'id3', :'t3', 'old token');
RESET ROLE;
SELECT lease_token AS t3b FROM mlops.retrain_requests WHERE model = 'qc3' \gset
SET ROLE regress_queue_consumer;
-- no use to try again: dead at once
SELECT * FROM mlops.fail_retrain_request(:'id3', :'t3b', repeat('e', 3000), retry => false);
SELECT mlops.fail_retrain_request(:'id3', :'t3b', 'e', retry => NULL);
SELECT count(*) FROM mlops.claim_retrain_request('c', model => 'qc3');
RESET ROLE;
SELECT state, length(last_error), finished_at FROM mlops.retrain_requests WHERE model = 'qc3';
SELECT model, claimable, waiting, leased, lost, dead FROM mlops.queue_depth WHERE model = 'qc3';
SELECT substr(x, 1, 60) FROM moves('qc3') x;
-- backoff: doubled per attempt, one hour at most, jitter of 20 % that is the same each time
SELECT a AS attempt, bool_and(b BETWEEN least(2 ^ (a - 1), 60) * interval '48 s' AND least(2 ^ (a - 1), 60) * interval '72 s') AS within,
	   count(DISTINCT b) > 90 AS spread, bool_and(b = mlops._retrain_backoff(u, a)) AS same
FROM generate_series(1, 9) a, (SELECT md5(i::text)::uuid AS u FROM generate_series(1, 100) i) u, LATERAL (SELECT mlops._retrain_backoff(u, a) AS b) b
GROUP BY a ORDER BY a;

-- requeue: all attempts again
SET ROLE regress_queue_consumer;
SELECT mlops.requeue_retrain_request(:'id3');
SELECT model, attempt FROM mlops.claim_retrain_request('e', model => 'qc3');
SELECT mlops.requeue_retrain_request(:'id3');
-- cancel: the consumer is told
RESET ROLE;
SELECT lease_token AS t3c FROM mlops.retrain_requests WHERE model = 'qc3' \gset
SET ROLE regress_queue_consumer;
SELECT mlops.cancel_retrain_request(:'id3', 'not needed');
SELECT mlops.cancel_retrain_request(:'id3', 'not needed at all');
SELECT * FROM refused(format('SELECT mlops.complete_retrain_request(%L, %L)', :'id3', :'t3c'));
-- not while there is another one
SELECT outcome FROM mlops.request_retrain('qc3', 'newer');
SELECT mlops.requeue_retrain_request(:'id3');
RESET ROLE;
SELECT model, state, state_reason, attempts, lease_until FROM q WHERE model = 'qc3';

-- a lease that ran out: its holder may still finish as long as nobody claims
SET mlops.mock_now = '2026-05-01 00:40+00';
SELECT model, claimable, waiting, leased, lost, dead FROM mlops.queue_depth WHERE model = 'qc1';
SET ROLE regress_queue_consumer;
SELECT mlops.heartbeat_retrain_request(:'id1', :'t1', '1 minute');
RESET ROLE;
SET mlops.mock_now = '2026-05-01 00:41+00';
SET ROLE regress_queue_consumer;
SELECT model, attempt FROM mlops.claim_retrain_request('f', model => 'qc1');
SELECT mlops.heartbeat_retrain_request(:'id1', :'t1');
SELECT mlops.complete_retrain_request(:'id1', :'t1');
SELECT mlops.fail_retrain_request(:'id1', :'t1', 'x');
RESET ROLE;
SELECT model, state, attempts, lease_owner, lease_until FROM q WHERE model = 'qc1';
-- and again, until the attempts are used up
UPDATE mlops.retrain_requests SET max_attempts = 2 WHERE id = :'id1';
SET mlops.mock_now = '2026-05-01 00:56+00';
SET ROLE regress_queue_consumer;
SELECT count(*) FROM mlops.claim_retrain_request('g', model => 'qc1');
RESET ROLE;
SELECT * FROM moves('qc1');

-- expiry, open and leased
UPDATE mlops.retrain_policies SET expires_after = '1 hour' WHERE model_id IN (m('qc1'), m('qc2'));
SELECT outcome FROM mlops.request_retrain('qc1', 'for an hour');
SELECT outcome FROM mlops.request_retrain('qc2', 'for an hour');
SET ROLE regress_queue_consumer;
SELECT model, expires_at FROM mlops.claim_retrain_request('h', lease => '2 hours', model => 'qc2');
RESET ROLE;
SET mlops.mock_now = '2026-05-01 01:56+00';
SET ROLE regress_queue_consumer;
SELECT count(*) FROM mlops.claim_retrain_request('h', model => 'qc1');
SELECT count(*) FROM mlops.claim_retrain_request('h', model => 'qc2');
RESET ROLE;
SELECT model, state, state_reason FROM q WHERE model IN ('qc1', 'qc2') ORDER BY seq;
SET mlops.mock_now = '2026-05-01 03:00+00';
SET ROLE regress_queue_consumer;
SELECT model FROM mlops.claim_retrain_request('h', max => 100);
RESET ROLE;
SELECT model, state, state_reason, lease_until FROM q WHERE model = 'qc2' ORDER BY seq;

-- serial key: one at a time, the best first
DELETE FROM mlops.retrain_requests WHERE model LIKE 'qc%';
INSERT INTO mlops.retrain_requests (model_id, model, reason, dedup_key, serial_key, priority, not_before, created_at)
SELECT m('qc1'), 'qc1', 'r' || i, 'qc-' || i, 'qc-gpu-' || i % 2, i, '2026-05-01', '2026-05-01' FROM generate_series(1, 6) i;
SET ROLE regress_queue_consumer;
SELECT reason FROM mlops.claim_retrain_request('i', max => 100);
SELECT reason FROM mlops.claim_retrain_request('i', max => 100);
RESET ROLE;
SELECT model, claimable, waiting, leased, lost, dead FROM mlops.queue_depth WHERE model = 'qc1';
UPDATE mlops.retrain_requests SET state = 'succeeded', lease_until = NULL, finished_at = '2026-05-01' WHERE reason = 'r6';
SELECT model, claimable, waiting, leased, lost, dead FROM mlops.queue_depth WHERE model = 'qc1';
SET ROLE regress_queue_consumer;
SELECT reason FROM mlops.claim_retrain_request('i', max => 100);
RESET ROLE;

-- purge: finished ones by age; what the cooldown counts from stays
DELETE FROM mlops.retrain_requests WHERE model LIKE 'qc%';
INSERT INTO mlops.retrain_requests (model_id, model, reason, dedup_key, serial_key, not_before, created_at, state, finished_at)
SELECT m(f.model), f.model, f.reason, 'k', 'k', f.at, f.at, f.state, f.at
FROM (VALUES ('qc1', 'old, done', 'succeeded', '2026-04-01'::timestamptz), ('qc1', 'old, dead', 'dead', '2026-04-02'),
			 ('qc1', 'old, cancelled', 'cancelled', '2026-04-03'), ('qc1', 'young, cancelled', 'cancelled', '2026-05-01'),
			 ('qc2', 'old, done', 'succeeded', '2026-04-01'), ('qc2', 'young, done', 'succeeded', '2026-05-01'),
			 ('qc other', 'old, cancelled', 'cancelled', '2026-04-01')) f(model, reason, state, at);
INSERT INTO mlops.retrain_requests (model_id, model, reason, dedup_key, serial_key, not_before, created_at)
VALUES (m('qc3'), 'qc3', 'old, open', 'k3', 'k3', '2026-04-01', '2026-04-01');
SET ROLE regress_queue_consumer;
SELECT mlops.purge_retrain_requests('10 days');
SELECT mlops.purge_retrain_requests('-1 day');
SELECT mlops.purge_retrain_requests(NULL);
RESET ROLE;
SELECT model, reason FROM mlops.retrain_requests WHERE model LIKE 'qc%' ORDER BY seq;

DROP VIEW q;
DROP FUNCTION refused;
DROP FUNCTION moves(text);
DROP FUNCTION m(text);
DELETE FROM mlops.models WHERE name LIKE 'qc%';
SELECT mlops.revoke_access('regress_queue_owner', 'operator'), mlops.revoke_access('regress_queue_stranger', 'operator');
DROP ROLE regress_queue_consumer, regress_queue_owner, regress_queue_stranger;
