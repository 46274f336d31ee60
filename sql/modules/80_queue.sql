-- Act, second half: the queue of retrain requests.  This file holds the rules:
-- message, limits, legal moves, enqueueing by policy.  82_queue_api.sql holds what
-- consumers call.  See doc/queue.md.

---------------------------------------------------------------------------
-- the message and its limits
---------------------------------------------------------------------------

-- One place for the shape of the message: outbox and feed show this, and the
-- size check measures it.  At most 10 top-level keys (a GitHub dispatch takes
-- no more).
CREATE FUNCTION mlops.retrain_request_payload(id uuid, model text, model_version text, reason text, attempt int,
	created_at timestamptz, alert_ids bigint[], evidence jsonb) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
RETURN jsonb_build_object(
	'schema_version', 1,
	'id', id,
	'model', model,
	'model_version', model_version,
	'reason', reason,
	'attempt', attempt,
	'created_at', to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
	'alert_ids', to_jsonb(alert_ids),
	'evidence', evidence);
COMMENT ON FUNCTION mlops.retrain_request_payload(uuid, text, text, text, int, timestamptz, bigint[], jsonb) IS
	'the message about one retrain request, as doc/retrain_request.schema.json describes it';

CREATE FUNCTION mlops._payload_limit() RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN 6800;
COMMENT ON FUNCTION mlops._payload_limit() IS
	'internal: bytes that the message about a retrain request may have: 8 kB less what CloudEvents and transports add';

CREATE FUNCTION mlops._payload_size(model text, model_version text, reason text, alert_ids bigint[], evidence jsonb) RETURNS int
LANGUAGE sql STABLE PARALLEL SAFE
RETURN octet_length(mlops.retrain_request_payload('00000000-0000-0000-0000-000000000000', model, model_version, reason,
												  999999, '2000-01-01', alert_ids, evidence)::text);
COMMENT ON FUNCTION mlops._payload_size(text, text, text, bigint[], jsonb) IS 'internal: bytes of the message about a retrain request';

CREATE FUNCTION mlops._key_count(object jsonb) RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT SET search_path = pg_catalog, pg_temp
AS $$ SELECT CASE jsonb_typeof(object) WHEN 'object' THEN (SELECT count(*)::int FROM jsonb_object_keys(object)) END $$;
COMMENT ON FUNCTION mlops._key_count(jsonb) IS 'internal: number of top-level keys; NULL for what is no object';

ALTER TABLE mlops.retrain_requests
	ADD CONSTRAINT retrain_requests_reason_length CHECK (reason <> '' AND length(reason) <= 300),
	ADD CONSTRAINT retrain_requests_evidence_keys CHECK (coalesce(mlops._key_count(evidence), 99) <= 10),
	ADD CONSTRAINT retrain_requests_payload_size CHECK (
		mlops._payload_size(model, model_version, reason, alert_ids, evidence) <= mlops._payload_limit()),
	ADD CONSTRAINT retrain_requests_result_size CHECK (octet_length(result::text) <= 8192),
	ADD CONSTRAINT retrain_requests_last_error_length CHECK (length(last_error) <= 2000),
	ADD CONSTRAINT retrain_requests_external_run_id_length CHECK (length(external_run_id) <= 500);

-- A document with its arrays cut to their first "keep" elements: they come
-- largest first, so what goes is what mattered least.  Only arrays under the
-- key "under", or all (NULL).
CREATE FUNCTION mlops._trim_arrays(document jsonb, under text, keep int) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN CASE jsonb_typeof(document)
		WHEN 'array' THEN
			(SELECT coalesce(jsonb_agg(mlops._trim_arrays(e, under, keep) ORDER BY i), '[]')
			 FROM jsonb_array_elements(document) WITH ORDINALITY AS x(e, i) WHERE under IS NOT NULL OR i <= keep)
		WHEN 'object' THEN
			(SELECT coalesce(jsonb_object_agg(k, mlops._trim_arrays(v, CASE WHEN k = under THEN NULL ELSE under END, keep)), '{}')
			 FROM jsonb_each(document) AS x(k, v))
		ELSE document
	END;
