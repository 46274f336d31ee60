"""Airflow: every five minutes, claim a retrain request and train.

Needs a connection "warehouse" whose role has mlops.grant_access(role, 'consumer')
and belongs to the owner of the models.  When the scheduler or a worker dies,
the lease runs out and a later run claims the request again.
"""
import json

import pendulum
from airflow.decorators import dag, task
from airflow.providers.postgres.hooks.postgres import PostgresHook


def sql(statement, *args):
    """One row, committed.  (get_first() of the hook would not commit the claim.)"""
    with PostgresHook(postgres_conn_id="warehouse").get_conn() as conn, conn.cursor() as cursor:
        cursor.execute(statement, args)
        return cursor.fetchone()


@dag(schedule="*/5 * * * *", start_date=pendulum.datetime(2026, 1, 1, tz="UTC"), catchup=False, max_active_runs=1, tags=["mlops"])
def mlops_retrain():
    @task.short_circuit
    def claim(run_id=None):
        """The request as a dict; nothing to do skips the rest."""
        row = sql("SELECT to_jsonb(c) FROM mlops.claim_retrain_request(%s, lease => '6 hours') c", f"airflow {run_id}")
        return row[0] if row else None

    @task
    def train(request):
        """Yours.  What it returns is stored; model_version registers a version."""
        return {"model_version": f"retrained-{request['id'][:8]}", "attempt": request["attempt"]}

    @task
    def complete(request, result, run_id=None):
        """May run again after a lost answer: the token makes that harmless."""
        result = dict(result)
        sql("SELECT mlops.complete_retrain_request(%s, %s, %s::jsonb, %s, %s)",
            request["id"], request["lease_token"], json.dumps(result), result.pop("model_version", None), run_id)

    @task(trigger_rule="one_failed")
    def fail(request, run_id=None):
        sql("SELECT mlops.fail_retrain_request(%s, %s, %s)", request["id"], request["lease_token"], f"airflow run {run_id} failed")

    request = claim()
    result = train(request)
    complete(request, result)
    result >> fail(request)


mlops_retrain()
