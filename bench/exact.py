#!/usr/bin/env python3
"""What the exact two-sample tests cost, as ratios measured side by side in one run.

    make bench [ROWS=10000000]

First over all rows: a test beside `sum(x)` of the same column, in memory and on disk,
serial and with two workers; categories beside GROUP BY.  Processor time of the server's process
is given beside the time on the clock, because it says more where others use the
machine.  Then the memory of tests of twice as many rows at work_mem = 4MB.  Then, over 1M + 1M rows (fewer
with ROWS), a test in the database beside reading the two columns into Python and SciPy's
function: read by SELECT and fetchall(), and by binary COPY of psql into NumPy, the fastest export there is.
"""
import argparse
import statistics
import subprocess
import threading
import time

import numpy as np
import psycopg
from scipy import stats

TESTS = {  # our aggregate: the same in SciPy, r and c are reference and current
    "ks_test": lambda r, c: stats.ks_2samp(r, c),
    "cvm_test": lambda r, c: stats.cramervonmises_2samp(r, c),
    "anderson_darling_test": lambda r, c: stats.anderson_ksamp([r, c]),
    "mann_whitney_test": lambda r, c: stats.mannwhitneyu(c, r),
    "t_test": lambda r, c: stats.ttest_ind(c, r, equal_var=False),
    "epps_singleton_test": lambda r, c: stats.epps_singleton_2samp(r, c),
    "brown_forsythe_test": lambda r, c: stats.levene(r, c, center="median"),
    "wasserstein_distance": lambda r, c: stats.wasserstein_distance(r, c),
    "energy_distance": lambda r, c: stats.energy_distance(r, c),
}


def processor(pid):
    """Seconds that a process has run."""
    with open(f"/proc/{pid}/schedstat") as f:
        return int(f.read().split()[0]) / 1e9


def rounds(queries, n, pid=None):
    """Of every query the seconds, round by round, and those of the processor."""
    for f in queries.values():
        f()
    seen = {name: [] for name in queries}
    cpu = {name: [] for name in queries}
    for _ in range(n):
        for name, f in queries.items():
            c = processor(pid) if pid else 0
            t = time.perf_counter()
            f()
            seen[name].append(time.perf_counter() - t)
            cpu[name].append(processor(pid) - c if pid else 0)
    return seen, cpu


def status(pid, name):
    """A size of a process in kB."""
    with open(f"/proc/{pid}/status") as f:
        return next(int(line.split()[1]) for line in f if line.startswith(name + ":"))


def memory(table, query, settings):
    """kB by which the process grows with the query: at its peak, shared memory included, and of its own; the most that one worker has."""
    with psycopg.connect("", autocommit=True) as db, psycopg.connect("", autocommit=True) as other:
        db.execute(f"SET work_mem = '4MB'; {settings}")
        db.execute(f"SELECT (mlops.ks_test(x, c)).statistic, (mlops.brown_forsythe_test(x, c)).statistic FROM (SELECT * FROM {table} LIMIT 1000) s")
        db.execute(f"SELECT count(*) FROM {table}")
        pid = db.info.backend_pid
        before, own = status(pid, "VmHWM"), status(pid, "RssAnon")
        worker, leader, done = [0], [own], threading.Event()

        def watch():
            while not done.wait(0.02):
                leader[0] = max(leader[0], status(pid, "RssAnon"))
                for (w,) in other.execute("SELECT pid FROM pg_stat_activity WHERE leader_pid = %s", (pid,)):
                    try:
                        worker[0] = max(worker[0], status(w, "RssAnon"))
                    except (FileNotFoundError, ProcessLookupError, StopIteration):
                        pass  # it has ended

        t = threading.Thread(target=watch)
        t.start()
        start = time.perf_counter()
        try:
            db.execute(query.format(table=table))
        finally:
            done.set()
            t.join()
        return status(pid, "VmHWM") - before, leader[0] - own, worker[0], time.perf_counter() - start


