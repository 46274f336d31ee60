#!/usr/bin/env python3
"""Writes golden/proportions.csv: two proportions. Scores at proportions that maximise the likelihood under the
constraint (zero of its derivative, mpmath, 40 digits), intervals as zeros of the score or by Newcombe's formula,
exact p from the region enumerated table by table (no assumption on its shape) and the maximum over the unknown
proportion on a grid of 4001 points (801 for larger tables), refined by SciPy. SciPy's boschloo_exact and statsmodels'
intervals must agree, else the generator fails."""
import random
import warnings

import numpy as np
import scipy
import statsmodels
from mpmath import erfc, erfinv, findroot, log, mp, mpf, sqrt
from scipy import optimize, stats
from statsmodels.stats.proportion import confint_proportions_2indep

warnings.simplefilter("ignore")
mp.dps = 40
random.seed(20261121)
Z = sqrt(2) * erfinv(mpf("0.95"))
MARGIN = 0.1


def constrained(xl, nl, xh, nh, d, r):
    """(low, high) of the largest likelihood with high = r low + d"""
    lo, hi = max(mpf(0), -d), min(mpf(1), 1 - d, 1 / r)
    def slope(l):
        h = r * l + d
        s = mpf(0)
        for x, n, p, w in ((xl, nl, l, 1), (xh, nh, h, r)):
            s += w * ((x / p if x else 0) - ((n - x) / (1 - p) if n > x else 0))
        return s
    a, b = lo + mpf(10) ** -36, hi - mpf(10) ** -36
    if slope(a) <= 0:
        return lo, r * lo + d
    if slope(b) >= 0:
        return hi, r * hi + d
    for _ in range(150):       # the slope falls
        m = (a + b) / 2
        a, b = (m, b) if slope(m) > 0 else (a, m)
    return a, r * a + d


def score(xl, nl, xh, nh, d=mpf(0), r=mpf(1)):
    d, r = mpf(d), mpf(r)
    l, h = constrained(xl, nl, xh, nh, d, r)
    top = mpf(xh) / nh - r * mpf(xl) / nl - d
    return top / sqrt(h * (1 - h) / nh + r * r * l * (1 - l) / nl) if top else mpf(0)


def wilson(x, n):
    p, z2 = mpf(x) / n, Z * Z
    c, w = p + z2 / (2 * n), Z * sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    return (c - w) / (1 + z2 / n), (c + w) / (1 + z2 / n)


def newcombe(xc, nc, xt, nt):
    c, t = mpf(xc) / nc, mpf(xt) / nt
    (lc, uc), (lt, ut) = wilson(xc, nc), wilson(xt, nt)
    return t - c - sqrt((t - lt) ** 2 + (uc - c) ** 2), t - c + sqrt((ut - t) ** 2 + (c - lc) ** 2)


def koopman(xc, nc, xt, nt):
    start = log((xt + mpf("0.5")) / nt * nc / (xc + mpf("0.5")))
    out = []
    for z, none in ((Z, xt == 0), (-Z, xc == 0)):
        if none:
            out.append(mpf(-1) if z > 0 else mp.inf)
            continue
        f = lambda l: score(xc, nc, xt, nt, 0, mp.exp(l)) - z
        a, b = start - 1, start + 1
        while f(a) < 0:
            a -= 2
        while f(b) > 0:
            b += 2
        out.append(mp.exp(findroot(f, (a, b), solver="anderson", tol=1e-25)) - 1)
    return out


def fast_scores(nl, nh, d, r):
    """of all tables, in doubles"""
    xl, xh = np.meshgrid(np.arange(nl + 1.0), np.arange(nh + 1.0), indexing="ij")
    lo, hi = np.full(xl.shape, max(0.0, -d)), np.full(xl.shape, min(1, 1 - d, 1 / r))
    def slope(l):
        out = 0
        for x, n, p, w in ((xl, nl, l, 1), (xh, nh, r * l + d, r)):
            out = out + w * (np.where(x > 0, x / np.maximum(p, 1e-300), 0) - np.where(x < n, (n - x) / np.maximum(1 - p, 1e-300), 0))
        return out
    for _ in range(80):
        m = (lo + hi) / 2
        up = slope(m) > 0
        lo, hi = np.where(up, m, lo), np.where(up, hi, m)
    h = np.clip(r * lo + d, 0, 1)
    top = xh / nh - r * xl / nl - d
    v = h * (1 - h) / nh + r * r * lo * (1 - lo) / nl
    return np.where(np.abs(top) < 1e-14, 0, top / np.sqrt(np.maximum(v, 1e-300)))


