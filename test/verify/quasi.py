#!/usr/bin/env python3
"""Difference in differences, staggered treatments, switchback and quantile effects
against statsmodels (regression with dummies and clustered or HC2 covariances),
SciPy and NumPy at 1e-9, and the coverage of their intervals by simulation.

Runs against the server that PGHOST/PGPORT/PGUSER name; MLOPS_DATA is the
folder with the files.  Prints TAP.
"""
import csv
import gzip
import os

import numpy as np
import psycopg
import statsmodels.api as sm
from scipy import stats

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
    return a is not None and b is not None and abs(a - b) <= tolerance * max(1e-3, abs(b))


def same(name, row, expected, tolerance=1e-9):
    bad = {k: (row[k], v) for k, v in expected.items() if not near(row[k], v, tolerance)}
    ok(not bad, name, bad)


def rows(db, sql, *args):
    with db.cursor(row_factory=psycopg.rows.dict_row) as c:
        return c.execute(sql, args).fetchall()


def load(db, table, columns, values):
    db.execute(f"DROP TABLE IF EXISTS {table}")
    db.execute(f"CREATE TEMP TABLE {table} ({columns})")
    with db.cursor() as c, c.copy(f"COPY {table} FROM STDIN") as copy:
        for v in values:
            copy.write_row([x.item() if isinstance(x, np.generic) else x for x in v])


def dummies(*levels):
    """Intercept and dummies of each, without the first level."""
    parts = [np.ones((len(levels[0]), 1))] if levels else []
    for level in levels:
        names, at = np.unique(level, return_inverse=True)
        parts.append(np.eye(len(names))[at][:, 1:])
    return np.hstack(parts)


def clustered(y, x, effects, cluster):
    """Coefficients of x and what the clustered covariance (CR1, all dummies counted) says."""
    exog = np.hstack([x, dummies(*effects) if effects else np.ones((len(y), 1))])
    fit = sm.OLS(y, exog).fit(cov_type="cluster", cov_kwds={"groups": np.unique(cluster, return_inverse=True)[1]}, use_t=True)
    k = x.shape[1]
    df = len(np.unique(cluster)) - 1
    return [{"estimate": fit.params[i], "standard_error": fit.bse[i], "df": df,
             "p_value": 2 * stats.t.sf(abs(fit.params[i] / fit.bse[i]), df)} for i in range(k)]


def panel(units, periods, missing=0.15, effect=0.7):
    out = []
    for u in range(units):
        level = rng.normal()
        first = [None, 4, 6][u % 3]
        noise = 0
        for t in range(periods):
            noise = 0.6 * noise + rng.normal()
            if rng.random() < missing:
                continue
            d = first is not None and t >= first
            out.append((f"u{u}", t, level + 0.3 * t + noise + effect * d, d, first, f"c{u // 2}"))
    return out


