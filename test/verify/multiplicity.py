#!/usr/bin/env python3
"""Adjusted p-values against statsmodels, e-BH against its definition; the levels
of LORD++, SAFFRON and ADDIS over long streams against the papers' formulas by
NumPy (the whole history at every test, nothing shared with the state), and
the false discovery rate that they keep, by simulation.

Runs against the server that PGHOST/PGPORT/PGUSER name.  Prints TAP.
"""
import sys
import time

import numpy as np
import psycopg
from scipy import stats
from scipy.special import zeta
from statsmodels.stats.multitest import multipletests

SEED = 20260312
tests = failures = 0


def ok(condition, name, detail=""):
    global tests, failures
    tests += 1
    failures += not condition
    print(("ok" if condition else "not ok"), tests, "-", name)
    if not condition and detail != "":
        print("#", str(detail)[:2000].replace("\n", "\n# "))


def gamma(method, m):
    m = np.asarray(m, dtype=float)
    if method == "lord++":
        return 0.07720838 * np.log(np.maximum(m, 2)) / (m * np.exp(np.sqrt(np.log(m))))
    return m ** -1.6 / zeta(1.6)


def levels(method, alpha, w0, lam, tau, p):
    """Levels and decisions; index of the sequence counted anew from the history."""
    n, times = len(p), []
    level, reject = np.zeros(n), np.zeros(n, dtype=bool)
    candidate = np.concatenate([[0], np.cumsum(p <= lam)])      # among the first i
    selected = np.concatenate([[0], np.cumsum(p <= tau)])
    for t in range(1, n + 1):
        since = np.array([0] + times)
        if method == "lord++":
            index, scale = t - since, 1
        elif method == "saffron":
            index, scale = t - since - (candidate[t - 1] - candidate[since]), 1 - lam
        else:
            index, scale = selected[t - 1] - selected[since] - (candidate[t - 1] - candidate[since]) + 1, tau - lam
        weight = np.full(len(since), alpha)
        weight[:2] = [w0, alpha - w0][:len(since)]
        level[t - 1] = scale * np.sum(weight * gamma(method, index))
        if method != "lord++":
            level[t - 1] = min(lam, level[t - 1])
        reject[t - 1] = p[t - 1] <= level[t - 1]
        if reject[t - 1]:
            times.append(t)
    return level, reject


with psycopg.connect("dbname=postgres", autocommit=True) as admin:
    admin.execute("DROP DATABASE IF EXISTS mlops_verify_multiplicity")
    admin.execute("CREATE DATABASE mlops_verify_multiplicity")
db = psycopg.connect("dbname=mlops_verify_multiplicity", autocommit=True)
db.execute("CREATE EXTENSION mlops")
rng = np.random.default_rng(SEED)


def call(sql, *args):
    return db.execute(sql, args).fetchone()[0]


# --- many p-values at once ------------------------------------------------------------
for ours, theirs in (("bonferroni", "bonferroni"), ("holm", "holm"), ("hochberg", "simes-hochberg"), ("hommel", "hommel"), ("bh", "fdr_bh"), ("by", "fdr_by")):
    worst = 0.0
    for run in range(20):
        n = int(rng.integers(1, 400))
        p = rng.uniform(size=n) ** rng.choice([1, 3, 8])
        if run % 3 == 0:
            p = np.round(p, 2)
        got = np.array(call("SELECT mlops.adjust_p(%s::float8[], %s)", p.tolist(), ours))
        want = multipletests(p, method=theirs)[1]
        worst = max(worst, np.max(np.abs(got - want) / np.maximum(want, 1e-300)))
    ok(worst < 1e-12, f"{ours}: 20 sets of up to 400 p-values agree with statsmodels, worst {worst:.1e}")
seconds = []
for n in (10_000, 100_000):
    p = (rng.uniform(size=n) ** 2).tolist()
    start = time.monotonic()
    adjusted = np.array(call("SELECT mlops.adjust_p(%s::float8[], 'hommel')", p))
    seconds.append(time.monotonic() - start)
order = np.argsort(p)
ok(np.all(np.diff(adjusted[order]) >= 0) and np.all(adjusted >= p), "100,000 p-values: adjusted ones keep the order and are not smaller")
ok(seconds[1] < 40 * seconds[0] + 1, f"ten times as many take not a hundred times as long: {seconds[0]:.3f} s, {seconds[1]:.3f} s")
same = True
for _ in range(200):
    e = np.floor(np.exp(rng.exponential(2, int(rng.integers(1, 60)))))
    alpha = float(rng.uniform(.01, .5))
    k = np.arange(1, len(e) + 1)
    good = k[k * np.sort(e)[::-1] / len(e) >= 1 / alpha]
    want = e >= (np.sort(e)[::-1][good.max() - 1] if len(good) else np.inf)
    same &= call("SELECT mlops.e_bh(%s::float8[], %s)", e.tolist(), alpha) == want.tolist()
