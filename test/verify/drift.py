#!/usr/bin/env python3
"""Drift functions against SciPy on random histograms, and how often drift()
raises a false alarm when nothing changed.

Runs against the server that PGHOST/PGPORT/PGUSER name.  Prints TAP.
"""
import os
import sys

import numpy as np
import psycopg
from scipy import stats
from scipy.spatial.distance import jensenshannon

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "reference"))
import sparse  # noqa: E402

SEED = 20260102
rng = np.random.default_rng(SEED)
tests = failures = 0


def ok(condition, name, detail=""):
    global tests, failures
    tests += 1
    failures += not condition
    print(("ok" if condition else "not ok"), tests, "-", name)
    if not condition and detail != "":
        print("#", str(detail)[:2000].replace("\n", "\n# "))


def text(counts, numeric):
    """Counts end with unseen and NULL."""
    k = len(counts) - 2
    bins = "numeric(%s)" % ", ".join(str(i) for i in range(1, k)) if numeric else \
        "categorical(%s)" % ", ".join('"v%d"' % i for i in range(k))
    return "%s counts (%s) null %d unseen %d" % (bins, ", ".join(str(int(c)) for c in counts[:-2]), counts[-1], counts[-2])


def shares(c, a=0.0):
    c = np.asarray(c, float) + a
    return c / c.sum()


def expected(r, c):
    used = (r + c) > 0
    r, c = r[used], c[used]
    p, q = shares(r), shares(c)
    ps, qs = shares(r, .5), shares(c, .5)
    kl = stats.entropy(ps, qs)
    out = {"psi": kl + stats.entropy(qs, ps), "kl_divergence": kl,
           "js_distance": jensenshannon(p, q, base=2), "js_divergence": jensenshannon(p, q, base=2) ** 2,
           "hellinger_distance": np.linalg.norm(np.sqrt(p) - np.sqrt(q)) / np.sqrt(2),
           "total_variation_distance": np.abs(p - q).sum() / 2, "linf_distance": np.abs(p - q).max()}
    for name, lam in (("chi2_test", None), ("g_test", "log-likelihood")):
        statistic = stats.chi2_contingency([r, c], correction=False, lambda_=lam)[0]
        out[name] = statistic, sparse.tail(statistic, r, c, lam is not None)[0]
    return out


def random_pair():
    k = int(rng.integers(2, 40))
    p = rng.dirichlet(np.full(k + 2, rng.choice([.3, 1, 5])))
    q = rng.dirichlet(np.full(k + 2, 1.0))
    w = rng.choice([0, .05, .3, 1])
    n, m = (int(10 ** rng.uniform(1.3, 6)) for _ in range(2))
    return rng.multinomial(n, p), rng.multinomial(m, (1 - w) * p + w * q)


with psycopg.connect("dbname=postgres", autocommit=True) as admin:
    admin.execute("DROP DATABASE IF EXISTS mlops_verify_drift")
    admin.execute("CREATE DATABASE mlops_verify_drift")
db = psycopg.connect("dbname=mlops_verify_drift", autocommit=True)
db.execute("CREATE EXTENSION mlops")

# --- distances and tests ------------------------------------------------------
worst = {}
for _ in range(300):
    r, c = random_pair()
    want = expected(r, c)
    got = db.execute("""SELECT mlops.psi(r, c), mlops.kl_divergence(r, c), mlops.js_distance(r, c), mlops.js_divergence(r, c),
            mlops.hellinger_distance(r, c), mlops.total_variation_distance(r, c), mlops.linf_distance(r, c),
            (x).statistic, (x).p_value, (g).statistic, (g).p_value
        FROM (SELECT r, c, mlops.chi2_test(r, c) x, mlops.g_test(r, c) g
              FROM (SELECT %s::mlops.histogram, %s::mlops.histogram) a(r, c) OFFSET 0) b""",
                     (text(r, False), text(c, False))).fetchone()
    names = "psi kl_divergence js_distance js_divergence hellinger_distance total_variation_distance linf_distance".split()
    pairs = [(n, g, want[n]) for n, g in zip(names, got)]
    pairs += [("chi2 statistic", got[7], want["chi2_test"][0]), ("chi2 p", got[8], want["chi2_test"][1]),
              ("g statistic", got[9], want["g_test"][0]), ("g p", got[10], want["g_test"][1])]
    for name, g, w in pairs:
        # SciPy's p-values below 1e-200 are compared in kernel tests, by logarithm
        if name.endswith(" p") and w < 1e-200:
            continue
        # SciPy loses digits by cancellation when the distance is near 0
        error = abs(g - w) / (abs(w) + 1e-6)
        worst[name] = max(worst.get(name, 0), error)
for name, error in sorted(worst.items()):
    ok(error < 1e-9, "%s agrees with SciPy on 300 random pairs, worst %.1e" % (name, error))

