-- What Airflow, Dagster or a cron job would do.
\pset footer off
\echo 'SELECT * FROM mlops.claim_retrain_request(consumer => ''airflow'');'
SELECT id, lease_token, model, reason, attempt FROM mlops.claim_retrain_request(consumer => 'airflow') \gset
\echo 'claimed: model' :model '- attempt' :attempt
\echo :reason
\echo 'SELECT mlops.heartbeat_retrain_request(id, token, lease => ''30 minutes'');   -- while the training runs'
SELECT mlops.heartbeat_retrain_request(:'id', :'lease_token', lease => '30 minutes') AS lease_until \gset
\echo 'SELECT mlops.complete_retrain_request(id, token, ''{...}'', model_version => ''v2'');'
SELECT mlops.complete_retrain_request(:'id', :'lease_token', '{"rows": 70000}', model_version => 'v2') \g /dev/null
SELECT e.at::time(0) AS at, coalesce(e.from_state, '-') AS "from", e.to_state AS "to", e.attempt, e.lease_owner AS consumer
FROM mlops.retrain_request_events e WHERE e.request_id = :'id' ORDER BY e.event_id;
