#!/usr/bin/env python3
"""The domain classifier against scikit-learn's HistGradientBoostingClassifier with
cross_val_predict on adult_census and employment_ma, what it finds that tests of single
columns do not, and how often it raises a false alarm when nothing changed.

Runs against the server that PGHOST/PGPORT/PGUSER name; MLOPS_DATA is the
folder with the files.  Prints TAP.
"""
import csv
import gzip
import os
import sys

# threads that spin cost more than they give on a busy machine
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import psycopg
from scipy import stats
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

DATA = os.environ.get("MLOPS_DATA", "../shared/data")
SEED = 20260305
RUNS = int(os.environ.get("MLOPS_NULL_RUNS", "250"))
rng = np.random.default_rng(SEED)
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


with psycopg.connect("dbname=postgres", autocommit=True) as admin:
    admin.execute("DROP DATABASE IF EXISTS mlops_verify_domain")
    admin.execute("CREATE DATABASE mlops_verify_domain")
db = psycopg.connect("dbname=mlops_verify_domain", autocommit=True)
db.execute("CREATE EXTENSION mlops")


def classify(query, **options):
    """The row as a dict; contributions as a list of dicts."""
    args = "".join(f", {k} => {v}" for k, v in options.items())
    return db.execute(f"SELECT to_jsonb(d) FROM mlops.domain_classifier(%s{args}) d", (query,)).fetchone()[0]


# --- real data against scikit-learn --------------------------------------------------
NUMBERS = "age fnlwgt capital_gain capital_loss hours_per_week".split()
TEXTS = "workclass marital_status occupation relationship race sex native_country".split()
CODES = "schl mar relp dis esp cit mig mil anc nativity dear deye drem sex rac1p".split()


def load(file, types, keep):
    path = os.path.join(DATA, file + ".csv.gz")
    if not os.path.exists(path):
        skip(file, "file is not there (set MLOPS_DATA)")
        return None
    with gzip.open(path, "rt") as f:
        rows = [r for i, r in enumerate(csv.DictReader(f)) if keep(i)]
    db.execute(f"CREATE TABLE {file} ({', '.join(f'{c} {t}' for c, t in types.items())})")
    with db.cursor().copy(f"COPY {file} FROM STDIN") as c:
        for r in rows:
            c.write_row([r[x] or None for x in types])
    return rows


def sklearn_auc(rows, numbers, texts, side, shift=lambda r, c: r[c]):
    """AUC of pooled out-of-fold scores, trees as deep and as many as ours."""
    y = np.array([side(r) for r in rows])
    columns = [[float(shift(r, c)) if shift(r, c) != "" else np.nan for r in rows] for c in numbers]
    for c in texts:
        code = {v: i for i, v in enumerate(sorted({r[c] for r in rows} - {""}))}
        columns.append([code.get(r[c], np.nan) for r in rows])
    X = np.array(columns, float).T
    model = HistGradientBoostingClassifier(max_iter=100, max_depth=3, learning_rate=.1, early_stopping=False, l2_regularization=1,
                                           categorical_features=[i >= len(numbers) for i in range(X.shape[1])])
    weight = np.where(y, 1 / y.mean(), 1 / (1 - y.mean())) * .5
    folds = StratifiedKFold(5, shuffle=True, random_state=SEED)
    p = cross_val_predict(model, X, y, cv=folds, method="predict_proba", fit_params={"sample_weight": weight})[:, 1]
    return roc_auc_score(y, p)


def compare(name, query, rows, numbers, texts, side, shift=lambda r, c: r[c], first=None, none=False):
    got, want = classify(query, max_rows=1000000), sklearn_auc(rows, numbers, texts, side, shift)
    top = [c["name"] for c in got["contributions"]]
    text = "%s: AUC %.4f (%.4f to %.4f), scikit-learn %.4f, p %.2g, most by %s" % (
        name, got["effect"], got["effect_lower"], got["effect_upper"], want, got["p_value"], ", ".join(top[:3]))
    # other folds alone move either by a standard error, .004 to .006 at these sizes
    ok(abs(got["effect"] - want) < .015, text, got)
    if first:
        ok(top[0] == first, f"{name}: it is {first} that gives it away", got["contributions"])
    if none:
        ok(got["p_value"] > .01 and abs(got["effect"] - .5) < .02, f"{name}: no difference", got)
    else:
        ok(got["p_value"] < 1e-4, f"{name}: a difference", got)
    return got


adult = load("adult_census", {"row_no": "int", "split": "text"} | {c: "float8" for c in NUMBERS} | {"education": "text"} | {c: "text" for c in TEXTS},
             lambda i: i % 4 == 0)
