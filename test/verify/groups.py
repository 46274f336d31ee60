#!/usr/bin/env python3
"""Tests over two and many groups against SciPy and statsmodels at 1e-9, on every
numeric column of adult_census (train, test; by education) and employment_ma
(reference, analysis; by schooling and by race), and how often they raise a false alarm when
nothing differs.

Runs against the server that PGHOST/PGPORT/PGUSER name; MLOPS_DATA is the
folder with the files.  Prints TAP.
"""
import csv
import gzip
import os
import sys

import numpy as np
import psycopg
from scipy import stats
from statsmodels.stats.oneway import anova_oneway
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "reference"))
from means import skewed  # noqa: E402

DATA = os.environ.get("MLOPS_DATA", "../shared/data")
SEED = 20260618
FILES = {  # name: (column of the side, reference, current, groups, numeric columns)
    "adult_census": ("split", "train", "test", ["education"], "age fnlwgt education_num capital_gain capital_loss hours_per_week derived_probability".split()),
    "employment_ma": ("partition", "reference", "analysis", ["schl", "rac1p"], "agep schl mar relp dis esp cit mig mil anc nativity dear deye drem sex rac1p predicted_probability prediction employed".split()),
}
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


def expected_sides(r, c):
    compare = CompareMeans(DescrStatsW(c), DescrStatsW(r))
    t, p, df = compare.ttest_ind(usevar="unequal")
    student = compare.ttest_ind(usevar="pooled")
    pooled = skewed([r, c]) and student[1] > p
    if pooled:
        t, p, df = student
    spread = stats.levene(r, c, center="median")
    # F of 1 and N - 2 is t squared; SciPy's tail of F has 8 digits where F is near 0
    spread_p = 2 * stats.t.sf(np.sqrt(spread[0]), len(r) + len(c) - 2)
    if abs(spread[1] - spread_p) > 1e-6 * spread_p:
        raise SystemExit(f"SciPy disagrees with itself: {spread}, {spread_p}")
    z = [np.abs(v - np.median(v)).mean() for v in (r, c)]
    d = (c.mean() - r.mean()) / np.sqrt((c.var(ddof=1) + r.var(ddof=1)) / 2)
    return {"t": t, "t p": p, "t df": df, "d": d, "n": len(r), "m": len(c), "spread": spread[0], "spread p": spread_p, "ratio": z[1] / z[0]}, pooled


SIDES = """SELECT (t).statistic, (t).p_value, (t).df, (t).effect, (t).n_reference, (t).n_current, (s).statistic, (s).p_value, (s).effect, (t).n_excluded, (s).n_excluded, (t).method
    FROM (SELECT mlops.t_test({0}, is_current) t, mlops.brown_forsythe_test({0}, is_current) s FROM {1}) q"""


def expected_groups(groups):
    k, n = len(groups), sum(map(len, groups))
    h = stats.kruskal(*groups)
    if max(v.var() for v in groups) == 0:  # F is infinite, spread 0/0
        return {"f": None, "f p": None, "df2": n - k, "omega": None, "h": h[0], "h p": h[1], "spread": None, "spread p": None, "k": k, "n": n}
    f, spread = stats.f_oneway(*groups), stats.levene(*groups, center="median")
    out = {"f": f[0], "f p": f[1], "df2": n - k, "omega": max((k - 1) * (f[0] - 1) / ((k - 1) * (f[0] - 1) + n), 0),
           "h": h[0], "h p": h[1], "spread": spread[0], "spread p": spread[1], "k": k, "n": n}
    if min(v.var() for v in groups) > 0:
        welch = anova_oneway(groups, use_var="unequal", welch_correction=True)
        out |= {"welch": welch.statistic, "welch p": welch.pvalue, "welch df2": welch.df[1]}
        if skewed(groups) and f[1] > welch.pvalue:
            out |= {"welch": f[0], "welch p": f[1], "welch df2": n - k, "pooled": True}
    return out


GROUPS = """SELECT (f).statistic, (f).p_value, (f).df2, (f).effect, (h).statistic, (h).p_value, (s).statistic, (s).p_value, (f).groups, (h).n,
    (w).statistic, (w).p_value, (w).df2, (f).n_excluded, (h).n_excluded, (f).effect_lower, (f).effect_upper, (w).method
    FROM (SELECT mlops.anova_test({0}, {2}) f, mlops.welch_anova_test({0}, {2}) w, mlops.kruskal_wallis_test({0}, {2}) h, mlops.brown_forsythe_test({0}, {2}) s FROM {1} {3}) q"""


def worst_of(want, got):
    """Worst relative error; the names must agree about what exists."""
    worst, at = 0, ""
    for name, g in zip(want, got):
        w = want[name]
        if g is None or w is None:
            if g is not w:
                return np.inf, name
            continue
        if name.endswith(" p") and w < 1e-290:
            continue  # SciPy loses digits by cancellation near 0
        error = abs(g - w) / (abs(w) + 1e-9)
        worst, at = max((worst, at), (error, f"{name}: {g!r}, {w!r}"))
    return worst, at