def unconditional(xl, nl, xh, nh, d=0.0, r=1.0):
    i, j = np.meshgrid(np.arange(nl + 1), np.arange(nh + 1), indexing="ij")
    if d == 0 and r == 1:
        s = -stats.hypergeom.logsf(j - 1, nl + nh, i + j, nh)
        s[j == 0] = 0
        s = np.where(np.isnan(s), 0, s)
    else:
        s = fast_scores(nl, nh, d, r)
    region = s >= s[xl, xh] - 1e-9 * (1 + abs(s[xl, xh]))
    def probability(p):
        a = stats.binom.pmf(np.arange(nl + 1), nl, p)
        b = stats.binom.pmf(np.arange(nh + 1), nh, min(max(r * p + d, 0), 1))
        return float(a @ region @ b)
    lo, hi = max(0, -d), min(1, 1 - d, 1 / r)
    grid = lo + (hi - lo) * np.sin(np.linspace(0, np.pi / 2, 4001 if nl * nh < 3000 else 801)) ** 2
    v = np.array([probability(p) for p in grid])
    best = v.max()
    for k in np.argsort(v)[-4:]:
        a, b = grid[max(k - 1, 0)], grid[min(k + 1, len(grid) - 1)]
        best = max(best, -optimize.minimize_scalar(lambda p: -probability(p), bounds=(a, b), method="bounded", options=dict(xatol=1e-12)).fun)
    return min(best, 1)


def sf(z):
    return erfc(z / sqrt(2)) / 2


COLUMNS = ["z", "newcombe_lower", "newcombe_upper", "koopman_lower", "koopman_upper", "difference_z", "difference_p", "ratio_z", "ratio_p", "p"]
print(f"""# provenance: definitions with mpmath, 40 digits, exact p by enumeration with SciPy {scipy.__version__}; checked against SciPy,
# boschloo_exact, and statsmodels {statsmodels.__version__}, confint_proportions_2indep (newcomb; score of the ratio)
# difference, ratio: non-inferiority with a margin of 0.1 (absolute, relative), higher is better; p: two-sided, as compare() takes it
# regenerate: /usr/bin/python3 gen_proportions.py > golden/proportions.csv
events_control,n_control,events_treatment,n_treatment,{",".join(COLUMNS)}""")
cases = [(7, 20, 15, 25), (0, 50, 5, 40), (5, 40, 0, 50), (0, 9, 0, 13), (9, 9, 13, 13), (1, 1, 0, 1), (3, 3, 1, 4), (10, 30, 10, 30), (2, 100, 6, 12),
         (0, 30, 30, 30), (1, 60, 0, 7), (600, 1500, 660, 1490), (200, 10000, 0, 200), (20, 1000, 35, 1000), (0, 1000, 8, 1000), (3, 5000, 9, 4000),
         (20000, 1000000, 20900, 1000000), (12, 300, 3, 290), (690, 695, 1, 4), (400000000, 1000000000, 400100000, 1000000000)]
cases += [(lambda nc, nt: (random.randint(0, nc), nc, random.randint(0, nt), nt))(random.randint(2, 40), random.randint(2, 40)) for _ in range(8)]
for xc, nc, xt, nt in cases:
    small = nc + nt < 1000
    tiny = nc * nt < 3000
    z = score(xc, nc, xt, nt)
    dz, rz = score(xc, nc, xt, nt, -MARGIN), score(xc, nc, xt, nt, 0, 1 - mpf(MARGIN))
    least = min(nc, nt) * min(xc + xt, nc + nt - xc - xt) / (nc + nt)
    if small:
        up, down = unconditional(xc, nc, xt, nt), unconditional(xt, nt, xc, nc)
        p = min(1, 2 * min(up, down))
        # its maximisation is a search of its own, which may end lower
        theirs = stats.boschloo_exact([[xt, xc], [nt - xt, nc - xc]], n=64).pvalue
        assert np.isnan(theirs) or abs(theirs - p) < 1e-6 * p + 1e-12 or theirs < p, (xc, nc, xt, nt, p, theirs)
    elif least < 5:
        p = stats.fisher_exact([[xt, nt - xt], [xc, nc - xc]])[1]
    else:
        p = 2 * sf(abs(z))
    if tiny:
        dp, rp = unconditional(xc, nc, xt, nt, -MARGIN), unconditional(xc, nc, xt, nt, 0.0, 1 - MARGIN)
    elif small:
        dp = rp = mpf("nan")         # too many tables to order here
    else:
        dp, rp = sf(dz), sf(rz)
    low, high = newcombe(xc, nc, xt, nt)
    klow, khigh = koopman(xc, nc, xt, nt)
    theirs = confint_proportions_2indep(xt, nt, xc, nc, method="newcomb")
    assert abs(theirs[0] - low) < 1e-9 and abs(theirs[1] - high) < 1e-9, theirs
    if xc and xt and xc < nc and xt < nt:
        theirs = confint_proportions_2indep(xt, nt, xc, nc, compare="ratio", method="score", correction=False)
        assert abs(theirs[0] / (1 + klow) - 1) < 1e-4 and abs(theirs[1] / (1 + khigh) - 1) < 1e-4, (theirs, klow, khigh)
    row = [z, low, high, klow, khigh, dz, dp, rz, rp, p]
    print(",".join(map(str, (xc, nc, xt, nt))) + "," + ",".join(mp.nstr(mpf(v), 17) for v in row), flush=True)
