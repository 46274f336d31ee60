#!/usr/bin/env python3
"""PCA reconstruction errors and mmd_test on the numeric columns of adult_census
(train, test) and employment_ma (reference, analysis) against scikit-learn, SciPy and the definition
of MMD over all pairs; how often they raise a false alarm when nothing changed; what they see.

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
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

DATA = os.environ.get("MLOPS_DATA", "../shared/data")
SEED = 20261121
FILES = {  # name: (column of the side, reference, current, numeric columns)
    "adult_census": ("split", "train", "test", "age fnlwgt education_num capital_gain capital_loss hours_per_week derived_probability".split()),
    "employment_ma": ("partition", "reference", "analysis", "agep schl mar relp dis esp cit mig mil anc nativity dear deye drem sex rac1p predicted_probability".split()),
}
tests = failures = 0
rng = np.random.default_rng(SEED)


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


def off(got, want):
    got, want = np.asarray(got, float), np.asarray(want, float)
    return np.max(np.abs(got - want) / np.maximum(np.abs(want), 1e-6))


with psycopg.connect("dbname=postgres", autocommit=True) as admin:
    admin.execute("DROP DATABASE IF EXISTS mlops_verify_multivariate")
    admin.execute("CREATE DATABASE mlops_verify_multivariate")
db = psycopg.connect("dbname=mlops_verify_multivariate", autocommit=True)
db.execute("CREATE EXTENSION mlops")


def load(table, reference, current):
    db.execute(f"DROP TABLE IF EXISTS {table}")
    db.execute(f"CREATE TABLE {table} (i int, is_current boolean, x float8[])")
    with db.cursor().copy(f"COPY {table} FROM STDIN") as copy:
        for i, row in enumerate(np.vstack([reference, current])):
            copy.write_row([i, i >= len(reference), "{" + ",".join(repr(float(v)) for v in row) + "}"])


# --- principal components of real columns ------------------------------------------
def check_pca(file, reference, current, variance):
    scaler = StandardScaler().fit(reference)
    pca = PCA(n_components=variance, svd_solver="full").fit(scaler.transform(reference))
    residual = [scaler.transform(a) - pca.inverse_transform(pca.transform(scaler.transform(a))) for a in (reference, current)]
    error = [np.linalg.norm(r, axis=1) for r in residual]
    model = db.execute(f"SELECT mlops.pca(mlops.moments(x), %s)::text FROM {file} WHERE NOT is_current", (variance,)).fetchone()[0]
    kept, eigenvalues = db.execute("SELECT count(*) FILTER (WHERE kept), array_agg(eigenvalue ORDER BY component) FROM mlops.components(%s)", (model,)).fetchone()
    ok(kept == pca.n_components_, f"{file}, {variance}: {kept} components", pca.n_components_)
    got = [np.array(db.execute(f"SELECT array_agg(mlops.pca_reconstruction_error(%s, x) ORDER BY i) FROM {file} WHERE is_current = %s", (model, side)).fetchone()[0]) for side in (False, True)]
    worst = max(off(g, e) for g, e in zip(got, error))
    ok(worst < 1e-8, "%s, %s: errors of %d rows, worst relative difference %.1e" % (file, variance, len(error[0]) + len(error[1]), worst))
    mse = db.execute(f"SELECT mlops.pca_mean_squared_error(%s, mlops.moments(x)) FROM {file} GROUP BY is_current ORDER BY is_current", (model,)).fetchall()
    worst = off(np.ravel(mse), [np.mean(e ** 2) for e in error])
    ok(worst < 1e-10, "mean squared errors from moments alone: %.1e" % worst, mse)
    parts = np.array(db.execute(f"SELECT reference, current, share FROM mlops.pca_contributions(%s, (SELECT mlops.moments(x) FROM {file} WHERE is_current)) ORDER BY variable", (model,)).fetchall(), float)
    want = [np.mean(r ** 2, axis=0) for r in residual]
    worst = max(off(parts[:, 0], want[0]), off(parts[:, 1], want[1]), off(parts[:, 2], want[1] / want[1].sum()))
    ok(worst < 1e-9, "what each column contributes: %.1e" % worst, parts)
    t = db.execute(f"SELECT (t).statistic, (t).df, (t).p_value, (t).effect FROM (SELECT mlops.pca_test(%s, x, is_current) t FROM {file}) s", (model,)).fetchone()
    welch = stats.ttest_ind(error[1], error[0], equal_var=False)
    worst = max(abs(t[0] - welch.statistic), abs(t[2] - welch.pvalue), abs(t[3] - (error[1].mean() / error[0].mean() - 1)))
    ok(worst < 1e-7, "pca_test is Welch's test of the errors: t %.3f, p %.3g" % (t[0], t[2]), (t, welch))


def mmd_pairs(x, y, bandwidth):
    """Unbiased MMD^2 of the Gaussian kernel over all pairs."""
    def mean(a, b, same):
        k = np.exp(-((a[:, None, :] - b[None, :, :]) ** 2).sum(-1) / (2 * bandwidth ** 2))
        return (k.sum() - len(a)) / len(a) / (len(a) - 1) if same else k.mean()
    return mean(x, x, True) + mean(y, y, True) - 2 * mean(x, y, False)


for file, (side, reference, current, columns) in FILES.items():
    path = os.path.join(DATA, file + ".csv.gz")
    if not os.path.exists(path):
        skip(file, "file is not there (set MLOPS_DATA)")
        continue
    rows = [[], []]
    with gzip.open(path, "rt") as f:
        for i, r in enumerate(csv.DictReader(f)):
            # every tenth of the larger file
            if (r[side] in (reference, current)) and (file != "employment_ma" or i % 10 == 0):
                rows[r[side] == current].append([float(r[c] or "nan") for c in columns])
    a, b = (np.array(r)[~np.isnan(r).any(axis=1)] for r in rows)
    load(file, a, b)
    for variance in (.65, .9):
        check_pca(file, a, b, variance)
    # standardised by the reference, a few hundred rows: all pairs are affordable
    scaler = StandardScaler().fit(a)
    x, y = scaler.transform(a[:400]), scaler.transform(b[:300])
    load("few", x, y)
    bandwidth = db.execute("SELECT mlops.mmd_bandwidth(array_agg(x)) FROM few WHERE NOT is_current").fetchone()[0]
    distance = np.sqrt(((x[:, None] - x[None]) ** 2).sum(-1))[np.triu_indices(len(x), 1)]
    ok(off(bandwidth, np.median(distance[distance > 0])) < 1e-12, f"{file}: median distance {bandwidth:.3f}")
    effects = np.array(db.execute("SELECT array_agg(e) FROM (SELECT (mlops.mmd_test(x, is_current, %s, seed)).effect e FROM few, generate_series(1, 64) seed GROUP BY seed) s", (bandwidth,)).fetchone()[0])
    want = mmd_pairs(x, y, bandwidth)
    error = effects.std(ddof=1) / 8
    ok(abs(effects.mean() - want) < 4 * error, f"{file}: mean of MMD^2 over seeds {effects.mean():.6f}, over all pairs {want:.6f}, standard error {error:.6f}")

# --- no change, no alarm; a change, an alarm ---------------------------------------
NORMAL, HEAVY, FEW = "normal", "t with 3 df", "integers 1-3"


def draw(kind, n, d):
    if kind == HEAVY:
        return rng.standard_t(3, (n, d)) + rng.standard_t(3, (n, 1))
    if kind == FEW:
        return rng.integers(1, 4, (n, d)).astype(float)
    return rng.standard_normal((n, d)) + .7 * rng.standard_normal((n, 1))


def bounds(rate, runs):
    return rate + 4 * np.sqrt(.05 * .95 / runs)


def alarms(sql, make, runs):
    """The share of runs whose p is below 5 %; all runs are one statement."""
    db.execute("DROP TABLE IF EXISTS sim")
    db.execute("CREATE TABLE sim (run int, is_current boolean, x real[])")
    with db.cursor().copy("COPY sim FROM STDIN") as copy:
        for run in range(runs):
            for is_current, block in zip((False, True), make()):
                for row in block:
                    copy.write_row([run, is_current, "{" + ",".join("%.7g" % v for v in row) + "}"])
    p = np.array(db.execute(sql).fetchone()[0], float)
    return float(np.mean(p < .05))


MMD = "SELECT array_agg(p) FROM (SELECT (mlops.mmd_test(x, is_current, {0})).p_value p FROM sim GROUP BY run) s"
# the model is fitted to some rows of the reference, and current rows are compared with others
MODEL = """WITH r AS (SELECT *, row_number() OVER (PARTITION BY run, is_current) % 2 = 0 AS fitted FROM sim),
    m AS (SELECT run, mlops.pca(mlops.moments(x)) p FROM r WHERE {0} GROUP BY run)
    SELECT array_agg((t).p_value) FROM (SELECT mlops.pca_test(p, x, is_current) t FROM r JOIN m USING (run) WHERE {1} GROUP BY run) s"""
HELD_OUT = MODEL.format("NOT is_current AND fitted", "is_current OR NOT fitted")
POOLED = MODEL.format("true", "true")
SAME_ROWS = MODEL.format("NOT is_current", "true")
RUNS = 200
for kind, n, m, d in ((NORMAL, 50, 50, 5), (HEAVY, 300, 30, 5), (FEW, 100, 100, 3), (NORMAL, 200, 200, 100)):
    rate = alarms(MMD.format(np.sqrt(2 * d)), lambda: (draw(kind, n, d), draw(kind, m, d)), RUNS)
    ok(rate < bounds(.05, RUNS), f"mmd_test, {kind}, {n} and {m} rows of {d}: {100 * rate:.1f} % false alarms at 5 %")
for kind, n, m, d in ((NORMAL, 600, 300, 8), (HEAVY, 600, 300, 5), (FEW, 600, 300, 4)):
    for how, sql in (("held-out reference rows", HELD_OUT), ("a model of both sides", POOLED)):
        rate = alarms(sql, lambda: (draw(kind, n, d), draw(kind, m, d)), RUNS)
        ok(rate < bounds(.05, RUNS), f"pca_test, {kind}, {n} and {m} rows of {d}, {how}: {100 * rate:.1f} % false alarms at 5 %")
rate = alarms(SAME_ROWS, lambda: (draw(NORMAL, 500, 8), draw(NORMAL, 500, 8)), RUNS)
ok(rate > .2, f"pca_test of the very rows the model was fitted to, against the advice: {100 * rate:.1f} % false alarms")
rate = alarms(MMD.format(np.sqrt(200)), lambda: (rng.standard_normal((500, 100)), rng.standard_normal((500, 100)) + .05), 30)
ok(rate > .6, f"mmd_test sees means 0.05 away in each of 100 dimensions in {100 * rate:.0f} % of 30 pairs of 500 rows")
rate = alarms(HELD_OUT, lambda: (draw(NORMAL, 500, 8), rng.permuted(draw(NORMAL, 500, 8), axis=0)), 60)
ok(rate > .95, f"pca_test sees lost correlation, each column alone unchanged, in {100 * rate:.0f} % of 60")

db.close()
with psycopg.connect("dbname=postgres", autocommit=True) as admin:
    admin.execute("DROP DATABASE mlops_verify_multivariate")
print(f"1..{tests}")
sys.exit(1 if failures else 0)