with psycopg.connect("dbname=postgres", autocommit=True) as admin:
    admin.execute("DROP DATABASE IF EXISTS mlops_verify_groups")
    admin.execute("CREATE DATABASE mlops_verify_groups")
db = psycopg.connect("dbname=mlops_verify_groups", autocommit=True)
db.execute("CREATE EXTENSION mlops")

chosen = [0, 0]  # Welch's, Student's
# --- real columns -----------------------------------------------------------------
for file, (side, reference, current, labels, columns) in FILES.items():
    path = os.path.join(DATA, file + ".csv.gz")
    if not os.path.exists(path):
        skip(file, "file is not there (set MLOPS_DATA)")
        continue
    with gzip.open(path, "rt") as f:
        rows = list(csv.DictReader(f))
    ok({r[side] for r in rows} == {reference, current}, f"{file} has the sides {reference} and {current}")
    db.execute(f"CREATE TABLE {file} (is_current boolean, {', '.join('g_' + c + ' text' for c in labels)}, {', '.join(c + ' float8' for c in columns)})")
    with db.cursor().copy(f"COPY {file} FROM STDIN") as c:
        for r in rows:
            c.write_row([r[side] == current] + [r[x] or None for x in labels] + [r[x] or None for x in columns])
    is_current = np.array([r[side] == current for r in rows])
    for column in columns:
        x = np.array([float(r[column]) if r[column] else np.nan for r in rows])
        there = ~np.isnan(x)
        want, pooled = expected_sides(x[there & ~is_current], x[there & is_current])
        got = db.execute(SIDES.format(column, file)).fetchone()
        error, at = worst_of(want, got)
        ok(error < 1e-9 and set(got[-3:-1]) == {int((~there).sum())} and got[-1] == ("t_test, pooled variance" if pooled else "t_test"),
           "%s.%s, %s and %s: %s and spread, worst relative error %.1e" % (file, column, reference, current, "Student's t" if pooled else "Welch's t", error), (at, got, want))
        # the same column, one current row in 250
        db.execute(f"CREATE TEMP TABLE few AS SELECT {column}, is_current FROM (SELECT *, row_number() OVER (PARTITION BY is_current) i FROM {file} WHERE {column} IS NOT NULL) s WHERE NOT is_current OR i % 250 = 0")
        some = [np.array(db.execute(f"SELECT {column} FROM few WHERE is_current = %s", (side,)).fetchall())[:, 0] for side in (False, True)]
        want, pooled = expected_sides(*some)
        got = db.execute(SIDES.format(column, "few")).fetchone()
        error, at = worst_of(want, got)
        chosen[bool(pooled)] += 1
        ok(error < 1e-9 and got[-1] == ("t_test, pooled variance" if pooled else "t_test"),
           "%s.%s, a few rows of %s: %s and spread, worst relative error %.1e" % (file, column, current, "Student's t" if pooled else "Welch's t", error), (at, got, want))
        db.execute("DROP TABLE few")
        for label in labels:
            if label == column:
                continue
            g = np.array([r[label] for r in rows])
            values = [x[there & (g == v)] for v in sorted(set(g) - {""})]
            values = [v for v in values if len(v) > 0]
            want = expected_groups(values)
            got = db.execute(GROUPS.format(column, file, "g_" + label, "")).fetchone()
            pooled = want.pop("pooled", False)
            error, at = worst_of(want, got)
            ok(error < 1e-9 and got[-1] == ("welch_anova_test, pooled variance" if pooled else "welch_anova_test") and ("welch" in want) == (got[10] is not None) and got[13] == got[14] == len(x) - want["n"],
               "%s.%s by %s, %d groups: analysis of variance, %s, Kruskal-Wallis, spread, worst relative error %.1e" % (file, column, label, want["k"], "Fisher for Welch" if pooled else "Welch", error), (at, got, want))
            # a few rows, where SciPy's non-central F is to be trusted: the limits have tails of 2.5 %
            some = db.execute(GROUPS.format(column, f"(SELECT * FROM {file} LIMIT 300) few", "g_" + label, "")).fetchone()
            if some[0] is not None:
                n, k = some[9], some[8]
                tails = [stats.ncf.cdf(some[0], k - 1, some[2], v * n / (1 - v)) if v > 0 else None for v in some[15:17]]
                ok(all(t is None or abs(t - p) < 1e-5 for t, p in zip(tails, (.975, .025))), f"{file}.{column} by {label}: limits of omega squared by SciPy's ncf", (some, tails))

if sum(chosen) > 0:
    ok(min(chosen) > 2, f"both tests of two means were compared: Welch's {chosen[0]}, Student's {chosen[1]} times", chosen)

