-- What consumers of the queue call: claim, heartbeat, complete, fail, cancel,
-- requeue, purge; and what they read.  Every function that writes runs as the
-- extension's owner with the caller's role as its first argument; a caller sees and moves
-- the requests of models whose owner it belongs to.

---------------------------------------------------------------------------
-- by hand
---------------------------------------------------------------------------

CREATE FUNCTION mlops.request_retrain(model text, reason text, evidence jsonb DEFAULT '{}', priority int DEFAULT 0,
	not_before timestamptz DEFAULT NULL, OUT request_id uuid, OUT outcome text)
LANGUAGE c AS 'MODULE_PATHNAME', 'mlops_as_extension_owner';
COMMENT ON FUNCTION mlops.request_retrain(text, text, jsonb, int, timestamptz) IS
	'asks for retraining by hand: cooldown and minimum of new rows do not apply, one open request per model does (outcome created or coalesced)';

---------------------------------------------------------------------------
-- claim
---------------------------------------------------------------------------

CREATE TYPE mlops.retrain_claim AS (
	id				uuid,
	seq				bigint,
	model			text,
	model_version	text,
	reason			text,
	evidence		jsonb,
	attempt			int,
	lease_token		uuid,
	lease_until		timestamptz,
	created_at		timestamptz,
	expires_at		timestamptz,
	alert_ids		bigint[]
);
COMMENT ON TYPE mlops.retrain_claim IS 'a claimed retrain request; new fields come at the end';

CREATE FUNCTION mlops._check_lease(lease interval) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF (lease > interval '0' AND lease <= interval '7 days') IS NOT TRUE THEN
		RAISE EXCEPTION 'lease must be longer than 0 and at most 7 days' USING ERRCODE = 'invalid_parameter_value',
			HINT = 'Take a lease of minutes, and call mlops.heartbeat_retrain_request() while the work goes on.';
	END IF;
END
$$;
COMMENT ON FUNCTION mlops._check_lease(interval) IS 'internal: refuses a lease that is not within (0, 7 days]';