def check_did(db):
    a = rng.lognormal(size=(40, 2)) + 1e6
    b = rng.lognormal(size=(25, 2)) + 1e6 + np.array([0, 0.8])
    load(db, "t", "arm text, b float8, a float8", [("c", *r) for r in a] + [("t", *r) for r in b])
    row = rows(db, "SELECT r.* FROM (SELECT mlops.moments(b, a) FILTER (WHERE arm = 'c') c, mlops.moments(b, a) FILTER (WHERE arm = 't') t FROM t) s, mlops.difference_in_differences(c, t) r")[0]
    w = stats.ttest_ind(b[:, 1] - b[:, 0], a[:, 1] - a[:, 0], equal_var=False)
    same("panel of two periods = Welch of the changes", row, {
        "estimate": np.mean(b[:, 1] - b[:, 0]) - np.mean(a[:, 1] - a[:, 0]), "statistic": w.statistic, "p_value": w.pvalue}, 1e-8)

    cells = {k: rng.exponential(s, n) for k, (s, n) in {"c0": (1, 30), "c1": (1.2, 21), "t0": (1, 17), "t1": (2, 44)}.items()}
    load(db, "t", "cell text, y float8", [(k, y) for k, v in cells.items() for y in v])
    row = rows(db, "SELECT r.* FROM (SELECT mlops.moments(y) FILTER (WHERE cell = 'c0') c0, mlops.moments(y) FILTER (WHERE cell = 'c1') c1,"
               " mlops.moments(y) FILTER (WHERE cell = 't0') t0, mlops.moments(y) FILTER (WHERE cell = 't1') t1 FROM t) s,"
               " mlops.difference_in_differences(c0, c1, t0, t1) r")[0]
    y = np.concatenate(list(cells.values()))
    arm = np.concatenate([[k[0] == "t"] * len(v) for k, v in cells.items()])
    after = np.concatenate([[k[1] == "1"] * len(v) for k, v in cells.items()])
    fit = sm.OLS(y, np.column_stack([np.ones(len(y)), arm, after, arm & after]).astype(float)).fit(cov_type="HC2")
    v = [np.var(c, ddof=1) / len(c) for c in cells.values()]
    df = sum(v) ** 2 / sum(x * x / (len(c) - 1) for x, c in zip(v, cells.values()))
    same("cross-sections = regression with HC2", row, {
        "estimate": fit.params[3], "standard_error": fit.bse[3], "df": df, "p_value": 2 * stats.t.sf(abs(fit.tvalues[3]), df)})

    data = []
    for c in range(31):
        level = rng.normal()
        for r in range(rng.integers(4, 30)):
            data.append((c, c % 3 == 0, bool(rng.random() < 0.5), level + rng.normal()))
    load(db, "t", "cluster int, treated bool, is_after bool, y float8", data)
    row = rows(db, """
        SELECT r.* FROM (SELECT mlops.moments(s0, n0, s1, n1) FILTER (WHERE NOT treated) c, mlops.moments(s0, n0, s1, n1) FILTER (WHERE treated) t FROM
          (SELECT treated, coalesce(sum(y) FILTER (WHERE NOT is_after), 0) s0, (count(*) FILTER (WHERE NOT is_after))::float8 n0,
                  coalesce(sum(y) FILTER (WHERE is_after), 0) s1, (count(*) FILTER (WHERE is_after))::float8 n1 FROM t GROUP BY cluster, treated) k) s,
          mlops.difference_in_differences(c, t) r""")[0]
    variance = estimate = 0
    for treated in (True, False):
        part = [d for d in data if d[1] == treated]
        groups = np.array([d[0] for d in part])
        fit = sm.OLS([d[3] for d in part], np.array([[1, d[2]] for d in part], float)).fit(
            cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False})
        g = len(set(groups))
        variance += fit.bse[1] ** 2 * g / (g - 1)
        estimate += fit.params[1] * (1 if treated else -1)
    same("clusters before and after = regressions with a clustered covariance", row, {"estimate": estimate, "standard_error": variance ** 0.5})


def check_panel(db):
    data = panel(45, 9)
    load(db, "p", "unit text, period int, outcome float8, treatment bool, first_treated int, region text", data)
    u, t, y, d, first, region = (np.array(c, dtype=object) for c in zip(*data))
    y = y.astype(float)
    d = d.astype(float)
    for name, effects in {"unit and period": (u.astype(str), t.astype(int)), "unit": (u.astype(str),), "period": (t.astype(int),), "none": ()}.items():
        row = rows(db, "SELECT * FROM mlops.difference_in_differences('SELECT unit, period, outcome, treatment FROM p', effects => %s)", name)[0]
        same(f"unbalanced panel, effects {name} = dummies", row, clustered(y, d[:, None], effects, u.astype(str))[0])
    row = rows(db, "SELECT * FROM mlops.difference_in_differences('SELECT unit, period, outcome, treatment, region AS cluster FROM p')")[0]
    same("clusters of their own", row, clustered(y, d[:, None], (u.astype(str), t.astype(int)), region.astype(str))[0])

    # lagged treatment beside the treatment
    order = sorted(range(len(data)), key=lambda i: (u[i], t[i]))
    lagged = {}
    for i, j in zip(order, order[1:]):
        if u[i] == u[j]:
            lagged[j] = d[i]
    keep = sorted(lagged)
    x = np.column_stack([d[keep], [lagged[i] for i in keep]])
    for name, effects in {"period": (t[keep].astype(int),), "unit and period": (u[keep].astype(str), t[keep].astype(int))}.items():
        out = rows(db, "SELECT * FROM mlops.switchback_effects('SELECT unit, period, outcome, treatment FROM p', effects => %s, carry_over => 1)", name)
        for row, expected in zip(out, clustered(y[keep], x, effects, u[keep].astype(str))):
            same(f"switchback with carry-over, effects {name}, term {row['term']}", row, expected)
    return data


def matrix(data):
    units = sorted({d[0] for d in data})
    periods = sorted({d[1] for d in data})
    y = np.full((len(units), len(periods)), np.nan)
    first = np.full(len(units), np.inf)
    for d in data:
        y[units.index(d[0]), d[1]] = d[2]
        if d[4] is not None:
            first[units.index(d[0])] = d[4]
    return y, first


