"""Dagster: a sensor that launches one run per attempt of a retrain request, and
a job that claims, trains and completes.

Dagster launches a run key once and never again, so the key has to change with
every attempt, also after mlops.requeue_retrain_request(): request, attempt and
the time from which it may be claimed.
"""
import json
import os

import dagster as dg
import psycopg


def connect():
    return psycopg.connect(os.environ.get("MLOPS_DSN", ""), autocommit=True)


@dg.op(config_schema={"model": str})
def retrain(context):
    with connect() as conn:
        row = conn.execute("SELECT to_jsonb(c) FROM mlops.claim_retrain_request(%s, '6 hours', %s) c",
                           (f"dagster {context.run_id}", context.op_config["model"])).fetchone()
        if row is None:
            context.log.info("somebody else has it")
            return
        request = row[0]
        try:
            result = train(request)
        except Exception as error:
            conn.execute("SELECT mlops.fail_retrain_request(%s, %s, %s)", (request["id"], request["lease_token"], str(error)))
            raise
        conn.execute("SELECT mlops.complete_retrain_request(%s, %s, %s::jsonb, %s, %s)",
                     (request["id"], request["lease_token"], json.dumps(result), result.pop("model_version", None), context.run_id))


def train(request):
    """Yours.  What it returns is stored; model_version registers a version."""
    return {"model_version": f"retrained-{request['id'][:8]}", "attempt": request["attempt"]}


@dg.job
def retrain_job():
    retrain()


@dg.sensor(job=retrain_job, minimum_interval_seconds=30)
def retrain_sensor(context):
    with connect() as conn:
        rows = conn.execute("""
            SELECT id::text, attempts, extract(epoch FROM not_before)::text, model FROM mlops.retrain_requests
            WHERE state IN ('pending', 'failed') AND not_before <= mlops.clock()
               OR state = 'leased' AND lease_until <= mlops.clock()
            ORDER BY priority DESC, seq LIMIT 20""").fetchall()
    for request, attempt, since, model in rows:
        yield dg.RunRequest(run_key=f"{request}:{attempt}:{since}", tags={"mlops/request": request},
                            run_config={"ops": {"retrain": {"config": {"model": model}}}})


defs = dg.Definitions(jobs=[retrain_job], sensors=[retrain_sensor])
