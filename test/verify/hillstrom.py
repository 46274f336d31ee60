#!/usr/bin/env python3
"""An e-mail experiment on real rows: hillstrom.csv.gz, 64 000 customers in three arms.

visit and conversion are proportions, spend is a mean; history (spend of the year before), recency and newbie
are from before the exposure. compare() from one state per arm against SciPy, statsmodels and
NumPy over the rows, at 1e-9.

Runs against the server that PGHOST/PGPORT/PGUSER name; MLOPS_DATA is the folder with the file.  Prints TAP.
"""
import csv
import gzip
import os
import sys

DATA = os.path.join(os.environ.get("MLOPS_DATA", "../shared/data"), "hillstrom.csv.gz")
if not os.path.exists(DATA):
    print("1..0 # SKIP hillstrom.csv.gz is not there (set MLOPS_DATA)")
    sys.exit(0)

import numpy as np
import psycopg
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest, test_proportions_2indep
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW, ttost_ind

ARMS = {"none": "No E-Mail", "mens": "Mens E-Mail", "womens": "Womens E-Mail"}
COLUMNS = ["recency", "history", "newbie", "visit", "conversion", "spend"]
tests = failures = 0


def ok(condition, name, detail=""):
    global tests, failures
    tests += 1
    failures += not condition
    print(("ok" if condition else "not ok"), tests, "-", name)
    if not condition and detail != "":
        print("#", str(detail)[:2000].replace("\n", "\n# "))


def same(name, row, expected, tolerance=1e-9):
    """relative to the size, or to the standard error for what may be near 0"""
    bad = {}
    for k, v in expected.items():
        size = max(abs(v), row["standard_error"] or 0) if k in ("estimate", "lower", "upper") else abs(v)
        if not (row[k] == v or (row[k] is not None and abs(row[k] - v) <= tolerance * size)):
            bad[k] = (row[k], float(v))
    ok(not bad, name, bad)


def compare(treatment, of, arguments=""):
    """of: expressions of the moments"""
    with db.cursor(row_factory=psycopg.rows.dict_row) as c:
        return c.execute(f"""SELECT (mlops.compare(c, t{arguments and ', ' + arguments})).* FROM (
            SELECT mlops.moments({of}) FILTER (WHERE segment = 'No E-Mail') AS c,
                   mlops.moments({of}) FILTER (WHERE segment = '{ARMS[treatment]}') AS t FROM hillstrom) s""").fetchone()


def t_answer(estimate, variance, df):
    se = np.sqrt(variance)
    half = stats.t.isf(0.025, df) * se
    return {"estimate": estimate, "standard_error": se, "df": df, "statistic": estimate / se,
            "p_value": 2 * stats.t.sf(abs(estimate / se), df), "lower": estimate - half, "upper": estimate + half}


def welch(parts):
    """parts: (variance, degrees of freedom)"""
    v = sum(p[0] for p in parts)
    return v, v * v / sum(p[0] ** 2 / p[1] for p in parts)


def cuped(c, t, kc, kt):
    """of outcomes c, t with covariates kc, kt: regression with an arm's dummy, variances of each arm"""
    y, n = np.concatenate([c, t]), len(c) + len(t)
    x = np.vstack([kc, kt])
    w = np.repeat([0.0, 1.0], [len(c), len(t)])
    fit = sm.OLS(y, np.column_stack([np.ones(n), w, x])).fit()
    k = x.shape[1]
    residual = [fit.resid[w == a] for a in (0, 1)]
    d = kt.mean(axis=0) - kc.mean(axis=0)
    s = sum((m - m.mean(axis=0)).T @ (m - m.mean(axis=0)) for m in (kc, kt))
    shrink = (n - 2 - k) / (n - 2)
    factor = (1 + d @ np.linalg.solve(s, d) / (1 / len(c) + 1 / len(t))) / shrink
    v, df = welch([(r.var(ddof=1) * factor / len(r), (len(r) - 1) * shrink) for r in residual])
    return t_answer(fit.params[1], v, df)


def linear(y, d):
    r = y.mean() / d.mean()
    return r, (y - r * d) / d.mean()


db = psycopg.connect("", autocommit=True)
db.execute("CREATE EXTENSION IF NOT EXISTS mlops")
with gzip.open(DATA, "rt") as f:
    data = list(csv.DictReader(f))
