#!/usr/bin/env python3
"""Health, multiplicity and planning of experiments: sample ratio, attrition, balance, several arms,
simultaneous intervals and planning against SciPy and statsmodels at 1e-9, on random
tables and on hillstrom (three arms; visit, conversion, spend); and by simulation:
false alarms of the sample ratio looked at 720 times, coverage of simultaneous
intervals, false passes of the gate, power of what was planned.

Runs against the server that PGHOST/PGPORT/PGUSER name; MLOPS_DATA is the
folder with the files.  Prints TAP.
"""
import csv
import gzip
import math
import os
from collections import Counter

import numpy as np
import psycopg
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.oneway import anova_oneway
from statsmodels.stats.power import TTestIndPower
from statsmodels.stats.proportion import proportion_confint

DATA = os.environ.get("MLOPS_DATA", "../shared/data")
rng = np.random.default_rng(20261121)
tests = failures = 0


def ok(condition, name, detail=""):
    global tests, failures
    tests += 1
    failures += not condition
    print(("ok" if condition else "not ok"), tests, "-", name)
    if not condition and detail != "":
        print("#", str(detail)[:2000].replace("\n", "\n# "))


def skip(name, why):
    global tests
    tests += 1
    print(f"ok {tests} - {name} # SKIP {why}")


def near(a, b, tolerance=1e-9):
    return abs(a - b) <= tolerance * max(abs(b), 1e-300)


with psycopg.connect("dbname=postgres", autocommit=True) as admin:
    admin.execute("DROP DATABASE IF EXISTS mlops_verify_health")
    admin.execute("CREATE DATABASE mlops_verify_health")
db = psycopg.connect("dbname=mlops_verify_health", autocommit=True)
db.execute("CREATE EXTENSION mlops")


def one(query, *args):
    return db.execute(query, args).fetchone()


# --- sample ratio ---------------------------------------------------------------
worst = 0
for _ in range(200):
    k = rng.integers(2, 6)
    weight = rng.uniform(.1, 3, k)
    n = int(10 ** rng.uniform(2.5, 7))
    count = rng.multinomial(n, weight / weight.sum() if rng.random() < .5 else rng.dirichlet(weight * 2000))
    method, p = one("SELECT method, p_value FROM mlops.sample_ratio_test(%s::bigint[], %s::float8[])", count.tolist(), weight.tolist())
    if "chi-square" in method:
        want = stats.chisquare(count, weight / weight.sum() * n).pvalue
        if want > 1e-290:
            worst = max(worst, abs(p / want - 1))
ok(worst < 1e-9, f"chi-square of the sample ratio against SciPy: worst {worst:.2g}")
worst = 0
for _ in range(100):
    n, share = int(rng.integers(1, 2000)), rng.uniform(.0005, .004)
    x = int(rng.binomial(n, min(1, share * rng.choice([1, 3]))))
    p = one("SELECT p_value FROM mlops.sample_ratio_test(%s::bigint[], %s::float8[], 'exact')", [x, n - x], [share, 1 - share])[0]
    want = stats.binomtest(x, n, share).pvalue
    worst = max(worst, abs(p / want - 1))
ok(worst < 1e-9, f"exact sample ratio of two arms against SciPy: worst {worst:.2g}")

# false alarms of 720 looks at .001, 64 units an hour
runs, alarms = 400, [0, 0]
for _ in range(runs):
    a = np.cumsum(rng.binomial(64, .5, 720))
    total = 64 * np.arange(1, 721)
    fixed, sequential = one("""SELECT min((mlops.sample_ratio_test(ARRAY[a, b])).p_value),
        min(mlops.p_value(mlops.sample_ratio_evidence_update(mlops.sample_ratio_evidence(ARRAY[1, 1]), ARRAY[a, b])))
        FROM unnest(%s::bigint[], %s::bigint[]) u(a, b)""", a.tolist(), (total - a).tolist())
    alarms[0] += fixed < .001
    alarms[1] += sequential < .001
print(f"# sample ratio, 720 looks at .001, {runs} sound experiments: chi-square alarms in {alarms[0] / runs:.2%}, sequential in {alarms[1] / runs:.2%}")
ok(alarms[1] <= stats.binom.ppf(.9999, runs, .001), "the sequential test keeps .001 over 720 looks", alarms)