END
$$;
COMMENT ON FUNCTION mlops._trim_arrays(jsonb, text, int) IS 'internal: a document with arrays cut to their first elements';

-- Evidence within the limits.  What does not fit goes in this order: tails of
-- contributions, tails of all arrays, whole keys, largest first.  The result
-- says "trimmed".
CREATE FUNCTION mlops._fit_evidence(evidence jsonb, bytes int) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	fitted	jsonb := CASE jsonb_typeof(evidence) WHEN 'object' THEN evidence ELSE '{}' END;
	keep	int;
	largest	text;
BEGIN
	IF mlops._key_count(fitted) <= 10 AND octet_length(fitted::text) <= bytes THEN
		RETURN fitted;
	END IF;
	-- 20 bytes and one key are for the remark
	FOREACH keep IN ARRAY ARRAY[3, 2, 1, 0] LOOP
		EXIT WHEN octet_length(fitted::text) <= bytes - 20;
		fitted := mlops._trim_arrays(fitted, 'contributions', keep);
	END LOOP;
	FOREACH keep IN ARRAY ARRAY[50, 20, 15, 10, 7, 5, 3, 2, 1, 0] LOOP
		EXIT WHEN octet_length(fitted::text) <= bytes - 20;
		fitted := mlops._trim_arrays(fitted, NULL, keep);
	END LOOP;
	WHILE fitted <> '{}' AND (mlops._key_count(fitted) > 9 OR octet_length(fitted::text) > bytes - 20) LOOP
		SELECT k INTO STRICT largest FROM jsonb_each(fitted) AS x(k, v)
		ORDER BY octet_length(v::text) DESC, k LIMIT 1;
		fitted := fitted - largest;
	END LOOP;
	RETURN fitted || '{"trimmed": true}';
END
$$;
COMMENT ON FUNCTION mlops._fit_evidence(jsonb, int) IS 'internal: evidence cut to at most 10 keys and so many bytes';

---------------------------------------------------------------------------
-- legal moves
---------------------------------------------------------------------------

-- created_xid and xid order the feed.  They are always of this cluster: a restored
-- dump brings rows whose numbers belong to another one.
CREATE FUNCTION mlops._stamp_request() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	NEW.created_xid := pg_current_xact_id();
	RETURN NEW;
END
$$;
COMMENT ON FUNCTION mlops._stamp_request() IS 'internal: trigger that stamps a retrain request with the inserting transaction';

CREATE TRIGGER mlops_10_stamp BEFORE INSERT ON mlops.retrain_requests
	FOR EACH ROW EXECUTE FUNCTION mlops._stamp_request();

CREATE FUNCTION mlops._stamp_request_event() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	NEW.xid := pg_current_xact_id();
	RETURN NEW;
END
$$;
COMMENT ON FUNCTION mlops._stamp_request_event() IS 'internal: trigger that stamps an event with the inserting transaction';

CREATE TRIGGER mlops_10_stamp BEFORE INSERT ON mlops.retrain_request_events
	FOR EACH ROW EXECUTE FUNCTION mlops._stamp_request_event();

