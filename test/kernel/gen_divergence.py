#!/usr/bin/python3
"""
Golden vectors of test_divergence.c and test_gof.c: the textbook formulas in
mpmath (40 digits), each asserted here to agree with SciPy where SciPy has it.
"""
import os
import mpmath as mp
import numpy as np
import scipy
from scipy import stats
from scipy.spatial.distance import jensenshannon

mp.mp.dps = 40
HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden")
PROVENANCE = "# provenance: mpmath %s 40 digits, agreeing with SciPy %s; test/kernel/gen_divergence.py\n" % (
    mp.__version__, scipy.__version__)
rng = np.random.default_rng(20260101)


def num(v):
    return "nan" if mp.isnan(v) else mp.nstr(v, 20)


def lst(v):
    return ";".join("%.17g" % float(x) for x in v)


def shares(c, a=0):
    used = [x for x in c]
    t = mp.mpf(sum(int(x) for x in c)) + a * len(c)
    return [(mp.mpf(int(x)) + a) / t for x in used]


def agree(ours, theirs, tol=1e-9):
    # below 1e-7 SciPy's own cancellation dominates
    assert abs(float(ours) - theirs) <= tol * abs(theirs) + 1e-9, (ours, theirs)


def xlogy(p, q):
    return p * mp.log(p / q) if p > 0 else mp.mpf(0)


def measures(r, c):
    keep = [i for i in range(len(r)) if r[i] > 0 or c[i] > 0]
    rr, cc = [r[i] for i in keep], [c[i] for i in keep]
    p, q = shares(rr), shares(cc)
    ps, qs = shares(rr, mp.mpf("0.5")), shares(cc, mp.mpf("0.5"))
    fp, fq = np.array(rr, float) / sum(rr), np.array(cc, float) / sum(cc)
    out = {}
    out["psi"] = sum((a - b) * mp.log(a / b) for a, b in zip(ps, qs))
    out["kl"] = sum(xlogy(a, b) for a, b in zip(ps, qs))
    agree(out["kl"], stats.entropy([float(x) for x in ps], [float(x) for x in qs]))
    agree(out["psi"], stats.entropy([float(x) for x in ps], [float(x) for x in qs])
          + stats.entropy([float(x) for x in qs], [float(x) for x in ps]))
    js = sum(xlogy(a, (a + b) / 2) + xlogy(b, (a + b) / 2) for a, b in zip(p, q)) / 2 / mp.log(2)
    out["js_divergence"] = js
    out["js_distance"] = mp.sqrt(max(js, 0))
    theirs = jensenshannon(fp, fq, base=2)
    if float(js) > 1e-9:
        agree(out["js_distance"], theirs)
    out["hellinger"] = mp.sqrt(sum((mp.sqrt(a) - mp.sqrt(b)) ** 2 for a, b in zip(p, q)) / 2)
    agree(out["hellinger"], np.linalg.norm(np.sqrt(fp) - np.sqrt(fq)) / np.sqrt(2))
    out["total_variation"] = sum(abs(a - b) for a, b in zip(p, q)) / 2
    out["linf"] = max(abs(a - b) for a, b in zip(p, q))
    pf, qf = shares(r), shares(c)
    cum, ks = mp.mpf(0), mp.mpf(0)
    for a, b in zip(pf, qf):
        cum += a - b
        ks = max(ks, abs(cum))
    out["ks"] = ks
    if sum(r) + sum(c) < 200000:
        x = np.repeat(np.arange(len(r)), r)
        y = np.repeat(np.arange(len(c)), c)
        agree(ks, stats.ks_2samp(x, y, mode="asymp").statistic)
    return out


