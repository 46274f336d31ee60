#!/usr/bin/env python3
"""Exact two-sample tests of numbers against SciPy, on every numeric column of adult_census
(train, test) and employment_ma (reference, analysis).

Where SciPy is wrong or silent (Cramer-von Mises with ties, Anderson-Darling outside 0.1 % .. 25 %, energy,
Kuiper) the statistic is checked against its definition in NumPy, and the p-value against random
arrangements of the same rows, drawn by NumPy, on a split without a change and on one with a small one.

Runs against the server that PGHOST/PGPORT/PGUSER name; MLOPS_DATA is the
folder with the files.  Prints TAP.
"""
import csv
import gzip
import os
import sys
import warnings

import numpy as np
import psycopg
from scipy import special, stats

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "reference"))
from means import skewed  # noqa: E402

DATA = os.environ.get("MLOPS_DATA", "../shared/data")
SEED = 20261121
FILES = {  # name: (column of the side, reference, current, numeric columns)
    "adult_census": ("split", "train", "test", "age fnlwgt education_num capital_gain capital_loss hours_per_week income_gt_50k derived_probability".split()),
    "employment_ma": ("partition", "reference", "analysis", "agep schl mar relp dis esp cit mig mil anc nativity dear deye drem sex rac1p predicted_probability prediction employed".split()),
}
ARRANGEMENTS = 4000
warnings.simplefilter("ignore")
tests = failures = 0


def ok(condition, name, detail=""):
    global tests, failures
    tests += 1
    failures += not condition
    print(("ok" if condition else "not ok"), tests, "-", name, flush=True)
    if not condition and detail != "":
        print("#", str(detail)[:2000].replace("\n", "\n# "))


def skip(name, why):
    global tests
    tests += 1
    print(f"ok {tests} - {name} # SKIP {why}")


def counts(r, c):
    x, at = np.unique(np.concatenate([r, c]), return_inverse=True)
    return x, np.bincount(at[:len(r)], minlength=len(x)), np.bincount(at[len(r):], minlength=len(x))


def quadratic(x, a, b):
    """T, A^2 and the energy statistic of (many) arrangements a of the pooled rows; b is the rest."""
    n, m = a.sum(-1)[..., None], b.sum(-1)[..., None]
    N = n + m
    rows = a + b
    d = np.cumsum(a, -1) / n - np.cumsum(b, -1) / m
    u = np.cumsum(rows, -1) / N
    scale = (n * m / N)[..., 0]
    with np.errstate(invalid="ignore", divide="ignore"):
        weight = np.where(u < 1, rows / N / (u * (1 - u)), 0)
    return {"ks": np.abs(d).max(-1), "cvm": scale * (rows / N * d**2).sum(-1), "anderson_darling": scale * (weight * d**2).sum(-1),
            "energy": 2 * scale * (np.diff(x) * d[..., :-1]**2).sum(-1)}


def scholz_stephens(a2, n, m):
    """A^2 standardised as in SciPy (Scholz and Stephens 1987, equation 4)."""
    N = n + m
    H = 1 / n + 1 / m
    h = (1 / np.arange(1, N)).sum()
    g = (np.cumsum(1 / np.arange(N - 1, 1, -1)) / np.arange(2, N)).sum()
    k = 2
    A = (4 * g - 6) * (k - 1) + (10 - 6 * g) * H
    B = (2 * g - 4) * k**2 + 8 * h * k + (2 * g - 14 * h - 4) * H - 8 * h + 4 * g - 6
    C = (6 * h + 2 * g - 2) * k**2 + (4 * h - 4 * g + 6) * k + (2 * h - 6) * H + 4 * h
    D = (2 * h + 6) * k**2 - 4 * h * k
    return (a2 - 1) / np.sqrt((A * N**3 + B * N**2 + C * N + D) / ((N - 1.) * (N - 2) * (N - 3)))


