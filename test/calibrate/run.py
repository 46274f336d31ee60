#!/usr/bin/env python3
"""How often every test raises an alarm at 5 % when nothing has changed.

    make calibrate [RUNS=2000] [BUDGET=20000000] [TESTS=ks_test,cvm_test]

Both samples of every run come from the same distribution. A rate is flagged when it is above 5 % by
more than chance allows: 4 binomial standard errors, since hundreds of rates are looked at.
Below 5 % is conservative, which a discrete p-value has to be. RUNS are cut to BUDGET
generated rows per pair of sizes. Exits 1 if a rate is flagged.
"""
import argparse
import math
import sys

import psycopg

NORMAL = "sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random())"
NUMBERS = {
    "normal": NORMAL,
    "heavy tail (Student's t, 3 degrees of freedom)": f"{NORMAL} / sqrt(-(2 * ln(1 - random()) - ({NORMAL}) ^ 2) / 3)",
    "no variance (Cauchy)": "tan(pi() * (random() - 0.5))",
    "95 % zeros": f"CASE WHEN random() < 0.95 THEN 0 ELSE abs({NORMAL}) END",
    "integers 1-6": "1 + floor(random() * 6)",
    "binary": "(random() < 0.3)::int",
}
CATEGORIES = {
    "integers 1-6": "(1 + floor(random() * 6))::text",
    "binary": "(random() < 0.3)::text",
    "20 categories, rare ones": "floor(20 * random() ^ 3)::text",
}
SIZES = [(50, 50), (50, 500), (500, 50), (1000, 1000), (1000, 10000), (10000, 1000), (100000, 1000), (100000, 100000)]
NUMBER_TESTS = ["ks_test", "kuiper_test", "cvm_test", "anderson_darling_test", "mann_whitney_test", "t_test", "epps_singleton_test",
                "brown_forsythe_test", "energy_test", "wasserstein_test", "kruskal_wallis_test", "anova_test", "welch_anova_test"]
PERMUTED = ["cvm_test", "anderson_darling_test", "energy_test", "wasserstein_test"]
# tests of means, or of mean deviations, which Cauchy's distribution does not have: shown, not judged
NEEDS_VARIANCE = ["t_test", "anova_test", "welch_anova_test", "brown_forsythe_test"]
GROUPED = ["kruskal_wallis_test", "anova_test", "welch_anova_test"]
CATEGORY_TESTS = ["chi2_test", "g_test"]
TWO_CATEGORY_TESTS = ["fisher_exact_test", "z_test"]
PERMUTATIONS = 199


def calls(tests, kind):
    """{name: SQL} of the tests that are asked for."""
    out = {}
    for name in NUMBER_TESTS if kind == "numbers" else CATEGORY_TESTS + (TWO_CATEGORY_TESTS if kind == "binary" else []):
        if not tests or name in tests:
            out[name] = f"mlops.{name}(x, CASE WHEN c THEN 'b' ELSE 'a' END)" if name in GROUPED else f"mlops.{name}(x, c)"
    for name in PERMUTED if kind == "numbers" else []:
        if not tests or name in tests:
            out[name + ", permutations"] = f"mlops.{name}(x, c, {PERMUTATIONS}, run)"
    return out


def rates(cur, expression, n, m, runs, tests):
    """{name: (alarms, runs with a p-value)}"""
    inner = ", ".join(f"{sql} AS t{i}" for i, sql in enumerate(tests.values()))
    outer = ", ".join(f"count(*) FILTER (WHERE (t{i}).p_value <= 0.05), count((t{i}).p_value)" for i in range(len(tests)))
    cur.execute(f"""SELECT {outer} FROM generate_series(1, {runs}) run, LATERAL (
        SELECT {inner} FROM (SELECT i > {n} AS c, {expression} AS x FROM generate_series(1, {n + m}) i WHERE run > 0 OFFSET 0) s) t""")
    row = cur.fetchone()
    return {name: row[2 * i:2 * i + 2] for i, name in enumerate(tests)}


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--runs", type=int, default=2000)
    p.add_argument("--budget", type=int, default=20_000_000)
    p.add_argument("--tests", default="")
    p.add_argument("--max-rows", type=int, default=100_000)
    a = p.parse_args()
    chosen = [t for t in a.tests.split(",") if t]
    db = psycopg.connect("", autocommit=True)
    cur = db.cursor()
    cur.execute("CREATE EXTENSION IF NOT EXISTS mlops")
    cur.execute("SET max_parallel_workers_per_gather = 0; SET work_mem = '256MB'; SET jit = off; SELECT setseed(0.625)")
    flagged = rated = 0
    sizes = [s for s in SIZES if max(s) <= a.max_rows]
    for kind, distributions in (("numbers", NUMBERS), ("categories", CATEGORIES)):
        for distribution, expression in distributions.items():
            tests = calls(chosen, "binary" if kind == "categories" and distribution == "binary" else kind)
            if not tests:
                continue
            table = {name: [] for name in tests}
            heads = []
            for n, m in sizes:
                runs = max(20, min(a.runs, a.budget // (n + m)))
                # permutations of large samples take minutes each and do not change their nature
                now = {k: v for k, v in tests.items() if n + m <= 2000 or not k.endswith("permutations")}
                got = rates(cur, expression, n, m, runs, now)
                heads.append(f"{n}, {m} ({runs})")
                for name in tests:
                    if name not in got or got[name][1] == 0:
                        table[name].append("–")
                        continue
                    alarms, made = got[name]
                    rate = alarms / made
                    bad = rate > 0.05 + 4 * math.sqrt(0.05 * 0.95 / made)
                    judged = not (name in NEEDS_VARIANCE and distribution.startswith("no variance"))
                    flagged += bad and judged
                    rated += judged
                    table[name].append(f"{100 * rate:.1f}{'' if not bad else ' ABOVE' if judged else ' (no variance)'}")
            print(f"\n### {distribution}{' as categories' if kind == 'categories' else ''}\n")
            print("| false alarms in %, rows (runs) | " + " | ".join(heads) + " |\n|---|" + "---|" * len(heads))
            for name, cells in table.items():
                print(f"| `{name}` | " + " | ".join(cells) + " |", flush=True)
    print(f"\n{rated} rates, {flagged} above 5 % by more than chance")
    sys.exit(1 if flagged else 0)


main()
