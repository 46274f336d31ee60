#!/usr/bin/env python3
"""Consumers of the retrain queue that are killed at random, and their killer.

    queue_consumers.py DSN CONSUMERS SECONDS [SEED]

Runs CONSUMERS processes until the queue holds no open request (or SECONDS are
over), and meanwhile ends them at random: SIGKILL of the process, terminates
their server sessions, and once kills a server process, so that the whole
server recovers.  A killed consumer is replaced.  Consumers also stall past
their lease, fail on purpose, and lose answers.  The effect of the work is a
row in public.effects, written in the transaction that completes the request.

Time is mlops.mock_now, 600 times as fast as the clock: a lease of 5 minutes
is half a second, so leases run out and failed attempts come back within the
test.  The last line on stdout is a JSON object with what happened.
"""
import json
import os
import random
import signal
import subprocess
import sys
import time
import uuid

import psycopg

SPEED = 600
BASE = 1_777_593_600  # 2026-05-01 00:00 UTC


class Consumer:
    """One consumer process.  Counts what it saw into public.tally at its end."""

    def __init__(self, dsn, name, start, rng):
        self.dsn, self.name, self.start, self.rng = dsn, name, start, rng
        self.conn = None
        self.seen = {"completed": 0, "lost": 0, "repeated": 0, "failed": 0, "disconnected": 0, "beats": 0}

    def run(self, statement, *args):
        """One statement, at the fast clock's time."""
        now = BASE + (time.time() - self.start) * SPEED
        self.conn.execute("SELECT set_config('mlops.mock_now', to_timestamp(%s)::text, false)", (now,))
        return self.conn.execute(statement, args)

    def connect(self):
        for _ in range(600):
            try:
                self.conn = psycopg.connect(self.dsn, autocommit=True, application_name="consumer")
                return
            except psycopg.OperationalError:
                time.sleep(0.05)
        raise SystemExit("no connection for 30 s")

    def complete(self, request, token):
        """Effect and completion in one transaction: both happen, or neither."""
        with self.conn.transaction():
            self.conn.execute("INSERT INTO public.effects VALUES (%s, %s, %s)", (request, token, self.name))
            self.run("SELECT mlops.complete_retrain_request(%s, %s, jsonb_build_object('by', %s::text))", request, token, self.name)

    def work(self, request, token):
        mood = self.rng.random()
        if mood < 0.02:
            # past the lease: whoever claims it first holds it
            time.sleep(self.rng.uniform(0.3, 0.9))
        elif mood < 0.05:
            self.run("SELECT mlops.heartbeat_retrain_request(%s, %s, '10 minutes')", request, token)
            self.seen["beats"] += 1
        elif mood < 0.10:
            self.run("SELECT mlops.fail_retrain_request(%s, %s, 'on purpose')", request, token)
            self.seen["failed"] += 1
            return
        elif mood < 0.11:
            return  # forgets it: the lease runs out
        try:
            self.complete(request, token)
            if self.rng.random() < 0.01:
                self.conn.close()
                raise psycopg.OperationalError("the answer got lost")
            self.seen["completed"] += 1
        except psycopg.OperationalError:
            # no answer: done or not?  The token tells; nothing is done twice.
            self.seen["disconnected"] += 1
            self.connect()
            done = self.run("SELECT count(*) FROM public.effects WHERE request = %s AND token = %s", request, token).fetchone()[0]
            if done:
                again = self.run("SELECT mlops.complete_retrain_request(%s, %s, '{\"by\": \"second call\"}')", request, token).fetchone()[0]
                if again != {"by": self.name}:
                    raise SystemExit(f"completed twice with different results: {again}")
                self.seen["repeated"] += 1
            else:
                self.complete(request, token)
                self.seen["completed"] += 1

    def step(self):
        rows = self.run("SELECT id, lease_token FROM mlops.claim_retrain_request(%s, lease => '5 minutes', max => %s)",
                        self.name, self.rng.randint(1, 4)).fetchall()
        for request, token in rows:
            try:
                self.work(request, token)
            except psycopg.errors.ObjectNotInPrerequisiteState:
                self.seen["lost"] += 1
        if rows:
            return True
        left = self.run("SELECT count(*) FROM mlops.retrain_requests WHERE state IN ('pending', 'leased', 'failed')").fetchone()[0]
        time.sleep(0.02)
        return left > 0

    def loop(self):
        self.connect()
        going = True
        while going:
            try:
                going = self.step()
                self.conn.execute("INSERT INTO public.tally VALUES (%s, %s) ON CONFLICT (name) DO UPDATE SET seen = EXCLUDED.seen",
                                  (self.name, json.dumps(self.seen)))
            except psycopg.OperationalError:
                self.seen["disconnected"] += 1
                self.connect()


def spawn(dsn, start, seed):
    name = f"consumer {uuid.UUID(int=random.getrandbits(128))}"
    return subprocess.Popen([sys.executable, __file__, "--consume", dsn, name, repr(start), str(seed)])


def kill_something(dsn, children, rng, did, crash):
    """One act of violence.  Returns nothing; what was done is counted in did."""
    try:
        with psycopg.connect(dsn, autocommit=True) as conn:
            pids = [r[0] for r in conn.execute("SELECT pid FROM pg_stat_activity WHERE application_name = 'consumer'")]
            if crash and pids:
                os.kill(rng.choice(pids), signal.SIGKILL)
                did["crashes"] += 1
            elif rng.random() < 0.5:
                alive = [child for child in children if child.poll() is None]
                if alive:
                    rng.choice(alive).kill()
                    did["killed"] += 1
            elif pids and conn.execute("SELECT pg_terminate_backend(%s)", (rng.choice(pids),)).fetchone()[0]:
                did["terminated"] += 1
    except psycopg.OperationalError:
        pass  # the server recovers


def main(dsn, consumers, seconds, seed):
    rng = random.Random(seed)
    random.seed(seed)
    start = time.time()
    did = {"killed": 0, "terminated": 0, "crashes": 0, "errors": 0}
    children = [spawn(dsn, start, rng.getrandbits(32)) for _ in range(consumers)]
    finished = 0
    try:
        while finished < consumers and time.time() - start < seconds:
            time.sleep(rng.uniform(0.1, 0.4))
            kill_something(dsn, children, rng, did, crash=did["crashes"] == 0 and time.time() - start > 4)
            for i, child in enumerate(children):
                if child.poll() is not None and child.returncode != 0:
                    did["errors"] += child.returncode > 0  # not by a signal: it found something wrong
                    children[i] = spawn(dsn, start, rng.getrandbits(32))
            finished = sum(child.poll() == 0 for child in children)
    finally:
        for child in children:
            if child.poll() is None:
                child.kill()
            child.wait()
    did["finished"] = finished
    did["seconds"] = round(time.time() - start, 1)
    print(json.dumps(did))


if __name__ == "__main__":
    if sys.argv[1] == "--consume":
        Consumer(sys.argv[2], sys.argv[3], float(sys.argv[4]), random.Random(int(sys.argv[5]))).loop()
    else:
        main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]) if len(sys.argv) > 4 else 1)
