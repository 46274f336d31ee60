-- Enqueueing: policy, coalescing, limits.  Times are mock times; nothing here
-- depends on the clock.
\set VERBOSITY terse
SET client_min_messages = warning;
SET timezone = 'UTC';
SET datestyle = 'ISO';
INSERT INTO mlops.models (name, task, owner)
VALUES ('qp', 'binary', current_user::text::regrole), ('qp rows', 'binary', current_user::text::regrole);
SELECT model_id AS m FROM mlops.models WHERE name = 'qp' \gset
SELECT model_id AS mr FROM mlops.models WHERE name = 'qp rows' \gset
CREATE TEMP VIEW q AS
SELECT r.seq, r.state, r.state_reason, r.reason, r.priority, r.occurrences, r.alert_ids, r.evidence, r.created_at, r.not_before, r.expires_at
FROM mlops.retrain_requests r WHERE r.model LIKE 'qp%';

-- the first one is created, with the defaults of a policy nobody wrote
SET mlops.mock_now = '2026-03-01 12:00+00';
SELECT outcome, request_id IS NOT NULL AS has_id
FROM mlops._request_retrain(:m, '{11,12}', 'drift in x', '{"metric": "psi"}', '2026-03-01 10:00+00');
SELECT state, reason, priority, occurrences, alert_ids, evidence, created_at, not_before, expires_at FROM q;
SELECT enabled, cooldown, min_new_rows, max_attempts, expires_after, priority FROM mlops.retrain_policies WHERE model_id = :m;

-- another alert while it is open joins it: counter, alerts merged, evidence refreshed, reason kept
SELECT outcome, request_id = (SELECT id FROM mlops.retrain_requests WHERE model = 'qp') AS same
FROM mlops._request_retrain(:m, '{12,9}', 'drift in y', '{"metric": "js"}', '2026-03-01 11:00+00');
SELECT state, reason, occurrences, alert_ids, evidence, created_at FROM q;
-- also while a consumer works on it
UPDATE mlops.retrain_requests SET state = 'leased', lease_owner = 'x', lease_token = gen_random_uuid(),
	lease_until = '2026-03-01 13:00+00', attempts = 1 WHERE model = 'qp';
SELECT outcome FROM mlops._request_retrain(:m, NULL, NULL, NULL, '2026-03-01 11:00+00');
SELECT state, occurrences, alert_ids, evidence FROM q;
UPDATE mlops.retrain_requests SET state = 'succeeded', lease_until = NULL, finished_at = '2026-03-01 13:00+00' WHERE model = 'qp';

-- cooldown: 24 hours of data time after the created_at of the last one, to the microsecond
SELECT * FROM mlops._request_retrain(:m, '{13}', 'again', '{}', '2026-03-02 09:59:59.999999+00');
SELECT outcome FROM mlops._request_retrain(:m, '{13}', 'again', '{}', '2026-03-02 10:00+00');
-- a cancelled one does not count: the next may come at once, and counts from the one before
UPDATE mlops.retrain_requests SET state = 'cancelled', finished_at = '2026-03-02 11:00+00' WHERE model = 'qp' AND state = 'pending';
SELECT outcome FROM mlops._request_retrain(:m, '{13}', 'again', '{}', '2026-03-02 10:00+00');
-- a dead one does count
UPDATE mlops.retrain_requests SET state = 'leased', lease_owner = 'x', lease_token = gen_random_uuid(), lease_until = '2026-03-02 13:00+00',
	attempts = 1 WHERE model = 'qp' AND state = 'pending';
UPDATE mlops.retrain_requests SET state = 'dead', lease_until = NULL, finished_at = '2026-03-02 12:00+00' WHERE model = 'qp' AND state = 'leased';
SELECT * FROM mlops._request_retrain(:m, '{13}', 'again', '{}', '2026-03-02 12:00+00');

-- the switch stops even joining; priority and expiry come from the policy
UPDATE mlops.retrain_policies SET cooldown = '1 hour', priority = 7, expires_after = '2 days' WHERE model_id = :m;
SELECT outcome FROM mlops._request_retrain(:m, '{14}', 'again', '{}', '2026-03-02 11:00+00');
SELECT priority, not_before, expires_at FROM q WHERE state = 'pending';
UPDATE mlops.retrain_policies SET enabled = false WHERE model_id = :m;
SELECT * FROM mlops._request_retrain(:m, '{15}', 'again', '{}', '2026-03-02 11:00+00');
UPDATE mlops.retrain_policies SET enabled = true WHERE model_id = :m;
-- an open request that expired is no longer there to be joined, and does not count for the cooldown
SET mlops.mock_now = '2026-03-03 12:00+00';
SELECT outcome FROM mlops._request_retrain(:m, '{16}', 'fresh', '{}', '2026-03-02 11:30+00');
SELECT state, state_reason, reason, alert_ids FROM q WHERE created_at >= '2026-03-02 11:00+00' ORDER BY seq;
-- nor one whose last lease ran out
UPDATE mlops.retrain_requests SET state = 'leased', lease_owner = 'x', lease_token = gen_random_uuid(), lease_until = '2026-03-03 12:10+00',
	attempts = 1, max_attempts = 1 WHERE model = 'qp' AND state = 'pending';