-- Holds for everybody, a superuser's UPDATE by hand included: who holds the
-- token may finish, and nobody else can come to hold it while it is leased.
CREATE FUNCTION mlops._guard_request() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF (NEW.id, NEW.model_id, NEW.dedup_key, NEW.serial_key, NEW.created_xid, NEW.created_at)
		IS DISTINCT FROM (OLD.id, OLD.model_id, OLD.dedup_key, OLD.serial_key, OLD.created_xid, OLD.created_at) THEN
		RAISE EXCEPTION 'the identity of a retrain request cannot be changed'
			USING ERRCODE = 'integrity_constraint_violation',
				  DETAIL = 'id, model_id, dedup_key, serial_key, created_xid and created_at stay as they were inserted.';
	END IF;

	IF NEW.state = OLD.state THEN
		IF OLD.state = 'leased' AND (NEW.lease_token <> OLD.lease_token OR NEW.attempts <> OLD.attempts) THEN
			RAISE EXCEPTION 'the lease token of a leased retrain request cannot be changed'
				USING ERRCODE = 'integrity_constraint_violation',
					  HINT = 'Let the lease run out, or use mlops.cancel_retrain_request().';
		END IF;
		IF OLD.state IN ('succeeded', 'superseded') THEN
			RAISE EXCEPTION 'a finished retrain request cannot be changed'
				USING ERRCODE = 'integrity_constraint_violation',
					  DETAIL = format('Its state is "%s".', OLD.state);
		END IF;
		RETURN NEW;
	END IF;

	-- in parentheses: PL/pgSQL would take the first THEN for its own
	IF NOT (CASE OLD.state
		WHEN 'pending' THEN NEW.state IN ('leased', 'cancelled', 'superseded')
		WHEN 'leased' THEN NEW.state IN ('succeeded', 'failed', 'dead', 'cancelled')
		WHEN 'failed' THEN NEW.state IN ('leased', 'cancelled', 'superseded')
		WHEN 'dead' THEN NEW.state = 'pending'
		WHEN 'cancelled' THEN NEW.state = 'pending'
		ELSE false END) THEN
		RAISE EXCEPTION 'a retrain request cannot go from "%" to "%"', OLD.state, NEW.state
			USING ERRCODE = 'integrity_constraint_violation',
				  HINT = 'Use the functions mlops.claim_, complete_, fail_, cancel_ and requeue_retrain_request().';
	END IF;

	IF NEW.state = 'leased' AND (NEW.lease_token IS NOT DISTINCT FROM OLD.lease_token OR NEW.attempts <> OLD.attempts + 1) THEN
		RAISE EXCEPTION 'a new lease needs a new token and counts as an attempt'
			USING ERRCODE = 'integrity_constraint_violation',
				  HINT = 'Use mlops.claim_retrain_request().';
	END IF;
	IF OLD.state = 'leased' AND NEW.state = 'succeeded' AND NEW.lease_token <> OLD.lease_token THEN
		RAISE EXCEPTION 'only the holder of the lease can complete a retrain request'
			USING ERRCODE = 'integrity_constraint_violation',
				  HINT = 'Use mlops.complete_retrain_request().';
	END IF;
	RETURN NEW;
END
$$;
COMMENT ON FUNCTION mlops._guard_request() IS 'internal: trigger that refuses illegal moves of a retrain request';

CREATE TRIGGER mlops_20_guard BEFORE UPDATE ON mlops.retrain_requests
	FOR EACH ROW EXECUTE FUNCTION mlops._guard_request();

CREATE FUNCTION mlops._log_request() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	INSERT INTO mlops.retrain_request_events (request_id, model_id, from_state, to_state, attempt, lease_owner, reason)
	VALUES (NEW.id, NEW.model_id, OLD.state, NEW.state, NEW.attempts, NEW.lease_owner, NEW.state_reason);
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION mlops._log_request() IS 'internal: trigger that appends every move of a retrain request to its events';

-- The insertion is logged by _enqueue_retrain(), so that loading a dump, whose
-- events come with it, logs nothing.
CREATE TRIGGER mlops_30_log AFTER UPDATE ON mlops.retrain_requests
	FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION mlops._log_request();

---------------------------------------------------------------------------
-- time passes
---------------------------------------------------------------------------

