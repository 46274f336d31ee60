#!/usr/bin/env python3
"""Exact two-sample tests of categories against SciPy and statsmodels at 1e-9, on
every categorical column of adult_census (train, test) and employment_ma
(reference, analysis), and how often they raise a false alarm when nothing changed.

Runs against the server that PGHOST/PGPORT/PGUSER name; MLOPS_DATA is the
folder with the files.  Prints TAP.
"""
import csv
import gzip
import os
import sys
from collections import Counter

import numpy as np
import psycopg
from mpmath import log, mp, mpf
from scipy import optimize, stats
from scipy.stats.contingency import odds_ratio
from statsmodels.stats.proportion import proportion_confint, proportion_effectsize, proportions_ztest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "reference"))
import sparse  # noqa: E402

DATA = os.environ.get("MLOPS_DATA", "../shared/data")
mp.dps = 40
SEED = 20260303
FILES = {  # name: (column of the side, reference, current, categorical columns)
    "adult_census": ("split", "train", "test", "workclass education marital_status occupation relationship race sex native_country income_gt_50k".split()),
    "employment_ma": ("partition", "reference", "analysis", "schl mar relp dis esp cit mig mil anc nativity dear deye drem sex rac1p prediction employed".split()),
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


def v_interval(name, statistic, df, r, c):
    """95 % interval of V: lambda of the non-central chi-square, its root this much wider
    (delta method; the slope by a complex step)."""
    n, m = r.sum(), c.sum()

    def population(p, q):
        pooled = (n * p + m * q) / (n + m)
        if name == "chi2":
            return n * m / (n + m) * ((p - q) ** 2 / pooled).sum()
        return 2 * sum((size * x[x.real > 0] * np.log(x[x.real > 0] / pooled[x.real > 0])).sum() for size, x in ((n, p), (m, q)))
    variance = 0
    for side, (x, size) in enumerate(((r / n, n), (c / m, m))):
        slope = np.zeros(len(x))
        for i in np.flatnonzero(x):
            shares = [r / n + 0j, c / m + 0j]
            shares[side][i] += 1e-30j
            slope[i] = population(*shares).imag / 1e-30
        variance += ((x * slope ** 2).sum() - (x * slope).sum() ** 2) / size
    z = stats.norm.isf(.025) * np.sqrt(max(variance / (4 * statistic), 1))
    if z > 25:
        return None         # beyond the tails of SciPy
    largest = n + m if name == "chi2" else -2 * (n * np.log(n / (n + m)) + m * np.log(m / (n + m)))
    out = []
    for tail, f in ((stats.norm.logsf(z), stats.ncx2.sf), (stats.norm.logsf(z), stats.ncx2.cdf)):
        g = lambda root: np.log(max(f(statistic, df, max(root, 1e-7) ** 2), 1e-300)) - tail
        high = np.sqrt(statistic) + 2 * z + 2
        low_ok, high_ok = g(0), g(high)
        root = 0 if low_ok * high_ok > 0 else optimize.brentq(g, 0, high, xtol=1e-12)
        out.append(np.sqrt(min(root ** 2, largest) / (n + m)))
    return out


def h_interval(r, c):
    """Cohen's h from the Wilson intervals of both shares, put together by Newcombe's square and add."""
    p, q = (2 * np.arcsin(np.sqrt(np.clip([x[1] / x.sum(), *proportion_confint(x[1], x.sum(), method="wilson")], 0, 1))) for x in (r, c))
    return q[0] - p[0] - np.hypot(q[0] - q[1], p[2] - p[0]), q[0] - p[0] + np.hypot(q[2] - q[0], p[0] - p[1])


def expected(r, c):
    """r, c: counts in byte order of the labels, NULL last."""
    n, m = r.sum(), c.sum()
    out = {"tvd": np.abs(r / n - c / m).sum() / 2, "linf": np.abs(r / n - c / m).max()}
    for name in ("chi2", "g"):
        s, p, df, _ = stats.chi2_contingency([r, c], correction=False, lambda_=None if name == "chi2" else "log-likelihood")
        if name == "g":
            # G is a small difference of large terms: SciPy's is checked, and then made exact
            exact = float(2 * sum(o * log(o * mpf(n + m) / (mpf(row) * col)) for side, row in ((r, n), (c, m))
                                  for o, col in ((mpf(o), col) for o, col in zip(side, r + c)) if o > 0))
            if abs(s - exact) > 1e-8 + 1e-9 * exact:
                raise SystemExit(f"SciPy and mpmath disagree about G: {s}, {exact}")
            s = exact
        used = r + c > 0
        p, ln_p = sparse.tail(s, r[used], c[used], name == "g")
        out |= {name: s, name + " p": p, name + " df": df, name + " ln p": ln_p, name + " V": np.sqrt(s / (n + m))}
    if len(r) == 2:
        odds, p = stats.fisher_exact([[c[1], c[0]], [r[1], r[0]]])
        z, zp = proportions_ztest([c[1], r[1]], [m, n])
        out |= {"fisher odds": odds, "fisher p": p, "z": z, "z p": zp, "z h": proportion_effectsize(c[1] / m, r[1] / n)}
    return out


def intervals(r, c):
    """What effect_lower and effect_upper have to be, by name of the test; None where there is no reference."""
    out = {}
    for name in ("chi2", "g"):
        want = expected(r, c)
        out[name] = v_interval(name, want[name], want[name + " df"], r, c) if want[name] > 1e-6 else None
    if len(r) == 2:
        ci = odds_ratio(np.array([[c[1], c[0]], [r[1], r[0]]], int), kind="conditional").confidence_interval() if max(r.max(), c.max()) < 3000 else None
        out |= {"fisher_exact": ci, "z": h_interval(r, c)}
    return out


def compare_intervals(got, want):
    """Worst relative error per test of (chi2, g, fisher, z) rows of (lower, upper)."""
    worst = {}
    for name, ci in want.items():
        if ci is not None:
            pairs = [(np.inf if g is None else g, w) for g, w in zip(got[name], ci)]
            worst[name] = max(0 if g == w else abs(g - w) / (abs(w) + 1e-3) for g, w in pairs)
    return worst


INTERVALS = "SELECT " + ", ".join(f"(mlops.{t}_test(t)).effect_lower, (mlops.{t}_test(t)).effect_upper" for t in ("chi2", "g", "fisher_exact", "z")) + " FROM (SELECT {}) q"


def interval_rows(row):
    return {t: row[2 * i:2 * i + 2] for i, t in enumerate(("chi2", "g", "fisher_exact", "z"))}


FIELDS = ["tvd", "linf"] + [f"{t}{f}" for t in ("chi2", "g") for f in ("", " p", " df", " ln p", " V")] + ["fisher odds", "fisher p", "z", "z p", "z h"]
SELECT = """SELECT tvd, linf, (x).statistic, (x).p_value, (x).df, (x).ln_p_value, (x).effect, (g).statistic, (g).p_value, (g).df, (g).ln_p_value, (g).effect,
    (f).effect, (f).p_value, (z).statistic, (z).p_value, (z).effect FROM (SELECT mlops.total_variation_distance({0}) tvd, mlops.linf_distance({0}) linf,
    mlops.chi2_test({0}) x, mlops.g_test({0}) g, mlops.fisher_exact_test({0}) f, mlops.z_test({0}) z {1}) s"""


def compare(got, want):
    """Worst relative error; the names must agree about what exists."""
    worst, at = 0, ""
    for name, g in zip(FIELDS, got):
        if (g is None) != (name not in want):
            return np.inf, name
        if g is not None and not (name.endswith(" p") and want[name] < 1e-290):
            # SciPy loses digits by cancellation near 0
            error = abs(g - want[name]) / (abs(want[name]) + 1e-6)
            worst, at = max((worst, at), (error, f"{name}: {g!r}, {want[name]!r}"))
    return worst, at


with psycopg.connect("dbname=postgres", autocommit=True) as admin:
    admin.execute("DROP DATABASE IF EXISTS mlops_verify_contingency")
    admin.execute("CREATE DATABASE mlops_verify_contingency")
db = psycopg.connect("dbname=mlops_verify_contingency", autocommit=True)
db.execute("CREATE EXTENSION mlops")

# --- real columns -----------------------------------------------------------------
for file, (side, reference, current, columns) in FILES.items():
    path = os.path.join(DATA, file + ".csv.gz")
    if not os.path.exists(path):
        skip(file, "file is not there (set MLOPS_DATA)")
        continue
    with gzip.open(path, "rt") as f:
        rows = list(csv.DictReader(f))
    sides = {r[side] for r in rows}
    ok(sides == {reference, current}, f"{file} has the sides {reference} and {current}", sides)
    db.execute(f"CREATE TABLE {file} (is_current boolean, {', '.join(c + ' text' for c in columns)})")
    with db.cursor().copy(f"COPY {file} FROM STDIN") as c:
        for r in rows:
            c.write_row([r[side] == current] + [r[x] or None for x in columns])
    for column in columns:
        counts = [Counter(), Counter()]
        for r in rows:
            counts[r[side] == current][r[column]] += 1
        labels = sorted(set(counts[0]) | set(counts[1]), key=lambda v: (v == "", v.encode()))
        r, c = (np.array([k[v] for v in labels], float) for k in counts)
        got = db.execute(SELECT.format(column + ", is_current", "FROM " + file)).fetchone()
        error, missing = compare(got, expected(r, c))
        ok(error < 1e-9, "%s.%s, %d categories: worst relative error %.1e" % (file, column, len(labels), error), (missing, got, expected(r, c)))
        got = interval_rows(db.execute(INTERVALS.format(f"mlops.contingency({column}, is_current) t FROM {file}")).fetchone())
        want = intervals(r, c)
        errors = compare_intervals(got, want)
        ok(errors and max(errors.values()) < 1e-5, "its effect intervals: %s" % ", ".join("%s %.1e" % e for e in errors.items()), (got, want))

# --- random tables, and labels in several scripts -----------------------------------
rng = np.random.default_rng(SEED)
worst = (0, "", "")
worst_interval = {}
for _ in range(200):
    k = int(rng.integers(2, 30)) if rng.random() < .6 else 2
    p = rng.dirichlet(np.full(k, rng.choice([.5, 2])))
    r, c = (rng.multinomial(int(10 ** rng.uniform(1, 5)), p) for _ in range(2))
    r[0] += 1
    c[-1] += 1
    used = (r + c) > 0
    r, c = r[used].astype(float), c[used].astype(float)
    text = "(%s) null 0 0 unassigned 3" % ", ".join('"%03d" %d %d' % (i, a, b) for i, (a, b) in enumerate(zip(r, c)))
    got = db.execute(SELECT.format("t", "FROM (SELECT %s::mlops.contingency t) q"), (text,)).fetchone()
    worst = max(worst, compare(got, expected(r, c)) + (text,))
    got = interval_rows(db.execute(INTERVALS.format("%s::mlops.contingency t"), (text,)).fetchone())
    for name, error in compare_intervals(got, intervals(r, c)).items():
        worst_interval[name] = max(worst_interval.get(name, (0, "")), (error, f"{text}: {got[name]}, {intervals(r, c)[name]}"))
ok(worst[0] < 1e-9, "200 random tables agree with SciPy, worst %.1e" % worst[0], worst)
# SciPy's tails of ncx2 have about 7 digits, its root finder of the odds ratio about as many
for name, bound in (("chi2", 1e-5), ("g", 1e-5), ("fisher_exact", 1e-5), ("z", 1e-9)):
    error, detail = worst_interval[name]
    ok(error < bound, f"effect intervals of {name}_test agree with SciPy and statsmodels, worst {error:.1e}", detail)

labels = ["", "a", "é", "ß", "日本語", "Ж", '"quoted"', "back\\slash", "tab\t", "🦉"]
got = db.execute("SELECT t::text, t::text::mlops.contingency::text, (SELECT array_agg(value) FROM mlops.categories(t)) FROM (SELECT mlops.contingency(v, true) t FROM unnest(%s::text[]) v) s", (labels,)).fetchone()
ok(got[0] == got[1] and got[2] == sorted(labels, key=str.encode), "labels of several scripts come back, in byte order", got)

# --- no change, no alarm --------------------------------------------------------------
RUNS = 8000
bound = .05 + 4 * np.sqrt(.05 * .95 / RUNS)
for n, m in ((500, 500), (1000, 200), (200, 1000), (1000, 10000)):
    for k, names in ((5, ("chi2_test", "g_test")), (2, ("fisher_exact_test", "z_test"))):
        tables = []
        p = np.linspace(1, 2, k) / np.linspace(1, 2, k).sum()
        for r, c in zip(rng.multinomial(n, p, RUNS), rng.multinomial(m, p, RUNS)):
            tables.append("(%s) null 0 0 unassigned 0" % ", ".join('"%d" %d %d' % (i, a, b) for i, (a, b) in enumerate(zip(r, c))))
        for name in names:
            rate = db.execute(f"SELECT avg(((mlops.{name}(t::mlops.contingency)).p_value < 0.05)::int) FROM unnest(%s::text[]) t", (tables,)).fetchone()[0]
            low = .01 if name == "fisher_exact_test" else .05 - 4 * np.sqrt(.05 * .95 / RUNS)
            ok(low < rate < bound, f"{name}, {n} and {m} rows, {k} categories: {100 * float(rate):.1f} % false alarms at 5 %")

db.close()
with psycopg.connect("dbname=postgres", autocommit=True) as admin:
    admin.execute("DROP DATABASE mlops_verify_contingency")
print(f"1..{tests}")
sys.exit(1 if failures else 0)