# --- simultaneous intervals: coverage of all of them, and of those selected -------
worst = 0
for _ in range(50):
    m = int(rng.integers(2, 9))
    estimate, se = rng.normal(0, 2, m), rng.uniform(.5, 1.5, m)
    p = 2 * stats.norm.sf(abs(estimate / se))
    for method, name in (("bonferroni", "bonferroni"), ("sidak", "sidak"), ("fcr", "fdr_bh")):
        got = [r[0] for r in db.execute("SELECT p_adjusted FROM mlops.simultaneous_intervals(%s::float8[], %s::float8[], %s) ORDER BY i", (estimate.tolist(), se.tolist(), method))]
        worst = max(worst, max(abs(np.array(got) / multipletests(p, method=name)[1] - 1)))
ok(worst < 1e-9, f"adjusted p against statsmodels: worst {worst:.2g}")

RUNS = 2000
truth = np.array([0, 0, 1.5, 3])
se = np.array([1, 1, .8, 1.2])
share = .6     # standard error of the control
noise = rng.normal(0, share, (RUNS, 1))
draws = truth + rng.normal(0, 1, (RUNS, 4)) * np.sqrt(se ** 2 - share ** 2) - noise
missed = Counter()
selected_missed = 0
for x in draws.tolist():
    for method, extra in (("bonferroni", ""), ("dunnett", f", control_standard_error => {share}"), ("holm", ", alternative => 'greater'"), ("fcr", "")):
        rows = db.execute(f"SELECT lower, upper, rejected FROM mlops.simultaneous_intervals(%s::float8[], %s::float8[], %s{extra}) ORDER BY i", (x, se.tolist(), method)).fetchall()
        misses = [lower is not None and not lower <= t <= upper for (lower, upper, _), t in zip(rows, truth)]
        if method == "fcr":
            chosen = sum(r[2] for r in rows)
            selected_missed += sum(misses) / chosen if chosen else 0
        missed[method] += any(misses)
for method in ("bonferroni", "dunnett", "holm"):
    print(f"# {method}: all four intervals hold in {1 - missed[method] / RUNS:.2%} of {RUNS}")
    ok(missed[method] <= stats.binom.ppf(.9995, RUNS, .05), f"{method} covers all effects together", missed)
print(f"# fcr: mean share of the selected intervals that miss: {selected_missed / RUNS:.2%}")
ok(selected_missed / RUNS <= .05 + 3.3 * math.sqrt(.05 / RUNS), "of the selected intervals at most 5 % miss")

# --- the gate: nothing better, or one guardrail at its margin -------------------------
passed = Counter()
for _ in range(RUNS):
    for case, mean in (("null", (0, 0, 1, 1)), ("guardrail at its margin", (5, 5, -2, 1))):
        x = rng.normal(mean, 1)
        passed[case] += one("SELECT verdict = 'pass' FROM mlops.gate('{a,b,c,d}', '{success,success,guardrail,guardrail}', %s::float8[], '{1,1,1,1}', '{NULL,NULL,2,2}') WHERE role = 'overall'", x.tolist())[0]
print("# the gate passes: " + ", ".join(f"{k} {v / RUNS:.2%}" for k, v in passed.items()))
ok(all(v <= stats.binom.ppf(.9995, RUNS, .05) for v in passed.values()), "the gate passes falsely in at most 5 %", passed)

# --- planning -------------------------------------------------------------------------
worst = 0
for _ in range(60):
    d, n, alpha = rng.uniform(.1, 1), int(rng.integers(5, 300)), rng.choice([.05, .01])
    got = one("SELECT (mlops.power(0, 1, %s, %s, alpha => %s)).power", d, n, float(alpha))[0]
    worst = max(worst, abs(got - TTestIndPower().power(d, n, alpha)))
ok(worst < 1e-8, f"power against statsmodels: worst {worst:.2g}")
n = one("SELECT (mlops.sample_size(0.1, NULL, 0.03, metric => 'proportion')).n_control")[0]
a, b = rng.binomial(n, .1, 20000), rng.binomial(n, .13, 20000)
pooled = (a + b) / (2 * n)
found = np.mean(abs(b - a) / n / np.sqrt(pooled * (1 - pooled) * 2 / n) > stats.norm.isf(.025))
print(f"# planned for power .8: {n} units an arm find a share of {found:.2%}")
ok(abs(found - .8) < .012, "a plan for proportions keeps its power", found)

# --- hillstrom ------------------------------------------------------------------------
path = os.path.join(DATA, "hillstrom.csv.gz")
if not os.path.exists(path):
    skip("hillstrom", "not in MLOPS_DATA")
