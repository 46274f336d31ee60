#!/usr/bin/env python3
"""Bandits, paired comparisons, off-policy value, uplift and interleaving against NumPy, SciPy and plain Python.

Row by row from the definitions: posterior chances by a fine grid, the paired t test, importance weights, uplift and Qini curves on
hillstrom, the sign test, the team draft.  Runs against the server that PGHOST/PGPORT/PGUSER name; MLOPS_DATA is the folder with the
file.  Prints TAP.
"""
import csv
import gzip
import os
import sys

import numpy as np
import psycopg
from scipy import integrate, optimize, stats
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

DATA = os.environ.get("MLOPS_DATA", "../shared/data")
SEED = 20261121
tests = failures = 0
rng = np.random.default_rng(SEED)
print(f"# seed {SEED}")


def ok(condition, name, detail=""):
    global tests, failures
    tests += 1
    failures += not condition
    print(("ok" if condition else "not ok"), tests, "-", name)
    if not condition and str(detail) != "":
        print("#", str(detail)[:1000].replace("\n", "\n# "))


def skip(name, why):
    global tests
    tests += 1
    print(f"ok {tests} - {name} # SKIP {why}")


def close(got, want, tol=1e-9):
    got, want = np.asarray(got, float), np.asarray(want, float)
    return bool(np.all(np.abs(got - want) <= tol * np.maximum(np.abs(want), 1e-3)))


with psycopg.connect("dbname=postgres", autocommit=True) as admin:
    admin.execute("DROP DATABASE IF EXISTS mlops_verify_policy")
    admin.execute("CREATE DATABASE mlops_verify_policy")
db = psycopg.connect("dbname=mlops_verify_policy", autocommit=True)
db.execute("CREATE EXTENSION mlops")


def one(query, *args):
    return db.execute(query, args).fetchone()


# --- chances of arms ----------------------------------------------------------
for k in (2, 3, 6):
    m, s = rng.normal(0, 1, k), rng.uniform(.2, 2, k)
    for higher in (True, False):
        rows = db.execute("SELECT chance_best, chance_second, expected_loss FROM mlops.thompson_weights(%s, %s, higher_is_better => %s) ORDER BY arm", (m.tolist(), s.tolist(), higher)).fetchall()
        sign = 1 if higher else -1
        best, expected_max = [], 0
        for i in range(k):
            others = [j for j in range(k) if j != i]
            f = lambda x: stats.norm.pdf(x, sign * m[i], s[i]) * np.prod([stats.norm.cdf(x, sign * m[j], s[j]) for j in others])
            best.append(integrate.quad(f, sign * m[i] - 12 * s[i], sign * m[i] + 12 * s[i], epsabs=1e-13, epsrel=1e-12, limit=500)[0])
            expected_max += integrate.quad(lambda x: x * f(x), sign * m[i] - 12 * s[i], sign * m[i] + 12 * s[i], epsabs=1e-13, epsrel=1e-12, limit=500)[0]
        ok(close([r[0] for r in rows], best), f"{k} normal arms, {'higher' if higher else 'lower'} is better: P(best) is SciPy's")
        ok(close([r[2] for r in rows], expected_max - sign * m, 1e-8), f"{k} normal arms: expected losses are those of the expected maximum")
draws = rng.beta([[3, 8, 6]], [[40, 70, 70]], (400000, 3))
order = np.argsort(-draws, axis=1)
rows = db.execute("SELECT chance_best, chance_second FROM mlops.thompson_weights_proportion(ARRAY[2, 7, 5], ARRAY[41, 76, 74]) ORDER BY arm").fetchall()
for place, name in ((0, "best"), (1, "second best")):
    got = np.array([r[place] for r in rows])
    drawn = np.bincount(order[:, place], minlength=3) / len(draws)
    ok(np.all(np.abs(got - drawn) < 5 * np.sqrt(.25 / len(draws))), f"three proportions: P({name}) is that of 400,000 draws", (got, drawn))

