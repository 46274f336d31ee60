-- What holds for everybody, a superuser included: legal moves, who holds the
-- token, what is logged; a user's trigger on the queue; feed and outbox.
\set VERBOSITY terse
SET client_min_messages = warning;
SET timezone = 'UTC';
SET datestyle = 'ISO';
SET mlops.mock_now = '2026-05-01 00:00+00';
INSERT INTO mlops.models (name, task, owner) VALUES ('qr', 'binary', current_user::text::regrole);
SELECT model_id AS m FROM mlops.models WHERE name = 'qr' \gset

-- every pair of states: which moves the table takes
CREATE FUNCTION try_move(model bigint, from_state text, to_state text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	i uuid;
BEGIN
	INSERT INTO mlops.retrain_requests (model_id, model, reason, dedup_key, serial_key, not_before, created_at, state,
		lease_owner, lease_token, lease_until, finished_at)
	VALUES (model, 'qr', 'r', 'qr', 'qr', now(), now(), from_state, 'x', gen_random_uuid(),
			CASE from_state WHEN 'leased' THEN now() END,
			CASE WHEN from_state IN ('succeeded', 'dead', 'cancelled', 'superseded') THEN now() END)
	RETURNING id INTO i;
	BEGIN
		UPDATE mlops.retrain_requests SET state = to_state,
			lease_until = CASE to_state WHEN 'leased' THEN now() END,
			lease_token = CASE to_state WHEN 'leased' THEN gen_random_uuid() ELSE lease_token END,
			attempts = attempts + CASE to_state WHEN 'leased' THEN 1 ELSE 0 END,
			finished_at = CASE WHEN to_state IN ('succeeded', 'dead', 'cancelled', 'superseded') THEN now() END
		WHERE id = i;
		-- one event per move that was made
		IF (SELECT count(*) FROM mlops.retrain_request_events e
			WHERE e.request_id = i AND (e.from_state, e.to_state) = (try_move.from_state, try_move.to_state)) <> 1 THEN
			RAISE EXCEPTION 'move % > % was not logged once', from_state, to_state;
		END IF;
		DELETE FROM mlops.retrain_requests WHERE id = i;
		RETURN true;
	EXCEPTION WHEN integrity_constraint_violation THEN
		DELETE FROM mlops.retrain_requests WHERE id = i;
		RETURN false;
	END;
END $$;
SELECT f.s AS "from", string_agg(t.s, ', ' ORDER BY t.i) FILTER (WHERE try_move(:m, f.s, t.s)) AS "to"
FROM unnest('{pending,leased,succeeded,failed,dead,cancelled,superseded}'::text[]) WITH ORDINALITY f(s, i),
	 unnest('{pending,leased,succeeded,failed,dead,cancelled,superseded}'::text[]) WITH ORDINALITY t(s, i)
WHERE f.s <> t.s GROUP BY f.s, f.i ORDER BY f.i;

-- fencing by hand
SELECT outcome FROM mlops.request_retrain('qr', 'fence');
UPDATE mlops.retrain_requests SET dedup_key = 'x' WHERE model = 'qr';
UPDATE mlops.retrain_requests SET created_at = created_at + interval '1 s' WHERE model = 'qr';
UPDATE mlops.retrain_requests SET state = 'leased', lease_owner = 'x', lease_until = now(), lease_token = gen_random_uuid() WHERE model = 'qr';
UPDATE mlops.retrain_requests SET state = 'leased', lease_owner = 'x', lease_until = now(), attempts = 1 WHERE model = 'qr';
UPDATE mlops.retrain_requests SET state = 'leased', attempts = 1, lease_token = gen_random_uuid(), lease_owner = 'x' WHERE model = 'qr';
SELECT count(*) FROM mlops.claim_retrain_request('c', model => 'qr');
UPDATE mlops.retrain_requests SET lease_token = gen_random_uuid() WHERE model = 'qr';
UPDATE mlops.retrain_requests SET attempts = 7 WHERE model = 'qr';
UPDATE mlops.retrain_requests SET state = 'succeeded', lease_token = gen_random_uuid(), lease_until = NULL, finished_at = now() WHERE model = 'qr';
UPDATE mlops.retrain_requests SET state = 'succeeded', lease_until = NULL WHERE model = 'qr';
UPDATE mlops.retrain_requests SET state = 'done' WHERE model = 'qr';
UPDATE mlops.retrain_requests SET lease_until = lease_until + interval '1 hour', priority = 4 WHERE model = 'qr';
UPDATE mlops.retrain_requests SET state = 'succeeded', lease_until = NULL, finished_at = now() WHERE model = 'qr';
UPDATE mlops.retrain_requests SET result = '{"x": 1}' WHERE model = 'qr';
SELECT state, result, priority FROM mlops.retrain_requests WHERE model = 'qr';
DELETE FROM mlops.retrain_requests WHERE model = 'qr';

-- a user's AFTER INSERT trigger feeds an orchestrator: once per request, not per alert
CREATE TABLE q_outbox (id uuid, payload jsonb);
CREATE FUNCTION q_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO public.q_outbox VALUES (NEW.id, mlops.retrain_request_payload(NEW.id, NEW.model, NEW.model_version, NEW.reason,
		NEW.attempts, NEW.created_at, NEW.alert_ids, NEW.evidence));
	RETURN NULL;
END $$;
CREATE TRIGGER q_forward AFTER INSERT ON mlops.retrain_requests FOR EACH ROW EXECUTE FUNCTION q_forward();
SELECT outcome FROM mlops._request_retrain(:m, '{1}', 'drift', '{"metric": "psi"}', '2026-04-30 12:00:00.5+00');
SELECT outcome FROM mlops._request_retrain(:m, '{2}', 'drift', '{"metric": "js"}', '2026-04-30 13:00+00');
SELECT payload - 'id', payload ->> 'id' = id::text AS same_id FROM q_outbox;
DROP TRIGGER q_forward ON mlops.retrain_requests;
DROP FUNCTION q_forward();
DROP TABLE q_outbox;

-- feed and outbox show what no running transaction can precede: wait for those of others
CREATE PROCEDURE settled() LANGUAGE plpgsql AS $$
DECLARE
	seen xid8 := pg_snapshot_xmax(pg_current_snapshot());
BEGIN
	FOR i IN 1..6000 LOOP
		EXIT WHEN pg_snapshot_xmin(pg_current_snapshot()) >= seen;
		PERFORM pg_sleep(0.01);
	END LOOP;
END $$;
CALL settled();
-- feed: in order, resumable, nothing of the running transaction
SELECT f.seq = r.seq AND f.xid = r.created_xid AS position, f.model, f.state, f.payload - 'id' AS payload
FROM mlops.retrain_requests r, mlops.feed_retrain_requests(r.created_xid, r.seq - 1) f WHERE r.model = 'qr' AND f.id = r.id;
SELECT count(*) FROM mlops.retrain_requests r, mlops.feed_retrain_requests(r.created_xid, r.seq) f WHERE r.model = 'qr';
BEGIN;
DELETE FROM mlops.retrain_requests WHERE model = 'qr';
SELECT outcome FROM mlops.request_retrain('qr', 'in the transaction');
SELECT count(*) FROM mlops.feed_retrain_requests(max_rows => 10000) WHERE model = 'qr';
SELECT count(*) FROM mlops.retrain_events_outbox WHERE subject = 'qr';
COMMIT;
CALL settled();
SELECT count(*) FROM mlops.feed_retrain_requests(max_rows => 10000) WHERE model = 'qr';
SELECT mlops.feed_retrain_requests('9223372036854775807');
SELECT mlops.feed_retrain_requests(NULL);
SELECT mlops.feed_retrain_requests(max_rows => 0);
-- a dump brings numbers of another server; they are replaced
INSERT INTO mlops.retrain_requests (model_id, model, reason, dedup_key, serial_key, not_before, created_at, state, finished_at, created_xid)
VALUES (:m, 'qr', 'restored', 'old', 'old', now(), now(), 'succeeded', now(), '9223372036854775807');
SELECT created_xid < pg_snapshot_xmax(pg_current_snapshot()) AS of_this_server,
	   (SELECT count(*) FROM mlops.retrain_request_events e WHERE e.request_id = r.id) AS events
FROM mlops.retrain_requests r WHERE reason = 'restored' AND model = 'qr';

-- outbox: one row per move, CloudEvents attributes, ids that stay, joiners told apart
SELECT mlops._request_retrain(:m, '{3}', 'joined', '{}', '2026-05-01') IS NOT NULL;
SELECT count(*) FROM mlops.claim_retrain_request('c', model => 'qr');
CALL settled();
SELECT type, aggregatetype, aggregateid = payload ->> 'id' AS same_id, specversion, source = 'urn:mlops:' || current_database() AS source,
	   subject, datacontenttype, dataschema, payload ->> 'attempt' AS attempt, (SELECT count(*) FROM jsonb_object_keys(payload)) <= 10 AS few_keys
FROM mlops.retrain_events_outbox WHERE subject = 'qr' ORDER BY xid, seq;
SELECT count(*) = count(DISTINCT id) AS distinct_ids FROM mlops.retrain_events_outbox;

DROP PROCEDURE settled;
DROP FUNCTION try_move;
DELETE FROM mlops.models WHERE name = 'qr';