worst_ks = 0
for _ in range(60):
    r, c = random_pair()
    f, g = np.cumsum(shares(r)), np.cumsum(shares(c))
    d, ln_p, n, m = db.execute("SELECT (t).statistic, (t).ln_p_value, (t).n_reference, (t).n_current FROM (SELECT mlops.ks_test(%s, %s::mlops.histogram)) s(t)",
                               (text(r, True), text(c, True))).fetchone()
    worst_ks = max(worst_ks, abs(d - np.abs(f - g).max()))
ok(worst_ks < 1e-12, "KS distance is the largest difference of the cumulative shares, worst %.1e" % worst_ks)

# --- critical values ------------------------------------------------------------
scale = {"psi": 1, "kl_divergence": .5, "js_distance": 1 / (8 * np.log(2)), "hellinger_distance": 1 / 8}
for name, c in scale.items():
    error = 0
    for _ in range(40):
        k, n, m = int(rng.integers(2, 40)), int(10 ** rng.uniform(2, 5)), int(10 ** rng.uniform(2, 5))
        alpha, tol = rng.choice([.05, .01, .001]), rng.choice([0, .02, .1])
        s = c * (1 / n + 1 / m)
        lam = (tol ** 2 if "distance" in name else tol) / s
        x = s * (stats.ncx2.isf(alpha, k - 1, lam) if lam > 0 else stats.chi2.isf(alpha, k - 1))
        want = np.sqrt(x) if "distance" in name else x
        got = db.execute("SELECT mlops.%s_critical_value(%%s, %%s, %%s, %%s, %%s)" % name,
                         (float(alpha), k, n, m, float(tol))).fetchone()[0]
        error = max(error, abs(got - (min(want, 1) if "distance" in name else want)) / want)
    ok(error < 1e-8, "%s_critical_value agrees with SciPy, worst %.1e" % (name, error))

# --- false alarms -----------------------------------------------------------------
METHODS = "js_distance psi kl_divergence hellinger_distance total_variation_distance linf_distance ks_distance wasserstein_distance".split()


def alarm_rates(p, q, n, m, runs, **options):
    """Share of runs with a verdict warn or critical, for each method; numeric bins."""
    refs = [text(x, True) for x in rng.multinomial(n, p, runs)]
    curs = [text(x, True) for x in rng.multinomial(m, q, runs)]
    opts = "".join(", %s => %s" % o for o in options.items())
    query = """SELECT m, avg(((mlops.drift(r::mlops.histogram, c::mlops.histogram, m%s)).verdict IN ('warn', 'critical'))::int)
               FROM unnest(%%s::text[], %%s::text[]) t(r, c), unnest(%%s::text[]) m GROUP BY m""" % opts
    return dict(db.execute(query, (refs, curs, METHODS)).fetchall())


base = np.array([.1] * 9 + [.04, .06])
for n, m in ((1000, 200), (5000, 500), (68785, 5000), (300, 3000)):
    rates = alarm_rates(base, base, n, m, 1500, warn=0, confidence=.95, alpha=.05)
    # both conditions at 5 %: at most .05 + 3 standard errors (.017)
    bad = {k: float(v) for k, v in rates.items() if v > .067}
    ok(not bad, "no more than 5 %% false alarms of any method without tolerance, n %d and %d" % (n, m), bad)
    ok(.025 < rates["js_distance"], "and js_distance uses most of them: %.3f" % rates["js_distance"])
for m in (50, 100, 200, 500):
    rates = alarm_rates(base, base, 5000, m, 500)
    ok(max(rates.values()) < .02, "default tolerances, 5000 and %d rows: at most %.3f false alarms" % (m, max(rates.values())))

moved = base.copy()
moved[:5] -= .05
moved[5:9] += .25 / 4
rates = alarm_rates(base, moved, 68785, 5000, 200)
quiet = {k: float(v) for k, v in rates.items() if v < .95 and k != "linf_distance"}
ok(not quiet, "a quarter of the rows moved to other bins is seen by every method but linf", quiet)

# a change that is certain and too small to matter: silence at any size
small = base.copy()
small[0] += .01
small[1] -= .01
for n in (10 ** 5, 10 ** 7):
    rates = alarm_rates(base, small, n, n, 100)
    ok(max(rates.values()) == 0, "one percent of the rows moved: no alarm at %d rows" % n)
    p = db.execute("SELECT mlops.chi2_test(%s, %s::mlops.histogram)::text", (
        text(rng.multinomial(n, base), True), text(rng.multinomial(n, small), True))).fetchone()[0]
    ok(float(p.strip("()").split(",")[3]) < .05, "although it is significant")

db.close()
with psycopg.connect("dbname=postgres", autocommit=True) as admin:
    admin.execute("DROP DATABASE mlops_verify_drift")
print("1..%d" % tests)
sys.exit(1 if failures else 0)