# --- paired -------------------------------------------------------------------
champion = rng.gamma(2, 1, 3000)
challenger = champion * .98 + rng.normal(0, .15, 3000)
db.execute("CREATE TABLE shadow (challenger float8, champion float8)")
with db.cursor().copy("COPY shadow FROM STDIN") as c:
    for row in zip(challenger, champion):
        c.write_row([float(x) for x in row])
STATE = "(SELECT mlops.moments(challenger, champion) m FROM shadow) s"
want = stats.ttest_rel(challenger, champion)
interval = want.confidence_interval(.95)
ok(close(one(f"SELECT (c).statistic, (c).p_value, (c).df, (c).lower, (c).upper FROM (SELECT mlops.compare_paired(m) c FROM {STATE}) s"), [want.statistic, want.pvalue, want.df, interval.low, interval.high]), "paired t: SciPy's ttest_rel")
for alternative in ("greater", "less"):
    want = stats.ttest_rel(challenger, champion, alternative=alternative)
    ok(close(one(f"SELECT (c).p_value, (c).ln_p_value FROM (SELECT mlops.compare_paired(m, alternative => %s) c FROM {STATE}) s", alternative), [want.pvalue, np.log(want.pvalue)]), f"paired t, {alternative}: SciPy's")


def contrast(rho):
    d = challenger - rho * champion
    return d.mean() / (d.std(ddof=1) / np.sqrt(len(d)))


t = stats.t.isf(.025, 2999)
limits = [optimize.brentq(lambda r: contrast(r) - s * t, .9, 1.1, xtol=1e-14) - 1 for s in (1, -1)]
ok(close(one(f"SELECT (c).lower, (c).upper, (c).estimate FROM (SELECT mlops.compare_paired(m, effect => 'relative', relative_method => 'fieller') c FROM {STATE}) s"), [*limits, challenger.mean() / champion.mean() - 1]), "relative effect: Fieller's limits are the roots of the contrast")
ok(close(one(f"SELECT (c).statistic, (c).p_value FROM (SELECT mlops.compare_paired(m, effect => 'relative', hypothesis => 'non-inferiority', margin => .01, higher_is_better => false) c FROM {STATE}) s"), [contrast(1.01), stats.t.cdf(contrast(1.01), 2999)]), "non-inferiority of a loss: contrast with 1.01 champion")

# --- off-policy ---------------------------------------------------------------
# actions 0..2, the logged policy depends on x; the new one prefers action 2; rewards have known means
n = 20000
x = rng.uniform(0, 1, n)
e = np.stack([.6 - .3 * x, .3 + 0 * x, .1 + .3 * x], axis=1)
a = (rng.uniform(0, 1, n)[:, None] > np.cumsum(e, axis=1)).sum(axis=1)
pi = np.tile([.1, .2, .7], (n, 1))
q = np.stack([.2 + .1 * x, .3 + 0 * x, .25 + .4 * x], axis=1)
r = (rng.uniform(0, 1, n) < q[np.arange(n), a]).astype(float)
w = pi[np.arange(n), a] / e[np.arange(n), a]
model = q + .05                     # a model that is wrong by a constant
policy_value, action_value = (pi * model).sum(axis=1), model[np.arange(n), a]
db.execute("CREATE TABLE log (reward float8, probability float8, propensity float8, policy_value float8, action_value float8)")
with db.cursor().copy("COPY log FROM STDIN") as c:
    for row in zip(r, pi[np.arange(n), a], e[np.arange(n), a], policy_value, action_value):
        c.write_row([float(v) for v in row])
