#!/usr/bin/env python3
"""What the state of an experiment costs beside avg of the same columns, and what comparisons from stored states cost.

Both sides of a pair run in turn; the best of RUNS of each counts, so that what else the machine does is not measured.
"""
import argparse
import time

import psycopg

RUNS = 7


def timed(cur, sql):
    t = time.perf_counter()
    cur.execute(sql)
    cur.fetchall()
    return time.perf_counter() - t


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--rows", type=int, default=2_000_000)
    a = p.parse_args()
    rows = min(a.rows, 2_000_000)
    db = psycopg.connect("", autocommit=True)
    cur = db.cursor()
    cur.execute("CREATE EXTENSION IF NOT EXISTS mlops")
    cur.execute("SET jit = off; SET max_parallel_workers_per_gather = 0; SET work_mem = '256MB'")
    cur.execute("DROP TABLE IF EXISTS bench_units")
    cur.execute(f"""CREATE TABLE bench_units AS SELECT i % 2 AS arm, (random() * 100)::float8 AS y, (1 + i % 3)::float8 AS d, (random() * 90)::float8 AS x,
        (1 + i % 4)::float8 AS z FROM generate_series(1, {rows}) i""")
    cur.execute("VACUUM ANALYZE bench_units")
    print(f"| {rows} rows | moments, ms | avg, ms | ratio |\n|---|---|---|---|")
    for name, columns, group in (("4 variables", "ydxz", ""), ("4 variables, two arms", "ydxz", " GROUP BY arm"), ("1 variable", "y", ""), ("2 variables", "yx", "")):
        ours = f"SELECT mlops.moments({', '.join(columns)})::text FROM bench_units{group}"
        theirs = f"SELECT {', '.join(f'avg({c})' for c in columns)} FROM bench_units{group}"
        best = [float("inf")] * 2
        for _ in range(RUNS):
            for i, sql in enumerate((ours, theirs)):
                best[i] = min(best[i], timed(cur, sql))
        print(f"| {name} | {1000 * best[0]:.0f} | {1000 * best[1]:.0f} | {best[0] / best[1]:.2f} |", flush=True)
    cur.execute("DROP TABLE IF EXISTS bench_cells")
    # every cell has units of its own, and those of all
    states = {"1": "y", "2": "y, x", "4": "y, d, x, z", "p": "(y < 20)::int"}
    inner = ", ".join(f"mlops.moments({e}) FILTER (WHERE arm = {i}) AS {n}{k}" for k, e in states.items() for i, n in enumerate("ct"))
    outer = ", ".join(f"mlops.merge(s.{n}{k}, u.{n}{k}) AS {n}{k}" for k in states for n in "ct")
    cur.execute(f"""CREATE TABLE bench_cells AS WITH s AS (SELECT k, {inner} FROM (SELECT *, (row_number() OVER () / 2) %% 8000 AS k FROM bench_units) b GROUP BY k),
        u AS (SELECT {inner} FROM bench_units) SELECT k, {outer} FROM s, u""".replace("%%", "%"))
    cur.execute("VACUUM ANALYZE bench_cells")
    print("\n| 8000 comparisons from stored states | ms |\n|---|---|")
    for name, call in (("mean", "c1, t1"), ("mean, relative", "c1, t1, effect => 'relative'"), ("CUPED", "c2, t2"), ("ratio with covariate", "c4, t4, metric => 'ratio'"),
                       ("proportion, score", "cp, tp, metric => 'proportion'"), ("sequential", "c1, t1, inference => 'sequential'"),
                       ("Bayesian", "c1, t1, inference => 'bayesian'")):
        sql = f"SELECT count((mlops.compare({call})).estimate), max(k) FROM bench_cells"
        print(f"| {name} | {1000 * min(timed(cur, sql) for _ in range(RUNS)):.0f} |", flush=True)


main()