def cases():
    yield [10, 20, 30], [30, 20, 10]
    yield [5, 0, 7, 0], [0, 9, 7, 0]
    yield [100, 0], [0, 50]                 # disjoint: every bounded distance is 1
    yield [7], [3]                          # one bin: everything is 0
    yield [1, 1, 1, 1], [1, 1, 1, 1]
    yield [100000001, 100000000, 99999999], [1000000, 1000000, 1000000]     # nearly equal
    yield [6878, 6879, 6878, 6880, 6877, 6879, 6878, 6879, 6878, 6879, 0, 120], \
          [412, 520, 501, 498, 560, 489, 530, 470, 555, 420, 33, 12]
    for k, n, m in [(2, 50, 80), (5, 1000, 300), (10, 5000, 500), (20, 68785, 5000), (100, 3000, 3000)]:
        p = rng.dirichlet(np.ones(k))
        q = rng.dirichlet(np.ones(k) * 2)
        yield list(rng.multinomial(n, p)), list(rng.multinomial(m, 0.7 * p + 0.3 * q))


def log_sf_chi2(x, df):
    return mp.log(mp.gammainc(mp.mpf(df) / 2, mp.mpf(x) / 2, mp.inf, regularized=True))


all_cases = list(cases())
with open(os.path.join(HERE, "divergence.csv"), "w") as out:
    out.write(PROVENANCE)
    out.write("measure,reference,current,value\n")
    for r, c in all_cases:
        for name, v in measures(r, c).items():
            out.write("%s,%s,%s,%s\n" % (name, lst(r), lst(c), num(v)))

with open(os.path.join(HERE, "gof.csv"), "w") as out:
    out.write(PROVENANCE)
    out.write("test,reference,current,statistic,df,p,ln_p,effect\n")
    extra = [([4000000, 6000000], [6000000, 4000000]), ([10, 2], [3, 15])]
    for r, c in all_cases + extra:
        keep = [i for i in range(len(r)) if r[i] > 0 or c[i] > 0]
        rr, cc = [int(r[i]) for i in keep], [int(c[i]) for i in keep]
        if len(keep) < 2:
            continue
        n, m = mp.mpf(sum(rr)), mp.mpf(sum(cc))
        x2 = g = mp.mpf(0)
        for a, b in zip(rr, cc):
            for o, t in ((a, n), (b, m)):
                e = mp.mpf(a + b) * t / (n + m)
                x2 += (o - e) ** 2 / e
                g += 2 * xlogy(mp.mpf(o), e)
        for name, v, lam in (("chi2", x2, None), ("g", g, "log-likelihood")):
            th = stats.chi2_contingency([rr, cc], correction=False, lambda_=lam)
            agree(v, th[0])
            assert th[2] == len(keep) - 1
            lnp = log_sf_chi2(v, len(keep) - 1)
            agree(mp.exp(lnp), th[1])
            p = mp.exp(lnp)
            out.write("%s,%s,%s,%s,%d,%s,%s,%s\n" % (
                name, lst(r), lst(c), num(v), len(keep) - 1, num(p), num(lnp), num(mp.sqrt(v / (n + m)))))