SET mlops.mock_now = '2026-03-03 12:10+00';
SELECT outcome FROM mlops._request_retrain(:m, '{17}', 'next', '{}', '2026-03-02 12:30+00');
SELECT state, state_reason, reason FROM q WHERE created_at >= '2026-03-02 11:30+00' ORDER BY seq;

-- minimum of new rows: those of whole-source granules from the last request on, up to the window's end
INSERT INTO mlops.sources (model_id, name, relation, time_column, time_type, tracking) VALUES (:mr, 's', 'pg_class', 't', 'timestamptz', 'lookback');
SELECT source_id AS s FROM mlops.sources WHERE model_id = :mr \gset
INSERT INTO mlops.segments (source_id, key) VALUES (:s, '{}'), (:s, '{"sex": "1"}');
INSERT INTO mlops.profiles (source_id, granule, segment_id, column_no, row_count)
SELECT :s, '2026-03-01 00:00+00'::timestamptz + h * interval '1 hour', g.segment_id, c, 100
FROM generate_series(0, 9) h, mlops.segments g, (VALUES (0::smallint), (1::smallint)) c(c) WHERE g.source_id = :s;
INSERT INTO mlops.retrain_policies (model_id, cooldown, min_new_rows) VALUES (:mr, '0', 400);
SELECT * FROM mlops._request_retrain(:mr, '{1}', 'r', '{}', '2026-03-01 03:00+00');
SELECT outcome FROM mlops._request_retrain(:mr, '{1}', 'r', '{}', '2026-03-01 04:00+00');
UPDATE mlops.retrain_requests SET state = 'leased', lease_owner = 'x', lease_token = gen_random_uuid(), lease_until = '2026-03-05',
	attempts = 1 WHERE model = 'qp rows';
UPDATE mlops.retrain_requests SET state = 'succeeded', lease_until = NULL, finished_at = '2026-03-04' WHERE model = 'qp rows';
SELECT * FROM mlops._request_retrain(:mr, '{2}', 'r', '{}', '2026-03-01 07:00+00');
SELECT outcome FROM mlops._request_retrain(:mr, '{2}', 'r', '{}', '2026-03-01 08:00+00');

-- the message stays within its limits whatever comes: 32 alerts, contributions cut first, then arrays, then keys
UPDATE mlops.retrain_requests SET state = 'cancelled', finished_at = '2026-03-04' WHERE model = 'qp rows' AND state = 'pending';
SELECT outcome FROM mlops._request_retrain(:mr, (SELECT array_agg(i) FROM generate_series(1, 1000) i), repeat('é', 1000),
	jsonb_build_object('monitor', 'm', 'alerts', (SELECT jsonb_agg(jsonb_build_object('alert_id', i, 'value', 0.5, 'contributions',
		(SELECT jsonb_agg(jsonb_build_object('bin', b, 'label', repeat('x', 60), 'contribution', 0.1)) FROM generate_series(1, 20) b)))
		FROM generate_series(1, 20) i)), '2026-03-01 08:30+00');
SELECT length(reason), right(reason, 2) FROM q WHERE reason LIKE 'é%';
SELECT cardinality(alert_ids), alert_ids[1:3] AS first, evidence - 'alerts' AS rest, jsonb_array_length(evidence -> 'alerts') AS alerts,
	   evidence #> '{alerts,0,alert_id}' AS id, jsonb_array_length(evidence #> '{alerts,0,contributions}') BETWEEN 1 AND 3 AS some_contributions,
	   octet_length(mlops.retrain_request_payload(r.id, model, model_version, reason, attempts, created_at, alert_ids, evidence)::text) BETWEEN 3000 AND 6800 AS fits