-- What happened to requests without anybody doing it: leases ran out (the request
-- is to be tried again, at once, or is dead) and requests expired.  A row that
-- somebody holds is left for the next call.  NULL models: all.
CREATE FUNCTION mlops._settle_requests(models bigint[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	now timestamptz := mlops._now();
BEGIN
	UPDATE mlops.retrain_requests r
	SET state = CASE WHEN r.expires_at <= now THEN 'cancelled' WHEN r.attempts >= r.max_attempts THEN 'dead' ELSE 'failed' END,
		state_reason = CASE WHEN r.expires_at <= now THEN 'expired' ELSE 'lease ran out' END,
		last_error = 'lease ran out',
		lease_until = NULL, lease_token = NULL,
		finished_at = CASE WHEN r.expires_at <= now OR r.attempts >= r.max_attempts THEN now END
	FROM (SELECT l.id FROM mlops.retrain_requests l
		  WHERE l.state = 'leased' AND l.lease_until <= now AND (models IS NULL OR l.model_id = ANY (models))
		  FOR UPDATE SKIP LOCKED) lost
	WHERE r.id = lost.id;

	UPDATE mlops.retrain_requests r
	SET state = 'cancelled', state_reason = 'expired', finished_at = now
	FROM (SELECT l.id FROM mlops.retrain_requests l
		  WHERE l.state IN ('pending', 'failed') AND l.expires_at IS NOT NULL AND l.expires_at <= now
			AND (models IS NULL OR l.model_id = ANY (models))
		  FOR UPDATE SKIP LOCKED) late
	WHERE r.id = late.id;
END
$$;
COMMENT ON FUNCTION mlops._settle_requests(bigint[]) IS 'internal: marks leases that ran out and requests that expired';

-- When a failed attempt is tried again: 1 minute, doubled per attempt up to 1
-- hour, with +-20 % jitter that depends only on request and attempt.
CREATE FUNCTION mlops._retrain_backoff(id uuid, attempt int) RETURNS interval
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
RETURN least(interval '1 hour', interval '1 minute' * power(2::float8, least(greatest(attempt, 1), 20) - 1))
	* (0.8 + 0.4 * (hashtextextended(id::text || ':' || attempt::text, 0) & 65535)::float8 / 65535);
COMMENT ON FUNCTION mlops._retrain_backoff(uuid, int) IS 'internal: how long to wait after a failed attempt';

---------------------------------------------------------------------------
-- enqueue
---------------------------------------------------------------------------

CREATE FUNCTION mlops._champion(model bigint) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
	SELECT v.version FROM mlops.model_aliases a JOIN mlops.model_versions v USING (version_id)
	WHERE a.model_id = model AND a.alias = 'champion' AND a.until IS NULL
$$;
COMMENT ON FUNCTION mlops._champion(bigint) IS 'internal: the version in service, NULL when unknown';

-- Inserts a request, or adds to the open one with the same key: there it raises
-- the counter, merges the alerts (the first 32 ids are kept), takes newer evidence and
-- the more urgent priority and time.  Does not look at policies.
CREATE FUNCTION mlops._enqueue_retrain(model bigint, key text, serial text, alerts bigint[], why text, facts jsonb,
	at timestamptz, urgency int, earliest timestamptz, expires timestamptz, tries int,
	OUT request_id uuid, OUT created boolean)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	model_name	text;
	version		text := mlops._champion(model);
	room		int;
	ids			bigint[];
	now_in		text;
	attempt		int;
BEGIN
	SELECT m.name INTO STRICT model_name FROM mlops.models m WHERE m.model_id = model;
	why := CASE WHEN length(why) > 300 THEN left(why, 299) || '…' ELSE coalesce(nullif(why, ''), 'not stated') END;
	ids := (SELECT coalesce(array_agg(DISTINCT a ORDER BY a), '{}') FROM unnest(alerts) a WHERE a IS NOT NULL);
	-- as if all 32 ids were there: another alert must not find the message full
	room := mlops._payload_limit() - mlops._payload_size(model_name, version, why, array_fill(9223372036854775807, ARRAY[32]), '{}');
	facts := mlops._fit_evidence(facts, room);

	INSERT INTO mlops.retrain_requests AS q (model_id, model, model_version, reason, dedup_key, serial_key, priority,
		not_before, expires_at, max_attempts, alert_ids, evidence, created_at)
	VALUES (model, model_name, version, why, key, serial, urgency, earliest, expires, tries, ids[1:32], facts, at)
	ON CONFLICT (dedup_key) WHERE state IN ('pending', 'leased', 'failed') DO UPDATE
	SET occurrences = q.occurrences + 1,
		alert_ids = (SELECT coalesce(array_agg(x.a ORDER BY x.i), '{}')
					 FROM (SELECT u.a, min(u.i) AS i FROM unnest(q.alert_ids || EXCLUDED.alert_ids) WITH ORDINALITY AS u(a, i)
						   GROUP BY u.a ORDER BY 2 LIMIT 32) x),
		-- the room was measured with the new reason; the old one stays
		evidence = CASE EXCLUDED.evidence WHEN '{}' THEN q.evidence ELSE mlops._fit_evidence(EXCLUDED.evidence, mlops._payload_limit()
			- mlops._payload_size(q.model, q.model_version, q.reason, array_fill(9223372036854775807, ARRAY[32]), '{}')) END,
		priority = greatest(q.priority, EXCLUDED.priority),
		not_before = CASE q.state WHEN 'pending' THEN least(q.not_before, EXCLUDED.not_before) ELSE q.not_before END,
		expires_at = CASE WHEN q.expires_at IS NOT NULL AND EXCLUDED.expires_at IS NOT NULL
						  THEN greatest(q.expires_at, EXCLUDED.expires_at) END
	RETURNING q.id, q.occurrences = 1, q.state, q.attempts INTO request_id, created, now_in, attempt;

	-- from_state = to_state: somebody joined, and why
	INSERT INTO mlops.retrain_request_events (request_id, model_id, from_state, to_state, attempt, reason)
	VALUES (_enqueue_retrain.request_id, model, CASE WHEN NOT created THEN now_in END, now_in, attempt, why);
	IF created THEN
		-- equal notifications of one transaction collapse into one
		PERFORM pg_notify('mlops_retrain_requests', 'retrain');
	END IF;
END
$$;
COMMENT ON FUNCTION mlops._enqueue_retrain(bigint, text, text, bigint[], text, jsonb, timestamptz, int, timestamptz, timestamptz, int) IS
	'internal: inserts a retrain request or adds to the open one';

-- Locks the model's policy, so that two transactions that ask for the same
-- model decide one after the other.
CREATE FUNCTION mlops._lock_policy(model bigint) RETURNS mlops.retrain_policies
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	policy mlops.retrain_policies%ROWTYPE;
BEGIN
	INSERT INTO mlops.retrain_policies (model_id) VALUES (model) ON CONFLICT DO NOTHING;
	SELECT * INTO STRICT policy FROM mlops.retrain_policies p WHERE p.model_id = model FOR UPDATE;
	RETURN policy;
END
$$;
COMMENT ON FUNCTION mlops._lock_policy(bigint) IS 'internal: the policy of a model, made with defaults if there is none, locked';

-- What the act stage calls, in the transaction that writes the alert.  "at"
-- is data time (the end of the window): cooldown and new rows count in it.
-- When the request may be claimed and when it expires count in mlops._now().
CREATE FUNCTION mlops._request_retrain(model_id bigint, alert_ids bigint[], reason text, evidence jsonb, at timestamptz)
RETURNS TABLE (request_id uuid, outcome text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	m		bigint := _request_retrain.model_id;
	key		text := 'retrain:' || m;
	policy	mlops.retrain_policies;
	now		timestamptz := mlops._now();
	last	timestamptz;
	fresh	bigint;
	done	record;
BEGIN
	policy := mlops._lock_policy(m);
	IF NOT policy.enabled THEN
		RETURN QUERY SELECT NULL::uuid, 'suppressed: disabled by policy';
		RETURN;
	END IF;

	PERFORM mlops._settle_requests(ARRAY[m]);
	IF NOT EXISTS (SELECT FROM mlops.retrain_requests r WHERE r.dedup_key = key AND r.state IN ('pending', 'leased', 'failed')) THEN
		SELECT max(r.created_at) INTO last FROM mlops.retrain_requests r
		WHERE r.model_id = m AND r.state NOT IN ('cancelled', 'superseded');
		IF last + policy.cooldown > at THEN
			RETURN QUERY SELECT NULL::uuid,
				'suppressed: cooldown until ' || to_char((last + policy.cooldown) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') || ' UTC';
			RETURN;
		END IF;
		IF policy.min_new_rows > 0 THEN
			SELECT coalesce(sum(p.row_count), 0) INTO fresh
			FROM mlops.sources s JOIN mlops.segments g USING (source_id) JOIN mlops.profiles p USING (source_id, segment_id)
			WHERE s.model_id = m AND g.key = '{}' AND p.column_no = 0
				AND p.granule < at AND (last IS NULL OR p.granule >= last);
			IF fresh < policy.min_new_rows THEN
				RETURN QUERY SELECT NULL::uuid, format('suppressed: %s new rows of %s', fresh, policy.min_new_rows);
				RETURN;
			END IF;
		END IF;
	END IF;

	SELECT e.* INTO done FROM mlops._enqueue_retrain(m, key, key, _request_retrain.alert_ids, _request_retrain.reason,
		_request_retrain.evidence, at, policy.priority, now, now + policy.expires_after, policy.max_attempts) e;
	RETURN QUERY SELECT done.request_id, CASE WHEN done.created THEN 'created' ELSE 'coalesced' END;
END
$$;
COMMENT ON FUNCTION mlops._request_retrain(bigint, bigint[], text, jsonb, timestamptz) IS
	'internal: files a retrain request if the model''s policy allows; outcome created, coalesced or suppressed: why';

-- By hand: a person has decided, so the policy's switch, cooldown and minimum
-- of new rows do not apply.  One open request per model still holds.
CREATE FUNCTION mlops._request_retrain(caller oid, model text, reason text, evidence jsonb, priority int, not_before timestamptz,
	OUT request_id uuid, OUT outcome text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	model_id	bigint := mlops._model(caller, model);
	policy		mlops.retrain_policies;
	now			timestamptz := mlops._now();
	done		record;
BEGIN
	IF reason IS NULL OR reason = '' OR length(reason) > 300 THEN
		RAISE EXCEPTION 'a retrain request needs a reason of 1 to 300 characters' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	IF coalesce(mlops._key_count(evidence), 99) > 10 THEN
		RAISE EXCEPTION 'evidence must be a JSON object with at most 10 keys' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	IF priority IS NULL THEN
		RAISE EXCEPTION 'priority must not be null' USING ERRCODE = 'null_value_not_allowed';
	END IF;
	policy := mlops._lock_policy(model_id);
	PERFORM mlops._settle_requests(ARRAY[model_id]);
	-- as if all 32 alerts were there: one that joins must find room
	IF mlops._payload_size(model, mlops._champion(model_id), reason, array_fill(9223372036854775807, ARRAY[32]), evidence)
		> mlops._payload_limit() THEN
		RAISE EXCEPTION 'evidence is too large' USING ERRCODE = 'program_limit_exceeded',
			DETAIL = format('The whole message may have %s bytes.', mlops._payload_limit()),
			HINT = 'Put the evidence into a table of your own and name its key here.';
	END IF;
	SELECT e.* INTO done FROM mlops._enqueue_retrain(model_id, 'retrain:' || model_id, 'retrain:' || model_id, '{}', reason, evidence,
		now, priority, coalesce(not_before, now), now + policy.expires_after, policy.max_attempts) e;
	request_id := done.request_id;
	outcome := CASE WHEN done.created THEN 'created' ELSE 'coalesced' END;
END
$$;
COMMENT ON FUNCTION mlops._request_retrain(oid, text, text, jsonb, int, timestamptz) IS 'internal: see mlops.request_retrain';