with open(os.path.join(HERE, "critical.csv"), "w") as out:
    out.write("# provenance: SciPy %s chi2.isf, ncx2.isf, kstwobign.isf, norm.isf; test/kernel/gen_divergence.py\n"
              % scipy.__version__)
    out.write("measure,alpha,k,n,m,tolerance,value\n")
    scale = {"psi": 1, "kl": .5, "js_divergence": 1 / (8 * np.log(2)), "js_distance": 1 / (8 * np.log(2)),
             "hellinger": 1 / 8}
    for alpha in (0.05, 0.01):
        for k, n, m in [(10, 5000, 500), (20, 68785, 5000), (3, 100, 100), (12, 10 ** 6, 10 ** 6)]:
            s = 1 / n + 1 / m
            for tol in (0, 0.1):
                for name, f in scale.items():
                    root = name in ("js_distance", "hellinger")
                    lam = (tol ** 2 if root else tol) / (f * s)
                    x = stats.chi2.isf(alpha, k - 1) if lam == 0 else stats.ncx2.isf(alpha, k - 1, lam)
                    v = f * s * x
                    v = np.sqrt(v) if root else v
                    if name in ("js_distance", "hellinger", "js_divergence"):
                        v = min(v, 1)
                    out.write("%s,%g,%d,%d,%d,%g,%.17g\n" % (name, alpha, k, n, m, tol, v))
                v = tol + np.sqrt((k - 1) * s / (2 * np.pi)) + stats.norm.isf(alpha) / 2 * np.sqrt(s)
                out.write("total_variation,%g,%d,%d,%d,%g,%.17g\n" % (alpha, k, n, m, tol, min(v, 1)))
                v = tol + stats.norm.isf(alpha / 4) / 2 * np.sqrt(s)
                out.write("linf,%g,%d,%d,%d,%g,%.17g\n" % (alpha, k, n, m, tol, min(v, 1)))
                v = tol + stats.kstwobign.isf(alpha) * np.sqrt(s)
                out.write("ks,%g,%d,%d,%d,%g,%.17g\n" % (alpha, k, n, m, tol, min(v, 1)))
    out.write("linf,0.05,2,100,300,0,%.17g\n" % (stats.norm.isf(0.025) / 2 * np.sqrt(1 / 100 + 1 / 300)))
    out.write("psi,0.05,1,100,300,0,0\n")

with open(os.path.join(HERE, "wasserstein.csv"), "w") as out:
    out.write("# provenance: SciPy %s wasserstein_distance and numpy; rows spread evenly within a bin are\n" % scipy.__version__)
    out.write("# 20000 points per bin (hence the tolerance 1e-7 of the test); test/kernel/gen_divergence.py\n")
    out.write("edges,reference,current,value,mean,sd\n")
    for edges, r, c in [([0, 1, 2, 4], [10, 20, 30], [30, 20, 10]),
                        ([-5, -1, 0, 0.5, 0.5, 10], [5, 0, 7, 4, 2], [2, 9, 7, 0, 1]),
                        ([0, 1], [3], [9]),
                        ([0, 1, 2, 3], [10, 10, 10], [5, 20, 5])]:
        per = 20000
        pts = np.concatenate([lo + (np.arange(per) + .5) / per * (hi - lo) for lo, hi in zip(edges, edges[1:])])
        wr, wc = np.repeat(np.array(r, float), per), np.repeat(np.array(c, float), per)
        w1 = stats.wasserstein_distance(pts, pts, wr, wc)
        mean = np.average(pts, weights=wr)
        sd = np.sqrt(np.average((pts - mean) ** 2, weights=wr))
        out.write("%s,%s,%s,%.17g,%.17g,%.17g\n" % (lst(edges), lst(r), lst(c), w1, mean, sd))

with open(os.path.join(HERE, "samples.csv"), "w") as out:
    out.write("# provenance: SciPy %s wasserstein_distance, ks_2samp; test/kernel/gen_divergence.py\n" % scipy.__version__)
    out.write("x,wx,y,wy,wasserstein,ks\n")
    for x, wx, y, wy in [([1, 2, 3], [1, 1, 1], [2, 3, 4, 5], [1, 1, 1, 1]),
                         ([0], [5], [0], [1]), ([0], [5], [2], [1]),
                         ([1, 1, 2, 2, 7], [2, 1, 3, 1, 4], [-3, 1, 2, 2, 9], [1, 1, 5, 2, 3]),
                         (sorted(rng.normal(size=15)), rng.integers(1, 5, 15), sorted(rng.normal(.5, 2, 11)), rng.integers(1, 5, 11))]:
        w1 = stats.wasserstein_distance(x, y, wx, wy)
        ks = stats.ks_2samp(np.repeat(x, wx), np.repeat(y, wy), mode="asymp").statistic
        out.write("%s,%s,%s,%s,%.17g,%.17g\n" % (lst(x), lst(wx), lst(y), lst(wy), w1, ks))