FROM mlops.retrain_requests r WHERE model = 'qp rows' AND state = 'pending';
SELECT mlops._fit_evidence('{"a": [1, 2, 3]}', 100), mlops._fit_evidence('[1]', 100), mlops._fit_evidence(NULL, 100);
SELECT mlops._fit_evidence(jsonb_build_object('small', 1, 'big', repeat('x', 100)), 100);
SELECT mlops._fit_evidence((SELECT jsonb_object_agg('k' || i, i) FROM generate_series(1, 12) i), 1000);
SELECT mlops._fit_evidence('{"a": {"contributions": [[1,2,3,4,5],2,3,4]}, "window": [1,2,3,4]}', 76);
SELECT mlops._fit_evidence('{"a": {"contributions": [[1,2,3,4,5],2,3,4]}, "window": [1,2,3,4]}', 75);
SELECT mlops._fit_evidence('{"a": {"contributions": [[1,2,3,4,5],2,3,4]}, "window": [1,2,3,4]}', 68);
SELECT mlops._fit_evidence('{"a": {"contributions": [[1,2,3,4,5],2,3,4]}, "window": [1,2,3,4]}', 20);
-- and nobody gets around them
INSERT INTO mlops.retrain_requests (model_id, model, reason, dedup_key, serial_key, not_before, created_at, evidence)
VALUES (:m, 'qp', 'r', 'k', 'k', now(), now(), jsonb_build_object('x', repeat('x', 6800)));
INSERT INTO mlops.retrain_requests (model_id, model, reason, dedup_key, serial_key, not_before, created_at, evidence)
VALUES (:m, 'qp', 'r', 'k', 'k', now(), now(), (SELECT jsonb_object_agg('k' || i, i) FROM generate_series(1, 11) i));
INSERT INTO mlops.retrain_requests (model_id, model, reason, dedup_key, serial_key, not_before, created_at, evidence)
VALUES (:m, 'qp', 'r', 'k', 'k', now(), now(), '[]');

-- a thousand alerts, one request; without a parallel worker for each of their small queries
SET max_parallel_workers_per_gather = 0;
DELETE FROM mlops.retrain_requests WHERE model = 'qp';
SELECT a.outcome, count(*), count(DISTINCT a.request_id)
FROM generate_series(1, 1000) i, mlops._request_retrain(:m, ARRAY[i], 'storm', '{}', '2026-04-01') a GROUP BY 1 ORDER BY 1;
SELECT state, occurrences, cardinality(alert_ids) FROM q WHERE reason = 'storm';
RESET max_parallel_workers_per_gather;

-- by hand: the policy's cooldown, minimum and switch do not hold, one open request does
UPDATE mlops.retrain_policies SET enabled = false, cooldown = '1 year', min_new_rows = 1000000 WHERE model_id = :m;
DELETE FROM mlops.retrain_requests WHERE model = 'qp';
SELECT outcome FROM mlops.request_retrain('qp', 'I say so', '{"ticket": 7}', priority => 3, not_before => '2026-03-04 00:00+00');
SELECT state, reason, priority, evidence, created_at, not_before FROM q WHERE reason = 'I say so';
SELECT outcome FROM mlops.request_retrain('qp', 'and so do I', priority => 1);
SELECT reason, priority, occurrences, evidence, not_before FROM q WHERE reason = 'I say so';
SELECT from_state, to_state, reason FROM mlops.retrain_request_events WHERE model_id = :m AND reason LIKE '%I%' ORDER BY event_id;
-- wrong arguments are refused
SELECT mlops.request_retrain('qp', '');
SELECT mlops.request_retrain('qp', NULL);
SELECT mlops.request_retrain('qp', 'r', '[]');
SELECT mlops.request_retrain('qp', 'r', NULL);
SELECT mlops.request_retrain('qp', 'r', priority => NULL);
SELECT mlops.request_retrain('qp', 'r', jsonb_build_object('x', repeat('x', 7000)));
SELECT mlops.request_retrain('qp', 'r', (SELECT jsonb_object_agg('k' || i, i) FROM generate_series(1, 11) i));
SELECT mlops.request_retrain('qq', 'r');

-- the first event of each request is its creation
SELECT count(*) FILTER (WHERE e.n = 1 AND e.from_state IS NULL AND e.to_state = 'pending') = count(DISTINCT request_id) AS all_created
FROM (SELECT *, row_number() OVER (PARTITION BY request_id ORDER BY event_id) AS n FROM mlops.retrain_request_events
	  WHERE model_id IN (:m, :mr)) e;
DELETE FROM mlops.models WHERE name LIKE 'qp%';
SELECT count(*) FROM mlops.retrain_request_events WHERE model_id IN (:m, :mr);
