#!/usr/bin/env python3
"""Writes golden/auc.csv.  AUC, DeLong's variance from all pairs, and the variance over
all deals of the sides (from midranks; by enumeration where that is possible) are exact
fractions; z and the interval come from mpmath.  scikit-learn must agree about the AUC and
SciPy about z of a single stratum, else the generator fails; gen_auc.R asks pROC as well."""
import itertools
import math
import random
import sys
from fractions import Fraction as F

import scipy
import sklearn
from mpmath import erfinv, exp, log, mp, mpf, sqrt
from scipy import stats
from sklearn.metrics import roc_auc_score

mp.dps = 40
random.seed(20260305)


def psi(y, x):
    return F(1) if y > x else F(1, 2) if y == x else F(0)


def one(x, y):
    """(auc, null variance, DeLong's variance) of reference x, current y."""
    n, m = len(x), len(y)
    v10 = [sum(psi(b, a) for a in x) / n for b in y]
    v01 = [sum(psi(b, a) for b in y) / m for a in x]
    auc = sum(v10) / m
    var = None
    if n > 1 and m > 1:
        var = sum((v - auc) ** 2 for v in v10) / (m - 1) / m + sum((v - auc) ** 2 for v in v01) / (n - 1) / n
    pooled = x + y
    rank = [F(sum(q < v for q in pooled)) + F(sum(q == v for q in pooled) + 1, 2) for v in pooled]
    N, mean = n + m, F(n + m + 1, 2)
    null = F(n * m, N * (N - 1)) * sum((r - mean) ** 2 for r in rank) / (n * m) ** 2
    if math.comb(N, m) <= 3500:
        u = [sum(c) for c in itertools.combinations(rank, m)]
        centre = sum(u) / len(u)
        if sum((v - centre) ** 2 for v in u) / len(u) / (n * m) ** 2 != null:
            raise SystemExit(f"enumeration disagrees: {x}, {y}")
    if abs(roc_auc_score([0] * n + [1] * m, pooled) - float(auc)) > 1e-12:
        raise SystemExit(f"scikit-learn disagrees: {x}, {y}")
    return auc, null, var


def mpq(f):
    return mpf(f.numerator) / f.denominator


def interval(a, var, smaller):
    if a in (0, 1):
        end = exp(log(mpf("0.025")) / smaller)
        return (mpf(0), 1 - end) if a == 0 else (end, mpf(1))
    q = sqrt(mpf(2)) * erfinv(mpf("0.95"))
    a = mpq(a)
    half, middle = q * sqrt(mpq(var)) / (a * (1 - a)), log(a / (1 - a))
    return 1 / (1 + exp(half - middle)), 1 / (1 + exp(-half - middle))


sets = [[([1.0, 2.0], [3.0, 4.0])], [([3.0, 4.0, 5.0], [1.0, 2.0])], [([1.0, 2.0, 2.0, 5.0], [2.0, 2.0, 3.0, 9.0, -1.0])]]
for strata, scale in itertools.product((1, 1, 1, 2, 5), (5, 12, 40)):
    for levels in (3, 10, None):
        s = []
        for _ in range(strata):
            n, m = random.randint(2, scale), random.randint(2, scale)
            draw = lambda d: [round(random.gauss(d, 1), 6) if levels is None else float(round(random.gauss(d, 1) * levels / 4)) for _ in range(n if d == 0 else m)]
            s.append((draw(0), draw(.5)))
        sets.append(s)
print("# scores, sides and strata of one set a line; lower, upper: 95 % on the logit scale; z: van Elteren")
print(f"# provenance: exact fractions (Python {sys.version.split()[0]}), mpmath {mp.dps} digits; checked against scikit-learn {sklearn.__version__}, SciPy {scipy.__version__}")
print("# regenerate: /usr/bin/python3 gen_auc.py > golden/auc.csv; check: Rscript gen_auc.R")
print("score,current,stratum,auc,null_variance,variance,lower,upper,z")
for s in sets:
    each = [one(x, y) for x, y in s]
    pairs = [F(len(x) * len(y)) for x, y in s]
    total = sum(pairs)
    auc = sum(w * e[0] for w, e in zip(pairs, each)) / total
    null, var = (sum(w * w * e[i] for w, e in zip(pairs, each)) / total ** 2 for i in (1, 2))
    rows = [(v, int(c), i) for i, (x, y) in enumerate(s) for v, c in [(v, False) for v in x] + [(v, True) for v in y]]
    random.shuffle(rows)
    weight = [p / (len(x) + len(y) + 1) for p, (x, y) in zip(pairs, s)]
    spread = sum(w * w * e[1] for w, e in zip(weight, each))
    z = mpq(sum(w * (e[0] - F(1, 2)) for w, e in zip(weight, each))) / sqrt(mpq(spread)) if spread > 0 else mpf("nan")
    if len(s) == 1 and spread > 0:
        want = stats.mannwhitneyu(s[0][1], s[0][0], use_continuity=False, alternative="greater", method="asymptotic").pvalue
        if abs(stats.norm.sf(float(z)) - want) > 1e-12:
            raise SystemExit(f"SciPy disagrees: {s}, {z}, {want}")
    smaller = min(sum(len(x) for x, _ in s), sum(len(y) for _, y in s))
    lower, upper = interval(auc, var, smaller)
    print(",".join(";".join(str(r[i]) for r in rows) for i in range(3)) + "," +
          ",".join(mp.nstr(v, 20) for v in (mpq(auc), mpq(null), mpq(var), lower, upper, z)))
