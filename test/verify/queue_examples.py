#!/usr/bin/env python3
"""The consumers of examples/queue against a live queue, as TAP.

Runs in the root of a checkout with PGHOST etc. of a server that has mlops.
Airflow and Dagster are not installed here: their files run with a stand-in for
the few names they use, which shows that the SQL and the flow of data are right, not
that a given release of Airflow or Dagster accepts the file.
"""
import http.server
import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import types

import psycopg

DB = "mlops_queue_examples"
HERE = os.path.join(os.getcwd(), "examples", "queue")
os.environ["PGDATABASE"] = DB
count = bad = 0


def ok(passed, name, detail=None):
    global count, bad
    count += 1
    bad += not passed
    print(f"{'ok' if passed else 'not ok'} {count} - {name}", flush=True)
    if not passed and detail is not None:
        print("# " + str(detail).replace("\n", "\n# "))


def same(have, want, name):
    ok(have == want, name, f"have {have!r}\nwant {want!r}")


def sql(statement, *args):
    with psycopg.connect(autocommit=True) as conn:
        cursor = conn.execute(statement, args)
        return cursor.fetchall() if cursor.description else None


def ask(model, reason="drift", evidence="{}"):
    return str(sql("SELECT request_id FROM mlops.request_retrain(%s, %s, %s::jsonb)", model, reason, evidence)[0][0])


def state(request):
    return sql("SELECT state, attempts, result, last_error FROM mlops.retrain_requests WHERE id = %s", request)[0]


def settle():
    """The outbox shows what no running transaction can precede."""
    seen = sql("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::numeric")[0][0]
    for _ in range(3000):
        if sql("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::numeric")[0][0] >= seen:
            return
        time.sleep(0.01)


def script(text):
    f = tempfile.NamedTemporaryFile("w", suffix=".sh", delete=False)
    f.write("#!/bin/bash\n" + text)
    f.close()
    os.chmod(f.name, 0o755)
    return f.name


def run(*command, **env):
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **env}, timeout=120)


# --- a small JSON schema check: the keywords that our schema uses -------------
KINDS = {"object": dict, "array": list, "string": str, "null": type(None), "boolean": bool}


def is_kind(value, kind):
    if kind in ("number", "integer"):
        return isinstance(value, int if kind == "integer" else (int, float)) and not isinstance(value, bool)
    return isinstance(value, KINDS[kind])


def violations(value, schema, path="$"):
    known = {"$schema", "$id", "title", "description", "format", "type", "required", "maxProperties", "properties", "const",
             "pattern", "minLength", "maxLength", "minimum", "maxItems", "items", "enum"}
    assert set(schema) <= known, f"keyword not checked: {set(schema) - known}"
    out = []
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(is_kind(value, k) for k in kinds):
        return [f"{path} is no {kinds}"]
    if "const" in schema and value != schema["const"] or "enum" in schema and value not in schema["enum"]:
        out.append(f"{path} has the wrong value")
    if isinstance(value, dict):
        out += [f"{path}.{k} is missing" for k in schema.get("required", []) if k not in value]
        if len(value) > schema.get("maxProperties", 10**9):
            out.append(f"{path} has too many keys")
        for k, v in value.items():
            out += violations(v, schema.get("properties", {}).get(k, {}), f"{path}.{k}")
    if isinstance(value, list):
        if len(value) > schema.get("maxItems", 10**9):
            out.append(f"{path} is too long")
        for i, v in enumerate(value):
            out += violations(v, schema.get("items", {}), f"{path}[{i}]")
    if isinstance(value, str):
        if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", 10**9) or not re.search(schema.get("pattern", ""), value):
            out.append(f"{path} does not match")
    if "minimum" in schema and value < schema["minimum"]:
        out.append(f"{path} is too small")
    return out


