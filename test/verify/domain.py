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

import numpy as np
import psycopg
from scipy import stats
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

DATA = os.environ.get("MLOPS_DATA", "../shared/data")
SEED = 20260305
RUNS = int(os.environ.get("MLOPS_NULL_RUNS", "300"))
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
    """One row as a dict; contributions as a list of dicts."""
    args = "".join(f", {k} => {v}" for k, v in options.items())
    with db.cursor(row_factory=psycopg.rows.dict_row) as c:
        row = c.execute(f"SELECT to_jsonb(d) AS d FROM mlops.domain_classifier(%s{args}) d", (query,)).fetchone()["d"]
    return row


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
    # a fold of another split moves either by about a standard error of .003
    ok(abs(got["effect"] - want) < .01, text, got)
    ok(got["effect_lower"] < want < got["effect_upper"] + .005, f"{name}: scikit-learn's is in the interval", got)
    if first:
        ok(top[0] == first, f"{name}: it is {first} that gives it away", got["contributions"])
    if none:
        ok(got["p_value"] > .01 and abs(got["effect"] - .5) < .01, f"{name}: no difference", got)
    else:
        ok(got["p_value"] < 1e-6, f"{name}: a difference", got)
    return got


adult = load("adult_census", {"row_no": "int", "split": "text"} | {c: "float8" for c in NUMBERS} | {"education": "text"} | {c: "text" for c in TEXTS},
             lambda i: i % 2 == 0)
if adult is not None:
    columns = ", ".join(NUMBERS + TEXTS)
    compare("adult, train and test", f"SELECT split = 'test' AS is_current, {columns} FROM adult_census", adult, NUMBERS, TEXTS,
            lambda r: r["split"] == "test", none=True)
    compare("adult, hours longer by one in test", f"SELECT split = 'test' AS is_current, {columns.replace('hours_per_week', 'hours_per_week + CASE WHEN split = $$test$$ THEN 1 ELSE 0 END AS hours_per_week')} FROM adult_census",
            adult, NUMBERS, TEXTS, lambda r: r["split"] == "test",
            shift=lambda r, c: float(r[c]) + 1 if c == "hours_per_week" and r["split"] == "test" else r[c], first="hours_per_week")
    compare("adult, bachelors and others", f"SELECT education = 'Bachelors' AS is_current, {columns} FROM adult_census", adult, NUMBERS, TEXTS,
            lambda r: r["education"] == "Bachelors", first="occupation")

jobs = load("employment_ma", {"partition": "text", "year": "int", "agep": "float8"} | {c: "text" for c in CODES}, lambda i: i % 7 == 0)
if jobs is not None:
    columns = ", ".join(["agep"] + CODES)
    compare("employment, 2015 and 2016 to 2018", f"SELECT partition = 'analysis' AS is_current, {columns} FROM employment_ma", jobs, ["agep"], CODES,
            lambda r: r["partition"] == "analysis")
