#!/usr/bin/env python3
"""Profiles against NumPy and SciPy: moments, ranks, distinct and frequent values
on random columns of many shapes, in one pass, merged and in parallel.

Runs against the server that PGHOST/PGPORT/PGUSER name.  Prints TAP.
"""
import sys

import numpy as np
import psycopg
from scipy import stats

SEED = 20260103
rng = np.random.default_rng(SEED)
tests = failures = 0
PERCENT = [i / 100 for i in range(1, 100)]


def ok(condition, name, detail=""):
    global tests, failures
    tests += 1
    failures += not condition
    print(("ok" if condition else "not ok"), tests, "-", name)
    if not condition and detail != "":
        print("#", str(detail)[:2000].replace("\n", "\n# "))


SHAPES = {
    "normal": lambda n: rng.normal(size=n),
    "far from zero": lambda n: 1e9 + rng.normal(size=n),
    "lognormal": lambda n: rng.lognormal(sigma=2, size=n),
    "Cauchy": lambda n: rng.standard_cauchy(size=n),
    "ages": lambda n: rng.integers(16, 95, size=n).astype(float),
    "prices": lambda n: np.round(rng.gamma(2, 40, size=n), 2),
    "half zero": lambda n: np.where(rng.random(n) < .5, 0, rng.exponential(size=n)),
    "sorted": lambda n: np.sort(rng.random(n)),
    "counts": lambda n: rng.zipf(1.5, size=n).clip(max=10 ** 9).astype(float),
}

with psycopg.connect("dbname=postgres", autocommit=True) as admin:
    admin.execute("DROP DATABASE IF EXISTS mlops_verify_profile")
    admin.execute("CREATE DATABASE mlops_verify_profile")
db = psycopg.connect("dbname=mlops_verify_profile", autocommit=True)
db.execute("CREATE EXTENSION mlops")
db.execute("CREATE TABLE t (i int, x float8, s text)")
db.execute("ALTER TABLE t SET (parallel_workers = 2)")
db.execute("SET min_parallel_table_scan_size = 0; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0")

ranks_outside = ranks = 0
worst_rank = worst_ratio = 0
distinct_errors = []
bounds_bad = []
moment_worst = {}


def check_moments(name, d, x):
    """Relative to the scale of the moment; skewness and kurtosis to 1."""
    centred = x - x.mean()
    want = {"mean": x.mean(), "stddev": x.std(ddof=1), "skewness": stats.skew(centred),
            "kurtosis": stats.kurtosis(centred), "min": x.min(), "max": x.max()}
    for k, w in want.items():
        error = abs(d[k] - w) / max(abs(w), 1 if k in ("skewness", "kurtosis") else 1e-300)
        moment_worst[k] = max(moment_worst.get(k, (0, "")), (error, name))


def check_ranks(d, x, quantiles):
    global ranks_outside, ranks, worst_rank, worst_ratio
    s = np.sort(x)
    for q, v in zip(PERCENT, quantiles):
        # a value stands for all the ranks between its first and its last copy
        lo = np.searchsorted(s, v, "left") / len(s)
        hi = np.searchsorted(s, v, "right") / len(s)
        error = max(0, lo - q, q - hi)
        ranks += 1
        ranks_outside += error > d["rank_error"] + 1 / len(s)
        worst_rank = max(worst_rank, error)


def check_counts(name, d, values, top):
    """Distinct and frequent values, of numbers or texts."""
    unique, count = np.unique(values, return_counts=True)
    true = dict(zip(unique.tolist(), count.tolist()))
    if d["exact"]:
        ok(d["distinct_count"] == len(unique) and len(top) == min(len(unique), 1000) and
           all(true[v] == lo == up for v, lo, up in top), "%s: %d distinct values, all exact" % (name, len(unique)))
    else:
        distinct_errors.append(d["distinct_count"] / len(unique) - 1)
        for v, lo, up in top:
            bounds_bad.append(not lo <= true.get(v, 0) <= up)
        listed = {v for v, _, _ in top}
        heavy = max([c for v, c in true.items() if v not in listed], default=0)
        if heavy > d["absent"]:
            bounds_bad.append(True)


def profile_of(query, text):
    p = db.execute("SELECT (%s)::text" % query).fetchone()[0]
    cur = db.execute("SELECT (mlops.describe(p)).*, (p::jsonb ->> 'others_at_most')::bigint AS absent FROM (SELECT %s::mlops.profile AS p) s", (p,))
    d = dict(zip([c.name for c in cur.description], cur.fetchone()))
    top = db.execute("SELECT value, count_lower, count_upper FROM mlops.top_values(%s::mlops.profile, 1000)", (p,)).fetchall()
    quantiles = None if text else db.execute("SELECT mlops.quantile(%s::mlops.profile, %s::float8[])", (p, PERCENT)).fetchone()[0]
    return d, [(v if text else float(v), lo, up) for v, lo, up in top], quantiles