truth = float((pi * q).sum(axis=1).mean())
for cap in (None, 1.5):
    u = np.minimum(w, cap or np.inf)
    snips = (u * r).sum() / u.sum()
    values = {"ips": (u * r, (u * r).mean()), "snips": (snips + u * (r - snips) / u.mean(), snips), "dr": (policy_value + u * (r - action_value), (policy_value + u * (r - action_value)).mean())}
    state = "(SELECT mlops.off_policy(reward, probability, propensity, policy_value, action_value, %s) m FROM log) s"
    for method, (rows, value) in values.items():
        se = rows.std(ddof=1) / np.sqrt(n)
        got = one(f"SELECT value, standard_error, lower, upper, effective_sample_size, mean_weight, n_capped FROM {state}, LATERAL mlops.off_policy_value(m, %s)", cap, method)
        half = stats.t.isf(.025, n - 1) * se
        ok(close(got, [value, se, value - half, value + half, u.sum() ** 2 / (u ** 2).sum(), u.mean(), (w > (cap or np.inf)).sum()]), f"{method}, cap {cap}: NumPy row by row", (got, value, se))
        d = rows - r
        ok(close(one(f"SELECT (c).estimate, (c).standard_error FROM (SELECT mlops.compare_off_policy(m, %s) c FROM {state}) s", method, cap), [value - r.mean(), d.std(ddof=1) / np.sqrt(n)]), f"{method}, cap {cap}: difference to the log")
        if cap is None:
            ok(got[2] < truth < got[3], f"{method}: the interval {got[2]:.4f} .. {got[3]:.4f} holds the true value {truth:.4f}")

# coverage: 400 logs of 500 rows; the value is known
covered = {"ips": 0, "snips": 0, "dr": 0}
runs = 400
db.execute("CREATE TABLE logs (run int, reward float8, probability float8, propensity float8, policy_value float8, action_value float8)")
with db.cursor().copy("COPY logs FROM STDIN") as c:
    for run in range(runs):
        a = (rng.uniform(0, 1, 500) > np.array([.5, .8])[:, None]).sum(axis=0)
        reward = (rng.uniform(0, 1, 500) < np.array([.2, .3, .5])[a])
        for i, v in zip(a, reward):
            c.write_row([run, float(v), [.1, .2, .7][i], [.5, .3, .2][i], .35, [.1, .3, .4][i]])
for method in covered:
    rate = float(one("SELECT avg((.43 BETWEEN lower AND upper)::int) FROM (SELECT mlops.off_policy(reward, probability, propensity, policy_value, action_value) m FROM logs GROUP BY run) s, LATERAL mlops.off_policy_value(m, %s)", method)[0])
    ok(abs(rate - .95) < 4 * np.sqrt(.05 * .95 / runs) + .01, f"{method}: 95 % intervals of {runs} logs of 500 rows hold the value in {100 * rate:.1f} %")

# --- uplift on hillstrom --------------------------------------------------------


def welch(yt, yc):
    """95 % interval by statsmodels; None where there is none."""
    if min(len(yt), len(yc)) < 2 or yt.std() + yc.std() == 0:
        return None
    return CompareMeans(DescrStatsW(yt), DescrStatsW(yc)).tconfint_diff(.05, usevar="unequal")


def uplift(score, treated, y):
    """Curve points by the definitions, one unit group at a time."""
    points, area, qini_area, last = [], 0, 0, (0, 0, 0)
    total, treated_total = len(y), treated.sum()
    for s in np.unique(score)[::-1]:
        chosen = score >= s
        yt, yc = y[chosen & treated], y[chosen & ~treated]
        if len(yt) == 0 or len(yc) == 0:
            continue
        lift = yt.mean() - yc.mean()
        point = (chosen.sum() / total, lift * chosen.sum() / total, (yt.sum() - yc.sum() * len(yt) / len(yc)) / treated_total)
        area += (point[0] - last[0]) * (point[1] + last[1]) / 2
        qini_area += (point[0] - last[0]) * (point[2] + last[2]) / 2
        points.append((s, *point, lift, len(yc), len(yt), welch(yt, yc)))
        last = point
    return points, last[1], area, qini_area - last[2] / 2


path = os.path.join(DATA, "hillstrom.csv.gz")
if not os.path.exists(path):
    skip("uplift on hillstrom", f"{path} is not there")
