#!/usr/bin/env python3
"""What mlops costs beside plain SQL, as ratios measured side by side in one run.

    make bench [ROWS=10000000]

Every round times each query of a group once, in turn, so that a noisy moment
hits all of them; a ratio is the median over the rounds of (query / base) of
the same round.  Prints a Markdown table; bench/RESULTS.md keeps one.
"""
import argparse
import os
import platform
import statistics
import time
from datetime import datetime, timedelta, timezone

import psycopg

FEATURES = [f"f{i}" for i in range(1, 11)]
AVG = "SELECT " + ", ".join(f"avg({f})" for f in FEATURES) + " FROM bench"
MULTI = f"SELECT array_length(mlops.profile_columns({', '.join(FEATURES)}), 1) FROM bench"
PER_COLUMN = "SELECT " + ", ".join(f"mlops.row_count(mlops.profile({f}))" for f in FEATURES) + " FROM bench"


def timed(cur, sql, args=None):
    t = time.perf_counter()
    cur.execute(sql, args)
    if cur.description:
        cur.fetchall()
    return time.perf_counter() - t


def ratios(cur, base, queries, rounds):
    """{name: (median ratio, lowest, highest, median seconds)} and the base's median seconds."""
    for sql, args in [base] + list(queries.values()):
        timed(cur, sql, args)
    seen = {name: [] for name in queries}
    bases = []
    for _ in range(rounds):
        b = timed(cur, *base)
        bases.append(b)
        for name, (sql, args) in queries.items():
            s = timed(cur, sql, args)
            seen[name].append((s / b, s))
    return statistics.median(bases), {
        name: (statistics.median(r for r, _ in v), min(r for r, _ in v), max(r for r, _ in v), statistics.median(s for _, s in v))
        for name, v in seen.items()}


def make_table(cur, rows):
    columns = ", ".join(f"CASE WHEN random() < 0.02 THEN NULL ELSE random() * {i} + (g % 7) * 0.1 END" for i in range(1, 11))
    cur.execute("SELECT setseed(0.5)")
    cur.execute("CREATE UNLOGGED TABLE bench (id bigint, at timestamptz, " + ", ".join(f + " float8" for f in FEATURES) + ")")
    # 30 days, rows spread evenly over them
    cur.execute(f"INSERT INTO bench SELECT g, timestamptz '2025-01-01 00:00+00' + g * (interval '30 days' / {rows}), {columns}"
                f" FROM generate_series(0, {rows - 1}) g")
    cur.execute("CREATE INDEX ON bench (at)")
    cur.execute("VACUUM (FREEZE, ANALYZE) bench")


def row_reads(cur, table):
    cur.execute("SELECT pg_stat_force_next_flush()")
    cur.execute("SELECT seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_user_tables WHERE relname = %s", [table])
    return cur.fetchone()[0]


def tick(cur, table, rows, hour_rows):
    """Registers the table, lets the first run read its history, then times the run after one more hour."""
    start = datetime(2025, 1, 1, tzinfo=timezone.utc)
    end = start + timedelta(days=30)
    cur.execute("SELECT set_config('mlops.mock_now', %s, false)", [end.isoformat()])
    cur.execute("SELECT mlops.register_model(%s, task => 'other')", [table])
    cur.execute("SELECT mlops.register_source(%s, %s, at => 'at', ignore => ARRAY['id'], granule => '1 hour')", [table, "public." + table])
    cur.execute("SELECT mlops.set_baseline(%s, from_time => %s, to_time => %s)", [table, start, start + timedelta(days=1)])
    cur.execute("SELECT mlops.create_monitor(%s, %s, kind => 'drift', every => '1 hour', over => '1 day', baseline => 'default')", [table, table])
    first = timed(cur, "CALL mlops.run_due()")
    times = []
    for i in range(5):
        lo = end + timedelta(hours=i)
        cur.execute(f"INSERT INTO {table} SELECT {rows} + g, %s::timestamptz + g * (interval '1 hour' / {hour_rows}), "
                    + ", ".join(f"random() * {i + 1}" for i in range(10)) + f" FROM generate_series(0, {hour_rows - 1}) g", [lo])
        cur.execute("SELECT set_config('mlops.mock_now', %s, false)", [(lo + timedelta(hours=1)).isoformat()])
        before = row_reads(cur, table)
        times.append(timed(cur, "CALL mlops.run_due()"))
        read = row_reads(cur, table) - before
    cur.execute("SELECT r.rows_read FROM mlops.runs r JOIN mlops.monitors m USING (monitor_id) WHERE m.name = %s ORDER BY window_end DESC LIMIT 1", [table])
    return first, statistics.median(times), read, cur.fetchone()[0]