def expected(r, c):
    n, m = len(r), len(c)
    x, a, b = counts(r, c)
    d = np.cumsum(a) / n - np.cumsum(b) / m
    q = quadratic(x, a.astype(float), b.astype(float))
    out = {"ks": np.abs(d).max(), "kuiper": max(d.max(), 0) + max((-d).max(), 0), "cvm": q["cvm"], "anderson_darling": q["anderson_darling"],
           "energy": q["energy"], "wasserstein_distance": stats.wasserstein_distance(r, c), "energy_distance": stats.energy_distance(r, c)}
    out["ks p"] = special.kolmogorov(out["ks"] * np.sqrt(n / (n + m) * m))
    out["mann_whitney"], out["mann_whitney p"] = stats.mannwhitneyu(c, r, method="asymptotic")
    out["t"], out["t p"] = stats.ttest_ind(c, r, equal_var=False)
    student = stats.ttest_ind(c, r)
    if skewed([r, c]) and student[1] > out["t p"]:
        out["t"], out["t p"] = student
    out["brown_forsythe"], out["brown_forsythe p"] = stats.levene(r, c, center="median")
    if n * m <= 1e7:
        del out["ks p"]  # ours is exact given the ties: check_p
    if np.subtract(*np.percentile(np.concatenate([r, c]), [75, 25])) == 0:
        return out, (x, a, b)
    if len(x) == 2:
        # one degree of freedom: the pooled z test, squared, with N - 1 for N
        p, q, share = a[1] / n, b[1] / m, (a[1] + b[1]) / (n + m)
        out["epps_singleton"] = (p - q)**2 / (share * (1 - share) * (1 / n + 1 / m)) * (n + m - 1) / (n + m)
        out["epps_singleton p"] = stats.chi2.sf(out["epps_singleton"], 1)
    else:
        w, condition = epps_singleton(r, c)
        if condition < 1e5:
            out["epps_singleton"], out["epps_singleton p"] = w, stats.chi2.sf(w, 4)
    return out, (x, a, b)


def epps_singleton(r, c):
    """W2 with the covariance of all rows (SciPy takes that of each side), and how well conditioned it is."""
    n, m = len(r), len(c)
    both = np.concatenate([r, c])
    scale = np.subtract(*np.percentile(both, [75, 25])) / 2
    g = [np.vstack([f(t * v / scale) for t in (.4, .8) for f in (np.cos, np.sin)]) for v in (r, c, both)]
    d = g[0].mean(1) - g[1].mean(1)
    s = np.cov(g[2]) * (1 / n + 1 / m)
    return d @ np.linalg.solve(s, d) if np.linalg.cond(s) < 1e12 else np.nan, np.linalg.cond(s)


NAMES = "ks kuiper cvm anderson_darling mann_whitney t brown_forsythe epps_singleton energy".split()
DISTANCES = ["wasserstein_distance", "energy_distance"]
SELECT = "SELECT " + ", ".join(f"({n}).statistic, ({n}).p_value, ({n}).ln_p_value, ({n}).reason" for n in NAMES) + ", " + ", ".join(DISTANCES) + " FROM (SELECT " + ", ".join(
    f"mlops.{n}_test(x, c) AS {n}" for n in NAMES) + ", " + ", ".join(f"mlops.{d}(x, c) AS {d}" for d in DISTANCES) + " FROM ({}) s) t"


def measured(source):
    row = db.execute(SELECT.format(source)).fetchone()
    got = {}
    for i, n in enumerate(NAMES):
        got[n], got[n + " p"], got[n + " ln p"], got[n + " reason"] = row[4 * i:4 * i + 4]
    got.update(zip(DISTANCES, row[4 * len(NAMES):]))
    return got


def compare(name, got, want):
    bad, worst = [], 0
    for k, w in want.items():
        g = got[k]
        if np.isnan(w):
            if g is not None or got[k.split()[0] + " reason"] is None:
                bad.append((k, g, w))
            continue
        # SciPy's p-values lose digits by cancellation; nothing is compared below 1e-290
        limit = 1e-7 if k.endswith(" p") else 1e-9
        error = np.inf if g is None else 0 if k.endswith(" p") and w < 1e-290 and g < 1e-280 else abs(g - w) / (abs(w) + 1e-12)
        worst = max(worst, error)
        if not error < limit:
            bad.append((k, g, w))
    ok(not bad, f"{name}: worst relative error {worst:.1e}", bad)


def check_p(name, got, x, a, b):
    """p-values against random arrangements of the same pooled rows."""
    rows = (a + b).astype(np.int64)
    draws = rng.multivariate_hypergeometric(rows, int(a.sum()), size=ARRANGEMENTS, method="marginals")
    null = quadratic(x, draws.astype(float), (rows - draws).astype(float))
    observed = quadratic(x, a.astype(float), b.astype(float))
    bad = []
    for k in null:
        if k == "ks" and a.sum() * b.sum() > 1e7:
            continue  # the limit, an upper bound with ties
        p = (1 + (null[k] >= observed[k] * (1 - 1e-9)).sum()) / (ARRANGEMENTS + 1)
        sd = np.sqrt(max(p * (1 - p), 1 / ARRANGEMENTS) / ARRANGEMENTS)
        # 1 % more for the limit law at these sizes
        if abs(got[k + " p"] - p) > 4 * sd + .01 * p:
            bad.append((k, got[k + " p"], p))
    ok(not bad, f"{name}: p of Kolmogorov-Smirnov, Cramer-von Mises, Anderson-Darling and energy agree with {ARRANGEMENTS} arrangements", bad)


with psycopg.connect("dbname=postgres", autocommit=True) as admin:
    admin.execute("DROP DATABASE IF EXISTS mlops_verify_twosample")
    admin.execute("CREATE DATABASE mlops_verify_twosample")