# --- no difference, no alarm --------------------------------------------------------
rng = np.random.default_rng(SEED)
RUNS = 4000
FEWER = 1000        # of hundreds of rows, and of the tests whose interval needs the non-central F, a millisecond each
db.execute("CREATE TABLE runs (run int, g text, x float8)")
for name, sizes, draw in (("normal, equal", (20, 20, 20), lambda n, i: rng.normal(size=n)), ("normal, unequal spread", (10, 20, 40), lambda n, i: rng.normal(size=n) * (4 - i)),
                          ("1 to 6", (15, 10, 30), lambda n, i: rng.integers(1, 7, n)), ("heavy tail", (12, 12, 24), lambda n, i: rng.standard_t(2, n)), ("normal, small", (4, 4, 3), lambda n, i: rng.normal(size=n)),
                          ("95 % zeros", (50, 400, 60), lambda n, i: np.where(rng.random(n) < .95, 0, rng.standard_exponential(n))), ("lognormal", (40, 300, 300), lambda n, i: np.exp(2 * rng.normal(size=n)))):
    runs = RUNS if sum(sizes) < 100 else FEWER
    db.execute("TRUNCATE runs")
    with db.cursor().copy("COPY runs FROM STDIN") as c:
        for run in range(runs):
            for i, n in enumerate(sizes):
                for v in draw(n, i):
                    c.write_row([run, "abc"[i], float(v)])
    rates = db.execute("""SELECT avg((t.p_value < 0.05)::int), avg((f.p_value < 0.05)::int), avg((w.p_value < 0.05)::int), avg((h.p_value < 0.05)::int), avg((s.p_value < 0.05)::int)
        FROM (SELECT mlops.t_test(m, 'a', 'b') t, CASE WHEN run < %s THEN mlops.anova_test(m) END f, mlops.welch_anova_test(m) w, h, s
              FROM (SELECT run, mlops.group_moments(x, g) m, mlops.kruskal_wallis_test(x, g) h, mlops.brown_forsythe_test(x, g) FILTER (WHERE run < %s) s FROM runs GROUP BY run) q) q""".replace("(t.", "((t).")
                       .replace("(f.", "((f).").replace("(w.", "((w).").replace("(h.", "((h).").replace("(s.", "((s)."), (FEWER, FEWER)).fetchone()
    rates = dict(zip(("t", "anova", "welch", "kruskal", "spread"), map(float, rates)))
    if name == "normal, unequal spread":
        # what these do not promise: equal spread is their assumption, or their question
        rates = {k: rates[k] for k in ("t", "welch")}
    if name in ("95 % zeros", "lognormal"):
        rates = {k: rates[k] for k in ("t", "welch", "kruskal")}
    print(f"# {name} {sizes}: " + ", ".join(f"{k} {100 * v:.1f} %" for k, v in rates.items()))
    # Welch's F of groups of four is known to be liberal by about one percent
    slack = .02 if name == "normal, small" else .005
    error = {k: 4 * np.sqrt(.05 * .95 / (FEWER if k in ("anova", "spread") else runs)) for k in rates}
    ok(all(rates[k] < .05 + error[k] + slack for k in rates), f"{name}: false alarms at 5 %", rates)
    if name == "normal, equal":
        ok(all(rates[k] > .05 - error[k] for k in ("t", "anova", "welch", "kruskal")), f"{name}: and not far fewer", rates)

# Intervals cover the truth: Cohen's d and omega squared
truth_d = .8
truth_omega = np.var([0, .5, 1]) / (np.var([0, .5, 1]) + 1)
db.execute("TRUNCATE runs")
with db.cursor().copy("COPY runs FROM STDIN") as c:
    for run in range(RUNS):
        for i, (g, mean, n) in enumerate((("a", 0, 15), ("b", .5, 15), ("c", 1, 15), ("r", 0, 20), ("s", .8 * np.sqrt((1 + 4) / 2), 20))):
            for v in rng.normal(mean, 2 if g == "s" else 1, n):
                c.write_row([run, g, float(v)])
cover = db.execute("""SELECT avg((%s BETWEEN (t).effect_lower AND (t).effect_upper)::int), avg((%s BETWEEN (f).effect_lower AND (f).effect_upper)::int)
    FROM (SELECT mlops.t_test(mlops.group_moments(x, g), 'r', 's') t, mlops.anova_test(x, g) FILTER (WHERE g < 'd' AND run < %s) f FROM runs GROUP BY run) q""", (truth_d, truth_omega, 2 * FEWER)).fetchone()
for name, rate, runs in zip(("Cohen's d with unequal variances", "omega squared"), map(float, cover), (RUNS, 2 * FEWER)):
    ok(abs(rate - .95) < 4 * np.sqrt(.05 * .95 / runs) + .005, f"{name}: the 95 % interval covers the truth in {100 * rate:.1f} %")

db.close()
with psycopg.connect("dbname=postgres", autocommit=True) as admin:
    admin.execute("DROP DATABASE mlops_verify_groups")
print(f"1..{tests}")
sys.exit(1 if failures else 0)