def att(y, first, g, t, not_yet):
    """Estimate, HC2 standard error and the influence of every unit on it."""
    change = y[:, t] - y[:, g - 1]
    seen = ~np.isnan(change)
    control = (first > max(t, g - 1)) & (first != g) if not_yet else np.isinf(first)
    used = seen & (control | (first == g))
    fit = sm.OLS(change[used], sm.add_constant((first[used] == g).astype(float))).fit(cov_type="HC2")
    psi = np.zeros(len(first))
    for members, sign in (((first == g) & seen, 1), (control & seen, -1)):
        n = members.sum()
        psi[members] = sign * (change[members] - change[members].mean()) / n * np.sqrt(n / (n - 1))
    return fit.params[1], fit.bse[1], psi


def check_staggered(db, data):
    y, first = matrix(data)
    for controls, not_yet in (("not yet treated", True), ("never treated", False)):
        out = rows(db, "SELECT * FROM mlops.staggered_effects('SELECT unit, period, outcome, first_treated FROM p', controls => %s)", controls)
        cells, bad = {}, []
        for g in (4, 6):
            for t in range(y.shape[1]):
                control = (first > max(t, g - 1)) & (first != g) if not_yet else np.isinf(first)
                if t != g - 1 and control.any():
                    cells[g, t] = att(y, first, g, t, not_yet)
        found = {(int(r["cohort"]), int(r["period"])): r for r in out if r["kind"] == "cohort and period"}
        for key, (estimate, se, _) in cells.items():
            r = found[key]
            if not (near(r["estimate"], estimate) and near(r["standard_error"], se)):
                bad.append((key, r["estimate"], estimate, r["standard_error"], se))
        ok(not bad and found.keys() == cells.keys(), f"{controls}: effects by cohort and period = regressions with HC2", bad)

        # means: weights are cohort shares p_g, estimated; influence as in Callaway and Sant'Anna, section 4.2
        n = len(first)
        share = {g: (first == g).mean() for g in (4, 6)}

        def mean(keys):
            total = sum(share[g] for g, _ in keys)
            w = np.array([share[g] / total for g, _ in keys])
            effects = np.array([cells[k][0] for k in keys])
            psi = sum(wi * cells[k][2] for wi, k in zip(w, keys))
            part1 = np.array([((first == g) - share[g]) / total for g, _ in keys]).T
            part2 = np.sum([(first == g) - share[g] for g, _ in keys], axis=0)[:, None] * (w / total)[None, :]
            return w @ effects, psi + (part1 - part2) @ effects / n
        sets = {("overall", None): [k for k in cells if k[1] >= k[0]]}
        for e in range(-6, 6):
            sets["event time", e] = [k for k in cells if k[1] - k[0] == e]
        for g in (4, 6):
            sets["cohort", g] = [k for k in cells if k[0] == g and k[1] >= g]
        bad = []
        checked = 0
        for (kind, which), keys in sets.items():
            match = [r for r in out if r["kind"] == kind and (kind == "overall" or (r["event_time"] if kind == "event time" else int(r["cohort"])) == which)]
            if not keys:
                bad += match
                continue
            estimate, psi = mean(keys)
            se = np.sqrt((psi ** 2).sum())
            checked += 1
            if len(match) != 1 or not near(match[0]["estimate"], estimate) or not near(match[0]["standard_error"], se):
                bad.append((kind, which, match, estimate, se))
        ok(not bad and checked >= 10, f"{controls}: means by event time, cohort and overall, with estimated weights", bad)
        pre = [mean(sets["event time", e]) for e in range(-6, -1) if sets["event time", e]]
        psi = np.array([p[1] for p in pre])
        z = np.array([p[0] for p in pre])
        w = z @ np.linalg.solve(psi @ psi.T, z)
        row = [r for r in out if r["kind"] == "pre-trend"][0]
        same(f"{controls}: pre-trend", row, {"statistic": w, "df": len(pre), "p_value": stats.chi2.sf(w, len(pre))})


