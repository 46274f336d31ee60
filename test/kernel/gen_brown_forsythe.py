#!/usr/bin/env python3
"""Writes golden/brown_forsythe.csv: the Brown-Forsythe test of two samples from
its definition, on the doubles as they are, with 60 digits (mpmath).  SciPy's
levene(center='median') must agree at 1e-9 where the offset is small, else the
generator fails; gen_brown_forsythe.R asks R."""
import random
import sys

import scipy
from mpmath import betainc, erfinv, exp, fsum, log, mp, mpf, sqrt
from scipy import stats

mp.dps = 60
random.seed(20260611)
Z = sqrt(mpf(2)) * erfinv(mpf("0.95"))


def median(x):
    x, n = sorted(x), len(x)
    # of an even number the middle of the two, as a double
    return x[n // 2] if n % 2 else 0.5 * (x[n // 2 - 1] + x[n // 2])


def brown_forsythe(r, c):
    # the deviation is a double as well
    z = [[mpf(abs(v - median(x))) for v in x] for x in (r, c)]
    n = [len(v) for v in z]
    mean = [fsum(v) / len(v) for v in z]
    total = fsum(z[0] + z[1]) / sum(n)
    between = fsum(k * (m - total) ** 2 for k, m in zip(n, mean))
    ss = [fsum((v - m) ** 2 for v in x) for x, m in zip(z, mean)]
    df = sum(n) - 2
    f = between / (fsum(ss) / df)
    p = betainc(mpf(df) / 2, mpf(1) / 2, 0, df / (df + f), regularized=True)
    ratio = mean[1] / mean[0]
    half = Z * sqrt(fsum(s / (k - 1) / k / m ** 2 for s, k, m in zip(ss, n, mean)))
    return f, df, p, log(p), ratio, ratio * exp(-half), ratio * exp(half)


def sample(kind, n, scale):
    if kind == "normal":
        return [random.gauss(3, scale) for _ in range(n)]
    if kind == "integers":
        return [float(random.randint(1, 6)) * scale for _ in range(n)]
    if kind == "zeros":
        return [0.0 if random.random() < .8 else random.expovariate(1 / scale) for _ in range(n)]
    if kind == "heavy":
        return [scale * random.gauss(0, 1) / max(abs(random.gauss(0, 1)), 1e-3) for _ in range(n)]
    return [1e12 + random.randint(0, 40) / 16 * scale for _ in range(n)]  # offset: exact in a double


print(f"# provenance: definition with mpmath, {mp.dps} digits; checked against SciPy {scipy.__version__}, levene(center='median'); Python {sys.version.split()[0]}")
print("# regenerate: /usr/bin/python3 gen_brown_forsythe.py > golden/brown_forsythe.csv; check: Rscript gen_brown_forsythe.R")
print("reference,current,statistic,df,p,ln_p,ratio,lower,upper")
for kind in ("normal", "integers", "zeros", "heavy", "offset"):
    for n, m in ((2, 3), (3, 2), (5, 5), (8, 13), (40, 41), (300, 120)):
        for scale in (1, 1, 2, 8):
            r, c = sample(kind, n, 1), sample(kind, m, scale)
            if min(len({abs(v - median(x)) for v in x}) for x in (r, c)) < 2:
                continue
            out = brown_forsythe(r, c)
            want = stats.levene(r, c, center="median")
            if kind != "offset" and (abs(want[0] - float(out[0])) > 1e-9 * float(out[0]) + 1e-20 or abs(want[1] - float(out[2])) > 1e-9 * float(out[2])):
                raise SystemExit(f"SciPy disagrees: {kind, n, m, want, out}")
            print(";".join(map(repr, r)), ";".join(map(repr, c)), *(mp.nstr(v, 20) if v != out[1] else v for v in out), sep=",")