def window(cur):
    """30 days of hourly granules, 20 features, 20 bins: one window's histograms."""
    cur.execute("SELECT mlops.register_model('window', task => 'other')")
    cur.execute("CREATE TABLE wide (at timestamptz, " + ", ".join(f"f{i} float8" for i in range(1, 21)) + ")")
    cur.execute("INSERT INTO wide SELECT timestamptz '2025-01-01+00' + g * interval '3 minutes', " + ", ".join(f"random() * {i}" for i in range(1, 21))
                + " FROM generate_series(0, 14399) g")
    cur.execute("SELECT set_config('mlops.mock_now', '2025-01-31 00:00+00', false)")
    cur.execute("SELECT mlops.register_source('window', 'public.wide', at => 'at', bins => 20)")
    cur.execute("SELECT mlops.set_baseline('window', from_time => '2025-01-01+00', to_time => '2025-01-31+00')")
    cur.execute("SELECT mlops.create_monitor('window', 'window', kind => 'drift', every => '1 hour', over => '30 days', min_rows => 1)")
    cur.execute("CALL mlops.run_due()")
    cur.execute("SELECT monitor_id, source_id FROM mlops.monitors WHERE name = 'window'")
    monitor, source = cur.fetchone()
    cur.execute("VACUUM ANALYZE mlops.profiles")
    cur.execute("SELECT count(*), array_agg(DISTINCT column_no) FROM mlops.profiles WHERE source_id = %s AND column_no > 0", [source])
    stored, numbers = cur.fetchone()
    merge = [timed(cur, "SELECT * FROM mlops._window_histograms(%s, %s::smallint[], '2025-01-01+00', '2025-01-31+00')", [source, numbers]) for _ in range(9)]
    whole = [timed(cur, "SELECT * FROM mlops._measure(%s, '2025-01-01+00', '2025-01-31+00')", [monitor]) for _ in range(9)]
    return stored, statistics.median(merge) * 1000, statistics.median(whole) * 1000


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--rows", type=int, default=int(os.environ.get("ROWS", 10_000_000)))
    ap.add_argument("--rounds", type=int, default=int(os.environ.get("ROUNDS", 5)))
    a = ap.parse_args()
    lines = []

    def row(what, measured, asked, detail):
        lines.append(f"| {what} | {measured} | {asked} | {detail} |")
        print(lines[-1], flush=True)

    with psycopg.connect("dbname=postgres", autocommit=True) as c:
        c.execute("DROP DATABASE IF EXISTS bench WITH (FORCE)")
        c.execute("CREATE DATABASE bench")
    with psycopg.connect("dbname=bench", autocommit=True) as c:
        cur = c.cursor()
        cur.execute("SET jit = off")
        cur.execute("SET max_parallel_workers_per_gather = 0")
        cur.execute("CREATE EXTENSION mlops")
        cur.execute("SHOW server_version")
        version = cur.fetchone()[0]
        print(f"# PostgreSQL {version}, {os.cpu_count()} cores, {a.rows} rows x 10 float8, 2 % NULL, serial, jit off, medians of {a.rounds} rounds", flush=True)
        make_table(cur, a.rows)
        print("| what | measured | asked for | detail |\n|---|---|---|---|")

        base, r = ratios(cur, (AVG, None), {"multi": (MULTI, None), "per": (PER_COLUMN, None)}, a.rounds)
        for k, what, asked in (("multi", "`profile_columns(f1, …, f10)` / `SELECT avg(f1), …, avg(f10)`", "≤ 1.1"),
                               ("per", "`profile(f1), …, profile(f10)` / the same", "≤ 1.4")):
            row(what, f"{r[k][0]:.2f}", asked, f"{r[k][3]:.2f} s / {base:.2f} s, rounds {r[k][1]:.2f}–{r[k][2]:.2f}")

        cur.execute("SELECT mlops.binning(mlops.profile(f5), 20) FROM bench WHERE id % 100 = 0")
        binning = cur.fetchone()[0]
        base, r = ratios(cur, ("SELECT sum(f5) FROM bench", None),
                         {"h": ("SELECT mlops.row_count(mlops.histogram(f5, %s::mlops.binning)) FROM bench", [binning])}, a.rounds)
        row("`histogram(f5, …)` of 20 bins / `sum(f5)`", f"{r['h'][0]:.2f}", "≤ 1.2", f"{r['h'][3]:.2f} s / {base:.2f} s, rounds {r['h'][1]:.2f}–{r['h'][2]:.2f}")

        cur.execute("SELECT setseed(0.5)")
        cur.execute("CREATE UNLOGGED TABLE categories AS SELECT 'v' || (random() * 4)::int AS c5, 'value ' || (random() * 49)::int AS c50,"
                    " 'category ' || (random() * 4999)::int AS c5000, g % 2 = 0 AS cur FROM generate_series(1, 2000000) g")
        cur.execute("VACUUM (FREEZE, ANALYZE) categories")
        for k in (5, 50, 5000):
            base, r = ratios(cur, (f"SELECT count(*) FROM (SELECT c{k}, cur, count(*) FROM categories GROUP BY 1, 2) s", None),
                             {"c": (f"SELECT (mlops.chi2_test(c{k}, cur)).p_value FROM categories", None)}, a.rounds)
            row(f"`chi2_test` of {k} categories, 1M + 1M rows / `GROUP BY` value and side", f"{r['c'][0]:.2f}", "≤ 1.0",
                f"{r['c'][3]:.2f} s / {base:.2f} s, rounds {r['c'][1]:.2f}–{r['c'][2]:.2f}")

        cur.execute("CREATE UNLOGGED TABLE units AS SELECT 'user-' || g AS u FROM generate_series(1, 1000000) g")
        cur.execute("VACUUM (FREEZE, ANALYZE) units")
        methods = ("sha256", "growthbook_v2", "eppo", "optimizely", "launchdarkly", "statsig")
        base, r = ratios(cur, ("SELECT count(md5(u)) FROM units", None),
                         {m: (f"SELECT count(mlops.bucket(u, 'experiment', '{m}')) FROM units", None) for m in methods}, a.rounds)
        row("`bucket(unit, seed)` of 1M units / `md5(unit)`", f"{r['sha256'][0]:.2f}", "≤ 1.1",
            ", ".join(f"{m} {r[m][0]:.2f}" for m in methods[1:]) + f"; {r['sha256'][3]:.2f} s / {base:.2f} s")

        hour = max(1, a.rows // 720)
        cur.execute(f"CREATE UNLOGGED TABLE small AS SELECT * FROM bench WHERE id % 10 = 0")
        cur.execute("CREATE INDEX ON small (at)")
        cur.execute("VACUUM (FREEZE, ANALYZE) small")
        f1, t1, read1, rr1 = tick(cur, "small", a.rows, hour)
        f2, t2, read2, rr2 = tick(cur, "bench", a.rows, hour)
        row(f"rows read by a tick after one new hour of {hour} rows", f"{rr2}", f"= {hour}", f"server's own count of tuples read from the table: {read2}")
        row(f"tick on {a.rows} rows of history / on {a.rows // 10}", f"{t2 / t1:.2f}", "about 1", f"{t2 * 1000:.0f} ms / {t1 * 1000:.0f} ms; first pass {f2:.1f} s / {f1:.1f} s")

        stored, merge, whole = window(cur)
        row("30-day window over hourly granules, 20 features: merge", f"{merge:.1f} ms", "≤ 50 ms", f"{stored} stored histograms")
        row("the same with distances, p-values and contributions", f"{whole:.1f} ms", "–", "")
    with psycopg.connect("dbname=postgres", autocommit=True) as c:
        c.execute("DROP DATABASE bench WITH (FORCE)")


main()
