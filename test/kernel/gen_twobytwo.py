#!/usr/bin/env python3
"""Writes golden/twobytwo.csv.  Fisher's p is summed in exact integer arithmetic
(every table with the same margins that is not more probable, ties exact), so
it is the definition and no implementation; z and Cohen's h by mpmath with 50
digits.  SciPy must agree at 1e-8 where it can, else the generator fails;
gen_twobytwo.R asks R as well."""
import math
import random
import sys

import scipy
from mpmath import asin, erfc, log, mp, mpf, sqrt
from scipy import stats

mp.dps = 50
random.seed(20260301)


def fisher(a, b, c, d):
    """ln p and p of current successes a, failures b, reference c, d."""
    row, col, n = a + b, a + c, a + b + c + d
    lo, hi = max(0, row - (b + d)), min(row, col)
    w = math.comb(col, lo) * math.comb(n - col, row - lo)
    weights = []
    for x in range(lo, hi + 1):
        weights.append(w)
        w = w * (col - x) * (row - x) // ((x + 1) * (n - col - row + x + 1))
    p = mpf(sum(v for v in weights if v <= weights[a - lo])) / mpf(math.comb(n, row))
    return p, log(p)


def z(a, b, c, d):
    n, m = mpf(c + d), mpf(a + b)
    p, q, P = a / m, c / n, (a + c) / (n + m)
    s = (p - q) / sqrt(P * (1 - P) * (1 / n + 1 / m))
    t = erfc(abs(s) / sqrt(mpf(2)))
    return s, t, log(t), 2 * asin(sqrt(p)) - 2 * asin(sqrt(q))


tables = [(8, 2, 1, 5), (1, 9, 11, 3), (5, 5, 5, 5), (3, 1, 1, 3), (0, 10, 10, 0), (1, 0, 0, 1), (0, 7, 3, 9), (2, 0, 0, 1),
          (10, 10, 10, 11), (100, 0, 0, 100), (1000, 500, 500, 1000), (3000, 10, 2900, 40), (1, 4999, 0, 5000), (4000, 1000, 300, 2000)]
for scale in (5, 30, 300, 3000):
    for _ in range(30):
        tables.append(tuple(random.randint(0, scale) for _ in range(4)))
print("# a, b: current successes and failures; c, d: reference")
print(f"# provenance: exact integers (Python {sys.version.split()[0]}), mpmath {mp.dps} digits; checked against SciPy {scipy.__version__}, fisher_exact")
print("# regenerate: /usr/bin/python3 gen_twobytwo.py > golden/twobytwo.csv; check: Rscript gen_twobytwo.R")
print("a,b,c,d,fisher_p,fisher_ln_p,odds_ratio,z,z_p,z_ln_p,cohen_h")
for a, b, c, d in tables:
    if 0 in (a + b, c + d, a + c, b + d):
        continue
    p, ln_p = fisher(a, b, c, d)
    odds, want = stats.fisher_exact([[a, b], [c, d]])
    if p > mpf("1e-290") and abs(want / float(p) - 1) > 1e-8:
        raise SystemExit(f"SciPy disagrees: {a, b, c, d, float(p), want}")
    f = [mp.nstr(v, 20) for v in (p, ln_p)]
    print(",".join([str(v) for v in (a, b, c, d)] + f + [repr(float(odds))] + [mp.nstr(v, 20) for v in z(a, b, c, d)]))
