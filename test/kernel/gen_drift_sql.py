#!/usr/bin/python3
"""
Writes test/sql/drift_scipy.sql: histograms as text, and what SciPy says about
their counts.  The unseen and the NULL bin are bins like any other.
"""
import os
import sys

import numpy as np
import scipy
from scipy import stats
from scipy.spatial.distance import jensenshannon

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(TOP, "test", "verify", "reference"))
import sparse  # noqa: E402

rng = np.random.default_rng(42)


def smoothed(c):
    c = np.asarray(c, float) + 0.5
    return c / c.sum()


def measures(edges, r, c):
    """edges: closed edges of a numeric histogram, None for labels; counts end with unseen, NULL."""
    used = [i for i in range(len(r)) if r[i] + c[i] > 0]
    ru, cu = np.array(r, float)[used], np.array(c, float)[used]
    p, q = ru / ru.sum(), cu / cu.sum()
    ps, qs = smoothed(ru), smoothed(cu)
    out = [
        ("psi", np.sum((ps - qs) * np.log(ps / qs))),
        ("kl_divergence", stats.entropy(ps, qs)),
        ("js_divergence", jensenshannon(p, q, base=2) ** 2),
        ("js_distance", jensenshannon(p, q, base=2)),
        ("hellinger_distance", np.linalg.norm(np.sqrt(p) - np.sqrt(q)) / np.sqrt(2)),
        ("total_variation_distance", np.abs(p - q).sum() / 2),
        ("linf_distance", np.abs(p - q).max()),
    ]
    for name, lam in (("chi2_test", None), ("g_test", "log-likelihood")):
        s, pv, df, _ = stats.chi2_contingency([ru, cu], correction=False, lambda_=lam)
        pv, ln_p = sparse.tail(s, ru, cu, lam is not None)
        out += [(name + ".statistic", s), (name + ".df", df), (name + ".p_value", pv),
                (name + ".ln_p_value", ln_p), (name + ".effect", np.sqrt(s / (ru.sum() + cu.sum())))]
    if edges is not None:
        idx = np.arange(len(r))
        ks = stats.ks_2samp(np.repeat(idx, r), np.repeat(idx, c), mode="asymp")
        out.append(("ks_distance", ks.statistic))
        if sum(r) * sum(c) > 10 ** 7:       # beyond the exact p
            s = ks.statistic * np.sqrt(sum(r) / (sum(r) + sum(c)) * sum(c))
            out.append(("ks_test.p_value", stats.kstwobign.sf(s)))
        elif max(sum(r), sum(c)) <= 2000:
            out.append(("ks_test.p_value", exact_ks(sum(r), sum(c), ks.statistic)))
        per = 4000
        pts = np.concatenate([a + (np.arange(per) + .5) / per * (b - a) for a, b in zip(edges, edges[1:])])
        out.append(("wasserstein_distance", stats.wasserstein_distance(
            pts, pts, np.repeat(r[:-2], per), np.repeat(c[:-2], per))))
    return out


def exact_ks(n, m, d):
    # any two samples without ties that have this D: c = D n m lattice steps
    from scipy.stats._stats_py import _attempt_exact_2kssamp
    import math
    g = math.gcd(n, m)
    return _attempt_exact_2kssamp(n, m, g, d, "two-sided")[2]


def text(kind, items, counts):
    return "%s counts (%s) null %d unseen %d" % (
        "%s(%s)" % (kind, ", ".join(items)) + ("" if kind == "categorical" else ""),
        ", ".join(str(int(x)) for x in counts[:-2]), counts[-1], counts[-2])


def cases():
    inner = [-1.0, 0.0, 0.5, 2.0]
    p = [.2, .2, .2, .2, .1, .05, .05]
    q = [.1, .2, .25, .2, .15, .02, .08]
    closed = [-2.0] + inner + [3.5]         # tails as wide as their neighbours
    for n, m in ((400, 300), (68785, 5000), (3000, 50)):
        yield "numeric", inner, closed, rng.multinomial(n, p), rng.multinomial(m, q)
    yield "numeric", inner, closed, np.array([10, 0, 0, 20, 0, 0, 5]), np.array([0, 0, 30, 0, 1, 7, 0])
    labels = ['"a"', '"b"', '"c d"', '"e\\"f"']
    yield "categorical", labels, None, np.array([500, 300, 200, 0, 0, 0]), np.array([400, 200, 100, 0, 90, 0])
    yield "categorical", labels, None, np.array([50, 30, 20, 1, 0, 10]), np.array([4, 3, 9, 0, 2, 80])


