-- The retrain queue in plain SQL: works off what there is and stops.
--
--   psql -X -v ON_ERROR_STOP=1 -d DB -f examples/queue/loop.sql
--
-- The work is your function public.retrain(mlops.retrain_claim) RETURNS jsonb (the
-- result).  It runs in the transaction that completes the request: both happen, or
-- neither does, so what it writes in this database is done exactly once.
-- Not inside BEGIN ... COMMIT: the loop commits by itself.
DO $$
DECLARE
	job		mlops.retrain_claim;
	answer	jsonb;
BEGIN
	LOOP
		SELECT * INTO job FROM mlops.claim_retrain_request(consumer => 'sql loop', lease => '30 minutes');
		EXIT WHEN NOT FOUND;
		-- From here on the others see the lease.  If this session dies, it runs out.
		COMMIT;
		BEGIN
			answer := public.retrain(job);
			PERFORM mlops.complete_retrain_request(job.id, job.lease_token, answer);
		EXCEPTION
			WHEN object_not_in_prerequisite_state THEN
				RAISE NOTICE 'lost the lease on %: left to its new holder', job.id;
			WHEN OTHERS THEN
				-- the work is rolled back; the request comes back after a while
				PERFORM mlops.fail_retrain_request(job.id, job.lease_token, SQLERRM);
		END;
		COMMIT;
	END LOOP;
END
$$;
