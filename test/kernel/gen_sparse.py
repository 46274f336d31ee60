#!/usr/bin/env python3
"""golden/sparse.csv: mean and variance of chi-square and G of 2 x k tables given their margins.

chi2: from all tables with these margins, by enumeration with exact fractions (small tables).
g: the conditional limit of Holst 1972, every column's binomial sum with 40 digits (mpmath);
g_exact: mean and variance from all tables, for how far that limit is from them;
*_p: upper tail of the gamma distribution with mean and variance, at the table's own statistic.

    python3 test/kernel/gen_sparse.py > test/kernel/golden/sparse.csv
"""
from fractions import Fraction as F
from math import comb

from mpmath import binomial, gammainc, log, mp, mpf

mp.dps = 40


def tables(columns, n):
    if len(columns) == 1:
        if 0 <= n <= columns[0]:
            yield (n,), comb(columns[0], n)
        return
    for a in range(min(columns[0], n) + 1):
        for rest, w in tables(columns[1:], n - a):
            yield (a,) + rest, comb(columns[0], a) * w


def xlog(x, y):
    return mpf(x) * log(mpf(x) / y) if x else mpf(0)


def g_of(a, c, n, m):
    N = mpf(n + m)
    return 2 * (xlog(a, c * n / N) + xlog(c - a, c * m / N))


def holst(columns, n, m):
    N = mpf(n + m)
    p = n / N
    mean, variance, cov = mpf(-1), mpf(-2), mpf(0)
    for c in columns:
        w = [binomial(c, a) * p**a * (1 - p)**(c - a) for a in range(c + 1)]
        g = [g_of(a, c, n, m) for a in range(c + 1)]
        mu = sum(x * y for x, y in zip(w, g))
        mean += mu
        variance += sum(x * (y - mu)**2 for x, y in zip(w, g))
        cov += sum(x * (y - mu) * (a - c * p) for a, (x, y) in enumerate(zip(w, g)))
    return mean, variance - cov**2 / (N * p * (1 - p))


print("# provenance: test/kernel/gen_sparse.py, enumeration with exact fractions, mpmath with 40 digits")
print("reference,current,chi2_mean,chi2_variance,g_mean,g_variance,g_exact_mean,g_exact_variance,chi2_p,g_p")
for reference, current in (([3, 1, 0, 2], [0, 1, 2, 3]), ([1, 1, 1, 1, 1], [1, 1, 1, 1, 1]), ([9, 1], [2, 2]), ([7, 5, 4, 1, 1, 1], [1, 1, 0, 0, 0, 1]),
                           ([12, 9, 3, 2, 1, 1, 0, 1], [2, 1, 1, 0, 0, 0, 1, 0]), ([1, 0, 2, 1, 0, 1, 1], [6, 5, 5, 4, 3, 2, 2]), ([20, 10, 5], [4, 3, 1])):
    columns = [a + b for a, b in zip(reference, current)]
    n, m = sum(reference), sum(current)
    N = n + m
    total = comb(N, n)
    s1 = s2 = F(0)
    g1 = g2 = mpf(0)
    for a, w in tables(columns, n):
        x = F(N * N, n * m) * (sum(F(v * v, c) for v, c in zip(a, columns)) - F(n * n, N))
        g = sum(g_of(v, c, n, m) for v, c in zip(a, columns))
        s1 += w * x
        s2 += w * x * x
        g1 += w * g
        g2 += w * g * g
    mean, variance = s1 / total, s2 / total - (s1 / total)**2
    hm, hv = holst(columns, n, m)
    x = F(N * N, n * m) * (sum(F(v * v, c) for v, c in zip(reference, columns)) - F(n * n, N))
    g = sum(g_of(v, c, n, m) for v, c in zip(reference, columns))

    def tail(x, mean, variance):
        mean, variance, x = (mpf(v.numerator) / v.denominator if isinstance(v, F) else v for v in (mean, variance, x))
        return gammainc(mean**2 / variance, x * mean / variance, regularized=True)
    print(";".join(map(str, reference)), ";".join(map(str, current)), *(mp.nstr(mpf(v.numerator) / v.denominator, 20) for v in (mean, variance)),
          *(mp.nstr(v, 20) for v in (hm, hv, g1 / total, g2 / total - (g1 / total)**2, tail(x, mean, variance), tail(g, hm, hv))), sep=",")