def ratio(seen, name, base):
    r = [a / b for a, b in zip(seen[name], seen[base])]
    return statistics.median(r), min(r), max(r)


def export(table):
    """(is_current, x) of all rows by binary COPY through psql, faster than any driver, as two arrays."""
    data = subprocess.run(["psql", "-XAtq", "-c", f"COPY (SELECT is_current, x FROM {table}) TO STDOUT (FORMAT binary)"],
                          stdout=subprocess.PIPE, check=True).stdout
    row = np.dtype([("fields", ">i2"), ("l1", ">i4"), ("current", "u1"), ("l2", ">i4"), ("x", ">f8")])
    rows = np.frombuffer(data, row, offset=19, count=(len(data) - 21) // row.itemsize)
    x = rows["x"].astype(float)
    current = rows["current"] == 1
    return x[~current], x[current]


def fetch(cur, table):
    """The same as people do it: SELECT, all rows to the client, into an array."""
    cur.execute(f"SELECT is_current, x FROM {table}")
    rows = cur.fetchall()
    current = np.array([r[0] for r in rows])
    x = np.array([r[1] for r in rows])
    return x[~current], x[current]


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--rows", type=int, default=10_000_000)
    p.add_argument("--rounds", type=int, default=5)
    a = p.parse_args()
    db = psycopg.connect("", autocommit=True)
    cur = db.cursor()
    cur.execute("CREATE EXTENSION IF NOT EXISTS mlops")
    cur.execute("SELECT setseed(0.25)")
    fill = ("SELECT g AS id, random() < 0.5 AS is_current, 'category ' || (random() ^ 2 * 20)::int AS category, random() * 100 + (g %% 7) * 0.1 AS x"
            " FROM generate_series(1, %s) g")
    pair = min(2_000_000, a.rows)
    cur.execute(f"CREATE UNLOGGED TABLE exact_rows AS {fill % a.rows}")
    cur.execute(f"CREATE UNLOGGED TABLE exact_pair AS {fill % pair}")
    cur.execute("VACUUM (FREEZE, ANALYZE) exact_rows, exact_pair")
    print("| what | measured | asked for | detail |\n|---|---|---|---|")

    def sql(text, workers=0, work_mem="2GB"):
        def run():
            cur.execute(f"SET max_parallel_workers_per_gather = {workers}; SET work_mem = '{work_mem}'; SET parallel_setup_cost = {0 if workers else 1000}")
            cur.execute(text)
            cur.fetchall()
        return run

    ks = "SELECT (mlops.ks_test(x, is_current)).statistic FROM exact_rows"
    total = "SELECT sum(x) FROM exact_rows"
    seen, cpu = rounds({
        "sum": sql(total), "memory": sql(ks), "disk": sql(ks, work_mem="4MB"), "disk, 64MB": sql(ks, work_mem="64MB"),
        "sum, parallel": sql(total, 2), "memory, parallel": sql(ks, 2), "disk, parallel": sql(ks, 2, "4MB"),
        "disk, 64MB, parallel": sql(ks, 2, "64MB"),
        "group by": sql("SELECT category, is_current, count(*) FROM exact_rows GROUP BY 1, 2"),
        "chi2": sql("SELECT (mlops.chi2_test(category, is_current)).statistic FROM exact_rows"),
        "fisher": sql("SELECT (mlops.fisher_exact_test(category > 'category 2', is_current)).p_value FROM exact_rows"),
        "group by 2": sql("SELECT category > 'category 2', is_current, count(*) FROM exact_rows GROUP BY 1, 2"),
    }, a.rounds, db.info.backend_pid)
    med = {k: statistics.median(v) for k, v in seen.items()}

    def line(what, name, base, asked):
        r = ratio(seen, name, base)
        c = f"; of the best rounds {min(seen[name]) / min(seen[base]):.2f}"
        if "parallel" not in name + base:
            c += f", of processor time {ratio(cpu, name, base)[0]:.2f}, at best {min(cpu[name]) / min(cpu[base]):.2f}"
        print(f"| {what} | {r[0]:.2f} | {asked} | {med[name]:.2f} s / {med[base]:.2f} s, rounds {r[1]:.2f}–{r[2]:.2f}{c} |")

    line(f"`ks_test(x, is_current)` of {a.rows} rows in memory / `sum(x)`", "memory", "sum", "≤ 1.6")
    line("the same on disk (work_mem 4MB) / `sum(x)`", "disk", "sum", "≤ 4")
    line("the same on disk (work_mem 64MB) / `sum(x)`", "disk, 64MB", "sum", "≤ 4")
    line("gain of two workers, `sum(x)`", "sum", "sum, parallel", "–")
    line("gain of two workers, `ks_test` in memory", "memory", "memory, parallel", "≥ 1.6, where `sum` has it")
    line("gain of two workers, `ks_test` on disk (4MB)", "disk", "disk, parallel", "–")
    line("gain of two workers, `ks_test` on disk (64MB)", "disk, 64MB", "disk, 64MB, parallel", "–")
    line("`chi2_test(category, is_current)` / `GROUP BY` both with `count(*)`", "chi2", "group by", "≤ 1.0")
    line("`fisher_exact_test` of two categories / the same", "fisher", "group by 2", "≤ 1.0")

    cur.execute(f"CREATE UNLOGGED TABLE exact_large AS SELECT g % 2 = 0 AS c, random() AS x FROM generate_series(1, {2 * a.rows}) g")
    cur.execute("VACUUM (FREEZE, ANALYZE) exact_large")
    serial = "SET max_parallel_workers_per_gather = 0"
    parallel = "SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0; SET min_parallel_table_scan_size = 0"
    for name, how in (("ks_test", "one pass"), ("mann_whitney_test", "one pass"), ("brown_forsythe_test", "several passes")):
        for settings in (serial, parallel):
            grown, own, worker, seconds = memory("exact_large", f"SELECT (mlops.{name}(x, c)).statistic FROM {{table}}", settings)
            also = f"; a worker has at most {worker / 1024:.1f} MB" if settings is parallel else ""
            print(f"| memory of `{name}` ({how}) of {a.rows} + {a.rows} rows, work_mem 4MB{', two workers' if settings is parallel else ''} |"
                  f" {grown / 1024:.1f} MB | flat | growth of the process's peak, {own / 1024:.1f} MB of its own{also}; {seconds:.1f} s |")
    cur.execute("DROP TABLE exact_large")

    arrays = export("exact_pair")
    queries = {"export": lambda: export("exact_pair"), "fetch": lambda: fetch(cur, "exact_pair")}
    for name, f in TESTS.items():
        queries[name] = sql(f"SELECT mlops.{name}(x, is_current) FROM exact_pair")
        queries["scipy " + name] = lambda f=f: f(*arrays)
    for name in ("kuiper_test", "energy_test", "wasserstein_test"):
        queries[name] = sql(f"SELECT mlops.{name}(x, is_current) FROM exact_pair")
    seen, _ = rounds(queries, max(1, a.rounds // 2))
    for name in queries:
        if name in TESTS:
            def times(how):
                return statistics.median((e + s) / o for e, s, o in zip(seen[how], seen["scipy " + name], seen[name]))

            print(f"| SELECT, fetch all and SciPy / `{name}`, {pair} rows | {times('fetch'):.0f} | ≥ 10 | fetch {statistics.median(seen['fetch']):.2f} s"
                  f" + SciPy {statistics.median(seen['scipy ' + name]):.2f} s / {statistics.median(seen[name]):.3f} s; with binary COPY by psql"
                  f" instead ({statistics.median(seen['export']):.2f} s) {times('export'):.0f} |")
        elif name in ("kuiper_test", "energy_test", "wasserstein_test"):
            print(f"| `{name}`, {pair} rows (not in SciPy) | {statistics.median(seen[name]):.3f} s | – |  |")


main()
