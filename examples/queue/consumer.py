#!/usr/bin/env python3
"""A consumer of the retrain queue (psycopg 3).

    consumer.py [--dsn DSN] [--model MODEL] [--until-empty] COMMAND [ARG...]

Runs COMMAND once per request, with the request as JSON on stdin.  Exit code 0
completes the request, with the last line of stdout as the result when that is a JSON
object; its "model_version" registers the new version.  Anything else
fails the request, and it is tried again later.  While COMMAND runs, the lease
is renewed on a second connection; when it is lost (another consumer holds the
request, or somebody cancelled it), COMMAND is stopped.

As a module: Queue(dsn).run(function), where function(request, heart) -> dict;
heart.lost is an event that is set when the lease is lost.
"""
import argparse
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading

import psycopg
from psycopg.rows import dict_row

LOST = psycopg.errors.ObjectNotInPrerequisiteState


class Lost(Exception):
    """The request is no longer ours."""


class Queue:
    def __init__(self, dsn="", consumer=None, lease="15 minutes", model=None, beat=60.0, poll=30.0):
        self.dsn, self.lease, self.model, self.beat, self.poll = dsn, lease, model, beat, poll
        self.consumer = consumer or f"{socket.gethostname()}:{os.getpid()}"
        self.conn = psycopg.connect(dsn, autocommit=True, row_factory=dict_row)
        self.hint = False
        self.conn.add_notify_handler(self.heard)
        self.conn.execute("LISTEN mlops_retrain_requests")

    def heard(self, _):
        self.hint = True

    def claim(self):
        return self.conn.execute("SELECT * FROM mlops.claim_retrain_request(%s, %s::interval, %s)",
                                 (self.consumer, self.lease, self.model)).fetchone()

    def complete(self, request, result):
        """Safe to call again after a broken connection: the token decides."""
        result = dict(result or {})
        version = result.pop("model_version", None)
        self.conn.execute("SELECT mlops.complete_retrain_request(%s, %s, %s::jsonb, %s)",
                          (request["id"], request["lease_token"], json.dumps(result), version))

    def fail(self, request, error, retry=True):
        return self.conn.execute("SELECT * FROM mlops.fail_retrain_request(%s, %s, %s, %s)",
                                 (request["id"], request["lease_token"], error, retry)).fetchone()

    def wait(self):
        """Until somebody files a request, at most `poll` seconds: a notification
        is a hint and may be missed, the table is the truth."""
        if not self.hint:
            select.select([self.conn.fileno()], [], [], self.poll)
        self.hint = False
        self.conn.execute("SELECT 1")  # takes in what has come

    def run(self, function, until_empty=False):
        while True:
            request = self.claim()
            if request is not None:
                self.work(request, function)
            elif until_empty:
                return
            else:
                self.wait()

    def work(self, request, function):
        with Heart(self, request) as heart:
            try:
                result = function(request, heart)
            except Lost:
                return
            except Exception as error:  # whatever went wrong in the user's work
                result = error
        try:
            if isinstance(result, Exception):
                self.fail(request, f"{type(result).__name__}: {result}"[:2000])
            else:
                self.complete(request, result)
        except LOST as error:
            print(f"request {request['id']}: {error.diag.message_primary}", file=sys.stderr)


class Heart:
    """Renews the lease in a thread; calls on_lost once when that is refused."""

    def __init__(self, queue, request):
        self.queue, self.request = queue, request
        self.stop = threading.Event()
        self.lost = threading.Event()
        self.on_lost = lambda: None
        self.thread = threading.Thread(target=self.loop, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()

    def loop(self):
        while not self.stop.wait(self.queue.beat):
            try:
                with psycopg.connect(self.queue.dsn, autocommit=True) as conn:
                    conn.execute("SELECT mlops.heartbeat_retrain_request(%s, %s, %s::interval)",
                                 (self.request["id"], self.request["lease_token"], self.queue.lease))
            except LOST:
                self.lost.set()
                self.on_lost()
                return
            except psycopg.OperationalError:
                pass  # the server is away: the lease tells later whether it mattered


def run_command(command):
    def function(request, heart):
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True)
        heart.on_lost = lambda: os.killpg(child.pid, signal.SIGTERM)
        out, _ = child.communicate(json.dumps(request, default=str))
        if heart.lost.is_set():
            raise Lost
        if child.returncode != 0:
            raise RuntimeError(f"exit code {child.returncode}")
        try:
            result = json.loads(out.strip().splitlines()[-1])
        except (IndexError, ValueError):
            result = {}
        return result if isinstance(result, dict) else {}
    return function


if __name__ == "__main__":
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--dsn", default=os.environ.get("MLOPS_DSN", ""), help="connection string (default $MLOPS_DSN); the PG* variables fill in")
    p.add_argument("--model", help="requests of this model only")
    p.add_argument("--lease", default="15 minutes")
    p.add_argument("--beat", type=float, default=60.0, help="seconds between two heartbeats")
    p.add_argument("--poll", type=float, default=30.0, help="seconds between two looks without a notification")
    p.add_argument("--until-empty", action="store_true", help="stop when there is nothing to do")
    p.add_argument("command", nargs=argparse.REMAINDER)
    a = p.parse_args()
    if not a.command:
        p.error("no command")
    Queue(a.dsn, lease=a.lease, model=a.model, beat=a.beat, poll=a.poll).run(run_command(a.command), a.until_empty)
