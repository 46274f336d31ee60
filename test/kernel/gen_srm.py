#!/usr/bin/env python3
"""Writes golden/srm.csv (fixed tests of the sample ratio) and golden/srm_bayes.csv
(sequential).  Exact p: every table in exact rational arithmetic, the weights
being whole numbers, ties exact.  chi-square: mpmath's incomplete gamma
function.  corrected: the gamma distribution with mean and variance of the statistic
found by going through all tables, not by the formula.  SciPy must
agree (chisquare, binomtest), else the generator fails.  Bayes factor: its definition, with 60 digits."""
import itertools
import math
import random
import sys
from fractions import Fraction

import scipy
from mpmath import gammainc, log, loggamma, mp, mpf
from scipy import stats

mp.dps = 60
random.seed(20261121)


def tables(n, k):
    if k == 1:
        yield (n,)
        return
    for x in range(n + 1):
        for rest in tables(n - x, k - 1):
            yield (x,) + rest


def number(n, k):
    return math.comb(n + k - 1, k - 1)


def ways(count, weight):        # probability times sum(weight) ** n, a whole number
    left, v = sum(count), 1
    for x, w in zip(count, weight):
        v *= math.comb(left, x) * w ** x
        left -= x
    return v


def chi2(count, weight):
    n, s = sum(count), sum(weight)
    return sum((x - Fraction(n * w, s)) ** 2 / Fraction(n * w, s) for x, w in zip(count, weight))


def gamma_sf(x, shape, scale):
    return gammainc(shape, x / scale, mp.inf, regularized=True)


def mpq(f):
    return mpf(f.numerator) / mpf(f.denominator)


cases = [((5150, 4850), (1, 1)), ((0, 3), (1, 1)), ((3, 0), (1, 1)), ((0, 1), (1, 1)), ((7, 0), (9, 1)), ((95, 5), (99, 1)),
         ((1, 1), (1, 1)), ((10, 5, 0), (1, 1, 1)), ((3, 2, 2), (2, 1, 1)), ((9, 0, 0), (1, 1, 1)), ((1000, 0), (999, 1)),
         ((980, 20), (999, 1)), ((0, 60), (99, 1)), ((100000, 101000), (1, 1)), ((100, 3, 1), (98, 1, 1)), ((4, 4, 4, 4), (1, 1, 1, 1)),
         ((20, 1, 0, 3), (7, 1, 1, 1)), ((50, 48, 2), (50, 48, 2)), ((5000, 4900, 5100), (1, 1, 1)), ((700, 310), (2, 1))]
for k, most in ((2, 400), (3, 60), (4, 16), (5, 9)):
    for _ in range(14):
        cases.append((tuple(random.randint(0, most) for _ in range(k)), tuple(random.choice((1, 1, 2, 5, 20)) for _ in range(k))))

for name in sys.argv[1:]:
    assert name == "bayes"
if len(sys.argv) == 1:
    print(f"# provenance: exact rational arithmetic (Python {sys.version.split()[0]}), mpmath {mp.dps} digits; checked against SciPy {scipy.__version__}, chisquare and binomtest")
    print("# regenerate: /usr/bin/python3 gen_srm.py > golden/srm.csv; check: Rscript gen_srm.R")
    print("# p_corrected: empty where a table is too large to be gone through")
    print("counts,weights,chi2,p_chi2,p_exact,ln_p_exact,p_corrected")
    for count, weight in cases:
        n, k = sum(count), len(count)
        if n == 0:
            continue
        x = chi2(count, weight)
        p_chi2 = gamma_sf(mpq(x), mpf(k - 1) / 2, 2)
        want = stats.chisquare(count, [n * w / sum(weight) for w in weight])
        if abs(want.statistic - float(x)) > 1e-9 * float(x) or abs(want.pvalue - float(p_chi2)) > 1e-8:
            raise SystemExit(f"SciPy disagrees: {count, weight}")
        exact = ln_exact = corrected = ""
        if number(n, k) <= 60000:
            at, total, less, mean, square = ways(count, weight), sum(weight) ** n, 0, 0, 0
            for t in tables(n, k):
                v, c = ways(t, weight), chi2(t, weight)
                less += v if v <= at else 0
                mean += v * c
                square += v * c * c
            p = mpf(less) / mpf(total)
            exact, ln_exact = mp.nstr(p, 20), mp.nstr(log(p), 20)
            mean, square = mean / total, square / total
            v = mpq(square - mean * mean)
            if v > 0:
                corrected = mp.nstr(gamma_sf(mpq(x), mpq(mean) ** 2 / v, v / mpq(mean)), 20)
            if k == 2:
                want = stats.binomtest(count[0], n, weight[0] / sum(weight)).pvalue
                if abs(want / float(p) - 1) > 1e-8 and p > 1e-290:
                    raise SystemExit(f"SciPy disagrees: {count, weight, float(p), want}")
        print(",".join([" ".join(map(str, count)), " ".join(map(str, weight)), mp.nstr(mpq(x), 20), mp.nstr(p_chi2, 20), exact, ln_exact, corrected]))
else:
    print(f"# provenance: mpmath {mp.dps} digits, from the definition of the Bayes factor (Lindon and Malek 2022)")
    print("# regenerate: /usr/bin/python3 gen_srm.py bayes > golden/srm_bayes.csv")
    print("counts,weights,concentration,ln_bayes")
    for c in (1, 10, 10000, 1e8):
        for count, weight in [((0, 0), (1, 1)), ((1, 0), (1, 1)), ((5150, 4850), (1, 1)), ((515000000, 485000000), (1, 1)), ((500010000, 499990000), (1, 1)),
                              ((10 ** 13 + 10 ** 8, 10 ** 13), (1, 1)), ((90, 5, 5), (9, 1, 1)), ((0, 40), (999, 1)), ((333, 333, 334), (1, 1, 1)),
                              ((7, 1, 0, 0, 12), (1, 2, 3, 4, 5)), ((1000000, 0), (1, 1))]:
            n, s = sum(count), sum(weight)
            theta = [mpf(w) / s for w in weight]
            v = loggamma(mpf(c)) - loggamma(c + mpf(n)) + sum(loggamma(c * t + x) - loggamma(c * t) - x * log(t) for t, x in zip(theta, count))
            print(",".join([" ".join(map(str, count)), " ".join(map(str, weight)), repr(float(c)), mp.nstr(v.real, 20)]))