WAYS = {"one pass": "SELECT mlops.profile(x) FROM (SELECT x FROM t ORDER BY i) s",
        "merged": "SELECT mlops.merge(p) FROM (SELECT mlops.profile(x) AS p FROM t GROUP BY i %% 37) s",
        "in parallel": "SELECT mlops.profile(x) FROM t",
        "many columns": "SELECT (mlops.profile_columns(x, i))[1] FROM t"}
for shape, make in SHAPES.items():
    for n in (1, 50, 3000, 120000):
        x = make(n)
        missing = rng.random(n) < .03
        special = np.where(rng.random(n) < .01, rng.choice([np.nan, np.inf, -np.inf], size=n), 0)
        column = [None if m else float(v + s) for m, v, s in zip(missing, x, special)]
        kept = np.array([v for v in column if v is not None and np.isfinite(v)])
        db.execute("TRUNCATE t")
        with db.cursor().copy("COPY t (i, x) FROM STDIN") as copy:
            for i, v in enumerate(column):
                copy.write_row((i, v))
        db.execute("ANALYZE t")
        for way, query in WAYS.items():
            d, top, quantiles = profile_of(query.replace("%%", "%"), False)
            name = "%s, %d rows, %s" % (shape, n, way)
            special_rows = [sum(1 for v in column if f(v)) for f in (
                lambda v: v is None, lambda v: v is not None and np.isnan(v), lambda v: v == np.inf,
                lambda v: v == -np.inf, lambda v: v == 0)]
            if [d[k] for k in ("nulls", "nan", "pos_inf", "neg_inf", "zeros")] != special_rows or d["rows"] != n:
                ok(False, name + ": counts", (d, special_rows))
            if len(kept) == 0:
                continue
            if len(kept) > 1 and kept.std() > 0:
                check_moments(name, d, kept)
            check_ranks(d, kept, quantiles)
            check_counts(name, d, kept, top)

# all of it in float8 on both sides
for k, (error, name) in sorted(moment_worst.items()):
    ok(error < (1e-12 if k in ("mean", "min", "max") else 1e-11), "%s agrees with SciPy, worst %.1e (%s)" % (k, error, name))
ok(worst_rank < .02, "ranks of 99 percentiles are off by at most %.4f" % worst_rank)
ok(ranks_outside <= ranks / 100, "outside the stated rank error: %d of %d" % (ranks_outside, ranks))

words = ["w%d" % i for i in range(20000)]
for shape, p in {"Zipf": 1 / np.arange(1, 20001), "few": np.r_[np.ones(200), np.zeros(19800)], "flat": np.ones(20000)}.items():
    s = rng.choice(words, size=150000, p=p / p.sum())
    db.execute("TRUNCATE t")
    with db.cursor().copy("COPY t (i, s) FROM STDIN") as copy:
        for i, v in enumerate(s):
            copy.write_row((i, str(v)))
    db.execute("ANALYZE t")
    for way, query in WAYS.items():
        d, top, _ = profile_of(query.replace("%%", "%").replace("(x, i)", "(s, i)").replace("profile(x)", "profile(s)").replace("SELECT x", "SELECT s"), True)
        name = "texts %s, %s" % (shape, way)
        lengths = np.array([len(v) for v in s])
        if (d["min_length"], d["max_length"], d["nulls"]) != (lengths.min(), lengths.max(), 0) or \
                abs(d["mean_length"] - lengths.mean()) > 1e-12 * lengths.mean():
            ok(False, name + ": lengths", d)
        check_counts(name, d, s, top)

ok(len(bounds_bad) > 200 and sum(bounds_bad) <= len(bounds_bad) / 100,
   "frequent values outside their bounds: %d of %d" % (sum(bounds_bad), len(bounds_bad)))
rms = float(np.sqrt(np.mean(np.square(distinct_errors))))
ok(rms < .03, "distinct counts: root mean square error %.4f of %d, stated .023" % (rms, len(distinct_errors)))

db.close()
with psycopg.connect("dbname=postgres", autocommit=True) as admin:
    admin.execute("DROP DATABASE mlops_verify_profile")
print("1..%d" % tests)
sys.exit(1 if failures else 0)