# --- the examples -------------------------------------------------------------
def sql_loop():
    sql("CREATE TABLE retrained (model text, n int)")
    sql("""CREATE FUNCTION public.retrain(job mlops.retrain_claim) RETURNS jsonb LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO public.retrained VALUES (job.model, job.attempt);
            IF job.model = 'm2' THEN RAISE EXCEPTION 'no data'; END IF;
            RETURN jsonb_build_object('rows', 1);
        END $$""")
    good, broken = ask("m1"), ask("m2")
    r = run("psql", "-X", "-v", "ON_ERROR_STOP=1", "-f", f"{HERE}/loop.sql")
    same(r.returncode, 0, "SQL loop: works off the queue and ends")
    same(state(good), ("succeeded", 1, {"rows": 1}, None), "SQL loop: the request succeeded with its result")
    same(state(broken), ("failed", 1, None, "no data"), "SQL loop: an error fails the attempt")
    same(sql("SELECT model, n FROM retrained"), [("m1", 1)], "SQL loop: the effects of a failed attempt are rolled back")
    sql("SELECT mlops.cancel_retrain_request(%s, 'test')", broken)


def cron():
    same(run("bash", f"{HERE}/cron.sh", "false").returncode, 0, "cron: nothing to do, nothing done")
    one = ask("m1", evidence='{"x": "it\'s | \\"quoted\\""}')
    train = script('cat > "$OUT"; echo "$MLOPS_MODEL" >> "$OUT"; echo training; echo \'{"auc": 0.9}\'\n')
    out = tempfile.mktemp()
    began = time.time()
    r = run("bash", f"{HERE}/cron.sh", train, OUT=out)
    ok(r.returncode == 0 and time.time() - began < 30, "cron: the command ran, and nothing is left behind", r.stderr)
    same(state(one), ("succeeded", 1, {"auc": 0.9}, None), "cron: the last line of its output is the result")
    lines = open(out, encoding="utf-8").read().splitlines()
    same((json.loads(lines[0])["evidence"], lines[1]), ({"x": 'it\'s | "quoted"'}, "m1"), "cron: it got the request")
    two = ask("m1")
    r = run("bash", f"{HERE}/cron.sh", script("echo out of memory; exit 7\n"))
    same((r.returncode, state(two)), (7, ("failed", 1, None, "exit code 7: out of memory")), "cron: a failure is reported")
    sql("SELECT mlops.cancel_retrain_request(%s, 'test')", two)
    odd = ask("m1")
    r = run("bash", f"{HERE}/cron.sh", script("echo '{no json}'\n"))
    same((r.returncode, state(odd)[:3]), (0, ("succeeded", 1, {})), "cron: a last line that only looks like JSON is left out")
    three = ask("m1")
    r = run("bash", f"{HERE}/cron.sh", script("sleep 3\n"), MLOPS_LEASE="2 seconds", MLOPS_HEARTBEAT_SECONDS="0.5")
    same(state(three)[:2], ("succeeded", 1), "cron: the heartbeat outlasts the lease")
    four = ask("m1")
    killer = threading.Timer(1, lambda: sql("SELECT mlops.cancel_retrain_request(%s, 'stop')", four))
    killer.start()
    began = time.time()
    r = run("bash", f"{HERE}/cron.sh", script("sleep 30; echo '{}'\n"), MLOPS_HEARTBEAT_SECONDS="0.5")
    ok(time.time() - began < 20 and r.returncode != 0, "cron: a cancelled request stops the command", r.returncode)
    same(state(four)[0], "cancelled", "cron: and stays cancelled")


