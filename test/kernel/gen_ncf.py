#!/usr/bin/env python3
"""Writes golden/ncf.csv: both tails of the non-central F distribution, by the
Poisson mixture of incomplete beta functions with 40 digits (mpmath), and the
limits of its non-centrality at 2.5 %, by bisection on the same sum.  SciPy
(stats.ncf) must agree at 1e-6 where it works; gen_ncf.R asks R."""
import math

import scipy
from mpmath import betainc, exp, findroot, log, loggamma, mp, mpf
from scipy import stats

mp.dps = 40


def lower(f, df1, df2, lam):
    x = df1 * mpf(f) / (df1 * mpf(f) + df2)
    y = df2 / (df1 * mpf(f) + df2)
    a, b, half = mpf(df1) / 2, mpf(df2) / 2, mpf(lam) / 2
    if half == 0:
        return betainc(a, b, 0, x, regularized=True)
    # every term that is above 1e-35 of the whole, from the largest index down:
    # I(a + j) = I(a + j + 1) + x^(a+j) y^b / ((a + j) B(a + j, b))
    j0, width = int(half), int(18 * math.sqrt(float(half)) + 80)
    hi, lo = j0 + width, max(0, j0 - width)
    i = betainc(a + hi, b, 0, x, regularized=True)
    poisson = exp(-half + hi * log(half) - loggamma(hi + 1))
    front = exp((a + hi) * log(x) + b * log(y) + loggamma(a + hi + b) - loggamma(a + hi + 1) - loggamma(b))
    total = mpf(0)
    for j in range(hi, lo - 1, -1):
        total += poisson * i
        if j > 0:
            poisson *= j / half
            front *= (a + j) / (x * (a + j - 1 + b))
            i += front
    return total


def limit(f, df1, df2, p):
    """lambda with lower tail p"""
    if lower(f, df1, df2, 0) <= p:
        return mpf(0)
    a, b = mpf(0), mpf(10)
    while lower(f, df1, df2, b) > p:
        a, b = b, 2 * b
    # the normal score is nearly straight in sqrt(lambda), bisection is safe
    for _ in range(60):
        c = (a + b) / 2
        a, b = (c, b) if lower(f, df1, df2, c) > p else (a, c)
    return (a + b) / 2


def main():
    print(f"# provenance: Poisson mixture with mpmath, {mp.dps} digits; checked against SciPy {scipy.__version__}, stats.ncf")
    print("# lambda_lower, lambda_upper: non-centrality whose upper (lower) tail at f is 0.025; -1 where not computed")
    print("# regenerate: /usr/bin/python3 gen_ncf.py > golden/ncf.csv; check: Rscript gen_ncf.R")
    print("f,df1,df2,lambda,lower,upper,lambda_lower,lambda_upper")
    for df1, df2 in ((1, 1), (1, 2), (2, 3), (1, 30), (4, 10), (9, 5), (40, 3), (3, 200), (15, 15), (200, 20), (2, 1500)):
        for lam in (0, .01, 1, 8, 120, 3000):
            center = (df1 + lam) / df1
            for f in (.05 * center, .7 * center, center, 1.3 * center, 4 * center):
                p = lower(f, df1, df2, lam)
                if 0 < lam < 200:
                    want = stats.ncf.cdf(f, df1, df2, lam)
                    if not math.isnan(want) and abs(want - float(p)) > 1e-6:
                        raise SystemExit(f"SciPy disagrees: {f, df1, df2, lam, want, float(p)}")
                limits = (mpf(-1), mpf(-1))
                if lam == 8:
                    limits = limit(f, df1, df2, mpf("0.975")), limit(f, df1, df2, mpf("0.025"))
                print(repr(float(f)), df1, df2, lam, *(mp.nstr(v, 20) for v in (p, 1 - p) + limits), sep=",")


if __name__ == "__main__":
    main()