CREATE FUNCTION mlops._visible_models(caller oid) RETURNS bigint[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$ SELECT coalesce(array_agg(m.model_id), '{}') FROM mlops.models m WHERE pg_has_role(caller, m.owner, 'USAGE') $$;
COMMENT ON FUNCTION mlops._visible_models(oid) IS 'internal: the models whose owner a role belongs to';

-- Takes up to "many" requests: highest priority first, then oldest.  Per
-- serial_key only the first in that order is a candidate, so that consumers who ask at
-- the same time want the same row and pass each other by SKIP LOCKED instead of
-- meeting at the unique index.  They can still meet there when one of them does not see
-- yet what the other one prefers; then the later one looks again.
CREATE FUNCTION mlops._claim_retrain_request(caller oid, consumer text, lease interval, model_name text, many int)
RETURNS SETOF mlops.retrain_claim
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
-- walk the index in queue order and stop at the first that fit: the planner, with
-- statistics as old as the last vacuum, would rather sort the whole queue
SET enable_sort = off SET jit = off
AS $$
DECLARE
	now			timestamptz := mlops._now();
	models		bigint[];
	index_name	text;
BEGIN
	IF consumer IS NULL OR consumer = '' OR length(consumer) > 200 THEN
		RAISE EXCEPTION 'consumer must be a name of 1 to 200 characters' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	IF (many BETWEEN 1 AND 1000) IS NOT TRUE THEN
		RAISE EXCEPTION 'max must be between 1 and 1000' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	PERFORM mlops._check_lease(lease);
	models := CASE WHEN model_name IS NULL THEN mlops._visible_models(caller) ELSE ARRAY[mlops._model(caller, model_name)] END;

	PERFORM mlops._settle_requests(NULL);
	FOR try IN 1..10 LOOP
		BEGIN
			RETURN QUERY
			WITH picked AS MATERIALIZED (
				SELECT r.id FROM mlops.retrain_requests r
				WHERE r.state IN ('pending', 'failed') AND r.not_before <= now
					AND (r.expires_at IS NULL OR r.expires_at > now)
					AND r.model_id = ANY (models)
					-- scalar subqueries: two index probes per candidate whatever the
					-- planner thinks of the size of the queue
					AND (SELECT l.id FROM mlops.retrain_requests l
						 WHERE l.serial_key = r.serial_key AND l.state = 'leased' LIMIT 1) IS NULL
					AND r.id = (SELECT h.id FROM mlops.retrain_requests h
								WHERE h.serial_key = r.serial_key AND h.state IN ('pending', 'failed') AND h.not_before <= now
									AND (h.expires_at IS NULL OR h.expires_at > now) AND h.model_id = ANY (models)
								ORDER BY h.priority DESC, h.seq LIMIT 1)
				ORDER BY r.priority DESC, r.seq
				LIMIT many
				FOR UPDATE OF r SKIP LOCKED
			), leased AS (
				UPDATE mlops.retrain_requests r
				SET state = 'leased', state_reason = NULL, attempts = r.attempts + 1, lease_owner = consumer,
					lease_until = now + lease, lease_token = gen_random_uuid(), claimed_at = now
				FROM picked WHERE r.id = picked.id
				RETURNING r.*
			)
			SELECT l.id, l.seq, l.model, l.model_version, l.reason, l.evidence, l.attempts, l.lease_token, l.lease_until,
				   l.created_at, l.expires_at, l.alert_ids
			FROM leased l ORDER BY l.priority DESC, l.seq;
			RETURN;
		EXCEPTION WHEN unique_violation THEN
			GET STACKED DIAGNOSTICS index_name = CONSTRAINT_NAME;
			IF index_name <> 'retrain_requests_serial' OR try = 10 THEN
				RAISE;
			END IF;
		END;
	END LOOP;
END
$$;
COMMENT ON FUNCTION mlops._claim_retrain_request(oid, text, interval, text, int) IS 'internal: see mlops.claim_retrain_request';

CREATE FUNCTION mlops.claim_retrain_request(consumer text, lease interval DEFAULT '15 minutes', model text DEFAULT NULL, max int DEFAULT 1)
RETURNS SETOF mlops.retrain_claim
LANGUAGE c ROWS 1 AS 'MODULE_PATHNAME', 'mlops_as_extension_owner';
COMMENT ON FUNCTION mlops.claim_retrain_request(text, interval, text, int) IS
	'leases up to max requests to a consumer: highest priority, then oldest first; no row when there is nothing to do';

---------------------------------------------------------------------------
-- with the token
---------------------------------------------------------------------------

-- Why heartbeat, complete or fail found no lease with this token; always raises.
CREATE FUNCTION mlops._refuse_token(caller oid, request uuid, token uuid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	r mlops.retrain_requests%ROWTYPE;
BEGIN
	SELECT q.* INTO r FROM mlops.retrain_requests q JOIN mlops.models m USING (model_id)
	WHERE q.id = request AND mlops._belongs(caller, m.owner);
	IF NOT FOUND THEN
		RAISE EXCEPTION 'retrain request does not exist' USING ERRCODE = 'undefined_object',
			DETAIL = format('The id is %s.', coalesce(request::text, 'null')),
			HINT = 'You see the requests of models whose owner you belong to: SELECT id, model, state FROM mlops.retrain_requests.';
	ELSIF r.state = 'leased' THEN
		RAISE EXCEPTION 'retrain request is leased with another token' USING ERRCODE = 'object_not_in_prerequisite_state',
			DETAIL = format('Request %s was not changed.', request),
			HINT = 'The lease ran out and the request was claimed again: stop, and leave the result to the present holder.';
	ELSE
		RAISE EXCEPTION 'retrain request is not leased' USING ERRCODE = 'object_not_in_prerequisite_state',
			DETAIL = format('Request %s was not changed; its state is "%s"%s.', request, r.state,
							CASE WHEN r.state_reason IN ('expired', 'lease ran out') THEN ' (' || r.state_reason || ')' ELSE '' END),
			HINT = 'Claim a request with mlops.claim_retrain_request() and use the token that it returns.';
	END IF;
END
$$;
COMMENT ON FUNCTION mlops._refuse_token(oid, uuid, uuid) IS 'internal: says why a token does not hold a request';

-- In all three: the token alone decides.  A lease that ran out still holds until
-- the next claim of anybody takes it away.
CREATE FUNCTION mlops._heartbeat_retrain_request(caller oid, request uuid, token uuid, lease interval) RETURNS timestamptz
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	until timestamptz;
BEGIN
	PERFORM mlops._check_lease(lease);
	UPDATE mlops.retrain_requests r SET lease_until = mlops._now() + lease
	FROM mlops.models m
	WHERE r.id = request AND r.lease_token = token AND r.state = 'leased'
		AND m.model_id = r.model_id AND mlops._belongs(caller, m.owner)
	RETURNING r.lease_until INTO until;
	IF NOT FOUND THEN
		PERFORM mlops._refuse_token(caller, request, token);
	END IF;
	RETURN until;
END
$$;
COMMENT ON FUNCTION mlops._heartbeat_retrain_request(oid, uuid, uuid, interval) IS 'internal: see mlops.heartbeat_retrain_request';

CREATE FUNCTION mlops.heartbeat_retrain_request(id uuid, token uuid, lease interval DEFAULT '15 minutes') RETURNS timestamptz
LANGUAGE c AS 'MODULE_PATHNAME', 'mlops_as_extension_owner';
COMMENT ON FUNCTION mlops.heartbeat_retrain_request(uuid, uuid, interval) IS
	'the holder of the token works on: returns until when the lease now lasts';

-- The second call with the same token finds the request succeeded with that
-- token and returns what the first one stored: a consumer whose connection broke
-- at the wrong moment asks again.
CREATE FUNCTION mlops._complete_retrain_request(caller oid, request uuid, token uuid, outcome jsonb, version text, run_id text) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	now		timestamptz := mlops._now();
	r		record;
	stored	jsonb;
BEGIN
	IF octet_length(outcome::text) > 8192 THEN
		RAISE EXCEPTION 'result is larger than 8192 bytes' USING ERRCODE = 'program_limit_exceeded',
			HINT = 'Put it into a table or an artifact store and name its key here.';
	END IF;
	IF version = '' OR length(version) > 200 THEN
		RAISE EXCEPTION 'model_version must have 1 to 200 characters' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	IF length(run_id) > 500 THEN
		RAISE EXCEPTION 'external_run_id must have at most 500 characters' USING ERRCODE = 'invalid_parameter_value';
	END IF;

	UPDATE mlops.retrain_requests q
	SET state = 'succeeded', state_reason = NULL, lease_until = NULL, finished_at = now, result = coalesce(outcome, '{}'),
		new_version = version, external_run_id = coalesce(run_id, q.external_run_id)
	FROM mlops.models m
	WHERE q.id = request AND q.lease_token = token AND q.state = 'leased'
		AND m.model_id = q.model_id AND mlops._belongs(caller, m.owner)
	RETURNING q.id, q.model_id, q.alert_ids, q.result INTO r;
	IF NOT FOUND THEN
		SELECT q.result INTO stored FROM mlops.retrain_requests q JOIN mlops.models m USING (model_id)
		WHERE q.id = request AND q.lease_token = token AND q.state = 'succeeded' AND mlops._belongs(caller, m.owner);
		IF NOT FOUND THEN
			PERFORM mlops._refuse_token(caller, request, token);
		END IF;
		RETURN stored;
	END IF;

	IF version IS NOT NULL THEN
		INSERT INTO mlops.model_versions (model_id, version, metadata)
		VALUES (r.model_id, version, jsonb_build_object('retrain_request', r.id))
		ON CONFLICT ON CONSTRAINT model_versions_model_id_version_key DO NOTHING;
	END IF;
	-- the alerts stay as they are: measurements clear them
	INSERT INTO mlops.alert_events (alert_id, model_id, window_end, event, reason)
	SELECT a.alert_id, a.model_id, a.last_window_end, 'note',
		   'retrain request succeeded' || coalesce(': version ' || version, '')
	FROM mlops.alerts a
	WHERE a.model_id = r.model_id AND (a.request_id = r.id OR a.alert_id = ANY (r.alert_ids))
	ORDER BY a.alert_id;
	RETURN r.result;
END
$$;
COMMENT ON FUNCTION mlops._complete_retrain_request(oid, uuid, uuid, jsonb, text, text) IS 'internal: see mlops.complete_retrain_request';

CREATE FUNCTION mlops.complete_retrain_request(id uuid, token uuid, result jsonb DEFAULT '{}', model_version text DEFAULT NULL,
	external_run_id text DEFAULT NULL) RETURNS jsonb
LANGUAGE c AS 'MODULE_PATHNAME', 'mlops_as_extension_owner';
COMMENT ON FUNCTION mlops.complete_retrain_request(uuid, uuid, jsonb, text, text) IS
	'the work is done: stores the result, registers the new version, notes it on the alerts; returns the stored result, also when called again with the same token';

CREATE FUNCTION mlops._fail_retrain_request(caller oid, request uuid, token uuid, message text, again boolean,
	OUT state text, OUT not_before timestamptz)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	now		timestamptz := mlops._now();
	given	text := CASE WHEN length(message) > 2000 THEN left(message, 1999) || '…' ELSE coalesce(nullif(message, ''), 'not stated') END;
	r		record;
BEGIN
	IF again IS NULL THEN
		RAISE EXCEPTION 'retry must not be null' USING ERRCODE = 'null_value_not_allowed';
	END IF;
	UPDATE mlops.retrain_requests q
	SET state = CASE WHEN again AND q.attempts < q.max_attempts THEN 'failed' ELSE 'dead' END,
		not_before = CASE WHEN again AND q.attempts < q.max_attempts THEN now + mlops._retrain_backoff(q.id, q.attempts) ELSE q.not_before END,
		finished_at = CASE WHEN again AND q.attempts < q.max_attempts THEN NULL ELSE now END,
		lease_until = NULL, last_error = given, state_reason = given
	FROM mlops.models m
	WHERE q.id = request AND q.lease_token = token AND q.state = 'leased'
		AND m.model_id = q.model_id AND mlops._belongs(caller, m.owner)
	RETURNING q.state, q.not_before INTO r;
	IF NOT FOUND THEN
		-- called again with the same token: the same answer
		SELECT q.state, q.not_before INTO r FROM mlops.retrain_requests q JOIN mlops.models m USING (model_id)
		WHERE q.id = request AND q.lease_token = token AND q.state IN ('failed', 'dead') AND mlops._belongs(caller, m.owner);
		IF NOT FOUND THEN
			PERFORM mlops._refuse_token(caller, request, token);
		END IF;
	END IF;
	state := r.state;
	not_before := CASE r.state WHEN 'failed' THEN r.not_before END;
END
$$;
COMMENT ON FUNCTION mlops._fail_retrain_request(oid, uuid, uuid, text, boolean) IS 'internal: see mlops.fail_retrain_request';

CREATE FUNCTION mlops.fail_retrain_request(id uuid, token uuid, error text, retry boolean DEFAULT true,
	OUT state text, OUT not_before timestamptz)
LANGUAGE c AS 'MODULE_PATHNAME', 'mlops_as_extension_owner';
COMMENT ON FUNCTION mlops.fail_retrain_request(uuid, uuid, text, boolean) IS
	'the attempt failed: tried again at not_before (1 minute doubled per attempt, at most 1 hour, with jitter), dead when attempts are used up or retry is false';

---------------------------------------------------------------------------
-- without the token
---------------------------------------------------------------------------

-- A request that the caller may see, locked.
CREATE FUNCTION mlops._locked_request(caller oid, request uuid) RETURNS mlops.retrain_requests
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	r mlops.retrain_requests%ROWTYPE;
BEGIN
	SELECT q.* INTO r FROM mlops.retrain_requests q
	WHERE q.id = request AND q.model_id = ANY (mlops._visible_models(caller)) FOR UPDATE;
	IF NOT FOUND THEN
		PERFORM mlops._refuse_token(caller, request, NULL);
	END IF;
	RETURN r;
END
$$;
COMMENT ON FUNCTION mlops._locked_request(oid, uuid) IS 'internal: a retrain request by id, locked, if the caller belongs to its model''s owner';

CREATE FUNCTION mlops._cancel_retrain_request(caller oid, request uuid, why text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	r mlops.retrain_requests := mlops._locked_request(caller, request);
BEGIN
	IF r.state = 'cancelled' THEN
		RETURN;
	ELSIF r.state NOT IN ('pending', 'leased', 'failed') THEN
		RAISE EXCEPTION 'retrain request cannot be cancelled' USING ERRCODE = 'object_not_in_prerequisite_state',
			DETAIL = format('The state of request %s is "%s".', request, r.state);
	END IF;
	UPDATE mlops.retrain_requests q
	SET state = 'cancelled', state_reason = left(coalesce(nullif(why, ''), 'not stated'), 2000),
		lease_until = NULL, lease_token = NULL, finished_at = mlops._now()
	WHERE q.id = request;
END
$$;
COMMENT ON FUNCTION mlops._cancel_retrain_request(oid, uuid, text) IS 'internal: see mlops.cancel_retrain_request';

CREATE FUNCTION mlops.cancel_retrain_request(id uuid, reason text) RETURNS void
LANGUAGE c AS 'MODULE_PATHNAME', 'mlops_as_extension_owner';
COMMENT ON FUNCTION mlops.cancel_retrain_request(uuid, text) IS
	'takes an open request off the queue; a consumer that works on it is told at its next heartbeat or completion';

CREATE FUNCTION mlops._requeue_retrain_request(caller oid, request uuid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	r		mlops.retrain_requests := mlops._locked_request(caller, request);
	policy	mlops.retrain_policies;
	now		timestamptz := mlops._now();
	other	uuid;
BEGIN
	IF r.state NOT IN ('dead', 'cancelled') THEN
		RAISE EXCEPTION 'retrain request cannot be requeued' USING ERRCODE = 'object_not_in_prerequisite_state',
			DETAIL = format('The state of request %s is "%s".', request, r.state),
			HINT = 'Requests that are dead or cancelled can be requeued.';
	END IF;
	policy := mlops._lock_policy(r.model_id);
	SELECT q.id INTO other FROM mlops.retrain_requests q
	WHERE q.dedup_key = r.dedup_key AND q.state IN ('pending', 'leased', 'failed');
	IF FOUND THEN
		RAISE EXCEPTION 'the model has another open retrain request' USING ERRCODE = 'object_not_in_prerequisite_state',
			DETAIL = format('Request %s is open.', other),
			HINT = 'Cancel that one first, or leave the work to it.';
	END IF;
	UPDATE mlops.retrain_requests q
	SET state = 'pending', state_reason = 'requeued', attempts = 0, lease_token = NULL, finished_at = NULL,
		not_before = now, expires_at = now + policy.expires_after
	WHERE q.id = request;
	PERFORM pg_notify('mlops_retrain_requests', 'retrain');
END
$$;
COMMENT ON FUNCTION mlops._requeue_retrain_request(oid, uuid) IS 'internal: see mlops.requeue_retrain_request';

CREATE FUNCTION mlops.requeue_retrain_request(id uuid) RETURNS void
LANGUAGE c AS 'MODULE_PATHNAME', 'mlops_as_extension_owner';
COMMENT ON FUNCTION mlops.requeue_retrain_request(uuid) IS
	'puts a dead or cancelled request back, with all its attempts, unless the model has another open one';

-- The newest request of a model that counts for its cooldown stays.
CREATE FUNCTION mlops._purge_retrain_requests(caller oid, older_than interval) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	models	bigint[] := mlops._visible_models(caller);
	gone	bigint;
BEGIN
	IF (older_than >= interval '0') IS NOT TRUE THEN
		RAISE EXCEPTION 'older_than must not be negative or null' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	DELETE FROM mlops.retrain_requests r
	WHERE r.model_id = ANY (models) AND r.finished_at < mlops._now() - older_than
		AND (r.state IN ('cancelled', 'superseded')
			 OR r.id <> (SELECT n.id FROM mlops.retrain_requests n
						 WHERE n.model_id = r.model_id AND n.state NOT IN ('cancelled', 'superseded')
						 ORDER BY n.created_at DESC, n.seq DESC LIMIT 1));
	GET DIAGNOSTICS gone = ROW_COUNT;
	RETURN gone;
END
$$;
COMMENT ON FUNCTION mlops._purge_retrain_requests(oid, interval) IS 'internal: see mlops.purge_retrain_requests';

CREATE FUNCTION mlops.purge_retrain_requests(older_than interval) RETURNS bigint
LANGUAGE c AS 'MODULE_PATHNAME', 'mlops_as_extension_owner';
COMMENT ON FUNCTION mlops.purge_retrain_requests(interval) IS
	'deletes requests that finished longer ago, with their events; each model keeps the one its cooldown counts from; returns how many';

---------------------------------------------------------------------------
-- for readers
---------------------------------------------------------------------------

CREATE FUNCTION mlops.clock() RETURNS timestamptz
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlops_now';
COMMENT ON FUNCTION mlops.clock() IS 'the time that monitors and queues go by';

CREATE VIEW mlops.queue_depth WITH (security_invoker = true) AS
SELECT m.name AS model, q.claimable, q.oldest_pending_age, q.waiting, l.leased, l.lost, d.dead
FROM mlops.models m
	CROSS JOIN LATERAL (SELECT mlops.clock() AS now) c
	CROSS JOIN LATERAL (
		SELECT count(*) AS leased, count(*) FILTER (WHERE r.lease_until <= c.now) AS lost
		FROM mlops.retrain_requests r WHERE r.model_id = m.model_id AND r.state = 'leased') l
	CROSS JOIN LATERAL (
		-- what claims would hand out now: one per serial_key, none beside a live lease
		SELECT count(DISTINCT r.serial_key) FILTER (WHERE r.ready) AS claimable,
			   c.now - min(r.not_before) FILTER (WHERE r.ready) AS oldest_pending_age,
			   count(*) FILTER (WHERE NOT r.ready) AS waiting
		FROM (SELECT o.serial_key, o.not_before,
					 CASE o.state WHEN 'leased' THEN o.attempts < o.max_attempts ELSE o.not_before <= c.now END
					 AND NOT EXISTS (SELECT FROM mlops.retrain_requests b
									 WHERE b.serial_key = o.serial_key AND b.state = 'leased' AND b.lease_until > c.now) AS ready
			  FROM mlops.retrain_requests o
			  WHERE o.model_id = m.model_id AND (o.expires_at IS NULL OR o.expires_at > c.now)
				AND (o.state IN ('pending', 'failed') OR o.state = 'leased' AND o.lease_until <= c.now)) r) q
	CROSS JOIN LATERAL (
		SELECT count(*) AS dead FROM mlops.retrain_requests r WHERE r.model_id = m.model_id AND r.state = 'dead') d;
COMMENT ON VIEW mlops.queue_depth IS
	'per model: requests that can be claimed now and for how long the oldest could, those that wait, leased ones, how many of those leases ran out, dead ones';

-- One row per move of a request, under the column names of the transactional
-- outbox (Debezium) and of CloudEvents 1.0.  Rows appear once no older transaction
-- can still add one before them, so "(xid, seq) > last seen" misses nothing.
CREATE VIEW mlops.retrain_events_outbox WITH (security_invoker = true) AS
SELECT e.xid, e.event_id AS seq,
	   md5(e.request_id::text || ':' || e.event_id)::uuid AS id,
	   'retrain_request'::text AS aggregatetype,
	   e.request_id::text AS aggregateid,
	   'mlops.retrain_request.' || CASE e.from_state WHEN e.to_state THEN 'coalesced' ELSE e.to_state END AS type,
	   mlops.retrain_request_payload(r.id, r.model, r.model_version, r.reason, e.attempt, r.created_at, r.alert_ids, r.evidence) AS payload,
	   '1.0'::text AS specversion,
	   'urn:mlops:' || current_database() AS source,
	   r.model AS subject,
	   e.at AS "time",
	   'application/json'::text AS datacontenttype,
	   'urn:mlops:schema:retrain_request:1'::text AS dataschema
FROM mlops.retrain_request_events e JOIN mlops.retrain_requests r ON r.id = e.request_id
WHERE e.xid < pg_snapshot_xmin(pg_current_snapshot());
COMMENT ON VIEW mlops.retrain_events_outbox IS
	'every move of every retrain request as an outbox row with CloudEvents attributes; read it in the order (xid, seq)';

CREATE FUNCTION mlops.feed_retrain_requests(after_xid xid8 DEFAULT '0', after_seq bigint DEFAULT 0, max_rows int DEFAULT 100)
RETURNS TABLE (xid xid8, seq bigint, id uuid, model text, state text, payload jsonb)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF after_xid IS NULL OR after_seq IS NULL OR (max_rows BETWEEN 1 AND 10000) IS NOT TRUE THEN
		RAISE EXCEPTION 'the cursor must not be null and max_rows must be between 1 and 10000' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	IF after_xid >= pg_snapshot_xmax(pg_current_snapshot()) THEN
		RAISE EXCEPTION 'the cursor is ahead of this server' USING ERRCODE = 'invalid_parameter_value',
			DETAIL = 'It was taken on another server, before a dump was restored into this one.',
			HINT = 'Start again from (0, 0) and skip the ids that you have seen.';
	END IF;
	RETURN QUERY
	SELECT r.created_xid, r.seq, r.id, r.model, r.state,
		   mlops.retrain_request_payload(r.id, r.model, r.model_version, r.reason, r.attempts, r.created_at, r.alert_ids, r.evidence)
	FROM mlops.retrain_requests r
	WHERE (r.created_xid, r.seq) > (after_xid, after_seq)
		AND r.created_xid < pg_snapshot_xmin(pg_current_snapshot())
	ORDER BY r.created_xid, r.seq
	LIMIT max_rows;
END
$$;
COMMENT ON FUNCTION mlops.feed_retrain_requests(xid8, bigint, int) IS
	'requests in the order of (xid, seq), from after the last one seen; shows a request once no older transaction can still add one before it';