def consumer():
    py = [sys.executable, f"{HERE}/consumer.py", "--until-empty"]
    one, two = ask("m1"), ask("m2")
    r = run(*py, script('read r; case "$r" in *\'"m1"\'*) echo \'{"auc": 1, "model_version": "v2"}\';; *) exit 3;; esac\n'))
    ok(r.returncode == 0, "consumer.py: works off the queue and ends", r.stderr)
    same(state(one), ("succeeded", 1, {"auc": 1}, None), "consumer.py: a success, with the result")
    same(sql("SELECT version FROM mlops.model_versions"), [("v2",)], "consumer.py: the new version is registered")
    same(state(two), ("failed", 1, None, "RuntimeError: exit code 3"), "consumer.py: a failure")
    sql("SELECT mlops.cancel_retrain_request(%s, 'test')", two)
    three = ask("m1")
    r = run(*py, "--lease", "2 seconds", "--beat", "0.5", script("sleep 3\n"))
    same(state(three)[:2], ("succeeded", 1), "consumer.py: the heartbeat outlasts the lease")
    four = ask("m1")
    killer = threading.Timer(1, lambda: sql("SELECT mlops.cancel_retrain_request(%s, 'stop')", four))
    killer.start()
    began = time.time()
    r = run(*py, "--beat", "0.5", script("sleep 30\n"))
    ok(time.time() - began < 20 and r.returncode == 0, "consumer.py: a cancelled request stops the command", r.stderr)
    same(state(four)[0], "cancelled", "consumer.py: and stays cancelled")
    # waiting: the notification wakes it long before the next look
    idle = subprocess.Popen([sys.executable, f"{HERE}/consumer.py", "--poll", "600", script("exit 0\n")])
    try:
        for _ in range(200):
            if sql("SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND state = 'idle' AND query LIKE '%%claim%%'", DB)[0][0]:
                break
            time.sleep(0.05)
        five = ask("m1")
        for _ in range(200):
            if state(five)[0] == "succeeded":
                break
            time.sleep(0.05)
        same(state(five)[0], "succeeded", "consumer.py: wakes up by notification")
    finally:
        idle.kill()
        idle.wait()


class Receiver(http.server.BaseHTTPRequestHandler):
    got, refuse = [], False

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not Receiver.refuse:
            Receiver.got.append((self.path, self.headers["Content-Type"], self.headers.get("Authorization"), body))
        self.send_response(503 if Receiver.refuse else 204)
        self.end_headers()

    def log_message(self, *_):
        pass


def webhook(schema):
    server = http.server.HTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    py = [sys.executable, f"{HERE}/webhook.py", "--once", "--url"]
    settle()
    run(*py, url + "/old", "--name", "argo")
    run(*py, url + "/old", "--name", "github", "--style", "github")
    Receiver.got.clear()
    first, second = ask("m1", "first", '{"a": [1, 2]}'), ask("m2", "second")
    settle()
    Receiver.refuse = True
    same(run(*py, url + "/argo", "--name", "argo").returncode, 1, "webhook.py: a refused event is an error")
    Receiver.refuse = False
    r = run(*py, url + "/argo", "--name", "argo")
    ok(r.returncode == 0, "webhook.py: delivers later", r.stderr)
    run(*py, url + "/argo", "--name", "argo")
    same([(g[0], g[1], g[3]["data"]["id"], g[3]["data"]["reason"]) for g in Receiver.got],
         [("/argo", "application/cloudevents+json", first, "first"), ("/argo", "application/cloudevents+json", second, "second")],
         "webhook.py: every event once, in order")
    same({k: Receiver.got[0][3].get(k) for k in ("specversion", "type", "source", "subject", "datacontenttype", "dataschema")},
         {"specversion": "1.0", "type": "mlops.retrain_request.pending", "source": "urn:mlops:" + DB, "subject": "m1",
          "datacontenttype": "application/json", "dataschema": schema["$id"]}, "webhook.py: CloudEvents attributes")
    ids = {g[3]["id"] for g in Receiver.got}
    same(len(ids), 2, "webhook.py: ids tell the events apart")
    same([v for g in Receiver.got for v in violations(g[3]["data"], schema)], [], "the message follows doc/retrain_request.schema.json")
    Receiver.got.clear()
    run(*py, url + "/repos/o/n/dispatches", "--name", "github", "--style", "github", GITHUB_TOKEN="secret")
    same([(g[2], sorted(g[3]), g[3]["event_type"], len(g[3]["client_payload"]) <= 10) for g in Receiver.got],
         [("Bearer secret", ["client_payload", "event_type"], "mlops.retrain_request.pending", True)] * 2, "webhook.py: GitHub dispatch")
    server.shutdown()
    for r in (first, second):
        sql("SELECT mlops.cancel_retrain_request(%s, 'test')", r)