def check_quantiles(db):
    data = []
    for u in range(80):
        level = rng.normal()
        for _ in range(rng.integers(1, 12)):
            data.append((u, u % 2 == 0, float(np.exp(level + rng.normal() + 0.2 * (u % 2 == 0)))))
    load(db, "t", "unit int, treatment bool, value float8", data)
    z = stats.norm.ppf(0.975)
    for q in (0.25, 0.5, 0.9):
        for columns in ("value, treatment", "value, treatment, unit"):
            for effect in ("absolute", "relative"):
                row = rows(db, f"SELECT * FROM mlops.quantile_effect('SELECT {columns} FROM t', %s, %s)", q, effect)[0]
                arm = {}
                for side in (False, True):
                    v = np.array([d[2] for d in data if d[1] == side])
                    g = np.array([d[0] for d in data if d[1] == side])
                    point = np.quantile(v, q)
                    units = len(v)
                    variance = q * (1 - q) / len(v)
                    if "unit" in columns:
                        below = (v <= point).astype(float)
                        fit = sm.OLS(below, np.ones(len(v))).fit(cov_type="cluster", cov_kwds={"groups": g, "use_correction": False})
                        units = len(set(g))
                        cluster_variance = fit.bse[0] ** 2 * units / (units - 1)
                        variance *= cluster_variance / (below.mean() * (1 - below.mean()) / len(v))
                    near_by = np.quantile(v, [q - z * variance ** 0.5, q + z * variance ** 0.5])
                    arm[side] = point, (near_by[1] - near_by[0]) / (2 * z), units
                c, t = arm[False], arm[True]
                if effect == "relative":
                    vc, vt = (c[1] / c[0]) ** 2, (t[1] / t[0]) ** 2
                    d = np.log(t[0] / c[0])
                else:
                    vc, vt = c[1] ** 2, t[1] ** 2
                    d = t[0] - c[0]
                df = (vc + vt) ** 2 / (vc ** 2 / (c[2] - 1) + vt ** 2 / (t[2] - 1))
                half = stats.t.ppf(0.975, df) * (vc + vt) ** 0.5
                back = np.expm1 if effect == "relative" else (lambda x: x)
                same(f"quantile {q} of {columns}, {effect}", row, {
                    "estimate": back(d), "lower": back(d - half), "upper": back(d + half), "df": df,
                    "p_value": 2 * stats.t.sf(abs(d) / (vc + vt) ** 0.5, df)})


def check_bikes(db):
    path = os.path.join(DATA, "bike_sharing_hour.csv.gz")
    if not os.path.exists(path):
        return skip("bike_sharing_hour", "no data")
    with gzip.open(path, "rt") as f:
        data = [(int(r["hr"]), r["dteday"], float(r["cnt"]), float(r["temp"]), r["weekday"]) for r in csv.DictReader(f) if r["dteday"] < "2011-04-01"]
    load(db, "b", "hr int, dteday date, cnt float8, temp float8, weekday int", data)
    hr, day, y, x, weekday = (np.array(c) for c in zip(*data))
    row = rows(db, "SELECT * FROM mlops.difference_in_differences('SELECT hr AS unit, dteday AS period, cnt AS outcome, temp AS treatment, dteday AS cluster FROM b')")[0]
    same("bike_sharing_hour, hour and day effects, days as clusters", row, clustered(y, x[:, None], (hr, day), day)[0], 1e-8)


def coverage(db):
    """Null panels, one query for each method: rejections at 5 % within four standard errors of it."""
    runs = 300
    expected = 0.05
    slack = 4 * (expected * (1 - expected) / runs) ** 0.5
    rejected = {"two-way": 0, "overall": 0, "median": 0}
    for _ in range(runs):
        data = panel(60, 6, missing=0, effect=0)
        load(db, "p", "unit text, period int, outcome float8, treatment bool, first_treated int, region text", data)
        rejected["two-way"] += rows(db, "SELECT p_value FROM mlops.difference_in_differences('SELECT unit, period, outcome, treatment FROM p')")[0]["p_value"] < 0.05
        rejected["overall"] += rows(db, "SELECT p_value FROM mlops.staggered_effects('SELECT unit, period, outcome, first_treated FROM p') WHERE kind = 'overall'")[0]["p_value"] < 0.05
        rejected["median"] += rows(db, "SELECT p_value FROM mlops.quantile_effect('SELECT outcome AS value, mod(substr(unit, 2)::int, 2) = 0 AS treatment, unit FROM p')")[0]["p_value"] < 0.05
    for name, n in rejected.items():
        ok(n / runs <= expected + slack, f"{name}: {n} of {runs} null panels rejected at 5 %", n / runs)


with psycopg.connect("", autocommit=True) as connection:
    connection.execute("CREATE EXTENSION IF NOT EXISTS mlops")
    check_did(connection)
    check_staggered(connection, check_panel(connection))
    check_quantiles(connection)
    check_bikes(connection)
    coverage(connection)
print(f"1..{tests}")
raise SystemExit(failures > 0)