ok(same, "e-BH: 200 sets agree with the definition")
within = [0, 0]
for _ in range(800):     # e-values that depend on one another as they like: all from one normal
    z = rng.normal()
    null = np.exp(1.5 * (z + np.zeros(30)) - 1.5 ** 2 / 2)
    signal = np.exp(1.5 * (z + 3) - 1.5 ** 2 / 2) * np.ones(5)
    r = np.array(call("SELECT mlops.e_bh(%s::float8[], 0.2)", np.concatenate([null, signal]).tolist()))
    within[0] += r[:30].sum() / max(1, r.sum())
ok(within[0] / 800 <= .2 * 30 / 35 + .01, f"e-BH at 0.2, all e-values from one normal: false discovery rate {within[0] / 800:.3f}")

# --- one after the other --------------------------------------------------------------
STREAMS = {
    "null": lambda n: rng.uniform(size=n),
    "signals": lambda n: np.where(rng.uniform(size=n) < .3, stats.norm.sf(rng.normal(3, 1, n)), rng.uniform(size=n)),
    "persistent": lambda n: np.where(np.arange(n) > n // 3, rng.uniform(size=n) * 1e-12, rng.uniform(size=n)),
    "conservative": lambda n: np.where(rng.uniform(size=n) < .2, stats.norm.sf(rng.normal(3, 1, n)), stats.norm.sf(rng.normal(-1.5, 1, n))),
}
for name, make in STREAMS.items():
    p = make(3000)
    for method, alpha, w0, lam, tau in (("lord++", .05, .005, 0, 0), ("lord++", .1, .1, 0, 0), ("saffron", .05, .025, .5, 0), ("saffron", .1, .02, .3, 0), ("addis", .05, .025, .25, .5), ("addis", .1, .05, .1, .8)):
        state = call("SELECT mlops.online_fdr(%s, %s, %s, nullif(%s, 0), nullif(%s, 0))::text", method, alpha, w0, lam, tau)
        rows = db.execute("SELECT level, rejected FROM mlops.online_fdr_test(%s::mlops.online_fdr, %s::float8[]) ORDER BY i", (state, p.tolist())).fetchall()
        level, reject = levels(method, alpha, w0, lam, tau, p)
        worst = np.max(np.abs(np.array([r[0] for r in rows]) / level - 1))
        size = call("SELECT pg_column_size(mlops.online_fdr_run(%s::mlops.online_fdr, %s::float8[]))", state, p.tolist())
        ok(worst < 1e-12 and [r[1] for r in rows] == reject.tolist(),
           f"{method} alpha {alpha} w0 {w0} lambda {lam} tau {tau}, {name}: 3000 levels, worst {worst:.1e}; {reject.sum()} rejections, {size} bytes")

# --- the promise ----------------------------------------------------------------------
RUNS, N, ALPHA = 800, 200, .1
power = {}
for name, share, null_mean in (("all null", 0, 0), ("a fifth changed", .2, 0), ("a fifth changed, conservative nulls", .2, -1.5)):
    fdp = {m: [] for m in ("lord++", "saffron", "addis")}
    found = dict.fromkeys(fdp, 0)
    total = 0
    for _ in range(RUNS):
        changed = rng.uniform(size=N) < share
        p = stats.norm.sf(rng.normal(np.where(changed, 3, null_mean), 1))
        total += changed.sum()
        for method in fdp:
            r = np.array(call("SELECT array_agg(rejected ORDER BY i) FROM mlops.online_fdr_test(mlops.online_fdr(%s, %s), %s::float8[])", method, ALPHA, p.tolist()))
            fdp[method].append((r & ~changed).sum() / max(1, r.sum()))
            found[method] += (r & changed).sum()
    for method, v in fdp.items():
        error = np.std(v) / np.sqrt(RUNS)
        if total:
            power[name, method] = found[method] / total
        ok(np.mean(v) <= ALPHA + 3 * error, f"{method}, {name}: false discovery rate {np.mean(v):.4f} +- {error:.4f} at {ALPHA}" +
           (f", finds {100 * power[name, method]:.0f} %" if total else ""))
worst = "a fifth changed, conservative nulls"
ok(power[worst, "addis"] > power[worst, "saffron"], "ADDIS finds more than SAFFRON where nulls are conservative")

db.close()
with psycopg.connect("dbname=postgres", autocommit=True) as admin:
    admin.execute("DROP DATABASE mlops_verify_multiplicity")
print(f"1..{tests}")
sys.exit(1 if failures else 0)