db = psycopg.connect("dbname=mlops_verify_twosample", autocommit=True)
db.execute("CREATE EXTENSION mlops")
rng = np.random.default_rng(SEED)

for file, (side, reference, current, columns) in FILES.items():
    path = os.path.join(DATA, file + ".csv.gz")
    if not os.path.exists(path):
        skip(file, "file is not there (set MLOPS_DATA)")
        continue
    with gzip.open(path, "rt") as f:
        rows = list(csv.DictReader(f))
    db.execute(f"CREATE TABLE {file} (c boolean, part int, {', '.join(c + ' float8' for c in columns)})")
    part = rng.integers(0, 1000, len(rows))
    with db.cursor().copy(f"COPY {file} FROM STDIN") as copy:
        for r, p in zip(rows, part):
            copy.write_row([r[side] == current, int(p)] + [r[x] or None for x in columns])
    db.execute(f"ANALYZE {file}")
    is_current = np.array([r[side] == current for r in rows])
    for column in columns:
        x = np.array([float(r[column] or "nan") for r in rows])
        known = ~np.isnan(x)
        want, _ = expected(x[known & ~is_current], x[known & is_current])
        compare(f"{file}.{column}", measured(f"SELECT {column} AS x, c FROM {file}"), want)
        # the reference against itself, unequal sizes; then with one value in 50 moved up
        r, c = x[known & (part < 20)], x[known & (part >= 20) & (part < 80)]
        got = measured(f"SELECT {column} AS x, part >= 20 AS c FROM {file} WHERE part < 80")
        want, tied = expected(r, c)
        compare(f"{file}.{column}, {len(r)} and {len(c)} rows of the same kind", got, want)
        if len(tied[0]) < 150:
            check_p(f"{file}.{column}", got, *tied)

# --- Epps and Singleton with equal sides: SciPy's w in its small-sample form is ours up to the between part ------
bad = []
for run in range(40):
    n = int(rng.integers(25, 300))
    r, c = rng.gamma(2, size=n), rng.gamma(2.5, size=n)
    w = stats.epps_singleton_2samp(r, c).statistic
    got = db.execute("SELECT (mlops.epps_singleton_test(x, c)).statistic FROM (SELECT unnest(%s::float8[]), false UNION ALL SELECT unnest(%s::float8[]), true) s (x, c)", (r.tolist(), c.tolist())).fetchone()[0]
    want = (2 * n - 1) / (2 * n) * w / (1 + w / (2 * n))
    if abs(got / want - 1) > 1e-9:
        bad.append((n, got, want))
ok(not bad, "Epps and Singleton's W2 of 40 pairs with equal sides follows from SciPy's", bad)

# --- without ties SciPy's Cramer-von Mises and Anderson-Darling are right -----------------
db.execute("CREATE TABLE distinct_rows (run int, c boolean, x float8)")
samples = []
for run in range(60):
    n, m = (int(v) for v in rng.integers(25, 400, 2))
    samples.append((rng.standard_t(3, n), rng.standard_t(3, m) * rng.uniform(.8, 1.4) + rng.normal() * .2))
with db.cursor().copy("COPY distinct_rows FROM STDIN") as copy:
    for run, (r, c) in enumerate(samples):
        for s, v in ((False, r), (True, c)):
            for x in v:
                copy.write_row([run, s, float(x)])
bad = []
for run, cvm_t, cvm_p, ad_t, ad_p in db.execute("SELECT run, (t).statistic, (t).p_value, (a).statistic, (a).p_value FROM (SELECT run, mlops.cvm_test(x, c) t, mlops.anderson_darling_test(x, c) a"
                                                " FROM distinct_rows GROUP BY run) s ORDER BY run"):
    r, c = samples[run]
    s = stats.cramervonmises_2samp(r, c, method="asymptotic")
    a = stats.anderson_ksamp([r, c], midrank=False)
    if abs(cvm_t - s.statistic) > 1e-9 or abs(cvm_p - s.pvalue) > .004 + .03 * s.pvalue:
        bad.append((run, "cvm", cvm_t, s.statistic, cvm_p, s.pvalue))
    if abs(scholz_stephens(ad_t, len(r), len(c)) - a.statistic) > 1e-9 or (.002 < a.significance_level < .24 and abs(ad_p - a.significance_level) > .004 + .06 * a.significance_level):
        bad.append((run, "anderson_darling", ad_t, a.statistic, ad_p, a.significance_level))
ok(not bad, "60 pairs without ties: statistics 1e-9 and p-values of SciPy's approximations", bad)

db.close()
with psycopg.connect("dbname=postgres", autocommit=True) as admin:
    admin.execute("DROP DATABASE mlops_verify_twosample")
print(f"1..{tests}")
sys.exit(1 if failures else 0)
