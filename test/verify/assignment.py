#!/usr/bin/env python3
"""Positions and buckets of units against reference/buckets.py, to the bit: every
row of the golden file and 20000 random units, in databases of three encodings;
uniformity of every method, and independence of seeds; choices of LaunchDarkly
and Optimizely against their own loops.

Runs against the server that PGHOST/PGPORT/PGUSER name.  Prints TAP.
"""
import csv
import os
import random
import sys

import numpy as np
import psycopg
from scipy import stats

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "reference"))
import buckets as b  # noqa: E402

GOLDEN = os.path.join(HERE, "..", "kernel", "golden", "assignment.csv")
tests = failures = 0


def ok(condition, name, detail=""):
    global tests, failures
    tests += 1
    failures += not condition
    print(("ok" if condition else "not ok"), tests, "-", name)
    if not condition and detail != "":
        print("#  ", detail)


def from_hex(text):
    return b"" if text == "-" else bytes.fromhex(text)


def golden():
    with open(GOLDEN, encoding="ascii") as f:
        for r in csv.DictReader(line for line in f if not line.startswith("#")):
            yield r["method"], from_hex(r["unit"]), from_hex(r["seed"]), float(r["position"]), int(r["buckets"]), int(r["number"])


def same(cur, rows, encoding):
    """rows: method, unit and seed in UTF-8, position, buckets, number."""
    wrong, seen, other = [], 0, 0
    cur.execute("CREATE TEMP TABLE v (i int, method text, unit text, seed text, buckets int)")
    with cur.copy("COPY v FROM STDIN") as copy:
        for i, (method, unit, seed, _, n, _) in enumerate(rows):
            try:
                unit.decode().encode({"UTF8": "utf-8", "LATIN1": "latin-1", "SQL_ASCII": "utf-8"}[encoding])
                seed.decode().encode("latin-1" if encoding == "LATIN1" else "utf-8")
            except UnicodeEncodeError:
                other += 1		# not a text of this database
                continue
            copy.write_row((i, method, unit.decode(), seed.decode(), n))
    cur.execute("SELECT i, mlops.bucket(unit, seed, method), mlops.bucket_number(unit, seed, method, buckets) FROM v")
    for i, position, number in cur.fetchall():
        seen += 1
        if (position, number) != (rows[i][3], rows[i][5]):
            wrong.append((rows[i], position, number))
    cur.execute("DROP TABLE v")
    return seen, other, wrong


def random_rows(rng):
    rows = []
    for _ in range(20000):
        method = rng.choice(list(b.NATIVE))
        pools = ((32, 127), (160, 256), (160, 0x800), (0x4E00, 0x9000), (0x1F300, 0x1F600))
        low, high = rng.choice(pools)
        unit = "".join(chr(rng.randrange(low, high)) for _ in range(rng.randrange(0, 60))).encode()
        seed = "".join(chr(rng.choice((rng.randrange(33, 127), rng.randrange(160, 256)))) for _ in range(rng.randrange(0, 12))).encode()
        n = b.NATIVE[method] if method.startswith("growthbook") else rng.choice((b.NATIVE[method], 1000, rng.randrange(1, 200000)))
        h = b.hash_of(method, unit, seed)
        rows.append((method, unit, seed, b.position(method, h), n, b.number(method, h, n)))
    return rows


def uniform(cur):
    """p-values of chi-square over 20 cells, and of independence of two seeds over 10 x 10 cells, should be uniform themselves."""
    for method in b.NATIVE:
        cur.execute("SELECT array_agg(mlops.bucket('user-' || u, 'experiment ' || s, %s) ORDER BY u) FROM generate_series(1, 100) s, generate_series(1, 5000) u GROUP BY s ORDER BY s", [method])
        p = np.array([r[0] for r in cur.fetchall()])
        flat = [stats.chisquare(np.histogram(row, bins=20, range=(0, 1))[0]).pvalue for row in p]
        pairs = [stats.chi2_contingency(np.histogram2d(p[i], p[i + 1], bins=10, range=((0, 1), (0, 1)))[0]).pvalue for i in range(0, 100, 2)]
        u, i = stats.kstest(flat, "uniform").pvalue, stats.kstest(pairs, "uniform").pvalue
        if method.startswith("growthbook"):
            # FNV-1a is known to be structured: told, not asked for
            print(f"# {method}: p of uniformity {u:.2g}, of independence {i:.2g}")
        else:
            ok(u > 1e-3, f"{method}: positions of 5000 units are uniform for 100 seeds (p of the p-values {u:.3g})")
            ok(i > 1e-3, f"{method}: positions under two seeds are independent ({i:.3g})")


def choices(cur, rng):
    wrong = 0
    for _ in range(300):
        weights = [rng.randrange(0, 60000) for _ in range(rng.randrange(1, 8))]
        ends = sorted(rng.randrange(0, 10001) for _ in range(rng.randrange(1, 8)))
        cur.execute("""SELECT l, mlops.choose_variation(l, mlops.launchdarkly_ranges(%s)) - 1, mlops.bucket_number(u, 's', 'optimizely'),
                    mlops.choose_variation(mlops.bucket(u, 's', 'optimizely'), mlops.optimizely_ranges(%s)) - 1
                    FROM (SELECT u::text, mlops.bucket(u::text, 's', 'launchdarkly') AS l FROM generate_series(1, 200) u) x""", [weights, ends])
        for where, ld, bucket, op in cur.fetchall():
            wrong += ld != b.launchdarkly_choice(where, weights) or op != b.optimizely_choice(bucket, ends)
    ok(wrong == 0, "choices of LaunchDarkly and Optimizely, 300 lists of weights x 200 units", wrong)


rng = random.Random(20261121)
with psycopg.connect("dbname=postgres", autocommit=True) as admin:
    for encoding in ("UTF8", "LATIN1", "SQL_ASCII"):
        db = f"mlops_verify_assignment_{encoding.lower()}"
        admin.execute(f"DROP DATABASE IF EXISTS {db} WITH (FORCE)")
        admin.execute(f"CREATE DATABASE {db} TEMPLATE template0 ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'")
        with psycopg.connect(f"dbname={db} client_encoding=UTF8", autocommit=True) as c:
            cur = c.cursor()
            cur.execute("CREATE EXTENSION mlops")
            for name, rows, least in (("golden", list(golden()), 300), ("random", random_rows(rng), 7000)):
                seen, other, wrong = same(cur, rows, encoding)
                ok(seen >= least and not wrong, f"{encoding}: {seen} {name} rows are equal to the bit ({other} are no text of this encoding)", wrong[:3])
            if encoding == "UTF8":
                uniform(cur)
                choices(cur, rng)
            if encoding == "SQL_ASCII":
                try:
                    cur.execute("SELECT mlops.bucket(convert_from('\\xff'::bytea, 'SQL_ASCII'), 's')")
                    ok(False, "bytes that are no UTF-8 are refused")
                except psycopg.errors.CharacterNotInRepertoire:
                    ok(True, "bytes that are no UTF-8 are refused")
        admin.execute(f"DROP DATABASE {db} WITH (FORCE)")
print(f"1..{tests}")
sys.exit(1 if failures else 0)