else:
    with gzip.open(path, "rt") as f:
        rows = list(csv.DictReader(f))
    db.execute("CREATE TABLE mail (arm text, history float8, recency float8, visit int, conversion int, spend float8)")
    with db.cursor() as c, c.copy("COPY mail FROM STDIN") as out:
        for r in rows:
            out.write_row((r["segment"], r["history"], r["recency"], r["visit"], r["conversion"], r["spend"]))
    arms = ["No E-Mail", "Mens E-Mail", "Womens E-Mail"]
    count = Counter(r["segment"] for r in rows)
    n, p = one("""SELECT n, p_value FROM (SELECT (mlops.sample_ratio_test(mlops.arm_counts(arm), '{"No E-Mail": 1, "Mens E-Mail": 1, "Womens E-Mail": 1}')).* FROM mail) t""")
    want = stats.chisquare([count[a] for a in arms])
    print(f"# hillstrom: {dict(count)}, sample ratio p {p:.4f}")
    ok(n == len(rows) and near(p, want.pvalue), "hillstrom: sample ratio", (p, want))
    value = {v: {a: np.array([float(r[v]) for r in rows if r["segment"] == a]) for a in arms} for v in ("history", "recency", "visit", "conversion", "spend")}
    got = db.execute("SELECT statistic, p_value, p_adjusted FROM (SELECT array_agg(m ORDER BY arm) a FROM (SELECT arm, mlops.moments(history, recency) m FROM mail GROUP BY arm) s) t, mlops.balance_test(a) ORDER BY variable").fetchall()
    want = [anova_oneway([value[v][a] for a in sorted(arms)], use_var="unequal") for v in ("history", "recency")]
    adjusted = multipletests([w.pvalue for w in want], method="holm")[1]
    ok(all(near(g[0], w.statistic) and near(g[1], w.pvalue) and near(g[2], a) for g, w, a in zip(got, want, adjusted)), "hillstrom: balance before the exposure", (got, want))
    # visit, conversion, spend of both mails against none: Welch's t, corrected by each method
    effect = []
    for v in ("visit", "conversion", "spend"):
        for a in arms[1:]:
            t, c = value[v][a], value[v][arms[0]]
            effect.append((t.mean() - c.mean(), math.sqrt(t.var(ddof=1) / len(t) + c.var(ddof=1) / len(c))))
    p = [2 * stats.norm.sf(abs(e / s)) for e, s in effect]
    for method, name in (("bonferroni", "bonferroni"), ("fcr", "fdr_bh")):
        got = db.execute("SELECT p_adjusted, lower FROM mlops.simultaneous_intervals(%s::float8[], %s::float8[], %s) ORDER BY i", ([e for e, _ in effect], [s for _, s in effect], method)).fetchall()
        want = multipletests(p, method=name)[1]
        level = .05 / 6 * (1 if method == "bonferroni" else sum(want <= .05))
        lower = [e - stats.norm.isf(level / 2) * s for e, s in effect]
        ok(all(near(g[0], w) and (g[1] is None or abs(g[1] - lo) < 1e-12) for g, w, lo in zip(got, want, lower)), f"hillstrom: six effects by {method}", (got, want))
    # A/A replay on the control's own rows
    row = one("""SELECT false_positive_rate, lower, upper, statistic_sd FROM (SELECT (mlops.aa_replay(array_agg(m ORDER BY cell))).*
        FROM (SELECT hashint8(row_number) & 4095 AS cell, mlops.moments(spend) AS m FROM (SELECT spend, row_number() OVER (ORDER BY history, recency, spend) FROM mail WHERE arm = 'No E-Mail') r GROUP BY 1) c) t""")
    print("# hillstrom: A/A replay of spend, control: rate %.3f (%.3f to %.3f), deviation of the statistic %.3f" % row)
    ok(row[1] <= .05 <= row[2] and .9 < row[3] < 1.1, "hillstrom: Welch's t of spend keeps its 5 %", row)
share = proportion_confint(17, 600, method="wilson")
db.execute("CREATE TABLE seen AS SELECT i AS unit, 'a' AS arm FROM generate_series(1, 600) i UNION ALL SELECT i, 'b' FROM generate_series(1, 17) i")
got = one("SELECT n_multiple, share_lower, share_upper FROM mlops.multiple_exposure((SELECT mlops.arm_counts(a) FROM (SELECT array_agg(DISTINCT arm)::text AS a FROM seen GROUP BY unit) u))")
ok(got[0] == 17 and near(got[1], share[0]) and near(got[2], share[1]), "share of units in several arms, by Wilson", (got, share))
print(f"1..{tests}")
raise SystemExit(1 if failures else 0)