else:
    with gzip.open(path, "rt", newline="") as f:
        rows = [r for r in csv.DictReader(f) if r["segment"] != "Mens E-Mail"]
    db.execute("CREATE TABLE mail (score float8, treated boolean, visit float8, spend float8)")
    with db.cursor().copy("COPY mail FROM STDIN") as c:
        for r in rows:
            c.write_row([float(r["history"]) // 50, r["segment"] == "Womens E-Mail", float(r["visit"]), float(r["spend"])])
    score = np.array([float(r["history"]) // 50 for r in rows])
    treated = np.array([r["segment"] == "Womens E-Mail" for r in rows])
    for outcome in ("visit", "spend"):
        y = np.array([float(r[outcome]) for r in rows])
        points, total, auuc, qini = uplift(score, treated, y)
        arrays = f"""(SELECT array_agg(score) s, array_agg(c) c, array_agg(t) t FROM (SELECT score, mlops.moments({outcome}) FILTER (WHERE NOT treated) c, mlops.moments({outcome}) FILTER (WHERE treated) t
            FROM mail GROUP BY score) g) a"""
        got = one(f"SELECT u.uplift, u.auuc, u.qini, u.n_control, u.n_treatment FROM {arrays}, LATERAL mlops.uplift_summary(s, c, t) u")
        ok(close(got, [total, auuc, qini, (~treated).sum(), treated.sum()]), f"{outcome} by history: uplift {total:.5f}, AUUC {auuc:.5f}, Qini {qini:.6f} as in Python", (got, total, auuc, qini))
        curve = db.execute(f"SELECT score, share, gain, qini, uplift, n_control, n_treatment, lower, upper FROM {arrays}, LATERAL mlops.uplift_curve(s, c, t) u WHERE uplift IS NOT NULL").fetchall()
        ok(len(curve) == len(points) and all(close(g[:7], p[:7]) for g, p in zip(curve, points)), f"{outcome}: {len(curve)} points of the curve")
        # SciPy 1.10's quantile of t is 4e-9 off at 40 df, where mpmath agrees with ours
        ok(all(p[7] is None or close(g[7:], p[7], 1e-7) for g, p in zip(curve, points)), f"{outcome}: their Welch intervals are those of statsmodels", [(g, p) for g, p in zip(curve, points) if p[7] and not close(g[7:], p[7], 1e-7)])

# --- interleaving ---------------------------------------------------------------
for a, b in ((3, 11), (40, 25), (0, 6), (700, 640)):
    for alternative in ("two-sided", "greater", "less"):
        want = stats.binomtest(b, a + b, .5, alternative=alternative)
        limits = want.proportion_ci(.95, "exact")
        ok(close(one("SELECT p_value, lower, upper FROM mlops.interleaving_test(%s, %s, alternative => %s)", a, b, alternative), [want.pvalue, 2 * limits.low - 1, 2 * limits.high - 1]), f"sign test {a} : {b}, {alternative}: SciPy's binomtest")
MASK = (1 << 64) - 1


def mix64(v):
    v ^= v >> 30
    v = v * 0xbf58476d1ce4e5b9 & MASK
    v ^= v >> 27
    v = v * 0x94d049bb133111eb & MASK
    return v ^ v >> 31


def team_draft(a, b, seed):
    out, sizes = [], [0, 0]
    while True:
        left = [[i for i in ranking if i not in {o[0] for o in out}] for ranking in (a, b)]
        if not left[0] or not left[1]:
            return out
        team = mix64((seed + (len(out) + 1) * 0x9e3779b97f4a7c15) & MASK) >> 63 if sizes[0] == sizes[1] else int(sizes[0] > sizes[1])
        out.append((left[team][0], "ab"[team]))
        sizes[team] += 1


same = 0
for seed in range(-50, 50):
    a, b = rng.permutation(20)[:15], rng.permutation(20)[:15]
    a, b = [str(i) for i in a], [str(i) for i in b]
    same += db.execute("SELECT item, team FROM mlops.team_draft(%s, %s, %s) ORDER BY place", (a, b, seed)).fetchall() == team_draft(a, b, seed & MASK)
ok(same == 100, "team draft: 100 drafts are those of the Python version", same)

db.close()
with psycopg.connect("dbname=postgres", autocommit=True) as admin:
    admin.execute("DROP DATABASE mlops_verify_policy")
print(f"1..{tests}")
sys.exit(1 if failures else 0)