db.execute("DROP TABLE IF EXISTS hillstrom")
db.execute("CREATE TABLE hillstrom (customer int, segment text, channel text, " + ", ".join(f"{c} float8" for c in COLUMNS) + ")")
with db.cursor() as c, c.copy("COPY hillstrom FROM STDIN") as copy:
    for r in data:
        copy.write_row([r["customer_no"], r["segment"], r["channel"]] + [r[k] for k in COLUMNS])
db.execute("ANALYZE hillstrom")
arm = {a: {k: np.array([float(r[k]) for r in data if r["segment"] == s]) for k in COLUMNS} for a, s in ARMS.items()}
channel = {a: np.array([r["channel"] for r in data if r["segment"] == s]) for a, s in ARMS.items()}
control = arm["none"]
ok(len(data) == 64000, "all rows are read", len(data))

p_values = []
for a in ("mens", "womens"):
    t = arm[a]
    # --- means -------------------------------------------------------------
    want = stats.ttest_ind(t["spend"], control["spend"], equal_var=False)
    means = CompareMeans(DescrStatsW(t["spend"]), DescrStatsW(control["spend"]))
    low, high = means.tconfint_diff(usevar="unequal")
    row = compare(a, "spend")
    p_values.append(row["p_value"])
    same(f"{a}: spend against SciPy and statsmodels, Welch's test", row, {"statistic": want.statistic, "p_value": want.pvalue, "df": means.dof_satt(),
         "lower": low, "upper": high, "estimate": t["spend"].mean() - control["spend"].mean()})
    same(f"{a}: spend, one-sided", compare(a, "spend", "alternative => 'greater'"), {
        "p_value": stats.ttest_ind(t["spend"], control["spend"], equal_var=False, alternative="greater").pvalue,
        "lower": means.tconfint_diff(usevar="unequal", alternative="larger")[0], "upper": np.inf})
    p, low, high = ttost_ind(t["spend"], control["spend"], -1, 1, usevar="unequal")
    same(f"{a}: spend, equivalence against statsmodels", compare(a, "spend", "hypothesis => 'equivalence', margin => 1"), {"p_value": p})

    # --- proportions --------------------------------------------------------
    for metric in ("visit", "conversion"):
        x, n = [t[metric].sum(), control[metric].sum()], [len(t[metric]), len(control[metric])]
        z, p = proportions_ztest(x, n)
        low, high = confint_proportions_2indep(x[0], n[0], x[1], n[1], method="newcomb")
        row = compare(a, metric, "metric => 'proportion'")
        p_values.append(row["p_value"])
        same(f"{a}: {metric} against statsmodels, pooled z and Newcombe", row, {"statistic": z, "p_value": p, "lower": low, "upper": high})
        want = test_proportions_2indep(x[0], n[0], x[1], n[1], value=0.9, compare="ratio", method="score", alternative="larger", correction=False)
        same(f"{a}: {metric}, non-inferior by 10 % against statsmodels", compare(
            a, metric, "metric => 'proportion', effect => 'relative', hypothesis => 'non-inferiority', margin => 0.1"),
            {"statistic": want.statistic, "p_value": want.pvalue})
        # statsmodels' search ends at 1e-8
        low, high = confint_proportions_2indep(x[0], n[0], x[1], n[1], compare="ratio", method="score", correction=False)
        same(f"{a}: {metric}, relative, score interval of the ratio", compare(a, metric, "metric => 'proportion', effect => 'relative'"),
             {"lower": low - 1, "upper": high - 1}, 1e-6)

    # --- covariates ---------------------------------------------------------
    one = lambda g: g["history"][:, None]
    three = lambda g: np.column_stack([g["history"], g["recency"], g["newbie"]])
    same(f"{a}: spend with history, against regression", compare(a, "spend, history"), cuped(control["spend"], t["spend"], one(control), one(t)))
    same(f"{a}: spend with three covariates", compare(a, "spend, history, recency, newbie"),
         cuped(control["spend"], t["spend"], three(control), three(t)))
    same(f"{a}: visit with history", compare(a, "visit, history", "metric => 'proportion'"), cuped(control["visit"], t["visit"], one(control), one(t)))
    both = [np.concatenate([control[k], t[k]]) for k in ("spend", "history")]
    theta = np.cov(both)[0, 1] / both[1].var(ddof=1)
    adjusted = [g["spend"] - theta * g["history"] for g in (control, t)]
    same(f"{a}: GrowthBook's theta", compare(a, "spend, history", "theta => 'pooled'"),
         t_answer(adjusted[1].mean() - adjusted[0].mean(), *welch([(v.var(ddof=1) / len(v), len(v) - 1) for v in adjusted])))
    # its relative effect: of the unadjusted control, delta method
    base, k = control["spend"].mean(), t["spend"].mean() / control["spend"].mean()
    v = adjusted[1].var(ddof=1) / len(adjusted[1]) + (k * control["spend"] - theta * control["history"]).var(ddof=1) / len(adjusted[0])
    _, df = welch([(x.var(ddof=1) / len(x), len(x) - 1) for x in adjusted])
    same(f"{a}: GrowthBook's relative effect with covariate", compare(a, "spend, history", "theta => 'pooled', effect => 'relative', relative_method => 'delta'"),
         t_answer((adjusted[1].mean() - adjusted[0].mean()) / base, v / base ** 2, df))

    # --- ratios, relative effects -------------------------------------------
    (rc, lc), (rt, lt) = linear(control["spend"], control["visit"]), linear(t["spend"], t["visit"])
    vc, vt = lc.var(ddof=1) / len(lc), lt.var(ddof=1) / len(lt)
    same(f"{a}: spend per visit, delta method", compare(a, "spend, visit", "metric => 'ratio'"),
         t_answer(rt - rc, *welch([(vc, len(lc) - 1), (vt, len(lt) - 1)])))
    same(f"{a}: spend per visit with history per month since the last purchase", compare(a, "spend, visit, history, recency", "metric => 'ratio'"),
         cuped(rc + lc, rt + lt, *[sum(linear(g["history"], g["recency"]))[:, None] for g in (control, t)]))
    v, df = welch([(vt / rt ** 2, len(lt) - 1), (vc / rc ** 2, len(lc) - 1)])
    half = stats.t.isf(0.025, df) * np.sqrt(v)
    same(f"{a}: spend per visit, log-ratio", compare(a, "spend, visit", "metric => 'ratio', effect => 'relative'"),
         {"estimate": rt / rc - 1, "lower": rt / rc * np.exp(-half) - 1, "upper": rt / rc * np.exp(half) - 1, "df": df,
          "p_value": 2 * stats.t.sf(abs(np.log(rt / rc)) / np.sqrt(v), df)})
    crit = stats.t.isf(0.025, welch([(vc, len(lc) - 1), (vt, len(lt) - 1)])[1])
    g = crit ** 2 * vc / rc ** 2
    half = crit / rc * np.sqrt((1 - g) * vt + (rt / rc) ** 2 * vc)
    same(f"{a}: spend per visit, Fieller", compare(a, "spend, visit", "metric => 'ratio', effect => 'relative', relative_method => 'fieller'"),
         {"lower": (rt / rc - half) / (1 - g) - 1, "upper": (rt / rc + half) / (1 - g) - 1})

    # --- strata -------------------------------------------------------------
    cells, total = [], len(t["spend"]) + len(control["spend"])
    for name in sorted(set(channel["none"])):
        u, v = control["spend"][channel["none"] == name], t["spend"][channel[a] == name]
        cells.append(((len(u) + len(v)) / total, u, v))
    effect = sum(w * (v.mean() - u.mean()) for w, u, v in cells)
    parts = [(w * w * x.var(ddof=1) / len(x), len(x) - 1) for w, u, v in cells for x in (u, v)]
    shares = sum(w * (v.mean() - u.mean() - effect) ** 2 for w, u, v in cells) / total
    with db.cursor(row_factory=psycopg.rows.dict_row) as c:
        row = c.execute(f"""SELECT (mlops.compare(array_agg(c), array_agg(t))).* FROM (
            SELECT mlops.moments(spend) FILTER (WHERE segment = 'No E-Mail') AS c, mlops.moments(spend) FILTER (WHERE segment = '{ARMS[a]}') AS t
            FROM hillstrom GROUP BY channel) s""").fetchone()
    same(f"{a}: spend, post-stratified by channel", row, t_answer(effect, *welch(parts + [(shares, total - 1)])))

    # ratios of sums over the strata; covariates with coefficients of each stratum
    def by_channel(of, arguments=""):
        with db.cursor(row_factory=psycopg.rows.dict_row) as c:
            return c.execute(f"""SELECT (mlops.compare(array_agg(c), array_agg(t){arguments})).* FROM (
                SELECT mlops.moments({of}) FILTER (WHERE segment = 'No E-Mail') AS c, mlops.moments({of}) FILTER (WHERE segment = '{ARMS[a]}') AS t
                FROM hillstrom GROUP BY channel) s""").fetchone()

    names = sorted(set(channel["none"]))
    pick = {(g, n): {k: v[channel[g] == n] for k, v in arm[g].items()} for g in ("none", a) for n in names}
    weight = {n: (len(pick["none", n]["spend"]) + len(pick[a, n]["spend"])) / total for n in names}
    lines, levels = {}, {}
    for g in ("none", a):
        top, bottom = (sum(weight[n] * pick[g, n][k].mean() for n in names) for k in ("spend", "visit"))
        levels[g] = top / bottom
        for n in names:
            lines[g, n] = top / bottom + (pick[g, n]["spend"] - top / bottom * pick[g, n]["visit"]) / bottom
    effect = levels[a] - levels["none"]
    parts = [(weight[n] ** 2 * lines[g, n].var(ddof=1) / len(lines[g, n]), len(lines[g, n]) - 1) for g in ("none", a) for n in names]
    shares = sum(weight[n] * (lines[a, n].mean() - lines["none", n].mean() - effect) ** 2 for n in names) / total
    same(f"{a}: spend per visit, post-stratified", by_channel("spend, visit", ", metric => 'ratio'"), t_answer(effect, *welch(parts + [(shares, total - 1)])))
    effects = {n: cuped(pick["none", n]["spend"], pick[a, n]["spend"], one(pick["none", n]), one(pick[a, n])) for n in names}
    effect = sum(weight[n] * effects[n]["estimate"] for n in names)
    known = sum(weight[n] ** 2 * effects[n]["standard_error"] ** 2 for n in names)
    shares = sum(weight[n] * (effects[n]["estimate"] - effect) ** 2 for n in names) / total
    same(f"{a}: spend with history, post-stratified", by_channel("spend, history"), {"estimate": effect, "standard_error": np.sqrt(known + shares)})