out = ["""-- Distances and tests of histograms against SciPy %s.
-- Written by test/kernel/gen_drift_sql.py; do not edit.  The unseen and the NULL
-- bin count as bins.  PSI and KL: (count + 0.5) / (n + 0.5 k) over the k bins
-- that are not empty on both sides.  Relative tolerance 1e-9, Wasserstein 1e-6
-- (SciPy sees 4000 points per bin).
CREATE TEMP TABLE pair (id int, r mlops.histogram, c mlops.histogram);
CREATE TEMP TABLE wanted (id int, what text, value float8);""" % scipy.__version__]
for no, (kind, items, closed, r, c) in enumerate(cases(), 1):
    t = [text(kind, [str(i) for i in items], x).replace("'", "''") for x in (r, c)]
    out.append("INSERT INTO pair VALUES (%d,\n\t'%s',\n\t'%s');" % (no, t[0], t[1]))
    rows = ["(%d, '%s', %.17g)" % (no, what, v) for what, v in measures(closed, r, c)]
    out.append("INSERT INTO wanted VALUES\n\t%s;" % ",\n\t".join(rows))

simple = "psi kl_divergence js_divergence js_distance hellinger_distance total_variation_distance linf_distance".split()
ordered = "ks_distance wasserstein_distance".split()
out.append("CREATE TEMP TABLE got (id int, what text, value float8);")
for f in simple:
    out.append("INSERT INTO got SELECT id, '%s', mlops.%s(r, c) FROM pair;" % (f, f))
for f in ordered:
    out.append("INSERT INTO got SELECT id, '%s', mlops.%s(r, c) FROM pair WHERE id <= 4;" % (f, f))
for f in ("chi2_test", "g_test", "ks_test"):
    for field in ("statistic", "df", "p_value", "ln_p_value", "effect"):
        out.append("INSERT INTO got SELECT id, '%s.%s', (mlops.%s(r, c)).%s FROM pair%s;" % (
            f, field, f, field, " WHERE id <= 4" if f == "ks_test" else ""))
out.append("""-- what differs
SELECT w.*, g.value AS got FROM wanted w LEFT JOIN got g USING (id, what)
 WHERE g.value IS NULL
	OR abs(g.value - w.value) > CASE what WHEN 'wasserstein_distance' THEN 1e-6 ELSE 1e-9 END * abs(w.value);
SELECT what, count(*) FROM wanted JOIN got USING (id, what) GROUP BY what ORDER BY what;
-- contributions sum to the statistic, for every method
SELECT p.id, m, sum(d.contribution), g.value
  FROM pair p CROSS JOIN unnest('{psi,kl_divergence,js_divergence,js_distance,hellinger_distance,total_variation_distance,linf_distance,ks_distance,wasserstein_distance}'::text[]) m
	   CROSS JOIN LATERAL mlops.drift_contributions(p.r, p.c, m) d
	   JOIN got g ON g.id = p.id AND g.what = m
 WHERE p.id <= 4 OR m NOT IN ('ks_distance', 'wasserstein_distance')
 GROUP BY 1, 2, 4 HAVING abs(sum(d.contribution) - g.value) > 1e-12;
SELECT p.id, m, sum(d.contribution), g.value
  FROM pair p CROSS JOIN unnest('{chi2_test,g_test}'::text[]) m
	   CROSS JOIN LATERAL mlops.drift_contributions(p.r, p.c, m) d
	   JOIN got g ON g.id = p.id AND g.what = m || '.statistic'
 GROUP BY 1, 2, 4 HAVING abs(sum(d.contribution) - g.value) > 1e-9;
""")
with open(os.path.join(TOP, "test", "sql", "drift_scipy.sql"), "w") as f:
    f.write("\n".join(out))