def schema_refuses(schema):
    good = sql("""SELECT mlops.retrain_request_payload(gen_random_uuid(), 'm', NULL, 'r', 0, now(), '{1}',
        '{"monitor": "x", "window": ["a", "b"], "alerts": [{"alert_id": 1, "severity": "warn", "value": 0.5, "segment": {}}]}')""")[0][0]
    same(violations(good, schema), [], "the schema takes a message of the act stage")
    broken = [{**good, "id": "x"}, {**good, "schema_version": 2}, {**good, "alert_ids": ["1"]}, {**good, "created_at": "yesterday"},
              {k: v for k, v in good.items() if k != "model"}, {**good, "evidence": []}, {**good, "attempt": -1}]
    ok(all(violations(b, schema) for b in broken), "and refuses broken ones")


def keda():
    import yaml
    doc = yaml.safe_load(open(f"{HERE}/keda.yaml", encoding="utf-8"))
    query = doc["spec"]["triggers"][0]["metadata"]["query"]
    before = sql(query)[0][0]
    one = ask("m1")
    same((before, sql(query)[0][0]), (0, 1), "keda.yaml: the query counts what can be claimed")
    sql("SELECT count(*) FROM mlops.claim_retrain_request('x')")
    same(sql(query)[0][0], 0, "keda.yaml: and not what is leased")
    command = doc["spec"]["jobTargetRef"]["template"]["spec"]["containers"][0]["command"]
    same((command[:2], os.path.exists(f"{HERE}/{command[1]}")), (["python3", "consumer.py"], True), "keda.yaml: starts a consumer of this folder")
    sql("SELECT mlops.cancel_retrain_request(%s, 'test')", one)