# --- corrected p-values ----------------------------------------------------------
for ours, theirs in (("holm", "holm"), ("bh", "fdr_bh")):
    got = db.execute("SELECT mlops.adjust_p(%s, %s)", (p_values, ours)).fetchone()[0]
    want = multipletests(p_values, method=theirs)[1]
    ok(np.allclose(got, want, rtol=1e-9, atol=0), f"six p-values corrected: {ours}", (got, want))

# --- one state: merged, parallel, late correction -----------------------------------
def state(sql):
    return np.array(db.execute(f"SELECT mlops.variance(m, 1), mlops.variance(m, 2), mlops.covariance(m, 1, 4), mlops.mean(m, 3), mlops.moment_count(m) FROM ({sql}) s").fetchone(), float)


four = "mlops.moments(spend, visit, history, recency)"
single = state(f"SELECT {four} AS m FROM hillstrom")
ok(np.allclose(single, [np.concatenate([g["spend"] for g in arm.values()]).var(ddof=1), np.concatenate([g["visit"] for g in arm.values()]).var(ddof=1),
                        np.cov(np.concatenate([g["spend"] for g in arm.values()]), np.concatenate([g["recency"] for g in arm.values()]))[0, 1],
                        np.concatenate([g["history"] for g in arm.values()]).mean(), 64000], rtol=1e-11), "one state of four variables against NumPy", single)
merged = state(f"SELECT mlops.merge(m) AS m FROM (SELECT {four} AS m FROM hillstrom GROUP BY customer %% 997) c".replace("%%", "%"))
ok(np.allclose(merged, single, rtol=1e-12, atol=0), "997 parts merged are the single pass", merged - single)
db.execute("SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 3")
plan = "\n".join(r[0] for r in db.execute(f"EXPLAIN SELECT {four} FROM hillstrom").fetchall())
ok("Partial Aggregate" in plan and "Gather" in plan, "the aggregate runs in parallel", plan)
parallel = state(f"SELECT {four} AS m FROM hillstrom")
ok(np.allclose(parallel, single, rtol=1e-12, atol=0), "a parallel plan is the single pass", parallel - single)
left = state(f"SELECT mlops.subtract((SELECT {four} FROM hillstrom), (SELECT {four} FROM hillstrom WHERE customer % 10 = 3)) AS m")
without = state(f"SELECT {four} AS m FROM hillstrom WHERE customer % 10 <> 3")
ok(np.allclose(left, without, rtol=1e-12, atol=0), "a tenth subtracted is the rest", left - without)

print(f"1..{tests}")
sys.exit(1 if failures else 0)