if adult is not None:
    columns = ", ".join(NUMBERS + TEXTS)
    compare("adult, train and test", f"SELECT split = 'test' AS is_current, {columns} FROM adult_census", adult, NUMBERS, TEXTS,
            lambda r: r["split"] == "test", none=True)
    compare("adult, hours longer by one in test", f"SELECT split = 'test' AS is_current, {columns.replace('hours_per_week', 'hours_per_week + CASE WHEN split = $$test$$ THEN 1 ELSE 0 END AS hours_per_week')} FROM adult_census",
            adult, NUMBERS, TEXTS, lambda r: r["split"] == "test",
            shift=lambda r, c: float(r[c]) + 1 if c == "hours_per_week" and r["split"] == "test" else r[c], first="hours_per_week")
    compare("adult, bachelors and others", f"SELECT education = 'Bachelors' AS is_current, {columns} FROM adult_census", adult, NUMBERS, TEXTS,
            lambda r: r["education"] == "Bachelors", first="occupation")

jobs = load("employment_ma", {"partition": "text", "year": "int", "agep": "float8"} | {c: "text" for c in CODES}, lambda i: i % 14 == 0)
if jobs is not None:
    columns = ", ".join(["agep"] + CODES)
    compare("employment, 2015 and 2016 to 2018", f"SELECT partition = 'analysis' AS is_current, {columns} FROM employment_ma", jobs, ["agep"], CODES,
            lambda r: r["partition"] == "analysis")

# --- what tests of single columns do not see -----------------------------------------
n = 4000
current = np.arange(n) >= n // 2
z = rng.normal(size=(n, 6))
z[:, 1] = np.where(current, .9, -.9) * z[:, 0] + np.sqrt(1 - .81) * z[:, 1]
db.execute("CREATE TABLE correlated (is_current boolean, " + ", ".join(f"x{j} float8" for j in range(6)) + ")")
with db.cursor().copy("COPY correlated FROM STDIN") as c:
    for side, row in zip(current, z):
        c.write_row([bool(side)] + [float(v) for v in row])
got = classify("TABLE correlated")
alone = [stats.ks_2samp(z[~current, j], z[current, j]).pvalue for j in range(6)]
# the best there is: the likelihood ratio of the two normals grows with x0 x1
best = roc_auc_score(current, z[:, 0] * z[:, 1])
ok(min(alone) > .01, "a correlation that turns round: no column shows it (smallest KS p %.2g)" % min(alone), alone)
ok(got["p_value"] < 1e-100 and best - .05 < got["effect"] < best + .01, "the classifier does: AUC %.3f, likelihood ratio %.3f" % (got["effect"], best), got)
ok({c["name"] for c in got["contributions"][:2]} == {"x0", "x1"} and got["contributions"][2]["importance"] < .01, "and says which two", got["contributions"])

# --- no change, no alarm --------------------------------------------------------------
# each call draws its rows anew
NULLS = [
    ("3 normal columns", 200, 200, "sqrt(-2 * ln(1 - random())) * cos(6.283185307179586 * random()) AS a, sqrt(-2 * ln(1 - random())) * cos(6.283185307179586 * random()) AS b, random() AS c"),
    ("heavy tails and 95 % zeros", 600, 60, "tan(3.14159 * (random() - .5)) AS a, CASE WHEN random() < .95 THEN 0 ELSE random() END AS b"),
    ("integers 1 to 6, boolean", 1000, 100, "floor(1 + 6 * random()) AS a, random() < .1 AS b"),
    ("one boolean", 300, 300, "random() < .3 AS a"),
    ("20 categories with rare ones, NULL", 500, 500, "floor(20 * power(random(), 3))::text AS a, CASE WHEN random() < .9 THEN random() END AS b"),
    ("50 rows a side, 10 columns", 50, 50, ", ".join(f"random() AS x{j}" for j in range(10))),
    ("an embedding of 64", 150, 150, "ARRAY(SELECT random() + 0 * i FROM generate_series(1, 64)) AS e"),
]
alarms = 0
db.execute("SELECT setseed(.20260305)")
for name, n, m, columns in NULLS:
    query = f"SELECT i > {n} AS is_current, {columns} FROM generate_series(1, {n + m}) i"
    p = db.execute("""SELECT array_agg(d.p_value), avg((d.effect_lower > .5 OR d.effect_upper < .5)::int)::float8
        FROM generate_series(1, %s) s, LATERAL mlops.domain_classifier(%s, trees => 30, seed => s) d""", (RUNS, query)).fetchone()
    rate = np.mean(np.array(p[0]) < .05)
    alarms += rate * RUNS
    ok(rate < .05 + 4 * np.sqrt(.05 * .95 / RUNS) and p[1] < .05 + 4 * np.sqrt(.05 * .95 / RUNS),
       f"{name}, {n} and {m} rows: {100 * rate:.1f} % false alarms at 5 %, {100 * p[1]:.1f} % of the intervals without 1/2")
total = RUNS * len(NULLS)
ok(.02 * total < alarms < (.05 + 4 * np.sqrt(.05 * .95 / total)) * total, f"together {100 * alarms / total:.1f} % of {total}")

db.close()
with psycopg.connect("dbname=postgres", autocommit=True) as admin:
    admin.execute("DROP DATABASE mlops_verify_domain")
print(f"1..{tests}")
sys.exit(1 if failures else 0)