def load(path, **modules):
    for name, module in modules.items():
        sys.modules[name.replace("__", ".")] = module
    spec = importlib.util.spec_from_file_location(os.path.basename(path)[:-3], path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def names(**attributes):
    m = types.ModuleType("stand_in")
    m.__dict__.update(attributes)
    return m


class Task:
    """What a task of Airflow's task flow does here: runs when it is called,
    unless something before it failed or was skipped."""
    fail_train = False

    def __init__(self, function, rule="all_success", short=False):
        self.function, self.rule, self.short = function, rule, short

    def __call__(self, *args):
        values = [a.value if isinstance(a, Result) else a for a in args]
        states = {a.state for a in args if isinstance(a, Result)}
        if "skipped" in states or self.rule == "all_success" and "failed" in states:
            return Result(None, "skipped")
        if self.rule == "one_failed":
            return Result(lambda: self.function(*values, run_id="run 1"), "waiting")
        if self.function.__name__ == "train" and Task.fail_train:
            return Result(None, "failed")
        extra = {"run_id": "run 1"} if "run_id" in self.function.__code__.co_varnames[:self.function.__code__.co_argcount] else {}
        value = self.function(*values, **extra)
        # through XCom: what is passed on has to survive JSON
        value = json.loads(json.dumps(value))
        return Result(value, "skipped" if self.short and not value else "success")


class Result:
    def __init__(self, value, what):
        self.value, self.state = value, what

    def __rshift__(self, other):
        if other.state == "waiting" and self.state == "failed":
            other.value()


def airflow():
    def task(function=None, trigger_rule="all_success"):
        return Task(function, trigger_rule) if function else lambda f: Task(f, trigger_rule)

    task.short_circuit = lambda f: Task(f, short=True)
    modules = {
        "pendulum": names(datetime=lambda *a, **k: None),
        "airflow": names(), "airflow__providers": names(), "airflow__providers__postgres": names(), "airflow__providers__postgres__hooks": names(),
        "airflow__decorators": names(dag=lambda **k: lambda f: f, task=task),
        "airflow__providers__postgres__hooks__postgres":
            names(PostgresHook=lambda postgres_conn_id: types.SimpleNamespace(get_conn=psycopg.connect)),
    }
    load(f"{HERE}/airflow_dag.py", **modules)
    ok(True, "airflow_dag.py: nothing to do, the rest is skipped")
    one = ask("m1")
    load(f"{HERE}/airflow_dag.py", **modules)
    same(state(one)[:3], ("succeeded", 1, {"attempt": 1, "model_version": f"retrained-{one[:8]}"}), "airflow_dag.py: claims, trains, completes")
    same(sql("SELECT external_run_id, new_version FROM mlops.retrain_requests WHERE id = %s", one), [("run 1", f"retrained-{one[:8]}")],
         "airflow_dag.py: run and version are stored")
    two = ask("m1")
    Task.fail_train = True
    load(f"{HERE}/airflow_dag.py", **modules)
    same(state(two), ("failed", 1, None, "airflow run run 1 failed"), "airflow_dag.py: a failed task fails the attempt")
    sql("SELECT mlops.cancel_retrain_request(%s, 'test')", two)


def dagster():
    request = lambda **k: types.SimpleNamespace(**k)
    module = load(f"{HERE}/dagster_defs.py", dagster=names(
        op=lambda **k: lambda f: f, job=lambda f: f, sensor=lambda **k: lambda f: f, RunRequest=request, Definitions=request))
    one = ask("m1")
    first, again = list(module.retrain_sensor(None)), list(module.retrain_sensor(None))
    same(([r.tags for r in first], first[0].run_key == again[0].run_key), ([{"mlops/request": one}], True), "dagster_defs.py: one run key per attempt")
    context = types.SimpleNamespace(run_id="run 2", op_config=first[0].run_config["ops"]["retrain"]["config"],
                                    log=types.SimpleNamespace(info=lambda *_: None))
    train, module.train = module.train, lambda r: 1 / 0
    try:
        module.retrain(context)
        ok(False, "dagster_defs.py: a failed training is an error of the run")
    except ZeroDivisionError:
        same(state(one), ("failed", 1, None, "division by zero"), "dagster_defs.py: a failed training fails the attempt")
    module.train = train
    same(list(module.retrain_sensor(None)), [], "dagster_defs.py: and waits for its time")
    sql("UPDATE mlops.retrain_requests SET not_before = now() - interval '1 minute' WHERE id = %s", one)
    second = list(module.retrain_sensor(None))
    ok(len(second) == 1 and second[0].run_key != first[0].run_key, "dagster_defs.py: the next attempt has another run key")
    module.retrain(context)
    same(state(one)[:3], ("succeeded", 2, {"attempt": 2, "model_version": f"retrained-{one[:8]}"}), "dagster_defs.py: claims, trains, completes")
    module.retrain(context)
    ok(True, "dagster_defs.py: a second run for the same request finds nothing")


def main():
    schema = json.load(open("doc/retrain_request.schema.json", encoding="utf-8"))
    subprocess.run(["dropdb", "--if-exists", "--force", DB], check=True, capture_output=True)
    subprocess.run(["createdb", DB], check=True)
    try:
        sql("CREATE EXTENSION mlops")
        sql("SELECT mlops.register_model('m1'), mlops.register_model('m2')")
        sql_loop()
        cron()
        consumer()
        webhook(schema)
        schema_refuses(schema)
        keda()
        airflow()
        dagster()
    finally:
        subprocess.run(["dropdb", "--if-exists", "--force", DB], check=False)
    print(f"1..{count}")
    return bad > 0


if __name__ == "__main__":
    sys.exit(main())
