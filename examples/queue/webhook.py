#!/usr/bin/env python3
"""Forwards events of the retrain queue over HTTP: to an Argo Events webhook, a
GitHub repository_dispatch, or anything that takes CloudEvents.

    webhook.py --url http://argo:12000/retrain
    webhook.py --style github --url https://api.github.com/repos/OWNER/NAME/dispatches

Reads mlops.retrain_events_outbox from a cursor that it keeps in the table
webhook_cursor (made when missing), posts each event, and moves the cursor after
a 2xx answer.  So every event arrives at least once and in order; the
receiver tells repeats by the id.  The receiver does not own the request yet: the
workflow it starts claims it (cron.sh, consumer.py) and finds nothing
when a repeat comes too late.

--style cloudevents  structured-mode CloudEvents 1.0 JSON
--style github       {"event_type", "client_payload"}; token in GITHUB_TOKEN
"""
import argparse
import json
import os
import sys
import time
import urllib.error
import urllib.request

import psycopg
from psycopg.rows import dict_row

ATTRIBUTES = ("specversion", "id", "source", "type", "subject", "time", "datacontenttype", "dataschema")


def message(event, style):
    """Body and headers of one POST."""
    if style == "github":
        headers = {"Content-Type": "application/json", "Accept": "application/vnd.github+json"}
        if os.environ.get("GITHUB_TOKEN"):
            headers["Authorization"] = "Bearer " + os.environ["GITHUB_TOKEN"]
        return {"event_type": event["type"], "client_payload": event["payload"]}, headers
    body = {k: event[k].isoformat() if k == "time" else str(event[k]) for k in ATTRIBUTES}
    body["data"] = event["payload"]
    return body, {"Content-Type": "application/cloudevents+json"}


def forward(conn, args):
    """Everything there is.  Returns the number of events sent."""
    sent = 0
    while True:
        # the row lock keeps a second forwarder of the same name waiting
        with conn.transaction():
            cursor = conn.execute("SELECT xid, seq FROM webhook_cursor WHERE name = %s FOR UPDATE", (args.name,)).fetchone()
            event = conn.execute(
                "SELECT * FROM mlops.retrain_events_outbox WHERE (xid, seq) > (%s::xid8, %s) AND type = ANY (%s)"
                " ORDER BY xid, seq LIMIT 1", (cursor["xid"], cursor["seq"], args.types)).fetchone()
            if event is None:
                return sent
            body, headers = message(event, args.style)
            request = urllib.request.Request(args.url, json.dumps(body).encode(), headers)
            with urllib.request.urlopen(request, timeout=args.timeout):
                pass
            conn.execute("UPDATE webhook_cursor SET xid = %s::xid8, seq = %s WHERE name = %s",
                         (event["xid"], event["seq"], args.name))
            sent += 1


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--dsn", default="", help="connection string; the PG* variables fill in")
    p.add_argument("--url", required=True)
    p.add_argument("--style", choices=("cloudevents", "github"), default="cloudevents")
    p.add_argument("--types", nargs="+", default=["mlops.retrain_request.pending"])
    p.add_argument("--name", default="webhook", help="of the cursor, when there are several forwarders")
    p.add_argument("--timeout", type=float, default=10.0)
    p.add_argument("--poll", type=float, default=15.0, help="seconds between two looks")
    p.add_argument("--once", action="store_true", help="forward what there is and stop; exit code 1 when the receiver refused")
    args = p.parse_args()
    with psycopg.connect(args.dsn, autocommit=True, row_factory=dict_row) as conn:
        conn.execute("CREATE TABLE IF NOT EXISTS webhook_cursor (name text PRIMARY KEY, xid xid8 NOT NULL DEFAULT '0', seq bigint NOT NULL DEFAULT 0)")
        conn.execute("INSERT INTO webhook_cursor (name) VALUES (%s) ON CONFLICT DO NOTHING", (args.name,))
        while True:
            try:
                forward(conn, args)
            except (urllib.error.URLError, OSError) as error:
                print(f"not delivered, the cursor stays: {error}", file=sys.stderr)
                if args.once:
                    return 1
            if args.once:
                return 0
            time.sleep(args.poll)


if __name__ == "__main__":
    sys.exit(main())
